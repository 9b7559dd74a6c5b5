//! Parts of a history, as whole programs see them: ranges with their states, the index, the newest commits, shallow clones.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;
#[path = "ranges/dates.rs"]
mod dates;
#[path = "ranges/kept.rs"]
mod kept;
#[path = "ranges/known.rs"]
mod known;
#[path = "ranges/names.rs"]
mod names;
#[path = "ranges/partial.rs"]
mod partial;
#[path = "ranges/shallow.rs"]
mod shallow;
#[path = "ranges/tags.rs"]
mod tags;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{command, complaint, exit, scrubjay, stderr, stdout, token, write};
use serde_json::Value;
use sha1::Digest as _;

/// A repository on the branch `main`, with a first commit.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Repository(tempfile::tempdir().unwrap());
        common::git(repository.path(), &["init", "-q", "-b", "main"]);
        repository.commit("readme", "nothing here\n");
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        common::git(self.path(), arguments);
        String::new()
    }

    /// Writes a file, commits everything, and returns the commit.
    fn commit(&self, file: &str, text: &str) -> String {
        write(self.path(), file, text);
        self.commit_all(&format!("change {file}"))
    }

    fn commit_all(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.says(&["rev-parse", "HEAD"])
    }

    fn branch(&self, name: &str) {
        self.git(&["checkout", "-q", "-b", name]);
    }

    fn says(&self, arguments: &[&str]) -> String {
        says(self.path(), arguments)
    }

    /// Exit code and report of `scrubjay git . ARGUMENTS`.
    fn scan(&self, arguments: &[&str]) -> (i32, Value) {
        report(self.path(), arguments)
    }

    /// `state path commit` of each place of the range `main..HEAD`.
    fn range(&self) -> (i32, Vec<String>) {
        let (exit, report) = self.scan(&["--range", "main..HEAD"]);
        (exit, places(&report))
    }
}

