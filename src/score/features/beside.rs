//! What stands on the lines beside an assignment: accounts, placeholders, texts for people.

use super::{Assigned, Feature, Features};
use crate::candidate::Setting;
use crate::score::phrase;
use crate::score::words::PLACEHOLDER_PIECES;

/// Bytes on each side of an assignment that are looked at for what stands beside it.
const BESIDE: usize = 160;

/// Whether an account is named beside an assignment, and whether texts for people stand there.
pub(in crate::score) fn account_and_labels(assigned: &Assigned<'_>) -> (bool, bool) {
    let sides = sides(assigned);
    let labels = |side: &Vec<u8>| has_labels(side) || has_bare_labels(side);
    (sides.iter().any(|side| names_account(side, assigned.value)), sides.iter().any(labels))
}

/// Whether one of some words, which are in lower case, stands beside an assignment.
pub(in crate::score) fn has_word(assigned: &Assigned<'_>, words: &[&str]) -> bool {
    sides(assigned).iter().any(|side| words.iter().any(|word| memchr::memmem::find(side, word.as_bytes()).is_some()))
}

/// What stands beside, in lower case.
fn sides(assigned: &Assigned<'_>) -> [Vec<u8>; 2] {
    let before = &assigned.before[assigned.before.len().saturating_sub(BESIDE)..];
    let after = &assigned.after[..assigned.after.len().min(BESIDE)];
    [before, after].map(<[u8]>::to_ascii_lowercase)
}

/// Adds what stands on the lines beside the assignment: dearer than all else, and asked only where it can decide.
pub fn beside(features: &mut Features, assigned: &Assigned<'_>) {
    let sides = sides(assigned);
    let is_named = || assigned.setting == Setting::Prose && follows_account(assigned.line_before());
    features.set(Feature::AccountNear, sides.iter().any(|side| names_account(side, assigned.value)) || is_named());
    let placeholder = |side: &Vec<u8>| PLACEHOLDER_PIECES.is_match(side);
    features.set(Feature::PlaceholderNear, sides.iter().any(placeholder));
    let is_among_labels = || sides.iter().any(|side| has_labels(side)) && !phrase::is_app_password(assigned.value);
    features.set(Feature::LabelsNear, assigned.setting == Setting::Quoted && is_among_labels());
}

/// Whether a key beside is given a text for people: two words and more with blanks between them, letters beyond ASCII, or
/// the word that is its key, as in `"username": "Username"`. `text` is in lower case.
fn has_labels(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n').any(|line| {
        let Some(operator) = line.iter().position(|byte| matches!(byte, b':' | b'=')) else { return false };
        let key = line[..operator].trim_ascii();
        // `"_comment": "…"`: what JSON has for comments.
        if matches!(key, [b'"', b'_' | b'$' | b'/' | b'#', ..]) {
            return false;
        }
        let Some(value) = quoted(line[operator + 1..].trim_ascii_start()) else { return false };
        // Options of a command, and what a template puts in.
        if value.starts_with(b"-") || memchr::memmem::find(value, b"{{").is_some() {
            return false;
        }
        let plain = |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(u8::is_ascii_alphanumeric).collect() };
        let words = value.split(|&byte| byte == b' ').filter(|word| word.len() > 1).count();
        let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
        !value.is_ascii()
            || memchr::memmem::find(value, b"\\u").is_some()
            // What begins with a slash is a command.
            || words >= 2 && letters * 3 > value.len() * 2 && !value.starts_with(b"/")
            || value.len() >= 4 && plain(key) == plain(value)
    })
}

/// The same without quotes: two words and more of letters, as in the messages of a program.
fn has_bare_labels(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n').any(|line| {
        let Some(operator) = line.iter().position(|byte| matches!(byte, b':' | b'=')) else { return false };
        let value = line[operator + 1..].trim_ascii();
        // A digit is in no word: `673C 3E23 4145` is a fingerprint.
        let is_word = |word: &[u8]| {
            word.iter().filter(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()).count() > 1
                && !word.iter().any(u8::is_ascii_digit)
        };
        let words = value.split(|&byte| byte == b' ').filter(|word| is_word(word)).count();
        !line.trim_ascii_start().starts_with(b"#")
            && words >= 2
            && value.iter().all(|&byte| {
                byte.is_ascii_alphanumeric()
                    || !byte.is_ascii()
                    || matches!(byte, b' ' | b'-' | b'.' | b',' | b'\'' | b'!' | b'?')
            })
    })
}

/// What stands in the quotes that `text` begins with.
fn quoted(text: &[u8]) -> Option<&[u8]> {
    let (&quote, rest) = text.split_first().filter(|(byte, _)| matches!(byte, b'"' | b'\''))?;
    Some(&rest[..memchr::memchr(quote, rest)?])
}

/// Whether a user, host, port or database is given a value: another than the one that is judged, which is a type where both have it
/// (`lpUserName: LPCSTR`). `text` is in lower case.
fn names_account(text: &[u8], judged: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"user",
        b"username",
        b"login",
        b"host",
        b"hostname",
        b"port",
        b"database",
        b"dbname",
        b"uid",
        b"server",
        b"email",
        b"userid",
        b"benutzer",
        b"usuario",
        b"utente",
        b"utilisateur",
        b"identifiant",
        b"gebruiker",
        b"bruker",
        b"name",
    ];
    const KEYS: [&[u8]; 3] = [b":user \"", b":username \"", b":login \""];
    if KEYS.iter().any(|key| memchr::memmem::find(text, key).is_some()) {
        return true;
    }
    let is_letter = |byte: u8| byte.is_ascii_alphabetic();
    text.iter().enumerate().filter(|(_, byte)| matches!(byte, b'=' | b':' | b'>')).any(|(operator, _)| {
        let end = text[..operator]
            .iter()
            .rposition(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b'\\'))
            .map_or(0, |at| at + 1);
        let start = text[..end].iter().rposition(|&byte| !is_letter(byte)).map_or(0, |at| at + 1);
        let word = &text[start..end];
        let given = text[operator + 1..].trim_ascii_start();
        if given.get(..judged.len()).is_some_and(|given| given.eq_ignore_ascii_case(judged)) {
            return false;
        }
        // `<users>` and in it an element for each.
        if word == b"users" {
            return !text[..start].ends_with(b"/") && matches!(given.first(), Some(b'<' | b'{' | b'[' | b'-'));
        }
        // `postgresqlUsername`: capitals were lost.
        let ends = [&b"username"[..], b"hostname", b"dbname"].iter().any(|end| word.ends_with(end));
        // `name:` alone says nothing; `user_name:` does.
        (ends || WORDS.contains(&word)) && (word != b"name" || text[..start].ends_with(b"user_"))
    })
}

/// Whether a sentence names a user right before: `host files.example, user robin, pass …`.
fn follows_account(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] =
        [b"user", b"username", b"login", b"account", b"benutzer", b"usuario", b"utilisateur", b"gebruiker"];
    let Some(line) = line.trim_ascii_end().strip_suffix(b",") else { return false };
    let mut words = line.rsplit(|&byte| byte == b' ').map(<[u8]>::trim_ascii).filter(|word| !word.is_empty());
    let is_name = words.next().is_some_and(|name| name.iter().all(u8::is_ascii_graphic));
    is_name && words.next().is_some_and(|word| WORDS.iter().any(|one| word.eq_ignore_ascii_case(one)))
}
