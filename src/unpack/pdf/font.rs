//! What the codes of a PDF's font stand for: its own map to Unicode (ISO 32000-1, 9.10.3), else the names of its glyphs, else
//! the bytes themselves.

use std::rc::Rc;

use super::syntax::{Lexer, Object};

/// Units of UTF-16 that one code may stand for.
const LONGEST: usize = 16;

/// Entries of a map that are read.
const MOST: usize = 1 << 17;

/// How a font's strings are read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Font {
    /// A byte is a character of Latin-1; some are others.
    Bytes(Vec<(u8, char)>),
    Mapped(Rc<Map>),
    /// Two bytes are a character of UTF-16.
    Utf16,
    /// Nothing says which characters its codes are.
    Unknown,
}

/// Codes to text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Map {
    /// Bytes of a code.
    width: usize,
    /// From a code to another one: the text of the first, of which the last unit rises with the code.
    ranges: Vec<(u32, u32, Vec<u16>)>,
}

impl Font {
    /// Adds the text of a string; `false` where nothing says what it is.
    pub(super) fn read(&self, string: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Font::Bytes(others) => {
                for byte in string {
                    let other = others.binary_search_by_key(byte, |(code, _)| *code);
                    push(out, other.map_or_else(|_| char::from(*byte), |at| others[at].1));
                }
            }
            Font::Mapped(map) => map.read(string, out),
            Font::Utf16 => push_units(out, string.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]))),
            Font::Unknown => return string.is_empty(),
        }
        true
    }

    /// Characters in a string, to guess how wide it is.
    pub(super) fn length(&self, string: &[u8]) -> usize {
        match self {
            Font::Bytes(_) => string.len(),
            Font::Mapped(map) => string.len() / map.width.max(1),
            Font::Utf16 | Font::Unknown => string.len() / 2,
        }
    }
}

