//! The public half of a key as OpenSSH writes it (RFC 4253, 5656, 8709), and its fingerprint as `ssh-keygen -l` shows it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest as _, Sha256};

/// `SHA256:` and the digest of a public half in OpenSSH's form.
pub(super) fn of(public: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(public)))
}

/// An RSA key by its exponent and modulus.
pub(super) fn rsa(exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    [string(b"ssh-rsa"), number(exponent), number(modulus)].concat()
}

/// A DSA key by its four public numbers.
pub(super) fn dsa(numbers: &[&[u8]]) -> Vec<u8> {
    let mut out = string(b"ssh-dss");
    numbers.iter().for_each(|one| out.extend(number(one)));
    out
}

/// A key on a NIST curve by its uncompressed point; `None` for other curves and forms.
pub(super) fn ec(curve: &str, point: &[u8]) -> Option<Vec<u8>> {
    let name: &[u8] = match curve {
        "P-256" => b"nistp256",
        "P-384" => b"nistp384",
        "P-521" => b"nistp521",
        _ => return None,
    };
    let is_uncompressed = point.first() == Some(&4);
    is_uncompressed.then(|| [string(&[b"ecdsa-sha2-", name].concat()), string(name), string(point)].concat())
}

/// An Ed25519 key by its 32 bytes.
pub(super) fn ed25519(public: &[u8]) -> Vec<u8> {
    [string(b"ssh-ed25519"), string(public)].concat()
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
}

/// A number without leading zeros, and with one where the highest bit is set.
fn number(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len())..];
    match bytes.first() {
        Some(0x80..) => string(&[&[0], bytes].concat()),
        _ => string(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_halves_as_openssh_writes_them() {
        assert_eq!(rsa(&[1, 0, 1], &[0, 0x81, 2]), b"\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01\0\0\0\x03\0\x81\x02");
        assert_eq!(ed25519(&[7; 4]), b"\0\0\0\x0bssh-ed25519\0\0\0\x04\x07\x07\x07\x07");
        assert!(ec("P-256", &[4, 1]).is_some_and(|half| half.ends_with(b"\0\0\0\x08nistp256\0\0\0\x02\x04\x01")));
        assert_eq!(ec("secp256k1", &[4, 1]), None);
        assert_eq!(ec("P-256", &[2, 1]), None);
        // `printf '' | openssl dgst -sha256 -binary | base64` without its padding.
        assert_eq!(of(b""), "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU");
    }
}
