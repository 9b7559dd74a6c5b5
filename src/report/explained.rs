//! Candidates with all the reasons for their judgement, for people: what `explain` and `--explain` print.

use std::io::{self, Write};

use super::style::safe;
use crate::finding::explained::{Explained, Outcome};
use crate::score::Confidence;

/// Writes one candidate at `path`, as it may be printed.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(one: &Explained, path: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let (verdict, signature) = (&one.verdict, &one.signature);
    let place = if path.is_empty() { "standard input".to_owned() } else { safe(path) };
    let versions = if one.versions > 1 { format!(" (in {} versions)", one.versions) } else { String::new() };
    let (line, column) = (one.location.line, one.location.column);
    writeln!(out, "{place}:{line}:{column}: {}: {}{versions}", safe(signature.id.as_bytes()), outcome(&one.outcome))?;
    let decoded = one.decoder.map_or_else(String::new, |decoder| format!("  decoded from {decoder}"));
    writeln!(out, "    {}{decoded}", one.shown)?;
    for reason in verdict.reasons.iter().chain(&one.afterwards) {
        writeln!(out, "    {:+4}  {}: {}", reason.points, reason.name, safe(reason.text.as_bytes()))?;
    }
    let points = points(one);
    let severity = verdict.severity.unwrap_or(signature.severity);
    writeln!(out, "    {points:+4}  in all; {severity} severity, {:.1} bits a character", verdict.entropy)?;
    for detail in &verdict.details {
        writeln!(out, "          {}: {}", detail.name, safe(detail.value.as_bytes()))?;
    }
    Ok(())
}

/// Sum of the points.
pub(super) fn points(one: &Explained) -> i32 {
    one.verdict.points + one.afterwards.iter().map(|why| why.points).sum::<i32>()
}

/// What came of it, in words.
pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Dropped => "dropped".to_owned(),
        Outcome::Identifier => "an identifier, not reported alone".to_owned(),
        Outcome::Judged(Confidence::Possible) => "possible, below the default --min-confidence".to_owned(),
        Outcome::Judged(confidence) => confidence.to_string(),
        Outcome::Reported(confidence) => format!("{confidence}, reported"),
        Outcome::BelowThresholds => "below the thresholds of this scan, not reported".to_owned(),
        Outcome::Allowed(allowed) => format!(
            "allowed: {} ({} at {})",
            safe(allowed.reason.as_bytes()),
            allowed.by,
            safe(allowed.written.as_bytes())
        ),
        Outcome::SameAs(rule) => format!("reported as {}", safe(rule.as_bytes())),
        Outcome::ToldThere => "another find at its place stands for it".to_owned(),
        Outcome::OtherPaths => "its signature counts at other paths only".to_owned(),
        Outcome::LeftOut(why) => format!("a secret, but left out of scans here ({})", safe(why.as_bytes())),
    }
}
