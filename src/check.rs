//! Signature files checked: what they say of themselves is tried out with the judge that scans use.
//!
//! Every example is expanded with several seeds and must be found, as its own kind and with exactly the marked secret;
//! then it is changed so that it should be missed. Counterexamples must be missed as they stand.

mod settings;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::blob::Blob;
use crate::detect::Detector;
use crate::origin::{Origin, Step};
use crate::score::{Confidence, proof};
use crate::signature::{Error, Loaded, Located, Matcher, Rule, RuleSet, embedded, template};

/// Seeds that each template is expanded with.
const SEEDS: Range<u64> = 1..6;

/// Patterns that look less far, in bytes, are not tried on text that could make them slow.
const FAR: u32 = 1_024;
/// Bytes of that text.
const SPEED_TEXT: usize = 256 << 10;
/// How often a byte of it may be given to the pattern: so often that only short words and a long reach come to more.
const AGAIN: u64 = 12_000;
/// How long it may take where that is more often: a pattern that fails at its first bytes costs little.
const SLOW: Duration = Duration::from_millis(60);
/// And where it is not.
const SLOWEST: Duration = Duration::from_secs(10);

/// Tries out signatures. Returns every fault, in the order of the files; none means that all is well.
///
/// A signature that does not compile is told with its faults, and the others are still tried.
pub fn check(loaded: &Loaded) -> Vec<Error> {
    let all: Loaded = loaded.iter().cloned().chain(ids_elsewhere(loaded)).collect();
    check_among(&all, &|tried| loaded.iter().any(|one| Arc::ptr_eq(&one.signature, &tried.signature)))
}

/// As [`check`], and tries only those that `is_tried` names, beside all the others: as a scan has them.
pub fn check_among(all: &Loaded, is_tried: &dyn Fn(&Located) -> bool) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut sound = all.clone();
    // Whether patterns compile is asked once; what is left out can be missed by others.
    let rules = loop {
        match RuleSet::compile(&sound, errors.is_empty()) {
            Ok(rules) => break rules,
            Err(found) => {
                let faulty: BTreeSet<(String, usize)> =
                    found.iter().map(|error| (error.file.clone(), error.line)).collect();
                let before = sound.len();
                sound.retain(|one| !faulty.contains(&(one.file.to_string(), one.line)));
                if errors.is_empty() {
                    errors = found;
                }
                if sound.len() == before {
                    return errors;
                }
            }
        }
    };
    let detector = Detector::new(&rules);
    for located in sound.iter().filter(|located| is_tried(located)) {
        let Some(rule) = rules.get(&located.signature.id).filter(|rule| rule.id() == located.signature.id) else {
            continue;
        };
        let mut trial = Trial { detector: &detector, rule, faults: Vec::new() };
        trial.run();
        errors.extend(trial.faults.into_iter().map(|fault| located.error(fault)));
    }
    errors.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    errors
}

/// The signatures of this binary that others name as their ids and do not bring along.
fn ids_elsewhere(loaded: &Loaded) -> Loaded {
    let named: BTreeSet<&String> = loaded.iter().flat_map(|located| &located.signature.ids).collect();
    let is_missing = |id: &String| named.contains(id) && !loaded.iter().any(|located| located.signature.id == *id);
    let embedded = if named.is_empty() { Loaded::new() } else { embedded().unwrap_or_default() };
    embedded.into_iter().filter(|located| is_missing(&located.signature.id)).collect()
}

/// What was found in a text.
struct Find {
    rule: u16,
    id: String,
    secret: Range<usize>,
    /// The whole match.
    span: Range<usize>,
    /// Whether it was found in the text itself, not in what that encodes.
    is_plain: bool,
    confidence: Option<Confidence>,
    /// Name and words of the step that decided.
    reason: (&'static str, String),
}

impl Find {
    fn is_reported(&self) -> bool {
        self.confidence >= Some(Confidence::Likely)
    }

    fn judgement(&self) -> String {
        match self.confidence {
            Some(confidence) => format!("{confidence}: {}", self.reason.1),
            None => format!("dropped: {}", self.reason.1),
        }
    }
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The signature under test.
struct Trial<'a> {
    detector: &'a Detector<'a>,
    rule: &'a Rule,
    faults: Vec<String>,
}

impl Trial<'_> {
    fn run(&mut self) {
        let signature = self.rule.signature.clone();
        for (index, example) in signature.examples.iter().enumerate() {
            self.each_seed(&format!("example {}", index + 1), example, Trial::example);
        }
        // One that is no template is told once, not in each of these.
        let is_template = signature.examples.first().is_none_or(|first| template::expand(first, SEEDS.start).is_ok());
        for (name, template) in settings::of(self.rule).into_iter().filter(|_| is_template) {
            self.each_seed(&format!("the first example {name}"), &template, Trial::in_setting);
        }
        self.speed();
        if signature.proof.and_then(proof::checksum) == Some(proof::Strength::Certain) && !self.has_a_proven_example() {
            self.faults.push("no example passes the checksum of its `proof`".to_owned());
        }
        for (index, counterexample) in signature.counterexamples.iter().enumerate() {
            self.each_seed(&format!("counterexample {}", index + 1), counterexample, Trial::counterexample);
        }
    }

