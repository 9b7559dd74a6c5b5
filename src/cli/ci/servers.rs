//! Build servers that say in variables what they run for: GitLab, Azure Pipelines, Jenkins. Their values are data of strangers as
//! well, and may be lacking.

use std::env;

use super::task::{Change, Task};
use crate::secret::Secret;
use crate::source::git::Tokens;
use crate::source::git::range::{Base, Selection};

/// What a server asks for, and the token that it gives for its repositories.
pub(super) struct Asked {
    pub task: Result<Task, String>,
    pub tokens: Tokens,
}

/// `None` where none of these servers runs.
pub(super) fn of_environment() -> Option<Asked> {
    asked(&|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

/// A variable that is set and not empty.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

fn asked(variable: Variable<'_>) -> Option<Asked> {
    let is = |name: &str, value: &str| variable(name).is_some_and(|set| set.eq_ignore_ascii_case(value));
    let task = if is("GITLAB_CI", "true") {
        of_gitlab(variable)
    } else if is("TF_BUILD", "true") {
        of_azure(variable)
    } else if variable("JENKINS_URL").is_some() {
        of_jenkins(variable)
    } else {
        return None;
    };
    Some(Asked { task, tokens: tokens(variable) })
}

fn tokens(variable: Variable<'_>) -> Tokens {
    let mut tokens = Tokens::default();
    if let (Some(host), Some(token)) =
        (variable("CI_SERVER_FQDN").or_else(|| variable("CI_SERVER_HOST")), variable("CI_JOB_TOKEN"))
    {
        tokens.push(&host, "gitlab-ci-token", Secret::new(token.into_bytes()));
    }
    tokens
}

fn of_gitlab(variable: Variable<'_>) -> Result<Task, String> {
    let source = variable("CI_PIPELINE_SOURCE").unwrap_or_default();
    let commit = || id(variable, "CI_COMMIT_SHA");
    match &*source {
        "merge_request_event" => {
            // Where the pipeline runs on the merged result, its commit is a merge, and the branches have names of their own.
            let merged = id(variable, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA");
            let head = merged.or_else(|_| commit())?;
            let now = id(variable, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA");
            let base = now.or_else(|_| id(variable, "CI_MERGE_REQUEST_DIFF_BASE_SHA"))?;
            let branch = variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME").map(Base::Branch);
            let bases = [Base::Commit(base)].into_iter().chain(branch).collect();
            Ok(change(head, bases, None))
        }
        "push" => {
            let head = commit()?;
            let default =
                variable("CI_DEFAULT_BRANCH").filter(|name| variable("CI_COMMIT_BRANCH").as_ref() != Some(name));
            let default: Vec<Base> = default.map(Base::Branch).into_iter().collect();
            if let Some(tag) = variable("CI_COMMIT_TAG") {
                let made = Some(format!("refs/tags/{tag}").into_bytes());
                let selection = Selection::Between { head: head.clone(), bases: default, made };
                return Ok(Task::Change { change: Change { selection, instead: None }, head: Some(head) });
            }
            // Zeros for what is new.
            let Ok(before) = id(variable, "CI_COMMIT_BEFORE_SHA") else { return Ok(change(head, default, None)) };
            // It does not say whether the push was forced, and what was overwritten may be gone.
            let instead = Selection::Between { head: head.clone(), bases: default, made: None };
            Ok(change(head, vec![Base::Commit(before)], Some(instead)))
        }
        _ => Ok(Task::Everything),
    }
}

fn of_azure(variable: Variable<'_>) -> Result<Task, String> {
    if variable("BUILD_REASON").as_deref() != Some("PullRequest") {
        return Ok(Task::Everything);
    }
    let head = id(variable, "SYSTEM_PULLREQUEST_SOURCECOMMITID")?;
    let target = variable("SYSTEM_PULLREQUEST_TARGETBRANCH").ok_or_else(|| lacks("SYSTEM_PULLREQUEST_TARGETBRANCH"))?;
    let target = target.strip_prefix("refs/heads/").unwrap_or(&target).to_owned();
    Ok(change(head, vec![Base::Branch(target)], None))
}

fn of_jenkins(variable: Variable<'_>) -> Result<Task, String> {
    match variable("CHANGE_TARGET") {
        // What is checked out is the change, or the change merged into its target.
        Some(target) => Ok(change("HEAD".to_owned(), vec![Base::Branch(target)], None)),
        None => Ok(Task::Everything),
    }
}

fn change(head: String, bases: Vec<Base>, instead: Option<Selection>) -> Task {
    let selection = Selection::Between { head: head.clone(), bases, made: None };
    Task::Change { change: Change { selection, instead }, head: Some(head) }
}

fn lacks(name: &str) -> String {
    format!("{name} is not set, or is no id of a commit")
}

/// The whole id in a variable; zeros are none.
fn id(variable: Variable<'_>, name: &str) -> Result<String, String> {
    super::github::id(variable(name).as_deref()).ok_or_else(|| lacks(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(variables: &[(&str, &str)]) -> Option<Result<Task, String>> {
        let value = |name: &str| variables.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned());
        asked(&value).map(|asked| asked.task)
    }

    fn between(task: Option<Result<Task, String>>) -> (String, Vec<Base>) {
        match task {
            Some(Ok(Task::Change {
                change: Change { selection: Selection::Between { head, bases, .. }, .. }, ..
            })) => (head, bases),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn gitlab() {
        let (a, b, c, zeros) = ("a".repeat(40), "b".repeat(40), "c".repeat(40), "0".repeat(40));
        let request = [
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_COMMIT_SHA", &b),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &a),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ];
        let main = Base::Branch("main".to_owned());
        assert_eq!(between(task(&request)), (b.clone(), vec![Base::Commit(a.clone()), main.clone()]));
        let merged = [
            &request[..],
            &[("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", &c), ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", &zeros)],
        ]
        .concat();
        assert_eq!(between(task(&merged)), (c, vec![Base::Commit(a.clone()), main.clone()]));
        let push = |before: &str, branch: &str| {
            let always = [("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "push"), ("CI_DEFAULT_BRANCH", "main")];
            task(
                &[
                    &always[..],
                    &[("CI_COMMIT_SHA", &b), ("CI_COMMIT_BEFORE_SHA", before), ("CI_COMMIT_BRANCH", branch)],
                ]
                .concat(),
            )
        };
        assert_eq!(between(push(&a, "main")), (b.clone(), vec![Base::Commit(a.clone())]));
        assert_eq!(between(push(&zeros, "topic")), (b.clone(), vec![main]));
        assert_eq!(between(push(&zeros, "main")), (b.clone(), vec![]));
        let tagged =
            [("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_SHA", &b), ("CI_COMMIT_TAG", "v1")];
        let Some(Ok(Task::Change { change, .. })) = task(&tagged) else { panic!() };
        let made = Some(b"refs/tags/v1".to_vec());
        assert_eq!(change.selection, Selection::Between { head: b.clone(), bases: Vec::new(), made });
        assert_eq!(task(&[("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "schedule")]), Some(Ok(Task::Everything)));
        let lacking = task(&[("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_SHA", "main")]);
        assert_eq!(lacking, Some(Err(lacks("CI_COMMIT_SHA"))));
    }

    #[test]
    fn azure_and_jenkins() {
        let a = "a".repeat(40);
        let request = [
            ("TF_BUILD", "True"),
            ("BUILD_REASON", "PullRequest"),
            ("SYSTEM_PULLREQUEST_SOURCECOMMITID", &*a),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ];
        assert_eq!(between(task(&request)), (a.clone(), vec![Base::Branch("main".to_owned())]));
        assert!(task(&request[..2]).is_some_and(|task| task.is_err()));
        assert_eq!(task(&[("TF_BUILD", "True"), ("BUILD_REASON", "Schedule")]), Some(Ok(Task::Everything)));
        let change = [("JENKINS_URL", "https://ci.example"), ("CHANGE_TARGET", "main")];
        assert_eq!(between(task(&change)), ("HEAD".to_owned(), vec![Base::Branch("main".to_owned())]));
        assert_eq!(task(&change[..1]), Some(Ok(Task::Everything)));
        assert_eq!(task(&[]), None);
    }
}
