//! Credential helpers of Docker: programs that are given a registry's name and print a login as JSON (docker-credential-helpers).

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::stop::Stop;
use crate::origin::printable;
use crate::source::child;

/// How long a helper may take: some ask a server, or a person for a password.
const LONGEST: Duration = Duration::from_secs(30);

/// How long the output of a helper that has ended is waited for: what it started may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Bytes of a login, at most.
const MAX_ANSWER: u64 = 1 << 20;

/// What a helper prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Answer {
    pub username: String,
    pub secret: String,
}

/// Why a helper gave no login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// It cannot be started.
    NotStarted,
    /// It ended with a failure: helpers do so, too, for a registry that they know nothing of.
    Failed,
    /// What it printed is no login.
    NoLogin,
    /// It took too long.
    TooLong,
    /// The run was stopped meanwhile.
    Stopped,
}

/// The program of a helper as Docker's config names it.
fn program_of(helper: &str) -> String {
    format!("docker-credential-{helper}")
}

/// Asks a helper for the login of a registry. Nothing of what it says is kept but that.
pub(super) fn ask(helper: &str, registry: &str, stop: &Stop<'_>) -> Result<Answer, NoAnswer> {
    let mut command = Command::new(program_of(helper));
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let own = std::env::vars_os().map(|(name, _)| name).filter(|name| child::is_own_variable(&name.to_string_lossy()));
    own.for_each(|name| {
        command.env_remove(name);
    });
    let mut program = child::start(&mut command).map_err(|_| NoAnswer::NotStarted)?;
    if let Some(mut stdin) = program.stdin.take() {
        // One that needs no name may have ended already.
        let _ = stdin.write_all(registry.as_bytes());
    }
    let (sender, printed) = channel();
    if let Some(stdout) = program.stdout.take() {
        std::thread::spawn(move || {
            let mut answer = Vec::new();
            let mut stdout = stdout;
            let whole = stdout.by_ref().take(MAX_ANSWER).read_to_end(&mut answer);
            let _ = sender.send(whole.is_ok().then_some(answer));
            // What is too long is no login; it is read, so that the program ends.
            let _ = io::copy(&mut stdout, &mut io::sink());
        });
    }
    let begun = Instant::now();
    let is_over = || stop() || begun.elapsed() > LONGEST;
    match child::wait(&mut program, &is_over) {
        Ok(Some(status)) if status.success() => {}
        Ok(None) if stop() => return Err(NoAnswer::Stopped),
        Ok(None) => return Err(NoAnswer::TooLong),
        Ok(Some(_)) | Err(_) => return Err(NoAnswer::Failed),
    }
    let answer = printed.recv_timeout(LAST_WORDS).ok().flatten().ok_or(NoAnswer::NoLogin)?;
    serde_json::from_slice(&answer).map_err(|_| NoAnswer::NoLogin)
}

impl NoAnswer {
    /// For a person who wants to log in to `host`.
    pub fn told(self, helper: &str, host: &str) -> String {
        let program = printable(program_of(helper).as_bytes());
        let why = match self {
            NoAnswer::NotStarted => "cannot be run: is it installed?".to_owned(),
            NoAnswer::Failed => format!("gives none; try `docker login {host}`"),
            NoAnswer::NoLogin => "gives an answer that is no login".to_owned(),
            NoAnswer::TooLong => format!("gave no answer within {} s and was ended", LONGEST.as_secs()),
            NoAnswer::Stopped => "was ended with the run".to_owned(),
        };
        format!("{program}, which Docker's config names, {why}")
    }
}
