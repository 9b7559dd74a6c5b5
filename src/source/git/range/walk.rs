//! Which commits a selection holds: those that its tips reach and its base does not, or the newest ones. Reads commits
//! themselves, not a commit-graph file: whoever wrote that could hide a commit.

use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap, HashSet};

use gix::ObjectId;

use crate::source::git::commits::{Raw, load};
use crate::source::git::objects::{Decoder, Objects};

/// Reached from a tip.
const NEW: u8 = 1;
/// Reached from the base side.
const OLD: u8 = 2;
/// Reached from a commit that both sides reach: no nearest common one.
const STALE: u8 = 4;

/// Reached from what must be followed until both sides meet, whatever the dates say.
const NAMED: u8 = 8;

/// Clocks differ: a commit may be that much older than its parents.
const CLOCK_SKEW_SECONDS: i64 = 24 * 60 * 60;
/// Commits that both sides reach and that are looked at all the same, should a clock have been more wrong than that.
const MOST_STALE: usize = 1_024;

/// What was found.
#[derive(Default)]
pub(super) struct Walked {
    /// The selected commits.
    pub commits: HashMap<ObjectId, Raw>,
    /// The nearest commits that both sides reach; or parents of selected commits that are not selected.
    pub bases: Vec<ObjectId>,
    /// All other commits that were read.
    pub others: HashMap<ObjectId, Raw>,
    /// Selected commits whose parents a shallow clone left out, sorted.
    pub cut: Vec<ObjectId>,
    /// Parents of selected commits that are not there and should be, sorted.
    pub missing: Vec<ObjectId>,
}

impl Walked {
    /// The tree of a commit that was read.
    pub(super) fn tree(&self, commit: &ObjectId) -> Option<ObjectId> {
        self.commits.get(commit).or_else(|| self.others.get(commit)).map(|raw| raw.tree)
    }
}

/// Reads commits of one repository.
pub(super) struct Walk<'a> {
    pub objects: &'a Objects,
    pub shallow: &'a HashSet<ObjectId>,
    decoder: Decoder,
    out: Vec<u8>,
}

/// A commit on the way.
struct Met {
    raw: Raw,
    flags: u8,
    queued: bool,
}

/// What is still to be looked at, the youngest first.
#[derive(Default)]
struct Queue {
    heap: BinaryHeap<(i64, ObjectId)>,
    met: HashMap<ObjectId, Met>,
    /// Queued commits below which the two sides may still meet.
    open: usize,
}

impl Queue {
    /// Adds flags to a commit; one that learns something is looked at again.
    fn flag(&mut self, id: ObjectId, flags: u8) {
        let Some(met) = self.met.get_mut(&id) else { return };
        if met.flags & flags == flags {
            return;
        }
        let was_open = met.queued && is_open(met.flags);
        met.flags |= flags;
        let is_open = is_open(met.flags);
        if !met.queued {
            met.queued = true;
            self.heap.push((met.raw.seconds, id));
        }
        self.open = self.open + usize::from(is_open) - usize::from(was_open);
    }

    fn pop(&mut self) -> Option<(ObjectId, i64, u8)> {
        let (seconds, id) = self.heap.pop()?;
        let met = self.met.get_mut(&id)?;
        met.queued = false;
        self.open -= usize::from(is_open(met.flags));
        Some((id, seconds, met.flags))
    }
}

/// Whether only one side is known to reach a commit, and what lies below it matters.
fn is_open(flags: u8) -> bool {
    flags & (NEW | OLD) == NEW || flags & (NAMED | STALE) == NAMED
}

impl<'a> Walk<'a> {
    pub(super) fn new(objects: &'a Objects, shallow: &'a HashSet<ObjectId>) -> Self {
        Walk { objects, shallow, decoder: Decoder::new(), out: Vec::new() }
    }

    fn load(&mut self, id: &ObjectId) -> Option<Raw> {
        let mut raw = load(self.objects, id, &mut self.decoder, &mut self.out)?;
        if self.shallow.contains(id) {
            raw.parents.clear();
        }
        Some(raw)
    }

    /// Whether a commit is in the queue's memory, after an attempt to load it.
    fn meet(&mut self, queue: &mut Queue, id: ObjectId) -> bool {
        if let Entry::Vacant(new) = queue.met.entry(id) {
            let Some(raw) = self.load(&id) else { return false };
            new.insert(Met { raw, flags: 0, queued: false });
        }
        true
    }

    /// The commits that `tips` reach and `hidden` do not. Those of `hidden` that are `named` are followed until they meet the tips,
    /// or to their end: dates are what somebody wrote. Of the others there may be thousands, and years old.
    pub(super) fn between(&mut self, tips: &[ObjectId], hidden: &[ObjectId], named: &[ObjectId]) -> Walked {
        let mut queue = Queue::default();
        let mut missing = HashSet::new();
        for (ids, flag) in [(tips, NEW), (hidden, OLD), (named, OLD | NAMED)] {
            for id in ids {
                if self.meet(&mut queue, *id) {
                    queue.flag(*id, flag);
                }
            }
        }
        // Below it nothing can be of interest, unless a clock was wrong.
        let (mut floor, mut stale) = (i64::MAX, 0);
        while let Some(&(next, _)) = queue.heap.peek() {
            if queue.open == 0 && next.saturating_add(CLOCK_SKEW_SECONDS) < floor {
                stale += 1;
                if stale > MOST_STALE {
                    break;
                }
            }
            let Some((id, seconds, flags)) = queue.pop() else { break };
            let is_common = flags & (NEW | OLD) == NEW | OLD;
            if flags & (NEW | OLD) == NEW || (is_common && flags & STALE == 0) {
                floor = floor.min(seconds);
            }
            let handed_on = if is_common { flags | STALE } else { flags };
            for parent in queue.met.get(&id).map(|met| met.raw.parents.clone()).unwrap_or_default() {
                if self.meet(&mut queue, parent) {
                    queue.flag(parent, handed_on);
                } else {
                    missing.insert((id, parent));
                }
            }
        }
        self.collect_between(queue, &missing)
    }

