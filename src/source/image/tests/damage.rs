//! What is damaged, hostile or too large: read as far as it goes, said, and in bounded memory.

use super::*;

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
            Content::Texts(texts) => texts.text.len() as u64,
            Content::Rendered(rendered) => rendered.text.len() as u64,
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

/// Wants no more after it was asked a few times.
#[derive(Default)]
struct Stops {
    pushed: Pushed,
    asked: AtomicUsize,
}

impl Sink for Stops {
    fn put(&self, item: Item<'_>) {
        match item {
            Item::Blob(Blob { content: Content::Stream(reader), .. }) => {
                let _ = io::copy(reader, &mut io::sink());
            }
            item => self.pushed.put(item),
        }
    }

    fn stopped(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= 20
    }
}

/// Fails once more than this was read.
struct AtMost(u64);

impl io::Read for AtMost {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(buffer.len() as u64).expect("it is read on after it was stopped");
        buffer.fill(0);
        Ok(buffer.len())
    }
}

#[test]
fn a_layer_without_an_end_ends_when_the_sink_wants_no_more() {
    const MOST: u64 = 64 << 20;
    let whole = tar_of(&[("a", b"x")]);
    let large = header("zeros", b'0', b"77777777777");
    // Zeros after the end mark, and a file of 8 GiB.
    for begin in [whole, large.to_vec()] {
        let layer = layer::Layer {
            origin: &Origin::new(Step::Stdin),
            media_type: PLAIN,
            size: None,
            digest: Some("sha256:0"),
            diff_id: layer::DiffId::Asked,
            step: |path| Step::Path { path },
        };
        let sink = Stops::default();
        let stored = Cursor::new(begin.clone()).chain(AtMost(MOST));
        let read = layer::read(Box::new(stored), &layer, &sink, &mut Buffers::default());
        assert_eq!((read.diff_id, sink.pushed.reasons()), (None, vec![]), "what was stopped is told by who stopped it");
        // The same in an archive that comes as a stream, which is also read no further.
        let sink = Stops::default();
        let stored = Cursor::new([&header("l.tar", b'0', b"77777777777")[..], &begin].concat()).chain(AtMost(MOST));
        let streamed = Streamed::read(Box::new(stored), &Origin::new(Step::Stdin), None, (&sink, 1));
        assert!(!streamed.is_damaged && sink.pushed.reasons().is_empty());
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
    let names =
        pushed.lines().into_iter().find(|line| line.contains("> layer 0 ") && line.contains("file name =")).unwrap();
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
    // What names no image has nothing in it that could be called clean.
    let empty = br#"{"schemaVersion":2,"manifests":[]}"#;
    assert!(failed(tar_of(&[("index.json", empty)])).contains("its index.json names no image"));
    assert!(failed(tar_of(&[("manifest.json", b"[]")])).contains("its manifest.json names no image"));
    assert!(failed(tar_of(&[("manifest.json", b"[{}]")])).contains("names no image: no layer"));
    let mut built = Built::default();
    let inner = built.descriptor(&format!("{OCI}.index.v1+json"), empty);
    built.index(&[inner]);
    assert!(failed(built.tar()).contains("names no image: no layer"));
    let directory = tempfile::tempdir().unwrap();
    let error = Image::new(&directory.path().display().to_string(), Options::default()).err().unwrap();
    assert!(error.to_string().contains("no OCI layout"), "{error}");
    let mut built = Built::default();
    built.index(&[]);
    built.write(directory.path());
    let image = Image::new(&directory.path().display().to_string(), Options::default()).unwrap();
    assert!(image.read(&Pushed::default()).unwrap_err().to_string().contains("its index.json names no image"));
    let error = Image::new(&format!("oci:{}:1.2", directory.path().display()), Options::default()).err().unwrap();
    assert!(error.to_string().contains("has a tag: a layout is read with all its images"), "{error}");
    let error = Image::new("oci:/nowhere/at/all", Options::default()).err().unwrap();
    assert!(error.to_string().contains("no such directory"), "{error}");
}
