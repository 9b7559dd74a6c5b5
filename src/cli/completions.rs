//! Completion scripts and manual pages, made from the definition of the command line.

use std::path::Path;

use clap::CommandFactory as _;

use super::args::Cli;
use super::failure::{Failure, code};
use super::output;

/// Prints a completion script.
pub fn completions(shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "scrubjay", &mut script);
    output::print(&script)?;
    Ok(code::CLEAN)
}

/// Prints the manual page, or writes one page a command into a folder.
pub fn man(directory: Option<&Path>) -> Result<u8, Failure> {
    let Some(directory) = directory else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(|cause| Failure::new("man", cause))?;
        output::print(&page)?;
        return Ok(code::CLEAN);
    };
    std::fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(Cli::command(), directory)).map_err(
        |cause| {
            Failure::new(format!("man: {}", directory.display()), cause).or_try("name a folder that you can write to")
        },
    )?;
    Ok(code::CLEAN)
}
