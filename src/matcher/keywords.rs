//! Where the rules' words stand in a text: a q-gram filter that verifies, and an aho-corasick automaton that finds the same.
//!
//! The filter looks at every second byte, at the three bytes from there on. Of the grams of a word's rarest window one begins
//! at such a place wherever the word stands; a word of three bytes has, for odd places, grams whose first byte is any. One
//! table holds them all, and its look-ups do not depend on each other, where an automaton waits for its table at each
//! byte. A set bit leads to a short list of words that are compared with the text.

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
/// Words of 64 bits in the table: 32 KiB, which fits in a first-level cache.
const TABLE: usize = 4_096;
/// Spreads a gram over the upper bits; an odd constant with no short pattern (2^32 divided by the golden ratio).
const SPREAD: u32 = 0x9e37_79b1;
/// The bytes of a gram in a window of four.
const GRAM: u32 = 0x00ff_ffff;
/// Bytes that one turn of the loop looks at: eight places.
const TURN: usize = 16;

/// A place in a word that a gram of the text may stand for.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The four bytes from the gram on, as far as the word has them, and which bits of them it has.
    value: u32,
    mask: u32,
    word: u16,
    /// Where in the word the gram begins: -1 where its first byte is the one before the word.
    offset: i8,
}

/// A bit for each hash of a gram; the size is a constant, so that no look-up is checked.
#[derive(Debug)]
struct Filter {
    bits: Box<[u64; TABLE]>,
    /// For each 64 bits the entries that set one of them, as a range.
    buckets: Box<[(u32, u32)]>,
    entries: Vec<Entry>,
    longest: usize,
}

const fn hash(window: u32) -> u32 {
    (window & GRAM).wrapping_mul(SPREAD) >> (32 - 6 - TABLE.trailing_zeros())
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

/// Up to four bytes as a window, folded, and the bits that they fill.
fn folded(bytes: &[u8]) -> (u32, u32) {
    bytes.iter().take(4).enumerate().fold((0, 0), |(value, mask), (place, &byte)| {
        (value | u32::from(byte | 0x20) << (8 * place), mask | 0xff << (8 * place))
    })
}

/// The entries of a word: of its window's two grams one begins at an even place, wherever the word stands.
fn entries_of(index: u16, word: &[u8], out: &mut Vec<Entry>) {
    if word.len() == 3 {
        let (value, mask) = folded(word);
        out.push(Entry { value, mask, word: index, offset: 0 });
        // At an odd place the rarer two of its bytes, behind or before any other.
        let (first, last) = (commonness(word[0]), commonness(word[2]));
        for other in (0..=255u8).filter(|byte| byte & 0x20 != 0).map(u32::from) {
            out.push(if first <= last {
                Entry { value: value << 8 | other, mask: u32::MAX, word: index, offset: -1 }
            } else {
                Entry { value: value >> 8 | other << 16, mask, word: index, offset: 1 }
            });
        }
        return;
    }
    let width = word.len().min(5);
    let best = (0..=word.len() - width)
        .min_by_key(|&offset| word[offset..offset + width].iter().map(|&byte| commonness(byte)).sum::<u32>())
        .unwrap_or(0);
    for offset in [best, best + 1] {
        let (value, mask) = folded(&word[offset..]);
        out.push(Entry { value, mask, word: index, offset: offset as i8 });
    }
}

impl Filter {
    fn new(words: &[Word]) -> Self {
        let mut entries = Vec::new();
        for (index, word) in words.iter().enumerate() {
            entries_of(index as u16, &word.text, &mut entries);
        }
        entries.sort_by_key(|entry| (hash(entry.value) >> 6, entry.value, entry.word, entry.offset));
        let mut bits = Box::new([0; TABLE]);
        let mut buckets = vec![(0, 0); TABLE].into_boxed_slice();
        for (index, entry) in entries.iter().enumerate() {
            let hash = hash(entry.value);
            let place = (hash >> 6) as usize;
            bits[place] |= 1 << (hash & 63);
            if buckets[place].1 == 0 {
                buckets[place].0 = index as u32;
            }
            buckets[place].1 = index as u32 + 1;
        }
        Filter { bits, buckets, entries, longest: words.iter().map(|word| word.text.len()).max().unwrap_or(0) }
    }

    fn find(&self, words: &[Word], text: &[u8], range: std::ops::Range<usize>, hit: &mut impl FnMut(Hit)) {
        // A gram may stand up to a word's length after the word's first byte, and a byte before it.
        let end = range.end.saturating_add(self.longest).min(text.len());
        let mut place = range.start.saturating_sub(1) & !1;
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
        let hash = hash(window | FOLD);
        (self.bits[(hash >> 6) as usize] >> (hash & 63)) as u32 & 1
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
        let (from, to) = self.buckets[(hash(window) >> 6) as usize];
        for entry in &self.entries[from as usize..to as usize] {
            if (window ^ entry.value) & entry.mask != 0 {
                continue;
            }
            let Some(start) = place.checked_add_signed(-isize::from(entry.offset)) else { continue };
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
    if let Some(&[a, b, c, d]) = text.get(place..place + 4) {
        return u32::from_le_bytes([a, b, c, d]);
    }
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
