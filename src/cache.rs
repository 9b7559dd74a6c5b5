//! A folder of files that only their owner can read, and that are believed only where nobody else has touched them: each ends
//! with a keyed hash over its name and content. What fails is as if it were not there.
//!
//! Knows nothing of what is in the files.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret::Secret;

/// Bytes of the key and of the hash at the end of a file.
const LENGTH: usize = 32;
/// Largest file that is read, in bytes: an entry of some 20 bytes for each of 100 million objects.
const LARGEST: u64 = 2 << 30;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What was not asked for in this time is taken out: a repository or a layer that is not scanned any more.
const UNUSED: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Its time says when unused files were last looked for.
const LOOKED: &str = "unused.looked-for";

/// What stands for a secret in a file: equal for equal secrets, and a keyed hash, so that it says nothing without the key.
pub type Seal = [u8; 16];

/// An open folder.
pub struct Cache {
    folder: PathBuf,
    keyed: Hmac<Sha256>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Cache {
    /// Opens a folder, and makes it and its key where they are not there.
    ///
    /// # Errors
    /// When others can read or change the folder or the key, or it cannot be written.
    pub fn open(folder: &Path) -> io::Result<Self> {
        private_folders(true).create(folder)?;
        let owner = Owner::of_this_process(folder)?;
        owner.check(&fs::metadata(folder)?, "the folder")?;
        let key = match read_key(folder, &owner) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => make_key(folder, &owner)?,
            read => read?,
        };
        let keyed = Hmac::new_from_slice(key.expose()).map_err(io::Error::other)?;
        let cache = Cache { folder: folder.to_path_buf(), keyed };
        // A folder that cannot be tidied is as good for what it is there for.
        let _ = cache.remove_unused();
        Ok(cache)
    }

    /// Takes out what was not asked for in a long time; looks for it once a day.
    fn remove_unused(&self) -> io::Result<()> {
        let looked = self.folder.join(LOOKED);
        if fs::symlink_metadata(&looked).is_ok_and(|file| age(&file) < DAY) {
            return Ok(());
        }
        plain(OpenOptions::new().write(true).create(true).truncate(true))
            .open(&looked)?
            .set_modified(SystemTime::now())?;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let unused = entry.metadata().is_ok_and(|file| file.is_file() && age(&file) > UNUSED);
            if unused && entry.file_name().to_str().is_some_and(is_own) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// What was stored under a name; `None` where there is nothing, or nothing that can be believed.
    pub fn load(&self, name: &[u8]) -> Option<Vec<u8>> {
        let file = self.path(name, "");
        let mut options = OpenOptions::new();
        let file = plain(options.read(true)).open(file).ok()?;
        let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
        let size = metadata.len();
        if size > LARGEST {
            return None;
        }
        let mut content = Vec::with_capacity(usize::try_from(size).ok()?);
        (&file).take(LARGEST).read_to_end(&mut content).ok()?;
        let length = content.len().checked_sub(LENGTH)?;
        let (body, sum) = content.split_at(length);
        self.of_file(name, body).verify_slice(sum).ok()?;
        if age(&metadata) > DAY {
            // Where the time cannot be set the file is taken out once, and made anew.
            let _ = file.set_modified(SystemTime::now());
        }
        content.truncate(length);
        Some(content)
    }

    /// Stores content under a name, whole or not at all. Where another process is storing under that name now, its content
    /// is as good.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn store(&self, name: &[u8], body: &[u8]) -> io::Result<()> {
        let lock = self.path(name, ".lock");
        let lock = plain(OpenOptions::new().write(true).create(true).truncate(false)).open(lock)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
        // What a process that was killed left of it is written over: nobody else has the lock.
        let unfinished = self.path(name, ".new");
        let written =
            plain(OpenOptions::new().write(true).create(true).truncate(true)).open(&unfinished).and_then(|mut file| {
                file.write_all(body)?;
                file.write_all(&self.of_file(name, body).finalize().into_bytes())?;
                file.sync_all()
            });
        written.and_then(|()| fs::rename(&unfinished, self.path(name, ""))).inspect_err(|_| {
            let _ = fs::remove_file(&unfinished);
        })
    }

    /// What stands for a secret.
    pub fn seal(&self, secret: &Secret) -> Seal {
        let mut mac = self.keyed.clone();
        mac.update(b"secret\0");
        mac.update(secret.expose());
        let sum = mac.finalize().into_bytes();
        std::array::from_fn(|at| sum[at])
    }

