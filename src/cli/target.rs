//! What a target is, found out by looking at it: a repository, a chart, an image, a folder or a file.

use std::path::Path;

use super::failure::Failure;
use crate::source::chart::is_chart;
use crate::source::image;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder with a git repository of its own: files and history.
    Repository,
    /// A repository without files.
    BareRepository,
    /// A folder with `Chart.yaml`, or a packaged chart.
    Chart,
    /// An image: an OCI layout, or a tar of one.
    Image,
    /// Any other folder.
    Folder,
    /// A file.
    File,
}

impl Kind {
    /// Looks at a path.
    ///
    /// # Errors
    /// When there is nothing; with a guess at what was meant.
    pub fn of(path: &Path) -> Result<Kind, Failure> {
        let metadata = std::fs::metadata(path).map_err(|cause| missing(path, &cause))?;
        if !metadata.is_dir() && !metadata.is_file() {
            let shown = path.to_string_lossy();
            return Err(Failure::new(format!("scan: {shown}"), "is no file but a pipe, a socket or a device")
                .or_try(format!("`scrubjay stdin < {shown}` reads one to its end")));
        }
        let has = |name: &str| path.join(name).exists();
        // Where it is a link to nowhere there is a history, too, and it cannot be read.
        Ok(if path.join(".git").symlink_metadata().is_ok() {
            Kind::Repository
        } else if image::kind_of(path).is_some() {
            Kind::Image
        } else if is_chart(path) {
            Kind::Chart
        } else if !metadata.is_dir() {
            Kind::File
        } else if has("HEAD") && has("objects") && has("refs") {
            Kind::BareRepository
        } else {
            Kind::Folder
        })
    }
}

fn missing(path: &Path, cause: &std::io::Error) -> Failure {
    let failure = Failure::new(format!("scan: {}", without_credentials(&path.to_string_lossy())), cause);
    if path.as_os_str() == "-" {
        return failure.or_try("`scrubjay stdin` scans standard input");
    }
    // What is there and cannot be looked at is no misspelt name of something else.
    if path.symlink_metadata().is_ok() || cause.kind() != std::io::ErrorKind::NotFound {
        return failure.or_try("name a file or folder that can be read");
    }
    match path.to_str() {
        Some(name) if name.starts_with("oci://") => {
            let name = without_credentials(name);
            let reference = name.trim_start_matches("oci://");
            let version =
                if reference.rsplit('/').next().is_some_and(|last| last.contains(':')) { "" } else { ":VERSION" };
            failure.or_try(format!("`scrubjay image {reference}{version}` reads a chart or an image in a registry"))
        }
        Some(name) if is_url(name) => {
            failure.or_try(format!("`scrubjay git {}` clones and scans it", without_credentials(name)))
        }
        Some(name) if looks_like_an_image(name) => failure.or_try(format!("did you mean `scrubjay image {name}`?")),
        _ => failure.or_try("name a file or folder that is there"),
    }
}

/// Whether this is no path of this machine, but the address of a repository.
pub fn is_remote(target: &Path) -> bool {
    !target.exists() && target.to_str().is_some_and(is_url)
}

/// Whether this is a URL, or an ssh address of a repository.
fn is_url(name: &str) -> bool {
    name.contains("://") || name.starts_with("git@")
}

/// A URL less what may be a password in it.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// Whether a name that is no path has the form of an image reference: `[HOST[:PORT]/]NAME[:TAG][@DIGEST]`.
fn looks_like_an_image(name: &str) -> bool {
    if name.starts_with(['.', '/', '~']) || name.contains("..") {
        return false;
    }
    let (name, digest) = name.split_once('@').map_or((name, None), |(name, digest)| (name, Some(digest)));
    if digest.is_some_and(|digest| !digest.contains(':')) {
        return false;
    }
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (name, None),
    };
    let tag_is_fine = tag.is_none_or(|tag| {
        !tag.is_empty() && tag.len() <= 128 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    });
    let mut parts = repository.split('/').peekable();
    let first = parts.peek().copied().unwrap_or_default();
    if first.contains(['.', ':']) || first == "localhost" {
        parts.next();
    }
    let mut parts = parts.peekable();
    let named = parts.peek().is_some();
    let part_is_fine = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    tag_is_fine && named && parts.all(part_is_fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_references_are_told_from_misspelt_paths() {
        let digest = format!("debian@sha256:{}", "0".repeat(64));
        for image in ["nginx", "nginx:1.27", "library/nginx", "ghcr.io/acme/app:v1", "localhost:5000/app", &digest] {
            assert!(looks_like_an_image(image), "{image}");
        }
        for path in ["./nginx", "/srv/x", "../x", "Src/Main.rs", "a b", "x:", "src//x", "main.rs", "~/x"] {
            assert!(!looks_like_an_image(path), "{path}");
        }
    }

    #[test]
    fn folders_are_told_apart() {
        let top = tempfile::tempdir().unwrap();
        let folder = |name: &str, holds: &[&str]| {
            let path = top.path().join(name);
            for inner in holds {
                std::fs::create_dir_all(path.join(inner)).unwrap();
            }
            Kind::of(&path).unwrap()
        };
        assert_eq!(folder("a", &[".git", "Chart.yaml"]), Kind::Repository);
        assert_eq!(folder("b", &["HEAD", "objects", "refs"]), Kind::BareRepository);
        folder("c", &["templates"]);
        std::fs::write(top.path().join("c/Chart.yaml"), "name: c\n").unwrap();
        assert_eq!(Kind::of(&top.path().join("c")).unwrap(), Kind::Chart);
        assert_eq!(folder("e", &["src"]), Kind::Folder);
        folder("d", &["blobs"]);
        std::fs::write(top.path().join("d/index.json"), "{}").unwrap();
        assert_eq!(Kind::of(&top.path().join("d")).unwrap(), Kind::Image);
        std::fs::write(top.path().join("f"), "x").unwrap();
        assert_eq!(Kind::of(&top.path().join("f")).unwrap(), Kind::File);
    }

    #[test]
    fn what_is_not_there_gets_a_guess() {
        let guess = |name: &str| Kind::of(Path::new(name)).unwrap_err().to_string();
        assert!(guess("ghcr.io/acme/app:v1").contains("did you mean `scrubjay image ghcr.io/acme/app:v1`?"));
        assert!(guess("-").contains("scrubjay stdin"));
        let url = guess("https://user:hunter2@git.example/app.git?x=y");
        assert!(url.contains("`scrubjay git https://git.example/app.git`") && !url.contains("hunter2"), "{url}");
        let chart = guess("oci://user:hunter2@ghcr.io/charts/app");
        assert!(chart.contains("`scrubjay image ghcr.io/charts/app:VERSION`") && !chart.contains("hunter2"), "{chart}");
        assert!(guess("oci://localhost:5000/app:1.0").contains("`scrubjay image localhost:5000/app:1.0`"));
        assert!(guess("No/Such/File").contains("name a file or folder that is there"));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_neither_file_nor_folder_is_an_error_that_says_what_reads_it() {
        let top = tempfile::tempdir().unwrap();
        let pipe = top.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let told = Kind::of(&pipe).unwrap_err().to_string();
        assert!(told.contains("is no file but a pipe") && told.contains("`scrubjay stdin < "), "{told}");
        std::os::unix::fs::symlink("nowhere", top.path().join("dangling")).unwrap();
        let told = Kind::of(&top.path().join("dangling")).unwrap_err().to_string();
        assert!(told.contains("that can be read") && !told.contains("image"), "{told}");
    }
}
