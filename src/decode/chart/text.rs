//! Text that knows where its pieces come from, through whatever is done to it.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::values::{At, Node};
use crate::blob::Piece;

/// What an action gives.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A text.
    Text(Text),
    /// A number that the action names.
    Number(i64),
    /// A value that is not there.
    Nothing,
    /// A map or a list of values files, as nodes that are laid over each other.
    Nodes(Vec<At>),
    /// A list that the template makes.
    List(Vec<Value>),
    /// A map that the template makes.
    Map(Vec<(String, Value)>),
    /// What a template is given: `.Values`, `.Chart` and the like.
    Root,
    /// What was not understood.
    Unknown,
}

impl Value {
    /// What a template shows of it; `None` for what has no text, or none that is told here.
    pub fn into_text(self) -> Option<Text> {
        match self {
            Value::Text(text) => Some(text),
            Value::Number(number) => Some(Text { bytes: number.to_string().into_bytes(), ..Text::default() }),
            _ => None,
        }
    }

    /// Bytes that copying it takes, about.
    pub fn length(&self) -> usize {
        match self {
            Value::Text(text) => text.bytes.len(),
            Value::Nodes(layers) => layers.len() * size_of::<At>(),
            Value::List(values) => values.iter().map(|value| value.length() + size_of::<Value>()).sum(),
            Value::Map(entries) => {
                entries.iter().map(|(key, value)| key.len() + value.length() + size_of::<(String, Value)>()).sum()
            }
            Value::Number(_) | Value::Nothing | Value::Root | Value::Unknown => 0,
        }
    }

    /// Lists and maps in each other that the template makes.
    pub fn nesting(&self) -> usize {
        let inner = match self {
            Value::List(values) => values.iter().map(Value::nesting).max(),
            Value::Map(entries) => entries.iter().map(|(_, value)| value.nesting()).max(),
            _ => return 0,
        };
        1 + inner.unwrap_or(0)
    }

    /// Whether values files or the template give it, all of it: not what is not there, nor what was not understood.
    pub fn is_known(&self) -> bool {
        let is_told = |value: &Value| !matches!(value, Value::Nothing | Value::Unknown);
        let is_given = |value: &Value| matches!(value, Value::Text(_) | Value::Nodes(_));
        match self {
            Value::List(values) => values.iter().all(is_told) && values.iter().any(is_given),
            Value::Map(entries) => {
                entries.iter().all(|(_, value)| is_told(value)) && entries.iter().any(|(_, value)| is_given(value))
            }
            value => is_given(value),
        }
    }

    /// Whether `default` takes its place.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Text(text) => text.bytes.is_empty() || text.is_falsy,
            Value::Number(number) => *number == 0,
            Value::Nothing => true,
            Value::List(values) => values.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            Value::Nodes(_) | Value::Root | Value::Unknown => false,
        }
    }
}

/// A template: a file, or a value that is rendered as one.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub bytes: &'a [u8],
    pub backing: Backing<'a>,
}

impl Source<'_> {
    /// A literal of an action, which comes from where it stands.
    pub fn literal(&self, bytes: &[u8], place: Range<usize>) -> Text {
        match self.backing {
            Backing::File(file) => Text::of(bytes.to_vec(), file, place),
            Backing::Text(text) => text.slice(place).changed(bytes.to_vec()),
        }
    }
}

/// Where the bytes of a template come from.
#[derive(Clone, Copy)]
pub(super) enum Backing<'a> {
    /// They are the file of that number.
    File(usize),
    /// They are this text.
    Text(&'a Text),
}

/// A text with its pieces.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub bytes: Vec<u8>,
    /// In order, without overlap.
    pub pieces: Vec<Piece>,
    /// Whether it is `false` or `0` without quotes.
    pub is_falsy: bool,
}

impl Text {
    /// A text that comes from one place.
    pub fn of(bytes: Vec<u8>, file: usize, from: Range<usize>) -> Self {
        let pieces = if bytes.is_empty() { Vec::new() } else { vec![Piece { place: 0..bytes.len(), file, from }] };
        Text { bytes, pieces, is_falsy: false }
    }

