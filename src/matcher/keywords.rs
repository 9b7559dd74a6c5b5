//! Where the rules' words stand in a text: a q-gram filter that verifies, and an aho-corasick automaton that finds the same.
//!
//! The filter looks at every second byte. A word of five bytes or more has a window of five bytes, of which one 4-gram
//! begins at an even place wherever the word stands; words of four bytes have their 3-grams looked up in the same way,
//! words of three bytes their 2-grams. The look-ups do not depend on each other, where an automaton waits for its table
//! at each byte. A set bit leads to a short list of words that are compared with the text.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// A word to look for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Word {
    /// The word, ASCII, 3 to 64 bytes; in lower case where case does not matter.
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
    /// Tables for these words. `Engine::Filter` falls back to the automaton where a word is not ASCII or is shorter than
    /// three bytes.
    pub fn new(words: Vec<Word>, engine: Engine) -> Self {
        let fits = words.iter().all(|word| word.text.len() >= 3 && word.text.is_ascii());
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

/// Sets the bit by which ASCII letters differ in case. It makes some other bytes alike, too: verification tells them apart.
const FOLD: u32 = 0x2020_2020;
/// Words of 64 bits in the table of 4-grams: 16 KiB, so that all tables stay in the first-level cache.
const FOUR: usize = 2_048;
/// Words of 64 bits in the table of 3-grams: 4 KiB for the few words of four bytes.
const THREE: usize = 512;
/// Words of 64 bits in the table of 2-grams, which has a bit for each.
const TWO: usize = 1_024;
/// Spreads a 4-gram over the upper bits; an odd constant with no short pattern (2^32 divided by the golden ratio).
const SPREAD: u32 = 0x9e37_79b1;
/// Bytes that one turn of the loop looks at: eight places.
const TURN: usize = 16;

/// A gram of a word.
#[derive(Debug, Clone, Copy)]
struct Entry {
    gram: u32,
    word: u16,
    /// Where in the word the gram begins.
    offset: u8,
}

/// Grams by the 64 bits of the table that theirs is in.
#[derive(Debug)]
struct Entries {
    buckets: Box<[(u32, u32)]>,
    entries: Vec<Entry>,
}

impl Entries {
    fn new(buckets: usize, mut entries: Vec<Entry>, bucket: impl Fn(u32) -> usize) -> Self {
        entries.sort_by_key(|entry| (bucket(entry.gram), entry.gram, entry.word, entry.offset));
        let mut ranges = vec![(0, 0); buckets].into_boxed_slice();
        for (index, entry) in entries.iter().enumerate() {
            let range = &mut ranges[bucket(entry.gram)];
            if range.1 == 0 {
                range.0 = index as u32;
            }
            range.1 = index as u32 + 1;
        }
        Entries { buckets: ranges, entries }
    }

    fn of(&self, bucket: usize, gram: u32) -> impl Iterator<Item = &Entry> {
        let (start, end) = self.buckets[bucket];
        self.entries[start as usize..end as usize].iter().filter(move |entry| entry.gram == gram)
    }
}

/// A bit for each hash of a 4-gram and of a 3-gram, and for each 2-gram; sizes are constants, so that no look-up is checked.
#[derive(Debug)]
struct Filter {
    four: Box<[u64; FOUR]>,
    three: Box<[u64; THREE]>,
    two: Box<[u64; TWO]>,
    four_entries: Entries,
    three_entries: Entries,
    two_entries: Entries,
    longest: usize,
}

const fn four_hash(gram: u32) -> u32 {
    gram.wrapping_mul(SPREAD) >> (32 - 6 - FOUR.trailing_zeros())
}

const fn three_hash(gram: u32) -> u32 {
    gram.wrapping_mul(SPREAD) >> (32 - 6 - THREE.trailing_zeros())
}

/// How common a byte is in what is scanned: the higher, the worse for a window. Coarse on purpose.
fn commonness(byte: u8) -> u32 {
    match byte.to_ascii_lowercase() {
        b'e' | b't' | b's' | b'r' | b'a' | b'i' | b'n' | b'o' => 8,
        b'c' | b'd' | b'l' | b'p' | b'm' | b'u' => 6,
        b'f' | b'g' | b'h' | b'b' | b'_' | b'-' | b'/' | b'.' | b':' => 4,
        b'0'..=b'9' | b'y' | b'v' | b'w' | b'k' => 3,
        _ => 1,
    }
}

fn gram(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |gram, &byte| gram << 8 | u32::from(byte | 0x20))
}

