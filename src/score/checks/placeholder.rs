//! Placeholders: what only stands where a secret will be, defaults that everybody knows, and what nobody typed with a purpose.

use std::ops::Range;

use crate::score::words::{FILL_IN, PLACEHOLDER_PIECES, PLACEHOLDER_VALUES, STATES, TEST};
use crate::score::{entropy, name};

/// Whether a value only stands where a secret will be.
pub fn placeholder(value: &[u8]) -> Option<&'static str> {
    let lower = value.to_ascii_lowercase();
    // A message may end in the escape of a line end.
    let trimmed = trim(lower.strip_suffix(b"\\n").unwrap_or(&lower));
    let is_known = || {
        let joined: Vec<u8> = trimmed.iter().copied().filter(|byte| !matches!(byte, b' ' | b'-')).collect();
        joined.len() < trimmed.len() && is_placeholder(&joined)
    };
    if is_placeholder(trimmed) || is_known() || std::str::from_utf8(trimmed).is_ok_and(|value| STATES.contains(value)) {
        return Some("a placeholder or a default that everybody knows");
    }
    if PLACEHOLDER_PIECES.find_iter(&lower).any(|piece| !is_by_chance(value, piece.range())) {
        return Some("has a word that placeholders have");
    }
    // Nobody who only shows how it is written sets several marks behind: `admin2023!!`.
    if is_counted(trimmed) && !(lower.ends_with(b"!!") && lower.iter().any(u8::is_ascii_digit)) {
        return Some("a default word with a number");
    }
    if is_of_tests(value) {
        return Some("a word of tests and the word for a secret");
    }
    if is_to_fill_in(value) {
        return Some("the word for a secret, and that a reader's own belongs there");
    }
    if is_name_of_variable(value) {
        return Some("the name of a variable");
    }
    if is_injection(&lower) {
        return Some("a probe for SQL injection");
    }
    let has = |piece: &str| memchr::memmem::find(value, piece.as_bytes()).is_some();
    if has("•") || has("●") {
        return Some("masked");
    }
    if value.ends_with(b"...")
        || has("…")
        || value.starts_with(b"...")
        || memchr::memmem::find(value, b"...").is_some() && value.len() < 40
    {
        return Some("cut short");
    }
    monotonous(value)
}

/// Whether so short a word stands in a value by chance: within a long one that a machine made, with no joint on either side.
fn is_by_chance(value: &[u8], piece: Range<usize>) -> bool {
    const LONG: usize = 32;
    const SHORT: usize = 5;
    if value.len() < LONG || piece.len() > SHORT || piece.start == 0 || piece.end == value.len() {
        return false;
    }
    let word = &value[piece.clone()];
    // A mask is of one case.
    let is_mask = word.iter().all(|byte| *byte == word[0]);
    let is_inner = |at: usize| value[at].is_ascii_alphanumeric() || matches!(value[at], b'+' | b'/');
    if is_mask || !word.iter().all(u8::is_ascii_alphabetic) || !is_inner(piece.start - 1) || !is_inner(piece.end) {
        return false;
    }
    let rest = [&value[..piece.start], &value[piece.end..]];
    let has = |class: fn(&u8) -> bool| rest.iter().any(|part| part.iter().any(class));
    let is_of_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    value.iter().all(is_of_token)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
        && rest.iter().all(|part| entropy::wordiness(part) < 0.3)
}

fn is_placeholder(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|value| PLACEHOLDER_VALUES.contains(value))
}

/// Walks over a keyboard. With more behind them they are passwords that people choose (`qwerty2019`), not ones that stand for others.
const WALKS: [&[u8]; 4] = [b"qwerty", b"qwertz", b"asdfgh", b"azerty"];

/// `password1`, `test123`, `admin2024`: a known word and a short run of digits and marks.
fn is_counted(value: &[u8]) -> bool {
    let letters = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let rest = &value[letters..];
    letters >= 3
        && rest.len() <= 4
        && rest.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_punctuation())
        && is_placeholder(&value[..letters])
        && !WALKS.contains(&&value[..letters])
}

/// `testpass123`, `test_user_password`, `demo-token-1`: in lower case, with at most a number behind.
fn is_of_tests(value: &[u8]) -> bool {
    const OF_TESTS: [&str; 9] = ["test", "testing", "demo", "dummy", "fake", "mock", "stub", "sample", "example"];
    const SECRETS: [&str; 8] = ["password", "passwd", "pass", "pwd", "secret", "token", "apikey", "key"];
    let Ok(value) = std::str::from_utf8(value) else { return false };
    let joints = ['-', '_', '.'];
    let text = value.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if value.len() - text.len() > 4 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return false;
    }
    let text = text.trim_end_matches(joints);
    let Some(before) = SECRETS.iter().find_map(|word| text.strip_suffix(word)) else { return false };
    let mut parts = before.trim_end_matches(joints).split(joints).peekable();
    let begins = parts.peek().is_some_and(|first| OF_TESTS.contains(first));
    begins && parts.all(|part| OF_TESTS.contains(&part) || TEST.contains(part))
}

/// `SuaSenhaAqui`, `deine_passphrase_hier`, `sifreyi-buraya-yaz`: letters alone, among them the word for a secret, also inflected, and
/// one for "your", "here" or "write".
fn is_to_fill_in(value: &[u8]) -> bool {
    const MOST: usize = 6;
    let is_letter =
        |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii() || matches!(byte, b'_' | b'-' | b' ' | b'.');
    if !(7..=64).contains(&value.len()) || !value.iter().all(is_letter) {
        return false;
    }
    let words = name::words(value);
    (2..=MOST).contains(&words.len())
        && words.iter().any(|word| FILL_IN.contains(word.as_str()))
        && words.iter().any(|word| name::speaks_of_secret(word))
}

