//! What a change brings in: the commits of a range, of a push, or the index. Only what it adds is read: every blob that one of
//! its commits has and none of the parents has at that path, and what merges kept that the base had taken away, judged whole;
//! messages, author fields, names of paths. What was there before is asked only for what was found.

mod before;
mod brought;
mod deepen;
mod fates;
mod kept;
mod promised;
mod read;
mod refused;
mod select;
mod selection;
mod sides;
mod staged;
mod tags;
mod walk;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Mutex;

use gix::ObjectId;

use self::brought::{Comparison, Entry, Unread};
use self::deepen::Deepening;
use self::kept::{KeepingTip, keeping_tips};
use self::promised::Fetching;
use self::select::{LostTip, Names, Resolved, Tip};
use self::sides::Side;
use self::staged::{Index, StagedFile};
use self::walk::{Walk, Walked};
use super::commits::{Commits, Unpeeled, order};
use super::objects::{Failure, Objects};
use super::{Access, Git, Options, Stopped};
use crate::blob::Sink;
use crate::finding::Fate;
use crate::origin::{Origin, printable};
use crate::source::{Judge, Sighting, Source, SourceError};

pub use self::selection::{Base, Selection, Update};
pub use self::sides::SideFile;
pub(super) use self::sides::file_at_head;

/// Which change to read, and how.
#[derive(Debug, Clone)]
pub struct ChangeOptions {
    /// The repository.
    pub git: Options,
    /// The change.
    pub selection: Selection,
    /// Object directories beside the repository's own: those of a push that is not accepted yet.
    pub object_directories: Vec<PathBuf>,
    /// Whether what a shallow or partial clone left out is fetched, and how.
    pub deepen: Option<Access>,
}

/// A change that can be read.
pub struct Change {
    git: Git,
    /// Its commits, older first.
    commits: Commits,
    walked: Walked,
    tips: Vec<Tip>,
    /// Those of them that may have what the base had taken away.
    keeping: Vec<KeepingTip>,
    /// References that it was to have and that lead to nothing that can be read; and the number of those that cannot be read.
    lost_tips: Vec<LostTip>,
    unreadable: usize,
    /// Annotated tags of the change.
    tags: Vec<ObjectId>,
    /// Trees and blobs that a reference names without a commit.
    trees: Vec<ObjectId>,
    blobs: Vec<ObjectId>,
    /// Names of references that it makes.
    names: Vec<Vec<u8>>,
    /// `None` where it is made of commits.
    staged: Option<Vec<StagedFile>>,
    /// All that the index has, where the change is what is staged.
    index: Vec<(Vec<u8>, Entry)>,
    /// Trees of what was there before.
    base_trees: Vec<ObjectId>,
    /// The one of them whose word counts: the tip of the base, else where the change leaves it.
    base: Option<Side>,
    has_base: bool,
    /// The base, or where it and the change part, is behind the end of a shallow clone.
    base_left_out: Option<String>,
    /// Trees of the last commits that the index could not be compared with.
    uncompared: Unread,
    /// How what a partial clone left out is fetched, where it is.
    fetching: Option<Fetching>,
    /// What was there before and was told to be lost.
    told: Mutex<BTreeSet<ObjectId>>,
    /// Where history was fetched to.
    _deepening: Option<Deepening>,
}

