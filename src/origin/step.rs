//! The steps that an origin is made of.

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
