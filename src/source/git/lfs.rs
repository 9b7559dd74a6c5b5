//! What Git LFS keeps in the folder of a repository: the names of its objects, and where they lie.

use std::path::Path;

/// The name of what an LFS pointer stands for, if it was fetched: it lies in `lfs/objects/ab/cd/abcd…` (git-lfs,
/// `docs/spec.md`).
pub(super) fn fetched_object(common_dir: &Path, pointer: &[u8]) -> Option<String> {
    let id = pointer.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"oid sha256:"))?;
    let id = std::str::from_utf8(id).ok().filter(|id| is_oid(id))?;
    let path = common_dir.join("lfs/objects").join(&id[..2]).join(&id[2..4]).join(id);
    path.is_file().then(|| id.to_owned())
}

/// The name of an LFS object by where it lies below a repository's folder.
pub(super) fn oid_of(name: &str) -> Option<String> {
    let (folders, oid) = name.strip_prefix(".git/lfs/objects/")?.rsplit_once('/')?;
    (is_oid(oid) && folders == format!("{}/{}", &oid[..2], &oid[2..4])).then(|| oid.to_owned())
}

fn is_oid(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
