//! An id and the secret that belongs to it, which may lie in different files, commits or lines of one target: joined when one
//! clearly belongs to the other, with how sure that is. Knows nothing of the bytes they lie in, but their places.

mod ids;
mod lot;
mod names;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::hit::Hit;
use crate::finding::{Fate, Fingerprint, Half as Side, Location, Pair, Relation, State};
use crate::origin::Origin;
use crate::score::generic::LIKELY;
use crate::score::{Confidence, Verdict, Why};
use crate::secret::Secret;
use crate::signature::{Matcher, Rule, RuleSet};
pub(super) use ids::{Ids, beside_secrets};
use lot::{Lot, key};

/// What an id that clearly belongs to a secret adds to its score.
const POINTS: i32 = 20;
/// Name of that reason.
pub(super) const PAIR: &str = "pair";

/// Gathers the halves of pairs, target by target, and joins them.
#[derive(Default)]
pub(super) struct Pairs {
    target: String,
    halves: BTreeMap<Secret, Half>,
    joined: Joined,
    /// Rules of ids that a secret of this target may have.
    wanted: BTreeSet<u16>,
}

/// The pairs of a value, each with the value of the other half.
pub(super) type Joined = HashMap<Secret, Vec<(Pair, Secret)>>;

/// A value that is an id, or a secret that has one.
struct Half {
    rules: BTreeSet<u16>,
    /// As it may be shown.
    shown: String,
    /// What is left of the names that gave it away.
    stems: BTreeSet<Vec<u8>>,
    seen: BTreeSet<Sighting>,
}

/// A place of one half.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Sighting {
    state: State,
    /// The path to show; empty where there is none.
    path: Vec<u8>,
    location: Location,
    /// The text that it was found in.
    origin: Origin,
    /// The commit that brought it there.
    commit: Option<String>,
}

/// Whether only its name says that a find of this rule is one.
fn is_by_name(rule: &Rule) -> bool {
    matches!(rule.matcher, Matcher::Assignment)
}

/// Whether a word of its service stands beside each find of this rule.
fn is_by_word(rule: &Rule) -> bool {
    matches!(rule.matcher, Matcher::Service(_) | Matcher::Context(_))
}

impl Pairs {
    /// What comes from here on is of this target; halves of two targets are not joined.
    pub fn target(&mut self, name: &str, rules: &RuleSet) {
        if self.target != name {
            self.join(rules);
            name.clone_into(&mut self.target);
        }
    }

    /// Tells what secrets there are, before their places and those of ids are seen.
    pub fn expect(&mut self, hits: &[Hit], rules: &RuleSet) {
        self.wanted.extend(hits.iter().flat_map(|hit| &rules.rules[usize::from(hit.rule)].ids));
    }

    /// Whether there is a secret that an id of this rule may belong to: if not, nobody need know where it came from.
    pub fn wants(&self, rule: u16) -> bool {
        self.wanted.contains(&rule)
    }

    /// Takes a half at one of its places; a hit that is none is passed over.
    pub fn see(&mut self, hit: &Hit, rules: &RuleSet, path: &[u8], fate: Option<&Fate>) {
        if !hit.is_id && rules.rules[usize::from(hit.rule)].ids.is_empty() {
            return;
        }
        let half = self.halves.entry(hit.secret.clone()).or_insert_with(|| Half {
            rules: BTreeSet::new(),
            shown: hit.shown.clone(),
            stems: BTreeSet::new(),
            seen: BTreeSet::new(),
        });
        half.rules.insert(hit.rule);
        half.stems.extend(hit.stem.clone());
        half.seen.insert(Sighting {
            state: fate.map_or(State::Live, |fate| fate.state),
            path: path.to_vec(),
            location: hit.location,
            origin: hit.origin.clone(),
            commit: fate.and_then(|fate| fate.introduced.as_ref()).map(|commit| commit.id.clone()),
        });
    }

    /// All pairs.
    pub fn finish(mut self, rules: &RuleSet) -> Joined {
        self.join(rules);
        self.joined
    }

    fn join(&mut self, rules: &RuleSet) {
        self.wanted.clear();
        let halves: Vec<(Secret, Half)> = std::mem::take(&mut self.halves).into_iter().collect();
        for lot in lots(&halves, rules) {
            for (secret, id, relation) in lot.joined(&halves) {
                self.add((secret, id), Side::Id, &lot.id_rules, relation, (&halves, rules));
                self.add((id, secret), Side::Secret, &lot.secret_rules, relation, (&halves, rules));
            }
        }
    }

