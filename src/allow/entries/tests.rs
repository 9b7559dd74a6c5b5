//! Which entries cover what, and what is said of those that are wrong, ended or unused.

use super::*;
use crate::finding::samples::place;
use crate::finding::{Fingerprint, Fingerprinter};
use crate::origin::{Origin, Step};
use crate::signature::Signature;

fn signature(id: &str, alias: &str) -> Signature {
    toml::from_str(&format!(
        "id = '{id}'\naliases = ['{alias}']\ntitle = 't'\nseverity = 'high'\nlifetime = 'static'\nkeywords = ['k']\nexamples = []"
    ))
    .unwrap()
}

fn today() -> Date {
    Date::parse("2026-06-15").unwrap()
}

fn written(edit: impl FnOnce(&mut AllowEntry)) -> Written<AllowEntry> {
    let mut entry = AllowEntry { reason: "not a secret".to_owned(), ..AllowEntry::default() };
    edit(&mut entry);
    Written { entry, by: "config", written: ".scrubjay.toml:7".to_owned() }
}

fn fingerprint() -> Fingerprint {
    Fingerprinter::new(None).of("rule-a", b"hunter2", true)
}

fn covered(entries: &Entries, path: &str) -> Option<Allowed> {
    let (signature, fingerprint) = (signature("rule-a", "old-a"), fingerprint());
    let subject = Subject { signature: &signature, own: &[], fingerprint: &fingerprint, guessable: true };
    entries.covers(&subject, b"hunter2", &place(Origin::new(Step::Stdin), path))
}

fn covers(edit: impl FnOnce(&mut AllowEntry), path: &str) -> bool {
    let entries = Entries::new(vec![written(edit)], today()).unwrap();
    let allowed = covered(&entries, path);
    assert_eq!(allowed.is_none(), entries.unused(&|_| true).len() == 1);
    if let Some(allowed) = &allowed {
        assert_eq!((allowed.by, &*allowed.reason, &*allowed.written), ("config", "not a secret", ".scrubjay.toml:7"));
    }
    allowed.is_some()
}

#[test]
fn paths() {
    for (glob, path, expected) in [
        ("*.pem", "a/b/key.pem", true),
        ("*.pem", "key.pem", true),
        ("*.pem", "key.pem/readme", false),
        ("/key.pem", "key.pem", true),
        ("/key.pem", "a/key.pem", false),
        ("./a/key.pem", "a/key.pem", true),
        ("a/*.pem", "a/b/key.pem", false),
        ("a/**", "a/b/key.pem", true),
        ("a/**/key.pem", "a/key.pem", true),
        ("testdata/", "x/testdata/y/z", true),
        ("testdata/", "testdata", false),
        ("x/testdata/", "x/testdata/y/z", true),
        ("testdata/y/", "x/testdata/y/z", false),
        ("lib/app.jar", "lib/app.jar!/conf/db.properties", true),
        ("db.properties", "lib/app.jar!/conf/db.properties", true),
        ("lib/*.jar", "lib/app.jar!/inner.zip!/x", true),
        ("other.jar", "lib/app.jar!/x", false),
    ] {
        assert_eq!(covers(|spec| spec.path = Some(glob.to_owned()), path), expected, "{glob} on {path}");
    }
}

#[test]
fn all_that_is_given_must_agree() {
    let own = Fingerprinter::new(None).of("rule-a", b"hunter2", true).to_string();
    assert!(covers(|spec| spec.fingerprint = Some(own), "x"));
    let other = Fingerprinter::new(None).of("rule-a", b"hunter3", true).to_string();
    assert!(!covers(|spec| spec.fingerprint = Some(other), "x"));
    assert!(covers(|spec| spec.rule = Some("rule-a".to_owned()), "x"));
    assert!(covers(|spec| spec.rule = Some("old-a".to_owned()), "x"));
    assert!(!covers(|spec| spec.rule = Some("rule".to_owned()), "x"));
    assert!(covers(|spec| spec.value = Some("(?i)^HUNTER[0-9]$".to_owned()), "x"));
    assert!(!covers(|spec| spec.value = Some("^unter".to_owned()), "x"));
    let both = |path: &str| {
        covers(
            |spec| {
                spec.value = Some("hunter".to_owned());
                spec.path = Some("docs/**".to_owned());
            },
            path,
        )
    };
    assert!(both("docs/a"));
    assert!(!both("src/a"));
}

