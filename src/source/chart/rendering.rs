//! A chart's templates with its values put in: each with values.yaml alone, and with each other values file laid over that.
//!
//! What is in the files is read as they stand, elsewhere; here only what a template makes of values is handed over, with where its
//! pieces come from. A template that takes nothing from a values file reads as without it, and comes once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};

use super::step;
use crate::blob::{Blob, Content, Item, Reason, Rendered, Sink, Skip};
use crate::decode::chart::{Budget, Defines, Layers, Limit, Rendering, Scope, Tree, Unused, aliases, render};
use crate::origin::{Origin, Step, printable};
use crate::unpack::{self, Limits};

/// Bytes of a file that is used to render.
const FILE_MOST: u64 = 4 << 20;
/// Bytes of all files of a chart together.
const FILES_MOST: usize = 32 << 20;
/// Files of a chart.
const NUMBER_MOST: usize = 50_000;
/// Values files that are laid over values.yaml, each by itself.
const VALUES_FILES_MOST: usize = 64;
/// Names under which one chart is installed, each with values of its own.
const NAMES_MOST: usize = 64;
/// Bytes that rendering one chart may make, of all texts and values together.
const MADE_MOST: usize = 128 << 20;

/// A file of a chart.
struct File {
    /// From the chart on.
    path: Vec<u8>,
    origin: Origin,
    bytes: Vec<u8>,
    part: Part,
}

/// What a file is to its chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Metadata,
    Template,
    /// `values.yaml`.
    Values,
    /// A values file that is laid over it.
    Overlay,
}

/// The files of a chart and its subcharts, as far as they are rendered.
#[derive(Default)]
pub(in crate::source) struct Files {
    files: Vec<File>,
    bytes: usize,
    /// The first that is too long, or that there was no room for.
    left_out: Option<Origin>,
    is_full: bool,
}

/// The files of one chart, by their numbers.
#[derive(Default)]
struct OneChart {
    metadata: Option<usize>,
    values: Option<usize>,
    templates: Vec<usize>,
}

impl Files {
    /// Whether a file is wanted, by its path from the chart on; `!/` stands between a package and what is in it.
    pub fn is_wanted(path: &[u8]) -> bool {
        part(path).is_some()
    }

    /// Whether a file is the package of a subchart, by its path from the chart on.
    pub fn is_package(path: &[u8]) -> bool {
        path.starts_with(b"charts/") && path.ends_with(b".tgz")
    }

    /// Whether files that are wanted may lie in a folder.
    pub fn may_be_in(folder: &[u8]) -> bool {
        let folder = [folder, b"/"].concat();
        let (_, below) = split(&folder);
        let first = below.split(|byte| *byte == b'/').next().unwrap_or_default();
        matches!(first, b"" | b"charts" | b"templates" | b"values" | b"ci")
    }

    /// Whether no more files are taken.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Adds a file that is wanted, unless it was not asked for.
    ///
    /// # Errors
    /// The read error. Whoever reads the files as they stand tells it.
    pub fn add(&mut self, path: &[u8], origin: &Origin, content: &mut dyn Read, sink: &dyn Sink) -> io::Result<()> {
        let Some(part) = part(path).filter(|_| !self.is_full() && !sink.leaves_out(origin)) else { return Ok(()) };
        let mut bytes = Vec::new();
        content.take(FILE_MOST + 1).read_to_end(&mut bytes)?;
        self.is_full = self.bytes + bytes.len() > FILES_MOST || self.files.len() == NUMBER_MOST;
        if bytes.len() as u64 > FILE_MOST || self.is_full {
            self.left_out.get_or_insert_with(|| origin.clone());
            return Ok(());
        }
        self.bytes += bytes.len();
        self.files.push(File { path: path.to_vec(), origin: origin.clone(), bytes, part });
        Ok(())
    }

