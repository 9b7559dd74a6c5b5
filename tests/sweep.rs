//! A sweep over generated repositories that are served on loopback, by git's own daemon and over smart HTTP: what each target
//! comes out as, what is kept, and what no process, file or report may show.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/smart_http.rs"]
mod smart_http;

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{command, complaint, exit, git, stderr, stdout, token, write};
use serde_json::Value;
use smart_http::{INSTEAD, LONG, PASSWORD, Server, hanging};

/// Repositories in a folder, and how they are served.
struct Hosting {
    folder: tempfile::TempDir,
    http: Server,
    daemon: Daemon,
}

impl Hosting {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let http = Server::start(folder.path());
        let daemon = Daemon::start(folder.path());
        Hosting { folder, http, daemon }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn bare(&self, name: &str) -> PathBuf {
        self.path().join(format!("{name}.git"))
    }

    /// A repository with a file.
    fn repository(&self, name: &str, file: &str, text: &str) {
        git(self.path(), &["init", "-q", "--bare", "-b", "main", &format!("{name}.git")]);
        self.commit(name, file, text);
    }

    /// Another commit.
    fn commit(&self, name: &str, file: &str, text: &str) {
        let work = self.work(name);
        write(work.path(), file, text);
        git(work.path(), &["add", "-A"]);
        git(work.path(), &["commit", "-q", "-m", "change"]);
        git(work.path(), &["push", "-q", "-f", "origin", "HEAD:main"]);
    }

    /// A history of one commit without a file.
    fn rewrite_without(&self, name: &str, file: &str) {
        let work = self.work(name);
        fs::remove_file(work.path().join(file)).unwrap();
        git(work.path(), &["checkout", "-q", "--orphan", "clean"]);
        git(work.path(), &["add", "-A"]);
        git(work.path(), &["commit", "-q", "--allow-empty", "-m", "clean"]);
        git(work.path(), &["push", "-q", "-f", "origin", "HEAD:main"]);
    }

    fn work(&self, name: &str) -> tempfile::TempDir {
        let work = tempfile::tempdir().unwrap();
        git(work.path(), &["clone", "-q", self.bare(name).to_str().unwrap(), "."]);
        work
    }

    fn fork(&self, of: &str, name: &str) {
        let (of, name) = (self.bare(of), self.bare(name));
        git(self.path(), &["clone", "-q", "--bare", of.to_str().unwrap(), name.to_str().unwrap()]);
    }

    fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}.git", self.http.port)
    }

    fn daemon_url(&self, name: &str) -> String {
        format!("git://127.0.0.1:{}/{name}.git", self.daemon.port)
    }
}

/// `git daemon`.
struct Daemon {
    child: Child,
    port: u16,
}

impl Daemon {
    fn start(folder: &Path) -> Self {
        // Somebody else may take the port before the daemon does: then it ends at once, and another is tried.
        for _ in 0..20 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            let mut child = Command::new("git")
                .args(["daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1"])
                .arg(format!("--port={port}"))
                .arg(format!("--base-path={}", folder.display()))
                .arg(folder)
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let begun = Instant::now();
            while begun.elapsed() < LONG && child.try_wait().unwrap().is_none() {
                if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                    return Daemon { child, port };
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            child.kill().unwrap();
            child.wait().unwrap();
        }
        panic!("no daemon");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // `git daemon` is a child of `git`; both end by SIGTERM, and `git` passes it on.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// A sweep in a folder of its own.
struct Sweep {
    folder: tempfile::TempDir,
}

impl Sweep {
    fn of(lines: &[String]) -> Self {
        let sweep = Sweep { folder: tempfile::tempdir().unwrap() };
        sweep.list(lines);
        sweep
    }

    fn list(&self, lines: &[String]) {
        write(self.folder.path(), "list", &format!("# all\n{}\n", lines.join("\n")));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.folder.path());
        command
            .args(["sweep", "list", "--mirror-dir", "mirrors", "--state", "state"])
            .args(arguments)
            .env("SCRUBJAY_TEST_LOOPBACK", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Exit code and JSON report.
    fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.command(&["--format", "json"]).args(arguments).output().unwrap();
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{arguments:?}: {}{}", stdout(&output), stderr(&output)));
        (exit(&output), report)
    }

    /// Every file below, with its content.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let (mut files, mut folders) = (Vec::new(), vec![self.folder.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push((path.clone(), fs::read(path).unwrap())) }
            }
        }
        files
    }
}

