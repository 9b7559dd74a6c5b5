//! `json`: one document, one entry a secret. `jsonl`: one line a place, and a summary as the last.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::names::Names;
use super::sweep::{self, SweepWire};
use super::wire::{Counts, CoverageWire, ExplainedWire, FindingWire, PlaceWire, SCHEMA, Tool, write_json};
use super::{Report, ScannedImage};
use crate::finding::Finding;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    command: &'a str,
    targets: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    complete: bool,
    /// Whether `secret` and the excerpts have secrets as they are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    shows_secrets: bool,
    counts: Counts,
    findings: Entries<'a>,
    allowed: Entries<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explained: Vec<ExplainedWire<'a>>,
    coverage: CoverageWire<'a>,
    notes: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sweep: Option<SweepWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageWire<'a>>,
}

/// Entries made while they are written, so that a large report is not in memory twice.
struct Entries<'a> {
    report: &'a Report,
    findings: &'a [Finding],
    names: &'a Names,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    finding: FindingWire<'a>,
    places: Vec<PlaceWire<'a>>,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.findings.iter().map(|finding| {
            Entry {
                finding: FindingWire::new(finding, self.report, self.names),
                places: sweep::places(self.report, finding)
                    .into_iter()
                    .map(|(place, target)| PlaceWire::new(place, target, self.names))
                    .collect(),
            }
        }))
    }
}

pub(super) fn write_document(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::masked(report);
    let document = Document {
        schema: SCHEMA,
        tool: Tool::new(),
        command: &report.command,
        targets: names.texts(&report.targets),
        day: report.day.map(|day| day.to_string()),
        complete: !report.is_incomplete(),
        shows_secrets: report.shows_secrets,
        counts: Counts::new(report),
        findings: Entries { report, findings: &report.findings, names: &names },
        allowed: Entries { report, findings: &report.allowed, names: &names },
        explained: report.explained.iter().map(|one| ExplainedWire::new(one, &names)).collect(),
        coverage: CoverageWire::new(report, &names),
        notes: names.texts(&report.notes),
        sweep: report.sweep.as_ref().map(|sweep| SweepWire::whole(sweep, true)),
        image: report.image.as_ref().map(|image| ImageWire::new(image, &names)),
    };
    write_json(&document, out)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct ImageWire<'a> {
    name: Cow<'a, str>,
    digests: Vec<Cow<'a, str>>,
    /// Whether it is a Helm chart.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    chart: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_from: Option<Cow<'a, str>>,
}

impl<'a> ImageWire<'a> {
    fn new(image: &'a ScannedImage, names: &Names) -> Self {
        ImageWire {
            name: names.text(&image.name),
            digests: names.texts(&image.digests),
            chart: image.is_chart,
            read_from: image.read_from.as_ref().map(|from| names.text(from)),
        }
    }
}

#[derive(Serialize)]
struct PlaceLine<'a> {
    schema: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    finding: &'a FindingWire<'a>,
    #[serde(flatten)]
    place: PlaceWire<'a>,
}

#[derive(Serialize)]
struct ExplainedLine<'a> {
    schema: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    explained: ExplainedWire<'a>,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    schema: &'static str,
    kind: &'static str,
    tool: Tool,
    command: &'a str,
    targets: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    complete: bool,
    counts: Counts,
    coverage: CoverageWire<'a>,
    notes: Vec<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sweep: Option<SweepWire<'a>>,
}

/// A line of a sweep about a target, or about a secret that it did not find again.
#[derive(Serialize)]
struct SweepLine<T> {
    schema: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    rest: T,
}

pub(super) fn write_lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::masked(report);
    for finding in report.findings.iter().chain(&report.allowed) {
        let mut wire = FindingWire::new(finding, report, &names);
        for (place, target) in sweep::places(report, finding) {
            // A line is of one place.
            wire.fails = place.fails;
            let place = PlaceWire::new(place, target, &names);
            write_json(&PlaceLine { schema: SCHEMA, kind: "place", finding: &wire, place }, out)?;
            out.write_all(b"\n")?;
        }
    }
    for one in &report.explained {
        let explained = ExplainedWire::new(one, &names);
        write_json(&ExplainedLine { schema: SCHEMA, kind: "explained", explained }, out)?;
        out.write_all(b"\n")?;
    }
    if let Some(swept) = &report.sweep {
        write_sweep_lines("target", sweep::targets(swept), out)?;
        write_sweep_lines("gone", sweep::gone(swept, true), out)?;
    }
    let summary = SummaryLine {
        schema: SCHEMA,
        kind: "summary",
        tool: Tool::new(),
        command: &report.command,
        targets: names.texts(&report.targets),
        day: report.day.map(|day| day.to_string()),
        complete: !report.is_incomplete(),
        counts: Counts::new(report),
        coverage: CoverageWire::new(report, &names),
        notes: names.texts(&report.notes),
        sweep: report.sweep.as_ref().map(SweepWire::counts),
    };
    write_json(&summary, out)?;
    out.write_all(b"\n")
}

