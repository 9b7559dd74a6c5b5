//! Reads a tar archive from front to back: names, kinds and data of its entries, with bounded memory whatever the
//! headers claim. Knows nothing of images, and nothing is ever unpacked to disk.

use std::io::{self, BufRead, BufReader, Read};

use crate::decode;
use crate::finding::FileFacts;
use crate::unpack::read_within;

/// A block of a tar archive: headers are one, data is padded to a multiple.
pub(super) const BLOCK: usize = 512;

/// Longest data of a header that describes another (long names, PAX records); the limit other readers have as well.
const MAX_EXTENDED: u64 = 1 << 20;

/// Something a tar archive is read from.
pub(super) trait Input: Read {
    /// Passes over `count` bytes; an end before that is [`io::ErrorKind::UnexpectedEof`].
    fn skip(&mut self, count: u64) -> io::Result<()>;
}

impl<R: Read> Input for BufReader<R> {
    fn skip(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let have = match self.fill_buf() {
                Ok(buffer) => buffer.len(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if have == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let step = count.min(have as u64);
            self.consume(step as usize);
            count -= step;
        }
        Ok(())
    }
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file with content; also what has an unknown type, as POSIX wants it.
    File,
    /// Another name of an earlier file.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A directory.
    Directory,
    /// A device or fifo.
    Special,
}

/// One entry. Names are bytes and are never used as paths on this machine.
#[derive(Debug)]
pub(super) struct Entry {
    /// Name as the archive gives it.
    pub name: Vec<u8>,
    /// Target of a link; empty otherwise.
    pub link: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Bytes of data as stored; holes of a sparse file are not counted.
    pub size: u64,
    /// Mode and owner.
    pub facts: FileFacts,
    /// Extended attributes, and comments of its extended header and of those before it, a line `NAME=VALUE` each.
    pub attributes: Vec<u8>,
}

/// A tar archive being read. [`Tar::next`] goes to the next entry; [`Read`] gives the data of the present one.
pub(super) struct Tar<R> {
    input: R,
    /// Data of the present entry that is not yet read.
    data_left: u64,
    /// Padding after it.
    padding: u64,
    /// Bytes taken from the input.
    offset: u64,
    /// Whether a block of zeros was met, as it stands at the end.
    end_mark: bool,
    /// Whether a block stood where a header should and was none.
    lost_track: bool,
    /// The error that ended the archive, so that it is not read on after it.
    failed: Option<(io::ErrorKind, String)>,
}

/// What extended headers say of the next entry.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    owner: (Option<u64>, Option<u64>),
    attributes: Vec<u8>,
}

impl<R: Input> Tar<R> {
    /// Begins at the input's present position.
    pub fn new(input: R) -> Self {
        Tar { input, data_left: 0, padding: 0, offset: 0, end_mark: false, lost_track: false, failed: None }
    }

    /// Position in the archive: after [`Tar::next`], where the entry's data begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the archive's end mark was met: without it, the archive may have been cut off between entries.
    pub fn has_end_mark(&self) -> bool {
        self.end_mark
    }

    /// Whether the archive ended at a block that is no header: the input goes on, and where its entries lie is not known.
    pub fn has_lost_track(&self) -> bool {
        self.lost_track
    }

    /// The input, for what follows the archive.
    pub fn into_input(self) -> R {
        self.input
    }

