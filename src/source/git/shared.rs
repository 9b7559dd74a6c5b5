//! Blobs that nothing was found in, told from one repository to the next: forks share most of theirs.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gix::hash::oid;

use super::ids::short;
use crate::blob::{Left, Outcome};
use crate::source::memory::Judge;

/// Blobs that are told; at some 60 bytes each. Those beyond are judged in each repository.
const MOST: usize = 2 << 20;
const SHARDS: usize = 64;

/// What several repositories that are read in one run tell each other.
#[derive(Default)]
pub struct SharedBlobs(Mutex<Vec<(Judge, Arc<CleanBlobs>)>>);

impl SharedBlobs {
    /// What is known to those that judge alike.
    pub(super) fn to(&self, judge: &Judge) -> Arc<CleanBlobs> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alike = |other: &Judge| other.key == judge.key && other.rules == judge.rules;
        if let Some((_, blobs)) = all.iter().find(|(other, _)| alike(other)) {
            return Arc::clone(blobs);
        }
        let blobs = Arc::new(CleanBlobs::new());
        all.push((judge.clone(), Arc::clone(&blobs)));
        blobs
    }
}

/// Blobs that nothing was found in, and what was counted for each.
pub(super) struct CleanBlobs {
    hasher: RandomState,
    count: AtomicUsize,
    shards: Vec<Mutex<HashMap<u128, (u32, u64)>>>,
}

impl CleanBlobs {
    fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        CleanBlobs { hasher: RandomState::new(), count: AtomicUsize::new(0), shards }
    }

    fn shard(&self, id: u128) -> &Mutex<HashMap<u128, (u32, u64)>> {
        &self.shards[(self.hasher.hash_one(id) % SHARDS as u64) as usize]
    }

    /// Objects and bytes that were counted for a blob, if it was judged before.
    pub(super) fn get(&self, id: &oid) -> Option<(u64, u64)> {
        let id = short(id);
        let shard = self.shard(id).lock().unwrap_or_else(PoisonError::into_inner);
        shard.get(&id).map(|(objects, bytes)| (u64::from(*objects), *bytes))
    }

    /// Keeps a blob, if nothing was found in it.
    pub(super) fn add(&self, id: &oid, outcome: Outcome) {
        let Outcome { objects, bytes, left } = outcome;
        let Ok(objects) = u32::try_from(objects) else { return };
        if left != Left::Nothing || self.count.load(Ordering::Relaxed) >= MOST {
            return;
        }
        let id = short(id);
        let mut shard = self.shard(id).lock().unwrap_or_else(PoisonError::into_inner);
        if shard.insert(id, (objects, bytes)).is_none() {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }
}
