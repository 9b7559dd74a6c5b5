//! Which paths each layer writes and removes, as sorted 64-bit hashes: enough to tell what a later layer hides.

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;

use serde::{Deserialize, Serialize};

use crate::finding::FileFacts;
use crate::origin::text_or_bytes;

/// Paths kept for one layer at most (64 MiB of hashes each kind); of a layer with more, nothing is said to be hidden.
const MAX_PATHS: usize = 8 << 20;

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
    /// Further names of files; kept of those in which something was found.
    links: Vec<HardLink>,
}

/// A further name of a file of the same layer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct HardLink {
    /// The path that has the content.
    target: u64,
    #[serde(with = "text_or_bytes")]
    name: Vec<u8>,
}

impl LayerPaths {
    /// Takes an entry's name.
    pub fn record(&mut self, name: &[u8], is_directory: bool) {
        let mut parts = components(name);
        let Some(base) = parts.last().copied() else { return };
        if base == b".wh..wh..opq" {
            parts.pop();
            push(&mut self.opaque, hash(&parts));
        } else if let Some(removed) = base.strip_prefix(b".wh.") {
            parts.pop();
            // Names such as `.wh..wh.plnk` are a storage driver's own and remove nothing.
            if !removed.starts_with(b".wh.") {
                parts.push(removed);
                push(&mut self.whiteouts, hash(&parts));
            }
        } else {
            push(if is_directory { &mut self.directories } else { &mut self.files }, hash(&parts));
        }
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

    /// Takes a further name of a file.
    pub fn record_link(&mut self, name: &[u8], target: &[u8]) {
        if self.links.len() < MAX_LINKS {
            self.links.push(HardLink { target: hash(&components(target)), name: name.to_vec() });
        }
    }

    /// Further names of a file, in order.
    pub fn other_names(&self, path: &[u8]) -> impl Iterator<Item = &[u8]> {
        let wanted = hash(&components(path));
        let start = self.links.partition_point(|link| link.target < wanted);
        self.links[start..].iter().take_while(move |link| link.target == wanted).map(|link| link.name.as_slice())
    }

    /// Further names of all files.
    pub fn all_other_names(&self) -> impl Iterator<Item = &[u8]> {
        self.links.iter().map(|link| link.name.as_slice())
    }

    /// Forgets mode, owner and further names of all files but these.
    pub fn keep_facts<'a>(&mut self, paths: impl Iterator<Item = &'a [u8]>) {
        let wanted: HashSet<u64> = paths.map(|path| hash(&components(path))).collect();
        self.facts.retain(|(path, _)| wanted.contains(path));
        self.links.retain(|link| wanted.contains(&link.target));
    }

    /// Ends the recording.
    pub fn seal(&mut self) {
        self.facts.sort_by_key(|(path, _)| *path);
        self.facts.shrink_to_fit();
        self.links.sort();
        self.links.dedup();
        self.links.shrink_to_fit();
        for list in [&mut self.files, &mut self.directories, &mut self.whiteouts, &mut self.opaque] {
            if list.len() >= MAX_PATHS {
                list.clear();
            }
            list.sort_unstable();
            list.dedup();
            list.shrink_to_fit();
        }
    }

    /// Whether this layer hides what an earlier one has at a path.
    pub fn hides(&self, path: &[u8]) -> bool {
        let parts = components(path);
        let has = |list: &[u64], value: u64| list.binary_search(&value).is_ok();
        let whole = hash(&parts);
        if has(&self.files, whole) || has(&self.directories, whole) || has(&self.whiteouts, whole) {
            return true;
        }
        (0..parts.len()).any(|length| {
            let above = hash(&parts[..length]);
            has(&self.opaque, above) || (length > 0 && (has(&self.files, above) || has(&self.whiteouts, above)))
        })
    }
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

/// Stands for the way in which paths are hashed.
pub(super) fn check() -> u64 {
    hash(&[b"etc", b"passwd"])
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
mod tests {
    use super::*;

    fn layer(names: &[&str]) -> LayerPaths {
        let mut paths = LayerPaths::default();
        for name in names {
            paths.record(name.as_bytes(), name.ends_with('/'));
        }
        paths.seal();
        paths
    }

    #[test]
    fn a_file_of_the_same_path_hides() {
        assert!(layer(&["./etc/passwd"]).hides(b"etc/passwd"));
        assert!(!layer(&["etc/passwd-"]).hides(b"etc/passwd"));
    }

    #[test]
    fn a_directory_hides_a_file_and_not_what_is_in_a_directory() {
        assert!(layer(&["app/"]).hides(b"app"));
        assert!(!layer(&["app/"]).hides(b"app/key"));
    }

    #[test]
    fn a_file_in_the_place_of_a_directory_hides_all_below() {
        assert!(layer(&["app"]).hides(b"app/conf/key"));
    }

    #[test]
    fn whiteouts_remove_a_path_and_all_below() {
        let later = layer(&["app/.wh.conf"]);
        assert!(later.hides(b"app/conf"));
        assert!(later.hides(b"app/conf/deep/key"));
        assert!(!later.hides(b"app/config"));
    }

    #[test]
    fn the_last_mode_and_owner_of_a_path_count() {
        let mut paths = LayerPaths::default();
        let facts = |mode| FileFacts { mode, user: 1, group: 2 };
        for (name, mode) in [("etc/key", 0o644), ("a", 0o755), ("./etc/key", 0o600)] {
            paths.record_facts(name.as_bytes(), facts(mode));
        }
        paths.seal();
        assert_eq!(paths.facts(b"etc/key"), Some(facts(0o600)));
        assert_eq!(paths.facts(b"etc/other"), None);
    }

    #[test]
    fn further_names_of_a_file_are_known() {
        let mut paths = LayerPaths::default();
        for (name, target) in [("c", "./a"), ("b", "a"), ("e", "d"), ("b", "/a")] {
            paths.record_link(name.as_bytes(), target.as_bytes());
        }
        paths.seal();
        assert_eq!(paths.other_names(b"a").collect::<Vec<_>>(), [b"b", b"c"]);
        assert_eq!(paths.other_names(b"b").count(), 0);
        paths.keep_facts([&b"d"[..]].into_iter());
        assert_eq!(paths.all_other_names().collect::<Vec<_>>(), [b"e"]);
    }

    #[test]
    fn an_opaque_directory_hides_what_was_in_it() {
        let later = layer(&["app/.wh..wh..opq"]);
        assert!(later.hides(b"app/conf/key"));
        assert!(!later.hides(b"app"));
        assert!(layer(&[".wh..wh..opq"]).hides(b"anything"));
    }
}
