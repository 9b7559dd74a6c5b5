//! An image's config as text to be judged, and what it says of the layers: their uncompressed digests and the
//! instructions that made them.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use super::digest::digest_parts;
use super::history::{History, instruction, layers_of_base, seconds};
use super::platform::platform_name;
use crate::date::Date;
use crate::decode;

/// Where BuildKit 0.9 to 0.11 write what they were given, as JSON in base64.
const BUILD_INFO: &str = "moby.buildkit.buildinfo.v1";

/// What a config says of the image's layers and of the machine it is for.
#[derive(Debug, Default)]
pub(super) struct LayerFacts {
    /// Digest of each layer's uncompressed bytes.
    pub diff_ids: Vec<String>,
    /// The instruction that made each layer.
    pub instructions: Vec<Option<String>>,
    /// The day on which each layer was made.
    pub days: Vec<Option<Date>>,
    /// The day on which the image was built.
    pub day: Option<Date>,
    /// `os/architecture[/variant]`.
    pub platform: Option<String>,
    /// The labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// How many layers, from the lowest on, seem to be those of a base image.
    pub guessed_base: usize,
}

impl LayerFacts {
    /// What it says of a layer: the digest of its uncompressed bytes, the instruction that made it, and the day.
    pub fn of_layer(&self, index: usize) -> (Option<String>, Option<String>, Option<Date>) {
        (
            self.diff_ids.get(index).cloned(),
            self.instructions.get(index).cloned().flatten(),
            self.days.get(index).copied().flatten(),
        )
    }
}

#[derive(Deserialize)]
struct Document {
    created: Option<String>,
    config: Option<Inner>,
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    rootfs: Option<RootFs>,
    history: Option<Vec<History>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inner {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Option<Vec<String>>,
}

/// Reads a config; of what is no image's config nothing is known.
pub(super) fn layer_facts(config: &[u8]) -> LayerFacts {
    let Ok(document) = serde_json::from_slice::<Document>(config) else { return LayerFacts::default() };
    let platform = document
        .os
        .zip(document.architecture)
        // Attestations are for none.
        .filter(|(os, architecture)| os != "unknown" || architecture != "unknown")
        .map(|(os, architecture)| platform_name(&os, &architecture, document.variant.as_deref()));
    let history = document.history.unwrap_or_default();
    let of_layers = || history.iter().filter(|entry| entry.has_layer());
    let instructions: Vec<Option<String>> =
        of_layers().map(|entry| entry.created_by.as_deref().and_then(instruction)).collect();
    let days = of_layers().map(|entry| day(entry.created.as_deref()?)).collect();
    let built = document.created.as_deref().and_then(day);
    let diff_ids = document.rootfs.and_then(|rootfs| rootfs.diff_ids).unwrap_or_default();
    // A history that does not fit the layers says nothing of them.
    let guessed_base = if instructions.len() == diff_ids.len() { layers_of_base(&history) } else { 0 };
    let labels = document.config.and_then(|config| config.labels);
    LayerFacts { diff_ids, instructions, days, day: built, platform, labels, guessed_base }
}

/// When the image was built, in seconds since 1970.
pub(super) fn created(config: &[u8]) -> Option<i64> {
    let created = serde_json::from_slice::<Document>(config).ok()?.created?;
    seconds(&created)
}

/// The day of a time, unless it is one of a build that can be repeated: such builds write one from before there were images.
fn day(time: &str) -> Option<Date> {
    /// The first release of Docker, 2013-03-20.
    const FIRST: u64 = 1_363_737_600;
    u64::try_from(seconds(time)?).ok().filter(|seconds| *seconds >= FIRST).map(Date::from_unix_seconds)
}

/// The strings of a JSON document as lines `KEY=value`, one an entry, each once: environment entries, labels, commands
/// and history as they are, all others under their key, and what a build was given as if it stood there. What is no JSON is
/// given back as it is.
pub(super) fn as_text(document: &[u8]) -> Vec<u8> {
    let Ok(value) = serde_json::from_slice::<Value>(document) else { return document.to_vec() };
    let mut lines = Lines::default();
    lines.take("", &value);
    lines.text.into_bytes()
}

/// The strings of a manifest or index in the same way, less what only says which bytes are meant: digests, media types,
/// platforms.
pub(super) fn manifest_as_text(manifest: &Value) -> Vec<u8> {
    let mut lines = Lines { is_manifest: true, ..Lines::default() };
    lines.take("", manifest);
    lines.text.into_bytes()
}

/// Whether a string of a manifest under this key says no more than which bytes are meant.
fn is_plain(key: &str, text: &str) -> bool {
    match key {
        "digest" => digest_parts(text).is_some_and(|(_, hex)| hex.len() == 64 || hex.len() == 128),
        "mediaType" | "artifactType" => text.starts_with("application/vnd.") && text.len() <= 100,
        "os" | "architecture" | "variant" => text.len() <= 12,
        _ => false,
    }
}

#[derive(Default)]
struct Lines {
    text: String,
    seen: HashSet<String>,
    /// Whether this is what a build was given, in which no more is encoded.
    in_build_info: bool,
    /// Whether the document is a manifest or an index.
    is_manifest: bool,
}

impl Lines {
    fn push(&mut self, line: String) {
        if !line.trim().is_empty() && !self.seen.contains(&line) {
            self.text.push_str(&line);
            self.text.push('\n');
            self.seen.insert(line);
        }
    }

