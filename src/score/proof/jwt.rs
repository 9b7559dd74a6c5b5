//! JSON web tokens (RFC 7515, 7516, 7519): header and claims are read, nothing is verified but for secrets that samples use.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::text::{base64, base64_json, rfc3339};
use super::{Outcome, detail};
use crate::score::{Detail, EXPIRES, NEVER};
use crate::signature::Severity;

/// Issuer of Kubernetes service accounts whose tokens lie in Secrets and never expire.
const LEGACY_SERVICE_ACCOUNT: &str = "kubernetes/serviceaccount";
/// The secret that jwt.io signs its samples with.
const SAMPLE_SECRET: &[u8] = b"your-256-bit-secret";

pub(super) fn check(token: &[u8]) -> Outcome {
    let token = whole(token);
    let parts: Vec<&[u8]> = token.splitn(6, |&byte| byte == b'.').collect();
    let Some(header) = base64_json(parts[0]) else {
        return Outcome::Failed { why: "its header is no JSON" };
    };
    match parts.as_slice() {
        [_, _, _, _, _] => encrypted(&header),
        [_, claims, signature] => signed(token, &header, claims, signature),
        _ => Outcome::Failed { why: "it has neither three nor five parts" },
    }
}

/// Where something stands before the token, as in GitHub's installation tokens, it is left out.
fn whole(token: &[u8]) -> &[u8] {
    let first = token.split(|&byte| byte == b'.').next().unwrap_or(token);
    if base64_json(first).is_some() {
        return token;
    }
    memchr::memmem::find(first, b"eyJ").map_or(token, |at| &token[at..])
}

fn encrypted(header: &Map<String, Value>) -> Outcome {
    if !header.contains_key("alg") || !header.contains_key("enc") {
        return Outcome::Failed { why: "its header names no encryption" };
    }
    Outcome::Plausible { details: text(header, &[("alg", "algorithm")]), severity: Some(Severity::Low) }
}

fn signed(token: &[u8], header: &Map<String, Value>, claims: &[u8], signature: &[u8]) -> Outcome {
    let algorithm = header.get("alg").and_then(Value::as_str);
    // TeamCity's tokens have this header, and what follows is no JSON.
    if header.get("typ").and_then(Value::as_str) == Some("TCV2") {
        return Outcome::plausible();
    }
    let Some(algorithm) = algorithm else {
        return Outcome::Failed { why: "its header names no algorithm" };
    };
    if algorithm.eq_ignore_ascii_case("none") || signature.is_empty() {
        return Outcome::Drop { why: "it is not signed: whoever accepts it needs no secret" };
    }
    let Some(claims) = base64_json(claims) else {
        return Outcome::Failed { why: "its claims are no JSON" };
    };
    if is_sample(&claims) || (algorithm == "HS256" && is_signed_with(token, signature, SAMPLE_SECRET)) {
        return Outcome::Drop { why: "a published sample" };
    }
    let mut details = text(header, &[("alg", "algorithm"), ("kid", "key_id")]);
    details.extend(text(&claims, &[("iss", "issuer"), ("sub", "subject"), ("role", "role")]));
    details.extend(list(&claims, "aud", "audience"));
    details.extend(list(&claims, "scope", "scope"));
    details.extend(time(&claims, "iat", "issued"));
    details.extend(expires(&claims));
    Outcome::Plausible { details, severity: severity(&claims) }
}

fn text(object: &Map<String, Value>, wanted: &[(&str, &'static str)]) -> Vec<Detail> {
    wanted.iter().filter_map(|(key, name)| Some(detail(name, object.get(*key)?.as_str()?))).collect()
}

fn list(claims: &Map<String, Value>, key: &str, name: &'static str) -> Option<Detail> {
    match claims.get(key)? {
        Value::String(one) => Some(detail(name, one)),
        Value::Array(several) => {
            let words: Vec<&str> = several.iter().take(16).filter_map(Value::as_str).collect();
            (!words.is_empty()).then(|| detail(name, &words.join(" ")))
        }
        _ => None,
    }
}

fn time(claims: &Map<String, Value>, key: &str, name: &'static str) -> Option<Detail> {
    let value = claims.get(key)?;
    let seconds =
        value.as_u64().or_else(|| value.as_f64().filter(|&seconds| seconds >= 0.0).map(|seconds| seconds as u64))?;
    rfc3339(seconds).map(|time| detail(name, &time))
}

/// Until when a token works: without a claim of it, or with one that no calendar has, for ever.
fn expires(claims: &Map<String, Value>) -> Option<Detail> {
    let says_so = claims.get("exp").is_none_or(Value::is_number);
    time(claims, "exp", EXPIRES).or_else(|| says_so.then(|| detail(EXPIRES, NEVER)))
}

/// jwt.io's token under whatever signature, and the keys that every local Supabase has.
fn is_sample(claims: &Map<String, Value>) -> bool {
    let is = |key: &str, value: &str| claims.get(key).and_then(Value::as_str) == Some(value);
    is("iss", "supabase-demo") || (is("sub", "1234567890") && is("name", "John Doe"))
}

fn is_signed_with(token: &[u8], signature: &[u8], secret: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    let covered = token.len().saturating_sub(signature.len() + 1);
    mac.update(&token[..covered]);
    base64(signature).is_some_and(|signature| mac.verify_slice(&signature).is_ok())
}

fn severity(claims: &Map<String, Value>) -> Option<Severity> {
    let text = |key: &str| claims.get(key).and_then(Value::as_str).unwrap_or_default();
    let unlimited = !claims.contains_key("exp");
    let administrates = ["role", "scope", "roles", "groups"].iter().any(|key| {
        claims.get(*key).is_some_and(|value| match value {
            Value::String(one) => one.contains("admin"),
            Value::Array(several) => several.iter().filter_map(Value::as_str).any(|one| one.contains("admin")),
            _ => false,
        })
    });
    if text("iss") == "supabase" {
        return match text("role") {
            "anon" => Some(Severity::Info),
            "service_role" => Some(Severity::Critical),
            _ => None,
        };
    }
    if text("iss") == LEGACY_SERVICE_ACCOUNT && unlimited {
        return Some(Severity::Critical);
    }
    if claims.contains_key("kubernetes.io") {
        return Some(Severity::Medium);
    }
    (unlimited && administrates).then_some(Severity::High)
}
