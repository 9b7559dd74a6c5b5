//! `config`, as typed.

use std::path::PathBuf;

use clap::{Subcommand, ValueHint};

use crate::cli::flags::ConfigArgs;

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Show the configuration that a scan of TARGET would have
    Show {
        /// File or folder
        #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
        target: PathBuf,
        /// Where configuration comes from.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Check configuration files and the signatures in them [default: those that a scan of the current folder reads]
    Check {
        /// The files
        #[arg(value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
        /// The organisation's policy
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "SCRUBJAY_CONFIG", hide_env = true)]
        config: Option<PathBuf>,
        /// Further signatures that they may name: a folder of *.toml files; repeatable
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, value_delimiter = '\n', env = "SCRUBJAY_SIGNATURES", hide_env = true)]
        signatures: Vec<PathBuf>,
    },
    /// Print the JSON Schema of .scrubjay.toml
    Schema,
}
