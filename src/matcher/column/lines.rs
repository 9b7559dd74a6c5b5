//! Tables of which a row may take several lines, a cell a line: of a wiki, of AsciiDoc, lists of reStructuredText.

use std::ops::Range;

use super::Window;
use super::rows::{Cells, ROWS, bars};
use crate::candidate::Setting;

impl Window<'_> {
    /// `! host !! password`, and rows with `||` between their cells, or with each on a line of its own behind `|`.
    pub(super) fn wiki(&self, name: &Range<usize>, out: Cells<'_>) {
        let Some(header) = self.line(name.start) else { return };
        if self.text[header.start] != b'!' {
            return;
        }
        let column = memchr::memmem::find_iter(&self.text[header.start..name.start], b"!!").count();
        let mut place = 0;
        for row in self.below(&header) {
            let line = &self.text[row.clone()];
            if line.starts_with(b"|}") {
                return;
            }
            let Some(cells) = line.strip_prefix(b"|") else { continue };
            if cells.starts_with(b"-") {
                place = 0;
                continue;
            }
            for cell in split(cells, row.start + 1, b"||") {
                if place == column {
                    self.cell(cell, Setting::Prose, out);
                }
                place += 1;
            }
        }
    }

    /// AsciiDoc: `|===`, a line of names, and cells behind bars, as many to a line as somebody liked.
    pub(super) fn block(&self, name: &Range<usize>, out: Cells<'_>) {
        let Some(header) = self.line(name.start) else { return };
        if !self.above(&header).is_some_and(|above| self.text[above].starts_with(b"|===")) {
            return;
        }
        let columns = bars(&self.text[header.clone()]);
        let column = bars(&self.text[header.start..name.start]);
        // The bars may be parts of cells, all of them.
        if columns == 0 {
            return;
        }
        let mut place = 0;
        for row in self.below(&header) {
            let line = &self.text[row.clone()];
            if line.starts_with(b"|===") {
                return;
            }
            let Some(cells) = line.strip_prefix(b"|") else { continue };
            for cell in split(cells, row.start + 1, b"|") {
                if place % columns + 1 == column {
                    self.cell(cell, Setting::Prose, out);
                }
                place += 1;
            }
        }
    }

    /// reStructuredText: `* - host`, `  - password`, a list whose items are lists of the cells of a row.
    pub(super) fn items(&self, name: &Range<usize>, out: Cells<'_>) {
        let Some(own) = self.line(name.start) else { return };
        // The column is how far down the first row the name stands; no item stands above that row.
        let (mut first, mut column) = (own.clone(), 0);
        loop {
            match self.item(&first) {
                Some((true, _)) => break,
                Some((false, _)) if column < ROWS => column += 1,
                _ => return,
            }
            let Some(above) = self.above(&first) else { return };
            first = above;
        }
        if self.above(&first).is_some_and(|above| self.item(&above).is_some()) {
            return;
        }
        let mut place = column;
        for line in self.below(&own) {
            match self.item(&line) {
                Some((begins, start)) => {
                    place = if begins { 0 } else { place + 1 };
                    // What is left of the header's row is none of its column.
                    if place == column {
                        self.cell(start..line.end, Setting::Prose, out);
                    }
                }
                None if self.text[line.clone()].trim_ascii().is_empty() => return,
                None => {}
            }
        }
    }

    /// Whether a line is an item that begins a row, or another of it, and where its text begins.
    fn item(&self, line: &Range<usize>) -> Option<(bool, usize)> {
        let text = &self.text[line.clone()];
        let blanks = text.len() - text.trim_ascii_start().len();
        let rest = &text[blanks..];
        let begins = rest.starts_with(b"* - ");
        let mark = if begins { 4 } else { 2 };
        (begins || rest.starts_with(b"- ")).then_some((begins, line.start + blanks + mark))
    }

    /// The line above this one.
    fn above(&self, line: &Range<usize>) -> Option<Range<usize>> {
        line.start.checked_sub(1).filter(|&end| end >= self.start).and_then(|end| self.line(end))
    }
}

/// Where the pieces between separators stand, in a text that begins at `start`.
fn split<'t>(text: &'t [u8], start: usize, by: &'static [u8]) -> impl Iterator<Item = Range<usize>> + 't {
    memchr::memmem::find_iter(text, by).chain([text.len()]).scan(start, move |from, end| {
        let piece = *from..start + end;
        *from = piece.end + by.len();
        Some(piece)
    })
}
