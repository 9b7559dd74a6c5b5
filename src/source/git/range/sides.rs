//! The two sides of a change, and what file they have at a path: what counted before it, and what it brings itself.

use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::Kind;

use super::Change;
use super::brought::{Comparison, Entry};
use super::select::short;
use super::walk::Walk;
use crate::origin::{printable, slashed};
use crate::source::SourceError;
use crate::source::git::command::Stopped;
use crate::source::git::history::INDEX;
use crate::source::git::objects::{Decoder, Failure};
use crate::source::git::{Git, followed, join};

/// A file as one side has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideFile {
    /// Its name for messages: `REVISION:PATH`, as git writes it.
    pub name: String,
    content: Option<Vec<u8>>,
}

impl SideFile {
    /// Its content.
    ///
    /// # Errors
    /// Where it is no regular file, but a link, a folder or a submodule; why it is of no use, for a person.
    pub fn content(&self) -> Result<&[u8], &'static str> {
        self.content
            .as_deref()
            .ok_or("is no regular file, so what counts is not known: the file itself must stand there")
    }
}

/// A commit, by the name that is shown, and its tree.
#[derive(Debug)]
pub(super) struct Side {
    pub name: String,
    pub tree: ObjectId,
}

impl Side {
    /// A side named by the first digits of its commit.
    pub(super) fn of(commit: &ObjectId, tree: ObjectId) -> Self {
        Side { name: short(commit), tree }
    }
}

impl Change {
    /// The file that the base has at a path; `None` where it has none, or there is no base here.
    ///
    /// # Errors
    /// When it cannot be read: what counts is then not known.
    pub fn file_before(&self, path: &[u8], stopped: Stopped<'_>) -> Result<Option<SideFile>, SourceError> {
        let Some(base) = &self.base else { return Ok(None) };
        let entry = self.entry_of_base(base, path, stopped)?;
        entry.map(|entry| self.file_of_base(base, path, entry, stopped)).transpose()
    }

    /// What stands at a path of the base.
    fn entry_of_base(&self, base: &Side, path: &[u8], stopped: Stopped<'_>) -> Result<Option<Entry>, SourceError> {
        let (entry, unread) = self.compared(stopped, |comparison| comparison.entry_at(base.tree, path));
        match unread.values().next() {
            Some(failure) if entry.is_none() => Err(self.unreadable(&named(&base.name, path), *failure)),
            _ => Ok(entry),
        }
    }

