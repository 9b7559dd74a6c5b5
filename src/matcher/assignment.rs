//! The assignment lexer: from a word in a name to the value that the name is given.
//!
//! A pure function of its window, of which it does not know what came before: code, config, YAML, JSON, XML, env files and
//! command lines look alike from here. It tells where the value stands and in what syntax; whether the value is a secret
//! is for the score to say.

mod attribute;
mod bare;
mod block;
mod bracket;
mod call;
mod called;
mod collection;
mod compared;
mod declared;
mod fallback;
mod join;
mod joined;
mod list;
mod literal;
mod login;
mod lookup;
mod markup;
mod matched;
mod named;
mod note;
mod pairs;
mod value;

use std::ops::Range;

use super::bytes_of_names;
use crate::candidate::{Candidate, Setting, Span};
use crate::signature::{Recogniser, Rule};

/// Longest name, in bytes to either side of the word.
const NAME: usize = 64;
/// Longest run of blanks between a name, its operator and its value.
const BLANKS: usize = 48;
/// Shortest value: no shorter one is a password, and most types and numbers are.
const SHORTEST: usize = 4;
/// Longest value.
const VALUE: usize = 400;
/// Longest name of a call.
const CALL: usize = 48;
/// Longest name of a method.
const METHOD: usize = 24;

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

/// Adds the candidates of a word at `hit`, if it stands in a name that is given a value: one, or each entry of a list.
pub(super) fn candidates(rule: &Rule, text: &[u8], hit: Range<usize>, out: &mut impl FnMut(Candidate)) {
    let start = hit.start.saturating_sub(rule.traits().window.before as usize);
    let end = (hit.end + rule.traits().window.after as usize).min(text.len());
    let lexer = Lexer { text: &text[..end], start, end };
    let mut add = |name: Range<usize>, value: Range<usize>, setting: Setting| {
        if value.len() < SHORTEST {
            return;
        }
        out(Candidate {
            // The value may stand before the name.
            span: Span::new(name.start.min(value.start)..name.end.max(value.end)),
            secret: Span::new(value),
            reach: Span::new(start..end),
            rule: rule.index,
            setting,
        });
    };
    if rule.signature.recogniser == Recogniser::Login {
        if let Some(value) = lexer.login(hit.clone()) {
            // The value may stand before the call.
            add(hit.start.min(value.start - 1)..hit.end, value, Setting::Login);
        }
    } else if let Some(found) = lexer.assignment(hit.clone()) {
        add(found.name.clone(), found.value.clone(), found.setting);
        let mut further = |value: Range<usize>, setting| {
            if value.len() <= VALUE {
                add(found.name.clone(), value, setting);
            }
        };
        lexer.further_entries(&found, &mut |value| further(value, Setting::Entry));
        lexer.further_pairs(&found, &mut |value| further(value, Setting::Quoted));
        lexer.further_matched(&found.name, &found.value, &mut |value| further(value, Setting::Quoted));
    } else if let Some(name) = lexer.header_of_map(hit) {
        lexer.each_of_map(name.end, &mut |value| add(name.clone(), value, Setting::Entry));
    }
}

/// The name that stands before the last operator in `between`, the text between a word and a value: `None` where the word
/// itself belongs to the name, or no operator is there.
pub(super) fn name_before(between: &[u8]) -> Option<&[u8]> {
    let operator = between.iter().rposition(|byte| matches!(byte, b'=' | b':' | b','))?;
    let end = between[..operator].iter().rposition(|&byte| is_name(byte))? + 1;
    let start = between[..end].iter().rposition(|&byte| !is_name(byte)).map_or(0, |place| place + 1);
    (start > 0 || !between[..end].is_empty()).then_some(&between[start..end])
}

/// Bytes of names: letters of all languages, but not the typographic quotes and full-width marks of UTF-8.
#[inline]
fn is_name(byte: u8) -> bool {
    const NAMES: [bool; 256] = bytes_of_names(b"_-.", &[(0x80, 0xe1), (0xe3, 0xee)]);
    NAMES[usize::from(byte)]
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Whether a short text holds a word, in any case. A searcher is not worth its making for one.
fn holds(text: &[u8], word: &[u8]) -> bool {
    let (lower, upper) = (word[0].to_ascii_lowercase(), word[0].to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text)
        .any(|at| text.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)))
}

fn holds_any(text: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|word| holds(text, word))
}

/// Words, or rows of a table that begins with one, by five bits of a byte of theirs, in which upper and lower case are alike: of
/// hundreds a few are left to compare.
struct ByLetter<T>([Vec<T>; 32]);

