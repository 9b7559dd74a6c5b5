//! `baseline`, and scans that know one: on real repositories, by the whole program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "baseline/guesses.rs"]
mod guesses;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{command, complaint, exit, git, scrubjay, stderr, stdout, token, write};
use serde_json::Value;

const FILE: &str = ".scrubjay.baseline";

/// Passwords as people choose them.
const PASSWORDS: &[&str] = &["Sunshine2019!", "Winter2024#", "Coffee&Milk7", "Liverp00l!99", "M0nkey_1987"];

fn line(seed: u64) -> String {
    format!("GITHUB_TOKEN={}\n", token(seed))
}

/// A repository with a token in two files, one in history alone, and passwords.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q", "-b", "main"]);
    write(at, "old.env", &line(9));
    commit(at, "zero");
    git(at, &["rm", "-q", "old.env"]);
    write(at, "app.env", &format!("# settings\n{}PORT=1\n", line(1)));
    write(at, "deploy/app.env", &line(1));
    let passwords: String =
        PASSWORDS.iter().enumerate().map(|(at, word)| format!("db_password_{at}: \"{word}\"\n")).collect();
    write(at, "config.yaml", &passwords);
    commit(at, "one");
    folder
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", message]);
}

fn report(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = command(folder).args(arguments).args(["--format", "json"]).output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    (exit(&output), report)
}

fn made(folder: &Path, arguments: &[&str]) -> String {
    let output = scrubjay(folder, arguments);
    assert_eq!(exit(&output), 0, "{}{}", stdout(&output), stderr(&output));
    stdout(&output)
}

/// The head of a baseline with a salt that is always the same: whether the first bits of two passwords are equal by chance
/// must not differ from run to run.
const HEAD: &str = "# scrubjay baseline 1\n# salt 73616c74206f6620746865207465737473\n";

fn create(folder: &Path) -> String {
    write(folder, FILE, HEAD);
    made(folder, &["baseline", "create", "--force"])
}

fn read(folder: &Path) -> String {
    fs::read_to_string(folder.join(FILE)).unwrap()
}

#[test]
fn what_is_known_does_not_fail_and_is_counted_in_every_report() {
    let folder = repository();
    let at = folder.path();
    assert_eq!(report(at, &["scan"]).0, 1);
    let told = create(at);
    assert!(told.contains("7 secrets at 8 paths added") && told.contains(FILE), "{told}");
    assert!(told.contains("\n5 secrets could be guessed: the file has the first bits of their fingerprints"), "{told}");
    commit(at, "the baseline");

    let (code, known) = report(at, &["scan"]);
    assert_eq!(code, 0, "{known}");
    assert_eq!(known["counts"]["findings"], 0);
    assert_eq!((&known["counts"]["baselined_findings"], &known["counts"]["baselined_places"]), (&7.into(), &8.into()));
    let allowed = &known["allowed"][0]["places"][0]["allowed"];
    assert_eq!(allowed["by"], "baseline");
    assert!(allowed["written"].as_str().unwrap().contains(".scrubjay.baseline:"), "{allowed}");
    let text = made(at, &["scan"]);
    assert!(
        text.contains("in the baseline, still to be dealt with: 7 secrets") && text.contains("clean: no other"),
        "{text}"
    );
    let sarif: Value = serde_json::from_slice(&scrubjay(at, &["scan", "--format", "sarif"]).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 8);
    assert!(results.iter().all(|result| result["suppressions"][0]["kind"] == "external"), "{results:?}");

    assert_eq!(report(at, &["scan", "--no-baseline"]).0, 1);
    assert_eq!(report(&at.join("deploy"), &["scan", ".."]).0, 0, "paths are counted from its folder");
    assert_eq!(report(&at.join("deploy"), &["git", ".."]).0, 0);
    assert_eq!(report(at, &["dir", "deploy"]).0, 0);
    assert_eq!(report(at, &["git", "--branch", "main"]).0, 0);
    assert_eq!(
        report(&at.join(".."), &["scan", at.to_str().unwrap()]).0,
        1,
        "who does not stand in it does not trust it"
    );
    let named = at.join(FILE);
    let outside = report(&at.join(".."), &["scan", at.to_str().unwrap(), "--baseline", named.to_str().unwrap()]);
    assert_eq!(outside.0, 0, "a baseline that is named counts");
}

