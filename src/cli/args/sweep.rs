//! `sweep`, as typed.

use std::num::NonZeroU8;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use crate::cli::flags::CommonArgs;
use crate::cli::values;

/// Heading of flags that say how targets are gone through.
pub(super) const SWEEP: &str = "The sweep";

/// `sweep`.
#[derive(Debug, Args)]
pub struct SweepArgs {
    /// File with one target a line, TARGET [name=NAME] [owner=OWNER], or `-` for standard input
    #[arg(value_name = "LIST|-", value_hint = ValueHint::FilePath)]
    pub list: PathBuf,
    /// Folder of the mirrors of repositories [default: in the user's cache folder]
    #[arg(long, value_name = "DIR", help_heading = SWEEP, value_hint = ValueHint::DirPath, env = "SCRUBJAY_MIRROR_DIR", hide_env = true)]
    pub mirror_dir: Option<PathBuf>,
    /// Of mirrors, read only what is new since the last run with this flag; the report is that of a full sweep
    #[arg(long, env = "SCRUBJAY_INCREMENTAL", hide_env = true, value_parser = values::switch, help_heading = SWEEP)]
    pub incremental: bool,
    /// Where to keep what is known of their histories; no secret is in it [default: in the user's cache folder]
    #[arg(long, value_name = "DIR", requires = "incremental", value_hint = ValueHint::DirPath, env = "SCRUBJAY_CACHE", hide_env = true, help_heading = SWEEP)]
    pub cache: Option<PathBuf>,
    /// Targets that are fetched and read at once [default: 4]
    #[arg(long, value_name = "N", help_heading = SWEEP, env = "SCRUBJAY_JOBS", hide_env = true)]
    pub jobs: Option<NonZeroU8>,
    /// Give a target up after this time, such as 10m [default: 1h]
    #[arg(long, value_name = "TIME", help_heading = SWEEP, value_parser = values::duration, env = "SCRUBJAY_TARGET_TIMEOUT", hide_env = true)]
    pub target_timeout: Option<Duration>,
    /// File with tokens, HOST=TOKEN or HOST=USER:TOKEN each; SCRUBJAY_GIT_TOKEN can hold them too
    #[arg(long, value_name = "FILE", help_heading = SWEEP, value_hint = ValueHint::FilePath, env = "SCRUBJAY_TOKEN_FILE", hide_env = true)]
    pub token_file: Option<PathBuf>,
    /// File that keeps what was done and found [default: beside the mirrors, one for each list]
    #[arg(long, value_name = "FILE", help_heading = SWEEP, value_hint = ValueHint::FilePath, env = "SCRUBJAY_STATE", hide_env = true)]
    pub state: Option<PathBuf>,
    /// Go on where an interrupted sweep was, if there is one
    #[arg(long, help_heading = SWEEP, env = "SCRUBJAY_RESUME", hide_env = true, value_parser = values::switch)]
    pub resume: bool,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
}
