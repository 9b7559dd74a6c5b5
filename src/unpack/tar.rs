//! tar as a stream of entries: V7, ustar, GNU and PAX. Names are bytes and nothing else; holes of sparse files are not
//! filled in.

use std::io::{self, Read};
use std::ops::Range;

use super::magic;
use super::remarks::Remarks;
use super::within::{ends_early, read_within};

/// Longest extended header or long name that is read.
const LONGEST_EXTENSION: u64 = 1 << 20;

const BLOCK: usize = 512;

/// Fields of a header: what a link leads to; the names of an owner and a group; what is no field of ustar.
const TARGET: Range<usize> = 157..257;
const OWNERS: Range<usize> = 265..329;
const UNUSED: Range<usize> = 500..512;

/// What an entry holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Bytes to be read from the archive.
    Content,
    /// A symbolic link with its target.
    Link(Vec<u8>),
    /// Nothing: a directory, a hard link, a device.
    Nothing,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: Vec<u8>,
    pub(super) body: Body,
}

/// What comes next in an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Entry(Entry),
    End,
    /// A block that is no header, where one should be; `after_end` if the archive had ended properly before.
    Foreign {
        block: Box<[u8; BLOCK]>,
        after_end: bool,
    },
}

/// A reader of entries; itself reads the content of the entry at hand.
pub(super) struct Tar<R> {
    inner: R,
    /// Content of this entry that is left.
    left: u64,
    /// Bytes after the content, up to the next block.
    padding: u64,
    ended: bool,
    /// What headers say beside what is asked of them here, and what fills up blocks; the caller takes it out.
    pub(super) remarks: Remarks,
    /// The names of the owner and the group of the entry before.
    owners: [u8; OWNERS.end - OWNERS.start],
}

