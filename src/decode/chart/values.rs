//! Values files: YAML as a tree that knows where its scalars stand. Aliases lead to the node of their anchor, which is there
//! once; files are laid over each other where they are asked, never copied.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle};

use super::super::manifest::inner;
use super::limit::Limit;

/// A values file with more bytes is not used to render.
const LONGEST: usize = 4 << 20;
/// Nodes of a values file that are read; one that has more is not used.
pub(super) const NODES_MOST: usize = 200_000;
/// Maps and lists in each other in a values file; one that has more is not used.
pub(super) const DEEPEST: usize = 1_000;
/// Maps that one map is merged from (`<<: *other`), with those that they are merged from themselves.
pub(super) const MERGES_MOST: usize = 64;

/// A node of a values file.
#[derive(Debug)]
pub(super) enum Node {
    Scalar {
        value: String,
        /// Where it stands in its file, without quotes.
        place: Range<usize>,
        /// Whether it is a block of lines.
        is_block: bool,
        /// Whether it is `false` or `0` without quotes.
        is_falsy: bool,
    },
    Null,
    Map(HashMap<String, usize>),
    List(Vec<usize>),
}

impl Node {
    /// Bytes of its text.
    pub fn length(&self) -> usize {
        if let Node::Scalar { value, .. } = self { value.len() } else { 0 }
    }

    /// Whether it is a value that is not there.
    pub fn is_null(&self) -> bool {
        matches!(self, Node::Null)
    }
}

/// What a values file holds.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    root: usize,
    /// Whether something was looked for in more maps than are looked at.
    is_cut: Cell<bool>,
}

/// Why a file is not used as one of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unused {
    /// It is none: no YAML, or no map.
    NoValues,
    /// It has more than is read.
    Beyond(Limit),
}

/// A node of some file, by the numbers of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub file: usize,
    node: usize,
}

/// Nodes that are laid over each other, the topmost first.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    own: Vec<At>,
    /// What a parent says for all its charts.
    global: Vec<At>,
}

impl Tree {
    /// Reads a values file.
    ///
    /// # Errors
    /// When it is none, or has more than is read.
    pub fn parse(file: &[u8]) -> Result<Self, Unused> {
        let mut growing = Growing::default();
        let root = growing.read(file)?;
        let root =
            root.filter(|&root| matches!(growing.nodes.get(root), Some(Node::Map(_)))).ok_or(Unused::NoValues)?;
        Ok(Tree { nodes: growing.nodes, root, is_cut: Cell::new(false) })
    }

    /// What was passed over where values were looked up in it, since this was asked the last time.
    pub fn passed(&self) -> Option<Limit> {
        self.is_cut.take().then_some(Limit::Merges)
    }

    /// Its outermost map, as of the first of several files.
    pub(super) fn top(&self) -> At {
        At { file: 0, node: self.root }
    }

    fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// A map, and those that it is merged from, in the order in which they count.
    fn merged(&self, at: usize) -> impl Iterator<Item = &HashMap<String, usize>> {
        let mut next = vec![at];
        let mut seen: Vec<usize> = Vec::new();
        std::iter::from_fn(move || {
            loop {
                let here = next.pop()?;
                if seen.contains(&here) {
                    continue;
                }
                let Node::Map(entries) = self.node(here) else { continue };
                if seen.len() == MERGES_MOST {
                    self.is_cut.set(true);
                    return None;
                }
                seen.push(here);
                if let Some(&other) = entries.get(MERGE) {
                    match self.node(other) {
                        // Of several the first counts.
                        Node::List(others) => next.extend(others.iter().take(MERGES_MOST + 1).rev()),
                        _ => next.push(other),
                    }
                }
                return Some(entries);
            }
        })
    }

    fn child(&self, at: usize, key: &str) -> Option<usize> {
        self.merged(at).find_map(|entries| entries.get(key)).copied()
    }
}

/// The key of what a map is merged from (YAML 1.1, "Merge Key").
const MERGE: &str = "<<";

/// A tree while it is read.
#[derive(Default)]
struct Growing {
    nodes: Vec<Node>,
    /// Collections that have begun, with the key whose value comes next.
    stack: Vec<(usize, Option<String>)>,
    anchors: HashMap<usize, usize>,
    root: Option<usize>,
}

