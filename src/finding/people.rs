//! Who made the commits of a place, and how a report leaves them out.

use super::{Excerpt, Place};
use crate::origin::{ObjectKind, Origin, Step};

impl Place {
    /// Takes out the authors of its commits. `shown`, what may be shown of the secret, stands for the line around it where that
    /// can name them.
    pub fn leave_out_authors(&mut self, shown: &str) {
        let commits = self.fate.iter_mut().flat_map(|fate| [&mut fate.introduced, &mut fate.removed]);
        for commit in commits.flatten() {
            (commit.author, commit.email) = (None, None);
        }
        if names_people(&self.origin, &self.path) {
            self.excerpt = Excerpt { mark: (0, shown.len()), text: shown.to_owned() };
        }
    }
}

/// Whether the line around a secret can name who made a commit: headers of commits and tags, and reflogs.
fn names_people(origin: &Origin, path: &[u8]) -> bool {
    let is_header = |step: &&Step| matches!(step, Step::Object { kind: ObjectKind::Commit | ObjectKind::Tag, .. });
    origin.steps().iter().any(is_header)
        || path.ends_with(b"logs/HEAD")
        || memchr::memmem::find(path, b"logs/refs/").is_some()
}
