//! The sink of a scan: unpacks and judges each blob on the thread that pushed it, and keeps what was found.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::excerpts::Neighbours;
use super::explain::{self, Candidate};
use super::hit::{Hit, explained_verdict, is_of_a_mark, may_be_shown, shown};
use super::pairs::{self, Ids};
use super::places::{is_nameless, shown_path};
use super::{Options, Progress};
use crate::blob::{Blob, Content, Item, Left, Outcome, Reason, Sink, Skip, Stopping, Texts, Version};
use crate::detect::{Detector, Found};
use crate::finding::Location;
use crate::origin::{Origin, Step};
use crate::secret::Secret;
use crate::unpack;

/// Entries of a list that is told by the name of its file alone, where that is not known.
const MOST_ENTRIES: usize = 128;

/// Places of one secret in one file that are kept: a log has the same token on each of its lines.
pub(super) const MOST_PLACES: u32 = 1_000;
/// Finds that are kept of one file, of some kilobytes each: more are in no file that people look at.
const MOST_FINDS: u32 = if cfg!(test) { 2_000 } else { 20_000 };

/// What came of one source.
pub(super) struct Gathered {
    pub hits: Vec<Hit>,
    /// Ids that are no findings.
    pub ids: Ids,
    pub skips: Vec<Skip>,
    pub candidates: Vec<Candidate>,
    pub objects: u64,
    pub bytes: u64,
}

/// What comes of one item, while it is judged.
#[derive(Default)]
pub(super) struct Tally(Cell<Outcome>);

impl Tally {
    pub(super) fn leaves(&self, left: Left) {
        let so_far = self.0.get();
        self.0.set(Outcome { left: so_far.left.max(left), ..so_far });
    }
}

pub(super) struct Gathering<'a> {
    pub(super) detector: &'a Detector<'a>,
    pub(super) options: &'a Options,
    progress: &'a dyn Progress,
    objects: AtomicU64,
    bytes: AtomicU64,
    kept: Mutex<Kept>,
    hasher: RandomState,
    /// Whether the source opens archives itself.
    is_unpacked: bool,
}

#[derive(Default)]
struct Kept {
    hits: Vec<Hit>,
    ids: Ids,
    skips: Vec<Skip>,
    /// What is to be explained.
    candidates: Vec<Candidate>,
    /// Hashes of what was said already: the same secret at the same place of the same bytes comes in the versions of a
    /// file again and again, and is one entry for each blob only.
    seen: HashSet<u64>,
    /// Places that were kept of a secret in a file; those with a mark by themselves, since one mark counts for all.
    places: HashMap<u64, u32>,
    /// Finds that were kept of a file.
    finds: HashMap<u64, u32>,
}

impl Kept {
    fn is_new(&mut self, hasher: &RandomState, hit: &Hit) -> bool {
        let place = hit.verdict.confidence.map(|_| hit.location.offset);
        let places =
            self.places.entry(hasher.hash_one((hit.rule, &hit.secret, &hit.origin, hit.mark.is_some()))).or_default();
        let is_new =
            *places < MOST_PLACES && self.seen.insert(hasher.hash_one((hit.rule, &hit.secret, &hit.origin, place)));
        *places += u32::from(is_new);
        is_new
    }

    fn add(&mut self, hasher: &RandomState, hit: Hit) {
        let finds = self.finds.entry(hasher.hash_one(&hit.origin)).or_default();
        *finds = finds.saturating_add(1);
        if *finds <= MOST_FINDS {
            self.hits.push(hit);
        } else if *finds == MOST_FINDS + 1 {
            let detail = format!("more than {MOST_FINDS} finds: what else was found in it was not kept");
            self.skips.push(Skip::new(hit.origin, Reason::TooMuchMemory, detail));
        }
    }
}

impl<'a> Gathering<'a> {
    pub fn new(detector: &'a Detector<'a>, options: &'a Options, progress: &'a dyn Progress) -> Self {
        Gathering {
            detector,
            options,
            progress,
            objects: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            kept: Mutex::default(),
            hasher: RandomState::new(),
            is_unpacked: false,
        }
    }

