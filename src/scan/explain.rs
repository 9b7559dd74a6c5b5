//! `--explain`: candidates at the paths that were named, with all reasons and what came of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use super::PathFilter;
use crate::finding::explained::{Explained, Outcome};
use crate::finding::{Fate, Finding, Location};
use crate::origin::{ObjectKind, Origin, Step};
use crate::score::{Verdict, Why};
use crate::secret::Secret;
use crate::signature::RuleSet;

/// Candidates that are kept, at most, until a history's paths are known.
pub(super) const MOST: usize = 1 << 20;

/// A place whose candidates are to be explained.
pub struct Wanted {
    /// As it was typed.
    pub typed: String,
    /// Whether a path is meant.
    pub path: PathFilter,
    /// Only this line.
    pub line: Option<u64>,
    /// Whether something at such a path was read.
    seen: AtomicBool,
}

impl Wanted {
    /// What was typed, and what it means.
    pub fn new(typed: String, path: PathFilter, line: Option<u64>) -> Self {
        Wanted { typed, path, line, seen: AtomicBool::new(false) }
    }
}

/// A candidate whose path may not be known yet.
pub(super) struct Candidate {
    pub rule: u16,
    pub secret: Secret,
    pub shown: String,
    pub origin: Origin,
    pub location: Location,
    pub decoder: Option<&'static str>,
    pub verdict: Verdict,
}

/// Whether candidates of this origin are to be kept: it is named, or only a history knows its path.
pub(super) fn is_wanted(wanted: &[Wanted], origin: &Origin) -> bool {
    if wanted.is_empty() {
        return false;
    }
    let nameless = |step: &&Step| matches!(step, Step::Object { kind: ObjectKind::Blob, .. });
    origin.steps().iter().any(nameless) || names(wanted, &super::places::shown_path(origin, None), origin, None)
}

/// Whether one of the places is named.
fn names(wanted: &[Wanted], shown: &[u8], origin: &Origin, location: Option<Location>) -> bool {
    let own = origin.joined_path();
    let shown = if shown.is_empty() && matches!(origin.last(), Step::Stdin) { &b"-"[..] } else { shown };
    let mut named = false;
    for one in wanted.iter().filter(|one| (one.path)(shown) || !own.is_empty() && (one.path)(&own)) {
        one.seen.store(true, Ordering::Relaxed);
        let on_line = |line| location.is_none_or(|at| (at.line..=at.end_line.max(at.line)).contains(&line));
        named |= one.line.is_none_or(on_line);
    }
    named
}

/// What became of the secrets of the report, by secret and rule.
#[derive(Default)]
pub(super) struct Decisions(HashMap<(Secret, u16), (Outcome, Vec<Why>)>);

impl Decisions {
    /// A secret that is in the report.
    pub fn reported(&mut self, key: (Secret, u16), finding: &Finding) {
        let allowed = finding.places.iter().find_map(|place| place.allowed.clone()).filter(|_| finding.is_allowed());
        let outcome = allowed.map_or(Outcome::Reported(finding.confidence), Outcome::Allowed);
        let is_later = |why: &&Why| matches!(why.name, super::context::PATH | super::pairs::PAIR);
        let afterwards = finding.reasons.iter().filter(is_later).cloned().collect();
        self.0.insert(key, (outcome, afterwards));
    }

    /// Anything else that came of one.
    pub fn decide(&mut self, key: (Secret, u16), outcome: Outcome) {
        self.0.insert(key, (outcome, Vec::new()));
    }

    fn of(&self, rules: &RuleSet, one: &Candidate, path: &[u8]) -> (Outcome, Vec<Why>) {
        let rule = &rules.rules[usize::from(one.rule)];
        let identifier = rule.signature.identifier;
        let undecided = || if rule.at_path(path) { Outcome::ToldThere } else { Outcome::OtherPaths };
        match one.verdict.confidence {
            None if identifier => (Outcome::Identifier, Vec::new()),
            None => (Outcome::Dropped, Vec::new()),
            Some(_) => {
                self.0.get(&(one.secret.clone(), one.rule)).cloned().unwrap_or_else(|| (undecided(), Vec::new()))
            }
        }
    }
}

