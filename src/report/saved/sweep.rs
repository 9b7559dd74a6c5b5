//! What a sweep says beside its findings, read again.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::NoReport;
use super::place::PlaceIn;
use crate::report::sweep::{GONE, GoneWire, TargetWire};
use crate::report::{Change, Gone, Share, Standing, Sweep, Target};

#[derive(Deserialize)]
pub(super) struct SweepIn {
    last: Option<String>,
    #[serde(default)]
    targets: Vec<TargetWire<'static>>,
    #[serde(default)]
    gone: Vec<GoneWire<'static>>,
}

impl SweepIn {
    pub(super) fn into_sweep(self) -> Result<Sweep, NoReport> {
        let targets: Vec<Target> = self.targets.into_iter().map(target).collect::<Result<_, _>>()?;
        let gone = |gone: GoneWire<'static>| {
            let target = targets.iter().position(|target| target.name == gone.target);
            Ok(Gone {
                target: target.ok_or(NoReport::Value("a target of what is gone"))?,
                fingerprint: gone.fingerprint.into_owned(),
                rule: gone.rule.into_owned(),
                title: gone.title.into_owned(),
                severity: gone.severity,
                shown: gone.secret.unwrap_or_default().into_owned(),
                path: gone.path.into_owned(),
                is_certain: gone.change == GONE,
            })
        };
        let gone = self.gone.into_iter().map(gone).collect::<Result<_, _>>()?;
        Ok(Sweep { last: self.last, targets, gone, ..Sweep::default() })
    }
}

fn target(read: TargetWire<'static>) -> Result<Target, NoReport> {
    let kind = ["path", "git", "image"].into_iter().find(|kind| *kind == read.kind);
    Ok(Target {
        name: read.name.into_owned(),
        owner: read.owner.map(Cow::into_owned),
        location: read.target.into_owned(),
        kind: kind.ok_or(NoReport::Value("a type of target"))?,
        outcome: read.verdict,
        reason: read.reason.unwrap_or_default().into_owned(),
        findings: read.findings,
        places: read.places,
        new: read.new,
        still: read.still,
        gone: read.gone,
        unknown: read.unknown,
        objects: read.objects,
        bytes: read.bytes,
        lost: read.lost,
        milliseconds: (read.seconds * 1_000.0).round() as u64,
    })
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
