//! Where bytes lie: a chain of steps from a repository, image, chart or directory down to a member of an archive.
//!
//! An [`Origin`] is whole before the bytes are handed over. Shared prefixes are shared nodes, so that a million members
//! of one layer cost one node each. This room knows nothing of what is found in the bytes.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What an object of a git repository is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ObjectKind {
    /// File content.
    Blob,
    /// A commit: its message and the names in its header.
    Commit,
    /// An annotated tag: its message and header.
    Tag,
    /// A directory: the names of its entries.
    Tree,
}

impl ObjectKind {
    /// All.
    pub const ALL: &'static [ObjectKind] = &[ObjectKind::Blob, ObjectKind::Commit, ObjectKind::Tag, ObjectKind::Tree];

    /// The name git gives to this kind.
    pub fn name(self) -> &'static str {
        match self {
            ObjectKind::Blob => "blob",
            ObjectKind::Commit => "commit",
            ObjectKind::Tag => "tag",
            ObjectKind::Tree => "tree",
        }
    }
}

/// Text that is scanned though it is no file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TextKind {
    /// The name of a file, directory or archive member.
    FileName,
    /// The target of a symbolic link.
    LinkTarget,
    /// The name of a git reference.
    RefName,
    /// A value of a repository's own `.git/config`.
    RepositoryConfig,
    /// A field of an image's config: environment, labels, command, history.
    ImageConfig,
    /// An annotation of an image manifest or index.
    Annotation,
    /// What an attestation of an image says, as it stands encoded in its envelope.
    Attestation,
    /// Extended attributes of a file in an image.
    Attributes,
    /// What an archive or a picture says about itself and its members.
    Comment,
}

impl TextKind {
    /// All.
    pub const ALL: &'static [TextKind] = &[
        TextKind::FileName,
        TextKind::LinkTarget,
        TextKind::RefName,
        TextKind::RepositoryConfig,
        TextKind::ImageConfig,
        TextKind::Annotation,
        TextKind::Attestation,
        TextKind::Attributes,
        TextKind::Comment,
    ];

    /// A short name for reports.
    pub fn name(self) -> &'static str {
        match self {
            TextKind::FileName => "file name",
            TextKind::LinkTarget => "link target",
            TextKind::RefName => "ref name",
            TextKind::RepositoryConfig => "repository config",
            TextKind::ImageConfig => "image config",
            TextKind::Annotation => "annotation",
            TextKind::Attestation => "attestation",
            TextKind::Attributes => "extended attributes",
            TextKind::Comment => "comment",
        }
    }
}

/// One step on the way to some bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    /// A directory that was named as a target; its path as the user wrote it.
    Directory {
        /// Path of the directory.
        path: String,
    },
    /// Standard input.
    Stdin,
    /// A git repository; its path or its URL without credentials.
    Repository {
        /// Path or URL.
        location: String,
    },
    /// A submodule of the repository before, whose objects the next steps are of.
    Submodule {
        /// Where it is checked out, from the top of that repository on.
        #[serde(with = "text_or_bytes")]
        path: Vec<u8>,
    },
    /// An object of a repository.
    Object {
        /// Hexadecimal object id.
        id: String,
        /// What it is.
        kind: ObjectKind,
    },
    /// What the pointer stands for that the object before is: content that Git LFS keeps beside the history.
    Lfs {
        /// Its name there: the SHA-256 of the content, in hexadecimal digits.
        oid: String,
    },
    /// A git reference.
    Ref {
        /// Full name, such as `refs/heads/main`, as bytes.
        #[serde(with = "text_or_bytes")]
        name: Vec<u8>,
    },
    /// An image, as the user named it.
    Image {
        /// Reference or path.
        reference: String,
        /// Digest of the manifest or index that was resolved, where there is one.
        digest: Option<String>,
    },
    /// One platform of a multi-platform image, such as `linux/arm64/v8`.
    Platform {
        /// `os/architecture[/variant]`.
        name: String,
    },
    /// The config of an image.
    Config {
        /// Digest of the config blob.
        digest: String,
    },
    /// A layer of an image.
    Layer {
        /// Digest of the layer as stored (compressed), or its file name in an old docker-save tar.
        digest: String,
        /// Position in the manifest, from 0.
        index: u32,
        /// The instruction that made it, from the config's history.
        instruction: Option<String>,
    },
    /// A Helm chart or subchart.
    Chart {
        /// Name from `Chart.yaml`, or the folder's name.
        name: String,
        /// Version from `Chart.yaml`.
        version: Option<String>,
    },
    /// A path below the step before, `/`-separated, not necessarily UTF-8.
    Path {
        /// The path.
        #[serde(with = "text_or_bytes")]
        path: Vec<u8>,
    },
    /// A member of an archive.
    Member {
        /// Name as the archive gives it; never used as a path on this machine.
        #[serde(with = "text_or_bytes")]
        path: Vec<u8>,
    },
    /// One of several entries of the path before it, where a layer has it more than once. No report shows this: what became of
    /// the entry is told by its state.
    Entry {
        /// Its number in the order of the layer, from 1; 0 for the path itself, whichever entry it leads to.
        number: u32,
    },
    /// Text beside content.
    Text {
        /// Which text.
        kind: TextKind,
    },
    /// What the file before it gives to a template of its chart: the secret is there when that is rendered.
    Rendered {
        /// Path of the template, from the chart on.
        #[serde(with = "text_or_bytes")]
        template: Vec<u8>,
        /// Path of the values file that it is rendered with, from the chart on.
        #[serde(with = "text_or_bytes")]
        values: Vec<u8>,
    },
}

