//! What a scan makes of one file, with the configuration that counts where the user stands: so that `explain` says nothing else.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::ExplainArgs;
use super::failure::Failure;
use super::filter::Paths;
use super::flags::{ArchiveArgs, CommonArgs, OutputArgs, ReadArgs, RuleArgs};
use super::named::Named;
use super::progress::{Interrupt, Stop, Watch};
use super::rules;
use super::settings::Settings;
use super::sources::Reading;
use super::trust::{Layers, Scope};
use crate::finding::Location;
use crate::finding::explained::Outcome;
use crate::scan::{self as pipeline, Wanted};
use crate::signature::Signature;

/// What came of each candidate of a file.
#[derive(Default)]
pub(super) struct Scanned {
    name: Vec<u8>,
    /// By the path in the file, the place there and the rule.
    outcomes: BTreeMap<(Vec<u8>, Location, String), Outcome>,
    only: Vec<Named>,
    without: Vec<Named>,
    /// Paths that a scan of a folder leaves out.
    paths: Option<Paths>,
}

impl Scanned {
    /// Scans a file; what is none, such as a pipe, can be read once only, and nothing is known of it.
    ///
    /// # Errors
    /// What fails the scan.
    pub(super) fn of(path: &Path, args: &ExplainArgs) -> Result<Self, Failure> {
        if !path.is_file() {
            return Ok(Scanned::default());
        }
        let ArchiveArgs { max_depth, no_unpack } = args.archives;
        let signatures = args.rules.signatures.clone();
        let flags = CommonArgs {
            rules: RuleArgs { signatures, ..RuleArgs::default() },
            reading: ReadArgs { archives: ArchiveArgs { max_depth, no_unpack }, ..ReadArgs::default() },
            ..CommonArgs::default()
        };
        let targets = [path.to_owned()];
        let policy = std::env::var_os("SCRUBJAY_CONFIG").map(PathBuf::from);
        let settings = Settings::of_scan(&flags, Layers::read(policy.as_deref(), false, Scope::Paths(&targets))?)?;
        let (rules, _) = rules::of_settings(rules::Folders::here(&flags.rules.signatures), &settings)?;
        let (stop, notes) = (Stop::new(Interrupt::default(), None), RefCell::default());
        let reading = Reading { command: "explain", settings: &settings, threads: 1, notes: &notes, stop: &stop };
        let sources = reading.directory(&targets)?;
        let paths = Paths::new(&settings.include, &settings.exclude)?;
        let (only, without) = (settings.only.clone(), settings.without.clone());
        let mut options = settings.into_options(rules, &OutputArgs::default())?;
        options.explain = vec![Wanted::new(String::new(), Box::new(|_| true), None)];
        let report = pipeline::run("explain", &sources, &options, &Watch::start(stop.clone(), false))
            .map_err(|cause| Failure::new(format!("explain: {}", cause.target), cause.message))?;
        let name = path.file_name().unwrap_or_default().as_encoded_bytes().to_vec();
        let outcomes = report.explained.into_iter().map(|one| {
            let key = (below(&name, &one.path).to_vec(), one.location, one.signature.id.clone());
            (key, one.outcome)
        });
        Ok(Scanned { outcomes: outcomes.collect(), name, only, without, paths })
    }

    /// What becomes of a secret there that is not what its judgement alone says.
    pub(super) fn outcome(&self, (path, location): (&[u8], Location), signature: &Signature) -> Option<Outcome> {
        let named = |words: &[Named]| words.iter().find(|named| rules::is_named(signature, &named.word)).cloned();
        if let Some(without) = named(&self.without) {
            return Some(Outcome::LeftOut(format!("{}: {}", without.written, without.word)));
        }
        if let Some(only) = self.only.first().filter(|_| named(&self.only).is_none()) {
            return Some(Outcome::LeftOut(format!("{} names others", only.written)));
        }
        let from_here = path.strip_prefix(b"./").unwrap_or(path);
        if self.paths.as_ref().is_some_and(|paths| paths.leave_out(from_here)) {
            return Some(Outcome::LeftOut("exclude of the configuration".to_owned()));
        }
        let key = (below(&self.name, path).to_vec(), location, signature.id.clone());
        self.outcomes.get(&key).filter(|outcome| !matches!(outcome, Outcome::Reported(_))).cloned()
    }
}

/// The path in a file of this name, however the way to the file is written; empty for the file itself.
fn below<'p>(name: &[u8], path: &'p [u8]) -> &'p [u8] {
    let start = [name, b"!/"].concat();
    memchr::memmem::find(path, &start).map_or(&[], |at| &path[at + start.len()..])
}
