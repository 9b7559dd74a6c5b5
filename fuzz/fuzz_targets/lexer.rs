//! The assignment lexer is a pure function of its window: what lies beyond it may be anything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrubjay_fuzz::{Input, LEXER, candidates, with_others_around};

fuzz_target!(|data: &[u8]| {
    let text = Input(data).text();
    let found = candidates(&LEXER, &text);
    for candidate in &found {
        let (span, secret, reach) = (candidate.span, candidate.secret, candidate.reach);
        // A name may stand behind: `"…" == password`.
        assert!(reach.start <= span.start && span.start <= secret.start && span != secret, "{candidate:?}");
        assert!(secret.start < secret.end && secret.end <= span.end && span.end <= reach.end, "{candidate:?}");
        for other in [b'\n', b' ', b'"', b'=', b'x', 0, 0xff] {
            let around = with_others_around(&text, candidate, other);
            let again = candidates(&LEXER, &around);
            assert!(
                again.contains(candidate) || hides(&again, candidate),
                "with {other:#x} beyond its window another is found than {candidate:?}: {again:?}"
            );
        }
    }
});

/// Of equal secrets the one whose name begins first is kept.
fn hides(found: &[scrubjay::candidate::Candidate], candidate: &scrubjay::candidate::Candidate) -> bool {
    found.iter().any(|one| {
        one.secret == candidate.secret && one.rule == candidate.rule && one.span.start < candidate.span.start
    })
}
