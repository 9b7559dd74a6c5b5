//! Through history, oldest commit first: which commit brought what is wanted to which path, and which took it away.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::commits::Commits;
use super::ids::short;
use super::trees::{Holding, TreeKey, Trees};
use crate::finding::Fate;

/// Paths of one object that are told apart, whatever others have; those at a branch tip come first, then the oldest.
const SURE_PATHS: u32 = 256;
/// The same at the most, as long as there is room for the paths of all.
const MOST_PATHS: u32 = 8192;
/// Paths beyond [`SURE_PATHS`] of all objects; at some 200 bytes each.
const MOST_MORE: u32 = 1 << 18;

/// Entries of trees that are looked at for one commit, and in all: a small hostile tree can have more paths than there is
/// time for. Beyond, each pair of trees is looked at once for a commit, wherever it stands, and again so many entries.
const MOST_STEPS_AT_ONCE: u64 = 1 << 20;
const MOST_STEPS: u64 = 1 << 26;

/// How many paths are told yet beyond those that each wanted thing has for sure.
#[derive(Default)]
pub(super) struct Room {
    taken: u32,
}

impl Room {
    /// Whether another path is told of what has `count` of them.
    pub(super) fn takes(&mut self, count: u32) -> bool {
        let is_more = count >= SURE_PATHS;
        let takes = !is_more || count < MOST_PATHS && self.taken < MOST_MORE;
        self.taken += u32::from(takes && is_more);
        takes
    }
}

/// What became of one wanted thing at one path.
#[derive(Debug, Default)]
pub(super) struct PathHistory {
    /// The commit that brought it there: one that a reference reaches if there is one, and then the oldest.
    pub introduced: Option<usize>,
    /// Whether a reference reaches that commit.
    pub reached: bool,
    /// The last commit without it that has a parent with it.
    pub removed: Option<usize>,
    /// Whether `removed` removed it itself: each of its parents had it.
    removed_itself: bool,
    /// Whether a branch has it now.
    pub live: bool,
    /// Numbers of the references that have it now, sorted.
    pub references: BTreeSet<usize>,
}

/// All paths of all that is wanted.
#[derive(Default)]
pub(super) struct Paths {
    known: Known,
    steps: Steps,
}

/// What was looked at, and what was not.
#[derive(Default)]
struct Steps {
    taken: u64,
    /// Those of them beyond the limit.
    beyond: u64,
    /// Trees that stand somewhere where they were not looked at.
    passed_over: HashSet<TreeKey>,
}

impl Paths {
    /// Every wanted thing, its path and history; in no order.
    pub(super) fn into_histories(self) -> impl Iterator<Item = ((u32, Vec<u8>), PathHistory)> {
        self.known.histories.into_iter()
    }

    /// The wanted things of which there are paths that are not told.
    pub(super) fn cut(&self, trees: &Trees) -> HashSet<u32> {
        let mut cut = self.known.cut.clone();
        let mut seen = self.steps.passed_over.clone();
        let mut waiting: Vec<TreeKey> = seen.iter().copied().collect();
        while let Some(holding) = waiting.pop().map(|tree| trees.holding(tree)) {
            let Some(holding) = holding else { continue };
            cut.extend(holding.found.iter().map(|(_, wanted)| *wanted));
            waiting.extend(holding.below.iter().map(|(_, tree)| *tree).filter(|tree| seen.insert(*tree)));
        }
        cut
    }

    /// Notes what the tree of a reference has. To be called for branches first, and before [`Paths::follow`].
    pub(super) fn reference(&mut self, trees: &Trees, root: TreeKey, number: usize, is_branch: bool) {
        let Paths { known, steps } = self;
        difference(trees, (None, Some(root)), steps, &mut |_, wanted, path| {
            if let Some(history) = known.history(wanted, path) {
                history.live |= is_branch;
                if history.references.len() < Fate::MOST_REFS {
                    history.references.insert(number);
                }
            }
        });
    }

    /// Walks all commits; `reached` tells which of them a reference reaches.
    pub(super) fn follow(&mut self, trees: &Trees, commits: &Commits, reached: &[bool]) {
        let Paths { known, steps } = self;
        for (position, commit) in commits.nodes.iter().enumerate() {
            let root = short(&commit.tree);
            let parents: Vec<TreeKey> =
                commit.parents.iter().map(|parent| short(&commits.nodes[*parent].tree)).collect();
            if parents.is_empty() {
                difference(trees, (None, Some(root)), steps, &mut |_, wanted, path| {
                    known.introduced(wanted, path, position, reached[position]);
                });
            }
            for (number, parent) in parents.iter().enumerate() {
                let others: Vec<TreeKey> = parents.iter().copied().filter(|other| other != parent).collect();
                let others_with =
                    |wanted: u32, path: &[u8]| others.iter().filter(|other| trees.has(**other, path, wanted)).count();
                difference(trees, (Some(*parent), Some(root)), steps, &mut |is_new, wanted, path| {
                    if !is_new {
                        if reached[position] {
                            let itself = others_with(wanted, &path) == others.len();
                            known.removed(wanted, path, position, itself);
                        }
                    // What a merge has from another parent is not new; seen from one parent is enough.
                    } else if number == 0 && others_with(wanted, &path) == 0 {
                        known.introduced(wanted, path, position, reached[position]);
                    }
                });
            }
        }
    }
}

