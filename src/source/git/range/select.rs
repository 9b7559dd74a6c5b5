//! From words to commits: what the user, or git, wrote, resolved to the tips and the base of a selection.

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::Kind;
use gix::revision::plumbing::Spec;

use super::selection::{Base, Branches, Selection, Update};
use crate::origin::printable;
use crate::source::SourceError;
use crate::source::git::Git;
use crate::source::git::commits::{Peeled, Unpeeled, peel};
use crate::source::git::objects::Decoder;
use crate::source::git::references::{Reference, References, split_revision};

/// Digits of an id that is shown.
const SHORT_ID: usize = 12;

/// A commit that the new side ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tip {
    /// A reference, or the word that was written.
    pub name: String,
    pub id: ObjectId,
}

/// A reference of the new side that leads to nothing that can be read.
pub(super) struct LostTip {
    /// As that of a [`Tip`].
    pub name: String,
    pub lost: Unpeeled,
}

/// A selection whose names are resolved.
#[derive(Default)]
pub(super) struct Resolved {
    pub tips: Vec<Tip>,
    pub lost_tips: Vec<LostTip>,
    /// Number of references of the new side that cannot be read.
    pub unreadable: usize,
    /// Trees that a reference names without a commit.
    pub trees: Vec<ObjectId>,
    /// Blobs that a reference names without a commit.
    pub blobs: Vec<ObjectId>,
    /// Annotated tags on the way to the tips, and on the way to the base.
    pub tags: Vec<ObjectId>,
    pub known_tags: Vec<ObjectId>,
    /// Names of references that are new.
    pub names: Vec<Vec<u8>>,
    /// Commits whose history is known.
    pub hidden: Vec<ObjectId>,
    /// Those of `hidden` whose files are known too, beside those of the merge base.
    pub base_tips: Vec<ObjectId>,
    /// Only commits from this date on, seconds since 1970.
    pub since: Option<i64>,
    pub most: Option<usize>,
    /// Whether there is a time before, so that something can be new.
    pub has_base: bool,
    /// The tips that must have a commit in common with the base.
    pub needs_fork: bool,
    /// What is not here: bases, and the commit that is the new side's end.
    pub left_out: Vec<Base>,
    /// That commit, where it is not here.
    pub head_left_out: Option<String>,
}

/// Resolves names of one repository.
pub(super) struct Names<'a> {
    pub(super) git: &'a Git,
    /// Branches of the remote that are not in the repository itself.
    fetched: Option<&'a Branches>,
    /// Whether what is not here is fetched.
    fetches: bool,
    decoder: Decoder,
    /// Opened when a name is more than a whole id.
    revisions: Option<gix::Repository>,
}

impl<'a> Names<'a> {
    pub(super) fn new(git: &'a Git, fetches: bool, fetched: Option<&'a Branches>) -> Self {
        Names { git, fetched, fetches, decoder: Decoder::new(), revisions: None }
    }

    pub(super) fn error(&self, message: String) -> SourceError {
        SourceError::new(self.git.repository_location(), message)
    }

    /// Resolves a selection; [`Selection::Staged`] has no commits.
    pub(super) fn resolve(&mut self, selection: &Selection) -> Result<Resolved, SourceError> {
        match selection {
            Selection::Range(range) => self.range(range),
            Selection::Staged { .. } => Ok(Resolved::default()),
            Selection::History { branch, since, most } => self.history(branch.as_deref(), since.as_deref(), *most),
            Selection::Updates { updates, known } => self.updates(updates, known),
            Selection::Between { head, bases, made } => self.between(head, bases, made.as_ref()),
        }
    }

    fn range(&mut self, range: &str) -> Result<Resolved, SourceError> {
        let (base, head, needs_fork) = match (range.split_once("..."), range.split_once("..")) {
            (Some((base, head)), _) => (base, head, true),
            (None, Some((base, head))) => (base, head, false),
            (None, None) => {
                return Err(self.error(format!("`{}` is no range: write BASE..HEAD", printable(range.as_bytes()))));
            }
        };
        if base.is_empty() {
            return Err(self.error(format!("`{}` names no base: write BASE..HEAD", printable(range.as_bytes()))));
        }
        let head = if head.is_empty() { "HEAD" } else { head };
        self.refuse_ambiguous(base)?;
        self.refuse_ambiguous(head)?;
        let mut resolved = Resolved { has_base: true, needs_fork, ..Resolved::default() };
        self.enter_tip(head, head, &mut resolved)?;
        let branch = base.strip_prefix("refs/remotes/").unwrap_or(base).strip_prefix("origin/");
        let branch = branch.filter(|_| self.fetches);
        if let Some(left_out) = self.left_out(base) {
            resolved.left_out.push(Base::Commit(left_out.to_string()));
        } else if let Some(name) = branch.filter(|_| self.revision(base).is_none()) {
            match self.branch(name)? {
                Some(commit) => {
                    resolved.hidden.push(commit);
                    resolved.base_tips.extend((!needs_fork).then_some(commit));
                }
                None => resolved.left_out.push(Base::Branch(name.to_owned())),
            }
        } else {
            resolved.known_tags = self.tags(base);
            let base = self.commit(base)?;
            resolved.hidden.push(base);
            resolved.base_tips.extend((!needs_fork).then_some(base));
        }
        Ok(resolved)
    }

