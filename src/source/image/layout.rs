//! An image in a directory: an OCI layout (`index.json` and `blobs/ALGORITHM/HEX`), or what the transport `dir` of skopeo and
//! podman writes (`version`, `manifest.json`, blobs by the digits of their digests, further manifests as `HEX.manifest.json`).

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::digest::{Hasher, digest_parts};
use super::document::{Descriptor, Document, Root, position};
use super::store::{Key, Loss, Store, read_document};
use crate::blob::Reason;

/// How the file `version` begins.
const FLAT: &[u8; 27] = b"Directory Transport Version";

/// An image in a directory.
pub(super) struct Layout {
    directory: PathBuf,
    /// Digest of the one manifest that stands under no digest; `None` of an OCI layout.
    flat: Option<String>,
}

/// Whether a directory looks like one.
pub(super) fn is_layout(directory: &Path) -> bool {
    let is_oci = directory.join("index.json").is_file()
        && (directory.join("oci-layout").is_file() || directory.join("blobs").is_dir());
    is_oci || is_flat(directory)
}

/// Whether its `version` says so.
fn is_flat(directory: &Path) -> bool {
    let mut head = [0; FLAT.len()];
    let version = open_file(&directory.join("version"));
    directory.join("manifest.json").is_file()
        && version.is_ok_and(|mut version| version.read_exact(&mut head).is_ok())
        && head == *FLAT
}

/// The roots in the bytes of an `index.json`.
pub(super) fn index_roots(bytes: &[u8]) -> Result<Vec<Root>, String> {
    let index: Document = serde_json::from_slice(bytes).map_err(|error| format!("index.json: {}", position(&error)))?;
    let descriptors: Vec<Descriptor> = index.manifests.ok_or("index.json has no list of manifests")?;
    if descriptors.is_empty() {
        return Err("its index.json names no image".to_owned());
    }
    Ok(descriptors.into_iter().map(Root::Descriptor).collect())
}

impl Layout {
    /// Opens a directory and reads its index or manifest.
    pub fn open(directory: &Path) -> Result<(Self, Vec<Root>), String> {
        let read = |name: &str| {
            let bytes = open_file(&directory.join(name)).and_then(|mut file| read_document(&mut file));
            bytes.map_err(|loss| format!("{name}: {}", loss.detail))
        };
        let directory = directory.to_owned();
        if !directory.join("index.json").is_file() && is_flat(&directory) {
            let mut hasher = Hasher::sha256();
            hasher.update(&read("manifest.json")?);
            let digest = hasher.finish();
            let root = Root::Descriptor(Descriptor { digest: digest.clone(), ..Descriptor::default() });
            return Ok((Layout { directory, flat: Some(digest) }, vec![root]));
        }
        let roots = index_roots(&read("index.json")?)?;
        Ok((Layout { directory, flat: None }, roots))
    }

    fn blob_path(&self, digest: &str) -> Option<PathBuf> {
        let (algorithm, hex) = digest_parts(digest)?;
        let Some(root) = &self.flat else { return Some(self.directory.join("blobs").join(algorithm).join(hex)) };
        if digest == root {
            return Some(self.directory.join("manifest.json"));
        }
        let manifest = self.directory.join(format!("{hex}.manifest.json"));
        Some(if manifest.is_file() { manifest } else { self.directory.join(hex) })
    }

    /// Files that no image refers to, where all stand side by side: signatures, and what is left of others.
    fn flat_beside(&self, used: &HashSet<Key>) -> Vec<(Vec<u8>, Key)> {
        let is_used = |name: &str| {
            let digest = Key::Digest(format!("sha256:{}", name.strip_suffix(".manifest.json").unwrap_or(name)));
            ["version", "manifest.json"].contains(&name) || used.contains(&digest)
        };
        let key = |name: String| (name.clone().into_bytes(), Key::Name(name.into_bytes()));
        names(&self.directory).into_iter().filter(|name| !is_used(name)).map(key).collect()
    }
}

/// Names of the files of a directory, in order.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Opens a regular file: a fifo in its place would never answer.
fn open_file(path: &Path) -> Result<File, Loss> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Loss::new(Reason::Missing, "it is not in the layout"),
        _ => Loss::new(Reason::Unreadable, error.to_string()),
    })?;
    if !metadata.is_file() {
        return Err(Loss::new(Reason::Unreadable, "not a regular file"));
    }
    File::open(path).map_err(|error| Loss::new(Reason::Unreadable, error.to_string()))
}

impl Store for Layout {
    fn open(&self, key: &Key) -> Result<Box<dyn Read + Send + '_>, Loss> {
        let path = match key {
            Key::Digest(digest) => self.blob_path(digest),
            // Names are those of `beside`; what a manifest says is no path.
            Key::Name(name) => {
                let name = std::str::from_utf8(name).ok().filter(|name| self.flat.is_some() && !name.contains('/'));
                name.map(|name| self.directory.join(name))
            }
        };
        let path = path.ok_or_else(|| Loss::new(Reason::Missing, "no valid digest"))?;
        Ok(Box::new(open_file(&path)?))
    }

    fn beside(&self, used: &HashSet<Key>) -> Vec<(Vec<u8>, Key)> {
        if self.flat.is_some() {
            let beside = self.flat_beside(used).into_iter();
            return beside.filter(|(_, key)| self.open(key).is_ok()).collect();
        }
        let blobs = self.directory.join("blobs");
        let mut beside = Vec::new();
        for algorithm in names(&blobs) {
            for hex in names(&blobs.join(&algorithm)) {
                let key = Key::Digest(format!("{algorithm}:{hex}"));
                if !used.contains(&key) && self.open(&key).is_ok() {
                    beside.push((format!("blobs/{algorithm}/{hex}").into_bytes(), key));
                }
            }
        }
        beside
    }

    fn index(&self) -> Option<Vec<u8>> {
        let index = open_file(&self.directory.join("index.json")).ok().filter(|_| self.flat.is_none());
        read_document(&mut index?).ok()
    }

    fn may_be_partial(&self) -> bool {
        true
    }
}
