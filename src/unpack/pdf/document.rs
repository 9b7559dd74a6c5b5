//! A PDF's objects and streams, told by reading it from front to back: its tables are not trusted, and what an update left
//! behind is there, too. Decodes nothing.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::syntax::{Dictionary, Lexer, Object};

/// References that are followed to reach one object.
const HOPS: usize = 8;

/// Bytes of objects that are parsed again when they are asked for, beside eight for each of the file's.
const FREE_WORK: usize = 32 << 20;

/// Objects of one file, at most.
const MOST: usize = 1 << 20;

/// Blanks between a dictionary and `stream`, and before `endstream`, at most.
const BLANKS: usize = 64;

/// Where an object begins.
#[derive(Debug, Clone, Copy)]
struct At {
    /// Which of the decoded object streams; `None` for the file itself.
    packed: Option<usize>,
    at: usize,
    /// Where in the file it or its stream lies: what comes later counts.
    order: usize,
}

/// A stream as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) number: u32,
    /// Where its dictionary begins.
    at: usize,
    pub(super) data: Range<usize>,
}

/// One file.
pub(super) struct Document<'a> {
    bytes: &'a [u8],
    objects: HashMap<u32, At>,
    pub(super) streams: Vec<Stream>,
    /// Object streams, decoded.
    packed: Vec<Vec<u8>>,
    root: Option<u32>,
    pub(super) is_encrypted: bool,
    /// Whether an object does not parse.
    pub(super) is_damaged: bool,
    /// Bytes that may still be parsed again.
    work: Cell<usize>,
}

