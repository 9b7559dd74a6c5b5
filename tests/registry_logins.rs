//! Where the logins of Docker's config go and where not, and what is said of them.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use std::path::Path;

use common::{complaint, exit, stderr, write};
use fake_registry::{Answer, Fake};
use images::{assert_found, image, one_image, scrubjay};
use serde_json::{Value, json};

const WORD: &str = "correct-horse";

fn log_in(folder: &Path, host: &str, entry: Value) {
    write(folder, "docker/config.json", &json!({"auths": {host: entry}}).to_string());
}

/// A registry with a token server at `/token`, which leads on with a status to where `location` says.
fn leading_on(status: u16, location: impl Fn(&str) -> String + Send + Sync + 'static) -> Fake {
    let content = one_image();
    Fake::start(move |request| {
        let host = request.header("host").unwrap().to_owned();
        match (request.path.split('?').next().unwrap(), request.header("authorization")) {
            ("/token", _) => Answer::of(status).with("Location", location(&host)),
            ("/new-token", _) => Answer::json(&json!({"token": request.body.contains(WORD).to_string()})),
            (_, Some("Bearer true")) => content.answer(request),
            _ => {
                let realm = format!("Bearer realm=\"http://{host}/token\",service=\"here\"");
                Answer::of(401).with("WWW-Authenticate", realm)
            }
        }
    })
}

#[test]
fn an_identity_token_goes_to_no_other_server() {
    let scratch = tempfile::tempdir().unwrap();
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Fake::start(|_| Answer::json(&json!({"token": "true"})));
        let other = format!("http://{}/token", elsewhere.host());
        let registry = leading_on(status, move |_| other.clone());
        log_in(scratch.path(), &registry.host(), json!({"identitytoken": WORD}));
        let name = format!("{}/team/app:1", registry.host());
        let said = complaint(&image(scratch.path(), &name).output().unwrap());
        assert!(said.contains("leads the login to another server, which does not get it"), "{status}: {said}");
        assert!(elsewhere.log.lock().unwrap().is_empty(), "{status}");
    }
    // Its own server may ask for it at another place.
    let registry = leading_on(307, |host| format!("http://{host}/new-token"));
    log_in(scratch.path(), &registry.host(), json!({"identitytoken": WORD}));
    assert_found(scratch.path(), &format!("{}/team/app:1", registry.host()));
}

#[test]
fn a_login_that_nobody_asked_for_is_not_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    for (status, challenge) in [(401, None), (401, Some("Negotiate")), (403, None)] {
        let fake = Fake::start(move |_| {
            challenge.map_or(Answer::of(status), |challenge| Answer::of(status).with("WWW-Authenticate", challenge))
        });
        log_in(folder, &fake.host(), json!({"username": "me", "password": WORD}));
        let said = complaint(&image(folder, &format!("{}/team/app:1", fake.host())).output().unwrap());
        assert!(said.contains("the login in Docker's config was not sent"), "{said}");
        let said = complaint(&scrubjay(folder, &["registry", &fake.host()]).output().unwrap());
        assert!(said.contains("the login in Docker's config was not sent"), "{said}");
    }
    let fake = Fake::start(|_| Answer::of(401).with("WWW-Authenticate", "Basic realm=\"x\""));
    log_in(folder, &fake.host(), json!({"username": "me", "password": WORD}));
    let said = complaint(&image(folder, &format!("{}/team/app:1", fake.host())).output().unwrap());
    assert!(said.contains("refuses team/app to the login in Docker's config") && !said.contains(WORD), "{said}");
}

#[test]
fn a_token_for_the_registry_itself_is_shown_to_it() {
    let scratch = tempfile::tempdir().unwrap();
    let tokens = Fake::start(|_| Answer::of(500));
    let (content, realm) = (one_image(), format!("Bearer realm=\"http://{}/token\"", tokens.host()));
    let fake = Fake::start(move |request| match request.header("authorization") {
        Some(header) if header == format!("Bearer {WORD}") => content.answer(request),
        _ => Answer::of(401).with("WWW-Authenticate", realm.clone()),
    });
    let name = format!("{}/team/app:1", fake.host());
    for key in [fake.host(), format!("https://{}/v2/", fake.host())] {
        log_in(scratch.path(), &key, json!({"registrytoken": WORD}));
        let output = image(scratch.path(), &name).output().unwrap();
        assert_eq!(exit(&output), 1, "{}", stderr(&output));
    }
    assert!(tokens.log.lock().unwrap().is_empty());
    log_in(scratch.path(), &fake.host(), json!({"registrytoken": "wrong-word"}));
    let said = complaint(&image(scratch.path(), &name).output().unwrap());
    assert!(said.contains("refuses team/app to the login") && !said.contains("wrong-word"), "{said}");
}
