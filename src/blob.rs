//! What every source hands over: bytes with their origin, and what could not be read.

mod rendered;

use std::fmt;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::candidate::{Carry, CopiedRun};
use crate::origin::Origin;
pub use rendered::{Piece, Rendered};

/// Content, whole in memory or as a stream.
pub enum Content<'a> {
    /// All of it.
    Bytes(&'a [u8]),
    /// Bytes of any number, read once from front to back. A read error is a loss of what follows.
    Stream(&'a mut dyn Read),
    /// All of it, one of many versions of a text.
    Version(Version<'a>),
    /// Many short texts, each with an origin of its own, such as the names in an archive.
    Texts(Texts<'a>),
    /// A template with values put in.
    Rendered(Rendered<'a>),
}

/// Texts of a line each.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    /// All of them.
    pub text: &'a [u8],
    /// Where each begins, in order; the first at 0.
    pub begins: &'a [usize],
    /// The origin of each, by its number from 0: asked for where something is found.
    pub origin_of: &'a dyn Fn(usize) -> Origin,
}

impl Texts<'_> {
    /// The text that has the byte at `offset`: its origin, where it begins, and how many lines of the whole are before it.
    pub fn at(&self, offset: usize) -> (Origin, usize, usize) {
        let number = self.begins.partition_point(|begin| *begin <= offset).saturating_sub(1);
        let begin = self.begins.get(number).copied().unwrap_or(0);
        let before = memchr::memchr_iter(b'\n', &self.text[..begin]).count();
        ((self.origin_of)(number), begin, before)
    }
}

/// A text that is made from another one, as the deltas of a pack are.
pub struct Version<'a> {
    /// All of it.
    pub bytes: &'a [u8],
    /// What judging its base left, and the runs that it has from it, in order and without overlap; `None` where it has no
    /// base.
    pub base: Option<(&'a Carry, &'a [CopiedRun])>,
    /// Gets what judging this text leaves for those that are made from it.
    pub carry: &'a mut Carry,
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Content::Stream(_) => f.write_str("Stream"),
            Content::Version(version) => write!(f, "Version({} bytes)", version.bytes.len()),
            Content::Texts(texts) => write!(f, "Texts({} bytes)", texts.text.len()),
            Content::Rendered(rendered) => rendered.fmt(f),
        }
    }
}

/// Bytes to be judged, and where they lie.
#[derive(Debug)]
pub struct Blob<'a> {
    /// Where the bytes lie; complete at birth.
    pub origin: Origin,
    /// The bytes.
    pub content: Content<'a>,
}

impl<'a> Blob<'a> {
    /// A blob that is whole in memory.
    pub fn bytes(origin: Origin, bytes: &'a [u8]) -> Self {
        Blob { origin, content: Content::Bytes(bytes) }
    }

    /// A blob that is read as it is judged.
    pub fn stream(origin: Origin, reader: &'a mut dyn Read) -> Self {
        Blob { origin, content: Content::Stream(reader) }
    }
}

/// The class of a skip: only [`Class::Lost`] makes a run incomplete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// Flags or config said not to read it.
    NotAsked,
    /// There is nothing to read: a fifo, a dangling link, an LFS pointer, what only looked like an archive.
    NothingToRead,
    /// Lost, but an `[[accept]]` entry of the config names it.
    Accepted,
    /// Bytes that should have been judged and were not.
    Lost,
}

impl Class {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Class::NotAsked => "not asked",
            Class::NothingToRead => "nothing to read",
            Class::Accepted => "accepted",
            Class::Lost => "lost",
        }
    }
}

