//! Pieces of a line: characters that are written as escapes, and literals and lines that are joined.

use std::ops::Range;

use super::{PIECE_MOST, is_base64};

/// A piece of a line.
pub(super) struct Piece {
    /// Where it stands.
    pub place: Range<usize>,
    /// What it says.
    pub content: Vec<u8>,
    /// Where each byte of that stands, and where the last one ends; none where only all of it has a place.
    pub origins: Vec<u32>,
    /// How it was encoded.
    pub decoder: &'static str,
}

impl Piece {
    fn whole(place: Range<usize>, content: Vec<u8>, decoder: &'static str) -> Self {
        Piece { place, content, origins: Vec::new(), decoder }
    }
}

/// Fewest bytes of a decoded piece of a line that can be a token.
const PIECE: usize = 16;
/// Longest literal that is joined to others, in bytes, and most of them.
const LITERAL: usize = 256;
const LITERALS: usize = 32;
/// Bytes before an address in which its name may stand.
const NAME: usize = 48;
/// Longest escape, in bytes: `\U0001f600`, `&#x1f600;`.
const ESCAPE: usize = 12;

/// Characters of which at least the first four are escapes (`\x67\x68\x70\x5f`, `\u0067…`, `%67…`, `&#103;…`), or a word with an
/// escape in it: for a letter, digit, `_` or `-`, which needs none, or for what addresses and base64 have beside these
/// (`https:\/\/…`, `…%2F…%3D`). Where it is no text, the end of what was looked at.
pub(super) fn escaped(text: &[u8], place: usize, from: usize) -> Result<Piece, usize> {
    const FIRST: usize = 4;
    // `'\x6768…'`, as PostgreSQL writes bytes: hexadecimal digits behind one mark.
    let is_hexadecimal = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    if text[place..].starts_with(b"\\x") && text.get(place + 2..place + 2 + PIECE).is_some_and(is_hexadecimal) {
        return Err(place + 2);
    }
    let (first, _) = escape(&text[place..text.len().min(place + ESCAPE)]).ok_or(place)?;
    if matches!(first, '/' | '+' | '=' | ':' | '@' | '&' | '?') {
        return address(text, place, from);
    }
    let is_needless = first.is_ascii_alphanumeric() || matches!(first, '_' | '-');
    let before = match is_needless {
        true => text[from..place].iter().rev().take(LITERAL).take_while(|&&byte| is_piece(byte)).count(),
        false => 0,
    };
    let start = place - before;
    let mut content = String::from_utf8_lossy(&text[start..place]).into_owned();
    let (mut end, mut count) = (place, 0);
    while end - start < PIECE_MOST {
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
    if content.len() >= PIECE { Ok(Piece::whole(start..end, content.into_bytes(), "escapes")) } else { Err(end) }
}

/// An address or a run of base64 with some of its characters escaped, and what stands before it on its line, which may name it.
fn address(text: &[u8], place: usize, from: usize) -> Result<Piece, usize> {
    let is_part = |byte: u8| is_piece(byte) || matches!(byte, b'@' | b'?' | b'&' | b'#' | b'%' | b'!' | b'$' | b'*');
    let start = place - text[from..place].iter().rev().take(LITERAL).take_while(|&&byte| is_part(byte)).count();
    let mut content = Vec::new();
    let mut origins = Vec::new();
    let mut push = |bytes: &[u8], at: usize| {
        content.extend_from_slice(bytes);
        origins.extend(bytes.iter().map(|_| at as u32));
    };
    let lead = text[from..start].iter().rev().take(NAME).take_while(|&&byte| byte != b'\n').count();
    (start - lead..start).for_each(|at| push(&text[at..=at], at));
    let mut end = start;
    while end - start < PIECE_MOST {
        match escape(&text[end..text.len().min(end + ESCAPE)]) {
            Some((character, _)) if character.is_control() || character.is_whitespace() => break,
            Some((character, length)) => {
                push(character.encode_utf8(&mut [0; 4]).as_bytes(), end);
                end += length;
            }
            None => match text.get(end) {
                Some(&byte) if is_part(byte) => {
                    push(&[byte], end);
                    end += 1;
                }
                _ => break,
            },
        }
    }
    if content.len() - lead < PIECE {
        return Err(end.max(place + 1));
    }
    origins.push(end as u32);
    Ok(Piece { place: start..end, content, origins, decoder: "escapes" })
}

/// The character that an escape stands for, and the escape's length.
fn escape(text: &[u8]) -> Option<(char, usize)> {
    let number = |digits: &[u8], radix: u32| {
        let add = |number: u32, digit: &u8| number.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?);
        char::from_u32(digits.iter().try_fold(0, add).filter(|_| !digits.is_empty())?)
    };
    let fixed = |mark: usize, digits: usize| Some((number(text.get(mark..mark + digits)?, 16)?, mark + digits));
    match text {
        [b'\\', b'/', ..] => Some(('/', 2)),
        [b'&', b'a', b'm', b'p', b';', ..] => Some(('&', 5)),
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
pub(super) fn joined(text: &[u8], place: usize, from: usize) -> Option<Piece> {
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let before = place - text[from..place].iter().rev().take_while(blank).count();
    let before = before_comment(&text[..before], from).unwrap_or(before);
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
    literals(text, start..before - 1, quote)
}

/// Literals with nothing between them, of which the first ends at the quote at `place`: as C, Python and others join them where a value or an
/// argument is due.
pub(super) fn beside(text: &[u8], place: usize, from: usize) -> Option<Piece> {
    let quote = text[place];
    let least = place.saturating_sub(LITERAL).max(from);
    let start = least + memchr::memrchr2(quote, b'\n', text.get(least..place)?)? + 1;
    let before = text[from..start - 1].trim_ascii_end();
    // A comma has the next element of a list behind it.
    let is_given = text[start - 1] == quote && matches!(before.last(), Some(b'=' | b'(' | b':' | b',' | b'['));
    if is_given { literals(text, start..place, quote) } else { None }
}

/// A literal with those that are joined to it.
fn literals(text: &[u8], first: Range<usize>, quote: u8) -> Option<Piece> {
    let Range { start, end } = first;
    let mut content = Vec::new();
    let mut literal = first;
    for _ in 0..LITERALS {
        if memchr::memchr(b'\n', &text[literal.clone()]).is_some() {
            return None;
        }
        content.extend_from_slice(&text[literal.clone()]);
        let Some(next) = next_literal(text, literal.end + 1, quote) else { break };
        literal = next;
    }
    let is_joined = content.len() > end - start;
    (is_joined && content.len() >= PIECE).then(|| Piece::whole(start..literal.end, content, "joined literals"))
}

/// The literal that is joined to the one before `place`, if its first character can be one of a token, or is the mark between a
/// password and its host: `"mysql://app:" + "…" + "@host/db"`.
fn next_literal(text: &[u8], place: usize, quote: u8) -> Option<Range<usize>> {
    let behind_blanks =
        |at: usize| at + text[at..].iter().take(LITERAL).take_while(|byte| byte.is_ascii_whitespace()).count();
    let operator = behind_blanks(place);
    let operator = match comment(text, operator) {
        Some(end) if text[operator..].starts_with(b"/*") => behind_blanks(end),
        _ => operator,
    };
    let length = match text[operator..] {
        [b'+', b'+', ..] | [b'|', b'|', ..] => 2,
        [b'+' | b'.' | b'&' | b'\\', ..] => 1,
        _ => 0,
    };
    let has_operator = length > 0;
    let mut open = behind_blanks(operator + length);
    // `"…" + // the first half`
    if has_operator && let Some(end) = comment(text, open) {
        open = behind_blanks(end);
    }
    // Visual Basic goes on in the next line with ` _`.
    if matches!(text[open..], [b'_', b'\n' | b'\r', ..]) {
        open = behind_blanks(open + 1);
    }
    let begins = |&byte: &u8| is_piece(byte) || byte == b'@';
    if text.get(open) != Some(&quote) || !text.get(open + 1).is_some_and(begins) {
        return None;
    }
    let length = memchr::memchr2(quote, b'\n', &text[open + 1..text.len().min(open + 1 + LITERAL)])?;
    (text[open + 1 + length] == quote).then_some(open + 1..open + 1 + length)
}

/// The end of a comment that begins at `start`.
fn comment(text: &[u8], start: usize) -> Option<usize> {
    let rest = &text[start..text.len().min(start + LITERAL)];
    let length = match rest {
        [b'/', b'*', ..] => memchr::memmem::find(rest, b"*/")? + 2,
        [b'/', b'/', ..] | [b'#', ..] => memchr::memchr(b'\n', rest)?,
        _ => return None,
    };
    Some(start + length)
}

/// What stands before a comment that ends a text, `/* … */`, without blanks.
fn before_comment(text: &[u8], from: usize) -> Option<usize> {
    let inner = text.strip_suffix(b"*/")?;
    let least = inner.len().saturating_sub(LITERAL).max(from);
    let start = least + memchr::memmem::rfind(inner.get(least..)?, b"/*")?;
    Some(from + text[from..start].trim_ascii_end().len())
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
    (before > 0 && content.len() >= PIECE.max(before + 1)).then(|| Piece::whole(start..end, content, "joined lines"))
}
