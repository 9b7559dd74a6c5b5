//! `sarif`: SARIF 2.1.0, one result a place, as code-scanning services take it. Holds no text of the scanned lines, nothing
//! of a secret, and nobody's name.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::Report;
use super::names::Names;
use super::open::{Open, all_places};
use super::sarif_limits as limits;
use super::sarif_location::{Location, Whereabouts};
use super::sweep::{Change, SweepWire};
use super::wire::{PairWire, write_json};
use super::words::state_in_words;
use crate::blob::{Class, Reason, Skip};
use crate::origin::printable;
use crate::score::Confidence;
use crate::signature::{Severity, Signature};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    automation_details: Automation,
    invocations: [Invocation; 1],
    original_uri_base_ids: BTreeMap<&'static str, BaseId>,
    results: Results<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<RunProperties<'a>>,
}

#[derive(Serialize)]
struct RunProperties<'a> {
    sweep: SweepWire<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Automation {
    id: String,
}

#[derive(Serialize)]
struct BaseId {
    description: Message,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    fn new(text: impl Into<String>) -> Self {
        Message { text: text.into() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    descriptor: Option<Descriptor>,
}

#[derive(Serialize)]
struct Descriptor {
    id: &'static str,
}

/// Results made while they are written, so that a large report is not in memory twice.
struct Results<'a> {
    report: &'a Report,
    names: &'a Names,
    rule_indexes: HashMap<&'a str, usize>,
    /// How many are written.
    most: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultWire<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: PartialFingerprints<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Suppression; 1]>,
    properties: ResultProperties<'a>,
}

#[derive(Serialize)]
struct PartialFingerprints<'a> {
    #[serde(rename = "primaryLocationLineHash")]
    primary_location_line_hash: String,
    #[serde(rename = "scrubjay/v1")]
    scrubjay: &'a str,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultProperties<'a> {
    severity: &'static str,
    confidence: &'static str,
    state: &'static str,
    lifetime: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<PairWire<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    code_owners: &'a [String],
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::hidden(report);
    let rules = rules(report);
    let rule_indexes = rules.iter().enumerate().map(|(index, rule)| (rule.id, index)).collect();
    let base = BaseId { description: Message::new("The directory that the scan ran in: the root of the checkout.") };
    let mut results = Results { report, names: &names, rule_indexes, most: usize::MAX };
    let (most, all) = limits::fitting(results.all());
    results.most = most;
    let mut notifications = notifications(report, &names);
    notifications.extend((most < all).then(|| left_out(most, all)));
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: env!("CARGO_PKG_NAME"),
                semantic_version: env!("CARGO_PKG_VERSION"),
                information_uri: env!("CARGO_PKG_REPOSITORY"),
                rules,
            },
        },
        automation_details: Automation { id: format!("scrubjay/{}/", report.command) },
        invocations: [Invocation {
            execution_successful: !report.is_incomplete(),
            tool_execution_notifications: notifications,
        }],
        original_uri_base_ids: BTreeMap::from([("%SRCROOT%", base)]),
        results,
        properties: report.sweep.as_ref().map(|sweep| RunProperties { sweep: SweepWire::whole(sweep, false) }),
    };
    write_json(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] }, out)?;
    out.write_all(b"\n")
}

fn level(severity: Severity) -> &'static str {
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
fn rules(report: &Report) -> Vec<Rule<'_>> {
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

fn left_out(most: usize, all: usize) -> Notification {
    let text = format!(
        "{} of {all} results are not listed: code scanning takes {} results and {} MB at most; the worst are here, and all \
         are in the report as JSON",
        all - most,
        limits::RESULTS,
        limits::COMPRESSED_BYTES / 1_000_000
    );
    Notification { level: "warning", message: Message::new(text), descriptor: None }
}

