//! The object stores of a repository: every pack and every loose object of its own object directory and of those it
//! borrows from. Knows how to find and decode an object; knows nothing of sinks, refs and history.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use gix::ObjectId;
use gix::hash::{Kind as HashKind, oid};
use gix::objs::Kind;
use gix_pack::cache::lru::MemoryCappedHashmap;
use gix_pack::data::decode::entry::ResolvedBase;

use super::index::Index;
use super::repository::read_file;
use crate::blob::Reason;
use crate::unpack::rebuild;

/// Objects that take more than this when decoded are streamed where they are stored whole, and are a skip where they are
/// stored as deltas: git itself stores what is larger than `core.bigFileThreshold`, 512 MiB, without deltas.
pub(super) const LARGEST_IN_MEMORY: usize = 512 << 20;

/// Bytes of decoded bases that one thread keeps while it decodes object by object.
const BASE_CACHE_BYTES: usize = 24 << 20;

/// A delta whose base is in another pack, whose base is in another pack, and so on: deeper is a cycle or an attack.
const LONGEST_WAY_THROUGH_PACKS: usize = 8;

/// The number of the next pack. No two have one, whichever stores they are of: it is the key of a thread's cache of bases.
static NEXT_PACK: AtomicU32 = AtomicU32::new(0);

/// A pack and its index.
pub(super) struct Pack {
    /// File name of the pack, for messages.
    pub name: String,
    pub data: gix_pack::data::File,
    pub index: Index,
}

/// What went wrong while the stores were opened.
pub(super) struct Trouble {
    /// The file, relative to its object directory.
    pub file: PathBuf,
    pub reason: Reason,
    pub detail: String,
}

/// All object stores of one repository.
pub(super) struct Objects {
    pub hash: HashKind,
    /// Largest first.
    pub packs: Vec<Pack>,
    loose: Vec<gix::odb::loose::Store>,
    /// Sorted, each once.
    loose_ids: Vec<ObjectId>,
    /// Whether a pack came from a remote that was asked to leave objects out.
    pub promised: bool,
    pub troubles: Vec<Trouble>,
    /// All of this with what was fetched since it was opened.
    later: RwLock<Option<Arc<Objects>>>,
}

/// What one thread needs to decode objects one by one.
pub(super) struct Decoder {
    inflate: gix::zlib::Inflate,
    bases: MemoryCappedHashmap,
}

impl Decoder {
    pub(super) fn new() -> Self {
        Decoder { inflate: gix::zlib::Inflate::default(), bases: MemoryCappedHashmap::new(BASE_CACHE_BYTES) }
    }
}

/// Why an object that is listed could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// It does not decode.
    Corrupt,
    /// It is a delta of an object that is not there.
    BaseMissing,
    /// Its pack ends before it.
    Truncated,
    /// It takes more than [`LARGEST_IN_MEMORY`].
    TooLarge,
    /// Its content is that of another object.
    Mistaken,
    /// It is behind more objects than are followed.
    TooDeep,
}

impl Failure {
    pub(super) fn reason(self) -> Reason {
        match self {
            Failure::Corrupt | Failure::Mistaken => Reason::Corrupt,
            Failure::TooDeep => Reason::TooDeep,
            Failure::BaseMissing => Reason::Missing,
            Failure::Truncated => Reason::Truncated,
            Failure::TooLarge => Reason::TooMuchMemory,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Failure::Corrupt => "it does not decode",
            Failure::BaseMissing => "it is stored as a delta of an object that is not there",
            Failure::Truncated => "the pack ends before it",
            Failure::Mistaken => "it has the content of another object",
            Failure::TooDeep => "it is behind more tags or folders than are followed",
            Failure::TooLarge => "it is a delta that expands to more than 512 MiB",
        }
    }
}

impl Objects {
    /// Opens everything below `directory` (`.git/objects`) and below the object directories that it borrows from.
    pub(super) fn open(directory: &Path, hash: HashKind) -> Self {
        Objects::open_all(vec![directory.to_path_buf()], hash)
    }

    /// Opens several object directories as one store.
    pub(super) fn open_all(directories: Vec<PathBuf>, hash: HashKind) -> Self {
        let mut objects = Objects {
            hash,
            packs: Vec::new(),
            loose: Vec::new(),
            loose_ids: Vec::new(),
            promised: false,
            troubles: Vec::new(),
            later: RwLock::default(),
        };
        let mut waiting = directories;
        let mut opened = BTreeSet::new();
        while let Some(directory) = waiting.pop() {
            let canonical = fs::canonicalize(&directory);
            match canonical {
                Ok(canonical) if canonical.is_dir() => {
                    if opened.insert(canonical) {
                        waiting.extend(objects.alternates(&directory));
                        objects.add(&directory);
                    }
                }
                _ => objects.trouble(
                    &directory,
                    Reason::Missing,
                    "an object directory that is borrowed from is not there",
                ),
            }
        }
        objects.loose_ids.sort_unstable();
        objects.loose_ids.dedup();
        // Two packs of one name are one pack: linked object directories, or a copy that is borrowed from.
        objects.packs.sort_by(|a, b| b.data.data_len().cmp(&a.data.data_len()).then_with(|| a.name.cmp(&b.name)));
        for pack in &mut objects.packs {
            // That of gix is a hash of the path and could collide.
            pack.data.id = NEXT_PACK.fetch_add(1, Ordering::Relaxed);
        }
        objects
    }

