//! The command line as typed, a file for each group of verbs; what many share is in `flags`. No other room sees these types: what
//! is built from them is in `settings`.

mod baseline;
mod ci;
mod config;
mod hook;
mod image;
mod registry;
mod report;
mod scan;
mod signatures;
mod sweep;

use std::path::PathBuf;

use clap::{ColorChoice, Parser, Subcommand, ValueHint};

pub use baseline::{BaselineScanArgs, BaselineVerb, Foreign, ShowFormat};
pub use ci::CiArgs;
pub use config::ConfigVerb;
pub use hook::{Hook, HookInstallArgs, HookRunArgs, HookUninstallArgs, HookVerb};
pub use image::ImageArgs;
pub use registry::RegistryArgs;
pub use report::{ConvertArgs, DiffArgs, DiffFormat, ReportVerb};
pub use scan::{ChartArgs, DirArgs, GitArgs, PartArgs, ScanArgs, StdinArgs};
pub use signatures::{ExplainArgs, ListFormat, SignaturesVerb};
pub use sweep::SweepArgs;

const EXITS: &str = "\
Exit codes:
  0    all that was asked for was read, and nothing to fail on
  1    findings that --fail-on names
  2    the command could not be carried out
  3    incomplete: something could not be read (--allow-incomplete accepts it)
  130  interrupted

Each flag can also be set by a variable: --min-severity by SCRUBJAY_MIN_SEVERITY. Of a flag that is repeatable it holds one value
a line.";

/// Finds hard-coded credentials in git history, Helm charts, OCI images, directories and streams.
#[derive(Debug, Parser)]
#[command(name = "scrubjay", version, disable_help_subcommand = true, after_help = EXITS, max_term_width = 100)]
pub struct Cli {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, global = true, env = "SCRUBJAY_COLOR", hide_env = true, default_value = "auto", value_name = "WHEN")]
    pub color: ColorChoice,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Scan what is here: repositories with their history, folders, charts, archives, image tars
    Scan(ScanArgs),
    /// Scan the history of a repository, unreachable objects included
    Git(GitArgs),
    /// Scan everything below a folder, ignored files too
    Dir(DirArgs),
    /// Scan a Helm chart with its subcharts: a folder or a packaged .tgz
    Chart(ChartArgs),
    /// Scan a container image: every layer and the config
    Image(ImageArgs),
    /// Scan standard input
    Stdin(StdinArgs),
    /// Judge what is committed, pushed or received, as a git hook
    #[command(subcommand)]
    Hook(HookVerb),
    /// Judge what a build server runs for: a pull request, a push, or everything
    Ci(CiArgs),
    /// Keep a list of secrets that are known, so that a run fails for what is new
    #[command(subcommand)]
    Baseline(BaselineVerb),
    /// Convert and compare reports that were saved as JSON
    #[command(subcommand)]
    Report(ReportVerb),
    /// Scan all targets of a list: repositories, folders, images; one report, and what is new since the last time
    #[command(mut_args(hide_refused))]
    Sweep(SweepArgs),
    /// Scan the images of a registry: those that it lists, or a file names; layers once, however many images have them
    #[command(mut_args(hide_refused))]
    Registry(RegistryArgs),
    /// Show, check and try signatures
    #[command(subcommand)]
    Signatures(SignaturesVerb),
    /// Say why something in a file was found, or why not
    Explain(ExplainArgs),
    /// Show and check the configuration
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// Write one page a command into this folder instead
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, env = "SCRUBJAY_DIR", hide_env = true)]
        dir: Option<PathBuf>,
    },
}

/// Flags of every scan that a sweep refuses with its reason are not offered.
fn hide_refused(argument: clap::Arg) -> clap::Arg {
    let is_refused = matches!(argument.get_id().as_str(), "show_secrets" | "explain");
    if is_refused { argument.hide(true) } else { argument }
}

#[cfg(test)]
mod tests;
