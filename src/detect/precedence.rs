//! What is left when candidates overlap, and what needs a companion: applied once a text, after all were judged. It drops or
//! lowers; it revives nothing.
//!
//! Signatures of this binary know the shapes of providers: what one of them says against a value counts. One that a user wrote knows
//! what it finds. It takes the place of others only with what is reported, or a rule that finds nothing would hide what is there.

use std::collections::BTreeSet;

use super::Judged;
use crate::candidate::{Setting, Span};
use crate::score::{Confidence, MIXED, REFUTED, Why};
use crate::signature::{Matcher, Proof, Rule, RuleSet, Severity, Standing};

/// Reasons that drop a candidate for what another one is.
pub(super) const SETTLED: [&str; 2] = ["shape-decides", "overlap"];

/// Bytes within which a companion must stand.
const COMPANION: usize = 1_024;

/// `least` is the least severity that is reported.
pub(super) fn settle(rules: &RuleSet, least: Severity, text: &[u8], judged: &mut [Judged]) {
    if judged.len() > 1 {
        shapes_over_names(rules, judged);
    }
    companions(rules, judged);
    refuted_kinds(rules, judged);
    if judged.len() > 1 {
        overlaps(rules, least, text, judged);
    }
    for one in judged.iter_mut() {
        if rule(rules, one).signature.identifier && one.verdict.confidence.is_some() {
            one.is_identifier = true;
            drop(one, "identifier", "an identifier, no secret by itself");
        }
    }
}

fn rule<'r>(rules: &'r RuleSet, judged: &Judged) -> &'r Rule {
    &rules.rules[usize::from(judged.candidate.rule)]
}

fn drop(judged: &mut Judged, name: &'static str, text: &'static str) {
    judged.verdict.lower(None, Why { name, points: 0, text: text.into() });
}

/// A value that has a provider's shape is judged by it, also where that judgement was against it.
fn shapes_over_names(rules: &RuleSet, judged: &mut [Judged]) {
    let known = judged.iter().filter(|one| {
        let rule = rule(rules, one);
        one.decoded.is_none() && !rule.has_paths() && rule.standing == Standing::BuiltIn
    });
    let place = |one: &Judged| (one.stored.start, one.stored.end);
    let (mut shapes, mut refuted) = (Vec::new(), BTreeSet::new());
    for one in known {
        match rule(rules, one).matcher {
            Matcher::Pattern => shapes.push(place(one)),
            // Beside a provider's word a value with a checksum has a shape, too, where the checksum can speak against it.
            Matcher::Context(_) if one.verdict.confidence.is_some() && one.verdict.is_refuted() => {
                refuted.insert(place(one));
            }
            _ => {}
        }
    }
    shapes.sort_unstable();
    for one in judged.iter_mut() {
        if !matches!(rule(rules, one).matcher, Matcher::Assignment | Matcher::Column)
            || one.verdict.confidence.is_none()
        {
            continue;
        }
        let (start, end) = (one.stored.start, one.stored.end);
        // Shapes begin in order; a few of those that begin before `end` can reach past `start`.
        let upto = shapes.partition_point(|shape| shape.0 < end);
        if shapes[..upto].iter().rev().take(16).any(|shape| shape.1 > start) || refuted.contains(&(start, end)) {
            drop(one, "shape-decides", "a provider's shape decides");
        }
    }
}

fn companions(rules: &RuleSet, judged: &mut [Judged]) {
    let needs = |one: &Judged| !rule(rules, one).signature.companions.is_empty();
    if !judged.iter().any(|one| needs(one) && one.verdict.confidence.is_some()) {
        return;
    }
    let present: Vec<(&str, usize)> = judged.iter().map(|one| (rule(rules, one).id(), one.stored.start)).collect();
    let lowered: Vec<usize> = judged
        .iter()
        .enumerate()
        .filter(|(_, one)| needs(one) && one.verdict.confidence > Some(Confidence::Possible))
        .filter(|(_, one)| {
            !present.iter().any(|(id, place)| {
                place.abs_diff(one.stored.start) <= COMPANION
                    && rule(rules, one).signature.companions.iter().any(|companion| companion == id)
            })
        })
        .map(|(index, _)| index)
        .collect();
    for index in lowered {
        judged[index].verdict.lower(
            Some(Confidence::Possible),
            Why { name: "no-companion", points: -30, text: "the id that belongs to it is not near".into() },
        );
    }
}

