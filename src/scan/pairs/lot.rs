//! Secrets and ids that may belong together, and which of them clearly do.

use std::collections::{BTreeMap, BTreeSet};

use super::{Half, Sighting};
use crate::finding::Relation;
use crate::origin::{Origin, Step};
use crate::secret::Secret;

/// Bytes within which an id must stand to be told from others in the same text.
const NEAR: u64 = 1_024;
/// How many times farther away than the nearest one any other must be.
const FARTHER: u64 = 4;
/// Finds on either side of a place that are looked at.
const LOOKED_AT: usize = 8;

/// Secrets of one kind, and the ids that they may have, as indexes.
pub(super) struct Lot {
    pub secret_rules: Vec<u16>,
    pub id_rules: Vec<u16>,
    pub secrets: Vec<usize>,
    pub ids: Vec<usize>,
    /// Ids that are clear enough to be joined with what lies in another file.
    pub far_ids: Vec<usize>,
}

/// What places must share to be in a relation.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'a> {
    Text(&'a Origin),
    Bytes(&'a [u8]),
    Folder(Vec<&'a str>, &'a [u8]),
    Target,
}

/// What of a place counts for a relation; `None` where it has nothing of that.
pub(super) fn key(relation: Relation, at: &Sighting) -> Option<Key<'_>> {
    match relation {
        Relation::File => Some(Key::Text(&at.origin)),
        Relation::Path => (!at.path.is_empty()).then_some(Key::Bytes(&at.path)),
        Relation::Commit => at.commit.as_deref().map(|commit| Key::Bytes(commit.as_bytes())),
        Relation::Folder => folder(at),
        Relation::Target => Some(Key::Target),
    }
}

/// The folder of a file; of a chart all of it.
fn folder(at: &Sighting) -> Option<Key<'_>> {
    let steps = at.origin.steps();
    let charts: Vec<&str> = steps
        .iter()
        .filter_map(|step| if let Step::Chart { name, .. } = step { Some(name.as_str()) } else { None })
        .collect();
    if !charts.is_empty() {
        return Some(Key::Folder(charts, b""));
    }
    if at.path.is_empty() {
        return None;
    }
    let end = memchr::memrchr(b'/', &at.path).unwrap_or(0);
    let folder = &at.path[..end];
    // The templates of a chart stand beside its values.
    let end = memchr::memmem::find(&at.path[..(end + 1).min(at.path.len())], b"/templates/").unwrap_or(folder.len());
    let folder = if folder == b"templates" || folder.starts_with(b"templates/") { b"" } else { &folder[..end] };
    Some(Key::Folder(charts, folder))
}

/// Pairs that something speaks for, and how often.
type Votes = BTreeMap<usize, BTreeMap<usize, usize>>;

impl Lot {
    pub fn new(secret_rules: &[u16], id_rules: &[u16]) -> Self {
        Lot {
            secret_rules: secret_rules.to_vec(),
            id_rules: id_rules.to_vec(),
            secrets: Vec::new(),
            ids: Vec::new(),
            far_ids: Vec::new(),
        }
    }

    /// Secrets with their ids, and by which relation. A secret has one id at most; an id may have several secrets in the same
    /// files, else one.
    pub fn joined(&self, halves: &[(Secret, Half)]) -> Vec<(usize, usize, Relation)> {
        let mut joined: Vec<(usize, usize, Relation)> = Vec::new();
        for (secret, ids) in self.in_one_file(halves) {
            joined.extend(clearest(&ids).map(|id| (secret, id, Relation::File)));
        }
        for relation in [Relation::Path, Relation::Commit, Relation::Folder] {
            let taken: BTreeSet<usize> = joined.iter().flat_map(|(secret, id, _)| [*secret, *id]).collect();
            let is_open = |index: &&usize| !taken.contains(index);
            let secrets: Vec<usize> = self.secrets.iter().filter(is_open).copied().collect();
            let ids: Vec<usize> = self.far_ids.iter().filter(is_open).copied().collect();
            if secrets.is_empty() || ids.is_empty() {
                break;
            }
            let votes = alone_together(relation, &secrets, &ids, halves);
            let mut wanted: BTreeMap<usize, usize> = BTreeMap::new();
            votes.values().flat_map(BTreeMap::keys).for_each(|id| *wanted.entry(*id).or_default() += 1);
            for (secret, ids) in votes {
                if let (Some(id), 1) = (ids.keys().next(), ids.len())
                    && wanted.get(id) == Some(&1)
                {
                    joined.push((secret, *id, relation));
                }
            }
        }
        if let ([secret], [id]) = (self.secrets.as_slice(), self.ids.as_slice())
            && joined.is_empty()
            && self.far_ids.contains(id)
        {
            joined.push((*secret, *id, Relation::Target));
        }
        joined
    }

