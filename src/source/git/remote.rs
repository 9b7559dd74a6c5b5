//! Repositories elsewhere: which URLs may be used, how to log in there, and a clone for the time of a scan. Knows nothing
//! of what is done with the clone.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use gix::url::Scheme;

use super::command::{self, Stopped, Trouble};
use super::repository::Repository;
use super::tokens::Tokens;
use crate::cache::private_folders;
use crate::secret::Secret;
use crate::source::SourceError;

/// How a repository may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transports {
    /// `https://`, `ssh://` and `user@host:path`.
    Remote,
    /// Also `file://` and paths: only for URLs that are as trusted as this machine.
    AlsoLocal,
    /// Also `http://` and `git://`, to the addresses of this machine alone: only for tests, which have no certificates.
    AlsoLoopback,
}

/// How repositories elsewhere are reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// What may be used for it.
    pub transports: Transports,
    /// Tokens for their hosts.
    pub tokens: Arc<Tokens>,
}

/// A bare clone in a temporary folder, deleted when this is dropped.
#[derive(Debug)]
pub struct Cloned {
    folder: PathBuf,
    location: String,
}

impl Cloned {
    /// An empty folder of its own for what comes from `location`.
    pub(super) fn empty(location: &str) -> std::io::Result<Self> {
        Ok(Cloned { folder: temporary_folder()?, location: location.to_owned() })
    }

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
/// Credentials are those of the URL, a token for its host, or what the user's own git has; those of the URL are shown neither
/// to other users of this machine nor in any message.
///
/// # Errors
/// When the URL is none that may be used, git is not installed, it fails, or it is to stop.
pub fn clone_bare(url: &str, access: &Access, stopped: Stopped<'_>) -> Result<Cloned, SourceError> {
    let mut remote = Remote::parse(url, access.transports)?;
    access.tokens.log_in(&mut remote);
    clone(&remote, "--mirror", stopped)
}

/// Clones the branches and tags of the remote that a repository here came from, if that left something out; `None` where it is whole.
///
/// # Errors
/// As [`clone_bare`]; also when the repository names no remote.
pub fn clone_whole(path: &Path, access: &Access, stopped: Stopped<'_>) -> Result<Option<Cloned>, SourceError> {
    let location = path.to_string_lossy();
    let repository = Repository::open(path, &location)?;
    if repository.shallow.is_empty() && !repository.is_partial() {
        return Ok(None);
    }
    let url = repository.remote_url().ok_or_else(|| SourceError::new(location, "it names no remote `origin`"))?;
    let mut remote = Remote::parse(&url, access.transports)?;
    access.tokens.log_in(&mut remote);
    clone(&remote, "--bare", stopped).map(Some)
}

fn clone(remote: &Remote, refs: &str, stopped: Stopped<'_>) -> Result<Cloned, SourceError> {
    let error = |message: String| SourceError::new(remote.location.clone(), message);
    let cloned = Cloned::empty(&remote.location).map_err(|cause| error(format!("no temporary folder: {cause}")))?;
    let arguments = ["clone", "--quiet", refs, "--no-local", "--template=", "--", remote.url(), "."];
    let speaks = |()| remote.has_answered(&cloned.folder, stopped);
    match command::run(remote.git(&cloned.folder), arguments, stopped).and_then(speaks) {
        Ok(()) => Ok(cloned),
        Err(Trouble::NotStarted(cause)) => Err(error(cause)),
        Err(Trouble::Failed(message)) => Err(error(format!("git cannot clone it: {}", remote.explained(message)))),
        Err(Trouble::Stopped) => Err(error("it was stopped before all of it was cloned".into())),
    }
}

/// A new folder that nobody else can look into.
fn temporary_folder() -> std::io::Result<PathBuf> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let builder = private_folders(false);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("scrubjay-clone-{}-{number}", std::process::id()));
        match builder.create(&folder) {
            Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => {}
            created => return created.map(|()| folder),
        }
    }
}

/// The address of a repository elsewhere.
pub struct Remote {
    /// What git is given.
    url: String,
    /// What people are shown.
    location: String,
    /// Host and port, where a port is given.
    host: String,
    /// The one protocol that git may use.
    protocol: &'static str,
    /// The value of an `Authorization` header.
    authorization: Option<Secret>,
    /// The host of a token that is for another port of this one, and so not sent.
    near: Option<String>,
}

