//! Hands each object to the sink once, as what it is: a blob whole, a commit or tag as text, a tree as the names in it.
//! Notes which objects are referred to and are not there. Does not know where objects are stored.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gix::ObjectId;
use gix::hash::oid;
use gix::objs::{CommitRefIter, Kind, TagRefIter, TreeRefIter};

use super::ids::{Shards, short};
use super::lfs;
use super::memory::{Judged, Learnt, Remembered, Scope};
use super::objects::{Failure, Objects};
use super::repository::Repository;
use super::shared::CleanBlobs;
use super::text;
use crate::blob::{Blob, Content, Item, Left, Outcome, Reason, Sink, Skip, Version};
use crate::candidate::{Carry, CopiedRun};
use crate::origin::{ObjectKind, Origin, Step, TextKind};

/// Slots of a thread's own memory of names and ids it met last; a power of two.
const RECENT: usize = 1 << 14;

/// Ids that are kept when they are found missing; beyond, they are only counted.
const MOST_MISSING_KEPT: usize = 1 << 22;

/// What all threads of one reading share.
pub(super) struct Delivery<'a> {
    pub sink: &'a dyn Sink,
    /// The repository.
    pub origin: Origin,
    pub objects: &'a Objects,
    /// Commits whose parents were left out on purpose.
    pub shallow: &'a HashSet<ObjectId>,
    /// Which objects are read.
    pub scope: Scope,
    common_dir: &'a Path,
    memory: Option<&'a Remembered>,
    clean: Option<Arc<CleanBlobs>>,
    learnt: Mutex<Learnt>,
    taken: Shards<u128>,
    names: Shards<u64>,
    name_hasher: RandomState,
    commits: Mutex<Vec<ObjectId>>,
    missing: Mutex<BTreeMap<ObjectId, Kind>>,
    /// Blobs that stand for what LFS keeps here, by its name.
    pointers: Mutex<BTreeMap<String, BTreeSet<Origin>>>,
    failed: Mutex<BTreeMap<ObjectId, (Failure, String)>>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(sink: &'a dyn Sink, origin: Origin, objects: &'a Objects, repository: &'a Repository) -> Self {
        Delivery {
            sink,
            origin,
            objects,
            shallow: &repository.shallow,
            scope: Scope::All,
            common_dir: &repository.common_dir,
            memory: None,
            clean: None,
            learnt: Mutex::default(),
            taken: Shards::new(),
            names: Shards::new(),
            name_hasher: RandomState::new(),
            commits: Mutex::default(),
            missing: Mutex::default(),
            pointers: Mutex::default(),
            failed: Mutex::default(),
        }
    }

    /// Reads only what the memory does not know, and tells it what came of that.
    pub(super) fn with_memory(self, memory: Option<&'a Remembered>) -> Self {
        let scope = memory.map_or(Scope::All, Remembered::scope);
        Delivery { memory, scope, ..self }
    }

    /// Does not hand over blobs that nothing is in, and adds to them.
    pub(super) fn with_clean(self, clean: Option<Arc<CleanBlobs>>) -> Self {
        Delivery { clean, ..self }
    }

    /// Reads only some objects.
    pub(super) fn within(self, scope: Scope) -> Self {
        Delivery { scope, ..self }
    }

    pub(super) fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn skip(&self, origin: Origin, reason: Reason, detail: impl Into<String>) {
        self.sink.put(Item::Skip(Skip::new(origin, reason, detail)));
    }

    pub(super) fn is_taken(&self, id: &oid) -> bool {
        self.taken.contains(&short(id))
    }

    /// Notes a copy of an object that could not be had; another copy may still turn up.
    pub(super) fn fail(&self, id: ObjectId, failure: Failure, place: &str) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.entry(id).or_insert_with(|| (failure, place.to_owned()));
    }

    /// Objects of which no copy could be had, and where one was tried.
    pub(super) fn failures(&self) -> Vec<(ObjectId, Failure, String)> {
        let failed = std::mem::take(&mut *self.failed.lock().unwrap_or_else(PoisonError::into_inner));
        failed
            .into_iter()
            .filter(|(id, _)| !self.is_taken(id))
            .map(|(id, (failure, place))| (id, failure, place))
            .collect()
    }

    /// All commits that were read, sorted.
    pub(super) fn commits(&self) -> Vec<ObjectId> {
        let mut commits = std::mem::take(&mut *self.commits.lock().unwrap_or_else(PoisonError::into_inner));
        commits.sort_unstable();
        commits
    }

    /// Objects that others refer to and that no store lists, with their kind as far as the referrer tells it.
    pub(super) fn missing(&self) -> BTreeMap<ObjectId, Kind> {
        std::mem::take(&mut *self.missing.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add_pointer(&self, oid: String, pointer: Origin) {
        let mut pointers = self.pointers.lock().unwrap_or_else(PoisonError::into_inner);
        pointers.entry(oid).or_default().insert(pointer);
    }

    /// The pointers that were read, by what they stand for.
    pub(super) fn pointers(&self) -> BTreeMap<String, BTreeSet<Origin>> {
        std::mem::take(&mut *self.pointers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn object(&self, id: &oid, kind: ObjectKind) -> Origin {
        self.origin.with(Step::Object { id: id.to_string(), kind })
    }

    /// Hands over a blob that is too large for memory; returns whether it was the first of its id.
    pub(super) fn take_stream(&self, id: &oid, reader: &mut dyn Read) -> bool {
        let first = self.scope.takes(id) && self.taken.insert(short(id));
        if first {
            let outcome = self.sink.judged(Item::Blob(Blob::stream(self.object(id, ObjectKind::Blob), reader)));
            let mut learnt = Learnt::default();
            learn(&mut learnt, id, Kind::Blob, outcome);
            self.add(learnt);
        }
        first
    }

    fn add(&self, more: Learnt) {
        if self.memory.is_some() {
            let mut learnt = self.learnt();
            learnt.objects.extend(more.objects);
            learnt.marked.extend(more.marked);
            learnt.names.extend(more.names);
            learnt.counted.0 += more.counted.0;
            learnt.counted.1 += more.counted.1;
        }
    }
}

fn learn(learnt: &mut Learnt, id: &oid, kind: Kind, outcome: Outcome) {
    let Outcome { objects, bytes, left } = outcome;
    let objects = u32::try_from(objects).unwrap_or(u32::MAX);
    learnt.objects.push(Judged { id: short(id), bytes, objects, kind, left });
    if left != Left::Nothing {
        learnt.marked.push(id.to_owned());
    }
}

/// What a base left and the runs that an object has from it, and where to note what the object leaves.
pub(super) type VersionOf<'v> = (Option<(&'v Carry, &'v [CopiedRun])>, &'v mut Carry);

/// One thread's way into a [`Delivery`].
pub(super) struct Receiver<'a> {
    delivery: &'a Delivery<'a>,
    recent_names: Vec<u64>,
    recent_ids: Vec<u128>,
    text: Vec<u8>,
    /// What came of the object so far that is taken now.
    outcome: Outcome,
    learnt: Learnt,
}

impl Drop for Receiver<'_> {
    fn drop(&mut self) {
        self.delivery.add(std::mem::take(&mut self.learnt));
    }
}

