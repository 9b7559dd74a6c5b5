//! Where in a file.

use std::ops::Range;

use super::parts::Lines;

/// Where a found secret lies in its file, in bytes and lines of the file as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Offset of the first byte.
    pub offset: u64,
    /// Line from 1 and column in bytes from 1 of the first byte.
    pub start: (u64, u64),
    /// Line from 1 and column in bytes from 1 after the last byte.
    pub end: (u64, u64),
    /// Columns from 1 of both in UTF-16 code units, as editors and code-scanning services count.
    pub utf16_columns: (u64, u64),
}

impl Position {
    /// That of a range of a file which is whole in memory.
    pub fn of(file: &[u8], range: &Range<usize>) -> Self {
        Lines::default().counter(file).position(range)
    }
}
