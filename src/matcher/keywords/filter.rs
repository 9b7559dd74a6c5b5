//! The q-gram filter: which places of a text can hold a word at all, by one look-up for two bytes, and then which do.
//!
//! It looks at every second byte of the text, at the four bytes from there on. Wherever a word of five bytes or more
//! stands, one of two neighbouring grams of it begins at such a place; the two rarest are chosen. A word of three or four
//! bytes leaves a byte of one of its grams open, and that gram is entered with all that the byte may be: the table is
//! made so that an open first or last byte fills few of its bits. Look-ups do not depend on each other, where an
//! automaton waits for its table at each byte, and nothing branches on their results until some thousand bytes were
//! looked at: a branch that goes either way costs more than ten look-ups.

use std::ops::Range;

use super::rarity::Rarity;
use super::{Hit, Word};

/// Sets the bit by which ASCII letters differ in case. It makes some other bytes alike, too: verification tells them apart.
const FOLD: u32 = 0x2020_2020;
/// Cells of the table, of eight bits each: 32 KiB, which fits in a first-level cache.
const TABLE: usize = 1 << 15;
/// Spreads a gram over the upper bits; an odd constant with no short pattern (2^32 divided by the golden ratio).
const SPREAD: u32 = 0x9e37_79b1;
/// What of a gram chooses its cell: of the first byte four bits, so that an open one is 16 cells and not 256. The last
/// byte chooses the bit in the cell, so that an open one is one cell.
const CELL: u32 = 0x00ff_ff0f;
/// Bytes that are looked at in one turn of the loop: eight places.
const TURN: usize = 16;
/// Turns before the places with a set bit are visited.
const TURNS: usize = 128;
/// Bytes of a place's surroundings that an entry is compared with: two before the gram, the gram, two after it.
const AROUND: usize = 8;
/// Of them those before the gram.
const BEFORE: usize = 2;

/// A place in a word that a gram of the text may stand for.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// What the surroundings hold where the word stands there, as far as they reach, and which bits of them.
    value: u64,
    mask: u64,
    word: u16,
    /// Where in the word the gram begins: -1 where its first byte is the one before the word.
    offset: i8,
    /// Whether the surroundings hold the whole word.
    whole: bool,
}

/// The entries of one bit of a cell. Nine of ten places that give an alarm fail what all of these have in common: one
/// comparison, whose result is nearly always the same.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// What the surroundings hold in each entry, and the bits in which all agree.
    value: u64,
    mask: u64,
    /// Where its entries begin; they end where those of the next begin.
    first: u32,
}

/// A bit for each hash of a gram; the size is a constant, so that no look-up is checked.
#[derive(Debug)]
pub(super) struct Filter {
    bits: Box<[u8; TABLE]>,
    /// The group of the first bit of each cell; those of its other bits follow.
    starts: Box<[u32; TABLE]>,
    /// One for each bit that is set, and one behind the last.
    groups: Vec<Group>,
    entries: Vec<Entry>,
    longest: usize,
}

/// A turn with a set bit: where it begins, counted from the first turn, and which of its places.
type Alarm = (u32, u32);

fn cell(gram: u32) -> usize {
    ((gram & CELL).wrapping_mul(SPREAD) >> (32 - TABLE.trailing_zeros())) as usize
}

/// Where in a word its grams begin, for even and for odd places.
fn offsets(word: &[u8], rarity: &Rarity) -> [i8; 2] {
    match word.len() {
        ..=3 => [0, -1],
        4 => [0, 1],
        length => {
            let both = |five: &[u8]| {
                rarity.share(&[five[0], five[1], five[2], five[3]])
                    + rarity.share(&[five[1], five[2], five[3], five[4]])
            };
            let shares: Vec<f32> = word.windows(5).map(both).collect();
            let best = (0..=length - 5).min_by(|&a, &b| shares[a].total_cmp(&shares[b])).unwrap_or(0) as i8;
            [best, best + 1]
        }
    }
}

