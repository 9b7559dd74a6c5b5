//! What a release is made of, as far as it can be made here: the archive, the image, and the workflow that makes them.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{stderr, stdout};
use serde_json::Value;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGET: &str = "x86_64-unknown-linux-musl";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", stdout(output), stderr(output));
    stdout(output)
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    succeeded(&output.unwrap_or_else(|cause| panic!("{program} is needed for this test: {cause}")))
}

/// Copies the program that is tested, less what only a debugger reads: most of it.
fn stripped(goal: &Path) {
    run(root(), "strip", &["-o", goal.to_str().unwrap(), env!("CARGO_BIN_EXE_scrubjay")]);
}

fn package(program: &Path, folder: &Path) -> Output {
    Command::new(root().join("release/package.sh")).arg(program).arg(TARGET).arg(folder).output().unwrap()
}

/// Whoever scans an image that has this program in it is not told of the examples of its signatures.
#[test]
fn the_program_holds_nothing_that_it_would_find() {
    let program = fs::File::open(env!("CARGO_BIN_EXE_scrubjay")).unwrap();
    let output = common::command(root()).args(["stdin", "--no-baseline"]).stdin(program).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("clean: no secret found"), "{}", stdout(&output));
}

#[test]
fn an_archive_has_the_program_its_completions_and_pages() {
    let top = tempfile::tempdir().unwrap();
    let program = &top.path().join("scrubjay");
    stripped(program);
    let archive = PathBuf::from(succeeded(&package(program, &top.path().join("one"))).trim());
    let name = format!("scrubjay-{VERSION}-{TARGET}");
    assert_eq!(archive.file_name().unwrap().to_str(), Some(&*format!("{name}.tar.gz")));
    let again = PathBuf::from(succeeded(&package(program, &top.path().join("two"))).trim());
    assert!(fs::read(&archive).unwrap() == fs::read(again).unwrap(), "made again it is the same");
    run(top.path(), "tar", &["-xzf", archive.to_str().unwrap()]);
    let folder = top.path().join(name);
    let version = run(&folder, "./scrubjay", &["--version"]);
    assert_eq!(version.trim(), format!("scrubjay {VERSION}"));
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md"] {
        assert_eq!(fs::read(folder.join(file)).unwrap(), fs::read(root().join(file)).unwrap(), "{file}");
    }
    for file in ["scrubjay.bash", "scrubjay.fish", "_scrubjay", "_scrubjay.ps1", "scrubjay.elv"] {
        let text = fs::read_to_string(folder.join("completions").join(file)).unwrap();
        assert!(text.contains("uninstall") && text.contains("range"), "{file}");
    }
    for page in ["scrubjay.1", "scrubjay-ci.1", "scrubjay-hook-install.1"] {
        assert!(fs::read_to_string(folder.join("man").join(page)).unwrap().starts_with(".ie"), "{page}");
    }
    // Another program is not packed under this name.
    let other = package(Path::new("/bin/true"), &top.path().join("three"));
    assert!(!other.status.success() && stderr(&other).contains("is not scrubjay"), "{}", stderr(&other));
    assert!(fs::read_dir(top.path().join("three")).unwrap().next().is_none());
}

/// What `uses:` lines name.
fn used(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: ")).collect()
}

#[test]
fn what_others_wrote_is_used_by_its_commit() {
    let mut files = vec![PathBuf::from("action.yml")];
    for folder in [".github/workflows", "examples/ci"] {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        files.extend(entries.map(|entry| Path::new(folder).join(entry.unwrap().file_name())));
    }
    let mut seen = 0;
    for file in files {
        for line in used(&read(file.to_str().unwrap())) {
            if line == "scrubjay/scrubjay@v1" {
                continue;
            }
            seen += 1;
            let (name, version) = line.split_once(" # v").unwrap_or_else(|| panic!("{}: {line}", file.display()));
            let commit = name.split_once('@').unwrap().1;
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
            assert!(version.split('.').count() == 3, "{line}");
        }
    }
    assert!(seen > 10, "the workflows are read");
}

