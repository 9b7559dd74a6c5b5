//! Documents of Office (Office Open XML, OpenDocument): zips whose XML has the text in pieces, a run for each change of its look. Each
//! part is judged as what a reader sees of it (`PART!/text`), and its XML without that text.

mod markup;
mod sheet;
mod shown;

use std::io::Read;
use std::ops::Range;

use self::markup::{Lines, Piece, Pieces, attribute};
use self::sheet::{Sheet, Strings};
use self::shown::Shown;
use super::budget::Failed;
use super::walker::{Held, Place, Walker};
use super::{fill_once, magic};
use crate::blob::Reason;
use crate::origin::{Origin, Step};

/// Bytes of one part, of what is shown of it, and of all sheets of a workbook.
const LARGEST: u64 = 64 << 20;

/// What a part of a document holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Text as Word and PowerPoint have it.
    Text,
    /// Text of what lies in a spreadsheet beside its sheets, which keeps its lines.
    Lines,
    /// Text of OpenDocument.
    Open,
    Sheet,
    /// The texts that sheets share.
    Strings,
}

/// What is read at the end of a workbook: its texts may stand behind the sheets that show them.
#[derive(Default)]
pub(super) struct Workbook {
    sheets: Vec<(Origin, Sheet)>,
    strings: Option<(Origin, Strings)>,
    size: u64,
}

/// The part that has such a name.
pub(super) fn part(path: &[u8]) -> Option<Part> {
    if !path.last_chunk::<4>().is_some_and(|end| end.eq_ignore_ascii_case(b".xml")) {
        return None;
    }
    let mut path = path.strip_prefix(b"/").unwrap_or(path).to_ascii_lowercase();
    path.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    let begins = |folder: &[u8]| path.starts_with(folder);
    match &path[..] {
        b"xl/sharedstrings.xml" => Some(Part::Strings),
        _ if begins(b"xl/worksheets/") => Some(Part::Sheet),
        _ if begins(b"xl/") => Some(Part::Lines),
        _ if begins(b"word/") || begins(b"ppt/") => Some(Part::Text),
        b"content.xml" | b"styles.xml" => Some(Part::Open),
        _ if begins(b"object ") && path.ends_with(b"/content.xml") => Some(Part::Open),
        _ => None,
    }
}

impl Walker<'_> {
    /// Reads a part of a document.
    pub(super) fn document_part(&mut self, at: &Origin, part: Part, reader: &mut dyn Read, place: Place) {
        let mut bytes = Vec::new();
        let most = LARGEST.min(self.memory(place));
        match fill_once(reader, &mut bytes, most) {
            Ok(true) => self.document_in_memory(at, part, bytes, place),
            Ok(false) => {
                self.member_at(at, &mut bytes.as_slice().chain(reader), place);
                self.skip(at, Reason::TooMuchMemory, "its text was not put together");
            }
            Err(_) => {
                // What came before the fault is read first, as if it had not happened yet.
                let budget = self.budget;
                let mut failed = Failed { fault: budget.set_aside(), budget };
                self.document_in_memory(at, part, bytes, place);
                failed.put_back();
            }
        }
    }

    fn document_in_memory(&mut self, at: &Origin, part: Part, mut bytes: Vec<u8>, place: Place) {
        if let Some(format) = magic::detect(&bytes, true) {
            return self.open(at, format, Held { bytes: &bytes, rest: None }, place);
        }
        let mut taken = Vec::new();
        let mut text = Vec::new();
        match part {
            Part::Text => text = writer_text(&bytes, Lines::Blanks, &mut taken),
            Part::Lines => text = writer_text(&bytes, Lines::Kept, &mut taken),
            Part::Open => text = open_text(&bytes, &mut taken),
            Part::Sheet => {
                let sheet = Sheet::read(&bytes, &mut taken);
                self.workbook.size += sheet.size() as u64;
                if self.workbook.size > LARGEST {
                    taken.clear();
                    self.skip(at, Reason::TooMuchMemory, "its text was not put together");
                } else {
                    self.workbook.sheets.push((at.clone(), sheet));
                }
            }
            // A second list belongs to another document.
            Part::Strings if self.workbook.strings.is_none() => {
                self.workbook.strings = Some((at.clone(), Strings::read(&bytes, &mut taken)));
            }
            Part::Strings => {}
        }
        // Lines stay what they are.
        for place in taken {
            bytes[place].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        self.leaf(at, Held { bytes: &bytes, rest: None });
        self.put_shown_text(at, &text);
    }

    /// Hands on what the sheets of a workbook show, and the texts that none of them does.
    pub(super) fn put_workbook(&mut self, workbook: Workbook, place: Place) {
        let Workbook { sheets, strings, .. } = workbook;
        let (at_strings, mut strings) = strings.unzip();
        for (at, sheet) in sheets {
            let (text, is_all) = sheet.text(strings.get_or_insert_default(), LARGEST as usize);
            if self.budget.failed(place.level) || self.budget.expand(text.len() as u64).is_err() {
                return;
            }
            self.put_shown_text(&at, &text);
            if !is_all {
                self.skip(&at, Reason::ExpandsTooFar, "more text than is read of one sheet");
            }
        }
        if let (Some(at), Some(strings)) = (at_strings, strings) {
            self.put_shown_text(&at, &strings.others());
        }
    }

    fn put_shown_text(&mut self, part: &Origin, text: &[u8]) {
        if !text.trim_ascii().is_empty() {
            self.leaf(&part.with(Step::Member { path: b"text".to_vec() }), Held { bytes: text, rest: None });
        }
    }
}

