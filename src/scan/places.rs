//! Places of one secret: at which path a hit lies, and which hits are one place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::hit::Hit;
use crate::allow::inline::Mark;
use crate::date::Date;
use crate::finding::{Allowed, Fate, Place, State};
use crate::origin::{ObjectKind, Origin, Step, printable};
use crate::unpack::{NAMELESS, content_name};

/// A hit at one path.
pub(super) struct Placed {
    pub hit: Arc<Hit>,
    pub place: Place,
    /// Whether the change that is judged put the mark there, and that does not count.
    pub mark_is_new: bool,
}

impl Placed {
    /// The path of the file that a change has it in.
    pub fn changed_path(&self) -> Option<&[u8]> {
        self.place.fate.as_ref()?.path.as_deref()
    }

    pub fn set_state(&mut self, state: State) {
        self.place.state = state;
        if let Some(fate) = &mut self.place.fate {
            fate.state = state;
        }
    }

    /// Whether what is there now has it here.
    fn is_current(&self) -> bool {
        match self.place.state {
            State::Live => true,
            State::Introduced | State::Spread | State::Touched => {
                self.place.fate.as_ref().is_none_or(|fate| !fate.refs.is_empty())
            }
            _ => false,
        }
    }
}

/// The path that is shown: where the origin has none of its own, the path that history knows; of a submodule, with the path of
/// that; below a directory that is not the current one, with that directory.
pub(super) fn shown_path(origin: &Origin, known: Option<&[u8]>) -> Vec<u8> {
    let own = origin.joined_path();
    // A name that stands for itself in a history is the last part of the path that is known.
    let is_name_alone = matches!(origin.last(), Step::Text { .. })
        && !origin.steps().iter().any(|step| matches!(step, Step::Object { .. }));
    let mut path = match known {
        Some(known) if own.is_empty() || is_name_alone => known.to_vec(),
        Some(known) => below(known, origin),
        None => own,
    };
    if !path.is_empty() {
        path = origin.from_top(&path).into_owned();
    }
    for step in origin.steps() {
        if let Step::Directory { path: root } = step {
            let root = self::root(root);
            if !root.is_empty() && !path.is_empty() {
                path = [root.as_bytes(), b"/", &path].concat();
            }
        }
    }
    // A file that was named as a target is shown as those of a folder are.
    path.strip_prefix(b"./").map(<[u8]>::to_vec).unwrap_or(path)
}

/// The path of what is in a file whose name only a history knows: what is compressed there is called after it.
fn below(known: &[u8], origin: &Origin) -> Vec<u8> {
    let (mut path, mut outer) = (known.to_vec(), Some(known.to_vec()));
    for step in origin.steps() {
        let (Step::Path { path: name } | Step::Member { path: name }) = step else { continue };
        // What is in an archive has its name from there.
        outer = outer.filter(|_| name == NAMELESS).map(|outer| content_name(&outer));
        path.extend_from_slice(b"!/");
        path.extend_from_slice(outer.as_ref().unwrap_or(name));
    }
    path
}

/// Whether it is in a compressed object of a history, and called after nothing as long as the path of that is not known.
pub(super) fn is_nameless(origin: &Origin) -> bool {
    let steps = origin.steps();
    steps.iter().any(|step| matches!(step, Step::Object { .. }))
        && steps.iter().all(|step| match step {
            Step::Path { .. } | Step::Text { .. } => false,
            Step::Member { path } => path == NAMELESS,
            _ => true,
        })
}

/// Whether it is the content of a file of which nobody knows the name: an object that nothing refers to, a stream.
pub(super) fn has_unknown_path(place: &Place) -> bool {
    let is_file =
        matches!(place.origin.last(), Step::Object { kind: ObjectKind::Blob, .. } | Step::Lfs { .. } | Step::Stdin);
    is_file && place.path.is_empty()
}

/// What makes places one: what was asked for and the path in it, and in an image the layer.
type PlaceKey = (String, Vec<u8>, Vec<Origin>);

fn key(place: &Place) -> PlaceKey {
    let layer = place
        .origin
        .steps()
        .iter()
        .any(|step| matches!(step, Step::Layer { .. } | Step::Image { .. } | Step::Config { .. }));
    let nameless = place.path.is_empty();
    let (root, below) = match place.origin.steps().first() {
        // A directory stands before its paths where they are shown, and a repository does not.
        Some(Step::Directory { path }) => {
            let root = root(path);
            let below = place.path.strip_prefix(root.as_bytes()).and_then(|rest| rest.strip_prefix(b"/"));
            (root, below.filter(|_| !root.is_empty()).unwrap_or(&place.path))
        }
        Some(Step::Repository { location }) => (root(location), &*place.path),
        _ => ("", &*place.path),
    };
    (root.to_owned(), below.to_vec(), if layer || nameless { vec![place.origin.clone()] } else { Vec::new() })
}