/// How bytes that are text as a rule are kept: as text, and as numbers where they are none.
pub mod text_or_bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Kept<T, B> {
        Text(T),
        Bytes(B),
    }

    /// Writes them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        std::str::from_utf8(bytes).map_or(Kept::Bytes(bytes), Kept::Text).serialize(serializer)
    }

    /// Reads them again.
    ///
    /// # Errors
    /// When there is neither.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Ok(match Kept::<String, Vec<u8>>::deserialize(deserializer)? {
            Kept::Text(text) => text.into_bytes(),
            Kept::Bytes(bytes) => bytes,
        })
    }
}

#[derive(Debug)]
struct Node {
    parent: Option<Origin>,
    step: Step,
}

/// A chain of [`Step`]s. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Origin(Arc<Node>);

impl Origin {
    /// The beginning of a chain.
    pub fn new(step: Step) -> Self {
        Origin(Arc::new(Node { parent: None, step }))
    }

    /// A longer chain: this one, then `step`.
    #[must_use]
    pub fn with(&self, step: Step) -> Self {
        Origin(Arc::new(Node { parent: Some(self.clone()), step }))
    }

    /// Shorthand for a path below this origin.
    #[must_use]
    pub fn at_path(&self, path: impl Into<Vec<u8>>) -> Self {
        self.with(Step::Path { path: path.into() })
    }

    /// The last step.
    pub fn last(&self) -> &Step {
        &self.0.step
    }

    /// The chain without its last step.
    pub fn parent(&self) -> Option<&Origin> {
        self.0.parent.as_ref()
    }

    /// The file itself, where this is what it gives to a template.
    pub fn unrendered(&self) -> &Origin {
        match self.last() {
            Step::Rendered { .. } => self.parent().unwrap_or(self),
            _ => self,
        }
    }

