//! Images as the tools write them that people use, and a registry as it really answers. Needs skopeo, umoci,
//! crane and docker-registry, which `./test` installs.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/placed.rs"]
mod placed;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use common::{command, complaint, exit, stderr, stdout, token, write};
use placed::{Placed, found, image, places, tool};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A layout `layout` with the image `app`: a file with a token, another that a later layer removes, a token in the config.
fn planted(folder: &Path) {
    write(folder, "app.env", &format!("T={}\n", token(11)));
    write(folder, "old.env", &format!("T={}\n", token(12)));
    tool(folder, "umoci", &["init", "--layout", "layout"]);
    tool(folder, "umoci", &["new", "--image", "layout:app"]);
    let insert = |instruction: &str, rest: &[&str]| {
        let start = ["insert", "--rootless", "--image", "layout:app", "--history.created_by", instruction];
        tool(folder, "umoci", &[&start[..], rest].concat());
    };
    insert("COPY app.env /srv/ # buildkit", &["app.env", "/srv/app.env"]);
    insert("/bin/sh -c #(nop) COPY old.env /srv/", &["old.env", "/srv/old.env"]);
    insert("/bin/sh -c rm /srv/old.env", &["--whiteout", "/srv/old.env"]);
    let env = format!("CONFIG_TOKEN={}", token(13));
    tool(folder, "umoci", &["config", "--image", "layout:app", "--config.env", &env]);
}

fn assert_planted(places: &[Placed], form: &str) {
    let layer = |index, instruction: &str| Some((index, instruction.to_owned()));
    let place = |path: &str, state: &str, layer| (path.to_owned(), state.to_owned(), layer);
    let files = [
        place("srv/app.env", "live", layer(0, "COPY app.env /srv/")),
        place("srv/old.env", "hidden", layer(1, "COPY old.env /srv/")),
    ];
    for file in &files {
        assert!(places.contains(file), "{form}: {file:?} in {places:#?}");
    }
    let in_config = places.iter().filter(|(_, state, layer)| layer.is_none() && state == "live").count();
    assert!(in_config >= 1, "{form}: {places:#?}");
}

#[test]
fn every_form_that_the_tools_write() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    planted(folder);
    let copy =
        |rest: &[&str]| tool(folder, "skopeo", &[&["--insecure-policy", "copy", "oci:layout:app"], rest].concat());
    copy(&["docker-archive:saved.tar:app:1"]);
    copy(&["oci-archive:layout.tar:app:1"]);
    copy(&["--dest-compress-format", "zstd", "oci:zstd:app"]);
    copy(&["--dest-oci-accept-uncompressed-layers", "--dest-decompress", "oci:plain:app"]);
    tool(folder, "gzip", &["-k", "saved.tar"]);
    copy(&["dir:flat"]);
    for form in ["layout", "oci:layout", "flat", "saved.tar", "layout.tar", "zstd", "plain", "saved.tar.gz"] {
        assert_planted(&found(&mut image(folder, form)), form);
    }
    for form in ["saved.tar", "layout.tar", "saved.tar.gz"] {
        let piped = fs::File::open(folder.join(form)).unwrap();
        assert_planted(&found(image(folder, "-").stdin(Stdio::from(piped))), &format!("- < {form}"));
    }
}

#[test]
fn what_crane_writes() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let crane = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/crane");
    let crane = |arguments: &[&str]| tool(folder, crane.to_str().unwrap(), arguments);
    fs::write(folder.join("one.tar"), tar(&[("srv/app.env", format!("T={}\n", token(11)).as_bytes())])).unwrap();
    fs::write(folder.join("two.tar"), tar(&[("srv/.wh.app.env", b"")])).unwrap();
    let append =
        ["append", "--oci-empty-base", "-f", "one.tar", "-f", "two.tar", "-t", "local/app:1", "-o", "made.tar"];
    crane(&append);
    let registry = registry(folder, "");
    let target = format!("127.0.0.1:{}/team/app:1", registry.port);
    crane(&["push", "--insecure", "made.tar", &target]);
    crane(&["pull", "--insecure", "--format", "legacy", &target, "legacy.tar"]);
    crane(&["pull", "--insecure", "--format", "oci", &target, "layout"]);
    for form in ["made.tar", "legacy.tar", "layout", &target] {
        let places = found(&mut image(folder, form));
        let [(path, state, layer)] = &places[..] else { panic!("{form}: {places:#?}") };
        assert_eq!(
            (path.as_str(), state.as_str(), layer.as_ref().map(|layer| layer.0)),
            ("srv/app.env", "hidden", Some(0))
        );
    }
}

