//! Values without quotes: where they end, and whether they are literals.

use std::ops::Range;

use super::{Join, Lexer, Name, VALUE, is_name, is_quote};
use crate::candidate::Setting;

/// What some programs end a text with.
const CONTROL_Z: u8 = 0x1a;

/// Longest phrase without quotes, in bytes.
const PHRASE: usize = 64;

impl Lexer<'_> {
    /// A value without quotes: to the next blank, less what closes the expression or list that it ends.
    pub(super) fn bare(&self, place: usize, join: Join, setting: Setting) -> Range<usize> {
        let stop = |here: usize| {
            let byte = self.text[here];
            byte.is_ascii_whitespace()
                || matches!(byte, b'<' | 0 | CONTROL_Z)
                || is_quote(byte) && !(setting == Setting::Bare && self.is_lone(place, here))
                || byte == b'&'
                    && (setting == Setting::Url
                        || self.has(here, b"&quot;")
                        || self.has(here, b"&lt;/")
                        || self.has(here, b"&lt;br")
                        || self.begins_pair(here + 1))
                || setting == Setting::Url && byte == b'#'
                || matches!(join, Join::Equals | Join::Blank) && byte == b';'
                || byte == b'\\' && matches!(self.at(here + 1), b'n' | b'r' | b't' | b'"' | b'\'')
        };
        let limit = (place + VALUE + 1).min(self.end);
        let mut end = (place..limit).find(|&here| stop(here)).unwrap_or(limit);
        if let Some(comma) = self.text[place..end].iter().position(|&byte| byte == b',') {
            // `a=1,b=2`: a list of assignments in one token.
            let rest = &self.text[place + comma + 1..end];
            if rest.is_empty() || rest.iter().any(|&byte| byte == b'=' || byte == b':') {
                end = place + comma;
            }
        }
        // Logs of Java's HTTP client write the end of a line so: `X-Api-Key: …[\r][\n]`.
        if end > place && self.text[end - 1] == b'[' && self.at(end) == b'\\' {
            end -= 1;
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

    /// What Tcl writes in braces for a name that is set, `set password {…}`, and what TeX gives a macro, `\kennwort{…}`.
    pub(super) fn in_braces(&self, place: usize, name: Name) -> Option<Range<usize>> {
        if self.at(place) == b'{' && place == name.after && self.at_before(name.start, 1) == b'\\' {
            let in_word = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'{' | b'\\' | b'"' | b'#');
            let close = self.find(place + 1, |byte| byte == b'}' || !in_word(byte))?;
            return (self.text[close] == b'}').then_some(place + 1..close);
        }
        if self.at(place) != b'{' || place == name.after || self.line_before(name.start).trim_ascii_start() != b"set" {
            return None;
        }
        let close = self.find(place + 1, |byte| matches!(byte, b'{' | b'}' | b'\n'))?;
        (self.text[close] == b'}').then_some(place + 1..close)
    }

    /// Whether a name begins its line.
    pub(super) fn begins_line(&self, name: Name) -> bool {
        self.line_before(name.start).trim_ascii().is_empty()
    }

    /// A value with the semicolon in it, where one word more ends the line: `kennwort = Amber;07:15`. What makes a connection string
    /// or a statement of it ends at the semicolon.
    pub(super) fn with_semicolon(&self, value: Range<usize>) -> Range<usize> {
        let in_word = |byte: u8| byte.is_ascii_alphanumeric() || b"!#%+:-_.".contains(&byte);
        if self.at(value.end) != b';' || !self.at(value.end + 1).is_ascii_alphanumeric() {
            return value;
        }
        match self.find(value.end + 1, |byte| !in_word(byte)) {
            Some(end) if matches!(self.text[end], b'\n' | b'\r') => value.start..end,
            _ => value,
        }
    }

    /// The first word of a phrase, where a remark stands behind a dash: `Hasło: Amber9 - proszę nie przesyłać`.
    pub(super) fn without_remark(&self, value: Range<usize>) -> Range<usize> {
        let text = &self.text[value.clone()];
        let word = text.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
        let has = |class: fn(&u8) -> bool| text[..word].iter().any(class);
        let is_remark =
            [&b" - "[..], " – ".as_bytes(), " — ".as_bytes()].iter().any(|dash| text[word..].starts_with(dash));
        let is_word = word >= 6 && has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit);
        if is_remark && is_word { value.start..value.start + word } else { value }
    }

    /// Whether the quote at `here`, in the middle of a value that begins at `place`, is the only one of its kind on its line: then it
    /// is a part of the value.
    fn is_lone(&self, place: usize, here: usize) -> bool {
        let quote = self.text[here];
        let rest = &self.text[here + 1..self.end.min(here + VALUE)];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        here > place
            && line.first().is_some_and(u8::is_ascii_alphanumeric)
            && memchr::memchr(quote, line).is_none()
            && !self.text[self.start..here].iter().rev().take_while(|byte| **byte != b'\n').any(|byte| *byte == quote)
    }

    /// All words to the end of the line, where a name begins it and nothing but words stands there: the phrase that a setting is
    /// given. What reads like `NAME=value command` is none.
    pub(super) fn phrase(&self, value: Range<usize>, name: Name) -> Range<usize> {
        if memchr::memmem::find(&self.text[name.after..value.start], b":=").is_some() {
            return value;
        }
        // What stands behind a colon is no command.
        let is_entry = self.at(name.after) == b':' && self.line_before(name.start).trim_ascii().is_empty();
        let is_setting = self.at(value.end) == b' '
            && (is_entry
                || self.text[name.start..name.end].iter().any(u8::is_ascii_lowercase)
                    && self.line_before(name.start).is_empty());
        if !is_setting {
            return value;
        }
        let rest = &self.text[value.start..self.end.min(value.start + PHRASE)];
        let Some(end) = rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .or_else(|| (value.start + rest.len() == self.end).then_some(rest.len()))
        else {
            return value;
        };
        let phrase = rest[..end].trim_ascii_end();
        let in_word =
            |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b" !?&+@$%^*~-_.',".contains(byte);
        let is_phrase = phrase.iter().all(in_word) && memchr::memmem::find(phrase, b"  ").is_none();
        if is_phrase { value.start..value.start + phrase.len() } else { value }
    }

    /// Whether a name and `=` stand at `place`, as in the next pair of a query.
    fn begins_pair(&self, place: usize) -> bool {
        let mut end = place;
        while end < place + 24 && is_name(self.at(end)) {
            end += 1;
        }
        end > place && self.at(end) == b'='
    }

    /// Whether what was read without quotes can be a value: not the beginning of an expression, a template or a variable.
    pub(super) fn is_literal(&self, value: &Range<usize>, name: Name) -> bool {
        let text = &self.text[value.clone()];
        let Some(&first) = text.first() else { return false };
        // A condition's or an argument list's end: `if (a == password) {`.
        if matches!(self.at(value.end), b'(') || matches!(first, b'(' | b'{' | b'[' | b'<' | b'=' | b'|') {
            return false;
        }
        // Of base64 one in 64 begins so.
        let is_base64 =
            || text.len() >= 24 && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
        if first == b'+' && !is_base64() {
            return false;
        }
        if self.is_type(value.end) {
            return false;
        }
        // Some set their calls apart: `key = load_key (path)`.
        let is_name = text.contains(&b'_') && text.iter().all(|&byte| is_name(byte));
        if is_name && self.at(self.blanks(value.end)) == b'(' {
            return false;
        }
        if first == b'$' && matches!(text.get(1), Some(b'(' | b'{' | b'_' | b'a'..=b'z' | b'A'..=b'Z')) {
            return text.iter().filter(|&&byte| byte == b'$').count() > 1;
        }
        value.start > name.end
    }
}
