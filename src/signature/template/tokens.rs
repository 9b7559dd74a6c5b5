//! Whole tokens whose structure or checksum cannot be written as text with runs.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::super::checksum::{self, alphabet, azure};
use super::random::Random;

/// The token of this name.
pub(super) fn token(random: &mut Random, name: &str, argument: &str) -> Result<String, String> {
    match name {
        "aws-id" => aws_id(random, argument),
        "azure-his1" => azure_first_generation(random, argument),
        "azure-his2" => {
            let platform = random.run_of("AN", 12);
            azure_second_generation(random, &platform, "0000", argument)
        }
        "bip39" => bip39(random, argument),
        "gitlab-routable" => Ok(gitlab_routable(random, argument)),
        "atlassian" => atlassian(random, argument),
        "pypi" => pypi(random, argument),
        "mapbox" => Ok(mapbox(random, argument)),
        "fly" => Ok(format!("{argument}{}", STANDARD.encode(fly_macaroon(random)))),
        "matrix" => {
            let covered = format!("{argument}_{}", random.run_of("b62", 30));
            Ok(format!("{covered}_{}", checksum::crc32_base62_reversed(covered.as_bytes())))
        }
        "nkey" => nkey(random, argument),
        "bech32" => bech32(random, argument),
        "base58check" => base58check(random, argument),
        _ if !argument.is_empty() => Err(format!("`{{{name}:…}}` is no element")),
        "azdo-pat" => Ok(azure_devops(random)),
        "nuget-v5" => nuget_fifth(random),
        "entra-secret" => Ok(entra_secret(random)),
        "crates-tp" => {
            let body = random.run_of("b62", 31);
            let check = char::from(checksum::crates_check_character(body.as_bytes()));
            Ok(format!("cio_tp_{body}{check}"))
        }
        "nuget-v4" => {
            let head = [b"v4".as_slice(), &random.bytes(10)].concat();
            Ok(format!("{}{}", alphabet::base32_encode(&head), alphabet::base32_encode(&random.bytes(16)))
                .to_lowercase())
        }
        "onepassword-sa" => Ok(onepassword(random)),
        "sentry-org" => Ok(sentry(random)),
        "discord" => {
            let user = format!("{}{}", random.within(1, 9), random.run_of("dig", 17));
            Ok(format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(user), random.run_of("b62", 6), random.run_of("b64u", 38)))
        }
        "conjur-key" => Ok((0..8).map(|_| alphabet::digits(random.next() >> 32, alphabet::CROCKFORD, 1)).collect()),
        "age-key" => {
            let values = alphabet::regroup(random.bytes(32).into_iter(), 8, 5, true);
            let check = checksum::bech32_checksum(b"age-secret-key-", &values);
            let body = values.iter().map(|&value| alphabet::BECH32[usize::from(value)]).chain(check).map(char::from);
            Ok(format!("age-secret-key-1{}", body.collect::<String>()).to_uppercase())
        }
        "stellar-seed" => {
            let mut bytes = [&[18 << 3][..], &random.bytes(32)].concat();
            bytes.extend(checksum::crc16_xmodem(&bytes).to_le_bytes());
            Ok(alphabet::base32_encode(&bytes))
        }
        "wif" => {
            let mut bytes = [&[0x80][..], &random.bytes(32), &[1]].concat();
            bytes.extend(alphabet::base58check_sum(&bytes));
            Ok(alphabet::base58_encode(&bytes))
        }
        "wireguard" => {
            let mut bytes: [u8; 32] = random.array();
            bytes[0] &= 0xf8;
            bytes[31] = bytes[31] & 0x7f | 0x40;
            Ok(STANDARD.encode(bytes))
        }
        _ => Err(format!("`{{{name}}}` is no element")),
    }
}

/// The letter of the kind: `A` account, `O` operator, `N` server, `C` cluster, `U` user, `X` curve.
fn nkey(random: &mut Random, kind: &str) -> Result<String, String> {
    let letter = kind.bytes().next().and_then(|letter| alphabet::BASE32.iter().position(|&known| known == letter));
    let kind = (letter.ok_or("`{nkey}` takes a letter")? as u8) << 3;
    let mut bytes = [&[18 << 3 | kind >> 5, kind << 3][..], &random.bytes(32)].concat();
    bytes.extend(checksum::crc16_xmodem(&bytes).to_le_bytes());
    Ok(alphabet::base32_encode(&bytes))
}

