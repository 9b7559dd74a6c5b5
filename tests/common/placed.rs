//! What tests with tools for images share: running a tool, and the places that the report tells.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::{command, exit, stderr, stdout};

/// Runs a tool that must be there and must succeed.
pub fn tool(folder: &Path, name: &str, arguments: &[&str]) {
    let output = Command::new(name).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{name} is needed for this test: {error}"));
    assert!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The binary with no login but those in `folder/docker`.
pub fn image(folder: &Path, target: &str) -> Command {
    let mut command = command(folder);
    command.args(["image", target, "--format", "json"]).env("DOCKER_CONFIG", folder.join("docker"));
    command
}

/// Path, state, and the layer that hides it.
pub type Placed = (String, String, Option<(u64, String)>);

/// Path, state, and index and instruction of the layer, of each place found; and that nothing was lost.
pub fn found(command: &mut Command) -> Vec<Placed> {
    let output = command.output().unwrap();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}{}", stdout(&output), stderr(&output)));
    assert_eq!(exit(&output), 1, "{report:#}");
    places(&report)
}

pub fn places(report: &Value) -> Vec<Placed> {
    let findings = report["findings"].as_array().unwrap().iter();
    let places = findings.flat_map(|finding| finding["places"].as_array().unwrap());
    let mut places: Vec<_> = places
        .map(|place| {
            let steps = place["origin"].as_array().unwrap();
            let layer = steps.iter().find(|step| step["kind"] == "layer");
            let layer = layer.map(|layer| {
                (layer["index"].as_u64().unwrap(), layer["instruction"].as_str().unwrap_or_default().to_owned())
            });
            (place["path"].as_str().unwrap_or_default().to_owned(), place["state"].as_str().unwrap().to_owned(), layer)
        })
        .collect();
    places.sort();
    places
}
