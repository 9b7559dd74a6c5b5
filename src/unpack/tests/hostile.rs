use proptest::prelude::*;

use super::*;

#[test]
fn a_bomb_ends_by_the_ratio_and_names_the_member() {
    let zeros = vec![0; 80 << 20];
    let limits = Limits { ratio: 10, ..Limits::default() };
    for compress in [gzip, zstd] {
        let bytes = tar(&[("before", b"x"), ("bomb", &compress(&zeros)), ("after", b"y")]);
        let walked = walked_within("a.tar", &bytes, &limits);
        assert_eq!(walked.members()[0], ("before", &b"x"[..]));
        assert_eq!(walked.members()[1].0, "bomb!/content");
        let read = walked.members()[1].1.len() as u64;
        assert!((60 << 20..=75 << 20).contains(&read), "{read}");
        assert_eq!(walked.skips(), [("bomb!/content", Reason::ExpandsTooFar)]);
    }
}

#[test]
fn members_that_share_their_bytes_end_by_the_ratio() {
    let one = zip(&[("zeros", &vec![0; 8 << 20])]);
    let directory = one.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let entry = &one[directory..one.len() - 22];
    let count = 60_000_u16;
    let size = u32::try_from(entry.len() * usize::from(count)).unwrap();
    let end = [
        b"PK\x05\x06\0\0\0\0".to_vec(),
        count.to_le_bytes().to_vec(),
        count.to_le_bytes().to_vec(),
        size.to_le_bytes().to_vec(),
        u32::try_from(directory).unwrap().to_le_bytes().to_vec(),
        vec![0, 0],
    ]
    .concat();
    let bytes = [&one[..directory], &entry.repeat(usize::from(count)), &end].concat();
    let walked = walk_with("a.zip", Content::Bytes(&bytes), &Limits { ratio: 2, ..Limits::default() });
    assert!(walked.members().len() < 20, "{}", walked.members().len());
    assert_eq!(walked.skips(), [("zeros", Reason::ExpandsTooFar)]);
}

#[test]
fn nesting_ends_by_the_depth_once() {
    let mut bytes = b"core".to_vec();
    for _ in 0..30 {
        bytes = zip(&[("n", &bytes), ("m", b"beside")]);
    }
    let limits = Limits { depth: 5, ..Limits::default() };
    let walked = walked_within("a.zip", &bytes, &limits);
    assert_eq!(walked.skips(), [("n!/n!/n!/n!/n", Reason::TooDeep)]);
    assert!(walked.members().iter().any(|(path, bytes)| *path == "n!/n!/n!/n!/n" && bytes.starts_with(b"PK")));
    // A limit that no stack could hold is bounded.
    let deepest = Limits { depth: u32::MAX, ..Limits::default() };
    let mut bytes = b"core".to_vec();
    for _ in 0..Limits::DEEPEST + 10 {
        bytes = gzip(&bytes);
    }
    assert_eq!(walked_within("a", &bytes, &deepest).skips().len(), 1);
}

#[test]
fn a_compressed_tar_is_one_archive_deep() {
    let inner = gzip(&tar(&[("file", b"x")]));
    let outer = gzip(&tar(&[("inner.tgz", &inner)]));
    let walked = walked_within("a.tgz", &outer, &Limits { depth: 2, ..Limits::default() });
    assert_eq!(walked.members(), [("inner.tgz!/file", &b"x"[..])]);
    assert_eq!(walked.skips, []);
}

