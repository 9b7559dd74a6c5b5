//! One report out of the records of all targets: the same secret in several targets is one entry, and each is held against
//! the last sweep.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Known;
use super::list::{Place, Target};
use super::record::{Record, Signatures};
use super::state::Last;
use crate::blob::{Class, Reason, Skip};
use crate::finding::{Finding, Fingerprint};
use crate::origin::{Origin, Step};
use crate::report::{self, Change, Coverage, Gone, Outcome, Report, Share, Standing, Sweep};
use crate::scan;

/// Makes the report of a sweep; `records` are in the order of `targets`. `ended` is when the last sweep ended, in words.
pub fn report(
    targets: &[Target],
    records: &[Record],
    last: Option<&Last>,
    ended: Option<String>,
    signatures: &Signatures,
) -> Report {
    let mut merged = Merged { last, ..Merged::default() };
    let mut coverage = Coverage::default();
    let mut notes = BTreeSet::new();
    for (index, (target, record)) in targets.iter().zip(records).enumerate() {
        coverage.objects += record.objects;
        coverage.bytes += record.bytes;
        coverage.skips.extend(record.skips());
        coverage.skips.extend((record.outcome == Outcome::Failed).then(|| (Class::Lost, not_read(target, record))));
        notes.extend(record.notes.iter().cloned());
        merged.add(index, target, record, signatures);
    }
    coverage.skips.sort();
    coverage.skips.dedup();
    notes.extend(remarks(&merged.targets, last, targets));
    let (mut findings, mut allowed): (Vec<Finding>, Vec<Finding>) =
        merged.findings.into_values().partition(|finding| !finding.is_allowed());
    scan::sort(&mut findings);
    scan::sort(&mut allowed);
    Report {
        command: "sweep".to_owned(),
        targets: targets.iter().map(|target| target.location.clone()).collect(),
        shows_secrets: false,
        findings,
        allowed,
        explained: Vec::new(),
        below_threshold: records.iter().map(|record| record.below_threshold).sum(),
        coverage,
        notes: notes.into_iter().collect(),
        day: None,
        in_names: Vec::new(),
        image: None,
        sweep: Some(Sweep { last: ended, targets: merged.targets, standings: merged.standings, gone: merged.gone }),
    }
}

#[derive(Default)]
struct Merged<'a> {
    last: Option<&'a Last>,
    findings: BTreeMap<Fingerprint, Finding>,
    standings: BTreeMap<Fingerprint, Standing>,
    targets: Vec<report::Target>,
    gone: Vec<Gone>,
}

impl Merged<'_> {
    fn add(&mut self, index: usize, target: &Target, record: &Record, signatures: &Signatures) {
        let mut summary = report::Target {
            name: target.name.clone(),
            owner: target.owner.clone(),
            location: target.location.clone(),
            kind: target.place.kind(),
            outcome: record.outcome,
            reason: record.reason.clone(),
            findings: 0,
            places: 0,
            new: 0,
            still: 0,
            gone: 0,
            unknown: 0,
            objects: record.objects,
            bytes: record.bytes,
            // Of one that was not read at all the coverage says so, too.
            lost: record.skips().iter().filter(|(class, _)| *class == Class::Lost).count()
                + usize::from(record.outcome == Outcome::Failed),
            milliseconds: record.milliseconds,
        };
        for finding in record.findings(signatures).unwrap_or_default() {
            let open = finding.places.iter().filter(|place| place.allowed.is_none()).count();
            let change = self.change_in(target, &finding);
            if open > 0 {
                summary.findings += 1;
                summary.places += open;
                summary.new += usize::from(change == Some(Change::New));
                summary.still += usize::from(change == Some(Change::Still));
            }
            self.join(Share { target: index, places: finding.places.len(), change }, finding);
        }
        for (fingerprint, known) in known_in(self.last, target) {
            if record.has(fingerprint) {
                continue;
            }
            let is_certain = !record.leaves_open(fingerprint);
            *(if is_certain { &mut summary.gone } else { &mut summary.unknown }) += 1;
            self.gone.push(Gone {
                target: index,
                fingerprint: fingerprint.clone(),
                rule: known.rule.clone(),
                title: known.title.clone(),
                severity: known.severity,
                shown: known.shown.clone(),
                path: known.path.clone(),
                is_certain,
            });
        }
        self.targets.push(summary);
    }

    /// Whether the last sweep knew a secret in a target.
    fn change_in(&self, target: &Target, finding: &Finding) -> Option<Change> {
        let known = self.last?.targets.get(&target.location);
        let is_known = known.is_some_and(|known| known.contains_key(finding.fingerprint.as_str()));
        Some(if is_known { Change::Still } else { Change::New })
    }

    /// Adds a finding of one target to the entry of the same secret.
    fn join(&mut self, share: Share, finding: Finding) {
        let last = self.last;
        let standing = self.standings.entry(finding.fingerprint.clone()).or_insert_with(|| {
            let is_known =
                |last: &Last| last.targets.values().any(|known| known.contains_key(finding.fingerprint.as_str()));
            let change = last.map(|last| if is_known(last) { Change::Still } else { Change::New });
            Standing { change, shares: Vec::new() }
        });
        standing.shares.push(share);
        match self.findings.entry(finding.fingerprint.clone()) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(finding);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let one = entry.get_mut();
                let fails = one.fails || finding.fails;
                // Of a secret that is known in two targets, what belongs to it in each.
                let mut pairs = std::mem::take(&mut one.pairs);
                for pair in &finding.pairs {
                    if !pairs.contains(pair) {
                        pairs.push(pair.clone());
                    }
                }
                let surer = |finding: &Finding| (finding.confidence, finding.severity, finding.points);
                // The surest tells what it is; of equals that of the first target.
                if surer(&finding) > surer(one) {
                    let mut places = std::mem::take(&mut one.places);
                    places.extend(finding.places.iter().cloned());
                    *one = Finding { places, ..finding };
                } else {
                    one.places.extend(finding.places);
                }
                one.fails = fails;
                one.pairs = pairs;
            }
        }
    }
}

