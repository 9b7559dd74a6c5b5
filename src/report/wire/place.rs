//! The wire form of a place: where it is, what became of it, and the steps that lead there.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::finding::{Allowed, Commit, Location, Place, ToldBy};
use crate::origin::{Origin, Step};
use crate::report::names::Names;
use crate::report::sweep::{InTarget, PlaceTargetWire};

/// Where in a file.
#[derive(Serialize)]
pub(super) struct LocationWire {
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
    offset: u64,
    /// Where these are not the columns in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    utf16_column: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utf16_end_column: Option<u64>,
}

impl LocationWire {
    pub(super) fn new(location: Location) -> Self {
        let Location { line, column, end_line, end_column, offset, utf16_column, utf16_end_column } = location;
        LocationWire { line, column, end_line, end_column, offset, utf16_column, utf16_end_column }
    }
}

/// One place. `commit`, `author`, `email` and `date` are those of the commit that brought the secret there; in an image `date`
/// is the day on which its layer was made.
#[derive(Serialize)]
pub(in crate::report) struct PlaceWire<'a> {
    state: &'static str,
    context: Option<&'static str>,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    #[serde(flatten)]
    location: LocationWire,
    excerpt: ExcerptWire<'a>,
    origin: Vec<StepWire>,
    commit: Option<&'a str>,
    author: Option<Cow<'a, str>>,
    email: Option<Cow<'a, str>>,
    date: Option<Cow<'a, str>>,
    removed: Option<CommitWire<'a>>,
    refs: Vec<String>,
    hidden_by: Option<LayerWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<FileWire>,
    /// What says that it came with the base image.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_told_by: Option<&'static str>,
    versions: u32,
    fails: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    owners: &'a [String],
    allowed: Option<AllowedWire<'a>>,
    /// What the change adds so that the place should not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_by_change: Option<AllowedWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<PlaceTargetWire<'a>>,
}

#[derive(Serialize)]
struct ExcerptWire<'a> {
    text: &'a str,
    /// Byte range in `text`.
    mark: (usize, usize),
}

#[derive(Serialize)]
struct CommitWire<'a> {
    commit: &'a str,
    author: Option<Cow<'a, str>>,
    email: Option<Cow<'a, str>>,
    date: &'a str,
}

/// Mode in octal digits and owner, of a file in an image.
#[derive(Serialize)]
struct FileWire {
    mode: String,
    user: u64,
    group: u64,
}

#[derive(Serialize)]
struct LayerWire<'a> {
    index: u32,
    digest: &'a str,
}

#[derive(Serialize)]
struct AllowedWire<'a> {
    by: &'a str,
    reason: &'a str,
    written: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'a str>,
}

impl<'a> AllowedWire<'a> {
    fn new(allowed: &'a Allowed, names: &Names) -> Self {
        AllowedWire {
            by: allowed.by,
            reason: &allowed.reason,
            written: names.text(&allowed.written).into_owned(),
            owner: allowed.owner.as_deref(),
            until: allowed.until.as_deref(),
        }
    }
}

impl<'a> CommitWire<'a> {
    fn new(commit: &'a Commit, names: &Names) -> Self {
        CommitWire {
            commit: &commit.id,
            author: commit.author.as_deref().map(|author| names.text(author)),
            email: commit.email.as_deref().map(|email| names.text(email)),
            date: &commit.date,
        }
    }
}

