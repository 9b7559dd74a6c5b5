//! A git repository in an archive or a layer: its objects are held in memory, within a budget, and every one is read when the
//! archive has ended. What was packed with its `.git`, as an image that was built with `COPY .`, has all that was ever committed.

mod rebuild;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::path::PathBuf;

use flate2::bufread::ZlibDecoder;
use gix::ObjectId;
use gix::hash::Kind as HashKind;
use gix::objs::{Kind, TreeRefIter};
use gix_pack::cache::lru::MemoryCappedHashmap;
use gix_pack::data::decode::entry::ResolvedBase;

pub(crate) use self::rebuild::rebuild;
use crate::blob::{Blob, Item, Reason, Skip};
use crate::origin::{ObjectKind, Origin, Step};

/// Largest object that is decoded.
const LARGEST_OBJECT: usize = 256 << 20;

/// Bytes of decoded bases that are kept while objects are decoded.
const BASES: usize = 32 << 20;

/// What every loose object begins with.
const ZLIB: u8 = 0x78;

/// Who takes what is read.
pub(crate) trait Taker {
    /// Takes an object or a skip.
    fn take(&mut self, item: Item<'_>);

    /// Whether to go on, asked before each object with the bytes that decoding the one before gave.
    fn spend(&mut self, bytes: u64) -> bool;
}

/// What a file of an object store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// `objects/pack/NAME.pack`, or `tmp_pack_NAME` of a transfer that broke off
    Pack(Vec<u8>),
    /// `objects/pack/NAME.idx`
    Index(Vec<u8>),
    /// `objects/XX/…`
    Loose(ObjectId),
}

/// Tells by its path whether a file belongs to an object store, and to the repository in which folder.
pub(crate) fn part_of(path: &[u8]) -> Option<(&[u8], Part)> {
    let (folder, rest) = match memchr::memmem::rfind(path, b"/objects/") {
        Some(at) => (&path[..at], &path[at + b"/objects/".len()..]),
        None => (&path[..0], path.strip_prefix(b"objects/")?),
    };
    if let Some(name) = rest.strip_prefix(b"pack/") {
        if name.contains(&b'/') {
            return None;
        }
        if name.starts_with(b"tmp_pack_") {
            return Some((folder, Part::Pack(name.to_vec())));
        }
        if !name.starts_with(b"pack-") {
            return None;
        }
        let pack = name.strip_suffix(b".pack").map(|stem| Part::Pack(stem.to_vec()));
        let part = pack.or_else(|| name.strip_suffix(b".idx").map(|stem| Part::Index(stem.to_vec())));
        return part.map(|part| (folder, part));
    }
    let (fan, name) = (rest.get(..2)?, rest.get(3..)?);
    if rest[2] != b'/' {
        return None;
    }
    ObjectId::from_hex(&[fan, name].concat()).ok().map(|id| (folder, Part::Loose(id)))
}

/// The files of one pack, as far as they came.
#[derive(Default)]
struct StoredPack {
    data: Option<Vec<u8>>,
    index: Option<Vec<u8>>,
}

#[derive(Default)]
struct Stored {
    packs: BTreeMap<Vec<u8>, StoredPack>,
    loose: BTreeMap<ObjectId, Vec<u8>>,
}

/// The repositories of one archive or layer.
#[derive(Default)]
pub(crate) struct Repositories {
    folders: BTreeMap<Vec<u8>, Stored>,
    room: u64,
}

impl Repositories {
    /// For packs and loose objects of so many bytes together.
    pub(crate) fn within(room: u64) -> Self {
        Repositories { folders: BTreeMap::new(), room }
    }

    /// Bytes that can still be held.
    pub(crate) fn room(&self) -> u64 {
        self.room
    }

    /// Takes a file of an object store.
    pub(crate) fn take(&mut self, folder: &[u8], part: Part, bytes: Vec<u8>) {
        self.room = self.room.saturating_sub(bytes.len() as u64);
        let stored = self.folders.entry(folder.to_vec()).or_default();
        match part {
            Part::Pack(name) => stored.packs.entry(name).or_default().data = Some(bytes),
            Part::Index(name) => stored.packs.entry(name).or_default().index = Some(bytes),
            Part::Loose(id) => drop(stored.loose.insert(id, bytes)),
        }
    }

