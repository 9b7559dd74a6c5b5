//! What any text may hold encoded, told by how it looks alone: runs of base64 or hexadecimal digits that decode to text,
//! characters written as escapes, literals that code joins, lines of quoted-printable.
//!
//! One pass over the text, sixty-four bytes at a time; only where a run could be are single bytes looked at. Where a run begins and
//! what it holds is a function of the bytes around it, so that a part of a text shows the same as all of it.

mod documents;
mod pieces;
mod quoted;

use std::ops::Range;

use super::DECODED_MOST;

/// A run, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Where it stands encoded, with all its folds.
    pub place: Range<usize>,
    /// What it says; behind it, what that holds encoded itself.
    pub content: Vec<u8>,
    /// How it was encoded.
    pub decoder: &'static str,
    /// Whether it may be a file or a text of its own, in which names speak of values; else it is a piece of a line.
    pub is_document: bool,
}

/// Bytes that are looked at together.
const GROUP: usize = 16;
/// Groups that are passed by at once where there is nothing, and their bytes.
const GROUPS: usize = 4;
const BLOCK: usize = GROUPS * GROUP;
/// Bytes of a run that are decoded: so many are seen around any place of a stream.
const RUN_MOST: usize = 64 << 10;
/// Runs that are looked for in each other.
const DEPTH: usize = 4;

/// Stands in every text that has parts in quoted-printable.
pub const QUOTED_PRINTABLE: &str = "quoted-printable";

/// All runs of a text that decode to text, in order of their places; `is_quoted`: whether lines in quoted-printable are among it.
pub fn of(text: &[u8], is_quoted: bool) -> Vec<Run> {
    let mut left = DECODED_MOST;
    let mut runs = of_text(text, RUN_MOST, &mut left);
    if is_quoted {
        runs.extend(quoted::lines(text));
        runs.sort_by_key(|run| run.place.start);
    }
    runs.iter_mut().for_each(|run| unfold_within(&mut run.content, DEPTH, &mut left));
    runs
}

/// Appends to a content what its runs hold, and what is in those.
pub fn unfold(content: &mut Vec<u8>) {
    let mut left = DECODED_MOST;
    unfold_within(content, DEPTH, &mut left);
}

/// The same, as deep as `depth`; at most `left` bytes are inflated.
fn unfold_within(content: &mut Vec<u8>, depth: usize, left: &mut usize) {
    if depth == 0 {
        return;
    }
    for mut run in of_text(content, DECODED_MOST, left) {
        unfold_within(&mut run.content, depth - 1, left);
        // A blank line, for what stands behind is no part of the last line.
        content.extend_from_slice(b"\n\n");
        content.extend(run.content);
    }
}

/// The runs of a text, each as it decodes; of one that is longer than `most` its beginning. At most `left` bytes are inflated.
fn of_text(text: &[u8], most: usize, left: &mut usize) -> Vec<Run> {
    let mut search = Search { text, most, left, from: 0, other: 0, in_other: false, runs: Vec::new() };
    let (blocks, rest) = text.as_chunks();
    for (index, block) in blocks.iter().enumerate() {
        let flags = glance(block);
        if flags == NOTHING {
            search.in_other = false;
            continue;
        }
        let start = index * BLOCK;
        let has_pieces = flags > NOTHING && has_pieces(text, start);
        for group in 0..GROUPS {
            let may_be_dense = flags >> group & 1 == 0;
            if may_be_dense || has_pieces {
                search.group(start + group * GROUP, may_be_dense, has_pieces);
            } else {
                search.in_other = false;
            }
        }
    }
    let mut start = text.len() - rest.len();
    while start + GROUP <= text.len() {
        search.group(start, true, true);
        start += GROUP;
    }
    // No run begins in what is less than a group.
    search.pieces(start..text.len());
    search.runs
}

/// What [`glance`] gives where none of the groups may be in a run, and no piece may begin.
const NOTHING: u8 = (1 << GROUPS) - 1;

/// A bit for each group, whether it has a byte that base64 has not (a blank, a quote, a bracket), and one for all, whether one of them
/// may begin a piece. Compiles to about one instruction a byte.
fn glance(block: &[u8; BLOCK]) -> u8 {
    // Of ASCII what is from `+` on.
    let sparse = |byte: u8| u8::from(byte.wrapping_sub(b'+') > 0x7f - b'+');
    let special = |byte: u8| u8::from((byte == b'\\') | (byte.wrapping_sub(b'%') < 2) | (byte == b'+'));
    let mut flags = [0; GROUP];
    for (at, flag) in flags.iter_mut().enumerate() {
        for group in 0..GROUPS {
            let byte = block[group * GROUP + at];
            *flag |= sparse(byte) << group | special(byte) << GROUPS;
        }
    }
    flags.iter().fold(0, |all, flag| all | flag)
}

