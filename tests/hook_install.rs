//! `hook install` and `hook uninstall` in repositories as people have them, and the hooks of the pre-commit framework.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{command, complaint, exit, git, stderr, stdout, token, write};

fn line(seed: u64) -> String {
    format!("GITHUB_TOKEN={}\n", token(seed))
}

/// A repository with a commit, in a folder whose name a shell would take apart.
struct Place {
    top: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Place { top: tempfile::tempdir().unwrap() };
        fs::create_dir_all(place.folder()).unwrap();
        git(&place.folder(), &["init", "-q", "-b", "main"]);
        write(&place.folder(), "readme", "nothing\n");
        place.commit("one");
        place
    }

    fn folder(&self) -> PathBuf {
        self.top.path().join("it's $(a) \"folder\"")
    }

    fn hooks(&self) -> PathBuf {
        self.folder().join(".git/hooks")
    }

    fn commit(&self, message: &str) {
        git(&self.folder(), &["add", "-A"]);
        git(&self.folder(), &["commit", "-q", "--allow-empty", "--no-verify", "-m", message]);
    }

    fn scrubjay(&self, arguments: &[&str]) -> Output {
        in_git(command(&self.folder()).args(arguments))
    }

    fn try_git(&self, arguments: &[&str]) -> Output {
        try_git(&self.folder(), arguments)
    }
}

fn in_git(command: &mut Command) -> Output {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap()
}

fn try_git(folder: &Path, arguments: &[&str]) -> Output {
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always"];
    in_git(Command::new("git").args(identity).args(arguments).current_dir(folder))
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o750)).unwrap();
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", stdout(output), stderr(output));
    stdout(output)
}

