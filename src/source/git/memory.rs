//! What is remembered of a repository: which objects were judged, under which rules, and where something was found. An object
//! never changes; so one that nothing was found in need not be read again, as long as no rule is new and nothing that it
//! refers to has gone.

mod bytes;
mod file;
mod finds;
mod index;
mod outline;
mod stored;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gix::ObjectId;
use gix::objs::Kind;

use self::file::{About, Fates, Known};
use self::finds::{marked, traces, unread, without_secrets};
use super::Git;
use super::history::{self, Question, question};
use super::ids::short;
use super::outline::Outline;
use crate::blob::Left;
use crate::cache::{Cache, Seal};
use crate::finding::Fate;
use crate::origin::Origin;
use crate::secret::Secret;
use crate::source::memory::{Judge, Recalled, Trace};

pub(super) use self::file::Judged;
use self::index::name_hash;
pub(super) use self::index::{Index, Scope};
use self::stored::{references_now, retain_stored, shallow_now, stored_now};

/// What one reading came to know.
#[derive(Default)]
pub(super) struct Learnt {
    pub objects: Vec<Judged>,
    /// Of these, those that left something.
    pub marked: Vec<ObjectId>,
    /// Hashes of names that nothing was found in.
    pub names: Vec<u64>,
    /// Objects and bytes that were counted for them.
    pub counted: (u64, u64),
    pub commits: Vec<ObjectId>,
    /// Whether all was read.
    pub is_whole: bool,
}

/// The memory of one repository.
pub(super) struct Remembered {
    cache: Arc<Cache>,
    name: Vec<u8>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    judge: Option<Judge>,
    /// What was stored, less what no longer holds.
    known: Known,
    index: Arc<Index>,
    /// Finds in objects that are not read again.
    traces: Vec<Trace>,
    learnt: Learnt,
    /// What was stored when the outline was made, where all of it still is.
    outlined: Option<[u8; 32]>,
    /// What is stored now.
    store: [u8; 32],
    references: [u8; 32],
    fates: Fates,
    missing: Option<(u64, Vec<String>)>,
    /// Whether what would be stored is what is.
    is_same: bool,
}

