//! A git repository: every object that is stored, whether or not anything still refers to it, and what became of each.

mod borrowing;
mod checkout;
mod command;
mod commits;
mod deliver;
mod delta;
mod families;
mod files;
mod history;
mod ids;
mod index;
mod lfs;
mod memory;
mod mirror;
mod objects;
mod outline;
mod paths;
pub mod range;
mod read;
mod remote;
mod repository;
mod shared;
mod submodules;
mod text;
mod threads;
mod tokens;
mod trees;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gix::ObjectId;
use gix::objs::{Kind, TreeRefIter};

use self::deliver::Delivery;
use self::memory::Remembered;
use self::objects::{Decoder, Objects};
use self::outline::Outline;
use self::repository::{References, Repository};
use self::shared::CleanBlobs;
use self::submodules::Submodules;
use self::trees::DEEPEST_TREE;
use crate::blob::{Blob, Item, Reason, Sink};
use crate::cache::{Cache, Seal};
use crate::finding::Fate;
use crate::origin::{ObjectKind, Origin, Step, TextKind, slashed};
use crate::secret::Secret;
use crate::source::memory::{Judge, Learnt, Memory, Recalled};
use crate::source::{Source, SourceError};

pub(super) use self::checkout::Tracked;
pub use self::command::{Stopped, Trouble};
pub use self::mirror::{Mirror, Mirrors};
pub use self::remote::{Access, Cloned, Remote, Transports, clone_bare, clone_whole};
pub use self::repository::top_as_written;
pub use self::shared::SharedBlobs;
pub use self::submodules::Submodule;
pub use self::tokens::Tokens;

/// Objects of one kind of trouble that are named one by one; the others are counted.
const NAMED_OBJECTS: usize = 100;

/// Which repository to read, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// A work tree or a folder in it, a bare repository, a linked work tree, or a `.git` file or folder.
    pub path: PathBuf,
    /// What to call it in origins and messages: the path as the user wrote it, or a URL without credentials.
    pub location: String,
    /// Number of threads that read; at least 1.
    pub threads: usize,
}

/// A repository that can be read.
pub struct Git {
    repository: Repository,
    objects: Objects,
    origin: Origin,
    /// What its own folder is called.
    called: files::Called,
    threads: usize,
    /// Every commit that was read, also those that no reference reaches.
    commits: Mutex<Vec<ObjectId>>,
    /// What is asked of it more than once.
    outline: Mutex<Outline>,
    /// Whether those of its submodules that it keeps are read, each as a history of its own.
    reads_submodules: bool,
    memory: Option<Remembered>,
    shared: Option<Arc<SharedBlobs>>,
    /// Of these, those that are judged as this repository is.
    clean: Mutex<Option<Arc<CleanBlobs>>>,
}

impl Git {
    /// Opens a repository, and the indices of its packs.
    ///
    /// # Errors
    /// When there is none, or its config cannot be read.
    pub fn open(options: &Options) -> Result<Self, SourceError> {
        let repository = Repository::open(&options.path, &options.location)?;
        let objects = Objects::open(&repository.common_dir.join("objects"), repository.hash);
        let origin = Origin::new(Step::Repository { location: top_as_written(&options.path, &options.location) });
        Ok(Git {
            repository,
            objects,
            called: files::Called { origin: origin.clone(), folder: ".git".to_owned() },
            origin,
            threads: options.threads.max(1),
            commits: Mutex::default(),
            outline: Mutex::default(),
            reads_submodules: false,
            memory: None,
            shared: None,
            clean: Mutex::default(),
        })
    }

    /// Remembers what is read in a cache, and reads only what that does not know.
    #[must_use]
    pub fn with_memory(self, cache: Arc<Cache>) -> Self {
        let name = self.repository.name(&self.repository_location());
        Git { memory: Some(Remembered::new(cache, name)), ..self }
    }

    /// Says that it is a submodule of the repository that it was called, and that its own are read as well.
    #[must_use]
    pub fn as_submodule(self, of: &Submodule) -> Self {
        let called = files::Called { folder: format!(".git/modules/{}", of.folder), ..self.called };
        let origin = self.origin.with(Step::Submodule { path: of.path.clone() });
        Git { origin, called, reads_submodules: true, ..self }
    }

    /// Says that the repositories of [`Git::submodules`] are read as well.
    #[must_use]
    pub fn with_submodules(self) -> Self {
        Git { reads_submodules: true, ..self }
    }

