//! How an image is read, and how registries and daemons are spoken with.

use std::path::PathBuf;

/// How an image is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Threads, each with a layer of its own; 0: as many as there are processors.
    pub threads: usize,
    /// Platforms to read, as `os/architecture[/variant]`; without a variant all of them. Empty: all. One that the image does
    /// not have is an error.
    pub platforms: Vec<String>,
    /// How registries are spoken with.
    pub transport: Transport,
    /// The image that this one was built on, as the user names it.
    pub base: Option<String>,
}

/// How a registry is spoken with.
#[derive(Debug, Clone, Default)]
pub struct Transport {
    /// Plain HTTP also for registries that are not on this machine.
    pub plain_http: bool,
    /// Whatever certificate a registry shows is taken.
    pub skip_tls_verify: bool,
    /// Certificates of further authorities, as PEM.
    pub ca_file: Option<PathBuf>,
    /// Where Docker's config is, and which daemon is meant.
    pub docker: DockerFlags,
}

/// What was told to Docker's own command line: its global flags. Empty where it was not that which started the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DockerFlags {
    /// `--config`: the folder of Docker's config.
    pub config: Option<PathBuf>,
    /// `--host`: the address of a daemon.
    pub host: Option<String>,
    /// `--context`: the name of a context, which has the address of a daemon.
    pub context: Option<String>,
    /// `--tls` and `--tlsverify`: whether a daemon at an address is spoken with over TLS.
    pub tls: Option<bool>,
}

impl DockerFlags {
    /// The folder of Docker's config, where it can be told.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let named = self.config.clone().or_else(|| std::env::var_os("DOCKER_CONFIG").map(PathBuf::from));
        named.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker")))
    }
}

impl Transport {
    /// Whether the user speaks of certificates, so that a registry on this machine is meant to have one.
    pub(super) fn wants_tls(&self) -> bool {
        self.skip_tls_verify || self.ca_file.is_some()
    }
}

impl Options {
    pub(super) fn threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}
