//! Flags that variables of the environment give, as `SCRUBJAY_MIN_SEVERITY=high`: one set of them serves all verbs of a pipeline.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, Error};
use clap::{Arg, Command, Parser};

/// Reads a command line. A variable that is empty counts as not set, and so does a format that other verbs have; a fault of another
/// names it.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse<P: Parser>(arguments: &[OsString]) -> Result<P, Error> {
    let command = P::command();
    let mut formats = BTreeSet::new();
    each_argument(&command, &mut |argument| formats.extend(values(argument).filter(|_| is_format(argument))));
    let mut command = without_unset(command, &formats);
    let parsed =
        command.try_get_matches_from_mut(arguments).and_then(|mut matches| P::from_arg_matches_mut(&mut matches));
    parsed.map_err(|fault| naming(fault.format(&mut command), &command, arguments))
}

/// The names of all variables that give a flag.
pub(super) fn names(command: &Command) -> BTreeSet<OsString> {
    let mut names = BTreeSet::new();
    each_argument(command, &mut |argument| names.extend(argument.get_env().map(OsStr::to_owned)));
    names
}

fn each_argument(command: &Command, see: &mut dyn FnMut(&Arg)) {
    command.get_arguments().for_each(&mut *see);
    command.get_subcommands().for_each(|verb| each_argument(verb, see));
}

fn is_format(argument: &Arg) -> bool {
    argument.get_long() == Some("format")
}

fn values(argument: &Arg) -> impl Iterator<Item = String> {
    argument.get_possible_values().into_iter().map(|value| value.get_name().to_owned())
}

fn without_unset(command: Command, formats: &BTreeSet<String>) -> Command {
    let settle = |argument: Arg| {
        let Some(set) = argument.get_env().and_then(std::env::var_os) else { return argument };
        let is_of_other_verb = || {
            let is = |value: String| set == OsStr::new(&value);
            is_format(&argument) && formats.iter().cloned().any(is) && !values(&argument).any(is)
        };
        if set.is_empty() || is_of_other_verb() { argument.env(None::<&str>) } else { argument }
    };
    command.mut_args(settle).mut_subcommands(|verb| without_unset(verb, formats))
}

/// A fault of a flag that nobody typed names the variable which gives it.
fn naming(mut fault: Error, command: &Command, arguments: &[OsString]) -> Error {
    let mut told = Vec::new();
    for kind in [ContextKind::InvalidArg, ContextKind::PriorArg] {
        let Some(ContextValue::String(written)) = fault.get(kind) else { continue };
        let Some(long) = written.strip_prefix("--").and_then(|rest| rest.split([' ', '=']).next()) else { continue };
        let is_typed = |argument: &OsString| {
            let rest = argument.to_str().and_then(|text| text.strip_prefix("--")?.strip_prefix(long));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        if arguments.iter().any(is_typed) {
            continue;
        }
        let mut variable = None;
        each_argument(command, &mut |argument| {
            let name =
                argument.get_env().filter(|name| argument.get_long() == Some(long) && std::env::var_os(name).is_some());
            variable = variable.take().or(name.map(|name| name.to_string_lossy().into_owned()));
        });
        told.extend(variable.map(|name| StyledStr::from(format!("the variable {name} gives --{long}"))));
    }
    if !told.is_empty() {
        fault.insert(ContextKind::Suggested, ContextValue::StyledStrs(told));
    }
    fault
}
