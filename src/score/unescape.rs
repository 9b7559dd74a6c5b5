//! What a value says behind the escapes of its syntax.

/// The value with its `\\uXXXX` as the letters they stand for, as JSON, Java, JavaScript and Python write those beyond
/// ASCII; `None` where it has none. Surrogates that are no pair become U+FFFD.
pub(super) fn unicode(value: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(value, b"\\u")?;
    let mut out = Vec::with_capacity(value.len());
    let mut units = Vec::new();
    let mut rest = value;
    while let Some((&first, after)) = rest.split_first() {
        if let Some(unit) = unit(rest) {
            units.push(unit);
            rest = &rest[6..];
            continue;
        }
        flush(&mut units, &mut out);
        // A backslash takes the next byte with it: `\\\\u0041` is a backslash and text.
        let length = if first == b'\\' { rest.len().min(2) } else { 1 };
        out.extend_from_slice(&rest[..length]);
        rest = if length == 1 { after } else { &rest[length..] };
    }
    flush(&mut units, &mut out);
    (out != value).then_some(out)
}

/// What a value says that is written in parts: of letters the word that they make, of numbers their bytes in hexadecimal, of literals
/// that are joined what comes of it. `None` for what is one literal. `quote`: the one that opens it, where that is known.
pub(super) fn parts(value: &[u8], quote: Option<u8>) -> Option<Vec<u8>> {
    letters(value).or_else(|| bytes(value)).or_else(|| pairs(value)).or_else(|| literals(value, quote))
}

/// What `Amber" & "1999` makes, the text between the first quote and the last of literals that are joined.
fn literals(value: &[u8], quote: Option<u8>) -> Option<Vec<u8>> {
    let mut quote = quote.or_else(|| value.iter().copied().find(|&byte| is_quote(byte)))?;
    let (mut rest, mut out) = (value, Vec::with_capacity(value.len()));
    while let Some(close) = closing(rest, quote) {
        add(&rest[..close], quote, &mut out);
        let behind = &rest[close + 1..];
        (quote, rest) = match behind.strip_prefix(b"\\''").filter(|_| quote == b'\'') {
            // A quote between the strings of a shell.
            Some(next) => {
                out.push(b'\'');
                (b'\'', next)
            }
            None => next_literal(behind, quote)?,
        };
    }
    if rest.len() == value.len() {
        return None;
    }
    add(rest, quote, &mut out);
    Some(out)
}

fn add(piece: &[u8], quote: u8, out: &mut Vec<u8>) {
    match literal(piece, quote) {
        Some(said) => out.extend(said),
        None => out.extend_from_slice(piece),
    }
}

/// Where a literal ends that its quote opened, as the lexer reads it.
fn closing(text: &[u8], quote: u8) -> Option<usize> {
    let mut here = 0;
    while here < text.len() {
        match text[here] {
            b'\\' => here += 1,
            // Two stand for one within a word.
            byte if byte == quote && text.get(here + 1) == Some(&quote) && here > 0 => here += 1,
            byte if byte == quote => return Some(here),
            _ => {}
        }
        here += 1;
    }
    None
}

