//! Signatures compiled: windows, boundaries and regular expressions derived from the pattern.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;

use super::shape::{self, ByteSet};
use super::{Error, Loaded, Proof, Recogniser, Signature};

/// The longest window, in bytes on either side of a keyword.
pub const MAX_REACH: u32 = 65_536;
/// Bytes before a match that the test of its left neighbour may look at: `\u003d` is six.
pub const LEFT_CONTEXT: u32 = 8;
/// The assignment lexer's window: bytes before a name and after it.
pub const ASSIGNMENT_WINDOW: Window = Window { before: 256, after: 512 };
/// The widest distance of a context word, in bytes.
const MAX_CONTEXT: u32 = 512;
/// Bytes of a name that may stand before a service's word.
const NAME_BEFORE: u32 = 64;
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
    /// A pattern of a whole file.
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
    /// What it can see.
    pub window: Window,
    /// Bytes before the keyword in every match, where it is the same number in all.
    pub offset: Option<u32>,
    /// The most bytes before the keyword at which a match, or the escape before it, begins.
    pub before: u32,
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
    /// Rules of the ids that its secrets belong to.
    pub ids: Vec<u16>,
    paths: Option<Gitignore>,
    regex: OnceLock<Regex>,
}

impl Rule {
    /// The id.
    pub fn id(&self) -> &str {
        &self.signature.id
    }

    /// The compiled pattern; compiled at its first use.
    pub fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            build(&self.signature).expect("a rule set holds only patterns that compile, as `signatures check` shows")
        })
    }

    /// Whether the rule counts at this path. A rule without `paths` counts everywhere.
    pub fn at_path(&self, path: &[u8]) -> bool {
        let Some(paths) = &self.paths else { return true };
        let path = String::from_utf8_lossy(path);
        paths.matched_path_or_any_parents(Path::new(path.trim_start_matches('/')), false).is_ignore()
    }

    /// Whether the rule has nothing to say of what lies at this path, not even that it does not count there.
    pub fn is_silent_at(&self, path: &[u8]) -> bool {
        matches!(self.matcher, Matcher::File) && !self.at_path(path)
    }

    /// Whether the rule counts at some paths only.
    pub fn has_paths(&self) -> bool {
        self.paths.is_some()
    }
}

