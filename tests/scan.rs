//! The pipeline from the command line to the report: exits, outputs, whom to trust, and what each verb reads.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{command, complaint, exit, git, scrubjay, stderr, stdout, token, write};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Runs a scan with a JSON report; the exit code, and the report.
fn report(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = command(folder).args(arguments).args(["--format", "json"]).output().unwrap();
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{arguments:?}: {}{}", stdout(&output), stderr(&output)));
    (exit(&output), report)
}

/// Path and state of each place of the findings that count.
fn places(report: &Value) -> Vec<(String, String)> {
    let mut places: Vec<(String, String)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|finding| finding["places"].as_array().unwrap())
        .map(|place| (place["path"].as_str().unwrap().to_owned(), place["state"].as_str().unwrap().to_owned()))
        .collect();
    places.sort();
    places
}

fn paths(report: &Value) -> Vec<String> {
    places(report).into_iter().map(|(path, _)| path).collect()
}

/// A folder with a token in `app.env`.
fn folder_with_token(seed: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "app.env", &format!("T={}\n", token(seed)));
    folder
}

/// What runs on a build server looks at everything as well, and tells as much of the configuration.
#[test]
fn an_allow_entry_that_covers_nothing_is_told_by_scan_and_by_ci() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    write(folder.path(), ".scrubjay.toml", "[[allow]]\npath = \"gone/**\"\nreason = \"samples\"\n");
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "x"]);
    for arguments in [&["scan"][..], &["ci"]] {
        let output = command(folder.path())
            .args(arguments)
            .args(["--format", "json"])
            .envs([("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "schedule")])
            .env_remove("GITHUB_ACTIONS")
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        let notes = report["notes"].to_string();
        assert!(notes.contains(".scrubjay.toml:1: this allow entry covers nothing that was found"), "{notes}");
    }
}

/// A folder of a repository stands for all of it, as it does where a change is judged.
#[test]
fn ci_judges_the_repository_that_a_folder_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let ci = |at: &Path, arguments: &[&str]| {
        command(at)
            .arg("ci")
            .args(arguments)
            .envs([("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "schedule")])
            .env_remove("GITHUB_ACTIONS")
            .output()
            .unwrap()
    };
    write(folder.path(), "svc/plain", "nothing here\n");
    let failure = complaint(&ci(folder.path(), &["svc"]));
    assert!(failure.contains("ci: svc: no git repository here or in a folder above"), "{failure}");
    git(folder.path(), &["init", "-q", "-b", "main"]);
    write(folder.path(), "removed.env", &format!("T={}\n", token(20)));
    write(folder.path(), "other/app.env", &format!("T={}\n", token(21)));
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "x"]);
    git(folder.path(), &["rm", "-q", "removed.env"]);
    git(folder.path(), &["commit", "-q", "-m", "y"]);
    let expected = [("other/app.env", "live"), ("removed.env", "removed")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    for (at, path) in [(".", "svc"), ("svc", "."), (".", "."), ("svc", "..")] {
        let output = ci(&folder.path().join(at), &[path, "--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        let found: Vec<(String, String)> = places(&report).into_iter().filter(|found| found.0 != "svc/plain").collect();
        let found: Vec<(String, String)> =
            found.into_iter().map(|(path, state)| (path.trim_start_matches("../").to_owned(), state)).collect();
        assert_eq!((exit(&output), &found[..]), (1, &expected[..]), "{path} from {at}");
    }
}

/// What the target is called, and where the user stands in the repository, is nothing that an entry has to know.
#[test]
fn paths_of_allow_entries_and_of_the_baseline_count_from_the_folder_of_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap().join("app");
    fs::create_dir(&top).unwrap();
    git(&top, &["init", "-q", "-b", "main"]);
    write(&top, "config/app.env", "DB_PASSWORD=Gl0ckenturm-Live-7\n");
    let config = "[[allow]]\npath = \"/config/**\"\nrule = \"generic-password\"\nreason = \"t\"\n";
    let whole = top.display().to_string();
    let file = top.join("config/app.env").display().to_string();
    let is_known = |by: &str| {
        let targets =
            [".", "config/app.env", "./config", "./config/app.env", &file, &whole, "../app", "../app/config/app.env"];
        for target in targets {
            assert_eq!(exit(&scrubjay(&top, &["scan", target])), 0, "{by}: {target}");
        }
        for target in [".", "..", "app.env", "./app.env", "../config/app.env"] {
            assert_eq!(exit(&scrubjay(&top.join("config"), &["scan", target])), 0, "{by}: {target} in config/");
        }
    };
    write(&top, ".scrubjay.toml", config);
    is_known("config");
    fs::remove_file(top.join(".scrubjay.toml")).unwrap();
    write(folder.path(), "policy.toml", config);
    for target in [".", "./config/app.env", "../app"] {
        assert_eq!(exit(&scrubjay(&top, &["scan", "--config", "../policy.toml", target])), 0, "policy: {target}");
    }
    assert_eq!(exit(&scrubjay(folder.path(), &["scan", "--config", "policy.toml", "app"])), 0);
    assert_eq!(exit(&scrubjay(&top, &["baseline", "create"])), 0);
    is_known("baseline");
    // One name for one file.
    fs::remove_file(top.join(".scrubjay.baseline")).unwrap();
    for target in ["./config/app.env", "config/app.env", "./config"] {
        assert_eq!(paths(&report(&top, &["scan", target]).1), ["config/app.env"], "{target}");
    }
}

/// A name may have been there before, its rule may not be asked for, or the user typed it; and a value may be a name as well.
#[test]
fn no_name_is_printed_with_a_secret_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (token, password) = (token(7), "kR7vQz2mXp9LtW4n");
    git(at, &["init", "-q", "-b", "main"]);
    let file = format!("t-{token}/a.env");
    write(at, &file, "x\n");
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", "a"]);
    write(at, &file, &format!("password: \"{password}\"\n"));
    write(at, &format!("d {password}/x.env"), &format!("password: \"{password}\"\n"));
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", "b"]);
    let target = format!("t-{token}");
    let scans: [&[&str]; 5] = [
        &["git", "--range", "HEAD~1..HEAD"],
        &["scan", ".", "--only", "generic-password"],
        &["scan", ".", "--without", "github-pat-classic"],
        &["scan", &target],
        &["scan", &file],
    ];
    for scan in scans {
        for format in ["text", "json", "jsonl", "sarif", "github", "gitlab", "codequality", "junit", "markdown", "csv"]
        {
            let text = stdout(&scrubjay(at, &[scan, &["--format", format]].concat()));
            assert!(!text.contains(&token) && !text.contains(password), "{scan:?} {format}: {text}");
            assert!(!text.is_empty());
        }
    }
    assert_eq!(exit(&scrubjay(at, &["baseline", "create", "--only", "generic-password"])), 0);
    let baseline = fs::read_to_string(at.join(".scrubjay.baseline")).unwrap();
    assert!(!baseline.contains(&token) && !baseline.contains(password) && baseline.contains("****"), "{baseline}");
}

/// A path of the report is what the globs mean, also where it leads into an archive.
#[test]
fn globs_leave_out_members_of_archives() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut archive = tar::Builder::new(Vec::new());
    for (path, seed) in [("d/one.env", 1), ("d/two.env", 2), ("e/three.env", 3)] {
        let text = format!("T={}\n", token(seed));
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    fs::write(at.join("a.tar"), archive.into_inner().unwrap()).unwrap();
    let scan = |arguments: &[&str]| paths(&report(at, &[&["scan", "."], arguments].concat()).1);
    let all = ["a.tar!/d/one.env", "a.tar!/d/two.env", "a.tar!/e/three.env"];
    assert_eq!(scan(&[]), all);
    for glob in ["one.env", "**/one.env", "a.tar!/d/one.env"] {
        assert_eq!(scan(&["--exclude", glob]), all[1..], "{glob}");
    }
    assert_eq!(scan(&["--exclude", "d/"]), all[2..]);
    assert_eq!(scan(&["--include", "a.tar"]), all, "an archive that is asked for is read whole");
    let (code, told) = report(at, &["scan", ".", "--exclude", "*.env"]);
    assert_eq!((code, paths(&told)), (0, Vec::new()));
    assert!(told.to_string().contains("3 of its members, by --include and --exclude"), "{told}");
    // In a history, too.
    git(at, &["init", "-q", "-b", "main"]);
    git(at, &["add", "-A"]);
    git(at, &["commit", "-q", "-m", "a"]);
    assert_eq!(paths(&report(at, &["git", ".", "--exclude", "d/"]).1), all[2..]);
}

mod exits {
    use super::*;

    #[test]
    fn clean_and_findings() {
        let clean = tempfile::tempdir().unwrap();
        write(clean.path(), "a.txt", "nothing here\n");
        assert_eq!(report(clean.path(), &["scan"]).0, 0);
        let folder = folder_with_token(1);
        let (exit, found) = report(folder.path(), &["scan"]);
        assert_eq!((exit, paths(&found)), (1, vec!["app.env".to_owned()]));
        assert_eq!(report(folder.path(), &["scan", "--exit-zero"]).0, 0);
        assert_eq!(report(folder.path(), &["scan", "--fail-on", "state=removed"]).0, 0);
        assert_eq!(report(folder.path(), &["scan", "--fail-on", "severity=critical,confidence=proven"]).0, 1);
        assert_eq!(report(folder.path(), &["scan", "--without", "github-pat-classic"]).0, 0);
        assert_eq!(report(folder.path(), &["scan", "--only", "github-pat-classic"]).0, 1);
        assert_eq!(report(folder.path(), &["scan", "--exclude", "*.env"]).0, 0);
        assert_eq!(report(folder.path(), &["scan", "--include", "*.txt"]).0, 0);
    }

    #[test]
    fn incomplete_unless_accepted() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), ".git", "gitdir: /nowhere/at/all\n");
        write(folder.path(), "a.txt", "nothing here\n");
        let (exit, lost) = report(folder.path(), &["scan"]);
        assert_eq!((exit, lost["complete"].as_bool()), (3, Some(false)));
        assert_eq!(report(folder.path(), &["scan", "--allow-incomplete"]).0, 0);
        write(folder.path(), "app.env", &format!("GITHUB_TOKEN={}\n", token(2)));
        let (exit, both) = report(folder.path(), &["scan"]);
        assert_eq!((exit, both["complete"].as_bool(), paths(&both).len()), (1, Some(false), 1), "the rest was scanned");
        write(folder.path(), "app.env", "");
        write(
            folder.path(),
            ".scrubjay.toml",
            "[[accept]]\npath = \".git\"\nwhy = \"a copy without its repository\"\n",
        );
        assert_eq!(report(folder.path(), &["scan"]).0, 0);
        write(
            folder.path(),
            ".scrubjay.toml",
            "[[accept]]\npath = \".git\"\nwhy = \"a copy without its repository\"\nuntil = 2001-01-01\n",
        );
        assert_eq!(report(folder.path(), &["scan"]).0, 3, "past its last day");
    }

    #[test]
    fn quiet_is_not_silent_about_what_was_not_read() {
        let folder = folder_with_token(22);
        write(folder.path(), ".git", "gitdir: /nowhere/at/all\n");
        let told = |arguments: &[&str]| {
            let output = scrubjay(folder.path(), &[&["scan", "-q"], arguments].concat());
            (exit(&output), stderr(&output))
        };
        let line =
            "scrubjay: incomplete: 1 not read: a report without --quiet lists them (--allow-incomplete accepts this)\n";
        assert_eq!(told(&[]), (1, line.to_owned()));
        assert_eq!(told(&["--exit-zero"]), (3, line.to_owned()));
        assert_eq!(told(&["--allow-incomplete"]), (1, String::new()));
        assert_eq!(told(&["--format", "json"]), (1, String::new()), "that says it");
    }

    #[test]
    fn out_of_time() {
        let folder = folder_with_token(3);
        let (exit, report) = report(folder.path(), &["scan", "--timeout", "0ms", "--exit-zero"]);
        assert_eq!((exit, report["complete"].as_bool()), (3, Some(false)));
    }

    #[test]
    fn findings_among_tests_may_be_warnings() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "tests/app.env", &format!("GITHUB_TOKEN={}\n", token(4)));
        assert_eq!(report(folder.path(), &["scan"]).0, 1);
        let (exit, warned) = report(folder.path(), &["scan", "--context-warn", "test"]);
        assert_eq!((exit, paths(&warned).len()), (0, 1));
    }

    #[test]
    fn a_kind_of_path_lowers_and_does_not_hide() {
        let folder = tempfile::tempdir().unwrap();
        let text = "db_password: stallion\n";
        write(folder.path(), "config.yml", text);
        let (exit, found) = report(folder.path(), &["scan"]);
        assert_eq!((exit, found["findings"][0]["confidence"].as_str()), (1, Some("likely")));
        write(folder.path(), "config.yml", "");
        write(folder.path(), "tests/config.yml", text);
        let (exit, found) = report(folder.path(), &["scan"]);
        assert_eq!((exit, found["findings"][0]["confidence"].as_str()), (0, Some("possible")));
        assert_eq!(report(folder.path(), &["scan", "--min-confidence", "proven"]).1["findings"][0], Value::Null);
    }

    fn waiting_for_input() -> Child {
        waiting(command(&std::env::temp_dir()).arg("stdin"))
    }

    fn waiting(command: &mut Command) -> Child {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Far more than a pipe holds: when all of it is taken, the scan has begun, and so the handler is there.
        child.stdin.as_mut().unwrap().write_all(&vec![b'\n'; 1 << 20]).unwrap();
        child
    }

    fn send(signal: &str, child: &Child) {
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    }

    /// Sends a signal, ends the input, and waits.
    fn ended(mut child: Child, signal: &str) -> std::process::Output {
        send(signal, &child);
        std::thread::sleep(std::time::Duration::from_millis(100));
        drop(child.stdin.take());
        child.wait_with_output().unwrap()
    }

    #[test]
    #[cfg(unix)]
    fn interrupted_by_a_signal() {
        // Under nohup it goes on, and these tests may stand under one themselves: the first bit is that of SIGHUP (proc(5)).
        let is_ignored = |status: String| {
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
            mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1))
        };
        let hears = fs::read_to_string("/proc/self/status").is_ok_and(|status| !is_ignored(status));
        let hangup: &[&str] = if hears { &["-HUP"] } else { &[] };
        for signal in ["-INT", "-TERM"].iter().chain(hangup) {
            let folder = tempfile::tempdir().unwrap();
            let output = ended(waiting(command(folder.path()).args(["stdin", "--output", "json=a.json"])), signal);
            assert_eq!(output.status.code(), Some(130), "{signal}");
            assert_eq!(
                (stdout(&output), stderr(&output).trim_end()),
                (String::new(), "scrubjay: interrupted: no report was written")
            );
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{signal}: nothing is left behind");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn under_nohup_it_goes_on() {
        let mut nohup = Command::new("sh");
        nohup.args(["-c", "trap '' HUP; exec \"$0\" stdin", env!("CARGO_BIN_EXE_scrubjay")]);
        let output = ended(waiting(&mut nohup), "-HUP");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }

    #[test]
    #[cfg(unix)]
    fn what_runs_a_command_ends_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let blob = |kind: &str, content: Value| {
            let text = content.to_string();
            let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
            write(folder.path(), &format!("i/blobs/sha256/{digest}"), &text);
            let kind = format!("application/vnd.oci.image.{kind}.v1+json");
            json!({"mediaType": kind, "digest": format!("sha256:{digest}"), "size": text.len()})
        };
        let bare = json!({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}});
        let config = blob("config", bare);
        let manifest = blob("manifest", json!({"schemaVersion": 2, "config": config, "layers": []}));
        write(folder.path(), "i/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        write(folder.path(), "i/index.json", &json!({"schemaVersion": 2, "manifests": [manifest]}).to_string());
        let mut child = command(folder.path())
            .args(["image", "oci:i", "--then", "sh", "-c", "touch begun; while [ -e i ]; do sleep 0.05; done"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while !folder.path().join("begun").exists() {
            std::thread::sleep(std::time::Duration::from_millis(20));
            if let Some(status) = child.try_wait().unwrap() {
                panic!("{status}: {}", stderr(&child.wait_with_output().unwrap()));
            }
        }
        send("-TERM", &child);
        assert_eq!(child.wait().unwrap().code(), Some(130));
    }

    #[test]
    #[cfg(unix)]
    fn a_second_signal_ends_it_at_once() {
        let mut child = waiting_for_input();
        let input = child.stdin.take();
        let status = loop {
            send("-INT", &child);
            std::thread::sleep(std::time::Duration::from_millis(50));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
        };
        assert_eq!(status.code(), Some(130));
        drop(input);
    }
}

mod outputs {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn several_formats_of_one_scan() {
        let folder = folder_with_token(5);
        let reports = tempfile::tempdir().unwrap();
        let path = |name: &str| reports.path().join(name).display().to_string();
        fs::write(path("a.json"), "old").unwrap();
        let (json, lines) = (format!("json={}", path("a.json")), format!("jsonl={}", path("a.jsonl")));
        let (exit, shown) = report(folder.path(), &["scan", "--output", &json, "--output", &lines]);
        assert_eq!(exit, 1);
        let written: Value = serde_json::from_slice(&fs::read(path("a.json")).unwrap()).unwrap();
        assert_eq!(written, shown);
        assert_eq!(fs::read_to_string(path("a.jsonl")).unwrap().lines().count(), 2);
        assert_eq!(names(reports.path()), ["a.json", "a.jsonl"], "no temporary file is left");
    }

    #[test]
    fn written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("report.json"), "old").unwrap();
        complaint(&scrubjay(folder.path(), &["scan", "./nowhere", "--output", "json=report.json"]));
        let failure = complaint(&scrubjay(
            folder.path(),
            &["scan", "--output", "json=report.json", "--output", "json=no/such/folder/report.json"],
        ));
        assert!(failure.starts_with("scrubjay: --output: no/such/folder/report.json: "), "{failure}");
        let twice = ["scan", "--output", "json=report.json", "--output", "jsonl=./report.json"];
        assert!(complaint(&scrubjay(folder.path(), &twice)).contains("named twice"));
        assert_eq!(fs::read_to_string(folder.path().join("report.json")).unwrap(), "old");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn secrets_are_not_shown_in_sarif() {
        let folder = folder_with_token(6);
        for arguments in [["--format", "sarif"], ["--output", "sarif=x.sarif"]] {
            let failure = complaint(&scrubjay(folder.path(), &[&["scan", "--show-secrets"], &arguments[..]].concat()));
            assert!(failure.starts_with("scrubjay: --show-secrets: "), "{failure}");
        }
        assert_eq!(names(folder.path()), ["app.env"]);
    }

    #[test]
    fn secrets_are_masked_unless_asked_for() {
        let folder = folder_with_token(7);
        for format in ["text", "json", "jsonl", "sarif"] {
            let output = scrubjay(folder.path(), &["scan", "--format", format, "--verbose"]);
            assert_eq!(exit(&output), 1, "{format}: {}", stderr(&output));
            assert!(!stdout(&output).contains(&token(7)) && !stderr(&output).contains(&token(7)), "{format}");
        }
        for format in ["text", "json", "jsonl"] {
            let output = scrubjay(folder.path(), &["scan", "--format", format, "--show-secrets"]);
            assert!(stdout(&output).contains(&token(7)), "{format}");
        }
    }

    #[test]
    fn a_secret_of_one_file_is_masked_on_the_lines_of_all() {
        let folder = tempfile::tempdir().unwrap();
        let password = "kX9m!Q2vLp4w";
        write(folder.path(), "a.env", &format!("GITHUB_TOKEN={} note:{password}\n", token(6)));
        write(folder.path(), "z.sh", &format!("curl -u robin:{password} https://z.vale.io\n"));
        for format in ["text", "json", "jsonl", "github", "csv"] {
            let output = command(folder.path()).args(["scan", ".", "--format", format]).output().unwrap();
            let said = stdout(&output);
            assert!(exit(&output) == 1 && said.contains("a.env") && !said.contains(password), "{format}: {said}");
        }
        let shown = command(folder.path()).args(["scan", ".", "--show-secrets"]).output().unwrap();
        assert!(stdout(&shown).contains(&format!("note:{password}")), "{}", stdout(&shown));
    }

    #[test]
    fn no_name_in_a_report_shows_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        let [author, email, branch, tag, ignored] = [70, 71, 72, 73, 74].map(token);
        git(here, &["init", "-q", "-b", "main"]);
        write(here, "a.env", &format!("T={}\n", token(75)));
        write(here, ".gitignore", &format!("ign-{ignored}/\n"));
        write(here, &format!("ign-{ignored}/x"), "nothing\n");
        git(here, &["add", "a.env"]);
        let (name, address) = (format!("user.name=bot {author}"), format!("user.email={email}@x.example"));
        git(here, &["-c", &name, "-c", &address, "commit", "-q", "-m", "one"]);
        git(here, &["checkout", "-q", "-b", &format!("b-{branch}")]);
        git(here, &["tag", &format!("t-{tag}")]);
        let formats = ["text", "json", "jsonl", "sarif", "github", "gitlab", "codequality", "junit", "markdown", "csv"];
        for format in formats {
            for arguments in
                [&["scan"][..], &["git"], &["git", "--max-count", "5"], &["scan", "--exclude", ".gitignore"]]
            {
                let output = command(here).args(arguments).args(["--format", format, "--verbose"]).output().unwrap();
                assert_eq!(exit(&output), 1, "{format}: {}", stderr(&output));
                for secret in [&author, &email, &branch, &tag, &ignored] {
                    assert!(!stdout(&output).contains(secret), "{arguments:?} {format}: {}", stdout(&output));
                }
            }
        }
        let output = scrubjay(here, &["git", "--show-secrets"]);
        assert!(stdout(&output).contains(&format!("by bot {author}")), "{}", stdout(&output));
    }

    #[test]
    fn a_reader_that_goes_away_is_no_error() {
        let folder = folder_with_token(8);
        let mut child = command(folder.path())
            .args(["scan", "--format", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((exit(&output), stderr(&output)), (1, String::new()));
    }

    #[test]
    fn the_same_bytes_at_any_number_of_threads() {
        let folder = tempfile::tempdir().unwrap();
        for seed in 0..40 {
            write(
                folder.path(),
                &format!("{}/{seed}.env", seed % 7),
                &format!("A={}\nB={}\n", token(seed), token(seed / 3)),
            );
        }
        git(folder.path(), &["init", "-q"]);
        git(folder.path(), &["add", "."]);
        git(folder.path(), &["commit", "-qm", "one"]);
        let outputs: Vec<Vec<u8>> = ["1", "2", "7"]
            .iter()
            .map(|threads| scrubjay(folder.path(), &["scan", "--format", "jsonl", "--threads", threads]).stdout)
            .collect();
        assert!(outputs[0].len() > 1_000 && outputs.iter().all(|output| *output == outputs[0]));
    }
}

mod trust {
    use super::*;

    const SILENCE: &str = "exclude = [\"**\"]\nmin-severity = \"critical\"\nfail-on = { states = [\"inherited\"] }\n\
        [[allow]]\npath = \"**\"\nreason = \"quiet\"\n[[accept]]\npath = \"**\"\nwhy = \"quiet\"\n";

    /// A folder with a target that tries to silence its own scan, and a policy beside it.
    fn hostile(config: &str) -> tempfile::TempDir {
        let top = folder_with_token(10);
        let target = top.path().join("target");
        fs::create_dir(&target).unwrap();
        fs::rename(top.path().join("app.env"), target.join("app.env")).unwrap();
        write(&target, ".scrubjay.toml", config);
        write(top.path(), "policy.toml", "min-severity = \"low\"\n");
        write(top.path(), "lenient.toml", "target-may-allow = true\n");
        top
    }

    #[test]
    fn a_target_cannot_silence_its_own_scan() {
        let top = hostile(SILENCE);
        let (exit, found) = report(top.path(), &["scan", "target"]);
        assert_eq!((exit, paths(&found)), (1, vec!["target/app.env".to_owned()]));
        let notes = found["notes"].to_string();
        assert!(notes.contains("was not read") && notes.contains("--trust-target-config"), "{notes}");
        assert_eq!(report(top.path(), &["scan", "target", "--trust-target-config"]).0, 0);
        assert_eq!(report(&top.path().join("target"), &["scan"]).0, 0, "the user stands in it");
    }

    #[test]
    fn a_broken_config_of_a_target_does_not_stop_the_scan() {
        let top = hostile("no toml at all");
        assert_eq!(report(top.path(), &["scan", "target"]).0, 1);
        complaint(&scrubjay(&top.path().join("target"), &["scan"]));
    }

    #[test]
    fn a_policy_can_only_be_tightened() {
        let top = hostile(SILENCE);
        let target = top.path().join("target");
        let (exit, found) = report(&target, &["scan", "--config", "../policy.toml"]);
        assert_eq!((exit, paths(&found).len()), (1, 1));
        assert!(found["notes"].to_string().contains("the policy"), "{}", found["notes"]);
        let lenient = command(&target).args(["scan", "-q"]).env("SCRUBJAY_CONFIG", "../lenient.toml").output().unwrap();
        assert_eq!(common::exit(&lenient), 0, "{}", stderr(&lenient));
    }

    #[test]
    fn inline_marks_count_where_the_user_stands() {
        let top = tempfile::tempdir().unwrap();
        let line = format!("T={} # scrubjay:{} github-pat-classic reason=\"sample\"\n", token(11), "allow");
        write(top.path(), "target/app.env", &line);
        assert_eq!(report(top.path(), &["scan", "target"]).0, 1);
        assert_eq!(report(top.path(), &["scan", "target", "--trust-target-config"]).0, 0);
        let (exit, allowed) = report(&top.path().join("target"), &["scan"]);
        assert_eq!((exit, allowed["allowed"].as_array().unwrap().len()), (0, 1), "allowed findings stay in the report");
        write(top.path(), "policy.toml", "");
        assert_eq!(report(&top.path().join("target"), &["scan", "--config", "../policy.toml"]).0, 1);
    }

    #[test]
    fn allow_entries_name_their_line() {
        let folder = folder_with_token(12);
        write(folder.path(), ".scrubjay.toml", "\n[[allow]]\nrule = \"github-pat-classic\"\nreason = \"sample\"\n");
        let (exit, allowed) = report(folder.path(), &["scan"]);
        assert_eq!(exit, 0);
        assert!(allowed["allowed"].to_string().contains(".scrubjay.toml:2"), "{}", allowed["allowed"]);
        write(folder.path(), "app.env", "");
        write(folder.path(), "part/a.env", "");
        let unused =
            |arguments: &[&str]| report(folder.path(), arguments).1["notes"].to_string().contains("covers nothing");
        assert!(unused(&["scan"]));
        // What is read is only a part of what the entry is for.
        assert!(!unused(&["scan", "part"]) && !unused(&["dir", "part"]) && !unused(&["scan", "--only", "jwt"]));
    }
}

mod verbs {
    use super::*;

    /// A repository with a token in a file, one in history only, and one in an ignored file.
    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "-q", "-b", "main"]);
        write(root, "live.env", &format!("T={}\n", token(20)));
        write(root, "old/gone.env", &format!("T={}\n", token(21)));
        write(root, ".gitignore", "ignored.env\n");
        git(root, &["add", "."]);
        git(root, &["commit", "-qm", "one"]);
        git(root, &["rm", "-q", "old/gone.env"]);
        git(root, &["commit", "-qm", "two"]);
        write(root, "ignored.env", &format!("T={}\n", token(22)));
        folder
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(path, state)| ((*path).to_owned(), (*state).to_owned())).collect()
    }

    #[test]
    fn scan_reads_files_and_history() {
        let folder = repository();
        let (exit, found) = report(folder.path(), &["scan"]);
        assert_eq!((exit, places(&found)), (1, pairs(&[("live.env", "live"), ("old/gone.env", "removed")])));
        let (_, found) = report(folder.path(), &["scan", "--ignored"]);
        assert_eq!(paths(&found), ["ignored.env", "live.env", "old/gone.env"]);
        let (_, found) = report(folder.path(), &["scan", "--exclude", "old/"]);
        assert_eq!(paths(&found), ["live.env"], "globs hold for history too");
        assert!(found["notes"].to_string().contains("--exclude"), "{}", found["notes"]);
        let (_, found) = report(folder.path(), &["scan", "--include", "old/"]);
        assert_eq!(paths(&found), ["old/gone.env"]);
    }

    #[test]
    fn a_folder_in_a_repository_has_a_history_that_was_not_asked_for() {
        let folder = repository();
        write(folder.path(), "src/a.txt", "nothing\n");
        let (exit, clean) = report(folder.path(), &["scan", "src"]);
        assert_eq!((exit, clean["complete"].as_bool()), (0, Some(true)));
        assert!(clean["coverage"].to_string().contains("history of the repository"), "{}", clean["coverage"]);
    }

    #[test]
    fn git_reads_history_alone() {
        let folder = repository();
        let (exit, found) = report(folder.path(), &["git"]);
        assert_eq!((exit, places(&found)), (1, pairs(&[("live.env", "live"), ("old/gone.env", "removed")])));
        assert!(found.to_string().contains("a@example.com"));
        let (_, found) = report(folder.path(), &["git", "--no-authors"]);
        assert!(!found.to_string().contains("a@example.com"));
    }

    /// `path state commit removed refs` of each place.
    fn spans(report: &Value) -> Vec<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        let places = findings.flat_map(|finding| finding["places"].as_array().unwrap());
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        places
            .map(|place| {
                let refs: Vec<String> = place["refs"].as_array().unwrap().iter().map(text).collect();
                let [path, state, since, until] =
                    [&place["path"], &place["state"], &place["commit"], &place["removed"]["commit"]].map(text);
                format!("{path} {state} {since} {until} {}", refs.join(","))
            })
            .collect()
    }

    #[test]
    fn a_secret_is_there_until_the_last_version_with_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "-q", "-b", "main"]);
        let commit = |text: &str| {
            write(folder.path(), "f", text);
            git(folder.path(), &["add", "-A"]);
            git(folder.path(), &["commit", "-q", "-m", "x"]);
            let output = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(folder.path()).output().unwrap();
            stdout(&output).trim().to_owned()
        };
        let with = |number: u32| format!("x={number}\nk={}\n", token(24));
        let first = commit(&with(1));
        commit(&with(2));
        // `scan` tells the file and its versions as one place, and as `git` does.
        for verb in ["scan", "git"] {
            let (_, found) = report(folder.path(), &[verb]);
            assert_eq!(spans(&found), [format!("f live {first} - refs/heads/main")], "{verb}");
        }
        commit(&with(3));
        commit("none\n");
        commit(&with(1));
        let gone = commit("none\n");
        for verb in ["scan", "git"] {
            let (_, found) = report(folder.path(), &[verb]);
            assert_eq!(spans(&found), [format!("f removed {first} {gone} ")], "{verb}");
        }
    }

    #[test]
    fn what_is_staged_is_at_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        git(here, &["init", "-q", "-b", "main"]);
        write(here, "readme", "nothing\n");
        git(here, &["add", "-A"]);
        git(here, &["commit", "-q", "-m", "one"]);
        write(here, "docs/x", &format!("k={}\n", token(25)));
        git(here, &["add", "-A"]);
        for verb in ["scan", "git"] {
            let (exit, found) = report(here, &[verb]);
            assert_eq!((exit, spans(&found)), (1, vec!["docs/x live - - index".to_owned()]), "{verb}");
            assert_eq!(report(here, &[verb, "--exclude", "docs/"]).0, 0, "{verb}");
        }
        write(here, ".scrubjay.toml", "[[allow]]\npath = 'docs/**'\nreason = 'a sample'\n");
        for verb in ["scan", "git"] {
            assert_eq!(report(here, &[verb]).0, 0, "{verb}");
        }
    }

    #[test]
    fn what_has_its_content_elsewhere_is_told_by_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        git(here, &["init", "-q", "-b", "main"]);
        let oid = "ab".repeat(32);
        write(here, "big.bin", &format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12\n"));
        git(here, &["add", "-A"]);
        git(here, &["commit", "-q", "-m", "one"]);
        let (exit, found) = report(here, &["git"]);
        let skipped = &found["coverage"]["skipped"][0];
        assert_eq!((exit, &skipped["reason"]), (0, &"lfs-pointer".into()));
        assert_eq!(skipped["origin"][1]["path"], "big.bin");
        let (_, found) = report(here, &["git", "--exclude", "*.bin"]);
        assert_eq!(found["coverage"]["skips"]["nothing_to_read"], 0, "{}", found["coverage"]);
    }

    #[test]
    fn what_git_keeps_is_never_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        git(here, &["init", "-q", "-b", "main"]);
        write(here, ".gitignore", "*.log\nout/\n");
        for path in ["t.log", "out/kept/a", "other.log"] {
            write(here, path, "nothing\n");
        }
        git(here, &["add", "-f", ".gitignore", "t.log", "out/kept/a"]);
        git(here, &["commit", "-q", "-m", "one"]);
        for (seed, path) in (26..).zip(["t.log", "out/kept/a", "out/kept/b", "out/c/d", "other.log"]) {
            write(here, path, &format!("k={}\n", token(seed)));
        }
        let (exit, found) = report(here, &["scan"]);
        assert_eq!((exit, paths(&found)), (1, vec!["out/kept/a".to_owned(), "t.log".to_owned()]));
        assert_eq!(found["coverage"]["skips"]["not_asked"], 3, "{}", found["coverage"]);
        assert_eq!(
            paths(&report(here, &["scan", "out"]).1),
            ["out/c/d", "out/kept/a", "out/kept/b"],
            "asked for by name"
        );
    }

    #[test]
    fn a_file_and_its_history_are_one_place_from_wherever_one_stands() {
        let folder = repository();
        let (above, name) = (folder.path().parent().unwrap(), folder.path().file_name().unwrap().to_str().unwrap());
        for target in [name, &format!("./{name}/"), folder.path().to_str().unwrap()] {
            let (_, found) = report(above, &["scan", target]);
            let live: Vec<_> = places(&found).into_iter().filter(|(_, state)| state == "live").collect();
            assert_eq!(live.len(), 1, "{target}: {live:?}");
            assert!(live[0].0.ends_with(&format!("{name}/live.env")), "{target}: {live:?}");
        }
    }

    #[test]
    fn a_repository_is_read_from_within_its_own_folder() {
        let folder = repository();
        let within = folder.path().join(".git");
        for arguments in [&["git"][..], &["scan", "."], &["git", ".."]] {
            let output = command(&within).args(arguments).args(["--format", "json"]).output().unwrap();
            assert_eq!(exit(&output), 1, "{arguments:?}: {}", stderr(&output));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_no_repository_is_a_history_that_is_lost() {
        for target in ["/nonexistent", ".git"] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), "a.txt", "nothing\n");
            std::os::unix::fs::symlink(target, folder.path().join(".git")).unwrap();
            let (exit, found) = report(folder.path(), &["scan"]);
            assert_eq!((exit, found["complete"].as_bool()), (3, Some(false)), "{target}: {}", found["coverage"]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_in_a_repository_is_not_waited_for() {
        let files =
            ["config", "HEAD", "packed-refs", "shallow", "commondir", "objects/info/alternates", "index", "MERGE_HEAD"];
        let object = "objects/ab/12345678901234567890123456789012345678";
        for file in files.into_iter().chain([object]) {
            let folder = repository();
            let path = folder.path().join(".git").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let _ = fs::remove_file(&path);
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            for arguments in [&["scan"][..], &["git"], &["git", "--staged"]] {
                let mut child =
                    command(folder.path()).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
                let mut tries = 0;
                while child.try_wait().unwrap().is_none() {
                    std::thread::sleep(std::time::Duration::from_millis(50));
                    tries += 1;
                    if tries == 600 {
                        child.kill().unwrap();
                        panic!("{arguments:?} waits for {file}");
                    }
                }
            }
            if file == object || file == "config" {
                let (_, found) = report(folder.path(), &["scan"]);
                assert_eq!(found["complete"], false, "{file}: {}", found["coverage"]);
            }
        }
    }

    #[test]
    fn dir_reads_ignored_files_too() {
        let folder = repository();
        let (exit, found) = report(folder.path(), &["dir", "."]);
        assert_eq!((exit, paths(&found)), (1, vec!["ignored.env".to_owned(), "live.env".to_owned()]));
        let skipped = &found["coverage"]["skipped"][0];
        assert_eq!((&skipped["class"], &skipped["origin"][1]["path"]), (&"not_asked".into(), &".git/objects".into()));
    }

    #[test]
    fn stdin_goes_by_the_name_it_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command(folder.path())
            .args(["stdin", "--name", "logs/build.log", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(format!("a\nT={}\n", token(23)).as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((exit(&output), paths(&found)), (1, vec!["logs/build.log".to_owned()]));
    }
}

mod charts_and_images {
    use serde_json::json;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn a_chart_with_a_subchart() {
        let folder = tempfile::tempdir().unwrap();
        let chart = folder.path().join("shop");
        write(&chart, "Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.2.3\n");
        write(&chart, "values.yaml", &format!("registry:\n  token: {}\n", token(30)));
        write(&chart, "charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 0.1.0\n");
        write(&chart, "charts/db/values-prod.yaml", &format!("t: {}\n", token(31)));
        for verb in ["chart", "scan"] {
            let (exit, found) = report(folder.path(), &[verb, "shop"]);
            let paths = paths(&found);
            assert_eq!(exit, 1);
            assert_eq!(paths, ["shop/charts/db/values-prod.yaml", "shop/values.yaml"], "{verb}");
        }
        let (_, found) = report(folder.path(), &["chart", "shop", "--exclude", "charts/"]);
        assert_eq!(paths(&found), ["shop/values.yaml"]);
        write(folder.path(), "plain/values.yaml", "a: 1\n");
        let failure = complaint(&scrubjay(folder.path(), &["chart", "plain"]));
        assert!(failure.starts_with("scrubjay: chart: plain: is no Helm chart"), "{failure}");
    }

    fn layer(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn blob(layout: &Path, bytes: &[u8]) -> String {
        let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let blobs = layout.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        fs::write(blobs.join(&hex), bytes).unwrap();
        format!("sha256:{hex}")
    }

    fn descriptor(layout: &Path, media_type: &str, bytes: &[u8]) -> Value {
        json!({ "mediaType": media_type, "digest": blob(layout, bytes), "size": bytes.len() })
    }

    /// An OCI layout whose second layer deletes a file of the first.
    fn layout(folder: &Path, files: &[(&str, &str)]) {
        let layers = [layer(files), layer(&[("app/.wh.gone.env", "")])];
        let diff_ids: Vec<String> = layers.iter().map(|layer| blob(folder, layer)).collect();
        let config =
            json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": diff_ids } });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor(folder, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes()),
            "layers": layers.map(|layer| descriptor(folder, "application/vnd.oci.image.layer.v1.tar", &layer)),
        });
        let manifest =
            descriptor(folder, "application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes());
        write(folder, "index.json", &json!({ "schemaVersion": 2, "manifests": [manifest] }).to_string());
        write(folder, "oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    }

    #[test]
    fn an_image_and_what_its_layers_hide() {
        let folder = tempfile::tempdir().unwrap();
        let (gone, kept) = (format!("T={}\n", token(32)), format!("T={}\n", token(33)));
        layout(&folder.path().join("image"), &[("app/gone.env", &gone), ("app/kept.env", &kept)]);
        for arguments in [&["image", "image"][..], &["image", "oci:image"], &["scan", "image"]] {
            let (exit, found) = report(folder.path(), arguments);
            let states: Vec<String> =
                places(&found).into_iter().map(|(path, state)| format!("{path} {state}")).collect();
            assert_eq!(
                (exit, states),
                (1, vec!["app/gone.env hidden".to_owned(), "app/kept.env live".to_owned()]),
                "{arguments:?}"
            );
        }
        let (_, found) = report(folder.path(), &["image", "image", "--include", "kept.env"]);
        assert_eq!(paths(&found), ["app/kept.env"]);
        assert_eq!(report(folder.path(), &["image", "image", "--fail-on", "state=inherited"]).0, 0);
    }

    #[test]
    fn an_image_cannot_silence_its_own_scan() {
        let folder = tempfile::tempdir().unwrap();
        let marked = format!("T={} # scrubjay:{} github-pat-classic reason=\"quiet\"\n", token(34), "allow");
        layout(&folder.path().join("image"), &[("app/a.env", &marked)]);
        write(folder.path(), ".scrubjay.toml", "min-severity = \"critical\"\n");
        for verb in ["image", "scan"] {
            assert_eq!(report(folder.path(), &[verb, "image"]).0, 1, "{verb}");
            assert_eq!(report(folder.path(), &[verb, "image", "--trust-target-config"]).0, 0, "{verb}");
        }
    }
}
