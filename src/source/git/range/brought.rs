//! What a tree has that none of the trees before it had at the same path, and what it lacks that all of them had. Costs what
//! differs: directories that are the same in any of them are not read.

use std::collections::{BTreeMap, HashSet};

use gix::ObjectId;
use gix::objs::tree::EntryMode;
use gix::objs::{Kind, TreeRefIter};

use crate::source::git::ids::short;
use crate::source::git::join;
use crate::source::git::objects::{Decoder, Failure, Objects};
use crate::source::git::trees::DEEPEST_TREE;

/// Entries that are looked at in one comparison of paths, wherever they stand: a small hostile tree can have more than there is time
/// for. Beyond, the same directories in the place of the same ones are looked at once.
const MOST_STEPS: u64 = 1 << 20;

/// Objects that cannot be read, and why; no failure where they are not there.
pub(super) type Unread = BTreeMap<ObjectId, Option<Failure>>;

/// What stands at a name in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub mode: EntryMode,
    pub id: ObjectId,
}

/// A path at which the new tree differs from all old ones.
pub(super) struct Difference<'a> {
    pub path: &'a [u8],
    /// The last part of the path.
    pub name: &'a [u8],
    /// What stands there now; `None` where it was taken away.
    pub now: Option<Entry>,
    /// What stood there, in each of the old trees.
    pub before: &'a [Option<Entry>],
}

/// Which differences are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// New objects and names; the same directories in the place of the same ones are looked at once, whatever their path.
    Objects,
    /// Every path, also those that are gone.
    Paths,
}

/// A tree that cannot be read.
pub(super) struct LostTree {
    pub id: ObjectId,
    /// `None` where it is not there at all.
    pub failure: Option<Failure>,
}

/// One thread's way to compare trees.
pub(super) struct Comparison<'a> {
    objects: &'a Objects,
    decoder: Decoder,
    out: Vec<u8>,
    pub lost: Vec<LostTree>,
    /// Trees of the old side that cannot be read: more is told as new than is.
    pub unknown: Vec<LostTree>,
}

/// Names are sorted as bytes, so that a file and a directory of one name meet.
type Listing = Vec<(Vec<u8>, Entry)>;

/// Trees that stand at one path: the new one, and the old ones.
type Level = (Option<ObjectId>, Vec<Option<ObjectId>>, Vec<u8>, usize);

impl<'a> Comparison<'a> {
    pub(super) fn new(objects: &'a Objects) -> Self {
        Comparison { objects, decoder: Decoder::new(), out: Vec::new(), lost: Vec::new(), unknown: Vec::new() }
    }

