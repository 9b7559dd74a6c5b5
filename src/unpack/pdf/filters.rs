//! What a stream of a PDF is encoded with (ISO 32000-1, 7.4), undone.

use std::borrow::Cow;
use std::io::{self, Read};

use super::document::Document;
use super::syntax::{self, Dictionary, Object};
use crate::unpack::gzip::{Inflate, InflateReader};

/// How a stream is to be read.
pub(super) enum Encoding {
    /// Filters in the order in which they are undone.
    Filters(Vec<Filter>),
    /// Samples of a picture or a sound: there is no text in them.
    Samples,
    /// What is not undone, in words.
    Unknown(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    Flate,
    Hexadecimal,
    Base85,
}

/// What is said of a stream's encoding.
pub(super) fn encoding(document: &Document<'_>, dictionary: &Dictionary<'_>) -> Encoding {
    let all = |long: &[u8], short: &[u8]| -> Vec<Object<'_>> {
        match document.value(dictionary, long).or_else(|| document.value(dictionary, short)) {
            Some(Object::List(list)) => list.iter().filter_map(|object| document.resolve(object)).collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        }
    };
    let mut filters = Vec::new();
    let named = all(b"Filter", b"F");
    for name in named.iter().filter_map(Object::name) {
        filters.push(match name {
            b"FlateDecode" | b"Fl" => Filter::Flate,
            b"ASCIIHexDecode" | b"AHx" => Filter::Hexadecimal,
            b"ASCII85Decode" | b"A85" => Filter::Base85,
            b"DCTDecode" | b"DCT" | b"JPXDecode" | b"JBIG2Decode" | b"CCITTFaxDecode" | b"CCF" => {
                return Encoding::Samples;
            }
            b"LZWDecode" | b"LZW" => return Encoding::Unknown("LZW, which is not undone"),
            b"RunLengthDecode" | b"RL" => return Encoding::Unknown("run lengths, which are not undone"),
            b"Crypt" => return Encoding::Unknown("encryption of its own"),
            _ => return Encoding::Unknown("a filter of an unknown name"),
        });
    }
    let flate = filters.iter().rposition(|filter| *filter == Filter::Flate);
    if flate.is_some_and(|at| at > 0 && filters[..at].contains(&Filter::Flate) || at + 1 < filters.len()) {
        return Encoding::Unknown("filters in an unusual order");
    }
    let predicted = all(b"DecodeParms", b"DP").iter().any(|parameters| {
        let predictor = parameters.dictionary().and_then(|parameters| document.value(parameters, b"Predictor"));
        predictor.and_then(|predictor| predictor.count()).is_some_and(|predictor| predictor > 1)
    });
    if predicted {
        Encoding::Unknown("differences from the line before, which are not undone")
    } else {
        Encoding::Filters(filters)
    }
}

/// A stream's bytes with its filters undone.
pub(super) fn open<'a>(raw: &'a [u8], filters: &[Filter]) -> io::Result<Box<dyn Read + 'a>> {
    let mut bytes = Cow::Borrowed(raw);
    for filter in filters {
        bytes = match filter {
            Filter::Hexadecimal => Cow::Owned(syntax::pairs(until(&bytes, b'>'))),
            Filter::Base85 => Cow::Owned(base85(&bytes)),
            // It is the last.
            Filter::Flate => {
                // zlib (RFC 1950): the method, a window of 32 KiB at most, no dictionary, and the check of these two bytes.
                // The checksum at the end is not asked for: many writers cut it off.
                let [method, flags, ..] = *bytes else { return Err(io::ErrorKind::UnexpectedEof.into()) };
                if method & 15 != 8 || method >> 4 > 7 || flags & 32 != 0 {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "damaged zlib data"));
                }
                let input = io::Cursor::new(bytes);
                let mut reader = InflateReader { input, inflate: Inflate::new() };
                reader.input.set_position(2);
                return Ok(Box::new(reader));
            }
        };
    }
    Ok(Box::new(io::Cursor::new(bytes)))
}

fn until(bytes: &[u8], end: u8) -> &[u8] {
    &bytes[..memchr::memchr(end, bytes).unwrap_or(bytes.len())]
}

/// Five digits of base 85 from `!` on for four bytes, `z` for four noughts, blanks between them, `~>` at the end.
fn base85(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.trim_ascii_start();
    let bytes = until(bytes.strip_prefix(b"<~").unwrap_or(bytes), b'~');
    let mut decoded = Vec::with_capacity(bytes.len() / 5 * 4);
    let (mut word, mut digits) = (0_u32, 0);
    for byte in bytes {
        match byte {
            b'z' if digits == 0 => decoded.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                word = word.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                digits += 1;
                if digits == 5 {
                    decoded.extend_from_slice(&word.to_be_bytes());
                    (word, digits) = (0, 0);
                }
            }
            _ => {}
        }
    }
    if digits > 1 {
        for _ in digits..5 {
            word = word.wrapping_mul(85).wrapping_add(84);
        }
        decoded.extend_from_slice(&word.to_be_bytes()[..digits - 1]);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_85_is_undone_to_the_byte() {
        assert_eq!(base85(b"<~87cUR\nD]i,\"Ebo80~>"), b"Hello World!");
        assert_eq!(base85(b"87cURDZ~>"), b"Hello");
        assert_eq!(base85(b"z!!~>"), [0; 5]);
    }
}
