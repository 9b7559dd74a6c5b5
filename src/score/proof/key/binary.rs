//! Private keys in DER, as they stand in a file: told by their structure alone.

use super::super::Outcome;
use super::{der, fingerprint, with_passphrase};
use crate::score::entropy;

/// The bags of PKCS #12 that hold a key (1.2.840.113549.1.12.10.1, RFC 7292), which has rules of its own.
const KEY_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01];
/// Bytes before a key in which that stands: two lengths, the beginning of PKCS #8 around PKCS #1.
const BAG_WITHIN: usize = 64;
/// Least entropy of a key's bytes, in bits a byte: of 32 random ones fewer have less than one in a million times. What stands behind
/// the beginning of such a key in a program that writes them is text, or a table.
const LEAST: f32 = 4.2;
/// The last bytes of a key that has no public half are the private one.
const PRIVATE: usize = 32;

/// Checks what a pattern took of a key, with the text around it.
pub(in super::super) fn check(beginning: &[u8], around: &[u8]) -> Outcome {
    let Some(start) = memchr::memmem::find(around, beginning) else { return Outcome::plausible() };
    let before = &around[start.saturating_sub(BAG_WITHIN)..start];
    if memchr::memmem::find(before, KEY_BAG).is_some() {
        return Outcome::Drop { why: "a part of a PKCS #12 keystore" };
    }
    let mut reader = der::Reader(&around[start..]);
    if reader.next().is_none() {
        return Outcome::Drop { why: "the beginning of a key alone" };
    }
    let whole = &around[start..around.len() - reader.0.len()];
    let Some(mut key) = der::parse(whole) else { return Outcome::Drop { why: "what begins like a key and is none" } };
    let last = &whole[whole.len().saturating_sub(PRIVATE)..];
    if entropy::shannon(last) < LEAST || last.iter().filter(|byte| !byte.is_ascii()).count() < 4 {
        return Outcome::Drop { why: "a beginning of a key with text or a table behind it" };
    }
    if !key.encrypted {
        key.public = key.public.or_else(|| Some(whole.to_vec()));
    }
    key.outcome(around)
}

/// What tells an RSA key from others, as a pattern took it up to its exponent: the same as in its armour. `None` for other kinds, whose
/// public half stands behind what a pattern takes, or nowhere.
pub(in super::super) fn identity(beginning: &[u8]) -> Option<Vec<u8>> {
    // The length of the whole, of which only a part is here: two bytes.
    let numbers = beginning.strip_prefix(&[der::SEQUENCE, 0x82])?.get(2..)?;
    let mut reader = der::Reader(numbers);
    reader.expect(der::INTEGER)?;
    let (modulus, exponent) = (reader.expect(der::INTEGER)?, reader.expect(der::INTEGER)?);
    let public = fingerprint::of(&fingerprint::rsa(exponent, modulus));
    Some(with_passphrase(false, public.as_bytes()))
}
