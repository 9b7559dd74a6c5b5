//! An image in a tar that can be read at any place: an OCI layout, or what `docker save` and its like write. Its entries
//! are indexed by their offsets in one pass over the headers; blobs are then read where they lie, by several threads.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read};

use super::document::{Root, Saved, position};
use super::layout::index_roots;
use super::paths::components;
use super::store::{Key, Loss, Said, Store, read_document};
use super::tar::{Entry, Input, Kind, Tar};
use crate::blob::Reason;
use crate::origin::TextKind;

/// Entries of an image's tar, at most: blobs, of which real images have some hundred.
const MAX_ENTRIES: usize = 1_000_000;

/// Links followed from one name, at most.
const MAX_LINKS: usize = 16;

/// Bytes at any place.
pub(super) enum Bytes {
    File { file: File, length: u64 },
    Memory(Vec<u8>),
}

impl Bytes {
    /// A file as it is now.
    pub fn of_file(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Bytes::File { file, length })
    }

    pub fn length(&self) -> u64 {
        match self {
            Bytes::File { length, .. } => *length,
            Bytes::Memory(bytes) => bytes.len() as u64,
        }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Bytes::File { file, .. } => read_file_at(file, buffer, offset),
            Bytes::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let count = buffer.len().min(bytes.len() - start);
                buffer[..count].copy_from_slice(&bytes[start..start + count]);
                Ok(count)
            }
        }
    }
}

#[cfg(unix)]
fn read_file_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_file_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

/// A part of some bytes, read from front to back.
struct Part<'a> {
    bytes: &'a Bytes,
    offset: u64,
    end: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let count = self.bytes.read_at(&mut buffer[..wanted], self.offset)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.offset += count as u64;
        Ok(count)
    }
}

impl Input for Part<'_> {
    fn skip(&mut self, count: u64) -> io::Result<()> {
        let target = self.offset.checked_add(count).filter(|&target| target <= self.end);
        self.offset = target.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(())
    }
}

/// The names in an image's tar: what lies under each, and which are links to others.
#[derive(Default)]
pub(super) struct Names {
    /// Offset and size of each file's data. Of several with one name the last counts, as for those who unpack it.
    pub files: BTreeMap<Vec<u8>, (u64, u64)>,
    /// Those that a later one of the same name took the place of.
    shadowed: Vec<(Vec<u8>, (u64, u64))>,
    links: HashMap<Vec<u8>, Vec<u8>>,
    /// What the entries say beside their content.
    pub said: Said,
}

impl Names {
    /// Takes an entry whose data begins at an offset; false where there are too many.
    pub fn take(&mut self, entry: &Entry, offset: u64) -> bool {
        self.said.add(TextKind::FileName, &entry.name);
        self.said.add(TextKind::LinkTarget, &entry.link);
        self.said.add(TextKind::Attributes, &entry.attributes);
        let (name, link) = (plain(&entry.name), &entry.link);
        match entry.kind {
            Kind::File => {
                if let Some(earlier) = self.files.insert(name.clone(), (offset, entry.size)) {
                    self.shadowed.push((name, earlier));
                }
            }
            Kind::HardLink => {
                self.links.insert(name, plain(link));
            }
            Kind::Symlink => {
                let mut target = name.clone();
                target.truncate(target.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1));
                target.extend_from_slice(link);
                self.links.insert(name, plain(&target));
            }
            Kind::Directory | Kind::Special => {}
        }
        self.files.len() + self.shadowed.len() + self.links.len() <= MAX_ENTRIES
    }

    /// Whether there is a list of images.
    pub fn has_list(&self) -> bool {
        self.files.contains_key(&b"index.json"[..]) || self.files.contains_key(&b"manifest.json"[..])
    }

    /// The name of the file that a key leads to, links followed; the key's own name where nothing is there.
    pub fn resolve(&self, key: &Key) -> Vec<u8> {
        let mut name = match key {
            Key::Digest(digest) => format!("blobs/{}", digest.replacen(':', "/", 1)).into_bytes(),
            Key::Name(name) => plain(name),
            Key::Shadowed(number) => {
                return self.shadowed.get(*number).map(|(name, _)| name.clone()).unwrap_or_default();
            }
        };
        for _ in 0..MAX_LINKS {
            match self.links.get(&name) {
                Some(target) if !self.files.contains_key(&name) => name = target.clone(),
                _ => break,
            }
        }
        name
    }

    /// Names of files that no image uses. What only says which images there are is read with the images.
    pub fn beside(&self, used: &HashSet<Key>) -> Vec<(Vec<u8>, Key)> {
        const KNOWN: [&[u8]; 4] = [b"index.json", b"manifest.json", b"oci-layout", b"repositories"];
        let names = self.files.keys().filter(|name| !KNOWN.contains(&name.as_slice()));
        names.map(|name| (name.clone(), Key::Name(name.clone()))).filter(|(_, key)| !used.contains(key)).collect()
    }
}

