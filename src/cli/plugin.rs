//! The program under the name of a plugin of the Docker command line: `docker scrubjay IMAGE`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{ColorChoice, Parser};
use serde_json::json;

use super::args::ImageArgs;
use super::failure::Failure;
use super::image;
use crate::source::image::DockerFlags;

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

/// Scans an image, which is looked for at the daemon first: the one that Docker was told of.
pub fn run(plugin: Plugin, docker: DockerFlags) -> Result<u8, Failure> {
    image::image(plugin.image, plugin.color, Some(docker))
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
    /// A scan of an image: what Docker itself was told, and the plugin's own command line.
    Image(DockerFlags, Vec<OsString>),
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
    let (docker, count) = of_docker(&arguments[1..]);
    let (docker, rest) = match arguments.get(1 + count) {
        Some(word) if word == "__complete" || word == "__completeNoDesc" => return Call::Completion,
        Some(word) if word == "scrubjay" => (docker, &arguments[2 + count..]),
        // Called by hand, without Docker.
        _ => (DockerFlags::default(), &arguments[1..]),
    };
    Call::Image(docker, [OsString::from(NAME)].into_iter().chain(rest.iter().cloned()).collect())
}

/// Docker's own flags at the beginning of a command line, and how many words they are (docker/cli, `cli/flags/options.go`).
fn of_docker(words: &[OsString]) -> (DockerFlags, usize) {
    let (mut flags, mut next) = (DockerFlags::default(), 0);
    while let Some(word) = words.get(next).and_then(|word| word.to_str()) {
        let given = match word.strip_prefix("--") {
            Some(long) => flag_of_docker(long),
            None => short_flags_of_docker(word),
        };
        let Some((flag, attached)) = given else { break };
        next += 1;
        let value = match (flag.takes_value(), attached) {
            (false, attached) => attached.map(OsString::from),
            (true, Some(attached)) => Some(OsString::from(attached)),
            (true, None) => {
                let Some(value) = words.get(next) else { break };
                next += 1;
                Some(value.clone())
            }
        };
        flag.set(&mut flags, value);
    }
    (flags, next)
}

/// A flag of Docker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flag {
    Config,
    Host,
    Context,
    Tls,
    TlsVerify,
    /// One that says nothing to the plugin: whether it takes a value.
    Other(bool),
}

impl Flag {
    fn takes_value(self) -> bool {
        match self {
            Flag::Config | Flag::Host | Flag::Context => true,
            Flag::Tls | Flag::TlsVerify => false,
            Flag::Other(takes_value) => takes_value,
        }
    }

    fn set(self, flags: &mut DockerFlags, value: Option<OsString>) {
        let text = || value.as_ref().map(|value| value.to_string_lossy().into_owned());
        match self {
            Flag::Config => flags.config = value.map(PathBuf::from),
            // Docker takes an empty one for none.
            Flag::Host => flags.host = text(),
            Flag::Context => flags.context = text().filter(|context| !context.is_empty()),
            Flag::Tls => {
                flags.tls = Some(text().is_none_or(|text| matches!(&*text, "1" | "t" | "T" | "TRUE" | "true" | "True")))
            }
            // Whether the certificate is looked at or not, it is TLS.
            Flag::TlsVerify => flags.tls = Some(true),
            Flag::Other(_) => {}
        }
    }
}

/// A flag by its long name, with the value behind `=`.
fn flag_of_docker(long: &str) -> Option<(Flag, Option<&str>)> {
    let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
    let flag = match name {
        "config" => Flag::Config,
        "host" => Flag::Host,
        "context" => Flag::Context,
        "tls" => Flag::Tls,
        "tlsverify" => Flag::TlsVerify,
        "log-level" | "tlscacert" | "tlscert" | "tlskey" => Flag::Other(true),
        "debug" => Flag::Other(false),
        _ => return None,
    };
    Some((flag, value))
}

/// The last of one or several flags by their letters (`-H unix:///x`, `-Hunix:///x`, `-Dc name`), with what stands behind it:
/// those before it say nothing here.
fn short_flags_of_docker(word: &str) -> Option<(Flag, Option<&str>)> {
    let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty())?;
    let rest = letters.trim_start_matches('D');
    let mut of_rest = rest.chars();
    let flag = match of_rest.next() {
        None => return Some((Flag::Other(false), None)),
        Some('H') => Flag::Host,
        Some('c') => Flag::Context,
        Some('l') => Flag::Other(true),
        Some('=') if rest.len() < letters.len() => return Some((Flag::Other(false), None)),
        Some(_) => return None,
    };
    let attached = of_rest.as_str();
    let attached = attached.strip_prefix('=').unwrap_or(attached);
    Some((flag, Some(attached).filter(|attached| !attached.is_empty())))
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
        let with = |docker: DockerFlags, rest: &[&str]| {
            Call::Image(docker, [NAME].iter().chain(rest).map(OsString::from).collect())
        };
        let image = |rest: &[&str]| with(DockerFlags::default(), rest);
        assert_eq!(of(&["/p/docker-scrubjay", "scrubjay", "app:1", "--quiet"]), image(&["app:1", "--quiet"]));
        assert_eq!(of(&["docker-scrubjay", "scrubjay", "scrubjay"]), image(&["scrubjay"]));
        assert_eq!(of(&["docker-scrubjay", "--format", "json", "app"]), image(&["--format", "json", "app"]));
        assert_eq!(of(&["docker-scrubjay", "app"]), image(&["app"]));
        // A key for completion runs nothing, neither the scan nor what is typed after it.
        for word in ["__complete", "__completeNoDesc"] {
            assert_eq!(of(&["docker-scrubjay", word, "scrubjay", "app", "--then", "touch", "x", ""]), Call::Completion);
            assert_eq!(of(&["docker-scrubjay", "--context", "c", word, "scrubjay", ""]), Call::Completion);
            assert_eq!(of(&["docker-scrubjay", word, "app"]), Call::Completion);
        }
    }

    #[test]
    fn what_docker_was_told_counts() {
        let text = |text: &str| Some(text.to_owned());
        let host = DockerFlags { host: text("unix:///x"), ..DockerFlags::default() };
        let context = DockerFlags { context: text("c"), ..DockerFlags::default() };
        let config = DockerFlags { config: Some(PathBuf::from("d")), ..DockerFlags::default() };
        let tls = |tls: bool| DockerFlags { tls: Some(tls), ..DockerFlags::default() };
        for (words, expected) in [
            (&["--context", "c"][..], &context),
            (&["--context=c"], &context),
            (&["-c", "c"], &context),
            (&["-cc"], &context),
            (&["-Dc=c", "--log-level", "scrubjay"], &context),
            (&["-H", "unix:///x"], &host),
            (&["--host=unix:///x", "-D", "--tlscacert", "scrubjay"], &host),
            (&["-DHunix:///x", "--debug=true"], &host),
            (&["--config", "d", "-l", "debug"], &config),
            (&["--tlsverify=false"], &tls(true)),
            (&["--tls"], &tls(true)),
            (&["--tls=false"], &tls(false)),
        ] {
            let words = [&["docker-scrubjay"], words, &["scrubjay", "app", "--context"]].concat();
            let Call::Image(docker, rest) = of(&words) else { panic!("{words:?}") };
            assert_eq!((&docker, rest.len()), (expected, 3), "{words:?}");
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
