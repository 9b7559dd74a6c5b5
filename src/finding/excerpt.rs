//! The line around a secret, with nothing in it that must not be shown.

mod elsewhere;
mod forms;
mod rest;

use std::ops::Range;

use memchr::{memchr, memrchr};

pub use elsewhere::Elsewhere;

use super::Excerpt;
use super::mask::{GRAM, STARS, Shown};
use crate::origin::printable;

/// A span of the text that must not be shown as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Byte range in the text.
    pub span: Range<usize>,
    /// Number of bytes at its start that are a public prefix.
    pub public_prefix: usize,
}

/// Most bytes of an excerpt's text.
const EXCERPT_MAX: usize = 160;
/// Bytes looked at on each side of the secret; more could never be shown.
const SIDE: usize = 2 * EXCERPT_MAX;
/// Spans that begin or end this near to the shown part are searched for again in it.
const NEAR: usize = 4096;
const CUT: &str = "…";

/// The line around `secret` in `text`, with every span of `covered` and every repetition of their hidden parts masked
/// (unless `show`), at most 160 bytes, printable. Of a secret of several lines: its first line up to the mask.
///
/// No 5 bytes in a row of a hidden part of the secret, or of a covered span within 4 KiB of the shown part, are shown.
pub fn excerpt(text: &[u8], secret: &Covered, covered: &[Covered], show: bool) -> Excerpt {
    let span = clamp(&secret.span, text.len());
    let bytes = &text[span.clone()];
    let mut before = Side::before(text, span.start);
    let mut after = Side::after(text, span.clone());
    if show {
        return compose(&before, &cut(&printable(bytes)), &after);
    }
    leave_out_binary([&mut before, &mut after]);
    let (spans, mut parts) = others(text, &span, covered);
    let password = forms::encoded_password(bytes);
    parts.extend(password.as_deref());
    for other in &spans {
        before.hide(other);
        after.hide(other);
    }
    after.hide_rest(&before.bytes);
    let (from, to) = (before.at.start, after.at.end);
    let in_sight = |other: &&Range<usize>| other.start < to && other.end > from;
    let near = spans.iter().filter(in_sight).map(|other| &text[other.clone()]);
    hide_forms([&mut before, &mut after], near.chain([bytes]));
    for shown in [Shown::of(bytes, secret.public_prefix), Shown::NOTHING] {
        let hidden = shown.hidden(bytes.len());
        parts.push(&bytes[hidden.clone()]);
        let (prefix, tail) = (&bytes[..hidden.start], &bytes[bytes.len() - shown.tail..]);
        let told = Runs::new(prefix).find(&parts).contains(&true) || Runs::new(tail).find(&parts).contains(&true);
        if !told || (prefix.is_empty() && tail.is_empty()) {
            // A run may begin before the secret and end in the shown prefix, or begin in the tail.
            before.hide_runs(&Runs::new(&[&before.bytes, prefix].concat()).find(&parts));
            after.hide_runs(&Runs::new(&[tail, &after.bytes].concat()).find(&parts)[tail.len()..]);
            return compose(&before, &shown.text(bytes), &after);
        }
    }
    Excerpt::default()
}

/// The line around a secret that stands encoded in `text`: `shown`, what may be shown of it decoded, instead of its encoding, of which
/// nothing is shown.
pub fn of_encoded(text: &[u8], encoded: &Range<usize>, covered: &[Covered], (secret, shown): (&[u8], &str)) -> Excerpt {
    let span = clamp(encoded, text.len());
    let mut before = Side::before(text, span.start);
    let mut after = Side::after(text, span.clone());
    leave_out_binary([&mut before, &mut after]);
    let (spans, mut parts) = others(text, &span, covered);
    parts.push(&text[span.clone()]);
    parts.push(secret);
    after.hide_rest(&before.bytes);
    for side in [&mut before, &mut after] {
        spans.iter().for_each(|other| side.hide(other));
        let found = Runs::new(&side.bytes).find(&parts);
        side.hide_runs(&found);
    }
    hide_forms([&mut before, &mut after], std::iter::once(secret));
    compose(&before, &cut(shown), &after)
}