/// The text of Word's and PowerPoint's elements (ECMA-376: WordprocessingML, DrawingML), and of the comments of Excel; the places of
/// what is read go into `taken`.
fn writer_text(bytes: &[u8], lines: Lines, taken: &mut Vec<Range<usize>>) -> Vec<u8> {
    let mut shown = Shown::default();
    let (mut texts, mut passed) = (0_usize, 0_usize);
    for piece in Pieces::of(bytes) {
        match piece {
            // Properties, and what another program shows in the place of what stands there already.
            Piece::Start { name: b"pPr" | b"rPr" | b"tblPr" | b"sdtPr" | b"Fallback", .. } => passed += 1,
            Piece::End(b"pPr" | b"rPr" | b"tblPr" | b"sdtPr" | b"Fallback") => passed = passed.saturating_sub(1),
            _ if passed > 0 => {}
            Piece::Start { name, .. } => match name {
                b"t" | b"text" => texts += 1,
                b"p" | b"comment" | b"threadedComment" | b"cm" => shown.begin_paragraph(),
                b"tr" => shown.begin_row(),
                b"tc" => shown.begin_cell(),
                b"tab" | b"ptab" => shown.tab(),
                b"br" | b"cr" => shown.end_paragraph(),
                b"noBreakHyphen" => shown.byte(b'-'),
                b"txbxContent" => shown.begin_aside(),
                _ => {}
            },
            Piece::End(name) => match name {
                b"t" | b"text" => texts = texts.saturating_sub(1),
                b"p" | b"comment" | b"threadedComment" | b"cm" => shown.end_paragraph(),
                b"tr" => shown.end_row(),
                b"tc" => shown.end_cell(1),
                b"txbxContent" => shown.end_aside(),
                _ => {}
            },
            Piece::Text { place, is_escaped } => {
                if texts > 0 {
                    shown.text(&bytes[place.clone()], is_escaped, lines);
                    taken.push(place);
                }
            }
        }
    }
    shown.finish()
}

/// The same of OpenDocument's elements.
fn open_text(bytes: &[u8], taken: &mut Vec<Range<usize>>) -> Vec<u8> {
    let mut shown = Shown::default();
    let (mut paragraphs, mut passed) = (0_usize, 0_usize);
    let mut repeated = 1;
    let count = |attributes, name| {
        let count = attribute(attributes, name).and_then(|count| std::str::from_utf8(count).ok()?.parse().ok());
        count.unwrap_or(1)
    };
    for piece in Pieces::of(bytes) {
        match piece {
            // Who wrote a note, and when; how a text is pronounced.
            Piece::Start { name: b"creator" | b"date-string" | b"ruby-text", .. } => passed += 1,
            Piece::End(b"creator" | b"date-string" | b"ruby-text") => passed = passed.saturating_sub(1),
            _ if passed > 0 => {}
            Piece::Start { name, attributes } => match name {
                b"p" | b"h" => {
                    paragraphs += 1;
                    shown.begin_paragraph();
                }
                b"table-row" => shown.begin_row(),
                b"table-cell" | b"covered-table-cell" => {
                    repeated = count(attributes, b"number-columns-repeated");
                    shown.begin_cell();
                }
                b"tab" => shown.tab(),
                b"line-break" => shown.end_paragraph(),
                b"s" => shown.blanks(count(attributes, b"c")),
                b"annotation" | b"note" | b"text-box" => shown.begin_aside(),
                _ => {}
            },
            Piece::End(name) => match name {
                b"p" | b"h" => {
                    paragraphs = paragraphs.saturating_sub(1);
                    shown.end_paragraph();
                }
                b"table-row" => shown.end_row(),
                b"table-cell" | b"covered-table-cell" => shown.end_cell(std::mem::replace(&mut repeated, 1)),
                b"annotation" | b"note" | b"text-box" => shown.end_aside(),
                _ => {}
            },
            Piece::Text { place, is_escaped } => {
                if paragraphs > 0 {
                    shown.text(&bytes[place.clone()], is_escaped, Lines::Blanks);
                    taken.push(place);
                }
            }
        }
    }
    shown.finish()
}
