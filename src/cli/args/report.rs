//! `report`, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::cli::flags::{ExitArgs, SavedOutputArgs};

/// `report`.
#[derive(Debug, Subcommand)]
pub enum ReportVerb {
    /// Write a report that was saved as JSON in another format
    Convert(ConvertArgs),
    /// Tell what is new, gone and still there between two reports that were saved as JSON
    Diff(DiffArgs),
}

/// `report convert`.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    /// The report, saved by --output json=FILE, or `-` for standard input
    #[arg(value_name = "FILE|-", value_hint = ValueHint::FilePath)]
    pub report: PathBuf,
    /// What of it fails nothing.
    #[command(flatten)]
    pub exit: ExitArgs,
    /// What is printed.
    #[command(flatten)]
    pub output: SavedOutputArgs,
}

/// `report diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier report
    #[arg(value_name = "OLD", value_hint = ValueHint::FilePath)]
    pub old: PathBuf,
    /// The later report, or `-` for standard input
    #[arg(value_name = "NEW|-", value_hint = ValueHint::FilePath)]
    pub new: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value = "text", env = "SCRUBJAY_FORMAT", hide_env = true)]
    pub format: DiffFormat,
    /// What of it fails nothing.
    #[command(flatten)]
    pub exit: ExitArgs,
}

/// How a comparison is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// Lists, for a page or a comment
    Markdown,
}
