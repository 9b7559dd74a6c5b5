//! Signatures compiled: windows, boundaries and regular expressions derived from the pattern, when they are first needed.

mod derive;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use ignore::gitignore::Gitignore;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use super::form::Form;
use super::glance::Glance;
use super::shape::ByteSet;
use super::{Error, Loaded, Recogniser, Signature, Standing, threads};

/// The longest window, in bytes on either side of a keyword.
pub const MAX_REACH: u32 = 65_536;
/// Bytes before a match that the test of its left neighbour may look at: `\u003d` is six.
pub const LEFT_CONTEXT: u32 = 8;
/// Bytes behind a match that the test of its right neighbour may look at: a full stop, and what shows that it is one.
pub const RIGHT_CONTEXT: u32 = 2;
/// The assignment lexer's window: bytes before a name and after it.
pub const ASSIGNMENT_WINDOW: Window = Window { before: 256, after: 512 };
/// The window of a command line: bytes before its first word and after it.
pub const COMMAND_WINDOW: Window = Window { before: 64, after: 640 };
/// The window of a directive: bytes before one of its words and after it.
pub const DIRECTIVE_WINDOW: Window = Window { before: 160, after: 320 };
/// The window of a column: bytes before its name, which hold the header's line, and after it, which hold rows.
pub const COLUMN_WINDOW: Window = Window { before: 512, after: 4096 };
/// Compiled size of one pattern, in bytes; larger ones are refused.
const SIZE_LIMIT: usize = 4 << 20;

/// How far a candidate can see on each side of its keyword, in bytes. A candidate is a function of these bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Bytes before the keyword's first.
    pub before: u32,
    /// Bytes after the keyword's last.
    pub after: u32,
}

/// How a rule finds its secret in a window.
#[derive(Debug)]
pub enum Matcher {
    /// A pattern that holds a keyword.
    Pattern,
    /// A pattern of a value that stands within some bytes after a word.
    Context(ContextRule),
    /// The assignment lexer.
    Assignment,
    /// A value without a shape, by the word of its service.
    Service(ServiceRule),
    /// The forms of a line.
    Line(LineRule),
    /// The cells of a column.
    Column,
    /// A pattern of a whole file, or of each of its lines.
    File,
}

/// What the recogniser of values without a shape needs.
#[derive(Debug, Clone, Copy)]
pub struct ServiceRule {
    /// The value begins at most this many bytes after the word's end.
    pub distance: u32,
    /// The value's characters.
    pub alphabet: ByteSet,
    /// Whether `=` may follow them.
    pub is_padded: bool,
}

/// What the recogniser of lines needs.
#[derive(Debug)]
pub struct LineRule {
    /// The forms, each tried where one of its words stands.
    pub forms: Vec<Form>,
    /// Whether they are of commands, which stand anywhere, or of lines.
    pub is_command: bool,
}

/// What a rule with a context word needs beyond its pattern.
#[derive(Debug, Clone, Copy)]
pub struct ContextRule {
    /// The value begins at most this many bytes after the word's end.
    pub distance: u32,
}

/// A signature, compiled.
///
/// Unless the signature says `boundary = false`, a match counts only where the byte before it is no word character and
/// the byte after it neither a word character nor one that the last element of the pattern allows: a token of 40
/// characters is not found in a run of 41.
#[derive(Debug)]
pub struct Rule {
    /// Position in the rule set.
    pub index: u16,
    /// The signature.
    pub signature: Arc<Signature>,
    /// How it finds its secret.
    pub matcher: Matcher,
    /// Rules of the ids that its secrets belong to.
    pub ids: Vec<u16>,
    /// Whose word it is.
    pub standing: Standing,
    traits: OnceLock<Traits>,
    paths: OnceLock<Option<Gitignore>>,
    regex: OnceLock<Regex>,
}

/// What a rule's matches have in common. It is read from the pattern's syntax tree when the rule is first asked for.
#[derive(Debug)]
pub struct Traits {
    /// What the rule can see.
    pub window: Window,
    /// Bytes before the keyword in every match, where it is the same number in all.
    pub offset: Option<u32>,
    /// The most bytes before the keyword at which a match, or the escape before it, begins.
    pub before: u32,
    /// The most bytes behind the keyword that belong to a match.
    pub after: u32,
    /// Bytes that must not stand before a match.
    pub left: ByteSet,
    /// Bytes that must not stand after a match.
    pub right: ByteSet,
    /// Least and longest match, in bytes.
    pub lengths: (usize, Option<usize>),
    /// The literal that every secret of this rule begins with, which may be shown.
    pub public_prefix: Vec<u8>,
    /// Capture group of the secret; 0 is the whole match.
    pub group: usize,
    /// What is seen before the pattern is run.
    pub glance: Glance,
}

