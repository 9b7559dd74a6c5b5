//! What is seen of a text before a pattern is run in it. A keyword as common as `https:` begins a URL without a password
//! nearly always, and a regular expression takes a hundred times longer to say so than a few comparisons.

use regex_syntax::hir::Hir;

use super::shape::{ByteSet, Unit, flatten};

/// Most bytes that are looked for before a pattern is run.
const REQUIRED: usize = 4;
/// Most choices in a pattern that are followed: each may double the work.
const CHOICES: usize = 6;

/// What of a pattern can be compared without going back.
#[derive(Debug, Default)]
pub struct Glance {
    /// Punctuation that stands in every match, in this order.
    required: Box<[u8]>,
    steps: Box<[Step]>,
}

#[derive(Debug)]
enum Step {
    One(ByteSet),
    /// As many bytes of the set as there are. None of them could be what follows.
    Run {
        set: ByteSet,
        min: usize,
        max: usize,
    },
    Either(Box<[Box<[Step]>]>),
    /// What follows is left to the pattern.
    Open,
}

impl Glance {
    /// That of a pattern.
    pub fn of(hir: &Hir) -> Self {
        let mut units = Vec::new();
        flatten(hir, &mut units);
        let required = units.iter().filter_map(mark).take(REQUIRED).collect();
        let mut followed = 0;
        let end = units.iter().position(|unit| {
            followed += choices(unit);
            followed > CHOICES
        });
        let steps = match end {
            Some(end) => steps(&units[..end], None).0,
            // No byte needs to stand behind a match.
            None => steps(&units, Some(ByteSet::default())).0,
        };
        Glance { required, steps }
    }

    /// Whether a match may begin where `text` does, which goes on to the end of what the pattern may see.
    pub fn fits(&self, text: &[u8]) -> bool {
        self.has_required(text) && fits(&self.steps, text, &|_| true)
    }

    /// Whether a text has the punctuation.
    pub fn has_required(&self, text: &[u8]) -> bool {
        let mut rest = text;
        self.required.iter().all(|&byte| {
            memchr::memchr(byte, rest).is_some_and(|place| {
                rest = &rest[place + 1..];
                true
            })
        })
    }
}

/// Punctuation that stands in all that the unit may be; of a choice the one with which each branch has its first.
fn mark(unit: &Unit) -> Option<u8> {
    match unit {
        Unit::One(set) if set.len() == 1 => {
            (b'!'..=b'~').find(|&byte| byte.is_ascii_punctuation() && set.contains(byte))
        }
        Unit::Either(branches) => {
            let mut marks = branches.iter().map(|branch| branch.iter().find_map(mark));
            let first = marks.next().flatten()?;
            marks.all(|mark| mark == Some(first)).then_some(first)
        }
        Unit::One(_) | Unit::Run { .. } | Unit::Gap { .. } => None,
    }
}

fn choices(unit: &Unit) -> usize {
    match unit {
        Unit::Either(branches) => 1 + branches.iter().flatten().map(choices).sum::<usize>(),
        Unit::One(_) | Unit::Run { .. } | Unit::Gap { .. } => 0,
    }
}

/// The steps of some units, and what their first byte can be. `next`: what the byte behind them can be, `None` where
/// that is not known.
fn steps(units: &[Unit], mut next: Option<ByteSet>) -> (Box<[Step]>, Option<ByteSet>) {
    let mut steps = if next.is_none() { vec![Step::Open] } else { Vec::new() };
    for unit in units.iter().rev() {
        match unit {
            Unit::One(set) => {
                steps.push(Step::One(*set));
                next = Some(*set);
            }
            Unit::Run { set, min, max } => {
                if next.is_some_and(|next| next.is_apart(set)) {
                    steps.push(Step::Run { set: *set, min: *min, max: max.unwrap_or(usize::MAX) });
                } else {
                    steps = vec![Step::Open];
                }
                next = if *min > 0 { Some(*set) } else { next.map(|next| next.union(set)) };
            }
            Unit::Gap { .. } => {
                steps = vec![Step::Open];
                next = None;
            }
            Unit::Either(branches) => {
                let (each, firsts): (Vec<_>, Vec<_>) = branches.iter().map(|branch| self::steps(branch, next)).unzip();
                steps.push(Step::Either(each.into()));
                next = firsts.into_iter().try_fold(ByteSet::default(), |all, first| Some(all.union(&first?)));
            }
        }
    }
    steps.reverse();
    (steps.into(), next)
}

/// Whether `text` begins with what the steps say, and `then` is so of what is behind that.
fn fits(steps: &[Step], text: &[u8], then: &dyn Fn(&[u8]) -> bool) -> bool {
    let mut rest = text;
    for (place, step) in steps.iter().enumerate() {
        match step {
            Step::One(set) => match rest.split_first() {
                Some((byte, behind)) if set.contains(*byte) => rest = behind,
                _ => return false,
            },
            Step::Run { set, min, max } => {
                let count = rest.iter().take(*max).take_while(|byte| set.contains(**byte)).count();
                if count < *min {
                    return false;
                }
                rest = &rest[count..];
            }
            Step::Either(branches) => {
                let behind = |rest: &[u8]| fits(&steps[place + 1..], rest, then);
                return branches.iter().any(|branch| fits(branch, rest, &behind));
            }
            Step::Open => return true,
        }
    }
    then(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glance(pattern: &str) -> Glance {
        let parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern);
        Glance::of(&parser.expect("pattern"))
    }

    #[test]
    fn what_cannot_match_is_told_without_the_pattern() {
        for (pattern, fitting, others) in [
            (
                "gh[po]_[0-9]{2,4}x",
                vec!["gho_12x", "ghp_1234x"],
                vec!["ghs_12x", "gho_x2", "gho_1x", "gho_12345x", "gho_12"],
            ),
            ("ab?c", vec!["ac", "abc"], vec!["abbc", "ab"]),
            ("a(?:bc)?d", vec!["ad", "abcd"], vec!["abd", "abcbcd"]),
            ("a[0-9]{70}b", vec![&*format!("a{}b", "1".repeat(70))], vec![&*format!("a{}b", "1".repeat(69))]),
            ("(?:x|yz?)-[a-z]+", vec!["x-q", "y-q", "yz-q"], vec!["z-q", "xz-q", "x-"]),
            (
                "://[a-z]{1,9}:(?P<secret>[^@]{3,9}(?:@x)?)@[a-z.]+",
                vec!["://a:bcd@e", "://a:bcd@x@e"],
                vec!["://a@bcd:", "://a/b:ccc@d", "://a:bc@e"],
            ),
            ("curl [^|]{0,9}?(?:-u ?|--user )a:b", vec!["curl -u a:b", "curl --user a:b"], vec!["curl a:b"]),
            // What may go on in two ways is left to the pattern, but for the punctuation.
            ("k[a-z]*z=[0-9]", vec!["kzz=1", "k0=1"], vec!["kzz1"]),
        ] {
            let glance = glance(pattern);
            let open = pattern.starts_with("k[") || pattern.starts_with("curl");
            let regex = regex_automata::meta::Regex::new(&format!("^(?:{pattern})")).expect("pattern");
            for text in fitting {
                assert!(glance.fits(text.as_bytes()), "{pattern} {text}");
                assert!(open || regex.is_match(text), "{pattern} {text}");
            }
            for text in others {
                assert!(!glance.fits(text.as_bytes()), "{pattern} {text}");
                assert!(!regex.is_match(text), "{pattern} {text}");
            }
        }
    }
}
