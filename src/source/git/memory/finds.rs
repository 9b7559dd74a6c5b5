//! Finds that are remembered: in which objects they are, and which of these need not be read again for a report.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;

use super::file::{Fates, Known, Marked};
use super::index::Index;
use crate::finding::Fate;
use crate::origin::{ObjectKind, Origin, Step};
use crate::secret::Secret;
use crate::source::git::ids::short;
use crate::source::memory::{Find, Judge, Trace};
use crate::source::words;

/// Of the objects that left something those of which all is remembered that a report needs.
pub(super) fn unread(known: &Known, judge: &Judge, may_skip: bool) -> HashSet<u128> {
    if !may_skip {
        return HashSet::new();
    }
    let is_enough = |find: &Find| !find.is_needed && find.confidence < judge.least;
    let marked = known.about.marked.iter().filter(|one| !one.finds.is_empty() && one.finds.iter().all(is_enough));
    let ids = marked.filter_map(|one| Some(short(&ObjectId::from_hex(one.id.as_bytes()).ok()?)));
    ids.filter(|id| known.objects.binary_search_by_key(id, |one| one.id).is_ok()).collect()
}

/// The finds in some objects.
pub(super) fn traces(known: &Known, origin: &Origin, judge: &Judge, of: &HashSet<u128>) -> Vec<Trace> {
    let now: HashMap<&str, u16> = judge.rules.iter().map(|(id, _)| id.as_str()).zip(0..).collect();
    let rules: Vec<Option<&u16>> = known.about.rules.iter().map(|(id, _)| now.get(id.as_str())).collect();
    let mut traces = Vec::new();
    for marked in &known.about.marked {
        if !ObjectId::from_hex(marked.id.as_bytes()).is_ok_and(|id| of.contains(&short(&id))) {
            continue;
        }
        let origin = origin.with(Step::Object { id: marked.id.clone(), kind: ObjectKind::Blob });
        traces.extend(marked.finds.iter().filter_map(|find| {
            let rule = **rules.get(usize::from(find.rule))?.as_ref()?;
            Some(Trace { origin: origin.clone(), find: Find { rule, ..find.clone() }, told: None })
        }));
    }
    traces
}

/// The objects that left something: of those that were not read again, and of those that were.
pub(super) fn marked<'t>(
    before: &[Marked],
    index: &Index,
    now: &[ObjectId],
    traces: impl Iterator<Item = &'t Trace>,
) -> Vec<Marked> {
    let mut finds: HashMap<String, Vec<Find>> = HashMap::new();
    for trace in traces {
        let object = trace.origin.steps().into_iter().find_map(|step| match step {
            Step::Object { id, .. } => Some(id),
            _ => None,
        });
        let Some(id) = object else { continue };
        // What lies in an archive, or is no file, is read again each time.
        let is_plain = matches!(trace.origin.last(), Step::Object { kind: ObjectKind::Blob, .. });
        let is_needed = trace.find.is_needed || !is_plain;
        finds.entry(id.clone()).or_default().push(Find { is_needed, ..trace.find.clone() });
    }
    let kept =
        before.iter().map(|one| &one.id).filter(|id| ObjectId::from_hex(id.as_bytes()).is_ok_and(|id| index.has(&id)));
    let mut ids: Vec<String> = kept.cloned().chain(now.iter().map(ToString::to_string)).collect();
    ids.sort_unstable();
    ids.dedup();
    let marked = |id: String| Marked { finds: finds.remove(&id).unwrap_or_default(), id };
    ids.into_iter().map(marked).collect()
}

/// What is told of history, less what has a secret in a path, a name or a reference.
pub(super) fn without_secrets(mut fates: Fates, secrets: &[&Secret]) -> Fates {
    for searcher in words::searchers(secrets.iter().map(|secret| secret.expose())) {
        let Some(searcher) = searcher else { return Fates::new() };
        let holds_none = |fates: &[Fate]| {
            let text = serde_json::to_vec(fates).unwrap_or_default();
            let mut paths = fates.iter().filter_map(|fate| fate.path.as_deref());
            !searcher.is_match(&text) && !paths.any(|path| searcher.is_match(path))
        };
        fates.retain(|(_, fates)| holds_none(fates));
    }
    fates
}
