//! How long a secret works that does not do as all of its kind: a token says so itself, and a secret key ends with the session that its
//! id is of.

use std::sync::Arc;

use super::{Half, Pair};
use crate::date::Date;
use crate::score::{Confidence, Detail, EXPIRES, NEVER};
use crate::signature::{Lifetime, Severity, Signature};

/// Days from which on what has an end is none that ends by itself soon: the day was chosen.
const LONG: i64 = 366;

/// The signature as it is of this secret: with its own lifetime, and with what is to be done where that is another thing.
pub fn of(signature: &Arc<Signature>, details: &[Detail], pairs: &[Pair], today: Option<Date>) -> Arc<Signature> {
    let other = match own(details, today) {
        // What its owner chose stays that, however near the day is.
        Some(Lifetime::Temporary) if signature.lifetime == Lifetime::Owner => None,
        Some(lifetime) if lifetime != signature.lifetime => Some(Signature { lifetime, ..(**signature).clone() }),
        _ => session(signature, pairs).map(|id| Signature {
            lifetime: id.lifetime,
            rotate: id.rotate.clone(),
            revoke: id.revoke.clone(),
            ..(**signature).clone()
        }),
    };
    other.map_or_else(|| signature.clone(), Arc::new)
}

/// The same of a finding of which the lifetime was kept.
pub fn again(signature: &Arc<Signature>, lifetime: Option<Lifetime>, pairs: &[Pair]) -> Arc<Signature> {
    let signature = of(signature, &[], pairs, None);
    match lifetime.filter(|lifetime| *lifetime != signature.lifetime) {
        Some(lifetime) => Arc::new(Signature { lifetime, ..(*signature).clone() }),
        None => signature,
    }
}

/// The severity of a secret that would be of this one: what ends with a session is less.
pub fn severity<'p>(severity: Severity, signature: &Signature, pairs: impl IntoIterator<Item = &'p Pair>) -> Severity {
    if session(signature, pairs).is_some() { severity.min(Severity::High) } else { severity }
}

/// The signature of the ids that a secret belongs to, if all of them are of sessions.
fn session<'p>(signature: &Signature, pairs: impl IntoIterator<Item = &'p Pair>) -> Option<&'p Signature> {
    let is_sure = |pair: &&Pair| pair.half == Half::Id && pair.relation.confidence() >= Confidence::Likely;
    let mut ids = pairs.into_iter().filter(is_sure).map(|pair| &*pair.signature);
    let first = ids.next().filter(|_| signature.lifetime == Lifetime::Static)?;
    let is_session = |id: &Signature| id.lifetime == Lifetime::Temporary;
    (is_session(first) && ids.all(is_session)).then_some(first)
}

/// What a token says of its lifetime, if it says something.
fn own(details: &[Detail], today: Option<Date>) -> Option<Lifetime> {
    let value = |name: &str| details.iter().find(|detail| detail.name == name).map(|detail| &*detail.value);
    let day = |name: &str| Date::parse(value(name)?.get(..10)?);
    if value(EXPIRES) == Some(NEVER) {
        return Some(Lifetime::Static);
    }
    let begin = day("issued").or(today)?;
    Some(if day(EXPIRES)?.days() - begin.days() > LONG { Lifetime::Owner } else { Lifetime::Temporary })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(lifetime: &str) -> Arc<Signature> {
        let text = format!(
            "id = 'x'\ntitle = 'x'\nprovider = 'x'\nseverity = 'low'\nlifetime = '{lifetime}'\nkeywords = []\nexamples = []"
        );
        Arc::new(toml::from_str(&text).expect("a signature"))
    }

    #[test]
    fn a_token_says_how_long_it_works() {
        let detail = |name, value: &str| Detail { name, value: value.to_owned() };
        let of =
            |kind: &str, details: &[Detail]| of(&signature(kind), details, &[], Date::parse("2026-11-29")).lifetime;
        let ends = |day: &str| [detail(EXPIRES, &format!("{day}T00:00:00Z"))];
        assert_eq!(of("temporary", &[]), Lifetime::Temporary);
        assert_eq!(of("temporary", &[detail(EXPIRES, NEVER)]), Lifetime::Static);
        assert_eq!(of("temporary", &ends("2027-01-01")), Lifetime::Temporary);
        assert_eq!(of("temporary", &ends("2031-01-01")), Lifetime::Owner);
        assert_eq!(of("owner", &ends("2027-01-01")), Lifetime::Owner);
        let issued = [&ends("2027-01-01")[..], &[detail("issued", "2022-01-01T00:00:00Z")]].concat();
        assert_eq!(of("temporary", &issued), Lifetime::Owner);
    }
}