#[test]
fn nothing_of_a_secret_is_in_it_and_it_is_the_same_again() {
    let folder = repository();
    let at = folder.path();
    write(at, &format!("keys/{}/readme", token(5)), &line(5));
    create(at);
    let text = read(at);
    for secret in PASSWORDS.iter().map(|word| (*word).to_owned()).chain([1, 5, 9].map(token)) {
        assert!(!text.contains(&secret) && !text.contains(&secret[secret.len() - 5..]), "{text}");
    }
    let entries: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(entries.is_sorted() && entries.len() == 8, "{text}");
    assert_eq!(report(at, &["scan"]).0, 0, "a secret in a path is known, too");
    let told = made(at, &["baseline", "update"]);
    assert!(told.contains("0 secrets at 0 paths added"), "{told}");
    assert_eq!(read(at), text);
    made(at, &["baseline", "prune", "--threads", "1"]);
    assert_eq!(read(at), text);
    let refused = complaint(&scrubjay(at, &["baseline", "create"]));
    assert!(refused.contains("is there already") && refused.contains("baseline update"), "{refused}");
    let shown = made(at, &["baseline", "show"]);
    assert!(shown.contains("github-pat-classic: 3") && shown.contains("8 entries at"), "{shown}");
    let json: Value = serde_json::from_str(&made(at, &["baseline", "show", "--format", "json"])).unwrap();
    assert_eq!((&json["paths"], json["entries"].as_array().unwrap().len()), (&10.into(), 8));
    made(at, &["baseline", "create", "--force"]);
    assert_eq!(read(at), text, "what is replaced leaves its salt");
    fs::remove_file(at.join(FILE)).unwrap();
    made(at, &["baseline", "create"]);
    assert_ne!(read(at), text, "each has a salt of its own");
}

#[test]
fn it_outlives_what_git_does_to_a_history() {
    let folder = repository();
    let at = folder.path();
    create(at);
    commit(at, "the baseline");
    // Lines move.
    write(at, "app.env", &format!("# settings\n# more\n\nA=1\nPORT=1\n{}", line(1)));
    commit(at, "two");
    assert_eq!(report(at, &["scan"]).0, 0);
    // All commits are made anew, and become one.
    git(at, &["checkout", "-q", "--orphan", "squashed"]);
    commit(at, "squashed");
    git(at, &["branch", "-q", "-D", "main"]);
    git(at, &["reflog", "expire", "--expire=now", "--all"]);
    git(at, &["gc", "-q", "--prune=now"]);
    let (code, after) = report(at, &["scan"]);
    assert_eq!(code, 0);
    let notes = after["notes"].to_string();
    assert!(notes.contains("1 of its entries was not found ("), "{notes}");
    let told = made(at, &["baseline", "prune"]);
    assert!(told.contains("1 entry at 1 path taken out") && told.contains("6 entries at 7 paths now"), "{told}");
    assert!(!report(at, &["scan"]).1["notes"].to_string().contains("of its entries"));
}

