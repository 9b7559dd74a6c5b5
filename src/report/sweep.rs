//! What a report of many targets says beside its findings: how each target came out, and what is new, still there or gone
//! since the last sweep.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::finding::{Finding, Fingerprint, Place};
use crate::signature::Severity;

/// How a target came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All of it was read, and nothing found.
    Clean,
    /// All of it was read, and something found.
    Findings,
    /// Some of it was read; what was found in that is reported.
    Incomplete,
    /// Nothing of it was read.
    Failed,
}

impl Outcome {
    /// All, the best first.
    pub const ALL: &'static [Outcome] = &[Outcome::Clean, Outcome::Findings, Outcome::Incomplete, Outcome::Failed];

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Clean => "clean",
            Outcome::Findings => "findings",
            Outcome::Incomplete => "incomplete",
            Outcome::Failed => "failed",
        }
    }

    /// Whether all of the target was read.
    pub fn is_whole(self) -> bool {
        matches!(self, Outcome::Clean | Outcome::Findings)
    }
}

/// What is said of a secret beside the last sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The last sweep did not know it.
    New,
    /// The last sweep knew it, too.
    Still,
}

impl Change {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Change::New => "new",
            Change::Still => "still",
        }
    }
}

/// One target of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// What the list calls it, or its location.
    pub name: String,
    /// Who answers for it, where the list says so.
    pub owner: Option<String>,
    /// Path, URL without credentials, or image reference.
    pub location: String,
    /// `path`, `git` or `image`.
    pub kind: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// Why it was not read as a whole; empty where it was.
    pub reason: String,
    /// Secrets found in it that are shown.
    pub findings: usize,
    /// Places of these in it.
    pub places: usize,
    /// Secrets in it that the last sweep did not know there.
    pub new: usize,
    /// Secrets in it that the last sweep knew there.
    pub still: usize,
    /// Secrets that the last sweep knew in it, and that are not there any more.
    pub gone: usize,
    /// Secrets that the last sweep knew in it, and of which nobody knows, since it was not read as a whole.
    pub unknown: usize,
    /// Objects that were judged.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Things in it that were lost.
    pub lost: usize,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// Which places of a finding lie in one target. A finding's places are in the order of its shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Index of the target.
    pub target: usize,
    /// Number of places.
    pub places: usize,
    /// Whether the last sweep knew the secret in this target; `None` where there was no last sweep.
    pub change: Option<Change>,
}

/// What a sweep knows of a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether the last sweep knew the secret in any target; `None` where there was no last sweep.
    pub change: Option<Change>,
    /// Its places by target.
    pub shares: Vec<Share>,
}

/// A secret that the last sweep knew in a target, and this one did not find there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Index of the target.
    pub target: usize,
    /// Fingerprint.
    pub fingerprint: String,
    /// Id of the rule.
    pub rule: String,
    /// Title of the rule's signature.
    pub title: String,
    /// What it opens.
    pub severity: Severity,
    /// What may be shown of it.
    pub shown: String,
    /// The first place where it was, printable.
    pub path: String,
    /// Whether the target was read as a whole; where it was not, nobody knows.
    pub is_certain: bool,
}

/// What a sweep adds to a report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sweep {
    /// When the last sweep ended, as RFC 3339; `None`: there was none.
    pub last: Option<String>,
    /// The targets, in the order of the list.
    pub targets: Vec<Target>,
    /// What is known of each finding, also of those that are allowed.
    pub standings: BTreeMap<Fingerprint, Standing>,
    /// What the last sweep knew and this one did not find, in the order of targets and fingerprints.
    pub gone: Vec<Gone>,
}

impl Sweep {
    /// Whether the last sweep knew the secret.
    pub fn change(&self, finding: &Finding) -> Option<Change> {
        self.standings.get(&finding.fingerprint)?.change
    }

    /// Target and change of each place of a finding, in the order of its places.
    pub(super) fn of_places(&self, finding: &Finding) -> Vec<Option<InTarget<'_>>> {
        let shares = self.standings.get(&finding.fingerprint).map_or(&[][..], |standing| &standing.shares);
        let known = shares.iter().flat_map(|share| {
            let target = self.targets.get(share.target);
            std::iter::repeat_n(target.map(|target| (target, share.change)), share.places)
        });
        known.chain(std::iter::repeat(None)).take(finding.places.len()).collect()
    }
}

/// The target that a place lies in, and whether the last sweep knew the secret there.
pub(super) type InTarget<'a> = (&'a Target, Option<Change>);

/// The places of a finding, each with its target where there is a sweep.
pub(super) fn places<'a>(report: &'a Report, finding: &'a Finding) -> Vec<(&'a Place, Option<InTarget<'a>>)> {
    let of_places = report.sweep.as_ref().map_or_else(|| vec![None; finding.places.len()], |s| s.of_places(finding));
    finding.places.iter().zip(of_places).collect()
}

