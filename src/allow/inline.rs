//! Marks in the text itself: `scrubjay:allow RULE reason="…"`, in whatever the file has for comments, on the line of the
//! secret; where it is asked for, those of other scanners too. Pure functions over bytes.

use std::ops::Range;

use memchr::{memchr, memmem, memrchr};

use crate::date::Date;
use crate::finding::excerpt::{Covered, beside};
use crate::signature::Signature;

const MARK: &[u8] = b"scrubjay:allow";
/// Marks of gitleaks, TruffleHog and detect-secrets, on the line of the secret. They name neither a rule nor a reason.
const FOREIGN: [&[u8]; 4] =
    [b"gitleaks:allow", b"trufflehog:ignore", b"pragma: allowlist secret", b"pragma: whitelist secret"];
/// A mark of detect-secrets for the line after it.
const FOREIGN_LINE_BEFORE: &[u8] = b"pragma: allowlist nextline secret";
/// A mark further from the secret does not count: on a line of that length nobody would see it.
const DISTANCE: usize = 1024;
/// Longest reason that is read.
const REASON_MAX: usize = 240;

/// A mark beside a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// It covers the secret.
    Allowed {
        /// The reason that is given, printable, without a byte of a secret.
        reason: String,
        /// The last day on which it counts, where it ends.
        until: Option<Date>,
    },
    /// It does not count, which is worth a note.
    Ignored {
        /// Why, printable, without a byte of a secret.
        why: String,
    },
}

/// How a mark is written, for those that are written otherwise.
const FORM: &str = "it is written scrubjay:allow RULE reason=\"why\"";

/// What marks may name: the signature whose secret they stand beside, and all others.
pub struct Names<'a> {
    /// That of the secret.
    pub signature: &'a Signature,
    /// Whether there is a signature of a name.
    pub is_known: &'a dyn Fn(&str) -> bool,
}

/// Looks for a mark beside a secret: before it on the line where it begins, or after it on the line where it ends, within
/// 1,024 bytes; of one of several lines, also on the rest of the first. The mark must name the rule, by its id or an alias; there is no
/// mark for all rules. What else stands in the secret itself is no mark. `covered` gives the other secrets of the text, which a reason
/// may not give away.
pub fn mark(text: &[u8], secret: &Covered, covered: impl Fn() -> Vec<Covered>, names: &Names<'_>) -> Option<Mark> {
    let start = secret.span.start.min(text.len());
    let end = secret.span.end.clamp(start, text.len());
    let before = &text[start.saturating_sub(DISTANCE)..start];
    let before_start = start - before.len() + memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let first = &text[start..end.min(start.saturating_add(DISTANCE))];
    let first_end = start + memchr(b'\n', first).unwrap_or(0);
    let after = &text[end..text.len().min(end.saturating_add(DISTANCE))];
    let after_end = end + memchr(b'\n', after).unwrap_or(after.len());

    let mut ignored = None;
    for side in [before_start..start, start..first_end, end..after_end] {
        for at in memmem::find_iter(&text[side.clone()], MARK) {
            // A remark between the parts of a secret is none of them.
            let begun = Covered { span: start..end.min((side.start + at).max(start)), ..secret.clone() };
            let own = if side.start == start && at > 0 { &begun } else { secret };
            let shown =
                |part: Range<usize>| beside(text, side.start + part.start..side.start + part.end, own, &covered());
            match read(&text[side.clone()], at) {
                Some(Written { rule: Some(rule), terms }) if names.signature.is_called(&rule.name) => match terms {
                    Some(Terms { reason, until: Ok(until) }) => {
                        return Some(Mark::Allowed { reason: shown(reason), until });
                    }
                    Some(Terms { until: Err(()), .. }) => {
                        ignored = Some("the day after until= is written YYYY-MM-DD".to_owned());
                    }
                    None => ignored = Some(FORM.to_owned()),
                },
                // What stands in the reason of a mark is not what that is for.
                Some(Written { rule: Some(rule), .. }) if !is_in_mark(text, start) => {
                    // Of two secrets on the line it is that of the other.
                    let is_of_line = |other: &Covered| other.span.start < after_end && before_start < other.span.end;
                    let why = if !(names.is_known)(&rule.name) {
                        format!("no signature is called {}", shown(rule.place))
                    } else if !covered().iter().any(|other| other.span != secret.span && is_of_line(other)) {
                        format!("it names {}, and what stands there is {}", rule.name, names.signature.id)
                    } else {
                        continue;
                    };
                    ignored.get_or_insert(why);
                }
                Some(Written { rule: None, .. }) => ignored = Some(FORM.to_owned()),
                Some(_) | None => {}
            }
        }
    }
    ignored.map(|why| Mark::Ignored { why })
}

/// Whether a position is in a mark, from its word on to the end of its reason.
pub fn is_in_mark(text: &[u8], position: usize) -> bool {
    let position = position.min(text.len());
    let before = &text[position.saturating_sub(DISTANCE)..position];
    let line = &before[memrchr(b'\n', before).map_or(0, |newline| newline + 1)..];
    let Some(at) = memmem::rfind(line, MARK) else { return false };
    let after_mark = position - line.len() + at + MARK.len();
    let rest = &text[after_mark..text.len().min(after_mark.saturating_add(DISTANCE))];
    let rest = &rest[..memchr(b'\n', rest).unwrap_or(rest.len())];
    let end = memmem::find(rest, b"reason=").and_then(|start| Some(start + reason(&rest[start..])?.1));
    // Without a reason the rule that it names is all of it.
    let end = end.unwrap_or_else(|| rest.len() - after_rule(rest).len());
    position < after_mark + end
}

