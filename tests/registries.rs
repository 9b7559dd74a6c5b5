//! Registries and daemons as they answer, well and badly: logins and tokens, redirects, limits, what is attached to an
//! image, what a registry lists, and layers that are judged once.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{command, complaint, exit, stderr, stdout, token, write};
use fake_registry::{Answer, Content, Fake, INDEX, MANIFEST, Request, digest, serve, tar};
use serde_json::{Value, json};

const PASSWORD: &str = "correct-horse";

/// With no login but those in `folder/docker`, and no proxy or daemon of whoever runs the test.
fn scrubjay(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(folder);
    command.args(arguments).env("DOCKER_CONFIG", folder.join("docker")).env("HOME", folder);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "DOCKER_HOST", "DOCKER_TLS_VERIFY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    command.env("XDG_CACHE_HOME", folder.join("cache"));
    command
}

fn image(folder: &Path, name: &str) -> Command {
    scrubjay(folder, &["image", name, "--format", "json"])
}

fn log_in(folder: &Path, host: &str, entry: Value) {
    write(folder, "docker/config.json", &json!({"auths": {host: entry}}).to_string());
}

fn basic(user: &str, password: &str) -> Value {
    json!({"auth": STANDARD.encode(format!("{user}:{password}"))})
}

fn line(seed: u64) -> String {
    format!("T={}\n", token(seed))
}

/// One layer with the token of seed 1.
fn one_image() -> Content {
    let mut content = Content::default();
    content.image("team/app", "1", "2026-01-01T00:00:00Z", &[&tar(&[("srv/app.env", line(1).as_bytes())])]);
    content
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", stdout(output), stderr(output)))
}

/// Paths, or kinds of text, of all places.
fn places(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let places = findings.flat_map(|finding| finding["places"].as_array().unwrap());
    let mut places: Vec<String> = places
        .map(|place| {
            let path = place["path"].as_str().unwrap();
            let last = place["origin"].as_array().unwrap().last().unwrap();
            if path.is_empty() { last["text"].as_str().unwrap_or("artifact").to_owned() } else { path.to_owned() }
        })
        .collect();
    places.sort();
    places
}

fn lost(report: &Value) -> Vec<String> {
    let skipped = report["coverage"]["skipped"].as_array().unwrap().iter();
    skipped.filter(|skip| skip["class"] == "lost").map(|skip| skip["detail"].as_str().unwrap().to_owned()).collect()
}