    /// Adds what is wanted of the package of a subchart at `path`. Whoever reads it as it stands tells what cannot be read.
    pub fn add_package(&mut self, path: &[u8], package: Blob<'_>, limits: &Limits, sink: &dyn Sink) {
        let before = package.origin.joined_path().len();
        unpack::walk(package, limits, &|| sink.stopped(), &mut |item| {
            let Item::Blob(blob) = item else { return };
            let inside = [path, &blob.origin.joined_path()[before..]].concat();
            let _ = match blob.content {
                Content::Bytes(mut bytes) => self.add(&inside, &blob.origin, &mut bytes, sink),
                Content::Stream(reader) => self.add(&inside, &blob.origin, reader, sink),
                Content::Version(_) | Content::Texts(_) | Content::Rendered(_) => Ok(()),
            };
        });
    }

    /// Renders what was added; `name` is that of the chart where it does not say it.
    pub fn render(mut self, name: &str, sink: &dyn Sink) {
        if let Some(origin) = &self.left_out {
            let (each, all) = (FILE_MOST >> 20, FILES_MOST >> 20);
            let detail = format!(
                "the chart was not rendered with it, and maybe others: {each} MiB a file, {all} MiB and {NUMBER_MOST} files a chart are; as files they were read"
            );
            sink.put(Item::Skip(Skip::new(origin.clone(), Reason::ExpandsTooFar, detail)));
        }
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut charts: BTreeMap<&[u8], OneChart> = BTreeMap::new();
        let mut overlays = Vec::new();
        for (number, file) in self.files.iter().enumerate() {
            let chart = charts.entry(split(&file.path).0).or_default();
            match file.part {
                Part::Metadata => chart.metadata = Some(number),
                Part::Values => chart.values = Some(number),
                Part::Template => chart.templates.push(number),
                Part::Overlay => overlays.push(number),
            }
        }
        if let Some(&number) = overlays.get(VALUES_FILES_MOST) {
            let detail =
                format!("the chart was not rendered with it: {VALUES_FILES_MOST} other values files were tried");
            sink.put(Item::Skip(Skip::new(self.files[number].origin.clone(), Reason::TooManyMembers, detail)));
            overlays.truncate(VALUES_FILES_MOST);
        }
        Chart::new(&self.files, charts, name).render(&overlays, sink);
    }
}

/// A chart that is rendered.
struct Chart<'a> {
    files: &'a [File],
    bytes: Vec<&'a [u8]>,
    trees: Vec<Option<Tree>>,
    /// By their folders from the chart on: a chart comes before its subcharts.
    charts: BTreeMap<&'a [u8], OneChart>,
    /// Their names, in the same order.
    names: Vec<String>,
    /// The names that each has for those that it needs, by their own.
    aliases: BTreeMap<&'a [u8], HashMap<String, Vec<String>>>,
    defines: Defines,
    budget: Budget,
    /// Limits that something was beyond, by the number of the file, as far as they are told.
    told: RefCell<BTreeSet<(usize, Limit)>>,
    /// Files that are beyond a limit as they are.
    unused: Vec<(usize, Limit)>,
}

/// A chart as it is installed: its name there, and its values.
type Installed = (String, Layers);

