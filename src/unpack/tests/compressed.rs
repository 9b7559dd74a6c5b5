use super::*;

type Compress = fn(&[u8]) -> Vec<u8>;

const COMPRESSIONS: [(&str, Compress); 5] =
    [("gzip", gzip), ("zstd", zstd), ("xz", xz), ("bzip2", bzip2), ("LZ4", lz4)];

#[test]
fn each_compression_gives_its_content_under_its_name() {
    let text = b"a line of text\n".repeat(100_000);
    for (name, bytes) in [
        ("a.txt.gz", gzip(&text)),
        ("a.txt.zst", zstd(&text)),
        ("a.txt.xz", xz(&text)),
        ("a.txt.bz2", bzip2(&text)),
        ("a.txt.lz4", lz4(&text)),
    ] {
        let walked = walked(name, &bytes);
        assert_eq!(walked.paths(), ["a.txt"], "{name}");
        assert!(walked.leaves[0].1 == text, "{name}");
        assert_eq!(walked.skips, [], "{name}");
    }
}

#[test]
fn streams_that_follow_each_other_are_one() {
    for (_, compress) in COMPRESSIONS {
        let bytes = [compress(b"first "), compress(b""), compress(b"second")].concat();
        let walked = walked("a", &bytes);
        assert_eq!(walked.leaves, [("content".into(), b"first second".to_vec())]);
        assert_eq!(walked.skips, []);
    }
}

#[test]
fn a_tar_in_any_compression_has_its_members_directly_below() {
    let tar = tar(&[("dir/file", b"x")]);
    for bytes in [gzip(&tar), zstd(&tar), xz(&tar), bzip2(&tar), lz4(&tar)] {
        let walked = walked("a.tgz", &bytes);
        assert_eq!(walked.members(), [("dir/file", &b"x"[..])]);
    }
}

#[test]
fn frames_of_lz4_of_any_size_of_blocks_follow_each_other() {
    use lz4_flex::frame::BlockSize::{Max4MB, Max64KB};
    let text = noise(300_000).iter().flat_map(|byte| format!("{byte:x}").into_bytes()).collect::<Vec<u8>>();
    let passed_over = [&b"\x5a\x2a\x4d\x18\x03\0\0\0"[..], b"any"].concat();
    let frames = [lz4_in(Max4MB, &text), passed_over.clone(), lz4_in(Max64KB, &text), passed_over].concat();
    let walked_frames = walked("a.lz4", &frames);
    let both = [&*text, &*text].concat();
    assert!(walked_frames.members() == [("a", &both[..]), ("", b"any"), ("", b"any")]);
    assert_eq!(walked_frames.skips, []);
    // The end of the last frame, and an end within a frame that is passed over.
    for bytes in [&frames[..frames.len() - 20], &frames[..frames.len() - 1]] {
        let walked = walked("a.lz4", bytes);
        assert_eq!(walked.skips(), [("", Reason::Truncated)]);
        assert_eq!(walked.paths()[..2], ["a", ""], "what came before counts");
    }
    let followed = walked("a.lz4", &[&frames[..], b"no frame"].concat());
    assert_eq!(followed.members().last(), Some(&("", &b"no frame"[..])));
    assert_eq!(followed.skips, []);
    assert_eq!(
        walked_within("a", &frames, &Limits { memory: 1 << 20, ..Limits::default() }).skips(),
        [("", Reason::TooMuchMemory)]
    );
}

#[test]
fn lzma_without_a_container_is_opened() {
    let lzma = |content: &[u8]| {
        let options = lzma_rust2::LzmaOptions::with_preset(1);
        let mut writer = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).unwrap();
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    };
    assert_eq!(walked("a.txt.lzma", &lzma(b"a line of text")).leaves, [("a.txt".into(), b"a line of text".to_vec())]);
    assert_eq!(walked("a.tlz", &lzma(&tar(&[("dir/file", b"x")]))).members(), [("dir/file", &b"x"[..])]);
}

