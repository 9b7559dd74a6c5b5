//! The references of a repository: files, or tables, of its own and of its linked work trees.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, iter};

use gix::ObjectId;
use gix::hash::Kind as HashKind;

use super::reftable::{Reftable, Target};
use super::repository::{Repository, read_file};

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

/// References of a repository's folder, or of that of a linked work tree, where they are in tables.
pub(super) fn tables_of(folder: &Path, hash: HashKind) -> Result<Reftable, String> {
    Reftable::read(&folder.join("reftable"), hash)
}

impl Repository {
    /// All refs, loose, packed or in tables, the `HEAD` of the repository and of each linked work tree, and what a merge left
    /// there.
    pub(super) fn references(&self) -> References {
        let mut references = References { all: self.heads(), unreadable: 0 };
        match &self.reftable {
            Some(Ok(tables)) => references.all.extend(tables.references.iter().filter_map(in_table)),
            Some(Err(_)) => references.unreadable += 1,
            None => self.files(&mut references),
        }
        references.all.sort();
        references.all.dedup();
        references
    }

    fn files(&self, references: &mut References) {
        let local = self.repo.to_thread_local();
        let Ok(platform) = local.references() else { return references.unreadable += 1 };
        let Ok(all) = platform.all() else { return references.unreadable += 1 };
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

    /// Stashes below the topmost: they are in the log of `refs/stash` only, and git keeps them as if they were references.
    pub(super) fn older_stashes(&self) -> Vec<Reference> {
        // The newest first.
        let ids: Vec<ObjectId> = match &self.reftable {
            Some(Ok(tables)) => tables.logs.get(&b"refs/stash"[..]).into_iter().flatten().map(|log| log.new).collect(),
            Some(Err(_)) => return Vec::new(),
            None => {
                let Ok(log) = read_file(&self.common_dir.join("logs/refs/stash")) else { return Vec::new() };
                let ids = log.split(|byte| *byte == b'\n').rev();
                let ids = ids.filter_map(|line| ObjectId::from_hex(line.split(|byte| *byte == b' ').nth(1)?).ok());
                ids.filter(|id| id.kind() == self.hash).collect()
            }
        };
        let stash = |(number, id): (usize, ObjectId)| Reference {
            name: format!("refs/stash@{{{number}}}").into_bytes(),
            target: Some(id),
        };
        ids.into_iter().enumerate().skip(1).map(stash).collect()
    }

    fn heads(&self) -> Vec<Reference> {
        // While a merge has conflicts, `AUTO_MERGE` has its files as they lie in the work tree.
        let mut heads = vec![self.own(&self.git_dir, "HEAD", ""), self.own(&self.git_dir, "AUTO_MERGE", "")];
        if self.common_dir != self.git_dir {
            heads.push(self.own(&self.common_dir, "HEAD", "main-worktree/"));
        }
        for (name, folder) in self.linked() {
            heads.push(self.own(&folder, "HEAD", [b"worktrees/", name.as_encoded_bytes(), b"/"].concat()));
        }
        heads.into_iter().flatten().collect()
    }

    /// The linked work trees: what each is called, and its folder.
    fn linked(&self) -> impl Iterator<Item = (OsString, PathBuf)> {
        let entries = fs::read_dir(self.common_dir.join("worktrees")).into_iter().flatten().flatten();
        entries.map(|entry| (entry.file_name(), entry.path()))
    }

    /// The folder of the repository and those of its linked work trees, each with its name from `.git` on.
    pub(super) fn folders(&self) -> Vec<(PathBuf, String)> {
        let linked = self.linked().map(|(name, folder)| (folder, format!(".git/worktrees/{}", name.to_string_lossy())));
        iter::once((self.common_dir.clone(), ".git".to_owned())).chain(linked).collect()
    }

    /// A reference that a work tree has for itself. `folder`: that of its repository; `before`: what begins its name for others.
    fn own(&self, folder: &Path, name: &str, before: impl AsRef<[u8]>) -> Option<Reference> {
        let target = if self.reftable.is_some() {
            self.tables(folder)?.ok()?.references.get(name.as_bytes())?.id()
        } else {
            let text = read_file(&folder.join(name)).ok()?;
            ObjectId::from_hex(text.trim_ascii()).ok().filter(|id| id.kind() == self.hash)
        };
        Some(Reference { name: [before.as_ref(), name.as_bytes()].concat(), target })
    }
    /// The references that are in tables of a repository's folder, or of that of a linked work tree.
    pub(super) fn tables(&self, folder: &Path) -> Option<Result<Cow<'_, Reftable>, String>> {
        if folder == self.common_dir {
            let tables = self.reftable.as_ref()?.as_ref();
            return Some(tables.map(Cow::Borrowed).map_err(String::clone));
        }
        self.reftable.as_ref()?;
        Some(tables_of(folder, self.hash).map(Cow::Owned))
    }

