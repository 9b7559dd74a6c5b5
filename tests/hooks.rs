//! `hook run`, called by git itself; and that nothing of a hostile repository is ever run.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{command, complaint, exit, git, stderr, stdout, token, write};

fn line(seed: u64) -> String {
    format!("GITHUB_TOKEN={}\n", token(seed))
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Puts a hook into a repository that calls the binary as a user would.
fn install(git_folder: &Path, hook: &str) {
    let line = format!("exec '{}' hook run {hook} \"$@\"", env!("CARGO_BIN_EXE_scrubjay"));
    script(&git_folder.join("hooks").join(hook), &line);
}

/// A clone with a commit, and the bare repository that it pushes to.
struct Pair {
    folder: tempfile::TempDir,
}

impl Pair {
    fn new() -> Self {
        let pair = Pair { folder: tempfile::tempdir().unwrap() };
        let (clone, bare) = (pair.clone(), pair.bare());
        fs::create_dir_all(&bare).unwrap();
        git(&bare, &["init", "-q", "--bare", "-b", "main"]);
        fs::create_dir_all(&clone).unwrap();
        git(&clone, &["init", "-q", "-b", "main"]);
        git(&clone, &["remote", "add", "origin", bare.to_str().unwrap()]);
        write(&clone, "readme", "nothing\n");
        pair.commit("one");
        git(&clone, &["push", "-q", "origin", "main"]);
        pair
    }

    fn clone(&self) -> PathBuf {
        self.folder.path().join("clone")
    }

    fn bare(&self) -> PathBuf {
        self.folder.path().join("bare.git")
    }

    fn commit(&self, message: &str) {
        git(&self.clone(), &["add", "-A"]);
        git(&self.clone(), &["commit", "-q", "--allow-empty", "--no-verify", "-m", message]);
    }

    /// Runs git in the clone, hooks and all.
    fn try_git(&self, arguments: &[&str]) -> Output {
        Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(self.clone())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap()
    }

    fn has(&self, reference: &str) -> bool {
        let mut command = Command::new("git");
        command.args(["rev-parse", "-q", "--verify", reference]).current_dir(self.bare()).stdout(Stdio::null());
        command.status().unwrap().success()
    }
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}{}", stdout(output), stderr(output));
}

fn refused(output: &Output, told: &str) {
    let text = format!("{}{}", stdout(output), stderr(output));
    assert!(!output.status.success() && text.contains(told), "{text}");
}

#[test]
fn pre_receive_refuses_what_a_push_brings_and_sees_it_in_quarantine() {
    let pair = Pair::new();
    install(&pair.bare(), "pre-receive");
    write(&pair.clone(), "more", "more\n");
    pair.commit("two");
    succeeded(&pair.try_git(&["push", "origin", "main"]));

    write(&pair.clone(), "app.env", &line(1));
    pair.commit("three");
    let push = pair.try_git(&["push", "origin", "main"]);
    refused(&push, "(introduced by this change)");
    assert!(stderr(&push).contains("app.env:1:14") && !stderr(&push).contains(&token(1)));
    git(&pair.clone(), &["rm", "-q", "app.env"]);
    pair.commit("four");
    refused(&pair.try_git(&["push", "origin", "main"]), "added and removed again by this change");
    refused(&pair.try_git(&["push", "origin", "main:refs/heads/new"]), "added and removed again by this change");
    assert!(!pair.has("refs/heads/new"));

    git(&pair.clone(), &["reset", "-q", "--hard", "HEAD~2"]);
    write(&pair.clone(), "more", "even more\n");
    pair.commit("five");
    succeeded(&pair.try_git(&["push", "origin", "main", "main:refs/heads/new"]));
    succeeded(&pair.try_git(&["push", "origin", ":refs/heads/new"]));
    assert!(!pair.has("refs/heads/new"));
}

/// Deployment by push: git runs the hook in the repository's own folder, which it calls `.` there.
#[test]
fn pre_receive_judges_what_is_pushed_into_a_working_tree() {
    let pair = Pair::new();
    let server = pair.folder.path().join("server");
    git(pair.folder.path(), &["clone", "-q", pair.bare().to_str().unwrap(), "server"]);
    git(&server, &["config", "receive.denyCurrentBranch", "updateInstead"]);
    install(&server.join(".git"), "pre-receive");
    write(&pair.clone(), "other", "nothing\n");
    pair.commit("two");
    let server = server.to_str().unwrap();
    succeeded(&pair.try_git(&["push", "-q", server, "main"]));
    write(&pair.clone(), "app.env", &line(11));
    pair.commit("three");
    refused(&pair.try_git(&["push", "-q", server, "main"]), "app.env:1:14");
}

