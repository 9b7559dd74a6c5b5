//! Words that are refused: those that stand for nothing, and those that stand for more than one thing. Git takes a tag before a
//! branch: whoever may push a tag could name it as the base of a change is, and what he pushed would be known already.

use gix::ObjectId;

use super::select::{Names, short};
use crate::origin::printable;
use crate::source::SourceError;
use crate::source::git::references::split_revision;
use crate::source::git::reftable::full_names;

/// Digits that people leave of an id, at least; names of fewer may be digits by chance.
const FEWEST_DIGITS: usize = 7;

impl Names<'_> {
    /// Refuses a revision whose name stands for different commits, or for a tag where a branch of the remote is meant.
    pub(super) fn refuse_ambiguous(&mut self, revision: &str) -> Result<(), SourceError> {
        let (name, _) = split_revision(revision);
        // What is first in `.git` itself, or is written in full, is that.
        if matches!(name, "" | "@" | "HEAD") || name.starts_with("refs/") || self.whole_id(name).is_some() {
            return Ok(());
        }
        let candidates: Vec<String> =
            full_names(name).filter(|full| full.starts_with("refs/") && self.has_reference(full)).collect();
        let Some(first) = candidates.first() else { return Ok(()) };
        let of_first = self.meaning(first);
        for other in &candidates[1..] {
            if self.meaning(other) != of_first {
                let both = format!("{} and {}", printable(first.as_bytes()), printable(other.as_bytes()));
                return Err(self.is_ambiguous(name, &both, other));
            }
        }
        if let Some(id) = self.commit_by_digits(name).filter(|id| Some(*id) != of_first) {
            return Err(self.is_ambiguous(name, &format!("{first} and the commit {}", short(&id)), first));
        }
        let is_remote = name.starts_with("origin/") && candidates.iter().all(|full| full.starts_with("refs/tags/"));
        if is_remote {
            let (name, tag) = (printable(name.as_bytes()), printable(first.as_bytes()));
            return Err(self.error(format!(
                "`{name}` is the tag {tag}, and no branch of the remote is here: write refs/remotes/{name} and fetch it, or {tag}"
            )));
        }
        Ok(())
    }

    /// Refuses what is a date and the name of a reference.
    pub(super) fn refuse_named_date(&self, since: &str) -> Result<(), SourceError> {
        let mut references = full_names(since).filter(|full| full.starts_with("refs/"));
        let Some(reference) = references.find(|full| self.has_reference(full)) else { return Ok(()) };
        Err(self.is_ambiguous(since, &format!("a date and {}", printable(reference.as_bytes())), &reference))
    }

    fn is_ambiguous(&self, name: &str, both: &str, meant: &str) -> SourceError {
        let (name, meant) = (printable(name.as_bytes()), printable(meant.as_bytes()));
        self.error(format!("`{name}` is ambiguous, it stands for {both}: write the full name, such as {meant}"))
    }

    fn meaning(&mut self, full: &str) -> Option<ObjectId> {
        self.revision(full).or_else(|| self.object(full))
    }

    fn commit_by_digits(&mut self, name: &str) -> Option<ObjectId> {
        let is_id = name.len() >= FEWEST_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let prefix = gix::hash::Prefix::from_hex(name).ok().filter(|_| is_id)?;
        let id = self.revisions()?.objects.lookup_prefix(prefix, None).ok()??.ok()?;
        self.peeled(id)
    }

    /// Refuses a name where it is not known which there are.
    pub(super) fn refuse_reftable_for(&self, word: &str) -> Result<(), SourceError> {
        if self.whole_id(word).is_some() {
            return Ok(());
        }
        self.refuse_reftable("write whole commit ids")
    }

    pub(super) fn refuse_reftable(&self, rest: &str) -> Result<(), SourceError> {
        match self.git.repository.unread_tables() {
            Some(fault) => {
                Err(self.error(format!("references are in a reftable that cannot be read ({fault}): {rest}")))
            }
            None => Ok(()),
        }
    }

    /// The error for a word that stands for no commit.
    pub(super) fn unresolved(&self, word: &str) -> SourceError {
        let shown = printable(word.as_bytes());
        if let Err(fault) = self.refuse_reftable_for(word) {
            return fault;
        }
        let hint = match word.split_once('/') {
            _ if self.whole_id(word).is_some_and(|id| id.is_null()) => ": zeros stand for no commit",
            _ if ["^!", "^@", "^-"].iter().any(|set| word.contains(set))
                || word.starts_with('^')
                || word.contains("..") =>
            {
                ": it stands for a set of commits: write BASE..HEAD with one commit on each side"
            }
            _ if self.is_shallow() => {
                ", and the clone is shallow: fetch more of it (`git fetch --unshallow`, `fetch-depth: 0`), or write the whole id of the \
                 commit, which `--deepen` and `ci` fetch"
            }
            Some(("origin", branch)) if self.git.repository.has_bare_branch(branch) => {
                ": a bare repository, and a clone of a URL, has it without `origin/`"
            }
            Some(("origin", _)) => ": `git fetch` gets it if the remote has it",
            _ => ": `git log` and `git branch -a` show what there is",
        };
        self.error(format!("`{shown}` names no commit here{hint}"))
    }
}
