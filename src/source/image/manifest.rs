//! From a root (an index, a manifest, or an entry of a `docker save` tar) to the images below it: one path for every store.
//! Configs and the strings of manifests are pushed on the way; layers are only named.

mod configs;

mod attached;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use self::configs::Config;
use super::based_on::Bases;
use super::config;
use super::digest::has_digest;
use super::document::{self, Descriptor, Document, Root, Saved, blob_digest, named_digest, position};
use super::layers::{ImageLayers, LayerRef};
use super::platform::Platform;
use super::store::{Key, Loss, Store};
use crate::blob::{Blob, Item, Reason, Sink, Skip};
use crate::finding::ToldBy;
use crate::origin::{Origin, Step, TextKind, printable};

/// Indexes within indexes, at most. Real ones have two levels.
const MAX_DEPTH: u32 = 16;

/// Platforms that a message names, at most.
const MAX_TOLD: usize = 30;

/// Manifests of one source, at most.
const MAX_MANIFESTS: usize = 100_000;

/// How the type of a Helm chart's config begins (Helm, "Use OCI-based registries").
const CHART: &str = "application/vnd.cncf.helm.config.";

/// Follows roots down to images.
pub(super) struct Walk<'a> {
    store: &'a dyn Store,
    sink: &'a dyn Sink,
    /// Those to read, as the user wrote them; none: all.
    platforms: &'a [String],
    /// Those that there are, as indexes and configs name them.
    named: BTreeSet<String>,
    /// Those of them that are not to be read.
    left_out: BTreeSet<String>,
    /// Whether something was not read, and that was said.
    has_skips: Cell<bool>,
    /// Manifests and configs that were taken, so that each is read once and a cycle ends.
    seen: HashSet<Key>,
    images: Vec<ImageLayers>,
    /// Manifests of some platform that could not be had.
    absent: Vec<(Origin, Loss)>,
    asks_for_referrers: bool,
    /// Whether what is read now is attached to another manifest.
    is_attached: bool,
    /// What these were built on.
    bases: Bases<'a>,
    /// Text that is the base image's.
    inherited: HashMap<Origin, ToldBy>,
}

/// What a walk came to.
pub(super) struct Walked {
    /// The images.
    pub images: Vec<ImageLayers>,
    /// The keys of manifests, indexes and configs that were read.
    pub used: HashSet<Key>,
    /// Text that is the base image's.
    pub inherited: HashMap<Origin, ToldBy>,
    /// What a reader of the report should know.
    pub notes: BTreeSet<String>,
    /// Platforms that are not to be read.
    pub left_out: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    pub fn new(store: &'a dyn Store, sink: &'a dyn Sink, platforms: &'a [String], bases: Bases<'a>) -> Self {
        Walk {
            store,
            sink,
            platforms,
            named: BTreeSet::new(),
            left_out: BTreeSet::new(),
            has_skips: Cell::new(false),
            seen: HashSet::new(),
            images: Vec::new(),
            absent: Vec::new(),
            asks_for_referrers: false,
            is_attached: false,
            bases,
            inherited: HashMap::new(),
        }
    }

    /// What it came to. What could not be had is said now: an archive that has one platform and the index of all has lost
    /// nothing.
    pub fn finish(self) -> Walked {
        // Of one that was asked for it is a loss all the same.
        let is_partial = self.store.may_be_partial() && self.platforms.is_empty() && !self.images.is_empty();
        for (origin, Loss { reason, detail }) in &self.absent {
            if is_partial && *reason == Reason::Missing {
                self.skip(origin.clone(), Reason::OtherPlatform, "the index has this platform and the archive has not");
            } else {
                self.skip(origin.clone(), *reason, format!("manifest: {detail}"));
            }
        }
        Walked {
            images: self.images,
            used: self.seen,
            inherited: self.inherited,
            notes: self.bases.notes,
            left_out: self.left_out,
        }
    }

    /// Why what was walked cannot be what was asked for: there is no image in it, or none of a platform.
    pub fn fault(&self) -> Option<String> {
        let is_bare = |image: &ImageLayers| image.layers.is_empty() && image.config.is_none();
        if self.images.iter().all(is_bare) && self.absent.is_empty() && !self.has_skips.get() {
            return Some("names no image: no layer and no config is in it".to_owned());
        }
        let named: Vec<Platform> = self.named.iter().filter_map(|name| Platform::parse(name)).collect();
        let why = self.platforms.iter().find_map(|written| match Platform::parse(written) {
            None => Some(format!("--platform {written}: is no OS/ARCH such as linux/arm64")),
            // Where nothing says what an image is for, it is read.
            Some(_) if self.named.is_empty() => None,
            Some(wanted) => (!named.iter().any(|there| wanted.is(there)))
                .then(|| format!("--platform {written}: there is no such platform")),
        })?;
        let there: Vec<String> = self.named.iter().take(MAX_TOLD).map(|name| printable(name.as_bytes())).collect();
        Some(if there.is_empty() { why } else { format!("{why}; the image has {}", there.join(", ")) })
    }

