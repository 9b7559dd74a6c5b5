//! Bare mirrors of repositories elsewhere, kept from one time to the next and fetched into. A mirror is looked at by one
//! process at a time, and is not trusted: what a killed process or a bad disk left of it is fetched again or cloned anew.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::command::{self, Stopped, Trouble};
use super::remote::Remote;
use crate::cache::private_folders;

/// File in a mirror that is there while nothing is being changed. Holds which faults are known to be the remote's own.
const WHOLE: &str = "scrubjay-whole";
/// Folder beside the mirrors, with clones that are under way and mirrors that were replaced.
const ASIDE: &str = "unfinished";
/// Characters of the readable part of a mirror's name.
const READABLE: usize = 40;
/// Pause between two tries to get a mirror that another process has.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// A folder of mirrors.
#[derive(Debug)]
pub struct Mirrors {
    folder: PathBuf,
}

/// A mirror that this process alone has, for as long as this is kept.
#[derive(Debug)]
pub struct Mirror {
    path: PathBuf,
    is_new: bool,
    _lock: File,
}

impl Mirrors {
    /// The mirrors in a folder, which is made where it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or others can write to it.
    pub fn open(folder: &Path) -> io::Result<Self> {
        if !folder.exists() {
            if let Some(parent) = folder.parent() {
                fs::create_dir_all(parent)?;
            }
            private_folders(false).create(folder)?;
        }
        let folder = folder.canonicalize()?;
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&folder)?.permissions()) & 0o022 != 0 {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "other users can write to it"));
        }
        Ok(Mirrors { folder })
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Brings the mirror of a repository up to date: every reference, also those of pull requests, and no other.
    ///
    /// # Errors
    /// When the repository cannot be had, or it is to stop.
    pub fn fetch(&self, remote: &Remote, stopped: Stopped<'_>) -> Result<Mirror, Trouble> {
        let path = self.folder.join(name_of(remote.location()));
        let lock = lock(&path.with_extension("lock"), stopped)?;
        // What cannot be removed is in nobody's way.
        let _ = remove_leftovers(&path);
        make_room(&path).map_err(|cause| failed(&path, &cause))?;
        let mut mirror = Mirror { path, is_new: false, _lock: lock };
        if mirror.path.exists() {
            match mirror.update(remote, stopped) {
                Ok(()) => return Ok(mirror),
                Err(Trouble::Failed(_)) => {}
                Err(trouble) => return Err(trouble),
            }
            // Whose fault was it? Where the repository does not even list its references, a new clone would fail, too.
            let list = ["ls-remote", "--quiet", "--", remote.url()];
            command::run(remote.git(&self.folder), list, stopped)?;
        }
        mirror.renew(remote, stopped)?;
        Ok(mirror)
    }
}

impl Mirror {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it was cloned just now, so that what is wrong with it is wrong with the repository.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Clones it anew, beside the old one, and puts the new one in its place when it is whole.
    ///
    /// # Errors
    /// When the repository cannot be had, or it is to stop; then the old one stays.
    pub fn renew(&mut self, remote: &Remote, stopped: Stopped<'_>) -> Result<(), Trouble> {
        let (new, old) = (aside(&self.path, "new"), aside(&self.path, "old"));
        let io = |cause: io::Error| failed(&self.path, &cause);
        private_folders(false).create(&new).map_err(io)?;
        let clone = ["clone", "--quiet", "--mirror", "--no-local", "--template=", "--", remote.url(), "."];
        let cloned = command::run(remote.git(&new), clone, stopped);
        let cloned = cloned.and_then(|()| remote.has_answered(&new, stopped)).and_then(|()| {
            mark_whole(&new, "").map_err(io)?;
            if self.path.exists() {
                fs::rename(&self.path, &old).map_err(io)?;
            }
            fs::rename(&new, &self.path).map_err(io)
        });
        if cloned.is_err() {
            // It is of no use, and is taken away the next time in any case.
            let _ = remove(&new);
        }
        cloned?;
        let _ = remove(&old);
        self.is_new = true;
        Ok(())
    }

    /// Whether its objects are all there and as their ids say. Reads all of them.
    ///
    /// # Errors
    /// When it is to stop or git cannot be started.
    pub fn is_sound(&self, stopped: Stopped<'_>) -> Result<bool, Trouble> {
        self.check(&["fsck", "--full", "--no-dangling", "--no-progress"], stopped)
    }

