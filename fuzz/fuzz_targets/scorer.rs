//! The score: its reasons add up to its points, both are in range, it depends on the window alone, and no reason tells the
//! secret.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrubjay::score::{Confidence, generic};
use scrubjay::signature::Matcher as How;
use scrubjay_fuzz::{Input, MATCHER, RULES, candidates, judge, with_others_around};

/// Points that no sum of features reaches, on either side.
const MOST: i32 = 250;

fuzz_target!(|data: &[u8]| {
    let text = Input(data).text();
    for candidate in &candidates(&MATCHER, &text) {
        let verdict = judge(&text, candidate);
        let sum: i32 = verdict.reasons.iter().map(|why| why.points).sum();
        assert_eq!(verdict.points, sum, "{verdict:?}");
        assert!(verdict.points.abs() <= MOST, "{verdict:?}");
        assert!((0.0..=8.0).contains(&verdict.entropy), "{verdict:?}");
        assert!(!verdict.reasons.is_empty(), "a verdict without a reason: {candidate:?}");
        let rule = &RULES.rules[usize::from(candidate.rule)];
        if matches!(rule.matcher, How::Assignment) && !rule.signature.identifier && verdict.confidence.is_some() {
            let expected =
                if verdict.points >= generic::LIKELY { Confidence::Likely } else { Confidence::Possible };
            assert_eq!(verdict.confidence, Some(expected), "{verdict:?}");
            assert!(verdict.points >= generic::POSSIBLE, "{verdict:?}");
        }
        if rule.signature.proof.is_none() {
            assert_ne!(verdict.confidence, Some(Confidence::Proven), "without a proof: {verdict:?}");
        }
        // With a digit: else the fuzzer gives the words of a reason to a name.
        let secret = String::from_utf8_lossy(&text[candidate.secret.range()]);
        let is_told_apart = secret.len() >= 12 && secret.contains(|character: char| character.is_ascii_digit());
        assert!(
            !is_told_apart || verdict.reasons.iter().all(|why| !why.text.contains(&*secret)),
            "a reason tells the secret"
        );
        for other in [b'\n', b'"', 0xff] {
            let again = judge(&with_others_around(&text, candidate, other), candidate);
            assert_eq!(verdict, again, "with {other:#x} beyond its window it is judged otherwise: {candidate:?}");
        }
    }
});
