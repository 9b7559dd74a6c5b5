//! A repository in a temporary folder that borrows the objects of another one and fetches what the other's history lacks.
//! Nothing of the other's config counts here, and nothing is written there.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::hash::Kind as HashKind;

use super::command::{self, Stopped, Trouble};
use super::remote::{Cloned, Remote};
use crate::source::SourceError;

/// Git would ask a repository that objects are borrowed from for its refs, under that one's own config.
const NO_BORROWED_REFS: [&str; 2] = ["-c", "core.alternateRefsCommand=true"];

/// Deleted when this is dropped.
pub(super) struct Borrowing {
    cloned: Cloned,
    remote: Remote,
}

impl Borrowing {
    /// Borrows from an object directory; `shallow` are the commits that its history ends at, `tips` what it has.
    ///
    /// # Errors
    /// When git cannot make a repository.
    pub(super) fn new(
        remote: Remote,
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
        run(&remote, cloned.path(), &init, &|| false)?;
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
        Ok(Borrowing { cloned, remote })
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
        let mut arguments = NO_BORROWED_REFS.to_vec();
        arguments.extend(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]);
        arguments.extend(["--no-recurse-submodules"].into_iter().chain(depth.as_deref()));
        arguments.extend(["--", self.remote.url()]);
        arguments.extend(wanted.iter().map(String::as_str));
        run(&self.remote, self.cloned.path(), &arguments, stopped)
    }

    /// What a reference of its own, by its full name, was fetched as.
    pub(super) fn reference(&self, name: &str) -> Option<ObjectId> {
        let text = fs::read(self.cloned.path().join(name)).ok()?;
        ObjectId::from_hex(text.trim_ascii()).ok()
    }
}

fn run(remote: &Remote, folder: &Path, arguments: &[&str], stopped: Stopped<'_>) -> Result<(), SourceError> {
    let error = |message: String| SourceError::new(remote.location(), message);
    match command::run(remote.git(folder), arguments, stopped) {
        Ok(()) => Ok(()),
        Err(Trouble::NotStarted(cause)) => Err(error(cause)),
        Err(Trouble::Failed(message)) => {
            Err(error(format!("git cannot fetch what the shallow clone left out: {message}")))
        }
        Err(Trouble::Stopped) => Err(error("it was stopped before what the shallow clone left out was fetched".into())),
    }
}