    /// The files of a folder of the base whose names end in `.toml`, by name; `None` where it has no such folder, or there is no
    /// base here.
    ///
    /// # Errors
    /// When it is no folder, or as [`Change::file_before`].
    pub fn toml_files_before(&self, folder: &[u8], stopped: Stopped<'_>) -> Result<Option<Vec<SideFile>>, SourceError> {
        let Some(base) = &self.base else { return Ok(None) };
        let tree = if folder.is_empty() {
            base.tree
        } else {
            match self.entry_of_base(base, folder, stopped)? {
                None => return Ok(None),
                Some(entry) if entry.mode.is_tree() => entry.id,
                Some(_) => {
                    return Err(self.unknown(&named(&base.name, folder), "is no folder, so what counts is not known"));
                }
            }
        };
        let is_toml = |name: &[u8]| name.len() > 5 && name.ends_with(b".toml");
        let (listing, unread) = self.compared(stopped, |comparison| comparison.listing(&tree, false));
        if let Some(failure) = unread.values().next() {
            return Err(self.unreadable(&named(&base.name, folder), *failure));
        }
        let files = listing.into_iter().filter(|(name, entry)| is_toml(name) && !entry.mode.is_tree());
        files
            .map(|(name, entry)| self.file_of_base(base, &join(folder, &name), entry, stopped))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn file_of_base(
        &self,
        base: &Side,
        path: &[u8],
        entry: Entry,
        stopped: Stopped<'_>,
    ) -> Result<SideFile, SourceError> {
        let name = named(&base.name, path);
        self.fetch([entry.id], stopped);
        match content(&self.git, entry) {
            Ok(content) => Ok(SideFile { name, content }),
            Err(failure) => Err(self.unreadable(&name, failure)),
        }
    }

    fn unreadable(&self, name: &str, failure: Option<Failure>) -> SourceError {
        let unknown = self.unknown(name, "cannot be read, so what counts is not known");
        if failure.is_some() || !self.git.is_partial() {
            return unknown;
        }
        let message = format!("{}: the clone is partial: {}", unknown.message, self.advice());
        SourceError { message, ..unknown }
    }

    fn unknown(&self, name: &str, why: &str) -> SourceError {
        SourceError::new(self.git.repository_location(), format!("{name} {why}"))
    }

    /// The files that the new side has at a path, one for each tip where they differ. What cannot be read is left out: reading the
    /// change tells of it.
    pub fn files_after(&self, path: &[u8], stopped: Stopped<'_>) -> Vec<SideFile> {
        let staged = self.index_entry(&mut Comparison::new(&self.git.objects), path);
        let mut entries: Vec<(String, Entry)> = staged.map(|entry| (INDEX.to_owned(), entry)).into_iter().collect();
        for tip in &self.tips {
            let tree = self.walked.tree(&tip.id);
            let entry = tree.and_then(|tree| self.compared(stopped, |comparison| comparison.entry_at(tree, path)).0);
            entries.extend(entry.map(|entry| (tip.name.clone(), entry)));
        }
        let mut seen = Vec::new();
        entries.retain(|(_, entry)| {
            !seen.contains(&entry.id) && {
                seen.push(entry.id);
                true
            }
        });
        self.fetch(entries.iter().map(|(_, entry)| entry.id), stopped);
        let file = |(side, entry): (String, Entry)| {
            Some(SideFile { name: named(&side, path), content: content(&self.git, entry).ok()? })
        };
        entries.into_iter().filter_map(file).collect()
    }

    /// The path in the repository of a file or folder of this machine that a commit of it put there, or may have: what lies in
    /// the work tree is then no more than what the change says. `None` for what lies elsewhere, and for what no commit knows.
    ///
    /// # Errors
    /// When a submodule or a link on the way to it is moved by the change: what its base has there is elsewhere.
    pub fn path_of(&self, file: &Path) -> Result<Option<Vec<u8>>, SourceError> {
        let top = self.git.repository.work_dir.as_deref().and_then(|top| top.canonicalize().ok());
        let Some(top) = top else { return Ok(None) };
        let mut comparison = Comparison::new(&self.git.objects);
        let trees: Vec<Option<ObjectId>> = self.trees().collect();
        for path in paths_below(&top, file) {
            if path.is_empty() {
                return Ok(Some(path));
            }
            let mut folders = memchr::memchr_iter(b'/', &path).map(|end| &path[..end]);
            let passages = folders.find_map(|folder| {
                let passages = self.passages(&mut comparison, &trees, folder);
                passages.iter().any(Option::is_some).then_some(passages)
            });
            match passages.as_deref() {
                // That of the base is a folder, or nothing.
                Some([None, ..]) => return Ok(Some(path)),
                Some(passages) if passages.iter().any(|passage| *passage != passages[0]) => {
                    let location = self.git.repository_location();
                    let why = "is behind a submodule or a link that this change moves, so what counts is not known";
                    return Err(SourceError::new(
                        location,
                        format!("{} {why}: name a file elsewhere", printable(&path)),
                    ));
                }
                Some([Some(first), ..]) if first.mode.is_commit() => return Ok(None),
                // Where the link leads to is the next of the paths.
                _ => {}
            }
            let below = join(&path, b"");
            let in_index = self.index_entry(&mut comparison, &path).is_some()
                || self.index.iter().any(|(staged, _)| staged.starts_with(&below));
            if in_index || trees.iter().flatten().any(|tree| comparison.entry_at(*tree, &path).is_some()) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// The trees of the base, of the tips, and of `HEAD`, which is most likely what is checked out.
    fn trees(&self) -> impl Iterator<Item = Option<ObjectId>> {
        let base = self.base.as_ref().map(|base| base.tree);
        let tips = self.tips.iter().map(|tip| self.walked.tree(&tip.id));
        [base].into_iter().chain(tips.chain([tree_at_head(&self.git)]).flatten().map(Some))
    }

    /// What stands at a path that leads out of the tree, a submodule or a link: in the base first, then on the new side.
    fn passages(&self, comparison: &mut Comparison<'_>, trees: &[Option<ObjectId>], path: &[u8]) -> Vec<Option<Entry>> {
        let passage = |entry: Option<Entry>| entry.filter(|entry| entry.mode.is_commit() || entry.mode.is_link());
        let staged = self.staged.is_some().then(|| passage(self.index_entry(comparison, path)));
        let of_tree = |tree: &Option<ObjectId>| passage(tree.and_then(|tree| comparison.entry_at(tree, path)));
        trees.iter().map(of_tree).chain(staged).collect()
    }

    /// What the index has at a path: a file, a submodule, or a folder of which it holds no file.
    fn index_entry(&self, comparison: &mut Comparison<'_>, path: &[u8]) -> Option<Entry> {
        let exact = self.index.iter().find(|(staged, _)| staged == path).map(|(_, entry)| *entry);
        exact.or_else(|| {
            let mut folders = self.index.iter().filter(|(_, entry)| entry.mode.is_tree());
            let (folder, entry) = folders.find(|(folder, _)| path.starts_with(folder))?;
            comparison.entry_at(entry.id, &path[folder.len()..])
        })
    }
}

/// A file's name for messages.
fn named(side: &str, path: &[u8]) -> String {
    format!("{side}:{}", printable(path))
}

/// The paths below `top`, a folder by its real name, that a file's name may stand for: as it is written; with links followed on
/// the way to it; and, of what is in there, what its last name is a link to, or is spelt like where letters of both cases are one.
fn paths_below(top: &Path, file: &Path) -> Vec<Vec<u8>> {
    let Ok(file) = std::path::absolute(file) else { return Vec::new() };
    let written = followed(PathBuf::new(), &file);
    let within = |path: &Path| {
        let above: Vec<&Path> = path.ancestors().collect();
        // The first folder that is in there: what is a link further on may lead out again.
        above.into_iter().rev().find_map(|folder| {
            let real = folder.canonicalize().ok()?;
            let below = real.strip_prefix(top).ok()?;
            Some(below.join(path.strip_prefix(folder).ok()?))
        })
    };
    let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
    let followed = folder.and_then(|folder| within(&folder.join(file.file_name()?)));
    let mut paths: Vec<PathBuf> = within(&written).into_iter().chain(followed).collect();
    if !paths.is_empty() {
        let real = file.canonicalize().ok();
        paths.extend(real.and_then(|real| real.strip_prefix(top).ok().map(Path::to_owned)));
    }
    let mut paths: Vec<Vec<u8>> = paths.iter().map(|path| slashed(path)).collect();
    paths.dedup();
    paths
}

/// The file that the commit of `HEAD` has at a path; `None` where it has none that can be read.
pub(in crate::source::git) fn file_at_head(git: &Git, path: &str) -> Option<Vec<u8>> {
    let entry = Comparison::new(&git.objects).entry_at(tree_at_head(git)?, path.as_bytes())?;
    content(git, entry).ok()?
}

fn tree_at_head(git: &Git) -> Option<ObjectId> {
    let head = git.repository.head()?;
    Walk::new(&git.objects, &git.repository.shallow).newest(&[head], None, Some(0)).tree(&head)
}

/// The content of an entry; `None` where it is a link, a folder or a submodule. Why it cannot be read: no failure where it is not there.
fn content(git: &Git, entry: Entry) -> Result<Option<Vec<u8>>, Option<Failure>> {
    if !entry.mode.is_blob() {
        return Ok(None);
    }
    let mut content = Vec::new();
    match git.objects.find(&entry.id, &mut Decoder::new(), &mut content) {
        Ok(Some(Kind::Blob)) => Ok(Some(content)),
        Ok(Some(_)) => Err(Some(Failure::Corrupt)),
        Ok(None) => Err(None),
        Err(failure) => Err(Some(failure)),
    }
}
