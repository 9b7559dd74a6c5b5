//! Standard input as one stream, under the name the user gave it.

use std::fmt;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use crate::blob::{Blob, Item, Sink};
use crate::origin::{Origin, Step};
use crate::source::{Source, SourceError};

/// One stream of bytes of any length, read once from front to back.
pub struct Stdin {
    name: Option<String>,
    reader: Mutex<Box<dyn Read + Send>>,
}

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
        Stdin { name, reader: Mutex::new(reader) }
    }
}

impl Source for Stdin {
    fn read(&self, sink: &dyn Sink) -> Result<(), SourceError> {
        let mut origin = Origin::new(Step::Stdin);
        if let Some(name) = &self.name {
            origin = origin.at_path(name.as_bytes());
        }
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        sink.put(Item::Expect { objects: 1, bytes: 0 });
        sink.put(Item::Blob(Blob::stream(origin, &mut *reader)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::collect::Collected;

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
