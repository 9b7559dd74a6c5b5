//! Finds and decodes the armour around a private key, whatever the file did to it: escapes, indents, quotes, comment
//! signs, line prefixes of a patch, entities of XML, base64 around the whole.

use super::super::text::base64;

/// A decoded armour.
#[derive(Debug)]
pub(super) struct Armour {
    /// What stands after BEGIN: `RSA PRIVATE KEY`.
    pub label: String,
    /// Header lines.
    pub headers: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
    /// Checksum of OpenPGP armour.
    pub checksum: Option<Vec<u8>>,
}

impl Armour {
    /// Whether a header says that the body is encrypted, as OpenSSL did before PKCS #8.
    pub fn is_encrypted(&self) -> bool {
        self.headers.iter().any(|header| header.starts_with("Proc-Type") && header.contains("ENCRYPTED"))
    }
}

/// Why there is no armour to decode.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No BEGIN.
    Absent,
    /// Nothing between BEGIN and END.
    Empty,
    /// Dots, brackets or a variable stand for the body.
    Elided,
    /// The body has other characters than base64.
    NotBase64,
}

const BEGIN: &[u8] = b"-----BEGIN ";

/// Reads the first armour in a text.
pub(super) fn read(text: &[u8]) -> Result<Armour, Fault> {
    if memchr::memmem::find(text, BEGIN).is_some() {
        return read_plain(text);
    }
    let compact: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let decoded = base64(&compact).ok_or(Fault::Absent)?;
    // A sequence of ASN.1: the body without its armour, as configuration in one line has it.
    if decoded.starts_with(&[0x30]) {
        return Ok(Armour { label: "PRIVATE KEY".to_owned(), headers: Vec::new(), body: decoded, checksum: None });
    }
    read_plain(&decoded)
}

fn read_plain(text: &[u8]) -> Result<Armour, Fault> {
    let begin = memchr::memmem::find(text, BEGIN).ok_or(Fault::Absent)? + BEGIN.len();
    let rest = &text[begin..];
    let label_end = memchr::memmem::find(rest, b"-----").filter(|&end| end <= 64).ok_or(Fault::Absent)?;
    let label = String::from_utf8_lossy(&rest[..label_end]).into_owned();
    let rest = &rest[label_end + 5..];
    let inner = &rest[..memchr::memmem::find(rest, b"-----END").unwrap_or(rest.len())];
    let text = unescaped(inner);
    if text.contains("...") || text.contains('…') {
        return Err(Fault::Elided);
    }
    let mut lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    strip_line_marks(&mut lines);
    let mut armour = Armour { label, headers: Vec::new(), body: Vec::new(), checksum: None };
    let mut body = String::new();
    for line in lines {
        if line.contains(':') && body.is_empty() {
            armour.headers.push(line.to_owned());
        } else if let (Some(sum), true) = (line.strip_prefix('='), line.len() == 5 && !body.is_empty()) {
            armour.checksum = base64(sum.as_bytes());
        } else {
            body.extend(line.split_ascii_whitespace());
        }
    }
    if body.is_empty() {
        return Err(if text.trim().is_empty() { Fault::Empty } else { Fault::Elided });
    }
    if !body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')) {
        let stands_for = ["...", "…", "<", "(", "[", "{", "$", "*", "\"", "'"];
        return Err(if stands_for.iter().any(|mark| body.contains(mark)) { Fault::Elided } else { Fault::NotBase64 });
    }
    armour.body = base64(body.as_bytes()).ok_or(Fault::NotBase64)?;
    Ok(armour)
}

/// A text of several lines without what files do to those: escapes, comment signs, quotes and white space.
pub(super) fn compact(text: &[u8]) -> Vec<u8> {
    let text = unescaped(text);
    let mut lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    strip_line_marks(&mut lines);
    lines.iter().flat_map(|line| line.split_ascii_whitespace()).flat_map(str::bytes).collect()
}

/// Undoes the escapes of string literals, JSON, XML and URLs as far as they can stand in base64 with line breaks.
fn unescaped(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' => {
                let skipped = after.iter().take_while(|&&byte| byte == b'\\').count();
                rest = &after[skipped..];
                match rest {
                    [b'n' | b'r', after @ ..] => (out.push(b'\n'), rest = after).0,
                    [b't', after @ ..] => (out.push(b' '), rest = after).0,
                    [b'u', a, b, c, d, after @ ..] => {
                        if let Some(character) = hexadecimal(&[*a, *b, *c, *d]) {
                            out.push(character);
                            rest = after;
                        }
                    }
                    _ => {}
                }
            }
            b'%' => match rest {
                [high, low, after @ ..] if hexadecimal(&[*high, *low]).is_some() => {
                    out.extend(hexadecimal(&[*high, *low]));
                    rest = after;
                }
                _ => out.push(byte),
            },
            b'&' => match entity(rest) {
                Some((character, after)) => {
                    out.push(character);
                    rest = after;
                }
                None => out.push(byte),
            },
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let value = std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok())?;
    u8::try_from(value).ok().filter(u8::is_ascii)
}

