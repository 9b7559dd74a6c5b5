//! The baseline: secrets that were known when it was made, by keyed fingerprint and by the paths where they lay. Text in,
//! text out; what is read and written where is not decided here.
//!
//! One line an entry, `sj1:… RULE PATH…`, sorted, so that git merges it line by line; a line twice, or in another order, is
//! as good. Names of paths are percent-encoded where a character would end them, and hold no secret: what stood in one is
//! `****`. Where who has the file has its salt, too, an entry of a secret that could be guessed keeps the first bits of its
//! fingerprint alone: an entry of all such secrets which have these, whatever rule a later scan finds them by.

mod name;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use super::subject::Subject;
use crate::finding::fingerprint::Kept;
use crate::finding::{Allowed, Fingerprinter, Place};
use crate::origin::printable;

pub use name::{Ground, Name};

/// Name of the file.
pub const FILE_NAME: &str = ".scrubjay.baseline";

/// The first line of every baseline.
const HEAD: &str = "# scrubjay baseline 1";
/// What the second line says to whoever opens the file.
const EXPLANATION: &str = "# Secrets that were known when it was made, and none of their text. `scrubjay baseline --help` tells how to keep it.";
/// Begins the line that tells of the salt.
const SALT: &str = "# salt ";
/// Digits of the number that tells one salt from another.
const CHECK_DIGITS: usize = 8;
/// Most bytes of a salt in a head.
const LONGEST_SALT: usize = 64;

/// The salt that the fingerprints of a baseline are made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Salt {
    /// It stands in the head, in hexadecimal.
    Own(Vec<u8>),
    /// It is kept elsewhere, or is the public one; these digits tell whether it is the same one.
    Elsewhere(String),
}

impl Salt {
    /// That of a run, whose bytes are not to be written down.
    pub fn elsewhere(salt: Option<&[u8]>) -> Self {
        let made = Fingerprinter::new(salt).of("the salt of a baseline", b"", true);
        let digits = made.as_str().trim_start_matches("sj1:");
        Salt::Elsewhere(digits[..CHECK_DIGITS].to_owned())
    }

    /// Whether who has the file has the salt.
    pub fn is_open(&self) -> bool {
        matches!(self, Salt::Own(_)) || *self == Salt::elsewhere(None)
    }
}

/// A fault of a baseline, with its line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: &'static str,
}

/// Known secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// What the fingerprints are made with.
    pub salt: Salt,
    entries: BTreeMap<Key, Entry>,
}

/// What tells entries apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kept: Kept,
    /// The rule, for people, where the fingerprint is not whole and entries of several secrets have the same bits; else nothing.
    rule: String,
}

impl Key {
    fn new(kept: Kept, rule: &str) -> Self {
        let rule = if kept.is_short() { rule.to_owned() } else { String::new() };
        Key { kept, rule }
    }
}

/// What an entry can keep of a secret's fingerprint.
fn kept_of(subject: &Subject<'_>) -> impl Iterator<Item = Kept> + use<> {
    let short = subject.guessable.then(|| Kept::short(subject.fingerprint));
    std::iter::once(Kept::whole(subject.fingerprint)).chain(short)
}

/// One secret, or all that have the same first bits of a fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The rule that found it, for people.
    pub rule: String,
    /// Where it lay, with the line of the file that says so; 0 where none does yet.
    pub names: BTreeMap<Name, usize>,
}

