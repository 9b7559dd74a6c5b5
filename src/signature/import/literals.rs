//! Words one of which is in every match of a pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Least and longest word, see `keywords` of [`crate::signature::Signature`].
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=64;
/// More words say that the pattern has none.
const MOST: usize = 32;

/// The words, in lower case; `None` where some match may hold none.
pub(super) fn of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => {
            let mut runs = Runs::default();
            runs.add(hir);
            runs.best()
        }
        HirKind::Concat(parts) => {
            let mut runs = Runs::default();
            parts.iter().for_each(|part| runs.add(part));
            runs.best()
        }
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Alternation(branches) => {
            let words: Vec<String> = branches.iter().map(of).collect::<Option<Vec<_>>>()?.concat();
            (words.len() <= MOST).then_some(words)
        }
        _ => None,
    }
}

/// What stands side by side in a pattern.
#[derive(Default)]
struct Runs {
    run: String,
    found: Vec<Vec<String>>,
}

impl Runs {
    fn add(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) if text.is_ascii() => self.run.push_str(&text.to_ascii_lowercase()),
                _ => self.end(),
            },
            HirKind::Class(class) => match one_letter(class) {
                Some(letter) => self.run.push(letter),
                None => self.end(),
            },
            HirKind::Capture(capture) if matches!(capture.sub.kind(), HirKind::Literal(_) | HirKind::Class(_)) => {
                self.add(&capture.sub);
            }
            _ => {
                self.end();
                self.found.extend(of(hir));
            }
        }
    }

    fn end(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run.len() >= *LENGTHS.start() {
            let end = run.len().min(*LENGTHS.end());
            self.found.push(vec![run[..end].to_owned()]);
        }
    }

    /// The words whose shortest is the longest.
    fn best(mut self) -> Option<Vec<String>> {
        self.end();
        self.found.into_iter().max_by_key(|words| words.iter().map(String::len).min())
    }
}

/// The letter, in lower case, that a class has in either case and no other.
fn one_letter(class: &Class) -> Option<char> {
    let Class::Bytes(bytes) = class else { return None };
    let mut letters = bytes.ranges().iter().flat_map(|range| range.start()..=range.end()).take(3);
    let (first, second, third) = (letters.next()?, letters.next(), letters.next());
    let is_one = third.is_none() && second.is_none_or(|second| second.eq_ignore_ascii_case(&first));
    (is_one && first.is_ascii()).then_some(char::from(first.to_ascii_lowercase()))
}
