//! What a name says of the value it is given: `db_password` and `clientSecret` hold secrets, `password_file`, `tokenType` and
//! `primaryKey` do not.

use super::entropy::letter_runs;
use super::words::{ABOUT, KEY_QUALIFIERS, NEUTRAL, NOT, PASSWORD, SECRET, WEAK};

/// What kind of secret a name speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// A password that a person may have chosen: short values count.
    Password,
    /// A secret, token or key that a machine made: values are long and random.
    Key,
}

/// How clearly a name says that its value is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// It may.
    Weak,
    /// It does.
    Strong,
}

/// Reads a name; `None` where it says that its value is no secret.
pub fn head(name: &[u8]) -> Option<(Head, Strength)> {
    let lower: Vec<Vec<u8>> = letter_runs(name).map(<[u8]>::to_ascii_lowercase).collect();
    let segments: Vec<&str> = lower.iter().filter_map(|segment| std::str::from_utf8(segment).ok()).collect();
    let place = segments.iter().rposition(|segment| kind(segment).is_some() || *segment == "key" || *segment == "keys");
    let place = place?;
    let before = &segments[..place];
    let after = &segments[place + 1..];
    if before.iter().any(|segment| NOT.contains(*segment)) && !before.iter().any(|segment| kind(segment).is_some()) {
        return None;
    }
    let mut strength = Strength::Strong;
    let found = if matches!(segments[place], "key" | "keys") {
        let qualifier = before.last()?;
        if !(KEY_QUALIFIERS.contains(*qualifier) || kind(qualifier).is_some()) {
            return None;
        }
        if matches!(
            *qualifier,
            "app" | "application" | "session" | "service" | "host" | "account" | "server" | "client" | "token"
        ) {
            strength = Strength::Weak;
        }
        Head::Key
    } else {
        if WEAK.contains(segments[place]) && !(segments[place] == "pass" && before.len() + after.len() > 0) {
            strength = Strength::Weak;
        }
        kind(segments[place])?
    };
    for segment in after {
        if ABOUT.contains(*segment) && !NEUTRAL.contains(*segment) {
            return None;
        }
        if !NEUTRAL.contains(*segment) {
            strength = Strength::Weak;
        }
    }
    Some((found, strength))
}

/// The kind of secret a word stands for, also at the end of a compound without a joint: `dbpassword`, `authtoken`.
fn kind(segment: &str) -> Option<Head> {
    if PASSWORD.contains(segment) {
        return Some(Head::Password);
    }
    if SECRET.contains(segment) || matches!(segment, "auth" | "authorization" | "salt") {
        return Some(Head::Key);
    }
    let ends = |words: &[&str]| words.iter().any(|word| segment.ends_with(word));
    if ends(&[
        "password",
        "passwd",
        "passphrase",
        "userpwd",
        "dbpwd",
        "rootpwd",
        "adminpwd",
        "dbpass",
        "userpass",
        "rootpass",
    ]) {
        return Some(Head::Password);
    }
    ends(&[
        "secret",
        "token",
        "apikey",
        "accesskey",
        "secretkey",
        "privatekey",
        "authkey",
        "encryptionkey",
        "masterkey",
        "signingkey",
        "credential",
        "credentials",
    ])
    .then_some(Head::Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "spring.datasource.password",
            "MYSQL_ROOT_PASSWORD",
            "rootPwd",
            "dbpassword",
            "passphrase",
            "PASSWORD_PROD",
        ] {
            assert_eq!(head(name.as_bytes()).map(|found| found.0), Some(Head::Password), "{name}");
        }
        for name in [
            "api_key",
            "apiKey",
            "apikey",
            "X-API-Key",
            "AWS_SECRET_ACCESS_KEY",
            "clientSecret",
            "auth_token",
            "authToken",
            "private-key",
            "SECRET",
            "STRIPE_API_KEY",
            "encryptionKey",
        ] {
            assert_eq!(head(name.as_bytes()).map(|found| found.0), Some(Head::Key), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "password_file",
            "tokenType",
            "primaryKey",
            "key",
            "cache_key",
            "publicKey",
            "is_password",
            "tokenizer",
            "secretName",
            "passwordField",
            "token_url",
            "next_page_token",
            "keyboard",
            "author",
            "compass",
            "password_hash",
            "existingSecret",
            "csrfToken",
            "max_tokens",
        ] {
            assert_eq!(head(name.as_bytes()), None, "{name}");
        }
    }
}
