//! What of a finding does not count: inline marks first, then entries of the config, then the baseline; and what a change
//! would allow itself.

use super::{ChangedAllow, Options};
use crate::allow::baseline::{InForce, Known};
use crate::finding::{Allowed, Fingerprint, Place, State};
use crate::signature::Signature;

/// A secret, as far as its places are judged by it.
pub(super) struct Judged<'a> {
    pub signature: &'a Signature,
    pub secret: &'a [u8],
    /// As the report names it.
    pub fingerprint: &'a Fingerprint,
    /// As the baseline names it.
    pub key: &'a Fingerprint,
}

impl Judged<'_> {
    /// Says of each place whether it counts. A place that is new of a secret which the baseline knows has spread.
    pub fn settle(&self, options: &Options, places: &mut [Place]) {
        for place in places.iter_mut() {
            let (signature, fingerprint, secret) = (self.signature, self.fingerprint, self.secret);
            let entry = options.allow.covers(signature, fingerprint, secret, &place.path);
            let (known, has_spread) = self.look_up(options.baseline.as_ref(), place);
            place.allowed = place.allowed.take().or(entry).or(known);
            if place.allowed.is_some() {
                place.allowed_by_change = None;
                continue;
            }
            let added = options.changed_entries.covers(signature, fingerprint, secret, &place.path);
            let added = added.or_else(|| self.look_up(options.changed_baseline.as_ref(), place).0);
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
    }

    /// What allows it, and whether the baseline knows the secret at other paths.
    fn look_up(&self, baseline: Option<&InForce>, place: &Place) -> (Option<Allowed>, bool) {
        match baseline.map_or(Known::Not, |baseline| baseline.look_up(self.key, place)) {
            Known::Not => (None, false),
            Known::Elsewhere => (None, true),
            Known::Here(allowed) => (Some(allowed), false),
        }
    }
}
