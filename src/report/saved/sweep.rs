//! What a sweep says beside its findings, read again.

use std::collections::HashMap;

use serde::Deserialize;

use super::NoReport;
use super::place::PlaceIn;
use crate::report::{Change, Gone, Outcome, Share, Standing, Sweep, Target};
use crate::signature::Severity;

#[derive(Deserialize)]
pub(super) struct SweepIn {
    last: Option<String>,
    #[serde(default)]
    targets: Vec<TargetIn>,
    #[serde(default)]
    gone: Vec<GoneIn>,
}

#[derive(Deserialize)]
struct TargetIn {
    name: String,
    owner: Option<String>,
    target: String,
    #[serde(rename = "type")]
    kind: String,
    verdict: Outcome,
    reason: Option<String>,
    findings: usize,
    places: usize,
    new: usize,
    still: usize,
    gone: usize,
    unknown: usize,
    objects: u64,
    bytes: u64,
    lost: usize,
    seconds: f64,
}

#[derive(Deserialize)]
struct GoneIn {
    change: String,
    fingerprint: String,
    rule: String,
    title: String,
    severity: Severity,
    #[serde(default)]
    secret: String,
    target: String,
    path: String,
}

impl SweepIn {
    pub(super) fn into_sweep(self) -> Result<Sweep, NoReport> {
        let targets: Vec<Target> = self.targets.into_iter().map(TargetIn::target).collect::<Result<_, _>>()?;
        let gone = |gone: GoneIn| {
            let target = targets.iter().position(|target| target.name == gone.target);
            Ok(Gone {
                target: target.ok_or(NoReport::Value("a target of what is gone"))?,
                fingerprint: gone.fingerprint,
                rule: gone.rule,
                title: gone.title,
                severity: gone.severity,
                shown: gone.secret,
                path: gone.path,
                is_certain: gone.change == "gone",
            })
        };
        let gone = self.gone.into_iter().map(gone).collect::<Result<_, _>>()?;
        Ok(Sweep { last: self.last, targets, gone, ..Sweep::default() })
    }
}

impl TargetIn {
    fn target(self) -> Result<Target, NoReport> {
        let kind = ["path", "git", "image"].into_iter().find(|kind| *kind == self.kind);
        Ok(Target {
            name: self.name,
            owner: self.owner,
            location: self.target,
            kind: kind.ok_or(NoReport::Value("a type of target"))?,
            outcome: self.verdict,
            reason: self.reason.unwrap_or_default(),
            findings: self.findings,
            places: self.places,
            new: self.new,
            still: self.still,
            gone: self.gone,
            unknown: self.unknown,
            objects: self.objects,
            bytes: self.bytes,
            lost: self.lost,
            milliseconds: (self.seconds * 1_000.0).round() as u64,
        })
    }
}

fn change(name: Option<&str>) -> Option<Change> {
    [Change::New, Change::Still].into_iter().find(|change| Some(change.name()) == name)
}

/// Finds the targets of places again.
pub(super) struct Shares(Option<HashMap<String, usize>>);

impl Shares {
    pub(super) fn new(sweep: Option<&Sweep>) -> Self {
        let by_name = |sweep: &Sweep| {
            sweep.targets.iter().enumerate().map(|(index, target)| (target.name.clone(), index)).collect()
        };
        Shares(sweep.map(by_name))
    }

    /// What the sweep knows of a finding; `None` where there is no sweep.
    pub(super) fn of(&self, of_finding: Option<&str>, places: &[PlaceIn]) -> Option<Standing> {
        let targets = self.0.as_ref()?;
        let mut shares: Vec<Share> = Vec::new();
        for place in places {
            let Some(target) = &place.target else { continue };
            let Some(&index) = targets.get(&target.name) else { continue };
            match shares.last_mut().filter(|share| share.target == index) {
                Some(share) => share.places += 1,
                None => shares.push(Share { target: index, places: 1, change: change(target.change.as_deref()) }),
            }
        }
        Some(Standing { change: change(of_finding), shares })
    }
}
