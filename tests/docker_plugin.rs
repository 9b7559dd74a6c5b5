//! The plugin of Docker: which daemon it asks, when it asks a registry instead, and what it says of that.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use common::{complaint, exit, stderr, stdout, write};
use fake_registry::{Answer, Fake, Request, digest, serve, tar};
use images::{image, line, one_image, report};
use serde_json::json;

/// A daemon at a socket, for as long as the test runs; its address.
fn daemon(folder: &Path, name: &str, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> String {
    let socket = folder.join(name);
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        let log = Default::default();
        for stream in listener.incoming().flatten() {
            serve(stream, &answer, &log);
        }
    });
    format!("unix://{}", socket.display())
}

/// What a daemon answers that has every image, with the token of a seed in it.
fn holding(seed: u64) -> impl Fn(&Request) -> Answer + Send + Sync + 'static {
    let layer = tar(&[("srv/app.env", line(seed).as_bytes())]);
    let config = json!({"rootfs": {"type": "layers", "diff_ids": [digest(&layer)]}}).to_string();
    let manifest = json!([{"Config": "c.json", "RepoTags": ["app:1"], "Layers": ["l.tar"]}]).to_string();
    let saved = tar(&[("c.json", config.as_bytes()), ("l.tar", &layer), ("manifest.json", manifest.as_bytes())]);
    move |request| match request.path.rsplit('/').next() {
        Some("json") => Answer::json(&json!({"Id": "sha256:1"})),
        _ => Answer { body: saved.clone(), ..Answer::of(200) },
    }
}

/// The plugin, as Docker starts it: with what stands before its name, too.
fn plugin(folder: &Path, before: &[&str], arguments: &[&str]) -> Command {
    let program: PathBuf = folder.join("docker/cli-plugins/docker-scrubjay");
    if !program.exists() {
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        // A copy may be written to while another test starts a process.
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_scrubjay"), &program).unwrap();
    }
    let usual = images::scrubjay(folder, &[]);
    let mut command = Command::new(&program);
    for (name, value) in usual.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(before).arg("scrubjay").args(arguments).current_dir(folder);
    command
}

/// A context of Docker.
fn context(folder: &Path, name: &str, host: &str) {
    let id = digest(name.as_bytes()).replace("sha256:", "");
    let meta = json!({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": false}}});
    write(folder, &format!("docker/contexts/meta/{id}/meta.json"), &meta.to_string());
}

#[test]
fn a_registry_is_asked_only_where_the_daemon_has_no_such_image() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let content = one_image();
    let fake = Fake::start(move |request| content.answer(request));
    let name = format!("{}/team/app:1", fake.host());
    let gone = format!("unix://{}", folder.join("none.sock").display());
    let failing = [
        (daemon(folder, "a.sock", |_| Answer::of(500)), "status 500"),
        (daemon(folder, "b.sock", |_| Answer { body: b"<html>".to_vec(), ..Answer::of(200) }), "as its API says"),
        (gone, "Is it running"),
        ("garbage".to_owned(), "DOCKER_HOST is neither a socket"),
        ("ssh://me@host".to_owned(), "DOCKER_HOST names a daemon behind ssh"),
        ("tcp://127.0.0.1:9".to_owned(), "the daemon that DOCKER_HOST names cannot be asked"),
    ];
    for (host, expected) in failing {
        let said = complaint(&plugin(folder, &[], &[&name]).env("DOCKER_HOST", &host).output().unwrap());
        assert!(said.contains(expected) && said.contains(&format!("scrubjay image {name}")), "{host}: {said}");
    }
    assert!(fake.log.lock().unwrap().is_empty(), "nothing was asked of the registry");
    // One that says that it has none.
    let without = daemon(folder, "c.sock", |_| Answer { body: b"{\"message\":\"no\"}".to_vec(), ..Answer::of(404) });
    let output = plugin(folder, &[], &[&name]).env("DOCKER_HOST", &without).output().unwrap();
    assert_eq!(exit(&output), 1, "{}", stderr(&output));
    let from = format!("(read from the registry {})", fake.host());
    assert!(stdout(&output).contains(&from), "{}", stdout(&output));
    let mut command = plugin(folder, &[], &[&name, "--format", "json"]);
    let told = report(&command.env("DOCKER_HOST", &without).output().unwrap());
    assert_eq!(told["image"]["name"], json!(name));
    assert_eq!(told["image"]["read_from"], json!(format!("the registry {}", fake.host())));
    // One that has it.
    let with = daemon(folder, "d.sock", holding(2));
    let output = plugin(folder, &[], &[&name]).env("DOCKER_HOST", &with).output().unwrap();
    let said = stdout(&output);
    assert!(said.contains(&format!("image: docker:{name}")), "{said}");
    assert!(said.contains("(read from the daemon that DOCKER_HOST names)"), "{said}");
}

#[test]
fn the_daemon_is_the_one_that_docker_means() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let one = daemon(folder, "one.sock", holding(1));
    let other = daemon(folder, "other.sock", holding(2));
    context(folder, "one", &one);
    context(folder, "far", "ssh://me@far");
    let from = |output: Output| {
        let report = report(&output);
        assert_eq!(report["image"]["name"], "docker:app:1", "{report:#}");
        report["image"]["read_from"].as_str().unwrap().to_owned()
    };
    let json = ["app:1", "--format", "json"];
    let of_one = "the daemon of Docker's context one";
    assert_eq!(from(plugin(folder, &["--context", "one"], &json).env("DOCKER_HOST", &other).output().unwrap()), of_one);
    assert_eq!(from(plugin(folder, &["-c", "one"], &json).output().unwrap()), of_one);
    assert_eq!(from(plugin(folder, &[], &json).env("DOCKER_CONTEXT", "one").output().unwrap()), of_one);
    let named = "the daemon that --host names";
    assert_eq!(from(plugin(folder, &["-H", &other], &json).env("DOCKER_CONTEXT", "one").output().unwrap()), named);
    let said = complaint(&plugin(folder, &["--context=far"], &json).output().unwrap());
    assert!(said.contains("Docker's context far names a daemon behind ssh"), "{said}");
    let said = complaint(&plugin(folder, &["--context", "none"], &json).output().unwrap());
    assert!(said.contains("Docker's context none is not there"), "{said}");
    // What `docker context use` chose, also without the plugin, and in another folder.
    write(folder, "docker/config.json", "{\"currentContext\": \"one\"}");
    assert_eq!(from(plugin(folder, &[], &json).output().unwrap()), of_one);
    assert_eq!(exit(&image(folder, "docker:app:1").output().unwrap()), 1);
    assert_eq!(exit(&image(folder, "docker:app:1").env("DOCKER_CONTEXT", "far").output().unwrap()), 2);
    fs::rename(folder.join("docker"), folder.join("elsewhere")).unwrap();
    let config = folder.join("elsewhere");
    assert_eq!(from(plugin(folder, &["--config", config.to_str().unwrap()], &json).output().unwrap()), of_one);
}

#[test]
fn a_silent_daemon_costs_no_more_than_the_time_that_was_given() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let silent = daemon(folder, "s.sock", |_| {
        std::thread::sleep(Duration::from_secs(30));
        Answer::of(500)
    });
    let begun = Instant::now();
    let mut command = plugin(folder, &[], &["app:1", "--timeout", "1s", "--format", "json"]);
    let output = command.env("DOCKER_HOST", silent).output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(exit(&output), 3, "{}", stderr(&output));
    assert_eq!(report(&output)["coverage"]["skipped"][0]["reason"], "timed-out");
}
