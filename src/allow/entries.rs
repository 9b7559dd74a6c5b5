//! Allow entries of the configuration and of a policy.

mod compile;

use std::sync::atomic::{AtomicBool, Ordering};

use globset::GlobSet;
use regex::bytes::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baseline::Ground;
use super::subject::Subject;
use crate::date::Date;
use crate::finding::fingerprint::Kept;
use crate::finding::{Allowed, Place};
use crate::origin::{path_and_archives, printable};
use compile::compile;

/// What entries of the organisation's policy are said to be by.
pub const POLICY: &str = "policy";

/// A finding that does not count. All of fingerprint, path, rule and value that are given must agree; at least one is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowEntry {
    /// Fingerprint, as reports print it; or the start of one, as a baseline has it, together with `path` and `rule`.
    pub fingerprint: Option<String>,
    /// Glob over the path from this file's folder on; without a `/` over the file's name; with one at the end, all below that.
    // `*` and `?` stop at `/`, `**` does not. What covers an archive covers its members.
    pub path: Option<String>,
    /// Id of the rule.
    pub rule: Option<String>,
    /// Regular expression, found anywhere in the secret unless it is anchored.
    pub value: Option<String>,
    /// Why it does not count.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Last day on which the entry counts.
    pub until: Option<Date>,
}

/// An entry of the configuration and where it comes from.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// The entry.
    pub entry: T,
    /// `config` or `policy`: see [`Allowed::by`].
    pub by: &'static str,
    /// Where it is written: file and line, for messages.
    pub written: String,
}

/// Allow entries, compiled. The default is none.
#[derive(Debug, Default)]
pub struct Entries {
    entries: Vec<Entry>,
    ended: Vec<String>,
    grounds: Grounds,
}

/// From where the paths of entries are counted. The default is as places show them.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// Those of a target's configuration.
    pub config: Ground,
    /// Those of the organisation's policy.
    pub policy: Ground,
}

#[derive(Debug)]
struct Entry {
    fingerprint: Option<Kept>,
    path: Option<GlobSet>,
    rule: Option<String>,
    value: Option<Regex>,
    allowed: Allowed,
    used: AtomicBool,
}

impl Entries {
    /// Compiles entries. Those that ended before `today` do not count: see [`Entries::ended`].
    ///
    /// # Errors
    /// One message for each thing that is wrong, with where it is written.
    pub fn new(all: Vec<Written<AllowEntry>>, today: Date) -> Result<Self, Vec<String>> {
        let mut entries = Entries::default();
        let mut wrong = Vec::new();
        for one in all {
            let written = one.written.clone();
            match compile(one) {
                Ok((entry, until)) => match until.filter(|until| *until < today) {
                    Some(until) => entries.ended.push(format!(
                        "{written}: this allow entry ended on {until} and does not count any more (reason: {})",
                        printable(entry.allowed.reason.as_bytes())
                    )),
                    None => entries.entries.push(entry),
                },
                Err(messages) => wrong.extend(messages.into_iter().map(|message| format!("{written}: {message}"))),
            }
        }
        if wrong.is_empty() { Ok(entries) } else { Err(wrong) }
    }

    /// The same with their paths counted from these folders.
    #[must_use]
    pub fn counted_from(self, grounds: Grounds) -> Self {
        Entries { grounds, ..self }
    }

    /// Whether an entry covers a secret at a place, and the first that does.
    pub fn covers(&self, subject: &Subject<'_>, secret: &[u8], place: &Place) -> Option<Allowed> {
        if self.entries.is_empty() {
            return None;
        }
        let of_config = self.grounds.config.path_of(place, &place.path);
        let of_policy = self.grounds.policy.path_of(place, &place.path);
        let path_for = |entry: &Entry| if entry.allowed.by == POLICY { &of_policy } else { &of_config };
        let mut first = None;
        for entry in self.entries.iter().filter(|entry| entry.covers(subject, secret, path_for(entry))) {
            entry.used.store(true, Ordering::Relaxed);
            first = first.or(Some(&entry.allowed));
        }
        first.cloned()
    }

    /// Whether an entry names a fingerprint.
    pub fn name_fingerprints(&self) -> bool {
        self.entries.iter().any(|entry| entry.fingerprint.is_some())
    }

    /// Whether an entry looks at the secret itself.
    pub fn look_at_values(&self) -> bool {
        self.entries.iter().any(|entry| entry.value.is_some())
    }

    /// One note for each entry that is past its end.
    pub fn ended(&self) -> &[String] {
        &self.ended
    }

    /// One note for each entry that has covered nothing so far; of interest only where all it could cover was read. Those of a
    /// rule that `knows` does not know are told of elsewhere.
    pub fn unused(&self, knows: &dyn Fn(&str) -> bool) -> Vec<String> {
        self.entries
            .iter()
            .filter(|entry| !entry.used.load(Ordering::Relaxed) && entry.rule.as_deref().is_none_or(knows))
            .map(|entry| format!("{}: this allow entry covers nothing that was found", entry.allowed.written))
            .collect()
    }
}

impl Entry {
    fn covers(&self, subject: &Subject<'_>, secret: &[u8], path: &[u8]) -> bool {
        self.fingerprint.as_ref().is_none_or(|own| own.fits(subject.fingerprint, subject.guessable))
            && self.rule.as_ref().is_none_or(|rule| subject.is_called(rule))
            && self.path.as_ref().is_none_or(|globs| path_and_archives(path).any(|path| matches(globs, path)))
            && self.value.as_ref().is_none_or(|value| value.is_match(secret))
    }
}

fn matches(globs: &GlobSet, path: &[u8]) -> bool {
    globs.is_match_candidate(&globset::Candidate::from_bytes(path))
}

#[cfg(test)]
mod tests;