    /// The next entry, or `None` at the end of the input. Zero blocks between entries are passed over, so that what
    /// follows an end mark is read as well.
    ///
    /// # Errors
    /// `UnexpectedEof` where the archive ends within an entry, `InvalidData` where a header is damaged, else what the
    /// input gave. Every later call gives the same.
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        if let Some((kind, message)) = &self.failed {
            return Err(io::Error::new(*kind, message.clone()));
        }
        let result = self.next_entry();
        if let Err(error) = &result {
            self.failed = Some((error.kind(), error.to_string()));
        }
        result
    }

    fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        let mut extended = Extended::default();
        loop {
            self.pass(self.data_left)?;
            self.data_left = 0;
            // The padding of the last entry is often cut off.
            let padding = std::mem::take(&mut self.padding);
            match self.pass(padding) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                other => other?,
            }
            let Some(header) = self.header()? else { return Ok(None) };
            let mut size = number(&header[124..136]).ok_or_else(|| corrupt("a tar header has no valid size"))?;
            match header[156] {
                b'L' => extended.name = Some(until_nul(self.extended_data(size)?)),
                b'K' => extended.link = Some(until_nul(self.extended_data(size)?)),
                b'x' => {
                    let records = self.extended_data(size)?;
                    read_pax(&records, &mut extended);
                }
                b'g' => {
                    // Defaults for all that follows, of which only a comment says something.
                    let mut global = Extended::default();
                    read_pax(&self.extended_data(size)?, &mut global);
                    extended.attributes.extend_from_slice(&global.attributes);
                }
                flag => {
                    if let Some(larger) = extended.size {
                        size = larger;
                    }
                    let name = extended.name.take().unwrap_or_else(|| header_name(&header));
                    let kind = match flag {
                        b'1' => Kind::HardLink,
                        b'2' => Kind::Symlink,
                        b'3' | b'4' | b'6' => Kind::Special,
                        b'5' => Kind::Directory,
                        0 if name.last() == Some(&b'/') => Kind::Directory,
                        _ => Kind::File,
                    };
                    if flag == b'S' {
                        self.pass_sparse_map(header[482])?;
                    }
                    if kind != Kind::File {
                        size = 0;
                    }
                    self.set_data(size)?;
                    let link = extended.link.take().unwrap_or_else(|| until_nul(header[157..257].to_vec()));
                    let facts = FileFacts {
                        mode: number(&header[100..108]).unwrap_or(0) as u32 & 0o7777,
                        user: extended.owner.0.or_else(|| number(&header[108..116])).unwrap_or(0),
                        group: extended.owner.1.or_else(|| number(&header[116..124])).unwrap_or(0),
                    };
                    return Ok(Some(Entry { name, link, kind, size, facts, attributes: extended.attributes }));
                }
            }
        }
    }

    /// The next header that is not all zeros.
    fn header(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        loop {
            let filled = fill(&mut self.input, &mut block)?;
            self.offset += filled as u64;
            if block[..filled].iter().all(|&byte| byte == 0) {
                if filled < BLOCK {
                    return Ok(None);
                }
                self.end_mark = true;
                continue;
            }
            if filled < BLOCK {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if is_header(&block) {
                return Ok(Some(block));
            }
            self.lost_track = true;
            return Err(corrupt("the checksum of a tar header is wrong"));
        }
    }

    fn set_data(&mut self, size: u64) -> io::Result<()> {
        if size > i64::MAX as u64 {
            return Err(corrupt("a tar header has no valid size"));
        }
        self.data_left = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        Ok(())
    }

    fn pass(&mut self, count: u64) -> io::Result<()> {
        self.input.skip(count)?;
        self.offset += count;
        Ok(())
    }

    /// The data of a header that describes the next entry.
    fn extended_data(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > MAX_EXTENDED {
            return Err(corrupt("an extended tar header is longer than 1 MiB"));
        }
        self.set_data(size)?;
        let mut data = vec![0; size as usize];
        self.read_exact(&mut data)?;
        Ok(data)
    }

    /// The map of an old GNU sparse file goes on in blocks before the data.
    fn pass_sparse_map(&mut self, mut more: u8) -> io::Result<()> {
        let mut block = [0; BLOCK];
        while more != 0 {
            self.input.read_exact(&mut block)?;
            self.offset += BLOCK as u64;
            more = block[504];
        }
        Ok(())
    }
}

impl<R: Input> Read for Tar<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match read_within(&mut self.input, &mut self.data_left, buffer) {
            Ok(count) => {
                self.offset += count as u64;
                Ok(count)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.failed = Some((error.kind(), error.to_string()));
                }
                Err(error)
            }
        }
    }
}

