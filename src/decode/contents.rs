//! Contents of files that configuration carries encoded, each in a field: `write_files` of cloud-init, `data:` URLs as Ignition
//! and Butane have them, `binaryData` of Kubernetes, and `!!binary` of YAML. Knows where they stand and what they decode to;
//! what is in them is not its matter.
//!
//! No document is parsed: only the lines or brackets behind one of [`MARKS`] are read, so that templates, scripts and what is
//! broken elsewhere are read too. Every byte is passed a few times at most.
//!
//! Fields as in the module reference of cloud-init (Write Files), the Ignition specification 3 (`contents.source`), RFC 2397,
//! `ConfigMap v1 core` and the type `tag:yaml.org,2002:binary`.

mod fields;

use std::ops::Range;

use super::DECODED_MOST;
use fields::{Entry, Text};

/// Words one of which stands in every text that holds such contents.
pub const MARKS: [&str; 6] = ["write_files", "binaryData", "binary_data", "!binary", ";base64,", "data:,"];

/// The content of a file, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    /// Where it stands encoded, without quotes.
    pub place: Range<usize>,
    /// What it is; behind it, what it holds encoded itself.
    pub content: Vec<u8>,
    /// How it was encoded.
    pub decoder: &'static str,
}

/// Contents of one text that are looked at.
const CONTENTS_MOST: usize = 200_000;
/// Encoded bytes from which on a content is decoded: fewer hold no secret with its name.
const ENCODED_LEAST: usize = 12;
/// Contents that are looked for in each other.
const DEPTH_MOST: usize = 6;
/// Longest head of a `data:` URL, in bytes.
const HEAD_MOST: usize = 120;

/// How a content is written in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Base64,
    Percent,
}

/// All contents that a text holds, in order of their places.
pub fn file_contents(text: &[u8]) -> Vec<FileContent> {
    let mut left = DECODED_MOST;
    contents_within(text, DEPTH_MOST, &mut left)
}

/// Appends what a text holds encoded to it.
pub fn unfold(content: &mut Vec<u8>) {
    let mut left = DECODED_MOST;
    append(content, DEPTH_MOST, &mut left);
}

fn append(content: &mut Vec<u8>, depth: usize, left: &mut usize) {
    for inner in contents_within(content, depth, left) {
        // A blank line, for what stands behind is no part of the last line.
        content.extend_from_slice(b"\n\n");
        content.extend(inner.content);
    }
}

fn contents_within(text: &[u8], depth: usize, left: &mut usize) -> Vec<FileContent> {
    if depth == 0 || !MARKS.iter().any(|mark| memchr::memmem::find(text, mark.as_bytes()).is_some()) {
        return Vec::new();
    }
    let text = Text(text);
    let mut places: Vec<(Range<usize>, Form)> = Vec::new();
    let mut add = |place: Range<usize>, form| {
        if place.len() >= ENCODED_LEAST {
            places.push((place, form));
        }
    };
    written_files(text, &mut |place| add(place, Form::Base64));
    binary_data(text, &mut |place| add(place, Form::Base64));
    binary_scalars(text, &mut |place| add(place, Form::Base64));
    data_urls(text, &mut add);
    places.sort_unstable_by_key(|(place, form)| (place.start, place.end, *form));
    let mut contents: Vec<FileContent> = Vec::new();
    let mut end = 0;
    for (place, form) in places {
        if place.start < end {
            continue;
        }
        end = place.end;
        if let Some((mut content, decoder)) = decode(&text.0[place.clone()], form, *left) {
            *left = left.saturating_sub(content.len());
            append(&mut content, depth - 1, left);
            contents.push(FileContent { place, content, decoder });
        }
        if contents.len() == CONTENTS_MOST {
            break;
        }
    }
    contents
}

/// What a place says, and how it was read; at most `left` bytes.
fn decode(encoded: &[u8], form: Form, left: usize) -> Option<(Vec<u8>, &'static str)> {
    if encoded.len() > left {
        return None;
    }
    if form == Form::Percent {
        return Some((percent_encoding::percent_decode(encoded).collect(), "percent"));
    }
    let content = super::base64(&unescaped(encoded))?;
    match super::archive::opened(&content, left) {
        Some((opened, decoder)) => (!opened.is_empty()).then_some((opened, decoder)),
        None => (!content.is_empty()).then_some((content, "base64")),
    }
}

