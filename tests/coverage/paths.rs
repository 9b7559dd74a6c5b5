//! A file's content at several paths: what the kind of a path decides must hold at each of them, or not at all.

use std::fs;

use super::*;

/// A password that is likely in a common file and only possible among tests.
/// Barely likely: a kind of path takes it to possible.
const WEAK_PASSWORD: &str = "db_password: stallion\n";
const PASSWORD: &str = "db_password = \"Summer24!\"\n";

/// Confidence of the one finding and its places, each with state, context and path.
fn told(scan: &Scan) -> Option<(String, Vec<String>)> {
    let findings = scan.report["findings"].as_array().unwrap();
    assert!(findings.len() < 2, "{findings:?}");
    let finding = findings.first()?;
    let mut places: Vec<String> = finding["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| {
            let context = place["context"].as_str().unwrap_or("-");
            format!("{} {context} {}", place["state"].as_str().unwrap(), place["path"].as_str().unwrap())
        })
        .collect();
    places.sort();
    Some((finding["confidence"].as_str().unwrap().to_owned(), places))
}

fn history(repository: &Repository, arguments: &[&str]) -> Option<(String, Vec<String>)> {
    told(&scan(&repository.path(), &[&["git", ".", "--only", "generic-password"], arguments].concat()))
}

#[test]
fn a_kind_of_path_lowers_only_what_lies_nowhere_else() {
    let repository = Repository::new();
    repository.commit("tests/fixtures/db.env", WEAK_PASSWORD);
    let places = vec!["live fixture tests/fixtures/db.env".to_owned()];
    assert_eq!(history(&repository, &[]), Some(("possible".to_owned(), places)), "among tests only");
    // The same blob in another commit, another branch, another time: each is enough.
    repository.git(&["switch", "-q", "-c", "side"]);
    repository.commit("deploy/.env", WEAK_PASSWORD);
    repository.git(&["switch", "-q", "main"]);
    let places = vec!["live - deploy/.env".to_owned(), "live fixture tests/fixtures/db.env".to_owned()];
    assert_eq!(history(&repository, &[]), Some(("likely".to_owned(), places)));
    repository.git(&["switch", "-q", "side"]);
    repository.git(&["rm", "-q", "deploy/.env"]);
    repository.commit_all("gone");
    let places = vec!["live fixture tests/fixtures/db.env".to_owned(), "removed - deploy/.env".to_owned()];
    assert_eq!(history(&repository, &[]), Some(("likely".to_owned(), places)));
    // And one that nothing refers to any more.
    repository.git(&["switch", "-q", "main"]);
    repository.git(&["branch", "-qD", "side"]);
    let places = vec!["live fixture tests/fixtures/db.env".to_owned(), "unreachable - deploy/.env".to_owned()];
    assert_eq!(history(&repository, &[]), Some(("likely".to_owned(), places)));
}

#[test]
fn a_warning_for_tests_is_none_for_the_same_file_elsewhere() {
    let repository = Repository::new();
    repository.commit("tests/token.txt", line(1));
    let warn = ["git", ".", "--context-warn", "test"];
    assert_eq!(scan(&repository.path(), &warn).exit, 0);
    repository.commit("src/token.txt", line(1));
    assert_eq!(scan(&repository.path(), &warn).exit, 1);
}

#[test]
fn an_allow_entry_covers_its_path_alone() {
    let repository = Repository::new();
    repository.write(".scrubjay.toml", "[[allow]]\npath = \"docs/**\"\nreason = \"published sample\"\n");
    repository.commit("docs/sample.env", line(1));
    assert_eq!(repository.scan().exit, 0);
    repository.commit("app/.env", line(1));
    let both = repository.scan();
    assert_eq!(both.exit, 1);
    let places = both.report["findings"][0]["places"].as_array().unwrap();
    let allowed: Vec<bool> = places.iter().map(|place| !place["allowed"].is_null()).collect();
    assert_eq!(places.len(), 2);
    assert_eq!(allowed.iter().filter(|allowed| **allowed).count(), 1, "{places:?}");
}

