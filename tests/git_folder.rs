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

#[test]
fn submodules_are_read_when_asked_for() {
    let inner = repository();
    write(inner.path(), "config.env", &format!("TOKEN={}\n", token(4)));
    git(inner.path(), &["add", "-A"]);
    git(inner.path(), &["commit", "-q", "-m", "inner"]);
    let outer = repository();
    let url = inner.path().to_str().unwrap();
    git(outer.path(), &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "lib/inner"]);
    git(outer.path(), &["commit", "-q", "-m", "submodule"]);
    assert_eq!(paths(outer.path(), &[]), (0, Vec::new()));
    assert_eq!(paths(outer.path(), &["--submodules"]), (1, vec!["config.env".to_owned()]));
    let told = |arguments: &[&str]| common::stdout(&common::scrubjay(outer.path(), &[&["git"], arguments].concat()));
    assert!(told(&[]).contains("lib/inner: excluded (history of a submodule: `scrubjay git --submodules` reads it)"));
    assert!(!told(&["--submodules"]).contains("lib/inner: "), "{}", told(&["--submodules"]));
    std::fs::remove_dir_all(outer.path().join(".git/modules")).unwrap();
    assert!(told(&["--submodules"]).contains("lib/inner: uninitialised-submodule"), "{}", told(&["--submodules"]));
}