#[test]
fn what_is_not_opened_is_told() {
    // A superblock with its magic, blocks of 4 KiB and the second revision.
    let mut ext = [&[0; 1_048][..], &[2], &[0; 200]].concat();
    ext[1_080..1_082].copy_from_slice(&[0x53, 0xef]);
    ext[1_100] = 1;
    let fat = [&b"\xeb\x3c\x90mkfs"[..], &[0; 47], b"FAT16   ", &[0; 448], b"\x55\xaa"].concat();
    let cpio = [&b"\xc7\x71\0\0\0\0\xa4\x81"[..], &[0; 12], b"\x02\0\0\0\0\0a\0"].concat();
    for (magic, name) in [
        (&b"7z\xbc\xaf\x27\x1c\0\x04"[..], "7z"),
        (b"Rar!\x1a\x07\x01\0", "RAR"),
        (b"\x02\x21\x4c\x18", "LZ4 in its old form"),
        (b"\x1f\x9d\x90", "compress"),
        (&[&[0; 32_769][..], b"CD001\x01"].concat(), "ISO 9660"),
        (b"MSWIM\0\0\0", "WIM"),
        (b"QFI\xfb\0\0\0\x03", "qcow"),
        (b"KDMV\x01\0\0\0", "VMDK"),
        (b"vhdxfile", "VHDX"),
        (&ext, "ext4"),
        (&fat, "FAT"),
        (&cpio, "cpio"),
    ] {
        let closed = [magic, &noise(2_000)].concat();
        for bytes in [closed.clone(), tar(&[("inner", &closed)]), gzip(&closed)] {
            let walked = walked("a", &bytes);
            assert_eq!(
                walked.skips().iter().map(|(_, reason)| *reason).collect::<Vec<_>>(),
                [Reason::UnknownCodec],
                "{name}"
            );
            assert!(
                walked.leaves.iter().any(|(_, content)| *content == closed),
                "{name}: its bytes are judged as they are"
            );
        }
    }
    for text in [
        &b"\x1f\x9d\xff"[..],
        b"7z is a format",
        b"]\0\0 text",
        b"MSCF",
        b"hsqs is the magic",
        b"\xc7\x71 is",
        b"KDMV text",
    ] {
        assert_eq!(walked("a", &[text, &noise(100)].concat()).skips, []);
    }
}

#[test]
fn the_name_in_a_gzip_header_counts() {
    let mut encoder = flate2::GzBuilder::new()
        .filename("original.log")
        .comment("why")
        .extra(vec![1, 2, 3])
        .write(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"x").unwrap();
    let read = walked("a.gz", &encoder.finish().unwrap());
    let expected: [(&str, &[u8]); 3] =
        [("original.log", b"x"), ("[file name]", b"original.log\n"), ("[comment]", b"why")];
    assert!(read.leaves.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).eq(expected), "{read:?}");
}

#[test]
fn what_headers_of_gzip_say_is_judged() {
    let said = |extra: &[u8], comment: &str| {
        let about = flate2::GzBuilder::new().comment(comment).extra(extra);
        let mut encoder = about.write(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"x").unwrap();
        encoder.finish().unwrap()
    };
    let read = walked("a.gz", &[said(b"fourteen bytes", "one"), said(b"\0\x01fourteen more", "two")].concat());
    let expected: [(&str, &[u8]); 3] =
        [("a", b"xx"), ("[comment]", b"fourteen bytes\none\ntwo"), ("[comment]", b"\0\x01fourteen more")];
    assert_eq!(read.members(), expected);
    let many = walked("a.gz", &said(&[b'x'; 60_000], "").repeat(80));
    assert_eq!(many.skips(), [("", Reason::TooMuchMemory)]);
}

/// A frame that decoders pass over.
fn passed_over(content: &[u8]) -> Vec<u8> {
    [&b"\x5a\x2a\x4d\x18"[..], &u32::try_from(content.len()).unwrap().to_le_bytes(), content].concat()
}

#[test]
fn frames_that_are_passed_over_are_judged() {
    for (name, compress) in [("zstd", zstd as Compress), ("LZ4", lz4)] {
        let text = noise(300_000);
        let frames = [
            passed_over(b"before"),
            compress(&text),
            passed_over(&gzip(b"inner")),
            compress(b"x"),
            passed_over(b"behind"),
        ];
        let read = walked("a", &frames.concat());
        let text = [&text[..], b"x"].concat();
        let expected: [(&str, &[u8]); 4] =
            [("content", &text), ("", b"before"), ("content", b"inner"), ("", b"behind")];
        assert!(read.members() == expected, "{name}: {:?}", read.paths());
        assert_eq!(read.skips, [], "{name}");
        let alone = walked("a", &[passed_over(b"alone"), b"rest".to_vec()].concat());
        assert_eq!(alone.members()[1..], [("", &b"alone"[..]), ("", b"rest")]);
        assert_eq!(alone.skips, []);
    }
    let many = walked("a", &[passed_over(b"any").repeat(5_000), zstd(b"x")].concat());
    assert_eq!((many.skips(), many.members()[0]), (vec![("", Reason::TooMuchMemory)], ("content", &b"x"[..])));
}

