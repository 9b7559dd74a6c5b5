//! A candidate that is kept, and all that is told of it at its place.

use super::details;
use super::excerpts::{Neighbours, covered_by, excerpt_of};
use super::gather::Gathering;
use super::pairs;
use crate::allow::inline::{self, Mark};
use crate::detect::Found;
use crate::finding::excerpt::Covered;
use crate::finding::{Excerpt, Location, mask};
use crate::origin::{Origin, printable};
use crate::score::Verdict;
use crate::secret::Secret;
use crate::source::memory::Names;

/// A candidate that is kept, at one place.
#[derive(Debug)]
pub(super) struct Hit {
    pub rule: u16,
    /// What tells it from others: itself, or of a key its public half.
    pub secret: Secret,
    /// Itself, where that is something else.
    pub text: Option<Secret>,
    /// What stands for it in the file, where that is something else.
    pub encoded: Option<Secret>,
    pub shown: String,
    pub origin: Origin,
    pub location: Location,
    pub excerpt: Excerpt,
    pub verdict: Verdict,
    pub mark: Option<Mark>,
    /// Whether it is an id that a secret may belong to; without a confidence it is nothing else.
    pub is_id: bool,
    /// Whether ids stand in the same text.
    pub is_beside_ids: bool,
    /// What is left of the name that gave it away, to be held against names of ids or secrets.
    pub stem: Option<Vec<u8>>,
    /// Its names by its own rule, where they are known from an earlier run.
    pub names: Option<Box<Names>>,
}

impl Gathering<'_> {
    /// What may be shown of a find.
    pub(super) fn shown(&self, one: &Found<'_>) -> String {
        // What has the shape of an id is one; what only has its name may be a secret that was put there.
        let is_public = one.is_id && one.verdict.confidence.is_none() && one.name().is_none();
        if self.options.show_secrets || is_public {
            printable(&one.value())
        } else {
            mask::mask(&one.value(), one.public_prefix())
        }
    }

    /// A find as it is kept.
    pub(super) fn hit(
        &self,
        origin: &Origin,
        one: &Found<'_>,
        neighbours: &Neighbours<'_, '_>,
        with_excerpt: bool,
    ) -> Hit {
        let show = self.options.show_secrets;
        let prefix = one.public_prefix();
        let covered =
            Covered { span: one.stored_secret.clone(), public_prefix: if one.decoder.is_some() { 0 } else { prefix } };
        let near = || neighbours.near(&one.stored_secret).map(covered_by).collect::<Vec<_>>();
        let shown = self.shown(one);
        let marks = &self.options.inline_marks;
        let mark = one.verdict.confidence.filter(|_| marks.any()).and_then(|_| {
            let foreign = || self.options.foreign_marks.then(|| inline::foreign_mark(one.stored, &covered))?;
            // One's own says more, also where it says too little.
            let mark = inline::mark(one.stored, &covered, near, &one.rule.signature).or_else(foreign);
            mark.filter(|_| marks.count_at(origin))
        });
        let value = one.value();
        let identity = one.identity();
        let is_as_stored = one.decoder.is_none() && identity.is_none() && *value == *one.secret();
        Hit {
            rule: one.rule.index,
            text: identity.as_ref().map(|_| Secret::new(&*value)),
            secret: Secret::new(identity.unwrap_or_else(|| value.to_vec())),
            encoded: one.stored.get(one.stored_secret.clone()).filter(|_| !is_as_stored).map(Secret::new),
            origin: origin.clone(),
            location: Location::from(one.position),
            excerpt: if with_excerpt {
                excerpt_of((one, &shown), (&covered, &[]), neighbours, show)
            } else {
                Excerpt::default()
            },
            shown,
            verdict: details::masked(one, (!show).then_some(self.detector)),
            mark,
            is_id: one.is_id,
            is_beside_ids: false,
            stem: one.name().and_then(|name| pairs::stem(name, one.is_id)),
            names: None,
        }
    }
}
