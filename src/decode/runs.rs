//! What any text may hold encoded, told by how it looks alone: runs of base64 or hexadecimal digits that decode to text,
//! characters written as escapes, literals that code joins, lines of quoted-printable.
//!
//! One pass over the text, sixty-four bytes at a time; only where a run could be are single bytes looked at. Where a run begins and
//! what it holds is a function of the bytes around it, so that a part of a text shows the same as all of it.

use std::io::Read;
use std::ops::Range;

use base64::Engine as _;

use super::is_text;

/// A run, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Where it stands encoded, with all its folds.
    pub place: Range<usize>,
    /// What it says; behind it, what that holds encoded itself.
    pub content: Vec<u8>,
    /// How it was encoded.
    pub decoder: &'static str,
    /// Whether it may be a file or a text of its own, in which names speak of values; else it is a piece of a line.
    pub is_document: bool,
}

/// Bytes that are looked at together.
const GROUP: usize = 16;
/// Groups that are passed by at once where there is nothing, and their bytes.
const GROUPS: usize = 4;
const BLOCK: usize = GROUPS * GROUP;
/// Shortest run of base64 or hexadecimal digits, in bytes: 30 bytes of text. It holds a whole group wherever it begins.
const SHORTEST: usize = 40;
/// Bytes of a run that are decoded: so many are seen around any place of a stream.
const RUN_MOST: usize = 64 << 10;
/// Lengths of lines of folded base64: PEM has 64, MIME 76.
const FOLDS: Range<usize> = 60..257;
/// Fewest bytes of a decoded piece of a line that can be a token.
const PIECE: usize = 16;
/// Longest literal that is joined to others, in bytes, and most of them.
const LITERAL: usize = 256;
const LITERALS: usize = 32;
/// Longest escape, in bytes: `\U0001f600`, `&#x1f600;`.
const ESCAPE: usize = 12;
/// Runs that are looked for in each other.
const DEPTH: usize = 4;
/// Bytes that the runs of one run are decoded to at most, and how many one byte of gzip may stand for.
const DECODED_MOST: usize = 32 << 20;
const RATIO_MOST: usize = 1_100;

/// Stands in every text that has parts in quoted-printable.
pub const QUOTED_PRINTABLE: &str = "quoted-printable";

/// Where a piece of a line stands, what it says, and how it was encoded.
type Piece = (Range<usize>, Vec<u8>, &'static str);

/// All runs of a text that decode to text, in order of their places; `is_quoted`: whether lines in quoted-printable are among it.
pub fn of(text: &[u8], is_quoted: bool) -> Vec<Run> {
    let mut runs = of_text(text, RUN_MOST);
    if is_quoted {
        runs.extend(quoted_printable(text));
        runs.sort_by_key(|run| run.place.start);
    }
    let mut left = DECODED_MOST;
    runs.iter_mut().for_each(|run| unfold_within(&mut run.content, DEPTH, &mut left));
    runs
}

/// Appends to a content what its runs hold, and what is in those.
pub fn unfold(content: &mut Vec<u8>) {
    let mut left = DECODED_MOST;
    unfold_within(content, DEPTH, &mut left);
}

/// The runs of a text, each as it decodes; of one that is longer than `most` its beginning.
fn of_text(text: &[u8], most: usize) -> Vec<Run> {
    let mut search = Search { text, most, from: 0, other: 0, in_other: false, runs: Vec::new() };
    let (blocks, rest) = text.as_chunks();
    for (index, block) in blocks.iter().enumerate() {
        let flags = glance(block);
        if flags == NOTHING {
            search.in_other = false;
            continue;
        }
        let start = index * BLOCK;
        let has_pieces = flags > NOTHING && has_pieces(text, start);
        for group in 0..GROUPS {
            let may_be_dense = flags >> group & 1 == 0;
            if may_be_dense || has_pieces {
                search.group(start + group * GROUP, may_be_dense, has_pieces);
            } else {
                search.in_other = false;
            }
        }
    }
    let mut start = text.len() - rest.len();
    while start + GROUP <= text.len() {
        search.group(start, true, true);
        start += GROUP;
    }
    // No run begins in what is less than a group.
    search.pieces(start..text.len());
    search.runs
}

/// What [`glance`] gives where none of the groups may be in a run, and no piece may begin.
const NOTHING: u8 = (1 << GROUPS) - 1;

/// A bit for each group, whether it has a byte that base64 has not (a blank, a quote, a bracket), and one for all, whether one of them
/// may begin a piece. Compiles to about one instruction a byte.
fn glance(block: &[u8; BLOCK]) -> u8 {
    // Of ASCII what is from `+` on.
    let sparse = |byte: u8| u8::from(byte.wrapping_sub(b'+') > 0x7f - b'+');
    let special = |byte: u8| u8::from((byte == b'\\') | (byte.wrapping_sub(b'%') < 2) | (byte == b'+'));
    let mut flags = [0; GROUP];
    for (at, flag) in flags.iter_mut().enumerate() {
        for group in 0..GROUPS {
            let byte = block[group * GROUP + at];
            *flag |= sparse(byte) << group | special(byte) << GROUPS;
        }
    }
    flags.iter().fold(0, |all, flag| all | flag)
}

/// The search for runs in one text.
struct Search<'t> {
    text: &'t [u8],
    most: usize,
    /// Where the last run ended: none begins before.
    from: usize,
    /// Where the last one ended that says nothing.
    other: usize,
    /// Whether the group before is of one that says nothing.
    in_other: bool,
    runs: Vec<Run>,
}

