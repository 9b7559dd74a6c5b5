//! What lies inside of layers: repositories, keystores, programs, archives.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![cfg(unix)]

mod common;
#[path = "common/fake_registry.rs"]
mod fake_registry;
#[path = "common/images.rs"]
mod images;

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{exit, git, stderr, token, write};
use fake_registry::{Content, Fake, tar};
use images::{image, line, lost, places, report};
use serde_json::json;

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
fn a_pack_that_has_no_index_or_half_of_its_bytes_is_read_as_far_as_it_goes() {
    let scratch = tempfile::tempdir().unwrap();
    let work = scratch.path().join("work");
    fs::create_dir(&work).unwrap();
    git(&work, &["init", "-q", "-b", "main"]);
    for number in 0..40 {
        // Hard to compress, so that half of the pack is about half of the files.
        let noise: String = (0..60).map(|line| format!("{}\n", token(1_000 + number * 100 + line))).collect();
        write(
            &work,
            &format!("f{number}.env"),
            &if number % 10 == 0 { line(30 + number) } else { noise.replace("ghp_", "x") },
        );
    }
    git(&work, &["add", "-A"]);
    git(&work, &["commit", "-q", "-m", "all"]);
    git(&work, &["repack", "-adfq", "--depth=0"]);
    let folder = work.join(".git/objects/pack");
    let mut packs = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let pack = packs.find(|path| path.extension().is_some_and(|ending| ending == "pack")).unwrap();
    let name = pack.file_stem().unwrap().to_str().unwrap().to_owned();
    let bytes = fs::read(&pack).unwrap();
    let half = &bytes[..bytes.len() / 2];
    let scan = |name: &str, bytes: &[u8], index: Option<&[u8]>| {
        let at = format!("srv/.git/objects/pack/{name}");
        let index = index.map(|index| (at.replace(".pack", ".idx"), index));
        let mut files = vec![(at.as_str(), bytes)];
        files.extend(index.as_ref().map(|(name, index)| (name.as_str(), *index)));
        let mut content = Content::default();
        content.image("team/app", "1", "", &[&tar(&files)]);
        let fake = Fake::start(move |request| content.answer(request));
        let output = image(scratch.path(), &format!("{}/team/app:1", fake.host())).output().unwrap();
        let report = report(&output);
        (places(&report), lost(&report))
    };
    let all = ["f0.env", "f10.env", "f20.env", "f30.env"].map(|file| format!("srv/.git!/{file}")).to_vec();
    assert_eq!(scan(&format!("{name}.pack"), &bytes, None), (all.clone(), vec![]));
    assert_eq!(scan(&format!("{name}.pack"), &bytes, Some(b"\xfftOc\0\0\0\x02 no index")), (all, vec![]));
    // Trees come last in a pack, so that no file has its name.
    let (found, lost) = scan("tmp_pack_x7Kq2a", half, None);
    assert!((1..4).contains(&found.len()), "{found:?}");
    assert!(matches!(&lost[..], [one] if one.contains("of its 42 objects")), "{lost:?}");
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

/// Its members are a thousand times as large as it is, which takes minutes.
fn slow_archive() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::copy(&mut std::io::repeat(0).take(128 << 20), &mut encoder).unwrap();
    let zeros = encoder.finish().unwrap();
    let names: Vec<String> = (0..100).map(|number| format!("{number}.gz")).collect();
    tar(&names.iter().map(|name| (name.as_str(), &zeros[..])).collect::<Vec<_>>())
}

#[test]
fn an_archive_in_a_layer_ends_when_the_time_is_over() {
    let scratch = tempfile::tempdir().unwrap();
    let slow = slow_archive();
    assert!(slow.len() < 32 << 20, "it is held whole");
    let first = tar(&[("srv/app.env", line(1).as_bytes()), ("srv/slow.tar", &slow)]);
    let mut content = Content::default();
    content.image("team/app", "1", "", &[&first]);
    let fake = Fake::start(move |request| content.answer(request));
    let name = format!("{}/team/app:1", fake.host());
    let begun = Instant::now();
    let output = image(scratch.path(), &name).args(["--timeout", "2s"]).output().unwrap();
    let report = report(&output);
    assert_eq!(exit(&output), 1, "what was found counts: {report:#}");
    assert!(places(&report).contains(&"srv/app.env".to_owned()), "{report:#}");
    let skipped = report["coverage"]["skipped"].as_array().unwrap();
    let paths: Vec<String> = skipped.iter().map(|skip| format!("{} {}", skip["reason"], skip["origin"])).collect();
    assert!(paths.iter().any(|skip| skip.contains("timed-out") && skip.contains("srv/slow.tar")), "{paths:#?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
