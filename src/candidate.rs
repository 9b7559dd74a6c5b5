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
    /// An item of a YAML list, or an entry of a list that is not its first.
    Entry,
    /// After an operator, without quotes: env files, YAML, INI, properties.
    Bare,
    /// Text of an XML element or value of an attribute.
    Markup,
    /// An argument of a command-line option.
    Argument,
    /// Userinfo or a query value of a URL.
    Url,
    /// An argument of a call that sets what its name says: `setPassword("…")`, `put("password", "…")`.
    Call,
    /// An argument of a login, which its place among the others tells: `connect(host, "user", "…")`.
    Login,
    /// A header of a request: `X-Api-Key: …`.
    Header,
    /// A part of a connection string: `Server=…;Password=…`.
    Connection,
    /// A sentence or table for people.
    Prose,
}

const _: () = assert!(size_of::<Candidate>() <= 32);

/// A run of bytes that a text has from its base, as the copy instruction of a delta says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopiedRun {
    /// Its place in the base.
    pub from: u32,
    /// Its place in the text.
    pub to: u32,
    /// Its bytes.
    pub length: u32,
}

/// What judging a text leaves for the texts that are made from it. Opaque to sources, which keep it beside the bytes.
#[derive(Debug, Default)]
pub struct Carry {
    /// How the text was judged; nothing is carried to a text that is judged in another way.
    pub kind: CarryKind,
    /// Length of the text, in bytes.
    pub length: u32,
    /// Every keyword hit, in order of its place.
    pub anchors: Vec<Anchor>,
    /// Every candidate, sorted by secret, rule, span and reach.
    pub candidates: Vec<Carried>,
    /// Every spot where something encoded may begin, in order; of text alone.
    pub spots: Vec<u32>,
}

/// How a text was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CarryKind {
    /// Not under the rules that let a candidate be carried: an archive, UTF-16, too large; or not at all.
    #[default]
    Opaque,
    /// With all words.
    Text,
    /// Without words in names.
    Binary,
}

/// A keyword hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anchor {
    /// Offset of its first byte.
    pub start: u32,
    /// Index of the word.
    pub word: u16,
}

/// A candidate, and what is known of its judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// The candidate.
    pub candidate: Candidate,
    /// Whether it was judged, and must be judged again for each text that has it.
    pub worth: Worth,
}

/// What a text's later steps have to know of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// Not judged yet.
    Unknown,
    /// Dropped, and no later step asks for it.
    Nothing,
    /// Dropped by its verdict, but the steps after it look at it.
    Present,
    /// Kept by its verdict.
    Kept,
}

impl Carry {
    /// Forgets all but the memory that it took.
    pub fn clear(&mut self) {
        self.kind = CarryKind::Opaque;
        self.length = 0;
        self.anchors.clear();
        self.candidates.clear();
        self.spots.clear();
    }
}
