//! Private keys that are public on purpose: the public half's SHA-256 tells them, whatever the armour.

use sha2::{Digest as _, Sha256};

/// A line a key: SHA-256 of the RSA modulus without leading zeros, of the point of an elliptic curve, or of the Ed25519
/// public key, or of the whole DER of a kind without any of these; then whose it is. Each was computed from the key as its
/// project publishes it.
const KEYS: &str = include_str!("known_keys.txt");

fn keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

/// Whose key this is, if everybody has it. `half` is what the list's digests are of.
pub(super) fn public_key(half: &[u8]) -> Option<&'static str> {
    let half = &half[half.iter().position(|&byte| byte != 0)?..];
    let digest: String = Sha256::digest(half).iter().map(|byte| format!("{byte:02x}")).collect();
    keys().find(|(known, _)| *known == digest).map(|(_, owner)| owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sound() {
        assert!(keys().count() > 50);
        for (digest, owner) in keys() {
            assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
            assert!(!owner.is_empty());
        }
    }
}
