//! A directory tree or single files: every regular file once, the targets of links and the names of entries as text.
//!
//! Nothing but regular files and directories is opened, and no link is followed below a root.

mod charts;

use std::cell::Cell;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) use charts::NOT_RENDERED_WITH;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::Scope;

use super::gitignore::Rules;
use super::regular_file;
use crate::blob::{Blob, Item, Reason, Sink, Skip};
use crate::origin::{Origin, Step, TextKind, slashed};
use crate::source::{Source, SourceError};
use crate::unpack::Limits;

/// Files of one directory that one task reads: few enough to share a large directory among threads.
const BATCH: usize = 32;
/// Most bytes of a file that says something of the others.
const LARGEST_AT_HEAD: u64 = 4 << 20;
/// The folder of a repository that has its history.
const OBJECTS: &str = "objects";

/// What to read of which trees.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Directories and files, as the user wrote them.
    pub roots: Vec<PathBuf>,
    /// Read what `.gitignore` leaves out, too.
    pub ignored: bool,
    /// Leave out `.git` folders: their content is read as history elsewhere.
    pub skip_git: bool,
    /// Globs in gitignore syntax, relative to a root; where there are any, only files below a match are read.
    pub include: Vec<String>,
    /// Globs in gitignore syntax, relative to a root; what they match is left out, whatever `include` says.
    pub exclude: Vec<String>,
    /// Render packaged charts, too, beside those in folders, within this budget each.
    pub packaged_charts: Option<Limits>,
    /// Threads to read with; 0 for as many as the machine has.
    pub threads: usize,
}

/// Directory trees and single files.
#[derive(Debug)]
pub struct Directory {
    options: Options,
    include: Option<Gitignore>,
    exclude: Gitignore,
}

impl Directory {
    /// Makes a source of the given roots.
    ///
    /// # Errors
    /// A glob that is none.
    pub fn new(options: Options) -> Result<Self, SourceError> {
        let include = if options.include.is_empty() { None } else { Some(globs(&options.include)?) };
        let exclude = globs(&options.exclude)?;
        Ok(Directory { options, include, exclude })
    }
}

fn globs(patterns: &[String]) -> Result<Gitignore, SourceError> {
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    for pattern in patterns {
        builder.add_line(None, pattern).map_err(|error| {
            SourceError::new(pattern, format!("is no glob: {error}; see gitignore(5) for the syntax"))
        })?;
    }
    builder.build().map_err(|error| SourceError::new(patterns.join(" "), error.to_string()))
}

impl Source for Directory {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        let roots = distinct(&self.options.roots)?;
        let walk = Walk { directory: self, sink, roots: roots.iter().map(|(_, real)| real.clone()).collect() };
        let mut folders = Vec::new();
        for (written, real) in roots {
            let shown = written.to_string_lossy().into_owned();
            let metadata = fs::symlink_metadata(&real).map_err(|error| SourceError::new(&shown, error.to_string()))?;
            if metadata.is_dir() {
                folders.push(walk.root(written, real));
                continue;
            }
            sink.put(Item::Expect { objects: 1, bytes: 0 });
            let origin = Origin::new(Step::Path { path: slashed(&written) });
            if metadata.is_file() {
                regular_file::push(&real, &origin, &mut Vec::new(), sink);
                walk.package(&real, &origin);
            } else {
                walk.special(origin);
            }
        }
        if folders.is_empty() {
            return Ok(());
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.options.threads)
            .build()
            .map_err(|error| SourceError::new("threads", error.to_string()))?;
        pool.scope(|scope| {
            for folder in folders {
                let walk = &walk;
                scope.spawn(move |scope| walk.folder(scope, folder));
            }
        });
        Ok(())
    }

    fn file_at_head(&self, path: &str) -> Option<Vec<u8>> {
        let [root] = &self.options.roots[..] else { return None };
        if !root.join(".git").exists() {
            return None;
        }
        regular_file::read_below(root, path, LARGEST_AT_HEAD)
    }
}

/// The roots that lie at different places, as written and without links, in the order given.
fn distinct(roots: &[PathBuf]) -> Result<Vec<(PathBuf, PathBuf)>, SourceError> {
    let mut seen = HashSet::new();
    let mut distinct = Vec::new();
    for root in roots {
        let real = fs::canonicalize(root).map_err(|error| {
            let shown = root.to_string_lossy();
            let cause = match error.kind() {
                io::ErrorKind::NotFound => "no such file or directory".into(),
                _ => error.to_string(),
            };
            SourceError::new(shown, cause)
        })?;
        if seen.insert(real.clone()) {
            distinct.push((root.clone(), real));
        }
    }
    Ok(distinct)
}

