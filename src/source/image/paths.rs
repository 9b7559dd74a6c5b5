//! Which paths each layer writes and removes, as sorted 64-bit hashes: enough to tell what a later layer hides.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::Hasher as _;

use serde::{Deserialize, Serialize};

use crate::finding::FileFacts;
use crate::origin::text_or_bytes;

/// Paths kept for one layer at most, of each kind: as many as a table of 2^23 places of 9 bytes has room for. Of a layer with
/// more, nothing is said to be hidden.
const MAX_PATHS: usize = 7 << 20;

/// Before the name of what a layer removes.
const WHITEOUT: &[u8] = b".wh.";

/// Before names that are a storage driver's own and remove nothing, such as `.wh..wh.plnk`.
const OWN: &[u8] = b".wh..wh.";

/// Further names of files kept for one layer at most: trees of packages have one for each file, and a hundred thousand files.
const MAX_LINKS: usize = 1 << 20;

/// The paths of one layer.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct LayerPaths {
    /// Files, links and devices: they replace whatever was at their path, and all below it.
    files: Vec<u64>,
    /// Directories: they replace a file of that path, and keep what a directory had.
    directories: Vec<u64>,
    /// Paths removed by `.wh.NAME`, with all below them.
    whiteouts: Vec<u64>,
    /// Directories emptied by `.wh..wh..opq`.
    opaque: Vec<u64>,
    /// Mode and owner of files; kept of those in which something was found.
    facts: Vec<(u64, FileFacts)>,
    /// Further names of files; kept of those in which something was found, and of those of other layers.
    links: Vec<HardLink>,
    /// Symbolic links to what is no file of this layer.
    folders: Vec<Folder>,
    /// Paths with several entries, and how many: the last is what is there in the end.
    repeated: Vec<(u64, u32)>,
    /// Files that stand where a directory of this layer was: what it held is gone.
    replacing: Vec<u64>,
    /// What is recorded; empty once it is sealed.
    #[serde(skip)]
    recorded: Recorded,
}

/// What of a layer is looked up while it is recorded.
#[derive(Debug, Default, Clone)]
struct Recorded {
    files: HashSet<u64>,
    directories: HashSet<u64>,
    repeated: HashMap<u64, u32>,
    replacing: HashSet<u64>,
}

/// A further name of a file of the same layer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct HardLink {
    /// The path that has the content.
    target: u64,
    /// Which of the entries of that path has it.
    target_entry: u32,
    /// Which of the entries of its own name this is.
    entry: u32,
    #[serde(with = "text_or_bytes")]
    name: Vec<u8>,
}

/// A further name of a folder, by a symbolic link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Folder {
    target: u64,
    #[serde(with = "text_or_bytes")]
    name: Vec<u8>,
}

impl LayerPaths {
    /// Takes an entry's name; its number among the entries of that path, from 1.
    pub fn record(&mut self, name: &[u8], is_directory: bool) -> u32 {
        let mut parts = components(name);
        let Some(base) = parts.last().copied() else { return 1 };
        if base == b".wh..wh..opq" {
            parts.pop();
            push(&mut self.opaque, hash(&parts));
        } else if let Some(removed) = base.strip_prefix(WHITEOUT) {
            parts.pop();
            if !base.starts_with(OWN) {
                parts.push(removed);
                push(&mut self.whiteouts, hash(&parts));
            }
        } else {
            return self.recorded.add(hash(&parts), is_directory);
        }
        1
    }

    /// Takes mode and owner of a file.
    pub fn record_facts(&mut self, name: &[u8], facts: FileFacts) {
        if self.facts.len() < MAX_PATHS {
            self.facts.push((hash(&components(name)), facts));
        }
    }

    /// Mode and owner of a file; of several with one name, those of the last.
    pub fn facts(&self, path: &[u8]) -> Option<FileFacts> {
        let wanted = hash(&components(path));
        let end = self.facts.partition_point(|(path, _)| *path <= wanted);
        self.facts[..end].last().filter(|(path, _)| *path == wanted).map(|(_, facts)| *facts)
    }

    /// Takes a further name of a file, which is entry `entry` of that name.
    pub fn record_link(&mut self, name: &[u8], target: &[u8], entry: u32) {
        if self.links.len() < MAX_LINKS {
            let target = hash(&components(target));
            let target_entry = self.recorded.entries(target);
            self.links.push(HardLink { target, target_entry, entry, name: name.to_vec() });
        }
    }

    /// Further names of entry `entry` of a path, in order, each with the number of its own entry.
    pub fn other_names(&self, path: &[u8], entry: u32) -> impl Iterator<Item = (&[u8], u32)> {
        let wanted = (hash(&components(path)), entry);
        let start = self.links.partition_point(|link| (link.target, link.target_entry) < wanted);
        let links = self.links[start..].iter().take_while(move |link| (link.target, link.target_entry) == wanted);
        links.map(|link| (link.name.as_slice(), link.entry))
    }

    /// Names that this layer gives a file which earlier ones have at a path, each with the number of its own entry.
    pub fn names_of_earlier(&self, path: &[u8]) -> impl Iterator<Item = (&[u8], u32)> {
        let is_own = self.has(path);
        self.other_names(path, 1).filter(move |_| !is_own)
    }

    /// Takes a symbolic link.
    pub fn record_symlink(&mut self, name: &[u8], target: &[u8]) {
        if self.folders.len() < MAX_LINKS {
            let folder = if target.starts_with(b"/") { &[][..] } else { name };
            let end = folder.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
            let target = hash(&components(&[&folder[..end], b"/", target].concat()));
            self.folders.push(Folder { target, name: name.to_vec() });
        }
    }

