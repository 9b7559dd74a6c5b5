//! Microsoft's key formats: identifiable keys of both generations, DevOps tokens, Entra client secrets.
//!
//! As published in the source of Microsoft's security utilities: Marvin32 with a seed for each kind of key.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::alphabet::{self, base32_decode, digits};

// Bits after the last byte are zero in every key that was issued: others are not covered by the checksum.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const DECODER: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL_DECODER: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// Digits of numbers below 62 in one character, as second-generation keys and NuGet's have them: A is 0.
pub const SMALL_NUMBERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Signatures of first-generation keys with the seeds in use.
pub const FIRST_GENERATION: &[(&str, &[&str])] = &[
    ("+ASt", &["Default0"]),
    ("ACDb", &["MastRW00", "MastRO00", "SysAll00", "SystRW00", "SystRO00", "Resour00", "Encryp00"]),
    ("+ABa", &["AbAcct00"]),
    ("+AMC", &["Classic0"]),
    ("APIM", &["Tenant00", "IoTHub00", "Gatewy00", "GitKey00"]),
    ("AzCa", &["Access00"]),
    ("+ASb", &["Send0000", "Manage00", "Listen00", "System00", "Unknown0"]),
    ("+AEh", &["Send0000", "Manage00", "Listen00", "System00", "Unknown0"]),
    ("+ARm", &["Send0000", "Manage00", "Listen00", "System00", "Unknown0"]),
    ("AIoT", &["IoTHub00", "DpsKey00", "Device00"]),
    ("AZEG", &["Default0"]),
    ("+ACR", &["ACRDflt0"]),
    ("AzSe", &["Query000", "PAdmin00"]),
    ("AzFu", &["Functi00", "Master00", "System00"]),
];

/// The seed of the second generation's checksum.
pub const SECOND_GENERATION_SEED: &str = "Default0";
/// Length of a key of the second generation, in characters.
pub const SECOND_GENERATION_LENGTH: usize = 84;

/// Marvin32 with a seed of eight bytes, read big-endian.
pub fn marvin32(bytes: &[u8], seed: &[u8; 8]) -> u32 {
    let seed = u64::from_be_bytes(*seed);
    let (mut low, mut high) = (seed as u32, (seed >> 32) as u32);
    let mut mix = |word: u32| {
        low = low.wrapping_add(word);
        high ^= low;
        low = low.rotate_left(20).wrapping_add(high);
        high = high.rotate_left(9) ^ low;
        low = low.rotate_left(27).wrapping_add(high);
        high = high.rotate_left(19);
        low ^ high
    };
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        mix(u32::from_le_bytes(*word));
    }
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    mix(u32::from_le_bytes(last));
    mix(0)
}

fn seed(name: &str) -> Option<&[u8; 8]> {
    name.as_bytes().try_into().ok()
}

/// The four characters that name the service in a first-generation key: those before the last six significant ones.
pub fn first_generation_signature(key: &[u8]) -> Option<&[u8]> {
    let significant = significant(key);
    significant.get(significant.len().checked_sub(10)?..significant.len() - 6)
}

fn significant(key: &[u8]) -> &[u8] {
    &key[..key.iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1)]
}

/// The seed under which a first-generation key's checksum holds: it tells what the key is for. `None`: the checksum
/// holds under no seed of its signature. `key` is the whole base64 text.
pub fn first_generation_seed(key: &[u8]) -> Option<&'static str> {
    let signature = first_generation_signature(key)?;
    let (_, seeds) = FIRST_GENERATION.iter().find(|(known, _)| known.as_bytes() == signature)?;
    let bytes = DECODER.decode(key).or_else(|_| URL_DECODER.decode(key)).ok()?;
    let (body, checksum) = bytes.split_last_chunk::<4>()?;
    let checksum = u32::from_le_bytes(*checksum);
    seeds.iter().copied().find(|name| seed(name).is_some_and(|seed| marvin32(body, seed) == checksum))
}

