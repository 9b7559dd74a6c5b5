//! Names in elements of XML and HTML: which text or attribute has the value that belongs to them.

use std::ops::Range;

use super::join::BETWEEN;
use super::{Join, Lexer, Name, VALUE, holds, is_name, is_quote};

/// Elements that mark words of a sentence.
const MARKS: [&[u8]; 8] = [b"b", b"strong", b"code", b"em", b"i", b"kbd", b"samp", b"tt"];

impl Lexer<'_> {
    /// The text of an element behind the closing tag at `place`: `</key>` and then `<string>`, `</name>` and `<value>`.
    pub(super) fn next_element(&self, place: usize) -> Option<usize> {
        let close = (place..self.end.min(place + 24)).find(|&at| self.text[at] == b'>')?;
        self.value_element(close + 1)
    }

    pub(super) fn value_element(&self, place: usize) -> Option<usize> {
        let place = self.blanks_and_line(place);
        if self.at(place) != b'<' {
            return None;
        }
        // A prefix may stand before it: `<con:value>`, `<customfieldvalue>`.
        let is_part = |byte: u8| is_name(byte) || byte == b':';
        let end = (place + 1..self.end.min(place + 24)).find(|&at| !is_part(self.text[at])).unwrap_or(place);
        let name = self.text[place..end].to_ascii_lowercase();
        if self.at(end) == b'>' && name.ends_with(b"value") {
            return Some(end + 1);
        }
        // One of several, within an element for all: `<customfieldvalues><customfieldvalue>`.
        if self.at(end) == b'>' && name.ends_with(b"values") {
            let first = self.blanks_and_line(end + 1);
            let value = [&name[..name.len() - 1], b">"].concat();
            return self.has(first, &value).then_some(first + value.len());
        }
        if self.has(place, b"<value ") || self.has(place, b"<stringProp name=\"Argument.value\"") {
            return (place..self.end.min(place + 64)).find(|&at| self.text[at] == b'>').map(|close| close + 1);
        }
        // The next cell, or what a term stands for.
        if self.has(place, b"<td ") {
            return (place..self.end.min(place + 64)).find(|&at| self.text[at] == b'>').map(|close| close + 1);
        }
        let cell = [&b"<string>"[..], b"<data>", b"<td>", b"<dd>"].into_iter().find(|tag| self.has(place, tag));
        cell.map(|tag| place + tag.len())
    }

    /// The text of the element whose tag ends at `place`, which holds the name as its own or as an attribute.
    pub(super) fn element(&self, place: usize, name: Name) -> Option<usize> {
        if !self.begins_element(name) && !name.quoted || self.text[place - 1] == b'/' {
            return None;
        }
        // `<a href="/account/password">here</a>`: the text of a link says where it leads.
        if self.at_before(name.start, 1) == b'/' && holds(self.line_before(name.start), b"href=") {
            return None;
        }
        let value = self.value_element(place + 1).unwrap_or(place + 1);
        Some(if self.has(value, b"<![CDATA[") { value + 9 } else { value })
    }

    /// Whether a name stands behind `<`, or behind `<` and a prefix: `<wsse:Password`.
    pub(super) fn begins_element(&self, name: Name) -> bool {
        let before = &self.text[name.start.saturating_sub(24).max(self.start)..name.start];
        let tag = before.strip_suffix(b":").unwrap_or(before);
        let prefix = tag.iter().rev().take_while(|&&byte| is_name(byte)).count();
        (prefix == 0 || tag.len() < before.len()) && tag[..tag.len() - prefix].ends_with(b"<")
    }

    /// The value of the column behind that of a name in a row of Liquibase: `<column name="KEY" value="smtp.password"/>` and below it
    /// `<column name="VALUE" value="…"/>`.
    pub(super) fn next_column(&self, place: usize) -> Option<usize> {
        let column = self.blanks_and_line(place);
        let name = column + b"<column name=\"".len();
        let close = (name..self.end.min(name + 24)).find(|&at| !is_name(self.text[at]))?;
        let is_value =
            self.has(column, b"<column name=\"") && self.text[name..close].to_ascii_lowercase().ends_with(b"value");
        (is_value && self.has(close, b"\" value=")).then_some(close + 8)
    }

    /// The text of an element with more attributes than the quoted name, or what follows a quoted name and a blank.
    pub(super) fn attributes(&self, place: usize, name: Name) -> Option<(Join, usize)> {
        if !self.at(place).is_ascii_alphabetic() {
            return None;
        }
        let in_tag =
            |byte: u8| is_name(byte) || matches!(byte, b'=' | b'"' | b'\'' | b'\\' | b':' | b'/' | b'#' | b' ');
        let close = (place..self.end.min(place + BETWEEN)).find(|&at| !in_tag(self.text[at]))?;
        // `<Environment name="dbPassword" type="java.lang.String" value="…"/>`
        let value = memchr::memmem::find(&self.text[place..close], b" value=").map(|at| place + at + 7);
        if let Some(value) = value.filter(|&value| is_quote(self.at(value)) && self.is_attribute(name.start)) {
            return Some((Join::Equals, value));
        }
        if self.text[close] != b'>' || self.text[close - 1] == b'/' {
            return None;
        }
        Some((Join::Element, self.value_element(close + 1).unwrap_or(close + 1)))
    }

    /// The text of an element that marks words of a sentence, where the sentence is the text of another and so escaped:
    /// `password &lt;tt&gt;…&lt;/tt&gt;`.
    pub(super) fn escaped_element(&self, place: usize) -> Option<Range<usize>> {
        if !self.has(place, b"&lt;") {
            return None;
        }
        let name = place + b"&lt;".len();
        let end = (name..self.end.min(name + 8)).find(|&at| !self.text[at].is_ascii_lowercase())?;
        let is_mark = MARKS.contains(&&self.text[name..end]) && self.has(end, b"&gt;");
        let value = end + b"&gt;".len();
        let rest = &self.text[value.min(self.end)..self.end.min(value + VALUE)];
        let close = memchr::memmem::find(rest, b"&lt;/").filter(|_| is_mark)?;
        Some(self.trim(value..value + close))
    }
}