impl<'a> PlaceWire<'a> {
    pub(in crate::report) fn new(place: &'a Place, target: Option<InTarget<'a>>, names: &Names) -> Self {
        let (path, path_bytes) = lossy(&place.path, names);
        let fate = place.fate.as_ref();
        let introduced = fate.and_then(|fate| fate.introduced.as_ref());
        let refs = fate.map_or(&[][..], |fate| &fate.refs);
        PlaceWire {
            state: place.state.name(),
            context: place.context.map(|context| context.name()),
            path,
            path_bytes,
            location: LocationWire::new(place.location),
            excerpt: ExcerptWire { text: &place.excerpt.text, mark: place.excerpt.mark },
            origin: steps(&place.origin, names),
            commit: introduced.map(|commit| &*commit.id),
            author: introduced.and_then(|commit| commit.author.as_deref()).map(|author| names.text(author)),
            email: introduced.and_then(|commit| commit.email.as_deref()).map(|email| names.text(email)),
            date: match introduced {
                Some(commit) => Some(Cow::Borrowed(&*commit.date)),
                None => fate.and_then(|fate| fate.made).map(|day| day.to_string().into()),
            },
            removed: fate.and_then(|fate| fate.removed.as_ref()).map(|commit| CommitWire::new(commit, names)),
            refs: refs.iter().map(|name| names.text(name).into_owned()).collect(),
            file: fate.and_then(|fate| fate.file).map(|file| FileWire {
                mode: format!("{:04o}", file.mode),
                user: file.user,
                group: file.group,
            }),
            base_told_by: fate.and_then(|fate| fate.base).map(ToldBy::name),
            hidden_by: fate
                .and_then(|fate| fate.hidden_by.as_ref())
                .map(|(index, digest)| LayerWire { index: *index, digest }),
            versions: place.versions,
            fails: place.fails,
            owners: &place.owners,
            allowed: place.allowed.as_ref().map(|allowed| AllowedWire::new(allowed, names)),
            allowed_by_change: place.allowed_by_change.as_ref().map(|allowed| AllowedWire::new(allowed, names)),
            target: target.map(PlaceTargetWire::new),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum StepWire {
    Directory { path: String },
    Stdin,
    Repository { location: String },
    Submodule(PathWire),
    Object { id: String, object: &'static str },
    Lfs { oid: String },
    Ref(PathWire),
    Image { reference: String, digest: Option<String> },
    Platform { name: String },
    Config { digest: String },
    Layer { digest: String, index: u32, instruction: Option<String> },
    Chart { name: String, version: Option<String> },
    Path(PathWire),
    Member(PathWire),
    Text { text: &'static str },
    Rendered(RenderedWire),
}

/// The template that shows a value, and the values file that it is rendered with.
#[derive(Serialize)]
pub(super) struct RenderedWire {
    template: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_bytes: Option<String>,
    values: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    values_bytes: Option<String>,
}

/// Bytes that are text as a rule; as base64 too where they are not.
#[derive(Serialize)]
pub(super) struct PathWire {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

impl PathWire {
    fn new(bytes: &[u8], names: &Names) -> Self {
        let (path, path_bytes) = lossy(bytes, names);
        PathWire { path, path_bytes }
    }
}

pub(super) fn lossy(bytes: &[u8], names: &Names) -> (String, Option<String>) {
    let bytes = names.bytes(bytes);
    match std::str::from_utf8(&bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (String::from_utf8_lossy(&bytes).into_owned(), Some(STANDARD.encode(&bytes))),
    }
}

pub(super) fn steps(origin: &Origin, names: &Names) -> Vec<StepWire> {
    let text = |text: &str| names.text(text).into_owned();
    let wire = |step: &Step| {
        Some(match step {
            Step::Directory { path } => StepWire::Directory { path: text(path) },
            Step::Stdin => StepWire::Stdin,
            Step::Repository { location } => StepWire::Repository { location: text(location) },
            Step::Submodule { path } => StepWire::Submodule(PathWire::new(path, names)),
            Step::Object { id, kind } => StepWire::Object { id: id.clone(), object: kind.name() },
            Step::Lfs { oid } => StepWire::Lfs { oid: oid.clone() },
            Step::Ref { name } => StepWire::Ref(PathWire::new(name, names)),
            Step::Image { reference, digest } => {
                StepWire::Image { reference: text(reference), digest: digest.as_deref().map(text) }
            }
            Step::Platform { name } => StepWire::Platform { name: text(name) },
            Step::Config { digest } => StepWire::Config { digest: text(digest) },
            Step::Layer { digest, index, instruction } => {
                StepWire::Layer { digest: text(digest), index: *index, instruction: instruction.as_deref().map(text) }
            }
            Step::Chart { name, version } => {
                StepWire::Chart { name: text(name), version: version.as_deref().map(text) }
            }
            Step::Path { path } => StepWire::Path(PathWire::new(path, names)),
            Step::Member { path } => StepWire::Member(PathWire::new(path, names)),
            Step::Entry { .. } => return None,
            Step::Text { kind } => StepWire::Text { text: kind.name() },
            Step::Rendered { template, values } => {
                let ((template, template_bytes), (values, values_bytes)) =
                    (lossy(template, names), lossy(values, names));
                StepWire::Rendered(RenderedWire { template, template_bytes, values, values_bytes })
            }
        })
    };
    origin.steps().into_iter().filter_map(wire).collect()
}
