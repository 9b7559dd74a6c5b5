//! The pipeline: sources, unpacking, detection, gathering, allowing, report. Starts no thread of its own.

mod allowing;
mod change;
mod context;
mod details;
mod excerpts;
mod explain;
mod findings;
mod formats;
mod gather;
mod hit;
mod losses;
mod names;
mod pairs;
mod places;
mod recall;
mod rendered;
mod ruling;
mod shown;
mod told;

use crate::allow;
use crate::allow::marks::Marks;
use crate::blob::{Class, Reason, Skip};
use crate::date::Date;
use crate::detect::Detector;
use crate::finding::excerpt::Elsewhere;
use crate::finding::{Finding, PathContext, Place, State};
use crate::origin::{Origin, Step};
use crate::owners::Owners;
use crate::report::{Coverage, Report, mask_words};
use crate::score::Confidence;
use crate::signature::{RuleSet, Severity};
use crate::source::{Source, SourceError};
use crate::unpack;
use findings::Findings;
use gather::Gathering;
use shown::Namer;

pub use context::path_context;
pub use explain::Wanted;
pub use findings::sort;
pub use hit::explained_verdict;
pub use names::masked_name;

/// Which findings make a run fail. A finding fails where all that is given agrees at one of its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailOn {
    /// At least this severe.
    pub severity: Severity,
    /// At least this sure.
    pub confidence: Confidence,
    /// In one of these states.
    pub states: Vec<State>,
}

/// What becomes of a place that is allowed only by what the change adds: an inline mark that was not beside the same secret at
/// that path before, or an entry of [`Options::changed_entries`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChangedAllow {
    /// It is allowed.
    #[default]
    Honour,
    /// It counts, and the report says what would allow it.
    Report,
    /// The same, and its finding fails the run whatever it is.
    Fail,
}

impl ChangedAllow {
    /// All.
    pub const ALL: &'static [ChangedAllow] = &[ChangedAllow::Honour, ChangedAllow::Report, ChangedAllow::Fail];

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            ChangedAllow::Honour => "honour",
            ChangedAllow::Report => "report",
            ChangedAllow::Fail => "fail",
        }
    }
}

/// What a scan is asked to do.
pub struct Options {
    /// The rules.
    pub rules: RuleSet,
    /// The rules that names of a report are masked by, where `rules` are not all.
    pub name_rules: Option<RuleSet>,
    /// Budget of archives; `None` with `--no-unpack`.
    pub unpack: Option<unpack::Limits>,
    /// Blobs above this many bytes are a skip; `None` without `--max-size`.
    pub max_size: Option<u64>,
    /// Findings below are counted, not shown.
    pub min_severity: Severity,
    /// Findings below are counted, not shown.
    pub min_confidence: Confidence,
    /// What fails the run.
    pub fail_on: FailOn,
    /// Contexts in which findings do not fail the run.
    pub context_warn: Vec<PathContext>,
    /// Show secrets as they are.
    pub show_secrets: bool,
    /// Name authors of commits.
    pub authors: bool,
    /// Salt of the fingerprints; `None`: the fixed public one.
    pub salt: Option<Vec<u8>>,
    /// The day, in UTC: what has expired before it opens nothing.
    pub today: Date,
    /// Allow entries.
    pub allow: allow::Entries,
    /// Whether all that the allow entries could cover is read, so that one that covers nothing is worth a note.
    pub all_allowed_is_read: bool,
    /// Where inline marks count: where the user stands in the target, or trusts it.
    pub inline_marks: Marks,
    /// Whether those of other scanners count, too.
    pub foreign_marks: bool,
    /// What becomes of places that only the change itself allows.
    pub changed_allow: ChangedAllow,
    /// Allow entries that the change adds.
    pub changed_entries: allow::Entries,
    /// Secrets that were known before.
    pub baseline: Option<allow::baseline::InForce>,
    /// What the change adds to them; its fingerprints are made as those of `baseline`.
    pub changed_baseline: Option<allow::baseline::InForce>,
    /// Who answers for paths, and from where these are counted; `None`: what the histories say that are read.
    pub owners: Option<(allow::baseline::Ground, Owners)>,
    /// Paths and digests whose loss is accepted.
    pub accept: Vec<Accept>,
    /// Places whose candidates are explained.
    pub explain: Vec<Wanted>,
    /// Whether a path that history knows an object by was not asked for. Sources that know paths while they read leave
    /// them out themselves.
    pub leave_out: Option<PathFilter>,
}

impl Options {
    /// Notes for which of its places a finding makes the run fail, and whether it does.
    pub fn settle(&self, finding: &mut Finding) {
        let on = &self.fail_on;
        let counts = finding.severity >= on.severity && finding.confidence >= on.confidence;
        for place in &mut finding.places {
            let is_added = self.changed_allow == ChangedAllow::Fail && place.allowed_by_change.is_some();
            let is_named = place.allowed.is_none()
                && on.states.contains(&place.state)
                && place.context.is_none_or(|context| !self.context_warn.contains(&context));
            place.fails = is_added || counts && is_named;
        }
        finding.fails = finding.places.iter().any(|place| place.fails);
    }
}

