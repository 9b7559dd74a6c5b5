//! The delta families of a pack: which entry is made from which. Small tables, at most 40 bytes an entry, for packs of tens of
//! millions of objects.

use gix::hash::oid;
use gix_pack::data::entry::Header;

use super::objects::Pack;

/// Stands for no entry.
const NONE: u32 = u32::MAX;

/// The entries of a pack in the order of the pack, and what each is made from.
pub(super) struct Families<'p> {
    pub pack: &'p Pack,
    /// Offsets, ascending.
    offsets: Vec<u64>,
    /// Place of each entry in the index.
    positions: Vec<u32>,
    /// For each entry where its children begin in `children`; one more at the end.
    first_child: Vec<u32>,
    /// Children of each entry, those with the fewest descendants first.
    children: Vec<u32>,
    /// Entries that are stored whole.
    roots: Vec<u32>,
    /// Entries that no root leads to: their base is not in the pack, or they cannot be read at all.
    adrift: Vec<u32>,
}

impl<'p> Families<'p> {
    /// Reads the header of each entry.
    pub(super) fn of(pack: &'p Pack) -> Self {
        let mut order: Vec<(u64, u32)> =
            (0..pack.index.objects()).map(|position| (pack.index.offset_at(position), position)).collect();
        order.sort_unstable();
        let (offsets, positions): (Vec<u64>, Vec<u32>) = order.into_iter().unzip();
        let mut families = Families {
            pack,
            first_child: vec![0; offsets.len() + 1],
            children: Vec::new(),
            roots: Vec::new(),
            adrift: Vec::new(),
            offsets,
            positions,
        };
        let bases = families.bases();
        families.link(&bases);
        families
    }

    /// The id of an entry.
    pub(super) fn id(&self, entry: u32) -> &'p oid {
        self.pack.index.id_at(self.positions[entry as usize])
    }

    /// Where an entry begins.
    pub(super) fn offset(&self, entry: u32) -> u64 {
        self.offsets[entry as usize]
    }

    /// Where the entry after an entry begins, or the entries end.
    pub(super) fn end(&self, entry: u32) -> u64 {
        let end = self.pack.data.pack_end() as u64;
        self.offsets.get(entry as usize + 1).map_or(end, |next| end.min(*next))
    }

    /// Whether an entry's stored bytes are those that the index was made of.
    pub(super) fn is_intact(&self, entry: u32) -> bool {
        let Some(checksum) = self.pack.index.checksum_at(self.positions[entry as usize]) else { return true };
        let (start, end) = (self.offset(entry), self.end(entry));
        start <= end && self.pack.data.entry_slice(start..end).is_some_and(|stored| crc32fast::hash(stored) == checksum)
    }

    /// Number of entries.
    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Entries that are stored whole, in the order of the pack.
    pub(super) fn roots(&self) -> &[u32] {
        &self.roots
    }

    /// Entries that no root leads to.
    pub(super) fn adrift(&self) -> &[u32] {
        &self.adrift
    }

    /// Where the children of an entry are listed, for [`Families::child`].
    pub(super) fn children(&self, entry: u32) -> std::ops::Range<u32> {
        self.first_child[entry as usize]..self.first_child[entry as usize + 1]
    }

    /// The child at a place of the list of all children.
    pub(super) fn child(&self, place: u32) -> u32 {
        self.children[place as usize]
    }

    /// An entry and all that is made from it.
    pub(super) fn descendants(&self, entry: u32) -> Vec<u32> {
        let mut all = vec![entry];
        let mut next = 0;
        while next < all.len() {
            all.extend(self.children(all[next]).map(|place| self.child(place)));
            next += 1;
        }
        all
    }

    /// The base of each entry; those that are stored whole become roots.
    fn bases(&mut self) -> Vec<u32> {
        let end = self.pack.data.pack_end() as u64;
        let mut bases = vec![NONE; self.len()];
        for (entry, &offset) in (0u32..).zip(&self.offsets) {
            let header = if offset < end { self.pack.data.entry(offset).ok() } else { None };
            let base = match header.as_ref().map(|found| found.header) {
                Some(Header::OfsDelta { base_distance }) => offset.checked_sub(base_distance),
                Some(Header::RefDelta { base_id }) => self.pack.index.offset(&base_id),
                Some(_) => {
                    self.roots.push(entry);
                    continue;
                }
                None => None,
            };
            if let Some(base) = base.and_then(|base| self.offsets.binary_search(&base).ok()) {
                bases[entry as usize] = base as u32;
            }
        }
        bases
    }

    fn link(&mut self, bases: &[u32]) {
        for &base in bases.iter().filter(|base| **base != NONE) {
            self.first_child[base as usize + 1] += 1;
        }
        for entry in 0..self.len() {
            self.first_child[entry + 1] += self.first_child[entry];
        }
        let mut next = self.first_child.clone();
        self.children = vec![0; self.first_child[self.len()] as usize];
        for (entry, &base) in (0u32..).zip(bases).filter(|(_, base)| **base != NONE) {
            self.children[next[base as usize] as usize] = entry;
            next[base as usize] += 1;
        }
        drop(next);
        self.order(bases);
    }

    /// Puts the child with the most descendants last: its base is let go before it is gone into, so that no more bases are
    /// held than the logarithm of a family's size. Finds what no root leads to, too.
    fn order(&mut self, bases: &[u32]) {
        let mut order = self.roots.clone();
        let mut next = 0;
        while next < order.len() {
            order.extend(self.children(order[next]).map(|place| self.child(place)));
            next += 1;
        }
        let mut descendants = vec![0u32; self.len()];
        let mut reached = vec![false; self.len()];
        for &entry in order.iter().rev() {
            reached[entry as usize] = true;
            let base = bases[entry as usize];
            if base != NONE {
                descendants[base as usize] += descendants[entry as usize] + 1;
            }
        }
        for entry in 0..self.len() as u32 {
            let children = self.children(entry);
            self.children[children.start as usize..children.end as usize]
                .sort_unstable_by_key(|&child| (descendants[child as usize], child));
        }
        self.adrift = (0..self.len() as u32).filter(|&entry| !reached[entry as usize]).collect();
    }
}
