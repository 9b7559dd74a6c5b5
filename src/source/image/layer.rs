//! One layer, streamed: decompressed, taken apart as a tar, each file handed over; never unpacked to disk, never whole in
//! memory.

mod artifact;
mod batch;
mod chart;

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;

use self::batch::Batch;
use self::chart::Chart;
use super::compression::{Compression, HEAD, ZSTD_WINDOW};
use super::digest::{Hasher, Hashing};
use super::paths::LayerPaths;
use super::pool::{Counted, Pool};
use super::store::{Loss, Within};
use super::tar::{self, BLOCK, Entry, Kind, Tar};
use crate::blob::{Blob, Content, Item, Reason, Sink, Skip, Stopping, Texts};
use crate::origin::{Origin, Step, TextKind};
use crate::unpack::{Repositories, Taker, decode_alone, part_of};

/// Files up to this size are handed over whole, larger ones as a stream.
const WHOLE_FILE: u64 = 32 << 20;

const BUFFER: usize = 256 << 10;

/// Bytes of packs and loose objects of one layer that are held.
const OBJECTS: u64 = 256 << 20;

/// What is known of a layer before it is read.
pub(super) struct Layer<'a> {
    pub origin: &'a Origin,
    pub media_type: &'a str,
    /// How many stored bytes there must be, where that is stated: no more are read.
    pub size: Option<u64>,
    /// Digest the stored bytes must have.
    pub digest: Option<&'a str>,
    /// Digest the uncompressed bytes must have.
    pub diff_id: DiffId<'a>,
    /// The step for a file below `origin`.
    pub step: fn(Vec<u8>) -> Step,
}

impl Layer<'_> {
    /// What an entry has, which is the one of that number among those of its name.
    fn entry(&self, name: &[u8], number: u32) -> Origin {
        let path = self.origin.with((self.step)(shown_path(name)));
        if number > 1 { path.with(Step::Entry { number }) } else { path }
    }

    /// The name of an entry itself.
    fn name(&self, name: &[u8]) -> Origin {
        self.origin.with((self.step)(shown_path(name))).with(Step::Entry { number: 0 })
    }
}

/// What is known of the digest of a layer's uncompressed bytes.
#[derive(Debug, Clone, Copy)]
pub(super) enum DiffId<'a> {
    /// Nothing, and nobody asks.
    Unknown,
    /// It is to be computed, since the config that has it comes later.
    Asked,
    /// It must be this.
    Must(&'a str),
}

impl DiffId<'_> {
    fn hasher(self) -> Option<Hasher> {
        match self {
            DiffId::Unknown => None,
            DiffId::Asked => Some(Hasher::sha256()),
            DiffId::Must(digest) => Hasher::for_digest(digest),
        }
    }
}

/// What is known of a layer after it was read.
#[derive(Debug, Default)]
pub(super) struct ReadLayer {
    /// The paths it writes and removes.
    pub paths: LayerPaths,
    /// Digest of its uncompressed bytes, where asked for and all was read.
    pub diff_id: Option<String>,
    /// Whether it was a tar archive.
    pub is_tar: bool,
    /// Whether it was in no known form.
    pub is_unknown: bool,
}

