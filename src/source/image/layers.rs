//! Layers as a manifest names them, and the image that they are.

use super::store::Key;
use crate::date::Date;
use crate::finding::ToldBy;
use crate::origin::{Origin, Step};

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
    /// The day on which it was made.
    pub made: Option<Date>,
}

/// One image: what a manifest describes.
#[derive(Debug)]
pub(super) struct ImageLayers {
    /// Image, and platform where there are several.
    pub origin: Origin,
    /// Its layers, the lowest first.
    pub layers: Vec<LayerRef>,
    /// How many of them, from the lowest on, are those of the base image, and what says so.
    pub inherited: (usize, ToldBy),
    /// The day on which it was built.
    pub made: Option<Date>,
    /// Whether it is a Helm chart.
    pub is_chart: bool,
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
