//! Folders in repositories, repositories in folders, compressed files in both: by which paths places go, and whose word counts.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::io::Write;
use std::path::Path;

use common::{git, scrubjay, stdout, token, write};
use serde_json::Value;

fn repository(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    git(folder, &["init", "--quiet", "--initial-branch=main"]);
}

fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "x"]);
}

fn line(seed: u64) -> String {
    format!("GITHUB_TOKEN={}", token(seed))
}

/// Two commits, the second with a token at the top.
fn two_commits(folder: &Path) {
    repository(folder);
    write(folder, "src/a", "a\n");
    commit(folder);
    write(folder, "n.env", &line(1));
    commit(folder);
}

#[test]
fn paths_of_a_repository_are_its_own_whichever_folder_of_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    two_commits(folder.path());
    let range = |target: &str, format: &str| {
        stdout(&scrubjay(folder.path(), &["git", "--range", "HEAD~1..HEAD", target, "--format", format]))
    };
    for target in [".", "src", "./src/", ".git"] {
        assert!(range(target, "github").contains("::error file=n.env,"), "{target}: {}", range(target, "github"));
        let sarif: Value = serde_json::from_str(&range(target, "sarif")).unwrap();
        let uri = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";
        assert_eq!(sarif.pointer(uri).unwrap(), "n.env", "{target}");
        let quality: Value = serde_json::from_str(&range(target, "codequality")).unwrap();
        assert_eq!(quality[0]["location"]["path"], "n.env", "{target}");
        let gitlab: Value = serde_json::from_str(&range(target, "gitlab")).unwrap();
        assert_eq!(gitlab["vulnerabilities"][0]["location"]["file"], "n.env", "{target}");
    }
}

#[test]
fn a_repository_below_the_folder_keeps_its_name_in_front() {
    let folder = tempfile::tempdir().unwrap();
    two_commits(&folder.path().join("inner"));
    for target in ["inner", "inner/src", "./inner/src"] {
        let told = stdout(&scrubjay(folder.path(), &["git", "--range", "HEAD~1..HEAD", target, "--format", "github"]));
        assert!(told.contains("::error file=inner/n.env,"), "{target}: {told}");
    }
}

/// `path allowed` of each place of a scan.
fn allowed(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let output = scrubjay(folder, &[arguments, &["--format", "jsonl", "--show-allowed"]].concat());
    let lines = stdout(&output);
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut places: Vec<String> = lines
        .filter(|line| line.get("rule").is_some())
        .map(|line| format!("{} {}", line["path"].as_str().unwrap(), !line["allowed"].is_null()))
        .collect();
    places.sort();
    places
}

#[test]
fn marks_of_a_repository_within_do_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let (top, inner) = (folder.path(), folder.path().join("deep/inner"));
    let marked = |seed: u64| format!("{} # scrubjay:allow github-pat-classic reason=\"mine\"\n", line(seed));
    repository(top);
    write(top, "own.env", &marked(2));
    write(top, "deep/own.env", &marked(3));
    repository(&inner);
    write(&inner, "sub/other.env", &marked(4));
    let expected = ["deep/inner/sub/other.env false", "deep/own.env true", "own.env true"];
    for verb in ["scan", "dir"] {
        assert_eq!(allowed(top, &[verb, "."]), expected, "{verb}");
        let trusted = allowed(top, &[verb, ".", "--trust-target-config"]);
        assert_eq!(trusted, expected.map(|place| place.replace("false", "true")), "{verb}");
        assert_eq!(allowed(&inner, &[verb, "."]), ["sub/other.env true"], "{verb}");
        let from_within = allowed(&inner, &[verb, "../.."]);
        assert!(from_within.iter().all(|place| place.ends_with("true")), "{from_within:?}");
    }
    std::fs::remove_dir_all(top.join(".git")).unwrap();
    assert_eq!(allowed(top, &["dir", "."]), expected, "a folder that is no repository");
}

#[test]
fn what_is_compressed_has_one_name_in_the_tree_and_in_history() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path();
    let packed = |bytes: &[u8]| {
        // With no name in its header, as of `gzip -n` and of what is read from a pipe.
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    repository(top);
    std::fs::create_dir(top.join("deep")).unwrap();
    std::fs::write(top.join("deep/g.env.gz"), packed(line(5).as_bytes())).unwrap();
    std::fs::write(top.join("copy.gz"), packed(line(5).as_bytes())).unwrap();
    std::fs::write(top.join("twice.env.gz.gz"), packed(&packed(line(5).as_bytes()))).unwrap();
    commit(top);
    let expected = ["copy.gz!/copy", "deep/g.env.gz!/g.env", "twice.env.gz.gz!/twice.env.gz!/twice.env"];
    let expected = expected.map(|path| format!("{path} false"));
    for arguments in [&["dir", "."][..], &["git", "."], &["scan", "."], &["git", ".", "--since", "2001-01-01"]] {
        assert_eq!(allowed(top, arguments), expected, "{arguments:?}");
    }
    let baseline = scrubjay(top, &["baseline", "create"]);
    assert!(baseline.status.success(), "{}", stdout(&baseline));
    let known = std::fs::read_to_string(top.join(".scrubjay.baseline")).unwrap();
    assert!(known.contains("copy.gz!/copy") && !known.contains("!/content"), "{known}");
}
