//! A secret that will be a finding, and its names.

use rayon::prelude::*;

use super::places::Placed;
use super::{Options, Progress};
use crate::allow::baseline::InForce;
use crate::finding::fingerprint::Kind;
use crate::finding::{Fingerprint, Fingerprinter};
use crate::score::{Confidence, Verdict};
use crate::secret::Secret;
use crate::signature::{Rule, RuleSet, Severity};
use crate::source::memory::Names;

/// A secret that is above the thresholds.
pub(super) struct Shown<'a> {
    pub rule: &'a Rule,
    /// What tells it from others.
    pub secret: Secret,
    /// Itself, where that is something else.
    pub text: Option<Secret>,
    /// As it may be shown.
    pub shown: String,
    pub verdict: Verdict,
    pub severity: Severity,
    pub confidence: Confidence,
    pub placed: Vec<Placed>,
}

/// Makes the names of secrets.
pub(super) struct Namer<'a> {
    rules: &'a RuleSet,
    report: Fingerprinter,
    /// Where the baseline has a salt of its own.
    baseline: Option<&'a Fingerprinter>,
    /// Tells when the time is over: a table of users with passwords takes minutes to name.
    progress: &'a dyn Progress,
}

impl<'a> Namer<'a> {
    pub fn new(options: &'a Options, progress: &'a dyn Progress) -> Self {
        let in_force = options.baseline.as_ref().or(options.changed_baseline.as_ref());
        Namer {
            rules: &options.rules,
            report: Fingerprinter::new(options.salt.as_deref()),
            baseline: in_force.and_then(InForce::fingerprinter),
            progress,
        }
    }

    /// The names of a secret by a rule; `None` where the time is over before those of a weak one are made.
    pub fn names(&self, rule: &Rule, secret: &Secret) -> Option<Names> {
        let Kind { family, guessable } = Kind::of((self.rules, rule), secret.expose());
        if guessable && self.progress.stopped() {
            return None;
        }
        let name = |fingerprinter: &Fingerprinter| fingerprinter.of(family, secret.expose(), !guessable);
        let fingerprint = name(&self.report);
        let key = self.baseline.map_or_else(|| fingerprint.clone(), name);
        Some(Names { fingerprint, key, guessable })
    }

    /// What tells the salts from others.
    pub fn salts(&self) -> (Fingerprint, Fingerprint) {
        let of_nothing = |fingerprinter: &Fingerprinter| fingerprinter.of("", b"", true);
        (of_nothing(&self.report), of_nothing(self.baseline.unwrap_or(&self.report)))
    }

    /// The names of secrets, in their order. Weak ones take milliseconds each, so all threads take part.
    pub fn all<T: Sync>(&self, secrets: &[T], names: impl Fn(&T) -> Option<Names> + Sync + Send) -> Vec<Option<Names>> {
        if secrets.len() < 2 {
            return secrets.iter().map(names).collect();
        }
        secrets.par_iter().with_max_len(1).map(names).collect()
    }
}

impl Shown<'_> {
    /// Its names; those of what was not read again are known.
    pub fn names(&self, namer: &Namer<'_>) -> Option<Names> {
        let own = self.placed.iter().filter(|placed| placed.hit.rule == self.rule.index);
        let known = own.filter_map(|placed| placed.hit.names.as_deref()).next();
        known.cloned().or_else(|| namer.names(self.rule, &self.secret))
    }
}