impl Baseline {
    /// One without entries.
    pub fn new(salt: Salt) -> Self {
        Baseline { salt, entries: BTreeMap::new() }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// The first line that is none of a baseline: nothing of it counts then.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let fault = |line: usize, message| Fault { line, message };
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end()));
        match lines.next() {
            Some((_, HEAD)) => {}
            Some((line, other)) if is_of_a_conflict(other) => return Err(fault(line, CONFLICT)),
            Some((line, other)) if other.starts_with("# scrubjay baseline ") => {
                return Err(fault(line, "is of a later version: a newer scrubjay reads it"));
            }
            _ => return Err(fault(1, "is no baseline: it has to begin with `# scrubjay baseline 1`")),
        }
        let mut salt: Option<Salt> = None;
        let mut entries: BTreeMap<Key, Entry> = BTreeMap::new();
        for (line, text) in lines.filter(|(_, text)| !text.is_empty()) {
            if is_of_a_conflict(text) {
                return Err(fault(line, CONFLICT));
            }
            if let Some(written) = text.strip_prefix(SALT) {
                let read = read_salt(written).ok_or_else(|| fault(line, "is no salt"))?;
                if salt.replace(read.clone()).is_some_and(|other| other != read) {
                    return Err(fault(line, TWO_SALTS));
                }
            } else if !text.starts_with('#') {
                let (kept, rule, names) = read_entry(text).ok_or_else(|| fault(line, NO_ENTRY))?;
                let key = Key::new(kept, &rule);
                let entry = entries.entry(key).or_insert_with(|| Entry { rule, ..Entry::default() });
                for name in names {
                    entry.names.entry(name).or_insert(line);
                }
            }
        }
        let salt = salt.ok_or_else(|| fault(1, "does not tell its salt: a line `# salt …` is missing"))?;
        Ok(Baseline { salt, entries })
    }

    /// The text of the file: the same for the same entries.
    pub fn text(&self) -> String {
        let mut text = format!("{HEAD}\n{EXPLANATION}\n{SALT}");
        match &self.salt {
            Salt::Own(bytes) => bytes.iter().for_each(|byte| write!(text, "{byte:02x}").expect("into a string")),
            Salt::Elsewhere(check) => write!(text, "elsewhere {check}").expect("into a string"),
        }
        text.push('\n');
        for (Key { kept, .. }, entry) in &self.entries {
            write!(text, "{kept} {}", entry.rule).expect("into a string");
            for name in entry.names.keys() {
                write!(text, " {name}").expect("into a string");
            }
            text.push('\n');
        }
        text
    }

    /// The entries, by what they keep of a fingerprint.
    pub fn entries(&self) -> impl Iterator<Item = (&Kept, &Entry)> {
        self.entries.iter().map(|(key, entry)| (&key.kept, entry))
    }

    /// Whether it has a secret by its whole fingerprint, at any path.
    pub fn knows(&self, subject: &Subject<'_>) -> bool {
        self.of(subject).any(|(key, _)| !key.kept.is_short())
    }

    /// Whether it has a secret at a path.
    pub fn knows_at(&self, subject: &Subject<'_>, name: &Name) -> bool {
        self.of(subject).any(|(_, entry)| entry.names.keys().any(|known| known.covers(name)))
    }

    /// The entries that can be of a secret.
    fn of(&self, subject: &Subject<'_>) -> impl Iterator<Item = (&Key, &Entry)> {
        kept_of(subject).flat_map(|kept| {
            let first = Key { kept: kept.clone(), rule: String::new() };
            self.entries.range(first..).take_while(move |(key, _)| key.kept == kept)
        })
    }

    /// Number of entries, and of the paths that they have.
    pub fn counts(&self) -> (usize, usize) {
        (self.entries.len(), self.entries.values().map(|entry| entry.names.len()).sum())
    }

    /// Adds a secret at a path, where it is not known there. `open`: whether who has the file has its salt; of a secret that
    /// could be guessed only the first bits of the fingerprint are kept then.
    pub fn add(&mut self, subject: &Subject<'_>, name: Name, open: bool) {
        if self.knows_at(subject, &name) {
            return;
        }
        let rule = Name::word(&subject.signature.id).to_string();
        let keep = if open && subject.guessable { Kept::short } else { Kept::whole };
        let entry = self.entries.entry(Key::new(keep(subject.fingerprint), &rule)).or_default();
        if entry.rule.is_empty() {
            entry.rule = rule;
        }
        entry.names.insert(name, 0);
    }

    /// Adds what another one has.
    pub fn join(&mut self, other: &Baseline) {
        for (key, added) in &other.entries {
            let entry = self.entries.entry(key.clone()).or_default();
            if entry.rule.is_empty() {
                entry.rule.clone_from(&added.rule);
            }
            for (name, line) in &added.names {
                entry.names.entry(name.clone()).or_insert(*line);
            }
        }
    }

    /// Takes out what is not among the secrets and paths that were found.
    pub fn keep<'a>(&mut self, found: impl IntoIterator<Item = (Subject<'a>, Name)>) {
        let mut names_of: BTreeMap<Kept, BTreeSet<Name>> = BTreeMap::new();
        for (subject, name) in found {
            for kept in kept_of(&subject) {
                names_of.entry(kept).or_default().insert(name.clone());
            }
        }
        self.retain(|key, known| {
            names_of
                .get(&key.kept)
                .is_some_and(|found| found.contains(known) || found.iter().any(|name| known.covers(name)))
        });
    }

    /// Takes out what another one has, too: what is left is new in this one.
    #[must_use]
    pub fn without(mut self, other: &Baseline) -> Self {
        self.retain(|key, name| !other.entries.get(key).is_some_and(|known| known.names.contains_key(name)));
        self
    }

    fn retain(&mut self, stays: impl Fn(&Key, &Name) -> bool) {
        for (key, entry) in &mut self.entries {
            entry.names.retain(|name, _| stays(key, name));
        }
        self.entries.retain(|_, entry| !entry.names.is_empty());
    }
}

const CONFLICT: &str =
    "a merge left its conflict: keep the lines of both sides, then `scrubjay baseline update` sorts them";
