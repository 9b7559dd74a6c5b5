//! What a name says of the value it is given: `db_password` and `clientSecret` hold secrets, `password_file`, `tokenType` and
//! `primaryKey` do not.

mod languages;
mod other;
mod special;
mod subject;

use super::words::{ABOUT, KEY_QUALIFIERS, NEUTRAL, NOT, OTHER_KEYS, PASSWORD, SECRET, WEAK};

pub(super) use languages::{is_word_for_secret, may_be_any_key, speaks_of_secret};
use other::is_of_something_else;
pub(super) use other::{is_key_id, is_of_agent, is_some_key};

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
    // What belongs to a request is no token of one.
    let words = words(name.strip_prefix(b"request.").unwrap_or(name));
    let segments: Vec<&str> = words.iter().flat_map(|word| parts(word)).collect();
    if segments.iter().any(|segment| segment.starts_with("passwordless")) {
        return None;
    }
    if let Some(found) = special::head(&segments) {
        return Some(found);
    }
    if is_of_something_else(&segments) {
        return None;
    }
    let place = segments.iter().rposition(|segment| kind(segment).is_some() || *segment == "key" || *segment == "keys");
    let place = place?;
    let before = &segments[..place];
    let after = &segments[place + 1..];
    let own = before.iter().rposition(|segment| kind(segment).is_some()).map_or(0, |last| last + 1);
    // `keyFilePassword` is the password of a file, `GroupPwd` that of a group of a VPN.
    let of_file = matches!(before.last(), Some(&"file" | &"group")) && kind(segments[place]) == Some(Head::Password);
    let is_any = matches!(segments[place], "token" | "tokens" | "key" | "keys" | "auth");
    if subject::is_denied(name, &before[..before.len() - usize::from(of_file)], own, is_any) {
        return None;
    }
    let mut strength = Strength::Strong;
    let found = if matches!(segments[place], "key" | "keys") {
        // `secretOrKey` is one of both.
        let qualifier = before.iter().rfind(|word| **word != "or")?;
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
        // `pass` and `pw` alone are words of programs.
        let is_qualified = match segments[place] {
            "pass" => before.len() + after.len() > 0,
            "pw" => !before.is_empty(),
            _ => false,
        };
        if WEAK.contains(segments[place]) && !is_qualified {
            strength = Strength::Weak;
        }
        kind(segments[place])?
    };
    // `password_rotated_at` is a day.
    if after.last() == Some(&"at") {
        return None;
    }
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

/// Whether a call makes a pair of user and password, and takes the user first.
pub(super) fn makes_pair(name: &[u8]) -> bool {
    words(name).last().is_some_and(|word| matches!(word.as_str(), "credential" | "credentials" | "creds"))
}

/// Whether a call is told by its last name to take the secret: `config.setPassword(`, `password.equals(`, `field.val(`; not
/// `password.encode(`, `$pass.trigger(`.
pub(super) fn takes_secret(name: &[u8]) -> bool {
    const TAKERS: &[&str] = &[
        "equals", "equal", "eql", "compare", "eq", "set", "put", "val", "value", "text", "keys", "type", "fill",
        "append", "push", "add", "update", "store", "write", "send", "is", "be", "default", "new", "from", "of",
        "with", "match", "encode", "bytes",
    ];
    let dot = name.iter().rposition(|&byte| byte == b'.');
    let last = words(&name[dot.map_or(0, |dot| dot + 1)..]);
    last.is_empty()
        || dot.is_none()
        || last.iter().any(|word| TAKERS.contains(&word.as_str()) || kind(word).is_some() || word.ends_with("key"))
}

/// Whether a name is of what a person types into a device to join a network.
pub(super) fn is_of_network(name: &[u8]) -> bool {
    words(name)
        .iter()
        .any(|word| matches!(word.as_str(), "psk" | "wpa" | "wpa2" | "wpa3" | "wifi" | "wlan" | "presharedkey"))
}

/// Whether a name ends with the letters that stand for a personal access token: `ADO_PAT`, `feedPat`.
pub(super) fn is_access_token(name: &[u8]) -> bool {
    let words = words(name);
    words.len() > 1 && words.last().is_some_and(|last| last == "pat")
}

/// Whether a name, that of a map, says what the keys in it are for: `crypto`, `JwtSettings`.
pub(super) fn is_about_keys(name: &[u8]) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "crypto"
                | "encryption"
                | "jwt"
                | "signing"
                | "aes"
                | "cipher"
                | "hmac"
                | "secret"
                | "secrets"
                | "auth"
                | "security"
        )
    })
}