/// Makes a first-generation key of these random bytes: the signature and the checksum replace what stands at their
/// places. `None` where the lengths do not fit.
pub fn first_generation_key(signature: &str, seed_name: &str, random: &[u8]) -> Option<String> {
    let seed = seed(seed_name)?;
    let url = signature == "AzFu";
    let encode = |bytes: &[u8]| {
        if url { URL_DECODER.encode(bytes) } else { DECODER.encode(bytes) }
    };
    let mut text = encode(random).into_bytes();
    let start = significant(&text).len().checked_sub(10)?;
    if signature.len() != 4 {
        return None;
    }
    text[start..start + 4].copy_from_slice(signature.as_bytes());
    text[start + 4] = b'A';
    let decoded = if url { URL_DECODER.decode(&text) } else { DECODER.decode(&text) };
    let mut bytes = decoded.ok()?;
    let split = bytes.len().checked_sub(4)?;
    let checksum = marvin32(&bytes[..split], seed).to_le_bytes();
    bytes[split..].copy_from_slice(&checksum);
    Some(encode(&bytes))
}

/// Checksum of a key of the second generation over its first 80 characters: the last four. `None` where these are no
/// base64.
pub fn second_generation_checksum(body: &[u8]) -> Option<String> {
    let hash = second_generation_hash(body)?;
    // Each zero byte that the hash begins with is a digit of its own, and what lacks to six digits is made up behind them.
    let zeros = "0".repeat(hash.iter().take_while(|&&byte| byte == 0).count().min(3));
    let number = digits(u64::from(u32::from_be_bytes(hash)), alphabet::BASE62, 1);
    let mut text = format!("{zeros}{number}00000");
    text.truncate(4);
    Some(text)
}

/// The checksum of the keys that were issued first: base64 of the hash's first three bytes.
pub fn second_generation_early_checksum(body: &[u8]) -> Option<String> {
    second_generation_hash(body).map(|hash| DECODER.encode(&hash[..3]))
}

fn second_generation_hash(body: &[u8]) -> Option<[u8; 4]> {
    let bytes = DECODER.decode(body.get(..80)?).ok()?;
    Some(marvin32(&bytes, seed(SECOND_GENERATION_SEED)?).to_le_bytes())
}

/// Whether a key's checksum holds, in either form.
pub fn second_generation_holds(key: &[u8]) -> bool {
    let Some((body, checksum)) = key.get(..SECOND_GENERATION_LENGTH).and_then(|key| key.split_at_checked(80)) else {
        return false;
    };
    second_generation_checksum(body).is_some_and(|expected| expected.as_bytes() == checksum)
        || second_generation_early_checksum(body).is_some_and(|expected| expected.as_bytes() == checksum)
}

/// What an Azure DevOps token of 52 characters was made for, if its checksum holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DevopsToken {
    /// A person's token.
    User,
    /// An application's.
    Application,
}

impl DevopsToken {
    /// What the CRC-32 is combined with.
    pub fn mask(self) -> u32 {
        match self {
            DevopsToken::User => 0xe0b9_692d,
            DevopsToken::Application => 0x1019_f92e,
        }
    }
}

/// Places of the checksum's bytes in a decoded DevOps token, least significant first.
pub const DEVOPS_CHECKSUM: [usize; 4] = [22, 8, 7, 2];

/// CRC-32 of the 28 bytes of a decoded DevOps token that are not its checksum.
pub fn devops_crc32(decoded: &[u8; 32]) -> u32 {
    let body: Vec<u8> = decoded
        .iter()
        .enumerate()
        .filter(|(place, _)| !DEVOPS_CHECKSUM.contains(place))
        .map(|(_, &byte)| byte)
        .collect();
    super::crc32(&body)
}

/// Reads a DevOps token of 52 characters of base 32; `None` where its checksum does not hold.
pub fn devops_token(token: &[u8]) -> Option<DevopsToken> {
    if token.len() != 52 {
        return None;
    }
    // Four bits after the last byte are zero.
    let decoded =
        base32_decode(token).filter(|bytes| alphabet::base32_encode(bytes).as_bytes().eq_ignore_ascii_case(token))?;
    let decoded: &[u8; 32] = decoded.first_chunk()?;
    let stored = u32::from_le_bytes(DEVOPS_CHECKSUM.map(|place| decoded[place]));
    let crc = devops_crc32(decoded);
    [DevopsToken::User, DevopsToken::Application].into_iter().find(|kind| crc ^ kind.mask() == stored)
}

