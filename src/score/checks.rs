//! What a value is instead of a secret: a placeholder, a reference to where the secret is kept, an expression, a hash, an
//! identifier. Each check gives its reason in words, without a byte of the value.

mod ciphertext;
mod dotted;
mod embedded;
mod form;
mod placeholder;
mod reference;

use super::entropy;

pub use ciphertext::ciphertext;
pub(super) use dotted::is_known;
pub use embedded::embedded;
pub use form::{identifier, is_uuid, prose};
pub use placeholder::{describes, monotonous, placeholder};
pub use reference::reference;

/// Whether a machine made a value: long, of letters and digits that make no words.
pub fn is_machine_made(value: &[u8]) -> bool {
    let joint = |byte: u8| matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=');
    value.len() >= 16
        && value.iter().all(|&byte| byte.is_ascii_alphanumeric() || joint(byte))
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && entropy::wordiness(value) < 0.25
        && entropy::relative(value) > 0.8
}

/// Whether a value without quotes is code rather than a literal.
pub fn expression(value: &[u8]) -> Option<&'static str> {
    code(value).or_else(|| name_of_code(value))
}

/// Whether a value without quotes has the marks of code.
pub fn code(value: &[u8]) -> Option<&'static str> {
    let has = |piece: &[u8]| memchr::memmem::find(value, piece).is_some();
    if is_call(value)
        || is_address(value)
        || has(b"=>")
        || has(b"&&")
        || has(b"||")
        || has(b"::")
        || has(b"->")
        || has(b"?.")
        || has(b"),")
        || has(b"){")
        || has(b"})")
        || has(b"}=")
        || has(b"]]>")
        || has(b"][")
    {
        return Some("an expression");
    }
    None
}

/// Whether a value without quotes is what programs name things: a variable, an attribute, a type.
fn name_of_code(value: &[u8]) -> Option<&'static str> {
    let identifier = value.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$'))
        && value.first().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$'));
    // No attribute is called by a number: `Walnut.7` is a password.
    let numbered =
        value.rsplit(|&byte| byte == b'.').next().is_some_and(|last| last.first().is_some_and(u8::is_ascii_digit))
            || dotted::is_numbered(value);
    if identifier && !numbered && value.contains(&b'.') && (entropy::wordiness(value) > 0.4 || is_path_of_names(value))
    {
        return Some("a dotted name");
    }
    if identifier && is_type(value) {
        return Some("a type");
    }
    let is_camel = value.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    if identifier
        && !value.iter().any(u8::is_ascii_digit)
        && (value.contains(&b'_') && !is_sentence(value) || is_camel && entropy::wordiness(value) > 0.5)
    {
        return Some("a name");
    }
    None
}

/// `Otters_in_the_Pond`: some words with a capital and some without, as no language writes names.
fn is_sentence(value: &[u8]) -> bool {
    let is_capital = |word: &[u8]| word[0].is_ascii_uppercase() && word[1..].iter().all(u8::is_ascii_lowercase);
    let is_lower = |word: &[u8]| word.iter().all(u8::is_ascii_lowercase);
    let words = || value.split(|&byte| byte == b'_');
    words().all(|word| !word.is_empty() && (is_capital(word) || is_lower(word)))
        && words().next().is_some_and(is_capital)
        && words().filter(|word| is_lower(word)).count() >= 2
}

/// `__u32`, `uint8_t`, `f64`; `LPCSTR`, `PWSTR` of Windows; `ed25519.PrivateKey`, `v1.SecretKeyRef`.
fn is_type(value: &[u8]) -> bool {
    const STRINGS: &[&[u8]] = &[
        b"LPSTR", b"LPCSTR", b"LPWSTR", b"LPCWSTR", b"LPTSTR", b"LPCTSTR", b"PSTR", b"PCSTR", b"PWSTR", b"PCWSTR",
        b"PTSTR", b"LMSTR", b"BSTR",
    ];
    if STRINGS.contains(&value) {
        return true;
    }
    const NUMBERS: &[&str] = &["uint", "int", "float", "u_int", "char", "u", "s", "i", "f"];
    let bare = value.strip_suffix(b"_t").unwrap_or(value);
    let bare = &bare[bare.iter().take_while(|byte| **byte == b'_').count()..];
    let name = bare.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |last| last + 1);
    if NUMBERS.iter().any(|number| bare[..name] == *number.as_bytes())
        && matches!(&bare[name..], b"8" | b"16" | b"32" | b"64")
    {
        return true;
    }
    let Some(dot) = value.iter().rposition(|&byte| byte == b'.') else { return false };
    let (module, name) = (&value[..dot], &value[dot + 1..]);
    let humps = name.windows(2).filter(|pair| pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase()).count();
    module.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.'))
        && name.first().is_some_and(u8::is_ascii_uppercase)
        && humps >= 2
        && entropy::wordiness(name) > 0.35
}

