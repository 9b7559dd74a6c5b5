//! The index of a work tree: which paths git keeps, and the object that each of them has there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::hash::Kind as HashKind;
use gix::index::entry::{Flags, Mode, Stage};
use gix::objs::tree::{EntryKind, EntryMode};

use super::objects::LARGEST_IN_MEMORY;
use super::repository::Repository;

/// An entry of an index.
pub(super) struct Indexed {
    pub path: Vec<u8>,
    pub mode: EntryMode,
    pub id: ObjectId,
}

/// Entries of an index, sorted; none where there is no index. Of what is being merged those of both sides: the version that they have in
/// common is in a commit, and in none that comes of it.
pub(super) fn entries(index: &Path, hash: HashKind) -> Result<Vec<Indexed>, String> {
    match index.metadata() {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(cause.to_string()),
        Ok(found) if !found.is_file() => return Err("it is no regular file".to_owned()),
        Ok(_) => {}
    }
    let options = gix::index::decode::Options {
        thread_limit: Some(1),
        alloc_limit_bytes: Some(LARGEST_IN_MEMORY),
        ..Default::default()
    };
    let file = gix::index::File::at(index, hash, false, options).map_err(|cause| cause.to_string())?;
    let backing = file.path_backing();
    let mut entries: Vec<Indexed> = file
        .entries()
        .iter()
        .filter(|entry| !entry.flags.contains(Flags::INTENT_TO_ADD) && entry.stage() != Stage::Base)
        .map(|entry| Indexed { path: entry.path_in(backing).to_vec(), mode: mode(entry.mode), id: entry.id })
        .collect();
    entries.sort_by(|a, b| (&a.path, a.id).cmp(&(&b.path, b.id)));
    Ok(entries)
}

fn mode(mode: Mode) -> EntryMode {
    // A damaged mode is still one of a blob.
    mode.to_tree_entry_mode().unwrap_or_else(|| EntryKind::Blob.into())
}

/// The index files of all work trees of a repository.
pub(super) fn indexes(repository: &Repository) -> Vec<PathBuf> {
    let mut files = vec![repository.git_dir.join("index"), repository.common_dir.join("index")];
    let linked = std::fs::read_dir(repository.common_dir.join("worktrees")).into_iter().flatten().flatten();
    files.extend(linked.map(|entry| entry.path().join("index")));
    files.retain(|file| file.is_file());
    files.sort();
    files.dedup();
    files
}

/// The paths at which an index has one of the objects that are asked for, sorted. An index that cannot be read has none.
pub(super) fn paths(repository: &Repository, is_wanted: impl Fn(&ObjectId) -> bool) -> HashMap<ObjectId, Vec<Vec<u8>>> {
    let mut paths: HashMap<ObjectId, Vec<Vec<u8>>> = HashMap::new();
    for index in indexes(repository) {
        let entries = entries(&index, repository.hash).unwrap_or_default();
        for Indexed { path, id, .. } in entries.into_iter().filter(|entry| is_wanted(&entry.id)) {
            paths.entry(id).or_default().push(path);
        }
    }
    for found in paths.values_mut() {
        found.sort_unstable();
        found.dedup();
    }
    paths
}

/// The paths that git keeps in a work tree, sorted.
#[derive(Debug, Default)]
pub(in crate::source) struct Tracked(Vec<Vec<u8>>);

impl Tracked {
    /// Those of the index in a repository's folder. Where it cannot be read, git itself does nothing there.
    pub(in crate::source) fn read(git_dir: &Path) -> Self {
        let index = git_dir.join("index");
        let read = |hash| entries(&index, hash).ok().filter(|entries| !entries.is_empty());
        let entries = read(HashKind::Sha1).or_else(|| read(HashKind::Sha256)).unwrap_or_default();
        Tracked(entries.into_iter().map(|entry| entry.path).collect())
    }

    /// Whether it keeps this path, or something below it.
    pub(in crate::source) fn has(&self, path: &[u8]) -> bool {
        let below = [path, b"/"].concat();
        let is_below = |at: usize| self.0.get(at).is_some_and(|found| found.starts_with(&below));
        self.0.binary_search_by(|found| found.as_slice().cmp(path)).is_ok()
            || is_below(self.0.partition_point(|found| found.as_slice() < below.as_slice()))
    }
}
