//! The base image that an image was built on: its layers and the lines of its config. What these hold came with it.

mod learn;

use std::collections::HashSet;

use super::layers::{ImageLayers, LayerRef};

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

impl Base {
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