/// A name without `./`, doubled slashes and `..`.
fn plain(name: &[u8]) -> Vec<u8> {
    components(name).join(&b'/')
}

/// A document of an image's tar by its name, if it is there.
type Document = Option<Result<Vec<u8>, Loss>>;

/// The roots of an image's tar: `index.json`, or else `manifest.json`; none where it has neither.
pub(super) fn roots(read: &dyn Fn(&str) -> Document) -> Result<Vec<Root>, String> {
    if let Some(index) = read("index.json") {
        return index_roots(&index.map_err(|loss| format!("index.json: {}", loss.detail))?);
    }
    let Some(manifest) = read("manifest.json") else { return Ok(Vec::new()) };
    let manifest = manifest.map_err(|loss| format!("manifest.json: {}", loss.detail))?;
    let saved: Vec<Saved> =
        serde_json::from_slice(&manifest).map_err(|error| format!("manifest.json: {}", position(&error)))?;
    if saved.is_empty() {
        return Err("its manifest.json names no image".to_owned());
    }
    Ok(saved.into_iter().map(Root::Saved).collect())
}

/// An image in a tar.
pub(super) struct Archive {
    bytes: Bytes,
    names: Names,
}

impl Archive {
    /// Indexes a tar. Gives what is wrong with it beside what could be indexed.
    pub fn index(bytes: Bytes) -> (Self, Option<Loss>) {
        let mut names = Names::default();
        let mut damage = None;
        let mut tar = Tar::new(Part { bytes: &bytes, offset: 0, end: bytes.length() });
        loop {
            match tar.next() {
                Ok(Some(entry)) => {
                    if !names.take(&entry, tar.offset()) {
                        damage = Some(Loss::new(Reason::TooManyMembers, "more than 1,000,000 entries"));
                        break;
                    }
                }
                Ok(None) => {
                    // Some tools write no end mark; but where the list of images, which comes late, is not there either,
                    // the archive was cut off.
                    if !tar.has_end_mark() && !names.has_list() {
                        damage = Some(Loss::new(Reason::Truncated, "it ends without an end mark"));
                    }
                    break;
                }
                Err(error) => {
                    damage = Some(error.into());
                    break;
                }
            }
        }
        (Archive { bytes, names }, damage)
    }

    /// Where its images begin; none where it is no image.
    pub fn roots(&self) -> Result<Vec<Root>, String> {
        roots(&|name| {
            let key = Key::Name(name.as_bytes().to_vec());
            self.names.files.contains_key(name.as_bytes()).then(|| read_document(&mut *self.open(&key)?))
        })
    }
}

impl Store for Archive {
    fn open(&self, key: &Key) -> Result<Box<dyn Read + Send + '_>, Loss> {
        let place = match key {
            Key::Shadowed(number) => self.names.shadowed.get(*number).map(|(_, place)| place),
            key => self.names.files.get(&self.names.resolve(key)),
        };
        let &(offset, size) = place.ok_or_else(|| Loss::new(Reason::Missing, "it is not in the archive"))?;
        Ok(Box::new(Part { bytes: &self.bytes, offset, end: offset.saturating_add(size) }))
    }

    fn canonical(&self, key: &Key) -> Key {
        Key::Name(self.names.resolve(key))
    }

    fn beside(&self, used: &HashSet<Key>) -> Vec<(Vec<u8>, Key)> {
        let mut beside = self.names.beside(used);
        let shadowed = self.names.shadowed.iter().enumerate();
        beside.extend(shadowed.map(|(number, (name, _))| (name.clone(), Key::Shadowed(number))));
        beside
    }

    fn said(&self) -> Said {
        self.names.said.clone()
    }

    fn index(&self) -> Option<Vec<u8>> {
        read_document(&mut *self.open(&Key::Name(b"index.json".to_vec())).ok()?).ok()
    }

    fn may_be_partial(&self) -> bool {
        true
    }
}

impl Archive {
    /// Whether it has what an image has at its top.
    pub fn looks_like_an_image(&self) -> bool {
        let has = |name: &str| self.names.files.contains_key(name.as_bytes());
        (has("index.json") && has("oci-layout"))
            || (has("manifest.json") && matches!(self.roots(), Ok(roots) if !roots.is_empty()))
    }
}

/// Whether the first header of a tar is one that image tools write first.
pub(super) fn begins_like_an_image(header: &[u8]) -> bool {
    let name = header.get(..100).unwrap_or_default().split(|&byte| byte == 0).next().unwrap_or_default();
    let name = plain(name);
    let top = name.split(|&byte| byte == b'/').next().unwrap_or_default();
    let stem = top.strip_prefix(b"sha256:").unwrap_or(top);
    let stem = stem.split(|&byte| byte == b'.').next().unwrap_or_default();
    matches!(top, b"blobs" | b"oci-layout" | b"index.json" | b"manifest.json")
        || (stem.len() == 64 && stem.iter().all(u8::is_ascii_hexdigit))
}
