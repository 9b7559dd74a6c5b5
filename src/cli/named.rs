//! Rules that somebody named, by a flag or in a configuration.

/// The id or tag of rules that somebody named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The word.
    pub word: String,
    /// Where it was named, for messages: a flag, or a file with the line and the key.
    pub written: String,
}

impl Named {
    /// Words of a flag.
    pub fn typed(flag: &str, words: &[String]) -> Vec<Self> {
        words.iter().map(|word| Named { word: word.clone(), written: flag.to_owned() }).collect()
    }
}
