//! Encoded text decoded, with a map back to where it stood.
