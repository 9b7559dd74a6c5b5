//! What a repository holds now, as far as what is remembered of it depends on that.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use gix::ObjectId;
use sha2::{Digest, Sha256};

use super::file::Known;
use crate::source::git::checkout;
use crate::source::git::ids::short;
use crate::source::git::objects::{Objects, Pack};
use crate::source::git::repository::Repository;

pub(super) fn stored_now(objects: &Objects) -> [u8; 32] {
    let mut sum = Sha256::new();
    for pack in &objects.packs {
        sum.update(pack.data.checksum().as_bytes());
        sum.update((pack.data.data_len() as u64).to_le_bytes());
        sum.update(pack.index.objects().to_le_bytes());
    }
    for id in objects.loose_ids() {
        sum.update(id.as_bytes());
    }
    sum.finalize().into()
}

pub(super) fn shallow_now(repository: &Repository) -> u64 {
    let mut commits: Vec<&ObjectId> = repository.shallow.iter().collect();
    commits.sort_unstable();
    BuildHasherDefault::<DefaultHasher>::default().hash_one(commits)
}

/// A hash of all that fates depend on.
pub(super) fn references_now(repository: &Repository, store: &[u8; 32]) -> [u8; 32] {
    let mut sum = Sha256::new();
    sum.update(store);
    sum.update(shallow_now(repository).to_le_bytes());
    for reference in repository.references().all.iter().chain(&repository.older_stashes()) {
        sum.update(reference.name.as_slice());
        sum.update(b"\0");
        sum.update(reference.target.map(|id| id.to_string()).unwrap_or_default());
        sum.update(b"\n");
    }
    for index in checkout::indexes(repository) {
        sum.update(Sha256::digest(std::fs::read(index).unwrap_or_default()));
    }
    sum.finalize().into()
}

/// Lets go of objects that are no longer stored; whether all are.
pub(super) fn retain_stored(known: &mut Known, objects: &Objects) -> bool {
    let mut is_stored = vec![false; known.objects.len()];
    let ids = |pack: &Pack| pack.index.objects();
    for pack in &objects.packs {
        for position in 0..ids(pack) {
            let id = short(pack.index.id_at(position));
            if let Ok(place) = known.objects.binary_search_by_key(&id, |one| one.id) {
                is_stored[place] = true;
            }
        }
    }
    for id in objects.loose_ids() {
        if let Ok(place) = known.objects.binary_search_by_key(&short(id), |one| one.id) {
            is_stored[place] = true;
        }
    }
    let has_all = !is_stored.contains(&false);
    if !has_all {
        let mut places = is_stored.into_iter();
        known.objects.retain(|_| places.next().unwrap_or(false));
    }
    has_all
}
