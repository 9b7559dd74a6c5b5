//! What somebody decided not to hear of: entries of the config, marks in the text itself, and the baseline of what was known
//! before. This room judges what is covered; what is covered stays in every report, counted and flagged.

pub mod baseline;
pub mod inline;
pub mod marks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::bytes::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use baseline::Ground;

use crate::date::Date;
use crate::finding::fingerprint::Kept;
use crate::finding::{Allowed, Finding, Fingerprint, Place};
use crate::origin::{path_and_archives, printable};
use crate::signature::Signature;

/// What entries of the organisation's policy are said to be by.
pub const POLICY: &str = "policy";
/// Most bytes a compiled value pattern may take.
const VALUE_PATTERN_BYTES: usize = 1 << 20;

/// A finding that does not count. All of fingerprint, path, rule and value that are given must agree; at least one is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowEntry {
    /// Fingerprint, as reports print it; or the start of one, as a baseline has it, together with `path` and `rule`.
    pub fingerprint: Option<String>,
    /// Glob over the path from this file's folder on; without a `/` over the file's name; with one at the end, all below that.
    // `*` and `?` stop at `/`, `**` does not. What covers an archive covers its members.
    pub path: Option<String>,
    /// Id of the rule.
    pub rule: Option<String>,
    /// Regular expression, found anywhere in the secret unless it is anchored.
    pub value: Option<String>,
    /// Why it does not count.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Last day on which the entry counts.
    pub until: Option<Date>,
}

/// An entry of the configuration and where it comes from.
#[derive(Debug, Clone)]
pub struct Written<T> {
    /// The entry.
    pub entry: T,
    /// `config` or `policy`: see [`Allowed::by`].
    pub by: &'static str,
    /// Where it is written: file and line, for messages.
    pub written: String,
}

/// A secret, as far as entries and baselines know it again.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The rule that names it.
    pub signature: &'a Signature,
    /// The rules that found it at the place in question, where other ones name it.
    pub own: &'a [Arc<Signature>],
    /// Its fingerprint.
    pub fingerprint: &'a Fingerprint,
    /// Whether it could be guessed, so that of its fingerprint only the first bits may be kept.
    pub guessable: bool,
}

impl<'a> Subject<'a> {
    /// That of a finding.
    pub fn of(finding: &'a Finding) -> Self {
        Subject {
            signature: &finding.signature,
            own: &[],
            fingerprint: &finding.fingerprint,
            guessable: finding.guessable,
        }
    }

    /// Whether a rule of this name has found it. One that names it only because of what else was scanned takes nothing from
    /// an entry that was made for the place.
    fn is_called(&self, rule: &str) -> bool {
        self.signature.is_called(rule) || self.own.iter().any(|own| own.is_called(rule))
    }
}

/// Allow entries, compiled. The default is none.
#[derive(Debug, Default)]
pub struct Entries {
    entries: Vec<Entry>,
    ended: Vec<String>,
    grounds: Grounds,
}

/// From where the paths of entries are counted. The default is as places show them.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// Those of a target's configuration.
    pub config: Ground,
    /// Those of the organisation's policy.
    pub policy: Ground,
}

#[derive(Debug)]
struct Entry {
    fingerprint: Option<Kept>,
    path: Option<GlobSet>,
    rule: Option<String>,
    value: Option<Regex>,
    allowed: Allowed,
    used: AtomicBool,
}

impl Entries {
    /// Compiles entries. Those that ended before `today` do not count: see [`Entries::ended`].
    ///
    /// # Errors
    /// One message for each thing that is wrong, with where it is written.
    pub fn new(all: Vec<Written<AllowEntry>>, today: Date) -> Result<Self, Vec<String>> {
        let mut entries = Entries::default();
        let mut wrong = Vec::new();
        for one in all {
            let written = one.written.clone();
            match compile(one) {
                Ok((entry, until)) => match until.filter(|until| *until < today) {
                    Some(until) => entries.ended.push(format!(
                        "{written}: this allow entry ended on {until} and does not count any more (reason: {})",
                        printable(entry.allowed.reason.as_bytes())
                    )),
                    None => entries.entries.push(entry),
                },
                Err(messages) => wrong.extend(messages.into_iter().map(|message| format!("{written}: {message}"))),
            }
        }
        if wrong.is_empty() { Ok(entries) } else { Err(wrong) }
    }

    /// The same with their paths counted from these folders.
    #[must_use]
    pub fn counted_from(self, grounds: Grounds) -> Self {
        Entries { grounds, ..self }
    }

    /// Whether an entry covers a secret at a place, and the first that does.
    pub fn covers(&self, subject: &Subject<'_>, secret: &[u8], place: &Place) -> Option<Allowed> {
        if self.entries.is_empty() {
            return None;
        }
        let of_config = self.grounds.config.path_of(place, &place.path);
        let of_policy = self.grounds.policy.path_of(place, &place.path);
        let path_for = |entry: &Entry| if entry.allowed.by == POLICY { &of_policy } else { &of_config };
        let mut first = None;
        for entry in self.entries.iter().filter(|entry| entry.covers(subject, secret, path_for(entry))) {
            entry.used.store(true, Ordering::Relaxed);
            first = first.or(Some(&entry.allowed));
        }
        first.cloned()
    }

    /// Whether an entry names a fingerprint.
    pub fn name_fingerprints(&self) -> bool {
        self.entries.iter().any(|entry| entry.fingerprint.is_some())
    }

    /// Whether an entry looks at the secret itself.
    pub fn look_at_values(&self) -> bool {
        self.entries.iter().any(|entry| entry.value.is_some())
    }