impl Search<'_> {
    /// Looks at the group that begins at `start`: for a run, and for pieces.
    fn group(&mut self, start: usize, may_be_dense: bool, has_pieces: bool) {
        let Some(group) = self.text[start..].first_chunk::<GROUP>() else { return };
        if may_be_dense && group.iter().fold(true, |all, &byte| all & is_base64(byte)) {
            if !self.in_other && start >= self.from.max(self.other) {
                match run_at(self.text, start, self.from, self.most) {
                    Ok(run) => {
                        self.from = run.place.end;
                        self.runs.push(run);
                    }
                    Err(end) => (self.other, self.in_other) = (end, true),
                }
            }
            return;
        }
        self.in_other = false;
        if has_pieces {
            self.pieces(start..start + GROUP);
        }
    }

    /// Looks for the pieces of lines that begin or are joined in a range.
    fn pieces(&mut self, range: Range<usize>) {
        for place in range {
            if place < self.from.max(self.other) || !may_be_piece(self.text, place) {
                continue;
            }
            let found = match self.text[place] {
                b'+' => joined(self.text, place, self.from).ok_or(place),
                b'\\' if matches!(self.text.get(place + 1), Some(b'\n' | b'\r')) => {
                    joined(self.text, place, self.from).ok_or(place)
                }
                _ => escaped(self.text, place, self.from),
            };
            match found {
                Ok((place, content, decoder)) => {
                    self.from = place.end;
                    self.runs.push(Run { place, content, decoder, is_document: false });
                }
                Err(end) => self.other = end,
            }
        }
    }
}

/// The same, as deep as `depth`, and `left` bytes at most.
fn unfold_within(content: &mut Vec<u8>, depth: usize, left: &mut usize) {
    *left = left.saturating_sub(content.len());
    if depth == 0 || *left == 0 {
        return;
    }
    for mut run in of_text(content, DECODED_MOST) {
        unfold_within(&mut run.content, depth - 1, left);
        // A blank line, for what stands behind is no part of the last line.
        content.extend_from_slice(b"\n\n");
        content.extend(run.content);
    }
}

/// Whether any byte of the block at `start` may begin a piece, as the bytes beside it let it. Compiles to a few instructions a byte.
fn has_pieces(text: &[u8], start: usize) -> bool {
    let window = start.checked_sub(2).and_then(|begin| text[begin..].first_chunk::<{ BLOCK + 4 }>());
    // At the ends of a text it is asked of each byte.
    let Some(window) = window else { return true };
    (0..BLOCK).fold(0, |any, at| {
        any | u8::from(may_begin(window[at + 2], [window[at], window[at + 1]], [window[at + 3], window[at + 4]]))
    }) != 0
}

