//! Files of a repository that say something of its paths: the baseline, and CODEOWNERS. Found, read, and with the folder from
//! which paths are counted.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::allow::baseline::{Baseline, FILE_NAME, Ground};
use crate::origin::slashed;
use crate::owners::{self, Owners};
use crate::source::git::range::SideFile;
use crate::source::git::{followed, top_as_written};
use crate::source::regular_file;

/// Files above this many bytes are no baseline: more than 500,000 secrets.
const LARGEST: u64 = 128 << 20;

/// A baseline that was not read yet.
#[derive(Debug, Clone)]
pub enum Unread {
    /// A file of this machine, and from where its paths are counted.
    File(PathBuf, Ground),
    /// A file that one side of a change has.
    Side(SideFile),
}

/// A baseline and the file it is written in.
#[derive(Debug, Clone)]
pub struct BaselineFile {
    /// The file, as it is named in messages.
    pub name: String,
    /// Its content.
    pub baseline: Baseline,
    /// From where its paths are counted.
    pub ground: Ground,
}

impl Unread {
    /// Reads it.
    ///
    /// # Errors
    /// When it cannot be read, or is no baseline as a whole; with the line.
    pub fn read(self) -> Result<BaselineFile, Failure> {
        match self {
            Unread::File(path, ground) => read(&path, ground),
            Unread::Side(file) => {
                let fault = |why| Failure::new(format!("baseline: {}", file.name), why);
                let content = file.content().map_err(fault)?;
                parse(file.name.clone(), content, Ground::default())
            }
        }
    }
}

/// Sees to it that the configuration and the baseline that were found are files.
///
/// # Errors
/// Where one is something else, or a link to nothing: what counts is then not known.
pub fn expect_files(config: Option<&Path>, baseline: Option<&Unread>) -> Result<(), Failure> {
    let config = config.map(|path| ("config", path));
    let baseline = baseline.and_then(|unread| match unread {
        Unread::File(path, _) => Some(("baseline", path.as_path())),
        Unread::Side(_) => None,
    });
    match config.into_iter().chain(baseline).find(|(_, path)| !path.is_file()) {
        None => Ok(()),
        Some((what, path)) => {
            let why = "is no regular file, and no link to one, so what counts is not known";
            Err(Failure::new(format!("{what}: {}", path.display()), why)
                .or_try("put the file in its place, or take it away"))
        }
    }
}

/// Reads a file.
///
/// # Errors
/// As [`Unread::read`].
pub fn read(path: &Path, ground: Ground) -> Result<BaselineFile, Failure> {
    let fault = |cause: &dyn std::fmt::Display| Failure::new(format!("baseline: {}", path.display()), cause);
    let mut content = Vec::new();
    let file = File::open(path).map_err(|cause| fault(&cause))?;
    file.take(LARGEST + 1).read_to_end(&mut content).map_err(|cause| fault(&cause))?;
    if content.len() as u64 > LARGEST {
        return Err(fault(&"larger than 128 MiB; this is no baseline"));
    }
    parse(path.display().to_string(), &content, ground)
}

fn parse(name: String, content: &[u8], ground: Ground) -> Result<BaselineFile, Failure> {
    let text = std::str::from_utf8(content).map_err(|cause| {
        let line = 1 + memchr::memchr_iter(b'\n', &content[..cause.valid_up_to()]).count();
        Failure::new(format!("baseline: {name}:{line}"), "is no text in UTF-8")
    })?;
    let baseline = Baseline::parse(text)
        .map_err(|fault| Failure::new(format!("baseline: {name}:{}", fault.line), fault.message))?;
    Ok(BaselineFile { name, baseline, ground })
}

/// The top of the repository that a folder is in, or the folder itself.
pub fn top_of(folder: &Path) -> &Path {
    folder.ancestors().find(|above| above.join(".git").exists()).unwrap_or(folder)
}

/// Where a user stands, and what is scanned from there.
#[derive(Debug, Clone)]
pub struct Stand {
    /// The current folder, by its real name.
    pub here: PathBuf,
    /// The targets.
    pub targets: Vec<PathBuf>,
}

impl Stand {
    /// From where the paths of a baseline are counted: from its folder, where it has the name that it has by default; else from
    /// the top of the repository where the user stands.
    pub fn ground_of(&self, file: &Path) -> Ground {
        let own = file.file_name().is_some_and(|name| name == FILE_NAME);
        let folder = self.here.join(file.parent().unwrap_or(Path::new("")));
        let folder = if own { folder.canonicalize().unwrap_or(folder) } else { top_of(&self.here).to_owned() };
        ground(&folder, &self.here, &self.targets)
    }

    /// From where the paths of a configuration are counted: from its folder.
    pub fn ground_of_config(&self, file: &Path) -> Ground {
        let folder = self.here.join(file.parent().unwrap_or(Path::new("")));
        ground(&folder.canonicalize().unwrap_or(folder), &self.here, &self.targets)
    }

    /// From where those of a policy are counted, which is kept elsewhere: from the top of the repository that is scanned; where
    /// it is none, or several, of the one where the user stands.
    pub fn ground_of_policy(&self) -> Ground {
        let top = the_top(&self.here, &self.targets).filter(|top| top.join(".git").exists());
        let top = top.unwrap_or_else(|| top_of(&self.here).to_owned());
        ground(&top, &self.here, &self.targets)
    }
}

/// The top that all targets have; `None` where they are in several repositories.
fn the_top(here: &Path, targets: &[PathBuf]) -> Option<PathBuf> {
    let top = |target: &PathBuf| {
        let target = here.join(target);
        let target = target.canonicalize().unwrap_or(target);
        top_of(&target).to_owned()
    };
    let mut tops: Vec<PathBuf> = targets.iter().map(top).collect();
    tops.dedup();
    <[PathBuf; 1]>::try_from(tops).ok().map(|[top]| top)
}

fn ground(folder: &Path, here: &Path, targets: &[PathBuf]) -> Ground {
    let below = |target: &Path| -> Option<Vec<u8>> {
        let target = here.join(target);
        let target = target.canonicalize().unwrap_or(target);
        let prefix = top_of(&target).strip_prefix(folder).ok()?.to_string_lossy().replace('\\', "/");
        Some(prefix.into_bytes())
    };
    let named = |target: &PathBuf| Some((top_as_written(target, &target.to_string_lossy()), below(target)?));
    let linked = |target: &PathBuf| {
        let shown = slashed(target);
        let shown = shown.strip_suffix(b"/").unwrap_or(&shown);
        let real = here.join(target).canonicalize().ok()?;
        (real != followed(here.to_owned(), target)).then(|| (shown.to_vec(), slashed(&real)))
    };
    Ground {
        folders: Some((folder.to_owned(), here.to_owned())),
        linked: targets.iter().filter_map(linked).collect(),
        repositories: targets.iter().filter_map(named).collect(),
    }
}

/// The baseline at the top of where a user stands, whether it is there or not.
pub fn path_at(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}

/// The CODEOWNERS of the repository that all targets are in; `None` where they are in several, or it has none that can be
/// read: who answers for a path decides nothing.
pub fn owners(here: &Path, targets: &[PathBuf]) -> Option<(Ground, Owners)> {
    let top = the_top(here, targets)?;
    owners::PATHS.iter().find_map(|path| {
        let text = regular_file::read_below(&top, path, owners::LARGEST)?;
        Some((ground(&top, here, targets), Owners::parse(path, &text)))
    })
}
