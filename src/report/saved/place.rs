//! Places, origins and skips, read again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::NoReport;
use crate::blob::{Class, Reason, Skip};
use crate::date::Date;
use crate::finding::{Allowed, Commit, Excerpt, Fate, FileFacts, Location, PathContext, Place, State, ToldBy, word};
use crate::origin::{ObjectKind, Origin, Step, TextKind};
use crate::report::wire::class_name;

#[derive(Deserialize)]
pub(super) struct PlaceIn {
    state: State,
    context: Option<PathContext>,
    path: String,
    path_bytes: Option<String>,
    #[serde(flatten)]
    location: Location,
    excerpt: Excerpt,
    origin: Vec<StepIn>,
    commit: Option<String>,
    author: Option<String>,
    email: Option<String>,
    date: Option<String>,
    removed: Option<CommitIn>,
    refs: Vec<String>,
    hidden_by: Option<LayerIn>,
    file: Option<FileIn>,
    base_told_by: Option<ToldBy>,
    versions: u32,
    #[serde(default)]
    owners: Vec<String>,
    allowed: Option<AllowedIn>,
    allowed_by_change: Option<AllowedIn>,
    pub(super) target: Option<TargetIn>,
    fails: Option<bool>,
}

/// The target of a sweep that a place lies in.
#[derive(Deserialize)]
pub(super) struct TargetIn {
    pub name: String,
    pub change: Option<String>,
}

#[derive(Deserialize)]
struct CommitIn {
    commit: String,
    author: Option<String>,
    email: Option<String>,
    date: String,
}

#[derive(Deserialize)]
struct FileIn {
    mode: String,
    user: u64,
    group: u64,
}

impl FileIn {
    fn facts(self) -> Result<FileFacts, NoReport> {
        let mode = u32::from_str_radix(&self.mode, 8).map_err(|_| NoReport::Value("the mode of a file"))?;
        Ok(FileFacts { mode, user: self.user, group: self.group })
    }
}

#[derive(Deserialize)]
struct LayerIn {
    index: u32,
    digest: String,
}

