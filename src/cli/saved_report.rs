//! `report convert` and `report diff`: what is made of reports that were saved as JSON, without a scan.

mod diff;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::ColorChoice;

use super::args::{ConvertArgs, ReportVerb};
use super::failure::Failure;
use super::output::Outputs;
use super::scan::{complain_of_losses, exit_code};
use crate::report::{Format, Report, saved};

/// Largest report that is read, in bytes.
const LARGEST: u64 = 4 << 30;

/// Carries out a verb of `report`.
pub fn run(verb: ReportVerb, color: ColorChoice) -> Result<u8, Failure> {
    match verb {
        ReportVerb::Convert(args) => convert(&args, color),
        ReportVerb::Diff(args) => diff::diff(&args),
    }
}

/// Writes a saved report in other formats, and exits as the scan did.
fn convert(args: &ConvertArgs, color: ColorChoice) -> Result<u8, Failure> {
    let mut report = read(&args.report)?;
    if args.output.no_authors {
        report.leave_out_authors();
    }
    let mut formats = args.output.output.iter().map(|output| output.format).chain([args.output.format]);
    if report.shows_secrets && !formats.all(Format::may_show_secrets) {
        let cause = "it was saved with --show-secrets, and a report of this format is uploaded for others to read";
        return Err(
            Failure::new("report", cause).or_try("convert one that was saved without, or use text, json or jsonl")
        );
    }
    let outputs = Outputs::of_saved(&args.output, report.shows_secrets, color)?;
    outputs.accepting_loss(args.exit.allow_incomplete).of_day(report.day).write(&report)?;
    complain_of_losses(&report, (args.output.format, args.output.quiet), &args.exit);
    Ok(exit_code(&report, &args.exit))
}

/// Reads a report, or `-` for standard input.
fn read(path: &Path) -> Result<Report, Failure> {
    let name = if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() };
    let fault = |cause: &dyn std::fmt::Display| Failure::new(format!("report: {name}"), cause);
    let mut text = Vec::new();
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|cause| fault(&cause))?)
    };
    source.take(LARGEST + 1).read_to_end(&mut text).map_err(|cause| fault(&cause))?;
    if text.len() as u64 > LARGEST {
        return Err(fault(&"larger than 4 GiB"));
    }
    saved::read(&text).map_err(|cause| fault(&cause).or_try("`scrubjay scan --output json=FILE` saves one"))
}
