//! Files with a syntax of their own, command lines and tables: in `syntax/found.txt` every marked secret must be found with
//! exactly its bytes at its path, in `syntax/not.txt` nothing may be.

use std::ops::Range;

use scrubjay::blob::Blob;
use scrubjay::detect::Detector;
use scrubjay::origin::{Origin, Step};
use scrubjay::score::Confidence;

use crate::common::cases;

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

fn path_and_text(line: &str) -> (&str, &str) {
    line.split_once(" | ").unwrap_or_else(|| panic!("{line}: `path | text`"))
}

/// Runs `judge` on each case, a path and what stands there.
fn each_case(cases: &str, judge: impl Fn(&[Find], Option<Range<usize>>) -> bool) {
    cases::each_case(cases, path_and_text, |detector, path, case| {
        let (finds, dropped) = finds(detector, path, &case.text);
        let all: Vec<&str> = finds.iter().map(|find| find.told.as_str()).collect();
        let is_right = judge(&finds, case.secret.clone());
        (!is_right).then(|| format!("{:?}: found {}; dropped {dropped}", case.secret, all.join("; ")))
    });
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
