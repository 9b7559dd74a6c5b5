//! Command line and configuration: what the user wrote, turned into the options of the other rooms, and one line on
//! standard error where a command cannot be carried out.

mod accept;
mod args;
mod baseline;
mod change;
mod checked;
mod ci;
mod completions;
pub mod config;
mod config_verbs;
mod corpus;
mod explain;
mod failure;
mod filter;
mod flags;
mod folders;
mod hook;
mod hook_install;
mod image;
mod joined;
mod known;
mod named;
mod output;
mod plugin;
mod progress;
mod registry;
mod remote;
mod rules;
mod saved_report;
mod scan;
mod scanned;
mod settings;
mod sides;
mod signatures;
mod sources;
mod sweep;
mod target;
mod trust;
mod values;
mod variables;

use std::ffi::OsString;
use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, HookVerb, Verb};
use failure::{Failure, code, without_tokens};
use plugin::Call;

/// Carries out a command line, the first word of which is the program's name, and tells the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    panic::set_hook(Box::new(tell_of_panic));
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let printed = match plugin::call(&arguments) {
        Call::None => return carry_out(arguments, run),
        Call::Image(docker, arguments) => return carry_out(arguments, |plugin| plugin::run(plugin, docker)),
        Call::Metadata => output::print(plugin::metadata().as_bytes()),
        Call::Completion => output::print(plugin::NO_COMPLETION),
    };
    ExitCode::from(if printed.is_ok() { code::CLEAN } else { code::ERROR })
}

fn carry_out<P: Parser + UnwindSafe>(
    arguments: Vec<OsString>,
    run: impl FnOnce(P) -> Result<u8, Failure> + UnwindSafe,
) -> ExitCode {
    let verb = arguments.get(1).cloned();
    let parsed = match variables::parse::<P>(&arguments) {
        Ok(parsed) => parsed,
        Err(usage) => {
            // What was typed is quoted in it.
            let text = usage.render().to_string();
            let masked = if usage.use_stderr() { without_tokens(&text) } else { text.clone() };
            if usage.use_stderr() && verb.is_some_and(|verb| verb == "ci") {
                ci::tell_usage(masked.trim_end());
            }
            if masked == text {
                // Nobody may be left to read it.
                let _ = usage.print();
            } else {
                output::tell(masked.trim_end());
            }
            return ExitCode::from(if usage.use_stderr() { code::ERROR } else { code::CLEAN });
        }
    };
    match panic::catch_unwind(|| run(parsed)) {
        Ok(Ok(exit)) => ExitCode::from(exit),
        Ok(Err(failure)) => {
            output::complain(&failure.to_string());
            ExitCode::from(code::ERROR)
        }
        Err(_) => ExitCode::from(code::ERROR),
    }
}

fn run(cli: Cli) -> Result<u8, Failure> {
    match cli.verb {
        Verb::Scan(args) => scan::scan(args, cli.color),
        Verb::Git(args) => scan::git(args, cli.color),
        Verb::Dir(args) => scan::dir(args, cli.color),
        Verb::Chart(args) => scan::chart(args, cli.color),
        Verb::Image(args) => image::image(args, cli.color, None),
        Verb::Stdin(args) => scan::stdin(args, cli.color),
        Verb::Hook(HookVerb::Install(args)) => hook_install::install(args),
        Verb::Hook(HookVerb::Uninstall(args)) => hook_install::uninstall(args),
        Verb::Hook(HookVerb::Run(args)) => hook::run(*args, cli.color),
        Verb::Ci(args) => ci::ci(args, cli.color),
        Verb::Baseline(verb) => baseline::run(verb),
        Verb::Report(verb) => saved_report::run(verb, cli.color),
        Verb::Sweep(args) => sweep::sweep(args, cli.color),
        Verb::Registry(args) => registry::registry(args, cli.color),
        Verb::Signatures(verb) => signatures::run(verb),
        Verb::Explain(args) => explain::explain(args),
        Verb::Config(verb) => config_verbs::run(verb),
        Verb::Completions { shell } => completions::completions(shell),
        Verb::Man { dir } => completions::man(dir.as_deref()),
    }
}

/// Says where a panic was, and nothing of its message: that may quote what was scanned.
fn tell_of_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    output::complain(&format!(
        "scrubjay: internal error: {place}: the scan is not to be relied on: please report this place and the version, {}",
        env!("CARGO_PKG_VERSION")
    ));
}
