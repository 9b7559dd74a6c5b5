//! Repositories elsewhere over the transports that people use: https with a certificate authority of one's own, and ssh. What
//! is started, with which arguments, and what none of them gets to see.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/https.rs"]
mod server;
#[path = "common/smart_http.rs"]
mod smart_http;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use common::{command, complaint, exit, git, stderr, stdout, token, write};
use serde_json::Value;
use server::{certificates, self_signed, serve, serve_with};
use smart_http::{INSTEAD, LONG, PASSWORD, hanging};

/// A bare repository with a token.
fn bare(folder: &Path, name: &str, seed: u64) {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    write(work.path(), "app.env", &format!("T={}\n", token(seed)));
    git(work.path(), &["add", "-A"]);
    git(work.path(), &["commit", "-q", "-m", "one"]);
    let target = folder.join(name);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    git(work.path(), &["clone", "-q", "--bare", ".", target.to_str().unwrap()]);
}

/// A git of its own settings only.
fn scrubjay(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(folder);
    command.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    // Whom this machine trusts is not asked.
    command.env_remove("GIT_SSL_CAINFO").env_remove("GIT_SSL_CAPATH").env_remove("GIT_SSL_NO_VERIFY");
    command
}

mod https {
    use super::*;

    fn report(output: &Output) -> Value {
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", stdout(output), stderr(output)))
    }

    #[test]
    fn an_authority_of_ones_own_is_trusted_when_git_does() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path();
        certificates(folder);
        bare(folder, "served/app.git", 1);
        bare(folder, "served/secret/app.git", 2);
        let port = serve(&folder.join("served"), folder);
        let url = |path: &str| format!("https://127.0.0.1:{port}/{path}");
        let ca = folder.join("ca.pem");
        let one = scrubjay(folder, &["git", &url("app.git")]).env("GIT_SSL_CAINFO", &ca).output().unwrap();
        assert_eq!(exit(&one), 1, "{}{}", stdout(&one), stderr(&one));
        let untrusted = complaint(&scrubjay(folder, &["git", &url("app.git")]).output().unwrap());
        assert!(untrusted.contains("git cannot clone it") && untrusted.contains("certificate"), "{untrusted}");

