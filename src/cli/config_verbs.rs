//! `config show`, `config check` and `config schema`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use serde::Serialize;

use super::args::{Cli, ConfigVerb};
use super::checked::Checked;
use super::config::{self, AcceptEntry, ConfigFile, Size};
use super::failure::{Failure, code};
use super::joined::CONFIG;
use super::known::Unread;
use super::named::Named;
use super::output;
use super::remote::TOKEN_VARIABLE;
use super::rules;
use super::settings::Settings;
use super::trust::{Layers, Scope};
use super::variables;
use crate::allow::AllowEntry;
use crate::finding::{PathContext, State, mask};
use crate::origin::printable;
use crate::score::Confidence;
use crate::signature::{self, Entry, Severity};

/// Carries out a verb of `config`.
pub fn run(verb: ConfigVerb) -> Result<u8, Failure> {
    match verb {
        ConfigVerb::Show { target, config } => show(target, config.config.as_deref(), config.trust_target_config),
        ConfigVerb::Check { files, config, signatures } => check(files, config, &signatures),
        ConfigVerb::Schema => {
            output::print(config::schema().as_bytes())?;
            Ok(code::CLEAN)
        }
    }
}

fn check(files: Vec<PathBuf>, policy: Option<PathBuf>, folders: &[PathBuf]) -> Result<u8, Failure> {
    let in_force = files.is_empty();
    let files = if in_force {
        let found = Layers::find(policy.as_deref(), Scope::Paths(&[PathBuf::from(".")]))?;
        if found.is_empty() {
            return Err(Failure::new("config check", "no .scrubjay.toml here").or_try("name the file to check"));
        }
        found
    } else {
        files
    };
    let mut exit = code::CLEAN;
    let mut read = Vec::new();
    for path in &files {
        match ConfigFile::read(path) {
            Ok(file) => read.push(file),
            Err(fault) => {
                output::complain(&fault.to_string());
                exit = code::ERROR;
            }
        }
    }
    // What a scan reads together is checked together.
    let is_together = in_force && read.len() == files.len();
    let mut faults = if is_together { faults_of(joined_signatures(policy.as_deref())?, folders)? } else { Vec::new() };
    for file in read {
        if !is_together {
            faults = faults_of(file.signatures().collect(), folders)?;
        }
        let name = file.path.display().to_string();
        let own: Vec<_> = faults.iter().filter(|fault| fault.file == name).collect();
        own.iter().for_each(|fault| output::complain(&format!("scrubjay: config: {fault}")));
        let Unknown { of_selection, of_entries: unknown } = unknown_rules(&file, folders);
        of_selection.iter().chain(&unknown).for_each(|note| output::complain(note));
        // A scan refuses the ones as well; of the others it tells as much.
        if !(own.is_empty() && of_selection.is_empty()) {
            exit = code::ERROR;
            continue;
        }
        let told = if unknown.is_empty() { "fine" } else { "fine but for names that no signature has" };
        output::print(format!("{name}: {told}\n").as_bytes())?;
    }
    Ok(exit)
}

/// Signatures of the policy and of the configuration here, as far as they count.
fn joined_signatures(policy: Option<&Path>) -> Result<Vec<Entry>, Failure> {
    let layers = Layers::read(policy, false, Scope::Paths(&[PathBuf::from(".")]))?;
    Ok(Settings::of_config(layers).signatures)
}

/// What is wrong with signatures, their examples included.
fn faults_of(entries: Vec<Entry>, folders: &[PathBuf]) -> Result<Vec<signature::Error>, Failure> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut checked = Checked::new(false);
    folders.iter().try_for_each(|folder| checked.add(folder))?;
    checked.add_entries(entries);
    Ok(checked.into_faults())
}

/// Rules and tags that a file names, and neither the binary nor a folder of signatures nor the file itself has: what is wrong, in words.
#[derive(Default)]
struct Unknown {
    /// In `only` and `without`.
    of_selection: Vec<String>,
    /// In allow entries.
    of_entries: Vec<String>,
}

