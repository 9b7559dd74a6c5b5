//! gzip and zstd for those who open archives themselves: what stands beside the content is kept for them.

use std::io::{self, Read};

use super::codec;
use super::fill;
use super::frames::Passed;
use super::gzip::Gzip;
use super::lookahead::Lookahead;
use super::magic::{self, Format};
use crate::origin::TextKind;

/// Bytes behind the end that are kept.
const REST: u64 = 16 << 20;

/// What stands beside the content of a compressed stream.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// Names and comments in headers, frames that decoders pass over, and what follows the end.
    pub(crate) texts: Vec<(TextKind, Vec<u8>)>,
    /// Whether there was more than is kept.
    pub(crate) is_cut: bool,
}

/// Has `read` take what a stream holds, of zstd or else of gzip, to its end. What it came to, and what stands beside.
pub(crate) fn decode_alone(
    is_zstd: bool,
    stored: impl Read,
    memory: u64,
    read: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
) -> (io::Result<()>, Beside) {
    let mut input = Lookahead::new(stored);
    let mut beside = Beside::default();
    let outcome = if is_zstd {
        let mut passed = Passed::default();
        let outcome = match codec::open_alone(Format::Zstd, &mut input, memory, &mut passed) {
            Ok(mut decoder) => read(&mut *decoder),
            Err(error) => Err(error),
        };
        beside.is_cut = passed.is_cut;
        beside.texts.extend(passed.frames.into_iter().map(|frame| (TextKind::Comment, frame)));
        outcome.and_then(|()| take_rest(input, &mut beside))
    } else {
        let mut gzip = match Gzip::new(input) {
            Ok(gzip) => gzip,
            Err(error) => return (Err(error), beside),
        };
        let outcome = read(&mut gzip);
        let mut said = std::mem::take(&mut gzip.said);
        beside.is_cut = said.is_cut;
        beside.texts.push((TextKind::FileName, said.names));
        beside.texts.extend(said.remarks.take().map(|remark| (TextKind::Comment, remark)));
        outcome.and_then(|()| take_rest(gzip.into_rest(), &mut beside))
    };
    beside.texts.retain(|(_, text)| !text.is_empty());
    (outcome, beside)
}

/// What follows the end is read, and is a fault unless it is noughts.
fn take_rest(mut rest: impl Read, beside: &mut Beside) -> io::Result<()> {
    let mut bytes = Vec::new();
    beside.is_cut |= !fill(&mut rest, &mut bytes, REST)?;
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    beside.texts.push((TextKind::Comment, bytes));
    Err(io::Error::new(io::ErrorKind::InvalidData, "more follows the end of what is compressed"))
}

/// Whether bytes begin an archive that is not opened, which [`super::walk`] tells of.
pub(crate) fn is_closed(beginning: &[u8]) -> bool {
    magic::detect(beginning, false).is_some_and(|format| format.loss().is_some())
}
