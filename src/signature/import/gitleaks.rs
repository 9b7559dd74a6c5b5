//! gitleaks: rules in TOML.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Foreign, Secret, line_of, one_line, without_values};

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
pub(super) struct Gitleaks {
    #[serde(default)]
    rules: Vec<toml::Spanned<toml::Table>>,
    extend: Option<toml::Value>,
    allowlist: Option<toml::Value>,
    allowlists: Option<toml::Value>,
}

/// Reads a file.
///
/// # Errors
/// TOML of another form.
pub(super) fn parse(text: &str) -> Result<Gitleaks, toml::de::Error> {
    toml::from_str(text)
}

/// Its rules, and what of the file is not carried over.
///
/// # Errors
/// A rule that is none, with its line.
pub(super) fn read(file: Gitleaks, text: &str) -> Result<(Vec<Foreign>, Vec<String>), String> {
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
            secret: if rule.secret_group > 0 { Secret::Group(rule.secret_group) } else { Secret::FirstNotEmpty },
            entropy: rule.entropy,
            tags: rule.tags,
            is_identifier: rule.skip_report,
            ids: Vec::new(),
            lost,
        }
    });
    Ok((foreign.collect(), notes))
}
