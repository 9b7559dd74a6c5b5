//! Runs the git that is installed: in an environment in which neither a URL, nor the other side, nor a variable makes it
//! run or say more than was asked for, and never longer than allowed. Where hooks are installed, the user's own git is asked.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::origin::printable;
use crate::source::child;

/// Bytes of git's own error message that are shown.
const LONGEST_MESSAGE: usize = 400;
/// Bytes kept of the end of what git says.
const KEPT: usize = 4_096;
/// How long the last words of a git that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Variables of git that are the user's own settings. All others that begin with `GIT_` would make it look elsewhere, say
/// more than it should, or take config from the environment, and are cleared.
const KEPT_VARIABLES: [&str; 16] = [
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_HTTP_LOW_SPEED_LIMIT",
    "GIT_HTTP_LOW_SPEED_TIME",
    "GIT_HTTP_PROXY_AUTHMETHOD",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_CERT",
    "GIT_SSL_KEY",
    "GIT_SSL_NO_VERIFY",
];

/// Why git did not do what it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be started; the cause, for a person.
    NotStarted(String),
    /// It failed; the end of what it said, printable and on one line.
    Failed(String),
    /// It was told to stop, and was killed with all that it had started.
    Stopped,
}

/// Whether to give up: asked again and again while git runs.
pub type Stopped<'a> = &'a dyn Fn() -> bool;

/// A git command in `folder`, which may use `protocols` alone (as in `GIT_ALLOW_PROTOCOL`), with further config.
pub(super) fn git(folder: &Path, protocols: &str, config: &[(String, String)]) -> Command {
    let mut git = Command::new("git");
    for (name, _) in std::env::vars_os() {
        let name_of_variable = name.to_string_lossy();
        let cleared = name_of_variable.starts_with("GIT_") && !KEPT_VARIABLES.contains(&&*name_of_variable);
        if cleared || child::is_own_variable(&name_of_variable) {
            git.env_remove(&name);
        }
    }
    git.current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        // ssh asks on the terminal by itself; without one to ask it says no.
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_ADVICE", "0")
        // Not the config of a repository that the folder happens to lie in.
        .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(folder))
        .env("GIT_ALLOW_PROTOCOL", protocols);
    if std::env::var_os("SSH_ASKPASS").is_none() {
        git.env("SSH_ASKPASS", "false");
    }
    let always = [
        ("core.hooksPath", if cfg!(windows) { "NUL" } else { "/dev/null" }),
        ("core.fsmonitor", "false"),
        ("transfer.bundleURI", "false"),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        // A git that outlives this program must not wait for a silent server for ever.
        ("http.lowSpeedLimit", "1"),
        ("http.lowSpeedTime", "600"),
    ];
    let always = always.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    // In the environment, where other users of this machine cannot read it.
    let mut count = 0;
    for (key, value) in always.chain(config.iter().cloned()) {
        git.env(format!("GIT_CONFIG_KEY_{count}"), key).env(format!("GIT_CONFIG_VALUE_{count}"), value);
        count += 1;
    }
    git.env("GIT_CONFIG_COUNT", count.to_string());
    git
}

/// Runs a git command to its end, or until it is to stop; then it is killed with its whole process group.
pub(super) fn run<S: AsRef<OsStr>>(
    git: Command,
    arguments: impl IntoIterator<Item = S>,
    stopped: Stopped<'_>,
) -> Result<(), Trouble> {
    run_fed(git, arguments, Stdio::null(), stopped)
}

/// [`run`] with something to read.
pub(super) fn run_fed<S: AsRef<OsStr>>(
    mut git: Command,
    arguments: impl IntoIterator<Item = S>,
    input: Stdio,
    stopped: Stopped<'_>,
) -> Result<(), Trouble> {
    git.args(arguments).stdin(input).stdout(Stdio::null());
    run_to_its_end(&mut git, stopped).map(drop)
}

/// [`run`], and what it prints: the last 4 KiB.
pub(super) fn run_for<S: AsRef<OsStr>>(
    mut git: Command,
    arguments: impl IntoIterator<Item = S>,
    stopped: Stopped<'_>,
) -> Result<Vec<u8>, Trouble> {
    git.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    run_to_its_end(&mut git, stopped)
}

