//! Values that begin with the name of a call: wrappers, hashes, look-ups, templates.

use std::cell::OnceCell;

use super::bracket::Bracket;
use super::lookup::{is_fallback, last_part, takes_default};
use super::{CALL, Lexer, METHOD, VALUE, holds_any, is_name, is_quote};
use crate::matcher::ends_with;

/// Calls and constructors that leave the literal they are given what it is, or decode it: the last part of their names, in lower
/// case and without `_`.
const WRAPPERS: &[&[u8]] = &[
    b"a2bhex",
    b"array",
    b"atob",
    b"b",
    b"b64decode",
    b"base64decode",
    b"base64encode",
    b"byte",
    b"bytearray",
    b"bytes",
    b"bytestring",
    b"casttoraw",
    b"char",
    b"chomp",
    b"cstr",
    b"data",
    b"decode",
    b"decode16",
    b"decode64",
    b"decodebase64",
    b"decodebuffer",
    b"decodehex",
    b"decodestring",
    b"encodeutf8",
    b"encrypt",
    b"f",
    b"field",
    b"from",
    b"frombase64",
    b"frombase64string",
    b"fromhex",
    b"fromhexstring",
    b"fromstatic",
    b"fromstr",
    b"fromstring",
    b"fromutf8",
    b"getbytes",
    b"hex",
    b"hex2bin",
    b"hextobytes",
    b"hextoraw",
    b"just",
    b"l",
    b"list",
    b"literal",
    b"new",
    b"nonnull",
    b"nonsensitive",
    b"nsdata",
    b"nsstring",
    b"obf",
    b"of",
    b"ofnullable",
    b"optional",
    b"parsehex",
    b"password",
    b"pstr",
    b"qbytearray",
    b"qstring",
    b"qstringliteral",
    b"quote",
    b"ref",
    b"requirenonnull",
    b"rune",
    b"secret",
    b"secretstr",
    b"secretstring",
    b"securestring",
    b"sensitive",
    b"some",
    b"str",
    b"strdup",
    b"strictdecode64",
    b"string",
    b"stringvalue",
    b"stringview",
    b"t",
    b"text",
    b"tobytes",
    b"tostring",
    b"trim",
    b"trimspace",
    b"unhexlify",
    b"unsafeplaintext",
    b"urlsafeb64decode",
    b"urlsafedecode64",
    b"usestate",
    b"utf8",
    b"utf8encode",
    b"valueof",
];
/// Words in what such a call takes besides: `Buffer.from("…", "hex")`, `"…", StandardCharsets.UTF_8`, `Field("…", env="X")`.
const ENCODINGS: &[&[u8]] = &[
    b"utf",
    b"hex",
    b"base64",
    b"ascii",
    b"latin",
    b"iso",
    b"binary",
    b"charset",
    b"encoding",
    b"wrap",
    b"default",
    b"env",
];
/// Parts of the names of constructors of keys, which take what such a call makes of a literal.
const KEYS: &[&[u8]] = &[b"key", b"secret", b"token", b"credential", b"hmac", b"cipher", b"fernet", b"password"];
/// Labels of the argument that such a constructor makes a key of.
const LABELS: &[&[u8]] =
    &[b"data", b"key", b"value", b"bytes", b"raw", b"string", b"secret", b"token", b"password", b"from"];
/// Calls in calls that are followed.
pub(super) const NESTED: usize = 3;
/// Calls that hash the password they are given first, for a database; the last part of their names as above.
const HASHES: &[&[u8]] = &[
    b"bcrypt",
    b"crypt",
    b"encode",
    b"generatefrompassword",
    b"generatepasswordhash",
    b"hash",
    b"hashpassword",
    b"hashpw",
    b"hashsync",
    b"make",
    b"makepassword",
    b"md5",
    b"passwordhash",
    b"sha1",
    b"sha256",
    b"sha512",
];
/// What follows the value's first byte when it is no literal.
pub(super) enum Called {
    /// A call that is no literal, whatever it is given.
    Expression,
    /// A string in a call: where its quote stands.
    Literal(usize),
    /// No call.
    Not,
}

/// Whether what has this name may be applied to a literal without brackets and leaves it what it is: `Some`, `T.pack`, `ApiKey`.
pub(super) fn is_constructor(name: &[u8]) -> bool {
    let last = last_part(name);
    let own = name.rsplit(|&byte| byte == b'.').next().unwrap_or(name);
    WRAPPERS.binary_search(&&last[..]).is_ok()
        || [&b"pack"[..], b"ofstring"].contains(&&last[..])
        || own.first().is_some_and(u8::is_ascii_uppercase) && holds_any(&last, KEYS)
}

