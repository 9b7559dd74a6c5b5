//! What a partial clone left out of a change: fetched by its ids where that was asked for, when it is needed; told where it
//! lacks.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use gix::ObjectId;

use super::Change;
use super::brought::{Comparison, Unread};
use super::deepen::remote_of;
use crate::blob::{Item, Reason, Sink, Skip};
use crate::source::SourceError;
use crate::source::git::Git;
use crate::source::git::borrowing::{Borrowing, Lack};
use crate::source::git::command::Stopped;
use crate::source::git::objects::{Failure, Objects};
use crate::source::git::remote::Access;

/// Fetches for one change: a directory comes with all that is below it, so that few are needed.
const MOST_FETCHES: u32 = 64;

/// A way to fetch what is missing.
pub(super) struct Fetching {
    access: Access,
    /// The object directory that is borrowed from.
    directory: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    borrowing: Option<Borrowing>,
    fetches: u32,
    /// Why nothing more is fetched.
    failed: Option<String>,
}

impl Fetching {
    pub(super) fn new(access: Access, directory: PathBuf) -> Self {
        Fetching { access, directory, state: Mutex::default() }
    }

    fn get(
        &self,
        state: &mut State,
        git: &Git,
        wanted: &BTreeSet<ObjectId>,
        stopped: Stopped<'_>,
    ) -> Result<(), SourceError> {
        if state.borrowing.is_none() {
            let remote = remote_of(git, &self.access)?;
            let from = (&*self.directory, git.repository.hash);
            state.borrowing = Some(Borrowing::new((remote, Lack::Objects), from, &git.repository.shallow, &[])?);
        }
        let Some(borrowing) = &state.borrowing else { return Ok(()) };
        borrowing.fetch_objects(wanted, stopped)?;
        git.objects.add_later(Objects::open(&borrowing.objects(), git.repository.hash));
        Ok(())
    }
}

impl Change {
    /// Fetches those of some objects that are not here, where that was asked for. Whether any of them is here now that was not.
    pub(super) fn fetch(&self, ids: impl IntoIterator<Item = ObjectId>, stopped: Stopped<'_>) -> bool {
        let Some(fetching) = &self.fetching else { return false };
        let objects = &self.git.objects;
        let wanted: BTreeSet<ObjectId> = ids.into_iter().filter(|id| !objects.contains(id)).collect();
        let mut state = fetching.state.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.is_empty() || state.failed.is_some() || state.fetches == MOST_FETCHES {
            return false;
        }
        state.fetches += 1;
        if let Err(cause) = fetching.get(&mut state, &self.git, &wanted, stopped) {
            state.failed = Some(format!("{}: {}", cause.target, cause.message));
        }
        wanted.iter().any(|id| objects.contains(id))
    }

    /// Makes a comparison that needs trees, again where some of them had to be fetched; with what could not be read in the end.
    pub(super) fn compared<T>(&self, stopped: Stopped<'_>, make: impl Fn(&mut Comparison<'_>) -> T) -> (T, Unread) {
        loop {
            let mut comparison = Comparison::new(&self.git.objects);
            let made = make(&mut comparison);
            let unread = comparison.unread();
            if !self.fetch(unread.keys().copied(), stopped) {
                return (made, unread);
            }
        }
    }

    /// What is to be done about missing objects of a partial clone.
    pub(super) fn advice(&self) -> String {
        let failed = self.fetching.as_ref().map(|fetching| {
            let state = fetching.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.failed.clone()
        });
        match failed {
            None => "`--deepen` and `ci` fetch what is needed, `git fetch --refetch --no-filter` gets all".to_owned(),
            Some(None) => "the remote does not give them".to_owned(),
            Some(Some(failed)) => format!("they were not fetched: {failed}"),
        }
    }

    /// Tells of what was there before and cannot be read, each object once: of what it may have had nobody knows whether it is new.
    pub(super) fn tell_unknown(&self, unread: &Unread, sink: &dyn Sink) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Unread = unread.iter().filter(|(id, _)| told.insert(**id)).map(|(id, why)| (*id, *why)).collect();
        let Some((first, failure)) = new.iter().next() else { return };
        let missing = new.values().filter(|failure| failure.is_none()).count();
        let objects = |count: usize| if count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
        let unknown = "so what is new cannot be told";
        let (reason, detail) = if missing == new.len() && self.git.is_partial() {
            let count = objects(missing);
            let detail = format!("a partial clone left {count} of the base out, {unknown}: {}", self.advice());
            (Reason::Missing, detail)
        } else {
            let words = failure.map_or("it is not there", Failure::words);
            let detail = format!("{} of the base cannot be read, {unknown}; {first}: {words}", objects(new.len()));
            (failure.map_or(Reason::Missing, Failure::reason), detail)
        };
        sink.put(Item::Skip(Skip::new(self.git.origin.clone(), reason, detail)));
    }
}
