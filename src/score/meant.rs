//! What a value is behind the syntax it stands in: one password in a literal, in two that are joined, in an attribute of XML and in a
//! URL is one secret, and so is a key in whatever armour.

use super::assigned::Assigned;
use super::{proof, unescape};
use crate::candidate::{Candidate, Setting};
use crate::signature::{Matcher, Proof, Rule};

/// What a candidate's secret says, where it is written in another way. Reads nothing beyond the candidate's reach.
///
/// What has a provider's shape says what it is.
pub fn value(rule: &Rule, text: &[u8], candidate: &Candidate) -> Option<Vec<u8>> {
    match rule.matcher {
        Matcher::Assignment => {
            let assigned = Assigned::of(text, candidate);
            unescape::parts(assigned.value, assigned.quote()).or_else(|| said(&assigned))
        }
        Matcher::Pattern if !rule.is_of_shape() => {
            let before =
                &text[candidate.span.start.min(candidate.secret.start) as usize..candidate.secret.start as usize];
            // What is given behind `;`, as to SQL Server's driver, is no part of a URL.
            let is_parameter = || memchr::memrchr3(b'?', b'&', b';', before).is_some_and(|at| before[at] == b';');
            let is_in_address = memchr::memmem::find(before, b"://").is_some() && !is_parameter();
            is_in_address.then(|| unescape::percent(&text[candidate.secret.range()]))?
        }
        _ => None,
    }
}

/// What tells a secret from others, where that is not its bytes: of a private key its public half, in whatever armour it stands and
/// whatever was done to its lines. `None` where its bytes are what tells it.
pub fn identity(rule: &Rule, secret: &[u8]) -> Option<Vec<u8>> {
    match rule.signature.proof {
        Some(Proof::PrivateKey | Proof::GoogleServiceAccount) => Some(proof::key_identity(secret)),
        Some(Proof::PrivateKeyDer) => proof::binary_key_identity(secret),
        Some(Proof::PuttyKey) => Some(proof::putty_identity(secret)),
        // Other keys, of several lines as well.
        _ if rule.is_of_shape() && rule.signature.tags.iter().any(|tag| tag == "private-key") => {
            let has_lines = memchr::memchr3(b'\n', b'\r', b'\\', secret).is_some() || secret.starts_with(b"----");
            has_lines.then(|| proof::key_identity(secret))
        }
        _ => None,
    }
}

/// What one literal says.
fn said(assigned: &Assigned<'_>) -> Option<Vec<u8>> {
    let Assigned { value, between, .. } = *assigned;
    let is_raw = || {
        let before = between.len() - 1;
        matches!(between[..before].last(), Some(b'r' | b'R' | b'#')) || between.ends_with(b"R\"(")
    };
    match (assigned.setting, between.last()) {
        (_, _) if between.ends_with(b"CDATA[") => None,
        (Setting::Markup, _) | (_, Some(b';')) => unescape::entities(value),
        (Setting::Url, Some(b'=')) => unescape::percent(value),
        (_, Some(b'"' | b'\'')) if is_raw() => None,
        // A verbatim string of C#.
        (_, Some(b'"')) if between.ends_with(b"@\"") || between.ends_with(b"@$\"") => unescape::doubled(value, b'"'),
        // JSON in a string is escaped twice.
        (_, Some(b'"')) if between.ends_with(b"\\\"") => {
            let once = unescape::literal(value, b'"');
            once.as_deref().and_then(|once| unescape::literal(once, b'"')).or(once)
        }
        (_, Some(&quote @ (b'"' | b'\''))) => unescape::literal(value, quote),
        _ => unescape::unicode(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_says_what_its_syntax_makes_of_it() {
        let said = |between: &str, value: &str, setting: Setting| {
            let assigned = Assigned {
                between: between.as_bytes(),
                value: value.as_bytes(),
                setting,
                ..Assigned::entry(b"p", b"")
            };
            said(&assigned).map(|text| String::from_utf8(text).expect("text"))
        };
        for (between, value, setting, text) in [
            ("\": \"", r#"kR7\"q\\9"#, Setting::Quoted, Some(r#"kR7"q\9"#)),
            ("\": \"", r"a\u0026b\/c", Setting::Quoted, Some("a&b/c")),
            (": '", "it''s", Setting::Quoted, Some("it's")),
            (" = \"", r"C:\dir\new", Setting::Quoted, None),
            (" = r\"", r"a\\b", Setting::Quoted, None),
            (" = @\"", r#"a\\b""c"#, Setting::Quoted, Some(r#"a\\b"c"#)),
            ("=\"", "a&quot;b&amp;c&#33;&lt;", Setting::Markup, Some("a\"b&c!<")),
            (">", "a&amp;b", Setting::Markup, Some("a&b")),
            ("><![CDATA[", "a&amp;b", Setting::Markup, None),
            ("=", "kR7%21%25Zq", Setting::Url, Some("kR7!%Zq")),
            ("=", "50%off", Setting::Url, None),
            ("=", r"Contrase\u00f1a", Setting::Bare, Some("Contraseña")),
            ("=", r"a\\b", Setting::Bare, None),
            (" = \"", "plain", Setting::Quoted, None),
        ] {
            assert_eq!(said(between, value, setting).as_deref(), text, "{between}{value}");
        }
    }
}
