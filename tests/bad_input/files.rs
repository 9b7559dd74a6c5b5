//! Files that cannot be read, are none, have no name in UTF-8, or have one line of gigabytes.

use std::fs;
#[cfg(unix)]
use std::os::unix::{
    ffi::OsStrExt,
    fs::{PermissionsExt, symlink},
    process::CommandExt,
};
use std::process::Command;

use serde_json::Value;

use super::{Planted, common, reason};

fn fifo(planted: &Planted, name: &str) {
    let made = Command::new("mkfifo").arg(planted.path().join(name)).status().unwrap();
    assert!(made.success());
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_opens_and_cannot_be_read() {
    let planted = Planted::with_the_rest();
    // The memory of a process has no page 0: reading gives an I/O error, whoever reads.
    let scanned = planted.run(&["dir", "/proc/self/mem", "."]);
    assert_eq!((scanned.exit, scanned.found()), (1, vec!["app.env".to_owned()]));
    assert_eq!(scanned.lost(), [reason("unreadable", "/proc/self/mem")]);
    assert_eq!(scanned.detail(), "Input/output error (os error 5)");
    planted.remove("app.env");
    assert_eq!(planted.run(&["dir", "/proc/self/mem", "."]).exit, 3);
    assert_eq!(planted.run(&["dir", "/proc/self/mem", ".", "--allow-incomplete"]).exit, 0);
}

/// Runs the program as a user without rights where this one may read everything.
#[cfg(unix)]
fn run_without_rights(planted: &Planted) -> super::Scanned {
    let mut command = planted.command(&["dir", "data", "--format", "json"]);
    if fs::read(planted.path().join("data/closed.env")).is_ok() {
        // The build folder may be closed to that user.
        let program = planted.path().join("program");
        if !program.exists() && fs::hard_link(env!("CARGO_BIN_EXE_scrubjay"), &program).is_err() {
            fs::copy(env!("CARGO_BIN_EXE_scrubjay"), &program).unwrap();
        }
        command = Command::new(program);
        command
            .args(["dir", "data", "--format", "json"])
            .current_dir(planted.path())
            .env_clear()
            .uid(65_534)
            .gid(65_534);
    }
    planted.scanned(&command.output().unwrap())
}

#[test]
#[cfg(unix)]
fn files_and_folders_without_permission() {
    let mut planted = Planted::new();
    fs::set_permissions(planted.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for (name, seed) in [("data/app.env", 1), ("data/closed.env", 2), ("data/closed/in.env", 3)] {
        let line = planted.line(seed);
        planted.write(name, line);
    }
    let mode = |name: &str, mode| {
        fs::set_permissions(planted.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("data/closed.env", 0);
    mode("data/closed", 0);
    let with_findings = run_without_rights(&planted);
    fs::write(planted.path().join("data/app.env"), "").unwrap();
    let without = run_without_rights(&planted);
    mode("data/closed", 0o755);
    assert_eq!((with_findings.exit, with_findings.found()), (1, vec!["data/app.env".to_owned()]));
    let lost = [reason("unreadable", "closed"), reason("unreadable", "closed.env")];
    assert_eq!((with_findings.lost(), without.lost()), (lost.to_vec(), lost.to_vec()));
    assert!(with_findings.report.to_string().contains("Permission denied (os error 13)"));
    assert_eq!(without.exit, 3);
}

#[test]
#[cfg(unix)]
fn links_that_go_round_or_nowhere_and_what_is_no_file() {
    let planted = Planted::with_the_rest();
    fs::create_dir(planted.path().join("inner")).unwrap();
    for (target, link) in [
        ("two", "one"),
        ("one", "two"),
        (".", "itself"),
        ("..", "inner/up"),
        ("nowhere", "dangling"),
        ("app.env", "again"),
    ] {
        symlink(target, planted.path().join(link)).unwrap();
    }
    fifo(&planted, "pipe");
    let scanned = planted.run(&["dir", "."]);
    assert_eq!((scanned.exit, scanned.found()), (1, vec!["app.env".to_owned()]), "found once");
    let nothing = |reason: &str, path: &str| ("nothing_to_read".to_owned(), reason.to_owned(), path.to_owned());
    let dangling = ["dangling", "one", "two"].map(|link| nothing("dangling-link", link));
    assert_eq!(scanned.skips(), [&dangling[..], &[nothing("special-file", "pipe")]].concat());
    planted.remove("app.env");
    planted.remove("again");
    assert_eq!(planted.run(&["scan"]).exit, 0, "there was nothing to read: nothing is lost");
}

#[test]
#[cfg(target_os = "linux")]
fn a_name_that_is_no_utf8_or_would_deceive_a_terminal() {
    let mut planted = Planted::new();
    for (name, seed) in [(&b"caf\xe9.env"[..], 1), (b"red\x1b[31m\xe2\x80\xae.env", 2), (b"two\nlines.env", 3)] {
        let line = planted.line(seed);
        fs::write(planted.path().join(std::ffi::OsStr::from_bytes(name)), line).unwrap();
    }
    common::git(planted.path(), &["init", "-q"]);
    common::git(planted.path(), &["add", "."]);
    common::git(planted.path(), &["commit", "-qm", "one"]);
    for verb in ["dir", "git"] {
        let scanned = planted.run(&[verb, "."]);
        let found = ["caf\u{fffd}.env", "red\u{1b}[31m\u{202e}.env", "two\nlines.env"];
        assert_eq!(
            (scanned.exit, &scanned.found()[..3], scanned.lost().len()),
            (1, &found.map(str::to_owned)[..], 0),
            "{verb}"
        );
        let bytes = &scanned.report["findings"].as_array().unwrap().iter().map(|f| &f["places"][0]["path_bytes"]);
        let in_base64: Vec<&Value> = bytes.clone().filter(|bytes| !bytes.is_null()).collect();
        assert_eq!(in_base64, ["Y2Fm6S5lbnY="], "{verb}");
        for format in ["text", "json", "jsonl", "sarif"] {
            let output = planted.command(&[verb, ".", "--format", format]).output().unwrap();
            planted.check_output(&output);
            let shown = common::stdout(&output);
            assert_eq!(common::exit(&output), 1, "{verb} {format}");
            assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{verb} {format}: {shown}");
            assert!(!shown.contains("two\nlines"), "{verb} {format}: {shown}");
        }
    }
}

/// Less than half of the file may be in memory, or anything that grows with it.
#[test]
#[cfg(unix)]
fn a_line_of_two_gigabytes() {
    use std::io::{Seek, SeekFrom, Write};
    const SIZE: u64 = 2 << 30;
    let mut planted = Planted::new();
    let (middle, end) = (planted.line(1), planted.line(2));
    let mut file = fs::File::create(planted.path().join("line.txt")).unwrap();
    file.set_len(SIZE).unwrap();
    for (line, offset) in [(&middle, SIZE / 2), (&end, SIZE - end.len() as u64 + 1)] {
        file.seek(SeekFrom::Start(offset)).unwrap();
        file.write_all(line.trim_ascii_end()).unwrap();
    }
    drop(file);
    let mut limited = Command::new("sh");
    limited
        .args([
            "-c",
            "ulimit -v 1048576 && exec \"$0\" dir . --threads 2 --format json",
            env!("CARGO_BIN_EXE_scrubjay"),
        ])
        .current_dir(planted.path());
    let scanned = planted.scanned(&limited.output().unwrap());
    assert_eq!((scanned.exit, scanned.found()), (1, vec!["line.txt".to_owned(); 2]));
    let mut offsets: Vec<(u64, u64)> = scanned.report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["places"][0])
        .map(|place| (place["line"].as_u64().unwrap(), place["offset"].as_u64().unwrap()))
        .collect();
    offsets.sort_unstable();
    assert_eq!(offsets, [(1, SIZE / 2 + 2), (1, SIZE - end.len() as u64 + 3)]);
    assert!(scanned.skips().is_empty());
    assert_eq!(scanned.report["coverage"]["bytes"].as_u64(), Some(SIZE + "line.txt".len() as u64));
}

/// Words that patterns begin with, again and again without an end: none is worth a look at its whole window.
#[test]
fn nothing_but_keywords() {
    let planted = Planted::with_the_rest();
    planted.write("words.txt", "eyJ".repeat(2_000_000));
    let scanned = planted.run(&["dir", ".", "--timeout", "60s"]);
    assert_eq!((scanned.exit, scanned.found(), scanned.lost()), (1, vec!["app.env".to_owned()], vec![]));
}
