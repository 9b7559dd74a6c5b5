//! Words for passwords and keys in the languages that programs are written in.

use super::{Strength, kind, words};
use crate::score::words::{OTHER_KEYS, OTHER_QUALIFIERS, PASSWORD, SECRET};

/// Keys in other languages, before or behind the word for what they are for: `cleChiffrement`, `api_klucz`, `clave_secreta`.
pub(super) fn key_of_another_language(segments: &[&str]) -> Option<Strength> {
    const WIDE: [&str; 6] = ["api", "firma", "signatur", "signature", "maestra", "sesion"];
    let [.., first, second] = segments else { return None };
    let other = match (OTHER_KEYS.contains(first), OTHER_KEYS.contains(second)) {
        (true, false) => second,
        (false, true) => first,
        _ => return None,
    };
    match other {
        other if OTHER_QUALIFIERS.contains(other) => Some(Strength::Strong),
        other if WIDE.contains(other) => Some(Strength::Weak),
        _ => None,
    }
}

/// Whether a name's word for a password is one for any key as well, of a map or of a product: `clave`, `kunci`.
pub(in crate::score) fn may_be_any_key(name: &[u8]) -> bool {
    words(name).iter().filter(|word| kind(word).is_some()).all(|word| matches!(word.as_str(), "clave" | "kunci"))
}

/// Whether a value says no more than that a secret belongs there: `Passwort`, `Heslo`, `contraseña`, `Jelszó_újra`.
pub(in crate::score) fn is_word_for_secret(value: &[u8]) -> bool {
    let Ok(value) = std::str::from_utf8(value) else { return false };
    let lower = value.to_lowercase();
    // `Mot_de_passe`.
    let joined: String = lower.chars().filter(|letter| !matches!(letter, '_' | '-' | ' ')).collect();
    let mut parts = lower.split(['_', '-']);
    let is_label = lower.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '_' | '-'))
        && parts.clone().count() <= 4
        && (parts.clone().any(|part| part.len() >= 5 && PASSWORD.contains(part))
            // `Frase_segreta`.
            || parts.clone().count() > 1 && parts.next_back().is_some_and(|last| OTHER_QUALIFIERS.contains(last)));
    is_label || [&lower, &joined].iter().any(|word| PASSWORD.contains(word.as_str()) || SECRET.contains(word.as_str()))
}

/// Whether a word is one for a password, a key or a token, in any language and with an ending: `sifreyi`.
pub(in crate::score) fn speaks_of_secret(word: &str) -> bool {
    let is_inflected = |one: &str| one.chars().count() >= 5 && word.starts_with(one) && word.len() <= one.len() + 8;
    kind(word).is_some() || OTHER_KEYS.contains(word) || word == "key" || PASSWORD.iter().any(|one| is_inflected(one))
}