fn says(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn report(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = command(folder).args(["git", "."]).args(arguments).args(["--format", "json"]).output().unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{arguments:?}: {}{}", stdout(&output), stderr(&output)));
    (exit(&output), report)
}

/// `state path commit` of each place of a finding that counts, sorted.
fn places(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let mut places: Vec<String> = findings
        .iter()
        .flat_map(|finding| finding["places"].as_array().unwrap())
        .map(|place| {
            let text = |key: &str| place[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("state"), text("path"), text("commit"))
        })
        .collect();
    places.sort();
    places
}

/// Reasons of what was lost.
fn lost(report: &Value) -> Vec<String> {
    let skips = report["coverage"]["skipped"].as_array().unwrap();
    let lost = skips.iter().filter(|skip| skip["class"] == "lost");
    lost.map(|skip| format!("{}: {}", skip["reason"].as_str().unwrap(), skip["detail"].as_str().unwrap_or("")))
        .collect()
}

fn line(seed: u64) -> String {
    format!("GITHUB_TOKEN={}\n", token(seed))
}

mod states {
    use super::*;

    #[test]
    fn introduced_names_its_commit_and_the_rest_of_the_file_is_read() {
        let repository = Repository::new();
        repository.branch("side");
        let first = repository.commit("deep/app.env", &format!("A=1\n{}", line(1)));
        repository.commit("deep/app.env", &format!("A=2\n{}", line(1)));
        assert_eq!(repository.range(), (1, vec![format!("introduced deep/app.env {first}")]));
        let (exit, text) = {
            let output = scrubjay(repository.path(), &["git", "--range", "main..HEAD"]);
            (common::exit(&output), stdout(&output))
        };
        assert_eq!(exit, 1);
        assert!(text.contains("deep/app.env:2:14 (introduced by this change, in 2 versions)"), "{text}");
        assert!(text.contains("still in  HEAD") && text.contains("This change brings it in"), "{text}");
        assert!(!text.contains(&token(1)));
    }

    #[test]
    fn touched_does_not_fail_unless_asked() {
        let repository = Repository::new();
        repository.commit("app.env", &line(2));
        repository.branch("side");
        let touched = repository.commit("app.env", &format!("{}MORE=1\n", line(2)));
        assert_eq!(repository.range(), (0, vec![format!("touched app.env {touched}")]));
        let asked = repository.scan(&["--range", "main..HEAD", "--fail-on", "state=touched"]);
        assert_eq!(asked.0, 1);
        let text = stdout(&scrubjay(repository.path(), &["git", "--range", "main..HEAD"]));
        assert!(text.contains("(in this file before the change)") && text.contains("none fails this run"), "{text}");
    }

    #[test]
    fn what_was_in_the_merge_base_and_is_gone_from_main_is_touched() {
        let repository = Repository::new();
        repository.commit("app.env", &line(3));
        repository.branch("side");
        repository.commit("app.env", &format!("{}MORE=1\n", line(3)));
        repository.git(&["checkout", "-q", "main"]);
        repository.commit("app.env", "cleaned\n");
        repository.git(&["checkout", "-q", "side"]);
        let (exit, found) = repository.range();
        assert_eq!((exit, found.len()), (0, 1));
        assert!(found[0].starts_with("touched app.env"), "{found:?}");
    }

    #[test]
    fn transient_names_both_commits() {
        let repository = Repository::new();
        repository.branch("side");
        let added = repository.commit("app.env", &line(4));
        let removed = repository.commit("app.env", "clean\n");
        repository.commit("other", "more\n");
        let (exit, report) = repository.scan(&["--range", "main..HEAD"]);
        assert_eq!((exit, places(&report)), (1, vec![format!("transient app.env {added}")]));
        assert_eq!(report["findings"][0]["places"][0]["removed"]["commit"], removed);
        repository.git(&["rm", "-q", "app.env"]);
        repository.commit_all("gone");
        assert_eq!(repository.range().1, vec![format!("transient app.env {added}")]);
    }

    #[test]
    fn spread_is_a_new_path_of_a_known_value() {
        let repository = Repository::new();
        repository.commit("app.env", &line(5));
        repository.branch("side");
        let copied = repository.commit("deploy/values.yaml", &format!("token: {}\n", token(5)));
        assert_eq!(repository.range(), (1, vec![format!("spread deploy/values.yaml {copied}")]));
    }

    #[test]
    fn a_renamed_file_has_a_new_path() {
        let repository = Repository::new();
        repository.commit("old.env", &line(6));
        repository.branch("side");
        repository.git(&["mv", "old.env", "new.env"]);
        let renamed = repository.commit_all("rename");
        assert_eq!(repository.range(), (1, vec![format!("spread new.env {renamed}")]));
    }

    #[test]
    fn a_longer_value_than_the_one_before_is_introduced() {
        let repository = Repository::new();
        repository.commit("app.conf", "db_password = \"Kx8zQw9LmPt4\"\n");
        repository.branch("side");
        let changed = repository.commit("app.conf", "db_password = \"Kx8zQw9LmPt4vR2y\"\n");
        assert_eq!(repository.range().1, vec![format!("introduced app.conf {changed}")]);
        repository.commit("app.conf", "# Kx8zQw9LmPt4vR2y\ndb_password = \"Kx8zQw9LmPt4\"\n");
        let found = repository.range().1;
        assert!(found.iter().any(|found| found.starts_with("touched app.conf")), "{found:?}");
        assert!(found.iter().any(|found| found.starts_with("transient app.conf")), "{found:?}");
    }

    #[test]
    fn encoded_values_are_known_by_what_stands_for_them() {
        let repository = Repository::new();
        let manifest = |more: &str| {
            use base64::Engine as _;
            let data = base64::engine::general_purpose::STANDARD.encode(line(7));
            format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {more}\ndata:\n  env: {data}\n")
        };
        repository.commit("secret.yaml", &manifest("a"));
        repository.branch("side");
        repository.commit("secret.yaml", &manifest("b"));
        repository.commit("copy.yaml", &manifest("c"));
        let (exit, found) = repository.range();
        let states: Vec<&str> = found.iter().map(|found| found.rsplit_once(' ').unwrap().0).collect();
        assert_eq!((exit, states), (1, vec!["spread copy.yaml", "touched secret.yaml"]));
    }

    #[test]
    fn messages_authors_and_names_are_read() {
        let repository = Repository::new();
        repository.branch("side");
        let message = repository.commit_all(&format!("the token is {}", token(8)));
        let named = repository.commit(&format!("logs/{}/a.log", token(9)), "nothing\n");
        repository.git(&["tag", "-a", "v1", "-m", &format!("use {}", token(10))]);
        let author = format!("user.name={}", token(11));
        common::git(repository.path(), &["-c", &author, "commit", "-q", "--allow-empty", "-m", "x"]);
        let (exit, report) = repository.scan(&["--range", "main..HEAD", "--show-secrets"]);
        let found = places(&report);
        assert_eq!(exit, 1);
        assert!(found.contains(&format!("introduced  {message}")), "{found:?}");
        assert!(found.contains(&format!("introduced logs/{} {named}", token(9))), "{found:?}");
        assert_eq!(report["findings"].as_array().unwrap().len(), 4, "{found:?}");
        assert!(report.to_string().contains("\"object\":\"tag\""), "the tag in the range");
    }

    #[test]
    fn a_message_that_repeats_a_known_value_is_spread() {
        let repository = Repository::new();
        repository.commit("app.env", &line(12));
        repository.branch("side");
        let message = repository.commit_all(&format!("see {}", token(12)));
        assert_eq!(repository.range(), (1, vec![format!("spread  {message}")]));
    }
}

mod merges {
    use super::*;

    #[test]
    fn what_comes_in_by_merging_the_base_is_not_introduced() {
        let repository = Repository::new();
        repository.branch("side");
        repository.commit("mine", "mine\n");
        repository.git(&["checkout", "-q", "main"]);
        repository.commit("theirs.env", &line(20));
        repository.commit("shared", &format!("1\n2\n3\n4\n5\n6\n7\n8\n9\n{}", line(21)));
        repository.git(&["checkout", "-q", "side"]);
        repository.git(&["merge", "-q", "--no-ff", "-m", "merge main", "main"]);
        assert_eq!(repository.range(), (0, vec![]));
        // A file that both sides changed is new as a whole, and what it had is known.
        repository.commit("shared", &format!("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n{}", line(21)));
        let (exit, found) = repository.range();
        assert_eq!((exit, found.len()), (0, 1));
        assert!(found[0].starts_with("touched shared"), "{found:?}");
    }

    #[test]
    fn content_that_only_a_merge_has() {
        let repository = Repository::new();
        repository.branch("side");
        repository.commit("mine", "mine\n");
        repository.git(&["checkout", "-q", "main"]);
        repository.commit("theirs", "theirs\n");
        repository.git(&["checkout", "-q", "side"]);
        repository.git(&["merge", "-q", "--no-ff", "--no-commit", "main"]);
        let merge = repository.commit("evil.env", &line(22));
        assert_eq!(repository.says(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 3);
        assert_eq!(repository.range(), (1, vec![format!("introduced evil.env {merge}")]));
    }

    #[test]
    fn what_main_took_out_and_a_branch_brings_back_is_introduced() {
        let repository = Repository::new();
        repository.commit("app.env", &line(23));
        repository.branch("side");
        repository.commit("mine", "mine\n");
        repository.git(&["checkout", "-q", "main"]);
        repository.commit("app.env", "cleaned\n");
        repository.git(&["checkout", "-q", "side"]);
        repository.git(&["merge", "-q", "--no-ff", "-m", "merge main", "main"]);
        let back = repository.commit("app.env", &line(23));
        assert_eq!(repository.range(), (1, vec![format!("introduced app.env {back}")]));
    }

    #[test]
    fn another_branch_that_is_merged_is_part_of_the_range() {
        let repository = Repository::new();
        repository.branch("other");
        let added = repository.commit("app.env", &line(24));
        repository.git(&["checkout", "-q", "main"]);
        repository.branch("side");
        repository.git(&["merge", "-q", "--no-ff", "-m", "merge other", "other"]);
        assert_eq!(repository.range(), (1, vec![format!("introduced app.env {added}")]));
    }

    #[test]
    fn a_rebase_leaves_only_what_its_own_commits_bring() {
        let repository = Repository::new();
        repository.branch("side");
        repository.commit("app.env", &line(25));
        repository.git(&["checkout", "-q", "main"]);
        repository.commit("later", &line(26));
        repository.git(&["checkout", "-q", "side"]);
        repository.git(&["rebase", "-q", "main"]);
        let rebased = repository.says(&["rev-parse", "HEAD"]);
        assert_eq!(repository.range(), (1, vec![format!("introduced app.env {rebased}")]));
    }

    #[test]
    fn three_dots_take_the_merge_base_alone_for_what_was_before() {
        let repository = Repository::new();
        repository.branch("side");
        let added = repository.commit("app.env", &line(27));
        repository.git(&["checkout", "-q", "main"]);
        write(repository.path(), "app.env", &format!("# theirs\n{}", line(27)));
        repository.commit_all("the same on main");
        repository.git(&["checkout", "-q", "side"]);
        assert_eq!(repository.range(), (0, vec![format!("touched app.env {added}")]));
        let (exit, report) = repository.scan(&["--range", "main...side"]);
        assert_eq!((exit, places(&report)), (1, vec![format!("introduced app.env {added}")]));
        repository.git(&["checkout", "-q", "--orphan", "alone"]);
        let alone = repository.commit("alone.env", &line(33));
        let unrelated = complaint(&scrubjay(repository.path(), &["git", "--range", "main...alone"]));
        assert!(unrelated.contains("no commit in common"), "{unrelated}");
        let (exit, found) = repository.range();
        let expected = vec![format!("introduced alone.env {alone}"), format!("touched app.env {alone}")];
        assert_eq!((exit, found), (1, expected), "all that an unrelated history has is looked at");
    }
}

mod words {
    use super::*;

    #[test]
    fn what_does_not_resolve_is_an_error() {
        let repository = Repository::new();
        for (arguments, told) in [
            (&["--range", "main..nowhere"][..], "`nowhere` names no commit here"),
            (&["--range", "nowhere..main"], "`nowhere` names no commit here"),
            (&["--range", "origin/main..HEAD"], "`git fetch`"),
            (&["--range", "main"], "`main` is no range"),
            (&["--range", "..main"], "names no base"),
            (&["--range", "main:readme..HEAD"], "names no commit"),
            (&["--range", "main..HEAD^{tree}"], "is no commit"),
            (&["--range", "0000000000000000000000000000000000000000..HEAD"], "zeros stand for no commit"),
            (&["--range", "1234567890123456789012345678901234567890..HEAD"], "names no commit"),
            (&["--branch", "nowhere"], "`nowhere` names no commit here"),
            (&["--since", "last tuesday or so"], "neither a commit here nor a date"),
        ] {
            let failure = complaint(&scrubjay(repository.path(), &[&["git", "."], arguments].concat()));
            assert!(failure.starts_with("scrubjay: git: .: ") && failure.contains(told), "{arguments:?}: {failure}");
        }
        for arguments in [&["--range", "a..b", "--staged"][..], &["--staged", "--since", "x"], &["--max-count", "0"]] {
            assert_eq!(exit(&scrubjay(repository.path(), &[&["git", "."], arguments].concat())), 2, "{arguments:?}");
        }
    }

    #[test]
    fn a_range_without_commits_says_so() {
        let repository = Repository::new();
        repository.commit("app.env", &line(30));
        let (exit, report) = repository.scan(&["--range", "HEAD..HEAD~1"]);
        assert_eq!(exit, 0);
        assert!(report["notes"].to_string().contains("has no commit"), "{}", report["notes"]);
    }

    #[test]
    fn an_unborn_head_has_no_range_but_an_index() {
        let folder = tempfile::tempdir().unwrap();
        common::git(folder.path(), &["init", "-q", "-b", "main"]);
        let failure = complaint(&scrubjay(folder.path(), &["git", "--range", "HEAD~1..HEAD"]));
        assert!(failure.contains("names no commit here"), "{failure}");
        assert_eq!(report(folder.path(), &["--staged"]).0, 0);
        write(folder.path(), "app.env", &line(31));
        common::git(folder.path(), &["add", "."]);
        let (exit, staged) = report(folder.path(), &["--staged"]);
        assert_eq!((exit, places(&staged)), (1, vec!["introduced app.env -".to_owned()]));
        let (exit, empty) = report(folder.path(), &["--max-count", "3"]);
        assert_eq!(exit, 0);
        assert!(empty["notes"].to_string().contains("no commit"), "{}", empty["notes"]);
    }

    #[test]
    fn sarif_tells_a_range_from_a_history() {
        let repository = Repository::new();
        repository.branch("side");
        repository.commit("app.env", &line(32));
        let output = scrubjay(repository.path(), &["git", "--range", "main..HEAD", "--format", "sarif"]);
        let log: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(log["runs"][0]["automationDetails"]["id"], "scrubjay/range/");
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["properties"]["state"], "introduced");
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "app.env");
    }
}