#[derive(Deserialize)]
struct AllowedIn {
    by: String,
    reason: String,
    written: String,
    owner: Option<String>,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StepIn {
    Directory { path: String },
    Stdin,
    Repository { location: String },
    Submodule { path: String, path_bytes: Option<String> },
    Object { id: String, object: String },
    Lfs { oid: String },
    Ref { path: String, path_bytes: Option<String> },
    Image { reference: String, digest: Option<String> },
    Platform { name: String },
    Config { digest: String },
    Layer { digest: String, index: u32, instruction: Option<String> },
    Chart { name: String, version: Option<String> },
    Path { path: String, path_bytes: Option<String> },
    Member { path: String, path_bytes: Option<String> },
    Text { text: String },
    Rendered { template: String, template_bytes: Option<String>, values: String, values_bytes: Option<String> },
}

#[derive(Deserialize)]
pub(super) struct SkipIn {
    class: String,
    reason: String,
    #[serde(default)]
    detail: String,
    origin: Vec<StepIn>,
}

/// The bytes of a name: the text, unless it is none.
pub(super) fn bytes(text: String, written: Option<String>) -> Result<Vec<u8>, NoReport> {
    match written {
        Some(written) => STANDARD.decode(written).map_err(|_| NoReport::Value("path_bytes")),
        None => Ok(text.into_bytes()),
    }
}

impl PlaceIn {
    pub(super) fn place(self) -> Result<Place, NoReport> {
        let allowed = |allowed: AllowedIn| Allowed {
            by: word(&allowed.by),
            reason: allowed.reason,
            written: allowed.written,
            owner: allowed.owner,
            until: allowed.until,
        };
        let date = self.date.unwrap_or_default();
        let made = if self.commit.is_none() { Date::parse(&date) } else { None };
        let introduced = self.commit.map(|id| Commit { id, author: self.author, email: self.email, date });
        let removed = self.removed.map(|removed| Commit {
            id: removed.commit,
            author: removed.author,
            email: removed.email,
            date: removed.date,
        });
        let mark = self.excerpt.mark;
        if self.excerpt.text.get(mark.0..mark.1).is_none() {
            return Err(NoReport::Value("an excerpt"));
        }
        Ok(Place {
            origin: origin(self.origin)?,
            path: bytes(self.path, self.path_bytes)?,
            location: self.location,
            excerpt: self.excerpt,
            state: self.state,
            fate: Some(Fate {
                introduced,
                made,
                removed,
                refs: self.refs,
                hidden_by: self.hidden_by.map(|layer| (layer.index, layer.digest)),
                file: self.file.map(FileIn::facts).transpose()?,
                base: self.base_told_by,
                ..Fate::of(self.state)
            }),
            versions: self.versions,
            context: self.context,
            allowed: self.allowed.map(allowed),
            allowed_by_change: self.allowed_by_change.map(allowed),
            owners: self.owners,
            // Reports of before say it of the secret alone.
            fails: self.fails.unwrap_or(true),
        })
    }
}

impl SkipIn {
    pub(super) fn skip(self) -> Result<(Class, Skip), NoReport> {
        let classes = [Class::NotAsked, Class::NothingToRead, Class::Accepted, Class::Lost];
        let class = classes.into_iter().find(|class| class_name(*class) == self.class);
        let reason = Reason::ALL.iter().copied().find(|reason| reason.name() == self.reason);
        let class = class.ok_or(NoReport::Value("a class of what was not read"))?;
        let reason = reason.ok_or(NoReport::Value("a reason for what was not read"))?;
        Ok((class, Skip::new(origin(self.origin)?, reason, self.detail)))
    }
}

fn origin(steps: Vec<StepIn>) -> Result<Origin, NoReport> {
    let mut origin: Option<Origin> = None;
    for step in steps {
        let step = step.step()?;
        origin = Some(match origin {
            Some(parent) => parent.with(step),
            None => Origin::new(step),
        });
    }
    origin.ok_or(NoReport::Value("an origin without a step"))
}

impl StepIn {
    fn step(self) -> Result<Step, NoReport> {
        Ok(match self {
            StepIn::Directory { path } => Step::Directory { path },
            StepIn::Stdin => Step::Stdin,
            StepIn::Repository { location } => Step::Repository { location },
            StepIn::Submodule { path, path_bytes } => Step::Submodule { path: bytes(path, path_bytes)? },
            StepIn::Object { id, object } => {
                let kind = ObjectKind::ALL.iter().copied().find(|kind| kind.name() == object);
                Step::Object { id, kind: kind.ok_or(NoReport::Value("a kind of object"))? }
            }
            StepIn::Lfs { oid } => Step::Lfs { oid },
            StepIn::Ref { path, path_bytes } => Step::Ref { name: bytes(path, path_bytes)? },
            StepIn::Image { reference, digest } => Step::Image { reference, digest },
            StepIn::Platform { name } => Step::Platform { name },
            StepIn::Config { digest } => Step::Config { digest },
            StepIn::Layer { digest, index, instruction } => Step::Layer { digest, index, instruction },
            StepIn::Chart { name, version } => Step::Chart { name, version },
            StepIn::Path { path, path_bytes } => Step::Path { path: bytes(path, path_bytes)? },
            StepIn::Member { path, path_bytes } => Step::Member { path: bytes(path, path_bytes)? },
            StepIn::Rendered { template, template_bytes, values, values_bytes } => {
                Step::Rendered { template: bytes(template, template_bytes)?, values: bytes(values, values_bytes)? }
            }
            StepIn::Text { text } => {
                let kind = TextKind::ALL.iter().copied().find(|kind| kind.name() == text);
                Step::Text { kind: kind.ok_or(NoReport::Value("a kind of text"))? }
            }
        })
    }
}
