//! What became of objects with findings: who brought them in, who took them away, and what still has them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{MutexGuard, PoisonError};

use gix::ObjectId;
use gix::objs::Kind;

use super::Git;
use super::checkout;
use super::commits::{Commits, Peeled, named, order, peel};
use super::ids::short;
use super::objects::Decoder;
use super::outline::Outline;
use super::paths::{PathHistory, Paths};
use super::references::Reference;
use super::trees::{Trees, Wanted};
use crate::finding::{Commit, Fate, State};
use crate::origin::{ObjectKind, Origin, Step, TextKind};

/// Commits that no branch reaches for which it is asked which references do.
const MOST_SIDE_COMMITS: usize = 64;

/// What an index is called beside references.
pub(super) const INDEX: &str = "index";

/// Paths at which one object is staged that are told apart.
const MOST_STAGED: usize = 8192;

/// What is asked about an origin.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Question {
    Object(ObjectId),
    Commit(ObjectId),
    Tag(ObjectId),
    Name(Vec<u8>),
    /// The origin says it all.
    Nothing,
}

/// What an origin asks for.
pub(super) fn question(origin: &Origin) -> Question {
    let steps = origin.steps();
    for step in &steps {
        if let Step::Object { id, kind } = step
            && let Ok(id) = ObjectId::from_hex(id.as_bytes())
        {
            return match kind {
                ObjectKind::Blob | ObjectKind::Tree => Question::Object(id),
                ObjectKind::Commit => Question::Commit(id),
                ObjectKind::Tag => Question::Tag(id),
            };
        }
    }
    match steps.as_slice() {
        [Step::Repository { .. }, Step::Path { path }, Step::Text { kind: TextKind::FileName }, ..]
        | [
            Step::Repository { .. },
            Step::Submodule { .. },
            Step::Path { path },
            Step::Text { kind: TextKind::FileName },
            ..,
        ] => Question::Name(path.clone()),
        _ => Question::Nothing,
    }
}

/// A reference and what it leads to.
struct Tip {
    name: String,
    is_branch: bool,
    target: ObjectId,
    peeled: Option<Peeled>,
}

struct History<'a> {
    git: &'a Git,
    outline: MutexGuard<'a, Outline>,
    commits: Commits,
    tips: Vec<Tip>,
    /// Annotated tags, and the references that lead through them.
    tags: HashMap<ObjectId, Vec<usize>>,
    on_branch: Vec<bool>,
    reached: Vec<bool>,
    decoder: Decoder,
    named: HashMap<ObjectId, Option<Commit>>,
    /// Commits for which it was asked which references reach them.
    side_commits: usize,
}

/// Answers for [`crate::source::Source::fates`].
pub(super) fn fates(git: &Git, wanted: &[Origin]) -> Vec<Vec<Fate>> {
    // Many findings lie in one object.
    let mut questions: Vec<Question> = Vec::new();
    let mut numbers: HashMap<Question, usize> = HashMap::new();
    let asked: Vec<usize> = wanted
        .iter()
        .map(|origin| {
            let question = question(origin);
            *numbers.entry(question.clone()).or_insert_with(|| {
                questions.push(question);
                questions.len() - 1
            })
        })
        .collect();
    if questions.iter().all(|question| *question == Question::Nothing) {
        return vec![Vec::new(); wanted.len()];
    }
    let mut history = History::load(git);
    let mut in_trees = history.in_trees(&questions);
    let mut answer = |(number, question): (usize, &Question)| match question {
        Question::Commit(id) => vec![history.commit(id)],
        Question::Tag(id) => vec![history.tag(id)],
        Question::Nothing => Vec::new(),
        Question::Object(_) | Question::Name(_) => {
            let fates = in_trees.remove(&number).unwrap_or_default();
            if fates.is_empty() { vec![Fate::of(State::Unreachable)] } else { fates }
        }
    };
    let answers: Vec<_> = questions.iter().enumerate().map(&mut answer).collect();
    asked.into_iter().map(|number| answers[number].clone()).collect()
}

