//! Entropy and wordiness of short byte strings.
