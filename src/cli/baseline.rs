//! `baseline`: what is found is written down as known, by fingerprint and path. Each verb scans as `scan` does, with the salt
//! of the baseline.

mod foreign;
mod show;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ColorChoice;

use super::args::{BaselineScanArgs, BaselineVerb, Foreign};
use super::failure::{Failure, code};
use super::flags::{CommonArgs, CountArgs, KnownArgs, OutputArgs, ThresholdArgs};
use super::known::{self, BaselineFile, Stand};
use super::progress::{Interrupt, Stop};
use super::scan::{self, Asked, interrupted};
use super::target::Kind;
use super::trust::Scope;
use super::{folders, output};
use crate::allow::Subject;
use crate::allow::baseline::{Baseline, Ground, Salt};
use crate::blob::Class;
use crate::finding::{Allowed, Finding, Fingerprint, Place};
use crate::origin::printable;
use crate::report::{Report, sealed};
use crate::score::Confidence;
use crate::signature::Severity;

/// Bytes of a salt that is made for a baseline.
const SALT_BYTES: usize = 16;

/// Carries out a verb of `baseline`.
pub fn run(verb: BaselineVerb) -> Result<u8, Failure> {
    match verb {
        BaselineVerb::Create { scan, force } => create(scan, force),
        BaselineVerb::Update { scan } => change("update", scan, |file, found| file.add(found, &|_, _| true)),
        BaselineVerb::Prune { scan } => prune(scan),
        BaselineVerb::Show { baseline, format } => show::show(baseline.as_deref(), format),
        BaselineVerb::Import { file, from, scan } => import(&file, from, scan),
    }
}

fn create(scan: BaselineScanArgs, force: bool) -> Result<u8, Failure> {
    let here = Here::of(&scan)?;
    if here.file.exists() && !force {
        return Err(Failure::new(format!("baseline create: {}", here.file.display()), "is there already")
            .or_try("`scrubjay baseline update` adds what is new; --force replaces it"));
    }
    let (replaces, may_lack) = (here.file.exists(), scan.allow_incomplete);
    here.write("create", scan, Start::Empty, |file, found| {
        if replaces && !may_lack && found.report.is_incomplete() {
            return Err(Failure::new(
                "baseline create",
                "not all was read, so the baseline that is there was left as it is",
            )
            .or_try("`scrubjay scan` lists what was not read; --allow-incomplete replaces it all the same"));
        }
        file.add(found, &|_, _| true)
    })
}

fn prune(mut scan: BaselineScanArgs) -> Result<u8, Failure> {
    let (rules, reading) = (&scan.rules, &scan.reading);
    let narrows =
        [&rules.only, &rules.without, &reading.include, &reading.exclude].iter().any(|given| !given.is_empty());
    let fault = |remedy| Err(Failure::new("baseline prune", "what is not looked for is not gone").or_try(remedy));
    if narrows {
        return fault("run it without --only, --without, --include and --exclude");
    }
    if reading.archives.no_unpack {
        return fault("run it without --no-unpack");
    }
    match (Here::of(&scan)?.is_default, scan.targets.is_empty()) {
        (true, false) => return fault("run it without targets: the baseline is that of the whole repository"),
        (false, true) => return fault("name the targets that this baseline was made of"),
        _ => {}
    }
    // What is below the thresholds of a scan is there all the same.
    scan.thresholds = ThresholdArgs { min_severity: Some(Severity::Info), min_confidence: Some(Confidence::Possible) };
    change("prune", scan, |file, found| {
        if found.report.is_incomplete() {
            return Err(Failure::new(
                "baseline prune",
                "not all was read, so what is gone is not known; nothing was taken out",
            )
            .or_try("`scrubjay scan` lists what was not read"));
        }
        let ground = &file.ground;
        let all = found
            .places()
            // What an entry or a mark covers, too, needs no baseline.
            .filter(|(_, place, _)| place.allowed.is_none())
            .map(|(finding, place, shown)| (Subject::of(finding), ground.masked_name_of(place, shown)));
        let before = file.baseline.counts();
        file.baseline.keep(all);
        let after = file.baseline.counts();
        Ok(format!("{} taken out", entries_in_words((before.0 - after.0, before.1 - after.1))))
    })
}

fn import(path: &Path, from: Option<Foreign>, scan: BaselineScanArgs) -> Result<u8, Failure> {
    let foreign = foreign::read(path, from)?;
    let here = Here::of(&scan)?;
    let start = if here.file.exists() { Start::File } else { Start::Empty };
    here.write("import", scan, start, |file, found| {
        let ground = file.ground.clone();
        let known = foreign.beside(&ground);
        let told = file.add(found, &|finding, place| known.has(finding, place))?;
        Ok(format!("{told}; {}", known.in_words()))
    })
}

/// A verb that changes a baseline which is there.
fn change(
    verb: &'static str,
    scan: BaselineScanArgs,
    edit: impl FnOnce(&mut BaselineFile, &Found<'_>) -> Result<String, Failure>,
) -> Result<u8, Failure> {
    Here::of(&scan)?.write(verb, scan, Start::File, edit)
}

/// With what a baseline begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Empty,
    File,
}