    fn history(
        &mut self,
        branch: Option<&str>,
        since: Option<&str>,
        most: Option<usize>,
    ) -> Result<Resolved, SourceError> {
        let has_base = since.is_some() || most.is_some();
        let mut resolved = Resolved { has_base, most, ..Resolved::default() };
        match branch {
            Some(branch) => {
                let own = format!("refs/heads/{branch}");
                if self.has_reference(split_revision(&own).0) {
                    self.enter_tip(branch, &own, &mut resolved)?;
                } else {
                    self.refuse_ambiguous(branch)?;
                    self.enter_tip(branch, branch, &mut resolved)?;
                }
            }
            None => {
                self.refuse_reftable("which references there are is not known")?;
                let References { all: mut references, unreadable } = self.git.repository.references();
                resolved.unreadable = unreadable;
                references.extend(self.git.repository.older_stashes());
                for Reference { name, target } in references {
                    if let Some(target) = target {
                        self.enter(&printable(&name), target, &mut resolved);
                    }
                }
            }
        }
        if let Some(since) = since {
            self.refuse_ambiguous(since)?;
            match self.revision(since) {
                Some(commit) => {
                    if date(since).is_some() {
                        self.refuse_named_date(since)?;
                    }
                    resolved.known_tags = self.tags(since);
                    resolved.hidden.push(commit);
                    resolved.base_tips.push(commit);
                }
                None => {
                    let seconds = date(since).ok_or_else(|| {
                        let since = printable(since.as_bytes());
                        self.error(format!("`{since}` is neither a commit here nor a date such as 2026-03-31"))
                    })?;
                    resolved.since = Some(seconds);
                }
            }
        }
        Ok(resolved)
    }

    fn updates(&mut self, updates: &[Update], known: &[u8]) -> Result<Resolved, SourceError> {
        let mut resolved = Resolved { has_base: true, ..Resolved::default() };
        for update in updates.iter().filter(|update| !is_nothing(&update.new)) {
            let new = ObjectId::from_hex(update.new.as_bytes())
                .ok()
                .filter(|id| self.git.objects.contains(id))
                .ok_or_else(|| self.error(format!("the object {} is not here", printable(update.new.as_bytes()))))?;
            self.enter(&printable(&update.name), new, &mut resolved);
            if is_nothing(&update.old) {
                resolved.names.push(update.name.clone());
            } else if let Some(old) = ObjectId::from_hex(update.old.as_bytes()).ok().and_then(|id| self.peeled(id)) {
                // What is not here hides nothing: more is judged than need be, not less.
                resolved.hidden.push(old);
                resolved.base_tips.push(old);
            }
        }
        if !resolved.tips.is_empty() {
            let references = self.git.repository.references().all.into_iter();
            for reference in references.filter(|reference| reference.name.starts_with(known)) {
                resolved.hidden.extend(reference.target.and_then(|target| self.peeled(target)));
            }
            resolved.hidden.sort_unstable();
            resolved.hidden.dedup();
        }
        Ok(resolved)
    }

    fn between(&mut self, head: &str, bases: &[Base], made: Option<&Vec<u8>>) -> Result<Resolved, SourceError> {
        let mut resolved = Resolved { has_base: true, ..Resolved::default() };
        self.refuse_ambiguous(head)?;
        if let Some(id) = self.object(head) {
            // People know a commit by the first digits of its id.
            let name = self.whole_id(head).map_or_else(|| printable(head.as_bytes()), |id| short(&id));
            self.enter(&made.map_or(name, |made| printable(made)), id, &mut resolved);
        } else if self.whole_id(head).is_none_or(|id| id.is_null()) {
            return Err(self.unresolved(head));
        } else {
            resolved.left_out.push(Base::Commit(head.to_owned()));
            resolved.head_left_out = Some(head.to_owned());
        }
        for base in bases {
            let id = match base {
                Base::Commit(id) => {
                    self.expect_whole_id(id)?;
                    self.revision(id)
                }
                Base::Branch(name) => self.branch(name)?,
            };
            match id {
                Some(commit) => {
                    resolved.hidden.push(commit);
                    resolved.base_tips.push(commit);
                }
                None => resolved.left_out.push(base.clone()),
            }
        }
        resolved.names.extend(made.cloned());
        Ok(resolved)
    }

    fn expect_whole_id(&self, word: &str) -> Result<(), SourceError> {
        if self.whole_id(word).is_some_and(|id| !id.is_null()) {
            return Ok(());
        }
        Err(self.error(format!("`{}` is no whole id of a commit", printable(word.as_bytes()))))
    }