/// A name with brackets behind it, or brackets that open and close.
fn is_call(value: &[u8]) -> bool {
    let name = value
        .iter()
        .take_while(|&&b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b'@' | b'!'))
        .count();
    let (open, close) = match value.get(name) {
        Some(b'(') => (b'(', b')'),
        Some(b'[') => (b'[', b']'),
        _ => return false,
    };
    let closed = value[name..].contains(&close);
    // A password may have a bracket in it; a name that digits and letters make up at random is none.
    closed || name > 0 && (entropy::wordiness(&value[..name]) > 0.5 || value.last() == Some(&open))
}

/// Whether a value is a look-up in an object, a map or a function's result: `self._password`, `entry.data[KEY]`. Where no
/// code stands, as in the login of a URL, brackets alone say nothing, and words with dots are what somebody chose, unless programs use them: `igel.nebel.turm`.
pub fn member(value: &[u8], in_code: bool) -> Option<&'static str> {
    let end = value.iter().rposition(|byte| !matches!(byte, b',' | b';' | b'+')).map_or(0, |last| last + 1);
    let value = &value[..end];
    let is_of_code = in_code || value.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'.'));
    let looked_up =
        is_of_code && matches!(value.last(), Some(b')' | b']')) && is_call(value) && !value.starts_with(b"(");
    let of_names = || {
        value.contains(&b'.')
            && is_path_of_names(value)
            && entropy::wordiness(value) > 0.4
            && (in_code || value.split(|&byte| byte == b'.').any(dotted::is_known))
    };
    (looked_up || of_names()).then_some("an expression")
}

/// `&v1.Pod{`, `&config`: what is pointed at.
fn is_address(value: &[u8]) -> bool {
    let Some(name) = value.strip_prefix(b"&") else { return false };
    let name = name.strip_suffix(b"{").unwrap_or(name);
    name.first() == Some(&b'[')
        || !name.is_empty()
            && !name[0].is_ascii_digit()
            && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
            && (name.contains(&b'.') || entropy::wordiness(name) > 0.5)
}

/// `args.pw`, `req.q.tok`: short names of letters alone.
fn is_path_of_names(value: &[u8]) -> bool {
    value.split(|&byte| byte == b'.').all(|part| {
        !part.is_empty() && part.iter().all(|&byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'$')
    })
}

/// Whether a value is a hash of a password, by the mark that such hashes begin with.
pub fn hashed(value: &[u8]) -> Option<&'static str> {
    const MARKS: &[&str] = &[
        "$2a$",
        "$2b$",
        "$2y$",
        "$1$",
        "$5$",
        "$6$",
        "$y$",
        "$argon2",
        "$apr1$",
        "$pbkdf2",
        "$scrypt",
        "pbkdf2_",
        "bcrypt$",
        "{SSHA",
        "{SHA",
        "{MD5",
        "{CRYPT",
        "{bcrypt}",
        "{ssha",
        "sha1$",
        "md5$",
        "argon2$",
        "SCRAM-SHA",
        "sha-256:",
        "sha-512:",
        "SHA-256:",
        "SHA-512:",
        "PBKDF2$",
        "$P$",
        "$S$",
    ];
    let is_hash = |value: &[u8]| {
        MARKS.iter().any(|mark| value.starts_with(mark.as_bytes())) || is_modular(value) || is_digest_of_server(value)
    };
    // `user:hash`, as in a file of such.
    let behind = value.iter().position(|&byte| byte == b':').map(|colon| &value[colon + 1..]);
    (is_hash(value) || behind.is_some_and(is_hash)).then_some("a hash of a password")
}

