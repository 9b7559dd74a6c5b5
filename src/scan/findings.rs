//! From hits to findings: one entry a secret, with its places, their fates, and what allows them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use super::allowing::Judged;
use super::explain::{self, Decisions, Explanations};
use super::formats::Failed;
use super::gather::{Gathered, MOST_PLACES};
use super::hit::Hit;
use super::losses;
use super::pairs::{Joined, Pairs};
use super::places::{Placed, has_unknown_path, merge, shown_path};
use super::shown::{Namer, Shown};
use super::{Options, Progress, change, class, pairs, path_context, rendered, ruling};
use crate::allow::Subject;
use crate::allow::baseline::InForce;
use crate::blob::{Class, Reason, Skip};
use crate::detect::Detector;
use crate::finding::explained::Outcome;
use crate::finding::{Fate, Finding, Fingerprint, Place, State, lifetime};
use crate::origin::{Origin, Step, printable};
use crate::owners::{self, Owners};
use crate::report::{Coverage, Report};
use crate::score::Confidence;
use crate::secret::Secret;
use crate::signature::{Rule, Severity};
use crate::source::memory::Names;
use crate::source::{Source, SourceError};

pub(super) struct Findings<'a> {
    options: &'a Options,
    /// All places of a secret, by what tells it from others.
    secrets: HashMap<Secret, Vec<Placed>>,
    notes: Vec<String>,
    explanations: Explanations,
    decisions: Decisions,
    /// Places in history at paths that were not asked for.
    left_out: usize,
    pairs: Pairs,
    joined: Joined,
}

/// The path of a place from the top of its source on, whatever that is called.
fn path_in_source(place: &Place) -> Cow<'_, [u8]> {
    match place.origin.steps().first() {
        Some(Step::Directory { .. }) => Cow::Owned(place.origin.joined_path()),
        _ => {
            let submodule = place.origin.submodule();
            let below = place.path.strip_prefix(submodule).and_then(|rest| rest.strip_prefix(b"/"));
            Cow::Borrowed(below.filter(|_| !submodule.is_empty()).unwrap_or(&place.path))
        }
    }
}

/// A note for each file that has as many places of a secret as are kept.
fn not_listed(placed: &[Placed], rule: &Rule) -> Vec<String> {
    if placed.len() < MOST_PLACES as usize {
        return Vec::new();
    }
    let mut counts: HashMap<(&Origin, &[u8]), u32> = HashMap::new();
    for one in placed {
        *counts.entry((&one.hit.origin, &one.place.path)).or_default() += 1;
    }
    let note = |(_, path): &(&Origin, &[u8])| {
        let (path, id) = (printable(path), rule.id());
        format!("{path}: no more than {MOST_PLACES} places of one secret in a file are listed ({id})")
    };
    counts.iter().filter(|(_, count)| **count >= MOST_PLACES).map(|(place, _)| note(place)).collect()
}

/// What tells of secrets that have no fingerprint, so that nobody could say whether they are known.
fn out_of_time(secrets: usize, targets: &[String]) -> Option<Skip> {
    let detail = match secrets {
        0 => return None,
        1 => "1 secret was found and is not told: the time was over before it had its fingerprint".to_owned(),
        _ => format!(
            "{secrets} secrets were found and are not told: the time was over before they had their fingerprints"
        ),
    };
    let path = targets.first().cloned().unwrap_or_default();
    Some(Skip::new(Origin::new(Step::Directory { path }), Reason::TimedOut, detail))
}

impl<'a> Findings<'a> {
    pub fn new(options: &'a Options) -> Self {
        Findings {
            options,
            secrets: HashMap::new(),
            notes: options.allow.ended().to_vec(),
            explanations: Explanations::default(),
            decisions: Decisions::default(),
            left_out: 0,
            pairs: Pairs::default(),
            joined: Joined::default(),
        }
    }

