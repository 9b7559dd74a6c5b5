//! Sweeps over a registry, and layers that are known from an earlier run.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use common::{complaint, exit, stderr, stdout, token, write};
use fake_registry::{Answer, Content, Fake, digest, tar};
use images::{line, places, report, scrubjay};
use scrubjay::signature::template;

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
    let output = scrubjay(folder, &[&["registry"][..], arguments, &["--format", "json"]].concat()).output().unwrap();
    let report = report(&output);
    let targets = report["sweep"]["targets"].as_array().unwrap().iter();
    let told = targets.map(|target| {
        let name = target["name"].as_str().unwrap();
        format!("{} {}", name.split_once('/').unwrap().1, target["verdict"].as_str().unwrap())
    });
    (output, told.collect())
}

#[test]
fn all_tags_of_an_image_count_as_one_of_the_newest() {
    let scratch = tempfile::tempdir().unwrap();
    let mut content = Content { referrers: Some([].into()), ..Content::default() };
    let layer = tar(&[("etc/motd", b"hello")]);
    for tag in ["latest", "3", "3.1"] {
        content.image("team/a", tag, "2026-03-01T00:00:00Z", &[&layer]);
    }
    content.image("team/a", "2", "2026-02-01T00:00:00Z", &[&layer]);
    content.image("team/a", "1", "2026-01-01T00:00:00Z", &[&layer]);
    let fake = Fake::start(move |request| content.answer(request));
    let newest = |number: &str| sweep(scratch.path(), &[&fake.host(), "--newest", number]).1;
    let tags = |tags: &[&str]| tags.iter().map(|tag| format!("team/a:{tag} clean")).collect::<Vec<_>>();
    assert_eq!(newest("1"), tags(&["latest", "3.1", "3"]));
    assert_eq!(newest("2"), tags(&["latest", "3.1", "3", "2"]));
    assert_eq!(newest("9"), tags(&["latest", "3.1", "3", "2", "1"]));
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
    let said = complaint(&scrubjay(folder, &["registry", "https://me:my-password@h.example/a"]).output().unwrap());
    assert!(said.contains("registry: a registry has no scheme: write HOST") && !said.contains("my-password"), "{said}");
    let nothing = complaint(&scrubjay(folder, &["registry", &host, "--tag", "x"]).output().unwrap());
    assert!(nothing.contains("has no image that is asked for"), "{nothing}");
}

#[test]
fn layers_are_read_once_and_known_the_next_time() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let content = content();
    let quiet = digest(&tar(&[("etc/motd", b"hello")]));
    let shared = digest(&tar(&[("srv/shared.env", line(1).as_bytes())]));
    let fake = Fake::start(move |request| content.answer(request));
    let (output, _) = sweep(folder, &[&fake.host()]);
    assert_eq!(fake.asked(&quiet).len(), 1, "four images have it");
    assert_eq!(fake.asked(&shared).len(), 1, "two images have it");
    let entries = report(&output)["findings"].as_array().unwrap().len();
    assert_eq!(entries, 2, "one entry a secret");
    let (again, _) = sweep(folder, &[&fake.host()]);
    assert_eq!(fake.asked(&quiet).len(), 1, "it is known");
    assert_eq!(fake.asked(&shared).len(), 1, "and so is what was found in it");
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
    let said =
        complaint(&scrubjay(scratch.path(), &["registry", "127.0.0.1:9", "--repositories", "names"]).output().unwrap());
    assert!(said.contains("names:2") && said.contains("without host and tag"), "{said}");
}

#[test]
fn an_image_by_itself_is_remembered_as_well() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let mut content = content();
    // Of a frame with a window of 2 GiB nothing is read, now and the next time.
    let wide = b"\x28\xb5\x2f\xfd\x00\xa8\x29\0\0hello";
    let weak = tar(&[
        ("etc/app.conf", b"password = example-password-1\n"),
        ("a.zip", b"PK\x03\x04 no zip"),
        ("wide.zst", wide),
    ]);
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
    assert!(first.1["coverage"].to_string().contains("too-much-memory"), "{:#}", first.1);
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

#[test]
fn globs_leave_out_the_same_of_an_image_that_is_remembered() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let mut content = content();
    let layer = tar(&[("srv/a.env", line(1).as_bytes()), ("srv/b.txt", line(2).as_bytes())]);
    content.image("team/g", "1", "", &[&layer]);
    let fake = Fake::start(move |request| content.answer(request));
    let name = format!("{}/team/g:1", fake.host());
    let scan = |more: &[&str], kept: bool| {
        let memory: &[&str] = if kept { &["--incremental", "--cache", "kept"] } else { &[] };
        let output =
            scrubjay(folder, &[&["image", &name, "--format", "json"], more, memory].concat()).output().unwrap();
        report(&output)
    };
    for more in [&["--exclude", "*.env"][..], &[], &["--include", "*.env"], &["--exclude", "*.txt"], &[]] {
        assert_eq!(scan(more, true), scan(more, false), "{more:?}");
    }
    let variable = scrubjay(folder, &["image", &name, "--incremental", "--cache", "kept", "--format", "json"])
        .env("SCRUBJAY_EXCLUDE", "*.env")
        .output()
        .unwrap();
    assert_eq!(places(&report(&variable)), ["srv/b.txt"]);
}