/// Scans an image in which exactly the token of seed 1 is.
fn assert_found(folder: &Path, name: &str) {
    let output = image(folder, name).output().unwrap();
    let report = report(&output);
    assert_eq!((exit(&output), places(&report)), (1, vec!["srv/app.env".to_owned()]), "{report:#}{}", stderr(&output));
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
        // Of the wrong type, with the digest that it has.
        let fake = Fake::start(|_| Answer { body: b"<html>login</html>".to_vec(), ..Answer::of(200) });
        let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        assert_eq!(exit(&output), 3, "{}", stderr(&output));
        assert!(!stdout(&output).contains("<html>"));
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
        assert_eq!(fake.asked("/referrers/").len(), 1, "what is attached to it is not asked for what is attached");
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

mod daemon {
    use super::*;

    /// A daemon that has the image `app:1`, and says of it that it is `id`; for as long as the test runs.
    fn start(folder: &Path, id: Arc<dyn Fn() -> String + Send + Sync>) -> String {
        let layer = tar(&[("srv/app.env", line(1).as_bytes())]);
        let config = json!({"os": "linux", "architecture": "amd64", "config": {"Env": [format!("A={}", token(2))]},
            "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]}})
        .to_string();
        let manifest = json!([{"Config": "c.json", "RepoTags": ["app:1"], "Layers": ["l/layer.tar"]}]).to_string();
        let saved =
            tar(&[("c.json", config.as_bytes()), ("l/layer.tar", &layer), ("manifest.json", manifest.as_bytes())]);
        let socket = folder.join("d.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let diff_id = digest(&layer);
        std::thread::spawn(move || {
            let log = Default::default();
            for stream in listener.incoming().flatten() {
                let answer = |request: &Request| match request.path.as_str() {
                    "/images/app:1/json" => Answer::json(&json!({"Id": id(), "RootFS": {"Layers": [diff_id]},
                        "Config": {"Env": [format!("A={}", token(2))]}})),
                    "/images/app:1/get" => Answer { body: saved.clone(), ..Answer::of(200) },
                    _ => Answer::of(404),
                };
                serve(stream, &answer, &log);
            }
        });
        format!("unix://{}", socket.display())
    }

    fn always(id: &'static str) -> Arc<dyn Fn() -> String + Send + Sync> {
        Arc::new(move || id.to_owned())
    }

    #[test]
    fn images_of_the_daemon() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let host = start(folder, always("sha256:1"));
        let output = image(folder, "docker:app:1").env("DOCKER_HOST", &host).output().unwrap();
        assert_eq!(places(&report(&output)), ["image config", "srv/app.env"]);
        let said = complaint(&image(folder, "docker:other").env("DOCKER_HOST", &host).output().unwrap());
        assert!(said.contains("the daemon has no image of that name"), "{said}");
        let gone = format!("unix://{}", folder.join("gone.sock").display());
        let said = complaint(&image(folder, "docker:app:1").env("DOCKER_HOST", gone).output().unwrap());
        assert!(said.contains("Is it running"), "{said}");
        // As its own base, all of it is inherited, and nothing fails.
        let mut own = image(folder, "docker:app:1");
        let output = own.args(["--base", "docker:app:1"]).env("DOCKER_HOST", &host).output().unwrap();
        let report = report(&output);
        let states: Vec<&str> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["places"][0]["state"].as_str().unwrap())
            .collect();
        assert_eq!((exit(&output), states), (0, vec!["inherited", "inherited"]), "{report:#}");
    }

    #[test]
    fn a_name_that_leads_elsewhere_meanwhile_starts_no_command() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let asked = AtomicUsize::new(0);
        let host = start(folder, Arc::new(move || format!("sha256:{}", asked.fetch_add(1, Ordering::SeqCst))));
        let arguments = ["image", "docker:app:1", "--only", "gitlab-pat", "--quiet", "--then", "touch", "started"];
        let said = complaint(&scrubjay(folder, &arguments).env("DOCKER_HOST", &host).output().unwrap());
        assert!(said.contains("leads to another image"), "{said}");
        assert!(!folder.join("started").exists());
    }

    #[test]
    fn the_plugin_of_docker() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let plugin = folder.join("docker/cli-plugins/docker-scrubjay");
        fs::create_dir_all(plugin.parent().unwrap()).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_scrubjay"), &plugin).unwrap();
        let output = Command::new(&plugin).arg("docker-cli-plugin-metadata").output().unwrap();
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&metadata["SchemaVersion"], &metadata["Vendor"]), (&json!("0.1.0"), &json!("scrubjay")));
        let host = start(folder, always("sha256:1"));
        // A name is looked for at the daemon first.
        let direct: (&Path, &[&str]) = (&plugin, &["scrubjay", "app:1", "--format", "json"]);
        let docker: (&Path, &[&str]) = (Path::new("docker"), &["scrubjay", "app:1", "--format", "json"]);
        let has_docker = Command::new("docker").arg("--version").output().is_ok_and(|output| output.status.success());
        for (program, arguments) in [Some(direct), Some(docker).filter(|_| has_docker)].into_iter().flatten() {
            let mut command = Command::new(program);
            command.args(arguments).env("DOCKER_CONFIG", folder.join("docker")).env("DOCKER_HOST", &host);
            let output = command.current_dir(folder).output().unwrap();
            let report = report(&output);
            assert_eq!((exit(&output), places(&report).len()), (1, 2), "{}", program.display());
            assert_eq!(report["image"]["name"], "docker:app:1");
        }
    }
}

mod before_a_push {
    use super::*;

