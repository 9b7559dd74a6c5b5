//! What a blob is, by its first bytes. Must not look at names.

use crate::blob::Reason;

/// An archive or a compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    Lzma,
    Lz4,
    Tar,
    Ar,
    Zip,
    Pdf,
    Png,
    /// A pack of git's that lies alone, or a bundle.
    Pack,
    /// zlib alone, as git keeps an object.
    Zlib,
    Cpio,
    /// A document of Microsoft's older formats, in which an encrypted one of the newer is kept.
    Compound,
    /// One that nobody reads without its password, by its name.
    Encrypted(&'static str),
    /// One that is not opened, by its name.
    Closed(&'static str),
}

impl Format {
    /// Whether it is an archive that [`super::walk`] opens. All but the notes in a picture is read as it is.
    pub(super) fn is_opened(self) -> bool {
        !matches!(self, Format::Png | Format::Compound) && self.loss().is_none()
    }

    /// Why nothing of it is read but its bytes, where that is so.
    pub(super) fn loss(self) -> Option<(Reason, String)> {
        match self {
            Format::Closed(name) => Some((Reason::UnknownCodec, format!("{name}, which is not opened"))),
            Format::Encrypted(name) => Some((Reason::Encrypted, name.to_owned())),
            _ => None,
        }
    }
}

/// Bytes that are enough to tell: an image of a disc says what it is behind sixteen sectors of 2 KiB.
pub(super) const ENOUGH: usize = 33 << 10;
/// Bytes that are enough to tell that something decodes.
const DECODED: usize = 512;

/// Tells the format from the beginning of a blob; `whole` if there is nothing after it.
pub(super) fn detect(bytes: &[u8], whole: bool) -> Option<Format> {
    let format = match bytes {
        // RFC 1952: deflate is the only method, the upper flags are reserved.
        [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 => Format::Gzip,
        // RFC 8878, sections 3.1.1 and 3.1.2.
        [0x1f, 0x8b, 8, ..] => Format::Closed("gzip with flags that nobody knows"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Format::Zstd,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Format::Xz,
        [0x04, 0x22, 0x4d, 0x18, ..] => Format::Lz4,
        [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] if is_bzip2_block(rest) => Format::Bzip2,
        // APPNOTE.TXT 4.3.7, 4.3.16 and 8.5.5; a browser extension puts its signature before.
        [b'P', b'K', 3, 4, ..]
        | [b'P', b'K', 5, 6, ..]
        | [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..]
        | [b'P', b'K', b'0', b'0', b'P', b'K', 3, 4, ..] => Format::Zip,
        [b'C', b'r', b'2', b'4', 2 | 3, 0, 0, 0, ..] => Format::Zip,
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', b'\n', first @ ..] if !is_symbol_table(first) => Format::Ar,
        [b'#', b'!', ..] | [b'M', b'Z', ..] | [0x7f, b'E', b'L', b'F', ..] if whole && super::zip::is_behind(bytes) => {
            Format::Zip
        }
        // ISO 32000-1, 7.5.2.
        [b'%', b'P', b'D', b'F', b'-', b'0'..=b'9', ..] => Format::Pdf,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Format::Png,
        // git's gitformat-pack and gitformat-bundle.
        [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, ..] => Format::Pack,
        _ if bytes.starts_with(b"# v2 git bundle\n") || bytes.starts_with(b"# v3 git bundle\n") => Format::Pack,
        // MS-CFB, 2.2; the first version of KeePass.
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Format::Compound,
        [0x03, 0xd9, 0xa2, 0x9a, 0x65, 0xfb, 0x4b, 0xb5, ..] => Format::Encrypted("a KeePass database"),
        _ if is_cpio_entry(bytes) => Format::Cpio,
        _ if is_zlib(bytes) => Format::Zlib,
        _ if is_lzma(bytes) => Format::Lzma,
        _ if is_tar(bytes) => Format::Tar,
        _ => return closed(bytes).map(Format::Closed),
    };
    Some(format)
}

/// The archive or compression that a blob is and that is not opened, by its first bytes as its own description gives them.
fn closed(bytes: &[u8]) -> Option<&'static str> {
    const CLOSED: [(&[u8], &str); 13] = [
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"\xed\xab\xee\xdb", "RPM"),
        (b"\x02\x21\x4c\x18", "LZ4 in its old form"),
        (b"LZIP\x01", "lzip"),
        (b"\x89LZO\x00\x0d\x0a\x1a\x0a", "lzop"),
        (b"\xff\x06\x00\x00sNaPpY", "Snappy"),
        (b"MSCF\0\0\0\0", "cabinet"),
        (b"xar!\0\x1c", "xar"),
        (b"MSWIM\0\0\0", "WIM"),
        (b"vhdxfile", "VHDX"),
        (b"QFI\xfb\0\0\0", "qcow"),
        (b"conectix", "VHD"),
    ];
    let known = CLOSED.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name);
    known.or_else(|| match bytes {
        // Its version has been 4.0 since 2009, and is the fourteenth word of sixteen bits after the magic.
        [b'h', b's', b'q', b's', ..] if bytes.get(28..32) == Some(&[4, 0, 0, 0]) => Some("SquashFS"),
        // compress(1): the most bits of a code, 9 to 16, and that the table may be cleared.
        [0x1f, 0x9d, flags, ..] if flags & 0x60 == 0 && (9..=16).contains(&(flags & 0x1f)) => Some("compress"),
        // The version after the magic.
        [b'K', b'D', b'M', b'V', 1..=3, 0, 0, 0, ..] => Some("VMDK"),
        _ if is_old_cpio(bytes) => Some("cpio in its old form"),
        _ => file_system(bytes),
    })
}

