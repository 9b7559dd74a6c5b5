//! What a value is instead of a secret: placeholders, references, hashes, identifiers.