    /// Recursion ends: the JSON reader allows 128 levels.
    fn take(&mut self, key: &str, value: &Value) {
        match value {
            // Digests of layers are no text.
            Value::Object(_) if key == "rootfs" => {}
            // Volumes and ports are sets: keys without a value.
            Value::Object(fields) if fields.is_empty() => self.push(key.to_owned()),
            Value::Object(fields) => fields.iter().for_each(|(key, value)| self.take(key, value)),
            Value::Array(items) => self.take_list(key, items),
            Value::String(text) if key == "created_by" => self.push(text.clone()),
            Value::String(text) if key == BUILD_INFO && !self.in_build_info => self.take_build_info(text),
            Value::String(text) if self.is_manifest && is_plain(key, text) => {}
            Value::String(text) => self.push(format!("{key}={text}")),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn take_build_info(&mut self, text: &str) {
        self.in_build_info = true;
        let decoded = decode::base64(text.as_bytes()).and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        match decoded {
            Some(value) => self.take("", &value),
            None => self.push(format!("{BUILD_INFO}={text}")),
        }
        self.in_build_info = false;
    }

    fn take_list(&mut self, key: &str, items: &[Value]) {
        let words: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
        match (key, words) {
            // A command: its words belong to one line, `--password` before what follows it.
            ("Cmd" | "Entrypoint" | "Shell" | "Test", Some(words)) => self.push(words.join(" ")),
            (_, Some(words)) => words.into_iter().for_each(|word| self.push(word.to_owned())),
            (_, None) => items.iter().for_each(|item| self.take(key, item)),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn builds_that_can_be_repeated_tell_no_day() {
        let facts = layer_facts(
            br#"{"created":"2024-05-06T07:08:09.1+02:00","history":[{"created":"2013-03-20T00:00:00Z"},
            {"created":"1980-01-01T00:00:00Z"},{"created":"2020-01-01T00:00:00Z","empty_layer":true},{"created":"x"},{}]}"#,
        );
        assert_eq!(facts.days, [Date::parse("2013-03-20"), None, None, None]);
        assert_eq!(facts.day, Date::parse("2024-05-06"));
    }

    #[test]
    fn history_entries_without_a_layer_are_passed_over() {
        let facts = layer_facts(
            br#"{"os":"linux","architecture":"arm","variant":"v7","rootfs":{"diff_ids":["sha256:a","sha256:b"]},
            "history":[{"created_by":"ADD a"},{"created_by":"ENV A=1","empty_layer":true},{"created_by":"COPY b"}]}"#,
        );
        assert_eq!(facts.instructions, [Some("ADD a".to_owned()), Some("COPY b".to_owned())]);
        assert_eq!(facts.diff_ids.len(), 2);
        assert_eq!(facts.platform.as_deref(), Some("linux/arm/v7"));
        assert!(layer_facts(b"no json").diff_ids.is_empty());
    }

    #[test]
    fn every_string_becomes_a_line_once() {
        let text = as_text(
            br#"{"config":{"Env":["A=1","B=2"],"Labels":{"k":"v"},"Cmd":["run","--key","x"]},"container_config":{"Env":["A=1"]},
            "rootfs":{"type":"layers"},"history":[{"created_by":"RUN |1 T=3 make","comment":"c"}],"n":null}"#,
        );
        assert_eq!(String::from_utf8(text).unwrap(), "run --key x\nA=1\nB=2\nk=v\ncomment=c\nRUN |1 T=3 make\n");
    }

    #[test]
    fn a_manifest_is_its_strings_less_digests_types_and_platforms() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let manifest = serde_json::json!({"mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"digest": digest, "size": 1, "annotations": {"a": "b"}, "platform": {"os": "linux"}},
            "layers": [{"digest": digest, "urls": ["https://h.example/l"]}, {"digest": "other", "annotations": {"a": "b"}}],
            "more": {"deep": ["x"]}});
        let text = String::from_utf8(manifest_as_text(&manifest)).unwrap();
        assert_eq!(text, "a=b\nhttps://h.example/l\ndigest=other\nx\n");
    }

    #[test]
    fn keys_of_a_set_are_lines() {
        let text =
            as_text(br#"{"config":{"Volumes":{"/data":{},"/more":{}},"ExposedPorts":{"80/tcp":{}},"Labels":{}}}"#);
        assert_eq!(String::from_utf8(text).unwrap(), "80/tcp\nLabels\n/data\n/more\n");
    }

    #[test]
    fn what_a_build_was_given_is_decoded() {
        let given = STANDARD.encode(br#"{"frontend":"dockerfile.v0","attrs":{"build-arg:TOKEN":"abc"}}"#);
        let text = as_text(format!(r#"{{"os":"linux","{BUILD_INFO}":"{given}"}}"#).as_bytes());
        assert_eq!(String::from_utf8(text).unwrap(), "build-arg:TOKEN=abc\nfrontend=dockerfile.v0\nos=linux\n");
        // Once, however often it is packed; and as it is where it is something else.
        let twice = STANDARD.encode(format!(r#"{{"{BUILD_INFO}":"{given}"}}"#));
        for given in [twice, "no base64".to_owned()] {
            let text = as_text(format!(r#"{{"{BUILD_INFO}":"{given}"}}"#).as_bytes());
            assert!(String::from_utf8(text).unwrap().starts_with(&format!("{BUILD_INFO}=")));
        }
    }
}