/// Why something was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Reason {
    /// A glob of `--exclude`, or none of `--include`, left it out.
    Excluded,
    /// `.gitignore` leaves it out and `--ignored` was not given.
    Ignored,
    /// Larger than `--max-size`.
    TooLarge,
    /// Archives are not opened: `--no-unpack`. The archive itself was scanned as bytes.
    NotUnpacked,
    /// A platform that `--platform` leaves out.
    OtherPlatform,
    /// A fifo, socket or device.
    SpecialFile,
    /// A symbolic link whose target is not there; the target's text was scanned.
    DanglingLink,
    /// A symbolic link that is not followed; the target's text was scanned.
    LinkNotFollowed,
    /// A submodule that is not checked out.
    UninitialisedSubmodule,
    /// A Git LFS pointer whose object is not here.
    LfsPointer,
    /// It began like an archive and is none; it was scanned as bytes.
    NotAnArchive,
    /// Opening or reading failed: permissions, I/O.
    Unreadable,
    /// It changed while it was read.
    Changed,
    /// An object or blob that is referred to and is not there.
    Missing,
    /// It does not decode: checksum, structure.
    Corrupt,
    /// It ends before its end.
    Truncated,
    /// Encrypted content.
    Encrypted,
    /// A compression, archive or media type that cannot be read.
    UnknownCodec,
    /// Nested deeper than `--max-depth`.
    TooDeep,
    /// More members than the budget allows.
    TooManyMembers,
    /// Expands to more bytes than the budget allows.
    ExpandsTooFar,
    /// Needs more memory than the budget allows.
    TooMuchMemory,
    /// A commit's history ends at a shallow boundary.
    Shallow,
    /// A layer whose bytes the registry does not serve (non-distributable).
    ForeignLayer,
    /// A digest that does not match the bytes.
    DigestMismatch,
    /// The run was stopped by `--timeout`.
    TimedOut,
    /// A signature's pattern takes too long in it, and was given up there.
    TooSlow,
}

impl Reason {
    /// Every reason, for docs and for the config's `[[accept]]` entries.
    pub const ALL: &'static [Reason] = &[
        Reason::Excluded,
        Reason::Ignored,
        Reason::TooLarge,
        Reason::NotUnpacked,
        Reason::OtherPlatform,
        Reason::SpecialFile,
        Reason::DanglingLink,
        Reason::LinkNotFollowed,
        Reason::UninitialisedSubmodule,
        Reason::LfsPointer,
        Reason::NotAnArchive,
        Reason::Unreadable,
        Reason::Changed,
        Reason::Missing,
        Reason::Corrupt,
        Reason::Truncated,
        Reason::Encrypted,
        Reason::UnknownCodec,
        Reason::TooDeep,
        Reason::TooManyMembers,
        Reason::ExpandsTooFar,
        Reason::TooMuchMemory,
        Reason::Shallow,
        Reason::ForeignLayer,
        Reason::DigestMismatch,
        Reason::TimedOut,
        Reason::TooSlow,
    ];

    /// The class a skip for this reason has unless the config accepts it.
    pub fn class(self) -> Class {
        match self {
            Reason::Excluded | Reason::Ignored | Reason::NotUnpacked | Reason::OtherPlatform => Class::NotAsked,
            Reason::SpecialFile
            | Reason::DanglingLink
            | Reason::LinkNotFollowed
            | Reason::UninitialisedSubmodule
            | Reason::LfsPointer
            | Reason::NotAnArchive => Class::NothingToRead,
            _ => Class::Lost,
        }
    }

    /// Stable kebab-case name, used in reports and in the config.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Excluded => "excluded",
            Reason::Ignored => "ignored",
            Reason::TooLarge => "too-large",
            Reason::NotUnpacked => "not-unpacked",
            Reason::OtherPlatform => "other-platform",
            Reason::SpecialFile => "special-file",
            Reason::DanglingLink => "dangling-link",
            Reason::LinkNotFollowed => "link-not-followed",
            Reason::UninitialisedSubmodule => "uninitialised-submodule",
            Reason::LfsPointer => "lfs-pointer",
            Reason::NotAnArchive => "not-an-archive",
            Reason::Unreadable => "unreadable",
            Reason::Changed => "changed",
            Reason::Missing => "missing",
            Reason::Corrupt => "corrupt",
            Reason::Truncated => "truncated",
            Reason::Encrypted => "encrypted",
            Reason::UnknownCodec => "unknown-codec",
            Reason::TooDeep => "too-deep",
            Reason::TooManyMembers => "too-many-members",
            Reason::ExpandsTooFar => "expands-too-far",
            Reason::TooMuchMemory => "too-much-memory",
            Reason::Shallow => "shallow",
            Reason::ForeignLayer => "foreign-layer",
            Reason::DigestMismatch => "digest-mismatch",
            Reason::TimedOut => "timed-out",
            Reason::TooSlow => "too-slow",
        }
    }
}