    /// Tells each difference between a tree and all of `old`.
    pub(super) fn run(&mut self, new: ObjectId, old: &[ObjectId], asked: Asked, tell: &mut dyn FnMut(&Difference<'_>)) {
        if old.contains(&new) {
            return;
        }
        let old: Vec<Option<ObjectId>> = old.iter().copied().map(Some).collect();
        let mut waiting: Vec<Level> = vec![(Some(new), old, Vec::new(), 0)];
        let mut seen = HashSet::new();
        let mut steps = 0_u64;
        while let Some((new, old, folder, depth)) = waiting.pop() {
            let key = (new.as_deref().map(short), old.iter().map(|id| id.as_deref().map(short)).collect::<Vec<_>>());
            if (asked == Asked::Objects || steps > MOST_STEPS) && !seen.insert(key) {
                continue;
            }
            if depth > DEEPEST_TREE {
                // What is only on the old side is not lost: more is new than need be, not less.
                self.lost.extend(new.map(|id| LostTree { id, failure: Some(Failure::TooDeep) }));
                continue;
            }
            let now = new.map(|id| self.listing(&id, true)).unwrap_or_default();
            let before: Vec<Listing> =
                old.iter().map(|id| id.map(|id| self.listing(&id, false)).unwrap_or_default()).collect();
            steps += now.len() as u64 + before.iter().map(|listing| listing.len() as u64).sum::<u64>();
            level((&now, &before), (&folder, depth), asked, &mut waiting, tell);
        }
    }

    /// What stands at a path below a tree.
    pub(super) fn entry_at(&mut self, root: ObjectId, path: &[u8]) -> Option<Entry> {
        let mut tree = root;
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = names.next() {
            let listing = self.listing(&tree, false);
            let entry = find(&listing, name)?;
            if names.peek().is_none() {
                return Some(entry);
            }
            if !entry.mode.is_tree() {
                return None;
            }
            tree = entry.id;
        }
        None
    }

    /// All that could not be read.
    pub(super) fn unread(&self) -> Unread {
        self.lost.iter().chain(&self.unknown).map(|tree| (tree.id, tree.failure)).collect()
    }

    /// The entries of a tree, sorted by name; what cannot be read is noted.
    pub(super) fn listing(&mut self, tree: &ObjectId, is_new: bool) -> Listing {
        let failure = match self.objects.find(tree, &mut self.decoder, &mut self.out) {
            Ok(Some(Kind::Tree)) => None,
            Ok(None) => Some(None),
            Ok(Some(_)) => Some(Some(Failure::Corrupt)),
            Err(failure) => Some(Some(failure)),
        };
        let unread = if is_new { &mut self.lost } else { &mut self.unknown };
        if let Some(failure) = failure {
            unread.push(LostTree { id: *tree, failure });
            return Vec::new();
        }
        let mut listing: Listing = Vec::new();
        for entry in TreeRefIter::from_bytes(&self.out, self.objects.hash) {
            match entry {
                Ok(entry) => {
                    listing.push((entry.filename.to_vec(), Entry { mode: entry.mode, id: entry.oid.to_owned() }));
                }
                Err(_) => {
                    unread.push(LostTree { id: *tree, failure: Some(Failure::Corrupt) });
                    break;
                }
            }
        }
        listing.sort_by(|a, b| a.0.cmp(&b.0));
        listing
    }
}

fn find(listing: &Listing, name: &[u8]) -> Option<Entry> {
    let at = listing.binary_search_by(|(other, _)| other.as_slice().cmp(name)).ok()?;
    Some(listing[at].1)
}

fn tree_of(entry: Option<Entry>) -> Option<ObjectId> {
    entry.filter(|entry| entry.mode.is_tree()).map(|entry| entry.id)
}

fn level(
    (now, before): (&Listing, &[Listing]),
    (folder, depth): (&[u8], usize),
    asked: Asked,
    waiting: &mut Vec<Level>,
    tell: &mut dyn FnMut(&Difference<'_>),
) {
    for (name, entry) in now {
        let old: Vec<Option<Entry>> = before.iter().map(|listing| find(listing, name)).collect();
        if old.iter().flatten().any(|old| old.id == entry.id) {
            continue;
        }
        let path = join(folder, name);
        tell(&Difference { path: &path, name, now: Some(*entry), before: &old });
        if entry.mode.is_tree() || (asked == Asked::Paths && old.iter().any(|old| tree_of(*old).is_some())) {
            waiting.push((tree_of(Some(*entry)), old.iter().map(|old| tree_of(*old)).collect(), path, depth + 1));
        }
    }
    let Some((first, others)) = before.split_first().filter(|_| asked == Asked::Paths) else { return };
    for (name, entry) in first {
        if find(now, name).is_some() || others.iter().any(|listing| find(listing, name).is_none()) {
            continue;
        }
        let old: Vec<Option<Entry>> =
            [Some(*entry)].into_iter().chain(others.iter().map(|listing| find(listing, name))).collect();
        let path = join(folder, name);
        tell(&Difference { path: &path, name, now: None, before: &old });
        if old.iter().any(|old| tree_of(*old).is_some()) {
            waiting.push((None, old.iter().map(|old| tree_of(*old)).collect(), path, depth + 1));
        }
    }
}
