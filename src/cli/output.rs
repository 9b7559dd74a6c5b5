//! Reports on their way out: standard output, and files that are written whole or not at all.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ColorChoice;

use super::failure::{Failure, without_tokens};
use super::flags::{OutputArgs, SavedOutputArgs};
use crate::date::{self, Date};
use crate::report::{self, Format, Report};

/// A report file that is not there until it is whole.
#[derive(Debug)]
struct Pending {
    format: Format,
    /// As the user named it.
    named: PathBuf,
    /// Where the bytes go first; `None` for what is no regular file, such as a pipe, which is written as it is.
    temporary: Option<Temporary>,
}

/// A file beside its goal, removed unless it was put in its place.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    goal: PathBuf,
    file: File,
    placed: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.placed {
            // It may be gone already; nothing else can be done about it here.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Where reports go.
#[derive(Debug)]
pub struct Outputs {
    /// `None` where nothing is printed.
    stdout: Option<Format>,
    files: Vec<Pending>,
    options: report::Options,
}

impl Outputs {
    /// Opens all files, so that a scan does not run for an hour to end in a report that cannot be written.
    ///
    /// # Errors
    /// A file that cannot be written or is named twice; secrets to be shown in a format that is meant for others' eyes.
    pub fn open(flags: &OutputArgs, color: ColorChoice) -> Result<Self, Failure> {
        let formats = || flags.output.iter().map(|output| output.format).chain([flags.format]);
        if flags.show_secrets && !formats().all(Format::may_show_secrets) {
            return Err(Failure::new("--show-secrets", "a report of this format is uploaded for others to read")
                .or_try("leave out --show-secrets, or use text, json or jsonl"));
        }
        let mut goals = HashSet::new();
        let mut files = Vec::new();
        for output in &flags.output {
            let pending = Pending::open(output.format, &output.file, flags.show_secrets)?;
            if let Some(temporary) = &pending.temporary
                && !goals.insert(temporary.goal.clone())
            {
                return Err(Failure::new(format!("--output: {}", output.file.display()), "named twice")
                    .or_try("give each format its own file"));
            }
            files.push(pending);
        }
        // No other format needs it, and a machine may have none to give.
        let fence = if formats().any(|format| format == Format::Github) { random_word()? } else { String::new() };
        let options = report::Options {
            color: colored(color),
            show_allowed: flags.show_allowed,
            verbose: flags.verbose,
            quiet: flags.quiet,
            width: terminal_width(),
            fence,
            accepts_loss: false,
            started: Some(clock()),
            ended: None,
        };
        Ok(Outputs { stdout: Some(flags.format), files, options })
    }

    /// Of a scan that was made on a day: at what time nobody has written down, and now is no time of it.
    #[must_use]
    pub fn of_day(mut self, day: Option<Date>) -> Self {
        if let Some(day) = day.filter(|_| fixed_time().is_none()) {
            self.options.started = Some(format!("{day}T00:00:00"));
            self.options.ended.clone_from(&self.options.started);
        }
        self
    }

    /// What was lost does not fail the run.
    #[must_use]
    pub fn accepting_loss(mut self, accepts_loss: bool) -> Self {
        self.options.accepts_loss = accepts_loss;
        self
    }

    /// Opens all files for a report that was saved.
    ///
    /// # Errors
    /// As [`Outputs::open`].
    pub fn of_saved(flags: &SavedOutputArgs, shows_secrets: bool, color: ColorChoice) -> Result<Self, Failure> {
        let flags = OutputArgs {
            format: flags.format,
            output: flags.output.clone(),
            show_secrets: shows_secrets,
            show_allowed: flags.show_allowed,
            quiet: flags.quiet,
            verbose: flags.verbose,
            ..OutputArgs::default()
        };
        Outputs::open(&flags, color)
    }

    /// Prints nothing; files are written all the same.
    #[must_use]
    pub fn silent(mut self, is_silent: bool) -> Self {
        self.stdout = self.stdout.filter(|_| !is_silent);
        self
    }

    /// Writes every report, the files first.
    ///
    /// # Errors
    /// A file or standard output that cannot be written. A reader of standard output that has gone away is none.
    pub fn write(mut self, report: &Report) -> Result<(), Failure> {
        self.options.ended.get_or_insert_with(clock);
        let plain = report::Options { color: false, width: None, ..self.options.clone() };
        let mut written = Vec::new();
        for mut pending in self.files {
            pending.write(report, &plain)?;
            written.push(pending);
        }
        for pending in written {
            pending.place()?;
        }
        let Some(format) = self.stdout else { return Ok(()) };
        let mut stdout = BufWriter::with_capacity(64 << 10, io::stdout().lock());
        let outcome = format.write(report, &self.options, &mut stdout).and_then(|()| stdout.flush());
        ignore_closed_pipe(outcome).map_err(|cause| Failure::new("standard output", cause))
    }
}

impl Pending {
    fn open(format: Format, file: &Path, private: bool) -> Result<Self, Failure> {
        let fault = |cause: &io::Error| {
            Failure::new(format!("--output: {}", file.display()), cause)
                .or_try("name a file in a folder that you can write to")
        };
        // A link stays a link: what it points to is replaced.
        let goal = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        match fs::metadata(&goal) {
            Ok(metadata) if metadata.is_dir() => return Err(fault(&io::Error::from(io::ErrorKind::IsADirectory))),
            Ok(metadata) if !metadata.is_file() => {
                return Ok(Pending { format, named: file.to_owned(), temporary: None });
            }
            _ => {}
        }
        let temporary = Temporary::beside(goal, private).map_err(|cause| fault(&cause))?;
        Ok(Pending { format, named: file.to_owned(), temporary: Some(temporary) })
    }

    fn fault(&self, cause: &io::Error) -> Failure {
        Failure::new(format!("--output: {}", self.named.display()), cause)
    }

    fn write(&mut self, report: &Report, options: &report::Options) -> Result<(), Failure> {
        let outcome = match &self.temporary {
            Some(temporary) => {
                write_to(&temporary.file, self.format, report, options).and_then(|()| temporary.file.sync_all())
            }
            None => OpenOptions::new()
                .write(true)
                .open(&self.named)
                .and_then(|file| ignore_closed_pipe(write_to(&file, self.format, report, options))),
        };
        outcome.map_err(|cause| self.fault(&cause))
    }

    fn place(mut self) -> Result<(), Failure> {
        if let Some(temporary) = &mut self.temporary {
            match fs::rename(&temporary.path, &temporary.goal) {
                Ok(()) => temporary.placed = true,
                Err(cause) => return Err(self.fault(&cause)),
            }
        }
        Ok(())
    }
}

fn write_to(file: &File, format: Format, report: &Report, options: &report::Options) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, file);
    format.write(report, options, &mut out)?;
    out.flush()
}