    /// Hands on every object, under the name that a tree has for it; `at_folder` gives where the repository of a folder lies.
    pub(crate) fn read(self, at_folder: &dyn Fn(&[u8]) -> Origin, taker: &mut dyn Taker) {
        for (folder, stored) in self.folders {
            let origin = at_folder(&folder);
            let mut objects = Objects::open(stored, &origin, taker);
            let names = objects.names(taker);
            objects.put(&names, &origin, taker);
        }
    }
}

/// Hands on every object of a pack that lies alone, or of a bundle, which is a pack below the names of its references (git's
/// `gitformat-bundle`).
pub(crate) fn read_alone(bytes: Vec<u8>, origin: &Origin, taker: &mut dyn Taker) {
    let path = origin.path().unwrap_or_default();
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    let name = name.strip_suffix(b".pack").unwrap_or(name);
    let (pack, hash) = match memchr::memmem::find(&bytes, b"\n\n").filter(|_| !bytes.starts_with(b"PACK")) {
        Some(end) => {
            let is_sha256 = memchr::memmem::find(&bytes[..end], b"\n@object-format=sha256").is_some();
            (bytes[end + 2..].to_vec(), if is_sha256 { HashKind::Sha256 } else { HashKind::Sha1 })
        }
        None => (bytes, hash_of(name)),
    };
    let mut objects = Objects::of_loose(BTreeMap::new());
    objects.add(open_pack(name, hash, (pack, None), origin, taker));
    let names = objects.names(taker);
    objects.put(&names, origin, taker);
}

struct Pack {
    data: gix_pack::data::File<Vec<u8>>,
    index: gix_pack::index::File<Vec<u8>>,
}

/// The objects of one repository.
struct Objects {
    packs: Vec<Pack>,
    loose: BTreeMap<ObjectId, Vec<u8>>,
    /// Where each object lies: in which pack and at which offset.
    places: HashMap<ObjectId, (usize, u64)>,
    inflate: gix::zlib::Inflate,
    bases: MemoryCappedHashmap,
}

impl Objects {
    fn of_loose(loose: BTreeMap<ObjectId, Vec<u8>>) -> Self {
        Objects {
            packs: Vec::new(),
            loose,
            places: HashMap::new(),
            inflate: gix::zlib::Inflate::default(),
            bases: MemoryCappedHashmap::new(BASES),
        }
    }

    fn open(stored: Stored, origin: &Origin, taker: &mut dyn Taker) -> Self {
        let mut objects = Objects::of_loose(stored.loose);
        for (name, StoredPack { data, index }) in stored.packs {
            let path = [b"objects/pack/", &name[..]].concat();
            let file = origin.with(Step::Member { path });
            let opened = match data {
                Some(data) => open_pack(&name, hash_of(&name), (data, index), &file, taker),
                // Of an index alone nothing can be read, and nothing is there: packs can be in other layers.
                None => {
                    let detail = "the pack of an index is not in this archive or layer";
                    taker.take(Item::Skip(Skip::new(file, Reason::Missing, detail)));
                    None
                }
            };
            objects.add(opened);
        }
        objects
    }

    fn add(&mut self, pack: Option<Pack>) {
        if let Some(pack) = pack {
            let number = self.packs.len();
            self.places.extend(pack.index.iter().map(|entry| (entry.oid, (number, entry.pack_offset))));
            self.packs.push(pack);
        }
    }

    /// Decodes an object.
    fn decode(&mut self, id: &ObjectId, out: &mut Vec<u8>) -> Option<Kind> {
        if let Some(stored) = self.loose.get(id) {
            return decode_loose(stored, out);
        }
        let &(number, offset) = self.places.get(id)?;
        let pack = &self.packs[number];
        let entry = pack.data.entry(offset).ok()?;
        let resolve = |id: &gix::hash::oid, _: &mut Vec<u8>| {
            let Some(index) = pack.index.lookup(id) else { return Ok(None) };
            pack.data.entry(pack.index.pack_offset_at_index(index)).map(|entry| Some(ResolvedBase::InPack(entry)))
        };
        let decoded = pack.data.decode_entry(entry, out, &mut self.inflate, &resolve, &mut self.bases);
        decoded.ok().map(|outcome| outcome.kind)
    }

