//! The way from an archive to its leaves, whatever the formats on the way. All origins below the top are made here.

use std::io::{self, Read};

use super::budget::{Budget, Failed, Guard, Quiet};
use super::frames::Passed;
use super::gzip::Gzip;
use super::lookahead::Lookahead;
use super::magic::{self, Format};
use super::name::content_name;
use super::office::Workbook;
use super::remarks::Remarks;
use super::repository::{self, Repositories, Taker, part_of};
use super::watch::Watch;
use super::{HOLD, Limits, codec, fill, fill_once};
use crate::blob::{Blob, Content, Item, Reason, Skip};
use crate::origin::{Origin, Step, TextKind};

/// Names are handed on when there are this many bytes of them.
pub(super) const NAMES: usize = 64 << 10;

/// How far in: archives opened, levels of faults, decoders at work.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) depth: u32,
    pub(super) level: u32,
    pub(super) codecs: u32,
}

/// What is in memory of a blob, and what follows.
pub(super) struct Held<'h> {
    pub(super) bytes: &'h [u8],
    pub(super) rest: Option<&'h mut (dyn Read + 'h)>,
}

impl<'h> Held<'h> {
    pub(super) fn into_reader(self) -> Box<dyn Read + 'h> {
        match self.rest {
            Some(rest) => Box::new(self.bytes.chain(rest)),
            None => Box::new(self.bytes),
        }
    }
}

/// Walks one top-level blob.
pub(super) struct Walker<'w> {
    pub(super) budget: &'w Budget<'w>,
    visit: &'w mut dyn FnMut(Item<'_>),
    /// Buffers of members, one for each depth, reused.
    buffers: Vec<Vec<u8>>,
    told_too_deep: bool,
    /// Those of the archive at hand.
    repositories: Repositories,
    /// That of the zip at hand.
    pub(super) workbook: Workbook,
}

