//! References and their logs as git keeps them in tables (`reftable`, the default of git 3): a stack of files, of which each
//! says what changed against those before it. Format: `Documentation/technical/reftable` in git's sources.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::Crc;
use flate2::read::ZlibDecoder;
use gix::ObjectId;
use gix::hash::Kind as HashKind;

use super::repository::read_file;

/// The largest table that is read: a million references are some 60 MB.
const LARGEST_TABLE: u64 = 128 << 20;
/// Bytes of logs of one stack, unpacked, that are read: as much as of a log in a file.
pub(super) const LARGEST_LOGS: usize = 32 << 20;
/// The most tables in a stack: git merges them until few are left.
const MOST_TABLES: usize = 1000;
/// How often a list is read again of which a table is gone: git may merge tables while they are read.
const TRIES: usize = 4;
/// References that a name may go through: git follows five.
const MOST_STEPS: usize = 5;
/// Where git looks for a short name, in this order.
const PLACES: [(&str, &str); 6] = [
    ("", ""),
    ("refs/", ""),
    ("refs/tags/", ""),
    ("refs/heads/", ""),
    ("refs/remotes/", ""),
    ("refs/remotes/", "/HEAD"),
];

/// What a reference points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Id(ObjectId),
    /// Another reference, by its full name.
    Name(Vec<u8>),
}

impl Target {
    /// The object that it points to by itself.
    pub(super) fn id(&self) -> Option<ObjectId> {
        match self {
            Target::Id(id) => Some(*id),
            Target::Name(_) => None,
        }
    }
}

/// One change of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub new: ObjectId,
    /// Who, when and why, as a line of a log in a file says it behind its ids.
    pub text: Vec<u8>,
}

/// The references and logs of one stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reftable {
    pub references: BTreeMap<Vec<u8>, Target>,
    /// By the name of a reference, the newest change first.
    pub logs: BTreeMap<Vec<u8>, Vec<Change>>,
    /// Whether there are more logs than are read.
    pub has_more_logs: bool,
}

impl Reftable {
    /// Reads the stack in a folder `reftable`.
    ///
    /// # Errors
    /// What cannot be read, or is not as the format has it, in words.
    pub(super) fn read(folder: &Path, hash: HashKind) -> Result<Self, String> {
        let mut tries = 0;
        loop {
            let list =
                read_file(&folder.join("tables.list")).map_err(|error| format!("its list of tables: {error}"))?;
            match Stack::read(folder, &list, hash) {
                Err(Fault::Gone(_)) if tries < TRIES => tries += 1,
                Err(Fault::Gone(fault) | Fault::Other(fault)) => return Err(fault),
                Ok(stack) => return Ok(stack.merged()),
            }
        }
    }

    /// The object that a reference stands for, by its full name, through those that it points to.
    pub(super) fn id(&self, name: &[u8]) -> Option<ObjectId> {
        let mut name = name;
        for _ in 0..=MOST_STEPS {
            match self.references.get(name)? {
                Target::Id(id) => return Some(*id),
                Target::Name(next) => name = next,
            }
        }
        None
    }

    /// The full name of the reference that git takes a short one for.
    pub(super) fn full_name(&self, short: &str) -> Option<Vec<u8>> {
        full_names(short).map(String::into_bytes).find(|name| self.references.contains_key(name))
    }
}

/// The names that git looks for where a short one is given, in its order.
pub(super) fn full_names(short: &str) -> impl Iterator<Item = String> {
    PLACES.into_iter().map(move |(before, after)| format!("{before}{short}{after}"))
}

enum Fault {
    /// A table of the list is not there.
    Gone(String),
    Other(String),
}

/// All records of a stack; later tables win, and what was taken away is `None`.
#[derive(Default)]
struct Stack {
    references: BTreeMap<Vec<u8>, Option<Target>>,
    /// By name and what counts down with each change.
    logs: BTreeMap<(Vec<u8>, u64), Option<Change>>,
    /// Bytes of logs that were unpacked.
    unpacked: usize,
    has_more_logs: bool,
}

