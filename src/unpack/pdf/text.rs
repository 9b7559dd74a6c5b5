//! The text that a page's content shows (ISO 32000-1, 9.4), with blanks and lines where it is moved.

use std::collections::HashMap;
use std::rc::Rc;

use super::font::Font;
use super::syntax::{Lexer, Object};

/// Operands of one operator that are kept.
const OPERANDS: usize = 1 << 12;

/// A character is no wider than this on the average, in parts of the font's size.
const WIDE: f64 = 0.6;

/// A gap of so much more is a blank.
const GAP: f64 = 0.4;

/// In a list of strings, a shift back by so many thousandths of the font's size is a blank.
const SHIFT: f64 = -180.0;

/// Fonts by their names in a content.
pub(super) type Fonts = HashMap<Vec<u8>, Rc<Font>>;

/// What a content shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: Vec<u8>,
    /// Whether there is text in a font that does not say what its codes are.
    pub(super) is_unreadable: bool,
    /// Whether something in it does not parse.
    pub(super) is_damaged: bool,
    /// Whether there was more than is taken.
    pub(super) is_cut: bool,
}

/// Reads a content; no more than `most` bytes of text.
pub(super) fn shown(content: &[u8], fonts: &Fonts, most: usize) -> Shown {
    let latin = Rc::new(Font::Bytes(Vec::new()));
    let mut page = Reader {
        shown: Shown::default(),
        font: latin.clone(),
        size: 1.0,
        scale: 1.0,
        at: (0.0, 0.0),
        length: 0,
        is_other_font: false,
    };
    let mut lexer = Lexer::new(content, 0);
    let mut operands: Vec<Object<'_>> = Vec::new();
    loop {
        lexer.pass_blanks();
        if lexer.rest().is_empty() {
            break;
        }
        let Some(object) = lexer.next() else {
            page.shown.is_damaged = true;
            lexer.at += 1;
            continue;
        };
        let Object::Word(operator) = object else {
            if operands.len() < OPERANDS {
                operands.push(object);
            }
            continue;
        };
        match operator {
            b"Tf" => {
                if let [.., Object::Name(name), Object::Number(size)] = operands.as_slice() {
                    let font = fonts.get(*name).cloned().unwrap_or_else(|| latin.clone());
                    page.is_other_font |= !Rc::ptr_eq(&font, &page.font);
                    page.font = font;
                    page.size = size.abs();
                }
            }
            b"ID" => lexer.at += image_length(lexer.rest()),
            operator => page.take(operator, &operands),
        }
        operands.clear();
        if page.shown.text.len() > most {
            page.shown.text.truncate(most);
            page.shown.is_cut = true;
            break;
        }
    }
    page.shown
}

struct Reader {
    shown: Shown,
    font: Rc<Font>,
    size: f64,
    /// Of the text's own space.
    scale: f64,
    /// Where the line at hand began.
    at: (f64, f64),
    /// Characters since then.
    length: usize,
    /// Whether the font has changed since the last string: a word has one, so that a move then ends it, however small.
    is_other_font: bool,
}

