//! What a value is by its form: an identifier, a digest, a path, a version, text for people.

use super::dotted::{is_dotted, is_known, is_mail_or_host, is_object, is_path_of_words};
use crate::score::entropy::{self, Alphabet};

/// Whether a value is an identifier or a digest by its own form.
pub fn identifier(value: &[u8]) -> Option<&'static str> {
    const SCHEMES: [&str; 13] =
        ["http", "https", "file", "ftp", "s3", "gs", "oci", "git", "ssh", "git+ssh", "git+https", "ws", "wss"];
    const DIGESTS: &[&str] = &[
        "sha1:",
        "sha256:",
        "sha384:",
        "sha512:",
        "sha1-",
        "sha256-",
        "sha384-",
        "sha512-",
        "sha256//",
        "md5:",
        "h1:",
        "hmac-sha1:",
        "hmac-sha256:",
        "hmac-sha512:",
    ];
    if DIGESTS.iter().any(|prefix| value.starts_with(prefix.as_bytes())) {
        return Some("a digest");
    }
    if is_uuid(value) {
        return Some("a UUID");
    }
    if is_fingerprint(value) {
        return Some("a fingerprint");
    }
    if is_point(value) {
        return Some("a public key");
    }
    if is_object(value) {
        return Some("an object of Java");
    }
    let is_scheme = |scheme: &[u8]| SCHEMES.iter().any(|known| known.as_bytes() == scheme);
    if memchr::memmem::find(value, b"://").is_some_and(|end| is_scheme(&value[..end]))
        || value.starts_with(b"urn:")
        || is_link(value)
    {
        return Some("a URL");
    }
    if is_algorithm(value) {
        return Some("the name of an algorithm");
    }
    if is_region(value) {
        return Some("a region of a cloud");
    }
    if is_address(value) {
        return Some("an address of a chain");
    }
    if is_colour(value) {
        return Some("a colour");
    }
    if is_principal(value) {
        return Some("a principal of Windows");
    }
    if is_scope(value) {
        return Some("the scope of a signed request");
    }
    if is_path(value) || is_path_of_words(value) {
        return Some("a path");
    }
    if is_price(value) {
        return Some("a price");
    }
    if is_function_of_style(value) {
        return Some("a function of a style sheet");
    }
    if is_socket(value) {
        return Some("an address and a port");
    }
    if is_port(value) {
        return Some("a port");
    }
    if is_rule(value) {
        return Some("a rule for validation");
    }
    if is_locale(value) {
        return Some("a language and a country");
    }
    if is_dotted(value) {
        return Some("a dotted name");
    }
    if is_mail_or_host(value) {
        return Some("an e-mail address or a host name");
    }
    if Alphabet::of(value) == Alphabet::Digits && value.len() < 12 || is_version_or_date(value) || is_integer(value) {
        return Some("a number, a version or a date");
    }
    None
}

/// Eight, four, four, four and twelve hexadecimal digits.
pub fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_path(value: &[u8]) -> bool {
    let rooted =
        value.starts_with(b"/") || value.starts_with(b"./") || value.starts_with(b"../") || value.starts_with(b"~/");
    let drive = value.len() > 3 && value[1] == b':' && matches!(value[2], b'\\' | b'/');
    let parts = value.split(|&byte| byte == b'/' || byte == b'\\').filter(|part| !part.is_empty()).count();
    let escapes = value.windows(2).any(|pair| matches!(pair, [b'\\', b'"' | b'\'' | b'$' | b'!' | b'&' | b'#']));
    if !rooted && !drive && (is_number_behind_word(value) || escapes || is_escaped_backslash(value)) {
        return false;
    }
    // Folders that systems and containers have at their root.
    const ROOTS: &[&str] = &[
        "app", "certs", "config", "data", "dev", "etc", "home", "keys", "mnt", "opt", "proc", "root", "run", "secrets",
        "srv", "tmp", "usr", "var", "vault", "Library", "Users", "Volumes",
    ];
    let root = value.strip_prefix(b"/").and_then(|rest| rest.split(|&byte| byte == b'/').next());
    if parts >= 2 && root.is_some_and(|root| ROOTS.iter().any(|known| known.as_bytes() == root)) {
        return true;
    }
    if drive || rooted && parts >= 1 && entropy::wordiness(value) > 0.3 {
        return true;
    }
    const ENDINGS: &[&str] = &[
        ".pem",
        ".key",
        ".crt",
        ".json",
        ".yml",
        ".yaml",
        ".txt",
        ".js",
        ".ts",
        ".py",
        ".go",
        ".rs",
        ".xml",
        ".conf",
        ".properties",
        ".env",
        ".html",
        ".php",
        ".java",
        ".p12",
        ".jks",
        ".sh",
        ".toml",
        ".pub",
        ".md",
        ".zip",
        ".7z",
        ".tar",
        ".gz",
        ".pdf",
        ".ini",
        ".cfg",
    ];
    ENDINGS.iter().any(|ending| value.ends_with(ending.as_bytes())) || parts >= 2 && entropy::wordiness(value) > 0.6
}