/// Whether what has this name hashes the literal it is given first.
pub(super) fn is_hash(name: &[u8]) -> bool {
    HASHES.binary_search(&&last_part(name)[..]).is_ok()
}

impl Lexer<'_> {
    /// What a value that begins with the name of a call is, or is an expression that gives a literal.
    pub(super) fn called(&self, place: usize) -> Called {
        let place = place + if self.has(place, b"await ") { 6 } else { 0 };
        if let Some(quote) = self.applied(place) {
            return Called::Literal(quote);
        }
        // `(x || "…").trim()`
        let inner = place + usize::from(self.at(place) == b'(');
        if self.opening_quote(inner).is_some() {
            return if inner > place { Called::Not } else { self.called_in(place, NESTED) };
        }
        let whole = self.called_in(place, NESTED);
        let inside = || match (inner > place).then(|| self.called_in(inner, NESTED)) {
            Some(Called::Literal(quote)) => Some(quote),
            _ => None,
        };
        let begins = self.at(inner).is_ascii_alphabetic() || matches!(self.at(inner), b'$' | b'_' | b'!' | b'(' | b'@');
        match whole {
            Called::Literal(_) => whole,
            _ => match inside().or_else(|| begins.then(|| self.of_condition(inner))?) {
                Some(quote) => Called::Literal(quote),
                None => whole,
            },
        }
    }

    pub(super) fn called_in(&self, place: usize, nested: usize) -> Called {
        let start = if self.has(place, b"new ") { place + 4 } else { place };
        // A conversion of Go: `[]byte("…")`.
        let slice = if self.has(start, b"[]") { start + 2 } else { start };
        let mut end = slice;
        while end < slice + CALL && (is_name(self.at(end)) || matches!(self.at(end), b':' | b'>' | b'$' | b'\\' | b'!'))
        {
            end += 1;
        }
        let open = self.behind_type(end);
        // The end of a line as Java's HTTP client logs it: `X-Api-Key: …[\r][\n]`.
        if self.has(open, b"[\\r]") {
            return Called::Not;
        }
        if end == slice || !matches!(self.at(open), b'(' | b'[' | b'{') || is_quote(self.at(start)) {
            return self.after_template(place, end, nested);
        }
        // What is called is a method of what another call gives: `Base64.getDecoder().decode("…")`.
        if nested > 0
            && self.has(open, b"().")
            && let Called::Literal(quote) = self.called_in(open + 3, nested - 1)
        {
            return Called::Literal(quote);
        }
        let inside = self.behind_encoding(self.blanks_and_line(open + 1));
        let quote = self.opening_quote(inside).unwrap_or(inside);
        let name = &self.text[slice..end];
        let last = last_part(name);
        if is_fallback(&last)
            && memchr::memchr(b'.', name).is_some()
            && let Some(quote) = self.in_fallback(open, nested)
        {
            return Called::Literal(quote);
        }
        let bracket = OnceCell::new();
        let bracket = || *bracket.get_or_init(|| self.bracket(open));
        let behind_bracket = || self.fallback(bracket()?.close + 1, nested);
        let wraps = start > place || WRAPPERS.binary_search(&&last[..]).is_ok();
        if !is_quote(self.at(quote)) && self.at(quote) != b'\\' {
            let find = || {
                behind_bracket()
                    .or_else(|| self.default_argument(inside))
                    .or_else(|| self.last_argument(bracket(), name, &last))
                    .or_else(|| self.nested(&last, inside, nested))
                    .or_else(|| {
                        match nested.checked_sub(1).filter(|_| wraps).map(|less| self.called_in(inside, less)) {
                            Some(Called::Literal(quote)) => Some(quote),
                            _ => None,
                        }
                    })
            };
            let literal = if self.has_quote(inside) { find() } else { None };
            return match (literal, self.closes(open)) {
                (Some(quote), _) => Called::Literal(quote),
                (None, true) => Called::Expression,
                (None, false) => Called::Not,
            };
        }
        let Some(first) = self.quoted(quote) else { return Called::Expression };
        let after = self.blanks(first.end + 1);
        let hashes = is_hash(&last);
        // `hash("sha256", x)` names how.
        let how = last == b"hash" && self.at(after) == b',' && !self.at(self.blanks(after + 1)).is_ascii_digit();
        if hashes && !how && matches!(self.at(after), b')' | b',')
            || wraps
                && (matches!(self.at(after), b')' | b'}') || self.names_encoding(after) || self.ends_in_view(after))
        {
            return Called::Literal(quote);
        }
        if ends_with(name, b"inputbox") || ends_with(name, b"prompt") {
            return Called::Expression;
        }
        // The second argument, or what stands behind `||`, `??` and `or`.
        let found = match self.at(after) {
            b',' => {
                self.default_behind(bracket(), self.blanks_and_line(after + 1), name, &last).or_else(behind_bracket)
            }
            b')' | b']' | b'}' => self.fallback(after + 1, nested),
            _ => behind_bracket(),
        };
        found.map_or(Called::Expression, Called::Literal)
    }

    /// Whether a quote stands behind `place`.
    fn has_quote(&self, place: usize) -> bool {
        let text = &self.text[place.min(self.end)..self.end];
        memchr::memchr3(b'"', b'\'', b'`', text).is_some()
            || memchr::memchr_iter(b'&', text).any(|at| self.entity(place + at).is_some())
    }

    /// The default among the arguments of a call from the second on, which stands at `second`.
    fn default_behind(&self, bracket: Option<Bracket>, second: usize, name: &[u8], last: &[u8]) -> Option<usize> {
        let third = || {
            let end = self.quoted(self.opening_quote(second)?)?.end + 1;
            (self.at(end) == b',').then(|| self.default_argument(self.blanks_and_line(end + 1)))?
        };
        let last_of_many = || self.last_argument(bracket.filter(|bracket| bracket.commas >= 2), name, last);
        if let Some(quote) = self.default_argument(second).or_else(third).or_else(last_of_many) {
            return Some(quote);
        }
        if is_quote(self.at(second)) {
            return takes_default(name).then_some(second);
        }
        self.last_argument(bracket, name, last)
    }

    /// The place behind the arguments of a type that end at a bracket: `GetValue<string>("…", "…")`.
    fn behind_type(&self, place: usize) -> usize {
        if self.at(place) != b'<' {
            return place;
        }
        let close =
            (place + 1..self.end.min(place + METHOD)).find(|&at| !is_name(self.text[at]) && self.text[at] != b'?');
        close.filter(|&close| self.has(close, b">(")).map_or(place, |close| close + 1)
    }

    /// The place behind a label that says how a literal is written: `Data(base64Encoded: "…")`.
    fn behind_encoding(&self, place: usize) -> usize {
        const ENCODED: [&[u8]; 4] = [b"base64Encoded: ", b"base64: ", b"hex: ", b"hexString: "];
        ENCODED.iter().find(|label| self.has(place, label)).map_or(place, |label| place + label.len())
    }

    /// Whether a comma stands at `place` and behind it the encoding of the argument before, or what else leaves that what it is.
    fn names_encoding(&self, place: usize) -> bool {
        if self.at(place) != b',' {
            return false;
        }
        let rest = &self.text[place + 1..self.end.min(place + CALL)];
        let end = rest.iter().position(|byte| matches!(byte, b')' | b'\n')).unwrap_or(rest.len());
        holds_any(&rest[..end], ENCODINGS)
    }

    /// Whether the bytes of the string before `place` are what a call takes: `.utf8)`, `.toByteArray())`.
    fn ends_in_view(&self, place: usize) -> bool {
        if self.at(place) != b'.' {
            return false;
        }
        let end = (place + 1..self.end.min(place + CALL)).find(|&at| !is_name(self.text[at])).unwrap_or(self.end);
        let end = if self.has(end, b"()") { end + 2 } else { end };
        matches!(self.at(end), b')' | b',')
    }

    /// The literal in a call that stands as the first argument of another, which makes a key of it: `SymmetricKey(data:
    /// Data("…".utf8))`.
    fn nested(&self, outer: &[u8], inside: usize, nested: usize) -> Option<usize> {
        // `getTokenOf(new User("…"))` looks something up.
        let looks_up = [&b"get"[..], b"find", b"load", b"read", b"fetch"].iter().any(|verb| outer.starts_with(verb));
        if nested == 0 || looks_up || !holds_any(outer, KEYS) {
            return None;
        }
        // The label of the argument.
        let label = (inside..self.end.min(inside + CALL)).find(|&at| !is_name(self.text[at]))?;
        let value = match self.at(label) {
            b':' | b'=' if LABELS.contains(&&last_part(&self.text[inside..label])[..]) => self.blanks(label + 1),
            b':' | b'=' => return None,
            _ => inside,
        };
        if let Some(quote) = self.opening_quote(value) {
            return Some(quote);
        }
        match self.called_in(value, nested - 1) {
            Called::Literal(quote) => Some(quote),
            _ => None,
        }
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
}

#[cfg(test)]
mod tests {
    use super::{HASHES, WRAPPERS};

    #[test]
    fn names_are_in_order() {
        assert!(WRAPPERS.is_sorted() && HASHES.is_sorted());
    }
}
