//! Private keys of random numbers in every armour. They parse, and they open nothing: the numbers do not belong together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::checksum::{self, putty};
use super::random::Random;

/// A private key in the armour of this name, without a line break at its end.
pub(super) fn armoured(random: &mut Random, kind: &str) -> Result<String, String> {
    Ok(match kind {
        "rsa" => block("RSA PRIVATE KEY", &rsa(random), 64),
        "pkcs8" => {
            let algorithm = der(0x30, &[der(6, RSA_ENCRYPTION), der(5, &[])].concat());
            let key = der(4, &rsa(random));
            block("PRIVATE KEY", &der(0x30, &[der(2, &[0]), algorithm, key].concat()), 64)
        }
        "ec" => {
            let public = [&[0, 4][..], &random.bytes(64)].concat();
            let parts =
                [der(2, &[1]), der(4, &random.bytes(32)), der(0xa0, &der(6, PRIME256V1)), der(0xa1, &der(3, &public))];
            block("EC PRIVATE KEY", &der(0x30, &parts.concat()), 64)
        }
        "ec-pkcs8" => {
            let algorithm = der(0x30, &[der(6, EC_PUBLIC_KEY), der(6, PRIME256V1)].concat());
            let public = [&[0, 4][..], &random.bytes(64)].concat();
            let key = [der(2, &[1]), der(4, &random.bytes(32)), der(0xa1, &der(3, &public))].concat();
            block("PRIVATE KEY", &der(0x30, &[der(2, &[0]), algorithm, der(4, &der(0x30, &key))].concat()), 64)
        }
        "ed25519" => {
            let algorithm = der(0x30, &der(6, ED25519));
            let key = der(4, &der(4, &random.bytes(32)));
            block("PRIVATE KEY", &der(0x30, &[der(2, &[0]), algorithm, key].concat()), 64)
        }
        "dsa" => {
            let mut parts = der(2, &[0]);
            for length in [256, 32, 256, 256, 32] {
                parts.extend(integer(random, length));
            }
            block("DSA PRIVATE KEY", &der(0x30, &parts), 64)
        }
        "encrypted" => block("ENCRYPTED PRIVATE KEY", &encrypted(random), 64),
        "openssh" => block("OPENSSH PRIVATE KEY", &openssh(random), 70),
        "pgp" => pgp(random),
        "putty" => putty_file(random),
        _ => return Err(format!("`{{pem:{kind}}}` is no element")),
    })
}

const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];
const AES256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];
const ED25519_LEGACY: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];

fn wrapped(bytes: &[u8], width: usize) -> Vec<String> {
    let text = STANDARD.encode(bytes);
    text.as_bytes().chunks(width).map(|line| line.iter().copied().map(char::from).collect()).collect()
}

fn block(label: &str, bytes: &[u8], width: usize) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", wrapped(bytes, width).join("\n"))
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        length @ 0..=0x7f => out.push(length as u8),
        length @ 0x80..=0xff => out.extend([0x81, length as u8]),
        length => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(content);
    out
}

/// A positive odd integer of exactly this many bytes.
fn integer(random: &mut Random, length: usize) -> Vec<u8> {
    let mut bytes = random.bytes(length);
    bytes[0] |= 0x80;
    bytes[length - 1] |= 1;
    bytes.insert(0, 0);
    der(2, &bytes)
}

fn rsa(random: &mut Random) -> Vec<u8> {
    let mut parts = der(2, &[0]);
    parts.extend(integer(random, 256));
    parts.extend(der(2, &[1, 0, 1]));
    for length in [256, 128, 128, 128, 128, 128] {
        parts.extend(integer(random, length));
    }
    der(0x30, &parts)
}

