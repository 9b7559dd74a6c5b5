//! Where the action gets scrubjay from: a release with its checksums, from a mirror on this machine.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use crate::common::stderr;
use crate::job::{Job, Scene, line};

const TARGET: &str =
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-musl" } else { "x86_64-unknown-linux-musl" };

/// Serves the files of a folder by plain HTTP.
fn mirror(folder: &Path) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut first = String::new();
            reader.read_line(&mut first).unwrap();
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let path = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            let (status, body) = match fs::read(folder.join(path)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    port
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// A release whose program calls the one that is tested, and says so.
fn release(folder: &Path, version: &str) {
    let release = folder.join(format!("v{version}"));
    let name = format!("scrubjay-{version}-{TARGET}");
    fs::create_dir_all(release.join(&name)).unwrap();
    let script = format!("#!/bin/sh\necho 'this is {version}' >&2\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_scrubjay"));
    fs::write(release.join(&name).join("scrubjay"), script).unwrap();
    run(&release, "chmod", &["755", &format!("{name}/scrubjay")]);
    run(&release, "tar", &["-czf", &format!("{name}.tar.gz"), &name]);
    let sums = run(&release, "sha256sum", &[&format!("{name}.tar.gz")]);
    fs::write(release.join("SHA256SUMS"), sums).unwrap();
}

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
    release(releases.path(), env!("CARGO_PKG_VERSION"));
    release(releases.path(), "9.8.7");
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
