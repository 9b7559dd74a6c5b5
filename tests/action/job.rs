//! A repository, an event, and what a job of act makes of them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::common::{git, stderr, token, write};
use crate::release;

/// Where `./test` puts act.
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools");

/// The line of a file that is found.
pub fn line(seed: u64) -> String {
    format!("GITHUB_TOKEN={}\n", token(seed))
}

pub const ZEROS: &str = "0000000000000000000000000000000000000000";

/// A repository as it is on the server, and checkouts of it.
pub struct Scene {
    pub folder: tempfile::TempDir,
}

impl Scene {
    /// With one commit on `main`.
    pub fn new() -> Self {
        let scene = Scene { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(scene.work()).unwrap();
        scene.git(&["init", "-q", "-b", "main"]);
        scene.commit("readme", "nothing\n");
        scene
    }

    /// The repository of those who write.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub fn git(&self, arguments: &[&str]) {
        git(&self.work(), arguments);
    }

    pub fn says(&self, arguments: &[&str]) -> String {
        let output = Command::new("git").args(arguments).current_dir(self.work()).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Writes a file, commits it, and tells the commit.
    pub fn commit(&self, file: &str, text: &str) -> String {
        write(&self.work(), file, text);
        self.commit_all("a change")
    }

    pub fn commit_all(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    pub fn head(&self) -> String {
        self.says(&["rev-parse", "HEAD"])
    }

    pub fn branch(&self, name: &str) {
        self.git(&["checkout", "-q", "-B", name]);
    }

    /// Checks out what GitHub makes of a pull request: `head` merged into `main`, on no branch.
    pub fn merge_into_main(&self, head: &str) -> String {
        self.git(&["checkout", "-q", "--detach", "main"]);
        self.git(&["merge", "-q", "--no-ff", "-m", &format!("Merge {head} into main"), head]);
        self.head()
    }

    /// The event of a pull request into `main`.
    pub fn pull_request(&self, base: &str, head: &str) -> Value {
        json!({
            "action": "synchronize",
            "number": 7,
            "pull_request": {
                "number": 7,
                "base": {"sha": base, "ref": "main", "repo": {"full_name": "octo/app", "fork": false}},
                "head": {"sha": head, "ref": "side", "repo": {"full_name": "octo/app", "fork": false}},
            },
            "repository": {"full_name": "octo/app", "name": "app", "owner": {"login": "octo"}, "default_branch": "main"},
        })
    }

    /// The event of a push.
    pub fn push(&self, reference: &str, before: &str, after: &str) -> Value {
        json!({
            "ref": reference,
            "before": before,
            "after": after,
            "created": before == ZEROS,
            "deleted": after == ZEROS,
            "forced": false,
            "repository": {"full_name": "octo/app", "name": "app", "owner": {"login": "octo"}, "default_branch": "main"},
        })
    }

    pub fn job(&self, event_name: &str, event: &Value) -> Job {
        Job {
            event_name: event_name.to_owned(),
            event: event.to_string(),
            checkout: self.work(),
            with: BTreeMap::new(),
            environment: BTreeMap::new(),
            token: None,
            workflow: None,
            before: "true",
        }
    }
}

/// A job to be run.
pub struct Job {
    pub event_name: String,
    pub event: String,
    /// What `actions/checkout` checks out.
    pub checkout: PathBuf,
    /// Inputs of the action, beside the binary.
    pub with: BTreeMap<&'static str, String>,
    pub environment: BTreeMap<&'static str, String>,
    pub token: Option<&'static str>,
    /// A workflow that is there, instead of one with these inputs.
    pub workflow: Option<String>,
    /// What the job runs between the checkout and the action.
    pub before: &'static str,
}

/// What became of it.
#[derive(Debug)]
pub struct Ran {
    /// Whether the action succeeded.
    pub passed: bool,
    /// The step's outputs `findings` and `incomplete`.
    pub outputs: BTreeMap<String, String>,
    /// What its outputs `report` and `sarif` name.
    documents: Documents,
    /// Level, properties and message of each annotation, in order.
    pub annotations: Vec<(String, BTreeMap<String, String>, String)>,
    /// Commands that are neither annotations nor the runner's own.
    pub commands: Vec<String>,
    /// What the action printed, commands left out.
    pub log: String,
    pub summary: String,
}

/// Documents that are too long to be printed when a test fails.
#[derive(Default)]
struct Documents {
    report: String,
    sarif: String,
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "report of {} bytes, SARIF of {}", self.report.len(), self.sarif.len())
    }
}

