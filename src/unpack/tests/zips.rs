use ::zip::CompressionMethod;

use super::*;

/// Bytes of a zip with those at `offset` from the `nth` occurrence of a signature replaced.
fn patched(mut bytes: Vec<u8>, signature: &[u8], nth: usize, offset: usize, with: &[u8]) -> Vec<u8> {
    let at = bytes.windows(4).enumerate().filter(|(_, window)| *window == signature).nth(nth).unwrap().0 + offset;
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

#[test]
fn members_of_each_method_are_read() {
    let text = b"a line of text\n".repeat(50_000);
    for method in
        [CompressionMethod::Stored, CompressionMethod::Deflated, CompressionMethod::Bzip2, CompressionMethod::Zstd]
    {
        let walked = walked("a.jar", &zip_by(&[("META-INF/", b""), ("file", &text), ("empty", b"")], method));
        let members: Vec<(&str, usize)> = walked.members().iter().map(|(path, bytes)| (*path, bytes.len())).collect();
        assert_eq!(members, [("file", text.len()), ("empty", 0)], "{method}");
        assert_eq!(walked.skips, [], "{method}");
    }
}

/// A zip of one member that was compressed elsewhere.
fn zip_of(method: u16, compressed: &[u8], text: &[u8]) -> Vec<u8> {
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let common = [
        &[63, 0, 0, 0][..],
        &method.to_le_bytes(),
        &[0; 4],
        &crc32fast::hash(text).to_le_bytes(),
        &size(compressed),
        &size(text),
        &[4, 0, 0, 0],
    ]
    .concat();
    let local = [b"PK\x03\x04", &common[..], b"name", compressed].concat();
    let entry = [b"PK\x01\x02\x3f\x03", &common[..], &[0; 14], b"name"].concat();
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &size(&entry)[..], &size(&local), &[0, 0]].concat();
    [local, entry, end].concat()
}

#[test]
fn members_of_methods_that_few_write_are_read() {
    let text = b"a line of text\n".repeat(10);
    let options = lzma_rust2::LzmaOptions::with_preset(1);
    let properties = [options.get_props()].into_iter().chain(options.dict_size.to_le_bytes());
    let mut lzma: Vec<u8> = [9, 20, 5, 0].into_iter().chain(properties).collect();
    let mut writer = lzma_rust2::LzmaWriter::new_no_header(&mut lzma, &options, true).unwrap();
    writer.write_all(&text).unwrap();
    writer.finish().unwrap();
    // Without matches of the greatest length, deflate64 is deflate.
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflate.write_all(&text).unwrap();
    let deflate = deflate.finish().unwrap();
    for (method, compressed) in [(14, lzma), (95, xz(&text)), (9, deflate)] {
        let walked_whole = walked("a.zip", &zip_of(method, &compressed, &text));
        assert_eq!(walked_whole.members(), [("name", &text[..])], "method {method}");
        assert_eq!(walked_whole.skips, [], "method {method}");
        let cut = walked("a.zip", &zip_of(method, &compressed[..compressed.len() / 2], &text));
        assert_eq!(cut.skips.len(), 1, "method {method}");
    }
}

