//! What a sweep over a registry asks for, and what it says and keeps of what it did not ask for or could not have.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use common::{complaint, exit, stderr, stdout, write};
use fake_registry::{Answer, Content, Fake, tar};
use images::{line, report, scrubjay};
use serde_json::{Value, json};

/// What is answered to a path that contains a word.
type Bad = Option<(&'static str, Answer)>;

/// A registry whose content changes, and which answers badly to what contains a word.
struct Changing {
    fake: Fake,
    content: Arc<Mutex<Content>>,
    bad: Arc<Mutex<Bad>>,
}

impl Changing {
    fn new(content: Content) -> Self {
        let (content, bad) = (Arc::new(Mutex::new(content)), Arc::new(Mutex::new(Bad::None)));
        let (served, breaks) = (Arc::clone(&content), Arc::clone(&bad));
        let fake = Fake::start(move |request| match &*breaks.lock().unwrap() {
            Some((word, answer)) if request.path.contains(word) => answer.clone(),
            _ => served.lock().unwrap().answer(request),
        });
        Changing { fake, content, bad }
    }

    fn breaks(&self, bad: Bad) {
        *self.bad.lock().unwrap() = bad;
    }

    /// Exit code and report of a sweep over it in which findings do not fail the run.
    fn sweep(&self, folder: &Path, arguments: &[&str]) -> (i32, Value) {
        let host = self.fake.host();
        let all = [&["registry", &host, "--format", "json", "--exit-zero"], arguments].concat();
        let output = scrubjay(folder, &all).output().unwrap();
        (exit(&output), report(&output))
    }
}

/// An image with the token of a seed.
fn planted(content: &mut Content, repository: &str, tag: &str, created: &str, seed: u64) {
    content.image(repository, tag, created, &[&tar(&[("srv/app.env", line(seed).as_bytes())])]);
}

/// A repository whose `latest` is clean and whose `v2` is not, and another one with two images.
fn content() -> Content {
    let mut content = Content { page: 1, referrers: Some([].into()), ..Content::default() };
    content.image("y/three", "latest", "2026-01-01T00:00:00Z", &[&tar(&[("etc/motd", b"hello")])]);
    planted(&mut content, "y/three", "v2", "2026-02-01T00:00:00Z", 1);
    planted(&mut content, "x/two", "old", "2026-01-01T00:00:00Z", 2);
    planted(&mut content, "x/two", "new", "2026-03-01T00:00:00Z", 3);
    content
}

/// Verdict of each target, by its name less the host.
fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let targets = report["sweep"]["targets"].as_array().unwrap().iter();
    let told = targets.map(|target| {
        let name = target["name"].as_str().unwrap();
        (name.split_once('/').unwrap().1.to_owned(), target["verdict"].as_str().unwrap().to_owned())
    });
    told.collect()
}

/// Secrets that are new, still there, gone and unknown.
fn changes(report: &Value) -> [u64; 4] {
    ["new", "still", "gone", "unknown"].map(|name| report["sweep"]["counts"][name].as_u64().unwrap())
}

fn notes(report: &Value) -> String {
    report["notes"].to_string()
}

#[test]
fn a_repository_that_does_not_list_its_tags_is_a_target_that_failed() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let registry = Changing::new(content());
    assert_eq!(registry.sweep(folder, &[]).0, 0);
    let no_list = Answer { body: b"<html>".to_vec(), ..Answer::of(200) };
    for bad in [Answer::of(403), Answer::of(404), no_list, Answer::of(500)] {
        let status = bad.status;
        registry.breaks(Some(("y/three/tags", bad)));
        let (code, report) = registry.sweep(folder, &[]);
        assert_eq!((code, &report["complete"]), (3, &json!(false)), "{status}: {report:#}");
        let verdicts = verdicts(&report);
        assert_eq!(verdicts["y/three"], "failed");
        assert_eq!(verdicts.len(), 3, "no tag is guessed: {verdicts:?}");
        let failed = report["sweep"]["targets"].as_array().unwrap().iter().find(|target| target["verdict"] == "failed");
        let failed = failed.unwrap();
        assert!(failed["reason"].as_str().unwrap().contains("its tags cannot be listed"), "{failed}");
        assert_eq!((&failed["lost"], &failed["unknown"]), (&json!(1), &json!(1)), "the coverage counts it: {failed}");
        assert_eq!(changes(&report), [0, 2, 0, 1]);
    }
    registry.breaks(None);
    let (code, report) = registry.sweep(folder, &[]);
    assert_eq!((code, changes(&report)), (0, [0, 3, 0, 0]), "what is not looked at stays known");
    assert_eq!(report["notes"], json!([]), "nothing was known of the repository by itself");
}

