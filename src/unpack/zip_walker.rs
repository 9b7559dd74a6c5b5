//! A zip's members: from its directory where the whole of it fits into memory, else one local header after the other.

use std::io::{self, Read};

use super::budget::Guard;
use super::gzip::{Inflate, InflateReader};
use super::lookahead::Lookahead;
use super::walker::{Held, LONGEST_TARGET, Place, Walker};
use super::zip::{self, Bounded, Checked, Directory, Member};
use super::{codec, fill_once};
use crate::blob::Reason;
use crate::origin::{Origin, Step, TextKind};

/// Bytes of comments of members that are read.
const COMMENTS: usize = 16 << 20;

impl Walker<'_> {
    pub(super) fn zip(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let Some(rest) = held.rest else { return self.zip_in_memory(origin, held.bytes, place) };
        let mut bytes = held.bytes.to_vec();
        let memory = self.memory(place);
        // An error is on record; the members before it are read one by one.
        match fill_once(rest, &mut bytes, memory) {
            Ok(true) => self.zip_in_memory(origin, &bytes, place),
            Ok(false) => {
                self.zip_stream(origin, Held { bytes: &bytes, rest: Some(rest) }, place, Reason::TooMuchMemory)
            }
            Err(_) => {
                let budget = self.budget;
                let fault = budget.set_aside();
                let mut failed = super::budget::Failed { fault, budget };
                let held = Held { bytes: &bytes, rest: Some(&mut failed) };
                self.zip_stream(origin, held, place, Reason::Truncated);
                failed.put_back();
            }
        }
    }

    fn zip_in_memory(&mut self, origin: &Origin, bytes: &[u8], place: Place) {
        let Some(mut directory) = Directory::find(bytes).filter(Directory::is_sound) else {
            if zip::is_plausible(bytes) {
                return self.zip_stream(origin, Held { bytes, rest: None }, place, Reason::Truncated);
            }
            self.skip(origin, Reason::NotAnArchive, "its first bytes are those of a zip, the rest is not");
            return self.leaf(origin, Held { bytes, rest: None });
        };
        if !directory.bytes_before().is_empty() {
            self.leaf(origin, Held { bytes: directory.bytes_before(), rest: None });
        }
        let (budget, level) = (self.budget, place.level + 1);
        let mut names = Vec::new();
        let mut comments = directory.comment.to_vec();
        while !budget.failed(level) {
            let member = match directory.next() {
                Some(Ok(member)) => member,
                Some(Err(error)) => {
                    budget.fail_with(level, &error);
                    break;
                }
                None => break,
            };
            let at = origin.with(Step::Member { path: member.path.clone() });
            if !member.comment.is_empty() && comments.len() < COMMENTS {
                comments.push(b'\n');
                comments.extend_from_slice(&member.comment);
            }
            if !self.begin_zip_member(origin, &at, &member, &mut names) {
                continue;
            }
            let member_level = level + 1;
            match directory.content(&member) {
                Ok((content, complete)) => {
                    let stated = Some((member.checksum, member.size));
                    match codec::open_zip_method(member.method, content, member.size, self.memory(place)) {
                        Ok(decoder) => {
                            let inner = Place { level: member_level, codecs: place.codecs + 1, ..place };
                            self.zip_member(origin, &member, Checked::new(decoder, stated), inner);
                        }
                        Err(error) => drop(budget.fail_with(member_level, &error)),
                    }
                    if !complete {
                        budget.take(member_level);
                        budget.fail(member_level, Reason::Truncated, "the archive ends within it");
                    }
                }
                Err(error) => drop(budget.fail_with(member_level, &error)),
            }
            self.settle(member_level, &at);
        }
        self.names(origin, &mut names);
        if !comments.is_empty() {
            self.text(origin, TextKind::Comment, &comments);
        }
        if !budget.failed(level) {
            for gap in directory.between() {
                self.gap(origin, gap, place);
            }
        }
        self.settle(level, origin);
    }

    /// Reads what the directory does not name: members that were taken out of it, else whatever bytes there are.
    fn gap(&mut self, origin: &Origin, gap: &[u8], place: Place) {
        if !zip::is_plausible(gap) {
            return self.leaf(origin, Held { bytes: gap, rest: None });
        }
        let mut end = zip::END;
        self.zip_stream(origin, Held { bytes: gap, rest: Some(&mut end) }, place, Reason::Corrupt);
    }

    /// Counts and names a member; `false` where there is nothing to read of it.
    fn begin_zip_member(&mut self, archive: &Origin, at: &Origin, member: &Member, names: &mut Vec<u8>) -> bool {
        if !self.budget.member() {
            self.settle(super::TOP, at);
            return false;
        }
        self.name(archive, names, &member.path);
        if member.is_folder() {
            return false;
        }
        if member.is_encrypted() {
            self.skip(at, Reason::Encrypted, "");
            return false;
        }
        true
    }

    /// Reads one member to its end. Gives back its checksum and size.
    fn zip_member<R: Read>(
        &mut self,
        archive: &Origin,
        member: &Member,
        content: Checked<R>,
        place: Place,
    ) -> (u32, u64) {
        let mut guard = Guard { inner: content, budget: self.budget, level: place.level, expanded: true };
        if member.is_link {
            let mut target = Vec::new();
            // An error is on record.
            let _ = guard.by_ref().take(LONGEST_TARGET).read_to_end(&mut target);
            let at = archive.with(Step::Member { path: member.path.clone() });
            self.text(&at, TextKind::LinkTarget, &target);
        } else {
            self.member(archive, member.path.clone(), &mut guard, place);
        }
        self.drain(&mut guard);
        (guard.inner.checksum.finalize(), guard.inner.size)
    }

    /// Reads a zip from front to back, as far as its members tell where they end. `otherwise` says why it is not read by
    /// its directory.
    fn zip_stream(&mut self, origin: &Origin, held: Held<'_>, place: Place, otherwise: Reason) {
        let (budget, level) = (self.budget, place.level + 1);
        let mut input = Lookahead::new(held.into_reader());
        let mut names = Vec::new();
        if let Err(error) = pass_extension_header(&mut input) {
            budget.fail_with(level, &error);
        }
        while !budget.failed(level) {
            let member = match zip::next_local(&mut input) {
                Ok(Some(member)) => member,
                Ok(None) => {
                    if otherwise == Reason::Truncated {
                        budget.fail(level, otherwise, "its directory is damaged or cut off");
                    }
                    break;
                }
                Err(error) => {
                    budget.fail_with(level, &error);
                    break;
                }
            };
            let at = origin.with(Step::Member { path: member.path.clone() });
            let wanted = self.begin_zip_member(origin, &at, &member, &mut names);
            let inner = Place { level: level + 1, codecs: place.codecs + 1, ..place };
            let read = if !member.sizes_follow() {
                self.sized_member(origin, wanted.then_some(&member), member.compressed, &mut input, inner)
            } else if wanted && member.method == 8 {
                self.open_ended_member(origin, &member, &mut input, inner)
            } else if member.is_folder() {
                zip::read_descriptor(&mut input, 0, 0)
            } else {
                let detail = "a member whose size stands behind it, and all after it";
                budget.fail(level, otherwise, detail);
                Ok(())
            };
            self.settle(level + 1, &at);
            if let Err(error) = read {
                budget.fail_with(level, &error);
            }
        }
        self.names(origin, &mut names);
        self.settle(level, origin);
        self.drain(&mut input);
    }

    /// Reads a member of which the compressed size is known, or passes over it.
    fn sized_member<R: Read>(
        &mut self,
        archive: &Origin,
        member: Option<&Member>,
        compressed: u64,
        input: &mut Lookahead<R>,
        place: Place,
    ) -> io::Result<()> {
        let mut bounded = Bounded { input, left: compressed };
        if let Some(member) = member {
            match codec::open_zip_method(member.method, &mut bounded, member.size, self.memory(place)) {
                Ok(decoder) => {
                    let content = Checked::new(decoder, Some((member.checksum, member.size)));
                    self.zip_member(archive, member, content, place);
                }
                Err(error) => drop(self.budget.fail_with(place.level, &error)),
            }
        }
        let left = bounded.left;
        input.pass(left)
    }

    /// Reads a deflated member, which tells its own end.
    fn open_ended_member<R: Read>(
        &mut self,
        archive: &Origin,
        member: &Member,
        input: &mut Lookahead<R>,
        place: Place,
    ) -> io::Result<()> {
        let decoder = InflateReader { input: &mut *input, inflate: Inflate::new() };
        let (checksum, size) = self.zip_member(archive, member, Checked::new(decoder, None), place);
        if self.budget.failed(place.level) {
            // Without an end, nothing tells where the next member begins.
            return Err(io::ErrorKind::InvalidData.into());
        }
        zip::read_descriptor(input, checksum, size)
    }
}

/// What a browser extension has before its zip: a version, then the lengths of what follows (CRX2, CRX3).
fn pass_extension_header<R: Read>(input: &mut Lookahead<R>) -> io::Result<()> {
    if input.peek(4)? != b"Cr24" {
        return Ok(());
    }
    input.pass(4)?;
    let version = u32::from_le_bytes(input.array()?);
    let mut length = u64::from(u32::from_le_bytes(input.array()?));
    if version == 2 {
        length += u64::from(u32::from_le_bytes(input.array()?));
    }
    input.pass(length)
}
