//! The texts and the profile of colours that a picture in PNG has compressed (PNG specification, 11.3.2.3 and 11.3.3). The
//! picture itself is judged as the bytes that it is, with its plain texts.

use std::io::Read;

use super::budget::Guard;
use super::walker::{Held, Place, Walker};
use super::{HOLD, fill_once};
use crate::blob::Reason;
use crate::origin::{Origin, TextKind};

/// Bytes of one text.
const LONGEST: u64 = 4 << 20;

/// Bytes of a picture that are held to look for its texts.
const LARGEST: u64 = 64 << 20;

impl Walker<'_> {
    pub(super) fn png(&mut self, origin: &Origin, held: Held<'_>, place: Place) {
        let Held { bytes, rest } = held;
        let mut whole = Vec::new();
        let bytes = match rest {
            None => bytes,
            Some(rest) => {
                whole.reserve(HOLD as usize * 2);
                whole.extend_from_slice(bytes);
                let most = LARGEST.min(self.memory(place)).max(bytes.len() as u64 + 1);
                if let Ok(false) = fill_once(rest, &mut whole, most) {
                    self.leaf(origin, Held { bytes: &whole, rest: Some(rest) });
                    return self.skip(origin, Reason::TooMuchMemory, "its compressed texts were not read");
                }
                &whole
            }
        };
        self.leaf(origin, Held { bytes, rest: None });
        let level = place.level + 1;
        for deflated in compressed_texts(bytes) {
            if self.budget.failed(level) || !self.budget.member() {
                break;
            }
            let decoder = flate2::read::ZlibDecoder::new(deflated);
            let mut guard = Guard { inner: decoder, budget: self.budget, level, expanded: true };
            let mut text = Vec::new();
            // An error is on record; what came before it counts.
            let _ = guard.by_ref().take(LONGEST).read_to_end(&mut text);
            self.text(origin, TextKind::Comment, &text);
            if text.len() as u64 == LONGEST && guard.read(&mut [0]).is_ok_and(|more| more > 0) {
                self.skip(origin, Reason::ExpandsTooFar, "a compressed text in it of more than 4 MiB");
            }
        }
        self.settle(level, origin);
    }
}

/// What `zTXt`, `iCCP` and `iTXt` chunks hold in zlib: behind a keyword and the method; behind a keyword, that it is compressed,
/// the method, a language and a translated keyword.
fn compressed_texts(png: &[u8]) -> Vec<&[u8]> {
    let mut texts = Vec::new();
    let mut rest = png.get(8..).unwrap_or_default();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, kind @ ..] = *head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let chunk = &after[..length.min(after.len())];
        let behind_nul = |bytes: &'_ [u8]| memchr::memchr(0, bytes).map(|end| end + 1);
        let text = match &kind {
            b"zTXt" | b"iCCP" => behind_nul(chunk).and_then(|keyword| chunk.get(keyword + 1..)),
            b"iTXt" => behind_nul(chunk).and_then(|keyword| {
                let [1, 0, language @ ..] = &chunk[keyword..] else { return None };
                let translated = &language[behind_nul(language)?..];
                translated.get(behind_nul(translated)?..)
            }),
            _ => None,
        };
        texts.extend(text);
        // The checksum.
        rest = after.get(length.saturating_add(4)..).unwrap_or_default();
    }
    texts
}
