//! What messages, advice and explanations say fits what they are said of.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::fs;
use std::path::Path;

use common::{complaint, exit, git, scrubjay, stderr, stdout, token, write};
use serde_json::Value;

fn line(seed: u64) -> String {
    format!("GITHUB_TOKEN={}\n", token(seed))
}

/// A repository with a file and a commit.
fn repository(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    write(folder.path(), name, text);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "one"]);
    folder
}

mod explain {
    use super::*;

    /// What is said of the token in a file.
    fn of(folder: &Path, file: &str) -> String {
        let output = scrubjay(folder, &["explain", file]);
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        let told = stdout(&output);
        let line = told.lines().find(|line| line.contains("github-pat-classic")).unwrap_or_else(|| panic!("{told}"));
        line.split_once(": github-pat-classic: ").unwrap().1.to_owned()
    }

    #[test]
    fn says_what_a_scan_makes_of_it() {
        let folder = repository("app.env", &line(1));
        let top = folder.path();
        assert_eq!(of(top, "app.env"), "proven");
        for (config, said) in [
            ("without = [\"github-pat-classic\"]\n", "a secret, but left out of scans here (config: "),
            ("only = [\"gitlab-pat\"]\n", "a secret, but left out of scans here (config: "),
            ("exclude = [\"*.env\"]\n", "a secret, but left out of scans here (exclude"),
            ("min-severity = \"critical\"\nmin-confidence = \"proven\"\n", "proven"),
            ("[[allow]]\npath = \"app.env\"\nreason = \"a test\"\n", "allowed: a test (config at "),
        ] {
            write(top, ".scrubjay.toml", config);
            for (here, file) in [(top, "app.env"), (top, "./app.env")] {
                assert!(of(here, file).starts_with(said), "{config}: {}", of(here, file));
            }
            // Nothing counts there of somebody else's folder.
            let outside = top.parent().unwrap();
            let file = format!("{}/app.env", top.file_name().unwrap().to_str().unwrap());
            assert_eq!(of(outside, &file), "proven", "{config}");
        }
        fs::remove_file(top.join(".scrubjay.toml")).unwrap();
        let marked = format!("{} # scrubjay:allow github-pat-classic reason=\"mine\"\n", line(1).trim_end());
        write(top, "app.env", &marked);
        assert_eq!(of(top, "app.env"), "allowed: mine (inline at app.env:1)");
    }

    #[test]
    fn what_is_not_looked_for_is_no_lack_of_a_keyword() {
        let folder = repository("app.env", &line(2));
        let note = |arguments: &[&str]| {
            let text = stdout(&scrubjay(folder.path(), &[&["dir", "."], arguments].concat()));
            text.split_once("--explain app.env: ").map(|(_, note)| note.lines().take(3).collect::<String>())
        };
        let part = note(&["--explain", "app.env", "--only", "gitlab-pat"]).unwrap();
        assert!(part.contains("--only") && part.contains("scrubjay explain"), "{part}");
    }
}

#[test]
fn a_configuration_that_is_no_file_is_not_passed_over() {
    let folder = repository("app.env", &line(3));
    let config = folder.path().join(".scrubjay.toml");
    fs::create_dir(&config).unwrap();
    let told = complaint(&scrubjay(folder.path(), &["dir", "."]));
    assert!(told.contains(".scrubjay.toml: is no regular file"), "{told}");
    fs::remove_dir(&config).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", &config).unwrap();
        for verb in ["dir", "scan"] {
            let told = complaint(&scrubjay(folder.path(), &[verb, "."]));
            assert!(told.contains(".scrubjay.toml: is no regular file"), "{told}");
        }
        fs::remove_file(&config).unwrap();
        write(folder.path(), "own.toml", "[[allow]]\npath = \"app.env\"\nreason = \"a test\"\n");
        std::os::unix::fs::symlink("own.toml", &config).unwrap();
        assert_eq!(exit(&scrubjay(folder.path(), &["dir", "."])), 0, "a link to a file is as good as the file");
        git(folder.path(), &["add", "-A"]);
        git(folder.path(), &["commit", "-q", "-m", "two"]);
        git(folder.path(), &["commit", "-q", "--allow-empty", "-m", "three"]);
        let told = complaint(&scrubjay(folder.path(), &["git", "--range", "HEAD~1..HEAD"]));
        assert!(told.contains("so what counts is not known: the file itself must stand there"), "{told}");
    }
}

#[test]
fn words_that_were_typed_are_masked_in_errors() {
    let folder = repository("a", "clean\n");
    let secret = token(4);
    for arguments in [
        &["git", "--range", &format!("{secret}..HEAD")][..],
        &["git", ".", "--since", &secret],
        &["scan", &secret],
        &["git", &format!("https://127.0.0.1:1/{secret}/none.git")],
    ] {
        let told = complaint(&scrubjay(folder.path(), arguments));
        assert!(!told.contains(&secret) && told.contains("ghp_****"), "{told}");
    }
}

#[test]
fn a_salt_that_was_changed_is_named_where_nothing_of_a_baseline_is_found() {
    let folder = repository("app.env", &format!("{}{}", line(5), line(6)));
    let top = folder.path();
    assert_eq!(exit(&scrubjay(top, &["baseline", "create"])), 0);
    assert_eq!(exit(&scrubjay(top, &["scan", "."])), 0);
    let file = top.join(".scrubjay.baseline");
    let text = fs::read_to_string(&file).unwrap();
    let salt = text.lines().find_map(|line| line.strip_prefix("# salt ")).unwrap();
    let other = format!("{}{}", if salt.starts_with('0') { '1' } else { '0' }, &salt[1..]);
    fs::write(&file, text.replace(salt, &other)).unwrap();
    let output = scrubjay(top, &["scan", "."]);
    let told = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(exit(&output), 1);
    assert!(told.contains("none of its 2 entries was found") && told.contains("the salt in its head"), "{told}");
}

