//! Examples that are changed so that a signature must miss them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::trial::{Find, Trial, overlap};
use crate::score::{Confidence, proof};
use crate::signature::Matcher;

impl Trial<'_> {
    /// Changes the example so that a signature which is exact must miss it.
    pub(super) fn mutations(&self, text: &[u8], find: &Find, faults: &mut BTreeSet<String>) {
        if matches!(self.rule.matcher, Matcher::Assignment | Matcher::Column | Matcher::Line(_) | Matcher::File)
            || !find.is_plain
        {
            return;
        }
        let secret = &find.secret;
        let mut missed = |changed: Vec<u8>, region: Range<usize>, fault: &str| {
            let found = self.finds(&changed).into_iter().any(|other| {
                // A longer secret took the change in: then the shape allows it.
                other.rule == self.rule.index
                    && other.is_reported()
                    && other.secret.len() <= secret.len()
                    && overlap(&other.secret, &region)
            });
            if found {
                faults.insert(fault.to_owned());
            }
        };
        let middle = secret.start + secret.len() / 2;
        if let Some(length) = self.matched_length(find) {
            if length == self.rule.traits().lengths.0 {
                missed(
                    spliced(text, secret.end - 1..secret.end, b""),
                    secret.clone(),
                    "is found with a character less",
                );
            }
            if Some(length) == self.rule.traits().lengths.1 && self.rule.signature.boundary {
                let more = spliced(text, middle..middle, &[like(text, secret)]);
                missed(more, secret.clone(), "is found with a character more");
            }
        }
        if self.rule.signature.boundary {
            let glued = spliced(text, secret.end..secret.end, &[like(text, secret)]);
            missed(glued, secret.clone(), "is found with a neighbour glued on at its end");
            let start = if matches!(self.rule.matcher, Matcher::Context(_) | Matcher::Service(_)) {
                secret.start
            } else {
                find.span.start
            };
            // After a backslash a letter would be part of an escape, which is no neighbour.
            let escaped = text[..start].ends_with(b"\\");
            let glued = spliced(text, start..start, &[if escaped { b'_' } else { like(text, secret) }]);
            missed(glued, secret.start + 1..secret.end + 1, "is found with a neighbour glued on at its start");
        }
        if let Some(changed) = self.with_other_prefix(text, secret) {
            missed(changed, secret.clone(), "is found with another prefix");
        }
        self.broken_checksum(text, find, faults);
    }

    /// A token whose check covers every character is not proven, nor reported, once one is changed.
    fn broken_checksum(&self, text: &[u8], find: &Find, faults: &mut BTreeSet<String>) {
        let Some(strength) = self.rule.signature.proof.and_then(proof::checksum) else { return };
        if find.confidence != Some(Confidence::Proven) {
            return;
        }
        let secret = &find.secret;
        let middle = secret.start + secret.len() / 2;
        let Some(place) = (middle..secret.end).find(|&at| text[at].is_ascii_alphanumeric()) else { return };
        let changed = spliced(text, place..place + 1, &[other(text[place])]);
        let most = match strength {
            proof::Strength::Certain => Confidence::Possible,
            proof::Strength::Hint => Confidence::Likely,
        };
        let survives = self.finds(&changed).into_iter().any(|other| {
            other.rule == self.rule.index && other.confidence > Some(most) && overlap(&other.secret, secret)
        });
        if survives {
            faults.insert(format!("is more than {most} with a broken checksum"));
        }
    }

    /// Length of the match that `Traits::lengths` speaks of, where it can be told.
    fn matched_length(&self, find: &Find) -> Option<usize> {
        match self.rule.matcher {
            Matcher::Pattern => Some(find.span.len()),
            Matcher::Context(_) | Matcher::Service(_) if self.rule.traits().group == 0 => Some(find.secret.len()),
            _ => None,
        }
    }

    fn with_other_prefix(&self, text: &[u8], secret: &Range<usize>) -> Option<Vec<u8>> {
        let prefix = &self.rule.traits().public_prefix;
        if prefix.len() < 2 || !text[secret.clone()].starts_with(prefix) {
            return None;
        }
        let at = secret.start + prefix.iter().position(u8::is_ascii_alphabetic)?;
        Some(spliced(text, at..at + 1, &[other(text[at])]))
    }
}

fn spliced(text: &[u8], range: Range<usize>, with: &[u8]) -> Vec<u8> {
    [&text[..range.start], with, &text[range.end..]].concat()
}

/// A letter or digit such as the secret has.
fn like(text: &[u8], secret: &Range<usize>) -> u8 {
    text[secret.clone()].iter().rev().copied().find(u8::is_ascii_alphanumeric).unwrap_or(b'a')
}

/// Another character of the same class: `a` for `b`, `1` for `2`.
fn other(byte: u8) -> u8 {
    match byte {
        b'z' => b'a',
        b'Z' => b'A',
        b'f' => b'a',
        b'F' => b'A',
        b'9' => b'0',
        // Base 32 ends at 7.
        b'7' => b'2',
        byte => byte + 1,
    }
}