/// The file system that an image of a disk or disc is of, told by what stands in it at fixed places.
fn file_system(bytes: &[u8]) -> Option<&'static str> {
    // ECMA-119, 8: the first descriptor of a volume; ECMA-167, 2/9.1: that of UDF.
    const FAR: [(usize, &[u8], &str); 5] = [
        (32_769, b"CD001", "ISO 9660"),
        (32_769, b"BEA01", "UDF"),
        (1_024, b"\xe2\xe1\xf5\xe0", "EROFS"),
        (3, b"NTFS    ", "NTFS"),
        (3, b"EXFAT   ", "exFAT"),
    ];
    let at = |place: usize, magic: &[u8]| bytes.get(place..place + magic.len()) == Some(magic);
    let is_fat = || at(510, &[0x55, 0xaa]) && (at(54, b"FAT12   ") || at(54, b"FAT16   ") || at(82, b"FAT32   "));
    // The superblock: its magic, blocks of 1 to 64 KiB, a known revision.
    let is_ext = || {
        at(1_080, &[0x53, 0xef])
            && bytes.get(1_048..1_052).is_some_and(|log| log[0] <= 6 && log[1..] == [0; 3])
            && bytes.get(1_100..1_104).is_some_and(|revision| revision[0] <= 1 && revision[1..] == [0; 3])
    };
    match FAR.iter().find(|(place, magic, _)| at(*place, magic)) {
        Some((_, _, name)) => Some(name),
        None if is_fat() => Some("FAT"),
        None if is_ext() => Some("ext2, ext3 or ext4"),
        None => None,
    }
}

/// A binary cpio of before POSIX: numbers of sixteen bits in the order of the machine that wrote it, the tenth of which is the length
/// of the name that follows, its nought included.
fn is_old_cpio(bytes: &[u8]) -> bool {
    let number: fn([u8; 2]) -> u16 = match bytes {
        [0xc7, 0x71, ..] => u16::from_le_bytes,
        [0x71, 0xc7, ..] => u16::from_be_bytes,
        _ => return false,
    };
    let Some((header, rest)) = bytes.split_first_chunk::<26>() else { return false };
    let length = usize::from(number([header[20], header[21]]));
    let is_kind = matches!(number([header[6], header[7]]) >> 12, 1 | 2 | 4 | 6 | 8 | 10 | 12);
    let name = rest.get(..length).and_then(<[u8]>::split_last);
    is_kind && name.is_some_and(|(end, name)| *end == 0 && !name.is_empty() && !name.contains(&0))
}

