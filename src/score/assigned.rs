//! An assignment as the score sees it: name, value, and the text around them in the window.

mod environment;

use crate::candidate::{Candidate, Setting};

/// Fewer bytes before a name than any window holds whose beginning is not that of its text.
const WINDOW_LEAST: usize = 128;

/// What some programs end a text with.
const CONTROL_Z: u8 = 0x1a;

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

/// The name that a control of a form has for what is written into it: `password` of `passwordField.text`, `txtPassword.Text` and
/// `password.sendKeys`; `is_pointed`: a method of it is called through a pointer.
fn of_control(name: &[u8], is_pointed: bool) -> Option<&[u8]> {
    const TEXTS: [&[u8]; 5] = [b".text", b".Text", b".stringValue", b".value", b".Value"];
    const SETTERS: [&[u8]; 7] =
        [b".setText", b".sendKeys", b".send_keys", b".setValue", b".fill", b".typeText", b".type_text"];
    const CONTROLS: [&[u8]; 8] = [b"TextField", b"TextBox", b"Field", b"Edit", b"Box", b"Input", b"Entry", b"_field"];
    let without = |ends: &[&[u8]]| ends.iter().find_map(|end| name.strip_suffix(*end));
    let set = without(&SETTERS).or(is_pointed.then_some(name));
    let control = set.or_else(|| without(&TEXTS))?;
    let last = control.rsplit(|&byte| byte == b'.').next()?;
    let is_prefixed = [&b"txt"[..], b"edt", b"edit", b"tb"].iter().any(|mark| last.starts_with(mark));
    let bare = CONTROLS.iter().find_map(|kind| control.strip_suffix(*kind));
    bare.filter(|bare| !bare.is_empty()).or((set.is_some() || is_prefixed).then_some(control))
}

/// The name of the map that a method puts a value into for an owner: `apiKeys` of `apiKeys.put("oslo", "`.
fn of_map<'a>(name: &'a [u8], between: &[u8]) -> Option<&'a [u8]> {
    let dot = memchr::memrchr(b'.', name).filter(|_| between.starts_with(b"(") && between.contains(&b','))?;
    [&b"passwords"[..], b"keys", b"tokens"]
        .iter()
        .any(|plural| dot >= plural.len() && name[dot - plural.len()..dot].eq_ignore_ascii_case(plural))
        .then_some(&name[..dot])
}

impl<'a> Assigned<'a> {
    /// The assignment that a candidate of the lexer stands for.
    pub fn of(text: &'a [u8], candidate: &Candidate) -> Self {
        let span = candidate.span.range();
        let value = candidate.secret.range();
        let reach = candidate.reach.range();
        let is_name =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | 0x80..=0xe1 | 0xe3..=0xee);
        if span.end > value.end && candidate.setting != Setting::Login {
            return Self::behind(text, candidate);
        }
        let length = text[span.start..value.start].iter().take_while(|byte| is_name(byte)).count();
        let length = length + second_word(&text[span.start..value.start], length);
        let start = section(text, span.start, reach.start, is_name);
        let mut name = &text[start..span.start + length];
        while let [rest @ .., b'.' | b'-'] = name {
            name = rest;
        }
        let between = &text[start + name.len()..value.start];
        let name = of_control(name, between.starts_with(b"->")).or_else(|| of_map(name, between)).unwrap_or(name);
        let between = &text[start + name.len()..value.start];
        let (between, setting) =
            if candidate.setting == Setting::Entry { entry(between) } else { (between, candidate.setting) };
        Assigned {
            before: &text[reach.start.min(start)..start],
            name,
            between,
            value: &text[value.clone()],
            after: &text[value.end..reach.end.max(value.end)],
            setting,
        }
    }

    /// The assignment whose name stands behind its value, at the end of the candidate.
    fn behind(text: &'a [u8], candidate: &Candidate) -> Self {
        let (span, value, reach) = (candidate.span.range(), candidate.secret.range(), candidate.reach.range());
        let between = &text[value.end..span.end];
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | 0x80..);
        let name = between.iter().rposition(|byte| !is_name(byte)).map_or(between, |at| &between[at + 1..]);
        let compares = [&b"=="[..], b"!="].iter().any(|operator| memchr::memmem::find(between, operator).is_some());
        Assigned {
            before: &text[reach.start.min(value.start)..value.start],
            name,
            between: if compares { b"\" == \"" } else { b"\": \"" },
            value: &text[value.clone()],
            after: &text[value.end..reach.end.max(value.end)],
            setting: candidate.setting,
        }
    }

    /// The name of the map that the name is a key of, as far as the window shows: `crypto` in `crypto: { key: "…" }`.
    pub fn parent(&self) -> Option<&'a [u8]> {
        self.parent_line().and_then(last_name)
    }

    /// What stands before the brace or the deeper lines of that map, on its line.
    pub(super) fn parent_line(&self) -> Option<&'a [u8]> {
        let line = self.line_before();
        if let Some(open) = memchr::memrchr(b'{', line).filter(|&open| !line[open..].contains(&b'}')) {
            return Some(&line[..open]);
        }
        let depth = |line: &[u8]| line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let own = depth(line);
        let above = &self.before[..self.before.len() - line.len()];
        // The first line of the window may be cut, where that does not begin with the text.
        let cut = if above.len() < WINDOW_LEAST { 0 } else { memchr::memchr(b'\n', above)? + 1 };
        let whole = &above[cut..];
        let parent =
            whole.rsplit(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty() && depth(line) < own)?;
        matches!(parent.trim_ascii_end().last(), Some(b'{' | b':')).then_some(parent)
    }

    /// A value that a key of a map declares, with nothing around it.
    pub fn entry(name: &'a [u8], value: &'a [u8]) -> Self {
        Assigned { before: b"", name, between: b": \"", value, after: b"\"", setting: Setting::Quoted }
    }

    /// What stands before the name on its line.
    pub fn line_before(&self) -> &'a [u8] {
        &self.before[memchr::memrchr2(b'\n', b'\r', self.before).map_or(0, |line| line + 1)..]
    }

    /// The quote that opens the value.
    pub fn quote(&self) -> Option<u8> {
        self.between.last().copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))
    }

    /// Whether nothing else stands on its line, as in settings and notes.
    pub fn is_whole_line(&self) -> bool {
        self.line_before().trim_ascii().is_empty() && self.line_after().trim_ascii().is_empty()
    }

    /// What stands behind the value on its line. Programs of DOS end a text with a control character.
    pub fn line_after(&self) -> &'a [u8] {
        &self.after[..memchr::memchr3(b'\n', b'\r', CONTROL_Z, self.after).unwrap_or(self.after.len())]
    }

    /// Whether the value is a literal by its syntax: in quotes, or the text of an element.
    pub fn is_quoted(&self) -> bool {
        self.setting == Setting::Login
            || matches!(self.between.last(), Some(b'"' | b'\'' | b'`' | b'>' | b';'))
            || self.between.ends_with(b"[[")
            || self.setting == Setting::Quoted && self.is_in_marks()
            || self.between.ends_with(b"CDATA[")
    }

    /// Whether what opens the value is a mark of a string that is no quote, or a quote on a line above: `%q(…)`, `$$…$$`, `{|…|}`.
    fn is_in_marks(&self) -> bool {
        matches!(self.between.trim_ascii_end().last(), Some(b'{' | b'(' | b'[' | b'|' | b'$' | b'\''))
    }
}

