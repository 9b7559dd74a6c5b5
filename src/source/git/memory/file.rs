//! How what is known of a repository is stored: tables of object ids in binary, and the few finds as JSON behind them.

use gix::ObjectId;
use gix::objs::Kind;
use serde::{Deserialize, Serialize};

use super::bytes::{Rest, put_ids, put_key, put_number};
use crate::blob::Left;
use crate::finding::Fate;
use crate::source::memory::Find;

/// First bytes of a file; the digit is the version of the format.
const MAGIC: &[u8; 8] = b"sjgit 2\n";

/// An object that was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::git) struct Judged {
    /// The first half of its id or more.
    pub id: u128,
    /// Bytes and objects that were counted for it.
    pub bytes: u64,
    pub objects: u32,
    pub kind: Kind,
    pub left: Left,
}

/// An object that left something, with what was found in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Marked {
    /// Hexadecimal id.
    pub id: String,
    /// Finds right in it; empty where it is read again each time.
    pub finds: Vec<Find>,
}

/// Fates by what was asked, see [`super::Remembered::key`].
pub(super) type Fates = Vec<(String, Vec<Fate>)>;

/// All but the tables.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct About {
    /// With what was judged, see [`crate::source::memory::Judge`].
    pub key: [u8; 32],
    pub rules: Vec<(String, u64)>,
    /// Hash of the commits at which a shallow history ends.
    pub shallow: u64,
    /// Hash of what is stored; `None` where not all of it could be read.
    pub store: Option<[u8; 32]>,
    /// Hash of all references.
    pub references: [u8; 32],
    pub marked: Vec<Marked>,
    pub fates: Fates,
    /// Hash of the objects that others refer to and that are not there, and which of them references reach.
    pub missing: Option<(u64, Vec<String>)>,
    /// What was counted for the names.
    pub names: (u64, u64),
}

/// All that is known of a repository.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Known {
    pub about: About,
    /// By id.
    pub objects: Vec<Judged>,
    /// Hashes of names that nothing was found in, sorted.
    pub names: Vec<u64>,
    /// All commits, sorted.
    pub commits: Vec<ObjectId>,
}

impl Known {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + 22 * self.objects.len() + 8 * self.names.len() + 32 * self.commits.len());
        out.extend_from_slice(MAGIC);
        put_number(&mut out, self.objects.len() as u64);
        for object in &self.objects {
            put_key(&mut out, object.id);
            out.push(kind_to_number(object.kind) << 2 | left_to_number(object.left));
            put_number(&mut out, u64::from(object.objects));
            put_number(&mut out, object.bytes);
        }
        put_number(&mut out, self.names.len() as u64);
        self.names.iter().for_each(|name| out.extend_from_slice(&name.to_le_bytes()));
        put_ids(&mut out, &self.commits);
        // It has no map with other keys than text, and no number that JSON has not.
        out.extend(serde_json::to_vec(&self.about).unwrap_or_default());
        out
    }

    /// `None` where the bytes are of another version.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = Rest(bytes.strip_prefix(MAGIC)?);
        let count = rest.count(19)?;
        let mut objects = Vec::with_capacity(count);
        for _ in 0..count {
            let id = rest.key()?;
            let number = *rest.take(1)?.first()?;
            let (kind, left) = (kind_of(number >> 2)?, left_of(number & 3)?);
            let count = u32::try_from(rest.number()?).ok()?;
            objects.push(Judged { id, kind, left, objects: count, bytes: rest.number()? });
        }
        let count = rest.count(8)?;
        let names = rest.take(8 * count)?.as_chunks::<8>().0.iter().map(|name| u64::from_le_bytes(*name)).collect();
        let commits = rest.ids()?;
        Some(Known { about: serde_json::from_slice(rest.0).ok()?, objects, names, commits })
    }
}

fn kind_to_number(kind: Kind) -> u8 {
    match kind {
        Kind::Blob => 0,
        Kind::Tree => 1,
        Kind::Commit => 2,
        Kind::Tag => 3,
    }
}

fn kind_of(number: u8) -> Option<Kind> {
    [Kind::Blob, Kind::Tree, Kind::Commit, Kind::Tag].get(usize::from(number)).copied()
}

fn left_to_number(left: Left) -> u8 {
    match left {
        Left::Nothing => 0,
        Left::Settled => 1,
        Left::Ids => 2,
        Left::Something => 3,
    }
}

fn left_of(number: u8) -> Option<Left> {
    [Left::Nothing, Left::Settled, Left::Ids, Left::Something].get(usize::from(number)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Location, State};
    use crate::score::Confidence;
    use crate::signature::Severity;

    fn known() -> Known {
        let object = |id, kind, left, bytes| Judged { id, bytes, objects: 1, kind, left };
        let location = Location { line: 1, column: 2, end_line: 3, end_column: 4, offset: 5, ..Location::default() };
        let find = Find {
            rule: 7,
            secret: [9; 16],
            location,
            confidence: Confidence::Possible,
            points: -3,
            severity: Some(Severity::Low),
            is_needed: false,
        };
        Known {
            about: About {
                key: [1; 32],
                rules: vec![("rule".into(), u64::MAX)],
                shallow: 3,
                store: Some([2; 32]),
                references: [4; 32],
                marked: vec![Marked { id: "ab".repeat(20), finds: vec![find] }],
                fates: vec![("o".into(), vec![Fate { path: Some(vec![0xff]), ..Fate::of(State::Removed) }])],
                missing: Some((6, vec!["ef".repeat(20)])),
                names: (1, 2),
            },
            objects: vec![
                object(3, Kind::Blob, Left::Something, 127),
                object(u128::MAX, Kind::Tag, Left::Settled, u64::MAX),
            ],
            names: vec![1, u64::MAX],
            commits: vec![ObjectId::from_hex("cd".repeat(20).as_bytes()).unwrap()],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for known in [known(), Known::default()] {
            assert_eq!(Known::from_bytes(&known.to_bytes()), Some(known));
        }
    }

    #[test]
    fn what_is_cut_is_nothing() {
        let bytes = known().to_bytes();
        for end in 0..bytes.len() {
            assert_eq!(Known::from_bytes(&bytes[..end]), None, "{end}");
        }
    }

    #[test]
    fn a_count_that_lies_takes_no_memory() {
        let mut bytes = MAGIC.to_vec();
        put_number(&mut bytes, u64::MAX);
        assert_eq!(Known::from_bytes(&bytes), None);
    }
}
