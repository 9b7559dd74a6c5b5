//! Comparisons of what a name leads to with a literal, where more than an operator stands between: `field.getText().equals("…")`,
//! `"…" == $_password`, `strcmp("…", password)`, `$password -eq "…"`.

use std::ops::Range;

use super::call::SETTERS;
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
/// Operators of PowerShell that compare, less their dash.
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
        let before = &self.text[name.saturating_sub(16).max(self.start)..name];
        CONVERSIONS.iter().any(|call| crate::matcher::ends_with(before, call))
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
            byte => matches!(byte, b')' | b' ' | b';' | b':' | b'&' | b'|' | b'{' | b'\n' | b'\r'),
        };
        if !ends {
            return None;
        }
        let operand = self.operand_start(name);
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
                let dash = (self.start..end).rev().take(4).find(|&at| self.text[at] == b'-')?;
                let is_operator = WORDS.iter().any(|word| self.text[dash + 1..end].eq_ignore_ascii_case(word));
                if !is_operator || end == operand {
                    return None;
                }
                (self.blanks_before(dash), false)
            }
            _ => return None,
        };
        let quote = self.at_before(close, 1);
        let close = close.checked_sub(1).filter(|_| is_quote(quote) && self.at_before(close, 2) != b'\\')?;
        let least = close.saturating_sub(VALUE).max(self.start);
        let line = memchr::memrchr(b'\n', &self.text[least..close]).map_or(least, |line| least + line + 1);
        let open = memchr::memrchr(quote, &self.text[line..close])? + line;
        let is_inside = memchr::memchr_iter(quote, &self.text[line..open]).count() % 2 == 1;
        if is_inside || self.at_before(open, 1) == b'\\' || is_call && !self.is_first_of_comparison(open) {
            return None;
        }
        Some(open + 1..close)
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
