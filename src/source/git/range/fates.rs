//! Who of a change brought in what was found, at which paths, who took it away again, and whether it is there in the end.

use std::collections::{BTreeMap, HashMap, HashSet};

use gix::ObjectId;

use super::Change;
use super::brought::{Asked, Comparison, Difference, Entry};
use super::staged::{StagedFile, last_name};
use crate::finding::{Commit, Fate, State};
use crate::origin::Origin;
use crate::source::git::commits::named;
use crate::source::git::history::{INDEX, Question, elsewhere, question};
use crate::source::git::objects::Decoder;
use crate::source::git::paths::Room;

/// Looks at paths of tips, in all: beyond, it is not told which of many tips have something.
const MOST_TIP_LOOKS: usize = 1 << 16;

/// What became of one wanted thing at one path.
struct Passage {
    introduced: usize,
    removed: Option<usize>,
}

struct Fates<'a> {
    change: &'a Change,
    decoder: Decoder,
    named: HashMap<ObjectId, Option<Commit>>,
    tip_looks: usize,
}

/// Answers for [`crate::source::Source::fates`].
pub(super) fn fates(change: &Change, wanted: &[Origin]) -> Vec<Vec<Fate>> {
    let questions: Vec<Question> = wanted.iter().map(question).collect();
    let mut fates = Fates { change, decoder: Decoder::new(), named: HashMap::new(), tip_looks: 0 };
    let in_trees = fates.in_trees(&questions);
    questions
        .iter()
        .map(|question| match question {
            Question::Commit(id) | Question::Tag(id) => vec![fates.message(id)],
            Question::Nothing => vec![Fate::of(change.state(true))],
            Question::Object(_) | Question::Name(_) => {
                in_trees.get(question).cloned().unwrap_or_else(|| vec![Fate::of(change.state(true))])
            }
        })
        .collect()
}

