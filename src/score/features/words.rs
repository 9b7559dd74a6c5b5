//! The words of a value: those of programs and of tests, the name's own, and those for a secret.

use super::{Feature, Features, letter_runs};
use crate::score::assigned::Assigned;
use crate::score::words::{TEST, VOCABULARY};
use crate::score::{entropy, name};

/// Adds the features of the words that a value is made of.
pub(super) fn add(features: &mut Features, assigned: &Assigned<'_>) {
    let value = assigned.value;
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let mut known = 0;
    let mut test = false;
    let named = name::words(assigned.name);
    let mut shared = false;
    for run in letter_runs(value) {
        let lower = run.to_ascii_lowercase();
        let Ok(word) = std::str::from_utf8(&lower) else { continue };
        if VOCABULARY.contains(word) {
            known += run.len();
        }
        test |= TEST.contains(word);
        shared |= word.len() >= 4 && named.iter().any(|one| one == word);
    }
    features.set(Feature::TestWord, test);
    features.set(Feature::SharesName, shared);
    let plain =
        value.iter().all(|&byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.' | b' ' | b'/'));
    if letters > 0 && known == letters {
        features.add(if plain { Feature::Known } else { Feature::KnownMixed });
    } else if known * 2 >= value.len() {
        features.add(Feature::KnownPart);
    } else if letters == value.len() {
        let reads = entropy::wordiness(value) > 0.5;
        features.add(if reads { Feature::Pronounced } else { Feature::Unpronounced });
    } else {
        features.set(Feature::Pronounced, entropy::wordiness(value) > 0.75);
    }
    // A name that ends with a number has a word of programs: `apiKey2`. `KelpTender317` has none.
    if known == 0 && !test && value.last().is_some_and(u8::is_ascii_digit) {
        features.unset(Feature::CapitalWords);
    }
    features.set(Feature::NamesSecret, names_secret(value));
    features.set(Feature::NamesItself, names_itself(value));
    features.set(Feature::Slug, is_slug(value, known));
    features
        .set(Feature::CountedTail, [&b"123"[..], b"1234", b"12345", b"321"].iter().any(|tail| value.ends_with(tail)));
}

/// `etcd-cluster-k8s`, `my_app_2`: parts of one case and joints, of which words are the most.
fn is_slug(value: &[u8], known: usize) -> bool {
    let joint = |byte: &u8| matches!(byte, b'-' | b'_');
    let one_case = !value.iter().any(u8::is_ascii_uppercase) || !value.iter().any(u8::is_ascii_lowercase);
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    one_case
        && digits > 0
        && value.iter().any(joint)
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || joint(byte) || *byte == b'.')
        && known * 3 >= value.len()
        && digits * 3 <= value.len()
}

fn names_secret(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    [&b"pass"[..], b"pwd", b"secret", b"token", b"apikey", b"credential", b"_key", b"-key"]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word).is_some())
        || value.len() > 6 && value.ends_with(b"Key") && entropy::relative(value) < 0.95
}

/// `mypass1`, `some-token`, `strongpassword`: a common word, the word for a secret, and at most a number.
fn names_itself(value: &[u8]) -> bool {
    const BEFORE: &[&str] = &[
        "my", "some", "your", "our", "a", "the", "strong", "weak", "long", "very", "verylong", "super", "bad", "wrong",
        "db", "sa", "su",
    ];
    let lower = value.to_ascii_lowercase();
    let end = lower
        .iter()
        .rposition(|byte| !byte.is_ascii_digit() && !byte.is_ascii_punctuation())
        .map_or(0, |last| last + 1);
    let Ok(text) = std::str::from_utf8(&lower[..end]) else { return false };
    let ending = ["password", "passwd", "passphrase", "pass", "pwd", "secret", "token", "key"]
        .iter()
        .find_map(|word| text.strip_suffix(word));
    let Some(before) = ending.map(|before| before.trim_end_matches(['-', '_', '.'])) else { return false };
    !before.is_empty()
        && before
            .split(['-', '_', '.'])
            .all(|word| BEFORE.contains(&word) || TEST.contains(word) || VOCABULARY.contains(word))
}