/// Leaves out what stands beside a secret in a database or a program: fields follow each other there without anything between them,
/// and nobody knows which of them are secrets, too.
fn leave_out_binary([before, after]: [&mut Side; 2]) {
    let is_binary = |byte: &u8| matches!(byte, 0..=6 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    if before.bytes.iter().chain(&after.bytes).any(is_binary) {
        before.leave_at(before.at.end);
        after.leave_at(after.at.start);
    }
}

/// Hides what secrets look like in other forms on the two sides of one.
fn hide_forms<'s>(sides: [&mut Side; 2], secrets: impl Iterator<Item = &'s [u8]>) {
    if !sides.iter().any(|side| side.may_hold_forms()) {
        return;
    }
    let forms: Vec<Vec<u8>> = secrets.flat_map(forms::of).collect();
    for side in sides {
        side.hide_forms(&forms);
    }
}

/// Text beside a secret, such as a reason that somebody wrote on its line: printable, with all of the secret and of the
/// covered spans near it masked, wherever it comes again. `part` is a byte range of `text`.
pub fn beside(text: &[u8], part: Range<usize>, secret: &Covered, covered: &[Covered]) -> String {
    let span = clamp(&secret.span, text.len());
    let (spans, mut parts) = others(text, &span, covered);
    parts.push(&text[span.clone()]);
    let mut side = Side::new(text, clamp(&part, text.len()), false);
    for other in spans.iter().chain([&span]) {
        side.hide(other);
    }
    side.hide_runs(&Runs::new(&side.bytes).find(&parts));
    side.pieces().concat()
}

/// The covered spans that are near a secret and not the same, and their hidden parts.
fn others<'t>(text: &'t [u8], span: &Range<usize>, covered: &[Covered]) -> (Vec<Range<usize>>, Vec<&'t [u8]>) {
    let near = span.start.saturating_sub(SIDE + NEAR)..span.end.saturating_add(SIDE + NEAR);
    let (spans, mut parts): (Vec<_>, Vec<_>) = covered
        .iter()
        .filter(|other| other.span.start < near.end && other.span.end > near.start)
        .map(|other| (clamp(&other.span, text.len()), other.public_prefix))
        .filter(|(other, _)| other != span)
        .map(|(other, public_prefix)| {
            let bytes = &text[other.clone()];
            (other, &bytes[Shown::of(bytes, public_prefix).hidden(bytes.len())])
        })
        .unzip();
    // A log has one secret on each of its lines.
    parts.sort_unstable();
    parts.dedup();
    (spans, parts)
}

fn clamp(span: &Range<usize>, length: usize) -> Range<usize> {
    let start = span.start.min(length);
    start..span.end.clamp(start, length)
}

/// The text of the line on one side of the secret, as far as it could be shown.
struct Side {
    bytes: Vec<u8>,
    /// Which of the bytes must not be shown.
    hidden: Vec<bool>,
    /// Where the bytes stand in the text.
    at: Range<usize>,
    /// Whether the line goes on beyond them.
    cut: bool,
}

impl Side {
    fn before(text: &[u8], end: usize) -> Self {
        let mut start = end.saturating_sub(SIDE);
        let line = memrchr(b'\n', &text[start..end]);
        let cut = line.is_none() && start > 0;
        let skipped = match line {
            Some(newline) => newline + 1,
            None if cut => text[start..end].iter().take_while(|byte| is_continuation(**byte)).count(),
            None => 0,
        };
        start += skipped;
        if !cut {
            start += text[start..end].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        }
        Side::new(text, start..end, cut)
    }

