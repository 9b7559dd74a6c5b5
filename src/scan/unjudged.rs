//! Names that a report tells and no source handed over: of people, references, and what was not read. A secret in one is no
//! finding, and is masked as any other.

use std::collections::BTreeSet;

use super::Options;
use crate::blob::Blob;
use crate::detect::Detector;
use crate::finding::{Fate, mask};
use crate::origin::{Origin, Step, TextKind, printable};
use crate::report::Report;
use crate::secret::Secret;

/// Secrets in such names, with what may be shown of them. Each name is judged by itself: nothing stands before it.
pub(super) fn secrets(report: &Report, detector: &Detector<'_>, options: &Options) -> Vec<(Secret, String)> {
    // No file, of which it may be all that stands there.
    let origin = Origin::new(Step::Stdin).with(Step::Text { kind: TextKind::RefName });
    let mut secrets = BTreeSet::new();
    for name in names(report) {
        let blob = Blob::bytes(origin.clone(), name.as_bytes());
        let judged = detector.judge(blob, false, &mut |found| {
            for one in found.iter().filter(|one| one.verdict.confidence.is_some()) {
                let secret = one.secret();
                let shown =
                    if options.show_secrets { printable(secret) } else { mask::mask(secret, one.public_prefix()) };
                secrets.insert((Secret::new(secret), shown));
            }
        });
        debug_assert!(judged.is_ok(), "bytes in memory can be read");
    }
    secrets.into_iter().collect()
}

fn names(report: &Report) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = report.targets.iter().cloned().collect();
    for (_, skip) in &report.coverage.skips {
        names.insert(skip.origin.to_string());
        names.insert(skip.detail.clone());
    }
    let findings = report.findings.iter().chain(&report.allowed);
    for place in findings.flat_map(|finding| &finding.places) {
        names.extend(place.owners.iter().cloned());
        if let Some(Fate { introduced, removed, refs, .. }) = &place.fate {
            names.extend(refs.iter().cloned());
            for commit in [introduced, removed].into_iter().flatten() {
                names.extend(commit.author.iter().chain(&commit.email).cloned());
            }
        }
    }
    names
}