    /// Tells one half of the other one, which was found by one of `other_rules`.
    fn add(
        &mut self,
        (one, other): (usize, usize),
        half: Side,
        other_rules: &[u16],
        relation: Relation,
        (halves, rules): (&[(Secret, Half)], &RuleSet),
    ) {
        let (value, other_half) = &halves[other];
        let here: BTreeSet<_> = halves[one].1.seen.iter().filter_map(|sighting| key(relation, sighting)).collect();
        let is_there = |sighting: &&Sighting| key(relation, sighting).is_some_and(|key| here.contains(&key));
        let rule = other_rules.iter().find(|rule| other_half.rules.contains(rule));
        let (Some(sighting), Some(rule)) = (other_half.seen.iter().find(is_there), rule) else { return };
        let pair = Pair {
            half,
            signature: rules.rules[usize::from(*rule)].signature.clone(),
            shown: other_half.shown.clone(),
            fingerprint: None,
            relation,
            state: sighting.state,
            path: sighting.path.clone(),
            location: sighting.location,
        };
        self.joined.entry(halves[one].0.clone()).or_default().push((pair, value.clone()));
    }
}

/// Secrets of one family and the ids that they may have. Where only names tell them, those whose names have one stem.
fn lots(halves: &[(Secret, Half)], rules: &RuleSet) -> Vec<Lot> {
    let mut families: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
    for rule in rules.rules.iter().filter(|rule| !rule.ids.is_empty()) {
        families.entry(rule.signature.family()).or_default().push(rule.index);
    }
    let mut lots = Vec::new();
    for secret_rules in families.into_values() {
        let rule = |index: &u16| &rules.rules[usize::from(*index)];
        let id_rules: Vec<u16> = secret_rules.iter().flat_map(|index| rule(index).ids.clone()).collect();
        let by_name = secret_rules.iter().any(|index| is_by_name(rule(index)));
        let services: Option<Vec<&Rule>> =
            secret_rules.iter().map(|index| Some(rule(index)).filter(|rule| is_by_word(rule))).collect();
        let mut by_stem: BTreeMap<Option<&[u8]>, Lot> = BTreeMap::new();
        for (index, (_, half)) in halves.iter().enumerate() {
            let is_secret = secret_rules.iter().any(|rule| half.rules.contains(rule));
            let Some(found) = id_rules.iter().find(|rule| half.rules.contains(rule)).or(is_secret.then_some(&0)) else {
                continue;
            };
            // What a word of its service tells belongs to an id that is named for that service, or for none.
            if let Some(services) = services.as_ref().filter(|_| !is_secret && is_by_name(rule(found)))
                && !half.stems.iter().any(|stem| services.iter().any(|service| names::fits(stem, &service.signature)))
            {
                continue;
            }
            let stems = half.stems.iter().map(|stem| Some(stem.as_slice()));
            let stems: Vec<_> = if by_name { stems.collect() } else { vec![None] };
            for stem in stems {
                let lot = by_stem.entry(stem).or_insert_with(|| Lot::new(&secret_rules, &id_rules));
                if is_secret {
                    lot.secrets.push(index);
                } else {
                    let is_far =
                        if by_name { stem.is_some_and(|stem| !stem.is_empty()) } else { !is_by_name(rule(found)) };
                    lot.ids.push(index);
                    lot.far_ids.extend(is_far.then_some(index));
                }
            }
        }
        lots.extend(by_stem.into_values().filter(|lot| !lot.secrets.is_empty() && !lot.ids.is_empty()));
    }
    lots
}

/// Makes a secret surer whose id is known.
pub(super) fn raise(verdict: &mut Verdict, pair: &Pair, rule: &Rule) {
    // What its own structure speaks against stays doubtful.
    if pair.half != Side::Id || pair.relation.confidence() < Confidence::Likely || verdict.is_refuted() {
        return;
    }
    let surer =
        if is_by_name(rule) && verdict.points + POINTS < LIKELY { Confidence::Possible } else { Confidence::Likely };
    let text = format!("the id that it belongs to is {}", pair.relation.in_words());
    verdict.raise(surer, Why { name: PAIR, points: POINTS, text: text.into() });
}

/// The pairs of a finding, each with the fingerprint of the other half where the report has it.
pub(super) fn of(pairs: Option<&Vec<(Pair, Secret)>>, named: &HashMap<Secret, Fingerprint>) -> Vec<Pair> {
    let with_name = |(pair, other): &(Pair, Secret)| Pair { fingerprint: named.get(other).cloned(), ..pair.clone() };
    let mut pairs: Vec<Pair> = pairs.into_iter().flatten().map(with_name).collect();
    let order = |pair: &Pair| (pair.relation, pair.path.clone(), pair.location, pair.signature.id.clone());
    pairs.sort_by_key(order);
    pairs.dedup_by(|a, b| order(a) == order(b));
    pairs
}

/// The note that there were more ids than are kept.
pub(super) fn more(rule: &Rule) -> String {
    let title = &rule.signature.title;
    format!("{title}: so many different ones that only the first were tried as ids of the secrets found")
}

#[cfg(test)]
mod tests;
