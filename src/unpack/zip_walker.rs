//! A zip's members: from its directory where the whole of it fits into memory, else one local header after the other.

use std::io::{self, Read};

use super::budget::Guard;
use super::gzip::{Inflate, InflateReader};
use super::lookahead::Lookahead;
use super::remarks::Remarks;
use super::walker::{Held, Place, Walker};
use super::zip::{self, Bounded, Checked, Directory, Member};
use super::{codec, fill_once, office};
use crate::blob::Reason;
use crate::origin::{Origin, Step, TextKind};

/// A link's target is no longer than this on any system.
pub(super) const LONGEST_TARGET: u64 = 64 << 10;

impl Walker<'_> {
    pub(super) fn zip(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let outer = std::mem::take(&mut self.workbook);
        self.zip_held(origin, held, place);
        let own = std::mem::replace(&mut self.workbook, outer);
        self.put_workbook(own, place);
    }

    fn zip_held(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
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
        let Some(mut directory) = Directory::find(bytes) else {
            if zip::is_plausible(bytes) {
                return self.zip_stream(origin, Held { bytes, rest: None }, place, Reason::Truncated);
            }
            self.skip(origin, Reason::NotAnArchive, "its first bytes are those of a zip, the rest is not");
            return self.leaf(origin, Held { bytes, rest: None });
        };
        match directory.bytes_before() {
            b"" => {}
            before if zip::is_extension(before) => self.leaf(origin, Held { bytes: before, rest: None }),
            before => self.beside(origin, before, place),
        }
        let (budget, level) = (self.budget, place.level + 1);
        let mut names = Vec::new();
        let mut remarks = Remarks::default();
        remarks.add_filling(directory.comment);
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
            remarks.add_filling(&member.comment);
            let [local_name, local_extra] = directory.local(&member);
            remarks.add_filling(local_name);
            zip::long_fields(&member.extra).into_iter().for_each(|field| remarks.add_filling(field));
            zip::long_fields(local_extra).into_iter().for_each(|field| remarks.add_filling(field));
            self.remarks(origin, &mut remarks, false);
            if !self.begin_zip_member(origin, &at, &member, &mut names) {
                continue;
            }
            let member_level = level + 1;
            match directory.content(&member) {
                Ok((mut content, complete)) => {
                    let stated = Some((member.checksum, member.size));
                    match codec::open_zip_method(member.method, &mut content, member.size, self.memory(place)) {
                        Ok(decoder) => {
                            let inner = Place { level: member_level, codecs: place.codecs + 1, ..place };
                            self.zip_member(origin, &member, Checked::new(decoder, stated), inner);
                        }
                        Err(error) => drop(budget.fail_with(member_level, &error)),
                    }
                    if complete && !budget.failed(member_level) {
                        // A decoder reads no further than to its end.
                        self.rest(&at, content, Place { level: member_level, ..place });
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
        self.remarks(origin, &mut remarks, true);
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
            return self.beside(origin, gap, place);
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
        } else if let Some(part) = office::part(&member.path) {
            let at = archive.with(Step::Member { path: member.path.clone() });
            self.document_part(&at, part, &mut guard, place);
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
        let (mut names, mut remarks) = (Vec::new(), Remarks::default());
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
            zip::long_fields(&member.extra).into_iter().for_each(|field| remarks.add_filling(field));
            self.remarks(origin, &mut remarks, false);
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
        self.remarks(origin, &mut remarks, true);
        if self.settle(level, origin) {
            // Of the directory the names are known; comments, and what stands behind it, are not.
            self.behind_members(origin, input);
        } else {
            self.drain(&mut input);
        }
    }

    /// Judges as bytes what stands behind the last member of a zip that streams by.
    fn behind_members<R: Read>(&mut self, origin: &Origin, mut input: Lookahead<R>) {
        if input.peek(zip::END_SIZE + 1).is_ok_and(|next| next.len() > zip::END_SIZE) {
            self.leaf(origin, Held { bytes: &[], rest: Some(&mut input) });
        }
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
        if !self.budget.failed(place.level) && member.is_some() {
            let at = archive.with(Step::Member { path: member.map(|member| member.path.clone()).unwrap_or_default() });
            self.rest(&at, &mut bounded, place);
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
