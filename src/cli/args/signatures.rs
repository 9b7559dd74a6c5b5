//! `signatures` and `explain`, as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

use crate::cli::flags::{ArchiveArgs, RuleArgs};

/// `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// File, with a line number if only that line is of interest
    #[arg(value_name = "FILE[:LINE]", value_hint = ValueHint::FilePath)]
    pub place: PathBuf,
    /// Which signatures are used.
    #[command(flatten)]
    pub rules: RuleArgs,
    /// How archives are opened.
    #[command(flatten)]
    pub archives: ArchiveArgs,
}

/// `signatures`.
#[derive(Debug, Subcommand)]
pub enum SignaturesVerb {
    /// List all signatures
    List {
        /// How to print it
        #[arg(long, value_enum, default_value = "text", env = "SCRUBJAY_FORMAT", hide_env = true)]
        format: ListFormat,
        /// Which signatures are used.
        #[command(flatten)]
        rules: RuleArgs,
    },
    /// Show all that one signature says
    Show {
        /// Its id, or a former one
        id: String,
        /// How to print it
        #[arg(long, value_enum, default_value = "text", env = "SCRUBJAY_FORMAT", hide_env = true)]
        format: ListFormat,
        /// Further signatures: a folder of *.toml files; repeatable
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, value_delimiter = '\n', env = "SCRUBJAY_SIGNATURES", hide_env = true)]
        signatures: Vec<PathBuf>,
    },
    /// Compile signatures and run their examples; those of the configuration in force are checked with them
    Check {
        /// Signature files, folders of them, or configurations [default: those built in]
        #[arg(value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
        /// Try them on a folder of ordinary source, too: a rule without a check that finds more than 3 values there fails
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "SCRUBJAY_CORPUS", hide_env = true)]
        corpus: Option<PathBuf>,
    },
    /// Write signatures out of another scanner's rules: gitleaks' TOML, trufflehog's custom detectors, plugins of detect-secrets
    Import {
        /// The file with the rules
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// Show which signatures match a file, and where
    Test {
        /// The file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Which signatures are used.
        #[command(flatten)]
        rules: RuleArgs,
        /// How archives are opened.
        #[command(flatten)]
        archives: ArchiveArgs,
    },
}

/// How lists are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ListFormat {
    /// A table
    Text,
    /// One JSON document
    Json,
}
