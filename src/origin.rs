//! Where bytes lie: a chain of steps from a repository, image, chart or directory down to a member of an archive.
//!
//! An [`Origin`] is whole before the bytes are handed over. Shared prefixes are shared nodes, so that a million members
//! of one layer cost one node each. This room knows nothing of what is found in the bytes.

mod step;
mod text;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub use step::{ObjectKind, Step, TextKind, text_or_bytes};
pub use text::{is_printable, path_and_archives, printable, slashed};

#[derive(Debug)]
struct Node {
    parent: Option<Origin>,
    step: Step,
}

/// A chain of [`Step`]s. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Origin(Arc<Node>);

impl Origin {
    /// The beginning of a chain.
    pub fn new(step: Step) -> Self {
        Origin(Arc::new(Node { parent: None, step }))
    }

    /// A longer chain: this one, then `step`.
    #[must_use]
    pub fn with(&self, step: Step) -> Self {
        Origin(Arc::new(Node { parent: Some(self.clone()), step }))
    }

    /// Shorthand for a path below this origin.
    #[must_use]
    pub fn at_path(&self, path: impl Into<Vec<u8>>) -> Self {
        self.with(Step::Path { path: path.into() })
    }

    /// The last step.
    pub fn last(&self) -> &Step {
        &self.0.step
    }

    /// The chain without its last step.
    pub fn parent(&self) -> Option<&Origin> {
        self.0.parent.as_ref()
    }

    /// The file itself, where this is what it gives to a template.
    pub fn unrendered(&self) -> &Origin {
        match self.last() {
            Step::Rendered { .. } => self.parent().unwrap_or(self),
            _ => self,
        }
    }

    /// All steps, outermost first.
    pub fn steps(&self) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut here = Some(self);
        while let Some(origin) = here {
            steps.push(&origin.0.step);
            here = origin.0.parent.as_ref();
        }
        steps.reverse();
        steps
    }

    /// The innermost path or member name: what the file is called where it lies.
    pub fn path(&self) -> Option<&[u8]> {
        let mut here = Some(self);
        while let Some(origin) = here {
            match &origin.0.step {
                Step::Path { path } | Step::Member { path } => return Some(path),
                _ => here = origin.0.parent.as_ref(),
            }
        }
        None
    }

    /// The outermost path: the file in the tree, layer or chart, also for what lies in an archive in it.
    pub fn file_path(&self) -> Option<&[u8]> {
        self.steps().into_iter().find_map(|step| match step {
            Step::Path { path } => Some(path.as_slice()),
            _ => None,
        })
    }

    /// Where the submodule that it is of is checked out, from the top of the repository on; empty where it is of none.
    pub fn submodule(&self) -> &[u8] {
        let mut here = Some(self);
        while let Some(origin) = here {
            match &origin.0.step {
                Step::Submodule { path } => return path,
                _ => here = origin.0.parent.as_ref(),
            }
        }
        &[]
    }

    /// A path in the repository that it is of, from the top on, also where it is of a submodule.
    pub fn from_top<'p>(&self, path: &'p [u8]) -> Cow<'p, [u8]> {
        match self.submodule() {
            b"" => Cow::Borrowed(path),
            submodule => Cow::Owned([submodule, b"/", path].concat()),
        }
    }

    /// Paths and members joined by `!/`, such as `lib/app.jar!/config/db.properties`; empty where there is none.
    pub fn joined_path(&self) -> Vec<u8> {
        let mut joined = Vec::new();
        for step in self.steps() {
            if let Step::Path { path } | Step::Member { path } = step {
                if !joined.is_empty() {
                    joined.extend_from_slice(b"!/");
                }
                joined.extend_from_slice(path);
            }
        }
        joined
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.step == other.0.step && self.0.parent == other.0.parent)
    }
}

impl Eq for Origin {}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.step.hash(state);
        self.0.parent.hash(state);
    }
}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By steps, outermost first.
impl Ord for Origin {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.steps().cmp(&other.steps()) }
    }
}

impl Drop for Node {
    // A chain as deep as a hostile archive's nesting must not overflow the stack when it is dropped.
    fn drop(&mut self) {
        let mut parent = self.parent.take();
        while let Some(Origin(node)) = parent {
            match Arc::try_unwrap(node) {
                Ok(mut only) => parent = only.parent.take(),
                Err(_) => break,
            }
        }
    }
}

/// For messages: the steps joined by ` > `, control characters escaped.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps().into_iter().enumerate() {
            if index > 0 {
                f.write_str(" > ")?;
            }
            match step {
                Step::Directory { path } => write!(f, "{}", printable(path.as_bytes()))?,
                Step::Stdin => f.write_str("standard input")?,
                Step::Repository { location } => write!(f, "{}", printable(location.as_bytes()))?,
                Step::Object { id, kind } => write!(f, "{} {id}", kind.name())?,
                Step::Lfs { oid } => write!(f, "LFS object {oid}")?,
                Step::Ref { name } => write!(f, "{}", printable(name))?,
                Step::Image { reference, .. } => write!(f, "image {}", printable(reference.as_bytes()))?,
                Step::Platform { name } => write!(f, "{}", printable(name.as_bytes()))?,
                Step::Config { digest } => write!(f, "config {}", printable(digest.as_bytes()))?,
                Step::Layer { digest, index, .. } => write!(f, "layer {index} {}", printable(digest.as_bytes()))?,
                Step::Chart { name, .. } => write!(f, "chart {}", printable(name.as_bytes()))?,
                Step::Submodule { path } | Step::Path { path } | Step::Member { path } => {
                    write!(f, "{}", printable(path))?;
                }
                Step::Entry { number } => write!(f, "entry {number}")?,
                Step::Text { kind } => f.write_str(kind.name())?,
                Step::Rendered { template, values } => {
                    write!(f, "rendered by {} with {}", printable(template), printable(values))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