    /// Whether these faults were looked into before: they are the repository's own, or none that git knows.
    pub fn knows_faults(&self, faults: &str) -> bool {
        fs::read_to_string(self.path.join(WHOLE)).is_ok_and(|known| known == digest(faults))
    }

    /// Notes faults that a new clone has as well.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_faults(&self, faults: &str) -> io::Result<()> {
        mark_whole(&self.path, &digest(faults))
    }

    /// Packs it where many fetches have left many packs.
    ///
    /// # Errors
    /// When it is to stop or git fails; the next fetch then looks whether all is there.
    pub fn tidy(&self, stopped: Stopped<'_>) -> Result<(), Trouble> {
        let marker = self.path.join(WHOLE);
        let known = fs::read_to_string(&marker).map_err(|cause| failed(&marker, &cause))?;
        remove(&marker).map_err(|cause| failed(&marker, &cause))?;
        let tidy = ["-c", "gc.auto=6700", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet"];
        command::run(command::git(&self.path, "", &[]), tidy, stopped)?;
        mark_whole(&self.path, &known).map_err(|cause| failed(&marker, &cause))
    }

    fn update(&self, remote: &Remote, stopped: Stopped<'_>) -> Result<(), Trouble> {
        let marker = self.path.join(WHOLE);
        let known = fs::read_to_string(&marker);
        remove(&marker).map_err(|cause| failed(&marker, &cause))?;
        if known.is_err() {
            remove_locks(&self.path, 0).map_err(|cause| failed(&self.path, &cause))?;
        }
        // What a server left out, or somebody put there, would stay so: a new clone has what there is now.
        if ["shallow", "objects/info/alternates"].iter().any(|name| self.path.join(name).exists()) {
            return Err(Trouble::Failed("it is not whole".to_owned()));
        }
        let head = head_of(remote, &self.path, stopped)?;
        if head.is_none() {
            remote.is_of_git(&self.path, stopped)?;
        }
        let mut fetch = vec![
            "fetch",
            "--quiet",
            "--prune",
            "--force",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--",
            remote.url(),
            "+refs/*:refs/*",
        ];
        if head.is_some() {
            // The branch that it stands for may not be shown.
            fetch.push("HEAD");
        }
        command::run(remote.git(&self.path), fetch, stopped)?;
        if let Some(Head { name, commit }) = &head {
            let name = name.as_deref().filter(|name| {
                let show = ["show-ref", "--verify", "--quiet", *name];
                command::run(command::git(&self.path, "", &[]), show, stopped).is_ok()
            });
            let put = match name {
                Some(name) => vec!["symbolic-ref", "HEAD", name],
                None => vec!["update-ref", "--no-deref", "HEAD", commit],
            };
            command::run(command::git(&self.path, "", &[]), put, stopped)?;
        }
        if known.is_err() && !self.check(&["fsck", "--connectivity-only", "--no-dangling", "--no-progress"], stopped)? {
            return Err(Trouble::Failed("objects are missing".to_owned()));
        }
        mark_whole(&self.path, &known.unwrap_or_default()).map_err(|cause| failed(&marker, &cause))
    }

    fn check(&self, arguments: &[&str], stopped: Stopped<'_>) -> Result<bool, Trouble> {
        match command::run(command::git(&self.path, "", &[]), arguments, stopped) {
            Ok(()) => Ok(true),
            Err(Trouble::Failed(_)) => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }
}

/// What the `HEAD` of a repository stands for.
struct Head {
    /// A reference, by its whole name, where it is not detached.
    name: Option<String>,
    /// A commit.
    commit: String,
}

/// What `HEAD` stands for elsewhere; `None` where nothing is there yet.
fn head_of(remote: &Remote, folder: &Path, stopped: Stopped<'_>) -> Result<Option<Head>, Trouble> {
    let list = ["ls-remote", "--quiet", "--symref", "--", remote.url(), "HEAD"];
    let listed = command::run_for(remote.git(folder), list, stopped)?;
    let listed = String::from_utf8_lossy(&listed);
    let heads = || listed.lines().filter_map(|line| line.strip_suffix("\tHEAD"));
    let name = heads().find_map(|head| head.strip_prefix("ref: ")).map(str::to_owned);
    let commit = heads().find(|head| !head.starts_with("ref: "));
    Ok(commit.map(|commit| Head { name, commit: commit.to_owned() }))
}

fn failed(path: &Path, cause: &io::Error) -> Trouble {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Trouble::Failed(format!("the mirror {name}: {cause}"))
}

/// The name of a mirror's folder: a part that people can read, and one that no two repositories share.
fn name_of(location: &str) -> String {
    let path = location.split_once("://").map_or(location, |(_, rest)| rest).trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let readable: String =
        path.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' }).collect();
    // The end says more than the beginning.
    let start = readable.len().saturating_sub(READABLE);
    format!("{}-{}.git", readable[start..].trim_start_matches(['.', '-']), &digest(location)[..16])
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name that was never used: a git whose parent was killed may still write to its folder, by name, or remove it.
fn aside(mirror: &Path, what: &str) -> PathBuf {
    let stem = mirror.file_stem().unwrap_or_default().to_string_lossy();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    mirror.with_file_name(ASIDE).join(format!("{stem}.{what}-{}-{now}", std::process::id()))
}

/// Removes what is aside of a mirror whose lock is held: whoever made it is dead.
fn remove_leftovers(mirror: &Path) -> io::Result<()> {
    let beginning = format!("{}.", mirror.file_stem().unwrap_or_default().to_string_lossy());
    for entry in fs::read_dir(mirror.with_file_name(ASIDE))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&beginning) {
            let _ = remove(&entry.path());
        }
    }
    Ok(())
}