    /// For a source that opens archives itself.
    pub fn unpacked_by_source(self, is_unpacked: bool) -> Self {
        Gathering { is_unpacked, ..self }
    }

    pub fn finish(self) -> Gathered {
        let kept = self.kept.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        Gathered {
            hits: kept.hits,
            ids: kept.ids,
            skips: kept.skips,
            candidates: kept.candidates,
            objects: self.objects.into_inner(),
            bytes: self.bytes.into_inner(),
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn skip(&self, skip: Skip, tally: &Tally) {
        tally.leaves(Left::Something);
        self.kept().skips.push(skip);
    }

    fn count(&self, objects: u64, bytes: u64, tally: &Tally) {
        self.objects.fetch_add(objects, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.progress.done(objects, bytes);
        let Outcome { objects: so_far, bytes: bytes_so_far, left } = tally.0.get();
        tally.0.set(Outcome { objects: so_far + objects, bytes: bytes_so_far + bytes, left });
    }

    /// A blob from a source: unpacked, and each of its leaves judged.
    fn top_level(&self, blob: Blob<'_>, tally: &Tally) {
        let Blob { origin, content } = blob;
        match content {
            Content::Stream(reader) => {
                let mut stoppable = Stopping::new(reader, self);
                self.unpacked(Blob { origin, content: Content::Stream(&mut stoppable) }, tally);
            }
            content => self.unpacked(Blob { origin, content }, tally),
        }
    }

    fn unpacked(&self, blob: Blob<'_>, tally: &Tally) {
        if self.is_unpacked {
            return self.leaf(blob, tally);
        }
        let Some(limits) = &self.options.unpack else {
            return unpack::leave_closed(blob, &mut |item| match item {
                Item::Blob(leaf) => self.leaf(leaf, tally),
                Item::Skip(skip) => self.skip(skip, tally),
                Item::Seen { .. } | Item::Expect { .. } => {}
            });
        };
        let (origin, mut left_out) = (blob.origin.clone(), 0u64);
        unpack::walk(blob, limits, &|| self.progress.stopped(), &mut |item| match item {
            Item::Blob(Blob { origin, .. }) | Item::Skip(Skip { origin, .. }) if self.leaves_out(&origin) => {
                left_out += 1
            }
            Item::Blob(leaf) => self.leaf(leaf, tally),
            Item::Skip(skip) => self.skip(skip, tally),
            Item::Seen { objects, bytes } => self.count(objects, bytes, tally),
            Item::Expect { .. } => {}
        });
        if left_out > 0 {
            let detail = format!("{left_out} of its members, by --include and --exclude");
            self.skip(Skip::new(origin, Reason::Excluded, detail), tally);
        }
    }

    /// Whether what is in an archive was not asked for. Of the archive itself the source knows that, or the history.
    pub(super) fn leaves_out(&self, origin: &Origin) -> bool {
        let is_member = |step: &&Step| matches!(step, Step::Member { .. });
        self.options.leave_out.as_ref().is_some_and(|leave_out| {
            origin.file_path().is_some() && origin.steps().iter().any(is_member) && leave_out(&origin.joined_path())
        })
    }

    fn leaf(&self, blob: Blob<'_>, tally: &Tally) {
        let Blob { origin, content } = blob;
        // The names in a folder are one text, which is no file that could be made smaller.
        let is_file = !matches!(origin.last(), Step::Text { .. });
        let most = self.options.max_size.filter(|_| is_file).unwrap_or(u64::MAX);
        match content {
            Content::Bytes(bytes) if bytes.len() as u64 > most => self.too_large(origin, bytes, most, tally),
            Content::Version(Version { bytes, carry, .. }) if bytes.len() as u64 > most => {
                carry.clear();
                self.too_large(origin, bytes, most, tally);
            }
            Content::Version(version) => self.judge(&origin, Content::Version(version), tally),
            content @ (Content::Bytes(_) | Content::Texts(_)) => self.judge(&origin, content, tally),
            Content::Stream(reader) if most < u64::MAX => {
                let mut limited = reader.take(most);
                self.judge(&origin, Content::Stream(&mut limited), tally);
                let mut next = [0];
                if limited.limit() == 0 && limited.into_inner().read(&mut next).is_ok_and(|read| read > 0) {
                    let detail = format!("only its first {most} bytes were read; --max-size");
                    self.skip(Skip::new(origin, Reason::TooLarge, detail), tally);
                }
            }
            Content::Stream(reader) => self.judge(&origin, Content::Stream(reader), tally),
            Content::Rendered(rendered) => self.judge_rendered(&origin, rendered, tally),
        }
    }

    fn too_large(&self, origin: Origin, bytes: &[u8], most: u64, tally: &Tally) {
        let detail = format!("{} bytes; --max-size is {most}", bytes.len());
        self.skip(Skip::new(origin, Reason::TooLarge, detail), tally);
    }

    fn judge(&self, origin: &Origin, content: Content<'_>, tally: &Tally) {
        let texts = if let Content::Texts(texts) = &content { Some(*texts) } else { None };
        let blob = Blob { origin: origin.clone(), content };
        let explain = explain::is_wanted(&self.options.explain, origin);
        let (result, taken) = self.detector.judge_with_effort(blob, explain, &mut |found| {
            tally.leaves(self.keep((origin, texts), found));
            if explain {
                self.explain(origin, found);
            }
            if self.progress.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.give_up(origin, &taken.given_up, tally);
        match result {
            Ok(bytes) => self.count(1, bytes, tally),
            Err(cause) => {
                self.count(1, 0, tally);
                let reason = match cause.kind() {
                    _ if self.progress.stopped() => Reason::TimedOut,
                    io::ErrorKind::UnexpectedEof => Reason::Truncated,
                    io::ErrorKind::TimedOut => Reason::TimedOut,
                    io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Reason::Corrupt,
                    _ => Reason::Unreadable,
                };
                self.skip(Skip::new(origin.clone(), reason, cause.to_string()), tally);
            }
        }
    }

    /// Tells which rules were given up in a text.
    pub(super) fn give_up(&self, origin: &Origin, rules: &[u16], tally: &Tally) {
        for &rule in rules {
            let id = self.options.rules.rules[usize::from(rule)].id();
            let detail = format!("the pattern of {id} takes too long in it and was given up; all others were tried");
            self.skip(Skip::new(origin.clone(), Reason::TooSlow, detail), tally);
        }
    }

    fn keep(&self, (origin, texts): (&Origin, Option<Texts<'_>>), found: &[Found<'_>]) -> Left {
        let mut hits = Vec::new();
        let path = if is_nameless(origin) { Vec::new() } else { shown_path(origin, None) };
        // Of what is no such file its rules say nothing, not even what to mask; of an object nobody knows yet.
        let is_silent = |one: &Found<'_>| !path.is_empty() && one.rule.is_silent_at(&path);
        let tables = if path.is_empty() { tables(found) } else { Vec::new() };
        let is_of_table = |one: &Found<'_>| tables.contains(&one.rule.index);
        let neighbours = Neighbours::of(found.iter().filter(|one| !is_silent(one) && !is_of_table(one)));
        let is_told = |one: &&Found<'_>| one.verdict.confidence.is_some() && !is_of_a_mark(one) && !is_of_table(one);
        let mut repeated: HashMap<(u16, &[u8]), u32> = HashMap::new();
        for one in found.iter().filter(is_told) {
            let confidence = one.verdict.confidence;
            let times = repeated.entry((one.rule.index, one.secret())).or_default();
            *times += 1;
            let is_one_of_many = *times > MOST_PLACES;
            if is_one_of_many && !self.options.inline_marks.any() {
                continue;
            }
            let is_shown = confidence.is_some_and(|confidence| may_be_shown(confidence, one.rule, self.options));
            // When the time is over what has no fingerprint yet is counted alone: a text of many thousand finds would go on for long.
            let with_excerpt = is_shown && !is_one_of_many && !self.progress.stopped();
            let hit = Hit::of((origin, one), &neighbours, with_excerpt, (self.detector, self.options));
            if !is_one_of_many || hit.mark.is_some() {
                hits.push(hit);
            }
        }
        let mut ids = Vec::new();
        let beside = pairs::beside_secrets(found);
        for (index, one) in found.iter().enumerate().filter(|(_, one)| one.is_id && one.verdict.confidence.is_none()) {
            let hit = Hit::of((origin, one), &Neighbours::default(), false, (self.detector, self.options));
            ids.push((hit, beside.contains(&index)));
        }
        let left = match (hits.is_empty(), ids.is_empty()) {
            (false, _) => Left::Something,
            (true, false) => Left::Ids,
            (true, true) if found.iter().any(Found::is_settled) => Left::Settled,
            (true, true) => return Left::Nothing,
        };
        if !ids.is_empty() {
            hits.iter_mut().for_each(|hit| hit.is_beside_ids = true);
        }
        if let Some(texts) = texts {
            let ids = ids.iter_mut().map(|(id, _)| id);
            hits.iter_mut().chain(ids).for_each(|hit| hit.move_to_text(&texts));
        }
        self.add(hits);
        let mut kept = self.kept();
        for (hit, is_beside) in ids {
            if kept.is_new(&self.hasher, &hit) {
                kept.ids.add(hit, is_beside);
            }
        }
        left
    }

    /// Keeps what was not kept before.
    pub(super) fn add(&self, hits: Vec<Hit>) {
        let mut kept = self.kept();
        for hit in hits {
            if kept.is_new(&self.hasher, &hit) {
                kept.add(&self.hasher, hit);
            }
        }
    }

    pub(super) fn explain(&self, origin: &Origin, found: &[Found<'_>]) {
        let mut kept = self.kept();
        let room = explain::MOST.saturating_sub(kept.candidates.len());
        let candidates = found.iter().take(room).map(|one| {
            let value = one.value();
            Candidate {
                rule: one.rule.index,
                shown: shown(one, &value, self.options),
                secret: Secret::new(one.identity().unwrap_or_else(|| value.into_owned())),
                origin: origin.clone(),
                location: Location::from(one.position),
                decoder: one.decoder,
                verdict: explained_verdict(one, (!self.options.show_secrets).then_some(self.detector)),
            }
        });
        kept.candidates.extend(candidates);
    }
}

/// The rules of lists that took a text for one which is longer than lists are whose path nobody knows: a table of words looks like a
/// list of users.
fn tables(found: &[Found<'_>]) -> Vec<u16> {
    let mut entries: HashMap<u16, usize> = HashMap::new();
    for one in found.iter().filter(|one| one.rule.is_list()) {
        *entries.entry(one.rule.index).or_default() += 1;
    }
    entries.into_iter().filter(|(_, count)| *count > MOST_ENTRIES).map(|(rule, _)| rule).collect()
}

impl Sink for Gathering<'_> {
    fn put(&self, item: Item<'_>) {
        self.judged(item);
    }

    fn judged(&self, item: Item<'_>) -> Outcome {
        let tally = Tally::default();
        match item {
            Item::Blob(blob) => self.top_level(blob, &tally),
            Item::Skip(skip) => self.skip(skip, &tally),
            Item::Seen { objects, bytes } => self.count(objects, bytes, &tally),
            Item::Expect { objects, bytes } => self.progress.expect(objects, bytes),
        }
        tally.0.into_inner()
    }

    fn leaves_out(&self, origin: &Origin) -> bool {
        Gathering::leaves_out(self, origin)
    }

    fn stopped(&self) -> bool {
        self.progress.stopped()
    }

    fn wait(&self, wait: &mut dyn FnMut(&dyn Fn() -> bool)) {
        self.progress.wait(wait);
    }
}
