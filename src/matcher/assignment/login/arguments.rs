//! What the arguments of a login are that are no strings.

use std::ops::Range;

use super::{BINDS, CALL, Lexer, holds_any, is_name, is_quote};

/// Whether an argument is a variable or a look-up that speaks of a user.
pub(super) fn is_user(text: &[u8]) -> bool {
    holds_any(text, &[b"user", b"usr", b"login", b"uid", b"name", b"none", b"account"])
}

/// Whether an argument is a variable or a look-up that speaks of a mail address.
pub(super) fn is_mail(text: &[u8]) -> bool {
    holds_any(text, &[b"mail"]) && !holds_any(text, &[b"pass", b"pw", b"secret", b"token"])
}

/// Whether a text has `pw` as a word of its own: `(pw)`, `.pw`, `["pw"]`.
pub(super) fn is_short_name(text: &[u8]) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    memchr::memmem::find_iter(text, b"pw")
        .any(|at| !is_part(at.checked_sub(1).and_then(|before| text.get(before))) && !is_part(text.get(at + 2)))
}

/// Whether an argument is a number, as ports are.
pub(super) fn is_number(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

impl Lexer<'_> {
    /// A word without quotes in a list of YAML that ends its line: `auth: ["robin", Amber9]`. `login` begins the list; where the first
    /// has no quotes either, a variable of a program may stand there.
    pub(super) fn flow_scalar(&self, login: &Range<usize>, argument: Range<usize>) -> Option<Range<usize>> {
        if !self.text[login.clone()].ends_with(b": [") || self.at(argument.end) != b']' {
            return None;
        }
        let key = self.line_before(login.start).trim_ascii_start();
        let is_key = key.iter().all(|&byte| is_name(byte));
        let word = self.trim(argument.clone());
        let text = &self.text[word.clone()];
        let has = |class: fn(&u8) -> bool| text.iter().any(class);
        let is_word = has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic)
            && !has(|byte| byte.is_ascii_whitespace() || b"\"'`,[](){}<>$&*".contains(byte));
        let is_quoted = is_quote(self.at(self.blanks(login.end))) || !text.iter().all(|&byte| is_name(byte));
        let ends_line = matches!(self.at(self.blanks(argument.end + 1)), b'\n' | b'\r' | b'#');
        (is_key && is_word && is_quoted && ends_line).then_some(word)
    }

    /// Whether a literal is the name or address of a machine.
    pub(super) fn is_host(&self, literal: &Option<Range<usize>>) -> bool {
        let Some(host) = literal.as_ref().map(|literal| &self.text[literal.clone()]) else { return false };
        host.contains(&b'.') && host.iter().all(|&byte| is_name(byte) || byte == b':')
    }

    /// Whether the list at `open` is what a setting of a login is given: `"bind": [`.
    pub(super) fn speaks_of_login(&self, open: usize) -> bool {
        let before = self.line_before(open).trim_ascii_end();
        let Some(before) = before.strip_suffix(b":").or_else(|| before.strip_suffix(b"=")) else { return false };
        let key = before.trim_ascii_end();
        let key = key.strip_suffix(b"\"").or_else(|| key.strip_suffix(b"'")).unwrap_or(key);
        holds_any(&key[key.iter().rposition(|&byte| !is_name(byte)).map_or(0, |at| at + 1)..], BINDS)
    }

    /// The string in a call that leaves it what it is: `Some("…")`, `Encoding.UTF8.GetBytes("…")`, `[]byte("…")`.
    pub(super) fn wrapped(&self, place: usize) -> Option<(Range<usize>, usize)> {
        const WRAPPERS: &[&[u8]] = &[
            b"some",
            b"of",
            b"from",
            b"getbytes",
            b"bytes",
            b"byte",
            b"b64decode",
            b"array",
            b"utf8",
            b"str",
            b"string",
        ];
        let is_part = |byte: u8| is_name(byte) || matches!(byte, b':' | b'[' | b']' | b' ');
        let open = (place..self.end.min(place + CALL)).find(|&at| !is_part(self.text[at]))?;
        if open == place || self.text[open] != b'(' {
            return None;
        }
        let name = self.text[place..open].to_ascii_lowercase();
        let last = name.rsplit(|byte| matches!(byte, b'.' | b':' | b']' | b' ')).next()?;
        let value = self.quoted(self.opening_quote(self.blanks(open + 1))?)?;
        let close = (value.end..self.end).find(|&at| matches!(self.text[at], b')' | b'\n'))?;
        (WRAPPERS.contains(&last) && self.text[close] == b')').then_some((value, close + 1))
    }
}
