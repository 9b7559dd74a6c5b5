//! What a source remembers of an earlier run: with what that judged, which of its finds stand for themselves, and which
//! rules it did not have.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use sha2::{Digest, Sha256};

use super::gather::{Gathered, Gathering, Hit};
use super::places::shown_path;
use super::{Options, Progress};
use crate::blob::Skip;
use crate::cache::Seal;
use crate::detect::Detector;
use crate::finding::Excerpt;
use crate::origin::{Origin, Step};
use crate::score::{Confidence, Verdict};
use crate::secret::Secret;
use crate::signature::{Matcher, Rule};
use crate::source::SourceError;
use crate::source::memory::{Find, Judge, Memory, Trace};

/// Asks for what is remembered, and has that judged by rules that are new.
pub(super) fn recall(
    memory: &dyn Memory,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Vec<Trace>, SourceError> {
    let recalled = memory.recall(judge(options));
    if !recalled.new_rules.is_empty() {
        let new: HashSet<u16> = recalled.new_rules.into_iter().collect();
        let detector = Detector::with(&options.rules, &|rule| new.contains(&rule.index));
        let silent = Silent(progress);
        let gathering = Gathering::new(&detector, options, &silent);
        memory.read_known(&gathering)?;
        let gathered = gathering.finish();
        let skipped = gathered.skips.into_iter().map(|skip| skip.origin);
        let suspects: Vec<Origin> = gathered.hits.into_iter().map(|hit| hit.origin).chain(skipped).collect();
        memory.suspect(&suspects);
    }
    Ok(recalled.traces)
}

/// Adds the ids in what was not read, where there is a secret that one of them may belong to.
pub(super) fn add_ids(
    memory: &dyn Memory,
    (detector, options, progress): (&Detector<'_>, &Options, &dyn Progress),
    gathered: &mut Gathered,
) -> Result<(), SourceError> {
    if gathered.hits.iter().all(|hit| options.rules.rules[usize::from(hit.rule)].ids.is_empty()) {
        return Ok(());
    }
    let silent = Silent(progress);
    let gathering = Gathering::new(detector, options, &silent);
    memory.read_ids(&gathering)?;
    gathered.ids.append(gathering.finish().ids);
    Ok(())
}

/// Work that is not counted.
struct Silent<'a>(&'a dyn Progress);

impl Progress for Silent<'_> {
    fn expect(&self, _objects: u64, _bytes: u64) {}

    fn done(&self, _objects: u64, _bytes: u64) {}

    fn stopped(&self) -> bool {
        self.0.stopped()
    }
}

fn judge(options: &Options) -> Judge {
    let mut sum = Sha256::new();
    let (unpack, most) = (&options.unpack, options.max_size);
    sum.update(format!("{} {} {unpack:?} {most:?}", env!("CARGO_PKG_VERSION"), env!("SCRUBJAY_JUDGE")));
    let hash = |rule: &Rule| {
        let text = serde_json::to_vec(&*rule.signature).unwrap_or_default();
        BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
    };
    Judge {
        key: sum.finalize().into(),
        rules: options.rules.rules.iter().map(|rule| (rule.id().to_owned(), hash(rule))).collect(),
        least: options.min_confidence,
    }
}

/// What was read, as it is to be remembered.
pub(super) struct Read {
    traces: Vec<Trace>,
    skips: Vec<Skip>,
    /// All secrets that were seen, by what stands for them.
    secrets: HashMap<Seal, Secret>,
    /// Of these, those that may not be in a path that is remembered.
    hidden: HashSet<Seal>,
}

/// Bytes from which on a value that is hardly sure is no word of every day, such as `admin`, that paths have too.
const NO_WORD: usize = 12;

impl Read {
    pub(super) fn of(memory: &dyn Memory, gathered: &Gathered, options: &Options) -> Self {
        let is_companion = options.rules.companions();
        let (mut secrets, mut hidden) = (HashMap::new(), HashSet::new());
        let traces = gathered.hits.iter().filter(|hit| !is_elsewhere(hit, options)).filter_map(|hit| {
            let secret = memory.seal(&hit.secret);
            // What is one line of a file may be a word of every day, whatever it would be at another path.
            let is_file = matches!(options.rules.rules[usize::from(hit.rule)].matcher, Matcher::File);
            let is_sure = hit.verdict.confidence >= Some(Confidence::Likely) && !is_file;
            if is_sure || hit.secret.expose().len() >= NO_WORD {
                hidden.insert(secret);
            }
            secrets.entry(secret).or_insert_with(|| hit.secret.clone());
            let find = Find {
                rule: hit.rule,
                secret,
                location: hit.location,
                confidence: hit.verdict.confidence?,
                points: hit.verdict.points,
                severity: hit.verdict.severity,
                is_needed: hit.mark.is_some()
                    || hit.encoded.is_some()
                    || hit.is_id
                    || hit.is_beside_ids
                    || is_companion[usize::from(hit.rule)],
            };
            Some(Trace { origin: hit.origin.clone(), find })
        });
        Read { traces: traces.collect(), skips: gathered.skips.clone(), secrets, hidden }
    }

    pub(super) fn remember(self, memory: &dyn Memory) {
        let hidden: Vec<&Secret> = self.hidden.iter().filter_map(|seal| self.secrets.get(seal)).collect();
        memory.remember(&self.traces, &self.skips, &hidden);
    }
}

/// Whether a rule for some paths found it at another one, where it is none. In a history one object has many.
fn is_elsewhere(hit: &Hit, options: &Options) -> bool {
    let rule = &options.rules.rules[usize::from(hit.rule)];
    rule.has_paths()
        && !hit.origin.steps().iter().any(|step| matches!(step, Step::Object { .. }))
        && !rule.at_path(&shown_path(&hit.origin, None))
}

/// The finds that were not read again. What is not known of them is not shown, either: they are below the thresholds, or
/// join a finding that was read again and has the same secret.
pub(super) fn hits<'t>(traces: Vec<Trace>, read: Option<&'t Read>) -> impl Iterator<Item = Hit> + 't {
    traces.into_iter().map(move |Trace { origin, find }| Hit {
        rule: find.rule,
        secret: read
            .and_then(|read| read.secrets.get(&find.secret).cloned())
            .unwrap_or_else(|| Secret::new(find.secret)),
        encoded: None,
        shown: String::new(),
        origin,
        location: find.location,
        excerpt: Excerpt::default(),
        verdict: Verdict {
            confidence: Some(find.confidence),
            points: find.points,
            severity: find.severity,
            ..Verdict::absent()
        },
        mark: None,
        is_id: false,
        is_beside_ids: false,
        stem: None,
    })
}