    /// The file of a name; the name itself may say more than others should read.
    fn path(&self, name: &[u8], ending: &str) -> PathBuf {
        let mut mac = self.keyed.clone();
        mac.update(b"name\0");
        mac.update(name);
        let sum = mac.finalize().into_bytes();
        let digits: String = sum[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{digits}{ending}"))
    }

    fn of_file(&self, name: &[u8], body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        mac.update(b"file\0");
        mac.update(&(name.len() as u64).to_le_bytes());
        mac.update(name);
        mac.update(body);
        mac
    }
}

/// Time since a file was changed; none where a clock went back.
fn age(file: &fs::Metadata) -> Duration {
    file.modified().ok().and_then(|time| time.elapsed().ok()).unwrap_or_default()
}

/// Whether a file of this name was made by [`Cache::store`].
fn is_own(name: &str) -> bool {
    let digits = name.strip_suffix(".lock").or_else(|| name.strip_suffix(".new")).unwrap_or(name);
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Makes folders that only their owner can look into; where the system knows no such thing, they lie in the user's own.
pub(crate) fn private_folders(recursive: bool) -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(recursive);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Files that only their owner can read, and no links: others may have put them there. Nor is anything waited for, as a fifo would be.
fn plain(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
    }
    #[cfg(not(unix))]
    options
}

/// Who runs this process, where files tell.
struct Owner(#[cfg(unix)] u32);

impl Owner {
    /// Whoever owns what this process writes.
    #[cfg(unix)]
    fn of_this_process(folder: &Path) -> io::Result<Self> {
        let probe = folder.join(format!("owner.{}.{:?}", std::process::id(), std::thread::current().id()));
        let file = plain(OpenOptions::new().write(true).create_new(true)).open(&probe)?;
        let owner = file.metadata().map(|metadata| Owner(std::os::unix::fs::MetadataExt::uid(&metadata)));
        fs::remove_file(&probe)?;
        owner
    }

    #[cfg(unix)]
    fn check(&self, metadata: &fs::Metadata, what: &str) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt;
        let refused = |why: &str| Err(io::Error::new(ErrorKind::PermissionDenied, format!("{what} {why}")));
        if metadata.uid() != self.0 {
            return refused("of the cache belongs to another user");
        }
        if metadata.mode() & 0o077 != 0 {
            return refused("of the cache is open to other users: `chmod go=` closes it");
        }
        Ok(())
    }

    /// A user's own folders are closed to others there.
    #[cfg(not(unix))]
    fn of_this_process(_folder: &Path) -> io::Result<Self> {
        Ok(Owner())
    }

    #[cfg(not(unix))]
    fn check(&self, _metadata: &fs::Metadata, _what: &str) -> io::Result<()> {
        Ok(())
    }
}

fn read_key(folder: &Path, owner: &Owner) -> io::Result<Secret> {
    let file = plain(OpenOptions::new().read(true)).open(folder.join("key"))?;
    owner.check(&file.metadata()?, "the key")?;
    let mut key = Vec::with_capacity(LENGTH);
    file.take(LENGTH as u64 + 1).read_to_end(&mut key)?;
    let key = Secret::new(key);
    if key.expose().len() == LENGTH {
        Ok(key)
    } else {
        Err(io::Error::new(ErrorKind::InvalidData, "the key of the cache is damaged: delete the folder"))
    }
}

/// Makes a key. Of two processes that do so at once, both take the first one's.
fn make_key(folder: &Path, owner: &Owner) -> io::Result<Secret> {
    let mut key = [0; LENGTH];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let unfinished = folder.join(format!("key.{}.{:?}", std::process::id(), std::thread::current().id()));
    let write = |mut file: File| {
        file.write_all(&key)?;
        file.sync_all()
    };
    plain(OpenOptions::new().write(true).create_new(true)).open(&unfinished).and_then(write)?;
    let linked = fs::hard_link(&unfinished, folder.join("key"));
    fs::remove_file(&unfinished)?;
    match linked {
        Err(cause) if cause.kind() != ErrorKind::AlreadyExists => Err(cause),
        _ => read_key(folder, owner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only_file(folder: &Path) -> PathBuf {
        let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_none() && !path.ends_with("key"));
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    #[test]
    fn what_is_stored_is_there_again_under_its_name_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let cache = Cache::open(&path).unwrap();
        assert_eq!(cache.load(b"x"), None);
        cache.store(b"x", b"content").unwrap();
        cache.store(b"x", b"new content").unwrap();
        let again = Cache::open(&path).unwrap();
        assert_eq!(again.load(b"x").as_deref(), Some(&b"new content"[..]));
        assert_eq!(again.load(b"y"), None);
        assert_eq!(again.seal(&Secret::new(*b"s")), cache.seal(&Secret::new(*b"s")));
        assert_ne!(again.seal(&Secret::new(*b"s")), again.seal(&Secret::new(*b"t")));
    }

    #[test]
    fn what_was_changed_cut_or_moved_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let cache = Cache::open(&path).unwrap();
        cache.store(b"x", b"content").unwrap();
        let file = only_file(&path);
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&file, changed).unwrap();
            assert_eq!(cache.load(b"x"), None, "byte {at}");
            fs::write(&file, &whole[..at]).unwrap();
            assert_eq!(cache.load(b"x"), None, "cut at {at}");
        }
        fs::write(cache.path(b"y", ""), &whole).unwrap();
        assert_eq!(cache.load(b"y"), None);
        fs::write(&file, &whole).unwrap();
        assert!(cache.load(b"x").is_some());
    }

    #[test]
    fn what_nobody_asks_for_is_taken_out_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let cache = Cache::open(&path).unwrap();
        cache.store(b"used", b"content").unwrap();
        cache.store(b"unused", b"content").unwrap();
        fs::write(path.join("other"), b"not of the cache").unwrap();
        let make_older = |name: &Path, days: u32| {
            let file = OpenOptions::new().write(true).open(name).unwrap();
            file.set_modified(SystemTime::now() - days * DAY).unwrap();
        };
        let of_files = || [&b"used"[..], b"unused"].map(|name| cache.path(name, "").exists());
        for name in
            [cache.path(b"used", ""), cache.path(b"unused", ""), cache.path(b"unused", ".lock"), path.join("other")]
        {
            make_older(&name, 91);
        }
        assert!(cache.load(b"used").is_some());
        Cache::open(&path).unwrap();
        assert_eq!(of_files(), [true, true], "looked for this day already");
        make_older(&path.join(LOOKED), 2);
        Cache::open(&path).unwrap();
        assert_eq!(of_files(), [true, false]);
        assert!(!cache.path(b"unused", ".lock").exists() && path.join("other").exists());
        assert!(cache.load(b"used").is_some());
    }

    #[test]
    fn another_key_believes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        Cache::open(&path).unwrap().store(b"x", b"content").unwrap();
        fs::remove_file(path.join("key")).unwrap();
        assert_eq!(Cache::open(&path).unwrap().load(b"x"), None);
    }

    #[test]
    fn who_stores_at_the_same_time_is_not_disturbed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let bodies: Vec<Vec<u8>> = (0..8u8).map(|number| vec![number; 100_000]).collect();
        std::thread::scope(|scope| {
            for body in &bodies {
                let path = &path;
                scope.spawn(move || Cache::open(path).unwrap().store(b"x", body).unwrap());
            }
        });
        let stored = Cache::open(&path).unwrap().load(b"x").unwrap();
        assert!(bodies.contains(&stored));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_or_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        Cache::open(&path).unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        set(&path, 0o750);
        assert!(Cache::open(&path).unwrap_err().to_string().contains("chmod"));
        set(&path, 0o700);
        set(&path.join("key"), 0o644);
        assert!(Cache::open(&path).unwrap_err().to_string().contains("the key of the cache"));
        set(&path.join("key"), 0o600);
        fs::write(path.join("key"), b"short").unwrap();
        assert!(Cache::open(&path).unwrap_err().to_string().contains("damaged"));
    }

    #[cfg(unix)]
    #[test]
    fn files_are_for_their_owner_only_and_links_are_not_followed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let cache = Cache::open(&path).unwrap();
        cache.store(b"x", b"content").unwrap();
        assert_eq!(fs::metadata(only_file(&path)).unwrap().permissions().mode() & 0o777, 0o600);
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, b"keep").unwrap();
        std::os::unix::fs::symlink(&elsewhere, cache.path(b"z", ".new")).unwrap();
        assert!(cache.store(b"z", b"content").is_err());
        assert_eq!(fs::read(&elsewhere).unwrap(), b"keep");
    }
}
