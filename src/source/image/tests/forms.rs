//! Every form of an image, and every way in which it comes.

use super::*;

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
fn the_strings_of_an_index_are_judged_in_every_form() {
    let mut built = three_layers();
    let mut index: Value = serde_json::from_slice(&built.files["index.json"]).unwrap();
    index["annotations"] = json!({"top": "t1"});
    index["manifests"][0]["annotations"] = json!({"root": "r1"});
    index["manifests"][0]["urls"] = json!(["https://h.example/m"]);
    built.files.insert("index.json".into(), index.to_string().into_bytes());
    let directory = tempfile::tempdir().unwrap();
    built.write(&directory.path().join("layout"));
    fs::write(directory.path().join("image.tar"), built.tar()).unwrap();
    let named =
        |name: &str| Image::new(&directory.path().join(name).display().to_string(), Options::default()).unwrap();
    let streamed = Image::from_reader("img", Box::new(Cursor::new(built.tar())), Options::default());
    for image in [named("layout"), named("image.tar"), streamed] {
        let pushed = Pushed::of(&image);
        let lines = pushed.lines();
        let has = |end: &str| lines.iter().filter(|line| line.contains("annotation = ") && line.contains(end)).count();
        assert_eq!(
            (has("top=t1"), has("root=r1"), has("https://h.example/m"), has("note=n1")),
            (1, 1, 1, 1),
            "{lines:#?}"
        );
    }
}

#[test]
fn comments_of_extended_headers_are_judged() {
    let mut builder = ::tar::Builder::new(Vec::new());
    let mut global = ::tar::Header::new_ustar();
    let record = b"18 comment=global\n";
    global.set_entry_type(::tar::EntryType::XGlobalHeader);
    global.set_size(record.len() as u64);
    global.set_cksum();
    builder.append(&global, &record[..]).unwrap();
    builder.append_pax_extensions([("comment", &b"of a"[..]), ("SCHILY.xattr.user.k", b"v")]).unwrap();
    for name in ["a", "b"] {
        let mut header = ::tar::Header::new_ustar();
        header.set_size(1);
        builder.append_data(&mut header, name, &b"x"[..]).unwrap();
    }
    let layer = builder.into_inner().unwrap();
    let mut built = Built::default();
    let manifest = built.image("amd64", &[(PLAIN, layer.clone(), &layer)]);
    built.index(&[manifest]);
    let lines = built.read().1.lines();
    let said: Vec<&String> = lines.iter().filter(|line| line.contains("comment=")).collect();
    assert_eq!(said.len(), 1, "{lines:#?}");
    assert!(said[0].ends_with("= comment=global\ncomment=of a\nuser.k=v"), "{said:?}");
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
    let tar = three_layers().tar();
    for compressed in [gzip(&tar), zstd::encode_all(&tar[..], 1).unwrap(), xz(&tar), bzip2(&tar)] {
        let (image, pushed) = read_tar(compressed);
        assert_three_layers(&image, &pushed);
    }
}

#[test]
fn layers_in_xz_and_bzip2_are_layers_as_all_others() {
    let (first, second) = (tar_of(&[("etc/a", b"one")]), tar_of(&[("etc/.wh.a", b""), ("etc/b", b"two")]));
    let mut built = Built::default();
    let manifest = built.image(
        "amd64",
        &[
            ("application/vnd.oci.image.layer.v1.tar+xz", xz(&first), &first),
            ("application/vnd.docker.image.rootfs.diff.tar", bzip2(&second), &second),
        ],
    );
    built.index(&[manifest]);
    for (image, pushed) in [built.read(), read_as_stream(built.tar())] {
        assert_eq!(pushed.reasons(), [], "{:?}", pushed.skips);
        assert_eq!(pushed.content("etc/b").as_deref(), Some("two"));
        let fate = image.fates(&[pushed.origin("etc/a")]).unwrap().remove(0).remove(0);
        assert_eq!(fate.state, State::Hidden);
    }
}

#[test]
fn a_stream_names_its_layers_at_the_end() {
    let (image, pushed) = read_as_stream(three_layers().tar());
    assert_three_layers(&image, &pushed);
}

