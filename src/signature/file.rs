//! Reading signature files: TOML in, signatures with their file and line out.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::Signature;
use super::service::Row;

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
}

impl Located {
    /// An error at this signature.
    pub fn error(&self, message: impl fmt::Display) -> Error {
        Error { file: self.file.to_string(), line: self.line, message: format!("{}: {message}", self.signature.id) }
    }
}

/// Signatures from one or more files, in file order.
pub type Loaded = Vec<Located>;

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

/// The signatures that are part of this binary.
///
/// # Errors
/// The first fault; a test of the project sees to it that there is none.
pub fn embedded() -> Result<Loaded, Error> {
    let mut loaded = Vec::new();
    for (name, text) in EMBEDDED {
        loaded.extend(load_text(&format!("signatures/{name}"), text)?);
    }
    Ok(loaded)
}

/// All `*.toml` files of a directory, by name.
///
/// # Errors
/// The first file that cannot be read or parsed, with its line.
pub fn load_directory(directory: &Path) -> Result<Loaded, Error> {
    let fault = |path: &Path, cause: &dyn fmt::Display| Error {
        file: path.display().to_string(),
        line: 1,
        message: format!("cannot be read: {cause}"),
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(|cause| fault(directory, &cause))? {
        let path = entry.map_err(|cause| fault(directory, &cause))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut loaded = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|cause| fault(&path, &cause))?;
        loaded.extend(load_text(&path.display().to_string(), &text)?);
    }
    Ok(loaded)
}

/// The signatures of one file's text; `name` is used in messages.
///
/// # Errors
/// TOML that does not parse, an unknown key, a missing field: with the line it stands at.
pub fn load_text(name: &str, text: &str) -> Result<Loaded, Error> {
    let line_of = |offset: usize| 1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|&&b| b == b'\n').count();
    let file: File = toml::from_str(text).map_err(|cause| Error {
        file: name.to_owned(),
        line: cause.span().map_or(1, |span| line_of(span.start)),
        message: cause.message().to_owned(),
    })?;
    let name: Arc<str> = name.into();
    let signatures = file.signature.into_iter().map(|spanned| {
        let line = line_of(spanned.span().start);
        let mut signature = spanned.into_inner();
        if signature.provider.is_empty() {
            signature.provider.clone_from(&file.provider);
        }
        Located { signature: Arc::new(signature), file: name.clone(), line }
    });
    let services = file.service.into_iter().map(|spanned| {
        let line = line_of(spanned.span().start);
        Located { signature: Arc::new(spanned.into_inner().signature()), file: name.clone(), line }
    });
    let loaded: Loaded = signatures.chain(services).collect();
    match loaded.iter().find(|located| located.signature.provider.is_empty()) {
        Some(located) => Err(located.error("needs a `provider`, its own or the file's")),
        None => Ok(loaded),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_its_line() {
        let text = "provider = \"X\"\n\n[[signature]]\nid = \"x\"\ntitel = \"?\"\n";
        let error = load_text("x.toml", text).expect_err("unknown key");
        assert_eq!((error.file.as_str(), error.line), ("x.toml", 5));
        assert!(error.message.contains("titel"), "{}", error.message);
    }
}