/// Whether the key of an entry says that its value is something about the secret, or whose it is: `type`, `label`, `user`.
pub(super) fn is_about(key: &[u8]) -> bool {
    words(key)
        .iter()
        .any(|word| (ABOUT.contains(word.as_str()) || NOT.contains(word.as_str())) && !NEUTRAL.contains(word.as_str()))
}

/// The words of a name in lower case: `dbPassword`, `DB_PASSWORD` and `db.password` have two. Letters beyond ASCII belong to
/// the word they stand in; two words that are one in other names are joined.
pub(super) fn words(name: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = name;
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    while let Some(start) = rest.iter().position(|&byte| is_letter(byte)) {
        rest = &rest[start..];
        let upper = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let lower = rest[upper..].iter().take_while(|byte| byte.is_ascii_lowercase() || !byte.is_ascii()).count();
        // `HTTPServer`: the last capital begins the next word.
        let length = if upper > 1 && lower > 0 && rest[upper].is_ascii() { upper - 1 } else { upper + lower };
        let word = String::from_utf8_lossy(&rest[..length]).to_lowercase();
        rest = &rest[length..];
        match (words.last_mut(), word.as_str()) {
            (Some(last), "word" | "phrase" | "code" | "key") if *last == "pass" => last.push_str(&word),
            (Some(last), "sandi") if *last == "kata" => last.push_str(&word),
            (Some(last), "string") if *last == "secure" => {
                last.clear();
                last.push_str("password");
            }
            (Some(last), "wd" | "w" | "wrd") if *last == "pass" || *last == "p" || *last == "ps" => {
                last.push_str(&word)
            }
            _ => words.push(word),
        }
    }
    words
}

/// The two words of a compound that says what a key is for, in one case and without a joint: `ENROLLKEY`, `accountkey`.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    // `hostkey` is the name of a method to tell servers by.
    let is_one =
        |word: &&str| *word != "host" && KEY_QUALIFIERS.contains(*word) && kind(&format!("{word}key")).is_none();
    let qualifier = word.strip_suffix("key").filter(is_one);
    [qualifier.unwrap_or(word)].into_iter().chain(qualifier.map(|_| "key"))
}

/// The kind of secret a word stands for, also at the end of a compound without a joint: `dbpassword`, `authtoken`.
fn kind(segment: &str) -> Option<Head> {
    // `issecret=true` asks.
    let asked = ["is", "has"].into_iter().find_map(|verb| segment.strip_prefix(verb));
    if asked.is_some_and(|word| PASSWORD.contains(word) || SECRET.contains(word)) {
        return None;
    }
    if PASSWORD.contains(segment) {
        return Some(Head::Password);
    }
    if SECRET.contains(segment) || matches!(segment, "auth" | "authorization" | "salt") {
        return Some(Head::Key);
    }
    let ends = |words: &[&str]| words.iter().any(|word| segment.ends_with(word));
    const OWNERS: [&str; 39] = [
        "crypto",
        "priv",
        "require",
        "store",
        "key",
        "ssh",
        "root",
        "admin",
        "db",
        "user",
        "my",
        "mysql",
        "sql",
        "pg",
        "smtp",
        "mail",
        "ldap",
        "dn",
        "proxy",
        "auth",
        "bind",
        "vault",
        "become",
        "ftp",
        "wifi",
        "http",
        "login",
        "master",
        "su",
        "ap",
        "imap",
        "pop",
        "mqtt",
        "rootbind",
        "enable",
        "srcstore",
        "deststore",
        "srckey",
        "destkey",
    ];
    let is_owned =
        || ["pass", "pw"].iter().any(|end| segment.strip_suffix(end).is_some_and(|owner| OWNERS.contains(&owner)));
    if ends(&["密码", "密碼", "口令", "パスワード", "비밀번호", "пароль"])
        || ends(&["password", "passwd", "passphrase", "passwort", "passcode", "pwd", "pword", "psk"])
        || is_owned()
    {
        return Some(Head::Password);
    }
    ends(&[
        "secret",
        "secrets",
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
            "contraseña",
            "mot_de_passe",
            "dbPassWord",
            "ConvertTo-SecureString",
            "lösenord",
            "bindpw",
            "smtpPw",
            "enablepw",
            "certificateKeyFilePassword",
            "request.dbPassword",
            "enable_secret",
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
            "secretOrKey",
            "privateCode",
            "jeton",
            "ENROLLKEY",
            "accountkey",
            "LICENSEKEY",
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
            "hostkey",
            "KEYBOARD",
        ] {
            assert_eq!(head(name.as_bytes()), None, "{name}");
        }
    }
}
