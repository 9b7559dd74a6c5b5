//! Which daemon is meant, and where it listens: what Docker's own command line would ask. The order is that of docker/cli
//! (`resolveContextName` in `cli/command/cli.go`): its flags, `DOCKER_HOST`, `DOCKER_CONTEXT`, `currentContext` of its config,
//! and then the usual socket. No message holds an address: some have a login in them.

use std::path::Path;
#[cfg(unix)]
use std::path::PathBuf;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::docker_config::DockerConfig;
use crate::origin::printable;
use crate::source::image::DockerFlags;

/// The context that stands for `DOCKER_HOST` or the usual socket.
const DEFAULT_CONTEXT: &str = "default";

/// What needs no daemon that this program can speak with.
const BY_PIPE: &str = "`docker save NAME | scrubjay image -` needs no daemon that this program can reach";

/// Where a daemon listens.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    #[cfg(unix)]
    Socket(PathBuf),
    /// Host and port.
    Address(String),
}

/// A daemon that is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meant {
    pub endpoint: Endpoint,
    /// What it is called in messages: by what names it.
    pub called: String,
}

/// Why there is no daemon to ask.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoEndpoint {
    /// None is named, and none has a socket where they usually are.
    NoneHere(String),
    /// One is named in a way that leads to none, or to one that cannot be spoken with.
    Unusable(String),
}

/// The daemon that is meant. `variable` gives what the environment says.
pub(super) fn meant(flags: &DockerFlags, variable: impl Fn(&str) -> Option<String>) -> Result<Meant, NoEndpoint> {
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let wants_tls =
        variable("DOCKER_TLS_VERIFY").is_some() || flags.tls.unwrap_or_else(|| variable("DOCKER_TLS").is_some());
    let of_variable = || variable("DOCKER_HOST").map(|host| (host, "DOCKER_HOST"));
    let host = match (&flags.host, &flags.context) {
        (Some(_), Some(_)) => {
            return Err(NoEndpoint::Unusable("--host and --context may name two daemons: give one of them".to_owned()));
        }
        (Some(host), None) => Some((host.clone(), "--host")),
        (None, Some(context)) if context != DEFAULT_CONTEXT => return of_context(flags, context),
        (None, Some(_)) => of_variable(),
        (None, None) => match of_variable() {
            Some(host) => Some(host),
            None => match chosen_context(flags, variable("DOCKER_CONTEXT"))? {
                Some(context) => return of_context(flags, &context),
                None => None,
            },
        },
    };
    match host {
        Some((host, by)) => named(&host, by, wants_tls)
            .map(|endpoint| Meant { endpoint, called: format!("the daemon that {by} names") }),
        None => usual().map(|endpoint| Meant { endpoint, called: "the daemon on this machine".to_owned() }),
    }
}

/// The context that is chosen for good, or for this shell; `None` for the default one.
fn chosen_context(flags: &DockerFlags, variable: Option<String>) -> Result<Option<String>, NoEndpoint> {
    let context = match variable {
        Some(context) => Some(context),
        None => match DockerConfig::read(flags) {
            Ok(config) => config.current_context().map(str::to_owned),
            Err(None) => None,
            Err(Some(why)) => {
                return Err(NoEndpoint::Unusable(format!(
                    "which daemon is meant is not known, since Docker's config cannot be read: {why}. DOCKER_HOST names one"
                )));
            }
        },
    };
    Ok(context.filter(|context| context != DEFAULT_CONTEXT))
}

/// What Docker keeps of a context (docker/cli, `cli/context/store/metadatastore.go`).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Context {
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Option<ContextHost>,
}

#[derive(Deserialize)]
struct ContextHost {
    #[serde(rename = "Host")]
    host: Option<String>,
    #[serde(rename = "SkipTLSVerify", default)]
    skip_tls_verify: bool,
}

