//! Keywords first, then each rule in the window of its hit.
//!
//! A candidate is a function of a keyword hit and its window, whatever reads the bytes: no iteration over a blob, no merged
//! windows, no grid of chunks. Two readers that visit the same hits make the same candidates.

pub mod assignment;
mod column;
pub mod effort;
#[cfg(test)]
pub mod fault;
mod file;
pub mod keywords;
mod line;
mod service;
mod version;
mod window;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use crate::candidate::Candidate;
use crate::signature::{Matcher as How, Rule, RuleSet, case_sensitive};
use keywords::{Engine, Hit, Keywords, Word};

/// Finds candidates in texts.
#[derive(Debug)]
pub struct Matcher<'r> {
    rules: &'r RuleSet,
    keywords: Keywords,
    rules_of_word: Vec<Vec<u16>>,
    /// How far the rules of each word can see.
    sights: Vec<OnceLock<version::Sight>>,
    /// Of each word whether it is one of the marks.
    is_mark: Vec<bool>,
    /// Length of the longest word, in bytes.
    longest: usize,
    /// Rules of whole files.
    files: Vec<u16>,
    /// Whether it is for binary content, where a token stands between whatever bytes a format has there.
    is_binary: bool,
}

/// How often each stage was reached; for benches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Keyword hits.
    pub hits: u64,
    /// Hits of marks among them.
    pub marks: u64,
    /// Windows that a pattern was run in.
    pub windows: u64,
    /// Windows that the assignment lexer looked at.
    pub assignments: u64,
    /// Candidates, with duplicates.
    pub candidates: u64,
}

/// Which words a matcher knows; for benches that measure the classes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordClass {
    /// Words of five bytes or more of rules with a pattern.
    Long,
    /// Words of three and four bytes of rules with a pattern.
    Short,
    /// Words in names, for the assignment lexer.
    Generic,
}

impl<'r> Matcher<'r> {
    /// A matcher for all words of the rules, with the q-gram filter.
    pub fn new(rules: &'r RuleSet) -> Self {
        Self::with(rules, Engine::Filter, &|_, _| true)
    }

    /// A matcher with some words of some rules only, and with either engine.
    pub fn with(rules: &'r RuleSet, engine: Engine, wanted: &dyn Fn(WordClass, &Rule) -> bool) -> Self {
        Self::with_marks(rules, &[], engine, wanted)
    }

    /// A matcher that also looks for words of no rule, in their case, and counts them: what they tell is for the caller to
    /// read.
    pub fn with_marks(
        rules: &'r RuleSet,
        marks: &[&str],
        engine: Engine,
        wanted: &dyn Fn(WordClass, &Rule) -> bool,
    ) -> Self {
        let mut index: HashMap<Word, usize> = HashMap::new();
        let mut words = Vec::new();
        let mut rules_of_word: Vec<Vec<u16>> = Vec::new();
        for rule in &rules.rules {
            let sensitive = case_sensitive(&rule.signature);
            for keyword in &rule.signature.keywords {
                let class = match (&rule.matcher, keyword.len()) {
                    (How::Assignment | How::Column, _) => WordClass::Generic,
                    (_, 0..=4) => WordClass::Short,
                    _ => WordClass::Long,
                };
                if !wanted(class, rule) {
                    continue;
                }
                let text = if sensitive { keyword.clone() } else { keyword.to_ascii_lowercase() };
                let word = Word { text: text.into_bytes().into(), case_sensitive: sensitive };
                let place = *index.entry(word.clone()).or_insert_with(|| {
                    words.push(word);
                    rules_of_word.push(Vec::new());
                    words.len() - 1
                });
                if rules_of_word[place].last() != Some(&rule.index) {
                    rules_of_word[place].push(rule.index);
                }
            }
        }
        let mut is_mark = vec![false; words.len()];
        for mark in marks {
            let word = Word { text: mark.as_bytes().into(), case_sensitive: true };
            let place = *index.entry(word.clone()).or_insert_with(|| {
                words.push(word);
                rules_of_word.push(Vec::new());
                is_mark.push(true);
                words.len() - 1
            });
            is_mark[place] = true;
        }
        let sights = words.iter().map(|_| OnceLock::new()).collect();
        let is_file = |rule: &&Rule| matches!(rule.matcher, How::File) && wanted(WordClass::Long, rule);
        let files = rules.rules.iter().filter(is_file).map(|rule| rule.index).collect();
        let longest = words.iter().map(|word| word.text.len()).max().unwrap_or(1);
        Matcher {
            rules,
            keywords: Keywords::new(words, engine),
            rules_of_word,
            sights,
            is_mark,
            longest,
            files,
            is_binary: false,
        }
    }