#[test]
fn what_is_left_out_at_one_path_is_found_at_another() {
    let repository = Repository::new();
    repository.commit("vendor/x.env", line(1));
    repository.commit("app/x.env", line(1));
    let found = scan(&repository.path(), &["git", ".", "--exclude", "vendor/**"]);
    assert_eq!(found.places(1), ["live app/x.env"]);
    assert_eq!(scan(&repository.path(), &["git", ".", "--exclude", "**/x.env"]).exit, 0);
}

/// A signature that counts in `.npmrc` only, and matches what a general one would find, too.
const FOR_NPMRC: &str = r#"
provider = "Example"
[[signature]]
id = "npmrc-password"
title = "Password in .npmrc"
severity = "high"
lifetime = "static"
opens = "The registry."
keywords = ["db_password"]
pattern = 'db_password\s?=\s?"(?P<secret>[0-9A-Za-z!]{9})"'
paths = [".npmrc"]
rotate = "Set a new one."
examples = ['db_password = "⟦{b62:9}⟧"']
counterexamples = ["password = x"]
"#;

fn with_rule(repository: &Repository, arguments: &[&str]) -> Vec<(String, String)> {
    let signatures = repository.beside("signatures");
    fs::create_dir_all(&signatures).unwrap();
    fs::write(signatures.join("npmrc.toml"), FOR_NPMRC).unwrap();
    let signatures = signatures.to_str().unwrap().to_owned();
    let arguments = [arguments, &["--signatures", &signatures]].concat();
    let scan = scan(&repository.path(), &arguments);
    let findings = scan.report["findings"].as_array().unwrap().iter();
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    findings.map(|finding| (word(finding, "rule"), word(finding, "confidence"))).collect()
}

fn pair(rule: &str, confidence: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), confidence.to_owned())]
}

#[test]
fn a_rule_for_some_paths_counts_at_any_path_that_a_blob_had() {
    let repository = Repository::new();
    repository.commit("a.txt", PASSWORD);
    assert_eq!(
        with_rule(&repository, &["git", "."]),
        pair("generic-password", "likely"),
        "it takes nothing from others"
    );
    repository.commit("deep/.npmrc", PASSWORD);
    repository.git(&["rm", "-q", "deep/.npmrc"]);
    repository.commit("b.txt", PASSWORD);
    assert_eq!(with_rule(&repository, &["git", "."]), pair("npmrc-password", "likely"));
    assert_eq!(with_rule(&repository, &["git", ".", "--only", "npmrc-password"]), pair("npmrc-password", "likely"));
    assert_eq!(with_rule(&repository, &["dir", ".", "--only", "npmrc-password"]), [], "no such file is there now");
}

#[test]
fn where_no_path_is_known_a_rule_for_some_paths_is_possible() {
    let repository = Repository::new();
    repository.commit("a", "x\n");
    repository.write("x", PASSWORD);
    repository.git(&["tag", "blob", &repository.git(&["hash-object", "-w", "x"])]);
    fs::remove_file(repository.path().join("x")).unwrap();
    let only = ["git", ".", "--only", "npmrc-password"];
    assert_eq!(with_rule(&repository, &only), []);
    let possible = [&only[..], &["--min-confidence", "possible"]].concat();
    assert_eq!(with_rule(&repository, &possible), pair("npmrc-password", "possible"));
}

#[test]
fn of_very_many_paths_none_is_forgotten() {
    let repository = Repository::new();
    for number in 0..300 {
        repository.write(&format!("tests/{number}.env"), PASSWORD);
    }
    repository.write("zz/deploy.env", PASSWORD);
    repository.commit_all("very many");
    let (confidence, places) = history(&repository, &[]).unwrap();
    assert_eq!(confidence, "likely", "not all are known to be tests");
    assert!(places.len() > 256);
    assert!(history(&repository, &["--exclude", "tests/**"]).is_some(), "what is not told may be elsewhere");
    // In a change as well.
    repository.write("x", "y\n");
    repository.commit_all("next");
    repository.git(&["branch", "-q", "old", "HEAD~1"]);
    let root = repository.git(&["commit-tree", "-m", "root", &repository.git(&["mktree", "--missing"])]);
    let range = format!("{root}..HEAD");
    assert!(history(&repository, &["--range", &range]).is_some());
}