#[test]
fn too_many_members_are_told_once() {
    let names: Vec<String> = (0..50).map(|number| format!("{number}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let limits = Limits { members: 20, ..Limits::default() };
    for bytes in [tar(&files), zip(&files)] {
        let walked = walked_within("a", &bytes, &limits);
        assert_eq!(walked.members().len(), 20);
        assert_eq!(walked.skips(), [("20", Reason::TooManyMembers)]);
    }
}

#[test]
fn a_long_name_without_end_is_not_held_in_memory() {
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::GNULongName);
    header.set_size(8 << 30);
    header.set_cksum();
    let mut endless = header.as_bytes().chain(io::repeat(b'a').take(32 << 20));
    let walked = walk_with("a.tar", Content::Stream(&mut endless), &Limits::default());
    assert_eq!(walked.skips(), [("", Reason::Corrupt)]);
    // It streams by as the bytes that it is.
    assert_eq!(walked.leaves[0].1.len(), 32 << 20);
}

#[test]
fn what_nobody_wants_any_more_ends_in_the_middle() {
    // A member that is a thousand times what is stored, one of many, and nested.
    let zeros = vec![0; 64 << 20];
    let files: Vec<(String, &[u8])> = (0..16).map(|number| (number.to_string(), &zeros[..])).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let large = zip(&files[..1]);
    let many = zip(&files);
    let nested = gzip(&tar(&[("first", b"alpha"), ("large.zip", &large), ("last", b"omega")]));
    for (name, bytes, told, times) in
        [("one", &large, "0", 8), ("many", &many, "0", 8), ("nested", &nested, "large.zip!/0", 24)]
    {
        for whole in [true, false] {
            let asked = std::cell::Cell::new(0);
            let stopped = || {
                asked.set(asked.get() + 1);
                asked.get() > times
            };
            let content = if whole { Content::Bytes(bytes) } else { Content::Stream(&mut &bytes[..]) };
            let walked = walk_until(name, content, &Limits::default(), &stopped);
            assert_eq!(walked.skips(), [(told, Reason::TimedOut)], "{name}");
            let read: usize = walked.leaves.iter().map(|(_, bytes)| bytes.len()).sum();
            assert!(read < zeros.len(), "{name}: {read}");
            assert!(walked.members().iter().all(|(path, _)| *path != "last"));
        }
    }
    let walked = walk_until("many", Content::Bytes(&many), &Limits::default(), &|| true);
    assert!(walked.members().is_empty());
    assert_eq!(walked.skips().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to an archive: it is read to some end, the same as a whole and as a stream.
    #[test]
    fn damaged_archives_are_read_to_an_end(
        kind in 0..8_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let inner = tar(&[("a", b"alpha"), ("b", &b"beta ".repeat(300)), ("c.gz", &gzip(b"gamma"))]);
        let zipped = |method| zip_by(&[("a", &inner), ("b", b"beta")], method);
        let mut bytes = match kind {
            0 => gzip(&inner),
            1 => zstd(&inner),
            2 => xz(&inner),
            3 => bzip2(&inner),
            4 => inner,
            5 => zipped(::zip::CompressionMethod::Deflated),
            6 => zipped(::zip::CompressionMethod::Stored),
            _ => zipped(::zip::CompressionMethod::Zstd),
        };
        for (at, with) in flips {
            let at = at.index(bytes.len());
            bytes[at] = with;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        let limits = Limits { memory: 16 << 20, ..Limits::default() };
        let whole = walk_with("a", Content::Bytes(&bytes), &limits);
        let streamed = walk_with("a", Content::Stream(&mut Trickle(&bytes)), &limits);
        if matches!(kind, 0 | 4 | 5 | 6) {
            // What other decoders give before damage depends on the size of reads.
            prop_assert_eq!(&whole, &streamed);
        }
        prop_assert!(!whole.leaves.is_empty() || !whole.skips.is_empty() || bytes.is_empty());
    }
}

#[test]
fn what_needs_a_password_is_told() {
    let word: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for size in [600, 600_000] {
        let document = [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &noise(size)].concat();
        assert_eq!(walked("a.doc", &document).skips, []);
        let encrypted = walked("a.docx", &[&document[..], &word].concat());
        assert_eq!(encrypted.skips(), [("", Reason::Encrypted)]);
        assert_eq!(encrypted.leaves.len(), 1);
    }
    let database = [&b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5"[..], &noise(600)].concat();
    assert_eq!(walked("a.kdb", &database).skips(), [("", Reason::Encrypted)]);
}
