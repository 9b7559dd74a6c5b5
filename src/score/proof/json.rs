//! Tokens that are JSON in disguise, and Google's key files.

use serde_json::{Map, Value};

use super::text::{after_prefix, base64_json};
use super::{Outcome, detail, key};
use crate::score::Detail;
use crate::signature::Severity;

const NO_JSON: Outcome = Outcome::Failed { why: "it does not decode to JSON with the known keys" };

fn read(object: &Map<String, Value>, wanted: &[(&str, &'static str)]) -> Vec<Detail> {
    wanted.iter().filter_map(|(key, name)| object.get(*key)?.as_str().map(|value| detail(name, value))).collect()
}

pub(super) fn onepassword(token: &[u8]) -> Outcome {
    match base64_json(after_prefix(token)) {
        Some(object)
            if ["signInAddress", "email", "secretKey", "deviceUuid"].iter().all(|key| object.contains_key(*key)) =>
        {
            let details = read(&object, &[("signInAddress", "sign_in_address"), ("email", "email")]);
            Outcome::Passed { details, severity: None }
        }
        _ => NO_JSON,
    }
}

pub(super) fn sentry(token: &[u8]) -> Outcome {
    // The payload may hold `_` only as the last separator: it is standard base64.
    let body = after_prefix(token);
    let payload = body.iter().rposition(|&byte| byte == b'_').map_or(body, |at| &body[..at]);
    match base64_json(payload) {
        Some(object) if ["iat", "url", "region_url", "org"].iter().all(|key| object.contains_key(*key)) => {
            Outcome::Passed {
                details: read(&object, &[("org", "organization"), ("region_url", "url")]),
                severity: None,
            }
        }
        _ => NO_JSON,
    }
}

pub(super) fn mapbox(token: &[u8]) -> Outcome {
    let mut parts = token.split(|&byte| byte == b'.');
    let (kind, claims) = (parts.next(), parts.next().and_then(base64_json));
    match claims {
        Some(object) if object.contains_key("u") && object.contains_key("a") => Outcome::Passed {
            details: read(&object, &[("u", "user")]),
            severity: (kind == Some(b"pk")).then_some(Severity::Info),
        },
        _ => NO_JSON,
    }
}

/// `glc_` and JSON with `o n k m`; before that bare JSON with `k n id`.
pub(super) fn grafana(token: &[u8]) -> Outcome {
    let Some(object) = base64_json(token.strip_prefix(b"glc_").unwrap_or(token)) else { return NO_JSON };
    let has = |key: &str| object.contains_key(key);
    if has("k") && has("n") && (has("o") || has("id")) {
        let mut details = read(&object, &[("o", "organization"), ("n", "name")]);
        let region = object.get("m").and_then(|m| m.get("r")).and_then(Value::as_str);
        details.extend(region.map(|region| detail("region", region)));
        return Outcome::Passed { details, severity: None };
    }
    NO_JSON
}

/// The private key of a service-account file; what the file says of it stands beside it.
pub(super) fn google(secret: &[u8], around: &[u8]) -> Outcome {
    let text = object_of(secret, around).unwrap_or_default();
    let mut details = Vec::new();
    if let Some(email) = value_of(text, "client_email").and_then(|email| std::str::from_utf8(email).ok()) {
        if !email.ends_with(".gserviceaccount.com") {
            return Outcome::Failed { why: "its e-mail address is none of a service account" };
        }
        details.push(detail("client_email", email));
    }
    for (key, name) in [("project_id", "project"), ("private_key_id", "key_id")] {
        if let Some(value) = value_of(text, key).and_then(|value| std::str::from_utf8(value).ok()) {
            details.push(detail(name, value));
        }
    }
    match key::check(secret, &[]) {
        Outcome::Passed { severity, .. } => Outcome::Passed { details, severity },
        Outcome::Plausible { .. } => Outcome::Plausible { details, severity: None },
        other => other,
    }
}

/// A number of a JSON web key beside its private exponent is told with that one; without it, it gives the whole key away
/// all the same.
pub(super) fn jwk_prime(secret: &[u8], around: &[u8]) -> Outcome {
    if object_of(secret, around).is_some_and(|object| has_member(object, b'd')) {
        return Outcome::Drop { why: "a part of a key that is told by its private member" };
    }
    Outcome::plausible()
}

/// What stands between the braces around a secret, as far as they are in sight.
fn object_of<'a>(secret: &[u8], around: &'a [u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::find(around, secret)?;
    let is_brace = |byte: &u8| matches!(byte, b'{' | b'}');
    let start = around[..at].iter().rposition(is_brace).map_or(0, |brace| brace + 1);
    let end = around[at..].iter().position(is_brace).map_or(around.len(), |brace| at + brace);
    Some(&around[start..end])
}

/// Whether an object, in JSON or as a literal in code, has a member of this one letter with a string.
fn has_member(object: &[u8], name: u8) -> bool {
    let is_joint = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-');
    memchr::memchr_iter(name, object).any(|at| {
        let before = at.checked_sub(1).is_none_or(|before| is_joint(&object[before]));
        let rest = &object[at + 1..];
        let joint = rest.iter().take(16).take_while(|byte| is_joint(byte)).count();
        let joint = &rest[..joint];
        // `"d":"…"` and `d = '…'`, and neither `"d",` nor `"d":null`.
        let operator = joint.iter().position(|byte| matches!(byte, b':' | b'='));
        let has_string = operator.is_some_and(|at| joint[at..].iter().any(|byte| matches!(byte, b'"' | b'\'')));
        before && has_string && !joint.contains(&b',')
    })
}

/// The string at a key of JSON, escapes left as they are.
fn value_of<'a>(text: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let after_key = memchr::memmem::find_iter(text, key.as_bytes()).find_map(|at| {
        let before = text[..at].last() == Some(&b'"');
        let rest = &text[at + key.len()..];
        before.then_some(rest.strip_prefix(b"\"")?)
    })?;
    let rest = after_key.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"")?;
    memchr::memchr(b'"', rest).map(|end| &rest[..end])
}
