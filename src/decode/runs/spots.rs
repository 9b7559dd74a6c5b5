//! Where something encoded may begin. A spot is told by four bytes before it and forty from it on, so that a
//! version of a text has those of its base wherever it copies them.

use std::ops::Range;

use super::{documents, is_base64};
use crate::candidate::CopiedRun;

/// Bytes before a spot that make it one: no letter, and the longest of what may introduce a run, `\n0x` in a string of JSON.
const BEFORE: usize = 4;
/// Bytes from a spot on that make it one.
const BEHIND: usize = documents::SHORTEST;

/// Bytes in which a text may tell its language.
const HEAD: usize = 512;

/// Bytes that are looked at together: a run has such a group whole wherever it begins.
const GROUP: usize = 16;
const _: () = assert!(documents::SHORTEST >= 2 * GROUP - 1);
/// Groups that are passed by at once where there is nothing, and their bytes.
const GROUPS: usize = 4;
const BLOCK: usize = GROUPS * GROUP;
/// Bytes that are looked at for that: one more tells whether a literal ends its line.
const GLANCE: usize = BLOCK + 1;

/// Appends the spots of a text that lie in `range`, in order of their places. The text is shorter than 4 GiB.
pub fn find(text: &[u8], range: Range<usize>, spots: &mut Vec<u32>) {
    let mut is_within = false;
    // Of a run that begins at the very end of the range the first whole group begins behind it.
    let end = text.len().min(range.end + GROUP);
    for start in (range.start..end).step_by(BLOCK) {
        let mut rest = [b' '; GLANCE];
        let block = text[start..].first_chunk::<GLANCE>().unwrap_or_else(|| {
            rest[..text.len() - start].copy_from_slice(&text[start..]);
            &rest
        });
        let flags = glance(block);
        if flags == NOTHING {
            is_within = false;
            continue;
        }
        for group in 0..GROUPS {
            let begin = start + group * GROUP;
            let bytes = &block[group * GROUP..][..GROUP];
            let may_be_dense = flags >> group & 1 == 0;
            if may_be_dense && bytes.iter().fold(true, |all, &byte| all & is_base64(byte)) {
                if !is_within && let Some(spot) = run(text, begin, &range) {
                    spots.push(spot as u32);
                }
                is_within = true;
                continue;
            }
            is_within = false;
            if flags >> (GROUPS + group) & 1 == 1 {
                let places = begin..(begin + GROUP).min(range.end);
                let is_spot =
                    |&place: &usize| (is_mark(text[place]) || is_quote(text[place])) && piece(text, place).is_some();
                spots.extend(places.filter(is_spot).map(|place| place as u32));
            }
        }
    }
}

/// The spots of a text that is made from a base by copying runs of it, with the help of those of the base.
pub fn carried(text: &[u8], (base, runs): (&[u32], &[CopiedRun]), spots: &mut Vec<u32>) {
    let mut settled = 0;
    for run in runs.iter().filter(|run| run.length as usize >= BEFORE + BEHIND) {
        let first = run.from + BEFORE as u32;
        let last = run.from + run.length - BEHIND as u32;
        find(text, settled..run.to as usize + BEFORE, spots);
        let from = base.partition_point(|&spot| spot < first);
        let inside = base[from..].iter().take_while(|&&spot| spot <= last);
        spots.extend(inside.map(|spot| spot - run.from + run.to));
        settled = (last - run.from + run.to) as usize + 1;
    }
    find(text, settled..text.len(), spots);
}

/// Whether a text is in PHP or Perl, by how it begins.
pub(super) fn joins_at_dots(text: &[u8]) -> bool {
    let beginning = text[..text.len().min(HEAD)].trim_ascii_start();
    let has = |word: &[u8]| memchr::memmem::find(beginning, word).is_some();
    let is_perl = || {
        beginning.starts_with(b"#!") && has(b"perl") || has(b"\nuse strict;") || beginning.starts_with(b"use strict;")
    };
    beginning.starts_with(b"<?") || is_perl()
}

/// The spots of a text in such a language, which joins literals at a byte that others have everywhere.
pub(super) fn with_dots(text: &[u8], spots: &[u32]) -> Vec<u32> {
    let dots = memchr::memchr_iter(b'.', text).filter(|&place| piece(text, place).is_some());
    let mut all: Vec<u32> = spots.iter().copied().chain(dots.map(|place| place as u32)).collect();
    all.sort_unstable();
    all
}

