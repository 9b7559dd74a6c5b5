//! Keys of AWS, Azure and Google.

use super::text::{base64, base64_json, rfc3339, seconds};
use super::{Outcome, detail};
use crate::score::EXPIRES;
use crate::signature::Severity;
use crate::signature::checksum::alphabet::{self, base32_decode};
use crate::signature::checksum::azure::{self, DevopsToken};

/// Accounts of AWS's documentation, and LocalStack's.
const DOCUMENTATION_ACCOUNTS: &[&str] = &["123456789012", "111122223333", "444455556666", "000000000000"];

/// Accounts of the free service of Canarytokens, as they were published.
const CANARY_ACCOUNTS: &[&str] = &[
    "052310077262",
    "171436882533",
    "266735846894",
    "534261010715",
    "595918472158",
    "717712589309",
    "730335385048",
    "819147034852",
    "893192397702",
    "992382622183",
];

/// The account is in bits 7 to 46 of the first 48 bits after the prefix, but for ids of the old scheme.
pub(super) fn aws_key_id(id: &[u8], around: &[u8]) -> Outcome {
    // Who signed a URL is written in it for all who have it.
    let signs = memchr::memmem::find(around, id).is_some_and(|at| around[..at].ends_with(b"X-Amz-Credential="));
    if signs {
        return Outcome::Drop { why: "the signer of a URL, which has a rule of its own" };
    }
    if id.ends_with(b"EXAMPLE") {
        return Outcome::Drop { why: "an id of AWS's documentation" };
    }
    let Some(encoded) = id.get(4..20) else {
        return Outcome::Failed { why: "it is too short for an access key id" };
    };
    let Some(bytes) = base32_decode(encoded) else {
        return Outcome::Failed { why: "an access key id is in base 32, and this is not" };
    };
    let Some(head) = bytes.first_chunk::<6>().filter(|_| !matches!(encoded[0], b'I' | b'J')) else {
        return Outcome::plausible();
    };
    let number = head.iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
    let account = format!("{:012}", (number & 0x7fff_ffff_ff80) >> 7);
    if DOCUMENTATION_ACCOUNTS.contains(&account.as_str()) {
        return Outcome::Drop { why: "an id of an account that documentation uses" };
    }
    if account.len() > 12 {
        return Outcome::plausible();
    }
    let mut details = vec![detail("account", &account)];
    if CANARY_ACCOUNTS.contains(&account.as_str()) {
        details.push(detail("canary", "its account is one of Canarytokens: whoever uses the key is reported"));
    }
    Outcome::Plausible { details, severity: None }
}

/// What every visitor of a site or owner of a phone is given, as Firebase's and Maps' documentation say.
pub(super) fn google_api_key(around: &[u8]) -> Outcome {
    const FIREBASE: &[&str] = &[
        "authDomain",
        "messagingSenderId",
        "firebaseapp.com",
        "firebase_database_url",
        "google_app_id",
        "gcm_defaultSenderId",
        "mobilesdk_app_id",
        "FirebaseOptions(",
        "GOOGLE_APP_ID",
        "\"current_key\"",
        "REVERSED_CLIENT_ID",
    ];
    const MAPS: &[&str] = &["maps.googleapis.com/maps/api/js", "com.google.android.geo.API_KEY"];
    let has = |words: &[&str]| words.iter().any(|word| memchr::memmem::find(around, word.as_bytes()).is_some());
    let use_of = |what| Outcome::Plausible { details: vec![detail("use", what)], severity: Some(Severity::Info) };
    if has(FIREBASE) {
        return use_of("an app of Firebase, which publishes it");
    }
    if has(MAPS) {
        return use_of("a map, which publishes it");
    }
    Outcome::plausible()
}

/// `AWS:` and JSON in base64, encoded once more: `expiration` is in seconds since 1970.
pub(super) fn aws_ecr(token: &[u8]) -> Outcome {
    let login = base64(token).unwrap_or_default();
    let object = login.strip_prefix(b"AWS:").and_then(base64_json).unwrap_or_default();
    let time = object.get("expiration").and_then(serde_json::Value::as_u64).and_then(rfc3339);
    Outcome::Plausible { details: time.map(|time| detail(EXPIRES, &time)).into_iter().collect(), severity: None }
}