impl Traits {
    /// Of a rule without a pattern that sees this far.
    fn of_window(window: Window) -> Self {
        Traits {
            window,
            offset: None,
            before: 0,
            after: window.after,
            left: ByteSet::default(),
            right: ByteSet::default(),
            lengths: (0, None),
            public_prefix: Vec::new(),
            group: 0,
            glance: Glance::default(),
        }
    }
}

impl Rule {
    /// The id.
    pub fn id(&self) -> &str {
        &self.signature.id
    }

    /// What its matches have in common.
    pub fn traits(&self) -> &Traits {
        self.traits.get_or_init(|| {
            derive::traits(&self.signature)
                .expect("a rule set holds only patterns that parse, as `signatures check` shows")
        })
    }

    /// The compiled pattern; compiled at its first use.
    pub fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            build(&self.signature).expect("a rule set holds only patterns that compile, as `signatures check` shows")
        })
    }

    /// Whether the rule counts at this path. A rule without `paths` counts everywhere.
    pub fn at_path(&self, path: &[u8]) -> bool {
        let globs = || derive::globs(&self.signature.paths).expect("a rule set holds only globs that are read");
        let Some(paths) = self.paths.get_or_init(globs) else { return true };
        let path = String::from_utf8_lossy(path);
        paths.matched_path_or_any_parents(Path::new(path.trim_start_matches('/')), false).is_ignore()
    }

    /// Whether its pattern is of the secret alone, so that it knows one wherever that stands. Other rules know a value by its
    /// name, its place, or what stands beside it.
    pub fn is_of_shape(&self) -> bool {
        matches!(self.matcher, Matcher::Pattern) && self.traits().group == 0
    }

    /// Whether its shape or place is that of several providers' secrets, a header's or a common beginning, which its group of rules says.
    pub fn is_of_any_provider(&self) -> bool {
        matches!(self.signature.provider.as_str(), "HTTP" | "Several services")
    }

    /// Whether the rule has nothing to say of what lies at this path, not even that it does not count there.
    pub fn is_silent_at(&self, path: &[u8]) -> bool {
        matches!(self.matcher, Matcher::File) && !self.at_path(path)
    }

    /// Whether it tells each line of files that only their paths tell.
    pub fn is_list(&self) -> bool {
        self.signature.recogniser == Recogniser::Lines && self.has_paths()
    }

    /// Whether the rule counts at some paths only.
    pub fn has_paths(&self) -> bool {
        !self.signature.paths.is_empty()
    }
}

fn build(signature: &Signature) -> Result<Regex, Box<regex_automata::meta::BuildError>> {
    let pattern = match signature.recogniser {
        Recogniser::File | Recogniser::Lines | Recogniser::Bytes => &format!(r"\A(?:{})\z", signature.pattern),
        _ => &signature.pattern,
    };
    Regex::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .configure(Regex::config().utf8_empty(false).nfa_size_limit(Some(SIZE_LIMIT)).hybrid_cache_capacity(1 << 20))
        .build(pattern)
        .map_err(Box::new)
}

/// Rules with their keywords.
#[derive(Debug)]
pub struct RuleSet {
    /// The rules; a rule's index is its place.
    pub rules: Vec<Rule>,
    names: HashMap<String, u16>,
}

