//! Where in a history lay what could not be read: the history knows it by its id, people and entries of the configuration by
//! its path.

use std::cmp::Reverse;

use super::{Options, class};
use crate::blob::{Class, Reason, Skip};
use crate::finding::Fate;
use crate::origin::{ObjectKind, Origin, Step};

/// Whether the source is to be asked for the path of what was skipped: of what was lost, and of files whose content is elsewhere.
pub(super) fn wants_path(skip: &Skip) -> bool {
    let is_blob = |step: &Step| matches!(step, Step::Object { kind: ObjectKind::Blob, .. });
    (skip.reason.class() == Class::Lost || skip.reason == Reason::LfsPointer)
        && skip.origin.file_path().is_none()
        && skip.origin.steps().into_iter().any(is_blob)
}

/// A skip with its path, and what it is taken for. Where it had several, that counts which is worst: one that is lost before
/// those that are accepted, and these before those that were not asked for.
pub(super) fn settle(skip: &Skip, fates: &[Fate], options: &Options) -> (Class, Skip) {
    let mut paths: Vec<&Vec<u8>> = fates.iter().filter_map(|fate| fate.path.as_ref()).collect();
    paths.sort();
    paths.dedup();
    let at = |path: &Vec<u8>| {
        let skip = Skip { origin: with_path(&skip.origin, path), ..skip.clone() };
        let is_left_out = options.leave_out.as_ref().is_some_and(|leave_out| leave_out(&skip.origin.from_top(path)));
        (if is_left_out { Class::NotAsked } else { class(&skip, options) }, skip)
    };
    let known = paths.into_iter().filter(|_| wants_path(skip)).map(at);
    known.min_by_key(|(class, _)| Reverse(*class)).unwrap_or_else(|| (class(skip, options), skip.clone()))
}

/// The same with the path between the repository, or its submodule, and the object.
fn with_path(origin: &Origin, path: &[u8]) -> Origin {
    let steps = origin.steps();
    let is_above = |step: &&Step| matches!(step, Step::Repository { .. } | Step::Submodule { .. });
    let above = steps.iter().take_while(|step| is_above(step)).count().max(1);
    let path = Step::Path { path: path.to_vec() };
    let mut all = steps[..above].iter().copied().chain([&path]).chain(steps[above..].iter().copied()).cloned();
    let Some(first) = all.next() else { return origin.clone() };
    all.fold(Origin::new(first), |origin, step| origin.with(step))
}
