//! Text of a repository that is in no object: what a person's clone keeps beside its history.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::path::Path;

use common::{exit, git, scrubjay, stdout, token, write};
use serde_json::Value;

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    write(folder.path(), "readme", "nothing here\n");
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "first"]);
    folder
}

/// Exit code and the paths of all places.
fn paths(folder: &Path, arguments: &[&str]) -> (i32, Vec<String>) {
    let arguments = [&["git", ".", "--format", "json"], arguments].concat();
    let output = scrubjay(folder, &arguments);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let places = report["findings"].as_array().unwrap().iter().flat_map(|one| one["places"].as_array().unwrap());
    let mut paths: Vec<String> = places.map(|place| place["path"].as_str().unwrap().to_owned()).collect();
    paths.sort();
    (exit(&output), paths)
}

#[test]
fn a_message_that_an_amend_took_away_is_in_the_log_too() {
    let folder = repository();
    git(folder.path(), &["commit", "-q", "--allow-empty", "-m", &format!("use {}", token(1))]);
    git(folder.path(), &["commit", "-q", "--allow-empty", "--amend", "-m", "use a token"]);
    let (code, paths) = paths(folder.path(), &[]);
    assert_eq!(code, 1);
    assert!(paths.contains(&".git/logs/HEAD".to_owned()), "{paths:?}");
}

#[test]
fn hooks_and_credential_files_are_read_and_not_run() {
    let folder = repository();
    let ran = folder.path().join("ran");
    write(folder.path(), ".git/hooks/pre-push", &format!("touch {}\nTOKEN={}\n", ran.display(), token(2)));
    write(folder.path(), ".git/credentials", &format!("https://bot:{}@example.com\n", token(3)));
    let (code, paths) = paths(folder.path(), &[]);
    assert_eq!((code, paths), (1, vec![".git/credentials".to_owned(), ".git/hooks/pre-push".to_owned()]));
    assert!(!ran.exists());
}

/// A repository with a submodule at `lib/inner`, in which a file holds a token, and the one that it was made from.
fn with_submodule(file: &str, token: String) -> (tempfile::TempDir, tempfile::TempDir) {
    let inner = repository();
    write(inner.path(), file, &format!("TOKEN={token}\n"));
    git(inner.path(), &["add", "-A"]);
    git(inner.path(), &["commit", "-q", "-m", "inner"]);
    let outer = repository();
    let url = inner.path().to_str().unwrap();
    git(outer.path(), &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "lib/inner"]);
    git(outer.path(), &["commit", "-q", "-m", "submodule"]);
    (outer, inner)
}

#[test]
fn submodules_are_read_when_asked_for() {
    let (outer, _inner) = with_submodule("config.env", token(4));
    assert_eq!(paths(outer.path(), &[]), (0, Vec::new()));
    assert_eq!(paths(outer.path(), &["--submodules"]), (1, vec!["lib/inner/config.env".to_owned()]));
    let told = |arguments: &[&str]| common::stdout(&common::scrubjay(outer.path(), &[&["git"], arguments].concat()));
    assert!(told(&[]).contains("lib/inner: excluded (history of a submodule: `scrubjay git --submodules` reads it)"));
    assert!(!told(&["--submodules"]).contains("lib/inner: "), "{}", told(&["--submodules"]));
    std::fs::remove_dir_all(outer.path().join(".git/modules")).unwrap();
    assert!(told(&["--submodules"]).contains("lib/inner: uninitialised-submodule"), "{}", told(&["--submodules"]));
}

