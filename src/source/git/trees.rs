//! Which trees hold what is asked for. Each distinct tree of a history is decoded about once, however many commits have
//! it; of those that hold nothing only the id is kept.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;
use gix::objs::{Kind, TreeRefIter};

use super::ids::{Shards, short};
use super::objects::{Decoder, Objects};
use super::threads::in_threads;

/// A directory nested deeper is not descended into: no such tree can be checked out.
pub(super) const DEEPEST_TREE: usize = 2048;

/// Parts that the commits are cut into for each thread: neighbours share most of their trees.
const PARTS_PER_THREAD: usize = 8;

/// A tree, by the first half of its id.
pub(super) type TreeKey = u128;

/// What is looked for in trees. Each has a number of its own.
#[derive(Default)]
pub(super) struct Wanted {
    objects: HashMap<ObjectId, u32>,
    names: HashMap<Vec<u8>, u32>,
}

impl Wanted {
    /// Entries that point to an object.
    pub(super) fn object(&mut self, id: ObjectId, number: u32) {
        self.objects.insert(id, number);
    }

    /// Entries with a name.
    pub(super) fn name(&mut self, name: &[u8], number: u32) {
        self.names.insert(name.to_vec(), number);
    }

    /// The number of an object.
    pub(super) fn number_of(&self, id: &ObjectId) -> Option<u32> {
        self.objects.get(id).copied()
    }
}

/// What a tree that holds something holds; both sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Holding {
    /// Entries that are wanted.
    pub found: Vec<(Box<[u8]>, u32)>,
    /// Directories that hold something.
    pub below: Vec<(Box<[u8]>, TreeKey)>,
}

/// The trees that were looked through.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trees {
    /// Those that hold something.
    pub holding: HashMap<TreeKey, Holding>,
    /// Those that hold nothing.
    pub barren: HashSet<TreeKey>,
    /// Whether one of them could not be read: what it holds may come to be known.
    pub is_lacking: bool,
}

impl Trees {
    /// Looks through all trees below `roots`; of those in `known`, for which the same was wanted, what they hold is known.
    pub(super) fn search(objects: &Objects, roots: &[ObjectId], wanted: &Wanted, known: Trees, threads: usize) -> Self {
        let Trees { holding, barren, is_lacking } = known;
        let search = Search {
            objects,
            wanted,
            barren: barren.into(),
            holding: Mutex::new(holding),
            is_lacking: AtomicBool::new(is_lacking),
        };
        let run = roots.len().div_ceil(threads.max(1) * PARTS_PER_THREAD).max(1);
        in_threads(
            roots.len(),
            run,
            threads,
            || (Decoder::new(), Vec::new()),
            |(decoder, out), number| {
                search.below(roots[number], decoder, out);
            },
        );
        Trees {
            holding: search.holding.into_inner().unwrap_or_else(PoisonError::into_inner),
            barren: search.barren.into(),
            is_lacking: search.is_lacking.into_inner(),
        }
    }

    pub(super) fn holding(&self, tree: TreeKey) -> Option<&Holding> {
        self.holding.get(&tree)
    }

    /// Numbers of all that was found in any tree; a number may come more than once.
    pub(super) fn found(&self) -> impl Iterator<Item = u32> {
        self.holding.values().flat_map(|holding| holding.found.iter().map(|(_, number)| *number))
    }

    /// Whether `number` is found at `path` below `root`.
    pub(super) fn has(&self, root: TreeKey, path: &[u8], number: u32) -> bool {
        let mut tree = root;
        let mut names = path.split(|byte| *byte == b'/').peekable();
        while let (Some(name), Some(holding)) = (names.next(), self.holding(tree)) {
            if names.peek().is_none() {
                return holding.found.binary_search_by(|(found, of)| (&**found, *of).cmp(&(name, number))).is_ok();
            }
            match holding.below.binary_search_by(|(found, _)| (**found).cmp(name)) {
                Ok(at) => tree = holding.below[at].1,
                Err(_) => return false,
            }
        }
        false
    }
}

struct Search<'a> {
    objects: &'a Objects,
    wanted: &'a Wanted,
    barren: Shards<TreeKey>,
    holding: Mutex<HashMap<TreeKey, Holding>>,
    is_lacking: AtomicBool,
}

/// A tree of which not all directories were looked through.
struct Open {
    key: TreeKey,
    /// Its own name in the tree above.
    name: Box<[u8]>,
    holding: Holding,
    waiting: Vec<(Box<[u8]>, ObjectId)>,
}

impl Search<'_> {
    /// Whether a tree holds something, if that is known.
    fn known(&self, key: TreeKey) -> Option<bool> {
        if self.barren.contains(&key) {
            return Some(false);
        }
        let holding = self.holding.lock().unwrap_or_else(PoisonError::into_inner);
        holding.contains_key(&key).then_some(true)
    }

    /// Looks through a tree. Two threads that meet in a tree both do so: neither waits.
    fn below(&self, root: ObjectId, decoder: &mut Decoder, out: &mut Vec<u8>) {
        if self.known(short(&root)).is_some() {
            return;
        }
        let mut open = vec![self.decode(Box::default(), &root, decoder, out)];
        while let Some(top) = open.last_mut() {
            if let Some((name, tree)) = top.waiting.pop() {
                let key = short(&tree);
                match self.known(key) {
                    Some(true) => top.holding.below.push((name, key)),
                    Some(false) => {}
                    None if open.len() < DEEPEST_TREE => open.push(self.decode(name, &tree, decoder, out)),
                    // What holds it is taken for barren, which from elsewhere it may not be.
                    None => self.is_lacking.store(true, Ordering::Relaxed),
                }
                continue;
            }
            let Some(done) = open.pop() else { break };
            let holds = !done.holding.found.is_empty() || !done.holding.below.is_empty();
            if let (true, Some(above)) = (holds, open.last_mut()) {
                above.holding.below.push((done.name.clone(), done.key));
            }
            self.close(done, holds);
        }
    }

    fn close(&self, mut done: Open, holds: bool) {
        if holds {
            done.holding.found.sort_unstable();
            done.holding.below.sort_unstable();
            self.holding.lock().unwrap_or_else(PoisonError::into_inner).insert(done.key, done.holding);
        } else {
            self.barren.insert(done.key);
        }
    }

    fn decode(&self, name: Box<[u8]>, tree: &ObjectId, decoder: &mut Decoder, out: &mut Vec<u8>) -> Open {
        let mut open = Open { key: short(tree), name, holding: Holding::default(), waiting: Vec::new() };
        if !matches!(self.objects.find(tree, decoder, out), Ok(Some(Kind::Tree))) {
            self.is_lacking.store(true, Ordering::Relaxed);
            return open;
        }
        for entry in TreeRefIter::from_bytes(out, self.objects.hash).flatten() {
            let number = self.wanted.objects.get(entry.oid);
            // Most of the time no name is asked for, and it need not be hashed.
            let named = if self.wanted.names.is_empty() { None } else { self.wanted.names.get(&**entry.filename) };
            for number in number.into_iter().chain(named) {
                open.holding.found.push((entry.filename.to_vec().into(), *number));
            }
            if entry.mode.is_tree() && !self.barren.contains(&short(entry.oid)) {
                open.waiting.push((entry.filename.to_vec().into(), entry.oid.to_owned()));
            }
        }
        open
    }
}