impl Remote {
    /// Reads a URL, or an ssh address as in `user@host:path`.
    ///
    /// # Errors
    /// When it is none that may be used. The message does not repeat it: a password may be anywhere in it.
    pub fn parse(url: &str, transports: Transports) -> Result<Self, SourceError> {
        let refused = |message: &str| Err(SourceError::new("git URL", message));
        // Schemes are the same in either case (RFC 3986, 3.1).
        let lower = url.split_once("://").map(|(scheme, rest)| format!("{}://{rest}", scheme.to_ascii_lowercase()));
        let Ok(mut parsed) = gix::url::parse(lower.as_deref().unwrap_or(url)) else {
            return refused("it cannot be parsed");
        };
        if url.starts_with('-') || url.chars().any(char::is_control) {
            return refused("it begins with `-` or has control characters");
        }
        let is_loopback = transports == Transports::AlsoLoopback && parsed.host().is_some_and(is_loopback);
        let protocol = match &parsed.scheme {
            Scheme::Https => "https",
            Scheme::Ssh => "ssh",
            Scheme::File if transports == Transports::AlsoLocal => "file",
            Scheme::Http if is_loopback => "http",
            Scheme::Git if is_loopback => "git",
            _ => return refused("only https:// and ssh can be cloned"),
        };
        if protocol != "file"
            && (parsed.host_argument_safe().is_none() || parsed.user().is_some_and(|user| user.starts_with('-')))
        {
            return refused("it names no host, or one that git could take for an option");
        }
        let password = parsed.set_password(None);
        let mut authorization = None;
        if protocol.starts_with("http") {
            let user = parsed.set_user(None);
            if user.is_some() || password.is_some() {
                authorization = Some(basic(&user.unwrap_or_default(), password.unwrap_or_default().as_bytes()));
            }
        }
        let host = match (parsed.host(), parsed.port) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let url = parsed.to_bstring().to_string();
        let location = url.split(['?', '#']).next().unwrap_or_default().to_owned();
        Ok(Remote { url, location, host, protocol, authorization, near: None })
    }

    /// The URL, without credentials, as people are shown it.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The host, with its port where the URL gives one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether a user and a password can be given, and the URL has none itself.
    pub fn wants_login(&self) -> bool {
        self.protocol.starts_with("http") && self.authorization.is_none()
    }

    /// Gives a user and a password, which are sent to this repository's URL alone.
    pub fn log_in(&mut self, user: &str, password: &Secret) {
        self.authorization = Some(basic(user, password.expose()));
    }

    /// Notes that there is a token for another port of its host.
    pub(super) fn note_near(&mut self, host: &str) {
        self.near = Some(host.to_owned());
    }

    /// What git said when it failed; where that was for want of a login, which one was refused or is missing.
    pub fn explained(&self, message: String) -> String {
        let is_redirect =
            ["301", "302", "307", "308"].iter().any(|code| message.contains(&format!("returned error: {code}")));
        if is_redirect && self.authorization.is_some() {
            return format!("{} sends to another address, and no token is sent there: name the new address", self.host);
        }
        let wants_login = ["could not read Username", "could not read Password", "askpass", "Authentication failed"];
        if !self.protocol.starts_with("http") || !wants_login.iter().any(|words| message.contains(words)) {
            return message;
        }
        let host = &self.host;
        match (&self.authorization, &self.near) {
            (Some(_), _) => format!("{host} refuses the token or password that was sent"),
            (None, Some(near)) => {
                format!("{host} wants a login: no token was sent, since the one for {near} is for another port")
            }
            (None, None) if message.contains("Authentication failed") => {
                format!("{host} refuses the login that your own git has for it; no token was sent")
            }
            (None, None) => format!("{host} wants a login: no token was sent, and your own git has none for it"),
        }
    }

    /// The URL as git is given it: without credentials, but for what a query may hold.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether the other side is a git server, where a clone of it in `folder` has no reference: git takes any answer over HTTP for
    /// that of an empty repository.
    ///
    /// # Errors
    /// When it is none, or it is to stop.
    pub(super) fn has_answered(&self, folder: &Path, stopped: Stopped<'_>) -> Result<(), Trouble> {
        let list = ["for-each-ref", "--count=1", "--format=%(refname)"];
        if !command::run_for(command::git(folder, "", &[]), list, stopped)?.is_empty() {
            return Ok(());
        }
        self.is_of_git(folder, stopped)
    }

