//! One signature compiled: what its pattern's syntax tree says of windows, boundaries and groups.

use std::sync::{Arc, OnceLock};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use regex_syntax::hir::{Hir, HirKind};

use super::{
    ASSIGNMENT_WINDOW, COLUMN_WINDOW, COMMAND_WINDOW, ContextRule, DIRECTIVE_WINDOW, LEFT_CONTEXT, LineRule, MAX_REACH,
    Matcher, Rule, ServiceRule, Traits, Window, case_sensitive,
};
use crate::signature::form::Form;
use crate::signature::glance::Glance;
use crate::signature::shape::{self, ByteSet};
use crate::signature::{Proof, Recogniser, Signature, Standing};

/// The widest distance of a context word, in bytes.
const MAX_CONTEXT: u32 = 512;
/// Bytes of a name that may stand before a service's word.
const NAME_BEFORE: u32 = 64;

/// The rule of a signature. With `eager` its pattern and globs are read now, so that what is wrong with them shows.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn rule(index: u16, signature: &Arc<Signature>, eager: bool) -> Result<Rule, Vec<String>> {
    let mut faults = Vec::new();
    let rule = match signature.recogniser {
        Recogniser::Command | Recogniser::Directive => line(index, signature, &mut faults),
        Recogniser::Assignment | Recogniser::Login => {
            named(index, signature, Matcher::Assignment, ASSIGNMENT_WINDOW, &mut faults)
        }
        Recogniser::Column => named(index, signature, Matcher::Column, COLUMN_WINDOW, &mut faults),
        Recogniser::Service => service(index, signature, &mut faults),
        Recogniser::Pattern | Recogniser::File | Recogniser::Lines | Recogniser::Bytes => {
            Some(pattern(index, signature, &mut faults))
        }
    };
    if !matches!(signature.recogniser, Recogniser::Command | Recogniser::Directive) && !signature.forms.is_empty() {
        faults.push("`forms` belong to `recogniser = \"command\"` and `\"directive\"`".to_owned());
    }
    if signature.recogniser != Recogniser::Service && signature.value.is_some() {
        faults.push("`value` belongs to `recogniser = \"service\"`, which has no pattern".to_owned());
    }
    if let Some(rule) = &rule {
        check_keywords(&rule.signature.keywords, &mut faults);
    }
    if signature.context > MAX_CONTEXT {
        faults.push(format!("context is at most {MAX_CONTEXT} bytes"));
    }
    if signature.once
        && (signature.recogniser != Recogniser::Pattern || signature.context > 0 || !case_sensitive(signature))
    {
        faults.push("`once` is for patterns with keywords of one case in them".to_owned());
    }
    if signature.reach > MAX_REACH {
        faults.push(format!("reach is at most {MAX_REACH} bytes"));
    }
    if !(0.0..=6.0).contains(&signature.entropy) {
        faults.push("`entropy` is from 0 to 6, in bits a character".to_owned());
    }
    if eager && let Err(message) = globs(&signature.paths) {
        faults.push(message);
    }
    match rule {
        // What is wrong with a pattern is told where the rest of its signature is right.
        Some(rule) if faults.is_empty() && eager && rule.traits.get().is_none() => {
            let traits = traits(signature).map_err(|message| vec![message])?;
            // Not kept: most patterns of a run are never run.
            super::build(signature).map_err(|cause| vec![does_not_compile(&cause)])?;
            Ok(with_traits(rule, traits))
        }
        Some(rule) if faults.is_empty() => Ok(rule),
        _ => Err(faults),
    }
}

fn does_not_compile(cause: &regex_automata::meta::BuildError) -> String {
    match cause.size_limit() {
        Some(limit) => format!(
            "the pattern is too large: compiled it takes more than {} MiB; give its repetitions smaller bounds, most of all those \
             in each other",
            limit >> 20
        ),
        None => format!("the pattern does not compile: {cause}"),
    }
}