    /// Adds what one source gave, with the fates that it knows. Returns what was not read, and what that is taken for.
    pub fn add(
        &mut self,
        (target, source): (&str, &dyn Source),
        Gathered { mut hits, ids, candidates, skips, .. }: Gathered,
        (detector, progress): (&Detector<'_>, &dyn Progress),
    ) -> Result<Vec<(Class, Skip)>, SourceError> {
        let (ids, more_ids) = ids.finish();
        rendered::sort_and_settle(&mut hits, self.options);
        let mut wanted: Vec<Origin> = hits.iter().map(|hit| hit.origin.clone()).collect();
        wanted.extend(candidates.iter().map(|one| one.origin.clone()));
        self.pairs.target(target, &self.options.rules);
        self.pairs.expect(&hits, &self.options.rules);
        wanted.extend(ids.iter().filter(|id| self.pairs.wants(id.rule)).map(|id| id.origin.clone()));
        wanted.extend(skips.iter().filter(|skip| losses::wants_path(skip)).map(|skip| skip.origin.clone()));
        let more: Vec<String> = more_ids.into_iter().map(|rule| pairs::more(self.rule(rule))).collect();
        self.notes.extend(more);
        wanted.sort();
        wanted.dedup();
        let fates = source.fates(&wanted)?;
        let fates: HashMap<&Origin, &Vec<Fate>> = wanted.iter().zip(&fates).collect();
        let fates_of = |skip| fates.get(&skip).map(|fates| fates.as_slice()).unwrap_or_default();
        let mut skipped =
            skips.iter().map(|skip| losses::settle(skip, fates_of(&skip.origin), self.options)).collect::<Vec<_>>();
        for id in &ids {
            self.see_id(id, fates.get(&id.origin).map(|fates| fates.as_slice()).unwrap_or_default());
        }
        let mut placed = Vec::new();
        let mut rests = BTreeSet::new();
        for hit in hits {
            let known = fates.get(&hit.origin).map(|fates| fates.as_slice()).unwrap_or_default();
            let (left_out, asked_for): (Vec<&Fate>, Vec<&Fate>) = known.iter().partition(|fate| {
                let leave_out = self.options.leave_out.as_ref();
                let known = fate.path.as_ref();
                known.is_some_and(|path| {
                    leave_out.is_some_and(|leave_out| leave_out(&shown_path(&hit.origin, Some(path))))
                })
            });
            let rule = self.rule(hit.rule);
            if known.iter().any(|fate| fate.is_rest) {
                let first = known.iter().find_map(|fate| fate.path.as_deref()).unwrap_or_default();
                let (first, listed, id) = (printable(first), known.len() - 1, rule.id());
                rests.insert(format!(
                    "{first}: of the paths that have the same content {listed} are listed; all others are one place without a path ({id})"
                ));
            }
            let counts = |fate: &&&Fate| fate.path.as_ref().is_some_and(|path| rule.at_path(path));
            self.left_out += left_out.iter().filter(counts).count();
            let hit = std::sync::Arc::new(hit);
            let mut add = |fate: Option<&Fate>| {
                let place = self.place(&hit, fate);
                if has_unknown_path(&place) || self.rule(hit.rule).at_path(&place.path) {
                    placed.push(Placed { hit: hit.clone(), place, mark_is_new: false });
                }
            };
            if known.is_empty() {
                add(None);
            }
            asked_for.into_iter().for_each(|fate| add(Some(fate)));
        }
        self.notes.extend(rests);
        for one in &placed {
            self.pairs.see(&one.hit, &self.options.rules, &one.place.path, one.place.fate.as_ref());
        }
        if self.options.owners.is_none() && !placed.is_empty() {
            let file = |path| Some(Owners::parse(path, &source.file_at_head(path)?));
            if let Some(owners) = owners::PATHS.into_iter().find_map(file) {
                placed.iter_mut().for_each(|one| one.place.owners = owners.of(&path_in_source(&one.place)));
            }
        }
        let unknown = change::settle(source, (detector, self.options, progress), &mut placed)?;
        skipped.extend(unknown.iter().map(|skip| losses::settle(skip, &[], self.options)));
        for one in placed {
            self.secrets.entry(one.hit.secret.clone()).or_default().push(one);
        }
        if candidates.len() == explain::MOST {
            let most = explain::MOST;
            self.notes.push(format!("--explain: only the first {most} candidates were looked at: --only narrows them"));
        }
        for one in candidates {
            let known = fates.get(&one.origin).map(|fates| fates.as_slice()).unwrap_or_default();
            self.explanations.add(&self.options.explain, one, known);
        }
        Ok(skipped)
    }

    /// Takes an id at the paths that it had.
    fn see_id(&mut self, id: &Hit, fates: &[Fate]) {
        let is_left_out = |path: &[u8]| {
            let path = shown_path(&id.origin, Some(path));
            self.options.leave_out.as_ref().is_some_and(|leave_out| leave_out(&path))
        };
        if fates.is_empty() {
            self.pairs.see(id, &self.options.rules, &shown_path(&id.origin, None), None);
        }
        for fate in fates.iter().filter(|fate| !fate.path.as_deref().is_some_and(is_left_out)) {
            let origin = fate.origin.as_ref().unwrap_or(&id.origin);
            let path = shown_path(origin, fate.path.as_deref());
            self.pairs.see(id, &self.options.rules, &path, Some(fate));
        }
    }

    fn rule(&self, index: u16) -> &'a Rule {
        &self.options.rules.rules[usize::from(index)]
    }

