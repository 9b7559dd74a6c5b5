//! What a source remembers of an earlier run, so that what has not changed is not read again.

use serde::{Deserialize, Serialize};

use crate::blob::{Sink, Skip};
use crate::cache::Seal;
use crate::date::Date;
use crate::finding::{Excerpt, Fingerprint, Location, word};
use crate::origin::Origin;
use crate::score::{Confidence, Detail, Verdict, Why};
use crate::secret::Secret;
use crate::signature::Severity;
use crate::source::SourceError;

/// With what a run judges.
#[derive(Debug, Clone)]
pub struct Judge {
    /// A hash of all but the rules that has a say in what is found: the program and its limits.
    pub key: [u8; 32],
    /// Id and a hash of each rule, by its index.
    pub rules: Vec<(String, u64)>,
    /// Finds that are at least this sure are read again: the report shows more of them than is remembered, unless all that
    /// it shows is.
    pub least: Confidence,
    /// A hash of what has a say in how a report tells of finds, such as the salt of the fingerprints; `None` where it tells
    /// what may not be remembered.
    pub telling: Option<[u8; 32]>,
}

/// A find as it is remembered: where it lies in its text and how it was judged, and no byte of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Find {
    /// Index of the rule in [`Judge::rules`].
    pub rule: u16,
    /// Stands for the secret.
    pub secret: Seal,
    /// Where it lies.
    pub location: Location,
    /// How sure.
    pub confidence: Confidence,
    /// Points of the score.
    pub points: i32,
    /// The severity that a proof found.
    pub severity: Option<Severity>,
    /// Whether more is needed of it than this, however sure it is: a mark stands beside it, or other finds depend on it.
    pub is_needed: bool,
}

/// What a report says of a find beyond [`Find`], as it may be shown: every secret in it is masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The secret, masked.
    pub shown: String,
    /// The line around it, masked.
    pub excerpt: Excerpt,
    /// Steps of the score: name, points, and the reason in words.
    pub reasons: Vec<(String, i32, String)>,
    /// What a proof read: name and value.
    pub details: Vec<(String, String)>,
    /// Shannon entropy in bits a character, as the bits of an `f32`, so that it is read as it was written.
    pub entropy: u32,
    /// An inline mark beside it: its reason and its last day, or why it does not count.
    pub mark: Option<Result<(String, Option<Date>), String>>,
    /// Whether it is an id that a secret may belong to.
    pub is_id: bool,
    /// Whether ids stand in the same text.
    pub is_beside_ids: bool,
    /// What is left of the name that gave it away.
    pub stem: Option<Vec<u8>>,
    /// Its names by its own rule; `None` where no report shows it.
    pub names: Option<Names>,
}

/// The names of a secret by a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// In the report.
    pub fingerprint: Fingerprint,
    /// In the baseline, which may have a salt of its own.
    pub key: Fingerprint,
    /// Whether the secret could be guessed.
    pub guessable: bool,
}

impl Told {
    /// The verdict of a find that is told so.
    pub fn verdict(&self, find: &Find) -> Verdict {
        let why = |(name, points, text): &(String, i32, String)| Why {
            name: word(name),
            points: *points,
            text: text.clone().into(),
        };
        let detail = |(name, value): &(String, String)| Detail { name: word(name), value: value.clone() };
        Verdict {
            confidence: Some(find.confidence),
            points: find.points,
            reasons: self.reasons.iter().map(why).collect(),
            details: self.details.iter().map(detail).collect(),
            entropy: f32::from_bits(self.entropy),
            severity: find.severity,
        }
    }
}

/// A find, and what it lies in.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// What it lies in.
    pub origin: Origin,
    /// The find.
    pub find: Find,
    /// What a report says of it; `None` where it must be read again for that.
    pub told: Option<Box<Told>>,
}

/// An id that is no finding, as it is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Id {
    /// Index of the rule in [`Judge::rules`].
    pub rule: u16,
    /// Stands for the id.
    pub value: Seal,
    /// Where it lies.
    pub location: Location,
    /// As it may be shown.
    pub shown: String,
    /// What is left of the name that gave it away.
    pub stem: Option<Vec<u8>>,
    /// Whether it stands beside a secret that it may belong to.
    pub is_beside: bool,
}

/// What was found in what turned out, while it was read, to be known.
#[derive(Debug, Default)]
pub struct Found {
    /// Finds in it.
    pub traces: Vec<Trace>,
    /// Ids in it that are no findings.
    pub ids: Vec<(Origin, Id)>,
    /// What could not be read of it.
    pub skips: Vec<Skip>,
}

/// What was remembered.
#[derive(Debug, Default)]
pub struct Recalled {
    /// Finds in what will not be read again.
    pub traces: Vec<Trace>,
    /// Rules that what was judged has not been judged by.
    pub new_rules: Vec<u16>,
}

/// What came of what was read.
#[derive(Debug, Clone, Copy)]
pub struct Learnt<'a> {
    /// Finds in it, told where the source [tells](Memory::tells).
    pub traces: &'a [Trace],
    /// Ids in it that are no findings; `None` where these are not all.
    pub ids: Option<&'a [(Origin, Id)]>,
    /// What could not be read of it.
    pub skips: &'a [Skip],
    /// Secrets that may not be in a path or a name that is kept.
    pub secrets: &'a [&'a Secret],
}

/// A source that remembers. The calls come in this order: `recall`, `read_known` and `suspect` where there are new rules,
/// [`crate::source::Source::read`], `found`, `read_ids`, [`crate::source::Source::fates`], `remember`.
pub trait Memory {
    /// Looks up what is known to a run that judges so.
    fn recall(&self, judge: Judge) -> Recalled;

    /// Pushes what would not be read again, to be judged by new rules alone.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_known(&self, sink: &dyn Sink) -> Result<(), SourceError>;

    /// Of what [`Memory::read_known`] pushed, where something was found: it is to be read again.
    fn suspect(&self, origins: &[Origin]);

    /// After [`crate::source::Source::read`]: what is known of what that came upon, and did not read.
    fn found(&self) -> Found {
        Found::default()
    }

    /// After [`crate::source::Source::read`]: pushes what was not read since nothing but ids is in it.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_ids(&self, sink: &dyn Sink) -> Result<(), SourceError>;

    /// What stands for a secret.
    fn seal(&self, secret: &Secret) -> Seal;

    /// Whether it keeps all that a report says of finds, so that what they lie in need not be read again.
    fn tells(&self) -> bool {
        false
    }

    /// Keeps what was read, with the finds and skips in it.
    fn remember(&self, learnt: &Learnt<'_>);
}
