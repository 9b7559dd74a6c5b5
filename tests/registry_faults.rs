//! Registries, token servers and credential helpers that do not do as they should: nothing of a list is dropped silently, nothing
//! is waited for without an end, and messages say whose fault it is.

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
use std::time::{Duration, Instant};

use common::{complaint, exit, stderr, stdout, token, write};
use fake_registry::{Answer, Content, Fake, MANIFEST, Request, digest, tar};
use images::{image, line, lost, one_image, places, report, scrubjay};
use serde_json::{Value, json};

/// Exit code and report of a sweep over a registry in which findings do not fail the run.
fn sweep(folder: &Path, host: &str, arguments: &[&str]) -> (i32, Value) {
    let all = [&["registry", host, "--format", "json", "--exit-zero"], arguments].concat();
    let output = scrubjay(folder, &all).output().unwrap();
    (exit(&output), report(&output))
}

/// Names of targets less the host, and why those that failed did.
fn targets(report: &Value) -> (Vec<String>, Vec<String>) {
    let targets = report["sweep"]["targets"].as_array().unwrap().iter();
    let name = |target: &Value| {
        let name = target["name"].as_str().unwrap();
        name.split_once('/').map_or("", |(_, name)| name).to_owned()
    };
    let failed = targets.clone().filter(|target| target["verdict"] == "failed");
    (targets.map(name).collect(), failed.map(|target| target["reason"].as_str().unwrap().to_owned()).collect())
}

/// A registry with two repositories of one image each, and two tags in the second.
fn content() -> Content {
    let mut content = Content { page: 100, referrers: Some([].into()), ..Content::default() };
    for (seed, (repository, tag)) in (1..).zip([("a", "1"), ("b", "1"), ("b", "2")]) {
        let layer = tar(&[("srv/app.env", line(seed).as_bytes())]);
        content.image(repository, tag, "2026-01-01T00:00:00Z", &[&layer]);
    }
    content
}

