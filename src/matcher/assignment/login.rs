//! Logins by position: `connect(host, "user", "password")`. No name says which argument is the password; the call does.

mod arguments;
mod keys;
mod table;

use std::ops::Range;
use std::sync::LazyLock;

use super::joined::Beside;
use super::{ByLetter, CALL, Lexer, VALUE, holds_any, is_name, is_quote};
use crate::matcher::ends_with;
use arguments::{is_mail, is_number, is_short_name, is_user};
use keys::KEYS;
use table::Place::{Account, AfterName, At, Before, Declared, Either, Last, Made, Pair};
use table::{LOGINS, Place};

/// Most arguments that are read.
const ARGUMENTS: usize = 6;

/// Longest argument that is no string, in bytes: a longer one is a block of code.
const ARGUMENT: usize = 120;

/// Words of calls and settings that log in to a directory.
const BINDS: &[&[u8]] = &[b"bind", b"conn", b"auth", b"login", b"cred"];

/// Methods that leave a string what it is, whatever they are given.
const CONVERSIONS: &[&[u8]] = &[b"getBytes", b"encode", b"toByteArray", b"data", b"force_encoding"];

/// Properties of a string that are its bytes.
const VIEWS: &[&[u8]] = &[b"utf8", b"bytes", b"data"];

/// The logins of [`LOGINS`] and [`KEYS`] that may end with a word, told by the last letter before its bracket or quote.
fn logins(word: &[u8]) -> impl Iterator<Item = &'static (&'static str, Place)> {
    static BY_LETTER: LazyLock<ByLetter<&(&str, Place)>> =
        LazyLock::new(|| ByLetter::new(LOGINS.iter().chain(KEYS), |(end, _)| letter(end.as_bytes())));
    BY_LETTER.of(letter(word)).iter().copied()
}

/// The byte before the last.
fn letter(word: &[u8]) -> u8 {
    word[word.len() - 2]
}

/// One argument: the string that it is, if it is one and nothing else.
struct Argument {
    literal: Option<Range<usize>>,
    end: usize,
}

