//! Which part of a history is judged, as it is asked for.

use std::collections::HashMap;
use std::path::PathBuf;

use gix::ObjectId;

/// Which part of a history is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// `BASE..HEAD`: what HEAD reaches and BASE does not. With `...` a value is known if the merge base has it; what BASE
    /// has got since then does not count.
    Range(String),
    /// What the index holds and `HEAD` does not.
    Staged {
        /// The index file, where it is not the repository's own.
        index: Option<PathBuf>,
    },
    /// A part of all history.
    History {
        /// Only what this branch, or any revision, reaches; `None`: what any reference reaches.
        branch: Option<String>,
        /// Only commits from this date on, or those that this revision does not reach.
        since: Option<String>,
        /// Only that many commits, those with the youngest dates.
        most: Option<usize>,
    },
    /// References that are to be changed.
    Updates {
        /// The changes.
        updates: Vec<Update>,
        /// Full names of the references that the other side has: those that begin so.
        known: Vec<u8>,
    },
    /// What a build server says is new: what a commit reaches and no base does. Of them, what is not here is fetched if
    /// [`ChangeOptions::deepen`](super::ChangeOptions) says how.
    Between {
        /// Whole id of the commit, or of a tag that leads to one; what is no id must be here.
        head: String,
        /// What was there before; with none, all that `head` reaches is new.
        bases: Vec<Base>,
        /// Full name of a reference that is made.
        made: Option<Vec<u8>>,
    },
}

/// What was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The whole id of a commit.
    Commit(String),
    /// A branch of the remote `origin`, by its name without `refs/heads/`.
    Branch(String),
}

/// A reference that is to be changed, with the ids as git writes them: zeros where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its full name.
    pub name: Vec<u8>,
    /// What it was.
    pub old: String,
    /// What it is to be.
    pub new: String,
}

/// Branches of the remote that were fetched, by name.
pub(super) type Branches = HashMap<String, ObjectId>;
