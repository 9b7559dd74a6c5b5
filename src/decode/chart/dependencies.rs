//! What a chart says of the charts that it needs (Helm, "The Chart.yaml File").

use super::values::{At, Key, Node, Tree, elements, fields, node};

/// Dependencies that are looked at.
const MOST: usize = 256;

/// The names under which a chart is known to the one that needs it, with its own: from the bytes of a `Chart.yaml`.
pub fn aliases(metadata: &[u8]) -> Vec<(String, String)> {
    let trees = [Tree::parse(metadata)];
    let Some(root) = trees[0].as_ref().map(Tree::top) else { return Vec::new() };
    let text = |at: &[At], key: &str| {
        let found = fields(&trees, at.to_vec(), &[Key::Name(key.to_owned())]);
        match node(&trees, *found.first()?) {
            Some(Node::Scalar { value, .. }) => Some(value.clone()),
            _ => None,
        }
    };
    let dependencies = fields(&trees, vec![root], &[Key::Name("dependencies".to_owned())]);
    let dependencies = elements(&trees, &dependencies, MOST).into_iter();
    dependencies.filter_map(|(_, at)| Some((text(&at, "name")?, text(&at, "alias")?))).collect()
}
