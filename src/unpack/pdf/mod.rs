//! A PDF's streams: the text of its pages, the files it carries, and whatever else it has compressed. The file itself is
//! judged as the bytes that it is, besides.

mod document;
mod filters;
mod font;
mod syntax;
mod text;

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::rc::Rc;

use self::document::{Document, Resources, Stream};
use self::filters::Encoding;
use self::font::{Font, Map};
use self::syntax::{Dictionary, Object};
use self::text::{Fonts, Shown};
use super::budget::{Failed, Guard};
use super::walker::{Held, Place, Walker};
use super::{fill, fill_once};
use crate::blob::Reason;
use crate::origin::{Origin, Step};

/// Bytes of one page's content, and of its text.
const LARGEST_PAGE: u64 = 32 << 20;

/// Bytes of one map of a font.
const LARGEST_MAP: u64 = 4 << 20;

/// Fonts, and lists of them, that are kept.
const FONTS: usize = 1 << 10;

/// Entries of the maps of all fonts together.
const MAPPED: usize = 1 << 20;

/// The fonts that were read, by the numbers of their objects.
#[derive(Default)]
struct KnownFonts {
    mapped: usize,
    fonts: HashMap<u32, Rc<Font>>,
    maps: HashMap<u32, Option<Rc<Map>>>,
    tables: HashMap<Resources, Rc<Fonts>>,
}

/// What one file is read with.
struct Reading<'r, 'd> {
    origin: &'r Origin,
    document: &'r Document<'d>,
    by_number: &'r HashMap<u32, usize>,
    place: Place,
}

