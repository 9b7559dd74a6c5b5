//! An id and the secret that belongs to it, found at different places.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Fingerprint, Location, State};
use crate::score::Confidence;
use crate::signature::Signature;

/// Which half of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// The id: no secret, or little of one, without the other half.
    Id,
    /// The secret.
    Secret,
}

impl Half {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Half::Id => "id",
            Half::Secret => "secret",
        }
    }
}

/// How two halves are known to belong together; the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// They stand in one version of one file, and nothing else there can be meant.
    #[serde(rename = "same-file")]
    File,
    /// They stood at one path, in different versions.
    #[serde(rename = "same-path")]
    Path,
    /// One commit brought both in.
    #[serde(rename = "same-commit")]
    Commit,
    /// They lie in one folder or chart.
    #[serde(rename = "same-folder")]
    Folder,
    /// Each is the only one of its kind in the target.
    #[serde(rename = "only-pair")]
    Target,
}

impl Relation {
    /// Name in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Relation::File => "same-file",
            Relation::Path => "same-path",
            Relation::Commit => "same-commit",
            Relation::Folder => "same-folder",
            Relation::Target => "only-pair",
        }
    }

    /// How sure it makes that the halves belong together; never proven without asking the provider.
    pub fn confidence(self) -> Confidence {
        match self {
            Relation::File | Relation::Path | Relation::Commit => Confidence::Likely,
            Relation::Folder | Relation::Target => Confidence::Possible,
        }
    }

    /// In words, before the place of the other half.
    pub fn in_words(self) -> &'static str {
        match self {
            Relation::File => "in the same file",
            Relation::Path => "at the same path in another version",
            Relation::Commit => "brought in by the same commit",
            Relation::Folder => "in the same folder",
            Relation::Target => "the only one in what was read that it can belong to",
        }
    }
}

impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        let key = |pair: &Pair| (pair.half, pair.relation, pair.state, pair.location, pair.fingerprint.clone());
        key(self) == key(other)
            && (&self.signature.id, &self.shown, &self.path) == (&other.signature.id, &other.shown, &other.path)
    }
}

/// The other half of what was found.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What the other half is.
    pub half: Half,
    /// The other half's signature.
    pub signature: Arc<Signature>,
    /// What may be shown of it. Printable.
    pub shown: String,
    /// Its fingerprint, where it is a finding of this report.
    pub fingerprint: Option<Fingerprint>,
    /// How it is known.
    pub relation: Relation,
    /// Whether the other half can still be had at its place; of several the most urgent one is told.
    pub state: State,
    /// The path where the other half stands; empty where there is none.
    pub path: Vec<u8>,
    /// Where in the file.
    pub location: Location,
}