    /// One note for each entry that is past its end.
    pub fn ended(&self) -> &[String] {
        &self.ended
    }

    /// One note for each entry that has covered nothing so far; of interest only where all it could cover was read. Those of a
    /// rule that `knows` does not know are told of elsewhere.
    pub fn unused(&self, knows: &dyn Fn(&str) -> bool) -> Vec<String> {
        self.entries
            .iter()
            .filter(|entry| !entry.used.load(Ordering::Relaxed) && entry.rule.as_deref().is_none_or(knows))
            .map(|entry| format!("{}: this allow entry covers nothing that was found", entry.allowed.written))
            .collect()
    }
}

impl Entry {
    fn covers(&self, subject: &Subject<'_>, secret: &[u8], path: &[u8]) -> bool {
        self.fingerprint.as_ref().is_none_or(|own| own.fits(subject.fingerprint, subject.guessable))
            && self.rule.as_ref().is_none_or(|rule| subject.is_called(rule))
            && self.path.as_ref().is_none_or(|globs| path_and_archives(path).any(|path| matches(globs, path)))
            && self.value.as_ref().is_none_or(|value| value.is_match(secret))
    }
}

fn matches(globs: &GlobSet, path: &[u8]) -> bool {
    globs.is_match_candidate(&globset::Candidate::from_bytes(path))
}

fn compile(one: Written<AllowEntry>) -> Result<(Entry, Option<Date>), Vec<String>> {
    let Written { entry: spec, by, written } = one;
    let mut wrong = Vec::new();
    if spec.fingerprint.is_none() && spec.path.is_none() && spec.rule.is_none() && spec.value.is_none() {
        wrong.push("an allow entry needs `fingerprint`, `path`, `rule` or `value`".to_owned());
    }
    if spec.reason.trim().is_empty() {
        wrong.push("an allow entry needs a `reason`: a sentence for whoever reads it next year".to_owned());
    }
    let fingerprint = keep(&mut wrong, spec.fingerprint.as_deref().map(read_fingerprint));
    let path = keep(&mut wrong, spec.path.as_deref().map(compile_globs));
    let rule = keep(&mut wrong, spec.rule.map(read_rule));
    let value = keep(&mut wrong, spec.value.as_deref().map(compile_value));
    if fingerprint.as_ref().is_some_and(Kept::is_short) && (path.is_none() || rule.is_none()) {
        wrong.push("the start of a fingerprint is that of many secrets: give `path` and `rule` beside it".to_owned());
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let owner = spec.owner.map(|owner| owner.trim().to_owned()).filter(|owner| !owner.is_empty());
    let until = spec.until.map(|until| until.to_string());
    let allowed = Allowed { by, reason: spec.reason.trim().to_owned(), written, owner, until };
    Ok((Entry { fingerprint, path, rule, value, allowed, used: AtomicBool::new(false) }, spec.until))
}

fn keep<T>(wrong: &mut Vec<String>, read: Option<Result<T, String>>) -> Option<T> {
    read?.map_err(|message| wrong.push(message)).ok()
}

fn read_fingerprint(text: &str) -> Result<Kept, String> {
    Kept::parse(text).ok_or_else(|| {
        "`fingerprint` is none: write it as reports show it, `sj1:` and 64 hexadecimal digits".to_owned()
    })
}

fn read_rule(rule: String) -> Result<String, String> {
    if rule.trim().is_empty() {
        return Err("`rule` is empty: write an id as `scrubjay signatures list` shows it".to_owned());
    }
    Ok(rule)
}

fn compile_globs(glob: &str) -> Result<GlobSet, String> {
    let wrong = |cause: &dyn std::fmt::Display| format!("`path`: {}", printable(cause.to_string().as_bytes()));
    let relative = glob.strip_prefix("./").unwrap_or(glob);
    let (rooted, relative) = relative.strip_prefix('/').map_or((false, relative), |below| (true, below));
    if relative.is_empty() {
        return Err("`path` is empty: write a glob such as `testdata/**`".to_owned());
    }
    let (name, below) = relative.strip_suffix('/').map_or((relative, ""), |directory| (directory, "/**"));
    let anywhere = if rooted || name.contains('/') { "" } else { "**/" };
    let glob = GlobBuilder::new(&format!("{anywhere}{name}{below}"))
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|error| wrong(&error))?;
    GlobSetBuilder::new().add(glob).build().map_err(|error| wrong(&error))
}

/// Messages do not quote the pattern: somebody may have written the secret itself into it.
fn compile_value(pattern: &str) -> Result<Regex, String> {
    let value = RegexBuilder::new(pattern).unicode(false).size_limit(VALUE_PATTERN_BYTES).build().map_err(|_| {
        match regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern) {
            Err(regex_syntax::Error::Parse(error)) => {
                format!("`value`: column {}: {}", error.span().start.column, error.kind())
            }
            Err(regex_syntax::Error::Translate(error)) => {
                format!("`value`: column {}: {}", error.span().start.column, error.kind())
            }
            _ => "`value`: the pattern is too large when compiled: make it shorter, or its repetitions smaller"
                .to_owned(),
        }
    })?;
    if value.is_match(b"") {
        return Err("`value` is found in every secret: anchor it with ^ and $, or name more of it".to_owned());
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Fingerprinter;
    use crate::finding::samples::place;
    use crate::origin::{Origin, Step};

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
            assert_eq!(
                (allowed.by, &*allowed.reason, &*allowed.written),
                ("config", "not a secret", ".scrubjay.toml:7")
            );
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
            [
                ".scrubjay.toml:7: this allow entry ended on 2026-06-14 and does not count any more (reason: not a secret)"
            ]
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
}