/// A docker-registry on a port of this machine, ended with the test.
struct Registry {
    process: Child,
    port: u16,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The password of the only user, `tester`. Its bcrypt hash, in two pieces so that no scanner takes it for a real one.
const PASSWORD: &str = "throwaway";

/// That wants the login.
const WITH_LOGIN: &str = "auth:\n  htpasswd:\n    realm: test\n    path: htpasswd\n";

fn registry(folder: &Path, auth: &str) -> Registry {
    let hash = ["$2y$05$", "abcdefghijklmnopqrstuu", "1rw1ZN9Y2ZfNG/QsRObpVyXOyKYNRH2"].concat();
    write(folder, "htpasswd", &format!("tester:{hash}\n"));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let root = folder.display();
    let config = format!(
        "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {root}/registry\n\
         http:\n  addr: 127.0.0.1:{port}\n{auth}"
    );
    write(folder, "registry.yml", &config);
    let process = Command::new("docker-registry")
        .args(["serve", "registry.yml"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("docker-registry is needed for this test: {error}"));
    let registry = Registry { process, port };
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "docker-registry does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    registry
}

#[test]
fn a_registry_that_wants_a_login() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    planted(folder);
    let registry = registry(folder, WITH_LOGIN);
    let host = format!("127.0.0.1:{}", registry.port);
    let target = format!("{host}/team/app:1");
    let login = format!("tester:{PASSWORD}");
    tool(
        folder,
        "skopeo",
        &[
            "--insecure-policy",
            "copy",
            "--dest-tls-verify=false",
            "--dest-creds",
            &login,
            "oci:layout:app",
            &format!("docker://{target}"),
        ],
    );

    let said = complaint(&image(folder, &target).output().unwrap());
    assert!(said.contains(&format!("docker login {host}")), "{said}");

    let log_in = |word: &str| {
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("tester:{word}"));
        write(folder, "docker/config.json", &json!({"auths": {&host: {"auth": auth}}}).to_string());
    };
    log_in("wrong-word");
    let said = complaint(&image(folder, &target).output().unwrap());
    assert!(said.contains("Docker's config") && !said.contains("wrong-word"), "{said}");

    log_in(PASSWORD);
    assert_planted(&found(&mut image(folder, &target)), &target);
    let said = complaint(&image(folder, &format!("{host}/team/app:none")).output().unwrap());
    assert!(said.contains("check the name and the tag") && !said.contains(PASSWORD), "{said}");
    let gone =
        format!("127.0.0.1:{}/team/app:1", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let said = complaint(&image(folder, &gone).output().unwrap());
    assert!(said.contains("refused"), "{said}");
}

/// What a registry does when a blob is asked for.
#[derive(Clone, Copy)]
enum Breaks {
    /// Closes the connection in the middle, and goes on where the client asks.
    ThenResumes,
    /// Closes it in the middle, and begins again from the start whatever the client asks.
    ThenRestarts,
    /// Closes it in the middle, every time.
    Always,
}

/// A registry of one image with two layers, whose first breaks off; the port.
fn breaking_registry(breaks: Breaks) -> u16 {
    // More than sockets hold by themselves, and hard to compress.
    let noise: Vec<u8> = (0..800_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let first = tar(&[("before.env", token(21).as_bytes()), ("noise", &noise), ("after.env", token(22).as_bytes())]);
    let second = tar(&[("second.env", token(23).as_bytes())]);
    let config = json!({"os": "linux", "architecture": "amd64"}).to_string().into_bytes();
    let layer = |bytes: &[u8]| json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest(bytes), "size": bytes.len()});
    let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(&config), "size": config.len()},
        "layers": [layer(&first), layer(&second)]})
    .to_string()
    .into_bytes();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let blobs = Arc::new([first, second, config]);
    let manifest = Arc::new(manifest);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (blobs, manifest) = (Arc::clone(&blobs), Arc::clone(&manifest));
            std::thread::spawn(move || answer(stream, &blobs[..], &manifest, breaks));
        }
    });
    port
}

fn answer(mut stream: TcpStream, blobs: &[Vec<u8>], manifest: &[u8], breaks: Breaks) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    let mut from = None;
    for line in lines.by_ref() {
        let line = line.ok()?.to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse::<usize>().ok();
        }
        if line.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1)?;
    let wanted = path.rsplit('/').next()?;
    let mut send = |status: &str, body: &[u8], length: usize, head: &str| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{head}\r\n");
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).ok()
    };
    if path.contains("/manifests/") {
        let head = format!(
            "Content-Type: application/vnd.oci.image.manifest.v1+json\r\nDocker-Content-Digest: {}\r\n",
            digest(manifest)
        );
        return send("200 OK", manifest, manifest.len(), &head);
    }
    let Some(blob) = blobs.iter().find(|blob| digest(blob) == wanted) else { return send("200 OK", b"{}", 2, "") };
    let breaks_off = *blob == blobs[0];
    match (breaks, from) {
        (Breaks::ThenResumes, Some(from)) => send("206 Partial Content", &blob[from..], blob.len() - from, ""),
        (Breaks::ThenRestarts, Some(_)) => send("200 OK", blob, blob.len(), ""),
        (Breaks::Always, Some(from)) => send("206 Partial Content", &[], blob.len() - from, ""),
        (_, None) if breaks_off => send("200 OK", &blob[..blob.len() / 2], blob.len(), ""),
        (_, None) => send("200 OK", blob, blob.len(), ""),
    }
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[test]
fn a_connection_that_breaks_is_taken_up_again() {
    let scratch = tempfile::tempdir().unwrap();
    for breaks in [Breaks::ThenResumes, Breaks::ThenRestarts] {
        let target = format!("127.0.0.1:{}/app:1", breaking_registry(breaks));
        let paths: Vec<String> =
            found(&mut image(scratch.path(), &target)).into_iter().map(|(path, ..)| path).collect();
        assert_eq!(paths, ["after.env", "before.env", "second.env"]);
    }
}