    fn ids(&self) -> Vec<ObjectId> {
        // In the order of the pack, in which bases are near.
        let mut packed: Vec<(&ObjectId, &(usize, u64))> = self.places.iter().collect();
        packed.sort_by_key(|(id, place)| (**place, **id));
        let loose = self.loose.keys().filter(|id| !self.places.contains_key(*id));
        packed.into_iter().map(|(id, _)| *id).chain(loose.copied()).collect()
    }

    /// A path of each object that a tree has.
    fn names(&mut self, taker: &mut dyn Taker) -> HashMap<ObjectId, Vec<u8>> {
        let (mut trees, mut out) = (HashMap::new(), Vec::new());
        let mut roots = Vec::new();
        for id in self.ids() {
            if !taker.spend(out.len() as u64) {
                break;
            }
            match self.decode(&id, &mut out) {
                Some(Kind::Tree) => {
                    let hash = id.kind();
                    let entries = TreeRefIter::from_bytes(&out, hash).map_while(Result::ok);
                    let entries: Vec<(Vec<u8>, ObjectId)> =
                        entries.map(|entry| (entry.filename.to_vec(), entry.oid.to_owned())).collect();
                    trees.insert(id, entries);
                }
                Some(Kind::Commit) => {
                    let hex = out.strip_prefix(b"tree ").and_then(|rest| rest.split(|byte| *byte == b'\n').next());
                    roots.extend(hex.and_then(|hex| ObjectId::from_hex(hex).ok()));
                }
                _ => {}
            }
        }
        // Trees that no commit leads to have names, too.
        let mut waiting: Vec<(ObjectId, Vec<u8>)> = trees.keys().map(|tree| (*tree, Vec::new())).collect();
        waiting.sort();
        waiting.extend(roots.into_iter().map(|root| (root, Vec::new())));
        let mut names: HashMap<ObjectId, Vec<u8>> = HashMap::new();
        let mut seen = HashSet::new();
        while let Some((tree, path)) = waiting.pop() {
            if !seen.insert(tree) {
                continue;
            }
            for (name, id) in trees.get(&tree).into_iter().flatten() {
                let path = if path.is_empty() { name.clone() } else { [&path[..], b"/", name].concat() };
                if trees.contains_key(id) {
                    waiting.push((*id, path));
                } else {
                    names.entry(*id).or_insert(path);
                }
            }
        }
        names
    }

    fn put(&mut self, names: &HashMap<ObjectId, Vec<u8>>, origin: &Origin, taker: &mut dyn Taker) {
        let mut out = Vec::new();
        for id in self.ids() {
            if !taker.spend(out.len() as u64) {
                return;
            }
            let object = |kind| origin.with(Step::Object { id: id.to_string(), kind });
            match self.decode(&id, &mut out) {
                Some(Kind::Blob) => {
                    let blob = object(ObjectKind::Blob);
                    let blob = match names.get(&id) {
                        Some(path) => blob.with(Step::Member { path: path.clone() }),
                        None => blob,
                    };
                    taker.take(Item::Blob(Blob::bytes(blob, &out)));
                }
                Some(kind @ (Kind::Commit | Kind::Tag)) => {
                    // The header is ids, names and times.
                    let message = memchr::memmem::find(&out, b"\n\n").map_or(&out[..], |end| &out[end + 2..]);
                    let kind = if kind == Kind::Tag { ObjectKind::Tag } else { ObjectKind::Commit };
                    taker.take(Item::Blob(Blob::bytes(object(kind), message)));
                }
                Some(Kind::Tree) => taker.take(Item::Seen { objects: 1, bytes: out.len() as u64 }),
                // Other stores name their files in this way, too: what is not compressed is none of git's.
                None if self.loose.get(&id).is_some_and(|stored| stored.first() != Some(&ZLIB)) => {
                    let hex = id.to_string();
                    let path = format!("objects/{}/{}", &hex[..2], &hex[2..]).into_bytes();
                    let file = origin.with(Step::Member { path });
                    taker.take(Item::Blob(Blob::bytes(file, &self.loose[&id])));
                }
                None => {
                    let detail = "an object of the repository does not decode";
                    taker.take(Item::Skip(Skip::new(object(ObjectKind::Blob), Reason::Corrupt, detail)));
                }
            }
        }
    }
}

