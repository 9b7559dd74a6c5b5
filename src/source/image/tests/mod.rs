//! Images of every form, good and bad, built here and read through [`Source`].

mod beside;
mod damage;
mod forms;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::digest::Hasher;
use super::input::{MAX_HELD, hold};
use super::stream::Streamed;
use super::*;
use crate::blob::{Blob, Content, Reason, Skip};
use crate::finding::State;
use crate::source::collect::bytes_of;

/// What a source pushed: contents by origin, as text.
#[derive(Default)]
struct Pushed {
    blobs: Mutex<Vec<(Origin, Vec<u8>)>>,
    skips: Mutex<Vec<Skip>>,
}

impl Sink for Pushed {
    fn put(&self, item: Item<'_>) {
        match item {
            Item::Blob(Blob { origin, content }) => self.blobs.lock().unwrap().push((origin, bytes_of(content))),
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

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
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
    for (origin, bytes) in
        blobs.iter().filter(|(origin, _)| origin.path().is_some_and(|path| path.len() < 20 && path != b"oci-layout"))
    {
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

/// A stream too large to be held is read as it comes: the same findings, the same layers.
fn read_as_stream(tar: Vec<u8>) -> (Image, Pushed) {
    let image = Image::from_reader("img", Box::new(io::empty()), Options::default());
    let pushed = Pushed::default();
    let streamed = Streamed::read(Box::new(Cursor::new(tar)), &image.origin(), None, (&pushed, 3));
    image.read_streamed(streamed, &pushed).unwrap();
    (image, pushed)
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
