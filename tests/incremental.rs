//! `--incremental`: the report is that of a full scan, byte for byte, whatever happened to the repository in between, and what
//! has not changed is not read.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{exit, git, scrubjay, stderr, stdout, token, write};

use scrubjay::signature::template;

struct Watched {
    folder: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Watched {
    fn new() -> Self {
        let watched = Watched { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        git(watched.path(), &["init", "-q", "-b", "main"]);
        watched.commit("readme", "nothing here\n");
        watched
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) {
        git(self.path(), arguments);
    }

    fn commit(&self, name: &str, text: &str) {
        write(self.path(), name, text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", &format!("change {name}")]);
    }

    fn cache(&self) -> PathBuf {
        self.cache.path().join("cache")
    }

    fn report(&self, more: &[&str]) -> (i32, String) {
        let output = scrubjay(self.path(), &[&["git", ".", "--format", "json"], more].concat());
        assert!(exit(&output) != 2, "{}", stderr(&output));
        (exit(&output), stdout(&output))
    }

    fn incremental(&self, more: &[&str]) -> (i32, String) {
        let cache = self.cache();
        self.report(&[&["--incremental", "--cache", cache.to_str().unwrap()], more].concat())
    }

    /// Holds an incremental run against a full one.
    #[track_caller]
    fn agrees_with(&self, more: &[&str]) -> String {
        let (full, incremental) = (self.report(more), self.incremental(more));
        assert_eq!(incremental, full);
        full.1
    }

    #[track_caller]
    fn agrees(&self) -> String {
        self.agrees_with(&[])
    }

    /// Damages the stored bytes of an object so that nothing but reading it tells.
    fn damage(&self, revision: &str) {
        let id = self.ask(&["rev-parse", revision]);
        let file = self.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
        let mut permissions = fs::metadata(&file).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
        fs::set_permissions(&file, permissions).unwrap();
        fs::write(file, b"damaged").unwrap();
    }

    fn ask(&self, arguments: &[&str]) -> String {
        let output = std::process::Command::new("git").args(arguments).current_dir(self.path()).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

fn env(seed: u64) -> String {
    format!("TOKEN={}\n", token(seed))
}

#[test]
fn what_has_not_changed_is_not_read_again() {
    let watched = Watched::new();
    watched.commit("clean", "a file without anything in it\n");
    watched.commit("app.env", &env(1));
    let first = watched.agrees();
    assert!(first.contains("app.env"));
    watched.damage("HEAD:clean");
    watched.damage("HEAD~1^{tree}");
    assert_eq!(watched.incremental(&[]), (1, first), "neither the file nor the directory is read");
    assert_eq!(watched.report(&[]).0, 1);
    assert!(watched.report(&[]).1.contains("corrupt"), "a full scan tells");
}

#[test]
fn new_commits_are_read_and_old_ones_are_not() {
    let watched = Watched::new();
    watched.commit("clean", "a file without anything in it\n");
    watched.agrees();
    watched.damage("HEAD:clean");
    watched.commit("later.env", &env(2));
    let (code, report) = watched.incremental(&[]);
    assert_eq!(code, 1);
    assert!(report.contains("later.env") && !report.contains("corrupt"), "{report}");
}

#[test]
fn references_alone_change_what_became_of_a_secret() {
    let watched = Watched::new();
    watched.commit("app.env", &env(3));
    assert!(watched.agrees().contains("\"state\":\"live\""));
    watched.git(&["tag", "keep"]);
    watched.git(&["checkout", "-q", "-B", "other", "HEAD~1"]);
    watched.git(&["branch", "-q", "-D", "main"]);
    assert!(watched.agrees().contains("\"state\":\"removed\""));
    watched.git(&["tag", "-d", "keep"]);
    assert!(watched.agrees().contains("\"state\":\"unreachable\""));
}

#[test]
fn what_git_collects_goes_from_the_report() {
    let watched = Watched::new();
    watched.commit("app.env", &env(4));
    watched.commit("names/token-file", &env(5));
    watched.agrees();
    watched.git(&["reset", "-q", "--hard", "HEAD~2"]);
    watched.git(&["reflog", "expire", "--expire=now", "--all"]);
    watched.agrees();
    watched.git(&["gc", "-q", "--prune=now"]);
    let report = watched.agrees();
    assert!(!report.contains("app.env"), "{report}");
}

#[test]
fn a_secret_in_a_name_comes_from_the_directories_again() {
    let watched = Watched::new();
    watched.commit(&format!("{}.txt", token(6)), "x\n");
    let report = watched.agrees();
    assert!(report.contains("file name"), "{report}");
    watched.agrees();
    watched.commit("other", "y\n");
    watched.agrees();
    watched.git(&["rm", "-q", "--cached", &format!("{}.txt", token(6))]);
    watched.git(&["commit", "-q", "-m", "gone"]);
    watched.agrees();
}

#[test]
fn finds_below_the_thresholds_are_counted_and_join_those_above() {
    let watched = Watched::new();
    watched.commit("a.yml", "password: hunter2x\nother: 1\n");
    watched.commit("b.md", "set the password to correcthorse, then go on\n");
    watched.commit("c.py", "password = input(\"hunter2x9\")\napi_key = \"abcabc1234\"\n");
    for arguments in [&["--min-confidence", "possible"][..], &[], &["--min-confidence", "proven"], &[]] {
        watched.agrees_with(arguments);
        watched.agrees_with(arguments);
    }
    watched.commit("d.yml", "db_password: abcabc1234\n");
    watched.agrees();
    watched.agrees_with(&["--show-secrets"]);
}

/// An id and the secret of the same seed.
fn aws(seed: u64) -> (String, String) {
    let made = |text: &str| String::from_utf8(template::expand(text, seed).unwrap().text).unwrap();
    let (id, secret) = (made("{aws-id:AKIA}"), made("{b64:40}"));
    (format!("aws_access_key_id = {id}\n"), format!("aws_secret_access_key = {secret}\n"))
}

#[test]
fn an_id_in_what_is_known_and_a_new_secret_are_joined() {
    let watched = Watched::new();
    let ((id, secret), (other_id, other_secret)) = (aws(1), aws(2));
    watched.commit("id.ini", &id);
    assert!(!watched.agrees().contains("\"relation\""));
    watched.commit("secret.ini", &secret);
    assert!(watched.agrees().contains("\"relation\""));
    watched.agrees();
    watched.commit("more.ini", &format!("password: hunter2x\n{other_id}"));
    watched.agrees();
    watched.commit("most.ini", &other_secret);
    watched.agrees();
    watched.agrees();
}

#[test]
fn a_new_signature_is_tried_on_what_is_known() {
    let watched = Watched::new();
    watched.commit("clean", "a file without anything in it\n");
    watched.commit("inner.env", "INNER=corp_k3Jd92LmQpZx81Vb\n");
    watched.commit("app.env", &env(7));
    watched.commit("corp_k3Jd92LmQpZx81Vc", "a name\n");
    assert!(!watched.agrees().contains("inner.env"));
    let signatures = tempfile::tempdir().unwrap();
    let file = signatures.path().join("corp.toml");
    let signature = |pattern: &str| {
        let pattern = format!("pattern = '''{pattern}'''");
        let head = "provider = \"Corp\"\n[[signature]]\nid = \"corp-key\"\ntitle = \"Key\"\nseverity = \"high\"\n";
        let rest = "lifetime = \"static\"\nkeywords = [\"corp_\"]\nrotate = \"x\"\nrevoke = \"x\"\n";
        fs::write(&file, format!("{head}{rest}{pattern}\nexamples = [\"corp_{{b62:16}}\"]\n")).unwrap();
    };
    signature("corp_[0-9A-Za-z]{16}");
    let with = ["--signatures", signatures.path().to_str().unwrap()];
    watched.incremental(&[&with[..], &["--timeout", "0ms"]].concat());
    let report = watched.agrees_with(&with);
    assert!(report.contains("inner.env") && report.contains("corp-key"), "{report}");
    watched.agrees_with(&with);
    signature("corp_k3[0-9A-Za-z]{14}b\\b");
    assert!(!watched.agrees_with(&with).contains("81Vc"));
    assert!(!watched.agrees().contains("corp-key"));
    watched.agrees_with(&["--only", "aws-access-key-id,github-pat-classic"]);
    watched.agrees_with(&["--without", "generic-password"]);
    watched.agrees();
}

/// What a signature of one's own takes the place of depends on what is reported.
#[test]
fn an_own_signature_below_the_threshold_hides_nothing_of_what_is_known() {
    let watched = Watched::new();
    watched.commit("app.env", &env(7));
    watched.commit("db.env", "DB_PASSWORD=kX9!mQ2vLp4wZ\n");
    let signatures = tempfile::tempdir().unwrap();
    let text = "[[signature]]\nid = \"own\"\nprovider = \"X\"\ntitle = \"x\"\nseverity = \"low\"\nlifetime = \"static\"\n\
                keywords = [\"DB_PASSWORD\"]\npattern = 'DB_PASSWORD=(\\S{4,40})'\ngroup = 1\nexamples = []\n";
    fs::write(signatures.path().join("own.toml"), text).unwrap();
    let with = ["--signatures", signatures.path().to_str().unwrap()];
    assert!(watched.agrees_with(&with).contains("\"own\""));
    let high = watched.agrees_with(&[&with[..], &["--min-severity", "high"]].concat());
    assert!(high.contains("generic-password") && !high.contains("\"own\""), "{high}");
    assert!(!watched.agrees_with(&with).contains("generic-password"));
}

#[test]
fn what_could_not_be_read_is_tried_again() {
    let watched = Watched::new();
    watched.commit("clean", "a file without anything in it\n");
    watched.commit("app.env", &env(8));
    let id = watched.ask(&["rev-parse", "HEAD:clean"]);
    let object = watched.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    let kept = fs::read(&object).unwrap();
    fs::remove_file(&object).unwrap();
    for _ in 0..2 {
        assert!(watched.agrees().contains("missing"));
    }
    fs::write(&object, &kept).unwrap();
    assert!(!watched.agrees().contains("missing"));
    fs::remove_file(&object).unwrap();
    fs::write(&object, b"damaged").unwrap();
    watched.git(&["commit", "-q", "--allow-empty", "-m", "another"]);
    fs::remove_file(&object).unwrap();
    assert!(watched.agrees().contains("missing"), "what went away since the last run is missed");
}

#[test]
fn a_shallow_clone_that_is_deepened_is_told_as_it_is() {
    let origin = Watched::new();
    for number in 0..5 {
        origin.commit("app.env", &env(100 + number));
    }
    let clone = Watched { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
    let url = format!("file://{}", origin.path().display());
    clone.git(&["clone", "-q", "--depth", "2", &url, "."]);
    clone.agrees();
    clone.git(&["fetch", "-q", "--deepen", "1"]);
    clone.agrees();
    clone.git(&["fetch", "-q", "--unshallow"]);
    assert!(!clone.agrees().contains("shallow"));
}

#[test]
fn a_changed_file_of_the_cache_is_not_believed() {
    let watched = Watched::new();
    watched.commit("app.env", &env(9));
    watched.agrees();
    for entry in fs::read_dir(watched.cache()).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        if bytes.len() > 100 {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x20;
            fs::write(&path, bytes).unwrap();
        }
    }
    watched.agrees();
}

#[test]
fn no_secret_is_in_the_cache() {
    let watched = Watched::new();
    let (in_file, in_name, in_path, in_branch) = (token(10), token(11), token(12), token(13));
    watched.commit("app.env", &format!("TOKEN={in_file}\npassword: hunter2x\n"));
    watched.commit(&format!("{in_name}.txt"), "x\n");
    watched.commit(&format!("{in_path}/app.env"), &env(14));
    watched.git(&["branch", &in_branch]);
    watched.git(&["tag", "-a", "-m", &format!("use {}", token(15)), "v1"]);
    watched.agrees();
    watched.agrees();
    let cached: Vec<u8> =
        fs::read_dir(watched.cache()).unwrap().flat_map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(cached.len() > 500);
    for secret in [&in_file, &in_name, &in_path, &in_branch, &token(14), &token(15), "hunter2x"] {
        assert!(memchr::memmem::find(&cached, secret.as_bytes()).is_none());
    }
}

#[test]
fn two_runs_at_once_and_a_killed_one_do_no_harm() {
    let watched = Watched::new();
    for number in 0..10 {
        watched.commit(&format!("{number}.env"), &env(20 + number));
    }
    let full = watched.report(&[]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(watched.incremental(&[]), full));
        }
    });
    for entry in fs::read_dir(watched.cache()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "lock") {
            fs::write(path.with_extension("new"), b"left by a killed run").unwrap();
        }
    }
    watched.commit("more.env", &env(40));
    watched.agrees();
    watched.agrees();
}

#[test]
fn flags_that_read_a_part_do_not_go_with_it() {
    let watched = Watched::new();
    for flag in ["--staged", "--range=HEAD..HEAD", "--since=HEAD", "--max-count=1", "--explain=*"] {
        let output = scrubjay(watched.path(), &["git", ".", "--incremental", flag]);
        assert_eq!(exit(&output), 2, "{flag}");
    }
    let output = scrubjay(watched.path(), &["git", ".", "--cache", "x"]);
    assert_eq!(exit(&output), 2);
    let cache = watched.cache();
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let output = scrubjay(watched.path(), &["git", ".", "--incremental", "--cache", cache.to_str().unwrap()]);
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("chmod go="), "{}", stderr(&output));
}

