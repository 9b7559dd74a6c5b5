//! A place built by hand, for the tests of all rooms.

use super::{Excerpt, Location, Place, State};
use crate::origin::Origin;

/// A live place at 3:9, with nothing beside it.
pub(crate) fn place(origin: Origin, path: impl AsRef<[u8]>) -> Place {
    Place {
        origin,
        path: path.as_ref().to_vec(),
        location: Location { line: 3, column: 9, end_line: 3, end_column: 41, offset: 52, ..Location::default() },
        excerpt: Excerpt { text: "k: ****".to_owned(), mark: (3, 7) },
        state: State::Live,
        fate: None,
        versions: 1,
        context: None,
        allowed: None,
        allowed_by_change: None,
        owners: Vec::new(),
        fails: true,
    }
}
