//! LZ4 frames (lz4_Frame_format.md), one after the other. The `lz4_flex` crate decodes one; what lies between frames, and
//! whether the last is whole, is told here.

use std::io::{self, Read};

use lz4_flex::frame::{Error, FrameDecoder};

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
pub(super) struct Frames<R: Read> {
    decoder: Option<FrameDecoder<Watched<R>>>,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(inner: R) -> Self {
        Frames { decoder: Some(FrameDecoder::new(Watched { inner, taken: 0, has_ended: false })) }
    }

    /// Reads on after the end of a frame: with a decoder of its own, since the next may have other blocks.
    fn begin(&mut self) {
        let rest = self.decoder.take().map(FrameDecoder::into_inner);
        self.decoder = rest.map(|rest| FrameDecoder::new(Watched { taken: 0, ..rest }));
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            if buffer.is_empty() {
                return Ok(0);
            }
            match decoder.read(buffer) {
                // The decoder takes an end between two blocks for the end of the frame.
                Ok(0) if decoder.get_ref().has_ended && decoder.get_ref().taken > 0 => {
                    return Err(super::within::ends_early());
                }
                Ok(0) if decoder.get_ref().has_ended => return Ok(0),
                Ok(0) => self.begin(),
                Ok(count) => return Ok(count),
                Err(error) => {
                    let length = skippable(error)?;
                    let passed = io::copy(&mut decoder.get_mut().take(length), &mut io::sink())?;
                    if passed < length {
                        return Err(super::within::ends_early());
                    }
                    self.begin();
                }
            }
        }
    }
}

/// The length of a frame that is to be passed over, where that is what the error says.
fn skippable(error: io::Error) -> io::Result<u64> {
    match error.get_ref().and_then(|error| error.downcast_ref::<Error>()) {
        Some(Error::SkippableFrame(length)) => Ok(u64::from(*length)),
        Some(Error::DictionaryNotSupported) => {
            Err(io::Error::new(io::ErrorKind::Unsupported, "LZ4 with a dictionary of its own"))
        }
        _ => Err(error),
    }
}

/// A reader that knows whether it has come to its end, and whether that is between two frames.
struct Watched<R> {
    inner: R,
    /// Bytes of this frame.
    taken: u64,
    has_ended: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.taken += count as u64;
        self.has_ended |= count == 0 && !buffer.is_empty();
        Ok(count)
    }
}
