//! References in tables, as git 3 keeps them: told as they are where they are files. The tables in `testdata/reftable` are written
//! by git itself, of the repository that is made here; `SCRUBJAY_UPDATE=1` writes them anew, for which it takes a git of at least
//! 2.48 (the git of the test may be older: it cannot open such a repository).

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{complaint, exit, scrubjay, stderr, stdout, token, write};
use serde_json::Value;

/// Commands that need names of references, each way in which one can be written.
const ASKED: [&[&str]; 11] = [
    &[],
    &["--range", "main~2..main"],
    &["--range", "HEAD~1..side"],
    &["--range", "main@{1}..@"],
    &["--range", "v1^{commit}~1..v1"],
    &["--range", "stash@{1}..stash"],
    &["--range", "refs/heads/main~1..heads/side"],
    &["--range", "gone..main"],
    &["--branch", "side"],
    &["--since", "v1"],
    &["--staged"],
];

/// A signature for a word in a message.
const WORD: &str = "[[signature]]\nid = \"acme-word\"\nprovider = \"Acme\"\ntitle = \"Word\"\nseverity = \"high\"\n\
    lifetime = \"static\"\nkeywords = [\"word-in\"]\npattern = 'word-in-a-log'\nexamples = [\"⟦word-in-a-log⟧\"]\n";

/// Git with everything fixed that an id is made of.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "A")
            .env(format!("GIT_{role}_EMAIL"), "a@example.com")
            .env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05+0200");
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    // A stack of several tables, and not one of all.
    command.env("GIT_TEST_REFTABLE_AUTOCOMPACTION", "false");
    let output = command.args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

fn commit(folder: &Path, name: &str, seed: u64) {
    write(folder, name, &format!("TOKEN={}\n", token(seed)));
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", name]);
}

/// A repository with its references in files.
fn repository(hash: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = &folder.path().join("app");
    fs::create_dir(path).unwrap();
    git(path, &["init", "-q", "-b", "main", "--object-format", hash]);
    write(path, ".scrubjay.toml", WORD);
    commit(path, "live.env", 1);
    commit(path, "old.env", 2);
    git(path, &["rm", "-q", "old.env"]);
    git(path, &["commit", "-q", "-m", "away"]);
    git(path, &["checkout", "-q", "-b", "side"]);
    commit(path, "side.env", 3);
    git(path, &["checkout", "-q", "main"]);
    git(path, &["tag", "-a", "v1", "-m", &format!("with {}", token(4))]);
    for seed in [5, 6] {
        write(path, "live.env", &format!("TOKEN={}\n", token(seed)));
        git(path, &["stash", "-q"]);
    }
    // Logs are packed in tables, so what is looked for there is nothing that looks like a token.
    git(path, &["commit", "-q", "--allow-empty", "-m", "use word-in-a-log"]);
    git(path, &["reset", "-q", "--hard", "HEAD~1"]);
    git(path, &["symbolic-ref", "refs/heads/alias", "refs/heads/side"]);
    git(path, &["branch", "gone"]);
    folder
}

fn take_away(folder: &Path) {
    git(folder, &["branch", "-q", "-D", "gone"]);
}

fn linked(folder: &Path) {
    git(folder, &["worktree", "add", "-q", "--detach", "../linked"]);
    commit(&folder.join("../linked"), "linked.env", 7);
}

fn kept(hash: &str, of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/reftable").join(hash).join(of)
}