/// Whether a mark with two bytes before and behind it may be of a piece: most are operators, formats and references.
const fn may_begin(mark: u8, before: [u8; 2], behind: [u8; 2]) -> bool {
    const fn is_hexadecimal(byte: u8) -> bool {
        (byte.wrapping_sub(b'0') < 10) | ((byte | 0x20).wrapping_sub(b'a') < 6)
    }
    const fn is_quote(byte: u8) -> bool {
        (byte == b'"') | (byte == b'\'') | (byte == b'`')
    }
    const fn is_blank(byte: u8) -> bool {
        (byte == b' ') | (byte == b'\t') | (byte == b'\n') | (byte == b'\r')
    }
    let next = behind[0];
    let escapes =
        (next == b'x') | ((next | 0x20) == b'u') | (next.wrapping_sub(b'0') < 4) | (next == b'\n') | (next == b'\r');
    let joins = (is_quote(before[1]) | (is_blank(before[1]) & (is_quote(before[0]) | is_blank(before[0]))))
        & (is_quote(next) | is_blank(next));
    ((mark == b'\\') & escapes)
        | ((mark == b'%') & is_hexadecimal(next) & is_hexadecimal(behind[1]))
        | ((mark == b'&') & (next == b'#'))
        | ((mark == b'+') & joins)
}

/// Whether the bytes right beside a mark let it be one of a piece.
fn may_be_piece(text: &[u8], place: usize) -> bool {
    let at = |place: Option<usize>| place.and_then(|place| text.get(place)).copied().unwrap_or(b' ');
    let before = [at(place.checked_sub(2)), at(place.checked_sub(1))];
    may_begin(text[place], before, [at(Some(place + 1)), at(Some(place + 2))])
}

/// Whether a byte is one of base64 in either alphabet.
const fn is_base64(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'+') | (byte == b'/') | (byte == b'-') | (byte == b'_')
}

/// The run that the group at `start` lies in, which begins at `from` or later; where it says nothing, the end of what was looked at.
fn run_at(text: &[u8], start: usize, from: usize, most: usize) -> Result<Run, usize> {
    let before = text[from..start].iter().rev().take_while(|&&byte| is_base64(byte)).count();
    let mut begin = start - before;
    // `\n` in a string of JSON.
    if begin > 0 && text[begin - 1] == b'\\' && matches!(text[begin], b'n' | b'r' | b't') {
        begin += 1;
    }
    // Most runs are names, paths and digests: their first characters show it.
    let first = text.get(begin..begin + GROUP).ok_or(start)?;
    let digits = first.iter().all(u8::is_ascii_hexdigit).then(|| hexadecimal(first)).flatten();
    let is_hexadecimal = digits.is_some_and(|first| matches!(kind_of(&first), Some(Kind::Text)));
    let kind = first_bytes(first).and_then(|first| kind_of(&first));
    if !is_hexadecimal && kind.is_none() {
        return Err(start);
    }
    let run = begin..begin + text[begin..].iter().take_while(|&&byte| is_base64(byte)).count();
    let before = &text[..begin];
    // The parts of a JSON Web Token, which a rule reads whole; what names its encoding is read as that.
    if run.len() < SHORTEST
        || before.ends_with(b".")
        || before.ends_with(b";base64,")
        || text.get(run.end) == Some(&b'.') && first.starts_with(b"eyJ")
    {
        return Err(run.end);
    }
    let document = |(place, content, decoder)| Run { place, content, decoder, is_document: true };
    if is_hexadecimal && run.len() % 2 == 0 {
        let content = hexadecimal(&text[begin..begin + run.len().min(most & !1)]).filter(|content| is_text(content));
        return content.map(|content| document((run.clone(), content, "hexadecimal"))).ok_or(run.end);
    }
    let kind = kind.ok_or(run.end)?;
    let alone = run.start..padded(text, run.end);
    let folded = folded(text, run);
    let end = folded.end;
    // A short line behind one that is not folded is another word.
    let last = (alone != folded).then(|| alone.clone());
    let found = [Some(folded), last].into_iter().flatten().find_map(|place| {
        let (content, decoder) = content(&text[place.clone()], &kind, most)?;
        Some((place, content, decoder))
    });
    found.map(document).ok_or(end)
}

/// What the first characters of base64 say.
fn first_bytes(first: &[u8]) -> Option<[u8; GROUP / 4 * 3]> {
    let mut bytes = [0; GROUP / 4 * 3];
    let is_url = first.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let engine = if is_url { &super::URL } else { &super::STANDARD };
    let length = engine.decode_slice(first, &mut bytes).ok()?;
    (length == bytes.len()).then_some(bytes)
}

