//! Words that several formats have for the same thing.

use super::Report;
use super::names::Names;
use super::style::{count, safe};
use crate::blob::Class;
use crate::finding::State;

/// Losses that are named in one sentence.
const NAMED: usize = 10;

/// Where it stands, after a comma.
pub(super) fn state_in_words(state: State) -> &'static str {
    match state {
        State::Live => "live",
        State::Introduced => "introduced by this change",
        State::Spread => "known before, now at a new path",
        State::Transient => "added and removed again by this change, still in its commits",
        State::Touched => "in this file before the change",
        State::Hidden => "removed or replaced later on, still in the image",
        State::Removed => "in history only",
        State::Unreachable => "in no branch or tag, still in the repository",
        State::Inherited => "from the base image",
    }
}

/// What was lost, in one sentence.
pub(super) fn losses_in_words(report: &Report) -> String {
    let names = Names::hidden(report);
    let lost: Vec<_> = report.coverage.skips.iter().filter(|(class, _)| *class == Class::Lost).collect();
    let named: Vec<String> = lost
        .iter()
        .take(NAMED)
        .map(|(_, skip)| format!("{}: {}", safe(names.text(&skip.origin.to_string()).as_bytes()), skip.reason.name()))
        .collect();
    let more = if lost.len() > NAMED { format!(" and {} more", lost.len() - NAMED) } else { String::new() };
    let what = count(lost.len(), "thing that was asked for was", "things that were asked for were");
    format!("Incomplete: {what} not read, and nobody knows what is in there: {}{more}", named.join("; "))
}

/// What does not count, in one sentence; `None` where there is nothing.
pub(super) fn allowed_in_words(report: &Report) -> Option<String> {
    let baselined = report.baselined();
    let otherwise = report.allowed.len() - baselined;
    let parts: Vec<String> = [(baselined, "in the baseline"), (otherwise, "allowed")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, how)| format!("{} {how}", count(number, "secret", "secrets")))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
