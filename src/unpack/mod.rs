//! Archives opened: bytes in, more blobs out, by magic bytes, under one budget for a top-level blob. Nothing is written
//! to disk, and a member's name is never used as a path.

mod alone;
mod ar;
mod budget;
mod codec;
mod cpio;
mod entries;
mod frames;
mod gzip;
mod lookahead;
mod lz4;
mod magic;
mod name;
mod office;
mod pdf;
mod png;
mod remarks;
mod repository;
mod tar;
mod walker;
mod watch;
mod within;
mod zip;
mod zip_walker;

#[cfg(test)]
mod tests;

use std::io::{self, Read};

use crate::blob::{Blob, Content, Item, Reason, Skip};
use crate::origin::{Origin, Step};
pub(crate) use alone::{Beside, decode_alone, is_closed};
use budget::{Budget, Input, TOP};
use magic::Format;
pub(crate) use name::{NAMELESS, content_name};
pub(crate) use repository::{Repositories, Taker, part_of, rebuild};
use walker::{Held, Place, Walker};
pub(crate) use within::read_within;

/// The budget of one top-level blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Archives within archives, at most; 0 opens none, and no more than [`Limits::DEEPEST`] are ever opened. A
    /// compressed tar is one.
    pub depth: u32,
    /// Members, all depths together.
    pub members: u64,
    /// Bytes that come out for each byte that went in, at most, beyond a free allowance of 64 MiB.
    pub ratio: u64,
    /// Bytes held in memory for what needs random access (a zip's directory) or a window. What is nested is given half of
    /// what its archive had, so that all together stay below twice this.
    pub memory: u64,
}

impl Limits {
    /// Nesting that is opened at most, so that a thread's stack suffices.
    pub const DEEPEST: u32 = 48;
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 8, members: 1_000_000, ratio: 1_000, memory: 256 << 20 }
    }
}

/// Bytes of a stream that are held while it is opened: small members are handed on whole.
const HOLD: u64 = 256 << 10;

/// Pushes a blob's leaves: the blob itself where it is no archive, else its members, theirs, and so on, with a skip for
/// all that could not be opened.
///
/// Streams handed to `visit` never fail: what stops them is recorded here, as a skip that follows. The one exception is
/// a top-level stream that is no archive, which fails as it failed for its source. `stopped` is asked as an archive is read,
/// and says that nobody wants more: what is left of it is then recorded as [`crate::blob::Reason::TimedOut`].
pub fn walk(blob: Blob<'_>, limits: &Limits, stopped: &dyn Fn() -> bool, visit: &mut dyn FnMut(Item<'_>)) {
    let Blob { origin, content } = blob;
    match content {
        Content::Bytes(bytes) => match magic::detect(bytes, true) {
            None => visit(Item::Blob(Blob::bytes(origin, bytes))),
            Some(format) => {
                let budget = Budget::new(limits, bytes.len() as u64, stopped);
                open(&origin, format, Held { bytes, rest: None }, &budget, visit);
            }
        },
        // Names are no archive, nor is what is rendered.
        content @ (Content::Texts(_) | Content::Rendered(_)) => visit(Item::Blob(Blob { origin, content })),
        Content::Stream(reader) => walk_stream((origin, reader), limits, stopped, visit),
        Content::Version(version) => match magic::detect(version.bytes, true) {
            None => visit(Item::Blob(Blob { origin, content: Content::Version(version) })),
            Some(_) => {
                version.carry.clear();
                walk(Blob::bytes(origin, version.bytes), limits, stopped, visit);
            }
        },
    }
}

