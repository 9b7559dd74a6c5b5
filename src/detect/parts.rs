//! Blobs in parts that overlap by more than any candidate can see, and the lines of each part.

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::Range;

use super::Position;

/// Bytes of a streamed blob that are judged at a time.
const PART: usize = 8 << 20;
/// Bytes on either side of a part that are judged with it, so that everything reported from the part, and all that
/// overlaps it, has its whole window: twice the longest reach and the bytes that boundaries look at.
const MARGIN: usize = 2 * 65_536 + 1_024 + 16;
/// Slices are judged whole up to this size; spans are 32 bits wide.
pub(super) const SLICE: usize = 1 << 30;

/// One part of a blob.
pub(super) struct Part<'a> {
    /// The bytes, with margins.
    pub text: &'a [u8],
    /// The first bytes of the blob.
    pub beginning: &'a [u8],
    /// Finds that begin in this range of `text` are this part's.
    pub reported: Range<usize>,
    /// Whether it is the whole blob.
    pub is_whole: bool,
    /// Where the part begins.
    pub lines: Lines,
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
    fn pass(&mut self, bytes: &[u8]) {
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

/// The last place up to `place` that lies in no character.
fn before_character(bytes: &[u8], place: usize) -> usize {
    let is_inside = |place: usize| bytes.get(place).is_some_and(|byte| byte & 0xc0 == 0x80);
    (place.saturating_sub(3)..=place).rev().find(|&place| !is_inside(place)).unwrap_or(place)
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

/// Parts of bytes that are in memory: one, unless they are more than spans can hold.
pub(super) fn of_slice(bytes: &[u8], judge: &mut dyn FnMut(&Part<'_>)) {
    let mut lines = Lines::default();
    let mut start = 0;
    loop {
        let end = (start + SLICE).min(bytes.len());
        let from = before_character(bytes, start.saturating_sub(MARGIN));
        let to = (end + MARGIN).min(bytes.len());
        judge(&Part {
            text: &bytes[from..to],
            beginning: bytes,
            reported: start - from..if end == bytes.len() { usize::MAX } else { end - from },
            is_whole: from == 0 && to == bytes.len(),
            lines,
        });
        if end == bytes.len() {
            return;
        }
        lines.pass(&bytes[from..before_character(bytes, end.saturating_sub(MARGIN))]);
        start = end;
    }
}

/// Parts of a stream, whose first bytes are kept to tell its kind. Up to `whole` bytes are one part if they are all.
pub(super) fn of_stream(reader: &mut dyn Read, whole: usize, judge: &mut dyn FnMut(&Part<'_>)) -> io::Result<u64> {
    let mut buffer = BUFFER.take();
    buffer.clear();
    // At once: growing up to it would copy what is there again and again.
    buffer.reserve(PART + 2 * MARGIN);
    let result = of_reader(reader, whole, &mut buffer, judge);
    if buffer.capacity() <= 2 * PART {
        BUFFER.set(buffer);
    }
    result
}

thread_local! {
    /// Memory for one part, kept from stream to stream: getting and clearing it anew costs as much as judging it. A
    /// stream that is judged while another one is gets memory of its own.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

fn of_reader(
    reader: &mut dyn Read,
    whole: usize,
    buffer: &mut Vec<u8>,
    judge: &mut dyn FnMut(&Part<'_>),
) -> io::Result<u64> {
    let mut lines = Lines::default();
    let mut failure = None;
    let mut beginning = Vec::new();
    let mut start = 0;
    let mut total = 0u64;
    loop {
        let first = total == 0;
        let mut wanted = PART + 2 * MARGIN - buffer.len().min(PART + MARGIN);
        if first {
            wanted = PART + MARGIN;
        }
        let mut ended = fill(reader, buffer, wanted, &mut total, &mut failure);
        if first {
            beginning = buffer[..buffer.len().min(super::BEGINNING)].to_vec();
            // Text in 16-bit units is decoded as a whole.
            if !ended && super::utf16::detect(&beginning).is_some() {
                ended = fill(reader, buffer, whole, &mut total, &mut failure);
            }
        }
        let end = if ended { buffer.len() } else { buffer.len() - MARGIN };
        judge(&Part {
            text: buffer,
            beginning: &beginning,
            reported: start..if ended { usize::MAX } else { end },
            is_whole: first && ended,
            lines,
        });
        if ended {
            return failure.map_or(Ok(total), Err);
        }
        let keep = before_character(buffer, end.saturating_sub(MARGIN));
        lines.pass(&buffer[..keep]);
        buffer.drain(..keep);
        start = end - keep;
    }
}

/// Appends up to `wanted` bytes; true at the end of the stream or at an error, which is kept.
fn fill(
    reader: &mut dyn Read,
    buffer: &mut Vec<u8>,
    wanted: usize,
    total: &mut u64,
    failure: &mut Option<io::Error>,
) -> bool {
    let before = buffer.len();
    let result = reader.take(wanted as u64).read_to_end(buffer);
    let read = buffer.len() - before;
    *total += read as u64;
    if let Err(cause) = result {
        *failure = Some(cause);
        return true;
    }
    read < wanted
}