/// The verdict of each target.
fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let targets = report["sweep"]["targets"].as_array().unwrap().iter();
    targets
        .map(|target| (target["name"].as_str().unwrap().to_owned(), target["verdict"].as_str().unwrap().to_owned()))
        .collect()
}

fn target<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["sweep"]["targets"].as_array().unwrap().iter().find(|target| target["name"] == name).unwrap()
}

/// A report less what no two runs have alike.
fn without_times(mut report: Value) -> Value {
    report["sweep"]["last"] = Value::Null;
    for target in report["sweep"]["targets"].as_array_mut().unwrap() {
        target["seconds"] = Value::Null;
    }
    report
}

/// Holds two reports together, and tells where they first differ.
fn assert_same(one: Value, other: Value) {
    let lines = |report| serde_json::to_string_pretty(&without_times(report)).unwrap();
    let (one, other) = (lines(one), lines(other));
    let difference = one.lines().zip(other.lines()).position(|(one, other)| one != other);
    let around = |text: &str| {
        text.lines().skip(difference.unwrap_or(0).saturating_sub(12)).take(20).collect::<Vec<_>>().join("\n")
    };
    assert!(one == other, "{}\n\n{}", around(&one), around(&other));
}

fn env(seed: u64) -> String {
    format!("GITHUB_TOKEN={}\n", token(seed))
}

/// Fifty repositories: ten with a secret each, eight forks of one of these, the rest clean; then those that go wrong.
fn fifty(hosting: &Hosting) -> Vec<String> {
    let mut lines = Vec::new();
    for number in 0..42 {
        let name = format!("repository-{number:02}");
        if number < 10 {
            hosting.repository(&name, "deploy/app.env", &env(number));
        } else {
            hosting.repository(&name, "README.md", &format!("number {number}\n"));
        }
        let url = if number % 2 == 0 { hosting.url(&name) } else { hosting.daemon_url(&name) };
        lines.push(format!("{url} name={name} owner=\"team {}\"", number % 3));
    }
    for number in 0..8 {
        let name = format!("fork-{number}");
        hosting.fork("repository-00", &name);
        hosting.commit(&name, "own.txt", &format!("fork {number}\n"));
        lines.push(format!("{} name={name}", hosting.url(&name)));
    }
    hosting.repository("corrupt", "a.txt", "a\n");
    corrupt(&hosting.bare("corrupt"));
    git(hosting.path(), &["init", "-q", "--bare", "empty.git"]);
    fs::create_dir(hosting.path().join("denied")).unwrap();
    lines.push(format!("{} name=corrupt", hosting.daemon_url("corrupt")));
    lines.push(format!("{} name=empty", hosting.url("empty")));
    lines.push(format!("{} name=denied owner=\"team 1\"", hosting.url("denied/x")));
    lines.push(format!("http://127.0.0.1:{}/x.git name=hanging", hanging()));
    lines
}

/// Takes the file's content out of a repository of one commit.
fn corrupt(repository: &Path) {
    let output = Command::new("git").args(["rev-parse", "main:a.txt"]).current_dir(repository).output().unwrap();
    let id = stdout(&output).trim().to_owned();
    fs::remove_file(repository.join("objects").join(&id[..2]).join(&id[2..])).unwrap();
}

mod verdicts {
    use super::*;