impl Reader {
    fn take(&mut self, operator: &[u8], operands: &[Object<'_>]) {
        let numbers = || operands.iter().filter_map(Object::number);
        match operator {
            b"Tj" => self.show_all(operands),
            b"'" | b"\"" => {
                self.line();
                self.show_all(operands);
            }
            b"TJ" => {
                for part in operands.iter().filter_map(Object::list).flatten() {
                    match part {
                        Object::Number(shift) if *shift < SHIFT => self.blank(),
                        part => self.show_all(std::slice::from_ref(part)),
                    }
                }
            }
            b"Td" | b"TD" => {
                if let [x, y] = numbers().collect::<Vec<_>>()[..] {
                    self.shift(x, y);
                }
            }
            b"Tm" => {
                if let [a, b, _, _, x, y] = numbers().collect::<Vec<_>>()[..] {
                    let scale = a.hypot(b);
                    self.scale = if scale > 0.0 { scale } else { 1.0 };
                    let (was_x, was_y) = self.at;
                    self.shift((x - was_x) / self.scale, (y - was_y) / self.scale);
                    self.at = (x, y);
                }
            }
            b"T*" | b"ET" => self.line(),
            b"BT" => self.scale = 1.0,
            // What stands for the text where it is copied.
            b"BDC" => {
                let properties = operands.iter().filter_map(Object::dictionary);
                let texts = properties.filter_map(|properties| properties.get(b"ActualText"));
                for text in texts.filter_map(|text| if let Object::Text(text) = text { Some(text) } else { None }) {
                    self.line();
                    match text.strip_prefix(b"\xfe\xff") {
                        Some(units) => drop(Font::Utf16.read(units, &mut self.shown.text)),
                        None => self.shown.text.extend_from_slice(text),
                    }
                    self.line();
                }
            }
            _ => {}
        }
    }

    /// Moves on from where the line at hand began.
    fn shift(&mut self, x: f64, y: f64) {
        if y.abs() > self.size * 0.3 {
            self.line();
        } else if x < 0.0 || self.is_other_font && x > 0.0 || x > self.size * (self.length as f64 * WIDE + GAP) {
            self.blank();
        }
        self.at = (self.at.0 + x * self.scale, self.at.1 + y * self.scale);
        self.length = 0;
    }

    fn show_all(&mut self, operands: &[Object<'_>]) {
        for operand in operands {
            if let Object::Text(string) = operand {
                self.length += self.font.length(string);
                self.is_other_font = false;
                self.shown.is_unreadable |= !self.font.read(string, &mut self.shown.text);
            }
        }
    }

    fn blank(&mut self) {
        if self.shown.text.last().is_some_and(|last| !last.is_ascii_whitespace()) {
            self.shown.text.push(b' ');
        }
    }

    fn line(&mut self) {
        if self.shown.text.last().is_some_and(|last| *last != b'\n') {
            self.shown.text.push(b'\n');
        }
    }
}

/// How long the samples of a picture are that stands in a content: up to a word `EI`.
fn image_length(rest: &[u8]) -> usize {
    let is_end = |at: &usize| {
        let before = at.checked_sub(1).map(|before| rest[before]);
        let after = rest.get(at + 2);
        before.is_some_and(|byte| byte.is_ascii_whitespace()) && after.is_none_or(|byte| byte.is_ascii_whitespace())
    };
    memchr::memmem::find_iter(rest, b"EI").find(is_end).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &[u8]) -> String {
        String::from_utf8(shown(content, &Fonts::new(), 1 << 20).text).unwrap()
    }

    #[test]
    fn strings_are_put_together_as_they_are_shown() {
        let content =
            b"BT /F1 12 Tf 72 700 Td (pass) Tj [(wo) -12 (rd:) -333 (a\\(b)] TJ 0 -14 Td <6e657874> Tj T* (x) ' ET";
        assert_eq!(text(content), "password: a(b\nnext\nx\n");
        // A character at a time, as browsers write it.
        assert_eq!(text(b"BT /F 10 Tf (a) Tj 5.5 0 Td (b) Tj 14 0 Td (c) Tj ET"), "ab c\n");
        let two = Fonts::from([(b"A".to_vec(), Rc::new(Font::Bytes(vec![])))]);
        let change = shown(b"BT /B 10 Tf (the) Tj /A 10 Tf 19 0 Td (word) Tj /B 10 Tf (s) Tj ET", &two, 100);
        assert_eq!(change.text, b"the words\n");
        assert_eq!(text(b"BT 12 0 0 12 50 700 Tm /F 1 Tf (a) Tj 12 0 0 12 50 686 Tm (b) Tj ET"), "a\nb\n");
    }

    #[test]
    fn a_picture_within_and_a_fault_do_not_end_it() {
        assert_eq!(text(b"BI /W 1 ID \x00(EI( EI (a) Tj >> ] (b) Tj"), "ab");
        let damaged = shown(b"(a) Tj <41 (b) Tj", &Fonts::new(), 1 << 20);
        assert_eq!((&damaged.text[..], damaged.is_damaged), (&b"ab"[..], true));
    }
}
