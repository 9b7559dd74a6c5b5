//! The index of a pack: as stored beside it, or as it was rebuilt in memory where that file is missing or damaged.

use gix::hash::oid;

/// Where the objects of a pack lie.
pub(super) enum Index {
    /// The `.idx` file.
    Stored(gix_pack::index::File),
    /// Made from the pack alone.
    Rebuilt(gix_pack::index::File<Vec<u8>>),
}

impl Index {
    pub(super) fn offset(&self, id: &oid) -> Option<u64> {
        match self {
            Index::Stored(index) => index.lookup(id).map(|at| index.pack_offset_at_index(at)),
            Index::Rebuilt(index) => index.lookup(id).map(|at| index.pack_offset_at_index(at)),
        }
    }

    pub(super) fn objects(&self) -> u32 {
        match self {
            Index::Stored(index) => index.num_objects(),
            Index::Rebuilt(index) => index.num_objects(),
        }
    }

    /// The id at a place in the index, below [`Index::objects`].
    pub(super) fn id_at(&self, position: u32) -> &oid {
        match self {
            Index::Stored(index) => index.oid_at_index(position),
            Index::Rebuilt(index) => index.oid_at_index(position),
        }
    }

    /// The offset in the pack at a place in the index, below [`Index::objects`].
    pub(super) fn offset_at(&self, position: u32) -> u64 {
        match self {
            Index::Stored(index) => index.pack_offset_at_index(position),
            Index::Rebuilt(index) => index.pack_offset_at_index(position),
        }
    }

    /// Checksum (CRC-32) of an entry's stored bytes at a place in the index; `None` where that was made of these very bytes.
    /// Inflating does not tell damage: it is done without looking at the checksums in the streams.
    pub(super) fn checksum_at(&self, position: u32) -> Option<u32> {
        match self {
            Index::Stored(index) => index.crc32_at_index(position),
            Index::Rebuilt(_) => None,
        }
    }
}
