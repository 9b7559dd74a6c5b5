//! A secret as the next sweep knows it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::origin::printable;
use crate::score::Confidence;
use crate::signature::Severity;

/// A secret as the next sweep knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Fingerprint.
    pub fingerprint: String,
    /// Id of the rule.
    pub rule: String,
    /// Title of the rule's signature.
    pub title: String,
    /// What it opens.
    pub severity: Severity,
    /// How sure it is.
    #[serde(default = "of_a_report")]
    pub confidence: Confidence,
    /// What may be shown of it.
    pub shown: String,
    /// The path of its first place, printable.
    pub path: String,
    /// Those of the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_paths: Vec<String>,
}

/// What reports begin with, for what was kept without it.
fn of_a_report() -> Confidence {
    Confidence::Likely
}

impl Known {
    /// Whether one of its places may be at a path of its target, or below it; below none is everything. Its own paths may begin
    /// with the name of the target.
    pub fn is_in(&self, path: &str) -> bool {
        let is_below = |own: &String| {
            path.is_empty()
                || own.match_indices(path).any(|(at, _)| {
                    let (before, after) = (&own[..at], &own[at + path.len()..]);
                    (before.is_empty() || before.ends_with('/')) && (after.is_empty() || after.starts_with(['/', '!']))
                })
        };
        is_below(&self.path) || self.other_paths.iter().any(is_below)
    }

    /// A finding as the next sweep is to know it.
    pub fn of(finding: &Finding) -> Self {
        let mut paths = finding.places.iter().map(|place| printable(&place.path));
        let path = paths.next().unwrap_or_default();
        let others: BTreeSet<String> = paths.filter(|other| *other != path).collect();
        Known {
            fingerprint: finding.fingerprint.as_str().to_owned(),
            rule: finding.signature.id.clone(),
            title: finding.signature.title.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            shown: finding.shown.clone(),
            path,
            other_paths: others.into_iter().collect(),
        }
    }
}
