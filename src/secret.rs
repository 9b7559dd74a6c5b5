//! A secret's bytes, which cannot be printed by accident: no `Display`, a masked `Debug`, overwritten when dropped.

use std::fmt;
use std::hint::black_box;
use std::ops::Range;

/// The bytes of a credential. The one way to them is [`Secret::expose`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Takes the bytes.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Secret(bytes.into())
    }

    /// The bytes themselves: for the fingerprint, the mask and `--show-secrets`; whoever calls this answers for them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The same without its white space: a key of several lines is one, however far it is indented.
    pub fn without_white_space(&self) -> Secret {
        Secret(self.0.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        black_box(&self.0);
    }
}

/// Whether a range of a text is a value of its own and no part of a longer word: neither neighbour is a letter, a digit, `_` or
/// `-`, of which passwords are made.
pub fn is_whole(text: &[u8], range: Range<usize>) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    let before = range.start.checked_sub(1).and_then(|at| text.get(at));
    text.get(range.clone()).is_some() && !is_word(before) && !is_word(text.get(range.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_longer_word_is_no_value() {
        let text = b"hunter2 =hunter23 xhunter2";
        assert!(is_whole(text, 0..7));
        assert!(!is_whole(text, 9..16));
        assert!(is_whole(text, 8..17));
        assert!(!is_whole(b"hunter2-2024", 0..7) && !is_whole(b"hunter2_x", 0..7) && !is_whole(b"hunter2!x", 0..8));
        assert!(!is_whole(text, 19..26));
        assert!(is_whole(b"(a)", 1..2) && !is_whole(b"a=b", 1..2));
        assert!(!is_whole(b"a", 0..2));
    }

    #[test]
    fn debug_shows_no_byte() {
        assert_eq!(format!("{:?}", Secret::new(*b"hunter2hunter2")), "Secret(14 bytes)");
    }
}