/// What stands behind the quote that opens the next of joined literals, and that quote; `text` begins behind the one that closes the
/// last, which was opened by `last`.
fn next_literal(text: &[u8], last: u8) -> Option<(u8, &[u8])> {
    let behind = text.trim_ascii_start();
    let operator = [&b".."[..], b"+", b"&", b"."].into_iter().find(|operator| behind.starts_with(operator));
    let open = behind[operator.map_or(0, <[u8]>::len)..].trim_ascii_start();
    let prefix = open.iter().take(2).take_while(|byte| b"rRbBfFuULN@$".contains(byte)).count();
    let (&quote, rest) = open[prefix..].split_first().filter(|(quote, _)| is_quote(**quote))?;
    let joins = operator.is_some() || behind.len() < text.len() || quote != last;
    joins.then_some((quote, rest))
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// What a literal says that stands between these quotes: two of them stand for one, and a backslash for what follows it, if each in it
/// is one that most languages know. `None` where it says what it is.
pub(super) fn literal(value: &[u8], quote: u8) -> Option<Vec<u8>> {
    if quote == b'`' {
        return None;
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    let knows = has_known_escapes(value, quote);
    let mut units = Vec::new();
    while let Some((&first, after)) = rest.split_first() {
        if let Some(unit) = unit(rest).filter(|_| knows) {
            units.push(unit);
            rest = &rest[6..];
            continue;
        }
        flush(&mut units, &mut out);
        let (byte, length) = match rest {
            [b'\\', escaped, ..] if knows => (unescaped(*escaped), 2),
            [one, other, ..] if *one == quote && *other == quote => (quote, 2),
            _ => (first, 1),
        };
        out.push(byte);
        rest = if length == 1 { after } else { &rest[2..] };
    }
    flush(&mut units, &mut out);
    (out != value).then_some(out)
}

/// Whether each backslash of a value begins an escape: in `C:\dir` it is one itself, and in single quotes most languages have few.
fn has_known_escapes(value: &[u8], quote: u8) -> bool {
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let escape = &rest[at..];
        rest = match escape.get(1) {
            Some(b'u') if unit(escape).is_some() => &escape[6..],
            Some(b'\\' | b'"' | b'\'' | b'/' | b'`' | b'$' | b'@' | b'#') => &escape[2..],
            Some(b'n' | b'r' | b't') if quote == b'"' => &escape[2..],
            _ => return false,
        };
    }
    true
}

fn unescaped(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

/// What a value says in which two of a quote stand for one.
pub(super) fn doubled(value: &[u8], quote: u8) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&first, after)) = rest.split_first() {
        out.push(first);
        rest = if first == quote { after.strip_prefix(&[quote]).unwrap_or(after) } else { after };
    }
    (out != value).then_some(out)
}

/// What text of XML says; `None` where it has no entity.
pub(super) fn entities(value: &[u8]) -> Option<Vec<u8>> {
    const NAMED: [(&[u8], u8); 5] = [(b"quot", b'"'), (b"apos", b'\''), (b"amp", b'&'), (b"lt", b'<'), (b"gt", b'>')];
    memchr::memchr(b'&', value)?;
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let name = &rest[..rest.iter().take(10).position(|&byte| byte == b';').unwrap_or(0)];
        let named = NAMED.iter().find(|(known, _)| *known == name).map(|(_, byte)| char::from(*byte));
        let Some(character) = named.or_else(|| numbered(name)) else {
            out.push(b'&');
            continue;
        };
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[name.len() + 1..];
    }
    out.extend_from_slice(rest);
    (out != value).then_some(out)
}

/// The character of `#33` and `#x21`.
fn numbered(name: &[u8]) -> Option<char> {
    let digits = std::str::from_utf8(name).ok()?.strip_prefix('#')?;
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    number.ok().and_then(char::from_u32).filter(|character| !character.is_control())
}

/// What a part of a URL says (RFC 3986, 2.1); `None` where it has no escape, or one that is none.
pub(super) fn percent(value: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'%', value)?;
    let is_escape = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    if !memchr::memchr_iter(b'%', value).all(|at| value.get(at + 1..at + 3).is_some_and(is_escape)) {
        return None;
    }
    let out: Vec<u8> = percent_encoding::percent_decode(value).collect();
    crate::origin::printable(&out).as_bytes().eq(&out).then_some(out)
}

/// The word of a list of letters: `'w', 'r', 'e', 'n'`.
fn letters(value: &[u8]) -> Option<Vec<u8>> {
    if !value.starts_with(b"'") {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    let letter = |item: &str| match item.trim().as_bytes() {
        [b'\'', letter, b'\''] => Some(*letter),
        _ => None,
    };
    let word: Vec<u8> = text.split(',').map(letter).collect::<Option<_>>()?;
    (word.len() > 1).then_some(word)
}

/// The bytes of a list of numbers, in hexadecimal: `0x1f, 0x8b, …`, `12, -7, …`, as keys stand in code. `None` for what is no list, or
/// has not as many as keys have.
fn bytes(value: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b',', value)?;
    let text = std::str::from_utf8(value).ok()?;
    let mut out = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let item = item.strip_prefix("(byte)").unwrap_or(item).trim_start();
        let byte = match item.strip_prefix("0x").or_else(|| item.strip_prefix("0X")) {
            Some(digits) => u8::from_str_radix(digits, 16).ok()?,
            None => item.parse().ok().or_else(|| item.parse::<i8>().ok().map(i8::cast_unsigned))?,
        };
        out.extend_from_slice(format!("{byte:02x}").as_bytes());
    }
    matches!(out.len() / 2, 8 | 16 | 20 | 24 | 32 | 48 | 64).then_some(out)
}

