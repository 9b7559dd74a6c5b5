//! What of a change is new: a value that the same file had before is merely touched, one that lay elsewhere has spread. Asked
//! once, for the values that were found.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use super::gather::Gathering;
use super::places::Placed;
use super::{ChangedAllow, Options, Progress};
use crate::allow::inline::Mark;
use crate::blob::{Blob, Content, Item, Sink, Skip};
use crate::detect::Detector;
use crate::finding::State;
use crate::finding::fingerprint::Kind;
use crate::origin::Origin;
use crate::secret::{Secret, is_whole};
use crate::source::{Sighting, Source, SourceError};

/// Sets the state of each place in a change; does nothing where the source reads none. Returns what of the time before could not be
/// read, so that something may be called new that is not.
pub(super) fn settle(
    source: &dyn Source,
    (detector, options, progress): (&Detector<'_>, &Options, &dyn Progress),
    placed: &mut [Placed],
) -> Result<Vec<Skip>, SourceError> {
    let is_open = |one: &Placed| matches!(one.place.state, State::Introduced | State::Transient);
    if !placed.iter().any(is_open) {
        return Ok(Vec::new());
    }
    let (before, marks, mut skips) = before(source, (detector, options, progress), placed)?;
    for one in placed.iter_mut().filter(|one| is_open(one)) {
        let mark = one.changed_path().map(|path| (path.to_vec(), one.hit.secret.clone(), one.hit.rule));
        one.mark_is_new =
            options.changed_allow != ChangedAllow::Honour && !mark.is_some_and(|mark| marks.contains(&mark));
        if one.changed_path().is_some_and(|path| before.contains(&(path.to_vec(), one.hit.secret.clone()))) {
            one.set_state(State::Touched);
        }
    }
    let mut introduced: Vec<&mut Placed> =
        placed.iter_mut().filter(|one| one.place.state == State::Introduced).collect();
    let sightings: Vec<Sighting<'_>> = introduced.iter().map(|one| sighting(one, options)).collect();
    if sightings.is_empty() {
        return Ok(skips);
    }
    let judge = |blob: Blob<'_>| {
        let gathering = Gathering::new(detector, options, progress);
        gathering.put(Item::Blob(blob));
        gathering.finish().hits.into_iter().map(|hit| hit.secret).collect::<HashSet<Secret>>()
    };
    let unread = Before::new((detector, options, progress), HashMap::new());
    let known = source.known_before(&sightings, &judge, &unread)?;
    skips.extend(unread.skips.into_inner().unwrap_or_else(PoisonError::into_inner));
    drop(sightings);
    for (one, _) in introduced.iter_mut().zip(known).filter(|(_, known)| *known) {
        one.set_state(State::Spread);
    }
    Ok(skips)
}

fn sighting<'a>(one: &'a Placed, options: &Options) -> Sighting<'a> {
    Sighting { origin: &one.hit.origin, values: values(one).collect(), guessable: is_guessable(one, options) }
}

/// The secret, and what stands for it in the file.
fn values(placed: &Placed) -> impl Iterator<Item = &Secret> {
    [&placed.hit.secret].into_iter().chain(&placed.hit.encoded)
}

/// Whether the bytes of a value say too little: it may be a word, a user's name, or a part of an older value.
fn is_guessable(placed: &Placed, options: &Options) -> bool {
    let rule = &options.rules.rules[usize::from(placed.hit.rule)];
    Kind::of((&options.rules, rule), placed.hit.secret.expose()).guessable
}

/// A path, and a secret that stood there.
type Known = HashSet<(Vec<u8>, Secret)>;

/// A path, a secret that stood there, and the rule that a mark beside it named.
type Marks = HashSet<(Vec<u8>, Secret, u16)>;

/// The secrets that stood at the paths of the change before it: found there by the same judge, or by their bytes where nobody can
/// guess them; which of them were marked; and what could not be read.
fn before(
    source: &dyn Source,
    (detector, options, progress): (&Detector<'_>, &Options, &dyn Progress),
    placed: &[Placed],
) -> Result<(Known, Marks, Vec<Skip>), SourceError> {
    let mut wanted: HashMap<&[u8], Vec<(&Secret, &Secret)>> = HashMap::new();
    for one in placed {
        if let Some(path) = one.changed_path() {
            let wanted = wanted.entry(path).or_default();
            if !is_guessable(one, options) {
                wanted.extend(values(one).map(|value| (value, &one.hit.secret)));
            }
        }
    }
    let paths: BTreeSet<Vec<u8>> = wanted.keys().map(|path| path.to_vec()).collect();
    let paths: Vec<Vec<u8>> = paths.into_iter().collect();
    let sink = Before::new((detector, options, progress), wanted);
    source.read_before(&paths, &sink)?;
    let mut known = sink.known.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut marks = Marks::new();
    for hit in sink.gathering.finish().hits {
        if let Some(path) = hit.origin.file_path() {
            if matches!(hit.mark, Some(Mark::Allowed { .. })) {
                marks.insert((path.to_vec(), hit.secret.clone(), hit.rule));
            }
            known.insert((path.to_vec(), hit.secret.clone()));
        }
    }
    Ok((known, marks, sink.skips.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// Takes the files that were there before.
struct Before<'a> {
    gathering: Gathering<'a>,
    /// By path: bytes to look for, and the secret that they are.
    wanted: HashMap<&'a [u8], Vec<(&'a Secret, &'a Secret)>>,
    known: Mutex<Known>,
    /// Of the source itself: what is in a file that was there before is not lost.
    skips: Mutex<Vec<Skip>>,
}

impl<'a> Before<'a> {
    fn new(
        (detector, options, progress): (&'a Detector<'a>, &'a Options, &'a dyn Progress),
        wanted: HashMap<&'a [u8], Vec<(&'a Secret, &'a Secret)>>,
    ) -> Self {
        let gathering = Gathering::new(detector, options, progress);
        Before { gathering, wanted, known: Mutex::default(), skips: Mutex::default() }
    }
}

impl Sink for Before<'_> {
    fn put(&self, item: Item<'_>) {
        if let Item::Blob(Blob { origin, content: Content::Bytes(text) }) = &item
            && let Some(path) = origin.file_path()
        {
            for (value, secret) in self.wanted.get(path).into_iter().flatten() {
                let value = value.expose();
                let stands = |at: usize| is_whole(text, at..at + value.len());
                if !value.is_empty() && memchr::memmem::find_iter(text, value).any(stands) {
                    let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                    known.insert((path.to_vec(), (*secret).clone()));
                }
            }
        }
        match item {
            Item::Skip(skip) => self.skips.lock().unwrap_or_else(PoisonError::into_inner).push(skip),
            item => self.gathering.put(item),
        }
    }

    fn leaves_out(&self, origin: &Origin) -> bool {
        self.gathering.leaves_out(origin)
    }

    fn stopped(&self) -> bool {
        self.gathering.stopped()
    }
}