impl Change {
    /// Opens the repository and finds the commits; reads no file.
    ///
    /// # Errors
    /// When there is no repository, a name stands for nothing, the index cannot be read, or what is lacking cannot be fetched
    /// before it is to stop.
    pub fn open(options: &ChangeOptions, stopped: Stopped<'_>) -> Result<Self, SourceError> {
        let mut git = Git::open(&options.git)?;
        if !options.object_directories.is_empty() {
            let mut directories = options.object_directories.clone();
            directories.push(git.repository.common_dir.join("objects"));
            git.objects = Objects::open_all(directories, git.repository.hash);
        }
        if let Selection::Staged { index } = &options.selection {
            return Change::of_index(git, index.clone());
        }
        let mut deepening: Option<Deepening> = None;
        let (resolved, walked) = loop {
            let resolved = Names::new(&git, options.deepen.is_some(), deepening.as_ref().map(Deepening::branches))
                .resolve(&options.selection)?;
            let walked = walk_of(&mut Walk::new(&git.objects, &git.repository.shallow), &resolved);
            let Some(deepen) = &options.deepen else { break (resolved, walked) };
            if !deepen::step(&mut git, (&resolved, &walked), deepen, &mut deepening, stopped)? {
                break (resolved, walked);
            }
        };
        if let Some(head) = &resolved.head_left_out {
            let message = format!("the commit {head} is not here: `--deepen` fetches it");
            return Err(SourceError::new(options.git.location.clone(), message));
        }
        if resolved.needs_fork && walked.bases.is_empty() && git.repository.shallow.is_empty() {
            let message = "the two sides of `...` have no commit in common: `..` takes all that is new";
            return Err(SourceError::new(options.git.location.clone(), message));
        }
        let change = Change::of_commits(git, resolved, walked, &options.selection);
        let fetching = options.deepen.clone().filter(|_| change.git.is_partial()).map(|access| {
            let own = || change.git.repository.common_dir.join("objects");
            Fetching::new(access, deepening.as_ref().map_or_else(own, Deepening::objects))
        });
        Ok(Change { _deepening: deepening, fetching, ..change })
    }

    fn of_commits(git: Git, resolved: Resolved, walked: Walked, selection: &Selection) -> Self {
        let is_parted = walked.bases.is_empty() && !resolved.hidden.is_empty();
        // One of several that is not here hides nothing: more is judged than need be, not less.
        let base_left_out = match resolved.left_out.first().filter(|_| resolved.hidden.is_empty()) {
            Some(Base::Commit(id)) => Some(format!("the base {id} is not here")),
            Some(Base::Branch(name)) => {
                Some(format!("the base, the branch {}, is not here", printable(name.as_bytes())))
            }
            None if is_parted && walked.cut.is_empty() && !walked.commits.is_empty() => {
                let is_shallow = !git.repository.shallow.is_empty();
                is_shallow.then(|| "where the change and its base part is not here".to_owned())
            }
            None => None,
        };
        let mut bases = resolved.base_tips.iter().chain(&walked.bases);
        let base = bases.find_map(|commit| walked.tree(commit).map(|tree| Side::of(commit, tree)));
        let mut base_trees: Vec<ObjectId> =
            walked.bases.iter().chain(&resolved.base_tips).filter_map(|commit| walked.tree(commit)).collect();
        base_trees.sort_unstable();
        base_trees.dedup();
        let is_update = matches!(selection, Selection::Updates { .. } | Selection::Between { .. });
        let tags = tags::of_change(&git, (selection, &resolved), &walked);
        let is_whole = is_update || !resolved.has_base;
        let (trees, blobs) = if is_whole { (resolved.trees, resolved.blobs) } else { Default::default() };
        let mut lost_tips = resolved.lost_tips;
        let (tips, others): (Vec<Tip>, Vec<Tip>) =
            resolved.tips.into_iter().partition(|tip| walked.commits.contains_key(&tip.id));
        // What was not left out is no commit that can be read.
        lost_tips.extend(
            others
                .into_iter()
                .filter(|tip| !walked.others.contains_key(&tip.id))
                .map(|Tip { name, id }| LostTip { name, lost: Unpeeled { id, failure: Some(Failure::Corrupt) } }),
        );
        let commits = order(&walked.commits, &HashSet::new());
        let is_part = resolved.hidden.is_empty() || resolved.since.is_some() || resolved.most.is_some();
        let keeping = if is_part { Vec::new() } else { keeping_tips(&commits, &walked, &tips, &resolved.base_tips) };
        Change {
            commits,
            tips,
            keeping,
            lost_tips,
            unreadable: resolved.unreadable,
            names: resolved.names,
            has_base: resolved.has_base,
            staged: None,
            index: Vec::new(),
            walked,
            tags,
            trees,
            blobs,
            base_trees,
            base,
            base_left_out,
            uncompared: Unread::new(),
            fetching: None,
            told: Mutex::default(),
            _deepening: None,
            git,
        }
    }