fn refused(output: &Output, told: &[&str]) {
    let text = format!("{}{}", stdout(output), stderr(output));
    assert!(!output.status.success(), "{text}");
    for told in told {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn commits_and_pushes_are_judged_until_it_is_uninstalled() {
    let place = Place::new();
    let said = succeeded(&place.scrubjay(&["hook", "install"]));
    assert!(said.contains("pre-commit") && said.contains("pre-push"), "{said}");
    write(&place.folder(), "app.env", &line(1));
    git(&place.folder(), &["add", "-A"]);
    let ways = ["app.env:1:14", "the commit is refused", "git restore --staged", "vault", "reason=\"why\""];
    refused(&place.try_git(&["commit", "-m", "x"]), &ways);
    // From a folder below, too: git runs hooks at the top.
    fs::create_dir_all(place.folder().join("below")).unwrap();
    refused(&try_git(&place.folder().join("below"), &["commit", "-m", "x"]), &["app.env:1:14"]);
    write(&place.folder(), "app.env", "clean\n");
    git(&place.folder(), &["add", "-A"]);
    let commit = place.try_git(&["commit", "-q", "-m", "x"]);
    assert_eq!((succeeded(&commit), stderr(&commit)), (String::new(), String::new()), "it stops nobody");

    let bare = place.top.path().join("bare.git");
    fs::create_dir_all(&bare).unwrap();
    git(&bare, &["init", "-q", "--bare", "-b", "main"]);
    git(&place.folder(), &["remote", "add", "origin", bare.to_str().unwrap()]);
    succeeded(&place.try_git(&["push", "-q", "origin", "main"]));
    write(&place.folder(), "app.env", &line(2));
    place.commit("past the hook");
    refused(&place.try_git(&["push", "origin", "main"]), &["app.env:1:14", "the push is refused", "git rebase -i"]);
    // Installed again, it is the same.
    let before = fs::read(place.hooks().join("pre-push")).unwrap();
    succeeded(&place.scrubjay(&["hook", "install", "pre-push"]));
    assert_eq!(fs::read(place.hooks().join("pre-push")).unwrap(), before);

    let said = succeeded(&place.scrubjay(&["hook", "uninstall"]));
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(!place.hooks().join("pre-commit").exists() && !place.hooks().join("pre-push").exists());
    succeeded(&place.try_git(&["push", "-q", "origin", "main"]));
    assert!(succeeded(&place.scrubjay(&["hook", "uninstall"])).contains("no hook of scrubjay"));
    assert!(complaint(&place.scrubjay(&["hook", "uninstall", "pre-commit"])).contains("not installed here"));
}

#[test]
fn hooks_that_were_there_run_first_and_come_back() {
    let place = Place::new();
    let note = place.top.path().join("note");
    let existing = place.hooks().join("pre-commit");
    script(&existing, &format!("echo commit \"$#\" >>'{0}'; [ ! -f veto ]", note.display()));
    script(&place.hooks().join("pre-push"), &format!("echo \"$1\" >>'{0}'; cat >>'{0}'", note.display()));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    let (text, was) = (fs::read(&existing).unwrap(), mode(&existing));
    assert!(succeeded(&place.scrubjay(&["hook", "install"])).contains("after the hook that was there before"));
    succeeded(&place.scrubjay(&["hook", "install"]));
    write(&place.folder(), "more", "more\n");
    git(&place.folder(), &["add", "-A"]);
    succeeded(&place.try_git(&["commit", "-q", "-m", "x"]));
    assert_eq!(fs::read_to_string(&note).unwrap(), "commit 0\n", "once");
    write(&place.folder(), "veto", "");
    refused(&place.try_git(&["commit", "--allow-empty", "-m", "x"]), &[]);
    fs::remove_file(place.folder().join("veto")).unwrap();

    let bare = place.top.path().join("bare.git");
    fs::create_dir_all(&bare).unwrap();
    git(&bare, &["init", "-q", "--bare", "-b", "main"]);
    git(&place.folder(), &["remote", "add", "origin", bare.to_str().unwrap()]);
    succeeded(&place.try_git(&["push", "-q", "origin", "main", "main:other"]));
    let noted = fs::read_to_string(&note).unwrap();
    assert!(noted.contains("origin\nrefs/heads/main ") && noted.contains("refs/heads/other"), "{noted}");
    write(&place.folder(), "app.env", &line(3));
    place.commit("past the hook");
    refused(&place.try_git(&["push", "origin", "main"]), &["app.env:1:14"]);

    succeeded(&place.scrubjay(&["hook", "uninstall"]));
    assert_eq!((fs::read(&existing).unwrap(), mode(&existing)), (text, was));
    let left: Vec<_> = fs::read_dir(place.hooks()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("scrubjay")), "{left:?}");
}

#[test]
fn core_hooks_path_is_where_hooks_are() {
    let place = Place::new();
    git(&place.folder(), &["config", "core.hooksPath", "our hooks"]);
    succeeded(&place.scrubjay(&["hook", "install", "pre-commit"]));
    assert!(place.folder().join("our hooks/pre-commit").exists() && !place.hooks().join("pre-commit").exists());
    write(&place.folder(), "app.env", &line(4));
    git(&place.folder(), &["add", "app.env"]);
    refused(&place.try_git(&["commit", "-m", "x"]), &["app.env:1:14"]);
    git(&place.folder(), &["config", "core.hooksPath", ".husky/_"]);
    assert!(complaint(&place.scrubjay(&["hook", "install"])).contains(".husky/pre-commit"));

    let shared = place.top.path().join("shared");
    let config = place.top.path().join("gitconfig");
    fs::write(&config, format!("[core]\n\thooksPath = {}\n", shared.display())).unwrap();
    git(&place.folder(), &["config", "--unset", "core.hooksPath"]);
    let of_all = |arguments: &[&str]| {
        command(&place.folder()).args(arguments).env("GIT_CONFIG_GLOBAL", &config).output().unwrap()
    };
    let told = complaint(&of_all(&["hook", "install"]));
    assert!(told.contains("all your repositories") && told.contains("--shared") && !shared.exists(), "{told}");
    succeeded(&of_all(&["hook", "install", "--shared"]));
    assert!(shared.join("pre-commit").exists() && shared.join("pre-push").exists());
    succeeded(&of_all(&["hook", "uninstall"]));
    assert!(!shared.join("pre-commit").exists());
}

#[test]
fn worktrees_submodules_and_bare_repositories() {
    let place = Place::new();
    let tree = place.top.path().join("tree");
    git(&place.folder(), &["worktree", "add", "-q", "-b", "side", tree.to_str().unwrap()]);
    succeeded(&in_git(command(&tree).args(["hook", "install", "pre-commit"])));
    assert!(place.hooks().join("pre-commit").exists(), "worktrees share their hooks");
    write(&tree, "tree.env", &line(5));
    git(&tree, &["add", "-A"]);
    refused(&try_git(&tree, &["commit", "-m", "x"]), &["tree.env:1:14"]);

    let inner = Place::new();
    succeeded(&place.try_git(&["submodule", "--quiet", "add", inner.folder().to_str().unwrap(), "inner"]));
    let folder = place.folder().join("inner");
    succeeded(&in_git(command(&folder).args(["hook", "install"])));
    assert!(place.folder().join(".git/modules/inner/hooks/pre-commit").exists());
    write(&folder, "inner.env", &line(6));
    git(&folder, &["add", "-A"]);
    refused(&try_git(&folder, &["commit", "-m", "x"]), &["inner.env:1:14"]);

    let bare = place.top.path().join("bare.git");
    fs::create_dir_all(&bare).unwrap();
    git(&bare, &["init", "-q", "--bare", "-b", "main"]);
    succeeded(&in_git(command(&bare).args(["hook", "install"])));
    let push = place.try_git(&["push", bare.to_str().unwrap(), "main:main"]);
    succeeded(&push);
    git(&place.folder(), &["commit", "-q", "--no-verify", "-m", "inner"]);
    write(&place.folder(), "app.env", &line(7));
    place.commit("a leak");
    let push = place.try_git(&["push", bare.to_str().unwrap(), "main:main"]);
    refused(&push, &["app.env:1:14", "what was pushed is refused", "the server's policy"]);
}

#[test]
fn what_cannot_be_installed_or_found_is_told() {
    let place = Place::new();
    let hook = place.hooks().join("pre-commit");
    succeeded(&place.scrubjay(&["hook", "install", "pre-commit"]));
    let text = fs::read_to_string(&hook).unwrap();
    fs::write(&hook, format!("{text}echo more\n")).unwrap();
    for verb in ["install", "uninstall"] {
        let told = complaint(&place.scrubjay(&["hook", verb, "pre-commit"]));
        assert!(told.contains("was changed since it was installed"), "{told}");
    }
    assert!(fs::read_to_string(&hook).unwrap().ends_with("echo more\n"));
    // A hook without its program lets nothing pass.
    fs::write(&hook, text.replace(env!("CARGO_BIN_EXE_scrubjay"), "/no/such/scrubjay")).unwrap();
    let path = std::env::join_paths(["/usr/bin", "/bin"]).unwrap();
    let commit = ["-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--allow-empty", "-m", "x"];
    let commit = in_git(Command::new("git").args(commit).env("PATH", path).current_dir(place.folder()));
    refused(&commit, &["the pre-commit hook finds no scrubjay"]);
    succeeded(&place.scrubjay(&["hook", "install", "pre-commit"]));
    // Another program that put its hook over ours.
    script(&place.hooks().join("pre-commit.before-scrubjay"), "exit 0");
    script(&hook, "exit 0");
    let told = complaint(&place.scrubjay(&["hook", "install", "pre-commit"]));
    assert!(told.contains("is there already"), "{told}");
    git(&place.folder(), &["config", "core.hooksPath", "/dev/null"]);
    let told = complaint(&place.scrubjay(&["hook", "install", "pre-commit"]));
    assert!(told.contains("hooks are switched off"), "{told}");
    let nowhere = tempfile::tempdir().unwrap();
    let told = complaint(&in_git(command(nowhere.path()).args(["hook", "install"])));
    assert!(told.contains("not a git repository"), "{told}");
}

#[test]
fn what_could_not_be_read_says_how_to_go_on() {
    let place = Place::new();
    succeeded(&place.scrubjay(&["hook", "install", "pre-commit"]));
    write(&place.folder(), "a.gz", "\u{1f}");
    fs::write(place.folder().join("a.gz"), b"\x1f\x8b\x08\0\0\0\0\0\0\x03").unwrap();
    git(&place.folder(), &["add", "-A"]);
    refused(&place.try_git(&["commit", "-m", "x"]), &["truncated", "SCRUBJAY_ALLOW_INCOMPLETE=1"]);
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
    let mut commit = Command::new("git");
    commit.args(identity).args(["commit", "-q", "-m", "x"]).current_dir(place.folder());
    succeeded(&in_git(commit.env("SCRUBJAY_ALLOW_INCOMPLETE", "1")));
}

mod framework {
    use super::*;

    /// The framework's own program, as `./test` installs it.
    fn program() -> PathBuf {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/python/bin/pre-commit");
        assert!(own.is_file(), "pre-commit runs hooks in tests, and is not here: ./test installs it");
        own
    }

    fn run(place: &Place, arguments: &[&str]) -> Output {
        let program_folder = Path::new(env!("CARGO_BIN_EXE_scrubjay")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let folders = [program_folder.to_owned()].into_iter().chain(std::env::split_paths(&path));
        let mut command = Command::new(program());
        command.args(arguments).current_dir(place.folder()).env("PATH", std::env::join_paths(folders).unwrap());
        // It gives the folder of its clones to git, which may be of any owner.
        command.env("HOME", place.top.path()).env("XDG_CACHE_HOME", place.top.path().join("cache"));
        command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "protocol.file.allow");
        command.env("GIT_CONFIG_VALUE_0", "always").env("PRE_COMMIT_COLOR", "never");
        in_git(&mut command)
    }

    /// A repository that has `.pre-commit-hooks.yaml` as ours has it, and one that uses it.
    fn set_up() -> Place {
        let place = Place::new();
        let ours = place.top.path().join("ours");
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
        write(&ours, ".pre-commit-hooks.yaml", &fs::read_to_string(manifest).unwrap());
        git(&ours, &["init", "-q", "-b", "main"]);
        git(&ours, &["add", "-A"]);
        git(&ours, &["commit", "-q", "-m", "one"]);
        let revision = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(&ours).output().unwrap();
        let config = format!(
            "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: scrubjay-system\n",
            ours.display(),
            stdout(&revision).trim()
        );
        write(&place.folder(), ".pre-commit-config.yaml", &config);
        place.commit("config");
        place
    }

    #[test]
    fn the_manifest_is_valid() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
        let output = Command::new(program()).arg("validate-manifest").arg(&manifest).output().unwrap();
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
        let text = fs::read_to_string(manifest).unwrap();
        let image = format!("ghcr.io/scrubjay/scrubjay:{}", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&image), "the image is that of this version");
        for id in ["scrubjay", "scrubjay-system", "scrubjay-docker"] {
            assert!(text.lines().any(|line| line == format!("- id: {id}")), "{id}");
        }
    }

    #[test]
    fn it_judges_what_is_staged_a_range_and_all_files() {
        let place = set_up();
        assert_eq!(exit(&run(&place, &["run", "--all-files"])), 0);
        write(&place.folder(), "app.env", &line(10));
        git(&place.folder(), &["add", "-A"]);
        refused(&run(&place, &["run"]), &["app.env:1:14", "git restore --staged"]);
        place.commit("a leak");
        refused(&run(&place, &["run", "--all-files"]), &["app.env:1:14"]);
        write(&place.folder(), "more", "more\n");
        place.commit("more");
        let range = |from: &str| run(&place, &["run", "--from-ref", from, "--to-ref", "HEAD"]);
        refused(&range("HEAD~2"), &["app.env:1:14", "introduced by this change"]);
        assert_eq!(exit(&range("HEAD~1")), 0);
    }

    #[test]
    fn it_judges_pushes_the_first_of_all_too() {
        let place = set_up();
        let bare = place.top.path().join("bare.git");
        fs::create_dir_all(&bare).unwrap();
        git(&bare, &["init", "-q", "--bare", "-b", "main"]);
        git(&place.folder(), &["remote", "add", "origin", bare.to_str().unwrap()]);
        succeeded(&run(&place, &["install", "--hook-type", "pre-push"]));
        write(&place.folder(), "app.env", &line(11));
        place.commit("a leak");
        write(&place.folder(), "app.env", "clean\n");
        place.commit("gone again");
        let push = |arguments: &[&str]| {
            let program_folder = Path::new(env!("CARGO_BIN_EXE_scrubjay")).parent().unwrap();
            let path = std::env::var_os("PATH").unwrap();
            let folders = [program_folder.to_owned()].into_iter().chain(std::env::split_paths(&path));
            let mut command = Command::new("git");
            command.args(arguments).current_dir(place.folder()).env("PATH", std::env::join_paths(folders).unwrap());
            command.env("HOME", place.top.path()).env("XDG_CACHE_HOME", place.top.path().join("cache"));
            in_git(&mut command)
        };
        refused(&push(&["push", "origin", "main"]), &["app.env:1:14", "added and removed again"]);
        git(&place.folder(), &["push", "-q", "--no-verify", "origin", "main"]);
        write(&place.folder(), "new.env", &line(12));
        place.commit("another");
        refused(&push(&["push", "origin", "main"]), &["new.env:1:14", "introduced by this change"]);
        git(&place.folder(), &["reset", "-q", "--hard", "HEAD~1"]);
        write(&place.folder(), "more", "more\n");
        place.commit("more");
        succeeded(&push(&["push", "-q", "origin", "main"]));
    }
}