/// A list of two pages of one name each, the second at a link.
fn paged(request: &Request, path: &str, key: &str, names: [&str; 2], link: &str) -> Option<Answer> {
    let (asked, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    (asked == path).then(|| match query.contains("last=") {
        true => Answer::json(&json!({ key: [names[1]] })),
        false => Answer::json(&json!({ key: [names[0]] })).with("Link", link),
    })
}

mod lists {
    use super::*;

    /// What a sweep says where the list of repositories, or of tags, has this link.
    fn with_link(link: &'static str, is_catalog: bool) -> (i32, (Vec<String>, Vec<String>)) {
        let scratch = tempfile::tempdir().unwrap();
        let content = content();
        let (path, key, names) = match is_catalog {
            true => ("/v2/_catalog", "repositories", ["a", "b"]),
            false => ("/v2/b/tags/list", "tags", ["1", "2"]),
        };
        let fake = Fake::start(move |request| {
            paged(request, path, key, names, link).unwrap_or_else(|| content.answer(request))
        });
        let (code, report) = sweep(scratch.path(), &fake.host(), &[]);
        (code, targets(&report))
    }

    #[test]
    fn a_page_at_another_host_is_asked_of_the_registry_itself() {
        for link in [
            "<http://registry.internal/v2/_catalog?n=1&last=a>; rel=\"next\"",
            "<https://127.0.0.1:1/v2/_catalog?n=1&last=a>; rel=\"next\"",
            "<?n=1&last=a>; rel=\"next\"",
            "</v2/_catalog?n=1&last=q>; rel=\"prev\", </v2/_catalog?n=1&last=a>; rel=next",
        ] {
            let all = vec!["a:1".to_owned(), "b:1".to_owned(), "b:2".to_owned()];
            assert_eq!(with_link(link, true), (0, (all, vec![])), "{link}");
        }
        let (code, (targets, failed)) =
            with_link("<https://registry.internal/v2/b/tags/list?last=1>; rel=\"next\"", false);
        assert_eq!((code, targets.len(), failed.len()), (0, 3, 0));
    }

    #[test]
    fn a_list_that_may_go_on_is_incomplete() {
        for (link, expected) in [
            ("garbage", "how it names its next page is not understood"),
            ("<mailto:me@h.example>; rel=\"next\"", "how it names its next page is not understood"),
            ("</v2/elsewhere?last=a>; rel=\"next\"", "status 404"),
        ] {
            let (code, (targets, failed)) = with_link(link, true);
            assert_eq!((code, targets.as_slice()), (3, &["".to_owned(), "a:1".to_owned()][..]), "{link}");
            assert!(
                failed[0].contains("not all of its repositories were listed") && failed[0].contains(expected),
                "{failed:?}"
            );
            let (code, (targets, failed)) = with_link(link, false);
            assert_eq!(code, 3);
            assert!(targets.contains(&"b:1".to_owned()) && targets.contains(&"b".to_owned()), "{targets:?}");
            assert!(
                failed[0].contains("not all of its tags were listed") && failed[0].contains(expected),
                "{failed:?}"
            );
        }
    }

    #[test]
    fn a_list_that_leads_to_itself_ends_and_is_incomplete() {
        let scratch = tempfile::tempdir().unwrap();
        let content = content();
        let fake = Fake::start(move |request| match request.path.starts_with("/v2/_catalog") {
            true => Answer::json(&json!({"repositories": ["a"]})).with("Link", "</v2/_catalog?last=a>; rel=\"next\""),
            false => content.answer(request),
        });
        let (code, report) = sweep(scratch.path(), &fake.host(), &[]);
        let (targets, failed) = targets(&report);
        assert_eq!((code, targets.len(), fake.asked("_catalog").len()), (3, 2, 2));
        assert!(failed[0].contains("its next that was read before"), "{failed:?}");
    }

    #[test]
    fn a_list_without_an_end_ends_with_the_time_or_at_a_number_of_pages() {
        let scratch = tempfile::tempdir().unwrap();
        let count = AtomicUsize::new(0);
        let fake = Fake::start(move |request| {
            if !request.path.starts_with("/v2/_catalog") {
                return Answer::of(404);
            }
            let number = count.fetch_add(1, Ordering::SeqCst);
            let names = json!({"repositories": [format!("team/r{number}")]});
            Answer::json(&names).with("Link", format!("</v2/_catalog?last={number}>; rel=\"next\""))
        });
        let begun = Instant::now();
        let arguments = ["--timeout", "2s", "--repository", "none"];
        let (code, report) = sweep(scratch.path(), &fake.host(), &arguments);
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        assert_eq!(code, 3);
        let (_, failed) = targets(&report);
        assert!(failed[0].contains("the time of the whole sweep was over"), "{failed:?}");
    }

    #[test]
    fn what_a_list_that_is_cut_off_does_not_name_is_not_gone() {
        let scratch = tempfile::tempdir().unwrap();
        let content = content();
        let is_cut = std::sync::Arc::new(AtomicUsize::new(0));
        let cut = std::sync::Arc::clone(&is_cut);
        let fake = Fake::start(move |request| {
            match cut.load(Ordering::SeqCst) == 1 {
                true => paged(request, "/v2/_catalog", "repositories", ["a", "b"], "garbage"),
                false => None,
            }
            .unwrap_or_else(|| content.answer(request))
        });
        assert_eq!(sweep(scratch.path(), &fake.host(), &[]).0, 0);
        is_cut.store(1, Ordering::SeqCst);
        let (code, report) = sweep(scratch.path(), &fake.host(), &[]);
        let counts = ["still", "gone", "unknown"].map(|name| report["sweep"]["counts"][name].as_u64().unwrap());
        assert_eq!((code, counts), (3, [1, 0, 2]), "{report:#}");
    }

    #[test]
    fn nothing_built_since_then_is_a_clean_end() {
        let scratch = tempfile::tempdir().unwrap();
        let content = content();
        let fake = Fake::start(move |request| content.answer(request));
        let (code, report) = sweep(scratch.path(), &fake.host(), &["--since", "2026-02-01"]);
        assert_eq!((code, &report["complete"]), (0, &json!(true)), "{report:#}");
        assert!(report["notes"].to_string().contains("no image that is asked for was built since then"), "{report:#}");
        assert_eq!(report["sweep"]["targets"], json!([]));
        let said = complaint(&scrubjay(scratch.path(), &["registry", &fake.host(), "--tag", "none"]).output().unwrap());
        assert!(said.contains("check the namespace and the globs"), "{said}");
    }
}

mod logins {
    use super::*;

    /// Says what is wrong with an image of a registry whose token server answers so.
    fn with_token_server(status: u16) -> (String, usize) {
        let scratch = tempfile::tempdir().unwrap();
        let tokens = Fake::start(move |_| Answer::of(status));
        let realm = format!("Bearer realm=\"http://{}/token\"", tokens.host());
        let fake = Fake::start(move |_| Answer::of(401).with("WWW-Authenticate", realm.clone()));
        let said = complaint(&image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap());
        (said, tokens.asked("token").len())
    }

    #[test]
    fn what_a_token_server_answers_is_told_as_its_answer() {
        let (said, _) = with_token_server(404);
        assert!(said.contains("token server answered with status 404") && !said.contains("has no"), "{said}");
        let (said, asked) = with_token_server(500);
        assert!(said.contains("5 tries: the registry's token server answered with status 500"), "{said}");
        assert_eq!(asked, 5);
    }

    /// The registry's complaint where the helper is this script.
    fn with_helper(folder: &Path, script: &str, arguments: &[&str]) -> std::process::Output {
        let fake = Fake::start(|_| Answer::of(401).with("WWW-Authenticate", "Basic realm=\"x\""));
        write(folder, "bin/docker-credential-odd", script);
        fs::set_permissions(folder.join("bin/docker-credential-odd"), fs::Permissions::from_mode(0o755)).unwrap();
        write(folder, "docker/config.json", &json!({"credsStore": "odd"}).to_string());
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths([folder.join("bin")].into_iter().chain(std::env::split_paths(&path))).unwrap();
        let name = format!("{}/team/app:1", fake.host());
        scrubjay(folder, &[&["image", &name], arguments].concat()).env("PATH", path).output().unwrap()
    }

    #[test]
    fn a_helper_that_hangs_is_ended_with_the_run() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let begun = Instant::now();
        let script = "#!/bin/sh\nsleep 60 &\necho $! >child\nwait\n";
        let output = with_helper(folder, script, &["--timeout", "1s"]);
        assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
        assert_eq!(exit(&output), 3, "{}{}", stdout(&output), stderr(&output));
        let child = fs::read_to_string(folder.join("child")).unwrap();
        let stat = format!("/proc/{}/stat", child.trim());
        let is_alive = || fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
        while is_alive() && begun.elapsed() < Duration::from_secs(40) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!is_alive(), "what the helper started outlives it");
    }

    #[test]
    fn a_helper_that_prints_no_login_is_told_as_such() {
        let scratch = tempfile::tempdir().unwrap();
        for script in [
            "#!/bin/sh\necho no json\n",
            "#!/bin/sh\nexec cat\n",
            "#!/bin/sh\necho '{\"Username\": \"me\"}'\n",
            "#!/bin/sh\nhead -c 3000000 /dev/zero\n",
        ] {
            let said = complaint(&with_helper(scratch.path(), script, &[]));
            assert!(
                said.contains("docker-credential-odd, which Docker's config names, gives an answer that is no login"),
                "{said}"
            );
        }
    }
}