#[test]
fn the_start_of_a_fingerprint_counts_for_its_rule_and_path() {
    let short = |rule: &str, kept: &str, path: &str| {
        covers(
            |spec| {
                spec.fingerprint = Some(kept.to_owned());
                spec.rule = Some(rule.to_owned());
                spec.path = Some("a".to_owned());
            },
            path,
        )
    };
    let fingerprint = fingerprint();
    let kept = &fingerprint.as_str()[..6];
    let other = if kept == "sj1:00" { "sj1:01" } else { "sj1:00" };
    assert!(short("rule-a", kept, "a") && short("old-a", &kept.to_uppercase().replace("SJ", "sj"), "a"));
    assert!(!short("rule-b", kept, "a") && !short("rule-a", kept, "b") && !short("rule-a", other, "a"));
}

#[test]
fn an_entry_past_its_end_does_not_count_and_is_noted() {
    let until = |day: &str| {
        let entry = written(|entry| {
            entry.path = Some("**".to_owned());
            entry.until = Date::parse(day);
        });
        Entries::new(vec![entry], today()).unwrap()
    };
    assert_eq!(until("2026-06-15").ended(), [""; 0]);
    assert_eq!(until("2026-06-15").unused(&|_| true).len(), 1);
    assert_eq!(
        until("2026-06-14").ended(),
        [".scrubjay.toml:7: this allow entry ended on 2026-06-14 and does not count any more (reason: not a secret)"]
    );
    assert_eq!(covered(&until("2026-06-14"), "p"), None);
}

#[test]
fn owner_and_end_are_told_with_the_reason() {
    let entry = written(|entry| {
        entry.path = Some("**".to_owned());
        entry.owner = Some(" docs team ".to_owned());
        entry.until = Date::parse("2030-12-31");
    });
    let entries = Entries::new(vec![entry], today()).unwrap();
    let allowed = covered(&entries, "p").unwrap();
    assert_eq!(allowed.in_words(), "not a secret; docs team answers for it; until 2030-12-31");
}

#[test]
fn what_is_wrong_is_told_all_at_once_and_without_the_pattern() {
    let specs = vec![
        written(|spec| spec.reason = " ".to_owned()),
        written(|spec| {
            spec.value = Some("hunter2(".to_owned());
            spec.path = Some("a[".to_owned());
            spec.fingerprint = Some("sj1:123".to_owned());
            spec.rule = Some(String::new());
        }),
        written(|spec| spec.value = Some("(hunter2)*".to_owned())),
        written(|spec| spec.value = Some("(hunter2[0-9]{900}){900}".to_owned())),
        written(|spec| spec.path = Some("/".to_owned())),
        written(|spec| {
            spec.fingerprint = Some("sj1:12".to_owned());
            spec.path = Some("a".to_owned());
        }),
    ];
    let wrong = Entries::new(specs, today()).unwrap_err();
    assert_eq!(wrong.len(), 10, "{wrong:#?}");
    assert!(
        wrong.iter().all(|message| message.starts_with(".scrubjay.toml:7: ") && !message.contains("hunter2")),
        "{wrong:#?}"
    );
    assert!(wrong.iter().any(|message| message.contains("`value`: column 8: unclosed group")), "{wrong:#?}");
    assert!(wrong.iter().any(|message| message.contains("too large")), "{wrong:#?}");
}

#[test]
fn none_covers_nothing() {
    assert_eq!(covered(&Entries::default(), "p"), None);
    assert!(Entries::default().unused(&|_| true).is_empty());
}
