//! Words that somebody chose for a password and joined by marks or capitals, told from names, paths and members of objects: none
//! of them is one that programs use.

use super::super::assigned::Assigned;
use super::super::name;
use super::super::words::{ASKING, MESSAGE, PASSWORD, SECRET, VOCABULARY};
use crate::candidate::Setting;

/// Three words and more of lower case with `-` or `_` between them, none of which programs use: `kviest-roggen-pilz`,
/// `pao-de-queijo`.
pub(in crate::score) fn is_joined(value: &[u8]) -> bool {
    is_joined_by(value, if value.contains(&b'_') { b'_' } else { b'-' })
}

/// The same with dots: `quitte.birne.apfel`.
pub(in crate::score) fn is_dotted(value: &[u8]) -> bool {
    is_joined_by(value, b'.')
}

fn is_joined_by(value: &[u8], joint: u8) -> bool {
    let words = || value.split(|&byte| byte == joint);
    words().count() >= 3
        && value.len() >= 12
        && words().filter(|word| word.len() >= 4).count() >= 2
        && words().all(|word| {
            word.len() >= 2
                && word.iter().all(u8::is_ascii_lowercase)
                && std::str::from_utf8(word).is_ok_and(|word| !VOCABULARY.contains(word) && !MESSAGE.contains(word))
        })
}

/// Words joined by marks, two of them with a capital and none that programs use: `Laterne.November`, `Laterne:Juni`,
/// `Wald-Ameise-7`, `Nebel_im_Juli`. Numbers and short words may stand among them.
pub(in crate::score) fn is_chain(value: &[u8]) -> bool {
    const MOST: usize = 6;
    let (mut pieces, mut capitals) = (0, 0);
    for piece in value.split(|byte| matches!(byte, b'.' | b':' | b'-' | b'_' | b'+' | b'=')) {
        let Some((word, digits)) = numbered(piece) else { return false };
        let is_word = word.iter().skip(1).all(u8::is_ascii_lowercase);
        let lower = String::from_utf8_lossy(word).to_lowercase();
        let is_known = || {
            let word = lower.as_str();
            VOCABULARY.contains(word) || PASSWORD.contains(word) || SECRET.contains(word)
        };
        if piece.is_empty() || digits > 4 || !is_word {
            return false;
        }
        if word.len() >= 4 {
            if is_known() {
                return false;
            }
            capitals += usize::from(word[0].is_ascii_uppercase());
        }
        pieces += 1;
    }
    (2..=MOST).contains(&pieces) && capitals >= 2
}

/// Words of any language with a mark between each two and no blank, none of which programs or texts about secrets use: `Crémant-Brut`,
/// `Ostsee-Möwe.fliegt.tief`, `moss&granite&heather`.
pub(in crate::score) fn is_strung(value: &[u8]) -> bool {
    const MOST: usize = 6;
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let lower = text.to_lowercase();
    let (mut words, mut long) = (0, 0);
    for word in lower.split(['-', '_', '.', '&', '!', '~', '+']) {
        let letters = word.chars().count();
        // Letters of Latin, Greek and Cyrillic: others are not written with marks between words.
        let is_word = letters > usize::from(words == 0)
            && word.chars().all(|letter| letter.is_alphabetic() && letter < '\u{530}');
        if !is_word || VOCABULARY.contains(word) || MESSAGE.contains(word) || name::speaks_of_secret(word) {
            return false;
        }
        words += 1;
        long += usize::from(letters >= 4);
    }
    (2..=MOST).contains(&words) && long >= 2
}

/// Words of which each begins with a capital, the first perhaps not, and nothing joins them: `FietsenInDeRegen`.
pub(in crate::score) fn is_humped(value: &[u8]) -> bool {
    const MOST: usize = 6;
    let (mut words, mut long) = (0, 0);
    let mut rest = value;
    while let Some((first, behind)) = rest.split_first() {
        let length = behind.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let lower = rest[..=length].to_ascii_lowercase();
        let is_long = lower.len() >= 4;
        let begins = first.is_ascii_uppercase() || words == 0 && is_long;
        if !begins || length == 0 || words == MOST || is_long && !is_own(&lower) {
            return false;
        }
        words += 1;
        long += usize::from(is_long);
        rest = &behind[length..];
    }
    words >= 2 && long >= 2
}

