//! What a build server asks for, whichever it is.

use crate::source::git::range::Selection;

/// What is to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// What a change adds.
    Change {
        change: Change,
        /// The commit whose files the report speaks of, where it is known by its id.
        head: Option<String>,
    },
    /// The files and the whole history.
    Everything,
    /// There is nothing, and why.
    Nothing(&'static str),
}

/// A change, and what is taken for it where its base cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub selection: Selection,
    pub instead: Option<Selection>,
}
