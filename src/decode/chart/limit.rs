//! There is an end to everything that rendering does: how much may be made, how deep it goes, and what was beyond that. Whoever
//! renders tells it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::block::ENTRIES_MOST;
use super::text::Value;
use crate::blob::Reason;

/// Templates that are named in each other.
const INCLUDES_MOST: usize = 10;
/// `tpl` of a value that has `tpl` of a value: no deeper.
const TPL_MOST: usize = 8;
/// One template that names itself, with nothing that values files give: a branch ends it, and none is chosen here.
const AGAIN_MOST: usize = 2;

/// A limit that something was beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Entries of a list or map that a block is repeated for.
    Entries,
    /// `tpl` in `tpl`.
    Tpl,
    /// `include` in `include`.
    Includes,
    /// `with` and `range` in each other.
    Blocks,
    /// Variables that are known at once.
    Variables,
    /// The length of an action.
    Action,
    /// Parentheses in each other in an action.
    Parentheses,
    /// Lists and maps in each other that a template makes, or writes as YAML.
    Lists,
    /// The length of a map or list that a template writes as YAML.
    Yaml,
    /// Maps that a map of a values file is merged from.
    Merges,
    /// Maps and lists in each other in a values file.
    ValuesDepth,
    /// Nodes of a values file.
    ValuesSize,
    /// Names under which one chart is installed.
    Names,
}

impl Limit {
    /// What was not rendered, for people.
    pub fn detail(self) -> String {
        let (of, most) = match self {
            Limit::Entries => {
                return format!("not all of a `range` was rendered: the first {ENTRIES_MOST} entries are");
            }
            Limit::Tpl => ("`tpl` within `tpl`", TPL_MOST),
            Limit::Includes => ("`include` within `include`", INCLUDES_MOST),
            Limit::Blocks => ("blocks within blocks", super::block::BLOCKS_MOST),
            Limit::Variables => ("variables", super::block::VARIABLES_MOST),
            Limit::Action => ("bytes of one action", super::ACTION_MOST),
            Limit::Parentheses => ("parentheses within parentheses", super::action::NESTING_MOST),
            Limit::Lists => ("lists and maps within each other", super::eval::NESTING_MOST),
            Limit::Yaml => ("bytes of one `toYaml`", super::yaml::LONGEST),
            Limit::Merges => ("maps merged into one", super::values::MERGES_MOST),
            Limit::ValuesDepth => ("maps and lists within each other", super::values::DEEPEST),
            Limit::ValuesSize => ("nodes of a values file", super::values::NODES_MOST),
            Limit::Names => return "not all of the names that a chart has were rendered".to_owned(),
        };
        format!("not all of it was rendered: at most {most} {of} are")
    }

    /// The reason of the skip that tells it.
    pub fn reason(self) -> Reason {
        match self {
            Limit::Tpl | Limit::Includes | Limit::Blocks | Limit::Parentheses | Limit::Lists | Limit::ValuesDepth => {
                Reason::TooDeep
            }
            Limit::Entries | Limit::Variables | Limit::Merges | Limit::ValuesSize | Limit::Names => {
                Reason::TooManyMembers
            }
            Limit::Action | Limit::Yaml => Reason::ExpandsTooFar,
        }
    }
}

/// What is rendered within a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inner {
    /// A value, by `tpl`.
    Value,
    /// A template that has a name: its file, and where it begins there.
    Named(usize, usize),
}

/// What rendering a chart may still make, what it is rendering, and what it passed over.
#[derive(Debug)]
pub struct Budget {
    left: Cell<usize>,
    running: RefCell<Vec<Inner>>,
    passed: RefCell<BTreeSet<Limit>>,
}

impl Budget {
    /// So many bytes, of all values and texts together: what puts a long value in a thousand times ends there.
    pub fn new(bytes: usize) -> Self {
        Budget { left: Cell::new(bytes), running: RefCell::default(), passed: RefCell::default() }
    }

    /// What was passed over since this was asked the last time.
    pub fn passed(&self) -> BTreeSet<Limit> {
        self.passed.take()
    }

    /// Takes bytes of what may be made; `None` where it is used up.
    pub(super) fn take(&self, bytes: usize) -> Option<()> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or(0));
        left.map(drop)
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.left.get() == 0
    }

    pub(super) fn pass(&self, limit: Limit) {
        self.passed.borrow_mut().insert(limit);
    }

    /// Does what renders something within a template, if that is not too deep. `given` is what `.` is there.
    pub(super) fn within<T>(&self, inner: Inner, given: &Value, render: impl FnOnce() -> Option<T>) -> Option<T> {
        let (is_tpl, most) = match inner {
            Inner::Value => (true, TPL_MOST),
            Inner::Named(..) => (false, INCLUDES_MOST),
        };
        let count = |counts: &dyn Fn(&Inner) -> bool| self.running.borrow().iter().filter(|one| counts(one)).count();
        let deep = count(&|one| matches!(one, Inner::Value) == is_tpl);
        let again = if is_tpl { 0 } else { count(&|one| *one == inner) };
        let is_known = given.is_known();
        if deep >= most || again >= AGAIN_MOST && !is_known {
            if again == 0 || is_known {
                self.pass(if is_tpl { Limit::Tpl } else { Limit::Includes });
            }
            return None;
        }
        self.running.borrow_mut().push(inner);
        let made = render();
        self.running.borrow_mut().pop();
        made
    }
}