impl Ran {
    pub fn findings(&self) -> &str {
        &self.outputs["findings"]
    }

    pub fn report(&self) -> Value {
        serde_json::from_str(&self.documents.report).unwrap_or_else(|_| panic!("{self:#?}"))
    }

    pub fn sarif(&self) -> Value {
        serde_json::from_str(&self.documents.sarif).unwrap_or_else(|_| panic!("{self:#?}"))
    }

    /// Holds the SARIF report against its schema.
    pub fn sarif_is_valid(&self) {
        let tools = Path::new(TOOLS);
        let (check, schema) = (tools.join("python/bin/check-jsonschema"), tools.join("sarif-2.1.0.json"));
        assert!(check.is_file() && schema.is_file(), "SARIF is held against its schema: ./test installs both");
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "report.sarif", &self.documents.sarif);
        let mut command = Command::new(check);
        command.args(["--regex-variant", "nonunicode", "--schemafile"]).arg(schema).arg("report.sarif");
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
    }

    /// State and path of each place, sorted.
    pub fn places(&self) -> Vec<String> {
        let report = self.report();
        let findings = report["findings"].as_array().unwrap();
        let places = findings.iter().flat_map(|finding| finding["places"].as_array().unwrap());
        let name = |place: &Value| format!("{} {}", place["state"].as_str().unwrap(), place["path"].as_str().unwrap());
        let mut places: Vec<String> = places.map(name).collect();
        places.sort();
        places
    }

    /// Files and lines that errors stand beside; empty for one that stands beside none.
    pub fn errors(&self) -> Vec<String> {
        let errors = self.annotations.iter().filter(|(level, ..)| level == "error");
        errors
            .map(|(_, properties, _)| match properties.get("file") {
                Some(file) => format!("{file}:{}", properties["line"]),
                None => String::new(),
            })
            .collect()
    }
}

pub fn act() -> PathBuf {
    let own = Path::new(TOOLS).join("act");
    if own.is_file() {
        return own;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("act")).find(|file| file.is_file());
    found.expect("act runs the action in tests, and is not here: ./test installs it")
}

/// The action alone, without what lies beside it in the repository. Its scripts stay for a moment when they end: act drops
/// what it has not read yet when a step ends.
pub fn action(folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copy = folder.join("action-checkout");
    for file in ["action.yml", "action/install.sh", "action/scan.sh", "Cargo.toml"] {
        let goal = copy.join(file);
        fs::create_dir_all(goal.parent().unwrap()).unwrap();
        let text = fs::read_to_string(root.join(file)).unwrap();
        fs::write(goal, text.replace("set -euo pipefail\n", "set -euo pipefail\ntrap 'sleep 0.3' EXIT\n")).unwrap();
    }
    copy
}

const OUTPUTS: [&str; 4] = ["findings", "incomplete", "report", "sarif"];

