//! What stands at a password's place: in a URL, a connection string, a header.

use super::text::base64;
use super::{Outcome, detail};
use crate::score::checks;
use crate::signature::Severity;

const USER_NAME: Outcome = Outcome::Failed { why: "the password is the user name" };

/// Base64 of `user:password`, with or without the scheme's name before it.
pub(super) fn basic(secret: &[u8]) -> Outcome {
    let encoded = match secret.get(..6) {
        Some(scheme) if scheme.eq_ignore_ascii_case(b"basic ") => secret[6..].trim_ascii(),
        _ => secret,
    };
    let Some(decoded) = base64(encoded).and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return Outcome::Failed { why: "it does not decode to text" };
    };
    let decoded = decoded.trim_end_matches(['\n', '\r']);
    // A key that is a UUID, with no user before it: older ones of OneSignal.
    if checks::is_uuid(decoded.as_bytes()) && !decoded.starts_with("00000000-") {
        return Outcome::Plausible { details: Vec::new(), severity: None };
    }
    // SASL's PLAIN parts them by NUL: whom to act as, the user, the password.
    let plain = || decoded.split_once('\0').and_then(|(_, rest)| rest.split_once('\0'));
    let pair = if decoded.contains('\0') { plain() } else { decoded.split_once(':') };
    let is_text = |text: &str| !text.contains(char::is_control);
    let Some((user, password)) = pair.filter(|(user, password)| is_text(user) && is_text(password)) else {
        return Outcome::Failed { why: "it does not decode to a user and a password" };
    };
    // Some services take a token for the user name; then the password is a fixed word or missing.
    let token_is_user = password.is_empty() || matches!(password, "x-oauth-basic" | "X" | "x");
    let value = if token_is_user { user } else { password };
    if value.is_empty() || value.len() < 3 {
        return Outcome::Drop { why: "it holds no password" };
    }
    if let Some(why) = no_password(value.as_bytes(), false) {
        return Outcome::Drop { why };
    }
    if user == password {
        return USER_NAME;
    }
    let details = if token_is_user || user.len() > 24 { Vec::new() } else { vec![detail("user", user)] };
    Outcome::Plausible { details, severity: None }
}

/// Base64 of a password, in UTF-8, or in UTF-16 between quotes as Active Directory has it; behind `{xor}` each byte is changed
/// by 0x5f, as WebSphere and Liberty write it.
pub(super) fn encoded(secret: &[u8]) -> Outcome {
    let changed = secret.get(..5).is_some_and(|mark| mark.eq_ignore_ascii_case(b"{xor}"));
    let bytes = if changed {
        base64(&secret[5..]).map(|bytes| bytes.iter().map(|byte| byte ^ 0x5f).collect())
    } else {
        base64(secret)
    };
    let Some(mut decoded) = bytes else { return Outcome::Failed { why: "it does not decode" } };
    if decoded.len() >= 4 && decoded.len() % 2 == 0 && decoded.iter().skip(1).step_by(2).all(|&byte| byte == 0) {
        decoded = decoded.into_iter().step_by(2).collect();
    }
    let text = decoded.trim_ascii();
    let value = match text.strip_prefix(b"{").and_then(|rest| Some((rest, memchr::memchr(b'}', rest)?))) {
        Some((rest, end)) => match rest[..end].to_ascii_lowercase().as_slice() {
            b"cleartext" | b"plain" | b"clear" => &rest[end + 1..],
            _ => return Outcome::Drop { why: "it is a hash of a password" },
        },
        None => text,
    };
    if value.len() < 4 || std::str::from_utf8(value).is_ok_and(|value| value.contains(char::is_control)) {
        return Outcome::Drop { why: "it encodes no password" };
    }
    if std::str::from_utf8(value).is_err() {
        return Outcome::Failed { why: "it does not decode to text" };
    }
    no_password(value, false).map_or_else(Outcome::plausible, |why| Outcome::Drop { why })
}

/// A value at a password's place. `around` is the text it stands in: the user before it, the host after it; `in_code` is whether
/// an expression may stand there.
pub(super) fn in_place(secret: &[u8], around: &[u8], in_code: bool) -> Outcome {
    if secret.is_empty() {
        return Outcome::Drop { why: "it is empty" };
    }
    let decoded = percent_decoded(secret);
    let place = Place::of(secret, around);
    let in_code = in_code && place.user.is_none() && !is_set(secret, around);
    if let Some(why) = no_password(secret, in_code).or_else(|| no_password(&decoded, in_code)) {
        return Outcome::Drop { why };
    }
    if place.user.is_none() && secret.len() < 4 && secret.iter().all(u8::is_ascii_lowercase) {
        return Outcome::Drop { why: "three letters, as samples have them" };
    }
    // `docker-image://alpine:3.20-r2@sha256:…`
    if matches!(place.host, b"sha256" | b"sha512") {
        return Outcome::Drop { why: "the tag of an image, before its digest" };
    }
    if is_anonymous(secret, around) {
        return Outcome::Drop { why: "an anonymous user gives an address, or anything, for a password" };
    }
    let local = place.is_local();
    match place.user.map(percent_decoded).filter(|user| !user.is_empty()) {
        Some(user) if local && (user == decoded || is_user_and_word(&decoded, &user)) => {
            Outcome::Drop { why: "a development default: the user name, on this machine" }
        }
        Some(user) if user == decoded => USER_NAME,
        _ => Outcome::Plausible { details: Vec::new(), severity: local.then_some(Severity::Low) },
    }
}

