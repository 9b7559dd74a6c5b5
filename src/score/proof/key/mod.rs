//! Private keys in their armours: decoded and parsed, never used.

mod armour;
mod binary;
mod certificate;
mod der;
mod fingerprint;
mod openssh;
mod pgp;
mod putty;

use super::{Outcome, detail, known};
use crate::score::Detail;
use crate::signature::Severity;
use armour::{Armour, Fault};

pub(super) use binary::{check as binary, identity as binary_identity};
pub(super) use putty::{check as putty, identity as putty_identity};

/// What was read of a private key.
#[derive(Debug, Default)]
struct Key {
    /// Algorithm, as people call it.
    kind: &'static str,
    /// Size of the modulus, in bits.
    bits: Option<usize>,
    /// Name of the elliptic curve.
    curve: Option<&'static str>,
    /// Whether a passphrase protects it.
    encrypted: bool,
    /// The public half: modulus, point or public key; the whole key where its kind has none that is read here.
    public: Option<Vec<u8>>,
    /// The fingerprint of the public half as `ssh-keygen -l` or `gpg` shows it, where its kind is one that they know.
    fingerprint: Option<String>,
}

impl Key {
    /// What tells the key from others, whatever form it is written in.
    fn identity(&self) -> Option<Vec<u8>> {
        let half = match (&self.fingerprint, &self.public) {
            (Some(fingerprint), _) => fingerprint.clone().into_bytes(),
            (None, Some(public)) => [self.kind.as_bytes(), b"\0", public].concat(),
            (None, None) => return None,
        };
        Some(with_passphrase(self.encrypted, &half))
    }

    /// `around` is the text that the key stands in.
    fn outcome(self, around: &[u8]) -> Outcome {
        let mut details = Vec::new();
        if !self.kind.is_empty() {
            details.push(detail("key_type", self.kind));
        }
        if let Some(bits) = self.bits {
            details.push(detail("key_bits", &bits.to_string()));
        }
        if let Some(curve) = self.curve {
            details.push(detail("curve", curve));
        }
        details.push(detail("encrypted", if self.encrypted { "yes" } else { "no" }));
        if let Some(fingerprint) = &self.fingerprint {
            details.push(detail("fingerprint", fingerprint));
        }
        if let Some(public) = &self.public {
            details.extend(certificate::beside(public, around));
        }
        let known = self.public.as_deref().and_then(known::public_key);
        if let Some(owner) = known {
            details.push(detail("known_key", owner));
        }
        let severity = match (known, self.encrypted) {
            (Some(_), _) => Some(Severity::Low),
            (None, true) => Some(Severity::Medium),
            (None, false) => None,
        };
        Outcome::Passed { details, severity }
    }
}

/// A private key in PEM, in OpenSSH's or OpenPGP's form, as it stands in a file, a string literal, or base64.
pub(super) fn check(text: &[u8], around: &[u8]) -> Outcome {
    let armour = match armour::read(text) {
        Ok(armour) => armour,
        Err(Fault::Absent) => return Outcome::Failed { why: "it has no armour of a private key" },
        Err(Fault::Empty) => return Outcome::Drop { why: "an armour without a key" },
        Err(Fault::Elided) => return Outcome::Drop { why: "an armour with a placeholder instead of a key" },
        Err(Fault::NotBase64) => return Outcome::Failed { why: "the body of the key is no base64" },
    };
    if armour.label.contains("PGP") {
        return pgp::check(&armour);
    }
    match parse(&armour) {
        Some(key) => key.outcome(around),
        None => Outcome::Failed { why: "the body of the key does not parse" },
    }
}

/// What stands for a key by its public half: with a passphrase it is another one.
fn with_passphrase(encrypted: bool, half: &[u8]) -> Vec<u8> {
    [if encrypted { &b"encrypted "[..] } else { b"" }, half].concat()
}

/// What tells a private key from others: its public half, or else what its armour holds, or else its text without white space.
pub(super) fn identity(text: &[u8]) -> Vec<u8> {
    let Ok(armour) = armour::read(text) else { return armour::compact(text) };
    let key = if armour.label.contains("PGP") { pgp::parse(&armour.body) } else { parse(&armour) };
    key.and_then(|key| key.identity()).unwrap_or_else(|| [armour.label.as_bytes(), b"\0", &armour.body].concat())
}

/// What a certificate in a text says that is of this key.
pub(super) fn certificate(key: &[u8], text: &[u8]) -> Vec<Detail> {
    let public = armour::read(key).ok().and_then(|armour| parse(&armour)?.public);
    public.map(|public| certificate::beside(&public, text)).unwrap_or_default()
}

fn parse(armour: &Armour) -> Option<Key> {
    if armour.label.starts_with("OPENSSH") {
        return openssh::parse(&armour.body);
    }
    if armour.label.contains("COSIGN") || armour.label.contains("SIGSTORE") {
        let object = serde_json::from_slice::<serde_json::Map<_, _>>(&armour.body).ok()?;
        return object.contains_key("ciphertext").then_some(Key { encrypted: true, ..Key::default() });
    }
    if armour.is_encrypted() {
        let kind = match armour.label.split(' ').next() {
            Some("RSA") => "RSA",
            Some("EC") => "EC",
            Some("DSA") => "DSA",
            _ => "",
        };
        // Ciphertext of a block cipher: there is nothing to parse, but it fills whole blocks.
        let whole = armour.body.len() >= 32 && armour.body.len().is_multiple_of(8);
        return whole.then_some(Key { kind, encrypted: true, ..Key::default() });
    }
    let mut key = der::parse(&armour.body)?;
    key.public = key.public.or_else(|| Some(armour.body.clone()));
    Some(key)
}
