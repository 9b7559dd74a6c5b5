//! A Helm chart: a folder or a package, with its subcharts. Every file in it is read as text, templates too; what the
//! chart's own `.helmignore` leaves out of a package is read where it lies.
//!
//! A path stays that of the file from the chart that was asked for, so that it can be opened; the charts it belongs to
//! stand before it.

pub(super) mod rendering;
mod sinks;

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use self::sinks::{FolderSink, Placing};
use super::directory::{self, Directory};
use super::regular_file;
use crate::blob::{Blob, Content, Item, Reason, Rendered, Sink};
use crate::origin::{Origin, Step, slashed};
use crate::source::{Source, SourceError};
use crate::unpack::{self, Limits};
use rendering::Files;

/// A `Chart.yaml` is read no further than this.
const LONGEST_METADATA: u64 = 64 << 10;

/// Names and versions are cut here.
const LONGEST_NAME: usize = 256;

/// Charts in charts that are looked for in folders.
const DEEPEST: usize = 16;

/// Bytes of a file that are enough to tell a packaged chart: `helm package` writes `Chart.yaml` first.
const BEGINNING: u64 = 1 << 20;

/// What a package begins with (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b, 8];

/// What to read.
#[derive(Debug, Clone)]
pub struct Options {
    /// A folder with `Chart.yaml`, or a packaged chart, as the user wrote it.
    pub path: PathBuf,
    /// Budget of a package and of what is nested in it; `None` to open packaged charts alone.
    pub unpack: Option<Limits>,
    /// Read what `.gitignore` leaves out of a folder, too.
    pub ignored: bool,
    /// Threads to read a folder with; 0 for as many as the machine has.
    pub threads: usize,
}

/// A chart with its subcharts.
#[derive(Debug)]
pub struct Chart {
    path: PathBuf,
    is_folder: bool,
    limits: Limits,
    open_all: bool,
    ignored: bool,
    threads: usize,
}

impl Chart {
    /// Looks at what is to be read.
    ///
    /// # Errors
    /// When there is nothing, or no chart.
    pub fn open(options: Options) -> Result<Self, SourceError> {
        let Options { path, unpack, ignored, threads } = options;
        let error = |message: String| SourceError::new(path.to_string_lossy(), message);
        let metadata = fs::metadata(&path).map_err(|cause| {
            let is_address = path.to_string_lossy().contains("://");
            error(if is_address { IS_ADDRESS.to_owned() } else { cause.to_string() })
        })?;
        let is_folder = metadata.is_dir();
        if !is_chart(&path) {
            return Err(error(if is_folder {
                "is no Helm chart: there is no Chart.yaml in it; name the folder that has one, or use `scrubjay dir`"
                    .into()
            } else {
                "is no packaged Helm chart: that is a tar in gzip whose files are NAME/Chart.yaml and others below NAME/; \
                 use `scrubjay scan` for other archives"
                    .into()
            }));
        }
        let open_all = unpack.is_some();
        // A package is a compressed tar: one archive deep.
        let limits = unpack.unwrap_or(Limits { depth: 1, ..Limits::default() });
        let limits = Limits { depth: limits.depth.max(1), ..limits };
        Ok(Chart { path, is_folder, limits, open_all, ignored, threads })
    }

    fn written(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    fn read_folder(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        let mut charts = Charts { base: 1, known: HashMap::new(), outer: None };
        charts.find(&self.path, Vec::new(), DEEPEST);
        let directory = Directory::new(directory::Options {
            roots: vec![self.path.clone()],
            ignored: self.ignored,
            skip_git: true,
            threads: self.threads,
            ..directory::Options::default()
        })?;
        directory.read(&FolderSink { chart: self, charts: &charts, sink })
    }

    fn read_package(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        let origin = Origin::new(Step::Path { path: slashed(&self.path) });
        let open = || {
            let real = fs::canonicalize(&self.path)?;
            regular_file::open(&real)
        };
        let unreadable = |cause: std::io::Error| SourceError::new(self.written(), cause.to_string());
        let mut charts = Charts { base: 1, known: HashMap::new(), outer: None };
        let mut files = Files::default();
        let package = &mut open().map_err(unreadable)?;
        let stopped = || sink.stopped();
        let package = Blob::stream(origin.clone(), package);
        charts.collect(package, &self.limits, &stopped, Some((&mut files, sink)));
        if sink.stopped() {
            return Ok(());
        }
        if charts.known.is_empty() {
            return Err(SourceError::new(self.written(), "is damaged before its Chart.yaml"));
        }
        sink.put(Item::Expect { objects: 1, bytes: 0 });
        self.walk(Blob::stream(origin, &mut open().map_err(unreadable)?), &charts, sink);
        files.render("", &Placing { charts: &charts, sink });
        Ok(())
    }

    /// Opens a package and pushes what is in it, each below its charts.
    fn walk(&self, blob: Blob<'_>, charts: &Charts<'_>, sink: &dyn Sink) {
        unpack::walk(blob, &self.limits, &|| sink.stopped(), &mut |item| match item {
            // Whoever takes the blob says what becomes of archives in it.
            Item::Skip(skip) if skip.reason == Reason::TooDeep && !self.open_all => {}
            item => charts.put(item, sink),
        });
    }
}

impl Source for Chart {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        if self.is_folder { self.read_folder(sink) } else { self.read_package(sink) }
    }