#[test]
fn a_text_that_begins_as_a_bundle_is_read() {
    for text in [&b"# v2 git bundle\nis how one begins\n"[..], b"# v2 git bundle\n\nis how one begins\n"] {
        let read = walked("a", text);
        assert_eq!((read.members(), read.skips()), (vec![("", text)], vec![("", Reason::NotAnArchive)]));
    }
}

#[test]
fn what_is_no_entry_is_read_as_it_is() {
    let ar = b"!<arch>\nis how one begins, and this is a text of more than sixty bytes".to_vec();
    let cpio = [&b"070701"[..], &[b'0'; 104], b"is how one begins"].concat();
    let mut unsound = tar(&[("a", b"1"), ("b", b"a text")]);
    // The size of the second is no number, and the sum of its header is right.
    unsound[1024 + 124] = b'8';
    unsound[1024 + 148..1024 + 156].fill(b' ');
    let sum: u32 = unsound[1024..1536].iter().map(|byte| u32::from(*byte)).sum();
    unsound[1024 + 148..1024 + 155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    for (bytes, text) in [(ar, &b"is how one begins"[..]), (cpio, b"is how one begins"), (unsound, b"a text")] {
        let read = walked("a", &bytes);
        assert_eq!(read.skips(), [("", Reason::Corrupt)]);
        let is_there = |(_, leaf): &(&str, &[u8])| memchr::memmem::find(leaf, text).is_some();
        assert!(read.members().iter().any(is_there), "{:?}", read.members());
    }
}

#[test]
fn what_stands_behind_a_stream_is_judged() {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(b"a line of text").unwrap();
    let options = lzma_rust2::LzmaOptions::with_preset(1);
    let mut lzma = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, None).unwrap();
    lzma.write_all(b"a line of text").unwrap();
    for stream in [zlib.finish().unwrap(), lzma.finish().unwrap(), zstd(b"a line of text")] {
        let read = walked("a", &[&stream[..], b"\0\0behind it"].concat());
        assert_eq!(read.members(), [("content", &b"a line of text"[..]), ("", b"behind it")]);
        assert_eq!(read.skips, []);
    }
}

#[test]
fn what_stands_behind_a_gzip_is_judged_too() {
    let padded = [gzip(b"x"), vec![0; 10_000]].concat();
    assert_eq!(walked("a.gz", &padded).members(), [("a", &b"x"[..])]);
    let followed = [gzip(b"x"), vec![0; 10_000], b"not so empty".to_vec()].concat();
    let walked = walked("a.gz", &followed);
    assert_eq!(walked.paths(), ["a", ""]);
    assert!(walked.leaves[1].1.ends_with(b"not so empty"));
    assert_eq!(walked.skips, []);
}

#[test]
fn a_truncated_stream_gives_what_it_has() {
    let text: Vec<u8> = noise(1_500_000).iter().flat_map(|byte| format!("{byte:x}").into_bytes()).collect();
    for (name, compress) in COMPRESSIONS {
        let bytes = compress(&text);
        let walked = walked("a", &bytes[..bytes.len() / 2]);
        assert_eq!(walked.paths(), ["content"]);
        assert!(!walked.leaves[0].1.is_empty(), "{name}");
        assert!(text.starts_with(&walked.leaves[0].1));
        assert_eq!(walked.skips(), [("", Reason::Truncated)]);
    }
}

#[test]
fn damage_is_told_from_what_only_looks_like_an_archive() {
    let text = noise(300_000);
    for (name, compress) in COMPRESSIONS {
        let mut bytes = compress(&text);
        let last = bytes.len() - 6;
        bytes[last] ^= 0xff;
        // How much comes out before the damage depends on the decoder and on the size of reads.
        for content in [Content::Bytes(&bytes), Content::Stream(&mut Trickle(&bytes))] {
            let walked = walk_with("a", content, &Limits::default());
            assert_eq!(walked.skips(), [("", Reason::Corrupt)], "{name}");
        }
    }
    let fake = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0xff; 3000]].concat();
    let walked_fake = walked("a", &fake);
    assert_eq!(walked_fake.leaves, [(String::new(), fake)]);
    assert_eq!(walked_fake.skips(), [("", Reason::NotAnArchive)]);
    for magic in [&[0x28, 0xb5, 0x2f, 0xfd][..], &[0xfd, b'7', b'z', b'X', b'Z', 0], b"PK\x03\x04"] {
        let fake = [magic, &[0xff; 3000]].concat();
        let walked = walked("a", &fake);
        assert_eq!(walked.leaves, [(String::new(), fake)], "{magic:?}");
        assert_eq!(walked.skips(), [("", Reason::NotAnArchive)], "{magic:?}");
    }
}

