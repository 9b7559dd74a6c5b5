//! Tables of cases, one a line, in which `⏎` stands for the end of a line and `⇥` for a tab.

use std::ops::Range;

use scrubjay::detect::Detector;
use scrubjay::signature::template::{self, Expanded};
use scrubjay::signature::{RuleSet, embedded};

/// Templates are expanded with each of these, so that no verdict hangs on one random value.
const SEEDS: Range<u64> = 1..4;

/// Runs `judge` on each case, first cut as `split` says, with each seed; fails with all the faults that it tells at once.
pub fn each_case(
    cases: &str,
    split: impl Fn(&str) -> (&str, &str),
    judge: impl Fn(&Detector<'_>, &str, Expanded) -> Option<String>,
) {
    let rules = RuleSet::compile(&embedded().expect("signatures parse"), false).expect("signatures compile");
    let detector = Detector::new(&rules);
    let mut faults = Vec::new();
    let mut count = 0;
    for (number, line) in cases.lines().enumerate() {
        if line.is_empty() || line.starts_with("# ") {
            continue;
        }
        count += 1;
        let (path, text) = split(line);
        let text = text.replace('⏎', "\n").replace('⇥', "\t");
        let fault = SEEDS.into_iter().find_map(|seed| {
            let case = template::expand(&text, seed).unwrap_or_else(|why| panic!("{line}: {why}"));
            judge(&detector, path, case)
        });
        faults.extend(fault.map(|fault| format!("{}: {line}\n      {fault}", number + 1)));
    }
    assert!(faults.is_empty(), "{} of {count} cases:\n{}", faults.len(), faults.join("\n"));
}
