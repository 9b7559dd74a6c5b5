//! Annotated tags: a tag may be new where its commit is old.

use super::Repository;
use crate::common::{self, command, exit, stdout, token};

/// What is told of a scan: the exit and the kinds of objects that have something.
fn tags(repository: &Repository, arguments: &[&str]) -> (i32, usize) {
    let (exit, report) = repository.scan(arguments);
    (exit, report.to_string().matches("\"object\":\"tag\"").count())
}

#[test]
fn a_new_tag_of_a_known_commit_is_read() {
    let repository = Repository::new();
    repository.git(&["tag", "-a", "v0", "-m", &format!("use {}", token(61))]);
    repository.git(&["tag", "-a", "v1", "-m", &format!("use {}", token(62))]);
    assert_eq!(tags(&repository, &["--range", "main..v1"]), (1, 1));
    assert_eq!(tags(&repository, &["--range", "main...v1"]), (1, 1));
    assert_eq!(tags(&repository, &["--range", "v1..v1"]), (0, 0), "the base is that tag");
    assert_eq!(tags(&repository, &["--since", "main"]).0, 1);
    assert_eq!(tags(&repository, &["--since", "2001-01-01"]).0, 1);
    assert_eq!(tags(&repository, &["--since", "2999-01-01"]), (0, 0));
}

#[test]
fn a_tag_that_a_build_server_names_is_read() {
    let repository = Repository::new();
    repository.git(&["tag", "-a", "v1", "-m", &format!("use {}", token(63))]);
    let head = repository.says(&["rev-parse", "HEAD"]);
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let mut ci = command(repository.path());
    for name in ["GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH"] {
        ci.env_remove(name);
    }
    ci.args(["ci", "--format", "json"]).env("GITLAB_CI", "true").env("CI_PIPELINE_SOURCE", "push");
    ci.env("CI_COMMIT_SHA", head).env("CI_COMMIT_BEFORE_SHA", "0".repeat(40)).env("CI_COMMIT_TAG", "v1");
    let output = ci.env("CI_DEFAULT_BRANCH", "main").output().unwrap();
    assert_eq!(exit(&output), 1, "{}{}", stdout(&output), common::stderr(&output));
    assert!(stdout(&output).contains("\"object\":\"tag\""), "{}", stdout(&output));
}
