//! An image: an OCI layout, an image tar, or a reference to a registry, down to the files of its layers.
//!
//! Every layer is streamed and never unpacked to disk. A layer that several images or platforms share is read once; its
//! findings carry the origin of the first. All platforms are read unless some are named; from a stream, whose layers come
//! before it is known whose they are, all are read in any case.

mod archive;
mod base;
mod based_on;
mod beside;
mod compression;
mod config;
mod digest;
mod document;
mod envelope;
mod fates;
mod history;
mod identity;
mod input;
mod job;
mod kind;
mod known_layers;
mod layer;
mod layers;
mod layout;
mod manifest;
mod memory;
mod options;
mod paths;
mod platform;
mod pool;
mod reference;
mod registry;
mod store;
mod stream;
mod tar;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use self::base::Base;
use self::based_on::{Bases, NamedBase};
use self::digest::digest_parts;
use self::document::{Descriptor, Root};
use self::fates::Known;
use self::input::terminal_or;
use self::job::{Job, check_late};
pub use self::kind::{ImageKind, kind_of};
pub use self::known_layers::KnownLayers;
use self::layer::{Buffers, ReadLayer};
use self::layout::Layout;
use self::manifest::{Walk, Walked};
use self::memory::Remembered;
pub use self::options::{DockerFlags, Options, Transport};
use self::paths::LayerPaths;
use self::pool::Pool;
use self::reference::Target;
pub use self::reference::is_read_once;
use self::registry::Registry;
pub use self::registry::{Built, Listed, Listing, Names, Nearest};
use self::store::{Key, Store};
use super::memory::Memory;
use super::{Source, SourceError};
use crate::blob::{Item, Sink};
use crate::finding::Fate;
use crate::origin::{Origin, Step};

/// An image to be read.
pub struct Image {
    /// As the user wrote it.
    name: String,
    options: Options,
    /// What was named; `None` for a reader.
    target: Option<Target>,
    base: Option<(String, Target)>,
    given: Mutex<Given>,
    known: Mutex<Known>,
    about: Mutex<About>,
    memory: Option<Remembered>,
}

/// What is known of an image beside what is in it, once it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Digests of its manifests or indexes, as the store names them: what is pulled.
    pub digests: Vec<String>,
    /// Whether it is a Helm chart, which registries keep as they keep images.
    pub is_chart: bool,
    /// What a reader of the report should know.
    pub notes: Vec<String>,
    /// Platforms that it has and that were not asked for.
    pub left_out: Vec<String>,
    /// What must be the same for it to be the same image.
    state: Option<String>,
}

/// Where it comes from.
enum Given {
    Target(Target),
    Reader(Box<dyn Read + Send>),
    Spent,
}

impl Image {
    /// An image as a user names it: a path, `oci:DIRECTORY`, `docker:NAME`, `-` for standard input, or a reference to a
    /// registry.
    ///
    /// # Errors
    /// When it is none of these, or a path that is no image; the same for its base.
    pub fn new(target: &str, options: Options) -> Result<Self, SourceError> {
        let parse = |target: &str, flag: &str| {
            let named = || format!("{flag}{}", reference::without_login(target));
            reference::parse(target).map_err(|message| SourceError::new(named(), message))
        };
        let parsed = parse(target, "")?;
        let base = options.base.as_deref().map(|base| Ok((base.to_owned(), parse(base, "--base ")?))).transpose()?;
        let image = Image::with(target, Given::Target(parsed.clone()), options);
        Ok(Image { target: Some(parsed), base, ..image })
    }

    /// An image in a tar that is read from front to back; `name` is what reports call it.
    pub fn from_reader(name: &str, reader: Box<dyn Read + Send>, options: Options) -> Self {
        Image::with(name, Given::Reader(reader), options)
    }

    fn with(name: &str, given: Given, options: Options) -> Self {
        Image {
            name: name.to_owned(),
            options,
            target: None,
            base: None,
            given: Mutex::new(given),
            known: Mutex::default(),
            about: Mutex::default(),
            memory: None,
        }
    }

    /// Remembers layers that were judged, and does not read again what is known.
    #[must_use]
    pub fn with_memory(mut self, layers: Arc<KnownLayers>) -> Self {
        self.memory = Some(Remembered::new(layers));
        self
    }