/// What stands between a name and an entry of its list, as if that were its only value, and the syntax of that.
fn entry(between: &[u8]) -> (&[u8], Setting) {
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`');
    let is_open = |byte: &u8| matches!(byte, b'[' | b'(' | b'{');
    let is_quoted = between.last().is_some_and(|last| is_quote(last) || *last == b';');
    if !is_quoted {
        return (b": ", Setting::Bare);
    }
    let is_item =
        between.iter().find(|byte| !matches!(byte, b'"' | b'\'' | b':' | b' ' | b'\t' | b'\r')) == Some(&b'\n');
    if is_item {
        return (b": \"", Setting::Quoted);
    }
    // To the quote of the first entry, behind the bracket.
    let first = between.iter().position(is_open).and_then(|open| {
        let quote = between[open..].iter().position(is_quote)?;
        Some(&between[..=open + quote])
    });
    (first.unwrap_or(b": \""), Setting::Quoted)
}

/// Whether a text has one of some words, which are in lower case, whatever its own.
pub(super) fn has_word(text: &[u8], words: &[impl AsRef<[u8]>]) -> bool {
    let text = text.to_ascii_lowercase();
    words.iter().any(|word| memchr::memmem::find(&text, word.as_ref()).is_some())
}

/// Bytes of the second word of a name that texts for people write apart: `API key`. The first has `length` bytes.
fn second_word(text: &[u8], length: usize) -> usize {
    const FIRST: [&[u8]; 5] = [b"api", b"access", b"pre-shared", b"preshared", b"shared"];
    let rest = &text[length..];
    let is_key = rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b" key"));
    let ends = !rest.get(4).is_some_and(u8::is_ascii_alphanumeric);
    if is_key && ends && FIRST.iter().any(|first| text[..length].eq_ignore_ascii_case(first)) { 4 } else { 0 }
}

/// Where a name begins that a section stands before: `Push:Key` in quotes, as the settings of .NET are looked up.
fn section(text: &[u8], start: usize, least: usize, is_name: impl Fn(&u8) -> bool) -> usize {
    let before = &text[least.min(start)..start];
    let Some(rest) = before.strip_suffix(b":") else { return start };
    let length = rest.iter().rev().take_while(|byte| is_name(byte)).count();
    let opened = rest[..rest.len() - length].last().is_some_and(|byte| matches!(byte, b'"' | b'\''));
    if opened && length > 0 { start - length - 1 } else { start }
}

/// The last name in a text, whatever stands behind it.
pub(super) fn last_name(text: &[u8]) -> Option<&[u8]> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let end = text.iter().rposition(is_name)? + 1;
    let start = text[..end].iter().rposition(|byte| !is_name(byte)).map_or(0, |place| place + 1);
    Some(&text[start..end])
}