/// `cubic-bezier(0.16,1,0.3,1)`: a name in lower case that is called with numbers.
fn is_function_of_style(value: &[u8]) -> bool {
    let Some(open) = memchr::memchr(b'(', value) else { return false };
    let is_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-' | b' ' | b'%');
    open > 0
        && value.ends_with(b")")
        && value[..open].iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'-')
        && memchr::memchr(b',', value).is_some()
        && value[open + 1..value.len() - 1].iter().all(is_number)
}

/// `Rohr\\\\Ente+44`: one backslash as strings write it, and beside it a digit and a mark that folders have seldom.
fn is_escaped_backslash(value: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', value).count() == 2
        && memchr::memmem::find(value, b"\\\\").is_some()
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(|byte| b"+!#$&*=?^~".contains(byte))
}

/// `Herbst/1998`, `Drache/7`, `Kreide/Tafel/1974`, `Papier/Stau-in-Fach2`, `Mistral/Galet*06`: a word with a capital, a slash, and a number, as
/// people make passwords; a folder is seldom called so.
fn is_number_behind_word(value: &[u8]) -> bool {
    let Some((words, last)) = memchr::memrchr(b'/', value).map(|slash| (&value[..slash], &value[slash + 1..])) else {
        return false;
    };
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_!#*+^~".contains(byte);
    let is_year = (2..=4).contains(&last.len()) && last.iter().all(u8::is_ascii_digit);
    let is_pair = || {
        words.len() >= 2
            && words.iter().chain(last).all(in_word)
            && words.iter().any(u8::is_ascii_lowercase)
            && last.len() >= 2
            && last.last().is_some_and(u8::is_ascii_digit)
    };
    // What is called by a word of programs may be numbered.
    let is_numbered_word =
        || last.len() == 1 && last[0].is_ascii_digit() && words.iter().all(u8::is_ascii_alphabetic) && !is_known(words);
    value[0].is_ascii_uppercase() && (is_year || is_pair() || is_numbered_word())
}

/// `NOK 450,-`, `EUR 12.50`: the sign of a currency and a number.
fn is_price(value: &[u8]) -> bool {
    let Some((currency, rest)) = value.split_first_chunk::<3>() else { return false };
    let Some(number) = rest.strip_prefix(b" ") else { return false };
    currency.iter().all(u8::is_ascii_uppercase)
        && number.first().is_some_and(u8::is_ascii_digit)
        && number.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-'))
}

/// `0x` and 40 hexadecimal digits: what Ethereum and its like call accounts and contracts by.
fn is_address(value: &[u8]) -> bool {
    value.len() == 42 && value.starts_with(b"0x") && value[2..].iter().all(u8::is_ascii_hexdigit)
}

/// `#f0a1b2`, also in short, with or without a transparency.
fn is_colour(value: &[u8]) -> bool {
    matches!(value.len(), 4 | 5 | 7 | 9) && value[0] == b'#' && value[1..].iter().all(u8::is_ascii_hexdigit)
}

/// `HmacSHA256`, `PBKDF2WithHmacSHA1`, `AES/CBC/PKCS5Padding`, `SHA256withRSA`: as Java and its like name them.
fn is_algorithm(value: &[u8]) -> bool {
    let has = |piece: &[u8]| memchr::memmem::find(value, piece).is_some();
    value.len() <= 40
        && (value.starts_with(b"Hmac") && (has(b"SHA") || has(b"MD5"))
            || value.starts_with(b"PBKDF2With")
            || value.starts_with(b"PBEWith")
            || has(b"withRSA")
            || has(b"withECDSA")
            || has(b"/") && value.ends_with(b"Padding"))
}

