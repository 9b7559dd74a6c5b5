//! What of a history never changes, however its references move: its commits, and which of its trees hold what was asked for.

use std::collections::HashMap;

use gix::ObjectId;

use super::commits::{self, Raw};
use super::objects::Objects;
use super::trees::{Trees, Wanted};

/// Searches of trees that are kept: that for what was found, and that for what is missing.
const MOST_SEARCHES: usize = 2;

/// The commits and trees that were looked at so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    pub commits: HashMap<ObjectId, Raw>,
    pub searches: Vec<Searched>,
}

/// Trees that were searched for some objects.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Searched {
    /// The objects, sorted; each has its place here as number.
    pub wanted: Vec<ObjectId>,
    pub trees: Trees,
}

impl Outline {
    /// Reads the commits in `ids`, and all that they descend from.
    pub(super) fn load_commits(&mut self, objects: &Objects, ids: &[ObjectId], threads: usize) {
        commits::load_all(objects, ids, &mut self.commits, threads);
    }

    /// Looks for objects, and for names, in all trees below `roots`; the numbers of names go on after those of objects. `ids`
    /// are sorted, each once.
    pub(super) fn search(
        &mut self,
        objects: &Objects,
        roots: &[ObjectId],
        ids: Vec<ObjectId>,
        names: &[&[u8]],
        threads: usize,
    ) -> (Wanted, &Trees) {
        let mut wanted = Wanted::default();
        for (id, number) in ids.iter().zip(0..) {
            wanted.object(*id, number);
        }
        for (name, number) in names.iter().zip(ids.len() as u32..) {
            wanted.name(name, number);
        }
        let same = self.searches.iter().position(|one| one.wanted == ids && names.is_empty() && !one.trees.is_lacking);
        let known = same.map(|place| self.searches.remove(place).trees).unwrap_or_default();
        let mut trees = Trees::search(objects, roots, &wanted, known, threads);
        // Nothing is kept of names: they may be secrets.
        trees.is_lacking |= !names.is_empty();
        self.searches.truncate(MOST_SEARCHES - 1);
        self.searches.insert(0, Searched { wanted: ids, trees });
        (wanted, &self.searches[0].trees)
    }

    /// The searches whose result holds for as long as nothing that is stored goes.
    pub(super) fn lasting(&self) -> impl Iterator<Item = &Searched> {
        self.searches.iter().filter(|one| !one.trees.is_lacking)
    }
}
