//! Registries as they answer, well and badly: logins and tokens, redirects, limits, and what is attached to an image.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{complaint, exit, stderr, token, write};
use fake_registry::{Answer, Content, Fake, INDEX, MANIFEST, digest, tar};
use images::{assert_found, image, line, lost, one_image, places, report};
use serde_json::{Value, json};

const PASSWORD: &str = "correct-horse";

fn log_in(folder: &Path, host: &str, entry: Value) {
    write(folder, "docker/config.json", &json!({"auths": {host: entry}}).to_string());
}

fn basic(user: &str, password: &str) -> Value {
    json!({"auth": STANDARD.encode(format!("{user}:{password}"))})
}

mod answers {
    use super::*;

    #[test]
    fn statuses_say_what_to_try() {
        let scratch = tempfile::tempdir().unwrap();
        for (status, expected) in [
            (401, "docker login 127.0.0.1"),
            (403, "docker login 127.0.0.1"),
            (404, "check the name and the tag"),
            (418, "status 418"),
            (500, "5 tries: the server answered with status 500"),
        ] {
            let fake = Fake::start(move |_| Answer { body: b"<secret page>".to_vec(), ..Answer::of(status) });
            let said = complaint(&image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap());
            assert!(said.contains(expected) && !said.contains("secret page"), "{status}: {said}");
        }
    }

    #[test]
    fn who_is_asked_to_wait_waits() {
        let scratch = tempfile::tempdir().unwrap();
        let content = one_image();
        let asked = AtomicUsize::new(0);
        let fake = Fake::start(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Answer::of(429).with("Retry-After", "1"),
            1 => Answer::of(503),
            _ => content.answer(request),
        });
        let begun = Instant::now();
        assert_found(scratch.path(), &format!("{}/team/app:1", fake.host()));
        assert!(begun.elapsed().as_millis() >= 1_000, "{:?}", begun.elapsed());
        let fake = Fake::start(|_| Answer::of(429).with("Retry-After", "86400"));
        let said = complaint(&image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap());
        assert!(said.contains("wants to be left alone for 86400 s"), "{said}");
        assert_eq!(fake.log.lock().unwrap().len(), 1, "it was not asked again");
    }

    #[test]
    fn a_layer_that_cannot_be_had_is_lost_and_no_other() {
        let scratch = tempfile::tempdir().unwrap();
        for (status, reason) in [(404, "missing"), (500, "unreadable"), (403, "unreadable")] {
            let mut content = one_image();
            let bad = tar(&[("gone.env", line(2).as_bytes())]);
            content.image("team/app", "1", "", &[&tar(&[("srv/app.env", line(1).as_bytes())]), &bad]);
            let bad = digest(&bad);
            let fake = Fake::start(move |request| match request.path.ends_with(&bad) {
                true => Answer::of(status),
                false => content.answer(request),
            });
            let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
            let report = report(&output);
            assert_eq!(places(&report), ["srv/app.env"]);
            let skipped = &report["coverage"]["skipped"][0];
            assert_eq!((&skipped["reason"], &skipped["class"]), (&json!(reason), &json!("lost")), "{report:#}");
        }
    }

    #[test]
    fn manifests_that_are_not_what_they_should_be() {
        let scratch = tempfile::tempdir().unwrap();
        let said = |answer: fn() -> Answer| {
            let fake = Fake::start(move |_| answer());
            complaint(&image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap())
        };
        let endless = || Answer { body: b" ".to_vec(), is_endless: true, ..Answer::of(200) };
        assert!(said(endless).contains("longer than 32 MiB"));
        let other = || Answer::json(&json!({})).with("Docker-Content-Digest", digest(b"other"));
        assert!(said(other).contains("the digest of the answer is not the one asked for"));
        let html = said(|| Answer { body: b" <html>login</html>".to_vec(), ..Answer::of(200) });
        assert!(html.contains("HTML and no manifest, so this may be no registry") && !html.contains("login"), "{html}");
    }

    #[test]
    fn a_layer_with_other_bytes_is_read_and_said() {
        let scratch = tempfile::tempdir().unwrap();
        let mut content = one_image();
        let wrong = digest(&tar(&[("srv/app.env", line(1).as_bytes())]));
        content.blobs.insert(wrong, tar(&[("srv/app.env", line(3).as_bytes())]));
        let fake = Fake::start(move |request| content.answer(request));
        let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        let report = report(&output);
        assert_eq!((exit(&output), places(&report)), (1, vec!["srv/app.env".to_owned()]));
        assert!(lost(&report)[0].contains("the stored bytes have"), "{report:#}");
    }
}

