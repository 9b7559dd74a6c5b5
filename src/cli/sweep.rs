//! `sweep`: the list, the tokens and the state read; targets on this machine opened; one report.

mod masking;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::ColorChoice;
use sha2::{Digest, Sha256};

use self::masking::mask_targets;
use super::args::SweepArgs;
use super::failure::{Failure, code};
use super::flags::CommonArgs;
use super::folders;
use super::output::{self, Outputs};
use super::progress::{Interrupt, Stop};
use super::remote::{TOKEN_FORM, tokens_of_variable};
use super::rules;
use super::scan::{complain_of_losses, exit_code, threads};
use super::settings::Settings;
use super::sources::Reading;
use super::target::Kind;
use super::trust::{Layers, Scope};
use crate::cache::Cache;
use crate::date;
use crate::finding::Fingerprinter;
use crate::scan;
use crate::signature::RuleSet;
use crate::source::git::{Mirrors, Remote, Tokens, Transports};
use crate::source::image::{KnownLayers, Transport};
use crate::sweep::{self, End, Judged, Opened, OpenedState, Place, Plan, StateFile, Target};

/// For the tests of this program, which have servers on this machine and no certificates: where it is set to `1`,
/// `http://` and `git://` may be used for the addresses of this machine. Nothing else is let through.
const LOOPBACK_VARIABLE: &str = "SCRUBJAY_TEST_LOOPBACK";
/// Largest list or token file, in bytes.
const LARGEST_LIST: u64 = 64 << 20;
const TARGET_TIMEOUT: Duration = Duration::from_secs(3_600);
/// How long a target that does not stop is waited for after its time.
const GRACE: Duration = Duration::from_secs(10);
const JOBS: usize = 4;
const OTHER_SETTINGS: &str = "what was interrupted ran with other rules or settings: all targets are read again";
const OTHER_SALT: &str =
    "the last sweep made its fingerprints with another salt: nothing can be said of what is new or gone since then";
const BEGINS_ANEW: &str = "an earlier sweep was interrupted; this one begins anew (--resume would have gone on)";

/// Scans all targets of a list.
pub fn sweep(args: SweepArgs, color: ColorChoice) -> Result<u8, Failure> {
    refuse(&args.common)?;
    let targets = targets(&args)?;
    // What is on this machine and in registries needs no mirror.
    let wants_mirrors = targets.iter().any(|target| matches!(target.place, Place::Git(_)));
    let named = args.mirror_dir.as_deref();
    let mirrors =
        (wants_mirrors || args.state.is_none()).then(|| mirrors("sweep", named, wants_mirrors)).transpose()?;
    let caches = if args.incremental {
        let named = args.cache.as_deref();
        Caches {
            histories: Some(folders::history_cache(named)?),
            layers: Some(folders::layer_cache(named, "--incremental")?),
        }
    } else {
        Caches::default()
    };
    let order = Order {
        command: "sweep",
        state: state_in(args.state, mirrors.as_ref(), &state_name(&args.list)),
        targets,
        notes: Vec::new(),
        mirrors,
        stays: Box::new(|_| false),
        begun: Instant::now(),
        jobs: args.jobs.map_or(JOBS, |jobs| usize::from(jobs.get())),
        target_timeout: args.target_timeout,
        resume: args.resume,
        caches,
        transport: Transport::default(),
        common: args.common,
    };
    order.carry_out(Interrupt::listen()?, color)
}

/// Opens the folder of mirrors, which is where states are, too.
pub(super) fn mirrors(command: &str, named: Option<&Path>, wants_mirrors: bool) -> Result<Mirrors, Failure> {
    let folder = named.map(Path::to_path_buf).or_else(folders::mirrors).ok_or_else(|| {
        let remedy = if wants_mirrors { "name a folder with --mirror-dir" } else { "name a file with --state" };
        Failure::new(command, "there is no cache folder").or_try(remedy)
    })?;
    let what = if named.is_some() { "--mirror-dir" } else { command };
    Mirrors::open(&folder).map_err(|cause| Failure::new(format!("{what}: {}", folder.display()), cause))
}

/// The file of the state: the one that is named, or else beside the mirrors.
pub(super) fn state_in(named: Option<PathBuf>, mirrors: Option<&Mirrors>, name: &str) -> PathBuf {
    let folder = mirrors.map(|mirrors| mirrors.folder().to_owned()).unwrap_or_default();
    named.unwrap_or_else(|| folder.join(name))
}

