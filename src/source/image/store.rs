//! What a manifest refers to, wherever it is kept: blobs by digest or name, and what is wrong with one that cannot be had.

use std::collections::HashSet;
use std::io::{self, Read};

use super::document::Descriptor;
use crate::blob::Reason;
use crate::origin::TextKind;

/// Largest manifest, index or config that is taken into memory.
pub(super) const MAX_DOCUMENT: u64 = 32 << 20;

/// Bytes of names, targets of links and comments that are kept.
const MAX_SAID: usize = 64 << 20;

/// What a store knows a blob by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    /// Its digest, `ALGORITHM:HEX`.
    Digest(String),
    /// Its name in a tar, or below the folder of a layout.
    Name(Vec<u8>),
    /// Its number among the entries of a tar that a later one of the same name takes the place of.
    Shadowed(usize),
}

/// Why a blob, or a part of it, could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loss {
    /// As a closed set.
    pub reason: Reason,
    /// In words.
    pub detail: String,
}

impl Loss {
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Loss { reason, detail: detail.into() }
    }
}

/// Decoders say what they met by the kind of the error: an end too early, or bytes that do not decode.
impl From<io::Error> for Loss {
    fn from(error: io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => Reason::Truncated,
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => Reason::Corrupt,
            io::ErrorKind::NotFound => Reason::Missing,
            io::ErrorKind::OutOfMemory => Reason::TooMuchMemory,
            _ => Reason::Unreadable,
        };
        let detail = if reason == Reason::Truncated { "it ends too early".to_owned() } else { error.to_string() };
        Loss { reason, detail }
    }
}

/// What a store says about its entries, a line each.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    texts: Vec<(TextKind, Vec<u8>)>,
    /// Whether there was more than is kept.
    pub is_cut: bool,
}

impl Said {
    /// Keeps a line.
    pub fn add(&mut self, kind: TextKind, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        if self.texts.iter().map(|(_, text)| text.len()).sum::<usize>() + line.len() > MAX_SAID {
            self.is_cut = true;
            return;
        }
        let known = self.texts.iter().position(|(of, _)| *of == kind);
        let place = known.unwrap_or_else(|| {
            self.texts.push((kind, Vec::new()));
            self.texts.len() - 1
        });
        let text = &mut self.texts[place].1;
        text.extend_from_slice(line);
        text.push(b'\n');
    }

    /// All of it.
    pub fn texts(&self) -> impl Iterator<Item = (TextKind, &[u8])> {
        self.texts.iter().map(|(kind, text)| (*kind, text.as_slice()))
    }
}

/// Where the blobs of an image are kept.
pub(super) trait Store: Sync {
    /// Opens a blob.
    fn open(&self, key: &Key) -> Result<Box<dyn Read + Send + '_>, Loss>;

    /// The bytes of a manifest or index.
    fn manifest(&self, digest: &str) -> Result<Vec<u8>, Loss> {
        read_document(&mut *self.open(&Key::Digest(digest.to_owned()))?)
    }

    /// Adds what is attached to a manifest and not named by it, where the store can tell; after an error it may not be all.
    fn referrers(&self, digest: &str, found: &mut Vec<Descriptor>) -> Result<(), Loss> {
        let _ = (digest, found);
        Ok(())
    }

    /// The one key of a blob that has several.
    fn canonical(&self, key: &Key) -> Key {
        key.clone()
    }

    /// What the store holds beside the blobs that are used, by its name in the store, sorted by name.
    fn beside(&self, used: &HashSet<Key>) -> Vec<(Vec<u8>, Key)> {
        let _ = used;
        Vec::new()
    }

    /// Documents beside that one which say no more than which images there are and what they are called, by their names.
    fn lists(&self) -> &'static [&'static str] {
        &["manifest.json", "oci-layout", "repositories"]
    }

    /// What the store says about its entries beside their content.
    fn said(&self) -> Said {
        Said::default()
    }

    /// The document that names where its images begin, if it has one: `index.json`.
    fn index(&self) -> Option<Vec<u8>> {
        None
    }

    /// Whether what is not here may be elsewhere: an archive of one platform keeps the index of all.
    fn may_be_partial(&self) -> bool {
        false
    }
}

/// Reads a manifest, index or config.
pub(super) fn read_document(reader: &mut dyn Read) -> Result<Vec<u8>, Loss> {
    let mut bytes = Vec::new();
    reader.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        return Err(Loss::new(Reason::TooMuchMemory, "a manifest or config of more than 32 MiB"));
    }
    Ok(bytes)
}

/// A reader that ends where its bytes should, and then looks whether there are more.
pub(super) struct Within<R> {
    inner: R,
    /// Bytes until there; `None` where that is not known.
    left: Option<u64>,
    /// Whether there are more, once that was looked at.
    goes_on: Option<bool>,
}

impl<R> Within<R> {
    pub fn new(inner: R, size: Option<u64>) -> Self {
        Within { inner, left: size, goes_on: None }
    }

    /// Whether there was more than there should be.
    pub fn is_longer(&self) -> bool {
        self.goes_on == Some(true)
    }
}

impl<R: Read> Read for Within<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(left) = &mut self.left else { return self.inner.read(buffer) };
        if *left == 0 {
            if self.goes_on.is_none() && !buffer.is_empty() {
                self.goes_on = Some(self.inner.read(&mut [0])? > 0);
            }
            return Ok(0);
        }
        let room = buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        let count = self.inner.read(&mut buffer[..room])?;
        *left -= count as u64;
        Ok(count)
    }
}
