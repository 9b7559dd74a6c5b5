//! What holds for every flag and command.

use clap::CommandFactory as _;

use super::*;

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn each_flag_has_its_variable() {
    let mut commands = vec![Cli::command()];
    while let Some(command) = commands.pop() {
        for argument in command.get_arguments() {
            // A command that is run is typed, and never taken from where others may have put it.
            let has_none = |long: &&str| matches!(*long, "help" | "version" | "then");
            let Some(long) = argument.get_long().filter(|long| !has_none(long)) else {
                continue;
            };
            let expected = format!("SCRUBJAY_{}", long.replace('-', "_").to_uppercase());
            let found = argument.get_env().and_then(|name| name.to_str());
            assert_eq!(found, Some(expected.as_str()), "--{long} of {}", command.get_name());
        }
        commands.extend(command.get_subcommands().cloned());
    }
}

#[test]
fn what_is_not_built_does_not_parse() {
    for verb in ["scan", "git", "image"] {
        assert!(Cli::try_parse_from(["scrubjay", verb, "x", "--verify"]).is_err(), "{verb}");
    }
    for verb in ["redact", "run", "lsp", "logs", "help"] {
        assert!(Cli::try_parse_from(["scrubjay", verb]).is_err(), "{verb}");
    }
}
