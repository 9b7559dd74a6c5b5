//! Charts in a tree: their files read once more, to be rendered. The same files are left out as of the tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Folder, Walk};
use crate::blob::{Blob, Reason};
use crate::origin::{Origin, slashed};
use crate::source::chart::rendering::Files;
use crate::source::chart::{is_chart, render_package};
use crate::source::gitignore::Rules;
use crate::source::regular_file;

/// Folders in each other, from that of the chart on.
const DEEPEST: usize = 64;
/// Links that are followed in one chart.
const LINKS_MOST: usize = 256;

/// Says that a link leads around in a circle.
const CIRCLE: &str = "a link in the chart leads to a folder that it lies in";

/// Says that a link leads out of its chart, to what is read where it lies.
pub(in crate::source) const NOT_RENDERED_WITH: &str =
    "the chart was not rendered with what this link leads to: it lies outside of the chart, and is read there";

impl Walk<'_> {
    /// Whether this folder, which has a `Chart.yaml`, is that of a chart to be rendered by itself: a subchart is rendered with what
    /// its parent says for it.
    pub(super) fn is_top_chart(&self, folder: &Folder) -> bool {
        !folder.below.parent().is_some_and(|above| is_of_chart(folder, above))
    }

    /// Whether packages in this folder are those of a chart, and rendered with it.
    pub(super) fn is_of_chart(&self, folder: &Folder) -> bool {
        self.directory.options.packaged_charts.is_some() && is_of_chart(folder, &folder.below)
    }

    /// Renders a packaged chart, as a file of that name is where it begins as one.
    pub(super) fn package(&self, path: &Path, origin: &Origin) {
        let limits = self.directory.options.packaged_charts.filter(|limits| limits.depth > 0);
        let Some(limits) = limits.filter(|_| path.extension().is_some_and(|ending| ending == "tgz")) else { return };
        if !self.sink.stopped() && is_chart(path) {
            render_package((path, origin), &limits, self.sink);
        }
    }

    /// Renders the chart in a folder.
    pub(super) fn chart(&self, top: &Folder) {
        let mut reading = Reading { walk: self, top, files: Files::default(), open: Vec::new(), links: 0 };
        reading.folder(top, b"");
        let name = top.real();
        let name = name.file_name().unwrap_or_default().to_string_lossy();
        if !self.sink.stopped() {
            reading.files.render(&name, self.sink);
        }
    }

    /// Whether a path from the root, in a folder whose rules hold there, is left out.
    fn leaves_out(&self, folder: &Folder, below: &Path, is_folder: bool) -> bool {
        self.directory.exclude.matched(below, is_folder).is_ignore()
            || folder.rules.any() && folder.rules.leave_out(&folder.root.real.join(below), is_folder)
    }

    /// Whether a file at a path from the root is none of those that were asked for.
    fn is_not_included(&self, below: &Path) -> bool {
        let include = self.directory.include.as_ref();
        include.is_some_and(|globs| !globs.matched_path_or_any_parents(below, false).is_ignore())
    }

    /// A folder in another, with the rules that hold in it.
    fn inner(&self, folder: &Folder, below: PathBuf) -> Folder {
        let mut inner = Folder { root: Arc::clone(&folder.root), below, rules: Rules::default() };
        if !self.directory.options.ignored {
            let real = inner.real();
            let rules = if folder.rules.any() { folder.rules.below(&real) } else { folder.rules.clone() };
            inner.rules = rules.enter(&real, real.join(".git").exists(), real.join(".gitignore").exists());
        }
        inner
    }
}

/// The files of one chart while they are read. What cannot be read is told by the walk over the tree.
struct Reading<'r, 'w> {
    walk: &'r Walk<'w>,
    /// The folder of the chart.
    top: &'r Folder,
    files: Files,
    /// The folders that are being read, each in the one before, without links.
    open: Vec<PathBuf>,
    /// Links that were followed.
    links: usize,
}

