//! How the outline of a history is stored: commits, wanted objects, names, trees.

use std::collections::{BTreeSet, HashMap};

use gix::ObjectId;

use super::bytes::{Rest, put_ids, put_key, put_number, put_text};
use crate::secret::Secret;
use crate::source::git::commits::Raw;
use crate::source::git::outline::{Outline, Searched};
use crate::source::git::trees::{Holding, Trees};
use crate::source::words;

/// First bytes of a file; the digit is the version of the format.
const MAGIC: &[u8; 8] = b"sjline1\n";

/// Of a secret that goes over several directories of a path, a part of fewer bytes says nothing.
const TELLING: usize = 4;

/// Writes what is known of a history; `None` where that is nothing, or has a secret in it. `store` tells what was stored
/// when it was made.
pub(super) fn to_bytes(outline: &Outline, store: &[u8; 32], secrets: &[&Secret]) -> Option<Vec<u8>> {
    let lasting = || outline.lasting();
    let names: BTreeSet<&[u8]> = lasting().flat_map(|one| one.trees.holding.values()).flat_map(names_of).collect();
    let secrets: Vec<&[u8]> = secrets.iter().map(|secret| secret.expose()).collect();
    let names_of_all: Vec<&[u8]> = names.iter().copied().collect();
    if outline.commits.is_empty() || stand_in(&secrets, &names_of_all) || stand_in(&names_of_all, &secrets) {
        return None;
    }
    let mut out = Vec::with_capacity(64 + 128 * outline.commits.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(store);
    let mut commits: Vec<(&ObjectId, &Raw)> = outline.commits.iter().collect();
    commits.sort_unstable_by_key(|(id, _)| *id);
    let of = |id: fn(&(&ObjectId, &Raw)) -> ObjectId| commits.iter().map(id).collect::<Vec<_>>();
    put_ids(&mut out, &of(|(id, _)| **id));
    put_ids(&mut out, &of(|(_, commit)| commit.tree));
    let parents: Vec<ObjectId> = commits.iter().flat_map(|(_, commit)| commit.parents.iter().copied()).collect();
    put_ids(&mut out, &parents);
    for (_, commit) in &commits {
        put_number(&mut out, commit.parents.len() as u64);
        put_number(&mut out, u64::from_le_bytes(commit.seconds.to_le_bytes()));
    }
    put_number(&mut out, names.len() as u64);
    names.iter().for_each(|name| put_text(&mut out, name));
    let numbers: HashMap<&[u8], u64> = names.into_iter().zip(0..).collect();
    put_number(&mut out, lasting().count() as u64);
    for one in lasting() {
        put_ids(&mut out, &one.wanted);
        put_trees(&mut out, &one.trees, &numbers);
    }
    Some(out)
}

/// Whether a word that says something stands in a text.
fn stand_in(all: &[&[u8]], texts: &[&[u8]]) -> bool {
    let telling = all.iter().copied().filter(|word| word.len() >= TELLING);
    words::searchers(telling)
        .any(|searcher| searcher.is_none_or(|searcher| texts.iter().any(|text| searcher.is_match(text))))
}

fn put_trees(out: &mut Vec<u8>, trees: &Trees, names: &HashMap<&[u8], u64>) {
    put_number(out, trees.holding.len() as u64);
    for (tree, holding) in &trees.holding {
        put_key(out, *tree);
        put_number(out, holding.found.len() as u64);
        for (name, wanted) in &holding.found {
            put_number(out, names[&**name]);
            put_number(out, u64::from(*wanted));
        }
        put_number(out, holding.below.len() as u64);
        for (name, tree) in &holding.below {
            put_number(out, names[&**name]);
            put_key(out, *tree);
        }
    }
    put_number(out, trees.barren.len() as u64);
    trees.barren.iter().for_each(|tree| put_key(out, *tree));
}

fn names_of(holding: &Holding) -> impl Iterator<Item = &[u8]> {
    let (found, below) = (holding.found.iter(), holding.below.iter());
    found.map(|(name, _)| &**name).chain(below.map(|(name, _)| &**name))
}

/// `None` where the bytes are of another version, or were made when something else was stored.
pub(super) fn from_bytes(bytes: &[u8], store: &[u8; 32]) -> Option<Outline> {
    let mut rest = Rest(bytes.strip_prefix(MAGIC)?.strip_prefix(store)?);
    let (ids, roots, parents) = (rest.ids()?, rest.ids()?, rest.ids()?);
    let mut parents = parents.as_slice();
    let mut commits = HashMap::with_capacity(ids.len());
    if ids.len() != roots.len() {
        return None;
    }
    for (id, tree) in ids.into_iter().zip(roots) {
        let (its, others) = parents.split_at_checked(usize::try_from(rest.number()?).ok()?)?;
        parents = others;
        let seconds = i64::from_le_bytes(rest.number()?.to_le_bytes());
        commits.insert(id, Raw { tree, parents: its.to_vec(), seconds });
    }
    let names: Vec<Box<[u8]>> = (0..rest.count(1)?).map(|_| rest.text().map(Box::from)).collect::<Option<_>>()?;
    let mut searches = Vec::new();
    for _ in 0..rest.count(1)? {
        searches.push(Searched { wanted: rest.ids()?, trees: trees(&mut rest, &names)? });
    }
    Some(Outline { commits, searches })
}

fn trees(rest: &mut Rest<'_>, names: &[Box<[u8]>]) -> Option<Trees> {
    let name = |number: u64| names.get(usize::try_from(number).ok()?).cloned();
    let count = rest.count(18)?;
    let mut holding = HashMap::with_capacity(count);
    for _ in 0..count {
        let tree = rest.key()?;
        let mut held = Holding::default();
        for _ in 0..rest.count(2)? {
            held.found.push((name(rest.number()?)?, u32::try_from(rest.number()?).ok()?));
        }
        for _ in 0..rest.count(17)? {
            held.below.push((name(rest.number()?)?, rest.key()?));
        }
        holding.insert(tree, held);
    }
    let barren = (0..rest.count(16)?).map(|_| rest.key()).collect::<Option<_>>()?;
    Some(Trees { holding, barren, is_lacking: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: [u8; 32] = [7; 32];

    fn id(byte: u8) -> ObjectId {
        ObjectId::try_from([byte; 20].as_slice()).unwrap()
    }

    fn outline() -> Outline {
        let commit =
            |parents: &[u8], seconds| Raw { tree: id(9), parents: parents.iter().copied().map(id).collect(), seconds };
        let commits = [(id(1), commit(&[], -1)), (id(2), commit(&[1, 3], i64::MAX))].into();
        let held = Holding {
            found: vec![(b"a".as_slice().into(), 0), (b"\xff".as_slice().into(), 1)],
            below: vec![(b"folder".as_slice().into(), 5)],
        };
        let trees = Trees { holding: [(4, held)].into(), barren: [6, u128::MAX].into(), is_lacking: false };
        let none = Searched { wanted: Vec::new(), trees: Trees::default() };
        Outline { commits, searches: vec![Searched { wanted: vec![id(7), id(8)], trees }, none] }
    }

    #[test]
    fn what_is_written_is_read_again_while_the_same_is_stored() {
        let bytes = to_bytes(&outline(), &STORE, &[]).unwrap();
        assert_eq!(from_bytes(&bytes, &STORE), Some(outline()));
        assert_eq!(from_bytes(&bytes, &[8; 32]), None);
    }

    #[test]
    fn what_is_cut_is_nothing() {
        let bytes = to_bytes(&outline(), &STORE, &[]).unwrap();
        for end in 0..bytes.len() {
            assert_eq!(from_bytes(&bytes[..end], &STORE), None, "{end}");
        }
    }

    #[test]
    fn what_may_change_and_what_tells_a_secret_is_not_written() {
        let mut lacking = outline();
        lacking.searches[0].trees.is_lacking = true;
        let bytes = to_bytes(&lacking, &STORE, &[]).unwrap();
        lacking.searches.remove(0);
        assert_eq!(from_bytes(&bytes, &STORE), Some(lacking));
        for secret in ["folder", "old", "a/folder/b"] {
            let tells = secret.len() >= TELLING;
            assert_eq!(to_bytes(&outline(), &STORE, &[&Secret::new(secret.as_bytes())]).is_none(), tells, "{secret}");
        }
    }
}
