//! Secrets in a document that parses as YAML, of which JSON is a part; of JSON that is too long for that parser, too.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle};

use super::object::{Kind, Object};
use super::{Field, Raw};

/// Collections that are read into each other at most; the parser stops there, so the stack is bounded.
const NESTING_MOST: usize = 128;

/// The annotation in which kubectl keeps the object as it was applied the last time, in JSON.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

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
    let mut tree = Tree::of(text, out);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        match event {
            Event::Scalar(value, style, ..) if tree.is_in_mapping() => {
                let place = inner(text, span.byte_range()?, style);
                tree.scalar(&value, place);
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => tree.node(),
            Event::MappingStart(..) => tree.begin_mapping(),
            Event::SequenceStart(..) => tree.begin_sequence(),
            Event::MappingEnd | Event::SequenceEnd => tree.end()?,
            _ => {}
        }
    }
    Some(tree.secrets)
}

/// The same of JSON, by its tokens alone: what separates them is passed over.
pub(super) fn read_json(text: &str, out: &mut Vec<Raw>) -> Option<usize> {
    tokens(text, Tree::of(text, out))
}

fn tokens(text: &str, mut tree: Tree<'_, '_>) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' if tree.stack.len() == NESTING_MOST => return None,
            b'{' => tree.begin_mapping(),
            b'[' => tree.begin_sequence(),
            b'}' | b']' => tree.end()?,
            b'"' => {
                let start = at;
                loop {
                    at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
                    if bytes[at] == b'"' {
                        break;
                    }
                    at += 2;
                }
                if tree.is_in_mapping() {
                    let unescaped = serde_json::from_str::<Cow<'_, str>>(&text[start - 1..=at]);
                    tree.scalar(&unescaped.unwrap_or(Cow::Borrowed(&text[start..at])), start..at);
                }
                at += 1;
            }
            b',' | b':' => {}
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                let rest = &bytes[at..];
                let ends = |byte: &u8| {
                    matches!(byte, b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"') || byte.is_ascii_whitespace()
                };
                at += rest.iter().position(ends).unwrap_or(rest.len());
                tree.node();
            }
        }
    }
    tree.stack.is_empty().then_some(tree.secrets)
}

/// What was read of a document so far.
struct Tree<'t, 'o> {
    /// The text, unless it is itself what a text has in a scalar.
    text: Option<&'t str>,
    stack: Vec<Frame>,
    out: &'o mut Vec<Raw>,
    secrets: usize,
}

impl<'t, 'o> Tree<'t, 'o> {
    fn of(text: &'t str, out: &'o mut Vec<Raw>) -> Self {
        Tree { text: Some(text), stack: Vec::new(), out, secrets: 0 }
    }

    fn is_in_mapping(&self) -> bool {
        matches!(self.stack.last(), Some(Frame::Mapping(_)))
    }

    fn begin_mapping(&mut self) {
        let field = match self.stack.last() {
            Some(Frame::Mapping(Mapping { key: Some((key, _)), field: None, .. })) => Field::of(key),
            _ => None,
        };
        self.stack.push(Frame::Mapping(Mapping { field, ..Mapping::default() }));
    }

    fn begin_sequence(&mut self) {
        let items = matches!(self.stack.last(),
            Some(Frame::Mapping(Mapping { key: Some((key, _)), .. })) if key == "items");
        self.stack.push(Frame::Sequence { items, unsaid: Vec::new() });
    }

    /// A scalar as key or value of the mapping it stands in.
    fn scalar(&mut self, value: &str, place: Range<usize>) {
        let Some(Frame::Mapping(mapping)) = self.stack.last_mut() else { return };
        let Some((key, key_place)) = mapping.key.take() else {
            mapping.key = Some((value.to_owned(), place));
            return;
        };
        if let Some(field) = mapping.field {
            mapping.object.values.push(Raw { key: key_place, value: place, text: value.to_owned(), field });
        } else if key == "kind" {
            mapping.object.kind = Kind::of(value);
        } else if key == LAST_APPLIED {
            self.applied(value, place);
        }
    }

    /// Reads the object that an annotation holds. Its values are found in the text by what they say, for the text may have escapes
    /// between them.
    fn applied(&mut self, json: &str, place: Range<usize>) {
        let Some(text) = self.text else { return };
        let mut values = Vec::new();
        let read = tokens(json, Tree { text: None, stack: Vec::new(), out: &mut values, secrets: 0 });
        self.secrets += read.unwrap_or(0);
        let mut rest = place;
        for mut raw in values.into_iter().filter(|raw| !raw.text.is_empty()) {
            let name = json.get(raw.key.clone()).unwrap_or_default();
            let scalar = text.get(rest.clone()).unwrap_or_default();
            let Some(value) = scalar.find(&raw.text) else { break };
            let Some(key) = scalar[..value].rfind(name) else { break };
            raw.key = rest.start + key..rest.start + key + name.len();
            raw.value = rest.start + value..rest.start + value + raw.text.len();
            rest.start = raw.value.end;
            self.out.push(raw);
        }
    }

    /// A node that is no scalar, or none that matters; as a key it has a name that nothing asks for.
    fn node(&mut self) {
        if let Some(Frame::Mapping(mapping)) = self.stack.last_mut()
            && mapping.key.take().is_none()
        {
            mapping.key = Some((String::new(), 0..0));
        }
    }

    /// Ends a collection; `None` where none has begun.
    fn end(&mut self) -> Option<()> {
        match self.stack.pop()? {
            Frame::Mapping(Mapping { object, field: Some(_), .. }) => {
                if let Some(Frame::Mapping(around)) = self.stack.last_mut() {
                    around.object.values.extend(object.values);
                }
            }
            Frame::Mapping(Mapping { object, field: None, .. }) => {
                self.secrets += usize::from(matches!(object.kind, Kind::Secret | Kind::SecretList));
                let left = object.end(self.out);
                if let Some(Frame::Sequence { unsaid, items: true }) = self.stack.last_mut() {
                    unsaid.extend(left);
                }
            }
            Frame::Sequence { items, unsaid } => {
                if let Some(Frame::Mapping(around)) = self.stack.last_mut()
                    && items
                {
                    around.object.unsaid.extend(unsaid);
                }
            }
        }
        self.node();
        Some(())
    }
}

/// Where the text of a scalar stands, without its quotes or its block header.
pub(in crate::decode) fn inner(text: &str, span: Range<usize>, style: ScalarStyle) -> Range<usize> {
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