mod logins {
    use super::*;

    /// A registry that wants a token of a server, which wants a login; the login it saw.
    fn with_tokens(is_identity: bool) -> (Fake, Fake) {
        let tokens = Fake::start(move |request| {
            let is_right = if is_identity {
                request.method == "POST" && request.body.contains(&format!("refresh_token={PASSWORD}"))
            } else {
                request.header("authorization") == Some(&format!("Basic {}", STANDARD.encode(format!("me:{PASSWORD}"))))
            };
            let asked = format!("{}{}", request.path, request.body);
            if !is_right || !asked.contains("scope=repository%3Ateam%2Fapp%3Apull") || !asked.contains("service=here") {
                return Answer::of(401);
            }
            Answer::json(&json!({ "token": "given" }))
        });
        let (content, port) = (one_image(), tokens.port);
        let served = AtomicUsize::new(0);
        let registry = Fake::start(move |request| {
            let realm = format!("Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"here\"");
            // The token is no longer good after some requests.
            let is_old = served.fetch_add(1, Ordering::SeqCst) == 3;
            match request.header("authorization") {
                Some("Bearer given") if !is_old => content.answer(request),
                _ => Answer::of(401).with("WWW-Authenticate", realm),
            }
        });
        (registry, tokens)
    }

    #[test]
    fn tokens_for_a_password_renewed_when_they_are_old() {
        let scratch = tempfile::tempdir().unwrap();
        let (registry, tokens) = with_tokens(false);
        let name = format!("{}/team/app:1", registry.host());
        let said = complaint(&image(scratch.path(), &name).output().unwrap());
        assert!(said.contains("docker login"), "{said}");
        log_in(scratch.path(), &registry.host(), basic("me", PASSWORD));
        assert_found(scratch.path(), &name);
        assert!(tokens.log.lock().unwrap().len() >= 3, "one refused, one given, one renewed");
        log_in(scratch.path(), &registry.host(), basic("me", "wrong-word"));
        let said = complaint(&image(scratch.path(), &name).output().unwrap());
        assert!(said.contains("refuses the login") && !said.contains("wrong-word"), "{said}");
    }

    #[test]
    fn tokens_for_an_identity() {
        let scratch = tempfile::tempdir().unwrap();
        let (registry, tokens) = with_tokens(true);
        log_in(scratch.path(), &registry.host(), json!({"auth": "", "identitytoken": PASSWORD}));
        assert_found(scratch.path(), &format!("{}/team/app:1", registry.host()));
        assert!(tokens.asked(PASSWORD).is_empty(), "it is in no URL");
    }

