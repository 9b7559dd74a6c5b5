//! What a user names as an image: a path, `oci:DIRECTORY`, `-`, or a reference to a registry.

use std::path::PathBuf;

use super::{ImageKind, kind_of};

/// An image, as named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A directory with an OCI layout.
    Layout(PathBuf),
    /// A tar.
    Archive(PathBuf),
    /// Standard input.
    Stdin,
}

/// Tells what is meant. The error says what it cannot be and what to try.
pub(super) fn parse(target: &str) -> Result<Target, String> {
    if target == "-" {
        return Ok(Target::Stdin);
    }
    if let Some(directory) = target.strip_prefix("oci:") {
        let directory = PathBuf::from(directory);
        return match kind_of(&directory) {
            Some(ImageKind::Layout) => Ok(Target::Layout(directory)),
            _ if !directory.exists() => Err("there is no such directory".to_owned()),
            _ => Err("is no OCI layout: it has no index.json beside oci-layout or blobs".to_owned()),
        };
    }
    let path = PathBuf::from(target);
    if path.is_dir() {
        return match kind_of(&path) {
            Some(_) => Ok(Target::Layout(path)),
            None => Err("is a directory but no OCI layout; to scan its files, use `scrubjay dir`".to_owned()),
        };
    }
    if path.exists() {
        return Ok(Target::Archive(path));
    }
    Err("there is no such file or directory".to_owned())
}
