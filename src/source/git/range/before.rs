//! What was there before a change: the files at some paths, and whether a value stood anywhere. Asked only for values that
//! were found, and answered from the trees of the base.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use aho_corasick::AhoCorasick;
use gix::ObjectId;
use gix::objs::Kind;
use gix::objs::tree::EntryMode;

use super::Change;
use super::brought::Comparison;
use super::brought::Unread;
use crate::blob::{Blob, Item, Sink};
use crate::origin::{ObjectKind, Step};
use crate::secret::is_whole;
use crate::source::git::objects::Decoder;
use crate::source::git::threads::in_threads;
use crate::source::git::trees::DEEPEST_TREE;
use crate::source::{Judge, Sighting};

/// Blobs of the base that one thread takes at a time.
const RUN: usize = 32;

/// Pushes the files that had these paths before, and what of them cannot be read.
pub(super) fn read(change: &Change, paths: &[Vec<u8>], sink: &dyn Sink) {
    let mut waiting: Vec<&Vec<u8>> = paths.iter().collect();
    loop {
        let (rest, unread) = files(change, &waiting, sink);
        if !change.fetch(unread.keys().copied(), &|| sink.stopped()) {
            return change.tell_unknown(&unread, sink);
        }
        waiting = rest;
    }
}

/// [`read`] of what is here; the paths of which something is not.
fn files<'p>(change: &Change, paths: &[&'p Vec<u8>], sink: &dyn Sink) -> (Vec<&'p Vec<u8>>, Unread) {
    let objects = &change.git.objects;
    let start = || (Comparison::new(objects), Decoder::new(), Vec::new());
    let rest = Mutex::new((Vec::new(), Unread::new()));
    in_threads(paths.len(), 1, change.git.threads, start, |(comparison, decoder, out), number| {
        let path = paths[number];
        let mut seen = HashSet::new();
        let mut unread = Unread::new();
        for tree in &change.base_trees {
            let Some(entry) = comparison.entry_at(*tree, path).filter(|entry| is_file(entry.mode)) else { continue };
            if !seen.insert(entry.id) {
                continue;
            }
            match objects.find(&entry.id, decoder, out) {
                Ok(Some(Kind::Blob)) => {
                    let origin = change.git.origin.at_path(path.clone());
                    sink.put(Item::Blob(Blob::bytes(origin, out)));
                }
                Ok(Some(_)) => {}
                Ok(None) => _ = unread.insert(entry.id, None),
                Err(failure) => _ = unread.insert(entry.id, Some(failure)),
            }
        }
        unread.extend(std::mem::take(&mut comparison.unknown).into_iter().map(|tree| (tree.id, tree.failure)));
        if !unread.is_empty() {
            let mut rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
            rest.0.push(path);
            rest.1.extend(unread);
        }
    });
    rest.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn is_file(mode: EntryMode) -> bool {
    !mode.is_tree() && !mode.is_commit()
}

/// For each sighting whether one of its values, or the object it was seen in, was anywhere before. What cannot be read is told
/// where it could have one that was not found.
pub(super) fn holds(change: &Change, sightings: &[Sighting<'_>], judge: &Judge<'_>, sink: &dyn Sink) -> Vec<bool> {
    let mut patterns: Vec<&[u8]> = Vec::new();
    let mut owners: Vec<usize> = Vec::new();
    for (number, sighting) in sightings.iter().enumerate() {
        for value in sighting.values.iter().map(|value| value.expose()).filter(|value| !value.is_empty()) {
            patterns.push(value);
            owners.push(number);
        }
    }
    let found: Vec<AtomicBool> = sightings.iter().map(|_| AtomicBool::new(false)).collect();
    let Ok(searcher) = AhoCorasick::new(&patterns) else { return vec![false; sightings.len()] };
    let is_found = |number: usize| found[number].load(Ordering::Relaxed);
    // Returns the sightings whose bytes are there, and which could be guessed.
    let search = |text: &[u8]| {
        let mut guesses = BTreeSet::new();
        for hit in searcher.find_overlapping_iter(text) {
            let owner = owners[hit.pattern().as_usize()];
            if is_found(owner) || guesses.contains(&owner) || !is_whole(text, hit.range()) {
                continue;
            }
            if sightings[owner].guessable {
                guesses.insert(owner);
            } else {
                found[owner].store(true, Ordering::Relaxed);
            }
        }
        guesses
    };
    let ((blobs, names), mut unread) = change.compared(&|| sink.stopped(), |comparison| contents(change, comparison));
    for name in &names {
        // Of a file's name that could be guessed nobody says that it is a secret.
        search(name);
    }
    for (sighting, found) in sightings.iter().zip(&found) {
        if object_of(sighting).is_some_and(|id| blobs.binary_search(&id).is_ok()) {
            found.store(true, Ordering::Relaxed);
        }
    }
    let all_found = || (0..found.len()).all(is_found);
    let start = || (Decoder::new(), Vec::new());
    // Returns what cannot be read.
    let look = |blobs: &[ObjectId]| {
        let unread = Mutex::new(Unread::new());
        in_threads(blobs.len(), RUN, change.git.threads, start, |(decoder, out), number| {
            if all_found() {
                return;
            }
            let failure = match change.git.objects.find(&blobs[number], decoder, out) {
                Ok(Some(Kind::Blob)) => None,
                Ok(Some(_)) => return,
                Ok(None) => Some(None),
                Err(failure) => Some(Some(failure)),
            };
            if let Some(failure) = failure {
                unread.lock().unwrap_or_else(PoisonError::into_inner).insert(blobs[number], failure);
                return;
            }
            let guesses = search(out);
            if guesses.is_empty() {
                return;
            }
            let id = blobs[number].to_string();
            let origin = change.git.origin.with(Step::Object { id, kind: ObjectKind::Blob });
            let secrets = judge(Blob::bytes(origin, out));
            for guess in guesses {
                if sightings[guess].values.iter().any(|value| secrets.contains(*value)) {
                    found[guess].store(true, Ordering::Relaxed);
                }
            }
        });
        unread.into_inner().unwrap_or_else(PoisonError::into_inner)
    };
    let mut unread_blobs = look(&blobs);
    // What is here is asked first: all else may have to be fetched.
    if !all_found() && change.fetch(unread_blobs.keys().copied(), &|| sink.stopped()) {
        unread_blobs = look(&unread_blobs.into_keys().collect::<Vec<_>>());
    }
    unread.extend(unread_blobs);
    if !all_found() {
        change.tell_unknown(&unread, sink);
    }
    found.into_iter().map(AtomicBool::into_inner).collect()
}

fn object_of(sighting: &Sighting<'_>) -> Option<ObjectId> {
    sighting.origin.steps().into_iter().find_map(|step| match step {
        Step::Object { id, kind: ObjectKind::Blob } => ObjectId::from_hex(id.as_bytes()).ok(),
        _ => None,
    })
}

/// All blobs of the base's trees, sorted, and all names in them.
fn contents(change: &Change, comparison: &mut Comparison<'_>) -> (Vec<ObjectId>, BTreeSet<Vec<u8>>) {
    let (mut blobs, mut names, mut seen) = (BTreeSet::new(), BTreeSet::new(), HashSet::new());
    let mut waiting: Vec<(ObjectId, usize)> = change.base_trees.iter().map(|tree| (*tree, 0)).collect();
    while let Some((tree, depth)) = waiting.pop() {
        if depth > DEEPEST_TREE || !seen.insert(tree) {
            continue;
        }
        for (name, entry) in comparison.listing(&tree, false) {
            if entry.mode.is_tree() {
                waiting.push((entry.id, depth + 1));
            } else if is_file(entry.mode) {
                blobs.insert(entry.id);
            }
            names.insert(name);
        }
    }
    (blobs.into_iter().collect(), names)
}