/// Missing objects beyond which it is not asked whether a reference reaches them: it does.
const MOST_MISSING_ASKED: usize = 200_000;

/// Of the objects that are not there, those that a reference reaches: what else refers to them was itself left to decay.
pub(super) fn reachable(git: &Git, missing: BTreeMap<ObjectId, Kind>) -> BTreeMap<ObjectId, Kind> {
    if missing.is_empty() || missing.len() > MOST_MISSING_ASKED {
        return missing;
    }
    let mut history = History::load(git);
    let ids: Vec<_> = missing.keys().copied().collect();
    let mut roots = history.root_trees(|position| history.reached[position]);
    let (_, trees) = history.outline.search(&git.objects, &roots, ids.clone(), &[], git.threads);
    let mut reachable: BTreeMap<ObjectId, Kind> =
        trees.found().filter_map(|number| ids.get(number as usize)).map(|id| (*id, missing[id])).collect();
    let reached = history.commits.nodes.iter().zip(&history.reached).filter(|(_, reached)| **reached);
    roots.extend(reached.flat_map(|(commit, _)| commit.lost_parents.iter().copied()));
    roots.extend(history.tips.iter().map(|tip| tip.target));
    reachable.extend(roots.into_iter().filter_map(|id| Some((id, *missing.get(&id)?))));
    reachable
}

/// Stands for the paths that are not told any more: nobody may conclude from those told what is true of all.
pub(super) fn elsewhere(told: &[Fate]) -> Option<Fate> {
    told.iter().min_by_key(|fate| fate.state).map(|fate| Fate {
        order: fate.order,
        is_rest: true,
        ..Fate::of(fate.state)
    })
}

impl<'a> History<'a> {
    fn load(git: &'a Git) -> Self {
        let mut decoder = Decoder::new();
        let mut tips = Vec::new();
        let mut tags: HashMap<ObjectId, Vec<usize>> = HashMap::new();
        let mut references = git.repository.references().all;
        references.extend(git.repository.older_stashes());
        for reference in references {
            let number = tips.len();
            let is_branch = reference.is_branch();
            let Reference { name, target } = reference;
            let Some(target) = target else { continue };
            let peeled = peel(&git.objects, target, &mut decoder, |tag| tags.entry(tag).or_default().push(number)).ok();
            tips.push(Tip { name: crate::origin::printable(&name), is_branch, target, peeled });
        }
        let mut ids = git.commits.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ids.extend(tips.iter().filter_map(|tip| tip.peeled.map(|peeled| peeled.id)));
        let mut outline = git.outline();
        outline.load_commits(&git.objects, &ids, git.threads);
        let commits = order(&outline.commits, &git.repository.shallow);
        let positions = |branches_only: bool| {
            tips.iter()
                .filter(move |tip| tip.is_branch || !branches_only)
                .filter_map(|tip| commits.position(&tip.peeled?.id))
                .collect::<Vec<_>>()
        };
        let on_branch = commits.reached_from(positions(true).into_iter());
        let reached = commits.reached_from(positions(false).into_iter());
        let (named, side_commits) = (HashMap::new(), 0);
        History { git, outline, commits, tips, tags, on_branch, reached, decoder, named, side_commits }
    }

    fn name_commit(&mut self, id: ObjectId) -> Option<Commit> {
        let (objects, decoder) = (&self.git.objects, &mut self.decoder);
        self.named.entry(id).or_insert_with(|| named(objects, &id, decoder)).clone()
    }