    fn of_index(git: Git, index: Option<PathBuf>) -> Result<Self, SourceError> {
        let location = git.repository_location();
        let index = index.unwrap_or_else(|| git.repository.git_dir.join("index"));
        let parents = staged::parents(&git.repository);
        let walked = Walk::new(&git.objects, &git.repository.shallow).newest(&parents, None, Some(0));
        let base_trees: Vec<ObjectId> = parents.iter().filter_map(|parent| walked.tree(parent)).collect();
        let mut comparison = Comparison::new(&git.objects);
        let head = parents.first().and_then(|head| walked.tree(head));
        let base = head.map(|tree| Side { name: "HEAD".to_owned(), tree });
        let Index { staged, all } = staged::read(&git.repository, &location, &index, &mut comparison, &base_trees)?;
        Ok(Change {
            commits: order(&HashMap::new(), &HashSet::new()),
            walked,
            tips: Vec::new(),
            keeping: Vec::new(),
            lost_tips: Vec::new(),
            unreadable: 0,
            tags: Vec::new(),
            trees: Vec::new(),
            blobs: Vec::new(),
            names: Vec::new(),
            staged: Some(staged),
            index: all,
            base_trees,
            base,
            has_base: true,
            base_left_out: None,
            uncompared: comparison.unread(),
            fetching: None,
            told: Mutex::default(),
            _deepening: None,
            git,
        })
    }

    /// Why, where it is of what is staged, the commit that this is compared with is not known.
    pub fn lacks_head(&self) -> Option<&str> {
        self.git.repository.unread_tables().filter(|_| self.staged.is_some())
    }

    /// Number of commits that it has.
    pub fn commits(&self) -> usize {
        self.commits.nodes.len()
    }

    /// Whether it is of what is staged, and something is.
    pub fn has_staged(&self) -> bool {
        self.staged.as_ref().is_some_and(|files| !files.is_empty())
    }

    /// The tree of a commit of the change, and those it is compared with; `None` where nobody knows what was before.
    fn trees_of(&self, position: usize) -> (ObjectId, Option<Vec<ObjectId>>) {
        let node = &self.commits.nodes[position];
        let outside = node.lost_parents.iter().filter_map(|parent| self.walked.tree(parent));
        let mut trees: Vec<ObjectId> =
            node.parents.iter().map(|parent| self.commits.nodes[*parent].tree).chain(outside).collect();
        if self.git.repository.shallow.contains(&node.id) && self.has_base {
            trees.clone_from(&self.base_trees);
            return (node.tree, (!trees.is_empty()).then_some(trees));
        }
        (node.tree, Some(trees))
    }
}

fn walk_of(walk: &mut Walk<'_>, resolved: &Resolved) -> Walked {
    let tips: Vec<ObjectId> = resolved.tips.iter().map(|tip| tip.id).collect();
    if resolved.hidden.is_empty() {
        return walk.newest(&tips, resolved.since, resolved.most);
    }
    let named = if resolved.needs_fork { &resolved.hidden } else { &resolved.base_tips };
    let walked = walk.between(&tips, &resolved.hidden, named);
    match (resolved.since, resolved.most) {
        (None, None) => walked,
        (since, most) => walk.keep_newest(walked, since, most),
    }
}

impl Source for Change {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        read::read(self, sink);
        Ok(())
    }

    fn fates(&self, wanted: &[Origin]) -> Result<Vec<Vec<Fate>>, SourceError> {
        Ok(fates::fates(self, wanted))
    }

    fn read_before(&self, paths: &[Vec<u8>], sink: &dyn Sink) -> Result<(), SourceError> {
        before::read(self, paths, sink);
        Ok(())
    }

    fn known_before(
        &self,
        seen: &[Sighting<'_>],
        judge: &Judge<'_>,
        sink: &dyn Sink,
    ) -> Result<Vec<bool>, SourceError> {
        Ok(before::holds(self, seen, judge, sink))
    }
}