    /// The tip of a branch of the remote.
    fn branch(&mut self, name: &str) -> Result<Option<ObjectId>, SourceError> {
        let tracking = gix::refs::FullName::try_from(format!("refs/remotes/origin/{name}"));
        let Ok(tracking) = tracking else {
            return Err(self.error(format!("`{}` is no name of a branch", printable(name.as_bytes()))));
        };
        let fetched = self.fetched.and_then(|fetched| fetched.get(name)).copied();
        Ok(fetched.and_then(|id| self.peeled(id)).or_else(|| self.revision(tracking.as_bstr().to_str().ok()?)))
    }

    /// Enters what a revision stands for as a tip, with the tags on the way; `word` is what was written.
    fn enter_tip(&mut self, word: &str, revision: &str, resolved: &mut Resolved) -> Result<(), SourceError> {
        let id = self.object(revision).ok_or_else(|| self.unresolved(word))?;
        self.enter(&printable(word.as_bytes()), id, resolved);
        if resolved.tips.is_empty() {
            return Err(self.error(format!("`{}` is no commit", printable(word.as_bytes()))));
        }
        Ok(())
    }

    fn enter(&mut self, name: &str, id: ObjectId, resolved: &mut Resolved) {
        let tags = &mut resolved.tags;
        let peeled = peel(&self.git.objects, id, &mut self.decoder, |tag| tags.push(tag));
        match peeled {
            Ok(Peeled { kind: Kind::Tree, id }) => resolved.trees.push(id),
            Ok(Peeled { kind: Kind::Blob, id }) => resolved.blobs.push(id),
            // Tags are followed to what they name.
            Ok(Peeled { kind: Kind::Commit | Kind::Tag, id }) => {
                resolved.tips.push(Tip { name: name.to_owned(), id });
            }
            Err(lost) => resolved.lost_tips.push(LostTip { name: name.to_owned(), lost }),
        }
    }

    pub(super) fn peeled(&mut self, id: ObjectId) -> Option<ObjectId> {
        let peeled = peel(&self.git.objects, id, &mut self.decoder, |_| {}).ok()?;
        (peeled.kind == Kind::Commit).then_some(peeled.id)
    }

    /// The commit that a word stands for.
    fn commit(&mut self, word: &str) -> Result<ObjectId, SourceError> {
        self.refuse_reftable_for(word)?;
        self.revision(word).ok_or_else(|| self.unresolved(word))
    }

    pub(super) fn revision(&mut self, word: &str) -> Option<ObjectId> {
        let id = self.object(word)?;
        self.peeled(id)
    }

    /// The annotated tags that a word stands for.
    fn tags(&mut self, word: &str) -> Vec<ObjectId> {
        let mut tags = Vec::new();
        if let Some(id) = self.object(word) {
            _ = peel(&self.git.objects, id, &mut self.decoder, |tag| tags.push(tag));
        }
        tags
    }

    pub(super) fn object(&mut self, word: &str) -> Option<ObjectId> {
        if let Some(id) = self.whole_id(word) {
            return self.git.objects.contains(&id).then_some(id);
        }
        // Of a full name git itself would take a tag that is called like it, where there is nothing else.
        let (name, _) = split_revision(word);
        if name.starts_with("refs/") && !self.has_reference(name) {
            return None;
        }
        let word = self.git.repository.without_name(word);
        match self.revisions()?.rev_parse(word.as_bytes().as_bstr()).ok()?.detach() {
            Spec::Include(id) => Some(id),
            // `A^!`, `A^@`, `^A` stand for sets of commits.
            _ => None,
        }
    }

    pub(super) fn revisions(&mut self) -> Option<&gix::Repository> {
        if self.revisions.is_none() {
            self.revisions = self.git.repository.for_revisions();
        }
        self.revisions.as_ref()
    }

    /// Whether there is a reference of this full name.
    pub(super) fn has_reference(&self, full: &str) -> bool {
        self.git.repository.has_reference(full)
    }

    pub(super) fn whole_id(&self, word: &str) -> Option<ObjectId> {
        ObjectId::from_hex(word.as_bytes()).ok().filter(|id| id.kind() == self.git.repository.hash)
    }

    /// The id of a base that is not here since the clone is shallow.
    fn left_out(&self, word: &str) -> Option<ObjectId> {
        let id = self.whole_id(word).filter(|id| !id.is_null())?;
        (!self.git.objects.contains(&id) && self.is_shallow()).then_some(id)
    }

    pub(super) fn is_shallow(&self) -> bool {
        !self.git.repository.shallow.is_empty()
    }
}

/// Seconds since 1970 of what people write for a date.
fn date(words: &str) -> Option<i64> {
    gix::date::parse(words, Some(gix::date::Zoned::now())).ok().map(|date| date.seconds)
}

/// The first digits of an id.
pub(super) fn short(id: &ObjectId) -> String {
    id.to_hex_with_len(SHORT_ID).to_string()
}

/// Whether an id stands for nothing: a reference that is made, or taken away.
fn is_nothing(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte == b'0')
}
