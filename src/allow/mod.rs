//! What somebody decided not to hear of: inline marks and entries of the config.

/// Allow entries, compiled.
#[derive(Debug, Default)]
pub struct Entries;