    /// What stands for pairs in the texts that hold both.
    fn in_one_file(&self, halves: &[(Secret, Half)]) -> Votes {
        let mut texts: BTreeMap<&Origin, [Vec<(u64, usize)>; 2]> = BTreeMap::new();
        for (side, members) in [&self.secrets, &self.ids].into_iter().enumerate() {
            for &index in members {
                for at in &halves[index].1.seen {
                    texts.entry(&at.origin).or_default()[side].push((at.location.offset, index));
                }
            }
        }
        let mut votes = Votes::new();
        for [mut secrets, mut ids] in
            texts.into_values().filter(|[secrets, ids]| !secrets.is_empty() && !ids.is_empty())
        {
            for side in [&mut secrets, &mut ids] {
                side.sort_unstable();
                side.dedup();
            }
            for (secret, id) in in_text(&secrets, &ids) {
                *votes.entry(secret).or_default().entry(id).or_default() += 1;
            }
        }
        votes
    }
}

/// The id that most texts speak for, if there is one such.
fn clearest(ids: &BTreeMap<usize, usize>) -> Option<usize> {
    let most = ids.values().max()?;
    let mut first = ids.iter().filter(|(_, count)| *count == most).map(|(id, _)| *id);
    let id = first.next();
    id.filter(|_| first.next().is_none())
}

/// Pairs that are clear in one text; finds are in the order of their places.
fn in_text(secrets: &[(u64, usize)], ids: &[(u64, usize)]) -> Vec<(usize, usize)> {
    let distinct = |finds: &[(u64, usize)]| finds.iter().all(|find| find.1 == finds[0].1);
    if distinct(secrets) && distinct(ids) {
        return vec![(secrets[0].1, ids[0].1)];
    }
    // Blocks of one id and one secret each, all in one order: profiles of a credentials file, lines of a table.
    let alternate = |first: &[(u64, usize)], second: &[(u64, usize)]| {
        first.iter().zip(second).all(|(a, b)| a.0 <= b.0) && second.iter().zip(&first[1..]).all(|(b, a)| b.0 <= a.0)
    };
    if secrets.len() == ids.len() && (alternate(ids, secrets) || alternate(secrets, ids)) {
        return secrets.iter().zip(ids).map(|(secret, id)| (secret.1, id.1)).collect();
    }
    let mutual = |(at, secret): &(u64, usize)| {
        let (place, id) = by_far_nearest(*at, ids)?;
        let (_, back) = by_far_nearest(place, secrets)?;
        (back == *secret).then_some((*secret, id))
    };
    secrets.iter().filter_map(mutual).collect()
}

/// The find that is nearest to a place, with its own place, where no other value is nearly as near.
fn by_far_nearest(at: u64, finds: &[(u64, usize)]) -> Option<(u64, usize)> {
    let middle = finds.partition_point(|find| find.0 < at);
    let looked_at = &finds[middle.saturating_sub(LOOKED_AT)..(middle + LOOKED_AT).min(finds.len())];
    let distance = |find: &&(u64, usize)| find.0.abs_diff(at);
    let nearest = looked_at.iter().min_by_key(distance)?;
    let next = looked_at.iter().filter(|find| find.1 != nearest.1).map(|find| distance(&find)).min();
    let is_clear = next.is_none_or(|next| next >= FARTHER * distance(&nearest));
    (is_clear && distance(&nearest) <= NEAR).then_some(*nearest)
}

/// Pairs of which both are the only ones with something in common.
fn alone_together(relation: Relation, secrets: &[usize], ids: &[usize], halves: &[(Secret, Half)]) -> Votes {
    let mut groups: BTreeMap<Key<'_>, [BTreeSet<usize>; 2]> = BTreeMap::new();
    for (side, members) in [secrets, ids].into_iter().enumerate() {
        for &index in members {
            for key in halves[index].1.seen.iter().filter_map(|at| key(relation, at)) {
                groups.entry(key).or_default()[side].insert(index);
            }
        }
    }
    let mut votes = Votes::new();
    for [secrets, ids] in groups.values() {
        if let (Some(secret), Some(id), 1, 1) = (secrets.first(), ids.first(), secrets.len(), ids.len()) {
            *votes.entry(*secret).or_default().entry(*id).or_default() += 1;
        }
    }
    votes
}

/// For tests: the pairs of a text in which lower-case letters stand for ids and upper-case ones for secrets.
#[cfg(test)]
pub(super) fn in_text_of(text: &str) -> Vec<String> {
    let finds = |wanted: fn(&u8) -> bool| -> Vec<(u64, usize)> {
        let letters = text.bytes().enumerate().filter(|(_, byte)| wanted(byte));
        letters.map(|(at, byte)| (at as u64, usize::from(byte))).collect()
    };
    let pairs = in_text(&finds(u8::is_ascii_uppercase), &finds(u8::is_ascii_lowercase));
    pairs.into_iter().map(|(secret, id)| format!("{}{}", id as u8 as char, secret as u8 as char)).collect()
}