/// `us-east-1`, `ap-southeast-2`, `us-gov-west-1`.
fn is_region(value: &[u8]) -> bool {
    let Some((number, rest)) = value.split_last() else { return false };
    let Some(words) = rest.strip_suffix(b"-") else { return false };
    let mut parts = words.split(|&byte| byte == b'-');
    number.is_ascii_digit()
        && parts.next().is_some_and(|country| country.len() == 2)
        && (1..=2).contains(&parts.clone().count())
        && words.iter().all(|&byte| byte.is_ascii_lowercase() || byte == b'-')
        && parts.all(|part| part.len() >= 3)
}

/// `res://scenes/door.tscn`: an address in a scheme of a program's own, without a user.
fn is_link(value: &[u8]) -> bool {
    let scheme = value.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
    (2..=12).contains(&scheme) && value[scheme..].starts_with(b"://") && !value.contains(&b'@')
}

/// `S-1-5-18`: a security identifier.
fn is_principal(value: &[u8]) -> bool {
    value.strip_prefix(b"S-1-").is_some_and(|rest| rest.iter().all(|&byte| byte.is_ascii_digit() || byte == b'-'))
}

/// `id/20260102/region/service/aws4_request`, also as a part of a URL.
fn is_scope(value: &[u8]) -> bool {
    if value.ends_with(b"%2Faws4_request") {
        return true;
    }
    let mut parts = value.split(|&byte| byte == b'/').skip(1);
    parts.next().is_some_and(|date| date.len() == 8 && date.iter().all(u8::is_ascii_digit)) && parts.next().is_some()
}

/// `en_GB`, `zh-Hans`, `es_419`.
fn is_locale(value: &[u8]) -> bool {
    let Some(joint) = value.iter().position(|byte| matches!(byte, b'_' | b'-')) else { return false };
    let (language, place) = (&value[..joint], &value[joint + 1..]);
    let place_is = |wanted: fn(&u8) -> bool| place.iter().all(wanted);
    (2..=3).contains(&language.len())
        && language.iter().all(u8::is_ascii_lowercase)
        && (place.len() == 2 && place_is(u8::is_ascii_uppercase)
            || place.len() == 3 && place_is(u8::is_ascii_digit)
            || place.len() == 4 && place[0].is_ascii_uppercase() && place[1..].iter().all(u8::is_ascii_lowercase))
}

/// `localhost:2022`, `db.example.net:5432`.
fn is_socket(value: &[u8]) -> bool {
    let Some(colon) = value.iter().rposition(|&byte| byte == b':') else { return false };
    let (host, port) = (&value[..colon], &value[colon + 1..]);
    (2..=5).contains(&port.len())
        && port.iter().all(u8::is_ascii_digit)
        && (host == b"localhost" || host.contains(&b'.'))
        && host.iter().all(|&byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

/// `464/tcp`, as in a list of services.
fn is_port(value: &[u8]) -> bool {
    let number = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=5).contains(&number) && matches!(&value[number..], b"/tcp" | b"/udp" | b"/sctp" | b"/dccp")
}

/// `required|string|min:8`, `required-with:email,min:10`: words of lower case with `|` between them, some with an argument.
fn is_rule(value: &[u8]) -> bool {
    let value = value.strip_suffix(b".").unwrap_or(value);
    let word = |part: &[u8]| {
        let name = part.split(|&byte| byte == b':').next().unwrap_or(part);
        let letters = name.iter().take_while(|&&byte| byte.is_ascii_lowercase() || b"_-".contains(&byte)).count();
        letters >= 3 && name[letters..].iter().all(u8::is_ascii_digit)
    };
    // `minLength:8`.
    let (name, number) =
        value.split_at(value.iter().position(|byte| matches!(byte, b':' | b'=')).unwrap_or(value.len()));
    let bound = [&b"min"[..], b"max", b"len", b"size"].iter().any(|word| name.starts_with(word));
    if bound
        && name.iter().all(u8::is_ascii_alphabetic)
        && number.len() > 1
        && number[1..].iter().all(u8::is_ascii_digit)
    {
        return true;
    }
    let bounds = || [&b"min:"[..], b"max:"].iter().any(|bound| memchr::memmem::find(value, bound).is_some());
    let mark = if value.contains(&b',') && bounds() { b',' } else { b'|' };
    value.contains(&mark) && value.split(|&byte| byte == mark).all(word)
}

/// `88:c6:14:…`: a digest of 16, 20 or 32 bytes as it is written for people.
fn is_fingerprint(value: &[u8]) -> bool {
    matches!(value.len(), 47 | 59 | 95)
        && value
            .chunks(3)
            .all(|byte| byte[..2].iter().all(u8::is_ascii_hexdigit) && byte.get(2).is_none_or(|c| *c == b':'))
}

/// A point of P-256 in URL-safe base64: 0x04 and 64 bytes, as browsers take the public key of push messages.
fn is_point(value: &[u8]) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    value.len() == 87 && matches!(value, [b'B', b'A'..=b'P', ..]) && value.iter().all(word)
}