/// What database servers keep: `*` and SHA-1 twice (MySQL), `md5` and MD5 (PostgreSQL), `0x`, a version and a salted SHA-1 or
/// SHA-512 (SQL Server), `S:` and a salted SHA-1 (Oracle).
fn is_digest_of_server(value: &[u8]) -> bool {
    let is_hex =
        |digits: &[u8], lengths: &[usize]| lengths.contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let behind = |mark: &[u8], lengths: &[usize]| value.strip_prefix(mark).is_some_and(|rest| is_hex(rest, lengths));
    behind(b"*", &[40])
        || behind(b"md5", &[32])
        || behind(b"S:", &[60])
        || behind(b"0x0100", &[48, 88])
        || behind(b"0x0200", &[136])
}

/// `$scheme$…` and `$scheme:…` with much behind it, as all formats of crypt(3) and their like are written.
fn is_modular(value: &[u8]) -> bool {
    let Some(rest) = value.strip_prefix(b"$") else { return false };
    let scheme = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    (1..=20).contains(&scheme) && matches!(rest.get(scheme), Some(b'$' | b':')) && rest.len() >= scheme + 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told() {
        for value in [
            "changeme",
            "<password>",
            "your-api-key",
            "xxxxxxxxxxxx",
            "abcdefghijkl",
            "1234567890",
            "Password123",
            "abcabcabcabc",
            "test1234",
            "testpass123",
            "test_user_password",
            "demo-token-1",
            "qwerty",
            "********",
        ] {
            assert!(placeholder(value.as_bytes()).is_some() || reference(value.as_bytes()).is_some(), "{value}");
        }
        // A short word within a long value that a machine made is chance; at its end, with a joint, or among words it is not.
        let half = ["k7Qm2VxW9bT4nR8z", "L3pD6sYc1HgJ5wKe"];
        for word in ["fAkE", "mock", "ToDo", "xXxX", "bogUs"] {
            assert_eq!(placeholder(half.join(word).as_bytes()), None, "{word}");
        }
        for value in [
            half.join("-fake-"),
            half.join("example"),
            half.join("xxxx"),
            format!("{}fake", half.concat()),
            format!("fake{}", half.concat()),
            "thisIsAFakeSecretForTheTestsOnly1234".to_owned(),
        ] {
            assert!(placeholder(value.as_bytes()).is_some(), "{value}");
        }
        for value in [
            "Kj8$2mQpX9",
            "9f8e7d6c1b4a3f2e",
            "Summer2024!",
            "Tr0ub4dor&3",
            "qwerty2019",
            "testament-pass",
            "TestPass!23",
        ] {
            assert_eq!(placeholder(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn references_are_told() {
        for value in [
            "${DB_PASSWORD}",
            "$DB_PASSWORD",
            "{{ .Values.password }}",
            "%PASSWORD%",
            "op://vault/item/field",
            "vault:secret/data#key",
            "arn:aws:secretsmanager:eu-west-1:1:secret:x",
            "#{password}",
            "%s",
        ] {
            assert!(reference(value.as_bytes()).is_some(), "{value}");
        }
        assert_eq!(reference(b"$2y$10$abcdefghij"), None);
        assert_eq!(reference(b"pa$$word"), None);
    }

    #[test]
    fn code_is_told_from_literals() {
        for value in
            ["getPassword()", "config.password", "userPassword", "os.environ['X']", "args.token", "process.env.TOKEN"]
        {
            assert!(expression(value.as_bytes()).is_some(), "{value}");
        }
        assert_eq!(expression(b"x7Gq2mPz9T"), None);
    }

    #[test]
    fn identifiers_are_told() {
        for value in [
            "123e4567-e89b-12d3-a456-426614174000",
            "sha256:abc",
            "/etc/ssl/private/server.key",
            "https://x.example/y",
            "ops@mail.example.org",
            "2024-01-02",
            "1.2.3",
        ] {
            assert!(identifier(value.as_bytes()).is_some(), "{value}");
        }
    }
}
