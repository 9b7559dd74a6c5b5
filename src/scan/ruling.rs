//! By which rule a secret is told, and how sure it is once all its places and ids are known.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::pairs::{self, Joined};
use super::places::{Placed, has_unknown_path};
use super::shown::Shown;
use super::{Options, context};
use crate::date::Date;
use crate::finding::fingerprint::is_strong;
use crate::finding::lifetime;
use crate::score::{Confidence, EXPIRES, Verdict, Why};
use crate::secret::Secret;
use crate::signature::{Matcher, Proof, Rule, Severity, Standing};

/// What it takes from the score of a token that it has expired.
const EXPIRED: i32 = -30;

fn rule_of<'a>(placed: &Placed, options: &'a Options) -> &'a Rule {
    &options.rules.rules[usize::from(placed.hit.rule)]
}

/// What a find opens, as far as it alone tells.
fn severity(placed: &Placed, options: &Options) -> Severity {
    placed.hit.verdict.severity.unwrap_or(rule_of(placed, options).signature.severity)
}

/// Whether a find may name others of the same bytes. One of a rule that may not count where it lies, or that a user wrote and that
/// is not reported, would take them from the report; one of the target's own, under a policy, what weighs more than it.
fn may_name(placed: &Placed, most: Severity, options: &Options) -> bool {
    let (rule, verdict) = (rule_of(placed, options), &placed.hit.verdict);
    let severity = severity(placed, options);
    let is_reported = severity >= options.min_severity && verdict.confidence >= Some(options.min_confidence);
    let may_count = !rule.has_paths() || !has_unknown_path(&placed.place);
    may_count
        && match rule.standing {
            Standing::BuiltIn => true,
            Standing::Own => is_reported,
            Standing::Guest => is_reported && severity >= most,
        }
}

/// The places of one secret by the rule that is to name it: where a provider's shape was seen at one place, finds of
/// the same bytes by their name or place belong to it; else to the surest of them, and that which says most. Shapes of one family are
/// one: a key in PEM and in base64 without an armour.
pub(super) fn by_rule(places: Vec<Placed>, options: &Options) -> BTreeMap<u16, Vec<Placed>> {
    let is_of_shape = |placed: &Placed| rule_of(placed, options).is_of_shape();
    let is_sure = |placed: &&Placed| placed.hit.verdict.confidence >= Some(options.min_confidence);
    let most = places.iter().filter(is_sure).map(|placed| severity(placed, options)).max().unwrap_or(Severity::Info);
    let says = |placed: &Placed| match rule_of(placed, options).matcher {
        Matcher::Pattern => 2,
        Matcher::Context(_) | Matcher::Service(_) | Matcher::Line(_) => 1,
        Matcher::Assignment | Matcher::Column | Matcher::File => 0,
    };
    let key = |placed: &Placed| {
        let verdict = &placed.hit.verdict;
        let may_name = may_name(placed, most, options);
        (may_name, is_of_shape(placed), verdict.confidence, says(placed), Reverse(placed.hit.rule))
    };
    let best = places.iter().max_by_key(|placed| key(placed)).map(|placed| placed.hit.rule);
    let family = |placed: &Placed| {
        let signature = &rule_of(placed, options).signature;
        signature.family()
    };
    // A log has one token on each of its lines: each is looked at once.
    let mut best_of_family: HashMap<&str, &Placed> = HashMap::new();
    for placed in places.iter().filter(|one| is_of_shape(one)) {
        let best = best_of_family.entry(family(placed)).or_insert(placed);
        if key(placed) >= key(best) {
            *best = placed;
        }
    }
    let of_family: BTreeMap<u16, u16> = places
        .iter()
        .filter(|one| is_of_shape(one))
        .filter_map(|one| Some((one.hit.rule, best_of_family.get(family(one))?.hit.rule)))
        .collect();
    let mut by_rule: BTreeMap<u16, Vec<Placed>> = BTreeMap::new();
    for placed in places {
        let own = placed.hit.rule;
        let rule = of_family.get(&own).copied().or(best).unwrap_or(own);
        by_rule.entry(rule).or_default().push(placed);
    }
    by_rule
}

/// What is known of one secret by one rule, or `None` where it is below the thresholds.
pub(super) fn shown<'a>(
    rule: &'a Rule,
    secret: &Secret,
    placed: Vec<Placed>,
    (joined, options): (&Joined, &Options),
) -> Option<Shown<'a>> {
    let hit = placed
        .iter()
        .filter(|placed| placed.hit.rule == rule.index)
        .max_by(|a, b| {
            let key = |one: &Placed| (one.hit.verdict.confidence, one.hit.verdict.points);
            // Of equals the first place counts, so that the order of threads does not.
            key(a).cmp(&key(b)).then_with(|| (&b.place.path, b.place.location).cmp(&(&a.place.path, a.place.location)))
        })?
        .hit
        .clone();
    let mut verdict = hit.verdict.clone();
    for (pair, _) in joined.get(secret).into_iter().flatten() {
        pairs::raise(&mut verdict, pair, rule);
    }
    // What kind of file it is decides whether it fails a run, and never alone whether it is shown.
    let before_context = verdict.confidence;
    // What stands at a password's place has no shape of its own, either.
    let shapeless = !matches!(rule.matcher, Matcher::Pattern) || rule.signature.proof == Some(Proof::Password);
    if shapeless {
        // A token that nobody made up, behind the word for it, is no sample because it stands in a document.
        let is_random = matches!(rule.matcher, Matcher::Context(_))
            && rule.signature.proof != Some(Proof::Password)
            && is_strong(secret.expose(), verdict.entropy);
        let is_named = matches!(rule.matcher, Matcher::Assignment | Matcher::Column);
        context::lower(&mut verdict, &placed, is_random, is_named);
    }
    let mut shown = before_context;
    if rule.has_paths() && placed.iter().all(|placed| has_unknown_path(&placed.place)) {
        let text = "counts at some paths only, and its path is not known".to_owned();
        let points = context::KIND;
        verdict.lower(Some(Confidence::Possible), Why { name: context::PATH, points, text: text.into() });
        shown = verdict.confidence;
    }
    if let Some(day) = expired(&verdict, options.today) {
        let text = format!("expired on {day}");
        verdict.lower(Some(Confidence::Possible), Why { name: "expired", points: EXPIRED, text: text.into() });
        shown = verdict.confidence;
    }
    let pairs = joined.get(secret).into_iter().flatten().map(|(pair, _)| pair);
    let severity = verdict.severity.unwrap_or(rule.signature.severity);
    let severity = lifetime::severity(severity, &rule.signature, pairs);
    let confidence = verdict.confidence?;
    if severity < options.min_severity || shown < Some(options.min_confidence) {
        return None;
    }
    let (secret, text, shown) = (secret.clone(), hit.text.clone(), hit.shown.clone());
    Some(Shown { rule, secret, text, shown, verdict, severity, confidence, placed })
}

/// The day on which a token expired, where it says so itself and that was before `today`.
fn expired(verdict: &Verdict, today: Date) -> Option<Date> {
    let time = verdict.details.iter().find(|detail| detail.name == EXPIRES)?;
    Date::parse(time.value.get(..10)?).filter(|day| *day < today)
}
