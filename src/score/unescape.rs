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
    use super::unicode;

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
