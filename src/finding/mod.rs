//! Findings: one secret under one rule, with all the places it lies at.

pub mod excerpt;
pub mod explained;
mod fate;
pub mod fingerprint;
pub mod lifetime;
pub mod mask;
mod pair;
mod people;
#[cfg(test)]
pub(crate) mod samples;
mod word;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use fate::Fate;
pub use fingerprint::{Fingerprint, Fingerprinter};
pub use pair::{Half, Pair, Relation};
pub use word::word;

use crate::detect::Position;
use crate::origin::Origin;
use crate::score::{Confidence, Detail, Why};
use crate::secret::Secret;
use crate::signature::{Severity, Signature};

/// Whether a secret can still be had at a place, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// In the files as they are now: the tree, a branch tip, the final file system of an image.
    Live,
    /// In a range: brought in by it, and there at its end.
    Introduced,
    /// In a range: known before, and now at a new path.
    Spread,
    /// In a range: added by one of its commits, and not there at its end.
    Transient,
    /// In git history, and in no branch tip.
    Removed,
    /// In an object of the repository that no reference reaches; a host still serves it by its id.
    Unreachable,
    /// In an image layer, overwritten or deleted by a later one; still pullable.
    Hidden,
    /// In a range: in a file that it changes, and there before.
    Touched,
    /// From the base image.
    Inherited,
}

impl State {
    /// All, the most urgent first.
    pub const ALL: &'static [State] = &[
        State::Live,
        State::Introduced,
        State::Spread,
        State::Transient,
        State::Hidden,
        State::Removed,
        State::Unreachable,
        State::Touched,
        State::Inherited,
    ];

    /// Whether it fails a run where nothing else is said: what this run is about, not what came from elsewhere.
    pub fn fails_by_default(self) -> bool {
        !matches!(self, State::Touched | State::Inherited)
    }

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            State::Live => "live",
            State::Introduced => "introduced",
            State::Spread => "spread",
            State::Transient => "transient",
            State::Touched => "touched",
            State::Removed => "removed",
            State::Unreachable => "unreachable",
            State::Hidden => "hidden",
            State::Inherited => "inherited",
        }
    }
}

/// A commit, as far as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Commit {
    /// Hexadecimal id.
    pub id: String,
    /// Author's name; `None` with `--no-authors`.
    pub author: Option<String>,
    /// Author's e-mail address; `None` with `--no-authors`.
    pub email: Option<String>,
    /// Author date as RFC 3339.
    pub date: String,
}

/// Mode and owner of a file in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileFacts {
    /// Permission bits, as `chmod` takes them.
    pub mode: u32,
    /// Id of the user that owns it.
    pub user: u64,
    /// Id of the group that owns it.
    pub group: u64,
}

/// What says that something came with the base image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToldBy {
    /// The user, who named the base.
    User,
    /// A label or an annotation of the image names a base which is there, and whose layers are in the image.
    Label,
    /// The image's history looks so. A guess: the state stays as if nothing was said.
    History,
}

impl ToldBy {
    /// All.
    pub const ALL: &'static [ToldBy] = &[ToldBy::User, ToldBy::Label, ToldBy::History];

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            ToldBy::User => "user",
            ToldBy::Label => "label",
            ToldBy::History => "history",
        }
    }
}

/// Where in a file. All counts are in bytes of the file as stored, also for decoded finds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// Line, from 1.
    pub line: u64,
    /// Column in bytes, from 1.
    pub column: u64,
    /// Line of the last byte.
    pub end_line: u64,
    /// Column after the last byte, from 1.
    pub end_column: u64,
    /// Offset of the first byte, from 0.
    pub offset: u64,
    /// Column in UTF-16 code units, from 1, where that is not the one in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utf16_column: Option<u64>,
    /// Column after the last byte in UTF-16 code units, from 1, where that is not the one in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utf16_end_column: Option<u64>,
}

impl Location {
    /// Columns of the first byte and after the last one in UTF-16 code units, from 1: as editors, and services that show
    /// files, count them.
    pub fn utf16_columns(&self) -> (u64, u64) {
        (self.utf16_column.unwrap_or(self.column), self.utf16_end_column.unwrap_or(self.end_column))
    }
}

impl From<Position> for Location {
    fn from(position: Position) -> Self {
        Location {
            line: position.start.0,
            column: position.start.1,
            end_line: position.end.0,
            end_column: position.end.1,
            offset: position.offset,
            utf16_column: Some(position.utf16_columns.0).filter(|&column| column != position.start.1),
            utf16_end_column: Some(position.utf16_columns.1).filter(|&column| column != position.end.1),
        }
    }
}

/// The line around a secret, ready to be shown: at most 160 bytes, every candidate in it masked (unless secrets are to
/// be shown), control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Excerpt {
    /// The text.
    pub text: String,
    /// Byte range in `text` that stands for the secret.
    pub mark: (usize, usize),
}

