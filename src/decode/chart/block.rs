//! Blocks of a template: what `with`, `range` and variables say is put in, and what templates that are named hold.
//!
//! No branch is chosen: both that an `if` has are there once, as they are written. A `range` is there once for each entry.

use std::collections::HashMap;
use std::ops::Range;

use super::action::{Action, Command, Kind};
use super::eval::Context;
use super::limit::{Budget, Limit};
use super::text::{Source, Text, Value};
use super::{Scope, push_literal};

/// Entries of one list or map that a block is repeated for.
pub(super) const ENTRIES_MOST: usize = 10_000;
/// Variables that are known at once.
pub(super) const VARIABLES_MOST: usize = 256;
/// Blocks in each other in which a value is looked up: what is deeper is there once, as it is written.
pub(super) const BLOCKS_MOST: usize = 16;

/// An action where it stands.
pub(super) struct Part {
    place: Range<usize>,
    action: Action,
    /// Of a block the number of its `end`, or of the action after the last.
    close: usize,
    /// Its first `else`.
    other: Option<usize>,
}

/// The actions of a template, or of a part of it.
pub(super) fn parse(bytes: &[u8], within: Range<usize>, budget: &Budget) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut next = within.start;
    for start in memchr::memmem::find_iter(&bytes[within.clone()], b"{{").map(|at| within.start + at) {
        if start < next {
            continue;
        }
        let Some(action) = Action::read(&bytes[..within.end], start, budget) else { continue };
        next = action.end;
        let number = parts.len();
        match action.kind {
            Kind::With(..) | Kind::Range(..) | Kind::Once | Kind::Define(_) | Kind::Block(..) => open.push(number),
            Kind::Else => {
                if let Some(&block) = open.last() {
                    parts[block].other.get_or_insert(number);
                }
            }
            Kind::End => {
                if let Some(block) = open.pop() {
                    parts[block].close = number;
                }
            }
            Kind::Pipeline(..) | Kind::Comment | Kind::Nothing => {}
        }
        parts.push(Part { place: start..next, action, close: usize::MAX, other: None });
    }
    let last = parts.len();
    parts.iter_mut().for_each(|part| part.close = part.close.min(last));
    parts
}

/// Templates by their names: the number of the file, and where the text stands in it. Of several the first counts.
#[derive(Debug, Default)]
pub struct Defines(HashMap<Vec<u8>, (usize, Range<usize>)>);

impl Defines {
    /// Adds those of a file.
    pub fn add(&mut self, file: usize, bytes: &[u8]) {
        // What it passes over is told when the file is rendered.
        let parts = parse(bytes, 0..bytes.len(), &Budget::new(0));
        for part in &parts {
            if let Kind::Define(name) | Kind::Block(name, _) = &part.action.kind {
                let end = parts.get(part.close).map_or(bytes.len(), |close| close.place.start);
                self.0.entry(name.clone()).or_insert((file, part.place.end..end));
            }
        }
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<(usize, Range<usize>)> {
        self.0.get(name).cloned()
    }
}

/// Renders a text, or a part of it, with what `.` is.
pub(super) fn render(template: &Source<'_>, within: Range<usize>, scope: &Scope<'_>, dot: &Value) -> Option<Text> {
    scope.budget.take(within.len())?;
    let parts = parse(template.bytes, within.clone(), scope.budget);
    let mut blocks = Blocks {
        template,
        scope,
        parts: &parts,
        variables: Vec::new(),
        out: Text::default(),
        from: within.start,
        trims: false,
    };
    blocks.walk(0..parts.len(), dot, 0)?;
    blocks.put_literal(within.end, false);
    (!scope.budget.is_used_up()).then_some(blocks.out)
}

/// A template that is rendered.
struct Blocks<'a> {
    template: &'a Source<'a>,
    scope: &'a Scope<'a>,
    parts: &'a [Part],
    variables: Vec<(String, Value)>,
    out: Text,
    /// What is not put out yet, and whether its white space goes.
    from: usize,
    trims: bool,
}