impl Reading<'_, '_> {
    /// Reads what lies in a folder; `path` is its own from the chart on, by way of links.
    fn folder(&mut self, folder: &Folder, path: &[u8]) {
        let real = folder.real();
        if self.open.contains(&real) {
            return self.walk.skip(folder.origin(), Reason::TooDeep, CIRCLE);
        }
        if self.open.len() == DEEPEST {
            let detail = format!("the chart was not rendered with it: at most {DEEPEST} folders within each other are");
            return self.walk.skip(folder.origin(), Reason::TooDeep, detail);
        }
        let Ok(entries) = fs::read_dir(folder.path()) else { return };
        let mut entries: Vec<_> =
            entries.flatten().filter_map(|entry| Some((entry.file_name(), entry.file_type().ok()?))).collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        self.open.push(real);
        for (name, kind) in entries {
            if self.walk.sink.stopped() || self.files.is_full() {
                break;
            }
            let below = folder.below.join(&name);
            let name = slashed(Path::new(&name));
            let path = if path.is_empty() { name } else { [path, b"/", &name].concat() };
            if kind.is_symlink() {
                if !self.walk.leaves_out(folder, &below, false)
                    && !self.walk.sink.leaves_out(&folder.root.origin.at_path(slashed(&below)))
                    && let Some((folder, below, is_folder)) = self.led_to(folder, &below, &path)
                {
                    self.entry(&folder, below, is_folder, &path);
                }
            } else if kind.is_dir() || kind.is_file() {
                self.entry(folder, below, kind.is_dir(), &path);
            }
        }
        self.open.pop();
    }

    /// Reads what lies at a path from the root, in a folder.
    fn entry(&mut self, folder: &Folder, below: PathBuf, is_folder: bool, path: &[u8]) {
        if !is_wanted(path, is_folder) || self.walk.leaves_out(folder, &below, is_folder) {
            return;
        }
        if is_folder {
            let inner = self.walk.inner(folder, below);
            return self.folder(&inner, path);
        }
        if self.walk.is_not_included(&below) {
            return;
        }
        let origin = folder.root.origin.at_path(slashed(&below));
        let opened = regular_file::open(&folder.root.written.join(&below)).ok();
        let Some(mut file) = opened.filter(|file| file.metadata().is_ok_and(|of| of.is_file())) else { return };
        if Files::is_package(path) {
            let limits = self.walk.directory.options.packaged_charts.unwrap_or_default();
            self.files.add_package(path, Blob::stream(origin, &mut file), &limits, self.walk.sink);
        } else {
            let _ = self.files.add(path, &origin, &mut file, self.walk.sink);
        }
    }

    /// What a link leads to, where that lies in the chart and is not left out: the folder that it lies in, its path from the root, and
    /// whether it is a folder. As Helm does; out of the chart nothing is followed.
    fn led_to(&mut self, folder: &Folder, link: &Path, path: &[u8]) -> Option<(Folder, PathBuf, bool)> {
        let root = &folder.root;
        // What leads nowhere is told by the walk over the tree, and what leads out of it.
        let real = fs::canonicalize(root.real.join(link)).ok()?;
        let is_folder = fs::symlink_metadata(&real).ok()?.is_dir();
        if !is_wanted(path, is_folder) {
            return None;
        }
        let tell = |reason, detail: &str| self.walk.skip(root.origin.at_path(slashed(link)), reason, detail);
        let Ok(in_chart) = real.strip_prefix(self.top.real()) else {
            if real.ancestors().any(|above| self.walk.roots.contains(above)) {
                tell(Reason::LinkNotFollowed, NOT_RENDERED_WITH);
            }
            return None;
        };
        if self.open.contains(&real) {
            tell(Reason::TooDeep, CIRCLE);
            return None;
        }
        self.links += 1;
        if self.links > LINKS_MOST {
            if self.links == LINKS_MOST + 1 {
                let detail =
                    format!("the chart was not rendered with it, and maybe others: {LINKS_MOST} links are followed");
                tell(Reason::TooManyMembers, &detail);
            }
            return None;
        }
        let mut holder = self.top.clone();
        for name in in_chart.parent()? {
            let below = holder.below.join(name);
            if self.walk.leaves_out(&holder, &below, true) {
                return None;
            }
            holder = self.walk.inner(&holder, below);
        }
        let below = self.top.below.join(in_chart);
        Some((holder, below, is_folder))
    }
}

/// Whether what lies at a path from the chart on is read to render it.
fn is_wanted(path: &[u8], is_folder: bool) -> bool {
    if is_folder { Files::may_be_in(path) } else { Files::is_package(path) || Files::is_wanted(path) }
}

/// Whether a path from the root of a folder is that of the `charts` of a chart.
fn is_of_chart(folder: &Folder, below: &Path) -> bool {
    let chart = below.parent().filter(|_| below.ends_with("charts"));
    chart.is_some_and(|chart| folder.root.written.join(chart).join("Chart.yaml").is_file())
}
