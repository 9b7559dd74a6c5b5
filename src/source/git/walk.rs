//! The walk over the delta families of a pack: each entry is decoded once, after its base and while that is in memory, and
//! handed over with the runs that it has from it. Many threads, bounded memory; what cannot be decoded is told to the caller.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use gix::objs::Kind;

use super::deliver::{Delivery, Receiver};
use super::delta::Delta;
use super::families::Families;
use super::objects::{Decoder, Failure, LARGEST_IN_MEMORY, Objects};
use crate::candidate::{Carry, CopiedRun};

/// Bytes of bases that all threads together hold for children to come. Beyond, bases are let go and decoded again later.
const MOST_HELD: u64 = 160 << 20;
/// Objects of more bytes are worked on by one thread at a time; blobs that nothing is made from are streamed instead.
pub(super) const LARGE: u64 = 32 << 20;
/// Buffers that a thread keeps for objects to come, and the largest of them in bytes.
const SPARE: (usize, usize) = (64, 4 << 20);

/// A decoded object that others are made from.
struct Node {
    entry: u32,
    kind: Kind,
    bytes: Vec<u8>,
    carry: Carry,
}

/// Children that are still to be decoded, and their base.
struct Task {
    base: Base,
    children: Range<u32>,
}

enum Base {
    Held(Arc<Node>),
    /// Let go; to be decoded again.
    LetGo(u32),
}

enum Start {
    Root(u32),
    Children(Task),
}

/// A pack that is being walked.
pub(super) struct Walk<'a> {
    delivery: &'a Delivery<'a>,
    objects: &'a Objects,
    families: &'a Families<'a>,
    queue: Mutex<Queue>,
    bell: Condvar,
    /// Threads that wait for work.
    idle: AtomicUsize,
    /// Bytes of bases that are held.
    held: AtomicU64,
    /// Held by who works on a large object.
    large: Mutex<()>,
    lost: Mutex<Vec<u32>>,
}

struct Queue {
    next_root: usize,
    /// Given away by threads that had more than they could do at once.
    given: Vec<Task>,
    /// Put off until there is memory.
    put_off: Vec<Task>,
    working: usize,
}

/// Decodes and hands over all entries of a pack; returns those that could not be decoded so, in the order of the pack.
pub(super) fn walk(delivery: &Delivery<'_>, objects: &Objects, families: &Families<'_>, threads: usize) -> Vec<u32> {
    let walk = Walk {
        delivery,
        objects,
        families,
        queue: Mutex::new(Queue { next_root: 0, given: Vec::new(), put_off: Vec::new(), working: threads }),
        bell: Condvar::new(),
        idle: AtomicUsize::new(0),
        held: AtomicU64::new(0),
        large: Mutex::default(),
        lost: Mutex::new(families.adrift().to_vec()),
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| Worker::new(&walk).work());
        }
        Worker::new(&walk).work();
    });
    let mut lost = walk.lost.into_inner().unwrap_or_else(PoisonError::into_inner);
    lost.sort_unstable();
    lost
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Walk<'_> {
    /// The next thing to do; `None` when all is done, or when it should stop.
    fn next(&self) -> Option<Start> {
        let mut queue = lock(&self.queue);
        loop {
            if self.delivery.sink.stopped() {
                queue.next_root = usize::MAX;
                queue.given.clear();
                queue.put_off.clear();
            }
            if let Some(task) = queue.given.pop() {
                return Some(Start::Children(task));
            }
            if let Some(&root) = self.families.roots().get(queue.next_root) {
                queue.next_root += 1;
                return Some(Start::Root(root));
            }
            if let Some(task) = queue.put_off.pop() {
                return Some(Start::Children(task));
            }
            // Nobody is counted any more once one has panicked.
            queue.working = queue.working.saturating_sub(1);
            if queue.working == 0 {
                self.bell.notify_all();
                return None;
            }
            self.idle.fetch_add(1, Ordering::Relaxed);
            while queue.working > 0 && queue.given.is_empty() && queue.put_off.is_empty() {
                queue = self.bell.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            self.idle.fetch_sub(1, Ordering::Relaxed);
            if queue.working == 0 {
                return None;
            }
            queue.working += 1;
        }
    }
}

