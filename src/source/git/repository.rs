//! Finds and opens a repository without trusting it: its config is read for the format of its objects and for text to
//! scan, and nothing it names is ever run.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::config::Boolean;
use gix::hash::Kind as HashKind;

use crate::source::SourceError;

/// An opened repository.
pub(super) struct Repository {
    pub repo: gix::ThreadSafeRepository,
    pub git_dir: PathBuf,
    /// Where objects and refs are; differs from `git_dir` in a linked work tree.
    pub common_dir: PathBuf,
    pub work_dir: Option<PathBuf>,
    pub hash: HashKind,
    /// Commits whose parents a shallow clone left out.
    pub shallow: HashSet<ObjectId>,
}

/// A reference, by its full name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub name: Vec<u8>,
    /// What it points to, not peeled; `None` for a symbolic one.
    pub target: Option<ObjectId>,
}

impl Reference {
    /// Whether what it has counts as live: branches, remote branches, `HEAD`s.
    pub(super) fn is_branch(&self) -> bool {
        !self.name.starts_with(b"refs/")
            || self.name.starts_with(b"refs/heads/")
            || self.name.starts_with(b"refs/remotes/")
    }
}

/// The refs of a repository, sorted, and the number of those that could not be read.
pub(super) struct References {
    pub all: Vec<Reference>,
    pub unreadable: usize,
}

/// Where a repository was found.
pub(super) struct Found {
    git_dir: PathBuf,
    work_dir: Option<PathBuf>,
}

/// The repository that `path` is, is in the work tree of, or points to.
pub(super) fn find(path: &Path) -> Option<Found> {
    if special_file(path).is_some() {
        return None;
    }
    // Of a path without a last name, such as `.`, it cannot be told that it is the `.git` of a folder above.
    let named = path.file_name().is_none().then(|| fs::canonicalize(path).ok()).flatten();
    let path = named.as_deref().filter(|named| named.ends_with(".git")).unwrap_or(path);
    let found = if let Ok(kind) = gix::discover::is_git(path) {
        let current = std::env::current_dir().ok()?;
        gix::discover::repository::Path::from_dot_git_dir(path.to_path_buf(), kind, &current)?
    } else {
        let start = if path.is_dir() { path } else { path.parent()? };
        let start = if start.as_os_str().is_empty() { Path::new(".") } else { start };
        // Ownership decides what git would run for us. Nothing is run here, so who owns it changes nothing.
        let trust = gix::discover::upwards::TrustPolicy::Assume(gix::sec::Trust::Full);
        gix::discover::upwards_opts(start, gix::discover::upwards::Options { trust, ..Default::default() }).ok()?.0
    };
    let (git_dir, work_dir) = found.into_repository_and_work_tree_directories();
    Some(Found { git_dir, work_dir })
}

/// The location of a repository by its top, where `path` is a folder in its work tree, or its `.git`: paths in it are counted from
/// there. As it was written where that is a URL, or the way up cannot be written.
pub fn top_as_written(path: &Path, location: &str) -> String {
    let top = || {
        let top = fs::canonicalize(find(path)?.work_dir?).ok()?;
        let (real, written) = (fs::canonicalize(path).ok()?, Path::new(location));
        let steps = real.strip_prefix(&top).ok()?.components().count();
        let above = written.ancestors().nth(steps)?;
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        let is_top = steps > 0 && path == written && fs::canonicalize(above).is_ok_and(|above| above == top);
        is_top.then(|| above.to_string_lossy().into_owned())
    };
    top().unwrap_or_else(|| location.to_owned())
}

/// Files that are read to open a repository.
const OPENED: [&str; 8] = [
    "HEAD",
    "config",
    "config.worktree",
    "commondir",
    "packed-refs",
    "shallow",
    "objects/info/alternates",
    "objects/info/commit-graph",
];

