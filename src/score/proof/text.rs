//! Encodings and dates as tokens use them, read leniently.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::date::{self, Date};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD_ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL_ENGINE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// Decodes base64 of either alphabet, with or without padding.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD_ENGINE.decode(text).or_else(|_| URL_ENGINE.decode(text)).ok()
}

/// Base64 of a JSON object.
pub(super) fn base64_json(text: &[u8]) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_slice(&base64(text)?).ok()
}

/// What stands after the first `_`; the whole text where there is none.
pub(super) fn after_prefix(token: &[u8]) -> &[u8] {
    token.iter().position(|&byte| byte == b'_').map_or(token, |at| &token[at + 1..])
}

/// A text without what stands before the hosts of its addresses, and behind their paths: a login, and parameters.
pub(super) fn public_address(value: &str) -> Cow<'_, str> {
    if !value.contains("://") {
        return Cow::Borrowed(value);
    }
    let mut parts = value.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(char::is_whitespace).unwrap_or(part.len());
        let (address, rest) = part.split_at(end);
        // A password may have what should be escaped in it.
        let is_login = |at: &usize| address[..*at].contains(':') || !address[..*at].contains('/');
        let login = address.rfind('@').filter(is_login);
        let (login, shown) = login.map_or(("", address), |at| ("****@", &address[at + 1..]));
        let parameters = shown.find(['?', '#']).unwrap_or(shown.len());
        out.push_str("://");
        out.push_str(login);
        out.push_str(&shown[..parameters]);
        out.push_str(if parameters < shown.len() { "?****" } else { "" });
        out.push_str(rest);
    }
    Cow::Owned(out)
}

/// Seconds since 1970 as RFC 3339 in UTC; `None` beyond the year 9999.
pub(super) fn rfc3339(seconds: u64) -> Option<String> {
    (seconds < date::YEAR_10000).then(|| format!("{}Z", date::time_in_words(seconds)))
}

/// Seconds from 1970 to the beginning of a day in UTC; `None` for what is no day, and before 1970.
pub(super) fn seconds(year: u64, month: u64, day: u64) -> Option<u64> {
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?)?;
    u64::try_from(date.days()).ok().filter(|_| year <= 9_999).map(|days| days * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_without_logins_and_parameters() {
        for (text, told) in [
            ("https://login.example.net/", "https://login.example.net/"),
            ("https://robin:wren@example.net/a", "https://****@example.net/a"),
            ("a https://x:y@h?k=v b ftp://z/p#f", "a https://****@h?**** b ftp://z/p?****"),
            ("https://x:a/b?c@h", "https://****@h"),
            ("https://h/@robin?to=a@b", "https://h/@robin?****"),
            ("robin@example.net", "robin@example.net"),
        ] {
            assert_eq!(public_address(text), told);
        }
    }

    #[test]
    fn dates() {
        assert_eq!(rfc3339(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(rfc3339(951_782_400).as_deref(), Some("2000-02-29T00:00:00Z"));
        assert_eq!(rfc3339(1_516_239_022).as_deref(), Some("2018-01-18T01:30:22Z"));
        assert_eq!(rfc3339(253_402_300_799).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!(rfc3339(u64::MAX), None);
    }

    #[test]
    fn days() {
        for (year, month, day, shown) in
            [(1970, 1, 1, "1970-01-01"), (2000, 2, 29, "2000-02-29"), (2026, 12, 31, "2026-12-31")]
        {
            let shown = format!("{shown}T00:00:00Z");
            assert_eq!(seconds(year, month, day).and_then(rfc3339), Some(shown));
        }
        for (year, month, day) in [(1969, 12, 31), (2025, 2, 29), (2025, 13, 1), (2025, 0, 1), (2025, 6, 31), (0, 1, 1)]
        {
            assert_eq!(seconds(year, month, day), None);
        }
    }
}