    /// Judges no blob that nothing was found in when another of these repositories was read.
    #[must_use]
    pub fn with_shared(self, shared: Arc<SharedBlobs>) -> Self {
        Git { shared: Some(shared), ..self }
    }

    /// What is known of its history; the first time what is remembered of it.
    fn outline(&self) -> MutexGuard<'_, Outline> {
        let mut outline = self.outline.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(memory) = self.memory.as_ref().filter(|_| outline.commits.is_empty()) {
            *outline = memory.outline().unwrap_or_default();
        }
        outline
    }

    /// Whether `path` is a repository, or lies in the work tree of one.
    pub fn is_at(path: &Path) -> bool {
        repository::find(path).is_some()
    }

    /// What the repository is called in messages.
    fn repository_location(&self) -> String {
        match self.origin.steps().first() {
            Some(Step::Repository { location }) => location.clone(),
            _ => String::new(),
        }
    }

    /// The folder that is checked out; `None` for a bare repository.
    pub fn work_dir(&self) -> Option<&Path> {
        self.repository.work_dir.as_deref()
    }

    /// The folder with objects and refs.
    pub fn git_dir(&self) -> &Path {
        &self.repository.git_dir
    }

    /// Submodules whose repositories this one keeps in its folder, theirs among them.
    pub fn submodules(&self) -> Vec<Submodule> {
        submodules::kept(self)
    }

    fn put_text(&self, sink: &dyn Sink, origin: &Origin, kind: TextKind, text: &[u8]) {
        let origin = origin.with(Step::Text { kind });
        sink.put(Item::Blob(Blob::bytes(origin, text)));
    }

    fn read_references(&self, delivery: &Delivery<'_>, references: &References) {
        if let Some(detail) = unreadable_references(references.unreadable) {
            delivery.skip(self.origin.at_path(".git/refs"), Reason::Corrupt, detail);
        }
        if self.repository.has_reftable() {
            let detail = "references are stored as a reftable, which cannot be read; every object is read, but what has it is not known";
            delivery.skip(self.origin.at_path(".git/reftable"), Reason::UnknownCodec, detail);
        }
        for reference in &references.all {
            let origin = self.origin.with(Step::Ref { name: reference.name.clone() });
            self.put_text(delivery.sink, &origin, TextKind::RefName, &reference.name);
        }
    }

    fn report_troubles(&self, delivery: &Delivery<'_>) {
        for trouble in &self.objects.troubles {
            let within = trouble.file.strip_prefix(&self.repository.common_dir);
            let file = match within {
                Ok(within) => Path::new(".git").join(within),
                Err(_) => trouble.file.clone(),
            };
            delivery.skip(self.origin.at_path(slashed(&file)), trouble.reason, trouble.detail.as_str());
        }
        if !self.repository.shallow.is_empty() {
            let commits = self.repository.shallow.len();
            let ends = if commits == 1 { "boundary commit" } else { "boundary commits" };
            let detail =
                format!("history ends at {commits} {ends} of a shallow clone: `git fetch --unshallow` gets the rest");
            delivery.skip(self.origin.clone(), Reason::Shallow, detail);
        }
    }

    /// Whether there are none.
    fn report_failures(&self, delivery: &Delivery<'_>) -> bool {
        let failures = delivery.failures();
        for (id, failure, place) in failures.iter().take(NAMED_OBJECTS) {
            // Of what kind it was is not known: it did not decode. Most objects that matter are blobs.
            let origin = self.origin.with(Step::Object { id: id.to_string(), kind: ObjectKind::Blob });
            delivery.skip(origin, failure.reason(), format!("{}: {}", place, failure.words()));
        }
        for (reason, count) in count(failures.iter().skip(NAMED_OBJECTS).map(|(_, failure, _)| failure.reason())) {
            delivery.skip(self.origin.clone(), reason, format!("{count} more objects cannot be read"));
        }
        failures.is_empty()
    }

    fn report_missing(&self, delivery: &Delivery<'_>, references: &References) {
        let mut missing = delivery.missing();
        for reference in references.all.iter().filter_map(|reference| reference.target) {
            if !self.objects.contains(&reference) {
                missing.insert(reference, Kind::Commit);
            }
        }
        let missing = match &self.memory {
            Some(memory) => memory.reachable(self, missing),
            None => history::reachable(self, missing),
        };
        if missing.is_empty() {
            return;
        }
        if self.objects.promised || self.repository.is_partial() {
            let detail = format!(
                "a partial clone left {} objects out: `git fetch --refetch --no-filter` gets them",
                missing.len()
            );
            return delivery.skip(self.origin.clone(), Reason::Missing, detail);
        }
        for (id, kind) in missing.iter().take(NAMED_OBJECTS) {
            let origin = self.origin.with(Step::Object { id: id.to_string(), kind: object_kind(*kind) });
            let detail = match kind {
                Kind::Blob => "other objects refer to it, and it is not there",
                _ => {
                    "other objects refer to it, and it is not there; whether a branch has what it leads to is not known"
                }
            };
            delivery.skip(origin, Reason::Missing, detail);
        }
        if let Some(more) = missing.len().checked_sub(NAMED_OBJECTS).filter(|more| *more > 0) {
            delivery.skip(self.origin.clone(), Reason::Missing, format!("{more} more objects are not there"));
        }
    }

    /// The tree of the commit that `HEAD` stands for.
    fn head_tree(&self, decoder: &mut Decoder) -> Option<ObjectId> {
        let (head, mut out) = (self.repository.head()?, Vec::new());
        let Ok(Some(Kind::Commit)) = self.objects.find(&head, decoder, &mut out) else { return None };
        gix::objs::CommitRefIter::from_bytes(&out, self.repository.hash).tree_id().ok()
    }

    /// Submodules of the commit that `HEAD` stands for.
    fn report_submodules(&self, delivery: &Delivery<'_>) {
        let mut decoder = Decoder::new();
        let mut out = Vec::new();
        let Some(root) = self.head_tree(&mut decoder) else { return };
        let submodules = Submodules::of(self, &root, &mut decoder);
        let mut waiting = vec![(root, Vec::new(), 0)];
        // A tree that contains the same tree ten times, and so on ten times deeper, is small and expands without end.
        let mut walked = HashSet::new();
        while let Some((tree, folder, depth)) = waiting.pop() {
            if delivery.sink.stopped() || depth > DEEPEST_TREE || !walked.insert(tree) {
                continue;
            }
            let Ok(Some(Kind::Tree)) = self.objects.find(&tree, &mut decoder, &mut out) else { continue };
            for entry in TreeRefIter::from_bytes(&out, self.repository.hash).flatten() {
                let path = join(&folder, entry.filename);
                if entry.mode.is_tree() {
                    waiting.push((entry.oid.to_owned(), path, depth + 1));
                } else if entry.mode.is_commit() {
                    let origin = self.origin.at_path(path.clone());
                    if !submodules.is_here(&path) {
                        let detail = "its history is a repository of its own, which was not fetched: `git submodule update --init` does";
                        delivery.skip(origin, Reason::UninitialisedSubmodule, detail);
                    } else if !self.reads_submodules {
                        let detail = "history of a submodule: `scrubjay git --submodules` reads it";
                        delivery.skip(origin, Reason::Excluded, detail);
                    }
                }
            }
        }
    }
}