/// A rule with a pattern, of which nothing is read yet.
fn pattern(index: u16, signature: &Arc<Signature>, faults: &mut Vec<String>) -> Rule {
    let is_file = matches!(signature.recogniser, Recogniser::File | Recogniser::Lines | Recogniser::Bytes);
    if !is_file {
        needs_keywords(signature, faults);
    } else if !signature.keywords.is_empty() || signature.context > 0 || signature.paths.is_empty() {
        faults.push("the pattern of a file has `paths`, and neither keywords nor `context`".to_owned());
    }
    let matcher = match signature.context {
        _ if is_file => Matcher::File,
        0 => Matcher::Pattern,
        distance => Matcher::Context(ContextRule { distance }),
    };
    blank(index, signature, matcher)
}

/// What the pattern of a signature says of its matches.
///
/// # Errors
/// What is wrong with the pattern.
pub(super) fn traits(signature: &Signature) -> Result<Traits, String> {
    let hir = parse(&signature.pattern).map_err(|cause| format!("the pattern does not parse: {cause}"))?;
    let (window, offset) = window(signature, &hir)?;
    let group = group(signature, &hir)?;
    let (mut left, mut right) = (ByteSet::default(), ByteSet::default());
    if signature.boundary {
        left = ByteSet::word();
        right = ByteSet::word();
        right.extend(&shape::edge(&hir, false));
        // A match that begins with characters of an alphabet, `+` and `/` among them, must not be the end of a longer run.
        let first = shape::edge(&hir, true);
        if signature.context > 0 || first.len() > 16 {
            left.extend(&first);
        }
    }
    let (before, after) = (window.before, window.after);
    let sight = signature.proof.map_or(Window { before: 0, after: 0 }, Proof::sight);
    let window = Window { before: before.max(sight.before), after: after.max(sight.after) };
    let properties = hir.properties();
    Ok(Traits {
        window,
        offset,
        before,
        after,
        left,
        right,
        lengths: (properties.minimum_len().unwrap_or(0), properties.maximum_len()),
        public_prefix: if group == 0 { shape::literal_prefix(&hir) } else { Vec::new() },
        group,
        glance: Glance::of(&hir),
    })
}

fn needs_keywords(signature: &Signature, faults: &mut Vec<String>) {
    if signature.keywords.is_empty() {
        faults.push("needs at least one keyword".to_owned());
    }
}

fn check_keywords(keywords: &[String], faults: &mut Vec<String>) {
    for keyword in keywords {
        if keyword.len() < 3 || keyword.len() > 64 {
            faults.push(format!("keyword `{keyword}` must be 3 to 64 bytes"));
        }
    }
}

/// A pattern over bytes.
fn parse(pattern: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).map_err(Box::new)
}

/// A rule of which nothing is read yet.
fn blank(index: u16, signature: &Arc<Signature>, matcher: Matcher) -> Rule {
    Rule {
        index,
        signature: signature.clone(),
        matcher,
        ids: Vec::new(),
        standing: Standing::default(),
        traits: OnceLock::new(),
        paths: OnceLock::new(),
        regex: OnceLock::new(),
    }
}

/// A rule that has no pattern, and sees this far.
fn without_pattern(index: u16, signature: &Arc<Signature>, matcher: Matcher, window: Window) -> Rule {
    with_traits(blank(index, signature, matcher), Traits { before: window.before, ..Traits::of_window(window) })
}

fn with_traits(rule: Rule, traits: Traits) -> Rule {
    Rule { traits: OnceLock::from(traits), ..rule }
}

/// A rule whose keywords are words in names.
fn named(
    index: u16,
    signature: &Arc<Signature>,
    matcher: Matcher,
    window: Window,
    faults: &mut Vec<String>,
) -> Option<Rule> {
    needs_keywords(signature, faults);
    if !signature.pattern.is_empty() {
        let what = if matches!(matcher, Matcher::Column) { "a rule of columns" } else { "an assignment rule" };
        faults.push(format!("{what} has no pattern"));
    }
    Some(without_pattern(index, signature, matcher, window))
}