#[test]
fn pre_commit_lets_a_commit_mend_what_counts() {
    let pair = Pair::new();
    write(&pair.clone(), ".scrubjay.toml", "min-severty = 'low'\n");
    write(&pair.clone(), ".scrubjay.baseline", "<<<<<<< ours\n");
    pair.commit("broken");
    install(&pair.clone().join(".git"), "pre-commit");
    write(&pair.clone(), "other", "nothing\n");
    git(&pair.clone(), &["add", "-A"]);
    refused(&pair.try_git(&["commit", "-m", "x"]), "unknown field");
    write(&pair.clone(), ".scrubjay.toml", "min-severity = 'low'\n");
    git(&pair.clone(), &["rm", "-q", ".scrubjay.baseline"]);
    git(&pair.clone(), &["add", "-A"]);
    succeeded(&pair.try_git(&["commit", "-m", "x"]));
}

#[test]
fn pre_receive_knows_what_other_references_have() {
    let pair = Pair::new();
    write(&pair.clone(), "app.env", &line(2));
    pair.commit("two");
    git(&pair.clone(), &["push", "-q", "origin", "main"]);
    install(&pair.bare(), "pre-receive");
    git(&pair.clone(), &["checkout", "-q", "-b", "side"]);
    write(&pair.clone(), "more", "more\n");
    pair.commit("three");
    succeeded(&pair.try_git(&["push", "origin", "side"]));
    write(&pair.clone(), "copy.env", &line(2));
    pair.commit("four");
    refused(&pair.try_git(&["push", "origin", "side"]), "known before, now at a new path");
    git(&pair.clone(), &["reset", "-q", "--hard", "HEAD~1"]);
    let tag = format!("the token is {}", token(3));
    git(&pair.clone(), &["tag", "-a", "v1", "-m", &tag]);
    refused(&pair.try_git(&["push", "origin", "v1"]), "tag");
    let name = format!("refs/heads/{}", token(4));
    refused(&pair.try_git(&["push", "origin", &format!("HEAD:{name}")]), "ref name");
    let blob = pair.clone().join("blob");
    fs::write(&blob, line(5)).unwrap();
    git(&pair.clone(), &["tag", "-f", "blob", &says(&pair.clone(), &["hash-object", "-w", "blob"])]);
    refused(&pair.try_git(&["push", "origin", "blob"]), "GITHUB_TOKEN");
}

fn says(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).trim().to_owned()
}

#[test]
fn pre_push_judges_what_the_remote_has_not() {
    let pair = Pair::new();
    install(&pair.clone().join(".git"), "pre-push");
    write(&pair.clone(), "app.env", &line(6));
    pair.commit("two");
    refused(&pair.try_git(&["push", "origin", "main"]), "(introduced by this change)");
    refused(&pair.try_git(&["push", "origin", "main:new"]), "(introduced by this change)");
    assert!(!pair.has("refs/heads/new"));
    git(&pair.clone(), &["push", "-q", "--no-verify", "origin", "main"]);
    write(&pair.clone(), "more", "more\n");
    pair.commit("three");
    succeeded(&pair.try_git(&["push", "origin", "main", "main:new"]));
    succeeded(&pair.try_git(&["push", "origin", ":new"]));
    succeeded(&pair.try_git(&["push", "origin", "main"]));
}

