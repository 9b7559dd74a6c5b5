//! What a source knows of a place beyond where it is.

use serde::{Deserialize, Serialize};

use super::{Commit, FileFacts, State, ToldBy};
use crate::date::Date;
use crate::origin::Origin;

/// What became of the bytes at one place; asked once, at the end, for findings only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fate {
    /// Whether and how they can still be had.
    pub state: State,
    /// In history: one path the object had. `None` where the origin itself says it, or where there is none.
    pub path: Option<Vec<u8>>,
    /// The commit that brought them to that path.
    pub introduced: Option<Commit>,
    /// In an image: the day on which their layer, or the config that has them, was made, as the image says.
    #[serde(default)]
    pub made: Option<Date>,
    /// Position of that commit in a topological order, older first: so that the earliest of several can be told.
    pub order: u64,
    /// The commit that took them away from that path.
    pub removed: Option<Commit>,
    /// Position of that commit in the same order.
    #[serde(default)]
    pub removed_order: u64,
    /// References that still have them, full names, sorted; with [`Fate::MOST_REFS`] of them there may be more.
    pub refs: Vec<String>,
    /// Index and digest of the layer that hides them.
    pub hidden_by: Option<(u32, String)>,
    /// Mode and owner of the file, where it is one of an image.
    #[serde(default)]
    pub file: Option<FileFacts>,
    /// What says that it came with the base image, where something does.
    #[serde(default)]
    pub base: Option<ToldBy>,
    /// Whether it stands for all further paths of what has more than are told: then it has none itself.
    #[serde(default)]
    pub is_rest: bool,
    /// The whole origin, where it could not be known at birth: an image from a stream names its layers only after them.
    /// It then stands in the place of the origin that was asked about.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

impl Fate {
    /// References that are named for one place.
    pub const MOST_REFS: usize = 32;

    /// A fate of which only the state is known.
    pub fn of(state: State) -> Self {
        Fate {
            state,
            path: None,
            introduced: None,
            made: None,
            order: 0,
            removed: None,
            removed_order: 0,
            refs: Vec::new(),
            hidden_by: None,
            file: None,
            base: None,
            is_rest: false,
            origin: None,
        }
    }
}
