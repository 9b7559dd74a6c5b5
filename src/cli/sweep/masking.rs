//! Tokens in what targets are called: a tag of a registry is a name as any other.

use std::collections::HashMap;

use crate::cli::failure::without_tokens;
use crate::origin::{Origin, Step};
use crate::report::Report;

/// Takes tokens out of the names and locations of a sweep's targets.
pub(super) fn mask_targets(report: &mut Report) {
    let Some(sweep) = &mut report.sweep else { return };
    let named = sweep.targets.iter().flat_map(|target| [&target.name, &target.location]);
    let names: Vec<&str> = report.targets.iter().chain(named).map(String::as_str).collect();
    // All at once: signatures take a moment to load.
    let text = names.iter().map(|name| name.replace('\n', " ")).collect::<Vec<_>>().join("\n");
    let told = without_tokens(&text);
    let masked: HashMap<String, String> = (names.iter().zip(told.split('\n')))
        .filter(|(name, told)| *name != told)
        .map(|(name, told)| ((*name).to_owned(), told.to_owned()))
        .collect();
    let mask = |name: &mut String| {
        if let Some(told) = masked.get(name) {
            name.clone_from(told);
        }
    };
    report.targets.iter_mut().for_each(mask);
    for target in &mut sweep.targets {
        mask(&mut target.name);
        mask(&mut target.location);
    }
    for (_, skip) in &mut report.coverage.skips {
        let mut step = skip.origin.last().clone();
        let (Step::Directory { path: name }
        | Step::Repository { location: name }
        | Step::Image { reference: name, .. }) = &mut step
        else {
            continue;
        };
        if skip.origin.parent().is_none() && masked.contains_key(name) {
            mask(name);
            skip.origin = Origin::new(step);
        }
    }
}
