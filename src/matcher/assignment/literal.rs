//! Literals that do not begin with a quote: what a constructor is applied to (`Some "…"`), what is tagged, cast or raw, and strings
//! in marks of their own, as Ruby, Nix and PostgreSQL have them.

use std::ops::Range;

use super::called::{NESTED, is_constructor};
use super::{CALL, Join, Lexer, METHOD, Name, VALUE, is_blank, is_name, is_quote};

impl Lexer<'_> {
    /// What stands between doubled quotes, as a string in a cell of CSV or in a literal of Basic has them: `password=""…""`.
    pub(super) fn doubled(&self, place: usize) -> Option<Range<usize>> {
        if self.at(place) != b'"' || self.at(place + 1) != b'"' || !self.at(place + 2).is_ascii_alphanumeric() {
            return None;
        }
        let end = self.find(place + 2, |byte| matches!(byte, b'"' | b'\n'))?;
        (self.at(end) == b'"' && self.at(end + 1) == b'"').then_some(place + 2..end)
    }

    /// The place behind the address of a string, as debuggers show both: `pass=0x55d0c3a4f2a0 "…"`.
    pub(super) fn behind_address(&self, place: usize) -> usize {
        if !self.has(place, b"0x") {
            return place;
        }
        let digits = (place + 2..place + 18).take_while(|&at| self.at(at).is_ascii_hexdigit()).count();
        let quote = place + 2 + digits + 1;
        let is_string = digits >= 6 && self.at(quote - 1) == b' ' && self.at(quote) == b'"';
        if is_string { quote } else { place }
    }

    /// The quote of the literal whose head stands at `place`: `Some "…"`, `*b"…"`, `#"…"#`, `x"…"`, `(char *)"…"`, `#bytes "…"`.
    pub(super) fn behind_head(&self, place: usize, join: Join) -> Option<usize> {
        match self.at(place) {
            // What a reference of Rust points at.
            b'*' => self.opening_quote(place + 1).filter(|&quote| quote > place + 1),
            b'#' => self.behind_hash(place),
            b'(' => self.behind_type_cast(place),
            b'c' if self.has(place, b"cast(") => self.behind_type_cast(place + b"cast".len()),
            b'x' | b'X' | b'h' if let Some(quote) = self.hexadecimal(place) => Some(quote),
            // `PASSWORD=text "…"` is a command.
            byte if byte.is_ascii_alphabetic() && is_blank(self.at_before(place, 1)) => {
                // Behind a type the operator is that of the declaration.
                let is_given =
                    join == Join::Equals || join == Join::Colon && self.text[..place].trim_ascii_end().ends_with(b"=");
                if is_given { self.applied_constructor(place) } else { None }
            }
            _ => None,
        }
    }

    /// The quote of a raw string of Swift, `#"…"#`, or of what a tag of EDN stands before, `#bytes "…"`.
    fn behind_hash(&self, place: usize) -> Option<usize> {
        let tag = (place + 1..self.end.min(place + METHOD))
            .find(|&at| !is_name(self.text[at]) && !matches!(self.text[at], b'/' | b'#'))?;
        let is_raw = self.text[place..tag].iter().all(|&byte| byte == b'#');
        let quote = if is_raw { tag } else { self.blanks(tag) };
        (self.at(quote) == b'"' && (is_raw || quote > tag)).then_some(quote)
    }

    /// The quote behind the bracket at `open`, in which a type stands: `(const char *)"…"`, `cast(immutable ubyte[]) x"…"`.
    fn behind_type_cast(&self, open: usize) -> Option<usize> {
        let is_type = |byte: u8| is_name(byte) || matches!(byte, b' ' | b'*' | b'[' | b']');
        let close = (open + 1..self.end.min(open + CALL)).find(|&at| !is_type(self.text[at]))?;
        if self.text[close] != b')' || !matches!(self.text[close - 1], b'*' | b']') {
            return None;
        }
        let value = self.blanks(close + 1);
        self.hexadecimal(value).or_else(|| self.opening_quote(value))
    }

    /// The quote of a string of hexadecimal digits: `x"4D91…"` of D, `X'4D91…'` of SQL, `hex"4D91…"` of Solidity.
    fn hexadecimal(&self, place: usize) -> Option<usize> {
        let quote = place + if self.has(place, b"hex") { 3 } else { 1 };
        let is_head = quote > place + 1 || self.at(place) | 0x20 == b'x';
        (is_head && matches!(self.at(quote), b'"' | b'\'')).then_some(quote)
    }

    /// The quote of what a constructor or a conversion is applied to without brackets: `Some "…"`, `T.pack "…"`, `Just $ ApiKey "…"`.
    fn applied_constructor(&self, place: usize) -> Option<usize> {
        let mut from = place;
        for _ in 0..NESTED {
            let end = (from..self.end.min(from + CALL)).find(|&at| !is_name(self.text[at]))?;
            let mut value = self.blanks(end);
            let is_applied = self.text[end] == b' ' && matches!(self.at(value), b'"' | b'(' | b'$');
            if !is_applied || !is_constructor(&self.text[from..end]) {
                return None;
            }
            if self.at(value) == b'"' {
                return Some(value);
            }
            value += usize::from(self.at(value) == b'(');
            from = if self.has(value, b"$ ") { value + 2 } else { value };
        }
        None
    }

    /// What stands in marks that are no quotes, or in two of them: `%q(…)` of Ruby, `''…''` of Nix, `$$…$$` of PostgreSQL.
    pub(super) fn in_marks(&self, place: usize, join: Join) -> Option<Range<usize>> {
        match (self.at(place), self.at(place + 1)) {
            (b'q', _) if matches!(join, Join::Equals | Join::Fallback) => self.perl_string(place),
            (b'%', b'q' | b'Q' | b'w' | b'W') if matches!(join, Join::Equals | Join::Colon | Join::Fallback) => {
                let inside = self.bracketed(place + 2)?;
                // `%w[…]` is a list of words.
                let is_list = self.at(place + 1) | 0x20 == b'w' && self.text[inside.clone()].contains(&b' ');
                (!is_list).then_some(inside)
            }
            (b'\'', b'\'') => self.in_two_quotes(place),
            (b'$', _) if join == Join::Blank => self.in_dollars(place),
            // A string of OCaml.
            (b'{', b'|') => {
                let rest = &self.text[place + 2..self.end.min(place + VALUE)];
                memchr::memmem::find(rest, b"|}").map(|end| place + 2..place + 2 + end)
            }
            _ => None,
        }
    }

    /// What stands between two quotes and two more: a string of Nix or Dhall, which may have its only line below, or one within a
    /// string of SQL. Else two quotes are a string without anything in it.
    fn in_two_quotes(&self, place: usize) -> Option<Range<usize>> {
        let rest = &self.text[place + 2..self.end.min(place + VALUE)];
        let end = memchr::memmem::find(rest, b"''")?;
        let inside = &rest[..end];
        let value = inside.trim_ascii();
        let start = end - inside.trim_ascii_start().len();
        let value = place + 2 + start..place + 2 + start + value.len();
        let (before, after) = (&inside[..start], &inside[start + value.len()..]);
        let breaks = |text: &[u8]| memchr::memchr_iter(b'\n', text).count() == 1;
        let begins = self.text.get(value.start).is_some_and(u8::is_ascii_alphanumeric) || !before.is_empty();
        let is_string = before.is_empty() && after.is_empty() || breaks(before) && breaks(after);
        (is_string && begins && !value.is_empty() && !self.text[value.clone()].contains(&b'\n')).then_some(value)
    }

    /// What stands between dollars: `$$…$$`, `$tag$…$tag$`.
    fn in_dollars(&self, place: usize) -> Option<Range<usize>> {
        let close = (place + 1..self.end.min(place + METHOD)).find(|&at| !is_name(self.text[at]))?;
        let start = close + 1;
        if self.text[close] != b'$' {
            return None;
        }
        let rest = &self.text[start..self.end.min(start + VALUE)];
        let end = memchr::memmem::find(rest, &self.text[place..start])?;
        (!rest[..end].contains(&b'\n')).then_some(start..start + end)
    }

    /// Whether the literal of a directive begins at `place` with something other than a quote: `PASSWORD $$…$$`, `:key #bytes "…"`.
    pub(super) fn begins_literal(&self, place: usize, name: Name) -> bool {
        match self.at(place) {
            b'$' => self.in_dollars(place).is_some(),
            // A keyword of EDN stands before a tag.
            b'#' => self.at_before(name.start, 1) == b':' && self.behind_hash(place).is_some(),
            b'N' | b'@' => is_quote(self.at(place + 1)),
            byte => is_quote(byte),
        }
    }

    /// The value of a pair of Lisp, where the dot between both stands at `place`: `(password . "…")`.
    pub(super) fn in_pair(&self, place: usize, name: Name) -> Option<usize> {
        let value = self.blanks(place + 1);
        let opens = match self.at_before(name.start, 1) {
            b':' => self.at_before(name.start, 2) == b'(',
            byte => byte == b'(',
        };
        (opens && place > name.after && value > place + 1 && self.at(value) == b'"').then_some(value)
    }
}
