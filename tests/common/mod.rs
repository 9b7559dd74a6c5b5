//! What the whole-program tests share: the binary in a clean environment, and what it scans.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod cases;
pub mod testdata;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use scrubjay::signature::template;

/// A token with a valid checksum, made here so that none is in the repository.
pub fn token(seed: u64) -> String {
    let expanded = template::expand("ghp_{b62:30}{crc32b62}", seed).unwrap();
    String::from_utf8(expanded.text).unwrap()
}

pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrubjay"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SCRUBJAY_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder);
    command
}

pub fn scrubjay(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().unwrap()
}

pub fn exit(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The one line that a command which could not be carried out prints.
pub fn complaint(output: &Output) -> String {
    assert_eq!(exit(output), 2, "{}{}", stdout(output), stderr(output));
    let text = stderr(output);
    assert!(text.starts_with("scrubjay: ") && text.trim_end().lines().count() == 1, "{text}");
    text.trim_end().to_owned()
}

pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