/// One run over the roots.
struct Walk<'a> {
    directory: &'a Directory,
    sink: &'a dyn Sink,
    /// Without links. A root below another is walked by itself alone.
    roots: HashSet<PathBuf>,
}

struct Root {
    origin: Origin,
    written: PathBuf,
    real: PathBuf,
}

/// A directory that is to be walked.
#[derive(Clone)]
struct Folder {
    root: Arc<Root>,
    /// Its path from the root; empty for the root itself.
    below: PathBuf,
    /// The rules that hold above it.
    rules: Rules,
}

impl Folder {
    fn path(&self) -> PathBuf {
        if self.below.as_os_str().is_empty() { self.root.written.clone() } else { self.root.written.join(&self.below) }
    }

    /// Without links.
    fn real(&self) -> PathBuf {
        self.root.real.join(&self.below)
    }

    fn origin(&self) -> Origin {
        if self.below.as_os_str().is_empty() {
            self.root.origin.clone()
        } else {
            self.root.origin.at_path(slashed(&self.below))
        }
    }

    fn origin_of(&self, name: &OsString) -> Origin {
        self.root.origin.at_path(slashed(&self.below.join(name)))
    }
}

/// The entries of a directory that are to be read.
#[derive(Default)]
struct Entries {
    folders: Vec<OsString>,
    files: Vec<OsString>,
    links: Vec<OsString>,
    specials: Vec<OsString>,
    /// Names of all of them, joined by newlines.
    names: Vec<u8>,
}

