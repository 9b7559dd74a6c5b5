//! Salts. What a program or its configuration mixes into all that it hashes or signs is kept secret, where a machine made it; what
//! stands beside a hash or a ciphertext is a part of that, and in words it is a name.

use super::place::{Refusal, is_test_vector};
use crate::candidate::Setting;
use crate::score::assigned::{Assigned, has_word};
use crate::score::features::beside;
use crate::score::name::{self, Head};
use crate::score::{checks, entropy};

/// Why the value of a name that ends with `salt` is no secret.
pub(super) fn no_secret(assigned: &Assigned<'_>) -> Option<Refusal> {
    let end = assigned.name.len().checked_sub(b"salt".len())?;
    let (before, last) = assigned.name.split_at(end);
    if !last.eq_ignore_ascii_case(b"salt") {
        return None;
    }
    if sides(assigned).any(is_of_row) {
        return Some(("hash", "the salt of what stands beside it"));
    }
    // What users are put into groups by.
    if before.is_empty() && beside::has_word(assigned, &["variation", "rollout", "bucket"]) {
        return Some(("name", "the salt of a flag"));
    }
    // `password_salt` says more than that it is one.
    if name::head(before).is_some() {
        return None;
    }
    // In JSON it is data, more often than not.
    let is_data = before.is_empty() && assigned.between.starts_with(b"\"") && assigned.between.contains(&b':');
    let is_setting = matches!(assigned.setting, Setting::Quoted | Setting::Bare | Setting::Call | Setting::Markup);
    // A hash of crypt(3) has its salt in it.
    let is_of_crypt = [assigned.before, assigned.after].into_iter().any(|side| has_word(side, &["_crypt", "mkpasswd"]));
    if is_data || is_of_crypt || !is_setting || is_test_vector(assigned) {
        return Some(("name", "a salt, which is kept beside what it is for"));
    }
    (!is_made(assigned.value)).then_some(("word", "a salt that nobody had to make"))
}

/// Twelve characters and more that make no words: no label of what it is for, nor the number of a contract.
fn is_made(value: &[u8]) -> bool {
    let has = |wanted: fn(&u8) -> bool| value.iter().any(wanted);
    value.len() >= 12
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !value.starts_with(b"0x")
        && !has_word(value, &["salt", "::"])
        && entropy::wordiness(value) < 0.2
        && entropy::relative(value) > 0.8
}

/// The entries beside a value, but for what is left of its own.
fn sides<'a>(assigned: &Assigned<'a>) -> impl Iterator<Item = &'a [u8]> {
    let ends = |byte: &u8| matches!(byte, b'\n' | b',');
    assigned.before.rsplit(ends).skip(1).chain(assigned.after.split(ends).skip(1))
}

/// Whether an entry has a hash, a ciphertext, or what goes with one.
fn is_of_row(entry: &[u8]) -> bool {
    const WHAT: [&str; 20] = [
        "hash",
        "hashed",
        "digest",
        "iv",
        "nonce",
        "ciphertext",
        "encrypted",
        "tag",
        "mac",
        "verifier",
        "checksum",
        "md5",
        "sha",
        "okm",
        "ikm",
        "prk",
        "dk",
        "derived",
        "vector",
        "mnemonic",
    ];
    let Some(operator) = entry.iter().position(|byte| matches!(byte, b':' | b'=')) else { return false };
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/_-$.".contains(byte);
    let rest = &entry[operator + 1..];
    let Some(start) = rest.iter().position(is_part) else { return false };
    let length = rest[start..].iter().take_while(|byte| is_part(byte)).count();
    let value = &rest[start..start + length];
    let is_hex = value.len() >= 32 && value.iter().all(u8::is_ascii_hexdigit);
    let name = entry[..operator].trim_ascii();
    checks::hashed(value).is_some()
        || is_hex && matches!(name::head(name), Some((Head::Password, _)))
        || value.len() >= 16
            && entropy::wordiness(value) < 0.25
            && name::words(name).iter().any(|word| WHAT.contains(&word.as_str()))
}
