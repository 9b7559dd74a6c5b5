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
/// that are joined what comes of it. `None` for what is one literal.
pub(super) fn parts(value: &[u8]) -> Option<Vec<u8>> {
    letters(value).or_else(|| bytes(value)).or_else(|| pairs(value)).or_else(|| literals(value))
}

/// What `Amber" & "1999` makes, the text between the first quote and the last of literals that are joined.
fn literals(value: &[u8]) -> Option<Vec<u8>> {
    let quote = *value.iter().find(|byte| matches!(byte, b'"' | b'\''))?;
    let mut out = Vec::with_capacity(value.len());
    let mut pieces = value.split(|&byte| byte == quote);
    out.extend_from_slice(pieces.next()?);
    while let Some(operator) = pieces.next() {
        if !matches!(operator.trim_ascii(), b"" | b"+" | b"&" | b"." | b"..")
            || !operator.last().is_some_and(u8::is_ascii_whitespace)
        {
            return None;
        }
        out.extend_from_slice(pieces.next()?);
    }
    Some(out)
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
            assert_eq!(parts(value.as_bytes()).as_deref(), Some(text.as_bytes()), "{value}");
        }
        for value in
            ["'w'", "'w', 'ren'", "'w', r", "wren", "wren's", "a\" + b", "a\" + b + \"c", "a\"+\"c", "4D 91 0f e3"]
        {
            assert_eq!(parts(value.as_bytes()), None, "{value}");
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
