//! Signatures out of other scanners' rules: gitleaks' TOML, trufflehog's custom detectors in YAML, and plugins of
//! detect-secrets in Python. What cannot be said here is told, rule by rule, and nothing is left out in silence.

mod detect_secrets;
mod gitleaks;
mod groups;
mod literals;
mod python;
mod trufflehog;

use std::collections::BTreeSet;

use regex_syntax::hir::Hir;

use super::{RuleSet, load_text};

/// Bytes that are looked at where a pattern has no longest match.
const REACH: i64 = 1_024;
/// Bytes within which a value begins after a keyword that is no part of its match.
const CONTEXT: i64 = 128;

/// What came of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// The signatures, as a file that `--signatures` reads.
    pub toml: String,
    /// How many there are.
    pub count: usize,
    /// What could not be carried over, and what is otherwise than it was: a line each.
    pub notes: Vec<String>,
}

/// A rule of another scanner.
#[derive(Debug, Default)]
struct Foreign {
    name: String,
    title: String,
    pattern: String,
    keywords: Vec<String>,
    secret: Secret,
    entropy: f64,
    tags: Vec<String>,
    is_identifier: bool,
    /// Names of the rules whose finds are the ids that its secrets belong to.
    ids: Vec<String>,
    /// What else it says, and signatures do not.
    lost: Vec<String>,
}

/// What of a match is the secret.
#[derive(Debug, Clone, Copy, Default)]
enum Secret {
    /// The first group; the whole match where there is none.
    #[default]
    FirstGroup,
    /// The first group that is not empty.
    FirstNotEmpty,
    /// Each group is one.
    EachGroup,
    /// A group of this number.
    Group(u32),
}

/// Reads rules of another scanner.
///
/// # Errors
/// A file that is none of the three, or does not parse; in words for people.
pub fn import(text: &str) -> Result<Imported, String> {
    let (scanner, rules, notes) = if detect_secrets::is_plugin(text) {
        let (rules, notes) = detect_secrets::read(text);
        ("detect-secrets", rules, notes)
    } else {
        match gitleaks::parse(text) {
            Ok(file) => {
                let (rules, notes) = gitleaks::read(file, text)?;
                ("gitleaks", rules, notes)
            }
            Err(cause) if is_toml(text) => {
                let line = line_of(text, cause.span().map_or(0, |span| span.start));
                return Err(format!("is no TOML of gitleaks': line {line}: {}", without_values(cause.message())));
            }
            Err(_) => ("trufflehog", trufflehog::read(text)?, Vec::new()),
        }
    };
    if rules.is_empty() && !notes.is_empty() {
        return Err(format!("none of its rules can be carried over: {}", notes.join("; ")));
    }
    if rules.is_empty() {
        return Err(
            "has no rule: it is read as gitleaks' TOML (`[[rules]]`), trufflehog's YAML (`detectors:`), or a plugin \
                    of detect-secrets (`re.compile`)"
                .to_owned(),
        );
    }
    let mut imported = Imported { notes, ..Imported::default() };
    let mut ids = Ids::default();
    let made = rules.iter().flat_map(|rule| made(scanner, rule, &mut ids, &mut imported.notes)).collect::<Vec<_>>();
    let mut toml = format!(
        "# Imported from {scanner}. Examples make `scrubjay signatures check` try them.\nprovider = \"Custom\"\n"
    );
    for one in &made {
        let mut table = one.table.clone();
        let is_id = |other: &&Made<'_>| other.rule.is_identifier && one.rule.ids.contains(&other.rule.name);
        let own: Vec<toml::Value> = made.iter().filter(is_id).map(|id| id.id.clone().into()).collect();
        if !own.is_empty() {
            table.insert("ids".to_owned(), own.into());
        }
        toml.push('\n');
        toml.push_str(&to_toml(&table)?);
        imported.count += 1;
    }
    imported.toml = toml;
    Ok(imported)
}

/// A signature that compiles.
struct Made<'r> {
    rule: &'r Foreign,
    id: String,
    table: toml::Table,
}

/// The signatures of a rule: one for each group that may be its secret.
fn made<'r>(scanner: &str, rule: &'r Foreign, ids: &mut Ids, notes: &mut Vec<String>) -> Vec<Made<'r>> {
    let first = ids.free(&id_of(scanner, &rule.name));
    let mut note = |id: &str, text: &str| notes.push(format!("{id}: {text}"));
    rule.lost.iter().for_each(|lost| note(&first, lost));
    let read = || {
        if rule.pattern.is_empty() {
            return Err("it has no pattern".to_owned());
        }
        let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
        let hir = parser
            .parse(&rule.pattern)
            .map_err(|cause| one_line(&format!("its pattern is not one of ours: {cause}")))?;
        let (groups, more) = secret_groups(rule, &hir)?;
        Ok((hir, groups, more))
    };
    let (hir, groups, more) = match read() {
        Ok(read) => read,
        Err::<_, String>(cause) => {
            note(&first, &format!("left out: {cause}"));
            return Vec::new();
        }
    };
    more.iter().for_each(|more| note(&first, more));
    let mut all: Vec<Made<'r>> = Vec::new();
    for (index, group) in groups.into_iter().enumerate() {
        let id = if index == 0 { first.clone() } else { ids.free(&first) };
        match signature(&id, rule, &hir, group) {
            Ok((table, more)) => {
                more.iter().for_each(|more| note(&id, more));
                all.push(Made { rule, id, table });
            }
            Err(cause) => note(&id, &format!("left out: {cause}")),
        }
    }
    all
}

