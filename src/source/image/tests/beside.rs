//! What lies beside images, is named twice, or is understood by others in another way: read, or told.

use super::*;

/// What a layout in a folder gives.
fn read_folder(directory: &Path) -> Pushed {
    Pushed::of(&Image::new(&directory.display().to_string(), Options::default()).unwrap())
}

#[test]
fn the_rest_of_a_layouts_folder_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let mut built = three_layers();
    for (name, content) in [(".env", "of-env"), ("src/a b.py", "of-src"), ("blobs/sha256/note", "of-blobs")] {
        built.files.insert(name.to_owned(), content.as_bytes().to_vec());
    }
    built.write(directory.path());
    let pushed = read_folder(directory.path());
    assert_eq!(pushed.reasons(), []);
    for (name, content) in [(".env", "of-env"), ("src/a b.py", "of-src"), ("blobs/sha256/note", "of-blobs")] {
        assert_eq!((pushed.content(name).as_deref(), pushed.count(name)), (Some(content), 1), "{name}");
    }
    let lines = pushed.lines();
    assert!(lines.iter().any(|line| line.contains("file name = ") && line.contains("src/a b.py")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("> blobs/sha256/") && line.contains("a-one")), "{lines:#?}");
}

#[cfg(unix)]
#[test]
fn links_in_a_layouts_folder_are_text_but_for_those_to_blobs() {
    use std::os::unix::fs::symlink;
    let directory = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut built = three_layers();
    built.blob(&gzip(&tar_of(&[("left/over", b"forgotten")])));
    built.files.insert("blobs/private".into(), b"not of the layout".to_vec());
    built.write(elsewhere.path());
    for name in ["index.json", "oci-layout"] {
        fs::copy(elsewhere.path().join(name), directory.path().join(name)).unwrap();
    }
    symlink(elsewhere.path().join("blobs"), directory.path().join("blobs")).unwrap();
    symlink("/nowhere/secret", directory.path().join("link")).unwrap();
    let pushed = read_folder(directory.path());
    assert_eq!(pushed.reasons(), []);
    assert_eq!(pushed.content("link").as_deref(), Some("/nowhere/secret"));
    assert_eq!(pushed.content("left/over").as_deref(), Some("forgotten"));
    assert_eq!(pushed.content("blobs/private"), None);
    assert_eq!(pushed.count("etc/a.conf"), 2);
}