/// What stands behind the rule that a mark names.
fn after_rule(after_mark: &[u8]) -> &[u8] {
    let words = after_mark.trim_ascii_start();
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    &words[words.iter().take_while(is_of_name).count()..]
}

/// Looks for a mark of another scanner: on the lines where a secret begins and ends, or before them. In the secret itself none
/// counts.
pub fn foreign_mark(text: &[u8], secret: &Covered) -> Option<Mark> {
    let start = secret.span.start.min(text.len());
    let end = secret.span.end.clamp(start, text.len());
    let before = &text[start.saturating_sub(DISTANCE)..start];
    let (line_before, before) = match memrchr(b'\n', before) {
        Some(newline) => {
            let above = &before[..newline];
            (&above[memrchr(b'\n', above).map_or(0, |newline| newline + 1)..], &before[newline + 1..])
        }
        None => (&[][..], before),
    };
    let after = &text[end..text.len().min(end.saturating_add(DISTANCE))];
    let after = &after[..memchr(b'\n', after).unwrap_or(after.len())];
    let beside = FOREIGN.into_iter().find(|mark| stands(before, mark) || stands(after, mark));
    let mark = beside.or_else(|| stands(line_before, FOREIGN_LINE_BEFORE).then_some(FOREIGN_LINE_BEFORE))?;
    Some(Mark::Allowed { reason: String::from_utf8_lossy(mark).into_owned(), until: None })
}

/// Whether a mark is there as a word of its own.
fn stands(side: &[u8], mark: &[u8]) -> bool {
    let is_word =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let mut found = memmem::find_iter(side, mark);
    found.any(|at| !is_word(side[..at].last()) && !is_word(side.get(at + mark.len())))
}

/// A mark as it is written.
struct Written {
    /// The rule that it names.
    rule: Option<Named>,
    /// What it says of it, where it gives a reason.
    terms: Option<Terms>,
}

/// A rule that a mark names, and where.
struct Named {
    name: String,
    place: Range<usize>,
}

/// Where the reason of a mark stands, and until when it counts; an error where that is no day.
struct Terms {
    reason: Range<usize>,
    until: Result<Option<Date>, ()>,
}

/// Reads the mark at a position of a side.
fn read(side: &[u8], at: usize) -> Option<Written> {
    if side[..at].last().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':' | b'/')) {
        return None;
    }
    let after_mark = &side[at + MARK.len()..];
    let words = after_mark.trim_ascii_start();
    if words.len() == after_mark.len() && !after_mark.is_empty() {
        return None;
    }
    let rest = after_rule(after_mark);
    let rule = std::str::from_utf8(&words[..words.len() - rest.len()]).ok()?;
    if rule.is_empty() || (rule == "reason" && rest.starts_with(b"=")) {
        return Some(Written { rule: None, terms: None });
    }
    let place = side.len() - words.len()..side.len() - rest.len();
    Some(Written { rule: Some(Named { name: rule.to_owned(), place }), terms: terms(rest, side.len() - rest.len()) })
}

/// What stands behind the rule: `reason="why"`, and before or behind that `until=YYYY-MM-DD`. `start`: where that begins.
fn terms(rest: &[u8], start: usize) -> Option<Terms> {
    let (before, left) = until(rest);
    let begin = start + (rest.len() - left.len());
    let (reason, end) = reason(left)?;
    let (behind, _) = until(&left[end..]);
    let until = before.or(behind).transpose();
    Some(Terms { reason: begin + reason.start..begin + reason.end, until })
}

/// Reads `until=`, and gives what is left behind it.
fn until(rest: &[u8]) -> (Option<Result<Date, ()>>, &[u8]) {
    let Some(value) = rest.trim_ascii_start().strip_prefix(b"until=") else { return (None, rest) };
    let value = behind_quote(value);
    let is_of_day = |byte: &&u8| byte.is_ascii_digit() || **byte == b'-';
    let (day, left) = value.split_at(value.iter().take_while(is_of_day).count());
    let date = std::str::from_utf8(day).ok().and_then(Date::parse).ok_or(());
    (Some(date), behind_quote(left))
}

/// What stands behind a quote, escaped or not, where one is.
fn behind_quote(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"\\").unwrap_or(text);
    text.strip_prefix(b"\"").or_else(|| text.strip_prefix(b"'")).unwrap_or(text)
}

/// Where the reason stands, and where it ends with its quotes. These are escaped where the mark is in a string of JSON or of source code.
fn reason(rest: &[u8]) -> Option<(Range<usize>, usize)> {
    let value = rest.trim_ascii_start().strip_prefix(b"reason=")?;
    let escaped = value.first() == Some(&b'\\');
    let quote_length = 1 + usize::from(escaped);
    let quote = value.get(..quote_length)?;
    if !matches!(quote.last(), Some(b'"' | b'\'')) {
        return None;
    }
    let body = &value[quote_length..];
    let body_most = &body[..body.len().min(REASON_MAX + quote_length)];
    // `reason="said \"no\""`
    let is_end = |at: &usize| escaped || body[..*at].last() != Some(&b'\\');
    let length = memmem::find_iter(body_most, quote).find(is_end).or_else(|| memmem::find(body_most, quote))?;
    let begin = rest.len() - body.len();
    let trimmed = body[..length].trim_ascii_start();
    let start = begin + (length - trimmed.len());
    let kept = trimmed.trim_ascii_end().len();
    (kept > 0).then_some((start..start + kept, begin + length + quote_length))
}

#[cfg(test)]
mod tests;
