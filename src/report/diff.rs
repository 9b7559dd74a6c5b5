//! Two reports beside each other: which secrets are new at which paths, which are gone, and which are still there. A secret is
//! the same by its fingerprint, a place by its path.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use super::markdown::{code, plain};
use super::names::Names;
use super::open::{Open, all_places, places_that_count};
use super::style::{count, safe};
use super::wire::write_json;
use super::words::state_in_words;
use crate::finding::{Finding, Place, State, mask};

/// Name and version of the JSON form; changes only with a major version.
const SCHEMA: &str = "scrubjay/diff/1";

/// What makes places the same.
type Key = (String, Vec<u8>, String);

fn key(open: &Open<'_>) -> Key {
    let target = open.target.map(|(target, _)| target.location.clone()).unwrap_or_default();
    (open.finding.fingerprint.as_str().to_owned(), open.place.path.clone(), target)
}

/// What became of the places of two reports.
pub struct Diff<'a> {
    /// In the later report alone, or of history alone before and back again; by secrets that the earlier one has not, then those of
    /// known secrets.
    new: Vec<Change<'a>>,
    /// In the earlier report alone.
    gone: Vec<Change<'a>>,
    /// Of history alone in the later report, and more than that in the earlier one.
    past: Vec<Change<'a>>,
    /// Still there, and covered now by the baseline, an entry or a mark.
    allowed: Vec<Change<'a>>,
    still: usize,
    /// Whether the later report read all that was asked for: else what is gone may be what was not read.
    is_certain: bool,
    /// Whether secrets have other fingerprints: all are new, and all gone.
    has_other_salt: bool,
}

struct Change<'a> {
    open: Open<'a>,
    /// Whether the other report has the secret at another place.
    is_known: bool,
    /// What the place is, in the later report where that has it.
    state: State,
    /// What it was in the earlier one.
    was: Option<State>,
    path: String,
    /// What is shown of the secret: nothing that the report would not have without `--show-secrets`.
    shown: String,
}

impl<'a> Change<'a> {
    /// Of a place of a report, of which nothing is known in the other.
    fn of(open: Open<'a>, (report, names): (&Report, &Names)) -> Self {
        Change {
            is_known: false,
            state: open.place.state,
            was: None,
            path: place_in_words(open.place, names),
            shown: shown(report, open.finding),
            open,
        }
    }
}

/// What a comparison shows of a secret: it is made to be passed on, so never the whole, whatever its report has.
fn shown(report: &Report, finding: &Finding) -> String {
    if report.shows_secrets { mask::mask(finding.secret.expose(), 0) } else { finding.shown.clone() }
}

fn names(report: &Report) -> Names {
    if report.shows_secrets { Names::hidden(report) } else { Names::masked(report) }
}

