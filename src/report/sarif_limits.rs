//! What code scanning takes of one run: a number of results, and a size of the compressed file.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::wire::write_json;

/// Results of one run that are taken.
pub(super) const RESULTS: usize = 25_000;
/// Bytes of the compressed file that are taken.
pub(super) const COMPRESSED_BYTES: usize = 10_000_000;
/// What of that is kept for all but the results: rules and notifications.
const REST: usize = 2_000_000;
/// Fewer results are not measured, unless they are large: no compressed result is larger than a plain one.
const PLAIN_BYTES: usize = COMPRESSED_BYTES - REST;

/// How many of the results fit, from the first one on, and how many there are.
pub(super) fn fitting<T: Serialize>(results: impl Iterator<Item = T>) -> (usize, usize) {
    let mut measure = Measure::default();
    let (mut fit, mut all) = (0, 0);
    for result in results {
        all += 1;
        if fit + 1 == all && all <= RESULTS && measure.takes(&result) {
            fit = all;
        }
    }
    (fit, all)
}

/// Counts the bytes of what is compressed, and keeps none.
#[derive(Default)]
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct Measure {
    plain: usize,
    /// Results that were not compressed yet: as a rule all of them stay here.
    waiting: Vec<u8>,
    compressed: Option<GzEncoder<Counter>>,
}

impl Measure {
    /// Whether there is room for one more.
    fn takes(&mut self, result: &impl Serialize) -> bool {
        let before = self.waiting.len();
        if write_json(result, &mut self.waiting).is_err() {
            return true;
        }
        self.plain += self.waiting.len() - before;
        if self.plain <= PLAIN_BYTES {
            return true;
        }
        let encoder = self.compressed.get_or_insert_with(|| GzEncoder::new(Counter::default(), Compression::default()));
        // A counter takes everything.
        let _ = encoder.write_all(&self.waiting);
        self.waiting.clear();
        encoder.get_ref().0 <= PLAIN_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text that does not compress.
    fn noise(seed: u64, length: usize) -> String {
        let mut state = seed.wrapping_mul(2).wrapping_add(1);
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + ((state >> 33) % 26) as u8)
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn the_number_is_kept() {
        assert_eq!(fitting(0..0), (0, 0));
        assert_eq!(fitting(0..25_000), (25_000, 25_000));
        assert_eq!(fitting(0..30_000), (25_000, 30_000));
    }

    #[test]
    fn the_size_is_kept() {
        // The same text over and over is small when it is compressed.
        let same = noise(1, 10_000);
        assert_eq!(fitting((0..2_000).map(|_| &same)), (2_000, 2_000));
        let (fit, all) = fitting((0..2_000).map(|seed| noise(seed, 10_000)));
        let bytes: usize = (0..fit as u64).map(|seed| noise(seed, 10_000).len()).sum();
        assert!(all == 2_000 && fit < all && bytes > PLAIN_BYTES && bytes < 2 * COMPRESSED_BYTES, "{fit}");
    }
}