impl<'w> Walker<'w> {
    pub(super) fn new(budget: &'w Budget<'w>, visit: &'w mut dyn FnMut(Item<'_>)) -> Self {
        let repositories = Repositories::within(budget.limits.memory);
        Walker { budget, visit, buffers: Vec::new(), told_too_deep: false, repositories, workbook: Workbook::default() }
    }

    pub(super) fn skip(&mut self, origin: &Origin, reason: Reason, detail: impl Into<String>) {
        (self.visit)(Item::Skip(Skip::new(origin.clone(), reason, detail)));
    }

    /// Records the fault of a level that is done with, and names what was being read when the whole came to its end.
    /// `false` if it did.
    pub(super) fn settle(&mut self, level: u32, origin: &Origin) -> bool {
        if let Some((reason, detail)) = self.budget.take_top() {
            self.skip(origin, reason, detail);
        } else if level > super::TOP
            && let Some(fault) = self.budget.take(level)
        {
            self.skip(origin, fault.reason, fault.detail);
        }
        !self.budget.failed(level)
    }

    /// Memory for one decoder or held archive.
    pub(super) fn memory(&self, place: Place) -> u64 {
        self.budget.limits.memory >> place.codecs.min(16)
    }

    /// Hands on a blob that is no archive.
    pub(super) fn leaf(&mut self, origin: &Origin, held: Held<'_>) {
        match held.rest {
            None => (self.visit)(Item::Blob(Blob::bytes(origin.clone(), held.bytes))),
            Some(rest) => {
                let mut reader = Quiet(held.bytes.chain(rest));
                (self.visit)(Item::Blob(Blob::stream(origin.clone(), &mut reader)));
            }
        }
        if let Some((reason, detail)) = self.budget.take_top() {
            self.skip(origin, reason, detail);
        }
    }

    /// Hands on text beside content.
    pub(super) fn text(&mut self, origin: &Origin, kind: TextKind, text: &[u8]) {
        self.leaf(&origin.with(Step::Text { kind }), Held { bytes: text, rest: None });
    }

    /// Opens an archive that was told by its magic.
    pub(super) fn open(&mut self, origin: &Origin, format: Format, held: Held<'_>, mut place: Place) {
        if let Some((reason, detail)) = format.loss() {
            self.leaf(origin, held);
            return self.skip(origin, reason, detail);
        }
        // The bytes of these are judged as they are.
        match format {
            Format::Compound => return self.compound(origin, held),
            Format::Png => return self.png(origin, held, place),
            _ => {}
        }
        place.depth += 1;
        if place.depth > self.budget.limits.depth.min(Limits::DEEPEST) {
            if !std::mem::replace(&mut self.told_too_deep, true) {
                self.skip(origin, Reason::TooDeep, format!("nested deeper than {}", place.depth - 1));
            }
            return self.leaf(origin, held);
        }
        match format {
            Format::Tar => self.tar(origin, held, place),
            Format::Ar => self.with_repositories(origin, place, |walker| walker.ar(origin, held, place)),
            Format::Zip => self.with_repositories(origin, place, |walker| walker.zip(origin, held, place)),
            Format::Pdf => self.pdf(origin, held, place),
            Format::Pack => self.pack(origin, held, place),
            Format::Cpio => self.with_repositories(origin, place, |walker| walker.cpio(origin, held, place)),
            _ => self.codec(origin, format, held, place),
        }
    }

    /// Opens or hands on bytes of an archive that belong to none of its members.
    pub(super) fn beside(&mut self, origin: &Origin, bytes: &[u8], place: Place) {
        let held = Held { bytes, rest: None };
        match magic::detect(bytes, true) {
            Some(format) => self.open(origin, format, held, place),
            None => self.leaf(origin, held),
        }
    }

    /// Reads an archive, and then the repositories that are in it: objects need others that may come later.
    pub(super) fn with_repositories(&mut self, archive: &Origin, place: Place, read: impl FnOnce(&mut Self)) {
        let own = Repositories::within(self.repositories.room());
        let outer = std::mem::replace(&mut self.repositories, own);
        read(self);
        let own = std::mem::replace(&mut self.repositories, outer);
        let at_folder = |folder: &[u8]| {
            if folder.is_empty() { archive.clone() } else { archive.with(Step::Member { path: folder.to_vec() }) }
        };
        let place = Place { level: place.level + 1, codecs: place.codecs + 1, ..place };
        own.read(&at_folder, &mut OfRepository { walker: self, place });
        self.settle(place.level, archive);
    }

    /// Reads a document; of an encrypted one its only streams are those that MS-OFFCRYPTO, 2.3.4, names.
    fn compound(&mut self, origin: &Origin, held: Held<'_>) {
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let Held { bytes, rest } = held;
        let is_encrypted = match rest {
            None => {
                self.leaf(origin, Held { bytes, rest: None });
                memchr::memmem::find(bytes, &name).is_some()
            }
            Some(rest) => {
                let mut watch = Watch::new(bytes, rest, &name);
                self.leaf(origin, Held { bytes, rest: Some(&mut watch) });
                watch.is_seen
            }
        };
        if is_encrypted {
            self.skip(origin, Reason::Encrypted, "an encrypted document of Office");
        }
    }

    /// Reads a pack that lies alone.
    fn pack(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let place = Place { level: place.level + 1, codecs: place.codecs + 1, ..place };
        let mut bytes = held.bytes.to_vec();
        let memory = self.memory(place);
        // An error is on record; what came before it may have whole objects.
        if let Some(rest) = held.rest
            && let Ok(false) = fill_once(rest, &mut bytes, memory)
        {
            self.leaf(origin, Held { bytes: &bytes, rest: Some(rest) });
            return self.skip(origin, Reason::TooMuchMemory, "a pack above the budget: read as bytes");
        }
        if bytes.starts_with(b"#") {
            // The names of a bundle's references, and then its pack.
            let end = memchr::memmem::find(&bytes, b"\n\n").filter(|end| bytes[end + 2..].starts_with(b"PACK"));
            let Some(end) = end else {
                self.skip(origin, Reason::NotAnArchive, "its first line is that of a git bundle, the rest is not");
                return self.leaf(origin, Held { bytes: &bytes, rest: None });
            };
            self.leaf(origin, Held { bytes: &bytes[..end], rest: None });
        }
        repository::read_alone(bytes, origin, &mut OfRepository { walker: self, place });
        self.settle(place.level, origin);
    }

    /// Hands on or opens one member that is read from `reader`, whose errors are on record.
    pub(super) fn member(&mut self, archive: &Origin, path: Vec<u8>, reader: &mut dyn Read, place: Place) {
        let origin = archive.with(Step::Member { path: path.clone() });
        let Some((folder, part)) = part_of(&path) else { return self.member_at(&origin, reader, place) };
        let mut bytes = Vec::new();
        let room = self.repositories.room();
        match fill(reader, &mut bytes, room.saturating_add(1)) {
            // An error is on record; what came before it may have whole objects.
            Ok(true) | Err(_) => self.repositories.take(folder, part, bytes),
            Ok(false) => {
                self.skip(&origin, Reason::TooMuchMemory, "objects of a repository above the budget: read as bytes");
                self.leaf(&origin, Held { bytes: &bytes, rest: Some(reader) });
            }
        }
    }

    /// [`Walker::member`] by its whole origin.
    pub(super) fn member_at(&mut self, origin: &Origin, reader: &mut dyn Read, place: Place) {
        self.hold(reader, |walker, held| match magic::detect(held.bytes, held.rest.is_none()) {
            None => walker.leaf(origin, held),
            Some(format) => walker.open(origin, format, held, place),
        });
    }

    /// Reads the beginning into a buffer of its own, all of it where it is small.
    fn hold(&mut self, reader: &mut dyn Read, then: impl FnOnce(&mut Self, Held<'_>)) {
        let mut buffer = self.buffers.pop().unwrap_or_default();
        buffer.clear();
        match fill(reader, &mut buffer, HOLD) {
            Ok(true) => then(self, Held { bytes: &buffer, rest: None }),
            Ok(false) => then(self, Held { bytes: &buffer, rest: Some(reader) }),
            Err(_) => {
                // What came before the fault is read first, as if it had not happened yet.
                let budget = self.budget;
                let mut failed = Failed { fault: budget.set_aside(), budget };
                then(self, Held { bytes: &buffer, rest: Some(&mut failed) });
                failed.put_back();
            }
        }
        self.buffers.push(buffer);
    }

    fn codec(&mut self, origin: &Origin, format: Format, held: Held<'_>, place: Place) {
        if !codec::is_genuine(format, held.bytes) {
            self.skip(origin, Reason::NotAnArchive, "its first bytes are those of a compressed file, the rest is not");
            return self.leaf(origin, held);
        }
        let (budget, level) = (self.budget, place.level + 1);
        let inner = Place { level, codecs: place.codecs + 1, ..place };
        let guarded = |decoder| Guard { inner: decoder, budget, level, expanded: true };
        let mut input = Lookahead::new(held.into_reader());
        if format != Format::Gzip {
            let mut passed = Passed::default();
            match codec::open_alone(format, &mut input, self.memory(place), &mut passed) {
                Ok(decoder) => self.decoded(origin, content_name(own_name(origin)), &mut guarded(decoder), inner),
                Err(error) => drop(budget.fail_with(level, &error)),
            }
            for frame in &passed.frames {
                self.beside(origin, frame, inner);
            }
            if passed.is_cut {
                self.skip(origin, Reason::TooMuchMemory, "frames to be passed over, of which 16 MiB are kept");
            }
            if !budget.failed(level) {
                self.rest(origin, passed.unread.as_slice().chain(input), inner);
            }
            self.settle(level, origin);
            return;
        }
        match Gzip::new(input) {
            Ok(gzip) => {
                let name = gzip.name().map_or_else(|| content_name(own_name(origin)), <[u8]>::to_vec);
                let mut guard = Guard { inner: gzip, budget, level, expanded: true };
                self.decoded(origin, name, &mut guard, inner);
                let mut said = std::mem::take(&mut guard.inner.said);
                self.names(origin, &mut said.names);
                self.remarks(origin, &mut said.remarks, true);
                if said.is_cut {
                    self.skip(
                        origin,
                        Reason::TooMuchMemory,
                        "names and comments in its headers, of which 4 MiB are kept",
                    );
                }
                if !budget.failed(level) {
                    self.rest(origin, guard.inner.into_rest(), inner);
                }
            }
            Err(error) => drop(budget.fail_with(level, &error)),
        }
        self.settle(level, origin);
    }

    /// Goes on with what a decoder gives. A tar in it counts as one archive with its compression, and its members stand
    /// directly below.
    fn decoded(&mut self, origin: &Origin, name: Vec<u8>, reader: &mut dyn Read, place: Place) {
        if !self.budget.member() {
            return;
        }
        self.hold(reader, |walker, held| match magic::detect(held.bytes, held.rest.is_none()) {
            Some(Format::Tar) => walker.tar(origin, held, place),
            Some(format) => walker.open(&origin.with(Step::Member { path: name }), format, held, place),
            None => walker.leaf(&origin.with(Step::Member { path: name }), held),
        });
        self.drain(reader);
    }

    /// Reads to the end, where checksums stand. An error is on record already.
    pub(super) fn drain(&mut self, reader: &mut dyn Read) {
        let _ = io::copy(reader, &mut io::sink());
    }

    /// What stands behind an archive's end, unless it is padding.
    pub(super) fn rest(&mut self, origin: &Origin, mut reader: impl Read, place: Place) {
        let mut chunk = [0; 4096];
        loop {
            match reader.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    let Some(begin) = chunk[..count].iter().position(|byte| *byte != 0) else { continue };
                    let rest = chunk[begin..count].chain(reader);
                    let mut rest = Guard { inner: rest, budget: self.budget, level: place.level, expanded: false };
                    return self.member_at(origin, &mut rest, place);
                }
            }
        }
    }

    /// Keeps a member's name to be judged as text, together with others.
    pub(super) fn name(&mut self, archive: &Origin, names: &mut Vec<u8>, name: &[u8]) {
        names.extend_from_slice(name);
        names.push(b'\n');
        if names.len() >= NAMES {
            self.names(archive, names);
        }
    }

    /// Hands on the names that were kept.
    pub(super) fn names(&mut self, archive: &Origin, names: &mut Vec<u8>) {
        if !names.is_empty() {
            self.text(archive, TextKind::FileName, names);
            names.clear();
        }
    }

    /// Hands on remarks, where there are many or `all` are to be.
    pub(super) fn remarks(&mut self, origin: &Origin, remarks: &mut Remarks, all: bool) {
        if !all && remarks.length() < NAMES {
            return;
        }
        for text in remarks.take().iter().filter(|text| !text.is_empty()) {
            self.text(origin, TextKind::Comment, text);
        }
    }
}

/// Opens what the objects of a repository hold.
struct OfRepository<'o, 'w> {
    walker: &'o mut Walker<'w>,
    place: Place,
}

impl Taker for OfRepository<'_, '_> {
    fn take(&mut self, item: Item<'_>) {
        match item {
            Item::Blob(Blob { origin, content: Content::Bytes(bytes) }) if self.walker.budget.member() => {
                self.walker.member_at(&origin, &mut &bytes[..], self.place);
            }
            Item::Skip(skip) => (self.walker.visit)(Item::Skip(skip)),
            // Trees and the like are a part of what was read already; what is beyond the budget is on record.
            _ => {}
        }
    }

    fn spend(&mut self, bytes: u64) -> bool {
        !self.walker.budget.failed(super::TOP) && self.walker.budget.expand(bytes).is_ok()
    }
}

fn own_name(origin: &Origin) -> &[u8] {
    origin.path().unwrap_or_default()
}