/// The same candidate in versions of one path: their order in history, or none for what no history knows.
type Versions = Vec<(Option<u64>, Candidate)>;

/// Candidates at their paths: those of all versions of a path that say the same are one.
#[derive(Default)]
pub(super) struct Explanations {
    by_place: BTreeMap<(Vec<u8>, u16, Secret), Versions>,
}

impl Explanations {
    /// Adds a candidate at the path that a fate gives it, if it is named.
    pub fn add(&mut self, wanted: &[Wanted], one: Candidate, fates: &[Fate]) {
        let mut at = |fate: Option<&Fate>, one: Candidate| {
            let origin = fate.and_then(|fate| fate.origin.clone()).unwrap_or_else(|| one.origin.clone());
            let path = super::places::shown_path(&origin, fate.and_then(|fate| fate.path.as_deref()));
            if names(wanted, &path, &origin, Some(one.location)) {
                let key = (path, one.rule, one.secret.clone());
                self.by_place.entry(key).or_default().push((fate.map(|fate| fate.order), one));
            }
        };
        match fates.split_last() {
            None => at(None, one),
            Some((last, others)) => {
                others.iter().for_each(|fate| at(Some(fate), one.copy()));
                at(Some(last), one);
            }
        }
    }

    /// All of them, by path and place.
    pub fn finish(self, rules: &RuleSet, decisions: &Decisions) -> Vec<Explained> {
        let mut all: Vec<Explained> = Vec::new();
        for ((path, rule, _), mut versions) in self.by_place {
            if rules.rules[usize::from(rule)].is_silent_at(&path) {
                continue;
            }
            // The working tree first, then the newest version.
            versions.sort_by_key(|(order, one)| (order.map(std::cmp::Reverse), one.origin.clone(), one.location));
            let blobs: BTreeSet<&Origin> =
                versions.iter().filter(|(order, _)| order.is_some()).map(|(_, one)| &one.origin).collect();
            let count = blobs.len().max(1) as u32;
            let head = versions[0].1.origin.clone();
            for (_, one) in versions.into_iter().filter(|(_, one)| one.origin == head) {
                let (outcome, afterwards) = decisions.of(rules, &one, &path);
                all.push(Explained {
                    signature: rules.rules[usize::from(rule)].signature.clone(),
                    path: path.clone(),
                    location: one.location,
                    versions: count,
                    shown: one.shown,
                    decoder: one.decoder,
                    verdict: one.verdict,
                    afterwards,
                    outcome,
                });
            }
        }
        all.sort_by(|a, b| (&a.path, a.location, &a.signature.id).cmp(&(&b.path, b.location, &b.signature.id)));
        // A fate for each layer or path gives the same place again.
        all.dedup_by(|a, b| {
            (&a.path, a.location, &a.signature.id, &a.shown) == (&b.path, b.location, &b.signature.id, &b.shown)
        });
        all
    }
}

impl Candidate {
    fn copy(&self) -> Candidate {
        Candidate {
            secret: self.secret.clone(),
            shown: self.shown.clone(),
            origin: self.origin.clone(),
            verdict: self.verdict.clone(),
            ..*self
        }
    }
}

/// A note for each place that nothing is said of.
pub(super) fn unexplained(wanted: &[Wanted], explained: &[Explained], has_all_rules: bool) -> Vec<String> {
    let others = if has_all_rules {
        ""
    } else {
        ", of those that are looked for (--only, --without and the configuration leave others out: `scrubjay explain FILE` tries all)"
    };
    wanted
        .iter()
        .filter(|one| {
            !explained.iter().any(|candidate| {
                (one.path)(&candidate.path) && one.line.is_none_or(|line| line == candidate.location.line)
            })
        })
        .map(|one| {
            let why = if one.seen.load(Ordering::Relaxed) {
                format!(
                    "no candidate: nothing there has a keyword of a signature with the shape that belongs to it{others}"
                )
            } else {
                "no candidate at such a path, or no such path was read".to_owned()
            };
            format!("--explain {}: {why}", one.typed)
        })
        .collect()
}