    /// What is known of it beside what is in it. Empty before it was read.
    pub fn about(&self) -> About {
        lock(&self.about).clone()
    }

    /// Whether its name still leads to what was read. False where that cannot be told.
    ///
    /// # Errors
    /// When it cannot be looked up.
    pub fn is_unchanged(&self, stop: &(dyn Fn() -> bool + Sync)) -> Result<bool, SourceError> {
        let Some(target) = &self.target else { return Ok(false) };
        let state = identity::of(target, &self.options, Box::new(stop)).map_err(|message| self.error(message))?;
        let read = lock(&self.about).state.clone();
        Ok(state.is_some() && state == read)
    }

    fn error(&self, message: impl Into<String>) -> SourceError {
        SourceError::new(&self.name, message)
    }

    fn origin(&self) -> Origin {
        Origin::new(Step::Image { reference: self.name.clone(), digest: None })
    }

    /// What comes with the base image.
    fn learn_base(&self, sink: &dyn Sink) -> Result<Option<Base>, SourceError> {
        let Some((name, target)) = &self.base else { return Ok(None) };
        Base::learn(name, target, &self.options, Box::new(|| sink.stopped()))
            .map(Some)
            .map_err(|message| SourceError::new(format!("--base {}", reference::without_login(name)), message))
    }

    /// A base that a label names, where it is beside the image: in the same registry, layout or archive. No other host is
    /// asked: what is scanned does not say where this machine connects to.
    fn look_up_base(&self, named: &NamedBase, store: &dyn Store, sink: &dyn Sink) -> Option<Base> {
        let Some(Target::Registry(image)) = &self.target else {
            let digest = named.digest.clone()?;
            store.manifest(&digest).ok()?;
            let root = Root::Descriptor(Descriptor { digest, ..Descriptor::default() });
            return Base::of_store(&named.name, store, &[root]).ok();
        };
        let Ok(Target::Registry(base)) = reference::parse(&named.reference()) else { return None };
        let is_beside = base.resolve_registry() == image.resolve_registry();
        let target = is_beside.then_some(Target::Registry(base))?;
        Base::learn(&named.name, &target, &self.options, Box::new(|| sink.stopped())).ok()
    }

    fn read_store(&self, store: &dyn Store, roots: &[Root], sink: &dyn Sink) -> Result<(), SourceError> {
        self.read_with(store, roots, HashMap::new(), sink)
    }

    /// From the roots on all stores are alike. `done` are layers that a stream had already.
    fn read_with(
        &self,
        store: &dyn Store,
        roots: &[Root],
        done: HashMap<Key, ReadLayer>,
        sink: &dyn Sink,
    ) -> Result<(), SourceError> {
        let streamed = !done.is_empty();
        let base = lock(&self.known).base.take();
        let look_up = |named: &NamedBase| self.look_up_base(named, store, sink);
        let mut walk = Walk::new(store, sink, &self.options.platforms, Bases::new(base.as_ref(), Some(&look_up)));
        self.put_said(store, sink);
        walk.roots(&self.name, roots);
        // Without roots the archive is damaged, which was said; and a walk that was stopped has not seen all.
        if let Some(fault) = walk.fault().filter(|_| !roots.is_empty() && !sink.stopped()) {
            return Err(self.error(fault));
        }
        let Walked { images, mut used, inherited, notes, left_out } = walk.finish();
        let mut about = lock(&self.about);
        // Old tars have names alone, and an index may call anything a digest.
        about.digests = document::identities(roots);
        about.digests.retain(|digest| digest_parts(digest).is_some());
        about.is_chart = !images.is_empty() && images.iter().all(|image| image.is_chart);
        about.left_out.extend(left_out.iter().cloned());
        about.notes.extend(notes);
        about.notes.extend(base.and_then(|base| base.note(&images)));
        drop(about);
        let mut jobs = Vec::new();
        for image in &images {
            for (index, layer) in image.layers.iter().enumerate() {
                if !used.insert(layer.key.clone()) {
                    continue;
                }
                let origin = image.layer_origin(index);
                if let Some(read) = done.get(&layer.key) {
                    check_late(read, layer.diff_id.as_deref(), origin, sink);
                    continue;
                }
                jobs.push(Job {
                    origin,
                    key: layer.key.clone(),
                    media_type: layer.media_type.clone(),
                    size: layer.size,
                    digest: layer.digest.clone(),
                    diff_id: layer.diff_id.clone(),
                    step: |path| Step::Path { path },
                });
            }
        }
        // Whose blobs these are is not known, so that they may be those of a platform that is left out.
        if left_out.is_empty() {
            jobs.extend(self.beside(store, &used));
        }
        // The largest first, so that the threads end together.
        jobs.sort_by_key(|job| std::cmp::Reverse(job.size));
        if let Some(memory) = &self.memory {
            // What another image reads now is known when this one comes to it.
            memory.take(jobs.iter().filter_map(Job::known_as));
            jobs.sort_by_cached_key(|job| job.known_as().is_some_and(|digest| !memory.is_own(digest)));
        }
        let expected = jobs.iter().filter_map(|job| job.size).sum();
        sink.put(Item::Expect { objects: jobs.len() as u64, bytes: expected });
        let mut paths = self.run(store, &jobs, sink);
        paths.extend(done.into_iter().map(|(key, read)| (key, read.paths)));
        *lock(&self.known) = Known { images, paths, streamed, inherited, base: None };
        Ok(())
    }

