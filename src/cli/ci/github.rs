//! GitHub Actions: what the event says is to be judged. Payloads hold text of strangers, and may lack any field.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::task::{Change, Task};
use crate::cli::failure::Failure;
use crate::secret::Secret;
use crate::source::git::range::{Base, Selection};
use crate::source::git::{Tokens, head_commit};

/// Largest payload that is read; GitHub's own limit is 25 MB.
const LARGEST_EVENT: u64 = 64 << 20;
/// Who sends a job's token.
const USER: &str = "x-access-token";

/// What a job's environment says.
pub(super) struct GitHub {
    pub event_name: String,
    event_path: Option<PathBuf>,
    /// Such as `https://github.com`.
    pub server_url: String,
    /// `OWNER/NAME`.
    pub repository: String,
    /// The commit that the job runs for.
    pub commit: String,
    /// Address of the GraphQL API.
    pub graphql_url: String,
    /// Workflow and job, by name.
    pub job: String,
    /// The file whose text becomes part of the run's page.
    pub summary_file: Option<PathBuf>,
    /// The file that holds the step's outputs.
    pub output_file: Option<PathBuf>,
    /// The job's token.
    pub token: Option<Secret>,
}

/// The server where a job does not name another.
const PUBLIC: &str = "https://github.com";

/// Where a server has its GraphQL API: the token is for the job's server alone.
fn graphql_of(server_url: &str) -> String {
    match server_url.trim_end_matches('/') {
        PUBLIC => "https://api.github.com/graphql".to_owned(),
        own => format!("{own}/api/graphql"),
    }
}

impl GitHub {
    /// `None` where no job of GitHub Actions runs.
    pub(super) fn of_environment() -> Option<Self> {
        GitHub::read(|name| env::var_os(name))
    }

    fn read(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let text = |name: &str| variable(name).and_then(|value| value.into_string().ok()).filter(|v| !v.is_empty());
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        text("GITHUB_ACTIONS").filter(|value| value == "true")?;
        let server_url = text("GITHUB_SERVER_URL").unwrap_or_else(|| PUBLIC.to_owned());
        Some(GitHub {
            event_name: text("GITHUB_EVENT_NAME").unwrap_or_default(),
            event_path: path("GITHUB_EVENT_PATH"),
            repository: text("GITHUB_REPOSITORY").unwrap_or_default(),
            commit: text("GITHUB_SHA").unwrap_or_default(),
            graphql_url: text("GITHUB_GRAPHQL_URL").unwrap_or_else(|| graphql_of(&server_url)),
            server_url,
            job: format!("{}\n{}", text("GITHUB_WORKFLOW").unwrap_or_default(), text("GITHUB_JOB").unwrap_or_default()),
            summary_file: path("GITHUB_STEP_SUMMARY"),
            output_file: path("GITHUB_OUTPUT"),
            token: text("GITHUB_TOKEN").map(|token| Secret::new(token.into_bytes())),
        })
    }

    /// The job's token, for the server that the job belongs to.
    pub(super) fn tokens(&self) -> Tokens {
        let mut tokens = Tokens::default();
        let host = self.server_url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
        if let (Some(host), Some(token)) = (host, &self.token) {
            tokens.push(host, USER, token.clone());
        }
        tokens
    }

    /// What is to be judged in a repository.
    pub(super) fn task(&self, repository: &Path) -> Result<Task, Failure> {
        if self.event_name == "pull_request_target" {
            let why = "pull_request_target runs with the secrets and the rights of the base on what a stranger wrote";
            return Err(Failure::new("ci", why).or_try("run it on pull_request, which has none and needs none"));
        }
        let event = self.event()?;
        let parents = head_commit(repository).map(|commit| commit.parents).unwrap_or_default();
        task_of_event(&self.event_name, &event, &self.commit, &parents)
            .map_err(|why| Failure::new(format!("ci: event `{}`", self.event_name), why))
    }

    /// The number of the pull request that the job runs for.
    pub(super) fn pull_request(&self) -> Option<u64> {
        self.event().ok()?.pointer("/pull_request/number").and_then(Value::as_u64)
    }

    fn event(&self) -> Result<Value, Failure> {
        let Some(path) = &self.event_path else {
            return Err(Failure::new("ci", "GITHUB_EVENT_PATH is not set").or_try("give --range BASE..HEAD"));
        };
        let fault = |why: &dyn std::fmt::Display| Failure::new("ci: GITHUB_EVENT_PATH", why);
        let mut text = Vec::new();
        let file = File::open(path).map_err(|cause| fault(&cause))?;
        file.take(LARGEST_EVENT + 1).read_to_end(&mut text).map_err(|cause| fault(&cause))?;
        if text.len() as u64 > LARGEST_EVENT {
            return Err(fault(&"it is larger than 64 MiB"));
        }
        // The message of a parser quotes nothing of the text.
        serde_json::from_slice(&text).map_err(|cause| fault(&format_args!("is no JSON: {cause}")))
    }
}

