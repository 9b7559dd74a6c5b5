//! Where the rules' words stand in a text: a q-gram filter that verifies, and an aho-corasick automaton that finds the same.

mod filter;
mod rarity;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use filter::Filter;

/// A word to look for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Word {
    /// The word, 3 to 64 bytes; where case does not matter its ASCII letters are in lower case. Others are matched as they are.
    pub text: Box<[u8]>,
    /// Whether upper and lower case differ.
    pub case_sensitive: bool,
}

/// A word at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hit {
    /// Offset of its first byte.
    pub start: usize,
    /// Index of the word.
    pub word: u16,
}

/// Which engine finds the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The q-gram filter.
    Filter,
    /// The automaton: the reference in tests and benches, and the fallback for words that the filter cannot hold.
    Automaton,
}

/// Finds words.
#[derive(Debug)]
pub struct Keywords {
    words: Vec<Word>,
    engine: Matching,
}

#[derive(Debug)]
enum Matching {
    Filter(Box<Filter>),
    Automaton(AhoCorasick),
}

impl Keywords {
    /// Tables for these words. `Engine::Filter` falls back to the automaton where a word is shorter than three bytes.
    pub fn new(words: Vec<Word>, engine: Engine) -> Self {
        let fits = words.iter().all(|word| word.text.len() >= 3);
        let engine = match engine {
            Engine::Filter if fits => Matching::Filter(Box::new(Filter::new(&words))),
            _ => Matching::Automaton(
                AhoCorasick::builder()
                    .ascii_case_insensitive(true)
                    .kind(Some(AhoCorasickKind::ContiguousNFA))
                    .build(words.iter().map(|word| &word.text))
                    .expect("a few thousand short words are within the automaton's limits"),
            ),
        };
        Keywords { words, engine }
    }

    /// The words, by index.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// Calls `hit` for every word that begins in `range` and ends within `text`. Hits of one word come in order of their
    /// place; those of different words may be a few bytes out of order.
    pub fn find(&self, text: &[u8], range: std::ops::Range<usize>, hit: &mut impl FnMut(Hit)) {
        match &self.engine {
            Matching::Filter(filter) => filter.find(&self.words, text, range, hit),
            Matching::Automaton(automaton) => {
                for found in automaton.find_overlapping_iter(&text[range.start..]) {
                    let start = range.start + found.start();
                    let word = &self.words[found.pattern().as_usize()];
                    let end = start + word.text.len();
                    if start < range.end && (!word.case_sensitive || text[start..end] == *word.text) {
                        hit(Hit { start, word: found.pattern().as_usize() as u16 });
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(text: &str, case_sensitive: bool) -> Word {
        let text = if case_sensitive { text.to_owned() } else { text.to_ascii_lowercase() };
        Word { text: text.into_bytes().into(), case_sensitive }
    }

    fn hits(keywords: &Keywords, text: &[u8], range: std::ops::Range<usize>) -> Vec<Hit> {
        let mut hits = Vec::new();
        keywords.find(text, range, &mut |hit| hits.push(hit));
        hits.sort();
        hits
    }

    fn both(words: &[Word], text: &[u8], range: std::ops::Range<usize>) -> (Vec<Hit>, Vec<Hit>) {
        let filter = Keywords::new(words.to_vec(), Engine::Filter);
        let automaton = Keywords::new(words.to_vec(), Engine::Automaton);
        assert!(matches!(filter.engine, Matching::Filter(_)));
        (hits(&filter, text, range.clone()), hits(&automaton, text, range))
    }

    #[test]
    fn finds_words_of_every_length_at_every_place() {
        let words = [word("eyJ", true), word("ghp_", true), word("token", false), word("-----BEGIN ", true)];
        for word in &words {
            for before in 0..40 {
                let mut text = vec![b'.'; before];
                text.extend_from_slice(&word.text);
                let (filter, automaton) = both(&words, &text, 0..text.len());
                assert_eq!(filter, automaton);
                assert_eq!(filter.len(), 1, "{word:?} after {before}");
            }
        }
    }

    #[test]
    fn case_matters_where_it_should() {
        let words = [word("ghp_", true), word("Token", false)];
        let (filter, _) = both(&words, b"GHP_ ToKeN", 0..10);
        assert_eq!(filter, [Hit { start: 5, word: 1 }]);
    }

    #[test]
    fn words_that_do_not_fit_fall_back_to_the_automaton() {
        let words = vec![word("ab", true)];
        let keywords = Keywords::new(words, Engine::Filter);
        assert!(matches!(keywords.engine, Matching::Automaton(_)));
        assert_eq!(hits(&keywords, b"xaby", 0..4), [Hit { start: 1, word: 0 }]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        /// A small alphabet makes overlaps, prefixes and near misses common.
        #[test]
        fn filter_and_automaton_agree(
            words in proptest::collection::hash_set(("[abAB_]{3,9}", any::<bool>()), 1..12),
            text in "[abAB_\u{1}]{0,120}",
            from in 0usize..60,
            length in 0usize..120,
        ) {
            let words: Vec<Word> = words.iter().map(|(text, sensitive)| word(text, *sensitive)).collect();
            let text = text.as_bytes();
            let from = from.min(text.len());
            let to = (from + length).min(text.len());
            let (mut filter, mut automaton) = both(&words, text, from..to);
            filter.dedup();
            automaton.dedup();
            prop_assert_eq!(filter, automaton);
        }

        /// More text than is looked at between two visits, with words of each length at any place and in any case.
        #[test]
        fn filter_and_automaton_agree_in_long_texts(
            length in 0usize..9_000,
            places in proptest::collection::vec((any::<usize>(), 0usize..6, any::<bool>()), 0..40),
            from in 0usize..5_000,
        ) {
            let words = [
                word("eyJ", true), word("pwd", false), word("AKIA", true), word("-key", false), word("token", false),
                word("-----BEGIN ", true),
            ];
            let mut text: Vec<u8> = b"let key_value = \"pass the tokens\";\n".iter().copied().cycle().take(length).collect();
            for (place, index, upper) in places {
                let start = place % (length + 1);
                for (to, from) in text[start..].iter_mut().zip(&words[index].text) {
                    *to = if upper { from.to_ascii_uppercase() } else { *from };
                }
            }
            let from = from.min(length);
            let (filter, automaton) = both(&words, &text, from..length - (length - from) / 3);
            prop_assert_eq!(filter, automaton);
        }

        /// Words beyond ASCII, whose bytes fold onto each other and onto those of ASCII.
        #[test]
        fn filter_and_automaton_agree_beyond_ascii(
            words in proptest::collection::hash_set(("[ппПра密\u{2f}a]{2,5}", any::<bool>()), 1..8),
            text in "[ппПра密\u{2f}aA]{0,80}",
            from in 0usize..60,
        ) {
            let words: Vec<Word> = words.iter().filter(|(text, _)| text.len() >= 3).map(|(text, sensitive)| word(text, *sensitive)).collect();
            let text = text.as_bytes();
            let from = from.min(text.len());
            let (mut filter, mut automaton) = both(&words, text, from..text.len());
            filter.dedup();
            automaton.dedup();
            prop_assert_eq!(filter, automaton);
        }

        #[test]
        fn the_filter_never_panics(text in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let words = [word("eyJ", true), word("akia", true), word("password", false)];
            let cut = cut.min(text.len());
            let (filter, automaton) = both(&words, &text, cut..text.len());
            prop_assert_eq!(filter, automaton);
        }
    }
}
