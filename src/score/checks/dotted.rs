//! Words joined by dots: names in code, of hosts, of objects.

use crate::score::entropy;
use crate::score::words::{PASSWORD, SECRET, VOCABULARY};

/// `com.example.auth.Token@5e3a8624`, as Java writes an object that says nothing of itself.
pub(super) fn is_object(value: &[u8]) -> bool {
    let mut parts = value.rsplitn(2, |&byte| byte == b'@');
    let (Some(hash), Some(class)) = (parts.next(), parts.next()) else { return false };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$');
    (5..=8).contains(&hash.len())
        && hash.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
        && class.contains(&b'.')
        && class.iter().all(is_name)
        && class.iter().any(u8::is_ascii_uppercase)
}

/// `com.example.password`, `django.contrib.auth.hashers.Argon2PasswordHasher`: three and more words, of which only the last
/// may begin with a capital, and one is a word of programs: `caballito.de.mar` is none.
pub(super) fn is_dotted(value: &[u8]) -> bool {
    let labels: Vec<&[u8]> = value.split(|&byte| byte == b'.').collect();
    let is_word = |label: &&[u8]| {
        label.first().is_some_and(u8::is_ascii_alphabetic)
            && label.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    labels.len() >= 3
        && labels.iter().all(is_word)
        && labels[..labels.len() - 1]
            .iter()
            .all(|label| label.iter().all(|&byte| byte.is_ascii_lowercase() || byte == b'_'))
        && entropy::wordiness(value) > 0.5
        && labels.iter().any(|label| is_known(label))
}

/// Two words of four letters and more that programs do not use, and a number of two digits and more: `Otter.lichen58`.
pub(super) fn is_numbered(value: &[u8]) -> bool {
    let word = value.len() - value.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let is_own = |label: &[u8]| label.len() >= 4 && label.iter().all(u8::is_ascii_alphabetic) && !is_known(label);
    let mut labels = value[..word].split(|&byte| byte == b'.');
    let is_pair = labels.next().is_some_and(is_own) && labels.next().is_some_and(is_own) && labels.next().is_none();
    value.len() - word >= 2 && is_pair
}

/// Whether a part of a dotted name is a word of programs, or of names of hosts, or says little: a letter that is no word of a
/// language.
pub(in crate::score) fn is_known(label: &[u8]) -> bool {
    const LETTERS: [&str; 5] = ["a", "e", "i", "o", "y"];
    const HOSTS: [&[u8]; 8] = [b"com", b"org", b"net", b"io", b"dev", b"local", b"internal", b"svc"];
    let words = label.split(|&byte| byte == b'_').map(<[u8]>::to_ascii_lowercase);
    HOSTS.contains(&label)
        || words.into_iter().any(|word| {
            std::str::from_utf8(&word).is_ok_and(|word| {
                VOCABULARY.contains(word)
                    || PASSWORD.contains(word)
                    || SECRET.contains(word)
                    || word.len() < 2 && !LETTERS.contains(&word)
            })
        })
}

/// `transit/keys/webhook-signing-2025`: three parts and more of words in lower case and whole numbers, of which some are words of
/// programs.
pub(super) fn is_path_of_words(value: &[u8]) -> bool {
    let parts = || value.split(|&byte| byte == b'/');
    let words = || value.split(|byte| matches!(byte, b'/' | b'-' | b'_'));
    let is_word = |word: &[u8]| {
        let letters = word.len() >= 2 && word.iter().all(u8::is_ascii_lowercase);
        letters || (1..=4).contains(&word.len()) && word.iter().all(u8::is_ascii_digit)
    };
    parts().count() >= 3
        && words().all(is_word)
        && parts().all(|part| part[0].is_ascii_lowercase())
        && words().filter(|word| word.len() >= 4 && is_known(word)).count() >= 2
}

pub(super) fn is_mail_or_host(value: &[u8]) -> bool {
    let plain = value
        .iter()
        .all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@' | b':' | b'+'));
    if !plain {
        return false;
    }
    let host = value.rsplit(|&byte| byte == b'@').next().unwrap_or(value);
    let labels: Vec<&[u8]> = host.split(|&byte| byte == b'.').collect();
    let top = labels.last().copied().unwrap_or_default();
    labels.len() >= 2
        && !is_written_with_digits(labels[0])
        && labels.iter().all(|label| !label.is_empty() && label.len() < 30)
        && is_top(top)
        && (value.contains(&b'@') || labels.len() >= 3 || entropy::wordiness(host) > 0.5)
}

/// `Proef5chrift`: a capital and a digit for a letter, as people write passwords and no host is called.
fn is_written_with_digits(label: &[u8]) -> bool {
    label[..].first().is_some_and(u8::is_ascii_uppercase)
        && label
            .windows(3)
            .any(|three| three[0].is_ascii_lowercase() && three[1].is_ascii_digit() && three[2].is_ascii_lowercase())
}

/// Whether a label ends names of hosts: two letters of a country, or one of those that many have.
fn is_top(label: &[u8]) -> bool {
    const TOPS: [&[u8]; 34] = [
        b"com", b"org", b"net", b"edu", b"gov", b"mil", b"int", b"info", b"biz", b"name", b"pro", b"app", b"dev",
        b"cloud", b"xyz", b"site", b"online", b"tech", b"store", b"shop", b"local", b"lan", b"corp", b"home",
        b"intern", b"svc", b"cluster", b"test", b"example", b"invalid", b"arpa", b"consul", b"docker", b"global",
    ];
    label.len() == 2 && label.iter().all(u8::is_ascii_lowercase) || label == b"internal" || TOPS.contains(&label)
}