impl<'a> Document<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let mut document = Document {
            bytes,
            objects: HashMap::new(),
            streams: Vec::new(),
            packed: Vec::new(),
            root: None,
            is_encrypted: false,
            is_damaged: false,
            work: Cell::new(bytes.len().saturating_mul(8).saturating_add(FREE_WORK)),
        };
        let mut at = 0;
        while let Some(found) = memchr::memmem::find(&bytes[at..], b"obj") {
            let keyword = at + found;
            at = keyword + 3;
            if document.objects.len() >= MOST || document.streams.len() >= MOST {
                document.work.set(0);
                break;
            }
            if let Some(number) = number_before(&bytes[..keyword]) {
                at = document.take(number, at);
            }
        }
        let mut at = 0;
        while let Some(found) = memchr::memmem::find(&bytes[at..], b"trailer") {
            let (trailer, end) = Lexer::one(bytes, at + found + b"trailer".len());
            at = end;
            if let Some(Object::Dictionary(trailer)) = trailer {
                document.take_trailer(&trailer);
            }
        }
        document
    }

    /// Takes the object whose content begins at a place, and gives where it ends.
    fn take(&mut self, number: u32, at: usize) -> usize {
        let (object, end) = Lexer::one(self.bytes, at);
        let Some(object) = object else {
            self.is_damaged = true;
            return end.max(at);
        };
        self.objects.insert(number, At { packed: None, at, order: at });
        let Object::Dictionary(dictionary) = object else { return end };
        if dictionary.is(b"Type", b"XRef") {
            self.take_trailer(&dictionary);
        }
        let Some(after) = after_blanks(&self.bytes[end..]).strip_prefix(b"stream") else { return end };
        let begin = self.bytes.len() - after.strip_prefix(b"\r\n").or(after.strip_prefix(b"\n")).unwrap_or(after).len();
        let stated = dictionary.get(b"Length").and_then(Object::count).and_then(|length| begin.checked_add(length));
        let ends =
            |end: &usize| self.bytes.get(*end..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"endstream"));
        let end = stated.filter(ends).unwrap_or_else(|| {
            let end = memchr::memmem::find(&self.bytes[begin..], b"endstream");
            end.map_or(self.bytes.len(), |end| begin + end)
        });
        self.streams.push(Stream { number, at, data: begin..end });
        end
    }

    fn take_trailer(&mut self, trailer: &Dictionary<'_>) {
        self.is_encrypted |= trailer.get(b"Encrypt").is_some();
        self.root = trailer.get(b"Root").and_then(Object::reference).or(self.root);
    }

    /// Takes what an object stream holds (ISO 32000-1, 7.5.7): numbers and offsets, then the objects.
    pub(super) fn take_packed(&mut self, stream: &Stream, dictionary: &Dictionary<'_>, decoded: Vec<u8>) {
        let first = dictionary.get(b"First").and_then(Object::count).unwrap_or(0);
        let mut header = Lexer::new(&decoded[..decoded.len().min(first)], 0);
        let mut count = || header.next().as_ref().and_then(Object::count);
        while let (Some(number), Some(offset)) = (count(), count()) {
            if self.objects.len() >= MOST {
                self.work.set(0);
                break;
            }
            let Ok(number) = u32::try_from(number) else { continue };
            let at = At { packed: Some(self.packed.len()), at: first.saturating_add(offset), order: stream.at };
            let known = self.objects.entry(number).or_insert(at);
            if known.order < at.order {
                *known = at;
            }
        }
        self.packed.push(decoded);
    }

    pub(super) fn raw(&self, stream: &Stream) -> &'a [u8] {
        &self.bytes[stream.data.clone()]
    }

    pub(super) fn dictionary(&self, stream: &Stream) -> Dictionary<'a> {
        match Lexer::one(self.bytes, stream.at).0 {
            Some(Object::Dictionary(dictionary)) => dictionary,
            _ => Dictionary::default(),
        }
    }

    /// Where the streams of these numbers are in the list; of several with one number the last.
    pub(super) fn by_number(&self) -> HashMap<u32, usize> {
        self.streams.iter().enumerate().map(|(index, stream)| (stream.number, index)).collect()
    }

    /// Whether objects were asked for more often than a file has reason to.
    pub(super) fn is_exhausted(&self) -> bool {
        self.work.get() == 0
    }

    pub(super) fn get(&self, number: u32) -> Option<Object<'_>> {
        let at = self.objects.get(&number)?;
        let bytes = match at.packed {
            None => self.bytes,
            Some(packed) => self.packed.get(packed)?,
        };
        if self.is_exhausted() {
            return None;
        }
        let (object, end) = Lexer::one(bytes, at.at);
        self.work.set(self.work.get().saturating_sub(end.saturating_sub(at.at) + 64));
        object
    }

    /// An object itself, where a reference may stand for it.
    pub(super) fn resolve<'s>(&'s self, object: &Object<'s>) -> Option<Object<'s>> {
        let mut here = object.clone();
        for _ in 0..HOPS {
            match here {
                Object::Reference(number) => here = self.get(number)?,
                object => return Some(object),
            }
        }
        None
    }

    /// What a name stands for in a dictionary, itself and not a reference.
    pub(super) fn value<'s>(&'s self, dictionary: &Dictionary<'s>, name: &[u8]) -> Option<Object<'s>> {
        self.resolve(dictionary.get(name)?)
    }

    /// The pages in their order, and the resources that each has or inherits.
    pub(super) fn pages(&self) -> Vec<Page> {
        let mut pages = Vec::new();
        let catalog = self.root.and_then(|root| self.get(root));
        let top = catalog.as_ref().and_then(Object::dictionary).and_then(|catalog| catalog.get(b"Pages")?.reference());
        let mut waiting: Vec<(u32, Option<Resources>)> = top.map(|top| (top, None)).into_iter().collect();
        let mut seen = HashSet::new();
        while let Some((number, inherited)) = waiting.pop() {
            if !seen.insert(number) {
                continue;
            }
            let Some(Object::Dictionary(node)) = self.get(number) else { continue };
            let own = node.get(b"Resources").map(|own| own.reference().map_or(Resources::Of(number), Resources::At));
            let resources = own.or(inherited);
            if let Some(Object::List(kids)) = self.value(&node, b"Kids") {
                waiting.extend(kids.iter().rev().filter_map(Object::reference).map(|kid| (kid, resources)));
                continue;
            }
            let contents = match node.get(b"Contents") {
                Some(Object::List(parts)) => parts.iter().filter_map(Object::reference).collect(),
                Some(Object::Reference(number)) => match self.get(*number) {
                    Some(Object::List(parts)) => parts.iter().filter_map(Object::reference).collect(),
                    _ => vec![*number],
                },
                _ => Vec::new(),
            };
            pages.push(Page { contents, resources });
        }
        pages
    }

    /// The dictionary of resources itself.
    pub(super) fn resources(&self, at: Resources) -> Option<Object<'_>> {
        match at {
            Resources::At(number) => self.get(number),
            Resources::Of(number) => self.value(self.get(number)?.dictionary()?, b"Resources"),
        }
    }
}

/// Where a page's resources are: it may share them with a thousand others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Resources {
    /// An object of their own.
    At(u32),
    /// In the node or stream of this number.
    Of(u32),
}

/// What is shown on a page.
pub(super) struct Page {
    /// The numbers of the streams that together are its content.
    pub(super) contents: Vec<u32>,
    pub(super) resources: Option<Resources>,
}

/// What stands behind blanks, if those are few.
fn after_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take(BLANKS).take_while(|byte| byte.is_ascii_whitespace()).count();
    &bytes[blanks..]
}

/// The number in `12 0 ` before `obj`.
fn number_before(before: &[u8]) -> Option<u32> {
    let digits_at_end = |bytes: &[u8]| bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let before = before[before.len().saturating_sub(32)..].trim_ascii_end();
    let generation = digits_at_end(before);
    let rest = &before[..before.len() - generation];
    let numbered = rest.trim_ascii_end();
    if generation == 0 || numbered.len() == rest.len() {
        return None;
    }
    std::str::from_utf8(&numbered[numbered.len() - digits_at_end(numbered)..]).ok()?.parse().ok()
}
