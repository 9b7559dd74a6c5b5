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
mod lacking;
mod lfs;
mod memory;
mod mirror;
mod objects;
mod outline;
mod paths;
pub mod range;
mod read;
mod references;
mod reftable;
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

use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gix::ObjectId;
use gix::objs::Kind;

use self::deliver::Delivery;
use self::memory::Remembered;
use self::objects::{Decoder, Objects};
use self::outline::Outline;
use self::repository::Repository;
use self::shared::CleanBlobs;
use crate::blob::{Item, Sink};
use crate::cache::{Cache, Seal};
use crate::finding::Fate;
use crate::origin::{Origin, Step};
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
    /// Whether objects may be missing because the clone was asked to leave them out.
    fn is_partial(&self) -> bool {
        self.objects.promised || self.repository.is_partial()
    }

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

    /// The tree of the commit that `HEAD` stands for.
    fn head_tree(&self, decoder: &mut Decoder) -> Option<ObjectId> {
        let (head, mut out) = (self.repository.head()?, Vec::new());
        let Ok(Some(Kind::Commit)) = self.objects.find(&head, decoder, &mut out) else { return None };
        gix::objs::CommitRefIter::from_bytes(&out, self.repository.hash).tree_id().ok()
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
        self.read_logs(&delivery);
        let lfs = files::read(&delivery, &self.called, &self.repository.git_dir, &self.repository.common_dir);
        if !self.reads_submodules {
            self.read_folders_of_submodules(&delivery);
        }
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

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

/// The path that one leads to from a folder, by its names alone: nothing is opened.
pub fn followed(folder: PathBuf, path: &Path) -> PathBuf {
    path.components().fold(folder, |mut whole, part| {
        match part {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            part => whole.push(part),
        }
        whole
    })
}
