//! Images as those tools write them that build from a Dockerfile. Needs buildah and podman, which `./test` installs.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/placed.rs"]
mod placed;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{stderr, stdout, token, write};
use placed::{found, image, places, tool};
use serde_json::Value;

/// With a storage of its own.
fn buildah(folder: &Path, arguments: &[&str]) -> String {
    let of = |name: &str| folder.join(name).display().to_string();
    let storage = ["--root", &of("storage"), "--runroot", &of("run"), "--storage-driver", "vfs"];
    let mut command = Command::new("buildah");
    command.args(storage).args(arguments).current_dir(folder).env("BUILDAH_ISOLATION", "chroot").env("HOME", folder);
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("buildah is needed for this test: {error}"));
    assert!(output.status.success(), "buildah {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    stdout(&output).trim().to_owned()
}

#[test]
fn what_buildah_writes() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    write(folder, "app.env", &format!("T={}\n", token(11)));
    let container = buildah(folder, &["from", "scratch"]);
    buildah(folder, &["copy", "--add-history", &container, "app.env", "/srv/app.env"]);
    buildah(folder, &["config", "--label", &format!("note={}", token(13)), &container]);
    for form in ["oci-archive:oci.tar:app:1", "docker-archive:docker.tar:app:1", "oci:directory:app"] {
        buildah(folder, &["commit", "--quiet", &container, form]);
    }
    for form in ["oci.tar", "docker.tar", "directory"] {
        let places = found(&mut image(folder, form));
        let file =
            places.iter().find(|(path, ..)| path == "srv/app.env").unwrap_or_else(|| panic!("{form}: {places:#?}"));
        assert_eq!(file.1, "live");
        assert!(places.iter().any(|(_, _, layer)| layer.is_none()), "{form}: the label: {places:#?}");
    }
}

#[test]
fn what_podman_writes() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let of = |name: &str| folder.join(name).display().to_string();
    let podman = |arguments: &[&str]| {
        let places = ["--root", &of("storage"), "--runroot", &of("run"), "--storage-driver", "vfs"];
        let alone = ["--cgroup-manager", "cgroupfs", "--events-backend", "none"];
        let mut command = Command::new("podman");
        command.args(places).args(alone).args(arguments).current_dir(folder);
        let output = command.env("BUILDAH_ISOLATION", "chroot").env("HOME", folder).output();
        let output = output.unwrap_or_else(|error| panic!("podman is needed for this test: {error}"));
        assert!(output.status.success(), "podman {arguments:?}: {}", stderr(&output));
    };
    write(folder, "app.env", &format!("T={}\n", token(11)));
    write(folder, "old.env", &format!("T={}\n", token(12)));
    write(folder, "empty.env", "T=\n");
    let dockerfile = format!(
        "FROM scratch\nENV CONFIG_TOKEN={}\nCOPY app.env /srv/app.env\nCOPY old.env /srv/old.env\nCOPY empty.env /srv/old.env\n",
        token(13)
    );
    write(folder, "Dockerfile", &dockerfile);
    podman(&["build", "--quiet", "--tag", "app:1", "."]);
    for format in ["docker-archive", "oci-archive", "docker-dir", "oci-dir"] {
        podman(&["save", "--quiet", "--format", format, "--output", format, "app:1"]);
        let places = found(&mut image(folder, format));
        let told: Vec<(&str, &str)> = places.iter().map(|(path, state, _)| (path.as_str(), state.as_str())).collect();
        assert!(told.contains(&("", "live")), "{format}: the config: {places:#?}");
        let files: Vec<_> = told.into_iter().filter(|(path, _)| path.starts_with("srv/")).collect();
        assert_eq!(files, [("srv/app.env", "live"), ("srv/old.env", "hidden")], "{format}: {places:#?}");
    }
    // Two images in one archive.
    write(folder, "Dockerfile", "FROM localhost/app:1\nCOPY empty.env /srv/app.env\n");
    podman(&["build", "--quiet", "--tag", "next:1", "."]);
    podman(&["save", "--quiet", "--multi-image-archive", "--output", "both.tar", "app:1", "next:1"]);
    let places = found(&mut image(folder, "both.tar"));
    let app = places.iter().find(|(path, ..)| path == "srv/app.env").unwrap();
    assert_eq!(app.1, "live", "one of the images shows it: {places:#?}");
}

/// A daemon of BuildKit without one of Docker, ended with the test.
struct BuildKit {
    process: Child,
    address: String,
}

impl BuildKit {
    fn start(folder: &Path) -> Self {
        let at = |name: &str| folder.join(name).display().to_string();
        let address = format!("unix://{}", at("buildkit.sock"));
        let worker = [
            "--oci-worker=true",
            "--oci-worker-binary=crun",
            "--oci-worker-snapshotter=native",
            "--oci-worker-net=host",
        ];
        let process = Command::new("buildkitd")
            .args(["--addr", &address, "--root", &at("buildkit"), "--containerd-worker=false"])
            .args(worker)
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("buildkitd is needed for this test: {error}"));
        let started = BuildKit { process, address };
        let start = Instant::now();
        while std::os::unix::net::UnixStream::connect(folder.join("buildkit.sock")).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "buildkitd does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        started
    }
}