fn encrypted(random: &mut Random) -> Vec<u8> {
    let prf = der(0x30, &[der(6, HMAC_SHA256), der(5, &[])].concat());
    let parameters = der(0x30, &[der(4, &random.bytes(16)), der(2, &[8, 0]), prf].concat());
    let derivation = der(0x30, &[der(6, PBKDF2), parameters].concat());
    let cipher = der(0x30, &[der(6, AES256_CBC), der(4, &random.bytes(16))].concat());
    let scheme = der(0x30, &[der(6, PBES2), der(0x30, &[derivation, cipher].concat())].concat());
    der(0x30, &[scheme, der(4, &random.bytes(1232))].concat())
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

fn openssh(random: &mut Random) -> Vec<u8> {
    let (public, seed, check) = (random.bytes(32), random.bytes(32), random.bytes(4));
    let comment = format!("{}@{}", random.word(), random.word());
    let public_blob = [string(b"ssh-ed25519"), string(&public)].concat();
    let mut private =
        [check.clone(), check, public_blob.clone(), string(&[seed, public].concat()), string(comment.as_bytes())]
            .concat();
    for pad in 1.. {
        if private.len() % 8 == 0 {
            break;
        }
        private.push(pad);
    }
    [
        b"openssh-key-v1\0".to_vec(),
        string(b"none"),
        string(b"none"),
        string(b""),
        1u32.to_be_bytes().to_vec(),
        string(&public_blob),
        string(&private),
    ]
    .concat()
}

/// A secret-key packet without protection and a user id (RFC 9580).
fn pgp(random: &mut Random) -> String {
    let mut secret = [&[1, 0][..], &random.bytes(32)].concat();
    secret[2] |= 0x80;
    let sum = secret.iter().fold(0u16, |sum, &byte| sum.wrapping_add(byte.into()));
    let packet = [
        vec![4],
        random.bytes(4),
        vec![22, ED25519_LEGACY.len() as u8],
        ED25519_LEGACY.to_vec(),
        [&[1, 7, 0x40][..], &random.bytes(32)].concat(),
        vec![0],
        secret,
        sum.to_be_bytes().to_vec(),
    ]
    .concat();
    let user = format!("{} <{}@mail.example>", random.word(), random.word());
    let bytes = [&[0xc5, packet.len() as u8][..], &packet, &[0xcd, user.len() as u8], user.as_bytes()].concat();
    let sum = STANDARD.encode(&checksum::crc24_openpgp(&bytes).to_be_bytes()[1..]);
    let label = "PGP PRIVATE KEY BLOCK";
    format!("-----BEGIN {label}-----\n\n{}\n={sum}\n-----END {label}-----", wrapped(&bytes, 64).join("\n"))
}

fn putty_file(random: &mut Random) -> String {
    let kind = "ssh-ed25519";
    let comment = format!("{}-key", random.word());
    let public = [string(kind.as_bytes()), string(&random.bytes(32))].concat();
    let private = string(&random.bytes(32));
    let key = putty::Key {
        version: 3,
        algorithm: kind.as_bytes(),
        comment: comment.as_bytes(),
        public: &public,
        private: &private,
    };
    let (public, private) = (wrapped(&public, 64), wrapped(&private, 64));
    format!(
        "PuTTY-User-Key-File-3: {kind}\nEncryption: none\nComment: {comment}\nPublic-Lines: {}\n{}\nPrivate-Lines: {}\n{}\nPrivate-MAC: {}",
        public.len(),
        public.join("\n"),
        private.len(),
        private.join("\n"),
        key.mac(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn armours_have_both_ends() {
        for kind in ["rsa", "pkcs8", "ec", "ec-pkcs8", "ed25519", "dsa", "openssh", "encrypted", "pgp"] {
            let text = armoured(&mut Random::new(9), kind).expect(kind);
            assert!(text.starts_with("-----BEGIN ") && text.ends_with("-----") && !text.contains("=\n\n"), "{kind}");
        }
        let body = openssh(&mut Random::new(9));
        assert!(STANDARD.encode(body).starts_with("b3BlbnNzaC1rZXktdjE"));
    }
}
