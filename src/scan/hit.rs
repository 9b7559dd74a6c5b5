//! A find that is kept at one place, with all that a report may tell of it.

use super::excerpts::{Neighbours, covered_by, excerpt_of};
use super::{Options, details};
use crate::allow::inline::{self, Mark};
use crate::blob::Texts;
use crate::detect::{Detector, Found};
use crate::finding::excerpt::Covered;
use crate::finding::{Excerpt, Location, mask};
use crate::origin::{Origin, printable};
use crate::score::{Confidence, Verdict, Why, identifier};
use crate::secret::Secret;
use crate::signature::Rule;
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

impl Hit {
    /// A find in a text of this origin; with the line around it, in which its neighbours are hidden, where that is asked for. What was
    /// read out of it is told without what `detector` finds there.
    pub fn of(
        (origin, one): (&Origin, &Found<'_>),
        neighbours: &Neighbours<'_, '_>,
        with_excerpt: bool,
        (detector, options): (&Detector<'_>, &Options),
    ) -> Self {
        let show = options.show_secrets;
        let prefix = one.public_prefix();
        let covered =
            Covered { span: one.stored_secret.clone(), public_prefix: if one.decoder.is_some() { 0 } else { prefix } };
        let near = || neighbours.near(&one.stored_secret).map(covered_by).collect::<Vec<_>>();
        let value = one.value();
        let shown = shown(one, &value, options);
        let marks = &options.inline_marks;
        let mark = one.verdict.confidence.filter(|_| marks.any()).and_then(|_| {
            let foreign = || options.foreign_marks.then(|| inline::foreign_mark(one.stored, &covered))?;
            // One's own says more, also where it says too little.
            let is_known = |name: &str| options.rules.get(name).is_some();
            let names = inline::Names { signature: &one.rule.signature, is_known: &is_known };
            let mark = inline::mark(one.stored, &covered, near, &names).or_else(foreign);
            mark.filter(|_| marks.count_at(origin))
        });
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
            verdict: details::masked(one, (!show).then_some(detector)),
            mark,
            is_id: one.is_id,
            is_beside_ids: false,
            stem: one.name().and_then(|name| stem(name, one.is_id)),
            names: None,
        }
    }

    /// Gives a find in one of many short texts the origin of that text, and its place in it.
    pub fn move_to_text(&mut self, texts: &Texts<'_>) {
        let (origin, begin, lines_before) = texts.at(self.location.offset as usize);
        self.origin = origin;
        self.location.offset -= begin as u64;
        self.location.line -= lines_before as u64;
        self.location.end_line -= lines_before as u64;
    }
}

/// What may be shown of the secret of a find, whose `value` is what it says.
pub(super) fn shown(one: &Found<'_>, value: &[u8], options: &Options) -> String {
    // What has the shape of an id is one; what only has its name may be a secret that was put there.
    let is_public = one.is_id && one.verdict.confidence.is_none() && one.name().is_none();
    if options.show_secrets || is_public { printable(value) } else { mask::mask(value, one.public_prefix()) }
}

/// What is left of the name that gave a find away.
fn stem(name: &[u8], is_id: bool) -> Option<Vec<u8>> {
    if is_id { identifier::id_stem(name) } else { identifier::secret_stem(name) }
}

/// Whether a report may show a find that is so sure; what is below the thresholds is counted once a secret.
pub(super) fn may_be_shown(confidence: Confidence, rule: &Rule, options: &Options) -> bool {
    confidence >= options.min_confidence
        || options.min_confidence == Confidence::Possible
        // Its id may make it surer.
        || !rule.ids.is_empty()
}

/// Whether what a name or a place gave away is a part of a mark that allows something: the reason in it is for people to read.
pub(super) fn is_of_a_mark(one: &Found<'_>) -> bool {
    !one.rule.is_of_shape()
        && std::ptr::eq(one.text, one.stored)
        && inline::is_in_mark(one.stored, one.candidate.span.start as usize)
}

/// The judgement of a candidate, and that it is none where it belongs to a mark. What was read out of it is told without what
/// `detector` finds there.
pub fn explained_verdict(one: &Found<'_>, detector: Option<&Detector<'_>>) -> Verdict {
    let mut verdict = details::masked(one, detector);
    if verdict.confidence.is_some() && is_of_a_mark(one) {
        verdict.lower(None, Why { name: "mark", points: 0, text: "a part of a mark that allows something".into() });
    }
    verdict
}