    /// Fates of the questions that trees answer, by the number of the question.
    fn in_trees(&mut self, questions: &[Question]) -> BTreeMap<usize, Vec<Fate>> {
        let (mut objects, mut names) = (BTreeMap::new(), Vec::new());
        let mut named = Vec::new();
        for (number, question) in questions.iter().enumerate() {
            match question {
                Question::Object(id) => _ = objects.insert(*id, number),
                Question::Name(name) => {
                    names.push(name.as_slice());
                    named.push(number);
                }
                _ => {}
            }
        }
        let mut fates: BTreeMap<usize, Vec<Fate>> = BTreeMap::new();
        if objects.is_empty() && names.is_empty() {
            return fates;
        }
        let ids = objects.keys().copied().collect();
        // As what is wanted is numbered.
        let questions: Vec<usize> = objects.into_values().chain(named).collect();
        let roots = self.root_trees(|_| true);
        let (git, outline) = (self.git, &mut self.outline);
        let (wanted, trees) = outline.search(&git.objects, &roots, ids, &names, git.threads);
        let paths = follow(trees, &self.commits, &self.tips, &self.reached);
        let cut = paths.cut(trees);
        for ((number, path), history) in paths.into_histories() {
            let fate = self.path_fate(path, &history);
            fates.entry(questions[number as usize]).or_default().push(fate);
        }
        self.directly_named(&wanted, &questions, &mut fates);
        self.staged(&wanted, &questions, &mut fates);
        for found in fates.values_mut() {
            found.sort_by(|a, b| a.order.cmp(&b.order).then_with(|| a.path.cmp(&b.path)));
        }
        for (number, question) in questions.iter().enumerate() {
            if let Some(found) = fates.get_mut(question).filter(|_| cut.contains(&(number as u32))) {
                found.extend(elsewhere(found));
            }
        }
        fates
    }

    /// The trees of some commits, and those that a reference names without a commit.
    fn root_trees(&self, of_commit: impl Fn(usize) -> bool) -> Vec<ObjectId> {
        let commits = self.commits.nodes.iter().enumerate().filter(|(position, _)| of_commit(*position));
        let direct = self.tips.iter().filter_map(|tip| tip.peeled).filter(|peeled| peeled.kind == Kind::Tree);
        commits.map(|(_, commit)| commit.tree).chain(direct.map(|peeled| peeled.id)).collect()
    }

    fn path_fate(&mut self, path: Vec<u8>, history: &PathHistory) -> Fate {
        let state = if history.live {
            State::Live
        } else if history.reached || !history.references.is_empty() {
            State::Removed
        } else {
            State::Unreachable
        };
        let id = |position: usize| self.commits.nodes[position].id;
        // Of the commit at which a shallow clone ends nobody knows what it brought in.
        let introduced = history.introduced.map(id).filter(|id| !self.git.repository.shallow.contains(id));
        let removed = history.removed.map(id);
        Fate {
            path: Some(path),
            introduced: introduced.and_then(|id| self.name_commit(id)),
            order: history.introduced.unwrap_or_default() as u64,
            removed: removed.filter(|_| state == State::Removed).and_then(|id| self.name_commit(id)),
            removed_order: history.removed.unwrap_or_default() as u64,
            refs: self.reference_names(history.references.iter().copied()),
            ..Fate::of(state)
        }
    }

    /// Objects that a reference names without a commit: a tag of a blob, say.
    fn directly_named(&self, wanted: &Wanted, questions: &[usize], fates: &mut BTreeMap<usize, Vec<Fate>>) {
        let mut direct: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (number, tip) in self.tips.iter().enumerate() {
            if let Some(wanted) = tip.peeled.and_then(|peeled| wanted.number_of(&peeled.id)) {
                direct.entry(questions[wanted as usize]).or_default().push(number);
            }
        }
        for (question, tips) in direct {
            let refs = self.reference_names(tips.into_iter());
            fates.entry(question).or_default().push(Fate { refs, ..Fate::of(State::Removed) });
        }
    }

