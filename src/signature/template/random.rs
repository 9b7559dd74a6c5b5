//! Random text that looks like what it stands for: runs without accidents, UUIDs, words, passwords.

/// The alphabet of this name.
pub(super) fn alphabet(name: &str) -> Option<&'static [u8]> {
    Some(match name {
        "dig" => b"0123456789",
        "hex" => b"0123456789abcdef",
        "HEX" => b"0123456789ABCDEF",
        "an" => b"abcdefghijklmnopqrstuvwxyz0123456789",
        "AN" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "b62" => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "b64" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "b64u" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "b32" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "b32l" => b"abcdefghijklmnopqrstuvwxyz234567",
        "alpha" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "lower" => b"abcdefghijklmnopqrstuvwxyz",
        "upper" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "crock" => super::super::checksum::alphabet::CROCKFORD,
        _ => return None,
    })
}

const WORDS: &[&str] = &[
    "kestrel", "marrow", "lantern", "thicket", "copper", "walnut", "saffron", "gravel", "harbour", "meadow", "turnip",
    "violet", "granite", "pebble", "orchard", "falcon", "bramble", "cinder", "dapple", "ember", "fathom", "gimlet",
    "heather", "indigo", "juniper", "kindle", "lichen", "mallow", "nettle", "osprey", "parsnip", "quarry", "russet",
    "sorrel", "tansy", "umber", "velvet", "wicket", "yarrow", "zephyr",
];

/// Classes that a run over a mixed alphabet must show from this length on.
const MIXED: usize = 12;

/// SplitMix64: a deterministic sequence of numbers from a seed. For examples only, never for secrets.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number from `least` to `most`, both included.
    pub(super) fn within(&mut self, least: usize, most: usize) -> usize {
        least + (self.next() % (most - least + 1) as u64) as usize
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.next() as u8)
    }

    /// Random characters. Neither repeated nor sequential by accident, with no punctuation at the ends, and with every
    /// class of the alphabet where there is room for it.
    pub(super) fn run(&mut self, alphabet: &[u8], length: usize) -> String {
        let classes = |bytes: &[u8]| {
            [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit].map(|class| bytes.iter().any(class))
        };
        let wanted = if length < MIXED { [false; 3] } else { classes(alphabet) };
        loop {
            let mut run: Vec<u8> = Vec::with_capacity(length);
            while run.len() < length {
                let next = alphabet[self.within(0, alphabet.len() - 1)];
                if !is_accident(&run, next, run.len() + 1 == length) {
                    run.push(next);
                }
            }
            let found = classes(&run);
            if wanted.iter().zip(found).all(|(&wanted, found)| found || !wanted) {
                return run.into_iter().map(char::from).collect();
            }
        }
    }

    pub(super) fn run_of(&mut self, name: &str, length: usize) -> String {
        self.run(alphabet(name).expect("the alphabets named in this room exist"), length)
    }

    pub(super) fn uuid(&mut self) -> String {
        let mut hex = self.run_of("hex", 32).into_bytes();
        hex[12] = b'4';
        hex[16] = b"89ab"[self.within(0, 3)];
        let hex: String = hex.into_iter().map(char::from).collect();
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    pub(super) fn word(&mut self) -> &'static str {
        WORDS[self.within(0, WORDS.len() - 1)]
    }

    pub(super) fn password(&mut self) -> String {
        let mut mark = || char::from(b"!*+~"[self.within(0, 3)]);
        let (first_mark, second_mark) = (mark(), mark());
        let (first, second) = (self.word(), self.word());
        let number = self.run_of("dig", 3);
        let tail = self.run_of("b62", 4);
        format!("{}{}{first_mark}{number}{second}{second_mark}{tail}", first[..1].to_uppercase(), &first[1..])
    }
}

fn is_accident(run: &[u8], next: u8, last: bool) -> bool {
    let punctuation = !next.is_ascii_alphanumeric();
    let [.., a, b] = run else {
        return punctuation && (run.is_empty() || last);
    };
    let step = i16::from(next) - i16::from(*b);
    let repeated = *b == next && *a == next;
    let sequential = step.abs() == 1 && i16::from(*b) - i16::from(*a) == step;
    repeated || sequential || (punctuation && (last || !b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_look_random() {
        for seed in 0..300 {
            let mut random = Random::new(seed);
            for name in ["dig", "hex", "an", "b62", "b64", "b64u", "b32", "crock"] {
                let run = random.run_of(name, 20).into_bytes();
                assert!(run.windows(3).all(|three| three[0] != three[1] || three[1] != three[2]));
                assert!(run.windows(3).all(|three| three[1] != three[0] + 1 || three[2] != three[1] + 1));
                assert!(run[0].is_ascii_alphanumeric() && run[19].is_ascii_alphanumeric());
                if name == "b62" {
                    assert!(run.iter().any(u8::is_ascii_digit) && run.iter().any(u8::is_ascii_lowercase));
                }
            }
            let password = random.password();
            assert!(password.len() >= 12 && !password.contains(['"', '\'', '\\', '@', ':', '/', '#', '%', '$']));
        }
    }
}