/// What has the form of a kind whose checksum speaks against it is doubtful by an older form of that kind, too, which has none.
fn refuted_kinds(rules: &RuleSet, judged: &mut [Judged]) {
    let kind = |one: &Judged| {
        let signature = &rule(rules, one).signature;
        (one.stored.start, one.stored.end, one.decoded, signature.family().to_owned())
    };
    let is_refuted = |one: &&Judged| one.verdict.confidence.is_some() && one.verdict.is_refuted();
    let refuted: BTreeSet<_> = judged.iter().filter(is_refuted).map(kind).collect();
    for one in judged.iter_mut().filter(|_| !refuted.is_empty()) {
        let is_unproven = rule(rules, one).signature.proof.is_none();
        if is_unproven && one.verdict.confidence > Some(Confidence::Possible) && refuted.contains(&kind(one)) {
            let text = "it has the form of a newer kind, whose checksum does not hold".to_owned();
            one.verdict.lower(Some(Confidence::Possible), Why { name: REFUTED, points: -30, text: text.into() });
        }
    }
}

/// Of candidates that overlap one is kept: the surest, then the one whose rule says most, then the longest.
fn overlaps(rules: &RuleSet, least: Severity, text: &[u8], judged: &mut [Judged]) {
    // An id by its name alone, or by the word of a user, says nothing against a secret of the same bytes; nor does a rule that may
    // not count at the paths of this text, of which nothing is known here.
    let counts = |one: &Judged| {
        let rule = rule(rules, one);
        let is_known = rule.standing == Standing::BuiltIn && !matches!(rule.matcher, Matcher::Assignment);
        one.verdict.confidence.is_some() && (!rule.signature.identifier || is_known) && !rule.has_paths()
    };
    let severity = |one: &Judged| one.verdict.severity.unwrap_or(rule(rules, one).signature.severity);
    // What is less severe than all that is reported takes no place.
    let decides = |one: &Judged| rule(rules, one).standing == Standing::BuiltIn || severity(one) >= least;
    let counted = judged.iter().enumerate().filter(|(_, one)| counts(one));
    let mut by_place: Vec<_> = counted.map(|(index, one)| (one.stored.start, one.stored.end, index)).collect();
    by_place.sort_by_key(|(start, ..)| *start);
    let rank = |one: &Judged| {
        let how = match rule(rules, one).matcher {
            // A password's place, and what several providers have, say less than the word of one.
            Matcher::Pattern if rule(rules, one).signature.proof == Some(Proof::Password) => 1,
            Matcher::Pattern if rule(rules, one).is_of_any_provider() => 1,
            Matcher::Line(_) => 1,
            Matcher::Pattern => 4,
            Matcher::Service(_) => 3,
            Matcher::Context(_) => 2,
            Matcher::Assignment | Matcher::Column | Matcher::File => 0,
        };
        // Of finds in one decoded text both are the run of it.
        let lengths = (one.stored.len(), one.candidate.secret.range().len());
        // What the secret is made of says nothing of where it stands; in a line of a known form it does.
        let is_pattern = matches!(rule(rules, one).matcher, Matcher::Pattern);
        let made = one.verdict.reasons.iter().find(|why| why.name == MIXED && is_pattern);
        (
            one.verdict.confidence,
            one.decoded.is_some(),
            how,
            lengths,
            one.verdict.points - made.map_or(0, |why| why.points),
        )
    };
    let name_length = |one: &Judged| one.candidate.secret.start.saturating_sub(one.candidate.span.start);
    let order = |a: &Judged, b: &Judged| {
        (decides(b), rank(b))
            .cmp(&(decides(a), rank(a)))
            // In the URL of a database the rule of databases says more than the one of all URLs, which has no word.
            .then_with(|| has_word(rules, b).cmp(&has_word(rules, a)))
            // The rule whose word stands last in the name says what the name is about.
            .then_with(|| last_word(rules, text, b).cmp(&last_word(rules, text, a)))
            .then_with(|| name_length(a).cmp(&name_length(b)))
            .then_with(|| place(a).cmp(&place(b)))
            // The pattern that asks for more says more. How far a rule can see says nothing: near the beginning of a text none sees far.
            .then_with(|| shortest_word(rules, b).cmp(&shortest_word(rules, a)))
            .then_with(|| by_rule(a).cmp(&by_rule(b)))
    };
    let mut furthest = 0;
    let overlap = |before: &(usize, usize, usize), next: &(usize, usize, usize)| {
        furthest = before.1.max(furthest);
        next.0 < furthest
    };
    // Most candidates overlap with none, and these need no order.
    for together in by_place.chunk_by_mut(overlap).filter(|together| together.len() > 1) {
        together.sort_by(|a, b| order(&judged[a.2], &judged[b.2]));
        let mut kept: Vec<Kept> = Vec::new();
        for &(start, end, index) in &*together {
            let one = &judged[index];
            let place = kept.partition_point(|other| other.start < end);
            let covered = kept[..place].iter().rev().take(64).any(|other| {
                other.end > start
                    // Two finds in one decoded text overlap only where they do so in that text.
                    && (other.decoded.is_none() || one.decoded != other.decoded || other.secret.overlaps(one.candidate.secret))
                    && other.most.is_none_or(|most| severity(one) <= most)
            });
            if covered {
                drop(&mut judged[index], "overlap", "a part of another find");
            } else if decides(one) {
                let most = (rule(rules, one).standing == Standing::Guest).then(|| severity(one));
                kept.insert(place, Kept { start, end, decoded: one.decoded, secret: one.candidate.secret, most });
            }
        }
    }
}