    fn is_unpacked(&self) -> bool {
        self.open_all
    }
}

/// Whether there is a chart: a folder with `Chart.yaml`, or a compressed tar that begins with the files of one.
pub fn is_chart(path: &Path) -> bool {
    if path.is_dir() {
        return path.join("Chart.yaml").is_file();
    }
    let opened = fs::canonicalize(path).and_then(|real| regular_file::open(&real));
    let Ok(file) = opened else { return false };
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let mut beginning = Vec::new();
    if file.take(BEGINNING).read_to_end(&mut beginning).is_err() || !beginning.starts_with(GZIP) {
        return false;
    }
    let limits = Limits { depth: 1, members: 1000, ratio: 100, ..Limits::default() };
    let mut charts = Charts { base: 1, known: HashMap::new(), outer: None };
    charts.collect(Blob::bytes(Origin::new(Step::Stdin), &beginning), &limits, &|| false, None);
    // `NAME/Chart.yaml`: the chart itself, not one somewhere in a tree of other things.
    charts.known.keys().any(|folder| !folder.contains(&b'/'))
}

/// Renders a packaged chart of a tree. Whoever walks the tree tells what cannot be read, and what is in the package.
pub(in crate::source) fn render_package((path, origin): (&Path, &Origin), limits: &Limits, sink: &dyn Sink) {
    let Ok(mut package) = regular_file::open(path) else { return };
    let mut charts = Charts { base: origin.steps().len(), known: HashMap::new(), outer: None };
    let mut files = Files::default();
    let package = Blob::stream(origin.clone(), &mut package);
    charts.collect(package, limits, &|| sink.stopped(), Some((&mut files, sink)));
    if !sink.stopped() {
        files.render("", sink);
    }
}

/// The charts that are known, by the path of their folder.
struct Charts<'c> {
    /// Steps of an origin before the first that counts for that path.
    base: usize,
    known: HashMap<Vec<u8>, Step>,
    /// Those of the folder that a package lies in.
    outer: Option<&'c Charts<'c>>,
}

