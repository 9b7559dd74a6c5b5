//! cpio as a stream of entries, in the two forms that are text: the old portable one and that of SVR4, which an initial ramdisk
//! and a package of RPM have (cpio(5)).

use std::io::{self, Read};

use super::lookahead::Lookahead;
use super::magic::is_cpio_entry;
use super::within::read_within;

/// Longest name that is read.
const LONGEST_NAME: u64 = 64 << 10;

/// The name of what is no entry but the end.
const END: &[u8] = b"TRAILER!!!";

/// What an entry is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: Vec<u8>,
    /// Its content is the target of a link.
    pub(super) is_link: bool,
}

/// A reader of entries; itself reads the content of the entry at hand.
pub(super) struct Cpio<R> {
    inner: Lookahead<R>,
    left: u64,
    padding: u64,
}

impl<R: Read> Cpio<R> {
    pub(super) fn new(inner: R) -> Self {
        Cpio { inner: Lookahead::new(inner), left: 0, padding: 0 }
    }

    /// What follows the last entry that was read.
    pub(super) fn into_rest(self) -> Lookahead<R> {
        self.inner
    }

    /// The next entry; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        self.inner.pass(self.left)?;
        // The last entry's padding may not be there.
        let padding = usize::try_from(self.padding).unwrap_or(0);
        let padding = self.inner.peek(padding)?.len();
        self.inner.pass(padding as u64)?;
        (self.left, self.padding) = (0, 0);
        if self.inner.peek(1)?.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "ends without its last entry"));
        }
        if !is_cpio_entry(self.inner.peek(110)?) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no header where one is due"));
        }
        let magic: [u8; 6] = self.inner.array()?;
        let (mode, size, name, align) = if magic == *b"070707" {
            let fields: [u8; 70] = self.inner.array()?;
            (number(&fields[12..18], 8), number(&fields[59..70], 8), number(&fields[53..59], 8), 1)
        } else {
            let fields: [u8; 104] = self.inner.array()?;
            (number(&fields[8..16], 16), number(&fields[48..56], 16), number(&fields[88..96], 16), 4)
        };
        if !(1..=LONGEST_NAME).contains(&name) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a name without a length that makes sense"));
        }
        let mut path = Vec::new();
        self.inner.by_ref().take(name).read_to_end(&mut path)?;
        path.truncate(path.iter().position(|byte| *byte == 0).unwrap_or(path.len()));
        if path == END {
            return Ok(None);
        }
        if align > 1 {
            let header = 110 + name;
            self.inner.pass(header.next_multiple_of(align) - header)?;
        }
        (self.left, self.padding) = (size, size.next_multiple_of(align) - size);
        Ok(Some(Entry { path, is_link: mode & 0o170_000 == 0o120_000 }))
    }
}

impl<R: Read> Read for Cpio<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_within(&mut self.inner, &mut self.left, buffer)
    }
}

fn number(digits: &[u8], radix: u32) -> u64 {
    digits
        .iter()
        .filter_map(|digit| char::from(*digit).to_digit(radix))
        .fold(0, |number, digit| number * u64::from(radix) + u64::from(digit))
}