/// Whether it stands in a line that sets something on a router (`add name=robin password=…`), or behind another setting with
/// nothing but a blank between: `host=db user=robin password=…`.
fn is_set(secret: &[u8], around: &[u8]) -> bool {
    const LINE: usize = 400;
    memchr::memmem::find_iter(around, secret).any(|at| {
        let before = &around[at.saturating_sub(LINE)..at];
        let is_given = before.ends_with(b"=") || before.ends_with(b"=\"");
        let line = || &before[memchr::memrchr(b'\n', before).map_or(0, |line| line + 1)..];
        is_given && ([&b"add "[..], b"set "].iter().any(|verb| line().starts_with(verb)) || is_behind_setting(line()))
    })
}

/// Whether the word before the last one is `name=value`, and no argument of a call.
fn is_behind_setting(line: &[u8]) -> bool {
    let word = line.rsplit(|&byte| byte == b' ').nth(1).unwrap_or_default();
    let name = word.iter().take_while(|byte| byte.is_ascii_lowercase() || **byte == b'_').count();
    name > 0 && word.len() > name + 1 && word[name] == b'=' && !word.iter().any(|byte| b",;()\"'".contains(byte))
}

/// `app_password` of the user `app`, `cachepass` of `cacheuser`.
fn is_user_and_word(password: &[u8], user: &[u8]) -> bool {
    let stem = user.strip_suffix(b"user").filter(|stem| !stem.is_empty());
    let word = stem.and_then(|stem| password.strip_prefix(stem));
    if matches!(word, Some(b"password" | b"passwd" | b"pass" | b"pwd" | b"pw")) {
        return true;
    }
    let rest = password.strip_prefix(user);
    rest.and_then(|rest| rest.strip_prefix(b"_").or_else(|| rest.strip_prefix(b"-")))
        .is_some_and(|word| matches!(word, b"password" | b"passwd" | b"pass" | b"pwd" | b"pw"))
}

/// Whether the user before a password is `anonymous`: `login anonymous password me@example.net`.
fn is_anonymous(secret: &[u8], around: &[u8]) -> bool {
    memchr::memmem::find_iter(around, secret).any(|at| {
        let before = &around[at.saturating_sub(48)..at];
        let mut words = before.rsplit(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words
            .find(|word| !matches!(word.to_ascii_lowercase().as_slice(), b"password" | b"passwd" | b"pass" | b"pwd"))
            .is_some_and(|user| user.eq_ignore_ascii_case(b"anonymous"))
    })
}

fn no_password(value: &[u8], in_code: bool) -> Option<&'static str> {
    checks::reference(value).or_else(|| checks::placeholder(value)).or_else(|| checks::member(value, in_code))
}

/// Decodes `%xx`; what is no escape stays.
fn percent_decoded(text: &[u8]) -> Vec<u8> {
    percent_encoding::percent_decode(text).collect()
}

/// What stands beside a password in a URL.
struct Place<'a> {
    user: Option<&'a [u8]>,
    host: &'a [u8],
}

impl<'a> Place<'a> {
    fn of(secret: &[u8], around: &'a [u8]) -> Self {
        let in_url = |at: &usize| around[..*at].last() == Some(&b':') && around.get(at + secret.len()) == Some(&b'@');
        let Some(at) = memchr::memmem::find_iter(around, secret).find(in_url) else {
            return Place { user: None, host: &[] };
        };
        let before = &around[..at - 1];
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'' | b'@' | b'`' | b'<');
        let start = before.iter().rposition(is_end).map_or(0, |at| at + 1);
        let after = &around[at + secret.len() + 1..];
        let host = after.iter().position(|byte| is_end(byte) || matches!(byte, b':' | b'?' | b'#' | b',' | b'>'));
        Place { user: Some(&before[start..]), host: &after[..host.unwrap_or(after.len())] }
    }

    /// Whether the host is the machine itself.
    fn is_local(&self) -> bool {
        self.host.eq_ignore_ascii_case(b"localhost")
            || self.host.starts_with(b"127.")
            || matches!(self.host, b"0.0.0.0" | b"[" | b"host.docker.internal")
    }
}