/// What base64 says, of that its first `most` bytes, if that is text.
fn content(encoded: &[u8], kind: &Kind, most: usize) -> Option<(Vec<u8>, &'static str)> {
    let mut plain = plain(&encoded[..encoded.len().min(most)]);
    if encoded.len() > most {
        plain.truncate(plain.len() / 4 * 4);
    }
    let content = super::base64(&plain)?;
    let (mut content, decoder) = match kind {
        Kind::Text => (content, "base64"),
        Kind::Gzip => (inflated(&content), "gzip in base64"),
        Kind::Wide => (narrow(&content)?, "UTF-16 in base64"),
    };
    // Where a run was cut its last character may be.
    let valid = std::str::from_utf8(&content).err().map_or(content.len(), |error| error.valid_up_to());
    if encoded.len() > most && valid + 4 > content.len() {
        content.truncate(valid);
    }
    is_text(&content).then_some((content, decoder))
}

/// What the first bytes of a decoded run look like.
enum Kind {
    Text,
    Gzip,
    /// Text in UTF-16, as PowerShell takes commands.
    Wide,
}

fn kind_of(beginning: &[u8]) -> Option<Kind> {
    let is_character = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    let is_wide = || beginning.chunks_exact(2).all(|pair| is_character(&pair[0]) && pair[1] == 0);
    match beginning {
        [0x1f, 0x8b, 8, ..] => Some(Kind::Gzip),
        beginning if beginning.iter().all(is_character) => Some(Kind::Text),
        // The mark of UTF-8.
        [0xef, 0xbb, 0xbf, rest @ ..] if rest.iter().all(is_character) => Some(Kind::Text),
        beginning if beginning.len() >= 8 && is_wide() => Some(Kind::Wide),
        _ => None,
    }
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
    let indent = rest[length..].iter().take(LITERAL).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    Some(end + length + indent)
}

/// Folded base64 without its folds.
fn plain(encoded: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(encoded.len());
    let mut bytes = encoded.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => _ = bytes.next(),
            byte if byte.is_ascii_whitespace() => {}
            byte => plain.push(byte),
        }
    }
    plain
}

fn hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    digits.chunks_exact(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect()
}

/// What gzip data holds; what was read before a fault counts.
fn inflated(content: &[u8]) -> Vec<u8> {
    let most = DECODED_MOST.min(content.len().saturating_mul(RATIO_MOST));
    let mut inflated = Vec::new();
    let _ = flate2::read::MultiGzDecoder::new(content).take(most as u64).read_to_end(&mut inflated);
    inflated
}

/// UTF-16 in little-endian order as UTF-8.
fn narrow(content: &[u8]) -> Option<Vec<u8>> {
    let units: Vec<u16> = content.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok().map(String::into_bytes)
}

/// Characters of which at least the first four are escapes (`\x67\x68\x70\x5f`, `\u0067…`, `%67…`, `&#103;…`), or a word with an
/// escape for a letter, digit, `_` or `-` in it, which needs none. Where it is no text, the end of what was looked at.
fn escaped(text: &[u8], place: usize, from: usize) -> Result<Piece, usize> {
    const FIRST: usize = 4;
    let (first, _) = escape(&text[place..text.len().min(place + ESCAPE)]).ok_or(place)?;
    let is_needless = first.is_ascii_alphanumeric() || matches!(first, '_' | '-');
    let before = match is_needless {
        true => text[from..place].iter().rev().take(LITERAL).take_while(|&&byte| is_piece(byte)).count(),
        false => 0,
    };
    let start = place - before;
    let mut content = String::from_utf8_lossy(&text[start..place]).into_owned();
    let (mut end, mut count) = (place, 0);
    while end - start < RUN_MOST {
        match escape(&text[end..text.len().min(end + ESCAPE)]) {
            // Bytes of a program or an image.
            Some((character, length)) if character.is_control() && !character.is_whitespace() => {
                return Err(end + length);
            }
            Some((character, length)) => {
                content.push(character);
                end += length;
            }
            None if count < FIRST && before == 0 => return Err(end),
            None => match text.get(end) {
                Some(&byte) if is_piece(byte) => {
                    content.push(char::from(byte));
                    end += 1;
                }
                _ => break,
            },
        }
        count += 1;
    }
    if content.len() >= PIECE { Ok((start..end, content.into_bytes(), "escapes")) } else { Err(end) }
}

/// The lines of a text in quoted-printable (RFC 2045) that are not what they say: with `=3D` in them, or taken to the next line.
fn quoted_printable(text: &[u8]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let mut content = Vec::new();
        let (mut place, mut is_encoded) = (start, false);
        // A line, with those that it is taken to.
        while place < text.len() && text[place] != b'\n' && place - start < RUN_MOST {
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
            runs.push(Run { place: start..place, content, decoder: "quoted-printable", is_document: true });
        }
        start = memchr::memchr(b'\n', &text[place..]).map_or(text.len(), |line| place + line + 1);
    }
    runs
}