/// What of these is there and is no regular file, in the repository that `path` is in: a fifo would be waited for.
fn special_file(path: &Path) -> Option<PathBuf> {
    let start = fs::canonicalize(path).ok()?;
    let is_special = |file: &PathBuf| fs::metadata(file).is_ok_and(|found| !found.is_file());
    let in_folder = |folder: &Path| OPENED.iter().map(|name| folder.join(name)).find(is_special);
    let named = |file: PathBuf, prefix: &[u8]| {
        let text = read_file(&file).ok()?;
        let name = text.strip_prefix(prefix)?.trim_ascii_end();
        Some(file.parent()?.join(std::str::from_utf8(name).ok()?))
    };
    let is_repository = |folder: &Path| folder.join("HEAD").exists() && folder.join("objects").is_dir();
    for folder in start.ancestors() {
        let git = folder.join(".git");
        let git = if is_repository(folder) {
            folder.to_owned()
        } else if git.is_dir() {
            git
        } else if let Some(elsewhere) = named(git, b"gitdir: ") {
            elsewhere
        } else {
            continue;
        };
        return in_folder(&git).or_else(|| in_folder(&named(git.join("commondir"), b"")?));
    }
    None
}

/// Reads a file whole; what is none is not waited for.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("no regular file"));
    }
    fs::read(path)
}

impl Repository {
    /// Opens the repository that `path` is in.
    pub(super) fn open(path: &Path, location: &str) -> Result<Self, SourceError> {
        let error = |message: String| SourceError::new(location, message);
        fs::metadata(path).map_err(|cause| error(cause.to_string()))?;
        if let Some(file) = special_file(path) {
            return Err(error(format!("{} is no regular file, so the repository is not opened", file.display())));
        }
        let found = find(path)
            .ok_or_else(|| error("no git repository here or in a folder above: scan it with `dir` instead".into()))?;
        let options = gix::open::Options::isolated()
            .with(gix::sec::Trust::Full)
            .open_path_as_is(true)
            .object_store_slots(gix::odb::store::init::Slots::Given(1))
            .config_overrides(["gitoxide.objects.noReplace=true"]);
        let repo =
            options.open(&found.git_dir).map_err(|cause| error(format!("the repository cannot be opened: {cause}")))?;
        let local = repo.to_thread_local();
        let common_dir = local.common_dir().to_path_buf();
        let hash = local.object_hash();
        let shallow = read_shallow(&common_dir.join("shallow"));
        Ok(Repository {
            git_dir: local.git_dir().to_path_buf(),
            work_dir: found.work_dir.or_else(|| local.workdir().map(Path::to_path_buf)),
            common_dir,
            hash,
            shallow,
            repo,
        })
    }

    /// Tells the repository from others, for as long as it stays where it is; a clone of what is elsewhere by where that is.
    pub(super) fn name(&self, location: &str) -> Vec<u8> {
        if location.contains("://") {
            return location.as_bytes().to_vec();
        }
        let folder = fs::canonicalize(&self.common_dir).unwrap_or_else(|_| self.common_dir.clone());
        folder.into_os_string().into_encoded_bytes()
    }

    /// A way to resolve what may be more than a name, such as `HEAD~3`, in all packs. It is opened anew: what is opened for
    /// refs has room for one pack.
    pub(super) fn for_revisions(&self) -> Option<gix::Repository> {
        let options = gix::open::Options::isolated()
            .with(gix::sec::Trust::Full)
            .open_path_as_is(true)
            .config_overrides(["gitoxide.objects.noReplace=true"]);
        options.open(&self.git_dir).ok().map(|repo| repo.to_thread_local())
    }

    /// All refs, loose and packed, the `HEAD` of the repository and of each linked work tree, and what a merge left there.
    pub(super) fn references(&self) -> References {
        let mut references = References { all: self.heads(), unreadable: 0 };
        let local = self.repo.to_thread_local();
        match local.references() {
            Ok(platform) => match platform.all() {
                Ok(all) => {
                    for reference in all {
                        match reference {
                            Ok(reference) => references.all.push(Reference {
                                name: reference.name().as_bstr().to_vec(),
                                target: reference.target().try_id().map(ToOwned::to_owned),
                            }),
                            Err(_) => references.unreadable += 1,
                        }
                    }
                }
                Err(_) => references.unreadable += 1,
            },
            Err(_) => references.unreadable += 1,
        }
        references.all.sort();
        references.all.dedup();
        references
    }

