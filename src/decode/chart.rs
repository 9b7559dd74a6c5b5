//! Templates of a Helm chart with the chart's values put in. No template engine: an action that does no more than name a
//! value, or wrap it in one of a few functions, is replaced by what it gives; any other stays as it is written, which is what
//! the score knows as a reference. Nothing is executed, no block is chosen or repeated.
//!
//! Syntax as in Go's `text/template`; functions as in Helm's list of template functions.

mod action;
mod functions;
mod text;
mod values;

use std::cell::Cell;
use std::ops::Range;

use crate::blob::Piece;
use action::{Action, Context};
use text::{Backing, Source, Text, Value};
pub use values::{Layers, Tree};

/// Longest action that is read.
const ACTION_MOST: usize = 16 << 10;
/// `tpl` of a value that has `tpl` of a value: no deeper.
const TPL_MOST: usize = 4;

/// What the actions of a chart can name.
pub struct Scope<'a> {
    /// The files of the chart: pieces tell them by their number.
    pub files: &'a [&'a [u8]],
    /// What values files hold; `None` for what is no values file, or does not parse.
    pub trees: &'a [Option<Tree>],
    /// `.Values`.
    pub values: &'a Layers,
    /// `.Chart.Name`.
    pub chart: &'a str,
    /// Bytes that may still be made, of all values and texts together: what puts a long value in a thousand times ends there.
    pub left: &'a Cell<usize>,
}

impl Scope<'_> {
    /// Takes bytes of what may be made; `None` where it is used up.
    fn take(&self, bytes: usize) -> Option<()> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or(0));
        left.map(drop)
    }
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
    let text = render_text(&source, scope, 0)?;
    Some(Rendering { text: text.bytes, pieces: text.pieces })
}

/// Renders a text; `depth`: values that were rendered to come here.
fn render_text(template: &Source<'_>, scope: &Scope<'_>, depth: usize) -> Option<Text> {
    let bytes = template.bytes;
    scope.take(bytes.len())?;
    let mut out = Text::default();
    // What is not put out yet, whether its white space goes, and where the next action may begin.
    let (mut from, mut trims, mut next) = (0, false, 0);
    for start in memchr::memmem::find_iter(bytes, b"{{") {
        if start < next {
            continue;
        }
        let Some(action) = Action::read(bytes, start) else { continue };
        next = action.end;
        // What stays as it is keeps the white space beside it, too.
        let Some(value) = action.value(template, scope, depth).and_then(Value::into_text) else { continue };
        scope.take(value.bytes.len())?;
        push_literal(&mut out, template, from..start, (trims, action.trims_before));
        (from, trims) = (action.end, action.trims_after);
        out.push(&value);
    }
    push_literal(&mut out, template, from..bytes.len(), (trims, false));
    (scope.left.get() > 0).then_some(out)
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
    let depth = context.depth + 1;
    (depth <= TPL_MOST).then(|| render_text(&source, context.scope, depth))?.map(Value::Text)
}

#[cfg(test)]
mod tests;
