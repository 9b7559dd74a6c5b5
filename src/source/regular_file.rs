//! One regular file read for a source: whole where it is small, as a stream where it is large, never blocking on what
//! is no regular file, and telling when it changed meanwhile.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::blob::{Blob, Item, Reason, Sink, Skip};
use crate::origin::Origin;
use crate::unpack::read_within;

/// Files of at most this many bytes are read whole into the caller's buffer.
const WHOLE: u64 = 8 << 20;

/// What every Git LFS pointer begins with (git-lfs, `docs/spec.md`); pointers are shorter than [`LFS_POINTER_SIZE`].
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
const LFS_POINTER_SIZE: usize = 1024;

/// Pushes a file's bytes, and a skip for what could not be read of it. `buffer` is reused from file to file.
pub(super) fn push(path: &Path, origin: &Origin, buffer: &mut Vec<u8>, sink: &dyn Sink) {
    let skip = |reason, detail: String| sink.put(Item::Skip(Skip::new(origin.clone(), reason, detail)));
    let opened = open(path).and_then(|file| file.metadata().map(|metadata| (file, metadata)));
    let (file, before) = match opened {
        Ok(opened) => opened,
        Err(error) => return skip(Reason::Unreadable, error.to_string()),
    };
    if !before.is_file() {
        // It was a file when its directory was listed.
        return skip(Reason::Changed, "no regular file any more".into());
    }
    let outcome = if before.len() > WHOLE {
        stream(&file, &before, origin, sink)
    } else {
        whole(&file, &before, origin, buffer, sink)
    };
    match outcome {
        Ok(true) => {}
        Ok(false) => skip(Reason::Changed, "changed while it was read".into()),
        Err(error) => skip(Reason::Unreadable, error.to_string()),
    }
}

/// Opens a file to read it. A fifo or device that took its place meanwhile does not block, a link is not followed.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_CLOEXEC);
    }
    options.open(path)
}

/// Reads a file below a folder that says something of the others, `most` bytes of it; `None` where there is none. Neither what a link
/// out of the folder leads to nor a fifo is read.
pub fn read_below(top: &Path, path: &str, most: u64) -> Option<Vec<u8>> {
    let top = top.canonicalize().ok()?;
    let real = top.join(path).canonicalize().ok().filter(|real| real.starts_with(&top))?;
    let file = open(&real).ok().filter(|file| file.metadata().is_ok_and(|of| of.is_file()))?;
    let mut content = Vec::new();
    file.take(most).read_to_end(&mut content).ok()?;
    Some(content)
}

/// Reads into the buffer and pushes; `false` where bytes that were there at the beginning could not be read.
fn whole(
    mut file: &File,
    before: &Metadata,
    origin: &Origin,
    buffer: &mut Vec<u8>,
    sink: &dyn Sink,
) -> io::Result<bool> {
    // One byte more than the file has: a read that leaves room has seen the end, so that one call is enough.
    let wanted = usize::try_from(before.len()).map_err(io::Error::other)? + 1;
    if buffer.len() < wanted.max(64 << 10) {
        // By powers of two, and anew: growing to each new largest file would clear and copy it all again and again.
        *buffer = vec![0; wanted.next_power_of_two().max(64 << 10)];
    }
    let mut filled = 0;
    let end = loop {
        if filled == buffer.len() {
            if filled as u64 > WHOLE {
                // Files without a size, such as those of procfs, are as long as what they give.
                let mut rest = Read::chain(&buffer[..filled], file);
                sink.put(Item::Blob(Blob::stream(origin.clone(), &mut rest)));
                return Ok(true);
            }
            buffer.resize(filled * 2, 0);
        }
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break Ok(()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => break Err(error),
        }
        if filled as u64 == before.len() && filled < buffer.len() {
            break Ok(());
        }
    };
    let bytes = &buffer[..filled];
    if filled > 0 || end.is_ok() {
        sink.put(Item::Blob(Blob::bytes(origin.clone(), bytes)));
    }
    if is_lfs_pointer(bytes) {
        sink.put(Item::Skip(Skip::new(origin.clone(), Reason::LfsPointer, "")));
    }
    end?;
    Ok(filled as u64 >= before.len() || !is_other(before, &file.metadata()?))
}