/// The folder for what is aside; another thread may be quicker.
fn make_room(mirror: &Path) -> io::Result<()> {
    private_folders(false)
        .create(mirror.with_file_name(ASIDE))
        .or_else(|cause| if cause.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(cause) })
}

/// Says that nothing is being changed, and what is known; written whole or not at all.
fn mark_whole(mirror: &Path, known: &str) -> io::Result<()> {
    let temporary = mirror.join("scrubjay-whole.new");
    let mut file = File::create(&temporary)?;
    file.write_all(known.as_bytes())?;
    file.sync_all()?;
    fs::rename(temporary, mirror.join(WHOLE))
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(cause) => Err(cause),
    };
    removed.or_else(|cause| if cause.kind() == ErrorKind::NotFound { Ok(()) } else { Err(cause) })
}

/// Waits for the lock until it is to stop. It is the system's: it ends with its holder, however that ends.
fn lock(path: &Path, stopped: Stopped<'_>) -> Result<File, Trouble> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|cause| failed(path, &cause))?;
    let mut tries = 0;
    loop {
        tries += 1;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // A process that was started meanwhile holds all locks of this one for a moment, until it runs its program.
            Err(TryLockError::WouldBlock) if tries > 3 && stopped() => {
                return Err(Trouble::Failed("another process has its mirror".to_owned()));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(cause)) => return Err(failed(path, &cause)),
        }
    }
}

/// Deepest folder in which git leaves lock files: references have names of any depth, but this one is enough for a file
/// system's longest paths.
const DEEPEST: usize = 256;

/// Removes what a git that was killed leaves: locks, and packs that are not whole.
fn remove_locks(folder: &Path, depth: usize) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if depth < DEEPEST {
                remove_locks(&entry.path(), depth + 1)?;
            }
        } else if name.ends_with(".lock") || name.starts_with("tmp_") || name == "gc.pid" {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_and_not_shared() {
        let name = name_of("https://git.example.com/team/app.git");
        assert!(name.starts_with("git.example.com-team-app-") && name.ends_with(".git"), "{name}");
        assert_ne!(name, name_of("https://git.example.com/team-app"));
        let long = name_of(&format!("https://git.example.com/{}/the-end", "x".repeat(300)));
        assert!(long.len() < 64 && long.contains("the-end"), "{long}");
        assert!(!name_of("ssh://h/../../etc").contains('/'));
        assert!(!name_of("https://h/\u{e9}\u{e9}").is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_that_others_can_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let top = tempfile::tempdir().unwrap();
        let made = Mirrors::open(&top.path().join("a/b")).unwrap();
        assert_eq!(fs::metadata(made.folder()).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(made.folder(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Mirrors::open(made.folder()).is_err());
    }
}
