//! Digests in lists of such: of operations (`LoginWithPassword: '7da1…'`), of files, of texts. What stands beside them says so.

use super::place::Refusal;
use crate::score::assigned::{Assigned, has_word};
use crate::score::identifier::id_stem;
use crate::score::name;

/// Hexadecimal digits of the digests that are in use: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.
const LENGTHS: [usize; 6] = [32, 40, 56, 64, 96, 128];
/// Fewest others beside it whose names speak of no secret.
const LEAST: usize = 2;

/// Why a value is a digest: a reason's name and text.
pub(super) fn no_secret(assigned: &Assigned<'_>) -> Option<Refusal> {
    const LISTS: [&str; 4] = ["hashes", "digests", "checksums", "persisted"];
    if !is_hex(assigned.value) {
        return None;
    }
    let is_listed = assigned.parent_line().is_some_and(|line| has_word(line, &LISTS));
    (is_listed || is_among_others(assigned)).then_some(("hash", "a digest in a list of such"))
}

fn is_hex(value: &[u8]) -> bool {
    LENGTHS.contains(&value.len()) && value.iter().all(u8::is_ascii_hexdigit)
}

/// Whether the entries right before and behind it have values of the very same form, and more of their names speak of no secret
/// than of one.
fn is_among_others(assigned: &Assigned<'_>) -> bool {
    let ends = |byte: &u8| matches!(byte, b'\n' | b',');
    // The first entry may be cut, and the last one of each side is the value's own. What is cut behind is too short.
    let cut = assigned.before.iter().position(ends).map_or(assigned.before.len(), |end| end + 1);
    let mut above = assigned.before[cut..].rsplit(ends).skip(1);
    let mut below = assigned.after.split(ends).skip(1);
    let (mut plain, mut speaking) = (0, 0);
    for side in [&mut above as &mut dyn Iterator<Item = &[u8]>, &mut below] {
        let entries = side.filter(|entry| !entry.trim_ascii().is_empty());
        for name in entries.map_while(|entry| name_of(entry, assigned.value.len())) {
            if is_plain(name) { plain += 1 } else { speaking += 1 }
        }
    }
    plain >= LEAST && plain > speaking
}

/// The name of an entry whose value is a digest of so many digits.
fn name_of(entry: &[u8], digits: usize) -> Option<&[u8]> {
    let operator = entry.iter().rposition(|byte| matches!(byte, b':' | b'='))?;
    let value = strip(&entry[operator + 1..]);
    (value.len() == digits && is_hex(value)).then(|| strip(&entry[..operator]))
}

/// A text without the quotes, brackets and blanks around it.
fn strip(text: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| !matches!(byte, b'"' | b'\'' | b'`' | b'{' | b'}' | b';') && !byte.is_ascii_whitespace();
    let start = text.iter().position(is_part).unwrap_or(text.len());
    let end = text.iter().rposition(is_part).map_or(start, |last| last + 1);
    &text[start..end]
}

/// Whether a name is one of some words that speak of no secret, as those of operations and files are; of one word are names of
/// services, in capitals those of variables, and both may have secrets. A public key stands beside its private half.
fn is_plain(name: &[u8]) -> bool {
    let words = name::words(name);
    words.len() >= 2
        && !words.iter().any(|word| matches!(word.as_str(), "public" | "pub" | "key"))
        && name.iter().any(u8::is_ascii_lowercase)
        && name::head(name).is_none()
        && !name::is_some_key(name)
        && id_stem(name).is_none()
}
