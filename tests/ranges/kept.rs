//! Merges that keep what the base had taken away: they bring it back, though no commit of theirs made it.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use super::{Repository, line, places};
use crate::common::{command, exit, stdout, write};

/// `main` had a secret and took it away, and `side` left it before that.
fn parted() -> Repository {
    let repository = Repository::new();
    repository.commit("old.env", &line(401));
    repository.branch("side");
    repository.commit("mine", "mine\n");
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["rm", "-q", "old.env"]);
    repository.commit_all("take the secret away");
    repository.git(&["checkout", "-q", "side"]);
    repository
}

fn merge(repository: &Repository) -> String {
    repository.git(&["merge", "-q", "--no-ff", "-s", "ours", "-m", "merge main", "main"]);
    repository.says(&["rev-parse", "HEAD"])
}

#[test]
fn a_merge_that_keeps_a_file_brings_it_back() {
    let repository = parted();
    assert_eq!(repository.range(), (0, vec![]), "what side still has, main does not get by merging it");
    let merge = merge(&repository);
    repository.commit("more", "more\n");
    let expected = (1, vec![format!("introduced old.env {merge}")]);
    assert_eq!(repository.range(), expected);
    let (exit, report) = repository.scan(&["--range", "main...side"]);
    assert_eq!((exit, places(&report)), expected);
    let (exit, report) = repository.scan(&["--since", "main"]);
    assert_eq!((exit, places(&report)), expected);
    // What main got by it is told of the push as well.
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["merge", "-q", "side"]);
    let (exit, report) = repository.scan(&["--range", "main@{1}..main"]);
    assert_eq!((exit, places(&report)), expected);
}

#[test]
fn a_conflict_that_is_solved_for_the_older_text_brings_it_back() {
    let repository = Repository::new();
    repository.commit("deep/app.env", &line(402));
    repository.branch("side");
    repository.commit("mine", "mine\n");
    repository.git(&["checkout", "-q", "main"]);
    repository.commit("deep/app.env", "cleaned\n");
    repository.git(&["checkout", "-q", "side"]);
    repository.git(&["merge", "-q", "--no-ff", "--no-commit", "main"]);
    write(repository.path(), "deep/app.env", &line(402));
    let merge = repository.commit_all("merge main");
    assert_eq!(repository.range(), (1, vec![format!("introduced deep/app.env {merge}")]));
}

#[test]
fn what_is_gone_in_the_end_or_was_never_taken_away_is_not_told() {
    let repository = parted();
    repository.commit("kept.env", "nothing\n");
    merge(&repository);
    repository.git(&["rm", "-q", "old.env"]);
    repository.commit_all("clean");
    assert_eq!(repository.range(), (0, vec![]), "the base's own history has it");

    let repository = Repository::new();
    repository.commit("known.env", &line(403));
    repository.branch("side");
    repository.commit("mine", "mine\n");
    repository.git(&["checkout", "-q", "main"]);
    repository.commit("theirs.env", &line(404));
    repository.git(&["checkout", "-q", "side"]);
    repository.git(&["merge", "-q", "--no-ff", "-m", "merge main", "main"]);
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["rm", "-q", "known.env", "theirs.env"]);
    repository.commit_all("take both away");
    repository.git(&["checkout", "-q", "side"]);
    assert_eq!(repository.range(), (0, vec![]), "main does not get them back by merging this");
}

#[test]
fn a_merge_below_another_one_is_seen() {
    let repository = parted();
    repository.branch("other");
    let kept = merge(&repository);
    repository.git(&["checkout", "-q", "side"]);
    repository.commit("again", "again\n");
    repository.git(&["merge", "-q", "--no-ff", "-m", "merge other", "other"]);
    assert_eq!(repository.range(), (1, vec![format!("introduced old.env {kept}")]));
}

#[test]
fn each_tip_is_held_against_its_own_base() {
    let repository = parted();
    // It left main before the secret was taken away, and does not bring it back.
    repository.git(&["branch", "old-branch"]);
    let kept = merge(&repository);
    repository.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    let pushed = |branches: &[&str]| {
        let line = |branch: &&str| {
            let id = repository.says(&["rev-parse", branch]);
            format!("refs/heads/{branch} {id} refs/heads/{branch} {}\n", "0".repeat(40))
        };
        let lines: String = branches.iter().map(line).collect();
        let mut hook = command(repository.path());
        hook.args(["hook", "run", "pre-push", "--format", "json", "origin", "url"]);
        let mut hook = hook.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        hook.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = hook.wait_with_output().unwrap();
        let report = serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{output:?}"));
        (exit(&output), places(&report))
    };
    assert_eq!(pushed(&["old-branch"]), (0, vec![]));
    assert_eq!(pushed(&["side"]), (1, vec![format!("introduced old.env {kept}")]));
    assert_eq!(pushed(&["old-branch", "side"]), (1, vec![format!("introduced old.env {kept}")]));
    repository.git(&["checkout", "-q", "old-branch"]);
    repository.commit("more", "more\n");
    fs::write(repository.path().join("mine"), "x\n").unwrap();
    let since = repository.scan(&["--since", "main"]);
    assert_eq!(places(&since.1), [format!("introduced old.env {kept}")]);
}