/// What is known from earlier runs, and kept for later ones.
#[derive(Default)]
pub(super) struct Caches {
    pub histories: Option<Arc<Cache>>,
    pub layers: Option<Arc<KnownLayers>>,
}

/// A sweep that is to be made.
pub(super) struct Order {
    /// The verb, for messages.
    pub command: &'static str,
    pub targets: Vec<Target>,
    /// What a reader of the report should know of them.
    pub notes: Vec<String>,
    /// `None` where no repository is cloned.
    pub mirrors: Option<Mirrors>,
    pub state: PathBuf,
    /// Of a target of the last sweep that is none of this one: whether what is known of it stays known.
    pub stays: Box<dyn Fn(&str) -> bool>,
    /// From when on the time of all is counted.
    pub begun: Instant,
    pub jobs: usize,
    pub target_timeout: Option<Duration>,
    pub resume: bool,
    pub caches: Caches,
    /// How registries are spoken with.
    pub transport: Transport,
    pub common: CommonArgs,
}

/// Refuses what a sweep has no use for.
pub(super) fn refuse(flags: &CommonArgs) -> Result<(), Failure> {
    if flags.output.show_secrets {
        return Err(Failure::new("--show-secrets", "a sweep keeps no secret that it could show")
            .or_try("`scrubjay scan`, `scrubjay git` or `scrubjay image` show those of one target"));
    }
    if !flags.output.explain.is_empty() {
        return Err(Failure::new("--explain", "a sweep keeps what was found, and not the reasons for the rest")
            .or_try("`scrubjay scan`, `scrubjay git` or `scrubjay image` explain those of one target"));
    }
    Ok(())
}

impl Order {
    pub(super) fn carry_out(self, interrupt: Interrupt, color: ColorChoice) -> Result<u8, Failure> {
        let Order { command, targets, mirrors, state: path, caches, transport, .. } = self;
        let flags = Arc::new(self.common);
        let layers = Layers::read(flags.config.config.as_deref(), flags.config.trust_target_config, Scope::Elsewhere)?;
        let mut settings = Settings::of_scan(&flags, layers)?;
        let (rules, unknown) = rules::of_settings(rules::Folders::here(&flags.rules.signatures), &settings)?;
        settings.notes.extend(unknown);
        let signatures =
            rules::load(&flags.rules.signatures, &settings.signatures)?.into_iter().map(|located| located.signature);
        let signatures = signatures.map(|signature| (signature.id.clone(), signature)).collect();
        let threads = threads(flags.reading.threads)?;
        let outputs = Outputs::open(&flags.output, color)?;
        let salt = salt_mark(&settings);
        let digest = digest(&settings, &rules, &flags, &salt);
        let fault = |cause: io::Error| Failure::new(format!("{command}: state {}", path.display()), cause);
        let opened = StateFile::open(&path, Judged { settings: &digest, salt: &salt }, self.resume)
            .map_err(|cause| fault(cause).or_try("name another with --state, or move it away"))?;
        let quiet = flags.output.quiet;
        if opened.discarded && !quiet {
            output::complain(&format!(
                "scrubjay: {command}: {}",
                if self.resume { OTHER_SETTINGS } else { BEGINS_ANEW }
            ));
        }
        let mut notes = [self.notes, settings.notes.clone()].concat();
        notes.extend(opened.other_salt.then(|| OTHER_SALT.to_owned()));
        let OpenedState { file: mut state, mut last, done, .. } = opened;
        if let Some(last) = &mut last {
            last.keep(&targets, &self.stays);
        }
        let options = Arc::new(settings.clone().into_options(rules, &flags.output)?);
        let images = Images { transport, layers: caches.layers };
        let plan = Arc::new(Plan {
            targets,
            last,
            mirrors,
            jobs: self.jobs,
            threads,
            target_timeout: self.target_timeout.unwrap_or(TARGET_TIMEOUT),
            grace: GRACE,
            deadline: flags.reading.timeout.and_then(|timeout| self.begun.checked_add(timeout)),
            options: Arc::clone(&options),
            signatures,
            cache: caches.histories,
            shared: Arc::default(),
            open: opener((command, Arc::clone(&flags), threads), settings, options, images),
            interrupted: Box::new(move || interrupt.came()),
        });
        let mut told = teller(plan.targets.len(), quiet);
        let (records, end) = sweep::run(&plan, done, &mut state, &mut told).map_err(fault)?;
        if end == End::Interrupted {
            output::complain("scrubjay: interrupted: no report was written: --resume goes on where it was");
            return Ok(code::INTERRUPTED);
        }
        let last = plan.last.as_ref();
        let ended = last.map(|last| in_words(last.ended));
        let mut report = sweep::report(&plan.targets, &records, last, ended, &plan.signatures);
        mask_targets(&mut report);
        report.notes.extend(notes);
        report.day = Some(output::today());
        outputs.write(&report)?;
        // The report first: where it cannot be written, --resume still has all that it takes to write it.
        if end == End::All {
            sweep::keep(&plan, &mut state).and_then(|()| state.end(now())).map_err(fault)?;
        }
        complain_of_losses(&report, (flags.output.format, flags.output.quiet), &flags.counts.exit);
        Ok(exit_code(&report, &flags.counts.exit))
    }
}

