//! Text in 16-bit units inside of binary content, of either byte order and at any offset: programs for Windows and .NET,
//! resources, databases. Only ASCII characters, which is what tokens are made of.

use std::ops::Range;

/// Shortest run that is taken, in characters: no token is shorter.
const SHORTEST: usize = 16;
/// Bytes from one group that is looked at to the next: of as many characters one has all its bytes in a group.
const STEP: usize = SHORTEST;

/// The runs of some bytes as one text, a line each.
#[derive(Debug, Default)]
pub struct Wide {
    /// The text.
    pub text: Vec<u8>,
    /// Where each run begins: in the text, and in the bytes.
    starts: Vec<(usize, usize)>,
    /// How many bytes there are: the last zero of the last run may be missing.
    length: usize,
}

impl Wide {
    /// Finds the runs.
    pub fn of(bytes: &[u8]) -> Self {
        let mut wide = Wide { length: bytes.len(), ..Wide::default() };
        let mut place = 0;
        // A run that is taken has 32 bytes or more, and so the whole of one of the groups that are looked at.
        while let Some(group) = bytes.get(place..).and_then(<[u8]>::first_chunk) {
            let first = if alternates(group) { group.iter().position(|byte| *byte != 0) } else { None };
            let Some(first) = first else {
                place += STEP;
                continue;
            };
            let run = run_around(bytes, place + first);
            place = (place + STEP).max(run.end.next_multiple_of(STEP));
            if run.len() / 2 >= SHORTEST {
                wide.starts.push((wide.text.len(), run.start));
                wide.text.extend(bytes[run].iter().step_by(2));
                wide.text.push(b'\n');
            }
        }
        wide
    }

    /// Where a range of the text stands in the bytes.
    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        let next = self.starts.partition_point(|(text, _)| *text <= range.start);
        let Some((text, bytes)) = next.checked_sub(1).map(|index| self.starts[index]) else { return 0..0 };
        bytes + 2 * (range.start - text)..(bytes + 2 * (range.end - text)).min(self.length)
    }
}

/// Whether every second byte of a group is zero, and not all are.
fn alternates(group: &[u8; 8]) -> bool {
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let group = u64::from_le_bytes(*group);
    group != 0 && (group & EVEN == 0 || group & !EVEN == 0)
}

fn is_character(byte: u8) -> bool {
    byte == b' ' || byte.is_ascii_graphic()
}

/// The run that the character at a place belongs to, from its first character to the last one's zero.
fn run_around(bytes: &[u8], place: usize) -> Range<usize> {
    let has = |at: usize| {
        bytes.get(at).is_some_and(|byte| is_character(*byte)) && bytes.get(at + 1).is_none_or(|byte| *byte == 0)
    };
    let (mut start, mut end) = (place, place);
    while let Some(before) = start.checked_sub(2).filter(|before| has(*before)) {
        start = before;
    }
    while has(end) {
        end += 2;
    }
    start..end.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn runs_are_found_at_any_offset_in_either_order() {
        let token = "token=abcdefghij0123456789";
        for big in [false, true] {
            for offset in 0..17 {
                let mut bytes = vec![0xee; offset];
                bytes.extend(utf16(token, big));
                bytes.extend([0, 0, 0xff, 0xff]);
                let wide = Wide::of(&bytes);
                assert_eq!(String::from_utf8(wide.text.clone()).unwrap(), format!("{token}\n"), "{offset} {big}");
                let stored = wide.original(&(6..26));
                let character = |at: usize| bytes[at];
                assert_eq!((character(stored.start), stored.len()), (b'a', 40), "{offset} {big}");
            }
        }
    }

    #[test]
    fn several_runs_are_lines_and_what_is_short_is_left() {
        let mut bytes = utf16("first one of many characters", false);
        bytes.extend([0; 9]);
        bytes.extend(utf16("short", false));
        bytes.extend([7; 5]);
        bytes.extend(utf16("the second one is here", false));
        let wide = Wide::of(&bytes);
        assert_eq!(wide.text, b"first one of many characters\nthe second one is here\n");
        let second = wide.original(&(29..32));
        assert_eq!(&bytes[second], utf16("the", false));
    }

    #[test]
    fn the_last_zero_may_be_missing() {
        let mut bytes = vec![0xee; 8];
        bytes.extend(utf16("token=abcdefghij0123456789", true));
        let wide = Wide::of(&bytes);
        assert_eq!(wide.original(&(6..26)), 21..bytes.len());
    }

    #[test]
    fn plain_bytes_have_none() {
        assert!(Wide::of(b"plain ASCII text that is long enough to be a run").text.is_empty());
        assert!(Wide::of(&[0; 4_096]).text.is_empty());
        assert!(Wide::of(&[]).text.is_empty());
        let numbers: Vec<u8> = (0..2_000u16).flat_map(u16::to_le_bytes).collect();
        let text = Wide::of(&numbers).text;
        assert!(text.len() < 120, "{}", String::from_utf8_lossy(&text));
    }
}
