//! What git leaves out of a working tree: `.gitignore` files, a repository's `info/exclude`, the user's own excludes file.
//!
//! Only inside a repository, as with git itself. A repository's own config is not read.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::git::Tracked;
use super::regular_file;
use crate::origin::slashed;

/// A `.gitignore` with more bytes than this is taken to ignore nothing.
const LARGEST: u64 = 1 << 20;

/// The rules that hold in one directory; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    innermost: Option<Arc<Layer>>,
    repository: Option<Arc<Repository>>,
    /// Whether it lies in a directory that is left out, but for what git keeps below it.
    is_left_out: bool,
}

/// A repository as far as its working tree goes.
#[derive(Debug)]
struct Repository {
    folder: PathBuf,
    /// Read when something is to be left out: to git nothing that it keeps is ignored.
    tracked: OnceLock<Tracked>,
}

impl Repository {
    fn keeps(&self, path: &Path) -> bool {
        let tracked = self.tracked.get_or_init(|| Tracked::read(&own_folder(&self.folder.join(".git"))));
        path.strip_prefix(&self.folder).is_ok_and(|below| tracked.has(&slashed(below)))
    }
}

#[derive(Debug)]
struct Layer {
    rules: Gitignore,
    above: Option<Arc<Layer>>,
}

impl Rules {
    /// The rules that hold above a root, from the repository it lies in; `root` is an absolute path without links.
    pub(super) fn above(root: &Path) -> Rules {
        let parents: Vec<&Path> = root.ancestors().skip(1).collect();
        let Some(top) = parents.iter().position(|parent| parent.join(".git").exists()) else {
            return Rules::default();
        };
        parents[..=top].iter().rev().fold(Rules::default(), |rules, parent| {
            rules.enter(parent, parent.join(".git").exists(), parent.join(".gitignore").exists())
        })
    }

    /// The rules that hold in `folder`, which has an entry `.git` or `.gitignore` as told.
    pub(super) fn enter(&self, folder: &Path, has_git: bool, has_gitignore: bool) -> Rules {
        let mut rules = if has_git { Rules::of_repository(folder) } else { self.clone() };
        if has_gitignore && (has_git || self.any()) {
            rules = rules.with_file(folder, &folder.join(".gitignore"));
        }
        rules
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.innermost.is_some()
    }

    /// Whether `path`, absolute and without links, is left out.
    pub(super) fn leave_out(&self, path: &Path, is_folder: bool) -> bool {
        self.ignore(path, is_folder) && !self.repository.as_ref().is_some_and(|repository| repository.keeps(path))
    }

    /// The rules for what lies in a directory below.
    pub(super) fn below(&self, folder: &Path) -> Rules {
        Rules { is_left_out: self.ignore(folder, true), ..self.clone() }
    }

    fn ignore(&self, path: &Path, is_folder: bool) -> bool {
        let mut here = self.innermost.as_ref();
        while let Some(layer) = here.filter(|_| !self.is_left_out) {
            match layer.rules.matched(path, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => here = layer.above.as_ref(),
            }
        }
        self.is_left_out
    }

    /// A repository begins afresh: the user's excludes, then its own.
    fn of_repository(folder: &Path) -> Rules {
        let (user, _) = GitignoreBuilder::new(folder).build_global();
        let rules = Rules {
            innermost: Some(Arc::new(Layer { rules: user, above: None })),
            repository: Some(Arc::new(Repository { folder: folder.to_owned(), tracked: OnceLock::new() })),
            is_left_out: false,
        };
        rules.with_file(folder, &common_folder(&folder.join(".git")).join("info").join("exclude"))
    }

    fn with_file(self, folder: &Path, file: &Path) -> Rules {
        let Some(text) = read_small(file) else { return self };
        let mut builder = GitignoreBuilder::new(folder);
        for line in String::from_utf8_lossy(&text).trim_start_matches('\u{feff}').lines() {
            // git, too, passes over a line that is no pattern.
            let _ = builder.add_line(None, line);
        }
        match builder.build() {
            Ok(rules) if !rules.is_empty() => {
                let above = self.innermost.clone();
                Rules { innermost: Some(Arc::new(Layer { rules, above })), ..self }
            }
            _ => self,
        }
    }
}

/// The folder that holds `info/exclude`: of a linked worktree or submodule, `.git` is a file that names it.
fn common_folder(git: &Path) -> PathBuf {
    let folder = own_folder(git);
    named(&folder.join("commondir"), b"").unwrap_or(folder)
}

/// The folder of a work tree's own index.
fn own_folder(git: &Path) -> PathBuf {
    named(git, b"gitdir: ").unwrap_or_else(|| git.to_path_buf())
}

/// The path that a small file names after a prefix.
fn named(file: &Path, prefix: &[u8]) -> Option<PathBuf> {
    let text = read_small(file)?;
    let name = text.strip_prefix(prefix)?.trim_ascii_end();
    Some(file.parent()?.join(std::str::from_utf8(name).ok()?))
}

fn read_small(path: &Path) -> Option<Vec<u8>> {
    let file = regular_file::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut text).ok()?;
    (text.len() as u64 <= LARGEST).then_some(text)
}
