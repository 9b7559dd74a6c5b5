//! Projects as they are: what was planted in the files of `testdata/` is found, where it stands and as what it is, and
//! nothing else is.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use common::testdata::{self, Planted};
use common::{command, exit, git, stderr, stdout};
use serde_json::Value;

/// What a scan finds: path, line, column, rule, sorted; with the exit code.
fn found(folder: &Path, arguments: &[&str]) -> (i32, Vec<Planted>) {
    let output = command(folder).args(arguments).args(["--format", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{arguments:?}: {}{}", stdout(&output), stderr(&output)));
    assert_eq!(report["complete"], true, "{report:#}");
    let mut found = Vec::new();
    for finding in report["findings"].as_array().unwrap() {
        for place in finding["places"].as_array().unwrap() {
            found.push((
                place["path"].as_str().unwrap().to_owned(),
                place["line"].as_u64().unwrap(),
                place["column"].as_u64().unwrap(),
                finding["rule"].as_str().unwrap().to_owned(),
            ));
        }
    }
    found.sort();
    (exit(&output), found)
}

fn below(folder: &str, planted: &[Planted]) -> Vec<Planted> {
    planted.iter().map(|(path, line, column, rule)| (format!("{folder}{path}"), *line, *column, rule.clone())).collect()
}

fn tar(folder: &Path, archive: &str, name: &str) {
    let status = Command::new("tar").args(["czf", archive, name]).current_dir(folder).status().unwrap();
    assert!(status.success());
}

#[test]
fn source_code_and_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let planted = testdata::write_out("samples", folder.path());
    assert_eq!(found(folder.path(), &["scan"]), (1, planted.clone()));
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "all"]);
    assert_eq!(found(folder.path(), &["git", "."]), (1, planted));
}

#[test]
fn kubernetes_manifests() {
    let folder = tempfile::tempdir().unwrap();
    let planted = testdata::write_out("kubernetes", folder.path());
    assert_eq!(found(folder.path(), &["dir", "."]), (1, planted));
}

/// The chart as a folder, packaged, and with its subchart packaged in it.
#[test]
fn a_chart_with_its_subchart() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let planted = below("shop/", &testdata::write_out("chart/shop", &root.join("shop")));
    assert_eq!(found(root, &["chart", "shop"]), (1, planted.clone()));
    tar(root, "shop-1.4.2.tgz", "shop");
    let (exit, places) = found(root, &["chart", "shop-1.4.2.tgz"]);
    assert_eq!((exit, places), (1, below("shop-1.4.2.tgz!/", &planted)));
    tar(&root.join("shop/charts"), "db-0.3.0.tgz", "db");
    fs::remove_dir_all(root.join("shop/charts/db")).unwrap();
    let (own, sub): (Vec<Planted>, Vec<Planted>) =
        planted.into_iter().partition(|(path, ..)| !path.starts_with("shop/charts/"));
    let mut nested: Vec<Planted> = sub
        .into_iter()
        .map(|(path, line, column, rule)| {
            (path.replace("shop/charts/", "shop/charts/db-0.3.0.tgz!/"), line, column, rule)
        })
        .chain(own)
        .collect();
    nested.sort();
    assert_eq!(found(root, &["chart", "shop"]), (1, nested));
}

/// The same files from standard input, as a tar: found as in a folder.
#[test]
fn an_archive_on_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let planted = testdata::write_out("samples", &folder.path().join("shop"));
    tar(folder.path(), "shop.tgz", "shop");
    let output = command(folder.path())
        .args(["stdin", "--format", "jsonl"])
        .stdin(File::open(folder.path().join("shop.tgz")).unwrap())
        .output()
        .unwrap();
    assert_eq!(exit(&output), 1);
    let lines = stdout(&output).lines().filter(|line| line.contains("\"kind\":\"place\"")).count();
    assert_eq!(lines, planted.len());
}
