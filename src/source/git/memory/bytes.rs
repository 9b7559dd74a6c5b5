//! Numbers, ids and texts in the files of the cache.

use gix::ObjectId;

/// Bytes of an id: SHA-1, SHA-256.
const HASH_WIDTHS: [usize; 2] = [20, 32];

/// What is not yet read of a file.
pub(super) struct Rest<'b>(pub &'b [u8]);

impl<'b> Rest<'b> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Seven bits a byte, the lowest first.
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// The number of entries of at least `least` bytes that follow.
    pub(super) fn count(&mut self, least: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len() / least).then_some(count)
    }

    /// What [`put_ids`] wrote.
    pub(super) fn ids(&mut self) -> Option<Vec<ObjectId>> {
        let width = usize::try_from(self.number()?).ok()?;
        if !HASH_WIDTHS.contains(&width) {
            return None;
        }
        let count = self.count(width)?;
        let ids = self.take(width * count)?;
        ids.chunks_exact(width).map(ObjectId::try_from).collect::<Result<_, _>>().ok()
    }

    /// What [`put_text`] wrote.
    pub(super) fn text(&mut self) -> Option<&'b [u8]> {
        let length = self.count(1)?;
        self.take(length)
    }

    /// What [`put_key`] wrote.
    pub(super) fn key(&mut self) -> Option<u128> {
        Some(u128::from_le_bytes(self.take(16)?.try_into().ok()?))
    }
}

/// Seven bits a byte, the lowest first.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Ids of one width, with their number.
pub(super) fn put_ids(out: &mut Vec<u8>, ids: &[ObjectId]) {
    let width = ids.first().map_or(HASH_WIDTHS[0], |id| id.as_bytes().len());
    put_number(out, width as u64);
    put_number(out, ids.len() as u64);
    ids.iter().for_each(|id| out.extend_from_slice(id.as_bytes()));
}

/// A text with its length.
pub(super) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text);
}

/// The first half of an id or more.
pub(super) fn put_key(out: &mut Vec<u8>, key: u128) {
    out.extend_from_slice(&key.to_le_bytes());
}
