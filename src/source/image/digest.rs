//! Digests, `ALGORITHM:HEX`: what they look like, and those of bytes that pass.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256, Sha512};

/// A digest cut at its colon, if it is one: what it holds is safe as a file name.
pub(super) fn digest_parts(digest: &str) -> Option<(&str, &str)> {
    let (algorithm, hex) = digest.split_once(':')?;
    let algorithm_is_plain = !algorithm.is_empty()
        && algorithm.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+._-".contains(&byte))
        && !algorithm.starts_with('.');
    let hex_is_hex = hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (algorithm_is_plain && hex_is_hex).then_some((algorithm, hex))
}

/// Computes a digest of one algorithm.
pub(super) enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// For a digest's algorithm; `None` for one that is not known here, which then goes unverified.
    pub fn for_digest(digest: &str) -> Option<Self> {
        match digest_parts(digest)?.0 {
            "sha256" => Some(Hasher::Sha256(Sha256::new())),
            "sha512" => Some(Hasher::Sha512(Sha512::new())),
            _ => None,
        }
    }

    /// For the algorithm that is used everywhere.
    pub fn sha256() -> Self {
        Hasher::Sha256(Sha256::new())
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest, as manifests write it.
    pub fn finish(self) -> String {
        match self {
            Hasher::Sha256(hasher) => format!("sha256:{}", hex(&hasher.finalize())),
            Hasher::Sha512(hasher) => format!("sha512:{}", hex(&hasher.finalize())),
        }
    }
}

/// Whether bytes have a digest; one of an unknown algorithm is believed.
pub(super) fn has_digest(bytes: &[u8], digest: &str) -> bool {
    Hasher::for_digest(digest).is_none_or(|mut hasher| {
        hasher.update(bytes);
        hasher.finish().eq_ignore_ascii_case(digest)
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A reader that computes a digest of what passes.
pub(super) struct Hashing<R> {
    inner: R,
    hasher: Option<Hasher>,
}

impl<R> Hashing<R> {
    pub fn new(inner: R, hasher: Option<Hasher>) -> Self {
        Hashing { inner, hasher }
    }

    /// The digest of all that was read.
    pub fn finish(self) -> Option<String> {
        self.hasher.map(Hasher::finish)
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..count]);
        }
        Ok(count)
    }
}
