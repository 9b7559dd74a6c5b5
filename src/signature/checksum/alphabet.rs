//! Number systems and encodings of tokens that no crate at hand covers: base 32, 36, 58, 62, Bech32.

use sha2::{Digest as _, Sha256};

/// Digits of base 62 as GitHub and Microsoft use it.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits of base 36.
pub const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// Base 32 of RFC 4648.
pub const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Base 58 of Bitcoin.
pub const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// Bech32 of BIP 173.
pub const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// Crockford's base 32, lower case.
pub const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Longest text that [`base58_decode`] takes, in bytes: its cost grows with the square of the length.
pub const MAX_BASE58: usize = 256;

/// A number in a positional system, most significant digit first, padded on the left with the first digit.
pub fn digits(mut number: u64, alphabet: &[u8], width: usize) -> String {
    let base = alphabet.len() as u64;
    let mut text = Vec::with_capacity(width.max(11));
    while number > 0 || text.is_empty() {
        text.push(alphabet[(number % base) as usize]);
        number /= base;
    }
    text.resize(text.len().max(width), alphabet[0]);
    text.reverse();
    text.into_iter().map(char::from).collect()
}

/// The number written in these digits; `None` for a foreign character, an empty text, or more than 64 bits.
pub fn number(text: &[u8], alphabet: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, byte| {
        let digit = alphabet.iter().position(|known| known == byte)? as u64;
        number.checked_mul(alphabet.len() as u64)?.checked_add(digit)
    })
}

/// Base 32 of RFC 4648 without padding, upper case.
pub fn base32_encode(bytes: &[u8]) -> String {
    regroup(bytes.iter().copied(), 8, 5, true).into_iter().map(|value| char::from(BASE32[usize::from(value)])).collect()
}

/// Decodes base 32 of RFC 4648 in either case, without padding. Bits that do not fill a byte are dropped. `None` for a
/// foreign character.
pub fn base32_decode(text: &[u8]) -> Option<Vec<u8>> {
    let values: Option<Vec<u8>> = text
        .iter()
        .map(|byte| match byte.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => Some(upper - b'A'),
            digit @ b'2'..=b'7' => Some(digit - b'2' + 26),
            _ => None,
        })
        .collect();
    Some(regroup(values?.into_iter(), 5, 8, false))
}

/// Values of Bech32 characters, lower case; `None` for a foreign character.
pub fn bech32_values(text: &[u8]) -> Option<Vec<u8>> {
    text.iter().map(|byte| BECH32.iter().position(|known| known == byte).map(|value| value as u8)).collect()
}

/// Regroups values of `from` bits in values of `to` bits, most significant first. With `fill` a last incomplete value is
/// filled with zero bits, without it is dropped.
pub fn regroup(values: impl Iterator<Item = u8>, from: u32, to: u32, fill: bool) -> Vec<u8> {
    let (mut bits, mut count) = (0u32, 0);
    let mut out = Vec::with_capacity(values.size_hint().0 * from as usize / to as usize + 1);
    let mask = (1u32 << to) - 1;
    for value in values {
        bits = (bits << from | u32::from(value)) & 0xffff;
        count += from;
        while count >= to {
            count -= to;
            out.push((bits >> count & mask) as u8);
        }
    }
    if fill && count > 0 {
        out.push((bits << (to - count) & mask) as u8);
    }
    out
}

/// Base 58 of Bitcoin.
pub fn base58_encode(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = Vec::new();
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += u32::from(*digit) << 8;
            *digit = (carry % 58) as u8;
            carry /= 58;
        }
        while carry > 0 {
            digits.push((carry % 58) as u8);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let ones = std::iter::repeat_n('1', zeros);
    ones.chain(digits.iter().rev().map(|&digit| char::from(BASE58[usize::from(digit)]))).collect()
}

/// Decodes base 58; `None` for a foreign character or more than [`MAX_BASE58`] bytes.
pub fn base58_decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > MAX_BASE58 {
        return None;
    }
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    for character in text {
        let mut carry = BASE58.iter().position(|known| known == character)? as u32;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(carry as u8);
            carry >>= 8;
        }
    }
    bytes.extend(text.iter().take_while(|&&character| character == b'1').map(|_| 0));
    bytes.reverse();
    Some(bytes)
}

/// First four bytes of SHA-256 twice, as Base58Check appends them.
pub fn base58check_sum(payload: &[u8]) -> [u8; 4] {
    let sum = Sha256::digest(Sha256::digest(payload));
    [sum[0], sum[1], sum[2], sum[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_numbers() {
        assert_eq!(digits(u64::from(u32::MAX), BASE62, 1), "4gfFC3");
        assert_eq!(digits(0, BASE36, 2), "00");
        assert_eq!(number(b"4gfFC3", BASE62), Some(u64::from(u32::MAX)));
        assert_eq!(number(b"zzzzzzzzzzzzzzz", BASE36), None);
        assert_eq!(number(b"", BASE36), None);
    }

    #[test]
    fn base32_of_the_standard() {
        // RFC 4648, section 10.
        assert_eq!(base32_encode(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32_encode(b"fo"), "MZXQ");
        assert_eq!(base32_decode(b"mzxw6ytboi").as_deref(), Some(&b"foobar"[..]));
        assert_eq!(base32_decode(b"MZ1"), None);
    }

    #[test]
    fn base58_there_and_back() {
        assert_eq!(base58_encode(b"Hello World!"), "2NEpo7TZRRrLZSi2U");
        assert_eq!(base58_encode(&[0, 0, 40, 127, 180, 205]), "11233QC4");
        assert_eq!(base58_decode(b"11233QC4"), Some(vec![0, 0, 40, 127, 180, 205]));
        assert_eq!(base58_decode(b"0OIl"), None);
        assert_eq!(base58_decode(&[b'2'; MAX_BASE58 + 1]), None);
    }
}
