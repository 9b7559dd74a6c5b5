mod compressed;
mod hostile;
mod office;
mod pdfs;
mod repositories;
mod tars;
mod zips;

use std::io::{self, Read, Write};

use super::*;
use crate::blob::Reason;
use crate::origin::{Step, TextKind};

/// What came out of a walk, by paths joined with `!/` and without the blob's own name; texts are marked `[kind]`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Walked {
    leaves: Vec<(String, Vec<u8>)>,
    skips: Vec<(String, Reason)>,
}

impl Walked {
    fn paths(&self) -> Vec<&str> {
        self.leaves.iter().map(|(path, _)| path.as_str()).collect()
    }

    fn skips(&self) -> Vec<(&str, Reason)> {
        self.skips.iter().map(|(path, reason)| (path.as_str(), *reason)).collect()
    }

    /// Takes what came out of the blob of that name.
    fn take(&mut self, name: &str, item: Item<'_>) {
        match item {
            Item::Blob(blob) => {
                let mut bytes = Vec::new();
                let shown = show(&blob.origin, name);
                match blob.content {
                    Content::Bytes(all) => bytes.extend_from_slice(all),
                    Content::Stream(reader) => drop(reader.read_to_end(&mut bytes).unwrap()),
                    Content::Version(version) => bytes.extend_from_slice(version.bytes),
                    Content::Texts(texts) => bytes.extend_from_slice(texts.text),
                    Content::Rendered(rendered) => bytes.extend_from_slice(rendered.text),
                }
                self.leaves.push((shown, bytes));
            }
            Item::Skip(skip) => self.skips.push((show(&skip.origin, name), skip.reason)),
            Item::Seen { .. } | Item::Expect { .. } => panic!("unpacking announces nothing"),
        }
    }

    /// The members without the lists of their names.
    fn members(&self) -> Vec<(&str, &[u8])> {
        let members = self.leaves.iter().filter(|(path, _)| !path.ends_with("[file name]"));
        members.map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect()
    }
}

/// Gives a few bytes at a time, so that no format can rely on what a read returns.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(997);
        self.0.read(&mut buffer[..count])
    }
}

fn walk_with(name: &str, content: Content<'_>, limits: &Limits) -> Walked {
    walk_until(name, content, limits, &|| false)
}

fn walk_until(name: &str, content: Content<'_>, limits: &Limits, stopped: &dyn Fn() -> bool) -> Walked {
    let mut walked = Walked::default();
    let origin = Origin::new(Step::Stdin).at_path(name);
    walk(Blob { origin, content }, limits, stopped, &mut |item| walked.take(name, item));
    walked
}

fn show(origin: &Origin, name: &str) -> String {
    let joined = String::from_utf8_lossy(&origin.joined_path()).into_owned();
    let path = joined.strip_prefix(name).unwrap().trim_start_matches("!/").to_owned();
    match origin.last() {
        Step::Text { kind } if path.is_empty() => format!("[{}]", kind.name()),
        Step::Text { kind } => format!("{path} [{}]", kind.name()),
        _ => path,
    }
}

/// Walks the bytes as a whole and as a stream, and holds the two against each other.
fn walked_within(name: &str, bytes: &[u8], limits: &Limits) -> Walked {
    let whole = walk_with(name, Content::Bytes(bytes), limits);
    let streamed = walk_with(name, Content::Stream(&mut Trickle(bytes)), limits);
    assert_eq!(whole, streamed);
    whole
}

fn walked(name: &str, bytes: &[u8]) -> Walked {
    walked_within(name, bytes, &Limits::default())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    lz4_in(lz4_flex::frame::BlockSize::Max64KB, bytes)
}

/// A frame of LZ4 with blocks of a size.
fn lz4_in(blocks: lz4_flex::frame::BlockSize, bytes: &[u8]) -> Vec<u8> {
    let about = lz4_flex::frame::FrameInfo::new().block_size(blocks).content_checksum(true);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(about, Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A tar of regular files.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A zip of deflated files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_by(files, ::zip::CompressionMethod::Deflated)
}

fn zip_by(files: &[(&str, &[u8])], method: ::zip::CompressionMethod) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (path, bytes) in files {
        let options = ::zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(*path, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let step = |state: &mut u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| step(&mut state)).collect()
}

#[test]
fn what_is_no_archive_is_handed_on_as_it_came() {
    for bytes in [&b""[..], b"a", b"PK", b"text of a file\n", &[0; 2000], &noise(100_000)] {
        let walked = walked("x", bytes);
        assert_eq!(walked.leaves, [(String::new(), bytes.to_vec())]);
        assert_eq!(walked.skips, []);
    }
}

#[test]
fn archives_in_archives_are_opened_by_magic() {
    let inner = zip(&[("config/db.properties", b"inner")]);
    let jar = tar(&[("lib/not-named-jar", &inner), ("readme", b"text")]);
    let tgz = gzip(&jar);
    let outer = zip(&[("bundle.bin", &tgz), ("note.txt.bz2", &bzip2(b"note"))]);
    let walked = walked("outer.zip", &outer);
    assert_eq!(
        walked.members(),
        [
            ("bundle.bin!/lib/not-named-jar!/config/db.properties", &b"inner"[..]),
            ("bundle.bin!/readme", b"text"),
            ("note.txt.bz2!/note.txt", b"note"),
        ]
    );
    assert_eq!(walked.skips, []);
}

#[test]
fn names_of_members_are_text_of_their_archive() {
    let walked = walked("a.tar", &tar(&[("one", b"1"), ("two", b"2")]));
    assert_eq!(walked.leaves.last(), Some(&("[file name]".to_owned(), b"one\ntwo\n".to_vec())));
    assert_eq!(TextKind::FileName.name(), "file name");
}

#[test]
fn a_stream_that_fails_is_recorded_where_it_did() {
    let bytes = gzip(&tar(&[("first", b"1"), ("second", &noise(1_000_000))]));
    let mut broken = bytes[..500_000].chain(Broken(Some(io::Error::other("connection closed"))));
    let walked = walk_with("layer", Content::Stream(&mut broken), &Limits::default());
    assert_eq!(walked.members()[0], ("first", &b"1"[..]));
    assert_eq!(walked.members()[1].0, "second");
    assert!(walked.members()[1].1.len() > 400_000);
    assert_eq!(walked.skips(), [("second", Reason::Unreadable)]);
}