/// One thread of a walk.
struct Worker<'a> {
    walk: &'a Walk<'a>,
    receiver: Receiver<'a>,
    inflate: gix::zlib::Inflate,
    /// For bases that were let go; made when first needed.
    decoder: Option<Decoder>,
    delta: Vec<u8>,
    runs: Vec<CopiedRun>,
    stack: Vec<Task>,
    spare: Vec<(Vec<u8>, Carry)>,
}

/// Ends all threads when one panics: the others would wait for it.
impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = lock(&self.walk.queue);
            queue.working = 0;
            queue.next_root = usize::MAX;
            self.walk.bell.notify_all();
        }
    }
}

impl<'a> Worker<'a> {
    fn new(walk: &'a Walk<'a>) -> Self {
        Worker {
            walk,
            receiver: Receiver::new(walk.delivery),
            inflate: gix::zlib::Inflate::default(),
            decoder: None,
            delta: Vec::new(),
            runs: Vec::new(),
            stack: Vec::new(),
            spare: Vec::new(),
        }
    }

    fn work(mut self) {
        while let Some(start) = self.walk.next() {
            match start {
                Start::Root(root) => self.root(root),
                Start::Children(task) => self.stack.push(task),
            }
            while !self.stack.is_empty() {
                if self.walk.delivery.sink.stopped() {
                    self.stack.clear();
                    break;
                }
                self.share();
                self.step();
            }
        }
    }

    /// Decodes the next child of the object that was decoded last.
    fn step(&mut self) {
        let Some(task) = self.stack.last_mut() else { return };
        let base = match &task.base {
            Base::Held(node) => Arc::clone(node),
            Base::LetGo(entry) => {
                let entry = *entry;
                match self.again(entry) {
                    Some(node) => {
                        if let Some(task) = self.stack.last_mut() {
                            task.base = Base::Held(Arc::clone(&node));
                        }
                        node
                    }
                    None => return self.lose_children(),
                }
            }
        };
        let Some(task) = self.stack.last_mut() else { return };
        let place = task.children.next();
        if task.children.is_empty() {
            // No longer needed by who comes after.
            self.stack.pop();
        }
        if let Some(place) = place {
            self.child(&base, self.walk.families.child(place));
        }
        self.let_go(base);
    }

    /// Decodes an entry that is stored whole.
    fn root(&mut self, entry: u32) {
        let families = self.walk.families;
        let found = families.pack.data.entry(families.offset(entry));
        let Some(header) = found.ok().filter(|_| families.is_intact(entry)) else { return self.lose(entry) };
        let Some(kind) = header.header.as_kind() else { return self.lose(entry) };
        let childless = families.children(entry).is_empty();
        if header.decompressed_size > LARGEST_IN_MEMORY as u64
            || header.decompressed_size > LARGE && childless && kind == Kind::Blob
        {
            return self.lose(entry);
        }
        let walk = self.walk;
        let _alone = (header.decompressed_size > LARGE).then(|| lock(&walk.large));
        let (mut bytes, carry) = self.spare.pop().unwrap_or_default();
        match self.inflate(entry, &header, &mut bytes) {
            Ok(()) => self.take(Node { entry, kind, bytes, carry }, None),
            Err(_) => self.lose(entry),
        }
    }

    /// Decodes an entry that is stored as a delta of `base`.
    fn child(&mut self, base: &Node, entry: u32) {
        let families = self.walk.families;
        let found = families.pack.data.entry(families.offset(entry));
        let Some(header) = found.ok().filter(|_| families.is_intact(entry)) else { return self.lose(entry) };
        if header.decompressed_size > LARGEST_IN_MEMORY as u64 {
            return self.lose(entry);
        }
        let mut instructions = std::mem::take(&mut self.delta);
        if self.inflate(entry, &header, &mut instructions).is_err() {
            self.delta = instructions;
            return self.lose(entry);
        }
        match Delta::open(&instructions) {
            Ok(delta) if delta.length <= LARGEST_IN_MEMORY as u64 => {
                let walk = self.walk;
                let _alone = (delta.length > LARGE).then(|| lock(&walk.large));
                let (mut bytes, carry) = self.spare.pop().unwrap_or_default();
                let mut runs = std::mem::take(&mut self.runs);
                match delta.apply(&base.bytes, &mut bytes, &mut runs) {
                    Ok(()) => self.take(Node { entry, kind: base.kind, bytes, carry }, Some((&base.carry, &runs))),
                    Err(_) => self.lose(entry),
                }
                self.runs = runs;
            }
            _ => self.lose(entry),
        }
        self.delta = instructions;
    }

