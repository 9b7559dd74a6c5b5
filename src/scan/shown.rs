//! A secret that will be a finding, and its names.

use rayon::prelude::*;

use super::Options;
use super::places::Placed;
use crate::allow::baseline::InForce;
use crate::finding::fingerprint::is_guessable;
use crate::finding::{Fingerprint, Fingerprinter};
use crate::score::{Confidence, Verdict};
use crate::secret::Secret;
use crate::signature::{Rule, Severity};
use crate::source::memory::Names;

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

/// Makes the names of secrets.
pub(super) struct Namer<'a> {
    report: Fingerprinter,
    /// Where the baseline has a salt of its own.
    baseline: Option<&'a Fingerprinter>,
}

impl<'a> Namer<'a> {
    pub fn new(options: &'a Options) -> Self {
        let in_force = options.baseline.as_ref().or(options.changed_baseline.as_ref());
        Namer {
            report: Fingerprinter::new(options.salt.as_deref()),
            baseline: in_force.and_then(InForce::fingerprinter),
        }
    }

    /// The names of a secret by a rule; `entropy` is in bits a character.
    pub fn names(&self, rule: &Rule, secret: &Secret, entropy: f32) -> Names {
        let signature = &rule.signature;
        let guessable = is_guessable(signature, secret.expose(), entropy);
        let family = signature.family.as_deref().unwrap_or(rule.id());
        let name = |fingerprinter: &Fingerprinter| fingerprinter.of(family, secret.expose(), !guessable);
        let fingerprint = name(&self.report);
        let key = self.baseline.map_or_else(|| fingerprint.clone(), name);
        Names { fingerprint, key, guessable }
    }

    /// What tells the salts from others.
    pub fn salts(&self) -> (Fingerprint, Fingerprint) {
        let of_nothing = |fingerprinter: &Fingerprinter| fingerprinter.of("", b"", true);
        (of_nothing(&self.report), of_nothing(self.baseline.unwrap_or(&self.report)))
    }

    /// The names of secrets, in their order. Weak ones take milliseconds each, so all threads take part.
    pub fn all<T: Sync>(&self, secrets: &[T], names: impl Fn(&T) -> Names + Sync + Send) -> Vec<Names> {
        if secrets.len() < 2 {
            return secrets.iter().map(names).collect();
        }
        secrets.par_iter().with_max_len(1).map(names).collect()
    }
}

impl Shown<'_> {
    /// Its names; those of what was not read again are known.
    pub fn names(&self, namer: &Namer<'_>) -> Names {
        let own = self.placed.iter().filter(|placed| placed.hit.rule == self.rule.index);
        let known = own.filter_map(|placed| placed.hit.names.as_deref()).next();
        known.cloned().unwrap_or_else(|| namer.names(self.rule, &self.secret, self.verdict.entropy))
    }
}