pub(super) fn aws_ses(password: &[u8]) -> Outcome {
    match base64(password) {
        Some(bytes) if bytes.len() == 33 && bytes[0] == 4 => Outcome::plausible(),
        _ => Outcome::Failed { why: "an SES password is 33 bytes, the first of which is 4" },
    }
}

/// Keys made before the scheme have no signature, and nothing to check.
pub(super) fn azure_first_generation(key: &[u8]) -> Outcome {
    let signature = azure::first_generation_signature(key).unwrap_or_default();
    if azure::FIRST_GENERATION.iter().all(|(known, _)| known.as_bytes() != signature) {
        return Outcome::plausible();
    }
    match azure::first_generation_seed(key) {
        Some(seed) => {
            let severity = (signature == b"AzSe" && seed == "Query000").then_some(Severity::Low);
            Outcome::Passed { details: vec![detail("purpose", purpose(seed))], severity }
        }
        None => Outcome::checksum(false),
    }
}

fn purpose(seed: &str) -> &str {
    match seed {
        "MastRW00" | "SysAll00" | "SystRW00" => "read and write",
        "MastRO00" | "SystRO00" => "read only",
        "Query000" => "query",
        "PAdmin00" | "Master00" => "administration",
        "Send0000" => "send",
        "Manage00" => "manage",
        "Listen00" => "listen",
        "Device00" => "device",
        "DpsKey00" => "device provisioning",
        "IoTHub00" => "hub or subscription",
        "Tenant00" => "direct management",
        "Gatewy00" => "gateway",
        "GitKey00" => "repository",
        "Functi00" => "function",
        "System00" => "system",
        "Resour00" => "resource",
        "Encryp00" => "encryption",
        _ => "access",
    }
}

pub(super) fn azure_second_generation(key: &[u8]) -> Outcome {
    if !azure::second_generation_holds(key) {
        return Outcome::checksum(false);
    }
    let mut details = Vec::new();
    if let (Some(&year @ b'A'..=b'Z'), Some(&month @ b'A'..=b'L')) = (key.get(58), key.get(59)) {
        let (year, month) = (2024 + u32::from(year - b'A'), 1 + month - b'A');
        details.push(detail("created", &format!("{year}-{month:02}")));
    }
    let provider = key.get(76..80).and_then(|provider| std::str::from_utf8(provider).ok()).unwrap_or_default();
    if !provider.is_empty() {
        details.push(detail("provider", provider));
    }
    let mut severity = None;
    if provider == "NUGT" {
        details.extend(nuget_expiry(key).map(|expires| detail("expires", &expires)));
        severity = (key.get(62) != Some(&b'P')).then_some(Severity::Low);
    }
    Outcome::Passed { details, severity }
}

/// NuGet's keys tell the minute that they were made in, and how long they work, in units of five minutes. Those of other
/// galleries than the public one have another letter at 62.
fn nuget_expiry(key: &[u8]) -> Option<String> {
    if key.get(60..62)? != b"N5" {
        return None;
    }
    let small = |place: usize| azure::SMALL_NUMBERS.iter().position(|digit| Some(digit) == key.get(place));
    let (year, month, day) = (2024 + small(58)? as u64, 1 + small(59)? as u64, 1 + small(69)? as u64);
    let made = seconds(year, month, day)? + small(70)? as u64 * 3_600 + small(71)? as u64 * 60;
    rfc3339(made + alphabet::number(key.get(73..76)?, alphabet::BASE62)? * 300)
}

pub(super) fn azure_devops(token: &[u8]) -> Outcome {
    match azure::devops_token(token) {
        Some(kind) => {
            let kind = match kind {
                DevopsToken::User => "user",
                DevopsToken::Application => "application",
            };
            Outcome::Passed { details: vec![detail("kind", kind)], severity: None }
        }
        None => Outcome::checksum(false),
    }
}

/// Secrets with `7Q~`, and those of other lengths, have no checksum.
pub(super) fn entra(secret: &[u8]) -> Outcome {
    match secret.split_at_checked(37) {
        Some((body, sum)) if secret.len() == 40 && body[3..6] == *b"8Q~" => {
            Outcome::checksum(azure::entra_checksum(body).as_bytes() == sum)
        }
        _ if matches!(secret.get(3..6), Some(b"7Q~" | b"8Q~")) => Outcome::plausible(),
        _ => Outcome::Failed { why: "it has no mark of an Entra client secret" },
    }
}
