//! Paths and names as reports write them.

use std::path::Path;

/// A joined path (see [`Origin::joined_path`](super::Origin::joined_path)), and those of the archives it leads through.
pub fn path_and_archives(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memmem::find_iter(path, b"!/").map(|end| &path[..end]).chain([path])
}

/// The bytes of a path of this machine with `/` between its parts, as all paths of reports, entries and globs have it.
pub fn slashed(path: &Path) -> Vec<u8> {
    let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
    if std::path::MAIN_SEPARATOR != '/' {
        bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    bytes
}

/// Bytes from scanned content made safe for a terminal or a log: control and format characters are escaped, and what is
/// no UTF-8 shows as `\xNN`.
pub fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if !is_printable(c) {
                out.extend(c.escape_default());
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// Whether a character can be shown as it is: no control character, and none that makes a line read as another.
pub fn is_printable(c: char) -> bool {
    !c.is_control() && !is_format(c)
}

/// Bidirectional controls, zero-width characters and separators that can make a line read as another (Trojan Source).
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
