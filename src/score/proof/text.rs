//! Encodings and dates as tokens use them, read leniently.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

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

/// Seconds since 1970 as RFC 3339 in UTC; `None` beyond the year 9999.
pub(super) fn rfc3339(seconds: u64) -> Option<String> {
    if seconds >= 253_402_300_800 {
        return None;
    }
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from 1 March of the year 0, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    Some(format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60))
}

/// Seconds from 1970 to the beginning of a day in UTC; `None` for what is no day, and before 1970.
pub(super) fn seconds(year: u64, month: u64, day: u64) -> Option<u64> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let longest = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) || year > 9_999 {
        return None;
    }
    // As above: the year begins in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    days.checked_sub(719_468).map(|days| days * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

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
