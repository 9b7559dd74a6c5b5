//! `signatures list`, `show`, `check` and `test`.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{ListFormat, SignaturesVerb};
use super::checked::{self, Checked};
use super::corpus;
use super::explain;
use super::failure::{Failure, code};
use super::output;
use super::rules;
use crate::origin::{is_printable, printable};
use crate::signature::{self, Lifetime, Located, Severity};

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
            let id = widest(|line| shown(line.id).chars().count());
            let provider = widest(|line| shown(line.provider).chars().count());
            lines
                .iter()
                .map(|line| {
                    format!(
                        "{:id$}  {:8}  {:9}  {:provider$}  {}\n",
                        shown(line.id),
                        line.severity,
                        line.lifetime.name(),
                        shown(line.provider),
                        shown(line.title)
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
            // Control characters are escaped in TOML; what turns text around is not.
            let toml: Vec<String> = toml.lines().map(shown).collect();
            format!("# {}:{}\n{}\n", shown(&located.file), located.line, toml.join("\n"))
        }
    };
    output::print(text.as_bytes())?;
    Ok(code::CLEAN)
}

fn json(value: &(impl Serialize + ?Sized)) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|cause| Failure::new("signatures", cause))?;
    let mut escaped = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        // Its own line ends are the only ones outside of strings.
        if letter == '\n' || is_printable(letter) {
            escaped.push(letter);
        } else {
            letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped.push_str(&format!("\\u{unit:04x}")));
        }
    }
    escaped.push('\n');
    Ok(escaped)
}

/// Text of a configuration, which may be that of others.
fn shown(text: &str) -> String {
    printable(text.as_bytes())
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

/// Shows every fault of signatures, or how many are fine: those that are named, else those built in, and those of the configuration
/// in force, as a scan has them.
fn check(paths: &[PathBuf], corpus: Option<&Path>) -> Result<u8, Failure> {
    let mut checked = Checked::new(paths.is_empty());
    let configured = checked::elsewhere(rules::configured()?, paths);
    for path in paths {
        let before = (checked.count, checked.faults.len());
        checked.add(path)?;
        if before == (checked.count, checked.faults.len()) {
            return Err(rules::no_signature("signatures check", path));
        }
    }
    checked.add_entries(configured);
    checked.notes.iter().for_each(|note| output::complain(&format!("scrubjay: {note}")));
    let (count, loaded) = (checked.count, checked.tried());
    let faults = checked.into_faults();
    for fault in &faults {
        output::complain(&fault.to_string());
    }
    let loud = corpus.map_or_else(|| Ok(Vec::new()), |folder| corpus::faults(&loaded, folder))?;
    for fault in &loud {
        output::complain(fault);
    }
    if faults.is_empty() && loud.is_empty() {
        output::print(format!("{}: fine\n", counted(count, "signature")).as_bytes())?;
        return Ok(code::CLEAN);
    }
    Err(Failure::new("signatures check", counted(faults.len() + loud.len(), "fault")))
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
