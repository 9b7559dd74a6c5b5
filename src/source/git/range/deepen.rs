//! Fetches the history that a shallow clone left out, until the two sides of a range meet. It goes into a repository of its
//! own: the scanned one's config does not count, and nothing is written there.

use std::path::PathBuf;

use gix::ObjectId;

use super::select::Resolved;
use super::selection::{Base, Branches};
use super::walk::Walked;
use crate::source::SourceError;
use crate::source::git::Git;
use crate::source::git::borrowing::{Borrowing, Lack};
use crate::source::git::command::Stopped;
use crate::source::git::objects::Objects;
use crate::source::git::remote::{Access, Remote};
use crate::source::git::repository::read_shallow;

/// Commits that are fetched at a time, more each time; the last is what git takes for all of them.
const DEPTHS: [u32; 4] = [50, 500, 5_000, i32::MAX as u32];

/// A fetch that goes deeper and deeper.
pub(super) struct Deepening {
    borrowing: Borrowing,
    /// What is fetched, as git is told: where history ended at first, since older git servers give only what they advertise,
    /// and what is not here at all.
    wanted: Vec<String>,
    /// By what reference here, of the branches among it.
    references: Vec<(String, String)>,
    branches: Branches,
    /// Depths that are still to be tried; without one, all is fetched at once.
    depths: std::vec::IntoIter<Option<u32>>,
}

impl Deepening {
    /// The branches that were fetched.
    pub(super) fn branches(&self) -> &Branches {
        &self.branches
    }

    /// The object directory that has all that was fetched, and what it was fetched to.
    pub(super) fn objects(&self) -> PathBuf {
        self.borrowing.objects()
    }

    fn new(git: &Git, resolved: &Resolved, ends: &[ObjectId], access: &Access) -> Result<Self, SourceError> {
        let remote = remote_of(git, access)?;
        let tips: Vec<ObjectId> =
            resolved.tips.iter().map(|tip| tip.id).chain(resolved.hidden.iter().copied()).collect();
        let objects = git.repository.common_dir.join("objects");
        let (hash, shallow) = (git.repository.hash, &git.repository.shallow);
        let lack = if shallow.is_empty() { Lack::Commits } else { Lack::History { is_partial: git.is_partial() } };
        let borrowing = Borrowing::new((remote, lack), (&objects, hash), shallow, &tips)?;
        let mut wanted: Vec<String> = ends.iter().map(ToString::to_string).collect();
        let mut references = Vec::new();
        for base in &resolved.left_out {
            match base {
                Base::Commit(id) => wanted.push(id.clone()),
                Base::Branch(name) => {
                    let reference = format!("refs/fetched/{}", references.len());
                    wanted.push(format!("+refs/heads/{name}:{reference}"));
                    references.push((name.clone(), reference));
                }
            }
        }
        let depths = if shallow.is_empty() { vec![None] } else { DEPTHS.map(Some).to_vec() };
        Ok(Deepening { borrowing, wanted, references, branches: Branches::new(), depths: depths.into_iter() })
    }
}

/// The remote that is fetched from.
///
/// # Errors
/// When the repository names none, or one that is not asked.
pub(super) fn remote_of(git: &Git, access: &Access) -> Result<Remote, SourceError> {
    let location = git.repository_location();
    let url = git.repository.remote_url().ok_or_else(|| {
        SourceError::new(&location, "--deepen has nothing to fetch from: the repository names no remote `origin`")
    })?;
    let refused = |SourceError { target, message }| {
        SourceError::new(&location, format!("--deepen has nothing to fetch from: {target}: {message}"))
    };
    let mut remote = Remote::parse(&url, access.transports).map_err(refused)?;
    access.tokens.log_in(&mut remote);
    Ok(remote)
}

/// Fetches a part of the history that is lacking; `false` where nothing is, or nothing more can be had.
pub(super) fn step(
    git: &mut Git,
    (resolved, walked): (&Resolved, &Walked),
    access: &Access,
    deepening: &mut Option<Deepening>,
    stopped: Stopped<'_>,
) -> Result<bool, SourceError> {
    let Some(ends) = lacking(git, resolved, walked) else { return Ok(false) };
    if deepening.is_none() {
        *deepening = Some(Deepening::new(git, resolved, &ends, access)?);
    }
    let Some(deepening) = deepening else { return Ok(false) };
    let Some(depth) = deepening.depths.next() else { return Ok(false) };
    let borrowing = &deepening.borrowing;
    borrowing.fetch(&deepening.wanted, depth, stopped)?;
    for (name, reference) in &deepening.references {
        deepening.branches.extend(borrowing.reference(reference).map(|id| (name.clone(), id)));
    }
    git.objects = Objects::open(&borrowing.objects(), git.repository.hash);
    git.repository.shallow = read_shallow(&borrowing.shallow_file());
    Ok(true)
}

/// The commits at which history ends before the two sides meet, where it does or one of them is not here.
fn lacking(git: &Git, resolved: &Resolved, walked: &Walked) -> Option<Vec<ObjectId>> {
    let is_parted = walked.bases.is_empty() && !walked.commits.is_empty();
    let ends = git.repository.shallow.iter().filter(|id| walked.tree(id).is_some());
    let mut ends: Vec<ObjectId> = ends.copied().collect();
    ends.sort_unstable();
    let is_cut = !walked.cut.is_empty() || (is_parted && !ends.is_empty());
    (is_cut || !resolved.left_out.is_empty()).then_some(ends)
}
