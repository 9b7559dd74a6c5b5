//! Reading signature files: TOML in, signatures with their file and line out.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::service::Row;
use super::{Signature, threads};

/// A signature file in the binary, compressed.
struct Embedded {
    name: &'static str,
    text: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A fault in a signature file, with the place a person can go to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct Error {
    /// File as named by the user, or `signatures/NAME.toml` for those built in.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// A signature and where it is written.
#[derive(Debug, Clone)]
pub struct Located {
    /// The signature.
    pub signature: Arc<Signature>,
    /// Its file.
    pub file: Arc<str>,
    /// The line its table begins at, from 1.
    pub line: usize,
    /// Whose word it is.
    pub standing: Standing,
}

/// Whose word a signature is, where what it finds overlaps with what others find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Of this binary, changed or not: what it says of a value counts also where that is not reported.
    #[default]
    BuiltIn,
    /// Of whoever scans: it takes the place of another find where it is reported itself.
    Own,
    /// Of the target, under a policy: it takes no place of a find that weighs more, either.
    Guest,
}

impl Located {
    /// An error at this signature.
    pub fn error(&self, message: impl fmt::Display) -> Error {
        Error { file: self.file.to_string(), line: self.line, message: format!("{}: {message}", self.signature.id) }
    }
}

/// Signatures from one or more files, in file order.
pub type Loaded = Vec<Located>;

/// A signature as it is written, before what it `extends` is known.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its keys.
    pub table: toml::Table,
    /// Its file.
    pub file: Arc<str>,
    /// The line it begins at, from 1.
    pub line: usize,
    /// Those of its keys.
    pub lines: BTreeMap<String, usize>,
    /// Whose word it is.
    pub standing: Standing,
}

impl Entry {
    /// Whether it takes the place of the signature that it extends.
    pub fn replaces(&self) -> bool {
        self.table.contains_key(EXTENDS) && !self.table.contains_key("id")
    }
}

/// The key that names the signature which another one is made from.
const EXTENDS: &str = "extends";
/// What is not taken over from there: a name is given once, and examples of another pattern say nothing.
const OF_THE_BASE: [&str; 1] = ["aliases"];
const OF_ITS_PATTERN: [&str; 2] = ["examples", "counterexamples"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    signature: Vec<toml::Spanned<toml::Table>>,
    #[serde(default)]
    service: Vec<toml::Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: String,
    #[serde(default)]
    signature: Vec<toml::Spanned<Signature>>,
    #[serde(default)]
    service: Vec<toml::Spanned<Row>>,
}

/// A file as the build writes it for a scan: JSON, which is read several times faster, less the examples.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lean {
    name: String,
    #[serde(default)]
    signature: Vec<Signature>,
    #[serde(default)]
    service: Vec<Row>,
}

/// The signatures that are part of this binary.
///
/// # Errors
/// The first fault; a test of the project sees to it that there is none.
pub fn embedded() -> Result<Loaded, Error> {
    let files = threads::map(EMBEDDED, |_, file| {
        let text = String::from_utf8(inflated(file.text)).expect("the build compressed text");
        load_text(&format!("signatures/{}", file.name), &text)
    });
    let mut loaded = Loaded::new();
    for file in files {
        loaded.extend(file?);
    }
    Ok(loaded)
}

/// The same for a scan: without examples, and without their lines.
pub fn embedded_lean() -> Loaded {
    let parts = threads::map(LEAN, |_, part| {
        let files: Vec<Lean> = serde_json::from_slice(&inflated(part)).expect("a test reads what the build wrote");
        let of_file = |file: Lean| {
            let name: Arc<str> = format!("signatures/{}", file.name).into();
            let all = file.signature.into_iter().chain(file.service.into_iter().map(Row::signature));
            all.map(move |signature| Located {
                signature: Arc::new(signature),
                file: name.clone(),
                line: 1,
                standing: Standing::default(),
            })
        };
        files.into_iter().flat_map(of_file).collect::<Loaded>()
    });
    parts.into_iter().flatten().collect()
}

fn inflated(compressed: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    flate2::read::ZlibDecoder::new(compressed).read_to_end(&mut content).expect("the build compressed it");
    content
}

/// Adds all `*.toml` files of a directory, by name, and tells how many signatures they have.
///
/// # Errors
/// The first file that cannot be read or parsed, with its line.
pub fn add_directory(loaded: &mut Loaded, directory: &Path) -> Result<usize, Error> {
    let mut count = 0;
    for path in files_of(directory)? {
        count += add_text(loaded, &path.display().to_string(), &read_text(&path)?)?;
    }
    Ok(count)
}

