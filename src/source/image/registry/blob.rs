//! A blob of a registry as a stream that goes on where a connection broke.

use std::io::{self, Read};

use reqwest::header::CONTENT_RANGE;
use reqwest::{Response, StatusCode};

use super::Registry;
use super::failure::{Failure, FailureKind, Tries};
use super::server::Wanted;

/// Where a server begins from the start at each try, one that brought this many new bytes does not count: all others were read
/// again for them. Where it goes on, a single new byte is enough.
const PROGRESS: u64 = 8 << 20;

/// Connections for one blob, at most, whatever each of them brought.
const MAX_CONNECTIONS: usize = 10_000;

/// A blob being read.
pub(super) struct Blob<'a> {
    registry: &'a Registry<'a>,
    path: String,
    response: Option<Response>,
    /// Bytes that came and were not yet handed on, from `taken`.
    chunk: Box<dyn AsRef<[u8]> + Send>,
    taken: usize,
    /// Bytes handed on.
    offset: u64,
    /// Bytes to pass over, where the server began again from the start.
    repeated: u64,
    /// Length of the whole, once known.
    length: Option<u64>,
    tries: Tries,
    resumed_at: u64,
    /// Whether the server began again from the start when it was last asked to go on.
    begins_again: bool,
    connections: usize,
}

impl<'a> Blob<'a> {
    /// Asks for a blob.
    pub fn open(registry: &'a Registry<'a>, digest: &str) -> Result<Self, Failure> {
        let mut blob = Blob {
            registry,
            path: format!("{}/blobs/{digest}", registry.repository()),
            response: None,
            chunk: Box::new([]),
            taken: 0,
            offset: 0,
            repeated: 0,
            length: None,
            tries: Tries::default(),
            resumed_at: 0,
            begins_again: false,
            connections: 0,
        };
        blob.connect()?;
        Ok(blob)
    }

    /// Asks for what is not yet read.
    fn connect(&mut self) -> Result<(), Failure> {
        let wanted = Wanted { path: &self.path, accept: "*/*", scope: &self.registry.scope };
        let response = self.registry.server.get(&wanted, Some(self.offset).filter(|&from| from > 0))?;
        let is_part = response.status() == StatusCode::PARTIAL_CONTENT;
        if is_part && begins_at(&response).is_some_and(|start| start != self.offset) {
            return Err(Failure::new(
                FailureKind::Other,
                "the registry answered with another range than was asked for",
            ));
        }
        self.repeated = if is_part { 0 } else { self.offset };
        self.begins_again = self.repeated > 0;
        self.connections += 1;
        let before = self.offset - self.repeated;
        self.length = response.content_length().and_then(|length| length.checked_add(before)).or(self.length);
        self.response = Some(response);
        Ok(())
    }

    /// The next chunk that is not empty; false at the end.
    fn advance(&mut self) -> Result<bool, Failure> {
        loop {
            if self.response.is_none() {
                self.connect()?;
            }
            let Some(response) = &mut self.response else { continue };
            let broken = match self.registry.server.chunk(response) {
                Ok(Some(bytes)) => {
                    let length = bytes.as_ref().len();
                    let repeated = usize::try_from(self.repeated).unwrap_or(usize::MAX).min(length);
                    self.repeated -= repeated as u64;
                    if length > repeated {
                        self.taken = repeated;
                        self.chunk = Box::new(bytes);
                        return Ok(true);
                    }
                    continue;
                }
                Ok(None) if self.length.is_some_and(|length| self.offset < length) => {
                    Failure::new(FailureKind::Transient, "it was closed")
                }
                Ok(None) => return Ok(false),
                Err(failure) if failure.kind == FailureKind::Transient => failure,
                Err(failure) => return Err(failure),
            };
            self.response = None;
            let progress = if self.begins_again { PROGRESS } else { 1 };
            if self.offset >= self.resumed_at + progress && self.connections < MAX_CONNECTIONS {
                self.tries.reset();
            }
            self.resumed_at = self.offset;
            let detail = format!("the connection broke: {}", broken.detail);
            let failure = Failure { detail, ..broken };
            self.tries.pause(failure, self.registry.server.stop()).map_err(|failure| {
                let detail = format!("after {} bytes and {}", self.offset, failure.detail);
                Failure { detail, ..failure }
            })?;
        }
    }
}

/// Where a part of a blob begins, if the answer says it.
fn begins_at(response: &Response) -> Option<u64> {
    let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.taken >= (*self.chunk).as_ref().len() {
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(failure) => return Err(io::Error::new(io::ErrorKind::ConnectionAborted, failure.detail)),
            }
        }
        let rest = &(*self.chunk).as_ref()[self.taken..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        self.offset += count as u64;
        Ok(count)
    }
}
