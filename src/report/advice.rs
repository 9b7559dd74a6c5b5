//! What to do about a secret, in a sentence or two that fit its state.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Report, sweep};
use crate::finding::{Excerpt, Finding, Place, State};
use crate::origin::{ObjectKind, Step, TextKind};
use crate::score::EXPIRES;
use crate::signature::{Lifetime, Proof, Severity};

/// Advice for the most urgent of the places it is at.
pub(super) fn what_to_do<'a>(finding: &Finding, places: impl Iterator<Item = &'a Place>) -> String {
    let advice = where_it_is(finding, places);
    match finding.signature.lifetime {
        // What can be done instead stands beside it.
        Lifetime::Permanent => advice.replace("revoke it", "replace it"),
        Lifetime::Ended => "It opens nothing any more: take it out, so that nobody has to ask.".to_owned(),
        Lifetime::Static | Lifetime::Temporary | Lifetime::Owner => advice,
    }
}

fn where_it_is<'a>(finding: &Finding, places: impl Iterator<Item = &'a Place>) -> String {
    if finding.severity == Severity::Info {
        return "Made to be public, or harmless alone: see that it is restricted to what it is for.".to_owned();
    }
    let rank = |place: &&Place| {
        let state = State::ALL.iter().position(|state| *state == place.state);
        // What git notes beside the history goes by itself.
        (state, is_made_by_a_build(place), place.path.starts_with(b".git/"))
    };
    let first = places.min_by_key(rank);
    if let Some(advice) = first.and_then(outside_of_files) {
        return advice.to_owned();
    }
    let advice = match first.map_or(State::Live, |place| place.state) {
        State::Live if first.is_some_and(is_made_by_a_build) => {
            "Build the image without it: the program gets it when it runs, the build by a secret mount. If it was ever pushed, \
             revoke it first."
        }
        State::Live => {
            "Take it out of the file and load it from a secret store. If it was ever pushed or shipped, revoke it first."
        }
        State::Introduced => {
            "This change brings it in: take it out of its commits (amend or rebase) and load it from a secret store. If \
             they were pushed already, revoke it first."
        }
        State::Spread => {
            "It was known before, and is now at one more path: take it out there, and revoke it where it came from."
        }
        State::Transient => {
            "A later commit took it out, yet the commit that had it is in this change: squash or rebase before it is \
             pushed. If it was pushed already, revoke it."
        }
        State::Touched => {
            "It was in this file before the change, which does not fail for it. It is still a leak: revoke it, then take it \
             out."
        }
        State::Hidden => {
            "Whoever can pull the image can pull this layer. Revoke it, then build without it: mount it as a build secret."
        }
        State::Removed => {
            "That no branch has it does not undo it: every clone has it. Revoke it first; rewriting history alone un-leaks nothing."
        }
        State::Unreachable => {
            "No branch or tag leads to it, yet a host still serves it by its id. Revoke it; a rewrite alone un-leaks nothing."
        }
        State::Inherited => {
            "It comes with the base image: tell those who build that one, or move to a version without it."
        }
    };
    advice.to_owned()
}

