//! The two sides of a change, and what file they have at a path: what counted before it, and what it brings itself.

use gix::ObjectId;
use gix::objs::Kind;

use super::Change;
use super::brought::{Comparison, Entry};
use super::select::short;
use super::walk::Walk;
use crate::source::SourceError;
use crate::source::git::Git;
use crate::source::git::history::INDEX;
use crate::source::git::objects::Decoder;

/// A file as one side has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideFile {
    /// Its name for messages: `REVISION:PATH`, as git writes it.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// A commit, by the name that is shown, and its tree.
#[derive(Debug)]
pub(super) struct Side {
    pub name: String,
    pub tree: ObjectId,
}

impl Side {
    /// A side named by the first digits of its commit.
    pub(super) fn of(commit: &ObjectId, tree: ObjectId) -> Self {
        Side { name: short(commit), tree }
    }
}

impl Change {
    /// The file that the base has at a path; `None` where it has none, or there is no base here.
    ///
    /// # Errors
    /// When it is no regular file, or cannot be read: what counts is then not known.
    pub fn file_before(&self, path: &str) -> Result<Option<SideFile>, SourceError> {
        let Some(base) = &self.base else { return Ok(None) };
        let Some(entry) = Comparison::new(&self.git.objects).entry_at(base.tree, path.as_bytes()) else {
            return Ok(None);
        };
        let name = format!("{}:{path}", base.name);
        let content = content(&self.git, entry).map_err(|why| {
            SourceError::new(self.git.repository_location(), format!("{name} {why}, so what counts is not known"))
        })?;
        Ok(Some(SideFile { name, content }))
    }

    /// The files that the new side has at a path, one for each tip where they differ. What is no file, or cannot be read, is
    /// left out: reading the change tells of it.
    pub fn files_after(&self, path: &str) -> Vec<SideFile> {
        let mut comparison = Comparison::new(&self.git.objects);
        let staged = self.staged_root.iter().filter(|(staged, _)| staged == path.as_bytes());
        let mut entries: Vec<(String, Entry)> = staged.map(|(_, entry)| (INDEX.to_owned(), *entry)).collect();
        for tip in &self.tips {
            let tree = self.walked.tree(&tip.id);
            let entry = tree.and_then(|tree| comparison.entry_at(tree, path.as_bytes()));
            entries.extend(entry.map(|entry| (tip.name.clone(), entry)));
        }
        let mut seen = Vec::new();
        entries.retain(|(_, entry)| {
            !seen.contains(&entry.id) && {
                seen.push(entry.id);
                true
            }
        });
        let file =
            |(side, entry)| Some(SideFile { name: format!("{side}:{path}"), content: content(&self.git, entry).ok()? });
        entries.into_iter().filter_map(file).collect()
    }
}

/// The file that the commit of `HEAD` has at a path; `None` where it has none that can be read.
pub(in crate::source::git) fn file_at_head(git: &Git, path: &str) -> Option<Vec<u8>> {
    let head = git.repository.head()?;
    let walked = Walk::new(&git.objects, &git.repository.shallow).newest(&[head], None, Some(0));
    let entry = Comparison::new(&git.objects).entry_at(walked.tree(&head)?, path.as_bytes())?;
    content(git, entry).ok()
}

fn content(git: &Git, entry: Entry) -> Result<Vec<u8>, &'static str> {
    if !entry.mode.is_blob() {
        return Err("is no regular file");
    }
    let mut content = Vec::new();
    match git.objects.find(&entry.id, &mut Decoder::new(), &mut content) {
        Ok(Some(Kind::Blob)) => Ok(content),
        _ => Err("cannot be read"),
    }
}