#[test]
fn what_lies_beside_the_history_of_a_submodule_is_read_also_when_the_tree_has_lost_it() {
    let (outer, _inner) = with_submodule("gone.env", token(31));
    let url = format!("https://bot:{}@example.com/inner.git", token(32));
    git(outer.path(), &["-C", "lib/inner", "remote", "set-url", "origin", &url]);
    write(outer.path(), ".git/modules/lib/inner/credentials", &format!("https://bot:{}@example.com\n", token(33)));
    let of_folder = ["config", "credentials"].map(|name| format!(".git/modules/lib/inner/{name}")).to_vec();
    assert_eq!(paths(outer.path(), &[]), (1, of_folder.clone()));
    let with_history = [of_folder.clone(), vec!["lib/inner/gone.env".to_owned()]].concat();
    assert_eq!(paths(outer.path(), &["--submodules"]), (1, with_history.clone()));
    let told = || common::stdout(&common::scrubjay(outer.path(), &["git"]));
    let excluded = "lib/inner: excluded (history of a submodule: `scrubjay git --submodules` reads it)";
    assert!(told().contains(&format!("- {excluded}")), "{}", told());

    git(outer.path(), &["rm", "-q", "-f", "lib/inner"]);
    git(outer.path(), &["commit", "-q", "-m", "without it"]);
    assert_eq!(paths(outer.path(), &[]), (1, of_folder));
    assert!(told().contains(&format!("- .git/modules/{excluded}")), "{}", told());
    assert_eq!(paths(outer.path(), &["--submodules"]), (1, with_history));
}

#[test]
fn what_lfs_keeps_is_told_at_the_path_of_its_pointer() {
    let folder = repository();
    let at = folder.path();
    let oid = "9f".repeat(32);
    let commit = |message: &str| {
        git(at, &["add", "-A"]);
        git(at, &["commit", "-q", "-m", message]);
    };
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 50\n");
    write(at, "data/dump.sql", &pointer);
    commit("pointer");
    write(at, &format!(".git/lfs/objects/9f/9f/{oid}"), &format!("-- dump\nTOKEN={}\n", token(8)));
    // What no pointer stands for is told where it lies.
    let other = format!(".git/lfs/objects/ab/ab/{}", "ab".repeat(32));
    write(at, &other, &format!("TOKEN={}\n", token(9)));
    assert_eq!(paths(at, &[]), (1, vec![other.clone(), "data/dump.sql".to_owned()]));
    std::fs::remove_file(at.join(&other)).unwrap();

    let known = ["--incremental", "--cache", ".git/known"];
    let report = |arguments: &[&str]| -> Value {
        let arguments = [&["git", ".", "--format", "json"], arguments].concat();
        serde_json::from_str(&stdout(&scrubjay(at, &arguments))).unwrap()
    };
    let first = report(&known);
    let place = &first["findings"][0]["places"][0];
    let told = ["state", "path", "line", "column"].map(|key| place[key].to_string());
    assert_eq!(told, ["\"live\"", "\"data/dump.sql\"", "2", "7"]);
    assert_eq!(place["origin"][2].to_string(), format!("{{\"kind\":\"lfs\",\"oid\":\"{oid}\"}}"));
    assert!(place["commit"].is_string() && place["refs"][0] == "refs/heads/main", "{place}");
    assert_eq!(report(&known)["findings"], first["findings"], "a memory does not change it");
    let text = stdout(&scrubjay(at, &["git", "."]));
    assert!(text.contains("content   LFS object 9f9f9f9f9f9f\n"), "{text}");

    git(at, &["rm", "-q", "data/dump.sql"]);
    commit("gone");
    for arguments in [&[][..], &known[..]] {
        let place = &report(arguments)["findings"][0]["places"][0];
        assert_eq!((place["state"].as_str(), place["path"].as_str()), (Some("removed"), Some("data/dump.sql")));
        assert!(place["removed"]["commit"].is_string(), "{place}");
    }
    assert_eq!(paths(at, &["--exclude", "data/"]), (0, Vec::new()));
    write(at, ".scrubjay.toml", "[[allow]]\npath = \"data/*.sql\"\nreason = \"revoked\"\n");
    assert_eq!(paths(at, &[]), (0, Vec::new()));
}

