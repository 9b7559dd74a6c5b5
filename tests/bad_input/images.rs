//! Image references that are none, and registries that go away.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;

use super::{Planted, common};

/// No login of whoever runs the test, and no proxy.
fn image(planted: &Planted, reference: &str) -> Command {
    let mut command = planted.command(&["image", reference, "--format", "json"]);
    command.env("DOCKER_CONFIG", planted.path().join("docker")).env("NO_PROXY", "127.0.0.1");
    command
}

#[test]
fn references_that_are_none() {
    let planted = Planted::new();
    for (reference, why) in [
        ("Registry.Example/UPPER:tag", "no reference of a registry"),
        ("registry.example/app:", "no reference of a registry"),
        ("registry.example/app@sha256:short", "no reference of a registry"),
        ("two words", "no reference of a registry"),
        ("https://registry.example/app", "a reference has no scheme"),
        ("oci:nowhere", "there is no such directory"),
        ("./nowhere.tar", "there is no such file or directory"),
    ] {
        let failure = common::complaint(&image(&planted, reference).output().unwrap());
        assert!(failure.starts_with(&format!("scrubjay: image: {reference}: ")) && failure.contains(why), "{failure}");
    }
    let failure = common::complaint(&image(&planted, "").output().unwrap());
    assert!(failure.starts_with("scrubjay: image: "), "{failure}");
}

/// What is answered to a path: so many bytes of it before the connection is closed; nothing at all.
type Answers = dyn Fn(&str) -> Option<(&'static [u8], usize)> + Sync;

/// A registry on loopback, for as long as the test runs.
fn registry(answers: &'static Answers) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream, answers));
        }
    });
    address
}

/// Answers one request and closes, also when whoever asked is gone.
fn answer(mut stream: TcpStream, answers: &Answers) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
    let (bytes, sent) = answers(request.split(' ').nth(1)?)?;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        "application/vnd.oci.image.manifest.v1+json",
        bytes.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&bytes[..sent]).ok()
}

#[test]
fn a_registry_that_closes_every_connection() {
    let half_a_manifest: &Answers =
        &|path| if path == "/v2/" { Some((b"{}", 2)) } else { Some((&[b' '; 5_000], 2_500)) };
    for answers in [&|_: &str| None, half_a_manifest] {
        let planted = Planted::new();
        let reference = format!("{}/app:1", registry(answers));
        let output = image(&planted, &reference).output().unwrap();
        let failure = common::complaint(&output);
        assert!(failure.starts_with(&format!("scrubjay: image: {reference}: ")), "{failure}");
        assert!(failure.contains("connection") || failure.contains("end of file"), "{failure}");
        assert_eq!(common::stdout(&output), "", "no report of what was not scanned");
    }
}