/// The daemon of a context.
fn of_context(flags: &DockerFlags, name: &str) -> Result<Meant, NoEndpoint> {
    let called = format!("Docker's context {}", printable(name.as_bytes()));
    let unusable = |why: &str| NoEndpoint::Unusable(format!("{called} {why}"));
    let folder = flags.folder().ok_or_else(|| unusable("is not known: there is no folder of Docker's config"))?;
    let contexts = folder.join("contexts");
    let id: String = Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let bytes = std::fs::read(contexts.join("meta").join(&id).join("meta.json")).map_err(|cause| {
        if cause.kind() == std::io::ErrorKind::NotFound {
            unusable("is not there; check `docker context ls`")
        } else {
            unusable(&format!("cannot be read: {cause}"))
        }
    })?;
    let context: Context =
        serde_json::from_slice(&bytes).map_err(|_| unusable("is kept in a form that is not known"))?;
    let docker = context.endpoints.docker;
    let (host, skips) = docker.map_or((None, false), |docker| (docker.host, docker.skip_tls_verify));
    let host = host.filter(|host| !host.is_empty()).ok_or_else(|| unusable("names no daemon"))?;
    let wants_tls = skips || has_files(&contexts.join("tls").join(&id).join("docker"));
    let endpoint = named(&host, &called, wants_tls)?;
    Ok(Meant { endpoint, called: format!("the daemon of {called}") })
}

/// Whether a folder is there and has anything in it. One that cannot be read may have.
fn has_files(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(cause) => cause.kind() != std::io::ErrorKind::NotFound,
    }
}

/// An address as Docker writes it; `by` says what names it.
fn named(address: &str, by: &str, wants_tls: bool) -> Result<Endpoint, NoEndpoint> {
    #[cfg(unix)]
    if let Some(path) = address.strip_prefix("unix://").filter(|path| !path.is_empty()) {
        return Ok(Endpoint::Socket(PathBuf::from(path)));
    }
    let plain = address.strip_prefix("tcp://").or_else(|| address.strip_prefix("http://"));
    let why = match plain {
        Some(address) if !wants_tls => return Ok(Endpoint::Address(address.trim_end_matches('/').to_owned())),
        Some(_) => "names a daemon behind TLS, which this program does not speak with daemons",
        None if address.starts_with("ssh://") => "names a daemon behind ssh, which this program does not start for it",
        None => "is neither a socket (unix://PATH) nor an address without TLS (tcp://HOST:PORT)",
    };
    Err(NoEndpoint::Unusable(format!("{by} {why}; {BY_PIPE}")))
}

/// The usual socket of Docker, or else of Podman.
#[cfg(unix)]
fn usual() -> Result<Endpoint, NoEndpoint> {
    let of_user = std::env::var_os("XDG_RUNTIME_DIR").map(|run| PathBuf::from(run).join("podman/podman.sock"));
    let usual = [PathBuf::from("/var/run/docker.sock")].into_iter().chain(of_user);
    let mut usual = usual.chain([PathBuf::from("/run/podman/podman.sock")]);
    usual.find(|path| path.exists()).map(Endpoint::Socket).ok_or_else(|| {
        NoEndpoint::NoneHere(format!(
            "there is no socket of a Docker or Podman daemon here; DOCKER_HOST names another, and {BY_PIPE}"
        ))
    })
}

