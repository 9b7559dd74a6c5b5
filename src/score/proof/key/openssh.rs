//! OpenSSH's own key format (PROTOCOL.key): strings with lengths of four bytes.

use super::{Key, fingerprint};

const MAGIC: &[u8] = b"openssh-key-v1\0";

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*bytes))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (content, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }
}

/// What tells a public half in OpenSSH's form: the modulus, the point, the key.
pub(super) fn half(public: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(public);
    match reader.string()? {
        b"ssh-rsa" => reader.string().and_then(|_exponent| reader.string()),
        b"ssh-ed25519" | b"ssh-dss" => reader.string(),
        _ => reader.string().and_then(|_curve| reader.string()),
    }
}

/// Parses a key. Where it is not encrypted, its two check numbers must be equal.
pub(super) fn parse(bytes: &[u8]) -> Option<Key> {
    let mut reader = Reader(bytes.strip_prefix(MAGIC)?);
    let cipher = reader.string()?;
    let _derivation = (reader.string()?, reader.string()?);
    if reader.number()? == 0 {
        return None;
    }
    let half_text = reader.string()?;
    let mut public = Reader(half_text);
    let mut private = Reader(reader.string()?);
    let name = public.string()?;
    let (kind, curve) = match name {
        b"ssh-rsa" => ("RSA", None),
        b"ssh-dss" => ("DSA", None),
        b"ssh-ed25519" => ("Ed25519", None),
        b"ecdsa-sha2-nistp256" => ("EC", Some("P-256")),
        b"ecdsa-sha2-nistp384" => ("EC", Some("P-384")),
        b"ecdsa-sha2-nistp521" => ("EC", Some("P-521")),
        b"sk-ssh-ed25519@openssh.com" => ("Ed25519 on a security key", None),
        b"sk-ecdsa-sha2-nistp256@openssh.com" => ("EC on a security key", Some("P-256")),
        _ => ("", None),
    };
    let half = half(half_text);
    let encrypted = cipher != b"none";
    if !encrypted && (private.number()? != private.number()? || private.string()? != name) {
        return None;
    }
    let bits = half.filter(|_| matches!(name, b"ssh-rsa" | b"ssh-dss")).map(|modulus| {
        let modulus = &modulus[modulus.iter().position(|&byte| byte != 0).unwrap_or(modulus.len())..];
        modulus.len() * 8 - modulus.first().map_or(0, |first| first.leading_zeros() as usize)
    });
    Some(Key {
        kind,
        bits,
        curve,
        encrypted,
        public: half.map(<[u8]>::to_vec),
        fingerprint: Some(fingerprint::of(half_text)),
    })
}