/// `DB_PASSWORD`, `PERSONAL_ACCESS_TOKEN`: words in capitals, the last of which is one for a secret.
fn is_name_of_variable(value: &[u8]) -> bool {
    value.contains(&b'_')
        && value.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
        && name::words(value).last().is_some_and(|last| last == "key" || name::speaks_of_secret(last))
}

/// Whether words say what a secret is like instead of being one: `passphrase (8..63 characters)`.
pub fn describes(value: &[u8]) -> bool {
    value.contains(&b' ') && name::words(value).iter().any(|word| name::speaks_of_secret(word))
}

/// `' or '1'='1`, also as a query has it: `%27+or+1%3D1`. In lower case.
fn is_injection(value: &[u8]) -> bool {
    [&b"'"[..], b"%27", b"\\'"].into_iter().any(|quote| {
        let Some(behind) = memchr::memmem::find(value, quote).map(|at| at + quote.len()) else { return false };
        let rest = &value[behind..];
        let rest = [&b" "[..], b"+", b"%20", b")"].iter().find_map(|blank| rest.strip_prefix(*blank)).unwrap_or(rest);
        let word = [&b"or"[..], b"and", b"union", b"--", b"||"].iter().find_map(|word| rest.strip_prefix(*word));
        word.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
    })
}

fn trim(value: &[u8]) -> &[u8] {
    let mark = |byte: &u8| byte.is_ascii_punctuation() && *byte != b'@';
    let start = value.iter().take_while(|byte| mark(byte)).count();
    let end = value[start..].iter().rev().take_while(|byte| mark(byte)).count();
    &value[start..value.len() - end]
}

/// One or two characters repeated, or characters that count up or down.
pub fn monotonous(value: &[u8]) -> Option<&'static str> {
    let mut seen = [false; 256];
    value.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    let distinct = seen.iter().filter(|&&is| is).count();
    if value.len() >= 4 && distinct <= 2 || value.len() >= 16 && distinct <= 4 {
        return Some("the same few characters over and over");
    }
    if longest_sequence(value) >= 6 && longest_sequence(value) * 2 >= value.len() || longest_sequence(value) >= 10 {
        return Some("characters in sequence");
    }
    if is_counting(value) {
        return Some("bytes in sequence");
    }
    if is_interleaved(value) {
        return Some("two sequences, a byte of each in turn");
    }
    if is_periodic(value) {
        return Some("a short piece repeated");
    }
    // In a long value a run may be structure: zero bytes of a key file are a run of `A` in base64.
    let share = if value.len() < 64 { 8 } else { 5 };
    if longest_run(value) >= 6 && longest_run(value) * share >= value.len() {
        return Some("one character repeated");
    }
    None
}

fn longest_run(value: &[u8]) -> usize {
    value.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0)
}

/// The longest stretch in which each byte is one more, or each one less, than the byte before it.
fn longest_sequence(value: &[u8]) -> usize {
    let longest = |step: i16| {
        let mut longest = 1;
        let mut here = 1;
        for pair in value.windows(2) {
            let wraps = step == 1 && pair[0] == b'9' && pair[1] == b'0';
            here = if i16::from(pair[1]) - i16::from(pair[0]) == step || wraps { here + 1 } else { 1 };
            longest = longest.max(here);
        }
        longest
    };
    if value.is_empty() { 0 } else { longest(1).max(longest(-1)) }
}

/// `a1b2c3d4`, `A1B2C3D4E5F6G7H8`; longer ones may begin anew.
fn is_interleaved(value: &[u8]) -> bool {
    let is_sequence = |from: usize| {
        let half: Vec<u8> = value[from..].iter().step_by(2).copied().collect();
        let longest = longest_sequence(&half);
        longest == half.len() || longest >= 6 && longest * 2 >= half.len()
    };
    value.len() >= 6 && is_sequence(0) && is_sequence(1)
}

/// `000102030405…`, `00112233…` in hexadecimal: each byte is as much more than the one before it.
fn is_counting(value: &[u8]) -> bool {
    if value.len() < 16 || value.len() % 2 == 1 || !value.iter().all(u8::is_ascii_hexdigit) {
        return false;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    let bytes: Vec<u8> = value.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    let step = bytes[1].wrapping_sub(bytes[0]);
    bytes.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step)
}

/// Also words with a joint between them: `nope-nope-nope`.
fn is_periodic(value: &[u8]) -> bool {
    let joint = value.iter().position(|byte| matches!(byte, b'-' | b'_' | b'.' | b' '));
    let repeats = |joint: usize| {
        let mut pieces = value.split(|&byte| byte == value[joint]);
        pieces.clone().count() >= 3 && pieces.all(|piece| piece == &value[..joint])
    };
    let returns = |value: &[u8], period: usize| value[period..] == value[..value.len() - period];
    let without_padding = value.strip_suffix(b"=").unwrap_or(value);
    let without_padding = without_padding.strip_suffix(b"=").unwrap_or(without_padding);
    joint.is_some_and(repeats)
        || (1..=8).any(|period| value.len() >= period * 3 && value.len() >= 8 && returns(value, period))
        // Twelve characters in base64, and the last time some fewer.
        || value.len() >= 40 && returns(without_padding, 16)
}
