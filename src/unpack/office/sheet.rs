//! Spreadsheets of Office Open XML: the rows of a sheet, whose texts stand in a list that all sheets share.

use std::ops::Range;

use super::markup::{Lines, Piece, Pieces, attribute};
use super::shown::Shown;

/// Stands in a row for a shared text: texts have no such byte.
const SHARED: u8 = 0x1a;

/// Empty cells before one that says its column, at most.
const GAP: usize = 128;

/// The rows of a sheet, with the numbers of the shared texts in their order.
pub(super) struct Sheet {
    rows: Vec<u8>,
    shared: Vec<u32>,
}

/// The texts that sheets share.
#[derive(Default)]
pub(super) struct Strings {
    texts: Vec<u8>,
    ends: Vec<u32>,
    /// Which of them a sheet has shown.
    shown: Vec<bool>,
}

impl Sheet {
    /// Reads a sheet; the places of the texts that are read go into `taken`.
    pub(super) fn read(bytes: &[u8], taken: &mut Vec<Range<usize>>) -> Self {
        let mut shown = Shown::default();
        let mut shared = Vec::new();
        let (mut is_cell_shared, mut is_value, mut passed) = (false, false, 0_usize);
        let mut column = 0;
        for piece in Pieces::of(bytes) {
            match piece {
                Piece::Start { name: b"f" | b"rPh", .. } => passed += 1,
                Piece::End(b"f" | b"rPh") => passed = passed.saturating_sub(1),
                Piece::Start { name: b"row", .. } => {
                    shown.begin_row();
                    column = 0;
                }
                Piece::End(b"row") => shown.end_row(),
                Piece::Start { name: b"c", attributes } => {
                    let at = attribute(attributes, b"r").and_then(column_of).unwrap_or(column);
                    (0..at.saturating_sub(column).min(GAP)).for_each(|_| shown.byte(b'\t'));
                    column = at.max(column) + 1;
                    is_cell_shared = attribute(attributes, b"t") == Some(b"s");
                    shown.begin_cell();
                }
                Piece::End(b"c") => shown.end_cell(1),
                Piece::Start { name: b"v" | b"t", .. } => is_value = true,
                Piece::End(b"v" | b"t") => is_value = false,
                Piece::Text { place, .. } if is_value && is_cell_shared && passed == 0 => {
                    let number = std::str::from_utf8(bytes[place].trim_ascii()).ok().and_then(|text| text.parse().ok());
                    if let Some(number) = number {
                        shown.byte(SHARED);
                        shared.push(number);
                    }
                }
                Piece::Text { place, is_escaped } if is_value && passed == 0 => {
                    shown.text(&bytes[place.clone()], is_escaped, Lines::Kept);
                    taken.push(place);
                }
                _ => {}
            }
        }
        Sheet { rows: shown.finish(), shared }
    }

    /// Bytes of it.
    pub(super) fn size(&self) -> usize {
        self.rows.len() + 4 * self.shared.len()
    }

    /// The rows with their shared texts, `most` bytes at most; and whether that is all.
    pub(super) fn text(&self, strings: &mut Strings, most: usize) -> (Vec<u8>, bool) {
        let mut shown = Shown::default();
        let mut shared = self.shared.iter();
        for row in self.rows.split_inclusive(|byte| *byte == b'\n') {
            let row = row.strip_suffix(b"\n").unwrap_or(row);
            shown.begin_row();
            for cell in row.split(|byte| *byte == b'\t') {
                shown.begin_cell();
                for &byte in cell {
                    match byte {
                        SHARED => {
                            if shown.length() > most {
                                return (shown.finish(), false);
                            }
                            let text = shared.next().and_then(|&number| strings.show(number));
                            shown.text(text.unwrap_or_default(), false, Lines::Kept);
                        }
                        byte => shown.byte(byte),
                    }
                }
                shown.end_cell(1);
            }
            shown.end_row();
        }
        (shown.finish(), true)
    }
}

impl Strings {
    /// Reads the list; the places of the texts that are read go into `taken`.
    pub(super) fn read(bytes: &[u8], taken: &mut Vec<Range<usize>>) -> Self {
        let mut strings = Strings::default();
        let (mut is_text, mut passed) = (false, 0_usize);
        for piece in Pieces::of(bytes) {
            match piece {
                // How a text is pronounced.
                Piece::Start { name: b"rPh", .. } => passed += 1,
                Piece::End(b"rPh") => passed = passed.saturating_sub(1),
                Piece::Start { name: b"t", .. } => is_text = true,
                Piece::End(b"t") => is_text = false,
                Piece::End(b"si") => strings.ends.push(strings.texts.len() as u32),
                Piece::Text { place, is_escaped } if is_text && passed == 0 => {
                    super::markup::push_text(&mut strings.texts, &bytes[place.clone()], is_escaped, Lines::Kept);
                    taken.push(place);
                }
                _ => {}
            }
        }
        strings.shown = vec![false; strings.ends.len()];
        strings
    }

    fn show(&mut self, number: u32) -> Option<&[u8]> {
        let number = number as usize;
        *self.shown.get_mut(number)? = true;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.texts.get(start..self.ends[number] as usize)
    }

    /// Those that no sheet has shown, a line each.
    pub(super) fn others(&self) -> Vec<u8> {
        let mut others = Vec::new();
        let mut start = 0;
        for (&end, &is_shown) in self.ends.iter().zip(&self.shown) {
            if !is_shown {
                others.extend_from_slice(&self.texts[start..end as usize]);
                others.push(b'\n');
            }
            start = end as usize;
        }
        others
    }
}

/// The number of the column in the name of a cell, from 0: `B7`, `AA12`.
fn column_of(cell: &[u8]) -> Option<usize> {
    let letters = cell.iter().take(3).take_while(|byte| byte.is_ascii_alphabetic());
    let number = letters.fold(0, |number, letter| number * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}
