//! From a root (an index, a manifest, or an entry of a `docker save` tar) to the images below it: one path for every store.
//! Configs and annotations are pushed on the way; layers are only named.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::base::Base;
use super::config::{self, LayerFacts};
use super::document::{Descriptor, Document, Platform, Root, Saved, blob_digest, named_digest, position};
use super::store::{Key, Loss, Store, digest_parts, has_digest, read_document};
use crate::blob::{Blob, Item, Reason, Sink, Skip};
use crate::origin::{Origin, Step, TextKind};

/// Indexes within indexes, at most. Real ones have two levels.
const MAX_DEPTH: u32 = 16;

/// Manifests of one source, at most.
const MAX_MANIFESTS: usize = 100_000;

/// A layer of an image.
#[derive(Debug, Clone)]
pub(super) struct LayerRef {
    pub key: Key,
    /// Its digest, or its name in an old tar: what reports call it.
    pub label: String,
    pub media_type: String,
    /// Bytes as stored, if stated.
    pub size: Option<u64>,
    /// Digest that the stored bytes must have.
    pub digest: Option<String>,
    /// Digest that the uncompressed bytes must have.
    pub diff_id: Option<String>,
    pub instruction: Option<String>,
}

/// One image: what a manifest describes.
#[derive(Debug)]
pub(super) struct ImageLayers {
    /// Image, and platform where there are several.
    pub origin: Origin,
    /// Its layers, the lowest first.
    pub layers: Vec<LayerRef>,
    /// How many of them, from the lowest on, are those of the base image.
    pub inherited: usize,
    /// Digest of its config, and the lines of that.
    pub config: Option<(String, Vec<String>)>,
}

impl ImageLayers {
    /// The origin of one of its layers.
    pub fn layer_origin(&self, index: usize) -> Origin {
        let layer = &self.layers[index];
        self.origin.with(Step::Layer {
            digest: layer.label.clone(),
            index: u32::try_from(index).unwrap_or(u32::MAX),
            instruction: layer.instruction.clone(),
        })
    }
}

/// Follows roots down to images.
pub(super) struct Walk<'a> {
    store: &'a dyn Store,
    sink: &'a dyn Sink,
    platforms: &'a [String],
    /// Manifests and configs that were taken, so that each is read once and a cycle ends.
    seen: HashSet<Key>,
    images: Vec<ImageLayers>,
    /// Manifests of some platform that could not be had.
    absent: Vec<(Origin, Loss)>,
    asks_for_referrers: bool,
    /// Whether what is read now is attached to another manifest.
    is_attached: bool,
    /// The image that these were built on.
    base: Option<&'a Base>,
    /// Text that is the base image's.
    inherited: HashSet<Origin>,
    /// What a reader of the report should know.
    notes: BTreeSet<String>,
}

/// What a walk came to.
pub(super) struct Walked {
    /// The images.
    pub images: Vec<ImageLayers>,
    /// The keys of manifests, indexes and configs that were read.
    pub used: HashSet<Key>,
    /// Text that is the base image's.
    pub inherited: HashSet<Origin>,
    /// What a reader of the report should know.
    pub notes: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    pub fn new(store: &'a dyn Store, sink: &'a dyn Sink, platforms: &'a [String], base: Option<&'a Base>) -> Self {
        Walk {
            store,
            sink,
            platforms,
            seen: HashSet::new(),
            images: Vec::new(),
            absent: Vec::new(),
            asks_for_referrers: false,
            is_attached: false,
            base,
            inherited: HashSet::new(),
            notes: BTreeSet::new(),
        }
    }

