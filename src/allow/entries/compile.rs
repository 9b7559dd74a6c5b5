//! Allow entries as they are written, made into what is held against secrets; what is wrong with one is told all at once.

use std::sync::atomic::AtomicBool;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::bytes::{Regex, RegexBuilder};

use super::{AllowEntry, Entry, Written};
use crate::date::Date;
use crate::finding::Allowed;
use crate::finding::fingerprint::Kept;
use crate::origin::printable;

/// Most bytes a compiled value pattern may take.
const VALUE_PATTERN_BYTES: usize = 1 << 20;

pub(super) fn compile(one: Written<AllowEntry>) -> Result<(Entry, Option<Date>), Vec<String>> {
    let Written { entry: spec, by, written } = one;
    let mut wrong = Vec::new();
    if spec.fingerprint.is_none() && spec.path.is_none() && spec.rule.is_none() && spec.value.is_none() {
        wrong.push("an allow entry needs `fingerprint`, `path`, `rule` or `value`".to_owned());
    }
    if spec.reason.trim().is_empty() {
        wrong.push("an allow entry needs a `reason`: a sentence for whoever reads it next year".to_owned());
    }
    let fingerprint = keep(&mut wrong, spec.fingerprint.as_deref().map(read_fingerprint));
    let path = keep(&mut wrong, spec.path.as_deref().map(compile_globs));
    let rule = keep(&mut wrong, spec.rule.map(read_rule));
    let value = keep(&mut wrong, spec.value.as_deref().map(compile_value));
    if fingerprint.as_ref().is_some_and(Kept::is_short) && (path.is_none() || rule.is_none()) {
        wrong.push("the start of a fingerprint is that of many secrets: give `path` and `rule` beside it".to_owned());
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let owner = spec.owner.map(|owner| owner.trim().to_owned()).filter(|owner| !owner.is_empty());
    let until = spec.until.map(|until| until.to_string());
    let allowed = Allowed { by, reason: spec.reason.trim().to_owned(), written, owner, until };
    Ok((Entry { fingerprint, path, rule, value, allowed, used: AtomicBool::new(false) }, spec.until))
}

fn keep<T>(wrong: &mut Vec<String>, read: Option<Result<T, String>>) -> Option<T> {
    read?.map_err(|message| wrong.push(message)).ok()
}

fn read_fingerprint(text: &str) -> Result<Kept, String> {
    Kept::parse(text).ok_or_else(|| {
        "`fingerprint` is none: write it as reports show it, `sj1:` and 64 hexadecimal digits".to_owned()
    })
}

fn read_rule(rule: String) -> Result<String, String> {
    if rule.trim().is_empty() {
        return Err("`rule` is empty: write an id as `scrubjay signatures list` shows it".to_owned());
    }
    Ok(rule)
}

fn compile_globs(glob: &str) -> Result<GlobSet, String> {
    let wrong = |cause: &dyn std::fmt::Display| format!("`path`: {}", printable(cause.to_string().as_bytes()));
    let relative = glob.strip_prefix("./").unwrap_or(glob);
    let (rooted, relative) = relative.strip_prefix('/').map_or((false, relative), |below| (true, below));
    if relative.is_empty() {
        return Err("`path` is empty: write a glob such as `testdata/**`".to_owned());
    }
    let (name, below) = relative.strip_suffix('/').map_or((relative, ""), |directory| (directory, "/**"));
    let anywhere = if rooted || name.contains('/') { "" } else { "**/" };
    let glob = GlobBuilder::new(&format!("{anywhere}{name}{below}"))
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|error| wrong(&error))?;
    GlobSetBuilder::new().add(glob).build().map_err(|error| wrong(&error))
}

/// Messages do not quote the pattern: somebody may have written the secret itself into it.
fn compile_value(pattern: &str) -> Result<Regex, String> {
    let value = RegexBuilder::new(pattern).unicode(false).size_limit(VALUE_PATTERN_BYTES).build().map_err(|_| {
        match regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern) {
            Err(regex_syntax::Error::Parse(error)) => {
                format!("`value`: column {}: {}", error.span().start.column, error.kind())
            }
            Err(regex_syntax::Error::Translate(error)) => {
                format!("`value`: column {}: {}", error.span().start.column, error.kind())
            }
            _ => "`value`: the pattern is too large when compiled: make it shorter, or its repetitions smaller"
                .to_owned(),
        }
    })?;
    if value.is_match(b"") {
        return Err("`value` is found in every secret: anchor it with ^ and $, or name more of it".to_owned());
    }
    Ok(value)
}
