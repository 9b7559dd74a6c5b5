//! The recogniser of passwords and keys without a shape, on a table of cases: in `generic/found.txt` every marked secret
//! must be found with exactly its bytes, in `generic/not.txt` nothing may be.

mod common;

use std::ops::Range;

use common::cases;
use scrubjay::blob::Blob;
use scrubjay::detect::Detector;
use scrubjay::origin::{Origin, Step};
use scrubjay::score::Confidence;

struct Find {
    secret: Range<usize>,
    confidence: Option<Confidence>,
    why: String,
}

fn finds(detector: &Detector<'_>, text: &[u8]) -> Vec<Find> {
    let mut finds = Vec::new();
    let blob = Blob::bytes(Origin::new(Step::Stdin), text);
    detector
        .judge(blob, true, &mut |found| {
            // The cases have no path, and rules for certain files do not count here.
            finds.extend(found.iter().filter(|one| !one.rule.has_paths()).map(|one| {
                let steps: Vec<String> =
                    one.verdict.reasons.iter().map(|why| format!("{} {}", why.name, why.points)).collect();
                Find {
                    secret: one.stored_secret.clone(),
                    confidence: one.verdict.confidence,
                    why: format!("{}: {}", one.rule.id(), steps.join(", ")),
                }
            }));
        })
        .expect("memory can be read");
    finds
}

/// Runs `judge` on each case.
fn each_case(cases: &str, judge: impl Fn(&[Find], Option<Range<usize>>) -> Option<String>) {
    cases::each_case(cases, |line| ("", line), |detector, _, case| judge(&finds(detector, &case.text), case.secret));
}

fn told(finds: &[Find]) -> String {
    let all: Vec<String> =
        finds.iter().map(|one| format!("{:?} {:?} ({})", one.secret, one.confidence, one.why)).collect();
    all.join("\n      ")
}

#[test]
fn secrets_are_found() {
    each_case(include_str!("generic/found.txt"), |finds, secret| {
        let secret = secret.expect("each case marks its secret");
        let found = finds.iter().any(|one| one.secret == secret && one.confidence >= Some(Confidence::Likely));
        (!found).then(|| format!("{secret:?} is not found; {}", told(finds)))
    });
}

#[test]
fn what_is_no_secret_is_not_found() {
    each_case(include_str!("generic/not.txt"), |finds, _| {
        finds.iter().any(|one| one.confidence >= Some(Confidence::Likely)).then(|| told(finds))
    });
}
