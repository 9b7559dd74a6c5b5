//! The value of an assignment: quoted, bare, in an element, or in a YAML block.

use std::ops::Range;

use super::{Join, Lexer, VALUE, is_quote};
use crate::candidate::Setting;

impl Lexer<'_> {
    /// The value that begins after a join, and the syntax it stands in.
    pub(super) fn value(&self, join: Join, from: usize, name_start: usize) -> Option<(Range<usize>, Setting)> {
        let mut place = self.blanks(from);
        if join == Join::Element {
            let end = self.find(from, |byte| byte == b'<' || byte == b'\n')?;
            let value = self.trim(from..end);
            return (self.at(end) == b'<').then_some((value, Setting::Markup));
        }
        if matches!(self.at(place), b'\n' | b'\r') && join != Join::Option {
            let next = self.blanks_and_line(place);
            // A value on the next line counts only in quotes: else it is the next key.
            if next > place && is_quote(self.at(next)) {
                place = next;
            } else {
                return None;
            }
        }
        if join == Join::Colon
            && matches!(self.at(place), b'|' | b'>')
            && let Some(line) = self.block_scalar(place)
        {
            place = line;
        }
        if let Some(quote) = self.opening_quote(place) {
            let value = self.quoted(quote)?;
            let attribute = join == Join::Equals && self.is_attribute(name_start);
            let setting = match join {
                Join::Option => Setting::Argument,
                _ if attribute => Setting::Markup,
                _ => Setting::Quoted,
            };
            return Some((value, setting));
        }
        if join == Join::Argument {
            return None;
        }
        let query = name_start > self.start && matches!(self.text[name_start - 1], b'?' | b'&');
        let value = self.bare(place, join, query);
        let setting = match join {
            _ if query && join == Join::Equals => Setting::Url,
            Join::Option => Setting::Argument,
            Join::Equals if self.text[name_start..].starts_with(b"--") => Setting::Argument,
            _ => Setting::Bare,
        };
        Some((value, setting))
    }

    fn find(&self, from: usize, stop: impl Fn(u8) -> bool) -> Option<usize> {
        (from..self.end.min(from + VALUE + 1)).find(|&place| stop(self.text[place]))
    }

    fn trim(&self, range: Range<usize>) -> Range<usize> {
        let bytes = &self.text[range.clone()];
        let start = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let end = bytes[start..].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        range.start + start..range.end - end
    }

    /// The first line of a YAML block scalar whose header (`|`, `>-`, `|2+`) stands at `place`.
    fn block_scalar(&self, place: usize) -> Option<usize> {
        let mut end = place + 1;
        while end < place + 4 && matches!(self.at(end), b'-' | b'+' | b'0'..=b'9') {
            end += 1;
        }
        let line = self.blanks_and_line(end);
        (line > end && self.text[..line.min(self.end)][end..].contains(&b'\n')).then_some(line)
    }

    /// The place of a quote that opens a string, behind a string prefix (`r`, `b`, `f`, `u`, `L`, `N`, `@`, `$`) or a
    /// conversion that leaves the string as it is.
    fn opening_quote(&self, place: usize) -> Option<usize> {
        const WRAPPERS: &[&[u8]] = &[b"String::from(", b"Some(", b"new String(", b"OsString::from(", b"&", b"("];
        let mut place = place;
        for wrapper in WRAPPERS {
            let end = place + wrapper.len();
            if end < self.end && self.text[place..end] == **wrapper && (is_quote(self.at(end)) || self.at(end) == b'\\')
            {
                place = end;
                break;
            }
        }
        let prefix = (0..3).find(|&ahead| {
            !matches!(
                self.at(place + ahead),
                b'r' | b'R' | b'b' | b'B' | b'f' | b'F' | b'u' | b'U' | b'L' | b'N' | b'@' | b'$'
            )
        })?;
        let quote = place + prefix;
        let escaped = self.at(quote) == b'\\' && is_quote(self.at(quote + 1));
        (is_quote(self.at(quote)) || escaped).then_some(quote)
    }

    /// The content of a string whose opening quote, or the backslash before it, is at `place`.
    fn quoted(&self, place: usize) -> Option<Range<usize>> {
        if self.at(place) == b'\\' {
            let quote = self.at(place + 1);
            let start = place + 2;
            let end = (start..self.end.saturating_sub(1))
                .find(|&here| self.text[here] == b'\n' || self.text[here] == b'\\' && self.text[here + 1] == quote)?;
            return (self.text[end] == b'\\').then_some(start..end);
        }
        let quote = self.at(place);
        let triple = self.at(place + 1) == quote && self.at(place + 2) == quote;
        let start = if triple { place + 3 } else { place + 1 };
        let mut here = start;
        while here < self.end {
            match self.text[here] {
                b'\\' => here += 1,
                b'\n' if !triple && quote != b'`' => return None,
                byte if byte == quote => return Some(start..here),
                _ => {}
            }
            here += 1;
        }
        None
    }

    /// Whether a name stands where an attribute of an XML or HTML tag does.
    fn is_attribute(&self, name_start: usize) -> bool {
        let before = &self.text[self.start..name_start];
        before
            .iter()
            .rev()
            .take_while(|&&byte| byte != b'\n')
            .find(|&&byte| matches!(byte, b'<' | b'>' | b'{' | b';'))
            .is_some_and(|&byte| byte == b'<')
    }

    /// A value without quotes: to the next blank, less what closes the expression or list that it ends.
    fn bare(&self, place: usize, join: Join, query: bool) -> Range<usize> {
        let stop = |byte: u8| {
            byte.is_ascii_whitespace()
                || byte == b'"'
                || byte == b'\''
                || byte == b'`'
                || query && matches!(byte, b'&' | b'#')
                || join == Join::Equals && byte == b';'
                || byte == b'<'
        };
        let limit = (place + VALUE + 1).min(self.end);
        let mut end = (place..limit).find(|&here| stop(self.text[here])).unwrap_or(limit);
        if let Some(comma) = self.text[place..end].iter().position(|&byte| byte == b',') {
            // `a=1,b=2`: a list of assignments in one token.
            let rest = &self.text[place + comma + 1..end];
            if rest.is_empty() || rest.iter().any(|&byte| byte == b'=' || byte == b':') {
                end = place + comma;
            }
        }
        while end > place && matches!(self.text[end - 1], b';' | b',' | b')' | b'}' | b']' | b'\\') {
            let open = match self.text[end - 1] {
                b')' => b'(',
                b'}' => b'{',
                b']' => b'[',
                _ => 0,
            };
            if open != 0 && self.text[place..end].contains(&open) {
                break;
            }
            end -= 1;
        }
        place..end
    }
}
