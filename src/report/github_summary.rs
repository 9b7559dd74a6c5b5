//! The summary of a job and the comment on a pull request: Markdown of a bounded size, the worst first. Nothing of what was
//! scanned can be markup in it, nor call anybody.

use std::fmt::Write as _;

use super::checkout::encode;
use super::github::{file_of, open_places, worst_first};
use super::names::Names;
use super::style::{count, number, safe, size};
use super::text::{short, where_it_is};
use super::words::state_in_words;
use super::{Report, advice, age};
use crate::blob::{Class, Skip};
use crate::finding::{Finding, Place};
use crate::origin::Step;

/// Places of one secret that are listed.
const PLACES: usize = 5;
/// Owners of a place that are named.
const OWNERS: usize = 3;
/// Things not read, and notes, that are listed.
const NAMED: usize = 20;
/// Bytes kept for what stands below the findings.
const FOOT: usize = 16 << 10;
/// Bytes kept of those for the counts at the end.
const LAST_LINES: usize = 1 << 10;

/// How a summary is written.
#[derive(Debug, Clone)]
pub struct SummaryOptions {
    /// Most bytes that it has; at least 32 KiB.
    pub most_bytes: usize,
    /// The repository's page, and the commit whose files are shown there.
    pub pages: Option<Pages>,
    /// What was not read does not fail the run.
    pub accepts_loss: bool,
}

/// Where files and commits can be looked at.
#[derive(Debug, Clone)]
pub struct Pages {
    /// Address of the repository, such as `https://github.com/scrubjay/scrubjay`.
    pub repository: String,
    /// Id of the commit that was judged.
    pub commit: String,
}

/// The summary of a report.
pub fn summary(report: &Report, options: &SummaryOptions) -> String {
    let names = Names::masked(report);
    let mut out = format!("### {}\n\n", verdict(report, options.accepts_loss));
    let findings = worst_first(report);
    let room = options.most_bytes.saturating_sub(FOOT);
    if !findings.is_empty() {
        out.push_str("| | secret | where | state |\n| --- | --- | --- | --- |\n");
        let mut left = findings.len();
        for finding in &findings {
            let row = row(finding, &names, options.pages.as_ref());
            if out.len() + row.len() > room {
                break;
            }
            out.push_str(&row);
            left -= 1;
        }
        if left > 0 {
            let more = count(left, "more secret is", "more secrets are");
            let _ = write!(out, "\n{more} in the report and in the log of this run.\n");
        }
        what_to_do(&findings, room, &mut out);
    }
    let most = options.most_bytes.saturating_sub(LAST_LINES);
    not_read(report, &names, most, &mut out);
    for note in report.notes.iter().take(NAMED) {
        push_within(most, &mut out, &format!("\n- note: {}", text(&clipped(&names.text(note)))));
    }
    if !report.notes.is_empty() {
        out.push('\n');
    }
    let coverage = &report.coverage;
    let objects = count(usize::try_from(coverage.objects).unwrap_or(usize::MAX), "object", "objects");
    let stale = age::summary(report).map_or(String::new(), |stale| format!("stale: {stale}; "));
    let _ = write!(out, "\n{stale}read: {objects}, {}", size(coverage.bytes));
    let baselined = report.baselined();
    if report.allowed.len() > baselined {
        let _ = write!(out, "; allowed: {}", count(report.allowed.len() - baselined, "secret", "secrets"));
    }
    if baselined > 0 {
        let _ = write!(out, "; in the baseline, still to be dealt with: {}", count(baselined, "secret", "secrets"));
    }
    if report.below_threshold > 0 {
        let _ = write!(out, "; below the thresholds: {}", number(report.below_threshold as u64));
    }
    out.push('\n');
    out
}

fn verdict(report: &Report, accepts_loss: bool) -> String {
    let failing = report.failing();
    let mut words = match (report.findings.len(), failing) {
        (0, _) if report.is_incomplete() => "scrubjay: no secret in what could be read".to_owned(),
        (0, _) => "scrubjay: clean".to_owned(),
        (all, 0) => format!("scrubjay: {}, none fails this run", count(all, "secret", "secrets")),
        (all, failing) if all == failing => {
            format!("scrubjay: {} this run", count(all, "secret fails", "secrets fail"))
        }
        (all, failing) => {
            let fails = if failing == 1 { "fails" } else { "fail" };
            format!("scrubjay: {}, {} {fails} this run", count(all, "secret", "secrets"), number(failing as u64))
        }
    };
    if report.is_incomplete() {
        words.push_str(if accepts_loss { "; incomplete, which is accepted" } else { "; incomplete" });
    }
    words
}

