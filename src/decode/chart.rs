//! Templates of a Helm chart with the chart's values put in. No template engine: an action that does no more than name a
//! value, or wrap it in one of a few functions, is replaced by what it gives; any other stays as it is written, which is what
//! the score knows as a reference. Nothing is executed, and no branch is chosen; a block is repeated for the entries of a list that
//! values files give.
//!
//! Syntax as in Go's `text/template`; functions as in Helm's list of template functions.

mod action;
mod block;
mod dependencies;
mod eval;
mod functions;
mod limit;
mod text;
mod values;
mod yaml;

use std::ops::Range;

use crate::blob::Piece;
pub use block::Defines;
pub use dependencies::aliases;
use eval::Context;
use limit::Inner;
pub use limit::{Budget, Limit};
use text::{Backing, Source, Text, Value};
pub use values::{Layers, Tree, Unused};

/// Longest action that is read.
const ACTION_MOST: usize = 64 << 10;

/// What the actions of a chart can name.
pub struct Scope<'a> {
    /// The files of the chart: pieces tell them by their number.
    pub files: &'a [&'a [u8]],
    /// What values files hold; `None` for what is no values file, or does not parse.
    pub trees: &'a [Option<Tree>],
    /// `.Values`.
    pub values: &'a Layers,
    /// Templates that have names.
    pub defines: &'a Defines,
    /// `.Chart.Name`.
    pub chart: &'a str,
    /// What may still be made.
    pub budget: &'a Budget,
}

/// A template with values put in.
#[derive(Debug, Default)]
pub struct Rendering {
    /// The text.
    pub text: Vec<u8>,
    /// What was put in, in order.
    pub pieces: Vec<Piece>,
}

/// Renders a template, the file of that number; `None` where more would be made than is left. Without pieces nothing was put in.
pub fn render(template: usize, scope: &Scope<'_>) -> Option<Rendering> {
    let source = Source { bytes: scope.files.get(template)?, backing: Backing::File(template) };
    let text = block::render(&source, 0..source.bytes.len(), scope, &Value::Root)?;
    Some(Rendering { text: text.bytes, pieces: text.pieces })
}

fn push_literal(out: &mut Text, template: &Source<'_>, range: Range<usize>, (at_start, at_end): (bool, bool)) {
    let (mut literal, mut start) = (&template.bytes[range.clone()], range.start);
    if at_start {
        let trimmed = literal.trim_ascii_start();
        start += literal.len() - trimmed.len();
        literal = trimmed;
    }
    if at_end {
        literal = literal.trim_ascii_end();
    }
    out.push_literal(template, start..start + literal.len());
}

/// `tpl`: a value that is a template itself.
fn tpl(text: Text, context: &Context<'_>) -> Option<Value> {
    if memchr::memmem::find(&text.bytes, b"{{").is_none() {
        return Some(Value::Text(text));
    }
    let source = Source { bytes: &text.bytes, backing: Backing::Text(&text) };
    let render = || block::render(&source, 0..text.bytes.len(), context.scope, &Value::Root);
    context.scope.budget.within(Inner::Value, &Value::Root, render).map(Value::Text)
}

/// `include "name" .`: what the template of that name gives.
fn include(arguments: &[Value], context: &Context<'_>) -> Option<Value> {
    let scope = context.scope;
    let [Value::Text(name), rest @ ..] = arguments else { return None };
    let (file, within) = scope.defines.get(&name.bytes)?;
    let template = Source { bytes: scope.files.get(file)?, backing: Backing::File(file) };
    let dot = rest.first().unwrap_or(&Value::Nothing);
    let inner = Inner::Named(file, within.start);
    scope.budget.within(inner, dot, || block::render(&template, within, scope, dot)).map(Value::Text)
}

#[cfg(test)]
mod tests;
