//! Charts in a tree: their files read once more, to be rendered. The same files are left out as of the tree.

use std::fs;
use std::path::Path;

use super::{Folder, Walk};
use crate::blob::Blob;
use crate::origin::{Origin, slashed};
use crate::source::chart::rendering::Files;
use crate::source::chart::{is_chart, render_package};
use crate::source::regular_file;

/// Folders in each other, from that of the chart on.
const DEEPEST: usize = 64;

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
    pub(super) fn chart(&self, folder: &Folder) {
        let mut files = Files::default();
        self.files_of_chart(folder, folder, &mut files, 0);
        let name = folder.root.real.join(&folder.below);
        let name = name.file_name().unwrap_or_default().to_string_lossy();
        if !self.sink.stopped() {
            files.render(&name, self.sink);
        }
    }

    /// Reads what lies in `folder`, a part of the chart in `top`. What cannot be read is told by the walk over the tree.
    fn files_of_chart(&self, top: &Folder, folder: &Folder, files: &mut Files, depth: usize) {
        let Ok(entries) = fs::read_dir(folder.path()) else { return };
        let mut entries: Vec<_> = entries
            .flatten()
            .filter_map(|entry| Some((entry.file_name(), entry.file_type().ok()?)))
            .filter(|(_, kind)| kind.is_dir() || kind.is_file())
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        let mut rules = folder.rules.clone();
        if !self.directory.options.ignored && depth > 0 {
            let has = |wanted: &str| entries.iter().any(|(name, _)| name == wanted);
            rules = rules.enter(&folder.root.real.join(&folder.below), has(".git"), has(".gitignore"));
        }
        for (name, kind) in entries {
            if self.sink.stopped() || files.is_full() {
                return;
            }
            let below = folder.below.join(&name);
            let Ok(in_chart) = below.strip_prefix(&top.below) else { continue };
            let path = slashed(in_chart);
            let is_package = Files::is_package(&path);
            let is_wanted = if kind.is_dir() { Files::may_be_in(&path) } else { is_package || Files::is_wanted(&path) };
            let real = folder.root.real.join(&below);
            let is_left_out = || {
                let include = self.directory.include.as_ref();
                self.directory.exclude.matched(&below, kind.is_dir()).is_ignore()
                    || rules.any() && rules.leave_out(&real, kind.is_dir())
                    || !kind.is_dir()
                        && include.is_some_and(|globs| !globs.matched_path_or_any_parents(&below, false).is_ignore())
            };
            if !is_wanted || is_left_out() {
                continue;
            }
            if kind.is_dir() {
                if depth < DEEPEST {
                    let rules = if rules.any() { rules.below(&real) } else { rules.clone() };
                    let inner = Folder { root: folder.root.clone(), below, rules };
                    self.files_of_chart(top, &inner, files, depth + 1);
                }
                continue;
            }
            let origin = folder.origin_of(&name);
            let opened = regular_file::open(&folder.path().join(&name)).ok();
            let Some(mut file) = opened.filter(|file| file.metadata().is_ok_and(|of| of.is_file())) else { continue };
            if is_package {
                let limits = self.directory.options.packaged_charts.unwrap_or_default();
                files.add_package(&path, Blob::stream(origin, &mut file), &limits, self.sink);
            } else {
                // The walk over the tree tells what cannot be read.
                let _ = files.add(&path, &origin, &mut file, self.sink);
            }
        }
    }
}

/// Whether a path from the root of a folder is that of the `charts` of a chart.
fn is_of_chart(folder: &Folder, below: &Path) -> bool {
    let chart = below.parent().filter(|_| below.ends_with("charts"));
    chart.is_some_and(|chart| folder.root.written.join(chart).join("Chart.yaml").is_file())
}