#[test]
fn time_that_ends_while_tags_are_listed_leaves_no_image_out_silently() {
    let scratch = tempfile::tempdir().unwrap();
    let content = content();
    let fake = Fake::start(move |request| {
        if request.path.contains("/tags/") {
            std::thread::sleep(std::time::Duration::from_secs(3));
        }
        content.answer(request)
    });
    let arguments = ["registry", &fake.host(), "--format", "json", "--exit-zero", "--timeout", "1s"];
    let output = scrubjay(scratch.path(), &arguments).output().unwrap();
    let report = report(&output);
    assert_eq!(exit(&output), 3, "{report:#}");
    assert!(verdicts(&report).values().all(|verdict| verdict == "failed"), "{report:#}");
}

#[test]
fn what_is_not_asked_for_stays_known_and_what_is_deleted_does_not() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let registry = Changing::new(content());
    registry.sweep(folder, &[]);
    write(folder, "names", "y/three\n");
    for (part, still) in [
        (&["--repository", "x/*"][..], 2),
        (&["--exclude-repository", "x/*"], 1),
        (&["--tag", "old"], 1),
        (&["--exclude-tag", "v*"], 2),
        (&["--newest", "1"], 2),
        (&["--since", "2026-02-15"], 1),
        (&["--repositories", "names"], 1),
    ] {
        let (_, report) = registry.sweep(folder, part);
        assert_eq!(changes(&report), [0, still, 0, 0], "{part:?}");
        assert!(notes(&report).contains("not asked for now"), "{part:?}: {}", notes(&report));
        let (_, report) = registry.sweep(folder, &[]);
        assert_eq!(changes(&report), [0, 3, 0, 0], "{part:?}");
        assert!(!notes(&report).contains("not asked for now"), "{part:?}: {}", notes(&report));
    }
    // One image is deleted, then all of the other repository.
    registry.content.lock().unwrap().manifests.retain(|(_, tag), _| tag != "old");
    let (_, report) = registry.sweep(folder, &["--repository", "x/*"]);
    assert_eq!(changes(&report), [0, 1, 0, 0]);
    assert!(notes(&report).contains("1 target of the last sweep is not in the list any more"), "{}", notes(&report));
    registry.content.lock().unwrap().manifests.retain(|(repository, _), _| repository != "y/three");
    let (_, report) = registry.sweep(folder, &[]);
    assert!(notes(&report).contains("1 target of the last sweep is not in the list any more"), "{}", notes(&report));
}

#[test]
fn what_is_not_looked_for_is_not_gone() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let registry = Changing::new(content());
    let (_, first) = registry.sweep(folder, &[]);
    let rule = first["findings"][0]["rule"].as_str().unwrap();
    for less in
        [&["--exclude", "app.env"][..], &["--include", "*.txt"], &["--without", rule], &["--only", "stripe-secret-key"]]
    {
        // Twice: neither is what such a run leaves behind taken for all that there was.
        for _ in 0..2 {
            let (_, report) = registry.sweep(folder, less);
            assert_eq!(changes(&report), [0, 0, 0, 3], "{less:?}: {report:#}");
        }
        assert_eq!(changes(&registry.sweep(folder, &[]).1), [0, 3, 0, 0], "{less:?}");
    }
    // What is looked for and not there is gone, whatever else was not looked for.
    let mut content = registry.content.lock().unwrap();
    content.image("x/two", "old", "2026-01-01T00:00:00Z", &[&tar(&[("etc/motd", b"hello")])]);
    drop(content);
    let (_, report) = registry.sweep(folder, &["--without", "stripe-secret-key", "--exclude", "*.txt"]);
    assert_eq!(changes(&report), [0, 2, 1, 0]);
}

#[test]
fn another_salt_says_nothing_of_what_is_new_or_gone() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let registry = Changing::new(content());
    registry.sweep(folder, &[]);
    let salted = || {
        let arguments = ["registry", &registry.fake.host(), "--format", "json", "--exit-zero"];
        let mut command = scrubjay(folder, &arguments);
        report(&command.env("SCRUBJAY_SALT", "another salt, which is long enough").output().unwrap())
    };
    let other = salted();
    assert_eq!((changes(&other), &other["sweep"]["last"]), ([0, 0, 0, 0], &Value::Null), "{other:#}");
    assert!(notes(&other).contains("another salt"), "{}", notes(&other));
    assert_eq!(changes(&salted()), [0, 3, 0, 0]);
}

#[test]
fn an_image_whose_time_says_nothing_is_not_left_out() {
    let scratch = tempfile::tempdir().unwrap();
    let mut content = content();
    for (tag, created) in [
        ("zero", "0001-01-01T00:00:00Z"),
        ("epoch", "1970-01-01T00:00:00Z"),
        ("zip", "1980-01-01T00:00:01Z"),
        ("no", ""),
    ] {
        planted(&mut content, "z/built", tag, created, 4);
    }
    let registry = Changing::new(content);
    let (_, report) = registry.sweep(scratch.path(), &["--since", "2026-02-15"]);
    let names: Vec<String> = verdicts(&report).into_keys().collect();
    assert_eq!(names, ["x/two:new", "z/built:epoch", "z/built:no", "z/built:zero", "z/built:zip"]);
}

