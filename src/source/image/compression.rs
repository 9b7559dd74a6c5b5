//! How layers and image tars are compressed, told by their first bytes: all that Docker and containerd take.

use std::io::{self, BufRead, Read};

/// Bytes that tell a compression.
pub(super) const HEAD: usize = 8;

/// Largest window of a zstd frame, a power of two: 128 MiB, what the command line tool accepts.
pub(super) const ZSTD_WINDOW: u64 = 128 << 20;

/// Memory for the window of an xz stream, in KiB: twice what the highest level of the command line tool takes.
const XZ_MEMORY: u32 = 128 << 10;

/// A compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

impl Compression {
    /// That of what begins so; `None` of what is plain, or is compressed in no known way.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, 0x08, ..] => Some(Compression::Gzip),
            // Skippable frames come first in some seekable formats.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            // The magic of the file, the level, the magic of its first block.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Some(Compression::Bzip2),
            _ => None,
        }
    }

    /// The plain bytes.
    pub fn decoder<'i>(self, stored: impl BufRead + Send + 'i) -> io::Result<Box<dyn Read + Send + 'i>> {
        Ok(match self {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(stored)),
            Compression::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(stored)?;
                decoder.window_log_max(ZSTD_WINDOW.ilog2())?;
                Box::new(decoder)
            }
            Compression::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(stored, true, XZ_MEMORY)),
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(stored)),
        })
    }
}