impl<T: Copy> ByLetter<T> {
    /// Sorts by the byte that `letter` gives of each.
    fn new(all: impl Iterator<Item = T>, letter: impl Fn(&T) -> u8) -> Self {
        let mut table = [const { Vec::new() }; 32];
        all.for_each(|one| table[usize::from(letter(&one) & 31)].push(one));
        ByLetter(table)
    }

    fn of(&self, letter: u8) -> &[T] {
        &self.0[usize::from(letter & 31)]
    }
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
    /// A blank before a value in quotes, or after a directive of a configuration.
    Blank,
    /// `>` after an element's name.
    Element,
    /// `||`, `??`, `or`, `| default` before a value in quotes.
    Fallback,
    /// `:-` or `:` in `${NAME:-value}`.
    Braces,
    /// A word or cell of prose before a value.
    Prose,
    /// Words of a sentence that tell a value: `is now`, `set to`.
    Told,
}

/// A name that the lexer has read to its end.
#[derive(Debug, Clone, Copy)]
struct Name {
    /// Its first byte.
    start: usize,
    /// One past its last.
    end: usize,
    /// Where what follows it begins, behind closing quotes and brackets.
    after: usize,
    /// Whether it is closed by a quote.
    quoted: bool,
}

impl Lexer<'_> {
    fn at(&self, place: usize) -> u8 {
        self.text.get(place).copied().unwrap_or(b'\n')
    }

    fn has(&self, place: usize, word: &[u8]) -> bool {
        // Most are another word by their first byte.
        self.at(place).eq_ignore_ascii_case(&word[0])
            && self.text.get(place..place + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word))
    }

    /// Whether the `=` at `place` begins a letter beyond ASCII as mails write it: `=C3=B1` (quoted-printable, RFC 2045, of UTF-8).
    fn is_quoted_letter(&self, place: usize) -> bool {
        let hex = |at: usize| matches!(self.at(at), b'0'..=b'9' | b'A'..=b'F');
        matches!(self.at(place + 1), b'C' | b'D')
            && hex(place + 2)
            && self.at(place + 3) == b'='
            && matches!(self.at(place + 4), b'8' | b'9' | b'A' | b'B')
            && hex(place + 5)
    }

    /// Whether a name is the tag of an element that names the value behind it, in a property list: `<key>ApiKey</key><string>…`.
    fn is_key_of_list(&self, start: usize, end: usize) -> bool {
        self.text[start..end] == *b"key"
            && self.at(end) == b'>'
            && self.find(end, |byte| byte == b'<').is_some_and(|close| {
                self.has(close, b"</key>") && self.has(self.blanks_and_line(close + b"</key>".len()), b"<string>")
            })
    }

    fn assignment(&self, hit: Range<usize>) -> Option<Assignment> {
        // A keyword may have what stands beside the name, to be rarer: `pw: `, `?key=`, `key</key>`, `key" value=`.
        let word = &self.text[hit.clone()];
        let word = &word[..memchr::memchr2(b'<', b'"', word).filter(|&mark| mark > 0).unwrap_or(word.len())];
        let first = word.iter().position(|&byte| is_name(byte))?;
        let last = word.iter().rposition(|&byte| is_name(byte))?;
        let hit = hit.start + first..hit.start + last + 1;
        // `psk is`: the verb is read behind the name.
        let blank = self.text[hit.clone()].iter().rposition(|&byte| is_blank(byte));
        let told = blank.filter(|&blank| note::tells(&self.text[hit.start + blank + 1..hit.end]));
        let hit = hit.start..told.map_or(hit.end, |blank| hit.start + blank);
        let mut place = hit.end;
        let limit = hit.end + NAME;
        while place < limit {
            place += match self.at(place) {
                byte if is_name(byte) => 1,
                b'=' if self.is_quoted_letter(place) => 6,
                _ => break,
            };
        }
        let start = self.behind_escape(self.name_start(hit.start), hit.start);
        if self.is_key_of_list(start, place) {
            return None;
        }
        let compared = self.compared_before(start, place).or_else(|| self.moved_before(start));
        let named_behind = compared.or_else(|| self.matched(start, place)).or_else(|| self.attributed(start, place));
        if let Some(value) = named_behind {
            return Some(Assignment { name: start..place, value, setting: Setting::Quoted });
        }
        if let Some(value) = self.told_before(start) {
            return Some(Assignment { name: start..place, value, setting: Setting::Prose });
        }
        // Most words stand in prose and code that assigns nothing: leave at the first byte that shows it.
        match self.at(place) {
            b'=' | b':' | b'"' | b'\'' | b'`' | b'\\' | b' ' | b'\t' | b'>' | b',' | b'(' | b']' | b'<' | b'&'
            | b'\n' | b'\r' | b'[' | b'?' | b'!' | b'|' | b'*' | b'}' | 0xe2 | 0xef => {}
            b')' if self.at(place + 1) == b',' || self.led_to(place, start).is_some() => {}
            b')' if self.behind_several(place, start).is_some() => {}
            b'{' if is_quote(self.at(place + 1)) || self.at_before(start, 1) == b'\\' => {}
            _ => return None,
        }
        let mut end = place;
        while end > hit.end && matches!(self.text[end - 1], b'.' | b'-') {
            end -= 1;
        }
        // A word with a blank in it (`identified by`) is a name by its first part, but `API key` is a name.
        let word = &self.text[hit.clone()];
        let is_key = word.len() > 4 && word[word.len() - 4..].eq_ignore_ascii_case(b" key");
        let blank = blank.and_then(|_| word.iter().position(|&byte| is_blank(byte))).filter(|_| !is_key);
        let end = blank.map_or(end, |blank| hit.start + blank);
        let (after, quoted) = self.closing_quote(place);
        let name = Name { start, end, after, quoted };
        if self.is_hopeless(name) {
            return None;
        }
        let name = Name { start: self.part_start(start, name), ..name };
        // A question goes on behind the name.
        let asked = if self.at(self.blanks(name.after)) == b'=' { None } else { self.asked(name) };
        let asked = asked.map(|value| (Join::Equals, value));
        let Some((join, value)) = asked.or_else(|| self.join(name)) else {
            let (value, setting) = self.value_before(name).or_else(|| self.value_above(name))?;
            return Some(Assignment { name: name.start..name.end, value, setting });
        };
        let (value, setting) = self.value(join, value, name)?;
        if value.is_empty() || value.len() > VALUE || self.is_entry_of_map(name, &value, setting) {
            return None;
        }
        Some(Assignment { name: name.start..name.end, value, setting })
    }

    /// Whether `key` alone is given a name or a short word, as in all maps and loops: `key: metadata.name`, `key=lambda`.
    fn is_entry_of_map(&self, name: Name, value: &Range<usize>, setting: Setting) -> bool {
        setting == Setting::Bare
            && self.text[name.start..name.end].eq_ignore_ascii_case(b"key")
            && self.text[value.clone()].iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.'))
    }

    /// Where a name begins behind the escape of a line end or a tab in a string, of which the letter is none of the name's:
    /// `\r\nX-Api-Token: …`.
    fn behind_escape(&self, start: usize, hit: usize) -> usize {
        let is_escape =
            start < hit && matches!(self.text[start], b'n' | b'r' | b't') && self.at_before(start, 1) == b'\\';
        start + usize::from(is_escape)
    }

    fn name_start(&self, hit: usize) -> usize {
        let mut start = hit;
        let least = hit.saturating_sub(NAME).max(self.start);
        while start > least && is_name(self.text[start - 1]) {
            start -= 1;
        }
        start
    }

    /// Passes the quote and bracket that close a quoted name, as in `"password"`, `\"password\"`, `['password']`.
    fn closing_quote(&self, place: usize) -> (usize, bool) {
        let mut after = match self.at(place) {
            b'\\' if let Some(quote) = self.escaped_quote(place) => quote + 1,
            b'&' if self.has(place, b"&quot;") => place + 6,
            // In a cell of CSV: `""password"": ""…""`.
            b'"' if self.at(place + 1) == b'"' && self.at(place + 2) == b':' => place + 2,
            byte if is_quote(byte) => place + 1,
            // Of `'[name=password]')`, a selector.
            b']' if is_quote(self.at(place + 1)) && matches!(self.at(place + 2), b',' | b')') => place + 2,
            b']' => return (place + 1, false),
            // Of `"$PASSWORD" = x` and `"${PASSWORD}" = x`.
            b'}' if is_quote(self.at(place + 1)) => place + 2,
            // Of a macro in an element: `<macro>{$DB.PASSWORD}</macro>`.
            b'}' if self.at(place + 1) == b'<' => return (place + 1, false),
            _ => return (place, false),
        };
        // Of `[ "password" ]`.
        after += usize::from(self.has(after, b" ]"));
        while matches!(self.at(after), b']' | b')') {
            after += 1;
        }
        // Of `'input[name="password"]'`.
        if is_quote(self.at(after)) && self.text[after - 1] == b']' && matches!(self.at(after + 1), b',' | b')') {
            after += 1;
            while self.at(after) == b')' {
                after += 1;
            }
        }
        (after, true)
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

    /// What stands on the line before `place`, at most 64 bytes, without blanks at its end.
    fn line_before(&self, place: usize) -> &[u8] {
        let least = place.saturating_sub(64).max(self.start);
        let before = &self.text[least..place];
        let start = memchr::memrchr(b'\n', before).map_or(0, |line| line + 1);
        before[start..].trim_ascii_end()
    }
}

#[cfg(test)]
mod tests;
