//! The way from an archive to its leaves, whatever the formats on the way. All origins below the top are made here.

use std::io::{self, Read};

use super::ar::Ar;
use super::budget::{Budget, Failed, Guard, Quiet};
use super::cpio::Cpio;
use super::gzip::Gzip;
use super::lookahead::Lookahead;
use super::magic::{self, Format};
use super::name::content_name;
use super::repository::{self, Repositories, Taker, part_of};
use super::tar::{Body, Next, Tar};
use super::watch::Watch;
use super::zip_walker::LONGEST_TARGET;
use super::{HOLD, Limits, codec, fill, fill_once};
use crate::blob::{Blob, Content, Item, Reason, Skip};
use crate::origin::{Origin, Step, TextKind};

/// Names are handed on when there are this many bytes of them.
const NAMES: usize = 64 << 10;

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
}

impl<'w> Walker<'w> {
    pub(super) fn new(budget: &'w Budget<'w>, visit: &'w mut dyn FnMut(Item<'_>)) -> Self {
        let repositories = Repositories::within(budget.limits.memory);
        Walker { budget, visit, buffers: Vec::new(), told_too_deep: false, repositories }
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
        // The bytes of these are judged as they are.
        match format {
            Format::Closed(name) => {
                self.leaf(origin, held);
                return self.skip(origin, Reason::UnknownCodec, format!("{name}, which is not opened"));
            }
            Format::Encrypted(name) => {
                self.leaf(origin, held);
                return self.skip(origin, Reason::Encrypted, name);
            }
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

    /// Reads an archive, and then the repositories that are in it: objects need others that may come later.
    fn with_repositories(&mut self, archive: &Origin, place: Place, read: impl FnOnce(&mut Self)) {
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

    /// Reads a cpio and what follows it: an initial ramdisk is several, of which the last is compressed.
    fn cpio(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let (budget, level) = (self.budget, place.level + 1);
        let mut cpio = Cpio::new(held.into_reader());
        let mut names = Vec::new();
        let mut has_ended = false;
        while !budget.failed(level) && !has_ended {
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
                Ok(None) => has_ended = true,
                Err(error) => drop(budget.fail_with(level, &error)),
            }
        }
        self.names(origin, &mut names);
        if has_ended {
            let mut rest = cpio.into_rest();
            if pass_noughts(&mut rest).is_ok_and(|more| more) {
                let mut content = Guard { inner: &mut rest, budget, level, expanded: false };
                self.member_at(origin, &mut content, Place { level, ..place });
            }
        }
        self.settle(level, origin);
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
        // The names of a bundle's references.
        let end = memchr::memmem::find(&bytes, b"\n\n").filter(|_| bytes.starts_with(b"#"));
        if let Some(end) = end {
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
        if format != Format::Gzip {
            match codec::open(format, io::BufReader::new(held.into_reader()), self.memory(place)) {
                Ok(decoder) => self.decoded(origin, content_name(own_name(origin)), &mut guarded(decoder), inner),
                Err(error) => drop(budget.fail_with(level, &error)),
            }
            self.settle(level, origin);
            return;
        }
        match Gzip::new(held.into_reader()) {
            Ok(gzip) => {
                let name = gzip.name().map_or_else(|| content_name(own_name(origin)), <[u8]>::to_vec);
                let mut guard = Guard { inner: gzip, budget, level, expanded: true };
                self.decoded(origin, name, &mut guard, inner);
                if !budget.failed(level) {
                    self.rest(origin, guard.inner.into_rest());
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

    /// What stands behind an archive's end, unless it is padding: its bytes are judged as they are.
    fn rest(&mut self, origin: &Origin, mut reader: impl Read) {
        let mut chunk = [0; 4096];
        loop {
            match reader.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return,
                Ok(count) if chunk[..count].iter().all(|byte| *byte == 0) => {}
                Ok(count) => {
                    return self.leaf(origin, Held { bytes: &chunk[..count], rest: Some(&mut reader) });
                }
            }
        }
    }

    fn tar(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        self.with_repositories(origin, place, |walker| walker.tar_entries(origin, held, place));
    }

    fn tar_entries(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let (budget, level) = (self.budget, place.level + 1);
        let mut tar = Tar::new(held.into_reader());
        let (mut names, mut remarks) = (Vec::new(), Vec::new());
        while !budget.failed(level) {
            let next = tar.next();
            remarks.append(&mut tar.remarks);
            if remarks.len() >= NAMES {
                self.text(origin, TextKind::Comment, &std::mem::take(&mut remarks));
            }
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
                    let mut rest = tar.into_rest();
                    self.leaf(origin, Held { bytes: &block[..], rest: Some(&mut rest) });
                    break;
                }
                Err(error) => drop(budget.fail_with(level, &error)),
            }
        }
        self.names(origin, &mut names);
        if !remarks.is_empty() {
            self.text(origin, TextKind::Comment, &remarks);
        }
        self.settle(level, origin);
    }

    fn ar(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
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
        self.settle(level, origin);
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
}

/// Passes over the bytes that fill up a block; whether something follows.
fn pass_noughts<R: Read>(input: &mut Lookahead<R>) -> io::Result<bool> {
    loop {
        match input.peek(1)? {
            [0] => input.pass(1)?,
            next => return Ok(!next.is_empty()),
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