    fn collect_between(&self, queue: Queue, missing: &HashSet<(ObjectId, ObjectId)>) -> Walked {
        let mut walked = Walked::default();
        for (id, met) in queue.met {
            match met.flags & (NEW | OLD) {
                NEW => {
                    walked.commits.insert(id, met.raw);
                }
                both => {
                    if both == NEW | OLD && met.flags & STALE == 0 {
                        walked.bases.push(id);
                    }
                    walked.others.insert(id, met.raw);
                }
            }
        }
        let of_selected = missing.iter().filter(|(child, _)| walked.commits.contains_key(child));
        walked.missing = of_selected.map(|(_, parent)| *parent).collect();
        self.finish(walked)
    }

    /// The commits that `tips` reach, those with the youngest dates first; at most `most`, and not those before `since`.
    ///
    /// Dates are what somebody wrote: below a commit that is too old the walk goes on, and what descends from a selected commit
    /// is no base, however old it says that it is.
    pub(super) fn newest(&mut self, tips: &[ObjectId], since: Option<i64>, most: Option<usize>) -> Walked {
        let mut walked = Walked::default();
        let mut waiting = BinaryHeap::new();
        let mut met = HashSet::new();
        let mut missing = HashSet::new();
        let mut enter = |walk: &mut Self, waiting: &mut BinaryHeap<_>, id: ObjectId| {
            if !met.insert(id) {
                return true;
            }
            let raw = walk.load(&id);
            let is_there = raw.is_some();
            waiting.extend(raw.map(|raw| Newest { seconds: raw.seconds, id, raw }));
            is_there
        };
        for tip in tips {
            enter(self, &mut waiting, *tip);
        }
        while walked.commits.len() < most.unwrap_or(usize::MAX) {
            let Some(Newest { id, raw, .. }) = waiting.pop() else { break };
            let is_selected = since.is_none_or(|since| raw.seconds >= since);
            for parent in &raw.parents {
                if !enter(self, &mut waiting, *parent) && is_selected {
                    missing.insert(*parent);
                }
            }
            let part = if is_selected { &mut walked.commits } else { &mut walked.others };
            part.insert(id, raw);
        }
        walked.others.extend(waiting.into_iter().map(|newest| (newest.id, newest.raw)));
        walked.missing = missing.into_iter().collect();
        walked.boundary_is_base();
        self.finish(walked)
    }

    /// Of what was selected the `most` with the youngest dates.
    pub(super) fn keep_newest(&self, mut walked: Walked, since: Option<i64>, most: Option<usize>) -> Walked {
        let mut by_date: Vec<_> = walked.commits.iter().map(|(id, raw)| (raw.seconds, *id)).collect();
        by_date.sort_unstable_by(|a, b| b.cmp(a));
        for (number, (seconds, id)) in by_date.into_iter().enumerate() {
            let is_kept = most.is_none_or(|most| number < most) && since.is_none_or(|since| seconds >= since);
            if !is_kept && let Some(raw) = walked.commits.remove(&id) {
                walked.others.insert(id, raw);
            }
        }
        walked.boundary_is_base();
        self.finish(walked)
    }

    fn finish(&self, mut walked: Walked) -> Walked {
        walked.cut = walked.commits.keys().filter(|id| self.shallow.contains(*id)).copied().collect();
        walked.cut.sort_unstable();
        let wanted: HashSet<&ObjectId> = walked.commits.values().flat_map(|raw| &raw.parents).collect();
        walked.missing.retain(|parent| wanted.contains(parent));
        walked.missing.sort_unstable();
        walked.bases.sort_unstable();
        walked
    }
}

impl Walked {
    fn boundary_is_base(&mut self) {
        let parents = self.commits.values().flat_map(|raw| &raw.parents);
        let mut outside: HashSet<ObjectId> =
            parents.filter(|parent| self.others.contains_key(*parent)).copied().collect();
        let mut children: HashMap<&ObjectId, Vec<&ObjectId>> = HashMap::new();
        for (id, raw) in &self.others {
            raw.parents.iter().for_each(|parent| children.entry(parent).or_default().push(id));
        }
        let mut waiting: Vec<&ObjectId> = self.commits.keys().collect();
        while let Some(id) = waiting.pop() {
            let later = children.remove(id).unwrap_or_default();
            later.iter().for_each(|id| _ = outside.remove(*id));
            waiting.extend(later);
        }
        self.bases = outside.into_iter().collect();
    }
}

/// A commit in the order of its date.
struct Newest {
    seconds: i64,
    id: ObjectId,
    raw: Raw,
}

impl PartialEq for Newest {
    fn eq(&self, other: &Self) -> bool {
        (self.seconds, self.id) == (other.seconds, other.id)
    }
}

impl Eq for Newest {}

impl PartialOrd for Newest {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Newest {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.seconds, self.id).cmp(&(other.seconds, other.id))
    }
}
