//! Every form of an image, good and bad, built here and read through [`Source`].

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::store::Hasher;
use super::*;
use crate::blob::{Blob, Content, Reason};
use crate::finding::State;

/// What a source pushed: contents by origin, as text.
#[derive(Default)]
struct Pushed {
    blobs: Mutex<Vec<(Origin, Vec<u8>)>>,
    skips: Mutex<Vec<Skip>>,
}

impl Sink for Pushed {
    fn put(&self, item: Item<'_>) {
        match item {
            Item::Blob(Blob { origin, content }) => {
                let bytes = match content {
                    Content::Bytes(bytes) => bytes.to_vec(),
                    Content::Version(version) => version.bytes.to_vec(),
                    Content::Stream(reader) => {
                        let mut bytes = Vec::new();
                        let _ = reader.read_to_end(&mut bytes);
                        bytes
                    }
                };
                self.blobs.lock().unwrap().push((origin, bytes));
            }
            Item::Skip(skip) => self.skips.lock().unwrap().push(skip),
            Item::Seen { .. } | Item::Expect { .. } => {}
        }
    }
}

impl Pushed {
    fn of(image: &Image) -> Self {
        let pushed = Pushed::default();
        image.read(&pushed).unwrap();
        pushed
    }

    /// `ORIGIN = CONTENT`, sorted.
    fn lines(&self) -> Vec<String> {
        let blobs = self.blobs.lock().unwrap();
        let mut lines: Vec<String> = blobs
            .iter()
            .map(|(origin, bytes)| format!("{origin} = {}", String::from_utf8_lossy(bytes).trim_end()))
            .collect();
        lines.sort();
        lines
    }

    fn content(&self, path: &str) -> Option<String> {
        let blobs = self.blobs.lock().unwrap();
        let found = blobs.iter().find(|(origin, _)| origin.path() == Some(path.as_bytes()));
        found.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
    }

    fn origin(&self, path: &str) -> Origin {
        let blobs = self.blobs.lock().unwrap();
        blobs.iter().find(|(origin, _)| origin.path() == Some(path.as_bytes())).unwrap().0.clone()
    }

    fn count(&self, path: &str) -> usize {
        self.blobs.lock().unwrap().iter().filter(|(origin, _)| origin.path() == Some(path.as_bytes())).count()
    }

    fn reasons(&self) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self.skips.lock().unwrap().iter().map(|skip| skip.reason).collect();
        reasons.sort();
        reasons
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut hasher = Hasher::sha256();
    hasher.update(bytes);
    let digest = hasher.finish();
    assert_eq!(digest.len(), 7 + Sha256::digest(b"").len() * 2);
    digest
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if name.ends_with('/') {
            header.set_entry_type(::tar::EntryType::Directory);
        }
        // Past the crate's own check, which refuses `..` and absolute names.
        if name.len() < 100 {
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        } else {
            builder.append_data(&mut header, name, *content).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const OCI: &str = "application/vnd.oci.image";

/// An OCI layout as names and contents, to be written as a directory or a tar.
#[derive(Default, Clone)]
struct Built {
    files: BTreeMap<String, Vec<u8>>,
}

impl Built {
    fn blob(&mut self, bytes: &[u8]) -> String {
        let digest = digest(bytes);
        self.files.insert(format!("blobs/{}", digest.replace(':', "/")), bytes.to_vec());
        digest
    }

    fn descriptor(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        json!({"mediaType": media_type, "digest": self.blob(bytes), "size": bytes.len()})
    }

    /// An image of layers given as media type, stored bytes and plain bytes; its manifest's descriptor.
    fn image(&mut self, architecture: &str, layers: &[(&str, Vec<u8>, &[u8])]) -> Value {
        let diff_ids: Vec<String> = layers.iter().map(|(_, _, plain)| digest(plain)).collect();
        let history: Vec<Value> =
            (0..layers.len()).map(|index| json!({"created_by": format!("RUN step{index} # buildkit")})).collect();
        let config = json!({"os": "linux", "architecture": architecture,
            "config": {"Env": ["APP_KEY=from-env"], "Labels": {"team": "blue"}},
            "rootfs": {"type": "layers", "diff_ids": diff_ids}, "history": history});
        let config = self.descriptor(&format!("{OCI}.config.v1+json"), config.to_string().as_bytes());
        let layers: Vec<Value> =
            layers.iter().map(|(media_type, stored, _)| self.descriptor(media_type, stored)).collect();
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers, "annotations": {"note": "n1"}});
        let mut descriptor = self.descriptor(&format!("{OCI}.manifest.v1+json"), manifest.to_string().as_bytes());
        descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
        descriptor
    }