    /// Further names of a path by links of this layer to folders above it, each with the name of the link.
    pub fn aliases(&self, path: &[u8]) -> Vec<(Vec<u8>, &[u8])> {
        if self.folders.is_empty() {
            return Vec::new();
        }
        let parts = components(path);
        let below = |length: usize| {
            let target = hash(&parts[..length]);
            let rest = parts[length..].join(&b'/');
            let start = self.folders.partition_point(|folder| folder.target < target);
            let folders = self.folders[start..].iter().take_while(move |folder| folder.target == target);
            folders.map(move |Folder { name, .. }| ([name, &b"/"[..], &rest].concat(), name.as_slice()))
        };
        (1..parts.len()).flat_map(below).collect()
    }

    /// Further names of all files and folders.
    pub fn all_other_names(&self) -> impl Iterator<Item = &[u8]> {
        let folders = self.folders.iter().map(|folder| folder.name.as_slice());
        self.links.iter().map(|link| link.name.as_slice()).chain(folders)
    }

    /// Forgets mode, owner and further names of all files of this layer but these.
    pub fn keep_facts<'a>(&mut self, paths: impl Iterator<Item = &'a [u8]>) {
        let wanted: HashSet<u64> = paths.map(|path| hash(&components(path))).collect();
        self.facts.retain(|(path, _)| wanted.contains(path));
        let files = &self.files;
        self.links.retain(|link| wanted.contains(&link.target) || !has(files, link.target));
    }

    /// Ends the recording.
    pub fn seal(&mut self) {
        self.facts.sort_by_key(|(path, _)| *path);
        self.facts.shrink_to_fit();
        self.links.sort();
        self.links.dedup();
        self.links.shrink_to_fit();
        let Recorded { files, directories, repeated, replacing } = std::mem::take(&mut self.recorded);
        self.replacing = replacing.into_iter().collect();
        self.replacing.sort_unstable();
        self.repeated = repeated.into_iter().collect();
        self.repeated.sort_unstable();
        self.files = files.into_iter().collect();
        self.directories = directories.into_iter().collect();
        for list in [&mut self.files, &mut self.directories, &mut self.whiteouts, &mut self.opaque] {
            if list.len() >= MAX_PATHS {
                list.clear();
            }
            list.sort_unstable();
            list.dedup();
            list.shrink_to_fit();
        }
        let files = &self.files;
        self.folders.retain(|folder| !has(files, folder.target));
        self.folders.sort();
        self.folders.dedup();
        self.folders.shrink_to_fit();
    }

    /// Whether entry `entry` of a path is not in what this layer makes: it removes another, or a later entry is in its place or in that
    /// of a directory above. 0 is the path itself.
    pub fn hides_own(&self, path: &[u8], entry: u32) -> bool {
        let parts = components(path);
        if parts.last().is_some_and(|base| base.starts_with(WHITEOUT)) {
            return true;
        }
        let wanted = hash(&parts);
        let found = self.repeated.binary_search_by_key(&wanted, |(path, _)| *path);
        let is_in_replaced = || {
            !self.replacing.is_empty() && (1..parts.len()).any(|length| has(&self.replacing, hash(&parts[..length])))
        };
        entry > 0 && found.is_ok_and(|index| self.repeated[index].1 > entry) || is_in_replaced()
    }

    /// Whether there is something at a path with this layer, whatever earlier ones have there.
    pub fn has(&self, path: &[u8]) -> bool {
        let whole = hash(&components(path));
        has(&self.files, whole) || has(&self.directories, whole)
    }

    /// Whether this layer hides what an earlier one has at a path.
    pub fn hides(&self, path: &[u8]) -> bool {
        self.hides_below(path, b"")
    }

    /// The same by what is below a folder alone.
    pub fn hides_below(&self, path: &[u8], folder: &[u8]) -> bool {
        let depth = components(folder).len();
        let parts = components(path);
        let whole = hash(&parts);
        if has(&self.files, whole) || has(&self.directories, whole) || has(&self.whiteouts, whole) {
            return true;
        }
        (depth..parts.len()).any(|length| {
            let above = hash(&parts[..length]);
            has(&self.opaque, above) || (length > depth && (has(&self.files, above) || has(&self.whiteouts, above)))
        })
    }
}

impl Recorded {
    /// Takes an entry of a path; its number. A directory that is named again is the same.
    fn add(&mut self, path: u64, is_directory: bool) -> u32 {
        let (these, others) = match is_directory {
            true => (&mut self.directories, &self.files),
            false => (&mut self.files, &self.directories),
        };
        let is_there = these.contains(&path);
        if !is_there && these.len() < MAX_PATHS {
            these.insert(path);
        }
        let is_changed = others.contains(&path);
        if is_there && !is_directory || is_changed {
            let entries = self.repeated.entry(path).or_insert(1);
            *entries += 1;
        }
        if is_changed && !is_directory {
            self.replacing.insert(path);
        } else if is_changed {
            self.replacing.remove(&path);
        }
        self.entries(path)
    }

    fn entries(&self, path: u64) -> u32 {
        self.repeated.get(&path).copied().unwrap_or(1)
    }
}

fn has(list: &[u64], value: u64) -> bool {
    list.binary_search(&value).is_ok()
}

fn push(list: &mut Vec<u64>, value: u64) {
    if list.len() < MAX_PATHS {
        list.push(value);
    }
}

/// The parts of a path, read as if it stood at the root: `./a//b/../c` is `a`, `c`.
pub(super) fn components(path: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts
}

/// Stands for the way in which paths are hashed, and for which of them are kept.
pub(super) fn check() -> u64 {
    hash(&[b"etc", b"passwd", b"2"])
}

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        hasher.write(part);
        hasher.write_u8(b'/');
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