impl Filter {
    fn new(words: &[Word]) -> Self {
        let (mut four, mut three, mut two) = (Vec::new(), Vec::new(), Vec::new());
        for (index, word) in words.iter().enumerate() {
            let (q, list) = match word.text.len() {
                0..=3 => (2, &mut two),
                4 => (3, &mut three),
                _ => (4, &mut four),
            };
            // Of the window's two grams one begins at an even place, wherever the word stands.
            let best = (0..word.text.len() - q)
                .min_by_key(|&offset| word.text[offset..=offset + q].iter().map(|&b| commonness(b)).sum::<u32>())
                .unwrap_or(0);
            for offset in [best, best + 1] {
                list.push(Entry {
                    gram: gram(&word.text[offset..offset + q]),
                    word: index as u16,
                    offset: offset as u8,
                });
            }
        }
        let mut filter = Filter {
            four: Box::new([0; FOUR]),
            three: Box::new([0; THREE]),
            two: Box::new([0; TWO]),
            longest: words.iter().map(|word| word.text.len()).max().unwrap_or(0),
            four_entries: Entries::new(FOUR, four, |gram| (four_hash(gram) >> 6) as usize),
            three_entries: Entries::new(THREE, three, |gram| (three_hash(gram) >> 6) as usize),
            two_entries: Entries::new(TWO, two, |gram| (gram >> 6) as usize),
        };
        for entry in &filter.four_entries.entries {
            let hash = four_hash(entry.gram);
            filter.four[(hash >> 6) as usize] |= 1 << (hash & 63);
        }
        for entry in &filter.three_entries.entries {
            let hash = three_hash(entry.gram);
            filter.three[(hash >> 6) as usize] |= 1 << (hash & 63);
        }
        for entry in &filter.two_entries.entries {
            filter.two[(entry.gram >> 6) as usize] |= 1 << (entry.gram & 63);
        }
        filter
    }

    fn find(&self, words: &[Word], text: &[u8], range: std::ops::Range<usize>, hit: &mut impl FnMut(Hit)) {
        // A gram may stand up to a word's length after the word's first byte.
        let end = range.end.saturating_add(self.longest).min(text.len());
        let mut place = range.start & !1;
        while let Some(turn) = text.get(place..place + TURN + 2).filter(|_| place + TURN <= end) {
            let Ok(turn) = <&[u8; TURN + 2]>::try_from(turn) else { break };
            let mut set = 0u32;
            for step in 0..TURN / 2 {
                let at = 2 * step;
                set |= self.has(u32::from_le_bytes([turn[at], turn[at + 1], turn[at + 2], turn[at + 3]])) << step;
            }
            while set != 0 {
                let at = place + 2 * set.trailing_zeros() as usize;
                self.visit(words, text, &range, at, hit);
                set &= set - 1;
            }
            place += TURN;
        }
        while place < end {
            if self.has(window(text, place)) != 0 {
                self.visit(words, text, &range, place, hit);
            }
            place += 2;
        }
    }

    #[inline(always)]
    fn has(&self, window: u32) -> u32 {
        let window = window | FOLD;
        let (hash, short, pair) = (four_hash(window), three_hash(window & 0xff_ffff), window & 0xffff);
        let four = self.four[(hash >> 6) as usize] >> (hash & 63);
        let three = self.three[(short >> 6) as usize] >> (short & 63);
        let two = self.two[(pair >> 6) as usize] >> (pair & 63);
        (four | three | two) as u32 & 1
    }

    /// Compares the words whose gram may stand at a place.
    fn visit(
        &self,
        words: &[Word],
        text: &[u8],
        range: &std::ops::Range<usize>,
        place: usize,
        hit: &mut impl FnMut(Hit),
    ) {
        let window = window(text, place) | FOLD;
        let (short, pair) = (window & 0xff_ffff, window & 0xffff);
        let four = self.four_entries.of((four_hash(window) >> 6) as usize, window);
        let three = self.three_entries.of((three_hash(short) >> 6) as usize, short);
        for entry in four.chain(three).chain(self.two_entries.of((pair >> 6) as usize, pair)) {
            let Some(start) = place.checked_sub(usize::from(entry.offset)) else { continue };
            let word = &words[usize::from(entry.word)];
            let Some(found) = text.get(start..start + word.text.len()) else { continue };
            let equal = if word.case_sensitive { *found == *word.text } else { found.eq_ignore_ascii_case(&word.text) };
            if equal && range.contains(&start) {
                hit(Hit { start, word: entry.word });
            }
        }
    }
}

/// Four bytes from a place on, with zeros past the end.
fn window(text: &[u8], place: usize) -> u32 {
    let mut bytes = [0; 4];
    let rest = &text[place..(place + 4).min(text.len())];
    bytes[..rest.len()].copy_from_slice(rest);
    u32::from_le_bytes(bytes)
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

        #[test]
        fn the_filter_never_panics(text in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
            let words = [word("eyJ", true), word("akia", true), word("password", false)];
            let cut = cut.min(text.len());
            let (filter, automaton) = both(&words, &text, cut..text.len());
            prop_assert_eq!(filter, automaton);
        }
    }
}