    #[test]
    fn fifty_repositories_and_four_that_go_wrong() {
        let hosting = Hosting::new();
        let lines = fifty(&hosting);
        let sweep = Sweep::of(&lines);
        let arguments = ["--jobs", "6", "--target-timeout", "25s"];
        let (code, report) = sweep.report(&arguments);
        assert_eq!(code, 1, "findings come before what is missing");
        assert_eq!(report["complete"], false, "and the report says both");
        let verdicts = super::verdicts(&report);
        for (name, verdict) in &verdicts {
            let expected = match name.as_str() {
                "corrupt" | "denied" | "hanging" => "failed",
                name if name < "repository-10" && name.starts_with("repository") || name.starts_with("fork") => {
                    "findings"
                }
                _ => "clean",
            };
            assert_eq!(verdict, expected, "{name}: {}", target(&report, name));
        }
        assert_eq!(verdicts.len(), 54);
        assert_eq!(report["findings"].as_array().unwrap().len(), 10, "one entry a secret");
        let shared = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|finding| finding["places"].as_array().unwrap().len() == 9);
        let shared: Vec<&str> = shared.expect("a repository and its forks")["places"]
            .as_array()
            .unwrap()
            .iter()
            .map(|place| place["target"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(shared[0], "repository-00", "in the order of the list");
        assert!((0..8).all(|number| shared[number + 1] == format!("fork-{number}")), "{shared:?}");
        let reason = |name: &str| target(&report, name)["reason"].as_str().unwrap().to_owned();
        assert!(reason("hanging").contains("not read within 25s"), "{}", reason("hanging"));
        assert!(reason("denied").contains("git cannot fetch it"), "{}", reason("denied"));
        assert_eq!(target(&report, "denied")["owner"], "team 1");
        assert_eq!(target(&report, "denied")["lost"], 1, "as the coverage has it");
        let lost = report["coverage"]["skipped"].as_array().unwrap();
        assert_eq!(lost.iter().filter(|skip| skip["class"] == "lost").count(), 3);
        assert_eq!(report["sweep"]["counts"]["failed"], 3);
        let (hanging, others) = lines.split_last().unwrap();
        assert!(hanging.ends_with("name=hanging"));
        sweep.list(others);
        let (code, again) = sweep.report(&["--jobs", "2", "--exit-zero"]);
        assert_eq!(code, 3, "only what is missing is left");
        assert_eq!(again["findings"].as_array().unwrap().len(), 10);
        assert_eq!(again["sweep"]["counts"]["still"], 10);
        assert_eq!(sweep.report(&["--exit-zero", "--allow-incomplete"]).0, 0);
    }

    #[test]
    fn a_local_path_and_one_that_is_not_there() {
        let hosting = Hosting::new();
        hosting.repository("a", "app.env", &env(1));
        let sweep = Sweep::of(&[hosting.url("a"), "./here".to_owned(), "./nowhere".to_owned()]);
        write(sweep.folder.path(), "here/app.env", &env(1));
        write(sweep.folder.path(), "here/.scrubjay.toml", "[[allow]]\npath = \"*.env\"\nreason = \"quiet\"\n");
        let (code, report) = sweep.report(&[]);
        let verdicts: Vec<String> = super::verdicts(&report).into_values().collect();
        assert_eq!((code, verdicts), (1, vec!["findings".to_owned(), "failed".to_owned(), "findings".to_owned()]));
        assert_eq!(report["findings"].as_array().unwrap().len(), 1);
        let (_, trusted) = sweep.report(&["--trust-target-config"]);
        assert_eq!(target(&trusted, "./here")["verdict"], "clean", "its own configuration, when trusted");
    }

    #[test]
    fn bad_lines_are_told_before_anything_starts() {
        let hosting = Hosting::new();
        hosting.repository("a", "a.txt", "a\n");
        for (line, told) in [("team/app", "list:3: is no path"), ("http://git.example.com/x", "list:3: git URL")] {
            let sweep = Sweep::of(&[hosting.url("a"), line.to_owned()]);
            let failure = complaint(&sweep.run(&[]));
            assert!(failure.contains(told), "{failure}");
            assert!(!sweep.folder.path().join("mirrors").exists());
        }
        let sweep = Sweep::of(&["http://127.0.0.1:9/x".to_owned()]);
        let closed = sweep.command(&[]).env_remove("SCRUBJAY_TEST_LOOPBACK").output().unwrap();
        assert!(complaint(&closed).contains("only https:// and ssh"), "{}", stderr(&closed));
        assert!(complaint(&sweep.run(&["--show-secrets"])).contains("--show-secrets"));
        assert_eq!(hosting.http.requests.load(Ordering::SeqCst), 0);
        write(sweep.folder.path(), "state", "my notes\n");
        assert!(complaint(&sweep.run(&[])).contains("is no state of a sweep"));
    }
}

mod credentials {
    use super::*;

