//! Reads every object of a repository once: packs by delta families, what is damaged object by object, then the loose ones.

use std::fs;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::bufread::ZlibDecoder;
use gix::ObjectId;
use gix::objs::Kind;

use super::deliver::{Delivery, Receiver};
use super::objects::{Decoder, Failure, Objects, Pack};
use super::threads::in_threads;
use crate::blob::Item;

/// Objects of one pack that one thread takes at a time while it reads object by object.
const RUN: usize = 256;

/// Reads all packs, then all loose objects.
pub(super) fn objects(delivery: &Delivery<'_>, objects: &Objects, threads: usize) {
    let expected: u64 = objects.packs.iter().map(|pack| u64::from(pack.index.objects())).sum();
    delivery.sink.put(Item::Expect { objects: expected + objects.loose_ids().len() as u64, bytes: 0 });
    for pack in &objects.packs {
        if delivery.sink.stopped() {
            return;
        }
        if read_families(delivery, pack, threads).is_err() {
            read_one_by_one(delivery, objects, pack, threads);
        }
    }
    read_loose(delivery, objects, threads);
}

/// Set when a panic passes through it: then it came from the sink, and is no fault of the pack.
struct InSink<'a>(&'a AtomicBool);

impl Drop for InSink<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// The fast way; `Err` where the pack has anything that it cannot read.
fn read_families(delivery: &Delivery<'_>, pack: &Pack, threads: usize) -> Result<(), ()> {
    if pack.index.objects() == 0 {
        return Ok(());
    }
    if !pack.index.agrees_with(&pack.data) {
        return Err(());
    }
    let (stop, sink_panicked) = (AtomicBool::new(false), AtomicBool::new(false));
    let mut receiver = Receiver::new(delivery);
    let (sink, stop_here, panicked) = (delivery.sink, &stop, &sink_panicked);
    let take = move |kind: Kind, bytes: &[u8], entry: &gix_pack::index::Entry, _: &dyn gix::Progress| {
        if sink.stopped() {
            stop_here.store(true, Ordering::Relaxed);
        } else {
            let _in_sink = InSink(panicked);
            receiver.take(&entry.oid, kind, bytes);
        }
        Ok(())
    };
    // The decoder is tested against damage, but a bug in it must cost no more than its shortcut: each object is then
    // decoded by itself.
    let read = catch_unwind(AssertUnwindSafe(|| pack.index.traverse(&pack.data, threads, &stop, take)));
    match read {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) if stop.load(Ordering::Relaxed) => Ok(()),
        Ok(Err(_)) => Err(()),
        Err(panic) if sink_panicked.load(Ordering::Relaxed) => resume_unwind(panic),
        Err(_) => Err(()),
    }
}

/// Whether the bytes are those that the id was made of.
fn is_named(id: &ObjectId, kind: Kind, bytes: &[u8]) -> bool {
    gix::objs::compute_hash(id.kind(), kind, bytes).is_ok_and(|hash| hash == *id)
}

fn read_one_by_one(delivery: &Delivery<'_>, objects: &Objects, pack: &Pack, threads: usize) {
    let entries = pack.index.entries();
    let end = pack.data.pack_end() as u64;
    let truncated = entries.last().is_some_and(|(offset, _)| *offset >= end);
    let start = || (Decoder::new(), Receiver::new(delivery), Vec::new());
    in_threads(entries.len(), RUN, threads, start, |(decoder, receiver, out), number| {
        let (offset, id) = &entries[number];
        if delivery.is_taken(id) || delivery.sink.stopped() {
            return;
        }
        let failure = match objects.decode(pack, *offset, decoder, out) {
            Ok(kind) if is_named(id, kind, out) => return receiver.take(id, kind, out),
            Ok(_) => Failure::Corrupt,
            Err(Failure::TooLarge) if stream_entry(delivery, pack, *offset, id) => return,
            // Of the last object that begins before the end, the rest is cut off.
            Err(Failure::Corrupt) if truncated && entries.get(number + 1).is_some_and(|(next, _)| *next >= end) => {
                Failure::Truncated
            }
            Err(failure) => failure,
        };
        delivery.fail(*id, failure, &pack.name);
    });
}

/// Hands over a large blob that is stored whole; `false` where it is not one.
fn stream_entry(delivery: &Delivery<'_>, pack: &Pack, offset: u64, id: &ObjectId) -> bool {
    let Ok(entry) = pack.data.entry(offset) else { return false };
    if entry.header != gix_pack::data::entry::Header::Blob {
        return false;
    }
    let Some(stored) = pack.data.entry_slice(entry.data_offset..pack.data.pack_end() as u64) else { return false };
    delivery.take_stream(id, &mut Exactly { inner: ZlibDecoder::new(stored), left: entry.decompressed_size });
    true
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
            if delivery.is_taken(id) || delivery.sink.stopped() {
                return;
            }
            match objects.find_loose(id, out) {
                Ok(Some(kind)) => receiver.take(id, kind, out),
                // It was there a moment ago: packed meanwhile, or deleted.
                Ok(None) => delivery.fail(*id, Failure::Corrupt, "loose objects"),
                Err(Failure::TooLarge) if stream_loose(delivery, objects, id) => {}
                Err(failure) => delivery.fail(*id, failure, "loose objects"),
            }
        },
    );
}

fn stream_loose(delivery: &Delivery<'_>, objects: &Objects, id: &ObjectId) -> bool {
    let Some((path, size)) = objects.large_loose_blob(id) else { return false };
    let Ok(file) = fs::File::open(path) else { return false };
    let mut inflated = ZlibDecoder::new(std::io::BufReader::new(file));
    // The header `blob <size>\0` comes first.
    let header = 6 + size.to_string().len() as u64;
    if std::io::copy(&mut inflated.by_ref().take(header), &mut std::io::sink()).ok() != Some(header) {
        return false;
    }
    delivery.take_stream(id, &mut Exactly { inner: inflated, left: size });
    true
}