    /// Reads layers on several threads.
    fn run(&self, store: &dyn Store, jobs: &[Job], sink: &dyn Sink) -> HashMap<Key, LayerPaths> {
        let threads = if jobs.is_empty() { 0 } else { self.options.threads() };
        let next = AtomicUsize::new(0);
        let paths = Mutex::new(HashMap::new());
        let pool = Pool::new(threads.max(1));
        let work = || {
            let reader = pool.reader();
            let mut buffers = Buffers::default();
            while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if sink.stopped() {
                    break;
                }
                if let Some(read) = job.run(store, self.memory.as_ref(), (sink, &pool), &mut buffers) {
                    lock(&paths).insert(job.key.clone(), read);
                }
            }
            drop(reader);
            pool.help();
        };
        if threads <= 1 {
            work();
        } else {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(work);
                }
            });
        }
        paths.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A thread that panicked has said so; what it left is still good.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Source for Image {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        let given = std::mem::replace(&mut *lock(&self.given), Given::Spent);
        // Looked up before it is read: what changes in between is then told from what was read.
        if let Given::Target(target @ (Target::Layout(_) | Target::Archive(_))) = &given {
            let state = identity::of(target, &self.options, Box::new(|| sink.stopped()));
            lock(&self.about).state = state.map_err(|message| self.error(message))?;
        }
        let base = self.learn_base(sink);
        if base.is_err() && sink.stopped() {
            return Ok(());
        }
        lock(&self.known).base = base?;
        match given {
            Given::Target(Target::Layout(directory)) => {
                let (layout, roots) = Layout::open(&directory).map_err(|message| self.error(message))?;
                self.read_store(&layout, &roots, sink)
            }
            Given::Target(Target::Archive(path)) => self.read_file(&path, sink),
            Given::Target(Target::Stdin) => self.read_pipe(|| terminal_or(io::stdin()), sink),
            Given::Target(Target::Pipe(path)) => self.read_pipe(move || terminal_or(File::open(path)?), sink),
            Given::Target(Target::Registry(reference)) => {
                let (threads, transport) = (self.options.threads(), &self.options.transport);
                let connected = Registry::connect(&reference, threads, transport, Box::new(|| sink.stopped()));
                if connected.is_err() && sink.stopped() {
                    return Ok(());
                }
                let hint = reference::or_a_path(&self.name);
                let (registry, root) = connected.map_err(|message| self.error(format!("{message}{hint}")))?;
                lock(&self.about).state = Some(registry.digest().to_owned());
                self.put_tag(reference.tag().unwrap_or_default(), sink);
                self.read_store(&registry, &[root], sink)
            }
            Given::Target(Target::Daemon(name)) => self.read_daemon(&name, sink),
            Given::Reader(reader) => self.read_stream(reader, sink),
            Given::Spent => Err(self.error("was read already")),
        }
    }

    fn fates(&self, wanted: &[Origin]) -> Result<Vec<Vec<Fate>>, SourceError> {
        Ok(lock(&self.known).fates(wanted))
    }

    fn memory(&self) -> Option<&dyn Memory> {
        self.memory.as_ref().map(|memory| memory as &dyn Memory)
    }
}
