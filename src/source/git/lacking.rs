//! What of a repository could not be read, is not there or is elsewhere, told once its objects were read.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use gix::objs::{Kind, TreeRefIter};

use super::deliver::Delivery;
use super::objects::Decoder;
use super::references::References;
use super::reftable::LARGEST_LOGS;
use super::submodules::Submodules;
use super::trees::DEEPEST_TREE;
use super::{Git, checkout, history, join};
use crate::blob::{Blob, Item, Reason, Sink};
use crate::origin::{ObjectKind, Origin, Step, TextKind, printable, slashed};

/// Objects of one kind of trouble that are named one by one; the others are counted.
pub(super) const NAMED_OBJECTS: usize = 100;

impl Git {
    fn put_text(&self, sink: &dyn Sink, origin: &Origin, kind: TextKind, text: &[u8]) {
        let origin = origin.with(Step::Text { kind });
        sink.put(Item::Blob(Blob::bytes(origin, text)));
    }

    pub(super) fn read_references(&self, delivery: &Delivery<'_>, references: &References) {
        if let Some(fault) = self.repository.unread_tables() {
            let detail = format!(
                "references are in a reftable that cannot be read ({fault}); every object is read, but what has it is not known"
            );
            delivery.skip(self.origin.at_path(".git/reftable"), Reason::Corrupt, detail);
        } else if let Some(detail) = unreadable_references(references.unreadable) {
            delivery.skip(self.origin.at_path(".git/refs"), Reason::Corrupt, detail);
        }
        for reference in &references.all {
            let origin = self.origin.with(Step::Ref { name: reference.name.clone() });
            self.put_text(delivery.sink, &origin, TextKind::RefName, &reference.name);
        }
    }

    /// Logs that are in tables, each where git would keep it as a file.
    pub(super) fn read_logs(&self, delivery: &Delivery<'_>) {
        for (folder, name) in self.repository.folders() {
            let tables = match self.repository.tables(&folder) {
                Some(Ok(tables)) => tables,
                // Those of the repository were told with its references.
                Some(Err(fault)) if folder != self.repository.common_dir => {
                    let detail =
                        format!("a reftable that cannot be read ({fault}); what is checked out there is not known");
                    delivery.skip(self.called.at(&format!("{name}/reftable")), Reason::Corrupt, detail);
                    continue;
                }
                Some(Err(_)) | None => continue,
            };
            for (reference, changes) in &tables.logs {
                let lines: Vec<&[u8]> = changes.iter().rev().map(|change| &*change.text).collect();
                let origin = self.called.at(&format!("{name}/logs/{}", printable(reference)));
                delivery.sink.put(Item::Blob(Blob::bytes(origin, &lines.join(&b'\n'))));
            }
            if tables.has_more_logs {
                let detail = format!("of its logs the first {} MiB are read", LARGEST_LOGS >> 20);
                delivery.skip(self.called.at(&format!("{name}/reftable")), Reason::TooLarge, detail);
            }
        }
    }

    pub(super) fn report_troubles(&self, delivery: &Delivery<'_>) {
        let place = |file: &Path| {
            let within = file.strip_prefix(&self.repository.common_dir);
            self.origin
                .at_path(slashed(&within.map_or_else(|_| file.to_owned(), |within| Path::new(".git").join(within))))
        };
        for trouble in &self.objects.troubles {
            delivery.skip(place(&trouble.file), trouble.reason, trouble.detail.as_str());
        }
        for index in checkout::indexes(&self.repository) {
            if checkout::entries(&index, self.repository.hash).is_err() {
                let detail = "this index does not decode: where what is staged lies is not known";
                delivery.skip(place(&index), Reason::Corrupt, detail);
            }
        }
        if !self.repository.shallow.is_empty() {
            let commits = self.repository.shallow.len();
            let ends = if commits == 1 { "boundary commit" } else { "boundary commits" };
            let detail =
                format!("history ends at {commits} {ends} of a shallow clone: `git fetch --unshallow` gets the rest");
            delivery.skip(self.origin.clone(), Reason::Shallow, detail);
        }
    }