    #[test]
    fn a_command_runs_when_the_image_is_clean() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let mut content = Content::default();
        content.image("team/app", "clean", "", &[&tar(&[("etc/motd", b"hello")])]);
        content.image("team/app", "bad", "", &[&tar(&[("srv/app.env", line(1).as_bytes())])]);
        let fake = Fake::start(move |request| content.answer(request));
        let then = |tag: &str, more: &[&str]| {
            let name = format!("{}/team/app:{tag}", fake.host());
            let start = ["image", &name, "--quiet"];
            let command = ["--then", "sh", "-c", "echo \"$0 $1\"; exit 9", "--flag", "two words"];
            scrubjay(folder, &[&start[..], more, &command].concat()).output().unwrap()
        };
        let clean = then("clean", &[]);
        assert_eq!((exit(&clean), stdout(&clean).as_str()), (9, "--flag two words\n"), "{}", stderr(&clean));
        let bad = then("bad", &[]);
        assert_eq!(exit(&bad), 1);
        assert!(stderr(&bad).contains("not run") && !stdout(&bad).contains("--flag two"), "{}", stderr(&bad));
        // What does not fail the run for its severity is not clean by an exit of 0 alone.
        assert_eq!(exit(&then("clean", &["--exit-zero"])), 2, "that would run it whatever was found");
        let said = complaint(&scrubjay(folder, &["image", "-", "--then", "true"]).output().unwrap());
        assert!(said.contains("standard input cannot be looked up again"), "{said}");
        let name = format!("{}/team/app:clean", fake.host());
        let said = complaint(&scrubjay(folder, &["image", &name, "--quiet", "--then", "/no/such"]).output().unwrap());
        assert!(said.contains("cannot be started"), "{said}");
    }

    #[test]
    fn the_verdict_names_the_digest_and_what_to_do() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let mut content = Content::default();
        let first = tar(&[("srv/app.env", line(1).as_bytes()), ("srv/old.env", line(2).as_bytes())]);
        let second = tar(&[("srv/.wh.old.env", b"")]);
        let image = content.image("team/app", "1", "", &[&first, &second]);
        content.image("team/base", "1", "", &[&first]);
        let fake = Fake::start(move |request| content.answer(request));
        let (name, base) = (format!("{}/team/app:1", fake.host()), format!("{}/team/base:1", fake.host()));
        let output = scrubjay(folder, &["image", &name]).output().unwrap();
        let said = stdout(&output);
        for expected in [
            format!("digest: {}", image["digest"].as_str().unwrap()),
            "verdict: not fit to be pushed".to_owned(),
            "1 secret in files of its layers".to_owned(),
            "1 secret in files that a later layer removes".to_owned(),
            "mode 0644, owner 0:0".to_owned(),
        ] {
            assert!(said.contains(&expected), "{expected}: {said}");
        }
        let output = scrubjay(folder, &["image", &name, "--base", &base]).output().unwrap();
        let said = stdout(&output);
        assert!(exit(&output) == 0 && said.contains("verdict: fit to be pushed"), "{said}");
        assert!(said.contains("2 secrets from the base image"), "{said}");
        let missing = format!("{}/team/none:1", fake.host());
        let said = complaint(&scrubjay(folder, &["image", &name, "--base", &missing]).output().unwrap());
        assert!(said.contains("--base") && said.contains("check the name and the tag"), "{said}");
    }
}

mod inside {
    use super::*;
    use common::git;