#[test]
fn a_report_that_is_converted_keeps_its_day() {
    let folder = repository("app.env", &line(7));
    scrubjay(folder.path(), &["dir", ".", "--output", "json=report.json"]);
    let path = folder.path().join("report.json");
    let mut report: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    report["day"] = "2020-01-02".into();
    fs::write(&path, report.to_string()).unwrap();
    for format in ["junit", "gitlab"] {
        let converted = stdout(&scrubjay(folder.path(), &["report", "convert", "report.json", "--format", format]));
        assert!(converted.contains("2020-01-02T00:00:00"), "{format}: {converted}");
    }
}

mod advice {
    use super::*;

    /// What is to be done about each finding of a scan.
    fn of(folder: &Path, arguments: &[&str]) -> String {
        let report = stdout(&scrubjay(folder, &[&["git", "."], arguments, &["--format", "github"]].concat()));
        assert!(report.contains("::error"), "{arguments:?}: {report}");
        let (_, errors) = report.split_once("::error").unwrap();
        errors.replace("%0A", "\n")
    }

    #[test]
    fn what_is_in_no_file_is_not_to_be_taken_out_of_one() {
        let folder = repository("a", "clean\n");
        let top = folder.path();
        let commit = |message: &str| git(top, &["commit", "-q", "--allow-empty", "-m", message]);
        git(top, &["checkout", "-q", "-b", "side"]);
        commit("two");
        git(top, &["tag", "-a", "v1", "-m", &line(10)]);
        for arguments in [&[][..], &["--range", "main..v1"]] {
            let told = of(top, arguments);
            assert!(told.contains("delete the tag") && !told.contains("file"), "{told}");
        }
        git(top, &["tag", "-d", "v1"]);
        git(top, &["branch", &token(11)]);
        assert!(of(top, &[]).contains("in the name of a reference: rename that"));
        git(top, &["branch", "-D", &token(11)]);
        commit(&line(12));
        for arguments in [&[][..], &["--range", "main..HEAD"]] {
            let told = of(top, arguments);
            assert!(told.contains("amend it or rebase"), "{arguments:?}: {told}");
        }
        git(top, &["reset", "-q", "--hard", "HEAD~1"]);
        // Git keeps the last message there.
        fs::remove_file(top.join(".git/COMMIT_EDITMSG")).unwrap();
        git(top, &["reflog", "expire", "--expire=now", "--all"]);
        git(top, &["gc", "-q", "--prune=now"]);
        write(top, "new.env", &line(13));
        git(top, &["add", "-A"]);
        let staged = of(top, &["--staged"]);
        assert!(staged.contains("It is staged, and in no commit yet"), "{staged}");
        git(top, &["rm", "-q", "--cached", "new.env"]);
        fs::remove_file(top.join("new.env")).unwrap();
        git(top, &["gc", "-q", "--prune=now"]);
        git(top, &["notes", "add", "-m", &line(14)]);
        let note = of(top, &[]);
        assert!(note.contains("It is in a note"), "{note}");
    }

    #[test]
    fn what_only_this_folder_of_git_has_is_in_no_clone() {
        let folder = repository("a", "clean\n");
        let top = folder.path();
        write(top, "a", &line(15));
        git(top, &["stash", "-q"]);
        let told = of(top, &[]);
        assert!(told.contains("git stash drop") && !told.contains("every clone has it"), "{told}");
        git(top, &["stash", "clear"]);
        git(top, &["gc", "-q", "--prune=now"]);
        git(top, &["remote", "add", "origin", &format!("https://me:{}@git.example/a.git", token(16))]);
        let told = of(top, &[]);
        assert!(told.contains("git remote set-url") && !told.contains("secret store"), "{told}");
    }

    #[test]
    fn what_nobody_can_revoke_or_what_works_no_more_is_said_to_be_so() {
        let folder = tempfile::tempdir().unwrap();
        let made = |template: &str| {
            String::from_utf8(scrubjay::signature::template::expand(template, 17).unwrap().text).unwrap()
        };
        write(folder.path(), "key.env", &made("PRIVATE_KEY=0x{hex:64}\nETH_RPC=1\n"));
        let told = stdout(&scrubjay(folder.path(), &["scan", "key.env", "--min-confidence", "possible"]));
        assert!(told.contains("Works for ever: nobody can revoke it.") && !told.contains("revoke it first"), "{told}");
        write(folder.path(), "key.env", &made("AIRTABLE_API_KEY=key{b62:14}\n"));
        let told = stdout(&scrubjay(folder.path(), &["scan", "key.env", "--min-confidence", "possible"]));
        assert!(told.contains("It opens nothing any more") && !told.contains("Works until"), "{told}");
    }

    #[test]
    fn a_branch_of_a_bare_repository_has_no_origin_before_it() {
        let folder = repository("a", "clean\n");
        git(folder.path(), &["clone", "-q", "--bare", ".", "bare.git"]);
        let told = complaint(&scrubjay(folder.path(), &["git", "bare.git", "--range", "origin/main..origin/main"]));
        assert!(told.contains("has it without `origin/`"), "{told}");
    }
}
