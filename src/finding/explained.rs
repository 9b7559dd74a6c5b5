//! A candidate with all the reasons for its judgement, also where it was dropped: for `explain` and `--explain`.

use std::sync::Arc;

use super::{Allowed, Location};
use crate::score::{Confidence, Verdict, Why};
use crate::signature::Signature;

/// What came of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is no secret.
    Dropped,
    /// An identifier: read beside a secret, not reported alone.
    Identifier,
    /// A secret as sure as this. Nothing is known of a report.
    Judged(Confidence),
    /// In the report's findings.
    Reported(Confidence),
    /// Below the thresholds of severity and confidence.
    BelowThresholds,
    /// Covered by an allow entry or an inline mark.
    Allowed(Allowed),
    /// The same bytes were found by the shape of this rule, and are reported as that.
    SameAs(String),
    /// Another find at its place stands for it: the file by itself shows what a template makes of it.
    ToldThere,
    /// Its rule counts at other paths only.
    OtherPaths,
    /// Not looked for, or not read, by what is written there.
    LeftOut(String),
}

/// A candidate with all the reasons for its judgement.
#[derive(Debug, Clone)]
pub struct Explained {
    /// Its rule's signature.
    pub signature: Arc<Signature>,
    /// The path to show.
    pub path: Vec<u8>,
    /// Where in the file; in the newest version that has it.
    pub location: Location,
    /// Number of versions of this path that have it; 1 outside history.
    pub versions: u32,
    /// What may be shown of it. Printable.
    pub shown: String,
    /// The decoder it went through; `None` for plain text.
    pub decoder: Option<&'static str>,
    /// The judgement.
    pub verdict: Verdict,
    /// What was taken off or added when all its places were known.
    pub afterwards: Vec<Why>,
    /// What came of it.
    pub outcome: Outcome,
}
