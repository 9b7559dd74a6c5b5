//! The base image of each image: the one that the user named, or one that a label names and that is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::base::Base;
use super::digest::digest_parts;
use super::layers::LayerRef;
use crate::finding::ToldBy;

/// Bases that labels name and that are looked up, at most.
const MAX_LOOKED_UP: usize = 16;

/// A base image that a label or an annotation names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct NamedBase {
    /// Its reference, as it is written.
    pub name: String,
    /// Digest of its manifest or index.
    pub digest: Option<String>,
}

impl NamedBase {
    /// What labels or annotations say.
    fn of(told: &BTreeMap<String, String>) -> Option<Self> {
        let name = told.get("org.opencontainers.image.base.name")?;
        if name.is_empty() || name.len() > 300 || name.contains(char::is_whitespace) {
            return None;
        }
        let digest = told.get("org.opencontainers.image.base.digest");
        let digest = digest.filter(|digest| digest_parts(digest).is_some()).cloned();
        Some(NamedBase { name: name.clone(), digest })
    }

    /// The reference by which it is the same image always, where it has one.
    pub fn reference(&self) -> String {
        match self.digest.as_ref().filter(|_| !self.name.contains('@')) {
            Some(digest) => format!("{}@{digest}", self.name),
            None => self.name.clone(),
        }
    }
}

/// Looks up a base that a label names; `None` where it cannot be had.
pub(super) type LookUp<'a> = &'a dyn Fn(&NamedBase) -> Option<Base>;

/// A base image, and what says that it is one.
#[derive(Clone)]
pub(super) struct Known<'a> {
    base: Which<'a>,
    /// How many layers, from the lowest on, are its.
    pub layers: usize,
    pub told_by: ToldBy,
}

#[derive(Clone)]
enum Which<'a> {
    Given(&'a Base),
    Found(Rc<Base>),
}

impl Known<'_> {
    pub fn base(&self) -> &Base {
        match &self.base {
            Which::Given(base) => base,
            Which::Found(base) => base,
        }
    }
}

/// What is known of bases.
pub(super) struct Bases<'a> {
    given: Option<&'a Base>,
    look_up: Option<LookUp<'a>>,
    found: HashMap<NamedBase, Option<Rc<Base>>>,
    /// What a reader of the report should know.
    pub notes: BTreeSet<String>,
}

impl<'a> Bases<'a> {
    /// With the base that the user named, and a way to look up what labels name.
    pub fn new(given: Option<&'a Base>, look_up: Option<LookUp<'a>>) -> Self {
        Bases { given, look_up, found: HashMap::new(), notes: BTreeSet::new() }
    }

    /// The base of an image with these layers, of which labels or annotations say something.
    pub fn of(&mut self, told: &[Option<&BTreeMap<String, String>>], layers: &[LayerRef]) -> Option<Known<'a>> {
        if let Some(given) = self.given {
            return Some(Known { base: Which::Given(given), layers: given.shared(layers), told_by: ToldBy::User });
        }
        let named = told.iter().flatten().find_map(|told| NamedBase::of(told))?;
        // A label that names the image itself would make all of it somebody else's.
        let whole = |base: &Base| base.whole_in(layers).filter(|shared| *shared > 0 && *shared < layers.len());
        let found = self.looked_up(&named).and_then(|base| Some((whole(&base)?, base)));
        let name = &named.name;
        let Some((shared, base)) = found else {
            let reference = named.reference();
            self.notes.insert(format!(
                "it says that it is built on {name}: `--base {reference}` tells what comes from there"
            ));
            return None;
        };
        self.notes.insert(format!(
            "a label says that it is built on {name}, whose layers are in it: what comes from there counts as inherited"
        ));
        Some(Known { base: Which::Found(base), layers: shared, told_by: ToldBy::Label })
    }

    fn looked_up(&mut self, named: &NamedBase) -> Option<Rc<Base>> {
        let look_up = self.look_up?;
        if !self.found.contains_key(named) && self.found.len() >= MAX_LOOKED_UP {
            return None;
        }
        self.found.entry(named.clone()).or_insert_with(|| look_up(named).map(Rc::new)).clone()
    }
}