mod parts {
    use super::*;

    #[test]
    fn a_branch_alone() {
        let repository = Repository::new();
        let gone = repository.commit("gone.env", &line(40));
        let cleaned = repository.commit("gone.env", "clean\n");
        repository.branch("side");
        repository.commit("side.env", &line(41));
        repository.git(&["checkout", "-q", "main"]);
        let live = repository.commit("live.env", &line(42));
        let (exit, report) = repository.scan(&["--branch", "main"]);
        let expected = vec![format!("live live.env {live}"), format!("removed gone.env {gone}")];
        assert_eq!((exit, places(&report)), (1, expected));
        let removed = report["findings"].as_array().unwrap().iter().flat_map(|one| one["places"].as_array().unwrap());
        assert!(removed.into_iter().any(|place| place["removed"]["commit"] == cleaned.as_str()));
        assert_eq!(places(&repository.scan(&["--branch", "side", "--max-count", "1"]).1).len(), 1);
    }

    #[test]
    fn the_newest_commits_and_those_since_a_revision_or_a_date() {
        let repository = Repository::new();
        let first = repository.commit("a.env", &line(43));
        let second = repository.commit("b.env", &line(44));
        repository.commit("b.env", "clean\n");
        let found = |arguments: &[&str]| places(&repository.scan(arguments).1);
        assert_eq!(found(&["--max-count", "1"]), [""; 0]);
        assert_eq!(found(&["--max-count", "2"]), [format!("transient b.env {second}")]);
        assert_eq!(found(&["--since", &first]), [format!("transient b.env {second}")]);
        assert_eq!(found(&["--since", "HEAD~1", "--branch", "main"]), [""; 0]);
        assert_eq!(found(&["--since", "2001-01-01"]).len(), 2);
        assert_eq!(found(&["--since", "2 hours ago"]).len(), 2);
        let future = repository.scan(&["--since", "2999-01-01"]);
        assert!(future.1["notes"].to_string().contains("no commit"), "{}", future.1["notes"]);
    }

    #[test]
    fn a_commit_dated_long_ago_hides_nothing_below_it() {
        let repository = Repository::new();
        repository.commit("a.env", &line(45));
        let output = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
            .args(["commit", "-q", "--allow-empty", "-m", "old"])
            .current_dir(repository.path())
            .env("GIT_COMMITTER_DATE", "2000-01-01T00:00:00Z")
            .output()
            .unwrap();
        assert!(output.status.success());
        assert_eq!(places(&repository.scan(&["--since", "1 hour ago"]).1).len(), 1);
    }
}

mod staged {
    use super::*;

    #[test]
    fn the_index_counts_and_not_the_working_tree() {
        let repository = Repository::new();
        repository.commit("known.env", &line(50));
        write(repository.path(), "staged.env", &line(51));
        write(repository.path(), "known.env", &format!("{}MORE=1\n", line(50)));
        repository.git(&["add", "-A"]);
        write(repository.path(), "staged.env", "clean again\n");
        write(repository.path(), "untracked.env", &line(52));
        write(repository.path(), "readme", &line(53));
        let (exit, report) = repository.scan(&["--staged"]);
        let expected = ["introduced staged.env -".to_owned(), "touched known.env -".to_owned()];
        assert_eq!((exit, places(&report)), (1, expected.to_vec()));
        assert_eq!(report["command"], "staged");
    }

    #[test]
    fn what_is_merged_is_known() {
        let repository = Repository::new();
        repository.branch("side");
        repository.commit("mine", "mine\n");
        repository.git(&["checkout", "-q", "main"]);
        repository.commit("theirs.env", &line(54));
        repository.git(&["checkout", "-q", "side"]);
        repository.git(&["merge", "-q", "--no-ff", "--no-commit", "main"]);
        assert_eq!(repository.scan(&["--staged"]).0, 0);
        write(repository.path(), "evil.env", &line(55));
        repository.git(&["add", "-A"]);
        assert_eq!(places(&repository.scan(&["--staged"]).1), ["introduced evil.env -"]);
    }

    #[test]
    fn what_both_sides_of_a_conflict_took_away_is_not_brought_in() {
        let repository = Repository::new();
        repository.commit("app.env", &line(56));
        repository.branch("side");
        repository.commit("app.env", "A=mine\n");
        repository.git(&["checkout", "-q", "main"]);
        repository.commit("app.env", "A=theirs\n");
        let merged = Command::new("git").args(["merge", "-q", "side"]).current_dir(repository.path()).output().unwrap();
        assert!(!merged.status.success() && repository.says(&["ls-files", "--unmerged"]).lines().count() == 3);
        assert_eq!(repository.scan(&["--staged"]).0, 0);
    }

    #[test]
    fn where_head_is_not_known_all_is_new_and_that_is_said() {
        let repository = Repository::new();
        repository.commit("known.env", &line(63));
        let folder = repository.path().join(".git");
        repository.git(&["config", "core.repositoryFormatVersion", "1"]);
        repository.git(&["config", "extensions.refStorage", "reftable"]);
        fs::create_dir(folder.join("reftable")).unwrap();
        fs::write(folder.join("reftable/tables.list"), "gone.ref\n").unwrap();
        fs::write(folder.join("HEAD"), "ref: refs/heads/.invalid\n").unwrap();
        fs::remove_dir_all(folder.join("refs/heads")).unwrap();
        fs::write(folder.join("refs/heads"), "this repository uses the reftable format\n").unwrap();
        let (exit, report) = repository.scan(&["--staged"]);
        assert_eq!((exit, places(&report)), (1, vec!["introduced known.env -".to_owned()]));
        assert!(report["notes"].to_string().contains("what HEAD has is not known"), "{report:#}");
    }

    #[test]
    fn only_what_is_staged_can_be_lost() {
        let repository = Repository::new();
        write(repository.path(), "a.txt", "staged\n");
        repository.git(&["add", "-A"]);
        let id = repository.says(&["rev-parse", ":a.txt"]);
        fs::remove_file(repository.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))).unwrap();
        let (exit, report) = repository.scan(&["--staged"]);
        assert_eq!((exit, lost(&report).len()), (3, 1));
        fs::write(repository.path().join(".git/index"), b"DIRC damaged").unwrap();
        let failure = complaint(&scrubjay(repository.path(), &["git", "--staged"]));
        assert!(failure.contains("its index cannot be read"), "{failure}");
    }
}

