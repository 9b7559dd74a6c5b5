//! Files with a syntax of their own, command lines and tables: in `syntax/found.txt` every marked secret must be found with
//! exactly its bytes at its path, in `syntax/not.txt` nothing may be.

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
    told: String,
}

/// What is reported of a text at a path, and what was dropped.
fn finds(detector: &Detector<'_>, path: &str, text: &[u8]) -> (Vec<Find>, String) {
    let mut finds = Vec::new();
    let mut dropped = Vec::new();
    let blob = Blob::bytes(Origin::new(Step::Stdin), text);
    let judged = detector.judge(blob, true, &mut |found| {
        for one in found.iter().filter(|one| one.rule.at_path(path.as_bytes())) {
            let why = one.verdict.reasons.last().map_or("", |why| why.name);
            let told = format!("{} {:?} {:?} {why}", one.rule.id(), one.stored_secret, one.verdict.confidence);
            if one.verdict.confidence >= Some(Confidence::Likely) {
                finds.push(Find { secret: one.stored_secret.clone(), told });
            } else {
                dropped.push(told);
            }
        }
    });
    judged.expect("memory can be read");
    (finds, dropped.join("; "))
}

/// Runs `judge` on each case and seed; fails with all faults at once.
fn each_case(cases: &str, judge: impl Fn(&[Find], Option<Range<usize>>) -> bool) {
    let rules = RuleSet::compile(&embedded().expect("signatures parse"), false).expect("signatures compile");
    let detector = Detector::new(&rules);
    let mut faults = Vec::new();
    let mut count = 0;
    for (number, line) in cases.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        count += 1;
        let (path, text) = line.split_once(" | ").unwrap_or_else(|| panic!("{line}: `path | text`"));
        for seed in SEEDS {
            let text = text.replace('⏎', "\n").replace('⇥', "\t");
            let case = template::expand(&text, seed).unwrap_or_else(|why| panic!("{line}: {why}"));
            let (finds, dropped) = finds(&detector, path, &case.text);
            if !judge(&finds, case.secret.clone()) {
                let all: Vec<&str> = finds.iter().map(|find| find.told.as_str()).collect();
                faults.push(format!(
                    "{}: {line}\n      {:?}: found {}; dropped {dropped}",
                    number + 1,
                    case.secret,
                    all.join("; ")
                ));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count} cases:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn secrets_are_found() {
    each_case(include_str!("syntax/found.txt"), |finds, secret| {
        let secret = secret.expect("each case marks its secret");
        finds.iter().any(|one| one.secret == secret)
    });
}

#[test]
fn what_is_no_secret_is_not_found() {
    each_case(include_str!("syntax/not.txt"), |finds, _| finds.is_empty());
}
