//! The names of places as a report may print them: a path, a ref or an instruction can hold a secret as well as any text,
//! and a finding that says so must not print it.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Report;
use crate::finding::Place;
use crate::origin::{Origin, Step};
use crate::secret::Secret;

/// Shorter secrets are not looked for: they would be found in every other name.
const SHORTEST: usize = 5;

/// From this length on nothing is taken for a word.
const NO_WORD: usize = 12;

/// Replaces secrets that stand in names.
pub(super) struct Names {
    secrets: Option<(AhoCorasick, Vec<String>)>,
}

impl Names {
    /// Secrets become what a report shows of them.
    pub(super) fn masked(report: &Report) -> Self {
        Names::new(report, str::to_owned)
    }

    /// Nothing is shown of secrets.
    pub(super) fn hidden(report: &Report) -> Self {
        Names::new(report, |_| "****".to_owned())
    }

    fn new(report: &Report, shown: impl Fn(&str) -> String) -> Self {
        let findings = report.findings.iter().chain(&report.allowed);
        let mut secrets: Vec<(&[u8], String)> = findings
            .filter(|finding| finding.places.iter().any(is_in_a_name) || is_no_word(finding.secret.expose()))
            .map(|finding| (finding.secret.expose(), shown(&finding.shown)))
            .chain(report.in_names.iter().map(|(secret, told)| (secret.expose(), shown(told))))
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

    /// An origin without secrets in its names.
    fn origin(&self, origin: &Origin) -> Origin {
        if self.secrets.is_none() {
            return origin.clone();
        }
        let text = |text: &str| self.text(text).into_owned();
        let bytes = |name: &[u8]| self.bytes(name).into_owned();
        let mut masked: Option<Origin> = None;
        for step in origin.steps() {
            let step = match step {
                Step::Directory { path } => Step::Directory { path: text(path) },
                Step::Repository { location } => Step::Repository { location: text(location) },
                Step::Ref { name } => Step::Ref { name: bytes(name) },
                Step::Image { reference, digest } => {
                    Step::Image { reference: text(reference), digest: digest.as_deref().map(text) }
                }
                Step::Platform { name } => Step::Platform { name: text(name) },
                Step::Config { digest } => Step::Config { digest: text(digest) },
                Step::Layer { digest, index, instruction } => {
                    Step::Layer { digest: text(digest), index: *index, instruction: instruction.as_deref().map(text) }
                }
                Step::Chart { name, version } => {
                    Step::Chart { name: text(name), version: version.as_deref().map(text) }
                }
                Step::Submodule { path } => Step::Submodule { path: bytes(path) },
                Step::Path { path } => Step::Path { path: bytes(path) },
                Step::Member { path } => Step::Member { path: bytes(path) },
                Step::Rendered { template, values } => {
                    Step::Rendered { template: bytes(template), values: bytes(values) }
                }
                Step::Stdin | Step::Object { .. } | Step::Lfs { .. } | Step::Entry { .. } | Step::Text { .. } => {
                    step.clone()
                }
            };
            masked = Some(match masked {
                Some(parent) => parent.with(step),
                None => Origin::new(step),
            });
        }
        masked.unwrap_or_else(|| origin.clone())
    }

    /// Names without secrets.
    pub(super) fn texts<'a>(&self, names: &'a [String]) -> Vec<Cow<'a, str>> {
        names.iter().map(|name| self.text(name)).collect()
    }

    /// A name without secrets.
    pub(super) fn text<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self.bytes(name.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(name),
            Cow::Owned(replaced) => Cow::Owned(String::from_utf8_lossy(&replaced).into_owned()),
        }
    }
}

/// Takes secrets out of what people wrote beside places: who answers for a path, and why an entry or a mark lets one pass.
pub fn mask_words(report: &mut Report) {
    let names = Names::masked(report);
    if names.secrets.is_none() {
        return;
    }
    for place in report.findings.iter_mut().chain(&mut report.allowed).flat_map(|finding| &mut finding.places) {
        let allowed = [&mut place.allowed, &mut place.allowed_by_change].into_iter().flatten();
        let words = allowed.flat_map(|allowed| std::iter::once(&mut allowed.reason).chain(&mut allowed.owner));
        for word in words.chain(&mut place.owners) {
            *word = names.text(word).into_owned();
        }
    }
}

