//! Reports in all formats, by the whole program: held against the schemas of those who read them, with none, one and a thousand
//! findings; converted, compared; and names that try to be something else.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{command, complaint, exit, git, scrubjay, stderr, stdout, token, write};
use serde_json::Value;

const FORMATS: &[&str] = &["text", "json", "jsonl", "sarif", "gitlab", "codequality", "junit", "markdown", "csv"];

/// A folder with a number of different tokens, several a file.
fn folder_with(tokens: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "readme", "nothing\n");
    for file in 0..tokens.div_ceil(10) {
        let lines: String =
            (file * 10..tokens.min(file * 10 + 10)).map(|seed| format!("GITHUB_TOKEN={}\n", token(seed))).collect();
        write(folder.path(), &format!("config/{file}.env"), &lines);
    }
    folder
}

fn schema(name: &str) -> String {
    format!("{}/tests/schemas/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn piped(program: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(program);
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|cause| panic!("{program}: {cause}: ./test installs it"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writing.join();
    output
}

/// Holds a JSON document against a schema, by a validator that is none of ours.
fn valid_json(name: &str, document: &[u8]) {
    let program = "import json, sys, jsonschema\n\
        schema = json.load(open(sys.argv[1]))\n\
        jsonschema.validators.validator_for(schema)(schema).validate(json.load(sys.stdin))";
    let output = piped("/usr/bin/python3", &["-c", program, &schema(name)], document);
    assert!(output.status.success(), "{name}: {}", stderr(&output));
}

fn valid_xml(document: &[u8]) {
    let output = piped("xmllint", &["--noout", "--nonet", "--schema", &schema("junit-10.xsd"), "-"], document);
    assert!(output.status.success(), "{}", stderr(&output));
}

fn report(folder: &Path, format: &str, arguments: &[&str]) -> Vec<u8> {
    let output = command(folder)
        .args(arguments)
        .args(["--format", format])
        .env("SOURCE_DATE_EPOCH", "1767323045")
        .output()
        .unwrap();
    assert!(exit(&output) < 2, "{}", stderr(&output));
    output.stdout
}

#[test]
fn the_schemas_are_kept_with_none_one_and_a_thousand_findings() {
    for tokens in [0, 1, 1_000] {
        let folder = folder_with(tokens);
        let at = folder.path();
        let sarif = report(at, "sarif", &["scan"]);
        valid_json("sarif-2.1.0.json", &sarif);
        let gitlab = report(at, "gitlab", &["scan"]);
        valid_json("gitlab-secret-detection.json", &gitlab);
        let quality = report(at, "codequality", &["scan"]);
        valid_json("gitlab-code-quality.json", &quality);
        let junit = report(at, "junit", &["scan"]);
        valid_xml(&junit);
        let json = |document: &[u8]| serde_json::from_slice::<Value>(document).unwrap();
        let counts = [
            json(&sarif)["runs"][0]["results"].as_array().unwrap().len(),
            json(&gitlab)["vulnerabilities"].as_array().unwrap().len(),
            json(&quality).as_array().unwrap().len(),
            String::from_utf8(junit).unwrap().matches("<failure ").count(),
            String::from_utf8(report(at, "csv", &["scan"])).unwrap().lines().count() - 1,
            String::from_utf8(report(at, "markdown", &["scan"]))
                .unwrap()
                .lines()
                .filter(|line| line.starts_with("| critical"))
                .count(),
        ];
        assert_eq!(counts, [tokens as usize; 6]);
        assert_eq!(json(&gitlab)["scan"]["start_time"], "2026-01-02T03:04:05");
    }
}

#[test]
fn a_validator_can_fail() {
    let output = piped(
        "xmllint",
        &["--noout", "--nonet", "--schema", &schema("junit-10.xsd"), "-"],
        b"<testsuites><x/></testsuites>",
    );
    assert!(!output.status.success());
    for name in ["sarif-2.1.0.json", "gitlab-secret-detection.json"] {
        let failed = std::panic::catch_unwind(|| valid_json(name, b"{\"version\": 3}"));
        assert!(failed.is_err(), "{name}");
    }
}

/// History, layers of names, losses, the baseline: each has its form in each format.
#[test]
fn the_schemas_are_kept_with_history_losses_and_a_baseline() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q", "-b", "main"]);
    write(at, "old.env", &format!("GITHUB_TOKEN={}\n", token(1)));
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", &format!("with {}", token(2))]);
    git(at, &["rm", "-q", "old.env"]);
    write(at, &format!("{}/x", token(3)), "x\n");
    fs::write(at.join("broken.gz"), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c").unwrap();
    let made = scrubjay(at, &["baseline", "create", "--allow-incomplete"]);
    assert_eq!(exit(&made), 0, "{}", stderr(&made));
    write(at, "new.env", &format!("GITHUB_TOKEN={}\n", token(4)));
    for arguments in [
        &["scan", "--allow-incomplete"][..],
        &["scan", "--no-baseline", "--allow-incomplete"],
        &["git", "--no-authors"],
    ] {
        valid_json("sarif-2.1.0.json", &report(at, "sarif", arguments));
        let gitlab = report(at, "gitlab", arguments);
        valid_json("gitlab-secret-detection.json", &gitlab);
        valid_json("gitlab-code-quality.json", &report(at, "codequality", arguments));
        valid_xml(&report(at, "junit", arguments));
        let incomplete = arguments.contains(&"scan");
        let status = &serde_json::from_slice::<Value>(&gitlab).unwrap()["scan"]["status"];
        assert_eq!(status, if incomplete { "failure" } else { "success" });
        for format in FORMATS {
            let text = String::from_utf8_lossy(&report(at, format, arguments)).into_owned();
            for seed in 1..=4 {
                assert!(!text.contains(&token(seed)), "{format}: {text}");
            }
            if arguments.contains(&"--no-authors") {
                assert!(!text.contains("a@example.com") && !text.contains("\"A\""), "{format}: {text}");
            }
        }
    }
}

#[test]
fn a_saved_report_becomes_the_same_in_every_format() {
    let folder = folder_with(25);
    let at = folder.path();
    git(at, &["init", "-q", "-b", "main"]);
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", "one"]);
    fs::remove_file(at.join("config/0.env")).unwrap();
    fs::write(at.join("saved.json"), report(at, "json", &["git", "--exclude", "saved.json"])).unwrap();
    for format in FORMATS {
        let direct = report(at, format, &["git", "--exclude", "saved.json"]);
        let converted = report(at, format, &["report", "convert", "saved.json"]);
        assert_eq!(String::from_utf8_lossy(&converted), String::from_utf8_lossy(&direct), "{format}");
    }
    let piped = piped(
        env!("CARGO_BIN_EXE_scrubjay"),
        &["report", "convert", "-", "--format", "csv"],
        &fs::read(at.join("saved.json")).unwrap(),
    );
    assert_eq!(stdout(&piped).lines().count(), 26);
    let files = scrubjay(
        at,
        &["report", "convert", "saved.json", "-q", "--output", "sarif=a.sarif", "--output", "junit=a.xml"],
    );
    assert_eq!(exit(&files), 1, "as the scan: {}", stderr(&files));
    let exit_of = |more: &[&str]| exit(&scrubjay(at, &[&["report", "convert", "saved.json", "-q"], more].concat()));
    assert_eq!((exit_of(&["--format", "csv"]), exit_of(&["--exit-zero"])), (1, 0));
    valid_json("sarif-2.1.0.json", &fs::read(at.join("a.sarif")).unwrap());
    valid_xml(&fs::read(at.join("a.xml")).unwrap());

    for text in ["", "hunter2", "[]", "{\"schema\": \"scrubjay/report/9\"}"] {
        write(at, "none.json", text);
        let failure = complaint(&scrubjay(at, &["report", "convert", "none.json"]));
        assert!(failure.starts_with("scrubjay: report: none.json: ") && !failure.contains("hunter2"), "{failure}");
    }
}

#[test]
fn what_was_lost_stays_lost_in_a_saved_report() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, ".git", "gitdir: /nowhere/at/all\n");
    let scan = |arguments: &[&str]| scrubjay(at, &[&["scan", "--exclude", "*.json"], arguments].concat());
    assert_eq!(exit(&scan(&["--output", "json=saved.json"])), 3);
    for (flags, expected) in [(&[][..], 3), (&["--exit-zero"][..], 3), (&["--allow-incomplete"][..], 0)] {
        for format in ["text", "github", "junit"] {
            let scanned = scan(&[flags, &["--format", format]].concat());
            let convert = [&["report", "convert", "saved.json", "--format", format], flags].concat();
            let converted = scrubjay(at, &convert);
            assert_eq!((exit(&scanned), exit(&converted)), (expected, expected), "{format} {flags:?}");
            let said = |output: &Output| stderr(output).contains("incomplete: 1 not read");
            assert_eq!(said(&converted), said(&scanned), "{format} {flags:?}");
            // The word that ends the part without commands is another each time.
            let levels = |output: &Output| {
                let text = stdout(output);
                text.lines().filter(|line| line.starts_with("::") && line.contains("title=")).collect::<String>()
            };
            assert_eq!(levels(&converted), levels(&scanned), "{format} {flags:?}");
        }
        let compared = scrubjay(at, &[&["report", "diff", "saved.json", "saved.json"], flags].concat());
        assert_eq!(exit(&compared), expected, "{flags:?}: {}", stdout(&compared));
    }
}

