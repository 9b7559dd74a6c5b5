//! Bad input of every kind: what is said or recorded, how the run ends, and that the rest was still scanned.

#![allow(clippy::unwrap_used, reason = "what cannot be set up fails its test")]

#[path = "../common/mod.rs"]
mod common;

mod archives;
mod files;
mod images;
mod mutations;
mod repositories;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// A folder to scan, and the tokens that lie in it: no output may show one of them.
struct Planted {
    folder: tempfile::TempDir,
    tokens: Vec<String>,
}

impl Planted {
    fn new() -> Self {
        Planted { folder: tempfile::tempdir().unwrap(), tokens: Vec::new() }
    }

    /// A folder with a token in `app.env`: the rest, which must be found whatever else is there.
    fn with_the_rest() -> Self {
        let mut planted = Planted::new();
        let text = planted.line(1_000);
        planted.write("app.env", text);
        planted
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A line with a token that no output may show.
    fn line(&mut self, seed: u64) -> Vec<u8> {
        let token = common::token(seed);
        let line = format!("T={token}\n").into_bytes();
        self.tokens.push(token);
        line
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = common::command(self.path());
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Scanned {
        self.scanned(&self.command(&[arguments, &["--format", "json"]].concat()).output().unwrap())
    }

    /// Reads the report of a scan that was carried out.
    fn scanned(&self, output: &Output) -> Scanned {
        self.check_output(output);
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("no report: {}{}", common::stdout(output), common::stderr(output)));
        let scanned = Scanned { exit: common::exit(output), report };
        assert_eq!(scanned.report["complete"], scanned.lost().is_empty(), "{}", scanned.report);
        assert_eq!(
            common::stderr(output).contains("incomplete"),
            !scanned.lost().is_empty(),
            "said as well as recorded"
        );
        scanned
    }

    fn check_output(&self, output: &Output) {
        let (stdout, stderr) = (common::stdout(output), common::stderr(output));
        assert!(!stderr.contains("internal error") && !stderr.contains("panicked"), "{stderr}");
        for token in &self.tokens {
            assert!(!stdout.contains(token) && !stderr.contains(token), "a token is shown: {stdout}{stderr}");
        }
    }
}

/// How a scan ended, and its report.
struct Scanned {
    exit: i32,
    report: Value,
}

impl Scanned {
    /// Path of every place of every finding, sorted; members of archives follow `!/`.
    fn found(&self) -> Vec<String> {
        let places = self.report["findings"].as_array().unwrap().iter().flat_map(|f| f["places"].as_array().unwrap());
        let mut found: Vec<String> = places.map(|place| text(&place["path"])).collect();
        found.sort();
        found
    }

    /// Class, reason and path of every skip, sorted.
    fn skips(&self) -> Vec<(String, String, String)> {
        let skipped = self.report["coverage"]["skipped"].as_array().unwrap().iter();
        let mut skips: Vec<_> =
            skipped.map(|skip| (text(&skip["class"]), text(&skip["reason"]), joined(&skip["origin"]))).collect();
        skips.sort();
        skips
    }

    /// Reason and path of what was lost.
    fn lost(&self) -> Vec<(String, String)> {
        let lost = self.skips().into_iter().filter(|(class, _, _)| class == "lost");
        lost.map(|(_, reason, path)| (reason, path)).collect()
    }

    /// The words of the one skip that there is.
    fn detail(&self) -> String {
        let skipped = self.report["coverage"]["skipped"].as_array().unwrap();
        assert_eq!(skipped.len(), 1, "{skipped:?}");
        text(&skipped[0]["detail"])
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// The paths and members of an origin; the ids of objects where it has none.
fn joined(origin: &Value) -> String {
    let steps = origin.as_array().unwrap();
    let of = |kinds: &[&str], field: &str| -> Vec<String> {
        steps.iter().filter(|step| kinds.contains(&&*text(&step["kind"]))).map(|step| text(&step[field])).collect()
    };
    let paths = of(&["path", "member"], "path");
    if paths.is_empty() { of(&["object"], "id").join("!/") } else { paths.join("!/") }
}

/// One of what [`Scanned::lost`] gives.
fn reason(reason: &str, path: &str) -> (String, String) {
    (reason.to_owned(), path.to_owned())
}

/// Bytes that do not compress, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..length).map(|_| random.next() as u8).collect()
}

/// xorshift64*: the same numbers in every run.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end
    }
}
