use super::*;
use crate::finding::{Allowed, Place};
use crate::origin::{ObjectKind, Origin, Step, TextKind};
use crate::report::samples::{directory, finding, hidden, incomplete, place, removed, report, signature, token};
use crate::report::{Change, Format, Gone, Options, Outcome, Share, Standing, Sweep, Target};

fn written(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    format.write(report, &Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const FORMATS: &[Format] = &[
    Format::Text,
    Format::Json,
    Format::Jsonl,
    Format::Sarif,
    Format::Gitlab,
    Format::CodeQuality,
    Format::Junit,
    Format::Markdown,
    Format::Csv,
];

/// A report that has all that a report can have.
fn everything() -> Report {
    let mut first = finding("rule-a", &token());
    (first.places[0].location.utf16_column, first.places[0].location.utf16_end_column) = (Some(7), Some(39));
    let allowed =
        |by| Some(Allowed { by, reason: "sample".to_owned(), written: "x:1".to_owned(), ..Allowed::default() });
    first.places[0].owners = vec!["@acme/web".to_owned()];
    let terms = Allowed {
        owner: Some("docs team".to_owned()),
        until: Some("2030-12-31".to_owned()),
        ..allowed("config").unwrap()
    };
    first.places[0].allowed_by_change = Some(terms);
    first.places.extend([removed("old/app.py"), hidden("app/.env")]);
    let repository = || Origin::new(Step::Repository { location: ".".to_owned() });
    let steps: Vec<Origin> = vec![
        Origin::new(Step::Stdin),
        repository().with(Step::Submodule { path: b"lib/\xff".to_vec() }).at_path("a"),
        repository()
            .with(Step::Object { id: "b1".repeat(20), kind: ObjectKind::Blob })
            .with(Step::Lfs { oid: "9f".repeat(32) }),
        repository().with(Step::Object { id: "c0".repeat(20), kind: ObjectKind::Commit }),
        repository().with(Step::Ref { name: b"refs/heads/\xff".to_vec() }).with(Step::Text { kind: TextKind::RefName }),
        Origin::new(Step::Chart { name: "c".to_owned(), version: Some("1.0.0".to_owned()) }).at_path("values.yaml"),
        directory().at_path("a.jar").with(Step::Member { path: b"\xff\n".to_vec() }),
        Origin::new(Step::Image { reference: "x".into(), digest: Some("sha256:1".into()) })
            .with(Step::Config { digest: "sha256:2".into() }),
    ];
    first
        .places
        .extend(steps.into_iter().map(|origin| Place { path: origin.joined_path(), ..place(origin.clone(), "") }));
    first.pairs = vec![Pair {
        half: Half::Id,
        signature: Arc::new(signature("rule-id")),
        shown: "an-id".to_owned(),
        fingerprint: None,
        relation: Relation::File,
        state: State::Live,
        path: b"src/\xff".to_vec(),
        location: Location { line: 7, column: 1, end_line: 7, end_column: 1, ..Location::default() },
    }];
    let mut known = finding("rule-b", "other-secret-value");
    known.severity = Severity::Critical;
    known.fails = false;
    known.places[0].allowed = allowed("baseline");
    known.places[0].fails = false;
    let mut whole = incomplete();
    whole.findings = vec![first];
    whole.allowed = vec![known];
    whole.below_threshold = 3;
    whole.notes = vec!["a note".to_owned()];
    whole
}

#[test]
fn what_is_read_is_what_was_written_in_every_format() {
    let whole = everything();
    let read = read(written(&whole, Format::Json).as_bytes()).unwrap();
    for &format in FORMATS {
        assert_eq!(written(&read, format), written(&whole, format), "{format:?}");
    }
    let empty = report(Vec::new());
    let again = super::read(written(&empty, Format::Json).as_bytes()).unwrap();
    assert_eq!(written(&again, Format::Json), written(&empty, Format::Json));
}

#[test]
fn a_sweep_is_read_again() {
    let mut swept = everything();
    let target = |name: &str, kind| Target {
        name: name.to_owned(),
        owner: Some("team".to_owned()),
        location: format!("/srv/{name}"),
        kind,
        outcome: Outcome::Findings,
        reason: String::new(),
        findings: 1,
        places: 2,
        new: 1,
        still: 0,
        gone: 1,
        unknown: 0,
        objects: 10,
        bytes: 20,
        lost: 0,
        milliseconds: 1_234,
    };
    let of = |finding: &Finding, first: usize| Standing {
        change: Some(Change::New),
        shares: vec![
            Share { target: 0, places: first, change: Some(Change::New) },
            Share { target: 1, places: finding.places.len() - first, change: Some(Change::Still) },
        ],
    };
    let standings = [(&swept.findings[0], 2), (&swept.allowed[0], 1)];
    let standings =
        standings.into_iter().map(|(finding, first)| (finding.fingerprint.clone(), of(finding, first))).collect();
    swept.sweep = Some(Sweep {
        last: Some("2026-01-02T03:04:05Z".to_owned()),
        targets: vec![target("one", "git"), target("two", "image")],
        standings,
        gone: vec![Gone {
            target: 1,
            fingerprint: swept.findings[0].fingerprint.to_string(),
            rule: "rule-a".to_owned(),
            title: "t".to_owned(),
            severity: Severity::Low,
            shown: "tok_****".to_owned(),
            path: "p".to_owned(),
            is_certain: true,
        }],
    });
    let read = read(written(&swept, Format::Json).as_bytes()).unwrap();
    for &format in FORMATS {
        assert_eq!(written(&read, format), written(&swept, format), "{format:?}");
    }
}

#[test]
fn a_secret_in_a_name_stays_hidden_where_it_was() {
    let secret = "secret-folder-name";
    let mut found = finding("rule-b", secret);
    let named: Place = place(directory().with(Step::Text { kind: TextKind::FileName }), "");
    found.places = vec![named, place(directory().at_path(secret), secret)];
    let whole = report(vec![found]);
    let read = read(written(&whole, Format::Json).as_bytes()).unwrap();
    for &format in FORMATS {
        let text = written(&read, format);
        assert!(!text.contains(secret), "{text}");
        assert_eq!(text, written(&whole, format), "{format:?}");
    }
}

#[test]
fn what_is_no_report_is_refused_and_not_quoted() {
    let fault = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    assert!(fault("hunter2").contains("line 1, column 1") && !fault("hunter2").contains("hunter2"));
    assert!(fault("{}").contains("scrubjay/report/1"));
    assert!(fault("{\"schema\": \"scrubjay/report/2\"}").contains("scrubjay/report/1"));
    assert!(fault("{\"schema\": \"scrubjay/report/1\"}").contains("is no report"));
    let whole = written(&everything(), Format::Json);
    for (from, to) in [
        ("sj1:", "sj2:"),
        ("\"class\":\"lost\"", "\"class\":\"found\""),
        ("\"reason\":\"truncated\"", "\"reason\":\"hunter2\""),
        ("\"object\":\"blob\"", "\"object\":\"hunter2\""),
        ("\"mark\":[8,20]", "\"mark\":[8,2000]"),
        ("\"state\":\"live\"", "\"state\":\"hunter2\""),
    ] {
        let broken = whole.replacen(from, to, 1);
        assert_ne!(broken, whole, "{from}");
        assert!(!fault(&broken).contains("hunter2"), "{}", fault(&broken));
    }
    for cut in (0..whole.len()).step_by(97) {
        let _ = fault(whole.get(..cut).unwrap_or_default());
    }
}
