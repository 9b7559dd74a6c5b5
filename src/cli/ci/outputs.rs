//! What a job of GitHub Actions is told beside its log: the summary on the run's page, and the outputs of the step.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::comment::{self, Comment, Trouble};
use super::github::GitHub;
use super::task::Task;
use crate::cli::args::CiArgs;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::report::{Format, Pages, Report, SummaryOptions, summary};

/// Most bytes of a summary: GitHub drops one above 1 MiB, all of it.
const MOST_SUMMARY: usize = (1 << 20) - 1_024;

/// Tells a job what was found.
pub(super) fn publish(report: &Report, args: &CiArgs, server: &GitHub, task: &Task) -> Result<(), Failure> {
    if let Some(file) = server.summary_file.as_deref().filter(|_| !args.no_summary) {
        append("GITHUB_STEP_SUMMARY", file, &summary(report, &summary_options(args, server, task)))?;
    }
    if args.comment {
        comment(report, args, server, task);
    }
    let file_of = |format: Format| {
        let written = args.common.output.output.iter().find(|output| output.format == format);
        written.map(|output| output.file.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let outputs = [
        ("findings", report.failing().to_string()),
        ("incomplete", report.is_incomplete().to_string()),
        ("report", file_of(Format::Json)),
        ("sarif", file_of(Format::Sarif)),
    ];
    write_outputs(server, &outputs)
}

/// Tells a job that there was nothing to judge.
pub(super) fn publish_nothing(why: &str, args: &CiArgs, server: &GitHub) -> Result<(), Failure> {
    if let Some(file) = server.summary_file.as_deref().filter(|_| !args.no_summary) {
        append("GITHUB_STEP_SUMMARY", file, &format!("### scrubjay: nothing to judge: {why}\n"))?;
    }
    write_outputs(server, &[("findings", "0".to_owned()), ("incomplete", "false".to_owned())])
}

/// Comments on the pull request, if there is one. That the comment could not be written fails nothing.
fn comment(report: &Report, args: &CiArgs, server: &GitHub, task: &Task) {
    let (Some(pull_request), Some(token)) = (server.pull_request(), &server.token) else { return };
    let options = SummaryOptions { most_bytes: comment::MOST_BYTES, ..summary_options(args, server, task) };
    let job = format!("{}\n{}", server.job, args.repository.display());
    let comment = Comment { server, token, pull_request, job: &job };
    let has_something_to_say = !report.findings.is_empty() || report.is_incomplete();
    if let Err(Trouble::Failed(why)) = comment.write(&summary(report, &options), has_something_to_say) {
        output::complain(&format!("scrubjay: ci: no comment was written: {why}"));
    }
}

fn summary_options(args: &CiArgs, server: &GitHub, task: &Task) -> SummaryOptions {
    SummaryOptions {
        most_bytes: MOST_SUMMARY,
        pages: pages(server, task),
        accepts_loss: args.common.counts.exit.allow_incomplete,
    }
}

/// Where the files and commits of a report can be looked at.
fn pages(server: &GitHub, task: &Task) -> Option<Pages> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:".contains(&b);
    let repository = format!("{}/{}", server.server_url.trim_end_matches('/'), server.repository);
    let commit = match task {
        Task::Change { head: Some(head), .. } => head.clone(),
        _ => server.commit.clone(),
    };
    let is_fine = repository.starts_with("http")
        && !server.repository.is_empty()
        && repository.bytes().all(is_plain)
        && !commit.is_empty()
        && commit.bytes().all(|b| b.is_ascii_hexdigit());
    is_fine.then_some(Pages { repository, commit })
}

/// The step's outputs, each between two words that nobody can know before.
fn write_outputs(server: &GitHub, outputs: &[(&str, String)]) -> Result<(), Failure> {
    let Some(file) = &server.output_file else { return Ok(()) };
    let mut text = String::new();
    for (name, value) in outputs {
        let end = output::random_word()?;
        let _ = write!(text, "{name}<<{end}\n{value}\n{end}\n");
    }
    append("GITHUB_OUTPUT", file, &text)
}

fn append(variable: &str, file: &Path, text: &str) -> Result<(), Failure> {
    let written = OpenOptions::new().append(true).create(true).open(file);
    written.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|cause| Failure::new(variable, cause))
}
