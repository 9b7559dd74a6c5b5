//! What is used where a look-up gives nothing: `getenv("X") ?: "…"`, `.unwrap_or_else(|_| "…".into())`, `x ? x : "…"`.

use std::sync::LazyLock;

use memchr::memmem;

use super::bracket::Bracket;
use super::called::Called;
use super::lookup::{is_fallback, last_part};
use super::{CALL, Lexer, METHOD, SHORTEST, VALUE, holds_any, is_blank, is_name, is_quote};

/// Functions that are applied without brackets and take what to use instead first, or behind what may be nothing.
const APPLIED: &[&[u8]] = &[b"frommaybe", b"maybe", b"defaultarg"];
/// Words in the names of calls that take the first of their arguments which is there.
const FIRSTS: &[&[u8]] = &[
    b"default",
    b"coalesce",
    b"nonnull",
    b"firstnon",
    b"cmp.or",
    b"nvl",
    b"ifnull",
    b"ifempty",
    b"ifblank",
    b"orelse",
];
/// Look-ups that may take where to look or a type beside the name and the default: `getattr(settings, "X", "…")`.
const GETTERS: &[&[u8]] = &[b"get", b"getattr", b"getenv", b"getproperty", b"getstring", b"getvalue"];
/// Look-ups in a file of settings, which take its section and its name besides: `IniRead(file, "section", "key", "…")`.
const READERS: &[&[u8]] = &[b"iniread", b"readini", b"readstring", b"getsetting", b"inireadstring"];
/// Most methods between a look-up and what is used instead.
const STEPS: usize = 6;
/// Longest condition, in bytes.
const CONDITION: usize = 160;