    fn index(&mut self, manifests: &[Value]) {
        let index = json!({"schemaVersion": 2, "manifests": manifests});
        self.files.insert("index.json".into(), index.to_string().into_bytes());
        self.files.insert("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec());
    }

    fn tar(&self) -> Vec<u8> {
        let files: Vec<(&str, &[u8])> =
            self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        tar_of(&files)
    }

    fn write(&self, directory: &Path) {
        for (name, bytes) in &self.files {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    fn read(&self) -> (Image, Pushed) {
        read_tar(self.tar())
    }
}

fn read_tar(bytes: Vec<u8>) -> (Image, Pushed) {
    let image = Image::from_reader("img", Box::new(Cursor::new(bytes)), Options::default());
    let pushed = Pushed::of(&image);
    (image, pushed)
}

const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";

/// Three layers, one of each compression; the second overwrites, the third deletes.
fn three_layers() -> Built {
    let mut built = Built::default();
    let first = tar_of(&[("./etc/", b""), ("./etc/a.conf", b"a-one"), ("./etc/b.conf", b"b-one"), ("srv/c", b"c-one")]);
    let second = tar_of(&[("etc/a.conf", b"a-two")]);
    let third = tar_of(&[("etc/.wh.b.conf", b"")]);
    let manifest = built.image(
        "amd64",
        &[
            (GZIP, gzip(&first), &first),
            ("application/vnd.oci.image.layer.v1.tar+zstd", zstd::encode_all(&second[..], 1).unwrap(), &second),
            (PLAIN, third.clone(), &third),
        ],
    );
    built.index(&[manifest]);
    built
}

/// What every form of [`three_layers`] must give.
fn assert_three_layers(image: &Image, pushed: &Pushed) {
    assert_eq!(pushed.reasons(), []);
    let lines = pushed.lines();
    assert_eq!(pushed.count("etc/a.conf"), 2, "{lines:#?}");
    for expected in ["etc/a.conf = a-one", "etc/a.conf = a-two", "etc/b.conf = b-one", "srv/c = c-one"] {
        assert!(lines.iter().any(|line| line.ends_with(expected)), "{expected} in {lines:#?}");
    }
    let config = lines.iter().find(|line| line.contains("> image config")).unwrap();
    assert!(
        config.contains("APP_KEY=from-env") && config.contains("team=blue") && config.contains("RUN step0"),
        "{config}"
    );
    let blobs = pushed.blobs.lock().unwrap();
    let mut seen = Vec::new();
    for (origin, bytes) in blobs.iter().filter(|(origin, _)| origin.path().is_some_and(|path| path.len() < 20)) {
        let fates = image.fates(std::slice::from_ref(origin)).unwrap().remove(0);
        let whole = fates.first().and_then(|fate| fate.origin.as_ref()).unwrap_or(origin);
        let steps = whole.steps();
        let Some(Step::Layer { index, instruction, .. }) = steps.iter().find(|step| matches!(step, Step::Layer { .. }))
        else {
            panic!("no layer in {whole}");
        };
        assert_eq!(instruction.as_deref(), Some(format!("RUN step{index}").as_str()));
        let hidden_by = fates.first().and_then(|fate| fate.hidden_by.as_ref()).map(|(index, _)| *index);
        let state = fates.first().map_or(State::Live, |fate| fate.state);
        assert_eq!(state == State::Hidden, hidden_by.is_some());
        seen.push((String::from_utf8_lossy(bytes).into_owned(), *index, hidden_by));
    }
    seen.sort();
    let expected = [("a-one", 0, Some(1)), ("a-two", 1, None), ("b-one", 0, Some(2)), ("c-one", 0, None)];
    assert_eq!(seen, expected.map(|(content, index, hidden)| (content.to_owned(), index, hidden)));
}

#[test]
fn a_layout_in_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    three_layers().write(directory.path());
    for name in [directory.path().display().to_string(), format!("oci:{}", directory.path().display())] {
        let image = Image::new(&name, Options::default()).unwrap();
        let pushed = Pushed::of(&image);
        assert_three_layers(&image, &pushed);
        assert!(pushed.lines().iter().any(|line| line.contains("annotation = note=n1")));
    }
}

#[test]
fn a_layout_in_a_tar_on_disk_and_at_any_number_of_threads() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image.tar");
    fs::write(&path, three_layers().tar()).unwrap();
    let mut outputs = Vec::new();
    for threads in [1, 4] {
        let image = Image::new(&path.display().to_string(), Options { threads, ..Options::default() }).unwrap();
        let pushed = Pushed::of(&image);
        assert_three_layers(&image, &pushed);
        outputs.push(pushed.lines());
    }
    assert_eq!(outputs[0], outputs[1]);
}

#[test]
fn one_large_layer_is_judged_by_all_threads_with_the_same_result() {
    let names: Vec<String> = (0..600).map(|number| format!("srv/{number}")).collect();
    let contents: Vec<Vec<u8>> =
        (0..600).map(|number| format!("{number} ").repeat(2_000 + number).into_bytes()).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(String::as_str).zip(contents.iter().map(Vec::as_slice)).collect();
    let layer = tar_of(&files);
    let mut built = Built::default();
    let manifest = built.image("amd64", &[(GZIP, gzip(&layer), &layer)]);
    built.index(&[manifest]);
    let directory = tempfile::tempdir().unwrap();
    built.write(directory.path());
    let mut outputs = Vec::new();
    for threads in [1, 2, 8] {
        let options = Options { threads, ..Options::default() };
        let pushed = Pushed::of(&Image::new(&directory.path().display().to_string(), options).unwrap());
        assert_eq!(pushed.reasons(), []);
        outputs.push(pushed.lines());
    }
    assert!(outputs[0].len() > 600 && outputs.windows(2).all(|two| two[0] == two[1]));
}

/// A sink that panics at one file.
struct Panics;

impl Sink for Panics {
    fn put(&self, item: Item<'_>) {
        if let Item::Blob(blob) = item
            && blob.origin.path() == Some(b"srv/7")
        {
            panic!("at this file");
        }
    }
}

#[test]
fn a_thread_that_panics_holds_no_other() {
    let content = vec![b'x'; 8 << 10];
    let names: Vec<String> = (0..50).map(|number| format!("srv/{number}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), content.as_slice())).collect();
    let layer = tar_of(&files);
    let mut built = Built::default();
    let manifest = built.image("amd64", &[(PLAIN, layer.clone(), &layer)]);
    built.index(&[manifest]);
    let directory = tempfile::tempdir().unwrap();
    built.write(directory.path());
    let options = Options { threads: 4, ..Options::default() };
    let image = Image::new(&directory.path().display().to_string(), options).unwrap();
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| image.read(&Panics)));
    assert!(read.is_err(), "the panic is told, and nothing waits for ever");
}

#[test]
fn a_compressed_tar_held_in_memory() {
    let (image, pushed) = read_tar(gzip(&three_layers().tar()));
    assert_three_layers(&image, &pushed);
    let (image, pushed) = read_tar(zstd::encode_all(&three_layers().tar()[..], 1).unwrap());
    assert_three_layers(&image, &pushed);
}

/// A stream too large to be held is read as it comes: the same findings, the same layers.
fn read_as_stream(tar: Vec<u8>) -> (Image, Pushed) {
    let image = Image::from_reader("img", Box::new(io::empty()), Options::default());
    let pushed = Pushed::default();
    let streamed = Streamed::read(Box::new(Cursor::new(tar)), &image.origin(), &pushed, 3);
    image.read_streamed(streamed, &pushed).unwrap();
    (image, pushed)
}

#[test]
fn a_stream_names_its_layers_at_the_end() {
    let (image, pushed) = read_as_stream(three_layers().tar());
    assert_three_layers(&image, &pushed);
}

/// As `docker save` wrote it before it wrote OCI layouts: one folder a layer, the second layer a link to another's file.
fn docker_save() -> Vec<u8> {
    let layer = tar_of(&[("root/key", b"secret-one")]);
    let later = tar_of(&[("root/.wh.key", b"")]);
    let config = json!({"os": "linux", "architecture": "amd64", "config": {"Env": ["E=1"]},
        "rootfs": {"type": "layers", "diff_ids": [digest(&layer), digest(&later), digest(&later)]},
        "history": [{"created_by": "/bin/sh -c #(nop) COPY dir"}, {"created_by": "/bin/sh -c rm /root/key"}]})
    .to_string();
    let manifest = json!([{"Config": "abc.json", "RepoTags": ["app:1"], "Layers": ["one/layer.tar", "two/layer.tar", "three/layer.tar"]}]).to_string();
    let mut builder = ::tar::Builder::new(tar_head(&[
        ("one/layer.tar", &layer),
        ("two/layer.tar", &later),
        ("abc.json", config.as_bytes()),
        ("two/VERSION", b"1.0"),
    ]));
    let mut link = ::tar::Header::new_gnu();
    link.set_entry_type(::tar::EntryType::Symlink);
    link.set_size(0);
    builder.append_link(&mut link, "three/layer.tar", "../two/layer.tar").unwrap();
    let mut header = ::tar::Header::new_gnu();
    header.set_size(manifest.len() as u64);
    builder.append_data(&mut header, "manifest.json", manifest.as_bytes()).unwrap();
    builder.into_inner().unwrap()
}

/// A tar without its end, to be added to.
fn tar_head(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut whole = tar_of(files);
    whole.truncate(whole.len() - 1024);
    whole
}

#[test]
fn docker_save_of_the_old_style() {
    for (image, pushed) in [read_tar(docker_save()), read_as_stream(docker_save())] {
        assert_eq!(pushed.reasons(), []);
        assert_eq!(pushed.content("root/key").as_deref(), Some("secret-one"));
        assert_eq!(pushed.content("two/VERSION").as_deref(), Some("1.0"));
        let fate = image.fates(&[pushed.origin("root/key")]).unwrap().remove(0).remove(0);
        assert_eq!(fate.hidden_by, Some((1, "two/layer.tar".to_owned())));
        let whole = fate.origin.unwrap_or_else(|| pushed.origin("root/key"));
        assert_eq!(whole.to_string(), "image img > layer 0 one/layer.tar > root/key");
    }
}

#[test]
fn docker_save_with_several_images_names_each() {
    let layer = tar_of(&[("f", b"x")]);
    let manifest = json!([{"Config": "a.json", "RepoTags": ["app:1"], "Layers": ["l.tar"]},
        {"Config": "b.json", "RepoTags": ["app:2"], "Layers": ["l.tar"]}])
    .to_string();
    let (_, pushed) = read_tar(tar_of(&[
        ("l.tar", &layer),
        ("a.json", br#"{"config":{"Env":["A=1"]}}"#),
        ("b.json", br#"{"config":{"Env":["B=1"]}}"#),
        ("manifest.json", manifest.as_bytes()),
    ]));
    assert_eq!(pushed.count("f"), 1, "a shared layer is read once");
    let lines = pushed.lines();
    assert!(lines.contains(&"image img:app:2 > config b.json > image config = B=1".to_owned()), "{lines:#?}");
}

#[test]
fn platforms_are_all_read_unless_some_are_named() {
    let mut built = Built::default();
    let shared = tar_of(&[("shared", b"s")]);
    let own = tar_of(&[("own", b"o")]);
    let amd64 = built.image("amd64", &[(PLAIN, shared.clone(), &shared)]);
    let arm64 = built.image("arm64", &[(PLAIN, shared.clone(), &shared), (PLAIN, own.clone(), &own)]);
    let inner = json!({"schemaVersion": 2, "manifests": [amd64, arm64]}).to_string();
    let inner = built.descriptor(&format!("{OCI}.index.v1+json"), inner.as_bytes());
    built.index(&[inner]);
    let (_, pushed) = built.read();
    assert_eq!((pushed.count("shared"), pushed.count("own")), (1, 1));
    assert!(pushed.origin("own").to_string().contains(" > linux/arm64 > layer 1 "));

    let directory = tempfile::tempdir().unwrap();
    built.write(directory.path());
    let options = Options { platforms: vec!["linux/amd64".into()], ..Options::default() };
    let pushed = Pushed::of(&Image::new(&directory.path().display().to_string(), options).unwrap());
    assert_eq!((pushed.count("shared"), pushed.count("own")), (1, 0));
    assert_eq!(pushed.reasons(), [Reason::OtherPlatform]);
}

#[test]
fn a_platform_that_the_archive_lacks_is_no_loss() {
    let mut built = Built::default();
    let layer = tar_of(&[("f", b"x")]);
    let here = built.image("amd64", &[(PLAIN, layer.clone(), &layer)]);
    let absent = json!({"mediaType": "m", "digest": digest(b"absent"), "size": 6, "platform": {"os": "linux", "architecture": "s390x"}});
    built.index(&[here, absent]);
    assert_eq!(built.read().1.reasons(), [Reason::OtherPlatform]);
}

#[test]
fn attestations_and_other_artifacts_are_text() {
    let mut built = Built::default();
    let statement = br#"{"predicate":{"build":"arg-value"}}"#;
    let mut manifest = built.image("unknown", &[("application/vnd.in-toto+json", statement.to_vec(), statement)]);
    manifest["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    built.index(&[manifest]);
    for (_, pushed) in [built.read(), read_as_stream(built.tar())] {
        assert_eq!(pushed.reasons(), []);
        assert!(pushed.lines().iter().any(|line| line.contains("> layer 0 sha256:") && line.contains("arg-value")));
    }
}

#[test]
fn a_blob_that_no_manifest_names_is_read() {
    let mut built = three_layers();
    built.blob(&gzip(&tar_of(&[("left/over", b"forgotten")])));
    let (_, pushed) = built.read();
    assert_eq!(pushed.content("left/over").as_deref(), Some("forgotten"));
    assert!(pushed.origin("left/over").to_string().starts_with("image img > blobs/sha256/"));
    let directory = tempfile::tempdir().unwrap();
    built.write(directory.path());
    let image = Image::new(&directory.path().display().to_string(), Options::default()).unwrap();
    assert_eq!(Pushed::of(&image).content("left/over").as_deref(), Some("forgotten"));
}

/// Reads an image of a good layer and a bad one; the good one must be read whatever the bad one is.
fn with_bad_layer(media_type: &str, stored: Vec<u8>) -> Pushed {
    let mut built = Built::default();
    let good = tar_of(&[("good", b"fine")]);
    let manifest = built.image("amd64", &[(media_type, stored.clone(), &stored), (PLAIN, good.clone(), &good)]);
    built.index(&[manifest]);
    let (_, pushed) = built.read();
    assert_eq!(pushed.content("good").as_deref(), Some("fine"));
    pushed
}

#[test]
fn a_truncated_layer_counts_as_far_as_it_goes() {
    let noise: Vec<u8> = (0..200_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let whole = gzip(&tar_of(&[("before", b"read"), ("noise", &noise)]));
    let pushed = with_bad_layer(GZIP, whole[..whole.len() / 2].to_vec());
    assert_eq!(pushed.reasons(), [Reason::Truncated]);
    assert_eq!(pushed.content("before").as_deref(), Some("read"));
    assert!(pushed.count("noise") == 1);
    let plain = tar_of(&[("before", b"read"), ("noise", &noise)]);
    let pushed = with_bad_layer(PLAIN, plain[..plain.len() / 2].to_vec());
    assert_eq!((pushed.reasons(), pushed.count("noise")), (vec![Reason::Truncated], 1));
}

#[test]
fn after_a_damaged_header_the_rest_is_read_as_bytes() {
    let mut layer = tar_of(&[("before", b"read"), ("after", b"no longer in a file")]);
    layer[1024 + 10] = b'x';
    for layer in [layer.clone(), gzip(&layer)] {
        let pushed = with_bad_layer(PLAIN, layer);
        assert!(pushed.reasons().contains(&Reason::Corrupt));
        assert_eq!(pushed.content("before").as_deref(), Some("read"));
        assert!(pushed.lines().iter().any(|line| line.contains("no longer in a file")));
    }
}

#[test]
fn a_layer_of_many_gzip_members_and_one_of_an_unknown_type_are_read() {
    let whole = tar_of(&[("m1", b"1"), ("m2", b"2")]);
    let members: Vec<u8> = whole.chunks(700).flat_map(gzip).collect();
    let pushed = with_bad_layer("application/vnd.example.thing", members);
    // The plain digest is of the members, since the helper takes the stored bytes for plain.
    assert_eq!(pushed.reasons(), [Reason::DigestMismatch]);
    assert_eq!(pushed.content("m2").as_deref(), Some("2"));
}

#[test]
fn what_no_decoder_knows_is_scanned_as_bytes_and_said() {
    let pushed =
        with_bad_layer("application/vnd.oci.image.layer.v1.tar+lz4", b"\x04\x22\x4d\x18 compressed somehow".to_vec());
    assert_eq!(pushed.reasons(), [Reason::UnknownCodec]);
    assert!(pushed.lines().iter().any(|line| line.contains("compressed somehow")));
    let pushed = with_bad_layer("application/vnd.example.weights", b"weights: 1 2 3".to_vec());
    assert_eq!(pushed.reasons(), []);
}

#[test]
fn encrypted_and_foreign_layers_are_said() {
    let pushed = with_bad_layer("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", b"cipher".to_vec());
    assert_eq!(pushed.reasons(), [Reason::Encrypted]);
    let mut built = Built::default();
    let layer = tar_of(&[("f", b"x")]);
    let kind = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let manifest = built.image("amd64", &[(kind, layer.clone(), &layer)]);
    built.index(&[manifest]);
    built.files.remove(&format!("blobs/{}", digest(&layer).replace(':', "/")));
    assert_eq!(built.read().1.reasons(), [Reason::ForeignLayer]);
}

/// A header of a tar by hand: name, type, size as the field has it.
fn header(name: &str, kind: u8, size: &[u8]) -> [u8; 512] {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..124 + size.len()].copy_from_slice(size);
    header[156] = kind;
    header[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum::<u32>() + 8 * u32::from(b' ');
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

#[test]
fn sizes_that_are_not_there_cost_nothing() {
    // 8 GiB less one in octal digits, and as much as eight bytes hold.
    for size in [&b"77777777777"[..], &[0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]] {
        let layer = [&header("huge", b'0', size)[..], b"begins T=here"].concat();
        let pushed = with_bad_layer(PLAIN, layer);
        assert_eq!(pushed.reasons(), [Reason::Truncated]);
        assert_eq!(pushed.content("huge").as_deref(), Some("begins T=here"));
    }
    let layer = header("most", b'0', &[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(with_bad_layer(PLAIN, layer.to_vec()).reasons(), [Reason::Corrupt]);
}

#[test]
fn devices_duplicates_and_sparse_files() {
    let mut sparse = header("sparse", b'S', b"00000000005");
    // The real size, of which only five bytes are stored.
    sparse[483..494].copy_from_slice(b"77777777777");
    let sum = |header: &mut [u8; 512]| {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    };
    sum(&mut sparse);
    let mut layer = Vec::new();
    for kind in [b'3', b'4', b'6'] {
        layer.extend(header("dev/x", kind, b"00000000000"));
    }
    layer.extend([&sparse[..], b"holes", &[0; 507]].concat());
    layer.extend(tar_of(&[("twice", b"first"), ("twice", b"second"), ("after", b"end")]));
    let pushed = with_bad_layer(PLAIN, layer);
    assert_eq!(pushed.reasons(), []);
    assert_eq!((pushed.count("twice"), pushed.count("dev/x")), (2, 0));
    assert_eq!(pushed.content("sparse").as_deref(), Some("holes"));
    assert_eq!(pushed.content("after").as_deref(), Some("end"));
}

#[test]
fn a_hundred_thousand_tiny_files() {
    let mut layer = Vec::new();
    for number in 0..100_000 {
        layer.extend(header(&format!("etc/{number}"), b'0', b"00000000001"));
        let mut block = [0; 512];
        block[0] = b'x';
        layer.extend(block);
    }
    let pushed = with_bad_layer(PLAIN, layer);
    assert_eq!(pushed.reasons(), []);
    assert!(pushed.blobs.lock().unwrap().len() > 100_000);
}

/// Counts what it is given and keeps nothing.
#[derive(Default)]
struct Measured {
    largest: std::sync::atomic::AtomicUsize,
    bytes: std::sync::atomic::AtomicU64,
}

impl Sink for Measured {
    fn put(&self, item: Item<'_>) {
        let Item::Blob(Blob { content, .. }) = item else { return };
        let bytes = match content {
            Content::Bytes(bytes) => {
                self.largest.fetch_max(bytes.len(), Ordering::Relaxed);
                bytes.len() as u64
            }
            Content::Version(version) => version.bytes.len() as u64,
            Content::Stream(reader) => io::copy(reader, &mut io::sink()).unwrap(),
        };
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[test]
fn bombs_flow_through_in_bounded_memory() {
    const SIZE: u64 = 600 << 20;
    let plain = || io::Cursor::new(header("zeros", b'0', b"04540000000")).chain(io::repeat(0).take(SIZE + 1_024));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    io::copy(&mut plain(), &mut gzip).unwrap();
    let zstd = zstd::encode_all(plain(), 1).unwrap();
    for stored in [gzip.finish().unwrap(), zstd] {
        assert!(stored.len() as u64 * 50 < SIZE);
        let mut built = Built::default();
        let manifest = built.image("amd64", &[(PLAIN, stored, b"")]);
        built.index(&[manifest]);
        let image = Image::from_reader("img", Box::new(Cursor::new(built.tar())), Options::default());
        let measured = Measured::default();
        image.read(&measured).unwrap();
        assert!(measured.bytes.into_inner() >= SIZE);
        assert!(measured.largest.into_inner() < 33 << 20);
    }
}

#[test]
fn a_window_that_is_too_large_is_no_memory_spent() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    encoder.include_contentsize(false).unwrap();
    io::copy(&mut io::repeat(1).take(300 << 20), &mut encoder).unwrap();
    let pushed = with_bad_layer(PLAIN, encoder.finish().unwrap());
    assert_eq!(pushed.reasons(), [Reason::Corrupt], "{:?}", pushed.skips);
}

#[test]
fn digests_are_verified() {
    let mut built = three_layers();
    let other = gzip(&tar_of(&[("etc/a.conf", b"not what was signed")]));
    let first = tar_of(&[("./etc/", b""), ("./etc/a.conf", b"a-one"), ("./etc/b.conf", b"b-one"), ("srv/c", b"c-one")]);
    let name = format!("blobs/{}", digest(&gzip(&first)).replace(':', "/"));
    assert!(built.files.insert(name, other).is_some());
    for (_, pushed) in [built.read(), read_as_stream(built.tar())] {
        assert!(
            pushed.reasons().iter().all(|&reason| reason == Reason::DigestMismatch) && !pushed.reasons().is_empty()
        );
        assert!(pushed.lines().iter().any(|line| line.ends_with("not what was signed")), "it is read all the same");
    }
}

#[test]
fn a_missing_blob_and_a_missing_config_are_said_and_the_rest_is_read() {
    for (kind, expected) in [("layer", Reason::Missing), ("config", Reason::Missing)] {
        let mut built = three_layers();
        let second = zstd::encode_all(&tar_of(&[("etc/a.conf", b"a-two")])[..], 1).unwrap();
        let gone = match kind {
            "layer" => format!("blobs/{}", digest(&second).replace(':', "/")),
            _ => {
                built.files.iter().find(|(_, bytes)| bytes.windows(7).any(|part| part == b"APP_KEY")).unwrap().0.clone()
            }
        };
        assert!(built.files.remove(&gone).is_some());
        let (_, pushed) = built.read();
        assert_eq!(pushed.reasons(), [expected], "{kind}");
        assert_eq!(pushed.content("srv/c").as_deref(), Some("c-one"));
    }
}

#[test]
fn a_cyclic_index_ends() {
    let mut built = three_layers();
    let own = digest(b"itself");
    let cycle = json!({"schemaVersion": 2, "manifests": [{"mediaType": "m", "digest": own, "size": 1}]}).to_string();
    built.files.insert(format!("blobs/{}", own.replace(':', "/")), cycle.into_bytes());
    let root: Value = serde_json::from_slice(&built.files["index.json"]).unwrap();
    built.index(&[root["manifests"][0].clone(), json!({"mediaType": "m", "digest": own, "size": 1})]);
    let (_, pushed) = built.read();
    assert_eq!(pushed.reasons(), [Reason::DigestMismatch]);
    assert_eq!(pushed.content("srv/c").as_deref(), Some("c-one"));
}

#[test]
fn hostile_names_are_only_names() {
    let directory = tempfile::tempdir().unwrap();
    let long = format!("{}/deep", "d/".repeat(120));
    let layer = tar_of(&[("../../up", b"1"), ("/abs/olute", b"2"), (&long, b"3")]);
    let pushed = with_bad_layer(PLAIN, layer);
    assert_eq!(pushed.reasons(), []);
    for name in ["../../up", "abs/olute", &long] {
        assert_eq!(pushed.count(name), 1, "{name}");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    let names = pushed.lines().into_iter().find(|line| line.contains("file name =")).unwrap();
    assert!(names.contains("../../up\n/abs/olute"));
    let mut built = Built::default();
    built.index(&[json!({"mediaType": "m", "digest": "sha256:../../../../etc/passwd", "size": 1})]);
    built.write(directory.path());
    let image = Image::new(&directory.path().display().to_string(), Options::default()).unwrap();
    assert_eq!(Pushed::of(&image).reasons(), [Reason::Missing]);
}

#[test]
fn a_large_file_is_streamed_whole() {
    let large = vec![b'z'; (33 << 20) + 17];
    let pushed = with_bad_layer(PLAIN, tar_of(&[("large", &large), ("next", b"after it")]));
    assert_eq!(pushed.reasons(), []);
    assert_eq!(pushed.content("large").unwrap().len(), large.len());
    assert_eq!(pushed.content("next").as_deref(), Some("after it"));
}

#[test]
fn a_cut_off_archive_is_read_as_far_as_it_goes() {
    let whole = docker_save();
    for cut in [1600, 2600, 3000] {
        for (_, pushed) in
            [read_tar(whole[..whole.len() - cut].to_vec()), read_as_stream(whole[..whole.len() - cut].to_vec())]
        {
            assert!(pushed.reasons().contains(&Reason::Truncated), "{cut} {:?}", pushed.reasons());
            assert_eq!(pushed.content("root/key").as_deref(), Some("secret-one"));
        }
    }
}

#[test]
fn what_is_no_image_is_an_error_that_says_what_to_try() {
    let failed = |bytes: Vec<u8>| {
        let image = Image::from_reader("img", Box::new(Cursor::new(bytes)), Options::default());
        image.read(&Pushed::default()).unwrap_err().to_string()
    };
    assert!(failed(tar_of(&[("f", b"x")])).contains("no image"));
    assert!(failed(b"plain text".to_vec()).contains("neither a tar"));
    assert!(failed(tar_of(&[("index.json", b"{"), ("oci-layout", b"{}")])).contains("no valid JSON at line 1"));
    let directory = tempfile::tempdir().unwrap();
    let error = Image::new(&directory.path().display().to_string(), Options::default()).err().unwrap();
    assert!(error.to_string().contains("no OCI layout"), "{error}");
    let error = Image::new("oci:/nowhere/at/all", Options::default()).err().unwrap();
    assert!(error.to_string().contains("no such directory"), "{error}");
}

#[test]
fn kinds_are_told_by_content() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    assert_eq!(kind_of(directory.path()), None);
    assert_eq!(kind_of(&write("a.tar", &docker_save())), Some(ImageKind::Archive));
    assert_eq!(kind_of(&write("b", &three_layers().tar())), Some(ImageKind::Archive));
    assert_eq!(kind_of(&write("c.tgz", &gzip(&three_layers().tar()))), Some(ImageKind::Archive));
    assert_eq!(kind_of(&write("d.tar", &tar_of(&[("src/main.rs", b"x"), ("manifest.json", b"{}")]))), None);
    assert_eq!(kind_of(&write("e.tgz", &gzip(&tar_of(&[("src/main.rs", b"x")])))), None);
    assert_eq!(kind_of(&write("f", b"text")), None);
    let layout = directory.path().join("layout");
    three_layers().write(&layout);
    assert_eq!(kind_of(&layout), Some(ImageKind::Layout));
}