    /// A pattern that looks far is tried at each of its words: in text of that word again and again a scan would not come to an end,
    /// and has to give the rule up there.
    fn speed(&mut self) {
        let window = self.rule.traits().window;
        let is_pattern = matches!(self.rule.matcher, Matcher::Pattern | Matcher::Context(_));
        if !is_pattern || window.before + window.after < FAR {
            return;
        }
        let alone = Detector::with(self.detector.rules(), &|rule| rule.index == self.rule.index);
        let (traits, words) = (self.rule.traits(), &self.rule.signature.keywords);
        // Where a match begins at a known place and must stand apart, words that are joined are passed by.
        let joints = if self.rule.signature.boundary && traits.offset.is_some() { &[" "][..] } else { &["", " "] };
        for (keyword, joint) in words.iter().flat_map(|word| joints.iter().map(move |joint| (word, joint))) {
            let word = format!("{keyword}{joint}");
            let text = word.repeat(SPEED_TEXT / word.len());
            let begun = Instant::now();
            let blob = Blob::bytes(Origin::new(Step::Stdin), text.as_bytes());
            let (_, taken) = alone.judge_with_effort(blob, true, &mut |_| {});
            let (time, is_again) = (begun.elapsed(), taken.bytes > AGAIN * text.len() as u64);
            if !taken.given_up.is_empty() || time > SLOWEST || is_again && time > SLOW {
                self.faults.push(format!(
                    "is slow: in text of `{keyword}` again and again its pattern is tried on the same bytes too often. Give it a smaller \
                     `reach` or shorter repetitions, or `once = true` where a match has the keyword once"
                ));
                return;
            }
        }
    }

    /// Tries a template with every seed, and keeps each fault once.
    fn each_seed(
        &mut self,
        name: &str,
        template: &str,
        test: impl Fn(&Self, &[u8], Option<Range<usize>>, &mut BTreeSet<String>),
    ) {
        let mut faults = BTreeSet::new();
        for seed in SEEDS {
            match template::expand(template, seed) {
                Ok(expanded) => test(self, &expanded.text, expanded.secret, &mut faults),
                Err(cause) => {
                    faults.insert(format!("is no template: {cause}"));
                    break;
                }
            }
        }
        self.faults.extend(faults.into_iter().map(|fault| format!("{name} {fault}")));
    }

    /// Whether the proof applies to what the signature matches: one that never does would say nothing of any find.
    fn has_a_proven_example(&self) -> bool {
        let examples = self.rule.signature.examples.iter().filter_map(|one| template::expand(one, SEEDS.start).ok());
        examples
            .flat_map(|expanded| self.finds(&expanded.text))
            .any(|find| find.rule == self.rule.index && find.confidence == Some(Confidence::Proven))
    }

    /// A token is found in whatever text it stands.
    fn in_setting(&self, text: &[u8], marked: Option<Range<usize>>, faults: &mut BTreeSet<String>) {
        let Some(marked) = marked else { return };
        if !self.finds(text).iter().any(|find| find.is_plain && find.secret == marked && find.confidence.is_some()) {
            faults.insert("is not found".to_owned());
        }
    }

    fn counterexample(&self, text: &[u8], _: Option<Range<usize>>, faults: &mut BTreeSet<String>) {
        if self.finds(text).iter().any(|find| find.rule == self.rule.index && find.is_reported()) {
            faults.insert("is found".to_owned());
        }
    }

    fn example(&self, text: &[u8], marked: Option<Range<usize>>, faults: &mut BTreeSet<String>) {
        let finds = self.finds(text);
        let mut own = finds.iter().filter(|find| find.rule == self.rule.index);
        let right = |find: &&Find| marked.as_ref().is_none_or(|marked| find.secret == *marked);
        let Some(find) = own.clone().find(|find| right(find) && find.is_reported()).or_else(|| own.clone().find(right))
        else {
            faults.insert(match (own.next(), marked) {
                (Some(find), Some(marked)) => {
                    format!("is found with bytes {:?} for the secret, which is marked at {marked:?}", find.secret)
                }
                _ => "is not matched".to_owned(),
            });
            return;
        };
        if find.is_reported() {
            self.mutations(text, find, faults);
        } else if !(self.rule.signature.identifier && find.reason.0 == "identifier") {
            let by = finds.iter().find(|other| other.is_reported() && overlap(&other.secret, &find.secret));
            faults.insert(match by {
                Some(other) => format!("is found as {} instead", other.id),
                None => format!("is matched, but it is {}", find.judgement()),
            });
        }
    }