/// `nsec:32`: the human-readable part and a number of bytes.
fn bech32(random: &mut Random, argument: &str) -> Result<String, String> {
    let usage = "`{bech32}` is written `{bech32:nsec:32}`";
    let (readable, length) = argument.split_once(':').ok_or(usage)?;
    let length = length.parse().ok().filter(|length| (8..=64).contains(length)).ok_or(usage)?;
    let values = alphabet::regroup(random.bytes(length).into_iter(), 8, 5, true);
    let sum = checksum::bech32_checksum(readable.as_bytes(), &values);
    let body: Vec<u8> = values.iter().map(|&value| alphabet::BECH32[usize::from(value)]).chain(sum).collect();
    Ok(format!("{readable}1{}", body.into_iter().map(char::from).collect::<String>()))
}

/// `0488ade4:74`: the bytes it begins with in hexadecimal, and how many random ones follow.
fn base58check(random: &mut Random, argument: &str) -> Result<String, String> {
    let usage = "`{base58check}` is written `{base58check:0488ade4:74}`";
    let (prefix, length) = argument.split_once(':').ok_or(usage)?;
    let length = length.parse().ok().filter(|length| (8..=96).contains(length)).ok_or(usage)?;
    let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let prefix: Option<Vec<u8>> = prefix.as_bytes().chunks(2).map(byte).collect();
    let mut bytes = [prefix.ok_or(usage)?, random.bytes(length)].concat();
    bytes.extend(alphabet::base58check_sum(&bytes));
    Ok(alphabet::base58_encode(&bytes))
}

/// A JWT with these claims and a random signature.
pub(super) fn jwt(random: &mut Random, claims: &[u8]) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    format!("{header}.{}.{}", URL_SAFE_NO_PAD.encode(claims), URL_SAFE_NO_PAD.encode(random.bytes(32)))
}

fn aws_id(random: &mut Random, prefix: &str) -> Result<String, String> {
    if prefix.len() != 4 {
        return Err("`{aws-id}` takes a prefix of four letters".to_owned());
    }
    let account = random.next() % 899_999_999_999 + 100_000_000_000;
    let head = 1 << 47 | account << 7 | random.next() & 0x7f;
    let bytes = [&head.to_be_bytes()[2..], &random.bytes(4)].concat();
    Ok(format!("{prefix}{}", alphabet::base32_encode(&bytes)))
}

fn azure_first_generation(random: &mut Random, argument: &str) -> Result<String, String> {
    let usage = || "`{azure-his1}` is written `{azure-his1:+ASt:Default0:64}`".to_owned();
    let mut parts = argument.split(':');
    let (Some(signature), Some(seed), Some(length), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(usage());
    };
    let length: usize = length.parse().ok().filter(|length| (16..=128).contains(length)).ok_or_else(usage)?;
    // Search keys are letters and digits only; one in five random keys is.
    let only_alphanumeric = signature == "AzSe";
    for _ in 0..1000 {
        let key = azure::first_generation_key(signature, seed, &random.bytes(length)).ok_or_else(usage)?;
        if !only_alphanumeric || key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(key);
        }
    }
    Err(usage())
}

fn azure_second_generation(
    random: &mut Random,
    platform: &str,
    of_provider: &str,
    provider: &str,
) -> Result<String, String> {
    let year = char::from(b"ABC"[random.within(0, 2)]);
    let month = char::from(b'A' + random.within(0, 11) as u8);
    let body = format!("{}JQQJ99{year}{month}{platform}{of_provider}{provider}", random.run_of("b62", 52));
    match azure::second_generation_checksum(body.as_bytes()) {
        Some(checksum) if body.len() == 80 => Ok(format!("{body}{checksum}")),
        _ => Err("`{azure-his2}` takes a provider's signature of four characters".to_owned()),
    }
}