    fn place(&self, hit: &Hit, fate: Option<&Fate>) -> Place {
        let origin = fate.and_then(|fate| fate.origin.clone()).unwrap_or_else(|| hit.origin.clone());
        let path = shown_path(&origin, fate.and_then(|fate| fate.path.as_deref()));
        let mut place = Place {
            context: path_context(&path),
            state: fate.map_or(State::Live, |fate| fate.state),
            location: hit.location,
            excerpt: hit.excerpt.clone(),
            versions: 1,
            allowed: None,
            allowed_by_change: None,
            owners: Vec::new(),
            fails: false,
            origin,
            path,
            fate: fate.cloned(),
        };
        if !self.options.authors {
            place.leave_out_authors(&hit.shown);
        }
        place
    }

    pub fn report(mut self, command: &str, targets: Vec<String>, mut coverage: Coverage, namer: &Namer<'_>) -> Report {
        self.joined = std::mem::take(&mut self.pairs).finish(&self.options.rules);
        let (mut shown, mut below_threshold) = (Vec::new(), 0);
        let mut failed = Failed::default();
        for (secret, places) in std::mem::take(&mut self.secrets) {
            failed.see(&self.options.rules, &places);
            for (rule, places) in ruling::by_rule(places, self.options) {
                let others: BTreeSet<u16> = places.iter().map(|placed| placed.hit.rule).collect();
                match ruling::shown(self.rule(rule), &secret, places, (&self.joined, self.options)) {
                    Some(one) => shown.push((one, others)),
                    None if self.options.explain.is_empty() => below_threshold += 1,
                    None => {
                        below_threshold += 1;
                        self.decide(rule, &others, &secret, None);
                    }
                }
            }
        }
        self.notes.extend(failed.notes(&self.options.rules));
        let all_names = namer.all(&shown, |(one, _)| one.names(namer));
        let with_name = |((one, _), names): (&(Shown<'_>, _), &Option<Names>)| {
            Some((one.secret.clone(), names.as_ref()?.fingerprint.clone()))
        };
        let named: HashMap<Secret, Fingerprint> = shown.iter().zip(&all_names).filter_map(with_name).collect();
        let nameless = all_names.iter().filter(|names| names.is_none()).count();
        coverage.skips.extend(out_of_time(nameless, &targets).map(|skip| (class(&skip, self.options), skip)));
        let (mut findings, mut allowed) = (Vec::new(), Vec::new());
        for ((one, others), names) in shown.into_iter().zip(all_names) {
            let Some(names) = names else { continue };
            let (rule, secret) = (one.rule.index, one.secret.clone());
            let finding = self.finding(one, names, &named);
            if !self.options.explain.is_empty() {
                self.decide(rule, &others, &secret, Some(&finding));
            }
            if finding.is_allowed() { allowed.push(finding) } else { findings.push(finding) }
        }
        sort(&mut findings);
        sort(&mut allowed);
        if self.options.all_allowed_is_read && coverage.skips.is_empty() {
            self.notes.extend(
                self.options
                    .allow
                    .unused(&|rule| self.options.rules.rules.iter().any(|known| known.signature.is_called(rule))),
            );
            // With higher thresholds than that, much of it is not looked at.
            let usual = self.options.min_severity <= Severity::Low && self.options.min_confidence <= Confidence::Likely;
            self.notes.extend(self.options.baseline.as_ref().filter(|_| usual).and_then(InForce::unused));
        }
        if self.left_out > 0 {
            let places = if self.left_out == 1 { "place" } else { "places" };
            self.notes
                .push(format!("{} {places} in history at paths that --include and --exclude leave out", self.left_out));
        }
        let by_change = findings.iter().flat_map(|finding| &finding.places);
        let by_change = by_change.filter(|place| place.allowed_by_change.is_some()).count();
        if by_change > 0 {
            let places = if by_change == 1 { "place is" } else { "places are" };
            self.notes.push(format!(
                "{by_change} {places} allowed by this change only, which does not count (--changed-allow honour lets it)"
            ));
        }
        let explained = std::mem::take(&mut self.explanations).finish(&self.options.rules, &self.decisions);
        self.notes.extend(explain::unexplained(&self.options.explain, &explained, self.options.name_rules.is_none()));
        self.notes.sort();
        self.notes.dedup();
        Report {
            command: command.to_owned(),
            targets,
            shows_secrets: self.options.show_secrets,
            findings,
            allowed,
            below_threshold,
            explained,
            coverage,
            notes: self.notes,
            day: None,
            in_names: Vec::new(),
            sweep: None,
            image: None,
        }
    }

    /// Keeps what came of a secret, for the explanations.
    fn decide(&mut self, rule: u16, others: &BTreeSet<u16>, secret: &Secret, finding: Option<&Finding>) {
        if let Some(finding) = finding {
            self.decisions.reported((secret.clone(), rule), finding);
            let same = Outcome::SameAs(finding.signature.id.clone());
            for &other in others.iter().filter(|&&other| other != rule) {
                self.decisions.decide((secret.clone(), other), same.clone());
            }
            return;
        }
        for &other in others {
            self.decisions.decide((secret.clone(), other), Outcome::BelowThresholds);
        }
    }

    /// A finding by its names: the report's and the baseline's.
    fn finding(&mut self, one: Shown<'a>, names: Names, named: &HashMap<Secret, Fingerprint>) -> Finding {
        let Shown { rule, secret, text, shown, verdict, severity, confidence, placed } = one;
        let pairs = pairs::of(self.joined.get(&secret), named);
        let secret = text.unwrap_or(secret);
        self.notes.extend(not_listed(&placed, rule));
        let places = merge(placed, self.options.today, &mut self.notes);
        let Names { fingerprint, key, guessable } = names;
        let subject = Subject { signature: &rule.signature, own: &[], fingerprint: &fingerprint, guessable };
        let judged = Judged { subject, secret: secret.expose(), key: &key };
        let mut places = judged.settle(self.options, places);
        if self.options.owners.is_some() {
            places.iter_mut().for_each(|place| place.owners = self.options.owners_of(place));
        }
        let mut finding = Finding {
            signature: lifetime::of(&rule.signature, &verdict.details, &pairs, Some(self.options.today)),
            pairs,
            severity,
            confidence,
            points: verdict.points,
            reasons: verdict.reasons,
            details: verdict.details,
            entropy: verdict.entropy,
            secret,
            shown,
            fingerprint,
            guessable,
            places,
            fails: false,
        };
        self.options.settle(&mut finding);
        finding
    }
}

/// The most urgent first; then by place, so that the order does not depend on threads.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let urgency = |one: &Finding| std::cmp::Reverse((one.fails, one.severity, one.confidence));
        let first = |one: &Finding| one.places.first().map(|place| (place.state, place.path.clone(), place.location));
        urgency(a)
            .cmp(&urgency(b))
            .then_with(|| first(a).cmp(&first(b)))
            .then_with(|| (&a.signature.id, &a.fingerprint).cmp(&(&b.signature.id, &b.fingerprint)))
    });
}
