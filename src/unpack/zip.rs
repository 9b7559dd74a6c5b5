//! zip's records (PKWARE APPNOTE.TXT): the directory of one that is in memory, the local headers of one that streams by.

use std::cell::RefCell;
use std::io::{self, BufRead, Read};
use std::ops::Range;

use super::lookahead::Lookahead;
use super::within::read_buffered;

const DIRECTORY_END: &[u8] = b"PK\x05\x06";
/// What tells a reader of members that they have ended.
pub(super) const END: &[u8] = DIRECTORY_END;
const DIRECTORY_END_SIZE: usize = 22;
/// Length of what an archive of nothing consists of.
pub(super) const END_SIZE: usize = DIRECTORY_END_SIZE;
const ENTRY: &[u8] = b"PK\x01\x02";
const ENTRY_SIZE: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_SIZE: usize = 30;
const DESCRIPTOR: &[u8] = b"PK\x07\x08";

/// In the flags: encrypted, sizes follow the content, the directory itself is encrypted.
const ENCRYPTED: u16 = 1;
const SIZES_FOLLOW: u16 = 1 << 3;
const MASKED: u16 = 1 << 13;

/// What is known of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) path: Vec<u8>,
    pub(super) method: u16,
    pub(super) flags: u16,
    pub(super) checksum: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    pub(super) is_link: bool,
    /// What the directory says about it.
    pub(super) comment: Vec<u8>,
    pub(super) extra: Vec<u8>,
    /// Where its local header begins.
    local: u64,
}

