//! Versions of a text: only what is new in one is matched and scored, and the result is that of judging it whole.

use super::dense::{DENSE, may_be_dense};
use super::{BASE64_LEAST, BEGINNING, Detector, Holds, Judged, Lines, Report, parts};
use crate::blob::Version;
use crate::candidate::{Candidate, Carry, CarryKind, Worth};
use crate::decode::runs::spots;
use crate::decode::{self, utf16};
#[cfg(test)]
use crate::matcher::fault::{self, Fault};
use crate::score::{self, Verdict};
use crate::signature::{Matcher as How, Rule};

impl Detector<'_> {
    /// Judges a version of a text; `false` where it is not text under the rules that carry, and was not judged.
    pub(super) fn judge_version(&self, version: Version<'_>, report: &mut Report<'_>) -> bool {
        let Version { bytes, base, carry } = version;
        carry.clear();
        let beginning = &bytes[..bytes.len().min(BEGINNING)];
        if bytes.len() > parts::SLICE || utf16::detect(beginning).is_some() {
            return false;
        }
        let is_binary = decode::is_binary(beginning);
        carry.kind = if is_binary { CarryKind::Binary } else { CarryKind::Text };
        let matcher = if is_binary { &self.binary } else { &self.text };
        let base = base.filter(|(base, _)| is_judged_alike(base, carry));
        matcher.version(bytes, base, carry);
        if carry.candidates.len() > DENSE && may_be_dense(bytes) {
            return false;
        }
        if !is_binary {
            spots::carried(bytes, base.map_or((&[], &[]), |(base, runs)| (&base.spots, runs)), &mut carry.spots);
        }

        let mut judged = Vec::new();
        let mut last = None;
        for one in &mut carry.candidates {
            // Equal secrets of one rule are one candidate: the one that begins first.
            let secret = (one.candidate.secret, one.candidate.rule);
            if last.replace(secret) == Some(secret) || one.worth == Worth::Nothing {
                continue;
            }
            let rule = self.rule(&one.candidate);
            let verdict = match one.worth {
                Worth::Present => Verdict::absent(),
                _ => score::judge(rule, bytes, &one.candidate),
            };
            one.worth = match one.worth {
                Worth::Unknown if verdict.confidence.is_some() => Worth::Kept,
                Worth::Unknown if self.is_asked_for(rule, bytes, &one.candidate) => Worth::Present,
                Worth::Unknown => Worth::Nothing,
                known => known,
            };
            if one.worth != Worth::Nothing {
                judged.push(Judged::new(one.candidate, verdict, None, one.candidate.secret.range()));
            }
        }
        let mut decoded = Vec::new();
        self.add_file(bytes, is_binary, &mut judged);
        if is_binary {
            // Nothing of it is carried: to find it anew costs no more than to read the bytes.
            self.add_wide(bytes, &mut judged, &mut decoded);
        }
        let holds = (!is_binary).then(|| {
            let contents = carry.anchors.iter().any(|anchor| matcher.is_mark(anchor.word));
            Holds::of(bytes, self.may_hold_manifest(bytes, carry), contents, &carry.spots)
        });
        let holds_some = |holds: &Holds| holds.manifest || holds.contents || !holds.runs.is_empty();
        if judged.is_empty() && !holds.as_ref().is_some_and(holds_some) {
            return true;
        }
        self.settle(bytes, holds, &mut judged, &mut decoded);
        // There is no more of it.
        let _ = self.hand_over(bytes, judged, &decoded, Lines::default(), false, report);
        true
    }

    /// Whether a later step looks at a candidate of this rule that was dropped.
    fn is_asked_for(&self, rule: &Rule, text: &[u8], candidate: &Candidate) -> bool {
        !matches!(rule.matcher, How::Assignment)
            || self.is_companion[usize::from(rule.index)]
            || candidate.secret.range().len() >= BASE64_LEAST
                && decode::base64_text(&text[candidate.secret.range()]).is_some()
    }

    fn may_hold_manifest(&self, text: &[u8], carry: &Carry) -> bool {
        match self.secret_word {
            Some(word) => carry
                .anchors
                .iter()
                .any(|anchor| anchor.word == word && text[anchor.start as usize..].starts_with(b"Secret")),
            None => memchr::memmem::find(text, b"Secret").is_some(),
        }
    }
}

/// Whether what was found in a base holds in a text that is made from it.
fn is_judged_alike(base: &Carry, carry: &Carry) -> bool {
    #[cfg(test)]
    if fault::is(Fault::Kind) {
        // The other way words would be named that there are none of.
        return base.kind != CarryKind::Opaque && carry.kind == CarryKind::Text;
    }
    base.kind == carry.kind
}
