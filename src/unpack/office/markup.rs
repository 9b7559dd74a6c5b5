//! XML read from front to back, as far as documents of Office need it: tags, texts and the characters that these write as
//! entities. It is lenient, declares nothing, and ends where a tag does not.

use std::ops::Range;

/// Longest entity, in bytes: `&#x10ffff;`.
const ENTITY: usize = 10;

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A tag that opens an element, with its attributes; one that closes itself is followed by its end.
    Start {
        name: &'a [u8],
        attributes: &'a [u8],
    },
    End(&'a [u8]),
    /// Where a text stands, and whether it has entities.
    Text {
        place: Range<usize>,
        is_escaped: bool,
    },
}

/// The pieces of a file. Names are without their prefixes, which are each producer's own.
pub(super) struct Pieces<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The element that has just been opened and is closed by the same tag.
    closing: Option<&'a [u8]>,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Pieces { bytes, at: 0, closing: None }
    }

    /// Passes over what ends with a mark; all of the rest where that is missing.
    fn behind(&mut self, mark: &[u8]) -> usize {
        let end = memchr::memmem::find(&self.bytes[self.at..], mark);
        let end = end.map_or(self.bytes.len(), |end| self.at + end);
        self.at = self.bytes.len().min(end + mark.len());
        end
    }

    /// The tag that begins here; `None` where it has no end.
    fn tag(&mut self) -> Option<Piece<'a>> {
        let start = self.at + 1;
        let mut end = start;
        loop {
            end += memchr::memchr3(b'>', b'"', b'\'', &self.bytes[end..])?;
            match self.bytes[end] {
                b'>' => break,
                quote => end += 2 + memchr::memchr(quote, &self.bytes[end + 1..])?,
            }
        }
        self.at = end + 1;
        let tag = &self.bytes[start..end];
        if let Some(name) = tag.strip_prefix(b"/") {
            return Some(Piece::End(local(name.trim_ascii_end())));
        }
        let is_empty = tag.ends_with(b"/");
        let tag = tag.strip_suffix(b"/").unwrap_or(tag);
        let (name, attributes) =
            tag.split_at(tag.iter().position(|byte| byte.is_ascii_whitespace()).unwrap_or(tag.len()));
        let name = local(name);
        self.closing = is_empty.then_some(name);
        Some(Piece::Start { name, attributes })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        const CDATA: &[u8] = b"<![CDATA[";
        if let Some(name) = self.closing.take() {
            return Some(Piece::End(name));
        }
        loop {
            let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
            match rest {
                [b'<', b'!', b'-', b'-', ..] => _ = self.behind(b"-->"),
                [b'<', b'?', ..] => _ = self.behind(b"?>"),
                _ if rest.starts_with(CDATA) => {
                    let start = self.at + CDATA.len();
                    return Some(Piece::Text { place: start..self.behind(b"]]>"), is_escaped: false });
                }
                [b'<', b'!', ..] => _ = self.behind(b">"),
                [b'<', next, ..] if next.is_ascii_alphabetic() || matches!(next, b'/' | b'_') || !next.is_ascii() => {
                    return self.tag();
                }
                _ => {
                    // A bracket that opens no tag is text.
                    let end = memchr::memchr(b'<', &rest[1..]).map_or(rest.len(), |end| end + 1);
                    let place = self.at..self.at + end;
                    self.at = place.end;
                    return Some(Piece::Text { place, is_escaped: true });
                }
            }
        }
    }
}

/// A name without its prefix.
fn local(name: &[u8]) -> &[u8] {
    memchr::memchr(b':', name).map_or(name, |colon| &name[colon + 1..])
}

/// The value of an attribute, by its name without a prefix.
pub(super) fn attribute<'a>(mut attributes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    loop {
        let equals = memchr::memchr(b'=', attributes)?;
        let this = local(attributes[..equals].trim_ascii());
        let value = attributes[equals + 1..].trim_ascii_start();
        let (quote, value) = value.split_first()?;
        let end = memchr::memchr(*quote, value)?;
        if this == name {
            return Some(&value[..end]);
        }
        attributes = &value[end + 1..];
    }
}

/// Appends what a text says. Blanks and lines become what `lines` makes of them, and what no text has becomes a blank.
pub(super) fn push_text(out: &mut Vec<u8>, text: &[u8], is_escaped: bool, lines: Lines) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'&' if is_escaped => {
                let (character, length) = entity(&text[at..]).unwrap_or(('&', 1));
                at += length;
                match u8::try_from(character) {
                    Ok(byte) if byte.is_ascii() => push_byte(out, byte, lines),
                    _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                }
                continue;
            }
            byte => push_byte(out, byte, lines),
        }
        at += 1;
    }
}

/// What becomes of line ends in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// They are blanks.
    Blanks,
    Kept,
}

fn push_byte(out: &mut Vec<u8>, byte: u8, lines: Lines) {
    out.push(match byte {
        b'\n' if lines == Lines::Kept => b'\n',
        0..b' ' | 0x7f => b' ',
        byte => byte,
    });
}

/// The character that a text writes as an entity, and how long that is.
fn entity(text: &[u8]) -> Option<(char, usize)> {
    let end = memchr::memchr(b';', &text[..text.len().min(ENTITY)])?;
    let character = match &text[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    };
    Some((character, end + 1))
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    let digits =
        std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut out = String::new();
        for piece in Pieces::of(text.as_bytes()) {
            match piece {
                Piece::Start { name, .. } => out.push_str(&format!("({}", String::from_utf8_lossy(name))),
                Piece::End(_) => out.push(')'),
                Piece::Text { place, is_escaped } => {
                    let mut said = Vec::new();
                    push_text(&mut said, &text.as_bytes()[place], is_escaped, Lines::Blanks);
                    out.push_str(&format!("'{}'", String::from_utf8_lossy(&said)));
                }
            }
        }
        out
    }

    #[test]
    fn tags_texts_and_what_is_passed_over() {
        for (text, said) in [
            ("<?xml version='1.0'?><!DOCTYPE a><w:a b='>'>x<!-- <t>y</t> --><c/>z</w:a>", "(a'x'(c)'z')"),
            ("<a>1 &lt; 2 &#38;&#x41;&quot;&#xe9;&nbsp;&#0;&</a>", "(a'1 < 2 &A\"\u{e9}&nbsp; &')"),
            ("<a><![CDATA[<b>&amp;]]></a>", "(a'<b>&amp;')"),
            ("a < b\nc", "'a ''< b c'"),
            ("<a>x<b c=\"", "(a'x'"),
            ("<a><!-- x", "(a"),
            ("</a></ b >", "))"),
        ] {
            assert_eq!(shown(text), said, "{text}");
        }
    }

    #[test]
    fn attributes_are_found_by_their_names() {
        let attributes = b" r=\"B2\" x:kind = 'a=b' s=''";
        for (name, value) in [("r", "B2"), ("kind", "a=b"), ("s", "")] {
            assert_eq!(attribute(attributes, name.as_bytes()), Some(value.as_bytes()), "{name}");
        }
        assert_eq!([attribute(attributes, b"t"), attribute(b" r=", b"r"), attribute(b" r=\"a", b"r")], [None; 3]);
    }
}