#[test]
fn another_secret_on_the_same_line_counts_and_a_new_path_is_spread() {
    let folder = repository();
    let at = folder.path();
    create(at);
    commit(at, "the baseline");
    write(at, "app.env", &format!("# settings\n{}PORT=1\n", line(2)));
    let (code, other) = report(at, &["scan"]);
    assert_eq!((code, &other["findings"][0]["places"][0]["path"]), (1, &"app.env".into()));
    let words: String =
        PASSWORDS.iter().enumerate().map(|(at, word)| format!("db_password_{at}: \"{word}x\"\n")).collect();
    write(at, "config.yaml", &words);
    assert_eq!(report(at, &["scan"]).1["counts"]["findings"], 1 + PASSWORDS.len());
    git(at, &["checkout", "-q", "."]);
    assert_eq!(report(at, &["scan"]).0, 0);

    write(at, "copy.env", &line(1));
    let (code, spread) = report(at, &["scan"]);
    assert_eq!(code, 1);
    let places = spread["findings"][0]["places"].as_array().unwrap();
    let open: Vec<&Value> = places.iter().filter(|place| place["allowed"].is_null()).collect();
    assert_eq!((places.len(), open.len()), (3, 1));
    assert_eq!((&open[0]["path"], &open[0]["state"]), (&"copy.env".into(), &"spread".into()));
    let told = made(at, &["baseline", "update"]);
    assert!(told.contains("0 secrets at 1 path added"), "{told}");
    assert_eq!(report(at, &["scan"]).0, 0);
}

#[test]
fn a_broken_or_conflicted_one_is_an_error_with_its_line() {
    let folder = repository();
    let at = folder.path();
    create(at);
    let text = read(at);
    for (broken, told) in [
        (format!("{text}<<<<<<< HEAD\n"), ":11: a merge left its conflict"),
        (text.replacen("sj1:", "sj1:x", 1), ":4: is no entry"),
        ("{}".to_owned(), ":1: is no baseline"),
        (text.lines().filter(|line| !line.contains("salt")).collect::<Vec<_>>().join("\n"), "does not tell its salt"),
    ] {
        write(at, FILE, &broken);
        for arguments in [&["scan"][..], &["baseline", "update"], &["baseline", "show"]] {
            let failure = complaint(&scrubjay(at, arguments));
            assert!(failure.contains(FILE) && failure.contains(told), "{arguments:?}: {failure}");
        }
        assert_eq!(read(at), broken, "nothing is written over it");
    }
    fs::write(at.join(FILE), b"# scrubjay baseline 1\n\xff\n").unwrap();
    assert!(complaint(&scrubjay(at, &["scan"])).contains(":2: is no text"));
    assert_eq!(exit(&scrubjay(at, &["scan", "--no-baseline", "-q"])), 1);
    fs::remove_file(at.join(FILE)).unwrap();
    let missing = complaint(&scrubjay(at, &["baseline", "prune"]));
    assert!(missing.contains("`scrubjay baseline create` makes one"), "{missing}");
    assert!(complaint(&scrubjay(at, &["scan", "--baseline", "nowhere"])).contains("baseline: nowhere: No such file"));
}

#[test]
fn two_branches_that_add_to_it_merge() {
    let folder = repository();
    let at = folder.path();
    write(at, ".gitattributes", ".scrubjay.baseline merge=union\n");
    create(at);
    commit(at, "the baseline");
    for (branch, file, seed) in [("left", "left.env", 3), ("right", "right.env", 4)] {
        git(at, &["checkout", "-q", "-b", branch, "main"]);
        write(at, file, &line(seed));
        write(at, &format!("more-{file}"), &line(1));
        made(at, &["baseline", "update"]);
        commit(at, branch);
    }
    git(at, &["merge", "-q", "-m", "both", "left"]);
    assert_eq!(report(at, &["scan"]).0, 0);
    let merged = read(at);
    let told = made(at, &["baseline", "update"]);
    assert!(told.contains("0 secrets at 0 paths added"), "{told}");
    assert!(read(at).lines().count() <= merged.lines().count());
    assert_eq!(report(at, &["scan"]).0, 0);
}