/// Buffers of one thread, kept from layer to layer.
#[derive(Default)]
pub(super) struct Buffers<'p, 's> {
    file: Vec<u8>,
    names: Batch,
    targets: Batch,
    /// Who judges files of the present layer as well, and its sink.
    pub helpers: Option<(&'p Pool<'s>, Arc<Counted<'s>>)>,
}

/// Reads a layer and pushes what it holds. What cannot be read is pushed as a skip of the layer.
pub(super) fn read(
    stored: Box<dyn Read + Send + '_>,
    layer: &Layer<'_>,
    sink: &dyn Sink,
    buffers: &mut Buffers<'_, '_>,
) -> ReadLayer {
    let mut stored = Within::new(Stopping::new(stored, sink), layer.size);
    let within: Box<dyn Read + Send + '_> = Box::new(&mut stored);
    let mut hashed = Hashing::new(within, layer.digest.and_then(Hasher::for_digest));
    let mut result = ReadLayer::default();
    let outcome = read_stored(&mut hashed, layer, sink, buffers, &mut result);
    let digest = hashed.finish();
    match outcome {
        // Whoever stopped it says so.
        _ if sink.stopped() => {}
        // Whatever else is wrong with it comes from there.
        _ if stored.is_longer() => {
            let detail = format!("it is longer than the {} bytes that the manifest says", layer.size.unwrap_or(0));
            sink.put(Item::Skip(Skip::new(layer.origin.clone(), Reason::DigestMismatch, detail)));
        }
        Ok(()) => verify(digest, layer, sink, &result),
        Err(error) => {
            let Loss { reason, detail } = error.into();
            sink.put(Item::Skip(Skip::new(layer.origin.clone(), reason, detail)));
        }
    }
    if let Some((pool, counted)) = &buffers.helpers {
        pool.settle(counted);
    }
    result.paths.seal();
    result
}

fn verify(digest: Option<String>, layer: &Layer<'_>, sink: &dyn Sink, result: &ReadLayer) {
    let differ = |found: Option<String>, wanted: Option<&str>| {
        found.zip(wanted).filter(|(found, wanted)| !found.eq_ignore_ascii_case(wanted)).map(|(found, _)| found)
    };
    if let Some(found) = differ(digest, layer.digest) {
        let detail = format!("the stored bytes have {found}");
        sink.put(Item::Skip(Skip::new(layer.origin.clone(), Reason::DigestMismatch, detail)));
    } else if let DiffId::Must(wanted) = layer.diff_id
        && let Some(found) = differ(result.diff_id.clone(), Some(wanted))
    {
        let detail = format!("the uncompressed bytes have {found}, the config says otherwise");
        sink.put(Item::Skip(Skip::new(layer.origin.clone(), Reason::DigestMismatch, detail)));
    }
}

fn read_stored(
    stored: &mut Hashing<Box<dyn Read + Send + '_>>,
    layer: &Layer<'_>,
    sink: &dyn Sink,
    buffers: &mut Buffers<'_, '_>,
    result: &mut ReadLayer,
) -> io::Result<()> {
    let mut head = [0; HEAD];
    let filled = tar::fill(stored, &mut head)?;
    let mut stored = BufReader::with_capacity(BUFFER, Cursor::new(head[..filled].to_vec()).chain(&mut *stored));
    match Compression::of(&head[..filled]) {
        Some(compression @ (Compression::Gzip | Compression::Zstd)) => {
            let mut read = |decoded: &mut dyn Read| read_decoded(decoded, layer, sink, buffers, result);
            let is_zstd = compression == Compression::Zstd;
            let (outcome, beside) = decode_alone(is_zstd, &mut stored, ZSTD_WINDOW, &mut read);
            artifact::put_beside(beside, layer, sink);
            outcome?;
        }
        Some(compression) => {
            read_decoded(&mut *compression.decoder(&mut stored)?, layer, sink, buffers, result)?;
        }
        None => read_decoded(&mut stored, layer, sink, buffers, result)?,
    }
    // The digest is of all bytes, also of what a decoder has no use for.
    if !sink.stopped() {
        io::copy(&mut stored, &mut io::sink())?;
    }
    Ok(())
}

fn read_decoded(
    decoded: &mut dyn Read,
    layer: &Layer<'_>,
    sink: &dyn Sink,
    buffers: &mut Buffers<'_, '_>,
    result: &mut ReadLayer,
) -> io::Result<()> {
    let mut decoded = Hashing::new(Stopping::new(decoded, sink), layer.diff_id.hasher());
    let mut head = vec![0; BLOCK];
    let filled = tar::fill(&mut decoded, &mut head)?;
    head.truncate(filled);
    let is_tar = tar::is_header(&head) || head.iter().all(|&byte| byte == 0);
    let fault = if is_tar { None } else { artifact::fault(&head, layer) };
    result.is_unknown = !is_tar && artifact::is_unknown(&head);
    let is_json = head.trim_ascii_start().starts_with(b"{");
    let mut whole = BufReader::with_capacity(BUFFER, Cursor::new(head).chain(&mut decoded));
    if is_tar {
        result.is_tar = true;
        let mut archive = Tar::new(whole);
        let repositories = Repositories::within(OBJECTS);
        let chart = Chart::of(layer.media_type);
        let entries = Entries { layer, sink, buffers, paths: &mut result.paths, others: 0, repositories, chart };
        let taken = entries.take_all(&mut archive);
        let has_lost_track = archive.has_lost_track();
        whole = archive.into_input();
        if has_lost_track {
            sink.put(Item::Blob(Blob::stream(layer.origin.clone(), &mut whole)));
        }
        taken?;
    } else {
        // Attestations, charts and other artifacts are no tar.
        artifact::put(&mut whole, is_json, layer, sink)?;
        fault.into_iter().for_each(|skip| sink.put(Item::Skip(skip)));
    }
    if !sink.stopped() {
        io::copy(&mut whole, &mut io::sink())?;
        drop(whole);
        result.diff_id = decoded.finish();
    }
    Ok(())
}

/// Takes the entries of one layer.
struct Entries<'a, 'p, 's> {
    layer: &'a Layer<'a>,
    sink: &'a dyn Sink,
    buffers: &'a mut Buffers<'p, 's>,
    paths: &'a mut LayerPaths,
    /// Entries without content of their own.
    others: u64,
    repositories: Repositories,
    /// The files of the chart that the layer is.
    chart: Option<Chart>,
}

