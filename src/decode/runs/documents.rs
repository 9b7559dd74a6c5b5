//! Runs of the characters of base64, of which hexadecimal digits are some.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;

use super::{Run, hexadecimal, is_base64};
use crate::decode::{self, is_text, utf16};

/// Shortest run of base64, in bytes without padding, and of hexadecimal digits: what is shorter than [`LONG`] says something only
/// where a name is given a value in it.
pub(super) const SHORTEST: usize = 31;
/// Length of a run from which on all text counts: 30 bytes of it.
const LONG: usize = 40;
/// Characters of a run that are decoded first, whole groups of four.
const FIRST: usize = 16;
/// Lengths of lines of folded base64: PEM has 64, MIME 76.
const FOLDS: Range<usize> = 60..257;
/// Longest indentation of a line of it, in bytes.
const INDENT: usize = 256;
/// Of a text in Latin-1 one character in so many is beyond ASCII at the most.
const LATIN: usize = 6;

/// Whether a run that begins with these bytes may say something: most are names, paths and digests, and their first characters show it.
pub(super) fn may_begin(run: &[u8]) -> bool {
    let (is_hexadecimal, kind) = first_look(run);
    is_hexadecimal || kind.is_some()
}

/// Whether a run is text in hexadecimal digits, and what it is as base64, both by its first characters.
fn first_look(run: &[u8]) -> (bool, Option<Kind>) {
    let Some(first) = run.first_chunk::<FIRST>() else { return (false, None) };
    let digits = first.iter().all(u8::is_ascii_hexdigit).then(|| hexadecimal(first)).flatten();
    let is_hexadecimal = digits.is_some_and(|first| matches!(kind_of(&first), Some(Kind::Text)));
    (is_hexadecimal, first_bytes(first).and_then(|first| kind_of(&first)))
}

/// The run that begins at `begin`; where it says nothing, the end of what was looked at. `left` bytes may be inflated.
pub(super) fn at(text: &[u8], begin: usize, left: &mut usize) -> Result<Run, usize> {
    let (is_hexadecimal, kind) = first_look(&text[begin..]);
    let run = begin..begin + text[begin..].iter().take_while(|&&byte| is_base64(byte)).count();
    let before = &text[..begin];
    // The parts of a JSON Web Token, which a rule reads whole; what names its encoding is read as that.
    if before.ends_with(b".")
        || before.ends_with(b";base64,")
        || text.get(run.end) == Some(&b'.') && text[begin..].starts_with(b"eyJ")
    {
        return Err(run.end);
    }
    let document = |(place, content, decoder)| Run { place, content, origins: Vec::new(), decoder, is_document: true };
    let is_short = run.len() < LONG;
    // Digests are that short.
    if is_hexadecimal && is_short && text[run.clone()].iter().all(u8::is_ascii_hexdigit) {
        return Err(run.end);
    }
    if is_hexadecimal && run.len() % 2 == 0 {
        let content = hexadecimal(&text[run.clone()]).and_then(readable);
        return content.map(|content| document((run.clone(), content, "hexadecimal"))).ok_or(run.end);
    }
    let kind = kind.ok_or(run.end)?;
    let alone = run.start..padded(text, run.end);
    let folded = folded(text, run);
    let end = folded.end;
    // A short line behind one that is not folded is another word.
    let last = (alone != folded).then(|| alone.clone());
    let found = [Some(folded), last].into_iter().flatten().find_map(|place| {
        let (content, decoder) = content(&text[place.clone()], &kind, left)?;
        (!is_short || is_assignment(&content)).then_some((place, content, decoder))
    });
    found.map(document).ok_or(end)
}

/// Whether a text is no more than a name and the value that it is given, all in ASCII.
fn is_assignment(content: &[u8]) -> bool {
    const NAME: usize = 3;
    let line = content.trim_ascii();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' ');
    let name = line.iter().position(|byte| !is_name(byte)).unwrap_or(line.len());
    name >= NAME
        && matches!(line[name..], [b'=' | b':', _, ..])
        && line[0].is_ascii_alphabetic()
        && line.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// What the first characters of base64 say.
fn first_bytes(first: &[u8]) -> Option<[u8; FIRST / 4 * 3]> {
    let mut bytes = [0; FIRST / 4 * 3];
    let is_url = first.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let engine = if is_url { &decode::URL } else { &decode::STANDARD };
    let length = engine.decode_slice(first, &mut bytes).ok()?;
    (length == bytes.len()).then_some(bytes)
}

/// What base64 says, if that is text.
fn content(encoded: &[u8], kind: &Kind, left: &mut usize) -> Option<(Vec<u8>, &'static str)> {
    let content = decode::base64(&unescaped(encoded))?;
    let (content, decoder) = match kind {
        Kind::Text => (content, "base64"),
        Kind::Archive => decode::archive::opened(&content, *left)?,
        Kind::Wide(order) => (utf16::decode(&content, (utf16::Width::Two, *order)).text, "UTF-16 in base64"),
    };
    let content = readable(content).filter(|content| !content.is_empty())?;
    if matches!(kind, Kind::Archive) {
        *left = left.saturating_sub(content.len());
    }
    Some((content, decoder))
}

