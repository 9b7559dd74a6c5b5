//! The verbs that scan: configuration read, sources and options built, the pipeline run, the reports written, the exit
//! code told.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::path::Path;

use clap::ColorChoice;

use super::args::{ChartArgs, DirArgs, GitArgs, PartArgs, ScanArgs, StdinArgs};
use super::change::Opened;
use super::failure::{Failure, code};
use super::flags::{CommonArgs, ExitArgs};
use super::folders;
use super::output::{self, Outputs};
use super::progress::{Interrupt, Stop, Watch};
use super::rules;
use super::settings::Settings;
use super::sources::Reading;
use super::target::{Kind, is_remote};
use super::trust::{Changed, Layers, Scope, Whose};
use crate::blob::Class;
use crate::report::{Format, Report};
use crate::scan::{self as pipeline, ChangedAllow, Target};
use crate::source::SourceError;
use crate::source::git::range::Selection;

/// Scans what is here.
pub fn scan(args: ScanArgs, color: ColorChoice) -> Result<u8, Failure> {
    let targets =
        args.targets.iter().map(|path| Ok((path.as_path(), Kind::of(path)?))).collect::<Result<Vec<_>, _>>()?;
    let scope = if targets.iter().any(|(_, kind)| *kind == Kind::Image) {
        Scope::PathsWithImage(&args.targets)
    } else {
        Scope::Paths(&args.targets)
    };
    run("scan", &args.common, color, scope, |reading| reading.look(&targets, args.ignored))
}

/// Scans a history.
pub fn git(args: GitArgs, color: ColorChoice) -> Result<u8, Failure> {
    let targets = [args.repository];
    let repository = &targets[0];
    let is_remote = is_remote(repository);
    let scope = if is_remote { Scope::Elsewhere } else { Scope::Paths(&targets) };
    let deepen = args.part.deepen;
    let asked = |kind| Asked { kind, command: "git", flags: &args.common, color, publish: None };
    let selection = selection(&args.part);
    let kind = match &selection {
        Some(Selection::Range(_)) => "range",
        Some(Selection::Staged { .. }) => "staged",
        _ if args.changed_allow.is_some() => {
            return Err(Failure::new("--changed-allow", "it is for a change: --range, --staged, or a hook"));
        }
        Some(Selection::History { since: Some(_), .. }) => "since",
        Some(Selection::History { .. }) => "branch",
        _ => "git",
    };
    match selection {
        None => {
            let cache = args.incremental.then(|| folders::history_cache(args.cache.as_deref())).transpose()?;
            asked(kind).run(scope, |reading| reading.histories(repository, args.submodules, cache.as_ref()))
        }
        Some(selection @ Selection::History { .. }) => asked(kind).run(scope, |reading| {
            let opened = Opened::of_git(repository, selection, deepen, (&args.common, reading.threads, reading.stop))?;
            reading.notes.borrow_mut().extend(opened.note);
            Ok(vec![opened.target])
        }),
        Some(selection) => {
            let whose = if is_remote { Whose::Other } else { Whose::At(repository) };
            let allow = args.changed_allow.unwrap_or(ChangedAllow::Report);
            asked(kind).run_change(whose, allow, |threads, stop| {
                Opened::of_git(repository, selection, deepen, (&args.common, threads, stop))
            })
        }
    }
}

/// The part of a history that flags ask for; `None`: all of it.
fn selection(part: &PartArgs) -> Option<Selection> {
    if let Some(range) = &part.range {
        return Some(Selection::Range(range.clone()));
    }
    if part.staged {
        return Some(Selection::Staged { index: None });
    }
    let most = part.max_count.map(NonZeroUsize::get);
    let is_part = part.branch.is_some() || part.since.is_some() || most.is_some();
    is_part.then(|| Selection::History { branch: part.branch.clone(), since: part.since.clone(), most })
}

/// Scans everything below folders.
pub fn dir(args: DirArgs, color: ColorChoice) -> Result<u8, Failure> {
    run("dir", &args.common, color, Scope::Paths(&args.targets), |reading| reading.directory(&args.targets))
}

/// Scans a chart.
pub fn chart(args: ChartArgs, color: ColorChoice) -> Result<u8, Failure> {
    let targets = [args.chart];
    run("chart", &args.common, color, Scope::Paths(&targets), |reading| Ok(vec![reading.chart(&targets[0], true)?]))
}

/// Scans standard input.
pub fn stdin(args: StdinArgs, color: ColorChoice) -> Result<u8, Failure> {
    run("stdin", &args.common, color, Scope::Stream, |reading| Ok(vec![reading.stdin(args.name)?]))
}

