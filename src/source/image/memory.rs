//! What is remembered of layers that were judged, by their digests: a layer never changes, so it is not read again, in
//! whichever image it is. Its finds are kept as a report tells them, masked; no byte of a secret is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aho_corasick::AhoCorasick;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::digest::Hasher;
use super::known_layers::{KnownLayers, Taken};
use super::layer::ReadLayer;
use super::lock;
use super::paths::{self, LayerPaths};
use super::pool::Counted;
use crate::blob::{Class, Item, Reason, Sink, Skip};
use crate::cache::Seal;
use crate::origin::{Origin, Step};
use crate::secret::Secret;
use crate::source::SourceError;
use crate::source::memory::{Find, Found, Id, Judge, Learnt, Memory, Recalled, Told, Trace};
use crate::source::words;

/// The memory of one reading.
pub(super) struct Remembered {
    layers: Arc<KnownLayers>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    judge: Option<Judge>,
    /// What stands for all that has a say in what is found.
    key: [u8; 32],
    found: Found,
    /// Layers that no other image reads meanwhile.
    taken: Option<Taken>,
    /// Layers that were read, by their origins.
    read: HashMap<Origin, Read>,
}

struct Read {
    digest: String,
    diff_id: Option<String>,
    counts: (u64, u64),
    paths: LayerPaths,
    /// Whether there are texts with ids and nothing else.
    has_ids: bool,
}

/// A layer as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    /// Stands for how paths are hashed, which another build may do in another way.
    check: u64,
    objects: u64,
    bytes: u64,
    /// Digest of its uncompressed bytes, where it was computed.
    diff_id: Option<String>,
    paths: LayerPaths,
    /// Finds with where they lie below the layer, and what a report says of them.
    finds: Vec<(Vec<Step>, Find, Option<Box<Told>>)>,
    /// Ids that are no findings, with where they lie below the layer.
    ids: Vec<(Vec<Step>, Id)>,
    /// Under what finds and ids are told so: see [`Judge::telling`].
    telling: Option<[u8; 32]>,
    skips: Vec<(Vec<Step>, Reason, String)>,
}

impl Record {
    /// Whether a report needs nothing but this of the layer.
    fn is_enough(&self, judge: &Judge) -> bool {
        let is_enough = |(_, find, told): &(_, Find, Option<Box<Told>>)| {
            told.is_some() || !find.is_needed && find.confidence < judge.least
        };
        self.check == paths::check() && self.finds.iter().all(is_enough)
    }

    /// Whether one of the secrets that `searcher` finds is in a name or a text.
    fn holds_any(&self, searcher: &AhoCorasick) -> bool {
        let steps = self.finds.iter().map(|(steps, ..)| steps).chain(self.ids.iter().map(|(steps, _)| steps));
        let steps = steps.chain(self.skips.iter().map(|(steps, ..)| steps));
        let names = steps.flatten().filter_map(|step| match step {
            Step::Path { path } | Step::Member { path } => Some(path.as_slice()),
            _ => None,
        });
        let names = names.chain(self.paths.all_other_names());
        let details = self.skips.iter().map(|(_, _, detail)| detail.as_bytes());
        let told = self.finds.iter().filter_map(|(_, _, told)| told.as_deref()).flat_map(texts);
        let stems = self.ids.iter().filter_map(|(_, id)| id.stem.as_deref());
        names.chain(details).chain(told).chain(stems).any(|text| searcher.is_match(text))
    }
}

/// The texts in which a find is told.
fn texts(told: &Told) -> impl Iterator<Item = &[u8]> {
    let reasons = told.reasons.iter().map(|(_, _, text)| text);
    let details = told.details.iter().map(|(_, value)| value);
    let mark = told.mark.iter().map(|mark| match mark {
        Ok((reason, _)) => reason,
        Err(why) => why,
    });
    let texts = reasons.chain(details).chain(mark).chain([&told.excerpt.text]).map(String::as_bytes);
    texts.chain(told.stem.as_deref())
}

/// Bytes from which on a secret is in no other text by chance; a shorter one may be a word that many paths have, such as the
/// name of a program.
const NO_WORD: usize = 12;

