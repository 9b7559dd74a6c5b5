//! Values that begin with the name of a call: wrappers, hashes, look-ups with a default, templates.

use super::{CALL, Lexer, VALUE, is_blank, is_name, is_quote};

/// Calls and constructors that leave the literal they are given what it is.
const WRAPPERS: &[&[u8]] = &[
    b"from",
    b"Some",
    b"String",
    b"string",
    b"str",
    b"bytes",
    b"byte",
    b"b",
    b"of",
    b"Buffer.from",
    b"SecureString",
    b"SecretString",
    b"SecretStr",
    b"Secret",
    b"Secret.from",
    b"Secret::new",
    b"new",
    b"just",
    b"Just",
    b"Password",
    b"atob",
    b"b64decode",
    b"base64.b64decode",
    b"hex.DecodeString",
    b"unhexlify",
    b"NSString",
    b"StringValue",
    b"to_string",
    b"CHAR",
    b"TEXT",
    b"_T",
    b"L",
    b"F",
    b"PSTR",
    b"OBF",
    b"PASSWORD",
    b"encrypt",
    b"quote",
    b"ref",
    b"array",
    b"list",
    b"QStringLiteral",
    b"QString",
    b"string_view",
    b"Sensitive",
    b"secret",
    b"unsafePlainText",
    b"Utf8",
];
/// Calls that hash the password they are given first, for a database.
const HASHES: &[&[u8]] = &[
    b"make",
    b"bcrypt",
    b"password_hash",
    b"make_password",
    b"generate_password_hash",
    b"hashpw",
    b"hashSync",
    b"hash_password",
    b"hashPassword",
    b"HashPassword",
    b"GenerateFromPassword",
    b"md5",
    b"sha1",
    b"encode",
    b"crypt",
];
/// Words in the name of a call that looks a value up and takes what to use instead.
const LOOKUPS: &[&[u8]] =
    &[b"env", b"get", b"fetch", b"default", b"prop", b"conf", b"setting", b"option", b"param", b"coalesce", b"input"];
/// What follows the value's first byte when it is no literal.
pub(super) enum Called {
    /// A call that is no literal, whatever it is given.
    Expression,
    /// A string in a call: where its quote stands.
    Literal(usize),
    /// No call.
    Not,
}

impl Lexer<'_> {
    /// What a value that begins with the name of a call is.
    pub(super) fn called(&self, place: usize) -> Called {
        let start = if self.has(place, b"new ") { place + 4 } else { place };
        let mut open = start;
        while open < start + CALL
            && (is_name(self.at(open)) || matches!(self.at(open), b':' | b'>' | b'$' | b'\\' | b'!'))
        {
            open += 1;
        }
        if open == start || !matches!(self.at(open), b'(' | b'[' | b'{') || is_quote(self.at(start)) {
            return self.after_template(place, open);
        }
        let quote = self.blanks_and_line(open + 1);
        let quote = self.opening_quote(quote).unwrap_or(quote);
        let name = &self.text[start..open];
        if !is_quote(self.at(quote)) && self.at(quote) != b'\\' {
            let fallback = self.behind_bracket(open);
            return match (fallback, self.closes(open)) {
                (Some(quote), _) => Called::Literal(quote),
                (None, true) => Called::Expression,
                (None, false) => Called::Not,
            };
        }
        let Some(first) = self.quoted(quote) else { return Called::Expression };
        let after = self.blanks(first.end + 1);
        let last = name.rsplit(|&byte| matches!(byte, b':' | b'>')).next().unwrap_or(name);
        let hashes = HASHES.iter().any(|word| last.eq_ignore_ascii_case(word));
        if hashes && matches!(self.at(after), b')' | b',')
            || self.at(after) == b')' && (start > place || WRAPPERS.iter().any(|word| last == *word || name == *word))
        {
            return Called::Literal(quote);
        }
        // The second argument, or what stands behind `||`, `??` and `or`.
        let (second, looks_up) = match (self.at(after), self.at(after + 1)) {
            (b',', _) => (self.blanks_and_line(after + 1), true),
            (b')' | b']' | b'}', _) => (self.behind_lookup(after + 1), false),
            _ => return Called::Expression,
        };
        let lower = name.to_ascii_lowercase();
        if lower.ends_with(b"inputbox") || lower.ends_with(b"prompt") {
            return Called::Expression;
        }
        let known = !looks_up || LOOKUPS.iter().any(|word| memchr::memmem::find(&lower, word).is_some());
        if known && is_quote(self.at(second)) { Called::Literal(second) } else { Called::Expression }
    }

    /// The quote of what is used instead of a look-up whose bracket stands at `open`: `$ENV{PASS} // '…'`, `opts[:pass] || "…"`.
    fn behind_bracket(&self, open: usize) -> Option<usize> {
        let inside = |at: &usize| !is_name(self.text[*at]) && !matches!(self.text[*at], b':' | b'$' | b'@');
        let close = (open + 1..self.end.min(open + CALL)).find(inside)?;
        let quote = self.behind_lookup(close + 1);
        (matches!(self.text[close], b']' | b'}' | b')') && is_quote(self.at(quote))).then_some(quote)
    }

    /// The place behind a look-up's end of what is used instead: a block (`fetch("X") { "…" }`), or what `||` stands before.
    fn behind_lookup(&self, end: usize) -> usize {
        let mut place = end;
        while self.at(place) == b'.' {
            place = (place + 1..self.end.min(place + CALL)).find(|&at| !is_name(self.text[at])).unwrap_or(self.end);
        }
        place = self.blanks(place);
        if self.at(place) == b'{' && is_quote(self.at(self.blanks(place + 1))) {
            return self.blanks(place + 1);
        }
        self.behind_or(place)
    }

    /// Whether the bracket at `open` is closed on its line: a password may have one that is not.
    fn closes(&self, open: usize) -> bool {
        let close = match self.at(open) {
            b'(' => b')',
            b'[' => b']',
            _ => b'}',
        };
        let rest = &self.text[open..self.end.min(open + VALUE)];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        line.contains(&close) || line.trim_ascii_end().len() == 1
    }

    /// `{{ x | default('…') }}`, and `x || "…"`, for a value that begins so and goes on until `end`.
    fn after_template(&self, place: usize, end: usize) -> Called {
        let open = if is_quote(self.at(place)) { place + 1 } else { place };
        if self.has(open, b"{{") {
            let inside = &self.text[open..self.end.min(open + VALUE)];
            let inside = &inside[..memchr::memchr(b'\n', inside).unwrap_or(inside.len())];
            let default = memchr::memmem::rfind(inside, b"| default").map(|at| {
                let after = self.blanks(open + at + 9);
                if self.at(after) == b'(' { self.blanks(after + 1) } else { after }
            });
            return default.filter(|&quote| is_quote(self.at(quote))).map_or(Called::Not, Called::Literal);
        }
        if end > place && is_blank(self.at(end)) {
            let fallback = self.behind_or(self.blanks(end));
            if is_quote(self.at(fallback)) {
                return Called::Literal(fallback);
            }
        }
        Called::Not
    }

    /// The place behind `||`, `??`, `?:` or `or`, else where there is no quote.
    pub(super) fn behind_or(&self, place: usize) -> usize {
        for word in [&b"||"[..], b"??", b"?:", b"//", b"or "] {
            if self.has(place, word) {
                return self.blanks(place + word.len());
            }
        }
        self.end
    }
}
