//! What the paths of a secret say of it: what kind of files they look like, and how many there are. Only at report time,
//! only for values without a shape, and bounded: it decides whether a finding fails a run, never alone whether it is shown.

use std::collections::BTreeSet;

use super::places::Placed;
use crate::finding::PathContext;
use crate::score::generic::LIKELY;
use crate::score::{Confidence, Verdict, Why};

/// What the kind of its paths takes from the score of a value without a shape.
pub(super) const KIND: i32 = -12;
/// What standing in many files takes from it, where its name alone gives it away: labels and defaults do, where a password that is
/// shared stands in a few.
const RECURRENCE: i32 = -8;
/// So many files of one target are many.
const MANY: usize = 8;
/// Name of the reasons.
pub(super) const PATH: &str = "path";

/// Takes from a verdict what the places of its value say. Documents say nothing of a `random` one, and how many files there are only
/// of one that is `named`.
pub(super) fn lower(verdict: &mut Verdict, placed: &[Placed], random: bool, named: bool) {
    let everywhere = placed.iter().map(|placed| placed.place.context).min().flatten();
    if let Some(context) = everywhere.filter(|&context| !(random && context == PathContext::Docs)) {
        step(verdict, KIND, format!("lies among {} files only", context.name()));
    }
    let files: BTreeSet<&[u8]> = placed.iter().map(|placed| placed.place.path.as_slice()).collect();
    if named && files.len() >= MANY {
        step(verdict, RECURRENCE, "stands in many files, as labels and defaults do".to_owned());
    }
}

/// Takes points, and what was `likely` for less than those that are left becomes `possible`.
fn step(verdict: &mut Verdict, points: i32, text: String) {
    let falls = verdict.confidence == Some(Confidence::Likely) && verdict.points + points < LIKELY;
    let to = if falls { Some(Confidence::Possible) } else { verdict.confidence };
    verdict.lower(to, Why { name: PATH, points, text: text.into() });
}

/// The context of a path, from the names on the way to it: `tests/fixtures/key.pem` is a fixture, `vendor/x/test.go` vendored.
pub fn path_context(path: &[u8]) -> Option<PathContext> {
    let lower = path.to_ascii_lowercase();
    let mut parts: Vec<&[u8]> = lower.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).collect();
    let file = parts.pop().unwrap_or_default();
    let folder = |names: &[&str]| parts.iter().any(|part| names.iter().any(|name| name.as_bytes() == *part));
    if folder(&[
        "vendor",
        "vendored",
        "node_modules",
        "third_party",
        "third-party",
        "thirdparty",
        "external",
        "site-packages",
        "bower_components",
        "deps",
    ]) {
        return Some(PathContext::Vendored);
    }
    if folder(&[
        "fixtures",
        "fixture",
        "__fixtures__",
        "testdata",
        "test-data",
        "test_data",
        "mocks",
        "__mocks__",
        "mock",
        "cassettes",
        "snapshots",
        "__snapshots__",
        "golden",
    ]) || [".snap", ".golden"].iter().any(|ending| file.ends_with(ending.as_bytes()))
    {
        return Some(PathContext::Fixture);
    }
    if folder(&[
        "translations",
        "translation",
        "locales",
        "locale",
        "i18n",
        "l10n",
        "lang",
        "langs",
        "languages",
        "lproj",
    ]) || file == b"strings.xml"
        || [".po", ".pot", ".xlf", ".xliff", ".strings", ".arb"].iter().any(|ending| file.ends_with(ending.as_bytes()))
    {
        return Some(PathContext::Translation);
    }
    let stem: &[u8] = file.split(|&byte| byte == b'.').next().unwrap_or_default();
    let tested = stem.starts_with(b"test_")
        || stem.ends_with(b"_test")
        || stem.ends_with(b"-test")
        || stem.ends_with(b"_spec")
        || memchr::memmem::find(file, b".test.").is_some()
        || memchr::memmem::find(file, b".spec.").is_some();
    if tested
        || folder(&[
            "test",
            "tests",
            "testing",
            "spec",
            "specs",
            "__tests__",
            "e2e",
            "integration-tests",
            "unittests",
            "t",
        ])
    {
        return Some(PathContext::Test);
    }
    if folder(&["example", "examples", "sample", "samples", "demo", "demos"])
        || [".example", ".sample", ".dist", ".template", ".tmpl"].iter().any(|ending| file.ends_with(ending.as_bytes()))
    {
        return Some(PathContext::Example);
    }
    let prose = [".md", ".rst", ".adoc", ".html", ".pod", ".1"].iter().any(|ending| file.ends_with(ending.as_bytes()));
    (prose || folder(&["doc", "docs", "documentation", "man"])).then_some(PathContext::Docs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts() {
        for (path, context) in [
            ("src/main.rs", None),
            ("tests/fixtures/key.pem", Some(PathContext::Fixture)),
            ("app/src/main/res/values-de/strings.xml", Some(PathContext::Translation)),
            ("vendor/x/test.go", Some(PathContext::Vendored)),
            ("app/i18n/de.json", Some(PathContext::Translation)),
            ("pkg/auth_test.go", Some(PathContext::Test)),
            ("ui/login.spec.ts", Some(PathContext::Test)),
            (".env.example", Some(PathContext::Example)),
            ("README.md", Some(PathContext::Docs)),
            ("latest/contest.py", None),
        ] {
            assert_eq!(path_context(path.as_bytes()), context, "{path}");
        }
    }
}