/// The hash by which the name of a pack is made: `pack-` and a digest.
fn hash_of(name: &[u8]) -> HashKind {
    if name.starts_with(b"pack-") && name.len() > 5 + 40 { HashKind::Sha256 } else { HashKind::Sha1 }
}

/// Opens a pack; where its index is missing or damaged, the pack alone says what is in it.
fn open_pack(
    name: &[u8],
    hash: HashKind,
    (data, index): (Vec<u8>, Option<Vec<u8>>),
    file: &Origin,
    taker: &mut dyn Taker,
) -> Option<Pack> {
    // Bases are kept by the names of their packs.
    let named = || PathBuf::from(String::from_utf8_lossy(name).into_owned());
    let Ok(data) = gix_pack::data::File::from_data(data, named(), hash) else {
        taker.take(Item::Skip(Skip::new(file.clone(), Reason::Corrupt, "it is no pack")));
        return None;
    };
    let data = data.with_alloc_limit_bytes(Some(LARGEST_OBJECT));
    let stored = index.and_then(|index| gix_pack::index::File::from_data(index, named(), hash).ok());
    let index = stored.or_else(|| {
        let rebuilt = rebuild(&data, hash, LARGEST_OBJECT, &mut |bytes| taker.spend(bytes));
        if let Some((reason, detail)) = rebuilt.loss(data.num_objects()) {
            taker.take(Item::Skip(Skip::new(file.clone(), reason, detail)));
        }
        rebuilt.index
    })?;
    Some(Pack { data, index })
}

fn decode_loose(stored: &[u8], out: &mut Vec<u8>) -> Option<Kind> {
    out.clear();
    ZlibDecoder::new(stored).take(LARGEST_OBJECT as u64 + 64).read_to_end(out).ok()?;
    let end = memchr::memchr(0, out)?;
    let (kind, size) = out[..end].split_at_checked(out[..end].iter().position(|byte| *byte == b' ')?)?;
    let kind = Kind::from_bytes(kind).ok()?;
    let size: usize = std::str::from_utf8(&size[1..]).ok()?.parse().ok()?;
    out.drain(..=end);
    (out.len() == size).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_by_their_paths() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let loose = format!("srv/app/.git/objects/{}/{}", &id[..2], &id[2..]);
        let loose_part = Part::Loose(ObjectId::from_hex(id.as_bytes()).unwrap());
        assert_eq!(part_of(loose.as_bytes()), Some((&b"srv/app/.git"[..], loose_part)));
        let bare = format!("objects/{}/{}", &id[..2], &id[2..]);
        assert_eq!(part_of(bare.as_bytes()).map(|(folder, _)| folder), Some(&b""[..]));
        let stem = format!("pack-{id}").into_bytes();
        let pack = format!("x.git/objects/pack/pack-{id}.pack");
        assert_eq!(part_of(pack.as_bytes()), Some((&b"x.git"[..], Part::Pack(stem.clone()))));
        let index = format!("x.git/objects/pack/pack-{id}.idx");
        assert_eq!(part_of(index.as_bytes()), Some((&b"x.git"[..], Part::Index(stem))));
        let broken_off = Part::Pack(b"tmp_pack_x7Kq2a".to_vec());
        assert_eq!(part_of(b"x/.git/objects/pack/tmp_pack_x7Kq2a"), Some((&b"x/.git"[..], broken_off)));
        for other in
            ["usr/objects/ab/readme", "x/objects/pack/pack-1.rev", "x/objects/pack/a.pack", "objects/ab", ".git/config"]
        {
            assert_eq!(part_of(other.as_bytes()), None, "{other}");
        }
    }
}
