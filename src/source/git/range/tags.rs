//! Annotated tags that a change has: a tag can be new where the commit that it names is old.

use std::collections::HashSet;

use gix::ObjectId;
use gix::objs::{Kind, TagRefIter};

use super::select::Resolved;
use super::selection::Selection;
use super::walk::Walked;
use crate::source::git::Git;
use crate::source::git::commits::peel;
use crate::source::git::objects::Decoder;

/// The tags of a selection, sorted: those on the way to its tips, and those that lead to one of its commits.
pub(super) fn of_change(git: &Git, (selection, resolved): (&Selection, &Resolved), walked: &Walked) -> Vec<ObjectId> {
    let mut decoder = Decoder::new();
    let mut tags: HashSet<ObjectId> = match selection {
        Selection::Updates { .. } | Selection::Range(_) => resolved.tags.iter().copied().collect(),
        Selection::Between { head, made, .. } => {
            let of_made = made.as_ref().map(|made| of_reference(git, made, head, &mut decoder)).unwrap_or_default();
            resolved.tags.iter().copied().chain(of_made).collect()
        }
        Selection::History { branch, since, .. } => {
            let is_asked_for = |tag: &ObjectId, decoder: &mut Decoder| match (resolved.since, since, branch) {
                (Some(since), ..) => made_at(git, tag, decoder).is_some_and(|seconds| seconds >= since),
                (None, since, branch) => since.is_some() || branch.is_some(),
            };
            resolved.tags.iter().filter(|tag| is_asked_for(tag, &mut decoder)).copied().collect()
        }
        Selection::Staged { .. } => HashSet::new(),
    };
    if !matches!(selection, Selection::Updates { .. }) {
        tags.extend(of_commits(git, |commit| walked.commits.contains_key(commit), &mut decoder));
    }
    resolved.known_tags.iter().for_each(|tag| _ = tags.remove(tag));
    let mut tags: Vec<ObjectId> = tags.into_iter().collect();
    tags.sort_unstable();
    tags
}

/// The tags on the way from a reference to what a build server says that it names: it says the commit, and not the tag.
fn of_reference(git: &Git, name: &[u8], head: &str, decoder: &mut Decoder) -> Vec<ObjectId> {
    let reference = git.repository.references().all.into_iter().find(|found| found.name == name);
    let Some(target) = reference.and_then(|found| found.target) else { return Vec::new() };
    let mut passed = Vec::new();
    let peeled = peel(&git.objects, target, decoder, |tag| passed.push(tag));
    let is_head = peeled.is_ok_and(|peeled| ObjectId::from_hex(head.as_bytes()).is_ok_and(|head| head == peeled.id));
    if is_head { passed } else { Vec::new() }
}

/// When a tag was made, in seconds since 1970; `None` where it does not say.
fn made_at(git: &Git, tag: &ObjectId, decoder: &mut Decoder) -> Option<i64> {
    let mut out = Vec::new();
    if !matches!(git.objects.find(tag, decoder, &mut out), Ok(Some(Kind::Tag))) {
        return None;
    }
    Some(TagRefIter::from_bytes(&out, git.objects.hash).tagger().ok()??.seconds())
}

/// Annotated tags of the repository that lead to one of these commits.
fn of_commits(git: &Git, is_selected: impl Fn(&ObjectId) -> bool, decoder: &mut Decoder) -> Vec<ObjectId> {
    let mut found = Vec::new();
    for reference in git.repository.references().all.iter().filter(|found| found.name.starts_with(b"refs/tags/")) {
        let Some(target) = reference.target else { continue };
        let mut passed = Vec::new();
        let peeled = peel(&git.objects, target, decoder, |tag| passed.push(tag));
        if peeled.is_ok_and(|peeled| is_selected(&peeled.id)) {
            found.extend(passed);
        }
    }
    found
}
