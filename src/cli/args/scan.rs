//! `scan`, `git`, `dir`, `chart` and `stdin`, as typed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::cli::flags::{COUNTS, CommonArgs, READ};
use crate::cli::values;
use crate::scan::ChangedAllow;

/// `scan`.
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Files and folders
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub targets: Vec<PathBuf>,
    /// Read files that .gitignore leaves out, too
    #[arg(long, help_heading = READ, env = "SCRUBJAY_IGNORED", hide_env = true, value_parser = values::switch)]
    pub ignored: bool,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// `git`.
#[derive(Debug, Args)]
pub struct GitArgs {
    /// Folder of the repository, bare or not, or the URL of one
    #[arg(default_value = ".", value_name = "PATH|URL", value_hint = ValueHint::DirPath)]
    pub repository: PathBuf,
    /// Read the repositories of submodules that are kept in its folder, too
    #[arg(long, conflicts_with_all = ["range", "staged", "since", "branch", "max_count"], env = "SCRUBJAY_SUBMODULES", hide_env = true, value_parser = values::switch, help_heading = READ)]
    pub submodules: bool,
    /// Which part of the history is read.
    #[command(flatten)]
    pub part: PartArgs,
    /// Read only what is new since the last run with this flag; the report is that of a full scan
    #[arg(long, conflicts_with_all = ["range", "staged", "since", "branch", "max_count", "explain"], env = "SCRUBJAY_INCREMENTAL", hide_env = true, value_parser = values::switch, help_heading = READ)]
    pub incremental: bool,
    /// Where to keep what is known of a history; no secret is in it [default: in the user's cache folder]
    #[arg(long, value_name = "DIR", requires = "incremental", value_hint = ValueHint::DirPath, env = "SCRUBJAY_CACHE", hide_env = true, help_heading = READ)]
    pub cache: Option<PathBuf>,
    /// Of a range or what is staged: what becomes of what it allows itself [default: report]
    #[arg(long, value_name = "HOW", value_parser = values::changed_allow(), help_heading = COUNTS, env = "SCRUBJAY_CHANGED_ALLOW", hide_env = true)]
    pub changed_allow: Option<ChangedAllow>,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Which part of a history is read.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = READ)]
pub struct PartArgs {
    /// Only what HEAD reaches and BASE does not, as in a pull request; with `...`, what is new since their merge base
    #[arg(long, value_name = "BASE..HEAD", conflicts_with_all = ["staged", "since", "branch", "max_count"], env = "SCRUBJAY_RANGE", hide_env = true)]
    pub range: Option<String>,
    /// Only what is staged: the files of the index that differ from the last commit
    #[arg(long, conflicts_with_all = ["since", "branch", "max_count"], env = "SCRUBJAY_STAGED", hide_env = true, value_parser = values::switch)]
    pub staged: bool,
    /// Only commits from this date on, or those that this revision does not reach
    #[arg(long, value_name = "DATE|REV", env = "SCRUBJAY_SINCE", hide_env = true)]
    pub since: Option<String>,
    /// Only what this branch reaches
    #[arg(long, value_name = "NAME", env = "SCRUBJAY_BRANCH", hide_env = true)]
    pub branch: Option<String>,
    /// Only the newest N commits
    #[arg(long, value_name = "N", env = "SCRUBJAY_MAX_COUNT", hide_env = true)]
    pub max_count: Option<NonZeroUsize>,
    /// Fetch what a shallow clone left out between the two sides; the clone itself stays as it is
    #[arg(long, requires = "range", env = "SCRUBJAY_DEEPEN", hide_env = true, value_parser = values::switch)]
    pub deepen: bool,
}

/// `dir`.
#[derive(Debug, Args)]
pub struct DirArgs {
    /// Files and folders
    #[arg(required = true, value_hint = ValueHint::AnyPath)]
    pub targets: Vec<PathBuf>,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// `chart`.
#[derive(Debug, Args)]
pub struct ChartArgs {
    /// Folder with Chart.yaml, or packaged chart
    #[arg(value_hint = ValueHint::AnyPath)]
    pub chart: PathBuf,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// `stdin`.
#[derive(Debug, Args)]
pub struct StdinArgs {
    /// Path to report, and to hold against rules that count at some paths only
    #[arg(long, value_name = "PATH", help_heading = READ, env = "SCRUBJAY_NAME", hide_env = true)]
    pub name: Option<String>,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
}
