//! OpenPGP private key blocks (RFC 9580): the armour's CRC-24 and the first packet.

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::super::Outcome;
use super::Key;
use super::armour::Armour;
use crate::signature::checksum::crc24_openpgp;

const SECRET_KEY: u8 = 5;
const SECRET_SUBKEY: u8 = 7;

/// The checksum became optional in 2024; without it a block that parses is only plausible.
pub(super) fn check(armour: &Armour) -> Outcome {
    if let Some(sum) = &armour.checksum
        && crc24_openpgp(&armour.body).to_be_bytes()[1..] != sum[..]
    {
        return Outcome::Failed { why: "the checksum of the armour does not hold" };
    }
    let Some(key) = parse(&armour.body) else {
        return Outcome::Failed { why: "the body of the key does not parse" };
    };
    match (key.outcome(&[]), &armour.checksum) {
        (Outcome::Passed { details, severity }, None) => Outcome::Plausible { details, severity },
        (outcome, _) => outcome,
    }
}

pub(super) fn parse(bytes: &[u8]) -> Option<Key> {
    let (tag, content) = packet(bytes)?;
    if !matches!(tag, SECRET_KEY | SECRET_SUBKEY) {
        return None;
    }
    let (&version, rest) = content.split_first()?;
    // Version 3 has two bytes of validity after the time, versions 5 and 6 four bytes of length after the algorithm.
    let rest = rest.get(4 + if version == 3 { 2 } else { 0 }..)?;
    let (&algorithm, rest) = rest.split_first()?;
    let mut rest = if version >= 5 { rest.get(4..)? } else { rest };
    let (kind, strings) = match algorithm {
        1..=3 => ("RSA", "nn"),
        16 | 20 => ("ElGamal", "nnn"),
        17 => ("DSA", "nnnn"),
        18 => ("ECDH", "sns"),
        19 => ("ECDSA", "sn"),
        22 => ("EdDSA", "sn"),
        25 => ("X25519", "k"),
        27 => ("Ed25519", "k"),
        _ => return Some(Key::default()),
    };
    let mut bits = None;
    for part in strings.chars() {
        let (content, after) = match part {
            'n' => number(rest)?,
            's' => rest.split_first().and_then(|(&length, rest)| rest.split_at_checked(length.into()))?,
            _ => rest.split_at_checked(32)?,
        };
        if bits.is_none() && matches!(kind, "RSA" | "DSA" | "ElGamal") {
            bits = Some(content.len() * 8 - content.first().map_or(0, |first| first.leading_zeros() as usize));
        }
        rest = after;
    }
    let usage = *rest.first()?;
    let fingerprint = fingerprint(version, &content[..content.len() - rest.len()]);
    Some(Key { kind, bits, encrypted: usage != 0, fingerprint, ..Key::default() })
}

/// The fingerprint of a public half, from its version to the last of its numbers, as `gpg --fingerprint` shows it without blanks.
fn fingerprint(version: u8, public: &[u8]) -> Option<String> {
    let long = (public.len() as u32).to_be_bytes();
    let digest = match version {
        4 => Sha1::digest([&[0x99], &long[2..], public].concat()).to_vec(),
        5 => Sha256::digest([&[0x9a], &long[..], public].concat()).to_vec(),
        6 => Sha256::digest([&[0x9b], &long[..], public].concat()).to_vec(),
        _ => return None,
    };
    Some(digest.iter().map(|byte| format!("{byte:02X}")).collect())
}

/// A number: its bits in two bytes, then its bytes.
fn number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (bits, rest) = text.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*bits)).div_ceil(8))
}

/// The first packet's tag and content, with headers of both forms.
fn packet(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (&head, rest) = bytes.split_first()?;
    if head & 0x80 == 0 {
        return None;
    }
    let (tag, length, rest) = if head & 0x40 != 0 {
        let (length, rest) = match rest {
            [length @ 0..192, rest @ ..] => (usize::from(*length), rest),
            [high @ 192..224, low, rest @ ..] => ((usize::from(*high) - 192) * 256 + usize::from(*low) + 192, rest),
            [255, a, b, c, d, rest @ ..] => (u32::from_be_bytes([*a, *b, *c, *d]) as usize, rest),
            _ => return None,
        };
        (head & 0x3f, length, rest)
    } else {
        let (length, rest) = match (head & 3, rest) {
            (0, [length, rest @ ..]) => (usize::from(*length), rest),
            (1, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
            (2, [a, b, c, d, rest @ ..]) => (u32::from_be_bytes([*a, *b, *c, *d]) as usize, rest),
            _ => return None,
        };
        (head >> 2 & 0xf, length, rest)
    };
    Some((tag, rest.get(..length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample of version 4 in RFC 9580, A.1: its public half from the version on.
    const PUBLIC: &[u8] = &[
        0x04, 0x53, 0xf3, 0x5f, 0x0b, 0x16, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01, 0x01, 0x07,
        0x40, 0x3f, 0x09, 0x89, 0x94, 0xbd, 0xd9, 0x16, 0xed, 0x40, 0x53, 0x19, 0x79, 0x34, 0xe4, 0xa8, 0x7c, 0x80,
        0x73, 0x3a, 0x12, 0x80, 0xd6, 0x2f, 0x80, 0x10, 0x99, 0x2e, 0x43, 0xee, 0x3b, 0x24, 0x06,
    ];

    #[test]
    fn the_fingerprint_is_that_of_the_public_half() {
        let content = [PUBLIC, &[0, 1, 0], &[7; 32], &[0, 224]].concat();
        let packet = [&[0xc5, content.len() as u8][..], &content].concat();
        let key = parse(&packet).expect("a key");
        assert_eq!(key.fingerprint.as_deref(), Some("C959BDBAFA32A2F89A153B678CFDE12197965A9A"));
        assert_eq!((key.kind, key.encrypted), ("EdDSA", false));
    }
}