impl Lexer<'_> {
    /// The quote of what is used where a look-up that ends at `end` gives nothing: behind `||`, `??`, `?:` or `or`, in a method, or in a
    /// block (`fetch("X") { "…" }`).
    pub(super) fn fallback(&self, end: usize, nested: usize) -> Option<usize> {
        let mut place = end;
        for _ in 0..STEPS {
            if matches!(self.at(place), b'(' | b'[') {
                place = self.past_bracket(place)?;
            }
            let dot = self.blanks_and_line(place);
            let dot = dot + usize::from(matches!(self.at(dot), b'?' | b'!') && self.at(dot + 1) == b'.');
            if self.at(dot) != b'.' {
                break;
            }
            let name = (dot + 1..self.end.min(dot + CALL)).find(|&at| !is_name(self.text[at]))?;
            let open = if self.has(name, b" {") { name + 1 } else { name };
            if !matches!(self.at(open), b'(' | b'{') {
                place = name;
            } else if is_fallback(&last_part(&self.text[dot + 1..name])) {
                return self.in_fallback(open, nested);
            } else {
                place = self.past_bracket(open)?;
            }
        }
        let block = self.blanks(place);
        let given = self.behind_closure(self.blanks(block + 1));
        if self.at(block) == b'{' && is_quote(self.at(given)) {
            return Some(given);
        }
        self.literal(self.behind_or(self.blanks_and_line(place)), nested)
    }

    /// `{{ x | default('…') }}`, and `x || "…"`, for a value that begins so and goes on until `end`.
    pub(super) fn after_template(&self, place: usize, end: usize, nested: usize) -> Called {
        let open = if is_quote(self.at(place)) { place + 1 } else { place };
        if self.has(open, b"{{") {
            let inside = &self.text[open..self.end.min(open + VALUE)];
            let inside = &inside[..memchr::memchr(b'\n', inside).unwrap_or(inside.len())];
            let default = memchr::memmem::rfind(inside, b"| default").map(|at| {
                let after = self.blanks(open + at + 9);
                if self.at(after) == b'(' { self.blanks(after + 1) } else { after }
            });
            let written = || self.written_in_action(open + 2);
            return default
                .filter(|&quote| is_quote(self.at(quote)))
                .or_else(written)
                .map_or(Called::Not, Called::Literal);
        }
        // `x.password = x.password_confirmation = '…'`.
        if end > place && self.has(end, b" = ") && is_quote(self.at(end + 3)) {
            return Called::Literal(end + 3);
        }
        if end > place
            && let Some(quote) = self.fallback(end, nested)
        {
            return Called::Literal(quote);
        }
        Called::Not
    }

    /// The quote of the literal that an action of a template writes: `{{ "…" | b64enc }}`, `{{ default "…" .Values.x }}`.
    fn written_in_action(&self, place: usize) -> Option<usize> {
        const WRITES: [&[u8]; 5] = [b"default ", b"b64enc ", b"quote ", b"squote ", b"b64encode "];
        let place = place + usize::from(self.at(place) == b'-');
        let place = self.blanks(place);
        let word = WRITES.iter().find(|word| self.has(place, word)).map_or(0, |word| word.len());
        let value = self.blanks(place + word);
        is_quote(self.at(value)).then_some(value)
    }

    /// The quote of what is used instead where functions are applied without brackets: `fromMaybe "…" x`, `x |> orElse "…"`,
    /// `Option.value x ~default:"…"`.
    pub(super) fn applied(&self, place: usize) -> Option<usize> {
        let text = &self.text[place.min(self.end)..self.end.min(place + CONDITION)];
        let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
        let name = line.iter().position(|&byte| !is_name(byte))?;
        let quote = |at: usize| Some(self.blanks(at)).filter(|&quote| quote > at && is_quote(self.at(quote)));
        if name > 0 && line[name] == b' ' {
            let last = last_part(&line[..name]);
            if is_fallback(&last) || APPLIED.contains(&&last[..]) {
                let first = place + name;
                return quote(first).or_else(|| quote(self.past_operand(self.blanks(first))?));
            }
        }
        memchr::memchr2(b'|', b'~', text)?;
        let label = memchr::memmem::find(line, b" ~default:").map(|at| place + at + 10);
        if let Some(quote) = label.filter(|&quote| is_quote(self.at(quote))) {
            return Some(quote);
        }
        for pipe in memmem::find_iter(text, b"|>") {
            let before = &text[..pipe];
            let mut lines = before.split(|&byte| byte == b'\n').skip(1).map(<[u8]>::trim_ascii);
            if before.iter().any(|byte| matches!(byte, b';' | b','))
                || !lines.all(|line| line.is_empty() || line.starts_with(b"|>"))
            {
                return None;
            }
            let start = self.blanks(place + pipe + 2);
            let end = (start..self.end.min(start + CALL)).find(|&at| !is_name(self.text[at]))?;
            if is_fallback(&last_part(&self.text[start..end])) {
                return quote(end);
            }
        }
        None
    }

    /// The place behind an operand of a function that is applied without brackets: a name, or what is in brackets.
    pub(super) fn past_operand(&self, place: usize) -> Option<usize> {
        if self.at(place) == b'(' {
            return self.past_bracket(place);
        }
        (place..self.end.min(place + CALL)).find(|&at| !is_name(self.text[at])).filter(|&end| end > place)
    }

    /// The literal in the bracket at `open` of a method that takes what to use instead, or a closure that gives it. Where a literal
    /// more is to come the first names what is looked up: `getOrElse("X", "…")`.
    pub(super) fn in_fallback(&self, open: usize, nested: usize) -> Option<usize> {
        let behind = self.past_bracket(open).map(|close| self.blanks(close));
        if let Some(block) = behind.filter(|&block| self.at(open) == b'(' && self.at(block) == b'{') {
            return self.opening_quote(self.blanks_and_line(block + 1));
        }
        let quote = self.literal(self.behind_closure(self.blanks_and_line(open + 1)), nested)?;
        let second = self.blanks(self.quoted(quote)?.end + 1);
        let is_more = self.at(second) == b',';
        Some(if is_more { self.opening_quote(self.blanks_and_line(second + 1)).unwrap_or(quote) } else { quote })
    }

    /// The quote of the literal at `place`, which may be in a call that leaves it what it is.
    fn literal(&self, place: usize, nested: usize) -> Option<usize> {
        if let Some(quote) = self.opening_quote(place) {
            return Some(quote);
        }
        match nested.checked_sub(1).map(|nested| self.called_in(place, nested)) {
            Some(Called::Literal(quote)) => Some(quote),
            _ => None,
        }
    }

    /// The place behind the head of a closure: `|_| "…"`, `() -> "…"`, `|| { "…" }`.
    fn behind_closure(&self, place: usize) -> usize {
        let place = if self.has(place, b"move ") { place + 5 } else { place };
        let limit = self.end.min(place + METHOD);
        let mut body = place;
        if self.at(place) == b'|' {
            body = (place + 1..limit).find(|&at| self.text[at] == b'|').map_or(place, |bar| bar + 1);
        } else if let Some(end) =
            (place..limit).find(|&at| !is_name(self.text[at]) && !matches!(self.text[at], b'(' | b')'))
            && is_blank(self.at(end))
            && (self.has(end + 1, b"->") || self.has(end + 1, b"=>"))
        {
            body = end + 3;
        }
        let body = self.blanks_and_line(body);
        if self.at(body) == b'{' && body > place { self.blanks_and_line(body + 1) } else { body }
    }

    /// The literal that an argument named so gives: `default="…"`, `default_var: '…'`, `fallback = "…"`.
    pub(super) fn default_argument(&self, place: usize) -> Option<usize> {
        let end = (place..self.end.min(place + CALL)).find(|&at| !is_name(self.text[at]))?;
        let operator = self.blanks(end);
        let names = [&b"default"[..], b"default_value", b"default_var", b"defaultvalue", b"fallback", b"unset"];
        if !names.iter().any(|name| self.text[place..end].eq_ignore_ascii_case(name))
            || !matches!(self.at(operator), b'=' | b':')
        {
            return None;
        }
        let value = self.blanks(operator + 1);
        is_quote(self.at(value)).then_some(value)
    }

    /// The last of the arguments in a bracket, if it is a literal and the call of this name, whose last part is `last`, takes
    /// what to use instead there: `firstNonNull(x, "…")`, `getProperty("x", String.class, "…")`.
    pub(super) fn last_argument(&self, bracket: Option<Bracket>, name: &[u8], last: &[u8]) -> Option<usize> {
        let bracket = bracket?;
        let quote = self.opening_quote(self.blanks_and_line(bracket.last_comma? + 1))?;
        let is_last = self.blanks_and_line(self.quoted(quote)?.end + 1) == bracket.close;
        let takes = || match bracket.commas {
            2 => GETTERS.contains(&last) || READERS.contains(&last),
            3 => READERS.contains(&last),
            _ => false,
        };
        let takes = || holds_any(name, FIRSTS) || takes();
        (is_last && takes()).then_some(quote)
    }

    /// The place behind `||`, `??`, `?:` or `or`, else where there is no quote. A cast may stand before it.
    fn behind_or(&self, place: usize) -> usize {
        let cast = [&b"as String? "[..], b"as? String "].into_iter().find(|cast| self.has(place, cast));
        let place = self.blanks(place + cast.map_or(0, <[u8]>::len));
        for word in [&b"||"[..], b"??", b"?:", b"//", b"or "] {
            if self.has(place, word) {
                return self.blanks_and_line(place + word.len());
            }
        }
        self.end
    }

    /// The first literal that a condition gives: `x ? x : "…"`, `x == null ? "…" : x`, `x if x else "…"`,
    /// `if (x) { x } else { "…" }`.
    pub(super) fn of_condition(&self, from: usize) -> Option<usize> {
        let (mut place, mut depth, mut asked) = (from, 0, false);
        let limit = self.end.min(from + CONDITION);
        // Most values are none: they have no mark of one.
        static ELSE: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("else "));
        let text = &self.text[from.min(limit)..limit];
        if memchr::memchr(b'?', text).is_none() && ELSE.find(text).is_none() {
            return None;
        }
        while place < limit {
            let byte = self.text[place];
            let apart = self.at_before(place, 1).is_ascii_whitespace();
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' | b',' | b';' if depth == 0 => return None,
                b')' | b']' | b'}' => depth -= 1,
                b'"' | b'\'' => place = self.quoted(place)?.end,
                b'\n' if depth == 0 && !matches!(self.at(self.blanks(place + 1)), b'?' | b':') => return None,
                b'?' | b':' if depth == 0 && apart && (byte == b'?' || asked) && self.at(place + 1) == b' ' => {
                    asked = true;
                    let quote = self.opening_quote(self.blanks(place + 1));
                    if let Some(quote) = quote.filter(|&quote| self.is_long(quote)) {
                        return Some(quote);
                    }
                }
                b'e' if depth == 0 && (apart || self.at_before(place, 1) == b'}') && self.has(place, b"else ") => {
                    let value = self.blanks(place + 5);
                    let block = self.at(value) == b'{';
                    return self.opening_quote(if block { self.blanks_and_line(value + 1) } else { value });
                }
                _ => {}
            }
            place += 1;
        }
        None
    }

    fn is_long(&self, quote: usize) -> bool {
        self.quoted(quote).is_some_and(|literal| literal.len() >= SHORTEST)
    }
}