#[test]
fn a_change_cannot_put_itself_into_the_baseline() {
    let folder = repository();
    let at = folder.path();
    create(at);
    commit(at, "the baseline");
    git(at, &["checkout", "-q", "-b", "side"]);
    // Known, gone, and back again at its path.
    write(at, "old.env", &line(9));
    commit(at, "back");
    assert_eq!(report(at, &["git", "--range", "main..side"]).0, 0);
    write(at, "new.env", &line(7));
    made(at, &["baseline", "update"]);
    commit(at, "new");
    assert_eq!(report(at, &["scan"]).0, 0, "one's own checkout");
    let (code, range) = report(at, &["git", "--range", "main..side"]);
    assert_eq!((code, &range["counts"]["findings"]), (1, &1.into()));
    let place = &range["findings"][0]["places"][0];
    assert_eq!((&place["path"], &place["allowed_by_change"]["by"]), (&"new.env".into(), &"baseline".into()));
    assert_eq!(report(at, &["git", "--range", "main..side", "--changed-allow", "honour"]).0, 0);
    assert_eq!(report(at, &["git", "--range", "main..side", "--no-baseline"]).1["counts"]["findings"], 2);
    write(at, "copy.env", &line(1));
    commit(at, "copy");
    let (_, range) = report(at, &["git", "--range", "side~1..side"]);
    assert_eq!(range["findings"][0]["places"][0]["state"], "spread");
    // A base that is broken is no base that says nothing.
    write(at, FILE, "=======\n");
    commit(at, "broken");
    write(at, "x", "x\n");
    commit(at, "more");
    let failure = complaint(&scrubjay(at, &["git", "--range", "HEAD~1..HEAD"]));
    assert!(failure.contains(":.scrubjay.baseline:1: a merge left"), "{failure}");
    let output = scrubjay(at, &["git", "--range", "side~2..side"]);
    assert!(stdout(&output).contains("what it adds is not known"), "{}", stdout(&output));
}

#[test]
fn a_hook_knows_what_the_last_commit_knew() {
    let folder = repository();
    let at = folder.path();
    create(at);
    commit(at, "the baseline");
    let hook = || exit(&scrubjay(at, &["hook", "run", "pre-commit"]));
    write(at, "old.env", &line(9));
    git(at, &["add", "-A"]);
    assert_eq!(hook(), 0, "what was known at this path comes back");
    write(at, "new.env", &line(6));
    made(at, &["baseline", "update"]);
    git(at, &["add", "-A"]);
    assert_eq!(hook(), 1, "what is staged does not allow itself");
    git(at, &["rm", "-q", "-f", "--cached", "new.env"]);
    assert_eq!(hook(), 0);
}

#[test]
fn a_policy_and_allow_entries_come_first() {
    let folder = repository();
    let at = folder.path();
    create(at);
    let policy = tempfile::tempdir().unwrap();
    write(policy.path(), "policy.toml", "min-severity = \"low\"\n");
    let policy = policy.path().join("policy.toml");
    assert_eq!(report(at, &["scan", "--config", policy.to_str().unwrap()]).0, 1, "a target only tightens a policy");
    fs::remove_file(at.join(FILE)).unwrap();
    write(at, ".scrubjay.toml", "[[allow]]\npath = \"config.yaml\"\nreason = \"samples\"\n");
    let told = create(at);
    assert!(told.contains("2 secrets at 3 paths added (5 places are allowed otherwise"), "{told}");
    // Entries name fingerprints: these stay what they are, with the baseline, without it, and when it is made anew.
    let id = |arguments: &[&str]| report(at, arguments).1["findings"][0]["fingerprint"].as_str().unwrap().to_owned();
    let allow =
        |id: &str| write(at, ".scrubjay.toml", &format!("[[allow]]\nfingerprint = \"{id}\"\nreason = \"a sample\"\n"));
    let counts = |arguments: &[&str]| {
        let counts = report(at, arguments).1["counts"].clone();
        ["findings", "allowed_findings", "baselined_findings"].map(|name| counts[name].as_u64().unwrap())
    };
    allow(&id(&["scan", "--no-baseline"]));
    made(at, &["baseline", "create", "--force"]);
    assert_eq!(counts(&["scan"]), [0, 7, 6]);
    assert_eq!(counts(&["scan", "--no-baseline"]), [6, 1, 0]);
    fs::remove_file(at.join(FILE)).unwrap();
    fs::remove_file(at.join(".scrubjay.toml")).unwrap();
    allow(&id(&["scan"]));
    made(at, &["baseline", "create"]);
    assert!(read(at).contains("# salt elsewhere "), "{}", read(at));
    assert_eq!(counts(&["scan"]), [0, 7, 6]);
}

