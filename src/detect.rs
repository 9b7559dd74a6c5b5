//! The one judge: matcher, decoders and score over a blob.
//!
//! A blob is judged whole where it is in memory and in overlapping parts where it is streamed; since a candidate is a
//! function of its window alone, both give the same result.

use std::io;

use crate::blob::Blob;
use crate::candidate::Candidate;
use crate::score::Verdict;
use crate::signature::{Rule, RuleSet};

/// Judges blobs with one set of rules.
pub struct Detector<'r> {
    rules: &'r RuleSet,
}

/// Where a found secret lies in its file, in bytes and lines of the file as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Offset of the first byte.
    pub offset: u64,
    /// Line from 1 and column in bytes from 1 of the first byte.
    pub start: (u64, u64),
    /// Line from 1 and column in bytes from 1 after the last byte.
    pub end: (u64, u64),
}

/// A candidate that was judged. Borrowed: what is to be kept is copied by the caller.
pub struct Found<'a> {
    /// Its rule.
    pub rule: &'a Rule,
    /// The match; spans are into `text`.
    pub candidate: Candidate,
    /// The text the candidate was matched in: the file, a part of it, or what was decoded from it.
    pub text: &'a [u8],
    /// The file, or the part of it, around the find as stored; equal to `text` unless it was decoded.
    pub stored: &'a [u8],
    /// Where the secret, or the encoded run it was decoded from, stands in `stored`.
    pub stored_secret: std::ops::Range<usize>,
    /// Where it lies in the file.
    pub position: Position,
    /// The judgement; dropped candidates (confidence `None`) are handed over too, for `explain` and for masking.
    pub verdict: Verdict,
    /// Names of the decoders it went through, outermost first; empty for plain text.
    pub decoded: &'a [&'static str],
}

impl Found<'_> {
    /// The secret.
    pub fn secret(&self) -> &[u8] {
        &self.text[self.candidate.secret.range()]
    }
}

impl<'r> Detector<'r> {
    /// Builds the keyword tables.
    pub fn new(rules: &'r RuleSet) -> Self {
        Detector { rules }
    }

    /// The rules.
    pub fn rules(&self) -> &'r RuleSet {
        self.rules
    }

    /// Judges a blob; calls `report` once for every candidate, with those of one part of the blob together, in the order
    /// of their secrets. Returns the number of bytes read.
    ///
    /// # Errors
    /// The read error of a stream; what was read before it has been judged.
    pub fn judge(&self, blob: Blob<'_>, report: &mut dyn FnMut(&[Found<'_>])) -> io::Result<u64> {
        let _ = (blob, report);
        todo!()
    }
}