/// A numeric character reference after its `&`.
fn entity(text: &[u8]) -> Option<(u8, &[u8])> {
    let end = text.iter().take(8).position(|&byte| byte == b';')?;
    let digits = std::str::from_utf8(&text[..end]).ok()?.strip_prefix('#')?;
    let value = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let value = u8::try_from(value.ok()?).ok().filter(u8::is_ascii)?;
    Some((value, &text[end + 1..]))
}

/// Takes comment signs, quotes, joining operators and patch marks from both ends of the lines. `+` and `/` are base64 too:
/// at the start they count as marks only where every one of several lines has them.
fn strip_line_marks(lines: &mut Vec<&str>) {
    for _ in 0..3 {
        for line in lines.iter_mut() {
            *line = trim_end(line);
            *line = line.trim_start_matches(['#', '*', '>', ';', '|', '"', '\'', '`', ',', '.']).trim_start();
        }
        lines.retain(|line| !line.is_empty());
        for mark in ["//", "+", "-"] {
            if lines.len() >= 3 && lines.iter().all(|line| line.starts_with(mark)) {
                for line in lines.iter_mut() {
                    *line = line[mark.len()..].trim_start();
                }
            }
        }
    }
    lines.retain(|line| !line.is_empty());
}

fn trim_end(line: &str) -> &str {
    const MARKS: [char; 8] = ['"', '\'', '`', ',', ';', ')', '\\', '|'];
    let mut line = line.trim_end_matches(MARKS).trim_end();
    // `"…" +` and `"…" .` and `"…" ..` join literals.
    while let Some(literal) = line.strip_suffix(['+', '.', '&']).map(|rest| rest.trim_end_matches(['.']).trim_end()) {
        if !literal.ends_with(['"', '\'', '`']) {
            break;
        }
        line = literal.trim_end_matches(MARKS).trim_end();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An armour around these bytes, in lines of 16.
    fn block(between: &str, before: &str, after: &str) -> String {
        let lines: Vec<String> = ["MDEyMzQ1Njc4OWFi", "Y2RlZjAxMjM0NTY3", "ODlhYmNkZWYwMTIz", "NDU="]
            .iter()
            .map(|line| format!("{before}{line}{after}"))
            .collect();
        format!(
            "-----BEGIN {0}-----{after}{between}{1}{between}{before}-----END {0}-----",
            "RSA PRIVATE KEY",
            lines.join(between)
        )
    }

    #[test]
    fn what_files_do_to_armour() {
        let expected = read(block("\n", "", "").as_bytes()).expect("plain").body;
        assert_eq!(expected, b"0123456789abcdef0123456789abcdef012345");
        for (between, before, after) in [
            ("\r\n", "", ""),
            ("\\n", "", ""),
            ("\\\\n", "", ""),
            ("\\r\\n", "", ""),
            ("\n", "    ", ""),
            ("\n", "# ", ""),
            ("\n", "// ", ""),
            ("\n", " * ", ""),
            ("\n", "+", ""),
            ("\n", "> ", ""),
            ("\n", "\"", "\\n\" +"),
            ("\n", "\"", "\\n\""),
            ("\n", "'", "' ."),
            ("\n", "    '", "',"),
            ("&#10;", "", ""),
            ("%0A", "", ""),
            (" ", "", ""),
            ("\\\n", "", ""),
        ] {
            let text = block(between, before, after);
            assert_eq!(read(text.as_bytes()).map(|armour| armour.body).as_deref(), Ok(&expected[..]), "{text}");
        }
    }

    #[test]
    fn what_is_no_key() {
        let with = |body: &str| {
            let text = format!("-----BEGIN {0}-----\n{body}\n-----END {0}-----", "PRIVATE KEY");
            read(text.as_bytes()).map(|armour| armour.body)
        };
        assert_eq!(with(""), Err(Fault::Empty));
        assert_eq!(with("..."), Err(Fault::Elided));
        assert_eq!(with("(your key here)"), Err(Fault::Elided));
        assert_eq!(with("{{ .Values.key }}"), Err(Fault::Elided));
        assert_eq!(with("MIIE\n...\nAB=="), Err(Fault::Elided));
        assert_eq!(with("~~~~~~"), Err(Fault::NotBase64));
        assert_eq!(read(b"no key").map(|armour| armour.body), Err(Fault::Absent));
    }
}
