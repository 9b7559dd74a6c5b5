//! Signature files checked: what they say of themselves is tried out with the judge that scans use.
//!
//! Every example is expanded with several seeds and must be found, as its own kind and with exactly the marked secret;
//! then it is changed so that it should be missed. Counterexamples must be missed as they stand.

mod mutations;
mod settings;
mod trial;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::detect::Detector;
use crate::signature::{Error, Loaded, Located, RuleSet, embedded};
use trial::Trial;

/// Tries out signatures. Returns every fault, in the order of the files; none means that all is well.
///
/// A signature that does not compile is told with its faults, and the others are still tried.
pub fn check(loaded: &Loaded) -> Vec<Error> {
    let all: Loaded = loaded.iter().cloned().chain(ids_elsewhere(loaded)).collect();
    check_among(&all, &|tried| loaded.iter().any(|one| Arc::ptr_eq(&one.signature, &tried.signature)))
}

/// As [`check`], and tries only those that `is_tried` names, beside all the others: as a scan has them.
pub fn check_among(all: &Loaded, is_tried: &dyn Fn(&Located) -> bool) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut sound = all.clone();
    // Whether patterns compile is asked once; what is left out can be missed by others.
    let rules = loop {
        match RuleSet::compile(&sound, errors.is_empty()) {
            Ok(rules) => break rules,
            Err(found) => {
                let faulty: BTreeSet<(String, usize)> =
                    found.iter().map(|error| (error.file.clone(), error.line)).collect();
                let before = sound.len();
                sound.retain(|one| !faulty.contains(&(one.file.to_string(), one.line)));
                if errors.is_empty() {
                    errors = found;
                }
                if sound.len() == before {
                    return errors;
                }
            }
        }
    };
    let detector = Detector::new(&rules);
    for located in sound.iter().filter(|located| is_tried(located)) {
        let Some(rule) = rules.get(&located.signature.id).filter(|rule| rule.id() == located.signature.id) else {
            continue;
        };
        let mut trial = Trial { detector: &detector, rule, faults: Vec::new() };
        trial.run();
        errors.extend(trial.faults.into_iter().map(|fault| located.error(fault)));
    }
    errors.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    errors
}

/// The signatures of this binary that others name as their ids and do not bring along.
fn ids_elsewhere(loaded: &Loaded) -> Loaded {
    let named: BTreeSet<&String> = loaded.iter().flat_map(|located| &located.signature.ids).collect();
    let is_missing = |id: &String| named.contains(id) && !loaded.iter().any(|located| located.signature.id == *id);
    let embedded = if named.is_empty() { Loaded::new() } else { embedded().unwrap_or_default() };
    embedded.into_iter().filter(|located| is_missing(&located.signature.id)).collect()
}

#[cfg(test)]
mod tests;
