//! What proofs read out of tokens, as a report may tell it: whoever made a token wrote its claims, and may have put a secret there.

use std::ops::Range;

use crate::blob::Blob;
use crate::detect::{Detector, Found};
use crate::finding::mask::STARS;
use crate::origin::{Origin, Step, TextKind};
use crate::score::Verdict;

/// Bytes of the shortest value that can hold a secret which is worth hiding: shorter ones are words such as `yes`.
const SHORTEST: usize = 8;

/// The judgement of a find, where what `detector` finds in what was read is masked, as it is on the lines that are shown.
pub(super) fn masked(one: &Found<'_>, detector: Option<&Detector<'_>>) -> Verdict {
    let mut verdict = one.verdict.clone();
    let Some(detector) = detector else { return verdict };
    for detail in verdict.details.iter_mut().filter(|detail| detail.value.len() >= SHORTEST) {
        for place in secrets(detector, &detail.value).into_iter().rev() {
            if detail.value.get(place.clone()).is_some() {
                detail.value.replace_range(place, STARS);
            }
        }
    }
    verdict
}

/// Where secrets stand in a text, in order and without overlap.
fn secrets(detector: &Detector<'_>, text: &str) -> Vec<Range<usize>> {
    let origin = Origin::new(Step::Stdin).with(Step::Text { kind: TextKind::FileName });
    let mut places: Vec<Range<usize>> = Vec::new();
    // Bytes in memory are read without an error.
    let _ = detector.judge(Blob::bytes(origin, text.as_bytes()), false, &mut |found| {
        let is_one = |one: &&Found<'_>| one.verdict.confidence.is_some() || one.is_settled();
        for one in found.iter().filter(is_one) {
            match places.last_mut().filter(|last| one.stored_secret.start <= last.end) {
                Some(last) => last.end = last.end.max(one.stored_secret.end),
                None => places.push(one.stored_secret.clone()),
            }
        }
    });
    places
}
