//! Clones a repository with the git that is installed, under rules that let neither the URL nor the other side run anything
//! here. Knows nothing of what is done with the clone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gix::url::Scheme;

use crate::origin::printable;
use crate::source::SourceError;

/// Bytes of git's own error message that are shown.
const LONGEST_MESSAGE: usize = 400;

/// Variables that would make git look elsewhere, say more than it should, or take config from the environment.
const CLEARED: [&str; 15] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_TEMPLATE_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_TRACE",
    "GIT_TRACE_CURL",
    "GIT_TRACE_PACKET",
    "GIT_CURL_VERBOSE",
    "GIT_EXTERNAL_DIFF",
];

/// How a repository may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transports {
    /// `https://`, `ssh://` and `user@host:path`.
    Remote,
    /// Also `file://` and paths: only for URLs that are as trusted as this machine.
    AlsoLocal,
}

/// A bare clone in a temporary folder, deleted when this is dropped.
#[derive(Debug)]
pub struct Cloned {
    folder: PathBuf,
    location: String,
}

impl Cloned {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The URL, without credentials.
    pub fn location(&self) -> &str {
        &self.location
    }
}

impl Drop for Cloned {
    fn drop(&mut self) {
        // Nothing can be done about a folder that does not go: it is in the temporary folder, which is emptied.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Clones everything that the other side shows, also refs that are no branches.
///
/// Credentials come from the user's own git config, or from the URL; those of the URL are shown neither to other users of
/// this machine nor in any message.
///
/// # Errors
/// When the URL is none that may be used, git is not installed, or it fails.
pub fn clone_bare(url: &str, transports: Transports) -> Result<Cloned, SourceError> {
    let remote = Remote::parse(url, transports)?;
    let error = |message: String| SourceError::new(remote.location.clone(), message);
    let folder = temporary_folder().map_err(|cause| error(format!("no temporary folder: {cause}")))?;
    let cloned = Cloned { folder, location: remote.location.clone() };
    let output = remote.command(&cloned.folder, transports).output().map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => error("git is not installed, and is needed to clone".into()),
        _ => error(format!("git cannot be started: {cause}")),
    })?;
    if output.status.success() {
        return Ok(cloned);
    }
    let message = printable(output.stderr.trim_ascii()).replace("\\n", "; ");
    let start = message.len().saturating_sub(LONGEST_MESSAGE);
    let message = (start..message.len()).find_map(|at| message.get(at..)).unwrap_or_default();
    Err(error(format!("git cannot clone it: {message}")))
}

/// A new folder that nobody else can look into.
fn temporary_folder() -> std::io::Result<PathBuf> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("scrubjay-clone-{}-{number}", std::process::id()));
        match builder.create(&folder) {
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {}
            created => return created.map(|()| folder),
        }
    }
}

struct Remote {
    /// What git is given.
    url: String,
    /// What people are shown.
    location: String,
    /// The value of an `Authorization` header.
    authorization: Option<String>,
}

impl Remote {
    fn parse(url: &str, transports: Transports) -> Result<Self, SourceError> {
        let refused = |message: &str| Err(SourceError::new("git URL", message));
        // What cannot be parsed is not repeated: a password may be anywhere in it.
        let Ok(mut parsed) = gix::url::parse(url) else { return refused("it cannot be parsed") };
        if url.starts_with('-') || url.chars().any(char::is_control) {
            return refused("it begins with `-` or has control characters");
        }
        let is_local = parsed.scheme == Scheme::File;
        match (&parsed.scheme, transports) {
            (Scheme::Https | Scheme::Ssh, _) | (Scheme::File, Transports::AlsoLocal) => {}
            _ => return refused("only https:// and ssh can be cloned"),
        }
        if !is_local
            && (parsed.host_argument_safe().is_none() || parsed.user().is_some_and(|user| user.starts_with('-')))
        {
            return refused("it names no host, or one that git could take for an option");
        }
        let password = parsed.set_password(None);
        let mut authorization = None;
        if parsed.scheme == Scheme::Https {
            let user = parsed.set_user(None);
            if user.is_some() || password.is_some() {
                let both = format!("{}:{}", user.unwrap_or_default(), password.unwrap_or_default());
                authorization = Some(format!("Authorization: Basic {}", BASE64.encode(both)));
            }
        }
        let url = parsed.to_bstring().to_string();
        let location = url.split(['?', '#']).next().unwrap_or_default().to_owned();
        Ok(Remote { url, location, authorization })
    }

