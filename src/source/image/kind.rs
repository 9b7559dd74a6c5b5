//! What a name or a file is, told before anything of it is read.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use super::archive::{self, Archive, Bytes};
use super::compression::{Compression, HEAD};
use super::{layout, tar};

/// What kind of image a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageKind {
    /// A directory with an OCI layout.
    Layout,
    /// A tar with an OCI layout or of `docker save`, maybe compressed.
    Archive,
}

/// Whether a path is an image, told by what it holds and never by its name. Cheap: of a tar the headers are read, of a
/// compressed tar the first.
pub fn kind_of(path: &Path) -> Option<ImageKind> {
    if path.is_dir() {
        return layout::is_layout(path).then_some(ImageKind::Layout);
    }
    if !path.is_file() {
        return None;
    }
    let mut file = File::open(path).ok()?;
    let mut head = [0; tar::BLOCK];
    let filled = tar::fill(&mut file, &mut head).ok()?;
    let is_image = if tar::is_header(&head[..filled]) {
        let (archive, _) = Archive::index(Bytes::of_file(file).ok()?);
        archive.looks_like_an_image()
    } else {
        let mut decoded = decompressed(Box::new(Cursor::new(head[..filled].to_vec()).chain(file))).ok()??;
        let filled = tar::fill(&mut decoded, &mut head).ok()?;
        tar::is_header(&head[..filled]) && archive::begins_like_an_image(&head)
    };
    is_image.then_some(ImageKind::Archive)
}

/// The plain bytes of a compressed stream; `None` where it is none.
pub(super) fn decompressed<'i>(mut input: Box<dyn Read + Send + 'i>) -> io::Result<Option<Box<dyn Read + Send + 'i>>> {
    let mut head = [0; HEAD];
    let filled = tar::fill(&mut input, &mut head)?;
    let whole = BufReader::with_capacity(256 << 10, Cursor::new(head[..filled].to_vec()).chain(input));
    Compression::of(&head[..filled]).map(|compression| compression.decoder(whole)).transpose()
}

/// A file that is a plain tar, at its beginning; `None` where it is none.
pub(super) fn open_plain(path: &Path) -> Result<Option<File>, String> {
    let failed = |error: io::Error| format!("cannot be read: {error}");
    let mut file = File::open(path).map_err(failed)?;
    let mut head = [0; tar::BLOCK];
    let filled = tar::fill(&mut file, &mut head).map_err(failed)?;
    Ok(tar::is_header(&head[..filled]).then_some(file))
}