/// Whether something is staged in a repository, in `index` if it is not its own; also where that cannot be told.
pub fn has_staged(path: &Path, index: Option<PathBuf>) -> bool {
    let git = Options { path: path.to_owned(), location: String::new(), threads: 1 };
    let selection = range::Selection::Staged { index };
    let options = range::ChangeOptions { git, selection, object_directories: Vec::new(), deepen: None };
    range::Change::open(&options, &|| false).map_or(true, |change| change.has_staged())
}

/// The commit that is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadCommit {
    /// Its id.
    pub id: String,
    /// The ids of its parents as it names them, whether or not a shallow clone has them.
    pub parents: Vec<String>,
}

/// The commit that is checked out in a repository; `None` where there is none.
pub fn head_commit(path: &Path) -> Option<HeadCommit> {
    let repository = Repository::open(path, "").ok()?;
    let head = repository.head()?;
    let objects = Objects::open(&repository.common_dir.join("objects"), repository.hash);
    let raw = commits::load(&objects, &head, &mut Decoder::new(), &mut Vec::new())?;
    let parents = raw.parents.iter().map(ToString::to_string).collect();
    Some(HeadCommit { id: head.to_string(), parents })
}

impl Source for Git {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        let delivery = Delivery::new(sink, self.origin.clone(), &self.objects, &self.repository)
            .with_memory(self.memory.as_ref())
            .with_clean(self.clean.lock().unwrap_or_else(PoisonError::into_inner).clone());
        if let Some(memory) = &self.memory {
            let (objects, bytes) = memory.counted();
            sink.put(Item::Seen { objects, bytes });
        }
        let references = self.repository.references();
        self.read_references(&delivery, &references);
        let lfs = files::read(&delivery, &self.called, &self.repository.git_dir, &self.repository.common_dir);
        self.report_troubles(&delivery);
        read::objects(&delivery, &self.objects, self.threads);
        files::read_lfs(&delivery, &lfs);
        let mut commits = delivery.commits();
        let mut is_whole = !sink.stopped();
        if let Some(memory) = &self.memory {
            delivery.learnt().commits.clone_from(&commits);
            commits.extend(memory.commits());
            commits.sort_unstable();
        }
        *self.commits.lock().unwrap_or_else(PoisonError::into_inner) = commits;
        if is_whole {
            is_whole = self.report_failures(&delivery);
            self.report_missing(&delivery, &references);
            self.report_submodules(&delivery);
        }
        if let Some(memory) = &self.memory {
            let mut learnt = std::mem::take(&mut *delivery.learnt());
            learnt.is_whole = is_whole;
            memory.learn(learnt);
        }
        Ok(())
    }

    fn fates(&self, wanted: &[Origin]) -> Result<Vec<Vec<Fate>>, SourceError> {
        Ok(match &self.memory {
            Some(memory) => memory.fates(self, wanted),
            None => history::fates(self, wanted),
        })
    }

    fn file_at_head(&self, path: &str) -> Option<Vec<u8>> {
        range::file_at_head(self, path)
    }

    fn memory(&self) -> Option<&dyn Memory> {
        (self.memory.is_some() || self.shared.is_some()).then_some(self as &dyn Memory)
    }
}

