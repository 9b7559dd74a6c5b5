//! Keep, drop, and why: entropy, wordiness, placeholders, references, structural proofs.
//!
//! Everything here is a function of bytes: no clock, no path, no I/O. What depends on the path of a file is added at
//! report time.

pub mod assigned;
pub mod checks;
mod column;
pub mod entropy;
pub mod features;
pub mod generic;
pub mod identifier;
pub mod meant;
pub mod name;
mod phrase;
pub mod proof;
mod published;
mod shape;
mod unescape;
pub mod weights;
mod words;

use std::borrow::Cow;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use shape::judge;

/// How sure we are that a candidate is a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// More likely not; shown when asked for.
    Possible,
    /// More likely than not.
    Likely,
    /// A structural check passed: a checksum, a key that parses.
    Proven,
}

impl Confidence {
    /// All, surest first.
    pub const ALL: &'static [Confidence] = &[Confidence::Proven, Confidence::Likely, Confidence::Possible];

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Proven => "proven",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One step of the score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// Stable kebab-case name of the feature.
    pub name: &'static str,
    /// What it added or took away.
    pub points: i32,
    /// The reason in words; holds no byte of the secret. Nearly all are the program's own, and of many candidates each has
    /// a dozen.
    pub text: Cow<'static, str>,
}

/// A fact that a proof read out of the secret, such as the account of an AWS key id or the expiry of a JWT. Never a part of
/// the secret that is not public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// Stable snake_case name: `account`, `expires`, `key_type`, `encrypted`.
    pub name: &'static str,
    /// The value, printable.
    pub value: String,
}

/// The detail that says until when a secret works, as RFC 3339 has it, or [`NEVER`].
pub const EXPIRES: &str = "expires";
/// What that says of one that never ends by itself.
pub const NEVER: &str = "never";

/// What was decided about a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// `None`: dropped.
    pub confidence: Option<Confidence>,
    /// The sum of the points.
    pub points: i32,
    /// The steps that led there.
    pub reasons: Vec<Why>,
    /// What a proof read.
    pub details: Vec<Detail>,
    /// Shannon entropy of the secret, bits a character.
    pub entropy: f32,
    /// A severity that the proof found to be the right one instead of the signature's: an encrypted key, a test key.
    pub severity: Option<crate::signature::Severity>,
}

/// The reason of one whose proof failed.
pub const REFUTED: &str = "proof-failed";
/// The reason that says that a secret of a shape is made of several classes of bytes.
pub const MIXED: &str = "mixed";

impl Verdict {
    /// Whether its own checksum or structure speaks against it.
    pub fn is_refuted(&self) -> bool {
        self.reasons.iter().any(|why| why.name == REFUTED)
    }

    /// A candidate that is no finding, with the one reason.
    pub fn dropped(name: &'static str, text: impl Into<Cow<'static, str>>, secret: &[u8]) -> Self {
        Verdict {
            confidence: None,
            points: 0,
            reasons: vec![Why { name, points: 0, text: text.into() }],
            details: Vec::new(),
            entropy: entropy::shannon(secret),
            severity: None,
        }
    }

    /// A candidate that was dropped before, for reasons that are no longer asked for.
    pub fn absent() -> Self {
        Verdict { confidence: None, points: 0, reasons: Vec::new(), details: Vec::new(), entropy: 0.0, severity: None }
    }

    /// Adds a step that makes a candidate surer; what was dropped stays so.
    pub fn raise(&mut self, to: Confidence, why: Why) {
        self.points += why.points;
        self.reasons.push(why);
        self.confidence = self.confidence.map(|confidence| confidence.max(to));
    }

    /// Adds a step; it may lower the confidence, never raise it.
    pub fn lower(&mut self, to: Option<Confidence>, why: Why) {
        self.points += why.points;
        self.reasons.push(why);
        self.confidence = self.confidence.min(to);
    }
}