    /// Everything that git and its helpers were started with, as long as a sweep ran.
    fn command_lines_of(child: &mut Child) -> String {
        let mut seen = String::new();
        while child.try_wait().unwrap().is_none() {
            for entry in fs::read_dir("/proc").unwrap().flatten() {
                if entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit())
                    && let Ok(line) = fs::read(entry.path().join("cmdline"))
                {
                    let line = String::from_utf8_lossy(&line).replace('\0', " ");
                    if line.contains("git") && !seen.contains(&line) {
                        seen.push_str(&line);
                        seen.push('\n');
                    }
                }
            }
        }
        seen
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn are_used_and_nowhere_to_be_seen() {
        let hosting = Hosting::new();
        fs::create_dir(hosting.path().join("secret")).unwrap();
        hosting.repository("secret/app", "app.env", &env(1));
        hosting.repository("secret/two", "app.env", &env(2));
        let host = format!("127.0.0.1:{}", hosting.http.port);
        let with_login = hosting.url("secret/two").replace("http://", &format!("http://me:{PASSWORD}@"));
        let ways: [(&str, Vec<String>); 3] = [
            ("variable", vec![hosting.url("secret/app")]),
            ("file", vec![hosting.url("secret/app")]),
            ("url", vec![with_login]),
        ];
        for (way, lines) in ways {
            let sweep = Sweep::of(&lines);
            let format = [
                "--format",
                "json",
                "--output",
                "text=out.txt",
                "--output",
                "sarif=out.sarif",
                "--output",
                "jsonl=out.jsonl",
            ];
            let mut command = sweep.command(&format);
            match way {
                "variable" => {
                    command.env("SCRUBJAY_GIT_TOKEN", format!("other.example=x {host}=me:{PASSWORD}"));
                }
                "file" => {
                    let path = sweep.folder.path().join("tokens");
                    fs::write(&path, format!("# ours\n{host}=me:{PASSWORD}\n")).unwrap();
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
                    let told = complaint(&sweep.run(&["--token-file", "tokens"]));
                    assert!(told.contains("other users can read it"), "{told}");
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
                    command.args(["--token-file", "tokens"]);
                }
                _ => {}
            }
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let seen = command_lines_of(&mut child);
            let output = child.wait_with_output().unwrap();
            assert_eq!(exit(&output), 1, "{way}: {}{}", stdout(&output), stderr(&output));
            assert!(seen.contains("clone") || seen.contains("remote-http"), "{way}: git was looked at: {seen}");
            let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("me:{PASSWORD}"));
            for secret in [PASSWORD, &encoded] {
                let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!holds(seen.as_bytes()), "{way}: in a command line: {seen}");
                assert!(!holds(&output.stdout) && !holds(&output.stderr), "{way}: printed");
                for (path, content) in sweep.files() {
                    let is_input = ["list", "tokens"].contains(&path.file_name().unwrap().to_str().unwrap());
                    assert!(is_input || !holds(&content), "{way}: in {}", path.display());
                }
            }
            assert!(sweep.files().iter().any(|(path, _)| path.ends_with("config")), "the mirror was looked at");
        }
        let sweep = Sweep::of(&[hosting.url("secret/app")]);
        let wrong =
            sweep.command(&["--format", "json"]).env("SCRUBJAY_GIT_TOKEN", format!("{host}=me:wrong-one")).output();
        assert_eq!(exit(&wrong.unwrap()), 3, "what is refused is a failure of the target");
    }

    #[test]
    fn a_login_in_a_target_is_refused_by_its_line_and_not_repeated() {
        for line in [
            "oci://robot:hunter2@h.example/x/one:1",
            "x:hunter2@h.example/a.git",
            "git:hunter2@h.example:org/a.git",
            "docker:robot:hunter2@h.example/x:1",
        ] {
            let sweep = Sweep::of(&["./here".to_owned(), line.to_owned()]);
            let output = sweep.run(&["--output", "json=report"]);
            let told = complaint(&output);
            assert!(told.contains("list:3: ") && !told.contains("hunter2"), "{line}: {told}");
            let holds = |bytes: &[u8]| bytes.windows(7).any(|part| part == b"hunter2");
            assert!(!sweep.files().iter().any(|(path, bytes)| !path.ends_with("list") && holds(bytes)), "{line}");
        }
    }

    #[test]
    fn a_token_that_is_refused_missing_or_for_another_host_is_told_apart() {
        let hosting = Hosting::new();
        fs::create_dir(hosting.path().join("secret")).unwrap();
        hosting.repository("secret/app", "a.txt", "a\n");
        let host = format!("127.0.0.1:{}", hosting.http.port);
        let sweep = Sweep::of(&[hosting.url("secret/app")]);
        let tokens = sweep.folder.path().join("tokens");
        let run = |text: &str| {
            fs::write(&tokens, text).unwrap();
            fs::set_permissions(&tokens, fs::Permissions::from_mode(0o600)).unwrap();
            let output = sweep.run(&["--token-file", "tokens", "--format", "json"]);
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let reason = report["sweep"]["targets"][0]["reason"].as_str().unwrap_or_default().to_owned();
            assert!(!reason.contains("askpass") && !stderr(&output).contains("askpass"), "{reason}");
            (exit(&output), reason, stderr(&output))
        };
        let (code, reason, said) = run(&format!("{host}=me:wrong-one\n"));
        assert!(code == 3 && reason.contains(&format!("{host} refuses the token")), "{reason}");
        assert!(!said.contains("--token-file") && !reason.contains("wrong-one"), "{said}");
        let (code, reason, said) = run(&format!("# ours\n127.0.0.1=me:{PASSWORD}\ngit.example.com=me:{PASSWORD}\n"));
        assert!(code == 3 && reason.contains("the one for 127.0.0.1 is for another port"), "{reason}");
        assert!(said.contains("--token-file: tokens: for no target of the list: line 2, 3"), "{said}");
        let (code, reason, _) = run("git.example.com=x\n");
        assert!(code == 3 && reason.contains("no token was sent, and your own git has none"), "{reason}");
        assert_eq!(run(&format!("\u{feff}{host}=me:{PASSWORD}\n")).0, 0, "a byte order mark is none of the host");
        let all = run(&format!("{host}=me:{PASSWORD}\ngit.example.com=me:{PASSWORD}\n"));
        assert!(all.0 == 0 && !all.2.contains("--token-file"), "who has a login misses none: {}", all.2);
    }

    #[test]
    fn what_is_kept_holds_no_secret_and_is_for_its_owner_alone() {
        let hosting = Hosting::new();
        hosting.repository("a", &format!("{}/app.env", token(7)), &env(8));
        let sweep = Sweep::of(&[hosting.url("a")]);
        assert_eq!(exit(&sweep.run(&[])), 1);
        let state = fs::read(sweep.folder.path().join("state")).unwrap();
        for seed in [7, 8] {
            let secret = token(seed);
            assert!(!state.windows(secret.len()).any(|part| part == secret.as_bytes()), "{seed}");
        }
        let mode = |path: &str| fs::metadata(sweep.folder.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("state"), mode("mirrors")), (0o600, 0o700));
    }
}

