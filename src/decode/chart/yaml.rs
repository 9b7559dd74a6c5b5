//! `toYaml` of a map or a list of values files: written anew, in blocks, with where its scalars come from.

use super::Scope;
use super::eval::NESTING_MOST;
use super::limit::Limit;
use super::text::{Text, Value};
use super::values::{At, Node, elements, node, size};

/// Bytes that are written at once, about: aliases may lead to the same node any number of times.
pub(super) const LONGEST: usize = 1 << 20;

/// Writes nodes that are laid over each other; `None` where that is too much.
pub(super) fn written(layers: &[At], scope: &Scope<'_>) -> Option<Text> {
    let mut writer = Writer { scope, out: Text::default() };
    writer.collection(layers, 0, 0)?;
    Some(writer.out)
}

struct Writer<'a> {
    scope: &'a Scope<'a>,
    out: Text,
}

impl Writer<'_> {
    /// The entries of a map or list, each on lines of its own that begin with so many blanks.
    fn collection(&mut self, layers: &[At], indent: usize, deep: usize) -> Option<()> {
        if deep == NESTING_MOST {
            self.scope.budget.pass(Limit::Lists);
            return None;
        }
        self.scope.budget.take(size(self.scope.trees, layers))?;
        let entries = elements(self.scope.trees, layers, usize::MAX);
        if entries.is_empty() {
            let is_map = layers.first().is_some_and(|at| matches!(node(self.scope.trees, *at), Some(Node::Map(_))));
            self.out.push_bytes(if is_map { b"{}" } else { b"[]" });
        }
        for (index, (key, below)) in entries.into_iter().enumerate() {
            self.scope.budget.take(indent + 1)?;
            if self.out.bytes.len() > LONGEST {
                self.scope.budget.pass(Limit::Yaml);
                return None;
            }
            if index > 0 {
                self.line(indent);
            }
            let is_item = key.is_none();
            match key {
                Some(key) => {
                    self.scalar(&Text::said(key.into_bytes()), indent);
                    self.out.push_bytes(b":");
                }
                None => self.out.push_bytes(b"-"),
            }
            match self.scope.value_of(below)? {
                Value::Text(text) => {
                    self.out.push_bytes(b" ");
                    self.scalar(&text, indent);
                }
                Value::Nodes(inner) => {
                    let is_empty = size(self.scope.trees, &inner) == 0;
                    if is_item || is_empty {
                        self.out.push_bytes(b" ");
                    } else {
                        self.line(indent + 2);
                    }
                    self.collection(&inner, indent + 2, deep + 1)?;
                }
                _ => self.out.push_bytes(b" null"),
            }
        }
        Some(())
    }

    fn line(&mut self, indent: usize) {
        self.out.push_bytes(b"\n");
        self.out.push_bytes(&vec![b' '; indent]);
    }

    /// A scalar as plain as it can be: lines in a block, anything that YAML could take for something else in quotes.
    fn scalar(&mut self, text: &Text, indent: usize) {
        let bytes = &text.bytes;
        if bytes.contains(&b'\n') {
            self.out.push_bytes(if bytes.ends_with(b"\n") { b"|" } else { b"|-" });
            let mut from = 0;
            let body = bytes.strip_suffix(b"\n").unwrap_or(bytes).len();
            for end in memchr::memchr_iter(b'\n', &bytes[..body]).chain([body]) {
                self.line(indent + 2);
                self.out.push_slice(text, from..end);
                from = end + 1;
            }
            return;
        }
        let is_plain =
            bytes.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.'))
                && !bytes.ends_with(b":")
                && !bytes.ends_with(b" ")
                && !bytes.windows(2).any(|two| two == b": " || two == b" #");
        if is_plain {
            return self.out.push(text);
        }
        self.out.push_bytes(b"'");
        let mut from = 0;
        for at in memchr::memchr_iter(b'\'', bytes) {
            self.out.push_slice(text, from..at + 1);
            self.out.push_bytes(b"'");
            from = at + 1;
        }
        self.out.push_slice(text, from..bytes.len());
        self.out.push_bytes(b"'");
    }
}
