//! The budget of one top-level blob and the first thing that went wrong while it was read. Knows no format.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};

use super::Limits;
use crate::blob::{Reason, stopped};

/// Bytes that may come out before the ratio is looked at.
const FREE_EXPANSION: u64 = 64 << 20;

/// The level of what concerns the top-level blob as a whole: its input and its budget.
pub(super) const TOP: u32 = 0;

/// Why reading stopped. Whoever opened the archive at `level` records it; all readers above it just end.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) level: u32,
    pub(super) reason: Reason,
    pub(super) detail: String,
}

/// What may still be spent, and the fault that has not been recorded yet.
pub(super) struct Budget<'s> {
    pub(super) limits: Limits,
    members: Cell<u64>,
    expanded: Cell<u64>,
    fed: Cell<u64>,
    fault: RefCell<Option<Fault>>,
    told: Cell<bool>,
    /// Whether nobody wants more: a small archive may hold what takes hours.
    stopped: &'s dyn Fn() -> bool,
}

impl<'s> Budget<'s> {
    /// A fresh budget for a blob of which `fed` bytes are there already.
    pub(super) fn new(limits: &Limits, fed: u64, stopped: &'s dyn Fn() -> bool) -> Self {
        Budget {
            limits: *limits,
            members: Cell::new(0),
            expanded: Cell::new(0),
            fed: Cell::new(fed),
            fault: RefCell::new(None),
            told: Cell::new(false),
            stopped,
        }
    }

    /// Records a fault and gives the error that makes readers stop. A fault further out stands for those within.
    pub(super) fn fail(&self, level: u32, reason: Reason, detail: impl Into<String>) -> io::Error {
        let mut fault = self.fault.borrow_mut();
        if fault.as_ref().is_none_or(|known| known.level > level) {
            *fault = Some(Fault { level, reason, detail: detail.into() });
        }
        io::Error::other("stopped")
    }

    /// Records the error of a decoder or of the input.
    pub(super) fn fail_with(&self, level: u32, error: &io::Error) -> io::Error {
        self.fail(level, reason_of(error, level), detail_of(error))
    }

    /// Takes the fault if it is to be recorded at this level.
    pub(super) fn take(&self, level: u32) -> Option<Fault> {
        self.fault.borrow_mut().take_if(|fault| fault.level == level)
    }

    /// What is wrong with the blob as a whole, the first time this is asked: it stays wrong, and is recorded once.
    pub(super) fn take_top(&self) -> Option<(Reason, String)> {
        let fault = self.fault.borrow();
        let fault = fault.as_ref().filter(|fault| fault.level == TOP && !self.told.get())?;
        self.told.set(true);
        Some((fault.reason, fault.detail.clone()))
    }

    /// Takes whatever is wrong, to be put back later.
    pub(super) fn set_aside(&self) -> Option<Fault> {
        self.fault.take()
    }

    /// Whether anything is wrong at this level or further out.
    pub(super) fn failed(&self, level: u32) -> bool {
        self.fault.borrow().as_ref().is_some_and(|fault| fault.level <= level)
    }

    /// Looks whether to go on.
    fn go_on(&self) -> io::Result<()> {
        if (self.stopped)() { Err(self.fail_with(TOP, &stopped())) } else { Ok(()) }
    }

    /// Counts one member; `false` when there are too many, or nobody wants more.
    pub(super) fn member(&self) -> bool {
        if self.go_on().is_err() {
            return false;
        }
        let members = self.members.get() + 1;
        self.members.set(members);
        if members > self.limits.members {
            self.fail(TOP, Reason::TooManyMembers, format!("more than {} members", self.limits.members));
            return false;
        }
        true
    }

    /// Counts bytes that came out of a decoder.
    pub(super) fn expand(&self, bytes: u64) -> io::Result<()> {
        let expanded = self.expanded.get().saturating_add(bytes);
        self.expanded.set(expanded);
        let allowed = FREE_EXPANSION.saturating_add(self.fed.get().saturating_mul(self.limits.ratio));
        if expanded <= allowed {
            return Ok(());
        }
        let detail = format!("{expanded} bytes out of {} read so far", self.fed.get());
        Err(self.fail(TOP, Reason::ExpandsTooFar, detail))
    }
}

/// What is wrong in words for a reader: of an early end the library only says what it did not fill.
fn detail_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof if error.get_ref().is_none() => "ends too early".to_owned(),
        _ => error.to_string(),
    }
}

fn reason_of(error: &io::Error, level: u32) -> Reason {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Reason::Truncated,
        io::ErrorKind::OutOfMemory => Reason::TooMuchMemory,
        io::ErrorKind::Unsupported => Reason::UnknownCodec,
        io::ErrorKind::TimedOut => Reason::TimedOut,
        io::ErrorKind::InvalidData => Reason::Corrupt,
        _ if level == TOP => Reason::Unreadable,
        // zstd gives its own errors no kind.
        _ if error.to_string().contains("too much memory") => Reason::TooMuchMemory,
        _ => Reason::Corrupt,
    }
}

/// The input of a top-level blob: counts what is read.
pub(super) struct Input<'a> {
    pub(super) inner: &'a mut dyn Read,
    pub(super) budget: &'a Budget<'a>,
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) => {
                self.budget.fed.set(self.budget.fed.get().saturating_add(count as u64));
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.budget.fail_with(TOP, &error)),
        }
    }
}

/// What comes out of a decoder or archive: its errors become the fault of its level, its bytes are counted if they are
/// `expanded`. Ends for good at the first error.
pub(super) struct Guard<'a, R> {
    pub(super) inner: R,
    pub(super) budget: &'a Budget<'a>,
    pub(super) level: u32,
    pub(super) expanded: bool,
}

impl<R: Read> Read for Guard<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget.failed(self.level) {
            return Err(io::Error::other("stopped"));
        }
        self.budget.go_on()?;
        match self.inner.read(buffer) {
            Ok(count) if self.expanded => self.budget.expand(count as u64).map(|()| count),
            Ok(count) => Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.budget.fail_with(self.level, &error)),
        }
    }
}

/// A reader for those who judge: it ends where an error stopped the reading, since the fault is recorded here.
pub(super) struct Quiet<R>(pub(super) R);

impl<R: Read> Read for Quiet<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Ok(0),
                read => return read,
            }
        }
    }
}

/// In the place of a reader that has failed: puts its fault back when it is reached.
pub(super) struct Failed<'a> {
    pub(super) fault: Option<Fault>,
    pub(super) budget: &'a Budget<'a>,
}

impl Failed<'_> {
    /// Puts the fault back if that was not done yet.
    pub(super) fn put_back(&mut self) {
        if let Some(Fault { level, reason, detail }) = self.fault.take() {
            self.budget.fail(level, reason, detail);
        }
    }
}

impl Read for Failed<'_> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.put_back();
        Err(io::Error::other("stopped"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_end_is_told_in_words_for_a_reader() {
        let early = (&b"ab"[..]).read_exact(&mut [0; 4]).unwrap_err();
        assert_eq!(detail_of(&early), "ends too early");
        let told = io::Error::new(io::ErrorKind::UnexpectedEof, "ends within an entry");
        assert_eq!(detail_of(&told), "ends within an entry");
    }
}