#[test]
fn only_a_name_that_could_be_a_path_is_told_as_one() {
    let scratch = tempfile::tempdir().unwrap();
    let mut listed = content();
    listed.manifests.retain(|(repository, _), _| repository == "a");
    let fake = Fake::start(move |request| match request.path.contains("/manifests/") {
        true => Answer::of(404),
        false => listed.answer(request),
    });
    let (code, report) = sweep(scratch.path(), &fake.host(), &[]);
    let reasons = targets(&report).1;
    assert_eq!((code, reasons.len()), (3, 1), "{report:#}");
    assert!(reasons[0].contains("check the name") && !reasons[0].contains("file or folder"), "{reasons:?}");
    let mut command = scrubjay(scratch.path(), &["image", "registry.invalid/app"]);
    let said = complaint(&command.output().unwrap());
    assert!(said.contains("If it is a file or folder, check its path"), "{said}");
}

mod layers {
    use super::*;

    /// A registry whose connections break after so many bytes of a layer, and what it was asked for of that.
    fn breaking(after: usize, goes_on: bool) -> (Fake, String) {
        let mut content = Content::default();
        let noise: Vec<u8> = (0..60_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let layer = tar(&[("noise", &noise), ("srv/app.env", line(1).as_bytes())]);
        content.image("team/app", "1", "", &[&layer]);
        let name = digest(&layer);
        let of_layer = name.clone();
        let fake = Fake::start(move |request| {
            let answer = content.answer(request);
            if !request.path.ends_with(&of_layer) {
                return answer;
            }
            let from = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
            let from = from.filter(|_| goes_on).map_or(0, |from| from.parse::<usize>().unwrap());
            let (whole, length) = (answer.body.len(), answer.body.len() - from);
            let body = answer.body[from..].to_vec();
            let answer = Answer { body, breaks_after: Some(after.min(length)), ..Answer::of(200) };
            match from {
                0 => answer,
                _ => Answer { status: 206, ..answer }
                    .with("Content-Range", format!("bytes {from}-{}/{whole}", whole - 1)),
            }
        });
        (fake, name)
    }

    #[test]
    fn a_connection_that_breaks_again_and_again_goes_on_as_long_as_it_brings_bytes() {
        let scratch = tempfile::tempdir().unwrap();
        let (fake, name) = breaking(7_000, true);
        let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        let told = report(&output);
        assert_eq!((exit(&output), lost(&told)), (1, vec![]), "{told:#}");
        assert!(fake.asked(&name).len() > 8, "{:?}", fake.asked(&name));
        // One that brings none, or begins from the start each time, is given up.
        for (after, goes_on) in [(0, true), (7_000, false)] {
            let (fake, name) = breaking(after, goes_on);
            let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
            let told = report(&output);
            assert!(exit(&output) == 3 && lost(&told)[0].contains("5 tries"), "{told:#}");
            assert!(fake.asked(&name).len() <= 6, "{:?}", fake.asked(&name));
        }
    }

    /// One image whose manifest says another size of its layer.
    fn of_size(size: i64) -> (Content, String) {
        let mut content = one_image();
        let (_, (_, bytes)) = content.manifests.iter().next().unwrap();
        let mut manifest: Value = serde_json::from_slice(bytes).unwrap();
        let layer = &mut manifest["layers"][0];
        layer["size"] = json!(layer["size"].as_i64().unwrap() + size);
        let digest = layer["digest"].as_str().unwrap().to_owned();
        content.manifests.clear();
        content.manifest("team/app", Some("1"), MANIFEST, &manifest);
        (content, digest)
    }

    fn scan(content: Content, endless: Option<String>) -> (i32, Value) {
        let scratch = tempfile::tempdir().unwrap();
        let fake = Fake::start(move |request| {
            let is_endless = endless.as_ref().is_some_and(|digest| request.path.ends_with(digest.as_str()));
            Answer { is_endless, ..content.answer(request) }
        });
        let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        (exit(&output), report(&output))
    }

    #[test]
    fn a_layer_is_read_as_far_as_its_manifest_says_and_no_further() {
        let (content, digest) = of_size(0);
        let (code, report) = scan(content.clone(), Some(digest));
        assert_eq!((code, places(&report)), (1, vec!["srv/app.env".to_owned()]));
        assert!(lost(&report)[0].contains("longer than the") && report["complete"] == false, "{report:#}");
        let (content, _) = of_size(-1);
        assert!(lost(&scan(content, None).1)[0].contains("longer than the"));
        // All of it was read, and its digest is right.
        let (content, _) = of_size(1);
        assert_eq!(lost(&scan(content, None).1), [""; 0]);
    }

    #[test]
    fn every_string_of_a_manifest_is_judged() {
        for (seed, place) in (10..).zip(["urls", "config", "unknown", "top", "layer"]) {
            let mut content = one_image();
            let (_, (_, bytes)) = content.manifests.iter().next().unwrap();
            let mut manifest: Value = serde_json::from_slice(bytes).unwrap();
            let secret = token(seed);
            match place {
                "urls" => manifest["layers"][0]["urls"] = json!([format!("https://u:{secret}@h.example/l")]),
                "config" => manifest["config"]["annotations"] = json!({ "a": secret }),
                "unknown" => manifest["x"] = json!([{ "deep": { "a": secret } }]),
                "top" => manifest["annotations"] = json!({ "a": secret }),
                _ => manifest["layers"][0]["annotations"] = json!({ "a": secret }),
            }
            content.manifests.clear();
            content.manifest("team/app", Some("1"), MANIFEST, &manifest);
            let (_, report) = scan(content, None);
            assert_eq!(places(&report), ["annotation", "srv/app.env"], "{place}: {report:#}");
        }
    }
}

#[test]
fn an_address_that_references_cannot_have_is_told() {
    let scratch = tempfile::tempdir().unwrap();
    for arguments in [["image", "[::1]:5000/app:1"], ["registry", "[::1]:5000"]] {
        let said = complaint(&scrubjay(scratch.path(), &arguments).output().unwrap());
        assert!(said.contains("by an IPv6 address, which references cannot have"), "{said}");
    }
}
