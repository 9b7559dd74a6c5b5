//! Which submodules of a commit are here: those that the repository keeps in its own folder, by the names that `.gitmodules`
//! gives to their paths.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::{Kind, TreeRefIter};

use super::Git;
use super::objects::Decoder;

/// The submodules of one tree.
pub(super) struct Submodules {
    /// Names by path; most submodules are named by their path and need no entry.
    names: HashMap<Vec<u8>, Vec<u8>>,
    kept: HashSet<Vec<u8>>,
}

impl Submodules {
    pub(super) fn of(git: &Git, root: &ObjectId, decoder: &mut Decoder) -> Self {
        let kept = git.submodules().into_iter().map(|(name, _)| name.into_bytes()).collect();
        Submodules { names: names(git, root, decoder).unwrap_or_default(), kept }
    }

    /// Whether the repository of the submodule at this path is here.
    pub(super) fn is_here(&self, path: &[u8]) -> bool {
        self.kept.contains(self.names.get(path).map_or(path, Vec::as_slice))
    }
}

/// What `.gitmodules` says; `None` where there is none that can be read.
fn names(git: &Git, root: &ObjectId, decoder: &mut Decoder) -> Option<HashMap<Vec<u8>, Vec<u8>>> {
    let mut out = Vec::new();
    if git.objects.find(root, decoder, &mut out).ok()? != Some(Kind::Tree) {
        return None;
    }
    let mut entries = TreeRefIter::from_bytes(&out, git.repository.hash).flatten();
    let file = entries.find(|entry| entry.filename == ".gitmodules" && entry.mode.is_blob())?.oid.to_owned();
    if git.objects.find(&file, decoder, &mut out).ok()? != Some(Kind::Blob) {
        return None;
    }
    let config = gix::config::File::try_from(out.as_bstr()).ok()?;
    let sections = config.sections_by_name("submodule")?;
    let named = sections.filter_map(|section| {
        let name = section.header().subsection_name()?.to_vec();
        Some((section.value("path")?.to_vec(), name))
    });
    Some(named.collect())
}