    fn after(text: &[u8], secret: Range<usize>) -> Self {
        if memchr(b'\n', &text[secret.clone()]).is_some() {
            return Side::new(text, secret.end..secret.end, false);
        }
        let start = secret.end;
        let mut end = text.len().min(start.saturating_add(SIDE));
        let line = memchr(b'\n', &text[start..end]);
        let cut = line.is_none() && end < text.len();
        end = line.map_or(end, |newline| start + newline);
        while end > start && if cut { is_continuation(text[end]) } else { text[end - 1].is_ascii_whitespace() } {
            end -= 1;
        }
        Side::new(text, start..end, cut)
    }

    fn new(text: &[u8], at: Range<usize>, cut: bool) -> Self {
        let bytes = text[at.clone()].to_vec();
        Side { hidden: vec![false; bytes.len()], bytes, at, cut }
    }

    /// Keeps nothing of it but that there is something. `place`: the end that touches the secret.
    fn leave_at(&mut self, place: usize) {
        let cut = self.cut || !self.bytes.is_empty();
        *self = Side { bytes: Vec::new(), hidden: Vec::new(), at: place..place, cut };
    }

    /// Hides what a span of the text has here.
    fn hide(&mut self, span: &Range<usize>) {
        let start = span.start.max(self.at.start);
        let end = span.end.min(self.at.end);
        if start < end {
            self.hidden[start - self.at.start..end - self.at.start].fill(true);
        }
    }

    /// Hides more bytes; flags beyond the last byte are ignored.
    fn hide_runs(&mut self, found: &[bool]) {
        for (hidden, found) in self.hidden.iter_mut().zip(found) {
            *hidden |= found;
        }
    }

    /// Hides, behind a secret, what may be the rest of it; `before` is what stands before that.
    fn hide_rest(&mut self, before: &[u8]) {
        let rest = rest::of_word(before, &self.bytes).max(rest::joined_literals(before, &self.bytes));
        self.hide_runs(&vec![true; rest]);
    }

    /// Whether a word of it that is shown may be something encoded: most are none.
    fn may_hold_forms(&self) -> bool {
        let is_telling = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() || *byte == b'%';
        let (mut length, mut is_mixed) = (0, false);
        self.bytes.iter().zip(&self.hidden).any(|(byte, hidden)| {
            if *hidden || !forms::is_digit(byte) {
                (length, is_mixed) = (0, false);
            } else {
                (length, is_mixed) = (length + 1, is_mixed || is_telling(byte));
            }
            length > GRAM && is_mixed
        })
    }

    /// Hides words that some form of a secret is a part of.
    fn hide_forms(&mut self, forms: &[Vec<u8>]) {
        let mut found = Runs::new(&self.bytes).find(&forms.iter().map(Vec::as_slice).collect::<Vec<_>>());
        // The first and the last digit of a form are partly of what stands beside it.
        let mut here = 0;
        while here < self.bytes.len() {
            let word = self.bytes[here..].iter().take_while(|byte| forms::is_digit(byte)).count();
            if found[here..here + word].contains(&true) {
                found[here..here + word].fill(true);
            }
            here += word + 1;
        }
        self.hide_runs(&found);
    }

    /// What is shown, in pieces that are not cut.
    fn pieces(&self) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut here = 0;
        while here < self.bytes.len() {
            let hidden = self.hidden[here];
            let run = self.hidden[here..].iter().take_while(|other| **other == hidden).count();
            if hidden {
                pieces.push(STARS.to_owned());
            } else {
                for chunk in self.bytes[here..here + run].utf8_chunks() {
                    pieces.extend(chunk.valid().chars().map(|c| match c {
                        '\t' => " ".to_owned(),
                        _ => printable(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    }));
                    pieces.extend(chunk.invalid().iter().map(|byte| printable(&[*byte])));
                }
            }
            here += run;
        }
        pieces
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// All runs of [`GRAM`] bytes of a short piece of text, sorted, to look hidden parts of any length up in.
struct Runs<'a> {
    bytes: &'a [u8],
    grams: Vec<(&'a [u8], usize)>,
    /// One bit for each number that a run of them has: most runs of other texts have another.
    numbers: [u64; 64],
}

/// A number for the first bytes of a run, and the bit that stands for it.
fn number_of(gram: &[u8]) -> (usize, u64) {
    let start = gram.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte));
    let number = start.wrapping_mul(0x9e37_79b1) >> 20;
    ((number >> 6) as usize, 1 << (number & 63))
}

