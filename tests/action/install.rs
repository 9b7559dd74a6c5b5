//! Where the action gets scrubjay from: a release with its checksums, from a mirror on this machine.

use std::fs;
use std::path::Path;

use crate::job::{Job, Scene, line};
use crate::release::{TARGET, make, mirror};

fn job(scene: &Scene, port: u16, version: &str) -> Job {
    let before = scene.says(&["rev-parse", "HEAD~1"]);
    let event = scene.push("refs/heads/main", &before, &scene.head());
    let mut job = scene.job("push", &event).with("binary", "").with("version", version);
    job.environment.insert("SCRUBJAY_RELEASES", format!("http://127.0.0.1:{port}"));
    job
}

#[test]
#[cfg(target_os = "linux")]
fn a_release_is_used_when_its_checksum_is_right() {
    let scene = Scene::new();
    scene.commit("app.env", &line(70));
    let releases = tempfile::tempdir().unwrap();
    make(releases.path(), env!("CARGO_PKG_VERSION"));
    make(releases.path(), "9.8.7");
    let port = mirror(releases.path());
    for (version, used) in [("", env!("CARGO_PKG_VERSION")), ("9.8.7", "9.8.7"), ("v9.8.7", "9.8.7")] {
        let ran = job(&scene, port, version).run();
        assert_eq!(ran.errors(), ["app.env:1"], "{ran:#?}");
        assert!(ran.log.contains(&format!("this is {used}")), "{ran:#?}");
    }
    let refused = |version: &str, told: &str| {
        let ran = job(&scene, port, version).run();
        assert!(!ran.passed && ran.findings().is_empty() && !ran.log.contains("this is"), "{ran:#?}");
        assert!(ran.annotations[0].2.contains(told), "{ran:#?}");
    };
    refused("9.9.9", "could not be fetched");
    refused("../../x", "write a version such as 0.1.0");
    refused("1.0.0\nbinary=/bin/true", "write a version such as 0.1.0");
    let sums = releases.path().join("v9.8.7/SHA256SUMS");
    fs::write(&sums, format!("{}  scrubjay-9.8.7-{TARGET}.tar.gz\n", "0".repeat(64))).unwrap();
    refused("9.8.7", "is not what SHA256SUMS says");
    fs::write(&sums, "").unwrap();
    refused("9.8.7", "does not name");
}

#[test]
fn a_binary_that_is_not_there_is_an_error() {
    let scene = Scene::new();
    scene.commit("app.env", &line(71));
    let ran = job(&scene, 9, "").with("binary", "/no/such/scrubjay").run();
    assert!(!ran.passed && ran.annotations[0].2.contains("no program at this path"), "{ran:#?}");
}

/// What cargo is asked for and what is done with what it makes; a build of everything takes minutes, so that what stands for
/// cargo here puts the program that is tested into its place.
#[test]
#[cfg(target_os = "linux")]
fn the_action_s_own_checkout_is_built_when_asked_for() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new();
    scene.commit("app.env", &line(73));
    let programs = tempfile::tempdir().unwrap();
    let cargo = programs.path().join("cargo");
    let path = std::env::var("PATH").unwrap();
    let run = |script: &str| {
        fs::write(&cargo, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        let mut job = job(&scene, 9, "source");
        job.environment.insert("PATH", format!("{}:{path}", programs.path().display()));
        job.run()
    };
    let asked = programs.path().join("asked");
    let built = run(&format!(
        "printf '%s\\n' \"$@\" >'{}'\nwhile [ \"$1\" != --target-dir ]; do shift; done\n\
         mkdir -p \"$2/release\" && cp '{}' \"$2/release/scrubjay\"",
        asked.display(),
        env!("CARGO_BIN_EXE_scrubjay")
    ));
    assert_eq!(built.errors(), ["app.env:1"], "{built:#?}");
    let asked = fs::read_to_string(asked).unwrap();
    let asked: Vec<&str> = asked.lines().collect();
    assert_eq!(asked[..5], ["build", "--release", "--locked", "--quiet", "--manifest-path"]);
    assert!(asked[5].ends_with("/Cargo.toml") && !asked[5].starts_with(scene.work().to_str().unwrap()), "{asked:?}");
    let failed = run("echo 'error: could not compile' >&2; exit 101");
    assert!(!failed.passed && failed.findings().is_empty(), "{failed:#?}");
    let told =
        failed.annotations.first().is_some_and(|(_, _, text)| text.contains("version: source could not be built"));
    assert!(told, "{failed:#?}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_ready_made_workflow_does_what_it_says() {
    let scene = Scene::new();
    let base = scene.head();
    scene.branch("side");
    let head = scene.commit("app.env", &line(72));
    scene.merge_into_main(&head);
    let releases = tempfile::tempdir().unwrap();
    make(releases.path(), env!("CARGO_PKG_VERSION"));
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci/github-pull-request.yml");
    let mut job = scene.job("pull_request", &scene.pull_request(&base, &head));
    job.workflow = Some(fs::read_to_string(example).unwrap());
    job.environment.insert("SCRUBJAY_RELEASES", format!("http://127.0.0.1:{}", mirror(releases.path())));
    let ran = job.run();
    assert!(!ran.passed, "{ran:#?}");
    assert_eq!(ran.errors(), ["app.env:1"], "{ran:#?}");
}