/// Advice for what is live or new and in no file that a commit has: taking it out of one would help nobody.
fn outside_of_files(place: &Place) -> Option<&'static str> {
    let is_new = place.state == State::Introduced;
    let fate = place.fate.as_ref();
    let has_ref = |is_meant: &dyn Fn(&str) -> bool| {
        fate.is_some_and(|fate| fate.refs.iter().any(|reference| is_meant(reference)))
    };
    if fate.is_some_and(|fate| fate.is_rest) {
        return Some(
            "It stands for all paths that are not listed: take it out at those that are, and scan again. Nothing allows these but \
             an entry for the secret or its rule.",
        );
    }
    let has_commit = fate.is_some_and(|fate| fate.introduced.is_some());
    let is_staged = is_new && !has_commit && has_ref(&|reference| reference == INDEX);
    let of_object = place.origin.steps().into_iter().find_map(|step| match step {
        Step::Object { kind, .. } => Some(*kind),
        _ => None,
    });
    if place.state == State::Removed {
        let is_stashed = fate.is_some_and(|fate| !fate.refs.is_empty()) && !has_ref(&|reference| reference != STASH);
        return if is_stashed {
            Some(IN_A_STASH)
        } else {
            has_ref(&|reference| reference.starts_with(NOTES)).then_some(IN_A_NOTE)
        };
    }
    if !is_new && place.state != State::Live {
        return None;
    }
    // In a folder `.git`, and in no file of a commit.
    let of_git = memchr::memmem::rfind(&place.path, b".git/").filter(|_| of_object.is_none());
    let of_git =
        of_git.filter(|&at| at == 0 || place.path[at - 1] == b'/').map(|at| &place.path[at + b".git/".len()..]);
    match of_git {
        Some(b"config") => {
            return Some(
                "It is in git's configuration, which no clone has: take it out (`git remote set-url` for an address) and let a \
                 credential helper keep it. If this folder was ever shipped or backed up, revoke it first.",
            );
        }
        Some(file) if file.starts_with(b"logs/") => {
            return Some(
                "It is in a log of git, which no clone has: `git reflog expire --expire=now --all` empties it. If this folder was \
                 ever shipped or backed up, revoke it first.",
            );
        }
        _ => {}
    }
    match (place.origin.last(), of_object) {
        (_, Some(ObjectKind::Tag)) => Some(
            "It is in what a tag says: delete the tag, here and where it was pushed, and make it again without it. If it was \
             ever pushed, revoke it first.",
        ),
        (_, Some(ObjectKind::Commit)) => Some(
            "It is in what a commit says of itself: amend it or rebase while it is not pushed. If it was ever pushed, revoke it \
             first.",
        ),
        (Step::Text { kind: TextKind::RefName }, _) => Some(
            "It is in the name of a reference: rename that, and delete the old name where it was pushed. If it was ever pushed, \
             revoke it first.",
        ),
        (Step::Text { kind: TextKind::FileName }, None) if !is_new || is_staged => Some(
            "It is in the name of a file or folder: rename that. If it was ever pushed or shipped, revoke it first.",
        ),
        (Step::Text { kind: TextKind::FileName }, None) => Some(
            "It is in the name of a file or folder: rename that in the commits of this change (amend or rebase). If they were \
             pushed already, revoke it first.",
        ),
        _ if is_staged => Some(
            "It is staged, and in no commit yet: take it out of the file, stage that again, and load it from a secret store.",
        ),
        _ if has_ref(&|reference| reference.starts_with(NOTES)) => Some(IN_A_NOTE),
        (_, Some(ObjectKind::Blob)) if is_new && !has_commit && fate.is_none_or(|fate| fate.refs.is_empty()) => Some(
            "A tag or another reference has it, and no commit of this change: delete that, here and where it was pushed. If it \
             was ever pushed, revoke it first.",
        ),
        _ => None,
    }
}

/// Advice for what is in a note, which is of no branch.
const IN_A_NOTE: &str = "It is in a note: `git notes edit` takes it out of that, and its older versions still have it. If notes were ever \
                         pushed, revoke it first.";
/// Advice for what is in a stash alone, which no clone has.
const IN_A_STASH: &str = "It is in a stash, here alone: `git stash drop` takes it out, or `git stash clear` all of them. If it was ever \
                          pushed or shared another way, revoke it first.";
/// The reference of stashes.
const STASH: &str = "refs/stash";
/// What a place is said to be in that is staged.
const INDEX: &str = "index";
/// How references of notes begin.
const NOTES: &str = "refs/notes/";

/// Words in paths that name an environment, and what people call that.
const ENVIRONMENTS: &[(&str, &[&str])] = &[
    ("production", &["production", "prod", "prd"]),
    ("pre-production", &["preprod", "preproduction"]),
    ("staging", &["staging", "stage", "stg"]),
    ("acceptance", &["acceptance", "uat", "acc"]),
    ("quality assurance", &["qa"]),
    ("development", &["development", "dev"]),
];

/// What one secret serves, where each should have one of its own.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Shared {
    /// Environments that paths or names of values speak of, where they are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    environments: Vec<&'static str>,
    /// Targets of a sweep that it lies in, where they are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<usize>,
}