/// Hexadecimal digits without the blanks between each two: `4d 91 0f e3 …`. `None` for what has not as many as keys have.
fn pairs(value: &[u8]) -> Option<Vec<u8>> {
    if value.get(2) != Some(&b' ') || !matches!(value.len().div_ceil(3), 8 | 16 | 24 | 32 | 48 | 64) {
        return None;
    }
    let mut pairs = value.split(|&byte| byte == b' ');
    let are_pairs = pairs.all(|pair| pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit));
    are_pairs.then(|| value.iter().copied().filter(|&byte| byte != b' ').collect())
}

fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn flush(units: &mut Vec<u16>, out: &mut Vec<u8>) {
    for letter in char::decode_utf16(units.drain(..)) {
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, parts, unicode};

    #[test]
    fn letters_and_literals_are_put_together() {
        for (value, text) in [
            ("'w', 'r',\n 'e','n', '4'", "wren4"),
            ("Amber\" & \"1999", "Amber1999"),
            ("wren' + ':' +\n  'word", "wren:word"),
            ("4D 91 0f e3 77 a0 1b c8", "4D910fe377a01bc8"),
        ] {
            assert_eq!(parts(value.as_bytes(), None).as_deref(), Some(text.as_bytes()), "{value}");
        }
        for value in ["'w'", "'w', 'ren'", "'w', r", "wren", "wren's", "a\" + b", "a\" + b + \"c", "4D 91 0f e3"] {
            assert_eq!(parts(value.as_bytes(), None), None, "{value}");
        }
        for (value, quote, text) in [
            ("a\"+\"c", b'"', Some("ac")),
            ("a\" \"c\" \"d", b'"', Some("acd")),
            ("a` + 'c", b'`', Some("ac")),
            ("a'\"c", b'\'', Some("ac")),
            (r"a'\''c", b'\'', Some("a'c")),
            (r#"a\"c" "d\\e"#, b'"', Some(r#"a"cd\e"#)),
            ("a' + b\"c", b'\'', Some("ac")),
            ("a\" + \"c", b'\'', None),
            ("a''c", b'\'', None),
            ("a\"\"c", b'"', None),
        ] {
            assert_eq!(parts(value.as_bytes(), Some(quote)).as_deref(), text.map(str::as_bytes), "{value}");
        }
    }

    #[test]
    fn lists_of_bytes_are_hexadecimal() {
        for (value, text) in [
            ("0x1f, 0x8b,0x08, 0x00,\n 0xff, 0x01, 0x02, 0xC3", Some("1f8b0800ff0102c3")),
            ("31, 139, (byte) 0x08, 0, -1, 1, 2, 195", Some("1f8b0800ff0102c3")),
            ("1, 2, 3", None),
            ("1, 2, 3, 4, 5, 6, 7, 256", None),
            ("a, b", None),
        ] {
            assert_eq!(bytes(value.as_bytes()), text.map(|text| text.as_bytes().to_vec()), "{value}");
        }
    }

    #[test]
    fn escapes_are_letters() {
        for (value, text) in [
            (r"Contrase\u00f1a", Some("Contraseña")),
            (r"a\u0026b", Some("a&b")),
            (r"\ud83d\ude00!", Some("😀!")),
            (r"\ud83d-", Some("\u{fffd}-")),
            (r"\\u0041", None),
            (r"\u00f", None),
            (r"\uGGGG", None),
            ("plain", None),
        ] {
            assert_eq!(unicode(value.as_bytes()), text.map(|text| text.as_bytes().to_vec()), "{value}");
        }
    }
}
