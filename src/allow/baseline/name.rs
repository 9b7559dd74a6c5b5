//! What a place is called in a baseline: its path from the folder of the baseline on, written as one word without a secret.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::finding::Place;
use crate::origin::{ObjectKind, Step, TextKind, is_printable, slashed};

/// What stands for a secret in a path.
const MASK: &str = "****";

/// The path of a place as one word: characters that would end it are percent-encoded, and what is no content of a file
/// begins with its kind, as in `<commit>`. A name holds no commit and no line, so that a rebase changes none.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// As a file has it.
    pub(super) fn parse(word: &str) -> Self {
        Name(word.to_owned())
    }

    /// A word of its own.
    pub(super) fn word(text: &str) -> Self {
        let mut name = String::new();
        encode(text.as_bytes(), &mut name);
        Name(name)
    }

    /// A glob of an allow entry for its path and no other, as far as that is known: what is masked is anything within a part
    /// of a path, and what has no path is anywhere.
    pub fn as_glob(&self) -> String {
        let (_, path) = self.0.strip_prefix('<').and_then(|kind| kind.split_once('>')).unwrap_or(("", &self.0));
        if path.is_empty() {
            return "**".to_owned();
        }
        let literal = |piece: &str| -> String {
            let bytes = decode(piece);
            let chunks = bytes.utf8_chunks();
            chunks.map(|chunk| globset::escape(chunk.valid()) + &"?".repeat(chunk.invalid().len())).collect()
        };
        format!("/{}", path.split(MASK).map(literal).collect::<Vec<_>>().join("*"))
    }

    /// Whether another is the same, as far as this one shows: what is masked in it can be anything.
    pub fn covers(&self, other: &Name) -> bool {
        if !self.0.contains(MASK) {
            return self == other;
        }
        let pieces: Vec<&str> = self.0.split(MASK).collect();
        let [first, middle @ .., last] = &pieces[..] else { return false };
        let Some(mut rest) = other.0.strip_prefix(first) else { return false };
        for piece in middle {
            let Some(at) = rest.find(piece) else { return false };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn encode(bytes: &[u8], out: &mut String) {
    let escape = |bytes: &[u8], out: &mut String| {
        bytes.iter().for_each(|byte| write!(out, "%{byte:02X}").expect("into a string"));
    };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            // What begins a kind or a comment, or stands for a secret, is none in a path.
            if !is_printable(c) || c.is_whitespace() || matches!(c, '%' | '*' | '<' | '#') {
                escape(c.encode_utf8(&mut [0; 4]).as_bytes(), out);
            } else {
                out.push(c);
            }
        }
        escape(chunk.invalid(), out);
    }
}

/// The bytes that [`encode`] encoded.
fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16)).map(|digit| digit as u8);
        let escaped = digit(0).zip(digit(1)).filter(|_| *first == b'%');
        bytes.push(escaped.map_or(*first, |(high, low)| high << 4 | low));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    bytes
}

/// From where paths are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ground {
    /// The folder of the baseline, and the current one; `None` where paths are those of a repository alone.
    pub folders: Option<(PathBuf, PathBuf)>,
    /// Targets that a link is on the way to, as they are shown, and their real paths.
    pub linked: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where repositories lie below that folder, by the location that places name.
    pub repositories: BTreeMap<String, Vec<u8>>,
}

impl Ground {
    /// What a place is called.
    pub fn name_of(&self, place: &Place) -> Name {
        let mut name = kind(place).to_owned();
        encode(&self.path_of(place, &place.path), &mut name);
        Name(name)
    }

    /// The same where `path` is what may be written of its path, with `****` for each secret in it.
    pub fn masked_name_of(&self, place: &Place, path: &[u8]) -> Name {
        if path == place.path {
            return self.name_of(place);
        }
        let path = self.path_of(place, path);
        let mut name = kind(place).to_owned();
        let mut rest = &path[..];
        while let Some(at) = memchr::memmem::find(rest, MASK.as_bytes()) {
            encode(&rest[..at], &mut name);
            name.push_str(MASK);
            rest = &rest[at + MASK.len()..];
        }
        encode(rest, &mut name);
        Name(name)
    }

    /// The path from the folder of the baseline on; as it is shown, where it lies elsewhere.
    pub fn path_of(&self, place: &Place, path: &[u8]) -> Vec<u8> {
        if path.is_empty() {
            return Vec::new();
        }
        match (place.origin.steps().first(), &self.folders) {
            (Some(Step::Repository { location }), _) => match self.repositories.get(location) {
                Some(prefix) if !prefix.is_empty() => [prefix, &b"/"[..], path].concat(),
                _ => path.to_vec(),
            },
            (Some(Step::Directory { .. } | Step::Chart { .. } | Step::Path { .. }), Some((folder, here))) => {
                let real = self.linked.iter().find_map(|(shown, real)| {
                    let below = path.strip_prefix(&shown[..])?;
                    let is_below = below.is_empty() || below.starts_with(b"/") || below.starts_with(b"!/");
                    is_below.then(|| [real, below].concat())
                });
                relative(real.as_deref().unwrap_or(path), folder, here).unwrap_or_else(|| path.to_vec())
            }
            _ => path.to_vec(),
        }
    }
}

/// A path that is shown in `here`, from `folder` on; `None` where it lies elsewhere. What stands in an archive has no say in
/// where that is.
fn relative(path: &[u8], folder: &Path, here: &Path) -> Option<Vec<u8>> {
    let archive = memchr::memmem::find(path, b"!/").unwrap_or(path.len());
    let (file, member) = path.split_at(archive);
    let (folder, here) = (slashed(folder), slashed(here));
    // The real name of a folder has this in front of its drive on Windows, and a path as it is typed has not.
    let real = |path: &'_ [u8]| path.strip_prefix(b"//?/").unwrap_or(path).to_vec();
    let (folder, here) = (real(&folder), real(&here));
    let is_absolute = file.starts_with(b"/") || file.get(1) == Some(&b':');
    let start = if is_absolute { &[][..] } else { &here[..] };
    let mut whole: Vec<&[u8]> = Vec::new();
    for part in parts(start).chain(parts(file)) {
        match part {
            b".." => drop(whole.pop()),
            _ => whole.push(part),
        }
    }
    let above: Vec<&[u8]> = parts(&folder).collect();
    let below = whole.strip_prefix(&above[..])?;
    Some([&below.join(&b'/'), member].concat())
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

/// What it is, where it is no content of a file.
fn kind(place: &Place) -> &'static str {
    match place.origin.last() {
        Step::Text { kind } => match kind {
            TextKind::FileName => "<file-name>",
            TextKind::LinkTarget => "<link-target>",
            TextKind::RefName => "<ref-name>",
            TextKind::RepositoryConfig => "<repository-config>",
            TextKind::ImageConfig => "<config>",
            TextKind::Annotation => "<annotation>",
            TextKind::Attestation => "<attestation>",
            TextKind::Attributes => "<attributes>",
            TextKind::Comment => "<comment>",
        },
        Step::Object { kind: ObjectKind::Commit, .. } => "<commit>",
        Step::Object { kind: ObjectKind::Tag, .. } => "<tag>",
        Step::Object { kind: ObjectKind::Tree, .. } => "<tree>",
        Step::Ref { .. } => "<ref>",
        Step::Config { .. } => "<config>",
        _ if place.path.is_empty() => "<content>",
        _ => "",
    }
}
