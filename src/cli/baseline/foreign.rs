//! Baselines of other scanners: where they say that a secret lies, and what of its value can be compared. Their values are read
//! and never printed, written or kept.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use sha1::{Digest, Sha1};

use crate::allow::baseline::Ground;
use crate::cli::args::Foreign;
use crate::cli::failure::Failure;
use crate::finding::{Finding, Place};
use crate::origin::printable;
use crate::secret::Secret;

/// Files above this many bytes are no baseline.
const LARGEST: u64 = 256 << 20;
/// Entries without a find that are named.
const NAMED: usize = 20;
/// What scanners write in the place of a value.
const REDACTED: &str = "REDACTED";

/// A record of a gitleaks report. It has the value unless it was made with `--redact`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GitleaksRecord {
    file: String,
    #[serde(default)]
    start_line: u64,
    #[serde(default)]
    end_line: u64,
    #[serde(default)]
    commit: String,
    #[serde(default)]
    secret: String,
}

#[derive(Deserialize)]
struct DetectSecrets {
    results: BTreeMap<String, Vec<DetectSecretsRecord>>,
}

/// A record of a detect-secrets baseline.
#[derive(Deserialize)]
struct DetectSecretsRecord {
    hashed_secret: String,
    #[serde(default)]
    line_number: u64,
}

/// What one entry says of a value.
enum Value {
    /// Nothing: it was redacted.
    Unknown,
    /// The value, or more than it.
    Text(Secret),
    /// Its SHA-1, without a salt.
    Sha1([u8; 20]),
}

struct Entry {
    path: Vec<u8>,
    lines: (u64, u64),
    commit: String,
    value: Value,
}

/// A baseline of another scanner.
pub(super) struct Entries(Vec<Entry>);

/// Reads a file.
///
/// # Errors
/// When it cannot be read, or is of no form that is known.
pub(super) fn read(path: &Path, from: Option<Foreign>) -> Result<Entries, Failure> {
    let what = || format!("baseline import: {}", path.display());
    let mut text = Vec::new();
    let file = File::open(path).map_err(|cause| Failure::new(what(), cause))?;
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(|cause| Failure::new(what(), cause))?;
    if text.len() as u64 > LARGEST {
        return Err(Failure::new(what(), "larger than 256 MiB; this is no baseline"));
    }
    // A message of the parser may quote the text, and that may hold a secret: the place alone is told.
    let fault = |cause: serde_json::Error| {
        Failure::new(format!("{}:{}:{}", what(), cause.line(), cause.column()), "is no such baseline")
            .or_try("give it a gitleaks report in JSON, or the .secrets.baseline of detect-secrets")
    };
    let begins = text.iter().find(|byte| !byte.is_ascii_whitespace());
    let from = from.unwrap_or(if begins == Some(&b'{') { Foreign::DetectSecrets } else { Foreign::Gitleaks });
    match from {
        // An empty report is `null` in some versions.
        Foreign::Gitleaks => serde_json::from_slice::<Option<Vec<GitleaksRecord>>>(&text)
            .map(|records| Entries(records.unwrap_or_default().into_iter().map(Entry::of_gitleaks).collect())),
        Foreign::DetectSecrets => serde_json::from_slice::<DetectSecrets>(&text).map(|baseline| {
            let of_file = |(path, records): (String, Vec<DetectSecretsRecord>)| {
                records.into_iter().map(move |record| Entry::of_detect_secrets(&path, &record))
            };
            Entries(baseline.results.into_iter().flat_map(of_file).collect())
        }),
    }
    .map_err(fault)
}

impl Entry {
    fn of_gitleaks(record: GitleaksRecord) -> Self {
        let is_known =
            !record.secret.is_empty() && !record.secret.contains(REDACTED) && !record.secret.ends_with("...");
        Entry {
            path: plain(&record.file),
            lines: (record.start_line, record.end_line.max(record.start_line)),
            commit: record.commit,
            value: if is_known { Value::Text(Secret::new(record.secret.into_bytes())) } else { Value::Unknown },
        }
    }