/// The report without a byte of a secret: gone are the secrets themselves, and where one is a name nothing of it is left.
/// What may be shown of a secret stays. For reports that are kept.
pub fn sealed(mut report: Report) -> Report {
    let names = Names::hidden(&report);
    for finding in report.findings.iter_mut().chain(&mut report.allowed) {
        finding.secret = Secret::new([]);
        for pair in &mut finding.pairs {
            pair.path = names.bytes(&pair.path).into_owned();
        }
        for place in &mut finding.places {
            place.path = names.bytes(&place.path).into_owned();
            place.origin = names.origin(&place.origin);
            if let Some(fate) = &mut place.fate {
                fate.path = None;
                fate.origin = None;
                for commit in [&mut fate.introduced, &mut fate.removed].into_iter().flatten() {
                    commit.author = commit.author.as_deref().map(|author| names.text(author).into_owned());
                    commit.email = commit.email.as_deref().map(|email| names.text(email).into_owned());
                }
                fate.refs = fate.refs.iter().map(|name| names.text(name).into_owned()).collect();
            }
            for allowed in [&mut place.allowed, &mut place.allowed_by_change].into_iter().flatten() {
                allowed.written = names.text(&allowed.written).into_owned();
            }
        }
    }
    for (_, skip) in &mut report.coverage.skips {
        skip.origin = names.origin(&skip.origin);
        skip.detail = names.text(&skip.detail).into_owned();
    }
    report.in_names.clear();
    report.notes = report.notes.iter().map(|note| names.text(note).into_owned()).collect();
    report
}

/// Whether a value that was found elsewhere is hidden in names, too: not where it is a word that folders are called as well, such as
/// `admin` or `postgres`.
fn is_no_word(secret: &[u8]) -> bool {
    let is_of_word = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    secret.len() >= NO_WORD || !secret.iter().all(is_of_word)
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
        let word = report(vec![finding("rule-a", "postgres")]);
        assert_eq!(Names::masked(&word).text("x/postgres/y"), "x/postgres/y", "it was found in no name");
        let told = report(vec![finding("rule-a", "Maren-77")]);
        assert_eq!(Names::masked(&told).text("x/Maren-77/y"), "x/[16 to 31 characters]/y");
        let mut known = report(Vec::new());
        known.in_names = vec![(Secret::new(*b"tok_of_a_name"), "tok_****".to_owned())];
        assert_eq!(Names::masked(&known).text("x/tok_of_a_name/y"), "x/tok_****/y");
        assert_eq!(Names::hidden(&known).text("x/tok_of_a_name/y"), "x/****/y");
        let mut found = finding("rule-a", "folder-secret-name");
        let anywhere = report(vec![found.clone()]);
        assert_eq!(Names::masked(&anywhere).text("x/folder-secret-name/y"), "x/[16 to 31 characters]/y");
        let names = Origin::new(Step::Stdin).with(Step::Text { kind: TextKind::FileName });
        found.places = vec![place(names, "x")];
        let report = report(vec![found]);
        assert_eq!(Names::masked(&report).text("x/folder-secret-name/y"), "x/[16 to 31 characters]/y");
        assert_eq!(*Names::hidden(&report).bytes(b"\xfffolder-secret-name"), *b"\xff****");
        assert_eq!(Names::hidden(&report).text("folder"), "folder");
    }

    #[test]
    fn a_sealed_report_holds_nothing_of_a_secret_but_what_is_shown() {
        let mut found = finding("rule-a", "folder-secret-name");
        let names = Origin::new(Step::Directory { path: ".".into() }).at_path("x/folder-secret-name/y");
        let mut named = place(names.with(Step::Text { kind: TextKind::FileName }), "x/folder-secret-name/y");
        named.fate = Some(crate::finding::Fate {
            path: Some(b"folder-secret-name".to_vec()),
            ..crate::finding::Fate::of(named.state)
        });
        found.places.push(named);
        let mut whole = report(vec![found]);
        whole.notes.push("folder-secret-name:1: a note".to_owned());
        let sealed = sealed(whole);
        let text = format!("{sealed:?}");
        assert!(!text.contains("folder-secret-name"), "{text}");
        assert_eq!(sealed.findings[0].places[1].origin.to_string(), ". > x/****/y > file name");
        assert!(!text.contains(&format!("{:?}", b"folder-secret-name")), "{text}");
        assert_eq!(sealed.findings[0].secret.expose(), b"");
        assert_eq!(String::from_utf8_lossy(&sealed.findings[0].places[1].path), "x/****/y");
    }
}
