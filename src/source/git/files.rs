//! Files of a repository's own folder that are no objects: config, reflogs, hooks, credentials, what a fetch or a merge left
//! behind, and LFS objects. Never followed out of the folder, never run.

use std::fs;
use std::path::{Path, PathBuf};

use super::deliver::Delivery;
use super::{lfs, text};
use crate::blob::{Blob, Item, Reason};
use crate::origin::{Origin, Step, TextKind};
use crate::source::regular_file;

/// What is read as objects, refs or index, or is a repository of its own.
const ELSEWHERE: &[&str] = &["objects", "refs", "modules", "packed-refs", "reftable", "shallow", "index"];
/// Folders within folders, at most: git makes a handful.
const DEEPEST: usize = 64;
/// Reflogs are read whole up to this many bytes; larger ones as they are, with their ids.
const LARGEST_LOG: u64 = 32 << 20;

/// What the folder of a repository is called, below what: `.git` of the repository itself; of a submodule, a folder in that of
/// the repository which keeps it.
pub(super) struct Called {
    pub origin: Origin,
    pub folder: String,
}

impl Called {
    /// Where something lies whose name begins with `.git`.
    pub(super) fn at(&self, name: &str) -> Origin {
        let below = name.strip_prefix(".git").unwrap_or(name);
        self.origin.at_path(format!("{}{below}", self.folder))
    }
}

/// Reads them. What LFS keeps is read after the objects, when its pointers are known: see [`read_lfs`].
pub(super) fn read(delivery: &Delivery<'_>, called: &Called, git_dir: &Path, common_dir: &Path) -> Vec<LfsObject> {
    let mut reader = Reader { delivery, called, lfs: Vec::new(), buffer: Vec::new(), text: Vec::new() };
    reader.folder(common_dir, ".git", 0);
    // Of a linked work tree the folder lies in the common one, unless somebody moved it.
    if !git_dir.starts_with(common_dir) {
        reader.folder(git_dir, ".git", 0);
    }
    reader.lfs
}

/// A file that LFS keeps.
pub(super) struct LfsObject {
    oid: String,
    path: PathBuf,
    /// Where it lies, as told where no pointer leads to it.
    origin: Origin,
}

/// Reads what LFS keeps: each as the content of the pointers that stand for it, so that it is told at their paths.
pub(super) fn read_lfs(delivery: &Delivery<'_>, objects: &[LfsObject]) {
    let pointers = delivery.pointers();
    let mut buffer = Vec::new();
    for LfsObject { oid, path, origin } in objects {
        let own = pointers.get(oid).into_iter().flatten().map(|pointer| pointer.with(Step::Lfs { oid: oid.clone() }));
        let mut origins: Vec<Origin> = own.collect();
        if origins.is_empty() {
            origins.push(origin.clone());
        }
        for origin in origins {
            if delivery.sink.stopped() {
                return;
            }
            regular_file::push(path, &origin, &mut buffer, delivery.sink);
        }
    }
}

struct Reader<'a> {
    delivery: &'a Delivery<'a>,
    called: &'a Called,
    lfs: Vec<LfsObject>,
    buffer: Vec<u8>,
    text: Vec<u8>,
}

impl Reader<'_> {
    fn folder(&mut self, folder: &Path, name: &str, depth: usize) {
        let origin = self.called.at(name);
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.delivery.skip(origin, Reason::Unreadable, error.to_string()),
        };
        let mut entries: Vec<_> = entries.flatten().map(|entry| (entry.file_name(), entry.path())).collect();
        entries.sort();
        for (file_name, path) in entries {
            let file_name = file_name.to_string_lossy();
            let is_elsewhere = depth == 0 && ELSEWHERE.contains(&&*file_name)
                || name == ".git/worktrees" && file_name == "index"
                || name.starts_with(".git/worktrees/") && matches!(&*file_name, "index" | "reftable");
            if self.delivery.sink.stopped() || is_elsewhere || file_name.ends_with(".lock") {
                continue;
            }
            self.entry(&path, &format!("{name}/{file_name}"), depth);
        }
    }

    fn entry(&mut self, path: &Path, name: &str, depth: usize) {
        let origin = self.called.at(name);
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() && depth < DEEPEST => self.folder(path, name, depth + 1),
            Ok(found) if found.is_dir() => {
                self.delivery.skip(origin, Reason::TooDeep, format!("folders nested deeper than {DEEPEST}"));
            }
            Ok(found) if found.is_file() => self.file(path, &origin, name, found.len()),
            Ok(found) if found.is_symlink() => {
                let target = fs::read_link(path).map(PathBuf::into_os_string).unwrap_or_default();
                let text = origin.with(Step::Text { kind: TextKind::LinkTarget });
                self.put(text, target.as_encoded_bytes());
                self.delivery.skip(origin, Reason::LinkNotFollowed, "");
            }
            Ok(_) => self.delivery.skip(origin, Reason::SpecialFile, ""),
            Err(error) => self.delivery.skip(origin, Reason::Unreadable, error.to_string()),
        }
    }

    fn file(&mut self, path: &Path, origin: &Origin, name: &str, size: u64) {
        if let Some(oid) = lfs::oid_of(name) {
            return self.lfs.push(LfsObject { oid, path: path.to_owned(), origin: origin.clone() });
        }
        let is_log = name.starts_with(".git/logs/") || name.contains("/logs/") && name.starts_with(".git/worktrees/");
        if is_log && size <= LARGEST_LOG {
            return match fs::read(path) {
                Ok(log) => {
                    let mut text = std::mem::take(&mut self.text);
                    text::log_without_ids(&log, &mut text);
                    self.put(origin.clone(), &text);
                    self.text = text;
                }
                Err(error) => self.delivery.skip(origin.clone(), Reason::Unreadable, error.to_string()),
            };
        }
        let is_config = matches!(name.rsplit('/').next(), Some("config" | "config.worktree"));
        let origin =
            if is_config { origin.with(Step::Text { kind: TextKind::RepositoryConfig }) } else { origin.clone() };
        regular_file::push(path, &origin, &mut self.buffer, self.delivery.sink);
    }

    fn put(&self, origin: Origin, bytes: &[u8]) {
        self.delivery.sink.put(Item::Blob(Blob::bytes(origin, bytes)));
    }
}

/// Repositories of submodules, in `modules` of a repository's folder: each with the name it has there.
pub(super) fn modules(common_dir: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut waiting = vec![(common_dir.join("modules"), String::new(), 0)];
    while let Some((folder, name, depth)) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            let path = entry.path();
            let file_name = entry.file_name().to_string_lossy().into_owned();
            let name = if name.is_empty() { file_name } else { format!("{name}/{file_name}") };
            if path.join("HEAD").is_file() && path.join("objects").is_dir() {
                // A submodule may have submodules.
                waiting.push((path.join("modules"), format!("{name}/modules"), depth + 1));
                found.push((name, path));
            } else if depth < DEEPEST {
                waiting.push((path, name, depth + 1));
            }
        }
    }
    found.sort();
    found
}
