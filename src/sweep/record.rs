//! What is kept of a target: all that its part of a report needs, and no byte of a secret. A target that was read just now
//! and one that an earlier process read go into the report by the same way.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::known::Known;
use crate::blob::{Class, Reason, Skip};
use crate::date::Date;
use crate::finding::{
    Allowed, Commit, Excerpt, Fate, FileFacts, Finding, Fingerprint, Half, Location, Pair, PathContext, Place,
    Relation, State, ToldBy, lifetime, word,
};
use crate::origin::{Origin, Step, printable, text_or_bytes};
use crate::report::{Outcome, Report};
use crate::score::{Detail, Why};
use crate::secret::Secret;
use crate::signature::{Lifetime, Signature};

/// All signatures that there are, by id, also those that are not asked for.
pub type Signatures = HashMap<String, Arc<Signature>>;

/// A target that is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Location of the target.
    pub target: String,
    /// How it came out.
    pub outcome: Outcome,
    /// Why it was not read as a whole.
    pub reason: String,
    /// Whether it was time that ran out.
    pub out_of_time: bool,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// Objects that were judged.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Findings below the thresholds.
    pub below_threshold: usize,
    /// Notes of its report.
    pub notes: Vec<String>,
    skips: Vec<KeptSkip>,
    findings: Vec<KeptFinding>,
    /// Secrets that the sweep before knew here, and of which nobody knows, since not all was read or looked for.
    pub carried: Vec<Known>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptSkip {
    class: Class,
    origin: Vec<Step>,
    reason: Reason,
    detail: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptFinding {
    #[serde(flatten)]
    known: Known,
    points: i32,
    reasons: Vec<(String, i32, String)>,
    details: Vec<(String, String)>,
    /// `None` in records of before.
    #[serde(default)]
    lifetime: Option<Lifetime>,
    /// The bits of the number, so that it is the same again.
    entropy: u32,
    places: Vec<KeptPlace>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<KeptPair>,
    fails: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptPair {
    half: Half,
    rule: String,
    shown: String,
    fingerprint: Option<String>,
    relation: Relation,
    state: State,
    #[serde(with = "text_or_bytes")]
    path: Vec<u8>,
    location: Location,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptPlace {
    origin: Vec<Step>,
    #[serde(with = "text_or_bytes")]
    path: Vec<u8>,
    location: Location,
    excerpt: Excerpt,
    state: State,
    fate: Option<KeptFate>,
    versions: u32,
    context: Option<PathContext>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    owners: Vec<String>,
    /// By whom, why, and where that is written.
    allowed: Option<(String, String, String)>,
    /// Who answers for that, and until when.
    #[serde(default)]
    allowed_terms: (Option<String>, Option<String>),
    #[serde(default)]
    fails: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptFate {
    state: State,
    introduced: Option<Commit>,
    #[serde(default)]
    made: Option<Date>,
    order: u64,
    removed: Option<Commit>,
    refs: Vec<String>,
    hidden_by: Option<(u32, String)>,
    #[serde(default)]
    file: Option<FileFacts>,
    #[serde(default)]
    base: Option<ToldBy>,
    #[serde(default)]
    is_rest: bool,
}

impl Record {
    /// A target of which nothing was read.
    pub fn failed(target: &str, reason: String, out_of_time: bool) -> Self {
        Record {
            target: target.to_owned(),
            outcome: Outcome::Failed,
            reason,
            out_of_time,
            milliseconds: 0,
            objects: 0,
            bytes: 0,
            below_threshold: 0,
            notes: Vec::new(),
            skips: Vec::new(),
            findings: Vec::new(),
            carried: Vec::new(),
        }
    }

    /// A target that was read; the report must be sealed.
    pub fn of(target: &str, report: &Report) -> Self {
        let lost = report.coverage.count(Class::Lost);
        let outcome = match (lost, report.findings.is_empty()) {
            (0, true) => Outcome::Clean,
            (0, false) => Outcome::Findings,
            _ => Outcome::Incomplete,
        };
        let mut record = Record::failed(target, String::new(), false);
        record.outcome = outcome;
        if let Some((_, first)) = report.coverage.skips.iter().find(|(class, _)| *class == Class::Lost) {
            let more = if lost > 1 { format!(" and {} more", lost - 1) } else { String::new() };
            record.reason = format!("not read: {}: {}{more}", first.origin, first.reason.name());
        }
        record.objects = report.coverage.objects;
        record.bytes = report.coverage.bytes;
        record.below_threshold = report.below_threshold;
        record.notes.clone_from(&report.notes);
        record.skips = report.coverage.skips.iter().map(KeptSkip::of).collect();
        record.findings = report.findings.iter().chain(&report.allowed).map(KeptFinding::of).collect();
        record
    }

    /// What was not read of it.
    pub fn skips(&self) -> Vec<(Class, Skip)> {
        let skip = |kept: &KeptSkip| {
            let origin = origin(&kept.origin)?;
            Some((kept.class, Skip::new(origin, kept.reason, kept.detail.as_str())))
        };
        self.skips.iter().filter_map(skip).collect()
    }

    /// The paths of what was not read of it, as was accepted; empty where that has none.
    pub fn accepted_paths(&self) -> Vec<String> {
        let accepted = self.skips().into_iter().filter(|(class, _)| *class == Class::Accepted);
        accepted.map(|(_, skip)| printable(&skip.origin.joined_path())).collect()
    }

    /// What was found in it, allowed findings too. `None` where a signature is not known any more, or what was kept is no finding.
    pub fn findings(&self, signatures: &Signatures) -> Option<Vec<Finding>> {
        self.findings.iter().map(|kept| kept.finding(signatures)).collect()
    }

    /// One that was not asked for; what the sweep before knew of it stays known.
    pub fn not_asked<'k>(target: &str, known: impl Iterator<Item = &'k Known>) -> Self {
        let record = Record::failed(target, "not asked for".to_owned(), false);
        Record { carried: known.cloned().collect(), ..record }
    }

    /// Whether a secret was found in it.
    pub fn has(&self, fingerprint: &str) -> bool {
        self.findings.iter().any(|kept| kept.known.fingerprint == fingerprint)
    }

    /// Whether nobody knows if a secret that the sweep before knew is still in it.
    pub fn leaves_open(&self, fingerprint: &str) -> bool {
        !self.outcome.is_whole() || self.carried.iter().any(|known| known.fingerprint == fingerprint)
    }

    /// The secrets that the next sweep is to know of it, by fingerprint.
    pub fn known(&self) -> BTreeMap<String, Known> {
        let found = self.findings.iter().map(|kept| &kept.known);
        self.carried.iter().chain(found).map(|known| (known.fingerprint.clone(), known.clone())).collect()
    }
}

impl KeptSkip {
    fn of((class, skip): &(Class, Skip)) -> Self {
        let origin = skip.origin.steps().into_iter().cloned().collect();
        KeptSkip { class: *class, origin, reason: skip.reason, detail: skip.detail.clone() }
    }
}

impl KeptFinding {
    fn of(finding: &Finding) -> Self {
        KeptFinding {
            known: Known::of(finding),
            points: finding.points,
            reasons: finding
                .reasons
                .iter()
                .map(|why| (why.name.to_owned(), why.points, why.text.to_string()))
                .collect(),
            details: finding.details.iter().map(|detail| (detail.name.to_owned(), detail.value.clone())).collect(),
            lifetime: Some(finding.signature.lifetime),
            entropy: finding.entropy.to_bits(),
            places: finding.places.iter().map(KeptPlace::of).collect(),
            pairs: finding.pairs.iter().map(KeptPair::of).collect(),
            fails: finding.fails,
        }
    }

    fn finding(&self, signatures: &Signatures) -> Option<Finding> {
        let places: Vec<Place> = self.places.iter().map(KeptPlace::place).collect::<Option<_>>()?;
        (!places.is_empty()).then_some(())?;
        let pairs: Vec<Pair> = self.pairs.iter().map(|kept| kept.pair(signatures)).collect::<Option<_>>()?;
        Some(Finding {
            signature: lifetime::again(signatures.get(&self.known.rule)?, self.lifetime, &pairs),
            severity: self.known.severity,
            confidence: self.known.confidence,
            points: self.points,
            reasons: self
                .reasons
                .iter()
                .map(|(name, points, text)| Why { name: word(name), points: *points, text: text.clone().into() })
                .collect(),
            details: self
                .details
                .iter()
                .map(|(name, value)| Detail { name: word(name), value: value.clone() })
                .collect(),
            entropy: f32::from_bits(self.entropy),
            secret: Secret::new([]),
            shown: self.known.shown.clone(),
            fingerprint: Fingerprint::parse(&self.known.fingerprint)?,
            guessable: true,
            places,
            pairs,
            fails: self.fails,
        })
    }
}

impl KeptPair {
    fn of(pair: &Pair) -> Self {
        KeptPair {
            half: pair.half,
            rule: pair.signature.id.clone(),
            shown: pair.shown.clone(),
            fingerprint: pair.fingerprint.as_ref().map(|fingerprint| fingerprint.as_str().to_owned()),
            relation: pair.relation,
            state: pair.state,
            path: pair.path.clone(),
            location: pair.location,
        }
    }

    fn pair(&self, signatures: &Signatures) -> Option<Pair> {
        let fingerprint = match &self.fingerprint {
            Some(fingerprint) => Some(Fingerprint::parse(fingerprint)?),
            None => None,
        };
        Some(Pair {
            half: self.half,
            signature: signatures.get(&self.rule)?.clone(),
            shown: self.shown.clone(),
            fingerprint,
            relation: self.relation,
            state: self.state,
            path: self.path.clone(),
            location: self.location,
        })
    }
}

impl KeptPlace {
    fn of(place: &Place) -> Self {
        KeptPlace {
            origin: place.origin.steps().into_iter().cloned().collect(),
            path: place.path.clone(),
            location: place.location,
            excerpt: place.excerpt.clone(),
            state: place.state,
            fate: place.fate.as_ref().map(|fate| KeptFate {
                state: fate.state,
                introduced: fate.introduced.clone(),
                made: fate.made,
                order: fate.order,
                removed: fate.removed.clone(),
                refs: fate.refs.clone(),
                hidden_by: fate.hidden_by.clone(),
                file: fate.file,
                base: fate.base,
                is_rest: fate.is_rest,
            }),
            versions: place.versions,
            context: place.context,
            owners: place.owners.clone(),
            fails: place.fails,
            allowed_terms: place
                .allowed
                .as_ref()
                .map(|allowed| (allowed.owner.clone(), allowed.until.clone()))
                .unwrap_or_default(),
            allowed: place
                .allowed
                .as_ref()
                .map(|allowed| (allowed.by.to_owned(), allowed.reason.clone(), allowed.written.clone())),
        }
    }

    fn place(&self) -> Option<Place> {
        Some(Place {
            origin: origin(&self.origin)?,
            path: self.path.clone(),
            location: self.location,
            excerpt: self.excerpt.clone(),
            state: self.state,
            fate: self.fate.as_ref().map(|kept| Fate {
                introduced: kept.introduced.clone(),
                made: kept.made,
                order: kept.order,
                removed: kept.removed.clone(),
                removed_order: 0,
                refs: kept.refs.clone(),
                hidden_by: kept.hidden_by.clone(),
                file: kept.file,
                base: kept.base,
                is_rest: kept.is_rest,
                state: kept.state,
                path: None,
                origin: None,
            }),
            versions: self.versions,
            context: self.context,
            allowed_by_change: None,
            owners: self.owners.clone(),
            fails: self.fails,
            allowed: self.allowed.as_ref().map(|(by, reason, written)| Allowed {
                by: word(by),
                reason: reason.clone(),
                written: written.clone(),
                owner: self.allowed_terms.0.clone(),
                until: self.allowed_terms.1.clone(),
            }),
        })
    }
}

fn origin(steps: &[Step]) -> Option<Origin> {
    let (first, rest) = steps.split_first()?;
    Some(rest.iter().fold(Origin::new(first.clone()), |origin, step| origin.with(step.clone())))
}
