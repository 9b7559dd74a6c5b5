//! Days of the calendar and times in words: of entries that end, of tokens that name their end, of how long a secret has stood.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer, ser};

/// Seconds from 1970 to the end of the last year of four digits.
pub const YEAR_10000: u64 = 253_402_300_800;

/// A day of the proleptic Gregorian calendar, in UTC; in files a TOML date or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD`. `None` for any other form and for days that are not.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let form = bytes.len() == 10
            && bytes
                .iter()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
        if !form {
            return None;
        }
        Date::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)
    }

    /// A day of a month from 1 on; `None` for what is no day.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        (1..=days_in(year, month)).contains(&day).then_some(Date { year, month, day })
    }

    /// The day that a number of seconds after 1970-01-01T00:00:00Z is in; the last day of the year 9999 for all after it.
    pub fn from_unix_seconds(seconds: u64) -> Self {
        if seconds >= YEAR_10000 {
            return Date { year: 9999, month: 12, day: 31 };
        }
        // Days are counted from 1 March of the year 0, so that the leap day is the last of its year.
        let shifted = seconds / 86_400 + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Date { year: year as u16, month: month as u8, day: day as u8 }
    }

    /// Days from 1970-01-01 on; fewer than 0 before it.
    pub fn days(self) -> i64 {
        // As above: the year begins in March.
        let (year, month) = match self.month {
            3.. => (i64::from(self.year), i64::from(self.month) - 3),
            _ => (i64::from(self.year) - 1, i64::from(self.month) + 9),
        };
        let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        365 * year + leaps + (153 * month + 2) / 5 + i64::from(self.day) - 1 - 719_468
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DayVisitor;
        impl<'de> Visitor<'de> for DayVisitor {
            type Value = Date;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a day such as 2030-12-31")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Date, E> {
                Date::parse(text).ok_or_else(|| E::custom("is no day: write it as 2030-12-31, without a time"))
            }
            // What a TOML date is to serde.
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Date, A::Error> {
                let written = toml::value::Datetime::deserialize(de::value::MapAccessDeserializer::new(map))?;
                self.visit_str(&written.to_string())
            }
        }
        deserializer.deserialize_any(DayVisitor)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written: toml::value::Datetime = self.to_string().parse().map_err(ser::Error::custom)?;
        written.serialize(serializer)
    }
}

impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A day, as in 2030-12-31.", "type": "string", "format": "date" })
    }
}

/// Seconds after 1970-01-01T00:00:00Z as a time of RFC 3339 in UTC, less the zone.
pub fn time_in_words(seconds: u64) -> String {
    let of_day = seconds % 86_400;
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}", Date::from_unix_seconds(seconds))
}

/// 0 for what is no month.
fn days_in(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_none_are_refused() {
        for wrong in [
            "",
            "2026-2-3",
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026/01/01",
            "+026-01-01",
            "2026-01-01 ",
        ] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
        for right in ["2024-02-29", "2000-02-29", "1999-12-31"] {
            assert_eq!(Date::parse(right).unwrap().to_string(), right);
        }
        assert!(Date::parse("2026-01-31") < Date::parse("2026-02-01"));
    }

    #[test]
    fn seconds_become_days() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Date::from_unix_seconds(seconds).to_string(), day);
        }
    }
}