const TWO_SALTS: &str = "a second salt: two baselines were made apart; keep one of them whole, then `scrubjay baseline update` adds the rest";
const NO_ENTRY: &str = "is no entry: FINGERPRINT RULE PATH…, as `scrubjay baseline create` writes it";

fn is_of_a_conflict(line: &str) -> bool {
    ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark))
}

fn read_salt(written: &str) -> Option<Salt> {
    if let Some(check) = written.strip_prefix("elsewhere ") {
        let is_check = check.len() == CHECK_DIGITS && check.bytes().all(|byte| byte.is_ascii_hexdigit());
        return is_check.then(|| Salt::Elsewhere(check.to_ascii_lowercase()));
    }
    let digits = written.as_bytes();
    if digits.is_empty() || digits.len() > 2 * LONGEST_SALT || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let bytes: Option<Vec<u8>> =
        digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect();
    bytes.map(Salt::Own)
}

fn read_entry(line: &str) -> Option<(Kept, String, Vec<Name>)> {
    let mut words = line.split_ascii_whitespace();
    let kept = Kept::parse(words.next()?)?;
    let rule = words.next()?.to_owned();
    let names: Vec<Name> = words.map(Name::parse).collect();
    (!names.is_empty()).then_some((kept, rule, names))
}

/// What a baseline says of a secret at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Not,
    /// It knows the secret, at other paths.
    Elsewhere,
    /// It knows one at other paths whose fingerprint begins so, too.
    Perhaps,
    /// It knows the secret there.
    Here(Allowed),
}

impl Known {
    /// What allows the secret there.
    pub fn allowed(self) -> Option<Allowed> {
        match self {
            Known::Here(allowed) => Some(allowed),
            Known::Not | Known::Elsewhere | Known::Perhaps => None,
        }
    }
}

/// A baseline that counts in a scan.
#[derive(Debug)]
pub struct InForce {
    baseline: Baseline,
    /// What it is called in messages.
    file: String,
    ground: Ground,
    /// Where its fingerprints are made with another salt than those of the report.
    fingerprinter: Option<Fingerprinter>,
    seen: Mutex<BTreeSet<Key>>,
}

impl InForce {
    /// With the file that it comes from, and the salt of the report.
    ///
    /// # Errors
    /// When its salt is kept elsewhere and is not that of the report: whether something is in it cannot be told.
    pub fn new(baseline: Baseline, file: String, ground: Ground, salt: Option<&[u8]>) -> Result<Self, String> {
        let fingerprinter = match &baseline.salt {
            Salt::Own(own) => (salt != Some(&own[..])).then(|| Fingerprinter::new(Some(own))),
            Salt::Elsewhere(_) if baseline.salt == Salt::elsewhere(salt) => None,
            Salt::Elsewhere(_) => {
                return Err("its fingerprints were made with another salt than that of this run".to_owned());
            }
        };
        Ok(InForce { baseline, file, ground, fingerprinter, seen: Mutex::default() })
    }

    /// What makes its fingerprints, where it is another one than what makes those of the report.
    pub fn fingerprinter(&self) -> Option<&Fingerprinter> {
        self.fingerprinter.as_ref()
    }

    /// What it knows of a secret at a place. The fingerprint is the one that is made with its salt.
    pub fn look_up(&self, subject: &Subject<'_>, place: &Place) -> Known {
        let name = self.ground.name_of(place);
        let mut known = Known::Not;
        for (key, entry) in self.baseline.of(subject) {
            let here = entry.names.iter().find(|(known, _)| known.covers(&name));
            if here.is_some() || !key.kept.is_short() {
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
            }
            if let Some((_, line)) = here {
                return Known::Here(Allowed {
                    by: Allowed::BASELINE,
                    reason: "known when the baseline was made".to_owned(),
                    written: format!("{}:{line}", printable(self.file.as_bytes())),
                    ..Allowed::default()
                });
            }
            if known != Known::Elsewhere {
                known = if key.kept.is_short() { Known::Perhaps } else { Known::Elsewhere };
            }
        }
        known
    }

    /// A note on the secrets that were not found; of interest only where all they could lie in was read.
    pub fn unused(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = self.baseline.entries.keys().filter(|known| !seen.contains(known)).count();
        let file = printable(self.file.as_bytes());
        match unused {
            0 => None,
            _ if seen.is_empty() && unused > 1 => Some(format!(
                "{file}: none of its {unused} entries was found: if the secrets are still there, the salt in its head is not the one that it was made with (`scrubjay baseline prune` takes out what is gone)"
            )),
            1 => Some(format!(
                "{file}: 1 of its entries was not found (`scrubjay baseline prune` takes out what is gone)"
            )),
            _ => Some(format!(
                "{file}: {unused} of its entries were not found (`scrubjay baseline prune` takes out what is gone)"
            )),
        }
    }
}

#[cfg(test)]
mod tests;
