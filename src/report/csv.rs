//! `csv`: one row a place, for spreadsheets. A cell of others' text cannot become a formula.

use std::borrow::Cow;
use std::io::{self, Write};

use super::advice::Shared;
use super::names::Names;
use super::open::{Open, all_places};
use super::{Report, style};

const COLUMNS: [&str; 27] = [
    "severity",
    "confidence",
    "state",
    "rule",
    "title",
    "path",
    "line",
    "column",
    "secret",
    "fingerprint",
    "fails",
    "allowed_by",
    "allowed_reason",
    "allowed_owner",
    "allowed_until",
    "owners",
    "commit",
    "author",
    "date",
    "context",
    "lifetime",
    "target",
    "target_owner",
    "change",
    "revoke",
    "place",
    "shared",
];

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::masked(report);
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS).map_err(fault)?;
    for finding in report.findings.iter().chain(&report.allowed) {
        let shared = Shared::of(report, finding).map(|shared| shared.in_words()).unwrap_or_default();
        for open in all_places(report, std::slice::from_ref(finding)) {
            csv.write_record(row(&open, &shared, &names).iter().map(|cell| &**cell)).map_err(fault)?;
        }
    }
    csv.flush()
}

/// What kept a row from being written, as it was told: a reader that has gone away is no fault of the report.
fn fault(cause: csv::Error) -> io::Error {
    match cause.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn row<'a>(open: &Open<'a>, shared: &'a str, names: &Names) -> [Cow<'a, str>; COLUMNS.len()] {
    let (finding, place) = (open.finding, open.place);
    let commit = place.fate.as_ref().and_then(|fate| fate.introduced.as_ref());
    let fails = if place.fails { "yes" } else { "no" };
    let allowed = place.allowed.as_ref();
    [
        finding.severity.name().into(),
        finding.confidence.name().into(),
        place.state.name().into(),
        cell(finding.signature.id.as_bytes()),
        cell(finding.signature.title.as_bytes()),
        cell(&names.bytes(&place.path)),
        place.location.line.to_string().into(),
        place.location.column.to_string().into(),
        cell(finding.shown.as_bytes()),
        finding.fingerprint.as_str().into(),
        fails.into(),
        allowed.map_or("", |allowed| allowed.by).into(),
        cell(allowed.map_or(Cow::Borrowed(""), |allowed| names.text(&allowed.reason)).as_bytes()),
        cell(allowed.and_then(|allowed| allowed.owner.as_deref()).unwrap_or_default().as_bytes()),
        allowed.and_then(|allowed| allowed.until.clone()).unwrap_or_default().into(),
        cell(place.owners.join(" ").as_bytes()),
        commit.map_or("", |commit| &commit.id).into(),
        cell(names.text(commit.and_then(|commit| commit.author.as_deref()).unwrap_or_default()).as_bytes()),
        cell(commit.map_or("", |commit| &commit.date).as_bytes()),
        place.context.map_or("", |context| context.name()).into(),
        finding.signature.lifetime.name().into(),
        cell(open.target.map_or("", |(target, _)| &target.name).as_bytes()),
        cell(open.target.and_then(|(target, _)| target.owner.as_deref()).unwrap_or_default().as_bytes()),
        open.target.and_then(|(_, change)| change).map_or("", |change| change.name()).into(),
        cell(finding.signature.revoke.as_bytes()),
        cell(names.text(&place.origin.to_string()).as_bytes()),
        shared.into(),
    ]
}

/// Text of others: on one line, and with a quote before what a spreadsheet would take for a formula.
fn cell<'a>(text: &[u8]) -> Cow<'a, str> {
    let text = style::safe(text);
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '|', '%']);
    Cow::Owned(if is_formula { format!("'{text}") } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{directory, finding, place, removed, report, token};

    fn rows(report: &Report) -> Vec<csv::StringRecord> {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.chars().all(crate::origin::is_printable)), "{text}");
        csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
    }

    #[test]
    fn one_row_a_place() {
        let mut found = finding("rule-a", &token());
        found.places.push(removed("old/app.py"));
        found.places.push(place(directory().at_path("envs/prod/a.env"), "envs/prod/a.env"));
        found.places.push(place(directory().at_path("envs/dev/a.env"), "envs/dev/a.env"));
        found.places[0].owners = vec!["@acme/web".to_owned(), "ann@example.com".to_owned()];
        let rows = rows(&report(vec![found]));
        let column =
            |name: &str, row: usize| rows[row][COLUMNS.iter().position(|column| *column == name).unwrap()].to_owned();
        assert_eq!(rows.len(), 4);
        assert_eq!(column("shared", 3), "production and development");
        assert_eq!(
            (column("path", 0), column("line", 0), column("secret", 0)),
            ("src/app.py".into(), "3".into(), "tok_****wxyz".into())
        );
        assert_eq!(column("owners", 0), "'@acme/web ann@example.com");
        assert_eq!((column("state", 1), column("author", 1)), ("removed".into(), "Ann Example".into()));
        assert_eq!(column("fails", 0), "yes");
    }

    #[test]
    fn no_cell_is_a_formula_and_no_name_a_row() {
        for path in ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(1)", "\t=1", "a\nb,c\"d"] {
            let mut found = finding("rule-a", &token());
            found.places = vec![place(directory().at_path(path), path)];
            let rows = rows(&report(vec![found]));
            assert_eq!(rows.len(), 1, "{path}");
            assert!(!rows[0].iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t'])), "{path}");
        }
    }
}
