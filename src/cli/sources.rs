//! Verbs turned into sources: each room gets its own options, built from what was typed.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::Failure;
use super::filter::{Filtered, Paths};
use super::progress::Stop;
use super::remote;
use super::settings::Settings;
use super::target::{Kind, is_remote};
use crate::blob::{Item, Reason, Sink, Skip};
use crate::cache::Cache;
use crate::finding::Fate;
use crate::origin::{Origin, Step, printable};
use crate::scan::Target;
use crate::source::chart::{self, Chart};
use crate::source::directory::{self, Directory};
use crate::source::git::{self, Access, Cloned, Git, Tokens, clone_bare};
use crate::source::image::{self, Image, KnownLayers};
use crate::source::memory::Memory;
use crate::source::stdin::Stdin;
use crate::source::{Judge, Sighting, Source, SourceError};

/// How sources read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The verb, for messages.
    pub command: &'a str,
    /// What was asked for.
    pub settings: &'a Settings,
    /// Number of threads.
    pub threads: usize,
    /// What a reader of the report should know.
    pub notes: &'a RefCell<Vec<String>>,
    /// Says when to give up what is fetched.
    pub stop: &'a Stop,
}

impl Reading<'_> {
    /// `scan`: each target read as what it is.
    pub fn look(&self, targets: &[(&Path, Kind)], ignored: bool) -> Result<Vec<Target>, Failure> {
        let mut sources = Vec::new();
        for &(path, kind) in targets {
            match kind {
                Kind::Repository => {
                    sources.push(self.tree(path, ignored, true)?);
                    sources.push(self.history_of(path)?);
                }
                Kind::BareRepository => sources.push(self.git(path, None)?),
                Kind::Folder => {
                    sources.push(self.tree(path, ignored, false)?);
                    sources.extend(history_around(path));
                }
                Kind::File => sources.push(self.tree(path, ignored, false)?),
                Kind::Chart => {
                    sources.push(self.chart(path, ignored)?);
                    sources.extend(history_around(path).filter(|_| path.is_dir()));
                }
                Kind::Image => sources.push(self.image(&shown(path))?),
            }
        }
        Ok(sources)
    }

    /// `dir`.
    pub fn directory(&self, targets: &[PathBuf]) -> Result<Vec<Target>, Failure> {
        targets
            .iter()
            .map(|path| {
                Kind::of(path)?;
                self.tree(path, true, false)
            })
            .collect()
    }

    /// `git`: a repository on this machine, or a URL that is cloned for the time of the scan.
    pub fn git(&self, repository: &Path, cache: Option<&Arc<Cache>>) -> Result<Target, Failure> {
        if !is_remote(repository) {
            let source = Git::open(&self.git_options(repository)).map_err(|cause| self.fault(cause))?;
            return Ok(target(repository, remembering(source, cache)));
        }
        let clone = match clone_bare(&shown(repository), &remote::access(Tokens::default())?, &|| self.stop.now()) {
            // Out of time: that is said as of any other scan.
            Err(cause) if self.stop.now() => {
                return Ok((cause.target.clone(), Box::new(Unread::out_of_time(cause))));
            }
            cloned => cloned.map_err(|cause| self.fault(cause))?,
        };
        let location = clone.location().to_owned();
        let options = git::Options { path: clone.path().to_owned(), location: location.clone(), threads: self.threads };
        let source = Git::open(&options).map_err(|cause| self.fault(cause))?;
        Ok((location, Box::new(OfClone::new(remembering(source, cache), clone))))
    }

    /// `git` with the submodules that a repository keeps, each a target of its own.
    pub fn histories(
        &self,
        repository: &Path,
        submodules: bool,
        cache: Option<&Arc<Cache>>,
    ) -> Result<Vec<Target>, Failure> {
        if !submodules || is_remote(repository) {
            return Ok(vec![self.git(repository, cache)?]);
        }
        let source = Git::open(&self.git_options(repository)).map_err(|cause| self.fault(cause))?;
        let inner = source.submodules();
        let mut targets = vec![target(repository, remembering(source.with_submodules(), cache))];
        for submodule in inner {
            let name = format!("{}/{}", shown(repository).trim_end_matches('/'), printable(&submodule.path));
            let options = git::Options { path: submodule.repository.clone(), ..self.git_options(repository) };
            let source: Box<dyn Source> = match Git::open(&options) {
                Ok(source) => Box::new(remembering(source.as_submodule(&submodule), cache)),
                // One submodule that cannot be opened loses no other.
                Err(cause) => Box::new(Unread::lost(&options.path, &cause.message)),
            };
            targets.push((name, source));
        }
        Ok(targets)
    }

    /// `chart`.
    pub fn chart(&self, path: &Path, ignored: bool) -> Result<Target, Failure> {
        let Reading { threads, settings, .. } = *self;
        let options = chart::Options { path: path.to_owned(), unpack: settings.unpack, ignored, threads };
        self.filtered(shown(path), Chart::open(options).map_err(|cause| self.fault(cause))?)
    }

    /// `image`.
    pub fn image(&self, image: &str) -> Result<Target, Failure> {
        self.image_of_sweep(image, &image::Transport::default(), None)
    }

    /// An image among many, whose layers others may have as well.
    pub fn image_of_sweep(
        &self,
        image: &str,
        transport: &image::Transport,
        layers: Option<&Arc<KnownLayers>>,
    ) -> Result<Target, Failure> {
        let transport = transport.clone();
        let options = image::Options { threads: self.threads, transport, ..image::Options::default() };
        let source = Image::new(image, options).map_err(|cause| self.fault(cause))?;
        let source = match layers {
            Some(layers) => source.with_memory(Arc::clone(layers)),
            None => source,
        };
        self.filtered(image.to_owned(), source)
    }

    /// `stdin`.
    pub fn stdin(&self, name: Option<String>) -> Result<Target, Failure> {
        Ok(("-".to_owned(), Box::new(Stdin::new(name))))
    }

    fn tree(&self, path: &Path, ignored: bool, skip_git: bool) -> Result<Target, Failure> {
        let options = directory::Options {
            roots: vec![path.to_owned()],
            ignored,
            skip_git,
            include: self.settings.include.clone(),
            exclude: self.settings.exclude.clone(),
            packaged_charts: self.settings.unpack,
            threads: self.threads,
        };
        Ok(target(path, Directory::new(options).map_err(|cause| self.fault(cause))?))
    }

    /// The files of a repository as they are.
    pub fn files(&self, path: &Path) -> Result<Vec<Target>, Failure> {
        Ok(vec![self.tree(path, false, true)?])
    }

    /// A repository's files and its whole history: where it is a shallow or partial clone, as its remote has it.
    pub fn whole(&self, path: &Path, access: &Access) -> Result<Vec<Target>, Failure> {
        let cloned = git::clone_whole(path, access, &|| self.stop.now()).unwrap_or_else(|cause| {
            // What is here is still read, and what is not is lost.
            let SourceError { target, message, .. } = cause;
            self.notes.borrow_mut().push(format!("what the clone left out was not fetched: {target}: {message}"));
            None
        });
        let history = match cloned {
            Some(clone) => {
                let options = git::Options { path: clone.path().to_owned(), ..self.git_options(path) };
                let source = Git::open(&options).map_err(|cause| self.fault(cause))?;
                (shown(path), Box::new(OfClone::new(source, clone)) as Box<dyn Source>)
            }
            None => self.history_of(path)?,
        };
        Ok(vec![self.tree(path, false, true)?, history])
    }

    /// The history of a work tree. Where it cannot be opened, its files are still scanned, and its history is lost.
    fn history_of(&self, work_tree: &Path) -> Result<Target, Failure> {
        let real = |path: &Path| path.canonicalize().ok();
        let unread = |detail: String| Ok(target(work_tree, Unread::lost(work_tree, &detail)));
        match Git::open(&self.git_options(work_tree)) {
            Ok(source) if source.work_dir().and_then(real) == real(work_tree) => Ok(target(work_tree, source)),
            Ok(_) => unread("is no repository".to_owned()),
            Err(cause) => unread(cause.message),
        }
    }

    fn git_options(&self, repository: &Path) -> git::Options {
        git::Options { path: repository.to_owned(), location: shown(repository), threads: self.threads }
    }

    fn fault(&self, cause: SourceError) -> Failure {
        Failure::new(format!("{}: {}", self.command, cause.target), cause.message)
    }

    /// A source that knows nothing of globs, less the paths that are not asked for.
    pub fn filtered(&self, name: String, source: impl Source + 'static) -> Result<Target, Failure> {
        let paths = Paths::new(&self.settings.include, &self.settings.exclude)?;
        let source: Box<dyn Source> = match paths {
            Some(paths) => Box::new(Filtered::new(source, paths, name.clone())),
            None => Box::new(source),
        };
        Ok((name, source))
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Tells of the history of the repository that a folder is a part of.
fn history_around(folder: &Path) -> Option<Target> {
    let detail = "history of the repository that it is a part of: `scrubjay git` reads it";
    Git::is_at(folder).then(|| target(folder, Unread::not_asked(folder, detail)))
}

fn remembering(source: Git, cache: Option<&Arc<Cache>>) -> Git {
    match cache {
        Some(cache) => source.with_memory(Arc::clone(cache)),
        None => source,
    }
}

fn target(path: &Path, source: impl Source + 'static) -> Target {
    (shown(path), Box::new(source))
}

/// A repository that was cloned to be read, and goes away with its source.
pub(super) struct OfClone<S> {
    source: S,
    _clone: Cloned,
}

impl<S: Source> OfClone<S> {
    pub(super) fn new(source: S, clone: Cloned) -> Self {
        OfClone { source, _clone: clone }
    }
}

impl<S: Source> Source for OfClone<S> {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        self.source.read(sink)
    }

    fn fates(&self, wanted: &[Origin]) -> Result<Vec<Vec<Fate>>, SourceError> {
        self.source.fates(wanted)
    }

    fn memory(&self) -> Option<&dyn Memory> {
        self.source.memory()
    }

    fn file_at_head(&self, path: &str) -> Option<Vec<u8>> {
        self.source.file_at_head(path)
    }

    fn is_unpacked(&self) -> bool {
        self.source.is_unpacked()
    }

    fn read_before(&self, paths: &[Vec<u8>], sink: &dyn Sink) -> Result<(), SourceError> {
        self.source.read_before(paths, sink)
    }

    fn known_before(
        &self,
        seen: &[Sighting<'_>],
        judge: &Judge<'_>,
        sink: &dyn Sink,
    ) -> Result<Vec<bool>, SourceError> {
        self.source.known_before(seen, judge, sink)
    }
}

/// A history that is there and is not read.
pub(super) struct Unread(Skip);

impl Unread {
    fn not_asked(folder: &Path, detail: &str) -> Self {
        Unread(Skip::new(Origin::new(Step::Directory { path: shown(folder) }), Reason::Excluded, detail))
    }

    fn lost(work_tree: &Path, detail: &str) -> Self {
        let origin = Origin::new(Step::Directory { path: shown(work_tree) }).at_path(".git");
        Unread(Skip::new(origin, Reason::Unreadable, format!("its history: {detail}")))
    }

    pub(super) fn out_of_time(cause: SourceError) -> Self {
        let origin = Origin::new(Step::Repository { location: cause.target });
        Unread(Skip::new(origin, Reason::TimedOut, cause.message))
    }
}

impl Source for Unread {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        sink.put(Item::Skip(self.0.clone()));
        Ok(())
    }
}
