//! What stands between a name and its value in a declaration: a type, or the accessors of a property.

use super::{BLANKS, CALL, Join, Lexer, Name, is_blank, is_name, is_quote};

/// Bytes of a type between a name and the operator of its declaration.
const TYPE: usize = 48;
/// Bytes of the tag of a field.
const TAG: usize = 160;

impl Lexer<'_> {
    /// The place behind the operator of a declaration whose type stands between: `string = "…"`, `As String = "…"`,
    /// `constant varchar2(30) := '…'`, `TYPE string VALUE '…'`, `PIC X(20) VALUE '…'`.
    pub(super) fn typed(&self, place: usize) -> Option<usize> {
        let is_type = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'*' | b'[' | b']' | b'.' | b'(' | b')' | b' ' | b'%')
        };
        let limit = self.end.min(place + TYPE);
        // The value is in quotes: in most prose there are none.
        let text = &self.text[place.min(self.end)..self.end.min(limit + BLANKS)];
        memchr::memchr3(b'"', b'\'', b'`', text)?;
        let mut end = place;
        let mut words = 0;
        while end < limit && is_type(self.text[end]) {
            if self.text[end] == b' ' {
                let next = self.blanks(end);
                words += 1;
                if words > 3 {
                    return None;
                }
                if self.has(next, b"value ") && is_quote(self.at(self.blanks(next + 6))) {
                    return Some(next + 6);
                }
                end = next;
                continue;
            }
            end += 1;
        }
        // COBOL may go on below.
        if matches!(self.at(end), b'\n' | b'\r') {
            let next = self.blanks_and_line(end);
            let is_given = self.has(next, b"value ") && is_quote(self.at(self.blanks(next + 6)));
            return is_given.then_some(next + 6);
        }
        if self.at(end) == b'`' {
            return self.default_in_tag(end);
        }
        let operator = end + usize::from(self.at(end) == b':');
        let value = self.blanks(operator + 1);
        let begins = || {
            is_quote(self.at(value))
                || self.at(value) == b'N' && is_quote(self.at(value + 1))
                || self.begins_call(value)
        };
        (end > place && self.at(operator) == b'=' && begins()).then_some(operator + 1)
    }

    /// The default that the tag of a field of Go names: `` `env:"DB_PASS" default:"…"` ``.
    fn default_in_tag(&self, open: usize) -> Option<usize> {
        let rest = &self.text[open + 1..self.end.min(open + TAG)];
        let tag = &rest[..rest.iter().position(|byte| matches!(byte, b'`' | b'\n'))?];
        let labels = [&b"default:\""[..], b"envDefault:\"", b"env-default:\""];
        let at = |label: &&[u8]| Some(memchr::memmem::find(tag, label)? + label.len() - 1);
        labels.iter().find_map(at).map(|at| open + 1 + at)
    }

    /// After `name: Type = "…"` the value stands behind the type.
    pub(super) fn skip_type(&self, value: usize) -> usize {
        let mut place = self.blanks(value);
        let limit = place + TYPE;
        // `&[(&str, &str)]`
        let is_tuple = self.has(place, b"&[(");
        // `[u8; 32]`, `[:0]const u8`
        let mut in_brackets = false;
        // `STRING(40)`
        let mut in_length = false;
        while place < limit {
            match self.at(place) {
                byte if in_length && !byte.is_ascii_digit() && byte != b')' => break,
                b'(' if !is_tuple && self.at(place + 1).is_ascii_digit() => in_length = true,
                b')' if in_length => in_length = false,
                byte if byte.is_ascii_alphanumeric() => {}
                b'_' | b'<' | b'>' | b'.' | b'?' | b'&' | b'\'' | b'|' | b' ' | b'*' => {}
                byte @ (b'[' | b']') => in_brackets = byte == b'[',
                b';' | b':' if in_brackets => {}
                b':' if self.at(place + 1) == b':' => place += 1,
                b'(' | b')' | b',' if is_tuple => {}
                _ => break,
            }
            place += 1;
        }
        if self.at(place) == b':' && self.at(place + 1) == b'=' {
            place += 1;
        }
        let blank = place > value && (is_blank(self.at(place - 1)) || self.at(place - 1) == b':');
        if self.at(place) == b'=' && blank && !matches!(self.at(place + 1), b'=' | b'>') {
            let quote = self.blanks(place + 1);
            let is_list = self.has(quote, b"&[")
                || self.has(quote, b"[\n")
                || self.at(quote) == b'[' && self.at(quote + 1).is_ascii_digit();
            let begins = || self.begins_call(quote) || self.behind_head(quote, Join::Equals).is_some();
            if is_list || is_quote(self.at(quote + 1)) || self.opening_quote(quote).is_some() || begins() {
                return place + 1;
            }
        }
        value
    }

    /// The place behind the operator of a property of C#, whose accessors begin at `place`: `Password { get; set; } = "…"`.
    pub(super) fn behind_accessors(&self, place: usize) -> Option<usize> {
        let close = (place..self.end.min(place + TYPE)).find(|&at| self.text[at] == b'}')?;
        let operator = self.blanks(close + 1);
        let inside = self.text[place + 1..close].trim_ascii();
        (inside.starts_with(b"get;") && self.at(operator) == b'=').then_some(operator + 1)
    }

    /// The place behind a pragma of Nim, which may stand between a name and its operator: `secret {.strdefine.} = "…"`.
    pub(super) fn behind_pragma(&self, place: usize) -> Option<usize> {
        if !self.has(place, b"{.") {
            return None;
        }
        let close = (place..self.end.min(place + TYPE)).find(|&at| self.text[at] == b'}')?;
        (self.text[close - 1] == b'.').then(|| self.blanks(close + 1))
    }

    /// The operator behind the mark at `place` of what a module of Nim exports: `JwtSecret* = "…"`.
    pub(super) fn behind_export(&self, place: usize) -> Option<usize> {
        let operator = self.blanks(place + 1);
        let operator = self.behind_pragma(operator).unwrap_or(operator);
        (operator > place + 1 && matches!(self.at(operator), b'=' | b':')).then_some(operator)
    }

    /// Whether the name of a call stands at `place`, and its bracket behind it.
    fn begins_call(&self, place: usize) -> bool {
        let end = (place..self.end.min(place + TYPE)).find(|&at| !is_name(self.text[at]) && self.text[at] != b':');
        end.is_some_and(|end| end > place && self.text[end] == b'(')
    }

    /// Whether the arguments of a type stand at `place`: `Option<String>`, `Map<&'static str, Vec<u8>>`.
    pub(super) fn is_type(&self, place: usize) -> bool {
        if self.at(place) != b'<'
            || !(self.at(place + 1).is_ascii_alphabetic() || matches!(self.at(place + 1), b'&' | b'?'))
        {
            return false;
        }
        let is_part = |byte: u8| {
            is_name(byte) || matches!(byte, b'<' | b'>' | b',' | b' ' | b'&' | b'\'' | b'?' | b':' | b'[' | b']')
        };
        let end = (place..self.end.min(place + CALL)).find(|&at| !is_part(self.text[at])).unwrap_or(self.end);
        let types = self.text[place..end].trim_ascii_end();
        matches!(types.last(), Some(b'>' | b',')) && !matches!(self.at(end), b'/' | b'"')
    }

    /// The number of names before the last of several that are given values in one statement: `user, ` or `let (host, user, `.
    fn names_before(&self, last: usize) -> Option<usize> {
        let line = self.line_before(last);
        let line = line.strip_suffix(b"$").or_else(|| line.strip_suffix(b"mut")).unwrap_or(line).trim_ascii_end();
        let line = line.strip_suffix(b",")?;
        let open = line.iter().rposition(|byte| matches!(byte, b'(' | b'['));
        let names = &line[open.map_or(0, |open| open + 1)..];
        let is_part = |byte: &u8| is_name(*byte) || is_blank(*byte) || matches!(byte, b',' | b'$' | b'@' | b'*');
        let head = &line[..open.unwrap_or(0)];
        // `f(user, password)` calls; what declares has a blank before its bracket or nothing.
        let declares = head.last().is_none_or(|byte| is_blank(*byte)) && head.iter().all(is_part);
        (declares && names.iter().all(is_part)).then(|| names.iter().filter(|&&byte| byte == b',').count() + 1)
    }

    /// The place behind the operator of `let (user, password) = (…)`, where the bracket at `place` closes the names of which the last
    /// begins at `start`.
    pub(super) fn behind_several(&self, place: usize, start: usize) -> Option<usize> {
        let operator = self.blanks(place + 1);
        let operator = operator + usize::from(self.at(operator) == b':');
        let is_given = self.at(operator) == b'=' && !matches!(self.at(operator + 1), b'=' | b'>' | b'~');
        (is_given && self.names_before(start).is_some()).then_some(operator + 1)
    }

    /// The literal of several that several names are given, for the last of these: `user, password = "robin", "…"`. `value` is where
    /// the first stands. `None` for one name, and within it where the last is given no literal.
    pub(super) fn of_several(&self, name: Name, value: usize) -> Option<Option<usize>> {
        let before = self.names_before(name.start)?;
        let mut place = value + usize::from(matches!(self.at(value), b'(' | b'['));
        for _ in 0..before {
            let after = self.blanks(self.quoted(self.opening_quote(place)?)?.end + 1);
            place = (self.at(after) == b',').then(|| self.blanks_and_line(after + 1))?;
        }
        // An argument that has a name: `f(x,` and below it `user, password="…", host=h`.
        let end = (place..self.end.min(place + CALL)).find(|&at| !is_name(self.text[at]))?;
        let is_named = end > place && self.at(self.blanks(end)) == b'=';
        (!is_named).then(|| self.opening_quote(place).map(|_| place))
    }
}