/// A target as a place names it.
#[derive(Serialize)]
pub(super) struct PlaceTargetWire<'a> {
    name: &'a str,
    owner: Option<&'a str>,
    change: Option<&'static str>,
}

impl<'a> PlaceTargetWire<'a> {
    pub(super) fn new((target, change): InTarget<'a>) -> Self {
        PlaceTargetWire { name: &target.name, owner: target.owner.as_deref(), change: change.map(Change::name) }
    }
}

/// A target as a report has it, written and read again.
#[derive(Serialize, Deserialize)]
pub(super) struct TargetWire<'a> {
    pub name: Cow<'a, str>,
    pub owner: Option<Cow<'a, str>>,
    pub target: Cow<'a, str>,
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    pub verdict: Outcome,
    pub reason: Option<Cow<'a, str>>,
    pub findings: usize,
    pub places: usize,
    pub new: usize,
    pub still: usize,
    pub gone: usize,
    pub unknown: usize,
    pub objects: u64,
    pub bytes: u64,
    pub lost: usize,
    pub seconds: f64,
}

/// What is gone as a report has it, written and read again.
#[derive(Serialize, Deserialize)]
pub(super) struct GoneWire<'a> {
    pub change: Cow<'a, str>,
    pub fingerprint: Cow<'a, str>,
    pub rule: Cow<'a, str>,
    pub title: Cow<'a, str>,
    pub severity: Severity,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Cow<'a, str>>,
    pub target: Cow<'a, str>,
    pub owner: Option<Cow<'a, str>>,
    pub path: Cow<'a, str>,
}

/// What [`GoneWire::change`] is where the target was read as a whole.
pub(super) const GONE: &str = "gone";

#[derive(Serialize)]
pub(super) struct SweepWire<'a> {
    last: Option<&'a str>,
    counts: BTreeMap<&'static str, usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<TargetWire<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<Vec<GoneWire<'a>>>,
}

impl<'a> SweepWire<'a> {
    /// All of it. Without `masked`, nothing of a secret is in it, not even what may be shown.
    pub(super) fn whole(sweep: &'a Sweep, masked: bool) -> Self {
        SweepWire { targets: Some(targets(sweep)), gone: Some(gone(sweep, masked)), ..SweepWire::counts(sweep) }
    }

    /// The counts alone.
    pub(super) fn counts(sweep: &'a Sweep) -> Self {
        SweepWire { last: sweep.last.as_deref(), counts: counts(sweep), targets: None, gone: None }
    }
}

/// Targets by how they came out, and secrets by what changed: `new` and `still` count secrets, `gone` and `unknown`
/// secrets in a target.
pub(super) fn counts(sweep: &Sweep) -> BTreeMap<&'static str, usize> {
    let changes = |change| sweep.standings.values().filter(|standing| standing.change == Some(change)).count();
    let gone = |certain| sweep.gone.iter().filter(|gone| gone.is_certain == certain).count();
    let outcomes = Outcome::ALL
        .iter()
        .map(|outcome| (outcome.name(), sweep.targets.iter().filter(|target| target.outcome == *outcome).count()));
    let of_secrets = [
        (Change::New.name(), changes(Change::New)),
        (Change::Still.name(), changes(Change::Still)),
        ("gone", gone(true)),
        ("unknown", gone(false)),
    ];
    outcomes.chain(of_secrets).chain([("targets", sweep.targets.len())]).collect()
}

pub(super) fn targets(sweep: &Sweep) -> Vec<TargetWire<'_>> {
    sweep.targets.iter().map(TargetWire::new).collect()
}

impl<'a> TargetWire<'a> {
    fn new(target: &'a Target) -> Self {
        TargetWire {
            name: (&target.name).into(),
            owner: target.owner.as_deref().map(Cow::from),
            target: (&target.location).into(),
            kind: target.kind.into(),
            verdict: target.outcome,
            reason: Some(&*target.reason).filter(|reason| !reason.is_empty()).map(Cow::from),
            findings: target.findings,
            places: target.places,
            new: target.new,
            still: target.still,
            gone: target.gone,
            unknown: target.unknown,
            objects: target.objects,
            bytes: target.bytes,
            lost: target.lost,
            seconds: target.milliseconds as f64 / 1_000.0,
        }
    }
}

pub(super) fn gone(sweep: &Sweep, masked: bool) -> Vec<GoneWire<'_>> {
    let of_a_target = sweep.gone.iter().filter_map(|gone| Some((gone, sweep.targets.get(gone.target)?)));
    of_a_target
        .map(|(gone, target)| GoneWire {
            change: if gone.is_certain { GONE } else { "unknown" }.into(),
            fingerprint: (&gone.fingerprint).into(),
            rule: (&gone.rule).into(),
            title: (&gone.title).into(),
            severity: gone.severity,
            secret: masked.then_some(&*gone.shown).map(Cow::from),
            target: (&target.name).into(),
            owner: target.owner.as_deref().map(Cow::from),
            path: (&gone.path).into(),
        })
        .collect()
}