impl Fates<'_> {
    fn name(&mut self, id: ObjectId) -> Option<Commit> {
        let (objects, decoder) = (&self.change.git.objects, &mut self.decoder);
        self.named.entry(id).or_insert_with(|| named(objects, &id, decoder)).clone()
    }

    /// Messages of commits and tags are there as long as the tip is.
    fn message(&mut self, id: &ObjectId) -> Fate {
        let order = self.change.commits.position(id).unwrap_or_default() as u64;
        let refs = match self.change.tips.as_slice() {
            [only] => vec![only.name.clone()],
            _ => Vec::new(),
        };
        Fate { introduced: self.name(*id), order, refs, ..Fate::of(self.change.state(true)) }
    }

    fn in_trees(&mut self, questions: &[Question]) -> HashMap<Question, Vec<Fate>> {
        let mut wanted = Wanted::default();
        for question in questions {
            match question {
                Question::Object(id) => drop(wanted.objects.insert(*id, 0)),
                Question::Name(name) => drop(wanted.names.insert(name.clone(), 0)),
                _ => {}
            }
        }
        let mut found: HashMap<Question, Vec<Fate>> = HashMap::new();
        if wanted.objects.is_empty() && wanted.names.is_empty() {
            return found;
        }
        for staged in self.change.staged.iter().flatten() {
            for (question, path) in wanted.of_staged(staged) {
                let fate = Fate { path: Some(path), refs: vec![INDEX.to_owned()], ..Fate::of(self.change.state(true)) };
                found.entry(question).or_default().push(fate);
            }
        }
        for ((question, path), passage) in self.follow(&mut wanted) {
            let fate = self.path_fate(&question, path, &passage);
            found.entry(question).or_default().push(fate);
        }
        for fates in found.values_mut() {
            fates.sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.path.cmp(&b.path)));
        }
        for (question, fates) in &mut found {
            if wanted.cut.contains(question) {
                fates.extend(elsewhere(fates));
            }
        }
        found
    }

    /// Through the commits of the change, older first.
    fn follow(&self, wanted: &mut Wanted) -> BTreeMap<(Question, Vec<u8>), Passage> {
        let mut passages = BTreeMap::new();
        let mut comparison = Comparison::new(&self.change.git.objects);
        for position in 0..self.change.commits.nodes.len() {
            let (tree, old) = self.change.trees_of(position);
            let Some(old) = old else { continue };
            comparison.run(tree, &old, Asked::Paths, &mut |difference| {
                wanted.meet(difference, position, &mut passages);
            });
        }
        let mut kept = BTreeMap::new();
        for tip in &self.change.keeping {
            let tree = self.change.commits.nodes[tip.position].tree;
            comparison.run(tree, &tip.known, Asked::Paths, &mut |difference| {
                for key in wanted.has(difference).into_iter().filter(|key| !passages.contains_key(key)) {
                    if kept.contains_key(&key) || wanted.takes(&key.0) {
                        kept.insert(key, tip.position);
                    }
                }
            });
        }
        let mut looks = 0;
        for ((question, path), tip) in kept {
            let introduced = self.keeper(&question, &path, &mut comparison, &mut looks).unwrap_or(tip);
            passages.insert((question, path), Passage { introduced, removed: None });
        }
        for tree in &self.change.trees {
            comparison.run(*tree, &[], Asked::Paths, &mut |difference| {
                wanted.meet(difference, self.change.commits.nodes.len(), &mut passages);
            });
        }
        passages
    }

    /// The first merge that has something at a path where one of its parents has it not.
    fn keeper(
        &self,
        question: &Question,
        path: &[u8],
        comparison: &mut Comparison<'_>,
        looks: &mut usize,
    ) -> Option<usize> {
        (0..self.change.commits.nodes.len()).find(|position| {
            let node = &self.change.commits.nodes[*position];
            if node.parents.len() + node.lost_parents.len() < 2 || *looks > MOST_TIP_LOOKS {
                return false;
            }
            let (tree, Some(parents)) = self.change.trees_of(*position) else { return false };
            *looks += 1 + parents.len();
            let mut has_it = |tree: ObjectId| is_at(question, comparison.entry_at(tree, path));
            has_it(tree) && !parents.into_iter().all(has_it)
        })
    }

    fn path_fate(&mut self, question: &Question, path: Vec<u8>, passage: &Passage) -> Fate {
        let refs = self.tips_with(question, &path);
        let is_there = !refs.is_empty() || self.tip_looks > MOST_TIP_LOOKS || !self.change.trees.is_empty();
        let id = |position: usize| self.change.commits.nodes.get(position).map(|node| node.id);
        // Of the commit at which a shallow clone ends nobody knows what it brought in.
        let introduced = id(passage.introduced).filter(|id| !self.change.git.repository.shallow.contains(id));
        let removed = passage.removed.and_then(id);
        Fate {
            path: Some(path),
            introduced: introduced.and_then(|id| self.name(id)),
            order: passage.introduced as u64,
            removed: removed.filter(|_| !is_there).and_then(|id| self.name(id)),
            removed_order: passage.removed.unwrap_or_default() as u64,
            refs,
            ..Fate::of(self.change.state(is_there))
        }
    }

    /// Names of the tips that have it at that path.
    fn tips_with(&mut self, question: &Question, path: &[u8]) -> Vec<String> {
        let mut comparison = Comparison::new(&self.change.git.objects);
        let mut names = Vec::new();
        for tip in &self.change.tips {
            self.tip_looks += 1;
            if self.tip_looks > MOST_TIP_LOOKS || names.len() == Fate::MOST_REFS {
                break;
            }
            let Some(position) = self.change.commits.position(&tip.id) else { continue };
            if is_at(question, comparison.entry_at(self.change.commits.nodes[position].tree, path)) {
                names.push(tip.name.clone());
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Whether what stands somewhere is what was asked for.
fn is_at(question: &Question, entry: Option<Entry>) -> bool {
    entry.is_some_and(|entry| match question {
        Question::Object(id) => entry.id == *id,
        _ => true,
    })
}

/// What is looked for, with the number of paths it was found at.
#[derive(Default)]
struct Wanted {
    objects: HashMap<ObjectId, u32>,
    names: HashMap<Vec<u8>, u32>,
    room: Room,
    /// What has more paths than are told apart.
    cut: HashSet<Question>,
}

impl Wanted {
    fn of_staged(&self, staged: &StagedFile) -> Vec<(Question, Vec<u8>)> {
        let object = self.objects.contains_key(&staged.entry.id);
        let object = object.then(|| (Question::Object(staged.entry.id), staged.path.clone()));
        let names = staged.new_names.iter().map(|path| (last_name(path), path));
        let names = names.filter(|(name, _)| self.names.contains_key(*name));
        object.into_iter().chain(names.map(|(name, path)| (Question::Name(name.to_vec()), path.clone()))).collect()
    }

    /// What is wanted of what stands at a path now, where it did not before.
    fn has(&self, difference: &Difference<'_>) -> Vec<(Question, Vec<u8>)> {
        let Some(now) = difference.now else { return Vec::new() };
        let object = self.objects.contains_key(&now.id).then_some(Question::Object(now.id));
        let is_name = self.names.contains_key(difference.name) && difference.before.iter().all(Option::is_none);
        let name = is_name.then(|| Question::Name(difference.name.to_vec()));
        object.into_iter().chain(name).map(|question| (question, difference.path.to_vec())).collect()
    }

    /// Whether another path is told of something.
    fn takes(&mut self, question: &Question) -> bool {
        let count = match question {
            Question::Object(id) => self.objects.get_mut(id),
            Question::Name(name) => self.names.get_mut(name),
            _ => None,
        };
        let Some(count) = count else { return false };
        let takes = self.room.takes(*count);
        if takes {
            *count += 1;
        } else {
            self.cut.insert(question.clone());
        }
        takes
    }

    fn meet(
        &mut self,
        difference: &Difference<'_>,
        position: usize,
        passages: &mut BTreeMap<(Question, Vec<u8>), Passage>,
    ) {
        for key in self.has(difference) {
            match passages.get_mut(&key) {
                Some(passage) => passage.removed = None,
                None if self.takes(&key.0) => _ = passages.insert(key, Passage { introduced: position, removed: None }),
                None => {}
            }
        }
        // It was taken away here if each of the trees before had it.
        let first = difference.before.first().copied().flatten();
        let Some(gone) =
            first.filter(|first| difference.before.iter().all(|old| old.map(|old| old.id) == Some(first.id)))
        else {
            return;
        };
        let mut questions = vec![Question::Object(gone.id)];
        questions.extend(difference.now.is_none().then(|| Question::Name(difference.name.to_vec())));
        for question in questions {
            if let Some(passage) = passages.get_mut(&(question, difference.path.to_vec())) {
                passage.removed = Some(position);
            }
        }
    }
}

impl Change {
    /// The state of something that is, or is not, there in the end.
    pub(super) fn state(&self, is_there: bool) -> State {
        match (self.has_base, is_there) {
            (true, true) => State::Introduced,
            (true, false) => State::Transient,
            (false, true) => State::Live,
            (false, false) => State::Removed,
        }
    }
}
