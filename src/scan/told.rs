//! What a report says of finds, as a source may remember it: masked as in the report, so that what they lie in need not be
//! read again to tell the same once more.

use sha2::{Digest, Sha256};

use super::Options;
use super::hit::Hit;
use super::shown::Namer;
use crate::allow::inline::Mark;
use crate::finding::Excerpt;
use crate::origin::Origin;
use crate::score::Verdict;
use crate::secret::Secret;
use crate::source::memory::{Find, Id, Told};

/// A hash of what has a say in how finds are told; `None` where secrets themselves are asked for.
pub(super) fn telling(options: &Options, namer: &Namer<'_>) -> Option<[u8; 32]> {
    let looks_at_secrets = options.show_secrets
        || !options.explain.is_empty()
        || options.allow.look_at_values()
        || options.changed_entries.look_at_values();
    if looks_at_secrets {
        return None;
    }
    let mut sum = Sha256::new();
    let (marks, foreign, confidence) = (options.inline_marks.any(), options.foreign_marks, options.min_confidence);
    sum.update(format!("{marks} {foreign} {confidence:?} {:?}", namer.salts()));
    Some(sum.finalize().into())
}

/// What is told of a find; its names are added when all is known.
pub(super) fn of(hit: &Hit) -> Told {
    Told {
        shown: hit.shown.clone(),
        excerpt: hit.excerpt.clone(),
        reasons: hit
            .verdict
            .reasons
            .iter()
            .map(|why| (why.name.to_owned(), why.points, why.text.to_string()))
            .collect(),
        details: hit.verdict.details.iter().map(|detail| (detail.name.to_owned(), detail.value.clone())).collect(),
        entropy: hit.verdict.entropy.to_bits(),
        mark: hit.mark.as_ref().map(|mark| match mark {
            Mark::Allowed { reason, until } => Ok((reason.clone(), *until)),
            Mark::Ignored { why } => Err(why.clone()),
        }),
        is_id: hit.is_id,
        is_beside_ids: hit.is_beside_ids,
        stem: hit.stem.clone(),
        names: hit.names.as_deref().cloned(),
    }
}

/// A find that was not read again, with all that a report says of it.
pub(super) fn hit(origin: Origin, find: &Find, told: Told, secret: Secret) -> Hit {
    Hit {
        verdict: told.verdict(find),
        shown: told.shown,
        excerpt: told.excerpt,
        mark: told.mark.map(|mark| match mark {
            Ok((reason, until)) => Mark::Allowed { reason, until },
            Err(why) => Mark::Ignored { why },
        }),
        is_id: told.is_id,
        is_beside_ids: told.is_beside_ids,
        stem: told.stem,
        names: told.names.map(Box::new),
        ..untold(origin, find, secret)
    }
}

/// A find that was not read again, and of which a report says no more than that it is there.
pub(super) fn untold(origin: Origin, find: &Find, secret: Secret) -> Hit {
    Hit {
        rule: find.rule,
        secret,
        text: None,
        encoded: None,
        shown: String::new(),
        origin,
        location: find.location,
        excerpt: Excerpt::default(),
        verdict: Verdict {
            confidence: Some(find.confidence),
            points: find.points,
            severity: find.severity,
            ..Verdict::absent()
        },
        mark: None,
        is_id: false,
        is_beside_ids: false,
        stem: None,
        names: None,
    }
}

/// An id that was not read again.
pub(super) fn id(origin: Origin, id: Id, value: Secret) -> Hit {
    Hit {
        rule: id.rule,
        secret: value,
        text: None,
        encoded: None,
        shown: id.shown,
        origin,
        location: id.location,
        excerpt: Excerpt::default(),
        verdict: Verdict::absent(),
        mark: None,
        is_id: true,
        is_beside_ids: false,
        stem: id.stem,
        names: None,
    }
}
