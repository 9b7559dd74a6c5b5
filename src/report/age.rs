//! How long a secret has stood: from the oldest commit or layer that is known to have brought it to the day of the scan.

use super::Report;
use crate::date::Date;
use crate::finding::{Fate, Finding};
use crate::signature::Lifetime;

/// Days after which a secret that does not end by itself is stale: the CIS AWS Foundations Benchmark has access keys renewed every
/// 90 days or sooner.
const STALE: u32 = 90;

impl Report {
    /// Days between the two dates, for which the secret has stood: at least, since only the history that was read is known. `None` where no commit tells.
    pub(super) fn age(&self, finding: &Finding) -> Option<u32> {
        let today = self.day?.days();
        let fates = finding.places.iter().filter_map(|place| place.fate.as_ref());
        let oldest = fates.filter_map(since).min()?;
        // The clocks of authors are what they are.
        u32::try_from(today - oldest).ok()
    }

    /// The age of one that should have been renewed since.
    fn stale(&self, finding: &Finding) -> Option<u32> {
        let ends = matches!(finding.signature.lifetime, Lifetime::Temporary | Lifetime::Ended);
        self.age(finding).filter(|&days| days >= STALE && !ends)
    }
}

/// Says of a secret that it is stale. Nothing for others.
pub(super) fn told(report: &Report, finding: &Finding) -> Option<String> {
    let days = report.stale(finding)?;
    Some(format!("written {} ago or earlier: no secret should stand for {STALE} days or more", in_words(days)))
}

/// Says how many of the secrets shown are stale, and the age of the oldest. `None` where none is.
pub(super) fn summary(report: &Report) -> Option<String> {
    let ages: Vec<u32> = report.findings.iter().filter_map(|finding| report.stale(finding)).collect();
    let oldest = ages.iter().max()?;
    let stand = if ages.len() == 1 { "has stood" } else { "have stood" };
    Some(format!("{} {stand} for {STALE} days or more, the oldest for {}", ages.len(), in_words(*oldest)))
}

fn in_words(days: u32) -> String {
    let (count, unit) = match days {
        ..60 => (days, "day"),
        60..730 => (days / 30, "month"),
        _ => (days / 365, "year"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The day since which the secret has stood at a place, in days after 1970-01-01.
fn since(fate: &Fate) -> Option<i64> {
    fate.introduced.as_ref().and_then(|commit| day(&commit.date)).or(fate.made.map(Date::days))
}

/// The day of a time as RFC 3339 has it, in days after 1970-01-01. `None` for no such day.
fn day(time: &str) -> Option<i64> {
    Date::parse(time.get(..10)?).map(Date::days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{finding, removed, report};

    #[test]
    fn days_are_counted_as_calendars_do() {
        assert_eq!(day("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(day("1969-12-31"), Some(-1));
        assert_eq!(day("2000-02-29T23:59:59+01:00"), Some(11_016));
        assert_eq!(day("2000-03-01"), Some(11_017));
        assert_eq!(day("2026-11-29T05:34:43"), Some(20_786));
        for wrong in ["", "2026-13-01", "2026-00-01", "2026-1-1", "::error\u{1b}x", "ä026-01-01", "+026-01-01T"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_oldest_commit_counts_and_temporary_ones_are_not_stale() {
        let mut old = finding("example-key", "x");
        old.places.extend([removed("a"), removed("b")]);
        let fate = old.places[2].fate.as_mut().unwrap();
        fate.introduced.as_mut().unwrap().date = "2019-11-30T00:00:00Z".into();
        let mut report = report(vec![old]);
        assert_eq!(report.age(&report.findings[0]), None, "nobody said when the scan was");
        report.day = Date::parse("2026-11-29");
        assert_eq!(report.age(&report.findings[0]), Some(2_556));
        assert_eq!(summary(&report).unwrap(), "1 has stood for 90 days or more, the oldest for 7 years");
        assert!(told(&report, &report.findings[0]).unwrap().starts_with("written 7 years ago or earlier:"));
        report.day = Date::parse("2020-02-27");
        assert_eq!(summary(&report), None);
        report.day = Date::parse("2018-01-01");
        assert_eq!(report.age(&report.findings[0]), None, "a commit of tomorrow tells nothing");
    }

    #[test]
    fn ages_are_told_in_the_unit_that_fits() {
        assert_eq!(
            [1, 59, 60, 729, 730, 4_000].map(in_words),
            ["1 day", "59 days", "2 months", "24 months", "2 years", "10 years"]
        );
    }
}
