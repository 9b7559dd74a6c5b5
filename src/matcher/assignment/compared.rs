//! Comparisons of what a name leads to with a literal, where more than an operator stands between: `field.getText().equals("…")`,
//! `"…" == $_password`, `strcmp("…", password)`, `$password -eq "…"`.

use std::ops::Range;

use super::call::SETTERS;
use super::called::is_hash;
use super::lookup::last_part;
use super::{BLANKS, Join, Lexer, METHOD, VALUE, holds, holds_any, is_blank, is_name, is_quote};

/// Methods and properties that leave a text what it is, or give what a field holds.
const GETTERS: &[&[u8]] = &[
    b"text",
    b"Text",
    b"value",
    b"Value",
    b"val",
    b"getText",
    b"getValue",
    b"toString",
    b"ToString",
    b"trim",
    b"Trim",
    b"strip",
];
/// Methods that compare with their argument.
const COMPARISONS: &[&[u8]] =
    &[b"equals", b"Equals", b"equalsIgnoreCase", b"contentEquals", b"compareTo", b"localeCompare", b"compare"];
/// How the names of calls end that make a text of what they are given, or give what a form has under that name.
const CONVERSIONS: &[&[u8]] = &[
    b"string(",
    b"valueof(",
    b"str(",
    b"trim(",
    b"strip(",
    b"case(",
    b"form(",
    b"request(",
    b"getparameter(",
    b"get(",
    b"post(",
    b"input(",
    b"find(",
    b"element(",
    b"locator(",
];
/// Calls and methods that make bytes or a text of what they are given, in lower case: `Buffer.from("…")`, `"…".getBytes()`.
const BYTES: &[&[u8]] = &[
    b"from",
    b"byte",
    b"bytes",
    b"bytearray",
    b"encode",
    b"getbytes",
    b"tobytearray",
    b"tostring",
    b"string",
    b"str",
    b"asbytes",
    b"trim",
    b"strip",
];
/// Operators of PowerShell that compare, less their dash; those of two letters are Perl's, too.
const WORDS: &[&[u8]] = &[b"eq", b"ne", b"ceq", b"cne", b"ieq", b"ine"];
/// Most getters, brackets and operators between a name and what it is compared with.
const STEPS: usize = 6;

