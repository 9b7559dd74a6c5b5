//! The names of places as a report may print them: a path, a ref or an instruction can hold a secret as well as any text,
//! and a finding that says so must not print it.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Report;
use crate::finding::{Finding, Place};
use crate::origin::Step;

/// Shorter secrets are not looked for: they would be found in every other name.
const SHORTEST: usize = 5;

/// Replaces secrets that were found in names.
pub(super) struct Names {
    secrets: Option<(AhoCorasick, Vec<String>)>,
}

impl Names {
    /// Secrets become what a report shows of them.
    pub(super) fn masked(report: &Report) -> Self {
        Names::new(report, |finding| finding.shown.clone())
    }

    /// Nothing is shown of secrets.
    pub(super) fn hidden(report: &Report) -> Self {
        Names::new(report, |_| "****".to_owned())
    }

    fn new(report: &Report, shown: impl Fn(&Finding) -> String) -> Self {
        let mut secrets: Vec<(&[u8], String)> = report
            .findings
            .iter()
            .chain(&report.allowed)
            .filter(|finding| finding.places.iter().any(is_in_a_name))
            .map(|finding| (finding.secret.expose(), shown(finding)))
            .filter(|(secret, _)| secret.len() >= SHORTEST)
            .collect();
        secrets.sort();
        secrets.dedup_by(|one, other| one.0 == other.0);
        if secrets.is_empty() {
            return Names { secrets: None };
        }
        let searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(secrets.iter().map(|(secret, _)| secret))
            .ok();
        Names { secrets: searcher.map(|searcher| (searcher, secrets.into_iter().map(|(_, shown)| shown).collect())) }
    }

    /// A name without secrets.
    pub(super) fn bytes<'a>(&self, name: &'a [u8]) -> Cow<'a, [u8]> {
        match &self.secrets {
            Some((searcher, shown)) if searcher.is_match(name) => Cow::Owned(searcher.replace_all_bytes(name, shown)),
            _ => Cow::Borrowed(name),
        }
    }

    /// A name without secrets.
    pub(super) fn text<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self.bytes(name.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(name),
            Cow::Owned(replaced) => Cow::Owned(String::from_utf8_lossy(&replaced).into_owned()),
        }
    }
}

fn is_in_a_name(place: &Place) -> bool {
    place.origin.steps().iter().any(|step| matches!(step, Step::Text { .. } | Step::Config { .. } | Step::Ref { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{Origin, TextKind};
    use crate::report::samples::{finding, place, report};

    #[test]
    fn a_secret_that_is_a_name_is_masked_in_every_name() {
        let mut found = finding("rule-a", "folder-secret-name");
        assert_eq!(
            Names::masked(&report(vec![found.clone()])).text("x/folder-secret-name/y"),
            "x/folder-secret-name/y"
        );
        let names = Origin::new(Step::Stdin).with(Step::Text { kind: TextKind::FileName });
        found.places = vec![place(names, "x")];
        let report = report(vec![found]);
        assert_eq!(Names::masked(&report).text("x/folder-secret-name/y"), "x/[16 to 31 characters]/y");
        assert_eq!(*Names::hidden(&report).bytes(b"\xfffolder-secret-name"), *b"\xff****");
        assert_eq!(Names::hidden(&report).text("folder"), "folder");
    }
}
