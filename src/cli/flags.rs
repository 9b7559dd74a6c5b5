//! Flags that many verbs share, as typed: what is read, what counts, what is printed.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::failure::code;
use super::values::{self, FailOnSpec, OutputSpec};
use crate::finding::PathContext;
use crate::report::Format;
use crate::score::Confidence;
use crate::signature::Severity;

/// Heading of flags that say what is a finding, and what fails a run.
pub(super) const COUNTS: &str = "What counts";
/// Heading of flags that say what is looked at.
pub(super) const READ: &str = "What is read";
/// Heading of flags that say what is printed.
pub(super) const OUTPUT: &str = "Output";

/// Flags of every scan.
#[derive(Debug, Default, Args)]
pub struct CommonArgs {
    /// Where configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Which signatures are used.
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Which baseline counts.
    #[command(flatten)]
    pub known: KnownArgs,
    /// What counts.
    #[command(flatten)]
    pub counts: CountArgs,
    /// What is read.
    #[command(flatten)]
    pub reading: ReadArgs,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Where configuration comes from.
#[derive(Debug, Default, Args)]
pub struct ConfigArgs {
    /// The organisation's policy; a target's own .scrubjay.toml can only tighten it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "SCRUBJAY_CONFIG", hide_env = true)]
    pub config: Option<PathBuf>,
    /// Honour .scrubjay.toml and inline marks of a target that you do not stand in
    #[arg(long, env = "SCRUBJAY_TRUST_TARGET_CONFIG", hide_env = true, value_parser = values::switch)]
    pub trust_target_config: bool,
}

/// Which signatures are used.
#[derive(Debug, Default, Args)]
pub struct RuleArgs {
    /// Further signatures: a folder of *.toml files; repeatable
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, value_delimiter = '\n', env = "SCRUBJAY_SIGNATURES", hide_env = true)]
    pub signatures: Vec<PathBuf>,
    /// Only rules of this id or tag; repeatable
    #[arg(long, value_name = "RULE|TAG", help_heading = COUNTS, value_delimiter = ',', env = "SCRUBJAY_ONLY", hide_env = true)]
    pub only: Vec<String>,
    /// No rules of this id or tag; repeatable
    #[arg(long, value_name = "RULE|TAG", help_heading = COUNTS, value_delimiter = ',', env = "SCRUBJAY_WITHOUT", hide_env = true)]
    pub without: Vec<String>,
}

/// Which baseline counts.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = COUNTS)]
pub struct KnownArgs {
    /// Secrets that were known before, and do not count [default: .scrubjay.baseline of the repository you stand in]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "SCRUBJAY_BASELINE", hide_env = true)]
    pub baseline: Option<PathBuf>,
    /// What the baseline knows counts, too
    #[arg(long, conflicts_with = "baseline", env = "SCRUBJAY_NO_BASELINE", hide_env = true, value_parser = values::switch)]
    pub no_baseline: bool,
    /// Of a verb that brings a salt: not even the salt of the baseline counts.
    #[arg(skip)]
    pub without_its_salt: bool,
}

/// From where on something is reported.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = COUNTS)]
pub struct ThresholdArgs {
    /// Report from this severity on [default: low]
    #[arg(long, value_name = "LEVEL", value_parser = values::severity(), env = "SCRUBJAY_MIN_SEVERITY", hide_env = true)]
    pub min_severity: Option<Severity>,
    /// Report from this confidence on [default: likely]
    #[arg(long, value_name = "LEVEL", value_parser = values::confidence(), env = "SCRUBJAY_MIN_CONFIDENCE", hide_env = true)]
    pub min_confidence: Option<Confidence>,
}

/// What counts.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = COUNTS)]
pub struct CountArgs {
    /// From where on something is reported.
    #[command(flatten)]
    pub thresholds: ThresholdArgs,
    /// What fails the run, and is shown then: severity=…,confidence=…, once each, and any state=… [default: low, likely, all states but
    /// touched, inherited]
    #[arg(long, value_name = "WHAT", env = "SCRUBJAY_FAIL_ON", hide_env = true)]
    pub fail_on: Option<FailOnSpec>,
    /// Findings at these kinds of path do not fail the run
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = values::path_context(), env = "SCRUBJAY_CONTEXT_WARN", hide_env = true)]
    pub context_warn: Vec<PathContext>,
    /// Inline marks of other scanners count: gitleaks:allow, trufflehog:ignore, pragma: allowlist secret
    #[arg(long, env = "SCRUBJAY_FOREIGN_MARKS", hide_env = true, value_parser = values::switch)]
    pub foreign_marks: bool,
    /// What of a report fails nothing.
    #[command(flatten)]
    pub exit: ExitArgs,
}

/// What of a report does not fail the run.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = COUNTS)]
pub struct ExitArgs {
    /// Findings do not fail the run
    #[arg(long, env = "SCRUBJAY_EXIT_ZERO", hide_env = true, value_parser = values::switch)]
    pub exit_zero: bool,
    /// What could not be read does not fail the run
    #[arg(long, env = "SCRUBJAY_ALLOW_INCOMPLETE", hide_env = true, value_parser = values::switch)]
    pub allow_incomplete: bool,
}

