//! Fetches the history that a shallow clone left out, until the two sides of a range meet. It goes into a repository of its
//! own: the scanned one's config does not count, and nothing is written there.

use gix::ObjectId;

use super::select::Resolved;
use super::walk::Walked;
use crate::source::SourceError;
use crate::source::git::Git;
use crate::source::git::borrowing::Borrowing;
use crate::source::git::command::Stopped;
use crate::source::git::objects::Objects;
use crate::source::git::remote::{Remote, Transports};
use crate::source::git::repository::read_shallow;

/// Commits that are fetched at a time, more each time; the last is what git takes for all of them.
const DEPTHS: [u32; 4] = [50, 500, 5_000, i32::MAX as u32];

/// A fetch that goes deeper and deeper.
pub(super) struct Deepening {
    borrowing: Borrowing,
    /// Where history ended at first: older git servers give only what they advertise, which that may be.
    wanted: Vec<ObjectId>,
    /// How many of [`DEPTHS`] were fetched.
    steps: usize,
}

/// Fetches a part of the history that is lacking; `false` where nothing is, or nothing more can be had.
pub(super) fn step(
    git: &mut Git,
    (resolved, walked): (&Resolved, &Walked),
    transports: Transports,
    deepening: &mut Option<Deepening>,
    stopped: Stopped<'_>,
) -> Result<bool, SourceError> {
    let wanted = lacking(git, resolved, walked);
    if wanted.is_empty() {
        return Ok(false);
    }
    if deepening.is_none() {
        let location = git.repository_location();
        let url = git.repository.remote_url().ok_or_else(|| {
            SourceError::new(location, "--deepen has nothing to fetch from: the repository names no remote `origin`")
        })?;
        let tips: Vec<ObjectId> =
            resolved.tips.iter().map(|tip| tip.id).chain(resolved.hidden.iter().copied()).collect();
        let objects = git.repository.common_dir.join("objects");
        let (hash, shallow) = (git.repository.hash, &git.repository.shallow);
        let borrowing = Borrowing::new(Remote::parse(&url, transports)?, (&objects, hash), shallow, &tips)?;
        *deepening = Some(Deepening { borrowing, wanted, steps: 0 });
    }
    let Some(Deepening { borrowing, wanted, steps }) = deepening else { return Ok(false) };
    let Some(depth) = DEPTHS.get(*steps) else { return Ok(false) };
    *steps += 1;
    borrowing.fetch(wanted, *depth, stopped)?;
    git.objects = Objects::open(&borrowing.objects(), git.repository.hash);
    git.repository.shallow = read_shallow(&borrowing.shallow_file());
    Ok(true)
}

/// The commits at which history ends before the two sides meet, and a base that is not here.
fn lacking(git: &Git, resolved: &Resolved, walked: &Walked) -> Vec<ObjectId> {
    let is_parted = walked.bases.is_empty() && !walked.commits.is_empty();
    if resolved.base_left_out.is_none() && walked.cut.is_empty() && !is_parted {
        return Vec::new();
    }
    let ends = git.repository.shallow.iter().filter(|id| walked.tree(id).is_some());
    let mut wanted: Vec<ObjectId> = ends.copied().chain(resolved.base_left_out).collect();
    wanted.sort_unstable();
    wanted
}