#[test]
fn images_that_are_read_at_once_read_a_shared_layer_once() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let content = content();
    let shared =
        [tar(&[("etc/motd", b"hello")]), tar(&[("srv/shared.env", line(1).as_bytes())])].map(|layer| digest(&layer));
    let slow = shared.clone();
    let fake = Fake::start(move |request| {
        if slow.iter().any(|digest| request.path.ends_with(digest)) {
            std::thread::sleep(Duration::from_millis(300));
        }
        content.answer(request)
    });
    let one_by_one = report(&sweep(folder, &[&fake.host(), "--cache", "first", "--state", "first.json"]).0);
    let at_once =
        report(&sweep(folder, &[&fake.host(), "--cache", "second", "--state", "second.json", "--jobs", "4"]).0);
    for digest in &shared {
        assert_eq!(fake.asked(digest).len(), 2, "once in each sweep");
    }
    assert_eq!(at_once["findings"], one_by_one["findings"]);
    assert_eq!(at_once["coverage"], one_by_one["coverage"]);
}

#[test]
fn whoever_waits_for_a_layer_does_so_in_the_time_of_who_reads_it() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let shared = tar(&[("srv/shared.env", line(1).as_bytes())]);
    let slow = tar(&[("srv/slow.env", line(2).as_bytes())]);
    let mut content = Content { page: 9, ..Content::default() };
    content.image("team/a", "1", "", &[&shared, &slow]);
    content.image("team/b", "1", "", &[&shared]);
    let (shared, slow) = (digest(&shared), digest(&slow));
    let (of_a, of_b) = (shared.clone(), slow.clone());
    let fake = Fake::start(move |request| {
        // The second image begins when the first one has both layers.
        if request.path.ends_with("b/manifests/1") {
            std::thread::sleep(Duration::from_millis(1_000));
        }
        if request.path.ends_with(&of_a) {
            std::thread::sleep(Duration::from_millis(500));
        }
        // Longer than the first image has.
        if request.path.ends_with(&of_b) {
            std::thread::sleep(Duration::from_secs(6));
        }
        content.answer(request)
    });
    let begun = Instant::now();
    let arguments = [&fake.host(), "--jobs", "2", "--threads", "1", "--target-timeout", "2s", "--cache", "kept"];
    let (_, told) = sweep(folder, &arguments);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    // What the second has of its own is nothing: all of its time passes while it waits.
    assert_eq!(told[1], "team/b:1 findings", "{told:?}");
    assert!(told[0].starts_with("team/a:1 ") && !fake.asked(&slow).is_empty(), "{told:?}");
    // The time of all holds also for who waits.
    let begun = Instant::now();
    let arguments =
        [&fake.host(), "--jobs", "2", "--threads", "1", "--timeout", "2s", "--cache", "anew", "--state", "other"];
    sweep(folder, &arguments);
    assert!(begun.elapsed() < Duration::from_secs(14), "{:?}", begun.elapsed());
}

fn made(template: &str, seed: u64) -> String {
    String::from_utf8(template::expand(template, seed).unwrap().text).unwrap()
}

/// What a report must tell in the same way when nothing is read: a shape with a checksum, a password, a key whose id stands
/// beside it and one whose id lies in another layer, an id alone, an inline mark, an archive, a decoded find, a member.
fn layers() -> [Vec<u8>; 3] {
    let (id, secret) = (made("{aws-id:AKIA}", 1), made("{b64:40}", 1));
    let beside = format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    let marked = format!("T={} # scrubjay:allow github-pat reason=\"of a test\"\n", token(5));
    let first = tar(&[
        ("srv/app.env", line(1).as_bytes()),
        ("etc/app.conf", b"db_password = \"Gr8vault-Keys\"\npassword = example-password-1\n"),
        ("root/.aws/credentials", beside.as_bytes()),
        ("srv/marked.env", marked.as_bytes()),
        ("srv/inner.tar", &tar(&[("deep/inner.env", line(3).as_bytes())])),
    ]);
    let (id, secret) = (made("{aws-id:AKIA}", 2), made("{b64:40}", 2));
    let second = tar(&[
        ("other/id.txt", format!("aws_access_key_id = {id}\n").as_bytes()),
        ("srv/app.env", line(2).as_bytes()),
        ("etc/copy.env", line(1).as_bytes()),
    ]);
    let third = tar(&[
        ("other/secret.txt", format!("aws_secret_access_key = {secret}\n").as_bytes()),
        ("srv/.wh.inner.tar", b""),
    ]);
    [first, second, third]
}

