//! The part of a `text` report that tells of a sweep: how the targets came out, and what was not found again.

use std::io::{self, Write};

use super::Options;
use super::style::{BAD, DIM, Setting, count, of_severity, safe};
use super::sweep::{Outcome, Sweep, Target, counts};

/// Secrets that are gone, or were not looked at again, that are listed without `--verbose`.
const FEW: usize = 10;
/// Columns of the outcome's name.
const LABEL: usize = 11;

pub(super) fn write(sweep: &Sweep, options: &Options, setting: Setting, out: &mut dyn Write) -> io::Result<()> {
    let counts = counts(sweep);
    let number = |name: &str| counts.get(name).copied().unwrap_or_default();
    let outcomes: Vec<String> = Outcome::ALL
        .iter()
        .filter(|outcome| number(outcome.name()) > 0)
        .map(|outcome| {
            let told = format!("{} {}", number(outcome.name()), outcome.name());
            if outcome.is_whole() { told } else { setting.paint(BAD, told).to_string() }
        })
        .collect();
    writeln!(out, "sweep: {}: {}", count(sweep.targets.len(), "target", "targets"), outcomes.join(", "))?;
    let mut targets: Vec<&Target> = sweep.targets.iter().collect();
    // The worst first; of equals in the order of the list.
    targets.sort_by_key(|target| std::cmp::Reverse(target.outcome));
    for target in targets.iter().filter(|target| options.verbose || target.outcome != Outcome::Clean) {
        line(target, setting, out)?;
    }
    if !options.verbose && number("clean") > 0 && sweep.targets.len() > number("clean") {
        writeln!(out, "  {} and {} clean (--verbose lists all)", setting.paint(DIM, "-"), number("clean"))?;
    }
    match &sweep.last {
        None => writeln!(out, "last sweep: none, so nothing can be said of what is new"),
        Some(last) => {
            let unknown = match number("unknown") {
                0 => String::new(),
                unknown => format!(", {unknown} not looked at again"),
            };
            let (new, still, gone) = (number("new"), number("still"), number("gone"));
            writeln!(out, "since the last sweep ({last}): {new} new, {still} still there, {gone} gone{unknown}")?;
            not_found_again(sweep, options, setting, out)
        }
    }
}

fn line(target: &Target, setting: Setting, out: &mut dyn Write) -> io::Result<()> {
    let name = target.outcome.name();
    let label = format!("{name:LABEL$}");
    let label = if target.outcome.is_whole() { label } else { setting.paint(BAD, label).to_string() };
    let owner = target.owner.as_deref().map(|owner| format!(" ({})", safe(owner.as_bytes()))).unwrap_or_default();
    let mut facts = Vec::new();
    if target.findings > 0 {
        let new = if target.new > 0 { format!(", {} new", target.new) } else { String::new() };
        let secrets = count(target.findings, "secret", "secrets");
        facts.push(format!("{secrets} in {}{new}", count(target.places, "place", "places")));
    }
    if !target.reason.is_empty() {
        facts.push(safe(target.reason.as_bytes()));
    }
    facts.push(format!("{:.1} s", target.milliseconds as f64 / 1_000.0));
    writeln!(out, "  {label} {}{owner}: {}", safe(target.name.as_bytes()), facts.join("; "))
}

fn not_found_again(sweep: &Sweep, options: &Options, setting: Setting, out: &mut dyn Write) -> io::Result<()> {
    let most = if options.verbose { usize::MAX } else { FEW };
    let mut listed = [0; 2];
    for gone in &sweep.gone {
        let listed = &mut listed[usize::from(gone.is_certain)];
        *listed += 1;
        if *listed > most {
            continue;
        }
        let Some(target) = sweep.targets.get(gone.target) else { continue };
        let severity = setting.paint(of_severity(gone.severity), gone.severity.name());
        let what = if gone.is_certain { "gone" } else { "not looked at again" };
        let title = safe(gone.title.as_bytes());
        let place = [&*target.name, &*gone.path].map(|name| safe(name.as_bytes())).join(": ");
        writeln!(out, "  {what}: {severity}: {title} {} in {place}", safe(gone.shown.as_bytes()))?;
    }
    for (listed, what) in listed.into_iter().zip(["not looked at again", "gone"]) {
        if let Some(more) = listed.checked_sub(most).filter(|more| *more > 0) {
            writeln!(out, "  {} and {more} more {what} (--verbose lists all)", setting.paint(DIM, "-"))?;
        }
    }
    if sweep.gone.iter().any(|gone| gone.is_certain) {
        writeln!(out, "  What is gone was there for all to copy: it is safe only once it is revoked.")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Gone;
    use crate::signature::Severity;

    fn target(name: &str, outcome: Outcome) -> Target {
        Target {
            name: name.to_owned(),
            owner: Some("team a".to_owned()),
            location: format!("https://git.example.com/{name}"),
            kind: "git",
            outcome,
            reason: if outcome == Outcome::Failed { "no answer\u{1b}[31m".to_owned() } else { String::new() },
            findings: usize::from(outcome == Outcome::Findings),
            places: 2 * usize::from(outcome == Outcome::Findings),
            new: usize::from(outcome == Outcome::Findings),
            still: 0,
            gone: 1,
            unknown: 0,
            objects: 3,
            bytes: 4,
            lost: 0,
            milliseconds: 1_240,
        }
    }

    #[test]
    fn the_worst_targets_come_first_and_clean_ones_are_counted() {
        let mut sweep = Sweep {
            last: None,
            targets: vec![target("b", Outcome::Clean), target("c", Outcome::Findings), target("a", Outcome::Failed)],
            ..Sweep::default()
        };
        let written = |sweep: &Sweep| {
            let mut out = Vec::new();
            write(sweep, &Options::default(), Setting { color: false, width: None }, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            written(&sweep),
            "sweep: 3 targets: 1 clean, 1 findings, 1 failed\n  \
             failed      a (team a): no answer\\u{1b}[31m; 1.2 s\n  \
             findings    c (team a): 1 secret in 2 places, 1 new; 1.2 s\n  \
             - and 1 clean (--verbose lists all)\n\
             last sweep: none, so nothing can be said of what is new\n"
        );
        sweep.last = Some("2026-01-02T03:04:05Z".to_owned());
        sweep.gone.push(Gone {
            target: 0,
            fingerprint: "sj1:0".to_owned(),
            rule: "rule".to_owned(),
            title: "Token".to_owned(),
            severity: Severity::High,
            shown: "tok_****".to_owned(),
            path: "app.env".to_owned(),
            is_certain: true,
        });
        let text = written(&sweep);
        assert!(text.contains("since the last sweep (2026-01-02T03:04:05Z): 0 new, 0 still there, 1 gone\n"), "{text}");
        assert!(text.contains("  gone: high: Token tok_**** in b: app.env\n"), "{text}");
        let again = |is_certain| Gone { is_certain, ..sweep.gone[0].clone() };
        sweep.gone = [vec![again(false); 12], vec![again(true); 10]].concat();
        let text = written(&sweep);
        assert_eq!((text.matches("\n  not looked at again: ").count(), text.matches("\n  gone: ").count()), (10, 10));
        assert!(text.contains("  - and 2 more not looked at again (--verbose lists all)\n"), "{text}");
        assert!(!text.contains("more gone"), "{text}");
    }
}