impl Member {
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & (ENCRYPTED | MASKED) != 0
    }

    pub(super) fn is_folder(&self) -> bool {
        self.size == 0 && matches!(self.path.last(), Some(b'/' | b'\\'))
    }

    /// Whether the sizes stand after the content alone.
    pub(super) fn sizes_follow(&self) -> bool {
        self.flags & SIZES_FOLLOW != 0
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |field| u16::from_le_bytes([field[0], field[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |field| u32::from_le_bytes([field[0], field[1], field[2], field[3]]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

/// A zip in memory, with the entries of its directory still to be read.
pub(super) struct Directory<'a> {
    bytes: &'a [u8],
    /// The next entry.
    at: usize,
    /// Bytes before the zip itself, as of a self-extracting one.
    before: u64,
    /// Where the directory begins.
    start: usize,
    /// Where its last records are, with the comment.
    own: Range<usize>,
    /// What is said about the whole.
    pub(super) comment: &'a [u8],
    /// Where members lie, with their local headers.
    taken: RefCell<Vec<Range<usize>>>,
}

impl<'a> Directory<'a> {
    /// Finds the directory from the end; `None` where there is none that is sound. Anything may stand behind it.
    pub(super) fn find(bytes: &'a [u8]) -> Option<Directory<'a>> {
        let found = Directory::last_of(bytes)?;
        // A member in front of it belongs to another archive: to one that ends before it, or to one that is cut off and has the
        // archive that was found within.
        let mut before = found.bytes_before();
        while before.starts_with(LOCAL) {
            before = Directory::last_of(before)?.bytes_before();
        }
        Some(found)
    }

    fn last_of(bytes: &'a [u8]) -> Option<Directory<'a>> {
        memchr::memmem::rfind_iter(bytes, DIRECTORY_END).find_map(|end| Directory::that_ends_at(bytes, end))
    }

    /// The directory whose last record is there.
    fn that_ends_at(bytes: &'a [u8], end: usize) -> Option<Directory<'a>> {
        let comment = end + DIRECTORY_END_SIZE;
        let end_of_zip = comment + usize::from(u16_at(bytes, end + 20));
        let comment = bytes.get(comment..end_of_zip)?;
        let (mut size, mut start, mut end_of_directory) =
            (u64::from(u32_at(bytes, end + 12)), u64::from(u32_at(bytes, end + 16)), end);
        // The zip64 record, found by a locator of 20 bytes; its own offset is not trusted where bytes stand before.
        if let Some(locator) = end.checked_sub(20)
            && bytes[locator..].starts_with(b"PK\x06\x07")
            && let Some(record) = locator.checked_sub(56)
            && bytes[record..].starts_with(b"PK\x06\x06")
        {
            (size, start, end_of_directory) = (u64_at(bytes, record + 40), u64_at(bytes, record + 48), record);
        }
        let begins =
            |at: usize| bytes[at..].starts_with(if size == 0 { &bytes[end_of_directory..][..4] } else { ENTRY });
        let from_end = usize::try_from(size).ok().and_then(|size| end_of_directory.checked_sub(size));
        let at = from_end.filter(|&at| begins(at) && at as u64 >= start).or_else(|| {
            // Where bytes stand between it and its last record, it begins where that says.
            let start = usize::try_from(start).ok().filter(|&start| start < end_of_directory)?;
            begins(start).then_some(start)
        })?;
        let before = (at as u64).checked_sub(start)?;
        let own = end_of_directory..end_of_zip;
        Some(Directory { bytes, at, before, start: at, own, comment, taken: RefCell::default() })
    }

    /// What stands before the zip.
    pub(super) fn bytes_before(&self) -> &'a [u8] {
        usize::try_from(self.before).ok().and_then(|before| self.bytes.get(..before)).unwrap_or_default()
    }

    /// The next member; `None` at the end.
    pub(super) fn next(&mut self) -> Option<io::Result<Member>> {
        let entry = self.bytes.get(self.at..).filter(|entry| entry.starts_with(ENTRY))?;
        let name = usize::from(u16_at(entry, 28));
        let extra = usize::from(u16_at(entry, 30));
        let comment = usize::from(u16_at(entry, 32));
        let Some(path) = entry.get(ENTRY_SIZE..ENTRY_SIZE + name) else {
            self.at = self.bytes.len();
            return Some(Err(cut()));
        };
        self.at += ENTRY_SIZE + name + extra + comment;
        let mut member = Member {
            path: path.to_vec(),
            flags: u16_at(entry, 8),
            method: u16_at(entry, 10),
            checksum: u32_at(entry, 16),
            compressed: u64::from(u32_at(entry, 20)),
            size: u64::from(u32_at(entry, 24)),
            // The upper half is the Unix mode, in the archives that give one.
            is_link: u32_at(entry, 38) >> 16 & 0o170_000 == 0o120_000,
            comment: entry.get(ENTRY_SIZE + name + extra..).unwrap_or_default().iter().copied().take(comment).collect(),
            extra: Vec::new(),
            local: u64::from(u32_at(entry, 42)),
        };
        let extra = entry.get(ENTRY_SIZE + name..ENTRY_SIZE + name + extra).unwrap_or_default();
        member.extra = extra.to_vec();
        let Member { size, compressed, local, .. } = &mut member;
        widen(extra, [size, compressed, local]);
        self.take(&member);
        Some(Ok(member))
    }

    /// The name and the extra field of a member's local header, where they are others than those of the directory.
    pub(super) fn local(&self, member: &Member) -> [&'a [u8]; 2] {
        let at = usize::try_from(member.local.saturating_add(self.before)).unwrap_or(usize::MAX);
        let Some(local) = self.bytes.get(at..).filter(|local| local.starts_with(LOCAL)) else { return [&[], &[]] };
        let name = LOCAL_SIZE + usize::from(u16_at(local, 26));
        let extra = name + usize::from(u16_at(local, 28));
        let field = |range: Range<usize>, known: &[u8]| local.get(range).filter(|field| *field != known);
        [field(LOCAL_SIZE..name, &member.path), field(name..extra, &member.extra)].map(Option::unwrap_or_default)
    }

    /// The compressed bytes of a member, and whether all of them are there.
    pub(super) fn content(&self, member: &Member) -> io::Result<(&'a [u8], bool)> {
        let at = usize::try_from(member.local.saturating_add(self.before)).map_err(io::Error::other)?;
        let local = self.bytes.get(at..).ok_or_else(cut)?;
        if !local.starts_with(LOCAL) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no local header where the directory says"));
        }
        let start = LOCAL_SIZE + usize::from(u16_at(local, 26)) + usize::from(u16_at(local, 28));
        let content = local.get(start..).ok_or_else(cut)?;
        let size = usize::try_from(member.compressed).unwrap_or(usize::MAX);
        Ok((&content[..size.min(content.len())], size <= content.len()))
    }

    /// Remembers where a member lies, as far as that is known.
    fn take(&self, member: &Member) {
        let at = usize::try_from(member.local.saturating_add(self.before)).unwrap_or(usize::MAX);
        let Some(local) = self.bytes.get(at..).filter(|local| local.starts_with(LOCAL)) else { return };
        let header = LOCAL_SIZE + usize::from(u16_at(local, 26)) + usize::from(u16_at(local, 28));
        let size = usize::try_from(member.compressed).unwrap_or(usize::MAX);
        let mut end = at.saturating_add(header).saturating_add(size).min(self.bytes.len());
        if member.sizes_follow() {
            end = (end + descriptor_size(&self.bytes[end..])).min(self.bytes.len());
        }
        self.taken.borrow_mut().push(at..end);
    }

    /// What lies between the members, the directory and its last records, and behind these, and belongs to none of them. Asked for
    /// when all were read.
    pub(super) fn between(&self) -> Vec<&'a [u8]> {
        let mut taken = self.taken.take();
        taken.extend([self.start..self.at, self.own.clone(), self.bytes.len()..self.bytes.len()]);
        taken.sort_by_key(|range| range.start);
        let mut from = usize::try_from(self.before).unwrap_or(usize::MAX);
        let mut between = Vec::new();
        for range in taken {
            if let Some(gap) = self.bytes.get(from..range.start).filter(|gap| gap.iter().any(|byte| *byte != 0)) {
                between.push(gap);
            }
            from = from.max(range.end);
        }
        between
    }
}

/// Whether a program or a script has a zip behind it, with a comment or not.
pub(super) fn is_behind(bytes: &[u8]) -> bool {
    const MOST: usize = DIRECTORY_END_SIZE + u16::MAX as usize;
    let tail = &bytes[bytes.len().saturating_sub(MOST)..];
    // What else stands there is looked at where there is a zip.
    memchr::memmem::find(tail, DIRECTORY_END).is_some()
        && Directory::find(bytes).is_some_and(|directory| directory.start < directory.own.start)
}

/// How long what follows a member's content is: its checksum and sizes, of 32 or 64 bits, with or without a signature.
fn descriptor_size(after: &[u8]) -> usize {
    let signature = if after.starts_with(DESCRIPTOR) { DESCRIPTOR.len() } else { 0 };
    let follows = |length: usize| after.get(signature + length..).is_some_and(|next| next.starts_with(b"PK"));
    signature + if follows(20) && !follows(12) { 20 } else { 12 }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "ends within a record")
}

/// The fields of an extra field (APPNOTE.TXT 4.5) that may hold more than sizes, times and numbers of owners.
pub(super) fn long_fields(mut extra: &[u8]) -> Vec<&[u8]> {
    const SIZES: u16 = 1;
    const TIMES_OF_NTFS: u16 = 10;
    let mut fields = Vec::new();
    while extra.len() >= 4 {
        let end = extra.len().min(4 + usize::from(u16_at(extra, 2)));
        let most = match u16_at(extra, 0) {
            SIZES => 28,
            TIMES_OF_NTFS => 32,
            _ => 13,
        };
        fields.extend(Some(&extra[4..end]).filter(|field| field.len() > most));
        extra = &extra[end..];
    }
    fields
}

/// Reads from the zip64 extra field what does not fit into 32 bits (APPNOTE.TXT 4.5.3).
fn widen<const N: usize>(mut extra: &[u8], fields: [&mut u64; N]) {
    while extra.len() >= 4 {
        let end = extra.len().min(4 + usize::from(u16_at(extra, 2)));
        if u16_at(extra, 0) == 1 {
            let mut at = 4;
            for field in fields {
                if *field == u64::from(u32::MAX) && at + 8 <= end {
                    *field = u64_at(extra, at);
                    at += 8;
                }
            }
            return;
        }
        extra = &extra[end..];
    }
}

/// Whether what begins like a zip has a first local header that makes sense.
pub(super) fn is_plausible(beginning: &[u8]) -> bool {
    let local = beginning.strip_prefix(b"PK\x07\x08").unwrap_or(beginning);
    // The highest version needed to extract is 6.3; the highest method is 99.
    let is_local = local.starts_with(LOCAL) && u16_at(local, 4) & 0xff <= 63 && u16_at(local, 8) <= 99;
    let named = u16_at(local, 26) > 0;
    is_local && named || is_extension(beginning)
}

/// Whether what begins so is an extension of a browser, which has a header of its own before the zip.
pub(super) fn is_extension(bytes: &[u8]) -> bool {
    bytes.starts_with(b"Cr24")
}

/// Reads the next local header of a zip that streams by; `None` where the directory begins.
pub(super) fn next_local<R: Read>(input: &mut Lookahead<R>) -> io::Result<Option<Member>> {
    if input.peek(4)? == DESCRIPTOR {
        // The marker of an archive that was once to be split.
        input.pass(4)?;
    }
    let next = input.peek(4)?;
    if next.is_empty() {
        return Err(cut());
    }
    if next != LOCAL {
        let ends = [ENTRY, DIRECTORY_END, b"PK\x06\x06", b"PK\x06\x08"].contains(&next);
        return if ends {
            Ok(None)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "no header where one is due"))
        };
    }
    let header: [u8; LOCAL_SIZE] = input.array()?;
    let mut path = vec![0; usize::from(u16_at(&header, 26))];
    input.read_exact(&mut path)?;
    let mut extra = vec![0; usize::from(u16_at(&header, 28))];
    input.read_exact(&mut extra)?;
    let mut member = Member {
        path,
        flags: u16_at(&header, 6),
        method: u16_at(&header, 8),
        checksum: u32_at(&header, 14),
        compressed: u64::from(u32_at(&header, 18)),
        size: u64::from(u32_at(&header, 22)),
        is_link: false,
        comment: Vec::new(),
        extra: Vec::new(),
        local: 0,
    };
    let Member { size, compressed, .. } = &mut member;
    widen(&extra, [size, compressed]);
    member.extra = extra;
    Ok(Some(member))
}

/// Reads the sizes after a member's content and compares them.
pub(super) fn read_descriptor<R: Read>(input: &mut Lookahead<R>, checksum: u32, size: u64) -> io::Result<()> {
    if input.peek(4)? == DESCRIPTOR {
        input.pass(4)?;
    }
    let stated = u32::from_le_bytes(input.array()?);
    // Sizes of 32 or of 64 bits: told apart by what follows.
    let ahead = input.peek(20)?;
    let follows = |at: usize| ahead.get(at..at + 2).is_none_or(|next| next == b"PK");
    let narrow = u64::from(u32_at(ahead, 4)) == size & u64::from(u32::MAX) && follows(8);
    let length = if narrow { 8 } else { 16 };
    let stated_size = if narrow { u64::from(u32_at(ahead, 4)) } else { u64_at(ahead, 8) };
    input.pass(length)?;
    let expected = if narrow { size & u64::from(u32::MAX) } else { size };
    if stated != checksum || stated_size != expected { Err(mismatch()) } else { Ok(()) }
}

fn mismatch() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "its checksum does not match")
}

