//! `github`: the text report in the log of a job, then workflow commands that put findings beside the lines they lie at. A step
//! shows ten errors, ten warnings and ten notices; worst come first, and the last says how many are left.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::checkout::{is_file_of_checkout, relative};
use super::names::Names;
use super::style::{count, safe};
use super::text::{commit_in_words, where_it_is};
use super::words::state_in_words;
use super::{Options, Report, advice, text};
use crate::blob::Class;
use crate::finding::{Finding, Location, Place};
use crate::origin::is_printable;

/// Annotations of one level that a step shows.
const MOST: usize = 10;
/// Other places that an annotation names.
const PLACES: usize = 5;

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    // What is between is no command, whatever the scanned files say: nobody can know the word that ends it.
    writeln!(out, "::stop-commands::{}", options.fence)?;
    text::write(report, options, out)?;
    writeln!(out, "::{}::", options.fence)?;
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let mut all = annotations(report, options, level);
        let most = if all.len() > MOST { MOST - 1 } else { MOST };
        let left: usize = all.drain(most.min(all.len())..).map(|annotation| annotation.stands_for).sum();
        for annotation in &all {
            annotation.write(level, out)?;
        }
        if left > 0 {
            let message = format!(
                "{} in the log of this run; its summary has as many as there is room for",
                count(left, "more is", "more are")
            );
            Annotation { file: None, title: "scrubjay".to_owned(), message, stands_for: 1 }.write(level, out)?;
        }
    }
    Ok(())
}

/// How much a step's page makes of an annotation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

/// One annotation.
struct Annotation {
    /// File below the workspace, and where in it.
    file: Option<(String, Location)>,
    title: String,
    message: String,
    /// Number of findings and notes that are in it.
    stands_for: usize,
}

impl Annotation {
    fn write(&self, level: Level, out: &mut dyn Write) -> io::Result<()> {
        let name = match level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        write!(out, "::{name} ")?;
        if let Some((file, at)) = &self.file {
            write!(out, "file={},line={},endLine={},", property(file), at.line, at.end_line)?;
            // Columns are shown on one line only.
            if at.line == at.end_line {
                let (column, end_column) = at.utf16_columns();
                write!(out, "col={column},endColumn={end_column},")?;
            }
        }
        writeln!(out, "title={}::{}", property(&self.title), data(&self.message))
    }
}

/// The annotations of a level, the worst first; secrets on one line are in one.
fn annotations(report: &Report, options: &Options, level: Level) -> Vec<Annotation> {
    let names = Names::masked(report);
    let mut all: Vec<Annotation> = Vec::new();
    let lost = report.coverage.count(Class::Lost);
    let level_of_loss = if options.accepts_loss { Level::Warning } else { Level::Error };
    if lost > 0 && level == level_of_loss {
        let what = count(lost, "thing that was asked for was", "things that were asked for were");
        let message = format!("{what} not read, and nobody knows what is in there; the summary names what");
        all.push(Annotation { file: None, title: "scrubjay: incomplete".to_owned(), message, stands_for: 1 });
    }
    if level == Level::Notice {
        let note = |note: &String| Annotation {
            file: None,
            title: "scrubjay".to_owned(),
            message: safe(names.text(note).as_bytes()),
            stands_for: 1,
        };
        all.extend(report.notes.iter().map(note));
        return all;
    }
    for finding in worst_first(report).into_iter().filter(|finding| finding.fails == (level == Level::Error)) {
        let annotation = of_finding(finding, &names);
        let same = |other: &&mut Annotation| {
            let line = |annotation: &Annotation| annotation.file.as_ref().map(|(file, at)| (file.clone(), at.line));
            annotation.file.is_some() && line(other) == line(&annotation)
        };
        match all.iter_mut().find(same) {
            Some(other) => {
                other.stands_for += 1;
                let _ = write!(other.message, "\n\n{}\n{}", annotation.title, annotation.message);
            }
            None => all.push(annotation),
        }
    }
    all
}

/// Findings that are shown, those first that fail the run, then by severity and confidence.
pub(super) fn worst_first(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| {
        (std::cmp::Reverse((finding.fails, finding.severity)), std::cmp::Reverse(finding.confidence))
    });
    findings
}

/// Places that count: those first for which the run fails, of these those in files of the checkout.
pub(super) fn open_places(finding: &Finding) -> Vec<&Place> {
    let mut places: Vec<&Place> = finding.places.iter().filter(|place| place.allowed.is_none()).collect();
    places.sort_by_key(|place| (!place.fails, !is_file_of_checkout(place, &place.origin.steps())));
    places
}

/// The path of a place below the workspace, if it is a file there whose name can be written.
pub(super) fn file_of(place: &Place, names: &Names) -> Option<String> {
    let steps = place.origin.steps();
    if !is_file_of_checkout(place, &steps) {
        return None;
    }
    let path = String::from_utf8(relative(&names.bytes(&place.path), steps.first()?)).ok()?;
    path.chars().all(is_printable).then_some(path)
}

/// A place and what is known of it, on one line.
pub(super) fn place_in_words(place: &Place, names: &Names) -> String {
    let mut words = format!("at {}, {}", where_it_is(place, names), state_in_words(place.state));
    if let Some(commit) = place.fate.as_ref().and_then(|fate| fate.introduced.as_ref()) {
        let _ = write!(words, ", since {}", commit_in_words(commit, names));
    }
    words
}

fn of_finding(finding: &Finding, names: &Names) -> Annotation {
    let signature = &finding.signature;
    let places = open_places(finding);
    let title =
        format!("{} ({}, {})", safe(signature.title.as_bytes()), finding.severity.name(), finding.confidence.name());
    let mut lines = vec![safe(finding.shown.as_bytes())];
    lines.extend(places.iter().take(PLACES).map(|place| place_in_words(place, names)));
    if places.len() > PLACES {
        lines.push(format!("and {}", count(places.len() - PLACES, "more place", "more places")));
    }
    lines.push(advice::what_to_do(finding, places.iter().copied()));
    lines.extend(advice::Shared::among(places.iter().copied(), 1).map(|shared| shared.advice()));
    if !signature.revoke.is_empty() {
        lines.push(format!("Revoke: {}", safe(signature.revoke.as_bytes())));
    }
    let allowed = places.iter().find_map(|place| place.allowed_by_change.as_ref());
    lines.extend(allowed.map(|allowed| {
        let written = safe(names.text(&allowed.written).as_bytes());
        format!("What this change adds at {written} would allow it, and does not count for the change itself.")
    }));
    let mut owners: Vec<String> =
        places.iter().flat_map(|place| &place.owners).map(|owner| safe(owner.as_bytes())).collect();
    owners.sort();
    owners.dedup();
    if !owners.is_empty() {
        lines.push(format!("Owner: {}", owners.join(", ")));
    }
    lines.push(format!("Id: {}", finding.fingerprint.as_str()));
    let first = places.first().copied();
    let file = first.and_then(|place| Some((file_of(place, names)?, place.location)));
    Annotation { file, title, message: lines.join("\n"), stands_for: 1 }
}

/// Text as the message of a workflow command: the runner turns the escapes back.
pub(super) fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text as a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A message that stands beside no line: why a command could not be carried out.
pub fn error(message: &str) -> String {
    format!("::error title=scrubjay::{}", data(&safe(message.as_bytes())))
}