    /// The same of one that names no `HEAD`.
    ///
    /// # Errors
    /// As [`Self::has_answered`].
    pub(super) fn is_of_git(&self, folder: &Path, stopped: Stopped<'_>) -> Result<(), Trouble> {
        if !self.protocol.starts_with("http") {
            return Ok(());
        }
        // Git writes down each packet of its protocol, and a server without that sends none.
        let packets = folder.join("scrubjay-packets");
        let mut git = self.git(folder);
        git.env("GIT_TRACE_PACKET", &packets).env("GIT_TRACE_REDACT", "1");
        let listed = command::run(git, ["ls-remote", "--quiet", "--", self.url()], stopped);
        let is_spoken = fs::metadata(&packets).is_ok_and(|packets| packets.len() > 0);
        let _ = fs::remove_file(&packets);
        listed?;
        if is_spoken {
            return Ok(());
        }
        Err(Trouble::Failed(format!("{} answers, but not as a git server does, and has no reference", self.host)))
    }

    /// A git command in `folder` that can reach this repository and nothing else.
    pub(super) fn git(&self, folder: &Path) -> Command {
        let mut config = Vec::new();
        if let Some(authorization) = &self.authorization {
            let header = String::from_utf8_lossy(authorization.expose()).into_owned();
            config.push((format!("http.{}.extraHeader", self.location), header));
        }
        if self.authorization.is_some() || self.protocol == "http" {
            config.push(("http.followRedirects".to_owned(), "false".to_owned()));
        }
        command::git(folder, self.protocol, &config)
    }
}

fn basic(user: &str, password: &[u8]) -> Secret {
    let both = [user.as_bytes(), b":", password].concat();
    Secret::new(format!("Authorization: Basic {}", BASE64.encode(both)).into_bytes())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
        let command = remote.git(Path::new("/tmp"));
        assert!(command.get_args().all(|argument| !argument.to_string_lossy().contains("user")));
        let expected = format!("Authorization: Basic {}", BASE64.encode("user:p@ss"));
        assert!(command.get_envs().any(|(_, value)| value.is_some_and(|value| value == expected.as_str())));
    }

    #[test]
    fn a_scheme_is_the_same_in_either_case() {
        let remote = Remote::parse("HTTPS://git.example.com/a/B.git", Transports::Remote).unwrap();
        assert_eq!(remote.location(), "https://git.example.com/a/B.git");
        refused("HTTP://git.example.com/a");
        refused("EXT::sh -c true");
    }

    #[test]
    fn an_ssh_address_keeps_its_user() {
        for url in ["git@git.example.com:a/b.git", "ssh://git@git.example.com:2222/a/b.git"] {
            let remote = Remote::parse(url, Transports::Remote).unwrap();
            assert!(remote.location() == url && remote.authorization.is_none());
        }
    }

    #[test]
    fn without_certificates_only_this_machine_is_reached_and_only_in_tests() {
        for url in ["http://127.0.0.1:8080/a", "git://127.0.0.1/a", "http://localhost/a", "http://[::1]:80/a"] {
            assert!(Remote::parse(url, Transports::AlsoLoopback).is_ok(), "{url}");
            refused(url);
        }
        for url in ["http://127.0.0.1.example.com/a", "git://10.0.0.1/a", "http://localhost.example.com/a", "/srv/a"] {
            assert!(Remote::parse(url, Transports::AlsoLoopback).is_err(), "{url}");
        }
    }

    #[test]
    fn a_login_is_for_http_and_for_urls_without_one() {
        let mut remote = Remote::parse("https://git.example.com:8443/a.git", Transports::Remote).unwrap();
        assert_eq!((remote.host(), remote.wants_login()), ("git.example.com:8443", true));
        remote.log_in("me", &Secret::new(*b"s3cret"));
        assert!(!remote.wants_login());
        let key = remote.git(Path::new("/tmp")).get_envs().any(|(_, value)| {
            value.is_some_and(|value| value == "http.https://git.example.com:8443/a.git.extraHeader")
        });
        assert!(key);
        assert!(!Remote::parse("git@git.example.com:a.git", Transports::Remote).unwrap().wants_login());
    }

    #[test]
    fn whether_a_token_was_refused_or_is_missing_is_told() {
        let mut remote = Remote::parse("https://git.example.com:8443/a.git", Transports::Remote).unwrap();
        let asked = "fatal: could not read Username for 'https://git.example.com:8443': terminal prompts disabled";
        let told = |remote: &Remote| remote.explained(asked.to_owned());
        assert!(told(&remote).contains("no token was sent, and your own git has none"));
        assert!(remote.explained("Authentication failed for x".to_owned()).contains("your own git"));
        remote.note_near("git.example.com");
        assert!(told(&remote).contains("the one for git.example.com is for another port"));
        remote.log_in("me", &Secret::new(*b"s3cret"));
        assert!(told(&remote).contains("refuses the token"));
        assert_eq!(remote.explained("fatal: no space left".to_owned()), "fatal: no space left");
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
