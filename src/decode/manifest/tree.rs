//! Secrets in a document that parses as YAML, of which JSON is a part.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::object::{Kind, Object};
use super::{Field, Raw};

/// Collections that are read into each other at most; the parser stops there, so the stack is bounded.
const NESTING_MOST: usize = 128;

/// A collection that has begun.
enum Frame {
    Mapping(Mapping),
    Sequence {
        /// Whether it is the `items` of the mapping around it.
        items: bool,
        /// Values of its objects that did not say what they are.
        unsaid: Vec<Raw>,
    },
}

#[derive(Default)]
struct Mapping {
    object: Object,
    /// The field of the object around it that this mapping is.
    field: Option<Field>,
    /// The key whose value comes next.
    key: Option<(String, Range<usize>)>,
}

/// Reads the values of a document's Secrets; how many were read is returned, or `None` where the document does not parse
/// to its end (what was read before stays).
pub(super) fn read(text: &str, out: &mut Vec<Raw>) -> Option<usize> {
    let mut options = granit_parser::options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: NESTING_MOST,
        block_nesting_limit: NESTING_MOST,
    };
    options.set_emit_comments(false);
    let mut stack: Vec<Frame> = Vec::new();
    let mut secrets = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        match event {
            Event::Scalar(value, style, ..) => scalar(text, &mut stack, &value, style, &span)?,
            Event::Alias(_) | Event::UnresolvedAlias(_) => node(&mut stack, None),
            Event::MappingStart(..) => {
                let field = match stack.last() {
                    Some(Frame::Mapping(Mapping { key: Some((key, _)), field: None, .. })) => Field::of(key),
                    _ => None,
                };
                stack.push(Frame::Mapping(Mapping { field, ..Mapping::default() }));
            }
            Event::SequenceStart(..) => {
                let items = matches!(stack.last(),
                    Some(Frame::Mapping(Mapping { key: Some((key, _)), .. })) if key == "items");
                stack.push(Frame::Sequence { items, unsaid: Vec::new() });
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let frame = stack.pop()?;
                secrets += end(frame, &mut stack, out);
            }
            _ => {}
        }
    }
    Some(secrets)
}

/// A scalar as key or value of the mapping it stands in. `None` where its place is unknown.
fn scalar(text: &str, stack: &mut [Frame], value: &str, style: ScalarStyle, span: &Span) -> Option<()> {
    let Some(Frame::Mapping(mapping)) = stack.last_mut() else { return Some(()) };
    let place = inner(text, span.byte_range()?, style);
    let Some((key, key_place)) = mapping.key.take() else {
        mapping.key = Some((value.to_owned(), place));
        return Some(());
    };
    if let Some(field) = mapping.field {
        mapping.object.values.push(Raw { key: key_place, value: place, text: value.to_owned(), field });
    } else if key == "kind" {
        mapping.object.kind = Kind::of(value);
    }
    Some(())
}

/// A node that is no scalar; as a key it is `name`, which nothing asks for.
fn node(stack: &mut [Frame], name: Option<&str>) {
    if let Some(Frame::Mapping(mapping)) = stack.last_mut()
        && mapping.key.take().is_none()
    {
        mapping.key = Some((name.unwrap_or_default().to_owned(), 0..0));
    }
}

/// Ends a collection; returns how many Secrets ended with it.
fn end(frame: Frame, stack: &mut [Frame], out: &mut Vec<Raw>) -> usize {
    let mut secrets = 0;
    match frame {
        Frame::Mapping(Mapping { object, field: Some(_), .. }) => {
            if let Some(Frame::Mapping(around)) = stack.last_mut() {
                around.object.values.extend(object.values);
            }
        }
        Frame::Mapping(Mapping { object, field: None, .. }) => {
            secrets = usize::from(matches!(object.kind, Kind::Secret | Kind::SecretList));
            let left = object.end(out);
            if let Some(Frame::Sequence { unsaid, items: true }) = stack.last_mut() {
                unsaid.extend(left);
            }
        }
        Frame::Sequence { items, unsaid } => {
            if let Some(Frame::Mapping(around)) = stack.last_mut()
                && items
            {
                around.object.unsaid.extend(unsaid);
            }
        }
    }
    node(stack, None);
    secrets
}

/// Where the text of a scalar stands, without its quotes or its block header.
fn inner(text: &str, span: Range<usize>, style: ScalarStyle) -> Range<usize> {
    let token = text.get(span.clone()).unwrap_or_default();
    match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if token.len() >= 2 => span.start + 1..span.end - 1,
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let header = match token.as_bytes().first() {
                Some(b'|' | b'>') => token.find('\n').unwrap_or(token.len()),
                _ => 0,
            };
            super::trim(text, span.start + header..span.end)
        }
        _ => super::trim(text, span),
    }
}
