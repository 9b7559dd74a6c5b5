//! What stands between a name and its value in a declaration: a type, or the accessors of a property.

use super::{Lexer, is_blank, is_name, is_quote};

/// Bytes of a type between a name and the operator of its declaration.
const TYPE: usize = 48;

impl Lexer<'_> {
    /// The place behind the operator of a declaration whose type stands between: `string = "…"`, `As String = "…"`,
    /// `constant varchar2(30) := '…'`, `TYPE string VALUE '…'`, `PIC X(20) VALUE '…'`.
    pub(super) fn typed(&self, place: usize) -> Option<usize> {
        let is_type = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'*' | b'[' | b']' | b'.' | b'(' | b')' | b' ' | b'%')
        };
        let limit = self.end.min(place + TYPE);
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
        let operator = end + usize::from(self.at(end) == b':');
        let value = self.blanks(operator + 1);
        let quoted = is_quote(self.at(value)) || self.at(value) == b'N' && is_quote(self.at(value + 1));
        (end > place && self.at(operator) == b'=' && quoted).then_some(operator + 1)
    }

    /// After `name: Type = "…"` the value stands behind the type.
    pub(super) fn skip_type(&self, value: usize) -> usize {
        let mut place = self.blanks(value);
        let limit = place + 48;
        while place < limit
            && (self.at(place).is_ascii_alphanumeric()
                || matches!(
                    self.at(place),
                    b'_' | b'<' | b'>' | b'.' | b'?' | b'&' | b'\'' | b'[' | b']' | b'|' | b' ' | b'*'
                ))
        {
            place += 1;
        }
        if self.at(place) == b':' && self.at(place + 1) == b'=' {
            place += 1;
        }
        let blank = place > value && (is_blank(self.at(place - 1)) || self.at(place - 1) == b':');
        if self.at(place) == b'=' && blank && !matches!(self.at(place + 1), b'=' | b'>') {
            let quote = self.blanks(place + 1);
            let is_list = self.has(quote, b"&[") || self.has(quote, b"[\n");
            if is_list || is_quote(self.at(quote)) || is_quote(self.at(quote + 1)) || self.begins_call(quote) {
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

    /// Whether the name of a call stands at `place`, and its bracket behind it.
    fn begins_call(&self, place: usize) -> bool {
        let end = (place..self.end.min(place + TYPE)).find(|&at| !is_name(self.text[at]) && self.text[at] != b':');
        end.is_some_and(|end| end > place && self.text[end] == b'(')
    }
}
