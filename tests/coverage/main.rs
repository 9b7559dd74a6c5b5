//! What must be seen, row by row: each test builds its case with git itself and plants a token in it, and the program must find
//! the token or say what it did not read.
//!
//! | row | tests |
//! | --- | --- |
//! | **Never green by accident** | |
//! | repository owned by another user | `accident::of_another_owner` |
//! | range or ref that does not resolve | `accident::what_does_not_resolve`; `ranges::what_does_not_resolve_is_an_error` |
//! | shallow clone, partial clone, filtered clone | `accident::a_shallow_clone`, `accident::a_partial_clone`; `ranges` (`deepen`, boundaries) |
//! | missing or corrupt object, truncated pack, missing base | `accident::a_flipped_byte`, `accident::a_base_that_is_nowhere`, `accident::a_delta_of_nothing_and_one_of_itself`; `bad_input::repositories`; `source::git::tests::damage` |
//! | layer or archive that cannot be read | `accident::an_archive_that_cannot_be_read`; `source::image::tests` (encrypted, foreign, unknown, truncated); `unpack::tests` |
//! | limits reached | `accident::limits_that_were_set`, `accident::a_blob_too_large_for_memory`; `bad_input::archives`, `unpack::tests::hostile` |
//! | unreadable file or folder, file that changes | `bad_input::files`; `source::regular_file` |
//! | dangling link, fifo, device, socket, LFS pointer, `.zip` that is none | `accident::nothing_to_read_is_no_failure`; `bad_input::files`, `source::directory::tests` |
//! | **Git** | |
//! | content only in a merge; rename with edit; link that becomes a file; type changes | `git::merges_and_renames`, `git::type_changes` |
//! | blob only a tag has; messages of tags, commits, empty commits; notes; stash; pull refs; replaced and grafted | `git::references`, `git::messages`, `git::stashes`, `git::replaced_and_grafted` |
//! | unreachable objects; the reflog | `git::unreachable` |
//! | `-diff`, binary by attributes; UTF-16; NUL bytes | `git::attributes_and_encodings` |
//! | names of files and refs, link targets, `.gitmodules`, config URL, credentials files | `git::names`, `git::the_folder_itself` |
//! | id in one commit or file, its secret in another | `pairs` |
//! | bare, worktree, submodule, alternates, packs, multi-pack index, SHA-256 | `git::layouts`; `git_folder` |
//! | staged, pushed range, quarantined | `hooks`; `ranges` (`staged`) |
//! | working tree: tracked, untracked, ignored; LFS | `git::the_working_tree` |
//! | a blob at several paths | `paths` |
//! | **Images** | |
//! | docker-save tars, layouts, registries, as umoci, skopeo, buildah and crane write them | `image_tools`; plain, basic and token login: `image_tools`, `registries::logins`; the daemon: `registries::daemon` |
//! | gzip, zstd and plain layers; foreign and unknown types | `image_tools::every_form_that_the_tools_write`; `source::image::tests` |
//! | overwritten or deleted by a later layer | `image_tools`, `source::image::tests`, `registries::before_a_push` |
//! | config, history, annotations, every platform, attestations and what referrers attach | `source::image::tests`, `registries::attached` |
//! | archives, programs, repositories inside of layers | `registries::inside`, `unpack::tests` |
//! | the instruction; the base image | `image_tools`, `registries::before_a_push` |
//! | a layer in many images is read once | `registries::sweeps` |
//! | **Bad input** (images) | `source::image::tests` (tars, digests, bombs, sizes), `registries::answers` and `logins` (statuses, redirects, realms), `image_tools` (connections that break) |
//! | **Bad input** (repositories) | |
//! | reftable, empty, unborn `HEAD`, bare path that is none, ref that names nothing | `accident::repositories_that_are_hardly_any` |
//! | hostile config | `hooks::nothing_of_a_hostile_repository_is_run` |

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

#[path = "../common/mod.rs"]
mod common;

mod accident;
mod git;
mod keys;
mod paths;
mod syntax;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{command, exit, stderr, stdout, token};
use serde_json::Value;

/// A repository in a folder of its own, with room for more beside it.
struct Repository {
    top: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        Self::with(&[])
    }

    /// With further arguments of `git init`.
    fn with(arguments: &[&str]) -> Self {
        let repository = Repository { top: tempfile::tempdir().unwrap() };
        std::fs::create_dir(repository.path()).unwrap();
        repository.git(&[&["init", "-q", "-b", "main"], arguments].concat());
        repository
    }

    fn path(&self) -> PathBuf {
        self.top.path().join("repository")
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.path(), arguments)
    }

    fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        let mut all = vec!["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
        all.extend(["-c", "protocol.file.allow=always", "-c", "gc.auto=0", "-c", "core.autocrlf=false"]);
        all.extend(arguments);
        let mut command = Command::new("git");
        command.args(all).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", stderr(&output));
        stdout(&output).trim().to_owned()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn commit_all(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    /// Writes a file and commits everything.
    fn commit(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.write(name, bytes);
        self.commit_all(&format!("change {name}"));
    }

    /// A scan of its history.
    fn scan(&self) -> Scan {
        scan(&self.path(), &["git", "."])
    }
}

/// A line with the token of a seed.
fn line(seed: u64) -> String {
    format!("T={}\n", token(seed))
}

/// What a scan said.
struct Scan {
    exit: i32,
    report: Value,
}

fn scan(folder: &Path, arguments: &[&str]) -> Scan {
    let output = command(folder).args(arguments).args(["--format", "json", "--show-secrets"]).output().unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{arguments:?}: {}{}", stdout(&output), stderr(&output)));
    Scan { exit: exit(&output), report }
}

impl Scan {
    /// State and path of all places of the token of a seed; what has no path by the kind of what it is.
    fn places(&self, seed: u64) -> Vec<String> {
        let token = token(seed);
        let findings = self.report["findings"].as_array().unwrap().iter();
        let places = findings
            .filter(|finding| finding["secret"] == token.as_str())
            .flat_map(|finding| finding["places"].as_array().unwrap());
        let mut told: Vec<String> = places
            .map(|place| {
                let path = place["path"].as_str().unwrap();
                let last = place["origin"].as_array().unwrap().last().unwrap();
                let kind = last["object"].as_str().or_else(|| last["text"].as_str()).unwrap_or("file");
                let path = if path.is_empty() { format!("({kind})") } else { path.to_owned() };
                format!("{} {path}", place["state"].as_str().unwrap())
            })
            .collect();
        told.sort();
        told.dedup();
        told
    }

    fn has(&self, seed: u64) -> bool {
        !self.places(seed).is_empty()
    }

    /// Reasons of what was lost.
    fn lost(&self) -> Vec<String> {
        let skipped = self.report["coverage"]["skipped"].as_array().unwrap().iter();
        let mut lost: Vec<String> = skipped
            .filter(|skip| skip["class"] == "lost")
            .map(|skip| skip["reason"].as_str().unwrap().to_owned())
            .collect();
        lost.sort();
        lost.dedup();
        lost
    }

    /// That all was read, and these seeds were found at these places.
    fn assert_whole(&self, expected: &[(u64, &[&str])]) {
        assert_eq!(self.lost(), [""; 0], "{}", self.report["coverage"]);
        for (seed, places) in expected {
            assert_eq!(self.places(*seed), *places, "seed {seed}: {}", self.report["findings"]);
        }
    }
}
