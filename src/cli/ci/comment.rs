//! One comment on a pull request that is kept up to date, by GitHub's GraphQL API. A token that may not write one is no fault:
//! that of a fork's pull request never may.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::github::GitHub;
use crate::secret::Secret;

/// GitHub's limit is 65,536 characters.
pub(super) const MOST_BYTES: usize = 60_000;
/// How long the API is waited for, all told.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pages of a hundred comments that are looked through for ours.
const PAGES: usize = 10;

const FIND: &str = "query($owner: String!, $name: String!, $number: Int!, $before: String) { \
    repository(owner: $owner, name: $name) { pullRequest(number: $number) { id \
    comments(last: 100, before: $before) { nodes { id body viewerDidAuthor } \
    pageInfo { hasPreviousPage startCursor } } } } }";
const UPDATE: &str = "mutation($id: ID!, $body: String!) { \
    updateIssueComment(input: { id: $id, body: $body }) { issueComment { id } } }";
const ADD: &str = "mutation($id: ID!, $body: String!) { \
    addComment(input: { subjectId: $id, body: $body }) { subject { id } } }";

/// Why there is no comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The token may not.
    Forbidden,
    /// Anything else, for a person.
    Failed(String),
}

/// Which comment is ours, and where.
pub(super) struct Comment<'a> {
    pub server: &'a GitHub,
    pub token: &'a Secret,
    pub pull_request: u64,
    /// Tells the comments of several jobs apart.
    pub job: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequest {
    id: String,
    comments: Comments,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comments {
    nodes: Vec<Node>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    body: String,
    viewer_did_author: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_previous_page: bool,
    start_cursor: Option<String>,
}

impl Comment<'_> {
    /// Writes `body` over the comment that is there. Where there is none, one is added unless there is nothing to say.
    ///
    /// # Errors
    /// When the token may not, or the API does not do it.
    pub(super) fn write(&self, body: &str, has_something_to_say: bool) -> Result<(), Trouble> {
        let url = &self.server.graphql_url;
        let is_here =
            ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"].iter().any(|here| url.starts_with(here));
        if !url.starts_with("https://") && !is_here {
            return Err(Trouble::Failed("the API is not reached by https".to_owned()));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|cause| Trouble::Failed(cause.to_string()))?;
        runtime.block_on(async {
            let work = self.replace(body, has_something_to_say);
            tokio::time::timeout(PATIENCE, work)
                .await
                .unwrap_or_else(|_| Err(Trouble::Failed("no answer in time".to_owned())))
        })
    }

    async fn replace(&self, body: &str, has_something_to_say: bool) -> Result<(), Trouble> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("scrubjay/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(failed)?;
        let marker = self.marker();
        let body = format!("{marker}\n{body}");
        let (owner, name) = self.server.repository.split_once('/').unwrap_or_default();
        let mut before = None;
        let mut subject = String::new();
        for _ in 0..PAGES {
            let variables = json!({"owner": owner, "name": name, "number": self.pull_request, "before": before});
            let answer = self.ask(&client, FIND, variables).await?;
            let found = answer.pointer("/repository/pullRequest").cloned().unwrap_or_default();
            let found: PullRequest = serde_json::from_value(found).map_err(|_| Trouble::Forbidden)?;
            let ours = |node: &&Node| node.viewer_did_author && node.body.starts_with(&marker);
            if let Some(node) = found.comments.nodes.iter().rev().find(ours) {
                // GitHub tells those who watch of every change, also of one that changes nothing.
                if node.body.replace("\r\n", "\n") != body {
                    self.ask(&client, UPDATE, json!({"id": node.id, "body": body})).await?;
                }
                return Ok(());
            }
            subject = found.id;
            before = found.comments.page_info.start_cursor;
            if !found.comments.page_info.has_previous_page || before.is_none() {
                break;
            }
        }
        if has_something_to_say {
            self.ask(&client, ADD, json!({"id": subject, "body": body})).await?;
        }
        Ok(())
    }

    async fn ask(&self, client: &reqwest::Client, query: &str, variables: Value) -> Result<Value, Trouble> {
        let token = String::from_utf8_lossy(self.token.expose()).into_owned();
        let request = client.post(&self.server.graphql_url).bearer_auth(token);
        let answer = request.json(&json!({"query": query, "variables": variables})).send().await.map_err(failed)?;
        match answer.status().as_u16() {
            200 => {}
            401 | 403 | 404 => return Err(Trouble::Forbidden),
            status => return Err(Trouble::Failed(format!("the API answers {status}"))),
        }
        let mut answer: Value = answer.json().await.map_err(failed)?;
        if let Some(fault) = answer.get("errors").and_then(Value::as_array).and_then(|faults| faults.first()) {
            let kind = fault.get("type").and_then(Value::as_str).unwrap_or("an error without a type");
            return Err(match kind {
                "FORBIDDEN" | "NOT_FOUND" | "INSUFFICIENT_SCOPES" => Trouble::Forbidden,
                kind => Trouble::Failed(format!("the API answers {kind}")),
            });
        }
        Ok(answer.get_mut("data").map(Value::take).unwrap_or_default())
    }

    /// The first line of the comment, which nobody sees.
    fn marker(&self) -> String {
        let sum: String = Sha256::digest(self.job).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("<!-- scrubjay {sum} -->")
    }
}

/// Why a request failed, without the address.
fn failed(cause: reqwest::Error) -> Trouble {
    let cause = cause.without_url();
    let inner = std::error::Error::source(&cause).map(|inner| format!(": {inner}")).unwrap_or_default();
    Trouble::Failed(format!("{cause}{inner}"))
}
