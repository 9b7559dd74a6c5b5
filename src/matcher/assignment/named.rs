//! Names that are values themselves: the value that belongs to such a name stands behind a key of its own, `value`.

use std::ops::Range;

use super::{Lexer, Name, VALUE, is_name, is_quote};
use crate::candidate::Setting;
use crate::matcher::ends_with;

/// Keys of the value where the name is itself a value.
const VALUE_KEYS: &[&[u8]] = &[
    b"value",
    b"ParameterValue",
    b"propertyValue",
    b"default_value",
    b"defaultValue",
    b"default",
    b"envDefault",
    b"env-default",
];
/// Most entries between a name and its value, and their longest text, in bytes.
const ENTRIES: usize = 4;
const ENTRY: usize = 64;

impl Lexer<'_> {
    /// `value:` after a name that is itself a value, as in a container's environment (`- name: DB_PASSWORD`, next line
    /// `value: …`), in JSON (`"name": "x", "value": "…"`) and in XML (`key="x" value="…"`).
    pub(super) fn named_value(&self, place: usize) -> Option<usize> {
        let mut place = self.blanks_and_line(place);
        // A line with the type may stand between.
        if self.has(place, b"type:")
            && let Some(line) = self.find(place, |byte| byte == b'\n')
        {
            place = self.blanks(line + 1);
        }
        if self.at(place) == b',' {
            place = self.blanks_and_line(place + 1);
        }
        place = self.past_entries(place);
        if self.at(place) == b'\\' {
            place += 1;
        }
        if is_quote(self.at(place)) {
            place += 1;
        }
        if !matches!(self.at(place) | 0x20, b'v' | b'p' | b'd' | b'e') {
            return None;
        }
        for word in VALUE_KEYS {
            if self.has(place, word) {
                let (after, _) = self.closing_quote(place + word.len());
                let operator = self.blanks(after);
                if matches!(self.at(operator), b':' | b'=') {
                    return Some(operator + 1 + usize::from(self.at(operator + 1) == b'>'));
                }
            }
        }
        None
    }

    /// The place behind short entries of JSON that stand between a name and its value: `"flags": 0, "value": …`.
    fn past_entries(&self, place: usize) -> usize {
        let mut key = place;
        for _ in 0..ENTRIES {
            match self.entry_of_map(key) {
                Some((word, value)) if !VALUE_KEYS.iter().any(|key| word.eq_ignore_ascii_case(key)) => {
                    let comma = self.blanks(value.end + usize::from(is_quote(self.at(value.end))));
                    if value.len() > ENTRY || self.at(comma) != b',' {
                        return place;
                    }
                    key = self.blanks_and_line(comma + 1);
                }
                Some(_) => return key,
                None => return place,
            }
        }
        place
    }

    /// The key of the entry of JSON at `place`, and what it is given: a string without its quotes, or a number or word.
    fn entry_of_map(&self, place: usize) -> Option<(&[u8], Range<usize>)> {
        if self.at(place) != b'"' {
            return None;
        }
        let close = (place + 1..self.end.min(place + ENTRY)).find(|&at| !is_name(self.text[at]))?;
        let colon = self.blanks(close + 1);
        if self.at(close) != b'"' || self.at(colon) != b':' {
            return None;
        }
        let start = self.blanks(colon + 1);
        let value = if self.at(start) == b'"' {
            self.quoted(start)?
        } else {
            let end = self.find(start, |byte| !is_name(byte))?;
            (end > start).then_some(start..end)?
        };
        Some((&self.text[place + 1..close], value))
    }

    /// The value of `value` in the map of JSON of which entries stand from `least` to `end`, with others behind it:
    /// `{"value": "…", "id": "", "name": "DB_PASSWORD"}`.
    fn value_of_map(&self, least: usize, end: usize) -> Option<Range<usize>> {
        let open = memchr::memrchr2(b'{', b'}', &self.text[least..end]).map(|open| least + open)?;
        let mut key = self.blanks_and_line(open + 1);
        for _ in 0..ENTRIES {
            let (word, value) = self.entry_of_map(key).filter(|(_, value)| value.end <= end)?;
            let is_string = is_quote(self.at(value.end));
            if word.eq_ignore_ascii_case(b"value") {
                return is_string.then_some(value);
            }
            let comma = self.blanks(value.end + usize::from(is_string));
            key = (self.at(comma) == b',').then(|| self.blanks_and_line(comma + 1))?;
        }
        None
    }

    /// The value that stands before the key of a name which is itself a value: `{"value": "…", "name": "DB_PASSWORD"}`.
    pub(super) fn value_before(&self, name: Name) -> Option<(Range<usize>, Setting)> {
        const KEYS: &[&[u8]] = &[b"name", b"key", b"Name", b"Key"];
        if !name.quoted {
            return None;
        }
        if let Some(value) = self.set_for_key(name) {
            return Some((value, Setting::Call));
        }
        if let Some(value) = self.set_where(name) {
            return Some((value, Setting::Quoted));
        }
        let least = name.start.saturating_sub(VALUE).max(self.start);
        let before = self.text.get(least..name.start.checked_sub(1)?)?;
        let key = before.trim_ascii_end().strip_suffix(b":")?.trim_ascii_end().strip_suffix(b"\"")?;
        let key = KEYS.iter().find_map(|word| key.strip_suffix(*word))?;
        let pair = key.strip_suffix(b"\"")?.trim_ascii_end().strip_suffix(b",")?.trim_ascii_end();
        if let Some(value) = self.value_of_map(least, least + pair.len()) {
            return Some((value, Setting::Quoted));
        }
        let value_end = least + pair.strip_suffix(b"\"")?.len();
        let open = memchr::memrchr(b'"', &self.text[least..value_end])? + least;
        let key = self.text[least..open].trim_ascii_end().strip_suffix(b":")?.trim_ascii_end();
        (key.ends_with(b"\"value\"") || key.ends_with(b"\"Value\"")).then(|| (open + 1..value_end, Setting::Quoted))
    }

    /// The comma behind a quoted name that is made a string of its own: `"password".to_string(), `.
    pub(super) fn behind_owned(&self, place: usize, name: Name) -> Option<usize> {
        const METHODS: &[&[u8]] = &[b".to_string(),", b".into(),", b".to_owned(),"];
        let method = METHODS.iter().find(|method| name.quoted && self.has(place, method))?;
        Some(place + method.len() - 1)
    }

    /// Whether the line begins with a word that sets what it names, without brackets: `environment 'PGPASSWORD', '…'`,
    /// `set :db_password, '…'`. `mark` stands before a name that has no quotes.
    pub(super) fn is_set(&self, name: Name, mark: &[u8]) -> bool {
        const WORDS: &[&[u8]] = &[b"environment", b"systemProperty", b"env", b"setenv", b"set", b"property"];
        let line = self.line_before(name.start).trim_ascii_start();
        let before = match mark {
            b"" => line.strip_suffix(b"'").or_else(|| line.strip_suffix(b"\"")),
            mark => line.strip_suffix(mark),
        };
        before.and_then(|before| before.strip_suffix(b" ")).is_some_and(|word| WORDS.contains(&word.trim_ascii_end()))
    }

    /// The value that a statement of SQL gives to the row of a name: `SET value = '…' WHERE name = 'smtp.password'`.
    fn set_where(&self, name: Name) -> Option<Range<usize>> {
        let quote = self.at(name.after - 1);
        let least = name.start.saturating_sub(VALUE).max(self.start);
        let before = self.text[least..name.start].strip_suffix(&[quote])?.trim_ascii_end().strip_suffix(b"=")?;
        let (_, head) = last_column(before)?;
        let given = ends_with(head, b"where").then(|| head[..head.len() - b"where".len()].trim_ascii_end())?;
        let value = self.literal_before(least + given.len()).filter(|value| self.at(value.end) == b'\'')?;
        let operator = self.text[least.min(value.start - 1)..value.start - 1].trim_ascii_end().strip_suffix(b"=")?;
        let (column, _) = last_column(operator)?;
        ends_with(column, b"value").then_some(value)
    }
}

/// The name of a column that a text ends with, without its quotes, and what stands before it.
fn last_column(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_quote = |byte: u8| matches!(byte, b'`' | b'"' | b'[' | b']');
    let text = text.trim_ascii_end();
    let end = text.iter().rposition(|&byte| !is_quote(byte))? + 1;
    let start = text[..end].iter().rposition(|&byte| !is_name(byte)).map_or(0, |at| at + 1);
    let before = text[..start].iter().rposition(|&byte| !is_quote(byte) && !byte.is_ascii_whitespace())? + 1;
    Some((&text[start..end], &text[..before]))
}