impl<'a> Runs<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut grams: Vec<_> = bytes.windows(GRAM).enumerate().map(|(at, gram)| (gram, at)).collect();
        grams.sort_unstable();
        let mut numbers = [0; 64];
        for (place, bit) in grams.iter().map(|(gram, _)| number_of(gram)) {
            numbers[place] |= bit;
        }
        Runs { bytes, grams, numbers }
    }

    /// For each byte of the text, whether it is in a run that some part has too. A part shorter than a run must be there
    /// as a whole.
    fn find(&self, parts: &[&[u8]]) -> Vec<bool> {
        let mut found = vec![false; self.bytes.len()];
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if part.len() < GRAM {
                for (at, _) in self.bytes.windows(part.len()).enumerate().filter(|(_, window)| window == part) {
                    found[at..at + part.len()].fill(true);
                }
                continue;
            }
            let may_be_here = |gram: &&[u8]| {
                let (place, bit) = number_of(gram);
                self.numbers[place] & bit != 0
            };
            for gram in part.windows(GRAM).filter(may_be_here) {
                let first = self.grams.partition_point(|(other, _)| *other < gram);
                for (_, at) in self.grams[first..].iter().take_while(|(other, _)| *other == gram) {
                    found[*at..at + GRAM].fill(true);
                }
            }
        }
        found
    }
}

/// Text of one side, the secret's, and the other side's, with as much of the sides as there is room for.
fn compose(before: &Side, middle: &str, after: &Side) -> Excerpt {
    let room = EXCERPT_MAX.saturating_sub(middle.len());
    let (before_pieces, after_pieces) = (before.pieces(), after.pieces());
    let length =
        |pieces: &[String], cut: bool| pieces.iter().map(String::len).sum::<usize>() + if cut { CUT.len() } else { 0 };
    let before_room = (room / 2).max(room.saturating_sub(length(&after_pieces, after.cut)));
    let mut text = String::with_capacity(EXCERPT_MAX);
    let (kept, cut) = fit(before_pieces.iter().rev(), before.cut, before_room);
    if cut {
        text.push_str(CUT);
    }
    text.extend(before_pieces[before_pieces.len() - kept..].iter().map(String::as_str));
    let start = text.len();
    text.push_str(middle);
    let mark = (start, text.len());
    let (kept, cut) = fit(after_pieces.iter(), after.cut, EXCERPT_MAX.saturating_sub(text.len()));
    text.extend(after_pieces[..kept].iter().map(String::as_str));
    if cut {
        text.push_str(CUT);
    }
    Excerpt { text, mark }
}

/// How many pieces fit, and whether the cut must be marked; the mark takes room too.
fn fit<'a>(pieces: impl ExactSizeIterator<Item = &'a String> + Clone, cut: bool, room: usize) -> (usize, bool) {
    if !cut && pieces.clone().map(String::len).sum::<usize>() <= room {
        return (pieces.len(), false);
    }
    if room < CUT.len() {
        return (0, false);
    }
    let mut left = room - CUT.len();
    let kept = pieces.take_while(|piece| left.checked_sub(piece.len()).inspect(|rest| left = *rest).is_some()).count();
    (kept, true)
}

/// The beginning of a shown secret, so that some of its line can be shown too.
fn cut(shown: &str) -> String {
    let most = EXCERPT_MAX * 3 / 4;
    if shown.len() <= most {
        return shown.to_owned();
    }
    let end = shown.floor_char_boundary(most - CUT.len());
    format!("{}{CUT}", &shown[..end])
}

#[cfg(test)]
mod tests;
