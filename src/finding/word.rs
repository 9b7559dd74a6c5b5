//! Words of the program itself, as they are read again from what it wrote.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Different words that are taken from files.
const WORDS: usize = 1_000;
/// Length of the longest word.
const LONGEST: usize = 64;

/// A word of the program itself, such as the name of a step of the score, as read from a file. The same word is kept once;
/// a file with more words than the program has is not believed.
pub fn word(name: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(word) = known.get(name) {
        return word;
    }
    if known.len() >= WORDS || name.len() > LONGEST {
        return "other";
    }
    let word: &'static str = Box::leak(name.to_owned().into_boxed_str());
    known.insert(word);
    word
}
