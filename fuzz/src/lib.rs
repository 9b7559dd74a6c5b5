//! What the targets share: the rules of the binary, and inputs that reach further than bytes by chance.

use std::sync::LazyLock;

use scrubjay::candidate::Candidate;
use scrubjay::matcher::keywords::Engine;
use scrubjay::matcher::{Matcher, WordClass};
use scrubjay::score::{self, Verdict};
use scrubjay::signature::{LEFT_CONTEXT, RuleSet, embedded, template};

/// The rules of the binary.
pub static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
    let loaded = embedded().expect("the signatures of the binary parse");
    RuleSet::compile(&loaded, false).expect("the signatures of the binary compile")
});

/// All words, found by the filter.
pub static MATCHER: LazyLock<Matcher<'static>> = LazyLock::new(|| Matcher::new(&RULES));

/// All words, found by the automaton.
pub static REFERENCE: LazyLock<Matcher<'static>> =
    LazyLock::new(|| Matcher::with(&RULES, Engine::Automaton, &|_, _| true));

/// Words of names only: the lexer.
pub static LEXER: LazyLock<Matcher<'static>> =
    LazyLock::new(|| Matcher::with(&RULES, Engine::Filter, &|class, _| class == WordClass::Generic));

/// An example of a rule, as a template.
pub struct Example {
    /// Index of the rule.
    pub rule: u16,
    /// The template.
    pub template: &'static str,
}

/// Every example of every rule.
pub static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    let of = |rule: &'static scrubjay::signature::Rule| {
        rule.signature.examples.iter().map(|template| Example { rule: rule.index, template })
    };
    RULES.rules.iter().flat_map(of).collect()
});

/// Takes numbers off the beginning of an input.
pub struct Input<'d>(pub &'d [u8]);

impl<'d> Input<'d> {
    /// The next two bytes as a number; 0 where there are none.
    pub fn number(&mut self) -> usize {
        let (number, rest) = match self.0 {
            [low, high, rest @ ..] => (usize::from(u16::from_le_bytes([*low, *high])), rest),
            _ => (0, &[][..]),
        };
        self.0 = rest;
        number
    }

    /// One of the examples, expanded, with where its secret is marked.
    pub fn example(&mut self) -> (&'static Example, template::Expanded) {
        let example = &EXAMPLES[self.number() % EXAMPLES.len()];
        let seed = self.number() as u64;
        (example, template::expand(example.template, seed).expect("examples are templates"))
    }

    /// The rest of the input, with an example before its place of choice, or without.
    pub fn text(mut self) -> Vec<u8> {
        if self.number() % 2 == 0 {
            return self.0.to_vec();
        }
        let (_, example) = self.example();
        let place = self.number() % (self.0.len() + 1);
        [&self.0[..place], &example.text, &self.0[place..]].concat()
    }
}

/// All candidates of a text.
pub fn candidates(matcher: &Matcher<'_>, text: &[u8]) -> Vec<Candidate> {
    let mut found = Vec::new();
    matcher.candidates(text, 0..text.len(), &mut found);
    found
}

/// A text of the same length that has the same bytes where `candidate` can see, and `other` everywhere else.
pub fn with_others_around(text: &[u8], candidate: &Candidate, other: u8) -> Vec<u8> {
    let seen = candidate.reach.start.saturating_sub(LEFT_CONTEXT) as usize..candidate.reach.end as usize + 1;
    text.iter().enumerate().map(|(place, &byte)| if seen.contains(&place) { byte } else { other }).collect()
}

/// The verdict on a candidate.
pub fn judge(text: &[u8], candidate: &Candidate) -> Verdict {
    score::judge(&RULES.rules[usize::from(candidate.rule)], text, candidate)
}
