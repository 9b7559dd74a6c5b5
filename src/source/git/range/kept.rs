//! What the merges of a change kept that the side of the base had taken away: a merge has it from one of its parents, so that none
//! of its commits brings it in, and it comes back all the same.

use std::collections::HashMap;

use gix::ObjectId;

use super::select::Tip;
use super::walk::Walked;
use crate::source::git::commits::Commits;

/// Tips whose bases are sought in one pass, a bit each.
const TIPS_AT_ONCE: usize = 64;

/// A tip that may have such things, and what it is compared with.
pub(super) struct KeepingTip {
    /// Its position in the change.
    pub position: usize,
    /// Trees of what was there before, as that tip has it: the nearest commits that it and the base have in common, and the base.
    pub known: Vec<ObjectId>,
}

/// The tips that have older commits of the base's side beside younger ones: all that others have was brought in by a commit of the
/// change, or is what their base has.
pub(super) fn keeping_tips(
    commits: &Commits,
    walked: &Walked,
    tips: &[Tip],
    base_tips: &[ObjectId],
) -> Vec<KeepingTip> {
    let mut positions: Vec<usize> = tips.iter().filter_map(|tip| commits.position(&tip.id)).collect();
    positions.sort_unstable();
    positions.dedup();
    let mut keeping = Vec::new();
    for positions in positions.chunks(TIPS_AT_ONCE) {
        let beside = beside(commits, walked, positions);
        let passed = passed(walked, &beside);
        for (bit, position) in positions.iter().enumerate() {
            let has = |tips: u64| tips >> bit & 1 == 1;
            let of_tip = beside.iter().filter(|(_, tips)| has(**tips)).map(|(commit, _)| commit);
            let (older, nearest): (Vec<_>, Vec<_>) =
                of_tip.partition(|commit| passed.get(*commit).is_some_and(|tips| has(*tips)));
            if older.is_empty() {
                continue;
            }
            let mut known: Vec<ObjectId> =
                nearest.into_iter().chain(base_tips).filter_map(|commit| walked.tree(commit)).collect();
            known.sort_unstable();
            known.dedup();
            keeping.push(KeepingTip { position: *position, known });
        }
    }
    keeping
}

/// The commits of the base's side that a commit of the change has as parent, with the tips that reach them so.
fn beside(commits: &Commits, walked: &Walked, tips: &[usize]) -> HashMap<ObjectId, u64> {
    let mut reaching = vec![0_u64; commits.nodes.len()];
    for (bit, tip) in tips.iter().enumerate() {
        reaching[*tip] |= 1 << bit;
    }
    let mut beside: HashMap<ObjectId, u64> = HashMap::new();
    for (position, node) in commits.nodes.iter().enumerate().rev() {
        let tips = reaching[position];
        node.parents.iter().for_each(|parent| reaching[*parent] |= tips);
        for parent in node.lost_parents.iter().filter(|parent| tips != 0 && walked.others.contains_key(*parent)) {
            *beside.entry(*parent).or_default() |= tips;
        }
    }
    beside
}

/// The commits that those of `beside` descend from, with the tips of these.
fn passed(walked: &Walked, beside: &HashMap<ObjectId, u64>) -> HashMap<ObjectId, u64> {
    let mut passed: HashMap<ObjectId, u64> = HashMap::new();
    let mut waiting: Vec<(ObjectId, u64)> = beside.iter().map(|(commit, tips)| (*commit, *tips)).collect();
    // A tip with one of them has nothing that is older.
    if waiting.len() < 2 {
        return passed;
    }
    while let Some((commit, tips)) = waiting.pop() {
        for parent in walked.others.get(&commit).map(|raw| &raw.parents[..]).unwrap_or_default() {
            let known = passed.entry(*parent).or_default();
            let new = tips & !*known;
            if new != 0 {
                *known |= new;
                waiting.push((*parent, new));
            }
        }
    }
    passed
}
