//! Names that stand for two things: a tag that is called as the base is must not silence what it names.

use super::{Repository, line, places, says};
use crate::common::{command, complaint, exit, scrubjay, stderr, stdout};

/// A clone whose remote has a tag `origin/main` on a commit of the branch `side` that has a secret.
fn attacked() -> (Repository, tempfile::TempDir) {
    let remote = Repository::new();
    remote.branch("side");
    remote.commit("app.env", &line(411));
    remote.git(&["tag", "origin/main"]);
    remote.commit("later", "later\n");
    let clone = tempfile::tempdir().unwrap();
    let from = remote.path().to_str().unwrap();
    crate::common::git(clone.path(), &["clone", "-q", from, "."]);
    (remote, clone)
}

fn refusal(folder: &std::path::Path, arguments: &[&str]) -> String {
    complaint(&scrubjay(folder, arguments))
}

#[test]
fn a_tag_that_is_called_as_the_base_is_refused() {
    let (_remote, clone) = attacked();
    let folder = clone.path();
    for arguments in [
        &["git", "--range", "origin/main..HEAD"][..],
        &["git", "--range", "origin/main...HEAD"],
        &["git", "--range", "origin/main~0..HEAD"],
        &["git", "--since", "origin/main"],
        &["ci", "--range", "origin/main..HEAD"],
    ] {
        let told = refusal(folder, arguments);
        let both = "refs/tags/origin/main and refs/remotes/origin/main";
        assert!(told.contains(both) && told.ends_with("such as refs/remotes/origin/main"), "{arguments:?}: {told}");
    }
    let full = scrubjay(folder, &["git", "--range", "refs/remotes/origin/main..HEAD"]);
    assert_eq!(exit(&full), 1, "{}{}", stdout(&full), stderr(&full));
    let id = says(folder, &["rev-parse", "refs/remotes/origin/main"]);
    assert_eq!(exit(&scrubjay(folder, &["git", "--range", &format!("{id}..HEAD")])), 1);
    // Both are the same commit: whichever is meant.
    crate::common::git(folder, &["tag", "-f", "origin/main", "refs/remotes/origin/main"]);
    assert_eq!(exit(&scrubjay(folder, &["git", "--range", "origin/main..HEAD"])), 1);
}

#[test]
fn a_tag_in_the_place_of_a_branch_that_is_not_here_is_refused() {
    let (_remote, clone) = attacked();
    let folder = clone.path();
    crate::common::git(folder, &["update-ref", "-d", "refs/remotes/origin/main"]);
    let told = refusal(folder, &["git", "--range", "origin/main..HEAD"]);
    assert!(told.contains("`origin/main` is the tag refs/tags/origin/main"), "{told}");
    crate::common::git(folder, &["tag", "refs/remotes/origin/main", "HEAD"]);
    let told = refusal(folder, &["git", "--range", "refs/remotes/origin/main..HEAD"]);
    assert!(told.contains("names no commit here"), "{told}");
}

#[test]
fn the_head_and_digits_of_an_id_are_asked_as_well() {
    let repository = Repository::new();
    repository.branch("side");
    let leak = repository.commit("app.env", &line(412));
    repository.git(&["tag", "side", "main"]);
    let told = refusal(repository.path(), &["git", "--range", "main..side"]);
    assert!(told.contains("refs/tags/side and refs/heads/side"), "{told}");
    let base = repository.says(&["rev-parse", "main"]);
    repository.git(&["tag", &base[..9], &leak]);
    let told = refusal(repository.path(), &["git", "--range", &format!("{}..HEAD", &base[..9])]);
    assert!(told.contains("is ambiguous") && told.contains("and the commit"), "{told}");
    assert_eq!(exit(&scrubjay(repository.path(), &["git", "--range", &format!("{}..HEAD", &base[..10])])), 1);
}

#[test]
fn a_branch_is_meant_where_a_branch_is_asked_for() {
    let repository = Repository::new();
    repository.branch("side");
    repository.commit("app.env", &line(413));
    repository.git(&["tag", "side", "main"]);
    for arguments in [&["--branch", "side"][..], &["--branch", "side~0"]] {
        let (exit, report) = repository.scan(arguments);
        assert_eq!((exit, places(&report).len()), (1, 1), "{arguments:?}");
    }
    assert_eq!(repository.scan(&["--branch", "refs/tags/side"]).0, 0);
    repository.git(&["tag", "2026-03-31"]);
    let told = refusal(repository.path(), &["git", "--since", "2026-03-31"]);
    assert!(told.contains("a date and refs/tags/2026-03-31"), "{told}");
}

#[test]
fn a_reftable_is_asked_in_the_same_way() {
    let repository = Repository(tempfile::tempdir().unwrap());
    let made = std::process::Command::new("git")
        .args(["init", "-q", "-b", "main", "--ref-format=reftable"])
        .current_dir(repository.path())
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        // Older versions of git have none.
        return;
    }
    repository.commit("readme", "nothing\n");
    repository.branch("side");
    repository.commit("app.env", &line(414));
    repository.git(&["tag", "main"]);
    let told = refusal(repository.path(), &["git", "--range", "main..HEAD"]);
    assert!(told.contains("refs/tags/main and refs/heads/main"), "{told}");
    assert_eq!(repository.scan(&["--range", "refs/heads/main..HEAD"]).0, 1);
}

#[test]
fn nothing_that_is_new_is_said() {
    let repository = Repository::new();
    repository.commit("a", "a\n");
    let (head, base) = (repository.says(&["rev-parse", "main~1"]), repository.says(&["rev-parse", "main"]));
    let mut ci = command(repository.path());
    for name in ["GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH"] {
        ci.env_remove(name);
    }
    ci.arg("ci").env("GITLAB_CI", "true").env("CI_PIPELINE_SOURCE", "push");
    ci.env("CI_COMMIT_SHA", &head).env("CI_COMMIT_BEFORE_SHA", &base).env("CI_COMMIT_BRANCH", "side");
    let output = ci.output().unwrap();
    let told = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(exit(&output), 0, "{told}");
    assert!(told.contains(&format!("no commit is new: {} is reached by what was there before", &head[..12])), "{told}");
}
