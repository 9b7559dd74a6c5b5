//! Lists, maps and joined literals that a name is given: which of what is in them stands for the value.

use std::ops::Range;

use super::{CALL, Join, Lexer, NAME, Name, VALUE, is_name, is_quote};
use crate::candidate::Setting;
use crate::matcher::ends_with;

/// What makes a list of the arguments behind it.
pub(super) const LISTS: &[&[u8]] = &[
    b"c",
    b"array",
    b"list",
    b"listOf",
    b"mutableListOf",
    b"arrayOf",
    b"setOf",
    b"List.of",
    b"Set.of",
    b"Arrays.asList",
    b"asList",
    b"Seq",
    b"List",
    b"Array",
    b"Vector",
    b"vec!",
    b"[]string",
    b"new[]",
    b"new []",
    b"new string[]",
    b"new String[]",
    b"new string[] ",
    b"new String[] ",
    b"new List<string> ",
    b"new List<string>",
    b"set",
    b"tuple",
    b"frozenset",
];

/// Keys of a map that say something about what the map is called by: `DB_PASSWORD: { code: "E-17", message: "…" }`.
const ABOUT: &[&[u8]] = &[
    b"code",
    b"message",
    b"msg",
    b"error",
    b"hint",
    b"help",
    b"title",
    b"label",
    b"name",
    b"description",
    b"status",
    b"state",
    b"type",
    b"kind",
    b"format",
    b"pattern",
    b"version",
    b"resolved",
    b"integrity",
    b"id",
    b"uuid",
    b"url",
    b"uri",
    b"href",
    b"path",
    b"file",
    b"env",
    b"algorithm",
    b"alg",
    b"kid",
    b"placeholder",
    b"role",
    b"scope",
    b"user",
    b"username",
    b"email",
    b"host",
];

/// One more than the longest of them.
const LIST: usize = {
    let (mut longest, mut at) = (0, 0);
    while at < LISTS.len() {
        if LISTS[at].len() > longest {
            longest = LISTS[at].len();
        }
        at += 1;
    }
    longest + 1
};

