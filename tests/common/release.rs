//! Releases on a mirror on loopback, as the release workflow names their files.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use crate::common::stderr;

/// The platform of this machine, as releases name it.
pub const TARGET: &str =
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-musl" } else { "x86_64-unknown-linux-musl" };

/// Serves the files of a folder by plain HTTP; the port.
pub fn mirror(folder: &Path) -> u16 {
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

/// Makes a release whose program calls the one that is tested, and says so.
pub fn make(folder: &Path, version: &str) {
    let release = folder.join(format!("v{version}"));
    let name = format!("scrubjay-{version}-{TARGET}");
    fs::create_dir_all(release.join(&name)).unwrap();
    let script = lingering(&format!("echo 'this is {version}' >&2"));
    fs::write(release.join(&name).join("scrubjay"), script).unwrap();
    run(&release, "chmod", &["755", &format!("{name}/scrubjay")]);
    run(&release, "tar", &["-czf", &format!("{name}.tar.gz"), &name]);
    let sums = run(&release, "sha256sum", &[&format!("{name}.tar.gz")]);
    fs::write(release.join("SHA256SUMS"), sums).unwrap();
}

/// A script that does something first, then runs the program that is tested, and stays for a moment: act drops what it has
/// not read yet when a step ends.
pub fn lingering(first: &str) -> String {
    let program = env!("CARGO_BIN_EXE_scrubjay");
    format!("#!/bin/sh\n{first}\n'{program}' \"$@\"\ncode=$?\nsleep 0.3\nexit $code\n")
}
