//! What any text may hold encoded, told by how it looks alone: runs of base64 or hexadecimal digits that decode to text,
//! characters written as escapes, literals that code joins, lines of quoted-printable, lines in colours.
//!
//! One pass over the text finds the spots where one may begin, sixty-four bytes at a time; only there are single bytes looked at. A
//! spot, and what begins at it, is a function of the bytes around it, so that a part of a text and a version of it show the same.

mod colours;
mod documents;
mod pieces;
mod quoted;
pub mod spots;

use std::ops::Range;

use super::DECODED_MOST;
use spots::Piece;

/// A run, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Where it stands encoded, with all its folds.
    pub place: Range<usize>,
    /// What it says; behind it, what that holds encoded itself.
    pub content: Vec<u8>,
    /// Where each byte of that stands, and where the last one ends; none where only the whole has a place. What it holds encoded
    /// itself has none.
    pub origins: Vec<u32>,
    /// How it was encoded.
    pub decoder: &'static str,
    /// Whether it may be a file or a text of its own, in which names speak of values; else it is a piece of a line.
    pub is_document: bool,
}

impl Run {
    fn piece(pieces::Piece { place, content, origins, decoder }: pieces::Piece) -> Self {
        Run { place, content, origins, decoder, is_document: false }
    }

    /// Where a part of the content stands; `None` for what is encoded in it.
    pub fn original(&self, part: &Range<usize>) -> Option<Range<usize>> {
        let at = |place: usize| self.origins.get(place).map(|&at| at as usize);
        Some(at(part.start)?..at(part.end)?)
    }
}

/// Bytes of a piece, and of a line of quoted-printable, that are decoded at a time.
const PIECE_MOST: usize = 64 << 10;
/// Runs that are looked for in each other.
const DEPTH: usize = 4;

/// Stands in every text that has parts in quoted-printable.
pub const QUOTED_PRINTABLE: &str = "quoted-printable";

/// All runs of a text that decode to text, in order of their places, and behind them its coloured lines. `spots`: where they may begin, as [`spots::find`] has it of the
/// whole text; `is_quoted`: whether lines in quoted-printable are among it.
pub fn of(text: &[u8], spots: &[u32], is_quoted: bool) -> Vec<Run> {
    let mut left = DECODED_MOST;
    let with_dots = spots::joins_at_dots(text).then(|| spots::with_dots(text, spots));
    let mut runs = at_spots(text, with_dots.as_deref().unwrap_or(spots), &mut left);
    if is_quoted {
        runs.extend(quoted::lines(text));
        runs.sort_by_key(|run| run.place.start);
    }
    runs.iter_mut().for_each(|run| unfold_within(&mut run.content, DEPTH, &mut left));
    // What else is encoded in these lines is found where it stands.
    runs.extend(colours::lines(text, spots));
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
    let mut spots = Vec::new();
    spots::find(content, 0..content.len(), &mut spots);
    for mut run in at_spots(content, &spots, left) {
        unfold_within(&mut run.content, depth - 1, left);
        // A blank line, for what stands behind is no part of the last line.
        content.extend_from_slice(b"\n\n");
        content.extend(run.content);
    }
}

/// The runs that begin at spots of a text, each as it decodes. At most `left` bytes are inflated: a text of many small bombs holds no
/// more than one of them.
fn at_spots(text: &[u8], spots: &[u32], left: &mut usize) -> Vec<Run> {
    let mut runs = Vec::new();
    // Where the last run ended, and the last one that says nothing: none begins before.
    let (mut from, mut other) = (0, 0);
    for spot in spots.iter().map(|&spot| spot as usize) {
        if spot < from.max(other) {
            continue;
        }
        let found = match spots::piece(text, spot) {
            Some(Piece::Joined) => pieces::joined(text, spot, from).ok_or(spot).map(Run::piece),
            Some(Piece::Beside) => pieces::beside(text, spot, from).ok_or(spot).map(Run::piece),
            Some(Piece::Escaped) => pieces::escaped(text, spot, from).map(Run::piece),
            Some(Piece::Coloured) => continue,
            None => documents::at(text, spot, left),
        };
        match found {
            Ok(run) => {
                from = run.place.end;
                runs.push(run);
            }
            Err(end) => other = end,
        }
    }
    runs
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
