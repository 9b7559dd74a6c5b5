//! The line around a find, with what other finds hide in it.

use std::ops::Range;

use crate::decode::{manifest, utf16};
use crate::detect::Found;
use crate::finding::Excerpt;
use crate::finding::excerpt::{self, Covered};

/// Bytes around a secret within which other candidates are masked with it: more than an excerpt shows.
pub(super) const NEAR: usize = 4_096;

/// The line around a find: as stored, with the secret decoded where it stands encoded or escaped; text in units of 16 or 32 bits is shown as
/// the text that it is. `also` is hidden with what others hide.
pub(super) fn excerpt_of(
    (one, shown): (&Found<'_>, &str),
    (covered, also): (&Covered, &[Covered]),
    neighbours: &Neighbours<'_, '_>,
    show: bool,
) -> Excerpt {
    let near = neighbours.near(&one.stored_secret);
    let value = one.value();
    let is_plain = show || *value == *one.secret();
    if one.decoder.is_none() || std::ptr::eq(one.text, one.stored) {
        let covered_too: Vec<_> = near.map(covered_by).chain(also.iter().cloned()).collect();
        if !is_plain {
            return excerpt::of_encoded(one.stored, &one.stored_secret, &covered_too, (&value, shown));
        }
        return excerpt::excerpt(one.stored, covered, &covered_too, show);
    }
    if !one.decoder.is_some_and(|decoder| utf16::DECODERS.contains(&decoder)) {
        // What stands in a manifest as it is has no encoding to name.
        let decoder = one.decoder.filter(|decoder| *decoder != manifest::AS_IT_IS);
        let shown = decoder.map_or_else(|| shown.to_owned(), |decoder| format!("{decoder}({shown})"));
        let covered: Vec<_> = near.map(covered_by).chain(also.iter().cloned()).collect();
        return excerpt::of_encoded(one.stored, &one.stored_secret, &covered, (&value, &shown));
    }
    let span_of = |one: &Found<'_>| Covered { span: one.candidate.secret.range(), public_prefix: one.public_prefix() };
    let beside: Vec<Covered> = near.filter(|other| std::ptr::eq(other.text, one.text)).map(span_of).collect();
    if !is_plain {
        return excerpt::of_encoded(one.text, &one.candidate.secret.range(), &beside, (&value, shown));
    }
    excerpt::excerpt(one.text, &span_of(one), &beside, show)
}

/// What another candidate hides where it is stored.
pub(super) fn covered_by(other: &Found<'_>) -> Covered {
    let public_prefix = if other.decoder.is_some() { 0 } else { other.public_prefix() };
    Covered { span: other.stored_secret.clone(), public_prefix }
}

/// The candidates of a text that may be secrets, and those dropped only because they lie in another, in the order of their
/// places: a dump has ten thousands of them.
#[derive(Default)]
pub(super) struct Neighbours<'f, 't> {
    found: Vec<&'f Found<'t>>,
    /// For each, how far it or one before it goes.
    ends: Vec<usize>,
}

impl<'f, 't> Neighbours<'f, 't> {
    pub fn of(found: impl Iterator<Item = &'f Found<'t>>) -> Self {
        let mut found: Vec<_> =
            found.filter(|other| other.verdict.confidence.is_some() || other.is_settled()).collect();
        found.sort_by_key(|one| one.stored_secret.start);
        let mut furthest = 0;
        let mut reach = |one: &&Found<'_>| {
            furthest = one.stored_secret.end.max(furthest);
            furthest
        };
        let ends = found.iter().map(&mut reach).collect();
        Neighbours { found, ends }
    }

    /// Those around a secret.
    pub fn near(&self, secret: &Range<usize>) -> impl Iterator<Item = &'f Found<'t>> {
        let (from, to) = (secret.start.saturating_sub(NEAR), secret.end + NEAR);
        let first = self.ends.partition_point(|&end| end <= from);
        let after = self.found.partition_point(|one| one.stored_secret.start < to).max(first);
        self.found[first..after].iter().copied().filter(move |one| one.stored_secret.end > from)
    }
}