/// Something that was not read, as data: never a log line alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skip {
    /// What was not read.
    pub origin: Origin,
    /// Why, as a closed set.
    pub reason: Reason,
    /// Why, in words: the cause as the system or decoder gave it. Must not quote scanned content.
    pub detail: String,
}

impl Skip {
    /// A skip with a detail; pass an empty string where the reason says it all.
    pub fn new(origin: Origin, reason: Reason, detail: impl Into<String>) -> Self {
        Skip { origin, reason, detail: detail.into() }
    }
}

/// What a source pushes.
#[derive(Debug)]
pub enum Item<'a> {
    /// Bytes to judge. The sink counts them as read.
    Blob(Blob<'a>),
    /// Something that was not read.
    Skip(Skip),
    /// Read, and nothing in it to judge (a tree, a base of a delta): counted in the coverage only.
    Seen {
        /// Number of objects.
        objects: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// Work that is known to come, for the progress bar only.
    Expect {
        /// Number of objects.
        objects: u64,
        /// Their bytes, as they will be counted.
        bytes: u64,
    },
}

/// What judging an item left, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Left {
    /// Nothing: under the same rules, and under more, it need not be judged again for what these rules find.
    #[default]
    Nothing,
    /// Nothing, since one rule decided against what another one found: this holds as long as no rule is changed or left out.
    Settled,
    /// Ids and nothing else: they count where there are secrets that they may belong to.
    Ids,
    /// Finds, or what could not be read.
    Something,
}

/// What came of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Objects that were counted for it.
    pub objects: u64,
    /// Bytes that were counted for it.
    pub bytes: u64,
    /// What it left.
    pub left: Left,
}

/// Where a source pushes to, from as many threads as it likes.
pub trait Sink: Sync {
    /// Takes one item; a blob is judged before this returns.
    fn put(&self, item: Item<'_>);

    /// [`Sink::put`] for sources that remember what they need not read again. A sink that does not tell left something.
    fn judged(&self, item: Item<'_>) -> Outcome {
        self.put(item);
        Outcome { left: Left::Something, ..Outcome::default() }
    }

    /// Whether the source should stop: interrupted, or out of time. What is then left unread is recorded by the caller.
    fn stopped(&self) -> bool {
        false
    }

    /// Whether a file was not asked for: then nothing is made of it, either. What is handed over all the same is left out.
    fn leaves_out(&self, _origin: &Origin) -> bool {
        false
    }

    /// Waits for what somebody else reads: calls `wait`, which must return once what it is given says so. Time that this
    /// source has for itself does not count meanwhile.
    fn wait(&self, wait: &mut dyn FnMut(&dyn Fn() -> bool)) {
        wait(&|| self.stopped());
    }
}

/// A reader that fails once the sink wants no more: what is to be read may be a thousand times what is stored, or have no end.
pub struct Stopping<'s, R> {
    inner: R,
    sink: &'s dyn Sink,
}

impl<'s, R> Stopping<'s, R> {
    /// Asks the sink before each read.
    pub fn new(inner: R, sink: &'s dyn Sink) -> Self {
        Stopping { inner, sink }
    }
}

impl<R: Read> Read for Stopping<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.sink.stopped() { Err(stopped()) } else { self.inner.read(buffer) }
    }
}

/// The error of a read that was given up since the sink wants no more.
pub fn stopped() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "stopped before all of it was read")
}
