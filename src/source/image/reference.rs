//! What a user names as an image: a path, `oci:DIRECTORY`, `-`, or a reference to a registry.

use std::path::{Path, PathBuf};

use oci_client::Reference;

use super::kind::{ImageKind, kind_of};

/// What references of OCI have no form for.
pub(super) const NO_IPV6: &str = "names its registry by an IPv6 address, which references cannot have: give the registry a name (in /etc/hosts, say)";

/// An image, as named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A directory with an OCI layout.
    Layout(PathBuf),
    /// A tar.
    Archive(PathBuf),
    /// Standard input.
    Stdin,
    /// What can be read once only, such as `<(docker save NAME)` in a shell.
    Pipe(PathBuf),
    /// An image of the daemon on this machine.
    Daemon(String),
    /// An image of a registry.
    Registry(Reference),
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
            _ if !directory.exists() => Err(without_tag(target).unwrap_or("there is no such directory".to_owned())),
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
    if is_pipe(&path) {
        return Ok(Target::Pipe(path));
    }
    if path.exists() {
        return Ok(Target::Archive(path));
    }
    parse_reference(target)
}

/// What to write where skopeo, buildah and podman have a tag behind the directory.
fn without_tag(target: &str) -> Option<String> {
    let (directory, _) = target.rsplit_once(':')?;
    let is_layout = kind_of(Path::new(directory.strip_prefix("oci:")?)) == Some(ImageKind::Layout);
    is_layout.then(|| format!("has a tag: a layout is read with all its images, so write {directory}"))
}

/// Whether a path leads to a fifo or a terminal.
fn is_pipe(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        path.metadata().is_ok_and(|about| about.file_type().is_fifo() || about.file_type().is_char_device())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Whether what is named can be read once only.
pub fn is_read_once(name: &str) -> bool {
    matches!(parse(name), Ok(Target::Stdin | Target::Pipe(_)))
}

fn parse_reference(target: &str) -> Result<Target, String> {
    if let Some(name) = target.strip_prefix("docker:") {
        // Or an id: `sha256:HEX`, or the beginning of its digits.
        let is_id = !name.is_empty() && name.trim_start_matches("sha256:").bytes().all(|byte| byte.is_ascii_hexdigit());
        return match name.parse::<Reference>() {
            _ if is_id => Ok(Target::Daemon(name.to_owned())),
            Ok(_) => Ok(Target::Daemon(name.to_owned())),
            Err(error) => Err(format!("is no name of an image: {error}")),
        };
    }
    if looks_like_a_path(target) {
        return Err("there is no such file or directory".to_owned());
    }
    if target.contains("://") {
        return Err("a reference has no scheme: write HOST/NAME:TAG".to_owned());
    }
    if target.starts_with('[') {
        return Err(NO_IPV6.to_owned());
    }
    target.parse().map(Target::Registry).map_err(|error| {
        format!("is no file or directory here and no reference of a registry: {error}. A reference is HOST/NAME:TAG")
    })
}

/// Names that a reference can have as well, but that hardly mean one.
fn looks_like_a_path(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    ["./", "../", "/", "~"].iter().any(|start| target.starts_with(start))
        || [".tar", ".tar.gz", ".tgz", ".tar.zst"].iter().any(|end| lower.ends_with(end))
        || target.contains('\\')
}

/// What to say beside the failure of a registry, where the name could be one of a file that is not there: those with a port, a
/// tag or a digest hardly are.
pub(super) fn or_a_path(target: &str) -> &'static str {
    if target.contains(':') { "" } else { ". If it is a file or folder, check its path" }
}

/// A target as messages show it: without user and password before an `@`.
pub(super) fn without_login(target: &str) -> String {
    let start = target.find("://").map_or(0, |colon| colon + 3);
    match target[start..].find('@') {
        Some(at) if target[start..start + at].contains(':') && target.parse::<Reference>().is_err() => {
            format!("{}…{}", &target[..start], &target[start + at..])
        }
        _ => target.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_what_only_looks_like_one() {
        let parsed = |target: &str| match parse(target) {
            Ok(Target::Registry(reference)) => reference.to_string(),
            Ok(other) => panic!("{other:?}"),
            Err(message) => message,
        };
        assert_eq!(parsed("nginx"), "docker.io/library/nginx:latest");
        assert_eq!(parsed("localhost:5000/a/b:c"), "localhost:5000/a/b:c");
        assert!(parsed("image.tar").contains("no such file"));
        assert!(parsed("./nginx").contains("no such file"));
        assert!(parsed("docker:Two Words").contains("no name of an image"));
        assert_eq!(parse("docker:app:1"), Ok(Target::Daemon("app:1".into())));
        assert_eq!(parse("docker:0123abcd"), Ok(Target::Daemon("0123abcd".into())));
        assert!(parsed("https://h.example/a").contains("no scheme"));
        assert!(parsed("UPPER case").contains("no reference"));
        assert_eq!(parsed("[::1]:5000/app:1"), NO_IPV6);
        assert_eq!(parse("-"), Ok(Target::Stdin));
    }

    #[test]
    fn messages_show_no_password() {
        assert_eq!(without_login("https://user:pass@h.example/a"), "https://…@h.example/a");
        assert_eq!(without_login("user:pass@h.example/a:1"), "…@h.example/a:1");
        let pinned = format!("h.example/a:1@sha256:{}", "0".repeat(64));
        assert_eq!(without_login(&pinned), pinned);
    }
}