    /// The same for binary content.
    pub fn for_binary(self) -> Self {
        Matcher { is_binary: true, ..self }
    }

    /// The words.
    pub fn keywords(&self) -> &Keywords {
        &self.keywords
    }

    /// The candidates of all hits that begin in `range`; windows may read all of `text`. Sorted, each once.
    pub fn candidates(&self, text: &[u8], range: Range<usize>, out: &mut Vec<Candidate>) -> Counts {
        self.at_most(usize::MAX, text, range, out).unwrap_or_default()
    }

    /// The same; `None` where there are more than `most`, and then `out` holds some of them.
    pub fn at_most(&self, most: usize, text: &[u8], range: Range<usize>, out: &mut Vec<Candidate>) -> Option<Counts> {
        let mut counts = Counts::default();
        out.clear();
        self.keywords.find(text, range, &mut |hit: Hit| {
            if out.len() <= most {
                self.at_hit(text, hit.start, hit.word, &mut counts, &mut |candidate| out.push(candidate));
            }
        });
        if out.len() > most {
            return None;
        }
        // Equal secrets of one rule are one candidate; of several windows the one that begins first is kept.
        out.sort_unstable_by_key(|c| (c.secret, c.rule, c.span, c.reach));
        out.dedup_by_key(|c| (c.secret, c.rule));
        Some(counts)
    }

    /// The candidates of one hit.
    fn at_hit(&self, text: &[u8], start: usize, word: u16, counts: &mut Counts, out: &mut impl FnMut(Candidate)) {
        counts.hits += 1;
        counts.marks += u64::from(self.is_mark(word));
        let place = start..start + self.keywords.words()[usize::from(word)].text.len();
        for rule in self.rules_of(word) {
            self.at_rule(rule, text, place.clone(), counts, out);
        }
    }

    /// Whether a word is one of the marks.
    pub fn is_mark(&self, word: u16) -> bool {
        self.is_mark[usize::from(word)]
    }

    /// What the rules of a word can see.
    fn sight(&self, word: u16) -> version::Sight {
        *self.sights[usize::from(word)].get_or_init(|| {
            let mut sight = version::Sight::default();
            self.rules_of(word).for_each(|rule| sight.widen(rule.traits().window));
            sight
        })
    }

    /// The candidates of one rule for the hit of one of its words.
    fn at_rule(
        &self,
        rule: &Rule,
        text: &[u8],
        hit: Range<usize>,
        counts: &mut Counts,
        out: &mut impl FnMut(Candidate),
    ) {
        let Counts { windows, assignments, candidates, .. } = counts;
        let mut out = |candidate| {
            *candidates += 1;
            out(candidate);
        };
        match &rule.matcher {
            How::Assignment => {
                *assignments += 1;
                assignment::candidates(rule, text, hit, &mut out);
            }
            How::Pattern => window::pattern(rule, text, hit, self.is_binary, windows).into_iter().for_each(out),
            How::Context(context) => window::context(rule, *context, text, hit, windows).into_iter().for_each(out),
            How::Service(service) => service::candidate(rule, service, text, hit).into_iter().for_each(out),
            How::Column => column::candidates(rule, text, hit, &mut out),
            How::Line(line) => line::candidates(rule, line, text, hit, &mut out),
            // It has no words.
            How::File => {}
        }
    }

    fn rules_of(&self, word: u16) -> impl Iterator<Item = &Rule> {
        self.rules_of_word[usize::from(word)].iter().map(|&index| &self.rules.rules[usize::from(index)])
    }
}

/// A table of the bytes of names, which is asked of most bytes around a word: letters and digits of ASCII, some marks, and
/// ranges beyond ASCII, first and last.
const fn bytes_of_names(marks: &[u8], beyond: &[(u8, u8)]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut mark = 0;
    while mark < marks.len() {
        table[marks[mark] as usize] = true;
        mark += 1;
    }
    let mut range = 0;
    while range < beyond.len() {
        let (first, last) = beyond[range];
        let mut byte = first as usize;
        while byte <= last as usize {
            table[byte] = true;
            byte += 1;
        }
        range += 1;
    }
    table
}

/// Whether `text` ends with `end`, which is in lower case, in any case.
fn ends_with(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}