/// Pushes the file as a stream of the bytes it had when it was opened; `false` as for [`whole`].
fn stream(file: &File, before: &Metadata, origin: &Origin, sink: &dyn Sink) -> io::Result<bool> {
    let mut reader = Bounded { file, left: before.len(), ended_early: false };
    sink.put(Item::Blob(Blob::stream(origin.clone(), &mut reader)));
    let after = file.metadata()?;
    // A log that grows meanwhile is read as it was when it was opened: nothing of that is lost.
    Ok(!reader.ended_early && (after.len() > before.len() || !is_other(before, &after)))
}

fn is_other(before: &Metadata, after: &Metadata) -> bool {
    before.len() != after.len() || before.modified().ok() != after.modified().ok()
}

/// The first `left` bytes of a file.
struct Bounded<'f> {
    file: &'f File,
    left: u64,
    ended_early: bool,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match read_within(&mut self.file, &mut self.left, buffer) {
            // The file shrank: what there was of it is judged, and the caller tells the rest.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.ended_early = true;
                Ok(0)
            }
            outcome => outcome,
        }
    }
}

/// Whether the bytes are a Git LFS pointer: the object itself is not here.
pub(super) fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() < LFS_POINTER_SIZE && bytes.starts_with(LFS_POINTER)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;
    use crate::blob::Content;
    use crate::origin::Step;
    use crate::source::collect::Collected;

    /// A sink that does something to the file once its blob is handed over, before the blob is read.
    struct Meddling<'a>(&'a (dyn Fn() + Sync), Collected);

    impl Sink for Meddling<'_> {
        fn put(&self, item: Item<'_>) {
            if matches!(&item, Item::Blob(Blob { content: Content::Stream(_), .. })) {
                (self.0)();
            }
            self.1.put(item);
        }
    }

    fn large(dir: &tempfile::TempDir) -> std::path::PathBuf {
        let path = dir.path().join("large");
        let mut file = File::create(&path).unwrap();
        file.seek(io::SeekFrom::Start(WHOLE + 4096)).unwrap();
        file.write_all(b"the end").unwrap();
        path
    }

    #[test]
    fn a_large_file_is_streamed_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = large(&dir);
        let collected = Collected::default();
        push(&path, &Origin::new(Step::Stdin), &mut Vec::new(), &collected);
        let blobs = collected.blobs();
        assert_eq!(blobs.len(), 1);
        assert_eq!(blobs[0].1.len() as u64, WHOLE + 4096 + 7);
        assert!(blobs[0].1.ends_with(b"the end"));
        assert_eq!(collected.skips(), []);
    }

    #[test]
    fn a_file_that_shrinks_while_it_is_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = large(&dir);
        let shrink = || OpenOptions::new().write(true).open(&path).unwrap().set_len(1000).unwrap();
        let sink = Meddling(&shrink, Collected::default());
        push(&path, &Origin::new(Step::Stdin), &mut Vec::new(), &sink);
        assert_eq!(sink.1.blobs()[0].1.len(), 1000);
        assert_eq!(sink.1.skips(), [("standard input".into(), Reason::Changed)]);
    }

    #[test]
    fn a_log_that_grows_while_it_is_read_is_no_loss() {
        let dir = tempfile::tempdir().unwrap();
        let path = large(&dir);
        let grow = || OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
        let sink = Meddling(&grow, Collected::default());
        push(&path, &Origin::new(Step::Stdin), &mut Vec::new(), &sink);
        assert!(sink.1.blobs()[0].1.ends_with(b"the end"));
        assert_eq!(sink.1.skips(), []);
    }

    #[test]
    fn a_buffer_is_reused_from_a_long_file_to_a_short_one() {
        let dir = tempfile::tempdir().unwrap();
        let (long, short) = (dir.path().join("long"), dir.path().join("short"));
        std::fs::write(&long, vec![b'x'; 200_000]).unwrap();
        std::fs::write(&short, b"short").unwrap();
        let (collected, mut buffer) = (Collected::default(), Vec::new());
        push(&long, &Origin::new(Step::Stdin).at_path("a"), &mut buffer, &collected);
        push(&short, &Origin::new(Step::Stdin).at_path("b"), &mut buffer, &collected);
        let blobs = collected.blobs();
        assert_eq!(blobs[0].1.len(), 200_000);
        assert_eq!(blobs[1].1, b"short");
    }
}