/// What an event asks for. `commit` is what the job runs for, `parents` are those of the commit that is checked out.
fn task_of_event(name: &str, event: &Value, commit: &str, parents: &[String]) -> Result<Task, String> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let wanted = |pointer: &str| id(text(pointer)).ok_or_else(|| lacks(pointer));
    if event.get("pull_request").is_some() {
        let head = wanted("/pull_request/head/sha")?;
        let base = wanted("/pull_request/base/sha")?;
        // GitHub checks out a merge into the base as it is now, which may have gone on since the event was made.
        let bases = match parents {
            [now, merged] if *merged == head => vec![Base::Commit(now.clone())],
            _ => {
                let branch = text("/pull_request/base/ref").map(|name| Base::Branch(name.to_owned()));
                [Base::Commit(base)].into_iter().chain(branch).collect()
            }
        };
        return Ok(change(head, bases, None));
    }
    match name {
        "push" => of_push(event, commit),
        "merge_group" if text("/action") == Some("destroyed") => Ok(Task::Nothing("the merge group is gone")),
        "merge_group" => {
            let (head, base) = (wanted("/merge_group/head_sha")?, wanted("/merge_group/base_sha")?);
            Ok(change(head, vec![Base::Commit(base)], None))
        }
        name if name.starts_with("pull_request") => Err(lacks("/pull_request")),
        _ => Ok(Task::Everything),
    }
}

fn of_push(event: &Value, commit: &str) -> Result<Task, String> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let is = |pointer: &str| event.pointer(pointer).and_then(Value::as_bool) == Some(true);
    let after = text("/after").or(Some(commit));
    if is("/deleted") || after.is_some_and(is_zeros) {
        return Ok(Task::Nothing("the push takes a reference away"));
    }
    let head = id(after).ok_or_else(|| lacks("/after"))?;
    let reference = text("/ref").ok_or_else(|| lacks("/ref"))?;
    let default = text("/repository/default_branch").filter(|name| reference != format!("refs/heads/{name}"));
    let default: Vec<Base> = default.map(|name| Base::Branch(name.to_owned())).into_iter().collect();
    if is("/created") || text("/before").is_none_or(is_zeros) {
        return Ok(change(head, default, Some(reference)));
    }
    let before = id(text("/before")).ok_or_else(|| lacks("/before"))?;
    // What was overwritten may be gone from the server.
    let instead = is("/forced").then(|| between(&head, default, None));
    let selection = between(&head, vec![Base::Commit(before)], None);
    Ok(Task::Change { change: Change { selection, instead }, head: Some(head) })
}

fn change(head: String, bases: Vec<Base>, made: Option<&str>) -> Task {
    let change = Change { selection: between(&head, bases, made), instead: None };
    Task::Change { change, head: Some(head) }
}

fn between(head: &str, bases: Vec<Base>, made: Option<&str>) -> Selection {
    Selection::Between { head: head.to_owned(), bases, made: made.map(|name| name.as_bytes().to_vec()) }
}

fn lacks(pointer: &str) -> String {
    format!("its payload has no {}", pointer.trim_start_matches('/').replace('/', "."))
}

/// The whole id of an object.
pub(super) fn id(text: Option<&str>) -> Option<String> {
    let is_id = |text: &&str| matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.filter(is_id).filter(|text| !is_zeros(text)).map(str::to_ascii_lowercase)
}