    /// All steps, outermost first.
    pub fn steps(&self) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut here = Some(self);
        while let Some(origin) = here {
            steps.push(&origin.0.step);
            here = origin.0.parent.as_ref();
        }
        steps.reverse();
        steps
    }

    /// The innermost path or member name: what the file is called where it lies.
    pub fn path(&self) -> Option<&[u8]> {
        let mut here = Some(self);
        while let Some(origin) = here {
            match &origin.0.step {
                Step::Path { path } | Step::Member { path } => return Some(path),
                _ => here = origin.0.parent.as_ref(),
            }
        }
        None
    }

    /// The outermost path: the file in the tree, layer or chart, also for what lies in an archive in it.
    pub fn file_path(&self) -> Option<&[u8]> {
        self.steps().into_iter().find_map(|step| match step {
            Step::Path { path } => Some(path.as_slice()),
            _ => None,
        })
    }

    /// Where the submodule that it is of is checked out, from the top of the repository on; empty where it is of none.
    pub fn submodule(&self) -> &[u8] {
        let mut here = Some(self);
        while let Some(origin) = here {
            match &origin.0.step {
                Step::Submodule { path } => return path,
                _ => here = origin.0.parent.as_ref(),
            }
        }
        &[]
    }

    /// A path in the repository that it is of, from the top on, also where it is of a submodule.
    pub fn from_top<'p>(&self, path: &'p [u8]) -> Cow<'p, [u8]> {
        match self.submodule() {
            b"" => Cow::Borrowed(path),
            submodule => Cow::Owned([submodule, b"/", path].concat()),
        }
    }

    /// Paths and members joined by `!/`, such as `lib/app.jar!/config/db.properties`; empty where there is none.
    pub fn joined_path(&self) -> Vec<u8> {
        let mut joined = Vec::new();
        for step in self.steps() {
            if let Step::Path { path } | Step::Member { path } = step {
                if !joined.is_empty() {
                    joined.extend_from_slice(b"!/");
                }
                joined.extend_from_slice(path);
            }
        }
        joined
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.step == other.0.step && self.0.parent == other.0.parent)
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.step.hash(state);
        self.0.parent.hash(state);
    }
}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By steps, outermost first.
impl Ord for Origin {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.steps().cmp(&other.steps()) }
    }
}

impl Drop for Node {
    // A chain as deep as a hostile archive's nesting must not overflow the stack when it is dropped.
    fn drop(&mut self) {
        let mut parent = self.parent.take();
        while let Some(Origin(node)) = parent {
            match Arc::try_unwrap(node) {
                Ok(mut only) => parent = only.parent.take(),
                Err(_) => break,
            }
        }
    }
}

/// For messages: the steps joined by ` > `, control characters escaped.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps().into_iter().enumerate() {
            if index > 0 {
                f.write_str(" > ")?;
            }
            match step {
                Step::Directory { path } => write!(f, "{}", printable(path.as_bytes()))?,
                Step::Stdin => f.write_str("standard input")?,
                Step::Repository { location } => write!(f, "{}", printable(location.as_bytes()))?,
                Step::Object { id, kind } => write!(f, "{} {id}", kind.name())?,
                Step::Lfs { oid } => write!(f, "LFS object {oid}")?,
                Step::Ref { name } => write!(f, "{}", printable(name))?,
                Step::Image { reference, .. } => write!(f, "image {}", printable(reference.as_bytes()))?,
                Step::Platform { name } => write!(f, "{}", printable(name.as_bytes()))?,
                Step::Config { digest } => write!(f, "config {}", printable(digest.as_bytes()))?,
                Step::Layer { digest, index, .. } => write!(f, "layer {index} {}", printable(digest.as_bytes()))?,
                Step::Chart { name, .. } => write!(f, "chart {}", printable(name.as_bytes()))?,
                Step::Submodule { path } | Step::Path { path } | Step::Member { path } => {
                    write!(f, "{}", printable(path))?;
                }
                Step::Entry { number } => write!(f, "entry {number}")?,
                Step::Text { kind } => f.write_str(kind.name())?,
                Step::Rendered { template, values } => {
                    write!(f, "rendered by {} with {}", printable(template), printable(values))?;
                }
            }
        }
        Ok(())
    }
}

/// A joined path (see [`Origin::joined_path`]), and those of the archives it leads through.
pub fn path_and_archives(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memmem::find_iter(path, b"!/").map(|end| &path[..end]).chain([path])
}

/// The bytes of a path of this machine with `/` between its parts, as all paths of reports, entries and globs have it.
pub fn slashed(path: &Path) -> Vec<u8> {
    let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
    if std::path::MAIN_SEPARATOR != '/' {
        bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    bytes
}

/// Bytes from scanned content made safe for a terminal or a log: control and format characters are escaped, and what is
/// no UTF-8 shows as `\xNN`.
pub fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if !is_printable(c) {
                out.extend(c.escape_default());
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// Whether a character can be shown as it is: no control character, and none that makes a line read as another.
pub fn is_printable(c: char) -> bool {
    !c.is_control() && !is_format(c)
}

/// Bidirectional controls, zero-width characters and separators that can make a line read as another (Trojan Source).
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests;
