//! What a source remembers of an earlier run, so that what has not changed is not read again.

use serde::{Deserialize, Serialize};

use crate::blob::{Sink, Skip};
use crate::cache::Seal;
use crate::finding::Location;
use crate::origin::Origin;
use crate::score::Confidence;
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
    /// Finds that are at least this sure are read again: the report shows more of them than is remembered.
    pub least: Confidence,
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

/// A find, and what it lies in.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// What it lies in.
    pub origin: Origin,
    /// The find.
    pub find: Find,
}

/// What was found in what turned out, while it was read, to be known.
#[derive(Debug, Default)]
pub struct Found {
    /// Finds in it.
    pub traces: Vec<Trace>,
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

    /// Keeps what was read, with the finds and skips in it. No path or name is kept that holds one of the `secrets`.
    fn remember(&self, traces: &[Trace], skips: &[Skip], secrets: &[&Secret]);
}
