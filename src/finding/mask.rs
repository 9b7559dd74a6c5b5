//! What may be shown of a secret. Knows nothing of rules, nor of the text around it.

use std::ops::Range;

use memchr::{memchr, memmem};

use crate::decode;
use crate::origin::printable;

/// Least number of characters that stay hidden where any is shown.
const HIDDEN_MIN: usize = 16;
/// Characters shown at the end.
const TAIL: usize = 4;
/// Longest base64 whose text may be a user's name and a password that is short.
const ENCODED_MAX: usize = 512;
/// Longest prefix that is shown; armour lines are the longest there are.
const PREFIX_MAX: usize = 64;
/// Length of the runs of a hidden part that must not show up anywhere.
pub(super) const GRAM: usize = 5;
/// What stands for hidden bytes; its length says nothing about theirs.
pub const STARS: &str = "****";

/// A secret masked: at most the public prefix (or the armour line of a key) and the last 4 characters, and only if 16 or
/// more stay hidden; else a class of length alone.
pub fn mask(secret: &[u8], public_prefix: usize) -> String {
    let shown = Shown::of(secret, public_prefix);
    shown.text(secret)
}

/// How much of a secret's ends is shown, in bytes; both are printable ASCII.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    prefix: usize,
    pub(super) tail: usize,
    /// Bytes at the end that are neither shown nor secret: the closing line of an armoured key.
    closing: usize,
}

impl Shown {
    pub(super) const NOTHING: Shown = Shown { prefix: 0, tail: 0, closing: 0 };

    pub(super) fn of(secret: &[u8], public_prefix: usize) -> Self {
        if is_short_encoded(secret) {
            return Shown::NOTHING;
        }
        let armour = armour(secret);
        let prefix = armour.unwrap_or(public_prefix).min(secret.len());
        if prefix > PREFIX_MAX || !secret[..prefix].iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return Shown::NOTHING;
        }
        let closing = if armour.is_some() { closing_length(&secret[prefix..]) } else { 0 };
        let last = &secret[secret.len() - TAIL.min(secret.len() - prefix)..];
        let has_tail = armour.is_none() && last.len() == TAIL && last.iter().all(u8::is_ascii_graphic);
        let tail = if has_tail { TAIL } else { 0 };
        for shown in [Shown { prefix, tail, closing }, Shown { prefix, tail: 0, closing }] {
            let hidden = &secret[shown.hidden(secret.len())];
            if characters(hidden) >= HIDDEN_MIN {
                // A prefix that comes again in the hidden part would show a run of it.
                let told = secret[..prefix].windows(GRAM).any(|gram| hidden.windows(GRAM).any(|other| other == gram));
                return if told { Shown::NOTHING } else { shown };
            }
        }
        Shown::NOTHING
    }

    pub(super) fn hidden(self, length: usize) -> Range<usize> {
        self.prefix..length - self.tail - self.closing
    }

    pub(super) fn text(self, secret: &[u8]) -> String {
        if self.prefix == 0 && self.tail == 0 {
            return length_class(secret);
        }
        let prefix = printable(&secret[..self.prefix]);
        let tail = printable(&secret[secret.len() - self.tail..]);
        format!("{prefix}{STARS}{tail}")
    }
}

/// Whether it is base64 of a password, alone or behind its user's name, that is so short that its end must not be shown: four
/// characters are three of it.
fn is_short_encoded(secret: &[u8]) -> bool {
    if secret.len() > ENCODED_MAX {
        return false;
    }
    let Some(text) = decode::base64_text(secret) else { return false };
    let password = memchr(b':', &text).map_or(&text[..], |colon| &text[colon + 1..]);
    characters(password) < HIDDEN_MIN + TAIL
}

fn characters(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty())).sum()
}

fn length_class(secret: &[u8]) -> String {
    let class = match characters(secret) {
        0..16 => "under 16",
        16..32 => "16 to 31",
        32..64 => "32 to 63",
        _ => "64 or more",
    };
    format!("[{class} characters]")
}

/// Length of the line that opens a private key in a file: PEM (RFC 7468), SSH2 (RFC 4716), PuTTY.
fn armour(secret: &[u8]) -> Option<usize> {
    let opening = &secret[..secret.len().min(PREFIX_MAX)];
    if opening.starts_with(b"PuTTY-User-Key-File-") {
        return memchr(b':', opening).map(|colon| colon + 1);
    }
    let dashes = opening.iter().take_while(|byte| **byte == b'-').count();
    if !(4..=5).contains(&dashes) || !opening[dashes..].trim_ascii_start().starts_with(b"BEGIN ") {
        return None;
    }
    let label = opening[dashes..].iter().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b' ')).count();
    let end = dashes + label + dashes;
    let closes = opening.get(dashes + label..end)?.iter().all(|byte| *byte == b'-');
    closes.then_some(end)
}

/// Length of the line that closes a PEM or SSH2 key; 0 where it is missing.
fn closing_length(after_opening: &[u8]) -> usize {
    memmem::rfind(after_opening, b"---- END ")
        .or_else(|| memmem::rfind(after_opening, b"-----END "))
        .map_or(0, |start| after_opening.len() - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_shown_only_when_enough_stays_hidden() {
        assert_eq!(mask(b"tok_ABCDEFGHIJKLMNOPQRSTUVWXYZ", 4), "tok_****WXYZ");
        assert_eq!(mask(b"tok_ABCDEFGHIJKLMNOPQRST", 4), "tok_****QRST");
        assert_eq!(mask(b"tok_ABCDEFGHIJKLMNOPQRS", 4), "tok_****");
        assert_eq!(mask(b"tok_ABCDEFGHIJKLMNO", 4), "[16 to 31 characters]");
        assert_eq!(mask(b"hunter2", 0), "[under 16 characters]");
        assert_eq!(mask(b"hunter2", 7), "[under 16 characters]");
        assert_eq!(mask(b"hunter2", 70), "[under 16 characters]");
        assert_eq!(mask("pässwörd-pässwörd-end".as_bytes(), 0), "****-end");
        assert_eq!(mask("ööööööööö".as_bytes(), 0), "[under 16 characters]");
        assert_eq!(mask(&[0xff; 40], 4), "[32 to 63 characters]");
        assert_eq!(mask(b"", 0), "[under 16 characters]");
    }

    #[test]
    fn the_end_of_an_encoded_password_is_shown_as_that_of_a_plain_one() {
        let encoded = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
        let short = encoded("administrator@example.com:Zx7!q9");
        assert_eq!(mask(short.as_bytes(), 0), "[32 to 63 characters]");
        assert_eq!(mask(encoded("a-phrase:of-16+").as_bytes(), 0), "[16 to 31 characters]");
        let long = encoded("robot:kX9mQ2vLp4wZ7kX9mQ2vLp4w");
        assert_eq!(mask(long.as_bytes(), 0), format!("****{}", &long[long.len() - 4..]));
    }

    #[test]
    fn a_prefix_that_comes_again_is_not_shown() {
        assert_eq!(mask(b"long_prefix_0123456789abclong_prefix_0123456789", 12), "[32 to 63 characters]");
    }
}
