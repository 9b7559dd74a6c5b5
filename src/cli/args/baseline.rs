//! `baseline`, as typed.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::cli::flags::{COUNTS, ConfigArgs, READ, ReadArgs, RuleArgs, ThresholdArgs};

/// `baseline`.
#[derive(Debug, Subcommand)]
pub enum BaselineVerb {
    /// Write down what is found now as known, so that a run fails for what is new
    Create {
        /// What is scanned.
        #[command(flatten)]
        scan: BaselineScanArgs,
        /// Replace a baseline that is there
        #[arg(long, env = "SCRUBJAY_FORCE", hide_env = true, value_parser = FalseyValueParser::new())]
        force: bool,
    },
    /// Add what is found now; nothing is taken out
    Update {
        /// What is scanned.
        #[command(flatten)]
        scan: BaselineScanArgs,
    },
    /// Take out what is not found any more, or is allowed otherwise; nothing is added
    Prune {
        /// What is scanned.
        #[command(flatten)]
        scan: BaselineScanArgs,
    },
    /// Show what a baseline knows; scans nothing
    Show {
        /// The file [default: .scrubjay.baseline of the repository you stand in]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "SCRUBJAY_BASELINE", hide_env = true)]
        baseline: Option<PathBuf>,
        /// How to print it
        #[arg(long, value_enum, default_value = "text", env = "SCRUBJAY_FORMAT", hide_env = true)]
        format: ShowFormat,
    },
    /// Add what the baseline of another scanner knows and is found now
    Import {
        /// A gitleaks report in JSON, or a detect-secrets baseline
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Whose it is [default: told by its form]
        #[arg(long, value_enum, value_name = "SCANNER", env = "SCRUBJAY_FROM", hide_env = true)]
        from: Option<Foreign>,
        /// What is scanned.
        #[command(flatten)]
        scan: BaselineScanArgs,
    },
}

/// How a baseline is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// A list by kind and path
    Text,
    /// One JSON document
    Json,
    /// Entries for .scrubjay.toml, each of which waits for its reason
    Toml,
}

/// Whose baseline is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Foreign {
    /// A report of gitleaks in JSON, as its --baseline-path takes it
    Gitleaks,
    /// The .secrets.baseline of detect-secrets
    DetectSecrets,
}

/// What a verb of `baseline` scans.
#[derive(Debug, Args)]
pub struct BaselineScanArgs {
    /// Files and folders [default: the repository you stand in, with its history]
    #[arg(value_hint = ValueHint::AnyPath)]
    pub targets: Vec<PathBuf>,
    /// The file of the baseline [default: .scrubjay.baseline of the repository you stand in]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "SCRUBJAY_BASELINE", hide_env = true)]
    pub baseline: Option<PathBuf>,
    /// Read files that .gitignore leaves out, too
    #[arg(long, help_heading = READ, env = "SCRUBJAY_IGNORED", hide_env = true, value_parser = FalseyValueParser::new())]
    pub ignored: bool,
    /// Where configuration comes from.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Which signatures are used.
    #[command(flatten)]
    pub rules: RuleArgs,
    /// From where on something is known.
    #[command(flatten)]
    pub thresholds: ThresholdArgs,
    /// What is read.
    #[command(flatten)]
    pub reading: ReadArgs,
    /// What could not be read does not fail the run
    #[arg(long, help_heading = COUNTS, env = "SCRUBJAY_ALLOW_INCOMPLETE", hide_env = true, value_parser = FalseyValueParser::new())]
    pub allow_incomplete: bool,
    /// No progress
    #[arg(long, short, env = "SCRUBJAY_QUIET", hide_env = true, value_parser = FalseyValueParser::new())]
    pub quiet: bool,
}
