//! Why a command could not be carried out: one line a person can act on, and the exit code.

use std::fmt;

use crate::detect::Detector;
use crate::scan;
use crate::signature::{self, RuleSet};

/// No token that its shape tells is shorter, in bytes.
const SHORTEST: usize = 16;

/// The exit codes, a promise to users.
pub mod code {
    /// All that was asked for was read; nothing to fail on.
    pub const CLEAN: u8 = 0;
    /// Findings that `--fail-on` names.
    pub const FINDINGS: u8 = 1;
    /// The command could not be carried out.
    pub const ERROR: u8 = 2;
    /// Something was lost and not accepted.
    pub const INCOMPLETE: u8 = 3;
    /// Stopped by SIGINT, SIGTERM or SIGHUP.
    pub const INTERRUPTED: u8 = 130;
}

/// A command that could not be carried out. Shown as `scrubjay: what: which: why: what to try`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What could not be done, and with which object.
    pub what: String,
    /// The cause.
    pub why: String,
    /// What to try; empty where the cause says it.
    pub remedy: String,
}

impl Failure {
    /// A failure without a remedy beyond its cause.
    pub fn new(what: impl Into<String>, why: impl fmt::Display) -> Self {
        Failure { what: what.into(), why: without_number(why.to_string()), remedy: String::new() }
    }

    /// The line that is printed: words that were typed are quoted in it, and may be secrets.
    pub fn told(&self) -> String {
        without_tokens(&self.to_string())
    }

    /// Adds what to try.
    #[must_use]
    pub fn or_try(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

/// The system's words for an error, less its number, which says nothing more.
fn without_number(why: String) -> String {
    match why.split_once(" (os error ") {
        Some((words, number)) if number.trim_end_matches(')').bytes().all(|byte| byte.is_ascii_digit()) => {
            words.to_owned()
        }
        _ => why,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { what, why, remedy } = self;
        let text = if remedy.is_empty() { format!("{what}: {why}") } else { format!("{what}: {why}: {remedy}") };
        write!(f, "scrubjay: {}", without_bare_logins(&without_logins(&text)))
    }
}

/// A message less the tokens in it: what was typed is quoted there, and logs keep it.
pub fn without_tokens(text: &str) -> String {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    // Words and paths as people write them have nothing to be looked for, and signatures take a moment to load.
    if !text
        .split(|c| !is_of_token(c))
        .any(|word| word.len() >= SHORTEST && word.contains(|c: char| c.is_ascii_digit()))
    {
        return text.to_owned();
    }
    match RuleSet::compile(&signature::embedded_lean(), false) {
        Ok(rules) => String::from_utf8_lossy(&scan::masked_name(&Detector::new(&rules), text.as_bytes())).into_owned(),
        Err(_) => text.to_owned(),
    }
}

/// A text less what may be a password in its URLs: whatever was typed is quoted in messages, and logs keep these.
fn without_logins(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        shown.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')).unwrap_or(after.len());
        let url = &after[..end];
        let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
        let login = authority.rfind('@').map_or(0, |at| at + 1);
        // A query can hold a token; the colon before the cause is none of it.
        let query = url.find('?').unwrap_or(url.len());
        shown.push_str(&url[login..query]);
        shown.push_str(if query < url.len() && url.ends_with(':') { ":" } else { "" });
        rest = &after[end..];
    }
    shown + rest
}

/// A text less what may be a password in addresses without a scheme: `…@HOST` of `USER:PASSWORD@HOST`.
fn without_bare_logins(text: &str) -> String {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    text.split_inclusive(is_between)
        .map(|word| login_end(word).map_or(word.into(), |end| format!("…{}", &word[end..])))
        .collect()
}

/// Where the login before an address ends, at the `@`. A path has none, nor has what is before a digest.
fn login_end(word: &str) -> Option<usize> {
    let first = word.find('@')?;
    let last = word.find('/').map_or(word.len(), |slash| slash.max(first));
    let end = word[..last].rfind('@').unwrap_or(first);
    let is_digest = ["sha256:", "sha512:"].iter().any(|algorithm| word[end + 1..].starts_with(algorithm));
    (word[..first].contains(':') && !word.starts_with(['.', '/', '~']) && !is_digest).then_some(end)
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_has_the_login_of_a_url() {
        for (what, expected) in [
            ("chart: https://bob:p:ss@h.example:1/x.git", "scrubjay: chart: https://h.example:1/x.git: no"),
            ("`ssh://bob@h/x` and 'https://t0k@h'", "scrubjay: `ssh://h/x` and 'https://h': no"),
            ("config: https://h/x?token=t0k", "scrubjay: config: https://h/x: no"),
            ("a@b: c", "scrubjay: a@b: c: no"),
            ("git: x:t0k@h/a.git", "scrubjay: git: …@h/a.git: no"),
            ("git:t0k@h:org/a@1.git", "scrubjay: …@h:org/a@1.git: no"),
            ("`bob:t0:k@h.example:5000/x:1`", "scrubjay: `…@h.example:5000/x:1`: no"),
            ("bob:t/0/k@h/x", "scrubjay: …@h/x: no"),
            ("git@h:org/a.git", "scrubjay: git@h:org/a.git: no"),
            ("h:5000/x:1@sha256:00", "scrubjay: h:5000/x:1@sha256:00: no"),
            ("/srv/a:b@c", "scrubjay: /srv/a:b@c: no"),
        ] {
            assert_eq!(Failure::new(what, "no").to_string(), expected);
        }
    }

    #[test]
    fn the_number_of_a_system_error_is_left_out() {
        let cause = std::io::Error::from_raw_os_error(2);
        let failure = Failure::new("scan: nowhere", &cause).to_string();
        assert!(failure.starts_with("scrubjay: scan: nowhere: ") && !failure.contains("os error"), "{failure}");
        assert!(!failure.ends_with(' '), "{failure}");
    }

    #[test]
    fn one_line_says_what_why_and_what_to_try() {
        let failure = Failure::new("scan: nowhere", "no such file or directory");
        assert_eq!(failure.to_string(), "scrubjay: scan: nowhere: no such file or directory");
        assert_eq!(
            failure.or_try("name a file that is there").to_string(),
            "scrubjay: scan: nowhere: no such file or directory: name a file that is there"
        );
    }
}