/// Reads until `buffer` is full or the input ends; the number of bytes read.
pub(super) fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether a block is a tar header: its checksum, signed or unsigned, is right.
pub(super) fn is_header(block: &[u8]) -> bool {
    if block.len() < BLOCK {
        return false;
    }
    let Some(stated) = number(&block[148..156]) else { return false };
    let (mut unsigned, mut signed) = (0_u64, 0_i64);
    for (index, &byte) in block[..BLOCK].iter().enumerate() {
        let byte = if (148..156).contains(&index) { b' ' } else { byte };
        unsigned += u64::from(byte);
        signed += i64::from(byte as i8);
    }
    stated == unsigned || i64::try_from(stated) == Ok(signed)
}

fn corrupt(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|&byte| byte == 0) {
        bytes.truncate(end);
    }
    bytes
}

/// The name of a plain header; in the POSIX form with its prefix.
fn header_name(header: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(header[..100].to_vec());
    // GNU archives have "ustar  " and keep times where POSIX has the prefix.
    if &header[257..263] != b"ustar\0" {
        return name;
    }
    let mut whole = until_nul(header[345..500].to_vec());
    if whole.is_empty() {
        return name;
    }
    whole.push(b'/');
    whole.extend_from_slice(&name);
    whole
}

/// A number of a header: octal digits, or big-endian binary where the first bit is set. Negative ones are none.
fn number(field: &[u8]) -> Option<u64> {
    let first = *field.first()?;
    if first & 0x80 != 0 {
        if first & 0x40 != 0 {
            return None;
        }
        let mut value = u64::from(first & 0x3f);
        for &byte in &field[1..] {
            value = value.checked_mul(256)?.checked_add(u64::from(byte))?;
        }
        return Some(value);
    }
    let digits = field.split(|&byte| byte == 0).next()?.trim_ascii();
    digits.iter().try_fold(0_u64, |value, &digit| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Records of a PAX header: `LENGTH KEY=VALUE\n`. What is damaged ends the reading of this header alone.
fn read_pax(mut records: &[u8], extended: &mut Extended) {
    while let Some(space) = records.iter().position(|&byte| byte == b' ') {
        let length = std::str::from_utf8(&records[..space]).ok().and_then(|digits| digits.parse::<usize>().ok());
        let Some(length) = length.filter(|&length| length > space + 1 && length <= records.len()) else { return };
        let record = &records[space + 1..length - 1];
        records = &records[length..];
        let Some(equals) = record.iter().position(|&byte| byte == b'=') else { continue };
        let value = &record[equals + 1..];
        match &record[..equals] {
            b"path" if extended.name.is_none() => extended.name = Some(value.to_vec()),
            b"GNU.sparse.name" => extended.name = Some(value.to_vec()),
            b"linkpath" => extended.link = Some(value.to_vec()),
            b"size" => extended.size = decimal(value),
            b"uid" => extended.owner.0 = decimal(value),
            b"gid" => extended.owner.1 = decimal(value),
            b"comment" => extended.attributes.extend_from_slice(&[record, b"\n"].concat()),
            key => {
                let plain = key.strip_prefix(b"SCHILY.xattr.").map(|name| (name, value.to_vec()));
                let encoded = || {
                    let name = key.strip_prefix(b"LIBARCHIVE.xattr.")?;
                    Some((name, decode::base64(value).unwrap_or_else(|| value.to_vec())))
                };
                // Those of `security.` are the kernel's: capabilities, and a label for each file.
                let attribute = plain.or_else(encoded).filter(|(name, _)| !name.starts_with(b"security."));
                // What else is no number says something, such as the name of an owner.
                let is_number = || value.iter().all(|byte| byte.is_ascii_digit() || b".,-".contains(byte));
                if let Some((name, value)) = attribute {
                    extended.attributes.extend_from_slice(&[name, b"=", &value, b"\n"].concat());
                } else if memchr::memmem::find(key, b"xattr").is_none() && !is_number() {
                    extended.attributes.extend_from_slice(&[record, b"\n"].concat());
                }
            }
        }
    }
}
