//! Which submodules of a commit are here: those that the repository keeps in its own folder, by the names that `.gitmodules`
//! gives to their paths; and where those that are kept are checked out.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::{Kind, TreeRefIter};

use super::deliver::Delivery;
use super::objects::Decoder;
use super::repository::read_file;
use super::{Git, files, followed};
use crate::origin::slashed;

/// The submodules of one tree.
pub(super) struct Submodules {
    /// Names by path; most submodules are named by their path and need no entry.
    names: HashMap<Vec<u8>, Vec<u8>>,
    /// Their folders in `.git/modules`.
    kept: BTreeSet<Vec<u8>>,
    /// Those of them that a path of the tree stands for.
    met: BTreeSet<Vec<u8>>,
}

impl Submodules {
    pub(super) fn of(git: &Git, root: Option<&ObjectId>, decoder: &mut Decoder) -> Self {
        let kept = files::modules(&git.repository.common_dir).into_iter().map(|(name, _)| name.into_bytes()).collect();
        let names = root.and_then(|root| names(git, root, decoder)).unwrap_or_default();
        Submodules { names, kept, met: BTreeSet::new() }
    }

    /// Whether the repository of the submodule at this path is here.
    pub(super) fn is_here(&mut self, path: &[u8]) -> bool {
        let name = self.names.get(path).map_or(path, Vec::as_slice);
        let is_kept = self.kept.contains(name);
        if is_kept {
            self.met.insert(name.to_vec());
        }
        is_kept
    }

    /// The folders of those that no path was asked for: they were taken out of the tree. The outermost alone.
    pub(super) fn left_over(&self) -> impl Iterator<Item = &Vec<u8>> {
        let is_within = |name: &[u8]| {
            self.kept.iter().any(|outer| name.strip_prefix(&**outer).is_some_and(|rest| rest.starts_with(b"/modules/")))
        };
        self.kept.difference(&self.met).filter(move |name| !is_within(name))
    }
}

/// A submodule whose repository is kept in the folder of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submodule {
    /// Its folder in `.git/modules`.
    pub folder: String,
    /// Where it is checked out, from the top of the repository that keeps it.
    pub path: Vec<u8>,
    /// Its repository.
    pub repository: PathBuf,
}

impl Git {
    /// Reads what lies in the folders of submodules beside their history: config with its URLs, credentials. What LFS
    /// keeps there is of their history.
    pub(super) fn read_folders_of_submodules(&self, delivery: &Delivery<'_>) {
        for (name, repository) in files::modules(&self.repository.common_dir) {
            let folder = format!("{}/modules/{name}", self.called.folder);
            let called = files::Called { origin: self.called.origin.clone(), folder };
            files::read(delivery, &called, &repository, &repository);
        }
    }
}

/// Those that a repository keeps, with theirs; the outer ones first. Where one is checked out its own config says, else
/// `.gitmodules`; of one that neither knows any more its name is told, which is the path it once had as a rule.
pub(super) fn kept(git: &Git) -> Vec<Submodule> {
    let mut decoder = Decoder::new();
    let named = git.head_tree(&mut decoder).and_then(|root| names(git, &root, &mut decoder)).unwrap_or_default();
    let top = git.work_dir().and_then(|top| fs::canonicalize(top).ok());
    let mut kept: Vec<Submodule> = Vec::new();
    for (folder, repository) in files::modules(&git.repository.common_dir) {
        let checked_out = top.as_deref().and_then(|top| checked_out(&repository, top));
        let path = checked_out.unwrap_or_else(|| {
            let outer = kept.iter().rev().find_map(|outer| {
                let inner = folder.strip_prefix(&*outer.folder)?.strip_prefix("/modules/")?;
                Some([&outer.path, inner.as_bytes()].join(&b'/'))
            });
            let named = named.iter().find(|(_, name)| ***name == *folder.as_bytes()).map(|(path, _)| path.clone());
            outer.or(named).unwrap_or_else(|| folder.clone().into_bytes())
        });
        kept.push(Submodule { folder, path, repository });
    }
    kept
}

/// Where the config of a submodule says that it is checked out, below `top`. Names are compared, nothing is opened.
fn checked_out(repository: &Path, top: &Path) -> Option<Vec<u8>> {
    let text = read_file(&repository.join("config")).ok()?;
    let config = gix::config::File::try_from(text.as_bstr()).ok()?;
    let work_tree = config.string("core.worktree")?;
    let whole = followed(fs::canonicalize(repository).ok()?, Path::new(work_tree.to_str().ok()?));
    let below = slashed(whole.strip_prefix(top).ok()?);
    (!below.is_empty()).then_some(below)
}

/// What `.gitmodules` says; `None` where there is none that can be read.
fn names(git: &Git, root: &ObjectId, decoder: &mut Decoder) -> Option<HashMap<Vec<u8>, Vec<u8>>> {
    let mut out = Vec::new();
    if git.objects.find(root, decoder, &mut out).ok()? != Some(Kind::Tree) {
        return None;
    }
    let mut entries = TreeRefIter::from_bytes(&out, git.repository.hash).flatten();
    let file = entries.find(|entry| entry.filename == ".gitmodules" && entry.mode.is_blob())?.oid.to_owned();
    if git.objects.find(&file, decoder, &mut out).ok()? != Some(Kind::Blob) {
        return None;
    }
    let config = gix::config::File::try_from(out.as_bstr()).ok()?;
    let sections = config.sections_by_name("submodule")?;
    let named = sections.filter_map(|section| {
        let name = section.header().subsection_name()?.to_vec();
        Some((section.value("path")?.to_vec(), name))
    });
    Some(named.collect())
}