impl Lexer<'_> {
    /// The password among the arguments that begin at the word at `hit`.
    pub(super) fn login(&self, hit: Range<usize>) -> Option<Range<usize>> {
        let word = &self.text[hit.clone()];
        let before = &self.text[hit.start.saturating_sub(32).max(self.start)..hit.end];
        let (_, place) = logins(word)
            .filter(|(end, _)| ends_with(end.as_bytes(), word) && ends_with(before, end.as_bytes()))
            .max_by_key(|(end, _)| end.len())?;
        match place {
            AfterName => self.after_name(hit.end),
            Before => self.before_call(hit),
            Declared(index) => self.of_call(hit.start..self.behind_declared(hit.end)?, At(*index)),
            _ => self.of_call(hit, *place),
        }
        .filter(|value| !value.is_empty() && value.len() <= VALUE && !self.is_distinguished(value))
    }

    /// Whether a value is the name of an entry in a directory: `cn=reader,dc=example`.
    fn is_distinguished(&self, value: &Range<usize>) -> bool {
        let parts = &mut self.text[value.clone()].split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        let is_part = |part: &[u8]| {
            [&b"cn="[..], b"ou=", b"dc=", b"uid=", b"o="]
                .iter()
                .any(|key| part.get(..key.len()).is_some_and(|start| start.eq_ignore_ascii_case(key)))
        };
        parts.by_ref().take(2).filter(|part| is_part(part)).count() == 2
    }

    fn of_call(&self, hit: Range<usize>, place: Place) -> Option<Range<usize>> {
        // A word that ends with a quote begins its first argument with it.
        let mut from = hit.end - usize::from(is_quote(self.text[hit.end - 1]));
        // Without a bracket, blanks may stand between arguments: `basicAuth "user" "…"`.
        let applied = from < hit.end;
        if matches!(self.at(from), b'(' | b'[') {
            from += 1;
        }
        if self.is_declaration(hit.start) {
            return None;
        }
        let mut literals: [Option<Range<usize>>; ARGUMENTS] = Default::default();
        let mut count = 0;
        let connects = ends_with(&self.text[self.start..hit.end], b"connect(");
        let (mut closed, mut port, mut named, mut mailed) = (false, false, false, false);
        // None behind these can matter.
        let most = match place {
            Account => 5,
            At(index) | Made(index) => (index + 2).min(ARGUMENTS),
            _ => 3,
        };
        while count < most {
            let argument = match self.applied_to(from).filter(|_| applied) {
                Some(argument) => argument,
                None => self.argument_at(from)?,
            };
            literals[count] = argument.literal.or_else(|| self.flow_scalar(&hit, from..argument.end));
            let text = &self.text[from..argument.end];
            port |= count == 1 && is_number(text);
            named |= count == 1 && (is_user(text) || literals[1].is_some());
            // An address between the user and the password.
            mailed |= place == At(1) && count == 1 && literals[1].is_none() && is_mail(text);
            if matches!(place, At(index) | Made(index) if index == count && !port)
                && literals[count].is_none()
                && !mailed
            {
                return None;
            }
            count += 1;
            let is_more = self.at(argument.end) == b',' || applied && is_quote(self.at(argument.end));
            if !is_more {
                closed = true;
                break;
            }
            from = argument.end + usize::from(self.at(argument.end) == b',');
            // A comma may stand behind the last.
            if matches!(self.at(self.blanks_and_line(from)), b')' | b']') {
                closed = true;
                break;
            }
        }
        let index = match place {
            // A port between host and user.
            At(2) if port => 3,
            At(1) if mailed => 2,
            // FoxPro's takes a source, a user and a password.
            At(5) if closed && count == 3 => 2,
            // `connect("clicked", handler, "data")` has no user.
            At(2) if !named && connects => return None,
            At(index) | Made(index) => index,
            // Behind a host and a realm.
            Account if closed && count == 4 && literals[..4].iter().all(Option::is_some) => 3,
            Account => 1,
            Either if literals[0].is_some() => 0,
            Pair | Either if closed && count == 2 => 1,
            Pair if closed && count == 3 && self.is_host(&literals[0]) => 2,
            Last if closed && count <= 2 => count - 1,
            _ => return None,
        };
        let value = literals.get(index)?.clone()?;
        // Everybody may log in so.
        if literals.iter().flatten().any(|literal| self.text[literal.clone()].eq_ignore_ascii_case(b"anonymous")) {
            return None;
        }
        if matches!(place, Made(_)) && !self.is_made(&value) {
            return None;
        }
        // The mechanism stands first: `authenticate('LOGIN', 'user', 'password')`.
        let shifted = literals.get(index + 1).cloned().flatten().filter(|_| index == 1 && count > 2);
        let is_mechanism = |literal: &Range<usize>| {
            let text = &self.text[literal.clone()];
            [&b"LOGIN"[..], b"PLAIN", b"CRAM-MD5", b"basic", b"digest"].contains(&text)
        };
        match (&literals[0], shifted) {
            (Some(first), Some(next)) if is_mechanism(first) => Some(next),
            (Some(first), None) if is_mechanism(first) => None,
            // An e-mail address stands between the user and the password.
            (_, Some(next)) if self.text[value.clone()].contains(&b'@') && self.is_address(&value) => Some(next),
            _ => Some(value),
        }
    }

    /// The bracket of `new(` behind the variable at `place` and its operator.
    fn behind_declared(&self, place: usize) -> Option<usize> {
        let name = (place..self.end.min(place + CALL)).find(|&at| !is_name(self.text[at]))?;
        let operator = self.blanks(name);
        let call = self.blanks(operator + 1);
        (name > place && self.at(operator) == b'=' && self.has(call, b"new(")).then_some(call + b"new".len())
    }

    /// The string before `.equals(` and `==`, where what follows speaks of a password.
    fn before_call(&self, hit: Range<usize>) -> Option<Range<usize>> {
        const NAMES: &[&[u8]] = &[b"pass", b"pwd", b"secret", b"token"];
        let quote = self.text[hit.start];
        if self.at_before(hit.start, 1) == b'\\' || is_quote(self.at(hit.end)) {
            return None;
        }
        let line = self.line_before(hit.start);
        let start = hit.start - memchr::memrchr(quote, line).map(|at| line.len() - at - 1)?;
        let end = self.find(hit.start + 1, |byte| matches!(byte, b'\n' | b';' | b'{')).unwrap_or(self.end);
        let rest = &self.text[hit.start + 1..end.min(hit.end + 64)];
        // What it is compared with ends where the next condition begins.
        let next = [&b"&&"[..], b"||"].iter().filter_map(|joint| memchr::memmem::find(rest, joint)).min();
        let rest = &rest[..next.unwrap_or(rest.len())];
        // Where that is the only string before it, or the last of some.
        let quotes = line.iter().filter(|&&byte| byte == quote).count();
        let speaks = holds_any(rest, NAMES) || is_short_name(rest);
        (quotes % 2 == 1 && speaks).then_some(start..hit.start)
    }

    /// Whether a value is a run of letters and digits, as long as what machines make.
    fn is_made(&self, value: &Range<usize>) -> bool {
        let text = &self.text[value.clone()];
        text.len() >= 20
            && text.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'='))
            && text.iter().filter(|byte| byte.is_ascii_digit()).count() >= 3
            && text.iter().any(u8::is_ascii_alphabetic)
    }

    /// Whether a value has the form of a mail address.
    fn is_address(&self, value: &Range<usize>) -> bool {
        let text = &self.text[value.clone()];
        let at = memchr::memchr(b'@', text).unwrap_or(text.len());
        at > 0 && text.get(at + 1..).is_some_and(|host| host.contains(&b'.') && host.iter().all(|&byte| is_name(byte)))
    }

    /// The string behind a distinguished name that holds `place`, in a call that binds to a directory.
    fn after_name(&self, place: usize) -> Option<Range<usize>> {
        let in_name = |byte: u8| !is_quote(byte) && !matches!(byte, b'\n' | b'(' | b')');
        let end = (place..self.end.min(place + 160)).find(|&at| !in_name(self.text[at]))?;
        if !is_quote(self.at(end)) || end == place {
            return None;
        }
        let least = place.saturating_sub(200).max(self.start);
        let open = (least..place).rev().find(|&at| !in_name(self.text[at]))?;
        if self.text[open] != self.text[end] {
            return None;
        }
        // The call is the nearest bracket that is open before the name.
        let mut closed = 0;
        let bracket = (least..open).rev().find(|&at| match self.text[at] {
            b')' => {
                closed += 1;
                false
            }
            b'(' if closed > 0 => {
                closed -= 1;
                false
            }
            b'[' if closed == 0 => self.speaks_of_login(at),
            byte => byte == b'(',
        })?;
        if self.text[bracket] == b'[' {
            return self.argument_at(end + 2).filter(|_| self.at(end + 1) == b',')?.literal;
        }
        let start = (least..bracket).rev().find(|&at| !is_name(self.text[at])).map_or(least, |at| at + 1);
        if !holds_any(&self.text[start..bracket], BINDS) || self.at(end + 1) != b',' {
            return None;
        }
        self.argument_at(end + 2)?.literal
    }

    /// Whether the call at `place` is the head of a function, not a call.
    fn is_declaration(&self, place: usize) -> bool {
        let line = self.line_before(place);
        let name = line.iter().rposition(|&byte| !is_name(byte)).map_or(0, |at| at + 1);
        let word = line[..name].trim_ascii_end();
        [&b"def"[..], b"function", b"func", b"fn", b"sub", b"fun", b"void"].iter().any(|one| word.ends_with(one))
    }

    /// The argument that begins at `from`, and where it ends: at a comma, or at the bracket or line that ends the call. `None` if
    /// it is too long.
    fn argument_at(&self, from: usize) -> Option<Argument> {
        let start = self.blanks_and_line(from);
        let mut place = start;
        let mut literal = self.string_at(start);
        if let Some((_, end)) = &literal {
            place = *end;
            // What leaves the string what it is: `.into()`, `.toCharArray()`.
            let tail = self.blanks(place);
            if self.at(tail) == b'.' {
                let call = (tail + 1..self.end).find(|&at| !is_name(self.text[at])).unwrap_or(self.end);
                let keeps = CONVERSIONS.contains(&&self.text[tail + 1..call]) && self.at(call) == b'(';
                let is_view = VIEWS.contains(&&self.text[tail + 1..call]);
                place = match self.find(call, |byte| matches!(byte, b')' | b'\n')) {
                    Some(close) if keeps || self.has(call, b"()") => close + 1,
                    _ if is_view => call,
                    _ => place,
                };
            }
        }
        let mut depth = 0;
        let limit = self.end.min(place + ARGUMENT);
        while place < limit {
            match self.text[place] {
                b',' | b')' | b']' if depth == 0 => {
                    return Some(Argument { literal: literal.map(|(range, _)| range), end: place });
                }
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth -= 1,
                b'\n' | b';' if depth <= 0 => {
                    let next = self.blanks_and_line(place);
                    if self.text[place] == b'\n' && matches!(self.at(next), b',' | b')' | b']') {
                        place = next;
                        continue;
                    }
                    return Some(Argument { literal: literal.map(|(range, _)| range), end: place });
                }
                byte if is_quote(byte) => {
                    let more = self.quoted(place)?;
                    literal = literal.filter(|_| depth == 0).and_then(|(first, _)| self.with_more(first, &more));
                    place = more.end;
                }
                // `"…" + "…"` is a literal of parts.
                b'+' | b'.' | b'&' if literal.is_some() && is_quote(self.at(self.blanks_and_line(place + 1))) => {
                    let more = self.quoted(self.blanks_and_line(place + 1))?;
                    literal = literal.map(|one| self.with_more(one.0.clone(), &more).unwrap_or(one));
                    place = more.end;
                }
                byte if !byte.is_ascii_whitespace() && depth == 0 => literal = None,
                _ => {}
            }
            place += 1;
        }
        (limit == self.end).then(|| Argument { literal: literal.map(|(range, _)| range), end: self.end })
    }

    /// A string with the one that is joined to it; `None` where something stands between them that makes no literal of both.
    fn with_more(&self, first: Range<usize>, more: &Range<usize>) -> Option<(Range<usize>, usize)> {
        let next = if is_quote(self.at(first.end)) { self.next_literal(first.end, Beside::Blanks) } else { None };
        (next.as_ref() == Some(more)).then_some((first.start..more.end, more.end + 1))
    }

    /// The string at `from` that is an argument of a function which is applied without brackets, where a quote begins the next.
    fn applied_to(&self, from: usize) -> Option<Argument> {
        let literal = self.quoted(self.blanks(from)).filter(|_| is_quote(self.at(self.blanks(from))))?;
        let next = self.blanks(literal.end + 1);
        (next > literal.end + 1 && is_quote(self.at(next))).then_some(Argument { literal: Some(literal), end: next })
    }

    /// The string that begins at `place`, and one past its end: in quotes, or in Perl's `q{…}`.
    fn string_at(&self, place: usize) -> Option<(Range<usize>, usize)> {
        if self.at(place) == b'q' {
            return self.perl_string(place).map(|string| (string.clone(), string.end + 1));
        }
        if let Some(wrapped) = self.wrapped(place) {
            return Some(wrapped);
        }
        let quote = self.opening_quote(self.behind_pointer(place))?;
        let value = self.quoted(quote)?;
        let width = if self.at(quote) == b'\\' { 2 } else { 1 };
        Some((value.clone(), value.end + width))
    }

    /// The place behind a cast of C to a pointer: `(void*)"…"`, `(const unsigned char *)"…"`.
    fn behind_pointer(&self, place: usize) -> usize {
        if self.at(place) != b'(' {
            return place;
        }
        let is_type = |byte: u8| is_name(byte) || byte == b' ';
        let star = (place + 1..self.end.min(place + CALL)).find(|&at| !is_type(self.text[at])).unwrap_or(place);
        if self.has(star, b"*)") { self.blanks(star + 2) } else { place }
    }

    /// What stands in `q{…}`, `qq(…)` and their like.
    pub(super) fn perl_string(&self, place: usize) -> Option<Range<usize>> {
        self.bracketed(place + 1 + usize::from(self.at(place + 1) == b'q'))
    }

    /// What stands in the bracket at `open`, or between that mark and the next: `{…}`, `|…|`.
    pub(super) fn bracketed(&self, open: usize) -> Option<Range<usize>> {
        let close = match self.at(open) {
            b'{' => b'}',
            b'(' => b')',
            b'[' => b']',
            byte @ (b'|' | b'/' | b'!') => byte,
            _ => return None,
        };
        // Brackets within it come in pairs.
        let opens = self.at(open);
        let mut depth = 0;
        let mut end = open + 1;
        while self.at(end) != b'\n' && (self.at(end) != close || depth > 0) {
            depth += i32::from(self.at(end) == opens && opens != close) - i32::from(self.at(end) == close);
            end += 1;
        }
        (self.at(end) == close).then_some(open + 1..end)
    }
}