    /// A layer with all files of a folder.
    fn layer_of(folder: &Path, prefix: &str) -> Vec<u8> {
        let mut builder = ::tar::Builder::new(Vec::new());
        builder.follow_symlinks(false);
        builder.append_dir_all(prefix, folder).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_repository_in_a_layer_is_scanned_with_its_history() {
        let scratch = tempfile::tempdir().unwrap();
        let work = scratch.path().join("work");
        fs::create_dir(&work).unwrap();
        let git = |arguments: &[&str]| git(&work, arguments);
        git(&["init", "-q", "-b", "main"]);
        // Versions that are kept as deltas.
        for version in 0..4 {
            let padding = (0..400).map(|number| format!("line {number}\n")).collect::<String>();
            write(&work, "config/app.env", &format!("{padding}T={}\n{version}\n", token(10 + version)));
            git(&["add", "-A"]);
            git(&["commit", "-q", "-m", &format!("version {version}")]);
        }
        git(&["rm", "-q", "config/app.env"]);
        git(&["commit", "-q", "-m", &format!("the old one was {}", token(20))]);
        git(&["gc", "-q"]);
        write(&work, "loose.env", &line(21));
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", "loose"]);
        fs::remove_file(work.join("loose.env")).unwrap();
        let mut content = Content::default();
        content.image("team/app", "1", "", &[&layer_of(&work, "srv/app"), &tar(&[("srv/.wh.app", b"")])]);
        let fake = Fake::start(move |request| content.answer(request));
        let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        let report = report(&output);
        assert_eq!((exit(&output), lost(&report)), (1, vec![]), "{report:#}");
        let path = "srv/app/.git!/config/app.env";
        let logs = ["srv/app/.git/logs/HEAD", "srv/app/.git/logs/refs/heads/main"];
        let of_objects = ["srv/app/.git", path, path, path, path, "srv/app/.git!/loose.env"];
        assert_eq!(places(&report), [&of_objects[..], &logs].concat());
        let entries = report["findings"].as_array().unwrap().iter();
        let mut states = entries.flat_map(|one| one["places"].as_array().unwrap()).map(|place| &place["state"]);
        assert!(states.all(|state| state == "hidden"), "{report:#}");
    }

    #[test]
    fn a_damaged_repository_loses_what_is_damaged_alone() {
        let scratch = tempfile::tempdir().unwrap();
        let good = "x.git/objects/aa/0000000000000000000000000000000000000a";
        let stored = |text: String| {
            let object = format!("blob {}\0{text}", text.len());
            let mut bytes = Vec::new();
            let mut encoder = flate2::write::ZlibEncoder::new(&mut bytes, flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, object.as_bytes()).unwrap();
            encoder.finish().unwrap();
            bytes
        };
        let pack = "x.git/objects/pack/pack-0000000000000000000000000000000000000000";
        let layer = tar(&[
            ("x.git/objects/bb/0000000000000000000000000000000000000b", b"\x78\x9cbroken"),
            ("store/objects/cc/0000000000000000000000000000000000000c", line(3).as_bytes()),
            (good, &stored(line(1))),
            (&format!("{pack}.pack"), b"PACK"),
            (&format!("{pack}.idx"), b"\xfftOc"),
            ("etc/objects/ab/plain.env", line(2).as_bytes()),
        ]);
        let mut content = Content::default();
        content.image("team/app", "1", "", &[&layer]);
        let fake = Fake::start(move |request| content.answer(request));
        let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        let report = report(&output);
        let other = "store!/objects/cc/0000000000000000000000000000000000000c";
        assert_eq!(places(&report), ["etc/objects/ab/plain.env", other, "x.git"], "{report:#}");
        assert_eq!(lost(&report).len(), 2, "{report:#}");
    }

    #[test]
    fn keystores_have_private_keys() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let openssl = |arguments: &str| {
            let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
        };
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=x -days 2");
        openssl("pkcs12 -export -inkey key.pem -in cert.pem -passout pass:changeit -out app.p12");
        openssl("pkcs12 -export -nokeys -in cert.pem -passout pass:changeit -out trust.p12");
        let store = |name: &str| fs::read(folder.join(name)).unwrap();
        let layer = tar(&[("etc/app.p12", &store("app.p12")), ("etc/trust.p12", &store("trust.p12"))]);
        let mut content = Content::default();
        content.image("team/app", "1", "", &[&layer]);
        let fake = Fake::start(move |request| content.answer(request));
        let output = image(folder, &format!("{}/team/app:1", fake.host())).output().unwrap();
        let report = report(&output);
        assert_eq!((exit(&output), places(&report)), (1, vec!["etc/app.p12".to_owned()]), "{report:#}");
        assert_eq!(report["findings"][0]["rule"], "pkcs12-private-key");
    }