impl Blocks<'_> {
    /// Goes through actions; `None` where more would be made than may be.
    fn walk(&mut self, range: Range<usize>, dot: &Value, deep: usize) -> Option<()> {
        let parts = self.parts;
        let mut number = range.start;
        while number < range.end {
            let Part { place, action, close, .. } = &parts[number];
            match &action.kind {
                Kind::Pipeline(names, commands) if names.is_empty() => {
                    // What stays as it is keeps the white space beside it, too.
                    if let Some(value) = self.value(commands, dot).and_then(Value::into_text) {
                        self.scope.budget.take(value.bytes.len())?;
                        self.put_literal(place.start, action.trims_before);
                        (self.from, self.trims) = (place.end, action.trims_after);
                        self.out.push(&value);
                    }
                }
                Kind::Pipeline(names, commands) => {
                    let value = self.value(commands, dot).unwrap_or(Value::Unknown);
                    self.set(names.last(), value);
                }
                Kind::With(names, commands) if deep < BLOCKS_MOST => {
                    let value = self.value(commands, dot).filter(|value| !value.is_empty()).unwrap_or(Value::Unknown);
                    let known = self.variables.len();
                    self.set(names.last(), value.clone());
                    self.bodies(number, &value, dot, deep)?;
                    self.variables.truncate(known);
                    number = *close;
                }
                Kind::Range(names, commands) if deep < BLOCKS_MOST => {
                    let value = self.value(commands, dot).unwrap_or(Value::Unknown);
                    self.repeat(number, names, &value.entries(self.scope, ENTRIES_MOST), (dot, deep))?;
                    number = *close;
                }
                Kind::Define(_) if deep < BLOCKS_MOST => {
                    self.bodies(number, &Value::Root, dot, deep)?;
                    number = *close;
                }
                Kind::Block(_, commands) if deep < BLOCKS_MOST => {
                    let value = self.value(commands, dot).unwrap_or(Value::Unknown);
                    self.bodies(number, &value, dot, deep)?;
                    number = *close;
                }
                Kind::Comment => {
                    self.put_literal(place.start, action.trims_before);
                    (self.from, self.trims) = (place.end, action.trims_after);
                }
                Kind::With(..) | Kind::Range(..) | Kind::Define(_) | Kind::Block(..) => {
                    self.scope.budget.pass(Limit::Blocks);
                }
                Kind::Once | Kind::Else | Kind::End | Kind::Nothing => {}
            }
            number += 1;
        }
        Some(())
    }

    /// Goes once through what a block has, and what its `else` has.
    fn bodies(&mut self, block: usize, inner: &Value, outer: &Value, deep: usize) -> Option<()> {
        let Part { close, other, .. } = self.parts[block];
        let known = self.variables.len();
        self.walk(block + 1..other.unwrap_or(close), inner, deep + 1)?;
        self.walk(other.unwrap_or(close)..close, outer, deep + 1)?;
        self.variables.truncate(known);
        Some(())
    }

    /// Goes through what a block has for each entry.
    fn repeat(
        &mut self,
        block: usize,
        names: &[String],
        entries: &[(Value, Value)],
        (dot, deep): (&Value, usize),
    ) -> Option<()> {
        let Part { ref place, action: Action { trims_after, .. }, close, other } = self.parts[block];
        let body = block + 1..other.unwrap_or(close);
        let Some(last) = self.parts.get(body.end).filter(|_| !entries.is_empty()) else {
            names.iter().for_each(|name| self.set(Some(name), Value::Unknown));
            return self.bodies(block, &Value::Unknown, dot, deep);
        };
        let (begin, end) = (place.end, last.place.start);
        let known = self.variables.len();
        self.put_literal(begin, false);
        for (number, (key, value)) in entries.iter().enumerate() {
            self.scope.budget.take(end - begin + 1)?;
            // White space goes from the text that is repeated, so before each entry. Behind the last one the end stays as it is written.
            (self.from, self.trims) = (begin, trims_after);
            self.set(names.first().filter(|_| names.len() > 1), key.clone());
            self.set(names.last(), value.clone());
            self.walk(body.clone(), value, deep + 1)?;
            self.put_literal(end, last.action.trims_before && number + 1 < entries.len());
        }
        self.walk(body.end..close, dot, deep + 1)?;
        self.variables.truncate(known);
        Some(())
    }

    fn value(&self, commands: &Option<Vec<Command>>, dot: &Value) -> Option<Value> {
        let Blocks { template, scope, ref variables, .. } = *self;
        Context { template, scope, dot, variables }.pipeline(commands.as_ref()?)
    }

    fn set(&mut self, name: Option<&String>, value: Value) {
        let Some(name) = name else { return };
        match self.variables.iter().rposition(|(known, _)| known == name) {
            Some(at) => self.variables[at].1 = value,
            None if self.variables.len() < VARIABLES_MOST => self.variables.push((name.clone(), value)),
            None => self.scope.budget.pass(Limit::Variables),
        }
    }

    /// Puts out what stands before a place in the template, and is not put out yet.
    fn put_literal(&mut self, end: usize, trims: bool) {
        let range = self.from..end.max(self.from);
        push_literal(&mut self.out, self.template, range, (self.trims, trims));
        (self.from, self.trims) = (end, false);
    }
}
