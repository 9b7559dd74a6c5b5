//! `gitlab`: GitLab's secret detection report, by its schema of version 15: one vulnerability a place that counts. Holds
//! nothing of a secret.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::advice;
use super::names::Names;
use super::open::{Ids, Open, places_that_count};
use super::wire::write_json;
use super::words::{allowed_in_words, state_in_words};
use super::{Options, Report};
use crate::blob::Class;
use crate::origin::printable;
use crate::signature::Severity;

/// The version of the schema that is kept to.
const VERSION: &str = "15.2.4";
/// Most characters of a name, and of a solution.
const LONGEST_NAME: usize = 255;
const LONGEST_SOLUTION: usize = 7_000;
/// Losses that are listed one by one.
const MESSAGES: usize = 100;
/// What stands where there is no commit: what GitLab's own analyzer has for files without one.
const NO_COMMIT: &str = "0000000";

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    scan: Scan<'a>,
    vulnerabilities: Vulnerabilities<'a>,
}

#[derive(Serialize)]
struct Scan<'a> {
    analyzer: Tool,
    scanner: Tool,
    #[serde(rename = "type")]
    kind: &'static str,
    start_time: &'a str,
    end_time: &'a str,
    status: &'static str,
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Tool {
    id: &'static str,
    name: &'static str,
    url: &'static str,
    version: &'static str,
    vendor: Vendor,
}

#[derive(Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

/// Vulnerabilities made while they are written.
struct Vulnerabilities<'a> {
    report: &'a Report,
    names: &'a Names,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    solution: String,
    identifiers: [Identifier<'a>; 2],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link<'a>>,
    details: BTreeMap<&'static str, Detail>,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Identifier<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'static str>,
}

#[derive(Serialize)]
struct Link<'a> {
    name: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
struct Detail {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Location<'a> {
    file: String,
    start_line: u64,
    end_line: u64,
    commit: Commit<'a>,
}

#[derive(Serialize)]
struct Commit<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
    sha: &'a str,
}

pub(super) fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::hidden(report);
    let tool = || Tool {
        id: env!("CARGO_PKG_NAME"),
        name: env!("CARGO_PKG_NAME"),
        url: env!("CARGO_PKG_REPOSITORY"),
        version: env!("CARGO_PKG_VERSION"),
        vendor: Vendor { name: env!("CARGO_PKG_NAME") },
    };
    let (started, ended) = options.times();
    let scan = Scan {
        analyzer: tool(),
        scanner: tool(),
        kind: "secret_detection",
        start_time: started,
        end_time: ended,
        status: if report.is_incomplete() { "failure" } else { "success" },
        messages: messages(report, &names),
    };
    let vulnerabilities = Vulnerabilities { report, names: &names };
    write_json(&Document { version: VERSION, scan, vulnerabilities }, out)?;
    out.write_all(b"\n")
}

/// What was not read, what is not listed, and notes.
fn messages(report: &Report, names: &Names) -> Vec<Message> {
    let lost: Vec<_> = report.coverage.skips.iter().filter(|(class, _)| *class == Class::Lost).collect();
    let mut messages: Vec<Message> = lost
        .iter()
        .take(MESSAGES)
        .map(|(_, skip)| {
            let origin = printable(names.text(&skip.origin.to_string()).as_bytes());
            Message { level: "warn", value: format!("not read: {origin}: {}", skip.reason.name()) }
        })
        .collect();
    if lost.len() > MESSAGES {
        messages.push(Message { level: "warn", value: format!("not read: {} more", lost.len() - MESSAGES) });
    }
    let rest = allowed_in_words(report).map(|allowed| format!("not listed: {allowed}"));
    let notes = report.notes.iter().map(|note| printable(names.text(note).as_bytes()));
    messages.extend(rest.into_iter().chain(notes).map(|value| Message { level: "info", value }));
    messages
}

impl Serialize for Vulnerabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ids = Ids::default();
        serializer.collect_seq(places_that_count(self.report).map(|open| vulnerability(&open, self.names, &mut ids)))
    }
}