#[test]
fn what_is_pushed_does_not_allow_itself() {
    let pair = Pair::new();
    let entry = |path: &str| format!("[[allow]]\npath = \"{path}\"\nreason = \"a sample\"\n");
    write(&pair.clone(), ".scrubjay.toml", &entry("known.env"));
    pair.commit("two");
    git(&pair.clone(), &["push", "-q", "origin", "main"]);
    install(&pair.clone().join(".git"), "pre-push");
    write(&pair.clone(), "known.env", &line(20));
    pair.commit("three");
    succeeded(&pair.try_git(&["push", "origin", "main:new"]));
    write(&pair.clone(), ".scrubjay.toml", &format!("{}{}", entry("known.env"), entry("app.env")));
    write(&pair.clone(), "app.env", &line(21));
    pair.commit("four");
    refused(&pair.try_git(&["push", "origin", "main:new"]), "by this change only, which does not count");
    // A linked working tree is the user's own, too.
    install(&pair.clone().join(".git"), "pre-commit");
    let tree = pair.folder.path().join("tree");
    git(&pair.clone(), &["worktree", "add", "-q", "-b", "side", tree.to_str().unwrap(), "HEAD~1"]);
    let commit = |file: &str, seed: u64| {
        write(&tree, file, &format!("{}MORE=1\n", line(seed)));
        git(&tree, &["add", "-A"]);
        let commit = ["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-m", "x"];
        Command::new("git").args(commit).current_dir(&tree).output().unwrap()
    };
    succeeded(&commit("known.env", 22));
    refused(&commit("app.env", 23), "app.env:1:14");
    // On the server, what was pushed before is somebody else's word as well.
    fs::remove_file(pair.clone().join(".git/hooks/pre-push")).unwrap();
    git(&pair.clone(), &["push", "-q", "origin", ":new"]);
    install(&pair.bare(), "pre-receive");
    refused(&pair.try_git(&["push", "origin", "HEAD~1:refs/heads/more"]), "known.env:1:14");
}

#[test]
fn pre_commit_judges_what_is_staged() {
    let pair = Pair::new();
    install(&pair.clone().join(".git"), "pre-commit");
    write(&pair.clone(), "app.env", &line(7));
    git(&pair.clone(), &["add", "-A"]);
    refused(&pair.try_git(&["commit", "-m", "x"]), "app.env:1:14");
    write(&pair.clone(), "app.env", "clean\n");
    refused(&pair.try_git(&["commit", "-m", "x"]), "app.env:1:14");
    // With a path git makes an index of its own for the hook.
    succeeded(&pair.try_git(&["commit", "-m", "x", "app.env"]));
    write(&pair.clone(), "readme", &line(8));
    refused(&pair.try_git(&["commit", "-a", "-m", "x"]), "readme:1:14");
    refused(&pair.try_git(&["commit", "-m", "x", "readme"]), "readme:1:14");
    let linked = pair.folder.path().join("linked");
    git(&pair.clone(), &["worktree", "add", "-q", "-b", "linked", linked.to_str().unwrap()]);
    write(&linked, "linked.env", &line(9));
    git(&linked, &["add", "-A"]);
    let commit = Command::new("git").args(["commit", "-m", "x"]).current_dir(&linked).output().unwrap();
    refused(&commit, "linked.env:1:14");
}

