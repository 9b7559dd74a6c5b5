//! Where in a file: lines and columns counted, as far as a part of it goes.

use std::ops::Range;

/// Where a found secret lies in its file, in bytes and lines of the file as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Offset of the first byte.
    pub offset: u64,
    /// Line from 1 and column in bytes from 1 of the first byte.
    pub start: (u64, u64),
    /// Line from 1 and column in bytes from 1 after the last byte.
    pub end: (u64, u64),
    /// Columns from 1 of both in UTF-16 code units, as editors and code-scanning services count.
    pub utf16_columns: (u64, u64),
}

impl Position {
    /// That of a range of a file which is whole in memory.
    pub fn of(file: &[u8], range: &Range<usize>) -> Self {
        Lines::default().counter(file).position(range)
    }
}

/// Offset and line at which a part begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lines {
    /// Bytes before the part.
    pub offset: u64,
    /// Line ends before the part.
    pub newlines: u64,
    /// Bytes from the last line end before the part to the part.
    pub column: u64,
    /// The same in UTF-16 code units.
    pub units: u64,
}

impl Lines {
    /// Moves on over some bytes.
    pub fn pass(&mut self, bytes: &[u8]) {
        let mark = self.byte_order_mark(bytes);
        (self.column, self.units) = match memchr::memrchr(b'\n', bytes) {
            Some(last) => ((bytes.len() - last - 1) as u64, utf16_units(&bytes[last + 1..])),
            None => (self.column + bytes.len() as u64, self.units + utf16_units(&bytes[mark..])),
        };
        self.offset += bytes.len() as u64;
        self.newlines += count_newlines(bytes);
    }

    /// Length of the mark that a text may begin with, which is no character of its first line.
    fn byte_order_mark(self, bytes: &[u8]) -> usize {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        if self.offset == 0 && bytes.starts_with(MARK) { MARK.len() } else { 0 }
    }

    /// Counts lines in the part's text, for places that come in order.
    pub fn counter(self, text: &[u8]) -> Counter<'_> {
        let counted = self.byte_order_mark(text);
        Counter { text, base: self, place: 0, newlines: self.newlines, line_start: None, counted, units: self.units }
    }
}

fn count_newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// UTF-16 code units of a text; what is no UTF-8 counts as the replacement characters that are shown for it.
fn utf16_units(bytes: &[u8]) -> u64 {
    if bytes.is_ascii() {
        return bytes.len() as u64;
    }
    let of_chunk = |chunk: std::str::Utf8Chunk<'_>| {
        chunk.valid().chars().map(char::len_utf16).sum::<usize>() + usize::from(!chunk.invalid().is_empty())
    };
    bytes.utf8_chunks().map(of_chunk).sum::<usize>() as u64
}

/// Lines of places that come in order.
pub(super) struct Counter<'a> {
    text: &'a [u8],
    base: Lines,
    place: usize,
    newlines: u64,
    /// Where the line of `place` begins, if it does in this text.
    line_start: Option<usize>,
    /// Up to here UTF-16 code units are counted.
    counted: usize,
    /// UTF-16 code units from the start of the line to there.
    units: u64,
}

impl Counter<'_> {
    /// The position of a range that begins no earlier than the one before.
    pub fn position(&mut self, range: &Range<usize>) -> Position {
        let passed = &self.text[self.place..range.start];
        self.newlines += count_newlines(passed);
        // Only what was passed is looked at: a file of one long line has thousands of places.
        self.line_start = memchr::memrchr(b'\n', passed).map(|last| self.place + last + 1).or(self.line_start);
        self.place = range.start;
        self.units = self.units_at(range.start);
        self.counted = self.counted.max(range.start);
        let inside = &self.text[range.clone()];
        let end_line_start = memchr::memrchr(b'\n', inside).map(|last| range.start + last + 1).or(self.line_start);
        Position {
            offset: self.base.offset + range.start as u64,
            start: (self.newlines + 1, self.column(range.start, self.line_start)),
            end: (self.newlines + count_newlines(inside) + 1, self.column(range.end, end_line_start)),
            utf16_columns: (self.units + 1, self.units_at(range.end) + 1),
        }
    }

    /// UTF-16 code units before a place on its line.
    fn units_at(&self, place: usize) -> u64 {
        let rest = &self.text[self.counted.min(place)..place];
        match memchr::memrchr(b'\n', rest) {
            Some(last) => utf16_units(&rest[last + 1..]),
            None => self.units + utf16_units(rest),
        }
    }

    fn column(&self, place: usize, line_start: Option<usize>) -> u64 {
        match line_start {
            Some(start) => (place - start) as u64 + 1,
            None => self.base.column + place as u64 + 1,
        }
    }
}