impl Map {
    /// Reads a `ToUnicode` map. `width` is that of the font's codes where the map does not say it.
    pub(super) fn parse(text: &[u8], width: usize) -> Map {
        let mut map = Map { width, ranges: Vec::new() };
        let mut lexer = Lexer::new(text, 0);
        let mut operands: Vec<Object<'_>> = Vec::new();
        while let Some(object) = lexer.next() {
            match object {
                Object::Word(b"endcodespacerange") => {
                    let widths =
                        operands.iter().filter_map(text_of).map(<[u8]>::len).filter(|width| (1..=4).contains(width));
                    map.width = widths.max().unwrap_or(map.width);
                }
                Object::Word(b"endbfchar") => {
                    for pair in operands.chunks_exact(2) {
                        if let [code, Object::Text(units)] = pair {
                            map.add(code, code, units);
                        }
                    }
                }
                Object::Word(b"endbfrange") => {
                    for range in operands.chunks_exact(3) {
                        match range {
                            [from, to, Object::Text(units)] => map.add(from, to, units),
                            [Object::Text(from), _, Object::List(list)] => {
                                for (code, units) in (code(from)..).zip(list.iter().filter_map(text_of)) {
                                    map.push(code, code, units);
                                }
                            }
                            _ => {}
                        }
                    }
                }
                Object::Word(_) => {}
                operand if operands.len() < MOST => {
                    operands.push(operand);
                    continue;
                }
                _ => continue,
            }
            operands.clear();
        }
        map.ranges.sort_by_key(|(from, ..)| *from);
        map
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Entries.
    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    fn add(&mut self, from: &Object<'_>, to: &Object<'_>, units: &[u8]) {
        if let (Some(from), Some(to)) = (text_of(from), text_of(to)) {
            self.push(code(from), code(to), units);
        }
    }

    fn push(&mut self, from: u32, to: u32, units: &[u8]) {
        if self.ranges.len() < MOST {
            let units =
                units.chunks_exact(2).take(LONGEST).map(|unit| u16::from_be_bytes([unit[0], unit[1]])).collect();
            self.ranges.push((from, to, units));
        }
    }

    fn read(&self, string: &[u8], out: &mut Vec<u8>) {
        for code_bytes in string.chunks(self.width.max(1)) {
            let code = code(code_bytes);
            let after = self.ranges.partition_point(|(from, ..)| *from <= code);
            match after.checked_sub(1).map(|at| &self.ranges[at]) {
                Some((from, to, units)) if code <= *to => {
                    let last = units.len().saturating_sub(1);
                    let rise = (code - from) as u16;
                    let rise_at = |at: usize| if at == last { rise } else { 0 };
                    push_units(out, units.iter().enumerate().map(|(at, unit)| unit.wrapping_add(rise_at(at))));
                }
                // Of a font of single bytes these are mostly the characters themselves.
                _ if self.width <= 1 => push(out, char::from(code_bytes[0])),
                _ => push(out, char::REPLACEMENT_CHARACTER),
            }
        }
    }
}

/// The characters that `Differences` puts in the place of bytes: numbers, each followed by the names of glyphs from there on.
pub(super) fn differences(list: &[Object<'_>]) -> Vec<(u8, char)> {
    let mut others: Vec<(u8, char)> = Vec::new();
    let mut code = 0_usize;
    for object in list {
        if let Some(number) = object.count() {
            code = number;
        } else if let Some(name) = object.name() {
            if let (Ok(code), Some(character)) = (u8::try_from(code), glyph(name)) {
                others.push((code, character));
            }
            code = code.saturating_add(1);
        }
    }
    others.sort_by_key(|(code, _)| *code);
    others.dedup_by_key(|(code, _)| *code);
    others
}

/// The character of a glyph's name: those of ASCII, and `uni0041` (Adobe Glyph List Specification, 2 and 4).
fn glyph(name: &[u8]) -> Option<char> {
    const NAMES: &str = "space exclam quotedbl numbersign dollar percent ampersand quotesingle parenleft parenright asterisk \
        plus comma hyphen period slash zero one two three four five six seven eight nine colon semicolon less equal greater \
        question at";
    const AFTER_LETTERS: [(&str, char); 13] = [
        ("bracketleft", '['),
        ("backslash", '\\'),
        ("bracketright", ']'),
        ("asciicircum", '^'),
        ("underscore", '_'),
        ("grave", '`'),
        ("braceleft", '{'),
        ("bar", '|'),
        ("braceright", '}'),
        ("asciitilde", '~'),
        ("quoteright", '\''),
        ("quoteleft", '`'),
        ("minus", '-'),
    ];
    let name = std::str::from_utf8(name).ok()?;
    let name = name.split('.').next().unwrap_or(name);
    if let [letter] = name.as_bytes()
        && letter.is_ascii_alphabetic()
    {
        return Some(char::from(*letter));
    }
    let before =
        NAMES.split_ascii_whitespace().zip(' '..).find(|(known, _)| *known == name).map(|(_, character)| character);
    before.or_else(|| AFTER_LETTERS.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)).or_else(
        || {
            let digits = name.strip_prefix("uni").or_else(|| name.strip_prefix('u'))?;
            char::from_u32(u32::from_str_radix(digits.get(..4)?, 16).ok()?)
        },
    )
}

fn text_of<'o>(object: &'o Object<'_>) -> Option<&'o [u8]> {
    if let Object::Text(text) = object { Some(text) } else { None }
}

fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |code, byte| code << 8 | u32::from(*byte))
}

fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn push_units(out: &mut Vec<u8>, units: impl Iterator<Item = u16>) {
    for character in char::decode_utf16(units) {
        push(out, character.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_by_the_map_of_their_font() {
        let map = Map::parse(
            b"1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfchar <0003> <0020> endbfchar
              2 beginbfrange <0024> <003d> <0041> <0050> <0051> [<00660069> <0078>] endbfrange",
            1,
        );
        let mut out = Vec::new();
        assert!(Font::Mapped(Rc::new(map)).read(&[0, 0x24, 0, 0x25, 0, 3, 0, 0x50, 0, 0x51, 9, 9], &mut out));
        assert_eq!(out, "AB fix\u{fffd}".as_bytes());
    }

    #[test]
    fn names_of_glyphs_are_characters() {
        let list = [
            Object::Number(1.0),
            Object::Name(b"g"),
            Object::Name(b"underscore"),
            Object::Name(b"seven"),
            Object::Name(b"uni0040"),
        ];
        assert_eq!(differences(&list), [(1, 'g'), (2, '_'), (3, '7'), (4, '@')]);
        assert_eq!(glyph(b"at"), Some('@'));
        assert_eq!(glyph(b"space"), Some(' '));
    }
}