impl Memory for Git {
    fn recall(&self, judge: Judge) -> Recalled {
        let clean = self.shared.as_ref().map(|shared| shared.to(&judge));
        *self.clean.lock().unwrap_or_else(PoisonError::into_inner) = clean;
        self.memory.as_ref().map(|memory| memory.recall(self, judge)).unwrap_or_default()
    }

    fn read_known(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        if let Some(memory) = &self.memory {
            let delivery = Delivery::new(sink, self.origin.clone(), &self.objects, &self.repository);
            read::objects(&delivery.within(memory.known()), &self.objects, self.threads);
        }
        Ok(())
    }

    fn read_ids(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        if let Some(memory) = &self.memory {
            let delivery = Delivery::new(sink, self.origin.clone(), &self.objects, &self.repository);
            read::few(&delivery, &self.objects, &memory.with_ids(), self.threads);
        }
        Ok(())
    }

    fn suspect(&self, origins: &[Origin]) {
        if let Some(memory) = &self.memory {
            memory.suspect(origins);
        }
    }

    fn seal(&self, secret: &Secret) -> Seal {
        self.memory.as_ref().map(|memory| memory.seal(secret)).unwrap_or_default()
    }

    fn remember(&self, learnt: &Learnt<'_>) {
        if let Some(memory) = &self.memory {
            let outline = self.outline.lock().unwrap_or_else(PoisonError::into_inner);
            memory.remember(&outline, learnt.traces, learnt.secrets);
        }
    }
}

/// What is said of references that cannot be read; `None` where there are none.
fn unreadable_references(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("a reference cannot be read".to_owned()),
        count => Some(format!("{count} references cannot be read")),
    }
}

fn object_kind(kind: Kind) -> ObjectKind {
    match kind {
        Kind::Blob => ObjectKind::Blob,
        Kind::Tree => ObjectKind::Tree,
        Kind::Commit => ObjectKind::Commit,
        Kind::Tag => ObjectKind::Tag,
    }
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

/// The path that one leads to from a folder, by its names alone: nothing is opened.
fn followed(folder: PathBuf, path: &Path) -> PathBuf {
    path.components().fold(folder, |mut whole, part| {
        match part {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            part => whole.push(part),
        }
        whole
    })
}

fn count(reasons: impl Iterator<Item = Reason>) -> std::collections::BTreeMap<Reason, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    counts
}
