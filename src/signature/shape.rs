//! What a pattern's syntax tree says without running it: least and longest match, where a keyword stands in every match,
//! which bytes would continue it. Windows and boundaries are derived from this, so they cannot be stated wrongly.

use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A set of byte values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// `[0-9A-Za-z_]`.
    pub fn word() -> Self {
        let mut set = ByteSet::default();
        for byte in 0..=255u8 {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                set.insert(byte);
            }
        }
        set
    }

    /// Adds a byte.
    pub fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Whether the byte is in it.
    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// Adds all of another.
    pub fn extend(&mut self, other: &ByteSet) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    /// All that is in either.
    pub fn union(mut self, other: &ByteSet) -> Self {
        self.extend(other);
        self
    }

    /// Whether they have no byte together.
    pub fn is_apart(&self, other: &ByteSet) -> bool {
        self.0.iter().zip(other.0).all(|(mine, theirs)| mine & theirs == 0)
    }

    /// Number of bytes in it, 0 to 256.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where the first byte of a keyword can stand in a match: offsets from the start of the match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offsets {
    /// Least.
    pub min: usize,
    /// Greatest; `None` where there is no bound.
    pub max: Option<usize>,
}

/// One element of a flattened pattern.
pub(super) enum Unit {
    One(ByteSet),
    /// Bytes of a set, as many as there are or fewer.
    Run {
        set: ByteSet,
        min: usize,
        max: Option<usize>,
    },
    Gap {
        min: usize,
        max: Option<usize>,
    },
    Either(Vec<Vec<Unit>>),
}

fn class_set(class: &Class) -> Option<ByteSet> {
    let mut set = ByteSet::default();
    match class {
        Class::Bytes(bytes) => {
            for range in bytes.ranges() {
                for byte in range.start()..=range.end() {
                    set.insert(byte);
                }
            }
        }
        Class::Unicode(unicode) => {
            for range in unicode.ranges() {
                if !range.end().is_ascii() {
                    return None;
                }
                for byte in range.start() as u8..=range.end() as u8 {
                    set.insert(byte);
                }
            }
        }
    }
    Some(set)
}

fn lengths(hir: &Hir) -> Unit {
    let properties = hir.properties();
    Unit::Gap { min: properties.minimum_len().unwrap_or(0), max: properties.maximum_len() }
}

/// `sub`, from `min` to `max` times.
fn repeated(sub: &Hir, min: usize, max: Option<usize>) -> Unit {
    let mut once = Vec::new();
    flatten(sub, &mut once);
    match (once.as_slice(), min, max) {
        ([Unit::One(set)], ..) => Unit::Run { set: *set, min, max },
        (_, 0, Some(1)) => Unit::Either(vec![once, Vec::new()]),
        _ => {
            let properties = sub.properties();
            let least = properties.minimum_len().unwrap_or(0) * min;
            Unit::Gap { min: least, max: properties.maximum_len().zip(max).map(|(longest, max)| longest * max) }
        }
    }
}

/// Fixed runs longer than this are not unrolled: no keyword is that long.
const UNROLL: usize = 64;

pub(super) fn flatten(hir: &Hir, out: &mut Vec<Unit>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend(literal.0.iter().map(|&byte| {
            let mut set = ByteSet::default();
            set.insert(byte);
            Unit::One(set)
        })),
        HirKind::Class(class) => match class_set(class) {
            Some(set) => out.push(Unit::One(set)),
            None => out.push(lengths(hir)),
        },
        HirKind::Capture(capture) => flatten(&capture.sub, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| flatten(part, out)),
        HirKind::Repetition(repetition) => {
            let (min, max) = (repetition.min as usize, repetition.max.map(|max| max as usize));
            if min > UNROLL {
                out.push(repeated(&repetition.sub, min, max));
                return;
            }
            for _ in 0..min {
                flatten(&repetition.sub, out);
            }
            if max != Some(min) {
                out.push(repeated(&repetition.sub, 0, max.map(|max| max - min)));
            }
        }
        HirKind::Alternation(branches) => out.push(Unit::Either(
            branches
                .iter()
                .map(|branch| {
                    let mut units = Vec::new();
                    flatten(branch, &mut units);
                    units
                })
                .collect(),
        )),
    }
}