impl Shared {
    /// Of all places of a finding that count.
    pub(super) fn of(report: &Report, finding: &Finding) -> Option<Self> {
        let all = sweep::places(report, finding);
        let open: Vec<_> = all.into_iter().filter(|(place, _)| place.allowed.is_none()).collect();
        let targets: BTreeSet<&str> =
            open.iter().filter_map(|(_, target)| target.map(|(target, _)| target.name.as_str())).collect();
        Shared::among(open.iter().map(|(place, _)| *place), targets.len())
    }

    /// Of some places; `targets`: those that they lie in, once each. `None` where it serves one.
    pub(super) fn among<'a>(places: impl Iterator<Item = &'a Place>, targets: usize) -> Option<Self> {
        let environments: BTreeSet<usize> = places.filter_map(environment_of).collect();
        let environments: Vec<&str> = environments.into_iter().map(|index| ENVIRONMENTS[index].0).collect();
        let shared = Shared {
            environments: if environments.len() > 1 { environments } else { Vec::new() },
            targets: (targets > 1).then_some(targets),
        };
        (!shared.environments.is_empty() || shared.targets.is_some()).then_some(shared)
    }

    /// In words: `2 targets`, `production and staging`.
    pub(super) fn in_words(&self) -> String {
        match (self.targets, &self.environments[..]) {
            (Some(targets), _) => format!("{targets} targets"),
            (None, [first @ .., last]) => format!("{} and {last}", first.join(", ")),
            (None, []) => String::new(),
        }
    }

    /// What to do about it, as a sentence.
    pub(super) fn advice(&self) -> String {
        format!(
            "{} share it: give each one of its own, so that a leak opens one of them, and each is renewed alone",
            self.in_words()
        )
    }
}

/// The environment that the name of the value speaks of, `PROD_DB_PASSWORD`, else its path, as an index.
fn environment_of(place: &Place) -> Option<usize> {
    let Excerpt { text, mark } = &place.excerpt;
    let before = text.get(..mark.0).unwrap_or_default().trim_end_matches([' ', '=', ':', '"', '\'', '`', '>']);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name = before.rsplit(|c| !is_of_name(c)).next().unwrap_or_default();
    // A word alone says too little, and `ACC_` is an account as often.
    let of_name = environment(name.as_bytes())
        .filter(|index| name.contains(['_', '-', '.']) && ENVIRONMENTS[*index].0 != "acceptance");
    of_name.or_else(|| environment(&place.path))
}

/// The environment that a path names, as an index; of several the last, which says most of the file.
fn environment(path: &[u8]) -> Option<usize> {
    let words = path.split(|byte| !byte.is_ascii_alphanumeric());
    let of_word = |word: &[u8]| {
        ENVIRONMENTS.iter().position(|(_, words)| words.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes())))
    };
    words.filter_map(of_word).next_back()
}

/// Whether it lies in no file, but in what the build of an image writes down.
fn is_made_by_a_build(place: &Place) -> bool {
    matches!(
        place.origin.last(),
        Step::Text { kind: TextKind::ImageConfig | TextKind::Annotation | TextKind::Attestation }
    )
}

/// How long it works, as a sentence: the day that the token names itself, else what is so of all of its kind.
pub(super) fn lifetime(finding: &Finding) -> String {
    let expires = finding.details.iter().find(|detail| detail.name == EXPIRES).and_then(|time| time.value.get(..10));
    match (finding.signature.lifetime, expires) {
        (_, Some(day)) if finding.reasons.iter().any(|why| why.name == "expired") => format!("Worked until {day}."),
        (_, Some(day)) => format!("Works until {day}."),
        (Lifetime::Static, None) if finding.signature.proof == Some(Proof::Jwt) => {
            "It names no day on which it ends: works until the key that signs it is changed.".to_owned()
        }
        (Lifetime::Static, _) => "Works until it is revoked.".to_owned(),
        (Lifetime::Temporary, None) => "Works for hours or days.".to_owned(),
        (Lifetime::Owner, _) => "Works until the day its owner chose, if any.".to_owned(),
        (Lifetime::Permanent, None) => "Works for ever: nobody can revoke it.".to_owned(),
        (Lifetime::Ended, None) => "Its provider takes none of this kind any more.".to_owned(),
    }
}
