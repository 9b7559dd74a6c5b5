//! As much of ASN.1's distinguished encoding as private keys need: PKCS #1, PKCS #8 (RFC 5208, 5958), SEC 1, DSA.

use super::{Key, fingerprint};

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;
/// The public half in the second version of PKCS #8, as a primitive element.
const PUBLIC_KEY: u8 = 0x81;

/// Algorithms of PKCS #8 by the content of their object identifier.
const ALGORITHMS: &[(&[u8], &str)] = &[
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01], "RSA"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a], "RSA-PSS"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01], "EC"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], "DSA"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01], "DH"),
    (&[0x2b, 0x65, 0x6e], "X25519"),
    (&[0x2b, 0x65, 0x6f], "X448"),
    (&[0x2b, 0x65, 0x70], "Ed25519"),
    (&[0x2b, 0x65, 0x71], "Ed448"),
];

const CURVES: &[(&[u8], &str)] = &[
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], "P-256"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], "P-384"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], "P-521"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x21], "P-224"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x0a], "secp256k1"),
];

fn named(table: &[(&[u8], &'static str)], identifier: &[u8]) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == identifier).map(|(_, name)| *name)
}

/// Elements one after the other.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element: its tag and its content.
    pub fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (digits.iter().fold(0usize, |length, &byte| length << 8 | usize::from(byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element, if it has this tag.
    pub fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    /// The rest, if all of it is integers that are not negative.
    fn integers(mut self) -> Option<Vec<&'a [u8]>> {
        let mut all = Vec::new();
        while !self.0.is_empty() {
            let content = self.expect(INTEGER).filter(|content| content.first().is_some_and(|&first| first < 0x80))?;
            all.push(&content[content.iter().position(|&byte| byte != 0).unwrap_or(content.len())..]);
        }
        Some(all)
    }
}

/// Parses a private key of any of these forms; the first elements tell which it is.
pub(super) fn parse(bytes: &[u8]) -> Option<Key> {
    let content = Reader(bytes).expect(SEQUENCE)?;
    let mut reader = Reader(content);
    let (tag, version) = reader.next()?;
    if tag == SEQUENCE {
        return encrypted(version, reader);
    }
    if tag != INTEGER || version.len() != 1 || version[0] > 1 {
        return None;
    }
    match reader.0.first() {
        Some(&SEQUENCE) => pkcs8(reader),
        Some(&OCTET_STRING) => sec1(reader, None),
        Some(&INTEGER) => numbers(&reader.integers()?),
        _ => None,
    }
}

/// PKCS #1 has eight numbers (more for several primes), DSA five.
fn numbers(numbers: &[&[u8]]) -> Option<Key> {
    let kind = match numbers.len() {
        5 => "DSA",
        8.. => "RSA",
        _ => return None,
    };
    let modulus = numbers[0];
    let bits = (modulus.len() * 8).checked_sub(modulus.first()?.leading_zeros() as usize)?;
    (bits >= 256 && numbers.iter().all(|number| !number.is_empty())).then(|| Key {
        kind,
        bits: Some(bits),
        public: Some(modulus.to_vec()),
        fingerprint: Some(fingerprint::of(&if kind == "RSA" {
            fingerprint::rsa(numbers[1], modulus)
        } else {
            fingerprint::dsa(&numbers[..4])
        })),
        ..Key::default()
    })
}

fn pkcs8(mut reader: Reader<'_>) -> Option<Key> {
    let mut algorithm = Reader(reader.expect(SEQUENCE)?);
    let identifier = algorithm.expect(OBJECT_IDENTIFIER)?;
    let private = reader.expect(OCTET_STRING)?;
    let kind = named(ALGORITHMS, identifier).unwrap_or("");
    match kind {
        "RSA" | "RSA-PSS" => Some(Key { kind, ..parse(private).filter(|key| key.kind == "RSA")? }),
        "EC" => {
            let curve = algorithm.expect(OBJECT_IDENTIFIER).and_then(|curve| named(CURVES, curve));
            let mut inner = Reader(Reader(private).expect(SEQUENCE)?);
            inner.expect(INTEGER)?;
            sec1(inner, curve)
        }
        "Ed25519" | "X25519" => {
            if Reader(private).expect(OCTET_STRING)?.len() != 32 {
                return None;
            }
            let mut key = Key { kind, ..Key::default() };
            while let Some((tag, content)) = reader.next() {
                if let (PUBLIC_KEY, [0, public @ ..]) = (tag, content) {
                    key.public = Some(public.to_vec());
                    key.fingerprint = (kind == "Ed25519" && public.len() == 32)
                        .then(|| fingerprint::of(&fingerprint::ed25519(public)));
                }
            }
            Some(key)
        }
        _ => (!private.is_empty()).then(|| Key { kind, ..Key::default() }),
    }
}

/// After the version: the private number, and optionally the curve and the public point.
fn sec1(mut reader: Reader<'_>, curve: Option<&'static str>) -> Option<Key> {
    let private = reader.expect(OCTET_STRING)?;
    if !(20..=80).contains(&private.len()) {
        return None;
    }
    let mut key = Key { kind: "EC", curve, ..Key::default() };
    while let Some((tag, content)) = reader.next() {
        match tag {
            CONTEXT_0 => {
                key.curve =
                    key.curve.or_else(|| named(CURVES, Reader(content).expect(OBJECT_IDENTIFIER).unwrap_or_default()));
            }
            CONTEXT_1 => {
                let point = Reader(content).expect(BIT_STRING)?;
                key.public = point.split_first().map(|(_, point)| point.to_vec());
            }
            _ => return None,
        }
    }
    key.fingerprint = key
        .curve
        .zip(key.public.as_deref())
        .and_then(|(curve, point)| fingerprint::ec(curve, point))
        .map(|half| fingerprint::of(&half));
    Some(key)
}

/// PKCS #8, encrypted: the algorithm and a string of bytes.
fn encrypted(algorithm: &[u8], mut reader: Reader<'_>) -> Option<Key> {
    Reader(algorithm).expect(OBJECT_IDENTIFIER)?;
    let content = reader.expect(OCTET_STRING)?;
    (content.len() >= 32).then(|| Key { encrypted: true, ..Key::default() })
}