#[test]
fn a_salt_that_is_kept_elsewhere_is_not_written() {
    let folder = repository();
    let at = folder.path();
    let run = |arguments: &[&str], salt: &str| command(at).args(arguments).env("SCRUBJAY_SALT", salt).output().unwrap();
    let created = run(&["baseline", "create"], "pepper of the organisation");
    assert!(exit(&created) == 0 && !stdout(&created).contains("guessed"), "{}", stdout(&created));
    assert!(!read(at).contains("pepper") && read(at).contains("# salt elsewhere "));
    assert_eq!(exit(&run(&["scan"], "pepper of the organisation")), 0);
    for output in [run(&["scan"], "another"), scrubjay(at, &["scan"]), scrubjay(at, &["baseline", "update"])] {
        let failure = complaint(&output);
        assert!(failure.contains("another salt") && failure.contains("SCRUBJAY_SALT"), "{failure}");
    }
    // One with a salt of its own is read with that, whatever the report's is.
    fs::remove_file(at.join(FILE)).unwrap();
    create(at);
    assert_eq!(exit(&run(&["scan"], "pepper of the organisation")), 0);
}

/// A salt in the configuration of the repository is read by whoever reads the baseline; that of a policy is not.
#[test]
fn a_salt_beside_the_baseline_is_none_that_is_kept() {
    let folder = repository();
    let at = folder.path();
    let passwords = || -> Vec<usize> {
        let text = read(at);
        let lines = text.lines().filter(|line| line.contains(" generic-password "));
        lines.map(|line| line.split(' ').next().unwrap().len()).collect()
    };
    write(at, ".scrubjay.toml", "salt = \"pepper\"\n");
    made(at, &["baseline", "create"]);
    assert!(read(at).contains("# salt elsewhere "), "{}", read(at));
    assert_eq!(passwords(), [6; 5]);
    assert_eq!(report(at, &["scan"]).0, 0);
    fs::remove_file(at.join(".scrubjay.toml")).unwrap();
    fs::remove_file(at.join(FILE)).unwrap();
    let policy = tempfile::tempdir().unwrap();
    write(policy.path(), "policy.toml", "salt = \"pepper\"\ntarget-may-allow = true\n");
    let policy = policy.path().join("policy.toml");
    let with = ["--config", policy.to_str().unwrap()];
    made(at, &[&["baseline", "create"][..], &with].concat());
    assert_eq!(passwords(), [68; 5]);
    assert_eq!(report(at, &[&["scan"][..], &with].concat()).0, 0);
}