    #[test]
    fn programs_attributes_and_archives() {
        let scratch = tempfile::tempdir().unwrap();
        let wide: Vec<u8> = format!("key={}", token(3)).encode_utf16().flat_map(u16::to_le_bytes).collect();
        let program = [b"MZ\0\0", &wide[..], &[0; 64]].concat();
        let plain = [b"\x7fELF\0\0password = 'hunter2hunter2'\0", token(4).as_bytes(), b"\0"].concat();
        let mut builder = ::tar::Builder::new(Vec::new());
        let value = token(5);
        builder.append_pax_extensions([("SCHILY.xattr.user.note", value.as_bytes())]).unwrap();
        let mut header = ::tar::Header::new_gnu();
        header.set_size(1);
        header.set_mode(0o600);
        header.set_uid(1000);
        header.set_gid(50);
        builder.append_data(&mut header, "marked", &b"x"[..]).unwrap();
        let marked = builder.into_inner().unwrap();
        let files = tar(&[("bin/app.exe", &program), ("bin/app", &plain)]);
        let mut content = Content::default();
        content.image("team/app", "1", "", &[&marked, &files]);
        let fake = Fake::start(move |request| content.answer(request));
        let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        let report = report(&output);
        assert_eq!(
            places(&report),
            ["bin/app", "bin/app.exe", "marked"],
            "generic guesses are off in programs: {report:#}"
        );
        let entries = report["findings"].as_array().unwrap().iter();
        let mut places = entries.flat_map(|one| one["places"].as_array().unwrap());
        let marked = places.find(|place| place["path"] == "marked").unwrap();
        assert_eq!(marked["file"], json!({"mode": "0600", "user": 1000, "group": 50}));
    }
}

mod sweeps {
    use super::*;

    /// Three repositories; two images share a layer with the token of seed 1, and one that is built later has that of 2.
    fn content() -> Content {
        let mut content = Content { page: 1, referrers: Some([].into()), ..Content::default() };
        let shared = tar(&[("srv/shared.env", line(1).as_bytes())]);
        let quiet = tar(&[("etc/motd", b"hello")]);
        content.image("team/a", "1.0", "2026-01-01T00:00:00Z", &[&quiet, &shared]);
        content.image("team/b", "1.0", "2026-02-01T00:00:00Z", &[&quiet, &shared]);
        content.image("team/b", "2.0", "2026-03-01T00:00:00Z", &[&quiet, &tar(&[("new.env", line(2).as_bytes())])]);
        content.image("other/c", "1.0", "2026-03-01T00:00:00Z", &[&quiet]);
        content
    }

    fn sweep(folder: &Path, arguments: &[&str]) -> (Output, Vec<String>) {
        let output =
            scrubjay(folder, &[&["registry"][..], arguments, &["--format", "json"]].concat()).output().unwrap();
        let report = report(&output);
        let targets = report["sweep"]["targets"].as_array().unwrap().iter();
        let told = targets.map(|target| {
            let name = target["name"].as_str().unwrap();
            format!("{} {}", name.split_once('/').unwrap().1, target["verdict"].as_str().unwrap())
        });
        (output, told.collect())
    }

