//! Entropy and wordiness of short byte strings.

/// Shannon entropy of the bytes, in bits a byte: 0 for one repeated byte, at most 8.
pub fn shannon(bytes: &[u8]) -> f32 {
    if bytes.is_empty() {
        return 0.0;
    }
    let mut counts = [0u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let total = bytes.len() as f32;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| count as f32 / total)
        .map(|share| -share * share.log2())
        // The sum of one is -0.
        .sum::<f32>()
        .max(0.0)
}

/// The smallest of the usual alphabets that holds all bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alphabet {
    /// `0-9`.
    Digits,
    /// `0-9` and one case of `a-f`.
    Hex,
    /// One case of letters, with or without digits.
    OneCase,
    /// Letters of both cases, with or without digits.
    Base62,
    /// Those and `+ / - _ =`.
    Base64,
    /// Printable ASCII.
    Printable,
    /// Anything else.
    Bytes,
}

impl Alphabet {
    /// The alphabet of these bytes.
    pub fn of(bytes: &[u8]) -> Alphabet {
        let (mut lower, mut upper, mut base64, mut printable, mut other) = (false, false, false, false, false);
        let (mut letters, mut beyond_hex) = (false, false);
        for &byte in bytes {
            match byte {
                b'0'..=b'9' => {}
                b'a'..=b'z' => {
                    lower = true;
                    letters = true;
                    beyond_hex |= byte > b'f';
                }
                b'A'..=b'Z' => {
                    upper = true;
                    letters = true;
                    beyond_hex |= byte > b'F';
                }
                b'+' | b'/' | b'-' | b'_' | b'=' => base64 = true,
                b' '..=b'~' => printable = true,
                _ => other = true,
            }
        }
        match () {
            () if other => Alphabet::Bytes,
            () if printable => Alphabet::Printable,
            () if base64 => Alphabet::Base64,
            () if !letters => Alphabet::Digits,
            () if lower && upper => Alphabet::Base62,
            () if beyond_hex => Alphabet::OneCase,
            () => Alphabet::Hex,
        }
    }

    /// Number of different characters.
    pub fn size(self) -> u32 {
        match self {
            Alphabet::Digits => 10,
            Alphabet::Hex => 16,
            Alphabet::OneCase => 36,
            Alphabet::Base62 => 62,
            Alphabet::Base64 => 64,
            Alphabet::Printable => 95,
            Alphabet::Bytes => 256,
        }
    }
}

/// Entropy as a share of what a random string of this length over the same alphabet has at most: about 0.85 and more for
/// random strings, less for text and for patterns.
pub fn relative(bytes: &[u8]) -> f32 {
    if bytes.len() < 2 {
        return 0.0;
    }
    shannon(bytes) / (bytes.len() as f32).min(Alphabet::of(bytes).size() as f32).log2()
}

/// What a random string has that is written as these bytes are, but for one of some thousands: a bar above that tells nothing. For hexadecimal
/// digits, with the dashes of a UUID; of larger alphabets the length says little less than the alphabet, and bars are set for them.
pub fn reached(bytes: &[u8]) -> f32 {
    let digits = bytes.iter().filter(|byte| **byte != b'-').count();
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    let has = |wanted: fn(&u8) -> bool| bytes.iter().any(wanted);
    let is_random = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) != has(u8::is_ascii_uppercase);
    if digits >= 12 && bytes.iter().all(is_hex) && is_random { 4.0 - 30.0 / digits as f32 } else { f32::INFINITY }
}

/// How much more or less often a letter follows another in English text and in names in source code than in random
/// letters: row first letter, column second; `M` is even, each step half a bit. Counted over the words of programs and
/// their documentation, each word weighted by the square root of its frequency.
const PAIRS: [&[u8; 26]; 26] = [
    b"FOQPGJNHOELSQREOESQSMLKJMF",
    b"NGJHNEFFMKCOHGMHBLLHNCAEKD",
    b"QELHQFEPMCPOJHSHENKQMGECIB",
    b"OIILSHGDQFFLHINHCLNJMGEEIA",
    b"QLRSNOMIKFJQPSKOKTTRINLPLE",
    b"MCGHMNFCQAALFGOFCMKKMCCBIA",
    b"KEHFQFILNCBLIMKGAMMHLGDAEF",
    b"PCEFQDCCOAEHHGOEBKHLJADAGC",
    b"ONQOONOCFDIQPURNFOQRFNCKBM",
    b"ICCDJABBFBDDECICBDECJCDACA",
    b"JDEGOEGELDBJCHHFCGLFHBIADC",
    b"QHIMSKFFRDGPGIQJDHNNMIEDOE",
    b"QLGJRFDDOAFJLGOPAFLILCCBHB",
    b"QGPQRNSGOFLKILPJEHQSMLFEJF",
    b"KMOPILLFLFLOPTNPASOOPMOHFF",
    b"QFIIQHGJNBGPGGPNDQLOLEGBLA",
    b"ABACBABDDCACCDBABEDBNAAAAA",
    b"RIMNTKNFRCKMNNQKBNPPMJIDNC",
    b"NGNHSIJOQEKLJJOOGJPSPGIELC",
    b"RHMKTKEQSDGMKJPLBQPNOGJGNG",
    b"LNLJNKKCMAEONQINCPOPEDAFDD",
    b"OCDAQEDDMCCCGFJEADFCDFDBBB",
    b"NCFHMEBLNADGDKLCCLJFCDGDAA",
    b"IEKEKGAEKBCGHBELAEGMCCBFFD",
    b"HGGGJFFCJCBHIJJMAGLKDFGACE",
    b"HACAMABCJCBDDDGABDCCCAAAEB",
];