    #[test]
    fn helpers_are_asked() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let (registry, _tokens) = with_tokens(false);
        let helper = format!(
            "#!/bin/sh\nread host\n[ \"$1 $host\" = \"get {}\" ] || exit 1\nprintf '{{\"Username\":\"me\",\"Secret\":\"{PASSWORD}\"}}'\n",
            registry.host()
        );
        write(folder, "bin/docker-credential-mine", &helper);
        fs::set_permissions(folder.join("bin/docker-credential-mine"), fs::Permissions::from_mode(0o755)).unwrap();
        write(folder, "docker/config.json", &json!({"credHelpers": {registry.host(): "mine"}}).to_string());
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths([folder.join("bin")].into_iter().chain(std::env::split_paths(&path))).unwrap();
        let output = image(folder, &format!("{}/team/app:1", registry.host())).env("PATH", path).output().unwrap();
        assert_eq!(exit(&output), 1, "{}", stderr(&output));
    }

    #[test]
    fn a_login_that_cannot_be_read_is_told_with_its_cause() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let fake = Fake::start(|_| Answer::of(401).with("WWW-Authenticate", "Basic realm=\"x\""));
        write(folder, "bin/docker-credential-fails", "#!/bin/sh\nread host\necho what-it-prints\nexit 1\n");
        fs::set_permissions(folder.join("bin/docker-credential-fails"), fs::Permissions::from_mode(0o755)).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths([folder.join("bin")].into_iter().chain(std::env::split_paths(&path))).unwrap();
        for (config, expected) in [
            ("{}".to_owned(), "try `docker login 127.0.0.1"),
            ("{\n bad".to_owned(), "docker/config.json: no valid JSON at line 2, column 2"),
            (json!({"auths": []}).to_string(), "no login was read: Docker's config is of no known form"),
            (
                json!({"credHelpers": {fake.host(): "nope"}}).to_string(),
                "docker-credential-nope, which Docker's config names, cannot be run",
            ),
            (
                json!({"credsStore": "nope"}).to_string(),
                "docker-credential-nope, which Docker's config names, cannot be run",
            ),
            (
                json!({"credsStore": "fails"}).to_string(),
                "docker-credential-fails, which Docker's config names, gives none",
            ),
        ] {
            write(folder, "docker/config.json", &config);
            let mut command = image(folder, &format!("{}/team/app:1", fake.host()));
            let said = complaint(&command.env("PATH", &path).output().unwrap());
            assert!(said.contains(expected) && !said.contains("what-it-prints"), "{said}");
        }
    }

    #[test]
    fn a_token_server_at_an_internal_address_is_not_asked() {
        let scratch = tempfile::tempdir().unwrap();
        let fake = Fake::start(|_| {
            Answer::of(401).with("WWW-Authenticate", "Bearer realm=\"http://169.254.169.254/latest/meta-data\"")
        });
        log_in(scratch.path(), &fake.host(), basic("me", PASSWORD));
        let said = complaint(&image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap());
        assert!(said.contains("internal address, which is not asked") && !said.contains(PASSWORD), "{said}");
    }

    #[test]
    fn redirects_take_no_login_along_and_lead_to_no_internal_address() {
        let scratch = tempfile::tempdir().unwrap();
        let layer = tar(&[("srv/app.env", line(1).as_bytes())]);
        let elsewhere = Fake::start(move |request| match request.path.as_str() {
            "/signed?sig=abc" => Answer { body: layer.clone(), ..Answer::of(200) },
            _ => Answer::of(404),
        });
        let target = format!("http://127.0.0.1:{}/signed?sig=abc", elsewhere.port);
        for (target, is_found) in [(target.as_str(), true), ("http://169.254.169.254/x?sig=abc", false)] {
            let (content, target) = (one_image(), target.to_owned());
            let wanted = format!("Basic {}", STANDARD.encode(format!("me:{PASSWORD}")));
            let fake = Fake::start(move |request| {
                if request.header("authorization") != Some(&wanted) {
                    return Answer::of(401).with("WWW-Authenticate", "Basic realm=\"x\"");
                }
                match content.answer(request) {
                    answer if answer.body.len() > 1_024 => Answer::of(307).with("Location", &target),
                    answer => answer,
                }
            });
            log_in(scratch.path(), &fake.host(), basic("me", PASSWORD));
            let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
            let report = report(&output);
            assert_eq!(exit(&output), if is_found { 1 } else { 3 }, "{report:#}");
            assert!(!report.to_string().contains("sig=abc") && !stderr(&output).contains("sig=abc"));
            if !is_found {
                assert!(lost(&report)[0].contains("internal address"), "{report:#}");
            }
        }
        let log = elsewhere.log.lock().unwrap();
        assert!(!log.is_empty() && log.iter().all(|request| request.header("authorization").is_none()));
    }

    #[test]
    fn proxies_are_used_for_all_but_this_machine() {
        let scratch = tempfile::tempdir().unwrap();
        let fake = Fake::start(|_| Answer::of(502));
        let proxy = format!("http://{}", fake.host());
        let away = |no_proxy: &str| {
            let mut command = image(scratch.path(), "registry.invalid/team/app:1");
            complaint(&command.env("HTTPS_PROXY", &proxy).env("NO_PROXY", no_proxy).output().unwrap())
        };
        away("");
        let asked: Vec<(String, String)> =
            fake.log.lock().unwrap().iter().map(|asked| (asked.method.clone(), asked.path.clone())).collect();
        assert_eq!(asked[0], ("CONNECT".to_owned(), "registry.invalid:443".to_owned()));
        let before = asked.len();
        away("registry.invalid");
        assert_eq!(fake.log.lock().unwrap().len(), before);
        let content = one_image();
        let registry = Fake::start(move |request| content.answer(request));
        let mut command = image(scratch.path(), &format!("{}/team/app:1", registry.host()));
        let output = command.env("HTTP_PROXY", &proxy).env("http_proxy", &proxy).output().unwrap();
        assert_eq!(exit(&output), 1, "{}", stderr(&output));
    }
}

mod attached {
    use super::*;