impl Stack {
    fn read(folder: &Path, list: &[u8], hash: HashKind) -> Result<Self, Fault> {
        let mut stack = Stack::default();
        let names = list.split(|byte| *byte == b'\n').filter(|name| !name.is_empty());
        for (number, name) in names.enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| Fault::Other("a table has no name".to_owned()))?;
            // A list that leads out of its folder is not git's.
            if name.contains(['/', '\\']) || number >= MOST_TABLES {
                return Err(Fault::Other("its list of tables is none of git's".to_owned()));
            }
            let path = folder.join(name);
            let said = |fault: &dyn std::fmt::Display| format!("{name}: {fault}");
            match fs::metadata(&path) {
                Ok(found) if found.len() > LARGEST_TABLE => return Err(Fault::Other(said(&"too large"))),
                Ok(_) => {}
                Err(error) => return Err(Fault::Gone(said(&error))),
            }
            let bytes = read_file(&path).map_err(|error| Fault::Gone(said(&error)))?;
            stack.add(&bytes, hash).map_err(|fault| Fault::Other(said(&fault)))?;
        }
        Ok(stack)
    }

    fn add(&mut self, bytes: &[u8], hash: HashKind) -> Result<(), &'static str> {
        let table = Table::open(bytes, hash)?;
        table.references(&mut self.references)?;
        table.logs(self)
    }

    fn merged(self) -> Reftable {
        let present = |(name, target): (_, Option<Target>)| Some((name, target?));
        let mut made = Reftable {
            references: self.references.into_iter().filter_map(present).collect(),
            logs: BTreeMap::new(),
            has_more_logs: self.has_more_logs,
        };
        for ((name, _), change) in self.logs {
            if let Some(change) = change {
                made.logs.entry(name).or_default().push(change);
            }
        }
        made
    }
}

/// What is wrong with a table that ends too early.
const SHORT: &str = "it is cut off";
/// What is wrong with one whose parts do not fit.
const DAMAGED: &str = "it is damaged";

/// One file of a stack.
struct Table<'a> {
    /// Without its footer.
    bytes: &'a [u8],
    /// Of its header, which the first block begins with.
    header: usize,
    /// Of a block that holds no log, in bytes; 0 where they are as long as they are.
    block: usize,
    /// Where logs begin; 0 if at the beginning, or nowhere.
    logs: usize,
    hash: HashKind,
}

impl<'a> Table<'a> {
    fn open(bytes: &'a [u8], hash: HashKind) -> Result<Self, &'static str> {
        let mut head = Cursor(bytes);
        if head.take(4)? != b"REFT" {
            return Err("it is no reftable");
        }
        let (header, named) = match head.take(1)? {
            [1] => (24, None),
            [2] => (28, Some(bytes.get(24..28).ok_or(SHORT)?)),
            _ => return Err("its version is not known"),
        };
        let its = match named {
            None | Some(b"sha1") => HashKind::Sha1,
            Some(b"s256") => HashKind::Sha256,
            Some(_) => return Err("its hash is not known"),
        };
        if its != hash {
            return Err("its hash is another than the repository's");
        }
        let block = head.number(3)?;
        // The header again, five positions and a sum.
        let footer = bytes.len().checked_sub(header + 5 * 8 + 4).filter(|at| *at >= header).ok_or(SHORT)?;
        let (body, footer) = bytes.split_at(footer);
        let (summed, sum) = footer.split_at(footer.len() - 4);
        let mut crc = Crc::new();
        crc.update(summed);
        if summed[..header] != bytes[..header] || crc.sum().to_be_bytes() != sum {
            return Err(DAMAGED);
        }
        let logs = Cursor(&summed[header + 3 * 8..]).number(8)?;
        Ok(Table { bytes: body, header, block, logs, hash })
    }

    /// The type of the block at a place, and where what it holds begins, counted from there.
    fn kind(&self, at: usize) -> Option<(u8, usize)> {
        let begin = if at == 0 { self.header } else { 0 };
        self.bytes.get(at + begin).map(|kind| (*kind, begin + 1))
    }

    fn references(&self, into: &mut BTreeMap<Vec<u8>, Option<Target>>) -> Result<(), &'static str> {
        let mut at = 0;
        while let Some((b'r', begin)) = self.kind(at) {
            let block = &self.bytes[at..];
            let length = Cursor(block.get(begin..).ok_or(SHORT)?).number(3)?;
            for_each_record(block.get(..length).ok_or(SHORT)?, begin + 3, |name, kind, rest| {
                rest.varint()?; // which update made it
                let target = match kind {
                    0 => None,
                    1 => Some(Target::Id(rest.id(self.hash)?)),
                    2 => {
                        let id = rest.id(self.hash)?;
                        rest.id(self.hash)?; // what the tag is on
                        Some(Target::Id(id))
                    }
                    3 => Some(Target::Name(rest.string()?.to_vec())),
                    _ => return Err(DAMAGED),
                };
                into.insert(name.to_vec(), target);
                Ok(())
            })?;
            // Blocks are filled up with zeros, unless git was told not to.
            let is_filled = length < self.block && block.get(length).is_none_or(|byte| *byte == 0);
            at += if is_filled { self.block } else { length.max(1) };
        }
        Ok(())
    }