    fn command(&self, folder: &Path, transports: Transports) -> Command {
        let mut git = Command::new("git");
        for name in CLEARED {
            git.env_remove(name);
        }
        git.current_dir(folder)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_LFS_SKIP_SMUDGE", "1")
            // Not the config of a repository that the temporary folder happens to lie in.
            .env("GIT_CEILING_DIRECTORIES", folder)
            .env("GIT_ALLOW_PROTOCOL", if transports == Transports::AlsoLocal { "https:ssh:file" } else { "https:ssh" })
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut config = vec![
            ("core.hooksPath".to_owned(), if cfg!(windows) { "NUL" } else { "/dev/null" }.to_owned()),
            ("core.fsmonitor".to_owned(), "false".to_owned()),
            ("transfer.bundleURI".to_owned(), "false".to_owned()),
            ("gc.auto".to_owned(), "0".to_owned()),
        ];
        if let Some(authorization) = &self.authorization {
            // In the environment, where other users of this machine cannot read it, and for this host only.
            config.push((format!("http.{}.extraHeader", self.location), authorization.clone()));
            config.push(("http.followRedirects".to_owned(), "false".to_owned()));
        }
        git.env("GIT_CONFIG_COUNT", config.len().to_string());
        for (number, (key, value)) in config.iter().enumerate() {
            git.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        git.args(["clone", "--quiet", "--mirror", "--no-local", "--template=", "--", &self.url, "."]);
        git
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        Remote::parse(url, Transports::Remote).err().unwrap_or_else(|| panic!("{url}")).to_string()
    }

    #[test]
    fn credentials_go_into_the_environment_and_nowhere_else() {
        let remote = Remote::parse("https://user:p%40ss@git.example.com/a/b.git?token=x", Transports::Remote).unwrap();
        assert_eq!(remote.location, "https://git.example.com/a/b.git");
        assert!(!remote.url.contains("p@ss") && !remote.url.contains("p%40ss"), "{}", remote.url);
        let command = remote.command(Path::new("/tmp"), Transports::Remote);
        assert!(command.get_args().all(|argument| !argument.to_string_lossy().contains("user")));
        let expected = format!("Authorization: Basic {}", BASE64.encode("user:p@ss"));
        assert!(command.get_envs().any(|(_, value)| value.is_some_and(|value| value == expected.as_str())));
    }

    #[test]
    fn an_ssh_address_keeps_its_user() {
        for url in ["git@git.example.com:a/b.git", "ssh://git@git.example.com:2222/a/b.git"] {
            let remote = Remote::parse(url, Transports::Remote).unwrap();
            assert_eq!((remote.location.as_str(), remote.authorization), (url, None));
        }
    }

    #[test]
    fn what_could_run_something_or_is_not_encrypted_is_refused() {
        for url in [
            "ext::sh -c touch% /tmp/x",
            "http://git.example.com/a",
            "git://git.example.com/a",
            "file:///srv/a",
            "/srv/a",
            "--upload-pack=touch",
            "ssh://-oProxyCommand=x/a",
            "ssh://-oProxyCommand=x@host/a",
            "https://git.example.com/a\nb",
            "fd::17",
        ] {
            assert!(refused(url).starts_with("git URL: "), "{url}");
        }
        assert!(!refused("http://user:hunter2@git.example.com/").contains("hunter2"));
    }
}
