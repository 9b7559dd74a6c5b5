//! An assignment as the score sees it: name, value, and the text around them in the window.

use crate::candidate::{Candidate, Setting};

/// A value and what its window shows of it.
#[derive(Debug, Clone, Copy)]
pub struct Assigned<'a> {
    /// The text of the window before the name.
    pub before: &'a [u8],
    /// The whole name.
    pub name: &'a [u8],
    /// The text from the name to the value: operator and quotes.
    pub between: &'a [u8],
    /// The value, without quotes.
    pub value: &'a [u8],
    /// The text of the window after the value.
    pub after: &'a [u8],
    /// The syntax it stands in.
    pub setting: Setting,
}

impl<'a> Assigned<'a> {
    /// The assignment that a candidate of the lexer stands for.
    pub fn of(text: &'a [u8], candidate: &Candidate) -> Self {
        let span = candidate.span.range();
        let value = candidate.secret.range();
        let reach = candidate.reach.range();
        let is_name =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | 0x80..=0xe1 | 0xe3..=0xee);
        let mut name = &text[span.start..value.start];
        name = &name[..name.iter().position(|byte| !is_name(byte)).unwrap_or(name.len())];
        while let [rest @ .., b'.' | b'-'] = name {
            name = rest;
        }
        Assigned {
            before: &text[reach.start.min(span.start)..span.start],
            name,
            between: &text[span.start + name.len()..value.start],
            value: &text[value.clone()],
            after: &text[value.end..reach.end.max(value.end)],
            setting: candidate.setting,
        }
    }

    /// A value that a key of a map declares, with nothing around it.
    pub fn entry(name: &'a [u8], value: &'a [u8]) -> Self {
        Assigned { before: b"", name, between: b": \"", value, after: b"\"", setting: Setting::Quoted }
    }

    /// What stands before the name on its line.
    pub fn line_before(&self) -> &'a [u8] {
        &self.before[memchr::memrchr2(b'\n', b'\r', self.before).map_or(0, |line| line + 1)..]
    }

    /// What stands behind the value on its line.
    pub fn line_after(&self) -> &'a [u8] {
        &self.after[..memchr::memchr2(b'\n', b'\r', self.after).unwrap_or(self.after.len())]
    }

    /// Whether the value is a literal by its syntax: in quotes, or the text of an element.
    pub fn is_quoted(&self) -> bool {
        self.setting == Setting::Login
            || matches!(self.between.last(), Some(b'"' | b'\'' | b'`' | b'>' | b';'))
            || self.between.ends_with(b"[[")
            || self.between.ends_with(b"CDATA[")
    }
}