#[test]
fn what_is_held_of_a_stream_is_held_once() {
    let (held, damage) = hold(&mut io::repeat(0));
    assert_eq!((held.len() as u64, held.capacity() as u64, damage), (MAX_HELD + 1, MAX_HELD + 1, None));
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
fn a_file_lies_under_each_of_its_names() {
    let mut layer = ::tar::Builder::new(tar_head(&[("etc/a", b"content"), ("etc/c", b"other")]));
    let mut link = ::tar::Header::new_gnu();
    link.set_entry_type(::tar::EntryType::Link);
    link.set_size(0);
    layer.append_link(&mut link, "./etc/b", "etc/a").unwrap();
    let layer = layer.into_inner().unwrap();
    let later = tar_of(&[("etc/.wh.a", b"")]);
    let mut built = Built::default();
    let manifest = built.image("amd64", &[(GZIP, gzip(&layer), &layer), (PLAIN, later.clone(), &later)]);
    built.index(&[manifest]);
    for (image, pushed) in [built.read(), read_as_stream(built.tar())] {
        let fates = |path: &str| image.fates(&[pushed.origin(path)]).unwrap().remove(0);
        let told: Vec<(State, Option<Vec<u8>>)> = fates("etc/a")
            .into_iter()
            .map(|fate| (fate.state, fate.origin.and_then(|origin| origin.path().map(<[u8]>::to_vec))))
            .collect();
        let [(State::Hidden, _), (State::Live, Some(other))] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(other, b"etc/b");
        assert_eq!(fates("etc/c").len(), 1);
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

/// Reads a layout with one platform asked for.
fn read_platform(built: &Built, platform: &str) -> Result<Pushed, String> {
    let directory = tempfile::tempdir().unwrap();
    built.write(directory.path());
    let options = Options { platforms: vec![platform.to_owned()], ..Options::default() };
    let pushed = Pushed::default();
    let image = Image::new(&directory.path().display().to_string(), options).unwrap();
    image.read(&pushed).map(|()| pushed).map_err(|error| error.message)
}

#[test]
fn a_platform_that_the_image_does_not_have_is_an_error_that_names_those_it_has() {
    let mut built = Built::default();
    let layer = tar_of(&[("f", b"x")]);
    let arm64 = built.image("arm64", &[(PLAIN, layer.clone(), &layer)]);
    let amd64 = built.image("amd64", &[(PLAIN, layer.clone(), &layer)]);
    let mut attestation = built.image("unknown", &[(PLAIN, layer.clone(), &layer)]);
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    built.index(&[arm64.clone(), amd64, attestation]);
    for platform in ["linux/amd46", "windows/amd64", "linux/arm64/v9"] {
        let why = read_platform(&built, platform).err().unwrap();
        assert_eq!(
            why,
            format!("--platform {platform}: there is no such platform; the image has linux/amd64, linux/arm64")
        );
    }
    for platform in ["foo", ""] {
        let why = read_platform(&built, platform).err().unwrap();
        let expected =
            format!("--platform {platform}: is no OS/ARCH such as linux/arm64; the image has linux/amd64, linux/arm64");
        assert_eq!(why, expected);
    }
    // Of an image alone only its config tells the platform.
    let mut alone = arm64;
    alone.as_object_mut().unwrap().remove("platform");
    built.index(&[alone]);
    assert_eq!(read_platform(&built, "linux/arm64/v8").unwrap().count("f"), 1);
    assert!(read_platform(&built, "linux/amd64").err().unwrap().ends_with("the image has linux/arm64"));
}

#[test]
fn a_platform_that_was_asked_for_and_is_not_there_is_a_loss() {
    let mut built = Built::default();
    let layer = tar_of(&[("f", b"x")]);
    let here = built.image("amd64", &[(PLAIN, layer.clone(), &layer)]);
    let platform = json!({"os": "linux", "architecture": "s390x"});
    let absent = json!({"mediaType": "m", "digest": digest(b"absent"), "size": 6, "platform": platform});
    built.index(&[here, absent]);
    assert_eq!(read_platform(&built, "linux/s390x").unwrap().reasons(), [Reason::OtherPlatform, Reason::Missing]);
}

#[test]
fn what_no_image_has_is_read_with_the_only_platform() {
    let mut built = three_layers();
    built.blob(&gzip(&tar_of(&[("left/over", b"forgotten")])));
    assert_eq!(read_platform(&built, "linux/amd64").unwrap().count("left/over"), 1);
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
    assert_eq!(kind_of(&write("c.txz", &xz(&three_layers().tar()))), Some(ImageKind::Archive));
    assert_eq!(kind_of(&write("d.tar", &tar_of(&[("src/main.rs", b"x"), ("manifest.json", b"{}")]))), None);
    assert_eq!(kind_of(&write("e.tgz", &gzip(&tar_of(&[("src/main.rs", b"x")])))), None);
    assert_eq!(kind_of(&write("f", b"text")), None);
    let layout = directory.path().join("layout");
    three_layers().write(&layout);
    assert_eq!(kind_of(&layout), Some(ImageKind::Layout));
}
