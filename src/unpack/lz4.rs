//! LZ4 frames (lz4_Frame_format.md), one after the other. The `lz4_flex` crate decodes one; what lies between frames, and
//! whether the last is whole, is told here.

use std::io::{self, Read};

use lz4_flex::frame::{Error, FrameDecoder};

use super::frames::Passed;
use super::lookahead::Lookahead;

/// What a frame begins with.
pub(super) const MAGIC: &[u8] = &[0x04, 0x22, 0x4d, 0x18];

/// Memory that a frame may take: a block of 4 MiB as stored, two decoded, and a window of 64 KiB.
pub(super) const MEMORY: u64 = 13 << 20;

/// Whether the header of a frame makes sense: version 1, no reserved bit, a size of blocks that there is.
pub(super) fn is_frame(beginning: &[u8]) -> bool {
    match beginning {
        [_, _, _, _, flags, blocks, ..] => flags >> 6 == 1 && flags & 2 == 0 && blocks & 0x8f == 0 && blocks >> 4 >= 4,
        _ => true,
    }
}

/// The content of all frames.
pub(super) struct Frames<'f, R: Read> {
    passed: &'f mut Passed,
    decoder: Option<FrameDecoder<Watched<'f, R>>>,
}

impl<'f, R: Read> Frames<'f, R> {
    pub(super) fn new(input: &'f mut Lookahead<R>, passed: &'f mut Passed) -> Self {
        Frames { passed, decoder: Some(FrameDecoder::new(Watched { inner: input, has_ended: false })) }
    }

    /// Reads on after the end of a frame: with a decoder of its own, since the next may have other blocks. `None` where none follows.
    fn begin(&mut self) -> io::Result<()> {
        let Some(watched) = self.decoder.take().map(FrameDecoder::into_inner) else { return Ok(()) };
        self.passed.take(watched.inner)?;
        if watched.inner.peek(4)? == MAGIC {
            self.decoder = Some(FrameDecoder::new(watched));
        }
        Ok(())
    }
}

impl<R: Read> Read for Frames<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            if buffer.is_empty() {
                return Ok(0);
            }
            match decoder.read(buffer) {
                // The decoder takes an end between two blocks for the end of the frame.
                Ok(0) if decoder.get_ref().has_ended => return Err(super::within::ends_early()),
                Ok(0) => self.begin()?,
                Ok(count) => return Ok(count),
                Err(error) => return Err(with_dictionary(error)),
            }
        }
    }
}

/// The error, or that of a frame that no one can read without what it was made with.
fn with_dictionary(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|error| error.downcast_ref::<Error>()) {
        Some(Error::DictionaryNotSupported) => {
            io::Error::new(io::ErrorKind::Unsupported, "LZ4 with a dictionary of its own")
        }
        _ => error,
    }
}

/// A reader that knows whether it has come to its end.
struct Watched<'f, R> {
    inner: &'f mut Lookahead<R>,
    has_ended: bool,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.has_ended |= count == 0 && !buffer.is_empty();
        Ok(count)
    }
}
