//! `image`, as typed, and how registries are spoken with.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::cli::flags::{CommonArgs, READ};
use crate::cli::values;
use crate::source::image::{DockerFlags, Transport};

/// `image`.
#[derive(Debug, Args)]
pub struct ImageArgs {
    /// Reference, image tar, OCI layout (oci:DIR), image of the Docker or Podman daemon (docker:NAME), or `-` for a tar on
    /// standard input
    #[arg(value_name = "REF|PATH|oci:DIR|docker:NAME|-")]
    pub image: String,
    /// Read only this platform, such as linux/arm64; repeatable [default: all of them]
    #[arg(long, value_name = "OS/ARCH", help_heading = READ, value_delimiter = ',', env = "SCRUBJAY_PLATFORM", hide_env = true)]
    pub platform: Vec<String>,
    /// The image that it was built on: what comes from there is told as inherited, and does not fail the run
    #[arg(long, value_name = "REF|PATH|oci:DIR|docker:NAME", help_heading = READ, env = "SCRUBJAY_BASE", hide_env = true)]
    pub base: Option<String>,
    /// Do not read layers again that are known from earlier runs with this flag; the report is that of a full scan
    #[arg(long, conflicts_with = "explain", env = "SCRUBJAY_INCREMENTAL", hide_env = true, value_parser = values::switch, help_heading = READ)]
    pub incremental: bool,
    /// Where to keep what is known of layers; no secret is in it [default: in the user's cache folder]
    #[arg(long, value_name = "DIR", requires = "incremental", value_hint = ValueHint::DirPath, env = "SCRUBJAY_CACHE", hide_env = true, help_heading = READ)]
    pub cache: Option<PathBuf>,
    /// How registries are spoken with.
    #[command(flatten)]
    pub transport: TransportArgs,
    /// Flags of every scan.
    #[command(flatten)]
    pub common: CommonArgs,
    /// When nothing fails the run and all was read, of all platforms, run this command, if the name still leads to the same
    /// image; takes the rest of the line
    #[arg(long, value_name = "CMD", num_args = 1.., allow_hyphen_values = true, conflicts_with = "exit_zero")]
    pub then: Vec<std::ffi::OsString>,
}

/// How registries are spoken with.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Registries")]
pub struct TransportArgs {
    /// Plain HTTP for every registry, not only for those on this machine
    #[arg(long, conflicts_with_all = ["insecure_skip_tls_verify", "ca_file"], env = "SCRUBJAY_PLAIN_HTTP", hide_env = true, value_parser = values::switch)]
    pub plain_http: bool,
    /// Take whatever certificate a registry shows
    #[arg(long, env = "SCRUBJAY_INSECURE_SKIP_TLS_VERIFY", hide_env = true, value_parser = values::switch)]
    pub insecure_skip_tls_verify: bool,
    /// Trust the authorities in this PEM file, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "SCRUBJAY_CA_FILE", hide_env = true)]
    pub ca_file: Option<PathBuf>,
}

impl From<&TransportArgs> for Transport {
    fn from(args: &TransportArgs) -> Self {
        Transport {
            plain_http: args.plain_http,
            skip_tls_verify: args.insecure_skip_tls_verify,
            ca_file: args.ca_file.clone(),
            docker: DockerFlags::default(),
        }
    }
}