/// Two words of lower case with a slash between them and a number behind the second: `mustavalko/kuva9`.
pub(in crate::score) fn is_numbered_path(value: &[u8]) -> bool {
    let Some(slash) = memchr::memchr(b'/', value) else { return false };
    let (first, second) = (&value[..slash], &value[slash + 1..]);
    let Some((second, digits)) = numbered(second) else { return false };
    let is_word = |word: &[u8]| word.len() >= 4 && word.iter().all(u8::is_ascii_lowercase) && is_own(word);
    (1..=3).contains(&digits) && is_word(first) && is_word(second)
}

/// Whether a value without quotes is such words on a line of its own, where a setting or a note stands: no variable and no member
/// of an object is meant. `nexusPassword=Varkenskluif.Brood`, `ftp_password: ostkupa.Bridge7`.
pub(in crate::score) fn is_line(assigned: &Assigned<'_>) -> bool {
    let has_digit = || assigned.value.iter().any(u8::is_ascii_digit);
    let is_operator = || match assigned.between {
        [b'='] => true,
        // `password: Ginger.Snaps` may be a constant.
        [b':', b' ', ..] => assigned.between.len() <= 24 && has_digit(),
        _ => false,
    };
    // `- name: sftp-password` and `value: Ginger.1903.Snaps` below it.
    let is_pair = || {
        assigned.between.trim_ascii() == b"value:"
            && matches!(assigned.line_before().trim_ascii(), b"- name:" | b"name:")
            && assigned.line_after().trim_ascii().is_empty()
            && has_digit()
    };
    assigned.setting == Setting::Bare
        && (is_chain(assigned.value) || is_numbered_member(assigned.value))
        && (is_operator() && assigned.is_whole_line() || is_pair())
}

/// A word that no object is called by, a dot, and a word with a capital and a number: `ostkupa.Bridge7`.
fn is_numbered_member(value: &[u8]) -> bool {
    let Some(dot) = memchr::memchr(b'.', value) else { return false };
    let (first, second) = (&value[..dot], &value[dot + 1..]);
    let Some((second, digits)) = numbered(second) else { return false };
    (1..=4).contains(&digits)
        && first.iter().all(u8::is_ascii_lowercase)
        && second.first().is_some_and(u8::is_ascii_uppercase)
        && second.iter().skip(1).all(u8::is_ascii_lowercase)
        && first.len() >= 4
        && second.len() >= 4
        && is_own(first)
}

/// A word of letters, and how many digits stand behind it; `None` where anything else does.
fn numbered(piece: &[u8]) -> Option<(&[u8], usize)> {
    let (word, number) = piece.split_at(piece.iter().take_while(|byte| byte.is_ascii_alphabetic()).count());
    number.iter().all(u8::is_ascii_digit).then_some((word, number.len()))
}

/// Whether a word of lower case is none that programs use, and none of texts about secrets.
fn is_own(word: &[u8]) -> bool {
    std::str::from_utf8(word).is_ok_and(|word| {
        !(VOCABULARY.contains(word) || MESSAGE.contains(word) || ASKING.contains(word) || name::speaks_of_secret(word))
    })
}

/// Whether words joined by marks are long enough to be no label: five letters and more each, or short ones between two of those
/// (`Makrell-i-tomat`).
pub(in crate::score) fn strings_words(value: &[u8]) -> bool {
    let words: Vec<&[u8]> = value.split(|byte| matches!(byte, b'-' | b'.')).collect();
    let is_long = |word: &[u8]| word.len() >= 5;
    let has_short = || match &words[..] {
        [first, inner @ .., last] if is_long(first) && is_long(last) => {
            let is_clear = first[0].is_ascii_uppercase() || first.len() >= 7 && last.len() >= 7;
            is_clear && inner.iter().all(|word| word.len() <= 3)
        }
        _ => false,
    };
    (words.iter().all(|word| is_long(word)) || has_short()) && is_strung(value)
}
