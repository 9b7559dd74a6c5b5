//! The file `.scrubjay.toml`: its keys, its JSON Schema, and faults with the line they stand at. Whom to trust with it is
//! decided in `trust`, what comes of it in `settings`.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::gitignore::GitignoreBuilder;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::failure::Failure;
use super::named::Named;
use super::values;
use crate::allow::{AllowEntry, Entries, Written};
use crate::blob::{Class, Reason};
use crate::date::Date;
use crate::finding::{PathContext, State};
use crate::score::Confidence;
use crate::signature::{self, Severity, Standing};

/// Name of the file.
pub const FILE_NAME: &str = ".scrubjay.toml";
/// Files above this many bytes are no configuration.
const LARGEST: u64 = 4 << 20;

/// Configuration of scrubjay: `.scrubjay.toml`, or the file that `--config` names.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// Report from this severity on. Default: low.
    pub min_severity: Option<Severity>,
    /// Report from this confidence on. Default: likely.
    pub min_confidence: Option<Confidence>,
    /// What fails the run.
    pub fail_on: Option<FailOn>,
    /// Findings at these kinds of path do not fail the run.
    pub context_warn: Option<Vec<PathContext>>,
    /// Paths that are not read, as in .gitignore.
    pub exclude: Vec<String>,
    /// Only rules of these ids or tags.
    #[schemars(with = "Vec<String>")]
    pub only: Vec<toml::Spanned<String>>,
    /// No rules of these ids or tags.
    #[schemars(with = "Vec<String>")]
    pub without: Vec<toml::Spanned<String>>,
    /// Do not read what is larger. Default: no limit.
    pub max_size: Option<Size>,
    /// Open archives in archives this deep, at most 64. Default: 8.
    pub max_depth: Option<u32>,
    /// Salt of the fingerprints; one for an organisation joins its repositories. Counts in a policy, or where there is none.
    pub salt: Option<Salt>,
    /// Whether inline marks of other scanners count: `gitleaks:allow`, `trufflehog:ignore`, `pragma: allowlist secret`.
    pub foreign_marks: bool,
    /// In a policy: whether `allow`, `accept`, `exclude`, `without` and inline marks of a target count. Default: false.
    pub target_may_allow: bool,
    /// Signatures of your own, or changes of those built in (`extends`).
    #[schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>")]
    pub signature: Vec<toml::Spanned<toml::Table>>,
    /// Findings that do not count.
    #[schemars(with = "Vec<AllowEntry>")]
    pub allow: Vec<toml::Spanned<AllowEntry>>,
    /// Losses that do not make a run incomplete.
    #[schemars(with = "Vec<AcceptEntry>")]
    pub accept: Vec<toml::Spanned<AcceptEntry>>,
}

/// What fails a run; all that is given must agree at one place of a finding.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FailOn {
    /// From this severity on. Default: low.
    pub severity: Option<Severity>,
    /// From this confidence on. Default: likely.
    pub confidence: Option<Confidence>,
    /// In these states. Default: all but touched and inherited.
    pub states: Option<Vec<State>>,
}

/// A loss that does not make a run incomplete: by path or by digest.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptEntry {
    /// Paths, as in .gitignore.
    pub path: Option<String>,
    /// Digest of a layer or blob, or id of an object.
    pub digest: Option<String>,
    /// Only losses of this kind.
    pub reason: Option<Loss>,
    /// Why it is accepted.
    pub why: String,
    /// Last day on which the entry counts.
    pub until: Option<Date>,
}

/// Bytes, as a number or as in `"10MB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Size(pub u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;
        impl Visitor<'_> for SizeVisitor {
            type Value = Size;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes, or a size such as \"10MB\"")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Size, E> {
                u64::try_from(number).map(Size).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Size, E> {
                Ok(Size(number))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                values::size(text).map(Size).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(SizeVisitor)
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Bytes, as a number or as in \"10MB\" or \"512KiB\".",
            "oneOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^[0-9]+ *([kKmMgGtT]([iI]?[bB])?|[bB])?$" }],
        })
    }
}

/// A salt: never printed.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Salt(pub String);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// A reason that makes a skip a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss(pub Reason);

impl Loss {
    fn all() -> impl Iterator<Item = Reason> {
        Reason::ALL.iter().copied().filter(|reason| reason.class() == Class::Lost)
    }
}

impl<'de> Deserialize<'de> for Loss {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Loss::all().find(|reason| reason.name() == name).map(Loss).ok_or_else(|| {
            let names: Vec<&str> = Loss::all().map(Reason::name).collect();
            de::Error::custom(format!("`{name}` is no kind of loss; one of {}", names.join(", ")))
        })
    }
}

impl Serialize for Loss {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.name().serialize(serializer)
    }
}

impl JsonSchema for Loss {
    fn schema_name() -> Cow<'static, str> {
        "Loss".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Loss::all().map(Reason::name).collect();
        json_schema!({ "description": "Why something could not be read.", "type": "string", "enum": names })
    }
}

/// A configuration and the file it is written in.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The file, as it is named in messages.
    pub path: PathBuf,
    /// Its content.
    pub config: Config,
    text: String,
}

