//! What of a repository need not be read.

use std::sync::Arc;

use gix::ObjectId;
use gix::hash::oid;

use crate::cache::Cache;
use crate::secret::Secret;
use crate::source::git::ids::short;

/// Which objects a reading takes.
#[derive(Clone)]
pub(in crate::source::git) enum Scope {
    /// All.
    All,
    /// Those that are not known.
    Unknown(Arc<Index>),
    /// Those that are.
    Known(Arc<Index>),
}

impl Scope {
    pub(in crate::source::git) fn takes(&self, id: &oid) -> bool {
        match self {
            Scope::All => true,
            Scope::Unknown(index) => !index.has(id),
            Scope::Known(index) => index.has(id),
        }
    }

    pub(in crate::source::git) fn takes_name(&self, name: &[u8]) -> bool {
        match self {
            Scope::Unknown(index) => !index.has_name(name),
            Scope::All | Scope::Known(_) => true,
        }
    }
}

/// What need not be read.
#[derive(Default)]
pub(in crate::source::git) struct Index {
    /// Sorted.
    pub(super) objects: Vec<u128>,
    /// Sorted.
    pub(super) names: Vec<u64>,
    /// All that is to be read, where nothing but that is stored that is not in `objects`.
    pub(super) unknown: Option<Vec<ObjectId>>,
    pub(super) cache: Option<Arc<Cache>>,
}

impl Index {
    pub(in crate::source::git) fn has(&self, id: &oid) -> bool {
        self.objects.binary_search(&short(id)).is_ok()
    }

    fn has_name(&self, name: &[u8]) -> bool {
        self.cache.as_ref().is_some_and(|cache| self.names.binary_search(&name_hash(cache, name)).is_ok())
    }

    /// All objects that are stored and not known, where they are few and need not be looked for.
    pub(in crate::source::git) fn unknown(&self) -> Option<&[ObjectId]> {
        self.unknown.as_deref()
    }
}

/// Stands for a name.
pub(super) fn name_hash(cache: &Cache, name: &[u8]) -> u64 {
    let seal = cache.seal(&Secret::new(name));
    u64::from_le_bytes(std::array::from_fn(|at| seal[at]))
}
