//! Hands what a change brings in to the sink, each object once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use gix::objs::Kind;

use super::Change;
use super::brought::Unread;
use super::brought::{Asked, Comparison, Difference};
use super::select::LostTip;
use super::staged::last_name;
use crate::blob::{Blob, Item, Reason, Sink, Skip};
use crate::origin::{ObjectKind, Origin, Step, TextKind};
use crate::source::git::commits::Unpeeled;
use crate::source::git::deliver::is_lfs_pointer;
use crate::source::git::lacking::{NAMED_OBJECTS, object_kind, unreadable_references};
use crate::source::git::objects::{Decoder, Failure};
use crate::source::git::read;
use crate::source::git::text;
use crate::source::git::threads::in_threads;

/// Objects that one thread takes at a time.
const RUN: usize = 16;

/// What a change has that was not there.
#[derive(Default)]
struct Brought {
    blobs: BTreeSet<ObjectId>,
    names: BTreeSet<Vec<u8>>,
    submodules: BTreeSet<Vec<u8>>,
    /// What cannot be read; no failure where it is not there.
    lost: BTreeMap<ObjectId, (Kind, Option<Failure>)>,
    /// What was there before and cannot be read.
    unknown: Unread,
}

impl Brought {
    fn meet(&mut self, difference: &Difference<'_>) {
        let Some(entry) = difference.now else { return };
        if difference.before.iter().all(Option::is_none) && !self.names.contains(difference.name) {
            self.names.insert(difference.name.to_vec());
        }
        if entry.mode.is_commit() {
            self.submodules.insert(difference.path.to_vec());
        } else if !entry.mode.is_tree() {
            self.blobs.insert(entry.id);
        }
    }

    fn join(&mut self, other: Brought) {
        self.blobs.extend(other.blobs);
        self.names.extend(other.names);
        self.submodules.extend(other.submodules);
        self.lost.extend(other.lost);
        self.unknown.extend(other.unknown);
    }

    fn lose(&mut self, comparison: &mut Comparison<'_>) {
        self.lost.extend(comparison.lost.drain(..).map(|tree| (tree.id, (Kind::Tree, tree.failure))));
        self.unknown.extend(comparison.unknown.drain(..).map(|tree| (tree.id, tree.failure)));
    }
}

pub(super) fn read(change: &Change, sink: &dyn Sink) {
    let reading = Reading { change, sink };
    reading.report_holes();
    reading.report_lost_tips();
    let mut brought = reading.brought(change);
    while change.fetch(brought.lost.keys().chain(brought.unknown.keys()).copied(), &|| sink.stopped()) {
        brought = reading.brought(change);
    }
    change.fetch(brought.blobs.iter().copied(), &|| sink.stopped());
    let messages: Vec<ObjectId> =
        change.commits.nodes.iter().map(|node| node.id).chain(change.tags.iter().copied()).collect();
    let blobs: Vec<ObjectId> = brought.blobs.iter().copied().collect();
    sink.put(Item::Expect { objects: (messages.len() + blobs.len()) as u64, bytes: 0 });
    for name in &change.names {
        let origin = change.git.origin.with(Step::Ref { name: name.clone() });
        reading.text(origin, TextKind::RefName, name);
    }
    for name in &brought.names {
        reading.text(change.git.origin.at_path(name.clone()), TextKind::FileName, name);
    }
    brought.join(reading.objects(&messages, |kind| matches!(kind, Kind::Commit | Kind::Tag)));
    brought.join(reading.objects(&blobs, |kind| kind == Kind::Blob));
    if !sink.stopped() {
        for path in &brought.submodules {
            let detail = "its history is a repository of its own: scan that by itself";
            reading.skip(change.git.origin.at_path(path.clone()), Reason::UninitialisedSubmodule, detail);
        }
        reading.report_lost(&brought.lost);
        change.tell_unknown(&brought.unknown, sink);
    }
}

