//! Indexes and manifests as they are written, and what they and the names in a tar say by themselves.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::error::Category;

use super::digest::digest_parts;
use super::platform::platform_name;

/// A reference to a blob, as indexes and manifests write it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub media_type: Option<String>,
    pub digest: String,
    pub size: Option<u64>,
    pub annotations: Option<BTreeMap<String, String>>,
    pub platform: Option<Platform>,
}

/// The platform of an entry of an index.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Platform {
    pub os: String,
    pub architecture: String,
    pub variant: Option<String>,
}

impl Platform {
    /// Attestations stand in an index with a platform that is none.
    pub fn is_known(&self) -> bool {
        self.os != "unknown" || self.architecture != "unknown"
    }

    pub fn name(&self) -> String {
        platform_name(&self.os, &self.architecture, self.variant.as_deref())
    }
}

/// An index or a manifest, of OCI or Docker, told apart by what it has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub manifests: Option<Vec<Descriptor>>,
    pub config: Option<Descriptor>,
    pub layers: Option<Vec<Descriptor>>,
    pub blobs: Option<Vec<Descriptor>>,
    pub annotations: Option<BTreeMap<String, String>>,
    pub artifact_type: Option<String>,
    pub fs_layers: Option<IgnoredAny>,
}

/// An entry of the `manifest.json` of a `docker save` tar.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Saved {
    pub config: Option<String>,
    pub repo_tags: Option<Vec<String>>,
    pub layers: Option<Vec<String>>,
}

/// Where an image begins.
#[derive(Debug, Clone)]
pub(super) enum Root {
    /// A manifest or index by its digest.
    Descriptor(Descriptor),
    /// An entry of `manifest.json`.
    Saved(Saved),
}

impl Root {
    /// The tag or name the store has for it.
    pub fn name(&self) -> Option<&str> {
        match self {
            Root::Descriptor(descriptor) => {
                let annotations = descriptor.annotations.as_ref()?;
                // containerd and Docker keep the whole reference beside the tag alone.
                annotations
                    .get("io.containerd.image.name")
                    .or_else(|| annotations.get("org.opencontainers.image.ref.name"))
                    .map(String::as_str)
            }
            Root::Saved(saved) => saved.repo_tags.as_ref()?.first().map(String::as_str),
        }
    }
}

/// The entries of an index; `None` where it is none.
pub(super) fn entries_of_index(bytes: &[u8]) -> Option<Vec<Descriptor>> {
    serde_json::from_slice::<Document>(bytes).ok()?.manifests
}

/// What tells the images of a store from others: digests of manifests, or else of configs.
pub(super) fn identities(roots: &[Root]) -> Vec<String> {
    let identity = |root: &Root| match root {
        Root::Descriptor(descriptor) => Some(descriptor.digest.clone()),
        Root::Saved(saved) => saved.config.as_ref().map(|name| named_digest(name).unwrap_or_else(|| name.clone())),
    };
    roots.iter().filter_map(identity).collect()
}

/// Where a JSON document is damaged, or says what it should not; the error's own text could quote it.
pub(super) fn position(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Data if error.to_string().starts_with("duplicate field") => "a key that stands there twice",
        Category::Data => "a value of the wrong kind",
        Category::Io | Category::Syntax | Category::Eof => "no valid JSON",
    };
    format!("{what} at line {}, column {}", error.line(), error.column())
}

/// Keys of indexes and manifests that lead to content.
const KEYS: [&str; 12] = [
    "manifests",
    "config",
    "layers",
    "blobs",
    "fsLayers",
    "mediaType",
    "artifactType",
    "digest",
    "size",
    "platform",
    "os",
    "architecture",
];

/// Keys of an entry of `manifest.json`.
const SAVED_KEYS: [&str; 3] = ["Config", "RepoTags", "Layers"];

/// A key that stands in another case in an index or manifest. Clients that are written in Go take it as if it stood as it
/// should, and what they then pull is not what was read here.
pub(super) fn key_in_other_case(document: &Value) -> Option<&'static str> {
    match document {
        Value::Array(items) => items.iter().find_map(key_in_other_case),
        Value::Object(fields) => fields.iter().find_map(|(key, value)| {
            // Annotations have keys of their own.
            let below = if key == "annotations" { None } else { key_in_other_case(value) };
            in_other_case(key, &KEYS).or(below)
        }),
        _ => None,
    }
}

/// The same for `manifest.json`.
pub(super) fn saved_key_in_other_case(list: &[u8]) -> Option<&'static str> {
    let entries: Vec<BTreeMap<String, IgnoredAny>> = serde_json::from_slice(list).ok()?;
    entries.iter().flat_map(BTreeMap::keys).find_map(|key| in_other_case(key, &SAVED_KEYS))
}

fn in_other_case(key: &str, keys: &[&'static str]) -> Option<&'static str> {
    // As Go folds them: the long s and the sign of Kelvin are letters in another case, too.
    let fold = |key: &str| key.to_uppercase().to_lowercase();
    let folded = fold(key);
    keys.iter().find(|known| **known != key && fold(known) == folded).copied()
}

/// The digest in a name `blobs/ALGORITHM/HEX`, which must be that of its bytes.
pub(super) fn blob_digest(name: &[u8]) -> Option<String> {
    let (algorithm, hex) = std::str::from_utf8(name).ok()?.strip_prefix("blobs/")?.split_once('/')?;
    let digest = format!("{algorithm}:{hex}");
    digest_parts(&digest).is_some().then_some(digest)
}

/// The digest that a name in a `docker save` tar holds: `HEX.json`, `HEX.tar.gz`, `sha256:HEX`, `blobs/sha256/HEX`.
/// Tools differ in which bytes it is of, so that only [`blob_digest`] is verified.
pub(super) fn named_digest(name: &str) -> Option<String> {
    if let Some(digest) = blob_digest(name.as_bytes()) {
        return Some(digest);
    }
    let stem = name.strip_prefix("sha256:").unwrap_or(name);
    let stem = stem.split_once('.').map_or(stem, |(stem, _)| stem);
    (stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| format!("sha256:{stem}"))
}