/// The `*.toml` files of a directory, by name.
///
/// # Errors
/// A directory that cannot be read.
pub fn files_of(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(|cause| unread(directory, 1, cause))? {
        let path = entry.map_err(|cause| unread(directory, 1, cause))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The text of a signature file.
///
/// # Errors
/// When it cannot be read; with the line of the first byte that is no UTF-8.
pub fn read_text(path: &Path) -> Result<String, Error> {
    let content = std::fs::read(path).map_err(|cause| unread(path, 1, cause))?;
    text_of(content).map_err(|(line, cause)| unread(path, line, cause))
}

/// The text that bytes are.
///
/// # Errors
/// Where they are none: the line of the first byte that is no UTF-8, from 1, and what is wrong.
pub fn text_of(content: Vec<u8>) -> Result<String, (usize, &'static str)> {
    String::from_utf8(content).map_err(|fault| {
        let valid = &fault.as_bytes()[..fault.utf8_error().valid_up_to()];
        (line_of(valid, valid.len()), "a byte in this line is no UTF-8")
    })
}

fn unread(path: &Path, line: usize, cause: impl fmt::Display) -> Error {
    Error { file: path.display().to_string(), line, message: format!("cannot be read: {cause}") }
}

/// The line of an offset, from 1.
fn line_of(text: &[u8], offset: usize) -> usize {
    1 + text[..offset.min(text.len())].iter().filter(|&&byte| byte == b'\n').count()
}

/// The signatures of one file's text, see [`add_text`].
///
/// # Errors
/// As [`add_text`].
pub fn load_text(name: &str, text: &str) -> Result<Loaded, Error> {
    let mut loaded = Loaded::new();
    add_text(&mut loaded, name, text)?;
    Ok(loaded)
}

/// Adds the signatures of one file's text, and tells how many it has; `name` is used in messages. One with `extends = "ID"` has all
/// that it does not say itself from the signature of that id, which is loaded already; without an id of its own it takes that one's
/// place.
///
/// # Errors
/// TOML that does not parse, an unknown key, a missing field, an unknown id: with the line it stands at.
pub fn add_text(loaded: &mut Loaded, name: &str, text: &str) -> Result<usize, Error> {
    if text.contains(EXTENDS) {
        let (count, faults) = add_all(loaded, name, text);
        return faults.into_iter().next().map_or(Ok(count), Err);
    }
    let first = loaded.len();
    let file: File = toml::from_str(text).map_err(|cause| fault_in(name, text, &cause))?;
    let name: Arc<str> = name.into();
    let signatures = file.signature.into_iter().map(|spanned| {
        let line = line_of(text.as_bytes(), spanned.span().start);
        let mut signature = spanned.into_inner();
        if signature.provider.is_empty() {
            signature.provider.clone_from(&file.provider);
        }
        Located { signature: Arc::new(signature), file: name.clone(), line, standing: Standing::default() }
    });
    loaded.extend(signatures);
    add_services(loaded, file.service, &name, text);
    Ok(loaded.len() - first)
}

/// As [`add_text`], and goes on after a signature that is none: how many the text has, and all that is wrong with them.
pub fn add_all(loaded: &mut Loaded, name: &str, text: &str) -> (usize, Vec<Error>) {
    let raw: Raw = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(cause) => return (0, vec![fault_in(name, text, &cause)]),
    };
    let count = raw.signature.len() + raw.service.len();
    let file: Arc<str> = name.into();
    let mut faults = Vec::new();
    for spanned in raw.signature {
        let start = spanned.span().start;
        let (line, lines) = (line_of(text.as_bytes(), start), lines_of_keys(text, start));
        let mut table = spanned.into_inner();
        if !raw.provider.is_empty() && !table.contains_key(EXTENDS) {
            table.entry("provider").or_insert_with(|| raw.provider.clone().into());
        }
        let entry = Entry { table, file: file.clone(), line, lines, standing: Standing::default() };
        faults.extend(add_entry(loaded, entry).err());
    }
    add_services(loaded, raw.service, &file, text);
    (count, faults)
}

fn fault_in(name: &str, text: &str, cause: &toml::de::Error) -> Error {
    Error {
        file: name.to_owned(),
        line: cause.span().map_or(1, |span| line_of(text.as_bytes(), span.start)),
        message: cause.message().to_owned(),
    }
}

fn add_services(loaded: &mut Loaded, rows: Vec<toml::Spanned<Row>>, file: &Arc<str>, text: &str) {
    loaded.extend(rows.into_iter().map(|spanned| {
        let line = line_of(text.as_bytes(), spanned.span().start);
        let mut signature = spanned.into_inner().signature();
        if let Some(value) = &signature.value {
            signature.examples = value.examples();
            signature.counterexamples = value.counterexamples();
        }
        Located { signature: Arc::new(signature), file: file.clone(), line, standing: Standing::default() }
    }));
}

/// The line of each key of a table that begins at `start` in a file's text, from 1.
pub fn lines_of_keys(text: &str, start: usize) -> BTreeMap<String, usize> {
    let start = start.min(text.len());
    let first = line_of(text.as_bytes(), start);
    let mut lines = BTreeMap::new();
    for (index, line) in text[start..].lines().enumerate() {
        if index > 0 && line.starts_with('[') {
            break;
        }
        if let Some((key, _)) = line.split_once('=') {
            lines.entry(key.trim().trim_matches(['"', '\'']).to_owned()).or_insert(first + index);
        }
    }
    lines
}

/// A signature with no more than it needs.
const LEAST: &str = "id = ''\ntitle = ''\nprovider = ''\nseverity = 'low'\nlifetime = 'static'\nexamples = []\n";

/// The key of a table for which it is no signature, where it is one key: an unknown one, or one with a value of another type.
fn faulty_key<'t>(table: &'t toml::Table, message: &str) -> Option<&'t str> {
    let unknown = |key: &&String| message.starts_with(&format!("unknown field `{key}`"));
    let is_fault = |key: &&String| {
        let mut whole: toml::Table = LEAST.parse().unwrap_or_default();
        whole.insert((*key).clone(), table[*key].clone());
        whole.try_into::<Signature>().is_err_and(|cause| cause.message() == message)
    };
    table.keys().find(unknown).or_else(|| table.keys().find(is_fault)).map(String::as_str)
}

