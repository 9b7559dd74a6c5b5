//! Tokens that are told by what they decode to: macaroons, snowflakes, numbers in odd bases.

use serde_json::Value;

use super::text::{after_prefix, base64, rfc3339};
use super::{Outcome, detail};
use crate::score::Detail;
use crate::signature::Severity;
use crate::signature::checksum::alphabet::{CROCKFORD, base32_decode};

pub(super) fn nuget(key: &[u8]) -> Outcome {
    match key.get(..20).and_then(base32_decode) {
        Some(bytes) if bytes.starts_with(b"v4") && base32_decode(key).is_some() => Outcome::plausible(),
        _ => Outcome::Failed { why: "a NuGet key decodes to bytes that begin v4" },
    }
}

/// A macaroon of version 2: packets of a type, a length and a content; sections end with a zero, the signature is last.
pub(super) fn pypi(token: &[u8]) -> Outcome {
    let bytes = token.strip_prefix(b"pypi-").and_then(base64);
    let Some(details) = bytes.as_deref().and_then(pypi_packets) else {
        return Outcome::Failed { why: "it is no whole macaroon of a package index" };
    };
    let test = details.iter().any(|detail| detail.value == concat!("test.pypi", ".org"));
    Outcome::Passed { details, severity: test.then_some(Severity::Low) }
}

fn pypi_packets(macaroon: &[u8]) -> Option<Vec<Detail>> {
    let mut rest = macaroon.strip_prefix(&[2])?;
    let mut details = Vec::new();
    let (mut sections, mut empty) = (0, true);
    loop {
        let (&kind, after) = rest.split_first()?;
        rest = after;
        if kind == 0 {
            // An empty section ends the caveats; then comes the signature.
            if empty {
                break;
            }
            (sections, empty) = (sections + 1, true);
            continue;
        }
        let content;
        (content, rest) = packet(rest)?;
        empty = false;
        match (kind, sections) {
            (1, 0) => details.push(detail("index", std::str::from_utf8(content).ok()?)),
            (2, 1..) => details.extend(pypi_caveat(content)),
            _ => {}
        }
    }
    let (signature, rest) = packet(rest.strip_prefix(&[6])?)?;
    (sections > 0 && signature.len() == 32 && rest.is_empty() && details.first()?.name == "index").then_some(details)
}

/// A length as a varint of at most two bytes, and so many bytes.
fn packet(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match text {
        [low @ 0..=0x7f, rest @ ..] => (usize::from(*low), rest),
        [low, high @ 0..=0x7f, rest @ ..] => (usize::from(*low & 0x7f) | usize::from(*high) << 7, rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// Caveats are JSON: an object with `permissions` in old tokens, arrays that begin with a number in new ones.
fn pypi_caveat(content: &[u8]) -> Option<Detail> {
    let caveat: Value = serde_json::from_slice(content).ok()?;
    let number = |index: usize| caveat.get(index).and_then(Value::as_u64);
    match number(0) {
        Some(0) => rfc3339(number(1)?).map(|expires| detail("expires", &expires)),
        Some(1 | 2) => Some(detail("scope", "project")),
        Some(3) => Some(detail("scope", "user")),
        _ => match caveat.get("permissions")? {
            Value::String(permissions) if permissions == "user" => Some(detail("scope", "user")),
            Value::Object(_) => Some(detail("scope", "project")),
            _ => None,
        },
    }
}

/// MessagePack: an array of four, its first an array of three that begins with bytes; older ones are less regular.
pub(super) fn fly(token: &[u8]) -> Outcome {
    let version_two = token.starts_with(b"fm2_");
    let first = after_prefix(token).split(|&byte| byte == b',').next().unwrap_or_default();
    match base64(first).as_deref() {
        Some([0x94, 0x93, 0xc4, ..]) => Outcome::plausible(),
        Some([0x94, ..]) if !version_two => Outcome::plausible(),
        _ => Outcome::Failed { why: "it does not begin as a macaroon does" },
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

/// Private keys of Curve25519 are stored with three low bits and the highest cleared, the second highest set.
pub(super) fn wireguard(key: &[u8]) -> Outcome {
    match base64(key).as_deref() {
        Some(bytes) if bytes.len() == 32 && bytes[0] & 7 == 0 && bytes[31] & 0xc0 == 0x40 => Outcome::plausible(),
        Some(bytes) if bytes.len() == 32 => Outcome::Failed { why: "its bits are not those of a private key" },
        _ => Outcome::Failed { why: "it is not 32 bytes of base64" },
    }
}
