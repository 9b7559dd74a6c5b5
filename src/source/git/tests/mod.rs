//! Repositories made by git itself, and what is read from them.

mod cloning;
mod damage;
mod differential;
mod fates;
mod files;
mod mirroring;
mod reading;
mod sharing;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use super::{Git, Options};
use crate::blob::{Content, Item, Reason, Sink, Skip};
use crate::origin::{ObjectKind, Origin, Step};
use crate::source::Source;

/// A repository in a folder of its own.
pub(super) struct TestRepository {
    folder: tempfile::TempDir,
    clock: std::cell::Cell<u32>,
}

impl TestRepository {
    pub(super) fn new() -> Self {
        Self::with(&[])
    }

    pub(super) fn with(init: &[&str]) -> Self {
        let repository = TestRepository { folder: tempfile::tempdir().unwrap(), clock: std::cell::Cell::new(0) };
        let mut args = vec!["init", "-q", "-b", "main"];
        args.extend(init);
        args.push(".");
        repository.git(&args);
        repository
    }

    /// An empty folder in which nothing is a repository yet.
    pub(super) fn none() -> Self {
        TestRepository { folder: tempfile::tempdir().unwrap(), clock: std::cell::Cell::new(0) }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn dot_git(&self, path: &str) -> PathBuf {
        self.path().join(".git").join(path)
    }

    /// Runs git; each commit is a minute later than the one before.
    pub(super) fn git(&self, args: &[&str]) -> String {
        self.git_in(self.path(), args)
    }

    pub(super) fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let minute = self.clock.get();
        self.clock.set(minute + 1);
        let date = format!("2020-01-02T{:02}:{:02}:00 +0130", 3 + minute / 60, minute % 60);
        let output = Command::new("git")
            .current_dir(folder)
            .args(["-c", "gc.auto=0", "-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"])
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Ann Author")
            .env("GIT_AUTHOR_EMAIL", "ann@example.com")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_NAME", "Carl Committer")
            .env("GIT_COMMITTER_EMAIL", "carl@example.com")
            .env("GIT_COMMITTER_DATE", &date)
            .output()
            .expect("git is installed");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes a file, commits everything, and returns the commit.
    pub(super) fn commit(&self, path: &str, content: impl AsRef<[u8]>) -> String {
        self.write(path, content);
        self.commit_all(&format!("change {path}"))
    }

    pub(super) fn commit_all(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    pub(super) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    pub(super) fn id(&self, revision: &str) -> String {
        self.git(&["rev-parse", revision])
    }

    pub(super) fn open(&self) -> Git {
        open(self.path())
    }

    pub(super) fn read(&self) -> Recorded {
        read(&self.open())
    }

    /// The only pack.
    pub(super) fn pack(&self) -> PathBuf {
        let packs = files_with(&self.dot_git("objects/pack"), "pack");
        assert_eq!(packs.len(), 1, "{packs:?}");
        packs[0].clone()
    }
}

pub(super) fn files_with(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    found
}

pub(super) fn open(path: &Path) -> Git {
    Git::open(&Options { path: path.to_path_buf(), location: "repository".into(), threads: 3 }).unwrap()
}

pub(super) fn read(git: &Git) -> Recorded {
    let recorder = Recorder::default();
    git.read(&recorder).unwrap();
    let mut recorded = recorder.0.into_inner().unwrap();
    recorded.blobs.sort();
    recorded.skips.sort();
    recorded
}

/// All that was pushed, sorted.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    pub blobs: Vec<(Origin, Vec<u8>)>,
    pub skips: Vec<Skip>,
    pub trees: u64,
    pub expected: u64,
}

impl Recorded {
    /// Contents of the blobs of the repository, sorted.
    pub(super) fn contents(&self) -> Vec<&[u8]> {
        self.objects(ObjectKind::Blob)
    }

    /// All but the files of the repository's own folder.
    pub(super) fn stored(&self) -> Vec<&(Origin, Vec<u8>)> {
        let is_own = |origin: &Origin| origin.path().is_some_and(|path| path.starts_with(b".git/"));
        self.blobs.iter().filter(|(origin, _)| !is_own(origin)).collect()
    }

    pub(super) fn objects(&self, wanted: ObjectKind) -> Vec<&[u8]> {
        let mut found: Vec<_> = self
            .blobs
            .iter()
            .filter(|(origin, _)| matches!(origin.last(), Step::Object { kind, .. } if *kind == wanted))
            .map(|(_, bytes)| bytes.as_slice())
            .collect();
        found.sort_unstable();
        found
    }

    /// The texts of one kind, by what its name says.
    pub(super) fn texts(&self, wanted: &str) -> Vec<&[u8]> {
        let mut found: Vec<_> = self
            .blobs
            .iter()
            .filter(|(origin, _)| matches!(origin.last(), Step::Text { kind } if kind.name() == wanted))
            .map(|(_, bytes)| bytes.as_slice())
            .collect();
        found.sort_unstable();
        found
    }

    pub(super) fn reasons(&self) -> Vec<Reason> {
        self.skips.iter().map(|skip| skip.reason).collect()
    }
}

#[derive(Default)]
struct Recorder(Mutex<Recorded>);

impl Sink for Recorder {
    fn put(&self, item: Item<'_>) {
        let mut recorded = self.0.lock().unwrap();
        match item {
            Item::Blob(blob) => {
                let mut bytes = Vec::new();
                match blob.content {
                    Content::Bytes(all) => bytes.extend_from_slice(all),
                    Content::Version(version) => bytes.extend_from_slice(version.bytes),
                    Content::Texts(texts) => bytes.extend_from_slice(texts.text),
                    Content::Rendered(rendered) => bytes.extend_from_slice(rendered.text),
                    Content::Stream(reader) => {
                        reader.read_to_end(&mut bytes).unwrap();
                    }
                }
                recorded.blobs.push((blob.origin, bytes));
            }
            Item::Skip(skip) => recorded.skips.push(skip),
            Item::Seen { objects, .. } => recorded.trees += objects,
            Item::Expect { objects, .. } => recorded.expected += objects,
        }
    }
}
