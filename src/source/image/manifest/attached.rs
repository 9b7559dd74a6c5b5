//! What is attached to an image: signatures, attestations, lists of components, and what is attached to these in turn.

use super::super::store::{Key, Loss};
use super::Walk;
use crate::blob::Reason;
use crate::origin::Origin;

/// Attachments of attachments that are read: a list of components, its signature, a statement on that, and one more.
const DEEPEST: usize = 4;

impl Walk<'_> {
    /// What is attached to a manifest. Each attachment is asked for once, so that a cycle ends.
    pub(super) fn referrers(&mut self, image: &Origin, digest: &str) {
        if !self.asks_for_referrers || self.is_attached {
            return;
        }
        self.is_attached = true;
        let mut subjects = vec![digest.to_owned()];
        for depth in 1.. {
            let mut attached = Vec::new();
            for subject in &subjects {
                if let Err(Loss { reason, detail }) = self.store.referrers(subject, &mut attached) {
                    self.skip(image.clone(), reason, format!("what is attached to it: {detail}"));
                }
            }
            attached.retain(|one| !self.seen.contains(&self.store.canonical(&Key::Digest(one.digest.clone()))));
            if attached.is_empty() {
                break;
            }
            if depth > DEEPEST {
                let detail = format!("what is attached to it: more than {DEEPEST} attachments on each other");
                self.skip(image.clone(), Reason::TooDeep, detail);
                break;
            }
            self.entries(image, &attached, false, 1);
            subjects = attached.into_iter().map(|one| one.digest).collect();
            subjects.sort();
            subjects.dedup();
        }
        self.is_attached = false;
    }
}