impl Remembered {
    pub fn new(layers: Arc<KnownLayers>) -> Self {
        Remembered { layers, state: Mutex::default() }
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

    /// Takes the layers that are to be read, before the first of them is.
    pub fn take<'d>(&self, digests: impl Iterator<Item = &'d str>) {
        let mut state = self.state();
        let key = state.key;
        state.taken = Some(self.layers.take(digests.map(|digest| name(&key, digest))));
    }

    /// Whether no other image reads a layer meanwhile.
    pub fn is_own(&self, digest: &str) -> bool {
        let state = self.state();
        state.taken.as_ref().is_some_and(|taken| taken.has(&name(&state.key, digest)))
    }

    /// What is known of a layer that need not be read, which is then counted. One that another image reads now is waited
    /// for, in that image's time; where it was lost there, this one reads it.
    pub fn known(&self, origin: &Origin, digest: &str, sink: &dyn Sink) -> Option<ReadLayer> {
        self.look_up(digest, sink).map(|record| self.take_over(record, origin, sink))
    }

    /// What is known of a layer, if a report needs no more.
    pub fn look_up(&self, digest: &str, sink: &dyn Sink) -> Option<Record> {
        let name = name(&self.state().key, digest);
        if !self.is_own(digest) {
            sink.wait(&mut |is_enough| self.layers.wait(&name, is_enough));
        }
        let mut record: Record = serde_json::from_slice(&self.layers.cache().load(&name)?).ok()?;
        let state = self.state();
        let judge = state.judge.as_ref()?;
        if record.telling.is_none() || record.telling != judge.telling {
            // Ids count where there are secrets that they may belong to.
            if !record.ids.is_empty() {
                return None;
            }
            record.finds.iter_mut().for_each(|(_, _, told)| *told = None);
        }
        record.is_enough(judge).then_some(record)
    }

    /// Takes what is known of a layer for what is at `origin`.
    pub fn take_over(&self, record: Record, origin: &Origin, sink: &dyn Sink) -> ReadLayer {
        let mut state = self.state();
        let is_streamed = is_streamed(origin);
        let below = |steps: Vec<Step>| {
            let steps = steps.into_iter().enumerate().map(|(depth, step)| match step {
                Step::Path { path } if depth == 0 && is_streamed => Step::Member { path },
                step => step,
            });
            steps.fold(origin.clone(), |origin, step| origin.with(step))
        };
        let traces = record.finds.into_iter().map(|(steps, find, told)| Trace { origin: below(steps), find, told });
        state.found.traces.extend(traces);
        state.found.ids.extend(record.ids.into_iter().map(|(steps, id)| (below(steps), id)));
        let skips = record.skips.into_iter().map(|(steps, reason, detail)| Skip::new(below(steps), reason, detail));
        state.found.skips.extend(skips);
        drop(state);
        sink.put(Item::Seen { objects: record.objects, bytes: record.bytes });
        ReadLayer { paths: record.paths, diff_id: record.diff_id, is_tar: true, is_unknown: false }
    }

    /// Takes a layer that was read.
    pub fn learn(&self, origin: &Origin, digest: &str, counted: &Counted<'_>, layer: &ReadLayer) {
        // From a stream only what lies in a tar has the same steps as elsewhere.
        if is_streamed(origin) && !layer.is_tar {
            return;
        }
        // Whether that is a loss depends on the manifest that names it.
        if layer.is_unknown {
            return;
        }
        if counted.stopped() || Hasher::for_digest(digest).is_none() {
            return;
        }
        let (counts, has_ids) = (counted.counts(), counted.has_ids());
        let (digest, diff_id, paths) = (digest.to_owned(), layer.diff_id.clone(), layer.paths.clone());
        let read = Read { digest, diff_id, counts, paths, has_ids };
        self.state().read.insert(origin.clone(), read);
    }

