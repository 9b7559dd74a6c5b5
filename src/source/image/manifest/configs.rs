//! The configs of images: each read once, and its text pushed less what is the base image's.

use super::Walk;
use crate::blob::{Blob, Item, Reason};
use crate::origin::{Origin, Step, TextKind};
use crate::source::image::based_on::Known;
use crate::source::image::config::{self, LayerFacts};
use crate::source::image::digest::has_digest;
use crate::source::image::store::{Key, Loss, read_document};

/// A config that was read.
#[derive(Default)]
pub(super) struct Config {
    pub facts: LayerFacts,
    /// What reports call it, and its text.
    pub text: Option<(String, Vec<u8>)>,
    /// Whether no other image had it before.
    pub is_new: bool,
    /// Whether it is that of a Helm chart.
    pub is_chart: bool,
}

impl Walk<'_> {
    /// Reads a config, and tells what it says of the layers.
    pub(super) fn config(&mut self, image: &Origin, key: &Key, label: &str, digest: Option<&str>) -> Config {
        let origin = image.with(Step::Config { digest: label.to_owned() });
        let bytes = match self.store.open(key).and_then(|mut reader| read_document(&mut *reader)) {
            Ok(bytes) => bytes,
            Err(Loss { reason, detail }) => {
                self.seen.insert(self.store.canonical(key));
                self.skip(origin, reason, detail);
                return Config::default();
            }
        };
        let is_new = self.seen.insert(self.store.canonical(key));
        if let Some(digest) = digest.filter(|digest| is_new && !has_digest(&bytes, digest)) {
            self.skip(origin, Reason::DigestMismatch, format!("config {digest}"));
        }
        let text = config::as_text(&bytes);
        Config { facts: config::layer_facts(&bytes), text: Some((label.to_owned(), text)), is_new, is_chart: false }
    }

    /// Pushes the text of a config, once. Lines that the base image's config has as well are its own, and stand under that
    /// config.
    pub(super) fn put_config(&mut self, image: &Origin, config: &Config, known: Option<&Known<'_>>) {
        let Some((label, text)) = config.text.as_ref().filter(|_| config.is_new) else { return };
        let of_text = |digest: &str| {
            let config = image.with(Step::Config { digest: digest.to_owned() });
            config.with(Step::Text { kind: TextKind::ImageConfig })
        };
        let Some(known) = known else {
            return self.sink.put(Item::Blob(Blob::bytes(of_text(label), text)));
        };
        let (base, lines) = (known.base(), String::from_utf8_lossy(text));
        let (inherited, own): (Vec<&str>, Vec<&str>) = lines.lines().partition(|line| base.has_line(line));
        if !own.is_empty() {
            self.sink.put(Item::Blob(Blob::bytes(of_text(label), own.join("\n").as_bytes())));
        }
        if !inherited.is_empty() {
            let origin = of_text(base.config_digest());
            self.sink.put(Item::Blob(Blob::bytes(origin.clone(), inherited.join("\n").as_bytes())));
            self.inherited.insert(origin, known.told_by);
        }
    }
}