/// Base64 without what a string writes instead of some of its characters: `\n`, `\/`, `%3D`.
fn unescaped(encoded: &[u8]) -> Vec<u8> {
    let decoded: Vec<u8> = percent_encoding::percent_decode(encoded).collect();
    let mut plain = Vec::with_capacity(decoded.len());
    let mut bytes = decoded.into_iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.extend(bytes.next().filter(|escaped| !matches!(escaped, b'n' | b'r' | b't'))),
            _ => plain.push(byte),
        }
    }
    plain
}

/// `write_files` of cloud-init: a `content` whose `encoding` says that it is base64, compressed or not.
fn written_files(text: Text<'_>, out: &mut dyn FnMut(Range<usize>)) {
    const ENCODINGS: [&[u8]; 7] = [b"b64", b"base64", b"gz", b"gzip", b"gz+b64", b"gz+base64", b"gzip+b64"];
    text.behind_each(b"write_files", &mut |mark| {
        let Some(place) = text.value_of(mark) else { return mark.end };
        text.items(place, mark.start, &mut |fields: &[Entry]| {
            let field = |name: &[u8]| fields.iter().find(|field| text.0[field.key.clone()] == *name);
            let (Some(encoding), Some(content)) = (field(b"encoding"), field(b"content")) else { return };
            if ENCODINGS.contains(&&*text.0[encoding.value.clone()].to_ascii_lowercase()) {
                out(content.value.clone());
            }
        })
    });
}

/// `binaryData` of a Kubernetes `ConfigMap`, which Terraform writes in its own way.
fn binary_data(text: Text<'_>, out: &mut dyn FnMut(Range<usize>)) {
    for name in [&b"binaryData"[..], b"binary_data"] {
        text.behind_each(name, &mut |mark| {
            let Some(place) = text.value_of(mark) else { return mark.end };
            let (fields, end) = text.mapping(place, Some(mark.start));
            fields.into_iter().for_each(|field| out(field.value));
            end
        });
    }
}

/// Scalars with the tag `!!binary`, or `!binary` as Ruby writes it.
fn binary_scalars(text: Text<'_>, out: &mut dyn FnMut(Range<usize>)) {
    text.behind_each(b"!binary", &mut |mark| {
        let Some(column) = text.column_of_node(mark.start) else { return mark.end };
        let Some(value) = text.scalar(mark.end, column) else { return mark.end };
        let end = value.end;
        out(value);
        end
    });
}

/// `data:` URLs whose content may be text.
fn data_urls(text: Text<'_>, out: &mut dyn FnMut(Range<usize>, Form)) {
    /// Types of media that hold no text, or none but drawings.
    const MEDIA: [&[u8]; 6] = [b"image/", b"font/", b"audio/", b"video/", b"application/font", b"application/x-font"];
    let is_stop = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'(' | b'=');
    text.behind_each(b";base64,", &mut |mark| {
        let head = &text.0[mark.start.saturating_sub(HEAD_MOST)..mark.start];
        let Some(scheme) = memchr::memmem::rfind(head, b"data:") else { return mark.end };
        let kind = &head[scheme + 5..];
        if kind.iter().any(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<'))
            || MEDIA.iter().any(|media| kind.starts_with(media))
        {
            return mark.end;
        }
        let is_encoded =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'%' | b'\\');
        let length = text.0[mark.end..].iter().take_while(|byte| is_encoded(byte)).count();
        // What ends a string that is itself in a string.
        let escapes = text.0[mark.end..mark.end + length].iter().rev().take_while(|&&byte| byte == b'\\').count();
        out(mark.end..mark.end + length - escapes, Form::Base64);
        mark.end + length
    });
    text.behind_each(b"data:,", &mut |mark| {
        if mark.start > 0 && !is_stop(&text.0[mark.start - 1]) {
            return mark.end;
        }
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'\\');
        let rest = &text.0[mark.end..];
        let end = mark.end + rest.iter().position(ends).unwrap_or(rest.len());
        if text.0[mark.end..end].contains(&b'%') {
            out(mark.end..end, Form::Percent);
        }
        end
    });
}

#[cfg(test)]
mod tests;
