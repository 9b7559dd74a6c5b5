//! A partial clone lacks what nobody asked it for, on both sides of a change: that is fetched, or it is told.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::{Repository, exit, line, lost, places, says};
use crate::common::{self, command, complaint, scrubjay, stderr, token, write};

/// A repository that serves what it is asked for, and what a clone with a filter has of it.
struct Partial {
    clone: tempfile::TempDir,
    /// Leads to this machine whatever host is meant.
    ssh: String,
}

impl Partial {
    fn of(repository: &Repository, filter: &str) -> Self {
        repository.git(&["config", "uploadpack.allowFilter", "true"]);
        // As a server does that speaks git's newer protocol.
        repository.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let clone = tempfile::tempdir().unwrap();
        let folder = clone.path();
        common::git(folder, &["init", "-q", "-b", "none"]);
        let url = format!("file://{}", repository.path().display());
        for (key, value) in [("url", &*url), ("promisor", "true"), ("partialclonefilter", filter)] {
            common::git(folder, &["config", &format!("remote.origin.{key}"), value]);
        }
        let all = "+refs/heads/*:refs/remotes/origin/*";
        common::git(folder, &["fetch", "-q", &format!("--filter={filter}"), "origin", all]);
        let url = format!("ssh://git@localhost{}", repository.path().display());
        common::git(folder, &["remote", "set-url", "origin", &url]);
        let script = folder.join(".git/ssh");
        fs::write(&script, "#!/bin/sh\nfor last; do :; done\nexec sh -c \"$last\"\n").unwrap();
        let ssh = format!("sh '{}'", script.display());
        Partial { clone, ssh }
    }

    fn folder(&self) -> &Path {
        self.clone.path()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        command(self.folder()).args(arguments).env("GIT_SSH_COMMAND", &self.ssh).output().unwrap()
    }