fn line(index: u16, signature: &Arc<Signature>, faults: &mut Vec<String>) -> Option<Rule> {
    if !signature.keywords.is_empty() || !signature.pattern.is_empty() || signature.context > 0 {
        faults.push("a rule with `forms` has no keywords, no pattern and no `context`".to_owned());
    }
    let mut forms = Vec::new();
    for form in &signature.forms {
        match Form::parse(form, signature.recogniser) {
            Ok(form) => forms.push(form),
            Err(message) => faults.push(message),
        }
    }
    let mut keywords: Vec<String> = forms.iter().flat_map(|form| form.keywords.clone()).collect();
    keywords.sort_unstable();
    keywords.dedup();
    if keywords.is_empty() {
        faults.push("needs at least one form".to_owned());
    }
    let is_command = signature.recogniser == Recogniser::Command;
    let window = if is_command { COMMAND_WINDOW } else { DIRECTIVE_WINDOW };
    let signature = Arc::new(Signature { keywords, ..Signature::clone(signature) });
    Some(without_pattern(index, &signature, Matcher::Line(LineRule { forms, is_command }), window))
}

fn service(index: u16, signature: &Arc<Signature>, faults: &mut Vec<String>) -> Option<Rule> {
    needs_keywords(signature, faults);
    if !signature.pattern.is_empty() {
        faults.push("`value` belongs to `recogniser = \"service\"`, which has no pattern".to_owned());
    }
    if signature.context == 0 {
        faults.push("a service's value needs `context`, the bytes between its word and itself".to_owned());
    }
    let lengths = signature.value.as_ref().map(|value| value.lengths.as_slice()).unwrap_or_default();
    let (Some(value), Some(&least), Some(&most)) = (&signature.value, lengths.iter().min(), lengths.iter().max())
    else {
        faults.push("needs a `value` with its alphabet and lengths".to_owned());
        return None;
    };
    if !(8..=512).contains(&least) || most > 512 {
        faults.push("a value is 8 to 512 characters".to_owned());
    }
    let alphabet = value.alphabet.bytes();
    let mut edge = ByteSet::word();
    edge.extend(&alphabet);
    let distance = signature.context;
    let matcher = Matcher::Service(ServiceRule { distance, alphabet, is_padded: value.alphabet.is_padded() });
    let traits = Traits {
        before: NAME_BEFORE,
        left: edge,
        right: edge,
        lengths: (usize::from(least), Some(usize::from(most))),
        ..Traits::of_window(Window { before: NAME_BEFORE, after: distance + 2 * (u32::from(most) + 4) })
    };
    Some(with_traits(blank(index, signature, matcher), traits))
}

fn window(signature: &Signature, hir: &Hir) -> Result<(Window, Option<u32>), String> {
    if matches!(signature.recogniser, Recogniser::File | Recogniser::Lines | Recogniser::Bytes) {
        return Ok((Window { before: 0, after: 0 }, None));
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
        return Ok((window, None));
    }
    let offsets_of = |case| shape::keyword_offsets(hir, &signature.keywords, case);
    let offsets = offsets_of(case_sensitive(signature)).ok_or_else(|| {
        let way = if case_sensitive(signature) && offsets_of(false).is_some() {
            " as they are written: `case-sensitive = false` takes letters of either case"
        } else {
            "; add the missing ones, or declare them as words before the value with `context = BYTES`"
        };
        format!("not every match holds one of the keywords {:?}{way}", signature.keywords)
    })?;
    let most = match offsets.max {
        Some(most) => most as u32,
        None if signature.reach > 0 => signature.reach,
        None => return Err("a keyword may stand any number of bytes into a match; bound what is before it".to_owned()),
    };
    let window = Window { before: most + LEFT_CONTEXT, after: longest - (offsets.min as u32).min(longest) + 1 };
    Ok((window, (offsets.min == most as usize).then_some(most)))
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

/// The globs of the paths at which a rule counts, if it has some.
///
/// # Errors
/// One that is none.
pub(super) fn globs(patterns: &[String]) -> Result<Option<Gitignore>, String> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns {
        let written = pattern.strip_prefix("./").unwrap_or(pattern);
        // What the builder passes over without a word.
        if written.trim().is_empty() || written.starts_with('#') {
            return Err(format!("`{pattern}` in paths is no glob: it names nothing"));
        }
        globset::Glob::new(written.trim_start_matches('!'))
            .map_err(|cause| format!("`{pattern}` in paths is no glob: {cause}"))?;
        builder.add_line(None, written).map_err(|cause| format!("`{pattern}` in paths is no glob: {cause}"))?;
    }
    builder.build().map(Some).map_err(|cause| format!("paths: {cause}"))
}