#[test]
fn the_workflow_is_sound() {
    let workflow = root().join(".github/workflows/release.yml");
    let tool = |name: &str| {
        let path = root().join("target/tools").join(name);
        assert!(path.is_file(), "{name} checks workflows in tests, and is not here: ./test installs it");
        Command::new(path)
    };
    succeeded(&tool("actionlint").arg(&workflow).output().unwrap());
    let mut check = tool("python/bin/check-jsonschema");
    succeeded(&check.args(["--builtin-schema", "vendor.github-workflows"]).arg(&workflow).output().unwrap());
    // Nothing of an event goes through a shell.
    let text = read(".github/workflows/release.yml");
    let mut in_script = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if in_script.is_some_and(|script| indent <= script) && !line.trim().is_empty() {
            in_script = None;
        }
        assert!(in_script.is_none() || !line.contains("${{"), "{line}");
        let body = line.trim_start().trim_start_matches("- ");
        if body.starts_with("run:") {
            assert!(!body.contains("${{"), "{line}");
            in_script = Some(indent + line.trim_start().len() - body.len());
        }
    }
}

#[test]
fn what_is_built_is_what_is_installed() {
    let targets = |text: &str, start: &str| -> BTreeSet<String> {
        let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
        text.match_indices(start)
            .filter_map(|(at, _)| text[at + start.len()..].split(ends).next().map(str::to_owned))
            .filter(|name| name.matches('-').count() >= 2)
            .collect()
    };
    let built = targets(&read(".github/workflows/release.yml"), "{ target: ");
    let installed = targets(&read("action/install.sh"), "target=");
    assert_eq!(built, installed);
    assert_eq!(built.len(), 5);
    // cargo-binstall fills in the same names.
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let filled = |template: &str| {
        [("name", "scrubjay"), ("version", VERSION), ("target", TARGET), ("archive-suffix", ".tar.gz")]
            .iter()
            .fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value))
    };
    let url = filled(binstall["pkg-url"].as_str().unwrap());
    assert_eq!(url, format!("{{ repo }}/releases/download/v{VERSION}/scrubjay-{VERSION}-{TARGET}.tar.gz"));
    let inside = filled(binstall["bin-dir"].as_str().unwrap());
    assert_eq!(inside, format!("scrubjay-{VERSION}-{TARGET}/{{ bin }}{{ binary-ext }}"));
}

#[test]
fn the_image_has_the_program_and_nothing_else() {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path();
    let platform = if cfg!(target_arch = "aarch64") { "linux/arm64" } else { "linux/amd64" };
    fs::create_dir_all(folder.join("context").join(platform)).unwrap();
    let certificates = folder.join("context/root/etc/ssl/certs");
    fs::create_dir_all(&certificates).unwrap();
    fs::create_dir_all(folder.join("context/root/tmp")).unwrap();
    run(folder, "chmod", &["1777", "context/root/tmp"]);
    fs::write(certificates.join("ca-certificates.crt"), "certificates\n").unwrap();
    stripped(&folder.join("context").join(platform).join("scrubjay"));
    let dockerfile = root().join("Dockerfile");
    let storage = ["--root", "storage", "--runroot", "run", "--storage-driver", "vfs"];
    let build = ["build", "--isolation", "chroot", "--platform", platform, "--tag", "x:1", "--file"];
    let build = [&storage[..], &build, &[dockerfile.to_str().unwrap(), "context"]].concat();
    run(folder, "buildah", &build);
    run(folder, "buildah", &[&storage[..], &["push", "--quiet", "x:1", "oci:image:1"]].concat());
    let config: Value = serde_json::from_str(&run(folder, "skopeo", &["inspect", "--config", "oci:image:1"])).unwrap();
    assert_eq!(config["config"]["Entrypoint"], serde_json::json!(["/scrubjay"]));
    assert_eq!((&config["config"]["User"], &config["config"]["WorkingDir"]), (&"65532:65532".into(), &"/src".into()));
    run(folder, "umoci", &["unpack", "--rootless", "--image", "image:1", "bundle"]);
    let files = run(folder, "find", &["bundle/rootfs", "-type", "f", "-printf", "%P %m\n"]);
    let mut files: Vec<&str> = files.lines().collect();
    files.sort_unstable();
    assert_eq!(files, ["etc/ssl/certs/ca-certificates.crt 644", "scrubjay 755"]);
    let tmp = run(folder, "find", &["bundle/rootfs/tmp", "-maxdepth", "0", "-printf", "%m"]);
    assert_eq!(tmp, "1777", "clones are made there");
}
