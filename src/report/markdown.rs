//! `markdown`: a report for a page, an issue or a comment: counts, a table of what counts, what was not read. Text of others
//! stands in code spans, where it names nobody and links nowhere.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::names::Names;
use super::open::{Open, places_that_count};
use super::style::{count, number, safe};
use super::words::{allowed_in_words, losses_in_words, state_in_words};
use super::{Report, age};
use crate::finding::{Finding, Fingerprint};
use crate::signature::Severity;

/// Rows of the table; what is more is counted.
const ROWS: usize = 1_000;
/// Characters of one cell.
const LONGEST: usize = 200;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::masked(report);
    writeln!(out, "# scrubjay: {}\n", verdict(report))?;
    if report.is_incomplete() {
        writeln!(out, "{}\n", losses(report))?;
    }
    let places = places_that_count(report).count();
    if places > 0 {
        let has_owners = places_that_count(report).any(|open| !open.place.owners.is_empty());
        let owner = if has_owners { (" Owner |", " --- |") } else { ("", "") };
        writeln!(out, "| Severity | What | Where | State | Masked |{}", owner.0)?;
        writeln!(out, "| --- | --- | --- | --- | --- |{}", owner.1)?;
        for open in places_that_count(report).take(ROWS) {
            row(&open, &names, has_owners, out)?;
        }
        if places > ROWS {
            writeln!(out, "\nand {} more", count(places - ROWS, "place", "places"))?;
        }
        writeln!(out)?;
        what_to_do(report, out)?;
    }
    let coverage = &report.coverage;
    if let Some(stale) = age::summary(report) {
        writeln!(out, "Stale: {stale}.\n")?;
    }
    write!(out, "Read: {} objects.", number(coverage.objects))?;
    if let Some(allowed) = allowed_in_words(report) {
        write!(out, " Not listed: {allowed}.")?;
    }
    if report.below_threshold > 0 {
        write!(out, " Below the thresholds: {}.", number(report.below_threshold as u64))?;
    }
    writeln!(out)?;
    for (index, note) in report.notes.iter().enumerate() {
        let gap = if index == 0 { "\n" } else { "" };
        writeln!(out, "{gap}- {}", code(names.text(note).as_bytes()))?;
    }
    Ok(())
}

fn verdict(report: &Report) -> String {
    if report.findings.is_empty() {
        return if report.is_incomplete() { "incomplete" } else { "clean" }.to_owned();
    }
    let by_severity: Vec<String> = Severity::ALL
        .iter()
        .map(|severity| (severity, report.findings.iter().filter(|finding| finding.severity == *severity).count()))
        .filter(|(_, found)| *found > 0)
        .map(|(severity, found)| format!("{found} {severity}"))
        .collect();
    let secrets = count(report.findings.len(), "secret", "secrets");
    let incomplete = if report.is_incomplete() { ", incomplete" } else { "" };
    format!("{secrets} ({}), {} failing{incomplete}", by_severity.join(", "), number(report.failing() as u64))
}

/// Names of what was lost are text of others, too.
fn losses(report: &Report) -> String {
    let words = losses_in_words(report);
    match words.split_once(" in there: ") {
        Some((what, named)) => format!("**{what} in there:** {}", code(named.as_bytes())),
        None => format!("**{words}**"),
    }
}