fn copy(from: &Path, to: &Path) {
    _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap().path();
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// Has git write the tables that are kept.
fn update(hash: &str) {
    let folder = repository(hash);
    let app = &folder.path().join("app");
    git(app, &["refs", "migrate", "--ref-format=reftable"]);
    take_away(app);
    copy(&app.join(".git/reftable"), &kept(hash, "repository"));
    linked(app);
    copy(&app.join(".git/worktrees/linked/reftable"), &kept(hash, "linked"));
}

/// Puts the kept tables in the place of the files.
fn with_tables(app: &Path, hash: &str) {
    let git_folder = app.join(".git");
    for folder in ["refs", "logs"] {
        fs::remove_dir_all(git_folder.join(folder)).unwrap();
    }
    write(&git_folder, "refs/heads", "this repository uses the reftable format\n");
    write(&git_folder, "HEAD", "ref: refs/heads/.invalid\n");
    let config = fs::read_to_string(git_folder.join("config")).unwrap();
    let config = config.replace("repositoryformatversion = 0", "repositoryformatversion = 1");
    write(&git_folder, "config", &format!("{config}[extensions]\n\trefstorage = reftable\n"));
    copy(&kept(hash, "repository"), &git_folder.join("reftable"));
    let linked = git_folder.join("worktrees/linked");
    if linked.is_dir() {
        fs::remove_dir_all(linked.join("logs")).unwrap();
        write(&linked, "HEAD", "ref: refs/heads/.invalid\n");
        copy(&kept(hash, "linked"), &linked.join("reftable"));
    }
}

/// What a command exits with, and all that it says but columns in logs, whose ids a table does not spell out.
fn told(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = scrubjay(folder, &[&["git", ".", "--format", "json"], arguments].concat());
    let Ok(report) = serde_json::from_str::<Value>(&stdout(&output)) else {
        return (exit(&output), stderr(&output));
    };
    let mut lines = vec![format!("{} {}", report["complete"], report["notes"])];
    for finding in report["findings"].as_array().unwrap() {
        for place in finding["places"].as_array().unwrap() {
            let [state, path, line, commit, references] =
                ["state", "path", "line", "commit", "refs"].map(|field| &place[field]);
            lines.push(format!("{} {state} {path} {line} {commit} {references}", finding["fingerprint"]));
        }
    }
    lines.sort();
    (exit(&output), lines.join("\n"))
}

#[test]
fn references_in_tables_are_those_in_files() {
    for hash in ["sha1", "sha256"] {
        if std::env::var_os("SCRUBJAY_UPDATE").is_some() {
            update(hash);
        }
        let folder = repository(hash);
        let app = &folder.path().join("app");
        take_away(app);
        let files = ASKED.map(|asked| told(app, asked));
        assert!(files[0].1.contains("refs/stash@{1}") && files[0].1.contains(".git/logs/HEAD"), "{}", files[0].1);
        assert!(files[7].1.contains("`gone` names no commit here"), "{}", files[7].1);
        with_tables(app, hash);
        for (asked, files) in ASKED.iter().zip(files) {
            assert_eq!(told(app, asked), files, "{hash} {asked:?}");
        }
    }
}

#[test]
fn a_linked_work_tree_has_tables_of_its_own() {
    let folder = repository("sha1");
    let app = &folder.path().join("app");
    take_away(app);
    linked(app);
    let linked = &folder.path().join("linked");
    let asked: [(&Path, &[&str]); 4] =
        [(app, &[]), (linked, &[]), (linked, &["--range", "HEAD~1..@"]), (linked, &["--staged"])];
    let files = asked.map(|(folder, asked)| told(folder, asked));
    assert!(files[0].1.contains("worktrees/linked/HEAD"), "{}", files[0].1);
    with_tables(app, "sha1");
    for ((folder, asked), files) in asked.into_iter().zip(files) {
        assert_eq!(told(folder, asked), files, "{asked:?}");
    }
}

#[test]
fn tables_of_a_format_that_the_repository_has_no_longer_count_for_nothing() {
    let folder = repository("sha1");
    let app = &folder.path().join("app");
    let before = told(app, &[]);
    copy(&kept("sha1", "repository"), &app.join(".git/reftable"));
    assert_eq!(told(app, &[]), before);
}

#[test]
fn what_is_wrong_with_a_table_is_told_and_objects_are_read_all_the_same() {
    let folder = repository("sha1");
    let app = &folder.path().join("app");
    with_tables(app, "sha1");
    let tables = app.join(".git/reftable");
    let list = fs::read_to_string(tables.join("tables.list")).unwrap();
    let first = tables.join(list.lines().next().unwrap());
    let whole = fs::read(&first).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for (wrong, said) in [(&flipped[..], "damaged"), (&whole[..40], "cut off"), (b"text", "no reftable")] {
        fs::write(&first, wrong).unwrap();
        let output = scrubjay(app, &["git", "."]);
        assert_eq!(exit(&output), 1, "{}", stdout(&output));
        let text = stdout(&output);
        assert!(text.contains("old.env") && text.contains(".git/reftable") && text.contains(said), "{said}: {text}");
        assert_eq!(exit(&scrubjay(app, &["git", ".", "--exit-zero"])), 3);
        assert!(complaint(&scrubjay(app, &["git", ".", "--branch", "main"])).contains("write whole commit ids"));
    }
    fs::write(tables.join("tables.list"), "../../etc/passwd\n").unwrap();
    assert!(stdout(&scrubjay(app, &["git", "."])).contains("none of git's"));
}
