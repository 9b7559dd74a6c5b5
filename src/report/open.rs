//! The places that count, one by one, for formats that list places.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::Report;
use super::names::Names;
use super::sarif_location::Whereabouts;
use super::sweep::{self, InTarget};
use crate::finding::{Finding, Place};

/// A place that no entry, mark or baseline covers.
pub(super) struct Open<'a> {
    pub finding: &'a Finding,
    pub place: &'a Place,
    pub target: Option<InTarget<'a>>,
}

impl Open<'_> {
    pub(super) fn whereabouts(&self, names: &Names) -> Whereabouts {
        Whereabouts::new(self.place, names)
    }

    /// The same for a secret at a place whatever else changes there: no line, commit or digest is in it.
    pub(super) fn hash(&self, whereabouts: &Whereabouts) -> [u8; 32] {
        let mut sum = Sha256::new();
        sum.update(self.finding.fingerprint.as_str());
        sum.update(b"\0");
        sum.update(&whereabouts.identity);
        if let Some((target, _)) = self.target {
            sum.update(b"\0");
            sum.update(&target.location);
        }
        sum.finalize().into()
    }
}

/// All places of what is shown, the worst first.
pub(super) fn places_that_count(report: &Report) -> impl Iterator<Item = Open<'_>> {
    all_places(report, &report.findings).filter(|open| open.place.allowed.is_none())
}

/// All places of some findings, also those that are covered.
pub(super) fn all_places<'a>(report: &'a Report, findings: &'a [Finding]) -> impl Iterator<Item = Open<'a>> {
    findings.iter().flat_map(move |finding| {
        sweep::places(report, finding).into_iter().map(move |(place, target)| Open { finding, place, target })
    })
}

/// Names for places, each its own: two that are alike are told apart by their order.
#[derive(Default)]
pub(super) struct Ids(HashMap<[u8; 32], u32>);

impl Ids {
    /// The name of the next one, in hexadecimal digits.
    pub(super) fn next(&mut self, open: &Open<'_>, whereabouts: &Whereabouts) -> String {
        let hash = open.hash(whereabouts);
        let nth = self.0.entry(hash).or_default();
        *nth += 1;
        let hash = if *nth == 1 {
            hash
        } else {
            Sha256::new().chain_update(hash).chain_update(nth.to_be_bytes()).finalize().into()
        };
        hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