impl Walk<'_> {
    fn root(&self, written: PathBuf, real: PathBuf) -> Folder {
        let rules = if self.directory.options.ignored { Rules::default() } else { Rules::above(&real) };
        let origin = Origin::new(Step::Directory { path: String::from_utf8_lossy(&slashed(&written)).into_owned() });
        Folder { root: Arc::new(Root { origin, written, real }), below: PathBuf::new(), rules }
    }

    fn skip(&self, origin: Origin, reason: Reason, detail: impl Into<String>) {
        self.sink.put(Item::Skip(Skip::new(origin, reason, detail)));
    }

    fn special(&self, origin: Origin) {
        self.skip(origin, Reason::SpecialFile, "");
    }

    /// Reads one directory's entries: folders and batches of files become tasks of their own.
    fn folder<'s>(&'s self, scope: &Scope<'s>, mut folder: Folder) {
        if self.sink.stopped() {
            return;
        }
        let listed = match self.list(&folder) {
            Ok(listed) => listed,
            Err(error) => return self.skip(folder.origin(), Reason::Unreadable, error.to_string()),
        };
        if !self.directory.options.ignored {
            let has = |wanted: &str| listed.iter().any(|(name, _)| name == wanted);
            let real = folder.root.real.join(&folder.below);
            folder.rules = folder.rules.enter(&real, has(".git"), has(".gitignore"));
        }
        let Entries { folders, files, links, specials, names } = self.choose(&folder, listed);
        if !names.is_empty() {
            let origin = folder.origin().with(Step::Text { kind: TextKind::FileName });
            self.sink.put(Item::Blob(Blob::bytes(origin, &names)));
        }
        self.sink.put(Item::Expect { objects: (files.len() + links.len()) as u64, bytes: 0 });
        for name in folders {
            let root = Arc::clone(&folder.root);
            let below = folder.below.join(name);
            let rules = if folder.rules.any() { folder.rules.below(&root.real.join(&below)) } else { Rules::default() };
            let below = Folder { root, below, rules };
            scope.spawn(move |scope| self.folder(scope, below));
        }
        if files.iter().chain(&links).any(|name| name == "Chart.yaml") && self.is_top_chart(&folder) {
            let chart = folder.clone();
            scope.spawn(move |_| self.chart(&chart));
        }
        for name in specials {
            self.special(folder.origin_of(&name));
        }
        for name in links {
            self.link(&folder, &name);
        }
        self.files(scope, folder, files);
    }

    fn list(&self, folder: &Folder) -> io::Result<Vec<(OsString, fs::FileType)>> {
        let mut listed = Vec::new();
        for entry in fs::read_dir(folder.path())? {
            let named = entry.map_err(|error| (folder.origin(), error)).and_then(|entry| {
                let name = entry.file_name();
                entry.file_type().map_err(|error| (folder.origin_of(&name), error)).map(|kind| (name, kind))
            });
            match named {
                Ok(named) => listed.push(named),
                Err((origin, error)) => self.skip(origin, Reason::Unreadable, error.to_string()),
            }
        }
        Ok(listed)
    }

    /// Sorts out what was asked for, and records what was not: one skip for a folder, however much it holds.
    fn choose(&self, folder: &Folder, listed: Vec<(OsString, fs::FileType)>) -> Entries {
        let options = &self.directory.options;
        let mut entries = Entries::default();
        let mut not_included: u64 = 0;
        let is_repository = ["HEAD", "refs", OBJECTS].iter().all(|part| listed.iter().any(|(name, _)| name == part));
        for (name, kind) in listed {
            let below = folder.below.join(&name);
            if options.skip_git && kind.is_dir() && name == ".git" {
                if !folder.below.as_os_str().is_empty() {
                    let detail = "history of a repository within this one: scan it by itself";
                    self.skip(folder.origin_of(&name), Reason::Excluded, detail);
                }
                continue;
            }
            if is_repository && kind.is_dir() && name == OBJECTS {
                self.skip(folder.origin_of(&name), Reason::Excluded, history_of(folder));
                continue;
            }
            if self.roots.len() > 1 && self.roots.contains(&folder.root.real.join(&below)) {
                continue;
            }
            if self.directory.exclude.matched(&below, kind.is_dir()).is_ignore() {
                self.skip(folder.origin_of(&name), Reason::Excluded, "");
                continue;
            }
            if folder.rules.any() && folder.rules.leave_out(&folder.root.real.join(&below), kind.is_dir()) {
                self.skip(folder.origin_of(&name), Reason::Ignored, "");
                continue;
            }
            if let Some(include) = &self.directory.include
                && !kind.is_dir()
                && !include.matched_path_or_any_parents(&below, false).is_ignore()
            {
                not_included += 1;
                continue;
            }
            if !entries.names.is_empty() {
                entries.names.push(b'\n');
            }
            entries.names.extend_from_slice(name.as_encoded_bytes());
            let sort = match kind {
                kind if kind.is_dir() => &mut entries.folders,
                kind if kind.is_file() => &mut entries.files,
                kind if kind.is_symlink() => &mut entries.links,
                _ => &mut entries.specials,
            };
            sort.push(name);
        }
        if not_included > 0 {
            let detail = format!("{not_included} of its files match no --include glob");
            self.skip(folder.origin(), Reason::Excluded, detail);
        }
        entries
    }

    fn files<'s>(&'s self, scope: &Scope<'s>, folder: Folder, mut files: Vec<OsString>) {
        let folder = Arc::new(folder);
        while files.len() > BATCH {
            let batch = files.split_off(files.len() - BATCH);
            let folder = Arc::clone(&folder);
            scope.spawn(move |_| self.batch(&folder, &batch));
        }
        self.batch(&folder, &files);
    }

    fn batch(&self, folder: &Folder, names: &[OsString]) {
        // Taken, not borrowed: whatever the sink does, another batch on this thread finds the place free.
        let mut buffer = BUFFER.take();
        let mut path = folder.path();
        let is_of_chart = self.is_of_chart(folder);
        for name in names {
            if self.sink.stopped() {
                break;
            }
            path.push(name);
            regular_file::push(&path, &folder.origin_of(name), &mut buffer, self.sink);
            if !is_of_chart {
                self.package(&path, &folder.origin_of(name));
            }
            path.pop();
        }
        BUFFER.set(buffer);
    }

    /// A link's target is text; what it points to is read where it lies, if that is below a root.
    fn link(&self, folder: &Folder, name: &OsString) {
        let origin = folder.origin_of(name);
        let path = folder.path().join(name);
        match fs::read_link(&path) {
            Ok(target) => {
                let text = origin.with(Step::Text { kind: TextKind::LinkTarget });
                self.sink.put(Item::Blob(Blob::bytes(text, target.as_os_str().as_encoded_bytes())));
            }
            Err(error) => return self.skip(origin, Reason::Unreadable, error.to_string()),
        }
        match fs::canonicalize(&path) {
            Ok(target) if target.ancestors().any(|above| self.roots.contains(above)) => {}
            Ok(_) => self.skip(origin, Reason::LinkNotFollowed, "its target lies outside of what was asked for"),
            Err(error) => self.skip(origin, Reason::DanglingLink, error.to_string()),
        }
    }
}

/// Tells that objects of a repository are compressed history, which says nothing as files, and who reads them.
fn history_of(folder: &Folder) -> String {
    let path = folder.path();
    let repository = if path.ends_with(".git") { path.parent().unwrap_or(&path) } else { &path };
    let shown = repository.to_string_lossy();
    format!("history of a repository: `scrubjay git {}` reads it", if shown.is_empty() { "." } else { &shown })
}

thread_local! {
    /// What files are read into, for each thread.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

#[cfg(test)]
mod tests;