#[test]
fn where_one_stands_and_what_is_shown_take_nothing_out() {
    let folder = repository();
    let at = folder.path();
    let told = made(&at.join("deploy"), &["baseline", "create"]);
    assert!(told.contains("7 secrets at 8 paths added"), "the whole repository, wherever one stands in it: {told}");
    let text = read(at);
    for arguments in [&["baseline", "prune"][..], &["baseline", "prune", "--min-severity", "critical"]] {
        made(&at.join("deploy"), arguments);
        assert_eq!(read(at), text);
    }
    assert!(!report(at, &["scan", "--min-severity", "critical"]).1["notes"].to_string().contains("of its entries"));
    for narrow in [
        &["deploy"][..],
        &["--only", "aws"],
        &["--without", "aws"],
        &["--include", "x"],
        &["--exclude", "x"],
        &["--no-unpack"],
    ] {
        let failure = complaint(&command(at).args(["baseline", "prune"]).args(narrow).output().unwrap());
        assert!(failure.contains("what is not looked for is not gone"), "{failure}");
    }
    assert_eq!(read(at), text);
    // That of the repository is that, however it is written.
    let failure =
        complaint(&scrubjay(&at.join("deploy"), &["baseline", "prune", "--baseline", "../.scrubjay.baseline", "."]));
    assert!(failure.contains("run it without targets"), "{failure}");
    assert_eq!(read(at), text);
    // One of something else is held against that alone.
    made(at, &["baseline", "create", "--baseline", "deploy.baseline", "deploy"]);
    let failure = complaint(&scrubjay(at, &["baseline", "prune", "--baseline", "deploy.baseline"]));
    assert!(failure.contains("name the targets that this baseline was made of"), "{failure}");
    let told = made(at, &["baseline", "prune", "--baseline", "deploy.baseline", "deploy"]);
    assert!(told.contains("0 entries at 0 paths taken out; it has 1 entry at 1 path now"), "{told}");
    let outside =
        complaint(&command(at).args(["baseline", "create", "--force"]).arg(std::env::temp_dir()).output().unwrap());
    assert!(outside.contains("outside of where you stand"), "{outside}");
}