fn row(open: &Open<'_>, names: &Names, has_owners: bool, out: &mut dyn Write) -> io::Result<()> {
    let (finding, place) = (open.finding, open.place);
    let line = place.location.line;
    let name = if place.path.is_empty() { place.origin.to_string().into_bytes() } else { place.path.clone() };
    let mut at = code(format!("{}:{line}", safe(&names.bytes(&name))).as_bytes());
    if let Some((target, _)) = open.target {
        at.push_str(&format!(" in {}", code(target.name.as_bytes())));
        if let Some(owner) = &target.owner {
            at.push_str(&format!(" ({})", code(owner.as_bytes())));
        }
    }
    let failing = if finding.fails { "" } else { " (does not fail)" };
    write!(
        out,
        "| {}{failing} | {} {} | {at} | {} | {} |",
        finding.severity,
        plain(&finding.signature.title),
        code(finding.signature.id.as_bytes()),
        state_in_words(place.state),
        code(finding.shown.as_bytes()),
    )?;
    if has_owners {
        // In a code span nobody is told of it: whoever wants that puts the page where it does.
        let owners: Vec<String> = place.owners.iter().map(|owner| code(owner.as_bytes())).collect();
        write!(out, " {} |", owners.join(" "))?;
    }
    writeln!(out)
}

/// How each kind is revoked, once a rule.
fn what_to_do(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut by_rule: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in &report.findings {
        by_rule.entry(&finding.signature.id).or_insert(finding);
    }
    for finding in by_rule.into_values().filter(|finding| !finding.signature.revoke.is_empty()) {
        let revoke = &finding.signature.revoke;
        let how = if revoke.starts_with("https://") && !revoke.contains([' ', '>', '|']) {
            format!("<{revoke}>")
        } else {
            plain(revoke)
        };
        writeln!(out, "- {}: {how}", plain(&finding.signature.title))?;
    }
    let ids: Vec<&Fingerprint> = report.findings.iter().map(|finding| &finding.fingerprint).take(ROWS).collect();
    writeln!(out, "\n<details><summary>Fingerprints</summary>\n")?;
    for id in ids {
        writeln!(out, "- `{id}`")?;
    }
    writeln!(out, "\n</details>\n")
}

/// Text of others as a code span that a table can hold: with a fence longer than any in it.
pub(super) fn code(text: &[u8]) -> String {
    let mut text: String = safe(text).chars().take(LONGEST).collect();
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(1 + longest_run(&text));
    if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        text = format!(" {text} ");
    }
    format!("{fence}{}{fence}", text.replace('|', "\\|"))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Words of a signature: its own, so only what would format is taken away.
pub(super) fn plain(text: &str) -> String {
    let text = safe(text.as_bytes());
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '@' | '~' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{directory, finding, incomplete, place, report, token};

    fn page(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_of_what_counts() {
        let mut found = finding("rule-a", &token());
        found.places[0].owners = vec!["@acme/web".to_owned()];
        let page = page(&report(vec![found]));
        assert!(page.starts_with("# scrubjay: 1 secret (1 high), 1 failing\n"), "{page}");
        assert!(
            page.contains("| high | Example token `rule-a` | `src/app.py:3` | live | `tok_****wxyz` | `@acme/web` |\n"),
            "{page}"
        );
        assert!(page.contains("- Example token: <https://example.com/revoke>\n"), "{page}");
        assert!(page.contains("Read: 1,234 objects.\n"), "{page}");
    }

    #[test]
    fn clean_and_incomplete_are_said() {
        assert!(page(&report(Vec::new())).starts_with("# scrubjay: clean\n"));
        let page = page(&incomplete());
        assert!(
            page.starts_with("# scrubjay: incomplete\n") && page.contains("`. > x/broken.tar.gz: truncated`"),
            "{page}"
        );
    }

    #[test]
    fn names_of_others_format_nothing() {
        for (path, span) in [
            ("a|b`c``d", "```a\\|b`c``d:3```"),
            ("`x", "`` `x:3 ``"),
            ("a\n| b |\n@ann <img src=x>", "`a\\n\\| b \\|\\n@ann <img src=x>:3`"),
        ] {
            let mut found = finding("rule-a", &token());
            found.places = vec![place(directory().at_path(path), path)];
            let page = page(&report(vec![found]));
            let row = page.lines().find(|line| line.starts_with("| high")).unwrap();
            assert!(row.contains(&format!("| {span} |")), "{row}");
            assert_eq!(page.lines().filter(|line| line.starts_with('|')).count(), 3, "{page}");
        }
    }
}
