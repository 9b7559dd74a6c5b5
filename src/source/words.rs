//! Many words looked for in many texts at once.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Bytes of words that are looked for together: what finds them takes some fifty times that while it is made.
const TOGETHER: usize = 2 << 20;

/// What finds some words: one after the other, for all of them at once may be too large. `None` for those that nothing can be made of.
pub(super) fn searchers<'w>(words: impl Iterator<Item = &'w [u8]>) -> impl Iterator<Item = Option<AhoCorasick>> {
    let mut words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.dedup();
    let mut done = 0;
    std::iter::from_fn(move || {
        let rest = words.get(done..).filter(|rest| !rest.is_empty())?;
        let mut bytes = 0;
        let is_with = |word: &&&[u8]| {
            bytes += word.len();
            bytes - word.len() < TOGETHER
        };
        let count = rest.iter().take_while(is_with).count();
        let part = &rest[..count];
        done += count;
        Some(AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(part).ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_in_one_of_the_portions() {
        let words: Vec<Vec<u8>> = (0..5u8).map(|number| vec![b'a' + number; TOGETHER / 2 + 1]).collect();
        let all = words.iter().map(Vec::as_slice).chain([&b""[..]]).chain(words.iter().map(Vec::as_slice));
        let searchers: Vec<AhoCorasick> = searchers(all).map(Option::unwrap).collect();
        assert_eq!(searchers.len(), 3);
        for word in &words {
            assert_eq!(searchers.iter().filter(|searcher| searcher.is_match(word)).count(), 1);
        }
        assert!(!searchers.iter().any(|searcher| searcher.is_match(b"aaa")));
    }
}