impl Job {
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.with.insert(name, value.to_owned());
        self
    }

    fn workflow(&self, results: &Path, binary: &Path) -> String {
        let mut inputs = BTreeMap::from([("binary", binary.to_str().unwrap().to_owned())]);
        inputs.insert("comment", "false".to_owned());
        inputs.extend(self.with.clone());
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let inputs: String =
            inputs.iter().map(|(name, value)| format!("          {name}: {}\n", quoted(value))).collect();
        let outputs: String =
            OUTPUTS.iter().map(|name| format!("          {name}: ${{{{ steps.scan.outputs.{name} }}}}\n")).collect();
        let results = quoted(results.to_str().unwrap());
        format!(
            "on: {}\npermissions:\n  contents: read\njobs:\n  scan:\n    runs-on: ubuntu-latest\n    steps:\n      \
             - uses: actions/checkout@v7\n        with:\n          persist-credentials: false\n      \
             - shell: bash\n        run: {}\n      \
             - uses: scrubjay/scrubjay@v1\n        id: scan\n        with:\n{inputs}      \
             - if: always()\n        shell: bash\n        env:\n          results: {results}\n{outputs}        run: |\n          \
             printf '%s' \"$findings\" >\"$results/findings\"\n          printf '%s' \"$incomplete\" >\"$results/incomplete\"\n          \
             for name in report sarif; do [ ! -f \"${{!name}}\" ] || cp \"${{!name}}\" \"$results/$name\"; done\n",
            self.event_name,
            quoted(self.before)
        )
    }

    pub fn run(self) -> Ran {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        let results = here.join("results");
        fs::create_dir_all(&results).unwrap();
        let binary = here.join("scrubjay");
        fs::write(&binary, release::lingering("")).unwrap();
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        write(here, "event.json", &self.event);
        write(here, "workflow.yml", &self.workflow.clone().unwrap_or_else(|| self.workflow(&results, &binary)));
        write(here, "environment", "NO_COLOR=1\nGITHUB_REPOSITORY=octo/app\n");
        let mut command = Command::new(act());
        command.arg(&self.event_name);
        command.args(["--json", "--no-cache-server", "-P", "ubuntu-latest=-self-hosted"]);
        command.arg("--workflows").arg(here.join("workflow.yml"));
        command.arg("--eventpath").arg(here.join("event.json"));
        command.arg("--env-file").arg(here.join("environment"));
        command.arg("--local-repository").arg(format!("scrubjay/scrubjay@v1={}", action(here).display()));
        for (name, value) in &self.environment {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        if let Some(token) = self.token {
            // Taken from the environment, as people who use act do it.
            command.args(["--secret", "GITHUB_TOKEN"]).env("GITHUB_TOKEN", token);
        } else {
            command.env_remove("GITHUB_TOKEN");
        }
        // Nothing of this machine's user is read or written.
        command.env("HOME", here).env("XDG_CACHE_HOME", here.join("cache")).env("XDG_CONFIG_HOME", here.join("config"));
        for (name, _) in std::env::vars_os() {
            if ["GIT_", "SCRUBJAY_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
                command.env_remove(name);
            }
        }
        let output = command.current_dir(&self.checkout).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut ran = read(&text);
        let result = |name: &str| fs::read_to_string(results.join(name)).unwrap_or_default();
        ran.outputs = ["findings", "incomplete"].iter().map(|name| ((*name).to_owned(), result(name))).collect();
        ran.documents = Documents { report: result("report"), sarif: result("sarif") };
        assert_eq!(output.status.success(), ran.passed, "{text}{}", stderr(&output));
        ran
    }
}

/// Reads the log of act.
fn read(text: &str) -> Ran {
    let mut ran = Ran {
        passed: false,
        outputs: BTreeMap::new(),
        documents: Documents::default(),
        annotations: Vec::new(),
        commands: Vec::new(),
        log: String::new(),
        summary: String::new(),
    };
    let mut has_ended = false;
    for entry in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let get = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(result) = entry.get("jobResult") {
            has_ended = true;
            ran.passed = result == "success";
        }
        if entry["step"] != "scrubjay/scrubjay@v1" || entry["stage"] != "Main" {
            continue;
        }
        let is_raw = entry.get("raw_output").is_some();
        match entry.get("command").and_then(Value::as_str) {
            Some(level @ ("error" | "warning" | "notice")) => {
                let properties = serde_json::from_value(entry["kvPairs"].clone()).unwrap();
                ran.annotations.push((level.to_owned(), properties, get("arg")));
            }
            Some("summary") => ran.summary = get("content"),
            Some("set-output") => {}
            Some(other) => ran.commands.push(other.to_owned()),
            None if is_raw => ran.log.push_str(&get("msg")),
            None => {}
        }
    }
    assert!(has_ended, "act did not run the job: {text}");
    ran
}
