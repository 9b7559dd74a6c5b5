//! Frames of zstd and LZ4, as far as it takes to keep what their decoders pass over (RFC 8878, 3.1.1 and 3.1.2; lz4_Frame_format.md).

use std::io::{self, BufRead, Read};

use super::lookahead::Lookahead;
use super::within::{ends_early, read_buffered};

/// Bytes of frames that are kept.
const BYTES: usize = 16 << 20;
/// Frames that are kept.
const FRAMES: usize = 4_096;

/// Longest header of a frame.
const HEADER: usize = 18;
/// What a frame of zstd begins with.
pub(super) const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What stands in frames that are to be passed over.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) frames: Vec<Vec<u8>>,
    bytes: usize,
    /// Whether there was more than is kept.
    pub(super) is_cut: bool,
    /// What a decoder read and had no use for.
    pub(super) unread: Vec<u8>,
}

impl Passed {
    /// Takes the frames that are to be passed over and stand here.
    ///
    /// # Errors
    /// That of the input; `UnexpectedEof` where it ends within one.
    pub(super) fn take<R: Read>(&mut self, input: &mut Lookahead<R>) -> io::Result<()> {
        while let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d] = *input.peek(8)? {
            input.pass(8)?;
            let length = u64::from(u32::from_le_bytes([a, b, c, d]));
            let room = if self.frames.len() < FRAMES { (BYTES - self.bytes) as u64 } else { 0 };
            let mut frame = Vec::new();
            let kept = input.by_ref().take(length.min(room)).read_to_end(&mut frame)? as u64;
            self.is_cut |= length > room;
            self.bytes += frame.len();
            if kept > 0 {
                self.frames.push(frame);
            }
            input.pass(length - kept).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => ends_early(),
                _ => error,
            })?;
        }
        Ok(())
    }
}

/// What is due next in frames of zstd.
#[derive(Debug, Clone, Copy)]
enum Next {
    Frame,
    Block,
    Checksum,
    /// Whatever is there: it is not understood, and the decoder says so.
    Anything,
}

/// The frames of zstd that hold content, one after the other, for a decoder. Ends where no frame follows one.
pub(super) struct Frames<'f, R> {
    input: &'f mut Lookahead<R>,
    passed: &'f mut Passed,
    /// Bytes to hand on before something is due.
    left: u64,
    next: Next,
    has_checksum: bool,
}

impl<'f, R: Read> Frames<'f, R> {
    pub(super) fn new(input: &'f mut Lookahead<R>, passed: &'f mut Passed) -> Self {
        Frames { input, passed, left: 0, next: Next::Frame, has_checksum: false }
    }

    /// Looks at what is due; `false` at the end.
    fn go_on(&mut self) -> io::Result<bool> {
        match self.next {
            Next::Frame => {
                self.passed.take(self.input)?;
                let header = self.input.peek(HEADER)?;
                if !header.starts_with(&ZSTD) {
                    return Ok(false);
                }
                (self.left, self.next) = match header_of(header) {
                    Some((length, has_checksum)) => {
                        self.has_checksum = has_checksum;
                        (length as u64, Next::Block)
                    }
                    None => (0, Next::Anything),
                };
            }
            Next::Block => {
                let Some(&[a, b, c]) = self.input.peek(3)?.first_chunk() else {
                    self.next = Next::Anything;
                    return Ok(true);
                };
                let block = u32::from_le_bytes([a, b, c, 0]);
                // One byte is repeated in blocks of the second kind.
                let size = if block >> 1 & 3 == 1 { 1 } else { block >> 3 };
                self.left = 3 + u64::from(size);
                self.next = if block & 1 == 1 { Next::Checksum } else { Next::Block };
            }
            Next::Checksum => {
                self.left = if self.has_checksum { 4 } else { 0 };
                self.next = Next::Frame;
            }
            Next::Anything => self.left = u64::MAX,
        }
        Ok(true)
    }
}

/// Length of the header of a frame with this descriptor, its magic and this byte included (RFC 8878, 3.1.1.1).
pub(super) fn header_length(descriptor: u8) -> usize {
    let is_single_segment = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content_size = [usize::from(is_single_segment), 2, 4, 8][usize::from(descriptor >> 6)];
    5 + usize::from(!is_single_segment) + dictionary + content_size
}

/// Length of a frame's header, and whether a checksum follows its blocks.
fn header_of(header: &[u8]) -> Option<(usize, bool)> {
    let descriptor = *header.strip_prefix(&ZSTD)?.first()?;
    let length = header_length(descriptor);
    (header.len() >= length).then_some((length, descriptor & 4 != 0))
}

impl<R: Read> BufRead for Frames<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.left == 0 {
            if !self.go_on()? {
                return Ok(&[]);
            }
        }
        let available = self.input.fill_buf()?;
        let count = available.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        Ok(&available[..count])
    }

    fn consume(&mut self, count: usize) {
        self.input.consume(count);
        self.left = self.left.saturating_sub(count as u64);
    }
}

impl<R: Read> Read for Frames<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, buffer)
    }
}