/// Mean of the pairs' log odds over a run of letters, in bits: above 0 for words, about -2 for random letters.
fn letters_score(run: &[u8]) -> f32 {
    let place = |byte: u8| usize::from(byte.to_ascii_lowercase() - b'a');
    let sum: i32 = run.windows(2).map(|pair| i32::from(PAIRS[place(pair[0])][place(pair[1])]) - i32::from(b'M')).sum();
    sum as f32 / 2.0 / (run.len() - 1).max(1) as f32
}

/// The share of the bytes, 0 to 1, that stand in something like a word: a run of at least four letters of one case (the
/// first may be a capital) whose letters follow each other as letters do.
pub fn wordiness(bytes: &[u8]) -> f32 {
    share_in_runs(bytes, is_wordlike)
}

/// The share of the bytes, 0 to 1, that stand in runs of letters of a kind.
fn share_in_runs(bytes: &[u8], is_of_kind: impl Fn(&[u8]) -> bool) -> f32 {
    let in_runs: usize = letter_runs(bytes).filter(|run| is_of_kind(run)).map(<[u8]>::len).sum();
    in_runs as f32 / bytes.len().max(1) as f32
}

/// The same for a token. In one case and without joints random letters make long runs, and many of those look like words by chance:
/// there they have to be the more like one.
pub fn wordiness_of_token(token: &[u8]) -> f32 {
    if !matches!(Alphabet::of(token), Alphabet::Hex | Alphabet::OneCase) {
        return wordiness(token);
    }
    let is_word = |run: &[u8]| match run.len() {
        0..=3 => false,
        4..=6 => letters_score(run) > 1.4,
        7..=12 => letters_score(run) > 0.8,
        _ => letters_score(run) > 0.4,
    };
    share_in_runs(token, is_word)
}

/// Whether a run of letters reads like a word. Short runs are easily so by chance, and have to be the more like one.
fn is_wordlike(run: &[u8]) -> bool {
    match run.len() {
        0..=3 => false,
        4 => letters_score(run) > 0.9,
        5..=6 => letters_score(run) > 0.4,
        _ => letters_score(run) > -0.1,
    }
}

/// Runs of letters, cut where the case changes as it does between the words of a name: `fooBar`, `HTTPServer`, `FOO_BAR`.
pub fn letter_runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let start = rest.iter().position(u8::is_ascii_alphabetic)?;
        rest = &rest[start..];
        let upper = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let lower = rest[upper..].iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        // `HTTPServer`: the last capital begins the next word.
        let length = if upper > 1 && lower > 0 { upper - 1 } else { upper + lower };
        let (run, after) = rest.split_at(length);
        rest = after;
        Some(run)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_has_its_known_values() {
        assert_eq!(shannon(b""), 0.0);
        assert_eq!(shannon(b"aaaa"), 0.0);
        assert_eq!(shannon(b"abcd"), 2.0);
        assert!((shannon(b"0123456789abcdef") - 4.0).abs() < 1e-6);
    }

    #[test]
    fn alphabets() {
        for (text, alphabet) in [
            ("0123", Alphabet::Digits),
            ("01ab", Alphabet::Hex),
            ("01AB", Alphabet::Hex),
            ("01xy", Alphabet::OneCase),
            ("0aZ", Alphabet::Base62),
            ("aZ+/", Alphabet::Base64),
            ("a b!", Alphabet::Printable),
        ] {
            assert_eq!(Alphabet::of(text.as_bytes()), alphabet, "{text}");
        }
    }

    #[test]
    fn words_are_told_from_random_letters() {
        for words in
            ["changePassword", "my-secret-value", "connectionString", "DATABASE_URL_FOR_STAGING", "getUserName"]
        {
            assert!(wordiness(words.as_bytes()) > 0.6, "{words}: {}", wordiness(words.as_bytes()));
        }
        for random in ["xkqzvbwjtrpl", "qX7bT2mZ9kLw4RvN", "9f8e7d6c5b4a3f2e1d0c", "zqkxjvbw", "Hq3-xV9_pTz7KdWm2BfR"] {
            assert!(wordiness(random.as_bytes()) < 0.3, "{random}: {}", wordiness(random.as_bytes()));
        }
    }

    #[test]
    fn random_letters_of_one_case_are_no_words() {
        assert!(wordiness_of_token(b"TORUMCKSREY57SHP") < 0.3);
        for words in ["NOTAREALTOKEN234", "some-token-of-mine"] {
            assert!(wordiness_of_token(words.as_bytes()) > 0.65, "{words}");
        }
    }

    #[test]
    fn names_are_cut_into_words() {
        let runs: Vec<&[u8]> = letter_runs(b"fooBar_HTTPServer2x").collect();
        assert_eq!(runs, [&b"foo"[..], b"Bar", b"HTTP", b"Server", b"x"]);
    }
}