fn build(signature: &Signature) -> Result<Regex, Box<regex_automata::meta::BuildError>> {
    let pattern = match signature.recogniser {
        Recogniser::File => &format!(r"\A(?:{})\z", signature.pattern),
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
    /// Compiles signatures. With `eager` every pattern is compiled now, so that a fault shows at once: for files that
    /// are not part of the binary.
    ///
    /// # Errors
    /// Every fault found, each with its file and line.
    pub fn compile(loaded: &Loaded, eager: bool) -> Result<RuleSet, Vec<Error>> {
        let mut errors = Vec::new();
        let mut rules: Vec<Rule> = Vec::new();
        let mut names = HashMap::new();
        for located in loaded {
            let signature = &located.signature;
            for name in std::iter::once(&signature.id).chain(&signature.aliases) {
                if !is_id(name) {
                    errors.push(located.error(format!("`{name}` is no id: lower-case letters, digits and `-`")));
                }
                if names.insert(name.clone(), rules.len() as u16).is_some() {
                    errors.push(located.error(format!("`{name}` is the name of an earlier signature too")));
                }
            }
            match rule(rules.len() as u16, signature) {
                Ok(rule) => {
                    if eager
                        && matches!(signature.recogniser, Recogniser::Pattern | Recogniser::File)
                        && let Err(cause) = build(signature)
                    {
                        errors.push(located.error(format!("the pattern does not compile: {cause}")));
                    }
                    rules.push(rule);
                }
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

fn rule(index: u16, signature: &Arc<Signature>) -> Result<Rule, Vec<String>> {
    let mut faults = Vec::new();
    if signature.recogniser == Recogniser::File {
        if !signature.keywords.is_empty() || signature.context > 0 || signature.paths.is_empty() {
            faults.push("the pattern of a file has `paths`, and neither keywords nor `context`".to_owned());
        }
    } else if signature.keywords.is_empty() {
        faults.push("needs at least one keyword".to_owned());
    }
    for keyword in &signature.keywords {
        if keyword.len() < 3 || keyword.len() > 64 || !keyword.is_ascii() {
            faults.push(format!("keyword `{keyword}` must be 3 to 64 ASCII characters"));
        }
    }
    if signature.context > MAX_CONTEXT {
        faults.push(format!("context is at most {MAX_CONTEXT} bytes"));
    }
    if signature.reach > MAX_REACH {
        faults.push(format!("reach is at most {MAX_REACH} bytes"));
    }
    let paths = match globs(&signature.paths) {
        Ok(paths) => paths,
        Err(message) => {
            faults.push(message);
            None
        }
    };
    if signature.recogniser == Recogniser::Assignment {
        if !signature.pattern.is_empty() {
            faults.push("an assignment rule has no pattern".to_owned());
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        return Ok(Rule {
            index,
            signature: signature.clone(),
            matcher: Matcher::Assignment,
            window: ASSIGNMENT_WINDOW,
            offset: None,
            before: ASSIGNMENT_WINDOW.before,
            left: ByteSet::default(),
            right: ByteSet::default(),
            lengths: (0, None),
            public_prefix: Vec::new(),
            group: 0,
            ids: Vec::new(),
            paths,
            regex: OnceLock::new(),
        });
    }
    if signature.recogniser == Recogniser::Service || signature.value.is_some() {
        return service(index, signature, paths, faults);
    }
    let hir = match regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&signature.pattern) {
        Ok(hir) => hir,
        Err(cause) => {
            faults.push(format!("the pattern does not parse: {cause}"));
            return Err(faults);
        }
    };
    let (matcher, window, offset) = match window(signature, &hir) {
        Ok(found) => found,
        Err(message) => {
            faults.push(message);
            return Err(faults);
        }
    };
    let group = match group(signature, &hir) {
        Ok(group) => group,
        Err(message) => {
            faults.push(message);
            0
        }
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    let (mut left, mut right) = (ByteSet::default(), ByteSet::default());
    if signature.boundary {
        left = ByteSet::word();
        right = ByteSet::word();
        right.extend(&shape::edge(&hir, false));
        // A match that begins with characters of an alphabet, `+` and `/` among them, must not be the end of a longer run.
        let first = shape::edge(&hir, true);
        if matches!(matcher, Matcher::Context(_)) || first.len() > 16 {
            left.extend(&first);
        }
    }
    let before = window.before;
    let sight = signature.proof.map_or(Window { before: 0, after: 0 }, Proof::sight);
    let window = Window { before: before.max(sight.before), after: window.after.max(sight.after) };
    let properties = hir.properties();
    let public_prefix = if group == 0 { shape::literal_prefix(&hir) } else { Vec::new() };
    Ok(Rule {
        index,
        signature: signature.clone(),
        matcher,
        window,
        offset,
        before,
        left,
        right,
        lengths: (properties.minimum_len().unwrap_or(0), properties.maximum_len()),
        public_prefix,
        group,
        ids: Vec::new(),
        paths,
        regex: OnceLock::new(),
    })
}

fn service(
    index: u16,
    signature: &Arc<Signature>,
    paths: Option<Gitignore>,
    mut faults: Vec<String>,
) -> Result<Rule, Vec<String>> {
    let lengths = signature.value.as_ref().map(|value| value.lengths.as_slice()).unwrap_or_default();
    if signature.recogniser != Recogniser::Service || !signature.pattern.is_empty() {
        faults.push("`value` belongs to `recogniser = \"service\"`, which has no pattern".to_owned());
    }
    if signature.context == 0 {
        faults.push("a service's value needs `context`, the bytes between its word and itself".to_owned());
    }
    let (Some(value), Some(&least), Some(&most)) = (&signature.value, lengths.iter().min(), lengths.iter().max())
    else {
        faults.push("needs a `value` with its alphabet and lengths".to_owned());
        return Err(faults);
    };
    if !(8..=512).contains(&least) || most > 512 {
        faults.push("a value is 8 to 512 characters".to_owned());
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let alphabet = value.alphabet.bytes();
    let mut edge = ByteSet::word();
    edge.extend(&alphabet);
    let distance = signature.context;
    Ok(Rule {
        index,
        signature: signature.clone(),
        matcher: Matcher::Service(ServiceRule { distance, alphabet, is_padded: value.alphabet.is_padded() }),
        window: Window { before: NAME_BEFORE, after: distance + u32::from(most) + 4 },
        offset: None,
        before: NAME_BEFORE,
        left: edge,
        right: edge,
        lengths: (usize::from(least), Some(usize::from(most))),
        public_prefix: Vec::new(),
        group: 0,
        ids: Vec::new(),
        paths,
        regex: OnceLock::new(),
    })
}

/// Whether keywords of this signature are matched with their case.
pub fn case_sensitive(signature: &Signature) -> bool {
    signature.case_sensitive.unwrap_or(signature.context == 0 && signature.recogniser == Recogniser::Pattern)
}

fn window(signature: &Signature, hir: &Hir) -> Result<(Matcher, Window, Option<u32>), String> {
    if signature.recogniser == Recogniser::File {
        return Ok((Matcher::File, Window { before: 0, after: 0 }, None));
    }
    let longest = match (hir.properties().maximum_len(), signature.reach) {
        (_, reach) if reach > 0 => reach,
        (Some(longest), _) => u32::try_from(longest)
            .ok()
            .filter(|&longest| longest <= MAX_REACH)
            .ok_or_else(|| format!("a match may be {longest} bytes; the most is {MAX_REACH}"))?,
        (None, _) => return Err("the pattern has no longest match; bound it, or give `reach` in bytes".to_owned()),
    };
    if signature.context > 0 {
        let window = Window { before: 0, after: (signature.context + longest).min(MAX_REACH) };
        return Ok((Matcher::Context(ContextRule { distance: signature.context }), window, None));
    }
    let offsets = shape::keyword_offsets(hir, &signature.keywords, case_sensitive(signature)).ok_or_else(|| {
        format!(
            "not every match holds one of the keywords {:?}; add the missing ones, or declare them as words before the value with `context = BYTES`",
            signature.keywords
        )
    })?;
    let most = match offsets.max {
        Some(most) => most as u32,
        None if signature.reach > 0 => signature.reach,
        None => return Err("a keyword may stand any number of bytes into a match; bound what is before it".to_owned()),
    };
    let window = Window { before: most + LEFT_CONTEXT, after: longest - (offsets.min as u32).min(longest) + 1 };
    Ok((Matcher::Pattern, window, (offsets.min == most as usize).then_some(most)))
}

fn group(signature: &Signature, hir: &Hir) -> Result<usize, String> {
    let names = capture_names(hir);
    match &signature.group {
        None => Ok(names.iter().find(|(_, name)| name.as_deref() == Some("secret")).map_or(0, |(index, _)| *index)),
        Some(toml::Value::Integer(index)) => names
            .iter()
            .map(|(known, _)| *known)
            .chain([0])
            .find(|&known| i64::try_from(known) == Ok(*index))
            .ok_or_else(|| format!("the pattern has no group {index}")),
        Some(toml::Value::String(wanted)) => names
            .iter()
            .find(|(_, name)| name.as_ref() == Some(wanted))
            .map(|(index, _)| *index)
            .ok_or_else(|| format!("the pattern has no group `{wanted}`")),
        Some(other) => Err(format!("`group` is a name or a number, not {other}")),
    }
}

fn capture_names(hir: &Hir) -> Vec<(usize, Option<String>)> {
    use regex_syntax::hir::HirKind;
    let mut found = Vec::new();
    let mut todo = vec![hir];
    while let Some(hir) = todo.pop() {
        match hir.kind() {
            HirKind::Capture(capture) => {
                found.push((capture.index as usize, capture.name.as_ref().map(|name| name.to_string())));
                todo.push(&capture.sub);
            }
            HirKind::Repetition(repetition) => todo.push(&repetition.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => todo.extend(parts),
            _ => {}
        }
    }
    found
}

fn globs(patterns: &[String]) -> Result<Option<Gitignore>, String> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        builder.add_line(None, pattern).map_err(|cause| format!("`{pattern}` is no glob: {cause}"))?;
    }
    builder.build().map(Some).map_err(|cause| format!("paths: {cause}"))
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
                    captures.get_group(rule.group).is_some_and(|group| group.range() == secret)
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
