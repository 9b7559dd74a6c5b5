//! Sources: a directory, a git history, a chart, an image, standard input. Each pushes what it reads and what it could
//! not read; none of them judges.

pub mod chart;
mod child;
#[cfg(test)]
pub(crate) mod collect;
pub mod directory;
pub mod git;
mod gitignore;
pub mod image;
pub mod memory;
pub mod regular_file;
pub mod stdin;
mod words;

use std::collections::HashSet;

use crate::blob::{Blob, Sink};
use crate::finding::Fate;
use crate::origin::Origin;
use crate::secret::Secret;

/// Why a whole source could not be read: exit 2. What fails for one item is a [`crate::blob::Skip`].
#[derive(Debug, thiserror::Error)]
#[error("{target}: {message}")]
pub struct SourceError {
    /// What was asked for, as the user wrote it, without credentials.
    pub target: String,
    /// The cause and what to try, for a person.
    pub message: String,
}

impl SourceError {
    /// An error about a target.
    pub fn new(target: impl Into<String>, message: impl Into<String>) -> Self {
        SourceError { target: target.into(), message: message.into() }
    }
}

/// A secret as it was seen in a change.
pub struct Sighting<'a> {
    /// What it was seen in.
    pub origin: &'a Origin,
    /// Its bytes; also as they are stored, where they were decoded.
    pub values: Vec<&'a Secret>,
    /// Whether somebody could guess it: then its bytes may stand anywhere as a word or a name, and only where they are judged to be a
    /// secret it is known.
    pub guessable: bool,
}

/// Judges a file: the secrets that are in it.
pub type Judge<'a> = dyn Fn(Blob<'_>) -> HashSet<Secret> + Sync + 'a;

/// Something that can be read.
pub trait Source: Sync {
    /// Pushes everything there is, from as many threads as the source likes, and returns when all of it was pushed.
    ///
    /// # Errors
    /// When the source as a whole cannot be read.
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError>;

    /// What became of the bytes at each origin, asked once after [`Source::read`], for findings only. Answers are in the
    /// order of the questions, one [`Fate`] for each path an object had; an empty answer means that the origin says it
    /// all and the bytes are live.
    ///
    /// # Errors
    /// When provenance as a whole cannot be read.
    fn fates(&self, wanted: &[Origin]) -> Result<Vec<Vec<Fate>>, SourceError> {
        Ok(vec![Vec::new(); wanted.len()])
    }

    /// Whether it opens archives itself, so that one which it hands over whole is not to be opened again.
    fn is_unpacked(&self) -> bool {
        false
    }

    /// What the source remembers of earlier runs; `None` where it does not.
    fn memory(&self) -> Option<&dyn memory::Memory> {
        None
    }

    /// Of a history: the file that the commit of `HEAD` has at a path; of a work tree: the file that is there. `None` where there
    /// is none that can be read.
    fn file_at_head(&self, _path: &str) -> Option<Vec<u8>> {
        None
    }

    /// Of a source that reads a change: pushes the files that had these paths before it, and what of them cannot be read.
    ///
    /// # Errors
    /// When nothing of what was before can be read.
    fn read_before(&self, _paths: &[Vec<u8>], _sink: &dyn Sink) -> Result<(), SourceError> {
        Ok(())
    }

    /// Of a source that reads a change: for each secret whether it was anywhere before. Those that could be guessed are asked of
    /// the judge, for files that have their bytes. What cannot be read, and may have those that were not found, is pushed.
    ///
    /// # Errors
    /// When nothing of what was before can be read.
    fn known_before(
        &self,
        seen: &[Sighting<'_>],
        _judge: &Judge<'_>,
        _sink: &dyn Sink,
    ) -> Result<Vec<bool>, SourceError> {
        Ok(vec![false; seen.len()])
    }
}
