//! The score of a value that only its name says to be an id: `client_id = "…"`, `REGISTRY_USER=…`. An id may be a word, so
//! little can be held against it but that it is no value at all.

use super::assigned::Assigned;
use super::{Confidence, Verdict, Why, checks, entropy};
use crate::candidate::Setting;

/// What names of ids end with; of several the first counts.
const IDS: &[&str] = &["identifier", "username", "user", "login", "id"];
/// What names of secrets end with.
const SECRETS: &[&str] =
    &["secretkey", "secretvalue", "secret", "passphrase", "password", "passwd", "pass", "pwd", "token", "key"];

/// What is left of the name of an id: of `GITHUB_CLIENT_ID` it is `githubclient`, which `github.client-secret` has, too. `None`
/// where the name is not one of an id.
pub fn id_stem(name: &[u8]) -> Option<Vec<u8>> {
    stem(name, IDS)
}

/// What is left of the name of a secret, to be held against [`id_stem`].
pub fn secret_stem(name: &[u8]) -> Option<Vec<u8>> {
    stem(name, SECRETS)
}

fn stem(name: &[u8], endings: &[&str]) -> Option<Vec<u8>> {
    let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let mut plain: Vec<u8> = letters.map(u8::to_ascii_lowercase).collect();
    let ending = endings.iter().find(|ending| plain.ends_with(ending.as_bytes()))?;
    plain.truncate(plain.len() - ending.len());
    Some(plain)
}

/// Longest id, in bytes.
const LONGEST: usize = 200;

/// Judges an assignment to a name of an id.
pub fn judge(assigned: &Assigned<'_>) -> Verdict {
    let Assigned { name, value, setting, .. } = *assigned;
    let dropped = |name: &'static str, text: &'static str| Verdict::dropped(name, text, value);
    if !(3..=LONGEST).contains(&value.len()) || !value.iter().all(u8::is_ascii_graphic) {
        return dropped("no-id", "too short, too long, or with blanks");
    }
    if id_stem(name).is_none() {
        return dropped("name", "the name does not speak of an id");
    }
    if !matches!(setting, Setting::Quoted | Setting::Markup | Setting::Call)
        && let Some(what) = checks::expression(value)
    {
        return dropped("expression", what);
    }
    if let Some(what) = checks::reference(value) {
        return dropped("reference", what);
    }
    if let Some(what) = checks::placeholder(value) {
        return dropped("placeholder", what);
    }
    if value.eq_ignore_ascii_case(name) {
        return dropped("echo", "the value repeats the name");
    }
    Verdict {
        confidence: Some(Confidence::Likely),
        points: 0,
        reasons: vec![Why { name: "name", points: 0, text: "the name speaks of an id".into() }],
        details: Vec::new(),
        entropy: entropy::shannon(value),
        severity: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_an_id_and_its_secret_have_one_stem() {
        for (id, secret) in [
            ("client_id", "client_secret"),
            ("clientId", "CLIENT_SECRET_KEY"),
            ("github.client-id", "GITHUB_CLIENT_SECRET"),
            ("REGISTRY_USER", "REGISTRY_PASSWORD"),
            ("dockerUsername", "DOCKER_TOKEN"),
        ] {
            assert!(id_stem(id.as_bytes()).is_some());
            assert_eq!(id_stem(id.as_bytes()), secret_stem(secret.as_bytes()), "{id} {secret}");
        }
        assert_ne!(id_stem(b"github_client_id"), secret_stem(b"gitlab_client_secret"));
        assert_eq!(id_stem(b"client_id_file"), None);
        assert_eq!(secret_stem(b"secret_name"), None);
    }

    #[test]
    fn ids_are_told_from_what_stands_in_their_place() {
        let is_id = |name: &str, value: &str, setting| {
            let assigned = Assigned {
                before: b"",
                name: name.as_bytes(),
                value: value.as_bytes(),
                setting,
                between: b" = ",
                after: b"",
            };
            judge(&assigned).confidence.is_some()
        };
        for (name, value) in [("CLIENT_ID", "acme-web"), ("clientId", "0oa1b2c3d4"), ("REGISTRY_USER", "robot$ci")] {
            assert!(is_id(name, value, Setting::Quoted), "{name} {value}");
        }
        for (name, value) in [
            ("client_id", "${CLIENT_ID}"),
            ("client_id", "client_id"),
            ("client_id", "<your client id>"),
            ("client_id_file", "ids.txt"),
            ("client_id", "x"),
        ] {
            assert!(!is_id(name, value, Setting::Quoted), "{name} {value}");
        }
        assert!(!is_id("client_id", "os.environ.get('ID')", Setting::Bare));
    }
}
