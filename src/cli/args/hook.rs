//! `hook`, as typed.

use clap::{Args, Subcommand};

use crate::cli::flags::{COUNTS, CommonArgs};
use crate::cli::values;
use crate::scan::ChangedAllow;

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

/// `hook install`.
#[derive(Debug, Args)]
pub struct HookInstallArgs {
    /// The hooks [default: pre-commit and pre-push; in a bare repository pre-receive]
    #[arg(value_enum, value_name = "HOOK")]
    pub hooks: Vec<Hook>,
    /// Install into a folder that all your repositories share, too
    #[arg(long, env = "SCRUBJAY_SHARED", hide_env = true, value_parser = values::switch)]
    pub shared: bool,
}

/// `hook uninstall`.
#[derive(Debug, Args)]
pub struct HookUninstallArgs {
    /// The hooks [default: all that are installed]
    #[arg(value_enum, value_name = "HOOK")]
    pub hooks: Vec<Hook>,
}
