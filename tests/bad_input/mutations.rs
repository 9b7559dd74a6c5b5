//! Files of every format, damaged at random: no panic, no hang, and the rest is found.

use std::fs;

use super::archives::{gzip, tar_of, zip_of};
use super::{Planted, Random, common, noise};

/// Flips, cuts, repeats or overwrites some of the bytes.
fn damage(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes.truncate(at.max(1)),
            2 => bytes.extend_from_within(..at),
            3 => {
                let end = (at + random.below(64)).min(bytes.len());
                bytes[at..end].fill([0, 0xff, b'{'][random.below(3)]);
            }
            _ => drop(bytes.splice(at..at, noise(random.next(), 9))),
        }
    }
    bytes
}

/// Valid beginnings of what the program tells apart, small enough that most damage hits structure.
fn seeds(planted: &mut Planted) -> Vec<(&'static str, Vec<u8>)> {
    let line = planted.line(1);
    let text = [&line, &b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\npassword: \"x\"\n"[..]].concat();
    let tar = tar_of(&[(b"a.env", &line), (b"b.bin", &noise(7, 300))]);
    let zip = zip_of(&[("a.env", &line), ("META-INF/x.zip", &zip_of(&[("b", &text)]))]);
    let mut bzip2 = bzip2::read::BzEncoder::new(&text[..], bzip2::Compression::best());
    let mut bzipped = Vec::new();
    std::io::Read::read_to_end(&mut bzip2, &mut bzipped).unwrap();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.iter().flat_map(|byte| [*byte, 0])).collect();
    vec![
        ("env", text.clone()),
        ("txt", utf16),
        ("tar", tar.clone()),
        ("tgz", gzip(&tar)),
        ("zip", zip),
        ("bz2", bzipped),
        ("zst", zstd::encode_all(&tar[..], 3).unwrap()),
        ("ar", [b"!<arch>\n", &format!("{:<48}{:<10}`\n", "a.env/", line.len()).into_bytes()[..], &line].concat()),
        ("yaml", b"apiVersion: v1\nkind: Secret\ndata:\n  a: cGFzc3dvcmQ=\n  b: [x, {y: &z *z}]\n".to_vec()),
        ("json", b"{\"auths\":{\"registry.example\":{\"auth\":\"dXNlcjpwYXNz\"}}}".to_vec()),
    ]
}

#[test]
fn damaged_files() {
    let mut planted = Planted::with_the_rest();
    let seeds = seeds(&mut planted);
    let mut random = Random::new(11);
    for number in 0..200 {
        let (extension, bytes) = &seeds[number % seeds.len()];
        planted.write(&format!("{number}.{extension}"), damage(bytes, &mut random));
    }
    for number in 0..20 {
        planted.write(&format!("noise-{number}"), noise(number, 5_000));
    }
    let scanned = planted.run(&["dir", "."]);
    assert_eq!(scanned.exit, 1);
    assert!(scanned.found().contains(&"app.env".to_owned()));
    assert!(scanned.found().len() > 20 && !scanned.skips().is_empty(), "damage was survived, and said");
    for verb in ["scan", "chart"] {
        for format in ["text", "sarif"] {
            let arguments = if verb == "chart" { vec!["chart", "3.tgz"] } else { vec![verb, "."] };
            let output = planted.command(&[&arguments[..], &["--format", format]].concat()).output().unwrap();
            planted.check_output(&output);
            assert_ne!(output.status.code(), None, "no signal ended it");
        }
    }
}

/// Not all of these can be read at all: then that is what the program says.
fn check_ended_well(planted: &Planted, arguments: &[&str]) {
    let output = planted.command(&[arguments, &["--format", "json"]].concat()).output().unwrap();
    planted.check_output(&output);
    match output.status.code() {
        Some(0 | 1 | 3) => drop(planted.scanned(&output)),
        Some(2) => drop(common::complaint(&output)),
        _ => panic!("{arguments:?}: {:?}", output.status),
    }
}

#[test]
fn damaged_images() {
    let mut planted = Planted::new();
    let layer = tar_of(&[(b"srv/app.env", &planted.line(2))]);
    let config = br#"{"os":"linux","architecture":"amd64","config":{"Env":["A=b"]},"rootfs":{"type":"layers"}}"#;
    let manifest = br#"[{"Config":"config.json","RepoTags":["app:1"],"Layers":["a/layer.tar"]}]"#;
    let image = tar_of(&[(b"a/layer.tar", &layer), (b"config.json", config), (b"manifest.json", manifest)]);
    planted.write("image.tar", &image);
    assert_eq!(planted.run(&["image", "image.tar"]).found(), ["srv/app.env"]);
    let mut random = Random::new(12);
    for _ in 0..25 {
        planted.write("image.tar", damage(&image, &mut random));
        check_ended_well(&planted, &["image", "image.tar"]);
    }
}

#[test]
fn damaged_repositories() {
    let mut planted = Planted::new();
    let line = planted.line(3);
    planted.write("app.env", &line);
    common::git(planted.path(), &["init", "-q"]);
    common::git(planted.path(), &["add", "."]);
    common::git(planted.path(), &["commit", "-qm", "one"]);
    planted.write("app.env", [&line[..], b"# more\n"].concat());
    common::git(planted.path(), &["commit", "-qam", "two"]);
    common::git(planted.path(), &["repack", "-adq"]);
    common::git(planted.path(), &["pack-refs", "--all"]);
    let packs = fs::read_dir(planted.path().join(".git/objects/pack")).unwrap();
    let mut files: Vec<String> = packs.map(|entry| entry.unwrap().path().to_string_lossy().into_owned()).collect();
    files.extend(["HEAD", "config", "index", "packed-refs"].map(|name| format!(".git/{name}")));
    files.sort();
    let mut random = Random::new(13);
    for number in 0..25 {
        let path = planted.path().join(&files[number % files.len()]);
        let whole = fs::read(&path).unwrap();
        // Packs are read-only: their place is taken.
        fs::remove_file(&path).unwrap();
        fs::write(&path, damage(&whole, &mut random)).unwrap();
        check_ended_well(&planted, &["git", "."]);
        fs::remove_file(&path).unwrap();
        fs::write(&path, &whole).unwrap();
    }
    let scanned = planted.run(&["scan"]);
    assert!(scanned.exit == 1 && scanned.skips().is_empty(), "whole again: {}", scanned.report);
}
