//! A text that stands in no file as it is: a template with values put in, with where each piece of it comes from.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::origin::Origin;

/// What was put in at one place of a rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it stands in the rendered text.
    pub place: Range<usize>,
    /// The number of the file that it comes from.
    pub file: usize,
    /// Where it stands in that file. Bytes may differ, where it was quoted, escaped or encoded on the way.
    pub from: Range<usize>,
}

/// A rendered text. Finds in it count where they overlap a piece: all else is judged as it stands in the template.
#[derive(Clone, Copy)]
pub struct Rendered<'a> {
    /// All of it.
    pub text: &'a [u8],
    /// What was put in, in order and without overlap.
    pub pieces: &'a [Piece],
    /// The files that pieces come from, by their number.
    pub files: &'a [&'a [u8]],
    /// The origin of what comes from the file of that number.
    pub origin_of: &'a dyn Fn(usize) -> Origin,
}

impl<'a> Rendered<'a> {
    /// Where the first piece in a range of the text comes from: the number of its file and the range there, which is that of the
    /// same bytes if it was put in as it is. `None` where there is no piece in the range.
    pub fn led_back(&self, place: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let next = self.pieces.partition_point(|piece| piece.place.end <= place.start);
        let piece = self.pieces.get(next).filter(|piece| piece.place.start < place.end)?;
        let Piece { place: whole, file, from } = piece;
        let stored = self.files.get(*file)?.get(from.clone())?;
        if self.text.get(whole.clone()) != Some(stored) {
            return Some((*file, from.clone()));
        }
        let begin = place.start.max(whole.start) - whole.start;
        let end = place.end.min(whole.end) - whole.start;
        Some((*file, from.start + begin..from.start + end))
    }

    /// The origins of all that pieces come from.
    pub fn origins(&self) -> impl Iterator<Item = Origin> + use<'a> {
        let files: BTreeSet<usize> = self.pieces.iter().map(|piece| piece.file).collect();
        let origin_of = self.origin_of;
        files.into_iter().map(origin_of)
    }
}

impl fmt::Debug for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rendered({} bytes, {} pieces)", self.text.len(), self.pieces.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Step;

    #[test]
    fn a_range_is_led_back_to_its_first_piece() {
        let origin_of = |_: usize| Origin::new(Step::Stdin);
        let pieces = [Piece { place: 2..5, file: 0, from: 4..7 }, Piece { place: 5..9, file: 1, from: 0..3 }];
        let files: [&[u8]; 2] = [b"abc xyz", b"q\"r"];
        let text = b"a=xyzq\\\"r.";
        let rendered = Rendered { text, pieces: &pieces, files: &files, origin_of: &origin_of };
        assert_eq!(rendered.led_back(&(0..9)), Some((0, 4..7)));
        assert_eq!(rendered.led_back(&(3..4)), Some((0, 5..6)));
        assert_eq!(rendered.led_back(&(6..7)), Some((1, 0..3)), "escaped, so the whole of it");
        assert_eq!(rendered.led_back(&(0..2)), None);
        assert_eq!(rendered.led_back(&(9..10)), None);
        assert_eq!(rendered.origins().count(), 2);
    }
}
