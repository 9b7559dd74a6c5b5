//! Macaroons: of package indexes, in packets, and of Fly.io, in MessagePack.

use serde_json::Value;

use super::text::{after_prefix, base64, rfc3339};
use super::{Outcome, detail};
use crate::score::Detail;
use crate::signature::Severity;

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

/// What Fly.io's `superfly/macaroon` writes: an array of nonce, location, caveats and tail, whole and with nothing after it.
/// Tokens of the first version that are not so regular only begin alike.
pub(super) fn fly(token: &[u8]) -> Outcome {
    let first = after_prefix(token).split(|&byte| byte == b',').next().unwrap_or_default();
    let bytes = base64(first).unwrap_or_default();
    match fly_location(&bytes) {
        Some(location) => Outcome::Passed { details: vec![detail("location", location)], severity: None },
        None if !token.starts_with(b"fm2_") && bytes.first() == Some(&0x94) => Outcome::plausible(),
        None => Outcome::Failed { why: "it is no whole macaroon" },
    }
}

/// Deepest nesting of a caveat that is read.
const DEEPEST: u32 = 16;

fn fly_location(macaroon: &[u8]) -> Option<&str> {
    let mut reader = MessagePack(macaroon);
    if reader.array()? != 4 {
        return None;
    }
    let fields = reader.array()?;
    let (_key_id, random) = (reader.bytes()?, reader.bytes()?);
    let is_nonce = match fields {
        2 => true,
        3 => matches!(reader.byte()?, 0xc2 | 0xc3),
        _ => false,
    };
    let location = std::str::from_utf8(reader.text()?).ok()?;
    // A caveat is two values: its kind and its body.
    let values = reader.array()?;
    for _ in 0..values {
        reader.skip(DEEPEST)?;
    }
    let tail = reader.bytes()?;
    let is_whole = is_nonce && random.len() == 16 && values % 2 == 0 && tail.len() == 32 && reader.0.is_empty();
    is_whole.then_some(location)
}

/// As much of MessagePack as macaroons have.
struct MessagePack<'a>(&'a [u8]);

impl<'a> MessagePack<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// A length of so many bytes.
    fn length(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)))
    }

    /// The number of an array's elements.
    fn array(&mut self) -> Option<usize> {
        match self.byte()? {
            byte @ 0x90..=0x9f => Some(usize::from(byte & 0xf)),
            0xdc => self.length(2),
            0xdd => self.length(4),
            _ => None,
        }
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let width = match self.byte()? {
            0xc4 => 1,
            0xc5 => 2,
            0xc6 => 4,
            _ => return None,
        };
        let length = self.length(width)?;
        self.take(length)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = match self.byte()? {
            byte @ 0xa0..=0xbf => usize::from(byte & 0x1f),
            0xd9 => self.length(1)?,
            0xda => self.length(2)?,
            0xdb => self.length(4)?,
            _ => return None,
        };
        self.take(length)
    }

    /// Passes over any value.
    fn skip(&mut self, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut elements = 0;
        let length = match self.byte()? {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => 0,
            byte @ 0x80..=0x8f => (elements = 2 * usize::from(byte & 0xf), 0).1,
            byte @ 0x90..=0x9f => (elements = usize::from(byte & 0xf), 0).1,
            byte @ 0xa0..=0xbf => usize::from(byte & 0x1f),
            0xc4 | 0xd9 => self.length(1)?,
            0xc5 | 0xda => self.length(2)?,
            0xc6 | 0xdb => self.length(4)?,
            0xc7 => self.length(1)? + 1,
            0xc8 => self.length(2)? + 1,
            0xc9 => self.length(4)? + 1,
            0xcc | 0xd0 => 1,
            0xcd | 0xd1 | 0xd4 => 2,
            0xd5 => 3,
            0xca | 0xce | 0xd2 => 4,
            0xd6 => 5,
            0xcb | 0xcf | 0xd3 => 8,
            0xd7 => 9,
            0xd8 => 17,
            0xdc => (elements = self.length(2)?, 0).1,
            0xdd => (elements = self.length(4)?, 0).1,
            0xde => (elements = 2 * self.length(2)?, 0).1,
            0xdf => (elements = 2 * self.length(4)?, 0).1,
            0xc1 => return None,
        };
        self.take(length)?;
        // Each element takes a byte at least, so that a length from nowhere ends soon.
        (0..elements).try_for_each(|_| self.skip(depth))
    }
}
