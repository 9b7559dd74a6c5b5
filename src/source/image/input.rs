//! Where the bytes of an image come from: a file, a daemon, a pipe or another stream, which is held in memory where it is short.

use std::fs::File;
use std::io::{self, Cursor, IsTerminal, Read};
use std::path::Path;

use super::archive::{Archive, Bytes};
use super::kind::decompressed;
use super::registry::{Daemon, NoImage};
use super::store::Loss;
use super::stream::Streamed;
use super::{Image, lock, tar};
use crate::blob::{Item, Sink, Skip, Stopping};
use crate::source::SourceError;
use crate::source::stdin::Patient;

/// A tar from a stream of at most this many bytes is held in memory, and then read as a file would be.
pub(super) const MAX_HELD: u64 = 256 << 20;

impl Image {
    pub(super) fn read_file(&self, path: &Path, sink: &dyn Sink) -> Result<(), SourceError> {
        let failed = |error: io::Error| self.error(format!("cannot be read: {error}"));
        let mut file = File::open(path).map_err(failed)?;
        let mut head = [0; tar::BLOCK];
        let filled = tar::fill(&mut file, &mut head).map_err(failed)?;
        if tar::is_header(&head[..filled]) {
            let (archive, damage) = Archive::index(Bytes::of_file(file).map_err(failed)?);
            return self.read_archive(&archive, damage, sink);
        }
        self.read_stream(Box::new(Cursor::new(head[..filled].to_vec()).chain(file)), sink)
    }

    pub(super) fn read_daemon(&self, name: &str, sink: &dyn Sink) -> Result<(), SourceError> {
        let daemon = match Daemon::ask(name, &self.options.transport.docker, Box::new(|| sink.stopped())) {
            Err(_) if sink.stopped() => return Ok(()),
            Err(NoImage::Unknown) => {
                return Err(self.error("the daemon has no image of that name; check `docker images`"));
            }
            Err(NoImage::NoDaemon(why) | NoImage::Failed(why)) => return Err(self.error(why)),
            Ok(daemon) => daemon,
        };
        lock(&self.about).state = Some(daemon.about().id.clone());
        let export = daemon.export().map_err(|message| self.error(message))?;
        self.read_stream(Box::new(export), sink)
    }

    /// A pipe: nobody may ever write into it, or even open it.
    pub(super) fn read_pipe(
        &self,
        open: impl FnOnce() -> io::Result<Box<dyn Read + Send>> + Send + 'static,
        sink: &dyn Sink,
    ) -> Result<(), SourceError> {
        let patient = Patient::new(open, sink).map_err(|error| self.error(format!("cannot be read: {error}")))?;
        self.read_stream(Box::new(patient), sink)
    }

    /// A tar, maybe compressed, that can be read from front to back only.
    pub(super) fn read_stream<'i>(&self, input: Box<dyn Read + Send + 'i>, sink: &dyn Sink) -> Result<(), SourceError> {
        let failed = |error: io::Error| self.error(format!("cannot be read: {error}"));
        let mut input = input;
        let mut head = [0; tar::BLOCK];
        let filled = match tar::fill(&mut input, &mut head) {
            Err(_) if sink.stopped() => return Ok(()),
            filled => filled.map_err(failed)?,
        };
        if filled == 0 {
            return Err(self.error("is empty: not a byte came; give an image tar, as `docker save NAME` writes it"));
        }
        let plain: Box<dyn Read + Send + 'i> = Box::new(Cursor::new(head[..filled].to_vec()).chain(input));
        let input = if tar::is_header(&head[..filled]) {
            plain
        } else {
            decompressed(plain).map_err(failed)?.ok_or_else(|| self.error("is neither a tar nor a compressed tar"))?
        };
        let mut input = Stopping::new(input, sink);
        let (held, damage) = hold(&mut input);
        if sink.stopped() {
            return Ok(());
        }
        if held.len() as u64 <= MAX_HELD {
            let (archive, index_damage) = Archive::index(Bytes::Memory(held));
            return self.read_archive(&archive, damage.or(index_damage), sink);
        }
        let rest: Box<dyn Read + Send + '_> = Box::new(Cursor::new(held).chain(input));
        let streamed = Streamed::read(rest, &self.origin(), self.memory.as_ref(), (sink, self.options.threads()));
        self.read_streamed(streamed, sink)
    }

    fn read_archive(&self, archive: &Archive, damage: Option<Loss>, sink: &dyn Sink) -> Result<(), SourceError> {
        let roots = archive.roots().map_err(|message| self.error(message))?;
        match damage {
            Some(Loss { reason, detail }) => sink.put(Item::Skip(Skip::new(self.origin(), reason, detail))),
            // A tar that was cut off may have lost the list of its images: what is there is read all the same.
            None if roots.is_empty() => return Err(self.error(NO_IMAGE)),
            None => {}
        }
        self.read_store(archive, &roots, sink)
    }

    pub(super) fn read_streamed(&self, mut streamed: Streamed, sink: &dyn Sink) -> Result<(), SourceError> {
        let roots = streamed.roots().map_err(|message| self.error(message))?;
        if roots.is_empty() && !streamed.is_damaged && !sink.stopped() {
            return Err(self.error(NO_IMAGE));
        }
        let done = std::mem::take(&mut streamed.layers);
        self.read_with(&streamed, &roots, done, sink)
    }
}

/// The beginning of a stream, as far as it is held in memory, and what ended it too early.
pub(super) fn hold(input: &mut dyn Read) -> (Vec<u8>, Option<Loss>) {
    // All at once: what grows is there twice while it does. Memory that is not written to is not taken.
    let mut held = Vec::with_capacity(MAX_HELD as usize + 1);
    let damage = input.take(MAX_HELD + 1).read_to_end(&mut held).err().map(Loss::from);
    (held, damage)
}

/// Nobody types a tar: whoever forgot the pipe would wait for ever.
pub(super) fn terminal_or(input: impl Read + IsTerminal + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    if input.is_terminal() {
        return Err(io::Error::other("is a terminal; pipe an image tar into it: docker save NAME | scrubjay image -"));
    }
    Ok(Box::new(input))
}

const NO_IMAGE: &str = "is a tar but no image: it has neither index.json nor manifest.json at its top; \
     to scan it as an archive, use `scrubjay scan`";