    /// Inflates what is stored of an entry.
    fn inflate(&mut self, entry: u32, header: &gix_pack::data::Entry, out: &mut Vec<u8>) -> Result<(), Failure> {
        let size = header.decompressed_size as usize;
        let data = &self.walk.families.pack.data;
        let stored = data.entry_slice(header.data_offset..self.walk.families.end(entry)).ok_or(Failure::Truncated)?;
        out.resize(size, 0);
        self.inflate.reset();
        match self.inflate.once(stored, out) {
            Ok((gix::zlib::Status::StreamEnd, _, written)) if written == size => Ok(()),
            _ => Err(Failure::Corrupt),
        }
    }

    /// Hands over a decoded object, and holds it if others are made from it.
    fn take(&mut self, mut node: Node, base: Option<(&Carry, &[CopiedRun])>) {
        let families = self.walk.families;
        let id = families.id(node.entry);
        let children = families.children(node.entry);
        self.receiver.take(id, node.kind, &node.bytes, Some((base, &mut node.carry)));
        if children.is_empty() {
            return self.recycle(node);
        }
        let held = self.walk.held.fetch_add(node.bytes.len() as u64, Ordering::Relaxed) + node.bytes.len() as u64;
        if held > MOST_HELD {
            self.put_off();
        }
        self.stack.push(Task { base: Base::Held(Arc::new(node)), children });
    }

    /// Lets go of all bases that this thread holds: their children come later.
    fn put_off(&mut self) {
        let tasks: Vec<Task> = self.stack.drain(..).collect();
        for task in tasks {
            if let Base::Held(node) = task.base {
                lock(&self.walk.queue).put_off.push(Task { base: Base::LetGo(node.entry), children: task.children });
                self.let_go(node);
            } else {
                lock(&self.walk.queue).put_off.push(task);
            }
        }
    }

    /// A base that was let go, decoded once more. Nothing is carried from it: its children are judged whole.
    fn again(&mut self, entry: u32) -> Option<Arc<Node>> {
        let (walk, families) = (self.walk, self.walk.families);
        let decoder = self.decoder.get_or_insert_with(Decoder::new);
        let (mut bytes, mut carry) = self.spare.pop().unwrap_or_default();
        carry.clear();
        let kind = walk.objects.decode(families.pack, families.offset(entry), decoder, &mut bytes).ok()?;
        walk.held.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Some(Arc::new(Node { entry, kind, bytes, carry }))
    }

    /// Done with a base; the last who is frees it.
    fn let_go(&mut self, base: Arc<Node>) {
        if let Some(node) = Arc::into_inner(base) {
            self.walk.held.fetch_sub(node.bytes.len() as u64, Ordering::Relaxed);
            self.recycle(node);
        }
    }

    fn recycle(&mut self, node: Node) {
        if self.spare.len() < SPARE.0 && node.bytes.capacity() <= SPARE.1 {
            self.spare.push((node.bytes, node.carry));
        }
    }

    /// Gives the largest part of what is left to do to a thread that waits.
    fn share(&mut self) {
        if self.walk.idle.load(Ordering::Relaxed) == 0 {
            return;
        }
        let only = self.stack.len() == 1;
        let Some(task) = self.stack.first_mut() else { return };
        let Base::Held(base) = &task.base else { return };
        let keep = if only { task.children.len() as u32 / 2 } else { 0 };
        let given = task.children.start + keep..task.children.end;
        if only && keep == 0 {
            return;
        }
        task.children.end = given.start;
        let task = Task { base: Base::Held(Arc::clone(base)), children: given };
        lock(&self.walk.queue).given.push(task);
        self.walk.bell.notify_one();
        if !only {
            let task = self.stack.remove(0);
            if let Base::Held(node) = task.base {
                self.let_go(node);
            }
        }
    }

    /// Gives up on the children of the object that was decoded last.
    fn lose_children(&mut self) {
        if let Some(task) = self.stack.pop() {
            for place in task.children {
                self.lose(self.walk.families.child(place));
            }
        }
    }

    /// An entry that does not decode here, with all that is made from it.
    fn lose(&mut self, entry: u32) {
        let lost = self.walk.families.descendants(entry);
        lock(&self.walk.lost).extend(lost);
    }
}
