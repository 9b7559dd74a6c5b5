//! `sarif`: SARIF 2.1.0, one result a place, as code-scanning services take it. Holds no text of the scanned lines, nothing
//! of a secret, and nobody's name.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::Report;
use super::advice::Shared;
use super::names::Names;
use super::open::{Open, all_places};
use super::sarif_limits as limits;
use super::sarif_location::{COLUMN_KIND, Location, Whereabouts};
use super::sarif_message::Message;
use super::sarif_rules::{Rule, level, rules};
use super::sweep::{Change, SweepWire};
use super::wire::{PairWire, write_json};
use super::words::state_in_words;
use crate::blob::{Class, Reason, Skip};
use crate::origin::printable;

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
    column_kind: &'static str,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<Shared>,
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
        column_kind: COLUMN_KIND,
        results,
        properties: report.sweep.as_ref().map(|sweep| RunProperties { sweep: SweepWire::whole(sweep, false) }),
    };
    write_json(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] }, out)?;
    out.write_all(b"\n")
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
    let detail = if skip.detail.is_empty() {
        String::new()
    } else {
        format!(" ({})", printable(names.text(&skip.detail).as_bytes()))
    };
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
        // The places of a finding come one after the other.
        let mut shared: Option<(&str, Option<Shared>)> = None;
        let report = self.report;
        all_places(report, &report.findings).chain(all_places(report, &report.allowed)).map(move |open| {
            let key = open.finding.fingerprint.as_str();
            if shared.as_ref().is_none_or(|(known, _)| *known != key) {
                shared = Some((key, Shared::of(report, open.finding)));
            }
            let shared_by = shared.as_ref().and_then(|(_, shared)| shared.clone());
            let whereabouts = open.whereabouts(self.names);
            let hash: String = open.hash(&whereabouts)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
            let nth = seen.entry(hash.clone()).or_default();
            *nth += 1;
            let mut result = self.result(&open, whereabouts, format!("{hash}:{nth}"));
            result.properties.shared = shared_by;
            result
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
                shared: None,
            },
        }
    }
}

#[cfg(test)]
#[path = "sarif_tests.rs"]
mod tests;
