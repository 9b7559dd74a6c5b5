//! A sink for tests: keeps what was pushed, in an order that does not depend on threads.

use std::sync::Mutex;

use crate::blob::{Content, Item, Reason, Sink, Skip};

/// What a source pushed.
#[derive(Debug, Default)]
pub struct Collected {
    blobs: Mutex<Vec<(String, Vec<u8>)>>,
    skips: Mutex<Vec<Skip>>,
    expected: Mutex<u64>,
}

impl Collected {
    /// Blobs as shown origin and bytes, sorted.
    pub fn blobs(&self) -> Vec<(String, Vec<u8>)> {
        let mut blobs = self.blobs.lock().unwrap().clone();
        blobs.sort();
        blobs
    }

    /// Shown origins of the blobs, sorted.
    pub fn origins(&self) -> Vec<String> {
        self.blobs().into_iter().map(|(origin, _)| origin).collect()
    }

    /// Skips as shown origin and reason, sorted.
    pub fn skips(&self) -> Vec<(String, Reason)> {
        let mut skips: Vec<_> =
            self.skips.lock().unwrap().iter().map(|skip| (skip.origin.to_string(), skip.reason)).collect();
        skips.sort();
        skips
    }

    /// Details of the skips with this reason.
    pub fn details(&self, reason: Reason) -> Vec<String> {
        let skips = self.skips.lock().unwrap();
        skips.iter().filter(|skip| skip.reason == reason).map(|skip| skip.detail.clone()).collect()
    }

    /// Objects that were announced.
    pub fn expected(&self) -> u64 {
        *self.expected.lock().unwrap()
    }
}

impl Sink for Collected {
    fn put(&self, item: Item<'_>) {
        match item {
            Item::Blob(blob) => {
                let shown = blob.origin.to_string();
                self.blobs.lock().unwrap().push((shown, bytes_of(blob.content)));
            }
            Item::Skip(skip) => self.skips.lock().unwrap().push(skip),
            Item::Expect { objects, .. } => *self.expected.lock().unwrap() += objects,
            Item::Seen { .. } => {}
        }
    }
}

/// All bytes of a blob.
pub fn bytes_of(content: Content<'_>) -> Vec<u8> {
    match content {
        Content::Bytes(bytes) => bytes.to_vec(),
        Content::Version(version) => version.bytes.to_vec(),
        Content::Texts(texts) => texts.text.to_vec(),
        Content::Rendered(rendered) => rendered.text.to_vec(),
        Content::Stream(reader) => {
            let mut bytes = Vec::new();
            // A read error is the source's to record; what came before it counts.
            let _ = reader.read_to_end(&mut bytes);
            bytes
        }
    }
}
