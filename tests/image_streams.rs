//! Images that come as a stream: standard input, pipes, and what is remembered of their layers.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{complaint, exit, stderr, stdout};
use fake_registry::{digest, tar};
use images::{image, line, lost, places, report};
use serde_json::json;

const OCI: &str = "application/vnd.oci.image";

/// An OCI layout in a tar.
fn archive<'a>(layers: &[&'a [u8]]) -> Vec<u8> {
    let mut blobs: Vec<(String, Cow<'a, [u8]>)> = Vec::new();
    let mut blob = |kind: &str, bytes: Cow<'a, [u8]>| {
        let (digest, size) = (digest(&bytes), bytes.len());
        blobs.push((format!("blobs/{}", digest.replace(':', "/")), bytes));
        json!({"mediaType": format!("{OCI}.{kind}"), "digest": digest, "size": size})
    };
    let layers: Vec<_> = layers.iter().map(|layer| blob("layer.v1.tar", Cow::Borrowed(layer))).collect();
    let diff_ids: Vec<_> = layers.iter().map(|layer| layer["digest"].clone()).collect();
    let config = json!({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}});
    let config = blob("config.v1+json", config.to_string().into_bytes().into());
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers}).to_string();
    let manifest = blob("manifest.v1+json", manifest.into_bytes().into());
    let index = json!({"schemaVersion": 2, "manifests": [manifest]}).to_string();
    blobs.push(("index.json".into(), index.into_bytes().into()));
    blobs.push(("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#[..].into()));
    tar(&blobs.iter().map(|(name, bytes)| (name.as_str(), &**bytes)).collect::<Vec<_>>())
}

#[test]
fn a_terminal_and_nothing_are_errors() {
    let scratch = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_scrubjay");
    for target in ["-", "/dev/stdin", "/dev/tty"] {
        let typed = format!("{program} image {target}; echo exit $?");
        let mut command = Command::new("script");
        command.args(["-qec", &typed, "/dev/null"]).current_dir(scratch.path()).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        // Open, and silent.
        let typist = child.stdin.take();
        let said = stdout(&child.wait_with_output().unwrap());
        drop(typist);
        assert!(
            said.contains("is a terminal; pipe an image tar into it") && said.contains("exit 2"),
            "{target}: {said}"
        );
    }
    let said = complaint(&image(scratch.path(), "-").stdin(Stdio::null()).output().unwrap());
    assert!(said.contains("is empty: not a byte came"), "{said}");
}

#[test]
fn a_pipe_is_read_as_a_stream() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    fs::write(folder.join("app.tar"), archive(&[&tar(&[("srv/app.env", line(1).as_bytes())])])).unwrap();
    let program = env!("CARGO_BIN_EXE_scrubjay");
    let run = |typed: &str| Command::new("bash").args(["-c", typed]).current_dir(folder).output().unwrap();
    for typed in [
        format!("{program} image <(cat app.tar) --format json"),
        format!("{program} image <(gzip -c app.tar) --format json"),
        format!("mkfifo named; cat app.tar > named & {program} image named --format json"),
        format!("cat app.tar | {program} image /dev/stdin --format json"),
        format!("cat app.tar | {program} image - --format json"),
    ] {
        let output = run(&typed);
        assert_eq!(exit(&output), 1, "{typed}: {}", stderr(&output));
        assert_eq!(places(&report(&output)), ["srv/app.env"], "{typed}");
    }
    let said = complaint(&run(&format!("{program} image <(cat app.tar) --then true")));
    assert!(said.contains("cannot be looked up again"), "{said}");
    let said = complaint(&run(&format!("{program} image app.tar --base <(cat app.tar)")));
    assert!(said.contains("is a pipe, which is read once: name a file"), "{said}");
    let said = complaint(&run(&format!("{program} image <(true)")));
    assert!(said.contains("is empty: not a byte came"), "{said}");
}

#[test]
fn a_pipe_into_which_nobody_writes_costs_no_more_than_the_time_that_was_given() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    assert!(Command::new("mkfifo").arg(folder.join("silent")).status().unwrap().success());
    for target in ["-", "silent"] {
        let begun = Instant::now();
        let mut command = image(folder, target);
        let mut child = command.args(["--timeout", "1s"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let writer = child.stdin.take();
        let output = child.wait_with_output().unwrap();
        drop(writer);
        assert_eq!(exit(&output), 3, "{target}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{target}: {:?}", begun.elapsed());
        assert!(report(&output)["coverage"].to_string().contains("timed-out"), "{target}");
    }
}

/// A layer with more than is held of a stream.
fn large_layer() -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_gnu();
    header.set_size(257 << 20);
    header.set_mode(0o644);
    builder.append_data(&mut header, "srv/zeros", io::repeat(0).take(257 << 20)).unwrap();
    builder.into_inner().unwrap()
}

#[test]
fn layers_of_a_stream_are_remembered() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let password = "db_password = \"Gr8vault-Keys\"\nclient_id = \"acme-one-x\"\n";
    let first = tar(&[
        ("srv/app.env", line(1).as_bytes()),
        ("etc/app.conf", password.as_bytes()),
        ("srv/old.env", line(2).as_bytes()),
        ("srv/inner.tar", &tar(&[("deep/inner.env", line(3).as_bytes())])),
        ("srv/broken.zip", b"PK\x03\x04 no zip"),
    ]);
    let second = tar(&[("srv/.wh.old.env", b""), ("srv/copy.env", line(1).as_bytes())]);
    let mut whole = archive(&[&large_layer(), &first, &second]);
    fs::write(folder.join("app.tar"), &whole).unwrap();
    let scan = |more: &[&str]| {
        let mut command = image(folder, "-");
        let output = command.args(more).stdin(File::open(folder.join("app.tar")).unwrap()).output().unwrap();
        (exit(&output), report(&output))
    };
    let kept = ["--incremental", "--cache", "kept"];
    let full = scan(&[]);
    assert_eq!(places(&full.1).len(), 5, "{:#}", full.1);
    assert!(full.1.to_string().contains("hidden"));
    for run in ["first", "second"] {
        assert_eq!(scan(&kept), full, "{run}");
    }
    // A registry or a file has the same layers.
    fs::write(folder.join("part.tar"), archive(&[&first, &second])).unwrap();
    let part = |more: &[&str]| report(&image(folder, "part.tar").args(more).output().unwrap());
    assert_eq!(part(&kept), part(&[]));
    // What is known is not read, and must have the bytes by whose digest it is known.
    let at = memchr::memmem::find(&whole, b"acme-one-x").unwrap();
    whole[at] = b'b';
    fs::write(folder.join("app.tar"), &whole).unwrap();
    let (code, report) = scan(&kept);
    assert_eq!(code, 1);
    assert!(lost(&report).iter().any(|detail| detail.contains("and were not read")), "{report:#}");
    // What the digest stands for is known all the same.
    assert_eq!(places(&report), places(&full.1), "{report:#}");
}
