//! The signature files that are part of the binary: each one parses, compiles, and keeps the rules of the house.

use scrubjay::blob::{Blob, Content};
use scrubjay::detect::Detector;
use scrubjay::origin::{Origin, Step};
use scrubjay::score::Confidence;
use scrubjay::signature::template::expand;
use scrubjay::signature::{RuleSet, embedded};

#[test]
fn every_signature_compiles() {
    let loaded = embedded().unwrap_or_else(|error| panic!("{error}"));
    if let Err(errors) = RuleSet::compile(&loaded, true) {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"));
    }
}

#[test]
fn every_signature_says_what_it_is_and_is_exemplified() {
    let mut faults = Vec::new();
    for located in embedded().unwrap_or_else(|error| panic!("{error}")) {
        let signature = &located.signature;
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                faults.push(located.error(what).to_string());
            }
        };
        demand(!signature.title.is_empty() && !signature.title.ends_with('.'), "a title, without a full stop");
        demand(signature.opens.ends_with('.'), "`opens` is a sentence");
        demand(!signature.rotate.is_empty(), "needs `rotate`");
        demand(!signature.examples.is_empty(), "needs an example");
        demand(!signature.counterexamples.is_empty(), "needs a counterexample");
        demand((0.0..=6.0).contains(&signature.entropy), "entropy is 0 to 6 bits");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What the detector finds in a text: rule, secret, and how sure it is.
fn found(detector: &Detector<'_>, text: &[u8]) -> Vec<(String, Vec<u8>, Option<Confidence>)> {
    let mut all = Vec::new();
    let blob = Blob { origin: Origin::new(Step::Stdin), content: Content::Bytes(text) };
    detector
        .judge(blob, false, &mut |found| {
            all.extend(found.iter().map(|one| (one.rule.id().to_owned(), one.secret().to_vec(), one.verdict.confidence)));
        })
        .expect("memory can be read");
    all
}

#[test]
fn every_example_is_found_and_no_counterexample_is() {
    let loaded = embedded().unwrap_or_else(|error| panic!("{error}"));
    let rules = RuleSet::compile(&loaded, false).expect("tested above");
    let detector = Detector::new(&rules);
    let mut faults = Vec::new();
    for located in &loaded {
        let signature = &located.signature;
        for (example, seed) in signature.examples.iter().flat_map(|example| [(example, 11), (example, 12)]) {
            let expanded = expand(example, seed).unwrap_or_else(|cause| panic!("{example}: {cause}"));
            let Some(secret) = expanded.secret else { continue };
            if signature.identifier {
                continue;
            }
            let found = found(&detector, &expanded.text);
            let right = found.iter().any(|(id, value, confidence)| {
                *id == signature.id && *value == expanded.text[secret.clone()] && confidence.is_some()
            });
            if !right {
                let text = String::from_utf8_lossy(&expanded.text);
                faults.push(located.error(format!("misses {text}; finds {found:?}")).to_string());
            }
        }
        for (example, seed) in signature.counterexamples.iter().flat_map(|example| [(example, 11), (example, 12)]) {
            let expanded = expand(example, seed).unwrap_or_else(|cause| panic!("{example}: {cause}"));
            for (id, _, confidence) in found(&detector, &expanded.text) {
                if id == signature.id && confidence.is_some() {
                    let text = String::from_utf8_lossy(&expanded.text);
                    faults.push(located.error(format!("finds {text}")).to_string());
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}