struct Reading<'a> {
    change: &'a Change,
    sink: &'a dyn Sink,
}

impl Reading<'_> {
    fn skip(&self, origin: Origin, reason: Reason, detail: impl Into<String>) {
        self.sink.put(Item::Skip(Skip::new(origin, reason, detail)));
    }

    fn text(&self, origin: Origin, kind: TextKind, text: &[u8]) {
        self.sink.put(Item::Blob(Blob::bytes(origin.with(Step::Text { kind }), text)));
    }

    fn brought(&self, change: &Change) -> Brought {
        let all = Mutex::new(Brought { blobs: change.blobs.iter().copied().collect(), ..Brought::default() });
        let join = |part: Brought| all.lock().unwrap_or_else(PoisonError::into_inner).join(part);
        let start = || Comparison::new(&change.git.objects);
        in_threads(change.commits.nodes.len(), 4, change.git.threads, start, |comparison, position| {
            if self.sink.stopped() {
                return;
            }
            let mut part = Brought::default();
            if let (tree, Some(old)) = change.trees_of(position) {
                comparison.run(tree, &old, Asked::Objects, &mut |difference| part.meet(difference));
            }
            part.lose(comparison);
            join(part);
        });
        let mut rest = Brought::default();
        let mut comparison = start();
        for tip in &change.keeping {
            let tree = change.commits.nodes[tip.position].tree;
            comparison.run(tree, &tip.known, Asked::Objects, &mut |difference| rest.meet(difference));
        }
        for tree in &change.trees {
            comparison.run(*tree, &[], Asked::Objects, &mut |difference| rest.meet(difference));
        }
        rest.lose(&mut comparison);
        rest.unknown.extend(change.uncompared.iter().map(|(id, failure)| (*id, *failure)));
        for staged in change.staged.iter().flatten() {
            rest.names.extend(staged.new_names.iter().map(|path| last_name(path).to_vec()));
            if staged.entry.mode.is_commit() {
                rest.submodules.insert(staged.path.clone());
            } else {
                rest.blobs.insert(staged.entry.id);
            }
        }
        join(rest);
        all.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges objects; returns those that cannot be read, or are not what refers to them says.
    fn objects(&self, ids: &[ObjectId], is_expected: impl Fn(Kind) -> bool + Sync) -> Brought {
        let lost = Mutex::new(BTreeMap::new());
        let objects = &self.change.git.objects;
        let start = || (Decoder::new(), Vec::new(), Vec::new());
        in_threads(ids.len(), RUN, self.change.git.threads, start, |(decoder, out, text), number| {
            let id = &ids[number];
            if self.sink.stopped() {
                return;
            }
            let failure = match objects.find(id, decoder, out) {
                Ok(Some(kind)) if is_expected(kind) => return self.object(id, kind, out, text),
                Ok(Some(_)) => Some(Failure::Corrupt),
                Ok(None) => None,
                Err(Failure::TooLarge) if self.stream(id) => return,
                Err(failure) => Some(failure),
            };
            lost.lock().unwrap_or_else(PoisonError::into_inner).insert(*id, (Kind::Blob, failure));
        });
        Brought { lost: lost.into_inner().unwrap_or_else(PoisonError::into_inner), ..Brought::default() }
    }

    /// Hands over a blob that is too large for memory; `false` where it cannot be had as a stream.
    fn stream(&self, id: &ObjectId) -> bool {
        let Some(mut content) = read::stream(&self.change.git.objects, id) else { return false };
        let origin = self.change.git.origin.with(Step::Object { id: id.to_string(), kind: ObjectKind::Blob });
        self.sink.put(Item::Blob(Blob::stream(origin, &mut *content)));
        true
    }

    fn object(&self, id: &ObjectId, kind: Kind, bytes: &[u8], text: &mut Vec<u8>) {
        let origin = self.change.git.origin.with(Step::Object { id: id.to_string(), kind: object_kind(kind) });
        match kind {
            Kind::Commit | Kind::Tag => {
                text::without_ids(bytes, text);
                self.sink.put(Item::Blob(Blob::bytes(origin, text)));
            }
            Kind::Blob | Kind::Tree => {
                if is_lfs_pointer(bytes) {
                    let detail =
                        "the content of this file is in LFS storage: `git lfs fetch`, then scan what it fetched";
                    self.skip(origin.clone(), Reason::LfsPointer, detail);
                }
                self.sink.put(Item::Blob(Blob::bytes(origin, bytes)));
            }
        }
    }

    /// References of the change that lead to nothing that can be read.
    fn report_lost_tips(&self) {
        let origin = &self.change.git.origin;
        if let Some(detail) = unreadable_references(self.change.unreadable) {
            self.skip(origin.at_path(".git/refs"), Reason::Corrupt, detail);
        }
        for LostTip { name, lost: Unpeeled { id, failure } } in self.change.lost_tips.iter().take(NAMED_OBJECTS) {
            let origin = origin.with(Step::Ref { name: name.clone().into_bytes() });
            let reason = failure.map_or(Reason::Missing, Failure::reason);
            let words = failure.map_or("it is not there", Failure::words);
            self.skip(origin, reason, format!("it leads to the object {id}: {words}"));
        }
        if let Some(more) = self.change.lost_tips.len().checked_sub(NAMED_OBJECTS).filter(|more| *more > 0) {
            self.skip(origin.clone(), Reason::Missing, format!("{more} more references lead to what cannot be read"));
        }
    }

    /// What of the history that was asked for is not here.
    fn report_holes(&self) {
        let origin = &self.change.git.origin;
        let words = "the clone is shallow: `--deepen` fetches what is between, or `git fetch --unshallow`";
        if let Some(left_out) = &self.change.base_left_out {
            self.skip(origin.clone(), Reason::Shallow, format!("{left_out}, so what is new cannot be told; {words}"));
        }
        if let Some(first) = self.change.walked.cut.first() {
            let more = self.change.walked.cut.len() - 1;
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let detail =
                format!("history ends at commit {first}{more}, so what that brought in cannot be told; {words}");
            self.skip(origin.clone(), Reason::Shallow, detail);
        }
        for id in self.change.walked.missing.iter().take(NAMED_OBJECTS) {
            let origin = origin.with(Step::Object { id: id.to_string(), kind: ObjectKind::Commit });
            self.skip(origin, Reason::Missing, "a commit of the range has it as parent, and it is not there");
        }
    }

    fn report_lost(&self, lost: &BTreeMap<ObjectId, (Kind, Option<Failure>)>) {
        let git = &self.change.git;
        let missing = lost.values().filter(|(_, failure)| failure.is_none()).count();
        let is_partial = missing > 0 && git.is_partial();
        if is_partial {
            let objects = if missing == 1 { "1 object".to_owned() } else { format!("{missing} objects") };
            let detail = format!("a partial clone left {objects} of the range out: {}", self.change.advice());
            self.skip(git.origin.clone(), Reason::Missing, detail);
        }
        let named = lost.iter().filter(|(_, (_, failure))| failure.is_some() || !is_partial);
        for (id, (kind, failure)) in named.take(NAMED_OBJECTS) {
            let origin = git.origin.with(Step::Object { id: id.to_string(), kind: object_kind(*kind) });
            match failure {
                Some(failure) => self.skip(origin, failure.reason(), failure.words()),
                None => self.skip(origin, Reason::Missing, "the range brings it in, and it is not there"),
            }
        }
        if let Some(more) = lost.len().checked_sub(NAMED_OBJECTS).filter(|more| *more > 0 && !is_partial) {
            self.skip(git.origin.clone(), Reason::Missing, format!("{more} more objects of the range cannot be read"));
        }
    }
}