    /// What it came to. What could not be had is said now: an archive that has one platform and the index of all has lost
    /// nothing.
    pub fn finish(self) -> Walked {
        let is_partial = self.store.may_be_partial() && !self.images.is_empty();
        for (origin, Loss { reason, detail }) in &self.absent {
            if is_partial && *reason == Reason::Missing {
                self.skip(origin.clone(), Reason::OtherPlatform, "the index has this platform and the archive has not");
            } else {
                self.skip(origin.clone(), *reason, format!("manifest: {detail}"));
            }
        }
        Walked { images: self.images, used: self.seen, inherited: self.inherited, notes: self.notes }
    }

    /// Takes all roots of a store with what is attached to them. `reference` is the target as the user wrote it.
    pub fn roots(&mut self, reference: &str, roots: &[Root]) {
        self.asks_for_referrers = true;
        self.images_of(reference, roots);
    }

    /// Takes all roots of a store.
    pub fn images_of(&mut self, reference: &str, roots: &[Root]) {
        for root in roots {
            let reference = match root.name().filter(|_| roots.len() > 1) {
                Some(name) => format!("{reference}:{name}"),
                None => reference.to_owned(),
            };
            match root {
                Root::Descriptor(descriptor) => {
                    let digest = Some(descriptor.digest.clone()).filter(|digest| !digest.is_empty());
                    let origin = Origin::new(Step::Image { reference, digest });
                    self.annotations(&origin, descriptor.annotations.as_ref());
                    self.entries(&origin, std::slice::from_ref(descriptor), roots.len() > 1, 0);
                    self.referrers(&origin, &descriptor.digest);
                }
                Root::Saved(saved) => self.saved(&Origin::new(Step::Image { reference, digest: None }), saved),
            }
        }
    }

    fn skip(&self, origin: Origin, reason: Reason, detail: impl Into<String>) {
        self.sink.put(Item::Skip(Skip::new(origin, reason, detail)));
    }

    fn annotations(&self, origin: &Origin, annotations: Option<&BTreeMap<String, String>>) {
        let mut text = String::new();
        for (key, value) in annotations.into_iter().flatten() {
            text.push_str(&format!("{key}={value}\n"));
        }
        if !text.is_empty() {
            let origin = origin.with(Step::Text { kind: TextKind::Annotation });
            self.sink.put(Item::Blob(Blob::bytes(origin, text.as_bytes())));
        }
    }

    /// The entries of an index, or a root as the only entry.
    fn entries(&mut self, image: &Origin, entries: &[Descriptor], several: bool, depth: u32) {
        for entry in entries {
            let platform = entry.platform.as_ref().filter(|platform| platform.is_known()).map(Platform::name);
            let origin = match &platform {
                Some(name) if several => image.with(Step::Platform { name: name.clone() }),
                _ => image.clone(),
            };
            if let Some(name) = &platform
                && !self.is_wanted(name)
            {
                self.skip(image.with(Step::Platform { name: name.clone() }), Reason::OtherPlatform, "");
                continue;
            }
            if !self.seen.insert(self.store.canonical(&Key::Digest(entry.digest.clone()))) {
                continue;
            }
            if self.seen.len() > MAX_MANIFESTS {
                self.skip(origin, Reason::TooManyMembers, "more than 100,000 manifests");
                return;
            }
            match self.store.manifest(&entry.digest) {
                Ok(bytes) => self.document(image, &origin, entry, &bytes, depth),
                Err(loss) if entry.platform.is_some() => self.absent.push((origin, loss)),
                Err(Loss { reason, detail }) => self.skip(origin, reason, format!("manifest: {detail}")),
            }
        }
    }

    /// What is attached to a manifest: signatures, attestations, lists of components. What is attached to these in turn is
    /// not asked for.
    fn referrers(&mut self, image: &Origin, digest: &str) {
        if !self.asks_for_referrers || self.is_attached {
            return;
        }
        match self.store.referrers(digest) {
            Ok(attached) => {
                self.is_attached = true;
                self.entries(image, &attached, false, 1);
                self.is_attached = false;
            }
            Err(Loss { reason, detail }) => {
                self.skip(image.clone(), reason, format!("what is attached to it: {detail}"))
            }
        }
    }

