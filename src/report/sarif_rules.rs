//! The rules of a SARIF report: what a person reads of each that found something, and how bad and how sure that is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Report;
use super::sarif_message::Message;
use crate::score::Confidence;
use crate::signature::{Severity, Signature};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule<'a> {
    pub id: &'a str,
    name: String,
    short_description: Message,
    full_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    help: Help,
    default_configuration: Configuration,
    properties: RuleProperties<'a>,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties<'a> {
    tags: Vec<&'a str>,
    precision: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

/// What a finding of this severity is to who reads the results.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// On the scale of CVSS, in the middle of what code-scanning services call by the same name.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Proven => "very-high",
        Confidence::Likely => "high",
        Confidence::Possible => "low",
    }
}

/// The rules that found something, by id; each as sure as its surest finding.
pub(super) fn rules(report: &Report) -> Vec<Rule<'_>> {
    let mut occurring: BTreeMap<&str, (&Signature, Confidence)> = BTreeMap::new();
    for finding in report.findings.iter().chain(&report.allowed) {
        let signature = &*finding.signature;
        let surest = &mut occurring.entry(&signature.id).or_insert((signature, finding.confidence)).1;
        *surest = (*surest).max(finding.confidence);
    }
    occurring.into_values().map(|(signature, confidence)| rule(signature, confidence)).collect()
}

fn rule(signature: &Signature, confidence: Confidence) -> Rule<'_> {
    let opens = if signature.opens.is_empty() { &signature.title } else { &signature.opens };
    let steps = [("Revoke", &signature.revoke), ("Make a new one", &signature.rotate)];
    let is_link = |text: &str| text.starts_with("https://") && !text.contains([' ', ')', '<', '>']);
    let mut text = format!("{}. {opens}", signature.title);
    let mut markdown = format!("**{}.** {opens}\n", signature.title);
    for (step, how) in steps.into_iter().filter(|(_, how)| !how.is_empty()) {
        text.push_str(&format!(" {step}: {how}"));
        let how = if is_link(how) { format!("<{how}>") } else { how.clone() };
        markdown.push_str(&format!("\n- {step}: {how}"));
    }
    let tags =
        ["security", "secret"].into_iter().chain([&*signature.provider]).chain(signature.tags.iter().map(|tag| &**tag));
    let mut distinct: Vec<&str> = Vec::new();
    for tag in tags.filter(|tag| !tag.is_empty()) {
        if !distinct.contains(&tag) {
            distinct.push(tag);
        }
    }
    Rule {
        id: &signature.id,
        name: pascal_case(&signature.id),
        short_description: Message::new(&*signature.title),
        full_description: Message::new(&**opens),
        help_uri: [&signature.revoke, &signature.rotate].into_iter().map(|how| &**how).find(|how| is_link(how)),
        help: Help { text, markdown },
        default_configuration: Configuration { level: level(signature.severity) },
        properties: RuleProperties {
            tags: distinct,
            precision: precision(confidence),
            security_severity: security_severity(signature.severity),
        },
    }
}

fn pascal_case(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for word in id.split('-') {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}
