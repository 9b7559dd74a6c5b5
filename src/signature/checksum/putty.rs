//! The MAC of PuTTY private keys that are not encrypted: it holds without a passphrase.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What the MAC of an unencrypted key file covers.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    /// 2 or 3, as in the first line.
    pub version: u8,
    /// Algorithm, as in the first line.
    pub algorithm: &'a [u8],
    /// Comment.
    pub comment: &'a [u8],
    /// Decoded public lines.
    pub public: &'a [u8],
    /// Decoded private lines.
    pub private: &'a [u8],
}

impl Key<'_> {
    /// The MAC in lower-case hexadecimal: HMAC-SHA-256 with an empty key for version 3, HMAC-SHA-1 with a fixed one for
    /// version 2 and before.
    pub fn mac(&self) -> String {
        let mut covered = Vec::new();
        for part in [self.algorithm, b"none", self.comment, self.public, self.private] {
            covered.extend((part.len() as u32).to_be_bytes());
            covered.extend_from_slice(part);
        }
        let mac = if self.version >= 3 {
            let mut mac = Hmac::<Sha256>::new_from_slice(&[]).expect("HMAC takes keys of any length");
            mac.update(&covered);
            mac.finalize().into_bytes().to_vec()
        } else {
            hmac_sha1(&sha1(b"putty-private-key-file-mac-key"), &covered).to_vec()
        };
        mac.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writes to a string");
            text
        })
    }
}

fn hmac_sha1(key: &[u8; 20], text: &[u8]) -> [u8; 20] {
    let pad = |with: u8| -> Vec<u8> { key.iter().copied().chain([0; 44]).map(|byte| byte ^ with).collect() };
    let inner = sha1(&[&pad(0x36), text].concat());
    sha1(&[&pad(0x5c), &inner[..]].concat())
}

/// SHA-1 (FIPS 180-4). Only for formats that were fixed when it was still in use.
fn sha1(text: &[u8]) -> [u8; 20] {
    let mut padded = text.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((text.len() as u64 * 8).to_be_bytes());
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.as_chunks::<64>().0 {
        let mut words = [0u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        for index in 16..80 {
            words[index] = (words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (round, word) in words.into_iter().enumerate() {
            let (mix, constant) = match round / 20 {
                0 => (b & c | !b & d, 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(constant).wrapping_add(word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (total, part) in state.iter_mut().zip([a, b, c, d, e]) {
            *total = total.wrapping_add(part);
        }
    }
    let mut digest = [0; 20];
    for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn sha1_of_the_standard() {
        assert_eq!(hex(&sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(&sha1(b"")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        for length in 50..70 {
            // The padding crosses a block at 56 bytes.
            let by_crate = sha1dc_reference(&vec![b'a'; length]);
            assert_eq!(hex(&sha1(&vec![b'a'; length])), by_crate, "{length}");
        }
    }

    fn sha1dc_reference(text: &[u8]) -> String {
        let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
        hasher.update(text);
        hasher.try_finalize().expect("no collision").to_string()
    }

    #[test]
    fn hmac_of_the_standard() {
        // RFC 2202, case 6 has a longer key; case 1 has one of 20 bytes.
        assert_eq!(hex(&hmac_sha1(&[0x0b; 20], b"Hi There")), "b617318655057264e28bc0b6fb378c8ef146be00");
    }
}
