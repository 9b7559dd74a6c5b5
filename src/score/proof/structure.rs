//! Tokens that are told by what they decode to: snowflakes, numbers in odd bases.

use super::text::base64;
use super::{Outcome, detail};
use crate::signature::checksum::alphabet::{CROCKFORD, base32_decode};

pub(super) fn nuget(key: &[u8]) -> Outcome {
    match key.get(..20).and_then(base32_decode) {
        Some(bytes) if bytes.starts_with(b"v4") && base32_decode(key).is_some() => Outcome::plausible(),
        _ => Outcome::Failed { why: "a NuGet key decodes to bytes that begin v4" },
    }
}

pub(super) fn discord(token: &[u8]) -> Outcome {
    let user = token.split(|&byte| byte == b'.').next().and_then(base64);
    match user.as_deref().and_then(|user| std::str::from_utf8(user).ok()) {
        Some(user) if (17..=20).contains(&user.len()) && user.bytes().all(|byte| byte.is_ascii_digit()) => {
            Outcome::Plausible { details: vec![detail("user", user)], severity: None }
        }
        _ => Outcome::Failed { why: "its first part is no user id" },
    }
}

pub(super) fn jira(token: &[u8]) -> Outcome {
    let bytes = base64(token).unwrap_or_default();
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match bytes.get(digits) {
        Some(b':') if (10..=13).contains(&digits) && bytes.len() > digits + 16 => Outcome::plausible(),
        _ => Outcome::Failed { why: "it does not decode to a number, a colon and bytes" },
    }
}

/// Eight 32-bit numbers, each written without padding: one to seven characters, none with a leading zero but zero
/// itself, one of seven beginning with 1 to 3.
pub(super) fn conjur(key: &[u8]) -> Outcome {
    const WHY: Outcome = Outcome::Failed { why: "it is not eight numbers of base 32" };
    if !(8..=56).contains(&key.len()) || key.iter().any(|byte| !CROCKFORD.contains(byte)) {
        return WHY;
    }
    // Bit `p` of `ends`: so many numbers can end before the byte `p`.
    let mut ends = 1u64;
    for _ in 0..8 {
        let mut next = 0u64;
        for start in (0..key.len()).filter(|start| ends >> start & 1 == 1) {
            let longest = match key[start] {
                b'0' => 1,
                b'1'..=b'3' => 7,
                _ => 6,
            };
            for length in 1..=longest {
                if start + length <= key.len() {
                    next |= 1 << (start + length);
                }
            }
        }
        ends = next;
    }
    if ends >> key.len() & 1 == 1 { Outcome::plausible() } else { WHY }
}

/// A private key of Curve25519. `wg genkey` clears and sets bits of what it makes; what another program made without that is taken
/// as well, and has them cleared when it is used (RFC 7748, 5).
pub(super) fn wireguard(key: &[u8]) -> Outcome {
    match base64(key).as_deref() {
        Some(bytes) if bytes.len() == 32 => Outcome::plausible(),
        _ => Outcome::Failed { why: "it is not 32 bytes of base64" },
    }
}
