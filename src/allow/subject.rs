//! A secret, as entries and baselines know it again.

use std::sync::Arc;

use crate::finding::{Finding, Fingerprint};
use crate::signature::Signature;

/// A secret, as far as entries and baselines know it again.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The rule that names it.
    pub signature: &'a Signature,
    /// The rules that found it at the place in question, where other ones name it.
    pub own: &'a [Arc<Signature>],
    /// Its fingerprint.
    pub fingerprint: &'a Fingerprint,
    /// Whether it could be guessed, so that of its fingerprint only the first bits may be kept.
    pub guessable: bool,
}

impl<'a> Subject<'a> {
    /// That of a finding.
    pub fn of(finding: &'a Finding) -> Self {
        Subject {
            signature: &finding.signature,
            own: &[],
            fingerprint: &finding.fingerprint,
            guessable: finding.guessable,
        }
    }

    /// Whether a rule of this name has found it. One that names it only because of what else was scanned takes nothing from
    /// an entry that was made for the place.
    pub(super) fn is_called(&self, rule: &str) -> bool {
        self.signature.is_called(rule) || self.own.iter().any(|own| own.is_called(rule))
    }
}