    /// An artifact with one layer, whose attestation holds a token in an envelope.
    fn attestation(content: &mut Content, seed: u64, subject: &Value) -> Value {
        let statement = json!({"_type": "https://in-toto.io/Statement/v1", "predicate": {"env": token(seed)}});
        let envelope = json!({"payloadType": "application/vnd.in-toto+json",
            "payload": STANDARD.encode(statement.to_string()), "signatures": []});
        let mut layer = content.blob(envelope.to_string().as_bytes());
        layer["mediaType"] = json!("application/vnd.dsse.envelope.v1+json");
        let config = content.blob(b"{}");
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.in-toto+json",
            "config": config, "layers": [layer], "subject": subject})
    }

    fn scan(content: Content) -> (Vec<String>, Fake) {
        let scratch = tempfile::tempdir().unwrap();
        let fake = Fake::start(move |request| content.answer(request));
        let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        let report = report(&output);
        assert_eq!((exit(&output), lost(&report)), (1, vec![]), "{report:#}");
        (places(&report), fake)
    }

    #[test]
    fn referrers_by_their_api() {
        let mut content = one_image();
        let subject = content.image("team/app", "1", "", &[&tar(&[("srv/app.env", line(1).as_bytes())])]);
        let manifest = attestation(&mut content, 2, &subject);
        let descriptor = content.manifest("team/app", None, MANIFEST, &manifest);
        content.referrers = Some([(subject["digest"].as_str().unwrap().to_owned(), vec![descriptor])].into());
        let (places, fake) = scan(content);
        assert_eq!(places, ["attestation", "srv/app.env"]);
        assert_eq!(fake.asked("/referrers/").len(), 2, "what is attached to it is asked for what is attached");
    }

    #[test]
    fn what_is_attached_to_an_attachment() {
        let mut content = one_image();
        let image = content.image("team/app", "1", "", &[&tar(&[("srv/app.env", line(1).as_bytes())])]);
        let digest_of = |subject: &Value| subject["digest"].as_str().unwrap().to_owned();
        let (mut referrers, mut subject) = (std::collections::BTreeMap::new(), image.clone());
        for seed in 2..=5 {
            let manifest = attestation(&mut content, seed, &subject);
            let descriptor = content.manifest("team/app", None, MANIFEST, &manifest);
            // One that refers to the image, too, is read once.
            referrers.insert(digest_of(&subject), vec![descriptor.clone(), image.clone()]);
            subject = descriptor;
        }
        content.referrers = Some(referrers.clone());
        let (found, fake) = scan(content.clone());
        assert_eq!(found.iter().filter(|path| *path == "attestation").count(), 4);
        assert_eq!(fake.asked("/referrers/").len(), 5);
        // What lies deeper is said.
        for seed in 6..=7 {
            let manifest = attestation(&mut content, seed, &subject);
            let descriptor = content.manifest("team/app", None, MANIFEST, &manifest);
            referrers.insert(digest_of(&subject), vec![descriptor.clone()]);
            subject = descriptor;
        }
        content.referrers = Some(referrers);
        let scratch = tempfile::tempdir().unwrap();
        let fake = Fake::start(move |request| content.answer(request));
        let output = super::image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        let report = report(&output);
        assert_eq!((exit(&output), &report["coverage"]["skipped"][0]["reason"]), (1, &json!("too-deep")), "{report:#}");
    }

    #[test]
    fn referrers_by_a_tag_where_there_is_no_api() {
        let mut content = one_image();
        let subject = content.image("team/app", "1", "", &[&tar(&[("srv/app.env", line(1).as_bytes())])]);
        let manifest = attestation(&mut content, 3, &subject);
        let descriptor = content.manifest("team/app", None, MANIFEST, &manifest);
        let tag = subject["digest"].as_str().unwrap().replace(':', "-");
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor]});
        content.manifest("team/app", Some(&tag), INDEX, &index);
        assert_eq!(scan(content).0, ["attestation", "srv/app.env"]);
    }

    #[test]
    fn signatures_and_attestations_of_cosign_by_their_tags() {
        let mut content = one_image();
        let subject = content.image("team/app", "1", "", &[&tar(&[("srv/app.env", line(1).as_bytes())])]);
        let manifest = attestation(&mut content, 4, &subject);
        let tag = subject["digest"].as_str().unwrap().replace(':', "-");
        content.manifest("team/app", Some(&format!("{tag}.att")), MANIFEST, &manifest);
        assert_eq!(scan(content).0, ["attestation", "srv/app.env"]);
    }

    #[test]
    fn a_manifest_of_an_artifact_and_a_cyclic_index() {
        let mut content = Content::default();
        let mut blob = content.blob(line(5).as_bytes());
        blob["mediaType"] = json!("text/plain");
        let artifact = json!({"mediaType": "application/vnd.oci.artifact.manifest.v1+json", "blobs": [blob]});
        let artifact = content.manifest("team/app", None, "application/vnd.oci.artifact.manifest.v1+json", &artifact);
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [artifact, artifact]});
        content.manifest("team/app", Some("1"), INDEX, &index);
        assert_eq!(scan(content).0, ["artifact"]);
    }
}
