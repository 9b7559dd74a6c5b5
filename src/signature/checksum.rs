//! Checksums that providers put into their tokens, as pure functions; used by the proofs and by the templates of examples.
