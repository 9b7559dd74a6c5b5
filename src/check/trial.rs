//! One signature tried out with the judge: its examples, its counterexamples, the settings that it stands in, and how fast it is.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};

use super::settings;
use crate::blob::Blob;
use crate::detect::Detector;
use crate::origin::{Origin, Step};
use crate::score::{Confidence, proof};
use crate::signature::{Matcher, Rule, template};

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

/// What was found in a text.
pub(super) struct Find {
    pub(super) rule: u16,
    id: String,
    pub(super) secret: Range<usize>,
    /// The whole match.
    pub(super) span: Range<usize>,
    /// Whether it was found in the text itself, not in what that encodes.
    pub(super) is_plain: bool,
    pub(super) confidence: Option<Confidence>,
    /// Name and words of the step that decided.
    reason: (&'static str, String),
}

impl Find {
    pub(super) fn is_reported(&self) -> bool {
        self.confidence >= Some(Confidence::Likely)
    }

    fn judgement(&self) -> String {
        match self.confidence {
            Some(confidence) => format!("{confidence}: {}", self.reason.1),
            None => format!("dropped: {}", self.reason.1),
        }
    }
}

pub(super) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The signature under test.
pub(super) struct Trial<'a> {
    pub(super) detector: &'a Detector<'a>,
    pub(super) rule: &'a Rule,
    pub(super) faults: Vec<String>,
}

impl Trial<'_> {
    pub(super) fn run(&mut self) {
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
            let (_, taken) = alone.judge_with_effort(blob, true, &mut |_| ControlFlow::Continue(()));
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

    pub(super) fn finds(&self, text: &[u8]) -> Vec<Find> {
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
                reason: one.verdict.reasons.last().map_or(("", String::new()), |why| (why.name, why.text.to_string())),
            }));
        });
        debug_assert!(read.is_ok(), "memory can be read");
        finds
    }
}
