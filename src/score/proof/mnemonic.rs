//! BIP 39 mnemonics: a wallet's seed as words of a list, the last of which has a checksum over all.

use bip39::{Error, Language, Mnemonic};

use super::{Outcome, detail};
use crate::score::published;

/// Words separated by anything but letters: blanks, commas, the quotes of a list in code.
pub(super) fn check(text: &[u8]) -> Outcome {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower
        .split(|byte| !byte.is_ascii_lowercase())
        .filter_map(|word| std::str::from_utf8(word).ok().filter(|word| !word.is_empty()))
        .collect();
    let phrase = words.join(" ");
    let drop = |why| Outcome::Drop { why };
    match Mnemonic::parse_in_normalized(Language::English, &phrase) {
        _ if published::name(phrase.as_bytes()).is_some() => drop("a mnemonic that everybody has"),
        // The test vectors of the standard are of one byte again and again.
        Ok(mnemonic) if is_monotonous(&mnemonic) => drop("a test vector"),
        Ok(_) => Outcome::Passed { details: vec![detail("words", &words.len().to_string())], severity: None },
        Err(Error::InvalidChecksum) => Outcome::checksum(false),
        Err(Error::BadWordCount(_) | Error::UnknownWord(_)) => {
            drop("no mnemonic: other words, or another number of them")
        }
        Err(_) => drop("no mnemonic"),
    }
}

fn is_monotonous(mnemonic: &Mnemonic) -> bool {
    let (bytes, length) = mnemonic.to_entropy_array();
    bytes[..length].iter().all(|byte| *byte == bytes[0])
}