    /// Changes the example so that a signature which is exact must miss it.
    fn mutations(&self, text: &[u8], find: &Find, faults: &mut BTreeSet<String>) {
        if matches!(self.rule.matcher, Matcher::Assignment | Matcher::Column | Matcher::Line(_) | Matcher::File)
            || !find.is_plain
        {
            return;
        }
        let secret = &find.secret;
        let mut missed = |changed: Vec<u8>, region: Range<usize>, fault: &str| {
            let found = self.finds(&changed).into_iter().any(|other| {
                // A longer secret took the change in: then the shape allows it.
                other.rule == self.rule.index
                    && other.is_reported()
                    && other.secret.len() <= secret.len()
                    && overlap(&other.secret, &region)
            });
            if found {
                faults.insert(fault.to_owned());
            }
        };
        let middle = secret.start + secret.len() / 2;
        if let Some(length) = self.matched_length(find) {
            if length == self.rule.traits().lengths.0 {
                missed(
                    spliced(text, secret.end - 1..secret.end, b""),
                    secret.clone(),
                    "is found with a character less",
                );
            }
            if Some(length) == self.rule.traits().lengths.1 && self.rule.signature.boundary {
                let more = spliced(text, middle..middle, &[like(text, secret)]);
                missed(more, secret.clone(), "is found with a character more");
            }
        }
        if self.rule.signature.boundary {
            let glued = spliced(text, secret.end..secret.end, &[like(text, secret)]);
            missed(glued, secret.clone(), "is found with a neighbour glued on at its end");
            let start = if matches!(self.rule.matcher, Matcher::Context(_) | Matcher::Service(_)) {
                secret.start
            } else {
                find.span.start
            };
            // After a backslash a letter would be part of an escape, which is no neighbour.
            let escaped = text[..start].ends_with(b"\\");
            let glued = spliced(text, start..start, &[if escaped { b'_' } else { like(text, secret) }]);
            missed(glued, secret.start + 1..secret.end + 1, "is found with a neighbour glued on at its start");
        }
        if let Some(changed) = self.with_other_prefix(text, secret) {
            missed(changed, secret.clone(), "is found with another prefix");
        }
        self.broken_checksum(text, find, faults);
    }

    /// A token whose check covers every character is not proven, nor reported, once one is changed.
    fn broken_checksum(&self, text: &[u8], find: &Find, faults: &mut BTreeSet<String>) {
        let Some(strength) = self.rule.signature.proof.and_then(proof::checksum) else { return };
        if find.confidence != Some(Confidence::Proven) {
            return;
        }
        let secret = &find.secret;
        let middle = secret.start + secret.len() / 2;
        let Some(place) = (middle..secret.end).find(|&at| text[at].is_ascii_alphanumeric()) else { return };
        let changed = spliced(text, place..place + 1, &[other(text[place])]);
        let most = match strength {
            proof::Strength::Certain => Confidence::Possible,
            proof::Strength::Hint => Confidence::Likely,
        };
        let survives = self.finds(&changed).into_iter().any(|other| {
            other.rule == self.rule.index && other.confidence > Some(most) && overlap(&other.secret, secret)
        });
        if survives {
            faults.insert(format!("is more than {most} with a broken checksum"));
        }
    }

    /// Length of the match that `Traits::lengths` speaks of, where it can be told.
    fn matched_length(&self, find: &Find) -> Option<usize> {
        match self.rule.matcher {
            Matcher::Pattern => Some(find.span.len()),
            Matcher::Context(_) | Matcher::Service(_) if self.rule.traits().group == 0 => Some(find.secret.len()),
            _ => None,
        }
    }

    fn with_other_prefix(&self, text: &[u8], secret: &Range<usize>) -> Option<Vec<u8>> {
        let prefix = &self.rule.traits().public_prefix;
        if prefix.len() < 2 || !text[secret.clone()].starts_with(prefix) {
            return None;
        }
        let at = secret.start + prefix.iter().position(u8::is_ascii_alphabetic)?;
        Some(spliced(text, at..at + 1, &[other(text[at])]))
    }

    fn finds(&self, text: &[u8]) -> Vec<Find> {
        let mut finds = Vec::new();
        let blob = Blob::bytes(Origin::new(Step::Stdin), text);
        let read = self.detector.judge(blob, true, &mut |found| {
            finds.extend(found.iter().map(|one| Find {
                rule: one.rule.index,
                id: one.rule.id().to_owned(),
                secret: one.stored_secret.clone(),
                span: one.candidate.span.range(),
                is_plain: one.decoder.is_none(),
                confidence: one.verdict.confidence,
                reason: one.verdict.reasons.last().map_or(("", String::new()), |why| (why.name, why.text.clone())),
            }));
        });
        debug_assert!(read.is_ok(), "memory can be read");
        finds
    }
}

fn spliced(text: &[u8], range: Range<usize>, with: &[u8]) -> Vec<u8> {
    [&text[..range.start], with, &text[range.end..]].concat()
}

/// A letter or digit such as the secret has.
fn like(text: &[u8], secret: &Range<usize>) -> u8 {
    text[secret.clone()].iter().rev().copied().find(u8::is_ascii_alphanumeric).unwrap_or(b'a')
}

/// Another character of the same class: `a` for `b`, `1` for `2`.
fn other(byte: u8) -> u8 {
    match byte {
        b'z' => b'a',
        b'Z' => b'A',
        b'f' => b'a',
        b'F' => b'A',
        b'9' => b'0',
        // Base 32 ends at 7.
        b'7' => b'2',
        byte => byte + 1,
    }
}

#[cfg(test)]
mod tests;
