//! `signatures check --corpus`: signatures tried on ordinary source, where a rule without a proof has nothing to find.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::failure::Failure;
use crate::blob::{Item, Sink};
use crate::detect::Detector;
use crate::score::Confidence;
use crate::signature::{Loaded, Matcher, RuleSet, Severity};
use crate::source::Source;
use crate::source::directory::{self, Directory};

/// Different values that a rule without a proof may find before it is named.
const MOST: usize = 3;

/// What one rule found.
#[derive(Default)]
struct Finds {
    /// Digests of the values would do; they live no longer than this check.
    values: BTreeSet<u64>,
    /// The first places, for people.
    places: Vec<String>,
}

struct Trial<'r> {
    detector: Detector<'r>,
    finds: Mutex<BTreeMap<u16, Finds>>,
}

impl Sink for Trial<'_> {
    fn put(&self, item: Item<'_>) {
        let Item::Blob(blob) = item else { return };
        let path = blob.origin.path().map(crate::origin::printable).unwrap_or_default();
        // What cannot be read is no matter here: the folder is only a sample.
        let _ = self.detector.judge(blob, false, &mut |found| {
            for one in found.iter().filter(|one| one.verdict.confidence >= Some(Confidence::Likely)) {
                // Nobody is shown what is of severity info, unless they ask for it.
                let is_shown = one.rule.signature.severity > Severity::Info;
                if matches!(one.rule.matcher, Matcher::Assignment | Matcher::Column)
                    || one.rule.signature.proof.is_some()
                    || !is_shown
                {
                    continue;
                }
                let Ok(mut all) = self.finds.lock() else { return };
                let finds = all.entry(one.rule.index).or_default();
                if finds.values.insert(digest(one.secret())) && finds.places.len() <= MOST {
                    finds.places.push(format!("{path}:{}", one.position.start.0));
                }
            }
        });
    }
}

/// FNV-1a: tells values apart without keeping them.
fn digest(value: &[u8]) -> u64 {
    value.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Names each rule that finds more than [`MOST`] different values in a folder and has no proof.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn faults(loaded: &Loaded, folder: &Path) -> Result<Vec<String>, Failure> {
    let named = || format!("signatures check --corpus {}", folder.display());
    if !folder.is_dir() {
        return Err(Failure::new(named(), "is no folder"));
    }
    let Ok(rules) = RuleSet::compile(loaded, true) else { return Ok(Vec::new()) };
    let trial = Trial { detector: Detector::new(&rules), finds: Mutex::default() };
    let options =
        directory::Options { roots: vec![PathBuf::from(folder)], ignored: true, ..directory::Options::default() };
    Directory::new(options)
        .and_then(|directory| directory.read(&trial))
        .map_err(|cause| Failure::new(named(), cause))?;
    let finds = trial.finds.into_inner().unwrap_or_default();
    let many = finds.into_iter().filter(|(_, finds)| finds.values.len() > MOST);
    Ok(many
        .map(|(rule, finds)| {
            format!(
                "{}: finds {} values in ordinary source, and has no proof: {}",
                rules.rules[usize::from(rule)].id(),
                finds.values.len(),
                finds.places.join(", ")
            )
        })
        .collect())
}