fn unknown_rules(file: &ConfigFile, folders: &[PathBuf]) -> Unknown {
    let signatures: Vec<_> = file.signatures().collect();
    // What is wrong with a signature is told by `signatures check`.
    let Ok(loaded) = rules::load(folders, &signatures) else { return Unknown::default() };
    let config = &file.config;
    let in_words = |(written, word): (String, String)| {
        format!("scrubjay: {written}: `{word}` is in no signature that is built in or stands here")
    };
    let named = [("only", &config.only), ("without", &config.without)].into_iter();
    let named = named.flat_map(|(key, words)| file.named(key, words));
    let named = named.filter(|named| !loaded.iter().any(|located| rules::answers_to(located, &named.word)));
    let of_selection = named.map(|named| (named.written, printable(named.word.as_bytes()))).map(in_words).collect();
    let allow: Vec<_> = config.allow.iter().map(|entry| file.entry(entry, CONFIG)).collect();
    let of_allow = rules::unknown(&loaded, &allow).map(|(written, rule)| (format!("config: {written}: allow"), rule));
    Unknown { of_selection, of_entries: of_allow.map(in_words).collect() }
}

/// What `config show` prints, in the keys of the file.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Shown {
    min_severity: Severity,
    min_confidence: Confidence,
    context_warn: Vec<PathContext>,
    exclude: Vec<String>,
    only: Vec<String>,
    without: Vec<String>,
    max_size: Option<Size>,
    max_depth: Option<u32>,
    fail_on: ShownFailOn,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allow: Vec<AllowEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accept: Vec<AcceptEntry>,
}

#[derive(Serialize)]
struct ShownFailOn {
    severity: Severity,
    confidence: Confidence,
    states: Vec<State>,
}

/// An entry less the secret that it may name: what is shown gets into logs.
fn masked(entry: AllowEntry) -> AllowEntry {
    AllowEntry { value: entry.value.map(|value| mask::mask(value.as_bytes(), 0)), ..entry }
}

fn show(target: PathBuf, policy: Option<&Path>, trust: bool) -> Result<u8, Failure> {
    let layers = Layers::read(policy, trust, Scope::Paths(&[target]))?;
    let file =
        |file: &Option<ConfigFile>| file.as_ref().map_or("none".to_owned(), |file| file.path.display().to_string());
    let mut text = format!("# policy: {}\n# configuration: {}\n", file(&layers.policy), file(&layers.target));
    match &layers.baseline {
        Some(Unread::File(path, _)) => text.push_str(&format!("# baseline: {}\n", path.display())),
        _ => text.push_str("# baseline: none\n"),
    }
    let settings = Settings::of_config(layers);
    for note in &settings.notes {
        text.push_str(&format!("# {note}\n"));
    }
    text.push_str(if settings.inline_marks.any() { "# inline marks count\n" } else { "# inline marks do not count\n" });
    if settings.foreign_marks {
        text.push_str("# marks of other scanners count\n");
    }
    if !settings.signatures.is_empty() {
        text.push_str(&format!("# signatures of its own: {}\n", settings.signatures.len()));
    }
    // Their values may be secret.
    let mut set: Vec<OsString> = std::env::vars_os()
        .filter(|(name, value)| name.as_encoded_bytes().starts_with(b"SCRUBJAY_") && !value.is_empty())
        .map(|(name, _)| name)
        .collect();
    set.sort();
    let known = variables::names(&Cli::command());
    let (read, unread): (Vec<_>, Vec<_>) =
        set.into_iter().partition(|name| known.contains(name) || name == TOKEN_VARIABLE);
    for (what, names) in [("variables come before all this", read), ("variables that no flag has", unread)] {
        let names: Vec<String> = names.iter().map(|name| printable(name.as_encoded_bytes())).collect();
        if !names.is_empty() {
            text.push_str(&format!("# {what}: {}\n", names.join(", ")));
        }
    }
    text.push_str(if settings.salt.is_some() { "# a salt is set\n\n" } else { "# no salt is set\n\n" });
    let words = |named: Vec<Named>| named.into_iter().map(|named| named.word).collect();
    let shown = Shown {
        min_severity: settings.min_severity,
        min_confidence: settings.min_confidence,
        context_warn: settings.context_warn,
        exclude: settings.exclude,
        only: words(settings.only),
        without: words(settings.without),
        max_size: settings.max_size.map(Size),
        max_depth: settings.unpack.map(|limits| limits.depth),
        fail_on: ShownFailOn {
            severity: settings.fail_on.severity,
            confidence: settings.fail_on.confidence,
            states: settings.fail_on.states,
        },
        allow: settings.allow.into_iter().map(|written| masked(written.entry)).collect(),
        accept: settings.accept.into_iter().map(|written| written.entry).collect(),
    };
    text.push_str(&toml::to_string(&shown).map_err(|cause| Failure::new("config show", cause))?);
    output::print(text.as_bytes())?;
    Ok(code::CLEAN)
}