impl Growing {
    fn read(&mut self, file: &[u8]) -> Result<Option<usize>, Unused> {
        if file.len() > LONGEST {
            return Err(Unused::Beyond(Limit::ValuesSize));
        }
        let text = std::str::from_utf8(file).map_err(|_| Unused::NoValues)?;
        let mut options = granit_parser::options! {
            emit_unresolved_aliases: true,
            flow_nesting_limit: DEEPEST,
            block_nesting_limit: DEEPEST,
        };
        options.set_emit_comments(false);
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| match error.kind() {
                ErrorKind::RecursionLimitExceeded => Unused::Beyond(Limit::ValuesDepth),
                _ => Unused::NoValues,
            })?;
            match event {
                Event::Scalar(value, style, anchor, tag) => {
                    let place = inner(text, span.byte_range().ok_or(Unused::NoValues)?, style);
                    let is_plain = style == ScalarStyle::Plain && tag.is_none();
                    let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                    let node = match &*value {
                        "" | "~" | "null" | "Null" | "NULL" if is_plain => Node::Null,
                        value => Node::Scalar {
                            value: value.to_owned(),
                            place,
                            is_block,
                            is_falsy: is_plain && matches!(value, "false" | "0"),
                        },
                    };
                    self.leaf(node, anchor)?;
                }
                Event::Alias(anchor) => {
                    let node = self.anchors.get(&anchor).copied().ok_or(Unused::NoValues)?;
                    self.place(node);
                }
                Event::UnresolvedAlias(_) => return Err(Unused::NoValues),
                Event::MappingStart(_, anchor, _) => self.begin(Node::Map(HashMap::new()), anchor)?,
                Event::SequenceStart(_, anchor, _) => self.begin(Node::List(Vec::new()), anchor)?,
                Event::MappingEnd | Event::SequenceEnd => self.end(),
                // Helm reads the first document.
                Event::DocumentEnd => break,
                _ => {}
            }
        }
        Ok(self.root)
    }

    fn add(&mut self, node: Node) -> Result<usize, Unused> {
        self.nodes.push(node);
        if self.nodes.len() > NODES_MOST {
            return Err(Unused::Beyond(Limit::ValuesSize));
        }
        Ok(self.nodes.len() - 1)
    }

    fn leaf(&mut self, node: Node, anchor: usize) -> Result<(), Unused> {
        if let Some((parent, key @ None)) = self.stack.last_mut()
            && matches!(self.nodes[*parent], Node::Map(_))
        {
            *key = Some(if let Node::Scalar { value, .. } = node { value } else { String::new() });
            return Ok(());
        }
        let node = self.add(node)?;
        if anchor > 0 {
            self.anchors.insert(anchor, node);
        }
        self.place(node);
        Ok(())
    }

    /// Puts a node where the next one belongs.
    fn place(&mut self, node: usize) {
        let Some((parent, key)) = self.stack.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        match &mut self.nodes[*parent] {
            Node::Map(entries) => match key.take() {
                Some(key) => drop(entries.insert(key, node)),
                // A key that is no scalar has no name.
                None => *key = Some(String::new()),
            },
            Node::List(items) => items.push(node),
            Node::Scalar { .. } | Node::Null => {}
        }
    }

    fn begin(&mut self, node: Node, anchor: usize) -> Result<(), Unused> {
        let node = self.add(node)?;
        self.stack.push((node, None));
        if anchor > 0 {
            self.anchors.insert(anchor, node);
        }
        Ok(())
    }

    fn end(&mut self) {
        if let Some((node, _)) = self.stack.pop() {
            self.place(node);
        }
    }
}

impl Layers {
    /// The values of a chart by itself: files by their number, the topmost first. Those that did not parse say nothing.
    pub fn of_files(trees: &[Option<Tree>], files: &[usize]) -> Self {
        let root = |&file: &usize| Some(At { file, node: trees.get(file)?.as_ref()?.root });
        Layers { own: files.iter().filter_map(root).collect(), global: Vec::new() }
    }

