//! Encoded text decoded: bytes in, bytes out, and a map back to where they stood.

mod archive;
pub mod chart;
pub mod contents;
pub mod manifest;
pub mod runs;
pub mod sops;
pub mod utf16;
pub mod wide;

use std::io::Read;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Bytes that what one text holds encoded is decoded to at most; what is beyond is left out.
const DECODED_MOST: usize = 32 << 20;
/// Bytes that one byte of gzip stands for at most, which is what deflate can do.
const RATIO_MOST: usize = 1_100;
/// Bytes in which a format's header has more zero bytes than a text.
const HEADER: usize = 24;

/// Standard and URL alphabets, padded or not, with whatever bits are left over in the last character.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Decodes base64 of either alphabet; white space (folds) is passed over. `None` where it is none.
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let is_fold = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
    let folded: Vec<u8> = text.iter().copied().filter(|byte| !is_fold(byte)).collect();
    STANDARD.decode(&folded).or_else(|_| URL.decode(&folded)).ok()
}

/// Base64 that decodes to text: printable but for line ends and tabs, at least 4 bytes of it.
pub fn base64_text(text: &[u8]) -> Option<Vec<u8>> {
    let decoded = base64(text)?;
    (decoded.len() >= 4 && is_text(&decoded)).then_some(decoded)
}

/// Whether what begins so is a program or other data, not text. Some zero bytes are in texts, too: a log that was cut while it was
/// written begins with them, and the environment of a process has one behind each variable.
pub fn is_binary(beginning: &[u8]) -> bool {
    if memchr::memchr(0, beginning).is_none() {
        return false;
    }
    let begin = beginning.iter().position(|&byte| byte != 0).unwrap_or(beginning.len());
    let text = &beginning[begin..];
    let count = |text: &[u8]| {
        let controls = text.iter().filter(|byte| matches!(byte, 1..=8 | 14..=26 | 28..=31 | 127)).count();
        (memchr::memchr_iter(0, text).count(), controls)
    };
    // Formats begin with a mark and numbers, also those that hold little but text.
    let (zeros, controls) = count(&text[..text.len().min(HEADER)]);
    if text.is_empty() || zeros > 2 || controls > 0 {
        return true;
    }
    let (zeros, controls) = count(text);
    zeros > text.len() / 16 + 1 || controls > text.len() / 64
}

/// What gzip data holds, `most` bytes at most; what was read before a fault counts.
fn gunzip(zipped: &[u8], most: usize) -> Vec<u8> {
    let most = most.min(zipped.len().saturating_mul(RATIO_MOST));
    let mut inflated = Vec::new();
    let _ = flate2::read::MultiGzDecoder::new(zipped).take(most as u64).read_to_end(&mut inflated);
    inflated
}

/// Whether bytes are text: UTF-8 without control characters but for white space.
pub fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(is_control))
}

/// Whether a character is none of a text.
fn is_control(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_may_hold_some_zero_bytes() {
        let log = [&[0; 3_000][..], b"09:00 started\n09:01 listening on 8080\n"].concat();
        for text in [&b"x: y\n\0\n"[..], b"HOME=/root\0PATH=/usr/bin\0SHELL=/bin/sh\0", &log, b"plain"] {
            assert!(!is_binary(text), "{text:?}");
        }
        let program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0";
        let records = [&b"format 2\n\x05\0\0\0\x10\0\0\0"[..], &[b'a'; 4_000]].concat();
        for bytes in [&program[..], &records, &[0; 900], b"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20"] {
            assert!(is_binary(bytes), "{bytes:?}");
        }
    }

    #[test]
    fn base64_of_either_alphabet_with_folds() {
        assert_eq!(base64_text(b"aGVsbG8g\n  d29ybGQ=").as_deref(), Some(&b"hello world"[..]));
        assert_eq!(base64(b"-_-_").as_deref(), base64(b"+/+/").as_deref());
        assert_eq!(base64_text(b"not base64!"), None);
    }
}
