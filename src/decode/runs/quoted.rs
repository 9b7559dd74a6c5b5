//! Lines of quoted-printable (RFC 2045).

use super::{PIECE_MOST, Run, hexadecimal};
use crate::decode::is_text;

/// The lines of a text that are not what they say: with `=3D` in them, or taken to the next line.
pub(super) fn lines(text: &[u8]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let mut content = Vec::new();
        let (mut place, mut is_encoded) = (start, false);
        // A line, with those that it is taken to.
        while place < text.len() && text[place] != b'\n' && place - start < PIECE_MOST {
            let rest = &text[place..];
            let soft = [&b"=\n"[..], b"=\r\n"].iter().find(|mark| rest.starts_with(mark)).map(|mark| mark.len());
            let escaped = || if rest[0] == b'=' { hexadecimal(rest.get(1..3)?) } else { None };
            if let Some(length) = soft {
                place += length;
                is_encoded = true;
            } else if let Some(byte) = escaped() {
                content.extend(byte);
                place += 3;
                is_encoded = true;
            } else {
                content.push(rest[0]);
                place += 1;
            }
        }
        if is_encoded && is_text(&content) {
            runs.push(Run {
                place: start..place,
                content,
                origins: Vec::new(),
                decoder: "quoted-printable",
                is_document: true,
            });
        }
        start = memchr::memchr(b'\n', &text[place..]).map_or(text.len(), |line| place + line + 1);
    }
    runs
}