    fn logs(&self, into: &mut Stack) -> Result<(), &'static str> {
        let mut at = self.logs;
        while let Some((b'g', begin)) = self.kind(at) {
            let head = begin + 3;
            let packed = self.bytes.get(at + head..).ok_or(SHORT)?;
            let length = Cursor(&self.bytes[at + begin..]).number(3)?;
            let length = length.checked_sub(head).ok_or(DAMAGED)?;
            into.unpacked += length;
            if into.unpacked > LARGEST_LOGS {
                into.has_more_logs = true;
                return Ok(());
            }
            let mut block = vec![0; length];
            let mut inflated = ZlibDecoder::new(packed);
            inflated.read_exact(&mut block).map_err(|_| DAMAGED)?;
            // The end of the stream has a sum that is read, too.
            if inflated.read(&mut [0]).map_err(|_| DAMAGED)? != 0 {
                return Err(DAMAGED);
            }
            let read = usize::try_from(inflated.total_in()).map_err(|_| DAMAGED)?;
            for_each_record(&block, 0, |key, kind, rest| {
                let (name, number) = key.split_at_checked(key.len().wrapping_sub(9)).ok_or(DAMAGED)?;
                let number = u64::from_be_bytes(number[1..].try_into().map_err(|_| DAMAGED)?);
                let change = match kind {
                    0 => None,
                    1 => Some(self.change(rest)?),
                    _ => return Err(DAMAGED),
                };
                into.logs.insert((name.to_vec(), number), change);
                Ok(())
            })?;
            at += head + read;
        }
        Ok(())
    }

    fn change(&self, rest: &mut Cursor<'_>) -> Result<Change, &'static str> {
        rest.id(self.hash)?; // what it was before
        let new = rest.id(self.hash)?;
        let (name, email) = (rest.string()?, rest.string()?);
        let seconds = rest.varint()?;
        let zone = i16::from_be_bytes(rest.take(2)?.try_into().map_err(|_| SHORT)?);
        let message = rest.string()?;
        let mut text = [name, b" <", email, b"> "].concat();
        text.extend_from_slice(format!("{seconds} {zone:+05}\t").as_bytes());
        text.extend_from_slice(message.trim_ascii_end());
        Ok(Change { new, text })
    }
}

/// Walks the records of a block: each has a key, which shares its beginning with the one before it, three bits and a rest.
/// `at`: where they begin. A table of places to start at, which is not needed here, ends the block.
fn for_each_record(
    block: &[u8],
    at: usize,
    mut each: impl FnMut(&[u8], u8, &mut Cursor<'_>) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    let count = block.len().checked_sub(2).ok_or(SHORT)?;
    let starts = Cursor(&block[count..]).number(2)?;
    let end = count.checked_sub(3 * starts).ok_or(DAMAGED)?;
    let mut records = Cursor(block.get(at..end).ok_or(DAMAGED)?);
    let mut key = Vec::new();
    while !records.0.is_empty() {
        let shared = records.length()?;
        let own = records.length()?;
        let kind = (own & 7) as u8;
        if shared > key.len() {
            return Err(DAMAGED);
        }
        key.truncate(shared);
        key.extend_from_slice(records.take(own >> 3)?);
        each(&key, kind, &mut records)?;
    }
    Ok(())
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of so many bytes, the highest first.
    fn number(&mut self, bytes: usize) -> Result<usize, &'static str> {
        let number = self.take(bytes)?.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        usize::try_from(number).map_err(|_| DAMAGED)
    }

    /// A number of seven bits a byte, as offsets in packs are written.
    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut byte = self.take(1)?[0];
        let mut number = u64::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.take(1)?[0];
            let next = number.checked_add(1).filter(|next| next >> 57 == 0).ok_or(DAMAGED)?;
            number = next << 7 | u64::from(byte & 0x7f);
        }
        Ok(number)
    }

    fn length(&mut self) -> Result<usize, &'static str> {
        usize::try_from(self.varint()?).map_err(|_| DAMAGED)
    }

    fn string(&mut self) -> Result<&'a [u8], &'static str> {
        let length = self.length()?;
        self.take(length)
    }

    fn id(&mut self, hash: HashKind) -> Result<ObjectId, &'static str> {
        Ok(ObjectId::from_bytes_or_panic(self.take(hash.len_in_bytes())?))
    }
}

#[cfg(test)]
mod tests;
