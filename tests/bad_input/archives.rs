//! Archives that end early, expand without end, nest without end, or name paths outside.

use std::fs;
use std::io::{Cursor, Write};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Planted, noise};

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A tar with names as they are: `..` and absolute ones too, which its writers refuse.
pub(super) fn tar_of(members: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

pub(super) fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn gzip_and_compressed_tar_that_end_early() {
    let mut planted = Planted::with_the_rest();
    let text = [planted.line(1), noise(1, 200_000)].concat();
    let tar =
        tar_of(&[(b"first.env", &planted.line(2)), (b"second.bin", &noise(2, 200_000)), (b"third.env", b"lost\n")]);
    for (name, whole) in [("log.gz", gzip(&text)), ("data.tar.gz", gzip(&tar))] {
        planted.write(name, &whole[..whole.len() / 2]);
    }
    let scanned = planted.run(&["dir", "."]);
    assert_eq!((scanned.exit, scanned.found().len()), (1, 3), "{:?}", scanned.found());
    for (place, path) in scanned.found().iter().zip(["app.env", "data.tar.gz", "log.gz"]) {
        assert!(place.starts_with(path), "{place}");
    }
    assert!(scanned.found()[1].ends_with("!/first.env"));
    let lost: Vec<String> = scanned.lost().into_iter().map(|(why, _)| why).collect();
    assert!(lost.len() >= 2 && lost.iter().all(|why| why == "truncated"), "{:?}", scanned.lost());
    for name in ["data.tar.gz", "log.gz"] {
        assert!(scanned.lost().iter().any(|(_, path)| path.starts_with(name)), "{:?}", scanned.lost());
    }
    planted.remove("app.env");
    planted.remove("log.gz");
    planted.write("data.tar.gz", &gzip(&tar)[..60_000]);
    assert_eq!(planted.run(&["dir", ".", "--exit-zero"]).exit, 3, "asked to not fail on findings");
}

/// Members that hold the same again and again: each level multiplies what comes out.
fn nested(innermost: Vec<u8>, levels: usize) -> Vec<u8> {
    (0..levels).fold(innermost, |content, _| {
        let names: Vec<String> = (0..16).map(|member| format!("{member}.zip")).collect();
        zip_of(&names.iter().map(|name| (&**name, &*content)).collect::<Vec<_>>())
    })
}

/// 64 GiB in a zip of a few kilobytes, and 8 GiB in a file that is compressed twice.
#[test]
fn bombs() {
    let mut planted = Planted::with_the_rest();
    let (before, zeros) = (planted.line(1), vec![0; 1 << 20]);
    planted.write("nested.zip", zip_of(&[("before.env", &before), ("bomb.zip", &nested(zip_of(&[("0", &zeros)]), 4))]));
    planted.write("twice.gz", gzip(&gzip(&zeros).repeat(8_192)));
    for name in ["nested.zip", "twice.gz"] {
        assert!(fs::metadata(planted.path().join(name)).unwrap().len() < 1 << 20);
    }
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -v 1048576 && exec \"$0\" dir . --format json", env!("CARGO_BIN_EXE_scrubjay")])
        .current_dir(planted.path());
    let scanned = planted.scanned(&limited.output().unwrap());
    assert_eq!((scanned.exit, scanned.found()), (1, vec!["app.env".to_owned(), "nested.zip!/before.env".to_owned()]));
    // Each is said once, where the budget was spent.
    assert_eq!(scanned.lost().len(), 2, "{:?}", scanned.lost());
    for ((why, path), name) in scanned.lost().iter().zip(["nested.zip!/bomb.zip!/", "twice.gz"]) {
        assert!(why == "expands-too-far" && path.starts_with(name), "{why}: {path}");
    }
    planted.remove("app.env");
    planted.remove("nested.zip");
    assert_eq!(planted.run(&["dir", "."]).exit, 3);
}

#[test]
fn archives_within_archives_without_end() {
    let mut planted = Planted::with_the_rest();
    let (outside, inside) = (planted.line(1), planted.line(2));
    let deep = (0..200).fold(inside, |content, _| zip_of(&[("inner.zip", &content)]));
    planted.write("deep.zip", zip_of(&[("top.env", &outside), ("inner.zip", &deep)]));
    let scanned = planted.run(&["dir", "."]);
    assert_eq!((scanned.exit, scanned.found()), (1, vec!["app.env".to_owned(), "deep.zip!/top.env".to_owned()]));
    assert_eq!(scanned.lost().len(), 1);
    assert_eq!(scanned.lost()[0].0, "too-deep");
}

#[test]
fn members_that_name_paths_outside() {
    let mut planted = Planted::with_the_rest();
    let target = planted.path().join("escaped.env").to_string_lossy().into_owned();
    let lines: Vec<Vec<u8>> = (1..=4).map(|seed| planted.line(seed)).collect();
    planted.write("a/evil.tar", tar_of(&[(b"../escaped.env", &lines[0]), (target.as_bytes(), &lines[1])]));
    planted.write("a/evil.zip", zip_of(&[("../escaped.env", &lines[2]), (&target, &lines[3])]));
    let scanned = planted.run(&["dir", "."]);
    let inside = |archive: &str, name: &str| format!("a/{archive}!/{name}");
    let mut expected = vec!["app.env".to_owned()];
    for archive in ["evil.tar", "evil.zip"] {
        expected.extend([inside(archive, "../escaped.env"), inside(archive, &target)]);
    }
    expected.sort();
    assert_eq!((scanned.exit, scanned.found()), (1, expected), "names are only names");
    assert!(scanned.skips().is_empty(), "{:?}", scanned.skips());
    let mut left: Vec<_> = fs::read_dir(planted.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["a", "app.env"], "nothing was written");
}