impl ConfigFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, does not parse, or has an entry that can never count; with the line it stands at.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let fault = |cause: &dyn fmt::Display| Failure::new(format!("config: {}", path.display()), cause);
        let file = std::fs::File::open(path).map_err(|cause| fault(&cause))?;
        let mut content = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut content).map_err(|cause| fault(&cause))?;
        if content.len() as u64 > LARGEST {
            return Err(fault(&"larger than 4 MiB; this is no configuration"));
        }
        let text = signature::text_of(content)
            .map_err(|(line, cause)| Failure::new(format!("config: {}:{line}", path.display()), cause))?;
        ConfigFile::parse(path, text)
    }

    /// Takes a file's text.
    ///
    /// # Errors
    /// As [`ConfigFile::read`].
    pub fn parse(path: &Path, text: String) -> Result<Self, Failure> {
        let config: Config = toml::from_str(&text).map_err(|cause| {
            let offset = cause.span().map_or(0, |span| span.start);
            fault_at(path, &text, offset, cause.message())
        })?;
        let file = ConfigFile { path: path.to_owned(), config, text };
        file.check()?;
        Ok(file)
    }

    /// An entry with the file and line it is written at.
    pub fn entry<T: Clone>(&self, spanned: &toml::Spanned<T>, by: &'static str) -> Written<T> {
        let (line, _) = line_and_column(&self.text, spanned.span().start);
        Written { entry: spanned.get_ref().clone(), by, written: format!("{}:{line}", self.path.display()) }
    }

    /// Rules that it names under a key, with the line of each.
    pub fn named(&self, key: &str, words: &[toml::Spanned<String>]) -> Vec<Named> {
        let named = |spanned: &toml::Spanned<String>| {
            let (line, _) = line_and_column(&self.text, spanned.span().start);
            let written = format!("config: {}:{line}: {key}", self.path.display());
            Named { word: spanned.get_ref().clone(), written }
        };
        words.iter().map(named).collect()
    }

    /// Its signatures.
    pub fn signatures(&self) -> impl Iterator<Item = signature::Entry> {
        let file: std::sync::Arc<str> = self.path.display().to_string().into();
        self.config.signature.iter().map(move |spanned| {
            let (line, _) = line_and_column(&self.text, spanned.span().start);
            let lines = signature::lines_of_keys(&self.text, spanned.span().start);
            let (table, file) = (spanned.get_ref().clone(), file.clone());
            signature::Entry { table, file, line, lines, standing: Standing::Own }
        })
    }

    fn check(&self) -> Result<(), Failure> {
        let fault = |offset: usize, message: String| fault_at(&self.path, &self.text, offset, &message);
        let offset_of_key = |key: &str| {
            let line_begins = |rest: &str| rest.trim_start().starts_with(key);
            self.text
                .split_inclusive('\n')
                .scan(0, |at, line| Some((std::mem::replace(at, *at + line.len()), line)))
                .find(|(_, line)| line_begins(line))
                .map_or(0, |(at, _)| at)
        };
        for glob in &self.config.exclude {
            check_glob(glob).map_err(|message| fault(offset_of_key("exclude"), message))?;
        }
        let states = self.config.fail_on.as_ref().and_then(|fail_on| fail_on.states.as_ref());
        if states.is_some_and(Vec::is_empty) {
            let message = "no state is given, so that no run could fail: leave `states` out for the usual ones";
            return Err(fault(offset_of_key("states"), message.to_owned()));
        }
        if self.config.salt.as_ref().is_some_and(|salt| salt.0.is_empty()) {
            let message = "the salt is empty, which everybody knows: give some random characters, or none at all";
            return Err(fault(offset_of_key("salt"), message.to_owned()));
        }
        if self.config.max_depth.is_some_and(|depth| depth > 64) {
            return Err(fault(offset_of_key("max-depth"), "max-depth is at most 64".to_owned()));
        }
        for spanned in &self.config.allow {
            let written = Written { entry: spanned.get_ref().clone(), by: "config", written: String::new() };
            if let Err(messages) = Entries::new(vec![written], Date::from_unix_seconds(0)) {
                let message = messages.join("; ").trim_start_matches(": ").to_owned();
                return Err(fault(spanned.span().start, message));
            }
        }
        for spanned in &self.config.accept {
            let (at, entry) = (spanned.span().start, spanned.get_ref());
            if entry.path.is_none() && entry.digest.is_none() {
                return Err(fault(at, "an accept entry needs a path or a digest".to_owned()));
            }
            if entry.why.trim().is_empty() {
                return Err(fault(at, "an accept entry needs a why".to_owned()));
            }
            if let Some(glob) = &entry.path {
                check_glob(glob).map_err(|message| fault(at, message))?;
            }
        }
        Ok(())
    }
}

/// The JSON Schema of the file.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Config);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

/// Whether this is a glob as in `.gitignore`.
///
/// # Errors
/// What is wrong with it.
pub fn check_glob(glob: &str) -> Result<(), String> {
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    builder.add_line(None, glob).map(drop).map_err(|cause| format!("`{glob}` is no glob: {cause}"))
}

fn fault_at(path: &Path, text: &str, offset: usize, message: &str) -> Failure {
    let (line, column) = line_and_column(text, offset);
    let message = message.lines().collect::<Vec<_>>().join(" ");
    Failure::new(format!("config: {}:{line}:{column}", path.display()), message)
        .or_try("`scrubjay config schema` prints all keys")
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    (1 + before.iter().filter(|&&byte| byte == b'\n').count(), 1 + before.len() - line_start)
}

#[cfg(test)]
mod tests;