#[test]
fn a_small_gzip_with_a_wrong_checksum_is_damaged_and_still_read() {
    let mut bytes = gzip(b"short");
    let at = bytes.len() - 8;
    bytes[at] ^= 1;
    let walked = walked("a.gz", &bytes);
    assert_eq!(walked.leaves, [("a".into(), b"short".to_vec())]);
    assert_eq!(walked.skips(), [("", Reason::Corrupt)]);
}

#[test]
fn a_window_larger_than_the_memory_is_refused() {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(24).unwrap();
    encoder.write_all(&noise(1000)).unwrap();
    let bytes = encoder.finish().unwrap();
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    assert_eq!(walked_within("a", &bytes, &limits).skips(), [("", Reason::TooMuchMemory)]);
    let limits = Limits { memory: 64 << 10, ..Limits::default() };
    assert_eq!(walked_within("a", &xz(b"x"), &limits).skips(), [("", Reason::TooMuchMemory)]);
    assert_eq!(walked("a", &bytes).skips, []);
}

#[test]
fn compressed_texts_of_a_picture_are_read() {
    let zlib = |bytes: &[u8]| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let chunk = |kind: &[u8], content: &[u8]| {
        let checksum = crc32fast::hash(&[kind, content].concat());
        [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], kind, content, &checksum.to_be_bytes()].concat()
    };
    let texts = [
        chunk(b"IHDR", &[0; 13]),
        chunk(b"zTXt", &[&b"Comment\0\0"[..], &zlib(b"one")].concat()),
        chunk(b"iCCP", &[&b"of colours\0\0"[..], &zlib(b"profile")].concat()),
        chunk(b"iTXt", &[&b"Title\0\x01\0en\0Titel\0"[..], &zlib(b"two")].concat()),
        chunk(b"iTXt", b"Title\0\0\0en\0Titel\0plain"),
        chunk(b"IDAT", &noise(400_000)),
        chunk(b"IEND", b""),
    ];
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &texts.concat()].concat();
    let read = walked("a.png", &png);
    assert_eq!(
        read.members(),
        [("", &png[..]), ("[comment]", b"one"), ("[comment]", b"profile"), ("[comment]", b"two")]
    );
    assert_eq!(read.skips, []);
    for cut in 8..120 {
        walked("a.png", &png[..cut]);
    }
}

#[test]
fn what_is_left_closed_is_handed_on_as_it_is_and_named() {
    let tar = tar(&[("dir/file", b"x")]);
    let closed = |bytes: &[u8], stream: bool| {
        let mut walked = Walked::default();
        let origin = Origin::new(Step::Stdin).at_path("a");
        let mut reader = Trickle(bytes);
        let content = if stream { Content::Stream(&mut reader) } else { Content::Bytes(bytes) };
        leave_closed(Blob { origin, content }, &mut |item| walked.take("a", item));
        walked
    };
    let seven_zip = [&b"7z\xbc\xaf\x27\x1c"[..], &[3; 600]].concat();
    // A layer is the content itself, whatever is asked of archives.
    let layer = Origin::new(Step::Stdin).with(Step::Layer { digest: "sha256:0".into(), index: 0, instruction: None });
    let mut skips = Vec::new();
    leave_closed(Blob::bytes(layer, &seven_zip), &mut |item| {
        if let Item::Skip(skip) = item {
            skips.push(skip.reason);
        }
    });
    assert_eq!(skips, [Reason::UnknownCodec]);
    for stream in [false, true] {
        for bytes in [gzip(&tar), zstd(&tar), xz(&tar), bzip2(&tar), tar.clone(), seven_zip.clone()] {
            let walked = closed(&bytes, stream);
            assert_eq!(walked.skips(), [("", Reason::NotUnpacked)]);
            assert_eq!(walked.leaves, [(String::new(), bytes)]);
        }
        for bytes in [&b""[..], b"text", &b"lines of text\n".repeat(100)] {
            let walked = closed(bytes, stream);
            assert_eq!(walked, Walked { leaves: vec![(String::new(), bytes.to_vec())], skips: Vec::new() });
        }
    }
    // What stops it stops whoever reads it, and it is not taken for the end.
    let bytes = gzip(&tar);
    let mut failing = bytes[..20].chain(Broken(Some(io::Error::other("gone"))));
    let origin = Origin::new(Step::Stdin);
    let mut met = None;
    leave_closed(Blob::stream(origin, &mut failing), &mut |item| {
        if let Item::Blob(Blob { content: Content::Stream(reader), .. }) = item {
            met = reader.read_to_end(&mut Vec::new()).err();
        }
    });
    assert_eq!(met.unwrap().to_string(), "gone");
}
