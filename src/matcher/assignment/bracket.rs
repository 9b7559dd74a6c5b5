//! Brackets of code, with what stands in them.

use super::{Lexer, VALUE};

/// A bracket and what it holds.
#[derive(Clone, Copy)]
pub(super) struct Bracket {
    /// The place of the one that closes it.
    pub(super) close: usize,
    /// Commas in it that are in no other.
    pub(super) commas: usize,
    /// The place of the last of these.
    pub(super) last_comma: Option<usize>,
}

impl Lexer<'_> {
    /// The place behind the bracket that closes the one at `open`.
    pub(super) fn past_bracket(&self, open: usize) -> Option<usize> {
        self.bracket(open).map(|bracket| bracket.close + 1)
    }

    /// What stands behind the bracket at `open`, as far as it is closed.
    pub(super) fn bracket(&self, open: usize) -> Option<Bracket> {
        let (mut place, mut depth) = (open, 0);
        let (mut commas, mut last_comma) = (0, None);
        let limit = self.end.min(open + VALUE);
        while place < limit {
            match self.text[place] {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth == 1 => return Some(Bracket { close: place, commas, last_comma }),
                b')' | b']' | b'}' => depth -= 1,
                b'"' | b'\'' => place = self.quoted(place)?.end,
                b',' if depth == 1 => (commas, last_comma) = (commas + 1, Some(place)),
                _ => {}
            }
            place += 1;
        }
        None
    }
}
