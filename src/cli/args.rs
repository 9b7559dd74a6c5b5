//! The command line as typed. No other room sees these types: what is built from them is in `settings`.

use std::num::{NonZeroU8, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueHint};

use super::baseline::BaselineVerb;
pub use super::ci::CiArgs;
use super::flags::{ArchiveArgs, COUNTS, CommonArgs, ConfigArgs, READ, RuleArgs};
use super::hook_install::{HookInstallArgs, HookUninstallArgs};
use super::saved_report::ReportVerb;
use super::values;
use crate::scan::ChangedAllow;

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
    Image(super::image::ImageArgs),
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
    Registry(super::registry::RegistryArgs),
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

/// `hook`.
#[derive(Debug, Subcommand)]
pub enum HookVerb {
    /// Install hooks into the repository that you stand in; those that are there already go on running
    Install(HookInstallArgs),
    /// Take them away again, and put back what was there before
    Uninstall(HookUninstallArgs),
    /// Do what a git hook of this name has to: judge what comes in, and refuse it by a non-zero exit
    Run(Box<HookRunArgs>),
}

/// `hook run`.
#[derive(Debug, Args)]
pub struct HookRunArgs {
    /// The hook
    #[arg(value_enum, value_name = "HOOK")]
    pub hook: Hook,
    /// What git gives the hook: for pre-push the name and the URL of the remote
    #[arg(value_name = "ARGUMENT")]
    pub arguments: Vec<String>,
    /// What becomes of what the change allows itself, in .scrubjay.toml or by inline marks [default: report]
    #[arg(long, value_name = "HOW", value_parser = values::changed_allow(), help_heading = COUNTS, env = "SCRUBJAY_CHANGED_ALLOW", hide_env = true)]
    pub changed_allow: Option<ChangedAllow>,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// A git hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[allow(clippy::enum_variant_names, reason = "git names them")]
pub enum Hook {
    /// Judges what is staged
    PreCommit,
    /// Judges what is pushed; reads git's lines from standard input
    PrePush,
    /// On the server: judges what is received, before it is accepted; reads git's lines from standard input
    PreReceive,
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

const SWEEP: &str = "The sweep";

#[cfg(test)]
mod tests;
