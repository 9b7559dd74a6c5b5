//! Objects as they are read, whatever their syntax: which are Secrets is known only when they end.

use super::Raw;

/// What an object says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// Nothing yet.
    #[default]
    Unsaid,
    /// `Secret`.
    Secret,
    /// `SecretList`, whose items need not repeat what they are.
    SecretList,
    /// Anything else.
    Other,
}

impl Kind {
    /// Reads the value of `kind`.
    pub fn of(value: &str) -> Kind {
        match value {
            "Secret" => Kind::Secret,
            "SecretList" => Kind::SecretList,
            _ => Kind::Other,
        }
    }
}

/// A mapping that may be a `Secret`.
#[derive(Default)]
pub(super) struct Object {
    /// What it says it is.
    pub kind: Kind,
    /// Values of its own `data` and `stringData`.
    pub values: Vec<Raw>,
    /// Values of objects in its `items` that did not say what they are.
    pub unsaid: Vec<Raw>,
}

impl Object {
    /// Ends the object: what it holds goes to `out` if it is a Secret. Returns what is one only if the list around it
    /// is a list of Secrets.
    pub fn end(self, out: &mut Vec<Raw>) -> Vec<Raw> {
        match self.kind {
            Kind::Secret => out.extend(self.values),
            Kind::SecretList => out.extend(self.unsaid),
            Kind::Unsaid => return self.values,
            Kind::Other => {}
        }
        Vec::new()
    }
}