    fn is_wanted(&self, platform: &str) -> bool {
        self.platforms.is_empty()
            || self.platforms.iter().any(|wanted| {
                platform.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }

    fn document(&mut self, image: &Origin, origin: &Origin, entry: &Descriptor, bytes: &[u8], depth: u32) {
        if !has_digest(bytes, &entry.digest) {
            self.skip(origin.clone(), Reason::DigestMismatch, format!("manifest {}", entry.digest));
        }
        let document: Document = match serde_json::from_slice(bytes) {
            Ok(document) => document,
            Err(error) => {
                self.skip(origin.clone(), Reason::Corrupt, format!("manifest {}: {}", entry.digest, position(&error)));
                return;
            }
        };
        self.annotations(origin, document.annotations.as_ref());
        if let Some(entries) = &document.manifests {
            for entry in entries {
                self.annotations(origin, entry.annotations.as_ref());
            }
            if depth < MAX_DEPTH {
                self.entries(image, entries, entries.len() > 1, depth + 1);
            } else {
                self.skip(origin.clone(), Reason::TooDeep, "more than 16 indexes within each other");
            }
        } else if document.layers.is_some() || document.config.is_some() || document.blobs.is_some() {
            let is_image = document.artifact_type.is_none() && entry.platform.as_ref().is_none_or(Platform::is_known);
            self.manifest(origin, document);
            // Of a root it is asked with the root.
            if is_image && depth > 0 {
                self.referrers(origin, &entry.digest);
            }
        } else if document.fs_layers.is_some() {
            self.skip(origin.clone(), Reason::UnknownCodec, "a manifest of schema 1, which registries no longer serve");
        } else {
            self.skip(
                origin.clone(),
                Reason::Corrupt,
                format!("manifest {} has no layers and no manifests", entry.digest),
            );
        }
    }

    fn manifest(&mut self, origin: &Origin, document: Document) {
        let (facts, config) = match &document.config {
            Some(config) => {
                let key = Key::Digest(config.digest.clone());
                self.config(origin, &key, &config.digest, Some(&config.digest))
            }
            None => (LayerFacts::default(), None),
        };
        self.note_base(document.annotations.as_ref());
        // An entry of a layout often names no platform; its config does.
        if let Some(platform) = facts.platform.as_ref().filter(|platform| !self.is_wanted(platform)) {
            self.skip(origin.clone(), Reason::OtherPlatform, format!("the config is for {platform}"));
            return;
        }
        let descriptors = document.layers.into_iter().chain(document.blobs).flatten();
        let layers = descriptors.enumerate().map(|(index, layer)| {
            self.annotations(origin, layer.annotations.as_ref());
            LayerRef {
                key: self.store.canonical(&Key::Digest(layer.digest.clone())),
                label: layer.digest.clone(),
                media_type: layer.media_type.unwrap_or_default(),
                size: layer.size,
                digest: Some(layer.digest),
                diff_id: facts.diff_ids.get(index).cloned(),
                instruction: facts.instructions.get(index).cloned().flatten(),
            }
        });
        let layers = layers.collect();
        self.push(origin, layers, config);
    }

    fn push(&mut self, origin: &Origin, layers: Vec<LayerRef>, config: Option<(String, Vec<String>)>) {
        let inherited = self.base.map_or(0, |base| base.shared(&layers));
        self.images.push(ImageLayers { origin: origin.clone(), layers, inherited, config });
    }

    /// Labels and annotations name a base image. It is not looked up by itself: what is scanned does not say where this
    /// machine connects to, nor what counts as somebody else's.
    fn note_base(&mut self, told: Option<&BTreeMap<String, String>>) {
        let Some(name) = told.and_then(|told| told.get("org.opencontainers.image.base.name")) else { return };
        if self.base.is_some() || name.len() > 300 || name.contains(char::is_whitespace) {
            return;
        }
        let digest = told.and_then(|told| told.get("org.opencontainers.image.base.digest"));
        let digest = digest.filter(|digest| digest_parts(digest).is_some() && !name.contains('@'));
        let digest = digest.map_or(String::new(), |digest| format!("@{digest}"));
        self.notes
            .insert(format!("it says that it is built on {name}: `--base {name}{digest}` tells what comes from there"));
    }

    /// An entry of `manifest.json`.
    fn saved(&mut self, origin: &Origin, saved: &Saved) {
        let (facts, config) = match &saved.config {
            Some(name) => {
                let label = named_digest(name).unwrap_or_else(|| name.clone());
                self.config(origin, &Key::Name(name.clone().into_bytes()), &label, None)
            }
            None => (LayerFacts::default(), None),
        };
        if let Some(platform) = facts.platform.as_ref().filter(|platform| !self.is_wanted(platform)) {
            self.skip(origin.clone(), Reason::OtherPlatform, format!("the config is for {platform}"));
            return;
        }
        let names = saved.layers.iter().flatten();
        let layers = names.enumerate().map(|(index, name)| LayerRef {
            key: self.store.canonical(&Key::Name(name.clone().into_bytes())),
            label: named_digest(name).unwrap_or_else(|| name.clone()),
            media_type: "application/vnd.docker.image.rootfs.diff.tar".to_owned(),
            size: None,
            digest: blob_digest(name.as_bytes()),
            diff_id: facts.diff_ids.get(index).cloned(),
            instruction: facts.instructions.get(index).cloned().flatten(),
        });
        let layers = layers.collect();
        self.push(origin, layers, config);
    }

    /// Pushes a config, once, and says what it tells of the layers; with its digest and lines.
    fn config(
        &mut self,
        image: &Origin,
        key: &Key,
        label: &str,
        digest: Option<&str>,
    ) -> (LayerFacts, Option<(String, Vec<String>)>) {
        let origin = image.with(Step::Config { digest: label.to_owned() });
        let bytes = match self.store.open(key).and_then(|mut reader| read_document(&mut *reader)) {
            Ok(bytes) => bytes,
            Err(Loss { reason, detail }) => {
                self.seen.insert(self.store.canonical(key));
                self.skip(origin, reason, detail);
                return (LayerFacts::default(), None);
            }
        };
        let text = config::as_text(&bytes);
        if self.seen.insert(self.store.canonical(key)) {
            if let Some(digest) = digest.filter(|digest| !has_digest(&bytes, digest)) {
                self.skip(origin.clone(), Reason::DigestMismatch, format!("config {digest}"));
            }
            self.put_config(image, &origin, &text);
        }
        let facts = config::layer_facts(&bytes);
        self.note_base(facts.labels.as_ref());
        let lines = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
        (facts, Some((label.to_owned(), lines)))
    }

    /// Lines that the base image's config has as well are its own, and stand under that config.
    fn put_config(&mut self, image: &Origin, config: &Origin, text: &[u8]) {
        let of_text = |config: &Origin| config.with(Step::Text { kind: TextKind::ImageConfig });
        let Some(base) = self.base else {
            return self.sink.put(Item::Blob(Blob::bytes(of_text(config), text)));
        };
        let lines = String::from_utf8_lossy(text);
        let (inherited, own): (Vec<&str>, Vec<&str>) = lines.lines().partition(|line| base.has_line(line));
        if !own.is_empty() {
            self.sink.put(Item::Blob(Blob::bytes(of_text(config), own.join("\n").as_bytes())));
        }
        if !inherited.is_empty() {
            let origin = of_text(&image.with(Step::Config { digest: base.config_digest().to_owned() }));
            self.sink.put(Item::Blob(Blob::bytes(origin.clone(), inherited.join("\n").as_bytes())));
            self.inherited.insert(origin);
        }
    }
}
