//! The signature files that are part of the binary: each one parses, compiles, and keeps the rules of the house.

use scrubjay::check;
use scrubjay::score::entropy::{reached, shannon};
use scrubjay::signature::{embedded, page, template};

#[test]
fn every_signature_keeps_what_it_promises() {
    let loaded = embedded().unwrap_or_else(|error| panic!("{error}"));
    let lines: Vec<String> = check::check(&loaded).iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} faults\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn the_page_of_all_signatures_is_what_they_say() {
    let page = page::markdown(&embedded().unwrap_or_else(|error| panic!("{error}")));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/signatures.md");
    if std::env::var_os("SCRUBJAY_UPDATE").is_some() {
        std::fs::write(path, &page).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == page, "docs/signatures.md is not what the signatures say: run with SCRUBJAY_UPDATE=1");
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
        demand(signature.identifier || !signature.revoke.is_empty(), "needs `revoke`");
        demand(!signature.examples.is_empty(), "needs an example");
        demand(!signature.counterexamples.is_empty(), "needs a counterexample");
        demand((0.0..=6.0).contains(&signature.entropy), "entropy is 0 to 6 bits");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A bar above what random strings of an example's form have would find some of them and miss others, as chance has it.
#[test]
fn random_secrets_have_the_entropy_that_is_asked_for() {
    const SEEDS: u64 = 120;
    let mut faults = Vec::new();
    for located in embedded().unwrap_or_else(|error| panic!("{error}")) {
        let signature = &located.signature;
        for example in signature.examples.iter().filter(|_| signature.entropy > 0.0) {
            let misses = (0..SEEDS).filter(|&seed| {
                let expanded = template::expand(example, seed).unwrap_or_else(|error| panic!("{example}: {error}"));
                let Some(place) = expanded.secret else { return false };
                let secret = &expanded.text[place];
                let reached = if signature.entropy < 4.0 { reached(secret) } else { f32::INFINITY };
                shannon(secret) < signature.entropy.min(reached)
            });
            let misses = misses.count();
            if misses > 0 {
                faults.push(format!(
                    "{}: {misses} of {SEEDS} have less than {} bits: {example}",
                    signature.id, signature.entropy
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