impl RuleSet {
    /// Compiles signatures. With `eager` every pattern is read and compiled now, so that a fault shows at once: for files
    /// that are not part of the binary.
    ///
    /// # Errors
    /// Every fault found, each with its file and line.
    pub fn compile(loaded: &Loaded, eager: bool) -> Result<RuleSet, Vec<Error>> {
        let mut errors = Vec::new();
        let mut rules: Vec<Rule> = Vec::new();
        let mut names = HashMap::new();
        let made = threads::map(loaded, |index, located| derive::rule(index as u16, &located.signature, eager));
        for (located, made) in loaded.iter().zip(made) {
            let signature = &located.signature;
            for name in std::iter::once(&signature.id).chain(&signature.aliases) {
                if !is_id(name) {
                    errors.push(located.error(format!("`{name}` is no id: lower-case letters, digits and `-`")));
                }
                if names.insert(name.clone(), rules.len() as u16).is_some() {
                    errors.push(located.error(format!("`{name}` is the name of an earlier signature too")));
                }
            }
            match made {
                Ok(rule) => rules.push(Rule { standing: located.standing, ..rule }),
                Err(messages) => errors.extend(messages.into_iter().map(|message| located.error(message))),
            }
        }
        for located in loaded {
            for companion in &located.signature.companions {
                if !names.contains_key(companion) {
                    errors.push(located.error(format!("companion `{companion}` is no signature")));
                }
            }
            for id in located.signature.ids.iter().filter(|id| !names.contains_key(*id)) {
                errors.push(located.error(format!("id `{id}` is no signature")));
            }
        }
        for rule in &mut rules {
            rule.ids = rule.signature.ids.iter().filter_map(|id| names.get(id).copied()).collect();
        }
        if errors.is_empty() { Ok(RuleSet { rules, names }) } else { Err(errors) }
    }

    /// The rule of this id or alias.
    pub fn get(&self, name: &str) -> Option<&Rule> {
        self.names.get(name).map(|&index| &self.rules[usize::from(index)])
    }

    /// Whether finds of each rule count for more or less beside those of another.
    pub fn companions(&self) -> Vec<bool> {
        let mut is_companion: Vec<bool> = self.rules.iter().map(|rule| !rule.ids.is_empty()).collect();
        for rule in &self.rules {
            let others = rule.signature.companions.iter().filter_map(|companion| self.get(companion));
            for index in others.map(|other| other.index).chain(rule.ids.iter().copied()) {
                is_companion[usize::from(index)] = true;
                is_companion[usize::from(rule.index)] = true;
            }
        }
        is_companion
    }
}

fn is_id(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether keywords of this signature are matched with their case.
pub fn case_sensitive(signature: &Signature) -> bool {
    signature.case_sensitive.unwrap_or(signature.context == 0 && signature.recogniser == Recogniser::Pattern)
}

#[cfg(test)]
mod tests {
    use super::super::{embedded, template};
    use super::*;

    #[test]
    fn the_signatures_of_this_binary_compile_and_their_examples_expand() {
        let loaded = embedded().unwrap();
        let mut faults: Vec<String> = Vec::new();
        if let Err(errors) = RuleSet::compile(&loaded, true) {
            faults.extend(errors.iter().map(Error::to_string));
        }
        for located in &loaded {
            for example in located.signature.examples.iter().chain(&located.signature.counterexamples) {
                if let Err(cause) = template::expand(example, 7) {
                    faults.push(located.error(format!("{cause} in {example}")).to_string());
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// Each pattern of a signature file against its own examples: the pattern alone, without boundaries and scores.
    #[test]
    fn every_pattern_matches_its_examples() {
        let loaded = embedded().unwrap();
        let rules = RuleSet::compile(&loaded, false).unwrap();
        let mut faults = Vec::new();
        for (rule, located) in rules.rules.iter().zip(&loaded) {
            if rule.signature.recogniser != Recogniser::Pattern {
                continue;
            }
            for (example, seed) in rule.signature.examples.iter().flat_map(|example| [(example, 7), (example, 8)]) {
                let Ok(expanded) = template::expand(example, seed) else { continue };
                let Some(secret) = expanded.secret else { continue };
                let mut captures = rule.regex().create_captures();
                let found = (0..expanded.text.len()).any(|start| {
                    rule.regex().search_captures(
                        &regex_automata::Input::new(&expanded.text).span(start..expanded.text.len()),
                        &mut captures,
                    );
                    let start = captures.get_match().map(|found| found.start());
                    assert!(
                        start.is_none_or(|start| rule.traits().glance.fits(&expanded.text[start..])),
                        "{}",
                        rule.id()
                    );
                    captures.get_group(rule.traits().group).is_some_and(|group| group.range() == secret)
                });
                if !found {
                    let text = String::from_utf8_lossy(&expanded.text);
                    faults.push(located.error(format!("the pattern misses {text}")).to_string());
                }
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
