//! Certificates that stand encoded beside a key that is encoded, too: `client-certificate-data` and `client-key-data` of a kubeconfig,
//! `tls.crt` and `tls.key` of a Secret. A proof sees the decoded key alone.

use super::{DecodedText, Detector, Judged};
use crate::decode;
use crate::score::proof;
use crate::signature::Proof;

/// Bytes to either side of a key in which its certificate may stand.
const NEAR: usize = 24_576;
/// `-----BEGIN CERTIFICATE-----` in base64, but for the bits that go on in what follows.
const BEGIN: &[u8] = b"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t";
/// Certificates that are looked at.
const MOST: usize = 8;
/// Bytes of base64 that are decoded of one, at most: a chain has some.
const LONGEST: usize = 32 << 10;

impl Detector<'_> {
    /// Adds what the certificates of keys say.
    pub(super) fn add_certificates(&self, text: &[u8], judged: &mut [Judged], decoded: &[DecodedText]) {
        for one in judged.iter_mut().filter(|one| one.verdict.confidence.is_some()) {
            let Some(index) = one.decoded else { continue };
            let is_key = self.rule(&one.candidate).signature.proof == Some(Proof::PrivateKey);
            if !is_key || one.verdict.details.iter().any(|detail| detail.name == proof::CERTIFICATE_EXPIRES) {
                continue;
            }
            let key = &decoded[index].text[one.candidate.secret.range()];
            let near = &text[one.stored.start.saturating_sub(NEAR)..text.len().min(one.stored.end + NEAR)];
            let details = memchr::memmem::find_iter(near, BEGIN).take(MOST).find_map(|at| {
                let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
                let length = near[at..].iter().take(LONGEST).take_while(is_part).count();
                let certificates = decode::base64(&near[at..at + length])?;
                Some(proof::certificate(key, &certificates)).filter(|details| !details.is_empty())
            });
            one.verdict.details.extend(details.into_iter().flatten());
        }
    }
}
