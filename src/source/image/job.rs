//! One layer, or a blob beside, on its way from the store to the sink.

use std::sync::Arc;

use super::layer::{self, Buffers, DiffId, Layer, ReadLayer};
use super::memory::Remembered;
use super::paths::LayerPaths;
use super::pool::{Counted, Pool};
use super::store::{Key, Store};
use crate::blob::{Item, Reason, Sink, Skip};
use crate::origin::{Origin, Step};

/// A layer to read.
pub(super) struct Job {
    pub origin: Origin,
    pub key: Key,
    pub media_type: String,
    /// Bytes as stored, if stated.
    pub size: Option<u64>,
    pub digest: Option<String>,
    pub diff_id: Option<String>,
    pub step: fn(Vec<u8>) -> Step,
}

impl Job {
    /// Reads it, unless all that a report needs of it is known; the paths that it writes and removes.
    pub fn run<'p, 's>(
        &self,
        store: &dyn Store,
        memory: Option<&Remembered>,
        (sink, pool): (&'s dyn Sink, &'p Pool<'s>),
        buffers: &mut Buffers<'p, 's>,
    ) -> Option<LayerPaths> {
        let memory = memory.zip(self.known_as());
        if let Some(known) = memory.and_then(|(memory, digest)| memory.known(&self.origin, digest, sink)) {
            check_late(&known, self.diff_id.as_deref(), self.origin.clone(), sink);
            return Some(known.paths);
        }
        let counted = Counted::new(sink);
        buffers.helpers = Some((pool, Arc::clone(&counted)));
        let read = self.read(store, &*counted, buffers)?;
        if let Some((memory, digest)) = memory {
            memory.learn(&self.origin, digest, &counted, &read);
        }
        Some(read.paths)
    }

    /// The digest by which it is remembered; `None` of a blob beside, which is no layer of an image. In old tars a layer has no
    /// digest as it is stored.
    pub fn known_as(&self) -> Option<&str> {
        let is_layer = matches!(self.origin.last(), Step::Layer { .. });
        self.digest.as_deref().or(self.diff_id.as_deref()).filter(|_| is_layer)
    }

    fn read(&self, store: &dyn Store, sink: &dyn Sink, buffers: &mut Buffers<'_, '_>) -> Option<ReadLayer> {
        let skip = |reason, detail: String| sink.put(Item::Skip(Skip::new(self.origin.clone(), reason, detail)));
        if self.media_type.contains("+encrypted") {
            skip(Reason::Encrypted, "the manifest says that the layer is encrypted".to_owned());
            return None;
        }
        let stored = match store.open(&self.key) {
            Ok(stored) => stored,
            Err(loss) if self.is_foreign() => {
                skip(Reason::ForeignLayer, loss.detail);
                return None;
            }
            // Whoever stopped it says so.
            Err(_) if sink.stopped() => return None,
            Err(loss) => {
                skip(loss.reason, loss.detail);
                return None;
            }
        };
        let layer = Layer {
            origin: &self.origin,
            media_type: &self.media_type,
            size: self.size,
            digest: self.digest.as_deref(),
            diff_id: self.diff_id.as_deref().map_or(DiffId::Unknown, DiffId::Must),
            step: self.step,
        };
        Some(layer::read(stored, &layer, sink, buffers))
    }

    /// Layers whose licence forbids to pass them on stay with their vendor; the manifest names a URL, which is not asked.
    fn is_foreign(&self) -> bool {
        self.media_type.contains("nondistributable") || self.media_type.contains(".foreign.")
    }
}

/// Checks what could not be checked while a layer was read: its stream came before the config, or another image has it, too.
pub(super) fn check_late(read: &ReadLayer, diff_id: Option<&str>, origin: Origin, sink: &dyn Sink) {
    if diff_id.is_some() && read.is_unknown {
        let detail = "neither tar nor a known compression";
        return sink.put(Item::Skip(Skip::new(origin, Reason::UnknownCodec, detail)));
    }
    if let Some((found, wanted)) = read.diff_id.as_deref().zip(diff_id)
        && wanted.starts_with("sha256:")
        && !found.eq_ignore_ascii_case(wanted)
    {
        let detail = format!("the uncompressed bytes have {found}, the config says otherwise");
        sink.put(Item::Skip(Skip::new(origin, Reason::DigestMismatch, detail)));
    }
}