    /// Exit code, `state path` of each place, and what was lost.
    fn range(&self, more: &[&str]) -> (i32, Vec<String>, Vec<String>) {
        let arguments = ["git", ".", "--range", "origin/main..origin/side", "--format", "json"];
        let output = self.run(&[&arguments[..], more].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        let found = places(&report).into_iter().map(|place| place.rsplit_once(' ').unwrap().0.to_owned());
        assert_eq!(report["complete"], lost(&report).is_empty());
        (exit(&output), found.collect(), lost(&report))
    }
}

/// `main` has a secret in one file; `side` adds a line to that file.
fn edited() -> Repository {
    let repository = Repository::new();
    write(repository.path(), "deep/untouched.env", &line(81));
    repository.commit("old.env", &line(82));
    repository.branch("side");
    repository.commit("old.env", &format!("{}MORE=1\n", line(82)));
    repository
}

#[test]
fn what_the_base_has_is_asked_of_the_remote() {
    let repository = edited();
    for filter in ["blob:none", "tree:0"] {
        let partial = Partial::of(&repository, filter);
        let before = says(partial.folder(), &["count-objects", "-v"]);
        assert_eq!(partial.range(&["--deepen"]), (0, vec!["touched old.env".to_owned()], vec![]), "{filter}");
        assert_eq!(says(partial.folder(), &["count-objects", "-v"]), before, "the clone stays as it is");
    }
}

#[test]
fn what_the_base_has_and_is_not_here_is_told() {
    let repository = edited();
    // What is checked out is here.
    let checked_out = Partial::of(&repository, "blob:none");
    let blob = repository.says(&["rev-parse", "side:old.env"]);
    common::git(checked_out.folder(), &["fetch", "-q", &repository.path().display().to_string(), &blob]);
    let (code, found, lost) = checked_out.range(&[]);
    assert_eq!((code, &*found), (1, &["introduced old.env".to_owned()][..]), "{lost:?}");
    assert!(lost[0].starts_with("missing: a partial clone left 1 object of the base out, so what is new"), "{lost:?}");
    assert!(lost[0].contains("`--deepen` and `ci` fetch"), "{lost:?}");
    let no_trees = Partial::of(&repository, "tree:0");
    let failure = complaint(&scrubjay(no_trees.folder(), &["git", "--range", "origin/main..origin/side"]));
    assert!(failure.contains("the clone is partial"), "{failure}");
}

#[test]
fn a_value_that_another_file_of_the_base_has_is_fetched_too() {
    let repository = edited();
    repository.commit("new.env", &line(81));
    repository.commit("newer.env", &line(83));
    let partial = Partial::of(&repository, "blob:none");
    let expected = ["introduced newer.env", "spread new.env", "touched old.env"].map(str::to_owned);
    assert_eq!(partial.range(&["--deepen"]), (1, expected.to_vec(), vec![]));
}

#[test]
fn what_a_change_adds_and_takes_away_is_fetched() {
    let repository = Repository::new();
    repository.branch("side");
    repository.commit("deep/gone.env", &line(84));
    repository.git(&["rm", "-q", "-r", "deep"]);
    repository.commit_all("gone");
    for filter in ["blob:none", "tree:0"] {
        let partial = Partial::of(&repository, filter);
        let expected = vec!["transient deep/gone.env".to_owned()];
        assert_eq!(partial.range(&["--deepen"]), (1, expected, vec![]), "{filter}");
    }
    let (code, found, lost) = Partial::of(&repository, "blob:none").range(&[]);
    assert_eq!((code, found), (3, vec![]));
    assert!(lost[0].contains("1 object of the range out: `--deepen` and `ci` fetch"), "{lost:?}");
}

#[test]
fn the_configuration_of_the_base_is_fetched_or_the_way_to_it_is_told() {
    let repository = Repository::new();
    repository.commit(".scrubjay.toml", "[[allow]]\npath = \"new.env\"\nreason = \"a test\"\n");
    repository.branch("side");
    repository.commit("new.env", &line(85));
    for filter in ["blob:none", "tree:0"] {
        let partial = Partial::of(&repository, filter);
        assert_eq!(partial.range(&["--deepen"]), (0, vec![], vec![]), "{filter}");
        let failure = complaint(&scrubjay(partial.folder(), &["git", "--range", "origin/main..origin/side"]));
        assert!(failure.contains("cannot be read, so what counts is not known: the clone is partial: "), "{failure}");
        assert!(failure.contains("`--deepen`") && failure.contains("`git fetch --refetch --no-filter`"), "{failure}");
    }
    let partial = Partial::of(&repository, "blob:none");
    let broken = Partial { ssh: "false".to_owned(), ..partial };
    let failure = complaint(&broken.run(&["git", "--range", "origin/main..origin/side", "--deepen"]));
    assert!(failure.contains("they were not fetched: ssh://") && failure.contains("partial clone"), "{failure}");
}

#[test]
fn ends_of_history_are_fetched_of_a_partial_clone_too() {
    let repository = edited();
    let partial = Partial::of(&repository, "blob:none");
    let folder = partial.folder();
    let shallow = tempfile::tempdir().unwrap();
    let url = format!("file://{}", repository.path().display());
    let arguments =
        ["clone", "-q", "--depth", "1", "--filter=blob:none", "--no-checkout", "--branch", "side", &url, "."];
    common::git(shallow.path(), &arguments);
    let remote = says(folder, &["remote", "get-url", "origin"]);
    common::git(shallow.path(), &["remote", "set-url", "origin", &remote]);
    fs::copy(folder.join(".git/ssh"), shallow.path().join(".git/ssh")).unwrap();
    common::git(shallow.path(), &["update-ref", "refs/remotes/origin/side", "HEAD"]);
    let shallow = Partial { clone: shallow, ..partial };
    assert_eq!(shallow.range(&["--deepen"]), (0, vec!["touched old.env".to_owned()], vec![]));
}

#[test]
fn everything_of_a_partial_clone_is_judged_where_a_server_asks_for_it() {
    let repository = Repository::new();
    repository.commit("gone.env", &line(86));
    repository.commit("gone.env", "clean\n");
    let partial = Partial::of(&repository, "blob:none");
    common::git(partial.folder(), &["update-ref", "refs/heads/none", "refs/remotes/origin/main"]);
    let output = command(partial.folder())
        .args(["ci", "--format", "json"])
        .env("GIT_SSH_COMMAND", &partial.ssh)
        .env("GITLAB_CI", "true")
        .env("CI_PIPELINE_SOURCE", "schedule")
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    assert_eq!((exit(&output), lost(&report), places(&report).len()), (1, vec![], 1), "{report:#}");
    assert!(!report.to_string().contains(&token(86)));
}