/// Adds a signature, with what it has from the one that it extends.
///
/// # Errors
/// An unknown id, an unknown key, a missing field.
pub fn add_entry(loaded: &mut Loaded, entry: Entry) -> Result<(), Error> {
    let Entry { mut table, file, line, lines, standing } = entry;
    let fault = |message: String| Error { file: file.to_string(), line, message };
    let own = table.clone();
    let read = |table: toml::Table| {
        let signature: Signature = table.try_into().map_err(|cause: toml::de::Error| {
            let key = faulty_key(&own, cause.message());
            let line = key.and_then(|key| lines.get(key).copied()).unwrap_or(line);
            Error { line, ..fault(cause.message().to_owned()) }
        })?;
        Ok(Located { signature: Arc::new(signature), file: file.clone(), line, standing })
    };
    let Some(base) = table.remove(EXTENDS) else {
        loaded.push(read(table)?);
        return Ok(());
    };
    let base = base.as_str().ok_or_else(|| fault("`extends` is the id of a signature".to_owned()))?;
    let place = loaded.iter().position(|located| located.signature.is_called(base));
    let place = place.ok_or_else(|| fault(format!("extends `{base}`, which is no signature that came before it")))?;
    let of_base = &*loaded[place].signature;
    let mut merged = toml::Table::try_from(of_base).map_err(|cause| fault(cause.to_string()))?;
    let is_other = table.contains_key("id");
    if table.get("id").and_then(toml::Value::as_str) == Some(&of_base.id) {
        return Err(fault(format!("to change `{base}` leave `id` out, to make another one give it a new id")));
    }
    let is_matched_otherwise =
        ["pattern", "keywords", "context", "recogniser"].iter().any(|key| table.contains_key(*key));
    if is_other {
        OF_THE_BASE.iter().for_each(|key| _ = merged.remove(*key));
    }
    if is_matched_otherwise {
        OF_ITS_PATTERN.iter().for_each(|key| _ = merged.remove(*key));
    }
    merged.extend(table);
    let located = read(merged)?;
    if is_other {
        loaded.push(located);
    } else {
        loaded[place] = Located { standing: loaded[place].standing, ..located };
    }
    Ok(())
}

#[cfg(test)]
mod tests;