/// Where the baseline is, and from where its paths are counted.
struct Here {
    file: PathBuf,
    ground: Ground,
    /// Whether it is that of the repository.
    is_default: bool,
    /// What is scanned.
    targets: Vec<PathBuf>,
}

impl Here {
    fn of(scan: &BaselineScanArgs) -> Result<Self, Failure> {
        let folder = folders::current()?;
        let top = known::top_of(&folder);
        let file = scan.baseline.clone().unwrap_or_else(|| known::path_at(top));
        let is_below = |target: &PathBuf| {
            let target = folder.join(target);
            target.canonicalize().unwrap_or(target).starts_with(top)
        };
        if scan.baseline.is_none() && !scan.targets.iter().all(is_below) {
            return Err(Failure::new("baseline", "a target lies outside of where you stand")
                .or_try("go into its folder, or name a file with --baseline"));
        }
        let targets = match &scan.targets[..] {
            [] if folder == top => vec![PathBuf::from(".")],
            [] => vec![top.to_owned()],
            given => given.to_vec(),
        };
        let stand = Stand { here: folder.clone(), targets };
        // However it is written.
        let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
        let is_default = real(folder.join(&file)) == real(known::path_at(top));
        Ok(Here { ground: stand.ground_of(&file), file, is_default, targets: stand.targets })
    }

    /// Scans, edits the baseline, and puts it in its place as a whole, where it changed.
    fn write(
        self,
        verb: &'static str,
        scan: BaselineScanArgs,
        start: Start,
        edit: impl FnOnce(&mut BaselineFile, &Found<'_>) -> Result<String, Failure>,
    ) -> Result<u8, Failure> {
        let (stop, threads) =
            (Stop::new(Interrupt::listen()?, scan.reading.timeout), scan::threads(scan.reading.threads)?);
        let targets = self.targets;
        let BaselineScanArgs { ignored, config, rules, thresholds, reading, .. } = scan;
        let flags = CommonArgs {
            config,
            rules,
            known: KnownArgs { baseline: None, no_baseline: true, without_its_salt: true },
            counts: CountArgs { thresholds, ..CountArgs::default() },
            reading,
            output: OutputArgs { quiet: scan.quiet, ..OutputArgs::default() },
        };
        let asked =
            Asked { kind: "scan", command: "baseline", flags: &flags, color: ColorChoice::Never, publish: None };
        let kinds = targets.iter().map(|path| Ok((path.as_path(), Kind::of(path)?))).collect::<Result<Vec<_>, _>>()?;
        let ready =
            asked.ready((&stop, threads), (Scope::Paths(&targets), flags.config.trust_target_config), |reading| {
                reading.look(&kinds, ignored)
            })?;
        let Some(mut ready) = ready else { return Ok(interrupted()) };

        let mut file = match start {
            Start::File => known::read(&self.file, self.ground).map_err(|fault| {
                if self.file.exists() { fault } else { fault.or_try("`scrubjay baseline create` makes one") }
            })?,
            Start::Empty => {
                // One that is replaced leaves its salt, so that fingerprints stay what they are.
                let earlier = known::read(&self.file, Ground::default()).ok().map(|file| file.baseline.salt);
                let own = earlier.filter(|salt| matches!(salt, Salt::Own(_)) && ready.options.salt.is_none());
                let salt = own.map_or_else(|| new_salt(&ready.options), Ok)?;
                BaselineFile {
                    name: self.file.display().to_string(),
                    baseline: Baseline::new(salt),
                    ground: self.ground,
                }
            }
        };
        match &file.baseline.salt {
            Salt::Own(own) => ready.options.salt = Some(own.clone()),
            elsewhere if *elsewhere == Salt::elsewhere(ready.options.salt.as_deref()) => {}
            Salt::Elsewhere(_) => {
                return Err(Failure::new(
                    format!("baseline: {}", file.name),
                    "its fingerprints were made with another salt than that of this run",
                )
                .or_try(
                    "set the SCRUBJAY_SALT that it was made with, or make it anew with `baseline create --force`",
                ));
            }
        }
        let before = file.baseline.clone();
        let is_open = file.baseline.salt.is_open() || ready.salt_is_of_target;
        let Some(report) = asked.judge(ready, &stop)? else { return Ok(interrupted()) };
        let found = Found { sealed: &sealed(report.clone()), report: &report, is_open };
        let told = edit(&mut file, &found)?;
        let text = file.baseline.text();
        let is_new = start == Start::Empty || before.text() != text || !is_written_so(&self.file, &text);
        if is_new {
            output::write_whole(&self.file, text.as_bytes())
                .map_err(|cause| Failure::new(format!("baseline {verb}: {}", self.file.display()), cause))?;
        }
        let (name, counts) = (shown_name(&self.file), entries_in_words(file.baseline.counts()));
        let warning = if is_open { guessable_in_words(&file, &found) } else { String::new() };
        output::print(format!("{name}: {told}; it has {counts} now{warning}\n").as_bytes())?;
        let lost = report.coverage.count(Class::Lost);
        if lost > 0 {
            output::complain(&format!(
                "scrubjay: incomplete: {lost} not read: `scrubjay scan` lists them (--allow-incomplete accepts this)"
            ));
        }
        Ok(if lost > 0 && !scan.allow_incomplete { code::INCOMPLETE } else { code::CLEAN })
    }
}

/// That entries of secrets which could be guessed are short; nothing where there are none.
fn guessable_in_words(file: &BaselineFile, found: &Found<'_>) -> String {
    let known = known_in(&file.baseline, &file.ground, found);
    let all = found.report.findings.iter().chain(&found.report.allowed).map(Subject::of);
    let secrets = match all.filter(|one| one.guessable && known.contains(one.fingerprint)).count() {
        0 => return String::new(),
        1 => "1 secret could be guessed: the file has the first bits of its fingerprint only".to_owned(),
        count => format!("{count} secrets could be guessed: the file has the first bits of their fingerprints only"),
    };
    format!("\n{secrets}; with a salt that is kept elsewhere, in SCRUBJAY_SALT, it can have all")
}

/// What was found and is known at one of its paths.
fn known_in<'a>(baseline: &Baseline, ground: &Ground, found: &Found<'a>) -> BTreeSet<&'a Fingerprint> {
    let is_known = |finding: &Finding, place: &Place, shown: &[u8]| {
        baseline.knows_at(&Subject::of(finding), &ground.masked_name_of(place, shown))
    };
    let known = found.places().filter(|(finding, place, shown)| is_known(finding, place, shown));
    known.map(|(finding, ..)| &finding.fingerprint).collect()
}

