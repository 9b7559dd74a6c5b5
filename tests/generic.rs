//! The recogniser of passwords and keys without a shape, on a table of cases: in `generic/found.txt` every marked secret
//! must be found with exactly its bytes, in `generic/not.txt` nothing may be.

use std::ops::Range;

use scrubjay::blob::Blob;
use scrubjay::detect::Detector;
use scrubjay::origin::{Origin, Step};
use scrubjay::score::Confidence;
use scrubjay::signature::{RuleSet, embedded, template};

/// Templates are expanded with each of these, so that no verdict hangs on one random value.
const SEEDS: Range<u64> = 1..4;

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

/// Runs `judge` on each case and seed; fails with all faults at once.
fn each_case(cases: &str, judge: impl Fn(&[Find], Option<Range<usize>>) -> Option<String>) {
    let rules = RuleSet::compile(&embedded().expect("signatures parse"), false).expect("signatures compile");
    let detector = Detector::new(&rules);
    let mut faults = Vec::new();
    let mut count = 0;
    for (number, line) in cases.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        count += 1;
        for seed in SEEDS {
            let case = template::expand(&line.replace('⏎', "\n"), seed).unwrap_or_else(|why| panic!("{line}: {why}"));
            if let Some(fault) = judge(&finds(&detector, &case.text), case.secret) {
                faults.push(format!("{}: {line}\n      {fault}", number + 1));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count} cases:\n{}", faults.len(), faults.join("\n"));
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
