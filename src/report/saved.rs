//! A report read again from `json`: what another format needs of it is there, and a secret is not. The other half of `wire`; a
//! test holds the two together.

mod place;
mod sweep;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use self::place::{PlaceIn, SkipIn, bytes};
use self::sweep::{Shares, SweepIn};
use super::wire::SCHEMA;
use super::{Coverage, Report, ScannedImage};
use crate::date::Date;
use crate::finding::{Finding, Fingerprint, Half, Location, Pair, Relation, State, word};
use crate::origin::printable;
use crate::score::{Confidence, Detail, Why};
use crate::secret::Secret;
use crate::signature::{Lifetime, Severity, Signature};

/// Why a file is no report that can be read.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// It is no JSON, or not that of a report; with line and column. What it says instead is not quoted.
    #[error("line {0}, column {1}: is no report of scrubjay as JSON")]
    Form(usize, usize),
    /// It is JSON of a later version, or of something else.
    #[error("is no report of the schema {SCHEMA}")]
    Schema,
    /// A value that no report has, such as a fingerprint that is none.
    #[error("{0} is none of a report")]
    Value(&'static str),
}

#[derive(Deserialize)]
struct SchemaIn {
    schema: Option<String>,
}

#[derive(Deserialize)]
struct DocumentIn {
    command: String,
    targets: Vec<String>,
    day: Option<String>,
    #[serde(default)]
    shows_secrets: bool,
    counts: CountsIn,
    findings: Vec<EntryIn>,
    allowed: Vec<EntryIn>,
    #[serde(default)]
    explained: Vec<serde::de::IgnoredAny>,
    coverage: CoverageIn,
    notes: Vec<String>,
    sweep: Option<SweepIn>,
    image: Option<ImageIn>,
}

#[derive(Deserialize)]
struct ImageIn {
    name: String,
    digests: Vec<String>,
    #[serde(default)]
    chart: bool,
    read_from: Option<String>,
}

#[derive(Deserialize)]
struct CountsIn {
    below_threshold: usize,
}

#[derive(Deserialize)]
struct CoverageIn {
    objects: u64,
    bytes: u64,
    skipped: Vec<SkipIn>,
}

#[derive(Deserialize)]
struct EntryIn {
    fingerprint: String,
    rule: String,
    title: String,
    provider: String,
    severity: Severity,
    rule_severity: Option<Severity>,
    confidence: Confidence,
    lifetime: Lifetime,
    opens: String,
    secret: String,
    score: ScoreIn,
    entropy: f64,
    details: Vec<DetailIn>,
    tags: Vec<String>,
    rotate: String,
    revoke: String,
    fails: bool,
    #[serde(default)]
    pairs: Vec<PairIn>,
    change: Option<String>,
    places: Vec<PlaceIn>,
}

#[derive(Deserialize)]
struct ScoreIn {
    points: i32,
    reasons: Vec<ReasonIn>,
}

#[derive(Deserialize)]
struct ReasonIn {
    name: String,
    points: i32,
    text: String,
}