impl<'a> Chart<'a> {
    fn new(files: &'a [File], charts: BTreeMap<&'a [u8], OneChart>, name: &str) -> Self {
        let is_values = |file: &File| matches!(file.part, Part::Values | Part::Overlay);
        let mut unused = Vec::new();
        let mut tree = |(number, file): (usize, &File)| match is_values(file).then(|| Tree::parse(&file.bytes))? {
            Ok(tree) => Some(tree),
            // What is no values file is text, and read as that.
            Err(Unused::NoValues) => None,
            Err(Unused::Beyond(limit)) => {
                unused.push((number, limit));
                None
            }
        };
        let trees = files.iter().enumerate().map(&mut tree).collect();
        let name_of = |(folder, chart): (&&[u8], &OneChart)| {
            let last = folder.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
            let folder = if last.is_empty() { name.as_bytes() } else { last };
            let text = chart.metadata.map_or(&[][..], |number| &files[number].bytes);
            match step(text, folder) {
                Step::Chart { name, .. } => name,
                _ => String::new(),
            }
        };
        let names = charts.iter().map(name_of).collect();
        let needed = |(folder, chart): (&&'a [u8], &OneChart)| Some((*folder, aliases(&files[chart.metadata?].bytes)));
        let aliases = charts.iter().filter_map(needed).collect();
        let bytes: Vec<&[u8]> = files.iter().map(|file| file.bytes.as_slice()).collect();
        let mut defines = Defines::default();
        for &template in charts.values().flat_map(|chart| &chart.templates) {
            defines.add(template, bytes[template]);
        }
        let (budget, told) = (Budget::new(MADE_MOST), RefCell::default());
        Chart { files, bytes, trees, charts, names, aliases, defines, budget, told, unused }
    }

    fn render(&self, overlays: &[usize], sink: &dyn Sink) {
        self.unused.iter().for_each(|&(number, limit)| self.tell(number, limit, sink));
        self.render_with(overlays, sink);
        for (number, tree) in self.trees.iter().enumerate() {
            if let Some(limit) = tree.as_ref().and_then(Tree::passed) {
                self.tell(number, limit, sink);
            }
        }
    }

    fn render_with(&self, overlays: &[usize], sink: &dyn Sink) {
        for overlay in std::iter::once(None).chain(overlays.iter().copied().map(Some)) {
            if overlay.is_some_and(|number| self.trees[number].is_none()) {
                continue;
            }
            for (chart, installed) in self.charts.values().zip(self.installed(overlay, sink)) {
                for (name, layers) in &installed {
                    if !self.render_one((chart, name, layers), overlay, sink) {
                        return;
                    }
                }
            }
        }
    }

    /// Renders the templates of one chart; whether to go on.
    fn render_one(
        &self,
        (chart, name, values): (&OneChart, &str, &Layers),
        overlay: Option<usize>,
        sink: &dyn Sink,
    ) -> bool {
        let (files, trees, defines, budget) = (&self.bytes[..], &self.trees[..], &self.defines, &self.budget);
        let scope = Scope { files, trees, values, defines, chart: name, budget };
        for &template in &chart.templates {
            if sink.stopped() {
                return false;
            }
            let rendering = render(template, &scope);
            budget.passed().into_iter().for_each(|limit| self.tell(template, limit, sink));
            let Some(rendering) = rendering else {
                self.tell_limit(template, sink);
                return false;
            };
            let is_new = rendering.pieces.iter().any(|piece| match overlay {
                Some(overlay) => piece.file == overlay,
                None => true,
            });
            if is_new {
                self.hand_over(template, overlay, &rendering, sink);
            }
        }
        true
    }

    /// How each chart is installed; not at all where its parent is not there.
    fn installed(&self, overlay: Option<usize>, sink: &dyn Sink) -> Vec<Vec<Installed>> {
        let mut known: BTreeMap<&[u8], Vec<Installed>> = BTreeMap::new();
        let mut all = Vec::new();
        for ((folder, chart), name) in self.charts.iter().zip(&self.names) {
            let installed = match parent(folder) {
                None => {
                    let own: Vec<usize> = overlay.into_iter().chain(chart.values).collect();
                    vec![(name.clone(), Layers::of_files(&self.trees, &own))]
                }
                Some(parent) => {
                    let names = self.names_of(parent, name);
                    let parents = known.get(parent).map(Vec::as_slice).unwrap_or_default();
                    if parents.len() * names.len() > NAMES_MOST
                        && let Some(number) = chart.metadata
                    {
                        self.tell(number, Limit::Names, sink);
                    }
                    let pairs = parents.iter().flat_map(|(_, parent)| names.iter().map(move |name| (parent, name)));
                    let installed = |(parent, name): (&Layers, &String)| {
                        (name.clone(), parent.of_subchart(&self.trees, name, chart.values))
                    };
                    pairs.take(NAMES_MOST).map(installed).collect()
                }
            };
            known.insert(folder, installed.clone());
            all.push(installed);
        }
        all
    }

    /// The names under which the chart in a folder has one that it needs.
    fn names_of(&self, folder: &[u8], name: &str) -> Vec<String> {
        let others = self.aliases.get(folder).and_then(|aliases| aliases.get(name)).into_iter().flatten();
        std::iter::once(name.to_owned()).chain(others.take(NAMES_MOST).cloned()).collect()
    }

    fn hand_over(&self, template: usize, overlay: Option<usize>, rendering: &Rendering, sink: &dyn Sink) {
        let values = overlay.map_or(&b"values.yaml"[..], |number| &self.files[number].path);
        let rendered_by = Step::Rendered { template: self.files[template].path.clone(), values: values.to_vec() };
        let origin_of = |number: usize| self.files[number].origin.with(rendered_by.clone());
        let Rendering { text, pieces } = rendering;
        let rendered = Rendered { text, pieces, files: &self.bytes, origin_of: &origin_of };
        sink.put(Item::Blob(Blob { origin: origin_of(template), content: Content::Rendered(rendered) }));
    }

    /// Tells once that something in a file is beyond a limit.
    fn tell(&self, number: usize, limit: Limit, sink: &dyn Sink) {
        if self.told.borrow_mut().insert((number, limit)) {
            let origin = self.files[number].origin.clone();
            sink.put(Item::Skip(Skip::new(origin, limit.reason(), limit.detail())));
        }
    }

    fn tell_limit(&self, template: usize, sink: &dyn Sink) {
        let File { path, origin, .. } = &self.files[template];
        let detail = format!(
            "rendering the chart makes more than {} MiB, and was given up at {}; its files were read as they are",
            MADE_MOST >> 20,
            printable(path)
        );
        sink.put(Item::Skip(Skip::new(origin.clone(), Reason::ExpandsTooFar, detail)));
    }
}

/// What a file is to its chart, by its path; `None` for what is not rendered.
fn part(path: &[u8]) -> Option<Part> {
    let (chart, below) = split(path);
    let is_yaml = below.ends_with(b".yaml") || below.ends_with(b".yml");
    let speaks = |name: &[u8]| is_yaml && !name.contains(&b'/') && memchr::memmem::find(name, b"values").is_some();
    match below {
        b"Chart.yaml" => Some(Part::Metadata),
        b"values.yaml" => Some(Part::Values),
        _ if below.starts_with(b"templates/") => Some(Part::Template),
        // Those of subcharts are for subcharts that are installed by themselves.
        _ if !chart.is_empty() => None,
        _ if speaks(below) => Some(Part::Overlay),
        _ => match below.strip_prefix(b"values/") {
            Some(name) => (is_yaml && !name.contains(&b'/')).then_some(Part::Overlay),
            None => below.strip_prefix(b"ci/").filter(|name| speaks(name)).map(|_| Part::Overlay),
        },
    }
}

/// The folder of the chart that a path belongs to, and the path in that. Subcharts lie in `charts`, as a folder or a package.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let (mut folder, mut below) = (0, 0);
    while let Some(rest) = path[below..].strip_prefix(b"charts/") {
        let Some(mut end) = memchr::memchr(b'/', rest) else { break };
        if rest[..end].ends_with(b".tgz!") {
            let Some(inner) = memchr::memchr(b'/', &rest[end + 1..]) else { break };
            end += 1 + inner;
        }
        folder = below + b"charts/".len() + end;
        below = folder + 1;
    }
    (&path[..folder], &path[below..])
}

/// The folder of the chart that a subchart belongs to.
fn parent(folder: &[u8]) -> Option<&[u8]> {
    if folder.is_empty() {
        return None;
    }
    let last = memchr::memmem::rfind(folder, b"charts/")?;
    Some(folder[..last].strip_suffix(b"/").unwrap_or_default())
}

#[cfg(test)]
mod tests;
