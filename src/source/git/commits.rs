//! The commits of a repository in an order in which each comes after its parents.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Mutex;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::{CommitRefIter, Kind, TagRefIter};

use super::objects::{Decoder, Failure, Objects};
use super::threads::in_threads;
use crate::finding::Commit;

/// A commit, without its text.
pub(super) struct Node {
    pub id: ObjectId,
    pub tree: ObjectId,
    /// Positions of its parents in the order; those that are not there or were left out are not among them.
    pub parents: Vec<usize>,
    /// Parents that should be there and are not.
    pub lost_parents: Vec<ObjectId>,
}

/// All commits that are known, older first.
pub(super) struct Commits {
    pub nodes: Vec<Node>,
    positions: HashMap<ObjectId, usize>,
}

/// A commit as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raw {
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
    /// Committer date, seconds since 1970.
    pub seconds: i64,
}

impl Commits {
    pub(super) fn position(&self, id: &ObjectId) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// For each commit whether one of `tips` is it or descends from it.
    pub(super) fn reached_from(&self, tips: impl Iterator<Item = usize>) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        for tip in tips {
            reached[tip] = true;
        }
        for position in (0..self.nodes.len()).rev() {
            if reached[position] {
                for parent in &self.nodes[position].parents {
                    reached[*parent] = true;
                }
            }
        }
        reached
    }

    /// For each commit whether it is the one at `position` or descends from it.
    pub(super) fn descending_from(&self, position: usize) -> Vec<bool> {
        let mut descends = vec![false; self.nodes.len()];
        descends[position] = true;
        for later in position + 1..self.nodes.len() {
            descends[later] = self.nodes[later].parents.iter().any(|parent| descends[*parent]);
        }
        descends
    }
}

/// Reads the commits in `ids` and all that they descend from, where `known` does not have them yet.
pub(super) fn load_all(objects: &Objects, ids: &[ObjectId], known: &mut HashMap<ObjectId, Raw>, threads: usize) {
    let unknown: Vec<ObjectId> = ids.iter().filter(|id| !known.contains_key(*id)).copied().collect();
    let loaded = Mutex::new(Vec::with_capacity(unknown.len()));
    in_threads(
        unknown.len(),
        256,
        threads,
        || (Decoder::new(), Vec::new()),
        |(decoder, out), number| {
            if let Some(commit) = load(objects, &unknown[number], decoder, out) {
                let mut loaded = loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                loaded.push((unknown[number], commit));
            }
        },
    );
    known.extend(loaded.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
    let mut decoder = Decoder::new();
    let mut out = Vec::new();
    let mut waiting: Vec<ObjectId> = known.values().flat_map(|commit| commit.parents.iter().copied()).collect();
    let mut asked = HashSet::new();
    while let Some(id) = waiting.pop() {
        if !known.contains_key(&id)
            && asked.insert(id)
            && let Some(commit) = load(objects, &id, &mut decoder, &mut out)
        {
            waiting.extend(&commit.parents);
            known.insert(id, commit);
        }
    }
}

/// Reads one commit; `None` where it is not there, does not decode, or is no commit.
pub(super) fn load(objects: &Objects, id: &ObjectId, decoder: &mut Decoder, out: &mut Vec<u8>) -> Option<Raw> {
    if !matches!(objects.find(id, decoder, out), Ok(Some(Kind::Commit))) {
        return None;
    }
    let fields = || CommitRefIter::from_bytes(out, objects.hash);
    Some(Raw {
        tree: fields().tree_id().ok()?,
        parents: fields().parent_ids().collect(),
        seconds: fields().committer().map_or(0, |committer| committer.seconds()),
    })
}

/// Each commit after its parents; of those that could be next, the one with the earliest date, then the smallest id. Parents
/// of the commits in `shallow` were left out on purpose and do not count.
pub(super) fn order(raw: &HashMap<ObjectId, Raw>, shallow: &HashSet<ObjectId>) -> Commits {
    let read: Vec<(&ObjectId, &Raw)> = raw.iter().collect();
    let numbers: HashMap<&ObjectId, usize> = read.iter().map(|(id, _)| *id).zip(0..).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); read.len()];
    let mut parents_left: Vec<usize> = vec![0; read.len()];
    let parents_of = |number: usize| {
        let (id, commit) = read[number];
        let counts = !shallow.contains(id);
        commit.parents.iter().filter(move |_| counts)
    };
    let mut next = BinaryHeap::new();
    for number in 0..read.len() {
        let mut parents: Vec<usize> = parents_of(number).filter_map(|parent| numbers.get(parent).copied()).collect();
        parents.sort_unstable();
        parents.dedup();
        parents_left[number] = parents.len();
        if parents.is_empty() {
            next.push(Reverse((read[number].1.seconds, read[number].0, number)));
        }
        for parent in parents {
            children[parent].push(number);
        }
    }
    let mut commits = Commits { nodes: Vec::with_capacity(raw.len()), positions: HashMap::with_capacity(raw.len()) };
    while let Some(Reverse((_, id, number))) = next.pop() {
        let parents = parents_of(number).filter_map(|parent| commits.position(parent)).collect();
        let lost_parents = parents_of(number).filter(|parent| !numbers.contains_key(parent)).copied().collect();
        commits.positions.insert(*id, commits.nodes.len());
        commits.nodes.push(Node { id: *id, tree: read[number].1.tree, parents, lost_parents });
        for child in std::mem::take(&mut children[number]) {
            parents_left[child] -= 1;
            if parents_left[child] == 0 {
                let (id, commit) = read[child];
                next.push(Reverse((commit.seconds, id, child)));
            }
        }
    }
    commits
}