/// A member's decoded bytes; at their end, size and checksum are compared.
pub(super) struct Checked<R> {
    pub(super) inner: R,
    pub(super) checksum: crc32fast::Hasher,
    pub(super) size: u64,
    /// Checksum and size as stated; `None` where they follow.
    pub(super) stated: Option<(u32, u64)>,
}

impl<R: Read> Checked<R> {
    pub(super) fn new(inner: R, stated: Option<(u32, u64)>) -> Self {
        Checked { inner, checksum: crc32fast::Hasher::new(), size: 0, stated }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count > 0 {
            self.checksum.update(&buffer[..count]);
            self.size += count as u64;
        } else if !buffer.is_empty()
            && let Some((checksum, size)) = self.stated
            && (checksum != self.checksum.clone().finalize() || size != self.size)
        {
            return Err(mismatch());
        }
        Ok(count)
    }
}

/// The bytes of a member that streams by; itself buffered, so that a decoder reads no byte beyond.
pub(super) struct Bounded<'a, R> {
    pub(super) input: &'a mut Lookahead<R>,
    pub(super) left: u64,
}

impl<R: Read> BufRead for Bounded<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let available = self.input.fill_buf()?;
        if available.is_empty() {
            return Err(cut());
        }
        let count = available.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        Ok(&available[..count])
    }

    fn consume(&mut self, count: usize) {
        self.input.consume(count);
        self.left = self.left.saturating_sub(count as u64);
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_buffered(self, buffer)
    }
}