/// Each loss by itself; of what matters less one for a reason, with a count.
fn notifications(report: &Report, names: &Names) -> Vec<Notification> {
    let mut notifications = Vec::new();
    let mut counts: BTreeMap<(Class, Reason), usize> = BTreeMap::new();
    for (class, skip) in &report.coverage.skips {
        match class {
            Class::Lost => notifications.push(notification("error", *class, skip, names)),
            Class::Accepted => notifications.push(notification("warning", *class, skip, names)),
            Class::NotAsked | Class::NothingToRead => *counts.entry((*class, skip.reason)).or_default() += 1,
        }
    }
    notifications.extend(counts.into_iter().map(|((class, reason), count)| Notification {
        level: "note",
        message: Message::new(format!("{}: {count} {}", class.name(), reason.name())),
        descriptor: Some(Descriptor { id: reason.name() }),
    }));
    notifications.extend(report.notes.iter().map(|note| Notification {
        level: "warning",
        message: Message::new(printable(names.text(note).as_bytes())),
        descriptor: None,
    }));
    notifications
}

fn notification(level: &'static str, class: Class, skip: &Skip, names: &Names) -> Notification {
    let origin = skip.origin.to_string();
    let detail =
        if skip.detail.is_empty() { String::new() } else { format!(" ({})", printable(skip.detail.as_bytes())) };
    Notification {
        level,
        message: Message::new(format!("{}: {}: {}{detail}", class.name(), names.text(&origin), skip.reason.name())),
        descriptor: Some(Descriptor { id: skip.reason.name() }),
    }
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.all().take(self.most))
    }
}

impl<'a> Results<'a> {
    /// Every place, the worst first; what is covered comes last.
    fn all(&self) -> impl Iterator<Item = ResultWire<'a>> {
        // Two places that are named alike are told apart by their order.
        let mut seen: HashMap<String, usize> = HashMap::new();
        let report = self.report;
        all_places(report, &report.findings).chain(all_places(report, &report.allowed)).map(move |open| {
            let whereabouts = open.whereabouts(self.names);
            let hash: String = open.hash(&whereabouts)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
            let nth = seen.entry(hash.clone()).or_default();
            *nth += 1;
            self.result(&open, whereabouts, format!("{hash}:{nth}"))
        })
    }

    fn result(&self, open: &Open<'a>, whereabouts: Whereabouts, hash: String) -> ResultWire<'a> {
        let Open { finding, place, target } = *open;
        let signature = &finding.signature;
        let within = target.map(|(target, _)| format!(" in {}", printable(target.name.as_bytes())));
        let (title, state) = (&signature.title, state_in_words(place.state));
        let added = place.allowed_by_change.as_ref().map_or("", |_| ", allowed by this change only");
        let pair = finding.pairs.first().map_or_else(String::new, |pair| {
            let at = printable(&self.names.bytes(&pair.path));
            let place = if at.is_empty() { String::new() } else { format!(": {at}:{}", pair.location.line) };
            let (half, confidence) = (pair.half.name(), pair.relation.confidence().name());
            format!("; its {half} is {}{place} ({confidence})", pair.relation.in_words())
        });
        let text = format!("{title}, {state}{added}: {}{}{pair}", whereabouts.name, within.unwrap_or_default());
        ResultWire {
            rule_id: &signature.id,
            rule_index: self.rule_indexes.get(&*signature.id).copied().unwrap_or_default(),
            level: level(finding.severity),
            message: Message::new(text),
            locations: [whereabouts.location],
            partial_fingerprints: PartialFingerprints {
                primary_location_line_hash: hash,
                scrubjay: finding.fingerprint.as_str(),
            },
            suppressions: place.allowed.as_ref().map(|allowed| {
                [Suppression {
                    kind: if allowed.by == "inline" { "inSource" } else { "external" },
                    status: "accepted",
                    justification: printable(self.names.text(&allowed.in_words()).as_bytes()),
                }]
            }),
            properties: ResultProperties {
                severity: finding.severity.name(),
                confidence: finding.confidence.name(),
                state: place.state.name(),
                lifetime: signature.lifetime.name(),
                context: place.context.map(|context| context.name()),
                commit: place.fate.as_ref().and_then(|fate| fate.introduced.as_ref()).map(|commit| &*commit.id),
                target: target.map(|(target, _)| &*target.name),
                owner: target.and_then(|(target, _)| target.owner.as_deref()),
                change: target.and_then(|(_, change)| change).map(Change::name),
                pairs: finding.pairs.iter().map(|pair| PairWire::hidden(pair, self.names)).collect(),
                code_owners: &place.owners,
            },
        }
    }
}

#[cfg(test)]
#[path = "sarif_tests.rs"]
mod tests;
