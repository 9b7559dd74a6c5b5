//! The end of a `text` report: counts, what was read, what was not, and whether that is clean.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::names::Names;
use super::style::{BAD, BOLD, DIM, GOOD, Setting, count, number, of_severity, safe, size};
use super::{Options, Report};
use super::{age, image};
use crate::blob::{Class, Skip};
use crate::finding::Finding;
use crate::signature::Severity;

/// Skips named of a class that matters less, unless all are asked for.
const NAMED: usize = 3;

pub(super) fn write(
    report: &Report,
    names: &Names,
    options: &Options,
    setting: Setting,
    out: &mut dyn Write,
) -> io::Result<()> {
    found(report, setting, out)?;
    let coverage = &report.coverage;
    let objects = if coverage.objects == 1 { "object" } else { "objects" };
    writeln!(out, "read: {} {objects}, {}", number(coverage.objects), size(coverage.bytes))?;
    for class in [Class::NotAsked, Class::NothingToRead, Class::Accepted, Class::Lost] {
        skipped(report, class, names, options.verbose, setting, out)?;
    }
    for note in &report.notes {
        writeln!(out, "note: {}", safe(names.text(note).as_bytes()))?;
    }
    if let Some(scanned) = &report.image {
        image::write(report, scanned, names, (options, setting), out)?;
    }
    let lost = coverage.count(Class::Lost);
    if lost > 0 {
        let what = count(lost, "thing that was asked for was", "things that were asked for were");
        let verdict = setting.paint(BAD, "incomplete");
        writeln!(out, "{verdict}: {what} not read; nobody knows what is in there")
    } else if report.findings.is_empty() {
        writeln!(
            out,
            "{}: no {}secret found, and all that was asked for was read",
            setting.paint(GOOD, "clean"),
            if report.baselined() > 0 { "other " } else { "" }
        )
    } else {
        Ok(())
    }
}

fn found(report: &Report, setting: Setting, out: &mut dyn Write) -> io::Result<()> {
    if !report.findings.is_empty() {
        let open = |finding: &Finding| finding.places.iter().filter(|place| place.allowed.is_none()).count();
        let places = report.findings.iter().map(open).sum();
        let by_severity: Vec<String> = Severity::ALL
            .iter()
            .map(|severity| (severity, report.findings.iter().filter(|finding| finding.severity == *severity).count()))
            .filter(|(_, found)| *found > 0)
            .map(|(severity, found)| setting.paint(of_severity(*severity), format!("{found} {severity}")).to_string())
            .collect();
        let secrets = setting.paint(BOLD, count(report.findings.len(), "secret", "secrets"));
        let places = count(places, "place", "places");
        let failing = match report.failing() {
            0 => "none fails this run".to_owned(),
            1 => "1 fails this run".to_owned(),
            failing => format!("{} fail this run", number(failing as u64)),
        };
        writeln!(out, "found: {secrets} in {places} ({}); {failing}", by_severity.join(", "))?;
        if let Some(stale) = age::summary(report) {
            writeln!(out, "stale: {stale}")?;
        }
    }
    let baselined = report.baselined();
    if report.allowed.len() > baselined {
        writeln!(out, "allowed: {}", count(report.allowed.len() - baselined, "secret", "secrets"))?;
    }
    if baselined > 0 {
        writeln!(out, "in the baseline, still to be dealt with: {}", count(baselined, "secret", "secrets"))?;
    }
    if report.below_threshold > 0 {
        writeln!(out, "below the thresholds, not shown: {}", number(report.below_threshold as u64))?;
    }
    Ok(())
}

/// A line for a class, with counts by reason, and the names of those skipped: all where something was lost.
fn skipped(
    report: &Report,
    class: Class,
    names: &Names,
    verbose: bool,
    setting: Setting,
    out: &mut dyn Write,
) -> io::Result<()> {
    let skips: Vec<&Skip> = report.coverage.skips.iter().filter(|(of, _)| *of == class).map(|(_, skip)| skip).collect();
    if skips.is_empty() {
        return Ok(());
    }
    let mut by_reason: BTreeMap<&str, usize> = BTreeMap::new();
    for skip in &skips {
        *by_reason.entry(skip.reason.name()).or_default() += 1;
    }
    let reasons: Vec<String> =
        by_reason.iter().map(|(reason, skips)| format!("{} {reason}", number(*skips as u64))).collect();
    let label = match class {
        Class::Lost => setting.paint(BAD, "not read, lost").to_string(),
        Class::Accepted => "not read, accepted by the config".to_owned(),
        Class::NotAsked => "not read, not asked for".to_owned(),
        Class::NothingToRead => "nothing to read".to_owned(),
    };
    writeln!(out, "{label}: {}", reasons.join(", "))?;
    let named = if verbose || class == Class::Lost { skips.len() } else { NAMED };
    for skip in skips.iter().take(named) {
        let origin = skip.origin.to_string();
        let origin = safe(names.text(origin.strip_prefix(". > ").unwrap_or(&origin)).as_bytes());
        let detail = if skip.detail.is_empty() {
            String::new()
        } else {
            format!(" ({})", safe(names.text(&skip.detail).as_bytes()))
        };
        writeln!(out, "  {} {origin}: {}{detail}", setting.paint(DIM, "-"), skip.reason.name())?;
    }
    if skips.len() > named {
        writeln!(
            out,
            "  {} and {} more (--verbose lists all)",
            setting.paint(DIM, "-"),
            number((skips.len() - named) as u64)
        )?;
    }
    Ok(())
}