/// The last three characters of an Entra client secret of 40 characters, over the 37 before them: the first three of the six that the
/// checksum has in its alphabet.
pub fn entra_checksum(body: &[u8]) -> String {
    const DIGITS: &[u8; 66] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";
    let mut text = digits(u64::from(marvin32(body, b"AadPwd00")), DIGITS, 6);
    text.truncate(3);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_generation_sample_of_the_nuget_gallery() {
        let body = format!("{}{}{}", "a".repeat(52), "JQQJ99ALN5Z0000", "LZENeS003NUGT");
        assert_eq!(second_generation_checksum(body.as_bytes()).as_deref(), Some("3OrW"));
        let key = format!("{body}3OrW");
        assert!(second_generation_holds(key.as_bytes()));
        assert!(!second_generation_holds(key.replace("3OrW", "3OrX").as_bytes()));
        assert!(!second_generation_holds(b"short"));
    }

    #[test]
    fn first_generation_keys_hold_under_their_own_seed_alone() {
        let random: Vec<u8> = (0..64u8).map(|i| i.wrapping_mul(37).wrapping_add(11)).collect();
        for (signature, seeds) in FIRST_GENERATION {
            for &seed in *seeds {
                for length in [32, 39, 40, 64] {
                    let key = first_generation_key(signature, seed, &random[..length]).expect("lengths fit");
                    assert_eq!(first_generation_signature(key.as_bytes()), Some(signature.as_bytes()));
                    assert_eq!(first_generation_seed(key.as_bytes()), Some(seed), "{signature} {length}");
                    let mut broken = key.into_bytes();
                    broken[5] = if broken[5] == b'A' { b'B' } else { b'A' };
                    assert_eq!(first_generation_seed(&broken), None);
                }
            }
        }
        assert_eq!(first_generation_seed(b""), None);
        assert_eq!(first_generation_seed(b"==="), None);
    }

    #[test]
    fn devops_checksum_is_spread_over_the_token() {
        let mut decoded: [u8; 32] = std::array::from_fn(|i| (i * 29 + 5) as u8);
        let stored = devops_crc32(&decoded) ^ DevopsToken::User.mask();
        for (place, byte) in DEVOPS_CHECKSUM.into_iter().zip(stored.to_le_bytes()) {
            decoded[place] = byte;
        }
        let token = alphabet::base32_encode(&decoded).to_lowercase();
        assert_eq!(token.len(), 52);
        assert_eq!(devops_token(token.as_bytes()), Some(DevopsToken::User));
        let broken = token.replacen(&token[..1], if &token[..1] == "a" { "b" } else { "a" }, 1);
        assert_eq!(devops_token(broken.as_bytes()), None);
    }

    #[test]
    fn zero_bytes_are_digits_in_a_checksum_of_the_second_generation() {
        let zeros = |count: usize| {
            let body = |number: u32| format!("{number:052}JQQJ99ALN5Z0000LZENeS003NUGT").into_bytes();
            let begins = |body: &Vec<u8>| {
                second_generation_hash(body).is_some_and(|hash| hash[..count].iter().all(|&byte| byte == 0))
            };
            (0..).map(body).find(begins).and_then(|body| second_generation_checksum(&body)).unwrap()
        };
        // 62^4 < 2^24 < 62^5: three bytes have four or five digits, two have three at most.
        assert_eq!(&zeros(1)[..1], "0");
        assert_eq!(&zeros(2)[..2], "00");
    }

    #[test]
    fn entra_checksum_has_three_characters() {
        // The example in the source of Microsoft's security utilities; its checksum begins with the digit for zero or one.
        assert_eq!(entra_checksum(format!("zzz8Q~{}", "z".repeat(31)).as_bytes()), "blP");
        let text = entra_checksum(&[b'x'; 37]);
        assert_eq!(text.len(), 3);
        assert_ne!(text, entra_checksum(&[b'y'; 37]));
    }
}
