//! The verbs that judge a change, `git --range`, `git --staged` and `hook run`: opened before the configuration is read, since
//! what counts is what its base has.

use std::path::{Path, PathBuf};

use super::config::FILE_NAME;
use super::failure::Failure;
use super::flags::CommonArgs;
use super::progress::Stop;
use super::remote;
use super::sides::{NamedFiles, Sides, TwoSides};
use super::sources::{OfClone, Unread};
use super::target::is_remote;
use crate::allow::baseline;
use crate::origin::printable;
use crate::owners;
use crate::scan::Target;
use crate::source::SourceError;
use crate::source::git::range::{Change, ChangeOptions, Selection};
use crate::source::git::{self, Tokens, clone_bare};

/// Characters that are shown of the id of a commit.
const SHOWN_OF_HEAD: usize = 12;

/// A change that can be read.
pub(super) struct Opened {
    pub target: Target,
    pub sides: Sides,
    /// Where there is nothing in it: that may be a mistake in the words.
    pub note: Option<String>,
}

impl Opened {
    /// Opens a change in a repository on this machine.
    ///
    /// # Errors
    /// When there is none, a name stands for nothing, or it cannot be told what its base says.
    pub fn here(command: &str, options: &ChangeOptions, (flags, stop): (&CommonArgs, &Stop)) -> Result<Self, Failure> {
        let change = match Change::open(options, &|| stop.now()) {
            Err(cause) if stop.is_out_of_time() => return Ok(Opened::out_of_time(cause)),
            opened => opened.map_err(|cause| fault(command, cause))?,
        };
        let (sides, note) = asked_of(&change, command, &options.selection, (flags, stop))?;
        Ok(Opened { target: (options.git.location.clone(), Box::new(change)), sides, note })
    }

    /// What was to be read when the time was over: nothing of it was, which the report says.
    fn out_of_time(cause: SourceError) -> Self {
        let location = cause.target.clone();
        Opened { target: (location, Box::new(Unread::out_of_time(cause))), sides: Sides::default(), note: None }
    }

    /// Opens a part of the history of a repository here, or of one that is cloned for the time of the scan.
    ///
    /// # Errors
    /// As [`Opened::here`]; a clone that fails, or has nothing staged.
    pub fn of_git(
        repository: &Path,
        selection: Selection,
        deepen: bool,
        (flags, threads, stop): (&CommonArgs, usize, &Stop),
    ) -> Result<Self, Failure> {
        let location = repository.to_string_lossy().into_owned();
        let options = |path: PathBuf, location: String| ChangeOptions {
            git: git::Options { path, location, threads },
            selection: selection.clone(),
            object_directories: Vec::new(),
            deepen: None,
        };
        if !is_remote(repository) {
            let deepen = if deepen { Some(remote::access(Tokens::default())?) } else { None };
            let options = ChangeOptions { deepen, ..options(repository.to_owned(), location) };
            return Opened::here("git", &options, (flags, stop));
        }
        if matches!(selection, Selection::Staged { .. }) {
            return Err(Failure::new("git: --staged", "a repository that is cloned has nothing staged"));
        }
        let clone = match clone_bare(&location, &remote::access(Tokens::default())?, &|| stop.now()) {
            Err(cause) if stop.is_out_of_time() => return Ok(Opened::out_of_time(cause)),
            cloned => cloned.map_err(|cause| fault("git", cause))?,
        };
        let location = clone.location().to_owned();
        let options = options(clone.path().to_owned(), location.clone());
        let change = Change::open(&options, &|| stop.now()).map_err(|cause| fault("git", cause))?;
        let (sides, note) = asked_of(&change, "git", &selection, (flags, stop))?;
        Ok(Opened { target: (location, Box::new(OfClone::new(change, clone))), sides, note })
    }
}

/// What the two sides of a change have, and what is to be said of it.
fn asked_of(
    change: &Change,
    command: &str,
    selection: &Selection,
    (flags, stop): (&CommonArgs, &Stop),
) -> Result<(Sides, Option<String>), Failure> {
    let is_empty = change.commits() == 0;
    let note = match selection {
        Selection::Range(range) if is_empty => Some(format!("{range} has no commit: its HEAD is reached by its BASE")),
        Selection::Staged { .. } => change.lacks_head().map(|fault| {
            format!(
                "references are in a reftable that cannot be read ({fault}): what HEAD has is not known, so all that the index has \
                 counts as new, and nothing that HEAD allows counts"
            )
        }),
        Selection::Between { head, bases, .. } if is_empty && !bases.is_empty() => {
            let head: String = printable(head.as_bytes()).chars().take(SHOWN_OF_HEAD).collect();
            Some(format!("no commit is new: {head} is reached by what was there before"))
        }
        Selection::History { .. } if is_empty => {
            Some("no commit is in the part of history that was asked for".to_owned())
        }
        _ => None,
    };
    let sides = match selection {
        // A part of one's own history: the checkout counts, as for all of it.
        Selection::History { .. } => Sides::default(),
        _ => {
            let fault = |cause| fault(command, cause);
            let stopped = || stop.now();
            let before = |path: &str| change.file_before(path.as_bytes(), &stopped);
            Sides {
                config: TwoSides::of(change, FILE_NAME.as_bytes(), &stopped).map_err(fault)?,
                baseline: TwoSides::of(change, baseline::FILE_NAME.as_bytes(), &stopped).map_err(fault)?,
                // One that cannot be read decides nothing.
                owners: owners::PATHS.into_iter().find_map(|path| {
                    let file = before(path).ok()??;
                    file.content().is_ok().then_some((path, file))
                }),
                named: NamedFiles::by(flags, change, &stopped).map_err(fault)?,
            }
        }
    };
    Ok((sides, note))
}

fn fault(command: &str, cause: SourceError) -> Failure {
    Failure::new(format!("{command}: {}", cause.target), cause.message)
}
