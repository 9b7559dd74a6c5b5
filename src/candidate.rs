//! A candidate: a match that a rule made in its window. Plain data, small, without a byte of the secret.

use std::ops::Range;

/// A span of bytes in a blob (or in one part of a streamed blob).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of a slice that is at most 4 GiB long, as every part of a blob is.
    pub fn new(range: Range<usize>) -> Self {
        Span { start: range.start as u32, end: range.end as u32 }
    }

    /// As a range to slice with.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether any byte is in both.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// What a rule matched. A function of the bytes of `reach`, one byte on each side, and whether these are the file's ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Candidate {
    /// The whole match, with the word or name that led to it.
    pub span: Span,
    /// The secret in it.
    pub secret: Span,
    /// The window: all bytes this candidate depends on.
    pub reach: Span,
    /// Index of the rule in its rule set.
    pub rule: u16,
    /// How it stood there: see [`Setting`].
    pub setting: Setting,
}

/// The syntax that a value stands in, as far as its window shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Setting {
    /// A token by itself, found by its own shape.
    Token,
    /// After an operator, in quotes: source code, JSON, quoted YAML.
    Quoted,
    /// After an operator, without quotes: env files, YAML, INI, properties.
    Bare,
    /// Text of an XML element or value of an attribute.
    Markup,
    /// An argument of a command-line option.
    Argument,
    /// Userinfo or a query value of a URL.
    Url,
}

const _: () = assert!(size_of::<Candidate>() <= 32);
