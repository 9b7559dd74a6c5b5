//! What a folder or a tar holds beside its images, and says about its entries: it is passed on with them, and read as well.

use std::collections::HashSet;

use super::document;
use super::job::Job;
use super::store::{Key, Loss, Store, read_document};
use super::{Image, Sink};
use crate::blob::{Blob, Item, Reason, Skip};
use crate::origin::{Step, TextKind};

impl Image {
    /// What no image refers to, under its name.
    pub(super) fn beside(&self, store: &dyn Store, used: &HashSet<Key>) -> Vec<Job> {
        let beside = store.beside(used).into_iter();
        beside
            .map(|(name, key)| Job {
                // Of several entries with that name it need not be this one's.
                digest: document::blob_digest(&name).filter(|_| !matches!(key, Key::Shadowed(_))),
                origin: self.origin().at_path(name),
                key,
                media_type: String::new(),
                size: None,
                diff_id: None,
                step: |path| Step::Member { path },
            })
            .collect()
    }

    /// The tag by which an image is pulled: whoever may list those of a registry reads it.
    pub(super) fn put_tag(&self, tag: &str, sink: &dyn Sink) {
        if !tag.is_empty() {
            let origin = self.origin().with(Step::Text { kind: TextKind::RefName });
            sink.put(Item::Blob(Blob::bytes(origin, tag.as_bytes())));
        }
    }

    /// Names of entries and the like, and documents that say which images there are: whatever platforms were asked for.
    pub(super) fn put_said(&self, store: &dyn Store, sink: &dyn Sink) {
        let said = store.said();
        for (kind, text) in said.texts() {
            sink.put(Item::Blob(Blob::bytes(self.origin().with(Step::Text { kind }), text)));
        }
        if said.is_cut {
            let detail = "names and comments of entries, of which 64 MiB are kept";
            sink.put(Item::Skip(Skip::new(self.origin(), Reason::TooMuchMemory, detail)));
        }
        for name in store.lists() {
            let origin = self.origin().at_path(*name);
            let key = store.canonical(&Key::Name(name.as_bytes().to_vec()));
            match store.open(&key).and_then(|mut reader| read_document(&mut *reader)) {
                Ok(list) => {
                    sink.put(Item::Blob(Blob::bytes(origin.clone(), &list)));
                    if let Some(key) = document::saved_key_in_other_case(&list) {
                        let detail =
                            format!("the key {key} stands in another case, by which others may read something else");
                        sink.put(Item::Skip(Skip::new(origin, Reason::Corrupt, detail)));
                    }
                }
                Err(Loss { reason: Reason::Missing, .. }) => {}
                Err(Loss { reason, detail }) => sink.put(Item::Skip(Skip::new(origin, reason, detail))),
            }
        }
    }
}