#[test]
fn what_is_not_read_is_not_pruned() {
    let folder = repository();
    let at = folder.path();
    create(at);
    let text = read(at);
    fs::write(at.join("broken.gz"), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c").unwrap();
    for verb in [&["prune"][..], &["create", "--force"]] {
        let output = scrubjay(at, &[&["baseline"], verb].concat());
        assert!(exit(&output) == 2 && stderr(&output).contains("not all was read"), "{}", stderr(&output));
    }
    let output = scrubjay(at, &["baseline", "update"]);
    assert!(exit(&output) == 3 && stderr(&output).contains("incomplete: 1 not read"), "{}", stderr(&output));
    assert!(exit(&scrubjay(at, &["baseline", "update", "--allow-incomplete"])) == 0 && read(at) == text);
}

mod import {
    use super::*;

    fn sha1(secret: &str) -> String {
        let output = Command::new("openssl")
            .args(["dgst", "-sha1", "-r"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn();
        let mut child = output.unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), secret.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()[..40].to_owned()
    }

    #[test]
    fn of_gitleaks_by_value_or_by_place() {
        let folder = repository();
        let at = folder.path();
        let record = |file: &str, line: u64, secret: &str| {
            serde_json::json!({"RuleID": "x", "File": file, "StartLine": line, "EndLine": line, "StartColumn": 1, "EndColumn": 9,
                "Commit": "", "Secret": secret, "Match": "REDACTED", "Entropy": 3.5, "Fingerprint": "x"})
        };
        let records = serde_json::json!([
            record("app.env", 77, &token(1)),
            record("config.yaml", 2, "REDACTED"),
            record("config.yaml", 3, "not what is there"),
            record("gone.env", 1, "REDACTED"),
        ]);
        write(at, "gitleaks.json", &records.to_string());
        write(at, FILE, HEAD);
        let told = made(at, &["baseline", "import", "gitleaks.json", "--exclude", "gitleaks.json"]);
        assert!(told.contains("2 secrets at 2 paths added"), "{told}");
        assert!(told.contains("2 of its 4 entries are found here, not so config.yaml:3, gone.env:1"), "{told}");
        assert!(!told.contains("not what is there") && !told.contains(&token(1)));
        fs::remove_file(at.join("gitleaks.json")).unwrap();
        let (_, after) = report(at, &["scan"]);
        // The token's second place has spread; four passwords and the one in history are as before.
        assert_eq!((&after["counts"]["baselined_places"], &after["counts"]["findings"]), (&2.into(), &6.into()));
        let again = {
            write(at, "more.json", "null");
            made(at, &["baseline", "import", "more.json"])
        };
        assert!(again.contains("0 of its 0 entries"), "{again}");
    }

    #[test]
    fn of_detect_secrets_by_hash() {
        let folder = repository();
        let at = folder.path();
        let entry = |secret: &str, line: u64| serde_json::json!({"type": "Secret Keyword", "filename": "config.yaml", "hashed_secret": sha1(secret), "is_verified": false, "line_number": line});
        let baseline = serde_json::json!({"version": "1.5.0", "plugins_used": [], "filters_used": [],
            "results": {"config.yaml": [entry(PASSWORDS[0], 1), entry("other", 2)], "t.py": [entry("ghp", 1)]}, "generated_at": "2026-01-01T00:00:00Z"});
        write(at, ".secrets.baseline", &baseline.to_string());
        // Of a token it hashes the beginning alone.
        write(at, "t.py", &format!("T = '{}'\n", token(41)));
        let told = made(at, &["baseline", "import", ".secrets.baseline"]);
        assert!(
            told.contains("2 secrets at 2 paths added; 2 of its 3 entries are found here, not so config.yaml:2"),
            "{told}"
        );
    }

    #[test]
    fn what_is_none_is_refused_and_not_quoted() {
        let folder = repository();
        let at = folder.path();
        for text in ["", "[", "[1]", "{\"results\": 3}", "hunter2 is no JSON", "{\"a\": \"hunter2\"}"] {
            write(at, "x.json", text);
            let failure = complaint(&scrubjay(at, &["baseline", "import", "x.json"]));
            assert!(failure.contains("is no such baseline") && !failure.contains("hunter2"), "{failure}");
        }
        assert!(!at.join(FILE).exists());
    }
}

#[test]
fn what_is_known_stays_known_when_it_is_written_in_another_form_elsewhere() {
    for salt in [None, Some("kept elsewhere")] {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let run = |arguments: &[&str]| {
            let mut command = command(at);
            command.args(arguments);
            salt.map(|salt| command.env("SCRUBJAY_SALT", salt));
            let output = command.output().unwrap();
            (exit(&output), stdout(&output) + &stderr(&output))
        };
        git(at, &["init", "-q", "-b", "main"]);
        write(at, "p.env", "NEXUS_PASSWORD=Tannen-Zapfen-88x\n");
        commit(at, "one");
        assert_eq!(run(&["baseline", "create"]).0, 0);
        write(at, "u.txt", "https://abot:Tannen-Zapfen-88x@nexus.acme.io/\n");
        let (code, text) = run(&["scan", "--format", "csv"]);
        let rows: Vec<&str> = text.lines().filter(|line| line.contains("-password,")).collect();
        assert_eq!((code, rows.len()), (1, 2), "{text}");
        assert!(rows.iter().any(|row| row.contains(",p.env,") && row.contains(",baseline,")), "{text}");
        assert!(rows.iter().any(|row| row.contains(",spread,") && row.contains(",u.txt,")), "{text}");
        // An entry that was made for the place counts there, whatever now names the secret.
        fs::remove_file(at.join(FILE)).unwrap();
        write(at, ".scrubjay.toml", "[[allow]]\nrule = \"generic-password\"\npath = \"p.env\"\nreason = \"demo\"\n");
        let (_, text) = run(&["scan", "--format", "csv"]);
        let rows: Vec<&str> = text.lines().filter(|line| line.contains(",config,")).collect();
        assert!(rows.len() == 1 && rows[0].contains(",p.env,"), "{text}");
    }
}

#[test]
#[cfg(unix)]
fn a_link_on_the_way_to_a_target_changes_nothing_of_what_is_known() {
    let folder = repository();
    let at = folder.path();
    create(at);
    let alias = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(at, alias.path().join("alias")).unwrap();
    for target in ["deploy", "app.env"] {
        let linked = alias.path().join("alias").join(target);
        let (exit, report) = report(at, &["dir", linked.to_str().unwrap()]);
        assert_eq!((exit, report["findings"].as_array().unwrap().len()), (0, 0), "{target}: {report}");
    }
}
