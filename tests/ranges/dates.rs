//! Clocks that were wrong: dates say which commits are asked for, and never what was there before.

use std::process::Command;

use super::{Repository, line, places};
use crate::common::write;

/// Commits a file with the committer's date.
fn dated(repository: &Repository, date: &str, file: &str, text: &str) -> String {
    write(repository.path(), file, text);
    repository.git(&["add", "-A"]);
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", file])
        .current_dir(repository.path())
        .env("GIT_COMMITTER_DATE", date)
        .output()
        .unwrap();
    assert!(output.status.success());
    repository.says(&["rev-parse", "HEAD"])
}

/// A repository whose branches `base` and `side` leave a first commit that is younger than the tip of `base`.
fn skewed() -> (Repository, String) {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "--orphan", "root"]);
    dated(&repository, "2026-11-20T00:00:00Z", "known.env", &line(41));
    repository.branch("base");
    dated(&repository, "2026-02-01T00:00:00Z", "base", "1\n");
    repository.git(&["checkout", "-q", "-b", "side", "root"]);
    let side = dated(&repository, "2026-11-21T00:00:00Z", "side.env", &line(42));
    (repository, side)
}

#[test]
fn a_base_that_is_older_than_the_root_still_has_it() {
    let (repository, side) = skewed();
    for range in ["base..side", "base...side"] {
        let (exit, report) = repository.scan(&["--range", range]);
        assert_eq!((exit, places(&report)), (1, vec![format!("introduced side.env {side}")]), "{range}");
    }
    let (exit, report) = repository.scan(&["--range", "base..base~1"]);
    assert_eq!((exit, places(&report)), (0, vec![]), "base reaches it");
}

#[test]
fn what_comes_after_a_date_is_introduced_whatever_later_commits_say() {
    let repository = Repository::new();
    repository.git(&["checkout", "-q", "--orphan", "root"]);
    dated(&repository, "2026-01-01T00:00:00Z", "old.env", &line(43));
    let added = dated(&repository, "2026-06-01T00:00:00Z", "new.env", &line(44));
    dated(&repository, "2026-02-01T00:00:00Z", "later", "a clock that was wrong\n");
    let touched = dated(&repository, "2026-06-02T00:00:00Z", "old.env", &format!("# x\n{}", line(43)));
    let (exit, report) = repository.scan(&["--branch", "root", "--since", "2026-05-01"]);
    let expected = vec![format!("introduced new.env {added}"), format!("touched old.env {touched}")];
    assert_eq!((exit, places(&report)), (1, expected));
}

#[test]
fn a_clock_that_was_wrong_changes_nothing() {
    let repository = Repository::new();
    dated(&repository, "2030-01-01T00:00:00Z", "a.env", &line(28));
    dated(&repository, "2001-01-01T00:00:00Z", "b", "b\n");
    repository.git(&["branch", "-f", "base"]);
    repository.branch("side");
    let added = dated(&repository, "2000-01-01T00:00:00Z", "c.env", &line(29));
    let (exit, report) = repository.scan(&["--range", "base..side"]);
    assert_eq!((exit, places(&report)), (1, vec![format!("introduced c.env {added}")]));
}
