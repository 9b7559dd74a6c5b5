//! What the content of a compressed file is called.

/// What the content of a compressed file is called where nothing says more.
pub(crate) const NAMELESS: &[u8] = b"content";

/// The name of a compressed file's content where its header gives none: that of the file, given with its path or without, less the
/// ending; [`NAMELESS`] where that says nothing.
pub(crate) fn content_name(path: &[u8]) -> Vec<u8> {
    let own = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let endings: [(&[u8], &[u8]); 13] = [
        (b".gz", b""),
        (b".tgz", b".tar"),
        (b".zst", b""),
        (b".lz4", b""),
        (b".tzst", b".tar"),
        (b".xz", b""),
        (b".txz", b".tar"),
        (b".bz2", b""),
        (b".lzma", b""),
        (b".tlz", b".tar"),
        (b".tbz", b".tar"),
        (b".tbz2", b".tar"),
        (b".svgz", b".svg"),
    ];
    let named = endings.iter().find_map(|(ending, instead)| Some([own.strip_suffix(*ending)?, instead].concat()));
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| NAMELESS.to_vec())
}