    /// The values of a subchart: what its parent says for it lies over those of its own file.
    pub fn of_subchart(&self, trees: &[Option<Tree>], name: &str, own: Option<usize>) -> Self {
        let mut layers = self.get(trees, name);
        layers.retain(|at| matches!(node(trees, *at), Some(Node::Map(_))));
        layers.extend(Layers::of_files(trees, own.as_slice()).own);
        Layers { own: layers, global: self.get(trees, "global") }
    }

    /// What stands under a key.
    fn get(&self, trees: &[Option<Tree>], key: &str) -> Vec<At> {
        let mut found = if key == "global" { self.global.clone() } else { Vec::new() };
        found.extend(below(trees, &self.own, key));
        found
    }

    /// What a path leads to: nodes that are laid over each other, the topmost first.
    pub(super) fn find(&self, trees: &[Option<Tree>], path: &[Key]) -> Vec<At> {
        match path.split_first() {
            None => self.own.clone(),
            Some((Key::Name(name), rest)) => fields(trees, self.get(trees, name), rest),
            Some((Key::Number(_), _)) => Vec::new(),
        }
    }
}

/// What a path leads to from nodes that are laid over each other.
pub(super) fn fields(trees: &[Option<Tree>], mut here: Vec<At>, path: &[Key]) -> Vec<At> {
    for key in path {
        here = match (key, here.first()) {
            (Key::Name(name), _) => below(trees, &here, name),
            (Key::Number(index), Some(&first)) => match node(trees, first) {
                Some(Node::List(items)) => items.get(*index).map(|&node| At { node, ..first }).into_iter().collect(),
                _ => Vec::new(),
            },
            (Key::Number(_), None) => Vec::new(),
        };
    }
    here
}

/// How many entries nodes have together.
pub(super) fn size(trees: &[Option<Tree>], layers: &[At]) -> usize {
    let size = |at: &At| match node(trees, *at) {
        Some(Node::Map(_)) => {
            let tree = trees.get(at.file).and_then(Option::as_ref);
            tree.map_or(0, |tree| tree.merged(at.node).map(HashMap::len).sum())
        }
        Some(Node::List(items)) => items.len(),
        _ => 0,
    };
    layers.iter().map(size).sum()
}

/// What nodes that are laid over each other have, with its keys where they are maps: so much at most, and by the keys as Go
/// does it.
pub(super) fn elements(trees: &[Option<Tree>], layers: &[At], most: usize) -> Vec<(Option<String>, Vec<At>)> {
    let Some(&first) = layers.first() else { return Vec::new() };
    if let Some(Node::List(items)) = node(trees, first) {
        return items.iter().take(most).map(|&node| (None, vec![At { node, ..first }])).collect();
    }
    let mut keys = BTreeSet::new();
    for at in layers {
        if let Some(tree) = trees.get(at.file).and_then(Option::as_ref) {
            keys.extend(tree.merged(at.node).flat_map(HashMap::keys).filter(|key| *key != MERGE));
        }
    }
    let entry = |key: &String| Some((Some(key.clone()), below(trees, layers, key))).filter(|(_, at)| !at.is_empty());
    keys.into_iter().filter_map(entry).take(most).collect()
}

/// A step of a path into values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Name(String),
    Number(usize),
}

/// The node of a file.
pub(super) fn node(trees: &[Option<Tree>], at: At) -> Option<&Node> {
    Some(trees.get(at.file)?.as_ref()?.node(at.node))
}

/// What stands under a key in nodes that are laid over each other: maps stay laid over each other, anything else hides what is
/// below it.
fn below(trees: &[Option<Tree>], layers: &[At], key: &str) -> Vec<At> {
    let mut found: Vec<At> = Vec::new();
    for at in layers {
        let Some(child) = trees.get(at.file).and_then(Option::as_ref).and_then(|tree| tree.child(at.node, key)) else {
            continue;
        };
        let child = At { node: child, ..*at };
        match node(trees, child) {
            Some(Node::Map(_)) => found.push(child),
            // A map stays one, and what is null is taken out.
            Some(Node::Null) | None => break,
            Some(_) if !found.is_empty() => break,
            Some(_) => {
                found.push(child);
                break;
            }
        }
    }
    found
}
