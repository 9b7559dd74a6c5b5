//! The word lists of the score, read from the files in `words/` when first asked for. Words are in lower case, between
//! blanks.

use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Words that are looked up whole.
pub(super) type Words = LazyLock<HashSet<&'static str>>;

/// Words in a name whose value is a password.
pub(super) static PASSWORD: Words = LazyLock::new(|| words(include_str!("words/password.txt")).collect());
/// Words in a name whose value is a secret that a machine made.
pub(super) static SECRET: Words = LazyLock::new(|| words(include_str!("words/secret.txt")).collect());
/// Those of the two above that mean something else as often.
pub(super) static WEAK: Words = LazyLock::new(|| words(include_str!("words/weak.txt")).collect());
/// A `key` is a secret only with one of these before it.
pub(super) static KEY_QUALIFIERS: Words = LazyLock::new(|| words(include_str!("words/key-qualifiers.txt")).collect());
/// Words for a key in other languages, which are secrets beside one of those that follow, before it or behind it.
pub(super) static OTHER_KEYS: Words = LazyLock::new(|| words(include_str!("words/other-keys.txt")).collect());
/// What says in other languages that a key is a secret one, or what it is for.
pub(super) static OTHER_QUALIFIERS: Words =
    LazyLock::new(|| words(include_str!("words/other-qualifiers.txt")).collect());
/// After the head word these change nothing.
pub(super) static NEUTRAL: Words = LazyLock::new(|| words(include_str!("words/neutral.txt")).collect());
/// After the head word these say that the value is something about the secret.
pub(super) static ABOUT: Words = LazyLock::new(|| words(include_str!("words/about.txt")).collect());
/// Before the head word these say that the value is none.
pub(super) static NOT: Words = LazyLock::new(|| words(include_str!("words/not.txt")).collect());
/// Whole values that stand where a secret will be put, or that everybody knows.
pub(super) static PLACEHOLDER_VALUES: Words =
    LazyLock::new(|| words(include_str!("words/placeholder-values.txt")).collect());
/// Whole values that say what is so of a secret, or how it is encoded; and those that programs have before somebody chose
/// one. With a number behind them they are passwords.
pub(super) static STATES: Words = LazyLock::new(|| words(include_str!("words/states.txt")).collect());
/// Words of tests and of accounts that everybody has: a value made of one is a secret less often.
pub(super) static TEST: Words = LazyLock::new(|| words(include_str!("words/test.txt")).collect());
/// Words of programs and of what is written about them: those that stand in many files of most of the repositories which
/// the weights were fitted to.
pub(super) static VOCABULARY: Words = LazyLock::new(|| words(include_str!("words/vocabulary.txt")).collect());
/// Pieces that make a value a placeholder wherever they stand in it, in lower case.
pub(super) static PLACEHOLDER_PIECES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let pieces = words(include_str!("words/placeholder-pieces.txt"));
    AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(pieces).expect("some dozens of words")
});

/// Words of other languages by which a reader is told to put a secret there: "your", "here", "write".
pub(super) static FILL_IN: Words = LazyLock::new(|| words(include_str!("words/fill-in.txt")).collect());

fn words(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.split_ascii_whitespace()
}

/// Words of texts for people: a value with one of them is a message or a label, not a phrase that somebody chose.
pub(super) static MESSAGE: Words = LazyLock::new(|| words(include_str!("words/message.txt")).collect());
/// Those of them that no phrase has: they ask for something, or say what is wrong with it.
pub(super) static ASKING: Words = LazyLock::new(|| words(include_str!("words/asking.txt")).collect());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_whole_and_in_lower_case() {
        for (list, one) in [
            (&PASSWORD, "senha"),
            (&SECRET, "signature"),
            (&WEAK, "pepper"),
            (&KEY_QUALIFIERS, "hmac"),
            (&OTHER_KEYS, "chave"),
            (&OTHER_QUALIFIERS, "hemlig"),
            (&NEUTRAL, "base64"),
            (&ABOUT, "sha256"),
            (&NOT, "lookahead"),
            (&PLACEHOLDER_VALUES, "n/a"),
            (&STATES, "expired"),
            (&TEST, "demo"),
            (&MESSAGE, "the"),
            (&ASKING, "enter"),
            (&VOCABULARY, "value"),
            (&FILL_IN, "aqui"),
        ] {
            assert!(list.contains(one), "{one}");
            assert!(list.iter().all(|word| word.to_ascii_lowercase() == *word), "{list:?}");
        }
        assert!(PLACEHOLDER_PIECES.is_match("****"));
        let pieces: Vec<&str> = words(include_str!("words/placeholder-pieces.txt")).collect();
        assert!(pieces.iter().all(|piece| piece.to_ascii_lowercase() == *piece && piece.len() >= 4));
    }
}
