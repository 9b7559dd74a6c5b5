//! Lines of a terminal: sequences that set colours (SGR of ECMA-48) or clear the rest of a line count as nothing, as they are or
//! spelled out in a string.

use super::Run;

/// Bytes of a line on either side of its first sequence: of a longer one nothing is read, so that a part of a text shows the same.
const LINE: usize = 4_096;
/// Longest sequence, in bytes.
const SEQUENCE: usize = 32;
/// How the escape before the bracket is written.
const ESCAPES: [&[u8]; 4] = [b"\x1b", b"\\u001b", b"\\x1b", b"\\033"];

/// The lines with sequences in them, without these.
pub(super) fn lines(text: &[u8], spots: &[u32]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut from = 0;
    for spot in spots.iter().map(|&spot| spot as usize) {
        if spot < from || !matches!(text[spot], 0x1b | b'\\') || sequence(&text[spot..]).is_none() {
            continue;
        }
        let (least, most) = (spot.saturating_sub(LINE), text.len().min(spot + LINE));
        let start = memchr::memrchr(b'\n', &text[least..spot]).map(|at| least + at + 1).or((least == 0).then_some(0));
        let end = memchr::memchr(b'\n', &text[spot..most]).map(|at| spot + at).or((most == text.len()).then_some(most));
        let (Some(start), Some(end)) = (start, end) else { continue };
        from = end;
        let (mut content, mut origins) = (Vec::new(), Vec::new());
        let mut place = start;
        while place < end {
            match sequence(&text[place..end]) {
                Some(length) => place += length,
                None => {
                    content.push(text[place]);
                    origins.push(place as u32);
                    place += 1;
                }
            }
        }
        origins.push(end as u32);
        runs.push(Run { place: start..end, content, origins, decoder: "colours", is_document: true });
    }
    runs
}

/// The length of the sequence that bytes begin with.
pub(super) fn sequence(bytes: &[u8]) -> Option<usize> {
    let is_escape = |escape: &&&[u8]| bytes.get(..escape.len()).is_some_and(|here| here.eq_ignore_ascii_case(escape));
    let bracket = match bytes.first()? {
        0x1b | b'\\' => ESCAPES.iter().find(is_escape)?.len(),
        _ => return None,
    };
    if bytes.get(bracket) != Some(&b'[') {
        return None;
    }
    let parameters = &bytes[bracket + 1..bytes.len().min(SEQUENCE)];
    let last = parameters.iter().position(|byte| !byte.is_ascii_digit() && !matches!(byte, b';' | b':'))?;
    matches!(parameters[last], b'm' | b'K').then_some(bracket + 1 + last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(usize, String)> {
        let mut spots = Vec::new();
        super::super::spots::find(text.as_bytes(), 0..text.len(), &mut spots);
        let line = |run: Run| (run.place.start, String::from_utf8(run.content).expect("UTF-8"));
        lines(text.as_bytes(), &spots).into_iter().map(line).collect()
    }

    #[test]
    fn a_line_is_read_without_what_colours_it() {
        let text = "plain\n\x1b[33mkey\x1b[0m=\x1b[1;32mvalue\x1b[0m\x1b[K\nplain \\n\n{\"m\":\"\\u001b[36mkey\\u001B[39m=1\"}\n";
        assert_eq!(told(text), [(6, "key=value".to_owned()), (48, "{\"m\":\"key=1\"}".to_owned())]);
    }

    #[test]
    fn what_is_no_sequence_or_on_a_long_line_is_left() {
        for text in ["\x1b", "\x1b[", "\x1b[31", "\x1b[2J clears", "\x1b]0;title\x07", "\\x1b31m", "\\u001b"] {
            assert_eq!(told(text), [], "{text:?}");
        }
        assert_eq!(told(&format!("{}\x1b[31mx\n", " ".repeat(LINE + 1))), []);
        assert_eq!(told(&format!("\x1b[31mx{}\n", " ".repeat(LINE + 1))), []);
    }
}
