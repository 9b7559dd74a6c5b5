//! URLs that are signed for a time: until when is written in them.
//!
//! `se` of Azure's shared access signatures, `X-Amz-Date` and `X-Amz-Expires` of AWS, `X-Goog-Date` and `X-Goog-Expires` of Google.

use super::text::{rfc3339, seconds};
use super::{Outcome, detail};

/// Longest URL that is read, in bytes to either side of its signature.
const URL: usize = 3_000;

/// Reads the end of the URL that holds the signature `secret`; `around` is the text that it stands in.
pub(super) fn check(secret: &[u8], around: &[u8]) -> Outcome {
    let details = url_of(secret, around).and_then(expires).map(|time| detail("expires", &time)).into_iter().collect();
    Outcome::Plausible { details, severity: None }
}

fn url_of<'t>(secret: &[u8], around: &'t [u8]) -> Option<&'t [u8]> {
    let at = memchr::memmem::find(around, secret)?;
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`');
    let before = &around[at.saturating_sub(URL)..at];
    let after = &around[at..around.len().min(at + URL)];
    let start = at - before.iter().rev().position(ends).unwrap_or(before.len());
    let end = at + after.iter().position(ends).unwrap_or(after.len());
    Some(&around[start..end])
}

fn expires(url: &[u8]) -> Option<String> {
    if let Some(end) = parameter(url, b"se=") {
        let (year, month, day) = date(end, b'-')?;
        let time = end.get(10..).and_then(|time| time.strip_prefix(b"T")).and_then(time_of_day).unwrap_or(0);
        return rfc3339(seconds(year, month, day)? + time);
    }
    let (made, lives) = [(&b"X-Amz-Date="[..], &b"X-Amz-Expires="[..]), (b"X-Goog-Date=", b"X-Goog-Expires=")]
        .into_iter()
        .find_map(|(made, lives)| Some((parameter(url, made)?, number(parameter(url, lives)?)?)))?;
    let (year, month, day) = Some((number(made.get(..4)?)?, number(made.get(4..6)?)?, number(made.get(6..8)?)?))?;
    let time = made.get(8..).and_then(|time| time.strip_prefix(b"T")).and_then(time_of_day)?;
    rfc3339(seconds(year, month, day)?.checked_add(time)?.checked_add(lives)?)
}

/// The value of a parameter, up to the next.
fn parameter<'t>(url: &'t [u8], name: &[u8]) -> Option<&'t [u8]> {
    let at = memchr::memmem::find_iter(url, name).find(|&at| at == 0 || matches!(url[at - 1], b'?' | b'&' | b';'))?;
    let value = &url[at + name.len()..];
    Some(&value[..value.iter().position(|byte| matches!(byte, b'&' | b'#')).unwrap_or(value.len())])
}

/// `2026-01-31`.
fn date(text: &[u8], joint: u8) -> Option<(u64, u64, u64)> {
    let parts = (number(text.get(..4)?)?, number(text.get(5..7)?)?, number(text.get(8..10)?)?);
    (text[4] == joint && text[7] == joint).then_some(parts)
}

/// Seconds of `23:59:59`, `23%3A59%3A59` or `235959`.
fn time_of_day(text: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(text).replace("%3A", "").replace("%3a", "").replace(':', "");
    let text = text.as_bytes();
    Some(number(text.get(..2)?)? * 3_600 + number(text.get(2..4)?)? * 60 + text.get(4..6).and_then(number).unwrap_or(0))
}

fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().all(u8::is_ascii_digit).then_some(text)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_signed_url_is_read() {
        for (url, end) in [
            (
                "https://a.example/f?sv=2022-11-02&se=2026-06-30T12%3A30%3A00Z&sp=r&sig=SIGN%3D",
                Some("2026-06-30T12:30:00Z"),
            ),
            ("sv=2022-11-02&se=2026-06-30T12:30Z&sp=r&sig=SIGN", Some("2026-06-30T12:30:00Z")),
            ("sv=2022-11-02&se=2026-06-30&sp=r&sig=SIGN", Some("2026-06-30T00:00:00Z")),
            ("/k?X-Amz-Date=20240228T230000Z&X-Amz-Expires=7200&X-Amz-Signature=SIGN", Some("2024-02-29T01:00:00Z")),
            ("/k?X-Goog-Date=20240101T000000Z&X-Goog-Expires=900&X-Goog-Signature=SIGN", Some("2024-01-01T00:15:00Z")),
            ("/k?X-Amz-Date=20240230T230000Z&X-Amz-Expires=7200&X-Amz-Signature=SIGN", None),
            ("/k?X-Amz-Date=20240101T000000Z&X-Amz-Expires=99999999999999999999&X-Amz-Signature=SIGN", None),
            ("/k?xse=2026-06-30&se=soon&sig=SIGN", None),
            ("/k?sig=SIGN", None),
        ] {
            let around = format!("?se=1999-01-01 see \"{url}\" and ?se=2001-01-01\n");
            assert_eq!(url_of(b"SIGN", around.as_bytes()).and_then(expires).as_deref(), end, "{url}");
        }
        assert_eq!(url_of(b"SIGN", b"elsewhere"), None);
    }
}
