//! What may be shown of a secret, and of the line it stands in.

use std::ops::Range;

use super::Excerpt;

/// A span of the text that must not be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Byte range in the text.
    pub span: Range<usize>,
    /// Number of bytes at its start that are a public prefix.
    pub public_prefix: usize,
}

/// A secret masked: at most the public prefix and the last 4 characters, and only if 16 or more stay hidden; else a class of
/// length alone.
pub fn mask(secret: &[u8], public_prefix: usize) -> String {
    let _ = (secret, public_prefix);
    todo!()
}

/// The line around `secret` in `text`, with every span of `covered` masked (unless `show`), at most 160 bytes, printable.
pub fn excerpt(text: &[u8], secret: &Covered, covered: &[Covered], show: bool) -> Excerpt {
    let _ = (text, secret, covered, show);
    todo!()
}