/// A key of the production gallery, as `ApiKeyV5` of NuGetGallery writes it: owner, moment in the month, kind, minutes / 5.
fn nuget_fifth(random: &mut Random) -> Result<String, String> {
    let owner = alphabet::digits(random.within(1, 9_999_999) as u64, alphabet::BASE62, 6);
    let [day, hour, minute] = [27, 23, 59].map(|most| char::from(azure::SMALL_NUMBERS[random.within(0, most)]));
    let lifetime = alphabet::digits(random.within(1, 105_000) as u64, alphabet::BASE62, 3);
    azure_second_generation(random, &format!("N5P{owner}{day}{hour}{minute}"), &format!("L{lifetime}"), "NUGT")
}

fn bip39(random: &mut Random, argument: &str) -> Result<String, String> {
    let words: usize = argument.parse().unwrap_or(0);
    if !matches!(words, 12 | 15 | 18 | 21 | 24) {
        return Err("`{bip39}` takes 12, 15, 18, 21 or 24".to_owned());
    }
    let mnemonic = bip39::Mnemonic::from_entropy(&random.bytes(words / 3 * 4)).map_err(|cause| cause.to_string())?;
    Ok(mnemonic.to_string())
}

fn azure_devops(random: &mut Random) -> String {
    let mut decoded: [u8; 32] = random.array();
    let stored = azure::devops_crc32(&decoded) ^ azure::DevopsToken::User.mask();
    for (place, byte) in azure::DEVOPS_CHECKSUM.into_iter().zip(stored.to_le_bytes()) {
        decoded[place] = byte;
    }
    alphabet::base32_encode(&decoded).to_lowercase()
}

fn entra_secret(random: &mut Random) -> String {
    let body = format!("{}8Q~{}", random.run_of("b62", 3), random.run_of("b62", 31));
    format!("{body}{}", azure::entra_checksum(body.as_bytes()))
}

fn gitlab_routable(random: &mut Random, prefix: &str) -> String {
    let routing = format!("o:1\nu:{}", alphabet::digits(random.next() % 100_000_000, alphabet::BASE36, 1));
    let payload = [&random.bytes(16), routing.as_bytes(), &[routing.len() as u8]].concat();
    let payload = URL_SAFE_NO_PAD.encode(payload);
    let length = alphabet::digits(payload.len() as u64, alphabet::BASE36, 2);
    let covered = format!("{prefix}{payload}.01.{length}");
    format!("{covered}{}", checksum::crc32_base36(covered.as_bytes()))
}

fn atlassian(random: &mut Random, argument: &str) -> Result<String, String> {
    let (prefix, length) = argument.split_once(':').ok_or("`{atlassian}` is written `{atlassian:ATATT3xFfGF0:160}`")?;
    let length = length.parse().ok().filter(|length| (1..=1000).contains(length)).ok_or("a length from 1 to 1000")?;
    let covered = format!("{prefix}{}=", random.run_of("b64u", length));
    Ok(format!("{covered}{:08X}", checksum::crc32(covered.as_bytes())))
}

fn pypi(random: &mut Random, region: &str) -> Result<String, String> {
    let location = match region {
        "pypi" => concat!("pypi", ".org"),
        "testpypi" => concat!("test.pypi", ".org"),
        _ => return Err("`{pypi}` takes `pypi` or `testpypi`".to_owned()),
    };
    let mut macaroon = vec![2];
    let mut packet = |kind: u8, content: &[u8]| {
        macaroon.extend([kind, content.len() as u8]);
        macaroon.extend_from_slice(content);
    };
    let identifier = random.uuid();
    let caveat = format!("[3, \"{}\"]", random.uuid());
    packet(1, location.as_bytes());
    packet(2, identifier.as_bytes());
    macaroon.push(0);
    let mut packet = |kind: u8, content: &[u8]| {
        macaroon.extend([kind, content.len() as u8]);
        macaroon.extend_from_slice(content);
    };
    packet(2, caveat.as_bytes());
    macaroon.extend([0, 0, 6, 32]);
    macaroon.extend(random.bytes(32));
    Ok(format!("pypi-{}", URL_SAFE_NO_PAD.encode(macaroon)))
}

