//! What the index holds and the last commit does not: blobs as they were staged, whatever the working tree has by now.

use std::path::Path;

use gix::ObjectId;

use super::brought::{Asked, Comparison, Entry};
use crate::source::SourceError;
use crate::source::git::checkout::{Indexed, entries};
use crate::source::git::join;
use crate::source::git::repository::{Repository, read_file};

/// A file that is staged.
pub(super) struct StagedFile {
    pub path: Vec<u8>,
    pub entry: Entry,
    /// Its path and those on the way to it whose last name is in none of the last commits.
    pub new_names: Vec<Vec<u8>>,
}

/// What is known of an index.
pub(super) struct Index {
    /// What it has and the last commits have not, sorted by path.
    pub staged: Vec<StagedFile>,
    /// All that it has: files among it say what counts.
    pub all: Vec<(Vec<u8>, Entry)>,
}

/// The last name of a path.
pub(super) fn last_name(path: &[u8]) -> &[u8] {
    memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..])
}

/// The commits that a commit of the index would have as parents: `HEAD`, and what is being merged.
pub(super) fn parents(repository: &Repository) -> Vec<ObjectId> {
    let merged = read_file(&repository.git_dir.join("MERGE_HEAD")).unwrap_or_default();
    let merged = merged.split(|byte| *byte == b'\n').filter_map(|line| ObjectId::from_hex(line.trim_ascii()).ok());
    repository.head().into_iter().chain(merged.filter(|id| id.kind() == repository.hash)).collect()
}

/// Reads the index and compares it with the trees of the last commits.
pub(super) fn read(
    repository: &Repository,
    location: &str,
    index: &Path,
    comparison: &mut Comparison<'_>,
    trees: &[ObjectId],
) -> Result<Index, SourceError> {
    let entries = entries(index, repository.hash)
        .map_err(|cause| SourceError::new(location, format!("its index cannot be read: {cause}")))?;
    let mut staged = Vec::new();
    // Directories that are not yet compared: the entries below, the length of their path, and what the commits have there.
    type Folder<'a> = (&'a [Indexed], usize, Vec<Option<ObjectId>>, Vec<Vec<u8>>);
    let mut waiting: Vec<Folder<'_>> = vec![(&entries, 0, trees.iter().copied().map(Some).collect(), Vec::new())];
    while let Some((mut rest, start, trees, above)) = waiting.pop() {
        let before: Vec<_> =
            trees.iter().map(|tree| tree.map(|tree| comparison.listing(&tree, false)).unwrap_or_default()).collect();
        while let Some(first) = rest.first() {
            let below = &first.path[start.min(first.path.len())..];
            let end = memchr::memchr(b'/', below).filter(|end| end + 1 < below.len());
            let name = &below[..end.unwrap_or(below.len())];
            let name = name.strip_suffix(b"/").unwrap_or(name);
            let old: Vec<Option<Entry>> = before
                .iter()
                .map(|listing| {
                    let at = listing.binary_search_by(|(other, _)| other.as_slice().cmp(name)).ok()?;
                    Some(listing[at].1)
                })
                .collect();
            let mut new_names = above.clone();
            if old.iter().all(Option::is_none) {
                new_names.push(first.path[..start + name.len()].to_vec());
            }
            let Some(end) = end else {
                if !old.iter().flatten().any(|old| old.id == first.id) {
                    take(first, &old, new_names, comparison, &mut staged);
                }
                rest = &rest[1..];
                continue;
            };
            let folder = &first.path[..=start + end];
            let count = rest.iter().take_while(|indexed| indexed.path.starts_with(folder)).count().max(1);
            let trees = old.iter().map(|old| old.filter(|old| old.mode.is_tree()).map(|old| old.id)).collect();
            waiting.push((&rest[..count], folder.len(), trees, new_names));
            rest = &rest[count..];
        }
    }
    staged.sort_by(|a, b| a.path.cmp(&b.path));
    let all = entries.into_iter().map(|indexed| (indexed.path, Entry { mode: indexed.mode, id: indexed.id })).collect();
    Ok(Index { staged, all })
}

/// An entry that no commit has at its path; of a sparse index, it may be a whole directory.
fn take(
    indexed: &Indexed,
    old: &[Option<Entry>],
    new_names: Vec<Vec<u8>>,
    comparison: &mut Comparison<'_>,
    staged: &mut Vec<StagedFile>,
) {
    if !indexed.mode.is_tree() {
        return staged.push(StagedFile {
            path: indexed.path.clone(),
            entry: Entry { mode: indexed.mode, id: indexed.id },
            new_names,
        });
    }
    let trees: Vec<ObjectId> =
        old.iter().flatten().filter(|entry| entry.mode.is_tree()).map(|entry| entry.id).collect();
    let folder = indexed.path.strip_suffix(b"/").unwrap_or(&indexed.path);
    comparison.run(indexed.id, &trees, Asked::Paths, &mut |difference| {
        if let Some(entry) = difference.now.filter(|entry| !entry.mode.is_tree()) {
            let is_new = difference.before.iter().all(Option::is_none);
            let path = join(folder, difference.path);
            let names = new_names.iter().cloned().chain(is_new.then(|| path.clone())).collect();
            staged.push(StagedFile { path, entry, new_names: names });
        }
    });
}