impl ExitArgs {
    /// The exit code of a run: what fails comes before what is missing, and the report says both.
    pub fn code(&self, fails: bool, is_incomplete: bool) -> u8 {
        if fails && !self.exit_zero {
            code::FINDINGS
        } else if is_incomplete && !self.allow_incomplete {
            code::INCOMPLETE
        } else {
            code::CLEAN
        }
    }
}

/// What is read.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = READ)]
pub struct ReadArgs {
    /// Only paths that match; repeatable, as in .gitignore
    #[arg(long, value_name = "GLOB", value_delimiter = '\n', env = "SCRUBJAY_INCLUDE", hide_env = true)]
    pub include: Vec<String>,
    /// No paths that match; repeatable, as in .gitignore
    #[arg(long, value_name = "GLOB", value_delimiter = '\n', env = "SCRUBJAY_EXCLUDE", hide_env = true)]
    pub exclude: Vec<String>,
    /// Do not read what is larger, such as 10MB [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = values::size, env = "SCRUBJAY_MAX_SIZE", hide_env = true)]
    pub max_size: Option<u64>,
    /// How archives are opened.
    #[command(flatten)]
    pub archives: ArchiveArgs,
    /// Stop after this time, such as 5m; what is left counts as not read
    #[arg(long, value_name = "TIME", value_parser = values::duration, env = "SCRUBJAY_TIMEOUT", hide_env = true)]
    pub timeout: Option<Duration>,
    /// Number of threads [default: one a processor]
    #[arg(long, value_name = "N", env = "SCRUBJAY_THREADS", hide_env = true)]
    pub threads: Option<NonZeroUsize>,
}

/// How archives are opened.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = READ)]
pub struct ArchiveArgs {
    /// Open archives in archives this deep [default: 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=64), env = "SCRUBJAY_MAX_DEPTH", hide_env = true)]
    pub max_depth: Option<u32>,
    /// Scan archives as bytes, do not open them
    #[arg(long, env = "SCRUBJAY_NO_UNPACK", hide_env = true, value_parser = values::switch)]
    pub no_unpack: bool,
}

/// What is printed.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = OUTPUT)]
pub struct OutputArgs {
    /// Format of standard output
    #[arg(long, value_enum, default_value = "text", env = "SCRUBJAY_FORMAT", hide_env = true)]
    pub format: Format,
    /// Write the report to a file too, as in sarif=scrubjay.sarif; repeatable
    #[arg(long, value_name = "FORMAT=FILE", value_delimiter = '\n', env = "SCRUBJAY_OUTPUT", hide_env = true)]
    pub output: Vec<OutputSpec>,
    /// Print secrets as they are
    #[arg(long, env = "SCRUBJAY_SHOW_SECRETS", hide_env = true, value_parser = values::switch)]
    pub show_secrets: bool,
    /// Print allowed findings too
    #[arg(long, env = "SCRUBJAY_SHOW_ALLOWED", hide_env = true, value_parser = values::switch)]
    pub show_allowed: bool,
    /// Give the reasons for every candidate at these paths, dropped ones too; as in .gitignore; repeatable
    #[arg(long, value_name = "GLOB[:LINE]", value_delimiter = '\n', env = "SCRUBJAY_EXPLAIN", hide_env = true)]
    pub explain: Vec<String>,
    /// Do not name the authors of commits
    #[arg(long, env = "SCRUBJAY_NO_AUTHORS", hide_env = true, value_parser = values::switch)]
    pub no_authors: bool,
    /// No summary and no progress
    #[arg(long, short, env = "SCRUBJAY_QUIET", hide_env = true, value_parser = values::switch)]
    pub quiet: bool,
    /// Print every reason and everything that was not read
    #[arg(long, short, env = "SCRUBJAY_VERBOSE", hide_env = true, value_parser = values::switch)]
    pub verbose: bool,
}

/// What is printed of a report that was saved.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = OUTPUT)]
pub struct SavedOutputArgs {
    /// Format of standard output
    #[arg(long, value_enum, default_value = "text", env = "SCRUBJAY_FORMAT", hide_env = true)]
    pub format: Format,
    /// Write the report to a file too, as in sarif=scrubjay.sarif; repeatable
    #[arg(long, value_name = "FORMAT=FILE", value_delimiter = '\n', env = "SCRUBJAY_OUTPUT", hide_env = true)]
    pub output: Vec<OutputSpec>,
    /// Print allowed findings too
    #[arg(long, env = "SCRUBJAY_SHOW_ALLOWED", hide_env = true, value_parser = values::switch)]
    pub show_allowed: bool,
    /// Do not name the authors of commits
    #[arg(long, env = "SCRUBJAY_NO_AUTHORS", hide_env = true, value_parser = values::switch)]
    pub no_authors: bool,
    /// No summary
    #[arg(long, short, env = "SCRUBJAY_QUIET", hide_env = true, value_parser = values::switch)]
    pub quiet: bool,
    /// Print every reason and everything that was not read
    #[arg(long, short, env = "SCRUBJAY_VERBOSE", hide_env = true, value_parser = values::switch)]
    pub verbose: bool,
}
