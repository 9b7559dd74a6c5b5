//! Hands each object to the sink once, as what it is: a blob whole, a commit or tag as text, a tree as the names in it.
//! Notes which objects are referred to and are not there. Does not know where objects are stored.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use gix::hash::oid;
use gix::objs::{CommitRefIter, Kind, TagRefIter, TreeRefIter};

use super::files;
use super::ids::{Shards, short};
use super::objects::{Failure, Objects};
use super::repository::Repository;
use super::text;
use crate::blob::{Blob, Content, Item, Reason, Sink, Skip, Version};
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
    common_dir: &'a Path,
    taken: Shards<u128>,
    names: Shards<u64>,
    name_hasher: RandomState,
    commits: Mutex<Vec<ObjectId>>,
    missing: Mutex<BTreeMap<ObjectId, Kind>>,
    failed: Mutex<BTreeMap<ObjectId, (Failure, String)>>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(sink: &'a dyn Sink, origin: Origin, objects: &'a Objects, repository: &'a Repository) -> Self {
        Delivery {
            sink,
            origin,
            objects,
            shallow: &repository.shallow,
            common_dir: &repository.common_dir,
            taken: Shards::new(),
            names: Shards::new(),
            name_hasher: RandomState::new(),
            commits: Mutex::default(),
            missing: Mutex::default(),
            failed: Mutex::default(),
        }
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

    fn object(&self, id: &oid, kind: ObjectKind) -> Origin {
        self.origin.with(Step::Object { id: id.to_string(), kind })
    }

    /// Hands over a blob that is too large for memory; returns whether it was the first of its id.
    pub(super) fn take_stream(&self, id: &oid, reader: &mut dyn Read) -> bool {
        let first = self.taken.insert(short(id));
        if first {
            self.sink.put(Item::Blob(Blob::stream(self.object(id, ObjectKind::Blob), reader)));
        }
        first
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
}

impl<'a> Receiver<'a> {
    pub(super) fn new(delivery: &'a Delivery<'a>) -> Self {
        Receiver { delivery, recent_names: vec![0; RECENT], recent_ids: vec![0; RECENT], text: Vec::new() }
    }

    /// Takes a decoded object; does nothing if its id was taken before. With `version` a blob is judged as what it is made
    /// of, and what that leaves is noted.
    pub(super) fn take(&mut self, id: &oid, kind: Kind, bytes: &[u8], version: Option<VersionOf<'_>>) {
        if !self.delivery.taken.insert(short(id)) {
            if let Some((_, carry)) = version {
                carry.clear();
            }
            return;
        }
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
    }

    fn take_blob(&self, id: &oid, bytes: &[u8], version: Option<VersionOf<'_>>) {
        let origin = self.delivery.object(id, ObjectKind::Blob);
        if is_lfs_pointer(bytes) && files::lfs_object(self.delivery.common_dir, bytes).is_none() {
            let detail = "the content of this file is in LFS storage: `git lfs fetch --all`, then scan what it fetched";
            self.delivery.skip(origin.clone(), Reason::LfsPointer, detail);
        }
        let content = match version {
            Some((base, carry)) => Content::Version(Version { bytes, base, carry }),
            None => Content::Bytes(bytes),
        };
        self.delivery.sink.put(Item::Blob(Blob { origin, content }));
    }

    fn take_text(&mut self, id: &oid, kind: ObjectKind, bytes: &[u8]) {
        text::without_ids(bytes, &mut self.text);
        self.delivery.sink.put(Item::Blob(Blob::bytes(self.delivery.object(id, kind), &self.text)));
    }

    fn check_commit(&mut self, id: &oid, bytes: &[u8]) {
        let mut fields = CommitRefIter::from_bytes(bytes, id.kind());
        match fields.tree_id() {
            Ok(tree) => self.check(&tree, Kind::Tree),
            Err(_) => {
                let origin = self.delivery.object(id, ObjectKind::Commit);
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
        self.delivery.sink.put(Item::Seen { objects: 1, bytes: bytes.len() as u64 });
        for entry in TreeRefIter::from_bytes(bytes, id.kind()) {
            let Ok(entry) = entry else {
                let origin = self.delivery.object(id, ObjectKind::Tree);
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
            if self.delivery.names.insert(hash) {
                let origin = self.delivery.origin.at_path(name).with(Step::Text { kind: TextKind::FileName });
                self.delivery.sink.put(Item::Blob(Blob::bytes(origin, name)));
            }
        }
    }

    fn check(&mut self, id: &oid, kind: Kind) {
        let key = short(id);
        let slot = &mut self.recent_ids[key as usize % RECENT];
        if *slot == key {
            return;
        }
        *slot = key;
        if !self.delivery.objects.contains(id) {
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
