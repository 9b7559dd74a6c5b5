//! Whether a value is what somebody's key encrypted, by the mark or the header that such a text begins with.

/// How texts begin that a key encrypted which is kept elsewhere, and how long they are at least.
const BEGINNINGS: &[(&[u8], usize)] = &[
    // AWS KMS and Google Cloud KMS in base64: the version and the length of a key's id.
    (b"AQICAH", 80),
    (b"AQECAH", 80),
    (b"CiQA", 80),
    (b"CiUA", 80),
    // An OpenPGP message (RFC 9580) in base64: a session key for somebody's RSA, ElGamal or ECDH key of the usual sizes comes first.
    (b"wcFMA", 80),
    (b"wcBMA", 80),
    (b"wcDMA", 80),
    (b"wYwD", 80),
    (b"wV4D", 80),
    (b"hQEMA", 80),
    (b"hQIMA", 80),
    (b"hQGMA", 80),
    (b"hF4D", 80),
    (b"hIwD", 80),
    // DPAPI of Windows (CryptProtectData) in base64: version 1, and the GUID of its provider.
    (b"AQAAANCMnd8BFdERjHoAwE/Cl+sB", 40),
    // A session key that a key pair of Windows wraps (SIMPLEBLOB of AES-256 and AES-128), as configurations of IIS have it.
    (b"AQIAABBmAAAApAAA", 40),
    (b"AQIAAA5mAAAApAAA", 40),
    // Atlassian Bamboo, Talend, and the vault of JBoss.
    (b"BAMSCRT@", 20),
    (b"enc:routine.encryption.key", 30),
    (b"MASK-", 12),
];
/// The beginning of DPAPI's in hexadecimal, as remote desktop files have it.
const DPAPI: &[u8] = b"01000000D08C9DDF0115D1118C7A00C04FC297EB";

/// Whether a value is ciphertext.
pub fn ciphertext(value: &[u8]) -> bool {
    let begins = |(mark, least): &(&[u8], usize)| value.starts_with(mark) && value.len() >= *least;
    // The type of a value in a remote desktop file, and of bytes: `51:b:…`.
    let bytes = value.strip_prefix(b"51:b:").unwrap_or(value);
    let is_dpapi = bytes.get(..DPAPI.len()).is_some_and(|head| head.eq_ignore_ascii_case(DPAPI));
    is_dpapi
        || is_sealed(value)
        || is_of_stack(value)
        || value.iter().all(u8::is_ascii_graphic) && BEGINNINGS.iter().any(begins)
}

/// What the controller of Sealed Secrets encrypts: base64 of the length of a session key of 512 bytes, and that key. One of some
/// length is taken by its first two letters: what is written for a sample has no more.
fn is_sealed(value: &[u8]) -> bool {
    matches!(value, [b'A', b'g', third, ..] if value.len() >= 200 || value.len() >= 120 && (b'A'..=b'D').contains(third))
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// What Pulumi encrypts with the key of a stack: a version, a nonce of 12 bytes and the ciphertext, in base64.
fn is_of_stack(value: &[u8]) -> bool {
    const NONCE: usize = 16;
    let is_base64 = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte));
    let parts = value.strip_prefix(b"v1:").and_then(|rest| rest.split_at_checked(NONCE));
    parts.is_some_and(
        |(nonce, rest)| matches!(rest, [b':', text @ ..] if text.len() >= 24 && is_base64(text) && is_base64(nonce)),
    )
}
