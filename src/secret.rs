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

/// Whether a range of a text is a value of its own and no part of a longer word: where it begins or ends with a letter or
/// digit, its neighbour there is none.
pub fn is_whole(text: &[u8], range: Range<usize>) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let Some(value) = text.get(range.clone()) else { return false };
    let before = range.start.checked_sub(1).and_then(|at| text.get(at));
    let continues_before = is_word(value.first()) && is_word(before);
    let continues_after = is_word(value.last()) && is_word(text.get(range.end));
    !continues_before && !continues_after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_longer_word_is_no_value() {
        let text = b"hunter2 =hunter23 xhunter2";
        assert!(is_whole(text, 0..7));
        assert!(!is_whole(text, 9..16));
        assert!(is_whole(text, 9..17));
        assert!(!is_whole(text, 19..26));
        assert!(is_whole(b"a=b", 1..2));
        assert!(!is_whole(b"a", 0..2));
    }

    #[test]
    fn debug_shows_no_byte() {
        assert_eq!(format!("{:?}", Secret::new(*b"hunter2hunter2")), "Secret(14 bytes)");
    }
}
