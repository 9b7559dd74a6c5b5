//! The base image that an image was built on: its layers and the lines of its config. What these hold came with it.

use std::collections::HashSet;

use super::Options;
use super::archive::{Archive, Bytes};
use super::based_on::Bases;
use super::config;
use super::document::Root;
use super::kind::open_plain;
use super::layout::Layout;
use super::manifest::Walk;
use super::manifest::{ImageLayers, LayerRef};
use super::reference::Target;
use super::registry::{Daemon, NoImage, Registry, Stop};
use super::store::Store;
use crate::blob::{Item, Sink};

/// A base image, all its platforms.
pub(super) struct Base {
    name: String,
    images: Vec<Vec<LayerId>>,
    config_digest: String,
    lines: HashSet<String>,
}

/// What tells a layer from others. It may be compressed in another way where it was built upon.
struct LayerId {
    digest: Option<String>,
    diff_id: Option<String>,
}

impl LayerId {
    fn is(&self, layer: &LayerRef) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        same(&self.diff_id, &layer.diff_id) || same(&self.digest, &layer.digest)
    }
}

/// Takes nothing and keeps what was lost: only manifests and configs are of interest.
#[derive(Default)]
struct Losses(std::sync::Mutex<Vec<String>>);

impl Sink for Losses {
    fn put(&self, item: Item<'_>) {
        if let Item::Skip(skip) = item
            && skip.reason.class() == crate::blob::Class::Lost
        {
            self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(format!(
                "{}: {}",
                skip.reason.name(),
                skip.detail
            ));
        }
    }
}

impl Base {
    /// Looks a base image up.
    pub fn learn(name: &str, target: &Target, options: &Options, stop: Stop<'_>) -> Result<Self, String> {
        match target {
            Target::Layout(directory) => {
                let (layout, roots) = Layout::open(directory)?;
                Base::of_store(name, &layout, &roots)
            }
            Target::Archive(path) => {
                let file = open_plain(path)?.ok_or("is compressed; a base image is read from a plain tar")?;
                let bytes = Bytes::of_file(file).map_err(|error| error.to_string())?;
                let (archive, damage) = Archive::index(bytes);
                if let Some(loss) = damage {
                    return Err(loss.detail);
                }
                let roots = archive.roots()?;
                Base::of_store(name, &archive, &roots)
            }
            Target::Registry(reference) => {
                let (registry, root) = Registry::connect(reference, 1, &options.transport, stop)?;
                Base::of_store(name, &registry, &[root])
            }
            Target::Daemon(image) => Base::of_daemon(name, image, stop),
            Target::Stdin => Err("standard input is read once, for the image itself".to_owned()),
            Target::Pipe(_) => Err("is a pipe, which is read once: name a file".to_owned()),
        }
    }

    pub fn of_store(name: &str, store: &dyn Store, roots: &[Root]) -> Result<Self, String> {
        let losses = Losses::default();
        let mut walk = Walk::new(store, &losses, &[], Bases::new(None, None));
        walk.images_of(name, roots);
        let images = walk.finish().images;
        let lost = losses.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(lost) = lost.into_iter().next() {
            return Err(format!("cannot be read whole: {lost}"));
        }
        let ids = |image: &ImageLayers| {
            let layers = image.layers.iter();
            layers.map(|layer| LayerId { digest: layer.digest.clone(), diff_id: layer.diff_id.clone() }).collect()
        };
        let configs = images.iter().filter_map(|image| image.config.as_ref());
        let config_digest = configs.clone().next().map_or_else(|| name.to_owned(), |(digest, _)| digest.clone());
        let lines = configs.flat_map(|(_, lines)| lines.iter().cloned()).collect();
        Ok(Base { name: name.to_owned(), images: images.iter().map(ids).collect(), config_digest, lines })
    }

    fn of_daemon(name: &str, image: &str, stop: Stop<'_>) -> Result<Self, String> {
        let daemon = Daemon::ask(image, stop).map_err(|cause| match cause {
            NoImage::Unknown => format!("the daemon has no image {image}"),
            NoImage::Failed(why) => why,
        })?;
        let about = daemon.about();
        let layers = about.diff_ids().iter();
        let layers = layers.map(|diff_id| LayerId { digest: None, diff_id: Some(diff_id.clone()) }).collect();
        // The daemon gives the config without the history.
        let config = about.config.as_ref().map(|config| config::as_text(config.to_string().as_bytes()));
        let lines = String::from_utf8_lossy(&config.unwrap_or_default()).lines().map(str::to_owned).collect();
        Ok(Base { name: name.to_owned(), images: vec![layers], config_digest: about.id.clone(), lines })
    }

    /// How many layers, from the lowest on, are those of the base.
    pub fn shared(&self, layers: &[LayerRef]) -> usize {
        let of = |base: &Vec<LayerId>| base.iter().zip(layers).take_while(|(base, layer)| base.is(layer)).count();
        self.images.iter().map(of).max().unwrap_or(0)
    }

    /// How many layers it has, where all of them are the lowest ones of an image.
    pub fn whole_in(&self, layers: &[LayerRef]) -> Option<usize> {
        let is_whole = |base: &&Vec<LayerId>| {
            base.len() <= layers.len() && base.iter().zip(layers).all(|(base, layer)| base.is(layer))
        };
        self.images.iter().filter(is_whole).map(Vec::len).max()
    }

    /// What a reader should know, where an image is not built on it, or is nothing beside it.
    pub fn note(&self, images: &[ImageLayers]) -> Option<String> {
        let name = &self.name;
        let mut layered = images.iter().filter(|image| !image.layers.is_empty()).peekable();
        layered.peek()?;
        let shared: Vec<(usize, usize)> = layered.map(|image| (image.inherited.0, image.layers.len())).collect();
        if shared.iter().all(|(inherited, _)| *inherited == 0) {
            let has = |layer| self.images.iter().flatten().any(|of_base| of_base.is(layer));
            if images.iter().flat_map(|image| &image.layers).any(has) {
                return Some(format!(
                    "--base {name}: layers of it are in the image, but its lowest is not the image's lowest, so nothing counts \
                     as inherited"
                ));
            }
            return Some(format!("--base {name}: no layer of it is in the image, so nothing counts as inherited"));
        }
        shared.iter().all(|(inherited, layers)| inherited == layers).then(|| {
            format!(
                "--base {name}: the image has no layer beside those of it, so all that is in layers counts as inherited; is \
                 it the image itself?"
            )
        })
    }

    pub fn has_line(&self, line: &str) -> bool {
        self.lines.contains(line)
    }

    pub fn config_digest(&self) -> &str {
        &self.config_digest
    }
}