impl Entry {
    fn new(index: usize, word: &Word, offset: i8) -> Self {
        let (mut value, mut mask, mut inside) = (0, 0, 0);
        for place in 0..AROUND {
            let at = isize::from(offset) + place as isize - BEFORE as isize;
            let Some(&byte) = usize::try_from(at).ok().and_then(|at| word.text.get(at)) else { continue };
            let bits = if word.case_sensitive || !byte.is_ascii_alphabetic() { 0xff } else { !0x20 };
            value |= u64::from(byte & bits) << (8 * place);
            mask |= u64::from(bits) << (8 * place);
            inside += 1;
        }
        Entry { value, mask, word: index as u16, offset, whole: inside == word.text.len() }
    }

    /// All folded grams that may stand at its place, as cells and bits.
    fn cells(&self, word: &Word) -> impl Iterator<Item = (usize, u8)> {
        let byte = |place: isize| {
            let at = usize::try_from(isize::from(self.offset) + place).ok()?;
            word.text.get(at).map(|byte| u32::from(byte | 0x20))
        };
        // Of an open first byte only the lower four bits count, see `CELL`.
        let open = |known: Option<u32>| known.map_or(0x20..=0x2f, |byte| byte..=byte);
        // Only the first or the last is open: of the two in the middle both words of three bytes and longer ones have all.
        let middle = byte(1).unwrap_or_default() << 8 | byte(2).unwrap_or_default() << 16;
        let last = byte(3);
        open(byte(0)).map(move |first| (cell(first | middle), last.map_or(0xff, |last| 1 << (last & 7))))
    }
}

impl Group {
    /// Of these entries, of which the first has that number.
    fn new<'a>(entries: impl Iterator<Item = &'a Entry>, first: u32) -> Self {
        let both = |a: Group, b: Group| Group { mask: a.mask & b.mask & !(a.value ^ b.value), ..a };
        let groups = entries.map(|entry| Group { value: entry.value, mask: entry.mask, first });
        groups.reduce(both).expect("a group has an entry")
    }
}

impl Filter {
    /// For words of at least three bytes.
    pub fn new(words: &[Word]) -> Self {
        let rarity = Rarity::new();
        let mut bits = Box::new([0; TABLE]);
        let mut placed: Vec<((usize, u32), Entry)> = Vec::new();
        for (index, word) in words.iter().enumerate() {
            for offset in offsets(&word.text, &rarity) {
                let entry = Entry::new(index, word, offset);
                for (cell, set) in entry.cells(word) {
                    bits[cell] |= set;
                    placed.extend((0..8).filter(|bit| set >> bit & 1 != 0).map(|bit| ((cell, bit), entry)));
                }
            }
        }
        placed.sort_unstable_by_key(|(at, entry)| (*at, entry.word, entry.offset));
        placed.dedup_by_key(|(at, entry)| (*at, entry.word, entry.offset));
        let (mut starts, mut groups, mut first) = (Box::new([0; TABLE]), Vec::new(), 0);
        let mut of_cells = placed.chunk_by(|a, b| a.0 == b.0).peekable();
        for (cell, start) in starts.iter_mut().enumerate() {
            *start = groups.len() as u32;
            while let Some(of_bit) = of_cells.next_if(|of_bit| of_bit[0].0.0 == cell) {
                groups.push(Group::new(of_bit.iter().map(|(_, entry)| entry), first));
                first += of_bit.len() as u32;
            }
        }
        groups.push(Group { value: 0, mask: 0, first });
        let entries = placed.into_iter().map(|(_, entry)| entry).collect();
        let longest = words.iter().map(|word| word.text.len()).max().unwrap_or(0);
        Filter { bits, starts, groups, entries, longest }
    }

