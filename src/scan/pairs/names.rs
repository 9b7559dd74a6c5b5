//! Whether the name of an id speaks of the service that a secret belongs to.

use crate::signature::Signature;

/// Words that ids of all services have in their names.
const COMMON: &[&str] = &[
    "client",
    "application",
    "app",
    "oauth2",
    "oauth",
    "api",
    "access",
    "secret",
    "key",
    "auth",
    "consumer",
    "service",
];

/// Whether an id of this name may be one of that service: it says its name, as `spotifyclient` does, or no name at all, as `client`.
pub(super) fn fits(stem: &[u8], service: &Signature) -> bool {
    let Ok(stem) = std::str::from_utf8(stem) else { return false };
    let provider = service.provider.as_str();
    let words = service.keywords.iter().map(String::as_str).chain([provider]).filter_map(first_word);
    is_common(stem) || words.into_iter().any(|word| stem.contains(&*word))
}

/// The first word of a name that is none of all services, in lower case.
fn first_word(name: &str) -> Option<String> {
    let word = name.split(|letter: char| !letter.is_ascii_alphanumeric()).next()?.to_ascii_lowercase();
    (word.len() >= 2 && !is_common(&word)).then_some(word)
}

/// Whether a name is made of words that all have.
fn is_common(name: &str) -> bool {
    let mut rest = name;
    while let Some(shorter) = COMMON.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::embedded;

    #[test]
    fn an_id_is_of_the_service_that_its_name_says_or_of_any() {
        let signatures = embedded().expect("signatures");
        let of = |id: &str| &signatures.iter().find(|one| one.signature.id == id).expect("a signature").signature;
        for (secret, stem) in [
            ("spotify-client-secret", "spotifyclient"),
            ("spotify-client-secret", "client"),
            ("spotify-client-secret", "oauthclient"),
            ("auth0-client-secret", "authauth0client"),
            ("cloudflare-access-client-secret", "cfaccessclient"),
            ("crowdstrike-client-secret", "falconclient"),
            ("bitwarden-api-key", "bwclient"),
            ("facebook-app-secret", "facebookapp"),
            ("akamai-client-secret", "client"),
        ] {
            assert!(fits(stem.as_bytes(), of(secret)), "{secret} {stem}");
        }
        for (secret, stem) in [
            ("spotify-client-secret", "githubclient"),
            ("auth0-client-secret", "oktaclient"),
            ("akamai-client-secret", "spotifyclient"),
        ] {
            assert!(!fits(stem.as_bytes(), of(secret)), "{secret} {stem}");
        }
    }
}
