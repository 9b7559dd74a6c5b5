//! Proofs: no bytes make one panic, and no token that one accepts is accepted with another character in it, where the check
//! covers every character.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scrubjay::score::proof::{self, Outcome, Strength};
use scrubjay::signature::Proof;
use scrubjay_fuzz::{Input, RULES};

/// Bytes of the longest fixed beginning that a checksum does not cover.
const PREFIX: usize = 8;

static PROOFS: LazyLock<BTreeSet<Proof>> =
    LazyLock::new(|| RULES.rules.iter().filter_map(|rule| rule.signature.proof).collect());

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    if input.number() % 2 == 0 {
        for &proof in PROOFS.iter() {
            proof::check(proof, input.0, input.0);
        }
        return;
    }
    let (example, expanded) = input.example();
    let signature = &RULES.rules[usize::from(example.rule)].signature;
    let (Some(proof), Some(secret)) = (signature.proof, expanded.secret) else { return };
    let mut text = expanded.text;
    let passed = matches!(proof::check(proof, &text[secret.clone()], &text), Outcome::Passed { .. });
    // Anything in the place of some bytes of it.
    let (from, length) = (input.number() % secret.len(), input.number());
    let to = secret.len().min(from + length % 8);
    let changed = [&text[secret.start..secret.start + from], input.0, &text[secret.start + to..secret.end]].concat();
    proof::check(proof, &changed, &changed);
    // One character of its kind for another, behind the fixed beginning that is the pattern's to hold.
    let place = secret.start + PREFIX + from % secret.len().saturating_sub(PREFIX).max(1);
    if place >= secret.end {
        return;
    }
    let other = substitute(text[place], length);
    if passed && other != text[place] && proof::checksum(proof) == Some(Strength::Certain) && is_strong(proof) {
        text[place] = other;
        let outcome = proof::check(proof, &text[secret.clone()], &text);
        assert!(
            !matches!(outcome, Outcome::Passed { .. }),
            "{}: {:?} at {} of {} is accepted",
            signature.id,
            char::from(other),
            place - secret.start,
            secret.len()
        );
    }
});

/// Whether a check tells every change of one character. Two are of a few thousand values only.
fn is_strong(proof: Proof) -> bool {
    !matches!(proof, Proof::EntraClientSecret | Proof::CratesTrustedPublishing)
}

/// A letter for a letter, a digit for a digit; other bytes stay.
fn substitute(byte: u8, by: usize) -> u8 {
    let within = |first: u8, count: u8| first + ((byte - first) as usize + by) .rem_euclid(count.into()) as u8;
    match byte {
        b'0'..=b'9' => within(b'0', 10),
        b'a'..=b'z' => within(b'a', 26),
        b'A'..=b'Z' => within(b'A', 26),
        _ => byte,
    }
}