impl Temporary {
    fn beside(goal: PathBuf, private: bool) -> io::Result<Self> {
        let name = goal.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy().into_owned();
        for attempt in 0..100 {
            let path = goal.with_file_name(format!(".{name}.{}.{attempt}.tmp", std::process::id()));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            if private {
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            }
            #[cfg(not(unix))]
            let _ = private;
            match options.open(&path) {
                Ok(file) => return Ok(Temporary { path, goal, file, placed: false }),
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
                Err(cause) => return Err(cause),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// A word that nobody can know before.
///
/// # Errors
/// When the system has no random bytes.
pub fn random_word() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|cause| Failure::new("random bytes", cause))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes a file that is there as a whole, or as it was.
///
/// # Errors
/// When it cannot be written.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let goal = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut temporary = Temporary::beside(goal, false)?;
    temporary.file.write_all(content)?;
    temporary.file.sync_all()?;
    fs::rename(&temporary.path, &temporary.goal)?;
    temporary.placed = true;
    Ok(())
}

/// Prints text to standard output; a reader that has gone away is no error.
///
/// # Errors
/// When it cannot be written.
pub fn print(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    ignore_closed_pipe(stdout.write_all(text).and_then(|()| stdout.flush()))
        .map_err(|cause| Failure::new("standard output", cause))
}

/// Prints a line to standard error, where there is one, less the tokens in it: it may quote what was typed or read.
pub fn complain(line: &str) {
    tell(&without_tokens(line));
}

/// The same of a line that quotes nothing.
pub fn tell(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether standard output takes colours.
pub fn colored(choice: ColorChoice) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    }
}

/// Columns of the terminal that standard output is, if it is one.
fn terminal_width() -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
}

/// The day now, as a report tells it.
pub fn today() -> Date {
    Date::from_unix_seconds(now())
}

fn clock() -> String {
    date::time_in_words(now())
}

/// Seconds from 1970 until now, or those of SOURCE_DATE_EPOCH, so that a report can be made again byte for byte.
fn now() -> u64 {
    fixed_time().unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

fn fixed_time() -> Option<u64> {
    std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok())
}

fn ignore_closed_pipe(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