/// LZMA alone, as xz(1) writes it: the usual properties, a dictionary of a power of two, and a length that is not told or below 1 TB.
fn is_lzma(bytes: &[u8]) -> bool {
    let Some(&[0x5d, a, b, c, d, length @ .., 0]) = bytes.first_chunk::<14>() else { return false };
    let dictionary = u32::from_le_bytes([a, b, c, d]);
    let length: [u8; 8] = length;
    let length = u64::from_le_bytes(length);
    dictionary >= 1 << 12 && dictionary.is_power_of_two() && (length == u64::MAX || length < 1 << 40)
}

/// zlib (RFC 1950) with the window that all writers use: what begins in this way and decodes to a few bytes.
fn is_zlib(bytes: &[u8]) -> bool {
    let [0x78, flags, ..] = bytes else { return false };
    let is_header = (0x7800 + u16::from(*flags)) % 31 == 0 && flags & 0x20 == 0;
    let mut first = [0; 64];
    is_header && {
        let mut decoder = flate2::read::ZlibDecoder::new(&bytes[..bytes.len().min(DECODED)]);
        // An object without content has a header, and its end within these bytes.
        std::io::Read::read(&mut decoder, &mut first).is_ok_and(|count| count >= 7)
    }
}

/// The first entry of a library of object files, in the GNU, the Windows and the two BSD kinds: what such a library holds
/// is not compressed, and its thousands of members say nothing of where a find lies.
fn is_symbol_table(first: &[u8]) -> bool {
    let names: [&[u8]; 4] = [b"/ ", b"/SYM64/", b"// ", b"__.SYMDEF"];
    names.iter().any(|name| first.starts_with(name))
        || first.starts_with(b"#1/") && first.get(60..).is_some_and(|name| name.starts_with(b"__.SYMDEF"))
}

/// The first block's magic, or that of an empty stream's end.
fn is_bzip2_block(rest: &[u8]) -> bool {
    rest.starts_with(&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) || rest.starts_with(&[0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
}

/// A tar's first header, of any age: its checksum is the only sure sign.
pub(super) fn is_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<512>() else { return false };
    let field = &header[148..156];
    if !field.iter().all(|byte| matches!(byte, b'0'..=b'7' | b' ' | 0)) {
        return false;
    }
    let digits = field.iter().filter(|byte| byte.is_ascii_digit());
    let stated = digits.fold(0_u32, |sum, digit| sum * 8 + u32::from(digit - b'0'));
    let blank = 8 * u32::from(b' ');
    let bytes = || header[..148].iter().chain(&header[156..]);
    let unsigned = bytes().fold(blank, |sum, byte| sum + u32::from(*byte));
    // Some old writers summed signed bytes.
    let signed = bytes().fold(blank.cast_signed(), |sum, byte| sum + i32::from(byte.cast_signed()));
    stated != 0 && unsigned != blank && (stated == unsigned || i64::from(stated) == i64::from(signed))
}

/// Whether bytes begin as an entry of a cpio does.
pub(super) fn is_cpio_entry(bytes: &[u8]) -> bool {
    let fields = match bytes {
        [b'0', b'7', b'0', b'7', b'0', b'1' | b'2', fields @ ..] => fields.get(..104),
        [b'0', b'7', b'0', b'7', b'0', b'7', fields @ ..] => fields.get(..70),
        _ => None,
    };
    fields.is_some_and(|fields| fields.iter().all(u8::is_ascii_hexdigit))
}