    /// Whether there is a reference of this full name.
    pub(super) fn has_reference(&self, full: &str) -> bool {
        match &self.reftable {
            Some(tables) => tables.as_ref().is_ok_and(|tables| tables.references.contains_key(full.as_bytes())),
            None => {
                let local = self.repo.to_thread_local();
                let found = local.try_find_reference(full).ok().flatten();
                found.is_some_and(|found| found.name().as_bstr() == full)
            }
        }
    }

    /// Whether nobody works in it, and it has a branch of its own of this name.
    pub(super) fn has_bare_branch(&self, name: &str) -> bool {
        let name = format!("refs/heads/{name}").into_bytes();
        self.work_dir.is_none() && self.references().all.iter().any(|reference| reference.name == name)
    }

    /// What is wrong with tables of references that cannot be read.
    pub(super) fn unread_tables(&self) -> Option<&str> {
        self.reftable.as_ref()?.as_ref().err().map(String::as_str)
    }

    /// The id of the commit that `HEAD` stands for.
    pub(super) fn head(&self) -> Option<ObjectId> {
        if self.reftable.is_none() {
            return self.repo.to_thread_local().head().ok().and_then(|head| head.id().map(|id| id.detach()));
        }
        match self.tables(&self.git_dir)?.ok()?.references.get(&b"HEAD"[..])? {
            Target::Id(id) => Some(*id),
            // A branch of a linked work tree is one of the repository's.
            Target::Name(name) => self.reftable.as_ref()?.as_ref().ok()?.id(name),
        }
    }

    /// The short name of the branch that is checked out.
    pub(super) fn head_branch(&self) -> Option<String> {
        let name = if self.reftable.is_none() {
            self.repo.to_thread_local().head_name().ok()??.as_bstr().to_vec()
        } else {
            match self.tables(&self.git_dir)?.ok()?.references.get(&b"HEAD"[..])? {
                Target::Name(name) => name.clone(),
                Target::Id(_) => return None,
            }
        };
        String::from_utf8(name.strip_prefix(b"refs/heads/")?.to_vec()).ok()
    }

    /// A revision with its name replaced by the id that a table has for it: `main~2`, `HEAD^{tree}`, `@`, `topic@{1}`. As it is
    /// where references are files, or none has the name.
    pub(super) fn without_name<'a>(&self, revision: &'a str) -> Cow<'a, str> {
        self.named_in_table(revision).map_or(Cow::Borrowed(revision), Cow::Owned)
    }

    fn named_in_table(&self, revision: &str) -> Option<String> {
        let tables = self.reftable.as_ref()?.as_ref().ok()?;
        let (name, rest) = split_revision(revision);
        let name = if matches!(name, "" | "@") && !rest.starts_with(':') { "HEAD" } else { name };
        let before = rest.strip_prefix("@{").and_then(|rest| rest.split_once('}'));
        let (id, rest) = match before {
            Some((number, rest)) => {
                let number: usize = number.parse().ok()?;
                let own = self.tables(&self.git_dir)?.ok()?;
                let logs = if name == "HEAD" {
                    own.logs.get(&b"HEAD"[..])?
                } else {
                    tables.logs.get(&tables.full_name(name)?)?
                };
                (logs.get(number)?.new, rest)
            }
            None if name == "HEAD" => (self.head()?, rest),
            None => (tables.id(&tables.full_name(name)?)?, rest),
        };
        Some(format!("{id}{rest}"))
    }
}

/// The name in a revision, and what follows it: `main` and `~2`.
pub(super) fn split_revision(revision: &str) -> (&str, &str) {
    // A name has none of these.
    let ends = ["~", "^", ":", "@{"].into_iter().filter_map(|end| revision.find(end));
    revision.split_at(ends.min().unwrap_or(revision.len()))
}

fn in_table((name, target): (&Vec<u8>, &Target)) -> Option<Reference> {
    // What is not below `refs/` is one work tree's.
    name.starts_with(b"refs/").then(|| Reference { name: name.clone(), target: target.id() })
}
