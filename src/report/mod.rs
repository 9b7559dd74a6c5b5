//! The report: findings in one order, what was read and what was not, and the formats it is written in.

mod advice;
mod age;
mod checkout;
mod code_quality;
mod csv;
pub mod diff;
pub mod explained;
pub mod github;
mod github_summary;
mod gitlab;
mod image;
mod json;
mod junit;
mod markdown;
mod names;
mod open;
#[cfg(test)]
mod samples;
mod sarif;
mod sarif_limits;
mod sarif_location;
mod sarif_message;
mod sarif_rules;
pub mod saved;
mod style;
mod summary;
mod sweep;
mod sweep_text;
mod text;
mod wire;
mod words;

use std::io::{self, Write};

use crate::blob::{Class, Skip};
use crate::date::Date;
use crate::finding::Finding;
use crate::finding::explained::Explained;
use crate::secret::Secret;

pub use github_summary::{Pages, SummaryOptions, summary};
pub use names::{mask_words, sealed};
pub use sweep::{Change, Gone, Outcome, Share, Standing, Sweep, Target};

/// What was read and what was not.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Files, blobs, messages, members: whatever was judged.
    pub objects: u64,
    /// Their bytes, after decompression.
    pub bytes: u64,
    /// What was not read, sorted, with the class that counts (an accepted loss is [`Class::Accepted`]).
    pub skips: Vec<(Class, Skip)>,
}

impl Coverage {
    /// Number of skips of a class.
    pub fn count(&self, class: Class) -> usize {
        self.skips.iter().filter(|(of, _)| *of == class).count()
    }
}

/// The image that was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedImage {
    /// As the user named it.
    pub name: String,
    /// Digests of its manifests or indexes: what is pulled.
    pub digests: Vec<String>,
    /// Whether it is a Helm chart, which registries keep as they keep images.
    pub is_chart: bool,
    /// Where it was read from, where its name alone does not say whether that was a daemon or a registry.
    pub read_from: Option<String>,
}

/// A finished scan.
#[derive(Debug, Clone)]
pub struct Report {
    /// The verb: `scan`, `git`, `dir`, `chart`, `image`, `stdin`, `sweep`.
    pub command: String,
    /// The targets, as the user wrote them, without credentials.
    pub targets: Vec<String>,
    /// The day of the scan in UTC, to which ages are counted; `None` until it is known.
    pub day: Option<Date>,
    /// Whether secrets are shown as they are.
    pub shows_secrets: bool,
    /// Findings to be shown, in order. Those wholly allowed are in `allowed`.
    pub findings: Vec<Finding>,
    /// Findings that allow entries or inline marks cover, in order.
    pub allowed: Vec<Finding>,
    /// Number of findings below the thresholds of severity and confidence.
    pub below_threshold: usize,
    /// Candidates at the paths that `--explain` names, in order.
    pub explained: Vec<Explained>,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// Warnings for the reader of the report, such as an allow entry past its end date; no secret in them.
    pub notes: Vec<String>,
    /// Secrets that stand in names which this report prints and are no finding of it, with what may be shown of them: a path may
    /// have been known before, or its rule not be asked for.
    pub in_names: Vec<(Secret, String)>,
    /// What is to be said of the targets of a sweep, and of the sweep before.
    pub sweep: Option<Sweep>,
    /// The image, where one was asked for.
    pub image: Option<ScannedImage>,
}

impl Report {
    /// Number of findings that make the run fail.
    pub fn failing(&self) -> usize {
        self.findings.iter().filter(|finding| finding.fails).count()
    }

    /// Number of secrets that do not count, since the baseline knows them.
    pub fn baselined(&self) -> usize {
        self.allowed.iter().filter(|finding| finding.is_baselined()).count()
    }

    /// Takes out the authors of commits.
    pub fn leave_out_authors(&mut self) {
        for finding in self.findings.iter_mut().chain(&mut self.allowed) {
            finding.places.iter_mut().for_each(|place| place.leave_out_authors(&finding.shown));
        }
    }

    /// Whether something was lost and not accepted.
    pub fn is_incomplete(&self) -> bool {
        self.coverage.count(Class::Lost) > 0
    }
}

/// The formats a report can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One document, one entry a secret.
    Json,
    /// One line a place.
    Jsonl,
    /// SARIF 2.1.0, one result a place.
    Sarif,
    /// For the log of a GitHub Actions job: the text, and annotations beside the lines.
    Github,
    /// GitLab's secret detection report.
    Gitlab,
    /// GitLab's code quality report.
    #[value(name = "codequality")]
    CodeQuality,
    /// JUnit's XML, one test a place.
    Junit,
    /// A page with a table.
    Markdown,
    /// One row a place.
    Csv,
}

/// How a report is written.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// ANSI colours in `text`.
    pub color: bool,
    /// Show allowed findings in `text` too (other formats always hold them).
    pub show_allowed: bool,
    /// List every skip and every reason in `text`.
    pub verbose: bool,
    /// No summary in `text`.
    pub quiet: bool,
    /// Width of the terminal in columns, where there is one.
    pub width: Option<usize>,
    /// A word that nobody can know before, which ends what is no command in `github`.
    pub fence: String,
    /// What was lost does not fail the run: no error in `github`.
    pub accepts_loss: bool,
    /// When the scan began, as `2026-12-31T23:59:59` in UTC, for formats that tell it.
    pub started: Option<String>,
    /// When it ended.
    pub ended: Option<String>,
}

impl Options {
    /// When the scan began and ended.
    fn times(&self) -> (&str, &str) {
        let started = self.started.as_deref().unwrap_or("1970-01-01T00:00:00");
        (started, self.ended.as_deref().unwrap_or(started))
    }
}

impl Format {
    /// Whether secrets can be shown in it: it is for who ran the scan, and not to be uploaded for others to read.
    pub fn may_show_secrets(self) -> bool {
        matches!(self, Format::Text | Format::Json | Format::Jsonl)
    }

    /// Writes the whole report.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Format::Text => text::write(report, options, out),
            Format::Json => json::write_document(report, out),
            Format::Jsonl => json::write_lines(report, out),
            Format::Sarif => sarif::write(report, out),
            Format::Github => github::write(report, options, out),
            Format::Gitlab => gitlab::write(report, options, out),
            Format::CodeQuality => code_quality::write(report, out),
            Format::Junit => junit::write(report, options, out),
            Format::Markdown => markdown::write(report, out),
            Format::Csv => csv::write(report, out),
        }
    }
}