impl Walker<'_> {
    pub(super) fn pdf(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let Some(rest) = held.rest else { return self.pdf_in_memory(origin, held.bytes, place) };
        let mut bytes = held.bytes.to_vec();
        match fill_once(rest, &mut bytes, self.memory(place)) {
            Ok(true) => self.pdf_in_memory(origin, &bytes, place),
            Ok(false) => {
                self.leaf(origin, Held { bytes: &bytes, rest: Some(rest) });
                self.skip(origin, Reason::TooMuchMemory, "its streams were not read");
            }
            Err(_) => {
                // What came before the fault is read first, as if it had not happened yet.
                let budget = self.budget;
                let mut failed = Failed { fault: budget.set_aside(), budget };
                self.pdf_in_memory(origin, &bytes, place);
                failed.put_back();
            }
        }
    }

    fn pdf_in_memory(&mut self, origin: &Origin, bytes: &[u8], place: Place) {
        self.leaf(origin, Held { bytes, rest: None });
        let mut document = Document::read(bytes);
        if document.is_encrypted {
            return self.skip(origin, Reason::Encrypted, "its streams and strings");
        }
        let place = Place { level: place.level + 1, ..place };
        let mut done = self.read_packed(origin, &mut document, place);
        let by_number = document.by_number();
        let reading = Reading { origin, document: &document, by_number: &by_number, place };
        let mut fonts = KnownFonts::default();
        self.read_pages(&reading, &mut fonts, &mut done);
        for (index, stream) in document.streams.iter().enumerate() {
            if self.budget.failed(place.level) {
                break;
            }
            if !done.contains(&index) {
                self.read_stream(&reading, stream, &mut fonts);
            }
        }
        if document.is_damaged {
            self.skip(origin, Reason::Corrupt, "an object of it does not parse");
        }
        if document.is_exhausted() {
            self.skip(origin, Reason::ExpandsTooFar, "its objects name each other too often");
        }
        self.settle(place.level, origin);
    }

    /// Decodes the streams that hold objects, and says which those were.
    fn read_packed(&mut self, origin: &Origin, document: &mut Document<'_>, place: Place) -> HashSet<usize> {
        let mut done = HashSet::new();
        let mut room = self.memory(place);
        for index in 0..document.streams.len() {
            let stream = document.streams[index].clone();
            let dictionary = document.dictionary(&stream);
            if !dictionary.is(b"Type", b"ObjStm") || self.budget.failed(place.level) {
                continue;
            }
            done.insert(index);
            let at = object(origin, &stream);
            if let Some(decoded) = self.decoded_stream(&at, document, (&stream, &dictionary), place, room) {
                room -= decoded.len() as u64;
                self.leaf(&at, Held { bytes: &decoded, rest: None });
                document.take_packed(&stream, &dictionary, decoded);
            }
        }
        done
    }

    fn read_pages(&mut self, reading: &Reading<'_, '_>, known: &mut KnownFonts, done: &mut HashSet<usize>) {
        for (number, page) in reading.document.pages().into_iter().enumerate() {
            if self.budget.failed(reading.place.level) || !self.budget.member() {
                return;
            }
            let at = reading.origin.with(Step::Member { path: format!("page {}", number + 1).into_bytes() });
            let mut content = Vec::new();
            for part in page.contents {
                let Some(&index) = reading.by_number.get(&part) else { continue };
                done.insert(index);
                let stream = &reading.document.streams[index];
                let dictionary = reading.document.dictionary(stream);
                let room = LARGEST_PAGE.saturating_sub(content.len() as u64);
                content.extend(
                    self.decoded_stream(&at, reading.document, (stream, &dictionary), reading.place, room)
                        .unwrap_or_default(),
                );
                content.push(b'\n');
            }
            let fonts = self.fonts_of(reading, page.resources, known);
            self.put_shown(&at, text::shown(&content, &fonts, LARGEST_PAGE as usize));
        }
    }

    fn put_shown(&mut self, at: &Origin, shown: Shown) {
        if !shown.text.is_empty() {
            self.leaf(at, Held { bytes: &shown.text, rest: None });
        }
        if shown.is_unreadable {
            self.skip(at, Reason::UnknownCodec, "text in a font that does not say its characters");
        }
        if shown.is_damaged {
            self.skip(at, Reason::Corrupt, "a part of its text does not parse");
        }
        if shown.is_cut {
            self.skip(at, Reason::TooMuchMemory, "more text than is read of one page");
        }
    }

    /// Reads a stream that is no page's content.
    fn read_stream(&mut self, reading: &Reading<'_, '_>, stream: &Stream, known: &mut KnownFonts) {
        let Reading { origin, document, place, .. } = *reading;
        let dictionary = document.dictionary(stream);
        let is_told_by_others = dictionary.is(b"Type", b"XRef") || dictionary.is(b"Subtype", b"Image");
        if is_told_by_others || !self.budget.member() {
            return;
        }
        let at = object(origin, stream);
        // Contents that nothing leads to any more say nothing of what they are.
        let is_form = dictionary.is(b"Subtype", b"Form");
        let is_content =
            is_form || [&b"Type"[..], b"Subtype", b"Length1"].iter().all(|name| dictionary.get(name).is_none());
        if is_content {
            let Some(content) = self.decoded_stream(&at, document, (stream, &dictionary), place, LARGEST_PAGE) else {
                return;
            };
            if is_form || shows_text(&content) {
                let resources = dictionary
                    .get(b"Resources")
                    .map(|own| own.reference().map_or(Resources::Of(stream.number), Resources::At));
                let fonts = self.fonts_of(reading, resources, known);
                self.put_shown(&at, text::shown(&content, &fonts, LARGEST_PAGE as usize));
            } else {
                self.member_at(&at, &mut &content[..], place);
            }
            return;
        }
        self.with_decoder(&at, document, (stream, &dictionary), place, |walker, reader| {
            walker.member_at(&at, reader, Place { level: place.level + 1, codecs: place.codecs + 1, ..place });
            walker.drain(reader);
        });
    }

    /// A stream's bytes, up to so many; what is wrong with it is recorded.
    fn decoded_stream(
        &mut self,
        at: &Origin,
        document: &Document<'_>,
        stream: (&Stream, &Dictionary<'_>),
        place: Place,
        most: u64,
    ) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let level = place.level + 1;
        self.with_decoder(at, document, stream, place, |walker, reader| {
            // An error is on record already.
            if let Ok(false) = fill(reader, &mut bytes, most) {
                let detail = format!("more than {most} bytes in one stream");
                walker.budget.fail(level, Reason::TooMuchMemory, detail);
            }
        });
        (!bytes.is_empty()).then_some(bytes)
    }

    fn with_decoder(
        &mut self,
        at: &Origin,
        document: &Document<'_>,
        (stream, dictionary): (&Stream, &Dictionary<'_>),
        place: Place,
        then: impl FnOnce(&mut Self, &mut dyn Read),
    ) {
        let (budget, level) = (self.budget, place.level + 1);
        let raw = document.raw(stream);
        if raw.trim_ascii().is_empty() || budget.failed(place.level) {
            return;
        }
        match filters::encoding(document, dictionary) {
            Encoding::Samples => {}
            Encoding::Unknown(detail) => self.skip(at, Reason::UnknownCodec, detail),
            Encoding::Filters(filters) => match filters::open(raw, &filters) {
                Ok(decoder) => then(self, &mut Guard { inner: decoder, budget, level, expanded: true }),
                Err(error) => drop(budget.fail_with(level, &error)),
            },
        }
        self.settle(level, at);
    }

    /// The fonts that resources name.
    fn fonts_of(
        &mut self,
        reading: &Reading<'_, '_>,
        resources: Option<Resources>,
        known: &mut KnownFonts,
    ) -> Rc<Fonts> {
        let Some(at) = resources else { return Rc::default() };
        if let Some(table) = known.tables.get(&at) {
            return table.clone();
        }
        let document = reading.document;
        let resources = document.resources(at);
        let listed = resources.as_ref().and_then(Object::dictionary).and_then(|resources| resources.get(b"Font"));
        // A list of its own is shared as resources are.
        let list = listed.and_then(Object::reference).map(Resources::At);
        if let Some(table) = list.and_then(|list| known.tables.get(&list)) {
            return table.clone();
        }
        let mut fonts = Fonts::new();
        if let Some(Object::Dictionary(list)) = listed.and_then(|listed| document.resolve(listed)) {
            for (name, font) in list.0.iter().take(FONTS) {
                fonts.insert(name.to_vec(), self.font(reading, font, known));
            }
        }
        let fonts = Rc::new(fonts);
        if known.tables.len() >= FONTS {
            known.tables.clear();
        }
        for at in list.into_iter().chain([at]) {
            known.tables.insert(at, fonts.clone());
        }
        fonts
    }

    fn font(&mut self, reading: &Reading<'_, '_>, font: &Object<'_>, known: &mut KnownFonts) -> Rc<Font> {
        let number = font.reference();
        if let Some(font) = number.and_then(|number| known.fonts.get(&number)) {
            return font.clone();
        }
        let document = reading.document;
        let dictionary = document.resolve(font);
        let dictionary = dictionary.as_ref().and_then(Object::dictionary);
        let is_composite = dictionary.is_some_and(|dictionary| dictionary.is(b"Subtype", b"Type0"));
        let map = dictionary.and_then(|dictionary| dictionary.get(b"ToUnicode")?.reference());
        let map = map.and_then(|map| self.map(reading, map, if is_composite { 2 } else { 1 }, known));
        let encoding = dictionary.and_then(|dictionary| document.value(dictionary, b"Encoding"));
        let read = match (map, &encoding) {
            (Some(map), _) => Font::Mapped(map),
            (None, Some(Object::Name(name))) if is_composite => {
                let is_utf16 = [&b"UCS2"[..], b"UTF16"].iter().any(|kind| memchr::memmem::find(name, kind).is_some());
                if is_utf16 { Font::Utf16 } else { Font::Unknown }
            }
            (None, _) if is_composite => Font::Unknown,
            (None, encoding) => {
                let encoding = encoding.as_ref().and_then(Object::dictionary);
                let differences = encoding.and_then(|encoding| document.value(encoding, b"Differences"));
                Font::Bytes(differences.as_ref().and_then(Object::list).map(font::differences).unwrap_or_default())
            }
        };
        let read = Rc::new(read);
        if known.fonts.len() >= FONTS {
            known.fonts.clear();
        }
        if let Some(number) = number {
            known.fonts.insert(number, read.clone());
        }
        read
    }

    /// The map of a font, where it is there and says something.
    fn map(&mut self, reading: &Reading<'_, '_>, number: u32, width: usize, known: &mut KnownFonts) -> Option<Rc<Map>> {
        if let Some(map) = known.maps.get(&number) {
            return map.clone();
        }
        let stream = reading.by_number.get(&number).map(|index| &reading.document.streams[*index]);
        let text = stream.and_then(|stream| {
            let dictionary = reading.document.dictionary(stream);
            let at = object(reading.origin, stream);
            self.decoded_stream(&at, reading.document, (stream, &dictionary), reading.place, LARGEST_MAP)
        });
        let map = text.map(|text| Map::parse(&text, width)).filter(|map| {
            let fits = !map.is_empty() && known.mapped + map.len() <= MAPPED;
            known.mapped += if fits { map.len() } else { 0 };
            fits
        });
        let map = map.map(Rc::new);
        known.maps.insert(number, map.clone());
        map
    }
}

/// Where a stream's content is told: by the number of its object.
fn object(origin: &Origin, stream: &Stream) -> Origin {
    origin.with(Step::Member { path: format!("object {}", stream.number).into_bytes() })
}

/// Whether bytes are a content with text.
fn shows_text(content: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(content, word).is_some();
    has(b"BT") && has(b"ET") && (has(b"Tj") || has(b"TJ"))
}
