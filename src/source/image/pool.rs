//! Threads that have no layer of their own judge files of those that have: decompressing one large layer then takes one
//! thread, and what is in it the others.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::lock;
use crate::blob::{Blob, Item, Left, Outcome, Sink};
use crate::origin::Origin;

/// Bytes of files that wait, at most.
const WAITING: usize = 64 << 20;

/// Files below this many bytes are judged sooner than handed over.
const SMALL: usize = 4 << 10;

/// Bytes of buffers that are kept for the next files. Large files are most of many layers, and a buffer that is had anew
/// for each costs more than what is read into it.
const SPARE: usize = 64 << 20;

/// The sink of one layer, which counts what it is given.
pub(super) struct Counted<'s> {
    sink: &'s dyn Sink,
    objects: AtomicU64,
    bytes: AtomicU64,
    has_ids: AtomicBool,
    /// Files that others have not yet judged.
    pending: AtomicUsize,
}

impl<'s> Counted<'s> {
    pub fn new(sink: &'s dyn Sink) -> Arc<Self> {
        Arc::new(Counted {
            sink,
            objects: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            has_ids: AtomicBool::new(false),
            pending: AtomicUsize::new(0),
        })
    }

    /// Objects and bytes that were counted.
    pub fn counts(&self) -> (u64, u64) {
        (self.objects.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Whether there were ids alone in some file.
    pub fn has_ids(&self) -> bool {
        self.has_ids.load(Ordering::Relaxed)
    }
}

impl Sink for Counted<'_> {
    fn put(&self, item: Item<'_>) {
        self.judged(item);
    }

    fn judged(&self, item: Item<'_>) -> Outcome {
        let outcome = self.sink.judged(item);
        self.objects.fetch_add(outcome.objects, Ordering::Relaxed);
        self.bytes.fetch_add(outcome.bytes, Ordering::Relaxed);
        self.has_ids.fetch_or(outcome.left == Left::Ids, Ordering::Relaxed);
        outcome
    }

    fn leaves_out(&self, origin: &Origin) -> bool {
        self.sink.leaves_out(origin)
    }

    fn stopped(&self) -> bool {
        self.sink.stopped()
    }

    fn wait(&self, wait: &mut dyn FnMut(&dyn Fn() -> bool)) {
        self.sink.wait(wait);
    }
}

/// A file that waits.
struct Waiting<'s> {
    origin: Origin,
    /// The file, and maybe bytes of an earlier one behind it.
    buffer: Vec<u8>,
    size: usize,
    sink: Arc<Counted<'s>>,
}

#[derive(Default)]
struct State<'s> {
    queue: VecDeque<Waiting<'s>>,
    waiting: usize,
    /// Buffers that are not in use, the largest last.
    spare: Vec<Vec<u8>>,
    /// Threads that wait for files.
    idle: usize,
    /// Threads that read layers.
    readers: usize,
}

/// Files that are handed from thread to thread.
pub(super) struct Pool<'s> {
    state: Mutex<State<'s>>,
    changed: Condvar,
}

impl<'s> Pool<'s> {
    /// For so many threads that read layers at first.
    pub fn new(readers: usize) -> Self {
        Pool { state: Mutex::new(State { readers, ..State::default() }), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<'s>> {
        lock(&self.state)
    }

    /// Hands a file over if somebody waits for one; `buffer` is then another.
    pub fn offer(&self, origin: &Origin, buffer: &mut Vec<u8>, size: usize, sink: &Arc<Counted<'s>>) -> bool {
        if size < SMALL {
            return false;
        }
        let mut state = self.state();
        if state.idle == 0 || state.waiting + size > WAITING {
            return false;
        }
        let other = state.spare.pop().unwrap_or_default();
        sink.pending.fetch_add(1, Ordering::Relaxed);
        state.waiting += size;
        let buffer = std::mem::replace(buffer, other);
        state.queue.push_back(Waiting { origin: origin.clone(), buffer, size, sink: Arc::clone(sink) });
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Ends the reading of a layer: all its files are judged when this returns.
    pub fn settle(&self, sink: &Counted<'s>) {
        let mut state = self.state();
        while sink.pending.load(Ordering::Acquire) > 0 {
            state = match self.take(&mut state) {
                Some(file) => {
                    drop(state);
                    self.judge(file);
                    self.state()
                }
                None => self.changed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner),
            };
        }
    }

    /// Whoever holds it reads layers.
    pub fn reader(&self) -> Reader<'_, 's> {
        Reader(self)
    }

    /// Judges files of others until no thread reads layers any more.
    pub fn help(&self) {
        let mut state = self.state();
        loop {
            state = match self.take(&mut state) {
                Some(file) => {
                    drop(state);
                    self.judge(file);
                    self.state()
                }
                None if state.readers == 0 => return,
                None => {
                    state.idle += 1;
                    let mut woken = self.changed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
                    woken.idle -= 1;
                    woken
                }
            };
        }
    }

    fn take(&self, state: &mut State<'s>) -> Option<Waiting<'s>> {
        let file = state.queue.pop_front()?;
        state.waiting -= file.size;
        Some(file)
    }

    fn judge(&self, file: Waiting<'s>) {
        let Waiting { origin, buffer, size, sink } = file;
        let _done = Done { pool: self, sink: &sink };
        sink.put(Item::Blob(Blob::bytes(origin, &buffer[..size])));
        let mut state = self.state();
        let kept: usize = state.spare.iter().map(Vec::capacity).sum();
        if kept + buffer.capacity() <= SPARE {
            let place = state.spare.partition_point(|spare| spare.capacity() <= buffer.capacity());
            state.spare.insert(place, buffer);
        }
    }

    /// After a change that was not made under the lock: whoever looked before it is waiting by now.
    fn tell(&self) {
        drop(self.state());
        self.changed.notify_all();
    }
}

/// A thread that reads layers, also where it panics.
pub(super) struct Reader<'p, 's>(&'p Pool<'s>);

impl Drop for Reader<'_, '_> {
    fn drop(&mut self) {
        self.0.state().readers -= 1;
        self.0.changed.notify_all();
    }
}

/// A file that is done with, also where judging it panics.
struct Done<'p, 's> {
    pool: &'p Pool<'s>,
    sink: &'p Counted<'s>,
}

impl Drop for Done<'_, '_> {
    fn drop(&mut self) {
        self.sink.pending.fetch_sub(1, Ordering::Release);
        self.pool.tell();
    }
}
