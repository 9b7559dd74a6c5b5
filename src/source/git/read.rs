//! Reads every object of a repository once: packs by delta families, what is damaged object by object, then the loose ones.

use std::fs;
use std::io::Read;

use flate2::bufread::ZlibDecoder;
use gix::ObjectId;
use gix::hash::oid;
use gix::objs::Kind;

use super::deliver::{Delivery, Receiver};
use super::families::Families;
use super::memory::Scope;
use super::objects::{Decoder, Failure, Objects, Pack};
use super::threads::in_threads;
use super::walk::{LARGE, walk};
use crate::blob::Item;

/// Objects of one pack that one thread takes at a time while it reads object by object.
const RUN: usize = 256;
/// The same of objects that lie far from each other.
const FEW_RUN: usize = 16;
/// Of a pack of which less than this part is wanted, objects are read one by one and not by families.
const FEW: usize = 8;
/// What loose objects are called in messages.
const LOOSE: &str = "loose objects";

/// Reads all packs, then all loose objects.
pub(super) fn objects(delivery: &Delivery<'_>, objects: &Objects, threads: usize) {
    if let Scope::Unknown(index) = &delivery.scope
        && let Some(ids) = index.unknown()
    {
        delivery.sink.put(Item::Expect { objects: ids.len() as u64, bytes: 0 });
        return few(delivery, objects, ids, threads);
    }
    let expected: u64 = objects.packs.iter().map(|pack| u64::from(pack.index.objects())).sum();
    delivery.sink.put(Item::Expect { objects: expected + objects.loose_ids().len() as u64, bytes: 0 });
    for pack in &objects.packs {
        if delivery.sink.stopped() {
            return;
        }
        if !matches!(delivery.scope, Scope::All) {
            let ids = (0..pack.index.objects()).map(|position| pack.index.id_at(position));
            let wanted: Vec<ObjectId> = ids.filter(|id| delivery.scope.takes(id)).map(ToOwned::to_owned).collect();
            if wanted.len() < pack.index.objects() as usize / FEW {
                few(delivery, objects, &wanted, threads);
                continue;
            }
        }
        let families = Families::of(pack);
        let lost = walk(delivery, objects, &families, threads);
        read_one_by_one(delivery, objects, &families, &lost, threads);
    }
    read_loose(delivery, objects, threads);
}

/// Reads some objects, each by itself.
pub(super) fn few(delivery: &Delivery<'_>, objects: &Objects, ids: &[ObjectId], threads: usize) {
    let mut places: Vec<(usize, u64, &ObjectId)> = Vec::with_capacity(ids.len());
    for id in ids {
        let mut packs = objects.packs.iter().enumerate();
        let found = packs.find_map(|(number, pack)| pack.index.offset(id).map(|offset| (number, offset)));
        let (pack, offset) = found.unwrap_or((usize::MAX, 0));
        places.push((pack, offset, id));
    }
    // Bases that neighbours share are kept for a while.
    places.sort_unstable();
    let start = || (Decoder::new(), Receiver::new(delivery), Vec::new());
    in_threads(places.len(), FEW_RUN, threads, start, |(decoder, receiver, out), number| {
        let (number, offset, id) = places[number];
        if delivery.is_taken(id) || delivery.sink.stopped() {
            return;
        }
        let pack = objects.packs.get(number);
        if pack.is_some_and(|pack| stream_entry(delivery, pack, offset, id)) {
            return;
        }
        match objects.find(id, decoder, out) {
            Ok(Some(kind)) if is_named(id, kind, out) => receiver.take(id, kind, out, None),
            Ok(_) => delivery.fail(*id, Failure::Corrupt, pack.map_or(LOOSE, |pack| &pack.name)),
            Err(Failure::TooLarge) if stream_loose(delivery, objects, id) => {}
            Err(failure) => delivery.fail(*id, failure, pack.map_or(LOOSE, |pack| &pack.name)),
        }
    });
}

/// Whether the bytes are those that the id was made of.
fn is_named(id: &oid, kind: Kind, bytes: &[u8]) -> bool {
    gix::objs::compute_hash(id.kind(), kind, bytes).is_ok_and(|hash| hash.as_ref() == id)
}