fn write_sweep_lines<T: Serialize>(kind: &'static str, lines: Vec<T>, out: &mut dyn Write) -> io::Result<()> {
    for rest in lines {
        write_json(&SweepLine { schema: SCHEMA, kind, rest }, out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::finding::Allowed;
    use crate::report::samples::{directory, finding, hidden, incomplete, place, removed, report, token};

    fn document(report: &Report) -> Value {
        let mut out = Vec::new();
        write_document(report, &mut out).unwrap();
        assert!(out.ends_with(b"}\n"));
        serde_json::from_slice(&out).unwrap()
    }

    fn lines(report: &Report) -> Vec<Value> {
        let mut out = Vec::new();
        write_lines(report, &mut out).unwrap();
        out.split_inclusive(|byte| *byte == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    #[test]
    fn a_secret_that_is_shown_is_its_text_and_masked_it_is_printable() {
        let mut key = report(vec![finding("rule-a", "first\nsecond\\n")]);
        assert_eq!(document(&key)["findings"][0]["secret"], "[16 to 31 characters]");
        key.shows_secrets = true;
        assert_eq!(document(&key)["findings"][0]["secret"], "first\nsecond\\n");
        assert_eq!(lines(&key)[0]["secret"], "first\nsecond\\n");
    }

    #[test]
    fn all_fields_of_a_place() {
        let report = report(vec![finding("rule-a", &token())]);
        let line = lines(&report).remove(0);
        assert_eq!(
            line,
            json!({
                "schema": "scrubjay/report/1", "kind": "place",
                "fingerprint": report.findings[0].fingerprint.as_str(),
                "rule": "rule-a", "title": "Example token", "provider": "Example",
                "severity": "high", "confidence": "likely", "lifetime": "static", "opens": "Everything at Example.",
                "secret": "tok_****wxyz",
                "score": {"points": 70, "reasons": [
                    {"name": "length", "points": -5, "text": "shorter than most"},
                    {"name": "keyword", "points": 25, "text": "the provider's prefix"},
                    {"name": "entropy", "points": 50, "text": "as random as a token"},
                ]},
                "entropy": 4.25,
                "details": [{"name": "account", "value": "123456789012"}],
                "tags": ["chat"], "rotate": "https://example.com/new", "revoke": "https://example.com/revoke",
                "fails": true,
                "state": "live", "context": null, "path": "src/app.py",
                "line": 3, "column": 9, "end_line": 3, "end_column": 41, "offset": 52,
                "excerpt": {"text": "token = tok_****wxyz # x", "mark": [8, 20]},
                "origin": [{"kind": "directory", "path": "."}, {"kind": "path", "path": "src/app.py"}],
                "commit": null, "author": null, "email": null, "date": null, "removed": null,
                "refs": [], "hidden_by": null, "versions": 1, "allowed": null,
            })
        );
        let mut entry = document(&report)["findings"][0].clone();
        let place = entry.as_object_mut().unwrap().remove("places").unwrap()[0].clone();
        for (key, value) in entry.as_object().unwrap().iter().chain(place.as_object().unwrap()) {
            assert_eq!(&line[key], value, "{key}");
        }
    }

    #[test]
    fn what_several_share_is_told() {
        let mut found = finding("rule-a", &token());
        found.places = ["envs/prod/a.env", "envs/dev/a.env"].map(|path| place(directory().at_path(path), path)).into();
        let report = report(vec![found]);
        let shared = json!({ "environments": ["production", "development"] });
        assert_eq!(document(&report)["findings"][0]["shared"], shared);
        assert_eq!(lines(&report)[1]["shared"], shared);
    }

    #[test]
    fn history_and_layers() {
        let mut found = finding("rule-a", &token());
        found.places = vec![removed("old/app.py"), hidden("app/.env")];
        let entry = document(&report(vec![found]))["findings"][0]["places"].clone();
        assert_eq!(entry[0]["commit"], "c0".repeat(20));
        assert_eq!(entry[0]["author"], "Ann Example");
        assert_eq!(entry[0]["date"], "2026-01-02T03:04:05+01:00");
        assert_eq!(entry[0]["removed"]["commit"], "d0".repeat(20));
        assert_eq!(entry[0]["origin"][1], json!({"kind": "object", "id": "b1".repeat(20), "object": "blob"}));
        assert_eq!(entry[1]["state"], "hidden");
        assert_eq!(entry[1]["hidden_by"], json!({"index": 5, "digest": format!("sha256:{}", "e5".repeat(32))}));
        assert_eq!(entry[1]["origin"][2]["instruction"], "COPY .env /app/.env");
    }

    #[test]
    fn counts_are_of_secrets_and_of_places() {
        let mut two = finding("rule-a", &token());
        two.places.push(place(directory().at_path("b"), "b"));
        let mut allowed = finding("rule-b", "other-secret-value");
        allowed.fails = false;
        allowed.places[0].fails = false;
        allowed.places[0].allowed = Some(Allowed {
            by: "inline",
            reason: "sample".to_owned(),
            written: "src/app.py:3".to_owned(),
            ..Allowed::default()
        });
        let mut report = report(vec![two]);
        report.allowed = vec![allowed];
        report.below_threshold = 7;
        let document = document(&report);
        assert_eq!(
            document["counts"],
            json!({"findings": 1, "places": 2, "failing": 1, "allowed_findings": 1, "allowed_places": 1,
                "baselined_findings": 0, "baselined_places": 0, "below_threshold": 7,
                "by_severity": {"critical": 0, "high": 1, "medium": 0, "low": 0, "info": 0}})
        );
        assert_eq!(
            document["allowed"][0]["places"][0]["allowed"],
            json!({"by": "inline", "reason": "sample", "written": "src/app.py:3"})
        );
        let lines = lines(&report);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[3]["kind"], "summary");
        assert_eq!(lines[3]["counts"], document["counts"]);
        assert!(lines[..3].iter().all(|line| line["kind"] == "place"));
    }

    #[test]
    fn what_was_not_read_is_listed() {
        let document = document(&incomplete());
        assert_eq!(document["complete"], false);
        assert_eq!(document["coverage"]["objects"], 1234);
        assert_eq!(
            document["coverage"]["skips"],
            json!({"not_asked": 4, "nothing_to_read": 1, "accepted": 1, "lost": 1})
        );
        let skipped = document["coverage"]["skipped"].as_array().unwrap();
        assert_eq!(skipped.len(), 7);
        assert_eq!(
            skipped[6],
            json!({"class": "lost", "reason": "truncated", "detail": "unexpected end of stream",
                "origin": [{"kind": "directory", "path": "."}, {"kind": "path", "path": "x/broken.tar.gz"}]})
        );
        assert_eq!(lines(&incomplete()).len(), 1);
        assert_eq!(lines(&incomplete())[0]["complete"], false);
    }

    #[test]
    fn nothing_found_is_a_document_too() {
        let document = document(&report(Vec::new()));
        assert_eq!(document["findings"], json!([]));
        assert_eq!(document["complete"], true);
        assert_eq!(document["tool"]["name"], "scrubjay");
    }

    #[test]
    fn paths_that_are_no_text_are_whole_in_base64() {
        let mut found = finding("rule-a", &token());
        found.places[0] = place(directory().at_path(*b"a\xff"), "");
        found.places[0].path = b"a\xff".to_vec();
        let entry = document(&report(vec![found]))["findings"][0]["places"][0].clone();
        assert_eq!(entry["path"], "a\u{fffd}");
        assert_eq!(entry["path_bytes"], "Yf8=");
        assert_eq!(entry["origin"][1], json!({"kind": "path", "path": "a\u{fffd}", "path_bytes": "Yf8="}));
    }

    #[test]
    fn hostile_text_stays_in_its_string() {
        let path = "\u{1b}[31m\n::error::x\u{9b}\u{202e}\u{e0041}\"";
        let mut found = finding("rule-a", &token());
        found.places[0] = place(directory().at_path(path), path);
        let report = report(vec![found]);
        let mut out = Vec::new();
        write_lines(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.chars().all(|c| c == '\n' || crate::origin::is_printable(c)), "{text}");
        assert_eq!(text.lines().count(), 2);
        assert_eq!(lines(&report)[0]["path"], path);
    }
}
