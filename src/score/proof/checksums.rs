//! Tokens that carry a checksum of themselves.

use super::text::{after_prefix, base64};
use super::{Outcome, detail};
use crate::signature::Severity;
use crate::signature::checksum::{self, alphabet};

const SHAPE: Outcome = Outcome::Failed { why: "it has not the shape that the checksum is defined for" };

/// A check whose failure proves nothing.
pub(super) fn hint(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Failed { .. } => Outcome::plausible(),
        other => other,
    }
}

/// Newer kinds under the same prefixes are longer and have no published checksum.
pub(super) fn github(token: &[u8]) -> Outcome {
    match after_prefix(token).split_at_checked(30) {
        Some((body, sum)) if sum.len() == 6 => Outcome::checksum(checksum::crc32_base62(body).as_bytes() == sum),
        _ => Outcome::plausible(),
    }
}

pub(super) fn vercel(token: &[u8]) -> Outcome {
    match after_prefix(token).split_at_checked(50) {
        Some((body, sum)) if sum.len() == 6 => Outcome::checksum(checksum::crc32_base62(body).as_bytes() == sum),
        _ => SHAPE,
    }
}

pub(super) fn zuplo(token: &[u8]) -> Outcome {
    let mut parts = after_prefix(token).splitn(2, |&byte| byte == b'_');
    match (parts.next(), parts.next()) {
        (Some(body), Some(sum)) => Outcome::checksum(checksum::crc32_hex(body).as_bytes() == sum),
        _ => SHAPE,
    }
}

pub(super) fn grafana(token: &[u8]) -> Outcome {
    let Some((covered, sum)) = token.len().checked_sub(9).and_then(|at| token.split_at_checked(at)) else {
        return SHAPE;
    };
    Outcome::checksum(sum[0] == b'_' && checksum::crc32_hex_little_endian(covered).as_bytes() == &sum[1..])
}

pub(super) fn cloudflare(token: &[u8]) -> Outcome {
    match after_prefix(token).split_at_checked(40) {
        Some((body, sum)) => Outcome::checksum(checksum::crc32_hex(body).as_bytes() == sum),
        None => SHAPE,
    }
}

pub(super) fn confluent(token: &[u8]) -> Outcome {
    match token.strip_prefix(b"cflt").unwrap_or(token).split_at_checked(54) {
        Some((body, sum)) => Outcome::checksum(checksum::crc32_base64_little_endian(body).as_bytes() == sum),
        None => SHAPE,
    }
}

/// Tokens have `=` before their checksum, secrets of OAuth apps have not: seen to hold for five that their owners published.
pub(super) fn atlassian(token: &[u8]) -> Outcome {
    match token.split_last_chunk::<8>() {
        Some((covered, sum)) if covered.ends_with(b"=") || covered.starts_with(b"ATOA") => {
            Outcome::checksum(format!("{:08X}", checksum::crc32(covered)).as_bytes() == sum)
        }
        _ => SHAPE,
    }
}

pub(super) fn crates(token: &[u8]) -> Outcome {
    match token.strip_prefix(b"cio_tp_").unwrap_or(token).split_last() {
        Some((check, body)) if body.len() == 31 => Outcome::checksum(checksum::crates_check_character(body) == *check),
        _ => SHAPE,
    }
}

/// Routable tokens end in `.` version `.` length and CRC-32; an earlier generation had no version. Others have no dot.
pub(super) fn gitlab(token: &[u8]) -> Outcome {
    let Some((covered, sum)) = token.split_last_chunk::<7>() else { return SHAPE };
    let Some((head, [b'.', length @ ..])) = covered.split_last_chunk::<3>() else { return Outcome::plausible() };
    if checksum::crc32_base36(covered).as_bytes() != sum {
        return Outcome::checksum(false);
    }
    let head = match head.split_last_chunk::<3>() {
        Some((payload, [b'.', version @ ..])) if version.iter().all(u8::is_ascii_alphanumeric) => payload,
        _ => head,
    };
    let routing = alphabet::number(length, alphabet::BASE36)
        .and_then(|length| head.len().checked_sub(length as usize))
        .and_then(|start| base64(&head[start..]))
        .and_then(|payload| {
            let (&length, payload) = payload.split_last()?;
            Some(payload.get(payload.len().checked_sub(length.into())?..)?.to_vec())
        })
        .and_then(|routing| String::from_utf8(routing).ok())
        .unwrap_or_default();
    let details = routing
        .lines()
        .filter_map(|line| {
            let (key, value) = line.split_once(':')?;
            let number = alphabet::number(value.as_bytes(), alphabet::BASE36);
            let name = match key {
                "o" => "organization",
                "g" => "group",
                "p" => "project",
                "u" => "user",
                _ => return None,
            };
            Some(detail(name, &number.map_or_else(|| value.to_owned(), |number| number.to_string())))
        })
        .collect();
    Outcome::Passed { details, severity: None }
}