#[test]
fn a_layer_with_many_ids_is_remembered() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let id = |number: usize| format!("CLIENT_ID=\"acme-{number}-x\"\n");
    let ids: String = (0..2_000).map(id).collect();
    let copies: Vec<String> = (0..70).map(|number| format!("copies/{number}.txt")).collect();
    let (one, found) = (id(1), line(1));
    let mut files = vec![("ids.txt", ids.as_bytes()), ("found.env", found.as_bytes())];
    files.extend(copies.iter().map(|name| (name.as_str(), one.as_bytes())));
    let layer = tar(&files);
    let mut content = Content::default();
    content.image("team/app", "1", "", &[&layer]);
    let layer = digest(&layer);
    let fake = Fake::start(move |request| content.answer(request));
    let name = format!("{}/team/app:1", fake.host());
    let scan = || {
        let arguments = ["image", &name, "--format", "json", "--cache", "kept", "--incremental"];
        report(&scrubjay(folder, &arguments).output().unwrap())
    };
    let first = scan();
    assert_eq!(places(&first), ["found.env"]);
    assert_eq!(first["notes"], serde_json::json!([]));
    assert_eq!(scan(), first);
    assert_eq!(fake.asked(&layer).len(), 1);
}

#[test]
fn a_report_is_the_same_when_no_layer_is_read() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let layers = layers();
    let mut content = Content::default();
    content.image("team/app", "1", "", &layers.each_ref().map(Vec::as_slice));
    content.image("team/part", "1", "", &[&layers[2], &tar(&[("new.env", line(1).as_bytes())])]);
    let fake = Fake::start(move |request| content.answer(request));
    let salted = |salt: &str, name: &str, more: &[&str]| {
        let name = format!("{}/team/{name}:1", fake.host());
        let mut command = scrubjay(folder, &[&["image", name.as_str()], more].concat());
        let output = if salt.is_empty() { &mut command } else { command.env("SCRUBJAY_SALT", salt) }.output().unwrap();
        assert!(matches!(exit(&output), 0 | 1), "{}", stderr(&output));
        stdout(&output)
    };
    let scan = |name: &str, more: &[&str]| salted("", name, more);
    let read = || layers.iter().map(|layer| fake.asked(&digest(layer)).len()).collect::<Vec<_>>();
    let kept = ["--incremental", "--cache", "kept"];
    for format in ["json", "text", "sarif", "csv"] {
        let whole = scan("app", &["--format", format]);
        assert_eq!(scan("app", &[&kept[..], &["--format", format]].concat()), whole, "{format}, first run");
        let before = read();
        assert_eq!(scan("app", &[&kept[..], &["--format", format]].concat()), whole, "{format}");
        assert_eq!(read(), before, "{format}: nothing is read");
    }
    // One of its layers in another image, with one that is read: what joins them is found.
    let whole = scan("part", &["--format", "json"]);
    let before = read();
    assert_eq!(scan("part", &[&kept[..], &["--format", "json"]].concat()), whole);
    assert_eq!(read(), before);
    write(folder, "policy.toml", "[[allow]]\nvalue = '^ghp_'\nreason = 'of a test'\n");
    // Whatever has a say in how a secret is told is asked of its bytes again.
    for (salt, more) in [
        ("", &["--show-secrets"][..]),
        ("", &["--min-confidence", "possible"]),
        ("another salt, which is long enough", &[]),
        ("", &["--trust-target-config"]),
        ("", &["--config", "policy.toml"]),
    ] {
        let more = [more, &["--format", "json"]].concat();
        let whole = salted(salt, "app", &more);
        for run in ["first", "second"] {
            assert_eq!(salted(salt, "app", &[&more[..], &kept].concat()), whole, "{run} run: {salt} {more:?}");
        }
    }
    let told = scan("app", &["--format", "json"]);
    for expected in ["same-file", "same-folder", "hidden", "inner.tar!/deep/inner.env", "etc/app.conf"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let secrets = [token(1), token(2), token(3), token(5), made("{b64:40}", 1), made("{b64:40}", 2)];
    let weak = ["Gr8vault-Keys", "example-password-1"].map(str::to_owned);
    for file in fs::read_dir(folder.join("kept")).unwrap().flatten() {
        let bytes = fs::read(file.path()).unwrap();
        for secret in secrets.iter().chain(&weak) {
            let inner = &secret.as_bytes()[4..secret.len() - 4];
            assert!(memchr::memmem::find(&bytes, inner).is_none(), "{secret} in {}", file.path().display());
        }
    }
}
