//! A certificate that stands after a key and belongs to it: whom it names and when it ends.

use super::super::{CERTIFICATE_EXPIRES, detail};
use super::armour;
use super::der::{BIT_STRING, CONTEXT_0, INTEGER, Reader, SEQUENCE};
use crate::score::Detail;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// Object identifier of a common name.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// Certificates of a chain that are looked at.
const MOST: usize = 8;

/// What is known of the certificate for this public half (modulus, point or public key) in the text around its key.
pub(super) fn beside(public: &[u8], around: &[u8]) -> Vec<Detail> {
    memchr::memmem::find_iter(around, BEGIN)
        .take(MOST)
        .filter_map(|at| armour::read(&around[at..]).ok())
        .find_map(|found| read(&found.body, public))
        .unwrap_or_default()
}

fn read(certificate: &[u8], public: &[u8]) -> Option<Vec<Detail>> {
    let mut reader = Reader(Reader(Reader(certificate).expect(SEQUENCE)?).expect(SEQUENCE)?);
    if reader.0.first() == Some(&CONTEXT_0) {
        reader.next()?;
    }
    reader.expect(INTEGER)?;
    let (_algorithm, _issuer) = (reader.expect(SEQUENCE)?, reader.expect(SEQUENCE)?);
    let mut validity = Reader(reader.expect(SEQUENCE)?);
    let subject = reader.expect(SEQUENCE)?;
    let mut key = Reader(reader.expect(SEQUENCE)?);
    key.expect(SEQUENCE)?;
    memchr::memmem::find(key.expect(BIT_STRING)?, public)?;
    validity.next()?;
    let (kind, text) = validity.next()?;
    let mut details = Vec::new();
    details.extend(common_name(subject).map(|name| detail("certificate_for", &name)));
    details.push(detail(CERTIFICATE_EXPIRES, &time(kind, text)?));
    Some(details)
}

fn common_name(subject: &[u8]) -> Option<String> {
    let mut sets = Reader(subject);
    while let Some(set) = sets.expect(SET) {
        let mut pair = Reader(Reader(set).expect(SEQUENCE)?);
        let (_, kind) = pair.next()?;
        let (_, value) = pair.next()?;
        if kind == COMMON_NAME {
            return String::from_utf8(value.to_vec()).ok();
        }
    }
    None
}

/// `YYMMDDHHMMSSZ`, from 1950 on, or `YYYYMMDDHHMMSSZ`, as RFC 3339.
fn time(kind: u8, text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match kind {
        UTC_TIME => {
            let year: u32 = text.get(..2)?.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, &text[2..])
        }
        GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, &text[4..]),
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    Some(format!("{year:04}-{}-{}T{}:{}:{}Z", part(0)?, part(2)?, part(4)?, part(6)?, part(8)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        assert!(content.len() < 128);
        [&[tag, content.len() as u8], content].concat()
    }

    #[test]
    fn a_certificate_for_the_same_key_is_read() {
        use base64::Engine as _;
        let public = [9u8; 16];
        let name = der(0x30, &[der(6, COMMON_NAME), der(0x0c, b"example.net")].concat());
        let body = [
            der(CONTEXT_0, &der(INTEGER, &[2])),
            der(INTEGER, &[5]),
            der(SEQUENCE, &[]),
            der(SEQUENCE, &[]),
            der(SEQUENCE, &[der(UTC_TIME, b"240101000000Z"), der(UTC_TIME, b"270630235959Z")].concat()),
            der(SEQUENCE, &der(SET, &name)),
        ]
        .concat();
        let key = der(SEQUENCE, &[der(SEQUENCE, &[]), der(BIT_STRING, &[&[0, 4][..], &public].concat())].concat());
        let inner = der(SEQUENCE, &[body, key].concat());
        let text = base64::engine::general_purpose::STANDARD.encode(der(SEQUENCE, &inner));
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let found = beside(&public, pem.as_bytes());
        let shown: Vec<(&str, &str)> = found.iter().map(|one| (one.name, one.value.as_str())).collect();
        assert_eq!(shown, [("certificate_for", "example.net"), ("certificate_expires", "2027-06-30T23:59:59Z")]);
        assert_eq!(beside(&[8; 16], pem.as_bytes()), []);
        assert_eq!(beside(&public, b"-----BEGIN CERTIFICATE-----\nMIIB"), []);
    }

    #[test]
    fn times() {
        assert_eq!(time(GENERALIZED_TIME, b"20510101120000Z").as_deref(), Some("2051-01-01T12:00:00Z"));
        assert_eq!(time(UTC_TIME, b"490101120000Z").as_deref(), Some("2049-01-01T12:00:00Z"));
        assert_eq!(time(UTC_TIME, b"4901"), None);
    }
}