fn run(
    command: &str,
    flags: &CommonArgs,
    color: ColorChoice,
    scope: Scope<'_>,
    build: impl FnOnce(Reading<'_>) -> Result<Vec<Target>, Failure>,
) -> Result<u8, Failure> {
    Asked { kind: command, command, flags, color, publish: None }.run(scope, build)
}

/// What was typed.
pub(super) struct Asked<'a> {
    /// What the report calls the scan.
    pub kind: &'a str,
    pub command: &'a str,
    pub flags: &'a CommonArgs,
    pub color: ColorChoice,
    /// What else is done with the report, when it is written.
    pub publish: Option<Publish<'a>>,
}

/// Tells others of a report.
pub(super) type Publish<'a> = &'a dyn Fn(&Report) -> Result<(), Failure>;

impl Asked<'_> {
    /// Runs a scan.
    pub(super) fn run(
        self,
        scope: Scope<'_>,
        build: impl FnOnce(Reading<'_>) -> Result<Vec<Target>, Failure>,
    ) -> Result<u8, Failure> {
        self.run_and(scope, build, |_| {})
    }

    /// Runs a scan whose report is completed by what is known only afterwards.
    pub(super) fn run_and(
        self,
        scope: Scope<'_>,
        build: impl FnOnce(Reading<'_>) -> Result<Vec<Target>, Failure>,
        complete: impl FnOnce(&mut Report),
    ) -> Result<u8, Failure> {
        let stop = Stop::new(Interrupt::listen()?, self.flags.reading.timeout);
        let threads = threads(self.flags.reading.threads)?;
        let trust = self.flags.config.trust_target_config;
        self.finish((stop, threads), (scope, trust), build, complete)
    }

    /// Runs a scan of what is the user's own, wherever the user stands.
    pub(super) fn run_own(
        self,
        scope: Scope<'_>,
        build: impl FnOnce(Reading<'_>) -> Result<Vec<Target>, Failure>,
    ) -> Result<u8, Failure> {
        let stop = Stop::new(Interrupt::listen()?, self.flags.reading.timeout);
        let threads = threads(self.flags.reading.threads)?;
        self.finish((stop, threads), (scope, true), build, |_| {})
    }

    /// Runs the scan of a change, which is opened first: its base has the configuration.
    pub(super) fn run_change(
        self,
        whose: Whose<'_>,
        allow: ChangedAllow,
        open: impl FnOnce(usize, &Stop) -> Result<Opened, Failure>,
    ) -> Result<u8, Failure> {
        let stop = Stop::new(Interrupt::listen()?, self.flags.reading.timeout);
        let threads = threads(self.flags.reading.threads)?;
        let Opened { target, sides, note } = match open(threads, &stop) {
            Err(_) if stop.is_interrupted() => return Ok(interrupted()),
            opened => opened?,
        };
        let scope = Scope::Change(Changed { whose, sides: &sides, allow });
        let trust = self.flags.config.trust_target_config;
        self.finish(
            (stop, threads),
            (scope, trust),
            |reading| {
                reading.notes.borrow_mut().extend(note);
                Ok(vec![target])
            },
            |_| {},
        )
    }

    fn finish(
        self,
        (stop, threads): (Stop, usize),
        (scope, trust): (Scope<'_>, bool),
        build: impl FnOnce(Reading<'_>) -> Result<Vec<Target>, Failure>,
        complete: impl FnOnce(&mut Report),
    ) -> Result<u8, Failure> {
        let flags = self.flags;
        let Some(ready) = self.ready((&stop, threads), (scope, trust), build)? else { return Ok(interrupted()) };
        let outputs = Outputs::open(&flags.output, self.color)?.accepting_loss(flags.counts.exit.allow_incomplete);
        let Some(mut report) = self.judge(ready, &stop)? else { return Ok(interrupted()) };
        complete(&mut report);
        report.day = Some(output::today());
        // A hook that stops nobody says nothing.
        let is_clean = report.findings.is_empty() && report.allowed.is_empty() && report.notes.is_empty();
        let is_hook = self.command == "hook" && !flags.output.verbose && flags.output.format == Format::Text;
        outputs.silent(is_hook && is_clean && !report.is_incomplete()).write(&report)?;
        if let Some(publish) = self.publish {
            publish(&report)?;
        }
        complain_of_losses(&report, (flags.output.format, flags.output.quiet), &flags.counts.exit);
        Ok(exit_code(&report, &flags.counts.exit))
    }

    /// Reads the configuration and opens the sources; `None` where that was interrupted.
    pub(super) fn ready(
        &self,
        (stop, threads): (&Stop, usize),
        (scope, trust): (Scope<'_>, bool),
        build: impl FnOnce(Reading<'_>) -> Result<Vec<Target>, Failure>,
    ) -> Result<Option<Ready>, Failure> {
        let flags = self.flags;
        // Entries are for the whole folder that the configuration stands in, with its history.
        let is_here = self.kind == "scan"
            && matches!(scope, Scope::Paths(paths) if paths.iter().any(|path| path == Path::new(".")));
        let layers = Layers::read(flags.config.config.as_deref(), trust, scope)?;
        let settings = Settings::of_scan(flags, layers)?;
        let of_base = |folder: &Path| match scope {
            Scope::Change(changed) => changed.sides.named.signatures_in(folder),
            _ => None,
        };
        let folders = rules::Folders { named: &flags.rules.signatures, of_base: &of_base };
        let (rules, unknown) = rules::of_settings(folders, &settings)?;
        let said = RefCell::new(Vec::new());
        let reading = Reading { command: self.command, settings: &settings, threads, notes: &said, stop };
        let sources = match build(reading) {
            Err(_) if stop.is_interrupted() => return Ok(None),
            built => built?,
        };
        let mut notes = settings.notes.clone();
        notes.extend(unknown.into_iter().chain(said.into_inner()));
        let all_rules = settings.only.is_empty() && settings.without.is_empty();
        let salt_is_of_target = settings.salt_is_of_target;
        let mut options = settings.into_options(rules, &flags.output)?;
        options.all_allowed_is_read = is_here && all_rules;
        Ok(Some(Ready { sources, options, salt_is_of_target, notes }))
    }

    /// Runs the pipeline; `None` where it was interrupted.
    pub(super) fn judge(&self, ready: Ready, stop: &Stop) -> Result<Option<Report>, Failure> {
        // Nobody watches what a build server runs.
        let watch = Watch::start(stop.clone(), !self.flags.output.quiet && self.publish.is_none());
        let outcome = pipeline::run(self.kind, &ready.sources, &ready.options, &watch);
        watch.finish();
        if stop.is_interrupted() {
            return Ok(None);
        }
        let fault = |cause: SourceError| Failure::new(format!("{}: {}", self.command, cause.target), cause.message);
        let mut report = outcome.map_err(fault)?;
        report.notes.extend(ready.notes);
        Ok(Some(report))
    }
}

/// A scan that can run.
pub(super) struct Ready {
    pub sources: Vec<Target>,
    pub options: pipeline::Options,
    /// Whether the salt stands in the configuration of what is scanned.
    pub salt_is_of_target: bool,
    /// What a reader of the report should know.
    pub notes: Vec<String>,
}

pub(super) fn interrupted() -> u8 {
    output::complain("scrubjay: interrupted: no report was written");
    code::INTERRUPTED
}

/// The exit code of a report.
pub(super) fn exit_code(report: &Report, exit: &ExitArgs) -> u8 {
    exit.code(report.failing() > 0, report.is_incomplete())
}

/// Says beside a report that people do not read, or that does not say it, that something was lost.
pub(super) fn complain_of_losses(report: &Report, (format, quiet): (Format, bool), exit: &ExitArgs) {
    let lists = match (format, quiet) {
        (Format::Text | Format::Github, false) => return,
        (Format::Text, true) if !exit.allow_incomplete => "a report without --quiet",
        (_, true) => return,
        (_, false) => "the report",
    };
    let lost = report.coverage.count(Class::Lost);
    if lost > 0 {
        output::complain(&format!(
            "scrubjay: incomplete: {lost} not read: {lists} lists them (--allow-incomplete accepts this)"
        ));
    }
}

/// The number of threads, which the pool that the sources share is given too.
pub(super) fn threads(asked: Option<NonZeroUsize>) -> Result<usize, Failure> {
    let threads = match asked {
        Some(asked) if asked.get() <= 1_024 => asked,
        Some(_) => return Err(Failure::new("--threads", "at most 1024")),
        None => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .build_global()
        .map_err(|cause| Failure::new("threads", cause).or_try("ask for fewer with --threads"))?;
    Ok(threads.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Reason, Skip};
    use crate::origin::{Origin, Step};
    use crate::report::Coverage;

    fn report(lost: bool) -> Report {
        let skip = (Class::Lost, Skip::new(Origin::new(Step::Stdin), Reason::Truncated, ""));
        let coverage = Coverage { objects: 1, bytes: 1, skips: if lost { vec![skip] } else { Vec::new() } };
        Report {
            command: "scan".into(),
            targets: Vec::new(),
            shows_secrets: false,
            findings: Vec::new(),
            allowed: Vec::new(),
            below_threshold: 0,
            explained: Vec::new(),
            coverage,
            notes: Vec::new(),
            day: None,
            in_names: Vec::new(),
            sweep: None,
            image: None,
        }
    }

    #[test]
    fn what_is_lost_gives_3_unless_accepted() {
        let code =
            |lost, exit_zero, allow_incomplete| exit_code(&report(lost), &ExitArgs { exit_zero, allow_incomplete });
        assert_eq!(code(false, false, false), 0);
        assert_eq!(code(true, false, false), 3);
        assert_eq!(code(true, true, false), 3, "--exit-zero is for findings");
        assert_eq!(code(true, false, true), 0);
    }
}