fn span(units: &[Unit]) -> (usize, Option<usize>) {
    units.iter().fold((0, Some(0)), |(least, most), unit| {
        let (min, max) = match unit {
            Unit::One(_) => (1, Some(1)),
            Unit::Run { min, max, .. } | Unit::Gap { min, max } => (*min, *max),
            Unit::Either(branches) => {
                branches.iter().map(|branch| span(branch)).fold((usize::MAX, Some(0)), |(least, most), (min, max)| {
                    (least.min(min), most.zip(max).map(|(a, b): (usize, usize)| a.max(b)))
                })
            }
        };
        (least + min, most.zip(max).map(|(a, b): (usize, usize)| a + b))
    })
}

fn is_keyword_byte(set: &ByteSet, byte: u8, case_sensitive: bool) -> bool {
    let allowed = if case_sensitive {
        u32::from(set.contains(byte))
    } else {
        let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
        u32::from(set.contains(lower)) + u32::from(upper != lower && set.contains(upper))
    };
    !set.is_empty() && allowed == set.len()
}

fn find(units: &[Unit], keywords: &[String], case_sensitive: bool) -> Option<Offsets> {
    let (mut min, mut max) = (0, Some(0));
    for (index, unit) in units.iter().enumerate() {
        let set_at = |offset: usize| match units.get(index + offset) {
            Some(Unit::One(set)) => Some(set),
            _ => None,
        };
        // The last byte may be one of several, where each makes a keyword.
        let here = keywords.iter().any(|keyword| {
            let Some((_, head)) = keyword.as_bytes().split_last() else { return false };
            let is_head = |(offset, &byte): (usize, &u8)| {
                set_at(offset).is_some_and(|set| is_keyword_byte(set, byte, case_sensitive))
            };
            let is_word = |last: u8| {
                let alike = |other: &String| match other.as_bytes().split_last() {
                    Some((end, begin)) if case_sensitive => *end == last && begin == head,
                    Some((end, begin)) => end.eq_ignore_ascii_case(&last) && begin.eq_ignore_ascii_case(head),
                    None => false,
                };
                keywords.iter().any(alike)
            };
            head.iter().enumerate().all(is_head)
                && set_at(head.len())
                    .is_some_and(|set| !set.is_empty() && (0..=255).filter(|&byte| set.contains(byte)).all(is_word))
        });
        if here {
            return Some(Offsets { min, max });
        }
        if let Unit::Either(branches) = unit {
            let inside: Option<Vec<Offsets>> =
                branches.iter().map(|branch| find(branch, keywords, case_sensitive)).collect();
            if let Some(inside) = inside {
                let least = inside.iter().map(|offsets| offsets.min).min().unwrap_or(0);
                let most = inside.iter().map(|offsets| offsets.max).try_fold(0, |most, max| Some(most.max(max?)));
                return Some(Offsets { min: min + least, max: max.zip(most).map(|(a, b)| a + b) });
            }
        }
        let (least, most) = span(std::slice::from_ref(unit));
        min += least;
        max = max.zip(most).map(|(a, b)| a + b);
    }
    None
}

/// Where a keyword stands in every match of `hir`; `None` where some match may hold none.
pub fn keyword_offsets(hir: &Hir, keywords: &[String], case_sensitive: bool) -> Option<Offsets> {
    let prefixes = Extractor::new().extract(hir);
    if let Some(literals) = prefixes.literals().filter(|literals| !literals.is_empty()) {
        let found: Option<Vec<usize>> = literals
            .iter()
            .map(|literal| {
                keywords.iter().filter_map(|keyword| position(literal.as_bytes(), keyword, case_sensitive)).min()
            })
            .collect();
        if let Some(found) = found {
            return Some(Offsets { min: found.iter().copied().min().unwrap_or(0), max: found.iter().copied().max() });
        }
    }
    let mut units = Vec::new();
    flatten(hir, &mut units);
    find(&units, keywords, case_sensitive)
}

