//! The list of targets: one a line, `TARGET [name=NAME] [owner=OWNER]`. Knows how a target is written, and does not look
//! whether it is there, but for names that could be a path or an image.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::source::git::{Remote, Transports};

/// What is to be read.
pub enum Place {
    /// Something on this machine.
    Path(PathBuf),
    /// A repository elsewhere.
    Git(Remote),
    /// An image: a reference, `oci:DIRECTORY` or `docker:NAME`.
    Image(String),
    /// Part of a registry that does not tell all that it has.
    Unlisted {
        /// What is not told, and why.
        why: String,
        /// Whether repositories are not told; else tags of one.
        has_repositories: bool,
    },
}

impl Place {
    /// The name of its kind in reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Place::Path(_) => "path",
            Place::Git(_) => "git",
            Place::Image(_) | Place::Unlisted { .. } => "image",
        }
    }
}

/// A target of a sweep.
pub struct Target {
    /// What reports call it.
    pub name: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Path, URL without credentials, or image reference: what tells it from other targets, in this sweep and the next.
    pub location: String,
    /// What is to be read.
    pub place: Place,
}

impl Target {
    /// Whether what is known of another target is known of this one: of a repository or registry whose images are not
    /// told, all images.
    pub fn stands_for(&self, location: &str) -> bool {
        let Place::Unlisted { has_repositories, .. } = self.place else { return false };
        let is_image = |rest: &str| rest.starts_with([':', '@']) || has_repositories && rest.starts_with('/');
        location.strip_prefix(&self.location).is_some_and(is_image)
    }

    /// What is the same for all ways to write one target: of a path, where it leads; of a URL, whatever the letters of its host
    /// are, and without what servers add at the end.
    fn identity(&self) -> String {
        match &self.place {
            Place::Path(path) => {
                path.canonicalize().map_or_else(|_| self.location.clone(), |real| real.to_string_lossy().into_owned())
            }
            Place::Git(remote) => {
                let (host, location) = (remote.host(), self.location.trim_end_matches('/'));
                let location = location.strip_suffix(".git").unwrap_or(location);
                location.replacen(host, &host.to_ascii_lowercase(), 1)
            }
            Place::Image(_) | Place::Unlisted { .. } => self.location.clone(),
        }
    }
}

/// A line that names no target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it; repeats nothing that could be a credential.
    pub message: String,
}

/// Reads a list.
///
/// # Errors
/// The first line that is wrong.
pub fn parse(text: &str, transports: Transports) -> Result<Vec<Target>, BadLine> {
    let mut targets = Vec::new();
    let mut lines_of: HashMap<String, usize> = HashMap::new();
    // Lists come out of spreadsheets, too.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, text) in (1..).zip(text.lines()) {
        let bad = |message: String| BadLine { line, message };
        let words = words(text).map_err(bad)?;
        let Some((first, settings)) = words.split_first() else { continue };
        let target = target(first, settings, transports).map_err(bad)?;
        if let Some(earlier) = lines_of.insert(target.identity(), line) {
            return Err(bad(format!("names the same target as line {earlier}")));
        }
        targets.push(target);
    }
    Ok(targets)
}