        write(folder, "list", &format!("{} name=open\n{} name=closed\n", url("app.git"), url("secret/app.git")));
        let arguments = ["sweep", "list", "--mirror-dir", "mirrors", "--state", "state", "--format", "json"];
        let sweep = |change: &dyn Fn(&mut Command)| {
            let mut command = scrubjay(folder, &arguments);
            change(&mut command);
            let output = command.output().unwrap();
            let report = report(&output);
            let verdict = |number: usize| report["sweep"]["targets"][number]["verdict"].as_str().unwrap().to_owned();
            (exit(&output), [verdict(0), verdict(1)], report)
        };
        let (code, verdicts, told) = sweep(&|_| {});
        assert_eq!((code, verdicts), (3, ["failed".to_owned(), "failed".to_owned()]), "nobody is trusted");
        assert!(told["sweep"]["targets"][0]["reason"].as_str().unwrap().contains("certificate"), "{told}");
        let login = format!("127.0.0.1:{port}=me:{PASSWORD}");
        let (code, verdicts, told) = sweep(&|command| {
            command.env("GIT_SSL_CAINFO", &ca).env("SCRUBJAY_GIT_TOKEN", &login);
        });
        assert_eq!((code, verdicts), (1, ["findings".to_owned(), "findings".to_owned()]), "{told}");
        // Where the user's own git config names the authority, no variable is needed.
        write(folder, "gitconfig", &format!("[http]\n\tsslCAInfo = {}\n", ca.display()));
        let (code, verdicts, told) = sweep(&|command| {
            command.env("GIT_CONFIG_GLOBAL", folder.join("gitconfig")).env("SCRUBJAY_GIT_TOKEN", &login);
        });
        assert_eq!((code, verdicts), (1, ["findings".to_owned(), "findings".to_owned()]), "{told}");
    }

    #[test]
    fn a_silent_server_costs_no_more_than_the_time_that_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("https://127.0.0.1:{}/app.git", hanging());
        let begun = Instant::now();
        let output = scrubjay(folder.path(), &["git", &url, "--timeout", "1s", "--format", "json"]).output().unwrap();
        assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
        assert_eq!(exit(&output), 3, "{}", stderr(&output));
        assert_eq!(report(&output)["coverage"]["skipped"][0]["reason"], "timed-out");
    }

    #[test]
    fn what_is_no_git_server_is_not_an_empty_repository() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path();
        certificates(folder);
        fs::create_dir(folder.join("served")).unwrap();
        git(folder, &["init", "-q", "--bare", "served/app.git"]);
        let port = serve(&folder.join("served"), folder);
        let scan = || {
            let url = format!("https://127.0.0.1:{port}/app.git");
            scrubjay(folder, &["git", &url]).env("GIT_SSL_CAINFO", folder.join("ca.pem")).output().unwrap()
        };
        assert_eq!(exit(&scan()), 0, "one that is empty is clean: {}", stderr(&scan()));
        write(folder, &format!("served/{INSTEAD}"), "{\"error\": \"sign in first\"}");
        let told = complaint(&scan());
        assert!(told.contains("not as a git server does") && exit(&scan()) == 2, "{told}");
    }

    #[test]
    fn a_registry_with_an_authority_of_ones_own() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path();
        certificates(folder);
        let mut content = fake_registry::Content::default();
        let layer = fake_registry::tar(&[("app.env", format!("T={}\n", token(1)).as_bytes())]);
        content.image("team/app", "1", "", &[&layer]);
        let log = std::sync::Mutex::default();
        let port = serve_with(folder, move |stream| {
            fake_registry::serve(stream, &|request| content.answer(request), &log);
        });
        let name = format!("127.0.0.1:{port}/team/app:1");
        let scan = |more: &[&str], change: &dyn Fn(&mut Command)| {
            let mut command = scrubjay(folder, &[&["image", &name, "--quiet"], more].concat());
            command.env("DOCKER_CONFIG", folder.join("docker")).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
            change(&mut command);
            command.output().unwrap()
        };
        let found = |output: Output| assert_eq!(exit(&output), 1, "{}{}", stdout(&output), stderr(&output));
        found(scan(&["--ca-file", "ca.pem"], &|_| {}));
        found(scan(&["--insecure-skip-tls-verify"], &|_| {}));
        // A registry on this machine is spoken with in plain words unless certificates are spoken of.
        let plain = complaint(&scan(&[], &|_| {}));
        assert!(plain.contains("plain HTTP"), "{plain}");
        fs::write(folder.join("other.pem"), fs::read(folder.join("server.pem")).unwrap()).unwrap();
        let untrusted = complaint(&scan(&["--ca-file", "other.pem"], &|_| {}));
        assert!(untrusted.contains("certificate"), "{untrusted}");
        found(scan(&["--ca-file", "other.pem"], &|command| {
            command.env("SSL_CERT_FILE", folder.join("ca.pem"));
        }));
        write(folder, "none.pem", "no certificate");
        let none = complaint(&scan(&["--ca-file", "none.pem"], &|_| {}));
        assert!(none.contains("none.pem") && none.contains("no certificate"), "{none}");
    }

    #[test]
    fn a_registry_that_is_its_own_authority_is_told_in_words_and_once() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path();
        self_signed(folder);
        let tries = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = std::sync::Arc::clone(&tries);
        let port = serve_with(folder, move |stream| {
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            fake_registry::serve(stream, &|_| fake_registry::Answer::of(404), &std::sync::Mutex::default());
        });
        let name = format!("127.0.0.1:{port}/team/app:1");
        let mut command = scrubjay(folder, &["image", &name, "--ca-file", "server.pem"]);
        let said = complaint(&command.env("DOCKER_CONFIG", folder.join("docker")).output().unwrap());
        assert!(said.contains("its certificate is one of an authority (CA:TRUE) and not of a server"), "{said}");
        assert_eq!(tries.load(std::sync::atomic::Ordering::SeqCst), 1, "{said}");
    }

    #[test]
    fn so_does_a_silent_registry() {
        let folder = tempfile::tempdir().unwrap();
        let image = format!("127.0.0.1:{}/app:1", hanging());
        let begun = Instant::now();
        let output =
            scrubjay(folder.path(), &["image", &image, "--timeout", "1s", "--format", "json"]).output().unwrap();
        assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
        assert_eq!(exit(&output), 3, "{}", stderr(&output));
        assert_eq!(report(&output)["coverage"]["skipped"][0]["reason"], "timed-out");
    }
}

mod ssh {
    use super::*;