/// What extension entries say of the entry after them.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<R: Read> Tar<R> {
    pub(super) fn new(inner: R) -> Self {
        Tar { inner, left: 0, padding: 0, ended: false, remarks: Remarks::default(), owners: [0; _] }
    }

    /// What was not read of the archive, from the block after the last one.
    pub(super) fn into_rest(self) -> R {
        self.inner
    }

    /// Passes over what is left of the entry at hand and reads the next header.
    pub(super) fn next(&mut self) -> io::Result<Next> {
        let mut extension = Extension::default();
        loop {
            self.pass()?;
            let Some(block) = self.block()? else { return Ok(Next::End) };
            if block.iter().all(|byte| *byte == 0) {
                // Archives can follow each other; what comes after the end of one is looked at, too.
                self.ended = true;
                continue;
            }
            if !magic::is_tar(&block[..]) {
                return Ok(Next::Foreign { block, after_end: self.ended });
            }
            self.ended = false;
            let kind = block[156];
            let stated = number(&block[124..136])?;
            match kind {
                b'x' => {
                    let records = self.extension(stated)?;
                    extension.read_pax(&records, &mut self.remarks);
                }
                b'L' => extension.path = Some(until_nul(self.extension(stated)?)),
                b'K' => extension.target = Some(until_nul(self.extension(stated)?)),
                // Defaults for all that follows, of which none is a name. What is longer is read as a file.
                b'g' if stated <= LONGEST_EXTENSION => {
                    let records = self.extension(stated)?;
                    Extension::default().read_pax(&records, &mut self.remarks);
                }
                _ => return self.entry(&block, kind, stated, extension).map(Next::Entry),
            }
        }
    }

    fn entry(&mut self, block: &[u8; BLOCK], kind: u8, stated: u64, extension: Extension) -> io::Result<Entry> {
        self.remark_on(block, kind);
        let path = extension.path.unwrap_or_else(|| path(block));
        let target = || extension.target.unwrap_or_else(|| until_nul(block[TARGET].to_vec()));
        let body = match kind {
            b'1' | b'3' | b'4' | b'5' | b'6' => Body::Nothing,
            b'2' => Body::Link(target()),
            _ => Body::Content,
        };
        if kind == b'S' {
            self.pass_sparse_maps(block)?;
        }
        let size = if body == Body::Content { extension.size.unwrap_or(stated) } else { 0 };
        self.expect(size);
        Ok(Entry { path, body })
    }

    /// Keeps what a header says beside the path and what is asked of it.
    fn remark_on(&mut self, block: &[u8; BLOCK], kind: u8) {
        if kind != b'2' {
            self.remarks.add_filling(trim_nuls(&block[TARGET]));
        }
        if !block[257..].starts_with(b"ustar") {
            return self.remarks.add_filling(trim_nuls(&block[257..]));
        }
        if block[OWNERS] != self.owners {
            self.owners.copy_from_slice(&block[OWNERS]);
            for name in [&block[265..297], &block[297..329]] {
                self.remarks.add_filling(trim_nuls(name));
            }
        }
        self.remarks.add_filling(trim_nuls(&block[UNUSED]));
    }

    /// The map of an old GNU sparse file goes on in blocks of its own while each says so.
    fn pass_sparse_maps(&mut self, header: &[u8; BLOCK]) -> io::Result<()> {
        let mut more = header[482] != 0;
        while more {
            let map = self.block()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            more = map[504] != 0;
        }
        Ok(())
    }

    fn expect(&mut self, size: u64) {
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    fn pass(&mut self) -> io::Result<()> {
        let (left, padding) = (self.left, self.padding);
        (self.left, self.padding) = (0, 0);
        if io::copy(&mut self.inner.by_ref().take(left), &mut io::sink())? < left {
            return Err(ends_early());
        }
        // Some writers leave out the padding of the last entry.
        let mut filling = Vec::new();
        self.inner.by_ref().take(padding).read_to_end(&mut filling)?;
        self.remarks.add_filling(trim_nuls(&filling));
        Ok(())
    }

    /// The next block; `None` at the end.
    fn block(&mut self) -> io::Result<Option<Box<[u8; BLOCK]>>> {
        let mut block = Box::new([0; BLOCK]);
        let mut filled = 0;
        while filled < BLOCK {
            match self.inner.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(ends_early()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(block))
    }

    fn extension(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > LONGEST_EXTENSION {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an extended header of more than 1 MiB"));
        }
        self.expect(size);
        let mut bytes = Vec::new();
        self.by_ref().read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: Read> Read for Tar<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_within(&mut self.inner, &mut self.left, buffer)
    }
}

impl Extension {
    /// Records of the form `LENGTH KEY=VALUE\n`, where the length is that of the record (POSIX pax, extended header).
    fn read_pax(&mut self, mut records: &[u8], remarks: &mut Remarks) {
        while let Some(space) = records.iter().position(|byte| *byte == b' ') {
            let length = std::str::from_utf8(&records[..space]).ok().and_then(|digits| digits.parse::<usize>().ok());
            let Some(length) = length.filter(|length| (space + 2..=records.len()).contains(length)) else { break };
            let record = &records[space + 1..length - 1];
            records = &records[length..];
            let Some(equals) = record.iter().position(|byte| *byte == b'=') else {
                remarks.add_filling(record);
                continue;
            };
            let value = &record[equals + 1..];
            match &record[..equals] {
                b"GNU.sparse.name" => self.path = Some(value.to_vec()),
                b"path" if self.path.is_none() => self.path = Some(value.to_vec()),
                b"linkpath" => self.target = Some(value.to_vec()),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()),
                // Times, numbers of devices and the like.
                _ if value.iter().all(|byte| byte.is_ascii_digit() || b".,-".contains(byte)) => {}
                _ => remarks.add(record),
            }
        }
        remarks.add_filling(trim_nuls(records));
    }
}

/// The name in a header, with the prefix that ustar has for long ones.
fn path(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(block[..100].to_vec());
    if &block[257..263] != b"ustar\0" || block[345] == 0 {
        return name;
    }
    let mut path = until_nul(block[345..500].to_vec());
    path.push(b'/');
    path.extend_from_slice(&name);
    path
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}

/// What is left without noughts at the end.
fn trim_nuls(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)]
}

/// A number in octal, or in binary where the first bit is set (GNU).
fn number(field: &[u8]) -> io::Result<u64> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, "a header with a size that is no number");
    if field[0] & 0x80 != 0 {
        let (high, low) = field.split_at(field.len() - 8);
        let number = low.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let fits = high[0] == 0x80 && high[1..].iter().all(|byte| *byte == 0) && number <= i64::MAX.cast_unsigned();
        return if fits { Ok(number) } else { Err(bad()) };
    }
    let text = field.trim_ascii_start();
    let mut digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.try_fold(0_u64, |number, digit| match digit {
        b'8' | b'9' => Err(bad()),
        digit => Ok(number * 8 + u64::from(digit - b'0')),
    })
}