    /// Stashes below the topmost: they are in the log of `refs/stash` only, and git keeps them as if they were references.
    pub(super) fn older_stashes(&self) -> Vec<Reference> {
        let Ok(log) = read_file(&self.common_dir.join("logs/refs/stash")) else { return Vec::new() };
        let ids = log.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b' ').nth(1));
        let ids: Vec<_> =
            ids.filter_map(|id| ObjectId::from_hex(id).ok()).filter(|id| id.kind() == self.hash).collect();
        let stash = |(number, id): (usize, &ObjectId)| Reference {
            name: format!("refs/stash@{{{number}}}").into_bytes(),
            target: Some(*id),
        };
        ids.iter().rev().enumerate().skip(1).map(stash).collect()
    }

    fn heads(&self) -> Vec<Reference> {
        // While a merge has conflicts, `AUTO_MERGE` has its files as they lie in the work tree.
        let own = |name: &str| (name.as_bytes().to_vec(), self.git_dir.join(name));
        let mut heads = vec![own("HEAD"), own("AUTO_MERGE")];
        if self.common_dir != self.git_dir {
            heads.push((b"main-worktree/HEAD".to_vec(), self.common_dir.join("HEAD")));
        }
        if let Ok(entries) = fs::read_dir(self.common_dir.join("worktrees")) {
            for entry in entries.flatten() {
                let mut name = b"worktrees/".to_vec();
                name.extend_from_slice(entry.file_name().as_encoded_bytes());
                name.extend_from_slice(b"/HEAD");
                heads.push((name, entry.path().join("HEAD")));
            }
        }
        heads
            .into_iter()
            .filter_map(|(name, path)| {
                let text = read_file(&path).ok()?;
                let id = ObjectId::from_hex(text.trim_ascii()).ok();
                Some(Reference { name, target: id.filter(|id| id.kind() == self.hash) })
            })
            .collect()
    }

    /// Whether nobody works in it, and it has a branch of its own of this name.
    pub(super) fn has_bare_branch(&self, name: &str) -> bool {
        let name = format!("refs/heads/{name}").into_bytes();
        self.work_dir.is_none() && self.references().all.iter().any(|reference| reference.name == name)
    }

    /// Whether refs are in a format that is not read here.
    pub(super) fn has_reftable(&self) -> bool {
        self.common_dir.join("reftable").is_dir()
    }

    /// Whether the clone was asked to leave objects out.
    pub(super) fn is_partial(&self) -> bool {
        let local = self.repo.to_thread_local();
        let config = local.config_snapshot();
        let remotes = config.plumbing().sections_by_name("remote").into_iter().flatten();
        let is_promisor = |value: BString| Boolean::try_from(value.as_bstr()).is_ok_and(|value| value.0);
        config.string("extensions.partialClone").is_some()
            || remotes.filter_map(|remote| remote.value("promisor")).any(is_promisor)
    }

    /// The URL of the remote that the branch follows, else of `origin`.
    pub(super) fn remote_url(&self) -> Option<String> {
        let local = self.repo.to_thread_local();
        let config = local.config_snapshot();
        let branch = local.head_name().ok().flatten().map(|name| name.shorten().to_string());
        let followed = branch.and_then(|branch| config.string(format!("branch.{branch}.remote").as_str()));
        let followed = followed.map(|name| name.to_string());
        let url = |name: &str| config.string(format!("remote.{name}.url").as_str()).map(|url| url.to_string());
        followed.as_deref().and_then(url).or_else(|| url("origin"))
    }

    /// The id of the commit that `HEAD` stands for.
    pub(super) fn head(&self) -> Option<ObjectId> {
        self.repo.to_thread_local().head().ok().and_then(|head| head.id().map(|id| id.detach()))
    }
}

/// The commits that a file of git's names as ends of history.
pub(super) fn read_shallow(path: &Path) -> HashSet<ObjectId> {
    let Ok(text) = read_file(path) else { return HashSet::new() };
    text.split(|byte| *byte == b'\n').filter_map(|line| ObjectId::from_hex(line.trim_ascii()).ok()).collect()
}