fn run_to_its_end(git: &mut Command, stopped: Stopped<'_>) -> Result<Vec<u8>, Trouble> {
    if stopped() {
        return Err(Trouble::Stopped);
    }
    git.stderr(Stdio::piped());
    let mut child = child::start(git).map_err(|cause| {
        Trouble::NotStarted(match cause.kind() {
            std::io::ErrorKind::NotFound => "git is not installed, and is needed to clone".to_owned(),
            _ => format!("git cannot be started: {cause}"),
        })
    })?;
    let (printed, words) = (child.stdout.take().map(listen), child.stderr.take().map(listen));
    let said = |words: Option<Receiver<Vec<u8>>>| words.and_then(|words| words.recv_timeout(LAST_WORDS).ok());
    match child::wait(&mut child, stopped) {
        Ok(Some(status)) if status.success() => Ok(said(printed).unwrap_or_default()),
        Ok(Some(_)) => Err(Trouble::Failed(message(&said(words).unwrap_or_default()))),
        Ok(None) => Err(Trouble::Stopped),
        Err(cause) => Err(Trouble::Failed(format!("git cannot be waited for: {cause}"))),
    }
}

/// The end of what a child says. On a thread of its own: what the child started may hold the pipe open longer than it lives.
fn listen(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = [0; KEPT];
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            kept.extend_from_slice(&buffer[..read]);
            kept.drain(..kept.len().saturating_sub(KEPT));
        }
        let _ = sender.send(kept);
    });
    receiver
}

/// What git said last, on one line.
fn message(said: &[u8]) -> String {
    // What a broken server says may end in zeros.
    let said = said.trim_ascii_end();
    let said = &said[..said.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)];
    let text = printable(said.trim_ascii()).replace("\\n", "; ").replace("\\u{0}", "");
    let start = text.len().saturating_sub(LONGEST_MESSAGE);
    (start..text.len()).find_map(|at| text.get(at..)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn what_runs_too_long_is_killed_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let git = git(folder.path(), "https", &[]);
        // An alias that starts a shell, which starts another process.
        let alias = "alias.wait=!sleep 30 & echo $! >child; sleep 30";
        let begun = Instant::now();
        let child = || std::fs::read_to_string(folder.path().join("child")).unwrap_or_default();
        let stopped = || child().ends_with('\n') || begun.elapsed() > Duration::from_secs(20);
        let told = run(git, ["-c", alias, "wait"], &stopped);
        assert_eq!(told, Err(Trouble::Stopped));
        assert!(begun.elapsed() < Duration::from_secs(15));
        let stat = format!("/proc/{}/stat", child().trim());
        let is_alive = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
        // A killed process is gone when the system comes to it; this one would sleep on for as long as the test waits.
        while is_alive() && begun.elapsed() < Duration::from_secs(25) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!is_alive(), "the grandchild outlives git");
    }

    #[test]
    fn a_failure_is_told_on_one_short_line() {
        let folder = tempfile::tempdir().unwrap();
        let told = run(git(folder.path(), "https", &[]), ["rev-parse", "--verify", "nothing"], &|| false);
        let Err(Trouble::Failed(message)) = told else { panic!("{told:?}") };
        assert!(
            message.contains("fatal: ") && !message.contains('\n') && message.len() <= LONGEST_MESSAGE,
            "{message}"
        );
    }

    #[test]
    fn only_named_variables_of_git_are_passed_on() {
        let git = git(Path::new("/nowhere/x"), "https", &[("a.b".to_owned(), "c".to_owned())]);
        let given = |name: &str| git.get_envs().find(|(key, _)| *key == name).and_then(|(_, value)| value);
        assert_eq!(given("GIT_ALLOW_PROTOCOL"), Some(OsStr::new("https")));
        assert_eq!(given("GIT_CONFIG_COUNT"), Some(OsStr::new("8")));
        assert_eq!(given("GIT_CONFIG_KEY_7"), Some(OsStr::new("a.b")));
    }
}
