//! An image: an OCI layout, an image tar, or a reference to a registry, down to the files of its layers.
//!
//! Every layer is streamed and never unpacked to disk. A layer that several images or platforms share is read once; its
//! findings carry the origin of the first. All platforms are read unless some are named; from a stream, whose layers come
//! before it is known whose they are, all are read in any case.

mod archive;
mod config;
mod fates;
mod layer;
mod layout;
mod manifest;
mod paths;
mod reference;
mod registry;
mod store;
mod stream;
mod tar;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::archive::{Archive, Bytes};
use self::fates::Known;
use self::layer::{Buffers, DiffId, Layer, ReadLayer};
use self::layout::Layout;
use self::manifest::{Root, Walk};
use self::paths::LayerPaths;
use self::reference::Target;
use self::registry::Registry;
use self::store::{Key, Loss, Store};
use self::stream::Streamed;
use super::{Source, SourceError};
use crate::blob::{Item, Reason, Sink, Skip};
use crate::finding::Fate;
use crate::origin::{Origin, Step};

/// A tar from a stream of at most this many bytes is held in memory, and then read as a file would be.
const MAX_HELD: u64 = 256 << 20;

/// How an image is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Threads, each with a layer of its own; 0: as many as there are processors.
    pub threads: usize,
    /// Platforms to read, as `os/architecture[/variant]`; without a variant all of them. Empty: all.
    pub platforms: Vec<String>,
    /// Plain HTTP also for registries that are not on this machine.
    pub plain_http: bool,
}

impl Options {
    fn threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

/// What kind of image a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// A directory with an OCI layout.
    Layout,
    /// A tar with an OCI layout or of `docker save`, maybe compressed.
    Archive,
}

/// Whether a path is an image, told by what it holds and never by its name. Cheap: of a tar the headers are read, of a
/// compressed tar the first.
pub fn kind_of(path: &Path) -> Option<ImageKind> {
    if path.is_dir() {
        return layout::is_layout(path).then_some(ImageKind::Layout);
    }
    if !path.is_file() {
        return None;
    }
    let mut file = File::open(path).ok()?;
    let mut head = [0; tar::BLOCK];
    let filled = tar::fill(&mut file, &mut head).ok()?;
    let is_image = if tar::is_header(&head[..filled]) {
        let (archive, _) = Archive::index(Bytes::of_file(file).ok()?);
        archive.looks_like_an_image()
    } else {
        let mut decoded = decompressed(Box::new(Cursor::new(head[..filled].to_vec()).chain(file))).ok()??;
        let filled = tar::fill(&mut decoded, &mut head).ok()?;
        tar::is_header(&head[..filled]) && archive::begins_like_an_image(&head)
    };
    is_image.then_some(ImageKind::Archive)
}

/// An image to be read.
pub struct Image {
    /// As the user wrote it.
    name: String,
    options: Options,
    given: Mutex<Given>,
    known: Mutex<Known>,
}

/// Where it comes from.
enum Given {
    Target(Target),
    Reader(Box<dyn Read + Send>),
    Spent,
}

/// A layer to read.
struct Job {
    origin: Origin,
    key: Key,
    media_type: String,
    size: u64,
    digest: Option<String>,
    diff_id: Option<String>,
    step: fn(Vec<u8>) -> Step,
}

impl Image {
    /// An image as a user names it: a path, `oci:DIRECTORY`, `-` for standard input, or a reference to a registry.
    ///
    /// # Errors
    /// When it is none of these, or a path that is no image.
    pub fn new(target: &str, options: Options) -> Result<Self, SourceError> {
        let parsed =
            reference::parse(target).map_err(|message| SourceError::new(reference::without_login(target), message))?;
        Ok(Image::with(target, Given::Target(parsed), options))
    }

    /// An image in a tar that is read from front to back; `name` is what reports call it.
    pub fn from_reader(name: &str, reader: Box<dyn Read + Send>, options: Options) -> Self {
        Image::with(name, Given::Reader(reader), options)
    }

    fn with(name: &str, given: Given, options: Options) -> Self {
        Image { name: name.to_owned(), options, given: Mutex::new(given), known: Mutex::default() }
    }

    fn error(&self, message: impl Into<String>) -> SourceError {
        SourceError::new(&self.name, message)
    }

    fn origin(&self) -> Origin {
        Origin::new(Step::Image { reference: self.name.clone(), digest: None })
    }