/// A target without what says nothing; empty for the current folder.
fn root(path: &str) -> &str {
    let root = path.trim_end_matches('/').trim_start_matches("./");
    if root == "." { "" } else { root }
}

/// Versions of one path become one place: where it stands now, who brought it in first. A file of the working tree and
/// its versions in history are one place, too. With the rules that found it there.
pub(super) fn merge(placed: Vec<Placed>, today: Date, notes: &mut Vec<String>) -> Vec<(Place, BTreeSet<u16>)> {
    let mut by_key: BTreeMap<PlaceKey, Vec<Placed>> = BTreeMap::new();
    for one in placed {
        by_key.entry(key(&one.place)).or_default().push(one);
    }
    let mut places = Vec::new();
    for (_, group) in by_key {
        let rules: BTreeSet<u16> = group.iter().map(|one| one.hit.rule).collect();
        places.extend(merge_one(group, today, notes).into_iter().map(|place| (place, rules.clone())));
    }
    places
}

fn merge_one(mut group: Vec<Placed>, today: Date, notes: &mut Vec<String>) -> Vec<Place> {
    let in_tree = |one: &Placed| one.place.fate.is_none();
    let order = |one: &Placed| one.place.fate.as_ref().map_or(0, |fate| fate.order);
    group.sort_by(|a, b| {
        (a.place.state, !in_tree(a), !a.is_current(), order(a), &a.place.origin, a.place.location).cmp(&(
            b.place.state,
            !in_tree(b),
            !b.is_current(),
            order(b),
            &b.place.origin,
            b.place.location,
        ))
    });
    let blobs: BTreeSet<&Origin> = group.iter().filter(|one| !in_tree(one)).map(|one| &one.place.origin).collect();
    let versions = blobs.len().max(1) as u32;
    let first_fate =
        group.iter().filter(|one| !in_tree(one)).min_by_key(|one| order(one)).and_then(|one| one.place.fate.clone());
    // The last to take it away there, if nothing that is there now has it.
    let removed = group
        .iter()
        .filter_map(|one| one.place.fate.as_ref())
        .filter(|fate| fate.removed.is_some())
        .max_by_key(|fate| fate.removed_order)
        .filter(|_| !group.iter().any(Placed::is_current))
        .map(|fate| (fate.removed.clone(), fate.removed_order));
    let refs: BTreeSet<&String> =
        group.iter().filter_map(|one| one.place.fate.as_ref()).flat_map(|fate| &fate.refs).collect();
    let refs: Vec<String> = refs.into_iter().take(Fate::MOST_REFS).cloned().collect();
    let mark_of = |one: &Placed| match &one.hit.mark {
        Some(Mark::Allowed { reason, until }) if one.is_current() && until.is_none_or(|until| until >= today) => {
            let (reason, until) = (reason.clone(), until.map(|until| until.to_string()));
            Some(Allowed { by: "inline", reason, written: written(&one.place), until, ..Allowed::default() })
        }
        _ => None,
    };
    let marked = group.iter().filter(|one| !one.mark_is_new).find_map(mark_of);
    let marked_by_change = group.iter().filter(|one| one.mark_is_new).find_map(mark_of);
    for one in &group {
        let note = match &one.hit.mark {
            Some(Mark::Ignored { why }) => format!("does not count: {why}"),
            Some(Mark::Allowed { reason, until: Some(until) }) if *until < today && one.is_current() => {
                format!("ended on {until} and does not count any more (reason: {reason})")
            }
            _ => continue,
        };
        notes.push(format!("{}: scrubjay:allow {note}", written(&one.place)));
    }
    // The same secret twice in one version is two places of that file; in other versions it is the same again.
    let head = group[0].place.origin.unrendered().clone();
    let mut places: Vec<Place> = group
        .into_iter()
        .filter(|one| *one.place.origin.unrendered() == head)
        .map(|one| {
            let mut place = one.place;
            place.versions = versions;
            if let Some(first) = &first_fate {
                let fate = place.fate.get_or_insert_with(|| Fate { state: place.state, ..first.clone() });
                fate.introduced.clone_from(&first.introduced);
                fate.order = first.order;
                (fate.removed, fate.removed_order) = removed.clone().unwrap_or_default();
                fate.refs.clone_from(&refs);
            }
            place.allowed.clone_from(&marked);
            place.allowed_by_change.clone_from(&marked_by_change);
            place
        })
        .collect();
    // A name found it too, where a shape did at some paths only.
    places.dedup_by_key(|place| place.location);
    places
}

fn written(place: &Place) -> String {
    format!("{}:{}", printable(&place.path), place.location.line)
}
