//! `ci`: what a build server runs for is judged: what a pull request or a push adds, or everything. The server says so in its
//! environment, which is data and no more.

mod comment;
mod github;
mod outputs;
mod servers;
mod task;

use std::path::{Path, PathBuf};

use clap::ColorChoice;

use self::github::GitHub;
use self::task::{Change, Task};
use super::args::CiArgs;
use super::change::Opened;
use super::failure::{Failure, code};
use super::progress::Stop;
use super::scan::{Asked, Publish};
use super::target::Kind;
use super::trust::{Scope, Whose};
use super::{folders, output, remote};
use crate::report::{Format, Report, github as annotations};
use crate::scan::ChangedAllow;
use crate::source::git;
use crate::source::git::range::{ChangeOptions, Selection};
use crate::source::git::{Access, Tokens};

/// Judges what a build server runs for.
pub fn ci(mut args: CiArgs, color: ColorChoice) -> Result<u8, Failure> {
    let Some(server) = GitHub::of_environment() else {
        let asked = servers::of_environment();
        let (told, tokens) = asked.map_or((None, Tokens::default()), |asked| (Some(asked.task), asked.tokens));
        let told = || told.ok_or_else(unknown_server)?.map_err(|why| Failure::new("ci", why));
        return run(&args, color, task_of_range(&args).map_or_else(told, Ok)?, tokens, None);
    };
    let annotates = args.common.output.format == Format::Text && !args.no_annotations;
    if annotates {
        args.common.output.format = Format::Github;
    }
    let outcome = on_github(&args, color, &server);
    if let (true, Err(failure)) = (annotates, &outcome) {
        // Where it is seen: beside it goes to standard error, as from every command.
        output::print(format!("{}\n", annotations::error(&failure.told())).as_bytes())?;
    }
    outcome
}

/// Tells where a build server shows it that words or variables of `ci` are wrong.
pub fn tell_usage(usage: &str) {
    if GitHub::of_environment().is_some() {
        // Nobody may be left to read it.
        let _ = output::print(format!("{}\n", annotations::error(usage)).as_bytes());
    }
}

fn on_github(args: &CiArgs, color: ColorChoice, server: &GitHub) -> Result<u8, Failure> {
    let task = match task_of_range(args) {
        Some(task) => task,
        None => server.task(&args.repository)?,
    };
    if let Task::Nothing(why) = task {
        outputs::publish_nothing(why, args, server)?;
    }
    let publish = |report: &Report| outputs::publish(report, args, server, &task);
    run(args, color, task.clone(), server.tokens(), Some(&publish))
}

fn task_of_range(args: &CiArgs) -> Option<Task> {
    let range = args.range.clone()?;
    let change = Change { selection: Selection::Range(range), instead: None };
    Some(Task::Change { change, head: None })
}

fn unknown_server() -> Failure {
    Failure::new(
        "ci",
        "no build server that is known says what it runs for (GitHub Actions, GitLab, Azure Pipelines, Jenkins)",
    )
    .or_try("give --range BASE..HEAD, or use `scrubjay scan` for everything")
}

fn run(
    args: &CiArgs,
    color: ColorChoice,
    task: Task,
    tokens: Tokens,
    publish: Option<Publish<'_>>,
) -> Result<u8, Failure> {
    let flags = &args.common;
    let asked = |kind| Asked { kind, command: "ci", flags, color, publish };
    let access = remote::access(tokens)?;
    match task {
        Task::Change { change, .. } => {
            let allow = args.changed_allow.unwrap_or(ChangedAllow::Report);
            asked("range").run_change(Whose::Own, allow, |threads, stop| open(args, &change, threads, &access, stop))
        }
        Task::Everything => {
            let (repository, kind) = repository_of(&args.repository)?;
            let paths = [repository];
            asked("scan").run_own(Scope::Paths(&paths), |reading| match kind {
                Kind::Repository => reading.whole(&paths[0], &access),
                kind => reading.look(&[(&*paths[0], kind)], false),
            })
        }
        Task::Nothing(why) => {
            output::complain(&format!("scrubjay: ci: nothing to judge: {why}"));
            Ok(code::CLEAN)
        }
    }
}

/// The repository that a path is or lies in, as a change in it is one of the whole repository; named as it is seen from here.
fn repository_of(path: &Path) -> Result<(PathBuf, Kind), Failure> {
    let kind = Kind::of(path)?;
    if matches!(kind, Kind::Repository | Kind::BareRepository) {
        return Ok((path.to_owned(), kind));
    }
    let location = path.to_string_lossy().into_owned();
    let options = git::Options { path: path.to_owned(), location, threads: 1 };
    let git = git::Git::open(&options).map_err(|cause| Failure::new(format!("ci: {}", cause.target), cause.message))?;
    let Some(top) = git.work_dir() else { return Ok((git.git_dir().to_owned(), Kind::BareRepository)) };
    let top = top.canonicalize().unwrap_or_else(|_| top.to_owned());
    let here = folders::current()?;
    let here = here.canonicalize().unwrap_or(here);
    let seen = match (top.strip_prefix(&here), here.strip_prefix(&top)) {
        (Ok(below), _) if below.as_os_str().is_empty() => PathBuf::from("."),
        (Ok(below), _) => below.to_owned(),
        (_, Ok(deep)) => deep.components().map(|_| "..").collect(),
        _ => top,
    };
    Ok((seen, Kind::Repository))
}

/// Opens a change; where what was there before cannot be had, the next best is taken for it.
fn open(args: &CiArgs, change: &Change, threads: usize, access: &Access, stop: &Stop) -> Result<Opened, Failure> {
    let repository = &args.repository;
    let location = repository.to_string_lossy().into_owned();
    let options = |selection: &Selection| ChangeOptions {
        git: git::Options { path: repository.clone(), location: location.clone(), threads },
        selection: selection.clone(),
        object_directories: Vec::new(),
        deepen: Some(access.clone()),
    };
    match (Opened::here("ci", &options(&change.selection), (&args.common, stop)), &change.instead) {
        (Err(failure), Some(instead)) if !stop.now() => {
            let opened = Opened::here("ci", &options(instead), (&args.common, stop))?;
            let note = format!("{}; judged is what the default branch does not have", failure.why);
            Ok(Opened { note: Some(note), ..opened })
        }
        (opened, _) => opened,
    }
}
