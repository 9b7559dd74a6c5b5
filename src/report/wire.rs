//! The wire form of `json` and `jsonl`: private structs, so that the library's own types can change, and the one place
//! where fields are named.

mod place;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

use super::advice::Shared;
use super::names::Names;
use super::sweep::Change;
use super::{Report, explained};
use crate::blob::{Class, Skip};
use crate::finding::explained::Explained;
use crate::finding::{Allowed, Finding, Pair, Place};
use crate::origin::is_printable;
use crate::score::Why;
use crate::signature::Severity;

pub(super) use place::PlaceWire;
use place::{LocationWire, StepWire, lossy, steps};

/// Name and version of the wire form; changes only with a major version.
pub(super) const SCHEMA: &str = "scrubjay/report/1";

#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    pub(super) fn new() -> Self {
        Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

/// Counts of secrets and of the places they lie at.
#[derive(Serialize)]
pub(super) struct Counts {
    findings: usize,
    places: usize,
    failing: usize,
    allowed_findings: usize,
    allowed_places: usize,
    /// Of those that are allowed.
    baselined_findings: usize,
    baselined_places: usize,
    below_threshold: usize,
    by_severity: BTreeMap<&'static str, usize>,
}

impl Counts {
    pub(super) fn new(report: &Report) -> Self {
        let places = || report.findings.iter().chain(&report.allowed).flat_map(|finding| &finding.places);
        let allowed_places = places().filter(|place| place.allowed.is_some()).count();
        let is_baselined = |place: &&Place| place.allowed.as_ref().is_some_and(Allowed::is_baseline);
        let count = |severity: Severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
        Counts {
            findings: report.findings.len(),
            places: places().count() - allowed_places,
            failing: report.failing(),
            allowed_findings: report.allowed.len(),
            allowed_places,
            baselined_findings: report.baselined(),
            baselined_places: places().filter(is_baselined).count(),
            below_threshold: report.below_threshold,
            by_severity: Severity::ALL.iter().map(|severity| (severity.name(), count(*severity))).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct CoverageWire<'a> {
    objects: u64,
    bytes: u64,
    skips: BTreeMap<&'static str, usize>,
    skipped: Vec<SkipWire<'a>>,
}

impl<'a> CoverageWire<'a> {
    pub(super) fn new(report: &'a Report, names: &Names) -> Self {
        let coverage = &report.coverage;
        let classes = [Class::NotAsked, Class::NothingToRead, Class::Accepted, Class::Lost];
        CoverageWire {
            objects: coverage.objects,
            bytes: coverage.bytes,
            skips: classes.into_iter().map(|class| (class_name(class), coverage.count(class))).collect(),
            skipped: coverage.skips.iter().map(|(class, skip)| SkipWire::new(*class, skip, names)).collect(),
        }
    }
}

pub(super) fn class_name(class: Class) -> &'static str {
    match class {
        Class::NotAsked => "not_asked",
        Class::NothingToRead => "nothing_to_read",
        Class::Accepted => "accepted",
        Class::Lost => "lost",
    }
}

#[derive(Serialize)]
struct SkipWire<'a> {
    class: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: Cow<'a, str>,
    origin: Vec<StepWire>,
}

impl<'a> SkipWire<'a> {
    fn new(class: Class, skip: &'a Skip, names: &Names) -> Self {
        SkipWire {
            class: class_name(class),
            reason: skip.reason.name(),
            detail: names.text(&skip.detail),
            origin: steps(&skip.origin, names),
        }
    }
}

/// A candidate that `--explain` asks for.
#[derive(Serialize)]
pub(super) struct ExplainedWire<'a> {
    rule: &'a str,
    outcome: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    #[serde(flatten)]
    location: LocationWire,
    versions: u32,
    secret: &'a str,
    decoder: Option<&'static str>,
    score: Score<'a>,
    entropy: f64,
}

impl<'a> ExplainedWire<'a> {
    pub(super) fn new(one: &'a Explained, names: &Names) -> Self {
        let (path, path_bytes) = lossy(&one.path, names);
        let reasons = one.verdict.reasons.iter().chain(&one.afterwards);
        ExplainedWire {
            rule: &one.signature.id,
            outcome: explained::outcome(&one.outcome),
            path,
            path_bytes,
            location: LocationWire::new(one.location),
            versions: one.versions,
            secret: &one.shown,
            decoder: one.decoder,
            score: Score { points: explained::points(one), reasons: reasons.map(ReasonWire::new).collect() },
            entropy: f64::from(one.verdict.entropy),
        }
    }
}

