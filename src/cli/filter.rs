//! `--include` and `--exclude` for sources that do not walk a tree themselves: what is left out is told once a source.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::failure::Failure;
use crate::blob::{Blob, Content, Item, Reason, Sink, Skip};
use crate::finding::Fate;
use crate::origin::{Origin, Step, path_and_archives};
use crate::scan::Wanted;
use crate::source::{Source, SourceError};

/// Globs in gitignore syntax, over whole paths.
#[derive(Debug, Clone)]
pub struct Paths {
    include: Option<Gitignore>,
    exclude: Gitignore,
}

impl Paths {
    /// Compiles globs; `None` where there are none, so that nothing is left out.
    ///
    /// # Errors
    /// A glob that is none.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Option<Self>, Failure> {
        if include.is_empty() && exclude.is_empty() {
            return Ok(None);
        }
        let include = if include.is_empty() { None } else { Some(globs("--include", include)?) };
        Ok(Some(Paths { include, exclude: globs("--exclude", exclude)? }))
    }

    /// Whether a path is not asked for. With what is in an archive goes what is asked of the archive.
    pub fn leave_out(&self, path: &[u8]) -> bool {
        let all: Vec<String> = path_and_archives(path).filter_map(plain).collect();
        let is_any_in = |globs: &Gitignore| all.iter().any(|path| is_in(globs, path));
        !all.is_empty()
            && (is_any_in(&self.exclude) || self.include.as_ref().is_some_and(|include| !is_any_in(include)))
    }
}

/// A path as the matcher wants it; `None` for one that climbs, which is none that a glob can mean.
fn plain(path: &[u8]) -> Option<String> {
    let path = String::from_utf8_lossy(path);
    let path = path.trim_start_matches('/');
    (!path.is_empty() && path.split('/').all(|part| part != "..")).then(|| path.to_owned())
}

fn is_in(globs: &Gitignore, path: &str) -> bool {
    globs.matched_path_or_any_parents(Path::new(path), false).is_ignore()
}

fn globs(flag: &str, patterns: &[String]) -> Result<Gitignore, Failure> {
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    for pattern in patterns {
        builder.add_line(None, pattern).map_err(|cause| {
            Failure::new(format!("{flag}: {pattern}"), format!("is no glob: {cause}"))
                .or_try("gitignore(5) describes the syntax")
        })?;
    }
    builder.build().map_err(|cause| Failure::new(flag, cause))
}

/// Places to explain: `GLOB`, `GLOB:LINE` or, as reports print it, `GLOB:LINE:COLUMN`.
///
/// # Errors
/// A glob that is none.
pub fn explain(typed: &[String]) -> Result<Vec<Wanted>, Failure> {
    typed
        .iter()
        .map(|typed| {
            let (glob, line) = with_line(typed);
            let globs = globs("--explain", &[glob.trim_start_matches("./").to_owned()])?;
            // A path with `..` in it is no glob, but may be what a report shows.
            let exact = glob.as_bytes().to_vec();
            let names = move |path: &[u8]| {
                path == exact
                    || path_and_archives(path).any(|path| plain(path).is_some_and(|path| is_in(&globs, &path)))
            };
            Ok(Wanted::new(typed.clone(), Box::new(names), line))
        })
        .collect()
}

/// A glob and a line, which may have a column behind it.
fn with_line(typed: &str) -> (&str, Option<u64>) {
    let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
    let last = |text| -> Option<(&str, u64)> {
        let (before, digits) = str::rsplit_once(text, ':')?;
        Some((before, number(digits)?)).filter(|_| !before.is_empty())
    };
    match last(typed) {
        Some((before, column)) => match last(before) {
            Some((glob, line)) => (glob, Some(line)),
            None => (before, Some(column)),
        },
        None => (typed, None),
    }
}

/// A source of which some paths are left out.
pub struct Filtered<S> {
    source: S,
    paths: Paths,
    /// What the source is called in a report.
    name: String,
}

impl<S: Source> Filtered<S> {
    /// Leaves paths out of a source.
    pub fn new(source: S, paths: Paths, name: String) -> Self {
        Filtered { source, paths, name }
    }
}

impl<S: Source> Source for Filtered<S> {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        let filter = Filter { sink, paths: &self.paths, left_out: AtomicU64::new(0) };
        self.source.read(&filter)?;
        let left_out = filter.left_out.into_inner();
        if left_out > 0 {
            let origin = Origin::new(Step::Directory { path: self.name.clone() });
            let detail = format!("{left_out} files, by --include and --exclude");
            sink.put(Item::Skip(Skip::new(origin, Reason::Excluded, detail)));
        }
        Ok(())
    }

    fn fates(&self, wanted: &[Origin]) -> Result<Vec<Vec<Fate>>, SourceError> {
        self.source.fates(wanted)
    }

    fn is_unpacked(&self) -> bool {
        self.source.is_unpacked()
    }
}

struct Filter<'a> {
    sink: &'a dyn Sink,
    paths: &'a Paths,
    left_out: AtomicU64,
}

impl Sink for Filter<'_> {
    fn put(&self, item: Item<'_>) {
        let origin = match &item {
            Item::Blob(blob) => &blob.origin,
            Item::Skip(skip) => &skip.origin,
            Item::Seen { .. } | Item::Expect { .. } => return self.sink.put(item),
        };
        // What comes of a file that is not asked for is not asked for, either.
        if let Item::Blob(Blob { content: Content::Rendered(rendered), .. }) = &item {
            if !rendered.origins().any(|origin| self.paths.leave_out(&origin.joined_path())) {
                self.sink.put(item);
            }
        } else if origin.file_path().is_some() && self.paths.leave_out(&origin.joined_path()) {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        } else {
            self.sink.put(item);
        }
    }

    fn leaves_out(&self, origin: &Origin) -> bool {
        origin.file_path().is_some() && self.paths.leave_out(&origin.joined_path()) || self.sink.leaves_out(origin)
    }

    fn stopped(&self) -> bool {
        self.sink.stopped()
    }

    fn wait(&self, wait: &mut dyn FnMut(&dyn Fn() -> bool)) {
        self.sink.wait(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leave_out(include: &[&str], exclude: &[&str], path: &str) -> bool {
        let owned = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>();
        Paths::new(&owned(include), &owned(exclude)).unwrap().is_some_and(|paths| paths.leave_out(path.as_bytes()))
    }

    #[test]
    fn globs_are_those_of_gitignore() {
        assert!(!leave_out(&[], &[], "a/b.txt"));
        assert!(leave_out(&[], &["*.txt"], "a/b.txt"));
        assert!(leave_out(&[], &["a/"], "a/b.txt"));
        assert!(!leave_out(&[], &["/b.txt"], "a/b.txt"));
        assert!(leave_out(&["etc/"], &[], "/usr/lib/x"));
        assert!(!leave_out(&["etc/"], &[], "/etc/passwd"));
        assert!(leave_out(&["etc/"], &["passwd"], "etc/passwd"));
        assert!(!leave_out(&[], &["**"], "../up"));
    }

    #[test]
    fn no_glob_is_an_error() {
        let failure = Paths::new(&["a[".to_owned()], &[]).unwrap_err().to_string();
        assert!(failure.starts_with("scrubjay: --include: a[: is no glob"), "{failure}");
    }
}