    /// Calls `hit` for every word that begins in `range` and ends within `text`.
    pub fn find(&self, words: &[Word], text: &[u8], range: Range<usize>, hit: &mut impl FnMut(Hit)) {
        // A gram may stand up to a word's length after the word's first byte, and a byte before it.
        let end = range.end.saturating_add(self.longest).min(text.len());
        let mut place = range.start.saturating_sub(1) & !1;
        let mut visit = |at: usize| {
            self.visit(words, text, at, &mut |found: Hit| {
                if range.contains(&found.start) {
                    hit(found);
                }
            });
        };
        let mut alarms = [(0, 0); TURNS];
        loop {
            let (turns, count) = self.look(text.get(place..end).unwrap_or_default(), &mut alarms);
            for &(turn, mut set) in &alarms[..count] {
                let turn = place + turn as usize * TURN;
                while set != 0 {
                    visit(turn + 2 * set.trailing_zeros() as usize);
                    set &= set - 1;
                }
            }
            place += turns * TURN;
            if turns < TURNS {
                break;
            }
        }
        while place < end {
            if self.has(u32::from_le_bytes(bytes_at(text, place))) != 0 {
                visit(place);
            }
            place += 2;
        }
    }

    /// Looks at the places of some turns; returns how many turns, and how many of them gave an alarm.
    fn look(&self, text: &[u8], alarms: &mut [Alarm; TURNS]) -> (usize, usize) {
        let (mut turns, mut count) = (0, 0);
        let mut rest = text;
        while let Some(turn) = rest.first_chunk::<{ TURN + 2 }>() {
            let mut set = 0;
            for step in 0..TURN / 2 {
                let at = 2 * step;
                set |= self.has(u32::from_le_bytes([turn[at], turn[at + 1], turn[at + 2], turn[at + 3]])) << step;
            }
            // Written always, kept where there is something to keep: no branch. Never more than `turns` are kept.
            alarms[count % TURNS] = (turns as u32, set);
            count += usize::from(set != 0);
            turns += 1;
            if turns == TURNS {
                break;
            }
            rest = &rest[TURN..];
        }
        (turns, count)
    }

    #[inline(always)]
    fn has(&self, gram: u32) -> u32 {
        let gram = gram | FOLD;
        u32::from(self.bits[cell(gram)] >> (gram >> 24 & 7)) & 1
    }

    /// Compares the words whose gram may stand at a place that gave an alarm.
    fn visit(&self, words: &[Word], text: &[u8], place: usize, hit: &mut impl FnMut(Hit)) {
        let around = match place.checked_sub(BEFORE) {
            Some(before) => u64::from_le_bytes(bytes_at(text, before)),
            None => u64::from_le_bytes(bytes_at::<AROUND>(text, 0)) << (8 * (BEFORE - place)),
        };
        let gram = (around >> (8 * BEFORE)) as u32 | FOLD;
        let (cell, bit) = (cell(gram), gram >> 24 & 7);
        let before = self.bits[cell] & ((1 << bit) - 1);
        let at = (self.starts[cell] + before.count_ones()) as usize;
        let [group, next] = self.groups[at..at + 2] else { return };
        if (around ^ group.value) & group.mask != 0 {
            return;
        }
        for entry in &self.entries[group.first as usize..next.first as usize] {
            if (around ^ entry.value) & entry.mask != 0 {
                continue;
            }
            let Some(start) = place.checked_add_signed(-isize::from(entry.offset)) else { continue };
            let word = &words[usize::from(entry.word)];
            let Some(found) = text.get(start..start + word.text.len()) else { continue };
            let is_equal = entry.whole
                || if word.case_sensitive { *found == *word.text } else { found.eq_ignore_ascii_case(&word.text) };
            if is_equal {
                hit(Hit { start, word: entry.word });
            }
        }
    }
}

/// The bytes from a place on, with zeros past the end.
fn bytes_at<const N: usize>(text: &[u8], place: usize) -> [u8; N] {
    let rest = &text[place..];
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; N];
        bytes[..rest.len()].copy_from_slice(rest);
        bytes
    })
}
