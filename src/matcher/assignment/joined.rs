//! Literals that code joins: `"Amber" & "1999"`, `'wren' + ':' + 'word'`, `"side" "by side"`, `'of a'"shell"`.

use std::ops::Range;

use super::{Join, Lexer, Name, VALUE, is_quote};

/// What joins literals that have no operator between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Nothing.
    Apart,
    /// That no blank is between them, as in a shell: `'A'"B"`, `'A'\''B'`.
    Touching,
    /// Blanks and the end of a line, too, as in C and Python.
    Blanks,
}

impl Lexer<'_> {
    /// What joins the literals of a value that begins at `place` and is given so.
    pub(super) fn beside(&self, join: Join, name: Name, place: usize) -> Beside {
        let is_argument = || matches!(self.text[self.start..name.start].trim_ascii_end().last(), Some(b'(' | b','));
        let has_blank = || matches!(self.at_before(place, 1), b' ' | b'\t' | b'\n' | b'(');
        match join {
            // `NAME="…" "…"` is a command of a shell, but for an argument that is named.
            Join::Equals if has_blank() || is_argument() => Beside::Blanks,
            Join::Equals | Join::Option => Beside::Touching,
            // A map of Python: JSON has no such values.
            Join::Colon if name.quoted => Beside::Blanks,
            Join::Argument => Beside::Blanks,
            _ => Beside::Apart,
        }
    }

    /// A literal with those that code joins to it behind, to the end of the last.
    pub(super) fn joined(&self, first: Range<usize>, beside: Beside) -> Range<usize> {
        let mut whole = first.clone();
        // A JSON Web Token has a rule of its own, which sees whole ones; what is in parts is told by its first.
        if self.has(first.start, b"eyJ") {
            return whole;
        }
        while is_quote(self.at(whole.end)) {
            let next = self.next_literal(whole.end, beside).filter(|next| next.end - first.start <= VALUE);
            let Some(next) = next else { return whole };
            whole.end = next.end;
        }
        whole
    }

    /// The literal that is joined to the one whose closing quote stands at `close`.
    pub(super) fn next_literal(&self, close: usize, beside: Beside) -> Option<Range<usize>> {
        if beside == Beside::Touching && self.at(close) == b'\'' && self.has(close + 1, b"\\''") {
            return self.quoted(close + 3);
        }
        let operator = self.blanks_and_line(close + 1);
        // Lua joins with `..`.
        let width = match self.at(operator) {
            b'.' if self.at(operator + 1) == b'.' => 2,
            b'+' | b'&' | b'.' => 1,
            _ => 0,
        };
        // Behind an empty line stands something else.
        let next = if width == 0 { operator } else { self.blanks_and_line(operator + width) };
        let quote = self.opening_quote(next).filter(|&quote| is_quote(self.at(quote)))?;
        let literal = self.quoted(quote)?;
        if width > 0 {
            return Some(literal);
        }
        let joins = match beside {
            Beside::Apart => false,
            _ if next == close + 1 => quote == next && self.at(quote) != self.at(close),
            Beside::Touching => false,
            // What a module says of a name of its own.
            Beside::Blanks if self.has(next, b"\"\"\"") => false,
            // On the next line may stand the key of the next value.
            Beside::Blanks => !matches!(self.at(self.blanks(literal.end + 1)), b':' | b'='),
        };
        joins.then_some(literal)
    }
}
