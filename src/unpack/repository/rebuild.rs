//! The index of a pack, rebuilt in memory where there is none that can be read.

use std::collections::HashMap;

use gix::ObjectId;
use gix::hash::{Kind as HashKind, oid};
use gix_pack::cache::lru::MemoryCappedHashmap;
use gix_pack::data::decode::entry::ResolvedBase;

use crate::blob::Reason;

/// Decoded bases that are kept while an index is rebuilt.
const BASE_CACHE_BYTES: usize = 48 << 20;

/// Why there are not more objects, and in words.
type Failure = (Reason, &'static str);

const CORRUPT: Failure = (Reason::Corrupt, "it does not decode");
const TRUNCATED: Failure = (Reason::Truncated, "the pack ends before it");
const TOO_LARGE: Failure = (Reason::TooMuchMemory, "one is larger than what is decoded in memory");
const STOPPED: Failure = (Reason::ExpandsTooFar, "the budget was spent");

/// What could be made of a pack without index.
pub(crate) struct Rebuilt {
    /// `None` where not one object could be read.
    pub index: Option<gix_pack::index::File<Vec<u8>>>,
    /// Objects in it.
    pub objects: usize,
    /// Why there are not more.
    pub failure: Option<Failure>,
}

impl Rebuilt {
    /// Why objects are missing, where some are; `stated` is how many the pack says it has.
    pub fn loss(&self, stated: u32) -> Option<(Reason, String)> {
        let (reason, words) = self.failure?;
        let found = self.objects;
        let detail = format!("the pack has no readable index, and after {found} of its {stated} objects {words}");
        Some((reason, detail))
    }
}

/// Reads a pack from front to back and names each object by its hash. Entries do not tell where they end but by being
/// inflated, so that nothing can be found after the first that cannot, or is of more than `largest` bytes. `spend` is told how
/// many bytes were decoded, and says whether to go on.
pub(crate) fn rebuild<T: gix_pack::FileData>(
    data: &gix_pack::data::File<T>,
    hash: HashKind,
    largest: usize,
    spend: &mut dyn FnMut(u64) -> bool,
) -> Rebuilt {
    let (offsets, mut failure) = entry_offsets(data, largest, spend);
    let mut known: Vec<(ObjectId, u64)> = Vec::new();
    let mut by_id: HashMap<ObjectId, u64> = HashMap::new();
    let mut waiting = offsets;
    let mut inflate = gix::zlib::Inflate::default();
    let mut bases = MemoryCappedHashmap::new(BASE_CACHE_BYTES);
    let mut out = Vec::new();
    // A delta may name a base that comes after it, so go round until nothing new is found.
    loop {
        let before = waiting.len();
        let mut later = Vec::new();
        for offset in waiting {
            // What the one before took, at the least the work of looking at one.
            if failure == Some(STOPPED) || !spend(out.len() as u64 + 64) {
                failure = Some(STOPPED);
                break;
            }
            let resolve = |id: &oid, _: &mut Vec<u8>| match by_id.get(id) {
                Some(base) => data.entry(*base).map(|entry| Some(ResolvedBase::InPack(entry))),
                None => Ok(None),
            };
            let kind = data
                .entry(offset)
                .and_then(|entry| data.decode_entry(entry, &mut out, &mut inflate, &resolve, &mut bases))
                .map(|outcome| outcome.kind);
            match kind.and_then(|kind| gix::objs::compute_hash(hash, kind, &out)) {
                Ok(id) => {
                    by_id.insert(id, offset);
                    known.push((id, offset));
                }
                Err(_) => later.push(offset),
            }
        }
        waiting = later;
        if waiting.is_empty() || waiting.len() == before {
            break;
        }
    }
    if failure.is_none() && !waiting.is_empty() {
        failure = Some(CORRUPT);
    }
    known.sort_unstable();
    known.dedup_by_key(|(id, _)| *id);
    let objects = known.len();
    let path = data.path().with_extension("idx");
    let index =
        if objects == 0 { None } else { gix_pack::index::File::from_data(encode(&known, data, hash), path, hash).ok() };
    Rebuilt { index, objects, failure }
}

fn entry_offsets<T: gix_pack::FileData>(
    data: &gix_pack::data::File<T>,
    largest: usize,
    spend: &mut dyn FnMut(u64) -> bool,
) -> (Vec<u64>, Option<Failure>) {
    let mut offsets = Vec::new();
    let mut inflate = gix::zlib::Inflate::default();
    let mut out = Vec::new();
    let mut offset = 12_u64;
    for _ in 0..data.num_objects() {
        if offset >= data.pack_end() as u64 {
            return (offsets, Some(TRUNCATED));
        }
        let Ok(entry) = data.entry(offset) else { return (offsets, Some(CORRUPT)) };
        let Some(size) = usize::try_from(entry.decompressed_size).ok().filter(|size| *size <= largest) else {
            return (offsets, Some(TOO_LARGE));
        };
        if !spend(size as u64) {
            return (offsets, Some(STOPPED));
        }
        out.clear();
        out.resize(size, 0);
        match data.decompress_entry(&entry, &mut inflate, &mut out) {
            Ok(consumed) => {
                offsets.push(offset);
                offset = entry.data_offset.saturating_add(consumed as u64);
            }
            Err(_) => return (offsets, Some(CORRUPT)),
        }
    }
    (offsets, None)
}

/// An index of version 2 as described in git's `gitformat-pack`, without checksums: nobody verifies these.
fn encode<T: gix_pack::FileData>(
    sorted: &[(ObjectId, u64)],
    data: &gix_pack::data::File<T>,
    hash: HashKind,
) -> Vec<u8> {
    let mut out = b"\xfftOc\x00\x00\x00\x02".to_vec();
    let mut first = 0;
    for byte in 0..=255_u8 {
        first += sorted[first..].iter().take_while(|(id, _)| id.as_slice()[0] <= byte).count();
        out.extend_from_slice(&u32::try_from(first).unwrap_or(u32::MAX).to_be_bytes());
    }
    for (id, _) in sorted {
        out.extend_from_slice(id.as_slice());
    }
    out.resize(out.len() + 4 * sorted.len(), 0);
    let mut large: Vec<u64> = Vec::new();
    for (_, offset) in sorted {
        let stored = match u32::try_from(*offset) {
            Ok(offset) if offset < 1 << 31 => offset,
            _ => {
                large.push(*offset);
                (1 << 31) | u32::try_from(large.len() - 1).unwrap_or(0)
            }
        };
        out.extend_from_slice(&stored.to_be_bytes());
    }
    for offset in large {
        out.extend_from_slice(&offset.to_be_bytes());
    }
    out.extend_from_slice(data.checksum().as_slice());
    out.resize(out.len() + hash.len_in_bytes(), 0);
    out
}
