//! `ci`, as typed.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueHint};

use crate::cli::flags::{COUNTS, CommonArgs, OUTPUT, READ};
use crate::cli::values;
use crate::scan::ChangedAllow;

/// `ci`.
#[derive(Debug, Args)]
pub struct CiArgs {
    /// Folder of the repository
    #[arg(default_value = ".", value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub repository: PathBuf,
    /// Judge this instead of what the server says
    #[arg(long, value_name = "BASE..HEAD", help_heading = READ, env = "SCRUBJAY_RANGE", hide_env = true)]
    pub range: Option<String>,
    /// Write no annotations beside the lines of a pull request
    #[arg(long, help_heading = OUTPUT, env = "SCRUBJAY_NO_ANNOTATIONS", hide_env = true, value_parser = FalseyValueParser::new())]
    pub no_annotations: bool,
    /// Write no summary of the job
    #[arg(long, help_heading = OUTPUT, env = "SCRUBJAY_NO_SUMMARY", hide_env = true, value_parser = FalseyValueParser::new())]
    pub no_summary: bool,
    /// Keep one comment on the pull request up to date, where GITHUB_TOKEN may write one
    #[arg(long, help_heading = OUTPUT, env = "SCRUBJAY_COMMENT", hide_env = true, value_parser = FalseyValueParser::new())]
    pub comment: bool,
    /// What becomes of what the change allows itself, in .scrubjay.toml or by inline marks [default: report]
    #[arg(long, value_name = "HOW", value_parser = values::changed_allow(), help_heading = COUNTS, env = "SCRUBJAY_CHANGED_ALLOW", hide_env = true)]
    pub changed_allow: Option<ChangedAllow>,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
}