#[test]
fn a_connection_that_always_breaks_loses_that_layer_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let target = format!("127.0.0.1:{}/app:1", breaking_registry(Breaks::Always));
    let output = image(scratch.path(), &target).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let paths: Vec<String> = places(&report).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(paths, ["before.env", "second.env"]);
    let text = report.to_string();
    assert!(text.contains("unreadable") && text.contains("5 tries: the connection broke"), "{report:#}");
}

#[test]
fn what_is_no_image_says_what_to_try() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    write(folder, "notes.txt", "no image");
    fs::write(folder.join("plain.tar"), tar(&[("f", b"x")])).unwrap();
    fs::create_dir(folder.join("empty")).unwrap();
    for (target, expected) in [
        ("notes.txt", "neither a tar nor a compressed tar"),
        ("plain.tar", "scrubjay scan"),
        ("empty", "no OCI layout"),
        ("missing.tar", "no such file"),
        ("docker:Not A Name", "no name of an image"),
        ("Not A Reference", "no reference"),
    ] {
        let said = complaint(&image(folder, target).output().unwrap());
        assert!(said.contains(expected), "{target}: {said}");
    }
    let cut: PathBuf = folder.join("cut.tar.gz");
    let mut gzip = flate2::read::GzEncoder::new(&b"not even a tar"[..], flate2::Compression::fast());
    let mut bytes = Vec::new();
    gzip.read_to_end(&mut bytes).unwrap();
    fs::write(&cut, &bytes[..bytes.len() - 10]).unwrap();
    let output = image(folder, "cut.tar.gz").output().unwrap();
    assert_eq!(exit(&output), 3, "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn a_sweep_over_images_and_the_same_secret_elsewhere() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    planted(folder);
    let registry = registry(folder, WITH_LOGIN);
    let host = format!("127.0.0.1:{}", registry.port);
    let login = format!("tester:{PASSWORD}");
    for name in ["one", "two"] {
        let target = format!("docker://{host}/team/{name}:1");
        let copy = ["--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds", &login, "oci:layout:app"];
        tool(folder, "skopeo", &[&copy[..], &[&target]].concat());
    }
    let auth = base64::engine::general_purpose::STANDARD.encode(&login);
    write(folder, "docker/config.json", &json!({"auths": {&host: {"auth": auth}}}).to_string());
    write(folder, "here/copied.env", &format!("T={}\n", token(11)));
    let list = format!(
        "{host}/team/one:1 name=one owner=team\n{host}/team/two:1 name=two\noci:layout name=layout\n\
         {host}/team/none:1 name=none\n./here name=here\n"
    );
    write(folder, "list", &list);
    let mut sweep = command(folder);
    sweep.args(["sweep", "list", "--mirror-dir", "mirrors", "--state", "state", "--format", "json"]);
    let output = sweep.env("DOCKER_CONFIG", folder.join("docker")).output().unwrap();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", stdout(&output), stderr(&output)));
    assert_eq!((exit(&output), &report["complete"]), (1, &Value::Bool(false)), "{report:#}");
    let targets = report["sweep"]["targets"].as_array().unwrap();
    let told: Vec<(&str, &str, &str)> = targets
        .iter()
        .map(|target| ["name", "type", "verdict"].map(|key| target[key].as_str().unwrap()))
        .map(|[name, kind, verdict]| (name, kind, verdict))
        .collect();
    let expected = [
        ("one", "image", "findings"),
        ("two", "image", "findings"),
        ("layout", "image", "findings"),
        ("none", "image", "failed"),
        ("here", "path", "findings"),
    ];
    assert_eq!(told, expected);
    assert!(targets[3]["reason"].as_str().unwrap().contains("check the name and the tag"), "{}", targets[3]);
    let entries = report["findings"].as_array().unwrap();
    assert_eq!(entries.len(), 3, "one entry a secret, however many images have it");
    let places = |entry: &'_ Value| entry["places"].as_array().unwrap().clone();
    let shared = entries.iter().map(places).find(|places| places.len() == 4);
    let shared = shared.unwrap_or_else(|| panic!("{report:#}"));
    let names: Vec<&str> = shared.iter().map(|place| place["target"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["one", "two", "layout", "here"]);
    assert!(!stdout(&output).contains(PASSWORD));
    let state = fs::read_to_string(folder.join("state")).unwrap();
    assert!(!state.contains(PASSWORD) && !state.contains(&token(11)));
}
