//! Values of Kubernetes `Secret` manifests: keys of `data` (base64) and `stringData`, with where they stand. Knows objects
//! and their syntax; whether a value is worth anything is not its matter.
//!
//! Fields as in the Kubernetes API reference, `Secret v1 core`.

mod lines;
mod object;
mod template;
mod tree;

use std::borrow::Cow;
use std::ops::Range;

use super::DECODED_MOST;
use template::Masked;
pub(super) use tree::inner;

/// A value of a `Secret`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretValue {
    /// Where its key stands.
    pub key: Range<usize>,
    /// Where its value stands, with all its folds, without quotes.
    pub value: Range<usize>,
    /// The value; decoded where it stood under `data`, and what is text in it where it is an archive.
    pub content: Vec<u8>,
    /// Whether it was decoded.
    pub decoded: bool,
}

/// What stands for a decoder where a value is no more than what the manifest says.
pub const AS_IT_IS: &str = "manifest";
/// Bytes of documents that are parsed as YAML; what comes after them is read by lines, which is cheaper, and by tokens where it is
/// JSON, which has no lines of its own.
const PARSED_MOST: usize = 4 << 20;
/// Values that are looked at; the rest of the documents is left out.
const VALUES_MOST: usize = 200_000;

/// A value as read, before it is known to be a literal.
struct Raw {
    key: Range<usize>,
    value: Range<usize>,
    text: String,
    field: Field,
}

/// The two fields that hold values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Data,
    StringData,
}

impl Field {
    fn of(key: &str) -> Option<Field> {
        match key {
            "data" => Some(Field::Data),
            "stringData" => Some(Field::StringData),
            _ => None,
        }
    }
}

/// The literal values of all `Secret` objects in a manifest, in order of their place.
pub fn secret_values(text: &[u8]) -> Vec<SecretValue> {
    let mut values: Vec<SecretValue> = Vec::new();
    if kinds(text) == 0 {
        return values;
    }
    let (mut parsed, mut left) = (0, DECODED_MOST);
    for place in documents(text) {
        let document = &text[place.clone()];
        let wanted = kinds(document);
        if wanted == 0 {
            continue;
        }
        let masked = template::mask(document);
        let mut raw = Vec::new();
        let mut seen = None;
        if parsed + document.len() <= PARSED_MOST {
            parsed += document.len();
            seen = tree::read(&masked.text, &mut raw);
        } else if document.trim_ascii_start().starts_with(b"{") || document.trim_ascii_start().starts_with(b"[") {
            seen = tree::read_json(&masked.text, &mut raw);
        }
        // What the parser stopped at, or took for the text of a scalar, may still be read by lines.
        if seen.is_none_or(|seen| seen < wanted) {
            lines::read(&masked.text, &mut raw);
        }
        // The parser's values come first, so they stay where both have read one.
        raw.sort_by_key(|one| one.value.start);
        let mut end = 0;
        for one in raw {
            if one.value.start < end {
                continue;
            }
            end = one.value.end;
            if let Some(value) = literal(one, &masked, place.start, &mut left) {
                values.push(value);
            }
            if values.len() == VALUES_MOST {
                return values;
            }
        }
    }
    values
}

/// How often a text says `kind: Secret` (or `SecretList`), in any syntax.
fn kinds(text: &[u8]) -> usize {
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    memchr::memmem::find_iter(text, b"Secret")
        .filter(|&place| {
            let after = text[place + 6..].strip_prefix(b"List").unwrap_or(&text[place + 6..]);
            if after.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
                return false;
            }
            // A few blanks and quotes stand between the name and its value.
            let before = &text[place.saturating_sub(24)..place];
            let colon = before.iter().rposition(|byte| !is_between(byte));
            let Some(colon) = colon.filter(|&colon| before[colon] == b':') else { return false };
            let name = before[..colon].iter().rposition(|byte| !is_between(byte));
            name.is_some_and(|last| before[..=last].ends_with(b"kind"))
        })
        .count()
}

/// Documents of a YAML stream; each but the first begins with its `---`.
fn documents(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let starts = memchr::memmem::find_iter(text, b"\n---").map(|place| place + 1).filter(|&start| {
        let after = text.get(start + 3);
        after.is_none_or(u8::is_ascii_whitespace)
    });
    let mut last = 0;
    starts.chain([text.len()]).map(move |start| std::mem::replace(&mut last, start)..start)
}

/// What a value says, if it is a literal; of an archive what is in it, `left` bytes at most.
fn literal(raw: Raw, masked: &Masked, base: usize, left: &mut usize) -> Option<SecretValue> {
    let trimmed = raw.text.trim();
    if trimmed.is_empty() || raw.value.is_empty() || trimmed.starts_with("ENC[") {
        return None;
    }
    if trimmed.contains("{{") || masked.touches(&raw.value) {
        return None;
    }
    let decoded = raw.field == Field::Data;
    let mut content = if decoded { super::base64(raw.text.as_bytes())? } else { raw.text.into_bytes() };
    if let Some((opened, _)) = decoded.then(|| super::archive::opened(&content, *left)).flatten() {
        *left = left.saturating_sub(opened.len());
        content = opened;
    }
    let moved = |range: Range<usize>| base + range.start..base + range.end;
    (!content.is_empty()).then(|| SecretValue { key: moved(raw.key), value: moved(raw.value), content, decoded })
}

/// A range without the white space at its ends.
fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}

/// Replaces bytes that are no UTF-8 by as many question marks, so that places stay.
fn as_text(bytes: Cow<'_, [u8]>) -> String {
    String::from_utf8(bytes.into_owned()).unwrap_or_else(|error| {
        let bytes = error.into_bytes();
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
        }
        text
    })
}

#[cfg(test)]
mod tests;