/// Any Bech32 text in one case.
pub(super) fn bech32(token: &[u8]) -> Outcome {
    let Some(separator) = token.iter().rposition(|&byte| byte == b'1').filter(|&at| at > 0) else { return SHAPE };
    let (readable, [_, data @ ..]) = token.split_at(separator) else { return SHAPE };
    match (data.split_last_chunk::<6>(), alphabet::bech32_values(data)) {
        (Some((body, sum)), Some(values)) => {
            Outcome::checksum(checksum::bech32_checksum(readable, &values[..body.len()]) == *sum)
        }
        _ => SHAPE,
    }
}

/// Synapse's `syt_`: all before the last `_` is covered.
pub(super) fn synapse(token: &[u8]) -> Outcome {
    match token.split_last_chunk::<6>() {
        Some(([covered @ .., b'_'], sum)) => Outcome::checksum(checksum::crc32_base62(covered).as_bytes() == sum),
        _ => SHAPE,
    }
}

/// `mat_`, `mct_`, `mar_`, `mcr_` and `mpt_`: all before the last `_` is covered.
pub(super) fn matrix(token: &[u8]) -> Outcome {
    match token.split_last_chunk::<6>() {
        Some(([covered @ .., b'_'], sum)) => {
            Outcome::checksum(checksum::crc32_base62_reversed(covered).as_bytes() == sum)
        }
        _ => SHAPE,
    }
}

/// Two bytes of kind, 32 of seed, CRC-16 in little-endian order.
pub(super) fn nkey(token: &[u8]) -> Outcome {
    // Two bits after the last byte are zero.
    let bytes = alphabet::base32_decode(token).filter(|bytes| alphabet::base32_encode(bytes).as_bytes() == token);
    let bytes = bytes.unwrap_or_default();
    match bytes.split_last_chunk::<2>() {
        Some((payload, sum)) if payload.len() == 34 && payload[0] & 0xf8 == 18 << 3 => {
            if checksum::crc16_xmodem(payload).to_le_bytes() != *sum {
                return Outcome::checksum(false);
            }
            let kind = match (payload[0] & 7) << 5 | payload[1] >> 3 {
                0 => "account",
                112 => "operator",
                104 => "server",
                16 => "cluster",
                160 => "user",
                184 => "curve",
                _ => return SHAPE,
            };
            Outcome::Passed { details: vec![detail("kind", kind)], severity: None }
        }
        _ => SHAPE,
    }
}

pub(super) fn age(token: &[u8]) -> Outcome {
    let lower = token.to_ascii_lowercase();
    let Some(values) = lower.strip_prefix(b"age-secret-key-1").and_then(alphabet::bech32_values) else { return SHAPE };
    match (lower.split_last_chunk::<6>(), values.split_last_chunk::<6>()) {
        (Some((_, sum)), Some((body, _))) => {
            Outcome::checksum(checksum::bech32_checksum(b"age-secret-key-", body) == *sum)
        }
        _ => SHAPE,
    }
}

/// WIF keys and extended private keys.
pub(super) fn base58check(token: &[u8]) -> Outcome {
    let Some(bytes) = alphabet::base58_decode(token) else { return SHAPE };
    let Some((payload, sum)) = bytes.split_last_chunk::<4>() else { return SHAPE };
    if alphabet::base58check_sum(payload) != *sum {
        return Outcome::checksum(false);
    }
    let test_network = (bytes.len() < 40 && payload.first() == Some(&0xef)) || payload.starts_with(&[0x04, 0x35, 0x83]);
    let network = if test_network { "test" } else { "main" };
    Outcome::Passed { details: vec![detail("network", network)], severity: test_network.then_some(Severity::Low) }
}

pub(super) fn stellar(token: &[u8]) -> Outcome {
    if token.len() != 56 {
        return SHAPE;
    }
    let bytes = alphabet::base32_decode(token).unwrap_or_default();
    match bytes.split_last_chunk::<2>() {
        Some((payload, sum)) if payload.len() == 33 => {
            Outcome::checksum(payload[0] == 18 << 3 && checksum::crc16_xmodem(payload).to_le_bytes() == *sum)
        }
        _ => SHAPE,
    }
}

/// The last 8 characters cover the name of the project too, which must stand nearby for the check to be made: 20 letters, as
/// in the host of every project.
pub(super) fn supabase(key: &[u8], around: &[u8]) -> Outcome {
    const PROJECT: usize = 20;
    const MOST: usize = 64;
    let Some((covered, sum)) = key.split_last_chunk::<8>() else { return SHAPE };
    let covered = covered.strip_suffix(b"_").unwrap_or(covered);
    let holds =
        |project: &&[u8]| checksum::sha256_base64url_8(&[project, &b"|"[..], covered].concat()).as_bytes() == sum;
    let mut projects = around
        .split(|byte| !byte.is_ascii_alphanumeric())
        .filter(|word| word.len() == PROJECT && word.iter().all(u8::is_ascii_lowercase))
        .take(MOST);
    match projects.find(holds) {
        Some(project) => {
            let details = vec![detail("project", &String::from_utf8_lossy(project))];
            Outcome::Passed { details, severity: None }
        }
        None => Outcome::plausible(),
    }
}
