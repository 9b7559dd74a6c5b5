//! Secrets in the names that a report prints. A name is text as any other, but it need not be what a run finds: it was there before
//! a change, its rule was not asked for, or it is what the user typed. None of that is a reason to print it.

use std::collections::BTreeSet;

use super::Options;
use crate::blob::Blob;
use crate::detect::{Detector, Found};
use crate::finding::mask;
use crate::origin::{Origin, Step, TextKind, printable};
use crate::report::Report;
use crate::score::Confidence;
use crate::secret::Secret;

/// Those with a provider's shape, and what may be shown of each.
pub(super) fn secrets(report: &Report, detector: &Detector<'_>, options: &Options) -> Vec<(Secret, String)> {
    let mut names: BTreeSet<&[u8]> = report.targets.iter().map(String::as_bytes).collect();
    for place in report.findings.iter().chain(&report.allowed).flat_map(|finding| &finding.places) {
        names.insert(&place.path);
        add(&place.origin, &mut names);
        names.extend(place.owners.iter().map(String::as_bytes));
        for allowed in [&place.allowed, &place.allowed_by_change].into_iter().flatten() {
            names.extend([allowed.reason.as_bytes(), allowed.owner.as_deref().unwrap_or_default().as_bytes()]);
        }
        if let Some(fate) = &place.fate {
            names.extend(fate.refs.iter().map(String::as_bytes));
            let people = [&fate.introduced, &fate.removed].into_iter().flatten();
            names.extend(people.flat_map(|commit| commit.author.iter().chain(&commit.email)).map(String::as_bytes));
        }
    }
    for pair in report.findings.iter().chain(&report.allowed).flat_map(|finding| &finding.pairs) {
        names.insert(&pair.path);
    }
    for (_, skip) in &report.coverage.skips {
        add(&skip.origin, &mut names);
        names.insert(skip.detail.as_bytes());
    }
    names.extend(report.explained.iter().map(|explained| &*explained.path));
    let text = names.into_iter().collect::<Vec<_>>().join(&b'\n');
    let origin = Origin::new(Step::Stdin).with(Step::Text { kind: TextKind::FileName });
    let mut secrets: BTreeSet<(Secret, String)> = BTreeSet::new();
    let judged = |detector: &Detector<'_>, secrets: &mut BTreeSet<(Secret, String)>| {
        // Bytes in memory are read without an error.
        let _ = detector.judge(Blob::bytes(origin, &text), false, &mut |found| {
            let is_sure = |verdict: Option<Confidence>| verdict >= Some(Confidence::Likely);
            for one in found.iter().filter(|one| one.rule.is_of_shape() && is_sure(one.verdict.confidence)) {
                let shown = if options.show_secrets {
                    printable(one.secret())
                } else {
                    mask::mask(one.secret(), one.public_prefix())
                };
                secrets.insert((Secret::new(one.secret()), shown));
            }
        });
    };
    match &options.name_rules {
        Some(rules) => judged(&Detector::new(rules), &mut secrets),
        None => judged(detector, &mut secrets),
    }
    secrets.into_iter().collect()
}

/// A name as it may be printed beside what `detector` finds: with the secrets masked that have a provider's shape.
pub fn masked_name(detector: &Detector<'_>, name: &[u8]) -> Vec<u8> {
    let origin = Origin::new(Step::Stdin).with(Step::Text { kind: TextKind::FileName });
    let mut masked = name.to_vec();
    // Bytes in memory are read without an error.
    let _ = detector.judge(Blob::bytes(origin, name), false, &mut |found| {
        let is_sure = |one: &&Found<'_>| one.rule.is_of_shape() && one.verdict.confidence >= Some(Confidence::Likely);
        // From the last on, so that the places of the others stay.
        let mut from = name.len();
        for one in found.iter().filter(is_sure).rev().filter(|one| one.decoder.is_none()) {
            let place = one.stored_secret.clone();
            if place.end <= from {
                from = place.start;
                masked.splice(place, mask::mask(one.secret(), one.public_prefix()).into_bytes());
            }
        }
    });
    masked
}

/// The names of all steps to some bytes.
fn add<'a>(origin: &'a Origin, names: &mut BTreeSet<&'a [u8]>) {
    for step in origin.steps() {
        match step {
            Step::Submodule { path } | Step::Path { path } | Step::Member { path } => names.insert(path),
            Step::Ref { name } => names.insert(name),
            Step::Rendered { template, values } => names.insert(template) | names.insert(values),
            Step::Directory { path: text }
            | Step::Repository { location: text }
            | Step::Platform { name: text }
            | Step::Config { digest: text }
            | Step::Chart { name: text, .. } => names.insert(text.as_bytes()),
            Step::Image { reference, digest } => {
                names.insert(reference.as_bytes()) | names.insert(digest.as_deref().unwrap_or_default().as_bytes())
            }
            Step::Layer { digest, instruction, .. } => {
                names.insert(digest.as_bytes()) | names.insert(instruction.as_deref().unwrap_or_default().as_bytes())
            }
            _ => false,
        };
    }
}
