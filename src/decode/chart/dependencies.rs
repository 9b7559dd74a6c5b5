//! What a chart says of the charts that it needs (Helm, "The Chart.yaml File").

use std::collections::HashMap;

use super::values::{At, Key, Node, Tree, elements, fields, node};

/// By the names of charts those under which the one that needs them knows them: from the bytes of a `Chart.yaml`.
pub fn aliases(metadata: &[u8]) -> HashMap<String, Vec<String>> {
    let trees = [Tree::parse(metadata).ok()];
    let Some(root) = trees[0].as_ref().map(Tree::top) else { return HashMap::new() };
    let text = |at: &[At], key: &str| {
        let found = fields(&trees, at.to_vec(), &[Key::Name(key.to_owned())]);
        match node(&trees, *found.first()?) {
            Some(Node::Scalar { value, .. }) => Some(value.clone()),
            _ => None,
        }
    };
    let dependencies = fields(&trees, vec![root], &[Key::Name("dependencies".to_owned())]);
    let mut aliases: HashMap<String, Vec<String>> = HashMap::new();
    for (_, at) in elements(&trees, &dependencies, usize::MAX) {
        if let (Some(name), Some(alias)) = (text(&at, "name"), text(&at, "alias")) {
            aliases.entry(name).or_default().push(alias);
        }
    }
    aliases
}
