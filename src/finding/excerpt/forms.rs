//! What a secret looks like where it stands in another form: in base64, in hexadecimal digits, in a URL.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memchr;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::decode;
use crate::finding::mask::GRAM;

/// What a URL has escapes for: all but what RFC 3986, 2.3, does not reserve.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Whether a byte may be a digit of what something is encoded as.
pub(super) fn is_digit(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=' | b'%')
}

/// Longest secret that is looked for in other forms.
const LONGEST: usize = 512;

/// The password that a secret encodes, alone or behind its user's name.
pub(super) fn encoded_password(secret: &[u8]) -> Option<Vec<u8>> {
    let text = decode::base64_text(secret).filter(|_| secret.len() <= LONGEST)?;
    let password = memchr(b':', &text).map_or(0, |colon| colon + 1);
    (text.len() - password >= GRAM).then(|| text[password..].to_vec())
}

/// What a secret looks like encoded, by itself or as a part of more: base64 of both alphabets by the three places at
/// which it may begin, hexadecimal digits, and what a URL has for it.
pub(super) fn of(secret: &[u8]) -> Vec<Vec<u8>> {
    if secret.len() < GRAM || secret.len() > LONGEST {
        return Vec::new();
    }
    let mut forms = Vec::new();
    for before in 0..3 {
        let padded = [&[0; 2][..before], secret].concat();
        // Digits that hold bits of the bytes beside it are none of the form.
        let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            forms.push(engine.encode(&padded).as_bytes()[first..last].to_vec());
        }
    }
    let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.extend([digits.to_ascii_uppercase().into_bytes(), digits.into_bytes()]);
    let escaped = percent_encode(secret, RESERVED).to_string().into_bytes();
    // As it is it was looked for already.
    forms.extend((escaped != secret).then_some(escaped));
    // One that is short would be found in any other word.
    forms.retain(|form| form.len() >= GRAM);
    forms
}