fn position(text: &[u8], keyword: &str, case_sensitive: bool) -> Option<usize> {
    text.windows(keyword.len()).position(|window| {
        if case_sensitive { window == keyword.as_bytes() } else { window.eq_ignore_ascii_case(keyword.as_bytes()) }
    })
}

/// The literal every match begins with, without regard to case classes: `ghp_`.
pub fn literal_prefix(hir: &Hir) -> Vec<u8> {
    let mut units = Vec::new();
    flatten(hir, &mut units);
    units
        .iter()
        .map_while(|unit| match unit {
            Unit::One(set) if set.len() == 1 => (0..=255).find(|&byte| set.contains(byte)),
            _ => None,
        })
        .collect()
}

/// The bytes that the last (or, with `first`, the first) element of a match can be.
pub fn edge(hir: &Hir, first: bool) -> ByteSet {
    let mut set = ByteSet::default();
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            if let Some(&byte) = if first { literal.0.first() } else { literal.0.last() } {
                set.insert(byte);
            }
        }
        HirKind::Class(class) => set = class_set(class).unwrap_or_default(),
        HirKind::Capture(capture) => set = edge(&capture.sub, first),
        HirKind::Repetition(repetition) => set = edge(&repetition.sub, first),
        HirKind::Alternation(branches) => branches.iter().for_each(|branch| set.extend(&edge(branch, first))),
        HirKind::Concat(parts) => {
            let order: Box<dyn Iterator<Item = &Hir>> =
                if first { Box::new(parts.iter()) } else { Box::new(parts.iter().rev()) };
            for part in order {
                set.extend(&edge(part, first));
                if part.properties().minimum_len() != Some(0) {
                    break;
                }
            }
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pattern: &str) -> Hir {
        regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).expect("pattern")
    }

    fn offsets(pattern: &str, keywords: &[&str], case_sensitive: bool) -> Option<Offsets> {
        let keywords: Vec<String> = keywords.iter().map(|&word| word.to_owned()).collect();
        keyword_offsets(&parse(pattern), &keywords, case_sensitive)
    }

    #[test]
    fn a_keyword_is_found_where_every_match_has_it() {
        assert_eq!(offsets("ghp_[0-9a-z]{36}", &["ghp_"], true), Some(Offsets { min: 0, max: Some(0) }));
        assert_eq!(offsets("gh[po]_[0-9a-z]{36}", &["ghp_", "gho_"], true), Some(Offsets { min: 0, max: Some(0) }));
        assert_eq!(offsets("gh[pox]_[0-9a-z]{36}", &["ghp_", "gho_"], true), None);
        assert_eq!(
            offsets("sk-(?:proj-)?[0-9a-z]{20,74}T3Blbk[0-9a-z]{20}", &["T3Blbk"], true),
            Some(Offsets { min: 23, max: Some(82) })
        );
        assert_eq!(offsets("[0-9a-z]{14}\\.atlasv1\\.[a-z]{3}", &[".atlasv1."], true).map(|o| o.min), Some(14));
        assert_eq!(offsets("(?i)password=[a-z]", &["password"], true), None);
        assert_eq!(offsets("(?i)password=[a-z]", &["password"], false), Some(Offsets { min: 0, max: Some(0) }));
        assert_eq!(offsets("(?:mysql|postgres)://x", &["://"], true), Some(Offsets { min: 5, max: Some(8) }));
        assert_eq!(offsets("a*key", &["key"], true), Some(Offsets { min: 0, max: None }));
    }

    #[test]
    fn edges_and_prefixes() {
        assert_eq!(literal_prefix(&parse("ghp_[0-9]{3}")), b"ghp_");
        let last = edge(&parse("x[0-9]{2}-?"), false);
        assert!(last.contains(b'5') && last.contains(b'-') && !last.contains(b'x'));
    }
}