/// The search for runs in one text.
struct Search<'t> {
    text: &'t [u8],
    most: usize,
    /// Bytes that gzip may still be inflated to: a text of many small bombs holds no more than one of them.
    left: &'t mut usize,
    /// Where the last run ended: none begins before.
    from: usize,
    /// Where the last one ended that says nothing.
    other: usize,
    /// Whether the group before is of one that says nothing.
    in_other: bool,
    runs: Vec<Run>,
}

impl Search<'_> {
    /// Looks at the group that begins at `start`: for a run, and for pieces.
    fn group(&mut self, start: usize, may_be_dense: bool, has_pieces: bool) {
        let Some(group) = self.text[start..].first_chunk::<GROUP>() else { return };
        if may_be_dense && group.iter().fold(true, |all, &byte| all & is_base64(byte)) {
            if !self.in_other && start >= self.from.max(self.other) {
                match documents::at(self.text, (start, self.from), self.most, self.left) {
                    Ok(run) => {
                        self.from = run.place.end;
                        self.runs.push(run);
                    }
                    Err(end) => (self.other, self.in_other) = (end, true),
                }
            }
            return;
        }
        self.in_other = false;
        if has_pieces {
            self.pieces(start..start + GROUP);
        }
    }

    /// Looks for the pieces of lines that begin or are joined in a range.
    fn pieces(&mut self, range: Range<usize>) {
        for place in range {
            if place < self.from.max(self.other) || !may_be_piece(self.text, place) {
                continue;
            }
            let found = match self.text[place] {
                b'+' => pieces::joined(self.text, place, self.from).ok_or(place),
                b'\\' if matches!(self.text.get(place + 1), Some(b'\n' | b'\r')) => {
                    pieces::joined(self.text, place, self.from).ok_or(place)
                }
                _ => pieces::escaped(self.text, place, self.from),
            };
            match found {
                Ok((place, content, decoder)) => {
                    self.from = place.end;
                    self.runs.push(Run { place, content, decoder, is_document: false });
                }
                Err(end) => self.other = end,
            }
        }
    }
}

/// Whether any byte of the block at `start` may begin a piece, as the bytes beside it let it. Compiles to a few instructions a byte.
fn has_pieces(text: &[u8], start: usize) -> bool {
    let window = start.checked_sub(2).and_then(|begin| text[begin..].first_chunk::<{ BLOCK + 4 }>());
    // At the ends of a text it is asked of each byte.
    let Some(window) = window else { return true };
    (0..BLOCK).fold(0, |any, at| {
        any | u8::from(may_begin(window[at + 2], [window[at], window[at + 1]], [window[at + 3], window[at + 4]]))
    }) != 0
}

/// Whether a mark with two bytes before and behind it may be of a piece: most are operators, formats and references.
const fn may_begin(mark: u8, before: [u8; 2], behind: [u8; 2]) -> bool {
    const fn is_hexadecimal(byte: u8) -> bool {
        (byte.wrapping_sub(b'0') < 10) | ((byte | 0x20).wrapping_sub(b'a') < 6)
    }
    const fn is_quote(byte: u8) -> bool {
        (byte == b'"') | (byte == b'\'') | (byte == b'`')
    }
    const fn is_blank(byte: u8) -> bool {
        (byte == b' ') | (byte == b'\t') | (byte == b'\n') | (byte == b'\r')
    }
    let next = behind[0];
    let escapes =
        (next == b'x') | ((next | 0x20) == b'u') | (next.wrapping_sub(b'0') < 4) | (next == b'\n') | (next == b'\r');
    let joins = (is_quote(before[1]) | (is_blank(before[1]) & (is_quote(before[0]) | is_blank(before[0]))))
        & (is_quote(next) | is_blank(next));
    ((mark == b'\\') & escapes)
        | ((mark == b'%') & is_hexadecimal(next) & is_hexadecimal(behind[1]))
        | ((mark == b'&') & (next == b'#'))
        | ((mark == b'+') & joins)
}

/// Whether the bytes right beside a mark let it be one of a piece.
fn may_be_piece(text: &[u8], place: usize) -> bool {
    let at = |place: Option<usize>| place.and_then(|place| text.get(place)).copied().unwrap_or(b' ');
    let before = [at(place.checked_sub(2)), at(place.checked_sub(1))];
    may_begin(text[place], before, [at(Some(place + 1)), at(Some(place + 2))])
}

/// Whether a byte is one of base64 in either alphabet.
const fn is_base64(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'+') | (byte == b'/') | (byte == b'-') | (byte == b'_')
}

/// The bytes that pairs of digits stand for; `None` where one is no digit.
fn hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    digits.chunks_exact(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect()
}

#[cfg(test)]
mod tests;