    /// Takes all roots of a store with what is attached to them. `reference` is the target as the user wrote it.
    pub fn roots(&mut self, reference: &str, roots: &[Root]) {
        self.asks_for_referrers = true;
        if let Some(Ok(mut index)) = self.store.index().map(|bytes| serde_json::from_slice::<Value>(&bytes)) {
            // Those of a root stand with the root.
            for root in index.get_mut("manifests").and_then(Value::as_array_mut).into_iter().flatten() {
                root.as_object_mut().and_then(|root| root.remove("annotations"));
            }
            let origin = Origin::new(Step::Image { reference: reference.to_owned(), digest: None });
            self.strings(&origin, &index);
            self.hold_to_case("index.json", &origin, document::key_in_other_case(&index));
        }
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
        self.has_skips.set(true);
        // Whoever stopped it says so.
        if reason == Reason::Unreadable && self.sink.stopped() {
            return;
        }
        self.sink.put(Item::Skip(Skip::new(origin, reason, detail)));
    }

    /// Tells of a key in another case.
    fn hold_to_case(&self, what: &str, origin: &Origin, key: Option<&str>) {
        if let Some(key) = key {
            let detail =
                format!("{what}: the key {key} stands in another case, by which others may read something else");
            self.skip(origin.clone(), Reason::Corrupt, detail);
        }
    }

    fn annotations(&self, origin: &Origin, annotations: Option<&BTreeMap<String, String>>) {
        let mut text = String::new();
        for (key, value) in annotations.into_iter().flatten() {
            text.push_str(&format!("{key}={value}\n"));
        }
        self.text(origin, text.as_bytes());
    }

    /// Pushes the strings of a manifest or index.
    fn strings(&self, origin: &Origin, document: &Value) {
        self.text(origin, &config::manifest_as_text(document));
    }

    fn text(&self, origin: &Origin, text: &[u8]) {
        if !text.is_empty() {
            self.sink.put(Item::Blob(Blob::bytes(origin.with(Step::Text { kind: TextKind::Annotation }), text)));
        }
    }

