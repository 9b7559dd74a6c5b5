//! What forks share is judged in one of them.

use std::sync::Arc;

use super::*;
use crate::blob::{Left, Outcome};
use crate::score::Confidence;
use crate::source::git::SharedBlobs;
use crate::source::memory::{Judge, Memory};

/// Finds something in texts that say so.
#[derive(Default)]
struct Finder {
    judged: Mutex<Vec<Vec<u8>>>,
    counted: Mutex<(u64, u64)>,
}

impl Sink for Finder {
    fn put(&self, item: Item<'_>) {
        self.judged(item);
    }

    fn judged(&self, item: Item<'_>) -> Outcome {
        let outcome = match item {
            Item::Blob(blob) => {
                let bytes = match blob.content {
                    Content::Bytes(bytes) => bytes.to_vec(),
                    Content::Version(version) => version.bytes.to_vec(),
                    Content::Stream(_) | Content::Texts(_) | Content::Rendered(_) => panic!("nothing is large"),
                };
                let left = if bytes.starts_with(b"secret") { Left::Something } else { Left::Nothing };
                let outcome = Outcome { objects: 1, bytes: bytes.len() as u64, left };
                if matches!(blob.origin.last(), Step::Object { kind: ObjectKind::Blob, .. }) {
                    self.judged.lock().unwrap().push(bytes);
                }
                outcome
            }
            Item::Seen { objects, bytes } => Outcome { objects, bytes, left: Left::Nothing },
            _ => Outcome::default(),
        };
        let mut counted = self.counted.lock().unwrap();
        *counted = (counted.0 + outcome.objects, counted.1 + outcome.bytes);
        outcome
    }
}

fn judge(rules: u64) -> Judge {
    Judge { key: [0; 32], rules: vec![("rule".into(), rules)], least: Confidence::Likely, telling: None }
}

fn read_by(git: &Git, rules: u64) -> (Vec<Vec<u8>>, (u64, u64)) {
    git.recall(judge(rules));
    let finder = Finder::default();
    git.read(&finder).unwrap();
    let mut judged = finder.judged.into_inner().unwrap();
    judged.sort();
    (judged, finder.counted.into_inner().unwrap())
}

#[test]
fn a_blob_that_nothing_is_in_is_judged_in_one_fork_and_counted_in_all() {
    let repository = TestRepository::new();
    repository.commit("clean", "a\n");
    repository.commit("app.env", "secret\n");
    let shared = Arc::new(SharedBlobs::default());
    let open = || repository.open().with_shared(Arc::clone(&shared));
    let (first, counted) = read_by(&open(), 1);
    assert_eq!(first, [&b"a\n"[..], b"secret\n"]);
    assert_eq!(read_by(&open(), 1), (vec![b"secret\n".to_vec()], counted));
    assert_eq!(read_by(&open(), 2), (first, counted), "other rules may find more");
}