#[test]
fn what_a_later_entry_of_the_same_name_takes_the_place_of_is_read() {
    let hidden = tar_of(&[("hidden/file", b"shadowed")]);
    let entries: [(&str, &[u8]); 3] = [
        ("./two/layer.tar", &hidden),
        ("abc.json", br#"{"config":{"Env":["A=old"]}}"#),
        ("manifest.json", b"[\"old\"]"),
    ];
    let mut tar = tar_head(&entries);
    tar.extend(docker_save());
    for pushed in [read_tar(tar.clone()).1, read_as_stream(tar).1] {
        assert_eq!(pushed.content("hidden/file").as_deref(), Some("shadowed"));
        assert_eq!(pushed.content("root/key").as_deref(), Some("secret-one"));
        let lines = pushed.lines();
        let has = |wanted: &str| lines.iter().any(|line| line.contains(wanted));
        assert!(has("A=old") && has("E=1") && has("[\"old\"]"), "{lines:#?}");
    }
}

#[test]
fn lists_of_images_and_what_entries_of_the_tar_say_are_read() {
    for (_, pushed) in [read_tar(docker_save()), read_as_stream(docker_save())] {
        let lines = pushed.lines();
        let has = |begin: &str, wanted: &str| lines.iter().any(|line| line.starts_with(begin) && line.contains(wanted));
        assert!(has("image img > manifest.json = ", "\"RepoTags\":[\"app:1\"]"), "{lines:#?}");
        assert!(has("image img > file name = ", "one/layer.tar"), "{lines:#?}");
        assert!(lines.contains(&"image img > link target = ../two/layer.tar".to_owned()), "{lines:#?}");
    }
}

/// An image whose manifest is changed by `change`, and whose index is, too.
fn changed(change: impl Fn(&mut Value), change_index: impl Fn(&mut Value)) -> Pushed {
    let mut built = Built::default();
    let layer = tar_of(&[("file", b"content")]);
    let mut descriptor = built.image("amd64", &[(PLAIN, layer.clone(), &layer)]);
    let path = format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"));
    let mut manifest: Value = serde_json::from_slice(&built.files.remove(&path).unwrap()).unwrap();
    change(&mut manifest);
    descriptor["digest"] = json!(built.blob(manifest.to_string().as_bytes()));
    change_index(&mut descriptor);
    built.index(&[descriptor]);
    let image = Image::from_reader("img", Box::new(Cursor::new(built.tar())), Options::default());
    let pushed = Pushed::default();
    let _ = image.read(&pushed);
    pushed
}

#[test]
fn keys_that_others_read_in_another_way_are_a_loss() {
    let nothing = |_: &mut Value| {};
    assert_eq!(changed(nothing, nothing).reasons(), []);
    for key in ["LAYERS", "layer\u{17f}", "Config"] {
        let pushed = changed(|manifest| manifest[key] = json!([]), nothing);
        assert_eq!(pushed.reasons(), [Reason::Corrupt], "{key}");
        assert_eq!(pushed.content("file").as_deref(), Some("content"));
    }
    assert_eq!(changed(|manifest| manifest["layers"][0]["Digest"] = json!("x"), nothing).reasons(), [Reason::Corrupt]);
    assert_eq!(changed(nothing, |descriptor| descriptor["DIGEST"] = json!("x")).reasons(), [Reason::Corrupt]);
    // Annotations have whatever keys they like.
    assert_eq!(changed(|manifest| manifest["annotations"]["Layers"] = json!("x"), nothing).reasons(), []);
    let saved = json!([{"Config": "a.json", "layers": ["x"], "Layers": []}]).to_string();
    let (_, pushed) = read_tar(tar_of(&[("a.json", b"{}"), ("manifest.json", saved.as_bytes())]));
    assert_eq!(pushed.reasons(), [Reason::Corrupt]);
}

#[test]
fn a_manifest_that_is_an_index_as_well_is_read_as_both() {
    let mut built = Built::default();
    let (one, two) = (tar_of(&[("one", b"1")]), tar_of(&[("two", b"2")]));
    let other = built.image("arm64", &[(PLAIN, two.clone(), &two)]);
    let mut descriptor = built.image("amd64", &[(PLAIN, one.clone(), &one)]);
    let path = format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"));
    let mut manifest: Value = serde_json::from_slice(&built.files.remove(&path).unwrap()).unwrap();
    manifest["manifests"] = json!([other]);
    manifest["fsLayers"] = json!([]);
    descriptor["digest"] = json!(built.blob(manifest.to_string().as_bytes()));
    built.index(&[descriptor]);
    let (_, pushed) = built.read();
    assert_eq!(pushed.reasons(), [Reason::UnknownCodec]);
    for (name, content) in [("one", "1"), ("two", "2")] {
        assert_eq!(pushed.content(name).as_deref(), Some(content));
        assert!(pushed.origin(name).to_string().contains("> layer 0 sha256:"), "{name}");
    }
}

#[test]
fn a_layer_in_no_known_form_is_a_loss_whatever_its_type() {
    let noise: Vec<u8> = (1..2_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    for kind in ["application/vnd.oci.image.layer.v1.foo", "application/vnd.oci.image.layer.v1.squashfs", PLAIN] {
        let mut built = Built::default();
        let good = tar_of(&[("good", b"fine")]);
        let stored = gzip(&noise);
        let manifest = built.image("amd64", &[(kind, stored, &noise), (PLAIN, good.clone(), &good)]);
        built.index(&[manifest]);
        assert_eq!(built.read().1.reasons(), [Reason::UnknownCodec], "{kind}");
        assert_eq!(read_as_stream(built.tar()).1.reasons(), [Reason::UnknownCodec], "{kind}");
    }
    // An artifact that is no image has what it likes.
    let mut built = Built::default();
    let layer = built.descriptor("application/vnd.example.weights", &noise);
    let config = built.descriptor("application/vnd.example.config", b"{}");
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
    let descriptor = built.descriptor(&format!("{OCI}.manifest.v1+json"), manifest.to_string().as_bytes());
    built.index(&[descriptor]);
    assert_eq!(built.read().1.reasons(), []);
    // What is told by who opens archives is told once.
    let closed = b"7z\xbc\xaf\x27\x1c\0\x04 and so on";
    let mut built = Built::default();
    let manifest = built.image("amd64", &[(GZIP, gzip(closed), closed)]);
    built.index(&[manifest]);
    assert_eq!(built.read().1.reasons(), []);
}

#[test]
fn what_stands_beside_the_content_of_a_compressed_layer_is_read() {
    let layer = tar_of(&[("file", b"content")]);
    let mut commented = flate2::GzBuilder::new()
        .filename("name.tar")
        .comment("a comment")
        .write(Vec::new(), flate2::Compression::fast());
    commented.write_all(&layer).unwrap();
    let commented = commented.finish().unwrap();
    let frame = |text: &[u8]| [&[0x50, 0x2a, 0x4d, 0x18], &(text.len() as u32).to_le_bytes()[..], text].concat();
    let framed = [frame(b"before it"), zstd::encode_all(&layer[..], 1).unwrap(), frame(b"behind it")].concat();
    let mut built = Built::default();
    let manifest = built.image("amd64", &[(GZIP, commented.clone(), &layer), ("x.tar+zstd", framed, &layer)]);
    built.index(&[manifest]);
    let (_, pushed) = built.read();
    assert_eq!((pushed.reasons(), pushed.count("file")), (vec![], 2));
    let lines = pushed.lines();
    for text in ["> comment = a comment", "> file name = name.tar", "> comment = before it", "> comment = behind it"] {
        assert_eq!(lines.iter().filter(|line| line.ends_with(text)).count(), 1, "{text}: {lines:#?}");
    }
    let followed = [&commented[..], b"what follows"].concat();
    let mut built = Built::default();
    let manifest = built.image("amd64", &[(GZIP, followed, &layer)]);
    built.index(&[manifest]);
    let (_, pushed) = built.read();
    assert_eq!((pushed.reasons(), pushed.count("file")), (vec![Reason::Corrupt], 1));
    assert!(pushed.lines().iter().any(|line| line.ends_with("> comment = what follows")));
}
