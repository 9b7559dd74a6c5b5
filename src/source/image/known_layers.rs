//! What is known of layers, for all images that are read at the same time: one of them reads a layer that several have, and
//! the others wait for what it learns.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::lock;
use crate::cache::Cache;

/// How often whoever waits looks whether it should stop.
const LOOK: Duration = Duration::from_millis(100);

/// A cache of layers, and which of them are being read.
pub struct KnownLayers {
    cache: Arc<Cache>,
    taken: Mutex<HashSet<Vec<u8>>>,
    given_back: Condvar,
}

impl KnownLayers {
    /// With what earlier runs left in a cache.
    pub fn new(cache: Arc<Cache>) -> Self {
        KnownLayers { cache, taken: Mutex::default(), given_back: Condvar::new() }
    }

    pub(super) fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Takes of these layers those that nobody reads now. Whoever calls this does so once, before it reads any: then each
    /// waits only for those that came before it, and two never for each other.
    pub(super) fn take(self: &Arc<Self>, names: impl Iterator<Item = Vec<u8>>) -> Taken {
        let mut taken = lock(&self.taken);
        let names = names.filter(|name| taken.insert(name.clone())).collect();
        Taken { names, layers: Arc::clone(self) }
    }

    /// Waits until nobody reads a layer any more, or `is_enough` says so.
    pub(super) fn wait(&self, name: &[u8], is_enough: &dyn Fn() -> bool) {
        let mut taken = lock(&self.taken);
        while taken.contains(name) && !is_enough() {
            taken = self.given_back.wait_timeout(taken, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Layers that one image reads; given back when it is dropped.
pub(super) struct Taken {
    names: HashSet<Vec<u8>>,
    layers: Arc<KnownLayers>,
}

impl Taken {
    /// Whether a layer is one of them.
    pub fn has(&self, name: &[u8]) -> bool {
        self.names.contains(name)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        lock(&self.layers.taken).retain(|name| !self.names.contains(name));
        self.layers.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_taken_once_and_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let layers = Arc::new(KnownLayers::new(Arc::new(Cache::open(&folder.path().join("cache")).unwrap())));
        let names = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>().into_iter();
        let has = |taken: &Taken, name: &str| taken.has(name.as_bytes());
        let first = layers.take(names(&["a", "b"]));
        let second = layers.take(names(&["b", "c"]));
        assert!(has(&first, "b") && !has(&second, "b") && has(&second, "c"));
        // Who is told to stop does not wait.
        layers.wait(b"b", &|| true);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| layers.wait(b"b", &|| false));
            std::thread::sleep(LOOK / 4);
            assert!(!waiting.is_finished());
            drop(first);
        });
        let third = layers.take(names(&["a", "b", "c"]));
        assert!(has(&third, "a") && has(&third, "b") && !has(&third, "c"));
    }
}