impl Options {
    /// Who answers for a place; nobody for what lies in no repository.
    fn owners_of(&self, place: &Place) -> Vec<String> {
        let is_file = matches!(
            place.origin.steps().first(),
            Some(Step::Directory { .. } | Step::Repository { .. } | Step::Chart { .. } | Step::Path { .. })
        );
        match &self.owners {
            // Nobody owns what git keeps for itself.
            Some((ground, owners)) if is_file && !place.path.is_empty() && !place.path.starts_with(b".git/") => {
                owners.of(&ground.path_of(place, &place.path))
            }
            _ => Vec::new(),
        }
    }
}

/// Tells paths that were not asked for.
pub type PathFilter = Box<dyn Fn(&[u8]) -> bool + Sync + Send>;

/// An accepted loss: `[[accept]]` in the config.
pub struct Accept {
    /// Whether this entry covers the skip (path or digest, kind of reason, not past its end).
    pub covers: Box<dyn Fn(&Skip) -> bool + Sync + Send>,
    /// The reason it covers, if only one.
    pub reason: Option<Reason>,
}

/// Told what happens while it happens: the progress bar.
pub trait Progress: Sync {
    /// More work is known of.
    fn expect(&self, objects: u64, bytes: u64);
    /// Work was done.
    fn done(&self, objects: u64, bytes: u64);
    /// Whether to stop: interrupted, or out of time.
    fn stopped(&self) -> bool;
    /// Waits for what another scan reads: see [`crate::blob::Sink::wait`].
    fn wait(&self, wait: &mut dyn FnMut(&dyn Fn() -> bool)) {
        wait(&|| self.stopped());
    }
}

/// The name of a target, as the user wrote it without credentials, and what is read for it.
pub type Target = (String, Box<dyn Source>);

/// Scans sources one after the other into one report.
///
/// # Errors
/// The first source that could not be read at all.
pub fn run(
    command: &str,
    targets: &[Target],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report, SourceError> {
    let detector = Detector::new(&options.rules).reporting(options.min_severity);
    let namer = Namer::new(options, progress);
    let mut findings = Findings::new(options);
    let mut coverage = Coverage::default();
    for (name, source) in targets {
        let memory = source.memory();
        let mut recalled =
            memory.map(|memory| recall::recall(memory, (options, &namer), progress)).transpose()?.unwrap_or_default();
        let gathering = Gathering::new(&detector, options, progress).unpacked_by_source(source.is_unpacked());
        source.read(&gathering)?;
        let mut gathered = gathering.finish();
        let read = memory.map(|memory| recall::Read::of(memory, &gathered, options));
        if let Some(memory) = memory {
            let found = memory.found();
            recalled.extend(found.traces);
            recall::ids(found.ids, read.as_ref()).for_each(|(id, is_beside)| gathered.ids.add(id, is_beside));
            gathered.skips.extend(found.skips);
        }
        gathered.hits.extend(recall::hits(recalled, read.as_ref()));
        if let Some(memory) = memory {
            recall::add_ids(memory, (&detector, options, progress), &mut gathered)?;
        }
        coverage.objects += gathered.objects;
        coverage.bytes += gathered.bytes;
        // One stream is the whole target.
        let is_told = |skip: &Skip| skip.reason == Reason::TimedOut && skip.origin.steps()[0] == &Step::Stdin;
        if progress.stopped() && !gathered.skips.iter().any(is_told) {
            let origin = Origin::new(Step::Directory { path: name.clone() });
            let skip = Skip::new(origin, Reason::TimedOut, "stopped before all of it was read");
            coverage.skips.push((class(&skip, options), skip));
        }
        coverage.skips.extend(findings.add((name, source.as_ref()), gathered, (&detector, progress))?);
        if let Some((memory, read)) = memory.zip(read) {
            read.remember(memory, options, &namer);
        }
    }
    coverage.skips.sort();
    coverage.skips.dedup();
    let mut targets: Vec<String> = targets.iter().map(|(name, _)| name.clone()).collect();
    targets.dedup();
    let mut report = findings.report(command, targets, coverage, &namer);
    if !options.show_secrets {
        hide_elsewhere(&mut report);
    }
    report.in_names = names::secrets(&report, &detector, options);
    mask_words(&mut report);
    Ok(report)
}

/// Hides each secret also on the lines that are shown of others. What is public may stand there.
fn hide_elsewhere(report: &mut Report) {
    let secret = |finding: &&Finding| finding.severity > Severity::Info;
    let known = Elsewhere::of(report.findings.iter().chain(&report.allowed).filter(secret).map(|one| &one.secret));
    let findings = report.findings.iter_mut().chain(&mut report.allowed);
    findings.flat_map(|finding| &mut finding.places).for_each(|place| known.hide(&mut place.excerpt));
}

fn class(skip: &Skip, options: &Options) -> Class {
    let class = skip.reason.class();
    let accepted = class == Class::Lost
        && options
            .accept
            .iter()
            .any(|accept| accept.reason.is_none_or(|reason| reason == skip.reason) && (accept.covers)(skip));
    if accepted { Class::Accepted } else { class }
}

#[cfg(test)]
pub(crate) mod tests;
