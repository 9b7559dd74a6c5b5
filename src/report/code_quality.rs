//! `codequality`: GitLab's code quality report, a part of the Code Climate format: one issue a place, shown beside the lines of
//! a merge request. Holds nothing of a secret.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::names::Names;
use super::open::{Open, places_that_count};
use super::wire::write_json;
use super::words::{losses_in_words, state_in_words};
use super::{Report, open};
use crate::blob::Class;
use crate::signature::Severity;

#[derive(Serialize)]
struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'a str,
    description: String,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: String,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
    end: u64,
}

/// Issues made while they are written.
struct Issues<'a> {
    report: &'a Report,
    names: &'a Names,
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_json(&Issues { report, names: &Names::hidden(report) }, out)?;
    out.write_all(b"\n")
}

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ids = open::Ids::default();
        let issues = places_that_count(self.report).map(|open| {
            let whereabouts = open.whereabouts(self.names);
            let id = ids.next(&open, &whereabouts);
            let (path, in_checkout) = (whereabouts.path(), whereabouts.is_in_checkout);
            issue(&open, path, in_checkout, whereabouts.name, id)
        });
        serializer.collect_seq(issues.chain(incomplete(self.report)))
    }
}

fn issue<'a>(open: &Open<'a>, path: String, in_checkout: bool, name: String, fingerprint: String) -> Issue<'a> {
    let (finding, place) = (open.finding, open.place);
    let title = format!("{} ({}), {}", finding.signature.title, finding.confidence.name(), state_in_words(place.state));
    let lines = if in_checkout {
        Lines { begin: place.location.line, end: place.location.end_line }
    } else {
        Lines { begin: 1, end: 1 }
    };
    Issue {
        kind: "issue",
        check_name: &finding.signature.id,
        description: if in_checkout { title } else { format!("{title}: {name}") },
        categories: ["Security"],
        severity: severity(finding.severity),
        fingerprint,
        location: Location { path, lines },
    }
}

/// What was lost is an issue, too: the format has no other way to say it.
fn incomplete(report: &Report) -> Option<Issue<'_>> {
    (report.coverage.count(Class::Lost) > 0).then(|| Issue {
        kind: "issue",
        check_name: "scrubjay-incomplete",
        description: losses_in_words(report),
        categories: ["Security"],
        severity: "major",
        fingerprint: format!("scrubjay-incomplete-{}", report.command),
        location: Location { path: ".scrubjay/coverage".to_owned(), lines: Lines { begin: 1, end: 1 } },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::samples::{finding, incomplete, removed, report, token};

    fn issues(report: &Report) -> Value {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn one_issue_a_place() {
        let mut found = finding("rule-a", &token());
        found.places.push(removed("old/app.py"));
        let issues = issues(&report(vec![found]));
        assert_eq!(issues.as_array().unwrap().len(), 2);
        assert_eq!(issues[0]["location"], json!({"path": "src/app.py", "lines": {"begin": 3, "end": 3}}));
        assert_eq!(issues[0]["description"], "Example token (likely), live");
        assert_eq!((&issues[0]["severity"], &issues[0]["check_name"]), (&json!("critical"), &json!("rule-a")));
        assert_eq!(
            issues[1]["location"],
            json!({"path": ".scrubjay/history/old/app.py", "lines": {"begin": 1, "end": 1}})
        );
        assert!(issues[1]["description"].as_str().unwrap().contains("in history only: blob b1b1"));
        assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
        assert!(!issues.to_string().contains(&token()) && !issues.to_string().contains("Ann"));
    }

    #[test]
    fn nothing_is_an_empty_list_and_a_loss_an_issue() {
        assert_eq!(issues(&report(Vec::new())), json!([]));
        let lost = issues(&incomplete());
        assert_eq!(lost[0]["check_name"], "scrubjay-incomplete");
        assert!(lost[0]["description"].as_str().unwrap().contains("x/broken.tar.gz"), "{lost}");
    }
}
