//! Structural proofs: what can be said of a token without asking anybody.

use super::Detail;
use crate::signature::{Proof, Severity};

/// What a structural check says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The check passed: the candidate is proven.
    Passed {
        /// What was read out of it.
        details: Vec<Detail>,
        /// A severity that fits better than the signature's.
        severity: Option<Severity>,
    },
    /// It decodes as it should, but the format has no checksum: the confidence stays what it was.
    Plausible {
        /// What was read out of it.
        details: Vec<Detail>,
        /// A severity that fits better than the signature's.
        severity: Option<Severity>,
    },
    /// A certain check failed: at most `possible`.
    Failed {
        /// Why, without a byte of the secret.
        why: &'static str,
    },
    /// It is something else: not a finding.
    Drop {
        /// What it is.
        why: &'static str,
    },
}

/// Runs a check over a secret; `around` is the text of the candidate's window, for formats that span more than the secret.
pub fn check(proof: Proof, secret: &[u8], around: &[u8]) -> Outcome {
    let _ = (proof, secret, around);
    todo!()
}