/// What is the same at all places of a secret.
#[derive(Serialize)]
pub(super) struct FindingWire<'a> {
    fingerprint: &'a str,
    rule: &'a str,
    title: &'a str,
    provider: &'a str,
    severity: &'static str,
    /// That of its rule, where a proof knows better.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_severity: Option<&'static str>,
    confidence: &'static str,
    lifetime: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<Shared>,
    opens: &'a str,
    secret: &'a str,
    score: Score<'a>,
    entropy: f64,
    details: Vec<DetailWire<'a>>,
    tags: &'a [String],
    rotate: &'a str,
    revoke: &'a str,
    pub fails: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<PairWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
}

/// The other half of what was found, and how sure it is that they belong together.
#[derive(Serialize)]
pub(super) struct PairWire<'a> {
    half: &'static str,
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    fingerprint: Option<&'a str>,
    relation: &'static str,
    confidence: &'static str,
    state: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    line: u64,
}

impl<'a> PairWire<'a> {
    /// With what may be shown of the other half.
    pub(super) fn new(pair: &'a Pair, names: &Names) -> Self {
        let (path, path_bytes) = lossy(&pair.path, names);
        PairWire {
            half: pair.half.name(),
            rule: &pair.signature.id,
            value: Some(&pair.shown),
            fingerprint: pair.fingerprint.as_ref().map(|fingerprint| fingerprint.as_str()),
            relation: pair.relation.name(),
            confidence: pair.relation.confidence().name(),
            state: pair.state.name(),
            path,
            path_bytes,
            line: pair.location.line,
        }
    }

    /// Without its value.
    pub(super) fn hidden(pair: &'a Pair, names: &Names) -> Self {
        PairWire { value: None, ..PairWire::new(pair, names) }
    }
}

#[derive(Serialize)]
struct Score<'a> {
    points: i32,
    reasons: Vec<ReasonWire<'a>>,
}

#[derive(Serialize)]
struct ReasonWire<'a> {
    name: &'a str,
    points: i32,
    text: &'a str,
}

impl<'a> ReasonWire<'a> {
    fn new(why: &'a Why) -> Self {
        ReasonWire { name: why.name, points: why.points, text: &why.text }
    }
}

#[derive(Serialize)]
struct DetailWire<'a> {
    name: &'a str,
    value: &'a str,
}

/// What is told of a secret: where secrets are shown, its text itself, so that it can be used.
fn told(finding: &Finding, shows_secrets: bool) -> &str {
    std::str::from_utf8(finding.secret.expose()).ok().filter(|_| shows_secrets).unwrap_or(&finding.shown)
}

impl<'a> FindingWire<'a> {
    pub(super) fn new(finding: &'a Finding, report: &Report, names: &Names) -> Self {
        let signature = &finding.signature;
        let reasons = finding.reasons.iter().map(ReasonWire::new).collect();
        let details =
            finding.details.iter().map(|detail| DetailWire { name: detail.name, value: &detail.value }).collect();
        FindingWire {
            fingerprint: finding.fingerprint.as_str(),
            rule: &signature.id,
            title: &signature.title,
            provider: &signature.provider,
            severity: finding.severity.name(),
            rule_severity: (finding.severity != signature.severity).then(|| signature.severity.name()),
            confidence: finding.confidence.name(),
            lifetime: signature.lifetime.name(),
            age_days: report.age(finding),
            shared: Shared::of(report, finding),
            opens: &signature.opens,
            secret: told(finding, report.shows_secrets),
            score: Score { points: finding.points, reasons },
            entropy: (f64::from(finding.entropy) * 100.0).round() / 100.0,
            details,
            tags: &signature.tags,
            rotate: &signature.rotate,
            revoke: &signature.revoke,
            fails: finding.fails,
            pairs: finding.pairs.iter().map(|pair| PairWire::new(pair, names)).collect(),
            change: report.sweep.as_ref().and_then(|sweep| sweep.change(finding)).map(Change::name),
        }
    }
}

/// Writes JSON without white space, with all characters escaped that a terminal would obey.
pub(super) fn write_json(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Escaping)).map_err(io::Error::from)
}

struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut written = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| !is_printable(*c)) {
            out.write_all(&fragment.as_bytes()[written..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            written = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[written..])
    }
}
