use std::path::Path;

use super::*;
use crate::finding::State;

fn file(name: &str, text: &str) -> Option<ConfigFile> {
    Some(ConfigFile::parse(Path::new(name), text.to_owned()).unwrap())
}

fn settings(policy: Option<&str>, target: Option<&str>) -> Settings {
    Settings::of_config(Layers {
        policy: policy.and_then(|text| file("policy.toml", text)),
        target: target.and_then(|text| file(".scrubjay.toml", text)),
        trusted: true,
        ..Layers::default()
    })
}

const SILENCING: &str = r#"
    min-severity = "critical"
    min-confidence = "proven"
    fail-on = { severity = "critical", states = ["inherited"] }
    context-warn = ["test", "docs"]
    exclude = ["**"]
    only = ["none"]
    without = ["source-host"]
    max-size = 1
    max-depth = 0
    foreign-marks = true
    [[allow]]
    path = "**"
    reason = "quiet"
    [[accept]]
    path = "**"
    why = "quiet"
"#;

#[test]
fn defaults() {
    let settings = settings(None, None);
    assert_eq!(settings.min_severity, Severity::Low);
    assert_eq!(settings.min_confidence, Confidence::Likely);
    assert!(!settings.fail_on.states.contains(&State::Inherited));
    assert_eq!(settings.unpack, Some(unpack::Limits::default()));
}

#[test]
fn a_target_cannot_loosen_a_policy() {
    let settings = settings(Some("min-severity = \"medium\"\n"), Some(SILENCING));
    assert_eq!(settings.min_severity, Severity::Medium);
    assert_eq!(settings.min_confidence, Confidence::Likely);
    assert_eq!(settings.fail_on.severity, Severity::Low);
    assert_eq!(settings.fail_on.states.len(), State::ALL.len() - 1, "the states are joined: all but touched");
    assert!(settings.context_warn.is_empty() && settings.exclude.is_empty() && settings.only.is_empty());
    assert!(settings.without.is_empty() && settings.allow.is_empty() && settings.accept.is_empty());
    assert_eq!(settings.max_size, None);
    assert_eq!(settings.unpack, Some(unpack::Limits::default()));
    assert!(!settings.inline_marks.any() && !settings.foreign_marks);
    assert_eq!(settings.notes.len(), 1);
}

#[test]
fn a_target_can_tighten_a_policy() {
    let settings = settings(
        Some("min-severity = \"high\"\nmax-depth = 2\ncontext-warn = [\"test\", \"docs\"]\n"),
        Some("min-severity = \"info\"\nmin-confidence = \"possible\"\nmax-depth = 9\ncontext-warn = [\"docs\"]\n"),
    );
    assert_eq!(settings.min_severity, Severity::Info);
    assert_eq!(settings.min_confidence, Confidence::Possible);
    assert_eq!(settings.unpack.unwrap().depth, 9);
    assert_eq!(settings.context_warn, [PathContext::Docs]);
}

#[test]
fn a_policy_may_let_its_targets_allow() {
    let settings = settings(Some("target-may-allow = true\n"), Some(SILENCING));
    assert_eq!((settings.allow.len(), settings.accept.len()), (1, 1));
    assert_eq!(settings.allow[0].written, ".scrubjay.toml:12");
    assert_eq!(settings.exclude, ["**"]);
    let written = "config: .scrubjay.toml:8: without".to_owned();
    assert_eq!(settings.without, [Named { word: "source-host".to_owned(), written }]);
    assert!(settings.inline_marks.any() && settings.foreign_marks && settings.only.is_empty());
    assert_eq!(settings.min_severity, Severity::Low);
}

#[test]
fn alone_a_target_says_it_all() {
    let settings = settings(None, Some(SILENCING));
    assert_eq!(settings.min_severity, Severity::Critical);
    assert_eq!(settings.allow.len(), 1);
    assert_eq!(settings.unpack.unwrap().depth, 0);
    assert!(settings.inline_marks.any());
}

/// What shall fail a run is shown, or the run would be clean.
#[test]
fn what_fails_is_shown() {
    let of = |config: &str, counts: CountArgs| {
        let layers = Layers { target: file(".scrubjay.toml", config), trusted: true, ..Layers::default() };
        let settings = Settings::new(&counts, &ReadArgs::default(), &RuleArgs::default(), layers);
        (settings.min_severity, settings.min_confidence)
    };
    let typed = |fail_on: &str, min: Option<Severity>| CountArgs {
        fail_on: (!fail_on.is_empty()).then(|| fail_on.parse().unwrap()),
        thresholds: crate::cli::flags::ThresholdArgs { min_severity: min, min_confidence: None },
        ..CountArgs::default()
    };
    let usual = (Severity::Low, Confidence::Likely);
    assert_eq!(of("", typed("severity=high", None)), usual);
    assert_eq!(of("", typed("confidence=possible", None)), (Severity::Low, Confidence::Possible));
    assert_eq!(of("min-severity = \"high\"\n", typed("severity=info", None)), (Severity::Info, Confidence::Likely));
    assert_eq!(of("", typed("severity=medium", Some(Severity::High))), (Severity::Medium, Confidence::Likely));
    let configured = "min-severity = \"high\"\n[fail-on]\nseverity = \"medium\"\nconfidence = \"possible\"\n";
    assert_eq!(of(configured, typed("", None)), (Severity::Medium, Confidence::Possible));
    // The flag is the user's own word.
    assert_eq!(of(configured, typed("", Some(Severity::Critical))), (Severity::Critical, Confidence::Possible));
    assert_eq!(of("", typed("", Some(Severity::High))), (Severity::High, Confidence::Likely));
}

/// That of a target is shown under a policy, too; one that fails less changes nothing.
#[test]
fn what_fails_by_a_target_is_shown_under_a_policy() {
    let of = |target: &str| settings(Some("min-severity = \"high\"\n"), Some(target)).min_severity;
    assert_eq!(of("[fail-on]\nseverity = \"medium\"\n"), Severity::Medium);
    assert_eq!(of("[fail-on]\nseverity = \"critical\"\n"), Severity::High);
}
