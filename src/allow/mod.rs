//! What somebody decided not to hear of: entries of the config, marks in the text itself, and the baseline of what was known
//! before. This room judges what is covered; what is covered stays in every report, counted and flagged.

pub mod baseline;
mod entries;
pub mod inline;
pub mod marks;
mod subject;

pub use entries::{AllowEntry, Entries, Grounds, POLICY, Written};
pub use subject::Subject;