/// The targets of the list, with tokens.
fn targets(args: &SweepArgs) -> Result<Vec<Target>, Failure> {
    let is_test = std::env::var(LOOPBACK_VARIABLE).is_ok_and(|value| value == "1");
    let transports = if is_test { Transports::AlsoLoopback } else { Transports::Remote };
    let shown =
        if args.list.as_os_str() == "-" { "standard input".to_owned() } else { args.list.display().to_string() };
    let text = read_list(&args.list).map_err(|cause| Failure::new(format!("sweep: {shown}"), cause))?;
    let mut targets = sweep::parse(&text, transports)
        .map_err(|bad| Failure::new(format!("sweep: {shown}:{}", bad.line), bad.message))?;
    if targets.is_empty() {
        return Err(Failure::new(format!("sweep: {shown}"), "names no target")
            .or_try("write one a line: TARGET [name=NAME] [owner=OWNER]"));
    }
    let mut tokens = args.token_file.as_deref().map(tokens_of_file).transpose()?.unwrap_or_default();
    let hosts: Vec<&str> = remotes(&targets).map(Remote::host).collect();
    let unused = tokens.lines_for_none_of(&hosts);
    tokens_of_variable(&mut tokens)?;
    for target in &mut targets {
        if let Place::Git(remote) = &mut target.place {
            tokens.log_in(remote);
        }
    }
    // Where all have a login nobody misses them.
    let misses_one = !args.common.output.quiet && remotes(&targets).any(Remote::wants_login);
    if let Some(path) = args.token_file.as_deref().filter(|_| misses_one && !unused.is_empty()) {
        let lines: Vec<String> = unused.iter().map(usize::to_string).collect();
        output::complain(&format!(
            "scrubjay: --token-file: {}: for no target of the list: line {} (HOST is that of a URL, with its port)",
            path.display(),
            lines.join(", ")
        ));
    }
    Ok(targets)
}

fn remotes(targets: &[Target]) -> impl Iterator<Item = &Remote> {
    targets.iter().filter_map(|target| match &target.place {
        Place::Git(remote) => Some(remote),
        _ => None,
    })
}

fn read_list(path: &Path) -> io::Result<String> {
    if path.as_os_str() == "-" { read_text(&mut io::stdin().lock()) } else { read_text(&mut File::open(path)?) }
}

pub(super) fn read_text(reader: &mut dyn Read) -> io::Result<String> {
    let mut text = String::new();
    reader.take(LARGEST_LIST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST_LIST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "is larger than 64 MiB"));
    }
    Ok(text)
}

fn tokens_of_file(path: &Path) -> Result<Tokens, Failure> {
    let what = || format!("--token-file: {}", path.display());
    let mut file = File::open(path).map_err(|cause| Failure::new(what(), cause))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = file.metadata().map_err(|cause| Failure::new(what(), cause))?;
        if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
            return Err(Failure::new(what(), "other users can read it").or_try("chmod 600 it"));
        }
    }
    let text = read_text(&mut file).map_err(|cause| Failure::new(what(), cause))?;
    let mut tokens = Tokens::default();
    tokens.add(&text).map_err(|line| Failure::new(format!("{}:{line}", what()), "is no token").or_try(TOKEN_FORM))?;
    Ok(tokens)
}

/// How images are read.
struct Images {
    transport: Transport,
    layers: Option<Arc<KnownLayers>>,
}

