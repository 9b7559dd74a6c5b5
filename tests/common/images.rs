//! What tests of images share: the program without the logins and proxies of whoever runs them, and what its report says.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::common::{command, exit, stderr, stdout, token};
use crate::fake_registry::{Content, tar};

/// With no login but those in `folder/docker`, and no proxy or daemon of whoever runs the test.
pub fn scrubjay(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(folder);
    command.args(arguments).env("DOCKER_CONFIG", folder.join("docker")).env("HOME", folder);
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "DOCKER_HOST",
        "DOCKER_CONTEXT",
        "DOCKER_TLS",
        "DOCKER_TLS_VERIFY",
    ] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    command.env("XDG_CACHE_HOME", folder.join("cache"));
    command
}

pub fn image(folder: &Path, name: &str) -> Command {
    scrubjay(folder, &["image", name, "--format", "json"])
}

pub fn line(seed: u64) -> String {
    format!("T={}\n", token(seed))
}

/// One layer with the token of seed 1.
pub fn one_image() -> Content {
    let mut content = Content::default();
    content.image("team/app", "1", "2026-01-01T00:00:00Z", &[&tar(&[("srv/app.env", line(1).as_bytes())])]);
    content
}

pub fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", stdout(output), stderr(output)))
}

/// Paths, or kinds of text, of all places.
pub fn places(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let places = findings.flat_map(|finding| finding["places"].as_array().unwrap());
    let mut places: Vec<String> = places
        .map(|place| {
            let path = place["path"].as_str().unwrap();
            let last = place["origin"].as_array().unwrap().last().unwrap();
            if path.is_empty() { last["text"].as_str().unwrap_or("artifact").to_owned() } else { path.to_owned() }
        })
        .collect();
    places.sort();
    places
}

pub fn lost(report: &Value) -> Vec<String> {
    let skipped = report["coverage"]["skipped"].as_array().unwrap().iter();
    skipped.filter(|skip| skip["class"] == "lost").map(|skip| skip["detail"].as_str().unwrap().to_owned()).collect()
}

/// Scans an image in which exactly the token of seed 1 is.
pub fn assert_found(folder: &Path, name: &str) {
    let output = image(folder, name).output().unwrap();
    let report = report(&output);
    assert_eq!((exit(&output), places(&report)), (1, vec!["srv/app.env".to_owned()]), "{report:#}{}", stderr(&output));
}