/// Reads entries that the walk could not: by way of other packs, as streams, or told as lost.
fn read_one_by_one(
    delivery: &Delivery<'_>,
    objects: &Objects,
    families: &Families<'_>,
    entries: &[u32],
    threads: usize,
) {
    let pack = families.pack;
    let end = pack.data.pack_end() as u64;
    let truncated = families.len() > 0 && families.offset(families.len() as u32 - 1) >= end;
    let start = || (Decoder::new(), Receiver::new(delivery), Vec::new());
    in_threads(entries.len(), RUN, threads, start, |(decoder, receiver, out), number| {
        let entry = entries[number];
        let (id, offset) = (families.id(entry), families.offset(entry));
        if delivery.is_taken(id) || delivery.sink.stopped() {
            return;
        }
        if families.is_intact(entry) && stream_entry(delivery, pack, offset, id) {
            return;
        }
        let failure = match objects.decode(pack, offset, decoder, out) {
            Ok(kind) if is_named(id, kind, out) => return receiver.take(id, kind, out, None),
            Ok(_) => Failure::Corrupt,
            // Of the last object that begins before the end, the rest is cut off.
            Err(Failure::Corrupt) if truncated && families.end(entry) == end => Failure::Truncated,
            Err(failure) => failure,
        };
        delivery.fail(id.to_owned(), failure, &pack.name);
    });
}

/// Hands over a large blob that is stored whole; `false` where it is not one.
fn stream_entry(delivery: &Delivery<'_>, pack: &Pack, offset: u64, id: &oid) -> bool {
    entry_stream(pack, offset).map(|mut stream| delivery.take_stream(id, &mut stream)).is_some()
}

/// A large blob that is stored whole in a pack.
fn entry_stream(pack: &Pack, offset: u64) -> Option<impl Read> {
    let entry = pack.data.entry(offset).ok()?;
    if entry.header != gix_pack::data::entry::Header::Blob || entry.decompressed_size <= LARGE {
        return None;
    }
    let stored = pack.data.entry_slice(entry.data_offset..pack.data.pack_end() as u64)?;
    Some(Exactly { inner: ZlibDecoder::new(stored), left: entry.decompressed_size })
}

/// A blob that is too large for memory, from whichever store has it whole.
pub(super) fn stream<'o>(objects: &'o Objects, id: &oid) -> Option<Box<dyn Read + 'o>> {
    let in_pack = |pack: &'o Pack| entry_stream(pack, pack.index.offset(id)?);
    let packed = objects.packs.iter().find_map(in_pack).map(|stream| Box::new(stream) as Box<dyn Read + 'o>);
    packed.or_else(|| Some(Box::new(loose_stream(objects, id)?)))
}

/// A stream that is an error if it ends early, and ends where its header says even if there is more.
struct Exactly<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let most = out.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let read = self.inner.read(&mut out[..most])?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

fn read_loose(delivery: &Delivery<'_>, objects: &Objects, threads: usize) {
    let ids = objects.loose_ids();
    in_threads(
        ids.len(),
        16,
        threads,
        || (Receiver::new(delivery), Vec::new()),
        |(receiver, out), number| {
            let id = &ids[number];
            if !delivery.scope.takes(id) || delivery.is_taken(id) || delivery.sink.stopped() {
                return;
            }
            match objects.find_loose(id, out) {
                Ok(Some(kind)) => receiver.take(id, kind, out, None),
                // It was there a moment ago: packed meanwhile, or deleted.
                Ok(None) => delivery.fail(*id, Failure::Corrupt, LOOSE),
                Err(Failure::TooLarge) if stream_loose(delivery, objects, id) => {}
                Err(failure) => delivery.fail(*id, failure, LOOSE),
            }
        },
    );
}

fn stream_loose(delivery: &Delivery<'_>, objects: &Objects, id: &oid) -> bool {
    loose_stream(objects, id).map(|mut stream| delivery.take_stream(id, &mut stream)).is_some()
}

/// A loose blob that is too large for memory.
fn loose_stream(objects: &Objects, id: &oid) -> Option<impl Read + use<>> {
    let (path, size) = objects.large_loose_blob(id)?;
    let file = fs::File::open(path).ok()?;
    let mut inflated = ZlibDecoder::new(std::io::BufReader::new(file));
    // The header `blob <size>\0` comes first.
    let header = 6 + size.to_string().len() as u64;
    let passed = std::io::copy(&mut inflated.by_ref().take(header), &mut std::io::sink()).ok();
    (passed == Some(header)).then_some(Exactly { inner: inflated, left: size })
}
