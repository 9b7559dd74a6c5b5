//! gzip (RFC 1952) and raw deflate, handing on every byte up to the one that is damaged.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

use super::lookahead::Lookahead;
use super::remarks::Remarks;

/// A member name or comment in a header is no longer than this.
const LONGEST_TEXT: usize = 64 << 10;

/// Bytes of what headers say that are kept.
const SAID: usize = 4 << 20;
/// Extra fields that are shorter hold sizes and places, one a member (such as those of BGZF).
const LEAST_EXTRA: usize = 14;

/// Raw deflate. Reads no byte beyond its end.
pub(super) struct Inflate {
    state: Decompress,
    finished: bool,
    damage: Option<io::Error>,
}

impl Inflate {
    pub(super) fn new() -> Self {
        Inflate { state: Decompress::new(false), finished: false, damage: None }
    }

    /// Reads decoded bytes; 0 at the end.
    ///
    /// Damage is [`io::ErrorKind::InvalidInput`], an early end [`io::ErrorKind::UnexpectedEof`].
    pub(super) fn read(&mut self, input: &mut dyn BufRead, output: &mut [u8]) -> io::Result<usize> {
        if let Some(damage) = self.damage.take() {
            self.finished = true;
            return Err(damage);
        }
        if output.is_empty() {
            return Ok(0);
        }
        while !self.finished {
            let available = input.fill_buf()?;
            if available.is_empty() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "ends within its compressed data"));
            }
            let (read, written) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(available, output, FlushDecompress::None);
            let written = usize::try_from(self.state.total_out() - written).map_err(io::Error::other)?;
            let read = usize::try_from(self.state.total_in() - read).map_err(io::Error::other)?;
            input.consume(read);
            match status {
                Ok(Status::StreamEnd) => self.finished = true,
                Ok(_) if read == 0 && written == 0 => return Err(damaged()),
                Ok(_) => {}
                Err(_) if written > 0 => self.damage = Some(damaged()),
                Err(_) => return Err(damaged()),
            }
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "damaged deflate data")
}

/// Deflated data with its end, as a reader.
pub(super) struct InflateReader<R> {
    pub(super) input: R,
    pub(super) inflate: Inflate,
}

impl<R: BufRead> Read for InflateReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inflate.read(&mut self.input, buffer)
    }
}

/// A gzip file of any number of members, decoded one after the other.
pub(super) struct Gzip<R> {
    input: Lookahead<R>,
    inflate: Inflate,
    checksum: crc32fast::Hasher,
    /// The name in the first header.
    name: Option<Vec<u8>>,
    pub(super) said: Said,
    ended: bool,
}

/// What headers say.
#[derive(Default)]
pub(super) struct Said {
    /// Names, a line each.
    pub(super) names: Vec<u8>,
    pub(super) remarks: Remarks,
    /// Whether there was more than is kept.
    pub(super) is_cut: bool,
}

impl<R: Read> Gzip<R> {
    /// Reads the first header.
    pub(super) fn new(inner: R) -> io::Result<Self> {
        let mut input = Lookahead::new(inner);
        let mut said = Said::default();
        let name = header(&mut input, &mut said)?;
        Ok(Gzip { input, inflate: Inflate::new(), checksum: crc32fast::Hasher::new(), name, said, ended: false })
    }

    /// The name in the first member's header.
    pub(super) fn name(&self) -> Option<&[u8]> {
        self.name.as_deref()
    }

    /// What follows the last member, once all was read.
    pub(super) fn into_rest(self) -> Lookahead<R> {
        self.input
    }

    /// Checks the trailer and goes on to the next member, if there is one.
    fn next_member(&mut self) -> io::Result<()> {
        let checksum = u32::from_le_bytes(self.input.array()?);
        let size = u32::from_le_bytes(self.input.array()?);
        let written = self.inflate.state.total_out() & u64::from(u32::MAX);
        if checksum != std::mem::take(&mut self.checksum).finalize() || u64::from(size) != written {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum does not match"));
        }
        if matches!(self.input.peek(4)?, [0x1f, 0x8b, 8, flags] if flags & 0xe0 == 0) {
            header(&mut self.input, &mut self.said)?;
            self.inflate.state.reset(false);
            self.inflate.finished = false;
        } else {
            self.ended = true;
        }
        Ok(())
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while !self.ended {
            let count = self.inflate.read(&mut self.input, buffer)?;
            if count > 0 {
                self.checksum.update(&buffer[..count]);
                return Ok(count);
            }
            self.next_member()?;
        }
        Ok(0)
    }
}

impl Said {
    fn has_room(&mut self, bytes: usize) -> bool {
        let has_room = self.names.len() + self.remarks.length() + bytes <= SAID;
        self.is_cut |= !has_room;
        has_room
    }

    fn name(&mut self, name: &[u8]) {
        if self.has_room(name.len()) {
            self.names.extend_from_slice(name);
            self.names.push(b'\n');
        }
    }

    fn remark(&mut self, remark: &[u8]) {
        if !remark.is_empty() && self.has_room(remark.len()) {
            self.remarks.add(remark);
        }
    }
}

/// Reads a header and gives the name in it.
fn header<R: Read>(input: &mut Lookahead<R>, said: &mut Said) -> io::Result<Option<Vec<u8>>> {
    const HEADER_CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let fixed: [u8; 10] = input.array()?;
    let flags = fixed[3];
    if flags & EXTRA != 0 {
        let length = u16::from_le_bytes(input.array()?);
        let mut extra = vec![0; usize::from(length)];
        input.read_exact(&mut extra)?;
        if extra.len() >= LEAST_EXTRA {
            said.remark(&extra);
        }
    }
    let name = if flags & NAME != 0 { Some(text(input)?) } else { None };
    if flags & COMMENT != 0 {
        said.remark(&text(input)?);
    }
    if let Some(name) = &name {
        said.name(name);
    }
    if flags & HEADER_CHECKSUM != 0 {
        input.pass(2)?;
    }
    Ok(name.filter(|name| !name.is_empty()))
}

fn text<R: Read>(input: &mut Lookahead<R>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    input.by_ref().take(LONGEST_TEXT as u64).read_until(0, &mut text)?;
    match text.pop() {
        Some(0) => Ok(text),
        _ if text.len() + 1 >= LONGEST_TEXT => Err(damaged()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
