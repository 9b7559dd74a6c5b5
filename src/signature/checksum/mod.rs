//! Checksums that providers put into their tokens, as pure functions; used by the proofs and by the templates of examples.
//!
//! CRC-32 is always the one of IEEE 802.3 and zlib. Base 62 is `0-9A-Za-z`, base 36 `0-9a-z`, both most significant digit
//! first.

pub mod alphabet;
pub mod azure;
pub mod putty;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// CRC-32, IEEE 802.3.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// CRC-32 in base 62, padded with `0` on the left to 6 digits: GitHub, Vercel.
pub fn crc32_base62(bytes: &[u8]) -> String {
    alphabet::digits(crc32(bytes).into(), alphabet::BASE62, 6)
}

/// CRC-32 in base 62, least significant digit first, padded with `0` on the left to 6 digits: Matrix.
pub fn crc32_base62_reversed(bytes: &[u8]) -> String {
    let digits = alphabet::digits(crc32(bytes).into(), alphabet::BASE62, 1);
    format!("{:0>6}", digits.chars().rev().collect::<String>())
}

/// CRC-32 in base 36, padded with `0` on the left to 7 digits: GitLab.
pub fn crc32_base36(bytes: &[u8]) -> String {
    alphabet::digits(crc32(bytes).into(), alphabet::BASE36, 7)
}

/// CRC-32 as 8 lower-case hexadecimal digits, most significant first: Zuplo, Cloudflare.
pub fn crc32_hex(bytes: &[u8]) -> String {
    format!("{:08x}", crc32(bytes))
}

/// CRC-32 as 8 lower-case hexadecimal digits of its bytes in little-endian order: Grafana.
pub fn crc32_hex_little_endian(bytes: &[u8]) -> String {
    format!("{:08x}", crc32(bytes).swap_bytes())
}

/// CRC-32 as the 6 significant base64 characters of its bytes in little-endian order: Confluent.
pub fn crc32_base64_little_endian(bytes: &[u8]) -> String {
    let mut text = STANDARD.encode(crc32(bytes).to_le_bytes());
    text.truncate(6);
    text
}

/// The first 8 characters of SHA-256 in URL-safe base64: Supabase.
pub fn sha256_base64url_8(bytes: &[u8]) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
    text.truncate(8);
    text
}

/// CRC-16 XModem (polynomial 0x1021, start 0): Stellar.
pub fn crc16_xmodem(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8)
            .fold(crc ^ (u16::from(byte) << 8), |crc, _| if crc & 0x8000 != 0 { (crc << 1) ^ 0x1021 } else { crc << 1 })
    })
}

/// CRC-24 of OpenPGP armour (RFC 9580, 6.1), in the low 24 bits.
pub fn crc24_openpgp(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00b7_04ce, |crc, &byte| {
        (0..8).fold(crc ^ (u32::from(byte) << 16), |crc, _| {
            if crc & 0x0080_0000 != 0 { ((crc << 1) ^ 0x0186_4cfb) & 0x00ff_ffff } else { crc << 1 }
        })
    })
}

/// Check character of the Rust registry's trusted-publishing tokens: the characters' XOR, modulo 62, in `A-Za-z0-9`.
pub fn crates_check_character(body: &[u8]) -> u8 {
    const DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    DIGITS[usize::from(body.iter().fold(0, |xor, byte| xor ^ byte)) % 62]
}

/// The last six characters of a Bech32 text (BIP 173) over a lower-case human-readable part and values of 0 to 31.
pub fn bech32_checksum(readable: &[u8], values: &[u8]) -> [u8; 6] {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let expanded = readable.iter().map(|byte| byte >> 5).chain([0]).chain(readable.iter().map(|byte| byte & 31));
    let polymod = expanded.chain(values.iter().copied()).chain([0; 6]).fold(1u32, |check, value| {
        let top = check >> 25;
        GENERATOR.iter().enumerate().fold(((check & 0x01ff_ffff) << 5) ^ u32::from(value), |check, (bit, generator)| {
            if top >> bit & 1 == 1 { check ^ generator } else { check }
        })
    }) ^ 1;
    std::array::from_fn(|index| alphabet::BECH32[(polymod >> (5 * (5 - index)) & 31) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_in_its_forms() {
        assert_eq!(crc32(b"hello"), 0x3610_a686);
        assert_eq!(crc32_base62(b"hello"), "0zNvy2");
        assert_eq!(crc32_hex(b"hello"), "3610a686");
        assert_eq!(crc32_hex_little_endian(b"hello"), "86a61036");
        assert_eq!(crc32_base64_little_endian(b"hello"), "hqYQNg");
        assert_eq!(crc32_base36(b"hello").len(), 7);
        assert_eq!(u32::from_str_radix(&crc32_base36(b"hello"), 36), Ok(0x3610_a686));
        assert_eq!(crc32_hex(b"3e6c4f7d39954ca29353b7ab88589b64"), "de26cd55");
    }

    #[test]
    fn published_check_values() {
        assert_eq!(crc16_xmodem(b"123456789"), 0x31c3);
        assert_eq!(crc24_openpgp(b"123456789"), 0x21cf02);
        assert_eq!(crates_check_character(b"gGK6jurSwKyl9V3Az19z7YEFQI9aoOO"), b'd');
    }

    #[test]
    fn matrix_as_its_authentication_service_documents_it() {
        assert_eq!(crc32_base62_reversed(b"mat_kkLSacJDpek22jKWw4AcXG68b7U3W6"), "0Lg9yb");
        assert_eq!(crc32_base62_reversed(b"mar_PkpplxPkfjsqvtdfUlYR1Afg2TpaHF"), "GaTQd2");
    }

    #[test]
    fn bech32_of_the_standard() {
        // BIP 173: `A12UEL5L` is valid with an empty data part.
        assert_eq!(&bech32_checksum(b"a", &[]), b"2uel5l");
    }
}