impl Lexer<'_> {
    /// What getters and brackets behind a name lead to, if that is compared with a literal. `place` is where they begin,
    /// `name` where the name does.
    pub(super) fn led_to(&self, place: usize, name: usize) -> Option<(Join, usize)> {
        let mut here = place;
        for _ in 0..STEPS {
            match (self.at(here), self.at(here + 1)) {
                (b'(', b')') | (b'!', b'!') => here += 2,
                (b')', _) if self.is_converted(name) => here += 1,
                (b')', _) if self.is_hashed(name) => {
                    let value = self.behind_operator(self.blanks(here + 1))?;
                    return self.hashed(value).map(|quote| (Join::Equals, quote));
                }
                (b'?', b'.') => here += 1,
                (b'.', _) => {
                    let end = (here + 1..self.end.min(here + METHOD)).find(|&at| !self.is_word(at))?;
                    let method = &self.text[here + 1..end];
                    if COMPARISONS.contains(&method) && self.at(end) == b'(' {
                        let value = self.blanks_and_line(end + 1);
                        return self.opening_quote(value).map(|_| (Join::Argument, value));
                    }
                    // A field that is filled in: `get(form.password).type("…")`.
                    if here > place && SETTERS.contains(&method) && self.at(end) == b'(' {
                        let value = self.blanks_and_line(end + 1);
                        return self.opening_quote(value).map(|_| (Join::Argument, value));
                    }
                    if !GETTERS.contains(&method) {
                        return None;
                    }
                    here = end;
                }
                _ => break,
            }
        }
        let value = self.behind_operator(self.blanks(here))?;
        (here > place && self.opening_quote(value).is_some()).then_some((Join::Equals, value))
    }

    fn is_word(&self, place: usize) -> bool {
        self.text[place].is_ascii_alphanumeric()
    }

    /// Whether a name is the argument of a call that makes a text of it: `String.valueOf(password)`.
    fn is_converted(&self, name: usize) -> bool {
        let before = self.before_sigil(name);
        CONVERSIONS.iter().any(|call| crate::matcher::ends_with(before, call))
    }

    /// What stands before a name and the mark of a variable that it may have.
    fn before_sigil(&self, name: usize) -> &[u8] {
        let before = &self.text[name.saturating_sub(METHOD).max(self.start)..name];
        before.strip_suffix(b"$").unwrap_or(before)
    }

    /// Whether a name is all that a call hashes: `md5($password)`.
    fn is_hashed(&self, name: usize) -> bool {
        self.before_sigil(name).strip_suffix(b"(").is_some_and(|call| {
            let start = call.iter().rposition(|&byte| !is_name(byte)).map_or(0, |at| at + 1);
            is_hash(&call[start..])
        })
    }

    /// The quote of the literal that the call at `place` hashes.
    fn hashed(&self, place: usize) -> Option<usize> {
        let open = (place..self.end.min(place + METHOD)).find(|&at| !is_name(self.text[at]))?;
        let quote = self.opening_quote(self.blanks(open + 1))?;
        let is_all = self.at(self.blanks(self.quoted(quote)?.end + 1)) == b')';
        (self.at(open) == b'(' && is_all && is_hash(&self.text[place..open])).then_some(quote)
    }

    /// Where what is compared begins, behind an operator at `place` that compares.
    fn behind_operator(&self, place: usize) -> Option<usize> {
        let equals = (place + 1..place + 3).take_while(|&at| self.at(at) == b'=').count();
        match self.at(place) {
            b'=' | b'!' if equals > 0 => Some(self.blanks(place + 1 + equals)),
            // Basic compares so.
            b'=' if self.at_before(place, 2) == b')' => Some(self.blanks(place + 1)),
            b'<' if self.at(place + 1) == b'>' => Some(self.blanks(place + 2)),
            b'-' => self.behind_dash(place),
            _ => None,
        }
    }

    /// Where a literal begins behind an operator of Perl at `place`: `eq "…"`.
    pub(super) fn behind_word(&self, place: usize) -> Option<usize> {
        if !self.has(place, b"eq ") && !self.has(place, b"ne ") {
            return None;
        }
        let value = self.blanks(place + 3);
        is_quote(self.at(value)).then_some(value)
    }

    /// Where a literal begins behind an operator of PowerShell: `-eq "…"`.
    pub(super) fn behind_dash(&self, place: usize) -> Option<usize> {
        let end = (place + 1..self.end.min(place + 5)).find(|&at| !self.is_word(at))?;
        let is_operator = WORDS.iter().any(|word| self.text[place + 1..end].eq_ignore_ascii_case(word));
        let value = self.blanks(end);
        (is_operator && value > end && is_quote(self.at(value))).then_some(value)
    }

    /// The literal before a name that it is compared with: `"…" === password`, or the argument before it of a call that compares
    /// both. `name` is where the name begins, `after` what follows it.
    pub(super) fn compared_before(&self, name: usize, after: usize) -> Option<Range<usize>> {
        let ends = match self.at(after) {
            b'(' => self.at(after + 1) == b')',
            // `$_GET['token']`, `params[:token]`, `header("X-Token")`.
            b']' | b'"' | b'\'' => true,
            byte => matches!(byte, b')' | b' ' | b';' | b':' | b'&' | b'|' | b'{' | b'\n' | b'\r'),
        };
        if !ends {
            return None;
        }
        let operand = self.operand_start(self.looked_up(name, after)?);
        let end = self.blanks_before(operand);
        let (close, is_call) = match self.at_before(end, 1) {
            b'=' => {
                let first = (self.start..end).rev().take(3).take_while(|&at| self.text[at] == b'=').last()?;
                let first = first - usize::from(self.at_before(first, 1) == b'!');
                if end - first < 2 {
                    return None;
                }
                (self.blanks_before(first), false)
            }
            b',' => (self.blanks_before(end - 1), true),
            byte if byte | 0x20 == b'q' || byte | 0x20 == b'e' => {
                let dash = (self.start..end).rev().take(4).find(|&at| !self.is_word(at))?;
                let is_operator = WORDS.iter().any(|word| self.text[dash + 1..end].eq_ignore_ascii_case(word));
                let close = self.blanks_before(dash + usize::from(self.text[dash] != b'-'));
                if !is_operator || end == operand || close == dash + 1 {
                    return None;
                }
                (close, false)
            }
            // `(= "…" password)`
            byte if is_quote(byte) && end < operand => {
                return self.literal_before(end).filter(|value| self.is_in_form(value));
            }
            _ => return None,
        };
        let (close, converted) = if is_call { self.inside_conversion(close) } else { (close, 0) };
        let value = self.literal_before(close)?;
        // A conversion has its name and a bracket before the literal.
        let start = value.start - 1 - converted;
        (!is_call || self.is_first_of_comparison(start)).then_some(value)
    }

    /// The literal whose closing quote ends at `end`, if that stands on one line.
    pub(super) fn literal_before(&self, end: usize) -> Option<Range<usize>> {
        let quote = self.at_before(end, 1);
        let close = end.checked_sub(1).filter(|_| is_quote(quote) && self.at_before(end, 2) != b'\\')?;
        let least = close.saturating_sub(VALUE).max(self.start);
        let line = memchr::memrchr(b'\n', &self.text[least..close]).map_or(least, |line| least + line + 1);
        let open = memchr::memrchr(quote, &self.text[line..close])? + line;
        let is_inside = memchr::memchr_iter(quote, &self.text[line..open]).count() % 2 == 1;
        (!is_inside && self.at_before(open, 1) != b'\\').then_some(open + 1..close)
    }

    /// Where a literal ends that is made bytes of, and how many bytes that has before it: `Buffer.from("…")`, `"…".getBytes()`. `end`
    /// is the end of all.
    fn inside_conversion(&self, end: usize) -> (usize, usize) {
        let before = &self.text[end.saturating_sub(VALUE).max(self.start)..end];
        let Some(inside) = before.strip_suffix(b")") else { return (end, 0) };
        if let Some(method) = inside.strip_suffix(b"(") {
            let dot = method.iter().rposition(|&byte| !(byte.is_ascii_alphanumeric() || byte == b'_')).unwrap_or(0);
            let is_method = method.get(dot) == Some(&b'.') && BYTES.contains(&&last_part(&method[dot + 1..])[..]);
            return (if is_method { end - before.len() + dot } else { end }, 0);
        }
        let close = end - 1;
        let Some(value) = self.literal_before(close) else { return (end, 0) };
        let call = self.text[self.start..value.start - 1].strip_suffix(b"(").unwrap_or_default();
        let start = call.iter().rposition(|&byte| !is_name(byte)).map_or(0, |at| at + 1);
        let name = &call[start..];
        let slice = self.slice_before(self.start + start);
        if BYTES.contains(&&last_part(name)[..]) { (close, name.len() + slice + 1) } else { (end, 0) }
    }

    /// How long the brackets are that a type of Go has before its name, which begins at `place`: `[]byte`.
    fn slice_before(&self, place: usize) -> usize {
        if self.text[self.start..place].ends_with(b"[]") { 2 } else { 0 }
    }

    /// Whether a literal is what a form of Lisp compares first: `(= "…" password)`.
    fn is_in_form(&self, value: &Range<usize>) -> bool {
        const FORMS: [&[u8]; 6] = [b"(= ", b"(equal ", b"(equal? ", b"(string= ", b"(string=? ", b"(== "];
        FORMS.iter().any(|form| self.text[self.start..value.start - 1].ends_with(form))
    }

    /// Where what is compared begins, of which a name is the key (`$_GET['token']`) or which makes bytes of it
    /// (`Buffer.from(password)`); the name itself otherwise. `None` where a quote or bracket is none of such.
    fn looked_up(&self, name: usize, after: usize) -> Option<usize> {
        let quote = self.at(after);
        let mark = self.at_before(name, 1);
        if is_quote(quote) || quote == b']' {
            let is_key = mark == quote || quote == b']' && mark == b':';
            let open = name.checked_sub(2).filter(|&open| is_key && open >= self.start)?;
            let close = after + usize::from(is_quote(quote));
            let is_closed = matches!((self.at(open), self.at(close)), (b'[', b']') | (b'(', b')'));
            let start = self.name_start(open);
            return (is_closed && start < open).then_some(start);
        }
        if mark != b'(' || quote != b')' {
            return Some(name);
        }
        let call = self.name_start(name - 1);
        let is_conversion = BYTES.contains(&&last_part(&self.text[call..name - 1])[..]);
        Some(if is_conversion { call - self.slice_before(call) } else { name })
    }

    /// Where the operand begins whose last name is at `start`: `$`, `$this->`.
    fn operand_start(&self, start: usize) -> usize {
        let mut start = start;
        for _ in 0..STEPS {
            let before = &self.text[self.start..start];
            match before {
                [.., b'-', b'>'] => start = self.name_start(start - 2),
                [.., b'?', b'.'] => start = self.name_start(start - 2),
                [.., b'$' | b'@'] => return start - 1,
                _ => return start,
            }
        }
        start
    }

    fn blanks_before(&self, place: usize) -> usize {
        let before = &self.text[place.saturating_sub(BLANKS).max(self.start)..place];
        place - before.iter().rev().take_while(|&&byte| is_blank(byte)).count()
    }

    /// Whether the literal that is opened at `open` is the first argument of a call that compares.
    fn is_first_of_comparison(&self, open: usize) -> bool {
        let before = &self.text[open.saturating_sub(METHOD + 1).max(self.start)..open];
        let Some(call) = before.strip_suffix(b"(") else { return false };
        let name = call.iter().rposition(|&byte| !is_name(byte)).map_or(call, |at| &call[at + 1..]);
        !holds(name, b"assert") && holds_any(name, &[b"equal", b"compare", b"cmp"])
    }
}