#[test]
fn a_link_s_target_is_text() {
    let mut writer = ::zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    writer.add_symlink("link", "over/there", ::zip::write::SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert_eq!(walked("a.zip", &bytes).members(), [("link [link target]", &b"over/there"[..])]);
}

#[test]
fn one_bad_member_costs_no_other() {
    let files: [(&str, &[u8]); 3] = [("first", b"11111"), ("second", b"22222"), ("third", b"33333")];
    let good = zip_by(&files, CompressionMethod::Stored);
    let others = |walked: &Walked| walked.members().iter().filter(|(path, _)| *path != "second").count();

    let encrypted = walked("a.zip", &patched(good.clone(), b"PK\x01\x02", 1, 8, &[1, 0]));
    assert_eq!((others(&encrypted), encrypted.skips()), (2, vec![("second", Reason::Encrypted)]));

    let unknown = walked("a.zip", &patched(good.clone(), b"PK\x01\x02", 1, 10, &[98, 0]));
    assert_eq!((others(&unknown), unknown.skips()), (2, vec![("second", Reason::UnknownCodec)]));

    let checksum = walked("a.zip", &patched(good.clone(), b"PK\x01\x02", 1, 16, &[0; 4]));
    assert_eq!((others(&checksum), checksum.skips()), (2, vec![("second", Reason::Corrupt)]));
    assert_eq!(checksum.members()[1], ("second", &b"22222"[..]));

    let astray = walked("a.zip", &patched(good, b"PK\x01\x02", 1, 42, &[3, 0, 0, 0]));
    assert_eq!((others(&astray), astray.skips()), (2, vec![("second", Reason::Corrupt)]));
}

#[test]
fn a_zip_without_its_end_is_read_from_the_front() {
    let bytes = zip(&[("first", &noise(3000)), ("second", &noise(3000)), ("third", &noise(3000))]);
    let walked_cut = walked("a.zip", &bytes[..7000]);
    assert_eq!(walked_cut.members().iter().map(|(path, _)| *path).collect::<Vec<_>>(), ["first", "second", "third"]);
    assert_eq!(walked_cut.members()[1].1, noise(3000));
    assert_eq!(walked_cut.skips().last(), Some(&("", Reason::Truncated)));
    // Only the last record is gone: all members are there, and yet something was lost.
    let no_end = walked("a.zip", &bytes[..bytes.len() - 22]);
    assert_eq!(no_end.members().len(), 4, "with what is left of the directory, as bytes");
    assert_eq!(no_end.skips(), [("", Reason::Truncated)]);
}

#[test]
fn a_zip_larger_than_the_memory_streams_by() {
    let files: [(&str, &[u8]); 2] = [("first", &noise(300_000)), ("second", &noise(300_000))];
    let limits = Limits { memory: 300 << 10, ..Limits::default() };
    let read = |bytes: &[u8]| walk_with("a.zip", Content::Stream(&mut Trickle(bytes)), &limits);
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let walked = read(&zip_by(&files, method));
        assert_eq!(walked.members()[..2], files);
        assert_eq!(walked.skips, []);
    }

    // Sizes behind the content: what deflate ends by itself is read.
    let mut writer = ::zip::ZipWriter::new_stream(Vec::new());
    for (name, bytes) in files {
        writer.start_file(name, ::zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    let streamed = writer.finish().unwrap().into_inner();
    let walked = read(&streamed);
    assert_eq!(walked.members()[..2], files);
    let commented = read(&[&streamed[..], &b"behind it".repeat(10_000)].concat());
    assert!(commented.members()[2].1.ends_with(&b"behind it".repeat(10_000)));
    assert_eq!(commented.skips, []);
    assert_eq!(walked.skips, []);

    let mut writer = ::zip::ZipWriter::new_stream(Vec::new());
    for (name, bytes) in files {
        let options = ::zip::write::SimpleFileOptions::default();
        let stored = options.compression_method(CompressionMethod::Stored);
        writer.start_file(name, if name == "first" { options } else { stored }).unwrap();
        writer.write_all(bytes).unwrap();
    }
    let walked = read(&writer.finish().unwrap().into_inner());
    assert_eq!(walked.members()[..1], files[..1]);
    assert_eq!(walked.skips(), [("", Reason::TooMuchMemory)]);
}

#[test]
fn a_program_before_a_zip_is_judged_and_the_zip_opened() {
    let script = b"#!/bin/sh\nexec java -jar \"$0\"\n";
    let bytes = [&script[..], &zip(&[("file", b"x")])].concat();
    let walked = walk_with("app", Content::Bytes(&bytes), &Limits::default());
    assert_eq!(walked.members(), [("", &script[..]), ("file", b"x")]);
    assert_eq!(walked.skips, []);
}

#[test]
fn a_browser_extension_is_opened() {
    let zip = zip(&[("manifest.json", b"{}")]);
    let crx3 = [b"Cr24\x03\0\0\0\x05\0\0\0proof".to_vec(), zip].concat();
    let walked_all = walked("x.crx", &crx3);
    assert_eq!(walked_all.members().last(), Some(&("manifest.json", &b"{}"[..])));
    assert_eq!(walked_all.skips, []);
}

#[test]
fn an_empty_zip_is_an_archive_of_nothing() {
    let walked = walked("a.zip", &zip(&[]));
    assert_eq!((walked.leaves, walked.skips), (vec![], vec![]));
}

/// A zip of stored members by hand; each with what the directory says of it, or that it does not name it.
fn by_hand(members: &[(&str, &[u8], Option<&str>)], comment: &str) -> Vec<u8> {
    let (mut bytes, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    let short = |length: usize| u16::try_from(length).unwrap().to_le_bytes();
    let long = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    for (path, content, said) in members {
        let sizes = [&crc32fast::hash(content).to_le_bytes()[..], &long(content.len()), &long(content.len())].concat();
        let at = long(bytes.len());
        bytes.extend(
            [&b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0"[..], &sizes, &short(path.len()), &[0, 0], path.as_bytes(), content]
                .concat(),
        );
        if let Some(said) = said {
            count += 1;
            directory.extend(b"PK\x01\x02\x0a\0\x0a\0\0\0\0\0\0\0\0\0");
            directory.extend([&sizes[..], &short(path.len()), &[0, 0], &short(said.len()), &[0; 8], &at].concat());
            directory.extend([path.as_bytes(), said.as_bytes()].concat());
        }
    }
    let end = [&short(usize::from(count))[..], &short(usize::from(count)), &long(directory.len()), &long(bytes.len())]
        .concat();
    [&bytes[..], &directory, b"PK\x05\x06\0\0\0\0", &end, &short(comment.len()), comment.as_bytes()].concat()
}

#[test]
fn comments_are_text() {
    let walked = walked("a.zip", &by_hand(&[("a", b"1", Some("of a")), ("b", b"2", Some(""))], "of all"));
    assert_eq!(walked.members(), [("a", &b"1"[..]), ("b", b"2"), ("[comment]", b"of all\nof a")]);
    assert_eq!(walked.skips, []);
}

#[test]
fn members_that_the_directory_does_not_name_are_read() {
    for hidden in 0..3 {
        let named = |at: usize| (at != hidden).then_some("");
        let walked =
            walked("a.zip", &by_hand(&[("a", b"1", named(0)), ("b", b"2", named(1)), ("c", b"3", named(2))], ""));
        let mut members = walked.members();
        members.sort_unstable();
        assert_eq!((members, walked.skips.clone()), (vec![("a", &b"1"[..]), ("b", b"2"), ("c", b"3")], vec![]));
    }
    // What is no member is judged as it is.
    let mut bytes = by_hand(&[("a", b"1", Some(""))], "");
    let end = bytes.len() - 22;
    let start = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap());
    bytes[end + 16..end + 20].copy_from_slice(&(start + 5).to_le_bytes());
    bytes.splice(start as usize..start as usize, *b"block");
    assert_eq!(walked("a.zip", &bytes).members(), [("a", &b"1"[..]), ("", b"block")]);
}

#[test]
fn what_stands_behind_a_zip_is_judged_and_opened() {
    for comment in ["", "of all"] {
        let zip = by_hand(&[("a", b"1", Some(""))], comment);
        let comments = usize::from(!comment.is_empty());
        for behind in [b"behind it\n".to_vec(), b"behind it\n".repeat(20_000)] {
            let read = walked("a.zip", &[&zip[..], &behind].concat());
            assert_eq!(read.members()[0], ("a", &b"1"[..]));
            assert_eq!(read.members()[1 + comments..], [("", &behind[..])]);
            assert_eq!(read.skips, []);
        }
        let padded = walked("a.zip", &[&zip[..], &[0; 100_000]].concat());
        assert_eq!((padded.members().len(), padded.skips), (1 + comments, vec![]));
        let gzipped = walked("a.zip", &[&zip[..], &gzip(b"inner")].concat());
        assert_eq!(gzipped.members()[1 + comments..], [("content", &b"inner"[..])]);
    }
}

#[test]
fn archives_behind_each_other_are_all_read() {
    let (first, second) = (zip(&[("first", b"1")]), zip(&[("second", b"2")]));
    let both = walked("a.zip", &[&first[..], b"between", &second].concat());
    let mut members = both.members();
    members.sort_unstable();
    assert_eq!(members, [("", &b"between"[..]), ("first", b"1"), ("second", b"2")]);
    assert_eq!(both.skips, []);
    // One that is cut off is read from its front, and not from an archive within.
    let outer =
        zip_by(&[("first.zip", &first), ("second.zip", &second), ("x", &noise(2000))], CompressionMethod::Stored);
    let cut = walked("a.zip", &outer[..outer.len() - 1500]);
    let paths: Vec<&str> = cut.members().iter().map(|(path, _)| *path).collect();
    assert_eq!(paths, ["first.zip!/first", "second.zip!/second", "x"]);
    assert_eq!(cut.skips().last(), Some(&("", Reason::Truncated)));
}

#[test]
fn what_extra_fields_and_local_headers_have_beside_is_judged() {
    let plain = by_hand(&[("a", b"1", Some(""))], "");
    // Sixteen bytes of a field that nobody knows, behind times, in the local header.
    let extra = [&b"UT\x05\0\x01abcdzz\x10\0"[..], b"sixteen of bytes"].concat();
    let mut bytes = [&plain[..30], b"b", &extra, &plain[31..]].concat();
    bytes[28..30].copy_from_slice(&u16::try_from(extra.len()).unwrap().to_le_bytes());
    let end = bytes.len() - 22;
    let start = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap()) + extra.len() as u32;
    bytes[end + 16..end + 20].copy_from_slice(&start.to_le_bytes());
    let read = walked("a.zip", &bytes);
    assert_eq!(read.members(), [("a", &b"1"[..]), ("[comment]", b"b\nsixteen of bytes")]);
    assert_eq!(read.skips, []);
}

#[test]
fn what_stands_behind_the_end_of_a_member_is_judged() {
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflate.write_all(b"text").unwrap();
    let deflate = deflate.finish().unwrap();
    let read = walked("a.zip", &zip_of(8, &[&deflate[..], b"behind it"].concat(), b"text"));
    assert_eq!(read.members(), [("name", &b"text"[..]), ("name", b"behind it")]);
    assert_eq!(read.skips, []);
}

#[test]
fn what_stands_between_a_directory_and_its_end_is_judged() {
    let mut bytes = by_hand(&[("a", b"1", Some(""))], "");
    bytes.splice(bytes.len() - 22..bytes.len() - 22, *b"hidden");
    assert_eq!(walked("a.zip", &bytes).members(), [("a", &b"1"[..]), ("", b"hidden")]);
}
