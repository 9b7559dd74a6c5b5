//! `signatures list`, `show`, `check` and `test`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{ListFormat, SignaturesVerb};
use super::corpus;
use super::explain;
use super::failure::{Failure, code};
use super::output;
use super::rules;
use crate::check;
use crate::signature::{self, Lifetime, Loaded, Located, Severity};

/// Carries out a verb of `signatures`.
pub fn run(verb: SignaturesVerb) -> Result<u8, Failure> {
    match verb {
        SignaturesVerb::List { format, rules } => {
            list(&rules::select_typed(rules::load(&rules.signatures, &rules::configured()?)?, &rules)?, format)
        }
        SignaturesVerb::Show { id, format, signatures } => show(&id, format, &signatures),
        SignaturesVerb::Check { paths, corpus } => check(&paths, corpus.as_deref()),
        SignaturesVerb::Import { file } => import(&file),
        SignaturesVerb::Test { file, rules, archives } => explain::test(&file, &rules, &archives),
    }
}

/// A line of `signatures list`.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    title: &'a str,
    severity: Severity,
    lifetime: Lifetime,
    provider: &'a str,
    tags: &'a [String],
}

fn list(loaded: &[Located], format: ListFormat) -> Result<u8, Failure> {
    let lines: Vec<Line<'_>> = loaded
        .iter()
        .map(|located| {
            let signature = &*located.signature;
            Line {
                id: &signature.id,
                title: &signature.title,
                severity: signature.severity,
                lifetime: signature.lifetime,
                provider: &signature.provider,
                tags: &signature.tags,
            }
        })
        .collect();
    let text = match format {
        ListFormat::Json => json(&lines)?,
        ListFormat::Text => {
            let widest = |of: fn(&Line<'_>) -> usize| lines.iter().map(of).max().unwrap_or(0);
            let id = widest(|line| line.id.chars().count());
            let provider = widest(|line| line.provider.chars().count());
            lines
                .iter()
                .map(|line| {
                    format!(
                        "{:id$}  {:8}  {:9}  {:provider$}  {}\n",
                        line.id,
                        line.severity,
                        line.lifetime.name(),
                        line.provider,
                        line.title
                    )
                })
                .collect()
        }
    };
    output::print(text.as_bytes())?;
    Ok(code::CLEAN)
}

fn show(id: &str, format: ListFormat, directories: &[PathBuf]) -> Result<u8, Failure> {
    let loaded = rules::load(directories, &rules::configured()?)?;
    let located = loaded.iter().find(|located| located.signature.is_called(id)).ok_or_else(|| {
        Failure::new(format!("signatures show: {id}"), "no signature has this id")
            .or_try("`scrubjay signatures list` shows all")
    })?;
    let text = match format {
        ListFormat::Json => json(&*located.signature)?,
        ListFormat::Text => {
            let toml = toml::to_string_pretty(&*located.signature)
                .map_err(|cause| Failure::new(format!("signatures show: {id}"), cause))?;
            format!("# {}:{}\n{toml}", located.file, located.line)
        }
    };
    output::print(text.as_bytes())?;
    Ok(code::CLEAN)
}

fn json(value: &(impl Serialize + ?Sized)) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(|cause| Failure::new("signatures", cause))?;
    text.push('\n');
    Ok(text)
}

/// Prints the signatures that another scanner's rules become, and tells what could not be carried over.
fn import(file: &Path) -> Result<u8, Failure> {
    let named = || format!("signatures import: {}", file.display());
    let text = std::fs::read_to_string(file).map_err(|cause| Failure::new(named(), cause))?;
    let imported = signature::import::import(&text).map_err(|cause| Failure::new(named(), cause))?;
    for note in &imported.notes {
        output::complain(note);
    }
    if imported.count == 0 {
        return Err(Failure::new(named(), "none of its rules can be carried over"));
    }
    output::print(imported.toml.as_bytes())?;
    Ok(code::CLEAN)
}

/// Shows every fault of signature files, or how many signatures are fine.
fn check(paths: &[PathBuf], corpus: Option<&Path>) -> Result<u8, Failure> {
    let (loaded, mut faults) = load_for_check(paths)?;
    faults.extend(check::check(&loaded));
    faults.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
    for fault in &faults {
        output::complain(&fault.to_string());
    }
    let loud = corpus.map_or_else(|| Ok(Vec::new()), |folder| corpus::faults(&loaded, folder))?;
    for fault in &loud {
        output::complain(fault);
    }
    if faults.is_empty() && loaded.is_empty() {
        return Err(Failure::new("signatures check", "there is no signature in what was named")
            .or_try("name a *.toml file with signatures, or a folder of such files"));
    }
    if faults.is_empty() && loud.is_empty() {
        output::print(format!("{}: fine\n", counted(loaded.len(), "signature")).as_bytes())?;
        return Ok(code::CLEAN);
    }
    Err(Failure::new("signatures check", counted(faults.len() + loud.len(), "fault")))
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The signatures of some files, with those built in that they extend beneath them.
fn load_for_check(paths: &[PathBuf]) -> Result<(Loaded, Vec<signature::Error>), Failure> {
    let mut faults = Vec::new();
    let built_in = signature::embedded().unwrap_or_else(|fault| {
        faults.push(fault);
        Loaded::new()
    });
    if paths.is_empty() {
        return Ok((built_in, faults));
    }
    let mut loaded = built_in.clone();
    for path in paths {
        let outcome = if path.is_dir() {
            signature::add_directory(&mut loaded, path)
        } else {
            let text = std::fs::read_to_string(path)
                .map_err(|cause| Failure::new(format!("signatures check: {}", path.display()), cause))?;
            signature::add_text(&mut loaded, &path.display().to_string(), &text)
        };
        faults.extend(outcome.err());
    }
    let is_own =
        |located: &Located| !built_in.iter().any(|one| std::sync::Arc::ptr_eq(&one.signature, &located.signature));
    loaded.retain(is_own);
    Ok((loaded, faults))
}
