//! Which rule names a secret that several found.

use std::collections::BTreeMap;

use super::Findings;
use crate::scan::places::{Placed, has_unknown_path};
use crate::signature::{Matcher, Severity, Standing};

impl Findings<'_> {
    /// What a find opens, as far as it alone tells.
    fn severity(&self, placed: &Placed) -> Severity {
        placed.hit.verdict.severity.unwrap_or(self.rule(placed.hit.rule).signature.severity)
    }

    /// Whether a find may name others of the same bytes. One of a rule that may not count where it lies, or that a user wrote and that
    /// is not reported, would take them from the report; one of the target's own, under a policy, what weighs more than it.
    fn may_name(&self, placed: &Placed, most: Severity) -> bool {
        let (rule, verdict) = (self.rule(placed.hit.rule), &placed.hit.verdict);
        let severity = self.severity(placed);
        let is_reported =
            severity >= self.options.min_severity && verdict.confidence >= Some(self.options.min_confidence);
        let may_count = !rule.has_paths() || !has_unknown_path(&placed.place);
        may_count
            && match rule.standing {
                Standing::BuiltIn => true,
                Standing::Own => is_reported,
                Standing::Guest => is_reported && severity >= most,
            }
    }

    /// The places of one secret by the rule that is to name it: where a provider's shape was seen at one place, finds of
    /// the same bytes by their name or place belong to it; else to the surest of them, and that which says most. Shapes of one family are one:
    /// a key in PEM and in base64 without an armour.
    pub(super) fn by_rule(&self, places: Vec<Placed>) -> BTreeMap<u16, Vec<Placed>> {
        let is_of_shape = |placed: &Placed| self.rule(placed.hit.rule).is_of_shape();
        let is_sure = |placed: &&Placed| placed.hit.verdict.confidence >= Some(self.options.min_confidence);
        let most = places.iter().filter(is_sure).map(|placed| self.severity(placed)).max().unwrap_or(Severity::Info);
        let says = |placed: &Placed| match self.rule(placed.hit.rule).matcher {
            Matcher::Pattern => 2,
            Matcher::Context(_) | Matcher::Service(_) | Matcher::Line(_) => 1,
            Matcher::Assignment | Matcher::Column | Matcher::File => 0,
        };
        let key = |placed: &Placed| {
            let verdict = &placed.hit.verdict;
            let may_name = self.may_name(placed, most);
            (may_name, is_of_shape(placed), verdict.confidence, says(placed), std::cmp::Reverse(placed.hit.rule))
        };
        let best = places.iter().max_by_key(|placed| key(placed)).map(|placed| placed.hit.rule);
        let family = |placed: &Placed| {
            let signature = &self.rule(placed.hit.rule).signature;
            signature.family.as_deref().unwrap_or(&signature.id)
        };
        let of_family = |own: &Placed| {
            let same = places.iter().filter(|one| is_of_shape(one) && family(one) == family(own));
            same.max_by_key(|placed| key(placed)).map(|placed| placed.hit.rule)
        };
        let of_family: BTreeMap<u16, Option<u16>> =
            places.iter().filter(|one| is_of_shape(one)).map(|one| (one.hit.rule, of_family(one))).collect();
        let mut by_rule: BTreeMap<u16, Vec<Placed>> = BTreeMap::new();
        for placed in places {
            let own = placed.hit.rule;
            let rule = of_family.get(&own).copied().unwrap_or(best).unwrap_or(own);
            by_rule.entry(rule).or_default().push(placed);
        }
        by_rule
    }
}
