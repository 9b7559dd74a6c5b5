//! A secret that will be a finding, and its fingerprint.

use rayon::prelude::*;

use super::places::Placed;
use crate::finding::fingerprint::is_guessable;
use crate::finding::{Fingerprint, Fingerprinter};
use crate::score::{Confidence, Verdict};
use crate::secret::Secret;
use crate::signature::{Rule, Severity};

/// A secret that is above the thresholds.
pub(super) struct Shown<'a> {
    pub rule: &'a Rule,
    pub secret: Secret,
    /// As it may be shown.
    pub shown: String,
    pub verdict: Verdict,
    pub severity: Severity,
    pub confidence: Confidence,
    pub placed: Vec<Placed>,
}

impl Shown<'_> {
    fn fingerprint(&self, fingerprinter: &Fingerprinter) -> Fingerprint {
        let signature = &self.rule.signature;
        let secret = self.secret.expose();
        let strong = !is_guessable(signature, secret, self.verdict.entropy);
        fingerprinter.of(signature.family.as_deref().unwrap_or(self.rule.id()), secret, strong)
    }
}

/// The fingerprints of secrets, in their order. Weak ones take milliseconds each, so all threads take part.
pub(super) fn fingerprints<T: Sync>(fingerprinter: &Fingerprinter, shown: &[(Shown<'_>, T)]) -> Vec<Fingerprint> {
    if shown.len() < 2 {
        return shown.iter().map(|(one, _)| one.fingerprint(fingerprinter)).collect();
    }
    shown.par_iter().with_max_len(1).map(|(one, _)| one.fingerprint(fingerprinter)).collect()
}
