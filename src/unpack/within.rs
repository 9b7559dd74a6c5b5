//! Reading of what has a stated length: entries of an archive, a file as long as it was when it was opened.

use std::io::{self, BufRead, Read};

/// Reads no more than the bytes that are left, and counts them off.
///
/// # Errors
/// What `inner` gave; `UnexpectedEof` where it ends before all was read.
pub(crate) fn read_within(inner: &mut impl Read, left: &mut u64, buffer: &mut [u8]) -> io::Result<usize> {
    let room = buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
    if room == 0 {
        return Ok(0);
    }
    let count = inner.read(&mut buffer[..room])?;
    if count == 0 {
        return Err(ends_early());
    }
    *left -= count as u64;
    Ok(count)
}

/// [`Read::read`] of a reader that has a buffer of its own.
pub(super) fn read_buffered(reader: &mut impl BufRead, buffer: &mut [u8]) -> io::Result<usize> {
    let available = reader.fill_buf()?;
    let count = available.len().min(buffer.len());
    buffer[..count].copy_from_slice(&available[..count]);
    reader.consume(count);
    Ok(count)
}

/// The error of an entry that is shorter than its header says.
pub(super) fn ends_early() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "ends within an entry")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_is_left_and_no_less() {
        let mut inner = &b"abcdef"[..];
        let (mut left, mut buffer) = (4, [0; 3]);
        assert_eq!(read_within(&mut inner, &mut left, &mut buffer).unwrap(), 3);
        assert_eq!(read_within(&mut inner, &mut left, &mut buffer).unwrap(), 1);
        assert_eq!(read_within(&mut inner, &mut left, &mut buffer).unwrap(), 0);
        assert_eq!(inner, b"ef");
        left = 3;
        assert_eq!(read_within(&mut inner, &mut left, &mut buffer).unwrap(), 2);
        let early = read_within(&mut inner, &mut left, &mut buffer).unwrap_err();
        assert_eq!((early.kind(), left), (io::ErrorKind::UnexpectedEof, 1));
    }
}
