//! Secrets in a text that does not parse, by its lines and their indentation: broken manifests, and those in shell scripts
//! and documentation.

use std::ops::Range;

use super::object::{Kind, Object};
use super::{Field, Raw};

/// Lines of one indentation.
struct Block {
    indent: usize,
    object: Object,
    /// The field of the block around it that this block is.
    field: Option<Field>,
    /// The field that deeper lines belong to.
    open: Option<Field>,
    says_version: bool,
}

/// A line `key: value`.
struct Entry {
    key: Range<usize>,
    /// Rest of the line; may be empty.
    value: Range<usize>,
}

/// The value that following lines may continue.
enum Tail {
    None,
    /// A plain value.
    Plain,
    /// A block scalar, and whether its lines are joined by line ends.
    Scalar {
        literal: bool,
    },
}

struct Reader<'a> {
    text: &'a str,
    blocks: Vec<Block>,
    tail: Tail,
}

/// Reads the values of the Secrets of a document.
pub(super) fn read(text: &str, out: &mut Vec<Raw>) {
    let mut reader = Reader { text, blocks: Vec::new(), tail: Tail::None };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        if end > start {
            reader.line(start..end, out);
        } else {
            reader.blank();
        }
        start += line.len();
    }
    reader.close(0, out);
}

impl Reader<'_> {
    fn line(&mut self, line: Range<usize>, out: &mut Vec<Raw>) {
        let text = &self.text[line.clone()];
        let mut indent = text.len() - text.trim_start_matches([' ', '\t']).len();
        if self.continues(line.start + indent..line.end, indent) {
            return;
        }
        let body = &text[indent..];
        if body.starts_with('#') {
            return;
        }
        if body.starts_with(['{', '}', ']']) {
            return self.close(indent + 1, out);
        }
        let mut rest = body;
        while let Some(item) = rest.strip_prefix("- ") {
            self.close(indent + 1, out);
            rest = item.trim_start();
            indent = text.len() - rest.len();
        }
        match entry(self.text, line.start + indent..line.end) {
            Some(entry) => self.entry(indent, &entry, out),
            None => self.close(indent, out),
        }
    }

    /// Appends a line to the value before it, if it is a part of that.
    fn continues(&mut self, line: Range<usize>, indent: usize) -> bool {
        let Some(block) = self.blocks.last_mut() else { return false };
        if indent <= block.indent || matches!(self.tail, Tail::None) {
            self.tail = Tail::None;
            return false;
        }
        let Some(last) = block.object.values.last_mut() else { return true };
        let text = &self.text[line.clone()];
        if matches!(self.tail, Tail::Plain) && entry(self.text, line.clone()).is_some() {
            self.tail = Tail::None;
            return false;
        }
        let joint = if matches!(self.tail, Tail::Scalar { literal: true }) { '\n' } else { ' ' };
        if last.value.is_empty() {
            last.value = line;
        } else {
            last.value.end = line.end;
            last.text.push(joint);
        }
        last.text.push_str(text);
        true
    }

    fn blank(&mut self) {
        if matches!(self.tail, Tail::Plain) {
            self.tail = Tail::None;
        }
    }

    fn entry(&mut self, indent: usize, entry: &Entry, out: &mut Vec<Raw>) {
        self.close(indent + 1, out);
        if self.blocks.last().is_none_or(|block| block.indent < indent) {
            let field = self.blocks.last().and_then(|around| around.open);
            self.blocks.push(Block { indent, object: Object::default(), field, open: None, says_version: false });
        }
        let key = &self.text[entry.key.clone()];
        let value = unquoted(self.text, entry.value.clone());
        let Some(block) = self.blocks.last_mut() else { return };
        if let Some(field) = block.field {
            self.tail = match self.text[entry.value.clone()].as_bytes() {
                [mark @ (b'|' | b'>'), ..] => Tail::Scalar { literal: *mark == b'|' },
                [] | [b'"' | b'\'', ..] => Tail::None,
                _ => Tail::Plain,
            };
            let (place, content) = match self.tail {
                Tail::Scalar { .. } => (entry.value.end..entry.value.end, String::new()),
                _ => value,
            };
            block.object.values.push(Raw { key: entry.key.clone(), value: place, text: content, field });
            return;
        }
        let again = key == "kind" && block.object.kind != Kind::Unsaid || key == "apiVersion" && block.says_version;
        if again {
            // The next object, without a mark between them.
            std::mem::take(&mut block.object).end(out);
            block.says_version = false;
        }
        block.says_version |= key == "apiVersion";
        block.open = None;
        if key == "kind" {
            block.object.kind = Kind::of(&value.1);
        } else if block.object.kind != Kind::Other && (value.1.is_empty() || value.1 == "{") {
            // The data of a ConfigMap may be whole manifests.
            block.open = Field::of(key);
        }
    }

    /// Ends the blocks of this indentation and deeper.
    fn close(&mut self, indent: usize, out: &mut Vec<Raw>) {
        while let Some(block) = self.blocks.pop_if(|block| block.indent >= indent) {
            match (block.field, self.blocks.last_mut()) {
                (Some(_), Some(around)) => around.object.values.extend(block.object.values),
                _ => {
                    block.object.end(out);
                }
            }
        }
    }
}

/// Reads `key: value`; the key may be quoted, but is one word.
fn entry(text: &str, line: Range<usize>) -> Option<Entry> {
    let body = &text[line.clone()];
    let quote = body.chars().next().filter(|first| matches!(first, '"' | '\''));
    let (key, colon) = match quote {
        Some(quote) => {
            let length = body[1..].find(quote)?;
            (1..1 + length, length + 2)
        }
        None => {
            let length = body.find(|c: char| c == ':' || c.is_whitespace())?;
            (0..length, length)
        }
    };
    let after = body[colon..].strip_prefix(':')?;
    if key.is_empty() || quote.is_none() && !after.is_empty() && !after.starts_with([' ', '\t']) {
        return None;
    }
    let mut value = super::trim(text, line.start + colon + 1..line.end);
    if !text[value.clone()].starts_with(['"', '\'']) {
        let comment = text[value.clone()].find(" #").unwrap_or(value.len());
        value = super::trim(text, value.start..value.start + comment);
    }
    Some(Entry { key: line.start + key.start..line.start + key.end, value })
}

/// Where the value of a line stands without quotes, and what it says.
fn unquoted(text: &str, value: Range<usize>) -> (Range<usize>, String) {
    let body = &text[value.clone()];
    let Some(quote) = body.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        let body = body.trim_end_matches(',');
        return (value.start..value.start + body.len(), body.to_owned());
    };
    let mut is_escaped = false;
    let close = body[1..].find(|c| {
        let ends = c == quote && !is_escaped;
        is_escaped = quote == '"' && c == '\\' && !is_escaped;
        ends
    });
    let Some(length) = close else { return (value, body.to_owned()) };
    let inner = &body[1..1 + length];
    let content = match quote {
        '"' => serde_json::from_str(&body[..length + 2]).unwrap_or_else(|_| inner.to_owned()),
        _ => inner.to_owned(),
    };
    (value.start + 1..value.start + 1 + length, content)
}
