//! How a base image is learnt: by its manifests and configs alone.

use std::fs::File;
use std::io::{Cursor, Read};

use super::{Base, LayerId};
use crate::blob::{Item, Sink, Stopping};
use crate::origin::{Origin, Step};
use crate::source::image::Options;
use crate::source::image::archive::{Archive, Bytes};
use crate::source::image::based_on::Bases;
use crate::source::image::config;
use crate::source::image::document::Root;
use crate::source::image::input::{MAX_HELD, hold};
use crate::source::image::kind::{decompressed, open_plain};
use crate::source::image::layers::ImageLayers;
use crate::source::image::layout::Layout;
use crate::source::image::manifest::Walk;
use crate::source::image::reference::Target;
use crate::source::image::registry::{Daemon, NoImage, Registry, Stop};
use crate::source::image::store::Store;
use crate::source::image::stream::Streamed;

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

/// Takes nothing, until it is time to stop.
struct Until<'s>(Stop<'s>);

impl Sink for Until<'_> {
    fn put(&self, _: Item<'_>) {}

    fn stopped(&self) -> bool {
        (self.0)()
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
                let failed = |error: std::io::Error| format!("cannot be read: {error}");
                match open_plain(path)? {
                    Some(file) => Base::of_tar(name, Bytes::of_file(file).map_err(failed)?),
                    None => {
                        let file = File::open(path).map_err(failed)?;
                        let plain = decompressed(Box::new(file)).map_err(failed)?;
                        Base::of_stream(name, plain.ok_or("is neither a tar nor a compressed tar")?, stop)
                    }
                }
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

    fn of_tar(name: &str, bytes: Bytes) -> Result<Self, String> {
        let (archive, damage) = Archive::index(bytes);
        if let Some(loss) = damage {
            return Err(loss.detail);
        }
        let roots = archive.roots()?;
        Base::of_store(name, &archive, &roots)
    }

    /// A tar that can be read from front to back only. One that is too long to be held is read to its end: where its documents
    /// are is not known before.
    fn of_stream(name: &str, plain: Box<dyn Read + Send>, stop: Stop<'_>) -> Result<Self, String> {
        let until = Until(stop);
        let mut input = Stopping::new(plain, &until);
        let (held, damage) = hold(&mut input);
        if let Some(loss) = damage {
            return Err(loss.detail);
        }
        if held.len() as u64 <= MAX_HELD {
            return Base::of_tar(name, Bytes::Memory(held));
        }
        let rest: Box<dyn Read + Send + '_> = Box::new(Cursor::new(held).chain(input));
        let origin = Origin::new(Step::Image { reference: name.to_owned(), digest: None });
        let streamed = Streamed::read(rest, &origin, None, (&until, 1));
        if streamed.is_damaged {
            return Err("cannot be read whole: it is cut off or damaged".to_owned());
        }
        let roots = streamed.roots()?;
        Base::of_store(name, &streamed, &roots)
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