    /// Adds what was fetched: stores that have all that these have, and more. It is found; lists and [`Self::packs`] stay as they are.
    pub(super) fn add_later(&self, later: Objects) {
        *self.later.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(later));
    }

    fn later(&self) -> Option<Arc<Objects>> {
        self.later.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn trouble(&mut self, file: &Path, reason: Reason, detail: impl Into<String>) {
        self.troubles.push(Trouble { file: file.to_path_buf(), reason, detail: detail.into() });
    }

    /// Object directories that `info/alternates` names.
    fn alternates(&mut self, directory: &Path) -> Vec<PathBuf> {
        let file = directory.join("info").join("alternates");
        let text = match read_file(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.trouble(&file, Reason::Unreadable, error.to_string());
                return Vec::new();
            }
        };
        match gix::odb::alternate::parse(&text) {
            Ok(paths) => paths.into_iter().map(|path| directory.join(path)).collect(),
            Err(_) => {
                self.trouble(&file, Reason::Corrupt, "the list of borrowed object directories cannot be read");
                Vec::new()
            }
        }
    }

    fn add(&mut self, directory: &Path) {
        let packs = directory.join("pack");
        let mut names: Vec<PathBuf> = match fs::read_dir(&packs) {
            Ok(entries) => entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                self.trouble(&packs, Reason::Unreadable, error.to_string());
                Vec::new()
            }
        };
        names.sort();
        for path in &names {
            match path.extension().and_then(OsStr::to_str) {
                Some("pack") => self.add_pack(path),
                Some("promisor") => self.promised = true,
                Some("idx") if !path.with_extension("pack").exists() => {
                    self.trouble(path, Reason::Missing, "the pack of this index is not there");
                }
                _ => {}
            }
        }
        let options = gix::odb::loose::Options { alloc_limit_bytes: Some(LARGEST_IN_MEMORY), ..Default::default() };
        let loose = gix::odb::loose::Store::at_opts(directory, self.hash, options);
        for id in loose.iter() {
            match id {
                Ok(id) => self.loose_ids.push(id),
                Err(_) => self.trouble(directory, Reason::Unreadable, "a directory of loose objects cannot be listed"),
            }
        }
        self.loose.push(loose);
    }

    fn add_pack(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let data = match gix_pack::data::File::at(path, self.hash) {
            Ok(data) => data.with_alloc_limit_bytes(Some(LARGEST_IN_MEMORY)),
            Err(_) => {
                let reason = match fs::metadata(path) {
                    Ok(found) if found.len() < 12 + self.hash.len_in_bytes() as u64 => Reason::Truncated,
                    Ok(_) => Reason::Corrupt,
                    Err(_) => Reason::Unreadable,
                };
                return self.trouble(path, reason, "the pack cannot be opened");
            }
        };
        match gix_pack::index::File::at(path.with_extension("idx"), self.hash) {
            Ok(index) => self.packs.push(Pack { name, data, index: Index::Stored(index) }),
            Err(_) => {
                let rebuilt = rebuild(&data, self.hash, LARGEST_IN_MEMORY, &mut |_| true);
                if let Some((reason, detail)) = rebuilt.loss(data.num_objects()) {
                    self.trouble(path, reason, detail);
                }
                if let Some(index) = rebuilt.index {
                    self.packs.push(Pack { name, data, index: Index::Rebuilt(index) });
                }
            }
        }
    }

    /// Ids of the loose objects, sorted.
    pub(super) fn loose_ids(&self) -> &[ObjectId] {
        &self.loose_ids
    }

    /// Whether an object is listed anywhere; it may still not decode.
    pub(super) fn contains(&self, id: &oid) -> bool {
        self.packs.iter().any(|pack| pack.index.offset(id).is_some())
            || self.loose_ids.binary_search_by(|loose| loose.as_ref().cmp(id)).is_ok()
            || self.later().is_some_and(|later| later.contains(id))
    }

    /// Decodes an object, from whichever store has a copy that decodes; `None` where none lists it.
    pub(super) fn find(&self, id: &oid, decoder: &mut Decoder, out: &mut Vec<u8>) -> Result<Option<Kind>, Failure> {
        let found = self.find_opened(id, decoder, out);
        let later = if matches!(found, Ok(Some(_))) { None } else { self.later() };
        later.map_or(found, |later| later.find(id, decoder, out))
    }

    fn find_opened(&self, id: &oid, decoder: &mut Decoder, out: &mut Vec<u8>) -> Result<Option<Kind>, Failure> {
        let mut failure = None;
        for pack in &self.packs {
            if let Some(offset) = pack.index.offset(id) {
                match self.decode(pack, offset, decoder, out) {
                    Ok(kind) => return Ok(Some(kind)),
                    Err(failed) => failure = Some(failed),
                }
            }
        }
        match self.find_loose(id, out) {
            Ok(Some(kind)) => Ok(Some(kind)),
            Ok(None) => failure.map_or(Ok(None), Err),
            Err(failed) => Err(failure.unwrap_or(failed)),
        }
    }

    /// Decodes a loose object.
    pub(super) fn find_loose(&self, id: &oid, out: &mut Vec<u8>) -> Result<Option<Kind>, Failure> {
        if self.loose_ids.binary_search_by(|loose| loose.as_ref().cmp(id)).is_err() {
            return Ok(None);
        }
        let mut failure = None;
        for store in &self.loose {
            // A fifo would be waited for.
            if fs::metadata(store.object_path(id)).is_ok_and(|found| !found.is_file()) {
                failure = Some(Failure::Corrupt);
                continue;
            }
            match store.try_find(id, out) {
                Ok(Some(object)) => {
                    let kind = object.kind;
                    // Of what is packed the index has a checksum; here the name of the file is all that says what should be in it.
                    if !gix::objs::compute_hash(self.hash, kind, out).is_ok_and(|found| *found != *id) {
                        return Ok(Some(kind));
                    }
                    failure = Some(Failure::Mistaken);
                }
                Ok(None) => {}
                Err(_) => {
                    let size = store.try_header(id).ok().flatten().map_or(0, |(size, _)| size);
                    failure = Some(if size > LARGEST_IN_MEMORY as u64 { Failure::TooLarge } else { Failure::Corrupt });
                }
            }
        }
        failure.map_or(Ok(None), Err)
    }

    /// The file and size of a loose blob that is too large for memory.
    pub(super) fn large_loose_blob(&self, id: &oid) -> Option<(PathBuf, u64)> {
        self.loose.iter().find_map(|store| match store.try_header(id) {
            Ok(Some((size, Kind::Blob))) if size > LARGEST_IN_MEMORY as u64 => Some((store.object_path(id), size)),
            _ => None,
        })
    }

    /// Decodes the entry at an offset of a pack.
    pub(super) fn decode(
        &self,
        pack: &Pack,
        offset: u64,
        decoder: &mut Decoder,
        out: &mut Vec<u8>,
    ) -> Result<Kind, Failure> {
        self.decode_entry(pack, offset, &mut decoder.inflate, &mut decoder.bases, (out, LONGEST_WAY_THROUGH_PACKS))
    }

    fn decode_entry(
        &self,
        pack: &Pack,
        offset: u64,
        inflate: &mut gix::zlib::Inflate,
        bases: &mut dyn gix_pack::cache::DecodeEntry,
        (out, way): (&mut Vec<u8>, usize),
    ) -> Result<Kind, Failure> {
        if offset >= pack.data.pack_end() as u64 {
            return Err(Failure::Truncated);
        }
        let entry = pack.data.entry(offset).map_err(|_| Failure::Corrupt)?;
        if entry.decompressed_size > LARGEST_IN_MEMORY as u64 {
            return Err(Failure::TooLarge);
        }
        let base_missing = std::cell::Cell::new(false);
        let resolve = |id: &oid, out: &mut Vec<u8>| {
            if let Some(offset) = pack.index.offset(id) {
                return pack.data.entry(offset).map(|entry| Some(ResolvedBase::InPack(entry)));
            }
            let base = if way == 0 { None } else { self.find_elsewhere(pack, id, out, way - 1) };
            base_missing.set(base.is_none());
            Ok(base.map(|kind| ResolvedBase::OutOfPack { kind, end: out.len() }))
        };
        match pack.data.decode_entry(entry, out, inflate, &resolve, bases) {
            Ok(outcome) => Ok(outcome.kind),
            Err(_) if base_missing.get() => Err(Failure::BaseMissing),
            Err(_) => Err(Failure::Corrupt),
        }
    }

    /// The base of a delta that is in another store: git writes no such packs to disk, but an interrupted fetch may.
    fn find_elsewhere(&self, not_in: &Pack, id: &oid, out: &mut Vec<u8>, way: usize) -> Option<Kind> {
        for pack in &self.packs {
            if std::ptr::eq(pack, not_in) {
                continue;
            }
            if let Some(offset) = pack.index.offset(id) {
                let (mut inflate, mut bases) = (gix::zlib::Inflate::default(), gix_pack::cache::Never);
                if let Ok(kind) = self.decode_entry(pack, offset, &mut inflate, &mut bases, (out, way)) {
                    return Some(kind);
                }
            }
        }
        self.find_loose(id, out).ok().flatten()
    }
}