/// What is known so far.
#[derive(Default)]
struct Known {
    histories: HashMap<(u32, Vec<u8>), PathHistory>,
    counts: HashMap<u32, u32>,
    room: Room,
    cut: HashSet<u32>,
}

impl Known {
    fn introduced(&mut self, wanted: u32, path: Vec<u8>, position: usize, reached: bool) {
        if let Some(history) = self.history(wanted, path)
            && (history.introduced.is_none() || (reached && !history.reached))
        {
            history.introduced = Some(position);
            history.reached = reached;
        }
    }

    fn removed(&mut self, wanted: u32, path: Vec<u8>, position: usize, itself: bool) {
        if let Some(history) = self.history(wanted, path)
            && (itself || !history.removed_itself)
        {
            history.removed = Some(position);
            history.removed_itself = itself;
        }
    }

    /// `None` where a wanted thing has too many paths already.
    fn history(&mut self, wanted: u32, path: Vec<u8>) -> Option<&mut PathHistory> {
        match self.histories.entry((wanted, path)) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(new) => {
                let count = self.counts.entry(wanted).or_default();
                if !self.room.takes(*count) {
                    self.cut.insert(wanted);
                    return None;
                }
                *count += 1;
                Some(new.insert(PathHistory::default()))
            }
        }
    }
}

/// Calls `tell` with what only the new tree has (`true`) and what only the old one has (`false`), and the path. Costs what
/// differs, not what is there.
fn difference(
    trees: &Trees,
    (old, new): (Option<TreeKey>, Option<TreeKey>),
    steps: &mut Steps,
    tell: &mut dyn FnMut(bool, u32, Vec<u8>),
) {
    let nothing = Holding::default();
    let limit = MOST_STEPS.min(steps.taken + MOST_STEPS_AT_ONCE);
    let limit_beyond = MOST_STEPS.min(steps.beyond + MOST_STEPS_AT_ONCE);
    let mut seen = HashSet::new();
    let mut waiting = vec![(old, new, Vec::new())];
    while let Some((old, new, folder)) = waiting.pop() {
        if old == new {
            continue;
        }
        let is_beyond = steps.taken > limit;
        if is_beyond && (steps.beyond > limit_beyond || !seen.insert((old, new))) {
            steps.passed_over.extend(old.into_iter().chain(new));
            continue;
        }
        let of = |tree: Option<TreeKey>| tree.and_then(|tree| trees.holding(tree)).unwrap_or(&nothing);
        let (old, new) = (of(old), of(new));
        let taken = (old.found.len() + old.below.len() + new.found.len() + new.below.len()) as u64;
        *if is_beyond { &mut steps.beyond } else { &mut steps.taken } += taken;
        merge(
            &old.found,
            &new.found,
            |entry| entry,
            |old, new| match (old, new) {
                (Some((name, wanted)), None) => tell(false, *wanted, super::join(&folder, name)),
                (None, Some((name, wanted))) => tell(true, *wanted, super::join(&folder, name)),
                _ => {}
            },
        );
        merge(
            &old.below,
            &new.below,
            |(name, _)| name,
            |old, new| {
                if let Some((name, _)) = old.or(new) {
                    waiting.push((old.map(|(_, tree)| *tree), new.map(|(_, tree)| *tree), super::join(&folder, name)));
                }
            },
        );
    }
}

/// Walks two lists that are sorted by `key` in step, and pairs what has the same key.
fn merge<'a, T, K: Ord + ?Sized + 'a>(
    left: &'a [T],
    right: &'a [T],
    key: impl Fn(&'a T) -> &'a K,
    mut pair: impl FnMut(Option<&'a T>, Option<&'a T>),
) {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (Some(left), Some(right)) => key(left).cmp(key(right)),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return,
        };
        let from_left = if order.is_le() { left.next() } else { None };
        let from_right = if order.is_ge() { right.next() } else { None };
        pair(from_left, from_right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_many_things_have_many_paths_each_has_some() {
        let mut room = Room::default();
        let many: u32 = (0..100).map(|_| (0..2 * MOST_PATHS).filter(|count| room.takes(*count)).count() as u32).sum();
        assert_eq!(many, 100 * SURE_PATHS + MOST_MORE);
    }
}
