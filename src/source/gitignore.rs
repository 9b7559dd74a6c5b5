//! What git leaves out of a working tree: `.gitignore` files, a repository's `info/exclude`, the user's own excludes file.
//!
//! Only inside a repository, as with git itself. A repository's own config is not read.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::regular_file;

/// A `.gitignore` with more bytes than this is taken to ignore nothing.
const LARGEST: u64 = 1 << 20;

/// The rules that hold in one directory; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules(Option<Arc<Layer>>);

#[derive(Debug)]
struct Layer {
    rules: Gitignore,
    above: Rules,
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
        if has_gitignore && (has_git || self.0.is_some()) {
            rules = rules.with_file(folder, &folder.join(".gitignore"));
        }
        rules
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.0.is_some()
    }

    /// Whether `path`, absolute and without links, is left out.
    pub(super) fn leave_out(&self, path: &Path, is_folder: bool) -> bool {
        let mut here = self;
        while let Some(layer) = &here.0 {
            match layer.rules.matched(path, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => here = &layer.above,
            }
        }
        false
    }

    /// A repository begins afresh: the user's excludes, then its own.
    fn of_repository(folder: &Path) -> Rules {
        let (user, _) = GitignoreBuilder::new(folder).build_global();
        let rules = Rules(Some(Arc::new(Layer { rules: user, above: Rules::default() })));
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
            Ok(rules) if !rules.is_empty() => Rules(Some(Arc::new(Layer { rules, above: self }))),
            _ => self,
        }
    }
}

/// The folder that holds `info/exclude`: of a linked worktree or submodule, `.git` is a file that names it.
fn common_folder(git: &Path) -> PathBuf {
    let named = |file: &Path, prefix: &[u8]| {
        let text = read_small(file)?;
        let name = text.strip_prefix(prefix)?.trim_ascii_end();
        Some(file.parent()?.join(std::str::from_utf8(name).ok()?))
    };
    let folder = named(git, b"gitdir: ").unwrap_or_else(|| git.to_path_buf());
    named(&folder.join("commondir"), b"").unwrap_or(folder)
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
