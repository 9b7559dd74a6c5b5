//! Standard input as one stream, under the name the user gave it.

use std::fmt;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::blob::{self, Blob, Item, Sink};
use crate::origin::{Origin, Step};
use crate::source::{Source, SourceError};

/// One stream of bytes of any length, read once from front to back.
pub struct Stdin {
    name: Option<String>,
    /// What is to be read; once it is, nothing.
    reader: Mutex<Option<Box<dyn Read + Send>>>,
}

/// Bytes that are handed over at a time, and how many such pieces wait to be judged.
const PIECE: usize = 256 << 10;
const WAITING: usize = 4;
/// Longest time between two looks at whether to stop, while nothing comes.
const PAUSE: Duration = Duration::from_millis(50);

impl fmt::Debug for Stdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdin").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Stdin {
    /// Standard input; `name` is the path it is reported under (`--name`).
    pub fn new(name: Option<String>) -> Self {
        Stdin::from_reader(name, Box::new(io::stdin()))
    }

    /// Any other reader in the place of standard input.
    pub fn from_reader(name: Option<String>, reader: Box<dyn Read + Send>) -> Self {
        Stdin { name, reader: Mutex::new(Some(reader)) }
    }
}

impl Source for Stdin {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        let mut origin = Origin::new(Step::Stdin);
        if let Some(name) = &self.name {
            origin = origin.at_path(name.as_bytes());
        }
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        let open = move || Ok(reader.unwrap_or_else(|| Box::new(io::empty())));
        let mut patient =
            Patient::new(open, sink).map_err(|cause| SourceError::new("standard input", cause.to_string()))?;
        sink.put(Item::Expect { objects: 1, bytes: 0 });
        sink.put(Item::Blob(Blob::stream(origin, &mut patient)));
        Ok(())
    }
}

/// Reads to the end, or until nobody wants more.
fn pass_on(open: impl FnOnce() -> io::Result<Box<dyn Read + Send>>, sender: &SyncSender<io::Result<Vec<u8>>>) {
    let mut buffer = vec![0; PIECE];
    let mut reader = match open() {
        Ok(reader) => reader,
        Err(cause) => return drop(sender.send(Err(cause))),
    };
    loop {
        let piece = match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => Ok(buffer[..length].to_vec()),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => Err(cause),
        };
        let has_failed = piece.is_err();
        if sender.send(piece).is_err() || has_failed {
            return;
        }
    }
}

/// A stream that waits for its next bytes only while nothing says to stop.
pub(super) struct Patient<'a> {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    /// Bytes of the piece that were read.
    passed: usize,
    sink: &'a dyn Sink,
}

impl<'a> Patient<'a> {
    /// Opens and reads on a thread of its own.
    pub(super) fn new(
        open: impl FnOnce() -> io::Result<Box<dyn Read + Send>> + Send + 'static,
        sink: &'a dyn Sink,
    ) -> io::Result<Self> {
        let (sender, pieces) = sync_channel(WAITING);
        // Not joined: a read of a pipe into which nobody writes does not end, and the scan may have to.
        std::thread::Builder::new().name("stdin".to_owned()).spawn(move || pass_on(open, &sender))?;
        Ok(Patient { pieces, piece: Vec::new(), passed: 0, sink })
    }
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.passed == self.piece.len() {
            if self.sink.stopped() {
                return Err(blob::stopped());
            }
            match self.pieces.recv_timeout(PAUSE) {
                Ok(piece) => (self.piece, self.passed) = (piece?, 0),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len() - self.passed);
        buffer[..length].copy_from_slice(&self.piece[self.passed..self.passed + length]);
        self.passed += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::collect::Collected;

    /// One that never ends, and of which no byte comes.
    struct Idle;

    impl Read for Idle {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            loop {
                std::thread::park();
            }
        }
    }

    #[test]
    fn a_stream_of_which_nothing_comes_ends_when_the_time_is_over() {
        struct Judge(std::sync::Mutex<Vec<io::ErrorKind>>);
        impl Sink for Judge {
            fn put(&self, item: Item<'_>) {
                if let Item::Blob(Blob { content: crate::blob::Content::Stream(reader), .. }) = item {
                    let ended = reader.read(&mut [0; 8]).unwrap_err();
                    self.0.lock().unwrap().push(ended.kind());
                }
            }
            fn stopped(&self) -> bool {
                true
            }
        }
        let judge = Judge(Mutex::default());
        Stdin::from_reader(None, Box::new(Idle)).read(&judge).unwrap();
        assert_eq!(*judge.0.lock().unwrap(), [io::ErrorKind::TimedOut]);
    }

    #[test]
    fn a_stream_is_pushed_once_under_its_name() {
        let bytes: &[u8] = b"a line\n";
        let collected = Collected::default();
        Stdin::from_reader(Some("logs/app.log".into()), Box::new(bytes)).read(&collected).unwrap();
        Stdin::from_reader(None, Box::new(bytes)).read(&collected).unwrap();
        let shown = collected.blobs();
        assert_eq!(
            shown,
            [("standard input".into(), bytes.to_vec()), ("standard input > logs/app.log".into(), bytes.to_vec())]
        );
    }
}
