//! Shapes whose checksum keeps failing: a provider may have changed its format, and then a rule says too little of it.

use std::collections::{BTreeMap, BTreeSet};

use super::places::Placed;
use crate::score::proof::{Strength, checksum};
use crate::signature::RuleSet;

/// More different tokens than this, with the shape of one rule and without its checksum, are worth a note.
const MOST: usize = 20;

/// Counts tokens that failed a certain checksum, by rule.
#[derive(Debug, Default)]
pub(super) struct Failed(BTreeMap<u16, usize>);

impl Failed {
    /// Takes all places of one secret.
    pub fn see(&mut self, rules: &RuleSet, places: &[Placed]) {
        let failed: BTreeSet<u16> =
            places.iter().filter(|placed| placed.hit.verdict.is_refuted()).map(|placed| placed.hit.rule).collect();
        for rule in failed {
            let proof = rules.rules[usize::from(rule)].signature.proof;
            if proof.and_then(checksum) == Some(Strength::Certain) {
                *self.0.entry(rule).or_default() += 1;
            }
        }
    }

    /// A note for each rule with many.
    pub fn notes(&self, rules: &RuleSet) -> Vec<String> {
        let many = self.0.iter().filter(|(_, count)| **count > MOST);
        many.map(|(&rule, count)| {
            let signature = &rules.rules[usize::from(rule)].signature;
            format!(
                "{}: {count} values have the shape of {} and not its checksum: its format may have changed",
                signature.id, signature.provider
            )
        })
        .collect()
    }
}