    #[test]
    fn what_a_registry_lists_page_by_page() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let content = content();
        let fake = Fake::start(move |request| content.answer(request));
        let host = fake.host();
        let all = ["other/c:1.0 clean", "team/a:1.0 findings", "team/b:1.0 findings", "team/b:2.0 findings"];
        assert_eq!(sweep(folder, &[&host]).1, all);
        assert!(fake.asked("_catalog").len() == 3 && fake.asked("_catalog?last=").len() == 2);
        let of_team = format!("{host}/team");
        assert_eq!(sweep(folder, &[&of_team]).1, all[1..]);
        assert_eq!(sweep(folder, &[&host, "--exclude-repository", "team/*"]).1, all[..1]);
        assert_eq!(sweep(folder, &[&of_team, "--tag", "2.*"]).1, all[3..]);
        assert_eq!(sweep(folder, &[&of_team, "--exclude-tag", "1.*"]).1, all[3..]);
        assert_eq!(sweep(folder, &[&of_team, "--newest", "1"]).1, [all[1], all[3]]);
        assert_eq!(sweep(folder, &[&of_team, "--since", "2026-02-15"]).1, all[3..]);
        write(folder, "names", "# ours\nteam/a\n");
        assert_eq!(sweep(folder, &[&host, "--repositories", "names"]).1, all[1..2]);
        let nothing = complaint(&scrubjay(folder, &["registry", &host, "--tag", "x"]).output().unwrap());
        assert!(nothing.contains("has no image that is asked for"), "{nothing}");
    }

    #[test]
    fn layers_are_read_once_and_known_the_next_time() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let content = content();
        let quiet = digest(&tar(&[("etc/motd", b"hello")]));
        let fake = Fake::start(move |request| content.answer(request));
        let (output, _) = sweep(folder, &[&fake.host()]);
        assert_eq!(fake.asked(&quiet).len(), 1, "four images have it");
        let entries = report(&output)["findings"].as_array().unwrap().len();
        assert_eq!(entries, 2, "one entry a secret");
        let (again, _) = sweep(folder, &[&fake.host()]);
        assert_eq!(fake.asked(&quiet).len(), 1, "it is known");
        assert_eq!(places(&report(&again)), places(&report(&output)));
        assert_eq!(report(&again)["coverage"], report(&output)["coverage"]);
    }

    #[test]
    fn a_registry_without_a_catalog_says_how_to_name_repositories() {
        let scratch = tempfile::tempdir().unwrap();
        for status in [401, 404] {
            let content = content();
            let fake = Fake::start(move |request| match request.path.contains("_catalog") {
                true => Answer::of(status),
                false => content.answer(request),
            });
            let said = complaint(&scrubjay(scratch.path(), &["registry", &fake.host()]).output().unwrap());
            assert!(said.contains("--repositories FILE"), "{said}");
        }
        write(scratch.path(), "names", "team/a\nTeam/B:1\n");
        let said = complaint(
            &scrubjay(scratch.path(), &["registry", "127.0.0.1:9", "--repositories", "names"]).output().unwrap(),
        );
        assert!(said.contains("names:2") && said.contains("without host and tag"), "{said}");
    }

    #[test]
    fn an_image_by_itself_is_remembered_as_well() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let mut content = content();
        let weak = tar(&[("etc/app.conf", b"password = example-password-1\n"), ("a.zip", b"PK\x03\x04 no zip")]);
        content.image("team/w", "1", "", &[&weak, &tar(&[("srv/.wh.x", b"")])]);
        let weak = digest(&weak);
        let fake = Fake::start(move |request| content.answer(request));
        let name = format!("{}/team/w:1", fake.host());
        let scan = |more: &[&str]| {
            let arguments =
                [&["image", name.as_str(), "--format", "json", "--cache", "kept", "--incremental"], more].concat();
            let output = scrubjay(folder, &arguments).output().unwrap();
            (exit(&output), report(&output))
        };
        let first = scan(&[]);
        let second = scan(&[]);
        assert_eq!(first, second);
        assert_eq!(fake.asked(&weak).len(), 1);
        // Under other rules it is read again, and so is what the report is to show.
        assert_eq!(scan(&["--without", "gitlab-pat"]).0, first.0);
        assert_eq!(fake.asked(&weak).len(), 2);
        scan(&["--min-confidence", "possible"]);
        let text = fs::read_dir(folder.join("kept")).unwrap().flatten();
        for file in text {
            let bytes = fs::read(file.path()).unwrap();
            assert!(memchr::memmem::find(&bytes, b"example-password-1").is_none());
        }
    }
}