impl Entries<'_, '_, '_> {
    fn take_all<R: tar::Input>(mut self, archive: &mut Tar<R>) -> io::Result<()> {
        self.buffers.names.clear();
        self.buffers.targets.clear();
        let result = loop {
            if self.sink.stopped() {
                break Ok(());
            }
            match archive.next() {
                Ok(Some(entry)) => {
                    if let Err(error) = self.take(&entry, archive) {
                        break Err(error);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.flush(TextKind::FileName);
        self.flush(TextKind::LinkTarget);
        self.sink.put(Item::Seen { objects: self.others, bytes: 0 });
        let (layer, step) = (self.layer, self.layer.step);
        self.repositories.read(&|folder| layer.origin.with(step(shown_path(folder))), &mut ToSink(self.sink));
        if let Some(chart) = self.chart.take() {
            chart.render(self.sink);
        }
        result
    }

    fn take<R: tar::Input>(&mut self, entry: &Entry, archive: &mut Tar<R>) -> io::Result<()> {
        let number = self.paths.record(&entry.name, entry.kind == Kind::Directory);
        if entry.kind == Kind::File {
            self.paths.record_facts(&entry.name, entry.facts);
        } else if entry.kind == Kind::HardLink {
            self.paths.record_link(&shown_path(&entry.name), &entry.link, number);
        } else if entry.kind == Kind::Symlink {
            self.paths.record_symlink(&shown_path(&entry.name), &entry.link);
        }
        if !entry.attributes.is_empty() {
            let origin = self.layer.entry(&entry.name, number).with(Step::Text { kind: TextKind::Attributes });
            self.sink.put(Item::Blob(Blob::bytes(origin, &entry.attributes)));
        }
        self.buffers.names.push(&entry.name);
        if self.buffers.names.is_full() {
            self.flush(TextKind::FileName);
        }
        if entry.kind == Kind::Symlink {
            self.buffers.targets.push(&entry.link);
            self.buffers.targets.links.push((entry.name.clone(), number));
            if self.buffers.targets.is_full() {
                self.flush(TextKind::LinkTarget);
            }
        }
        if entry.kind != Kind::File || entry.size == 0 {
            self.others += 1;
            return Ok(());
        }
        let origin = self.layer.entry(&entry.name, number);
        if let Some((folder, part)) = part_of(&entry.name) {
            if entry.size <= self.repositories.room() {
                let mut bytes = Vec::new();
                archive.take(entry.size).read_to_end(&mut bytes)?;
                self.repositories.take(folder, part, bytes);
                self.others += 1;
                return Ok(());
            }
            let detail = "objects of a repository above 256 MiB: read as bytes";
            self.sink.put(Item::Skip(Skip::new(origin.clone(), Reason::TooMuchMemory, detail)));
        }
        if entry.size > WHOLE_FILE {
            self.sink.put(Item::Blob(Blob::stream(origin, archive)));
            return Ok(());
        }
        let size = entry.size as usize;
        if self.buffers.file.len() < size {
            // Nothing of the old one is copied, and zeros come with the memory.
            self.buffers.file = Vec::new();
            self.buffers.file = vec![0; size.next_power_of_two()];
        }
        let mut filled = 0;
        let mut result = Ok(());
        while filled < size {
            match archive.read(&mut self.buffers.file[filled..size]) {
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        let buffers = &mut *self.buffers;
        if let Some(chart) = &mut self.chart {
            chart.add(&shown_path(&entry.name), &origin, &buffers.file[..filled], self.sink);
        }
        if result.is_ok()
            && let Some((pool, counted)) = &buffers.helpers
            && pool.offer(&origin, &mut buffers.file, size, counted)
        {
            return Ok(());
        }
        // What came before the layer broke off counts.
        if filled > 0 {
            self.sink.put(Item::Blob(Blob::bytes(origin, &self.buffers.file[..filled])));
        }
        result
    }

    fn flush(&mut self, kind: TextKind) {
        let batch = if kind == TextKind::FileName { &mut self.buffers.names } else { &mut self.buffers.targets };
        if !batch.text.is_empty() {
            let layer = self.layer;
            let origin_of = |number: usize| {
                let entry = match batch.links.get(number) {
                    Some((name, number)) => layer.entry(name, *number),
                    None => layer.name(batch.line(number)),
                };
                entry.with(Step::Text { kind })
            };
            let content = Content::Texts(Texts { text: &batch.text, begins: &batch.begins, origin_of: &origin_of });
            self.sink.put(Item::Blob(Blob { origin: layer.origin.with(Step::Text { kind }), content }));
            batch.clear();
        }
    }
}

/// Objects of repositories go where all goes.
struct ToSink<'a>(&'a dyn Sink);

impl Taker for ToSink<'_> {
    fn take(&mut self, item: Item<'_>) {
        self.0.put(item);
    }

    fn spend(&mut self, _: u64) -> bool {
        !self.0.stopped()
    }
}

/// A name as reports show it: without `./` and `/` before it.
fn shown_path(name: &[u8]) -> Vec<u8> {
    let mut rest = name;
    while let Some(shorter) = rest.strip_prefix(b"./").or_else(|| rest.strip_prefix(b"/")) {
        rest = shorter;
    }
    rest.to_vec()
}