#[test]
fn no_folder_is_asked_for_that_is_not_needed() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let registry = Changing::new(content());
    let host = registry.fake.host();
    let homeless = |arguments: &[&str]| {
        let mut command = scrubjay(folder, arguments);
        command.env_remove("HOME").env_remove("XDG_CACHE_HOME").output().unwrap()
    };
    let output = homeless(&["registry", &host, "--cache", "c", "--state", "s", "--exit-zero"]);
    assert_eq!(exit(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let said = complaint(&homeless(&["registry", &host, "--cache", "c"]));
    assert!(said.contains("registry: there is no cache folder: name a file with --state"), "{said}");
    let said = complaint(&homeless(&["registry", &host, "--state", "s"]));
    assert!(said.contains("registry: there is no cache folder: name a folder with --cache"), "{said}");
    write(folder, "here/a.txt", "nothing");
    write(folder, "list", "./here\n");
    let output = homeless(&["sweep", "list", "--state", "t"]);
    assert_eq!(exit(&output), 0, "{}{}", stdout(&output), stderr(&output));
    let said = complaint(&homeless(&["sweep", "list"]));
    assert!(said.contains("name a file with --state"), "{said}");
    write(folder, "list", "https://git.example.invalid/a.git\n");
    let said = complaint(&homeless(&["sweep", "list", "--state", "u"]));
    assert!(said.contains("sweep: there is no cache folder: name a folder with --mirror-dir"), "{said}");
}

#[test]
fn a_catalog_that_is_refused_says_why_there_is_no_login() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let registry = Changing::new(content());
    let host = registry.fake.host();
    let refused = Answer::of(401).with("WWW-Authenticate", "Basic realm=\"x\"");
    registry.breaks(Some(("_catalog", refused)));
    for (config, expected) in [
        ("{}".to_owned(), format!("try `docker login {host}`")),
        ("{\n bad".to_owned(), "docker/config.json: no valid JSON at line 2, column 2".to_owned()),
        (
            json!({"credsStore": "nope"}).to_string(),
            "docker-credential-nope, which Docker's config names, cannot be run".to_owned(),
        ),
        (
            json!({"auths": {&host: {"auth": "bWU6d3Jvbmc="}}}).to_string(),
            "refuses the login in Docker's config".to_owned(),
        ),
    ] {
        write(folder, "docker/config.json", &config);
        let said = complaint(&scrubjay(folder, &["registry", &host]).output().unwrap());
        assert!(said.contains(&expected) && said.contains("--repositories FILE"), "{config}: {said}");
    }
}

#[test]
fn a_login_in_the_name_of_a_registry_is_not_repeated() {
    let scratch = tempfile::tempdir().unwrap();
    for name in ["robot:hunter2@h.example", "robot:hunter2@h.example/team", "hunter2@h.example:5000"] {
        let said = complaint(&scrubjay(scratch.path(), &["registry", name]).output().unwrap());
        assert!(said.contains("without a login") && said.contains("docker login h.example"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_token_in_a_tag_is_found_and_printed_nowhere() {
    let (folder, secret) = (tempfile::tempdir().unwrap(), common::token(9));
    let mut content = Content { referrers: Some([].into()), ..Content::default() };
    content.image("a/b", &secret, "2026-01-01T00:00:00Z", &[&tar(&[("etc/motd", b"hello")])]);
    let fake = Changing::new(content);
    let host = fake.fake.host();
    for format in ["json", "jsonl", "sarif", "text", "gitlab", "csv"] {
        let arguments = ["registry", &host, "--state", format, "--verbose", "--format", format];
        let output = scrubjay(folder.path(), &arguments).output().unwrap();
        assert_eq!(exit(&output), 1, "{format}: {}", stderr(&output));
        assert!(!stdout(&output).contains(&secret) && !stderr(&output).contains(&secret), "{format}");
    }
}

#[test]
fn an_entry_of_a_catalog_that_is_no_name_loses_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Changing::new(content());
    fake.breaks(Some(("_catalog", Answer::json(&json!({"repositories": [null, "x/two"]})))));
    let (code, report) = fake.sweep(folder.path(), &[]);
    let targets = report["sweep"]["targets"].as_array().unwrap();
    let is_read = |target: &Value| target["name"].as_str().unwrap().ends_with("/x/two:old");
    assert_eq!((code, targets.iter().filter(|target| is_read(target)).count()), (3, 1), "{report:#}");
}
