//! The program under the name of a plugin of the Docker command line: `docker scrubjay IMAGE`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use serde_json::json;

/// The name that Docker looks for.
const NAME: &str = "docker-scrubjay";

/// What a plugin is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Call {
    /// It is no plugin: an ordinary command line.
    None,
    /// Docker asks what the plugin is.
    Metadata,
    /// A scan of an image: a command line that says so.
    Image(Vec<OsString>),
}

/// Tells by the program's name how it was called.
pub fn call(arguments: &[OsString]) -> Call {
    let program = arguments.first().map(Path::new).and_then(Path::file_stem);
    if program != Some(OsStr::new(NAME)) {
        return Call::None;
    }
    if arguments.get(1).is_some_and(|first| first == "docker-cli-plugin-metadata") {
        return Call::Metadata;
    }
    // Docker passes its own flags on before the plugin's name.
    let rest = arguments.iter().position(|word| word == "scrubjay").map_or(1, |name| name + 1);
    let start = ["scrubjay", "image"].map(OsString::from);
    Call::Image(start.into_iter().chain(arguments.iter().skip(rest).cloned()).collect())
}

/// What Docker wants to know of a plugin.
pub fn metadata() -> String {
    let metadata = json!({
        "SchemaVersion": "0.1.0",
        "Vendor": "scrubjay",
        "Version": env!("CARGO_PKG_VERSION"),
        "ShortDescription": "Find credentials in an image",
        "URL": env!("CARGO_PKG_REPOSITORY"),
    });
    format!("{metadata}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Call {
        call(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn calls_are_told_apart() {
        assert_eq!(of(&["/usr/bin/scrubjay", "image", "x"]), Call::None);
        assert_eq!(of(&["/p/docker-scrubjay", "docker-cli-plugin-metadata"]), Call::Metadata);
        let image = |rest: &[&str]| Call::Image(["scrubjay", "image"].iter().chain(rest).map(OsString::from).collect());
        assert_eq!(of(&["/p/docker-scrubjay", "scrubjay", "app:1", "--quiet"]), image(&["app:1", "--quiet"]));
        assert_eq!(of(&["docker-scrubjay", "--context", "c", "scrubjay", "app"]), image(&["app"]));
        assert_eq!(of(&["docker-scrubjay", "app"]), image(&["app"]));
    }
}