/// Whether what a rule looks for first is a word, and not punctuation alone.
fn has_word(rules: &RuleSet, one: &Judged) -> bool {
    let mut words = rule(rules, one).signature.keywords.iter();
    words.any(|word| word.chars().any(char::is_alphabetic))
}

/// Bytes of the shortest word of a candidate's rule, where that has a pattern.
fn shortest_word(rules: &RuleSet, one: &Judged) -> usize {
    let rule = rule(rules, one);
    let words = rule.signature.keywords.iter().map(String::len);
    if matches!(rule.matcher, Matcher::Pattern) { words.min().unwrap_or(0) } else { 0 }
}

/// Where a candidate stands.
fn place(one: &Judged) -> (Span, Span) {
    (one.candidate.span, one.candidate.secret)
}

/// By which rule it was found, and in what syntax.
fn by_rule(one: &Judged) -> (u16, Setting) {
    (one.candidate.rule, one.candidate.setting)
}

/// A candidate that takes the place of those it overlaps with.
struct Kept {
    start: usize,
    end: usize,
    decoded: Option<usize>,
    secret: Span,
    /// What is more severe stays beside it.
    most: Option<Severity>,
}

/// For a name with several words (`secret_token`): where the last of the rule's own words stands in it.
fn last_word(rules: &RuleSet, text: &[u8], one: &Judged) -> Option<usize> {
    let rule = rule(rules, one);
    if one.decoded.is_some() || !matches!(rule.matcher, Matcher::Assignment) {
        return None;
    }
    let name = text[one.candidate.span.start as usize..one.candidate.secret.start as usize].to_ascii_lowercase();
    rule.signature
        .keywords
        .iter()
        .filter_map(|word| {
            // The operator that some keywords have behind the word is none of the name.
            let word = word.to_ascii_lowercase();
            let word = word.trim_end_matches(|last: char| last.is_ascii() && !last.is_ascii_alphanumeric());
            memchr::memmem::rfind(&name, word.as_bytes()).map(|place| place + word.len())
        })
        .max()
}

#[cfg(test)]
mod tests;
