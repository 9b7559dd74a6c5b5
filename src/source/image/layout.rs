//! An OCI layout in a directory: `index.json` and `blobs/ALGORITHM/HEX`.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::document::{Descriptor, Document, Root, position};
use super::store::{Key, Loss, Store, digest_parts, read_document};
use crate::blob::Reason;

/// A layout in a directory.
pub(super) struct Layout {
    directory: PathBuf,
}

/// Whether a directory looks like a layout.
pub(super) fn is_layout(directory: &Path) -> bool {
    directory.join("index.json").is_file()
        && (directory.join("oci-layout").is_file() || directory.join("blobs").is_dir())
}

/// The roots in the bytes of an `index.json`.
pub(super) fn index_roots(bytes: &[u8]) -> Result<Vec<Root>, String> {
    let index: Document = serde_json::from_slice(bytes).map_err(|error| format!("index.json: {}", position(&error)))?;
    let descriptors: Vec<Descriptor> = index.manifests.ok_or("index.json has no list of manifests")?;
    Ok(descriptors.into_iter().map(Root::Descriptor).collect())
}

impl Layout {
    /// Opens a layout and reads its index.
    pub fn open(directory: &Path) -> Result<(Self, Vec<Root>), String> {
        let mut file =
            open_file(&directory.join("index.json")).map_err(|loss| format!("index.json: {}", loss.detail))?;
        let bytes = read_document(&mut file).map_err(|loss| format!("index.json: {}", loss.detail))?;
        Ok((Layout { directory: directory.to_owned() }, index_roots(&bytes)?))
    }

    fn blob_path(&self, digest: &str) -> Option<PathBuf> {
        let (algorithm, hex) = digest_parts(digest)?;
        Some(self.directory.join("blobs").join(algorithm).join(hex))
    }
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
            Key::Name(_) => None,
        };
        let path = path.ok_or_else(|| Loss::new(Reason::Missing, "no valid digest"))?;
        Ok(Box::new(open_file(&path)?))
    }

    fn beside(&self, used: &HashSet<Key>) -> Vec<(Vec<u8>, Key)> {
        let names = |directory: &Path| -> Vec<String> {
            let entries = fs::read_dir(directory).into_iter().flatten().flatten();
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
        };
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
        beside.sort();
        beside
    }

    fn may_be_partial(&self) -> bool {
        true
    }
}