    fn read_file(&self, path: &Path, sink: &dyn Sink) -> Result<(), SourceError> {
        let failed = |error: io::Error| self.error(format!("cannot be read: {error}"));
        let mut file = File::open(path).map_err(failed)?;
        let mut head = [0; tar::BLOCK];
        let filled = tar::fill(&mut file, &mut head).map_err(failed)?;
        if tar::is_header(&head[..filled]) {
            let (archive, damage) = Archive::index(Bytes::of_file(file).map_err(failed)?);
            return self.read_archive(&archive, damage, sink);
        }
        self.read_stream(Box::new(Cursor::new(head[..filled].to_vec()).chain(file)), sink)
    }

    /// A tar, maybe compressed, that can be read from front to back only.
    fn read_stream(&self, input: Box<dyn Read + Send>, sink: &dyn Sink) -> Result<(), SourceError> {
        let failed = |error: io::Error| self.error(format!("cannot be read: {error}"));
        let mut input = input;
        let mut head = [0; tar::BLOCK];
        let filled = tar::fill(&mut input, &mut head).map_err(failed)?;
        let plain: Box<dyn Read + Send> = Box::new(Cursor::new(head[..filled].to_vec()).chain(input));
        let mut input = if tar::is_header(&head[..filled]) {
            plain
        } else {
            decompressed(plain).map_err(failed)?.ok_or_else(|| self.error("is neither a tar nor a compressed tar"))?
        };
        let mut held = Vec::new();
        let damage = (&mut input).take(MAX_HELD + 1).read_to_end(&mut held).err().map(Loss::from);
        if held.len() as u64 <= MAX_HELD {
            let (archive, index_damage) = Archive::index(Bytes::Memory(held));
            return self.read_archive(&archive, damage.or(index_damage), sink);
        }
        let rest: Box<dyn Read + Send> = Box::new(Cursor::new(held).chain(input));
        let streamed = Streamed::read(rest, &self.origin(), sink);
        self.read_streamed(streamed, sink)
    }

    fn read_archive(&self, archive: &Archive, damage: Option<Loss>, sink: &dyn Sink) -> Result<(), SourceError> {
        let roots = archive.roots().map_err(|message| self.error(message))?;
        match damage {
            Some(Loss { reason, detail }) => sink.put(Item::Skip(Skip::new(self.origin(), reason, detail))),
            // A tar that was cut off may have lost the list of its images: what is there is read all the same.
            None if roots.is_empty() => return Err(self.error(NO_IMAGE)),
            None => {}
        }
        self.read_store(archive, &roots, sink);
        Ok(())
    }

    fn read_streamed(&self, mut streamed: Streamed, sink: &dyn Sink) -> Result<(), SourceError> {
        let roots = streamed.roots().map_err(|message| self.error(message))?;
        if roots.is_empty() && !streamed.is_damaged && !sink.stopped() {
            return Err(self.error(NO_IMAGE));
        }
        let done = std::mem::take(&mut streamed.layers);
        self.read_with(&streamed, &roots, done, sink);
        Ok(())
    }

    fn read_store(&self, store: &dyn Store, roots: &[Root], sink: &dyn Sink) {
        self.read_with(store, roots, HashMap::new(), sink);
    }

