//! Where inline marks count: in what is the user's own, and not in the repositories of others that lie in it.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use crate::origin::{Origin, Step};

/// Where inline marks count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marks {
    /// Nowhere: the target is not trusted.
    Nowhere,
    /// Everywhere.
    Everywhere,
    /// In all but the repositories that lie below the targets, and that do not hold this folder, in which the user stands; its real
    /// name.
    Around(PathBuf),
}

impl Marks {
    /// Whether they count anywhere.
    pub fn any(&self) -> bool {
        *self != Marks::Nowhere
    }

    /// Whether they count in a file. Looks at the folders above it, so it is asked only where there is a mark.
    pub fn count_at(&self, origin: &Origin) -> bool {
        match self {
            Marks::Nowhere => false,
            Marks::Everywhere => true,
            Marks::Around(here) => !is_of_another_repository(here, origin),
        }
    }
}

fn is_of_another_repository(here: &Path, origin: &Origin) -> bool {
    if !origin.submodule().is_empty() {
        return true;
    }
    let (Some(Step::Directory { path: root }), Some(path)) = (origin.steps().first().copied(), origin.file_path())
    else {
        return false;
    };
    let Ok(root) = fs::canonicalize(here.join(root)) else { return true };
    let file = root.join(as_written(path));
    let folders = file.ancestors().skip(1).take_while(|folder| *folder != root);
    let mut repositories = folders.filter(|folder| folder.join(".git").symlink_metadata().is_ok());
    repositories.next().is_some_and(|repository| !here.starts_with(repository))
}

/// A path of this machine by its bytes.
fn as_written(path: &[u8]) -> Cow<'_, Path> {
    let lossy = |_| Cow::Owned(PathBuf::from(String::from_utf8_lossy(path).into_owned()));
    gix::path::from_byte_slice(path).map_or_else(lossy, Cow::Borrowed)
}