mod losses {
    use super::*;

    #[test]
    fn a_missing_object_of_the_base_is_no_loss_and_one_of_the_range_is() {
        let repository = Repository::new();
        repository.commit("old.txt", "old\n");
        repository.branch("side");
        repository.commit("new.txt", "new\n");
        let object = |revision: &str| {
            let id = repository.says(&["rev-parse", revision]);
            repository.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))
        };
        fs::remove_file(object("HEAD:old.txt")).unwrap();
        assert_eq!(repository.scan(&["--range", "main..HEAD"]).0, 0);
        fs::remove_file(object("HEAD:new.txt")).unwrap();
        let (exit, report) = repository.scan(&["--range", "main..HEAD"]);
        assert_eq!(exit, 3);
        assert!(lost(&report)[0].starts_with("missing: "), "{:?}", lost(&report));
    }

    /// A directory where a file should be, and a file where a directory should be: neither was read.
    #[test]
    fn what_is_no_file_is_no_file_that_was_read() {
        let repository = Repository::new();
        repository.commit("deep/app.env", &line(34));
        let make = |kind: &str, content: &[u8]| {
            fs::write(repository.path().join("object"), content).unwrap();
            repository.says(&["hash-object", "-t", kind, "-w", "--literally", "object"])
        };
        let raw =
            |id: String| (0..id.len() / 2).map(move |at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap());
        for (mode, revision) in [("100644", "main:deep"), ("100644", "main"), ("40000", "main:deep/app.env")] {
            let entry: Vec<u8> = format!("{mode} x\0").into_bytes();
            let tree = make(
                "tree",
                &entry.into_iter().chain(raw(repository.says(&["rev-parse", revision]))).collect::<Vec<_>>(),
            );
            let commit = repository.says(&["commit-tree", "-p", "main", "-m", "odd", &tree]);
            let (exit, report) = repository.scan(&["--range", &format!("main..{commit}")]);
            assert_eq!((exit, lost(&report).len()), (3, 1), "{mode} {revision}");
            assert!(lost(&report)[0].starts_with("corrupt: "), "{:?}", lost(&report));
        }
    }

    /// The history knows an object by its id; entries and globs know it by its path.
    #[test]
    fn what_is_lost_is_told_and_accepted_by_its_path() {
        let repository = Repository::new();
        write(repository.path(), ".scrubjay.toml", "[[accept]]\npath = 'assets/*.gz'\nwhy = 'game assets'\n");
        repository.git(&["add", "-A"]);
        repository.git(&["commit", "-q", "-m", "the configuration"]);
        repository.branch("side");
        // An archive that ends in its middle.
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        std::io::Write::write_all(&mut gzip, &[b'x'; 20_000]).unwrap();
        let archive = gzip.finish().unwrap()[..10_000].to_vec();
        let add = |path: &str| {
            fs::create_dir_all(repository.path().join(path).parent().unwrap()).unwrap();
            fs::write(repository.path().join(path), &archive).unwrap();
            repository.git(&["add", "-A"]);
            repository.git(&["commit", "-q", "-m", path]);
        };
        add("assets/level.gz");
        for arguments in [&["--range", "main..HEAD"][..], &[]] {
            let (exit, report) = repository.scan(arguments);
            assert_eq!((exit, lost(&report)), (0, vec![]), "{arguments:?}");
            assert_eq!(report["coverage"]["skipped"][0]["class"], "accepted");
        }
        // The same object at a second path, which nobody accepts.
        add("backup/level.gz");
        for arguments in [&["--range", "main..HEAD"][..], &[]] {
            let (exit, report) = repository.scan(arguments);
            assert_eq!((exit, lost(&report).len()), (3, 1), "{arguments:?}");
            assert_eq!(report["coverage"]["skipped"][0]["origin"][1]["path"], "backup/level.gz");
            assert_eq!(repository.scan(&[arguments, &["--exclude", "backup/"]].concat()).0, 0, "{arguments:?}");
        }
    }

    /// Writes a loose object, and returns its id.
    fn store(repository: &Repository, kind: &str, content: &[u8]) -> String {
        let object = [format!("{kind} {}\0", content.len()).as_bytes(), content].concat();
        let id: String = sha1::Sha1::digest(&object).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = repository.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut zlib, &object).unwrap();
        fs::write(path, zlib.finish().unwrap()).unwrap();
        id
    }

    #[test]
    fn what_many_tags_lead_to_is_found_or_lost() {
        let repository = Repository::new();
        repository.branch("side");
        let commit = repository.commit("k.env", &line(60));
        let chain = |length: usize| {
            let tag = |(id, kind): (String, &str), number| {
                let text = format!("object {id}\ntype {kind}\ntag t{number}\ntagger A <a@b> 1700000000 +0000\n\nm\n");
                (store(&repository, "tag", text.as_bytes()), "tag")
            };
            (0..length).fold((commit.clone(), "commit"), tag).0
        };
        let (long, endless) = (chain(200), chain(1100));
        repository.git(&["checkout", "-q", "main"]);
        repository.git(&["branch", "-q", "-D", "side"]);
        repository.git(&["update-ref", "refs/tags/long", &long]);
        let (exit, report) = repository.scan(&["--since", "main"]);
        assert_eq!((exit, places(&report)), (1, vec![format!("introduced k.env {commit}")]));
        repository.git(&["update-ref", "refs/tags/long", &endless]);
        let (exit, report) = repository.scan(&["--since", "main"]);
        assert_eq!((exit, lost(&report).len()), (3, 1), "{report:#}");
        assert!(lost(&report)[0].starts_with("too-deep: "), "{:?}", lost(&report));
    }

    #[test]
    fn a_branch_that_cannot_be_read_is_lost_by_its_name() {
        for damage in ["gone", "empty", "reference", "packed"] {
            let repository = Repository::new();
            repository.branch("feature");
            let id = repository.commit("k.env", &line(61));
            repository.git(&["checkout", "-q", "main"]);
            let object = repository.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
            match damage {
                "gone" => fs::remove_file(object).unwrap(),
                "empty" => {
                    fs::remove_file(&object).unwrap();
                    fs::write(object, "").unwrap();
                }
                "reference" => fs::write(repository.path().join(".git/refs/heads/feature"), "garbage\n").unwrap(),
                _ => {
                    repository.git(&["pack-refs", "--all"]);
                    let packed = repository.path().join(".git/packed-refs");
                    let text = fs::read_to_string(&packed).unwrap().replacen(&id, "zz", 1);
                    fs::write(packed, text).unwrap();
                }
            }
            for arguments in [["--since", "2020-01-01"], ["--max-count", "10"]] {
                let (exit, report) = repository.scan(&arguments);
                assert_eq!((exit, lost(&report).len()), (3, 1), "{damage} {arguments:?}: {report:#}");
                let skipped = report["coverage"]["skipped"].to_string();
                assert!(skipped.contains("refs"), "{damage}: {skipped}");
            }
        }
    }

    #[test]
    fn directories_nested_deeper_than_any_are_lost() {
        let repository = Repository::new();
        let blob = store(&repository, "blob", line(62).as_bytes());
        let entry = |mode: &str, name: &str, id: &str| {
            let id = (0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap());
            [format!("{mode} {name}\0").into_bytes(), id.collect()].concat()
        };
        let file = store(&repository, "tree", &entry("100644", "k.env", &blob));
        let root = (0..2050).fold(file, |tree, _| store(&repository, "tree", &entry("40000", "d", &tree)));
        let text = format!("tree {root}\nauthor A <a@b> 1700000000 +0000\ncommitter A <a@b> 1700000000 +0000\n\nm\n");
        let commit = store(&repository, "commit", text.as_bytes());
        let (exit, report) = repository.scan(&["--range", &format!("main..{commit}")]);
        assert_eq!((exit, lost(&report).len()), (3, 1), "{report:#}");
        assert!(lost(&report)[0].starts_with("too-deep: "), "{:?}", lost(&report));
    }

    #[test]
    fn a_missing_parent_is_a_loss() {
        let repository = Repository::new();
        repository.branch("side");
        let missing = repository.commit("a", "a\n");
        repository.commit("b", "b\n");
        fs::remove_file(repository.path().join(format!(".git/objects/{}/{}", &missing[..2], &missing[2..]))).unwrap();
        let (exit, report) = repository.scan(&["--range", "main..HEAD"]);
        assert_eq!(exit, 3);
        assert!(lost(&report)[0].contains("as parent"), "{:?}", lost(&report));
    }

    /// A repository with a branch of three commits, and a shallow clone of it.
    fn shallow(depth: &str) -> (Repository, tempfile::TempDir) {
        let repository = Repository::new();
        repository.commit("old.env", &line(60));
        repository.branch("side");
        for number in 0..3 {
            repository.commit("text", &format!("{number}\n"));
        }
        let clone = tempfile::tempdir().unwrap();
        let url = format!("file://{}", repository.path().display());
        common::git(clone.path(), &["clone", "-q", "--depth", depth, "--branch", "side", &url, "."]);
        (repository, clone)
    }

    #[test]
    fn a_base_that_a_shallow_clone_left_out() {
        let (repository, clone) = shallow("2");
        let base = repository.says(&["rev-parse", "main"]);
        let (exit, report) = report(clone.path(), &["--range", &format!("{base}..HEAD")]);
        assert_eq!(exit, 3);
        let lost = lost(&report);
        assert_eq!(lost.len(), 2, "{lost:?}");
        assert!(lost.iter().all(|lost| lost.starts_with("shallow: ")), "{lost:?}");
        assert!(lost.iter().any(|lost| lost.contains(&format!("the base {base} is not here"))), "{lost:?}");
        assert!(lost.iter().all(|lost| lost.contains("`git fetch --unshallow`")), "{lost:?}");
        for names in ["origin/main..HEAD", "HEAD~2..HEAD"] {
            let failure = complaint(&scrubjay(clone.path(), &["git", "--range", names]));
            assert!(failure.contains("names no commit here, and the clone is shallow: fetch more of it"), "{failure}");
        }
    }

    #[test]
    fn deepen_fetches_a_branch_that_a_shallow_clone_does_not_have() {
        let (repository, clone) = shallow("1");
        let folder = tempfile::tempdir().unwrap();
        let ssh = ssh(folder.path());
        let url = format!("ssh://git@localhost{}", repository.path().display());
        common::git(clone.path(), &["remote", "set-url", "origin", &url]);
        repository.commit("new.env", &line(63));
        common::git(clone.path(), &["fetch", "-q", "--depth", "1", repository.path().to_str().unwrap(), "side"]);
        common::git(clone.path(), &["checkout", "-q", "FETCH_HEAD"]);
        for range in ["origin/main..HEAD", "origin/main...HEAD"] {
            let output = deepen(clone.path(), &ssh, range);
            let report: Value =
                serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
            assert_eq!((exit(&output), lost(&report), places(&report).len()), (1, vec![], 1), "{range}");
        }
        let failure = complaint(&deepen(clone.path(), &ssh, "origin/nothing..HEAD"));
        assert!(failure.contains("cannot fetch"), "{failure}");
    }

    #[test]
    fn a_merge_base_that_a_shallow_clone_left_out() {
        let (_repository, clone) = shallow("2");
        common::git(clone.path(), &["fetch", "-q", "--depth", "1", "origin", "main:main"]);
        let (exit, report) = report(clone.path(), &["--range", "main..HEAD"]);
        assert_eq!((exit, places(&report)), (3, vec![]), "what main has at its tip is not new");
        assert!(lost(&report)[0].contains("history ends at commit"), "{:?}", lost(&report));
    }

    #[test]
    fn a_shallow_clone_that_reaches_the_base_is_whole() {
        let (_repository, clone) = shallow("4");
        let (exit, report) = report(clone.path(), &["--range", "HEAD~3..HEAD"]);
        assert_eq!((exit, lost(&report)), (0, vec![]));
    }

    /// A command for `GIT_SSH_COMMAND` that leads to this machine: how the user reaches a host is the user's own.
    fn ssh(folder: &Path) -> String {
        let script = folder.join("ssh");
        fs::write(&script, "#!/bin/sh\nfor last; do :; done\nexec sh -c \"$last\"\n").unwrap();
        format!("sh '{}'", script.display())
    }

    fn deepen(clone: &Path, ssh: &str, range: &str) -> std::process::Output {
        command(clone)
            .args(["git", ".", "--range", range, "--deepen", "--format", "json"])
            .env("GIT_SSH_COMMAND", ssh)
            .output()
            .unwrap()
    }

    #[test]
    fn deepen_fetches_to_the_merge_base_and_leaves_the_clone_as_it_is() {
        let (repository, clone) = shallow("1");
        let folder = tempfile::tempdir().unwrap();
        let ssh = ssh(folder.path());
        let url = format!("ssh://git@localhost{}", repository.path().display());
        common::git(clone.path(), &["remote", "set-url", "origin", &url]);
        let base = repository.says(&["rev-parse", "main"]);
        let before = fs::read(clone.path().join(".git/shallow")).unwrap();
        repository.git(&["checkout", "-q", "side"]);
        write(clone.path(), "mine.env", &line(61));
        common::git(clone.path(), &["add", "-A"]);
        common::git(clone.path(), &["commit", "-qm", "not pushed yet"]);
        let range = format!("{base}..HEAD");
        assert_eq!(super::report(clone.path(), &["--range", &range]).0, 1, "found, and yet incomplete");
        let output = deepen(clone.path(), &ssh, &range);
        assert_eq!(exit(&output), 1, "{}", stderr(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((lost(&report), places(&report).len()), (vec![], 1));
        assert!(places(&report)[0].starts_with("introduced mine.env"));
        let range = format!("{base}..HEAD~1");
        let output = deepen(clone.path(), &ssh, &range);
        assert_eq!(exit(&output), 0, "{}{}", stdout(&output), stderr(&output));
        assert_eq!(fs::read(clone.path().join(".git/shallow")).unwrap(), before);
        assert_eq!(super::report(clone.path(), &["--range", &range]).0, 3);
    }

    #[test]
    fn deepen_goes_as_deep_as_it_must() {
        let repository = Repository::new();
        let base = repository.says(&["rev-parse", "main"]);
        repository.branch("side");
        for number in 0..60 {
            repository.git(&["commit", "-q", "--allow-empty", "-m", &number.to_string()]);
        }
        repository.commit("app.env", &line(62));
        repository.commit("app.env", "clean\n");
        let folder = tempfile::tempdir().unwrap();
        let ssh = ssh(folder.path());
        let clone = tempfile::tempdir().unwrap();
        let url = format!("file://{}", repository.path().display());
        common::git(clone.path(), &["clone", "-q", "--depth", "1", "--branch", "side", &url, "."]);
        let url = format!("ssh://git@localhost{}", repository.path().display());
        common::git(clone.path(), &["remote", "set-url", "origin", &url]);
        let output = deepen(clone.path(), &ssh, &format!("{base}..HEAD"));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        let found = places(&report);
        assert_eq!((exit(&output), lost(&report), found.len()), (1, vec![], 1));
        assert!(found[0].starts_with("transient app.env"), "{found:?}");
    }

    #[test]
    fn deepen_waits_no_longer_than_it_may() {
        let (repository, clone) = shallow("1");
        let base = repository.says(&["rev-parse", "main"]);
        common::git(clone.path(), &["remote", "set-url", "origin", "ssh://git@localhost/nowhere"]);
        let begun = std::time::Instant::now();
        let output = command(clone.path())
            .args(["git", ".", "--range", &format!("{base}..HEAD"), "--deepen", "--timeout", "1s", "--format", "json"])
            .env("GIT_SSH_COMMAND", "sleep 60 #")
            .output()
            .unwrap();
        assert_eq!(exit(&output), 3, "{}", stderr(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let lost = lost(&report);
        assert!(lost.iter().any(|told| told.starts_with("timed-out: it was stopped before")), "{lost:?}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(30));
    }

    #[test]
    fn deepen_that_cannot_fetch_is_an_error() {
        let (repository, clone) = shallow("1");
        let base = repository.says(&["rev-parse", "main"]);
        let range = format!("{base}..HEAD");
        let refused = complaint(&deepen(clone.path(), "false", &range));
        assert!(refused.contains("only https:// and ssh"), "{refused}");
        common::git(clone.path(), &["remote", "set-url", "origin", "ssh://git@localhost/nowhere"]);
        let failed = complaint(&deepen(clone.path(), "false", &range));
        assert!(failed.contains("git cannot fetch what the shallow clone left out"), "{failed}");
        common::git(clone.path(), &["remote", "remove", "origin"]);
        let nameless = complaint(&deepen(clone.path(), "false", &range));
        assert!(nameless.contains("names no remote"), "{nameless}");
        assert_eq!(exit(&scrubjay(clone.path(), &["git", ".", "--deepen"])), 2, "without a range it means nothing");
    }
}

/// Whose word counts: what was decided before a change, not what it says for itself.
mod trust {
    use super::*;

    const CONFIG: &str = ".scrubjay.toml";

    fn entry(path: &str) -> String {
        format!("[[allow]]\npath = \"{path}\"\nreason = \"a sample\"\n")
    }

    fn marked(seed: u64) -> String {
        format!("GITHUB_TOKEN={} # scrubjay:allow github-pat-classic reason=\"a sample\"\n", token(seed))
    }

    fn count(report: &Value) -> (usize, usize) {
        (report["findings"].as_array().unwrap().len(), report["allowed"].as_array().unwrap().len())
    }

    fn by_change(report: &Value) -> &Value {
        &report["findings"][0]["places"][0]["allowed_by_change"]
    }

    #[test]
    fn an_entry_that_the_change_adds_does_not_silence_it() {
        let repository = Repository::new();
        repository.branch("side");
        write(repository.path(), CONFIG, &entry("app.env"));
        repository.commit("app.env", &line(70));
        let (exit, report) = repository.scan(&["--range", "main..HEAD"]);
        assert_eq!((exit, count(&report)), (1, (1, 0)));
        let allowed = by_change(&report);
        assert_eq!((&allowed["by"], &allowed["written"]), (&"config".into(), &format!("HEAD:{CONFIG}:1").into()));
        let note = "1 place is allowed by this change only";
        assert!(report["notes"].to_string().contains(note), "{}", report["notes"]);
        let text = stdout(&scrubjay(repository.path(), &["git", "--range", "main..HEAD"]));
        let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("by this change only, which does not count: a sample (config at HEAD:"), "{text}");
        let sarif = stdout(&scrubjay(repository.path(), &["git", "--range", "main..HEAD", "--format", "sarif"]));
        assert!(sarif.contains("allowed by this change only: app.env") && !sarif.contains("suppressions"), "{sarif}");
        let honour = repository.scan(&["--range", "main..HEAD", "--changed-allow", "honour"]);
        assert_eq!((honour.0, count(&honour.1)), (0, (0, 1)));
        // What is not committed is no part of the change, and has no say either.
        write(repository.path(), CONFIG, &format!("exclude = [\"*\"]\n{}", entry("*")));
        assert_eq!(repository.range().0, 1);
    }

    #[test]
    fn an_entry_of_the_base_counts() {
        let repository = Repository::new();
        repository.commit(CONFIG, &entry("docs/**"));
        repository.branch("side");
        repository.commit("docs/app.env", &line(71));
        assert_eq!(count(&repository.scan(&["--range", "main..HEAD"]).1), (0, 1));
        fs::remove_file(repository.path().join(CONFIG)).unwrap();
        let (exit, report) = repository.scan(&["--range", "main...HEAD"]);
        assert_eq!((exit, count(&report)), (0, (0, 1)), "it is the base's, whatever the checkout has");
        let written = report["allowed"][0]["places"][0]["allowed"]["written"].as_str().unwrap().to_owned();
        let base = repository.says(&["rev-parse", "--short=12", "main"]);
        assert_eq!(written, format!("{base}:{CONFIG}:1"));
    }

    #[test]
    fn what_the_base_took_back_does_not_count() {
        let repository = Repository::new();
        repository.commit(CONFIG, &entry("app.env"));
        repository.branch("side");
        repository.commit("app.env", &line(72));
        repository.git(&["checkout", "-q", "main"]);
        repository.git(&["rm", "-q", CONFIG]);
        repository.commit_all("taken back");
        repository.git(&["checkout", "-q", "side"]);
        assert_eq!(repository.range().0, 1);
        assert_eq!(repository.scan(&["--range", "main...HEAD"]).0, 0, "the merge base still had it");
    }

    #[test]
    fn an_invalid_configuration_fails_where_it_counts() {
        let repository = Repository::new();
        repository.commit(CONFIG, "max-depht = 1\n");
        repository.branch("side");
        repository.commit(CONFIG, "max-depth = 1\n");
        let (exit, report) = repository.scan(&["--range", "main..HEAD"]);
        assert_eq!(exit, 0, "what mends it must not fail for it: {report}");
        assert!(report["notes"].to_string().contains("this change mends it: nothing of it counts"), "{report}");
        repository.git(&["checkout", "-q", "-b", "other", "main"]);
        repository.commit("other", "other\n");
        let failure = complaint(&scrubjay(repository.path(), &["git", "--range", "main..HEAD"]));
        assert!(failure.contains(":.scrubjay.toml:1:1: unknown field `max-depht`"), "{failure}");
        repository.git(&["checkout", "-q", "-b", "more", "side"]);
        repository.commit(CONFIG, "max-depht = 1\n");
        let (exit, report) = repository.scan(&["--range", "side..more"]);
        assert_eq!(exit, 0, "what the change breaks is its reader's business: {report}");
        assert!(report["notes"].to_string().contains("what this change would allow is not known"), "{report}");
        #[cfg(unix)]
        {
            repository.git(&["checkout", "-q", "-b", "links", "side"]);
            for name in [CONFIG, ".scrubjay.baseline"] {
                let _ = fs::remove_file(repository.path().join(name));
                std::os::unix::fs::symlink("readme", repository.path().join(name)).unwrap();
                repository.commit_all("a link");
                let (exit, report) = repository.scan(&["--range", "HEAD~1..HEAD"]);
                let is_told = report["notes"].to_string().contains("what this change would allow is not known");
                assert_eq!((exit, is_told), (0, name == CONFIG), "{report}");
                repository.commit("other", &format!("{name}\n"));
                let failure = complaint(&scrubjay(repository.path(), &["git", "--range", "HEAD~1..HEAD"]));
                assert!(failure.contains(&format!(":{name}: is no regular file")), "{failure}");
                let outside = tempfile::tempdir().unwrap();
                let path = repository.path().to_str().unwrap();
                let output = scrubjay(outside.path(), &["git", path, "--range", "HEAD~1..HEAD"]);
                assert_eq!(common::exit(&output), 0, "where it does not count nothing is asked of it: {output:?}");
                repository.git(&["rm", "-q", name]);
                repository.commit_all("taken away");
                let (exit, report) = repository.scan(&["--range", "HEAD~1..HEAD"]);
                assert_eq!(exit, 0, "what takes it away must not fail for it: {report}");
            }
        }
    }

    #[test]
    fn a_mark_counts_where_it_was_there_before() {
        let repository = Repository::new();
        repository.commit("known.env", &marked(73));
        repository.commit("bare.env", &line(74));
        repository.branch("side");
        repository.commit("known.env", &format!("{}MORE=1\n", marked(73)));
        assert_eq!(count(&repository.scan(&["--range", "main..HEAD"]).1), (0, 1));
        repository.commit("bare.env", &marked(74));
        let (exit, report) = repository.scan(&["--range", "main..HEAD"]);
        assert_eq!((exit, count(&report)), (0, (1, 1)), "touched, and not silent");
        assert_eq!(by_change(&report)["by"], "inline");
        assert_eq!(repository.scan(&["--range", "main..HEAD", "--changed-allow", "fail"]).0, 1);
        repository.commit("new.env", &marked(75));
        let (exit, report) = repository.scan(&["--range", "main..HEAD"]);
        assert_eq!((exit, count(&report)), (1, (2, 1)));
        let honour = repository.scan(&["--range", "main..HEAD", "--changed-allow", "honour"]);
        assert_eq!((honour.0, count(&honour.1)), (0, (0, 3)));
        repository.git(&["mv", "known.env", "moved.env"]);
        repository.commit_all("moved");
        assert_eq!(count(&repository.scan(&["--range", "HEAD~1..HEAD"]).1), (1, 0), "at another path it is a new mark");
    }

    #[test]
    fn what_is_staged_has_no_say() {
        let repository = Repository::new();
        write(repository.path(), CONFIG, &entry("docs/"));
        repository.commit("known.env", &marked(76));
        write(repository.path(), CONFIG, &format!("{}{}", entry("docs/"), entry("app.env")));
        write(repository.path(), "app.env", &line(77));
        write(repository.path(), "docs/app.env", &line(78));
        write(repository.path(), "new.env", &marked(79));
        write(repository.path(), "known.env", &format!("{}MORE=1\n", marked(76)));
        repository.git(&["add", "-A"]);
        for verb in [&["git", "--staged"][..], &["hook", "run", "pre-commit"]] {
            let run = |more: &[&str]| {
                let output = scrubjay(repository.path(), &[verb, &["--format", "json"], more].concat());
                (exit(&output), serde_json::from_slice::<Value>(&output.stdout).unwrap())
            };
            let (exit, report) = run(&[]);
            assert_eq!((exit, count(&report)), (1, (2, 2)), "{verb:?}");
            assert_eq!(places(&report), ["introduced app.env -", "introduced new.env -"]);
            let written = |place: usize| report["findings"][place]["places"][0]["allowed_by_change"]["written"].clone();
            assert_eq!((written(0), written(1)), (format!("index:{CONFIG}:4").into(), "new.env:1".into()));
            let (exit, report) = run(&["--changed-allow", "honour"]);
            assert_eq!((exit, count(&report)), (0, (0, 4)), "{verb:?}");
        }
    }

    #[test]
    fn a_policy_still_decides() {
        let repository = Repository::new();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "policy.toml", "min-severity = \"low\"\n");
        write(folder.path(), "open.toml", "target-may-allow = true\n");
        repository.commit(CONFIG, &entry("app.env"));
        repository.branch("side");
        repository.commit("app.env", &line(80));
        repository.commit("new.env", &marked(81));
        let under = |policy: &str| {
            let policy = folder.path().join(policy);
            repository.scan(&["--range", "main..HEAD", "--config", policy.to_str().unwrap()]).1
        };
        assert_eq!(count(&under("policy.toml")), (2, 0));
        assert!(!under("policy.toml").to_string().contains("allowed_by_change"), "nothing here could be allowed");
        assert_eq!(count(&under("open.toml")), (1, 1));
        assert_eq!(by_change(&under("open.toml"))["by"], "inline");
    }

    /// A base that knows one secret, and on the branch `side` a change that brings another and writes it into the baseline.
    fn with_an_excuse(seed: u64) -> Repository {
        let repository = Repository::new();
        repository.commit("old.env", &line(seed));
        assert!(scrubjay(repository.path(), &["baseline", "create"]).status.success());
        repository.commit_all("known");
        repository.branch("side");
        write(repository.path(), "new.env", &line(seed + 1));
        assert!(scrubjay(repository.path(), &["baseline", "update"]).status.success());
        repository.commit_all("an excuse");
        repository
    }

    #[test]
    fn a_baseline_that_is_named_in_the_repository_counts_as_the_base_has_it() {
        let repository = with_an_excuse(83);
        let file = ".scrubjay.baseline";
        let whole = repository.path().canonicalize().unwrap().join(file);
        for named in [file, "./sub/../.scrubjay.baseline", whole.to_str().unwrap()] {
            fs::create_dir_all(repository.path().join("sub")).unwrap();
            let (exit, report) = repository.scan(&["--range", "main..HEAD", "--baseline", named]);
            assert_eq!((exit, count(&report)), (1, (1, 0)), "{named}");
            let allowed = by_change(&report);
            assert_eq!(allowed["by"], "baseline", "{report}");
            assert!(allowed["written"].as_str().unwrap().starts_with("HEAD:.scrubjay.baseline:"), "{allowed}");
        }
        // What the base knows still is known, also where the checkout has the file no more.
        repository.git(&["rm", "-q", "--cached", file]);
        repository.commit("old.env", &format!("MORE=1\n{}", line(83)));
        fs::remove_file(repository.path().join(file)).unwrap();
        let (_, report) = repository.scan(&["--range", "main..HEAD", "--baseline", file]);
        assert_eq!(count(&report), (1, 1), "{report}");
        // The variable is the flag, and a copy elsewhere is the caller's own.
        repository.git(&["checkout", "-q", "-f", "HEAD~1"]);
        let by_variable = command(repository.path())
            .args(["git", ".", "--range", "main..HEAD"])
            .env("SCRUBJAY_BASELINE", file)
            .output()
            .unwrap();
        assert_eq!(common::exit(&by_variable), 1);
        let elsewhere = tempfile::tempdir().unwrap();
        let copy = elsewhere.path().join(file);
        fs::copy(repository.path().join(file), &copy).unwrap();
        assert_eq!(repository.scan(&["--range", "main..HEAD", "--baseline", copy.to_str().unwrap()]).0, 0);
        // So is one that no commit knows.
        fs::copy(&copy, repository.path().join("own.baseline")).unwrap();
        assert_eq!(repository.scan(&["--range", "main..HEAD", "--baseline", "own.baseline"]).0, 0);
        repository.commit_all("its own no more");
        let (exit, report) = repository.scan(&["--range", "main..HEAD", "--baseline", "own.baseline"]);
        assert_eq!(exit, 1);
        let note = "own.baseline: the base of this change does not have it, so nothing of it counts";
        assert!(report["notes"].to_string().contains(note), "{}", report["notes"]);
    }

    #[test]
    fn a_baseline_that_is_staged_and_named_has_no_say() {
        let repository = with_an_excuse(85);
        repository.git(&["reset", "-q", "--soft", "main"]);
        let file = ".scrubjay.baseline";
        assert_eq!(repository.scan(&["--staged", "--baseline", file]).0, 1);
        let hook = ["hook", "run", "pre-commit", "--baseline", file];
        assert_eq!(exit(&scrubjay(repository.path(), &hook)), 1);
        assert_eq!(repository.scan(&["--staged", "--baseline", file, "--changed-allow", "honour"]).0, 0);
        // In a folder, too, and where the repository is the main one of several work trees.
        let linked = repository.path().join("linked");
        repository.git(&["worktree", "add", "-q", "-b", "linked", linked.to_str().unwrap(), "side"]);
        write(&linked, "ci/known.baseline", &fs::read_to_string(repository.path().join(file)).unwrap());
        write(&linked, "new.env", &format!("MORE=1\n{}", line(86)));
        common::git(&linked, &["add", "ci", "new.env"]);
        for (named, expected) in [("ci/known.baseline", 1), ("../.scrubjay.baseline", 0)] {
            let staged = ["git", ".", "--staged", "--baseline", named];
            assert_eq!(exit(&scrubjay(&linked, &staged)), expected, "{named}");
            let folder = repository.path().join(".git/worktrees/linked");
            let mut hook = command(&linked);
            hook.args(["hook", "run", "pre-commit", "--baseline", named]).env("GIT_DIR", folder);
            assert_eq!(exit(&hook.output().unwrap()), expected, "{named}");
        }
    }

    #[test]
    fn a_policy_that_is_named_in_the_repository_counts_as_the_base_has_it() {
        let repository = Repository::new();
        repository.commit("ci/policy.toml", &entry("docs/**"));
        repository.branch("side");
        write(repository.path(), "docs/app.env", &line(87));
        write(repository.path(), "ci/policy.toml", &format!("{}{}", entry("docs/**"), entry("app.env")));
        repository.commit("app.env", &line(88));
        let named = ["--range", "main..HEAD", "--config", "ci/policy.toml"];
        let (exit, report) = repository.scan(&named);
        assert_eq!((exit, count(&report)), (1, (1, 1)), "{report}");
        let allowed = by_change(&report);
        assert_eq!((&allowed["by"], &allowed["written"]), (&"policy".into(), &"HEAD:ci/policy.toml:4".into()));
        let honour = repository.scan(&[&named[..], &["--changed-allow", "honour"]].concat());
        assert_eq!((honour.0, count(&honour.1)), (0, (0, 2)));
        // A stricter one cannot be taken away, and one that is broken does not count in secret.
        repository.git(&["rm", "-q", "ci/policy.toml"]);
        repository.commit_all("gone");
        assert_eq!(count(&repository.scan(&named).1), (1, 1));
        repository.git(&["checkout", "-q", "-b", "broken", "main"]);
        repository.commit("ci/policy.toml", "max-depht = 1\n");
        repository.commit("app.env", &line(88));
        let failure =
            complaint(&scrubjay(repository.path(), &["git", "--range", "HEAD~1..HEAD", "--config", "ci/policy.toml"]));
        assert!(failure.contains(":ci/policy.toml:1:1: unknown field"), "{failure}");
    }

    #[test]
    fn signatures_that_are_named_in_the_repository_count_as_the_base_has_them() {
        let repository = Repository::new();
        let of =
            |severity: &str| format!("[[signature]]\nextends = \"github-pat-classic\"\nseverity = \"{severity}\"\n");
        repository.commit("ci/rules/own.toml", &of("medium"));
        repository.branch("side");
        write(repository.path(), "ci/rules/own.toml", &of("info"));
        repository.commit("app.env", &line(89));
        let severity = |report: &Value| report["findings"][0]["severity"].as_str().unwrap_or("none").to_owned();
        let named = ["--range", "main..HEAD", "--signatures", "ci/rules"];
        let (exit, report) = repository.scan(&named);
        assert_eq!((exit, severity(&report)), (1, "medium".to_owned()));
        repository.git(&["checkout", "-q", "-b", "own", "main"]);
        write(repository.path(), "more/own.toml", &of("info"));
        repository.commit("app.env", &line(89));
        let (exit, report) = repository.scan(&["--range", "main..HEAD", "--signatures", "more"]);
        assert_eq!((exit, severity(&report)), (1, "critical".to_owned()));
        assert!(report["notes"].to_string().contains("more: the base of this change does not have it"), "{report}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_the_change_turns_to_something_else_is_refused() {
        use std::os::unix::fs::symlink;
        let repository = with_an_excuse(90);
        let elsewhere = tempfile::tempdir().unwrap();
        fs::copy(repository.path().join(".scrubjay.baseline"), elsewhere.path().join("known")).unwrap();
        repository.git(&["checkout", "-q", "main"]);
        let known = fs::read_to_string(elsewhere.path().join("known")).unwrap();
        let head: String = known.lines().filter(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        repository.commit("plain/known", &head);
        symlink("plain", repository.path().join("ci")).unwrap();
        repository.commit_all("a link to a folder");
        repository.git(&["checkout", "-q", "-b", "turned"]);
        fs::remove_file(repository.path().join("ci")).unwrap();
        symlink(elsewhere.path(), repository.path().join("ci")).unwrap();
        repository.commit("new.env", &line(91));
        let failure =
            complaint(&scrubjay(repository.path(), &["git", "--range", "main..HEAD", "--baseline", "ci/known"]));
        assert!(failure.contains("ci/known is behind a submodule or a link that this change moves"), "{failure}");
        // A file that becomes a link is what it was.
        repository.git(&["checkout", "-q", "-f", "-b", "linked", "main"]);
        fs::remove_file(repository.path().join("plain/known")).unwrap();
        symlink(elsewhere.path().join("known"), repository.path().join("plain/known")).unwrap();
        repository.commit("new.env", &line(91));
        for named in ["plain/known", "ci/known"] {
            assert_eq!(repository.scan(&["--range", "main..HEAD", "--baseline", named]).0, 1, "{named}");
        }
    }

    #[test]
    fn a_repository_that_one_does_not_stand_in_has_no_say_at_all() {
        let repository = Repository::new();
        repository.commit(CONFIG, &entry("app.env"));
        repository.branch("side");
        repository.commit("app.env", &line(82));
        let elsewhere = tempfile::tempdir().unwrap();
        let run = |more: &[&str]| {
            let path = repository.path().to_str().unwrap();
            let output = scrubjay(
                elsewhere.path(),
                &[&["git", path, "--range", "main..side", "--format", "json"], more].concat(),
            );
            (exit(&output), serde_json::from_slice::<Value>(&output.stdout).unwrap())
        };
        let (exit, report) = run(&[]);
        assert_eq!(exit, 1);
        assert!(report["notes"].to_string().contains(":.scrubjay.toml was not read"), "{}", report["notes"]);
        assert_eq!(run(&["--trust-target-config"]).0, 0);
    }

    #[test]
    fn a_side_that_is_a_set_of_commits_is_an_error() {
        let repository = Repository::new();
        repository.commit("app.env", &line(93));
        for set in
            ["HEAD^!..HEAD", "HEAD^@..HEAD", "HEAD^-..HEAD", "HEAD~1..HEAD^!", "HEAD~1..HEAD~1..HEAD", "^HEAD~1..HEAD"]
        {
            let failure = complaint(&scrubjay(repository.path(), &["git", ".", "--range", set]));
            assert!(failure.contains("stands for a set of commits"), "{set}: {failure}");
        }
        assert_eq!(repository.scan(&["--range", "HEAD^..HEAD"]).0, 1);
    }

    #[test]
    fn the_flag_is_for_changes() {
        let repository = Repository::new();
        for arguments in [&["--changed-allow", "report"][..], &["--since", "2001-01-01", "--changed-allow", "honour"]] {
            let failure = complaint(&scrubjay(repository.path(), &[&["git", "."], arguments].concat()));
            assert!(failure.contains("--changed-allow: it is for a change"), "{failure}");
        }
        let none = ["git", ".", "--range", "HEAD..HEAD", "--changed-allow", "never"];
        assert_eq!(exit(&scrubjay(repository.path(), &none)), 2);
    }
}