fn vulnerability<'a>(open: &Open<'a>, names: &Names, ids: &mut Ids) -> Vulnerability<'a> {
    let whereabouts = open.whereabouts(names);
    let (finding, place, signature) = (open.finding, open.place, &open.finding.signature);
    let opens = if signature.opens.is_empty() { String::new() } else { format!(" {}", signature.opens) };
    let detail = |name, value: &str| Detail { name, kind: "value", value: value.to_owned() };
    let mut details = BTreeMap::from([
        ("fingerprint", detail("Fingerprint", finding.fingerprint.as_str())),
        ("confidence", detail("Confidence", finding.confidence.name())),
        ("state", detail("State", place.state.name())),
        ("place", detail("Place", &whereabouts.name)),
    ]);
    if !place.owners.is_empty() {
        details.insert("owners", detail("Code owners", &printable(place.owners.join(" ").as_bytes())));
    }
    if let Some((target, _)) = open.target {
        details.insert("target", detail("Target", &printable(target.name.as_bytes())));
    }
    let links = [("Revoke", &signature.revoke), ("Make a new one", &signature.rotate)];
    let path = names.bytes(&place.path);
    Vulnerability {
        id: uuid(&ids.next(open, &whereabouts)),
        name: first_characters(&signature.title, LONGEST_NAME),
        description: format!("{}, {}.{opens}", signature.title, state_in_words(place.state)),
        severity: severity(finding.severity),
        solution: first_characters(&advice::what_to_do(finding, std::iter::once(place)), LONGEST_SOLUTION),
        identifiers: [
            Identifier {
                kind: "scrubjay_rule_id",
                name: format!("scrubjay rule {}", signature.id),
                value: &signature.id,
                url: None,
            },
            Identifier {
                kind: "cwe",
                name: "CWE-798".to_owned(),
                value: "798",
                url: Some("https://cwe.mitre.org/data/definitions/798.html"),
            },
        ],
        links: links
            .into_iter()
            .filter(|(_, url)| url.starts_with("https://") && !url.contains(' '))
            .map(|(name, url)| Link { name, url })
            .collect(),
        details,
        location: Location {
            file: if path.is_empty() || whereabouts.is_in_checkout { whereabouts.path() } else { printable(&path) },
            start_line: place.location.line,
            end_line: place.location.end_line,
            commit: commit(open, names),
        },
    }
}

/// The commit that brought it in.
fn commit<'a>(open: &Open<'a>, names: &Names) -> Commit<'a> {
    let Some(commit) = open.place.fate.as_ref().and_then(|fate| fate.introduced.as_ref()) else {
        return Commit { author: None, date: None, sha: NO_COMMIT };
    };
    let author = commit.author.as_deref().map(|author| {
        let email = commit.email.as_deref().map(|email| format!(" <{email}>")).unwrap_or_default();
        printable(names.text(&format!("{author}{email}")).as_bytes())
    });
    Commit { author, date: Some(&commit.date), sha: &commit.id }
}

/// 32 digits in the form of a UUID of version 8, which leaves its bits to whoever makes it.
fn uuid(digits: &str) -> String {
    let [a, b, c, d, e] = [&digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..32]];
    format!("{a}-{b}-8{c}-8{d}-{e}")
}

fn first_characters(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::samples::{finding, hidden, incomplete, removed, report, token};

    fn document(report: &Report) -> Value {
        let mut out = Vec::new();
        let options = Options {
            started: Some("2026-11-27T10:00:00".into()),
            ended: Some("2026-11-27T10:00:07".into()),
            ..Options::default()
        };
        write(report, &options, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn one_vulnerability_a_place() {
        let mut found = finding("rule-a", &token());
        found.places[0].owners = vec!["@acme/web".to_owned()];
        found.places.extend([removed("old/app.py"), hidden("app/.env")]);
        let document = document(&report(vec![found]));
        assert_eq!(document["scan"]["status"], "success");
        assert_eq!(
            (&document["scan"]["start_time"], &document["scan"]["end_time"]),
            (&json!("2026-11-27T10:00:00"), &json!("2026-11-27T10:00:07"))
        );
        let [here, removed, hidden] = &document["vulnerabilities"].as_array().unwrap()[..] else {
            panic!("{document}")
        };
        assert_eq!(
            here["location"],
            json!({"file": "src/app.py", "start_line": 3, "end_line": 3, "commit": {"sha": "0000000"}})
        );
        assert_eq!(here["details"]["owners"], json!({"name": "Code owners", "type": "value", "value": "@acme/web"}));
        assert_eq!(here["identifiers"][0]["value"], "rule-a");
        assert_eq!(here["links"][0]["url"], "https://example.com/revoke");
        assert_eq!(
            removed["location"]["commit"],
            json!({"author": "Ann Example <ann@example.com>", "date": "2026-01-02T03:04:05+01:00", "sha": "c0".repeat(20)})
        );
        assert_eq!(hidden["location"]["file"], "app/.env");
        let id = here["id"].as_str().unwrap();
        assert!(id.len() == 36 && id.as_bytes()[14] == b'8' && here["id"] != removed["id"], "{id}");
        let text = document.to_string();
        assert!(!text.contains(&token()) && !text.contains("wxyz"), "{text}");
    }

    #[test]
    fn what_is_not_listed_is_said() {
        let mut known = finding("rule-a", &token());
        known.places[0].allowed = Some(crate::finding::Allowed {
            by: "baseline",
            reason: "x".into(),
            written: "f:3".into(),
            ..crate::finding::Allowed::default()
        });
        let mut report = incomplete();
        report.allowed = vec![known];
        let document = document(&report);
        assert_eq!((&document["scan"]["status"], &document["vulnerabilities"]), (&json!("failure"), &json!([])));
        let messages = document["scan"]["messages"].to_string();
        assert!(
            messages.contains("x/broken.tar.gz: truncated")
                && messages.contains("not listed: 1 secret in the baseline"),
            "{messages}"
        );
    }
}
