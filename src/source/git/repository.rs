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

use super::references::tables_of;
use super::reftable::Reftable;
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
    /// Its references, where they are in tables and not in files; in words, what is wrong with these.
    pub reftable: Option<Result<Reftable, String>>,
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
        // A folder with tables alone may be left from a format that the repository had.
        let format = local.config_snapshot().string("extensions.refStorage");
        let has_tables = format.is_some_and(|format| format.to_ascii_lowercase().starts_with(b"reftable"));
        let reftable = has_tables.then(|| tables_of(&common_dir, hash));
        Ok(Repository {
            git_dir: local.git_dir().to_path_buf(),
            work_dir: found.work_dir.or_else(|| local.workdir().map(Path::to_path_buf)),
            common_dir,
            hash,
            shallow,
            reftable,
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
        let followed = self.head_branch().and_then(|branch| config.string(format!("branch.{branch}.remote").as_str()));
        let followed = followed.map(|name| name.to_string());
        let url = |name: &str| config.string(format!("remote.{name}.url").as_str()).map(|url| url.to_string());
        followed.as_deref().and_then(url).or_else(|| url("origin"))
    }
}

/// The commits that a file of git's names as ends of history.
pub(super) fn read_shallow(path: &Path) -> HashSet<ObjectId> {
    let Ok(text) = read_file(path) else { return HashSet::new() };
    text.split(|byte| *byte == b'\n').filter_map(|line| ObjectId::from_hex(line.trim_ascii()).ok()).collect()
}