/// The character that an escape stands for, and the escape's length.
fn escape(text: &[u8]) -> Option<(char, usize)> {
    let number = |digits: &[u8], radix| {
        let digits =
            std::str::from_utf8(digits).ok().filter(|digits| !digits.is_empty() && !digits.starts_with('+'))?;
        char::from_u32(u32::from_str_radix(digits, radix).ok()?)
    };
    let fixed = |mark: usize, digits: usize| Some((number(text.get(mark..mark + digits)?, 16)?, mark + digits));
    match text {
        [b'\\', b'x', ..] => fixed(2, 2),
        [b'%', ..] => fixed(1, 2),
        [b'\\', b'u', b'{', rest @ ..] => {
            let digits = memchr::memchr(b'}', rest)?;
            Some((number(&rest[..digits], 16)?, 3 + digits + 1))
        }
        [b'\\', b'u', ..] => fixed(2, 4),
        [b'\\', b'U', ..] => fixed(2, 8),
        [b'\\', b'0'..=b'3', ..] => Some((number(text.get(1..4)?, 8)?, 4)),
        [b'&', b'#', rest @ ..] => {
            let digits = memchr::memchr(b';', rest)?;
            let (character, mark) = match rest.first()? {
                b'x' | b'X' => (number(&rest[1..digits], 16)?, 2),
                _ => (number(&rest[..digits], 10)?, 2),
            };
            Some((character, mark + digits + 1))
        }
        _ => None,
    }
}

/// Bytes that tokens are made of.
const fn is_piece(byte: u8) -> bool {
    is_base64(byte) || matches!(byte, b'.' | b'=' | b':' | b'~')
}

/// Literals that are joined at an operator or the end of a line: `"ghp_…" + "…"`, and one that a backslash takes to the next line.
fn joined(text: &[u8], place: usize, from: usize) -> Option<Piece> {
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let before = place - text[from..place].iter().rev().take_while(blank).count();
    let quote = *text[from..before].last()?;
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return continued(text, place, from);
    }
    // Most strings that are joined have a blank there, or a text around it.
    if !text[from..before - 1].last().is_some_and(|&byte| is_piece(byte)) {
        return None;
    }
    let least = (before - 1).saturating_sub(LITERAL).max(from);
    let start = least + memchr::memrchr(quote, &text[least..before - 1])? + 1;
    // Words of a shell are not joined there.
    let is_given = || matches!(text[from..start - 1].trim_ascii_end().last(), Some(b'=' | b'(' | b':'));
    if text[place] == b'\\' && !is_given() {
        return None;
    }
    let mut content = Vec::new();
    let mut literal = start..before - 1;
    for _ in 0..LITERALS {
        if memchr::memchr(b'\n', &text[literal.clone()]).is_some() {
            return None;
        }
        content.extend_from_slice(&text[literal.clone()]);
        let Some(next) = next_literal(text, literal.end + 1, quote) else { break };
        literal = next;
    }
    let is_joined = content.len() > before - 1 - start;
    (is_joined && content.len() >= PIECE).then_some((start..literal.end, content, "joined literals"))
}

/// The literal that is joined to the one before `place`, if its first character can be one of a token.
fn next_literal(text: &[u8], place: usize, quote: u8) -> Option<Range<usize>> {
    let behind_blanks =
        |at: usize| at + text[at..].iter().take(LITERAL).take_while(|byte| byte.is_ascii_whitespace()).count();
    let operator = behind_blanks(place);
    let has_operator = matches!(text.get(operator), Some(b'+' | b'.' | b'&' | b'\\'));
    let open = behind_blanks(operator + usize::from(has_operator));
    if text.get(open) != Some(&quote) || !text.get(open + 1).is_some_and(|&byte| is_piece(byte)) {
        return None;
    }
    let length = memchr::memchr2(quote, b'\n', &text[open + 1..text.len().min(open + 1 + LITERAL)])?;
    (text[open + 1 + length] == quote).then_some(open + 1..open + 1 + length)
}