/// A repository with a submodule at `lib/inner` that has one of its own at `deep`; each has a token in `config.env`.
fn nested() -> (tempfile::TempDir, [tempfile::TempDir; 2]) {
    let filled = |seed: u64| {
        let folder = repository();
        write(folder.path(), "config.env", &format!("TOKEN={}\n", token(seed)));
        git(folder.path(), &["add", "-A"]);
        git(folder.path(), &["commit", "-q", "-m", "token"]);
        folder
    };
    let add = |to: &tempfile::TempDir, what: &tempfile::TempDir, path: &str| {
        let url = what.path().to_str().unwrap();
        git(to.path(), &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, path]);
        git(to.path(), &["commit", "-q", "-m", "submodule"]);
    };
    let (deep, inner, outer) = (filled(5), filled(6), repository());
    add(&inner, &deep, "deep");
    add(&outer, &inner, "lib/inner");
    let update = ["submodule", "--quiet", "update", "--init", "--recursive"];
    git(outer.path(), &[&["-c", "protocol.file.allow=always"], &update[..]].concat());
    (outer, [inner, deep])
}

#[test]
fn paths_in_submodules_count_from_the_top_of_the_repository() {
    let (outer, others) = nested();
    let at = outer.path();
    let both = vec!["lib/inner/config.env".to_owned(), "lib/inner/deep/config.env".to_owned()];
    assert_eq!(paths(at, &["--submodules"]), (1, both.clone()));
    let text = stdout(&scrubjay(at, &["git", ".", "--submodules"]));
    assert!(!text.contains("submodules` reads it"), "all are read: {text}");
    // Also where it was moved, and is no longer called by its path.
    git(at, &["mv", "lib/inner", "lib/moved"]);
    git(at, &["commit", "-q", "-m", "moved"]);
    let moved = vec!["lib/moved/config.env".to_owned(), "lib/moved/deep/config.env".to_owned()];
    assert_eq!(paths(at, &["--submodules"]), (1, moved));
    git(at, &["mv", "lib/moved", "lib/inner"]);
    git(at, &["commit", "-q", "-m", "back"]);

    // What git keeps of it lies in the folder of the repository.
    write(at, ".git/modules/lib/inner/hooks/pre-push", &format!("TOKEN={}\n", token(7)));
    let hook = ".git/modules/lib/inner/hooks/pre-push".to_owned();
    assert_eq!(paths(at, &["--submodules"]).1, [std::slice::from_ref(&hook), &both[..]].concat());
    std::fs::remove_file(at.join(&hook)).unwrap();

    let report = |arguments: &[&str]| -> Value {
        let arguments = [&["git", ".", "--submodules", "--format", "json"], arguments].concat();
        serde_json::from_str(&stdout(&scrubjay(at, &arguments))).unwrap()
    };
    let places = |report: &Value| -> Vec<Value> {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.flat_map(|one| one["places"].as_array().unwrap().clone()).collect()
    };
    write(at, "CODEOWNERS", "/lib/inner/ @inner\n/lib/inner/deep/ @deep\n");
    let owners: Vec<String> = places(&report(&[])).iter().map(|place| place["owners"][0].to_string()).collect();
    assert_eq!(owners, ["\"@inner\"", "\"@deep\""]);
    let kinds: Vec<String> = places(&report(&[]))
        .iter()
        .map(|place| place["origin"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect())
        .collect();
    assert_eq!(kinds, ["repositorysubmoduleobject"; 2]);
    assert_eq!(paths(at, &["--submodules", "--exclude", "lib/inner/deep/"]).1, both[..1]);

    let allow = "[[allow]]\npath = \"/lib/inner/deep/config.env\"\nreason = \"revoked\"\n";
    write(at, ".scrubjay.toml", allow);
    assert_eq!(paths(at, &["--submodules"]).1, both[..1]);
    write(at, ".scrubjay.toml", &allow.replace("/lib/inner/deep/config.env", "/deep/config.env"));
    assert_eq!(paths(at, &["--submodules"]).1, both, "paths count from the folder of the file");
    std::fs::remove_file(at.join(".scrubjay.toml")).unwrap();

    let known = ["git", ".", "--submodules", "--incremental", "--cache", "cache", "--format", "json"];
    let first = stdout(&scrubjay(at, &known));
    assert!(first.contains("lib/inner/deep/config.env") && stdout(&scrubjay(at, &known)) == first);
    let sarif = stdout(&scrubjay(at, &["git", ".", "--submodules", "--format", "sarif"]));
    assert!(sarif.contains("\"uri\":\"lib/inner/deep/config.env\""), "{sarif}");
    drop(others);
}