    /// From the roots on all stores are alike. `done` are layers that a stream had already.
    fn read_with(&self, store: &dyn Store, roots: &[Root], done: HashMap<Key, ReadLayer>, sink: &dyn Sink) {
        let streamed = !done.is_empty();
        let mut walk = Walk::new(store, sink, &self.options.platforms);
        walk.roots(&self.name, roots);
        let (images, mut used) = walk.finish();
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
                    size: layer.size.unwrap_or(0),
                    digest: layer.digest.clone(),
                    diff_id: layer.diff_id.clone(),
                    step: |path| Step::Path { path },
                });
            }
        }
        // Whose blobs these are is not known, so that they may be another platform's.
        if self.options.platforms.is_empty() {
            jobs.extend(self.beside(store, &used));
        }
        // The largest first, so that the threads end together.
        jobs.sort_by_key(|job| std::cmp::Reverse(job.size));
        let expected = jobs.iter().map(|job| job.size).sum();
        sink.put(Item::Expect { objects: jobs.len() as u64, bytes: expected });
        let mut paths = self.run(store, &jobs, sink);
        paths.extend(done.into_iter().map(|(key, read)| (key, read.paths)));
        *lock(&self.known) = Known { images, paths, streamed };
    }

    /// Blobs that no image refers to: still in what is passed on, so they are read under their names.
    fn beside(&self, store: &dyn Store, used: &HashSet<Key>) -> Vec<Job> {
        let beside = store.beside(used).into_iter();
        beside
            .map(|(name, key)| Job {
                digest: manifest::blob_digest(&name),
                origin: self.origin().at_path(name),
                key,
                media_type: String::new(),
                size: 0,
                diff_id: None,
                step: |path| Step::Member { path },
            })
            .collect()
    }

    /// Reads layers on several threads.
    fn run(&self, store: &dyn Store, jobs: &[Job], sink: &dyn Sink) -> HashMap<Key, LayerPaths> {
        let threads = self.options.threads().min(jobs.len());
        let next = AtomicUsize::new(0);
        let paths = Mutex::new(HashMap::new());
        let work = || {
            let mut buffers = Buffers::default();
            while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if sink.stopped() {
                    break;
                }
                if let Some(read) = job.read(store, sink, &mut buffers) {
                    lock(&paths).insert(job.key.clone(), read.paths);
                }
            }
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

const NO_IMAGE: &str = "is a tar but no image: it has neither index.json nor manifest.json at its top; \
     to scan it as an archive, use `scrubjay scan`";

impl Job {
    fn read(&self, store: &dyn Store, sink: &dyn Sink, buffers: &mut Buffers) -> Option<ReadLayer> {
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
            Err(loss) => {
                skip(loss.reason, loss.detail);
                return None;
            }
        };
        let layer = Layer {
            origin: &self.origin,
            media_type: &self.media_type,
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

/// Checks what could not be checked while a streamed layer was read.
fn check_late(read: &ReadLayer, diff_id: Option<&str>, origin: Origin, sink: &dyn Sink) {
    if let Some((found, wanted)) = read.diff_id.as_deref().zip(diff_id)
        && wanted.starts_with("sha256:")
        && !found.eq_ignore_ascii_case(wanted)
    {
        let detail = format!("the uncompressed bytes have {found}, the config says otherwise");
        sink.put(Item::Skip(Skip::new(origin, Reason::DigestMismatch, detail)));
    }
}

/// The plain bytes of a gzip or zstd stream; `None` where it is neither.
fn decompressed(mut input: Box<dyn Read + Send>) -> io::Result<Option<Box<dyn Read + Send>>> {
    let mut head = [0; 4];
    let filled = tar::fill(&mut input, &mut head)?;
    let whole = BufReader::with_capacity(256 << 10, Cursor::new(head[..filled].to_vec()).chain(input));
    Ok(match head {
        [0x1f, 0x8b, 0x08, _] => Some(Box::new(flate2::bufread::MultiGzDecoder::new(whole))),
        [0x28, 0xb5, 0x2f, 0xfd] => Some(Box::new(zstd::stream::read::Decoder::with_buffer(whole)?)),
        _ => None,
    })
}

/// A thread that panicked has said so; what it left is still good.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Source for Image {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        match std::mem::replace(&mut *lock(&self.given), Given::Spent) {
            Given::Target(Target::Layout(directory)) => {
                let (layout, roots) = Layout::open(&directory).map_err(|message| self.error(message))?;
                self.read_store(&layout, &roots, sink);
                Ok(())
            }
            Given::Target(Target::Archive(path)) => self.read_file(&path, sink),
            Given::Target(Target::Stdin) => self.read_stream(Box::new(io::stdin()), sink),
            Given::Target(Target::Registry(reference)) => {
                let threads = self.options.threads();
                let connected = Registry::connect(&reference, threads, self.options.plain_http, sink);
                if connected.is_err() && sink.stopped() {
                    return Ok(());
                }
                let (registry, roots) = connected.map_err(|message| self.error(message))?;
                self.read_store(&registry, &roots, sink);
                Ok(())
            }
            Given::Reader(reader) => self.read_stream(reader, sink),
            Given::Spent => Err(self.error("was read already")),
        }
    }

    fn fates(&self, wanted: &[Origin]) -> Result<Vec<Vec<Fate>>, SourceError> {
        Ok(lock(&self.known).fates(wanted))
    }
}