/// The spot of the run that the group at `group` lies in, if it is in `range`.
fn run(text: &[u8], group: usize, range: &Range<usize>) -> Option<usize> {
    let least = range.start.saturating_sub(BEFORE + 1);
    let mut begin = group - text[least..group].iter().rev().take_while(|&&byte| is_base64(byte)).count();
    let mut before = begin.checked_sub(1).map(|before| text[before]);
    if before == Some(b'\\') && matches!(text[begin], b'n' | b'r' | b't') {
        // `\n` in a string of JSON.
        before = None;
        begin += 1;
    } else if before.is_some_and(is_base64) {
        // It begins before the range.
        return None;
    }
    // Literals of SQL and of programs: `0x6768…`, `'\x6768…'`.
    match text[begin..] {
        [b'0', b'x' | b'X', ..] => begin += 2,
        [b'x', ..] if before == Some(b'\\') => begin += 1,
        _ => {}
    }
    let is_long = text.get(begin..begin + documents::SHORTEST)?.iter().fold(true, |all, &byte| all & is_base64(byte));
    (is_long && range.contains(&begin) && documents::may_begin(&text[begin..])).then_some(begin)
}

/// What [`glance`] gives where none of the groups may be in a run, and none has a mark.
const NOTHING: u8 = (1 << GROUPS) - 1;

/// A bit for each group, whether it has a byte that base64 has not (a blank, a quote, a bracket), and behind those one for each, whether
/// it has a mark, or a quote at the end of a line. Compiles to some instructions for sixteen bytes each.
fn glance(block: &[u8; GLANCE]) -> u8 {
    // Of ASCII what is from `+` on.
    let sparse = |byte: u8| u8::from(byte.wrapping_sub(b'+') > 0x7f - b'+');
    let mut flags = [0; GROUP];
    for (at, flag) in flags.iter_mut().enumerate() {
        for group in 0..GROUPS {
            let [byte, next] = [block[group * GROUP + at], block[group * GROUP + at + 1]];
            let is_last = is_quote(byte) & (next.wrapping_sub(b'\n') <= b'\r' - b'\n');
            *flag |= sparse(byte) << group | u8::from(is_mark(byte) | is_last) << (GROUPS + group);
        }
    }
    flags.iter().fold(0, |all, flag| all | flag)
}

/// Whether a piece may begin with a byte: an escape, or what joins literals or begins a colour.
const fn is_mark(byte: u8) -> bool {
    // `\` and `|` differ in one bit.
    (byte | 0x20 == b'|') | (byte.wrapping_sub(b'%') < 2) | (byte == b'+') | (byte == 0x1b)
}

/// Whether a byte may end a literal that is joined to the one on the next line with nothing between them. (On one line, too, it would
/// cost more than it finds.)
const fn is_quote(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\'')
}

/// What a mark may be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// Characters written as escapes.
    Escaped,
    /// Literals or lines that are joined at it.
    Joined,
    /// A literal that ends at it, with another behind.
    Beside,
    /// A line in colours.
    Coloured,
}

/// What a byte may be of, as those around it let it: most marks are operators, formats and references.
pub(super) fn piece(text: &[u8], place: usize) -> Option<Piece> {
    let at = |place: Option<usize>| place.and_then(|place| text.get(place)).copied().unwrap_or(b' ');
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let is_any_quote = |byte: u8| is_quote(byte) || byte == b'`';
    let next = at(Some(place + 1));
    let joins = |length: usize| {
        let [far, near, next] = [place.checked_sub(2), place.checked_sub(1), Some(place + length)].map(at);
        (is_any_quote(near) || is_blank(near) && (is_any_quote(far) || is_blank(far) || far == b'/'))
            && (is_any_quote(next) || is_blank(next))
    };
    match (text[place], next) {
        (0x1b, b'[') => Some(Piece::Coloured),
        (b'\\', b'\n' | b'\r') => Some(Piece::Joined),
        (b'\\', b'x' | b'u' | b'U' | b'0'..=b'3') | (b'&', b'#') => Some(Piece::Escaped),
        // Elsewhere a slash has no word before it, as in patterns.
        (b'\\', b'/') => {
            let before = at(place.checked_sub(1));
            (before.is_ascii_alphanumeric() || matches!(before, b':' | b'/' | b'+')).then_some(Piece::Escaped)
        }
        (b'&', b'a') if at(Some(place + 2)) == b'm' => Some(Piece::Escaped),
        (b'%', _) if next.is_ascii_hexdigit() && at(Some(place + 2)).is_ascii_hexdigit() => Some(Piece::Escaped),
        (b'+' | b'|', _) if next == text[place] && joins(2) => Some(Piece::Joined),
        (b'+' | b'&' | b'.', _) if joins(1) => Some(Piece::Joined),
        (quote @ (b'"' | b'\''), b'\n' | b'\r') if is_beside(text, place, quote) => Some(Piece::Beside),
        _ => None,
    }
}

/// Whether a literal of a word may end at a quote, and another begin behind blanks that are few.
fn is_beside(text: &[u8], place: usize, quote: u8) -> bool {
    let ends = place.checked_sub(1).is_some_and(|before| is_base64(text[before]));
    let behind = &text[place + 1..text.len().min(place + BEHIND)];
    ends && match behind.trim_ascii_start() {
        [next, first, ..] => *next == quote && is_base64(*first),
        _ => false,
    }
}