fn is_version_or_date(value: &[u8]) -> bool {
    // A range of versions, as package managers write it: `^7.29.7`, `npm:^10.0.0`, `>=2.1`.
    let value = value.strip_prefix(b"npm:").unwrap_or(value);
    let marks = value.iter().take_while(|byte| matches!(byte, b'^' | b'~' | b'>' | b'<' | b'=')).count();
    let value = &value[marks.min(2)..];
    is_release(value)
        || value.len() <= 24
            && value.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'v')
            && value
                .iter()
                .skip(1)
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b':' | b'/' | b'T' | b'Z' | b'+'))
            && value.iter().any(|byte| matches!(byte, b'.' | b'-' | b':' | b'/'))
}

/// `0xc0506617`, `-0x1fUL`, `0x9e37_79b9u64`: as much as a word of a machine holds, in base 16.
fn is_integer(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"-").unwrap_or(value);
    let Some(digits) = value.strip_prefix(b"0x").or_else(|| value.strip_prefix(b"0X")) else { return false };
    let typed = [&b"u64"[..], b"i64", b"u32", b"i32", b"usize"].iter().find_map(|kind| digits.strip_suffix(*kind));
    let digits = typed.unwrap_or(digits);
    let suffix = digits.iter().rev().take_while(|byte| matches!(byte, b'u' | b'U' | b'l' | b'L')).count().min(3);
    let digits = &digits[..digits.len() - suffix];
    let count = digits.iter().filter(|byte| **byte != b'_').count();
    (1..=16).contains(&count) && digits.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'_')
}

/// `1.0.8-debian-12-r0`, `v2.3.4+build`: two dots between numbers, and what releases are called.
fn is_release(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"v").unwrap_or(value);
    let number = value.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let numbers = &value[..number];
    numbers.iter().filter(|&&byte| byte == b'.').count() >= 2
        && numbers.first().is_some_and(u8::is_ascii_digit)
        && value[number..].first().is_none_or(|byte| matches!(byte, b'-' | b'+' | b'_'))
}

/// Whether a value is text for people: words with blanks between them.
pub fn prose(value: &[u8]) -> Option<&'static str> {
    let has = |piece: &[u8]| memchr::memmem::find(value, piece).is_some();
    if has(b"&nbsp;") || has(b"<br") || has(b"</") {
        return Some("text with markup");
    }
    if 2 * ideographs(value) > value.len() || ideographs(value) >= 30 {
        return Some("text for people");
    }
    let line = memchr::memmem::find(value, b"\\n");
    if line.is_some_and(|line| line > 0 && line + 2 < value.len() && entropy::wordiness(value) > 0.2) {
        return Some("text of several lines");
    }
    if value.first() == Some(&b':') && value[1..].contains(&b':') && entropy::wordiness(value) > 0.5 {
        return Some("a sign by its name");
    }
    if matches!(value, [b':', .., b':']) && value.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b':' | b'-')) {
        return Some("a role of markup");
    }
    let words = value.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty()).count();
    (words >= 3 || words == 2 && entropy::wordiness(value) > 0.5).then_some("text with blanks")
}

/// Bytes of Chinese, Japanese and Korean characters: what passwords are made of nowhere, as they are typed blind.
fn ideographs(value: &[u8]) -> usize {
    3 * value.iter().filter(|byte| (0xe3..=0xed).contains(*byte)).count()
}
