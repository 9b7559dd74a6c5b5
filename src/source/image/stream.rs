//! An image in a tar that comes as a stream: blobs are read as they come, before or after the manifest that names them.
//!
//! Small JSON is kept; all else is read as a layer at once, under its name in the archive. When the stream has ended,
//! the manifests say which layer each was; see [`crate::finding::Fate::origin`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;

use super::archive::{self, Names};
use super::digest::{Hasher, Hashing};
use super::document::{Root, blob_digest};
use super::layer::{self, Buffers, DiffId, Layer, ReadLayer};
use super::memory::Remembered;
use super::pool::{Counted, Pool};
use super::store::{Key, Loss, Said, Store};
use super::tar::{self, Kind, Tar};
use crate::blob::{Blob, Item, Reason, Sink, Skip};
use crate::origin::{Origin, Step};

/// Largest JSON document that is kept until the stream's end.
const MAX_KEPT: u64 = 8 << 20;

/// All documents kept together, in bytes.
const MAX_KEPT_TOTAL: u64 = 256 << 20;

/// What a stream had.
#[derive(Default)]
pub(super) struct Streamed {
    names: Names,
    documents: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Layers that were read, by name.
    pub layers: HashMap<Key, ReadLayer>,
    /// Whether the archive broke off, which was then said.
    pub is_damaged: bool,
}

impl Streamed {
    /// Reads a tar to its end; what is in its layers is judged on as many threads as are given. `image` is the origin of
    /// what it holds.
    pub fn read(
        input: Box<dyn Read + Send + '_>,
        image: &Origin,
        memory: Option<&Remembered>,
        (sink, threads): (&dyn Sink, usize),
    ) -> Self {
        let pool = Pool::new(1);
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| pool.help());
            }
            let _reader = pool.reader();
            Streamed::read_with(input, (image, memory), sink, &pool)
        })
    }

    fn read_with<'s>(
        input: Box<dyn Read + Send + '_>,
        (image, memory): (&Origin, Option<&Remembered>),
        sink: &'s dyn Sink,
        pool: &Pool<'s>,
    ) -> Self {
        let mut streamed = Streamed::default();
        let mut buffers = Buffers::default();
        let mut kept = 0;
        let mut tar = Tar::new(BufReader::with_capacity(256 << 10, input));
        while !sink.stopped() {
            let entry = match tar.next() {
                Ok(Some(entry)) => entry,
                Ok(None) if tar.has_end_mark() || streamed.names.has_list() => break,
                Ok(None) => {
                    let loss = Loss::new(Reason::Truncated, "it ends without an end mark");
                    streamed.damaged(loss, image, sink);
                    break;
                }
                Err(_) if sink.stopped() => break,
                Err(error) => {
                    streamed.damaged(error.into(), image, sink);
                    break;
                }
            };
            if !streamed.names.take(&entry, 0) {
                streamed.damaged(Loss::new(Reason::TooManyMembers, "more than 1,000,000 entries"), image, sink);
                break;
            }
            if entry.kind != Kind::File {
                continue;
            }
            let Key::Name(name) = streamed.canonical(&Key::Name(entry.name)) else { continue };
            let mut head = vec![0; 64];
            // An error comes again from whoever reads on.
            let filled = tar::fill(&mut tar, &mut head).unwrap_or(0);
            head.truncate(filled);
            let is_json = head.trim_ascii_start().first().is_some_and(|byte| b"{[".contains(byte));
            let mut whole = Cursor::new(head).chain(&mut tar);
            if is_json && entry.size <= MAX_KEPT && kept + entry.size <= MAX_KEPT_TOTAL {
                let mut document = Vec::new();
                // What is cut off is not kept; the archive's own damage is told above.
                if whole.read_to_end(&mut document).is_ok() {
                    kept += entry.size;
                    let earlier = streamed.documents.insert(name.clone(), document);
                    put_shadowed(earlier, &image.at_path(name), sink);
                }
                continue;
            }
            put_shadowed(streamed.documents.remove(&name), &image.at_path(name.clone()), sink);
            let digest = blob_digest(&name);
            let origin = image.at_path(name.clone());
            let memory = memory.zip(digest.as_deref());
            if let Some((memory, digest)) = memory
                && let Some(record) = memory.look_up(digest, sink)
            {
                if is_whole(whole, digest, &origin, sink) {
                    let known = memory.take_over(record, &origin, sink);
                    streamed.layers.insert(Key::Name(name), known);
                }
                continue;
            }
            let layer = Layer {
                origin: &origin,
                media_type: "",
                size: None,
                digest: digest.as_deref(),
                diff_id: DiffId::Asked,
                step: |path| Step::Member { path },
            };
            let counted = Counted::new(sink);
            buffers.helpers = Some((pool, Arc::clone(&counted)));
            let read = layer::read(Box::new(whole), &layer, &*counted, &mut buffers);
            if let Some((memory, digest)) = memory {
                memory.learn(&origin, digest, &counted, &read);
            }
            streamed.layers.insert(Key::Name(name), read);
        }
        streamed
    }

    fn damaged(&mut self, loss: Loss, image: &Origin, sink: &dyn Sink) {
        self.is_damaged = true;
        sink.put(Item::Skip(Skip::new(image.clone(), loss.reason, loss.detail)));
    }

    /// Where its images begin; none where it was no image.
    pub fn roots(&self) -> Result<Vec<Root>, String> {
        archive::roots(&|name| self.documents.get(name.as_bytes()).map(|document| Ok(document.clone())))
    }
}

/// Hands over a document that a later entry of the same name took the place of.
fn put_shadowed(document: Option<Vec<u8>>, origin: &Origin, sink: &dyn Sink) {
    if let Some(document) = document {
        sink.put(Item::Blob(Blob::bytes(origin.clone(), &document)));
    }
}

/// Passes over a layer that is known by its digest, which must be that of its bytes; what is wrong with it is pushed.
fn is_whole(stored: impl Read, digest: &str, origin: &Origin, sink: &dyn Sink) -> bool {
    let mut stored = Hashing::new(stored, Hasher::for_digest(digest));
    let skip = match io::copy(&mut stored, &mut io::sink()) {
        Err(_) if sink.stopped() => return false,
        Err(error) => Loss::from(error),
        Ok(_) => match stored.finish() {
            Some(found) if !found.eq_ignore_ascii_case(digest) => {
                Loss::new(Reason::DigestMismatch, format!("the stored bytes have {found}, and were not read"))
            }
            _ => return true,
        },
    };
    sink.put(Item::Skip(Skip::new(origin.clone(), skip.reason, skip.detail)));
    false
}

impl Store for Streamed {
    fn open(&self, key: &Key) -> Result<Box<dyn Read + Send + '_>, Loss> {
        match self.documents.get(&self.names.resolve(key)) {
            Some(document) => Ok(Box::new(document.as_slice())),
            None => Err(Loss::new(Reason::Missing, "it was not in the archive")),
        }
    }

    fn canonical(&self, key: &Key) -> Key {
        Key::Name(self.names.resolve(key))
    }

    fn beside(&self, used: &HashSet<Key>) -> Vec<(Vec<u8>, Key)> {
        let mut beside = self.names.beside(used);
        beside.retain(|(name, _)| self.documents.contains_key(name));
        beside
    }

    fn said(&self) -> Said {
        self.names.said.clone()
    }

    fn index(&self) -> Option<Vec<u8>> {
        self.documents.get(&b"index.json"[..]).cloned()
    }

    fn may_be_partial(&self) -> bool {
        true
    }
}
