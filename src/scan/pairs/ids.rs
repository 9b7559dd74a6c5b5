//! Ids that are no findings, as many as memory allows: which ones does not depend on the order in which threads bring them.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::Found;
use crate::origin::Origin;
use crate::scan::hit::Hit;
use crate::secret::Secret;

/// Finds of a rule's ids that are kept of a source: 8 MiB, since one takes half a KiB. Numbers, not bytes: what is left out must
/// not depend on which came first. Where some are, what was read is not remembered, and read again the next time.
const FINDS: usize = 16 << 10;
/// Texts that are kept of an id, beyond those that hold a secret which it may belong to.
const TEXTS: usize = 1 << 10;
/// Ids that are kept of a text for each secret in it.
const BESIDE: usize = 8;

/// Ids on either side of a secret that are looked at.
const LOOKED_AT: usize = 64;

/// Ids by rule and value, with a hit for each text.
#[derive(Default)]
pub(in crate::scan) struct Ids {
    alone: BTreeMap<u16, OfRule>,
    beside: Vec<Hit>,
    /// Rules of which there are more.
    more: BTreeSet<u16>,
    /// Whether some were left out.
    is_cut: bool,
}

/// Ids of one rule.
#[derive(Default)]
struct OfRule {
    values: BTreeMap<Secret, BTreeMap<Origin, Hit>>,
    finds: usize,
}

impl OfRule {
    /// Takes one that is new; `false` if another was left out for it, or it itself.
    fn add(&mut self, hit: Hit) -> bool {
        let texts = self.values.entry(hit.secret.clone()).or_default();
        let before = texts.len();
        // The first finds of the first texts.
        texts.entry(hit.origin.clone()).or_insert(hit);
        self.finds += texts.len() - before;
        if texts.len() > TEXTS {
            texts.pop_last();
            self.finds -= 1;
            return false;
        }
        self.finds <= FINDS
    }

    /// Leaves the last one out; whether it was the last text of its id. What was left out once sorts after all that is kept,
    /// and stays out.
    fn shorten(&mut self) -> bool {
        let Some(mut last) = self.values.last_entry() else { return false };
        last.get_mut().pop_last();
        self.finds -= 1;
        let is_empty = last.get().is_empty();
        if is_empty {
            last.remove();
        }
        is_empty
    }

    fn into_hits(self) -> impl Iterator<Item = Hit> {
        self.values.into_values().flat_map(BTreeMap::into_values)
    }
}

impl Ids {
    /// Takes an id; one beside a secret that it may belong to is always kept.
    pub fn add(&mut self, hit: Hit, is_beside: bool) {
        if is_beside {
            return self.beside.push(hit);
        }
        let rule = hit.rule;
        let ids = self.alone.entry(rule).or_default();
        if !ids.add(hit) {
            self.is_cut = true;
        }
        // Of texts that are left out no note is made.
        if ids.finds > FINDS && ids.shorten() {
            self.more.insert(rule);
        }
    }

    /// Adds those of another part of the source.
    pub fn append(&mut self, other: Ids) {
        let alone = other.alone.into_values().flat_map(OfRule::into_hits);
        alone.for_each(|hit| self.add(hit, false));
        self.beside.extend(other.beside);
        self.more.extend(other.more);
        self.is_cut |= other.is_cut;
    }

    /// All that there were, each with whether it stands beside a secret; `None` where some were left out.
    pub fn all(&self) -> Option<impl Iterator<Item = (&Hit, bool)>> {
        let alone = self.alone.values().flat_map(|ids| ids.values.values()).flat_map(BTreeMap::values);
        let alone = alone.map(|id| (id, false));
        (!self.is_cut).then(|| alone.chain(self.beside.iter().map(|id| (id, true))))
    }

    /// All that were kept, and the rules of which there were more.
    pub fn finish(self) -> (Vec<Hit>, BTreeSet<u16>) {
        let alone = self.alone.into_values().flat_map(OfRule::into_hits);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Location;
    use crate::origin::Step;
    use crate::scan::told;
    use crate::source::memory::Id;

    fn hit(value: usize, text: usize) -> Hit {
        let id = Id {
            rule: 0,
            value: [0; 16],
            location: Location { line: 1, column: 1, end_line: 1, end_column: 2, ..Location::default() },
            shown: String::new(),
            stem: None,
            is_beside: false,
        };
        let origin = Origin::new(Step::Stdin).at_path(format!("{text:05}"));
        told::id(origin, id, Secret::new(format!("{value:05}").into_bytes()))
    }

    fn kept(hits: impl Iterator<Item = (usize, usize)>) -> (Vec<(Vec<u8>, Origin)>, bool, bool) {
        let mut ids = Ids::default();
        hits.for_each(|(value, text)| ids.add(hit(value, text), false));
        let is_all = ids.all().is_some();
        let (hits, more) = ids.finish();
        (hits.into_iter().map(|hit| (hit.secret.expose().to_vec(), hit.origin)).collect(), is_all, more.is_empty())
    }

    #[test]
    fn what_is_kept_does_not_depend_on_the_order() {
        // One id in more texts than are kept of one, others that are more than are kept of a rule.
        let all: Vec<(usize, usize)> =
            (0..TEXTS + 9).map(|text| (7, text)).chain((10..FINDS + 9).map(|value| (value, 0))).collect();
        let forward = kept(all.iter().copied());
        assert_eq!(forward.0.len(), FINDS);
        assert_eq!((forward.1, forward.2), (false, false));
        assert_eq!(forward.0.iter().filter(|(value, _)| value == b"00007").count(), TEXTS);
        assert_eq!(kept(all.iter().rev().copied()), forward);
        let (even, odd): (Vec<_>, Vec<_>) = all.into_iter().partition(|(value, text)| (value + text) % 2 == 0);
        assert_eq!(kept(odd.into_iter().chain(even)), forward);
        let (hits, is_all, is_quiet) = kept((0..FINDS).map(|value| (value, 0)));
        assert_eq!((hits.len(), is_all, is_quiet), (FINDS, true, true));
    }
}