    /// A folder with an `ssh` that notes what it is given and runs the command here, as the other side would.
    fn stub(folder: &Path) -> PathBuf {
        let bin = folder.join("bin");
        fs::create_dir_all(&bin).unwrap();
        let noted = folder.join("noted");
        let script = format!(
            "#!/bin/sh\nfor one; do printf '%s\\n' \"$one\"; last=$one; done >'{0}'\nenv >'{0}.env'\nexec sh -c \"$last\"\n",
            noted.display()
        );
        fs::write(bin.join("ssh"), script).unwrap();
        fs::set_permissions(bin.join("ssh"), fs::Permissions::from_mode(0o755)).unwrap();
        bin
    }

    fn with_stub(folder: &Path, arguments: &[&str]) -> Output {
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths([stub(folder)].into_iter().chain(std::env::split_paths(&path))).unwrap();
        scrubjay(folder, arguments)
            .env("PATH", path)
            .env("SCRUBJAY_GIT_TOKEN", "git.example=me:not-for-ssh")
            .env_remove("GIT_SSH")
            .env_remove("GIT_SSH_COMMAND")
            .output()
            .unwrap()
    }

    fn noted(folder: &Path) -> Vec<String> {
        fs::read_to_string(folder.join("noted")).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn it_is_started_with_a_host_and_one_quoted_command() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path();
        bare(folder, "app.git", 1);
        let path = folder.join("app.git");
        let path = path.display();
        let of = [
            (format!("ssh://git@git.example:2222{path}"), &["-p", "2222"][..], "git@git.example"),
            (format!("git@git.example:{path}"), &[], "git@git.example"),
            (format!("ssh://git.example{path}"), &[], "git.example"),
        ];
        for (url, port, host) in of {
            let output = with_stub(folder, &["git", &url]);
            assert_eq!(exit(&output), 1, "{url}: {}{}", stdout(&output), stderr(&output));
            let noted = noted(folder);
            let given: Vec<&str> = noted.iter().map(String::as_str).collect();
            let [.., host_given, program] = given[..] else { panic!("{given:?}") };
            assert_eq!((host_given, program), (host, &*format!("git-upload-pack '{path}'")), "{url}");
            assert!(port.is_empty() || given.windows(2).any(|two| two == port), "{given:?}");
            let environment = fs::read_to_string(folder.join("noted.env")).unwrap();
            assert!(!environment.contains("not-for-ssh"), "tokens are not for other programs");
            assert!(environment.contains("SSH_ASKPASS=false") && environment.contains("GIT_TERMINAL_PROMPT=0"));
        }
        write(folder, "list", &format!("git@git.example:{path} name=app\n"));
        let swept = with_stub(folder, &["sweep", "list", "--mirror-dir", "mirrors", "--state", "state"]);
        assert_eq!(exit(&swept), 1, "{}{}", stdout(&swept), stderr(&swept));
        assert!(stdout(&swept).contains("app.env"), "{}", stdout(&swept));
    }

    #[test]
    fn a_path_is_no_command_and_a_host_no_option() {
        let top = tempfile::tempdir().unwrap();
        let folder = top.path();
        let witness = folder.join("witness");
        let touch = format!("touch {}", witness.display());
        let quoted = [
            format!("ssh://git@git.example/srv/$(touch%20{})/app.git", witness.display()),
            format!("git@git.example:x';{touch};'y.git"),
            format!("git@git.example:`{touch}`"),
            format!("git@git.example:a.git --upload-pack={touch}"),
        ];
        for url in &quoted {
            let output = with_stub(folder, &["git", url]);
            assert_eq!(exit(&output), 2, "{url}: there is no such repository: {}", stderr(&output));
            assert!(!witness.exists(), "{url}");
            assert!(folder.join("noted").exists(), "{url}: {}", stderr(&output));
            let last = noted(folder).pop().unwrap();
            assert!(last.starts_with("git-upload-pack '"), "{url}: {last}");
            fs::remove_file(folder.join("noted")).unwrap();
        }
        for url in [
            format!("ssh://-oProxyCommand={touch}/x"),
            format!("ssh://-oProxyCommand={touch}@git.example/x"),
            format!("-oProxyCommand={touch}@git.example:x"),
            format!("ext::sh -c {touch}"),
        ] {
            let output = with_stub(folder, &["git", "--", &url]);
            assert_eq!(exit(&output), 2, "{url}: {}{}", stdout(&output), stderr(&output));
            write(folder, "list", &format!("{url}\n"));
            let output = with_stub(folder, &["sweep", "list", "--mirror-dir", "mirrors", "--state", "state"]);
            assert_eq!(exit(&output), 2, "{url}: {}{}", stdout(&output), stderr(&output));
            assert!(!witness.exists() && !folder.join("noted").exists(), "{url}: ssh was not started");
        }
    }
}
