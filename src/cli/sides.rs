//! What the two sides of a change have of the files that say what counts: what lies in the checkout is what the change says, and its
//! base is asked instead.

use std::path::{Path, PathBuf};

use super::flags::CommonArgs;
use crate::origin::printable;
use crate::source::SourceError;
use crate::source::git::Stopped;
use crate::source::git::range::{Change, SideFile};

/// What the two sides of a change have of the files that say what counts.
#[derive(Debug, Default)]
pub struct Sides {
    /// The configuration.
    pub config: TwoSides,
    /// The baseline.
    pub baseline: TwoSides,
    /// The CODEOWNERS that its base has, with its path.
    pub owners: Option<(&'static str, SideFile)>,
    /// What flags name instead.
    pub named: NamedFiles,
}

/// A file as the two sides of a change have it.
#[derive(Debug, Default)]
pub struct TwoSides {
    /// Its path in the repository.
    pub path: Vec<u8>,
    /// What its base has.
    pub base: Option<SideFile>,
    /// What it would leave, one for each tip.
    pub after: Vec<SideFile>,
}

impl TwoSides {
    /// Asks both sides.
    ///
    /// # Errors
    /// When it cannot be told what the base has.
    pub fn of(change: &Change, path: &[u8], stopped: Stopped<'_>) -> Result<Self, SourceError> {
        let (base, after) = (change.file_before(path, stopped)?, change.files_after(path, stopped));
        Ok(TwoSides { path: path.to_vec(), base, after })
    }
}

/// What flags name and a commit of the repository has; what lies elsewhere is the caller's own, and not in here.
#[derive(Debug, Default)]
pub struct NamedFiles {
    /// `--config`.
    pub policy: Option<TwoSides>,
    /// `--baseline`.
    pub baseline: Option<TwoSides>,
    /// `--signatures`: each folder as it was written, with the files that the base has there.
    pub signatures: Vec<(PathBuf, Vec<SideFile>)>,
    /// What the base lacks.
    pub notes: Vec<String>,
}

impl NamedFiles {
    /// Asks the two sides of a change for what flags name.
    ///
    /// # Errors
    /// When it cannot be told what the base has.
    pub fn by(flags: &CommonArgs, change: &Change, stopped: Stopped<'_>) -> Result<Self, SourceError> {
        let mut named = NamedFiles::default();
        named.policy = named.file(flags.config.config.as_deref(), change, stopped)?;
        named.baseline = named.file(flags.known.baseline.as_deref(), change, stopped)?;
        for folder in &flags.rules.signatures {
            let Some(path) = change.path_of(folder)? else { continue };
            let files = change.toml_files_before(&path, stopped)?;
            if files.is_none() {
                named.lacks(&path);
            }
            named.signatures.push((folder.clone(), files.unwrap_or_default()));
        }
        Ok(named)
    }

    fn file(
        &mut self,
        file: Option<&Path>,
        change: &Change,
        stopped: Stopped<'_>,
    ) -> Result<Option<TwoSides>, SourceError> {
        let Some(path) = file.map(|file| change.path_of(file)).transpose()?.flatten() else { return Ok(None) };
        let sides = TwoSides::of(change, &path, stopped)?;
        if sides.base.is_none() {
            self.lacks(&path);
        }
        Ok(Some(sides))
    }

    fn lacks(&mut self, path: &[u8]) {
        self.notes
            .push(format!("{}: the base of this change does not have it, so nothing of it counts", printable(path)));
    }

    /// The files that the base has in a folder of `--signatures`; `None` where the folder itself counts.
    pub fn signatures_in(&self, folder: &Path) -> Option<&[SideFile]> {
        self.signatures.iter().find(|(named, _)| named == folder).map(|(_, files)| &files[..])
    }
}