impl<'a> Diff<'a> {
    /// Compares what counts in two reports.
    pub fn new(old: &'a Report, new: &'a Report) -> Self {
        let states = |report: &'a Report| -> BTreeMap<Key, State> {
            let mut states = BTreeMap::new();
            for open in places_that_count(report) {
                let state = states.entry(key(&open)).or_insert(open.place.state);
                *state = open.place.state.min(*state);
            }
            states
        };
        let (was, is) = (states(old), states(new));
        let covered: BTreeMap<Key, State> = all_places(new, &new.findings)
            .chain(all_places(new, &new.allowed))
            .filter(|open| open.place.allowed.is_some())
            .map(|open| (key(&open), open.place.state))
            .collect();
        let has = |keys: &BTreeMap<Key, State>, open: &Open<'_>| {
            let first = (open.finding.fingerprint.as_str().to_owned(), Vec::new(), String::new());
            keys.range(first.clone()..).next().is_some_and(|((fingerprint, ..), _)| *fingerprint == first.0)
        };
        let (old_names, new_names) = (names(old), names(new));
        let changes = |report: &'a Report, names: &Names, other: &BTreeMap<Key, State>| -> Vec<Change<'a>> {
            places_that_count(report)
                .filter(|open| !other.contains_key(&key(open)))
                .map(|open| Change { is_known: has(other, &open), ..Change::of(open, (report, names)) })
                .collect()
        };
        let (mut added, gone) = (changes(new, &new_names, &was), changes(old, &old_names, &is));
        let (mut allowed, gone): (Vec<_>, Vec<_>) =
            gone.into_iter().partition(|gone| covered.contains_key(&key(&gone.open)));
        for change in &mut allowed {
            change.was = Some(change.state);
            change.state = covered[&key(&change.open)];
        }
        // Places, as those that are new: a line may have several.
        let (mut past, mut still) = (Vec::new(), 0);
        for open in places_that_count(new) {
            let key = key(&open);
            let Some(&before) = was.get(&key) else { continue };
            let now = is[&key];
            if is_past(before) == is_past(now) {
                still += 1;
                continue;
            }
            let change = Change { was: Some(before), ..Change::of(open, (new, &new_names)) };
            if is_past(now) { past.push(change) } else { added.push(change) }
        }
        added.sort_by_key(|change| change.is_known);
        let has_other_salt = other_salt(old, new);
        Diff { new: added, gone, past, allowed, still, is_certain: !new.is_incomplete(), has_other_salt }
    }

    /// Whether something is new for which a run fails.
    pub fn fails(&self) -> bool {
        self.new.iter().any(|change| change.open.finding.fails)
    }

    fn groups(&self) -> [(&'static str, &[Change<'a>]); 4] {
        let gone = if self.is_certain { "gone" } else { "not found, but not all was read" };
        [("new", &self.new), (gone, &self.gone), ("in history only now", &self.past), ("allowed now", &self.allowed)]
    }

    fn summary(&self) -> String {
        let [(_, new), (gone, missing), rest @ ..] = self.groups();
        let rest: String = rest
            .into_iter()
            .filter(|(_, changes)| !changes.is_empty())
            .map(|(group, changes)| format!(", {} {group}", changes.len()))
            .collect();
        let (new, still) = (count(new.len(), "place", "places"), self.still);
        format!("{new} new, {} {gone}{rest}, {still} still there", missing.len())
    }

    fn warning(&self) -> Option<&'static str> {
        self.has_other_salt.then_some(
            "the two share paths and no fingerprint: they may have been made with different salts, as before and after a first baseline",
        )
    }

    /// Writes it for people.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        for (group, changes) in self.groups() {
            for change in changes {
                let finding = change.open.finding;
                let title = safe(finding.signature.title.as_bytes());
                let (severity, rule) = (finding.severity, safe(finding.signature.id.as_bytes()));
                let state = state_in_words(change.state);
                let was = change.was.filter(|was| *was != change.state);
                let was = was.map(|was| format!(", before: {}", state_in_words(was))).unwrap_or_default();
                let known = if change.is_known { ", elsewhere too" } else { &*was };
                writeln!(
                    out,
                    "{group}: {severity}: {title} [{rule}]: {} ({state}{known}) {}",
                    change.path, change.shown
                )?;
            }
        }
        if let Some(warning) = self.warning() {
            writeln!(out, "note: {warning}")?;
        }
        writeln!(out, "{}", self.summary())
    }

    /// Writes it as lists.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write_markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# scrubjay: {}", self.summary())?;
        for (group, changes) in self.groups().into_iter().filter(|(_, changes)| !changes.is_empty()) {
            writeln!(out, "\n## {group}\n")?;
            for change in changes {
                let (finding, path) = (change.open.finding, code(change.path.as_bytes()));
                let (severity, title) = (finding.severity, plain(&finding.signature.title));
                writeln!(out, "- {severity}: {title} at {path}, {}", code(change.shown.as_bytes()))?;
            }
        }
        if let Some(warning) = self.warning() {
            writeln!(out, "\n{warning}")?;
        }
        Ok(())
    }

    /// Writes it as one JSON document.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let wire = |changes: &'_ [Change<'a>]| changes.iter().map(ChangeWire::new).collect();
        let document = Document {
            schema: SCHEMA,
            certain: self.is_certain,
            new: wire(&self.new),
            gone: wire(&self.gone),
            past: wire(&self.past),
            allowed: wire(&self.allowed),
            still: self.still,
            note: self.warning(),
        };
        write_json(&document, out)?;
        out.write_all(b"\n")
    }
}

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    /// Whether what is gone is gone, and not only not read.
    certain: bool,
    new: Vec<ChangeWire>,
    gone: Vec<ChangeWire>,
    /// In history only now.
    past: Vec<ChangeWire>,
    allowed: Vec<ChangeWire>,
    still: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

#[derive(Serialize)]
struct ChangeWire {
    fingerprint: String,
    rule: String,
    title: String,
    severity: &'static str,
    confidence: &'static str,
    state: &'static str,
    /// What it was in the earlier report, where that has the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<&'static str>,
    secret: String,
    place: String,
    fails: bool,
    /// Whether the other report has the secret at another place.
    known: bool,
}

impl ChangeWire {
    fn new(change: &Change<'_>) -> Self {
        let finding = change.open.finding;
        ChangeWire {
            fingerprint: finding.fingerprint.as_str().to_owned(),
            rule: finding.signature.id.clone(),
            title: finding.signature.title.clone(),
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            state: change.state.name(),
            was: change.was.map(State::name),
            secret: change.shown.clone(),
            place: change.path.clone(),
            fails: finding.fails,
            known: change.is_known,
        }
    }
}

/// Whether a place is one of history alone.
fn is_past(state: State) -> bool {
    matches!(state, State::Removed | State::Unreachable)
}

/// Whether two reports share paths and no fingerprint at all.
fn other_salt(old: &Report, new: &Report) -> bool {
    let all = |report: &'_ Report| -> Vec<(String, Vec<u8>)> {
        let places = all_places(report, &report.findings).chain(all_places(report, &report.allowed));
        places.map(|open| (open.finding.fingerprint.as_str().to_owned(), open.place.path.clone())).collect()
    };
    let (was, is) = (all(old), all(new));
    let fingerprints: BTreeSet<&String> = was.iter().map(|(fingerprint, _)| fingerprint).collect();
    // What has no path, as the config of an image, is alike in all of them.
    let paths: BTreeSet<&Vec<u8>> = was.iter().map(|(_, path)| path).filter(|path| !path.is_empty()).collect();
    is.iter().any(|(_, path)| paths.contains(path))
        && !is.iter().any(|(fingerprint, _)| fingerprints.contains(fingerprint))
}

/// Path and line, or the steps that lead there.
fn place_in_words(place: &Place, names: &Names) -> String {
    let name = if place.path.is_empty() { place.origin.to_string().into_bytes() } else { place.path.clone() };
    format!("{}:{}", safe(&names.bytes(&name)), place.location.line)
}

#[cfg(test)]
mod tests;
