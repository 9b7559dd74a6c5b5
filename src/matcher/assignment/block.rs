//! Lines below a name in the plural that give each owner its key: a map of YAML below `api_keys:`, and the entries of a map of nginx,
//! where the keys stand first.

use std::ops::Range;

use super::pairs::{PAIRS, shortest, speaks_of_some};
use super::{CALL, Lexer, Name, VALUE, is_blank, is_name, is_quote};

impl Lexer<'_> {
    /// The first value of a map of YAML whose first key stands at `first`, below a name that begins its line.
    pub(super) fn first_of_block(&self, name: Name, first: usize) -> Option<Range<usize>> {
        let own = &self.text[name.start..name.end];
        if !speaks_of_some(own) || !self.line_before(name.start).iter().all(|byte| is_blank(*byte) || is_quote(*byte)) {
            return None;
        }
        let mut value = None;
        self.each_of_block(own, first, &mut |found| {
            value.get_or_insert(found);
        });
        value
    }

    /// The literals of the lines from `first` on that stand in its column, each behind a key of its own.
    pub(super) fn each_of_block(&self, name: &[u8], first: usize, each: &mut impl FnMut(Range<usize>)) {
        let indent = self.column(first);
        let mut key = first;
        for _ in 0..PAIRS {
            let quoted = usize::from(is_quote(self.at(key)));
            let Some(end) = (key + quoted..self.end.min(key + CALL)).find(|&at| !is_name(self.text[at])) else {
                return;
            };
            let colon = end + quoted;
            if indent.is_none_or(|indent| indent == 0)
                || self.column(key) != indent
                || end == key
                || self.at(colon) != b':'
            {
                return;
            }
            let value = self.blanks(colon + 1);
            if value > colon + 1
                && let Some(value) =
                    self.item(value).filter(|value| value.len() >= shortest(name) && !self.is_slug(value))
            {
                each(value);
            }
            key = self.between_entries(self.line_end(colon));
        }
    }

    /// The name of a header, of which a word stands at `hit`, whose values a map of nginx knows: `map $http_x_api_key $client {`.
    pub(super) fn header_of_map(&self, hit: Range<usize>) -> Option<Range<usize>> {
        let end = (hit.end..self.end.min(hit.end + CALL)).find(|&at| !is_name(self.text[at]))?;
        // Most words are no variables with another behind: leave at the first byte that shows it.
        if !is_blank(self.text[end]) || self.at(self.blanks(end)) != b'$' {
            return None;
        }
        let start = self.name_start(hit.start);
        (self.line_before(start).trim_ascii_start() == b"map $").then_some(start..end)
    }

    /// The keys of such a map, each before what it stands for, where the name of the header ends at `place`: `"…" "acme";`.
    pub(super) fn each_of_map(&self, place: usize, each: &mut impl FnMut(Range<usize>)) {
        let Some(open) =
            self.find(place, |byte| matches!(byte, b'{' | b'\n' | b';')).filter(|&at| self.text[at] == b'{')
        else {
            return;
        };
        let mut key = self.between_entries(open + 1);
        for _ in 0..PAIRS {
            let Some(end) =
                self.find(key, |byte| matches!(byte, b';' | b'}' | b'\n')).filter(|&end| self.text[end] == b';')
            else {
                return;
            };
            let value = match self.quoted(key).filter(|_| is_quote(self.at(key))) {
                Some(value) => value,
                None => key..(key..end).find(|&at| self.text[at].is_ascii_whitespace()).unwrap_or(end),
            };
            // A pattern, and the word for all others.
            if value.end < end && value.len() <= VALUE && !matches!(self.at(value.start), b'~' | b'$') {
                each(value);
            }
            key = self.between_entries(end + 1);
        }
    }

    /// Whether a value is made of words and numbers, as names of things are: `theme-colour-primary-500`.
    fn is_slug(&self, value: &Range<usize>) -> bool {
        self.text[value.clone()]
            .split(|byte| matches!(byte, b'-' | b'_' | b'.' | b'/'))
            .all(|part| part.iter().all(u8::is_ascii_digit) || part.iter().all(u8::is_ascii_lowercase))
    }

    pub(super) fn column(&self, place: usize) -> Option<usize> {
        memchr::memrchr(b'\n', &self.text[self.start..place]).map(|line| place - (self.start + line + 1))
    }
}
