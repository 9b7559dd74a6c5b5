//! An image in a directory: an OCI layout (`index.json` and `blobs/ALGORITHM/HEX`), or what the transport `dir` of skopeo and
//! podman writes (`version`, `manifest.json`, blobs by the digits of their digests, further manifests as `HEX.manifest.json`).

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::digest::{Hasher, digest_parts};
use super::document::{Descriptor, Document, Root, blob_digest, position};
use super::store::{Key, Loss, Said, Store, read_document};
use crate::blob::Reason;
use crate::origin::{TextKind, slashed};

/// How the file `version` begins.
const FLAT: &[u8; 27] = b"Directory Transport Version";

/// An image in a directory.
pub(super) struct Layout {
    directory: PathBuf,
    /// Digest of the one manifest that stands under no digest; `None` of an OCI layout.
    flat: Option<String>,
    /// What lies in it, listed when it is first asked for.
    listed: OnceLock<Vec<PathBuf>>,
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
            return Ok((Layout { directory, flat: Some(digest), listed: OnceLock::new() }, vec![root]));
        }
        let roots = index_roots(&read("index.json")?)?;
        Ok((Layout { directory, flat: None, listed: OnceLock::new() }, roots))
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

    /// Whether a path below the folder is that of a blob, and its key.
    fn key_of(&self, path: &[u8]) -> Key {
        let digest = match &self.flat {
            None => blob_digest(path),
            Some(_) => {
                let hex = path.strip_suffix(b".manifest.json").unwrap_or(path);
                let digest = std::str::from_utf8(hex).ok().map(|hex| format!("sha256:{hex}"));
                digest.filter(|digest| digest_parts(digest).is_some())
            }
        };
        digest.map_or_else(|| Key::Name(path.to_vec()), Key::Digest)
    }

    /// Paths of all that lies in the folder, in order; of folders only those that cannot be looked into. Links are followed only
    /// where blobs are kept elsewhere, and to nothing but blobs.
    fn paths(&self) -> &[PathBuf] {
        self.listed.get_or_init(|| self.list())
    }

    fn list(&self) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        let mut folders = vec![(PathBuf::new(), false)];
        while let Some((folder, is_elsewhere)) = folders.pop() {
            let Ok(entries) = fs::read_dir(self.directory.join(&folder)) else {
                paths.push(folder);
                continue;
            };
            for entry in entries {
                let Ok(entry) = entry else {
                    paths.push(folder.clone());
                    break;
                };
                let path = folder.join(entry.file_name());
                let kind = entry.file_type().ok();
                let is_link = kind.is_some_and(|kind| kind.is_symlink());
                let may_keep_blobs = self.flat.is_none() && path.starts_with("blobs") && path.components().count() <= 2;
                let keeps_blobs = may_keep_blobs && self.directory.join(&path).is_dir();
                if keeps_blobs || !is_elsewhere && kind.is_some_and(|kind| kind.is_dir()) {
                    folders.push((path.clone(), is_elsewhere || is_link));
                    if !is_link {
                        continue;
                    }
                }
                if !is_elsewhere || matches!(self.key_of(&slashed(&path)), Key::Digest(_)) {
                    paths.push(path);
                }
            }
        }
        paths.sort();
        paths
    }

    /// Opens what lies at a path below the folder. Of a link its target is all that is read.
    fn open_at(&self, path: &Path) -> Result<Box<dyn Read + Send>, Loss> {
        let whole = self.directory.join(path);
        let kind = fs::symlink_metadata(&whole).map(|metadata| metadata.file_type());
        match kind {
            Ok(kind) if kind.is_symlink() && !path.as_os_str().is_empty() => {
                let target = fs::read_link(&whole).map_err(|error| Loss::new(Reason::Unreadable, error.to_string()))?;
                Ok(Box::new(Cursor::new(target.into_os_string().into_encoded_bytes())))
            }
            Ok(kind) if kind.is_dir() => {
                let error = fs::read_dir(&whole).err().map(|error| error.to_string());
                Err(Loss::new(Reason::Unreadable, error.unwrap_or_default()))
            }
            Ok(kind) if !kind.is_file() => Err(Loss::new(Reason::SpecialFile, "")),
            _ => Ok(Box::new(open_file(&whole)?)),
        }
    }
}

/// A path that was written with slashes.
#[cfg(unix)]
fn path_of(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

/// A path that was written with slashes.
#[cfg(not(unix))]
fn path_of(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
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
            // Names are those of `beside` and `lists`; what a manifest says is no path.
            Key::Name(name) => return self.open_at(&path_of(name)),
            Key::Shadowed(_) => None,
        };
        let path = path.ok_or_else(|| Loss::new(Reason::Missing, "no valid digest"))?;
        Ok(Box::new(open_file(&path)?))
    }

    fn beside(&self, used: &HashSet<Key>) -> Vec<(Vec<u8>, Key)> {
        let read_before = if self.flat.is_some() { "manifest.json" } else { "index.json" };
        let is_list =
            |path: &Path| path.to_str().is_some_and(|path| path == read_before || self.lists().contains(&path));
        let paths = self.paths().iter().filter(|path| !is_list(path));
        let keyed = paths.map(|path| slashed(path)).map(|path| (path.clone(), self.key_of(&path)));
        keyed.filter(|(_, key)| !used.contains(key)).collect()
    }

    fn lists(&self) -> &'static [&'static str] {
        if self.flat.is_some() { &["version"] } else { &["manifest.json", "oci-layout", "repositories"] }
    }

    fn said(&self) -> Said {
        let mut said = Said::default();
        self.paths().iter().for_each(|path| said.add(TextKind::FileName, &slashed(path)));
        said
    }

    fn index(&self) -> Option<Vec<u8>> {
        let index = open_file(&self.directory.join("index.json")).ok().filter(|_| self.flat.is_none());
        read_document(&mut index?).ok()
    }

    fn may_be_partial(&self) -> bool {
        true
    }
}
