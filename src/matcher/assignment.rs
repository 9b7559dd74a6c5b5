//! The assignment lexer: from a word in a name to the value that the name is given.
//!
//! A pure function of its window, of which it does not know what came before: code, config, YAML, JSON, XML, env files and
//! command lines look alike from here. It tells where the value stands and in what syntax; whether the value is a secret
//! is for the score to say.

mod value;

use std::ops::Range;

use crate::candidate::{Candidate, Setting, Span};
use crate::signature::Rule;

/// Longest name, in bytes to either side of the word.
const NAME: usize = 64;
/// Longest run of blanks between a name, its operator and its value.
const BLANKS: usize = 32;
/// Longest value.
const VALUE: usize = 400;

/// A name and the value it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The whole name.
    pub name: Range<usize>,
    /// The value without its quotes.
    pub value: Range<usize>,
    /// The syntax the value stands in.
    pub setting: Setting,
}

/// The candidate of a word at `hit`, if it stands in a name that is given a value.
pub(super) fn candidate(rule: &Rule, text: &[u8], hit: Range<usize>) -> Option<Candidate> {
    let start = hit.start.saturating_sub(rule.window.before as usize);
    let end = (hit.end + rule.window.after as usize).min(text.len());
    let found = Lexer { text, start, end }.assignment(hit)?;
    Some(Candidate {
        span: Span::new(found.name.start..found.value.end),
        secret: Span::new(found.value),
        reach: Span::new(start..end),
        rule: rule.index,
        setting: found.setting,
    })
}

/// The name that stands before the last operator in `between`, the text between a word and a value: `None` where the word
/// itself belongs to the name, or no operator is there.
pub(super) fn name_before(between: &[u8]) -> Option<&[u8]> {
    let operator = between.iter().rposition(|byte| matches!(byte, b'=' | b':' | b','))?;
    let end = between[..operator].iter().rposition(|&byte| is_name(byte))? + 1;
    let start = between[..end].iter().rposition(|&byte| !is_name(byte)).map_or(0, |place| place + 1);
    (start > 0 || !between[..end].is_empty()).then_some(&between[start..end])
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

struct Lexer<'t> {
    text: &'t [u8],
    start: usize,
    end: usize,
}

/// What joins a name to its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Join {
    /// `=`, `:=`, `=>`, `<-`, `==`.
    Equals,
    /// `:`.
    Colon,
    /// `(` or `,` before a quoted argument.
    Argument,
    /// A blank after a command-line option.
    Option,
    /// `>` after an element's name.
    Element,
}

