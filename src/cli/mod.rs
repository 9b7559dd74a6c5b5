//! Flags and config.
