//! What a source remembers of an earlier run: with what that judged, which of its finds stand for themselves, and which
//! rules it did not have.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use sha2::{Digest, Sha256};

use super::gather::{Gathered, Gathering, may_be_shown};
use super::hit::Hit;
use super::places::shown_path;
use super::shown::Namer;
use super::{Options, Progress, told};
use crate::blob::{Reason, Skip};
use crate::cache::Seal;
use crate::detect::Detector;
use crate::origin::{Origin, Step};
use crate::score::Confidence;
use crate::secret::Secret;
use crate::signature::{Matcher, Rule, Standing};
use crate::source::SourceError;
use crate::source::memory::{Find, Id, Judge, Learnt, Memory, Told, Trace};

/// Asks for what is remembered, and has that judged by rules that are new.
pub(super) fn recall(
    memory: &dyn Memory,
    (options, namer): (&Options, &Namer<'_>),
    progress: &dyn Progress,
) -> Result<Vec<Trace>, SourceError> {
    let recalled = memory.recall(judge(options, namer));
    if !recalled.new_rules.is_empty() {
        let new: HashSet<u16> = recalled.new_rules.into_iter().collect();
        let detector =
            Detector::with(&options.rules, &|rule| new.contains(&rule.index)).reporting(options.min_severity);
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

fn judge(options: &Options, namer: &Namer<'_>) -> Judge {
    let mut sum = Sha256::new();
    let (unpack, most) = (&options.unpack, options.max_size);
    sum.update(format!("{} {} {unpack:?} {most:?}", env!("CARGO_PKG_VERSION"), env!("SCRUBJAY_JUDGE")));
    let hash = |rule: &Rule| {
        let text = serde_json::to_vec(&*rule.signature).unwrap_or_default();
        // What one of a user takes the place of depends on what is reported.
        let standing =
            (rule.standing != Standing::BuiltIn).then(|| format!("{:?} {}", rule.standing, options.min_severity));
        BuildHasherDefault::<DefaultHasher>::default().hash_one((text, standing))
    };
    Judge {
        key: sum.finalize().into(),
        rules: options.rules.rules.iter().map(|rule| (rule.id().to_owned(), hash(rule))).collect(),
        least: options.min_confidence,
        telling: told::telling(options, namer),
    }
}

/// What was read, as it is to be remembered.
pub(super) struct Read {
    traces: Vec<Trace>,
    /// Ids that are no findings, where these are all.
    ids: Option<Vec<(Origin, Id)>>,
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
        let tells = memory.tells();
        let (mut secrets, mut hidden) = (HashMap::new(), HashSet::new());
        let too_slow = gathered.skips.iter().filter(|skip| skip.reason == Reason::TooSlow);
        let too_slow: HashSet<&Origin> = too_slow.map(|skip| &skip.origin).collect();
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
                    // It is to be told again.
                    || too_slow.contains(&hit.origin)
                    || is_companion[usize::from(hit.rule)],
            };
            let told = tells.then(|| Box::new(told::of(hit)));
            Some(Trace { origin: hit.origin.clone(), find, told })
        });
        let traces = traces.collect();
        let id = |(hit, is_beside): (&Hit, bool)| {
            let value = memory.seal(&hit.secret);
            secrets.entry(value).or_insert_with(|| hit.secret.clone());
            let id = Id {
                rule: hit.rule,
                value,
                location: hit.location,
                shown: hit.shown.clone(),
                stem: hit.stem.clone(),
                is_beside,
            };
            (hit.origin.clone(), id)
        };
        let ids = gathered.ids.all().filter(|_| tells).map(|ids| ids.map(id).collect());
        Read { traces, ids, skips: gathered.skips.clone(), secrets, hidden }
    }

    pub(super) fn remember(mut self, memory: &dyn Memory, options: &Options, namer: &Namer<'_>) {
        if !self.name(options, namer) {
            return;
        }
        let hidden: Vec<&Secret> = self.hidden.iter().filter_map(|seal| self.secrets.get(seal)).collect();
        memory.remember(&Learnt {
            traces: &self.traces,
            ids: self.ids.as_deref(),
            skips: &self.skips,
            secrets: &hidden,
        });
    }

    /// Adds the names of what a report may show. Returns whether there was time for all: what has none cannot be told later.
    fn name(&mut self, options: &Options, namer: &Namer<'_>) -> bool {
        let secrets = &self.secrets;
        let named: Vec<(&mut Told, &Rule, &Secret)> = self
            .traces
            .iter_mut()
            .filter_map(|Trace { find, told, .. }| {
                let rule = &options.rules.rules[usize::from(find.rule)];
                let secret = secrets.get(&find.secret)?;
                let told = told.as_deref_mut().filter(|_| may_be_shown(find.confidence, rule, options))?;
                Some((told, rule, secret))
            })
            .collect();
        let names = namer.all(&named, |(_, rule, secret)| namer.names(rule, secret));
        let all_named = names.iter().all(Option::is_some);
        for ((told, ..), names) in named.into_iter().zip(names) {
            told.names = names;
        }
        all_named
    }

    /// The secret that was read and that a seal stands for, or else what is as good as long as it is not shown.
    fn secret(read: Option<&Read>, seal: Seal) -> Secret {
        read.and_then(|read| read.secrets.get(&seal).cloned()).unwrap_or_else(|| Secret::new(seal))
    }
}

/// Whether a rule for some paths found it at another one, where it is none. In a history one object has many.
fn is_elsewhere(hit: &Hit, options: &Options) -> bool {
    let rule = &options.rules.rules[usize::from(hit.rule)];
    rule.has_paths()
        && !hit.origin.steps().iter().any(|step| matches!(step, Step::Object { .. }))
        && !rule.at_path(&shown_path(&hit.origin, None))
}

/// The finds that were not read again. Where no more is known of them than where they lie, they are below the thresholds.
pub(super) fn hits<'t>(traces: Vec<Trace>, read: Option<&'t Read>) -> impl Iterator<Item = Hit> + 't {
    traces.into_iter().map(move |Trace { origin, find, told }| {
        let secret = Read::secret(read, find.secret);
        match told {
            Some(told) => told::hit(origin, &find, *told, secret),
            None => told::untold(origin, &find, secret),
        }
    })
}

/// The ids that were not read again, each with whether it stands beside a secret.
pub(super) fn ids<'t>(ids: Vec<(Origin, Id)>, read: Option<&'t Read>) -> impl Iterator<Item = (Hit, bool)> + 't {
    ids.into_iter().map(move |(origin, id)| {
        let is_beside = id.is_beside;
        let value = Read::secret(read, id.value);
        (told::id(origin, id, value), is_beside)
    })
}
