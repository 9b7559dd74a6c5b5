//! `report diff`: two saved reports beside each other. Exit 1 where something is new that fails a run, 3 where
//! the later one is incomplete.

use crate::cli::args::{DiffArgs, DiffFormat};
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::report::diff::Diff;

/// Compares two reports.
pub(super) fn diff(args: &DiffArgs) -> Result<u8, Failure> {
    if args.old.as_os_str() == "-" {
        return Err(Failure::new("report diff: OLD", "standard input is for NEW").or_try("name a file"));
    }
    let (old, new) = (super::read(&args.old)?, super::read(&args.new)?);
    let diff = Diff::new(&old, &new);
    let mut text = Vec::new();
    let written = match args.format {
        DiffFormat::Text => diff.write_text(&mut text),
        DiffFormat::Json => diff.write_json(&mut text),
        DiffFormat::Markdown => diff.write_markdown(&mut text),
    };
    written.map_err(|cause| Failure::new("report diff", cause))?;
    output::print(&text)?;
    // What a later report did not read may hold what is new.
    Ok(args.exit.code(diff.fails(), new.is_incomplete()))
}