    /// Objects that an index has at a path where no branch has them: what is staged is there as much as a file is.
    fn staged(&self, wanted: &Wanted, questions: &[usize], fates: &mut BTreeMap<usize, Vec<Fate>>) {
        let paths = checkout::paths(&self.git.repository, |id| wanted.number_of(id).is_some());
        for (id, paths) in paths {
            let Some(number) = wanted.number_of(&id) else { continue };
            let known = fates.entry(questions[number as usize]).or_default();
            let is_live =
                |path: &Vec<u8>| known.iter().any(|fate| fate.state == State::Live && fate.path.as_ref() == Some(path));
            let mut staged: Vec<Fate> = paths
                .into_iter()
                .filter(|path| !is_live(path))
                // No commit brought it there yet: any that did for another version comes first.
                .map(|path| Fate {
                    path: Some(path),
                    order: u64::MAX,
                    refs: vec![INDEX.into()],
                    ..Fate::of(State::Live)
                })
                .collect();
            let is_cut = staged.len() > MOST_STAGED;
            staged.truncate(MOST_STAGED);
            known.extend(staged);
            if is_cut {
                known.extend(elsewhere(known));
            }
        }
    }

    fn reference_names(&self, tips: impl Iterator<Item = usize>) -> Vec<String> {
        let mut names: Vec<String> = tips.map(|number| self.tips[number].name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names.truncate(Fate::MOST_REFS);
        names
    }

    /// The message of a commit is where the commit is.
    fn commit(&mut self, id: &ObjectId) -> Fate {
        let Some(position) = self.commits.position(id) else { return Fate::of(State::Unreachable) };
        let state = match (self.on_branch[position], self.reached[position]) {
            (true, _) => State::Live,
            (false, true) => State::Removed,
            (false, false) => State::Unreachable,
        };
        let refs = if state == State::Removed { self.references_to(position) } else { Vec::new() };
        Fate { introduced: self.name_commit(*id), order: position as u64, refs, ..Fate::of(state) }
    }

    fn references_to(&mut self, position: usize) -> Vec<String> {
        if self.side_commits >= MOST_SIDE_COMMITS {
            return Vec::new();
        }
        self.side_commits += 1;
        let descends = self.commits.descending_from(position);
        let reaches = |tip: &Tip| {
            tip.peeled.and_then(|peeled| self.commits.position(&peeled.id)).is_some_and(|position| descends[position])
        };
        let tips: Vec<_> =
            self.tips.iter().enumerate().filter(|(_, tip)| reaches(tip)).map(|(number, _)| number).collect();
        self.reference_names(tips.into_iter())
    }

    /// The message of a tag can be had as long as a reference leads to it.
    fn tag(&mut self, id: &ObjectId) -> Fate {
        let tips = self.tags.get(id).cloned().unwrap_or_default();
        let state = if tips.is_empty() { State::Unreachable } else { State::Live };
        let peeled = peel(&self.git.objects, *id, &mut self.decoder, |_| {}).ok();
        let order = peeled.and_then(|peeled| self.commits.position(&peeled.id)).unwrap_or_default();
        let refs = self.reference_names(tips.into_iter());
        Fate { introduced: self.name_commit(*id), order: order as u64, refs, ..Fate::of(state) }
    }
}

fn follow(trees: &Trees, commits: &Commits, tips: &[Tip], reached: &[bool]) -> Paths {
    let mut paths = Paths::default();
    for branches in [true, false] {
        for (number, tip) in tips.iter().enumerate().filter(|(_, tip)| tip.is_branch == branches) {
            for root in trees_of(tip, commits) {
                paths.reference(trees, short(&root), number, branches);
            }
        }
    }
    paths.follow(trees, commits, reached);
    paths
}

/// The tree of a reference. A stash has what it keeps of the index and of untracked files in parents of its own.
fn trees_of(tip: &Tip, commits: &Commits) -> Vec<ObjectId> {
    let Some(peeled) = tip.peeled else { return Vec::new() };
    if peeled.kind == Kind::Tree {
        return vec![peeled.id];
    }
    let Some(position) = commits.position(&peeled.id) else { return Vec::new() };
    let commit = &commits.nodes[position];
    let mut trees = vec![commit.tree];
    if tip.name.starts_with("refs/stash") {
        trees.extend(commit.parents.iter().skip(1).map(|parent| commits.nodes[*parent].tree));
    }
    trees
}
