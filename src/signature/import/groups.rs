//! Which capture groups of a pattern can be the secret, where its scanner does not name one.

use regex_syntax::hir::{Hir, HirKind};

/// Patterns with more groups are nobody's: what follows compares them two by two.
const MOST: usize = 64;

/// A capture group.
#[derive(Debug)]
struct Group {
    index: u32,
    /// What decides whether it takes part in a match, from the outside in: a node of the pattern, and which of its branches.
    choices: Vec<(usize, usize)>,
    /// Whether it holds something wherever it takes part.
    is_filled: bool,
    /// Whether it holds some words and nothing else, as `(key|token)` does.
    is_word: bool,
}

impl Group {
    /// Whether both can take part in one match.
    fn goes_with(&self, other: &Group) -> bool {
        let differ = self.choices.iter().zip(&other.choices).find(|(one, other)| one != other);
        differ.is_none_or(|(one, other)| one.0 != other.0)
    }
}

/// The groups of a pattern that hold something, in their order.
///
/// # Errors
/// Too many.
fn of(hir: &Hir) -> Result<Vec<Group>, String> {
    let (mut groups, mut nodes) = (Vec::new(), 0);
    walk(hir, &mut Vec::new(), &mut nodes, &mut groups);
    if groups.len() > MOST {
        return Err(format!("its pattern has more than {MOST} groups"));
    }
    Ok(groups)
}

fn walk(hir: &Hir, choices: &mut Vec<(usize, usize)>, nodes: &mut usize, groups: &mut Vec<Group>) {
    match hir.kind() {
        HirKind::Capture(capture) if groups.len() <= MOST => {
            let properties = capture.sub.properties();
            if properties.maximum_len() != Some(0) {
                groups.push(Group {
                    index: capture.index,
                    choices: choices.clone(),
                    is_filled: properties.minimum_len().is_some_and(|least| least > 0),
                    is_word: is_word(&capture.sub),
                });
            }
            walk(&capture.sub, choices, nodes, groups);
        }
        HirKind::Repetition(repetition) => {
            let (node, depth) = (*nodes + 1, choices.len());
            *nodes = node;
            if repetition.min == 0 {
                choices.push((node, 0));
            }
            walk(&repetition.sub, choices, nodes, groups);
            choices.truncate(depth);
        }
        HirKind::Concat(parts) => parts.iter().for_each(|part| walk(part, choices, nodes, groups)),
        HirKind::Alternation(branches) => {
            *nodes += 1;
            let node = *nodes;
            for (index, branch) in branches.iter().enumerate() {
                choices.push((node, index));
                walk(branch, choices, nodes, groups);
                choices.pop();
            }
        }
        _ => {}
    }
}

fn is_word(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => true,
        HirKind::Class(_) => false,
        HirKind::Capture(capture) => is_word(&capture.sub),
        HirKind::Repetition(repetition) => repetition.max == Some(1) && is_word(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(is_word),
    }
}

/// Groups one of which is the first of a match that is not empty, and what else there is to say.
///
/// # Errors
/// Too many groups.
pub(super) fn first_not_empty(hir: &Hir) -> Result<(Vec<u32>, Vec<String>), String> {
    let groups = of(hir)?;
    if groups.is_empty() {
        return Ok((vec![0], Vec::new()));
    }
    let mut firsts: Vec<&Group> = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        // One before it that takes part whenever it does comes first.
        let is_behind =
            groups[..place].iter().any(|before| before.is_filled && group.choices.starts_with(&before.choices));
        if !is_behind {
            firsts.push(group);
        }
    }
    let mut notes = Vec::new();
    if firsts.len() > 1 {
        notes
            .push("its secret is the first of its groups that is not empty: each is a signature of its own".to_owned());
        let is_joined = |place: usize, one: &Group| firsts[..place].iter().any(|other| one.goes_with(other));
        if firsts.iter().enumerate().any(|(place, one)| is_joined(place, one)) {
            notes.push("where several of its groups hold something, each is told, not the first alone".to_owned());
        }
    }
    if may_be_without(hir) {
        notes.push("where none of its groups holds something nothing is found, not the whole match".to_owned());
    }
    Ok((firsts.iter().map(|group| group.index).collect(), notes))
}

/// All groups but those that hold only words, and what else there is to say.
///
/// # Errors
/// Too many groups.
pub(super) fn each(hir: &Hir) -> Result<(Vec<u32>, Vec<String>), String> {
    let groups = of(hir)?;
    let is_taken = |group: &&Group| !group.is_word || groups.iter().all(|group| group.is_word);
    let taken: Vec<u32> = groups.iter().filter(is_taken).map(|group| group.index).collect();
    let mut notes = Vec::new();
    if taken.len() > 1 {
        notes.push("each of its groups is a secret there: each is a signature of its own".to_owned());
    }
    if taken.len() < groups.len() {
        notes.push("its groups that hold only some words are no secrets".to_owned());
    }
    Ok((if taken.is_empty() { vec![0] } else { taken }, notes))
}

/// Whether a match may have no group that holds something.
fn may_be_without(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(capture) => {
            capture.sub.properties().minimum_len().is_none_or(|least| least == 0) && may_be_without(&capture.sub)
        }
        HirKind::Repetition(repetition) => repetition.min == 0 || may_be_without(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().all(may_be_without),
        HirKind::Alternation(branches) => branches.iter().any(may_be_without),
        _ => true,
    }
}
