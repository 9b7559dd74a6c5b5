//! Who a registry is told we are: the login of the user's own Docker config, and the tokens that registries give for it.
//! Nothing here can be printed.

use std::collections::HashMap;
use std::sync::Mutex;

use docker_credential::{CredentialRetrievalError, DockerCredential};
use http_auth::ChallengeParser;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;

use super::docker_config::DockerConfig;
use super::helper::{self, Answer, NoAnswer};
use super::stop::Stop;
use crate::source::image::DockerFlags;

/// What Docker's config has for a registry.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    /// None; and why none was read, where there may be one.
    Anonymous(Option<String>),
    Basic(String, String),
    /// Exchanged for tokens at the registry's token server.
    Identity(String),
    /// Shown to the registry as it is: what Docker's config calls `registrytoken`.
    Token(String),
}

impl Login {
    /// The login that Docker's config has for a registry, by helper programs where it names some.
    pub fn of_host(host: &str, docker: &DockerFlags, stop: &Stop<'_>) -> Result<Self, String> {
        let server = if host == "docker.io" { "https://index.docker.io/v1/" } else { host };
        let none = |why: Option<String>| Ok(Login::Anonymous(why));
        // Many registries want no login; one that does says so, and then it is told why there is none.
        let config = match DockerConfig::read(docker) {
            Ok(config) => config,
            Err(why) => return none(why),
        };
        let by_helper = |helper: &str| match helper::ask(helper, server, stop) {
            Ok(Answer { username, secret }) => Ok(Login::of(username, secret)),
            Err(no_answer @ NoAnswer::Stopped) => Err(no_answer.told(helper, host)),
            Err(no_answer) => none(Some(no_answer.told(helper, host))),
        };
        if let Some(helper) = config.helper_of(server) {
            return by_helper(helper);
        }
        if let Some(token) = config.registry_token(server) {
            return Ok(Login::Token(token.to_owned()));
        }
        match docker_credential::get_credential_from_reader(config.without_helpers().as_bytes(), server) {
            Ok(DockerCredential::UsernamePassword(user, password)) => Ok(Login::of(user, password)),
            Ok(DockerCredential::IdentityToken(token)) => Ok(Login::Identity(token)),
            Err(CredentialRetrievalError::NoCredentialConfigured) => {
                config.store().map_or_else(|| none(None), by_helper)
            }
            Err(CredentialRetrievalError::ConfigReadError) => {
                none(Some("Docker's config is of no known form".to_owned()))
            }
            // Its own text can hold what the config has.
            Err(_) => Err(format!("the login for {host} in Docker's config cannot be read; try `docker login {host}`")),
        }
    }

    /// A user with a password. Azure's helper, and Docker itself, keep identity tokens under a name that is none.
    fn of(user: String, password: String) -> Self {
        match user.as_str() {
            "<token>" => Login::Identity(password),
            "" => Login::Anonymous(None),
            _ => Login::Basic(user, password),
        }
    }

    /// What to try where a registry wants a login and there is none; `None` where there is one.
    pub fn remedy(&self, host: &str) -> Option<String> {
        match self {
            Login::Anonymous(None) => Some(format!("try `docker login {host}`")),
            Login::Anonymous(Some(why)) => Some(format!("no login was read: {why}")),
            Login::Basic(..) | Login::Identity(_) | Login::Token(_) => None,
        }
    }
}

/// How a registry wants to be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    Basic,
    Bearer { realm: String, service: Option<String> },
}

impl Challenge {
    /// The one of an answer that is worth most.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut basic = None;
        for header in headers.get_all(WWW_AUTHENTICATE) {
            let Ok(text) = header.to_str() else { continue };
            for challenge in ChallengeParser::new(text).map_while(Result::ok) {
                if challenge.scheme.eq_ignore_ascii_case("Basic") {
                    basic = Some(Challenge::Basic);
                } else if challenge.scheme.eq_ignore_ascii_case("Bearer") {
                    let value = |wanted: &str| {
                        let mut params = challenge.params.iter();
                        params
                            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                            .map(|(_, value)| value.to_unescaped())
                    };
                    if let Some(realm) = value("realm") {
                        return Some(Challenge::Bearer { realm, service: value("service") });
                    }
                }
            }
        }
        basic
    }
}

/// What requests are authorised with, by their scopes.
#[derive(Default)]
pub(super) struct Granted(Mutex<HashMap<String, HeaderValue>>);

impl Granted {
    pub fn get(&self, scope: &str) -> Option<HeaderValue> {
        self.lock().get(scope).cloned()
    }

