//! Flags, verbs and config keys are a promise: every `--help` and the schema of the config are held against what was
//! agreed. After a change that is meant, run with `SCRUBJAY_UPDATE=1` and look at the difference.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

const VERBS: &[&[&str]] = &[
    &[],
    &["scan"],
    &["git"],
    &["dir"],
    &["chart"],
    &["image"],
    &["stdin"],
    &["ci"],
    &["hook"],
    &["hook", "install"],
    &["hook", "uninstall"],
    &["hook", "run"],
    &["baseline"],
    &["baseline", "create"],
    &["baseline", "update"],
    &["baseline", "prune"],
    &["baseline", "show"],
    &["baseline", "import"],
    &["report"],
    &["report", "convert"],
    &["report", "diff"],
    &["sweep"],
    &["registry"],
    &["signatures"],
    &["signatures", "list"],
    &["signatures", "show"],
    &["signatures", "check"],
    &["signatures", "import"],
    &["signatures", "test"],
    &["explain"],
    &["config"],
    &["config", "show"],
    &["config", "check"],
    &["config", "schema"],
    &["completions"],
    &["man"],
];

fn output(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrubjay"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SCRUBJAY_") {
            command.env_remove(name);
        }
    }
    let output = command.args(arguments).env("COLUMNS", "100").output().expect("the binary runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn hold_against(name: &str, found: &str) -> Result<(), String> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("SCRUBJAY_UPDATE").is_some() {
        std::fs::write(&path, found).expect("tests/snapshots can be written");
        return Ok(());
    }
    let agreed = std::fs::read_to_string(&path).unwrap_or_default();
    if agreed == found {
        return Ok(());
    }
    let differs = agreed.lines().zip(found.lines()).position(|(one, other)| one != other);
    let line = differs.unwrap_or_else(|| agreed.lines().count().min(found.lines().count()));
    Err(format!(
        "{name} differs from line {}:\n  agreed: {:?}\n  found:  {:?}",
        line + 1,
        agreed.lines().nth(line),
        found.lines().nth(line)
    ))
}

#[test]
fn every_help_is_as_agreed() {
    let faults: Vec<String> = VERBS
        .iter()
        .filter_map(|verb| {
            let mut arguments = verb.to_vec();
            arguments.push("--help");
            let name = if verb.is_empty() { "scrubjay".to_owned() } else { verb.join("-") };
            hold_against(&format!("help-{name}.txt"), &output(&arguments)).err()
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_verb_has_a_snapshot() {
    let listed = |help: &str| {
        let commands = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
        let lines = commands.lines().take_while(|line| line.starts_with("  "));
        lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect::<Vec<_>>()
    };
    for verb in listed(&output(&["--help"])) {
        assert!(VERBS.iter().any(|known| *known == [verb.as_str()]), "{verb}");
    }
    for group in ["hook", "baseline", "report", "signatures", "config"] {
        for verb in listed(&output(&[group, "--help"])) {
            assert!(VERBS.iter().any(|known| *known == [group, verb.as_str()]), "{group} {verb}");
        }
    }
}

#[test]
fn the_schema_of_the_config_is_as_agreed() {
    hold_against("config-schema.txt", &output(&["config", "schema"])).unwrap();
}
