//! Compressions that are streams: opened by format, within a limit of memory.

use std::io::{self, BufRead, Read};

use super::frames::{self, Frames, Passed, ZSTD};
use super::gzip::{Gzip, InflateReader};
use super::lookahead::Lookahead;
use super::lz4;
use super::magic::Format;

/// Whether the blob is what its magic says, as far as its beginning shows.
pub(super) fn is_genuine(format: Format, beginning: &[u8]) -> bool {
    match format {
        Format::Gzip => {
            // Damage before the first byte that comes out.
            let decoded = Gzip::new(beginning).and_then(|gzip| io::copy(&mut gzip.take(1), &mut io::sink()));
            decoded.err().is_none_or(|error| error.kind() != io::ErrorKind::InvalidInput)
        }
        Format::Zstd => is_zstd_frame(beginning),
        Format::Lz4 => lz4::is_frame(beginning),
        // The stream header: six bytes of magic, two of flags and their CRC-32 (The .xz File Format, 2.1.1).
        Format::Xz => match beginning {
            [_, _, _, _, _, _, flags, kind, a, b, c, d, ..] => {
                crc32fast::hash(&[*flags, *kind]) == u32::from_le_bytes([*a, *b, *c, *d])
            }
            _ => true,
        },
        _ => true,
    }
}

/// Whether a frame header and the header of its first block make sense (RFC 8878, sections 3.1.1.1 and 3.1.1.2).
fn is_zstd_frame(beginning: &[u8]) -> bool {
    // A frame to be passed over has no form of its own.
    let Some(&descriptor) = beginning.strip_prefix(&ZSTD).and_then(<[u8]>::first) else { return true };
    let reserved = descriptor & 8 != 0;
    let block = frames::header_length(descriptor);
    let Some([a, b, c]) = beginning.get(block..block + 3) else { return !reserved };
    let block = u32::from_le_bytes([*a, *b, *c, 0]);
    !reserved && block >> 1 & 3 != 3 && block >> 3 <= 128 << 10
}

/// A decoder for everything but gzip, which has a name and a rest.
pub(super) fn open<'a>(format: Format, input: impl BufRead + 'a, memory: u64) -> io::Result<Box<dyn Read + 'a>> {
    match format {
        Format::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            // zstd takes windows from 2^10 to 2^31.
            decoder.window_log_max(memory.max(1).ilog2().clamp(10, 31))?;
            Ok(Box::new(decoder))
        }
        Format::Xz => Ok(Box::new(lzma_rust2::XzReader::new_mem_limit(input, true, kibibytes(memory)))),
        Format::Zlib => Ok(Box::new(flate2::bufread::ZlibDecoder::new(input))),
        Format::Bzip2 => Ok(Box::new(bzip2::bufread::MultiBzDecoder::new(input))),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// [`open`] for what stands alone: frames that decoders pass over are kept.
pub(super) fn open_alone<'a, R: Read>(
    mut format: Format,
    input: &'a mut Lookahead<R>,
    memory: u64,
    passed: &'a mut Passed,
) -> io::Result<Box<dyn Read + 'a>> {
    // Such frames tell nothing of those that follow.
    passed.take(input)?;
    if format == Format::Zstd && input.peek(4)? == lz4::MAGIC {
        format = Format::Lz4;
    }
    match format {
        // Frames that are passed over, and nothing else.
        Format::Zstd if input.peek(4)? != ZSTD => Ok(Box::new(io::empty())),
        Format::Zstd => open(format, Frames::new(input, passed), memory),
        Format::Lz4 if memory < lz4::MEMORY => Err(io::ErrorKind::OutOfMemory.into()),
        Format::Lz4 => Ok(Box::new(lz4::Frames::new(input, passed))),
        Format::Lzma => {
            let reader = lzma_rust2::LzmaReader::new_mem_limit(input, kibibytes(memory), None)?;
            Ok(Box::new(Lzma { reader: Some(reader), unread: &mut passed.unread }))
        }
        _ => open(format, input, memory),
    }
}

fn kibibytes(memory: u64) -> u32 {
    u32::try_from(memory >> 10).unwrap_or(u32::MAX)
}

/// LZMA, whose decoder reads ahead: what it had no use for is given back at its end.
struct Lzma<'a, R> {
    reader: Option<lzma_rust2::LzmaReader<&'a mut Lookahead<R>>>,
    unread: &'a mut Vec<u8>,
}

impl<R: Read> Read for Lzma<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.as_mut().map_or(Ok(0), |reader| reader.read(buffer))
    }
}

impl<R> Drop for Lzma<'_, R> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            *self.unread = reader.into_parts().1;
        }
    }
}

/// A decoder for a method of zip's (APPNOTE.TXT 4.4.5); `size` is that of the decoded bytes.
pub(super) fn open_zip_method<'a>(
    method: u16,
    mut input: impl BufRead + 'a,
    size: u64,
    memory: u64,
) -> io::Result<Box<dyn Read + 'a>> {
    match method {
        0 => Ok(Box::new(input)),
        8 => Ok(Box::new(InflateReader { input, inflate: super::gzip::Inflate::new() })),
        9 => Ok(Box::new(deflate64::Deflate64Decoder::with_buffer(input))),
        12 => open(Format::Bzip2, input, memory),
        14 => {
            // Two bytes of version, the length of the properties, then those (APPNOTE.TXT 5.8.8).
            let mut header = [0; 9];
            input.read_exact(&mut header)?;
            let [_, _, 5, 0, properties, a, b, c, d] = header else {
                return Err(io::ErrorKind::Unsupported.into());
            };
            let dictionary = u32::from_le_bytes([a, b, c, d]);
            if u64::from(dictionary) > memory {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
            let decoder = lzma_rust2::LzmaReader::new_with_props(input, size, properties, dictionary, None)?;
            Ok(Box::new(decoder))
        }
        93 => open(Format::Zstd, input, memory),
        95 => open(Format::Xz, input, memory),
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, format!("compression method {method}"))),
    }
}
