//! What is remembered of layers that were judged, by their digests: a layer never changes, so one that left nothing the
//! report shows is not read again, in whichever image it is. What was found below the thresholds stands for itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::lock;
use super::paths::{self, LayerPaths};
use super::pool::Counted;
use super::store::Hasher;
use crate::blob::{Class, Item, Reason, Sink, Skip};
use crate::cache::{Cache, Seal};
use crate::origin::{Origin, Step};
use crate::secret::Secret;
use crate::source::SourceError;
use crate::source::memory::{Find, Found, Judge, Memory, Recalled, Trace};

/// The memory of one reading.
pub(super) struct Remembered {
    cache: Arc<Cache>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    judge: Option<Judge>,
    /// What stands for all that has a say in what is found.
    key: [u8; 32],
    found: Found,
    /// Layers that were read, by their origins.
    learnt: HashMap<Origin, Learnt>,
}

struct Learnt {
    digest: String,
    counts: (u64, u64),
    paths: LayerPaths,
}

/// A layer as it is kept.
#[derive(Serialize, Deserialize)]
struct Record {
    /// Stands for how paths are hashed, which another build may do in another way.
    check: u64,
    objects: u64,
    bytes: u64,
    paths: LayerPaths,
    /// Finds with where they lie below the layer.
    finds: Vec<(Vec<Step>, Find)>,
    skips: Vec<(Vec<Step>, Reason, String)>,
}

impl Remembered {
    pub fn new(cache: Arc<Cache>) -> Self {
        Remembered { cache, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn begin(&self, judge: Judge) {
        let mut sum = Sha256::new();
        sum.update(judge.key);
        // Whatever rule is another, left out or new: layers are read again.
        sum.update(serde_json::to_vec(&judge.rules).unwrap_or_default());
        let mut state = self.state();
        state.key = sum.finalize().into();
        state.judge = Some(judge);
    }

    /// The paths of a layer that need not be read, which is then counted.
    pub fn known(&self, origin: &Origin, digest: &str, sink: &dyn Sink) -> Option<LayerPaths> {
        let (name, least) = {
            let state = self.state();
            (name(&state.key, digest), state.judge.as_ref()?.least)
        };
        let record: Record = serde_json::from_slice(&self.cache.load(&name)?).ok()?;
        let is_enough = |find: &Find| !find.is_needed && find.confidence < least;
        if record.check != paths::check() || !record.finds.iter().all(|(_, find)| is_enough(find)) {
            return None;
        }
        let below = |steps: Vec<Step>| steps.into_iter().fold(origin.clone(), |origin, step| origin.with(step));
        let mut state = self.state();
        let traces = record.finds.into_iter().map(|(steps, find)| Trace { origin: below(steps), find });
        state.found.traces.extend(traces);
        let skips = record.skips.into_iter().map(|(steps, reason, detail)| Skip::new(below(steps), reason, detail));
        state.found.skips.extend(skips);
        drop(state);
        sink.put(Item::Seen { objects: record.objects, bytes: record.bytes });
        Some(record.paths)
    }

    /// Takes a layer that was read.
    pub fn learn(&self, origin: &Origin, digest: &str, counted: &Counted<'_>, paths: &LayerPaths) {
        // Ids count where there are secrets that they may belong to, so they are always to be read.
        if counted.has_ids() || counted.stopped() || Hasher::for_digest(digest).is_none() {
            return;
        }
        let learnt = Learnt { digest: digest.to_owned(), counts: counted.counts(), paths: paths.clone() };
        self.state().learnt.insert(origin.clone(), learnt);
    }

    /// Keeps what was learnt, with the finds and skips in it; nothing of a layer in which something was lost, or in whose
    /// names a secret stands.
    fn keep(&self, traces: &[Trace], skips: &[Skip], secrets: &[&Secret]) {
        let mut state = self.state();
        let learnt = std::mem::take(&mut state.learnt);
        let key = state.key;
        drop(state);
        let mut records: HashMap<Origin, (Record, String)> = learnt
            .into_iter()
            .map(|(origin, Learnt { digest, counts: (objects, bytes), paths })| {
                let (check, finds, skips) = (paths::check(), Vec::new(), Vec::new());
                (origin, (Record { check, objects, bytes, paths, finds, skips }, digest))
            })
            .collect();
        for trace in traces {
            if let Some((layer, steps)) = below_layer(&trace.origin)
                && let Some((record, _)) = records.get_mut(&layer)
            {
                record.finds.push((steps, trace.find.clone()));
            }
        }
        for skip in skips {
            let Some((layer, steps)) = below_layer(&skip.origin) else { continue };
            if skip.reason.class() == Class::Lost {
                records.remove(&layer);
            } else if let Some((record, _)) = records.get_mut(&layer) {
                record.skips.push((steps, skip.reason, skip.detail.clone()));
            }
        }
        for (record, digest) in records.into_values() {
            if holds_any(&record, secrets) {
                continue;
            }
            // What cannot be kept is read again the next time.
            if let Ok(body) = serde_json::to_vec(&record) {
                let _ = self.cache.store(&name(&key, &digest), &body);
            }
        }
    }
}

impl Memory for Remembered {
    fn recall(&self, judge: Judge) -> Recalled {
        self.begin(judge);
        Recalled::default()
    }

    fn read_known(&self, _: &dyn Sink) -> Result<(), SourceError> {
        Ok(())
    }

    fn suspect(&self, _: &[Origin]) {}

    fn found(&self) -> Found {
        std::mem::take(&mut self.state().found)
    }

    fn read_ids(&self, _: &dyn Sink) -> Result<(), SourceError> {
        Ok(())
    }

    fn seal(&self, secret: &Secret) -> Seal {
        self.cache.seal(secret)
    }

    fn remember(&self, traces: &[Trace], skips: &[Skip], secrets: &[&Secret]) {
        self.keep(traces, skips, secrets);
    }
}

/// The name of a layer in the cache.
fn name(key: &[u8; 32], digest: &str) -> Vec<u8> {
    [b"layer\0", &key[..], digest.as_bytes()].concat()
}

/// The layer that an origin lies in, and the steps from there on.
fn below_layer(origin: &Origin) -> Option<(Origin, Vec<Step>)> {
    let mut steps = Vec::new();
    let mut here = origin;
    while !matches!(here.last(), Step::Layer { .. }) {
        steps.push(here.last().clone());
        here = here.parent()?;
    }
    steps.reverse();
    Some((here.clone(), steps))
}

/// Whether a name has a secret in it.
fn holds_any(record: &Record, secrets: &[&Secret]) -> bool {
    let steps = record.finds.iter().map(|(steps, _)| steps).chain(record.skips.iter().map(|(steps, ..)| steps));
    let names = steps.flatten().filter_map(|step| match step {
        Step::Path { path } | Step::Member { path } => Some(path.as_slice()),
        _ => None,
    });
    let details = record.skips.iter().map(|(_, _, detail)| detail.as_bytes());
    let holds = |text: &[u8]| secrets.iter().any(|secret| memchr::memmem::find(text, secret.expose()).is_some());
    names.chain(details).any(holds)
}
