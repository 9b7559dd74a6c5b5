//! Signature files checked.