/// Pushes a blob as it is, followed by a skip where it is an archive: for those who want none opened. A stream that fails does
/// so for whoever reads it.
pub fn leave_closed(blob: Blob<'_>, visit: &mut dyn FnMut(Item<'_>)) {
    let Blob { origin, content } = blob;
    let format = match content {
        Content::Stream(reader) => {
            let mut beginning = Vec::new();
            let filled = fill(reader, &mut beginning, magic::ENOUGH as u64);
            let format = filled.as_ref().ok().and_then(|ended| magic::detect(&beginning, *ended));
            let mut whole = beginning.chain(Broken(filled.err())).chain(reader);
            visit(Item::Blob(Blob::stream(origin.clone(), &mut whole)));
            format
        }
        content => {
            let format = match &content {
                Content::Bytes(bytes) => magic::detect(bytes, true),
                Content::Version(version) => magic::detect(version.bytes, true),
                Content::Stream(_) | Content::Texts(_) | Content::Rendered(_) => None,
            };
            visit(Item::Blob(Blob { origin: origin.clone(), content }));
            format
        }
    };
    let Some(format) = format else { return };
    let loss = format.loss();
    let is_archive = format.is_opened() || loss.is_some();
    // A layer is no archive that somebody left closed: it is the content itself.
    let loss = loss.filter(|_| matches!(origin.last(), Step::Layer { .. }));
    let left_closed = || is_archive.then(|| (Reason::NotUnpacked, "it was scanned as bytes; --no-unpack".to_owned()));
    if let Some((reason, detail)) = loss.or_else(left_closed) {
        visit(Item::Skip(Skip::new(origin, reason, detail)));
    }
}

fn walk_stream(
    (origin, reader): (Origin, &mut dyn Read),
    limits: &Limits,
    stopped: &dyn Fn() -> bool,
    visit: &mut dyn FnMut(Item<'_>),
) {
    let mut beginning = Vec::new();
    let ended = match fill(reader, &mut beginning, magic::ENOUGH as u64) {
        Ok(ended) => ended,
        Err(error) => {
            let mut broken = beginning.chain(Broken(Some(error)));
            return visit(Item::Blob(Blob::stream(origin, &mut broken)));
        }
    };
    match magic::detect(&beginning, ended) {
        None if ended => visit(Item::Blob(Blob::bytes(origin, &beginning))),
        None => visit(Item::Blob(Blob::stream(origin, &mut beginning.chain(reader)))),
        Some(format) => {
            let budget = Budget::new(limits, beginning.len() as u64, stopped);
            let mut input = Input { inner: reader, budget: &budget };
            // An error here is met again by whoever reads on.
            let ended = ended || fill(&mut input, &mut beginning, HOLD).unwrap_or(false);
            let rest: Option<&mut dyn Read> = if ended { None } else { Some(&mut input) };
            open(&origin, format, Held { bytes: &beginning, rest }, &budget, visit);
        }
    }
}

fn open(origin: &Origin, format: Format, held: Held<'_>, budget: &Budget<'_>, visit: &mut dyn FnMut(Item<'_>)) {
    let mut walker = Walker::new(budget, visit);
    walker.open(origin, format, held, Place { depth: 0, level: TOP, codecs: 0 });
    walker.settle(TOP, origin);
}

/// Reads on until `bytes` has `size` of them; `true` if the end came before. What was read before an error is kept.
fn fill(reader: &mut dyn Read, bytes: &mut Vec<u8>, size: u64) -> io::Result<bool> {
    let wanted = size.saturating_sub(bytes.len() as u64);
    reader.take(wanted).read_to_end(bytes)?;
    Ok((bytes.len() as u64) < size)
}

/// As [`fill`], for what is held in memory whole: most of it is not held twice while the memory for it grows; what is not written to is not
/// taken.
fn fill_once(reader: &mut dyn Read, bytes: &mut Vec<u8>, size: u64) -> io::Result<bool> {
    const GROWS: u64 = 16 << 20;
    if fill(reader, bytes, size.min(GROWS))? {
        return Ok(true);
    }
    let more = size.saturating_sub(bytes.len() as u64);
    bytes.reserve_exact(usize::try_from(more).unwrap_or(0));
    fill(reader, bytes, size)
}

/// A reader that fails as it did before, if it did.
struct Broken(Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
