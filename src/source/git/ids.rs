//! Sets of object ids that many threads share.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gix::hash::oid;

const SHARDS: usize = 64;

/// The first half of an id or more: to make two objects that agree in it costs as much as to break SHA-1 itself.
pub(super) fn short(id: &oid) -> u128 {
    let mut first = [0; 16];
    first.copy_from_slice(&id.as_bytes()[..16]);
    u128::from_le_bytes(first)
}

/// A set that many threads add to.
pub(super) struct Shards<T> {
    hasher: RandomState,
    shards: Vec<Mutex<HashSet<T>>>,
}

impl<T: std::hash::Hash + Eq> Shards<T> {
    pub(super) fn new() -> Self {
        Shards { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| Mutex::new(HashSet::new())).collect() }
    }

    fn shard_of(&self, value: &T) -> usize {
        (self.hasher.hash_one(value) % SHARDS as u64) as usize
    }

    fn shard(&self, value: &T) -> MutexGuard<'_, HashSet<T>> {
        self.shards[self.shard_of(value)].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether it was not there before.
    pub(super) fn insert(&self, value: T) -> bool {
        self.shard(&value).insert(value)
    }

    pub(super) fn contains(&self, value: &T) -> bool {
        self.shard(value).contains(value)
    }
}

impl<T: std::hash::Hash + Eq> From<HashSet<T>> for Shards<T> {
    fn from(values: HashSet<T>) -> Self {
        let mut shards = Shards::new();
        for value in values {
            let shard = shards.shard_of(&value);
            shards.shards[shard].get_mut().unwrap_or_else(PoisonError::into_inner).insert(value);
        }
        shards
    }
}

impl<T: std::hash::Hash + Eq> From<Shards<T>> for HashSet<T> {
    fn from(shards: Shards<T>) -> Self {
        let shards = shards.shards.into_iter();
        shards.flat_map(|shard| shard.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }
}