impl Lexer<'_> {
    /// The quote of the first string of a list, where `place` begins one.
    pub(super) fn first_of_list(&self, place: usize, join: Join) -> usize {
        if matches!(self.at(place), b'[' | b'(' | b'&') || join == Join::Equals && self.at(place) == b'{' {
            // A slice of Rust: `&["…"]`.
            let open = place + usize::from(self.has(place, b"&["));
            let inside = self.blanks_and_line(open + 1);
            if self.opening_quote(inside).is_some() && !self.is_key(inside) {
                return inside;
            }
        }
        if self.at(place) == b'{' && matches!(join, Join::Equals | Join::Colon) {
            return self.first_of_map(place).unwrap_or(place);
        }
        place
    }

    /// The bracket of a list that a call makes of its arguments (`c("…", "…")`, `List.of("…")`), else the place itself.
    pub(super) fn list_of_call(&self, place: usize) -> usize {
        // No list has a quote or a line end in its name: most values are left at their first byte.
        let name = (place..self.end.min(place + LIST)).take_while(|&at| !matches!(self.text[at], b'"' | b'\'' | b'\n'));
        let mut brackets = name.filter(|&at| matches!(self.text[at], b'(' | b'[' | b'{'));
        brackets.find(|&open| LISTS.contains(&&self.text[place..open])).unwrap_or(place)
    }

    /// The literal that COBOL moves to a name: `MOVE '…' TO WS-PASSWORD`.
    pub(super) fn moved_before(&self, name: usize) -> Option<Range<usize>> {
        let before = &self.text[name.saturating_sub(NAME).max(self.start)..name];
        let literal = before.strip_suffix(b" ")?.trim_ascii_end();
        let (_, to) = literal.split_last_chunk::<3>()?;
        if !to.eq_ignore_ascii_case(b" to") {
            return None;
        }
        let literal = literal[..literal.len() - 3].trim_ascii_end();
        let (quote, inside) = literal.split_last().filter(|(quote, _)| is_quote(**quote))?;
        let open = memchr::memrchr2(*quote, b'\n', inside).filter(|&open| inside[open] == *quote)?;
        let start = name - before.len() + open + 1;
        inside[..open]
            .trim_ascii_end()
            .to_ascii_lowercase()
            .ends_with(b"move")
            .then(|| start..start + inside.len() - open - 1)
    }

    /// The value before the label of its key, as Cocoa has them: `set("…", forKey: "password")`, `setObject:@"…" forKey:@"password"`.
    pub(super) fn set_for_key(&self, name: Name) -> Option<Range<usize>> {
        const LABELS: &[&[u8]] = &[b"forKey", b"forHTTPHeaderField"];
        let least = name.start.saturating_sub(VALUE).max(self.start);
        let before = self.text.get(least..name.start.checked_sub(1)?)?;
        let label = before.strip_suffix(b"@").unwrap_or(before).trim_ascii_end().strip_suffix(b":")?;
        let argument = LABELS.iter().find_map(|word| label.strip_suffix(*word))?.trim_ascii_end();
        let value = argument.strip_suffix(b",").unwrap_or(argument).trim_ascii_end().strip_suffix(b"\"")?;
        let open = memchr::memrchr2(b'"', b'\n', value).filter(|&open| value[open] == b'"')?;
        let begins = matches!(value[..open].last(), Some(b'@' | b'(' | b':' | b' '));
        begins.then(|| least + open + 1..least + value.len())
    }

    /// The value on the line above a name which is itself a value, in YAML: `- value: x` and below it `name: DB_PASSWORD`.
    pub(super) fn value_above(&self, name: Name) -> Option<(Range<usize>, Setting)> {
        let start = self.name_start(name.start);
        let least = start.saturating_sub(VALUE).max(self.start);
        let before = self.text[least..start].trim_ascii_end();
        let above = before.strip_suffix(b"name:")?.trim_ascii_end();
        let line = memchr::memrchr(b'\n', above).map_or(0, |line| line + 1);
        let is_below = memchr::memchr(b'\n', &before[above.len()..]).is_some();
        let entry = above[line..].trim_ascii_start();
        let value =
            entry.strip_prefix(b"- ").unwrap_or(entry).trim_ascii_start().strip_prefix(b"value:")?.trim_ascii_start();
        let end = least + above.len();
        let value = end - value.len()..end;
        match self.quoted(value.start).filter(|_| is_quote(self.at(value.start))) {
            Some(inside) => (is_below && inside.end + 1 == value.end).then_some((inside, Setting::Quoted)),
            None => {
                let plain = self.text[value.clone()].iter().all(|byte| byte.is_ascii_graphic() && !is_quote(*byte));
                (is_below && plain && !value.is_empty()).then_some((value, Setting::Bare))
            }
        }
    }

    /// Whether the string at `place` is the key of a map.
    pub(super) fn is_key(&self, place: usize) -> bool {
        self.opening_quote(place).and_then(|quote| self.quoted(quote)).is_some_and(|key| {
            let after = self.blanks(key.end + 1);
            self.at(after) == b':' || self.at(after) == b'=' && self.at(after + 1) == b'>'
        })
    }

    /// The items of a list of bytes or letters that is a value: `{0x1f, 0x8b, …}`, `new byte[] { 12, … }`, `bytes([…])`,
    /// `{'a', 'b', …}`, `charArrayOf('a', 'b', …)`.
    pub(super) fn byte_list(&self, place: usize) -> Option<Range<usize>> {
        let is_head = |byte: u8| is_name(byte) || matches!(byte, b'(' | b'[' | b']' | b' ' | b'&' | b'!' | b'*' | b':');
        let mut open = place;
        while open < place + CALL && is_head(self.at(open)) && !matches!(self.at(open), b'[' | b'(') {
            open += 1;
        }
        // The innermost bracket before the first number.
        loop {
            let is_open = matches!(self.at(open), b'{' | b'[' | b'(');
            let next = if is_open { self.blanks_and_line(open + 1) } else { open };
            match self.at(open) {
                b'{' | b'[' if self.at(next) == b'\'' && self.at(next + 2) == b'\'' => return self.letter_list(next),
                b'(' if self.at(next) == b'\'' && ends_with(&self.text[place..open], b"chararrayof") => {
                    return self.letter_list(next);
                }
                b'{' | b'[' | b'(' if self.at(next).is_ascii_digit() || self.has(next, b"(byte)") => {
                    // Java casts what is above 127: `(byte) 0x9a`.
                    let closes = |at: usize| match self.text[at] {
                        b'}' | b']' | b'"' | b';' => true,
                        b')' => !self.text[next..at].ends_with(b"(byte"),
                        _ => false,
                    };
                    let end = (next..self.end.min(next + VALUE + 1)).find(|&at| closes(at))?;
                    let items = self.text[next..end].iter().filter(|&&byte| byte == b',').count();
                    let is_list = self.text[next..end].iter().all(|&byte| {
                        byte.is_ascii_hexdigit()
                            || byte.is_ascii_whitespace()
                            || matches!(byte, b'x' | b'X' | b',' | b'-' | b'(' | b')' | b'y' | b't')
                    });
                    return (is_list && items >= 7).then(|| self.trim(next..end));
                }
                b'{' | b'[' | b'(' | b']' | b' ' if open < place + CALL => open += 1,
                byte if is_name(byte) && open < place + CALL => open += 1,
                _ => return None,
            }
        }
    }

    /// Five and more letters in quotes with commas between them, from the first quote to the last.
    fn letter_list(&self, from: usize) -> Option<Range<usize>> {
        let (mut place, mut end, mut items) = (from, from, 0);
        while items < NAME && self.at(place) == b'\'' && self.at(place + 2) == b'\'' {
            items += 1;
            end = place + 3;
            let comma = self.blanks_and_line(end);
            if self.at(comma) != b',' {
                break;
            }
            place = self.blanks_and_line(comma + 1);
        }
        // Strings of C end in a zero.
        let zero = [&b"0"[..], b"'\\0'"].into_iter().find(|zero| self.has(place, zero));
        let close = zero.map_or(end, |zero| place + zero.len());
        (items >= 5 && matches!(self.at(self.blanks_and_line(close)), b'}' | b']' | b')')).then_some(from..end)
    }

    /// The quote of the first value of a map that begins at `place`: `apiKeys: { live: '…' }`, `tokens { agent = "…" }`.
    fn first_of_map(&self, place: usize) -> Option<usize> {
        let key = self.blanks_and_line(place + 1);
        let start = key
            + self.text[key.min(self.end)..self.end]
                .iter()
                .take(1)
                .filter(|byte| is_quote(**byte) || **byte == b':')
                .count();
        let end = (start..self.end.min(start + CALL)).find(|&at| !is_name(self.text[at]))?;
        let says = |key: &&[u8]| self.text[start..end].eq_ignore_ascii_case(key);
        if end == start || ABOUT.iter().any(says) {
            return None;
        }
        let operator = self.blanks(if is_quote(self.at(end)) { end + 1 } else { end });
        let value = match (self.at(operator), self.at(operator + 1)) {
            (b'=', b'>') => operator + 2,
            (b':' | b'=', _) => operator + 1,
            _ => return None,
        };
        let value = self.blanks(value);
        self.opening_quote(value).map(|_| value)
    }
}
