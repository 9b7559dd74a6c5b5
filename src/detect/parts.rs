//! Blobs in parts that overlap by more than any candidate can see, and the lines of each part.

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::{ControlFlow, Range};

use super::position::Lines;

/// Bytes of a streamed blob that are judged at a time.
const PART: usize = 8 << 20;
/// Bytes on either side of a part that are judged with it, so that everything reported from the part, and all that
/// overlaps it, has its whole window: twice the longest reach and the bytes that boundaries look at.
pub(super) const MARGIN: usize = 2 * 65_536 + 1_024 + 16;
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

/// The last place up to `place` that lies in no character.
fn before_character(bytes: &[u8], place: usize) -> usize {
    let is_inside = |place: usize| bytes.get(place).is_some_and(|byte| byte & 0xc0 == 0x80);
    (place.saturating_sub(3)..=place).rev().find(|&place| !is_inside(place)).unwrap_or(place)
}

/// What is done with a part; it may ask to be left alone with the rest, and fails where it left some of the part.
pub(super) type Judge<'a> = dyn FnMut(&Part<'_>) -> io::Result<ControlFlow<()>> + 'a;

/// What a blob ends with that was left.
fn left() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "its rest was not read")
}

/// Parts of bytes that are in memory, of `size` bytes each, where `lines` were before them.
///
/// # Errors
/// When `judge` left the rest.
pub(super) fn of_slice(bytes: &[u8], size: usize, mut lines: Lines, judge: &mut Judge<'_>) -> io::Result<()> {
    let mut start = 0;
    loop {
        let end = (start + size).min(bytes.len());
        let from = before_character(bytes, start.saturating_sub(MARGIN));
        let to = (end + MARGIN).min(bytes.len());
        let judged = judge(&Part {
            text: &bytes[from..to],
            beginning: bytes,
            reported: start - from..if end == bytes.len() { usize::MAX } else { end - from },
            is_whole: from == 0 && to == bytes.len(),
            lines,
        })?;
        if end == bytes.len() {
            return Ok(());
        }
        if judged.is_break() {
            return Err(left());
        }
        lines.pass(&bytes[from..before_character(bytes, end.saturating_sub(MARGIN))]);
        start = end;
    }
}

/// Parts of a stream, whose first bytes are kept to tell its kind. Up to `whole` bytes are one part if they are all.
pub(super) fn of_stream(reader: &mut dyn Read, whole: usize, judge: &mut Judge<'_>) -> io::Result<u64> {
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

fn of_reader(reader: &mut dyn Read, whole: usize, buffer: &mut Vec<u8>, judge: &mut Judge<'_>) -> io::Result<u64> {
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
        let judged = judge(&Part {
            text: buffer,
            beginning: &beginning,
            reported: start..if ended { usize::MAX } else { end },
            is_whole: first && ended,
            lines,
        })?;
        if ended {
            return failure.map_or(Ok(total), Err);
        }
        if judged.is_break() {
            return Err(left());
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