impl Drop for BuildKit {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// To build BuildKit takes minutes, so `./test` leaves it out. With `buildkitd`, `buildctl` (v0.34.2) and `crun` in the
/// path, as root: `cargo test --test image_builders -- --ignored`.
#[test]
#[ignore = "needs buildkitd and root"]
fn what_buildkit_writes() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let buildkit = BuildKit::start(folder);
    write(folder, "context/app.env", &format!("T={}\n", token(11)));
    write(folder, "context/old.env", &format!("T={}\n", token(12)));
    write(folder, "context/empty.env", "T=\n");
    let dockerfile = format!(
        "FROM scratch\nARG FROM_ARGUMENT\nENV CONFIG_TOKEN={}\nCOPY app.env /srv/app.env\nCOPY old.env /srv/old.env\n\
         COPY empty.env /srv/old.env\n",
        token(13)
    );
    write(folder, "context/Dockerfile", &dockerfile);
    let argument = format!("build-arg:FROM_ARGUMENT={}", token(14));
    let build = |output: &str, options: &[&str]| {
        let of = ["--addr", &buildkit.address, "build", "--frontend", "dockerfile.v0", "--opt", &argument];
        let from = ["--local", "context=context", "--local", "dockerfile=context", "--output", output];
        tool(folder, "buildctl", &[&of[..], &from, options].concat());
    };
    let provenance = ["--opt", "attest:provenance=mode=max"];
    build("type=docker,dest=docker.tar,name=app:1", &[]);
    build("type=oci,dest=oci.tar", &provenance);
    build("type=oci,tar=false,dest=layout", &provenance);
    build("type=oci,dest=zstd.tar,compression=zstd,force-compression=true", &provenance);
    for form in ["docker.tar", "oci.tar", "layout", "zstd.tar"] {
        let report: Value = serde_json::from_slice(&image(folder, form).output().unwrap().stdout).unwrap();
        assert_eq!(report["complete"], true, "{form}: {report:#}");
        let places = places(&report);
        let files: Vec<_> = places.iter().filter(|(path, ..)| path.starts_with("srv/")).collect();
        let layer = |index, instruction: &str| Some((index, instruction.to_owned()));
        let live = ("srv/app.env".to_owned(), "live".to_owned(), layer(0, "COPY app.env /srv/app.env"));
        let hidden = ("srv/old.env".to_owned(), "hidden".to_owned(), layer(1, "COPY old.env /srv/old.env"));
        assert_eq!(files, [&live, &hidden], "{form}: {places:#?}");
        let nameless =
            |in_layer: bool| places.iter().any(|(path, _, layer)| path.is_empty() && layer.is_some() == in_layer);
        assert!(nameless(false), "{form}: the config: {places:#?}");
        let attested = nameless(true);
        assert_eq!(attested, form != "docker.tar", "{form}: the build argument stands in the provenance: {places:#?}");
    }
}

/// To build kaniko takes minutes, too, and it writes what it builds into the root of the file system: it gets one of its own.
/// With its program (`executor` v1.24.0, linked statically) in the path, as root, run with `--ignored`.
#[test]
#[ignore = "needs kaniko's executor and root"]
fn what_kaniko_writes() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    for name in ["proc", "tmp", "kaniko"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    let paths = std::env::var_os("PATH").unwrap();
    let executor = std::env::split_paths(&paths).map(|path| path.join("executor")).find(|path| path.is_file());
    fs::copy(executor.expect("executor is needed for this test"), folder.join("kaniko/executor")).unwrap();
    write(folder, "build/app.env", &format!("T={}\n", token(11)));
    write(folder, "build/old.env", &format!("T={}\n", token(12)));
    write(folder, "build/empty.env", "T=\n");
    let dockerfile = format!(
        "FROM scratch\nENV CONFIG_TOKEN={}\nCOPY app.env /srv/app.env\nCOPY old.env /srv/old.env\nCOPY empty.env /srv/old.env\n",
        token(13)
    );
    write(folder, "build/Dockerfile", &dockerfile);
    let (root, proc) = (folder.display().to_string(), format!("--mount-proc={}/proc", folder.display()));
    let alone = ["--mount", "--pid", "--fork", &proc, "chroot", &root, "/kaniko/executor", "--force", "--no-push"];
    let from = ["--context", "dir:///build", "--dockerfile", "/build/Dockerfile", "--destination", "local/app:1"];
    let to = ["--tar-path", "/build/app.tar", "--oci-layout-path", "/build/layout"];
    tool(folder, "unshare", &[&alone[..], &from, &to].concat());
    for form in ["build/app.tar", "build/layout"] {
        let places = found(&mut image(folder, form));
        assert!(places.iter().any(|(path, ..)| path.is_empty()), "{form}: the config: {places:#?}");
        let files: Vec<_> = places.iter().filter(|(path, ..)| path.starts_with("srv/")).collect();
        let told: Vec<_> = files.iter().map(|(path, state, _)| (path.as_str(), state.as_str())).collect();
        assert_eq!(told, [("srv/app.env", "live"), ("srv/old.env", "hidden")], "{form}: {places:#?}");
    }
}