fn hook(folder: &Path, name: &str, input: &str) -> Output {
    let mut child = command(folder)
        .args(["hook", "run", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn what_git_does_not_write_is_an_error() {
    let pair = Pair::new();
    let (zeros, ones) = ("0".repeat(40), "1".repeat(40));
    for (name, input) in [
        ("pre-receive", "main\n".to_owned()),
        ("pre-receive", format!("{zeros} {ones} refs/heads/x\n")),
        ("pre-push", format!("refs/heads/x {ones} refs/heads/x\n")),
        ("pre-push", format!("refs/heads/x {ones} refs/heads/x {zeros}\n")),
    ] {
        let failure = complaint(&hook(&pair.clone(), name, &input));
        assert!(failure.contains("hook: "), "{failure}");
    }
    assert_eq!(exit(&hook(&pair.clone(), "pre-push", "")), 0);
    let gone = format!("(delete) {zeros} refs/heads/x {ones}\n");
    assert_eq!(exit(&hook(&pair.clone(), "pre-push", &gone)), 0);
    assert_eq!(exit(&hook(&pair.clone(), "pre-merge", "")), 2);
}

#[test]
fn the_quarantine_is_looked_at_in_its_hook_only() {
    let pair = Pair::new();
    let other = Pair::new();
    write(&other.clone(), "app.env", &line(10));
    other.commit("elsewhere");
    let objects = other.clone().join(".git/objects");
    let elsewhere = says(&other.clone(), &["rev-parse", "HEAD"]);
    for name in ["GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"] {
        let range = format!("HEAD..{elsewhere}");
        let output = command(&pair.clone()).args(["git", "--range", &range]).env(name, &objects).output().unwrap();
        assert!(complaint(&output).contains("names no commit here"), "{name}");
    }
}

/// A repository whose config would run something at every chance that git gives.
fn hostile(folder: &Path, witness: &Path) {
    let run = format!("touch '{}'", witness.display());
    let evil = folder.join(".git/evil");
    script(&evil, &format!("{run}; exit 0"));
    for hook in ["post-checkout", "reference-transaction", "post-index-change", "pre-commit", "fsmonitor-watchman"] {
        script(&folder.join(".git/evil-hooks").join(hook), &run);
        script(&folder.join(".git/hooks").join(hook), &run);
    }
    let path = evil.to_str().unwrap();
    for (key, value) in [
        ("core.fsmonitor", path),
        ("core.sshCommand", path),
        ("core.gitProxy", path),
        ("core.pager", path),
        ("core.editor", path),
        ("core.hooksPath", ".git/evil-hooks"),
        ("core.alternateRefsCommand", path),
        ("credential.helper", path),
        ("diff.evil.textconv", path),
        ("diff.evil.command", path),
        ("diff.external", path),
        ("filter.evil.smudge", path),
        ("filter.evil.clean", path),
        ("filter.evil.process", path),
        ("filter.evil.required", "true"),
        ("merge.evil.driver", path),
        ("gpg.program", path),
        ("uploadpack.packObjectsHook", path),
        ("protocol.ext.allow", "always"),
        ("remote.origin.url", &format!("ext::{path} %S")),
        ("remote.origin.uploadpack", path),
        ("remote.origin.promisor", "true"),
        ("url.ext::sh.insteadOf", "https://"),
    ] {
        let file = folder.join(".git/config");
        git(folder, &["config", "--file", file.to_str().unwrap(), key, value]);
    }
}

#[test]
fn nothing_of_a_hostile_repository_is_run() {
    let pair = Pair::new();
    let folder = pair.clone();
    write(&folder, ".gitattributes", "* filter=evil diff=evil merge=evil\n");
    write(&folder, "app.env", &line(11));
    pair.commit("two");
    git(&folder, &["push", "-q", "origin", "main"]);
    write(&folder, "staged.env", &line(12));
    git(&folder, &["add", "-A"]);
    let base = says(&folder, &["rev-parse", "HEAD~1"]);
    let shallow = says(&folder, &["rev-parse", "HEAD"]);
    let witness = pair.folder.path().join("witness");
    hostile(&folder, &witness);
    let range = format!("{base}..HEAD");
    for arguments in [
        &["scan", "."][..],
        &["git", "."],
        &["git", ".", "--range", &range],
        &["git", ".", "--staged"],
        &["git", ".", "--since", "2001-01-01"],
        &["git", ".", "--branch", "main"],
        &["hook", "run", "pre-commit"],
    ] {
        let output = command(&folder).args(arguments).output().unwrap();
        assert_eq!(exit(&output), 1, "{arguments:?}: {}{}", stdout(&output), stderr(&output));
        assert!(!witness.exists(), "{arguments:?}");
    }
    // Cut off, so that there is something to fetch.
    fs::write(folder.join(".git/shallow"), format!("{shallow}\n")).unwrap();
    let absent = format!("{}..HEAD", "1".repeat(40));
    let output = command(&folder).args(["git", ".", "--range", &absent]).output().unwrap();
    assert_eq!(exit(&output), 3, "{}", stderr(&output));
    assert!(!witness.exists());
    let bare = pair.bare();
    for (url, code) in [(String::new(), 2), (format!("ssh://git@localhost{}", bare.display()), 1)] {
        if !url.is_empty() {
            let file = folder.join(".git/config");
            git(&folder, &["config", "--file", file.to_str().unwrap(), "remote.origin.url", &url]);
        }
        let ssh = pair.folder.path().join("ssh");
        script(&ssh, "for last; do :; done; exec sh -c \"$last\"");
        let output = command(&folder)
            .args(["git", ".", "--range", &range, "--deepen"])
            .env("GIT_SSH_COMMAND", &ssh)
            .output()
            .unwrap();
        assert_eq!(exit(&output), code, "{url}: {}{}", stdout(&output), stderr(&output));
        assert!(!witness.exists(), "{url}");
    }
    // The witness would have appeared: git itself runs what the config names.
    let _ = Command::new("git").args(["status"]).current_dir(&folder).output().unwrap();
    assert!(witness.exists(), "the config is hostile");
}