impl Charts<'_> {
    fn get(&self, folder: &[u8]) -> Option<&Step> {
        self.known.get(folder).or_else(|| self.outer.and_then(|outer| outer.get(folder)))
    }

    /// Looks for charts in a folder and in its `charts`.
    fn find(&mut self, folder: &Path, below: Vec<u8>, deeper: usize) {
        let metadata = folder.join("Chart.yaml");
        let Ok(file) = regular_file::open(&metadata) else { return };
        let mut text = Vec::new();
        // What cannot be read is told when the file itself is.
        let _ = file.take(LONGEST_METADATA).read_to_end(&mut text);
        let named = fs::canonicalize(folder).ok();
        let named = named.as_deref().unwrap_or(folder).file_name().unwrap_or_default();
        self.known.insert(below.clone(), step(&text, named.as_encoded_bytes()));
        let Some(deeper) = deeper.checked_sub(1) else { return };
        let Ok(entries) = fs::read_dir(folder.join("charts")) else { return };
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let name = entry.file_name();
                let below =
                    [&below[..], if below.is_empty() { b"charts/" } else { b"/charts/" }, name.as_encoded_bytes()];
                self.find(&entry.path(), below.concat(), deeper);
            }
        }
    }

    /// Looks for charts in a package; what is rendered of one that is the package itself goes to `files`.
    fn collect(
        &mut self,
        package: Blob<'_>,
        limits: &Limits,
        stopped: &dyn Fn() -> bool,
        mut files: Option<(&mut Files, &dyn Sink)>,
    ) {
        let base = self.base;
        unpack::walk(package, limits, stopped, &mut |item| {
            let Item::Blob(blob) = item else { return };
            let path = path_from(&blob.origin.steps()[base..]);
            let mut whole = match &blob.content {
                Content::Bytes(bytes) => *bytes,
                _ => &[],
            };
            let reader: &mut dyn Read = match blob.content {
                Content::Stream(reader) => reader,
                _ => &mut whole,
            };
            // Whoever reads the package to judge it tells what cannot be read.
            let mut render = |reader: &mut dyn Read| {
                let in_chart = memchr::memchr(b'/', &path).map_or(&path[..], |end| &path[end + 1..]);
                files.as_mut().map(|(files, sink)| files.add(in_chart, &blob.origin, reader, *sink))
            };
            let Some(folder) = path.strip_suffix(b"/Chart.yaml") else { return drop(render(reader)) };
            let mut text = Vec::new();
            drop((&mut *reader).take(LONGEST_METADATA).read_to_end(&mut text));
            drop(render(&mut Read::chain(&text[..], reader)));
            let named = folder.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            self.known.insert(folder.to_vec(), step(&text, named));
        });
    }

    /// Hands an item on, with its charts in its origins.
    fn put(&self, item: Item<'_>, sink: &dyn Sink) {
        sink.put(match item {
            Item::Blob(Blob { origin, content: Content::Rendered(rendered) }) => {
                let origin_of = |number: usize| self.origin(&(rendered.origin_of)(number));
                let content = Content::Rendered(Rendered { origin_of: &origin_of, ..rendered });
                return sink.put(Item::Blob(Blob { origin: self.origin(&origin), content }));
            }
            Item::Blob(Blob { origin, content }) => Item::Blob(Blob { origin: self.origin(&origin), content }),
            Item::Skip(mut skip) => {
                skip.origin = self.origin(&skip.origin);
                Item::Skip(skip)
            }
            item => item,
        });
    }

    /// An origin with its charts: each stands before the path that leads into its folder.
    fn origin(&self, origin: &Origin) -> Origin {
        let steps = origin.steps();
        let (base, rest) = steps.split_at(self.base.min(steps.len()));
        let mut placed: Option<Origin> = None;
        let mut push = |step: &Step| {
            placed = Some(match placed.take() {
                Some(placed) => placed.with(step.clone()),
                None => Origin::new(step.clone()),
            });
        };
        base.iter().for_each(|step| push(step));
        if let Some(chart) = self.get(b"") {
            push(chart);
        }
        let mut path = Vec::new();
        for step in rest {
            if let Step::Path { path: more } | Step::Member { path: more } = step {
                let before = path.len();
                if before > 0 {
                    path.extend_from_slice(b"!/");
                }
                let first = path.len();
                path.extend_from_slice(more);
                let ends = (first..path.len()).filter(|at| path[*at] == b'/');
                ends.filter_map(|end| self.get(&path[..end])).for_each(&mut push);
            }
            push(step);
        }
        placed.unwrap_or_else(|| origin.clone())
    }
}

/// Paths and members joined as [`Origin::joined_path`] does.
fn path_from(steps: &[&Step]) -> Vec<u8> {
    let paths = steps.iter().filter_map(|step| match step {
        Step::Path { path } | Step::Member { path } => Some(path.as_slice()),
        _ => None,
    });
    paths.collect::<Vec<_>>().join(&b"!/"[..])
}

/// What `Chart.yaml` says, read line by line: it need not be sound YAML to be named.
fn step(text: &[u8], folder: &[u8]) -> Step {
    let text = String::from_utf8_lossy(text);
    let value = |key: &str| {
        text.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            if found.trim_matches(['"', '\'', '\u{feff}']) != key {
                return None;
            }
            let value = value.trim();
            let value = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].split(quote).next().unwrap_or_default(),
                _ => value.split(" #").next().unwrap_or_default().trim_end(),
            };
            (!value.is_empty()).then(|| value.chars().take(LONGEST_NAME).collect::<String>())
        })
    };
    let name = value("name").unwrap_or_else(|| String::from_utf8_lossy(folder).into_owned());
    Step::Chart { name, version: value("version") }
}

const IS_ADDRESS: &str = "is no path: `scrubjay image HOST/NAME:VERSION` reads a chart in a registry; of another address, fetch the package first";

#[cfg(test)]
mod tests;
