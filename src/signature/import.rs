//! Signatures out of other scanners' rules: gitleaks' TOML, trufflehog's custom detectors in YAML, and plugins of
//! detect-secrets in Python. What cannot be said here is told, rule by rule, and nothing is left out in silence.

mod literals;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use regex_syntax::hir::{Hir, HirKind};
use serde::Deserialize;

use super::{RuleSet, load_text};

/// Bytes that are looked at where a pattern has no longest match.
const REACH: i64 = 1_024;

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
    group: Option<u32>,
    entropy: f64,
    tags: Vec<String>,
    is_identifier: bool,
    /// What else it says, and signatures do not.
    lost: Vec<String>,
}

/// Reads rules of another scanner.
///
/// # Errors
/// A file that is none of the three, or does not parse; in words for people.
pub fn import(text: &str) -> Result<Imported, String> {
    let (scanner, rules, notes) = if text.contains("re.compile") {
        ("detect-secrets", detect_secrets(text), Vec::new())
    } else {
        match toml::from_str::<Gitleaks>(text) {
            Ok(file) => {
                let (rules, notes) = gitleaks(file, text)?;
                ("gitleaks", rules, notes)
            }
            Err(cause) if is_toml(text) => {
                let line = line_of(text, cause.span().map_or(0, |span| span.start));
                return Err(format!("is no TOML of gitleaks': line {line}: {}", without_values(cause.message())));
            }
            Err(_) => ("trufflehog", trufflehog(text)?, Vec::new()),
        }
    };
    if rules.is_empty() {
        return Err(
            "has no rule: it is read as gitleaks' TOML (`[[rules]]`), trufflehog's YAML (`detectors:`), or a plugin \
                    of detect-secrets (`re.compile`)"
                .to_owned(),
        );
    }
    let mut imported = Imported { notes, ..Imported::default() };
    let mut toml = format!(
        "# Imported from {scanner}. Examples make `scrubjay signatures check` try them.\nprovider = \"Custom\"\n"
    );
    let mut ids = BTreeMap::new();
    for rule in rules {
        let mut id = id_of(scanner, &rule.name);
        let count = ids.entry(id.clone()).or_insert(0u32);
        *count += 1;
        if *count > 1 {
            write!(id, "-{count}").expect("a string takes all that is written");
        }
        let lost = rule.lost.iter().map(|lost| format!("{id}: {lost}"));
        match signature(&id, &rule) {
            Ok((table, note)) => {
                imported.notes.extend(lost.chain(note.map(|note| format!("{id}: {note}"))));
                imported.count += 1;
                toml.push('\n');
                toml.push_str(&table);
            }
            Err(cause) => imported.notes.push(format!("{id}: left out: {cause}")),
        }
    }
    imported.toml = toml;
    Ok(imported)
}

fn id_of(scanner: &str, name: &str) -> String {
    let mut id = scanner.to_owned();
    for word in name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        id.push('-');
        id.push_str(&word.to_ascii_lowercase());
    }
    id
}

