//! Reports built by hand, for the tests of all formats.

use std::sync::Arc;

use super::{Coverage, Report};
use crate::blob::{Reason, Skip};
use crate::finding::mask::mask;
pub(super) use crate::finding::samples::place;
use crate::finding::{Commit, Excerpt, Fate, Finding, Fingerprinter, Place, State};
use crate::origin::{ObjectKind, Origin, Step};
use crate::score::{Confidence, Detail, Why};
use crate::secret::Secret;
use crate::signature::{Severity, Signature};

pub(super) const PUBLIC_PART: &str = "tok_";

pub(super) fn signature(id: &str) -> Signature {
    toml::from_str(&format!(
        r#"
        id = "{id}"
        title = "Example token"
        provider = "Example"
        severity = "high"
        lifetime = "static"
        opens = "Everything at Example."
        keywords = ["tok_"]
        tags = ["chat"]
        rotate = "https://example.com/new"
        revoke = "https://example.com/revoke"
        examples = []
        "#
    ))
    .unwrap()
}

/// A high, likely, failing finding at `src/app.py:3:9`, live.
pub(super) fn finding(rule: &str, secret: &str) -> Finding {
    let public_prefix = if secret.starts_with(PUBLIC_PART) { PUBLIC_PART.len() } else { 0 };
    let shown =
        if public_prefix > 0 { mask(secret.as_bytes(), public_prefix) } else { "[16 to 31 characters]".to_owned() };
    let mut first = place(directory().at_path("src/app.py"), "src/app.py");
    first.excerpt = Excerpt { text: format!("token = {shown} # x"), mark: (8, 8 + shown.len()) };
    Finding {
        signature: Arc::new(signature(rule)),
        severity: Severity::High,
        confidence: Confidence::Likely,
        points: 70,
        reasons: vec![
            Why { name: "length", points: -5, text: "shorter than most".into() },
            Why { name: "keyword", points: 25, text: "the provider's prefix".into() },
            Why { name: "entropy", points: 50, text: "as random as a token".into() },
        ],
        details: vec![Detail { name: "account", value: "123456789012".to_owned() }],
        entropy: 4.254_321,
        secret: Secret::new(secret.as_bytes()),
        shown,
        fingerprint: Fingerprinter::new(None).of(rule, secret.as_bytes(), true),
        guessable: false,
        places: vec![first],
        pairs: Vec::new(),
        fails: true,
    }
}

/// A token whose ends are shown.
pub(super) fn token() -> String {
    format!("{PUBLIC_PART}{}wxyz", "QRST".repeat(6))
}

pub(super) fn directory() -> Origin {
    Origin::new(Step::Directory { path: ".".to_owned() })
}

/// A place in history: brought in by one commit, taken away by another.
pub(super) fn removed(path: &str) -> Place {
    let origin = Origin::new(Step::Repository { location: ".".to_owned() });
    let mut removed = place(origin.with(Step::Object { id: "b1".repeat(20), kind: ObjectKind::Blob }), path);
    removed.state = State::Removed;
    removed.versions = 4;
    let mut fate = Fate::of(State::Removed);
    fate.introduced = Some(commit("c0"));
    fate.removed = Some(commit("d0"));
    removed.fate = Some(fate);
    removed
}

fn commit(digits: &str) -> Commit {
    Commit {
        id: digits.repeat(20),
        author: Some("Ann Example".to_owned()),
        email: Some("ann@example.com".to_owned()),
        date: "2026-01-02T03:04:05+01:00".to_owned(),
    }
}

/// A place in a layer that a later one hides.
pub(super) fn hidden(path: &str) -> Place {
    let image = Origin::new(Step::Image { reference: "example/app:1".to_owned(), digest: None });
    let layer = image.with(Step::Platform { name: "linux/amd64".to_owned() }).with(Step::Layer {
        digest: format!("sha256:{}", "a1".repeat(32)),
        index: 2,
        instruction: Some("COPY .env /app/.env".to_owned()),
    });
    let mut hidden = place(layer.at_path(path), path);
    hidden.state = State::Hidden;
    let mut fate = Fate::of(State::Hidden);
    fate.hidden_by = Some((5, format!("sha256:{}", "e5".repeat(32))));
    hidden.fate = Some(fate);
    hidden
}

pub(super) fn report(findings: Vec<Finding>) -> Report {
    Report {
        command: "scan".to_owned(),
        targets: vec![".".to_owned()],
        shows_secrets: false,
        findings,
        allowed: Vec::new(),
        below_threshold: 0,
        explained: Vec::new(),
        coverage: Coverage { objects: 1234, bytes: 12_345_678, skips: Vec::new() },
        notes: Vec::new(),
        day: None,
        in_names: Vec::new(),
        sweep: None,
        image: None,
    }
}

/// A report with a skip of every class, in order.
pub(super) fn incomplete() -> Report {
    let mut report = report(Vec::new());
    let skip = |path: &str, reason, detail: &str| Skip::new(directory().at_path(path), reason, detail);
    let mut skips: Vec<_> = [
        skip("a.log", Reason::Ignored, ""),
        skip("b.log", Reason::Ignored, ""),
        skip("c.log", Reason::Ignored, ""),
        skip("d.log", Reason::Excluded, ""),
        skip("fifo", Reason::SpecialFile, ""),
        skip("x/broken.tar.gz", Reason::Truncated, "unexpected end of stream"),
    ]
    .into_iter()
    .map(|skip| (skip.reason.class(), skip))
    .collect();
    skips.push((crate::blob::Class::Accepted, skip("old.zip", Reason::Encrypted, "")));
    skips.sort();
    report.coverage.skips = skips;
    report
}