/// The words of a line. Double quotes hold words with spaces together; `#` at the beginning of a word begins a comment.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '#' if !quoted && word.is_none() => break,
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c if c.is_control() => return Err("has a control character".to_owned()),
            c => word.get_or_insert_default().push(c),
        }
    }
    if quoted {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

fn target(first: &str, settings: &[String], transports: Transports) -> Result<Target, String> {
    let (location, place) = place(first, transports)?;
    let (mut name, mut owner) = (None, None);
    for setting in settings {
        let (slot, value) = match setting.split_once('=') {
            Some(("name", value)) => (&mut name, value),
            Some(("owner", value)) => (&mut owner, value),
            _ => return Err("after the target only name=NAME and owner=OWNER can stand".to_owned()),
        };
        if value.is_empty() || slot.replace(value.to_owned()).is_some() {
            return Err("a name or owner is empty, or given twice".to_owned());
        }
    }
    Ok(Target { name: name.unwrap_or_else(|| location.clone()), owner, location, place })
}

fn place(word: &str, transports: Transports) -> Result<(String, Place), String> {
    if let Some(reference) = word.strip_prefix("oci://") {
        return image(reference);
    }
    if let Some(name) = word.strip_prefix("docker:") {
        return image(name).map(|_| (word.to_owned(), Place::Image(word.to_owned())));
    }
    if word.starts_with("oci:") {
        return Ok((word.to_owned(), Place::Image(word.to_owned())));
    }
    let is_there = Path::new(word).exists();
    if word.contains("://") || word.contains("::") || (!is_there && is_ssh_address(word)) {
        // A query could only be a credential: git servers have no use for one.
        if word.contains(['?', '#']) {
            return Err("a git URL has no query: put a token into SCRUBJAY_GIT_TOKEN or a --token-file".to_owned());
        }
        let remote = Remote::parse(word, transports).map_err(|cause| format!("git URL: {}", cause.message))?;
        return Ok((remote.location().to_owned(), Place::Git(remote)));
    }
    if is_there || word.starts_with(['.', '/', '~']) {
        let path = plain(Path::new(word));
        return Ok((path.to_string_lossy().into_owned(), Place::Path(path)));
    }
    // `team/app` may be a folder that is gone as well as an image: nothing is asked of a registry that was not meant.
    if names_a_registry(word) {
        return image(word);
    }
    Err("is no path that is there, no URL and no image: write ./PATH or oci://IMAGE where it is one".to_owned())
}

/// A path as all sweeps know it, whether somebody wrote `repos/web`, `./repos/web/` or `./repos//web`.
fn plain(path: &Path) -> PathBuf {
    let starts =
        matches!(path.components().next(), Some(Component::Normal(first)) if !first.to_string_lossy().starts_with('~'));
    let plain: PathBuf = path.components().collect();
    if starts { Path::new(".").join(plain) } else { plain }
}

fn image(reference: &str) -> Result<(String, Place), String> {
    // What else stands before an `@` could be a password, and a target is shown as it is written.
    if reference.split_once('@').is_some_and(|(_, digest)| !is_digest(digest)) {
        return Err(
            "has something other than a digest after an `@`: write HOST/NAME:TAG or HOST/NAME@DIGEST; logins come \
                    from Docker's config, and a git URL has a scheme"
                .to_owned(),
        );
    }
    if reference.is_empty() || reference.contains(['?', '#', ' ']) {
        return Err("is no image reference: write HOST/NAME:TAG".to_owned());
    }
    Ok((reference.to_owned(), Place::Image(reference.to_owned())))
}

/// A digest of an image.
fn is_digest(text: &str) -> bool {
    let hex = ["sha256:", "sha512:"].iter().find_map(|algorithm| text.strip_prefix(algorithm));
    hex.is_some_and(|hex| !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `user@host:path`, as ssh has it.
fn is_ssh_address(word: &str) -> bool {
    let Some((user, rest)) = word.split_once('@') else { return false };
    let Some((host, path)) = rest.split_once(':') else { return false };
    // An image by digest is `name@sha256:…`.
    let is_host = !host.is_empty() && !host.contains('/') && !matches!(host, "sha256" | "sha512");
    !user.is_empty() && !user.contains([':', '/']) && is_host && !path.is_empty()
}

/// Whether it can only be an image: it names a registry's host, a tag or a digest.
fn names_a_registry(word: &str) -> bool {
    let first = word.split('/').next().unwrap_or_default();
    let has_host = word.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    let tag = word.rsplit('/').next().unwrap_or_default().split_once(':').is_some_and(|(_, tag)| !tag.is_empty());
    has_host || tag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String, &'static str)>, String> {
        parse(text, Transports::Remote)
            .map(|targets| targets.into_iter().map(|t| (t.name, t.location, t.place.kind())).collect())
            .map_err(|bad| format!("{}: {}", bad.line, bad.message))
    }

    #[test]
    fn targets_are_told_apart_by_how_they_are_written() {
        let text = "# all of them\n\n./here name=\"The app\" owner=\"team a\"\n/srv/x.git # old\nhttps://u:p@h.example/a.git\ngit@h.example:team/b.git\noci://h.example/c:1\nh.example/d@sha256:00\nnginx:1.27\noci:layout\ndocker:app:1\n";
        let expected = [
            ("The app", "./here", "path"),
            ("/srv/x.git", "/srv/x.git", "path"),
            ("https://h.example/a.git", "https://h.example/a.git", "git"),
            ("git@h.example:team/b.git", "git@h.example:team/b.git", "git"),
            ("h.example/c:1", "h.example/c:1", "image"),
            ("h.example/d@sha256:00", "h.example/d@sha256:00", "image"),
            ("nginx:1.27", "nginx:1.27", "image"),
            ("oci:layout", "oci:layout", "image"),
            ("docker:app:1", "docker:app:1", "image"),
        ];
        let found = read(text).unwrap();
        let found: Vec<_> = found.iter().map(|(name, location, kind)| (&**name, &**location, *kind)).collect();
        assert_eq!(found, expected);
        assert_eq!(parse(text, Transports::Remote).unwrap()[0].owner.as_deref(), Some("team a"));
    }

    #[test]
    fn what_is_wrong_names_its_line_and_no_credential() {
        for (text, line) in [
            ("./a\n./b name=", 2),
            ("./a name=x name=y", 1),
            ("./a colour=red", 1),
            ("./a \"b", 1),
            ("./a\n./b\n./a", 3),
            ("team/app", 1),
            ("http://u:hunter2@h.example/a", 1),
            ("ext::sh", 1),
            ("https://h.example/a?token=hunter2", 1),
            ("https://u:hunter2@h.example/a\nhttps://h.example/a", 2),
            ("oci://u:hunter2@h.example/a", 1),
            ("oci://u:hunter2@h.example/a:1", 1),
            ("./a\nu:hunter2@h.example/a.git", 2),
            ("u:hunter2@h.example:5000/a:1", 1),
            ("git:hunter2@h.example:team/a.git", 1),
            ("git:hunter2@host:abc", 1),
            ("docker:u:hunter2@h.example/a:1", 1),
            ("u:hunter2@h.example/a@sha256:00", 1),
            ("\u{7}", 1),
        ] {
            let told = read(text).unwrap_err();
            assert!(told.starts_with(&format!("{line}: ")) && !told.contains("hunter2"), "{text}: {told}");
        }
        assert!(read("./a\n./b\n./a").unwrap_err().contains("line 1"));
    }

    #[test]
    fn a_repository_is_one_target_however_its_url_is_written() {
        for other in ["https://git.example/o/r.git", "https://GIT.example/o/r/", "https://git.example/o/r.git/"] {
            let told = read(&format!("https://git.example/o/r\n{other}")).unwrap_err();
            assert!(told.contains("the same target as line 1"), "{other}: {told}");
        }
        for other in ["https://git.example/o/R", "https://git.example:8443/o/r", "git@git.example:o/r"] {
            assert!(read(&format!("https://git.example/o/r\n{other}")).is_ok(), "{other}");
        }
    }

    #[test]
    fn a_path_is_one_target_however_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(at.join("repos/web")).unwrap();
        let web = at.join("repos/web").to_string_lossy().into_owned();
        for other in ["repos/web/", "repos//web", "repos/./web", "repos/../repos/web"] {
            let told = read(&format!("{web}\n{}/{other}", at.display())).unwrap_err();
            assert!(told.contains("the same target as line 1"), "{other}: {told}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at.join("repos"), at.join("link")).unwrap();
            assert!(read(&format!("{web}\n{}/link/web", at.display())).is_err());
        }
        // The next sweep knows it again.
        assert_eq!(read(&format!("{web}/")).unwrap()[0].1, web);
        for written in ["./src", "src", "src/", "./src//", "./src/."] {
            assert_eq!(read(written).unwrap()[0].1, "./src", "{written}");
        }
        assert_eq!(read("~/src/").unwrap()[0].1, "~/src");
    }

    #[test]
    fn a_byte_order_mark_is_none_of_the_first_target() {
        assert_eq!(read("\u{feff}./a\r\n./b\r\n").unwrap()[0].1, "./a");
    }
}