/// What a reference or tag leads to in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peeled {
    pub id: ObjectId,
    pub kind: Kind,
}

/// Annotated tags that are followed one to the next: a longer chain is somebody's joke.
const LONGEST_CHAIN: usize = 1024;

/// Why it cannot be told what a reference or tag leads to: what is wrong with which object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unpeeled {
    pub id: ObjectId,
    /// `None` where it is not there.
    pub failure: Option<Failure>,
}

/// Follows annotated tags, and calls `passed` with each.
pub(super) fn peel(
    objects: &Objects,
    id: ObjectId,
    decoder: &mut Decoder,
    mut passed: impl FnMut(ObjectId),
) -> Result<Peeled, Unpeeled> {
    let mut out = Vec::new();
    let mut id = id;
    let lost = |id, failure| Err(Unpeeled { id, failure });
    for _ in 0..LONGEST_CHAIN {
        match objects.find(&id, decoder, &mut out) {
            Ok(Some(Kind::Tag)) => {
                passed(id);
                match TagRefIter::from_bytes(&out, objects.hash).target_id() {
                    Ok(target) => id = target,
                    Err(_) => return lost(id, Some(Failure::Corrupt)),
                }
            }
            Ok(Some(kind)) => return Ok(Peeled { id, kind }),
            Ok(None) => return lost(id, None),
            Err(failure) => return lost(id, Some(failure)),
        }
    }
    lost(id, Some(Failure::TooDeep))
}

/// A commit or annotated tag as a report names it: by its author or tagger.
pub(super) fn named(objects: &Objects, id: &ObjectId, decoder: &mut Decoder) -> Option<Commit> {
    let mut out = Vec::new();
    let signature = match objects.find(id, decoder, &mut out) {
        Ok(Some(Kind::Commit)) => CommitRefIter::from_bytes(&out, objects.hash).author().ok(),
        Ok(Some(Kind::Tag)) => Some(TagRefIter::from_bytes(&out, objects.hash).tagger().ok()??),
        _ => return None,
    };
    let time = signature.and_then(|signature| signature.time().ok()).unwrap_or_default();
    Some(Commit {
        id: id.to_string(),
        author: signature.map(|signature| signature.name.trim().to_str_lossy().into_owned()),
        email: signature.map(|signature| signature.email.trim().to_str_lossy().into_owned()),
        // What git itself shows for a date that makes no sense.
        date: time
            .format(gix::date::time::format::ISO8601_STRICT)
            .unwrap_or_else(|_| "1970-01-01T00:00:00+00:00".to_owned()),
    })
}
