//! Ids that are no findings, as many as memory allows: which ones does not depend on the order in which threads bring them.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::Found;
use crate::origin::Origin;
use crate::scan::gather::Hit;
use crate::secret::Secret;

/// Ids of a rule that are kept of a source.
pub(super) const VALUES: usize = 512;
/// Texts that are kept of an id, beyond those that hold a secret which it may belong to.
const TEXTS: usize = 64;
/// Ids that are kept of a text for each secret in it.
const BESIDE: usize = 8;

/// Ids on either side of a secret that are looked at.
const LOOKED_AT: usize = 64;

/// Ids by rule and value, with a hit for each text.
#[derive(Default)]
pub(in crate::scan) struct Ids {
    alone: BTreeMap<u16, BTreeMap<Secret, BTreeMap<Origin, Hit>>>,
    beside: Vec<Hit>,
    /// Rules of which there are more.
    more: BTreeSet<u16>,
    /// Whether some were left out.
    is_cut: bool,
}

impl Ids {
    /// Takes an id; one beside a secret that it may belong to is always kept.
    pub fn add(&mut self, hit: Hit, is_beside: bool) {
        if is_beside {
            return self.beside.push(hit);
        }
        let values = self.alone.entry(hit.rule).or_default();
        let rule = hit.rule;
        let texts = values.entry(hit.secret.clone()).or_default();
        // The first finds of the first texts; of the texts of one id no note is made.
        texts.entry(hit.origin.clone()).or_insert(hit);
        if texts.len() > TEXTS {
            texts.pop_last();
            self.is_cut = true;
        }
        // What was left out once sorts after all that is kept, and stays out.
        if values.len() > VALUES {
            values.pop_last();
            self.is_cut = true;
            self.more.insert(rule);
        }
    }

    /// Adds those of another part of the source.
    pub fn append(&mut self, other: Ids) {
        let alone = other.alone.into_values().flat_map(BTreeMap::into_values).flat_map(BTreeMap::into_values);
        alone.for_each(|hit| self.add(hit, false));
        self.beside.extend(other.beside);
        self.more.extend(other.more);
        self.is_cut |= other.is_cut;
    }

    /// All that there were, each with whether it stands beside a secret; `None` where some were left out.
    pub fn all(&self) -> Option<impl Iterator<Item = (&Hit, bool)>> {
        let alone = self.alone.values().flat_map(BTreeMap::values).flat_map(BTreeMap::values);
        let alone = alone.map(|id| (id, false));
        (!self.is_cut).then(|| alone.chain(self.beside.iter().map(|id| (id, true))))
    }

    /// All that were kept, and the rules of which there were more.
    pub fn finish(self) -> (Vec<Hit>, BTreeSet<u16>) {
        let alone = self.alone.into_values().flat_map(BTreeMap::into_values).flat_map(BTreeMap::into_values);
        (alone.chain(self.beside).collect(), self.more)
    }
}

/// Indexes of the ids of a text that stand nearest to a secret which they may belong to.
pub(in crate::scan) fn beside_secrets(found: &[Found<'_>]) -> BTreeSet<usize> {
    let mut beside = BTreeSet::new();
    let ids: Vec<(usize, u16)> =
        found.iter().enumerate().filter(|(_, one)| one.is_id).map(|(index, one)| (index, one.rule.index)).collect();
    if ids.is_empty() {
        return beside;
    }
    for (index, secret) in found.iter().enumerate() {
        if secret.verdict.confidence.is_none() || secret.rule.ids.is_empty() {
            continue;
        }
        let is_its = |(_, rule): &&(usize, u16)| secret.rule.ids.contains(rule);
        let middle = ids.partition_point(|(place, _)| *place < index);
        let after = ids[middle..].iter().take(LOOKED_AT).filter(is_its).take(BESIDE);
        let before = ids[..middle].iter().rev().take(LOOKED_AT).filter(is_its).take(BESIDE);
        beside.extend(after.chain(before).map(|(place, _)| *place));
    }
    beside
}