/// The signature as TOML that compiles, and what is otherwise than it was.
fn signature(id: &str, rule: &Foreign) -> Result<(String, Option<String>), String> {
    let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
    let hir =
        parser.parse(&rule.pattern).map_err(|cause| one_line(&format!("its pattern is not one of ours: {cause}")))?;
    let mut note = None;
    let mut table = toml::Table::new();
    let mut put = |key: &str, value: toml::Value| _ = table.insert(key.to_owned(), value);
    put("id", id.into());
    put("title", rule.title.clone().into());
    put("severity", "high".into());
    put("lifetime", "static".into());
    put("pattern", rule.pattern.clone().into());
    put("case-sensitive", false.into());
    // Their patterns say themselves what may stand beside a match.
    put("boundary", false.into());
    let groups = groups(&hir);
    match rule.group.or((groups > 0).then_some(1)) {
        Some(group) if group > groups => return Err(format!("its pattern has no group {group}")),
        group => put("group", i64::from(group.unwrap_or(0)).into()),
    }
    if hir.properties().maximum_len().is_none() {
        put("reach", REACH.into());
        note = Some(format!("its pattern has no longest match: {REACH} bytes after the keyword are looked at"));
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
    // Their keywords may stand anywhere in a file, ours are a part of the match.
    let own: Vec<String> = rule.keywords.iter().filter(|word| word.len() >= 3 && word.is_ascii()).cloned().collect();
    let mut last = "no word of three letters is in every match".to_owned();
    for keywords in [own, literals::of(&hir).unwrap_or_default()].into_iter().filter(|words| !words.is_empty()) {
        table.insert("keywords".to_owned(), keywords.into());
        let text = to_toml(&table)?;
        match compile(&text) {
            Ok(()) => return Ok((text, note)),
            Err(cause) => last = cause,
        }
    }
    Err(last)
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

/// Number of capture groups.
fn groups(hir: &Hir) -> u32 {
    match hir.kind() {
        HirKind::Capture(capture) => 1 + groups(&capture.sub),
        HirKind::Repetition(repetition) => groups(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(groups).sum(),
        _ => 0,
    }
}

/// See "Configuration" in the README of gitleaks 8.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GitleaksRule {
    id: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    regex: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    secret_group: u32,
    #[serde(default)]
    entropy: f64,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    allowlist: Option<toml::Value>,
    allowlists: Option<toml::Value>,
    required: Option<toml::Value>,
    /// It is read only beside the rules that require it.
    #[serde(default)]
    skip_report: bool,
    #[serde(flatten)]
    rest: BTreeMap<String, toml::Value>,
}

/// Its file; what else is in it tells of the file alone.
#[derive(Deserialize)]
struct Gitleaks {
    #[serde(default)]
    rules: Vec<toml::Spanned<toml::Table>>,
    extend: Option<toml::Value>,
    allowlist: Option<toml::Value>,
    allowlists: Option<toml::Value>,
}

fn gitleaks(file: Gitleaks, text: &str) -> Result<(Vec<Foreign>, Vec<String>), String> {
    let mut notes = Vec::new();
    if let Some(extend) = &file.extend {
        let has = |key: &str| extend.get(key).is_some();
        let mut ways = Vec::new();
        if has("path") || has("url") {
            ways.push("import what it names, too");
        }
        if has("useDefault") {
            ways.push("the signatures built in take the place of its defaults");
        }
        if has("disabledRules") {
            ways.push("give those that it turns off as `without`");
        }
        let ways = if ways.is_empty() { String::new() } else { format!(": {}", ways.join("; ")) };
        notes.push(format!("[extend] is not carried over{ways}"));
    }
    for (key, _) in
        [("allowlist", &file.allowlist), ("allowlists", &file.allowlists)].iter().filter(|one| one.1.is_some())
    {
        notes.push(format!("[{key}] is not carried over: write `[[allow]]` entries for what it lets pass"));
    }
    let mut rules = Vec::new();
    for spanned in file.rules {
        let line = line_of(text, spanned.span().start);
        let rule = spanned.into_inner().try_into::<GitleaksRule>();
        rules.push(rule.map_err(|cause| format!("the rule at line {line}: {}", without_values(cause.message())))?);
    }
    let foreign = rules.into_iter().map(|rule| {
        let mut lost = Vec::new();
        if rule.allowlist.is_some() || rule.allowlists.is_some() {
            lost.push("its allowlist is not carried over: write `[[allow]]` entries".to_owned());
        }
        if !rule.path.is_empty() {
            lost.push(format!("its path `{}` is not carried over: give `paths`, as in .gitignore", rule.path));
        }
        lost.extend(rule.rest.keys().map(|key| format!("its `{key}` is not carried over")));
        if rule.skip_report {
            lost.push("it has `skipReport`: an identifier here, which is never reported alone".to_owned());
        }
        if rule.required.is_some() {
            lost.push("what it requires beside it is not carried over: see `companions`".to_owned());
        }
        Foreign {
            title: if rule.description.is_empty() { rule.id.clone() } else { one_line(&rule.description) },
            name: rule.id,
            pattern: rule.regex,
            keywords: rule.keywords.iter().map(|word| word.to_ascii_lowercase()).collect(),
            group: (rule.secret_group > 0).then_some(rule.secret_group),
            entropy: rule.entropy,
            tags: rule.tags,
            is_identifier: rule.skip_report,
            lost,
        }
    });
    Ok((foreign.collect(), notes))
}

/// See "Custom detectors" in the documentation of trufflehog 3.
#[derive(Deserialize)]
struct Trufflehog {
    #[serde(default)]
    detectors: Vec<Detector>,
}

#[derive(Deserialize)]
struct Detector {
    name: String,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    regex: BTreeMap<String, String>,
    #[serde(default)]
    entropy: f64,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

fn trufflehog(text: &str) -> Result<Vec<Foreign>, String> {
    let file: Trufflehog =
        // Its message quotes the lines around the fault, and these may hold a header with a token.
        serde_saphyr::from_str(text).map_err(|cause| {
            format!("is no YAML of trufflehog's: {}", without_values(&cause.without_snippet().to_string()))
        })?;
    let of = |detector: Detector| {
        let several = detector.regex.len() > 1;
        let mut lost: Vec<String> =
            detector.rest.keys().map(|key| format!("its `{key}` is not carried over")).collect();
        if several {
            lost.push("each of its patterns counts alone, not only beside the others".to_owned());
        }
        let keywords: Vec<String> = detector.keywords.iter().map(|word| word.to_ascii_lowercase()).collect();
        let (name, entropy) = (detector.name, detector.entropy);
        detector
            .regex
            .into_iter()
            .map(move |(part, pattern)| Foreign {
                name: if several { format!("{name}-{part}") } else { name.clone() },
                title: one_line(&if several { format!("{name} ({part})") } else { name.clone() }),
                pattern,
                keywords: keywords.clone(),
                entropy,
                lost: std::mem::take(&mut lost),
                ..Foreign::default()
            })
            .collect::<Vec<_>>()
    };
    Ok(file.detectors.into_iter().flat_map(of).collect())
}

/// Plugins derive from `RegexBasedDetector`: `secret_type`, and a `denylist` of compiled patterns.
fn detect_secrets(text: &str) -> Vec<Foreign> {
    let mut rules = Vec::new();
    let mut title = "Custom".to_owned();
    let mut rest = text;
    loop {
        let (typed, compiled) = (rest.find("secret_type"), rest.find("re.compile("));
        match (typed, compiled) {
            (Some(place), compiled) if compiled.is_none_or(|compiled| place < compiled) => {
                rest = &rest[place + "secret_type".len()..];
                let is_assigned = rest.trim_start().starts_with('=');
                if let (true, Some((literal, _))) =
                    (is_assigned, python_strings(&rest[rest.find('=').unwrap_or(0) + 1..]))
                {
                    title = one_line(&literal);
                }
            }
            (_, Some(place)) => {
                rest = &rest[place + "re.compile(".len()..];
                let Some((mut pattern, after)) = python_strings(rest) else { continue };
                let arguments = &after[..after.find(')').unwrap_or(after.len())];
                if arguments.contains("IGNORECASE") || arguments.contains("re.I") {
                    pattern = format!("(?i){pattern}");
                }
                rules.push(Foreign { name: title.clone(), title: title.clone(), pattern, ..Foreign::default() });
            }
            _ => return rules,
        }
    }
}

/// The string literals, joined, that `text` begins with, and what follows them.
fn python_strings(text: &str) -> Option<(String, &str)> {
    let mut joined = None;
    let mut rest = text.trim_start();
    loop {
        let prefix = rest.len() - rest.trim_start_matches(['r', 'R', 'b', 'B', 'u', 'U']).len();
        let is_raw = rest[..prefix].contains(['r', 'R']);
        let body = &rest[prefix..];
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| body.starts_with(quote));
        let Some(quote) = quote.filter(|_| prefix <= 2) else { return joined.map(|joined| (joined, rest)) };
        let body = &body[quote.len()..];
        let mut end = 0;
        while !body[end..].starts_with(quote) {
            let letter = body[end..].chars().next()?;
            let escaped = if letter == '\\' { body[end + 1..].chars().next().map_or(0, char::len_utf8) } else { 0 };
            end += letter.len_utf8() + escaped;
        }
        let literal = &body[..end];
        let literal = if is_raw { literal.to_owned() } else { literal.replace("\\\\", "\\") };
        joined.get_or_insert_with(String::new).push_str(&literal);
        rest = body[end + quote.len()..].trim_start();
    }
}

#[cfg(test)]
mod tests;
