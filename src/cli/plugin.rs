//! The program under the name of a plugin of the Docker command line: `docker scrubjay IMAGE`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{ColorChoice, Parser};
use serde_json::json;

use super::args::ImageArgs;
use super::failure::Failure;
use super::image;

/// The name that Docker looks for.
const NAME: &str = "docker-scrubjay";

/// The answer where Docker wants to complete a command line: no words of our own, and names of files by the shell.
pub const NO_COMPLETION: &[u8] = b":0\n";

/// The command line of the plugin.
#[derive(Debug, Parser)]
#[command(
    name = "docker-scrubjay",
    bin_name = "docker scrubjay",
    version,
    about = "Scan a container image: every layer and the config",
    long_about = None,
    max_term_width = 100
)]
pub struct Plugin {
    /// What is scanned, and how.
    #[command(flatten)]
    image: ImageArgs,
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, env = "SCRUBJAY_COLOR", hide_env = true, default_value = "auto", value_name = "WHEN")]
    color: ColorChoice,
}

/// Scans an image, which is looked for at the daemon first.
pub fn run(plugin: Plugin) -> Result<u8, Failure> {
    image::image(plugin.image, plugin.color, true)
}

/// What a plugin is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Call {
    /// It is no plugin: an ordinary command line.
    None,
    /// Docker asks what the plugin is.
    Metadata,
    /// Docker asks how a command line may go on, which runs nothing of it.
    Completion,
    /// A scan of an image: the plugin's own command line.
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
    let name = arguments.iter().position(|word| word == "scrubjay");
    let mut before = arguments.iter().skip(1).take(name.map_or(1, |name| name - 1));
    if before.any(|word| word == "__complete" || word == "__completeNoDesc") {
        return Call::Completion;
    }
    let rest = arguments.iter().skip(name.map_or(1, |name| name + 1));
    Call::Image([OsString::from(NAME)].into_iter().chain(rest.cloned()).collect())
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
        let image = |rest: &[&str]| Call::Image([NAME].iter().chain(rest).map(OsString::from).collect());
        assert_eq!(of(&["/p/docker-scrubjay", "scrubjay", "app:1", "--quiet"]), image(&["app:1", "--quiet"]));
        assert_eq!(of(&["docker-scrubjay", "--context", "c", "scrubjay", "app"]), image(&["app"]));
        assert_eq!(of(&["docker-scrubjay", "app"]), image(&["app"]));
        // A key for completion runs nothing, neither the scan nor what is typed after it.
        for word in ["__complete", "__completeNoDesc"] {
            assert_eq!(of(&["docker-scrubjay", word, "scrubjay", "app", "--then", "touch", "x", ""]), Call::Completion);
            assert_eq!(of(&["docker-scrubjay", "--context", "c", word, "scrubjay", ""]), Call::Completion);
            assert_eq!(of(&["docker-scrubjay", word, "app"]), Call::Completion);
        }
    }

    #[test]
    fn usage_is_told_as_it_is_typed() {
        let usage = Plugin::try_parse_from([NAME]).unwrap_err().to_string();
        assert!(usage.contains("Usage: docker scrubjay <REF|"), "{usage}");
        let version = Plugin::try_parse_from([NAME, "--version"]).unwrap_err().to_string();
        assert_eq!(version, format!("{NAME} {}\n", env!("CARGO_PKG_VERSION")));
    }
}
