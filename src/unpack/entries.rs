//! Archives whose entries come one after the other, each behind its header: tar, ar and cpio.

use std::io::Read;

use super::ar::Ar;
use super::budget::Guard;
use super::cpio::Cpio;
use super::tar::{Body, Next, Tar};
use super::walker::{Held, Place, Walker};
use super::zip_walker::LONGEST_TARGET;
use crate::blob::Reason;
use crate::origin::{Origin, Step, TextKind};

impl Walker<'_> {
    pub(super) fn tar(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        self.with_repositories(origin, place, |walker| walker.tar_entries(origin, held, place));
    }

    fn tar_entries(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let (budget, level) = (self.budget, place.level + 1);
        let mut tar = Tar::new(held.into_reader());
        let mut names = Vec::new();
        while !budget.failed(level) {
            let next = tar.next();
            self.remarks(origin, &mut tar.remarks, false);
            match next {
                Ok(Next::Entry(entry)) => {
                    if !budget.member() {
                        self.settle(level, &origin.with(Step::Member { path: entry.path }));
                        break;
                    }
                    self.name(origin, &mut names, &entry.path);
                    match entry.body {
                        Body::Content => {
                            let mut content = Guard { inner: &mut tar, budget, level, expanded: false };
                            self.member(origin, entry.path, &mut content, Place { level, ..place });
                        }
                        Body::Link(target) => {
                            let link = origin.with(Step::Member { path: entry.path });
                            self.text(&link, TextKind::LinkTarget, &target);
                        }
                        Body::Nothing => {}
                    }
                }
                Ok(Next::End) => break,
                Ok(Next::Foreign { block, after_end }) => {
                    if !after_end {
                        self.skip(origin, Reason::Corrupt, "no header where one is due; the rest was read as it is");
                    }
                    self.remarks(origin, &mut tar.remarks, true);
                    let mut rest = tar.into_rest();
                    self.leaf(origin, Held { bytes: &block[..], rest: Some(&mut rest) });
                    self.names(origin, &mut names);
                    self.settle(level, origin);
                    return;
                }
                Err(error) => drop(budget.fail_with(level, &error)),
            }
        }
        self.names(origin, &mut names);
        self.remarks(origin, &mut tar.remarks, true);
        self.whatever_is_left(origin, tar.into_rest(), Place { level, ..place });
    }

    /// Records what was wrong with an archive, and reads what stands behind its entries, or could not be read as one.
    fn whatever_is_left(&mut self, origin: &Origin, rest: impl Read, place: Place) {
        if self.settle(place.level, origin) {
            self.rest(origin, rest, place);
            self.settle(place.level, origin);
        }
    }

    pub(super) fn ar(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let (budget, level) = (self.budget, place.level + 1);
        let mut ar = match Ar::new(held.into_reader()) {
            Ok(ar) => ar,
            Err(error) => {
                budget.fail_with(level, &error);
                self.settle(level, origin);
                return;
            }
        };
        let mut names = Vec::new();
        while !budget.failed(level) {
            match ar.next() {
                Ok(Some(path)) => {
                    if !budget.member() {
                        self.settle(level, &origin.with(Step::Member { path }));
                        break;
                    }
                    self.name(origin, &mut names, &path);
                    let mut content = Guard { inner: &mut ar, budget, level, expanded: false };
                    self.member(origin, path, &mut content, Place { level, ..place });
                }
                Ok(None) => break,
                Err(error) => drop(budget.fail_with(level, &error)),
            }
        }
        self.names(origin, &mut names);
        self.whatever_is_left(origin, ar.into_rest(), Place { level, ..place });
    }

    /// Reads a cpio and what follows it: an initial ramdisk is several, of which the last is compressed.
    pub(super) fn cpio(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let (budget, level) = (self.budget, place.level + 1);
        let mut cpio = Cpio::new(held.into_reader());
        let mut names = Vec::new();
        while !budget.failed(level) {
            match cpio.next() {
                Ok(Some(entry)) => {
                    if !budget.member() {
                        self.settle(level, &origin.with(Step::Member { path: entry.path }));
                        break;
                    }
                    self.name(origin, &mut names, &entry.path);
                    let mut content = Guard { inner: &mut cpio, budget, level, expanded: false };
                    if entry.is_link {
                        let mut target = Vec::new();
                        // An error is on record.
                        let _ = content.by_ref().take(LONGEST_TARGET).read_to_end(&mut target);
                        let link = origin.with(Step::Member { path: entry.path });
                        self.text(&link, TextKind::LinkTarget, &target);
                    } else {
                        self.member(origin, entry.path, &mut content, Place { level, ..place });
                    }
                }
                Ok(None) => break,
                Err(error) => drop(budget.fail_with(level, &error)),
            }
        }
        self.names(origin, &mut names);
        self.whatever_is_left(origin, cpio.into_rest(), Place { level, ..place });
    }
}
