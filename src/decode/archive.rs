//! Small archives that a text carries encoded: gzip, a tar in it or alone, zip. All that is text in them, one member after the
//! other, as one text; names of members and what is not text are left out. Archives in files are not its matter.

use flate2::{Decompress, FlushDecompress, Status};

use super::{gunzip, is_control};

/// What an archive holds, `most` bytes at most, and what kind it is; `None` where it is none. What was read before a fault counts.
pub(super) fn opened(bytes: &[u8], most: usize) -> Option<(Vec<u8>, &'static str)> {
    match bytes {
        [0x1f, 0x8b, 8, ..] => {
            let inflated = gunzip(bytes, most);
            let opened = if is_tar(&inflated) { members_of_tar(&inflated) } else { inflated };
            Some((opened, "gzip in base64"))
        }
        [b'P', b'K', 3, 4, ..] => Some((members_of_zip(bytes, most), "zip in base64")),
        bytes if is_tar(bytes) => Some((members_of_tar(&bytes[..bytes.len().min(most)]), "tar in base64")),
        _ => None,
    }
}

/// Adds a member as text: whatever is none ends a line, as does the end.
fn add(text: &mut Vec<u8>, member: &[u8]) {
    for chunk in member.utf8_chunks() {
        let mut pieces = chunk.valid().split(is_control).filter(|piece| !piece.is_empty());
        if let Some(first) = pieces.next() {
            text.extend_from_slice(first.as_bytes());
        }
        for piece in pieces {
            text.push(b'\n');
            text.extend_from_slice(piece.as_bytes());
        }
        if !chunk.invalid().is_empty() && text.last() != Some(&b'\n') {
            text.push(b'\n');
        }
    }
    // A blank line, for what stands behind is no part of the last line.
    text.extend_from_slice(b"\n\n");
}

const BLOCK: usize = 512;

/// ustar's mark is enough here: what writes these archives is of its time.
fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

fn members_of_tar(tar: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut rest = tar;
    while let Some((header, after)) = rest.split_at_checked(BLOCK) {
        if !is_tar(header) {
            break;
        }
        let digits = header[124..136].iter().filter(|byte| matches!(byte, b'0'..=b'7'));
        let size = digits.fold(0_usize, |size, digit| size.saturating_mul(8).saturating_add(usize::from(digit - b'0')));
        // Regular files, in the old way and in the new one; the records of pax, which hold names, are left out as names are.
        if matches!(header[156], b'0' | 0 | b'7') {
            add(&mut text, &after[..size.min(after.len())]);
        }
        rest = after.get(size.checked_next_multiple_of(BLOCK).unwrap_or(usize::MAX)..).unwrap_or_default();
    }
    text
}

/// The members by their local headers (APPNOTE.TXT 4.3.7), since of a long archive only the beginning may be here.
fn members_of_zip(zip: &[u8], most: usize) -> Vec<u8> {
    const HEADER: usize = 30;
    let (mut text, mut at) = (Vec::new(), 0);
    while let Some(found) = memchr::memmem::find(&zip[at..], b"PK\x03\x04") {
        at += found;
        let Some(header) = zip.get(at..at + HEADER) else { break };
        let u16_at = |place: usize| usize::from(u16::from_le_bytes([header[place], header[place + 1]]));
        let is_encrypted = u16_at(6) & 1 != 0;
        let (method, size) = (u16_at(8), u16_at(18) | u16_at(20) << 16);
        at = (at + HEADER + u16_at(26) + u16_at(28)).min(zip.len());
        let stored = &zip[at..];
        if is_encrypted {
            continue;
        }
        let left = most.saturating_sub(text.len());
        if method == 8 {
            let (member, read) = inflate(stored, left);
            add(&mut text, &member);
            at += read;
        } else if method == 0 {
            // Where the size follows, up to the next record.
            let next = || memchr::memmem::find(stored, b"PK").unwrap_or(stored.len());
            let size = if size == 0 { next() } else { size.min(stored.len()) };
            add(&mut text, &stored[..size.min(left)]);
            at += size;
        }
        if text.len() >= most {
            break;
        }
    }
    text
}

/// What raw deflate holds, `most` bytes at most, and how many bytes of it were read.
fn inflate(deflated: &[u8], most: usize) -> (Vec<u8>, usize) {
    let (mut state, mut inflated, mut chunk) = (Decompress::new(false), Vec::new(), vec![0; 16 << 10]);
    loop {
        let (read, written) = (state.total_in() as usize, state.total_out() as usize);
        let room = chunk.len().min(most - inflated.len());
        let status = state.decompress(&deflated[read..], &mut chunk[..room], FlushDecompress::None);
        inflated.extend_from_slice(&chunk[..state.total_out() as usize - written]);
        let goes_on = matches!(status, Ok(Status::Ok | Status::BufError));
        let moved = state.total_in() as usize > read || state.total_out() as usize > written;
        if !goes_on || !moved || inflated.len() >= most {
            return (inflated, state.total_in() as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn zip(stored: bool) -> Vec<u8> {
        let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let method = if stored { ::zip::CompressionMethod::Stored } else { ::zip::CompressionMethod::Deflated };
        for (path, bytes) in [("a.env", &b"A=1\n"[..]), ("b.bin", b"\x00\xffb\x01c"), ("c.env", b"C=3\n")] {
            let options = ::zip::write::SimpleFileOptions::default().compression_method(method);
            writer.start_file(path, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn tar() -> Vec<u8> {
        let mut builder = ::tar::Builder::new(Vec::new());
        for (path, bytes) in [("a.env", &b"A=1\n"[..]), ("c.env", b"C=3\n")] {
            let mut header = ::tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, path, bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn what_is_text_in_an_archive_is_one_text() {
        for bytes in [zip(true), zip(false)] {
            let (text, kind) = opened(&bytes, 1 << 20).unwrap();
            assert_eq!((text.as_slice(), kind), (&b"A=1\n\n\nb\nc\n\nC=3\n\n\n"[..], "zip in base64"));
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&tar()).unwrap();
        let zipped = encoder.finish().unwrap();
        for (bytes, kind) in [(tar(), "tar in base64"), (zipped, "gzip in base64")] {
            assert_eq!(opened(&bytes, 1 << 20), Some((b"A=1\n\n\nC=3\n\n\n".to_vec(), kind)));
        }
        assert_eq!(opened(b"PK is no archive", 100), None);
    }

    #[test]
    fn archives_that_lie_and_bombs_end() {
        let bomb = {
            let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            writer.start_file("x", ::zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(&vec![b'a'; 4 << 20]).unwrap();
            writer.finish().unwrap().into_inner()
        };
        assert!(opened(&bomb, 10_000).unwrap().0.len() <= 10_002);
        let whole = zip(false);
        for cut in 4..whole.len() {
            opened(&whole[..cut], 1 << 20);
        }
        assert_eq!(opened(&b"PK\x03\x04".repeat(10_000), 1 << 20).map(|(text, _)| text.trim_ascii().len()), Some(0));
    }
}