fn is_zeros(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(name: &str, event: Value) -> Result<Task, String> {
        task_of_event(name, &event, &"c".repeat(40), &[])
    }

    fn bases(task: Task) -> (String, Vec<Base>, Option<Vec<u8>>) {
        match task {
            Task::Change { change: Change { selection: Selection::Between { head, bases, made }, .. }, .. } => {
                (head, bases, made)
            }
            other => panic!("{other:?}"),
        }
    }

    fn ids() -> (String, String, String) {
        ("a".repeat(40), "b".repeat(40), "0".repeat(40))
    }

    #[test]
    fn a_pull_request_is_judged_against_its_base() {
        let (a, b, _) = ids();
        let event = json!({"pull_request": {"number": 7, "head": {"sha": b}, "base": {"sha": a, "ref": "main"}}});
        let (head, found, _) = bases(task("pull_request", event.clone()).unwrap());
        assert_eq!((head, found), (b.clone(), vec![Base::Commit(a), Base::Branch("main".to_owned())]));
        let now = "d".repeat(40);
        let merged = task_of_event("pull_request", &event, "", &[now.clone(), b]).unwrap();
        assert_eq!(bases(merged).1, [Base::Commit(now)], "the base as it was merged into");
    }

    #[test]
    fn a_push_is_judged_against_what_was_there_before() {
        let (a, b, zeros) = ids();
        let event = |before: &str, after: &str, more: Value| {
            let mut event = json!({"ref": "refs/heads/x", "before": before, "after": after,
                "repository": {"default_branch": "main"}});
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            task("push", event)
        };
        assert_eq!(bases(event(&a, &b, json!({})).unwrap()).1, [Base::Commit(a.clone())]);
        let (_, found, made) = bases(event(&zeros, &b, json!({"created": true})).unwrap());
        assert_eq!((found, made), (vec![Base::Branch("main".to_owned())], Some(b"refs/heads/x".to_vec())));
        let first = event(&zeros, &b, json!({"ref": "refs/heads/main"})).unwrap();
        assert_eq!(bases(first).1, [], "the first push of all: everything is new");
        assert!(matches!(event(&a, &zeros, json!({"deleted": true})).unwrap(), Task::Nothing(_)));
        let Task::Change { change, .. } = event(&a, &b, json!({"forced": true})).unwrap() else { panic!("a change") };
        assert!(change.instead.is_some());
    }

    #[test]
    fn other_events() {
        let (a, b, _) = ids();
        let group = json!({"action": "checks_requested", "merge_group": {"head_sha": b, "base_sha": a}});
        assert_eq!(bases(task("merge_group", group).unwrap()).1, [Base::Commit(a)]);
        for name in ["schedule", "workflow_dispatch", "release"] {
            assert_eq!(task(name, json!({})).unwrap(), Task::Everything);
        }
    }

    #[test]
    fn the_token_goes_to_the_server_of_the_job() {
        let graphql = |given: &[(&str, &str)]| {
            let read = |name: &str| match name {
                "GITHUB_ACTIONS" => Some("true".into()),
                _ => given.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()),
            };
            GitHub::read(read).unwrap().graphql_url
        };
        let server = ("GITHUB_SERVER_URL", "https://git.example.com/");
        assert_eq!(graphql(&[]), "https://api.github.com/graphql");
        assert_eq!(graphql(&[server, ("GITHUB_GRAPHQL_URL", "")]), "https://git.example.com/api/graphql");
        assert_eq!(graphql(&[server, ("GITHUB_GRAPHQL_URL", "https://api.example.com")]), "https://api.example.com");
    }

    #[test]
    fn what_a_payload_lacks_is_named() {
        let (a, b, _) = ids();
        for (name, event, lacking) in [
            ("pull_request", json!({}), "pull_request"),
            ("pull_request", json!({"pull_request": {"base": {"sha": a}}}), "pull_request.head.sha"),
            ("pull_request", json!({"pull_request": {"head": {"sha": b}}}), "pull_request.base.sha"),
            ("pull_request", json!({"pull_request": {"head": {"sha": "$(id)"}, "base": {"sha": a}}}), "head.sha"),
            ("push", json!({"before": a, "after": b}), "has no ref"),
            ("push", json!({"before": "--x", "after": b, "ref": "refs/heads/x"}), "has no before"),
            ("push", json!({"before": a, "after": 1, "ref": 2}), "has no ref"),
            ("merge_group", json!({"merge_group": {"head_sha": b}}), "merge_group.base_sha"),
        ] {
            let why = task(name, event.clone()).unwrap_err();
            assert!(why.contains(lacking), "{event}: {why}");
        }
    }

    #[test]
    fn the_token_is_for_the_server_of_the_job() {
        let of = |url: &'static str| {
            GitHub::read(|name| {
                Some(OsString::from(match name {
                    "GITHUB_ACTIONS" => "true",
                    "GITHUB_SERVER_URL" => url,
                    "GITHUB_TOKEN" => "t",
                    _ => "",
                }))
            })
            .unwrap()
            .tokens()
        };
        for (url, remote, logged_in) in [
            ("https://github.com", "https://github.com/o/r", true),
            ("https://ghe.example:8443", "https://ghe.example:8443/o/r", true),
            ("https://github.com", "https://github.com.evil.example/o/r", false),
        ] {
            let mut remote = git_remote(remote);
            of(url).log_in(&mut remote);
            assert_eq!(!remote.wants_login(), logged_in, "{url}");
        }
        assert!(GitHub::read(|_| None).is_none());
    }

    fn git_remote(url: &str) -> crate::source::git::Remote {
        crate::source::git::Remote::parse(url, crate::source::git::Transports::Remote).unwrap()
    }
}