mod time {
    use super::*;

    #[test]
    fn a_sweep_that_is_killed_goes_on_where_it_was() {
        let hosting = Hosting::new();
        let mut lines = Vec::new();
        for number in 0..12 {
            let name = format!("r{number}");
            hosting.repository(&name, "app.env", &env(number % 5));
            lines.push(hosting.url(&name));
        }
        fs::create_dir(hosting.path().join("slow")).unwrap();
        hosting.repository("slow/a", "app.env", &env(9));
        lines.insert(6, hosting.url("slow/a"));
        let whole = Sweep::of(&lines);
        let (_, expected) = whole.report(&[]);
        let sweep = Sweep::of(&lines);
        let mut child = sweep.command(&["--jobs", "1"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let part = sweep.folder.path().join("state.part");
        let done = || fs::read_to_string(&part).map_or(0, |text| text.lines().count().saturating_sub(1));
        let begun = Instant::now();
        while done() < 6 && begun.elapsed() < LONG {
            std::thread::sleep(Duration::from_millis(5));
        }
        // In the middle of the slow one.
        child.kill().unwrap();
        child.wait().unwrap();
        let before = done();
        assert!((6..13).contains(&before), "{before} done");
        assert!(!sweep.folder.path().join("state").exists());
        let requests = hosting.http.requests.load(Ordering::SeqCst);
        let (code, report) = sweep.report(&["--resume", "--jobs", "1"]);
        let asked = hosting.http.requests.load(Ordering::SeqCst) - requests;
        assert_eq!(code, 1);
        assert_same(report, expected);
        // A clone takes some requests; the slow one may have been under way.
        assert!(asked <= 4 * (13 - before) + 2, "{asked} requests for {} targets: nothing is repeated", 13 - before);
        assert!(sweep.folder.path().join("state").exists() && !part.exists());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn an_interrupt_ends_what_runs() {
        for signal in ["-INT", "-TERM", "-HUP"] {
            what_runs_ends_with(signal);
        }
    }

    #[cfg(target_os = "linux")]
    fn what_runs_ends_with(signal: &str) {
        let port = hanging();
        let sweep = Sweep::of(&[format!("http://127.0.0.1:{port}/x.git")]);
        let child = sweep.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let runs = || {
            let lines = fs::read_dir("/proc").unwrap().flatten().map(|entry| fs::read(entry.path().join("cmdline")));
            let lines = lines.flatten().map(|line| String::from_utf8_lossy(&line).into_owned());
            lines.filter(|line| line.contains("remote-http") && line.contains(&format!(":{port}/"))).count()
        };
        let begun = Instant::now();
        while runs() == 0 && begun.elapsed() < LONG {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(runs() > 0, "git waits for an answer");
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(exit(&output), 130, "{}", stderr(&output));
        assert!(stderr(&output).contains("--resume goes on"), "{}", stderr(&output));
        while runs() > 0 && begun.elapsed() < LONG {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(runs(), 0, "git and its helpers are gone");
    }

    #[test]
    fn new_still_there_and_gone() {
        let hosting = Hosting::new();
        for (name, seed) in [("keeps", 1), ("gains", 2), ("loses", 3), ("vanishes", 4)] {
            hosting.repository(name, "app.env", &env(seed));
        }
        let names = ["keeps", "gains", "loses", "vanishes"];
        let sweep = Sweep::of(&names.map(|name| format!("{} name={name}", hosting.url(name))));
        let (_, first) = sweep.report(&[]);
        assert_eq!(first["sweep"]["last"], Value::Null);
        assert!(first["findings"].as_array().unwrap().iter().all(|finding| finding["change"].is_null()));
        hosting.commit("gains", "more.env", &env(5));
        hosting.rewrite_without("loses", "app.env");
        fs::rename(hosting.bare("vanishes"), hosting.bare("hidden")).unwrap();
        let (code, second) =
            sweep.report(&["--output", "jsonl=lines", "--output", "sarif=sarif", "--output", "text=text"]);
        assert_eq!(code, 1);
        let counts = &second["sweep"]["counts"];
        assert_eq!((&counts["new"], &counts["still"]), (&1.into(), &2.into()));
        assert_eq!((&counts["gone"], &counts["unknown"]), (&1.into(), &1.into()));
        let gone = second["sweep"]["gone"].as_array().unwrap();
        assert_eq!((&gone[0]["change"], &gone[0]["target"]), (&"gone".into(), &"loses".into()));
        assert_eq!((&gone[1]["change"], &gone[1]["target"]), (&"unknown".into(), &"vanishes".into()));
        assert_eq!(gone[0]["path"], "app.env");
        assert_eq!(target(&second, "loses")["verdict"], "clean");
        let read = |name: &str| fs::read_to_string(sweep.folder.path().join(name)).unwrap();
        let lines: Vec<Value> = read("lines").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kinds = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
        assert_eq!((kinds("place"), kinds("target"), kinds("gone"), kinds("summary")), (3, 4, 2, 1));
        assert!(lines.iter().any(|line| line["target"]["name"] == "gains" && line["target"]["change"] == "new"));
        let sarif: Value = serde_json::from_str(&read("sarif")).unwrap();
        assert_eq!(sarif["runs"][0]["properties"]["sweep"]["counts"], *counts);
        assert!(sarif["runs"][0]["results"][0]["properties"]["target"].is_string());
        let text = read("text");
        assert!(text.contains("1 new, 2 still there, 1 gone, 1 not looked at again"), "{text}");
        // What is not looked at stays known: when it is there again it is not new.
        fs::rename(hosting.bare("hidden"), hosting.bare("vanishes")).unwrap();
        let (_, third) = sweep.report(&[]);
        let counts = &third["sweep"]["counts"];
        assert_eq!((&counts["new"], &counts["still"], &counts["gone"]), (&0.into(), &4.into(), &0.into()));
    }

    #[test]
    fn what_is_left_out_is_not_gone() {
        let sweep = Sweep::of(&["./here".to_owned()]);
        let here = sweep.folder.path().join("here");
        write(&here, "k.env", &env(1));
        write(&here, "copy/k.txt", &env(1));
        write(&here, "deep/in.txt", &env(2));
        let tar = Command::new("tar").args(["-czf", "deep.tgz", "deep"]).current_dir(&here).status().unwrap();
        assert!(tar.success());
        fs::remove_dir_all(here.join("deep")).unwrap();
        let changes = |arguments: &[&str]| {
            let counts = sweep.report(arguments).1["sweep"]["counts"].clone();
            ["new", "still", "gone", "unknown"].map(|name| counts[name].as_u64().unwrap())
        };
        changes(&[]);
        assert_eq!(changes(&["--no-unpack"]), [0, 1, 0, 1]);
        // Both globs count from the target's own folder.
        assert_eq!(changes(&["--exclude", "/k.env", "--exclude", "copy/k.txt"]), [0, 1, 0, 1]);
        // Of two places one is left out, and the other is gone: nobody knows.
        fs::remove_file(here.join("copy/k.txt")).unwrap();
        assert_eq!(changes(&["--exclude", "k.env"]), [0, 1, 0, 1]);
        // With the target's own configuration, too.
        write(&here, ".scrubjay.toml", "exclude = [\"/k.env\"]\n");
        assert_eq!(changes(&["--trust-target-config"]), [0, 1, 0, 1]);
        fs::remove_file(here.join(".scrubjay.toml")).unwrap();
        assert_eq!(changes(&[]), [0, 2, 0, 0]);
        fs::remove_file(here.join("k.env")).unwrap();
        assert_eq!(changes(&[]), [0, 1, 1, 0], "what is looked for and not there is gone");
    }

    #[test]
    fn the_time_of_all_ends_and_the_rest_can_be_resumed() {
        let hosting = Hosting::new();
        hosting.repository("a", "app.env", &env(1));
        let port = hanging();
        let sweep = Sweep::of(&[hosting.url("a"), format!("http://127.0.0.1:{port}/x.git")]);
        let (code, report) = sweep.report(&["--timeout", "12s", "--jobs", "1", "--exit-zero"]);
        assert_eq!((code, report["sweep"]["counts"]["failed"].as_u64()), (3, Some(1)));
        assert!(!sweep.folder.path().join("state").exists(), "it did not come to its end");
        let requests = hosting.http.requests.load(Ordering::SeqCst);
        let (_, report) = sweep.report(&["--resume", "--target-timeout", "1s"]);
        assert_eq!(report["findings"].as_array().unwrap().len(), 1);
        assert_eq!(hosting.http.requests.load(Ordering::SeqCst), requests, "what was done is not read again");
    }
}

mod mirrors {
    use super::*;

    #[test]
    fn a_damaged_mirror_is_cloned_anew_and_a_damaged_repository_is_told() {
        let hosting = Hosting::new();
        hosting.repository("a", "app.env", &env(1));
        let sweep = Sweep::of(&[hosting.url("a")]);
        assert_eq!(sweep.report(&[]).0, 1);
        let pack = sweep.files().into_iter().find(|(path, _)| path.extension().is_some_and(|end| end == "pack"));
        let (path, mut bytes) = pack.unwrap();
        for byte in bytes.iter_mut().skip(12).take(40) {
            *byte ^= 0x55;
        }
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let (code, report) = sweep.report(&[]);
        assert_eq!((code, report["complete"].as_bool()), (1, Some(true)), "{}", report["coverage"]);
        assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn what_is_known_of_a_mirror_is_not_read_again_and_the_report_is_the_same() {
        let hosting = Hosting::new();
        hosting.repository("a", "app.env", &env(1));
        hosting.fork("a", "fork");
        hosting.commit("fork", "more.env", &env(2));
        let lines = [hosting.url("a"), hosting.url("fork")];
        let (full, incremental) = (Sweep::of(&lines), Sweep::of(&lines));
        for step in 0..3 {
            let (code, report) = full.report(&[]);
            let (other_code, other) = incremental.report(&["--incremental", "--cache", "cache"]);
            assert_eq!(code, other_code);
            assert_same(report, other);
            match step {
                0 => hosting.commit("a", "later.env", &env(3)),
                1 => hosting.rewrite_without("fork", "more.env"),
                _ => {}
            }
        }
        let cached = incremental
            .files()
            .into_iter()
            .filter(|(path, _)| path.starts_with(incremental.folder.path().join("cache")));
        // Of each repository what was judged, and the outline of its history.
        assert_eq!(cached.filter(|(_, bytes)| bytes.len() > 200).count(), 4);
    }

    #[test]
    fn a_kept_mirror_follows_the_head_of_its_repository() {
        let hosting = Hosting::new();
        hosting.repository("a", ".github/CODEOWNERS", "* @team\n");
        hosting.commit("a", "app.env", &env(1));
        let sweep = Sweep::of(&[hosting.url("a")]);
        let owners = |report: &Value| report["findings"].to_string().contains("@team");
        assert!(owners(&sweep.report(&[]).1));
        git(&hosting.bare("a"), &["branch", "-m", "main", "trunk"]);
        assert!(owners(&sweep.report(&[]).1), "the branch has another name");
        let work = hosting.work("a");
        write(work.path(), "more.env", &env(2));
        git(work.path(), &["add", "-A"]);
        git(work.path(), &["commit", "-q", "-m", "more"]);
        git(work.path(), &["push", "-q", "origin", "HEAD:refs/heads/lost"]);
        git(&hosting.bare("a"), &["update-ref", "--no-deref", "HEAD", "refs/heads/lost"]);
        git(&hosting.bare("a"), &["update-ref", "-d", "refs/heads/lost"]);
        let (_, report) = sweep.report(&[]);
        assert_eq!(report["findings"].as_array().unwrap().len(), 2, "what HEAD alone reaches: {report}");
    }

    /// What git takes for an empty repository.
    #[test]
    fn an_answer_that_is_none_of_a_git_server_is_a_failure_and_leaves_what_is_known() {
        let hosting = Hosting::new();
        hosting.repository("a", "app.env", &env(1));
        git(hosting.path(), &["init", "-q", "--bare", "empty.git"]);
        let sweep = Sweep::of(&[hosting.url("a"), hosting.url("empty")]);
        let told = |report: &Value| verdicts(report).into_values().collect::<Vec<_>>();
        let (_, report) = sweep.report(&[]);
        assert_eq!(told(&report), ["findings", "clean"]);
        for instead in ["{\"error\": \"sign in first\"}", ""] {
            fs::write(hosting.path().join(INSTEAD), instead).unwrap();
            let (code, report) = sweep.report(&[]);
            assert_eq!((code, told(&report)), (3, vec!["failed".to_owned(); 2]), "{instead}");
            assert_eq!(report["sweep"]["counts"]["gone"], 0, "{report}");
        }
        fs::remove_file(hosting.path().join(INSTEAD)).unwrap();
        let (_, report) = sweep.report(&[]);
        assert_eq!((told(&report)[0].as_str(), &report["sweep"]["counts"]["new"]), ("findings", &0.into()));
    }

    #[test]
    fn a_mirror_is_as_a_new_clone_would_be_whatever_the_other_side_shows() {
        let hosting = Hosting::new();
        hosting.repository("a", "app.env", &env(1));
        hosting.commit("a", "more.env", &env(2));
        let found = |report: &Value| report["findings"].as_array().unwrap().len();
        // `HEAD` is shown, and the branch that it stands for is not.
        let sweep = Sweep::of(&[hosting.url("a")]);
        git(&hosting.bare("a"), &["config", "transfer.hideRefs", "refs/heads"]);
        for _ in 0..2 {
            assert_eq!(found(&sweep.report(&[]).1), 2);
        }
        git(&hosting.bare("a"), &["config", "--unset", "transfer.hideRefs"]);
        // What was shallow once need not stay so.
        let sweep = Sweep::of(&[hosting.url("a")]);
        let head =
            stdout(&Command::new("git").args(["rev-parse", "main"]).current_dir(hosting.bare("a")).output().unwrap());
        fs::write(hosting.bare("a").join("shallow"), head).unwrap();
        let (code, report) = sweep.report(&[]);
        assert_eq!((code, report["complete"].as_bool()), (1, Some(false)));
        fs::remove_file(hosting.bare("a").join("shallow")).unwrap();
        let (_, report) = sweep.report(&[]);
        assert_eq!((found(&report), report["complete"].as_bool()), (2, Some(true)), "{}", report["coverage"]);
    }

    #[test]
    fn pull_requests_are_read() {
        let hosting = Hosting::new();
        hosting.repository("a", "a.txt", "a\n");
        let work = hosting.work("a");
        write(work.path(), "app.env", &env(1));
        git(work.path(), &["add", "-A"]);
        git(work.path(), &["commit", "-q", "-m", "try"]);
        git(work.path(), &["push", "-q", "origin", "HEAD:refs/pull/1/head"]);
        let sweep = Sweep::of(&[hosting.url("a")]);
        let (code, report) = sweep.report(&[]);
        assert_eq!(code, 1);
        assert_eq!(report["findings"][0]["places"][0]["refs"][0], "refs/pull/1/head");
    }
}

/// Of a file whose loss is accepted nobody knows whether a secret is still in it.
#[test]
fn what_was_in_a_file_that_is_accepted_as_lost_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("app")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, env(9).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    write(path, "list", "app\n");
    let accept = "[[accept]]\npath = \"t.gz\"\nreason = \"truncated\"\nwhy = \"known\"\n";
    write(path, "policy.toml", accept);
    let sweep = |bytes: &[u8]| {
        fs::write(path.join("app/t.gz"), bytes).unwrap();
        let arguments = ["sweep", "list", "--state", "state", "--config", "policy.toml", "--format", "json"];
        let output = command(path).args(arguments).output().unwrap();
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let counts = &report["sweep"]["counts"];
        (exit(&output), ["new", "still", "gone", "unknown"].map(|name| counts[name].as_u64().unwrap_or(0)))
    };
    assert_eq!(sweep(&packed), (1, [0, 0, 0, 0]));
    assert_eq!(sweep(&packed[..15]), (0, [0, 0, 0, 1]));
    assert_eq!(sweep(&packed), (1, [0, 1, 0, 0]));
}
