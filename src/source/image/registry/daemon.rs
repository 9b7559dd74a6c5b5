//! An image of the Docker or Podman daemon on this machine, by the endpoint that exports it.

use std::io::Read;
#[cfg(unix)]
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::failure::FailureKind;
use super::server::{Document, Endpoint, Server, Wanted};
use super::stop::Stop;
use crate::source::image::reference::{self, Target};

/// An image that a daemon has.
pub(in crate::source::image) struct Daemon<'s> {
    server: Server<'s>,
    name: String,
    about: About,
}

/// What a daemon says of an image.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::source::image) struct About {
    /// Digest of its config or manifest: what tells it from any other.
    pub id: String,
    /// Its config, as images have it.
    pub config: Option<Value>,
    #[serde(rename = "RootFS")]
    root_fs: Option<RootFs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RootFs {
    layers: Option<Vec<String>>,
}

impl About {
    /// Digests of the uncompressed layers, the lowest first.
    pub fn diff_ids(&self) -> &[String] {
        self.root_fs.as_ref().and_then(|root_fs| root_fs.layers.as_deref()).unwrap_or_default()
    }
}

/// Why a daemon gave no image.
pub(in crate::source::image) enum NoImage {
    /// There is a daemon, and it has none of that name.
    Unknown,
    /// Something else, for a person.
    Failed(String),
}

/// Whether the daemon on this machine has an image of a name that stands for nothing else here.
pub fn is_at_daemon(name: &str) -> bool {
    matches!(reference::parse(name), Ok(Target::Registry(_))) && Daemon::ask(name, Box::new(|| false)).is_ok()
}

impl<'s> Daemon<'s> {
    /// Asks the daemon about an image.
    pub fn ask(name: &str, stop: Stop<'s>) -> Result<Self, NoImage> {
        let endpoint = endpoint().map_err(NoImage::Failed)?;
        let server = Server::local("the daemon", &endpoint, stop).map_err(NoImage::Failed)?;
        let path = format!("images/{name}/json");
        let answer = server.document(&Wanted { path: &path, accept: "application/json", scope: "" });
        let Document { bytes, .. } = answer.map_err(|failure| match failure.kind {
            FailureKind::NotFound => NoImage::Unknown,
            _ => NoImage::Failed(format!(
                "the daemon cannot be asked: {}. Is it running, and may you use it? DOCKER_HOST names another",
                failure.detail
            )),
        })?;
        let about = serde_json::from_slice(&bytes)
            .map_err(|_| NoImage::Failed("the daemon's answer is not what its API says".to_owned()))?;
        Ok(Daemon { server, name: name.to_owned(), about })
    }

    pub fn about(&self) -> &About {
        &self.about
    }

    /// The image as `docker save` writes it.
    pub fn export(&self) -> Result<impl Read + Send + '_, String> {
        let path = format!("images/{}/get", self.name);
        let wanted = Wanted { path: &path, accept: "application/x-tar", scope: "" };
        let response = self.server.get(&wanted, None);
        let response = response.map_err(|failure| format!("the daemon does not export it: {}", failure.detail))?;
        Ok(self.server.body_reader(response))
    }
}

/// Where the daemon listens: what `DOCKER_HOST` says, or the usual socket of Docker or else of Podman.
fn endpoint() -> Result<Endpoint, String> {
    match std::env::var("DOCKER_HOST") {
        Ok(named) if !named.is_empty() => named_endpoint(&named),
        _ => usual_endpoint(),
    }
}

fn named_endpoint(named: &str) -> Result<Endpoint, String> {
    #[cfg(unix)]
    if let Some(path) = named.strip_prefix("unix://") {
        return Ok(Endpoint::Socket(PathBuf::from(path)));
    }
    let address = named.strip_prefix("tcp://").or_else(|| named.strip_prefix("http://"));
    match address {
        Some(address) if std::env::var_os("DOCKER_TLS_VERIFY").is_none() => {
            Ok(Endpoint::Address(address.trim_end_matches('/').to_owned()))
        }
        _ => Err("DOCKER_HOST is neither a socket (unix://PATH) nor an address without TLS (tcp://HOST:PORT); pipe \
             `docker save` into `scrubjay image -`"
            .to_owned()),
    }
}

#[cfg(unix)]
fn usual_endpoint() -> Result<Endpoint, String> {
    let of_user = std::env::var_os("XDG_RUNTIME_DIR").map(|run| PathBuf::from(run).join("podman/podman.sock"));
    let usual = [PathBuf::from("/var/run/docker.sock")].into_iter().chain(of_user);
    let mut usual = usual.chain([PathBuf::from("/run/podman/podman.sock")]);
    usual.find(|path| path.exists()).map(Endpoint::Socket).ok_or_else(|| {
        "there is no socket of a Docker or Podman daemon here; DOCKER_HOST names another, and `docker save NAME | \
         scrubjay image -` needs none"
            .to_owned()
    })
}

#[cfg(not(unix))]
fn usual_endpoint() -> Result<Endpoint, String> {
    Err("name the daemon's address in DOCKER_HOST, or pipe `docker save` into `scrubjay image -`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn endpoints_as_docker_writes_them() {
        assert_eq!(named_endpoint("unix:///run/d.sock"), Ok(Endpoint::Socket("/run/d.sock".into())));
        assert_eq!(named_endpoint("tcp://127.0.0.1:2375/"), Ok(Endpoint::Address("127.0.0.1:2375".into())));
        assert!(named_endpoint("ssh://host").is_err());
    }
}