#[derive(Deserialize)]
struct DetailIn {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct PairIn {
    half: Half,
    rule: String,
    value: String,
    fingerprint: Option<String>,
    relation: Relation,
    state: State,
    path: String,
    path_bytes: Option<String>,
    line: u64,
}

/// Reads a report that was written as `json`.
///
/// # Errors
/// When it is none.
pub fn read(text: &[u8]) -> Result<Report, NoReport> {
    let form = |cause: serde_json::Error| NoReport::Form(cause.line(), cause.column());
    let schema: SchemaIn = serde_json::from_slice(text).map_err(form)?;
    if schema.schema.as_deref() != Some(SCHEMA) {
        return Err(NoReport::Schema);
    }
    let document: DocumentIn = serde_json::from_slice(text).map_err(form)?;
    let mut signatures = Signatures::default();
    let mut sweep = document.sweep.map(SweepIn::into_sweep).transpose()?;
    let shares = Shares::new(sweep.as_ref());
    let mut read = |entries: Vec<EntryIn>| -> Result<Vec<Finding>, NoReport> {
        entries
            .into_iter()
            .map(|entry| {
                let standing = shares.of(entry.change.as_deref(), &entry.places);
                let finding = entry.finding(&mut signatures)?;
                if let (Some(sweep), Some(standing)) = (&mut sweep, standing) {
                    sweep.standings.insert(finding.fingerprint.clone(), standing);
                }
                Ok(finding)
            })
            .collect()
    };
    let (findings, allowed) = (read(document.findings)?, read(document.allowed)?);
    let skips = document.coverage.skipped.into_iter().map(SkipIn::skip).collect::<Result<_, _>>()?;
    let mut notes = document.notes;
    if !document.explained.is_empty() {
        notes.push("what --explain told is in the report as JSON alone".to_owned());
    }
    Ok(Report {
        command: document.command,
        targets: document.targets,
        shows_secrets: document.shows_secrets,
        findings,
        allowed,
        below_threshold: document.counts.below_threshold,
        explained: Vec::new(),
        coverage: Coverage { objects: document.coverage.objects, bytes: document.coverage.bytes, skips },
        notes,
        day: document.day.as_deref().and_then(Date::parse),
        in_names: Vec::new(),
        sweep,
        image: document.image.map(|ImageIn { name, digests, chart, read_from }| ScannedImage {
            name,
            digests,
            is_chart: chart,
            read_from,
        }),
    })
}

/// The signatures of a report, each once.
#[derive(Default)]
struct Signatures(BTreeMap<String, Arc<Signature>>);

impl Signatures {
    fn of(&mut self, entry: &EntryIn) -> Result<Arc<Signature>, NoReport> {
        // One secret may work longer than others of its rule, and be revoked in another way.
        let is_same = |known: &&Arc<Signature>| known.lifetime == entry.lifetime && known.revoke == entry.revoke;
        let known = self.0.get(&entry.rule).filter(|known| !known.title.is_empty()).filter(is_same);
        if let Some(known) = known {
            return Ok(Arc::clone(known));
        }
        self.add(
            &entry.rule,
            &json!({
                "id": entry.rule, "title": entry.title, "provider": entry.provider, "lifetime": entry.lifetime,
                "severity": entry.rule_severity.unwrap_or(entry.severity), "opens": entry.opens, "tags": entry.tags,
                "rotate": entry.rotate, "revoke": entry.revoke, "keywords": [], "examples": [],
            }),
        )
    }

    /// Of a rule of which no more is known than its id.
    fn named(&mut self, rule: &str) -> Result<Arc<Signature>, NoReport> {
        match self.0.get(rule) {
            Some(known) => Ok(Arc::clone(known)),
            None => self.add(
                rule,
                &json!({ "id": rule, "title": "", "lifetime": "static", "severity": "info", "keywords": [], "examples": [] }),
            ),
        }
    }

    fn add(&mut self, rule: &str, written: &serde_json::Value) -> Result<Arc<Signature>, NoReport> {
        let signature: Signature = Signature::deserialize(written).map_err(|_| NoReport::Value("a rule"))?;
        let signature = Arc::new(signature);
        self.0.insert(rule.to_owned(), Arc::clone(&signature));
        Ok(signature)
    }
}

impl EntryIn {
    fn finding(self, signatures: &mut Signatures) -> Result<Finding, NoReport> {
        let signature = signatures.of(&self)?;
        let fingerprint = Fingerprint::parse(&self.fingerprint).ok_or(NoReport::Value("a fingerprint"))?;
        let mut places = self.places.into_iter().map(PlaceIn::place).collect::<Result<Vec<_>, _>>()?;
        for place in &mut places {
            place.fails &= self.fails && place.allowed.is_none();
        }
        if places.is_empty() {
            return Err(NoReport::Value("a secret without a place"));
        }
        let why = |reason: ReasonIn| Why { name: word(&reason.name), points: reason.points, text: reason.text.into() };
        Ok(Finding {
            signature,
            severity: self.severity,
            confidence: self.confidence,
            points: self.score.points,
            reasons: self.score.reasons.into_iter().map(why).collect(),
            details: self
                .details
                .into_iter()
                .map(|detail| Detail { name: word(&detail.name), value: detail.value })
                .collect(),
            entropy: self.entropy as f32,
            // What is shown of it stands in names of this report, and formats that show nothing find it by that.
            secret: Secret::new(self.secret.clone().into_bytes()),
            shown: printable(self.secret.as_bytes()),
            fingerprint,
            guessable: true,
            places,
            pairs: self.pairs.into_iter().map(|pair| pair.pair(signatures)).collect::<Result<_, _>>()?,
            fails: self.fails,
        })
    }
}

impl PairIn {
    fn pair(self, signatures: &mut Signatures) -> Result<Pair, NoReport> {
        let fingerprint = match self.fingerprint {
            Some(text) => Some(Fingerprint::parse(&text).ok_or(NoReport::Value("a fingerprint"))?),
            None => None,
        };
        let line = self.line;
        Ok(Pair {
            half: self.half,
            signature: signatures.named(&self.rule)?,
            shown: self.value,
            fingerprint,
            relation: self.relation,
            state: self.state,
            path: bytes(self.path, self.path_bytes)?,
            location: Location { line, column: 1, end_line: line, end_column: 1, ..Location::default() },
        })
    }
}

#[cfg(test)]
mod tests;
