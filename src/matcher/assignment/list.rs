//! The entries of a list that a name is given: `api_keys = ["…", "…"]`, `c("…", "…")`, the items of a YAML list.

use std::ops::Range;

use super::{Assignment, CALL, Lexer, Name, is_blank, is_name, is_quote};
use crate::candidate::Setting;

/// Entries of one list that are candidates.
const ENTRIES: usize = 16;
/// Blanks, line ends and comments between two entries that are passed, in bytes.
const BETWEEN: usize = 160;
/// Lines of one item of a YAML list that are read.
const LINES: usize = 4;

impl Lexer<'_> {
    /// The entries of a list behind the one that was found, which is its first.
    pub(super) fn further_entries(&self, found: &Assignment, out: &mut impl FnMut(Range<usize>)) {
        if found.value.start < found.name.end {
            return;
        }
        match found.setting {
            Setting::Entry => self.further_items(found, out),
            Setting::Quoted => {
                let after = found.value.end + self.closing_length(found.value.end);
                // Most values are no entries: leave at the first byte that shows it.
                if self.at(self.blanks_and_line(after)) == b',' && self.is_first_of_list(found) {
                    self.further_strings(after, out);
                }
            }
            _ => {}
        }
    }

    /// The one item of a list without quotes that ends its line, as recordings of requests have the values of headers in YAML:
    /// `X-Api-Key: [x]`. A word or a type may stand so, too: it is as long as a token is and has a digit.
    pub(super) fn only_item(&self, place: usize) -> Option<Range<usize>> {
        const LEAST: usize = 16;
        if self.at(place) != b'[' {
            return None;
        }
        let is_part =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=' | b'.');
        let end = self.find(place + 1, |byte| !is_part(byte))?;
        let item = &self.text[place + 1..end];
        let is_token =
            item.len() >= LEAST && item.iter().any(u8::is_ascii_digit) && item.iter().any(u8::is_ascii_alphabetic);
        (is_token && self.at(end) == b']' && matches!(self.at(self.blanks(end + 1)), b'\n' | b'\r'))
            .then_some(place + 1..end)
    }

    fn further_strings(&self, after: usize, out: &mut impl FnMut(Range<usize>)) {
        let mut at = self.between_entries(after);
        for _ in 1..ENTRIES {
            if self.at(at) != b',' {
                return;
            }
            at = self.between_entries(at + 1);
            if let Some(quote) = self.opening_quote(at) {
                let Some(value) = self.quoted(quote).filter(|_| !self.is_key(at)) else { return };
                at = value.end + self.closing_length(value.end);
                if !self.is_word_or_code(&value) {
                    out(value);
                }
            } else {
                // A variable or constant.
                while is_name(self.at(at)) {
                    at += 1;
                }
            }
            at = self.between_entries(at);
        }
    }

    /// Whether a value in quotes is the first of a list: a bracket stands before it, and an operator or the name of a list
    /// before that.
    fn is_first_of_list(&self, found: &Assignment) -> bool {
        let head = &self.text[found.name.end..found.value.start];
        let quotes = [&b"&quot;"[..], b"\\\"", b"\\'", b"\"\"\"", b"'''", b"\"", b"'", b"`"];
        let Some(quote) = quotes.into_iter().find(|quote| head.ends_with(quote)) else { return false };
        let head = &head[..head.len() - quote.len()];
        // A prefix of the string: `[b"…", b"…"]`.
        let letters = head.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let head = if letters <= 2 { &head[..head.len() - letters] } else { head };
        let Some((b'[' | b'(' | b'{', head)) = head.trim_ascii_end().split_last() else { return false };
        let head = head.trim_ascii_end();
        let head = head.strip_suffix(b"&").unwrap_or(head).trim_ascii_end();
        match head {
            [.., b'=' | b':'] | [.., b'=', b'>'] | [.., b'<', b'-'] => true,
            _ => self.ends_with_list(head),
        }
    }

    /// Bytes of what closes a string at `place`.
    fn closing_length(&self, place: usize) -> usize {
        match self.at(place) {
            b'\\' => 2,
            b'&' => 6,
            quote if self.at(place + 1) == quote && self.at(place + 2) == quote => 3,
            _ => 1,
        }
    }

    /// Passes blanks, line ends and comments.
    pub(super) fn between_entries(&self, place: usize) -> usize {
        let limit = self.end.min(place + BETWEEN);
        let mut at = place;
        while at < limit {
            match self.text[at] {
                byte if byte.is_ascii_whitespace() => at += 1,
                b'#' => at = self.line_end(at),
                b'/' if self.at(at + 1) == b'/' => at = self.line_end(at),
                // A line end in a string that is itself in a string.
                b'\\' if self.at(at + 1) == b'n' => at += 2,
                _ => return at,
            }
        }
        at
    }

    pub(super) fn line_end(&self, place: usize) -> usize {
        memchr::memchr(b'\n', &self.text[place..self.end]).map_or(self.end, |line| place + line)
    }

    /// The first item of a YAML list whose dash stands at `dash`, below a name that begins its line.
    pub(super) fn first_item(&self, name: Name, dash: usize) -> Option<Range<usize>> {
        let before = self.line_before(name.start);
        let is_line = before.iter().all(|byte| is_blank(*byte) || matches!(byte, b'-' | b'"' | b'\''));
        if !is_line || self.at(dash) != b'-' || !is_blank(self.at(dash + 1)) {
            return None;
        }
        let mut first = None;
        self.each_item(dash, &mut |value| {
            first.get_or_insert(value);
        });
        first
    }

    fn further_items(&self, found: &Assignment, out: &mut impl FnMut(Range<usize>)) {
        let first = self.between_entries(self.line_end(found.name.end));
        let mut further = |value: Range<usize>| {
            if value.start > found.value.start {
                out(value);
            }
        };
        if self.at(first) == b'-' {
            self.each_item(first, &mut further);
        } else {
            self.each_of_block(&self.text[found.name.clone()], first, &mut further);
        }
    }

    /// The literals of a YAML list from the item on whose dash stands at `dash`.
    fn each_item(&self, dash: usize, each: &mut impl FnMut(Range<usize>)) {
        let indent = self.column(dash);
        let mut dash = dash;
        for _ in 0..ENTRIES {
            if self.at(dash) != b'-' || !is_blank(self.at(dash + 1)) || self.column(dash) != indent {
                return;
            }
            let item = self.blanks(dash + 1);
            let mut next = self.between_entries(self.line_end(item));
            let mut value = self.item(item);
            // More lines of the item, one of which may have its value: `- name: oslo` and below it `value: …`.
            for _ in 0..LINES {
                if self.column(next) != self.column(item) {
                    break;
                }
                value = value.or_else(|| self.item(next).filter(|_| self.has(next, b"value:")));
                next = self.between_entries(self.line_end(next));
            }
            if let Some(value) = value {
                each(value);
            }
            dash = next;
        }
    }

    /// A literal that is a whole item, or the value of one that is a map.
    pub(super) fn item(&self, place: usize) -> Option<Range<usize>> {
        let place = if self.has(place, b"value: ") { self.blanks(place + 7) } else { place };
        let (value, after) = if is_quote(self.at(place)) {
            let value = self.quoted(place)?;
            let after = value.end + 1;
            (value, after)
        } else {
            let rest = &self.text[place.min(self.end)..self.end];
            let length = rest.iter().position(u8::is_ascii_whitespace)?;
            let is_plain = !matches!(rest.first(), Some(b'{' | b'[' | b'*' | b'&' | b'!' | b'|' | b'>' | b'%' | b'@'));
            if !is_plain || rest[..length].ends_with(b":") {
                return None;
            }
            (place..place + length, place + length)
        };
        let end = self.blanks(after);
        let is_whole = matches!(self.at(end), b'\n' | b'\r' | b'#');
        (is_whole && !self.is_word_or_code(&value)).then_some(value)
    }

    /// Whether an entry is a name, as most lists of those are made of words, or what a program runs.
    pub(super) fn is_word_or_code(&self, value: &Range<usize>) -> bool {
        let text = &self.text[value.clone()];
        let is_joint = |byte: u8| matches!(byte, b'_' | b'-' | b'.' | b'/' | b' ');
        let rest = text.get(1..).unwrap_or_default();
        let is_word = rest.iter().all(|&byte| byte.is_ascii_lowercase() || is_joint(byte));
        let is_call = text.windows(2).any(|pair| is_name(pair[0]) && pair[1] == b'(') && text.contains(&b')');
        is_word || is_call
    }

    /// Whether a text ends with the name of what makes a list of its arguments.
    fn ends_with_list(&self, head: &[u8]) -> bool {
        let tail = &head[head.len().saturating_sub(CALL)..];
        super::collection::LISTS.iter().any(|list| {
            let before = tail.strip_suffix(list.trim_ascii_end());
            before.is_some_and(|before| before.last().is_none_or(|byte| !is_name(*byte)))
        })
    }
}