/// What the last sweep knew in a target.
fn known_in<'l>(last: Option<&'l Last>, target: &Target) -> BTreeMap<&'l String, &'l Known> {
    let Some(last) = last else { return BTreeMap::new() };
    let stands_for = |kept: &&String| target.stands_for(kept);
    let known = last.targets.get(&target.location).into_iter();
    known.chain(last.kept.iter().filter(stands_for).filter_map(|kept| last.targets.get(kept))).flatten().collect()
}

/// A target of which nothing was read, as a loss.
fn not_read(target: &Target, record: &Record) -> Skip {
    let location = target.location.clone();
    let step = match target.place {
        Place::Path(_) => Step::Directory { path: location },
        Place::Git(_) => Step::Repository { location },
        Place::Image(_) | Place::Unlisted { .. } => Step::Image { reference: location, digest: None },
    };
    let reason = if record.out_of_time { Reason::TimedOut } else { Reason::Unreadable };
    Skip::new(Origin::new(step), reason, record.reason.as_str())
}

/// What a reader of the changes has to know.
fn remarks(targets: &[report::Target], last: Option<&Last>, asked: &[Target]) -> Vec<String> {
    let Some(last) = last else { return Vec::new() };
    let mut remarks = Vec::new();
    if !last.same_settings {
        remarks.push(
            "the last sweep ran with other rules, settings or another version: what is new or gone may come from that"
                .to_owned(),
        );
    }
    let has_new = |target: &report::Target| target.new > 0 && last.partial.contains(&target.location);
    let partial = targets.iter().filter(|target| has_new(target)).count();
    let listed: BTreeSet<&str> = targets.iter().map(|target| target.location.as_str()).collect();
    let knows_some = |target: &String| last.targets.get(target).is_some_and(|known| !known.is_empty());
    let is_told = |kept: &&String| knows_some(kept) && !asked.iter().any(|target| target.stands_for(kept));
    let kept = last.kept.iter().filter(is_told).count();
    if kept > 0 {
        let were = if kept == 1 { "target of the last sweep was" } else { "targets of the last sweep were" };
        remarks.push(format!("{kept} {were} not asked for now; what is known there stays known"));
    }
    let others = last.targets.keys().filter(|target| !listed.contains(target.as_str()));
    let unlisted = others.filter(|target| knows_some(target) && !last.kept.contains(*target)).count();
    if unlisted > 0 {
        let are = if unlisted == 1 { "target of the last sweep is" } else { "targets of the last sweep are" };
        remarks.push(format!("{unlisted} {are} not in the list any more; nothing is said of what was in there"));
    }
    if partial > 0 {
        let were = if partial == 1 { "target with new secrets was" } else { "targets with new secrets were" };
        remarks.push(format!("{partial} {were} not read as a whole by the last sweep: they may be newly read only"));
    }
    remarks
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