fn mapbox(random: &mut Random, kind: &str) -> String {
    let user = random.word();
    let claims = format!(r#"{{"u":"{user}","a":"cl{}"}}"#, random.run_of("an", 23));
    format!("{kind}.{}.{}", URL_SAFE_NO_PAD.encode(claims), random.run_of("b64u", 22))
}

/// A macaroon in MessagePack: nonce, location, caveats, tail.
fn fly_macaroon(random: &mut Random) -> Vec<u8> {
    let binary = |bytes: &[u8]| [&[0xc4, bytes.len() as u8][..], bytes].concat();
    let location = "https://api.fly.io/v1";
    [
        vec![0x94, 0x93],
        binary(&random.bytes(16)),
        binary(&random.bytes(16)),
        vec![0xc2, 0xa0 | location.len() as u8],
        location.as_bytes().to_vec(),
        vec![0x92, 0x00],
        binary(&random.bytes(24)),
        binary(&random.bytes(32)),
    ]
    .concat()
}

fn onepassword(random: &mut Random) -> String {
    let claims = format!(
        r#"{{"signInAddress":"{}.1password.com","userAuth":{{"method":"SRPg-4096","alg":"PBES2g-HS256","iterations":650000,"salt":"{}"}},"email":"{}@1passwordserviceaccounts.com","srpX":"{}","muk":{{"alg":"A256GCM","ext":true,"k":"{}","kty":"oct"}},"secretKey":"A3-{}","throttleSecret":{{"seed":"{}","uuid":"{}"}},"deviceUuid":"{}"}}"#,
        random.word(),
        random.run_of("b64u", 22),
        random.run_of("an", 13),
        random.run_of("hex", 64),
        random.run_of("b64u", 43),
        random.run_of("AN", 26),
        random.run_of("hex", 64),
        random.run_of("AN", 26),
        random.run_of("an", 26),
    );
    format!("ops_{}", URL_SAFE_NO_PAD.encode(claims))
}

fn sentry(random: &mut Random) -> String {
    let claims = format!(
        r#"{{"iat":17{}.{},"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"{}"}}"#,
        random.run_of("dig", 8),
        random.run_of("dig", 6),
        random.word()
    );
    format!("sntrys_{}_{}", STANDARD.encode(claims), random.run_of("b64", 43))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, argument: &str) -> String {
        token(&mut Random::new(5), name, argument).expect(name)
    }

    #[test]
    fn tokens_begin_and_end_as_documented() {
        assert!(made("pypi", "pypi").starts_with("pypi-AgEIcHlwaS5vcmc"));
        assert!(made("pypi", "testpypi").starts_with("pypi-AgENdGVzdC5weXBpLm9yZw"));
        assert!(made("fly", "fm2_").starts_with("fm2_lJPE"));
        assert!(made("onepassword-sa", "").starts_with("ops_eyJ"));
        assert!(made("nuget-v4", "").starts_with("oy2"));
        assert_eq!(made("nuget-v4", "").len(), 46);
        assert_eq!(made("azdo-pat", "").len(), 52);
        assert_eq!(made("entra-secret", "").len(), 40);
        assert_eq!(made("azure-his2", "AZDO").len(), 84);
        assert_eq!(made("nuget-v5", "").len(), 84);
        assert_eq!(made("bip39", "15").split(' ').count(), 15);
        assert_eq!(made("azure-his1", "+ASt:Default0:64").len(), 88);
        assert_eq!(made("azure-his1", "+ACR:ACRDflt0:39").len(), 52);
        assert!(made("azure-his1", "AzFu:Functi00:40").ends_with("=="));
        assert_eq!(made("aws-id", "AKIA").len(), 20);
        assert_eq!(made("wif", "").len(), 52);
        assert_eq!(made("stellar-seed", "").len(), 56);
        assert!(made("stellar-seed", "").starts_with('S'));
        assert_eq!(made("age-key", "").len(), 74);
        assert_eq!(made("wireguard", "").len(), 44);
        assert!((150..=250).contains(&made("sentry-org", "").len()), "{}", made("sentry-org", "").len());
        assert!((40..=56).contains(&made("conjur-key", "").len()));
    }
}
