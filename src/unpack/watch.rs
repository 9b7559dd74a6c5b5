//! A reader that tells whether a word went by.

use std::io::{self, Read};

/// Looks for a word in what is read, and in what was read before.
pub(super) struct Watch<'w, R> {
    inner: R,
    word: &'w [u8],
    /// The last bytes, in which the word may have begun.
    tail: Vec<u8>,
    pub(super) is_seen: bool,
}

impl<'w, R> Watch<'w, R> {
    pub(super) fn new(before: &[u8], inner: R, word: &'w [u8]) -> Self {
        let mut watch = Watch { inner, word, tail: Vec::new(), is_seen: false };
        watch.look(before);
        watch
    }

    fn look(&mut self, bytes: &[u8]) {
        let most = self.word.len().saturating_sub(1);
        let seam = bytes.len().min(most);
        self.tail.extend_from_slice(&bytes[..seam]);
        let finder = memchr::memmem::Finder::new(self.word);
        self.is_seen |= finder.find(&self.tail).is_some() || finder.find(bytes).is_some();
        if bytes.len() > seam {
            self.tail.clear();
            self.tail.extend_from_slice(&bytes[bytes.len() - most..]);
        } else {
            self.tail.drain(..self.tail.len().saturating_sub(most));
        }
    }
}

impl<R: Read> Read for Watch<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.look(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_seen_across_reads() {
        for size in 1..8 {
            let text = b"abcwordxyz";
            let mut watch = Watch::new(&text[..4], &text[4..], b"word");
            assert!(!watch.is_seen);
            let mut buffer = vec![0; size];
            while watch.read(&mut buffer).unwrap() > 0 {}
            assert!(watch.is_seen, "{size}");
            let mut watch = Watch::new(b"wor", &b"xd"[..], b"word");
            while watch.read(&mut buffer).unwrap() > 0 {}
            assert!(!watch.is_seen, "{size}");
        }
    }
}