#[test]
fn authors_can_be_left_out_of_a_saved_report() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q"]);
    write(at, "app.env", &format!("GITHUB_TOKEN={}\n", token(1)));
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", &format!("use {}", token(2))]);
    fs::write(at.join("saved.json"), report(at, "json", &["git"])).unwrap();
    for format in ["text", "json", "gitlab", "csv"] {
        let scanned = report(at, format, &["git", "--no-authors"]);
        let converted = report(at, format, &["report", "convert", "saved.json", "--no-authors"]);
        assert_eq!(String::from_utf8_lossy(&converted), String::from_utf8_lossy(&scanned), "{format}");
    }
    let named = report(at, "csv", &["report", "convert", "saved.json"]);
    assert_ne!(named, report(at, "csv", &["report", "convert", "saved.json", "--no-authors"]));
}

#[test]
fn secrets_that_are_shown_stay_with_who_asked_for_them() {
    let folder = folder_with(1);
    let at = folder.path();
    for format in FORMATS {
        let output = scrubjay(at, &["scan", "--show-secrets", "--format", format]);
        let may = ["text", "json", "jsonl"].contains(format);
        assert_eq!(exit(&output), if may { 1 } else { 2 }, "{format}");
        assert_eq!(stdout(&output).contains(&token(0)), may, "{format}");
    }
    let shown = scrubjay(at, &["scan", "--show-secrets", "--format", "json"]);
    fs::write(at.join("shown.json"), shown.stdout).unwrap();
    for format in ["sarif", "gitlab", "markdown", "csv", "junit", "codequality"] {
        let failure = complaint(&scrubjay(at, &["report", "convert", "shown.json", "--format", format]));
        assert!(failure.contains("--show-secrets"), "{failure}");
    }
    assert!(stdout(&scrubjay(at, &["report", "convert", "shown.json"])).contains(&token(0)));
}