/// A content as UTF-8, if it is text; what is none in that, but has few other characters, is read as Latin-1.
fn readable(content: Vec<u8>) -> Option<Vec<u8>> {
    if is_text(&content) {
        return Some(content);
    }
    let others = content.iter().filter(|byte| !byte.is_ascii()).count();
    if others == 0 || others > content.len() / LATIN || std::str::from_utf8(&content).is_ok() {
        return None;
    }
    let text: String = content.into_iter().map(char::from).collect();
    is_text(text.as_bytes()).then(|| text.into_bytes())
}

/// What the first bytes of a decoded run look like.
enum Kind {
    Text,
    /// gzip or zip.
    Archive,
    /// Text in UTF-16, as PowerShell takes commands.
    Wide(utf16::Order),
}

fn kind_of(beginning: &[u8]) -> Option<Kind> {
    let is_character = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    let is_wide = |zero: usize| beginning.chunks_exact(2).all(|pair| is_character(&pair[1 - zero]) && pair[zero] == 0);
    match beginning {
        [0x1f, 0x8b, 8, ..] | [b'P', b'K', 3, 4, ..] => Some(Kind::Archive),
        [0xff, 0xfe, ..] => Some(Kind::Wide(utf16::Order::Little)),
        [0xfe, 0xff, ..] => Some(Kind::Wide(utf16::Order::Big)),
        beginning if is_beginning_of_text(beginning) => Some(Kind::Text),
        beginning if beginning.len() >= 8 && is_wide(1) => Some(Kind::Wide(utf16::Order::Little)),
        beginning if beginning.len() >= 8 && is_wide(0) => Some(Kind::Wide(utf16::Order::Big)),
        _ => None,
    }
}

/// Whether text in UTF-8 may begin so, or text in Latin-1 with few letters beyond ASCII.
fn is_beginning_of_text(beginning: &[u8]) -> bool {
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 11..=12 | 14..=31 | 127);
    if beginning.iter().any(is_control) {
        return false;
    }
    let others = beginning.iter().filter(|byte| !byte.is_ascii()).count();
    // The last character may be cut.
    others <= beginning.len() / LATIN
        || std::str::from_utf8(beginning).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// The end of a run with its padding.
fn padded(text: &[u8], end: usize) -> usize {
    end + text[end..].iter().take(2).take_while(|&&byte| byte == b'=').count()
}

/// A run with the lines that go on with it: each as long as the first, the last one shorter; and the padding.
fn folded(text: &[u8], run: Range<usize>) -> Range<usize> {
    let width = run.len();
    let mut end = run.end;
    while FOLDS.contains(&width) {
        let Some(line) = next_line(text, end) else { break };
        let length = text[line..].iter().take(width + 1).take_while(|&&byte| is_base64(byte)).count();
        if length == 0 || length > width {
            break;
        }
        // The last line stands alone, too: a word with others behind it is none.
        if length < width && matches!(text.get(padded(text, line + length)), Some(b' ' | b'\t' | b'=' | b':')) {
            break;
        }
        end = line + length;
        if length < width {
            break;
        }
    }
    run.start..padded(text, end)
}

/// Where the text of the next line begins, if the line ends here: with its line end, or one that is written as an escape.
fn next_line(text: &[u8], end: usize) -> Option<usize> {
    let rest = &text[end..];
    let breaks = [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"];
    let length = breaks.iter().find(|mark| rest.starts_with(mark))?.len();
    let indent = rest[length..].iter().take(INDENT).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    Some(end + length + indent)
}

/// Base64 without the folds that are written as escapes; others are passed over when it is decoded.
fn unescaped(encoded: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', encoded).is_none() {
        return Cow::Borrowed(encoded);
    }
    let mut plain = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => _ = bytes.next(),
            byte => plain.push(byte),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::decode::runs::{self, spots};

    /// What is read of one word behind another.
    fn read(before: &str, encoded: &str) -> Option<String> {
        let text = format!("{before}{encoded}\"\n");
        let mut found = Vec::new();
        spots::find(text.as_bytes(), 0..text.len(), &mut found);
        let runs = runs::of(text.as_bytes(), &found, false);
        assert!(runs.iter().all(|run| &text[run.place.clone()] == encoded), "{text}");
        runs.into_iter().next().map(|run| String::from_utf8(run.content).expect("is text"))
    }

    #[test]
    fn a_short_run_counts_where_a_name_is_given_a_value() {
        for text in ["DB_PASSWORD=one.two-345", "password: one.two-345678", "secret key=one.two-3456789\n"] {
            for width in 0..20 {
                assert_eq!(read(&format!("{}=", "x".repeat(width)), &STANDARD.encode(text)).as_deref(), Some(text));
            }
        }
        for text in [
            "a text without any name",
            "0=1 and more than that.",
            "name=\u{e9}\u{e8} of another one",
            "https://a.example/some",
            "x=of a short name only",
        ] {
            assert_eq!(read("x=", &STANDARD.encode(text)), None, "{text}");
        }
        let digits: String = "pass=word of sixteen".bytes().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(read("x: ", &digits[..38]), None);
    }
}