/// The groups that may be the secret, and what is otherwise than it was.
fn secret_groups(rule: &Foreign, hir: &Hir) -> Result<(Vec<u32>, Vec<String>), String> {
    let count = hir.properties().explicit_captures_len() as u32;
    match rule.secret {
        Secret::FirstGroup => Ok((vec![u32::from(count > 0)], Vec::new())),
        Secret::Group(group) if group > count => Err(format!("its pattern has no group {group}")),
        Secret::Group(group) => Ok((vec![group], Vec::new())),
        Secret::FirstNotEmpty => groups::first_not_empty(hir),
        Secret::EachGroup => groups::each(hir),
    }
}

/// Ids that are taken.
#[derive(Default)]
struct Ids(BTreeSet<String>);

impl Ids {
    /// This id, or the first one like it that is free.
    fn free(&mut self, id: &str) -> String {
        let numbered = (2..).map(|number: u32| format!("{id}-{number}"));
        let free = std::iter::once(id.to_owned()).chain(numbered).find(|id| !self.0.contains(id)).unwrap_or_default();
        self.0.insert(free.clone());
        free
    }
}

fn id_of(scanner: &str, name: &str) -> String {
    let mut id = scanner.to_owned();
    for word in name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        id.push('-');
        id.push_str(&word.to_ascii_lowercase());
    }
    id
}

/// The signature as a table that compiles, and what is otherwise than it was.
fn signature(id: &str, rule: &Foreign, hir: &Hir, group: u32) -> Result<(toml::Table, Vec<String>), String> {
    let mut notes = Vec::new();
    let mut table = toml::Table::new();
    let mut put = |key: &str, value: toml::Value| _ = table.insert(key.to_owned(), value);
    put("id", id.into());
    put("title", rule.title.clone().into());
    put("severity", if rule.is_identifier { "info" } else { "high" }.into());
    put("lifetime", "static".into());
    put("pattern", rule.pattern.clone().into());
    put("case-sensitive", false.into());
    // Their patterns say themselves what may stand beside a match.
    put("boundary", false.into());
    put("group", i64::from(group).into());
    if hir.properties().maximum_len().is_none() {
        put("reach", REACH.into());
        notes.push(format!("its pattern has no longest match: {REACH} bytes after the keyword are looked at"));
    }
    if rule.entropy > 0.0 {
        put("entropy", rule.entropy.clamp(0.0, 6.0).into());
    }
    if !rule.tags.is_empty() {
        put("tags", rule.tags.clone().into());
    }
    if rule.is_identifier {
        put("identifier", true.into());
    }
    put("examples", toml::Value::Array(Vec::new()));
    // Their keywords may stand anywhere in a file, ours are a part of the match, or stand before it.
    let own: Vec<String> = rule.keywords.iter().filter(|word| word.len() >= 3 && word.is_ascii()).cloned().collect();
    let ways = [(own.clone(), 0), (literals::of(hir).unwrap_or_default(), 0), (own, CONTEXT)];
    let mut first = None;
    for (keywords, context) in ways.into_iter().filter(|(words, _)| !words.is_empty()) {
        table.insert("keywords".to_owned(), keywords.into());
        if context > 0 {
            table.insert("context".to_owned(), context.into());
        }
        match compile(&to_toml(&table)?) {
            Ok(()) => {
                if context > 0 {
                    notes.push(format!(
                        "its keywords are no part of its match: what begins within {context} bytes after one is found, on the same \
                         line or the next, not what stands anywhere in the file"
                    ));
                }
                return Ok((table, notes));
            }
            Err(cause) => first = first.or(Some(cause)),
        }
    }
    Err(first.unwrap_or_else(|| "no word of three letters is in every match".to_owned()))
}

fn to_toml(table: &toml::Table) -> Result<String, String> {
    let file = toml::Table::from_iter([("signature".to_owned(), toml::Value::Array(vec![table.clone().into()]))]);
    toml::to_string_pretty(&file).map_err(|cause| cause.to_string())
}

fn compile(text: &str) -> Result<(), String> {
    let loaded = load_text("import", &format!("provider = \"Custom\"\n{text}")).map_err(|error| error.message)?;
    RuleSet::compile(&loaded, true).map(|_| ()).map_err(|faults| {
        let first = faults.into_iter().next().map(|fault| fault.message).unwrap_or_default();
        one_line(first.split_once(": ").map_or(first.as_str(), |(_, message)| message))
    })
}

/// Whether it was meant as TOML: it has the header of a table, or its first key.
fn is_toml(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_assigned =
        |line: &str| line.split_once('=').is_some_and(|(key, _)| !key.contains([':', ' ']) || is_key(key));
    lines.clone().next().is_some_and(|line| line.starts_with('[') || is_assigned(line))
        || lines.any(|line| line == "[[rules]]")
}

fn is_key(text: &str) -> bool {
    text.trim_end().bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

/// A message of a parser without the text of a value that it names: a file may hold what is for no log.
fn without_values(message: &str) -> String {
    let message = one_line(message);
    match message.split_once(": string \"") {
        Some((before, rest)) => {
            let after = rest.rfind("\", expected").map_or("", |end| &rest[end + 1..]);
            format!("{before}: a string{after}")
        }
        None => message,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
