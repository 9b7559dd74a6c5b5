//! `registry`, as typed.

use std::num::{NonZeroU8, NonZeroUsize};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueHint};

use super::image::TransportArgs;
use super::sweep::SWEEP;
use crate::cli::flags::CommonArgs;
use crate::cli::values;

/// Heading of flags that choose among them.
const CHOICE: &str = "Which images";

/// `registry`.
#[derive(Debug, Args)]
pub struct RegistryArgs {
    /// Registry by its host, with what its repositories' names begin with where not all are meant
    #[arg(value_name = "HOST[/NAMESPACE]")]
    pub registry: String,
    /// File with one repository a line, or `-`: for a registry that does not list them
    #[arg(long, value_name = "FILE|-", help_heading = CHOICE, value_hint = ValueHint::FilePath, env = "SCRUBJAY_REPOSITORIES", hide_env = true)]
    pub repositories: Option<PathBuf>,
    /// Only repositories that match; repeatable
    #[arg(long, value_name = "GLOB", help_heading = CHOICE, value_delimiter = '\n', env = "SCRUBJAY_REPOSITORY", hide_env = true)]
    pub repository: Vec<String>,
    /// No repositories that match; repeatable
    #[arg(long, value_name = "GLOB", help_heading = CHOICE, value_delimiter = '\n', env = "SCRUBJAY_EXCLUDE_REPOSITORY", hide_env = true)]
    pub exclude_repository: Vec<String>,
    /// Only tags that match; repeatable
    #[arg(long, value_name = "GLOB", help_heading = CHOICE, value_delimiter = '\n', env = "SCRUBJAY_TAG", hide_env = true)]
    pub tag: Vec<String>,
    /// No tags that match; repeatable
    #[arg(long, value_name = "GLOB", help_heading = CHOICE, value_delimiter = '\n', env = "SCRUBJAY_EXCLUDE_TAG", hide_env = true)]
    pub exclude_tag: Vec<String>,
    /// Of each repository only the N images that were built last
    #[arg(long, value_name = "N", help_heading = CHOICE, env = "SCRUBJAY_NEWEST", hide_env = true)]
    pub newest: Option<NonZeroUsize>,
    /// Only images that were built since then, such as 2026-11-01 or 30d
    #[arg(long, value_name = "DATE|TIME", help_heading = CHOICE, value_parser = since, env = "SCRUBJAY_SINCE", hide_env = true)]
    pub since: Option<i64>,
    /// Images that are read at once [default: 1]
    #[arg(long, value_name = "N", help_heading = SWEEP, env = "SCRUBJAY_JOBS", hide_env = true)]
    pub jobs: Option<NonZeroU8>,
    /// Give an image up after this time, such as 10m [default: 1h]
    #[arg(long, value_name = "TIME", help_heading = SWEEP, value_parser = values::duration, env = "SCRUBJAY_TARGET_TIMEOUT", hide_env = true)]
    pub target_timeout: Option<Duration>,
    /// File that keeps what was done and found [default: in the user's cache folder, one for each registry]
    #[arg(long, value_name = "FILE", help_heading = SWEEP, value_hint = ValueHint::FilePath, env = "SCRUBJAY_STATE", hide_env = true)]
    pub state: Option<PathBuf>,
    /// Where to keep what is known of layers; no secret is in it [default: in the user's cache folder]
    #[arg(long, value_name = "DIR", help_heading = SWEEP, value_hint = ValueHint::DirPath, env = "SCRUBJAY_CACHE", hide_env = true)]
    pub cache: Option<PathBuf>,
    /// Go on where an interrupted sweep was, if there is one
    #[arg(long, help_heading = SWEEP, env = "SCRUBJAY_RESUME", hide_env = true, value_parser = values::switch)]
    pub resume: bool,
    /// How registries are spoken with.
    #[command(flatten)]
    pub transport: TransportArgs,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// A day, or a time before now, in seconds since 1970.
fn since(text: &str) -> Result<i64, String> {
    if let Ok(time) = values::duration(text) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        return i64::try_from(now.saturating_sub(time).as_secs()).map_err(|_| "is too long ago".to_owned());
    }
    gix::date::parse(text, None)
        .map(|time| time.seconds)
        .map_err(|_| "is no date: write YYYY-MM-DD, or a time before now such as 30d".to_owned())
}