    /// Whether there are none.
    pub(super) fn report_failures(&self, delivery: &Delivery<'_>) -> bool {
        let failures = delivery.failures();
        for (id, failure, place) in failures.iter().take(NAMED_OBJECTS) {
            // Of what kind it was is not known: it did not decode. Most objects that matter are blobs.
            let origin = self.origin.with(Step::Object { id: id.to_string(), kind: ObjectKind::Blob });
            delivery.skip(origin, failure.reason(), format!("{}: {}", place, failure.words()));
        }
        for (reason, count) in count(failures.iter().skip(NAMED_OBJECTS).map(|(_, failure, _)| failure.reason())) {
            delivery.skip(self.origin.clone(), reason, format!("{count} more objects cannot be read"));
        }
        failures.is_empty()
    }

    pub(super) fn report_missing(&self, delivery: &Delivery<'_>, references: &References) {
        let mut missing = delivery.missing();
        for reference in references.all.iter().filter_map(|reference| reference.target) {
            if !self.objects.contains(&reference) {
                missing.insert(reference, Kind::Commit);
            }
        }
        let missing = match &self.memory {
            Some(memory) => memory.reachable(self, missing),
            None => history::reachable(self, missing),
        };
        if missing.is_empty() {
            return;
        }
        if self.is_partial() {
            let detail = format!(
                "a partial clone left {} objects out: `git fetch --refetch --no-filter` gets them",
                missing.len()
            );
            return delivery.skip(self.origin.clone(), Reason::Missing, detail);
        }
        for (id, kind) in missing.iter().take(NAMED_OBJECTS) {
            let origin = self.origin.with(Step::Object { id: id.to_string(), kind: object_kind(*kind) });
            let detail = match kind {
                Kind::Blob => "other objects refer to it, and it is not there",
                _ => {
                    "other objects refer to it, and it is not there; whether a branch has what it leads to is not known"
                }
            };
            delivery.skip(origin, Reason::Missing, detail);
        }
        if let Some(more) = missing.len().checked_sub(NAMED_OBJECTS).filter(|more| *more > 0) {
            delivery.skip(self.origin.clone(), Reason::Missing, format!("{more} more objects are not there"));
        }
    }

    /// Submodules of the commit that `HEAD` stands for, and those that are kept and are not in it any more.
    pub(super) fn report_submodules(&self, delivery: &Delivery<'_>) {
        let mut decoder = Decoder::new();
        let mut out = Vec::new();
        let root = self.head_tree(&mut decoder);
        let mut submodules = Submodules::of(self, root.as_ref(), &mut decoder);
        let excluded = "history of a submodule: `scrubjay git --submodules` reads it";
        let mut waiting: Vec<_> = root.into_iter().map(|root| (root, Vec::new(), 0)).collect();
        // A tree that contains the same tree ten times, and so on ten times deeper, is small and expands without end.
        let mut walked = HashSet::new();
        while let Some((tree, folder, depth)) = waiting.pop() {
            if delivery.sink.stopped() || depth > DEEPEST_TREE || !walked.insert(tree) {
                continue;
            }
            let Ok(Some(Kind::Tree)) = self.objects.find(&tree, &mut decoder, &mut out) else { continue };
            for entry in TreeRefIter::from_bytes(&out, self.repository.hash).flatten() {
                let path = join(&folder, entry.filename);
                if entry.mode.is_tree() {
                    waiting.push((entry.oid.to_owned(), path, depth + 1));
                } else if entry.mode.is_commit() {
                    let origin = self.origin.at_path(path.clone());
                    if !submodules.is_here(&path) {
                        let detail = "its history is a repository of its own, which was not fetched: `git submodule update --init` does";
                        delivery.skip(origin, Reason::UninitialisedSubmodule, detail);
                    } else if !self.reads_submodules {
                        delivery.skip(origin, Reason::Excluded, excluded);
                    }
                }
            }
        }
        if self.reads_submodules {
            return;
        }
        for name in submodules.left_over() {
            let folder = String::from_utf8_lossy(name);
            delivery.skip(self.called.at(&format!(".git/modules/{folder}")), Reason::Excluded, excluded);
        }
    }
}

/// What is said of references that cannot be read; `None` where there are none.
pub(super) fn unreadable_references(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("a reference cannot be read".to_owned()),
        count => Some(format!("{count} references cannot be read")),
    }
}

pub(super) fn object_kind(kind: Kind) -> ObjectKind {
    match kind {
        Kind::Blob => ObjectKind::Blob,
        Kind::Tree => ObjectKind::Tree,
        Kind::Commit => ObjectKind::Commit,
        Kind::Tag => ObjectKind::Tag,
    }
}

fn count(reasons: impl Iterator<Item = Reason>) -> BTreeMap<Reason, usize> {
    let mut counts = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    counts
}
