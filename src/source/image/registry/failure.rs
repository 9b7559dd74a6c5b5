//! Why a request failed, whether another try could help, and how long to wait before it. No text of a server, and no URL, is
//! kept.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::Response;
use reqwest::header::RETRY_AFTER;

use super::stop::{LOOK, Stop};
use crate::blob::Reason;
use crate::origin::printable;
use crate::source::image::store::Loss;

/// Pauses before the tries after the first.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Longest time that a server may ask to wait for; one that wants more gets no further request.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Times that a server may ask to wait before one request is given up.
const WAITS: usize = 20;

/// Why a request failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub kind: FailureKind,
    pub detail: String,
    /// How long the server wants to be left alone.
    pub after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureKind {
    NotFound,
    /// The server does not know this kind of request.
    NotOffered,
    Refused,
    /// Another try could help.
    Transient,
    Other,
}

/// Counts tries, and waits between them.
#[derive(Default)]
pub(super) struct Tries {
    failures: usize,
    waits: usize,
}

impl Tries {
    /// Begins to count anew.
    pub fn reset(&mut self) {
        *self = Tries::default();
    }

    /// Waits before the next try, or gives up.
    pub fn pause(&mut self, failure: Failure, stop: &Stop<'_>) -> Result<(), Failure> {
        let pause = match failure.after {
            Some(after) if after > LONGEST_WAIT => {
                let detail = format!("{}, and wants to be left alone for {} s", failure.detail, after.as_secs());
                return Err(Failure { detail, ..failure });
            }
            Some(after) if self.waits < WAITS => {
                self.waits += 1;
                after
            }
            _ => {
                let Some(pause) = PAUSES.get(self.failures) else {
                    let detail = format!("{} tries: {}", self.failures + 1, failure.detail);
                    return Err(Failure { detail, ..failure });
                };
                self.failures += 1;
                *pause
            }
        };
        let until = Instant::now() + pause;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            if stop() {
                return Err(Failure::stopped());
            }
            std::thread::sleep(left.min(LOOK));
        }
        Ok(())
    }
}

impl Failure {
    pub fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Failure { kind, detail: detail.into(), after: None }
    }

    pub fn stopped() -> Self {
        Failure::new(FailureKind::Other, "it was stopped before there was an answer")
    }

    pub fn of_answer(answer: &Response) -> Self {
        let status = answer.status();
        let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(retry_after);
        Failure { after, ..Failure::of_status(status.as_u16()) }
    }

    fn of_status(code: u16) -> Self {
        let kind = match code {
            401 | 403 => FailureKind::Refused,
            404 | 410 => FailureKind::NotFound,
            400 | 405 | 406 | 501 => FailureKind::NotOffered,
            408 | 425 | 429 | 500..=599 => FailureKind::Transient,
            _ => FailureKind::Other,
        };
        Failure::new(kind, format!("the server answered with status {code}"))
    }

    pub fn into_loss(self) -> Loss {
        let reason = if self.kind == FailureKind::NotFound { Reason::Missing } else { Reason::Unreadable };
        Loss::new(reason, self.detail)
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        let cause = root_cause(&error);
        // Another try gets the same certificate.
        let is_certificate = cause.starts_with("invalid peer certificate");
        let is_final = error.is_redirect() || error.is_builder() || is_certificate;
        let kind = if is_final { FailureKind::Other } else { FailureKind::Transient };
        Failure::new(kind, if is_certificate { certificate_in_words(cause) } else { cause })
    }
}

/// What is wrong with a certificate, where the words of the TLS library (rustls, `CertificateError`) say it to nobody.
fn certificate_in_words(cause: String) -> String {
    let words = [
        (
            "CaUsedAsEndEntity",
            "is one of an authority (CA:TRUE) and not of a server, which is not taken, not even where --ca-file names it: let \
             the authority sign one for the server",
        ),
        ("UnknownIssuer", "is signed by no authority that is trusted here; --ca-file names another"),
    ];
    let known = words.iter().find(|(name, _)| cause.contains(name));
    known.map_or(cause.clone(), |(name, words)| format!("its certificate {words} ({name})"))
}

/// How long a server wants to be left alone: seconds, or a date.
fn retry_after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = gix::date::parse(value.trim(), None).ok()?.seconds;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Some(Duration::from_secs(u64::try_from(until).unwrap_or(0).saturating_sub(now)))
}

/// The innermost cause: outer ones name URLs, of which some hold a signature or token.
pub(super) fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    let text = text.split(" for url (").next().unwrap_or_default();
    printable(text.as_bytes()).chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_show_no_urls() {
        let url = std::io::Error::other("error sending request for url (https://h.example/?sig=abc)");
        assert_eq!(root_cause(&url), "error sending request");
        assert!(Failure::of_status(503).kind == FailureKind::Transient);
    }

    #[test]
    fn how_long_to_wait() {
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO), "that is over");
        assert_eq!(retry_after("soon"), None);
        let failure = Failure { after: Some(Duration::from_secs(3_600)), ..Failure::of_status(429) };
        let refused = Tries::default().pause(failure, &(Box::new(|| false) as Stop<'_>)).unwrap_err();
        assert_eq!(refused.detail, "the server answered with status 429, and wants to be left alone for 3600 s");
    }
}