    /// The entries of an index, or a root as the only entry.
    fn entries(&mut self, image: &Origin, entries: &[Descriptor], several: bool, depth: u32) {
        for entry in entries {
            let platform = entry.platform.as_ref().filter(|platform| platform.is_known()).map(document::Platform::name);
            let origin = match &platform {
                Some(name) if several => image.with(Step::Platform { name: name.clone() }),
                _ => image.clone(),
            };
            if let Some(name) = &platform
                && !self.takes(name)
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

    /// Whether a platform that the image has is to be read.
    fn takes(&mut self, name: &str) -> bool {
        self.named.insert(name.to_owned());
        let platform = Platform::parse(name);
        let is_wanted = |wanted: &String| {
            platform.as_ref().is_some_and(|platform| Platform::parse(wanted).is_some_and(|wanted| wanted.is(platform)))
        };
        let takes = self.platforms.is_empty() || self.platforms.iter().any(is_wanted);
        if !takes {
            self.left_out.insert(name.to_owned());
        }
        takes
    }

    fn document(&mut self, image: &Origin, origin: &Origin, entry: &Descriptor, bytes: &[u8], depth: u32) {
        if !has_digest(bytes, &entry.digest) {
            self.skip(origin.clone(), Reason::DigestMismatch, format!("manifest {}", entry.digest));
        }
        // Also where it is no manifest after all.
        if let Ok(value) = serde_json::from_slice(bytes) {
            self.strings(origin, &value);
            self.hold_to_case(&format!("manifest {}", entry.digest), origin, document::key_in_other_case(&value));
        }
        let document: Document = match serde_json::from_slice(bytes) {
            Ok(document) => document,
            Err(error) => {
                self.skip(origin.clone(), Reason::Corrupt, format!("manifest {}: {}", entry.digest, position(&error)));
                return;
            }
        };
        // What is more than one of these is pulled by each as what its type says: all of it is read.
        let is_known = document.manifests.is_some() || document.fs_layers.is_some();
        if let Some(entries) = &document.manifests {
            if depth < MAX_DEPTH {
                self.entries(image, entries, entries.len() > 1, depth + 1);
            } else {
                self.skip(origin.clone(), Reason::TooDeep, "more than 16 indexes within each other");
            }
        }
        if document.fs_layers.is_some() {
            self.skip(origin.clone(), Reason::UnknownCodec, "a manifest of schema 1, which registries no longer serve");
        }
        if document.layers.is_some() || document.config.is_some() || document.blobs.is_some() {
            let platform = entry.platform.as_ref();
            let is_image = document.artifact_type.is_none() && platform.is_none_or(document::Platform::is_known);
            self.manifest(origin, document, platform.is_some());
            // Of a root it is asked with the root.
            if is_image && depth > 0 {
                self.referrers(origin, &entry.digest);
            }
        } else if !is_known {
            self.skip(
                origin.clone(),
                Reason::Corrupt,
                format!("manifest {} has no layers and no manifests", entry.digest),
            );
        }
    }

    /// Takes a manifest; `is_chosen` says that its entry tells its platform, by which it is pulled, or that it has none.
    fn manifest(&mut self, origin: &Origin, document: Document, is_chosen: bool) {
        let mut config = document.config.as_ref().map_or_else(Config::default, |config| {
            let key = Key::Digest(config.digest.clone());
            let is_chart = config.media_type.as_deref().is_some_and(|kind| kind.starts_with(CHART));
            Config { is_chart, ..self.config(origin, &key, &config.digest, Some(&config.digest)) }
        });
        if is_chosen {
            config.facts.platform = None;
        }
        let descriptors: Vec<Descriptor> = document.layers.into_iter().chain(document.blobs).flatten().collect();
        let layers = descriptors.into_iter().enumerate().map(|(index, layer)| {
            let (diff_id, instruction, made) = config.facts.of_layer(index);
            LayerRef {
                key: self.store.canonical(&Key::Digest(layer.digest.clone())),
                label: layer.digest.clone(),
                media_type: layer.media_type.unwrap_or_default(),
                size: layer.size,
                digest: Some(layer.digest),
                diff_id,
                instruction,
                made,
            }
        });
        let layers = layers.collect();
        self.image(origin, layers, config, document.annotations.as_ref());
    }

    /// Takes an image whose manifest and config were read, unless its platform is not asked for. An entry of a layout often
    /// names no platform; its config does.
    fn image(
        &mut self,
        origin: &Origin,
        layers: Vec<LayerRef>,
        config: Config,
        annotations: Option<&BTreeMap<String, String>>,
    ) {
        let facts = &config.facts;
        if let Some(platform) = facts.platform.as_ref().filter(|platform| !self.takes(platform)) {
            self.put_config(origin, &config, None);
            return self.skip(origin.clone(), Reason::OtherPlatform, format!("the config is for {platform}"));
        }
        let base = self.bases.of(&[annotations, facts.labels.as_ref()], &layers);
        self.put_config(origin, &config, base.as_ref());
        let guessed = (facts.guessed_base.min(layers.len()), ToldBy::History);
        let inherited = base.map_or(guessed, |base| (base.layers, base.told_by));
        let lines = |(label, text): (String, Vec<u8>)| {
            (label, String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
        };
        self.images.push(ImageLayers {
            origin: origin.clone(),
            layers,
            inherited,
            made: facts.day,
            is_chart: config.is_chart,
            config: config.text.map(lines),
        });
    }

    /// An entry of `manifest.json`.
    fn saved(&mut self, origin: &Origin, saved: &Saved) {
        let config = saved.config.as_ref().map_or_else(Config::default, |name| {
            let label = named_digest(name).unwrap_or_else(|| name.clone());
            self.config(origin, &Key::Name(name.clone().into_bytes()), &label, None)
        });
        let names = saved.layers.iter().flatten();
        let layers = names.enumerate().map(|(index, name)| {
            let (diff_id, instruction, made) = config.facts.of_layer(index);
            LayerRef {
                key: self.store.canonical(&Key::Name(name.clone().into_bytes())),
                label: named_digest(name).unwrap_or_else(|| name.clone()),
                media_type: "application/vnd.docker.image.rootfs.diff.tar".to_owned(),
                size: None,
                digest: blob_digest(name.as_bytes()),
                diff_id,
                instruction,
                made,
            }
        });
        let layers = layers.collect();
        self.image(origin, layers, config, None);
    }
}
