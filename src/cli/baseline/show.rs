//! `baseline show`: what a baseline knows, for people and for programs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::entries_in_words;
use crate::allow::baseline::{Baseline, Entry, Ground, Salt};
use crate::cli::args::ShowFormat;
use crate::cli::failure::{Failure, code};
use crate::cli::{folders, known, output};
use crate::finding::fingerprint::Kept;
use crate::origin::printable;

/// Schema of the JSON form.
const SCHEMA: &str = "scrubjay/baseline/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    file: &'a str,
    /// `own` or `elsewhere`; the salt itself is in the file alone.
    salt: &'static str,
    paths: usize,
    entries: Vec<EntryWire<'a>>,
}

#[derive(Serialize)]
struct EntryWire<'a> {
    /// Whole, or its first bits where others could be told by it.
    fingerprint: &'a str,
    rule: &'a str,
    /// As the file has them: percent-encoded.
    paths: Vec<String>,
}

impl<'a> EntryWire<'a> {
    fn new((fingerprint, entry): (&'a Kept, &'a Entry)) -> Self {
        let paths = entry.names.keys().map(ToString::to_string).collect();
        EntryWire { fingerprint: fingerprint.as_str(), rule: &entry.rule, paths }
    }
}

/// Prints a baseline.
pub(super) fn show(named: Option<&Path>, format: ShowFormat) -> Result<u8, Failure> {
    let folder = folders::current()?;
    let path = named.map_or_else(|| known::path_at(known::top_of(&folder)), Path::to_owned);
    let file = known::read(&path, Ground::default())
        .map_err(|fault| if path.exists() { fault } else { fault.or_try("`scrubjay baseline create` makes one") })?;
    let counts = file.baseline.counts();
    if format == ShowFormat::Toml {
        output::print(allow_entries(&file.baseline).as_bytes())?;
        return Ok(code::CLEAN);
    }
    if format == ShowFormat::Json {
        let salt = if matches!(file.baseline.salt, Salt::Own(_)) { "own" } else { "elsewhere" };
        let entries = file.baseline.entries().map(EntryWire::new).collect();
        let document = Document { schema: SCHEMA, file: &file.name, salt, paths: counts.1, entries };
        let mut text = serde_json::to_vec_pretty(&document).map_err(|cause| Failure::new("baseline show", cause))?;
        text.push(b'\n');
        output::print(&text)?;
        return Ok(code::CLEAN);
    }
    let mut by_rule: BTreeMap<&str, Vec<(&Kept, &Entry)>> = BTreeMap::new();
    for (fingerprint, entry) in file.baseline.entries() {
        by_rule.entry(&entry.rule).or_default().push((fingerprint, entry));
    }
    let mut text = String::new();
    for (rule, mut entries) in by_rule {
        text.push_str(&format!("{}: {}\n", printable(rule.as_bytes()), entries.len()));
        // By path, for that is how a person goes through them.
        entries.sort_by(|(_, a), (_, b)| a.names.keys().cmp(b.names.keys()));
        for (fingerprint, entry) in entries {
            let names: Vec<String> = entry.names.keys().map(|name| printable(name.to_string().as_bytes())).collect();
            text.push_str(&format!("  {}  {fingerprint}\n", names.join("  ")));
        }
    }
    text.push_str(&format!("{}: {}\n", printable(file.name.as_bytes()), entries_in_words(counts)));
    output::print(text.as_bytes())?;
    Ok(code::CLEAN)
}

/// Entries of the configuration that say the same. A reason is for people to give: without one they are a fault. What knows
/// the first bits of a fingerprint only counts for a rule and a path.
fn allow_entries(baseline: &Baseline) -> String {
    let mut text = String::new();
    for (kept, entry) in baseline.entries() {
        let names: Vec<String> = entry.names.keys().map(|name| printable(name.to_string().as_bytes())).collect();
        let rule = printable(entry.rule.as_bytes());
        let mut write = |names: &str, limits: &str| {
            text.push_str(&format!(
                "\n[[allow]] # {rule} at {names}\nfingerprint = \"{kept}\"\n{limits}reason = \"\"\n"
            ));
        };
        if kept.is_short() {
            for (name, shown) in entry.names.keys().zip(&names) {
                let quoted = |text: &str| toml::Value::from(text).to_string();
                write(shown, &format!("rule = {}\npath = {}\n", quoted(&entry.rule), quoted(&name.as_glob())));
            }
        } else {
            write(&names.join(", "), "");
        }
    }
    text
}
