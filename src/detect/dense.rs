//! Texts whose candidates stand so close that all of them at once would take too much memory, such as a file of a million
//! passwords: they are judged in smaller parts.

use std::io;
use std::ops::{ControlFlow, Range};

use super::parts::{self, Part};
use super::position::Lines;
use super::{Asked, Detector, Report};
use crate::matcher::effort;

/// Candidates of one text that are judged at once; at about a kilobyte each until it is done.
pub(super) const DENSE: usize = if cfg!(test) { 5_000 } else { 100_000 };
/// Bytes of a text with more that are judged at a time.
pub(super) const DENSE_PART: usize = 1 << 20;

/// Whether a text is large enough that its candidates may be too many.
pub(super) fn may_be_dense(text: &[u8]) -> bool {
    text.len() > DENSE_PART + 2 * parts::MARGIN
}

impl Detector<'_> {
    /// Judges a text and hands over what begins in `reported` of it; in several parts where candidates stand so close that all of them
    /// would take too much memory.
    pub(super) fn judge_text(
        &self,
        (text, reported): (&[u8], &Range<usize>),
        is_binary: bool,
        lines: Lines,
        asked: Asked,
        report: &mut Report<'_>,
    ) -> io::Result<ControlFlow<()>> {
        let most = if asked.in_parts && may_be_dense(text) { DENSE } else { usize::MAX };
        let mut decoded = Vec::new();
        if let Some(mut judged) = self.judged(text, (is_binary, asked.is_file), most, &mut decoded) {
            judged.retain(|one| reported.contains(&one.stored.start));
            return Ok(self.hand_over(text, judged, &decoded, lines, asked.dropped, report));
        }
        let mut judge = |part: &Part<'_>| {
            // All of it is matched once more.
            effort::expect(part.text.len());
            let begin = part.text.as_ptr() as usize - text.as_ptr() as usize;
            let (start, end) = (reported.start.saturating_sub(begin), reported.end.saturating_sub(begin));
            let reported = part.reported.start.max(start)..part.reported.end.min(end);
            let asked = Asked { is_file: false, in_parts: false, ..asked };
            self.judge_text((part.text, &reported), is_binary, part.lines, asked, report)
        };
        parts::of_slice(text, DENSE_PART, lines, &mut judge)?;
        Ok(ControlFlow::Continue(()))
    }
}
