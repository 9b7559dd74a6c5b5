//! The report: findings in one order, what was read and what was not, and the formats it is written in.

mod advice;
mod checkout;
pub mod explained;
pub mod github;
mod github_summary;
mod json;
mod names;
#[cfg(test)]
mod samples;
mod sarif;
mod sarif_location;
mod style;
mod summary;
mod sweep;
mod sweep_text;
mod text;
mod wire;

use std::io::{self, Write};

use crate::blob::{Class, Skip};
use crate::finding::Finding;
use crate::finding::explained::Explained;

pub use github_summary::{Pages, SummaryOptions, summary};
pub use names::sealed;
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

/// A finished scan.
#[derive(Debug, Clone)]
pub struct Report {
    /// The verb: `scan`, `git`, `dir`, `chart`, `image`, `stdin`, `sweep`.
    pub command: String,
    /// The targets, as the user wrote them, without credentials.
    pub targets: Vec<String>,
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
    /// What is to be said of the targets of a sweep, and of the sweep before.
    pub sweep: Option<Sweep>,
}

impl Report {
    /// Number of findings that make the run fail.
    pub fn failing(&self) -> usize {
        self.findings.iter().filter(|finding| finding.fails).count()
    }

    /// Whether something was lost and not accepted.
    pub fn is_incomplete(&self) -> bool {
        self.coverage.count(Class::Lost) > 0
    }
}

/// The formats a report can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One document, one entry a secret.
    Json,
    /// One line a place.
    Jsonl,
    /// SARIF 2.1.0, one result a place.
    Sarif,
    /// For the log of a GitHub Actions job: the text, and annotations beside the lines.
    Github,
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
}

impl Format {
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
        }
    }
}
