//! A repository in a temporary folder that borrows the objects of another one and fetches what the other lacks. Nothing of
//! the other's config counts here, and nothing is written there.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use gix::ObjectId;
use gix::hash::Kind as HashKind;

use super::command::{self, Stopped, Trouble};
use super::remote::{Cloned, Remote};
use crate::source::SourceError;

/// Git would ask a repository that objects are borrowed from for its refs, under that one's own config.
const NO_BORROWED_REFS: [&str; 2] = ["-c", "core.alternateRefsCommand=true"];
/// What each fetch is told.
const FETCH: [&str; 6] =
    ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"];
/// What the remote is called where objects may be missing: only of one with a name git believes that it has them.
const PROMISOR: &str = "promisor";
/// Files that are not asked for by their ids are asked for when they are needed.
const NO_FILES: &str = "--filter=blob:none";

/// What the other repository lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// Where a shallow clone ends; of a partial one, files as well.
    History { is_partial: bool },
    /// What a partial clone left out.
    Objects,
    /// What was never there.
    Commits,
}

impl Lack {
    fn words(self) -> &'static str {
        match self {
            Lack::History { .. } => "what the shallow clone left out",
            Lack::Objects => "what the partial clone left out",
            Lack::Commits => "what is not here",
        }
    }
}

/// Deleted when this is dropped.
pub(super) struct Borrowing {
    cloned: Cloned,
    remote: Remote,
    lack: Lack,
}

impl Borrowing {
    /// Borrows from an object directory; `shallow` are the commits that its history ends at, `tips` what it has.
    ///
    /// # Errors
    /// When git cannot make a repository.
    pub(super) fn new(
        (remote, lack): (Remote, Lack),
        (objects, hash): (&Path, HashKind),
        shallow: &HashSet<ObjectId>,
        tips: &[ObjectId],
    ) -> Result<Self, SourceError> {
        let error = |cause: std::io::Error| SourceError::new(remote.location(), cause.to_string());
        let objects = fs::canonicalize(objects).map_err(error)?;
        let line = objects.as_os_str().as_encoded_bytes();
        if line.contains(&b'\n') {
            return Err(SourceError::new(remote.location(), "the path of the repository has a line break in it"));
        }
        let cloned = Cloned::empty(remote.location()).map_err(error)?;
        let format = format!("--object-format={hash}");
        // Its references are written and read as files.
        let files = ["-c", "init.defaultRefFormat=files"];
        let init = [&files[..], &["init", "--quiet", "--bare", "--template=", &format, "."]].concat();
        command::run(remote.git(cloned.path()), init, &|| false).map_err(|trouble| told(&remote, lack, trouble))?;
        let write = |file: &str, text: &[u8]| {
            let path = cloned.path().join(file);
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text)).map_err(error)
        };
        write("objects/info/alternates", &[line, b"\n"].concat())?;
        let ends: String = shallow.iter().map(|id| format!("{id}\n")).collect();
        write("shallow", ends.as_bytes())?;
        for (number, tip) in tips.iter().enumerate() {
            write(&format!("refs/heads/{number}"), format!("{tip}\n").as_bytes())?;
        }
        Ok(Borrowing { cloned, remote, lack })
    }

    /// Its objects, with those that it borrows.
    pub(super) fn objects(&self) -> PathBuf {
        self.cloned.path().join("objects")
    }

    /// The file that lists where its history ends.
    pub(super) fn shallow_file(&self) -> PathBuf {
        self.cloned.path().join("shallow")
    }

    /// Fetches `wanted`, ids or refspecs, with that many commits of history; without a depth, with all that is not here.
    ///
    /// # Errors
    /// When git fails, or it is to stop.
    pub(super) fn fetch(&self, wanted: &[String], depth: Option<u32>, stopped: Stopped<'_>) -> Result<(), SourceError> {
        let depth = depth.map(|depth| format!("--depth={depth}"));
        let promisor = self.promisor();
        let from = match self.lack {
            Lack::History { is_partial: true } => vec![NO_FILES, "--", PROMISOR],
            _ => vec!["--", self.remote.url()],
        };
        let mut arguments = NO_BORROWED_REFS.to_vec();
        if from.contains(&PROMISOR) {
            arguments.extend(promisor.iter().map(String::as_str));
        }
        arguments.extend(FETCH.into_iter().chain(depth.as_deref()).chain(from));
        arguments.extend(wanted.iter().map(String::as_str));
        command::run(self.git(), arguments, stopped).map_err(|trouble| told(&self.remote, self.lack, trouble))
    }

    /// Fetches objects by their ids; with a directory all that are below it.
    ///
    /// # Errors
    /// As [`Self::fetch`]; also where the remote has not all of them.
    pub(super) fn fetch_objects(&self, ids: &BTreeSet<ObjectId>, stopped: Stopped<'_>) -> Result<(), SourceError> {
        let error = |cause: std::io::Error| SourceError::new(self.remote.location(), cause.to_string());
        // There may be more of them than arguments.
        let list = self.cloned.path().join("wanted");
        let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let input = fs::write(&list, lines).and_then(|()| File::open(&list)).map_err(error)?;
        let promisor = self.promisor();
        let mut arguments = NO_BORROWED_REFS.to_vec();
        arguments.extend(promisor.iter().map(String::as_str));
        // What is here says nothing of what is missing.
        arguments.extend(["-c", "fetch.negotiationAlgorithm=noop"]);
        arguments.extend(FETCH);
        arguments.extend([NO_FILES, "--stdin", "--", PROMISOR]);
        command::run_fed(self.git(), arguments, Stdio::from(input), stopped)
            .map_err(|trouble| told(&self.remote, self.lack, trouble))
    }

    /// What a reference of its own, by its full name, was fetched as.
    pub(super) fn reference(&self, name: &str) -> Option<ObjectId> {
        let text = fs::read(self.cloned.path().join(name)).ok()?;
        ObjectId::from_hex(text.trim_ascii()).ok()
    }

    fn git(&self) -> std::process::Command {
        self.remote.git(self.cloned.path())
    }

    /// Config that gives the remote a name, and says that it has what is missing.
    fn promisor(&self) -> [String; 4] {
        let of = |key: &str, value: &str| format!("remote.{PROMISOR}.{key}={value}");
        ["-c".to_owned(), of("url", self.remote.url()), "-c".to_owned(), of("promisor", "true")]
    }
}

fn told(remote: &Remote, lack: Lack, trouble: Trouble) -> SourceError {
    let words = lack.words();
    let message = match trouble {
        Trouble::NotStarted(cause) => cause,
        Trouble::Failed(message) => format!("git cannot fetch {words}: {message}"),
        Trouble::Stopped => format!("it was stopped before {words} was fetched"),
    };
    SourceError::new(remote.location(), message)
}