    pub fn put(&self, scope: &str, header: HeaderValue) {
        self.lock().insert(scope.to_owned(), header);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, HeaderValue>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The header of a user and a password.
pub(super) fn basic_header(user: &str, password: &str) -> Option<HeaderValue> {
    use base64::Engine as _;
    header("Basic", &base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// The header of a token for a registry.
pub(super) fn bearer_header(token: &str) -> Option<HeaderValue> {
    header("Bearer", token)
}

/// The header of a scheme.
fn header(scheme: &str, word: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(&format!("{scheme} {word}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// Asks a token server for a token of a scope.
pub(super) fn token_request(
    client: &reqwest::Client,
    mut realm: Url,
    service: Option<&str>,
    scope: &str,
    login: &Login,
) -> RequestBuilder {
    let mut fields: Vec<(&str, &str)> = service.map(|service| ("service", service)).into_iter().collect();
    fields.push(("scope", scope));
    match login {
        Login::Identity(token) => {
            fields.extend([("grant_type", "refresh_token"), ("client_id", "scrubjay"), ("refresh_token", token)]);
            let mut form = realm.clone();
            form.query_pairs_mut().clear().extend_pairs(fields);
            let body = form.query().unwrap_or_default().to_owned();
            client.post(realm).header("Content-Type", "application/x-www-form-urlencoded").body(body)
        }
        Login::Basic(user, password) => {
            realm.query_pairs_mut().extend_pairs(fields);
            client.get(realm).basic_auth(user, Some(password))
        }
        // A token is no login for a token server.
        Login::Anonymous(_) | Login::Token(_) => {
            realm.query_pairs_mut().extend_pairs(fields);
            client.get(realm)
        }
    }
}

/// The header that a token server's answer gives; `None` where there is no token in it.
pub(super) fn token_header(answer: &[u8]) -> Option<HeaderValue> {
    #[derive(Deserialize)]
    struct Answer {
        token: Option<String>,
        access_token: Option<String>,
    }
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let token = answer.token.filter(|token| !token.is_empty()).or(answer.access_token)?;
    bearer_header(&token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(values: &[&'static str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
        }
        Challenge::of(&headers)
    }

    #[test]
    fn challenges_of_registries() {
        let bearer = |service: Option<&str>| Challenge::Bearer {
            realm: "https://auth.example/token".into(),
            service: service.map(str::to_owned),
        };
        let full = r#"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a:pull""#;
        assert_eq!(challenge(&[full]), Some(bearer(Some("registry.example"))));
        assert_eq!(
            challenge(&["Basic realm=\"x\"", "bearer realm=\"https://auth.example/token\""]),
            Some(bearer(None))
        );
        assert_eq!(challenge(&["Basic realm=\"x\", charset=\"UTF-8\""]), Some(Challenge::Basic));
        assert_eq!(challenge(&["Bearer service=\"x\""]), None);
        assert_eq!(challenge(&[]), None);
    }

    #[test]
    fn tokens_are_asked_for_as_each_login_wants() {
        let client = reqwest::Client::new();
        let realm = || Url::parse("https://auth.example/token?account=x").unwrap();
        let scope = "repository:a/b:pull";
        let of = |login: &Login| token_request(&client, realm(), Some("s 1"), scope, login).build().unwrap();
        let anonymous = of(&Login::Anonymous(None));
        let url = "https://auth.example/token?account=x&service=s+1&scope=repository%3Aa%2Fb%3Apull";
        assert_eq!((anonymous.url().as_str(), anonymous.headers().get("authorization")), (url, None));
        let basic = of(&Login::Basic("u".into(), "p".into()));
        assert!(basic.headers()["authorization"].is_sensitive() && basic.url().as_str() == url);
        let identity = of(&Login::Identity("r/t".into()));
        assert_eq!(identity.url().as_str(), realm().as_str(), "no token in a URL");
        let body = String::from_utf8(identity.body().unwrap().as_bytes().unwrap().to_vec()).unwrap();
        assert!(body.starts_with("service=s+1&scope=repository") && body.ends_with("&refresh_token=r%2Ft"), "{body}");
    }

    #[test]
    fn tokens_have_two_names() {
        assert_eq!(token_header(br#"{"token":"a"}"#).unwrap(), "Bearer a");
        assert_eq!(token_header(br#"{"token":"","access_token":"b","expires_in":3}"#).unwrap(), "Bearer b");
        assert_eq!(token_header(br#"{"access_token":"b\nc"}"#), None);
        assert_eq!(token_header(b"<html>"), None);
    }
}
