//! Docker's config: logins, the helpers that keep them, and the context that is chosen. Nothing of it can be printed.

use std::io;

use serde_json::Value;

use crate::origin::printable;
use crate::source::image::DockerFlags;
use crate::source::image::document::position;

/// Docker's config. Helpers are run here and not by the `docker_credential` crate, which waits for one as long as it takes.
pub(super) struct DockerConfig(serde_json::Map<String, Value>);

impl DockerConfig {
    /// Reads it; what is wrong with it, if it is there.
    pub fn read(flags: &DockerFlags) -> Result<Self, Option<String>> {
        let path = flags.folder().ok_or(None)?.join("config.json");
        let wrong = |why: String| Some(format!("{}: {why}", printable(path.as_os_str().as_encoded_bytes())));
        let bytes = match std::fs::read(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Err(None),
            read => read.map_err(|cause| wrong(format!("cannot be read: {cause}")))?,
        };
        serde_json::from_slice(&bytes).map(DockerConfig).map_err(|cause| wrong(position(&cause)))
    }

    /// The helper for one registry.
    pub fn helper_of(&self, server: &str) -> Option<&str> {
        self.0.get("credHelpers")?.get(server)?.as_str().filter(|helper| !helper.is_empty())
    }

    /// The helper for all that the config has no other login for.
    pub fn store(&self) -> Option<&str> {
        self.text("credsStore")
    }

    /// The context that `docker context use` chose.
    pub fn current_context(&self) -> Option<&str> {
        self.text("currentContext")
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The token for one registry that is shown as it is. Keys may be addresses, as those of other logins.
    pub fn registry_token(&self, server: &str) -> Option<&str> {
        let auths = self.0.get("auths")?.as_object()?;
        let host_of = |key: &str| {
            let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
            bare.and_then(|bare| bare.split('/').next()).unwrap_or(key).to_owned()
        };
        let of_host = || auths.iter().find(|(key, _)| host_of(key) == host_of(server)).map(|(_, entry)| entry);
        let entry = auths.get(server).or_else(of_host)?;
        entry.get("registrytoken")?.as_str().filter(|token| !token.is_empty())
    }

    /// It as JSON, less the helpers.
    pub fn without_helpers(&self) -> String {
        let rest = self.0.iter().filter(|(key, _)| !["credHelpers", "credsStore"].contains(&key.as_str()));
        Value::Object(rest.map(|(key, value)| (key.clone(), value.clone())).collect()).to_string()
    }
}