/// Opens paths and images. With `--trust-target-config` a path is judged by its own configuration.
fn opener(
    (command, flags, threads): (&'static str, Arc<CommonArgs>, usize),
    shared: Settings,
    options: Arc<scan::Options>,
    images: Images,
) -> sweep::Open {
    // What a sweep fetches it fetches itself, and looks at the time of the target.
    let stop = Stop::new(Interrupt::default(), None);
    let open = move |target: &Target| -> Result<Opened, Failure> {
        let said = RefCell::new(Vec::new());
        let path = match &target.place {
            Place::Path(path) => path,
            Place::Image(image) => {
                let reading = Reading { command, settings: &shared, threads, notes: &said, stop: &stop };
                let sources = vec![reading.image_of_sweep(image, &images.transport, images.layers.as_ref())?];
                return Ok(Opened { sources, options: Arc::clone(&options), notes: Vec::new() });
            }
            Place::Git(_) => return Err(Failure::new("sweep", "is read from its mirror")),
            Place::Unlisted { why, .. } => return Err(Failure::new(command, why)),
        };
        let kind = Kind::of(path)?;
        let own = own_settings(&flags, path)?;
        let settings = own.as_ref().unwrap_or(&shared);
        let reading = Reading { command, settings, threads, notes: &said, stop: &stop };
        let sources = reading.look(&[(path, kind)], false)?;
        let mut notes = said.take();
        let Some(own) = own else { return Ok(Opened { sources, options: Arc::clone(&options), notes }) };
        notes.extend(own.notes.iter().cloned());
        let (rules, unknown) = rules::of_settings(rules::Folders::here(&flags.rules.signatures), &own)?;
        notes.extend(unknown);
        Ok(Opened { sources, options: Arc::new(own.into_options(rules, &flags.output)?), notes })
    };
    Box::new(move |target| {
        open(target).map_err(|failure| {
            let remedy = if failure.remedy.is_empty() { String::new() } else { format!(": {}", failure.remedy) };
            format!("{}{remedy}", failure.why)
        })
    })
}

/// The settings that a trusted path has for itself.
fn own_settings(flags: &CommonArgs, path: &Path) -> Result<Option<Settings>, Failure> {
    if !flags.config.trust_target_config {
        return Ok(None);
    }
    let layers = Layers::read(flags.config.config.as_deref(), true, Scope::Paths(&[path.to_owned()]))?;
    Settings::of_scan(flags, layers).map(Some)
}

/// Tells of each target that is done, on a terminal.
fn teller(targets: usize, quiet: bool) -> impl FnMut(&Target, &sweep::Record, usize) {
    let speaks = !quiet && io::stderr().is_terminal();
    move |target, record, done| {
        if speaks {
            let name = crate::origin::printable(target.name.as_bytes());
            output::tell(&format!("sweep: {done}/{targets} {name}: {}", record.outcome.name()));
        }
    }
}

/// Says with which salt fingerprints are made, and tells nothing of it to who does not have it.
fn salt_mark(settings: &Settings) -> String {
    Fingerprinter::new(settings.salt.as_deref()).of("settings of a sweep", b"", true).as_str().to_owned()
}

/// Says with which rules and settings targets are judged.
fn digest(settings: &Settings, rules: &RuleSet, flags: &CommonArgs, salted: &str) -> String {
    let settings = Settings { salt: None, ..settings.clone() };
    let mut sum = Sha256::new();
    let (version, trusts) = (env!("CARGO_PKG_VERSION"), flags.config.trust_target_config);
    sum.update(format!("{version} {settings:?} {salted} {trusts} {}", flags.output.no_authors));
    for rule in &rules.rules {
        sum.update(serde_json::to_vec(&*rule.signature).unwrap_or_default());
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of the state of a list: the same for the same file.
fn state_name(list: &Path) -> String {
    if list.as_os_str() == "-" {
        return "sweep-stdin.jsonl".to_owned();
    }
    let list = list.canonicalize().unwrap_or_else(|_| list.to_owned());
    let sum = Sha256::digest(list.as_os_str().as_encoded_bytes());
    let digits: String = sum.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("sweep-{digits}.jsonl")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// RFC 3339, in UTC.
fn in_words(seconds: u64) -> String {
    format!("{}Z", date::time_in_words(seconds))
}

#[cfg(test)]
mod tests;
