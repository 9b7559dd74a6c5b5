//! trufflehog: custom detectors in YAML.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Foreign, one_line, without_values};

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

/// Its detectors, a rule for each of their patterns.
///
/// # Errors
/// What is no YAML of its form.
pub(super) fn read(text: &str) -> Result<Vec<Foreign>, String> {
    let file: Trufflehog =
        // Its message quotes the lines around the fault, and these may hold a header with a token.
        serde_saphyr::from_str(text).map_err(|cause| {
            format!("is no YAML of trufflehog's: {}", without_values(&cause.without_snippet().to_string()))
        })?;
    Ok(file.detectors.into_iter().flat_map(rules_of).collect())
}

fn rules_of(detector: Detector) -> Vec<Foreign> {
    let Detector { name, keywords, regex, entropy, rest } = detector;
    let keywords: Vec<String> = keywords.iter().map(|word| word.to_ascii_lowercase()).collect();
    let name_of = |part: &str| if regex.len() > 1 { format!("{name}-{part}") } else { name.clone() };
    // Of several patterns some are what a secret belongs to; of one alone none is.
    let is_secret = |part: &&String| !is_id(part);
    let has_ids = regex.keys().any(|part| is_secret(&part)) && !regex.keys().all(|part| is_secret(&part));
    let ids: Vec<String> = regex.keys().filter(|part| has_ids && is_id(part)).map(|part| name_of(part)).collect();
    let mut lost: Vec<String> = rest.keys().map(|key| format!("its `{key}` is not carried over")).collect();
    if has_ids {
        lost.push(format!(
            "{} is an identifier here, which is never reported alone: a secret counts alone, and is told with it where one clearly \
             belongs to the other",
            ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
        ));
    }
    if regex.len() - ids.len() > 1 {
        lost.push("each of its patterns counts alone, not only beside the others".to_owned());
    }
    let rule = |(part, pattern): (&String, &String)| {
        let is_identifier = has_ids && is_id(part);
        Foreign {
            name: name_of(part),
            title: one_line(&if regex.len() > 1 { format!("{name} ({part})") } else { name.clone() }),
            pattern: pattern.clone(),
            keywords: keywords.clone(),
            entropy: if is_identifier { 0.0 } else { entropy },
            is_identifier,
            ids: if is_identifier { Vec::new() } else { ids.clone() },
            lost: std::mem::take(&mut lost),
            ..Foreign::default()
        }
    };
    if regex.is_empty() {
        // Told as one that has no pattern.
        return vec![Foreign { title: one_line(&name), name, lost, ..Foreign::default() }];
    }
    regex.iter().map(rule).collect()
}

/// Whether a pattern of this name is of what a secret belongs to: `hogID`, `client_id`, `username`, `url`.
fn is_id(part: &str) -> bool {
    const IDS: &[&str] = &[
        "id",
        "ids",
        "sid",
        "uid",
        "guid",
        "user",
        "username",
        "login",
        "account",
        "email",
        "mail",
        "host",
        "hostname",
        "url",
        "uri",
        "endpoint",
        "domain",
        "region",
        "tenant",
        "organization",
        "org",
        "project",
        "name",
    ];
    let last = part
        .rfind(|letter: char| !letter.is_ascii_alphanumeric())
        .map_or(part, |at| &part[at + part[at..].chars().next().map_or(1, char::len_utf8)..]);
    let whole = last.to_ascii_lowercase();
    // `hogID`: a word begins where the case rises.
    let bytes = last.as_bytes();
    let rises = |at: &usize| bytes[*at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase();
    let word = (1..bytes.len()).rev().find(rises).map_or("", |at| &whole[at..]);
    IDS.iter().any(|id| *id == whole || *id == word)
}
