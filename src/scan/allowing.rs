//! What of a finding does not count: inline marks first, then entries of the config, then the baseline; and what a change
//! would allow itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ChangedAllow, Options};
use crate::allow::Subject;
use crate::allow::baseline::{InForce, Known};
use crate::finding::{Fingerprint, Place, State};
use crate::signature::Signature;

/// A secret, as far as its places are judged by it.
pub(super) struct Judged<'a> {
    /// As the report names it.
    pub subject: Subject<'a>,
    pub secret: &'a [u8],
    /// As the baseline names it.
    pub key: &'a Fingerprint,
}

impl Judged<'_> {
    /// Says of each place whether it counts, by the rules that found it there. A place that is new of a secret which the
    /// baseline knows has spread.
    pub fn settle(&self, options: &Options, places: Vec<(Place, BTreeSet<u16>)>) -> Vec<Place> {
        let secret = self.secret;
        let signatures = |rules: BTreeSet<u16>| -> Vec<Arc<Signature>> {
            rules.into_iter().map(|rule| options.rules.rules[usize::from(rule)].signature.clone()).collect()
        };
        let (mut places, own): (Vec<Place>, Vec<_>) =
            places.into_iter().map(|(place, rules)| (place, signatures(rules))).unzip();
        let known: Vec<Known> = places.iter().map(|place| self.look_up(options.baseline.as_ref(), place)).collect();
        // The first bits of a fingerprint tell that a secret is known at a path, not that one elsewhere is the same.
        let is_known = known.iter().any(|known| matches!(known, Known::Here(_)));
        for ((place, known), own) in places.iter_mut().zip(known).zip(&own) {
            let subject = Subject { own, ..self.subject };
            let entry = options.allow.covers(&subject, secret, place);
            let has_spread = known == Known::Elsewhere || (known == Known::Perhaps && is_known);
            place.allowed = place.allowed.take().or(entry).or(known.allowed());
            if place.allowed.is_some() {
                place.allowed_by_change = None;
                continue;
            }
            let added = options.changed_entries.covers(&subject, secret, place);
            let added = added.or_else(|| self.look_up(options.changed_baseline.as_ref(), place).allowed());
            match options.changed_allow {
                ChangedAllow::Honour => place.allowed = added,
                _ => place.allowed_by_change = place.allowed_by_change.take().or(added),
            }
            if has_spread && place.allowed.is_none() && matches!(place.state, State::Live | State::Introduced) {
                place.state = State::Spread;
                if let Some(fate) = &mut place.fate {
                    fate.state = State::Spread;
                }
            }
        }
        places.sort_by(|a, b| a.rank().cmp(&b.rank()));
        places
    }

    fn look_up(&self, baseline: Option<&InForce>, place: &Place) -> Known {
        let subject = Subject { fingerprint: self.key, ..self.subject };
        baseline.map_or(Known::Not, |baseline| baseline.look_up(&subject, place))
    }
}
