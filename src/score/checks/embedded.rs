//! What a value holds in base64 that is none: media, archives, certificates, public keys.

/// Whether a value is embedded media or a public object in base64, told by its first bytes.
pub fn embedded(value: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: &[(&str, &str)] = &[
        ("iVBORw0KGgo", "an image"),
        ("/9j/", "an image"),
        ("R0lGOD", "an image"),
        ("PHN2Zy", "an image"),
        ("UklGR", "an image"),
        ("JVBERi0", "a document"),
        ("UEsDB", "an archive"),
        ("H4sI", "compressed data"),
        ("d09GR", "a font"),
        ("d09GMg", "a font"),
        ("AAEAAAA", "a font"),
        ("T1RUTw", "a font"),
        ("AGFzbQ", "a program"),
        ("LS0tLS1CRUdJTiBDRVJU", "a certificate"),
        ("LS0tLS1CRUdJTiBQVUJMSUM", "a public key"),
        ("ssh-rsa ", "a public key"),
        ("ssh-ed25519 ", "a public key"),
        ("ecdsa-sha2-", "a public key"),
        ("ssh-ed25519", "a kind of key"),
        ("scram-sha-", "a way to sign in"),
        ("data:", "embedded data"),
        ("AAAAB3NzaC1", "a public key"),
        ("AAAAC3NzaC1", "a public key"),
        // SubjectPublicKeyInfo (RFC 5280) of RSA, of the usual curves, of Ed25519 and X25519.
        ("MIGfMA0GCSqGSIb3DQEBAQUAA4GN", "a public key"),
        ("MFwwDQYJKoZIhvcNAQEBBQADSw", "a public key"),
        ("MIIBIjANBgkqhkiG9w0BAQEF", "a public key"),
        ("MIIBojANBgkqhkiG9w0BAQEF", "a public key"),
        ("MIICIjANBgkqhkiG9w0BAQEF", "a public key"),
        ("MFkwEwYHKoZIzj0CAQ", "a public key"),
        ("MFYwEAYHKoZIzj0CAQ", "a public key"),
        ("MHYwEAYHKoZIzj0CAQ", "a public key"),
        ("MIGbMBAGByqGSM49AgE", "a public key"),
        ("MCowBQYDK2V", "a public key"),
        ("-----BEGIN CERT", "a certificate"),
        ("-----BEGIN PUBLIC", "a public key"),
    ];
    if is_outline(value) {
        return Some("the outline of an icon");
    }
    if is_signed_object(value) {
        return Some("a certificate");
    }
    BEGINNINGS.iter().find(|(beginning, _)| value.starts_with(beginning.as_bytes())).map(|(_, what)| *what)
}

/// `M12 1C8.7 1 6 3.7 6 7v2H5v12h14V9h-1V7`: the data of a path in SVG.
fn is_outline(value: &[u8]) -> bool {
    let is_part = |byte: &u8| {
        byte.is_ascii_digit() || b" ,.-".contains(byte) || b"mlhvcsqtaz".contains(&byte.to_ascii_lowercase())
    };
    matches!(value, [b'M' | b'm', b'0'..=b'9' | b'.' | b'-' | b' ', ..])
        && value.len() >= 12
        && value.iter().any(|byte| matches!(byte, b' ' | b',' | b'.'))
        && value.iter().all(is_part)
}

/// A certificate, a request for one or a list of revoked ones (RFC 5280, RFC 2986) in base64 of DER: a sequence of some length that
/// begins with another. Keys begin with a number, public ones and encrypted ones with a short sequence.
fn is_signed_object(value: &[u8]) -> bool {
    value.len() >= 100
        && matches!(value, [b'M', b'I', b'I', _, _, b'D' | b'T' | b'j' | b'z', b'C', b'C', ..])
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=\\".contains(byte))
}