impl Lexer<'_> {
    fn at(&self, place: usize) -> u8 {
        if place < self.end { self.text[place] } else { b'\n' }
    }

    fn assignment(&self, hit: Range<usize>) -> Option<Assignment> {
        let mut place = hit.end;
        let limit = hit.end + NAME;
        while place < limit && is_name(self.at(place)) {
            place += 1;
        }
        // Most words stand in prose and code that assigns nothing: leave at the first byte that shows it.
        match self.at(place) {
            b'=' | b':' | b'"' | b'\'' | b'`' | b'\\' | b' ' | b'\t' | b'>' | b',' | b'(' | b']' | b'<' | b'&'
            | b'\n' | b'\r' => {}
            _ => return None,
        }
        let mut name_end = place;
        while name_end > hit.end && matches!(self.text[name_end - 1], b'.' | b'-') {
            name_end -= 1;
        }
        let quote = self.closing_quote(&mut place);
        let (join, value) = self.join(place, quote, hit.start)?;
        let mut name_start = hit.start;
        let least = hit.start.saturating_sub(NAME).max(self.start);
        while name_start > least && is_name(self.text[name_start - 1]) {
            name_start -= 1;
        }
        let name = name_start..name_end;
        if join == Join::Option && !self.text[name.clone()].starts_with(b"-") {
            return None;
        }
        if join == Join::Element && (name_start == 0 || self.text[name_start - 1] != b'<') {
            return None;
        }
        let value = self.skip_type(join, value);
        let (value, setting) = self.value(join, value, name_start)?;
        if value.is_empty() || value.len() > VALUE {
            return None;
        }
        Some(Assignment { name, value, setting })
    }

    /// Passes the quote and bracket that close a quoted name, as in `"password"`, `\"password\"`, `['password']`.
    fn closing_quote(&self, place: &mut usize) -> bool {
        let before = *place;
        if self.at(*place) == b'\\' && is_quote(self.at(*place + 1)) {
            *place += 2;
        } else if is_quote(self.at(*place)) {
            *place += 1;
        }
        let quoted = *place > before;
        if quoted {
            while matches!(self.at(*place), b']' | b')') {
                *place += 1;
            }
        }
        quoted
    }

    fn blanks(&self, mut place: usize) -> usize {
        let limit = place + BLANKS;
        while place < limit && is_blank(self.at(place)) {
            place += 1;
        }
        place
    }

    /// Blanks and at most one line end.
    fn blanks_and_line(&self, place: usize) -> usize {
        let place = self.blanks(place);
        match (self.at(place), self.at(place + 1)) {
            (b'\n', _) if place < self.end => self.blanks(place + 1),
            (b'\r', b'\n') => self.blanks(place + 2),
            _ => place,
        }
    }

    /// The operator after a name, and where its value may begin.
    fn join(&self, after_name: usize, quoted: bool, hit_start: usize) -> Option<(Join, usize)> {
        let place = self.blanks(after_name);
        let next = self.at(place + 1);
        match self.at(place) {
            b'=' => match next {
                b'~' => None,
                b'=' if self.at(place + 2) == b'=' => Some((Join::Equals, place + 3)),
                b'=' | b'>' => Some((Join::Equals, place + 2)),
                _ => Some((Join::Equals, place + 1)),
            },
            b':' => match next {
                b':' => None,
                b'=' => Some((Join::Equals, place + 2)),
                _ => Some((Join::Colon, place + 1)),
            },
            b'<' if next == b'-' => Some((Join::Equals, place + 2)),
            b'?' if next == b'=' => Some((Join::Equals, place + 2)),
            b'>' if place == after_name && !quoted => Some((Join::Element, place + 1)),
            b',' | b'(' => {
                if quoted || self.at(place) == b'(' && place == after_name {
                    if let Some(value) = self.named_value(place + 1) {
                        return Some((Join::Colon, value));
                    }
                    let argument = self.blanks(place + 1);
                    return is_quote(self.at(argument)).then_some((Join::Argument, argument));
                }
                None
            }
            _ => {
                if let Some(value) = self.named_value(place) {
                    return Some((if self.at(value - 1) == b'=' { Join::Equals } else { Join::Colon }, value));
                }
                let option = place > after_name && !quoted && hit_start > self.start;
                option.then_some((Join::Option, place))
            }
        }
    }

    /// `value:` after a name that is itself a value, as in a container's environment (`- name: DB_PASSWORD`, next line
    /// `value: …`), in JSON (`"name": "x", "value": "…"`) and in XML (`key="x" value="…"`).
    fn named_value(&self, place: usize) -> Option<usize> {
        let mut place = self.blanks_and_line(place);
        if self.at(place) == b',' {
            place = self.blanks_and_line(place + 1);
        }
        if self.at(place) == b'\\' {
            place += 1;
        }
        if is_quote(self.at(place)) {
            place += 1;
        }
        for word in [&b"value"[..], b"ParameterValue", b"default_value", b"defaultValue"] {
            let end = place + word.len();
            if end < self.end && self.text[place..end].eq_ignore_ascii_case(word) {
                let mut place = end;
                self.closing_quote(&mut place);
                let place = self.blanks(place);
                return matches!(self.at(place), b':' | b'=').then_some(place + 1);
            }
        }
        None
    }

    /// After `name: Type = "…"` the value stands behind the type.
    fn skip_type(&self, join: Join, value: usize) -> usize {
        if join != Join::Colon {
            return value;
        }
        let mut place = self.blanks(value);
        let limit = place + 48;
        while place < limit
            && (self.at(place).is_ascii_alphanumeric()
                || matches!(
                    self.at(place),
                    b'_' | b'<' | b'>' | b'.' | b'?' | b'&' | b'\'' | b'[' | b']' | b'|' | b' ' | b'*'
                ))
        {
            place += 1;
        }
        if self.at(place) == b'='
            && place > value
            && is_blank(self.at(place - 1))
            && !matches!(self.at(place + 1), b'=' | b'>')
        {
            let quote = self.blanks(place + 1);
            if is_quote(self.at(quote)) || is_quote(self.at(quote + 1)) {
                return place + 1;
            }
        }
        value
    }
}

#[cfg(test)]
mod tests;
