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
            list(&rules::select(rules::load(&rules.signatures)?, &rules.only, &rules.without)?, format)
        }
        SignaturesVerb::Show { id, format, signatures } => show(&id, format, &signatures),
        SignaturesVerb::Check { paths, corpus } => check(&paths, corpus.as_deref()),
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
    let loaded = rules::load(directories)?;
    let located = loaded
        .iter()
        .find(|located| located.signature.id == id || located.signature.aliases.iter().any(|alias| alias == id))
        .ok_or_else(|| {
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
    if faults.is_empty() && loud.is_empty() {
        output::print(format!("{}: fine\n", counted(loaded.len(), "signature")).as_bytes())?;
        return Ok(code::CLEAN);
    }
    Err(Failure::new("signatures check", counted(faults.len() + loud.len(), "fault")))
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn load_for_check(paths: &[PathBuf]) -> Result<(Loaded, Vec<signature::Error>), Failure> {
    let (mut loaded, mut faults) = (Loaded::new(), Vec::new());
    let mut take = |outcome: Result<Loaded, signature::Error>| match outcome {
        Ok(more) => loaded.extend(more),
        Err(fault) => faults.push(fault),
    };
    if paths.is_empty() {
        take(signature::embedded());
    }
    for path in paths {
        if path.is_dir() {
            take(signature::load_directory(path));
        } else {
            let text = std::fs::read_to_string(path)
                .map_err(|cause| Failure::new(format!("signatures check: {}", path.display()), cause))?;
            take(signature::load_text(&path.display().to_string(), &text));
        }
    }
    Ok((loaded, faults))
}
