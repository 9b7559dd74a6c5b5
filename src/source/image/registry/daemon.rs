//! An image of the Docker or Podman daemon on this machine, by the endpoint that exports it.

use std::io::Read;

use serde::Deserialize;
use serde_json::Value;

use super::endpoint::{self, NoEndpoint};
use super::failure::FailureKind;
use super::server::{Document, Server, Wanted};
use super::stop::Stop;
use crate::source::SourceError;
use crate::source::image::DockerFlags;
use crate::source::image::reference::{self, Target};

/// An image that a daemon has.
pub(in crate::source::image) struct Daemon<'s> {
    server: Server<'s>,
    name: String,
    called: String,
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
    /// There is no daemon where they usually are, and none was named.
    NoDaemon(String),
    /// Something else, for a person.
    Failed(String),
}

/// Where an image is read from, of which only the name is known.
#[derive(Debug, PartialEq, Eq)]
pub enum Nearest {
    /// The name says it: a file, say.
    AsNamed,
    /// The daemon has it, or there is no time left to ask it.
    Daemon {
        /// What the daemon is called, for a person.
        called: String,
    },
    /// A registry, since the daemon has none of that name, or there is none.
    Registry {
        /// Its host and port.
        host: String,
        /// What a reader of the report should know.
        note: Option<String>,
    },
}

impl Nearest {
    /// Looks a name up: at the daemon that is meant first, and a registry has it only where that daemon says that it has not,
    /// or where there is none and none was named.
    ///
    /// # Errors
    /// When the daemon cannot be asked: nobody knows then which of the two images of that name is meant.
    pub fn of(name: &str, docker: &DockerFlags, stop: &(dyn Fn() -> bool + Sync)) -> Result<Self, SourceError> {
        let Ok(Target::Registry(reference)) = reference::parse(name) else { return Ok(Nearest::AsNamed) };
        let host = reference.registry().to_owned();
        match Daemon::ask(name, docker, Box::new(stop)) {
            Ok(daemon) => Ok(Nearest::Daemon { called: daemon.called }),
            Err(_) if stop() => Ok(Nearest::Daemon { called: "the daemon".to_owned() }),
            Err(NoImage::Unknown) => Ok(Nearest::Registry { host, note: None }),
            Err(NoImage::NoDaemon(_)) => {
                let note = format!("there is no daemon here, so the image is the one of the registry {host}");
                Ok(Nearest::Registry { host, note: Some(note) })
            }
            Err(NoImage::Failed(why)) => Err(SourceError::new(
                name,
                format!("{why}. To read what a registry has, whatever the daemon has: scrubjay image {name}"),
            )),
        }
    }
}

impl<'s> Daemon<'s> {
    /// Asks the daemon about an image.
    pub fn ask(name: &str, docker: &DockerFlags, stop: Stop<'s>) -> Result<Self, NoImage> {
        let meant =
            endpoint::meant(docker, |name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
                .map_err(|cause| match cause {
                    NoEndpoint::NoneHere(why) => NoImage::NoDaemon(why),
                    NoEndpoint::Unusable(why) => NoImage::Failed(why),
                })?;
        let called = meant.called;
        let server = Server::local("the daemon", &meant.endpoint, stop).map_err(NoImage::Failed)?;
        let path = format!("images/{name}/json");
        let answer = server.document(&Wanted { path: &path, accept: "application/json", scope: "" });
        let Document { bytes, .. } = answer.map_err(|failure| match failure.kind {
            FailureKind::NotFound => NoImage::Unknown,
            _ => NoImage::Failed(format!(
                "{called} cannot be asked: {}. Is it running, and may you use it? DOCKER_HOST or a context of Docker's names another",
                failure.detail
            )),
        })?;
        let about = serde_json::from_slice(&bytes)
            .map_err(|_| NoImage::Failed(format!("{called} does not answer as its API says")))?;
        Ok(Daemon { server, name: name.to_owned(), called, about })
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