fn row(finding: &Finding, names: &Names, pages: Option<&Pages>) -> String {
    let signature = &finding.signature;
    let weight =
        if finding.fails { format!("**{}**", finding.severity.name()) } else { finding.severity.name().to_owned() };
    let places = open_places(finding);
    let mut wheres: Vec<String> = places.iter().take(PLACES).map(|place| linked(place, names, pages)).collect();
    if places.len() > PLACES {
        wheres.push(format!("and {}", count(places.len() - PLACES, "more", "more")));
    }
    let mut states: Vec<String> = places.iter().take(PLACES).map(|place| state(place, pages)).collect();
    states.dedup();
    format!(
        "| {weight} | {}<br>{} | {} | {} |\n",
        text(&safe(signature.title.as_bytes())),
        code(&safe(finding.shown.as_bytes())),
        wheres.join("<br>"),
        states.join("<br>"),
    )
}

/// A place, with a link to the file where the page has it.
fn linked(place: &Place, names: &Names, pages: Option<&Pages>) -> String {
    let shown = code(&clipped(&where_it_is(place, names)));
    let owners: String = place.owners.iter().take(OWNERS).map(|owner| format!(" {}", code(&clipped(owner)))).collect();
    let linked = match (pages, file_of(place, names)) {
        // The page knows the repository's own paths, whatever folder of the workspace it lies in.
        (Some(Pages { repository, commit }), Some(_)) => {
            let path = match place.origin.steps().first() {
                Some(Step::Directory { path }) => place.path.strip_prefix(format!("{path}/").as_bytes()),
                _ => None,
            };
            let path = encode(&names.bytes(path.unwrap_or(&place.path)));
            format!("[{shown}]({repository}/blob/{commit}/{path}#L{})", place.location.line)
        }
        _ => shown,
    };
    linked + &owners
}

fn state(place: &Place, pages: Option<&Pages>) -> String {
    let mut words = state_in_words(place.state).to_owned();
    if let Some(commit) = place.fate.as_ref().and_then(|fate| fate.introduced.as_ref()) {
        let shown = code(short(&commit.id));
        let _ = match pages {
            Some(Pages { repository, .. }) => write!(words, ", since [{shown}]({repository}/commit/{})", commit.id),
            None => write!(words, ", since {shown}"),
        };
    }
    words
}

/// Advice, once for each rule and what became of its secrets.
fn what_to_do(findings: &[&Finding], room: usize, out: &mut String) {
    let mut told = Vec::new();
    for finding in findings.iter().filter(|finding| finding.fails) {
        let places = open_places(finding).into_iter();
        let mut line =
            format!("\n- {}: {}", text(&safe(finding.signature.title.as_bytes())), advice::what_to_do(finding, places));
        for (what, address) in [("Revoke", &finding.signature.revoke), ("Renew", &finding.signature.rotate)] {
            if !address.is_empty() {
                let _ = write!(line, " {what}: {}", address_of(address));
            }
        }
        if !told.contains(&line) && out.len() + line.len() < room {
            out.push_str(&line);
            told.push(line);
        }
    }
    if !told.is_empty() {
        out.push('\n');
    }
}

/// What was lost, by name.
fn not_read(report: &Report, names: &Names, most: usize, out: &mut String) {
    let lost: Vec<&Skip> =
        report.coverage.skips.iter().filter(|(class, _)| *class == Class::Lost).map(|(_, skip)| skip).collect();
    for skip in lost.iter().take(NAMED) {
        let origin = skip.origin.to_string();
        let origin = names.text(origin.strip_prefix(". > ").unwrap_or(&origin)).into_owned();
        let detail = if skip.detail.is_empty() { String::new() } else { format!(" ({})", names.text(&skip.detail)) };
        let (named, detail) = (code(&clipped(&origin)), text(&clipped(&detail)));
        push_within(most, out, &format!("\n- not read: {named} {}{detail}", skip.reason.name()));
    }
    if lost.len() > NAMED {
        let _ = write!(out, "\n- and {} not read", count(lost.len() - NAMED, "more thing", "more things"));
    }
    if !lost.is_empty() {
        out.push('\n');
    }
}

/// Adds a line where there is room for it.
fn push_within(most: usize, out: &mut String, line: &str) {
    if out.len() + line.len() <= most {
        out.push_str(line);
    }
}

/// The beginning of a text, as long as a name may well be.
fn clipped(text: &str) -> String {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// An address as a link, if it is no more than that; else as text.
fn address_of(address: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:?#&=%+@,".contains(&b);
    if address.starts_with("https://") && address.bytes().all(is_plain) {
        format!("<{address}>")
    } else {
        text(&safe(address.as_bytes()))
    }
}

/// Text of others: every character that Markdown or HTML could take for more is written as an entity.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for c in safe(text.as_bytes()).chars() {
        if c.is_ascii_punctuation() && !matches!(c, '.' | '/' | ',' | '-' | ';') {
            let _ = write!(out, "&#{};", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// Text of others as code, where nobody is called by name and nothing becomes a link.
fn code(shown: &str) -> String {
    format!("<code>{}</code>", text(shown))
}

#[cfg(test)]
#[path = "github_tests.rs"]
mod tests;
