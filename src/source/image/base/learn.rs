//! How a base image is learnt: by its manifests and configs alone.

use super::{Base, LayerId};
use crate::blob::{Item, Sink};
use crate::source::image::Options;
use crate::source::image::archive::{Archive, Bytes};
use crate::source::image::based_on::Bases;
use crate::source::image::config;
use crate::source::image::document::Root;
use crate::source::image::kind::open_plain;
use crate::source::image::layers::ImageLayers;
use crate::source::image::layout::Layout;
use crate::source::image::manifest::Walk;
use crate::source::image::reference::Target;
use crate::source::image::registry::{Daemon, NoImage, Registry, Stop};
use crate::source::image::store::Store;

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
    pub(in crate::source::image) fn learn(
        name: &str,
        target: &Target,
        options: &Options,
        stop: Stop<'_>,
    ) -> Result<Self, String> {
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
            Target::Daemon(image) => Base::of_daemon(name, image, options, stop),
            Target::Stdin => Err("standard input is read once, for the image itself".to_owned()),
            Target::Pipe(_) => Err("is a pipe, which is read once: name a file".to_owned()),
        }
    }

    pub(in crate::source::image) fn of_store(name: &str, store: &dyn Store, roots: &[Root]) -> Result<Self, String> {
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

    fn of_daemon(name: &str, image: &str, options: &Options, stop: Stop<'_>) -> Result<Self, String> {
        let daemon = Daemon::ask(image, &options.transport.docker, stop).map_err(|cause| match cause {
            NoImage::Unknown => format!("the daemon has no image {image}"),
            NoImage::NoDaemon(why) | NoImage::Failed(why) => why,
        })?;
        let about = daemon.about();
        let layers = about.diff_ids().iter();
        let layers = layers.map(|diff_id| LayerId { digest: None, diff_id: Some(diff_id.clone()) }).collect();
        // The daemon gives the config without the history.
        let config = about.config.as_ref().map(|config| config::as_text(config.to_string().as_bytes()));
        let lines = String::from_utf8_lossy(&config.unwrap_or_default()).lines().map(str::to_owned).collect();
        Ok(Base { name: name.to_owned(), images: vec![layers], config_digest: about.id.clone(), lines })
    }
}