    /// A text that comes from nowhere.
    pub fn said(bytes: Vec<u8>) -> Self {
        Text { bytes, ..Text::default() }
    }

    /// What a scalar of a values file gives. A block's lines are pieces of their own.
    pub fn of_scalar(node: &Node, file: (usize, &[u8])) -> Option<Self> {
        let Node::Scalar { value, place, is_block, is_falsy } = node else { return None };
        let (number, stored) = file;
        let whole = || Text { is_falsy: *is_falsy, ..Text::of(value.clone().into_bytes(), number, place.clone()) };
        if !is_block {
            return Some(whole());
        }
        let (mut text, mut from) = (Text { bytes: value.clone().into_bytes(), ..Text::default() }, place.start);
        let mut at = 0;
        for line in value.split_inclusive('\n') {
            let inner = line.trim();
            if !inner.is_empty() {
                let stored = stored.get(from..place.end)?;
                // Folded lines are not those of the file.
                let Some(found) = memchr::memmem::find(stored, inner.as_bytes()) else { return Some(whole()) };
                let begin = at + (line.len() - line.trim_start().len());
                let range = from + found..from + found + inner.len();
                from = range.end;
                text.pieces.push(Piece { place: begin..begin + inner.len(), file: number, from: range });
            }
            at += line.len();
        }
        Some(text)
    }

    /// Adds another text.
    pub fn push(&mut self, other: &Text) {
        self.push_slice(other, 0..other.bytes.len());
    }

    /// Adds a part of another text.
    pub fn push_slice(&mut self, other: &Text, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let base = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes[range.clone()]);
        let first = other.pieces.partition_point(|piece| piece.place.end <= range.start);
        for piece in other.pieces[first..].iter().take_while(|piece| piece.place.start < range.end) {
            let place = piece.place.start.max(range.start)..piece.place.end.min(range.end);
            // Of what stands there as it is, a part is a part.
            let from = if piece.place.len() == piece.from.len() {
                let begin = piece.from.start + (place.start - piece.place.start);
                begin..begin + place.len()
            } else {
                piece.from.clone()
            };
            let place = base + place.start - range.start..base + place.end - range.start;
            self.pieces.push(Piece { place, file: piece.file, from });
        }
    }

    /// Adds what no piece is.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds what stands in a template outside of actions.
    pub fn push_literal(&mut self, template: &Source<'_>, range: Range<usize>) {
        match template.backing {
            Backing::File(_) => self.push_bytes(&template.bytes[range]),
            Backing::Text(text) => self.push_slice(text, range),
        }
    }

    /// The part in a range.
    pub fn slice(&self, range: Range<usize>) -> Text {
        let mut part = Text::default();
        part.push_slice(self, range);
        part
    }

    /// Its base64: each part comes from where what it encodes does.
    pub fn base64(&self) -> Text {
        let mut end = 0;
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            // Three bytes are four characters; one that encodes bits of two pieces is the first one's.
            let place = (piece.place.start * 4 / 3).max(end)..(piece.place.end * 4).div_ceil(3);
            end = end.max(place.end);
            if !place.is_empty() {
                pieces.push(Piece { place, ..piece.clone() });
            }
        }
        Text { bytes: STANDARD.encode(&self.bytes).into_bytes(), pieces, is_falsy: false }
    }

    /// What became of it byte for byte.
    pub fn with_bytes(&self, bytes: Vec<u8>) -> Text {
        Text { bytes, pieces: self.pieces.clone(), is_falsy: false }
    }

    /// What became of the whole of it: all its bytes then come from where the first piece does.
    pub fn changed(&self, bytes: Vec<u8>) -> Text {
        if bytes == self.bytes {
            return self.clone();
        }
        match self.pieces.first() {
            Some(piece) => Text::of(bytes, piece.file, piece.from.clone()),
            None => Text { bytes, ..Text::default() },
        }
    }
}