/// A word that a backslash at the end of a line takes to the next one.
fn continued(text: &[u8], place: usize, from: usize) -> Option<Piece> {
    if text[place] != b'\\' {
        return None;
    }
    let before = text[from..place].iter().rev().take(LITERAL).take_while(|&&byte| is_piece(byte)).count();
    let start = place - before;
    let mut content = text[start..place].to_vec();
    let mut end = place;
    for _ in 0..LITERALS {
        let begin = match text[end..] {
            [b'\\', b'\n', ..] => end + 2,
            [b'\\', b'\r', b'\n', ..] => end + 3,
            _ => break,
        };
        let length = text[begin..].iter().take(LITERAL).take_while(|&&byte| is_piece(byte)).count();
        if length == 0 {
            break;
        }
        content.extend_from_slice(&text[begin..begin + length]);
        end = begin + length;
    }
    (before > 0 && content.len() >= PIECE.max(before + 1)).then_some((start..end, content, "joined lines"))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    /// A text of one line with what a test encodes in the middle, and what is read in it.
    fn read(before: &str, encoded: &str, after: &str) -> Vec<(String, &'static str)> {
        let text = format!("first line\n{before}{encoded}{after}\nlast line of this text\n");
        let runs = of(text.as_bytes(), true);
        for run in &runs {
            let start = "first line\n".len() + before.len();
            assert_eq!(run.place, start..start + encoded.len(), "{text}");
        }
        runs.into_iter().map(|run| (String::from_utf8(run.content).expect("is text"), run.decoder)).collect()
    }

    fn each(text: &str, write: fn(u8) -> String) -> String {
        text.bytes().map(write).collect()
    }

    const WORDS: &str = "API_TOKEN=a word that is none, and another line of it\n";

    #[test]
    fn base64_at_any_place_of_a_line() {
        for encoded in [STANDARD.encode(WORDS), URL_SAFE_NO_PAD.encode(WORDS)] {
            for width in 0..40 {
                let before = format!("{}=", "x".repeat(width));
                assert_eq!(read(&before, &encoded, ""), [(WORDS.to_owned(), "base64")], "{width}");
                assert_eq!(read(&before, &encoded, "\", next"), [(WORDS.to_owned(), "base64")], "{width}");
            }
        }
    }

    #[test]
    fn folded_base64_is_one_run() {
        let long = WORDS.repeat(9);
        let encoded = STANDARD.encode(&long);
        for (fold, width) in [("\n", 64), ("\r\n", 76), ("\n    ", 60), ("\\n", 64)] {
            let lines: Vec<&str> =
                (0..encoded.len()).step_by(width).map(|at| &encoded[at..encoded.len().min(at + width)]).collect();
            assert_eq!(read("x: ", &lines.join(fold), ""), [(long.clone(), "base64")], "{fold:?}");
        }
    }

    #[test]
    fn encodings_in_each_other() {
        let twice = STANDARD.encode(STANDARD.encode(WORDS));
        let runs = of(twice.as_bytes(), false);
        assert!(String::from_utf8_lossy(&runs[0].content).ends_with(&format!("\n\n{WORDS}")), "{runs:?}");
        let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut zipped, WORDS.as_bytes()).expect("is written");
        let zipped = STANDARD.encode(zipped.finish().expect("is written"));
        assert_eq!(read("data ", &zipped, ";"), [(WORDS.to_owned(), "gzip in base64")]);
        let wide: Vec<u8> = WORDS.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read("-enc ", &STANDARD.encode(wide), ""), [(WORDS.to_owned(), "UTF-16 in base64")]);
    }

    #[test]
    fn escapes_of_every_kind() {
        let word = "abc_0123456789xyz";
        let kinds: [fn(u8) -> String; 8] = [
            |byte| format!("\\x{byte:02x}"),
            |byte| format!("\\u{byte:04X}"),
            |byte| format!("\\u{{{byte:x}}}"),
            |byte| format!("\\{byte:03o}"),
            |byte| format!("%{byte:02X}"),
            |byte| format!("&#{byte};"),
            |byte| format!("&#x{byte:x};"),
            |byte| format!("{byte:02x}"),
        ];
        for kind in &kinds[..7] {
            let encoded = each(word, *kind);
            assert_eq!(read("x = \"", &encoded, "\";"), [(word.to_owned(), "escapes")], "{encoded}");
            let partly = word.replace('_', &kind(b'_'));
            assert_eq!(read("x = \"", &partly, "\";"), [(word.to_owned(), "escapes")], "{partly}");
        }
        let digits = each("a text of twenty and more letters", kinds[7]);
        assert_eq!(read("x ", &digits, ""), [("a text of twenty and more letters".to_owned(), "hexadecimal")]);
    }

    #[test]
    fn literals_and_lines_that_are_joined() {
        let joined = |encoded: &str| {
            let text = format!("x = {encoded};\n");
            let runs = of(text.as_bytes(), false);
            runs.first()
                .map(|run| (String::from_utf8_lossy(&run.content).into_owned(), text[run.place.clone()].to_owned()))
        };
        for (text, place) in [
            ("\"abc_01234567\" + \"89xyz\"", "abc_01234567\" + \"89xyz"),
            ("'abc_0123' +\n    '4567' + '89xyz'", "abc_0123' +\n    '4567' + '89xyz"),
            ("\"abc_01234567\" \\\n  \"89xyz\"", "abc_01234567\" \\\n  \"89xyz"),
            ("abc_01234567\\\n89xyz", "abc_01234567\\\n89xyz"),
        ] {
            assert_eq!(joined(text), Some(("abc_0123456789xyz".to_owned(), place.to_owned())), "{text}");
        }
        for text in ["\"some text of words \" + \"and more of it\"", "\"abc_01234567\" + name", "a + b", "1 +\n 2"] {
            assert_eq!(joined(text), None, "{text}");
        }
    }

    #[test]
    fn lines_of_quoted_printable() {
        let text = "Content-Transfer-Encoding: quoted-printable\n\nTOKEN=3Dabc_012=\n3456789xyz\nplain line\n";
        let runs = of(text.as_bytes(), true);
        assert_eq!(runs.len(), 1);
        assert_eq!(runs[0].content, b"TOKEN=abc_0123456789xyz");
        assert_eq!(&text[runs[0].place.clone()], "TOKEN=3Dabc_012=\n3456789xyz");
        assert_eq!(of(text.as_bytes(), false), []);
    }

    #[test]
    fn what_decodes_to_no_text_is_none() {
        let bytes: Vec<u8> = (0..600u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let token = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"),
            URL_SAFE_NO_PAD.encode(WORDS)
        );
        for text in [
            STANDARD.encode(&bytes),
            each(&WORDS.repeat(3), |byte| char::from(byte).to_string()),
            "a".repeat(4_000),
            "/usr/local/share/some/long/path/of/folders/that/goes/on/and/on".to_owned(),
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect(),
            token,
        ] {
            assert_eq!(of(text.as_bytes(), true), [], "{text}");
        }
    }

    /// A part of a stream that begins before a run and goes on for as long as is decoded of one shows the same.
    #[test]
    fn a_long_run_is_told_by_its_beginning() {
        let encoded = STANDARD.encode(WORDS.repeat(4_000));
        assert!(encoded.len() > 3 * RUN_MOST);
        let text = format!("x = \"{encoded}\"");
        let cut = &text.as_bytes()[..4 + 5 + RUN_MOST];
        let whole = of(text.as_bytes(), false);
        assert_eq!((whole.len(), whole[0].place.clone()), (1, 5..5 + encoded.len()));
        assert_eq!(whole[0].content, of(cut, false)[0].content);
    }

    proptest::proptest! {
        /// Whatever is put together of what runs are made of: places lie in the text and in order, and no more is read than is there.
        #[test]
        fn places_are_in_order(pieces in proptest::collection::vec(piece_of_text(), 0..40), is_quoted: bool) {
            let text = pieces.concat();
            let mut end = 0;
            for run in of(&text, false) {
                proptest::prop_assert!(run.place.start >= end && run.place.end <= text.len() && !run.place.is_empty());
                proptest::prop_assert!(!run.is_document || std::str::from_utf8(&run.content).is_ok());
                end = run.place.end;
            }
            of(&text, is_quoted);
        }
    }

    fn piece_of_text() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
        use proptest::prelude::*;
        let words = [
            "\\x67", "\\u00", "%67", "&#10", ";", "\" + \"", "'+'", "\\\n", "=\n", "=3D", "\n", "\r\n", " ",
            "H4sIAAAA", "eyJh.", "67686f",
        ];
        prop_oneof![
            proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
            proptest::collection::vec(any::<u8>(), 0..24),
            "[0-9A-Za-z+/]{0,80}".prop_map(String::into_bytes),
            "[ -~]{10,80}".prop_map(|text| STANDARD.encode(text).into_bytes()),
        ]
    }
}