/// A file as a person names it: from the current folder on, where it lies below.
fn shown_name(file: &Path) -> String {
    let here = folders::current().ok();
    let below = here.and_then(|here| file.strip_prefix(here).ok().map(Path::to_owned));
    printable(below.unwrap_or_else(|| file.to_owned()).to_string_lossy().as_bytes())
}

/// Whether a file is sorted and whole already: what was merged is written anew.
fn is_written_so(path: &Path, text: &str) -> bool {
    std::fs::read(path).is_ok_and(|content| content == text.as_bytes())
}

/// The salt for a new baseline: one of its own, unless one is kept elsewhere, or entries of the configuration name
/// fingerprints, which would not be the same with another.
fn new_salt(options: &crate::scan::Options) -> Result<Salt, Failure> {
    if options.salt.is_some() || options.allow.name_fingerprints() {
        return Ok(Salt::elsewhere(options.salt.as_deref()));
    }
    let mut salt = vec![0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|cause| Failure::new("baseline: salt", cause))?;
    Ok(Salt::Own(salt))
}

/// What was found.
struct Found<'a> {
    report: &'a Report,
    /// Whether who has the baseline has its salt.
    is_open: bool,
    /// The same without a byte of a secret.
    sealed: &'a Report,
}

impl<'a> Found<'a> {
    /// Every place, with what may be written of its path.
    fn places(&self) -> impl Iterator<Item = (&'a Finding, &'a Place, &'a [u8])> + use<'a> {
        let all = |report: &Report| report.findings.len() + report.allowed.len();
        debug_assert_eq!(all(self.report), all(self.sealed));
        let findings = self.report.findings.iter().chain(&self.report.allowed);
        let shown = self.sealed.findings.iter().chain(&self.sealed.allowed);
        findings.zip(shown).flat_map(|(finding, shown)| {
            let pairs = finding.places.iter().zip(&shown.places);
            pairs.map(move |(place, shown)| (finding, place, shown.path.as_slice()))
        })
    }
}

impl BaselineFile {
    /// Adds what counts and is wanted, in words.
    fn add(&mut self, found: &Found<'_>, wanted: &dyn Fn(&Finding, &Place) -> bool) -> Result<String, Failure> {
        let before = self.baseline.clone();
        let known = known_in(&before, &self.ground, found);
        let (mut secrets, mut places, mut allowed) = (BTreeSet::new(), BTreeSet::new(), 0);
        for (finding, place, shown) in found.places() {
            if place.allowed.as_ref().is_some_and(|allowed| !Allowed::is_baseline(allowed)) {
                allowed += 1;
            } else if wanted(finding, place) {
                let (subject, name) = (Subject::of(finding), self.ground.masked_name_of(place, shown));
                if before.knows_at(&subject, &name) {
                    continue;
                }
                if !before.knows(&subject) && !known.contains(subject.fingerprint) {
                    secrets.insert(subject.fingerprint);
                }
                self.baseline.add(&subject, name.clone(), found.is_open);
                places.insert((subject.fingerprint, name));
            }
        }
        let rest = match allowed {
            0 => String::new(),
            1 => " (1 place is allowed otherwise and not in it)".to_owned(),
            _ => format!(" ({allowed} places are allowed otherwise and not in it)"),
        };
        Ok(format!("{} at {} added{rest}", plural(secrets.len(), "secret"), plural(places.len(), "path")))
    }
}

/// What a file has, as [`Baseline::counts`] counts it.
fn entries_in_words((entries, paths): (usize, usize)) -> String {
    let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
    format!("{entries} at {}", plural(paths, "path"))
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
