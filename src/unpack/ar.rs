//! ar, as Debian packages and static libraries are: a stream of entries with names of the GNU or BSD kind.

use std::io::{self, Read};

use super::lookahead::Lookahead;
use super::within::read_within;

/// Longest name of the BSD kind that is read.
const LONGEST_NAME: u64 = 64 << 10;

/// Length of an entry's header.
const HEADER: usize = 60;

/// A reader of entries; itself reads the content of the entry at hand.
pub(super) struct Ar<R> {
    inner: Lookahead<R>,
    left: u64,
    padding: u64,
    /// The GNU table of long names.
    names: Vec<u8>,
}

impl<R: Read> Ar<R> {
    /// Passes over the magic.
    pub(super) fn new(inner: R) -> io::Result<Self> {
        let mut inner = Lookahead::new(inner);
        inner.pass(8)?;
        Ok(Ar { inner, left: 0, padding: 0, names: Vec::new() })
    }

    /// What was not read, from the header on that is none.
    pub(super) fn into_rest(self) -> Lookahead<R> {
        self.inner
    }

    /// The path of the next entry; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            self.inner.pass(self.left)?;
            // The last entry's padding is often not there.
            if self.padding > 0 && self.inner.peek(1)?.len() == 1 {
                self.inner.pass(1)?;
            }
            (self.left, self.padding) = (0, 0);
            if self.inner.peek(1)?.is_empty() {
                return Ok(None);
            }
            let Some(&header) = self.inner.peek(HEADER)?.first_chunk::<HEADER>() else {
                return Err(io::ErrorKind::UnexpectedEof.into());
            };
            let size = std::str::from_utf8(&header[48..58]).ok().and_then(|digits| digits.trim_end().parse().ok());
            let (Some(size), [b'`', b'\n']) = (size, &header[58..]) else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "an entry without a header"));
            };
            self.inner.pass(HEADER as u64)?;
            (self.left, self.padding) = (size, size % 2);
            let name = header[..16].trim_ascii_end();
            match name {
                b"/" | b"/SYM64/" | b"__.SYMDEF" => {}
                b"//" => {
                    self.names.clear();
                    let longest = size.min(LONGEST_NAME * 16);
                    self.left -= longest;
                    self.inner.by_ref().take(longest).read_to_end(&mut self.names)?;
                }
                _ => {
                    return self.path(name).map(Some);
                }
            }
        }
    }

    fn path(&mut self, name: &[u8]) -> io::Result<Vec<u8>> {
        if let Some(length) = name.strip_prefix(b"#1/").and_then(number) {
            if length > LONGEST_NAME || length > self.left {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a name longer than its entry"));
            }
            self.left -= length;
            let mut path = Vec::new();
            self.inner.by_ref().take(length).read_to_end(&mut path)?;
            path.truncate(path.iter().position(|byte| *byte == 0).unwrap_or(path.len()));
            return Ok(path);
        }
        if let Some(start) = name.strip_prefix(b"/").and_then(number) {
            let long = usize::try_from(start).ok().and_then(|start| self.names.get(start..)).unwrap_or(name);
            let end = long.iter().position(|byte| matches!(byte, b'\n' | 0)).unwrap_or(long.len());
            let long = &long[..end];
            return Ok(long.strip_suffix(b"/").unwrap_or(long).to_vec());
        }
        Ok(name.strip_suffix(b"/").unwrap_or(name).to_vec())
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.trim_end().parse().ok()
}

impl<R: Read> Read for Ar<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_within(&mut self.inner, &mut self.left, buffer)
    }
}
