//! A text as its reader sees it: a line for each paragraph, the cells of a row on one line with tabs between them. What stands aside
//! (a note, a box, all lines of a cell that has several) follows below.

use super::markup::{Lines, push_text};

/// Cells that are put in where a row says only how many there are, at most.
const FILLED: usize = 64;

/// Lines of a cell that stand in its row; one of more stands aside alone.
const LINES: usize = 3;

/// A text that is put together.
#[derive(Default)]
pub(super) struct Shown {
    text: Vec<u8>,
    aside: Vec<u8>,
    asides: usize,
    /// Rows within each other that are open; those in a cell are lines of it.
    rows: usize,
    row_start: usize,
    cell_start: usize,
    /// Cells of the row that the ones below it are filled up to: a table's rows end with their last cell that is not empty.
    width: usize,
}

impl Shown {
    /// Bytes of it, as yet.
    pub(super) fn length(&self) -> usize {
        self.text.len() + self.aside.len()
    }

    /// All of it.
    pub(super) fn finish(mut self) -> Vec<u8> {
        while self.asides > 0 {
            self.end_aside();
        }
        self.begin_line();
        if !self.aside.is_empty() {
            if !self.text.is_empty() {
                self.text.push(b'\n');
            }
            self.text.append(&mut self.aside);
        }
        self.text
    }

    pub(super) fn text(&mut self, text: &[u8], is_escaped: bool, lines: Lines) {
        push_text(&mut self.text, text, is_escaped, lines);
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.text.push(byte);
    }

    pub(super) fn blanks(&mut self, count: usize) {
        self.text.resize(self.text.len() + count.min(FILLED), b' ');
    }

    pub(super) fn tab(&mut self) {
        self.text.push(if self.rows > 0 { b' ' } else { b'\t' });
    }

    pub(super) fn begin_paragraph(&mut self) {
        self.begin_line();
        if self.rows == 0 && self.asides == 0 {
            self.width = 0;
        }
    }

    pub(super) fn end_paragraph(&mut self) {
        self.text.push(b'\n');
    }

    /// Ends a line that has begun.
    fn begin_line(&mut self) {
        // The next cell of a row in a cell begins on the line of the one before it.
        let is_begun = self.text.last().is_some_and(|&byte| byte != b'\n' && (byte != b'\t' || self.rows == 0));
        if is_begun && self.text.len() > self.least() {
            self.text.push(b'\n');
        }
    }

    /// Where the text begins that may still change.
    fn least(&self) -> usize {
        if self.rows > 0 && self.asides == 0 { self.cell_start.min(self.text.len()) } else { 0 }
    }

    /// Whether what comes is in a row that is none of a cell's own.
    fn is_in_row(&self) -> bool {
        self.rows == 1 && self.asides == 0
    }

    pub(super) fn begin_row(&mut self) {
        self.begin_line();
        self.rows += 1;
        if self.is_in_row() {
            (self.row_start, self.cell_start) = (self.text.len(), self.text.len());
        }
    }

    pub(super) fn end_row(&mut self) {
        if self.is_in_row() {
            let start = self.row_start.min(self.text.len());
            while self.text.len() > start && self.text.last() == Some(&b'\t') {
                self.text.pop();
            }
            let row = &self.text[start..];
            let cells = if row.is_empty() { 0 } else { memchr::memchr_iter(b'\t', row).count() + 1 };
            match (cells, self.width) {
                (0, _) => self.width = 0,
                (2.., 0) => self.width = cells,
                (cells, width) => {
                    let filled = self.text.len() + width.saturating_sub(cells).min(FILLED);
                    self.text.resize(filled, b'\t');
                }
            }
        }
        self.text.push(b'\n');
        self.rows = self.rows.saturating_sub(1);
    }

    pub(super) fn begin_cell(&mut self) {
        if self.is_in_row() {
            self.cell_start = self.text.len();
        }
    }

    /// Ends a cell that stands for so many.
    pub(super) fn end_cell(&mut self, count: usize) {
        let start = self.least();
        while self.text.len() > start && self.text.last() == Some(&b'\n') {
            self.text.pop();
        }
        if self.is_in_row() {
            self.settle_cell(start);
        }
        self.text.resize(self.text.len() + count.clamp(1, FILLED), b'\t');
        if self.is_in_row() {
            self.cell_start = self.text.len();
        }
    }

    /// Makes one line of those of the cell that begins at `start`.
    fn settle_cell(&mut self, start: usize) {
        let cell = &mut self.text[start..];
        let breaks = memchr::memchr_iter(b'\n', cell).count();
        if memchr::memchr2(b'\n', b'\t', cell).is_some() {
            self.aside.extend_from_slice(cell);
            self.aside.push(b'\n');
            cell.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\t')).for_each(|byte| *byte = b' ');
        }
        if breaks >= LINES {
            self.text.truncate(start);
        }
    }

    pub(super) fn begin_aside(&mut self) {
        if self.asides == 0 {
            std::mem::swap(&mut self.text, &mut self.aside);
        }
        self.asides += 1;
        if self.asides == 1 {
            self.begin_line();
        }
    }

    pub(super) fn end_aside(&mut self) {
        if self.asides == 1 {
            self.begin_line();
            std::mem::swap(&mut self.text, &mut self.aside);
        }
        self.asides = self.asides.saturating_sub(1);
    }
}