    /// Keeps what was learnt; nothing of a layer of which more might be read another time, or in whose names a secret stands.
    fn keep(&self, Learnt { traces, ids, skips, secrets }: &Learnt<'_>) {
        let mut state = self.state();
        let read = std::mem::take(&mut state.read);
        let (key, telling) = (state.key, state.judge.as_ref().and_then(|judge| judge.telling));
        drop(state);
        // Finds and ids are told together or not at all.
        let telling = telling.filter(|_| ids.is_some());
        let read = read.into_iter().filter(|(_, read)| telling.is_some() || !read.has_ids);
        let mut records: HashMap<Origin, (Record, String)> = read
            .map(|(origin, Read { digest, diff_id, counts: (objects, bytes), paths, .. })| {
                let (finds, ids, skips, check) = (Vec::new(), Vec::new(), Vec::new(), paths::check());
                (origin, (Record { check, objects, bytes, diff_id, paths, finds, ids, telling, skips }, digest))
            })
            .collect();
        for trace in *traces {
            let Some((layer, steps)) = below_layer(&trace.origin, &records) else { continue };
            let Some((record, _)) = records.get_mut(&layer) else { continue };
            // What is in a name must not stand in any name of the report, for which its bytes are needed, nor here.
            if steps.iter().any(|step| matches!(step, Step::Text { .. })) {
                records.remove(&layer);
                continue;
            }
            record.finds.push((steps, trace.find.clone(), trace.told.clone().filter(|_| telling.is_some())));
        }
        for (origin, id) in ids.filter(|_| telling.is_some()).into_iter().flatten() {
            if let Some((layer, steps)) = below_layer(origin, &records)
                && let Some((record, _)) = records.get_mut(&layer)
            {
                record.ids.push((steps, id.clone()));
            }
        }
        for skip in *skips {
            let Some((layer, steps)) = below_layer(&skip.origin, &records) else { continue };
            if skip.reason.class() == Class::Lost && !is_for_ever(skip.reason, &steps) {
                records.remove(&layer);
            } else if let Some((record, _)) = records.get_mut(&layer) {
                record.skips.push((steps, skip.reason, skip.detail.clone()));
            }
        }
        let long = secrets.iter().map(|secret| secret.expose()).filter(|secret| secret.len() >= NO_WORD);
        for searcher in words::searchers(long) {
            records.retain(|_, (record, _)| searcher.as_ref().is_some_and(|searcher| !record.holds_any(searcher)));
        }
        for (mut record, digest) in records.into_values() {
            let Record { paths, finds, .. } = &mut record;
            paths.keep_facts(finds.iter().filter_map(|(steps, ..)| file_of(steps)));
            // What cannot be kept is read again the next time.
            if let Ok(body) = serde_json::to_vec(&record) {
                let _ = self.layers.cache().store(&name(&key, &digest), &body);
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
        self.layers.cache().seal(secret)
    }

    fn tells(&self) -> bool {
        true
    }

    fn remember(&self, learnt: &Learnt<'_>) {
        self.keep(learnt);
        self.state().taken = None;
    }
}

/// Whether what was lost lies in the bytes of a file of a layer, so that it is lost whenever that is read.
fn is_for_ever(reason: Reason, below: &[Step]) -> bool {
    // What takes too much memory does so each time: the limits are a part of the key.
    let may_pass = matches!(reason, Reason::Unreadable | Reason::Changed | Reason::TimedOut | Reason::TooSlow);
    !may_pass && !below.is_empty()
}

/// The name of a layer in the cache.
fn name(key: &[u8; 32], digest: &str) -> Vec<u8> {
    [b"layer\0", &key[..], digest.as_bytes()].concat()
}

/// Whether a layer stands under its name in an archive, since it was read before the manifest: its files are then members of that.
fn is_streamed(layer: &Origin) -> bool {
    !matches!(layer.last(), Step::Layer { .. })
}

/// Of these layers the one that an origin lies in, and the steps from there on.
fn below_layer<T>(origin: &Origin, layers: &HashMap<Origin, T>) -> Option<(Origin, Vec<Step>)> {
    let mut steps = Vec::new();
    let mut here = origin;
    while !layers.contains_key(here) {
        steps.push(here.last().clone());
        here = here.parent()?;
    }
    steps.reverse();
    if let Some(first) = steps.first_mut().filter(|_| is_streamed(here))
        && let Step::Member { path } = first
    {
        *first = Step::Path { path: std::mem::take(path) };
    }
    Some((here.clone(), steps))
}

/// The file of a layer that steps lead to.
fn file_of(steps: &[Step]) -> Option<&[u8]> {
    steps.iter().find_map(|step| if let Step::Path { path } = step { Some(path.as_slice()) } else { None })
}