    fn of_detect_secrets(path: &str, record: &DetectSecretsRecord) -> Self {
        let digit =
            |at: usize| record.hashed_secret.get(2 * at..2 * at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
        let mut sum = [0; 20];
        let is_whole =
            record.hashed_secret.len() == 40 && (0..20).all(|at| digit(at).map(|byte| sum[at] = byte).is_some());
        Entry {
            path: plain(path),
            lines: (record.line_number, record.line_number),
            commit: String::new(),
            value: if is_whole && !is_of_a_part(&sum) { Value::Sha1(sum) } else { Value::Unknown },
        }
    }

    fn is_at(&self, finding: &Finding, place: &Place) -> bool {
        match &self.value {
            Value::Text(text) => {
                let (own, other) = (finding.secret.expose(), text.expose());
                let holds = |whole: &[u8], part: &[u8]| !part.is_empty() && memchr::memmem::find(whole, part).is_some();
                holds(other, own) || holds(own, other)
            }
            Value::Sha1(sum) => Sha1::digest(finding.secret.expose())[..] == sum[..],
            // Lines are those of the version that a commit brought in.
            Value::Unknown => {
                let introduced = place.fate.as_ref().and_then(|fate| fate.introduced.as_ref());
                let is_same_commit = introduced.is_some_and(|commit| commit.id == self.commit);
                let lines = place.location.line..=place.location.end_line;
                let is_same_line =
                    lines.contains(&self.lines.0) || (self.lines.0..=self.lines.1).contains(lines.start());
                is_same_line && (self.commit.is_empty() || is_same_commit)
            }
        }
    }
}

/// Whether detect-secrets (1.5) made this sum of the beginning alone, which is the same of all secrets of a kind: the line tells them.
fn is_of_a_part(sum: &[u8; 20]) -> bool {
    const PARTS: [&str; 13] = [
        "ghp",
        "gho",
        "ghu",
        "ghs",
        "ghr",
        "BEGIN PRIVATE KEY",
        "BEGIN RSA PRIVATE KEY",
        "BEGIN EC PRIVATE KEY",
        "BEGIN DSA PRIVATE KEY",
        "BEGIN OPENSSH PRIVATE KEY",
        "BEGIN PGP PRIVATE KEY BLOCK",
        "BEGIN SSH2 ENCRYPTED PRIVATE KEY",
        "PuTTY-User-Key-File-2",
    ];
    PARTS.iter().any(|part| Sha1::digest(part)[..] == sum[..])
}

fn plain(path: &str) -> Vec<u8> {
    path.replace('\\', "/").trim_start_matches("./").as_bytes().to_vec()
}

impl Entries {
    /// Ready to be held against what is found.
    pub(super) fn beside<'a>(&'a self, ground: &'a Ground) -> Beside<'a> {
        let mut by_path: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
        for (index, entry) in self.0.iter().enumerate() {
            by_path.entry(&entry.path).or_default().push(index);
        }
        Beside { entries: self, ground, by_path, used: RefCell::new(vec![false; self.0.len()]) }
    }
}

/// Entries beside a report.
pub(super) struct Beside<'a> {
    entries: &'a Entries,
    ground: &'a Ground,
    by_path: BTreeMap<&'a [u8], Vec<usize>>,
    used: RefCell<Vec<bool>>,
}

impl Beside<'_> {
    /// Whether an entry means this secret at this place.
    pub(super) fn has(&self, finding: &Finding, place: &Place) -> bool {
        let path = self.ground.path_of(place, &place.path);
        let mut used = self.used.borrow_mut();
        let mut has = false;
        for &index in self.by_path.get(&path[..]).into_iter().flatten() {
            if self.entries.0[index].is_at(finding, place) {
                used[index] = true;
                has = true;
            }
        }
        has
    }

    /// How many entries were found, and which were not.
    pub(super) fn in_words(&self) -> String {
        let used = self.used.borrow();
        let unused: Vec<&Entry> =
            self.entries.0.iter().zip(&*used).filter(|(_, used)| !**used).map(|(entry, _)| entry).collect();
        let all = self.entries.0.len();
        let mut text = format!("{} of its {all} entries are found here", all - unused.len());
        if unused.is_empty() {
            return text;
        }
        let named: Vec<String> =
            unused.iter().take(NAMED).map(|entry| format!("{}:{}", printable(&entry.path), entry.lines.0)).collect();
        let more = if unused.len() > NAMED { format!(" and {} more", unused.len() - NAMED) } else { String::new() };
        text.push_str(&format!(", not so {}{more}", named.join(", ")));
        text
    }
}
