//! Repositories with holes, and one that tries to silence its own scan.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Planted, common, noise, reason};

fn git_says(planted: &Planted, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(planted.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(planted: &Planted, message: &str) {
    common::git(planted.path(), &["add", "-A"]);
    common::git(planted.path(), &["commit", "-qm", message]);
}

/// A repository whose history has a token in `old.env`, removed since, and noise in `large.bin`.
fn repository() -> Planted {
    let mut planted = Planted::new();
    common::git(planted.path(), &["init", "-q"]);
    let line = planted.line(1);
    planted.write("old.env", line);
    planted.write("large.bin", noise(3, 300_000));
    commit(&planted, "one");
    planted.remove("old.env");
    planted.write("a.txt", "nothing here\n");
    commit(&planted, "two");
    planted
}

#[test]
fn an_object_that_is_missing() {
    let planted = repository();
    let id = git_says(&planted, &["rev-parse", "HEAD:a.txt"]);
    planted.remove(&format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    for verb in ["git", "scan"] {
        let scanned = planted.run(&[verb, "."]);
        assert_eq!((scanned.exit, scanned.found()), (1, vec!["old.env".to_owned()]), "{verb}");
        assert_eq!(scanned.report["findings"][0]["places"][0]["state"], "removed", "{verb}");
        assert_eq!(scanned.lost(), [reason("missing", "a.txt")], "{verb}");
        assert_eq!(scanned.report["coverage"]["skipped"][0]["origin"][2]["id"], id, "{verb}");
    }
    assert_eq!(planted.run(&["git", ".", "--without", "github-pat-classic"]).exit, 3);
}

#[test]
fn an_index_that_does_not_decode() {
    let mut planted = repository();
    let line = planted.line(2);
    planted.write("staged.env", line);
    common::git(planted.path(), &["add", "-A"]);
    planted.remove("staged.env");
    for index in ["garbage", ""] {
        planted.write(".git/index", index);
        let scanned = planted.run(&["git", "."]);
        assert_eq!((scanned.exit, scanned.lost()), (1, vec![reason("corrupt", ".git/index")]), "{index}");
        assert_eq!(scanned.report["findings"].as_array().unwrap().len(), 2);
        assert_eq!(planted.run(&["git", ".", "--without", "github-pat-classic"]).exit, 3);
    }
}

#[test]
fn a_pack_that_ends_early() {
    let mut planted = repository();
    // Commits are first in a pack, before all blobs.
    let message = planted.line(4);
    common::git(planted.path(), &["commit", "-q", "--allow-empty", "-m", &String::from_utf8(message).unwrap()]);
    common::git(planted.path(), &["repack", "-adq"]);
    common::git(planted.path(), &["prune-packed", "-q"]);
    let packs = fs::read_dir(planted.path().join(".git/objects/pack")).unwrap();
    let pack: PathBuf =
        packs.map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some_and(|e| e == "pack")).unwrap();
    let mut permissions = fs::metadata(&pack).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false, reason = "a file in a folder of this test's own")]
    permissions.set_readonly(false);
    fs::set_permissions(&pack, permissions).unwrap();
    let size = fs::metadata(&pack).unwrap().len();
    fs::File::options().write(true).open(&pack).unwrap().set_len(size / 2).unwrap();
    let rest = planted.line(5);
    planted.write("rest.env", rest);
    let scanned = planted.run(&["scan", "."]);
    assert_eq!(scanned.exit, 1);
    assert!(scanned.found().contains(&"rest.env".to_owned()), "{:?}", scanned.found());
    assert!(scanned.found().len() >= 2, "the message of the commit is before the cut: {:?}", scanned.found());
    assert!(!scanned.lost().is_empty());
    let lost = scanned.lost();
    assert!(lost.iter().all(|(why, _)| ["truncated", "corrupt", "missing"].contains(&&**why)), "{lost:?}");
    assert!(lost.iter().any(|(why, _)| why == "truncated"), "{lost:?}");
    assert_eq!(planted.run(&["git", ".", "--without", "github-pat-classic"]).exit, 3);
}

/// Allow entries, accepted losses, thresholds, inline marks and ignore files, all committed by whom the scan is about.
#[test]
fn a_repository_that_tries_to_silence_its_own_scan() {
    let top = Planted::new();
    let mut planted = Planted::new();
    let line = String::from_utf8(planted.line(1)).unwrap();
    planted.write("app.env", format!("{} # scrubjay:allow github-pat-classic reason=\"quiet\"\n", line.trim_end()));
    planted.write(
        ".scrubjay.toml",
        "exclude = [\"**\"]\nmin-severity = \"critical\"\nmax-depth = 0\n[[allow]]\npath = \"**\"\nreason = \"quiet\"\n\
         [[allow]]\nrule = \"github-pat-classic\"\nreason = \"quiet\"\n[[accept]]\npath = \"**\"\nwhy = \"quiet\"\n",
    );
    planted.write(".ignore", "app.env\n");
    planted.write(".gitattributes", "*.env binary -text\n");
    let inner = planted.line(2);
    planted.write("inner.zip", super::archives::zip_of(&[("in.env", &inner)]));
    common::git(planted.path(), &["init", "-q"]);
    commit(&planted, "one");
    let target = planted.path().to_string_lossy().into_owned();
    let output = top.command(&["scan", &target, "--format", "json"]).output().unwrap();
    let scanned = planted.scanned(&output);
    assert_eq!((scanned.exit, scanned.lost().len()), (1, 0));
    for name in ["app.env", "inner.zip!/in.env"] {
        assert!(scanned.found().iter().any(|path| path.ends_with(name)), "{name}: {:?}", scanned.found());
    }
    assert!(scanned.report["notes"].to_string().contains("was not read"), "{}", scanned.report["notes"]);
    assert_eq!(scanned.report["allowed"].as_array().unwrap().len(), 0);
}