#[cfg(not(unix))]
fn usual() -> Result<Endpoint, NoEndpoint> {
    Err(NoEndpoint::NoneHere(format!("name the daemon's address in DOCKER_HOST: {BY_PIPE}")))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// The socket or address that is meant, or why there is none.
    fn of(flags: &DockerFlags, variables: &[(&str, &str)]) -> String {
        let variable = |name: &str| variables.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned());
        match meant(flags, variable) {
            Ok(Meant { endpoint: Endpoint::Socket(path), called }) => format!("{} {called}", path.display()),
            Ok(Meant { endpoint: Endpoint::Address(address), called }) => format!("{address} {called}"),
            Err(NoEndpoint::NoneHere(why) | NoEndpoint::Unusable(why)) => why,
        }
    }

    fn with_contexts(folder: &Path) -> DockerFlags {
        for (name, meta) in [
            ("here", r#"{"Name":"here","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///c.sock"}}}"#),
            ("far", r#"{"Name":"far","Endpoints":{"docker":{"Host":"ssh://me:word@far"}}}"#),
            ("tls", r#"{"Name":"tls","Endpoints":{"docker":{"Host":"tcp://h:2376","SkipTLSVerify":true}}}"#),
            ("files", r#"{"Name":"files","Endpoints":{"docker":{"Host":"tcp://h:2376"}}}"#),
            ("other", r#"{"Name":"other","Endpoints":{}}"#),
            ("broken", "{"),
        ] {
            let id: String = Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            let meta_folder = folder.join("contexts/meta").join(&id);
            std::fs::create_dir_all(&meta_folder).unwrap();
            std::fs::write(meta_folder.join("meta.json"), meta).unwrap();
            if name == "files" {
                let tls = folder.join("contexts/tls").join(&id).join("docker");
                std::fs::create_dir_all(&tls).unwrap();
                std::fs::write(tls.join("ca.pem"), "").unwrap();
            }
        }
        DockerFlags { config: Some(folder.to_owned()), ..DockerFlags::default() }
    }

    #[test]
    fn addresses_as_docker_writes_them() {
        let scratch = tempfile::tempdir().unwrap();
        let flags = with_contexts(scratch.path());
        let by_variable = |host: &str| of(&flags, &[("DOCKER_HOST", host)]);
        assert_eq!(by_variable("unix:///run/d.sock"), "/run/d.sock the daemon that DOCKER_HOST names");
        assert_eq!(by_variable("tcp://127.0.0.1:2375/"), "127.0.0.1:2375 the daemon that DOCKER_HOST names");
        assert!(by_variable("ssh://me@host").starts_with("DOCKER_HOST names a daemon behind ssh"));
        assert!(by_variable("garbage").starts_with("DOCKER_HOST is neither a socket"));
        assert!(by_variable("unix://").starts_with("DOCKER_HOST is neither a socket"));
        for (name, value, is_tls) in
            [("DOCKER_TLS_VERIFY", "1", true), ("DOCKER_TLS", "1", true), ("DOCKER_TLS_VERIFY", "", false)]
        {
            let said = of(&flags, &[("DOCKER_HOST", "tcp://h:1"), (name, value)]);
            assert_eq!(said.contains("behind TLS"), is_tls, "{said}");
        }
        let flags = DockerFlags { tls: Some(true), host: Some("tcp://h:1".to_owned()), ..flags };
        assert!(of(&flags, &[]).starts_with("--host names a daemon behind TLS"));
    }

    #[test]
    fn the_order_is_that_of_docker() {
        let scratch = tempfile::tempdir().unwrap();
        let plain = with_contexts(scratch.path());
        let with = |host: Option<&str>, context: Option<&str>| DockerFlags {
            host: host.map(str::to_owned),
            context: context.map(str::to_owned),
            ..plain.clone()
        };
        let host = ("DOCKER_HOST", "unix:///v.sock");
        let context = ("DOCKER_CONTEXT", "here");
        let here = "/c.sock the daemon of Docker's context here";
        assert_eq!(of(&with(Some("unix:///f.sock"), None), &[host, context]), "/f.sock the daemon that --host names");
        assert_eq!(of(&with(None, Some("here")), &[host]), here);
        assert_eq!(of(&plain, &[host, context]), "/v.sock the daemon that DOCKER_HOST names");
        assert_eq!(of(&plain, &[context]), here);
        assert_eq!(of(&with(None, Some("default")), &[host]), "/v.sock the daemon that DOCKER_HOST names");
        assert!(of(&with(Some("unix:///f.sock"), Some("here")), &[]).contains("give one of them"));
        std::fs::write(scratch.path().join("config.json"), r#"{"currentContext":"here"}"#).unwrap();
        assert_eq!(of(&plain, &[]), here);
        assert_ne!(of(&plain, &[("DOCKER_CONTEXT", "default")]), here);
        std::fs::write(scratch.path().join("config.json"), "{").unwrap();
        assert!(of(&plain, &[]).starts_with("which daemon is meant is not known"), "{}", of(&plain, &[]));
    }

    #[test]
    fn contexts_that_lead_to_no_daemon_say_why() {
        let scratch = tempfile::tempdir().unwrap();
        let flags = with_contexts(scratch.path());
        for (name, why) in [
            ("far", "Docker's context far names a daemon behind ssh"),
            ("tls", "Docker's context tls names a daemon behind TLS"),
            ("files", "Docker's context files names a daemon behind TLS"),
            ("other", "Docker's context other names no daemon"),
            ("broken", "Docker's context broken is kept in a form that is not known"),
            ("none", "Docker's context none is not there"),
            ("../x", "Docker's context ../x is not there"),
        ] {
            let said = of(&DockerFlags { context: Some(name.to_owned()), ..flags.clone() }, &[]);
            assert!(said.starts_with(why) && !said.contains("word"), "{said}");
        }
    }
}