#[test]
fn two_reports_are_compared() {
    let folder = folder_with(3);
    let at = folder.path();
    let save = |name: &str| {
        let saved = report(at, "json", &["scan", "--exclude", "*.json"]);
        fs::write(at.join(name), saved).unwrap();
    };
    save("old.json");
    write(at, "config/0.env", &format!("GITHUB_TOKEN={}\nA={}\n", token(0), token(1)));
    write(at, "copy.env", &format!("GITHUB_TOKEN={}\n", token(0)));
    write(at, "new.env", &format!("GITHUB_TOKEN={}\n", token(7)));
    save("new.json");
    let output = scrubjay(at, &["report", "diff", "old.json", "new.json"]);
    let text = stdout(&output);
    assert_eq!(exit(&output), 1, "{text}");
    assert!(
        text.contains(
            "new: critical: GitHub personal access token (classic) [github-pat-classic]: new.env:1 (live) ghp_"
        ),
        "{text}"
    );
    assert!(text.contains("copy.env:1 (live, elsewhere too)"), "{text}");
    assert!(text.ends_with("2 places new, 1 gone, 2 still there\n"), "{text}");
    let json: Value =
        serde_json::from_slice(&scrubjay(at, &["report", "diff", "old.json", "new.json", "--format", "json"]).stdout)
            .unwrap();
    assert_eq!(
        (json["new"].as_array().unwrap().len(), json["gone"].as_array().unwrap().len(), &json["still"]),
        (2, 1, &2.into())
    );
    let page = stdout(&scrubjay(at, &["report", "diff", "old.json", "new.json", "--format", "markdown"]));
    assert!(page.contains("\n## gone\n") && page.contains("`new.env:1`"), "{page}");
    let same = scrubjay(at, &["report", "diff", "new.json", "new.json"]);
    assert_eq!((exit(&same), stdout(&same).as_str()), (0, "0 places new, 0 gone, 4 still there\n"));
    assert_eq!(exit(&scrubjay(at, &["report", "diff", "old.json", "new.json", "--exit-zero"])), 0);
    assert!(
        complaint(&scrubjay(at, &["report", "diff", "old.json", "nowhere.json"]))
            .contains("nowhere.json: No such file")
    );
    let with_salt = command(at)
        .args(["scan", "--exclude", "*.json", "--format", "json"])
        .env("SCRUBJAY_SALT", "pepper")
        .output()
        .unwrap();
    fs::write(at.join("salted.json"), with_salt.stdout).unwrap();
    let text = stdout(&scrubjay(at, &["report", "diff", "new.json", "salted.json"]));
    assert!(text.contains("different salts"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_name_is_no_line_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let hostile = "a\n::error::forged\r\n##[error]x\u{1b}[31m|`\"<b>&'=1,\u{202e}.env";
    write(at, hostile, &format!("GITHUB_TOKEN={}\n", token(1)));
    for format in FORMATS {
        let text = String::from_utf8(report(at, format, &["scan"])).unwrap();
        for line in text.lines() {
            assert!(!line.starts_with("::") && !line.starts_with("##[") && !line.contains(" ##["), "{format}: {line}");
            assert!(line.chars().all(scrubjay::origin::is_printable), "{format}: {line}");
        }
        let forged = text.lines().filter(|line| line.contains("forged")).count();
        assert!(forged >= 1 || *format == "sarif", "{format}: {text}");
    }
    valid_json("sarif-2.1.0.json", &report(at, "sarif", &["scan"]));
    valid_json("gitlab-secret-detection.json", &report(at, "gitlab", &["scan"]));
    valid_xml(&report(at, "junit", &["scan"]));
    assert_eq!(String::from_utf8(report(at, "csv", &["scan"])).unwrap().lines().count(), 2);
    let page = String::from_utf8(report(at, "markdown", &["scan"])).unwrap();
    assert_eq!(page.lines().filter(|line| line.starts_with('|')).count(), 3, "{page}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = folder_with(1_000);
    for format in FORMATS {
        let mut child = command(folder.path())
            .args(["scan", "--format", format, "--exit-zero"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 16];
        let mut reading = child.stdout.take().unwrap();
        reading.read_exact(&mut first).unwrap();
        drop(reading);
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn owners_are_told_and_those_of_the_base_in_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    git(at, &["init", "-q", "-b", "main"]);
    write(at, ".github/CODEOWNERS", "* @acme/all\n/web/ @acme/web ann@example.com # the front end\n");
    write(at, "web/app.env", &format!("GITHUB_TOKEN={}\n", token(1)));
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", "one"]);
    let owners = |arguments: &[&str], from: &Path| {
        let json: Value = serde_json::from_slice(&report(from, "json", arguments)).unwrap();
        let places = json["findings"][0]["places"].as_array().unwrap().clone();
        places.iter().map(|place| place["owners"].to_string()).collect::<Vec<_>>().join(" ")
    };
    let web = "[\"@acme/web\",\"ann@example.com\"]";
    assert_eq!(owners(&["scan"], at), web);
    assert_eq!(owners(&["git"], at), web);
    assert_eq!(owners(&["dir", "."], &at.join("web")), web, "paths are counted from the top");
    assert_eq!(owners(&["git", at.to_str().unwrap()], &std::env::temp_dir()), web);
    assert!(stdout(&scrubjay(at, &["scan"])).contains("owner     @acme/web ann@example.com"));
    assert!(String::from_utf8(report(at, "csv", &["scan"])).unwrap().contains("'@acme/web ann@example.com"));
    let sarif: Value = serde_json::from_slice(&report(at, "sarif", &["scan"])).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["properties"]["codeOwners"].to_string(), web);

    // Of several repositories each has its own, also for files that are not committed.
    let above = at.parent().unwrap();
    let other = tempfile::tempdir_in(above).unwrap();
    write(other.path(), "readme", "nothing");
    let both = [at.to_str().unwrap(), other.path().to_str().unwrap()];
    write(at, "web/app.env", &format!("\nGITHUB_TOKEN={}\n", token(1)));
    write(other.path(), "list", &format!("{}\n", at.display()));
    for told in [
        owners(&["scan", both[0], both[1]], above),
        owners(&["sweep", "list", "--mirror-dir", "mirrors"], other.path()),
    ] {
        assert!(told.split(' ').all(|one| one == web), "{told}");
    }
    write(other.path(), "list", &format!("{} owner=platform\n", at.display()));
    for (format, expected) in [("csv", ",platform,"), ("markdown", "(`platform`)")] {
        let text =
            String::from_utf8(report(other.path(), format, &["sweep", "list", "--mirror-dir", "mirrors"])).unwrap();
        assert!(text.contains(expected), "{text}");
    }
    write(at, "web/app.env", &format!("GITHUB_TOKEN={}\n", token(1)));

    // Where there is no checkout, those of its HEAD.
    let bare = tempfile::tempdir().unwrap();
    git(bare.path(), &["clone", "-q", "--bare", at.to_str().unwrap(), "bare.git"]);
    assert_eq!(owners(&["git", "bare.git"], bare.path()), web);
    write(bare.path(), "list", &format!("{}\n", bare.path().join("bare.git").display()));
    assert_eq!(owners(&["sweep", "list", "--mirror-dir", "mirrors"], bare.path()), web);

    git(at, &["checkout", "-q", "-b", "side"]);
    write(at, ".github/CODEOWNERS", "* @mallory\n");
    write(at, "web/new.env", &format!("GITHUB_TOKEN={}\n", token(2)));
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", "two"]);
    assert_eq!(owners(&["git", "--range", "main..side"], at), web);
}

#[test]
fn marks_of_other_scanners_count_where_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let line = |seed: u64, mark: &str| format!("GITHUB_TOKEN={} # {mark}\n", token(seed));
    write(
        at,
        "a.env",
        &[line(1, "gitleaks:allow"), line(2, "trufflehog:ignore"), line(3, "pragma: allowlist secret"), line(4, "x")]
            .concat(),
    );
    let counts = |arguments: &[&str]| {
        let json: Value = serde_json::from_slice(&report(at, "json", arguments)).unwrap();
        (json["counts"]["findings"].as_u64().unwrap(), json["counts"]["allowed_findings"].as_u64().unwrap())
    };
    assert_eq!(counts(&["scan"]), (4, 0));
    assert_eq!(counts(&["scan", "--foreign-marks"]), (1, 3));
    write(at, ".scrubjay.toml", "foreign-marks = true\n");
    assert_eq!(counts(&["scan"]), (1, 3));
    let outside = tempfile::tempdir().unwrap();
    let json: Value =
        serde_json::from_slice(&report(outside.path(), "json", &["scan", at.to_str().unwrap(), "--foreign-marks"]))
            .unwrap();
    assert_eq!(json["counts"]["findings"], 4, "marks of a target elsewhere do not count");
}

#[test]
fn the_end_of_an_entry_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("broken.gz"), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c").unwrap();
    write(at, ".scrubjay.toml", "[[accept]]\npath = \"*.gz\"\nwhy = \"a sample\"\nuntil = 2020-01-01\n");
    let output = scrubjay(at, &["scan"]);
    assert_eq!(exit(&output), 3);
    let told = ".scrubjay.toml:1: this accept entry ended on 2020-01-01 and does not count any more (why: a sample)";
    assert!(stdout(&output).contains(told), "{}", stdout(&output));
}