impl Remembered {
    /// `name` tells this repository from others.
    pub(super) fn new(cache: Arc<Cache>, name: Vec<u8>) -> Self {
        Remembered { cache, name, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn scope(&self) -> Scope {
        Scope::Unknown(self.state().index.clone())
    }

    pub(super) fn known(&self) -> Scope {
        Scope::Known(self.state().index.clone())
    }

    pub(super) fn seal(&self, secret: &Secret) -> Seal {
        self.cache.seal(secret)
    }

    /// What stands for a name among [`Learnt::names`].
    pub(super) fn name(&self, name: &[u8]) -> u64 {
        name_hash(&self.cache, name)
    }

    /// What is counted for all that is not read again.
    pub(super) fn counted(&self) -> (u64, u64) {
        let state = self.state();
        let (mut objects, mut bytes) = state.known.about.names;
        for one in state.known.objects.iter().filter(|one| state.index.objects.binary_search(&one.id).is_ok()) {
            objects += u64::from(one.objects);
            bytes += one.bytes;
        }
        (objects, bytes)
    }

    /// What an earlier run knew of the history.
    pub(super) fn outline(&self) -> Option<Outline> {
        let store = self.state().outlined?;
        outline::from_bytes(&self.cache.load(&self.outline_name())?, &store)
    }

    fn outline_name(&self) -> Vec<u8> {
        [self.name.as_slice(), b"\0outline"].concat()
    }

    /// All commits that were read in earlier runs.
    pub(super) fn commits(&self) -> Vec<ObjectId> {
        self.state().known.commits.clone()
    }

    /// Objects that are not read, and hold ids.
    pub(super) fn with_ids(&self) -> Vec<ObjectId> {
        let state = self.state();
        let ids = state.known.about.marked.iter().filter_map(|one| ObjectId::from_hex(one.id.as_bytes()).ok());
        let has_ids = |id: &ObjectId| {
            let place = state.known.objects.binary_search_by_key(&short(id), |one| one.id);
            place.is_ok_and(|place| state.known.objects[place].left == Left::Ids) && state.index.has(id)
        };
        ids.filter(has_ids).collect()
    }

    pub(super) fn learn(&self, learnt: Learnt) {
        self.state().learnt = learnt;
    }

    pub(super) fn recall(&self, git: &Git, judge: Judge) -> Recalled {
        let stored = self.cache.load(&self.name).and_then(|bytes| Known::from_bytes(&bytes));
        let mut known = stored.filter(|known| known.about.key == judge.key).unwrap_or_default();
        let new_rules = new_rules(&known, &judge);
        let rules_went = known.about.rules.iter().any(|rule| !judge.rules.contains(rule));
        let store = stored_now(&git.objects);
        let shallow = shallow_now(&git.repository);
        let references = references_now(&git.repository, &store);
        let same_store = known.about.store == Some(store) && known.about.shallow == shallow;
        let has_all = same_store || retain_stored(&mut known, &git.objects);
        let outlined = known.about.store.filter(|_| has_all);
        if !has_all || known.about.shallow != shallow {
            forget_links(&mut known);
        }
        let may_skip = new_rules.is_empty() && !rules_went;
        let unread = unread(&known, &judge, may_skip);
        let mut again = Vec::new();
        let mut objects = Vec::with_capacity(known.objects.len());
        for one in &known.objects {
            let is_read = match one.left {
                Left::Nothing => false,
                Left::Settled | Left::Ids => rules_went,
                Left::Something => !unread.contains(&one.id),
            };
            if !is_read {
                objects.push(one.id);
            }
        }
        for marked in &known.about.marked {
            again.extend(ObjectId::from_hex(marked.id.as_bytes()).ok());
        }
        again.retain(|id| objects.binary_search(&short(id)).is_err());
        let complete = same_store && objects.len() + again.len() == known.objects.len();
        let traces = traces(&known, &git.origin, &judge, &unread);
        let mut state = self.state();
        state.is_same = may_skip && same_store && known.about.references == references;
        if known.about.references == references {
            state.fates.clone_from(&known.about.fates);
            state.missing.clone_from(&known.about.missing);
        }
        state.index = Arc::new(Index {
            objects,
            names: known.names.clone(),
            unknown: complete.then_some(again),
            cache: Some(self.cache.clone()),
        });
        state.traces.clone_from(&traces);
        (state.store, state.references, state.outlined) = (store, references, outlined);
        let is_empty = known.objects.is_empty();
        state.known = known;
        state.known.about.shallow = shallow;
        state.judge = Some(judge);
        Recalled { traces, new_rules: if is_empty { Vec::new() } else { new_rules } }
    }

    pub(super) fn suspect(&self, origins: &[Origin]) {
        let mut state = self.state();
        let (mut objects, mut names) = (HashSet::new(), HashSet::new());
        for origin in origins {
            match question(origin) {
                Question::Object(id) | Question::Commit(id) | Question::Tag(id) => {
                    objects.insert(short(&id));
                }
                Question::Name(name) => {
                    names.insert(name_hash(&self.cache, &name));
                }
                Question::Nothing => {}
            }
        }
        let mut index = Index { cache: Some(self.cache.clone()), ..Index::default() };
        let is_known = |id: &u128| !objects.contains(id);
        index.objects = state.index.objects.iter().copied().filter(is_known).collect();
        if names.is_empty() {
            index.names.clone_from(&state.index.names);
        } else {
            // Any tree may have the name; with the trees all names come again.
            let trees: HashSet<u128> =
                state.known.objects.iter().filter(|one| one.kind == Kind::Tree).map(|one| one.id).collect();
            index.objects.retain(|id| !trees.contains(id));
            state.known.about.names = (0, 0);
        }
        state.index = Arc::new(index);
    }

    pub(super) fn fates(&self, git: &Git, wanted: &[Origin]) -> Vec<Vec<Fate>> {
        let mut known: HashMap<String, Vec<Fate>> = std::mem::take(&mut self.state().fates).into_iter().collect();
        let unknown: Vec<Origin> =
            wanted.iter().filter(|origin| !known.contains_key(&self.key(origin))).cloned().collect();
        if !unknown.is_empty() {
            let found = history::fates(git, &unknown);
            known.extend(unknown.iter().map(|origin| self.key(origin)).zip(found));
            self.state().is_same = false;
        }
        let answers = wanted.iter().map(|origin| known.get(&self.key(origin)).cloned().unwrap_or_default()).collect();
        let mut fates: Fates = known.into_iter().collect();
        fates.sort_by(|a, b| a.0.cmp(&b.0));
        self.state().fates = fates;
        answers
    }

    /// [`history::reachable`], asked again where something changed.
    pub(super) fn reachable(&self, git: &Git, missing: BTreeMap<ObjectId, Kind>) -> BTreeMap<ObjectId, Kind> {
        if missing.is_empty() {
            return missing;
        }
        let asked = BuildHasherDefault::<DefaultHasher>::default().hash_one(missing.keys().collect::<Vec<_>>());
        let answer = self.state().missing.take().filter(|(of, _)| *of == asked);
        let (answer, reached) = match answer {
            Some(answer) => {
                let is_reached = |id: &ObjectId| answer.1.binary_search(&id.to_string()).is_ok();
                let reached = missing.into_iter().filter(|(id, _)| is_reached(id)).collect();
                (answer, reached)
            }
            None => {
                self.state().is_same = false;
                let reached = history::reachable(git, missing);
                let mut ids: Vec<String> = reached.keys().map(ToString::to_string).collect();
                ids.sort_unstable();
                ((asked, ids), reached)
            }
        };
        self.state().missing = Some(answer);
        reached
    }

    /// Stands for what is asked about an origin.
    fn key(&self, origin: &Origin) -> String {
        match question(origin) {
            Question::Object(id) => format!("object {id}"),
            Question::Commit(id) => format!("commit {id}"),
            Question::Tag(id) => format!("tag {id}"),
            Question::Name(name) => self
                .cache
                .seal(&Secret::new(name))
                .iter()
                .fold("name ".to_owned(), |key, byte| key + &format!("{byte:02x}")),
            Question::Nothing => String::new(),
        }
    }

    pub(super) fn remember(&self, outline: &Outline, traces: &[Trace], secrets: &[&Secret]) {
        let mut state = self.state();
        let Some(judge) = state.judge.take() else { return };
        // Where the run ended early, what is known may not have been tried by all new rules.
        let is_untried = !state.learnt.is_whole && !new_rules(&state.known, &judge).is_empty();
        if state.is_same || is_untried && !state.known.objects.is_empty() {
            return;
        }
        let state = std::mem::take(&mut *state);
        if let Some(bytes) = outline::to_bytes(outline, &state.store, secrets).filter(|_| state.learnt.is_whole) {
            let _ = self.cache.store(&self.outline_name(), &bytes);
        }
        let State { known, index, traces: recalled, learnt, store, references, fates, missing, .. } = state;
        let mut objects = known.objects;
        objects.retain(|one| index.objects.binary_search(&one.id).is_ok());
        objects.extend(&learnt.objects);
        objects.sort_unstable_by_key(|one| one.id);
        objects.dedup_by_key(|one| one.id);
        let (before, now) = (known.about.names, learnt.counted);
        let mut names = [index.names.as_slice(), &learnt.names].concat();
        names.sort_unstable();
        names.dedup();
        let mut commits = known.commits;
        commits.extend(&learnt.commits);
        commits.sort_unstable();
        commits.dedup();
        let about = About {
            key: judge.key,
            shallow: known.about.shallow,
            store: learnt.is_whole.then_some(store),
            references,
            marked: marked(&known.about.marked, &index, &learnt.marked, recalled.iter().chain(traces)),
            fates: without_secrets(fates, secrets),
            missing,
            names: (before.0 + now.0, before.1 + now.1),
            rules: judge.rules,
        };
        let known = Known { about, objects, names, commits };
        // A cache that cannot be written is none; what was read is reported all the same.
        let _ = self.cache.store(&self.name, &known.to_bytes());
    }
}

/// Indices of the rules that nothing was judged by.
fn new_rules(known: &Known, judge: &Judge) -> Vec<u16> {
    let rules: HashSet<&(String, u64)> = known.about.rules.iter().collect();
    (0..).zip(&judge.rules).filter(|(_, rule)| !rules.contains(rule)).map(|(index, _)| index).collect()
}

/// Leaves only what says nothing of other objects: whether what the others refer to is there has to be asked again.
fn forget_links(known: &mut Known) {
    known.objects.retain(|one| one.kind == Kind::Blob);
    known.names.clear();
    known.commits.clear();
    known.about.names = (0, 0);
    known.about.store = None;
}