impl<'a> Receiver<'a> {
    pub(super) fn new(delivery: &'a Delivery<'a>) -> Self {
        Receiver {
            delivery,
            recent_names: vec![0; RECENT],
            recent_ids: vec![0; RECENT],
            text: Vec::new(),
            outcome: Outcome::default(),
            learnt: Learnt::default(),
        }
    }

    fn put(&mut self, item: Item<'_>) {
        let Outcome { objects, bytes, left } = self.delivery.sink.judged(item);
        self.outcome.objects += objects;
        self.outcome.bytes += bytes;
        self.outcome.left = self.outcome.left.max(left);
    }

    /// The object has to be looked at again in the next run.
    fn leave(&mut self) {
        self.outcome.left = Left::Something;
    }

    /// Takes a decoded object; does nothing if its id was taken before. With `version` a blob is judged as what it is made
    /// of, and what that leaves is noted.
    pub(super) fn take(&mut self, id: &oid, kind: Kind, bytes: &[u8], version: Option<VersionOf<'_>>) {
        if !self.delivery.scope.takes(id) || !self.delivery.taken.insert(short(id)) {
            if let Some((_, carry)) = version {
                carry.clear();
            }
            return;
        }
        self.outcome = Outcome::default();
        match kind {
            Kind::Blob => self.take_blob(id, bytes, version),
            Kind::Tree => self.take_tree(id, bytes),
            Kind::Commit => {
                self.delivery.commits.lock().unwrap_or_else(PoisonError::into_inner).push(id.to_owned());
                self.check_commit(id, bytes);
                self.take_text(id, ObjectKind::Commit, bytes);
            }
            Kind::Tag => {
                if let Ok(target) = TagRefIter::from_bytes(bytes, id.kind()).target_id() {
                    self.check(&target, Kind::Commit);
                }
                self.take_text(id, ObjectKind::Tag, bytes);
            }
        }
        if self.delivery.memory.is_some() {
            learn(&mut self.learnt, id, kind, self.outcome);
        }
    }

