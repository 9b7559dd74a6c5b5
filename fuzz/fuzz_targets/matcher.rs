//! The matcher finds the same by either engine and in parts of a text as in the whole, and no text makes it slow.
#![no_main]

use std::time::Duration;

use cpu_time::ThreadTime;
use libfuzzer_sys::fuzz_target;
use scrubjay::candidate::Candidate;
use scrubjay_fuzz::{Input, MATCHER, REFERENCE, RULES, candidates};

/// The text that takes long is that long, in bytes.
const LONG: usize = 128 << 10;
/// Time for a byte of it: many times what the slowest takes with the fuzzer's counters in the code.
const FOR_A_BYTE: Duration = Duration::from_micros(8);

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (split, kind) = (input.number(), input.number());
    if kind % 4 == 3 {
        return in_linear_time(input);
    }
    let text = input.text();
    let whole = candidates(&MATCHER, &text);
    assert_eq!(whole, candidates(&REFERENCE, &text), "filter and automaton find the same");
    let split = split % (text.len() + 1);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    MATCHER.candidates(&text, 0..split, &mut first);
    MATCHER.candidates(&text, split..text.len(), &mut second);
    first.append(&mut second);
    first.sort_unstable_by_key(|c: &Candidate| (c.secret, c.rule, c.span, c.reach));
    first.dedup_by_key(|c| (c.secret, c.rule));
    assert_eq!(whole, first, "in two parts, split at {split}, is found what is found in the whole");
    for candidate in &whole {
        let (span, secret, reach) = (candidate.span, candidate.secret, candidate.reach);
        assert!(reach.start <= span.start && span.end <= reach.end && reach.end as usize <= text.len());
        assert!(span.start <= secret.start && secret.start < secret.end && secret.end <= span.end);
    }
});

/// The beginning of an example, which is what makes a pattern go on, again and again with what the input puts between.
fn in_linear_time(mut input: Input<'_>) {
    let (example, expanded) = input.example();
    let end = input.number() % (expanded.text.len() + 1);
    let piece = [&expanded.text[..end], input.0].concat();
    if piece.is_empty() {
        return;
    }
    let text: Vec<u8> = piece.iter().copied().cycle().take(LONG).collect();
    // Patterns are compiled at their first use, and a cold cache is no slow pattern.
    candidates(&MATCHER, &text[..LONG / 16]);
    let start = ThreadTime::now();
    candidates(&MATCHER, &text);
    let took = start.elapsed();
    assert!(
        took < FOR_A_BYTE * LONG as u32,
        "{took:?} for {LONG} bytes of {:?}, an example of {}",
        String::from_utf8_lossy(&piece),
        RULES.rules[usize::from(example.rule)].id()
    );
}