/// Which kind of file a path looks like. A label and one bounded feature of the score; hides nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PathContext {
    /// Tests.
    Test,
    /// Documentation.
    Docs,
    /// Examples and samples.
    Example,
    /// Fixtures and recorded data.
    Fixture,
    /// Third-party code kept in the tree.
    Vendored,
    /// Texts of a program in one language.
    Translation,
}

impl PathContext {
    /// All.
    pub const ALL: &'static [PathContext] = &[
        PathContext::Test,
        PathContext::Docs,
        PathContext::Example,
        PathContext::Fixture,
        PathContext::Vendored,
        PathContext::Translation,
    ];

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            PathContext::Test => "test",
            PathContext::Docs => "docs",
            PathContext::Example => "example",
            PathContext::Fixture => "fixture",
            PathContext::Vendored => "vendored",
            PathContext::Translation => "translation",
        }
    }
}

/// Why a place does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Allowed {
    /// `inline`, `config`, `policy` or `baseline`.
    pub by: &'static str,
    /// The reason somebody gave.
    pub reason: String,
    /// Where it is written: file and line.
    pub written: String,
    /// Who answers for that, where somebody is named.
    pub owner: Option<String>,
    /// The last day on which it counts, as 2030-12-31, where it ends.
    pub until: Option<String>,
}

impl Allowed {
    /// What allows a place that the baseline knows.
    pub const BASELINE: &'static str = "baseline";

    /// The reason, and who answers for it and until when, in one line.
    pub fn in_words(&self) -> String {
        let owner = self.owner.as_deref().map(|owner| format!("; {owner} answers for it"));
        let until = self.until.as_deref().map(|until| format!("; until {until}"));
        format!("{}{}{}", self.reason, owner.unwrap_or_default(), until.unwrap_or_default())
    }

    /// Whether it is the baseline that knows the place.
    pub fn is_baseline(&self) -> bool {
        self.by == Allowed::BASELINE
    }
}

/// One place a secret lies at. Versions of one path with the same secret are one place.
#[derive(Debug, Clone)]
pub struct Place {
    /// The chain of steps to the bytes; of the earliest version.
    pub origin: Origin,
    /// The path to show: of the file, with members of archives after `!/`. Empty where there is none.
    pub path: Vec<u8>,
    /// Where in the file.
    pub location: Location,
    /// The line, masked.
    pub excerpt: Excerpt,
    /// Whether it can still be had here.
    pub state: State,
    /// What the source knows beyond that.
    pub fate: Option<Fate>,
    /// Number of versions of this path that hold it; 1 outside history.
    pub versions: u32,
    /// What kind of file the path looks like.
    pub context: Option<PathContext>,
    /// Set where an allow entry or an inline mark covers it.
    pub allowed: Option<Allowed>,
    /// Of a place that counts: what the change that is judged adds so that it should not.
    pub allowed_by_change: Option<Allowed>,
    /// Who answers for the file, by the repository's CODEOWNERS; text of others.
    pub owners: Vec<String>,
    /// Whether it is one for which the run fails.
    pub fails: bool,
}

impl Place {
    /// The order of the places of a finding: the most urgent first.
    pub fn rank(&self) -> (State, &[u8], Location, &Origin) {
        (self.state, &self.path, self.location, &self.origin)
    }
}

/// One secret under one rule.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule's signature.
    pub signature: Arc<Signature>,
    /// What it opens; the signature's, unless a proof knows better.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// Sum of the score's points.
    pub points: i32,
    /// The steps of the score.
    pub reasons: Vec<Why>,
    /// What a proof read.
    pub details: Vec<Detail>,
    /// Shannon entropy, bits a character.
    pub entropy: f32,
    /// The secret.
    pub secret: Secret,
    /// What may be shown of it: masked, or all of it with `--show-secrets`. Printable.
    pub shown: String,
    /// Its stable name.
    pub fingerprint: Fingerprint,
    /// Whether it could be guessed, as far as is known: of a report that was saved nobody knows.
    pub guessable: bool,
    /// Where it lies, sorted; never empty.
    pub places: Vec<Place>,
    /// Other halves that belong to it, sorted: the id of a secret, the secrets of an id.
    pub pairs: Vec<Pair>,
    /// Whether the run fails for one of its places at least.
    pub fails: bool,
}

impl Finding {
    /// Whether an allow entry or mark covers every place.
    pub fn is_allowed(&self) -> bool {
        self.places.iter().all(|place| place.allowed.is_some())
    }

    /// Whether it does not count, and the baseline is a reason for that.
    pub fn is_baselined(&self) -> bool {
        self.is_allowed() && self.places.iter().any(|place| place.allowed.as_ref().is_some_and(Allowed::is_baseline))
    }
}