    fn take_blob(&mut self, id: &oid, bytes: &[u8], version: Option<VersionOf<'_>>) {
        if let Some((objects, bytes)) = self.delivery.clean.as_ref().and_then(|clean| clean.get(id)) {
            if let Some((_, carry)) = version {
                carry.clear();
            }
            return self.put(Item::Seen { objects, bytes });
        }
        let origin = self.delivery.object(id, ObjectKind::Blob);
        let is_pointer = is_lfs_pointer(bytes);
        if is_pointer {
            match lfs::fetched_object(self.delivery.common_dir, bytes) {
                Some(oid) => self.delivery.add_pointer(oid, origin.clone()),
                None => {
                    let detail =
                        "the content of this file is in LFS storage: `git lfs fetch --all`, then scan what it fetched";
                    self.delivery.skip(origin.clone(), Reason::LfsPointer, detail);
                }
            }
        }
        let content = match version {
            Some((base, carry)) => Content::Version(Version { bytes, base, carry }),
            None => Content::Bytes(bytes),
        };
        self.put(Item::Blob(Blob { origin, content }));
        if is_pointer {
            // What it stands for may come or go.
            self.leave();
        }
        if let Some(clean) = &self.delivery.clean {
            clean.add(id, self.outcome);
        }
    }

    fn take_text(&mut self, id: &oid, kind: ObjectKind, bytes: &[u8]) {
        let mut text = std::mem::take(&mut self.text);
        text::without_ids(bytes, &mut text);
        self.put(Item::Blob(Blob::bytes(self.delivery.object(id, kind), &text)));
        self.text = text;
    }

    fn check_commit(&mut self, id: &oid, bytes: &[u8]) {
        let mut fields = CommitRefIter::from_bytes(bytes, id.kind());
        match fields.tree_id() {
            Ok(tree) => self.check(&tree, Kind::Tree),
            Err(_) => {
                let origin = self.delivery.object(id, ObjectKind::Commit);
                self.leave();
                return self.delivery.skip(origin, Reason::Corrupt, "the commit names no tree");
            }
        }
        if !self.delivery.shallow.contains(id) {
            for parent in CommitRefIter::from_bytes(bytes, id.kind()).parent_ids() {
                self.check(&parent, Kind::Commit);
            }
        }
    }

    fn take_tree(&mut self, id: &oid, bytes: &[u8]) {
        self.put(Item::Seen { objects: 1, bytes: bytes.len() as u64 });
        for entry in TreeRefIter::from_bytes(bytes, id.kind()) {
            let Ok(entry) = entry else {
                let origin = self.delivery.object(id, ObjectKind::Tree);
                self.leave();
                return self.delivery.skip(origin, Reason::Corrupt, "the directory does not decode to its end");
            };
            self.take_name(entry.filename);
            if entry.mode.is_tree() {
                self.check(entry.oid, Kind::Tree);
            } else if !entry.mode.is_commit() {
                self.check(entry.oid, Kind::Blob);
            }
        }
    }

    /// Every name once in a repository. Which of the many trees that have it would be told depends on the threads, so it
    /// stands for itself; the paths are part of its fate.
    fn take_name(&mut self, name: &[u8]) {
        let hash = self.delivery.name_hasher.hash_one(name);
        let slot = &mut self.recent_names[hash as usize % RECENT];
        if *slot != hash {
            *slot = hash;
            if self.delivery.names.insert(hash) && self.delivery.scope.takes_name(name) {
                self.put_name(name);
            }
        }
    }

    fn put_name(&mut self, name: &[u8]) {
        let origin = self.delivery.origin.at_path(name).with(Step::Text { kind: TextKind::FileName });
        let outcome = self.delivery.sink.judged(Item::Blob(Blob::bytes(origin, name)));
        match self.delivery.memory {
            Some(memory) if outcome.left == Left::Nothing => {
                self.learnt.names.push(memory.name(name));
                self.learnt.counted.0 += outcome.objects;
                self.learnt.counted.1 += outcome.bytes;
            }
            // It comes again with this directory.
            _ => self.leave(),
        }
    }

    fn check(&mut self, id: &oid, kind: Kind) {
        let key = short(id);
        let slot = &mut self.recent_ids[key as usize % RECENT];
        if *slot == key {
            return;
        }
        if self.delivery.objects.contains(id) {
            *slot = key;
        } else {
            self.leave();
            let mut missing = self.delivery.missing.lock().unwrap_or_else(PoisonError::into_inner);
            if missing.len() < MOST_MISSING_KEPT {
                missing.insert(id.to_owned(), kind);
            }
        }
    }
}

/// See the specification of Git LFS: the first line names the version, the file is below 1,024 bytes.
pub(super) fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() < 1024
        && (bytes.starts_with(b"version https://git-lfs.github.com/spec/")
            || bytes.starts_with(b"version https://hawser.github.com/spec/"))
}