/// A repository that many things happen to, in an order that is the same in every run.
#[test]
fn whatever_happens_the_report_is_that_of_a_full_scan() {
    let watched = Watched::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |end: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % end
    };
    for step in 0..40 {
        let name = format!("dir{}/file{}", next(3), next(4));
        let seed = 1 + next(2);
        match next(14) {
            0..=2 => watched.commit(&name, &env(200 + next(4))),
            3..=4 => watched.commit(&name, &format!("{}line {step}\n", "text without anything\n".repeat(20))),
            5 => {
                watched.commit(&name, &format!("password: {}\n", ["hunter2x", "abcabc1234", "test"][next(3) as usize]))
            }
            6 => watched.git(&["branch", "-f", &format!("side{}", next(3))]),
            7 => watched.git(&["tag", "-f", "-a", "-m", &env(300 + next(3)), &format!("v{}", next(2))]),
            8 => watched.git(&["repack", "-q", "-d", "--depth=50"]),
            9 => watched.git(&["gc", "-q"]),
            12 => watched.commit(&name, &aws(seed).0),
            13 => watched.commit(&name, &aws(seed).1),
            10 if step > 3 => watched.git(&["reset", "-q", "--hard", "HEAD~1"]),
            11 => {
                watched.git(&["reflog", "expire", "--expire=now", "--all"]);
                watched.git(&["gc", "-q", "--prune=now"]);
            }
            _ => watched.git(&["commit", "-q", "--allow-empty", "--amend", "-m", &format!("step {step}")]),
        }
        if next(2) == 0 {
            let (full, incremental) = (watched.report(&[]), watched.incremental(&[]));
            assert_eq!(incremental, full, "step {step}");
        }
    }
}
